/* SPDX-License-Identifier: Apache-2.0 */
/* Which statements of a device are waited for, and which are in vain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/crypto.h"

#include "refusals.h"

#include "base/banned.h"

static void
test_what_stands_behind(void **state)
{
	struct refusals *r;

	(void)state;
	assert_int_equal(refusals_new(&r), ERR_OK);
	assert_true(refusals_admit(r, "a", 1, 1));
	refusals_add(r, "a", 1, 10);
	assert_true(refusals_admit(r, "a", 1, 9));
	assert_true(refusals_admit(r, "a", 1, 10));
	assert_false(refusals_admit(r, "a", 1, 11));
	assert_true(refusals_admit(r, "a", 2, 11)); /* another epoch */
	assert_true(refusals_admit(r, "b", 1, 11)); /* another device */
	/* the first missing one counts, whatever order they came in */
	refusals_add(r, "a", 1, 12);
	assert_true(refusals_admit(r, "a", 1, 10));
	refusals_add(r, "a", 1, 8);
	assert_false(refusals_admit(r, "a", 1, 9));
	assert_int_equal(refusals_count(r), 1);
	/* one before it tells nothing, itself ends the wait */
	refusals_found(r, "a", 1, 7);
	assert_false(refusals_admit(r, "a", 1, 9));
	refusals_found(r, "a", 1, 8);
	assert_true(refusals_admit(r, "a", 1, 900));
	assert_int_equal(refusals_count(r), 0);
	refusals_free(r);
	refusals_free(NULL);
}

static void
test_epochs(void **state)
{
	struct refusals *r;
	struct refusal f;

	(void)state;
	assert_int_equal(refusals_new(&r), ERR_OK);
	refusals_add(r, "a", 1, 10);
	refusals_found(r, "a", 2, 1); /* epoch 1 is over */
	assert_int_equal(refusals_count(r), 0);
	refusals_add(r, "a", 3, 10);
	refusals_found(r, "a", 2, 10); /* an old one is none of it */
	assert_int_equal(refusals_count(r), 1);
	refusals_add(r, "a", 4, 77);
	assert_int_equal(refusals_list(r, &f, 1), 1);
	assert_int_equal(f.epoch, 4);
	assert_int_equal(f.seq, 77);
	refusals_drop(r, "b");
	refusals_drop(r, "a");
	assert_int_equal(refusals_count(r), 0);
	assert_int_equal(refusals_list(r, &f, 1), 0);
	refusals_free(r);
}

static void
name(char out[64], unsigned i)
{
	(void)snprintf(out, 64, "device-%u", i);
}

/* More than it keeps: those above come as gaps, the others stay right through
 * any order of additions and removals. */
static void
test_full_table(void **state)
{
	struct refusals *r;
	char device[64];

	(void)state;
	assert_int_equal(refusals_new(&r), ERR_OK);
	for (unsigned i = 0; i < REFUSALS_MAX + 10; i++) {
		name(device, i);
		refusals_add(r, device, 1, i + 1);
	}
	assert_int_equal(refusals_count(r), REFUSALS_MAX);
	assert_true(refusals_admit(r, device, 1, UINT64_MAX));
	for (unsigned i = 0; i < REFUSALS_MAX; i += 3) {
		name(device, i);
		refusals_drop(r, device);
	}
	for (unsigned i = 0; i < REFUSALS_MAX; i++) {
		name(device, i);
		assert_true(refusals_admit(r, device, 1, i + 1));
		assert_int_equal(
		    refusals_admit(r, device, 1, i + 2), i % 3 == 0);
	}
	assert_int_equal(
	    refusals_count(r), REFUSALS_MAX - (REFUSALS_MAX + 2) / 3);
	refusals_free(r);
}

/* Each comes up once before any comes up again. */
static void
test_list_goes_round(void **state)
{
	static bool seen[100];
	struct refusals *r;
	struct refusal f[40];
	char device[64];
	size_t n = 0;

	(void)state;
	assert_int_equal(refusals_new(&r), ERR_OK);
	for (unsigned i = 0; i < 100; i++) {
		name(device, i);
		refusals_add(r, device, 1, i);
	}
	for (int round = 0; round < 5; round++) {
		size_t got = refusals_list(r, f, round < 2 ? 40 : 10);

		for (size_t i = 0; i < got && n < 100; i++, n++) {
			assert_false(seen[f[i].seq]);
			seen[f[i].seq] = true;
		}
	}
	assert_int_equal(n, 100);
	refusals_free(r);
}

static void
test_names(void **state)
{
	struct refusals *r;
	char device[80];

	(void)state;
	memset(device, 'a', sizeof device);
	device[64] = '\0';
	assert_int_equal(refusals_new(&r), ERR_OK);
	refusals_add(r, device, 1, 1);
	refusals_add(r, "", 1, 1);
	assert_int_equal(refusals_count(r), 0);
	device[63] = '\0';
	refusals_add(r, device, 1, 1);
	assert_false(refusals_admit(r, device, 1, 2));
	refusals_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_stands_behind),
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_list_goes_round),
		cmocka_unit_test(test_names),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
