/* SPDX-License-Identifier: Apache-2.0 */
#include "map_witness_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/wait.h"

#include "base/banned.h"

#define SAVE_EVERY_MS 60000
/* Of 20 million keys: ten seconds, every five minutes. */
#define SAVE_SHARE 30
/* Who stops it does not wait for more than these, a second's work, if a larger
 * map was saved before: what came since is read again. */
#define SAVE_LAST_KEYS 1000000

static const char clause[] = "formats 6.2";

/* An epoch entry as it was read, with the tree up to it. */
struct seen_epoch {
	struct epoch epoch;
	struct map_witness_root at;
};

void
map_witness_right(struct map_witness *m, uint64_t size, const struct hash *root)
{
	m->right[m->right_count++ % MAP_WITNESS_RECENT] =
	    (struct map_witness_root){ size, *root };
	m->size = size;
}

/* ---- reading ---- */
static enum err
take_entry(void *ctx, uint64_t index, struct span entry,
    const struct hash *leaf, struct diag *d)
{
	struct map_witness *m = ctx;
	struct seen_epoch seen;
	enum err e;

	frontier_add(&m->tree, leaf);
	buf_reset(&m->keys);
	if ((e = map_block_keys(&m->keys, &m->touch, entry)) != ERR_OK)
		return diag_fail(d, e, clause, "entry %" PRIu64, index);
	map_feed_put(&m->feed, index, leaf, buf_span(&m->keys));
	if (entry_kind(entry) == ENTRY_EPOCH) {
		if ((e = epoch_parse(&seen.epoch, entry, d)) != ERR_OK)
			return e;
		seen.at = (struct map_witness_root){ index + 1,
			frontier_root(&m->tree) };
		buf_put(&m->epochs, span_of(&seen, sizeof seen));
	}
	e = buf_error(&m->feed) == ERR_OK ? buf_error(&m->epochs)
					  : buf_error(&m->feed);
	return e == ERR_OK ? e : diag_fail(d, e, clause, "no memory");
}

/* ---- comparing: what follows is proven to be the log's ---- */
static enum err
false_epoch(const struct seen_epoch *s, const char *what, struct diag *d)
{
	return diag_fail(d, ERR_PROOF, clause,
	    "epoch %" PRIu64 ": %s is not that of its entries", s->at.size - 1,
	    what);
}

static enum err
compare_epoch(struct map_witness *m, const struct seen_epoch *s,
    struct span *feed, struct diag *d)
{
	struct hash root;
	enum err e;

	/* formats 4.5: at most its own index, never falling */
	if (s->epoch.covered > s->at.size - 1 || s->epoch.covered < m->covered)
		return false_epoch(s, "covered size", d);
	e = map_feed_take(m->map, feed, s->epoch.covered);
	if (e != ERR_OK)
		return diag_fail(d, e, clause, "map: %s", err_name(e));
	m->covered = s->epoch.covered;
	root = map_root(m->map);
	if (!hash_equal(&root, &s->epoch.map_root))
		return false_epoch(s, "map root", d);
	if (map_keys(m->map) != s->epoch.keys)
		return false_epoch(s, "number of keys", d);
	return ERR_OK;
}

static enum err
compare_all(struct map_witness *m, struct diag *d)
{
	struct span feed = buf_span(&m->feed);
	struct seen_epoch s;
	enum err e = ERR_OK;

	for (size_t at = 0; e == ERR_OK && at < m->epochs.n; at += sizeof s) {
		memcpy(&s, m->epochs.p + at, sizeof s);
		e = compare_epoch(m, &s, &feed, d);
		if (e != ERR_OK)
			break;
		(void)pthread_mutex_lock(&m->lock);
		map_witness_right(m, s.at.size, &s.at.root);
		(void)pthread_mutex_unlock(&m->lock);
	}
	if (feed.n > 0)
		memmove(m->feed.p, feed.p, feed.n);
	m->feed.n = feed.n;
	return e;
}

/* ---- the thread ---- */
static enum err
replay(struct map_witness *m, struct span note, struct diag *d)
{
	const struct follow_taker taker = { .entry = take_entry, .ctx = m };
	const struct frontier before = m->tree;
	const size_t fed = m->feed.n;
	enum err e = follow_given(m->follow, note, d);

	buf_reset(&m->epochs);
	if (e == ERR_OK)
		e = follow_entries(m->follow, &taker, d);
	if (e != ERR_OK) {
		/* not proven: as if it had not been read */
		m->tree = before;
		m->feed.n = fed;
		m->feed.failed = ERR_OK;
		return e;
	}
	return compare_all(m, d);
}

/* Of the failures these are the log's own word against itself. */
static bool
log_is_wrong(const struct map_witness *m)
{
	enum follow_fault f = follow_faulted(m->follow);

	return f == FOLLOW_SPLIT_VIEW || f == FOLLOW_REWIND ||
	       f == FOLLOW_BAD_NOTE;
}

static void
conclude(struct map_witness *m, const struct map_witness_root *asked,
    enum err e, const struct diag *why)
{
	bool read = follow_faulted(m->follow) == FOLLOW_NONE;

	(void)pthread_mutex_lock(&m->lock);
	m->ended = *asked;
	m->why = e == ERR_OK ? (struct diag){ .code = ERR_OK } : *why;
	m->why.code = e;
	if (e == ERR_PROOF && read)
		m->broken = true;
	if (e != ERR_OK && !read && log_is_wrong(m))
		m->wrong = *asked;
	(void)pthread_cond_broadcast(&m->done);
	(void)pthread_mutex_unlock(&m->lock);
}

/* Does the file stand for something it can go on from? */
static bool
may_save(const struct map_witness *m)
{
	return !m->broken && m->size != 0 && m->size == m->tree.size;
}

static void
save_now_and_then(struct map_witness *m)
{
	int64_t now = clock_mono_ms(), took;

	if (map_witness_saved(m, &took))
		m->save_ms =
		    clock_again_ms(now - took, now, SAVE_EVERY_MS, SAVE_SHARE);
	if (m->saver == NULL && now >= m->save_ms && may_save(m))
		map_witness_save(m);
}

static void
save_last(struct map_witness *m)
{
	bool large = map_keys(m->map) > SAVE_LAST_KEYS;

	if (large && m->saver != NULL && !m->kept) {
		map_witness_save_join(m);
		return;
	}
	map_witness_save_cancel(m);
	if (!may_save(m) || (large && m->kept))
		return;
	map_witness_save(m);
	map_witness_save_join(m);
}

static void *
run(void *ctx)
{
	struct map_witness *m = ctx;

	for (;;) {
		struct diag d = { .code = ERR_OK };
		struct buf note = buf_heap(NOTE_MAX);
		struct map_witness_root asked;
		enum err e;

		(void)pthread_mutex_lock(&m->lock);
		while (!m->stop && m->wanted.n == 0)
			(void)pthread_cond_wait(&m->wake, &m->lock);
		buf_put(&note, buf_span(&m->wanted));
		buf_reset(&m->wanted);
		asked = m->asked;
		bool stop = m->stop;
		(void)pthread_mutex_unlock(&m->lock);
		if (!stop) {
			e = replay(m, buf_span(&note), &d);
			conclude(m, &asked, e, &d);
			save_now_and_then(m);
		}
		buf_free(&note);
		if (stop) {
			save_last(m);
			return NULL;
		}
	}
}

/* ---- questions ---- */
static bool
same(const struct map_witness_root *r, const struct checkpoint *c)
{
	return r->size == c->size && hash_equal(&r->root, &c->root);
}

static unsigned
no_epoch(const struct checkpoint *c, struct diag *d)
{
	(void)diag_fail(d, ERR_PROOF, clause,
	    "size %" PRIu64
	    ": no epoch ends there, or the entries make another root",
	    c->size);
	return 422;
}

/* 0: not known yet. */
static unsigned
known(struct map_witness *m, const struct checkpoint *c, struct diag *d)
{
	if (m->broken) {
		*d = m->why;
		return 422;
	}
	for (size_t i = 0; i < MAP_WITNESS_RECENT && i < m->right_count; i++) {
		if (same(&m->right[i], c))
			return 200;
	}
	if (c->size <= m->size)
		return no_epoch(c, d);
	if (same(&m->wrong, c)) {
		*d = m->why;
		return 422;
	}
	return 0;
}

/* Of a checkpoint that is not known when the time is over, or its reading. */
static unsigned
unknown(struct map_witness *m, const struct checkpoint *c, struct diag *d)
{
	bool ended = same(&m->ended, c);

	if (ended && m->why.code == ERR_OK)
		return no_epoch(c, d); /* formats 4.5 */
	if (ended)
		*d = m->why;
	else
		(void)diag_fail(d, ERR_TIMEOUT, clause,
		    "%" PRIu64 " of %" PRIu64 " entries are read", m->size,
		    c->size);
	return 503;
}

unsigned
map_witness_judge(
    void *ctx, struct span note, const struct checkpoint *c, struct diag *d)
{
	struct map_witness *m = ctx;
	struct timespec until;
	unsigned status;

	until = wait_end(INT64_C(1000) * m->wait_ms);
	(void)pthread_mutex_lock(&m->lock);
	status = known(m, c, d);
	if (status == 0) {
		buf_reset(&m->wanted);
		buf_put(&m->wanted, note);
		m->asked = (struct map_witness_root){ c->size, c->root };
		m->ended = (struct map_witness_root){ .size = 0 };
		(void)pthread_cond_signal(&m->wake);
		/* the run under way may be for an older note */
		while (status == 0 && !m->stop && !same(&m->ended, c) &&
		       pthread_cond_timedwait(&m->done, &m->lock, &until) == 0)
			status = known(m, c, d);
		if (status == 0)
			status = unknown(m, c, d);
	}
	(void)pthread_mutex_unlock(&m->lock);
	return status;
}

uint64_t
map_witness_size(struct map_witness *m)
{
	uint64_t size;

	(void)pthread_mutex_lock(&m->lock);
	size = m->size;
	(void)pthread_mutex_unlock(&m->lock);
	return size;
}

/* ---- life ---- */
static bool
keep(char *out, size_t cap, const char *text)
{
	return snprintf(out, cap, "%s", text == NULL ? "" : text) < (int)cap;
}

static enum err
empty(struct map_witness *m, struct diag *d)
{
	map_free(m->map);
	m->map = NULL;
	buf_reset(&m->feed);
	frontier_init(&m->tree);
	m->covered = 0;
	return map_new(&m->map) == ERR_OK
		   ? ERR_OK
		   : diag_fail(d, ERR_NOMEM, "", "map witness");
}

static enum err
start(struct map_witness *m, bool *fresh, struct diag *d)
{
	struct follow_state state;
	struct follow_options o = { .url = m->url,
		.token = m->token[0] == '\0' ? NULL : m->token,
		.ca = m->ca[0] == '\0' ? NULL : m->ca,
		.agent = m->agent,
		.policy = m->policy };
	enum err e = empty(m, d);

	if (e != ERR_OK || (e = touch_init(&m->touch)) != ERR_OK)
		return e;
	e = map_witness_load(m, &state, d);
	*fresh = e != ERR_OK;
	m->kept = e == ERR_OK;
	if (e == ERR_OK)
		o.from = &state;
	else if (e == ERR_NOMEM || (e = empty(m, d)) != ERR_OK)
		return e;
	if ((e = follow_new(&m->follow, &o, d)) != ERR_OK)
		return e;
	if (pthread_create(&m->thread, NULL, run, m) != 0)
		return diag_fail(d, ERR_NOMEM, "", "no thread");
	m->started = true;
	return ERR_OK;
}

enum err
map_witness_new(struct map_witness **out, bool *fresh,
    const struct map_witness_options *o, struct diag *d)
{
	struct map_witness *m = calloc(1, sizeof *m);
	enum err e = ERR_OK;

	*out = NULL;
	if (m == NULL)
		return diag_fail(d, ERR_NOMEM, "", "map witness");
	(void)pthread_mutex_init(&m->lock, NULL);
	(void)pthread_cond_init(&m->wake, NULL);
	wait_init(&m->done);
	m->policy = o->policy;
	m->agent = o->agent;
	m->wait_ms = o->wait_ms;
	m->feed = buf_heap(MAP_WITNESS_FEED);
	m->keys = buf_heap(MAP_WITNESS_FEED);
	m->epochs = buf_heap(MAP_WITNESS_FEED);
	m->wanted = buf_heap(NOTE_MAX);
	if (!keep(m->url, sizeof m->url, o->url) ||
	    !keep(m->token, sizeof m->token, o->token) ||
	    !keep(m->ca, sizeof m->ca, o->ca) ||
	    !keep(m->state, sizeof m->state, o->state))
		e = diag_fail(
		    d, ERR_CONFIG, "", "--replay: wanted shorter texts");
	if (e == ERR_OK)
		e = start(m, fresh, d);
	if (e != ERR_OK) {
		map_witness_free(m);
		return e;
	}
	*out = m;
	return ERR_OK;
}

void
map_witness_free(struct map_witness *m)
{
	if (m == NULL)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->stop = true;
	(void)pthread_cond_broadcast(&m->wake);
	(void)pthread_cond_broadcast(&m->done);
	(void)pthread_mutex_unlock(&m->lock);
	if (m->started) {
		follow_stop(m->follow);
		(void)pthread_join(m->thread, NULL);
	}
	follow_free(m->follow);
	map_free(m->map);
	touch_clear(&m->touch);
	buf_free(&m->feed);
	buf_free(&m->keys);
	buf_free(&m->epochs);
	buf_free(&m->wanted);
	secret_wipe(m->token, sizeof m->token);
	(void)pthread_cond_destroy(&m->done);
	(void)pthread_cond_destroy(&m->wake);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}
