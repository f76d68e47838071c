/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"
#include "event/did.h"
#include "event/statement.h"
#include "ledger/handover.h"

#include "base/banned.h"

/*
 * One thread hands the statements of the jobs to the gateway and looks for
 * them in the ledger. A statement in the ledger's device_entry is one that a
 * receipt covers or will (formats 3.2: published only after COMMIT). How a job
 * survives a crash stands in ledger/DESIGN.md.
 */
#define SEND_MS 30000  /* to hand over one job */
#define DRAIN_MS 5000  /* to learn what the gateway has */
#define RETRY_MS 1000  /* after a failure that may pass */
#define BUSY_MS 20     /* between looks while jobs wait for receipts */
#define IDLE_MS 500    /* jobs may come from another server */
#define SETTLE_MS 1000 /* between clearings of claims */
#define TRIM_MS (INT64_C(3600) * 1000)
#define KEEP_MS (INT64_C(30) * 24 * 3600 * 1000)
#define HOST_MAX 320

struct epcis_jobs {
	struct store_options options;
	const char *socket;
	struct api_metrics *metrics;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t came, ended;
	bool stop;
	bool new_jobs;
	unsigned ends; /* jobs that ended, counted up */

	/* the thread's own */
	struct store *store;
	char host[HOST_MAX + 1];
	bool waiting; /* for receipts */
	bool ended_one;
	int64_t settle_at_ms, trim_at_ms; /* monotonic */
};

/* A job that is being handed over. */
struct run {
	struct epcis_jobs *jobs;
	struct capture_job job;
	struct buf errors, left_out, body, iss;
	struct import *import;
	size_t count; /* statements */
	struct hash *hashes;
	struct handover_place *places;
	size_t *order; /* those still to send */
	size_t order_count;
	size_t error_count;
	bool later; /* a refusal that may pass */
};

/* ---- the plan ---- */
static bool
bit(struct span bits, size_t i)
{
	return i / 8 < bits.n && (bits.p[i / 8] >> (i % 8) & 1) != 0;
}

enum err
epcis_jobs_plan(struct import **out, const struct capture_job *job,
    const char *iss, struct span body, struct span left_out, struct diag *d)
{
	const struct import_options o = {
		.iss = iss,
		.now_ms = job->created_ms,
		.form =
		    job->form == CAPTURE_EVENT ? IMPORT_EVENT : IMPORT_DOCUMENT,
		.events_max = EPCIS_CAPTURE_EVENTS,
		.proceed = job->proceed,
	};
	enum err e = import_new(out, body, &o, d);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < import_event_count(*out); i++) {
		if (bit(left_out, i))
			import_leave_out(*out, i);
	}
	e = import_repack(*out);
	/* It was checked before it became a job. */
	if (e == ERR_OK && (import_unusable(*out) ||
			       (!job->proceed && import_fault_count(*out) > 0)))
		e = diag_fail(d, ERR_SCHEMA, "epcis 9.4",
		    "another release took this document, this one finds "
		    "faults in it");
	if (e != ERR_OK) {
		import_free(*out);
		*out = NULL;
	}
	return e;
}

static enum err
plan(struct run *r, struct diag *d)
{
	struct buf payload = buf_heap(STATEMENT_MAX);
	const char *iss;
	enum err e =
	    did_web_device(&r->iss, r->jobs->host, span_str(r->job.identity));

	iss = e == ERR_OK ? buf_text(&r->iss) : NULL;
	if (iss == NULL)
		return e == ERR_OK ? ERR_NOMEM : e;
	e = epcis_jobs_plan(&r->import, &r->job, iss, buf_span(&r->body),
	    buf_span(&r->left_out), d);
	if (e != ERR_OK)
		return e;
	r->count = import_count(r->import);
	r->hashes = calloc(r->count + 1, sizeof(*r->hashes));
	r->places = calloc(r->count + 1, sizeof(*r->places));
	r->order = calloc(r->count + 1, sizeof(*r->order));
	if (r->hashes == NULL || r->places == NULL || r->order == NULL)
		e = ERR_NOMEM;
	for (size_t i = 0; i < r->count && e == ERR_OK; i++) {
		buf_reset(&payload);
		if ((e = import_payload(&payload, r->import, i)) == ERR_OK)
			r->hashes[i] = hash_bytes(buf_span(&payload));
	}
	buf_free(&payload);
	return e;
}

static void
run_clear(struct run *r)
{
	import_free(r->import);
	free(r->hashes);
	free(r->places);
	free(r->order);
	buf_free(&r->errors);
	buf_free(&r->left_out);
	buf_free(&r->body);
	buf_free(&r->iss);
}

static const char *
errors_text(struct buf *errors)
{
	const char *text = buf_text(errors);

	return text == NULL || text[0] == '\0' ? "[]" : text;
}

/* The statement's first event says where it stands. */
static void
add_error(struct run *r, size_t statement, unsigned status, const char *code,
    const char *clause, const char *text)
{
	char pointer[IMPORT_POINTER];
	struct capture_fault f = { .status = status,
		.code = code,
		.event = -1,
		.clause = clause,
		.text = text };

	if (r->import != NULL && statement < r->count) {
		(void)import_where(pointer, r->import, statement);
		f.pointer = pointer;
	}
	r->job.success = false;
	capture_fault_add(&r->errors, &r->error_count, &f);
}

/* ---- ends ---- */
static enum err
finish(struct run *r, struct diag *d)
{
	struct epcis_jobs *j = r->jobs;
	enum err e = capture_finish(
	    j->store, &r->job, clock_wall_ms(), errors_text(&r->errors), d);

	if (e != ERR_OK)
		return e;
	j->ended_one = true;
	(void)pthread_mutex_lock(&j->lock);
	j->ends++;
	(void)pthread_cond_broadcast(&j->ended);
	(void)pthread_mutex_unlock(&j->lock);
	return ERR_OK;
}

/* Keeps where it stands, to go on later. */
static enum err
postpone(struct run *r, const struct diag *why, struct diag *d)
{
	log_line(LOG_WARN, "capture_postponed", "job=%s text=\"%.160s\"",
	    r->job.id, why->text);
	return capture_progress(r->jobs->store, &r->job, NULL, 0,
	    clock_wall_ms() + RETRY_MS, errors_text(&r->errors), d);
}

/* ---- after a crash: what of it is in the ledger? ---- */
static enum err
on_statement(
    void *ctx, uint64_t epoch, uint64_t seq, uint64_t index, struct span entry)
{
	struct run *r = ctx;
	struct statement s;
	struct hash h;

	(void)index;
	if (statement_parse(&s, entry, NULL) != ERR_OK)
		return ERR_OK;
	h = hash_bytes(s.payload);
	for (size_t i = 0; i < r->count; i++) {
		if (r->places[i].seq != 0 || !hash_equal(&r->hashes[i], &h))
			continue;
		r->places[i].seq = seq;
		r->job.epoch = epoch;
		r->job.last_seq = seq;
		break;
	}
	return ERR_OK;
}

/* *sure: the ledger has all that the gateway ever took of it. */
static enum err
recover(struct run *r, bool *sure, struct diag *why, struct diag *d)
{
	struct handover_head head;
	enum err e = handover_drain(&head, r->jobs->socket, r->job.identity,
	    clock_mono_ms() + DRAIN_MS, why);

	/* An identity that is stopped sends nothing more: what is not there
	 * will not come. */
	*sure = e == ERR_OK || e == ERR_FORBIDDEN;
	if (!*sure)
		return ERR_OK;
	return capture_scan(r->jobs->store, r->job.identity,
	    r->job.anchor_epoch, r->job.anchor_seq, on_statement, r, d);
}

/* ---- handing over ---- */
static enum err
payload(void *ctx, size_t i, struct buf *out)
{
	struct run *r = ctx;

	return import_payload(out, r->import, r->order[i]);
}

static void
refused(void *ctx, size_t i, const char *code, const struct diag *why)
{
	struct run *r = ctx;

	/* Room comes back, and so does a disk: the rest is verdicts. */
	if (strcmp(code, err_name(ERR_FULL)) == 0 ||
	    strcmp(code, err_name(ERR_IO)) == 0 ||
	    strcmp(code, err_name(ERR_DB)) == 0) {
		r->later = true;
		return;
	}
	r->job.broken = true;
	add_error(r, r->order[i], 500, code, why->clause, why->text);
}

static void
nacked(void *ctx, size_t i, const char *code, const char *detail)
{
	(void)ctx;
	(void)i;
	(void)code;
	(void)detail; /* receipts are not waited for here */
}

/* *settled: it is known of each statement what became of it. */
static enum err
send_missing(struct run *r, bool *settled, struct diag *d)
{
	struct handover_place *places;
	struct handover_batch b = {
		.socket_path = r->jobs->socket,
		.identity = r->job.identity,
		.content_type = CONTENT_PRODUCT,
		.deadline_ms = clock_mono_ms() + SEND_MS,
		.no_wait = true,
		.ctx = r,
		.payload = payload,
		.refused = refused,
		.nacked = nacked,
	};
	enum err e;

	for (size_t i = 0; i < r->count; i++) {
		if (r->places[i].seq == 0)
			r->order[r->order_count++] = i;
	}
	*settled = true;
	if (r->order_count == 0)
		return ERR_OK;
	if ((places = calloc(r->order_count, sizeof(*places))) == NULL)
		return ERR_NOMEM;
	b.count = r->order_count;
	b.places = places;
	e = handover_batch(&b, d);
	for (size_t i = 0; i < r->order_count; i++) {
		if (places[i].seq == 0)
			continue;
		r->places[r->order[i]].seq = places[i].seq;
		metric_add(&r->jobs->metrics->capture_statements, 1);
		r->job.epoch = b.epoch;
		if (b.epoch > 0)
			r->job.last_seq = places[i].seq;
	}
	free(places);
	*settled = e == ERR_OK && !r->later;
	if (e == ERR_OK && r->later)
		(void)diag_fail(d, ERR_FULL, "", "the gateway has no room now");
	return ERR_OK;
}

/* All places are known: they are kept, and the ledger is asked from now on. */
static enum err
keep_places(struct run *r, struct diag *d)
{
	uint64_t *seqs = calloc(r->count + 1, sizeof(*seqs));
	size_t n = 0;
	enum err e;

	if (seqs == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < r->count; i++) {
		if (r->places[i].seq != 0)
			seqs[n++] = r->places[i].seq;
	}
	r->job.state = CAPTURE_HANDED;
	e = n == 0 ? finish(r, d)
		   : capture_progress(r->jobs->store, &r->job, seqs, n, 0,
			 errors_text(&r->errors), d);
	if (e == ERR_OK && n > 0)
		r->jobs->waiting = true;
	free(seqs);
	return e;
}

static enum err
hand_over(struct run *r, struct diag *d)
{
	struct diag why = { .code = ERR_OK };
	bool sure = true;
	enum err e = plan(r, d);

	if (e == ERR_SCHEMA) {
		r->job.broken = true;
		add_error(r, 0, 500, err_name(e), d->clause, d->text);
		return finish(r, d);
	}
	if (e != ERR_OK)
		return e;
	if (r->count == 0)
		return finish(r, d);
	e = r->job.state == CAPTURE_SENDING
		? recover(r, &sure, &why, d)
		: capture_begin(r->jobs->store, &r->job, d);
	if (e == ERR_OK && sure)
		e = send_missing(r, &sure, &why);
	if (e != ERR_OK)
		return e;
	return sure ? keep_places(r, d) : postpone(r, &why, d);
}

/* ERR_NOT_FOUND: none is due. */
static enum err
run_next(struct epcis_jobs *j, struct diag *d)
{
	struct run r = { .jobs = j };
	enum err e;

	r.errors = buf_heap(CAPTURE_ERRORS_MAX);
	r.left_out = buf_heap(EPCIS_CAPTURE_EVENTS);
	r.body = buf_heap(EPCIS_BODY_MAX);
	r.iss = buf_heap(DID_WEB_CHARS + 1);
	e = capture_next(j->store, clock_wall_ms(), &r.job, &r.errors,
	    &r.left_out, &r.body, d);
	if (e == ERR_OK)
		e = hand_over(&r, d);
	run_clear(&r);
	return e;
}

/* ---- receipts ---- */
struct arrived {
	size_t count;
	struct {
		char id[CAPTURE_ID_CHARS + 1];
		int64_t index;
	} job[200];
	size_t open;
};

static enum err
on_waiting(void *ctx, const char *id, int64_t index, bool passed)
{
	struct arrived *a = ctx;

	a->open++;
	if ((index < 0 && !passed) ||
	    a->count == sizeof(a->job) / sizeof(a->job[0]))
		return ERR_OK;
	(void)snprintf(
	    a->job[a->count].id, sizeof(a->job[a->count].id), "%s", id);
	a->job[a->count++].index = index;
	return ERR_OK;
}

/* formats 3.3: in the ledger without effect. */
static enum err
on_nack(void *ctx, uint64_t number, const char *code, const char *detail)
{
	struct run *r = ctx;
	char text[240];

	(void)snprintf(text, sizeof(text),
	    "statement %llu of this capture is in the ledger without effect: "
	    "%.160s",
	    (unsigned long long)number + 1, detail);
	add_error(r, SIZE_MAX, 400, code, "formats 3.3", text);
	return ERR_OK;
}

static enum err
conclude(struct epcis_jobs *j, const char *id, int64_t index, struct diag *d)
{
	struct run r = { .jobs = j };
	enum err e;

	r.errors = buf_heap(CAPTURE_ERRORS_MAX);
	e = capture_find(j->store, id, &r.job, &r.errors, d);
	if (e == ERR_OK && index < 0) {
		r.job.broken = true;
		add_error(&r, SIZE_MAX, 500, err_name(ERR_EPOCH), "formats 2.3",
		    "the identity got a new key before its statements came "
		    "into the ledger");
	}
	r.job.last_index = index;
	if (e == ERR_OK)
		e = capture_nacks(j->store, id, on_nack, &r, d);
	if (e == ERR_OK)
		e = finish(&r, d);
	run_clear(&r);
	return e;
}

static enum err
look_for_receipts(struct epcis_jobs *j, struct diag *d)
{
	struct arrived a = { .count = 0 };
	enum err e = capture_waiting(j->store, on_waiting, &a, d);

	for (size_t i = 0; i < a.count && e == ERR_OK; i++)
		e = conclude(j, a.job[i].id, a.job[i].index, d);
	j->waiting = a.open > a.count;
	return e;
}

/* ---- the thread ---- */
static enum err
tidy(struct epcis_jobs *j, struct diag *d)
{
	int64_t now = clock_mono_ms();
	uint64_t open;
	enum err e = ERR_OK;

	if (now >= j->settle_at_ms) {
		j->settle_at_ms = now + SETTLE_MS;
		e = capture_settle(j->store, d);
		if (e == ERR_OK)
			e = capture_open(j->store, &open, d);
		if (e == ERR_OK)
			metric_set(&j->metrics->capture_jobs, (long long)open);
	}
	if (e == ERR_OK && now >= j->trim_at_ms) {
		j->trim_at_ms = now + TRIM_MS;
		e = capture_trim(j->store, clock_wall_ms() - KEEP_MS, d);
	}
	return e;
}

/* Until something is to be done; false: the server stops. */
static bool
rest(struct epcis_jobs *j, int ms)
{
	struct timespec until;
	bool on;

	until = wait_end(INT64_C(1000) * ms);
	(void)pthread_mutex_lock(&j->lock);
	while (!j->stop && !j->new_jobs &&
	       pthread_cond_timedwait(&j->came, &j->lock, &until) != ETIMEDOUT)
		continue;
	j->new_jobs = false;
	on = !j->stop;
	(void)pthread_mutex_unlock(&j->lock);
	return on;
}

static bool
stopping(struct epcis_jobs *j)
{
	bool stop;

	(void)pthread_mutex_lock(&j->lock);
	stop = j->stop;
	(void)pthread_mutex_unlock(&j->lock);
	return stop;
}

/* With the lock of the log's jobs, until a failure or the stop. */
static enum err
work(struct epcis_jobs *j, struct diag *d)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && !stopping(j)) {
		enum err next = run_next(j, d);

		e = next == ERR_NOT_FOUND ? ERR_OK : next;
		if (e == ERR_OK)
			e = look_for_receipts(j, d);
		if (e == ERR_OK)
			e = tidy(j, d);
		if (e == ERR_OK && next == ERR_NOT_FOUND &&
		    !rest(j, j->waiting ? BUSY_MS : IDLE_MS))
			break;
	}
	return e;
}

static enum err
open_jobs(struct epcis_jobs *j, struct diag *d)
{
	struct store_head head;
	size_t host;
	enum err e = store_open(&j->store, &j->options, d);

	if (e == ERR_OK)
		e = store_read_head(j->store, &head, d);
	if (e != ERR_OK)
		return e;
	host = strcspn(head.origin, "/");
	(void)snprintf(
	    j->host, sizeof(j->host), "%.*s", (int)host, head.origin);
	/* Of several servers one works them off. */
	while ((e = capture_lock(j->store, d)) == ERR_EXISTS) {
		if (!rest(j, RETRY_MS))
			return e;
	}
	return e;
}

static void *
run_jobs(void *ctx)
{
	struct epcis_jobs *j = ctx;

	do {
		struct diag d = { .code = ERR_OK };
		enum err e = open_jobs(j, &d);

		if (e == ERR_OK)
			e = work(j, &d);
		store_close(j->store);
		j->store = NULL;
		metric_set(&j->metrics->capture_jobs, 0);
		if (e != ERR_OK && !stopping(j)) {
			d.code = e;
			log_diag(LOG_ERROR, "capture_jobs", &d);
		}
	} while (rest(j, RETRY_MS));
	return NULL;
}

enum err
epcis_jobs_start(struct epcis_jobs **out, const struct store_options *o,
    const char *socket, struct api_metrics *metrics, struct diag *d)
{
	struct epcis_jobs *j = calloc(1, sizeof(*j));

	*out = NULL;
	if (j == NULL)
		return diag_fail(d, ERR_NOMEM, "", "capture: out of memory");
	j->options = *o;
	j->socket = socket;
	j->metrics = metrics;
	(void)pthread_mutex_init(&j->lock, NULL);
	wait_init(&j->came);
	wait_init(&j->ended);
	if (pthread_create(&j->thread, NULL, run_jobs, j) != 0) {
		free(j);
		return diag_fail(d, ERR_NOMEM, "", "capture: no thread");
	}
	*out = j;
	return ERR_OK;
}

void
epcis_jobs_stop(struct epcis_jobs *j)
{
	if (j == NULL)
		return;
	(void)pthread_mutex_lock(&j->lock);
	j->stop = true;
	(void)pthread_cond_broadcast(&j->came);
	(void)pthread_mutex_unlock(&j->lock);
	(void)pthread_join(j->thread, NULL);
	(void)pthread_cond_destroy(&j->came);
	(void)pthread_cond_destroy(&j->ended);
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
}

void
epcis_jobs_wake(struct epcis_jobs *j)
{
	(void)pthread_mutex_lock(&j->lock);
	j->new_jobs = true;
	(void)pthread_cond_signal(&j->came);
	(void)pthread_mutex_unlock(&j->lock);
}

void
epcis_jobs_wait(struct epcis_jobs *j, int ms)
{
	struct timespec until;
	unsigned before;

	until = wait_end(INT64_C(1000) * ms);
	(void)pthread_mutex_lock(&j->lock);
	before = j->ends;
	while (j->ends == before && !j->stop &&
	       pthread_cond_timedwait(&j->ended, &j->lock, &until) != ETIMEDOUT)
		continue;
	(void)pthread_mutex_unlock(&j->lock);
}
