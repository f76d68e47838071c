/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ledger/note.h"

#include "base/banned.h"

struct view {
	pthread_mutex_t lock; /* newest, checked_ms, refs, refreshing */
	struct snapshot *newest;
	int64_t checked_ms;
	bool refreshing;
	pthread_rwlock_t roster_lock; /* what follows */
	struct roster *roster;
	uint64_t replayed; /* entries below are in the roster */
	struct genesis genesis;
	char host[321];
	char log[321];
};

enum err
view_new(struct view **out)
{
	struct view *v = calloc(1, sizeof(*v));
	pthread_rwlockattr_t attr;

	*out = NULL;
	if (v == NULL)
		return ERR_NOMEM;
	(void)pthread_mutex_init(&v->lock, NULL);
	(void)pthread_rwlockattr_init(&attr);
	/* Readers overlap all the time: they must not starve the refresh. */
	(void)pthread_rwlockattr_setkind_np(
	    &attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	(void)pthread_rwlock_init(&v->roster_lock, &attr);
	(void)pthread_rwlockattr_destroy(&attr);
	*out = v;
	return ERR_OK;
}

static void
snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	buf_free(&s->note);
	free(s);
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	snapshot_free(v->newest);
	roster_free(v->roster);
	(void)pthread_rwlock_destroy(&v->roster_lock);
	(void)pthread_mutex_destroy(&v->lock);
	free(v);
}

struct parse_call {
	struct diag *d;
	void *out;
};

static enum err
on_genesis(void *ctx, uint64_t index, struct span entry)
{
	struct parse_call *call = ctx;

	(void)index;
	return genesis_parse(call->out, entry, call->d);
}

static enum err
on_epoch(void *ctx, uint64_t index, struct span entry)
{
	struct parse_call *call = ctx;

	(void)index;
	return epoch_parse(call->out, entry, call->d);
}

static enum err
on_registry(void *ctx, uint64_t index, struct span entry)
{
	struct view *v = ctx;
	enum err e = roster_replay(v->roster, index, entry);

	if (e == ERR_OK)
		v->replayed = index + 1;
	return e;
}

static enum err
start_roster(struct view *v, struct store *s, struct diag *d)
{
	struct parse_call call = { d, &v->genesis };
	const struct genesis *gen = &v->genesis;
	struct roster_genesis g;
	enum err e = store_entries(s, 0, 1, on_genesis, &call, d);

	if (e != ERR_OK)
		return e;
	genesis_names(&v->genesis, v->host, v->log);
	g.host = v->host;
	g.authority = gen->authority;
	g.authority_count = gen->authority_count;
	g.service = gen->service;
	e = roster_new(&v->roster, &g);
	if (e == ERR_OK)
		v->replayed = 1;
	return e;
}

static enum err
bring_up(struct view *v, struct store *s, uint64_t size, struct diag *d)
{
	enum err e = ERR_OK;

	(void)pthread_rwlock_wrlock(&v->roster_lock);
	if (v->roster == NULL)
		e = start_roster(v, s, d);
	if (e == ERR_OK && v->replayed < size) {
		e = store_registry(s, v->replayed, size, on_registry, v, d);
		if (e == ERR_OK)
			v->replayed = size;
	}
	(void)pthread_rwlock_unlock(&v->roster_lock);
	return e;
}

/* formats 4.5: every published checkpoint's size is an epoch's index + 1. */
static enum err
read_epoch(struct snapshot *snap, struct store *s, struct diag *d)
{
	struct epoch epoch;
	struct parse_call call = { d, &epoch };
	enum err e;

	if (snap->size < 2)
		return diag_fail(d, ERR_NOT_FOUND, "formats 4.5",
		    "no epoch is published yet");
	e = store_entries(s, snap->size - 1, 1, on_epoch, &call, d);
	if (e != ERR_OK)
		return e;
	snap->epoch_ms = epoch.time_ms;
	snap->covered = epoch.covered;
	return ERR_OK;
}

static enum err
read_snapshot(struct snapshot **out, struct view *v, struct store *s,
    const struct snapshot *known, struct diag *d)
{
	struct snapshot *snap = calloc(1, sizeof(*snap));
	struct store_checkpoint c;
	enum err e;

	*out = NULL;
	if (snap == NULL)
		return ERR_NOMEM;
	snap->note = buf_heap(NOTE_MAX);
	e = store_checkpoint(s, &c, &snap->note, d);
	if (e != ERR_OK)
		goto err1;
	snap->size = c.size;
	snap->root = c.root;
	snap->published_ms = c.at_ms;
	if (known != NULL && known->size == c.size) {
		snap->epoch_ms = known->epoch_ms;
		snap->covered = known->covered;
	} else {
		e = read_epoch(snap, s, d);
		if (e == ERR_OK)
			e = bring_up(v, s, snap->size, d);
		if (e != ERR_OK)
			goto err1;
	}
	*out = snap;
	return ERR_OK;
err1:
	snapshot_free(snap);
	return e;
}

static void
drop(struct snapshot *snap)
{
	if (snap != NULL && --snap->refs == 0)
		snapshot_free(snap);
}

/* Reads the ledger's checkpoint outside of the lock and puts it in place. */
static enum err
refresh(struct view *v, struct store *s, struct diag *d)
{
	struct snapshot *known = v->newest, *fresh;
	enum err e;

	v->refreshing = true;
	if (known != NULL)
		known->refs++;
	(void)pthread_mutex_unlock(&v->lock);
	e = read_snapshot(&fresh, v, s, known, d);
	(void)pthread_mutex_lock(&v->lock);
	v->refreshing = false;
	drop(known);
	if (e != ERR_OK)
		return e;
	fresh->refs = 1;
	if (v->newest != NULL && v->newest->size > fresh->size) {
		drop(fresh);
		return ERR_OK;
	}
	drop(v->newest);
	v->newest = fresh;
	v->checked_ms = clock_mono_ms();
	return ERR_OK;
}

enum err
view_take(
    struct view *v, struct store *s, struct snapshot **out, struct diag *d)
{
	enum err e = ERR_OK;
	int64_t age;

	*out = NULL;
	(void)pthread_mutex_lock(&v->lock);
	age = clock_mono_ms() - v->checked_ms;
	/* While another thread refreshes, a snapshot of twice the age will
	 * do. */
	if (v->newest == NULL || age > 2 * VIEW_FRESH_MS ||
	    (age > VIEW_FRESH_MS && !v->refreshing))
		e = refresh(v, s, d);
	if (e == ERR_OK) {
		v->newest->refs++;
		*out = v->newest;
	}
	(void)pthread_mutex_unlock(&v->lock);
	return e;
}

void
view_release(struct view *v, struct snapshot *snap)
{
	if (snap == NULL)
		return;
	(void)pthread_mutex_lock(&v->lock);
	drop(snap);
	(void)pthread_mutex_unlock(&v->lock);
}

const char *
view_origin(const struct view *v)
{
	return v->genesis.origin;
}

const char *
view_host(const struct view *v)
{
	return v->host;
}

const struct genesis *
view_genesis(const struct view *v)
{
	return &v->genesis;
}

struct roster *
view_roster(struct view *v)
{
	(void)pthread_rwlock_rdlock(&v->roster_lock);
	return v->roster;
}

void
view_unlock(struct view *v)
{
	(void)pthread_rwlock_unlock(&v->roster_lock);
}
