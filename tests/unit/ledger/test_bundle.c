/* SPDX-License-Identifier: Apache-2.0 */
/* What a maker writes, a stranger believes; the answer is the full log's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundle_world.h"

#include "base/banned.h"

/* formats 7.3, 7.4 */

static struct bundle_result
verify(const struct bworld *w, const struct buf *b, const char *quorum)
{
	struct policy *p = bw_policy(w, quorum);
	struct bundle_result r;

	assert_int_equal(bundle_verify(&r, buf_span(b), p), ERR_OK);
	policy_free(p);
	return r;
}

static void
is(const struct bundle_result *r, enum bundle_outcome outcome,
    const char *verdict)
{
	if (r->failed)
		fail_msg("%s: %s, %s", bundle_check_word(r->check), r->where,
		    r->detail);
	assert_int_equal(r->outcome, outcome);
	assert_string_equal(r->verdict, verdict);
}

static size_t
count(const struct buf *b, const char *what)
{
	struct span s = buf_span(b);
	size_t n = 0;

	for (size_t i = 0; i + strlen(what) <= s.n; i++)
		n += span_starts(span_skip(s, i), what);
	return n;
}

static struct bworld *
world(void)
{
	struct bworld *w = bw_new();

	bw_registry(w, "before");
	bw_story(w);
	bw_seal(w);
	return w;
}

static void
test_genuine(void **state)
{
	struct bworld *w = world();
	struct buf b = bw_bundle(w, BW_ITEM);
	struct bundle_result r = verify(w, &b, "both");

	(void)state;
	is(&r, BUNDLE_GENUINE, "genuine_code_only");
	assert_true(r.map_witnessed);
	assert_false(r.withheld);
	assert_int_equal(r.as_of, w->head.covered);
	/* Each of ten events once, and what entitles its signer. */
	assert_int_equal(count(&b, "\"subject\":\"" BW_CASE "\""), 1);
	assert_int_equal(count(&b, "\"subject\":\"" BW_PALLET "\""), 1);
	assert_int_equal(count(&b, "\"registry/device/"), 5);
	assert_int_equal(count(&b, "\"registry/organisation/"), 3);
	assert_int_equal(count(&b, "\"goods/"), 10);
	assert_int_equal(count(&b, "device/did"), 0);
	(void)printf("bundle: %zu bytes, %zu subjects\n", b.n,
	    count(&b, "\"subject\":"));
	buf_free(&b);
	bw_free(w);
}

static void
test_absent(void **state)
{
	struct bworld *w = world();
	struct buf b = bw_bundle(w, BW_OTHER);
	struct bundle_result r = verify(w, &b, "both");

	(void)state;
	is(&r, BUNDLE_OTHERWISE, "forged");
	buf_free(&b);
	bw_free(w);
}

/* The bundle does not say who its map's witness is: the policy does. */
static void
test_map_witness(void **state)
{
	struct bworld *w = world();
	struct buf b = bw_bundle(w, BW_ITEM);
	struct policy *p;
	struct buf text = buf_heap(POLICY_BYTES), all;
	struct bundle_result r;
	char *map;

	(void)state;
	r = verify(w, &b, "none");
	is(&r, BUNDLE_GENUINE, "genuine_code_only");
	assert_true(r.map_witnessed); /* it stands on the note all the same */
	all = bw_policy_text(w, "none");
	map = strstr(buf_text(&all), "witness map ");
	assert_non_null(map);
	buf_put(&text, span_of(all.p, (size_t)((uint8_t *)map - all.p)));
	buf_str(&text, "quorum plain\n");
	assert_int_equal(policy_parse(&p, buf_span(&text), NULL), ERR_OK);
	assert_int_equal(bundle_verify(&r, buf_span(&b), p), ERR_OK);
	is(&r, BUNDLE_GENUINE, "genuine_code_only");
	assert_false(r.map_witnessed);
	policy_free(p);
	buf_free(&all);
	buf_free(&text);
	buf_free(&b);
	bw_free(w);
}

static void
test_withheld(void **state)
{
	struct bworld *w = world();
	struct buf b;
	struct bundle_result r;

	(void)state;
	w->hide = w->head.covered - 1;
	b = bw_bundle(w, BW_ITEM);
	r = verify(w, &b, "both");
	is(&r, BUNDLE_NOT_PROVEN, "genuine_code_only");
	assert_true(r.withheld);
	assert_int_equal(r.as_of, w->head.covered);
	buf_free(&b);
	bw_free(w);
}

static void
test_unreadable_and_class(void **state)
{
	struct bworld *w = world();
	struct buf b = bw_bundle(w, "https://example.com/x");
	struct bundle_result r = verify(w, &b, "both");

	(void)state;
	is(&r, BUNDLE_OTHERWISE, "unreadable");
	buf_free(&b);
	b = bw_bundle(w, "https://id.gs1.org/01/" BW_GTIN);
	r = verify(w, &b, "both");
	is(&r, BUNDLE_OTHERWISE, "unreadable");
	buf_free(&b);
	/* An element string with its separator, a lot and a serial. */
	b = bw_bundle(w, "]d201" BW_GTIN "10L/7\x1D"
			 "21A1B2C3D4E5");
	r = verify(w, &b, "both");
	assert_int_equal(r.failed, false);
	assert_int_equal(count(&b, "\"goods/" BW_GTIN "/L%2F7\""), 1);
	buf_free(&b);
	bw_free(w);
}

/* A container used again and again: more than 256 entries stand whole, for
 * any of them may decide. */
static void
test_long_list(void **state)
{
	struct bworld *w = bw_new();
	struct buf b;
	struct bundle_result r;

	(void)state;
	bw_registry(w, "before");
	for (unsigned i = 0; i < 300; i++)
		(void)bw_object(w, BW_DOCK, BW_CASE, "OBSERVE", "storing",
		    "https://id.gs1.org/414/9506000111117");
	bw_story(w);
	bw_seal(w);
	b = bw_bundle(w, BW_ITEM);
	r = verify(w, &b, "both");
	assert_false(r.failed);
	assert_int_equal(count(&b, "\"left\""), 0);
	buf_free(&b);
	b = buf_heap(BUNDLE_MAX);
	assert_int_equal(
	    bundle_subject(&b, span_str(BW_CASE), &w->source, NULL), ERR_OK);
	assert_int_equal(count(&b, "\"left\""), 1);
	assert_int_equal(count(&b, "\"entry\""), 16);
	buf_free(&b);
	bw_free(w);
}

static void
test_subject(void **state)
{
	struct bworld *w = world();
	struct buf b = buf_heap(BUNDLE_MAX);

	(void)state;
	assert_int_equal(
	    bundle_subject(&b, span_str("registry/device/x"), &w->source, NULL),
	    ERR_OK);
	assert_int_equal(count(&b, "\"present\":false"), 1);
	buf_reset(&b);
	w->hide = w->count - 2;
	assert_int_equal(
	    bundle_subject(&b, span_str(BW_ITEM), &w->source, NULL), ERR_OK);
	assert_int_equal(count(&b, "\"leaf\""), 1);
	buf_free(&b);
	bw_free(w);
}

static void
test_maker_fails(void **state)
{
	struct bworld *w = world();
	struct diag d;
	struct buf b;

	(void)state;
	w->fails = ERR_DB;
	assert_int_equal(bw_bundle_try(&b, w, BW_ITEM, &d), ERR_DB);
	buf_free(&b);
	assert_int_equal(
	    bundle_subject(&b, span_str(BW_ITEM), &w->source, &d), ERR_DB);
	buf_free(&b);
	w->fails = ERR_OK;
	w->head.genesis = span_str("x");
	assert_int_equal(bw_bundle_try(&b, w, BW_ITEM, &d), ERR_BAD_ENCODING);
	buf_free(&b);
	bw_free(w);
}

/* ---- the full roster gives the same answer ---- */
struct full {
	struct bworld *w;
	struct roster *roster;
};

static void
full_open(struct full *f, struct bworld *w)
{
	uint8_t authority[1][KEY_BYTES];
	struct roster_genesis g = { BW_HOST,
		(const uint8_t(*)[KEY_BYTES])authority, 1,
		w->keys[BW_SERVICE].pub };

	memcpy(authority[0], w->keys[BW_AUTHORITY].pub, KEY_BYTES);
	f->w = w;
	assert_int_equal(roster_new(&f->roster, &g), ERR_OK);
	for (uint64_t i = 0; i < w->head.covered; i++)
		assert_int_equal(
		    roster_replay(f->roster, i, buf_span(&w->entries[i])),
		    ERR_OK);
}

static void
same_answer(struct full *f, const char *code)
{
	struct custody_source source = { f->w, f->w->source.entries };
	struct gs1_code *read = malloc(sizeof(*read));
	struct buf subject = buf_heap(GS1_CANONICAL), b;
	struct custody *story;
	struct bundle_result r;
	struct answer a;

	assert_int_equal(gs1_read(read, span_str(code), NULL), ERR_OK);
	assert_int_equal(gs1_canonical(&subject, read), ERR_OK);
	assert_int_equal(custody_trace(&story, buf_span(&subject), f->roster,
			     BW_HOST, &source, NULL),
	    ERR_OK);
	verdict_judge(&a, read, f->roster, story,
	    &(struct verdict_question){ .at_ms = BW_AT });
	b = bw_bundle(f->w, code);
	r = verify(f->w, &b, "both");
	is(&r, r.outcome, verdict_word(a.verdict));
	assert_int_equal(count(&b, "\"severity\""), a.finding_count);
	custody_free(story);
	buf_free(&b);
	buf_free(&subject);
	free(read);
}

#define ITEM(serial) "https://id.gs1.org/01/" BW_GTIN "/21/" serial
#define PLACE "https://id.gs1.org/414/9506000111117"

static void
put_device_op(
    struct bworld *w, enum bw_who who, const char *name, const char *op)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"device\",\"id\":\"%s\",\"op\":\"%s\",\"from\":%lld}",
	    name, op, (long long)w->now_ms - 1);
	(void)bw_put(w, who, CONTENT_IS_REGISTRY, text);
}

static void
test_as_full_roster(void **state)
{
	static const char *const codes[] = { BW_ITEM, BW_OTHER, ITEM("S1"),
		ITEM("S2"), ITEM("S3"), ITEM("S4"), BW_CASE, BW_PALLET,
		"https://id.gs1.org/01/04012345678901/21/X",
		"https://id.gs1.org/00/095060000000000039" };
	struct bworld *w = bw_new();
	struct full f;

	(void)state;
	bw_registry(w, "before");
	(void)bw_object(w, BW_SHOP, ITEM("S1"), "ADD", "commissioning", PLACE);
	(void)bw_object(w, BW_LINE, ITEM("S2"), "ADD", "commissioning", PLACE);
	(void)bw_object(w, BW_DOCK, ITEM("S3"), "OBSERVE", "storing", PLACE);
	bw_story(w);
	(void)bw_put(w, BW_DOCK, CONTENT_IS_REGISTRY,
	    "{\"type\":\"goods\",\"id\":\"4012\",\"op\":\"set\",\"from\":1,"
	    "\"prefix\":\"4012\",\"organisation\":\"lumen\"}");
	(void)bw_put(w, BW_AUTHORITY, CONTENT_IS_REGISTRY,
	    "{\"type\":\"organisation\",\"id\":\"shop\",\"op\":\"end\","
	    "\"from\":1}");
	put_device_op(w, BW_AUTHORITY, "till-1", "end");
	put_device_op(w, BW_SERVICE, "hall-1", "suspend");
	(void)bw_heartbeat(w, BW_LINE);
	(void)bw_object(w, BW_LINE, ITEM("S4"), "ADD", "commissioning", PLACE);
	bw_seal(w);
	full_open(&f, w);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		same_answer(&f, codes[i]);
	roster_free(f.roster);
	bw_free(w);
}

/* Under `during` a serial that nobody made is not registered, whatever list
 * of heartbeats there is. */
static void
test_during(void **state)
{
	struct bworld *w = bw_new();
	struct full f;

	(void)state;
	bw_registry(w, "during");
	bw_story(w);
	for (unsigned i = 0; i < 300; i++)
		(void)bw_heartbeat(w, BW_LINE);
	(void)bw_heartbeat(w, BW_DOCK);
	bw_seal(w);
	full_open(&f, w);
	same_answer(&f, BW_OTHER);
	same_answer(&f, BW_ITEM);
	roster_free(f.roster);
	bw_free(w);
}

static void
test_json(void **state)
{
	struct bundle_result r = { .outcome = BUNDLE_GENUINE,
		.verdict = "genuine_code_only",
		.as_of = 7,
		.map_witnessed = true };
	struct buf b = buf_heap(2000);

	(void)state;
	assert_int_equal(bundle_result_json(&b, &r), ERR_OK);
	assert_string_equal(buf_text(&b),
	    "{\"result\":\"genuine\",\"verdict\":\"genuine_code_only\","
	    "\"asOf\":7,\"map_witnessed\":true,\"withheld\":false,"
	    "\"failed\":null}");
	buf_reset(&b);
	r = (struct bundle_result){ .outcome = BUNDLE_NOT_PROVEN,
		.failed = true,
		.check = BUNDLE_MAP,
		.where = "subjects[3]",
		.clause = "formats 5.3",
		.detail = "d" };
	assert_int_equal(bundle_result_json(&b, &r), ERR_OK);
	assert_string_equal(buf_text(&b),
	    "{\"result\":\"not_proven\",\"verdict\":\"\",\"asOf\":0,"
	    "\"map_witnessed\":false,\"withheld\":false,\"failed\":{"
	    "\"check\":\"map\",\"where\":\"subjects[3]\","
	    "\"clause\":\"formats 5.3\",\"detail\":\"d\"}}");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genuine),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_map_witness),
		cmocka_unit_test(test_withheld),
		cmocka_unit_test(test_unreadable_and_class),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_maker_fails),
		cmocka_unit_test(test_as_full_roster),
		cmocka_unit_test(test_during),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
