/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds and order of the ring, alone and with threads. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"

#include "queue.h"

#include "base/banned.h"

#define WORKERS 3
#define MANY 20000
#define SECOND_US 1000000

/* A verify worker's stand-in: takes unequal time, leaves a mark. */
static void
mark(void *ctx, struct slot *slot)
{
	uint32_t n;

	(void)ctx;
	memcpy(&n, slot->bytes.p, sizeof n);
	if (n % 7 == 0)
		sched_yield();
	slot->events = n + 1;
}

static void *
work(void *ctx)
{
	queue_work(ctx, mark, NULL);
	return NULL;
}

static void *
feed(void *ctx)
{
	uint8_t space[300] = { 0 };

	for (uint32_t i = 0; i < MANY; i++) {
		memcpy(space, &i, sizeof i);
		while (!queue_put(ctx, "dev", span_of(space, 4 + i % 290)))
			sched_yield();
	}
	queue_close(ctx);
	return NULL;
}

static void
test_order_with_many_workers(void **state)
{
	pthread_t workers[WORKERS], feeder;
	struct queue *q;
	uint32_t wanted = 0;

	(void)state;
	assert_int_equal(queue_new(&q, 64, 8000), ERR_OK);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&workers[i], NULL, work, q), 0);
	assert_int_equal(pthread_create(&feeder, NULL, feed, q), 0);
	while (!queue_drained(q)) {
		struct slot *s = queue_take(q, 1000);
		uint32_t n;
		if (s == NULL)
			continue;
		memcpy(&n, s->bytes.p, sizeof n);
		assert_int_equal(n, wanted);
		assert_int_equal(s->events, wanted + 1);
		assert_int_equal(s->bytes.n, 4 + wanted % 290);
		wanted++;
		queue_release(q, s);
	}
	assert_int_equal(wanted, MANY);
	pthread_join(feeder, NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	queue_free(q);
}

static bool
put(struct queue *q, uint32_t n, size_t size)
{
	static uint8_t space[5000];

	memcpy(space, &n, sizeof n);
	return queue_put(q, "dev-1", span_of(space, size));
}

static void
test_full_by_count(void **state)
{
	struct queue *q;
	size_t bytes;

	(void)state;
	assert_int_equal(queue_new(&q, 4, 1000), ERR_OK);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(put(q, i, 10));
	assert_false(put(q, 4, 10));
	assert_int_equal(queue_depth(q, &bytes), 4);
	assert_int_equal(bytes, 40);
	queue_close(q);
	work(q); /* here, without a thread: ends when all is done */
	struct slot *s = queue_take(q, SECOND_US);
	assert_non_null(s);
	assert_string_equal(s->device, "dev-1");
	queue_release(q, s);
	assert_int_equal(queue_depth(q, &bytes), 3);
	assert_int_equal(bytes, 30);
	assert_false(queue_drained(q));
	queue_free(q);
}

static void
test_full_by_bytes(void **state)
{
	struct queue *q;

	(void)state;
	assert_int_equal(queue_new(&q, 100, 5000), ERR_OK);
	assert_true(put(q, 0, 3000));
	assert_false(put(q, 1, 2001));
	assert_true(put(q, 1, 2000));
	assert_false(put(q, 2, 4));
	queue_free(q);
}

static void
test_nothing_is_taken_before_it_is_done(void **state)
{
	struct queue *q;

	(void)state;
	assert_int_equal(queue_new(&q, 4, 1000), ERR_OK);
	assert_null(queue_take(q, 0));
	assert_true(put(q, 0, 10));
	assert_null(queue_take(q, 1000));
	queue_free(q);
}

static void *
wake(void *ctx)
{
	queue_wake(ctx);
	return NULL;
}

static void
test_wake_ends_a_wait(void **state)
{
	struct queue *q;
	pthread_t t;
	int64_t start = clock_mono_ms();

	(void)state;
	assert_int_equal(queue_new(&q, 4, 1000), ERR_OK);
	assert_int_equal(pthread_create(&t, NULL, wake, q), 0);
	assert_null(queue_take(q, 20 * SECOND_US));
	assert_true(clock_mono_ms() - start < 10000);
	pthread_join(t, NULL);
	queue_free(q);
}

static void
test_closed_takes_nothing(void **state)
{
	struct queue *q;

	(void)state;
	assert_int_equal(queue_new(&q, 4, 1000), ERR_OK);
	queue_close(q);
	assert_false(put(q, 0, 10));
	assert_true(queue_drained(q));
	assert_null(queue_take(q, 20 * SECOND_US));
	queue_free(q);
}

static void
test_name_too_long(void **state)
{
	struct queue *q;
	char name[80];

	(void)state;
	memset(name, 'a', sizeof name);
	name[64] = '\0';
	assert_int_equal(queue_new(&q, 4, 1000), ERR_OK);
	assert_false(queue_put(q, name, span_str("x")));
	name[63] = '\0';
	assert_true(queue_put(q, name, span_str("x")));
	queue_free(q);
	queue_free(NULL);
}

#define LARGE ((size_t)1 << 20)

/* Finds a megabyte of subjects, and counts. */
static void
find_much(void *ctx, struct slot *slot)
{
	memset(buf_reserve(&slot->subjects, LARGE), 0, LARGE);
	atomic_fetch_add((atomic_uint *)ctx, 1);
}

struct much {
	struct queue *q;
	atomic_uint found;
};

static void *
work_much(void *ctx)
{
	struct much *m = ctx;

	queue_work(m->q, find_much, &m->found);
	return NULL;
}

/* Workers do not fill memory ahead of the sequencer, and go on as it takes. */
static void
test_workers_wait_for_the_sequencer(void **state)
{
	struct much m = { 0 };
	pthread_t t;

	(void)state;
	assert_int_equal(queue_new(&m.q, 100, 5000), ERR_OK);
	for (uint32_t i = 0; i < 60; i++)
		assert_true(put(m.q, i, 10));
	assert_int_equal(pthread_create(&t, NULL, work_much, &m), 0);
	for (uint32_t i = 0; i < 40; i++) {
		struct slot *s = queue_take(m.q, 20 * SECOND_US);

		assert_non_null(s);
		assert_memory_equal(s->bytes.p, &i, sizeof i);
		/* four, and those that one turn of the worker adds */
		assert_true(atomic_load(&m.found) <= i + 4 + 8);
		queue_release(m.q, s);
	}
	/* at the end nobody may take any more: they do the rest */
	queue_close(m.q);
	pthread_join(t, NULL);
	assert_int_equal(atomic_load(&m.found), 60);
	queue_free(m.q);
}

static struct sign_key key;

static bool
put_statement(struct queue *q, uint64_t seq)
{
	struct claims c = { .iss = span_str("did:web:h:device:dev-1"),
		.sub = span_str("did:web:h:device:dev-1"),
		.epoch = 1,
		.seq = seq };
	struct buf b = buf_heap(4096);
	bool room;

	assert_int_equal(statement_make(&b, &c, CONTENT_IS_PRODUCT,
			     span_str("{}"), &key, NULL),
	    ERR_OK);
	room = queue_put(q, "dev-1", buf_span(&b));
	buf_free(&b);
	return room;
}

static void
take_one(struct queue *q)
{
	int64_t end = clock_mono_ms() + 20000;
	struct slot *s = NULL;

	while (s == NULL && clock_mono_ms() < end)
		s = queue_take(q, 10000);
	assert_non_null(s);
	queue_release(q, s);
}

/* What follows a dropped statement is dropped too, though there is room again,
 * until that one comes; other devices and garbage are taken. */
static void
test_nothing_behind_a_dropped_one(void **state)
{
	struct queue *q;
	struct refusal f[2];
	pthread_t t;

	(void)state;
	assert_int_equal(queue_new(&q, 4, 100000), ERR_OK);
	assert_int_equal(pthread_create(&t, NULL, work, q), 0);
	for (uint64_t seq = 1; seq <= 4; seq++)
		assert_true(put_statement(q, seq));
	assert_false(put_statement(q, 5));
	assert_false(put_statement(q, 6));
	take_one(q);
	assert_int_equal(queue_refused(q, f, 2), 0); /* 3 of 4 are taken */
	assert_false(put_statement(q, 6));
	assert_true(put(q, 0, 10)); /* no statement: no place in a chain */
	take_one(q);
	take_one(q);
	assert_int_equal(queue_refused(q, f, 2), 1);
	assert_string_equal(f[0].device, "dev-1");
	assert_int_equal(f[0].epoch, 1);
	assert_int_equal(f[0].seq, 5);
	assert_false(put_statement(q, 7));
	assert_true(put_statement(q, 3)); /* again, it may have been lost */
	assert_true(put_statement(q, 5));
	assert_int_equal(queue_refused(q, f, 2), 0);
	take_one(q);
	assert_true(put_statement(q, 9)); /* a gap, as without a full queue */
	queue_close(q);
	while (!queue_drained(q))
		take_one(q);
	pthread_join(t, NULL);
	queue_free(q);
}

/* Whom nobody waits for any longer goes on. */
static void
test_forgiven(void **state)
{
	struct queue *q;
	pthread_t t;

	(void)state;
	assert_int_equal(queue_new(&q, 1, 100000), ERR_OK);
	queue_forgive(q, "dev-1"); /* unknown: nothing happens */
	assert_int_equal(pthread_create(&t, NULL, work, q), 0);
	assert_true(put(q, 0, 10));
	assert_false(put_statement(q, 5));
	take_one(q);
	assert_false(put_statement(q, 6));
	queue_forgive(q, "dev-1");
	assert_true(put_statement(q, 6));
	queue_close(q);
	take_one(q);
	pthread_join(t, NULL);
	queue_free(q);
}

/* The copy keeps the bytes, the ring's slot starts empty. */
static void
test_move(void **state)
{
	struct slot a = { .bytes = buf_heap(100), .subjects = buf_heap(100) };
	struct slot b;

	(void)state;
	buf_str(&a.bytes, "statement");
	const uint8_t *p = a.bytes.p;
	slot_move(&b, &a);
	assert_ptr_equal(b.bytes.p, p);
	assert_int_equal(a.bytes.n, 0);
	buf_str(&a.bytes, "another");
	slot_clear(&a);
	assert_memory_equal(b.bytes.p, "statement", 9);
	slot_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_with_many_workers),
		cmocka_unit_test(test_full_by_count),
		cmocka_unit_test(test_full_by_bytes),
		cmocka_unit_test(test_workers_wait_for_the_sequencer),
		cmocka_unit_test(test_nothing_is_taken_before_it_is_done),
		cmocka_unit_test(test_wake_ends_a_wait),
		cmocka_unit_test(test_closed_takes_nothing),
		cmocka_unit_test(test_name_too_long),
		cmocka_unit_test(test_nothing_behind_a_dropped_one),
		cmocka_unit_test(test_forgiven),
		cmocka_unit_test(test_move),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	key_generate(&key);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
