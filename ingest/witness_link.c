/* SPDX-License-Identifier: Apache-2.0 */
#include "witness_link.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "http/client.h"
#include "ledger/policy.h"
#include "ledger/store.h"
#include "ledger/witness.h"

#include "base/banned.h"

#define RETRY_MS 500
#define BACKOFF_MAX_MS 30000
#define BEHIND_MS 10000 /* so long a witness may read the log first */
#define AGENT "countermark-ingest"
/* The log's own signature is on the note, too. */
#define COSIGNATURES_MAX (NOTE_SIGNATURES - 1)

/* One witness with an address. */
struct asked {
	const struct note_key *key;
	size_t number; /* in the policy */
	struct http_client *client;
	bool known;    /* size is what it said or signed last */
	uint64_t size; /* it knows of the log */
	unsigned failures;
	int64_t behind_ms; /* since when it answers 503; 0 it does not */
	int64_t not_before_ms;
	struct buf line; /* cosignature of the checkpoint at hand */
};

struct witness_link {
	struct witness_link_options o;
	struct policy *policy;
	struct asked *asked;
	size_t count;
	pthread_t thread;

	/* the thread's own, and the caller's in witness_link_check() */
	pthread_mutex_t work;
	struct store *store;
	struct store_checkpoint at; /* the checkpoint at hand */
	struct buf note;
	bool published, alarm;

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;
	bool stop, news;
	uint64_t term;
};

/* ---- one question ---- */
static void
fail(struct asked *a, struct witness_link *w, const char *what, unsigned status,
    const char *text)
{
	int64_t wait = RETRY_MS;
	char quoted[200];

	for (unsigned i = 0; i < a->failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	a->failures++;
	a->not_before_ms =
	    clock_mono_ms() + (wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS);
	metric_add(&w->o.metrics->witness_failures, 1);
	if (a->failures == 1 || a->failures % 20 == 0)
		log_line(LOG_WARN, what,
		    "witness=%s status=%u failures=%u why=%s", a->key->name,
		    status, a->failures,
		    log_quote(quoted, sizeof quoted, text));
}

/* The body's first line at most, for the log line. */
static const char *
first_line(struct buf *body)
{
	uint8_t *lf = body->n == 0 ? NULL : memchr(body->p, '\n', body->n);
	const char *text;

	if (lf != NULL)
		body->n = (size_t)(lf - body->p);
	if (body->n > 150)
		body->n = 150;
	text = buf_text(body);
	return text == NULL || !utf8_valid(span_str(text)) ? "" : text;
}

static enum err
ask(struct http_answer *answer, struct witness_link *w, struct asked *a,
    uint64_t old, struct diag *d)
{
	struct witness_request r = { .old = old, .note = buf_span(&w->note) };
	struct buf body = buf_heap(WITNESS_REQUEST_MAX);
	struct hash path[MERKLE_PATH_MAX];
	enum err e = ERR_OK;

	if (old > 0 && old < w->at.size)
		e = merkle_consistency(path, &r.count, old, w->at.size,
		    store_read_hashes, w->store, d);
	if (e == ERR_OK && r.count > WITNESS_PROOF_LINES)
		e = diag_fail(d, ERR_LIMIT, "C2SP tlog-witness", "proof");
	if (e == ERR_OK) {
		if (r.count > 0)
			memcpy(r.proof, path, r.count * sizeof path[0]);
		e = witness_request_print(&body, &r);
	}
	if (e == ERR_OK) {
		/* whether it answers is the witness's affair, not ours */
		enum err sent =
		    http_client_post(a->client, answer, "/add-checkpoint",
			"text/plain; charset=utf-8", buf_span(&body), NULL);

		answer->failed = sent;
	}
	buf_free(&body);
	return e;
}

/* The three lines that are signed. */
static struct span
text_of(const struct buf *note)
{
	struct span s = buf_span(note);
	size_t i;

	for (i = 2; i < s.n; i++)
		if (s.p[i - 1] == '\n' && s.p[i] == '\n')
			break;
	return span_of(s.p, i);
}

static void
take_line(struct witness_link *w, struct asked *a, struct http_answer *answer)
{
	struct diag d = { .code = ERR_OK };
	struct span line;

	/* never believed unseen: what is wrong would spoil the note */
	if (witness_answer_parse(&line, buf_span(&answer->body),
		text_of(&w->note), a->key, &d) != ERR_OK) {
		fail(a, w, "witness.wrong", answer->status, d.text);
		return;
	}
	buf_reset(&a->line);
	buf_put(&a->line, line);
	a->known = true;
	a->size = w->at.size;
	a->failures = 0;
	a->behind_ms = 0;
	a->not_before_ms = 0;
}

/* 409: *again with what it knows, unless that is more than there is. */
static void
take_size(struct witness_link *w, struct asked *a, struct http_answer *answer,
    uint64_t old, bool *again)
{
	struct diag d = { .code = ERR_OK };
	uint64_t size;

	if (witness_size_parse(&size, buf_span(&answer->body), &d) != ERR_OK) {
		fail(a, w, "witness.wrong", answer->status, d.text);
		return;
	}
	a->known = true;
	a->size = size;
	if (size > w->at.size || size == old) {
		log_line(LOG_ERROR, "witness.disagrees",
		    "witness=%s knows=%" PRIu64 " ours=%" PRIu64, a->key->name,
		    size, w->at.size);
		fail(a, w, "witness.refused", answer->status,
		    "it knows another tree, or a larger one");
		return;
	}
	*again = true;
}

/* 503: it reads the log first. Soon again and no failure, but not for ever: a
 * witness that cannot read the log would else be missed by nobody. */
static void
take_behind(struct witness_link *w, struct asked *a, struct buf *body)
{
	int64_t now = clock_mono_ms();

	if (a->behind_ms == 0)
		a->behind_ms = now;
	if (now - a->behind_ms >= BEHIND_MS)
		fail(a, w, "witness.behind", 503, first_line(body));
	else
		a->not_before_ms = now + RETRY_MS;
}

/* Fills a->line where the witness cosigns. */
static enum err
ask_one(struct witness_link *w, struct asked *a, struct diag *d)
{
	bool again = true;
	enum err e = ERR_OK;

	for (int i = 0; i < 2 && again && e == ERR_OK; i++) {
		struct http_answer answer = { .failed = ERR_OK };
		uint64_t old = a->known && a->size <= w->at.size ? a->size : 0;

		again = false;
		e = ask(&answer, w, a, old, d);
		if (e != ERR_OK)
			;
		else if (answer.failed != ERR_OK)
			fail(a, w, "witness.silent", 0, answer.why);
		else if (answer.status == 200)
			take_line(w, a, &answer);
		else if (answer.status == 409)
			take_size(w, a, &answer, old, &again);
		else if (answer.status == 503)
			take_behind(w, a, &answer.body);
		else
			fail(a, w, "witness.refused", answer.status,
			    first_line(&answer.body));
		http_answer_clear(&answer);
	}
	return e;
}

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
		buf_reset(&w->note);
		buf_put(&w->note, buf_span(&note));
		for (size_t i = 0; i < w->count; i++)
			buf_reset(&w->asked[i].line);
	}
	buf_free(&old);
	buf_free(&note);
	return e;
}

/* Asks those that are due: the ones that answer, or the ones that did not. */
static enum err
ask_some(struct witness_link *w, bool failing, struct diag *d)
{
	int64_t now = clock_mono_ms();
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
		struct asked *a = &w->asked[i];

		if (a->line.n == 0 && a->not_before_ms <= now &&
		    (a->failures > 0) == failing)
			e = ask_one(w, a, d);
	}
	return e;
}

/* *left_ms: when to come back for what is not done, -1 never. */
static enum err
round_once(
    struct witness_link *w, uint64_t term, int64_t *left_ms, struct diag *d)
{
	enum err e = read_newest(w, d);

	*left_ms = -1;
	if (e == ERR_NOT_FOUND || (e == ERR_OK && w->published))
		return ERR_OK;
	if (e == ERR_OK)
		e = ask_some(w, false, d);
	/* one that hangs delays no quorum that holds without it */
	if (e == ERR_OK && !quorum(w))
		e = ask_some(w, true, d);
	if (e != ERR_OK)
		return e;
	if (quorum(w)) {
		if ((e = publish(w, term, d)) == ERR_OK)
			tell(w, false);
		return e == ERR_OK ? ask_some(w, true, d) : e;
	}
	/* who has just begun to answer 503 comes up soon: no alarm yet */
	*left_ms = RETRY_MS;
	for (size_t i = 0; i < w->count; i++)
		if (w->asked[i].failures > 0)
			tell(w, true);
	if (w->alarm && w->o.open && (e = publish(w, term, d)) == ERR_OK) {
		metric_add(&w->o.metrics->unwitnessed, 1);
		*left_ms = -1;
	}
	return e;
}

/* ---- the thread ---- */
static bool
wait_work(struct witness_link *w, int64_t left_ms, uint64_t *term)
{
	struct timespec t;
	bool stop;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += left_ms / 1000;
	t.tv_nsec += (long)(left_ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	(void)pthread_mutex_lock(&w->lock);
	if (left_ms < 0)
		while (!w->stop && !w->news)
			(void)pthread_cond_wait(&w->wake, &w->lock);
	else if (!w->stop && !w->news)
		(void)pthread_cond_timedwait(&w->wake, &w->lock, &t);
	stop = w->stop;
	w->news = false;
	*term = w->term;
	(void)pthread_mutex_unlock(&w->lock);
	return !stop;
}

static void *
run(void *ctx)
{
	struct witness_link *w = ctx;
	int64_t left_ms = -1;
	uint64_t term;
	bool more = true;

	while (more) {
		struct diag d = { .code = ERR_OK };
		enum err e = ERR_OK;

		more = wait_work(w, left_ms, &term);
		if (term == 0)
			continue;
		(void)pthread_mutex_lock(&w->work);
		e = round_once(w, term, &left_ms, &d);
		if (e != ERR_OK) {
			/* a successor publishes, or the database comes back */
			log_diag(e == ERR_FENCED ? LOG_INFO : LOG_WARN,
			    "witness.waiting", &d);
			store_close(w->store);
			w->store = NULL;
			left_ms = e == ERR_FENCED ? -1 : RETRY_MS;
		}
		(void)pthread_mutex_unlock(&w->work);
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
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

/* ERR_REWIND when it knows more than size entries. */
static enum err
check_one(
    struct witness_link *w, struct asked *a, uint64_t size, struct diag *d)
{
	struct http_answer answer = { .failed = ERR_OK };
	/* As if it knew exactly what stands here: who knows another size says
	 * which, and cosigns nothing. */
	enum err e = ask(&answer, w, a, w->at.size, d);

	if (e != ERR_OK)
		;
	else if (answer.failed != ERR_OK || answer.status >= 500)
		log_line(LOG_WARN, "witness.unasked",
		    "witness=%s status=%u hint=\"starts without its word on "
		    "how far the log had come\"",
		    a->key->name, answer.status);
	else if (answer.status == 200)
		take_line(w, a, &answer);
	else if (answer.status == 409 &&
		 witness_size_parse(&a->size, buf_span(&answer.body), NULL) ==
		     ERR_OK) {
		a->known = true;
		if (a->size > size)
			e = diag_fail(d, ERR_REWIND, "formats 6.1",
			    "the log has %" PRIu64 " entries, witness %.80s "
			    "knows %" PRIu64,
			    size, a->key->name, a->size);
	}
	http_answer_clear(&answer);
	return e;
}

enum err
witness_link_check(struct witness_link *w, uint64_t size, struct diag *d)
{
	enum err e;

	(void)pthread_mutex_lock(&w->work);
	e = read_newest(w, d);
	for (size_t i = 0; e == ERR_OK && i < w->count; i++)
		e = check_one(w, &w->asked[i], size, d);
	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
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
	struct http_client_options o = { .base =
					     policy_witness_url(w->policy, i),
		.ca = w->o.ca,
		.agent = AGENT,
		.connect_ms = w->o.timeout_ms,
		.total_ms = w->o.timeout_ms,
		.answer_max = WITNESS_ANSWER_MAX };
	struct asked *a = &w->asked[w->count];
	enum err e;

	if (o.base[0] == '\0')
		return ERR_OK;
	a->key = policy_witness(w->policy, i);
	a->number = i;
	a->line = buf_heap(NOTE_MAX);
	e = http_client_new(&a->client, &o, d);
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
		http_client_free(w->asked[i].client);
		buf_free(&w->asked[i].line);
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
	(void)pthread_cond_init(&w->wake, NULL);
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
	w->stop = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	clear(w);
}
