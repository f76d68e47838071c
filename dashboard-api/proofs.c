/* SPDX-License-Identifier: Apache-2.0 */
#include "proofs.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"
#include "ledger/map_store.h"
#include "ledger/note.h"

#include "api.h"

#include "base/banned.h"

#define LOOK_MS 250     /* between looks at the newest checkpoint */
#define AGAIN_MS 2000   /* after the database was lost */
#define REPAIR_MS 30000 /* before a map that differed is built anew */
#define HEADS 8         /* map_freeze() has so many versions at most */

struct proofs {
	struct store_options options;
	struct api_metrics *metrics;
	pthread_t thread;
	/* the thread's own */
	struct map *map;
	uint64_t at; /* the map holds the entries below */
	struct diag d;
	bool said; /* that it waits for the database */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t stopping;
	bool stop;
	struct store *store;       /* closed by the thread, cut by stop */
	struct proof_head *newest; /* holds one reference */
	enum proofs_state state;
	struct proof_head *unused[HEADS]; /* for the thread to thaw */
	unsigned unused_count;
	unsigned live; /* heads with readers, and the newest */
};

/* ---- heads ---- */
static void
head_free(struct map *m, struct proof_head *h)
{
	if (h == NULL)
		return;
	if (h->version != NULL)
		map_thaw(m, h->version);
	buf_free(&h->note);
	buf_free(&h->genesis);
	buf_free(&h->epoch);
	free(h);
}

/* Under the lock. Only the map's writer thaws. */
static void
drop(struct proofs *p, struct proof_head *h)
{
	if (h == NULL || --h->refs > 0)
		return;
	p->live--;
	p->unused[p->unused_count++] = h;
}

static void
thaw_unused(struct proofs *p)
{
	struct proof_head *old[HEADS];
	unsigned n;

	(void)pthread_mutex_lock(&p->lock);
	n = p->unused_count;
	memcpy(old, p->unused, sizeof(old));
	p->unused_count = 0;
	(void)pthread_mutex_unlock(&p->lock);
	while (n > 0)
		head_free(p->map, old[--n]);
}

enum proofs_state
proofs_take(struct proofs *p, struct proof_head **out)
{
	enum proofs_state state;

	(void)pthread_mutex_lock(&p->lock);
	state = p->state;
	*out = state == PROOFS_READY ? p->newest : NULL;
	if (*out != NULL)
		(*out)->refs++;
	(void)pthread_mutex_unlock(&p->lock);
	return state;
}

void
proofs_give(struct proofs *p, struct proof_head *head)
{
	(void)pthread_mutex_lock(&p->lock);
	drop(p, head);
	(void)pthread_mutex_unlock(&p->lock);
}

struct store_reach
proofs_reach(const struct proof_head *head, struct span subject)
{
	struct hash key = map_key(subject);
	struct map_found found;

	map_version_find(&found, head->version, &key);
	return (struct store_reach){ .covered = head->head.covered,
		.count = found.count,
		.newest = found.newest,
		.value = found.value };
}

/* newest NULL: state says why. */
static void
publish(struct proofs *p, struct proof_head *newest, enum proofs_state state)
{
	(void)pthread_mutex_lock(&p->lock);
	drop(p, p->newest);
	p->newest = newest;
	p->live += newest != NULL;
	p->state = state;
	(void)pthread_mutex_unlock(&p->lock);
}

/* ---- reading what a head is made of ---- */
static enum err
put_entry(void *ctx, uint64_t index, struct span entry)
{
	struct buf *out = ctx;

	(void)index;
	buf_put(out, entry);
	return buf_error(out);
}

static enum err
read_entry(struct proofs *p, struct buf *out, struct span *bytes,
    struct hash *path, size_t *steps, uint64_t index, uint64_t size)
{
	enum err e = store_entries(p->store, index, 1, put_entry, out, &p->d);

	*bytes = buf_span(out);
	return e == ERR_OK ? merkle_inclusion(path, steps, index, size,
				 store_read_hashes, p->store, &p->d)
			   : e;
}

static enum err
read_head(
    struct proofs *p, struct proof_head *h, const struct store_checkpoint *c)
{
	struct bundle_head *b = &h->head;
	enum err e;

	b->note = buf_span(&h->note);
	b->size = c->size;
	b->genesis_path = h->genesis_path;
	b->epoch_path = h->epoch_path;
	h->root = c->root;
	e = read_entry(p, &h->genesis, &b->genesis, h->genesis_path,
	    &b->genesis_steps, 0, c->size);
	if (e == ERR_OK)
		e = read_entry(p, &h->epoch, &b->epoch, h->epoch_path,
		    &b->epoch_steps, c->size - 1, c->size);
	return e;
}

static enum err
new_head(struct proof_head **out)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return ERR_NOMEM;
	(*out)->refs = 1;
	(*out)->note = buf_heap(NOTE_MAX);
	(*out)->genesis = buf_heap(ENTRY_MAX);
	(*out)->epoch = buf_heap(ENTRY_MAX);
	return ERR_OK;
}

/* ---- following ---- */
static void
count(struct proofs *p, const struct proof_head *h)
{
	metric_set(&p->metrics->map_entries, (long long)h->head.covered);
	metric_set(&p->metrics->map_keys, (long long)map_keys(p->map));
	metric_set(&p->metrics->map_bytes, (long long)map_bytes(p->map));
}

/* The map up to the epoch, compared with it, and a version for readers. */
static enum err
follow(struct proofs *p, struct proof_head *h)
{
	const uint64_t before = p->at;
	int64_t started_us = clock_mono_us();
	struct epoch epoch;
	enum err e = epoch_parse(&epoch, buf_span(&h->epoch), &p->d);

	if (e == ERR_OK && epoch.covered >= h->head.size)
		e = diag_fail(&p->d, ERR_STATE, "formats 4.5",
		    "the epoch covers more than is below it");
	if (e == ERR_OK)
		e = map_store_follow(
		    p->map, &p->at, p->store, epoch.covered, &p->d);
	if (e == ERR_OK)
		e = map_store_compare(p->map, &epoch, &p->d);
	if (e == ERR_OK)
		e = map_freeze(p->map, &h->version);
	if (e != ERR_OK)
		return e;
	h->head.covered = epoch.covered;
	h->epoch_ms = epoch.time_ms;
	metric_observe(&p->metrics->map_follow,
	    (double)(clock_mono_us() - started_us) / 1e6);
	if (before == 0)
		log_line(LOG_INFO, "map_followed",
		    "entries=%llu keys=%llu bytes=%zu ms=%lld",
		    (unsigned long long)epoch.covered,
		    (unsigned long long)map_keys(p->map), map_bytes(p->map),
		    (long long)(clock_mono_us() - started_us) / 1000);
	return ERR_OK;
}

/* A checkpoint that is newer than the newest head. */
static enum err
look(struct proofs *p)
{
	struct store_checkpoint c;
	struct proof_head *h;
	enum err e = new_head(&h);

	if (e != ERR_OK)
		return e;
	e = store_checkpoint(p->store, &c, &h->note, &p->d);
	if (e == ERR_NOT_FOUND ||
	    (e == ERR_OK &&
		(c.size < 2 ||
		    (p->newest != NULL && p->newest->head.size >= c.size)))) {
		e = ERR_OK;
		goto out;
	}
	if (e == ERR_OK)
		e = read_head(p, h, &c);
	if (e == ERR_OK)
		e = follow(p, h);
	if (e == ERR_OK) {
		count(p, h);
		publish(p, h, PROOFS_READY);
		return ERR_OK;
	}
out:
	head_free(p->map, h);
	/* All versions are in use still: the newest stays a while longer. */
	return e == ERR_LIMIT ? ERR_OK : e;
}

/* ---- failures ---- */
/* false when it is to stop. */
static bool
wait_ms(struct proofs *p, int ms)
{
	struct timespec until = wait_end(INT64_C(1000) * ms);
	bool stop;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->stop &&
	       pthread_cond_timedwait(&p->stopping, &p->lock, &until) == 0)
		;
	stop = p->stop;
	(void)pthread_mutex_unlock(&p->lock);
	return !stop;
}

/* false when it is to stop: who said so before could not cut this one. */
static bool
set_store(struct proofs *p, struct store *s)
{
	struct store *old;
	bool stop;

	(void)pthread_mutex_lock(&p->lock);
	old = p->store;
	p->store = s;
	stop = p->stop;
	(void)pthread_mutex_unlock(&p->lock);
	store_close(old);
	return !stop;
}

/* Waits for the last reader and begins anew; false when it is to stop. */
static bool
forget_map(struct proofs *p)
{
	bool busy = true;

	while (busy) {
		thaw_unused(p);
		(void)pthread_mutex_lock(&p->lock);
		busy = p->live > 0 || p->unused_count > 0;
		(void)pthread_mutex_unlock(&p->lock);
		if (busy && !wait_ms(p, 10))
			return false;
	}
	map_free(p->map);
	p->map = NULL;
	p->at = 0;
	return true;
}

/* What a failure asks for; false when it is to stop. */
static bool
after(struct proofs *p, enum err e)
{
	bool lost = e == ERR_DB || e == ERR_TIMEOUT;

	if (!wait_ms(p, 0))
		return false;
	p->d.code = e;
	if (lost) {
		(void)set_store(p, NULL);
		if (!p->said)
			log_diag(LOG_WARN, "map_waits", &p->d);
		p->said = true;
	} else {
		/* An alarm: the map that the database gives is not the one that
		 * was published, or cannot be had. */
		log_diag(LOG_ERROR,
		    e == ERR_PROOF ? "map_differs" : "map_failed", &p->d);
		if (e == ERR_PROOF)
			metric_add(&p->metrics->map_differences, 1);
		publish(
		    p, NULL, e == ERR_PROOF ? PROOFS_DIFFERS : PROOFS_BEHIND);
	}
	/* Half of a first stretch is good for nothing. */
	if ((!lost || p->at == 0) && !forget_map(p))
		return false;
	return wait_ms(p, lost ? AGAIN_MS : REPAIR_MS);
}

static enum err
turn(struct proofs *p)
{
	struct store *s;
	enum err e = ERR_OK;

	if (p->map == NULL)
		e = map_new(&p->map);
	if (e == ERR_OK && p->store == NULL) {
		e = store_open(&s, &p->options, &p->d);
		if (e == ERR_OK && !set_store(p, s))
			return ERR_STATE;
	}
	return e == ERR_OK ? look(p) : e;
}

static void *
run(void *arg)
{
	struct proofs *p = arg;
	bool go = true;

	while (go) {
		enum err e;

		diag_clear(&p->d);
		thaw_unused(p);
		e = turn(p);
		p->said = p->said && e != ERR_OK;
		go = e == ERR_OK ? wait_ms(p, LOOK_MS) : after(p, e);
	}
	return NULL;
}

static void
proofs_free(struct proofs *p)
{
	publish(p, NULL, PROOFS_BEHIND);
	thaw_unused(p);
	store_close(p->store);
	map_free(p->map);
	(void)pthread_cond_destroy(&p->stopping);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

enum err
proofs_start(struct proofs **out, const struct store_options *o,
    struct api_metrics *metrics, struct diag *d)
{
	struct proofs *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return ERR_NOMEM;
	p->options = *o;
	p->metrics = metrics;
	p->state = PROOFS_BEHIND;
	(void)pthread_mutex_init(&p->lock, NULL);
	wait_init(&p->stopping);
	if (pthread_create(&p->thread, NULL, run, p) != 0) {
		proofs_free(p);
		return diag_fail(d, ERR_LIMIT, "", "no thread for the map");
	}
	*out = p;
	return ERR_OK;
}

void
proofs_stop(struct proofs *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	/* A first stretch may take minutes: its connection ends it. */
	if (p->store != NULL)
		(void)shutdown(store_fd(p->store), SHUT_RDWR);
	(void)pthread_cond_signal(&p->stopping);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	proofs_free(p);
}
