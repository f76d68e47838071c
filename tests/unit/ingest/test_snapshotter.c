/* SPDX-License-Identifier: Apache-2.0 */
/* When the snapshotter asks for a snapshot, of what, and what a failure does.
 * What one is made of: tests/db/test_map.c. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ledger/map_store.h"

#include "snapshotter.h"

#include "base/banned.h"

#define PUBLISHED 3000
#define COVERED 2560
#define CALLS 8
#define LOOKS_S 3 /* it would have looked again */

/* ---- in the place of the store ---- */
struct call {
	uint64_t published, few;
	int64_t ms;
};
static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned opens, calls;
	struct call call[CALLS];
	enum err answer; /* of the first call; later ones succeed */
} db = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

enum err
store_open(struct store **out, const struct store_options *o, struct diag *d)
{
	static char one;

	(void)o;
	(void)d;
	pthread_mutex_lock(&db.lock);
	db.opens++;
	pthread_mutex_unlock(&db.lock);
	*out = (struct store *)&one;
	return ERR_OK;
}

void
store_close(struct store *s)
{
	(void)s;
}

enum err
map_store_snapshot(struct store *s, uint64_t published, uint64_t few,
    uint64_t *covered, bool *made, struct diag *d)
{
	enum err e = ERR_OK;

	(void)s;
	pthread_mutex_lock(&db.lock);
	if (db.calls == 0)
		e = db.answer;
	*made = e == ERR_OK && few == 1;
	*covered = COVERED;
	if (db.calls < CALLS)
		db.call[db.calls] =
		    (struct call){ published, few, clock_mono_ms() };
	db.calls++;
	pthread_cond_broadcast(&db.moved);
	pthread_mutex_unlock(&db.lock);
	return e == ERR_OK ? e : diag_fail(d, e, "", "no");
}

static struct call
call(unsigned n)
{
	struct call c;

	pthread_mutex_lock(&db.lock);
	while (db.calls <= n)
		pthread_cond_wait(&db.moved, &db.lock);
	c = db.call[n];
	pthread_mutex_unlock(&db.lock);
	return c;
}

static unsigned
calls_after_a_while(void)
{
	unsigned n;

	(void)nanosleep(&(struct timespec){ .tv_sec = LOOKS_S }, NULL);
	pthread_mutex_lock(&db.lock);
	n = db.calls;
	pthread_mutex_unlock(&db.lock);
	return n;
}

/* ---- one of them a test ---- */
static const struct store_options options = { .log = "x" };
static struct projector_metrics metrics;
static struct snapshotter *snapshotter;

static void
start(enum err answer)
{
	db.opens = db.calls = 0;
	db.answer = answer;
	projector_metrics_init(&metrics);
	assert_int_equal(
	    snapshotter_new(&snapshotter, &options, &metrics, NULL), ERR_OK);
}

static void
once_made_the_next_must_be_worth_it(void **state)
{
	int64_t before = clock_mono_ms();
	struct call c;

	(void)state;
	start(ERR_OK);
	snapshotter_look(snapshotter, PUBLISHED);
	c = call(0);
	assert_int_equal(c.published, PUBLISHED);
	assert_int_equal(c.few, 1);
	assert_true(c.ms >= before + 1000); /* not while all else starts */
	snapshotter_look(snapshotter, PUBLISHED + 10);
	c = call(1);
	assert_int_equal(c.published, PUBLISHED + 10);
	assert_int_equal(c.few, 16 << 20);
	snapshotter_free(snapshotter);
	assert_int_equal(db.opens, 1);
	assert_int_equal(metric_value(&metrics.snapshots), 1);
	assert_int_equal(
	    metric_value(&metrics.snapshot_lag), PUBLISHED + 10 - COVERED);
	assert_int_equal(metric_value(&metrics.errors), 0);
}

static void
a_lost_connection_is_made_again(void **state)
{
	(void)state;
	start(ERR_DB);
	snapshotter_look(snapshotter, PUBLISHED);
	assert_int_equal(call(1).few, 1); /* nothing was made yet */
	snapshotter_free(snapshotter);
	assert_int_equal(db.opens, 2);
	assert_int_equal(metric_value(&metrics.snapshots), 1);
	assert_int_equal(metric_value(&metrics.errors), 0);
}

static void
one_that_another_made_is_no_error(void **state)
{
	(void)state;
	start(ERR_FENCED);
	snapshotter_look(snapshotter, PUBLISHED);
	assert_int_equal(call(1).published, PUBLISHED);
	snapshotter_free(snapshotter);
	assert_int_equal(metric_value(&metrics.errors), 0);
}

/* Each try builds a map: one that differs is told, and let rest. */
static void
tables_that_differ_are_not_read_at_each_look(void **state)
{
	(void)state;
	start(ERR_PROOF);
	snapshotter_look(snapshotter, PUBLISHED);
	(void)call(0);
	assert_int_equal(calls_after_a_while(), 1);
	snapshotter_free(snapshotter);
	assert_int_equal(metric_value(&metrics.errors), 1);
	assert_int_equal(metric_value(&metrics.snapshots), 0);
}

static void
it_rests_while_another_does_the_work(void **state)
{
	(void)state;
	start(ERR_OK);
	snapshotter_look(snapshotter, PUBLISHED);
	(void)call(0);
	snapshotter_look(snapshotter, 0);
	assert_int_equal(calls_after_a_while(), 1);
	snapshotter_look(snapshotter, PUBLISHED);
	assert_int_equal(call(1).published, PUBLISHED);
	snapshotter_free(snapshotter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_made_the_next_must_be_worth_it),
		cmocka_unit_test(a_lost_connection_is_made_again),
		cmocka_unit_test(one_that_another_made_is_no_error),
		cmocka_unit_test(tables_that_differ_are_not_read_at_each_look),
		cmocka_unit_test(it_rests_while_another_does_the_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
