/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshotter.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"
#include "ledger/map_store.h"

#include "base/banned.h"

#define LOOK_S 2
#define REPAIR_S 30 /* after tables that give another map than the log's */
/* A map of few subjects with long lists has a small snapshot: not again at
 * once, unless there is that much to read at a start. */
#define REST_MS 30000
#define NICE 10 /* a tenth of a core beside one that is busy */
#define MUCH_BYTES ((uint64_t)16 << 20)

struct snapshotter {
	const struct store_options *o;
	struct projector_metrics *metrics;
	pthread_t thread;
	struct store *store; /* the thread's, NULL while closed */
	int64_t made_ms;     /* the thread's: when it made the last, 0 never */
	enum err told;       /* the thread's: said already */
	int pause_s;         /* the thread's: before it looks again */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	uint64_t published;
};

static enum err
look(struct snapshotter *s, uint64_t published, struct diag *d)
{
	int64_t start = clock_mono_ms();
	bool rest = s->made_ms != 0 && start - s->made_ms < REST_MS, made;
	uint64_t covered;
	enum err e = ERR_OK;

	if (s->store == NULL)
		e = store_open(&s->store, s->o, d);
	if (e == ERR_OK)
		e = map_store_snapshot(s->store, published,
		    rest ? MUCH_BYTES : 1, &covered, &made, d);
	if (e != ERR_OK)
		return e;
	metric_set(&s->metrics->snapshot_lag, (long long)(published - covered));
	if (!made)
		return ERR_OK;
	s->made_ms = clock_mono_ms();
	metric_add(&s->metrics->snapshots, 1);
	log_line(LOG_INFO, "snapshot", "covered=%" PRIu64 " ms=%lld", covered,
	    (long long)(s->made_ms - start));
	return ERR_OK;
}

/* Tried again at the next look; the projector says that the database is away,
 * and another projector's snapshot is as good. Of the rest each try takes time
 * and memory of a whole map. */
static void
recover(struct snapshotter *s, enum err e, const struct diag *d)
{
	store_close(s->store);
	s->store = NULL;
	if (e == ERR_DB || e == ERR_TIMEOUT || e == ERR_FENCED)
		return;
	s->pause_s = REPAIR_S;
	if (e == s->told)
		return;
	log_diag(LOG_ERROR, "snapshot", d);
	metric_add(&s->metrics->errors, 1);
	s->told = e;
}

/* The next size to look at, after a while; 0 at the end. */
static uint64_t
await(struct snapshotter *s)
{
	uint64_t published = 0;
	struct timespec t;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && published == 0) {
		t = wait_end((int64_t)s->pause_s * 1000000);
		while (!s->stop &&
		       pthread_cond_timedwait(&s->wake, &s->lock, &t) == 0)
			;
		published = s->published;
	}
	if (s->stop)
		published = 0;
	pthread_mutex_unlock(&s->lock);
	return published;
}

static void *
run(void *ctx)
{
	struct snapshotter *s = ctx;
	struct diag d = { 0 };
	uint64_t published;

	/* This thread alone, on Linux. A start waits a little longer for what
	 * a snapshot would have saved; a device waits now. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	while ((published = await(s)) != 0) {
		diag_clear(&d);
		s->pause_s = LOOK_S;
		enum err e = look(s, published, &d);
		if (e != ERR_OK)
			recover(s, e, &d);
		else
			s->told = ERR_OK;
	}
	store_close(s->store);
	return NULL;
}

enum err
snapshotter_new(struct snapshotter **out, const struct store_options *o,
    struct projector_metrics *metrics, struct diag *d)
{
	struct snapshotter *s = calloc(1, sizeof *s);

	*out = NULL;
	if (s == NULL)
		return diag_fail(d, ERR_NOMEM, "", "snapshotter");
	s->o = o;
	s->metrics = metrics;
	s->pause_s = LOOK_S;
	pthread_mutex_init(&s->lock, NULL);
	wait_init(&s->wake);
	if (pthread_create(&s->thread, NULL, run, s) != 0) {
		free(s);
		return diag_fail(d, ERR_NOMEM, "", "snapshotter: no thread");
	}
	*out = s;
	return ERR_OK;
}

void
snapshotter_free(struct snapshotter *s)
{
	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	free(s);
}

void
snapshotter_look(struct snapshotter *s, uint64_t published)
{
	pthread_mutex_lock(&s->lock);
	s->published = published;
	pthread_mutex_unlock(&s->lock);
}
