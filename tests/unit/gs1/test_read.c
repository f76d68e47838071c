/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

#define GS "\x1d"
#define GTIN "09506000134352"

/* Element strings, carriers, brackets, digits; own vectors with the check
 * digits worked out by hand from gs1.md 5.1. */

static struct gs1_code code;

static enum err
reading(const char *text, const char *says)
{
	struct diag d = { 0 };
	enum err e = gs1_read(&code, span_str(text), &d);

	if (e != ERR_OK) {
		assert_int_equal(d.code, e);
		assert_int_not_equal(code.cls, GS1_CLASS_NONE);
		assert_true(d.clause[0] != '\0');
	}
	if (says != NULL && strstr(d.text, says) == NULL)
		fail_msg("got: %s", d.text);
	return e;
}

static void
has(const char *ai, const char *value)
{
	assert_true(span_is(gs1_value(&code, ai), value));
}

static void
test_label(void **state)
{
	static const char *const texts[] = {
		"]d201" GTIN "1728021510LOT7" GS "21SER-1",
		"]C101" GTIN "1728021510LOT7" GS "21SER-1" GS,
		"]Q301" GTIN GS "1728021510LOT7" GS "21SER-1",
		"01" GTIN "1728021510LOT7" GS "21SER-1",
		"(01)" GTIN "(17)280215(10)LOT7(21)SER-1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(reading(texts[i], NULL), ERR_OK);
		assert_int_equal(code.count, 4);
		has("01", GTIN);
		has("17", "280215");
		has("10", "LOT7");
		has("21", "SER-1");
		assert_null(gs1_value(&code, "22").p);
	}
}

static void
test_forms(void **state)
{
	(void)state;
	assert_int_equal(reading("]d201" GTIN "21A", NULL), ERR_OK);
	assert_int_equal(code.form, GS1_FORM_ELEMENT);
	assert_string_equal(code.carrier, "]d2");
	assert_int_equal(reading("(01)" GTIN "(21)A\\(1", NULL), ERR_OK);
	assert_int_equal(code.form, GS1_FORM_BRACKETED);
	has("21", "A(1");
	assert_int_equal(reading("9506000134352", NULL), ERR_OK);
	assert_int_equal(code.form, GS1_FORM_DIGITS);
	has("01", GTIN);
	assert_int_equal(reading("02345673", NULL), ERR_OK);
	has("01", "00000002345673");
	assert_int_equal(reading("106141412345678908", NULL), ERR_OK);
	has("00", "106141412345678908");
	assert_int_equal(reading("]E09506000134352", NULL), ERR_OK);
	has("01", GTIN);
	assert_int_equal(
	    reading("]Q1https://id.gs1.org/01/" GTIN "/21/A", NULL), ERR_OK);
	assert_int_equal(code.form, GS1_FORM_LINK);
	assert_string_equal(code.carrier, "]Q1");
}

static void
test_composite(void **state)
{
	(void)state;
	assert_int_equal(
	    reading("]E09506000134352|]e010LOT" GS "21A", NULL), ERR_OK);
	assert_int_equal(code.count, 3);
	/* Two carriers on one pack that disagree: an error of the data. */
	assert_int_equal(
	    reading("]E09506000134352|]e00112345678901231", "merged"),
	    ERR_SYNTAX);
	assert_int_equal(code.cls, GS1_CLASS_DATA);
}

static void
test_syntax(void **state)
{
	(void)state;
	assert_int_equal(reading("", "empty"), ERR_SYNTAX);
	assert_int_equal(reading("]d2", "empty AI data"), ERR_SYNTAX);
	assert_int_equal(reading("]d2" GS "01" GTIN, "a GS"), ERR_SYNTAX);
	assert_int_equal(reading("]d210A" GS GS "21B", "a GS"), ERR_SYNTAX);
	assert_int_equal(reading("]d210A" GS "10B", "merged"), ERR_SYNTAX);
	assert_int_equal(reading("]d210A" GS "10A", NULL), ERR_OK);
	assert_int_equal(code.count, 1);
	assert_int_equal(reading("]d201" GTIN "02" GTIN, "pair"), ERR_SYNTAX);
	assert_int_equal(reading("]d201" GTIN "3100000001"
				 "3102000001",
			     "pair"),
	    ERR_SYNTAX);
	assert_int_equal(reading("]d28006" GTIN "0000", "piece"), ERR_SYNTAX);
	assert_int_equal(reading("]d28006" GTIN "0302", "piece"), ERR_SYNTAX);
	assert_int_equal(
	    reading("]d2800319506000134352", "0 in front"), ERR_SYNTAX);
	assert_int_equal(reading("]d280119" GS, NULL), ERR_OK);
	assert_int_equal(reading("]d2801109", "leading 0"), ERR_SYNTAX);
}

static void
test_length(void **state)
{
	(void)state;
	assert_int_equal(
	    reading("]d210ABCDEFGHIJKLMNOPQRSTU", "at most 20"), ERR_LENGTH);
	assert_int_equal(
	    reading("]d20195060001343" GS "10A", "wanted 14"), ERR_LENGTH);
	assert_int_equal(reading("]d2"
				 "10" GS "21A",
			     "no value"),
	    ERR_LENGTH);
	assert_int_equal(reading("]d2253950600013", "more"), ERR_LENGTH);
	assert_int_equal(reading("(10)", "more"), ERR_LENGTH);
}

static void
test_truncated(void **state)
{
	(void)state;
	assert_int_equal(reading("]d201950600013", NULL), ERR_TRUNCATED);
	assert_int_equal(reading("]d201" GTIN "10", NULL), ERR_TRUNCATED);
	assert_int_equal(
	    reading("]d201" GTIN "310", "inside the AI"), ERR_TRUNCATED);
	assert_int_equal(code.error_at, 19);
}

static void
test_content(void **state)
{
	(void)state;
	assert_int_equal(
	    reading("]d20109506000134353", "...2"), ERR_CHECK_DIGIT);
	assert_int_equal(reading("5012345678901", "...0"), ERR_CHECK_DIGIT);
	assert_int_equal(reading("]d28013ABCD", "pair"), ERR_CHECK_DIGIT);
	assert_int_equal(
	    reading("]d280131987654Ad4X4bL5ttr2310c2K", NULL), ERR_OK);
	assert_int_equal(reading("]d210A^B", "CSET 82"), ERR_CHARSET);
	assert_int_equal(reading("]d237A", "digits"), ERR_CHARSET);
	assert_int_equal(reading("]d28010123a", "CSET 39"), ERR_CHARSET);
	assert_int_equal(reading("]d28030a=", "base64url"), ERR_CHARSET);
	assert_int_equal(reading("]d28004ABCD1", "prefix"), ERR_CHARSET);
	assert_int_equal(reading("]d270401AB$", NULL), ERR_CHARSET);
	assert_int_equal(reading("]d27040"
				 "1AB(",
			     "last character"),
	    ERR_CHARSET);
	assert_int_equal(reading("]d217281315", "real YYMMDD"), ERR_DATE);
	assert_int_equal(reading("]d217280230", "real YYMMDD"), ERR_DATE);
	assert_int_equal(reading("]d217280229", NULL), ERR_OK);
	assert_int_equal(reading("]d217270229", NULL), ERR_DATE);
	assert_int_equal(reading("]d217280200", NULL), ERR_OK);
	assert_int_equal(reading("]d270032802002459", NULL), ERR_DATE);
	assert_int_equal(reading("]d270032802282459", "HHMM"), ERR_DATE);
	assert_int_equal(reading("]d270032802282359", NULL), ERR_OK);
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_int_equal(reading("]d214280101", "byte 3"), ERR_UNKNOWN_AI);
	assert_int_equal(reading("]d26", NULL), ERR_UNKNOWN_AI);
	assert_int_equal(reading("hello", NULL), ERR_UNKNOWN_AI);
	assert_int_equal(reading("(1)A", "brackets"), ERR_UNKNOWN_AI);
	assert_int_equal(reading("(01" GTIN, "brackets"), ERR_UNKNOWN_AI);
	assert_int_equal(code.error_at, 0);
}

static void
test_symbology(void **state)
{
	(void)state;
	assert_int_equal(reading("]D201" GTIN, "case_swapped"), ERR_SYMBOLOGY);
	assert_int_equal(
	    reading("]e09506000134352", "case_swapped"), ERR_SYMBOLOGY);
	assert_int_equal(
	    reading("]E001" GTIN "21A", "case_swapped"), ERR_SYMBOLOGY);
	assert_int_equal(
	    reading("]E0950600013435", "wrong_symbology"), ERR_SYMBOLOGY);
	assert_int_equal(
	    reading("]E09506000134353", "wrong_symbology"), ERR_CHECK_DIGIT);
	assert_int_equal(
	    reading("+d201" GTIN, "keyboard_layout"), ERR_SYMBOLOGY);
	assert_int_equal(reading("]d101" GTIN "21A", "no_fnc1"), ERR_SYMBOLOGY);
	assert_int_equal(reading("]Q1hello", "plain text"), ERR_UNSUPPORTED);
	assert_int_equal(reading("]X9123", "]X9"), ERR_UNSUPPORTED);
	assert_int_equal(reading("]", NULL), ERR_UNSUPPORTED);
	assert_int_equal(
	    reading("2C74257BF7194E4000001A85", "GDTI-96"), ERR_UNSUPPORTED);
	assert_int_equal(code.cls, GS1_CLASS_SCAN);
}

static void
test_gs_missing(void **state)
{
	(void)state;
	/* Lot and serial glued: too long as read. */
	assert_int_equal(reading("]d201" GTIN "10LOT-1234567890"
				 "21SERIAL-7654321",
			     "gs_missing"),
	    ERR_GS_MISSING);
	/* A lot that swallowed expiry and serial, and is valid as read. */
	assert_int_equal(reading("]d201" GTIN "10A1"
				 "17280215"
				 "21SER",
			     "gs_missing"),
	    ERR_GS_MISSING);
	/* No place for a GS makes this valid. */
	assert_int_equal(reading("]d201" GTIN "10A~B", NULL), ERR_CHARSET);
}

static void
test_too_large(void **state)
{
	static char text[GS1_TEXT + 2];

	(void)state;
	memset(text, 'A', GS1_TEXT + 1);
	assert_int_equal(reading(text, "2048"), ERR_TOO_LARGE);
}

static void
test_companions(void **state)
{
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(reading("]d221A", NULL), ERR_OK);
	assert_int_equal(gs1_companions(&code, &d), ERR_SYNTAX);
	assert_int_equal(reading("]d201" GTIN "21A", NULL), ERR_OK);
	assert_int_equal(gs1_companions(&code, &d), ERR_OK);
	assert_int_equal(
	    reading("]d2800309506000134352" GS "8030AB", NULL), ERR_OK);
	assert_int_equal(gs1_companions(&code, &d), ERR_SYNTAX);
	assert_int_equal(
	    reading("]d2800309506000134352X" GS "8030AB", NULL), ERR_OK);
	assert_int_equal(gs1_companions(&code, &d), ERR_OK);
}

static void
test_gtin(void **state)
{
	char out[15];

	(void)state;
	assert_int_equal(gs1_gtin14(out, span_str("02345673"), NULL), ERR_OK);
	assert_string_equal(out, "00000002345673");
	assert_int_equal(gs1_gtin14(out, span_str("123"), NULL), ERR_LENGTH);
	assert_int_equal(
	    gs1_gtin14(out, span_str("0234567A"), NULL), ERR_CHARSET);
	assert_int_equal(
	    gs1_gtin14(out, span_str("02345674"), NULL), ERR_CHECK_DIGIT);
	assert_int_equal(gs1_check_digit(span_str("0950600013435")), '2');
	assert_true(gs1_check_digit_ok(span_str(GTIN)));
	assert_false(gs1_check_digit_ok(span_str("2")));
}

static void
test_canonical(void **state)
{
	static const char *const cases[][2] = {
		{ "]d201" GTIN "10L" GS "21S/1",
		    "https://id.gs1.org/01/" GTIN "/21/S%2F1" },
		{ "]d201" GTIN "10L", "https://id.gs1.org/01/" GTIN "/10/L" },
		{ "]d201" GTIN "22V", "https://id.gs1.org/01/" GTIN },
		{ "]d200106141412345678908"
		  "400ORDER",
		    "https://id.gs1.org/00/106141412345678908" },
		{ "]d24149506000134352"
		  "254X",
		    "https://id.gs1.org/414/9506000134352/254/X" },
	};
	static const bool is_instance[] = { true, false, false, true, true };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char space[GS1_CANONICAL];
		struct buf out = buf_fixed(space, sizeof(space));

		assert_int_equal(reading(cases[i][0], NULL), ERR_OK);
		assert_int_equal(gs1_canonical(&out, &code), ERR_OK);
		assert_true(span_is(buf_span(&out), cases[i][1]));
		assert_int_equal(gs1_is_instance(&code), is_instance[i]);
	}
}

static void
test_canonical_none(void **state)
{
	char space[8];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(reading("]d210A", NULL), ERR_OK);
	assert_int_equal(gs1_canonical(&out, &code), ERR_SYNTAX);
	assert_false(gs1_is_instance(&code));
	assert_int_equal(reading("]d201" GTIN, NULL), ERR_OK);
	assert_int_equal(gs1_canonical(&out, &code), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_composite),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_symbology),
		cmocka_unit_test(test_gs_missing),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_companions),
		cmocka_unit_test(test_gtin),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_canonical_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
