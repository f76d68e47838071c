/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

#include "api.h"
#include "epcis.h"
#include "epcis_capture.h"

#include "base/banned.h"

/*
 * The table of routes and what holds for all of them: targets, methods,
 * unknown parameters, tokens, conditional requests, CORS, faults.
 */
#define GET (1U << HTTP_GET)
#define POST (1U << HTTP_POST)
#define DELETE (1U << HTTP_DELETE)

struct route {
	unsigned methods;    /* HEAD goes with GET, OPTIONS with all */
	const char *pattern; /* * one segment, a last ** one or more, # an AI */
	const char *params;  /* allowed in the query, each behind a blank; "*"
			      * where the handler looks at each by itself */
	bool bare;           /* works without database and token */
	route_fn fn;
};

static const struct route routes[] = {
	{ GET, "/", "", true, page_index },
	{ GET, "/v1/log", "", false, page_log },
	{ GET, "/v1/verify", " code lang country asOf", false, verify_get },
	{ POST, "/v1/verify", " lang country", false, verify_post },
	{ GET, "/v1/items/*", "", false, items_state },
	{ GET, "/v1/items/*/history", "", false, items_history },
	{ GET, "/v1/items/*/proof", " country", false, items_proof },
	{ GET, "/log/checkpoint", "", false, log_checkpoint },
	{ GET, "/log/checkpoint.pending", "", false, log_checkpoint_pending },
	{ GET, "/log/tile/entries/**", "", false, log_entries },
	{ GET, "/log/tile/**", "", false, log_tile },
	{ GET, "/log/proof/*", "", false, log_proof },
	{ GET, "/log/consistency", " from to", false, log_consistency },
	{ GET, "/log/absence", " subject", false, log_absence },
	{ GET, "/.well-known/did.json", "", false, did_authority },
	{ GET, "/org/*/did.json", "", false, did_organisation },
	{ GET, "/device/*/did.json", "", false, did_device },
	{ GET, "/epcis", "", true, epcis_root },
	{ GET, "/epcis/", "", true, epcis_root },
	{ GET, "/epcis/events", "*", false, epcis_events },
	{ GET, "/epcis/events/*", " perPage nextPageToken", false,
	    epcis_event_by_id },
	{ GET, "/epcis/eventTypes", " perPage nextPageToken", false,
	    epcis_values },
	{ GET, "/epcis/eventTypes/*", "", false, epcis_value },
	{ GET, "/epcis/eventTypes/*/events", "*", false, epcis_value_events },
	{ GET, "/epcis/epcs", " perPage nextPageToken", false, epcis_values },
	{ GET, "/epcis/epcs/*", "", false, epcis_value },
	{ GET, "/epcis/epcs/*/events", "*", false, epcis_value_events },
	{ GET, "/epcis/bizSteps", " perPage nextPageToken", false,
	    epcis_values },
	{ GET, "/epcis/bizSteps/*", "", false, epcis_value },
	{ GET, "/epcis/bizSteps/*/events", "*", false, epcis_value_events },
	{ GET, "/epcis/bizLocations", " perPage nextPageToken", false,
	    epcis_values },
	{ GET, "/epcis/bizLocations/*", "", false, epcis_value },
	{ GET, "/epcis/bizLocations/*/events", "*", false, epcis_value_events },
	{ GET, "/epcis/readPoints", " perPage nextPageToken", false,
	    epcis_values },
	{ GET, "/epcis/readPoints/*", "", false, epcis_value },
	{ GET, "/epcis/readPoints/*/events", "*", false, epcis_value_events },
	{ GET, "/epcis/dispositions", " perPage nextPageToken", false,
	    epcis_values },
	{ GET, "/epcis/dispositions/*", "", false, epcis_value },
	{ GET, "/epcis/dispositions/*/events", "*", false, epcis_value_events },
	{ GET, "/epcis/queries", " perPage nextPageToken", false,
	    epcis_queries },
	{ POST, "/epcis/queries", "", false, epcis_query_make },
	{ GET, "/epcis/queries/*", "", false, epcis_query_show },
	{ DELETE, "/epcis/queries/*", "", false, epcis_query_drop },
	{ GET, "/epcis/queries/*/events", " perPage nextPageToken", false,
	    epcis_query_events },
	{ GET, "/epcis/queries/*/subscriptions", " perPage nextPageToken",
	    false, epcis_subscriptions },
	{ POST, "/epcis/queries/*/subscriptions", "", false,
	    epcis_subscription_make },
	{ GET, "/epcis/queries/*/subscriptions/*", "", false,
	    epcis_subscription_show },
	{ DELETE, "/epcis/queries/*/subscriptions/*", "", false,
	    epcis_subscription_drop },
	{ DELETE, "/epcis/nextPageToken/*", "", true, epcis_next_page_token },
	{ GET, "/epcis/capture", " perPage nextPageToken", false, epcis_jobs },
	{ POST, "/epcis/capture", "", false, epcis_capture_post },
	{ GET, "/epcis/capture/*", "", false, epcis_capture_job },
	{ POST, "/epcis/events", "", false, epcis_events_post },
	{ GET, "/healthz", "", true, ops_health },
	{ GET, "/readyz", "", true, ops_ready },
	{ GET, "/metrics", "", true, ops_metrics },
	{ GET, "/openapi.yaml", "", true, ops_openapi },
	{ GET, "/.well-known/gs1resolver", "", true, resolver_well_known },
	{ GET, "/linkset-context.jsonld", "", true, resolver_context },
	{ GET, "/p/#/**", "*", false, resolver_page },
	{ GET, "/#/**", "*", false, resolver_link },
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

enum err
call_store(struct call *c, struct store **out)
{
	enum err e = ERR_OK;

	if (c->store == NULL) {
		e = pool_take(c->api->pool, &c->store, &c->d);
		/* What the caller before might see is not this one's. */
		if (e == ERR_OK)
			e = store_scope(c->store, "", &c->d);
	}
	*out = c->store;
	return e;
}

enum err
call_snapshot(struct call *c)
{
	struct store *s;
	enum err e;

	if (c->snap != NULL)
		return ERR_OK;
	e = call_store(c, &s);
	if (e == ERR_OK)
		e = view_take(c->api->view, s, &c->snap, &c->d);
	if (e == ERR_OK)
		metric_set(&c->api->metrics.size, (long long)c->snap->size);
	c->unpublished = e == ERR_NOT_FOUND;
	return e;
}

/* Two to four digits: what a Digital Link's path begins with. */
static bool
is_ai(struct span s)
{
	if (s.n < 2 || s.n > 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return true;
}

/* Matches and collects the segments behind * and **. */
static bool
matches(struct call *c, const char *pattern)
{
	const struct target *t = &c->target;
	unsigned at = 0;

	c->wild_count = 0;
	while (*pattern == '/') {
		size_t n = strcspn(++pattern, "/");
		bool many = n == 2 && memcmp(pattern, "**", 2) == 0;
		bool ai = n == 1 && *pattern == '#';
		bool one = n == 1 && (*pattern == '*' || ai);

		if (at == t->segment_count)
			return false;
		if (ai && !is_ai(t->segment[at]))
			return false;
		if (!many && !one &&
		    !span_equal(t->segment[at], span_of(pattern, n)))
			return false;
		do {
			if ((many || one) && c->wild_count < CALL_WILDS)
				c->wild[c->wild_count++] = t->segment[at];
			at++;
		} while (many && at < t->segment_count);
		pattern += n;
	}
	return at == t->segment_count;
}

static unsigned
method_bit(enum http_method m)
{
	return 1U << (m == HTTP_HEAD ? HTTP_GET : m);
}

/* The route, or NULL with the methods that the path has (0: no such path). */
static const struct route *
find_route(struct call *c, unsigned *methods)
{
	*methods = 0;
	for (size_t i = 0; i < ROUTES; i++) {
		if (!matches(c, routes[i].pattern))
			continue;
		if ((routes[i].methods & method_bit(c->req->method)) != 0)
			return &routes[i];
		*methods |= routes[i].methods;
	}
	return NULL;
}

static void
allow(struct http_response *res, unsigned methods)
{
	http_header(res, "Allow", "%s%s%sOPTIONS",
	    (methods & GET) != 0 ? "GET, HEAD, " : "",
	    (methods & POST) != 0 ? "POST, " : "",
	    (methods & DELETE) != 0 ? "DELETE, " : "");
}

/* OPTIONS, 404 and 405. */
static void
answer_unrouted(struct call *c, unsigned methods)
{
	if (methods == 0) {
		answer_problem(c->res, 404, "not_found", NULL, NULL,
		    "there is nothing at this path");
	} else if (c->req->method == HTTP_OPTIONS) {
		c->res->status = 204;
		allow(c->res, methods);
		if (c->res->epcis)
			epcis_options(c);
	} else {
		answer_problem(c->res, 405, "method_not_allowed", NULL, NULL,
		    "this path does not take that method");
		allow(c->res, methods);
	}
}

static bool
known_param(const char *params, struct span name)
{
	const char *at = params;

	while ((at = strchr(at, ' ')) != NULL) {
		size_t n = strcspn(++at, " ");

		if (span_equal(name, span_of(at, n)))
			return true;
	}
	return false;
}

/* api.md: unknown query parameters are an error, never ignored. */
static bool
params_known(struct call *c, const struct route *r)
{
	char name[64];

	if (strcmp(r->params, "*") == 0)
		return true;
	for (unsigned i = 0; i < c->target.param_count; i++) {
		struct span s = c->target.param[i].name;

		if (known_param(r->params, s))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)(s.n < 60 ? s.n : 60), (const char *)s.p);
		answer_problem(c->res, 400, "unknown_parameter", name,
		    r->params[0] == '\0' ? "no parameters" : r->params + 1,
		    "the query holds a parameter this path does not know");
		return false;
	}
	return true;
}

static void
give_back(struct call *c, bool broken)
{
	view_release(c->api->view, c->snap);
	c->snap = NULL;
	if (c->store != NULL)
		pool_give(c->api->pool, c->store, broken);
	c->store = NULL;
}

static bool
connection_lost(enum err e)
{
	return e == ERR_DB || e == ERR_TIMEOUT;
}

static enum err
try_route(struct call *c, const struct route *r)
{
	bool refused = false;
	enum err e = ERR_OK;

	diag_clear(&c->d);
	if (!r->bare)
		e = access_check(c, &refused);
	if (e == ERR_OK && !refused)
		e = r->fn(c);
	if (connection_lost(e))
		metric_add(&c->api->metrics.database_errors, 1);
	give_back(c, connection_lost(e));
	return e;
}

static void
answer_fault(struct call *c, enum err e)
{
	if (connection_lost(e) || e == ERR_NOMEM) {
		answer_problem(c->res, 503, "unavailable", NULL, NULL,
		    "the ledger cannot be asked right now");
		http_header(c->res, "Retry-After", "1");
	} else if (c->unpublished) {
		answer_problem(c->res, 503, "no_checkpoint", NULL, NULL,
		    "the log has not published a checkpoint yet");
		http_header(c->res, "Retry-After", "1");
	} else if (e == ERR_LIMIT) {
		answer_problem(
		    c->res, 422, "too_complex", NULL, NULL, "%s", c->d.text);
	} else if (e == ERR_PROOF) {
		answer_problem(c->res, 503, "entries_differ", NULL, NULL,
		    "the ledger's tables do not give what the newest epoch "
		    "states; the operator is told");
		http_header(c->res, "Retry-After", "60");
	} else {
		answer_problem(c->res, 500, "internal", NULL, NULL,
		    "%s; the server's log says more", err_name(e));
	}
	c->d.code = e;
	log_diag(LOG_ERROR, "request_failed", &c->d);
}

/* epcis.md 9.4: who may capture and the media type come before the size. */
static bool
judges_size(const struct route *r)
{
	return r->fn == epcis_capture_post || r->fn == epcis_events_post;
}

static void
dispatch(struct call *c)
{
	unsigned methods;
	const struct route *r = find_route(c, &methods);
	enum err e;

	if (r == NULL) {
		answer_unrouted(c, methods);
		return;
	}
	if (c->req->body_too_large && !judges_size(r)) {
		answer_problem(c->res, 413, "too_large", NULL, NULL,
		    "the body is above %zu bytes",
		    api_body_max(c->req->target));
		return;
	}
	if (!params_known(c, r) || (c->res->epcis && !epcis_begin(c)))
		return;
	e = try_route(c, r);
	/* A connection that was idle may have died with the database's
	 * restart: once more with a fresh one. Reading twice is harmless, and
	 * who writes has found the token with that connection before. */
	if (e == ERR_DB && !c->wrote) {
		http_response_reset(c->res);
		e = try_route(c, r);
	}
	if (e != ERR_OK)
		answer_fault(c, e);
}

/* RFC 9110 13.1.2, weak comparison, a list or *. */
static bool
not_modified(const struct http_request *req, const struct http_response *res)
{
	const char *tag = http_header_get(res, "ETag");
	struct span in = req->if_none_match;

	if (tag == NULL || in.p == NULL || res->status != 200 ||
	    (req->method != HTTP_GET && req->method != HTTP_HEAD))
		return false;
	return span_is(in, "*") || memmem(in.p, in.n, tag, strlen(tag)) != NULL;
}

/* Behind what the handler has said. */
static void
vary_origin(struct http_response *res)
{
	const char *now = http_header_get(res, "Vary");
	char before[64] = "";

	if (now != NULL)
		(void)snprintf(before, sizeof(before), "%.60s, ", now);
	http_header(res, "Vary", "%sOrigin", before);
}

static void
put_cors(struct call *c)
{
	const char *cors = c->api->conf->cors;

	if (cors == NULL || c->req->origin.p == NULL)
		return;
	if (strcmp(cors, "*") != 0) {
		vary_origin(c->res);
		if (!span_is(c->req->origin, cors))
			return;
	}
	http_header(c->res, "Access-Control-Allow-Origin", "%s", cors);
	http_header(c->res, "Access-Control-Expose-Headers",
	    "Countermark-Signature, ETag, Server-Timing, Retry-After, "
	    "Location, Link, GS1-EPCIS-Version, GS1-CBV-Version, "
	    "GS1-Extensions, GS1-Next-Page-Token-Expires");
	if (c->req->method == HTTP_OPTIONS) {
		http_header(c->res, "Access-Control-Allow-Methods",
		    "GET, HEAD, POST, DELETE");
		http_header(c->res, "Access-Control-Allow-Headers",
		    "Authorization, Content-Type, If-None-Match, "
		    "GS1-EPCIS-Min, GS1-EPCIS-Max, GS1-CBV-Min, GS1-CBV-Max, "
		    "GS1-EPC-Format, GS1-Capture-Error-Behaviour, "
		    "GS1-Extensions, Countermark-Purpose");
		http_header(c->res, "Access-Control-Max-Age", "600");
	}
}

static void
finish(struct call *c, int64_t started_us)
{
	struct api_metrics *m = &c->api->metrics;
	int64_t us = clock_mono_us() - started_us;

	if (not_modified(c->req, c->res)) {
		c->res->status = 304;
		c->res->type = NULL;
		buf_reset(&c->res->body);
	}
	if (c->res->epcis)
		epcis_headers(c);
	put_cors(c);
	http_header(c->res, "Server-Timing", "total;dur=%lld.%03lld",
	    (long long)(us / 1000), (long long)(us % 1000));
	http_header(c->res, "X-Content-Type-Options", "nosniff");
	metric_observe(&m->seconds, (double)us / 1e6);
	metric_add(c->res->status < 400   ? &m->ok
		   : c->res->status < 500 ? &m->refused
					  : &m->failed,
	    1);
}

size_t
api_body_max(struct span target)
{
	return span_starts(target, "/epcis/capture") ? EPCIS_BODY_MAX
						     : API_BODY_MAX;
}

void
api_handle(void *ctx, const struct http_request *req, struct http_response *res)
{
	int64_t started_us = clock_mono_us();
	struct call c;

	memset(&c, 0, offsetof(struct call, target));
	c.api = ctx;
	c.req = req;
	c.res = res;
	c.wild_count = 0;
	memset(&c.caller, 0, sizeof(c.caller));
	memset(&c.epcis, 0, sizeof(c.epcis));
	res->epcis = epcis_is_below(req->target);
	c.store = NULL;
	c.snap = NULL;
	c.unpublished = false;
	c.capture_id[0] = '\0';
	c.counted = false;
	c.wrote = false;
	diag_clear(&c.d);
	if (target_parse(&c.target, req->target, &c.d) == ERR_OK)
		dispatch(&c);
	else if (c.d.code == ERR_TOO_LARGE)
		answer_problem(
		    res, 414, "target_too_long", NULL, NULL, "%s", c.d.text);
	else
		answer_problem(
		    res, 400, "bad_target", NULL, NULL, "%s", c.d.text);
	finish(&c, started_us);
}

static void
metric_define(struct metric *m, enum metric_kind kind, const char *name,
    const char *help, const char *label)
{
	m->kind = kind;
	m->name = name;
	m->help = help;
	m->label = label;
}

void
api_metrics_init(struct api_metrics *m)
{
	static const double bounds[] = { 0.0005, 0.001, 0.002, 0.005, 0.01,
		0.02, 0.05, 0.1, 0.3, 1 };
	static const char *const verdicts[] = {
		[VERDICT_GENUINE_STRONG] = "verdict=\"genuine_strong\"",
		[VERDICT_GENUINE_CODE_ONLY] = "verdict=\"genuine_code_only\"",
		[VERDICT_UNKNOWN_HERE] = "verdict=\"unknown_here\"",
		[VERDICT_NOT_REGISTERED] = "verdict=\"not_registered\"",
		[VERDICT_STALE_OFFLINE] = "verdict=\"stale_offline\"",
		[VERDICT_UNREADABLE] = "verdict=\"unreadable\"",
		[VERDICT_DATA_MISMATCH] = "verdict=\"data_mismatch\"",
		[VERDICT_CUSTODY_GAP] = "verdict=\"custody_gap\"",
		[VERDICT_DIVERTED] = "verdict=\"diverted\"",
		[VERDICT_OVERRUN] = "verdict=\"overrun\"",
		[VERDICT_RECALLED] = "verdict=\"recalled\"",
		[VERDICT_EXPIRED] = "verdict=\"expired\"",
		[VERDICT_ALREADY_USED] = "verdict=\"already_used\"",
		[VERDICT_DUPLICATE] = "verdict=\"duplicate\"",
		[VERDICT_FORGED] = "verdict=\"forged\"",
	};
	static const char answers[] = "countermark_api_answers";
	static const char help[] = "Answers by class of status.";

	memset(m, 0, sizeof(*m));
	metric_define(&m->ok, METRIC_COUNTER, answers, help, "class=\"ok\"");
	metric_define(
	    &m->refused, METRIC_COUNTER, answers, help, "class=\"refused\"");
	metric_define(
	    &m->failed, METRIC_COUNTER, answers, help, "class=\"failed\"");
	metric_define(&m->seconds, METRIC_HISTOGRAM,
	    "countermark_api_answer_seconds", "Server time of an answer.",
	    NULL);
	m->seconds.bounds = bounds;
	m->seconds.bound_count = sizeof(bounds) / sizeof(bounds[0]);
	metric_define(&m->database_errors, METRIC_COUNTER,
	    "countermark_api_database_errors", "Calls that lost the database.",
	    NULL);
	metric_define(&m->rate_limited, METRIC_COUNTER,
	    "countermark_api_rate_limited",
	    "Requests refused since their client makes too many.", NULL);
	metric_define(&m->size, METRIC_GAUGE,
	    "countermark_api_checkpoint_entries",
	    "Entries below the checkpoint answered from last.", NULL);
	metric_define(&m->map_entries, METRIC_GAUGE,
	    "countermark_api_map_entries",
	    "Entries covered by the map that proofs are made from.", NULL);
	metric_define(&m->map_keys, METRIC_GAUGE, "countermark_api_map_keys",
	    "Subjects in the server's map.", NULL);
	metric_define(&m->map_bytes, METRIC_GAUGE, "countermark_api_map_bytes",
	    "Memory of the server's map.", NULL);
	metric_define(&m->map_differences, METRIC_COUNTER,
	    "countermark_api_map_differences",
	    "Times that the map was not the one an epoch states.", NULL);
	metric_define(&m->map_follow, METRIC_HISTOGRAM,
	    "countermark_api_map_follow_seconds",
	    "Time to bring the map to an epoch and to compare it.", NULL);
	m->map_follow.bounds = bounds;
	m->map_follow.bound_count = sizeof(bounds) / sizeof(bounds[0]);
	metric_define(&m->proof_seconds, METRIC_HISTOGRAM,
	    "countermark_api_proof_seconds", "Time to make a proof bundle.",
	    NULL);
	m->proof_seconds.bounds = bounds;
	m->proof_seconds.bound_count = sizeof(bounds) / sizeof(bounds[0]);
	metric_define(&m->deliveries, METRIC_COUNTER,
	    "countermark_api_deliveries",
	    "Documents that subscribers have taken.", NULL);
	metric_define(&m->delivery_failures, METRIC_COUNTER,
	    "countermark_api_delivery_failures",
	    "Attempts at a subscriber that failed.", NULL);
	metric_define(&m->delivered_events, METRIC_COUNTER,
	    "countermark_api_delivered_events",
	    "Events in the documents that subscribers have taken.", NULL);
	metric_define(&m->lag, METRIC_GAUGE,
	    "countermark_api_delivery_lag_entries",
	    "Entries that the stream farthest behind has not come to yet.",
	    NULL);
	for (unsigned i = 0; i < VERDICTS; i++)
		metric_define(&m->verdicts[i], METRIC_COUNTER,
		    "countermark_api_verdicts", "Verdicts given.", verdicts[i]);
	metric_define(&m->capture_jobs, METRIC_GAUGE,
	    "countermark_api_capture_jobs", "Capture jobs under way.", NULL);
	metric_define(&m->capture_statements, METRIC_COUNTER,
	    "countermark_api_capture_statements",
	    "Statements of captures that the gateway took.", NULL);
	metric_define(&m->capture_refused, METRIC_COUNTER,
	    "countermark_api_capture_events_refused",
	    "Events of captures that were not taken.", NULL);
}
