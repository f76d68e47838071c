/* SPDX-License-Identifier: Apache-2.0 */
/* Named queries (epcis.md 9.1). */
#include "epcis_named.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "accept.h"
#include "epcis.h"
#include "epcis_body.h"

#include "base/banned.h"

#define LIST_BYTES ((size_t)8 << 20)

/* ---- shared ---- */
enum err
epcis_owner(struct call *c, enum scope scope, char owner[QUERY_OWNER], bool *go)
{
	bool all = access_sees_all(c);
	struct store *s;
	enum err e = call_store(c, &s);

	*go = false;
	if (e != ERR_OK || !access_scope(c, scope))
		return e;
	if (!all && c->caller.organisation[0] == '\0') {
		answer_problem(c->res, 403, "forbidden", "Authorization",
		    "a token of an organisation",
		    "the token names no organisation that could have queries");
		return ERR_OK;
	}
	(void)snprintf(
	    owner, QUERY_OWNER, "%s%s", all ? "*" : "", c->caller.organisation);
	*go = true;
	return ERR_OK;
}

bool
epcis_json_body(struct call *c)
{
	struct span type = c->req->content_type;
	const uint8_t *end = type.n == 0 ? NULL : memchr(type.p, ';', type.n);

	if (end != NULL)
		type.n = (size_t)(end - type.p);
	while (type.n > 0 && type.p[type.n - 1] == ' ')
		type.n--;
	if ((type.n == 16 && strncasecmp((const char *)type.p,
				 "application/json", 16) == 0) ||
	    (type.n == 19 && strncasecmp((const char *)type.p,
				 "application/ld+json", 19) == 0))
		return true;
	answer_problem(c->res, 415, "media_type", "Content-Type",
	    "application/json or application/ld+json",
	    "the body is not declared as JSON");
	return false;
}

void
epcis_no_query(struct call *c)
{
	answer_problem(c->res, 404, "unknown_query", NULL, NULL,
	    "there is no query of this name");
}

enum err
epcis_list_begin(
    struct call *c, struct epcis_list *l, struct span what, bool *go)
{
	struct epcis_query *q = calloc(1, sizeof(*q));
	struct hash query = hash_bytes(what);
	struct epcis_fault f;
	struct span org;
	enum err e = ERR_OK;

	*go = false;
	if (q == NULL)
		return ERR_NOMEM;
	epcis_query_init(q);
	if (epcis_query_target(q, &c->target, &f) != ERR_OK) {
		epcis_answer_fault(c, &f);
		free(q);
		return ERR_OK;
	}
	e = epcis_page_begin(c, &l->page, q->token, &query, &org, go);
	l->per_page = q->per_page;
	free(q);
	if (e != ERR_OK || !*go)
		return e;
	l->count = 0;
	l->more = false;
	l->after = span_of(l->after_space, l->page.value_length);
	memcpy(l->after_space, l->page.value, l->page.value_length);
	answer_json(c->res, &l->o);
	json_out_array(&l->o, NULL);
	return ERR_OK;
}

bool
epcis_list_room(struct call *c, struct epcis_list *l, struct span value)
{
	if (l->more || l->count == l->per_page ||
	    (l->count > 0 && c->res->body.n > LIST_BYTES)) {
		l->more = true;
		return false;
	}
	l->count++;
	l->page.value_length = value.n;
	memcpy(l->page.value, value.p, value.n);
	return true;
}

enum err
epcis_list_end(struct call *c, struct epcis_list *l)
{
	enum err e;

	json_out_end_array(&l->o);
	e = answer_done(c->res, 200, epcis_media(c));
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return e == ERR_OK && l->more ? epcis_page_next(c, &l->page) : e;
}

void
epcis_created(struct call *c, const char *fmt, ...)
{
	const char *base = c->api->conf->public_url;
	char path[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	c->res->status = 201;
	http_header(c->res, "Location", "%s%s", base == NULL ? "" : base, path);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
}

/* ---- making one ---- */
static enum err
make(struct call *c, const char *owner, struct epcis_query *q,
    struct json_node *nodes)
{
	struct json_doc doc = { .nodes = nodes, .capacity = EPCIS_BODY_NODES };
	struct epcis_named named;
	struct epcis_fault f;
	enum err e;

	if (epcis_body_query(&named, &doc, q, c->req->body, &f) != ERR_OK) {
		epcis_answer_fault(c, &f);
		return ERR_OK;
	}
	c->wrote = true;
	e = store_query_add(
	    c->store, owner, named.name, json_raw(&doc, named.query), &c->d);
	if (e == ERR_EXISTS) {
		answer_problem(c->res, 409, "query_exists", "name", NULL,
		    "there is a query %.*s already", SPAN_ARG(named.name));
		return ERR_OK;
	}
	if (e == ERR_LIMIT) {
		answer_problem(c->res, 413, "query_too_large", "query",
		    "fewer or smaller queries", "%s", c->d.text);
		return ERR_OK;
	}
	if (e == ERR_OK)
		epcis_created(c, "/epcis/queries/%.*s", SPAN_ARG(named.name));
	return e;
}

enum err
epcis_query_make(struct call *c)
{
	char owner[QUERY_OWNER];
	struct epcis_query *q;
	struct json_node *nodes;
	bool go;
	enum err e = epcis_owner(c, SCOPE_SUBSCRIBE, owner, &go);

	if (e != ERR_OK || !go || !epcis_json_body(c))
		return e;
	q = calloc(1, sizeof(*q));
	nodes = calloc(EPCIS_BODY_NODES, sizeof(*nodes));
	e = q == NULL || nodes == NULL ? ERR_NOMEM : make(c, owner, q, nodes);
	free(nodes);
	free(q);
	return e;
}

/* ---- looking ---- */
struct listing {
	struct call *c;
	struct epcis_list l;
};

static void
put_query(struct json_out *o, struct span name, struct span query)
{
	json_out_object(o, NULL);
	json_out_string(o, "name", name);
	json_out_raw(o, "query", query);
	json_out_end_object(o);
}

static enum err
list_query(void *ctx, struct span name, struct span query)
{
	struct listing *l = ctx;

	if (epcis_list_room(l->c, &l->l, name))
		put_query(&l->l.o, name, query);
	return ERR_OK;
}

enum err
epcis_queries(struct call *c)
{
	char owner[QUERY_OWNER];
	struct listing l = { .c = c };
	bool go;
	enum err e = epcis_owner(c, SCOPE_READ, owner, &go);

	if (e == ERR_OK && go)
		e = epcis_list_begin(c, &l.l, span_str("queries"), &go);
	if (e != ERR_OK || !go)
		return e;
	e = store_query_list(c->store, owner, l.l.after,
	    (size_t)l.l.per_page + 1, list_query, &l, &c->d);
	return e == ERR_OK ? epcis_list_end(c, &l.l) : e;
}

/* The query's text; *go false with 404 and the like. */
static enum err
fetch(struct call *c, struct buf *text, bool *go)
{
	char owner[QUERY_OWNER];
	enum err e = epcis_owner(c, SCOPE_READ, owner, go);

	if (e != ERR_OK || !*go)
		return e;
	*go = false;
	e = epcis_name_ok(c->wild[0])
		? store_query_get(c->store, owner, c->wild[0], text, &c->d)
		: ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND) {
		epcis_no_query(c);
		return ERR_OK;
	}
	*go = e == ERR_OK;
	return e;
}

enum err
epcis_query_show(struct call *c)
{
	struct buf text = buf_heap(EPCIS_BODY);
	struct json_out o;
	bool go;
	enum err e = fetch(c, &text, &go);

	if (e == ERR_OK && go) {
		answer_json(c->res, &o);
		put_query(&o, c->wild[0], buf_span(&text));
		e = answer_done(c->res, 200, epcis_media(c));
		http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	}
	buf_free(&text);
	return e;
}

enum err
epcis_query_events(struct call *c)
{
	struct buf text = buf_heap(EPCIS_BODY);
	bool go;
	enum err e = fetch(c, &text, &go);

	if (e == ERR_OK && go &&
	    http_request_header(c->req, "Upgrade").p != NULL)
		answer_problem(c->res, 501, "not_supported", "Upgrade", NULL,
		    "events are not sent over a WebSocket here; a "
		    "subscription with a dest is told of them");
	else if (e == ERR_OK && go)
		e = epcis_answer_query(c, c->wild[0], buf_span(&text));
	buf_free(&text);
	return e;
}

enum err
epcis_query_drop(struct call *c)
{
	char owner[QUERY_OWNER];
	bool go;
	enum err e = epcis_owner(c, SCOPE_SUBSCRIBE, owner, &go);

	if (e != ERR_OK || !go)
		return e;
	c->wrote = true;
	e = epcis_name_ok(c->wild[0])
		? store_query_remove(c->store, owner, c->wild[0], &c->d)
		: ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND) {
		epcis_no_query(c);
		return ERR_OK;
	}
	if (e == ERR_OK)
		c->res->status = 204;
	return e;
}
