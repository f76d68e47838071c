/* SPDX-License-Identifier: Apache-2.0 */
/* formats 7.1, 7.2, 7.4: each check says no, where, and for which clause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundle_faults.h"

#include "base/banned.h"

#define PLACE "https://id.gs1.org/414/9506000111117"

static struct bworld *world; /* the story, honest */
static struct policy *both;

static int
prepare(void **state)
{
	(void)state;
	world = bw_new();
	bw_registry(world, "before");
	bw_story(world);
	bw_seal(world);
	both = bw_policy(world, "both");
	return 0;
}

static int
cleanup(void **state)
{
	(void)state;
	policy_free(both);
	bw_free(world);
	return 0;
}

static struct bundle_result
verify(struct buf *b)
{
	struct bundle_result r;

	assert_int_equal(bundle_verify(&r, buf_span(b), both), ERR_OK);
	buf_free(b);
	return r;
}

static void
says_no(struct buf b, enum bundle_check check, const char *where)
{
	struct bundle_result r = verify(&b);

	assert_int_equal(r.outcome, BUNDLE_NOT_PROVEN);
	assert_true(r.failed);
	if (r.check != check)
		fail_msg("got %s at %s: %s", bundle_check_word(r.check),
		    r.where, r.detail);
	assert_false(r.map_witnessed);
	assert_int_not_equal(r.clause[0], '\0');
	assert_int_not_equal(r.detail[0], '\0');
	if (where[0] != '*' && strcmp(r.where, where) != 0)
		fail_msg(
		    "where: got %s, wanted %s: %s", r.where, where, r.detail);
}

static void
test_each(void **state)
{
	static const char *const where[BUNDLE_CHECKS] = {
		[BUNDLE_FORM] = "",
		[BUNDLE_NOTE] = "checkpoint",
		[BUNDLE_QUORUM] = "checkpoint",
		[BUNDLE_GENESIS] = "genesis",
		[BUNDLE_EPOCH] = "epoch",
		[BUNDLE_MAP] = "subjects[0]",
		[BUNDLE_LIST] = "*",
		[BUNDLE_SIGNATURE] = "subjects[0].entries[5]",
		[BUNDLE_AUTHORITY] = "*",
		[BUNDLE_SUBJECTS_MISSING] = "subjects",
		[BUNDLE_VERDICT] = "verdict",
	};

	(void)state;
	for (int i = 0; i < BUNDLE_CHECKS; i++) {
		const char *quorum;
		struct buf b = bf_fault((enum bundle_check)i, &quorum);
		struct policy *p = bw_policy(world, quorum);
		struct bundle_result r;

		assert_int_equal(bundle_verify(&r, buf_span(&b), p), ERR_OK);
		if (!r.failed || r.check != (enum bundle_check)i)
			fail_msg("%s: got %s at %s: %s",
			    bundle_check_word((enum bundle_check)i),
			    bundle_check_word(r.check), r.where, r.detail);
		assert_int_equal(r.outcome, BUNDLE_NOT_PROVEN);
		assert_int_not_equal(r.clause[0], '\0');
		if (where[i][0] != '*')
			assert_string_equal(r.where, where[i]);
		policy_free(p);
		buf_free(&b);
	}
}

/* ---- form ---- */
static void
test_form(void **state)
{
	static const struct {
		const char *after, *from, *to, *where;
	} bad[] = {
		{ "", "{", "[{", "" }, /* no JSON any more */
		{ "", "{", " ", "" },
		{ "", "bundle/v1", "bundle/v2", "countermark" },
		{ "", "\"origin\"", "\"Origin\"", "" },
		{ "", "{\"countermark\"", "{\"a\":1,\"countermark\"", "" },
		{ "", "{\"countermark\"", "{\"verdict\":1,\"countermark\"",
		    "" },
		{ "", "\"log.example/goods\"", "1", "origin" },
		{ "", "\"checkpoint\":\"", "\"checkpoint\":1,\"x\":\"", "" },
		{ "\"genesis\"", "\"entry\":\"", "\"entry\":\"*",
		    "genesis.entry" },
		{ "\"genesis\"", "\"entry\":\"", "\"entry\":\"\\u0041AAA",
		    "genesis.entry" },
		{ "\"genesis\"", "\"path\":[", "\"path\":[1,", "genesis.path" },
		{ "\"genesis\"", "\"path\":[\"", "\"path\":[\"A",
		    "genesis.path" },
		{ "\"genesis\"",
		    "\"path\":", "\"more\":1,\"path\":", "genesis" },
		{ "\"epoch\"", "\"index\":", "\"index\":-", "epoch.index" },
		{ "\"epoch\"", "\"index\":",
		    "\"index\":9007199254740992,\"x\":", "epoch" },
		{ "\"epoch\"", "\"index\":", "\"Index\":", "epoch" },
		{ "\"subjects\"", ":[", ":{\"a\":[", "" },
		{ "\"subjects\"", ":[{", ":[1,{", "subjects[0]" },
		{ "\"subjects\"",
		    "\"subject\":", "\"Subject\":", "subjects[0]" },
		{ "\"subjects\"", "\"present\":true", "\"present\":1",
		    "subjects[0]" },
		{ "\"subjects\"", "\"present\":true", "\"present\":false",
		    "subjects[0]" },
		{ "\"subjects\"", "\"present\":false", "\"present\":true",
		    "*" },
		{ "\"subjects\"", "\"present\":true",
		    "\"present\":true,\"z\":null", "subjects[0]" },
		{ "\"subjects\"", "\"present\":true",
		    "\"present\":true,\"n\":300", "subjects[0]" },
		{ "\"subjects\"", "\"entries\":[", "\"entries\":[1,",
		    "subjects[0].entries[0]" },
		{ "\"subjects\"", "\"entries\":[{", "\"entries\":[{},{",
		    "subjects[0].entries[0]" },
		{ "\"entries\"", "\"index\":", "\"index\":1e1,\"x\":",
		    "subjects[0].entries[0].index" },
		{ "\"entries\"", "\"index\":", "\"index\":9999999,\"x\":",
		    "subjects[0].entries[0]" },
		{ "\"entries\"", "\"entry\":\"", "\"entry\":\"A",
		    "subjects[0].entries[0].entry" },
		{ "\"entries\"", "\"entry\":\"", "\"entry\":\"\",\"x\":\"",
		    "subjects[0].entries[0]" },
		{ "\"entries\"", "\"entry\":\"", "\"leaf\":\"",
		    "subjects[0].entries[0].leaf" },
		{ "\"map\"", "[[", "[[300,\"\"],[", "subjects[0].map" },
		{ "\"map\"", "[[", "[[-0,\"\"],[", "subjects[0].map" },
		{ "\"map\"", "[[", "[1,[", "subjects[0].map" },
		{ "\"map\"", "[[", "[[],[", "subjects[0].map" },
		{ "\"other\"", "\"key\"", "\"Key\"", "*" },
		{ "\"other\"", "{\"key\":\"", "{\"key\":\"A", "*" },
		{ "\"other\"", "{\"key\":\"", "{\"x\":1,\"key\":\"", "*" },
		{ "\"other\"", "{", "[{", "" },
		{ "\"question\"", "\"code\":\"", "\"code\":\"\\u0000",
		    "question.code" },
		{ "\"question\"", "\"at\":", "\"at\":0", "" },
		{ "\"question\"", "\"at\":", "\"at\":-", "question.at" },
		{ "\"question\"", "\"at\":", "\"at\":1.5,\"x\":", "question" },
		{ "\"question\"", "\"country\":\"\"", "\"country\":\"de\"",
		    "question.country" },
		{ "\"question\"", "\"country\":\"\"", "\"country\":\"DEU\"",
		    "question.country" },
		{ "\"question\"", "\"country\":\"\"", "\"country\":null",
		    "question.country" },
		{ "\"question\"", "\"sightings\":0", "\"sightings\":\"0\"",
		    "question.sightings" },
		{ "\"verdict\"", "\"genuine_code_only\"", "\"Genuine\"",
		    "verdict" },
		{ "\"verdict\"", "\"genuine_code_only\"", "\"\"", "verdict" },
		{ "\"verdict\"", "\"genuine_code_only\"", "1", "verdict" },
		{ "\"findings\"", "[", "{\"a\":[", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = bw_bundle(world, BW_ITEM);
		struct bundle_result r;

		b = bf_replace(b, bad[i].after, bad[i].from, bad[i].to);
		r = verify(&b);
		if (!r.failed || r.check != BUNDLE_FORM)
			fail_msg("%s -> %s: got %s at %s: %s", bad[i].from,
			    bad[i].to, bundle_check_word(r.check), r.where,
			    r.detail);
		if (bad[i].where[0] != '*' &&
		    strcmp(r.where, bad[i].where) != 0)
			fail_msg("%s: got %s, wanted %s", bad[i].to, r.where,
			    bad[i].where);
	}
}

static void
test_form_limits(void **state)
{
	struct buf b = buf_heap(2 * BUNDLE_MAX);

	(void)state;
	says_no(b, BUNDLE_FORM, ""); /* empty */
	b = buf_heap(2 * BUNDLE_MAX);
	for (size_t i = 0; i <= BUNDLE_MAX; i++)
		buf_byte(&b, ' ');
	says_no(b, BUNDLE_FORM, "");
	b = buf_heap(2 * BUNDLE_MAX);
	buf_byte(&b, '[');
	for (size_t i = 0; i < 1200000; i++)
		buf_str(&b, "1,");
	buf_str(&b, "1]");
	says_no(b, BUNDLE_FORM, "");
}

/* Bytes stand once, at the first mention. */
static void
test_twice(void **state)
{
	struct buf one = buf_heap(BUNDLE_MAX);

	(void)state;
	assert_int_equal(
	    bundle_subject(&one, span_str(BW_CASE), &world->source, NULL),
	    ERR_OK);
	/* The subject is there already. */
	says_no(bf_add_subject(bw_bundle(world, BW_ITEM), buf_span(&one)),
	    BUNDLE_FORM, "*");
	buf_free(&one);
}

/* ---- authority ---- */
typedef void (*spoil_fn)(struct bworld *w);

static void
device_op(struct bworld *w, enum bw_who who, const char *op, int64_t from)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"device\",\"id\":\"till-1\",\"op\":\"%s\","
	    "\"from\":%lld}",
	    op, (long long)from);
	(void)bw_put(w, who, CONTENT_IS_REGISTRY, text);
}

static void
sell(struct bworld *w)
{
	(void)bw_object(w, BW_SHOP, BW_ITEM, "OBSERVE", "storing", PLACE);
}

static void
revoked(struct bworld *w)
{
	device_op(w, BW_AUTHORITY, "end", w->now_ms);
	sell(w);
}

static void
revoked_later(struct bworld *w)
{
	device_op(w, BW_AUTHORITY, "end", w->now_ms + 1000000000);
	sell(w);
}

static void
revoked_since(struct bworld *w)
{
	/* From the next statement of the authority on it is past. */
	device_op(w, BW_AUTHORITY, "end", w->now_ms + 90000);
	sell(w);
	(void)bw_put(w, BW_AUTHORITY, CONTENT_IS_REGISTRY,
	    "{\"type\":\"recall\",\"id\":\"r\",\"op\":\"set\",\"from\":1,"
	    "\"gtin\":\"" BW_GTIN "\",\"lots\":[\"none\"]}");
	sell(w);
}

static void
suspended(struct bworld *w)
{
	device_op(w, BW_SERVICE, "suspend", 1);
	sell(w);
}

static void
not_enrolled(struct bworld *w)
{
	struct buf b = buf_heap(ENTRY_MAX);
	struct claims c = { .iss = span_str("did:web:log.example:device:x"),
		.sub = span_str("x"),
		.epoch = 1,
		.seq = 1 };
	struct statement s;

	assert_int_equal(
	    statement_parse(&s, buf_span(&w->entries[w->count - 1]), NULL),
	    ERR_OK);
	assert_int_equal(statement_make(&b, &c, CONTENT_IS_PRODUCT, s.payload,
			     &w->keys[BW_SPARE], NULL),
	    ERR_OK);
	(void)bw_raw(w, buf_span(&b));
	buf_free(&b);
}

static void
other_key(struct bworld *w)
{
	(void)bw_put_with(w, BW_SHOP, BW_SPARE, CONTENT_IS_REGISTRY,
	    "{\"type\":\"goods\",\"id\":\"" BW_GTIN "\",\"op\":\"end\","
	    "\"from\":1,\"gtin\":\"" BW_GTIN "\"}");
}

static void
epoch_not_open(struct bworld *w)
{
	w->epoch[BW_SHOP] = 2;
	sell(w);
}

/* Not a statement that the log may hold under that subject at all. */
static struct bundle_result
with(spoil_fn spoil)
{
	struct bworld *w = bw_new();
	struct buf b;

	bw_registry(w, "before");
	bw_story(w);
	spoil(w);
	bw_seal(w);
	b = bw_bundle(w, BW_ITEM);
	bw_free(w);
	return verify(&b);
}

static void
test_authority(void **state)
{
	static const struct {
		spoil_fn spoil;
		const char *says;
	} bad[] = {
		{ revoked, "is revoked by entry" },
		{ revoked_since, "is revoked by entry" },
		{ suspended, "is suspended by entry" },
		{ not_enrolled, "not the enrolled device" },
		{ other_key, "kid is not the key" },
		{ epoch_not_open, "epoch of till-1" },
	};
	struct bundle_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = with(bad[i].spoil);
		assert_true(r.failed);
		assert_int_equal(r.check, BUNDLE_AUTHORITY);
		if (strstr(r.detail, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].says, r.detail);
	}
	r = with(revoked_later);
	assert_false(r.failed);
}

/* ---- lists and ranges ---- */
static struct buf
lying(const char *omit, const char *extra)
{
	struct bworld *w = bw_new();
	struct buf b;

	bw_registry(w, "before");
	bw_story(w);
	w->omit = omit;
	w->extra = extra;
	w->lie_index = w->count;
	(void)bw_pack(w, BW_SHOP, "ADD", BW_CASE, BW_ITEM);
	bw_seal(w);
	b = bw_bundle(w, BW_ITEM);
	bw_free(w);
	return b;
}

static void
list_no(struct buf b, const char *says)
{
	struct bundle_result r = verify(&b);

	assert_true(r.failed);
	assert_int_equal(r.check, BUNDLE_LIST);
	if (strstr(r.detail, says) == NULL)
		fail_msg("%s: %s", says, r.detail);
}

static void
test_lists(void **state)
{
	struct buf b = lying(NULL, NULL);

	(void)state;
	assert_false(verify(&b).failed);
	list_no(lying(BW_CASE, NULL), "is not in its list");
	list_no(lying(NULL, BW_PALLET), "does not touch each subject");
	list_no(lying(NULL, "goods/" BW_GTIN), "does not touch each");
	/* A list that is not there at all. */
	list_no(lying(NULL, "goods/9506"), "does not touch each");
}

/* An entry behind the covered size is not for this map to speak of. */
static void
test_covered(void **state)
{
	struct bworld *w = bw_new();

	(void)state;
	bw_registry(w, "before");
	bw_story(w);
	bw_seal_covering(w, w->count - 1);
	list_no(bw_bundle(w, BW_ITEM), "the covered size");
	bw_free(w);
}

static void
test_previous_epoch(void **state)
{
	struct bworld *w = bw_new();

	(void)state;
	w->previous = 1;
	bw_seal(w);
	says_no(bw_bundle(w, BW_ITEM), BUNDLE_EPOCH, "epoch");
	bw_free(w);
}

#define HEART "registry/heartbeat/line-1"

static struct buf
ranged(unsigned beats, const char *subject)
{
	struct bworld *w = bw_new();
	struct buf b;

	bw_registry(w, "before");
	for (unsigned i = 0; i < beats; i++) {
		if (strcmp(subject, HEART) == 0)
			(void)bw_heartbeat(w, BW_LINE);
		else
			(void)bw_object(
			    w, BW_DOCK, subject, "OBSERVE", "storing", PLACE);
	}
	bw_story(w);
	bw_seal(w);
	b = bf_with_subject(bw_bundle(w, BW_ITEM), w, subject, BW_LINE);
	bw_free(w);
	return b;
}

static void
test_ranges(void **state)
{
	struct buf b = ranged(300, HEART);

	(void)state;
	assert_false(verify(&b).failed);
	/* The newest of anything else do not decide. */
	says_no(ranged(300, BW_OTHER), BUNDLE_SUBJECTS_MISSING, "subjects[0]");
	says_no(bf_replace(ranged(300, HEART), HEART, "\"n\":300", "\"n\":301"),
	    BUNDLE_MAP, "subjects[0]");
	says_no(bf_replace(ranged(300, HEART), HEART, "\"n\":300", "\"n\":299"),
	    BUNDLE_FORM, "subjects[0].first");
	says_no(bf_replace(ranged(300, HEART), HEART, "\"n\":300", "\"n\":256"),
	    BUNDLE_FORM, "subjects[0].n");
	says_no(bf_replace(ranged(300, HEART), HEART, "\"first\":284",
		    "\"first\":283"),
	    BUNDLE_MAP, "subjects[0]");
	says_no(bf_replace(ranged(300, HEART), HEART, "\"left\":[",
		    "\"left\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "=\","),
	    BUNDLE_MAP, "subjects[0]");
	says_no(bf_flip(ranged(300, HEART), HEART, "\"left\":[\""), BUNDLE_MAP,
	    "subjects[0]");
}

/* Both texts are of another log, or neither. */
static void
test_origin(void **state)
{
	(void)state;
	says_no(bf_replace(bw_bundle(world, BW_ITEM), "\"origin\"",
		    "log.example/goods", "log.example/other"),
	    BUNDLE_NOTE, "checkpoint");
}

static void
test_findings(void **state)
{
	static const struct {
		const char *from, *to;
	} bad[] = {
		{ "never_commissioned", "never_commission" },
		{ "\"identity\"", "\"integrity\"" },
		{ "\"hard\"", "\"soft\"" },
		{ "\"evidence\":[8]", "\"evidence\":[9]" },
		{ "\"evidence\":[8]", "\"evidence\":[]" },
		{ "\"evidence\":[8]", "\"evidence\":[-0]" },
		{ "\"evidence\":[8]", "\"evidence\":8" },
		{ "\"evidence\":[8]", "\"evidence\":[8],\"text\":\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		says_no(bf_replace(bw_bundle(world, BW_OTHER), "\"findings\"",
			    bad[i].from, bad[i].to),
		    BUNDLE_VERDICT, "findings[0]");
	says_no(
	    bf_replace(bw_bundle(world, BW_ITEM), "\"findings\"", "[", "[1"),
	    BUNDLE_VERDICT, "findings");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_form_limits),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_authority),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_previous_epoch),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests(tests, prepare, cleanup);
}
