/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions to named queries (epcis.md 9.7); deliver.c serves them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

#include "epcis.h"
#include "epcis_body.h"
#include "epcis_named.h"

#include "base/banned.h"

#define ID_BYTES 16

static void
no_subscription(struct call *c)
{
	answer_problem(c->res, 404, "unknown_subscription", NULL, NULL,
	    "there is no such subscription");
}

/* ---- printing ---- */
static void
put_time(struct json_out *o, const char *key, int64_t t_ms)
{
	char text[RFC3339_CHARS + 1];

	rfc3339_print(text, t_ms);
	json_out_str(o, key, text);
}

static void
put_state(struct json_out *o, const struct subscription *s)
{
	json_out_str(o, "state",
	    s->suspended         ? "suspended"
	    : s->failing_ms != 0 ? "failing"
				 : "active");
	json_out_int(o, "deliveredEvents", s->delivered);
	if (s->error.n > 0)
		json_out_string(o, "lastError", s->error);
	if (s->failing_ms != 0)
		put_time(o, "failingSince", s->failing_ms);
	if (!s->suspended && (s->failing_ms != 0 || s->schedule.n > 0))
		put_time(o, "nextAttemptAt", s->next_ms);
}

static void
put_subscription(
    struct json_out *o, struct span name, const struct subscription *s)
{
	static const char *const formats[] = {
		[EPC_FORMAT_LINK] = "Always_GS1_Digital_Link",
		[EPC_FORMAT_URN] = "Always_EPC_URN",
		[EPC_FORMAT_ASIS] = "Never_Translates",
	};

	json_out_object(o, NULL);
	json_out_string(o, "subscriptionID", s->id);
	json_out_string(o, "queryName", name);
	json_out_string(o, "dest", s->dest);
	if (s->schedule.n == 0) {
		json_out_bool(o, "stream", true);
	} else {
		json_out_raw(o, "schedule", s->schedule);
		json_out_bool(o, "reportIfEmpty", s->report_if_empty);
	}
	json_out_str(o, "epcFormat", formats[s->format]);
	put_time(o, "createdAt", s->created_ms);
	put_time(o, "minRecordTime", s->run_ms);
	if (s->notified_ms != 0)
		put_time(o, "lastNotifiedAt", s->notified_ms);
	put_state(o, s);
	json_out_end_object(o);
}

/* ---- making one ---- */
struct making {
	struct epcis_subscribe body;
	struct epcis_query query;
	struct json_node nodes[EPCIS_BODY_NODES];
};

/* Delivery has an order of its own and no end: what would be ignored is
 * refused. false when a problem has been written. */
static enum err
query_fits(struct call *c, struct making *m, struct span text, bool *go)
{
	struct json_doc doc = { .nodes = m->nodes,
		.capacity = EPCIS_BODY_NODES };
	const struct epcis_query *q = &m->query;
	struct epcis_fault f;

	*go = false;
	epcis_query_init(&m->query);
	if (json_scan(&doc, text, JSON_OUT_DEPTH, &c->d) != ERR_OK)
		return ERR_STATE;
	if (epcis_query_json(&m->query, &doc, JSON_ROOT, &f) != ERR_OK) {
		epcis_answer_fault(c, &f);
		return ERR_OK;
	}
	*go = !q->order_given && q->event_count_limit == 0 &&
	      q->max_event_count == 0;
	if (!*go)
		answer_problem(c->res, 400, "bad_subscription",
		    q->order_given ? "orderBy" : "maxEventCount",
		    "a query without orderBy, eventCountLimit, maxEventCount",
		    "events are delivered as they come, all of them");
	return ERR_OK;
}

static enum err
check_query(struct call *c, struct making *m, const char *owner, bool *go)
{
	struct buf text = buf_heap(EPCIS_BODY);
	enum err e =
	    epcis_name_ok(c->wild[0])
		? store_query_get(c->store, owner, c->wild[0], &text, &c->d)
		: ERR_NOT_FOUND;

	*go = false;
	if (e == ERR_NOT_FOUND) {
		epcis_no_query(c);
		e = ERR_OK;
	} else if (e == ERR_OK) {
		e = query_fits(c, m, buf_span(&text), go);
	}
	buf_free(&text);
	return e;
}

static enum err
answer_made(struct call *c, const struct subscription *s)
{
	struct json_out o;
	enum err e;

	answer_json(c->res, &o);
	put_subscription(&o, c->wild[0], s);
	e = answer_done(c->res, 201, epcis_media(c));
	epcis_created(c, "/epcis/queries/%.*s/subscriptions/%.*s",
	    SPAN_ARG(c->wild[0]), SPAN_ARG(s->id));
	return e;
}

static enum err
store(struct call *c, const char *owner, const struct epcis_subscribe *body)
{
	uint8_t random[ID_BYTES];
	char id[2 * ID_BYTES + 1];
	struct subscription s = { .dest = body->dest,
		.schedule = body->schedule,
		.report_if_empty = body->report_if_empty,
		.format = (int)c->epcis.format,
		.created_ms = clock_wall_ms(),
		.secret = body->secret,
		.token = c->caller.token,
		.place = { 0, SUBSCRIPTION_POS } };
	uint64_t size;
	enum err e;

	/* What is published by now came before it. */
	if ((e = epcis_searchable(c, &size)) != ERR_OK)
		return e;
	s.place.index = size > 0 ? size - 1 : 0;
	s.next_ms = body->stream ? s.created_ms
				 : schedule_next(&body->when, s.created_ms);
	s.run_ms = s.created_ms;
	random_bytes(random, sizeof(random));
	hex_print(id, span_of(random, sizeof(random)));
	s.id = span_str(id);
	c->wrote = true;
	e = store_subscription_add(c->store, owner, c->wild[0], &s, &c->d);
	if (e != ERR_NOT_FOUND)
		return e == ERR_OK ? answer_made(c, &s) : e;
	answer_problem(c->res, 413, "query_too_large", NULL,
	    "fewer subscriptions",
	    "there are %d subscriptions already, or the query has just been "
	    "removed",
	    SUBSCRIPTION_MOST);
	return ERR_OK;
}

static enum err
make(struct call *c, const char *owner, struct making *m)
{
	struct json_doc doc = { .nodes = m->nodes,
		.capacity = EPCIS_BODY_NODES };
	struct epcis_fault f;
	bool go;
	enum err e = check_query(c, m, owner, &go);

	if (e != ERR_OK || !go || !epcis_json_body(c))
		return e;
	if (epcis_body_subscription(&m->body, &doc, c->req->body,
		c->api->conf->private_dest, &f) != ERR_OK) {
		epcis_answer_fault(c, &f);
		return ERR_OK;
	}
	return store(c, owner, &m->body);
}

enum err
epcis_subscription_make(struct call *c)
{
	char owner[QUERY_OWNER];
	struct making *m;
	struct span org;
	bool go, refused = false;
	enum err e = epcis_owner(c, SCOPE_SUBSCRIBE, owner, &go);

	/* What a token may not read it is not sent either. */
	if (e == ERR_OK && go)
		e = call_snapshot(c);
	if (e == ERR_OK && go)
		e = epcis_scope(c, &org, &refused);
	if (e != ERR_OK || !go || refused)
		return e;
	m = calloc(1, sizeof(*m));
	e = m == NULL ? ERR_NOMEM : make(c, owner, m);
	free(m);
	return e;
}

/* ---- looking ---- */
struct listing {
	struct call *c;
	struct epcis_list l;
};

static enum err
list_one(void *ctx, const struct subscription *s)
{
	struct listing *l = ctx;

	if (epcis_list_room(l->c, &l->l, s->id))
		put_subscription(&l->l.o, l->c->wild[0], s);
	return ERR_OK;
}

static enum err
list(struct call *c, const char *owner)
{
	struct listing l = { .c = c };
	struct span what = c->wild[0];
	bool go;
	enum err e = epcis_list_begin(c, &l.l, what, &go);

	if (e != ERR_OK || !go)
		return e;
	e = store_subscription_list(c->store, owner, what, l.l.after,
	    (size_t)l.l.per_page + 1, list_one, &l, &c->d);
	return e == ERR_OK ? epcis_list_end(c, &l.l) : e;
}

enum err
epcis_subscriptions(struct call *c)
{
	struct buf text = buf_heap(EPCIS_BODY);
	char owner[QUERY_OWNER];
	bool go;
	enum err e = epcis_owner(c, SCOPE_READ, owner, &go);

	if (e != ERR_OK || !go)
		return e;
	e = epcis_name_ok(c->wild[0])
		? store_query_get(c->store, owner, c->wild[0], &text, &c->d)
		: ERR_NOT_FOUND;
	buf_free(&text);
	if (e == ERR_NOT_FOUND) {
		epcis_no_query(c);
		return ERR_OK;
	}
	return e == ERR_OK ? list(c, owner) : e;
}

static enum err
show(void *ctx, const struct subscription *s)
{
	struct call *c = ctx;
	struct json_out o;

	answer_json(c->res, &o);
	put_subscription(&o, c->wild[0], s);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return answer_done(c->res, 200, epcis_media(c));
}

static bool
names_ok(const struct call *c)
{
	return epcis_name_ok(c->wild[0]) && epcis_name_ok(c->wild[1]);
}

enum err
epcis_subscription_show(struct call *c)
{
	char owner[QUERY_OWNER];
	bool go;
	enum err e = epcis_owner(c, SCOPE_READ, owner, &go);

	if (e != ERR_OK || !go)
		return e;
	e = names_ok(c) ? store_subscription_get(c->store, owner, c->wild[0],
			      c->wild[1], show, c, &c->d)
			: ERR_NOT_FOUND;
	if (e != ERR_NOT_FOUND)
		return e;
	no_subscription(c);
	return ERR_OK;
}

enum err
epcis_subscription_drop(struct call *c)
{
	char owner[QUERY_OWNER];
	bool go;
	enum err e = epcis_owner(c, SCOPE_SUBSCRIBE, owner, &go);

	if (e != ERR_OK || !go)
		return e;
	c->wrote = true;
	e = names_ok(c) ? store_subscription_remove(
			      c->store, owner, c->wild[0], c->wild[1], &c->d)
			: ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND) {
		no_subscription(c);
		return ERR_OK;
	}
	if (e == ERR_OK)
		c->res->status = 204;
	return e;
}
