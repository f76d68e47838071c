/* SPDX-License-Identifier: Apache-2.0 */
/* The mapper before a database that waits, fails, is put back or says other
 * things than what was handed over. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ledger/map_block.h"
#include "ledger/map_store.h"
#include "ledger/store.h"

#include "mapper.h"

#include "base/banned.h"

#define KEYS 2              /* an entry touches */
#define WIDE 2000           /* … one that fills what waits */
#define WIDE_ENTRIES 20     /* a batch of them: 1.3 MB */
#define WIDE_BATCHES 7      /* the seventh is above 8 MiB */
#define REOPEN_MS 300       /* the mapper's own */
#define FOR_EVER UINT32_MAX /* as often as it is tried */

/* ---- the database, in the place of the store's ---- */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool shut, at_gate;  /* who comes waits; somebody does */
	unsigned fail_opens; /* ERR_DB so many times */
	unsigned fail_loads; /* … with half a snapshot in the map */
	unsigned opens;
	uint64_t read; /* entries */
	unsigned salt; /* another one: another log */
} db = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static struct hash
key_of(unsigned salt, uint64_t index, unsigned n)
{
	uint64_t parts[3] = { salt, n == 0 ? index : index % 37, n };

	return hash_bytes(span_of(parts, sizeof parts));
}

static struct hash
leaf_of(unsigned salt, uint64_t index)
{
	return key_of(salt, index, KEYS);
}

static enum err
add(struct map *map, unsigned salt, uint64_t index)
{
	struct hash leaf = leaf_of(salt, index);
	enum err e = ERR_OK;

	for (unsigned n = 0; n < KEYS && e == ERR_OK; n++) {
		struct hash key = key_of(salt, index, n);

		e = map_add(map, &key, index, &leaf);
	}
	return e;
}

/* The number of failures that are still to come goes down by one. */
static bool
fails(unsigned *n)
{
	bool now = *n > 0;

	if (now && *n != FOR_EVER)
		(*n)--;
	return now;
}

enum err
store_open(struct store **out, const struct store_options *o, struct diag *d)
{
	static char one;
	bool no;

	(void)o;
	pthread_mutex_lock(&db.lock);
	db.opens++;
	no = fails(&db.fail_opens);
	pthread_mutex_unlock(&db.lock);
	*out = no ? NULL : (struct store *)&one;
	return no ? diag_fail(d, ERR_DB, "", "no database") : ERR_OK;
}

void
store_close(struct store *s)
{
	(void)s;
}

enum err
map_store_load(
    struct map *m, uint64_t *at, struct store *s, uint64_t to, struct diag *d)
{
	enum err e = ERR_OK;
	bool no;

	(void)s;
	pthread_mutex_lock(&db.lock);
	no = fails(&db.fail_loads);
	pthread_mutex_unlock(&db.lock);
	for (uint64_t i = 0; no && e == ERR_OK && i < to / 2; i++)
		e = add(m, db.salt, i);
	*at = 0;
	if (e == ERR_OK && no)
		e = diag_fail(d, ERR_DB, "", "lost on the way");
	return e;
}

enum err
map_store_follow(
    struct map *m, uint64_t *at, struct store *s, uint64_t to, struct diag *d)
{
	enum err e = ERR_OK;

	(void)s;
	(void)d;
	pthread_mutex_lock(&db.lock);
	db.at_gate = true;
	pthread_cond_broadcast(&db.moved);
	while (db.shut)
		pthread_cond_wait(&db.moved, &db.lock);
	db.at_gate = false;
	db.read += to - *at;
	pthread_mutex_unlock(&db.lock);
	for (; *at < to && e == ERR_OK; ++*at)
		e = add(m, db.salt, *at);
	return e;
}

enum err
map_store_compare(struct map *m, const struct epoch *e, struct diag *d)
{
	struct hash root = map_root(m);

	return hash_equal(&root, &e->map_root) && map_keys(m) == e->keys
		   ? ERR_OK
		   : diag_fail(d, ERR_PROOF, "formats 5.2", "another map");
}

static void
gate(bool shut)
{
	pthread_mutex_lock(&db.lock);
	db.shut = shut;
	pthread_cond_broadcast(&db.moved);
	pthread_mutex_unlock(&db.lock);
}

static void
until_at_gate(void)
{
	pthread_mutex_lock(&db.lock);
	while (!db.at_gate)
		pthread_cond_wait(&db.moved, &db.lock);
	pthread_mutex_unlock(&db.lock);
}

static void
set(unsigned *what, unsigned v)
{
	pthread_mutex_lock(&db.lock);
	*what = v;
	pthread_mutex_unlock(&db.lock);
}

static unsigned
opens(void)
{
	unsigned n;

	pthread_mutex_lock(&db.lock);
	n = db.opens;
	pthread_mutex_unlock(&db.lock);
	return n;
}

static uint64_t
entries_read(void)
{
	uint64_t n;

	pthread_mutex_lock(&db.lock);
	n = db.read;
	pthread_mutex_unlock(&db.lock);
	return n;
}

/* ---- one mapper a test ---- */
static struct queue *queue;
static struct ingest_metrics metrics;
static struct mapper *mapper;

static int
begin(void **state)
{
	const struct mapper_options o = {
		.log = "x", .database = "", .queue = queue, .metrics = &metrics
	};

	(void)state;
	db.shut = db.at_gate = false;
	db.fail_opens = db.fail_loads = db.opens = db.salt = 0;
	db.read = 0;
	return mapper_new(&mapper, &o, NULL) == ERR_OK ? 0 : 1;
}

static int
end(void **state)
{
	(void)state;
	gate(false);
	mapper_free(mapper);
	return 0;
}

/* What the map over the entries below size must be. */
static struct mapper_state
wanted(unsigned salt, uint64_t size)
{
	struct mapper_state s = { .covered = size };
	struct map *m;

	assert_int_equal(map_new(&m), ERR_OK);
	for (uint64_t i = 0; i < size; i++)
		assert_int_equal(add(m, salt, i), ERR_OK);
	s.root = map_root(m);
	s.keys = map_keys(m);
	map_free(m);
	return s;
}

static void
is(const struct mapper_state *got, const struct mapper_state *want)
{
	assert_int_equal(got->covered, want->covered);
	assert_int_equal(got->keys, want->keys);
	assert_true(hash_equal(&got->root, &want->root));
}

static void
put(uint64_t first, uint64_t end, unsigned salt)
{
	uint8_t keys[KEYS * HASH_BYTES];

	for (uint64_t i = first; i < end; i++) {
		struct hash leaf = leaf_of(salt, i);

		for (unsigned n = 0; n < KEYS; n++)
			memcpy(keys + n * HASH_BYTES, key_of(salt, i, n).b,
			    HASH_BYTES);
		mapper_put(mapper, i, &leaf, span_of(keys, sizeof keys));
	}
}

/* The state over so many entries; an answer may come before it is so far. */
static void
comes_to(uint64_t size)
{
	struct mapper_state got = { 0 }, want = wanted(db.salt, size);
	struct diag d = { 0 };

	while (got.covered < size) {
		bool answered = false;

		mapper_ask(mapper, size);
		while (!answered)
			assert_int_equal(
			    mapper_answer(mapper, &got, &answered, 1000, &d),
			    ERR_OK);
	}
	is(&got, &want);
}

static void
check(const struct mapper_state *at, uint64_t size)
{
	const struct epoch e = {
		.covered = at->covered, .map_root = at->root, .keys = at->keys
	};

	mapper_check(mapper, &e, size);
}

static enum err
checked(struct diag *d)
{
	bool done = false;
	enum err e = ERR_OK;

	while (!done && e == ERR_OK)
		e = mapper_checked(mapper, &done, 1000, d);
	return e;
}

/* It stands at the gate, on its way to entry 10, and what is given begins
 * there. */
static void
hold_at_10(void)
{
	struct mapper_state none = { .root = map_empty_root() };

	gate(true);
	mapper_ask(mapper, 10);
	until_at_gate();
	check(&none, 10);
}

/* ---- handed over ---- */
static void
batches_need_no_database(void **state)
{
	(void)state;
	put(0, 100, 0);
	mapper_give(mapper, 100);
	comes_to(100);
	put(100, 101, 0);
	mapper_give(mapper, 101);
	put(101, 9000, 0);
	mapper_give(mapper, 9000);
	comes_to(9000);
	assert_int_equal(entries_read(), 0);
	assert_int_equal(
	    metric_value(&metrics.map_keys), (long long)wanted(0, 9000).keys);
}

static void
a_batch_that_failed_is_forgotten(void **state)
{
	(void)state;
	put(0, 10, 0);
	mapper_give(mapper, 10);
	put(10, 30, 7); /* never committed: others take their places */
	mapper_drop(mapper);
	put(10, 20, 0);
	mapper_give(mapper, 20);
	comes_to(20);
	assert_int_equal(entries_read(), 0);
}

/* Entries that touch nothing, as epochs, are in the count alone. */
static void
a_batch_without_keys_moves_on(void **state)
{
	struct mapper_state got = { 0 };
	struct hash leaf = leaf_of(0, 0);
	struct diag d = { 0 };
	bool answered;

	(void)state;
	mapper_put(mapper, 0, &leaf, SPAN_NONE);
	mapper_give(mapper, 1);
	while (got.covered < 1) {
		mapper_ask(mapper, 1);
		assert_int_equal(
		    mapper_answer(mapper, &got, &answered, 1000, &d), ERR_OK);
	}
	assert_int_equal(got.keys, 0);
	assert_int_equal(entries_read(), 0);
}

/* ---- too much of it ---- */
static void
give_wide(uint64_t *size)
{
	static uint8_t keys[WIDE * HASH_BYTES];
	struct hash leaf = leaf_of(0, 0);

	for (unsigned i = 0; i < WIDE_ENTRIES; i++)
		mapper_put(
		    mapper, *size + i, &leaf, span_of(keys, sizeof keys));
	*size += WIDE_ENTRIES;
	mapper_give(mapper, *size);
}

/* The database says other things of those entries than what was handed over,
 * so that it shows which of the two the map is made of. */
static void
beyond_its_bound_the_database_is_read(void **state)
{
	uint64_t size = 10;

	(void)state;
	hold_at_10();
	for (unsigned i = 0; i < WIDE_BATCHES; i++)
		give_wide(&size);
	gate(false);
	comes_to(size);
	assert_int_equal(entries_read(), size);
	/* and then it goes on with what it is given */
	put(size, size + 10, 0);
	mapper_give(mapper, size + 10);
	comes_to(size + 10);
	assert_int_equal(entries_read(), size);
}

static void
below_it_what_was_given_is_taken(void **state)
{
	(void)state;
	hold_at_10();
	for (uint64_t i = 10; i < 2000; i += 10) {
		put(i, i + 10, 0);
		mapper_give(mapper, i + 10);
	}
	gate(false);
	comes_to(2000);
	assert_int_equal(entries_read(), 10);
}

/* ---- asking ---- */
static void
no_answer_while_it_waits(void **state)
{
	struct mapper_state got, want = wanted(0, 10);
	struct diag d = { 0 };
	bool answered;

	(void)state;
	put(0, 10, 0);
	mapper_give(mapper, 10);
	comes_to(10);
	gate(true);
	mapper_ask(mapper, 500);
	until_at_gate();
	mapper_ask(mapper, 500); /* the first may have been answered */
	for (int wait_ms = 0; wait_ms < 60; wait_ms += 20) {
		assert_int_equal(
		    mapper_answer(mapper, &got, &answered, wait_ms, &d),
		    ERR_OK);
		assert_false(answered);
		is(&got, &want); /* what there was */
	}
	gate(false);
	comes_to(500);
}

/* An epoch is cut all the same, over fewer entries. */
static void
without_a_database_the_answer_is_what_there_is(void **state)
{
	struct mapper_state got, want = wanted(0, 10);
	struct diag d = { 0 };
	bool answered = false;

	(void)state;
	put(0, 10, 0);
	mapper_give(mapper, 10);
	comes_to(10);
	set(&db.fail_opens, FOR_EVER);
	mapper_ask(mapper, 500);
	while (!answered)
		assert_int_equal(
		    mapper_answer(mapper, &got, &answered, 1000, &d), ERR_OK);
	is(&got, &want);
	set(&db.fail_opens, 0);
	comes_to(500);
}

/* Each batch wakes it, and none of them hurries it. */
static void
a_lost_database_is_not_asked_each_time(void **state)
{
	int64_t start = clock_mono_ms();
	const struct timespec ms = { .tv_nsec = 1000000 };

	(void)state;
	set(&db.fail_opens, FOR_EVER);
	for (unsigned i = 0; i < 400; i++) {
		mapper_ask(mapper, 500);
		(void)nanosleep(&ms, NULL);
	}
	assert_in_range(
	    opens(), 1, 1 + (uint64_t)(clock_mono_ms() - start) / REOPEN_MS);
	set(&db.fail_opens, 0);
	comes_to(500);
}

static void
half_a_snapshot_is_thrown_away(void **state)
{
	(void)state;
	set(&db.fail_loads, 2);
	comes_to(300);
	assert_int_equal(opens(), 3);
}

/* ---- against an epoch ---- */
static void
an_epoch_is_reached_and_compared(void **state)
{
	struct mapper_state at = wanted(0, 40000), got;
	struct diag d = { 0 };
	bool answered;

	(void)state;
	check(&at, 40010);
	assert_int_equal(checked(&d), ERR_OK);
	assert_int_equal(mapper_answer(mapper, &got, &answered, 0, &d), ERR_OK);
	is(&got, &at);
	comes_to(40010);
	/* one that it is beyond is none to go back to */
	check(&at, 40010);
	assert_int_equal(checked(&d), ERR_OK);
	assert_int_equal(entries_read(), 40010);
}

static void
another_root_ends_it(void **state)
{
	struct mapper_state at = wanted(0, 50), got;
	struct diag d = { 0 };
	bool answered;

	(void)state;
	at.root.b[31] ^= 1;
	check(&at, 60);
	assert_int_equal(checked(&d), ERR_PROOF);
	assert_string_equal(d.clause, "formats 5.2");
	/* it stays so, whatever is asked */
	put(60, 70, 0);
	mapper_give(mapper, 70);
	mapper_ask(mapper, 70);
	assert_int_equal(
	    mapper_answer(mapper, &got, &answered, 1000, &d), ERR_PROOF);
	assert_false(answered);
	at.root.b[31] ^= 1;
	check(&at, 60);
	assert_int_equal(checked(&d), ERR_PROOF);
}

static void
another_number_of_keys_ends_it(void **state)
{
	struct mapper_state at = wanted(0, 50);
	struct diag d = { 0 };

	(void)state;
	at.keys++;
	check(&at, 60);
	assert_int_equal(checked(&d), ERR_PROOF);
}

/* Put back to an older state, the log has less than the map. */
static void
a_log_put_back_is_read_anew(void **state)
{
	struct mapper_state at;
	struct diag d = { 0 };

	(void)state;
	put(0, 200, 0);
	mapper_give(mapper, 200);
	comes_to(200);
	db.salt = 3; /* the mapper rests: it has all it was asked for */
	at = wanted(3, 90);
	check(&at, 100);
	assert_int_equal(checked(&d), ERR_OK);
	comes_to(150);
}

/* What was handed over before it was deposed is not the log's. */
static void
a_check_forgets_what_was_given(void **state)
{
	struct mapper_state at = wanted(0, 10);
	struct diag d = { 0 };

	(void)state;
	hold_at_10();
	put(10, 20, 7);
	mapper_give(mapper, 20);
	put(20, 30, 7);
	check(&at, 20);
	gate(false);
	assert_int_equal(checked(&d), ERR_OK);
	put(20, 30, 0);
	mapper_give(mapper, 30);
	comes_to(30);
	assert_int_equal(entries_read(), 20);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(batches_need_no_database),
		CASE(a_batch_that_failed_is_forgotten),
		CASE(a_batch_without_keys_moves_on),
		CASE(beyond_its_bound_the_database_is_read),
		CASE(below_it_what_was_given_is_taken),
		CASE(no_answer_while_it_waits),
		CASE(without_a_database_the_answer_is_what_there_is),
		CASE(a_lost_database_is_not_asked_each_time),
		CASE(half_a_snapshot_is_thrown_away),
		CASE(an_epoch_is_reached_and_compared),
		CASE(another_root_ends_it),
		CASE(another_number_of_keys_ends_it),
		CASE(a_log_put_back_is_read_anew),
		CASE(a_check_forgets_what_was_given),
	};
	int failed;

	ingest_metrics_init(&metrics);
	if (queue_new(&queue, 16, 1 << 20) != ERR_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	queue_free(queue);
	return failed;
}
