/* SPDX-License-Identifier: Apache-2.0 */
#include "mapper.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"
#include "ledger/map_block.h"
#include "ledger/map_store.h"
#include "ledger/store.h"

#include "base/banned.h"

#define WAITING_MAX ((size_t)8 << 20) /* handed over and not taken */
#define PUT_MAX ((size_t)256 << 20)   /* of one batch */
#define STEP 16384                    /* entries read without a look around */
#define NEAR_MS 25      /* so long an answer waits for all that was asked */
#define HASH_EVERY 4096 /* entries taken between two hashings */
#define REOPEN_MS 300

/* Entries first … end - 1 of a committed batch. */
struct chunk {
	struct chunk *next;
	uint64_t first, end;
	struct buf feed; /* those with keys */
};

struct mapper {
	struct mapper_options o;
	pthread_t thread;
	/* the sequencer's: the batch in the making */
	struct buf filling;
	uint64_t given; /* size at the last mapper_give() or _check() */
	/* the thread's */
	struct map *map;
	uint64_t at;         /* it holds the entries below */
	uint64_t hashed_at;  /* as of the last root */
	struct store *store; /* NULL while closed */
	struct diag d;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t work, done;
	bool stop;
	struct chunk *first, **last;
	size_t waiting; /* bytes of them */
	uint64_t goal;  /* committed entries that it should hold */
	bool checking;
	struct epoch check;
	uint64_t check_size;
	bool asked;
	uint64_t asked_size;
	int64_t asked_ms;
	struct mapper_state state;
	enum err failed;
	struct diag why;
};

/* ---- memory ---- */
static void
chunk_free(struct chunk *c)
{
	if (c == NULL)
		return;
	buf_free(&c->feed);
	free(c);
}

/* Under the lock. */
static void
forget_chunks(struct mapper *m)
{
	while (m->first != NULL) {
		struct chunk *c = m->first;

		m->first = c->next;
		chunk_free(c);
	}
	m->last = &m->first;
	m->waiting = 0;
}

static struct chunk *
pop_chunk(struct mapper *m)
{
	struct chunk *c = m->first;

	m->first = c->next;
	if (m->first == NULL)
		m->last = &m->first;
	m->waiting -= c->feed.n;
	return c;
}

/* ---- the thread: map and database ---- */
static enum err
fresh_map(struct mapper *m)
{
	map_free(m->map);
	m->map = NULL;
	m->at = m->hashed_at = 0;
	return map_new(&m->map);
}

static bool
passing(enum err e)
{
	return e == ERR_DB || e == ERR_TIMEOUT || e == ERR_IO || e == ERR_NET;
}

static void
measure(struct mapper *m)
{
	metric_set(&m->o.metrics->map_keys, (long long)map_keys(m->map));
	metric_set(&m->o.metrics->map_bytes, (long long)map_bytes(m->map));
}

/* Reads on to `to`, or a step of the way. */
static enum err
read_on(struct mapper *m, uint64_t to)
{
	const struct store_options o = { .conninfo = m->o.database,
		.log = m->o.log,
		.program = "countermark-ingest-map" };
	uint64_t next = m->at + STEP < to ? m->at + STEP : to;
	enum err e = ERR_OK;

	diag_clear(&m->d);
	if (m->store == NULL)
		e = store_open(&m->store, &o, &m->d);
	/* from nothing a snapshot may lead all the way */
	if (e == ERR_OK && m->at == 0)
		e = map_store_load(m->map, &m->at, m->store, to, &m->d);
	else if (e == ERR_OK)
		e = map_store_follow(m->map, &m->at, m->store, next, &m->d);
	if (e == ERR_OK && m->at == 0)
		e = map_store_follow(m->map, &m->at, m->store, next, &m->d);
	measure(m);
	if (e == ERR_OK || !passing(e))
		return e;
	log_diag(LOG_WARN, "map.waiting", &m->d);
	store_close(m->store);
	m->store = NULL;
	if (m->at == 0 && fresh_map(m) != ERR_OK)
		return ERR_NOMEM;
	return e;
}

/* Under the lock: an answer, a state or a failure is there. */
static void
tell(struct mapper *m)
{
	pthread_cond_broadcast(&m->done);
	queue_wake(m->o.queue);
}

static void
fail(struct mapper *m, enum err e)
{
	pthread_mutex_lock(&m->lock);
	m->failed = e;
	m->why = m->d;
	if (e == ERR_NOMEM)
		(void)diag_fail(&m->why, e, "", "map: no memory for it");
	tell(m);
	pthread_mutex_unlock(&m->lock);
}

/* A finished state; answers what was asked if it is near enough. */
static void
finish(struct mapper *m)
{
	struct mapper_state s = { .covered = m->at,
		.root = map_root(m->map),
		.keys = map_keys(m->map) };

	m->hashed_at = m->at;
	measure(m);
	pthread_mutex_lock(&m->lock);
	m->state = s;
	if (m->asked && (m->at >= m->asked_size ||
			    clock_mono_ms() - m->asked_ms >= NEAR_MS)) {
		m->asked = false;
		tell(m);
	}
	pthread_mutex_unlock(&m->lock);
}

/* ---- the thread: what is next ---- */
enum job { JOB_WAIT, JOB_CHECK, JOB_FINISH, JOB_CHUNK, JOB_READ, JOB_STOP };

/* Under the lock. A chunk that fits is taken out; *to for JOB_READ. */
static enum job
next_job(struct mapper *m, struct chunk **chunk, uint64_t *to)
{
	if (m->stop)
		return JOB_STOP;
	if (m->failed != ERR_OK)
		return JOB_WAIT;
	if (m->checking)
		return JOB_CHECK;
	if (m->asked && (m->at >= m->asked_size ||
			    clock_mono_ms() - m->asked_ms >= NEAR_MS))
		return JOB_FINISH;
	while (m->first != NULL && m->first->first < m->at)
		chunk_free(pop_chunk(m));
	if (m->first != NULL && m->first->first == m->at) {
		*chunk = pop_chunk(m);
		return JOB_CHUNK;
	}
	*to = m->first != NULL ? m->first->first : m->goal;
	return m->at < *to ? JOB_READ : JOB_WAIT;
}

static enum err
take_chunk(struct mapper *m, struct chunk *c)
{
	struct span rest = buf_span(&c->feed);
	enum err e = map_feed_take(m->map, &rest, c->end);

	if (e == ERR_OK)
		m->at = c->end;
	else
		(void)diag_fail(&m->d, e, "",
		    "map: entries %" PRIu64 " to %" PRIu64 ": not taken",
		    c->first, c->end - 1);
	chunk_free(c);
	measure(m);
	/* most of the hashing before anybody waits for it */
	if (e == ERR_OK && m->at - m->hashed_at >= HASH_EVERY)
		finish(m);
	return e;
}

/* One step towards the epoch; its end is told. */
static enum err
check(struct mapper *m)
{
	struct epoch epoch;
	uint64_t size;
	enum err e = ERR_OK;

	pthread_mutex_lock(&m->lock);
	epoch = m->check;
	size = m->check_size;
	pthread_mutex_unlock(&m->lock);
	/* the log is an older one: restored, or another under this name */
	if (m->at > size && fresh_map(m) != ERR_OK)
		return ERR_NOMEM;
	if (m->at < epoch.covered)
		e = read_on(m, epoch.covered);
	if (e != ERR_OK || m->at < epoch.covered)
		return e;
	diag_clear(&m->d);
	if (m->at == epoch.covered)
		e = map_store_compare(m->map, &epoch, &m->d);
	if (e != ERR_OK)
		return e;
	finish(m);
	pthread_mutex_lock(&m->lock);
	/* unless it was asked for another meanwhile */
	if (m->check.covered == epoch.covered && m->check_size == size)
		m->checking = false;
	tell(m);
	pthread_mutex_unlock(&m->lock);
	return ERR_OK;
}

static void
wait_until(struct mapper *m, pthread_cond_t *c, int64_t ms)
{
	struct timespec t = wait_end(ms * 1000);

	pthread_cond_timedwait(c, &m->lock, &t);
}

/* What went wrong passes by itself, or ends it. */
static void
take_failure(struct mapper *m, enum err e)
{
	int64_t left, until = clock_mono_ms() + REOPEN_MS;

	if (!passing(e)) {
		fail(m, e);
		return;
	}
	pthread_mutex_lock(&m->lock);
	/* each batch signals: not a connection for each of them */
	while (!m->stop && (left = until - clock_mono_ms()) > 0)
		wait_until(m, &m->work, left);
	pthread_mutex_unlock(&m->lock);
}

static void *
run(void *ctx)
{
	struct mapper *m = ctx;
	enum job job;

	do {
		struct chunk *chunk = NULL;
		uint64_t to = 0;
		enum err e = ERR_OK;

		pthread_mutex_lock(&m->lock);
		while ((job = next_job(m, &chunk, &to)) == JOB_WAIT)
			pthread_cond_wait(&m->work, &m->lock);
		pthread_mutex_unlock(&m->lock);
		if (job == JOB_CHECK)
			e = check(m);
		else if (job == JOB_FINISH)
			finish(m);
		else if (job == JOB_CHUNK)
			e = take_chunk(m, chunk);
		else if (job == JOB_READ)
			e = read_on(m, to);
		if (e != ERR_OK)
			take_failure(m, e);
	} while (job != JOB_STOP);
	return NULL;
}

/* ---- the sequencer's side ---- */
void
mapper_check(struct mapper *m, const struct epoch *e, uint64_t size)
{
	mapper_drop(m);
	m->given = size;
	pthread_mutex_lock(&m->lock);
	forget_chunks(m);
	m->check = *e;
	m->check_size = size;
	m->checking = true;
	m->asked = false;
	m->goal = e->covered;
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
}

enum err
mapper_checked(struct mapper *m, bool *done, int wait_ms, struct diag *d)
{
	enum err e;

	pthread_mutex_lock(&m->lock);
	if (m->checking && m->failed == ERR_OK && wait_ms > 0)
		wait_until(m, &m->done, wait_ms);
	*done = !m->checking;
	e = m->failed;
	if (e != ERR_OK)
		*d = m->why;
	pthread_mutex_unlock(&m->lock);
	return e;
}

void
mapper_put(
    struct mapper *m, uint64_t index, const struct hash *leaf, struct span keys)
{
	if (keys.n > 0)
		map_feed_put(&m->filling, index, leaf, keys);
}

void
mapper_drop(struct mapper *m)
{
	buf_reset(&m->filling);
}

/* The batch as a chunk of its own, NULL when it had better be read later. */
static struct chunk *
cut_chunk(struct mapper *m, uint64_t size)
{
	struct chunk *c = NULL;

	if (buf_error(&m->filling) == ERR_OK && size > m->given)
		c = malloc(sizeof *c);
	if (c == NULL) {
		mapper_drop(m);
		return NULL;
	}
	*c = (struct chunk){
		.first = m->given, .end = size, .feed = m->filling
	};
	m->filling = buf_heap(PUT_MAX);
	return c;
}

void
mapper_give(struct mapper *m, uint64_t size)
{
	struct chunk *c = cut_chunk(m, size);

	m->given = size;
	pthread_mutex_lock(&m->lock);
	m->goal = size;
	/* too far behind: the database has them all */
	if (c != NULL && m->waiting + c->feed.n > WAITING_MAX) {
		forget_chunks(m);
		chunk_free(c);
		c = NULL;
	}
	if (c != NULL) {
		*m->last = c;
		m->last = &c->next;
		m->waiting += c->feed.n;
	}
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
}

void
mapper_ask(struct mapper *m, uint64_t size)
{
	pthread_mutex_lock(&m->lock);
	m->asked = true;
	m->asked_size = m->goal = size;
	m->asked_ms = clock_mono_ms();
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
}

enum err
mapper_answer(struct mapper *m, struct mapper_state *out, bool *answered,
    int wait_ms, struct diag *d)
{
	enum err e;

	pthread_mutex_lock(&m->lock);
	if (m->asked && m->failed == ERR_OK && wait_ms > 0)
		wait_until(m, &m->done, wait_ms);
	*answered = !m->asked;
	*out = m->state;
	e = m->failed;
	if (e != ERR_OK)
		*d = m->why;
	pthread_mutex_unlock(&m->lock);
	return e;
}

/* ---- life ---- */
static void
init_sync(struct mapper *m)
{
	pthread_mutex_init(&m->lock, NULL);
	wait_init(&m->work);
	wait_init(&m->done);
}

static void
clear(struct mapper *m)
{
	store_close(m->store);
	map_free(m->map);
	forget_chunks(m);
	buf_free(&m->filling);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->work);
	pthread_cond_destroy(&m->done);
	free(m);
}

enum err
mapper_new(struct mapper **out, const struct mapper_options *o, struct diag *d)
{
	struct mapper *m = calloc(1, sizeof *m);

	*out = NULL;
	if (m == NULL)
		return diag_fail(d, ERR_NOMEM, "", "mapper");
	m->o = *o;
	m->last = &m->first;
	m->filling = buf_heap(PUT_MAX);
	m->state.root = map_empty_root();
	init_sync(m);
	if (map_new(&m->map) != ERR_OK ||
	    pthread_create(&m->thread, NULL, run, m) != 0) {
		clear(m);
		return diag_fail(d, ERR_NOMEM, "", "mapper: no thread");
	}
	*out = m;
	return ERR_OK;
}

void
mapper_free(struct mapper *m)
{
	if (m == NULL)
		return;
	pthread_mutex_lock(&m->lock);
	m->stop = true;
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	clear(m);
}
