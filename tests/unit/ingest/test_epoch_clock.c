/* SPDX-License-Identifier: Apache-2.0 */
/* formats 4.5 and 4.6 with clocks that we turn ourselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "epoch_clock.h"

#include "base/banned.h"

#define WALL INT64_C(1800000000000)
#define MONO INT64_C(5000)

static struct epoch_clock
cut_now(void)
{
	struct epoch_clock c = { 0 };

	epoch_cut(&c, WALL, MONO, true);
	return c;
}

static void
test_first_is_due_at_once(void **state)
{
	struct epoch_clock c = { 0 };
	struct diag d = { 0 };
	int64_t t = 0;

	(void)state;
	assert_true(epoch_due(&c, WALL, MONO));
	assert_int_equal(epoch_time(&t, &c, WALL, MONO, &d), ERR_OK);
	assert_int_equal(t, WALL);
}

static void
test_each_second_while_entries_arrive(void **state)
{
	struct epoch_clock c = cut_now();

	(void)state;
	c.entries_since = true;
	assert_int_equal(epoch_wait(&c, WALL + 1, MONO + 1), 999);
	assert_false(epoch_due(&c, WALL + 999, MONO + 999));
	assert_true(epoch_due(&c, WALL + 1000, MONO + 1000));
	epoch_cut(&c, WALL + 1000, MONO + 1000, true);
	assert_false(c.entries_since);
}

static void
test_ten_minutes_when_idle(void **state)
{
	struct epoch_clock c = cut_now();

	(void)state;
	assert_false(epoch_due(&c, WALL + 599999, MONO + 599999));
	assert_true(epoch_due(&c, WALL + 600000, MONO + 600000));
}

/* The map was behind: what it did not cover is not left for ten minutes. */
static void
test_what_is_not_covered_comes_a_second_later(void **state)
{
	struct epoch_clock c = cut_now();

	(void)state;
	epoch_cut(&c, WALL + 700, MONO + 700, false);
	assert_int_equal(epoch_wait(&c, WALL + 700, MONO + 700), 1000);
	assert_false(epoch_due(&c, WALL + 1699, MONO + 1699));
	assert_true(epoch_due(&c, WALL + 1700, MONO + 1700));
	/* as often as it takes; the one that covers all ends it */
	epoch_cut(&c, WALL + 1700, MONO + 1700, false);
	assert_int_equal(epoch_wait(&c, WALL + 1700, MONO + 1700), 1000);
	epoch_cut(&c, WALL + 2700, MONO + 2700, true);
	assert_int_equal(epoch_wait(&c, WALL + 2700, MONO + 2700), 600000);
}

/* The cadence follows time that passed, not a clock that was set. */
static void
test_cadence_ignores_a_set_clock(void **state)
{
	struct epoch_clock c = cut_now();

	(void)state;
	c.entries_since = true;
	assert_false(epoch_due(&c, WALL + 3000, MONO + 500));
	assert_true(epoch_due(&c, WALL - 3000, MONO + 1000));
}

static void
test_cadence_after_a_restart(void **state)
{
	struct epoch_clock c = { .last_ms = WALL, .entries_since = true };

	(void)state;
	assert_int_equal(epoch_wait(&c, WALL + 400, 1), 600);
	assert_true(epoch_due(&c, WALL + 1000, 1));
	/* a clock that went back does not stretch the wait */
	assert_int_equal(epoch_wait(&c, WALL - 9000, 1), 1000);
}

static void
test_times_strictly_increase(void **state)
{
	struct epoch_clock c = cut_now();
	struct diag d = { 0 };
	int64_t t = 0;

	(void)state;
	assert_int_equal(epoch_time(&t, &c, WALL, MONO, &d), ERR_OK);
	assert_int_equal(t, WALL + 1);
	assert_int_equal(epoch_time(&t, &c, WALL - 4000, MONO, &d), ERR_OK);
	assert_int_equal(t, WALL + 1);
	assert_int_equal(epoch_time(&t, &c, WALL + 7, MONO, &d), ERR_OK);
	assert_int_equal(t, WALL + 7);
}

static void
test_clock_behind_stops(void **state)
{
	struct epoch_clock c = cut_now();
	struct diag d = { 0 };
	int64_t t = 0;

	(void)state;
	assert_int_equal(
	    epoch_time(&t, &c, WALL + 1000 - 5000, MONO + 1000, &d), ERR_OK);
	assert_int_equal(
	    epoch_time(&t, &c, WALL + 1000 - 5001, MONO + 1000, &d), ERR_CLOCK);
	assert_string_equal(d.clause, "formats 4.6");
}

static void
test_clock_ahead_stops(void **state)
{
	struct epoch_clock c = cut_now();
	struct diag d = { 0 };
	int64_t t = 0;

	(void)state;
	assert_int_equal(
	    epoch_time(&t, &c, WALL + 1000 + 3600000, MONO + 1000, &d), ERR_OK);
	assert_int_equal(
	    epoch_time(&t, &c, WALL + 1001 + 3600000, MONO + 1000, &d),
	    ERR_CLOCK);
}

/* After a restart only the previous epoch is known, not the time since. */
static void
test_clock_after_a_restart(void **state)
{
	struct epoch_clock c = { .last_ms = WALL };
	struct diag d = { 0 };
	int64_t t = 0;

	(void)state;
	assert_int_equal(epoch_time(&t, &c, WALL + 90000000, MONO, &d), ERR_OK);
	assert_int_equal(t, WALL + 90000000);
	assert_int_equal(epoch_time(&t, &c, WALL - 5001, MONO, &d), ERR_CLOCK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_is_due_at_once),
		cmocka_unit_test(test_each_second_while_entries_arrive),
		cmocka_unit_test(test_ten_minutes_when_idle),
		cmocka_unit_test(test_what_is_not_covered_comes_a_second_later),
		cmocka_unit_test(test_cadence_ignores_a_set_clock),
		cmocka_unit_test(test_cadence_after_a_restart),
		cmocka_unit_test(test_times_strictly_increase),
		cmocka_unit_test(test_clock_behind_stops),
		cmocka_unit_test(test_clock_ahead_stops),
		cmocka_unit_test(test_clock_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
