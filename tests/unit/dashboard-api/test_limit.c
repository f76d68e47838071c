/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/crypto.h"

#include "limit.h"

#include "base/banned.h"

#define SECOND 1000000

static struct limit *
make(unsigned rate, unsigned burst)
{
	struct limit *l;

	assert_int_equal(crypto_start(), ERR_OK);
	assert_int_equal(limit_new(&l, rate, burst), ERR_OK);
	return l;
}

static unsigned
ask(struct limit *l, unsigned client, int64_t now_us)
{
	return limit_take(l, span_of(&client, sizeof(client)), now_us);
}

static void
test_burst_then_rate(void **state)
{
	struct limit *l = make(10, 3);
	const int64_t now = 77 * (int64_t)SECOND;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask(l, 1, now), 0);
	assert_int_equal(ask(l, 1, now), 100);
	assert_int_equal(ask(l, 1, now + 1), 100); /* never rounded to sooner */
	assert_int_equal(ask(l, 1, now + 40000), 60);
	assert_int_equal(ask(l, 1, now + 100000), 0);
	assert_int_equal(ask(l, 1, now + 100000), 100);
	/* What was not used comes back up to the burst, not above. */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask(l, 1, now + 3600 * (int64_t)SECOND), 0);
	assert_int_not_equal(ask(l, 1, now + 3600 * (int64_t)SECOND), 0);
	limit_free(l);
}

static void
test_refusals_cost_nothing(void **state)
{
	struct limit *l = make(10, 1);

	(void)state;
	assert_int_equal(ask(l, 1, SECOND), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(ask(l, 1, SECOND), 100);
	assert_int_equal(ask(l, 1, SECOND + 100000), 0);
	limit_free(l);
}

/* One client that asks too often does not keep the others out, although the
 * table has fewer places than there are clients. */
static void
test_clients_apart(void **state)
{
	struct limit *l = make(1, 5);
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		(void)ask(l, 0, SECOND);
	assert_int_not_equal(ask(l, 0, SECOND), 0);
	for (unsigned i = 1; i < 2000; i++)
		refused += ask(l, i, SECOND) != 0;
	assert_int_equal(refused, 0);
	limit_free(l);
}

static void
test_off(void **state)
{
	struct limit *l = make(0, 1);

	(void)state;
	assert_null(l);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(ask(l, 1, 0), 0);
	limit_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_rate),
		cmocka_unit_test(test_refusals_cost_nothing),
		cmocka_unit_test(test_clients_apart),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
