/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"

#include "base/banned.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct json *
parse(const char *text)
{
	struct json *tree = NULL;
	struct diag d;

	assert_int_equal(json_parse(&tree, span_str(text), &d), ERR_OK);
	assert_non_null(tree);
	return tree;
}

static void
walks(void **state)
{
	struct json *t =
	    parse(" {\"a\":[1,\"two\",null],\"B\":{},\"b\":\"\\u00e9\"} ");

	(void)state;
	assert_true(json_is_object(t));
	assert_false(json_is_array(t));
	assert_int_equal(json_count(t), 3);
	assert_string_equal(json_name_at(t, 1), "B");
	assert_null(json_name_at(t, 3));
	const struct json *a = json_get(t, "a");
	assert_true(json_is_array(a));
	assert_int_equal(json_count(a), 3);
	assert_string_equal(json_text(json_at(a, 1)), "two");
	assert_null(json_text(json_at(a, 0)));
	assert_null(json_at(a, 3));
	assert_null(json_get(a, "a"));
	assert_null(json_get(t, "A"));
	assert_null(json_get(NULL, "A"));
	assert_null(json_text(NULL));
	assert_int_equal(json_count(NULL), 0);
	assert_false(json_is_object(NULL));
	/* Case counts. */
	assert_true(json_is_object(json_get(t, "B")));
	assert_string_equal(json_text(json_get(t, "b")), "\xC3\xA9");
	json_free(t);
	json_free(NULL);
}

static void
getters(void **state)
{
	struct json *t = parse("{\"s\":\"x\",\"i\":9007199254740991,\"n\":null,"
			       "\"f\":1.5,\"big\":9007199254740993,"
			       "\"huge\":1e400,\"neg\":-5}");
	const char *text = NULL;
	struct diag d;
	int64_t v = 0;

	(void)state;
	assert_int_equal(json_get_text(&text, t, "s", &d), ERR_OK);
	assert_string_equal(text, "x");
	assert_int_equal(json_get_int(&v, t, "i", &d), ERR_OK);
	assert_true(v == INT64_C(9007199254740991));
	assert_int_equal(json_get_int(&v, t, "neg", &d), ERR_OK);
	assert_true(v == -5);
	assert_int_equal(json_get_text(&text, t, "i", &d), ERR_SCHEMA);
	assert_string_equal(d.text, "member i: got a number, wanted a string");
	assert_int_equal(json_get_text(&text, t, "none", &d), ERR_SCHEMA);
	assert_string_equal(
	    d.text, "member none: got nothing, wanted a string");
	static const char *const no_int[] = { "s", "n", "f", "big", "huge",
		"none" };
	for (size_t i = 0; i < COUNT(no_int); i++)
		assert_int_equal(
		    json_get_int(&v, t, no_int[i], &d), ERR_SCHEMA);
	text = "kept";
	v = 42;
	assert_int_equal(json_opt_text(&text, t, "none", &d), ERR_OK);
	assert_string_equal(text, "kept");
	assert_int_equal(json_opt_int(&v, t, "none", &d), ERR_OK);
	assert_true(v == 42);
	assert_int_equal(json_opt_text(&text, t, "n", &d), ERR_SCHEMA);
	assert_int_equal(json_opt_int(&v, t, "n", &d), ERR_SCHEMA);
	assert_int_equal(json_opt_int(&v, t, "i", &d), ERR_OK);
	json_free(t);
}

static void
refuses(void **state)
{
	static const struct {
		const char *text;
		enum err code;
	} bad[] = { { "", ERR_JSON }, { "{} ", ERR_OK }, { "{}x", ERR_JSON },
		{ "{\"a\":1,\"a\":1}", ERR_JSON }, { "[01]", ERR_JSON },
		{ "[\"\\u0000\"]", ERR_JSON }, { "{\"\\u0000\":1}", ERR_JSON },
		{ "[\"\xFF\"]", ERR_UTF8 }, { "[\"\\ud800\"]", ERR_JSON } };
	struct json *t = NULL;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(
		    json_parse(&t, span_str(bad[i].text), &d), bad[i].code);
		json_free(t);
		t = NULL;
	}
}

static void
limits(void **state)
{
	struct buf b = buf_heap(JSON_TREE_BYTES + 1);
	struct json *t = NULL;
	struct diag d;

	(void)state;
	for (int i = 0; i < JSON_TREE_DEPTH; i++)
		buf_byte(&b, '[');
	for (int i = 0; i < JSON_TREE_DEPTH; i++)
		buf_byte(&b, ']');
	assert_int_equal(json_parse(&t, buf_span(&b), &d), ERR_OK);
	json_free(t);
	buf_reset(&b);
	for (int i = 0; i <= JSON_TREE_DEPTH; i++)
		buf_byte(&b, '[');
	assert_int_equal(json_parse(&t, buf_span(&b), &d), ERR_LIMIT);
	buf_reset(&b);
	buf_str(&b, "[");
	while (b.n < JSON_TREE_BYTES - 2)
		buf_str(&b, "1,");
	buf_str(&b, "1]");
	assert_int_equal(b.n, JSON_TREE_BYTES + 1);
	assert_int_equal(json_parse(&t, buf_span(&b), &d), ERR_TOO_LARGE);
	b.p[JSON_TREE_BYTES - 1] = ' ';
	b.p[JSON_TREE_BYTES - 2] = ']';
	b.n = JSON_TREE_BYTES;
	assert_int_equal(json_parse(&t, buf_span(&b), &d), ERR_OK);
	json_free(t);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks),
		cmocka_unit_test(getters),
		cmocka_unit_test(refuses),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests_name("base.json", tests, NULL, NULL);
}
