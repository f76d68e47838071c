/* SPDX-License-Identifier: Apache-2.0 */
/* The map read back: snapshot, journal, entries. */
#include "map_store_internal.h"

#include <inttypes.h>

#include "ledger/merkle.h"

#include "base/banned.h"

#define PARTS_ONCE 8                    /* of a snapshot, 1 MiB each */
#define BLOCKS_ONCE 256                 /* journal rows asked for at once */
#define BLOCKS_BYTES ((int64_t)4 << 20) /* … and about so many bytes */

struct follow {
	struct map *m;
	uint64_t *at;
	struct store *s;
	struct diag *d;
	bool one_moment; /* every statement sees the same rows */
	bool touching;   /* touch is there */
	struct touch touch;
};

enum err
map_store_damaged(
    const struct store *s, const char *table, uint64_t row, struct diag *d)
{
	return diag_fail(d, ERR_PROOF, "",
	    "log %s: %s %" PRIu64 ": not what the entries gave; "
	    "`countermark audit` names the row, `countermark rebuild` makes "
	    "the table again",
	    s->name, table, row);
}

/* ---- snapshot ---- */
static enum err
load_parts(struct follow *f, uint64_t covered, int64_t first, int64_t below)
{
	struct pg_args a = store_args(f->s);
	struct pg_result *r = NULL;
	struct diag why = { 0 };
	enum err e;

	pg_arg_i64(&a, (int64_t)covered);
	pg_arg_i32(&a, (int32_t)first);
	pg_arg_i32(&a, (int32_t)below);
	e = store_call(f->s->pg, Q_MAP_PARTS, &a, &r, f->d);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) != (size_t)(below - first))
		e = f->one_moment
			? map_store_damaged(f->s, "map_snapshot", covered, f->d)
			: diag_fail(f->d, ERR_DB, "",
			      "log %s: the map's snapshot was replaced",
			      f->s->name);
	for (size_t i = 0; i < pg_rows(r) && e == ERR_OK; i++)
		e = map_load(f->m, pg_span(r, i, 0), &why);
	pg_free(r);
	return e == ERR_BAD_ENCODING
		   ? map_store_damaged(f->s, "map_snapshot", covered, f->d)
		   : e;
}

static enum err
load_snapshot(struct follow *f, uint64_t to)
{
	struct pg_args a = store_args(f->s);
	struct pg_result *r = NULL;
	uint64_t covered = 0;
	int64_t parts = 0;
	enum err e;

	pg_arg_i64(&a, (int64_t)to);
	if ((e = store_call(f->s->pg, Q_MAP_NEWEST, &a, &r, f->d)) != ERR_OK)
		return e;
	if (pg_rows(r) > 0) {
		covered = (uint64_t)pg_int(r, 0, 0);
		parts = pg_int(r, 0, 1);
	}
	pg_free(r);
	for (int64_t i = 0; i < parts && e == ERR_OK; i += PARTS_ONCE)
		e = load_parts(f, covered, i,
		    parts - i < PARTS_ONCE ? parts : i + PARTS_ONCE);
	/* half a snapshot is no map, and there is no way back from it */
	if (e == ERR_OK)
		*f->at = covered;
	return e;
}

/* ---- journal ---- */
/* Checks the whole row before the map takes any of it. */
static bool
block_valid(struct span keys, struct span hashes)
{
	unsigned entries = 0;

	if (hashes.n != MAP_BLOCK * HASH_BYTES)
		return false;
	for (; keys.n >= 2; entries++) {
		size_t n = ((size_t)keys.p[0] << 8 | keys.p[1]) * HASH_BYTES;

		if (keys.n - 2 < n)
			return false;
		keys = span_skip(keys, 2 + n);
	}
	return keys.n == 0 && entries == MAP_BLOCK;
}

/* Block n from *at on, as far as `to`. */
static enum err
take_block(struct follow *f, uint64_t n, struct span keys, struct span hashes,
    uint64_t to)
{
	enum err e = ERR_OK;

	if (!block_valid(keys, hashes))
		return map_store_damaged(f->s, "map_journal", n, f->d);
	for (uint64_t k = 0; k < MAP_BLOCK && e == ERR_OK; k++) {
		size_t count = (size_t)keys.p[0] << 8 | keys.p[1];
		uint64_t index = n * MAP_BLOCK + k;
		struct hash leaf, key;

		keys = span_skip(keys, 2);
		memcpy(leaf.b, hashes.p + k * HASH_BYTES, HASH_BYTES);
		for (size_t i = 0; i < count && e == ERR_OK; i++) {
			memcpy(key.b, keys.p + i * HASH_BYTES, HASH_BYTES);
			if (index >= *f->at && index < to)
				e = map_add(f->m, &key, index, &leaf);
		}
		keys = span_skip(keys, count * HASH_BYTES);
		if (e == ERR_OK && index >= *f->at && index < to)
			*f->at = index + 1;
	}
	return e == ERR_USAGE ? map_store_damaged(f->s, "map_journal", n, f->d)
			      : e;
}

/* ---- entries ---- */
static enum err
take_entry(void *ctx, uint64_t index, struct span entry)
{
	struct follow *f = ctx;
	enum err e = map_add_entry(f->m, &f->touch, index, entry);

	if (e == ERR_OK)
		*f->at = index + 1;
	return e;
}

static enum err
take_entries(struct follow *f, uint64_t to)
{
	enum err e = f->touching ? ERR_OK : touch_init(&f->touch);

	if (e != ERR_OK)
		return e;
	f->touching = true;
	return store_entries(
	    f->s, *f->at, (size_t)(to - *f->at), take_entry, f, f->d);
}

/* As many rows as one answer gives; where the first ones are lacking (a log
 * older than the table), the entries instead. */
static enum err
take_blocks(struct follow *f, uint64_t to)
{
	struct pg_args a = store_args(f->s);
	struct pg_result *r = NULL;
	uint64_t first = *f->at / MAP_BLOCK;
	/* the block that `to` ends in may be full, too */
	uint64_t below = (to + MAP_BLOCK - 1) / MAP_BLOCK;
	enum err e;

	if (below - first > BLOCKS_ONCE)
		below = first + BLOCKS_ONCE;
	pg_arg_i64(&a, (int64_t)first);
	pg_arg_i64(&a, (int64_t)below);
	pg_arg_i64(&a, BLOCKS_BYTES);
	if ((e = store_call(f->s->pg, Q_MAP_BLOCKS, &a, &r, f->d)) != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r) && e == ERR_OK; i++) {
		uint64_t n = (uint64_t)pg_int(r, i, 0);

		if (n > *f->at / MAP_BLOCK)
			e = take_entries(f, n * MAP_BLOCK);
		if (e == ERR_OK)
			e = take_block(
			    f, n, pg_span(r, i, 1), pg_span(r, i, 2), to);
	}
	if (e == ERR_OK && pg_rows(r) == 0)
		e = take_entries(
		    f, below * MAP_BLOCK < to ? below * MAP_BLOCK : to);
	pg_free(r);
	return e;
}

static enum err
follow(struct follow *f, uint64_t to)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && *f->at < to)
		e = take_blocks(f, to);
	if (f->touching)
		touch_clear(&f->touch);
	if (e == ERR_NOMEM || e == ERR_SPACE)
		e = diag_fail(f->d, ERR_NOMEM, "", "map: no memory for it");
	return e;
}

enum err
map_store_follow_inside(
    struct map *m, uint64_t *at, struct store *s, uint64_t to, struct diag *d)
{
	struct follow f = { .m = m, .at = at, .s = s, .d = d };
	enum err e = *at == 0 && to > 0 ? load_snapshot(&f, to) : ERR_OK;

	return e == ERR_OK ? follow(&f, to) : e;
}

/* Its parts as of one moment: the projector replaces them. */
static enum err
load_snapshot_alone(struct follow *f, uint64_t to)
{
	const struct pg_step begin = { &store_statements[Q_AUDIT_BEGIN], NULL,
		NULL };
	const struct pg_step commit = { &pg_commit, NULL, NULL };
	enum err e;

	f->one_moment = true;
	pg_deadline(f->s->pg);
	e = pg_run(f->s->pg, &begin, 1, f->d);
	if (e == ERR_OK)
		e = load_snapshot(f, to);
	if (e != ERR_OK) {
		pg_abandon(f->s->pg);
		return e;
	}
	pg_deadline(f->s->pg);
	return pg_run(f->s->pg, &commit, 1, f->d);
}

enum err
map_store_follow(
    struct map *m, uint64_t *at, struct store *s, uint64_t to, struct diag *d)
{
	struct follow f = { .m = m, .at = at, .s = s, .d = d };
	enum err e = *at == 0 && to > 0 ? load_snapshot_alone(&f, to) : ERR_OK;

	return e == ERR_OK ? follow(&f, to) : e;
}

enum err
map_store_load(
    struct map *m, uint64_t *at, struct store *s, uint64_t to, struct diag *d)
{
	struct follow f = { .m = m, .at = at, .s = s, .d = d };

	return load_snapshot_alone(&f, to);
}

/* ---- against an epoch ---- */
enum err
map_store_compare(struct map *m, const struct epoch *e, struct diag *d)
{
	struct hash root = map_root(m);

	if (hash_equal(&root, &e->map_root) && map_keys(m) == e->keys)
		return ERR_OK;
	return diag_fail(d, ERR_PROOF, "formats 5.2",
	    "map of the entries below %" PRIu64 ": root or number of keys "
	    "(%" PRIu64 ") is not that of the epoch entry (%" PRIu64 "); "
	    "`countermark audit` names the row, `countermark rebuild` makes "
	    "the tables again",
	    e->covered, map_keys(m), e->keys);
}

static enum err
take_epoch(void *ctx, uint64_t index, struct span entry)
{
	(void)index;
	return epoch_parse(ctx, entry, NULL) == ERR_OK ? ERR_OK : ERR_PROOF;
}

enum err
map_store_epoch(
    struct epoch *out, struct store *s, uint64_t index, struct diag *d)
{
	enum err e = store_entries(s, index, 1, take_epoch, out, d);

	return e == ERR_PROOF
		   ? diag_fail(d, e, "formats 4.5",
			 "entry %" PRIu64 ": wanted an epoch entry", index)
		   : e;
}
