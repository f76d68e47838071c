/* SPDX-License-Identifier: Apache-2.0 */
/* Table map_snapshot: the map's dump in parts, made again now and then. */
#include <inttypes.h>

#include "copy_internal.h"
#include "map_store_internal.h"

#include "base/banned.h"

#define PART_BYTES ((size_t)1 << 20)
#define RECORD_MAX ((size_t)4096)    /* more than a record has (map.h) */
#define PIECE_MAX ((size_t)16 << 20) /* of a dump (map.h: about 1 MB) */
#define FEW_BLOCKS 2                 /* a snapshot of less saves nothing */

/* ---- parts ---- */
struct parts {
	struct buf b;  /* begun part, whole records */
	uint32_t part; /* its number */
	map_part_fn fn;
	void *ctx;
};

static enum err
take_piece(void *ctx, struct span records)
{
	struct parts *p = ctx;
	enum err e = ERR_OK;

	while (e == ERR_OK && records.n > 0) {
		size_t n = 0;

		while (n < records.n && p->b.n + n <= PART_BYTES)
			n += map_record_bytes(span_skip(records, n));
		buf_put(&p->b, span_of(records.p, n));
		records = span_skip(records, n);
		e = buf_error(&p->b);
		if (e != ERR_OK || p->b.n <= PART_BYTES)
			continue;
		e = p->fn(p->ctx, p->part++, buf_span(&p->b));
		buf_reset(&p->b);
	}
	return e;
}

enum err
map_store_parts(const struct map *m, map_part_fn fn, void *ctx)
{
	struct parts p = {
		.b = buf_heap(PART_BYTES + RECORD_MAX), .fn = fn, .ctx = ctx
	};
	enum err e = map_dump(m, take_piece, &p);

	if (e == ERR_OK && p.b.n > 0)
		e = fn(ctx, p.part, buf_span(&p.b));
	buf_free(&p.b);
	return e;
}

struct put {
	struct store *s;
	uint64_t covered;
	struct buf row;
	struct diag *d;
};

static enum err
put_part(void *ctx, uint32_t part, struct span bytes)
{
	struct put *p = ctx;
	enum err e;

	buf_reset(&p->row);
	copy_begin(&p->row, 4, p->s->log_id);
	copy_i64(&p->row, p->covered);
	copy_i32(&p->row, part);
	copy_bytes(&p->row, bytes);
	if ((e = buf_error(&p->row)) != ERR_OK)
		return e;
	pg_deadline(p->s->pg);
	return copy_send(p->s, Q_COPY_MAP_SNAPSHOT, &p->row, p->d);
}

enum err
map_store_put_parts(
    struct store *s, const struct map *m, uint64_t covered, struct diag *d)
{
	struct put p = { s, covered, buf_heap(2 * PART_BYTES), d };
	enum err e = map_store_parts(m, put_part, &p);

	buf_free(&p.row);
	return e == ERR_NOMEM || e == ERR_SPACE
		   ? diag_fail(d, ERR_NOMEM, "", "map: no memory for its dump")
		   : e;
}

/* ---- a new one ---- */
struct behind {
	uint64_t snapshot; /* covered of the one there is */
	uint64_t bytes;    /* of it */
	uint64_t journal;  /* bytes behind it */
};

static enum err
ask_behind(struct behind *out, struct store *s, uint64_t to, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	*out = (struct behind){ 0 };
	pg_arg_i64(&a, (int64_t)to);
	if ((e = store_call(s->pg, Q_MAP_BEHIND, &a, &r, d)) != ERR_OK)
		return e;
	if (pg_rows(r) > 0) {
		out->snapshot = (uint64_t)pg_int(r, 0, 0);
		out->bytes = (uint64_t)pg_int(r, 0, 1);
		out->journal = (uint64_t)pg_int(r, 0, 2);
	}
	pg_free(r);
	return ERR_OK;
}

/* Only now is it the one; the row of table projection stays locked for the
 * time of two statements. */
static enum err
replace(struct store *s, uint64_t before, uint64_t covered, struct diag *d)
{
	struct pg_args advance = store_args(s), drop = store_args(s);
	const struct pg_step steps[] = {
		{ &store_statements[Q_MAP_ADVANCE], &advance, NULL },
		{ &store_statements[Q_MAP_DROP], &drop, NULL },
		{ &pg_commit, NULL, NULL },
	};
	enum err e;

	pg_arg_i64(&advance, (int64_t)before);
	pg_arg_i64(&advance, (int64_t)covered);
	pg_arg_i64(&drop, (int64_t)covered);
	pg_deadline(s->pg);
	e = pg_run(s->pg, steps, 3, d);
	return e == ERR_NOT_FOUND
		   ? diag_fail(d, ERR_FENCED, "",
			 "log %s: another made the map's snapshot", s->name)
		   : e;
}

/* In one transaction; the epoch tells whether the map is the log's. */
static enum err
make(struct store *s, struct map *m, uint64_t before, uint64_t covered,
    const struct epoch *epoch, struct diag *d)
{
	const struct pg_step begin = { &pg_begin, NULL, NULL };
	uint64_t at = 0;
	enum err e;

	pg_deadline(s->pg);
	e = pg_run(s->pg, &begin, 1, d);
	if (e == ERR_OK)
		e = map_store_follow_inside(m, &at, s, covered, d);
	if (e == ERR_OK)
		e = map_store_put_parts(s, m, covered, d);
	if (e == ERR_OK)
		e = map_store_follow_inside(m, &at, s, epoch->covered, d);
	if (e == ERR_OK)
		e = map_store_compare(m, epoch, d);
	if (e == ERR_OK)
		e = replace(s, before, covered, d);
	if (e != ERR_OK)
		pg_abandon(s->pg);
	return e == ERR_EXISTS
		   ? diag_fail(d, ERR_FENCED, "",
			 "log %s: another made the map's snapshot", s->name)
		   : e;
}

enum err
map_store_snapshot(struct store *s, uint64_t published, uint64_t few,
    uint64_t *covered, bool *made, struct diag *d)
{
	struct epoch epoch;
	struct behind b;
	struct map *m;
	uint64_t to;
	enum err e;

	*covered = 0;
	*made = false;
	if (published == 0)
		return ERR_OK;
	if ((e = map_store_epoch(&epoch, s, published - 1, d)) != ERR_OK)
		return e;
	to = epoch.covered - epoch.covered % MAP_BLOCK;
	if ((e = ask_behind(&b, s, to, d)) != ERR_OK)
		return e;
	*covered = b.snapshot;
	if (to < b.snapshot + FEW_BLOCKS * MAP_BLOCK || b.journal < few ||
	    b.journal < b.bytes / 2)
		return ERR_OK;
	if (map_new(&m) != ERR_OK)
		return diag_fail(d, ERR_NOMEM, "", "map: no memory for it");
	e = make(s, m, b.snapshot, to, &epoch, d);
	map_free(m);
	if (e == ERR_OK) {
		*covered = to;
		*made = true;
	}
	return e;
}
