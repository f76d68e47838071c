/* SPDX-License-Identifier: Apache-2.0 */
#include "witness_link_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/wait.h"

#include "base/banned.h"

/* A published note is never changed: a witness that the quorum can do without,
 * and that answers, may still come onto it so long. */
#define LINGER_MS 200
#define AGENT "countermark-ingest"
/* The log's own signature is on the note, too. */
#define COSIGNATURES_MAX (NOTE_SIGNATURES - 1)

/* ---- publishing ---- */
static bool
quorum(const struct witness_link *w)
{
	bool got[POLICY_WITNESSES] = { false };

	for (size_t i = 0; i < w->count; i++)
		got[w->asked[i].number] = w->asked[i].line.n > 0;
	return policy_quorum(w->policy, got);
}

static enum err
publish(struct witness_link *w, uint64_t term, struct diag *d)
{
	struct buf note = buf_heap(NOTE_MAX);
	size_t lines = 0;
	enum err e;

	buf_put(&note, buf_span(&w->note));
	for (size_t i = 0; i < w->count && lines < COSIGNATURES_MAX; i++) {
		if (w->asked[i].line.n == 0)
			continue;
		buf_put(&note, buf_span(&w->asked[i].line));
		lines++;
	}
	e = buf_error(&note);
	if (e == ERR_OK)
		e = store_put_checkpoint(
		    w->store, term, &w->at, buf_span(&note), d);
	buf_free(&note);
	w->published = e == ERR_OK;
	return e;
}

static void
tell(struct witness_link *w, bool missing)
{
	metric_set(&w->o.metrics->checkpoint_pending, missing && !w->o.open);
	if (missing && !w->alarm)
		log_line(LOG_ERROR, "witness.quorum",
		    "size=%" PRIu64 " published=%d "
		    "hint=\"too few witnesses cosign\"",
		    w->at.size, w->o.open);
	if (!missing && w->alarm)
		log_line(LOG_INFO, "witness.quorum_back", "size=%" PRIu64,
		    w->at.size);
	w->alarm = missing;
}

/* The newest pending one, its lines forgotten if it is another. */
static enum err
read_newest(struct witness_link *w, struct diag *d)
{
	struct store_options o = { .conninfo = w->o.database,
		.log = w->o.log,
		.program = "countermark-ingest" };
	struct store_checkpoint p, shown;
	struct buf note = buf_heap(NOTE_MAX), old = buf_heap(NOTE_MAX);
	enum err e = ERR_OK;

	if (w->store == NULL)
		e = store_open(&w->store, &o, d);
	if (e == ERR_OK)
		e = store_pending(w->store, &p, &note, d);
	if (e == ERR_OK && p.size != w->at.size) {
		e = store_checkpoint(w->store, &shown, &old, d);
		w->published = e == ERR_OK && shown.size >= p.size;
		if (e == ERR_NOT_FOUND)
			e = ERR_OK;
		w->at = p;
		w->quorum_ms = 0;
		buf_reset(&w->note);
		buf_put(&w->note, buf_span(&note));
		for (size_t i = 0; i < w->count; i++)
			buf_reset(&w->asked[i].line);
	}
	buf_free(&old);
	buf_free(&note);
	return e;
}

/* Is anybody asked about the checkpoint at hand? hopeful: who did not fail
 * before. */
static bool
waited_for(const struct witness_link *w, bool hopeful)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct asked *a = &w->asked[i];

		if (a->under_way && a->about == w->at.size &&
		    (!hopeful || a->failures == 0))
			return true;
	}
	return false;
}

/* Does anybody still read the log up to the checkpoint at hand? */
static bool
read_for(const struct witness_link *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct asked *a = &w->asked[i];

		if (a->behind_ms != 0 && a->about == w->at.size)
			return true;
	}
	return false;
}

static void
take_answers(struct witness_link *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct asked *a = &w->asked[i];
		struct http_answer answer;

		if (!witness_link_answer(a, &answer))
			continue;
		witness_link_take(w, a, &answer);
		http_answer_clear(&answer);
	}
}

/* Asks all that are due, at the same time. */
static enum err
ask_due(struct witness_link *w, struct diag *d)
{
	int64_t now = clock_mono_ms();
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
		struct asked *a = &w->asked[i];

		if (a->line.n == 0 && !a->under_way && a->not_before_ms <= now)
			e = witness_link_ask(w, a,
			    a->known && a->size <= w->at.size ? a->size : 0, d);
	}
	return e;
}

static enum err
publish_quorate(
    struct witness_link *w, uint64_t term, int64_t *left_ms, struct diag *d)
{
	int64_t now = clock_mono_ms();
	enum err e;

	if (w->quorum_ms == 0)
		w->quorum_ms = now;
	*left_ms = w->quorum_ms + LINGER_MS - now;
	if (*left_ms > 0 && waited_for(w, true))
		return ERR_OK;
	*left_ms = 0; /* a newer one may have come meanwhile */
	if ((e = publish(w, term, d)) == ERR_OK)
		tell(w, false);
	return e;
}

/*
 * One step; *left_ms: when to come back without news, -1 never. The checkpoint
 * at hand stays until it is published or nobody is asked about it any more or
 * reads the log for it: a slow witness would else never catch up with those
 * that follow.
 */
static enum err
step(struct witness_link *w, uint64_t term, int64_t *left_ms, struct diag *d)
{
	enum err e = ERR_OK;

	*left_ms = -1;
	take_answers(w);
	if (w->store == NULL || w->at.size == 0 || w->published ||
	    !(waited_for(w, false) || read_for(w) || quorum(w)))
		e = read_newest(w, d);
	if (e == ERR_NOT_FOUND || (e == ERR_OK && w->published))
		return ERR_OK;
	if (e == ERR_OK)
		e = ask_due(w, d);
	if (e != ERR_OK)
		return e;
	if (quorum(w))
		return publish_quorate(w, term, left_ms, d);
	*left_ms = WITNESS_LINK_RETRY_MS;
	if (waited_for(w, false))
		return ERR_OK;
	/* who has just begun to answer 503 comes up soon: no alarm yet */
	for (size_t i = 0; i < w->count; i++)
		if (w->asked[i].failures > 0)
			tell(w, true);
	if (w->alarm && w->o.open && (e = publish(w, term, d)) == ERR_OK) {
		metric_add(&w->o.metrics->unwitnessed, 1);
		*left_ms = 0;
	}
	return e;
}

/* ---- the thread ---- */
static bool
wait_work(struct witness_link *w, int64_t left_ms, uint64_t *term)
{
	struct timespec t = wait_end(left_ms < 0 ? 0 : left_ms * 1000);
	bool stop;

	(void)pthread_mutex_lock(&w->lock);
	if (left_ms < 0)
		while (!w->news)
			(void)pthread_cond_wait(&w->wake, &w->lock);
	else if (!w->news)
		(void)pthread_cond_timedwait(&w->wake, &w->lock, &t);
	stop = w->stop;
	w->news = false;
	*term = w->term;
	(void)pthread_mutex_unlock(&w->lock);
	return !stop;
}

/* true: nothing is left to wait for. */
static bool
work(struct witness_link *w, uint64_t term, int64_t *left_ms)
{
	struct diag d = { .code = ERR_OK };
	bool idle;
	enum err e;

	(void)pthread_mutex_lock(&w->work);
	e = step(w, term, left_ms, &d);
	if (e != ERR_OK) {
		/* a successor publishes, or the database comes back */
		log_diag(e == ERR_FENCED ? LOG_INFO : LOG_WARN,
		    "witness.waiting", &d);
		store_close(w->store);
		w->store = NULL;
		*left_ms = e == ERR_FENCED ? -1 : WITNESS_LINK_RETRY_MS;
	}
	idle = e != ERR_OK || w->published || !waited_for(w, false);
	(void)pthread_mutex_unlock(&w->work);
	return idle && *left_ms != 0;
}

static void *
run(void *ctx)
{
	struct witness_link *w = ctx;
	int64_t left_ms = -1;
	uint64_t term;
	bool more = true, idle = true;

	while (more || !idle) {
		more = wait_work(w, left_ms, &term);
		/* before the first submit, witness_link_check() asks */
		if (term != 0)
			idle = work(w, term, &left_ms);
	}
	return NULL;
}

void
witness_link_submit(struct witness_link *w, uint64_t term, uint64_t size)
{
	metric_set(&w->o.metrics->checkpoint_signed, (long long)size);
	(void)pthread_mutex_lock(&w->lock);
	w->term = term;
	w->news = true;
	(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

/* From a witness's thread. */
static void
answered(void *ctx)
{
	struct witness_link *w = ctx;

	(void)pthread_mutex_lock(&w->lock);
	w->answers++;
	w->news = true;
	(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

/* Until more answers came than before; their number. */
static uint64_t
wait_answers(struct witness_link *w, uint64_t before)
{
	uint64_t n;

	(void)pthread_mutex_lock(&w->lock);
	while (w->answers == before)
		(void)pthread_cond_wait(&w->wake, &w->lock);
	n = w->answers;
	(void)pthread_mutex_unlock(&w->lock);
	return n;
}

/* *done: it was asked for this check, and has answered. */
static enum err
check_one(struct witness_link *w, struct asked *a, uint64_t size, bool *asked,
    bool *done, struct diag *d)
{
	struct http_answer answer;
	enum err e = ERR_OK;

	if (witness_link_answer(a, &answer)) {
		*done = *asked;
		if (*asked)
			e = witness_link_take_check(w, a, &answer, size, d);
		else /* asked by the thread, before */
			witness_link_take(w, a, &answer);
		http_answer_clear(&answer);
	}
	if (e != ERR_OK || *asked || a->under_way)
		return e;
	*asked = true;
	/* As if it knew exactly what stands here: who knows another size says
	 * which, and cosigns nothing. */
	return witness_link_ask(w, a, w->at.size, d);
}

static enum err
check_all(struct witness_link *w, uint64_t size, struct diag *d)
{
	bool asked[POLICY_WITNESSES] = { false };
	bool done[POLICY_WITNESSES] = { false };
	uint64_t answers = wait_answers(w, UINT64_MAX);
	size_t left = w->count;
	enum err e = read_newest(w, d);

	while (e == ERR_OK && left > 0) {
		left = w->count;
		for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
			if (!done[i])
				e = check_one(w, &w->asked[i], size, &asked[i],
				    &done[i], d);
			left -= done[i];
		}
		if (e == ERR_OK && left > 0)
			answers = wait_answers(w, answers);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
witness_link_check(struct witness_link *w, uint64_t size, struct diag *d)
{
	enum err e;

	(void)pthread_mutex_lock(&w->work);
	e = check_all(w, size, d);
	if (e != ERR_OK) {
		/* the database may have gone with the connection: the caller
		 * tries again, on another */
		store_close(w->store);
		w->store = NULL;
	}
	(void)pthread_mutex_unlock(&w->work);
	return e;
}

/* ---- life ---- */
static enum err
take_witness(struct witness_link *w, size_t i, struct diag *d)
{
	const struct asker_options o = {
		.http = { .base = policy_witness_url(w->policy, i),
		    .ca = w->o.ca,
		    .agent = AGENT,
		    .connect_ms = w->o.timeout_ms,
		    .total_ms = w->o.timeout_ms,
		    .answer_max = WITNESS_ANSWER_MAX },
		.target = "/add-checkpoint",
		.type = "text/plain; charset=utf-8",
		.answered = answered,
		.ctx = w,
	};
	struct asked *a = &w->asked[w->count];
	enum err e;

	if (o.http.base[0] == '\0')
		return ERR_OK;
	a->key = policy_witness(w->policy, i);
	a->number = i;
	a->line = buf_heap(NOTE_MAX);
	a->note = buf_heap(NOTE_MAX);
	e = asker_new(&a->asker, &o, d);
	if (e == ERR_OK)
		w->count++;
	return e;
}

static enum err
read_policy(struct witness_link *w, struct diag *d)
{
	struct buf text = buf_heap(POLICY_BYTES);
	bool got[POLICY_WITNESSES] = { false };
	enum err e = file_read(&text, w->o.policy, POLICY_BYTES, d);

	if (e == ERR_OK)
		e = policy_parse(&w->policy, buf_span(&text), d);
	buf_free(&text);
	for (size_t i = 0; e == ERR_OK && i < policy_witness_count(w->policy);
	     i++)
		e = take_witness(w, i, d);
	if (e != ERR_OK)
		return e == ERR_NOMEM ? e : ERR_CONFIG;
	for (size_t i = 0; i < w->count; i++)
		got[w->asked[i].number] = true;
	if (!policy_quorum(w->policy, got))
		return diag_fail(d, ERR_CONFIG, "C2SP tlog-policy",
		    "policy: the witnesses with an address make no quorum");
	return ERR_OK;
}

static void
clear(struct witness_link *w)
{
	for (size_t i = 0; i < w->count; i++) {
		asker_free(w->asked[i].asker);
		buf_free(&w->asked[i].line);
		buf_free(&w->asked[i].note);
	}
	free(w->asked);
	store_close(w->store);
	buf_free(&w->note);
	policy_free(w->policy);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_mutex_destroy(&w->work);
	free(w);
}

enum err
witness_link_new(struct witness_link **out,
    const struct witness_link_options *o, struct diag *d)
{
	struct witness_link *w = calloc(1, sizeof *w);
	enum err e = ERR_NOMEM;

	*out = NULL;
	if (w == NULL)
		return diag_fail(d, ERR_NOMEM, "", "witness link");
	w->o = *o;
	w->note = buf_heap(NOTE_MAX);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_mutex_init(&w->work, NULL);
	wait_init(&w->wake);
	w->asked = calloc(POLICY_WITNESSES, sizeof w->asked[0]);
	if (w->asked != NULL)
		e = read_policy(w, d);
	if (e != ERR_OK || w->count == 0) {
		clear(w);
		return e;
	}
	if (pthread_create(&w->thread, NULL, run, w) != 0) {
		clear(w);
		return diag_fail(d, ERR_NOMEM, "", "no thread");
	}
	*out = w;
	return ERR_OK;
}

void
witness_link_free(struct witness_link *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = w->news = true;
	(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	clear(w);
}
