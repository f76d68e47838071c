/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/store.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "copy_internal.h"
#include "store_internal.h"

#include "base/banned.h"

#define COPY_MAX ((size_t)1 << 30)   /* bytes of one table in a batch */
#define ARRAY_MAX ((size_t)64 << 20) /* nacks, quarantine */
#define LOG_ID_UNSET 0

/* One table's rows in PostgreSQL's binary COPY form, without head and end. */
enum part {
	PART_ENTRY,
	PART_ITEM,
	PART_DEVICE,
	PART_TILE,
	PART_EPOCH,
	PART_JOURNAL,
	PARTS
};

static const enum store_query copy_of[PARTS] = {
	[PART_ENTRY] = Q_COPY_ENTRY,
	[PART_ITEM] = Q_COPY_ITEM,
	[PART_DEVICE] = Q_COPY_DEVICE_ENTRY,
	[PART_TILE] = Q_COPY_TILE,
	[PART_EPOCH] = Q_COPY_EPOCH,
	[PART_JOURNAL] = Q_COPY_MAP_JOURNAL,
};

enum {
	NACK_DEVICE,
	NACK_EPOCH,
	NACK_SLOT,
	NACK_NUMBER,
	NACK_SEQ,
	NACK_CODE,
	NACK_TEXT,
	NACK_ARRAYS
};
enum { BAD_DEVICE, BAD_AT, BAD_CODE, BAD_TEXT, BAD_BYTES, BAD_ARRAYS };

static const enum pg_type nack_type[NACK_ARRAYS] = { PG_TEXT, PG_INT4, PG_INT2,
	PG_INT8, PG_INT8, PG_TEXT, PG_TEXT };
static const enum pg_type bad_type[BAD_ARRAYS] = { PG_TEXT, PG_INT8, PG_TEXT,
	PG_TEXT, PG_BYTEA };

struct store_batch {
	struct buf part[PARTS];
	struct pg_array nack[NACK_ARRAYS];
	struct pg_array bad[BAD_ARRAYS];
	uint64_t first, rows;
	uint64_t epoch; /* index of the newest epoch entry, 0 none */
};

/* ---- binary COPY ---- */
/* A row begins with the log's number, which store_append() fills in. */
static void
copy_row(struct buf *b, uint16_t fields)
{
	copy_begin(b, fields, LOG_ID_UNSET);
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

/* Writes the log's number into every row. */
static void
stamp(const struct buf *b, int32_t log_id)
{
	size_t at = COPY_HEAD;

	while (at < b->n) {
		unsigned fields = (unsigned)b->p[at] << 8 | b->p[at + 1];

		put32(b->p + at + 6, (uint32_t)log_id);
		at += 2;
		for (unsigned i = 0; i < fields; i++)
			at += 4 + be32(b->p + at);
	}
	assert(at == b->n || b->n == 0);
}

/* ---- batch ---- */
enum err
store_batch_new(struct store_batch **out, struct diag *d)
{
	struct store_batch *b = calloc(1, sizeof(*b));

	*out = NULL;
	if (b == NULL)
		return diag_fail(d, ERR_NOMEM, "", "batch: out of memory");
	for (int i = 0; i < PARTS; i++)
		b->part[i] = buf_heap(COPY_MAX);
	for (int i = 0; i < NACK_ARRAYS; i++)
		pg_array_init(&b->nack[i], nack_type[i], ARRAY_MAX);
	for (int i = 0; i < BAD_ARRAYS; i++)
		pg_array_init(&b->bad[i], bad_type[i], ARRAY_MAX);
	*out = b;
	return ERR_OK;
}

void
store_batch_free(struct store_batch *b)
{
	if (b == NULL)
		return;
	for (int i = 0; i < PARTS; i++)
		buf_free(&b->part[i]);
	for (int i = 0; i < NACK_ARRAYS; i++)
		buf_free(&b->nack[i].b);
	for (int i = 0; i < BAD_ARRAYS; i++)
		buf_free(&b->bad[i].b);
	free(b);
}

void
store_batch_reset(struct store_batch *b, uint64_t first_index)
{
	for (int i = 0; i < PARTS; i++)
		buf_reset(&b->part[i]);
	for (int i = 0; i < NACK_ARRAYS; i++)
		pg_array_reset(&b->nack[i], nack_type[i]);
	for (int i = 0; i < BAD_ARRAYS; i++)
		pg_array_reset(&b->bad[i], bad_type[i]);
	b->first = first_index;
	b->rows = 0;
	b->epoch = 0;
}

size_t
store_batch_rows(const struct store_batch *b)
{
	return b->rows;
}

size_t
store_batch_bytes(const struct store_batch *b)
{
	size_t n = 0;

	for (int i = 0; i < PARTS; i++)
		n += b->part[i].n;
	return n;
}

enum err
store_batch_row(struct store_batch *b, const struct store_row *row)
{
	struct buf *e = &b->part[PART_ENTRY], *v = &b->part[PART_DEVICE];
	uint64_t idx = b->first + b->rows;

	if (row->epoch > INT32_MAX || row->seq > INT64_MAX ||
	    row->entry.n > UINT16_MAX)
		return ERR_LIMIT;
	copy_row(e, 5);
	copy_i64(e, idx);
	copy_bytes(e, hash_span(&row->leaf));
	copy_bytes(e, hash_span(&row->chain));
	copy_bytes(e, row->entry);
	b->rows++;
	if (row->device.n == 0)
		return buf_error(e);
	copy_row(v, 6);
	copy_bytes(v, row->device);
	copy_i32(v, row->epoch);
	copy_i64(v, row->seq);
	copy_i64(v, idx);
	copy_bytes(v, hash_span(&row->hash));
	return buf_error(e) != ERR_OK ? buf_error(e) : buf_error(v);
}

enum err
store_batch_subject(struct store_batch *b, struct span subject)
{
	struct buf *i = &b->part[PART_ITEM];
	char space[STORE_SUBJECT_KEY];

	if (b->rows == 0)
		return ERR_STATE;
	copy_row(i, 3);
	copy_bytes(i, store_subject_key(subject, space));
	copy_i64(i, b->first + b->rows - 1);
	return buf_error(i);
}

enum err
store_batch_tile(struct store_batch *b, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root)
{
	struct buf *t = &b->part[PART_TILE];

	copy_row(t, 5);
	copy_i16(t, level);
	copy_i64(t, n);
	copy_bytes(t, hash_span(root));
	copy_bytes(t, span_of(hashes, TILE_WIDTH * sizeof hashes[0]));
	return buf_error(t);
}

enum err
store_batch_journal(struct store_batch *b, uint64_t n, struct span keys)
{
	struct buf *j = &b->part[PART_JOURNAL];

	copy_row(j, 3);
	copy_i64(j, n);
	copy_bytes(j, keys);
	return buf_error(j);
}

enum err
store_batch_epoch(struct store_batch *b, uint64_t covered, int64_t time_ms,
    const struct hash *map_root, uint64_t keys, uint64_t previous)
{
	struct buf *p = &b->part[PART_EPOCH];

	if (b->rows == 0)
		return ERR_STATE;
	b->epoch = b->first + b->rows - 1;
	copy_row(p, 7);
	copy_i64(p, b->epoch);
	copy_i64(p, covered);
	copy_i64(p, (uint64_t)time_ms);
	copy_bytes(p, hash_span(map_root));
	copy_i64(p, keys);
	copy_i64(p, previous);
	return buf_error(p);
}

/* Text that a UTF-8 column takes: foreign bytes must not fail a batch. */
static void
put_text(struct pg_array *a, const char *text)
{
	struct span s = span_str(text);
	char plain[256];
	size_t n = s.n < sizeof plain ? s.n : sizeof plain;

	if (utf8_valid(s)) {
		pg_array_put(a, s);
		return;
	}
	for (size_t i = 0; i < n; i++)
		plain[i] = s.p[i] < 0x80 ? text[i] : '?';
	pg_array_put(a, span_of(plain, n));
}

static enum err
arrays_error(const struct pg_array *a, int n)
{
	for (int i = 0; i < n; i++) {
		if (buf_error(&a[i].b) != ERR_OK)
			return buf_error(&a[i].b);
	}
	return ERR_OK;
}

enum err
store_batch_nack(struct store_batch *b, struct span device, uint64_t epoch,
    unsigned slot, uint64_t number, const struct nack *n)
{
	struct pg_array *a = b->nack;

	if (!name_valid(device) || epoch > INT32_MAX || slot > INT16_MAX ||
	    number > INT64_MAX || n->seq > INT64_MAX)
		return ERR_LIMIT;
	pg_array_put(&a[NACK_DEVICE], device);
	pg_array_i32(&a[NACK_EPOCH], (int32_t)epoch);
	pg_array_i16(&a[NACK_SLOT], (int16_t)slot);
	pg_array_i64(&a[NACK_NUMBER], (int64_t)number);
	pg_array_i64(&a[NACK_SEQ], (int64_t)n->seq);
	put_text(&a[NACK_CODE], err_name(n->code));
	put_text(&a[NACK_TEXT], n->detail);
	return arrays_error(a, NACK_ARRAYS);
}

enum err
store_batch_quarantine(struct store_batch *b, struct span device, enum err code,
    const char *detail, struct span bytes, int64_t at_ms)
{
	struct pg_array *a = b->bad;

	if (!name_valid(device))
		return ERR_LIMIT;
	pg_array_put(&a[BAD_DEVICE], device);
	pg_array_i64(&a[BAD_AT], at_ms);
	put_text(&a[BAD_CODE], err_name(code));
	put_text(&a[BAD_TEXT], detail);
	pg_array_put(&a[BAD_BYTES], bytes);
	return arrays_error(a, BAD_ARRAYS);
}

/* ---- append ---- */
/* BEGIN and the compare-and-set of the head in one message. */
static enum err
advance(struct store *s, const struct store_batch *b, uint64_t term,
    const struct hash *chain, struct diag *d)
{
	struct pg_args a = store_args(s);
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_HEAD_ADVANCE], &a, NULL },
	};
	enum err e;

	pg_arg_i64(&a, (int64_t)b->first);
	pg_arg_i64(&a, (int64_t)term);
	pg_arg_i64(&a, (int64_t)(b->first + b->rows));
	pg_arg_bytes(&a, hash_span(chain));
	if (b->epoch != 0)
		pg_arg_i64(&a, (int64_t)b->epoch);
	else
		pg_arg_null(&a);
	e = pg_run(s->pg, steps, 2, d);
	if (e != ERR_NOT_FOUND)
		return e;
	return diag_fail(d, ERR_FENCED, "",
	    "log %s: the head is no longer size %" PRIu64 " of term %" PRIu64,
	    s->name, b->first, term);
}

static enum err
copy_part(
    struct store *s, const struct store_batch *b, enum part p, struct diag *d)
{
	const struct buf *rows = &b->part[p];

	stamp(rows, s->log_id);
	return copy_send(s, copy_of[p], rows, d);
}

enum err
store_copy_derived(struct store *s, const struct store_batch *b, struct diag *d)
{
	enum err e = copy_part(s, b, PART_ITEM, d);

	if (e == ERR_OK)
		e = copy_part(s, b, PART_DEVICE, d);
	if (e == ERR_OK)
		e = copy_part(s, b, PART_EPOCH, d);
	return e == ERR_OK ? copy_part(s, b, PART_JOURNAL, d) : e;
}

/* The operational rows and COMMIT in one message. */
static enum err
finish(struct store *s, const struct store_batch *b, struct diag *d)
{
	struct pg_args nack = store_args(s), put = store_args(s),
		       trim = store_args(s);
	struct pg_step steps[4];
	size_t n = 0;

	if (b->nack[0].count > 0) {
		for (int i = 0; i < NACK_ARRAYS; i++)
			pg_arg_bytes(&nack, pg_array_value(&b->nack[i]));
		steps[n++] = (struct pg_step){ &store_statements[Q_NACK_PUT],
			&nack, NULL };
	}
	if (b->bad[0].count > 0) {
		for (int i = 0; i < BAD_ARRAYS; i++)
			pg_arg_bytes(&put, pg_array_value(&b->bad[i]));
		pg_arg_bytes(&trim, pg_array_value(&b->bad[BAD_DEVICE]));
		steps[n++] =
		    (struct pg_step){ &store_statements[Q_QUARANTINE_PUT], &put,
			    NULL };
		steps[n++] =
		    (struct pg_step){ &store_statements[Q_QUARANTINE_TRIM],
			    &trim, NULL };
	}
	steps[n++] = (struct pg_step){ &pg_commit, NULL, NULL };
	return pg_run(s->pg, steps, n, d);
}

enum err
store_append(struct store *s, const struct store_batch *b, uint64_t term,
    const struct hash *chain, struct diag *d)
{
	enum err e;

	pg_deadline(s->pg);
	if ((e = advance(s, b, term, chain, d)) != ERR_OK)
		goto err;
	for (int p = 0; p < PARTS; p++) {
		if ((e = copy_part(s, b, (enum part)p, d)) != ERR_OK)
			goto err;
	}
	if ((e = finish(s, b, d)) != ERR_OK)
		goto err;
	return ERR_OK;
err:
	pg_abandon(s->pg);
	/* A key that is there already while the head was ours: the tables do
	 * not belong to this head. */
	return e == ERR_EXISTS
		   ? diag_fail(d, ERR_DB, "",
			 "log %s: rows above the head exist", s->name)
		   : e;
}
