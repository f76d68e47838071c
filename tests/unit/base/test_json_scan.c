/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json_scan.h"

#include "base/banned.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NODES 64

static struct json_node nodes[NODES];

static struct json_doc
doc_of(void)
{
	return (struct json_doc){ .nodes = nodes, .capacity = NODES };
}

static enum err
scan(struct json_doc *doc, const char *text)
{
	struct diag d;

	*doc = doc_of();
	enum err e = json_scan(doc, span_str(text), 8, &d);
	if (e != ERR_OK)
		assert_int_equal(d.code, e);
	return e;
}

static void
accepts(void **state)
{
	static const char *const good[] = { "null", "true", "false", "0", "-0",
		"12", "-1.5e+10", "1E5", "1e-5", "0.0", "\"\"", "[]", "{}",
		" [ 1 , [ ] , { } ] \n", "\t{\"a\":1,\"b\":{\"a\":2}}\r\n",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud83d\\ude00\"",
		"\"\xF0\x9F\x98\x80\xC3\xA9\"", "\"\\u0000\"", "\"\x7F\"",
		"\"\xEF\xBF\xBF\"", "\"\\uFFFF\"", "[[[[[[[[]]]]]]]]",
		"{\"a\":1,\"A\":2,\"\":3,\"a \":4}", "1e400",
		"\"long enough for eight bytes at once\"" };
	struct json_doc doc;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(scan(&doc, good[i]), ERR_OK);
}

static void
refuses_syntax(void **state)
{
	static const struct {
		const char *text;
		uint32_t at;
	} bad[] = { { "", 0 }, { " ", 1 }, { "nul", 3 }, { "nulL", 3 },
		{ "TRUE", 0 }, { "truex", 4 }, { "+1", 0 }, { "01", 1 },
		{ "1.", 2 }, { ".5", 0 }, { "-", 1 }, { "1e", 2 }, { "1e+", 3 },
		{ "0x1", 1 }, { "NaN", 0 }, { "Infinity", 0 }, { "\"", 1 },
		{ "\"a", 2 }, { "\"\\", 2 }, { "\"\\x\"", 2 },
		{ "\"\\u12\"", 2 }, { "\"\\u12G4\"", 2 }, { "\"\t\"", 1 },
		{ "\"12345678\n\"", 9 }, { "'a'", 0 }, { "[", 1 }, { "[1", 2 },
		{ "[1,", 3 }, { "[1,]", 3 }, { "[,1]", 1 }, { "[1 2]", 3 },
		{ "[1}", 2 }, { "{", 1 }, { "{\"a\"", 4 }, { "{\"a\"}", 4 },
		{ "{\"a\":", 5 }, { "{\"a\":}", 5 }, { "{\"a\":1", 6 },
		{ "{\"a\":1,}", 7 }, { "{\"a\":1]", 6 }, { "{a:1}", 1 },
		{ "{1:1}", 1 }, { "]", 0 }, { "}", 0 }, { "[] []", 3 },
		{ "{} x", 3 }, { "1 2", 2 }, { "[]]", 2 }, { "/* */1", 0 },
		{ "\xEF\xBB\xBF{}", 0 }, { "\xC3\xA9", 0 },
		{ "\"\\ud800\"", 2 }, { "\"\\udc00\"", 2 },
		{ "\"\\ud800\\u0041\"", 2 }, { "\"\\ud800\\ud800\"", 2 },
		{ "\"\\ud83dxx\"", 2 }, { "\v1", 0 },
		{ "\xC2\xA0"
		  "1",
		    0 },
		{ "{\"a\":1,\"a\":2}", 8 }, { "{\"a\":1,\"\\u0061\":2}", 8 },
		{ "{\"\":1,\"\":2}", 7 }, { "[{\"b\":{\"x\":1,\"x\":1}}]", 14 },
		{ "{\"\\n\":1,\"b\":2,\"\\u000A\":2}", 15 },
		{ "{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}", 19 } };
	struct json_doc doc;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(scan(&doc, bad[i].text), ERR_JSON);
		assert_int_equal(doc.error_at, bad[i].at);
	}
	doc = doc_of();
	assert_int_equal(
	    json_scan(&doc, span_of("[1]\0", 4), 8, NULL), ERR_JSON);
	assert_int_equal(
	    json_scan(&doc, span_of("\"a\0b\"", 5), 8, NULL), ERR_JSON);
	assert_int_equal(json_scan(&doc, SPAN_NONE, 8, NULL), ERR_JSON);
}

static void
refuses_bytes(void **state)
{
	static const char *const bad[] = { "\"\x80\"", "\"\xC0\x80\"",
		"\"\xED\xA0\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xE2\x82\"",
		"\"abcdefgh\xFFxyzabcd\"", "{\"\xC3\":1}", "\"\xC3" };
	struct json_doc doc;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(scan(&doc, bad[i]), ERR_UTF8);
}

static void
keeps_limits(void **state)
{
	struct json_doc doc;
	struct diag d;

	(void)state;
	assert_int_equal(scan(&doc, "[[[[[[[[[]]]]]]]]]"), ERR_LIMIT);
	assert_int_equal(scan(&doc, "{\"a\":[[[[[[[{}]]]]]]]}"), ERR_LIMIT);
	doc = (struct json_doc){ .nodes = nodes, .capacity = 3 };
	assert_int_equal(json_scan(&doc, span_str("[1,2]"), 8, &d), ERR_OK);
	assert_int_equal(
	    json_scan(&doc, span_str("[1,2,3]"), 8, &d), ERR_LIMIT);
	doc.capacity = 0;
	assert_int_equal(json_scan(&doc, span_str("1"), 8, &d), ERR_LIMIT);
	assert_int_equal(json_scan(&doc, span_str("[]"), 0, &d), ERR_LIMIT);
}

static void
names_offset_got_and_wanted(void **state)
{
	struct json_doc doc = doc_of();
	struct diag d;

	(void)state;
	assert_int_equal(json_scan(&doc, span_str("[1;"), 8, &d), ERR_JSON);
	assert_string_equal(
	    d.text, "json at byte 2: got ';', wanted ',' or ']'");
	assert_int_equal(json_scan(&doc, span_str("[1"), 8, &d), ERR_JSON);
	assert_string_equal(
	    d.text, "json at byte 2: got end of text, wanted more text");
	assert_int_equal(
	    json_scan(&doc, span_str("\"\x01\""), 8, &d), ERR_JSON);
	assert_non_null(strstr(d.text, "byte 01"));
}

static void
walks(void **state)
{
	struct json_doc doc;
	uint8_t space[16];
	struct span s;

	(void)state;
	assert_int_equal(
	    scan(&doc, "{\"a\":[1,{\"x\":null},3],\"b\\u0062\":\"q\\n\"}"),
	    ERR_OK);
	assert_int_equal(doc.count, 7);
	assert_int_equal(doc.nodes[JSON_ROOT].children, 2);
	assert_int_equal(doc.nodes[JSON_ROOT].parent, JSON_ROOT);
	uint32_t a = json_member(&doc, JSON_ROOT, "a");
	assert_int_equal(a, json_first(&doc, JSON_ROOT));
	assert_int_equal(json_type(&doc, a), JSON_ARRAY);
	assert_true(span_is(json_raw(&doc, a), "[1,{\"x\":null},3]"));
	assert_true(span_is(json_key_raw(&doc, a), "a"));
	uint32_t one = json_first(&doc, a), obj = doc.nodes[one].next;
	uint32_t three = doc.nodes[obj].next;
	assert_true(span_is(json_raw(&doc, three), "3"));
	assert_int_equal(doc.nodes[three].next, JSON_NONE);
	assert_int_equal(doc.nodes[three].parent, a);
	assert_int_equal(
	    json_type(&doc, json_member(&doc, obj, "x")), JSON_NULL);
	uint32_t b = json_member(&doc, JSON_ROOT, "bb");
	assert_int_not_equal(b, JSON_NONE);
	assert_true(doc.nodes[b].key_escaped && doc.nodes[b].escaped);
	assert_true(span_is(json_raw(&doc, b), "q\\n"));
	assert_true(json_string_is(&doc, b, "q\n"));
	assert_false(json_string_is(&doc, b, "q"));
	assert_false(json_string_is(&doc, b, "q\nx"));
	assert_false(json_string_is(&doc, a, "q"));
	assert_int_equal(json_string(&s, &doc, b, space, 2), ERR_OK);
	assert_true(span_is(s, "q\n"));
	assert_int_equal(json_string(&s, &doc, b, space, 1), ERR_SPACE);
	assert_int_equal(json_string(&s, &doc, a, space, 16), ERR_STATE);
	assert_int_equal(json_key(&s, &doc, b, space, 16), ERR_OK);
	assert_true(span_is(s, "bb"));
	assert_int_equal(json_key(&s, &doc, b, space, 1), ERR_SPACE);
	assert_int_equal(json_member(&doc, JSON_ROOT, "A"), JSON_NONE);
	assert_int_equal(json_member(&doc, a, "a"), JSON_NONE);
	assert_int_equal(json_first(&doc, three), JSON_NONE);
}

static void
unescapes(void **state)
{
	struct json_doc doc;
	uint8_t space[64];
	struct span s;

	(void)state;
	assert_int_equal(
	    scan(&doc,
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\u20ac\\ud83d\\ude00"
		"\\u0000z\""),
	    ERR_OK);
	assert_int_equal(
	    json_string(&s, &doc, JSON_ROOT, space, sizeof space), ERR_OK);
	assert_true(span_equal(
	    s, span_of("\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0z",
		   19)));
	assert_true(doc.nodes[0].has_nul);
	/* An unescaped string is a view of the input. */
	assert_int_equal(scan(&doc, "\"abc\""), ERR_OK);
	assert_int_equal(json_string(&s, &doc, JSON_ROOT, NULL, 0), ERR_OK);
	assert_ptr_equal(s.p, doc.text.p + 1);
	assert_false(doc.nodes[0].has_nul);
	assert_int_equal(scan(&doc, "{\"a\\u0000\":1,\"b\":2}"), ERR_OK);
	assert_true(doc.nodes[1].has_nul);
	assert_false(doc.nodes[2].has_nul);
}

static void
integers(void **state)
{
	static const struct {
		const char *text;
		int64_t v;
	} good[] = { { "0", 0 }, { "-0", 0 }, { "7", 7 }, { "-12", -12 },
		{ "9007199254740991", INT64_C(9007199254740991) },
		{ "-9007199254740991", INT64_C(-9007199254740991) } };
	static const char *const bad[] = { "1.0", "1e3", "9007199254740992",
		"-9007199254740992", "100000000000000000000000", "\"1\"",
		"null", "[]" };
	struct json_doc doc;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(scan(&doc, good[i].text), ERR_OK);
		assert_int_equal(json_int(&v, &doc, JSON_ROOT), ERR_OK);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(scan(&doc, bad[i]), ERR_OK);
		assert_int_equal(json_int(&v, &doc, JSON_ROOT), ERR_SCHEMA);
	}
}

/* RFC 6901 section 5. */
static void
pointers(void **state)
{
	struct json_doc doc;
	char out[64];

	(void)state;
	assert_int_equal(
	    scan(&doc, "{\"foo\":[\"bar\",[1,2]],\"\":0,\"a/b\":1,\"m~n\":8,"
		       "\"\\u00e9\":{\"x\":[]}}"),
	    ERR_OK);
	static const char *const want[] = { "", "/foo", "/foo/0", "/foo/1",
		"/foo/1/0", "/foo/1/1", "/", "/a~1b", "/m~0n", "/\xC3\xA9",
		"/\xC3\xA9/x" };
	assert_int_equal(doc.count, COUNT(want));
	for (uint32_t i = 0; i < doc.count; i++) {
		json_pointer(out, sizeof out, &doc, i);
		assert_string_equal(out, want[i]);
	}
	json_pointer(out, 8, &doc, 5);
	assert_string_equal(out, "/foo\xE2\x80\xA6");
	for (size_t cap = 0; cap < 16; cap++) {
		memset(out, '#', sizeof out);
		json_pointer(out, cap, &doc, 10);
		assert_int_equal(out[cap], '#');
		if (cap > 0)
			assert_true(strlen(out) < cap);
	}
}

/* An object of n members named by fmt, the last as given. */
static void
many(struct buf *b, unsigned n, const char *last)
{
	buf_reset(b);
	buf_str(b, "{");
	for (unsigned i = 0; i < n; i++)
		buf_printf(b, "\"name%05u\":%u,", i, i);
	buf_printf(b, "\"%s\":0}", last);
}

static void
many_members(void **state)
{
	const unsigned n = 20000;
	struct json_node *space = calloc(n + 2, sizeof *space);
	struct json_doc doc = { .nodes = space, .capacity = n + 2 };
	struct buf b = buf_heap(1 << 20);
	struct diag d;

	(void)state;
	many(&b, n, "other");
	assert_int_equal(json_scan(&doc, buf_span(&b), 8, &d), ERR_OK);
	many(&b, n, "name00777");
	assert_int_equal(json_scan(&doc, buf_span(&b), 8, &d), ERR_JSON);
	many(&b, n, "n\\u0061me00777");
	assert_int_equal(json_scan(&doc, buf_span(&b), 8, &d), ERR_JSON);
	for (unsigned few = 1; few < 40; few++) {
		many(&b, few, "nam\\u00650000");
		assert_int_equal(json_scan(&doc, buf_span(&b), 8, &d), ERR_OK);
		many(&b, few, "name00000");
		assert_int_equal(
		    json_scan(&doc, buf_span(&b), 8, &d), ERR_JSON);
	}
	buf_free(&b);
	free(space);
}

/* The scanner reads eight bytes at once: each special byte at each place. */
static void
every_alignment(void **state)
{
	char text[40];
	struct json_doc doc = doc_of();

	(void)state;
	for (unsigned byte = 1; byte < 256; byte++) {
		for (size_t at = 1; at < 20; at++) {
			memset(text, 'x', sizeof text);
			text[0] = text[21] = '"';
			text[at] = (char)byte;
			enum err want =
			    byte < 0x20 || byte == '"' || byte == '\\'
				? ERR_JSON
			    : byte < 0x80 ? ERR_OK
					  : ERR_UTF8;
			assert_int_equal(
			    json_scan(&doc, span_of(text, 22), 8, NULL), want);
			if (want != ERR_OK && byte != '"' && byte != '\\')
				assert_int_equal(doc.error_at, at);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses_syntax),
		cmocka_unit_test(refuses_bytes),
		cmocka_unit_test(keeps_limits),
		cmocka_unit_test(names_offset_got_and_wanted),
		cmocka_unit_test(walks),
		cmocka_unit_test(unescapes),
		cmocka_unit_test(integers),
		cmocka_unit_test(pointers),
		cmocka_unit_test(many_members),
		cmocka_unit_test(every_alignment),
	};
	return cmocka_run_group_tests_name("base.json_scan", tests, NULL, NULL);
}
