/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis.h"

#include <stdlib.h>

#include "epcis_ask.h"
#include "epcis_body.h"
#include "epcis_document.h"
#include "epcis_print.h"

#include "base/banned.h"

/* A page whose text grows above this ends early: fewer may come. */
#define PAGE_BYTES ((size_t)8 << 20)

/* One question on its way. On the heap: the query is large. */
struct ask {
	struct call *c;
	struct span name; /* of the query */
	struct epcis_query q;
	struct epcis_page page;
	struct epcis_printer printer;
	struct json_out o;
	struct query_key keys[QUERY_LIMIT];
	size_t count;   /* keys */
	size_t printed; /* events */
	bool more;      /* events follow */
	size_t counted; /* for maxEventCount */
	struct query_key last;
};

void
epcis_answer_fault(struct call *c, const struct epcis_fault *f)
{
	answer_problem(c->res, f->status, f->code, f->parameter, f->wanted,
	    "%s", f->detail);
}

/* ---- which ---- */
static enum err
take_key(void *ctx, const struct query_key *key)
{
	struct ask *a = ctx;

	if (a->count == QUERY_LIMIT)
		return ERR_STATE;
	a->keys[a->count++] = *key;
	return ERR_OK;
}

static enum err
count_key(void *ctx, const struct query_key *key)
{
	struct ask *a = ctx;

	a->counted++;
	a->last = *key;
	return ERR_OK;
}

/* The limits of struct query are those of struct epcis_query, so that what it
 * refuses is a fault here. */
static enum err
find(struct ask *a, struct query *sql, query_key_fn fn, bool *more)
{
	*more = false;
	if (a->q.nothing)
		return ERR_OK;
	return query_events(a->c->store, sql, fn, a, more, &a->c->d);
}

/* 9.6: more than maxEventCount is an error, known before the first page. */
static enum err
check_count(struct ask *a, bool *go)
{
	struct query sql = a->q.sql;
	size_t max = a->q.max_event_count;
	bool more = true;
	enum err e = ERR_OK;

	*go = true;
	if (max == 0 || a->page.delivered > 0)
		return ERR_OK;
	a->counted = 0;
	while (e == ERR_OK && more && a->counted <= max) {
		sql.limit = max + 1 - a->counted < QUERY_LIMIT
				? max + 1 - a->counted
				: QUERY_LIMIT;
		e = find(a, &sql, count_key, &more);
		sql.follows = true;
		sql.after = a->last;
	}
	if (e != ERR_OK || a->counted <= max)
		return e;
	*go = false;
	answer_problem(a->c->res, 413, "query_too_large", "maxEventCount", NULL,
	    "more than %zu events meet the query", max);
	return ERR_OK;
}

/* How many events this page may have: 0 when eventCountLimit is used up. */
static size_t
page_size(const struct ask *a)
{
	size_t n = a->q.per_page, limit = a->q.event_count_limit;

	if (limit > 0 && limit - a->page.delivered < n)
		n = limit - (size_t)a->page.delivered;
	return n;
}

static enum err
find_page(struct ask *a)
{
	struct query *sql = &a->q.sql;

	sql->below = a->page.below;
	sql->limit = page_size(a);
	sql->follows = a->page.delivered > 0;
	sql->after = a->page.key;
	a->count = 0;
	return find(a, sql, take_key, &a->more);
}

/* ---- printing ---- */
static enum err
print_event(void *ctx, const struct query_event *event)
{
	struct ask *a = ctx;
	enum err e;

	if (a->c->res->body.n > PAGE_BYTES && a->printed > 0) {
		a->more = true;
		return ERR_OK;
	}
	e = epcis_print_event(&a->printer, &a->o, event);
	if (e == ERR_OK)
		a->printed++;
	return e;
}

void
epcis_no_form(struct call *c, const struct epcis_printer *p)
{
	const struct buf *id = &p->refused;

	answer_problem(c->res, 406, "epc_format", "GS1-EPC-Format",
	    "Always_GS1_Digital_Link or Never_Translates",
	    "%.*s has no EPC URN here: the length of its company prefix is not "
	    "known",
	    id->n > 200 ? 200 : (int)id->n, (const char *)id->p);
}

static enum err
finish_page(struct ask *a)
{
	struct epcis_page *p = &a->page;
	size_t limit = a->q.event_count_limit;
	enum err e = answer_done(a->c->res, 200, epcis_media(a->c));

	http_header(a->c->res, "Cache-Control", "%s", CACHE_NEVER);
	p->delivered += a->printed;
	if (e != ERR_OK || !a->more || a->printed == 0 ||
	    (limit > 0 && p->delivered >= limit))
		return e;
	p->key = a->keys[a->printed - 1];
	return epcis_page_next(a->c, p);
}

static enum err
print_page(struct ask *a)
{
	struct call *c = a->c;
	enum err e = epcis_printer_init(&a->printer, c->epcis.format,
	    c->api->gcp, view_origin(c->api->view));

	answer_json(c->res, &a->o);
	epcis_document_open(&a->o, a->name);
	if (e == ERR_OK && a->count > 0)
		e = query_read(
		    c->store, a->keys, a->count, print_event, a, &c->d);
	epcis_document_close(&a->o);
	if (e == ERR_UNSUPPORTED)
		epcis_no_form(c, &a->printer);
	else if (e == ERR_OK)
		e = finish_page(a);
	epcis_printer_clear(&a->printer);
	return e == ERR_UNSUPPORTED ? ERR_OK : e;
}

/* ---- questions ---- */
/* Patterns are not for the public: their matches are looked at one by one, all
 * over the log, for the few that it may read. */
static bool
may_ask(struct ask *a)
{
	for (size_t i = 0; i < a->q.sql.count; i++) {
		if (a->q.sql.conditions[i].range_count > 0)
			return access_scope(a->c, SCOPE_READ);
	}
	return true;
}

static void
parse(struct ask *a, const char *name, struct span value, bool *go)
{
	struct epcis_fault f;

	*go = false;
	epcis_query_init(&a->q);
	if (epcis_query_target(&a->q, &a->c->target, &f) != ERR_OK) {
		epcis_answer_fault(a->c, &f);
		return;
	}
	/* A value that can be none names nothing. */
	if (name != NULL &&
	    epcis_query_where(&a->q, name, value, &f) != ERR_OK) {
		answer_problem(a->c->res, 404, "not_found", NULL, f.wanted,
		    "the path names nothing: %s", f.detail);
		return;
	}
	*go = may_ask(a);
}

static enum err
answer(struct ask *a, const char *absent)
{
	struct hash query = epcis_query_digest(&a->q);
	struct call *c = a->c;
	bool go;
	enum err e = epcis_page_begin(
	    c, &a->page, a->q.token, &query, &a->q.sql.org, &go);

	if (e != ERR_OK || !go)
		return e;
	a->q.sql.below = a->page.below;
	if ((e = check_count(a, &go)) != ERR_OK || !go)
		return e;
	if ((e = find_page(a)) != ERR_OK)
		return e;
	if (absent != NULL && a->count == 0 && a->page.delivered == 0) {
		answer_problem(
		    c->res, 404, "not_found", NULL, NULL, "%s", absent);
		return ERR_OK;
	}
	return print_page(a);
}

enum err
epcis_answer_events(
    struct call *c, const char *name, struct span value, const char *absent)
{
	struct ask *a = calloc(1, sizeof(*a));
	bool go;
	enum err e;

	if (a == NULL)
		return ERR_NOMEM;
	a->c = c;
	a->name = span_str("SimpleEventQuery");
	parse(a, name, value, &go);
	e = go ? answer(a, absent) : ERR_OK;
	free(a);
	return e;
}

/* A query as it was stored, with perPage and nextPageToken of the target. */
static enum err
parse_stored(struct ask *a, struct span text, struct json_node *nodes, bool *go)
{
	struct json_doc doc = { .nodes = nodes, .capacity = EPCIS_BODY_NODES };
	struct epcis_fault f;
	enum err e = json_scan(&doc, text, JSON_OUT_DEPTH, &a->c->d);

	*go = false;
	if (e != ERR_OK)
		return ERR_STATE;
	epcis_query_init(&a->q);
	e = epcis_query_json(&a->q, &doc, JSON_ROOT, &f);
	if (e == ERR_OK)
		e = epcis_query_target(&a->q, &a->c->target, &f);
	*go = e == ERR_OK;
	if (e != ERR_OK)
		epcis_answer_fault(a->c, &f);
	return ERR_OK;
}

enum err
epcis_answer_query(struct call *c, struct span name, struct span text)
{
	struct ask *a = calloc(1, sizeof(*a));
	struct json_node *nodes = calloc(EPCIS_BODY_NODES, sizeof(*nodes));
	bool go = false;
	enum err e = ERR_NOMEM;

	if (a != NULL && nodes != NULL) {
		a->c = c;
		a->name = name;
		e = parse_stored(a, text, nodes, &go);
		if (e == ERR_OK && go)
			e = answer(a, NULL);
	}
	free(nodes);
	free(a);
	return e;
}

enum err
epcis_any_event(
    struct call *c, const char *name, struct span value, bool *any, bool *go)
{
	struct ask *a = calloc(1, sizeof(*a));
	struct hash query;
	enum err e;

	*any = false;
	if (a == NULL)
		return ERR_NOMEM;
	a->c = c;
	parse(a, name, value, go);
	if (!*go) {
		free(a);
		return ERR_OK;
	}
	query = epcis_query_digest(&a->q);
	e = epcis_page_begin(c, &a->page, SPAN_NONE, &query, &a->q.sql.org, go);
	a->q.per_page = 1;
	if (e == ERR_OK && *go)
		e = find_page(a);
	*any = a->count > 0;
	free(a);
	return e;
}

enum err
epcis_events(struct call *c)
{
	return epcis_answer_events(c, NULL, SPAN_NONE, NULL);
}

/* 8.4: the event and the declarations that repeat its eventID. */
enum err
epcis_event_by_id(struct call *c)
{
	return epcis_answer_events(
	    c, "EQ_eventID", c->wild[0], "there is no event with this eventID");
}

enum err
epcis_next_page_token(struct call *c)
{
	answer_problem(c->res, 501, "not_supported", NULL, NULL,
	    "page tokens hold no state here and end by themselves");
	return ERR_OK;
}
