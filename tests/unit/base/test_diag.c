/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/span.h"
#include "base/text.h"

#include "base/banned.h"

static void
tells_code_clause_text(void **state)
{
	struct diag d;

	(void)state;
	enum err e = diag_fail(&d, ERR_GAP, "formats 1.5", "seq: got %d", 7);
	assert_int_equal(e, ERR_GAP);
	assert_int_equal(d.code, ERR_GAP);
	assert_string_equal(d.clause, "formats 1.5");
	assert_string_equal(d.text, "seq: got 7");
	diag_clear(&d);
	assert_int_equal(d.code, ERR_OK);
	assert_string_equal(d.text, "");
}

static void
null_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(diag_fail(NULL, ERR_IO, "", "%s", "x"), ERR_IO);
	diag_clear(NULL);
}

static void
long_text_is_cut_between_characters(void **state)
{
	struct diag d;
	char text[600];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'a', shift);
		for (size_t i = shift; i + 3 < sizeof text; i += 3)
			memcpy(text + i, "\xE2\x82\xAC", 3);
		text[597] = '\0';
		diag_fail(&d, ERR_IO, "", "%s", text);
		assert_true(strlen(d.text) > sizeof d.text - 5);
		assert_true(utf8_valid(span_str(d.text)));
	}
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	diag_fail(&d, ERR_IO, text, "%s", text);
	assert_int_equal(strlen(d.text), sizeof d.text - 1);
	assert_int_equal(strlen(d.clause), sizeof d.clause - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_code_clause_text),
		cmocka_unit_test(null_is_accepted),
		cmocka_unit_test(long_text_is_cut_between_characters),
	};
	return cmocka_run_group_tests_name("base.diag", tests, NULL, NULL);
}
