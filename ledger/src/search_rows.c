/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of an entry to its rows in the search tables. */
#include "search_rows_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "event/touch.h"
#include "gs1/gs1.h"

#include "base/banned.h"

/* ---- memory ---- */
uint8_t *
search_reserve(struct search *s, size_t n)
{
	uint8_t *p;

	if (s->now->used + n > SEARCH_CHUNK) {
		if (s->now->next == NULL)
			s->now->next = calloc(1, sizeof *s->now);
		if (n > SEARCH_CHUNK || s->now->next == NULL) {
			s->failed = ERR_NOMEM;
			return NULL;
		}
		s->now = s->now->next;
		s->now->used = 0;
	}
	p = s->now->bytes + s->now->used;
	s->now->used += n;
	return p;
}

struct span
search_keep(struct search *s, struct span text)
{
	uint8_t *p = text.n == 0 ? NULL : search_reserve(s, text.n);

	if (p == NULL)
		return SPAN_NONE;
	memcpy(p, text.p, text.n);
	return span_of(p, text.n);
}

void *
search_add(struct search *s, struct search_list *l, size_t size)
{
	size_t more = l->cap == 0 ? 64 : 2 * l->cap;
	uint8_t *p = l->at;

	if (l->n == l->cap) {
		p = reallocarray(l->at, more, size);
		if (p == NULL) {
			s->failed = ERR_NOMEM;
			return NULL;
		}
		l->at = p;
		l->cap = more;
	}
	p += l->n++ * size;
	memset(p, 0, size);
	return p;
}

void
search_put_org(struct search *s, struct span did)
{
	struct span *at;

	if (did.n > 0 && (at = search_add(s, &s->orgs, sizeof *at)) != NULL)
		*at = search_value(s, search_keep(s, did));
}

/* ---- order, and each once: two spellings may be one identifier ---- */
static int
order_of(unsigned a, unsigned b)
{
	return (a > b) - (a < b);
}

static int
compare_epcs(const void *a, const void *b)
{
	const struct search_epc *x = a, *y = b;
	int c = span_compare(x->epc, y->epc);

	if (c == 0)
		c = order_of(x->pos, y->pos);
	return c != 0 ? c : order_of(x->role, y->role);
}

static int
compare_refs(const void *a, const void *b)
{
	const struct search_ref *x = a, *y = b;
	int c = span_compare(x->value, y->value);

	if (c == 0)
		c = order_of(x->kind, y->kind);
	if (c == 0)
		c = span_compare(x->type, y->type);
	return c != 0 ? c : order_of(x->pos, y->pos);
}

static int
compare_spans(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static int
compare_quantities(const void *a, const void *b)
{
	const struct search_quantity *x = a, *y = b;
	int c = order_of(x->pos, y->pos);

	if (c == 0)
		c = order_of(x->role, y->role);
	if (c == 0)
		c = span_compare(x->quantity, y->quantity);
	return c != 0 ? c : span_compare(x->uom, y->uom);
}

/* Kind and number follow from the value. */
static int
compare_ilmds(const void *a, const void *b)
{
	const struct search_ilmd *x = a, *y = b;
	int c = order_of(x->pos, y->pos);

	if (c == 0)
		c = order_of(x->below, y->below);
	if (c == 0)
		c = span_compare(x->name, y->name);
	return c != 0 ? c : span_compare(x->value, y->value);
}

/* Sorts and drops repetitions. */
static void
distinct(struct search_list *l, size_t size,
    int (*compare)(const void *, const void *))
{
	uint8_t *at = l->at;
	size_t kept = 1;

	if (l->n < 2)
		return;
	qsort(at, l->n, size, compare);
	for (size_t i = 1; i < l->n; i++) {
		if (compare(at + (kept - 1) * size, at + i * size) == 0)
			continue;
		if (kept != i)
			memcpy(at + kept * size, at + i * size, size);
		kept++;
	}
	l->n = kept;
}

static struct span
readers_of(struct search *s)
{
	const struct span *orgs = s->orgs.at;

	for (size_t i = 0; i < s->orgs.n; i++) {
		uint8_t *at = search_add(s, &s->readers, SEARCH_READER);

		if (at != NULL)
			search_reader(at, orgs[i]);
	}
	return span_of(s->readers.at, s->readers.n * SEARCH_READER);
}

static void
finish(struct search_rows *out, struct search *s)
{
	distinct(&s->epcs, sizeof(struct search_epc), compare_epcs);
	distinct(&s->refs, sizeof(struct search_ref), compare_refs);
	distinct(&s->orgs, sizeof(struct span), compare_spans);
	distinct(
	    &s->quantities, sizeof(struct search_quantity), compare_quantities);
	distinct(&s->ilmds, sizeof(struct search_ilmd), compare_ilmds);
	*out = (struct search_rows){
		.index = s->rows.index,
		.events = s->events.at,
		.event_count = s->events.n,
		.epcs = s->epcs.at,
		.epc_count = s->epcs.n,
		.refs = s->refs.at,
		.ref_count = s->refs.n,
		.orgs = s->orgs.at,
		.org_count = s->orgs.n,
		.readers = readers_of(s),
		.quantities = s->quantities.at,
		.quantity_count = s->quantities.n,
		.declarations = s->declarations.at,
		.declaration_count = s->declarations.n,
		.ilmds = s->ilmds.at,
		.ilmd_count = s->ilmds.n,
		.masters = s->masters.at,
		.master_count = s->masters.n,
		.signer = s->rows.signer,
	};
}

static void
each_list(struct search *s, void (*fn)(struct search_list *l))
{
	struct search_list *const all[] = { &s->events, &s->epcs, &s->refs,
		&s->orgs, &s->readers, &s->quantities, &s->declarations,
		&s->ilmds, &s->masters, &s->allowed };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		fn(all[i]);
}

static void
list_empty(struct search_list *l)
{
	l->n = 0;
}

static void
list_free(struct search_list *l)
{
	free(l->at);
}

/* ---- entries ---- */
enum err
search_new(struct search **out, struct span genesis, struct diag *d)
{
	struct search *s = calloc(1, sizeof *s);
	enum err e;

	*out = NULL;
	if (s == NULL)
		return diag_fail(d, ERR_NOMEM, "", "search: out of memory");
	s->name = buf_heap((size_t)3 * STATEMENT_MAX + GS1_CANONICAL);
	s->nodes = calloc(EPCIS_NODES, sizeof *s->nodes);
	s->first = calloc(1, sizeof *s->first);
	e = who_init(&s->who, genesis, d);
	if (e == ERR_OK && (s->nodes == NULL || s->first == NULL))
		e = diag_fail(d, ERR_NOMEM, "", "search: out of memory");
	if (e != ERR_OK) {
		search_free(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void
search_free(struct search *s)
{
	if (s == NULL)
		return;
	for (struct search_chunk *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	who_clear(&s->who);
	buf_free(&s->name);
	free(s->nodes);
	each_list(s, list_free);
	free(s);
}

static void
reset(struct search *s, uint64_t index)
{
	s->now = s->first;
	s->first->used = 0;
	s->failed = ERR_OK;
	s->gtin[0] = '\0';
	s->rows = (struct search_rows){ .index = index };
	each_list(s, list_empty);
	search_visible_reset(s);
}

/* Rows of a product statement whose document is in order. */
static void
take_document(struct search *s, const struct epcis_doc *doc, struct span iss)
{
	struct search_build b = { .s = s, .json = &doc->json };
	struct span signer;

	s->iss = iss;
	b.context = json_member(b.json, JSON_ROOT, "@context");
	for (uint32_t i = epcis_first(doc); i != JSON_NONE;
	     i = b.json->nodes[i].next)
		search_take_event(&b, i);
	signer = who_signer(&s->who, iss);
	search_put_org(s, signer);
	s->rows.signer = search_value(s, search_keep(s, signer));
	search_visible_finish(s);
	search_take_header(&b);
}

enum err
search_statement(struct search_rows *out, struct search *s, uint64_t index,
    const struct statement *st, const struct epcis_doc *doc)
{
	reset(s, index);
	*out = s->rows;
	/* formats 3.3: without the shape or against epcis.md it feeds no
	 * event table */
	if (doc == NULL || epcis_check(doc, NULL) != ERR_OK) {
		out->refused = true;
		return ERR_OK;
	}
	take_document(s, doc, st->claims.iss);
	if (s->failed == ERR_OK)
		finish(out, s);
	return s->failed;
}

enum err
search_entry(struct search_rows *out, struct search *s, uint64_t index,
    struct span entry)
{
	struct epcis_doc doc;
	struct statement st;
	bool open;

	reset(s, index);
	*out = s->rows;
	if (entry_kind(entry) != ENTRY_STATEMENT)
		return who_take(&s->who, index, entry);
	if (statement_parse(&st, entry, NULL) != ERR_OK)
		return ERR_OK;
	if (st.content != CONTENT_IS_PRODUCT)
		return who_take(&s->who, index, entry);
	open =
	    epcis_open(&doc, st.payload, s->nodes, EPCIS_NODES, NULL) == ERR_OK;
	return search_statement(out, s, index, &st, open ? &doc : NULL);
}

/* ---- values that others ask for ---- */
void
search_reader(uint8_t out[SEARCH_READER], struct span org)
{
	struct hash h = hash_bytes(org);

	memcpy(out, h.b, SEARCH_READER);
}

void
search_event_id(char out[SEARCH_EVENT_ID + 1], const char *origin,
    uint64_t index, unsigned pos)
{
	/* RFC 9562 section 6.6: the namespace of URLs */
	static const uint8_t urls[16] = { 0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad,
		0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
	uint8_t space[sizeof urls + 400], h[SHA1_BYTES];
	size_t at = strlen("urn:uuid:");
	struct buf b = buf_fixed(space, sizeof space);

	buf_put(&b, span_of(urls, sizeof urls));
	buf_printf(&b, "https://%s/%" PRIu64 "/%u", origin, index, pos);
	sha1_bytes(h, buf_span(&b));
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x50); /* version 5 */
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80); /* variant */
	memcpy(out, "urn:uuid:", at);
	for (size_t i = 0; i < sizeof urls; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		hex_print(out + at, span_of(h + i, 1));
		at += 2;
	}
}

enum err
search_identifier(struct buf *out, struct span uri)
{
	struct buf name = buf_heap(3 * uri.n + GS1_CANONICAL);
	char space[STORE_SUBJECT_KEY];
	enum err e;

	if (gs1_subject(&name, uri) == GS1_SUBJECT_NONE)
		buf_put(out, store_subject_key(uri, space));
	else
		buf_put(out, store_subject_key(buf_span(&name), space));
	e = buf_error(&name);
	buf_free(&name);
	return e != ERR_OK ? e : buf_error(out);
}
