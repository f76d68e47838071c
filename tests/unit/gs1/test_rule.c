/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

#define GS "\x1d"
#define G "09506000134352"
#define LINK "https://a/01/" G

/* gs1.md 11: the name, the place and the class of each failed reading. */
struct bad {
	const char *text;
	const char *rule;
	size_t at;
};

static const struct bad bad[] = {
	{ "", "empty", 0 },
	{ "]d2", "empty", 3 },
	{ "]d2" GS "01" G, "gs_extra", 3 },
	{ "]d210A" GS GS "21B", "gs_extra", 7 },
	{ "]d201095060" GS "00134352", "gs_extra", 11 },
	{ "]d201" G "10LOT-1234567890"
	  "21SERIAL-7654321",
	    "gs_missing", 35 },
	{ "]d201" G "10A" GS "10B", "merged", 25 },
	{ "]d201" G "21A]d201" G "21B", "merged", 22 },
	{ LINK "/21/A" LINK "/21/B", "merged", 32 },
	{ "]d2019506", "truncated", 5 },
	{ "]d201" G "310", "truncated", 19 },
	{ "]D201" G, "case_swapped", 0 },
	{ "]E001" G "21A", "case_swapped", 3 },
	{ "]e09506000134352", "case_swapped", 0 },
	{ "hTTPS://a/01/" G, "case_swapped", 0 },
	{ "+d201" G, "keyboard_layout", 0 },
	{ "https\xc3\x96--a-01-" G, "keyboard_layout", 5 },
	{ "httpM!!a!01!" G, "keyboard_layout", 4 },
	{ "]Q101" G "21A", "no_fnc1", 0 },
	{ "]E0950600013435", "wrong_symbology", 3 },
	{ "]E09506000134353", "wrong_symbology", 3 },
	{ "]Q1hello", "not_gs1", 3 },
	{ "]X9123", "not_gs1", 0 },
	{ "]", "not_gs1", 0 },
	{ "]d214280101", "unknown_ai", 3 },
	{ "(10)ABCDEFGHIJKLMNOPQRSTU", "length", 24 },
	{ "(10)A B", "charset", 5 },
	{ "(01)" G "(02)" G, "pair", 4 },
	{ "https://a/b", "dl_foreign", 10 },
	{ LINK "/10/", "dl_syntax", 31 },
	{ LINK "/21/A%2FB%20C", "charset", 36 },
	{ LINK "/21/A?17=281301", "date", 38 },
	{ LINK "?89=A", "unknown_ai", 28 },
	{ "urn:epc:id:none:1.2.3", "unsupported", 0 },
	{ "urn:epc:id:sgtin:9506000.01343.A", "syntax", 17 },
};

static struct gs1_code code;

static void
test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct diag d = { 0 };

		assert_int_not_equal(
		    gs1_read(&code, span_str(bad[i].text), &d), ERR_OK);
		if (strcmp(gs1_rule_name(code.rule), bad[i].rule) != 0 ||
		    code.error_at != bad[i].at)
			fail_msg("%s: %s at %zu: %s", bad[i].text,
			    gs1_rule_name(code.rule), code.error_at, d.text);
		assert_int_equal(code.cls, GS1_CLASS_SCAN);
	}
}

/* A reading that succeeds forgets what failed before. */
static void
test_forgets(void **state)
{
	(void)state;
	assert_int_equal(
	    gs1_read(&code, span_str("(3910)0001"), NULL), ERR_SYNTAX);
	assert_string_equal(code.check, "iso4217");
	assert_int_equal(gs1_read(&code, span_str("(10)A"), NULL), ERR_OK);
	assert_int_equal(code.rule, GS1_RULE_NONE);
	assert_null(code.check);
	assert_int_equal(code.cls, GS1_CLASS_NONE);
	/* Nor does one that fails for another reason keep the check. */
	assert_int_equal(
	    gs1_read(&code, span_str("(3910)0001"), NULL), ERR_SYNTAX);
	assert_int_equal(
	    gs1_read(&code, span_str("(1)"), NULL), ERR_UNKNOWN_AI);
	assert_null(code.check);
}

/* A proxy's link in the stem is no second code. */
static void
test_not_merged(void **state)
{
	(void)state;
	assert_int_equal(
	    gs1_read(&code, span_str("https://proxy/to/" LINK "/21/B"), NULL),
	    ERR_OK);
	assert_int_equal(
	    gs1_read(&code, span_str("https://a:80/x:://y/01/" G), NULL),
	    ERR_OK);
}

static void
test_classes(void **state)
{
	(void)state;
	assert_int_equal(gs1_read(&code, span_str("]d20109506000134353"), NULL),
	    ERR_CHECK_DIGIT);
	assert_int_equal(code.cls, GS1_CLASS_SCAN);
	assert_int_equal(gs1_class_of_two(&code), GS1_CLASS_DATA);
	assert_int_equal(
	    gs1_read(&code, span_str("]D201" G), NULL), ERR_SYMBOLOGY);
	assert_int_equal(gs1_class_of_two(&code), GS1_CLASS_SCAN);
	assert_int_equal(
	    gs1_read(
		&code, span_str("]E09506000134352|]e00112345678901231"), NULL),
	    ERR_SYNTAX);
	assert_int_equal(code.rule, GS1_RULE_MERGED);
	assert_int_equal(gs1_class_of_two(&code), GS1_CLASS_DATA);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(gs1_rule_name(GS1_RULE_NONE), "none");
	assert_string_equal(gs1_rule_name((enum gs1_rule)99), "none");
	assert_string_equal(gs1_rule_name(GS1_RULE_TOO_LARGE), "too_large");
	assert_string_equal(gs1_rule_name(GS1_RULE_CONTENT), "content");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_not_merged),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
