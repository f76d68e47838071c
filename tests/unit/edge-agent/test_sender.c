/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sender.h"

#include "base/banned.h"

/* A clock that only the test moves. */
static int64_t now;
static struct sender s;

static void
start(uint64_t acked, uint64_t last)
{
	now = 1000000;
	sender_init(&s, acked, last, true, 7);
	sender_connected(&s, now);
}

/* Sends all that may go; returns how many. */
static unsigned
drain(void)
{
	unsigned n = 0;

	while (sender_next(&s, now) != 0) {
		sender_sent(&s, now);
		n++;
	}
	return n;
}

static void
test_in_order(void **state)
{
	(void)state;
	start(4, 7);
	assert_int_equal(sender_next(&s, now), 5);
	assert_int_equal(sender_next(&s, now), 5);
	sender_sent(&s, now);
	assert_int_equal(sender_next(&s, now), 6);
	assert_int_equal(drain(), 2);
	sender_stored(&s, 8);
	assert_int_equal(sender_next(&s, now), 8);
}

static void
test_nothing_before_connect(void **state)
{
	(void)state;
	now = 5;
	sender_init(&s, 0, 3, true, 1);
	assert_int_equal(sender_next(&s, now), 0);
	assert_int_equal(sender_tick(&s, now), -1);
}

static void
test_window(void **state)
{
	(void)state;
	start(0, 5000);
	assert_int_equal(drain(), SENDER_WINDOW_START);
	sender_receipt(&s, 10, now);
	assert_int_equal(drain(), 11); /* one more a receipt */
	for (unsigned i = 0; i < 3000; i++)
		sender_receipt(&s, 11 + i, now);
	assert_int_equal(s.window, SENDER_WINDOW_MAX);
}

static void
test_resend_doubles_and_halves(void **state)
{
	int64_t wait, before = 0;

	(void)state;
	start(0, 200);
	(void)drain();
	for (unsigned i = 0; i < 12; i++) {
		wait = sender_tick(&s, now);
		assert_true(wait > 0);
		assert_true(wait <= SENDER_RESEND_MAX_MS * 5 / 4);
		assert_true(wait >= before || before > SENDER_RESEND_MAX_MS);
		before = wait;
		now += wait;
		(void)sender_tick(&s, now);
		assert_int_equal(s.resends, i + 1);
		assert_int_equal(sender_next(&s, now), 1);
		(void)drain();
	}
	assert_int_equal(s.window, 1);
	sender_receipt(&s, 1, now);
	(void)drain();
	wait = sender_tick(&s, now);
	assert_true(wait >= SENDER_RESEND_MS);
	assert_true(wait <= SENDER_RESEND_MS * 5 / 4);
}

static void
test_receipt_of_all_ends_timers(void **state)
{
	(void)state;
	start(0, 3);
	(void)drain();
	sender_receipt(&s, 3, now);
	assert_int_equal(sender_tick(&s, now), -1);
	now += SENDER_RESEND_MAX_MS * 2;
	assert_int_equal(sender_tick(&s, now), -1);
	assert_int_equal(s.resends, 0);
}

static void
test_nobody_subscribed(void **state)
{
	int64_t wait;

	(void)state;
	start(0, 40);
	for (unsigned i = 0; i < 16; i++)
		sender_sent(&s, now);
	for (uint64_t i = 1; i <= 16; i++)
		sender_puback(&s, i, 0x10, now);
	/* One burst, one back-off; the rows are unsent again. */
	assert_int_equal(sender_next(&s, now), 0);
	wait = sender_tick(&s, now);
	assert_true(wait >= SENDER_PAUSE_MS);
	assert_true(wait <= SENDER_PAUSE_MS * 5 / 4);
	now += wait;
	assert_int_equal(sender_next(&s, now), 1);
	sender_sent(&s, now);
	assert_int_equal(sender_next(&s, now), 0); /* a probe goes alone */
	sender_puback(&s, 1, 0x10, now);
	wait = sender_tick(&s, now);
	assert_true(wait >= 2 * SENDER_PAUSE_MS);
	now += wait;
	sender_sent(&s, now);
	sender_puback(&s, 1, 0x00, now);
	assert_int_equal(drain(), 39); /* somebody is there again */
}

static void
test_receipt_ends_back_off(void **state)
{
	(void)state;
	start(0, 2);
	sender_sent(&s, now);
	sender_puback(&s, 1, 0x10, now);
	assert_int_equal(sender_next(&s, now), 0);
	sender_receipt(&s, 0, now);
	assert_int_equal(sender_next(&s, now), 1);
}

static void
test_quota(void **state)
{
	(void)state;
	start(0, 2);
	sender_sent(&s, now);
	sender_puback(&s, 1, 0x97, now);
	assert_int_equal(sender_next(&s, now), 0);
	assert_int_equal(s.stop, SENDER_GOES);
}

static void
test_refused_stops(void **state)
{
	(void)state;
	start(0, 2);
	sender_sent(&s, now);
	sender_puback(&s, 1, 0x87, now);
	assert_int_equal(s.stop, SENDER_REFUSED);
	assert_int_equal(sender_next(&s, now), 0);
	assert_int_equal(sender_tick(&s, now), -1);
}

static void
test_defect_stops(void **state)
{
	(void)state;
	start(0, 2);
	sender_sent(&s, now);
	sender_puback(&s, 1, 0x95, now);
	assert_int_equal(s.stop, SENDER_DEFECT);
	assert_int_equal(s.defects, 1);
}

static void
test_reconnect_sends_again(void **state)
{
	(void)state;
	start(0, 10);
	(void)drain();
	sender_receipt(&s, 4, now);
	sender_disconnected(&s);
	assert_int_equal(sender_next(&s, now), 0);
	sender_puback(&s, 5, -1, now);
	sender_connected(&s, now);
	assert_int_equal(sender_next(&s, now), 5);
	assert_int_equal(drain(), 6);
}

static void
test_gap(void **state)
{
	(void)state;
	start(0, 10);
	(void)drain();
	sender_receipt(&s, 3, now);
	assert_false(
	    sender_gap(&s, 7, now)); /* not what the ledger waits for */
	assert_true(sender_gap(&s, 4, now));
	assert_int_equal(sender_next(&s, now), 4);
	(void)drain();
	assert_false(sender_gap(&s, 4, now)); /* not twice in a second */
	now += SENDER_GAP_MS;
	assert_true(sender_gap(&s, 4, now));
}

static void
test_gap_of_unsent(void **state)
{
	(void)state;
	start(3, 10);
	assert_false(sender_gap(&s, 4, now));
}

static void
test_fresh_chain_waits_for_a_receipt(void **state)
{
	(void)state;
	now = 50;
	sender_init(&s, 0, 1, false, 1);
	sender_connected(&s, now);
	assert_int_equal(sender_next(&s, now), 0);
	assert_int_equal(sender_tick(&s, now), SENDER_HELLO_MS);
	sender_receipt(&s, 0, now);
	assert_int_equal(sender_next(&s, now), 1);
}

static void
test_fresh_chain_waits_no_longer(void **state)
{
	(void)state;
	now = 50;
	sender_init(&s, 0, 1, false, 1);
	sender_connected(&s, now);
	now += SENDER_HELLO_MS;
	assert_int_equal(sender_next(&s, now), 1);
}

static void
test_stop(void **state)
{
	(void)state;
	start(0, 3);
	sender_stop(&s);
	assert_int_equal(sender_next(&s, now), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_nothing_before_connect),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_resend_doubles_and_halves),
		cmocka_unit_test(test_receipt_of_all_ends_timers),
		cmocka_unit_test(test_nobody_subscribed),
		cmocka_unit_test(test_receipt_ends_back_off),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_refused_stops),
		cmocka_unit_test(test_defect_stops),
		cmocka_unit_test(test_reconnect_sends_again),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_gap_of_unsent),
		cmocka_unit_test(test_fresh_chain_waits_for_a_receipt),
		cmocka_unit_test(test_fresh_chain_waits_no_longer),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
