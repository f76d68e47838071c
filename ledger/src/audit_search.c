/* SPDX-License-Identifier: Apache-2.0 */
/* The search tables: what the entries below the watermark must have given. */
#include "audit_internal.h"

#include "search_internal.h"

#include "base/banned.h"

/* Nothing may be in the tables that no checkpoint holds (formats 4.6). */
static enum err
check_watermark(struct audit *a)
{
	struct store_checkpoint c = { .size = 0 };
	struct buf note = buf_heap(NOTE_MAX);
	char got[24], want[24];
	enum err e = store_checkpoint(a->s, &c, &note, a->d);

	buf_free(&note);
	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
	if (e != ERR_OK || a->watermark <= c.size)
		return e;
	audit_index_text(got, a->watermark);
	audit_index_text(want, c.size);
	audit_say(a, "projection", a->s->name, "size", got, want, false);
	return ERR_OK;
}

enum err
audit_search_begin(struct audit *a)
{
	enum err e = search_watermark(a->s, &a->watermark, a->d);

	audit_rows_init(&a->event, &audit_event);
	audit_rows_init(&a->epc, &audit_event_epc);
	audit_rows_init(&a->ref, &audit_event_ref);
	audit_rows_init(&a->org, &audit_event_org);
	audit_rows_init(&a->quantity, &audit_event_quantity);
	audit_rows_init(&a->declaration, &audit_event_declaration);
	audit_rows_init(&a->ilmd, &audit_event_ilmd);
	audit_rows_init(&a->master, &audit_master);
	return e == ERR_OK ? check_watermark(a) : e;
}

void
audit_search_end(struct audit *a)
{
	search_free(a->search);
	audit_rows_free(&a->event);
	audit_rows_free(&a->epc);
	audit_rows_free(&a->ref);
	audit_rows_free(&a->org);
	audit_rows_free(&a->quantity);
	audit_rows_free(&a->declaration);
	audit_rows_free(&a->ilmd);
	audit_rows_free(&a->master);
}

static void
put_event(struct audit *a, const struct search_rows *rows,
    const struct search_event *e, const struct hash *readers)
{
	struct audit_rows *r = &a->event;

	audit_put_row(r);
	audit_put_int(r, (int64_t)rows->index);
	audit_put_int(r, e->pos);
	audit_put_int(r, e->event_ms);
	audit_put_int(r, e->declares);
	audit_put_bytes(r, e->type);
	audit_put_bytes(r, e->action);
	audit_put_bytes(r, e->biz_step);
	audit_put_bytes(r, e->disposition);
	audit_put_bytes(r, e->read_point);
	audit_put_bytes(r, e->biz_location);
	audit_put_bytes(r, e->event_id);
	audit_put_bytes(r, hash_span(readers));
}

static void
put_rows(struct audit *a, const struct search_rows *rows)
{
	/* of many organisations they may be kilobytes, in each event */
	struct hash readers = hash_bytes(rows->readers);

	for (size_t i = 0; i < rows->event_count; i++)
		put_event(a, rows, &rows->events[i], &readers);
	for (size_t i = 0; i < rows->epc_count; i++) {
		audit_put_row(&a->epc);
		audit_put_int(&a->epc, (int64_t)rows->index);
		audit_put_bytes(&a->epc, rows->epcs[i].epc);
		audit_put_int(&a->epc, rows->epcs[i].pos);
		audit_put_int(&a->epc, rows->epcs[i].role);
	}
	for (size_t i = 0; i < rows->ref_count; i++) {
		audit_put_row(&a->ref);
		audit_put_int(&a->ref, (int64_t)rows->index);
		audit_put_bytes(&a->ref, rows->refs[i].value);
		audit_put_bytes(&a->ref, rows->refs[i].type);
		audit_put_int(&a->ref, rows->refs[i].pos);
		audit_put_int(&a->ref, rows->refs[i].kind);
	}
	for (size_t i = 0; i < rows->org_count; i++) {
		audit_put_row(&a->org);
		audit_put_int(&a->org, (int64_t)rows->index);
		audit_put_bytes(&a->org, rows->orgs[i]);
	}
}

static void
put_ilmd(struct audit_rows *r, uint64_t index, const struct search_ilmd *m)
{
	audit_put_row(r);
	audit_put_int(r, (int64_t)index);
	audit_put_bytes(r, m->name);
	audit_put_bytes(r, m->value);
	audit_put_int(r, m->pos);
	audit_put_int(r, m->below);
	audit_put_int(r, m->kind);
	audit_put_bytes(r, m->number);
}

static void
put_master(struct audit_rows *r, const struct search_rows *rows,
    const struct search_master *m)
{
	audit_put_row(r);
	audit_put_int(r, (int64_t)rows->index);
	audit_put_int(r, m->nr);
	audit_put_bytes(r, rows->signer);
	audit_put_bytes(r, m->type);
	audit_put_bytes(r, m->id);
	audit_put_bytes(r, m->name);
	audit_put_bytes(r, m->value);
}

static void
put_more(struct audit *a, const struct search_rows *rows)
{
	for (size_t i = 0; i < rows->quantity_count; i++) {
		audit_put_row(&a->quantity);
		audit_put_int(&a->quantity, (int64_t)rows->index);
		audit_put_int(&a->quantity, rows->quantities[i].pos);
		audit_put_int(&a->quantity, rows->quantities[i].role);
		audit_put_bytes(&a->quantity, rows->quantities[i].quantity);
		audit_put_bytes(&a->quantity, rows->quantities[i].uom);
	}
	for (size_t i = 0; i < rows->declaration_count; i++) {
		audit_put_row(&a->declaration);
		audit_put_int(&a->declaration, (int64_t)rows->index);
		audit_put_int(&a->declaration, rows->declarations[i].pos);
		audit_put_int(&a->declaration, rows->declarations[i].time_ms);
	}
	for (size_t i = 0; i < rows->ilmd_count; i++)
		put_ilmd(&a->ilmd, rows->index, &rows->ilmds[i]);
	for (size_t i = 0; i < rows->master_count; i++)
		put_master(&a->master, rows, &rows->masters[i]);
}

enum err
audit_search_entry(struct audit *a, uint64_t index, const struct audit_look *l)
{
	struct search_rows rows;
	enum err e;

	if (index >= a->watermark)
		return ERR_OK;
	if (index == 0 && a->search == NULL) {
		e = search_new(&a->search, l->entry, NULL);
		/* said already: the genesis is not readable */
		if (e != ERR_OK)
			return e == ERR_NOMEM ? e : ERR_OK;
	}
	if (a->search == NULL)
		return ERR_OK;
	if (l->kind == ENTRY_STATEMENT && l->formed &&
	    l->s.content == CONTENT_IS_PRODUCT)
		e = search_statement(&rows, a->search, index, &l->s, a->doc);
	else
		e = search_entry(&rows, a->search, index, l->entry);
	if (e != ERR_OK)
		return e;
	put_rows(a, &rows);
	put_more(a, &rows);
	return ERR_OK;
}
