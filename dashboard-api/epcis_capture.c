/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger/search.h"

#include "base/banned.h"

#define POLL_MS 50
#define TRIES 8 /* of two captures that want the same eventIDs */

/* One request on its way to a job. */
struct request {
	struct call *c;
	struct capture_job job;
	struct buf iss;
	struct capture_faults faults;
	struct import *import;
	struct epcis_known known;
	uint8_t left_out[EPCIS_CAPTURE_EVENTS / 8 + 1];
	size_t left_out_n;
	struct capture_claim *claims;
	size_t claim_count;
	int64_t until_ms; /* monotonic */
};

/* ---- who may (9.4: first of all) ---- */
static const char *
identity_of(const struct call *c)
{
	const struct api_conf *conf = c->api->conf;

	for (size_t i = 0; i < conf->capture_count; i++) {
		if (strcmp(conf_name(conf->conf, "capture", i),
			c->caller.organisation) == 0)
			return conf_text(conf->conf, "capture",
			    c->caller.organisation, "identity");
	}
	return NULL;
}

bool
capture_allowed(const struct call *c)
{
	if ((c->caller.scopes & SCOPE_CAPTURE) == 0)
		return false;
	switch (c->caller.role) {
	case ROLE_BRAND:
	case ROLE_PARTNER:
	case ROLE_OPERATOR:
		return c->caller.organisation[0] != '\0' &&
		       c->api->jobs != NULL && identity_of(c) != NULL;
	default:
		return false;
	}
}

static bool
may_capture(struct call *c)
{
	if (capture_allowed(c))
		return true;
	/* 401 without a token, 403 with one that is not good for it. */
	if (!access_scope(c, SCOPE_CAPTURE))
		return false;
	answer_problem(c->res, 403, "forbidden", "Authorization",
	    "role brand, partner or operator, and an organisation for which "
	    "this server has a gateway identity",
	    "the token does not capture for an organisation here");
	return false;
}

/* ---- headers ---- */
static bool
is_media_type(struct span s, const char *type)
{
	size_t n = strlen(type);

	for (size_t i = 0; i < n; i++) {
		if (i == s.n || (s.p[i] | 0x20) != (type[i] | 0x20))
			return false;
	}
	return s.n == n || s.p[n] == ';' || s.p[n] == ' ' || s.p[n] == '\t';
}

static bool
media_type_ok(struct call *c)
{
	struct span s = c->req->content_type;

	if (is_media_type(s, "application/json") ||
	    is_media_type(s, "application/ld+json"))
		return true;
	answer_problem(c->res, 415, "media_type", "Content-Type",
	    "application/json or application/ld+json",
	    "Content-Type: got %.*s; XML is not spoken here",
	    s.n > 80 ? 80 : (int)s.n, s.p == NULL ? "none" : (const char *)s.p);
	return false;
}

static bool
behaviour_ok(struct request *r)
{
	static const char name[] = "GS1-Capture-Error-Behaviour";
	struct span s = http_request_header(r->c->req, name);

	r->job.proceed = s.p != NULL && span_is(s, "proceed");
	if (s.p == NULL || r->job.proceed || span_is(s, "rollback"))
		return true;
	answer_problem(r->c->res, 406, "error_behaviour", name,
	    "rollback or proceed", "%s: got %.*s", name,
	    s.n > 60 ? 60 : (int)s.n, (const char *)s.p);
	return false;
}

static bool
size_ok(struct call *c)
{
	if (!c->req->body_too_large)
		return true;
	answer_problem(c->res, 413, "too_large", NULL, NULL,
	    "the body is above %zu bytes", api_body_max(c->req->target));
	return false;
}

/* ---- faults ---- */
/* A problem with everything that is wrong; the first finding speaks for all. */
static void
answer_faults(struct request *r)
{
	const struct capture_faults *f = &r->faults;
	struct http_response *res = r->c->res;

	answer_problem(res, f->status, f->code, NULL, NULL, "%s%s%s%s",
	    f->pointer, f->pointer[0] == '\0' ? "" : ": ", f->text,
	    f->count == EPCIS_CAPTURE_ERRORS
		? "; the first hundred faults are listed"
		: "");
	answer_member_str(res, "pointer", f->pointer);
	if (f->rule != NULL)
		answer_member_str(res, "rule", f->rule);
	if (f->clause[0] != '\0')
		answer_member_str(res, "clause", f->clause);
	answer_member(res, "errors", buf_span(&f->errors));
}

/* Events that are not taken, since the document is refused. */
static void
count_refused(const struct request *r)
{
	metric_add(&r->c->api->metrics.capture_refused,
	    (long long)import_event_count(r->import));
}

/* ---- conflicts and duplicates (epcis.md 8.5) ---- */
static size_t
list_conflicts(struct request *r)
{
	char pointer[IMPORT_POINTER];
	size_t n = 0;

	for (size_t i = 0; i < r->known.count; i++) {
		const struct epcis_known_event *e = &r->known.events[i];
		const struct capture_fault f = {
			.status = 409,
			.code = "event_id_reused",
			.pointer = pointer,
			.event = (int64_t)e->event,
			.clause = "epcis 8.5",
			.text = "this eventID is one of another event of the "
				"organisation; an error declaration is "
				"the way to withdraw it",
		};

		if (e->verdict != EPCIS_CONFLICT)
			continue;
		n++;
		import_event_where(pointer, r->import, e->event);
		capture_fault_add(&r->faults.errors, &r->faults.count, &f);
	}
	return n;
}

static void
answer_conflicts(struct request *r)
{
	struct http_response *res = r->c->res;

	/* POST /events says 409; a document is refused as a whole (9.4). */
	answer_problem(res, r->job.form == CAPTURE_EVENT ? 409 : 400,
	    "event_id_reused", NULL, NULL,
	    "an eventID is one of another event of the organisation");
	answer_member_str(res, "clause", "epcis 8.5");
	answer_member(res, "errors", buf_span(&r->faults.errors));
}

/* ---- the job ---- */
static void
leave_out(struct request *r, size_t event)
{
	import_leave_out(r->import, event);
	r->left_out[event / 8] |= (uint8_t)(1U << (event % 8));
}

/* From the verdicts to what is stored and claimed. */
static enum err
choose(struct request *r)
{
	const size_t n = import_event_count(r->import);

	memset(r->left_out, 0, sizeof(r->left_out));
	r->left_out_n = (n + 7) / 8;
	r->job.events = (uint32_t)n;
	r->job.duplicates = r->job.refused = 0;
	r->claim_count = 0;
	for (size_t i = 0; i < r->known.count; i++) {
		const struct epcis_known_event *e = &r->known.events[i];

		r->job.duplicates += e->verdict == EPCIS_DUPLICATE;
		if (e->verdict != EPCIS_NEW)
			leave_out(r, e->event);
		else
			r->claims[r->claim_count++] = e->claim;
	}
	for (size_t i = 0; i < n; i++) {
		if (import_is_out(r->import, i)) {
			leave_out(r, i);
			r->job.refused++;
		}
	}
	r->job.refused -= r->job.duplicates;
	return import_repack(r->import);
}

static enum err
put(struct request *r, struct store *s)
{
	struct call *c = r->c;
	const char *errors;

	r->job.success = r->faults.count == 0;
	errors = r->faults.count == 0 ? "[]" : buf_text(&r->faults.errors);
	if (errors == NULL)
		return ERR_NOMEM;
	return capture_put(s, &r->job, errors,
	    span_of(r->left_out, r->left_out_n), c->req->body, r->claims,
	    r->claim_count, (uint64_t)c->api->conf->capture_bytes, &c->d);
}

static void
answer_busy(struct call *c, const char *code, const char *text)
{
	answer_problem(c->res, 503, code, NULL, NULL, "%s", text);
	http_header(c->res, "Retry-After", "5");
}

/* Verdicts for all eventIDs, when no job is about to store one of them; false
 * when a problem was written. */
static enum err
judge(struct request *r, bool *on)
{
	enum err e;

	*on = false;
	for (;;) {
		e = epcis_known_judge(&r->known, r->c, &r->c->d);
		if (e != ERR_OK)
			return e;
		*on = !r->known.under_way;
		if (*on)
			return ERR_OK;
		if (clock_mono_ms() >= r->until_ms) {
			answer_busy(r->c, "under_way",
			    "an earlier capture of the same events is under "
			    "way");
			return ERR_OK;
		}
		epcis_jobs_wait(r->c->api->jobs, POLL_MS);
	}
}

/* One try: ERR_EXISTS when another capture got ahead of it. *made: there is a
 * job; else the answer is written, or all of one event is known. */
static enum err
try_put(struct request *r, bool *made)
{
	struct call *c = r->c;
	size_t errors = r->faults.count, bytes = r->faults.errors.n;
	struct store *s;
	bool on;
	enum err e = judge(r, &on);

	*made = false;
	if (e != ERR_OK || !on)
		return e;
	if (list_conflicts(r) > 0 && !r->job.proceed) {
		answer_conflicts(r);
		count_refused(r);
		return ERR_OK;
	}
	if ((e = choose(r)) == ERR_OK && (e = call_store(c, &s)) == ERR_OK)
		e = put(r, s);
	*made = e == ERR_OK;
	if (e == ERR_FULL) {
		answer_busy(c, "queue_full",
		    "captures under way hold as much as this server keeps");
		e = ERR_OK;
	}
	if (e == ERR_EXISTS && r->faults.errors.n > bytes) {
		/* the conflicts are listed anew */
		r->faults.count = errors;
		r->faults.errors.n = bytes;
		if (bytes > 0)
			r->faults.errors.p[bytes - 1] = ']';
	}
	return e;
}

static enum err
make_job(struct request *r, bool *made)
{
	enum err e = epcis_known_read(
	    &r->known, r->import, r->c->caller.organisation, &r->c->d);

	if (e != ERR_OK)
		return e;
	r->claims = calloc(r->known.count + 1, sizeof(*r->claims));
	if (r->claims == NULL)
		return ERR_NOMEM;
	e = ERR_EXISTS;
	for (unsigned i = 0; i < TRIES && e == ERR_EXISTS; i++)
		e = try_put(r, made);
	if (e == ERR_EXISTS) {
		answer_busy(r->c, "under_way",
		    "other captures of the same events are under way");
		e = ERR_OK;
	}
	if (e == ERR_OK && *made) {
		metric_add(&r->c->api->metrics.capture_refused,
		    (long long)r->job.refused);
		epcis_jobs_wake(r->c->api->jobs);
	}
	return e;
}

/* Reads and checks the body; false when a problem was written. */
static enum err
read_body(struct request *r, bool *on)
{
	struct call *c = r->c;
	struct import_options o = {
		.now_ms = r->job.created_ms,
		.form = r->job.form == CAPTURE_EVENT ? IMPORT_EVENT
						     : IMPORT_DOCUMENT,
		.events_max = EPCIS_CAPTURE_EVENTS,
		.proceed = r->job.proceed,
	};
	enum err e = call_snapshot(c);

	*on = false;
	if (e == ERR_OK)
		e = did_web_device(&r->iss, view_host(c->api->view),
		    span_str(r->job.identity));
	if (e == ERR_OK && (o.iss = buf_text(&r->iss)) == NULL)
		e = ERR_NOMEM;
	if (e == ERR_OK)
		e = import_new(&r->import, c->req->body, &o, &c->d);
	if (e != ERR_OK)
		return e;
	if (import_too_many(r->import))
		answer_problem(c->res, 413, "too_many_events", NULL, NULL,
		    "got more events, wanted at most %d in a document",
		    EPCIS_CAPTURE_EVENTS);
	else if ((e = capture_faults_list(
		      &r->faults, r->import, c->req->body)) == ERR_OK)
		*on = !r->faults.whole &&
		      (r->faults.count == 0 || r->job.proceed);
	if (e == ERR_OK && !*on && r->faults.count > 0)
		answer_faults(r);
	if (e == ERR_OK && !*on)
		count_refused(r);
	return e;
}

/* A random UUID (RFC 9562 version 4). */
static void
new_id(char out[CAPTURE_ID_CHARS + 1])
{
	uint8_t b[16];

	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(out, CAPTURE_ID_CHARS + 1,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
}

static void
request_init(struct request *r, struct call *c, enum capture_form form)
{
	memset(r, 0, sizeof(*r));
	r->c = c;
	r->iss = buf_heap(DID_WEB_CHARS + 1);
	r->faults.errors = buf_heap(CAPTURE_ERRORS_MAX);
	r->until_ms = clock_mono_ms() + EPCIS_CAPTURE_WAIT_MS;
	r->job.form = form;
	r->job.created_ms = clock_wall_ms();
	if (c->capture_id[0] == '\0')
		new_id(c->capture_id);
	(void)snprintf(r->job.id, sizeof(r->job.id), "%s", c->capture_id);
	(void)snprintf(r->job.organisation, sizeof(r->job.organisation), "%s",
	    c->caller.organisation);
	(void)snprintf(
	    r->job.identity, sizeof(r->job.identity), "%s", identity_of(c));
}

static void
request_clear(struct request *r)
{
	import_free(r->import);
	epcis_known_clear(&r->known);
	free(r->claims);
	buf_free(&r->iss);
	buf_free(&r->faults.errors);
}

/* The dispatcher asks again when the database was lost: the job of the first
 * time may be there. */
static enum err
made_before(struct call *c, bool *there)
{
	struct capture_job j;
	struct store *s;
	enum err e;

	*there = false;
	if (c->capture_id[0] == '\0')
		return ERR_OK;
	if ((e = call_store(c, &s)) != ERR_OK)
		return e;
	e = capture_find(s, c->capture_id, &j, NULL, &c->d);
	*there = e == ERR_OK;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static void
answer_accepted(struct call *c)
{
	c->res->status = 202;
	http_header(c->res, "Location", "/epcis/capture/%s", c->capture_id);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
}

/* Authorisation and headers, then the job. *made: there is one. */
static enum err
capture(struct request *r, bool *made)
{
	bool on = false;
	enum err e = made_before(r->c, made);

	if (e != ERR_OK || *made)
		return e;
	if ((e = read_body(r, &on)) == ERR_OK && on)
		e = make_job(r, made);
	return e;
}

enum err
epcis_capture_post(struct call *c)
{
	struct request *r;
	bool made = false;
	enum err e = ERR_OK;

	if (!may_capture(c) || !media_type_ok(c) || !size_ok(c))
		return ERR_OK;
	if ((r = malloc(sizeof(*r))) == NULL)
		return ERR_NOMEM;
	request_init(r, c, CAPTURE_DOCUMENT);
	if (behaviour_ok(r))
		e = capture(r, &made);
	if (e == ERR_OK && made)
		answer_accepted(c);
	request_clear(r);
	free(r);
	return e;
}

/* ---- one event ---- */
/* 9.1: one percent-encoded segment; an identifier that a header cannot hold
 * is found through the job. */
static bool
answer_created(struct call *c, struct span id)
{
	struct buf text = buf_heap(HTTP_VALUE);
	const char *at;

	buf_str(&text, "/epcis/events/");
	percent_put(&text, id);
	at = buf_text(&text);
	if (at != NULL && text.n < HTTP_VALUE) {
		c->res->status = 201;
		http_header(c->res, "Location", "%s", at);
		http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	}
	buf_free(&text);
	return c->res->status == 201;
}

/* The event's own identifier, else the one the ledger derives (8.3). */
static enum err
answer_stored(struct request *r, int64_t index)
{
	char derived[SEARCH_EVENT_ID + 1];
	struct epcis_content content = { .id = SPAN_NONE };
	struct epcis_same *same;
	struct span id;
	enum err e = epcis_same_new(&same);

	if (e == ERR_OK)
		e = epcis_same_read(
		    &content, same, r->c->req->body, SPAN_NONE, &r->c->d);
	id = content.id;
	if (id.n == 0) {
		search_event_id(
		    derived, view_origin(r->c->api->view), (uint64_t)index, 0);
		id = span_str(derived);
	}
	if (e == ERR_OK && !answer_created(r->c, id))
		answer_accepted(r->c);
	epcis_same_free(same);
	return e;
}

static void
answer_not_stored(struct call *c)
{
	answer_busy(c, "not_stored",
	    "the event was not stored; the job at Location says why");
	http_header(c->res, "Location", "/epcis/capture/%s", c->capture_id);
}

/* 9.4: 201 with a receipt, 202 when none came in time. */
static enum err
await(struct request *r)
{
	struct call *c = r->c;
	struct capture_job j;
	struct store *s;
	enum err e;

	for (;;) {
		if ((e = call_store(c, &s)) == ERR_OK)
			e = capture_find(s, r->job.id, &j, NULL, &c->d);
		if (e != ERR_OK)
			return e;
		if (j.finished_ms != 0 || clock_mono_ms() >= r->until_ms)
			break;
		epcis_jobs_wait(c->api->jobs, POLL_MS);
	}
	if (j.finished_ms == 0)
		answer_accepted(c);
	else if (!j.success)
		answer_not_stored(c);
	else
		return answer_stored(r, j.last_index);
	return ERR_OK;
}

enum err
epcis_events_post(struct call *c)
{
	struct request *r;
	bool made = false;
	enum err e;

	if (!may_capture(c) || !media_type_ok(c) || !size_ok(c))
		return ERR_OK;
	if ((r = malloc(sizeof(*r))) == NULL)
		return ERR_NOMEM;
	request_init(r, c, CAPTURE_EVENT);
	e = capture(r, &made);
	if (e == ERR_OK && made && r->job.events > 0 &&
	    r->job.duplicates == r->job.events)
		e = answer_stored(r, -1);
	else if (e == ERR_OK && made)
		e = await(r);
	request_clear(r);
	free(r);
	return e;
}
