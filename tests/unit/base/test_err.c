/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include "base/banned.h"

/* formats 3.3: the words that travel in receipts. */
static void
receipt_words(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR_BAD_ENCODING), "bad_encoding");
	assert_string_equal(err_name(ERR_BAD_SIGNATURE), "bad_signature");
	assert_string_equal(err_name(ERR_UNKNOWN_DEVICE), "unknown_device");
	assert_string_equal(err_name(ERR_REVOKED), "revoked");
	assert_string_equal(err_name(ERR_EPOCH), "epoch");
	assert_string_equal(err_name(ERR_FORK), "fork");
	assert_string_equal(err_name(ERR_GAP), "gap");
	assert_string_equal(err_name(ERR_SCHEMA), "schema");
	assert_string_equal(err_name(ERR_FORBIDDEN), "forbidden");
	assert_string_equal(err_name(ERR_TOO_LARGE), "too_large");
	assert_string_equal(err_name(ERR_SUSPENDED), "suspended");
}

static void
each_code_has_name_and_advice(void **state)
{
	(void)state;
	static const int counts[] = { 1, 3, 15, 10, 6, 6, 0, 0, 0, 3 };
	for (int hundred = 0; hundred < 10; hundred++) {
		for (int i = 0; i < counts[hundred]; i++) {
			enum err e = (enum err)(hundred * 100 + i);
			assert_string_not_equal(err_name(e), "unknown");
			assert_true(err_advice(e)[0] != '\0');
			assert_int_equal(err_category(e), hundred * 100);
		}
		enum err none = (enum err)(hundred * 100 + counts[hundred]);
		assert_string_equal(err_name(none), "unknown");
		assert_non_null(err_advice(none));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipt_words),
		cmocka_unit_test(each_code_has_name_and_advice),
	};
	return cmocka_run_group_tests_name("base.err", tests, NULL, NULL);
}
