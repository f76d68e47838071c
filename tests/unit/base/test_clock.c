/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#include "base/banned.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void
parses(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.001Z", 1 },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "2026-11-24T12:00:00.000Z", INT64_C(1795521600000) },
		{ "2026-11-24T13:30:00+01:30", INT64_C(1795521600000) },
		{ "2026-11-24T10:00:00-02:00", INT64_C(1795521600000) },
		{ "2026-11-24t12:00:00z", INT64_C(1795521600000) },
		{ "2026-11-24T12:00:00-00:00", INT64_C(1795521600000) },
		{ "2026-11-24T12:00:00.5Z", INT64_C(1795521600500) },
		{ "2026-11-24T12:00:00.1239999999999999999999Z",
		    INT64_C(1795521600123) },
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000) },
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200000) },
		{ "9999-12-31T23:59:59.999Z", INT64_C(253402300799999) },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    rfc3339_parse(&ms, span_str(rows[i].text)), ERR_OK);
		assert_true(ms == rows[i].ms);
	}
}

static void
refuses(void **state)
{
	static const char *const bad[] = { "", "2026-11-24",
		"2026-11-24T12:00:00", "2026-11-24T12:00Z",
		"2026-11-24 12:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-11-00T00:00:00Z", "2026-11-24T24:00:00Z",
		"2026-11-24T12:60:00Z", "2026-12-31T23:59:60Z",
		"2026-11-24T12:00:00.Z", "2026-11-24T12:00:00,5Z",
		"2026-11-24T12:00:00+24:00", "2026-11-24T12:00:00+01:60",
		"2026-11-24T12:00:00+0100", "2026-11-24T12:00:00+01",
		"2026-11-24T12:00:00Zx", " 2026-11-24T12:00:00Z",
		"26-11-24T12:00:00Z", "02026-11-24T12:00:00Z",
		"2026-1-24T12:00:00Z", "-026-11-24T12:00:00Z",
		"2026-11-24T12:00:00.1" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    rfc3339_parse(&ms, span_str(bad[i])), ERR_SYNTAX);
	assert_int_equal(
	    rfc3339_parse(&ms, span_of("2026-11-24T12:00:00\0", 20)),
	    ERR_SYNTAX);
}

static void
print_is_the_inverse(void **state)
{
	char text[RFC3339_CHARS + 1];
	int64_t back;

	(void)state;
	rfc3339_print(text, INT64_C(1795521600007));
	assert_string_equal(text, "2026-11-24T12:00:00.007Z");
	rfc3339_print(text, -1);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	/* Every day of four centuries, at an odd time of it. */
	for (int64_t day = -10957; day < 146097 - 10957; day++) {
		int64_t t = day * INT64_C(86400000) + 12345678;
		rfc3339_print(text, t);
		assert_int_equal(rfc3339_parse(&back, span_str(text)), ERR_OK);
		assert_true(back == t);
	}
}

static void
print_stays_inside(void **state)
{
	char text[RFC3339_CHARS + 1];

	(void)state;
	rfc3339_print(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	rfc3339_print(text, INT64_MIN);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static void
clocks_run(void **state)
{
	uint8_t boot[BOOT_BYTES], again[BOOT_BYTES];

	(void)state;
	assert_true(clock_wall_ms() > INT64_C(1700000000000));
	int64_t us = clock_mono_us();
	assert_true(us > 0 && clock_mono_us() >= us);
	assert_true(clock_mono_ms() >= us / 1000);
	clock_boot_id(boot);
	clock_boot_id(again);
	assert_memory_equal(boot, again, sizeof boot);
	assert_in_range(clock_quality(), 1, 2);
}

static void
again(void **state)
{
	(void)state;
	assert_int_equal(clock_again_ms(1000, 1500, 60000, 30), 61500);
	/* 3 s of 15 */
	assert_int_equal(clock_again_ms(1000, 4000, 10000, 5), 16000);
	assert_int_equal(clock_again_ms(1000, 1000, 7, 5), 1007);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(print_is_the_inverse),
		cmocka_unit_test(print_stays_inside),
		cmocka_unit_test(clocks_run),
		cmocka_unit_test(again),
	};
	return cmocka_run_group_tests_name("base.clock", tests, NULL, NULL);
}
