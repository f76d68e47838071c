/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "target.h"

#include "base/banned.h"

static struct target t;

static enum err
parse(const char *text)
{
	struct diag d;

	diag_clear(&d);
	return target_parse(&t, span_str(text), &d);
}

static void
test_path(void **state)
{
	(void)state;
	assert_int_equal(parse("/"), ERR_OK);
	assert_int_equal(t.segment_count, 1);
	assert_int_equal(t.segment[0].n, 0);
	assert_int_equal(parse("/v1/items/a%2Fb%20c+/history"), ERR_OK);
	assert_int_equal(t.segment_count, 4);
	assert_true(span_is(t.segment[2], "a/b c+"));
	assert_int_equal(parse("/a//b/"), ERR_OK);
	assert_int_equal(t.segment_count, 4);
	assert_int_equal(t.segment[1].n, 0);
	assert_int_equal(t.segment[3].n, 0);
}

static void
test_query(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("/v1/verify?code=%5Dd2%1D%2B+x&lang=en&empty=&bare"), ERR_OK);
	assert_int_equal(t.segment_count, 2);
	assert_int_equal(t.param_count, 4);
	assert_true(span_is(*target_value(&t, "code"), "]d2\x1d+ x"));
	assert_true(span_is(*target_value(&t, "lang"), "en"));
	assert_int_equal(target_value(&t, "empty")->n, 0);
	assert_int_equal(target_value(&t, "bare")->n, 0);
	assert_null(target_value(&t, "none"));
	assert_int_equal(parse("/a?b=c=d&e=f?g/h"), ERR_OK);
	assert_true(span_is(*target_value(&t, "b"), "c=d"));
	assert_true(span_is(*target_value(&t, "e"), "f?g/h"));
	assert_int_equal(parse("/a?"), ERR_OK);
	assert_int_equal(t.param_count, 0);
	/* raw bytes above 7f by their encoding only */
	assert_int_equal(parse("/a?b=%C3%A4"), ERR_OK);
	assert_int_equal(target_value(&t, "b")->n, 2);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", "*", "http://host/a", "/a%",
		"/a%2", "/a%zz", "/a%00b", "/a?b=%00", "/a?b=%0", "/a b",
		"/a\tb", "/\xc3\xa4", "/a?b=\x7f", "/a#b", "/a?b=1&b=2",
		"/a?=1", "/a?b=1&&c=2", "/a?b&%62" };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i]), ERR_SYNTAX);
}

static void
test_too_large(void **state)
{
	static char text[TARGET_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[0] = '/';
	assert_int_equal(parse(text), ERR_TOO_LARGE);
	text[TARGET_MAX] = '\0';
	assert_int_equal(parse(text), ERR_OK);
	memset(text, '/', TARGET_SEGMENTS + 1);
	text[TARGET_SEGMENTS] = '\0';
	assert_int_equal(parse(text), ERR_OK);
	text[TARGET_SEGMENTS] = '/';
	text[TARGET_SEGMENTS + 1] = '\0';
	assert_int_equal(parse(text), ERR_TOO_LARGE);
	/* one parameter more than there is room for */
	(void)snprintf(text, sizeof(text), "/?");
	for (unsigned i = 0; i <= TARGET_PARAMS; i++) {
		size_t n = strlen(text);

		(void)snprintf(
		    text + n, sizeof(text) - n, "%sp%u", i == 0 ? "" : "&", i);
		assert_int_equal(
		    parse(text), i < TARGET_PARAMS ? ERR_OK : ERR_TOO_LARGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
