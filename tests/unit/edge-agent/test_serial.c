/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"

#include "serial.h"

#include "base/banned.h"

#define MANY 20000

static char serials[MANY][SERIAL_CHARS + 1];

static int
order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Every character but the first is one of 32, about equally often; no serial
 * comes twice. */
static void
test_serials(void **state)
{
	unsigned seen[256] = { 0 }, kinds = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		serial_make(serials[i]);
		assert_int_equal(strlen(serials[i]), SERIAL_CHARS);
		assert_int_not_equal(serials[i][0], '0');
		for (unsigned c = 1; c < SERIAL_CHARS; c++)
			seen[(unsigned char)serials[i][c]]++;
	}
	for (unsigned c = 0; c < 256; c++) {
		if (seen[c] == 0)
			continue;
		kinds++;
		assert_true((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
		/* 11,875 expected, standard deviation 107 */
		assert_in_range(seen[c], 11000, 12750);
	}
	assert_int_equal(kinds, 32);
	assert_int_equal(seen['I'] + seen['L'] + seen['O'] + seen['U'], 0);
	qsort(serials, MANY, sizeof(serials[0]), order);
	for (unsigned i = 1; i < MANY; i++)
		assert_string_not_equal(serials[i - 1], serials[i]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serials),
	};
	return crypto_start() != ERR_OK ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
