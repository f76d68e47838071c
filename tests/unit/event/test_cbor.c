/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

#include "event/cbor.h"

#include "base/banned.h"

enum read { UINT, INT, BYTES, TEXT, ARRAY, MAP, TAG };

struct bad {
	const char *hex;
	enum read read;
	const char *why;
	size_t at;
};

static struct span
bytes_of(uint8_t *space, size_t cap, const char *hex)
{
	size_t n = 0;

	assert_int_equal(hex_parse(space, cap, &n, span_str(hex)), ERR_OK);
	return span_of(space, n);
}

static void
read_one(struct cbor *c, enum read read)
{
	switch (read) {
	case UINT:
		assert_int_equal(cbor_uint(c), 0);
		break;
	case INT:
		assert_int_equal(cbor_int(c), 0);
		break;
	case BYTES:
		assert_int_equal(cbor_bytes(c).n, 0);
		break;
	case TEXT:
		assert_int_equal(cbor_text(c).n, 0);
		break;
	case ARRAY:
		assert_int_equal(cbor_array(c), 0);
		break;
	case MAP:
		assert_int_equal(cbor_map(c), 0);
		break;
	case TAG:
		assert_int_equal(cbor_tag(c), 0);
		break;
	}
}

static void
refused(const struct bad *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t space[64];
		struct cbor c;

		cbor_init(&c, bytes_of(space, sizeof(space), rows[i].hex));
		read_one(&c, rows[i].read);
		if (c.failed != ERR_BAD_ENCODING ||
		    strcmp(c.why, rows[i].why) != 0 ||
		    c.failed_at != rows[i].at)
			fail_msg("%s: got %s at %zu, wanted %s at %zu",
			    rows[i].hex, c.why ? c.why : "no failure",
			    c.failed_at, rows[i].why, rows[i].at);
		assert_int_equal(cbor_done(&c), ERR_BAD_ENCODING);
		assert_int_equal(cbor_peek(&c), 8);
	}
}

#define REFUSED(rows) refused(rows, sizeof(rows) / sizeof((rows)[0]))

static void
test_shortest_form(void **state)
{
	static const char why[] = "wanted the shortest form";
	static const struct bad rows[] = {
		{ "1800", UINT, why, 0 },
		{ "1817", UINT, why, 0 },
		{ "190000", UINT, why, 0 },
		{ "1900ff", UINT, why, 0 },
		{ "1a00000000", UINT, why, 0 },
		{ "1a0000ffff", UINT, why, 0 },
		{ "1b0000000000000000", UINT, why, 0 },
		{ "1b00000000ffffffff", UINT, why, 0 },
		{ "3807", INT, why, 0 },
		{ "3900ff", INT, why, 0 },
		{ "580161", BYTES, why, 0 },
		{ "59000161", BYTES, why, 0 },
		{ "5a0000000161", BYTES, why, 0 },
		{ "5b000000000000000161", BYTES, why, 0 },
		{ "780161", TEXT, why, 0 },
		{ "980100", ARRAY, why, 0 },
		{ "b8010000", MAP, why, 0 },
		{ "d812", TAG, why, 0 },
	};

	(void)state;
	REFUSED(rows);
}

static void
test_indefinite_and_reserved(void **state)
{
	static const char open[] = "wanted a definite length";
	static const char form[] = "wanted an assigned length form";
	static const struct bad rows[] = {
		{ "5f4161ff", BYTES, open, 0 },
		{ "7f6161ff", TEXT, open, 0 },
		{ "9f00ff", ARRAY, open, 0 },
		{ "bf0000ff", MAP, open, 0 },
		{ "1f", UINT, open, 0 },
		{ "1c", UINT, form, 0 },
		{ "5d", BYTES, form, 0 },
		{ "7e", TEXT, form, 0 },
		{ "9c", ARRAY, form, 0 },
		{ "bd", MAP, form, 0 },
		{ "de", TAG, form, 0 },
	};

	(void)state;
	REFUSED(rows);
}

static void
test_lengths_beyond_the_input(void **state)
{
	static const char cut[] = "wanted the rest of a length or number";
	static const char bytes[] = "wanted as many bytes as the length says";
	static const char items[] = "wanted as many items as the count says";
	static const struct bad rows[] = {
		{ "18", UINT, cut, 0 },
		{ "19ff", UINT, cut, 0 },
		{ "1affffff", UINT, cut, 0 },
		{ "1bffffffffffffff", UINT, cut, 0 },
		{ "41", BYTES, bytes, 0 },
		{ "5affffffff", BYTES, bytes, 0 },
		{ "5b7fffffffffffffff", BYTES, bytes, 0 },
		{ "5bffffffffffffffff", BYTES, bytes, 0 },
		{ "7bffffffffffffffff61", TEXT, bytes, 0 },
		{ "81", ARRAY, items, 0 },
		{ "9bffffffffffffffff00", ARRAY, items, 0 },
		{ "a100", MAP, items, 0 },
		{ "bb80000000000000010000", MAP, items, 0 },
	};

	(void)state;
	REFUSED(rows);
}

static void
test_types(void **state)
{
	static const struct bad rows[] = {
		{ "", UINT, "wanted an unsigned integer", 0 },
		{ "20", UINT, "wanted an unsigned integer", 0 },
		{ "40", INT, "wanted an integer", 0 },
		{ "60", BYTES, "wanted a byte string", 0 },
		{ "40", TEXT, "wanted a text string", 0 },
		{ "a0", ARRAY, "wanted an array", 0 },
		{ "80", MAP, "wanted a map", 0 },
		{ "f6", TAG, "wanted a tag", 0 },
		{ "1b8000000000000000", INT, "wanted an integer of 63 bits",
		    0 },
		{ "3b8000000000000000", INT, "wanted an integer of 63 bits",
		    0 },
		{ "61ff", TEXT, "wanted valid UTF-8", 0 },
		{ "62c080", TEXT, "wanted valid UTF-8", 0 },
		{ "63eda080", TEXT, "wanted valid UTF-8", 0 },
	};

	(void)state;
	REFUSED(rows);
}

static void
test_first_failure_sticks(void **state)
{
	uint8_t space[8];
	struct cbor c;

	(void)state;
	cbor_init(&c, bytes_of(space, sizeof(space), "016161f6"));
	assert_int_equal(cbor_uint(&c), 1);
	assert_int_equal(cbor_text(&c).n, 1);
	cbor_fail(&c, "wanted b");
	assert_int_equal(c.failed_at, 1);
	assert_string_equal(cbor_got(&c), "a text string");
	assert_int_equal(cbor_map(&c), 0);
	cbor_end(&c);
	assert_string_equal(c.why, "wanted b");
}

static void
test_trailing_bytes(void **state)
{
	uint8_t space[8];
	struct cbor c;

	(void)state;
	cbor_init(&c, bytes_of(space, sizeof(space), "00f4"));
	assert_int_equal(cbor_uint(&c), 0);
	assert_int_equal(c.failed, ERR_OK);
	assert_int_equal(cbor_done(&c), ERR_BAD_ENCODING);
	cbor_end(&c);
	assert_int_equal(c.failed_at, 1);
	assert_string_equal(cbor_got(&c), "a simple value or float");
	cbor_init(&c, SPAN_NONE);
	assert_int_equal(cbor_done(&c), ERR_OK);
	assert_int_equal(cbor_uint(&c), 0);
	assert_string_equal(cbor_got(&c), "the end of input");
}

/* RFC 8949 appendix A, those of our types. */
static void
test_rfc_examples(void **state)
{
	static const struct {
		uint64_t v;
		const char *hex;
	} rows[] = {
		{ 0, "00" },
		{ 10, "0a" },
		{ 23, "17" },
		{ 24, "1818" },
		{ 100, "1864" },
		{ 255, "18ff" },
		{ 256, "190100" },
		{ 1000, "1903e8" },
		{ 65535, "19ffff" },
		{ 65536, "1a00010000" },
		{ 1000000, "1a000f4240" },
		{ 4294967295, "1affffffff" },
		{ 4294967296, "1b0000000100000000" },
		{ 1000000000000, "1b000000e8d4a51000" },
		{ UINT64_MAX, "1bffffffffffffffff" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t space[16], printed[16];
		struct span want = bytes_of(space, sizeof(space), rows[i].hex);
		struct buf b = buf_fixed(printed, sizeof(printed));
		struct cbor c;

		cbor_init(&c, want);
		assert_true(cbor_uint(&c) == rows[i].v);
		assert_int_equal(cbor_done(&c), ERR_OK);
		cbor_put_uint(&b, rows[i].v);
		assert_true(span_equal(buf_span(&b), want));
		assert_int_equal(cbor_head_size(rows[i].v), want.n);
	}
}

static void
test_negative(void **state)
{
	static const int64_t rows[] = { -1, -8, -24, -25, -256, -257, -1000,
		INT64_MIN, INT64_MAX, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t space[16];
		struct buf b = buf_fixed(space, sizeof(space));
		struct cbor c;

		cbor_put_int(&b, rows[i]);
		cbor_init(&c, buf_span(&b));
		assert_true(cbor_int(&c) == rows[i]);
		assert_int_equal(cbor_done(&c), ERR_OK);
	}
}

static void
test_all_kinds(void **state)
{
	uint8_t space[64];
	struct buf b = buf_fixed(space, sizeof(space));
	struct cbor c;

	(void)state;
	cbor_put_tag(&b, 18);
	cbor_put_array(&b, 3);
	cbor_put_map(&b, 1);
	cbor_put_int(&b, -8);
	cbor_put_text(&b, span_str("\xc3\xbc"));
	cbor_put_bytes(&b, SPAN_NONE);
	cbor_put_uint(&b, 7);
	assert_int_equal(buf_error(&b), ERR_OK);
	cbor_init(&c, buf_span(&b));
	assert_int_equal(cbor_peek(&c), 6);
	assert_int_equal(cbor_tag(&c), 18);
	assert_int_equal(cbor_array(&c), 3);
	assert_int_equal(cbor_map(&c), 1);
	assert_int_equal(cbor_int(&c), -8);
	assert_true(span_is(cbor_text(&c), "\xc3\xbc"));
	assert_int_equal(cbor_bytes(&c).n, 0);
	assert_int_equal(cbor_uint(&c), 7);
	assert_int_equal(cbor_peek(&c), 8);
	assert_int_equal(cbor_done(&c), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortest_form),
		cmocka_unit_test(test_indefinite_and_reserved),
		cmocka_unit_test(test_lengths_beyond_the_input),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_first_failure_sticks),
		cmocka_unit_test(test_trailing_bytes),
		cmocka_unit_test(test_rfc_examples),
		cmocka_unit_test(test_negative),
		cmocka_unit_test(test_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
