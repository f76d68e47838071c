/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#include "base/banned.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* RFC 4648 section 10. */
static const struct {
	const char *plain, *base64;
} rfc4648[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void
base64_vectors(void **state)
{
	char out[32];
	uint8_t back[32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(rfc4648); i++) {
		struct span plain = span_str(rfc4648[i].plain);
		base64_print(out, plain);
		assert_string_equal(out, rfc4648[i].base64);
		assert_int_equal(
		    base64_parse(back, sizeof back, &n, span_str(out)), ERR_OK);
		assert_true(span_equal(span_of(back, n), plain));
		struct buf b = buf_heap(64);
		base64_put(&b, plain);
		assert_string_equal(buf_text(&b), rfc4648[i].base64);
		buf_free(&b);
	}
}

static void
base64_refuses(void **state)
{
	static const char *const bad[] = { "Zg=", "Zg",
		"Z===", "====", "Zh==", "Zm9=", "Zm8 ", " Zm8", "Zg==\n",
		"Z-9v", "Z_9v", "Zg==Zg==", "Zg=a", "=g==" };
	uint8_t out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    base64_parse(out, sizeof out, &n, span_str(bad[i])),
		    ERR_SYNTAX);
	assert_int_equal(base64_parse(out, 2, &n, span_str("Zm9v")), ERR_SPACE);
	assert_int_equal(base64_parse(out, 2, &n, span_str("Zm8=")), ERR_OK);
}

static void
hex_both_ways(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x1F, 0xAB, 0xFF };
	char text[9];
	uint8_t out[4];
	size_t n;

	(void)state;
	hex_print(text, span_of(bytes, sizeof bytes));
	assert_string_equal(text, "001fabff");
	assert_int_equal(hex_parse(out, 4, &n, span_str("001FabFf")), ERR_OK);
	assert_memory_equal(out, bytes, 4);
	assert_int_equal(hex_parse(out, 4, &n, span_str("0")), ERR_SYNTAX);
	assert_int_equal(hex_parse(out, 4, &n, span_str("0g")), ERR_SYNTAX);
	assert_int_equal(hex_parse(out, 4, &n, span_str(" 0")), ERR_SYNTAX);
	assert_int_equal(hex_parse(out, 1, &n, span_str("0011")), ERR_SPACE);
}

/* draft-msporny-base58-03 section 5. */
static void
base58_vectors(void **state)
{
	static const struct {
		const char *plain, *base58;
	} rows[] = {
		{ "Hello World!", "2NEpo7TZRRrLZSi2U" },
		{ "The quick brown fox jumps over the lazy dog.",
		    "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk"
		    "6Z" },
		{ "", "" },
	};
	char out[96];
	uint8_t back[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span plain = span_str(rows[i].plain);
		assert_int_equal(base58_print(out, sizeof out, plain), ERR_OK);
		assert_string_equal(out, rows[i].base58);
		assert_int_equal(
		    base58_parse(back, sizeof back, &n, span_str(out)), ERR_OK);
		assert_true(span_equal(span_of(back, n), plain));
	}
	static const uint8_t zeros[] = { 0, 0, 0x28, 0x7F, 0xB4, 0xCD };
	assert_int_equal(
	    base58_print(out, sizeof out, span_of(zeros, sizeof zeros)),
	    ERR_OK);
	assert_string_equal(out, "11233QC4");
	assert_int_equal(
	    base58_parse(back, sizeof back, &n, span_str(out)), ERR_OK);
	assert_int_equal(n, sizeof zeros);
	assert_memory_equal(back, zeros, n);
}

/* did:key method specification, first Ed25519 example: ED 01 and the key. */
static void
base58_did_key(void **state)
{
	static const char text[] =
	    "6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH";
	uint8_t bytes[64];
	size_t n;
	char back[64];

	(void)state;
	assert_int_equal(
	    base58_parse(bytes, sizeof bytes, &n, span_str(text)), ERR_OK);
	assert_int_equal(n, 34);
	assert_int_equal(bytes[0], 0xED);
	assert_int_equal(bytes[1], 0x01);
	assert_int_equal(
	    base58_print(back, sizeof back, span_of(bytes, n)), ERR_OK);
	assert_string_equal(back, text);
}

static void
base58_refuses(void **state)
{
	static const char *const bad[] = { "0", "O", "I", "l", "2 ", "2\n",
		"+" };
	uint8_t bytes[65];
	char out[96], ones[92];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    base58_parse(bytes, sizeof bytes, &n, span_str(bad[i])),
		    ERR_SYNTAX);
	memset(bytes, 0xFF, sizeof bytes);
	assert_int_equal(
	    base58_print(out, sizeof out, span_of(bytes, 65)), ERR_LIMIT);
	assert_int_equal(
	    base58_print(out, sizeof out, span_of(bytes, 64)), ERR_OK);
	assert_int_equal(
	    base58_print(out, strlen(out), span_of(bytes, 64)), ERR_SPACE);
	assert_int_equal(base58_parse(bytes, 63, &n, span_str(out)), ERR_SPACE);
	memset(ones, 'z', sizeof ones - 1);
	ones[sizeof ones - 1] = '\0';
	assert_int_equal(
	    base58_parse(bytes, sizeof bytes, &n, span_str(ones)), ERR_SYNTAX);
	ones[90] = '\0';
	assert_int_equal(
	    base58_parse(bytes, sizeof bytes, &n, span_str(ones)), ERR_SYNTAX);
}

static void
u64_edges(void **state)
{
	static const char *const bad[] = { "", "+1", "-1", " 1", "1 ", "00",
		"01", "1x", "0x1" };
	uint64_t v;

	(void)state;
	assert_int_equal(u64_parse(&v, span_str("0"), 0), ERR_OK);
	assert_int_equal(v, 0);
	assert_int_equal(
	    u64_parse(&v, span_str("18446744073709551615"), UINT64_MAX),
	    ERR_OK);
	assert_true(v == UINT64_MAX);
	assert_int_equal(
	    u64_parse(&v, span_str("18446744073709551616"), UINT64_MAX),
	    ERR_LIMIT);
	assert_int_equal(u64_parse(&v, span_str("11"), 10), ERR_LIMIT);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    u64_parse(&v, span_str(bad[i]), 100), ERR_SYNTAX);
}

static void
utf8_table(void **state)
{
	static const char *const good[] = { "", "a", "\x7F", "\xC2\x80",
		"\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
		"\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF" };
	static const char *const bad[] = { "\x80", "\xC0\x80", "\xC1\xBF",
		"\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80",
		"\xED\xBF\xBF", "\xE2\x82", "\xE2\x28\xA1", "\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x98",
		"\xF0\x9F\x98\x41", "\xFE", "\xFF", "ok\xC3" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(utf8_valid(span_str(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(utf8_valid(span_str(bad[i])));
	assert_true(utf8_valid(span_of("a\0b", 3)));
}

static void
names(void **state)
{
	char text[65];

	(void)state;
	memset(text, 'a', 64);
	text[64] = '\0';
	assert_false(name_valid(span_str(text)));
	text[63] = '\0';
	assert_true(name_valid(span_str(text)));
	assert_true(name_valid(span_str("line-4")));
	assert_false(name_valid(span_str("")));
	assert_false(name_valid(span_str("Line")));
	assert_false(name_valid(span_str("a_b")));
	assert_false(name_valid(span_str("a.b")));
	assert_false(name_valid(span_of("a\0", 2)));
}

static void
percent_both_ways(void **state)
{
	struct buf b = buf_heap(100);

	(void)state;
	percent_put(&b, span_str("Az09-._~ /%\xC3\xA9+"));
	assert_string_equal(buf_text(&b), "Az09-._~%20%2F%25%C3%A9%2B");
	struct buf c = buf_heap(100);
	assert_int_equal(percent_parse(&c, buf_span(&b)), ERR_OK);
	assert_string_equal(buf_text(&c), "Az09-._~ /%\xC3\xA9+");
	static const char *const bad[] = { "%", "%2", "%2G", "%G2", "%00", "a%",
		"%%20" };
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_reset(&c);
		assert_int_equal(
		    percent_parse(&c, span_str(bad[i])), ERR_SYNTAX);
	}
	/* Once: %2541 is %41, not A. */
	buf_reset(&c);
	assert_int_equal(percent_parse(&c, span_str("%2541")), ERR_OK);
	assert_string_equal(buf_text(&c), "%41");
	uint8_t space[1];
	struct buf tiny = buf_fixed(space, 1);
	assert_int_equal(percent_parse(&tiny, span_str("ab")), ERR_SPACE);
	buf_free(&b);
	buf_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(base64_refuses),
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(base58_vectors),
		cmocka_unit_test(base58_did_key),
		cmocka_unit_test(base58_refuses),
		cmocka_unit_test(u64_edges),
		cmocka_unit_test(utf8_table),
		cmocka_unit_test(names),
		cmocka_unit_test(percent_both_ways),
	};
	return cmocka_run_group_tests_name("base.text", tests, NULL, NULL);
}
