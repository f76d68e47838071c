/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

#define G "https://a/01/09506000134352"

static struct gs1_code code;

struct bad {
	const char *text;
	enum err e;
};

static void
test_good(void **state)
{
	static const char *const good[] = { G, G "/21/A", G "/22/B/10/C/21/D",
		G "/235/T?10=L", G "?17=280215&x=y&=z&", G "/21/A%2fB?98=x#f",
		"HTTP://a:80/stem/01/09506000134352",
		"https://[2001:db8::1]/00/106141412345678908",
		"https://a/414/9506000134352/254/1",
		"https://a/8003/09506000134352ABC" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct diag d = { 0 };

		if (gs1_read(&code, span_str(good[i]), &d) != ERR_OK)
			fail_msg("%s: %s", good[i], d.text);
		assert_int_equal(code.form, GS1_FORM_LINK);
	}
}

static void
test_order(void **state)
{
	(void)state;
	assert_int_equal(
	    gs1_read(&code, span_str(G "/10/C/21/D%20?17=280215"), NULL),
	    ERR_CHARSET);
	assert_int_equal(
	    gs1_read(&code, span_str(G "/10/C/21/D?17=280215"), NULL), ERR_OK);
	assert_int_equal(code.count, 4);
	assert_string_equal(code.ais[0].ai, "01");
	assert_string_equal(code.ais[3].ai, "17");
	/* The rightmost key wins. */
	assert_int_equal(
	    gs1_read(
		&code, span_str("https://a/00/x/01/09506000134352/21/A"), NULL),
	    ERR_OK);
	assert_string_equal(code.ais[0].ai, "01");
}

static void
test_bad(void **state)
{
	static const struct bad bad[] = {
		{ "https://u@a/01/09506000134352", ERR_SYNTAX },
		{ "https:///01/09506000134352", ERR_SYNTAX },
		{ "https://a", ERR_SYNTAX },
		{ "https://a/b", ERR_SYNTAX },
		{ "https://a/01/09506000134352 ", ERR_SYNTAX },
		{ "https://a/gtin/09506000134352", ERR_SYNTAX },
		{ "https://a/21/A/01/09506000134352/", ERR_SYNTAX },
		{ G "/", ERR_SYNTAX },
		{ G "/10/", ERR_SYNTAX },
		{ G "/21/A/10/B", ERR_SYNTAX },
		{ G "/10/A/235/B", ERR_SYNTAX },
		{ G "/10/A/10/A", ERR_SYNTAX },
		{ G "/99/A", ERR_SYNTAX },
		{ G "?10=L", ERR_SYNTAX },
		{ G "?21=L", ERR_SYNTAX },
		{ G "?235=L", ERR_SYNTAX },
		{ G "?17=", ERR_SYNTAX },
		{ G "?01=09506000134352", ERR_SYNTAX },
		{ G "?89=A", ERR_UNKNOWN_AI },
		{ G "?999=A", ERR_UNKNOWN_AI },
		{ G "?98=a+b", ERR_CHARSET },
		{ G "/21/%", ERR_SYNTAX },
		{ G "/21/%4", ERR_SYNTAX },
		{ G "/21/%4g", ERR_SYNTAX },
		{ G "/21/%00", ERR_SYNTAX },
		{ G "/21/123456789012345678901", ERR_LENGTH },
		{ "https://a/01/9506000134352", ERR_LENGTH },
		{ "https://a/01/09506000134353", ERR_CHECK_DIGIT },
		{ G "?255=9506000134352", ERR_SYNTAX },
		{ G "?17=281301", ERR_DATE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct diag d = { 0 };
		enum err e = gs1_read(&code, span_str(bad[i].text), &d);

		if (e != bad[i].e)
			fail_msg("%s: %s", bad[i].text, err_name(e));
		assert_int_equal(d.code, e);
		assert_true(code.error_at <= strlen(bad[i].text));
	}
}

static void
test_long_value(void **state)
{
	char text[256] = G "/21/";
	size_t n = strlen(text);

	(void)state;
	memset(text + n, 'A', 150);
	assert_int_equal(gs1_read(&code, span_str(text), NULL), ERR_LENGTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
