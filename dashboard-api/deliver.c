/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/search.h"
#include "ledger/subscription.h"

#include "epcis_body.h"
#include "epcis_document.h"
#include "epcis_print.h"
#include "webhook.h"

#include "base/banned.h"

#define TICK_MS 200
#define CALM_MS 1000 /* between tries for the lock, the database, the lag */
#define DRAIN_MS 5000
#define DUE_MOST 64
#define BODY_BYTES ((size_t)8 << 20)
#define BODY_MAX ((size_t)32 << 20)
#define SIGNATURE (12 + 2 * HASH_BYTES + 1) /* hmac-sha256=… */

/* One delivery under way, or ended and not stored yet. */
struct job {
	bool used, ended;
	char owner[QUERY_OWNER], name[EPCIS_NAME + 1], id[EPCIS_NAME + 1];
	char url[WEBHOOK_DEST + 1];
	char signature[SIGNATURE], min_record[RFC3339_CHARS + 1];
	struct buf body;
	struct subscription_place from;
	struct subscription_step step; /* when it succeeds */
	unsigned failures, batch;
	int64_t failing_ms;
	unsigned status; /* of the answer; 0 none */
	char error[SUBSCRIPTION_ERROR];
};

struct deliver {
	struct api *api;
	struct webhook *webhook;
	pthread_t thread;
	atomic_bool stop;
	struct store *store; /* NULL: to be opened */
	bool held;           /* the lock is ours */
	bool said;           /* that the database is gone */
	int64_t calm_ms;     /* monotonic: next try, next lag */
	uint64_t below;      /* entries published and searchable */
	struct job jobs[WEBHOOK_MOST];
	/* one subscription at hand */
	struct epcis_query query;
	struct json_node nodes[EPCIS_BODY_NODES];
	struct query_key keys[QUERY_LIMIT];
	size_t count;
	struct diag d;
};

int64_t
deliver_wait_ms(unsigned failures)
{
	int64_t wait = DELIVER_WAIT_LEAST_MS;

	while (--failures > 0 && failures < UINT32_MAX / 2 &&
	       wait < DELIVER_WAIT_MOST_MS)
		wait *= 2;
	return wait < DELIVER_WAIT_MOST_MS ? wait : DELIVER_WAIT_MOST_MS;
}

static struct subscription_ref
ref_of(const struct job *j)
{
	return (struct subscription_ref){ j->owner, span_str(j->name),
		span_str(j->id), j->from };
}

static void
release(struct job *j)
{
	buf_free(&j->body);
	memset(j, 0, sizeof(*j));
}

/* ---- what has ended ---- */
static void
on_done(void *handler, void *ctx, unsigned status, const char *text)
{
	struct job *j = ctx;

	(void)handler;
	j->ended = true;
	j->status = status;
	if (status != 0)
		(void)snprintf(j->error, sizeof(j->error),
		    "the receiver answered with status %u", status);
	else
		(void)snprintf(j->error, sizeof(j->error), "%s",
		    utf8_valid(span_str(text)) ? text : "no answer");
}

static void
log_suspended(const struct job *j)
{
	char quoted[400];

	log_line(LOG_WARN, "subscription_suspended",
	    "organisation=%s query=%s subscription=%s text=%s", j->owner,
	    j->name, j->id, log_quote(quoted, sizeof(quoted), j->error));
}

static enum err
store_failure(struct deliver *v, struct job *j, bool for_good)
{
	int64_t now_ms = clock_wall_ms();
	struct subscription_ref ref = ref_of(j);
	struct subscription_fault f = { .failures = j->failures + 1,
		.failing_ms = j->failing_ms != 0 ? j->failing_ms : now_ms,
		.batch = j->batch,
		.error = span_str(j->error) };

	f.next_ms = now_ms + deliver_wait_ms(f.failures);
	f.suspended = for_good || now_ms - f.failing_ms >= DELIVER_GIVE_UP_MS;
	/* a receiver that says it is too much is sent less */
	if (j->status == 413 && j->step.events > 1)
		f.batch = (unsigned)j->step.events / 2;
	metric_add(&v->api->metrics.delivery_failures, 1);
	if (f.suspended)
		log_suspended(j);
	return store_subscription_fail(v->store, &ref, &f, &v->d);
}

static enum err
store_success(struct deliver *v, struct job *j)
{
	struct subscription_ref ref = ref_of(j);

	metric_add(&v->api->metrics.deliveries, 1);
	metric_add(
	    &v->api->metrics.delivered_events, (long long)j->step.events);
	j->step.now_ms = clock_wall_ms();
	return store_subscription_advance(v->store, &ref, &j->step, &v->d);
}

/* A job stays until the database has taken what became of it. */
static enum err
settle(struct deliver *v)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; i < WEBHOOK_MOST && e == ERR_OK; i++) {
		struct job *j = &v->jobs[i];

		if (!j->used || !j->ended)
			continue;
		e = j->status >= 200 && j->status < 300
			? store_success(v, j)
			: store_failure(v, j, false);
		/* removed meanwhile */
		if (e == ERR_NOT_FOUND)
			e = ERR_OK;
		if (e == ERR_OK)
			release(j);
	}
	return e;
}

/* ---- one subscription ---- */
static struct job *
free_job(struct deliver *v)
{
	for (unsigned i = 0; i < WEBHOOK_MOST; i++) {
		if (!v->jobs[i].used)
			return &v->jobs[i];
	}
	return NULL;
}

static bool
under_way(const struct deliver *v, const struct subscription_due *due)
{
	for (unsigned i = 0; i < WEBHOOK_MOST; i++) {
		const struct job *j = &v->jobs[i];

		if (j->used && strcmp(j->owner, due->owner) == 0 &&
		    span_is(due->name, j->name) && span_is(due->id, j->id))
			return true;
	}
	return false;
}

static void
fill(struct job *j, const struct subscription_due *due)
{
	j->used = true;
	j->body = buf_heap(BODY_MAX);
	(void)snprintf(j->owner, sizeof(j->owner), "%s", due->owner);
	(void)snprintf(j->name, sizeof(j->name), "%.*s", SPAN_ARG(due->name));
	(void)snprintf(j->id, sizeof(j->id), "%.*s", SPAN_ARG(due->id));
	(void)snprintf(j->url, sizeof(j->url), "%.*s", SPAN_ARG(due->dest));
	rfc3339_print(j->min_record, due->run_ms);
	j->from = due->place;
	j->batch = due->batch;
	j->failures = (unsigned)due->failures;
	j->failing_ms = due->failing_ms;
}

/* What will never be right again. */
static enum err
suspend(struct deliver *v, struct job *j, const char *why)
{
	(void)snprintf(j->error, sizeof(j->error), "%s", why);
	return store_failure(v, j, true);
}

static bool
parse_query(struct deliver *v, struct span text)
{
	struct json_doc doc = { .nodes = v->nodes,
		.capacity = EPCIS_BODY_NODES };
	struct epcis_fault f;

	epcis_query_init(&v->query);
	return json_scan(&doc, text, JSON_OUT_DEPTH, NULL) == ERR_OK &&
	       epcis_query_json(&v->query, &doc, JSON_ROOT, &f) == ERR_OK;
}

/* The moment it fires next; -1 when the text is none of ours. */
static int64_t
next_fire(struct deliver *v, struct span text, int64_t now_ms)
{
	struct json_doc doc = { .nodes = v->nodes,
		.capacity = EPCIS_BODY_NODES };
	struct schedule_fault why;
	struct schedule when;

	if (json_scan(&doc, text, JSON_OUT_DEPTH, NULL) != ERR_OK ||
	    schedule_parse(&when, &doc, JSON_ROOT, &why) != ERR_OK)
		return -1;
	return schedule_next(&when, now_ms);
}

/* Only what the subscription's owner may see: the database holds the connection
 * to it. */
static enum err
look_as(struct deliver *v, const char *owner, char sees[STORE_SCOPE + 1])
{
	enum err e = ERR_OK;

	if (owner[0] == '*')
		(void)snprintf(sees, STORE_SCOPE + 1, "*");
	else
		e = access_did(sees, v->api->view, owner);
	v->query.sql.org = owner[0] == '*' ? SPAN_NONE : span_str(sees);
	return e == ERR_OK ? store_scope(v->store, sees, &v->d) : e;
}

static enum err
take_key(void *ctx, const struct query_key *key)
{
	struct deliver *v = ctx;

	if (v->count == QUERY_LIMIT)
		return ERR_STATE;
	v->keys[v->count++] = *key;
	return ERR_OK;
}

static enum err
find(struct deliver *v, const struct subscription_due *due, bool *more)
{
	struct query *q = &v->query.sql;

	*more = false;
	v->count = 0;
	if (v->query.nothing)
		return ERR_OK;
	q->below = v->below;
	q->order = QUERY_BY_KEY;
	q->descending = false;
	q->follows = true;
	q->after = (struct query_key){ 0, due->place.index, due->place.pos };
	q->limit = due->batch;
	return query_events(v->store, q, take_key, v, more, &v->d);
}

struct printing {
	struct epcis_printer printer;
	struct json_out o;
	struct job *job;
};

static enum err
print_event(void *ctx, const struct query_event *event)
{
	struct printing *p = ctx;
	enum err e;

	if (p->job->body.n > BODY_BYTES && p->job->step.events > 0)
		return ERR_OK;
	e = epcis_print_event(&p->printer, &p->o, event);
	if (e == ERR_OK)
		p->job->step.events++;
	return e;
}

/* ERR_UNSUPPORTED with the job's error: an identifier has no URN. */
static enum err
print(struct deliver *v, struct job *j, int format)
{
	struct printing p = { .job = j };
	enum err e = epcis_printer_init(&p.printer, (enum epc_format)format,
	    v->api->gcp, view_origin(v->api->view));

	json_out_init(&p.o, &j->body);
	epcis_document_open(&p.o, span_str(j->name));
	if (e == ERR_OK && v->count > 0)
		e = query_read(
		    v->store, v->keys, v->count, print_event, &p, &v->d);
	epcis_document_close(&p.o);
	if (e == ERR_UNSUPPORTED)
		(void)snprintf(j->error, sizeof(j->error),
		    "an identifier has no EPC URN here: the length of its "
		    "company prefix is not known");
	epcis_printer_clear(&p.printer);
	return e == ERR_OK ? buf_error(&j->body) : e;
}

/* The place behind all that has been looked at: never back, also while the
 * search tables are made anew. */
static struct subscription_place
behind_all(const struct deliver *v, const struct subscription_due *due)
{
	struct subscription_place last = { v->below - 1, SUBSCRIPTION_POS };

	return last.index < due->place.index ? due->place : last;
}

static void
plan(struct deliver *v, struct job *j, const struct subscription_due *due,
    bool more, int64_t next_ms)
{
	size_t n = j->step.events;

	more = more || n < v->count;
	j->step.to = behind_all(v, due);
	if (more && n > 0)
		j->step.to = (struct subscription_place){ v->keys[n - 1].index,
			v->keys[n - 1].pos };
	j->step.next_ms =
	    more || due->schedule.n == 0 ? clock_wall_ms() : next_ms;
	j->step.notified = true;
}

static void
sign(struct job *j, struct span secret)
{
	struct hash tag = hmac_sha256(secret, buf_span(&j->body));
	char hex[2 * HASH_BYTES + 1];

	hex_print(hex, hash_span(&tag));
	(void)snprintf(
	    j->signature, sizeof(j->signature), "hmac-sha256=%s", hex);
}

/* api.md: each look of an authority is logged. */
static enum err
log_look(
    struct deliver *v, const struct job *j, const struct subscription_due *due)
{
	struct store_access a = { .token = due->token,
		.organisation = due->owner + 1,
		.purpose = span_str("subscription") };
	char target[200];

	if (strcmp(due->role, "authority") != 0)
		return ERR_OK;
	(void)snprintf(target, sizeof(target),
	    "/epcis/queries/%s/subscriptions/%s", j->name, j->id);
	a.target = span_str(target);
	return store_access_put(v->store, &a, &v->d);
}

static enum err
post(struct deliver *v, struct job *j, const struct subscription_due *due)
{
	struct webhook_post p = { .url = j->url,
		.body = buf_span(&j->body),
		.type = "application/json",
		.min_record = j->min_record,
		.ctx = j };
	enum err e = log_look(v, j, due);

	if (e != ERR_OK)
		return e;
	if (due->secret.n > 0) {
		sign(j, due->secret);
		p.signature = j->signature;
	}
	return webhook_start(v->webhook, &p);
}

/* Nothing to tell. */
static enum err
pass(struct deliver *v, struct job *j, const struct subscription_due *due,
    int64_t next_ms)
{
	struct subscription_ref ref = ref_of(j);
	struct subscription_step step = { .to = behind_all(v, due),
		.now_ms = clock_wall_ms() };

	step.next_ms = due->schedule.n == 0 ? step.now_ms : next_ms;
	return store_subscription_advance(v->store, &ref, &step, &v->d);
}

/* *posted: the job is under way. */
static enum err
serve(struct deliver *v, struct job *j, const struct subscription_due *due,
    bool *posted)
{
	char sees[STORE_SCOPE + 1];
	int64_t next_ms = 0;
	bool more;
	enum err e;

	if (due->role[0] == '\0')
		return suspend(v, j,
		    "the token that it was made with was revoked or has "
		    "expired");
	if (due->schedule.n > 0)
		next_ms = next_fire(v, due->schedule, clock_wall_ms());
	if (next_ms < 0 || !parse_query(v, due->query))
		return suspend(
		    v, j, "this version of the server does not take the query");
	if ((e = look_as(v, due->owner, sees)) != ERR_OK ||
	    (e = find(v, due, &more)) != ERR_OK)
		return e;
	if (v->count == 0 && !due->report_if_empty)
		return pass(v, j, due, next_ms);
	e = print(v, j, due->format);
	if (e == ERR_UNSUPPORTED)
		return store_failure(v, j, false);
	if (e != ERR_OK)
		return e;
	plan(v, j, due, more, next_ms);
	e = post(v, j, due);
	*posted = e == ERR_OK;
	return e;
}

static enum err
take_due(void *ctx, const struct subscription_due *due)
{
	struct deliver *v = ctx;
	struct job *j = free_job(v);
	bool posted = false;
	enum err e;

	if (j == NULL || under_way(v, due))
		return ERR_OK;
	fill(j, due);
	e = serve(v, j, due, &posted);
	if (!posted)
		release(j);
	/* removed meanwhile */
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- the thread ---- */
static enum err
hold(struct deliver *v, bool *calm)
{
	struct store_options o = { v->api->conf->uri, v->api->conf->log,
		"countermark-api", 0 };
	int64_t now_ms = clock_mono_ms();
	enum err e = ERR_OK;

	*calm = now_ms >= v->calm_ms;
	if (*calm)
		v->calm_ms = now_ms + CALM_MS;
	if (v->held || !*calm)
		return ERR_OK;
	if (v->store == NULL)
		e = store_open(&v->store, &o, &v->d);
	if (e == ERR_OK)
		e = store_subscription_lock(v->store, &v->d);
	v->held = e == ERR_OK;
	if (v->held)
		log_line(LOG_INFO, "delivering", "log=%s", o.log);
	return e == ERR_EXISTS ? ERR_OK : e;
}

/* What may be told: published and in the search tables. */
static enum err
look(struct deliver *v, bool calm)
{
	struct snapshot *snap;
	uint64_t size, lag = 0;
	enum err e = view_take(v->api->view, v->store, &snap, &v->d);

	v->below = 0;
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e != ERR_OK)
		return e;
	v->below = snap->size;
	view_release(v->api->view, snap);
	e = search_watermark(v->store, &size, &v->d);
	if (e == ERR_OK && size < v->below)
		v->below = size;
	if (e == ERR_OK && calm && v->below > 0) {
		e = store_subscription_lag(v->store, v->below - 1, &lag, &v->d);
		metric_set(&v->api->metrics.lag, (long long)lag);
	}
	return e;
}

static enum err
turn(struct deliver *v)
{
	bool calm;
	enum err e = hold(v, &calm);

	if (e != ERR_OK || !v->held)
		return e;
	e = settle(v);
	if (e == ERR_OK)
		e = look(v, calm);
	if (e == ERR_OK && v->below > 0)
		e = store_subscriptions_due(v->store, clock_wall_ms(), v->below,
		    DUE_MOST, take_due, v, &v->d);
	return e;
}

/* The lock goes with the connection. */
static void
lose(struct deliver *v, enum err e)
{
	store_close(v->store);
	v->store = NULL;
	v->held = false;
	metric_set(&v->api->metrics.lag, 0);
	if (!v->said) {
		v->d.code = e;
		log_diag(LOG_WARN, "delivery_waits", &v->d);
	}
	v->said = true;
}

static void
finish(struct deliver *v)
{
	int64_t until_ms = clock_mono_ms() + DRAIN_MS;

	while (webhook_running(v->webhook) > 0 && clock_mono_ms() < until_ms)
		webhook_run(v->webhook, TICK_MS, on_done, v);
	if (v->held && settle(v) != ERR_OK)
		log_diag(LOG_WARN, "delivery_repeats", &v->d);
}

static void *
run(void *arg)
{
	struct deliver *v = arg;

	while (!atomic_load(&v->stop)) {
		enum err e;

		diag_clear(&v->d);
		e = turn(v);
		if (e != ERR_OK)
			lose(v, e);
		else if (v->held)
			v->said = false;
		webhook_run(v->webhook, TICK_MS, on_done, v);
	}
	finish(v);
	return NULL;
}

static void
deliver_free(struct deliver *v)
{
	webhook_free(v->webhook);
	for (unsigned i = 0; i < WEBHOOK_MOST; i++)
		buf_free(&v->jobs[i].body);
	store_close(v->store);
	free(v);
}

enum err
deliver_start(struct deliver **out, struct api *api, struct diag *d)
{
	struct webhook_options o = { api->conf->private_dest, api->conf->ca };
	struct deliver *v = calloc(1, sizeof(*v));
	enum err e;

	*out = NULL;
	if (v == NULL)
		return ERR_NOMEM;
	v->api = api;
	e = webhook_new(&v->webhook, &o, d);
	if (e == ERR_OK && pthread_create(&v->thread, NULL, run, v) != 0)
		e = diag_fail(d, ERR_LIMIT, "", "no thread for deliveries");
	if (e != ERR_OK) {
		deliver_free(v);
		return e;
	}
	*out = v;
	return ERR_OK;
}

void
deliver_stop(struct deliver *v)
{
	if (v == NULL)
		return;
	atomic_store(&v->stop, true);
	webhook_wake(v->webhook);
	(void)pthread_join(v->thread, NULL);
	deliver_free(v);
}
