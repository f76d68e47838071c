/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "provenance/verdict.h"

#include "story.h"

#include "base/banned.h"

/* 2026-11-25T12:00:00Z, a day after the stories' events. */
#define NOW INT64_C(1795608000000)

/* The verdict on a text as the API reaches it. */
static void
judge(struct answer *a, struct story *s, const char *text)
{
	struct verdict_question q = { .at_ms = NOW };
	struct buf subject = buf_heap(GS1_CANONICAL);
	struct custody *c = NULL;
	struct gs1_code code;
	struct diag d;

	diag_clear(&d);
	if (gs1_read(&code, span_str(text), &d) != ERR_OK) {
		verdict_unreadable(a, &d);
	} else {
		if (gs1_is_instance(&code)) {
			assert_int_equal(
			    gs1_canonical(&subject, &code), ERR_OK);
			assert_int_equal(
			    story_trace(&c, s, buf_text(&subject), &d), ERR_OK);
		}
		verdict_judge(a, &code, s->roster, c, &q);
	}
	custody_free(c);
	buf_free(&subject);
}

static void
is(const struct answer *a, enum verdict v, const char *finding, bool hard)
{
	assert_int_equal(a->verdict, v);
	assert_true(a->sentence[0] != '\0');
	assert_true(a->next[0] != '\0');
	assert_int_equal(a->finding_count, finding == NULL ? 0 : 1);
	if (finding == NULL)
		return;
	assert_string_equal(a->findings[0].code, finding);
	assert_int_equal(a->findings[0].hard, hard);
}

static void
test_genuine(void **state)
{
	struct story *s = *state;
	struct answer a;

	story_goods(s, "lumen", "before");
	(void)story_object(s, STORY_LUMEN, STORY_ITEM, "ADD", "commissioning");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_GENUINE_CODE_ONLY, NULL, false);
	judge(&a, s, "]d201" STORY_GTIN "21A1");
	is(&a, VERDICT_GENUINE_CODE_ONLY, NULL, false);
}

static void
test_commissioned_by_other(void **state)
{
	struct story *s = *state;
	struct answer a;
	unsigned i;

	story_goods(s, "lumen", "before");
	i = story_object(s, STORY_HARBOUR, STORY_ITEM, "ADD", "commissioning");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_GENUINE_CODE_ONLY, "commissioned_by_other", false);
	assert_int_equal(a.findings[0].evidence_count, 2);
	assert_int_equal(a.findings[0].evidence[0], i);
}

/* Goods by company prefix: the sentence names the item's own GTIN. */
static void
test_goods_by_prefix(void **state)
{
	struct story *s = *state;
	struct answer a;

	story_goods_of(s, "9506000", "lumen", "before");
	(void)story_object(s, STORY_LUMEN, STORY_ITEM, "ADD", "commissioning");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_GENUINE_CODE_ONLY, NULL, false);
	assert_non_null(strstr(a.sentence, "GTIN " STORY_GTIN " "));
}

static void
test_forged(void **state)
{
	struct story *s = *state;
	struct answer a;

	story_goods(s, "lumen", "before");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_FORGED, "never_commissioned", true);
}

static void
test_seen_but_never_made(void **state)
{
	struct story *s = *state;
	struct answer a;
	unsigned i;

	story_goods(s, "lumen", "before");
	i = story_object(s, STORY_HARBOUR, STORY_ITEM, "OBSERVE", "receiving");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_NOT_REGISTERED, "never_commissioned", false);
	assert_int_equal(a.findings[0].evidence[1], i);
}

static void
test_during(void **state)
{
	struct story *s = *state;
	struct answer a;

	story_goods(s, "lumen", "during");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_NOT_REGISTERED, "never_commissioned", false);
}

static void
test_unknown_here(void **state)
{
	struct story *s = *state;
	struct answer a;

	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_UNKNOWN_HERE, "gtin_not_connected", false);
	assert_int_equal(a.findings[0].evidence_count, 0);
	(void)story_object(s, STORY_LUMEN, STORY_ITEM, "ADD", "commissioning");
	judge(&a, s, STORY_ITEM);
	is(&a, VERDICT_UNKNOWN_HERE, "gtin_not_connected", false);
	assert_int_equal(a.findings[0].evidence_count, 1);
}

static void
test_container(void **state)
{
	struct story *s = *state;
	struct answer a;

	judge(&a, s, STORY_CASE);
	is(&a, VERDICT_UNKNOWN_HERE, NULL, false);
	(void)story_object(s, STORY_LUMEN, STORY_CASE, "OBSERVE", "shipping");
	judge(&a, s, STORY_CASE);
	is(&a, VERDICT_GENUINE_CODE_ONLY, NULL, false);
}

static void
test_unreadable(void **state)
{
	struct story *s = *state;
	struct answer a;

	judge(&a, s,
	    "]d20109506000134353"
	    "21A1");
	is(&a, VERDICT_UNREADABLE, "check_digit", false);
	judge(&a, s, "hello");
	assert_int_equal(a.verdict, VERDICT_UNREADABLE);
	judge(&a, s, STORY_GTIN);
	is(&a, VERDICT_UNREADABLE, NULL, false);
	assert_string_equal(a.next, "Scan the 2D code beside it.");
}

static void
test_words(void **state)
{
	static const char *const want[][2] = {
		{ "genuine_strong", "green" },
		{ "genuine_code_only", "green" },
		{ "unknown_here", "grey" },
		{ "not_registered", "amber" },
		{ "stale_offline", "grey" },
		{ "unreadable", "grey" },
		{ "data_mismatch", "amber" },
		{ "custody_gap", "amber" },
		{ "diverted", "amber" },
		{ "overrun", "amber" },
		{ "recalled", "amber" },
		{ "expired", "amber" },
		{ "already_used", "red" },
		{ "duplicate", "red" },
		{ "forged", "red" },
	};

	(void)state;
	for (unsigned i = 0; i < VERDICTS; i++) {
		assert_string_equal(verdict_word((enum verdict)i), want[i][0]);
		assert_string_equal(
		    verdict_colour((enum verdict)i), want[i][1]);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, story_setup, story_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_genuine),
		TEST(test_commissioned_by_other),
		TEST(test_goods_by_prefix),
		TEST(test_forged),
		TEST(test_seen_but_never_made),
		TEST(test_during),
		TEST(test_unknown_here),
		TEST(test_container),
		TEST(test_unreadable),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
