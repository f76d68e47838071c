/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the search tables on their way into the database. */
#include "search_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "copy_internal.h"

#include "base/banned.h"

#define COPY_MAX ((size_t)1 << 30)     /* bytes of one table in a batch */
#define BATCH_BYTES ((size_t)16 << 20) /* rows of a batch: no more entries */
#define CHUNK 256                      /* entries fetched at once */

enum part {
	PART_EVENT,
	PART_EPC,
	PART_REF,
	PART_ORG,
	PART_QUANTITY,
	PART_DECLARATION,
	PART_ILMD,
	PART_MASTER,
	PARTS
};

static const enum store_query copy_of[PARTS] = {
	[PART_EVENT] = Q_COPY_EVENT,
	[PART_EPC] = Q_COPY_EVENT_EPC,
	[PART_REF] = Q_COPY_EVENT_REF,
	[PART_ORG] = Q_COPY_EVENT_ORG,
	[PART_QUANTITY] = Q_COPY_EVENT_QUANTITY,
	[PART_DECLARATION] = Q_COPY_EVENT_DECLARATION,
	[PART_ILMD] = Q_COPY_EVENT_ILMD,
	[PART_MASTER] = Q_COPY_MASTER,
};

struct search_batch {
	int32_t log_id;
	struct buf part[PARTS];
};

/* ---- batch ---- */
enum err
search_batch_new(struct search_batch **out, const struct store *s)
{
	struct search_batch *b = calloc(1, sizeof *b);

	*out = b;
	if (b == NULL)
		return ERR_NOMEM;
	b->log_id = s->log_id;
	for (int i = 0; i < PARTS; i++)
		b->part[i] = buf_heap(COPY_MAX);
	return ERR_OK;
}

void
search_batch_free(struct search_batch *b)
{
	for (int i = 0; b != NULL && i < PARTS; i++)
		buf_free(&b->part[i]);
	free(b);
}

void
search_batch_reset(struct search_batch *b)
{
	for (int i = 0; i < PARTS; i++)
		buf_reset(&b->part[i]);
}

bool
search_batch_full(const struct search_batch *b)
{
	size_t n = 0;

	for (int i = 0; i < PARTS; i++)
		n += b->part[i].n;
	return n >= BATCH_BYTES;
}

static void
put_event(struct search_batch *b, const struct search_rows *r,
    const struct search_event *e)
{
	struct buf *p = &b->part[PART_EVENT];

	copy_begin(p, 13, b->log_id);
	copy_i64(p, r->index);
	copy_i16(p, e->pos);
	copy_i64(p, (uint64_t)e->event_ms);
	copy_i16(p, e->declares);
	copy_bytes(p, e->type);
	copy_bytes(p, e->action);
	copy_bytes(p, e->biz_step);
	copy_bytes(p, e->disposition);
	copy_bytes(p, e->read_point);
	copy_bytes(p, e->biz_location);
	copy_bytes(p, e->event_id);
	copy_bytes(p, r->readers);
}

static void
put_epc(struct search_batch *b, uint64_t index, const struct search_epc *e)
{
	struct buf *p = &b->part[PART_EPC];

	copy_begin(p, 5, b->log_id);
	copy_bytes(p, e->epc);
	copy_i64(p, index);
	copy_i16(p, e->pos);
	copy_i16(p, e->role);
}

static void
put_ref(struct search_batch *b, uint64_t index, const struct search_ref *r)
{
	struct buf *p = &b->part[PART_REF];

	copy_begin(p, 6, b->log_id);
	copy_bytes(p, r->value);
	copy_i16(p, r->kind);
	copy_bytes(p, r->type);
	copy_i64(p, index);
	copy_i16(p, r->pos);
}

static void
put_org(struct search_batch *b, uint64_t index, struct span did)
{
	struct buf *p = &b->part[PART_ORG];

	copy_begin(p, 3, b->log_id);
	copy_bytes(p, did);
	copy_i64(p, index);
}

static void
put_quantity(
    struct search_batch *b, uint64_t index, const struct search_quantity *q)
{
	struct buf *p = &b->part[PART_QUANTITY];

	copy_begin(p, 6, b->log_id);
	copy_numeric(p, q->quantity);
	copy_bytes(p, q->uom);
	copy_i64(p, index);
	copy_i16(p, q->pos);
	copy_i16(p, q->role);
}

static void
put_declaration(
    struct search_batch *b, uint64_t index, const struct search_declaration *v)
{
	struct buf *p = &b->part[PART_DECLARATION];

	copy_begin(p, 4, b->log_id);
	copy_i64(p, (uint64_t)v->time_ms);
	copy_i64(p, index);
	copy_i16(p, v->pos);
}

static void
put_ilmd(struct search_batch *b, uint64_t index, const struct search_ilmd *m)
{
	struct buf *p = &b->part[PART_ILMD];

	copy_begin(p, 8, b->log_id);
	copy_bytes(p, m->name);
	copy_bytes(p, m->value);
	copy_i64(p, index);
	copy_i16(p, m->pos);
	copy_i16(p, m->below);
	copy_i16(p, m->kind);
	copy_numeric(p, m->number);
}

static void
put_master(struct search_batch *b, const struct search_rows *r,
    const struct search_master *m)
{
	struct buf *p = &b->part[PART_MASTER];

	copy_begin(p, 8, b->log_id);
	copy_i64(p, r->index);
	copy_i16(p, m->nr);
	copy_bytes(p, r->signer);
	copy_bytes(p, m->type);
	copy_bytes(p, m->id);
	copy_bytes(p, m->name);
	copy_bytes(p, m->value);
}

static void
put_more(struct search_batch *b, const struct search_rows *r)
{
	for (size_t i = 0; i < r->quantity_count; i++)
		put_quantity(b, r->index, &r->quantities[i]);
	for (size_t i = 0; i < r->declaration_count; i++)
		put_declaration(b, r->index, &r->declarations[i]);
	for (size_t i = 0; i < r->ilmd_count; i++)
		put_ilmd(b, r->index, &r->ilmds[i]);
	for (size_t i = 0; i < r->master_count; i++)
		put_master(b, r, &r->masters[i]);
}

enum err
search_batch_add(struct search_batch *b, const struct search_rows *r)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < r->event_count; i++)
		put_event(b, r, &r->events[i]);
	for (size_t i = 0; i < r->epc_count; i++)
		put_epc(b, r->index, &r->epcs[i]);
	for (size_t i = 0; i < r->ref_count; i++)
		put_ref(b, r->index, &r->refs[i]);
	for (size_t i = 0; i < r->org_count; i++)
		put_org(b, r->index, r->orgs[i]);
	put_more(b, r);
	for (int i = 0; i < PARTS && e == ERR_OK; i++)
		e = buf_error(&b->part[i]);
	return e;
}

enum err
search_batch_send(struct store *s, const struct search_batch *b, struct diag *d)
{
	enum err e = ERR_OK;

	for (int i = 0; i < PARTS && e == ERR_OK; i++)
		e = copy_send(s, copy_of[i], &b->part[i], d);
	return e;
}

/* ---- watermark ---- */
static enum err
projection(struct store *s, uint64_t *out, int column, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	*out = 0;
	if ((e = store_call(s->pg, Q_PROJECTION, &a, &r, d)) != ERR_OK)
		return e;
	if (pg_rows(r) > 0)
		*out = (uint64_t)pg_int(r, 0, column);
	pg_free(r);
	return ERR_OK;
}

enum err
search_watermark(struct store *s, uint64_t *size, struct diag *d)
{
	return projection(s, size, 0, d);
}

enum err
search_snapshot(struct store *s, uint64_t *covered, struct diag *d)
{
	return projection(s, covered, 1, d);
}

enum err
search_begin(struct store *s, struct diag *d)
{
	struct pg_args a = store_args(s);

	return store_call(s->pg, Q_PROJECTION_OPEN, &a, NULL, d);
}

enum err
search_advance(
    struct store *s, bool begin, uint64_t from, uint64_t to, struct diag *d)
{
	struct pg_args a = store_args(s);
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_PROJECTION_ADVANCE], &a, NULL },
	};
	enum err e;

	pg_arg_i64(&a, (int64_t)from);
	pg_arg_i64(&a, (int64_t)to);
	e = begin ? pg_run(s->pg, steps, 2, d) : pg_run(s->pg, steps + 1, 1, d);
	if (e != ERR_NOT_FOUND)
		return e;
	return diag_fail(d, ERR_FENCED, "",
	    "log %s: the search tables no longer end at %" PRIu64, s->name,
	    from);
}

/* ---- who is who, up to an index ---- */
struct load {
	struct search *f;
	struct diag *d;
};

static enum err
load_genesis(void *ctx, uint64_t index, struct span entry)
{
	struct load *l = ctx;

	(void)index;
	return search_new(&l->f, entry, l->d);
}

static enum err
load_entry(void *ctx, uint64_t index, struct span entry)
{
	struct load *l = ctx;
	struct search_rows none;

	return search_entry(&none, l->f, index, entry);
}

enum err
search_load(
    struct search **out, struct store *s, uint64_t below, struct diag *d)
{
	struct load l = { NULL, d };
	enum err e = store_entries(s, 0, 1, load_genesis, &l, d);

	if (e == ERR_OK && below > 1)
		e = store_registry(s, 1, below, load_entry, &l, d);
	if (e != ERR_OK) {
		search_free(l.f);
		l.f = NULL;
	}
	*out = l.f;
	return e;
}

/* ---- the step ---- */
struct step {
	struct search *f;
	struct search_batch *b;
	struct search_count *count;
	uint64_t from, next; /* first entry of the batch, and after the last */
	bool full;
};

static enum err
take_entry(void *ctx, uint64_t index, struct span entry)
{
	struct step *t = ctx;
	struct search_rows rows;
	enum err e;

	t->full = search_batch_full(t->b) && index > t->from;
	if (t->full)
		return ERR_LIMIT; /* ends the reading, nothing else */
	e = search_entry(&rows, t->f, index, entry);
	t->next = index + 1;
	t->count->entries++;
	t->count->events += rows.event_count;
	t->count->refused += rows.refused;
	return e == ERR_OK ? search_batch_add(t->b, &rows) : e;
}

static enum err
write_batch(struct store *s, const struct search_batch *b, uint64_t from,
    uint64_t to, struct diag *d)
{
	const struct pg_step commit = { &pg_commit, NULL, NULL };
	enum err e;

	pg_deadline(s->pg);
	e = search_advance(s, true, from, to, d);
	if (e == ERR_OK)
		e = search_batch_send(s, b, d);
	if (e == ERR_OK)
		e = pg_run(s->pg, &commit, 1, d);
	if (e != ERR_OK)
		pg_abandon(s->pg);
	return e == ERR_EXISTS ? diag_fail(d, e, "",
				     "log %s: the search tables have rows of "
				     "entry %" PRIu64
				     " or later, above their watermark; only "
				     "countermark rebuild helps",
				     s->name, from)
			       : e;
}

enum err
search_project(struct store *s, struct search *f, struct search_batch *b,
    uint64_t from, uint64_t below, size_t max, uint64_t *done,
    struct search_count *count, struct diag *d)
{
	struct step t = { f, b, count, from, from, false };
	uint64_t end = below - from < max ? below : from + max;
	enum err e = ERR_OK;

	*done = from;
	*count = (struct search_count){ 0, 0, 0 };
	search_batch_reset(b);
	while (e == ERR_OK && t.next < end) {
		uint64_t left = end - t.next;

		e = store_entries(s, t.next,
		    left < CHUNK ? (size_t)left : CHUNK, take_entry, &t, d);
	}
	if (t.full)
		e = ERR_OK;
	if (e == ERR_OK && t.next > from)
		e = write_batch(s, b, from, t.next, d);
	if (e == ERR_OK)
		*done = t.next;
	return e;
}
