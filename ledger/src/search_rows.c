/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of an entry to its rows in the search tables. */
#include "search_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/epcis.h"
#include "event/touch.h"
#include "gs1/gs1.h"

#include "base/banned.h"

/* Texts of one entry; chunks never move, so that rows may point into them. */
#define CHUNK ((size_t)1 << 16)
struct chunk {
	struct chunk *next;
	size_t used;
	uint8_t bytes[CHUNK];
};

struct search {
	struct who who;
	struct json_node *nodes;
	struct chunk *first, *now;
	struct buf name; /* canonical form in the making */
	/* of the entry at hand: */
	struct search_event *events;
	struct search_epc *epcs;
	struct search_ref *refs;
	struct span *orgs;
	size_t event_cap, epc_cap, ref_cap, org_cap;
	struct search_rows rows;
	char gtin[15]; /* whose organisations were taken last */
	enum err failed;
};

/* ---- memory ---- */
static uint8_t *
reserve(struct search *s, size_t n)
{
	uint8_t *p;

	if (s->now->used + n > CHUNK) {
		if (s->now->next == NULL)
			s->now->next = calloc(1, sizeof *s->now);
		if (n > CHUNK || s->now->next == NULL) {
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

static struct span
keep(struct search *s, struct span text)
{
	uint8_t *p = text.n == 0 ? NULL : reserve(s, text.n);

	if (p == NULL)
		return SPAN_NONE;
	memcpy(p, text.p, text.n);
	return span_of(p, text.n);
}

/* Room for one more item; NULL, with the failure kept. */
static void *
room(struct search *s, void *at, size_t *cap, size_t n, size_t size)
{
	size_t more = *cap == 0 ? 64 : 2 * *cap;
	void *p;

	if (n < *cap)
		return at;
	p = reallocarray(at, more, size);
	if (p == NULL)
		s->failed = ERR_NOMEM;
	else
		*cap = more;
	return p;
}

/* ---- values ---- */
/* One event in the making. */
struct build {
	struct search *s;
	const struct json_doc *json;
	struct search_event ev;
};

/* SPAN_NONE for what is no string. */
static struct span
text_of(struct build *b, uint32_t node)
{
	const struct json_node *n = &b->json->nodes[node];
	uint8_t *space = NULL;
	struct span out;

	if (n->type != JSON_STRING)
		return SPAN_NONE;
	if (n->escaped && (space = reserve(b->s, n->length)) == NULL)
		return SPAN_NONE;
	if (json_string(&out, b->json, node, space, n->length) != ERR_OK)
		return SPAN_NONE;
	return out;
}

/* A text as the tables have it. */
static struct span
value_of(struct search *s, struct span text)
{
	char space[STORE_SUBJECT_KEY];
	struct span key = store_subject_key(text, space);

	return key.p == text.p ? text : keep(s, key);
}

static struct span
word_of(struct build *b, uint32_t node, const char *kind)
{
	return value_of(b->s, epcis_bare(text_of(b, node), kind));
}

static struct span
identifier_of(struct build *b, uint32_t node)
{
	struct search *s = b->s;
	struct span text = text_of(b, node);

	buf_reset(&s->name);
	if (text.n == 0 || gs1_subject(&s->name, text) == GS1_SUBJECT_NONE)
		return value_of(s, text);
	if (buf_error(&s->name) != ERR_OK) {
		s->failed = buf_error(&s->name);
		return SPAN_NONE;
	}
	/* other URIs come back as they went in */
	if (span_equal(buf_span(&s->name), text))
		return value_of(s, text);
	return value_of(s, keep(s, buf_span(&s->name)));
}

/* ---- rows ---- */
static void
put_org(struct search *s, struct span did)
{
	struct span *at;

	if (did.n == 0)
		return;
	at = room(s, s->orgs, &s->org_cap, s->rows.org_count, sizeof *at);
	if (at == NULL)
		return;
	s->orgs = at;
	at[s->rows.org_count++] = value_of(s, keep(s, did));
}

/* The organisation that goods are connected to, and who holds their right. */
static void
put_goods(struct search *s, struct span epc)
{
	static const char front[] = "https://id.gs1.org/01/";
	const size_t n = sizeof front - 1, digits = sizeof s->gtin - 1;

	if (!span_starts(epc, front) || epc.n < n + digits ||
	    memcmp(s->gtin, epc.p + n, digits) == 0)
		return;
	memcpy(s->gtin, epc.p + n, digits);
	put_org(s, who_goods(&s->who, s->gtin));
	put_org(s, who_holder(&s->who, s->gtin));
}

static void
put_epc(struct build *b, uint32_t node, enum search_role role)
{
	struct search *s = b->s;
	struct span epc = identifier_of(b, node);
	struct search_epc *at =
	    room(s, s->epcs, &s->epc_cap, s->rows.epc_count, sizeof *at);

	if (at == NULL)
		return;
	s->epcs = at;
	if (epc.n == 0)
		return;
	at[s->rows.epc_count++] = (struct search_epc){ b->ev.pos, role, epc };
	put_goods(s, epc);
}

static void
put_ref(
    struct build *b, enum search_kind kind, struct span value, struct span type)
{
	struct search *s = b->s;
	struct search_ref *at =
	    room(s, s->refs, &s->ref_cap, s->rows.ref_count, sizeof *at);

	if (at == NULL)
		return;
	s->refs = at;
	if (value.n > 0)
		at[s->rows.ref_count++] =
		    (struct search_ref){ b->ev.pos, kind, value, type };
}

/* ---- members of an event ---- */
typedef void (*take_fn)(struct build *b, uint32_t node, int arg);

static void
each(struct build *b, uint32_t list, take_fn fn, int arg)
{
	if (json_type(b->json, list) != JSON_ARRAY)
		return;
	for (uint32_t i = json_first(b->json, list); i != JSON_NONE;
	     i = b->json->nodes[i].next)
		fn(b, i, arg);
}

/* JSON_NONE also where node is no object. */
static uint32_t
member_of(const struct build *b, uint32_t node, const char *name)
{
	if (json_type(b->json, node) != JSON_OBJECT)
		return JSON_NONE;
	return json_member(b->json, node, name);
}

static void
take_type(struct build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.type = value_of(b->s, text_of(b, node));
}

static void
take_time(struct build *b, uint32_t node, int arg)
{
	(void)arg;
	/* epcis 3.2: the check has seen that it is one */
	if (rfc3339_parse(&b->ev.event_ms, text_of(b, node)) != ERR_OK)
		b->ev.event_ms = 0;
}

static void
take_action(struct build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.action = value_of(b->s, text_of(b, node));
}

static void
take_step(struct build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.biz_step = word_of(b, node, "BizStep-");
}

static void
take_disposition(struct build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.disposition = word_of(b, node, "Disp-");
}

enum { PLACE_READ, PLACE_BUSINESS };

static void
take_place(struct build *b, uint32_t node, int arg)
{
	uint32_t id = member_of(b, node, "id");
	struct span place = id == JSON_NONE ? SPAN_NONE : identifier_of(b, id);

	if (arg == PLACE_READ)
		b->ev.read_point = place;
	else
		b->ev.biz_location = place;
}

static void
take_id(struct build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.event_id = value_of(b->s, text_of(b, node));
}

static void
take_epc(struct build *b, uint32_t node, int role)
{
	put_epc(b, node, (enum search_role)role);
}

static void
take_epcs(struct build *b, uint32_t node, int role)
{
	each(b, node, take_epc, role);
}

static void
take_quantity(struct build *b, uint32_t node, int role)
{
	uint32_t class = member_of(b, node, "epcClass");

	if (class != JSON_NONE)
		put_epc(b, class, (enum search_role)role);
}

static void
take_quantities(struct build *b, uint32_t node, int role)
{
	each(b, node, take_quantity, role);
}

static void
take_link(struct build *b, uint32_t node, int kind)
{
	static const char *const name[] = {
		[SEARCH_TRANSACTION] = "bizTransaction",
		[SEARCH_SOURCE] = "source",
		[SEARCH_DESTINATION] = "destination",
	};
	uint32_t v = member_of(b, node, name[kind]);
	uint32_t t = member_of(b, node, "type");
	struct span type = SPAN_NONE, value;

	if (v == JSON_NONE)
		return;
	if (t != JSON_NONE)
		type =
		    word_of(b, t, kind == SEARCH_TRANSACTION ? "BTT-" : "SDT-");
	value = identifier_of(b, v);
	put_ref(b, (enum search_kind)kind, value, type);
	if (kind != SEARCH_TRANSACTION)
		put_org(b->s, who_party(&b->s->who, value));
}

static void
take_links(struct build *b, uint32_t node, int kind)
{
	each(b, node, take_link, kind);
}

static void
take_text(struct build *b, uint32_t node, int kind)
{
	put_ref(b, (enum search_kind)kind, value_of(b->s, text_of(b, node)),
	    SPAN_NONE);
}

static void
take_persistent_word(struct build *b, uint32_t node, int kind)
{
	put_ref(
	    b, (enum search_kind)kind, word_of(b, node, "Disp-"), SPAN_NONE);
}

static void
take_persistent(struct build *b, uint32_t node, int arg)
{
	uint32_t set = member_of(b, node, "set");
	uint32_t unset = member_of(b, node, "unset");

	(void)arg;
	if (set != JSON_NONE)
		each(b, set, take_persistent_word, SEARCH_PERSISTENT_SET);
	if (unset != JSON_NONE)
		each(b, unset, take_persistent_word, SEARCH_PERSISTENT_UNSET);
}

static void
take_declaration(struct build *b, uint32_t node, int arg)
{
	uint32_t reason = member_of(b, node, "reason");
	uint32_t ids = member_of(b, node, "correctiveEventIDs");

	(void)arg;
	b->ev.declares = true;
	if (reason != JSON_NONE)
		put_ref(b, SEARCH_REASON, word_of(b, reason, "ER-"), SPAN_NONE);
	if (ids != JSON_NONE)
		each(b, ids, take_text, SEARCH_CORRECTIVE);
}

static const struct {
	const char *name;
	take_fn take;
	int arg;
} members[] = {
	{ "type", take_type, 0 },
	{ "eventTime", take_time, 0 },
	{ "epcList", take_epcs, SEARCH_EPC },
	{ "action", take_action, 0 },
	{ "bizStep", take_step, 0 },
	{ "disposition", take_disposition, 0 },
	{ "readPoint", take_place, PLACE_READ },
	{ "bizLocation", take_place, PLACE_BUSINESS },
	{ "eventID", take_id, 0 },
	{ "parentID", take_epc, SEARCH_PARENT },
	{ "childEPCs", take_epcs, SEARCH_CHILD },
	{ "inputEPCList", take_epcs, SEARCH_INPUT },
	{ "outputEPCList", take_epcs, SEARCH_OUTPUT },
	{ "quantityList", take_quantities, SEARCH_CLASS },
	{ "childQuantityList", take_quantities, SEARCH_CHILD_CLASS },
	{ "inputQuantityList", take_quantities, SEARCH_INPUT_CLASS },
	{ "outputQuantityList", take_quantities, SEARCH_OUTPUT_CLASS },
	{ "bizTransactionList", take_links, SEARCH_TRANSACTION },
	{ "sourceList", take_links, SEARCH_SOURCE },
	{ "destinationList", take_links, SEARCH_DESTINATION },
	{ "transformationID", take_text, SEARCH_TRANSFORMATION },
	{ "persistentDisposition", take_persistent, 0 },
	{ "errorDeclaration", take_declaration, 0 },
};

static void
take_member(struct build *b, uint32_t node)
{
	uint8_t space[32];
	struct span key;

	if (json_key(&key, b->json, node, space, sizeof space) != ERR_OK)
		return; /* longer than any of ours */
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		if (!span_is(key, members[i].name))
			continue;
		members[i].take(b, node, members[i].arg);
		return;
	}
}

static void
take_event(struct search *s, const struct json_doc *json, uint32_t node)
{
	char id[SEARCH_EVENT_ID + 1];
	struct build b = { s, json, { .pos = (unsigned)s->rows.event_count } };
	struct search_event *at =
	    room(s, s->events, &s->event_cap, s->rows.event_count, sizeof *at);

	if (at == NULL)
		return;
	s->events = at;
	for (uint32_t m = json_first(json, node); m != JSON_NONE;
	     m = json->nodes[m].next)
		take_member(&b, m);
	if (b.ev.event_id.n == 0) {
		search_event_id(
		    id, s->who.genesis.origin, s->rows.index, b.ev.pos);
		b.ev.event_id = keep(s, span_str(id));
	}
	at[s->rows.event_count++] = b.ev;
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

/* Sorts, drops repetitions, returns how many are left. */
static size_t
distinct(void *items, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	uint8_t *at = items;
	size_t kept = 1;

	if (n < 2)
		return n;
	qsort(at, n, size, compare);
	for (size_t i = 1; i < n; i++) {
		if (compare(at + (kept - 1) * size, at + i * size) == 0)
			continue;
		if (kept != i)
			memcpy(at + kept * size, at + i * size, size);
		kept++;
	}
	return kept;
}

static void
finish(struct search_rows *out, struct search *s)
{
	struct search_rows *r = &s->rows;

	r->epc_count =
	    distinct(s->epcs, r->epc_count, sizeof *s->epcs, compare_epcs);
	r->ref_count =
	    distinct(s->refs, r->ref_count, sizeof *s->refs, compare_refs);
	r->org_count =
	    distinct(s->orgs, r->org_count, sizeof *s->orgs, compare_spans);
	r->events = s->events;
	r->epcs = s->epcs;
	r->refs = s->refs;
	r->orgs = s->orgs;
	*out = *r;
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
	for (struct chunk *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	who_clear(&s->who);
	buf_free(&s->name);
	free(s->nodes);
	free(s->events);
	free(s->epcs);
	free(s->refs);
	free(s->orgs);
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
}

enum err
search_entry(struct search_rows *out, struct search *s, uint64_t index,
    struct span entry)
{
	struct epcis_doc doc;
	struct statement st;

	reset(s, index);
	*out = s->rows;
	if (entry_kind(entry) != ENTRY_STATEMENT)
		return who_take(&s->who, index, entry);
	if (statement_parse(&st, entry, NULL) != ERR_OK)
		return ERR_OK;
	if (st.content != CONTENT_IS_PRODUCT)
		return who_take(&s->who, index, entry);
	/* formats 3.3: without the shape or against epcis.md it feeds no
	 * event table */
	if (epcis_open(&doc, st.payload, s->nodes, EPCIS_NODES, NULL) !=
		ERR_OK ||
	    epcis_check(&doc, NULL) != ERR_OK) {
		out->refused = true;
		return ERR_OK;
	}
	for (uint32_t i = epcis_first(&doc); i != JSON_NONE;
	     i = doc.json.nodes[i].next)
		take_event(s, &doc.json, i);
	put_org(s, who_signer(&s->who, st.claims.iss));
	if (s->failed == ERR_OK)
		finish(out, s);
	return s->failed;
}

/* ---- values that others ask for ---- */
void
search_event_id(char out[SEARCH_EVENT_ID + 1], const char *origin,
    uint64_t index, unsigned pos)
{
	/* RFC 9562 section 6.6: the namespace of URLs */
	static const uint8_t urls[16] = { 0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad,
		0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
	uint8_t space[sizeof urls + 400], h[SHA1_BYTES];
	struct buf b = buf_fixed(space, sizeof space);

	buf_put(&b, span_of(urls, sizeof urls));
	buf_printf(&b, "https://%s/%" PRIu64 "/%u", origin, index, pos);
	sha1_bytes(h, buf_span(&b));
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x50); /* version 5 */
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80); /* variant */
	(void)snprintf(out, SEARCH_EVENT_ID + 1,
	    "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10],
	    h[11], h[12], h[13], h[14], h[15]);
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
