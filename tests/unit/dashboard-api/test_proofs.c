/* SPDX-License-Identifier: Apache-2.0 */
/* The follower of published epochs before a store that we script: what readers
 * get, how long they may hold it, and what a failure leaves them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "ledger/logtext.h"
#include "ledger/map_store.h"

#include "api.h"
#include "proofs.h"

#include "base/banned.h"

#define VERSIONS 8 /* alive at once at most (ledger/map.h) */

/* ---- the store's place ---- */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t size;  /* of the newest checkpoint; it covers half of it */
	unsigned looks; /* checkpoints asked for */
	enum err answer;
	bool differs;
	bool shut, at_gate; /* who opens waits; somebody does */
	bool stopping;      /* proofs_stop() has told the thread */
} db = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

enum err
store_open(struct store **out, const struct store_options *o, struct diag *d)
{
	static char one;

	(void)o;
	(void)d;
	pthread_mutex_lock(&db.lock);
	db.at_gate = true;
	pthread_cond_broadcast(&db.moved);
	while (db.shut && !db.stopping)
		pthread_cond_wait(&db.moved, &db.lock);
	db.at_gate = false;
	pthread_mutex_unlock(&db.lock);
	*out = (struct store *)&one;
	return ERR_OK;
}

void
store_close(struct store *s)
{
	(void)s;
}

int
store_fd(const struct store *s)
{
	(void)s;
	return -1;
}

enum err
store_checkpoint(struct store *s, struct store_checkpoint *c, struct buf *note,
    struct diag *d)
{
	enum err e;

	(void)s;
	pthread_mutex_lock(&db.lock);
	*c = (struct store_checkpoint){ .size = db.size };
	db.looks++;
	e = db.answer;
	pthread_cond_broadcast(&db.moved);
	pthread_mutex_unlock(&db.lock);
	buf_printf(note, "note %llu", (unsigned long long)c->size);
	return e == ERR_OK ? e : diag_fail(d, e, "", "no");
}

enum err
store_entries(struct store *s, uint64_t first, size_t n, store_entry_fn fn,
    void *ctx, struct diag *d)
{
	const struct epoch e = { .covered = (first + 1) / 2,
		.time_ms = 1 + (int64_t)first,
		.map_root = map_empty_root() };
	struct buf text = buf_heap(ENTRY_MAX);
	enum err failed = epoch_print(&text, &e);

	(void)s;
	(void)n;
	(void)d;
	if (failed == ERR_OK)
		failed = fn(ctx, first,
		    first == 0 ? span_str("genesis") : buf_span(&text));
	buf_free(&text);
	return failed;
}

enum err
store_read_hashes(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	(void)ctx;
	(void)level;
	(void)first;
	(void)d;
	memset(out, 0, n * sizeof *out);
	return ERR_OK;
}

/* The entry at each index touches a key of its own. */
static struct hash
key_of(uint64_t index)
{
	return hash_bytes(span_of(&index, sizeof index));
}

enum err
map_store_follow(
    struct map *m, uint64_t *at, struct store *s, uint64_t to, struct diag *d)
{
	enum err e = ERR_OK;

	(void)s;
	(void)d;
	for (; *at < to && e == ERR_OK; ++*at) {
		struct hash key = key_of(*at);

		e = map_add(m, &key, *at, &key);
	}
	return e;
}

enum err
map_store_compare(struct map *m, const struct epoch *e, struct diag *d)
{
	bool differs;

	(void)m;
	(void)e;
	pthread_mutex_lock(&db.lock);
	differs = db.differs;
	pthread_mutex_unlock(&db.lock);
	return differs ? diag_fail(d, ERR_PROOF, "formats 5.2", "another map")
		       : ERR_OK;
}

/* proofs_stop() signals once its word is there for the thread to see. */
int __wrap_pthread_cond_signal(pthread_cond_t *c);
int __real_pthread_cond_signal(pthread_cond_t *c);

int
__wrap_pthread_cond_signal(pthread_cond_t *c)
{
	pthread_mutex_lock(&db.lock);
	db.stopping = true;
	pthread_cond_broadcast(&db.moved);
	pthread_mutex_unlock(&db.lock);
	return __real_pthread_cond_signal(c);
}

static void
set_size(uint64_t size)
{
	pthread_mutex_lock(&db.lock);
	db.size = size;
	pthread_mutex_unlock(&db.lock);
}

/* So many looks later: the last but one of them has come to its end. */
static void
looks(unsigned more)
{
	pthread_mutex_lock(&db.lock);
	more += db.looks;
	while (db.looks < more)
		pthread_cond_wait(&db.moved, &db.lock);
	pthread_mutex_unlock(&db.lock);
}

/* ---- one follower a test ---- */
static const struct store_options options = { .log = "x" };
static struct api_metrics metrics;
static struct proofs *proofs;

static void
start(uint64_t size)
{
	db.size = size;
	db.looks = 0;
	db.answer = ERR_OK;
	db.differs = db.shut = db.at_gate = db.stopping = false;
	memset(&metrics, 0, sizeof metrics);
	assert_int_equal(
	    proofs_start(&proofs, &options, &metrics, NULL), ERR_OK);
}

/* A head of that size, once there is one. */
static struct proof_head *
head_of(uint64_t size)
{
	struct proof_head *h = NULL;

	for (;;) {
		if (proofs_take(proofs, &h) == PROOFS_READY) {
			if (h->head.size >= size)
				break;
			proofs_give(proofs, h);
		}
		looks(1);
	}
	assert_int_equal(h->head.size, size);
	return h;
}

/* Its version is the map of the entries below what it covers, no more. */
static void
holds(const struct proof_head *h, uint64_t size)
{
	static struct map_proof p;
	struct hash last = key_of(size / 2 - 1), next = key_of(size / 2);

	assert_int_equal(h->head.size, size);
	assert_int_equal(h->head.covered, size / 2);
	assert_int_equal(h->epoch_ms, size);
	assert_true(span_is(h->head.genesis, "genesis"));
	map_prove(&p, h->version, &last);
	assert_true(p.present);
	map_prove(&p, h->version, &next);
	assert_false(p.present);
}

static void
each_checkpoint_is_a_head(void **state)
{
	struct proof_head *h;

	(void)state;
	start(0);
	looks(2);
	assert_int_equal(proofs_take(proofs, &h), PROOFS_BEHIND);
	assert_null(h);
	set_size(10);
	h = head_of(10);
	holds(h, 10);
	assert_true(span_is(h->head.note, "note 10"));
	proofs_give(proofs, h);
	set_size(400);
	h = head_of(400);
	holds(h, 400);
	proofs_give(proofs, h);
	proofs_stop(proofs);
	assert_int_equal(metric_value(&metrics.map_entries), 200);
}

/* Readers that never end take all versions: then the newest stays, and none of
 * theirs is touched. */
static void
readers_may_hold_what_they_have(void **state)
{
	struct proof_head *held[VERSIONS], *h;

	(void)state;
	start(100);
	for (unsigned i = 0; i < VERSIONS; i++) {
		set_size(100 + 10 * i);
		held[i] = head_of(100 + 10 * i);
	}
	set_size(900);
	looks(4);
	assert_int_equal(proofs_take(proofs, &h), PROOFS_READY);
	assert_ptr_equal(h, held[VERSIONS - 1]);
	proofs_give(proofs, h);
	for (unsigned i = 0; i < VERSIONS; i++)
		holds(held[i], 100 + 10 * i);
	/* one given back, whichever, makes room */
	proofs_give(proofs, held[3]);
	h = head_of(900);
	for (unsigned i = 0; i < VERSIONS; i++) {
		if (i == 3)
			continue;
		holds(held[i], 100 + 10 * i);
		proofs_give(proofs, held[i]);
	}
	holds(h, 900);
	proofs_give(proofs, h);
	proofs_stop(proofs);
}

static void
a_lost_database_takes_nothing_away(void **state)
{
	struct proof_head *h;

	(void)state;
	start(100);
	proofs_give(proofs, head_of(100));
	pthread_mutex_lock(&db.lock);
	db.answer = ERR_DB;
	pthread_mutex_unlock(&db.lock);
	looks(2); /* the second over a new connection */
	h = head_of(100);
	holds(h, 100);
	proofs_give(proofs, h);
	proofs_stop(proofs);
	assert_int_equal(metric_value(&metrics.map_differences), 0);
}

/* Nothing is given of a map that is not the epoch's, but whoever holds an older
 * version may go on with it. */
static void
a_map_that_differs_is_not_given(void **state)
{
	struct proof_head *h, *none;
	enum proofs_state got;

	(void)state;
	start(100);
	h = head_of(100);
	pthread_mutex_lock(&db.lock);
	db.differs = true;
	db.size = 200;
	pthread_mutex_unlock(&db.lock);
	while ((got = proofs_take(proofs, &none)) == PROOFS_READY) {
		proofs_give(proofs, none);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	assert_int_equal(got, PROOFS_DIFFERS);
	assert_null(none);
	holds(h, 100);
	proofs_give(proofs, h);
	proofs_stop(proofs);
	assert_int_equal(metric_value(&metrics.map_differences), 1);
}

/* Asked to stop while it opens a connection, that nobody can cut yet, it does
 * not begin to read the log over it. */
static void
stopped_while_it_connects_it_reads_nothing(void **state)
{
	(void)state;
	db.shut = true;
	db.size = 100;
	db.looks = 0;
	db.answer = ERR_OK;
	db.differs = db.at_gate = db.stopping = false;
	assert_int_equal(
	    proofs_start(&proofs, &options, &metrics, NULL), ERR_OK);
	pthread_mutex_lock(&db.lock);
	while (!db.at_gate)
		pthread_cond_wait(&db.moved, &db.lock);
	pthread_mutex_unlock(&db.lock);
	proofs_stop(proofs);
	assert_true(db.stopping);
	assert_int_equal(db.looks, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_checkpoint_is_a_head),
		cmocka_unit_test(readers_may_hold_what_they_have),
		cmocka_unit_test(a_lost_database_takes_nothing_away),
		cmocka_unit_test(a_map_that_differs_is_not_given),
		cmocka_unit_test(stopped_while_it_connects_it_reads_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
