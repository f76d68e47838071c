/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/wait.h"

#include "base/banned.h"

static int64_t
us_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
now_us(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return us_of(t);
}

static void
test_end_is_so_far_away(void **state)
{
	static const int64_t us[] = { 0, 1, 999999, 1000000, 1999999,
		INT64_C(86400000000) };

	(void)state;
	for (size_t i = 0; i < sizeof us / sizeof us[0]; i++) {
		int64_t before = now_us();
		struct timespec end = wait_end(us[i]);
		int64_t after = now_us();

		assert_in_range(end.tv_nsec, 0, 999999999);
		assert_true(us_of(end) >= before + us[i]);
		assert_true(us_of(end) <= after + us[i]);
	}
}

/* By the wall clock, decades ahead, the first wait would be over at once. */
static void
test_the_clock_is_the_monotonic_one(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t c;
	int64_t start = now_us();
	struct timespec end = wait_end(30000);
	int rc = 0;

	(void)state;
	wait_init(&c);
	pthread_mutex_lock(&lock);
	while (rc == 0)
		rc = pthread_cond_timedwait(&c, &lock, &end);
	assert_int_equal(rc, ETIMEDOUT);
	assert_true(now_us() >= start + 30000);
	end = wait_end(0);
	for (rc = 0; rc == 0;)
		rc = pthread_cond_timedwait(&c, &lock, &end);
	assert_int_equal(rc, ETIMEDOUT);
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_is_so_far_away),
		cmocka_unit_test(test_the_clock_is_the_monotonic_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
