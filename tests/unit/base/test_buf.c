/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#include "base/banned.h"

static void
fixed_space_fails_and_stays_failed(void **state)
{
	uint8_t space[4];
	struct buf b = buf_fixed(space, sizeof space);

	(void)state;
	buf_str(&b, "abcd");
	assert_int_equal(buf_error(&b), ERR_OK);
	buf_byte(&b, 'e');
	assert_int_equal(buf_error(&b), ERR_SPACE);
	assert_null(buf_text(&b));
	assert_true(span_is(buf_span(&b), "abcd"));
	buf_reset(&b);
	buf_printf(&b, "%s", "wxyz");
	assert_int_equal(buf_error(&b), ERR_OK);
	assert_true(span_is(buf_span(&b), "wxyz"));
}

static void
heap_grows_up_to_max(void **state)
{
	struct buf b = buf_heap(1000);

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_byte(&b, 'x');
	assert_int_equal(buf_error(&b), ERR_OK);
	assert_non_null(buf_text(&b)); /* the NUL does not count */
	assert_int_equal(strlen(buf_text(&b)), 1000);
	buf_byte(&b, 'x');
	assert_int_equal(buf_error(&b), ERR_SPACE);
	assert_int_equal(b.n, 1000);
	buf_free(&b);
	buf_str(&b, "again");
	assert_string_equal(buf_text(&b), "again");
	buf_free(&b);
}

static void
printf_prints_long_text(void **state)
{
	struct buf b = buf_heap(5000);

	(void)state;
	buf_printf(&b, "%01000d", 7);
	assert_int_equal(b.n, 1000);
	buf_printf(&b, "%04000d", 7);
	assert_int_equal(buf_error(&b), ERR_OK);
	assert_int_equal(b.n, 5000);
	buf_printf(&b, "%d", 7);
	assert_int_equal(buf_error(&b), ERR_SPACE);
	buf_free(&b);
}

static void
integers_are_big_endian(void **state)
{
	static const uint8_t want[] = { 1, 2, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7,
		8 };
	uint8_t space[sizeof want];
	struct buf b = buf_fixed(space, sizeof space);

	(void)state;
	buf_u16be(&b, 0x0102);
	buf_u32be(&b, 0x01020304);
	buf_u64be(&b, UINT64_C(0x0102030405060708));
	assert_int_equal(buf_error(&b), ERR_OK);
	assert_memory_equal(space, want, sizeof want);
}

static void
reserve_gives_space(void **state)
{
	struct buf b = buf_heap(8);
	uint8_t *p = buf_reserve(&b, 8);

	(void)state;
	assert_non_null(p);
	memset(p, 'r', 8);
	assert_true(span_is(buf_span(&b), "rrrrrrrr"));
	assert_null(buf_reserve(&b, 1));
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_free(&b);
	b = buf_heap(SIZE_MAX);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(buf_error(&b), ERR_SPACE);
	buf_free(&b);
	assert_non_null(buf_reserve(&b, 0));
	assert_string_equal(buf_text(&b), "");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_space_fails_and_stays_failed),
		cmocka_unit_test(heap_grows_up_to_max),
		cmocka_unit_test(printf_prints_long_text),
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(reserve_gives_space),
	};
	return cmocka_run_group_tests_name("base.buf", tests, NULL, NULL);
}
