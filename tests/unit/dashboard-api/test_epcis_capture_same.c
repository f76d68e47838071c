/* SPDX-License-Identifier: Apache-2.0 */
/* When two events say the same (epcis.md 8.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "epcis_capture.h"

#include "base/banned.h"

static struct epcis_same *same;

static struct hash
digest_in(const char *event, const char *context)
{
	struct epcis_content c;
	struct diag d = { .text = "" };

	if (epcis_same_read(&c, same, span_str(event),
		context == NULL ? SPAN_NONE : span_str(context), &d) != ERR_OK)
		fail_msg("%s: %s", event, d.text);
	return c.digest;
}

static void
alike_in(const char *a, const char *in_a, const char *b, const char *in_b)
{
	struct hash x = digest_in(a, in_a), y = digest_in(b, in_b);

	if (!hash_equal(&x, &y))
		fail_msg("differ: %s and %s", a, b);
}

static void
alike(const char *a, const char *b)
{
	alike_in(a, NULL, b, NULL);
}

static void
unlike_in(const char *a, const char *in_a, const char *b, const char *in_b)
{
	struct hash x = digest_in(a, in_a), y = digest_in(b, in_b);

	if (hash_equal(&x, &y))
		fail_msg("alike: %s and %s", a, b);
}

static void
unlike(const char *a, const char *b)
{
	unlike_in(a, NULL, b, NULL);
}

static void
spelling_does_not_matter(void **state)
{
	(void)state;
	alike("{\"a\":1,\"b\":[true,null,\"x\"]}",
	    " { \"b\" : [ true , null , \"x\" ] , \"a\" : 1 } ");
	alike("{\"a\":\"caf\xc3\xa9/\"}", "{\"a\":\"caf\\u00e9\\/\"}");
	alike("{\"\\u0061\":{\"y\":1,\"x\":2}}", "{\"a\":{\"x\":2,\"y\":1}}");
	alike("{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}");
	alike("{}", " {\n}");
}

static void
numbers_are_decimals(void **state)
{
	static const char *const same_ones[] = { "{\"a\":1.5}", "{\"a\":1.50}",
		"{\"a\":15e-1}", "{\"a\":0.15E+1}", "{\"a\":150e-2}" };
	static const char *const others[] = { "{\"a\":-1.5}", "{\"a\":15}",
		"{\"a\":1.05}", "{\"a\":\"1.5\"}", "{\"a\":1.5e1}",
		"{\"a\":1.50000000000000000000000000001}" };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		alike(same_ones[0], same_ones[i]);
	for (size_t i = 0; i < 6; i++)
		unlike(same_ones[0], others[i]);
	alike("{\"a\":0}", "{\"a\":-0.00e7}");
	alike("{\"a\":100}", "{\"a\":1e2}");
	alike("{\"a\":0.001}", "{\"a\":1e-3}");
	unlike("{\"a\":12345678901234567890}", "{\"a\":12345678901234567891}");
	unlike("{\"a\":1e999999999999999999}", "{\"a\":1e999999999999999998}");
}

static void
what_it_says_matters(void **state)
{
	(void)state;
	unlike("{\"a\":[1,2]}", "{\"a\":[2,1]}");
	unlike("{\"a\":[1,[2]]}", "{\"a\":[1,2]}");
	unlike("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1,\"c\":null}}");
	unlike("{\"a\":true}", "{\"a\":false}");
	unlike("{\"a\":null}", "{\"a\":\"0\"}");
	unlike("{\"a\":\"\"}", "{}");
	unlike("{\"a\":[]}", "{\"a\":{}}");
	unlike("{\"ab\":\"c\"}", "{\"a\":\"bc\"}");
	unlike("{\"a\":\"x\",\"b\":\"y\"}", "{\"a\":\"y\",\"b\":\"x\"}");
}

/* The first name of all, before any other has made room. */
static void
a_name_may_be_empty(void **state)
{
	struct epcis_same *before = same;
	struct diag d;
	struct epcis_content c;

	(void)state;
	assert_int_equal(epcis_same_new(&same), ERR_OK);
	assert_int_equal(
	    epcis_same_read(&c, same, span_str("{\"\":2}"), SPAN_NONE, &d),
	    ERR_OK);
	unlike("{\"\":2}", "{\"\":3}");
	unlike("{\"\":2}", "{\"a\":2}");
	unlike("{\"\":{\"\":2}}", "{\"\":2}");
	epcis_same_free(same);
	same = before;
}

static void
the_ledgers_own_and_contexts_do_not(void **state)
{
	(void)state;
	alike("{\"a\":1,\"recordTime\":\"2026-01-01T00:00:00Z\"}", "{\"a\":1}");
	alike("{\"a\":1,\"@context\":\"https://c.example\"}", "{\"a\":1}");
	/* only of the event itself */
	unlike("{\"a\":{\"recordTime\":1}}", "{\"a\":{}}");
	unlike("{\"eventID\":\"x:1\"}", "{\"eventID\":\"x:2\"}");
}

static void
a_prefix_is_its_meaning(void **state)
{
	static const char one[] = "{\"ex\":\"https://e.example/\"}";
	static const char other[] =
	    "[\"https://c.example\",{\"q\":{\"@id\":\"https://e.example/\"}}]";

	(void)state;
	alike_in("{\"ex:a\":1}", one, "{\"q:a\":1}", other);
	alike_in("{\"ex:a\":{\"ex:b\":1}}", one,
	    "{\"@context\":{\"z\":\"https://e.example/\"},"
	    "\"z:a\":{\"z:b\":1}}",
	    NULL);
	unlike_in("{\"ex:a\":1}", one, "{\"ex:a\":1}", NULL);
	unlike_in("{\"ex:a\":1}", one, "{\"ex:a\":1}",
	    "{\"ex\":\"https://other.example/\"}");
	/* the event's own comes first */
	alike_in("{\"@context\":{\"ex\":\"https://o.example/\"},\"ex:a\":1}",
	    one, "{\"ex:a\":1}", "{\"ex\":\"https://o.example/\"}");
	/* a value is what it is */
	unlike_in("{\"a\":\"ex:a\"}", one, "{\"a\":\"q:a\"}", other);
}

static void
identifier_and_declaration_are_told(void **state)
{
	struct epcis_content c;
	struct diag d;

	(void)state;
	assert_int_equal(
	    epcis_same_read(&c, same,
		span_str("{\"eventID\":\"x:\\u0061\",\"errorDeclaration\":{}}"),
		SPAN_NONE, &d),
	    ERR_OK);
	assert_true(span_is(c.id, "x:a"));
	assert_true(c.declares);
	assert_int_equal(
	    epcis_same_read(&c, same, span_str("{}"), SPAN_NONE, &d), ERR_OK);
	assert_int_equal(c.id.n, 0);
	assert_false(c.declares);
}

static void
what_is_no_event_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "7", "{} {}",
		"{\"a\":1,\"a\":2}" };
	struct epcis_content c;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    epcis_same_read(&c, same, span_str(bad[i]), SPAN_NONE, &d),
		    ERR_JSON);
	assert_int_equal(
	    epcis_same_read(&c, same, span_str("{}"), span_str("{"), &d),
	    ERR_JSON);
}

static int
setup(void **state)
{
	(void)state;
	return epcis_same_new(&same) == ERR_OK ? 0 : 1;
}

static int
teardown(void **state)
{
	(void)state;
	epcis_same_free(same);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelling_does_not_matter),
		cmocka_unit_test(numbers_are_decimals),
		cmocka_unit_test(what_it_says_matters),
		cmocka_unit_test(a_name_may_be_empty),
		cmocka_unit_test(the_ledgers_own_and_contexts_do_not),
		cmocka_unit_test(a_prefix_is_its_meaning),
		cmocka_unit_test(identifier_and_declaration_are_told),
		cmocka_unit_test(what_is_no_event_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
