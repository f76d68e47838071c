/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "provenance/verdict.h"

#include "story.h"

#include "base/banned.h"

/*
 * Each finding of docs/verdict.md 4 with a case that makes it and cases that
 * must not.
 */
#define NOW INT64_C(1795608000000) /* 2026-11-25T12:00:00Z */
#define DAY INT64_C(86400000)
#define MADE (NOW - DAY) /* of events without another time */
#define SERIAL "]d2010950600013435221A1"
#define RIGHT "XX500000000012345"
#define MATCH "2026-11-24T12:00:00.000Z"

static int64_t at_ms;

static void
judge(struct answer *a, struct story *s, const char *text)
{
	struct verdict_question q = { .at_ms = at_ms };
	struct custody *c = NULL;
	struct gs1_code code;
	struct diag d;

	diag_clear(&d);
	assert_int_equal(gs1_read(&code, span_str(text), &d), ERR_OK);
	assert_int_equal(story_trace(&c, s, STORY_ITEM, &d), ERR_OK);
	verdict_judge(a, &code, s->roster, c, &q);
	custody_free(c);
}

/* One finding with that code, or none at all (NULL). */
static void
expect(struct story *s, const char *text, enum verdict v, const char *code)
{
	struct answer a;

	judge(&a, s, text);
	assert_string_equal(verdict_word(a.verdict), verdict_word(v));
	assert_int_equal(a.finding_count, code == NULL ? 0 : 1);
	if (code == NULL)
		return;
	assert_string_equal(a.findings[0].code, code);
	assert_int_equal(a.findings[0].asks, v);
	assert_true(a.findings[0].evidence_count > 0);
	assert_int_equal(a.findings[0].hard, v >= VERDICT_ALREADY_USED);
}
#define EXPECT(verdict, code) expect(s, SERIAL, VERDICT_##verdict, code)

struct step {
	enum story_who who;
	const char *action, *step, *disposition, *time, *gln, *more;
};

static unsigned
put_step(struct story *s, struct step t)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"ObjectEvent\",\"eventTime\":\"%s\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"epcList\":[\"" STORY_ITEM
	    "\"],\"action\":\"%s\",\"bizStep\":\"%s\",\"disposition\":\"%s\","
	    "\"readPoint\":{\"id\":\"https://id.gs1.org/414/%s\"}%s}",
	    t.time == NULL ? MATCH : t.time,
	    t.action == NULL ? "OBSERVE" : t.action, t.step,
	    t.disposition == NULL ? "active" : t.disposition,
	    t.gln == NULL ? "9506000111117" : t.gln,
	    t.more == NULL ? "" : t.more);
	return story_events(s, t.who, text);
}
#define STEP(...) (void)put_step(s, (struct step){ __VA_ARGS__ })

static unsigned
make(struct story *s, enum story_who who, const char *more)
{
	return put_step(s, (struct step){ .who = who,
			       .action = "ADD",
			       .step = "commissioning",
			       .more = more });
}

static int
setup(void **state)
{
	int e = story_setup(state);

	at_ms = NOW;
	if (e == 0)
		story_goods(*state, "lumen", "before");
	return e;
}

/* Goods under a registered right of lumen. */
static void
put_right(struct story *s)
{
	(void)story_register(s,
	    "{\"type\":\"right\",\"id\":\"" RIGHT "\",\"op\":\"set\","
	    "\"from\":1,\"st13\":\"" RIGHT "\",\"mark\":\"LUMEN\","
	    "\"holder\":\"lumen\"}");
	(void)story_register(s,
	    "{\"type\":\"goods\",\"id\":\"" STORY_GTIN "\",\"op\":\"set\","
	    "\"from\":1,\"gtin\":\"" STORY_GTIN "\",\"organisation\":\"lumen\","
	    "\"right\":\"" RIGHT "\"}");
}

static unsigned
put_licence(struct story *s, const char *id, const char *licensor,
    const char *licensee, const char *more)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"licence\",\"id\":\"%s\",\"op\":\"set\",\"right\":"
	    "\"" RIGHT "\",\"licensor\":\"%s\",\"licensee\":\"%s\"%s}",
	    id, licensor, licensee, more);
	return story_register(s, text);
}

static void
test_owner(void **state)
{
	struct story *s = *state;
	struct answer a;

	put_right(s);
	(void)make(s, STORY_LUMEN, NULL);
	EXPECT(GENUINE_CODE_ONLY, NULL);
	judge(&a, s, SERIAL);
	assert_int_equal(a.right_count, 1);
	assert_string_equal(a.right.right, RIGHT);
	assert_string_equal(a.right.mark, "LUMEN");
	assert_string_equal(a.right.holder, "did:web:example.com:org:lumen");
	assert_int_equal(a.right.licence_count, 0);
}

static void
test_licence(void **state)
{
	struct story *s = *state;
	struct answer a;

	put_right(s);
	(void)make(s, STORY_HARBOUR, NULL);
	EXPECT(GENUINE_CODE_ONLY, "commissioned_by_other");
	/* registered late, but in force then */
	(void)put_licence(s, "l1", "lumen", "harbour",
	    ",\"from\":1,\"goods\":[\"9506000\"],\"quantity\":5");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	judge(&a, s, SERIAL);
	assert_int_equal(a.right.licence_count, 1);
	assert_string_equal(a.right.licences[0], "l1");
}

static void
test_licence_goods(void **state)
{
	struct story *s = *state;

	put_right(s);
	(void)make(s, STORY_HARBOUR, NULL);
	(void)put_licence(s, "l1", "lumen", "harbour",
	    ",\"from\":1,\"goods\":[\"09501000134350\"]");
	EXPECT(OVERRUN, "licence_goods");
	/* another licence lets it be */
	(void)put_licence(s, "l2", "lumen", "harbour", ",\"from\":1");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

/* Both clocks have to say so, by more than a day. */
static void
test_licence_period(void **state)
{
	struct story *s = *state;
	char more[64];

	put_right(s);
	s->signed_ms = (uint64_t)MADE;
	(void)make(s, STORY_HARBOUR, NULL);
	(void)snprintf(more, sizeof(more), ",\"from\":1,\"to\":%lld",
	    (long long)(MADE - DAY - 1));
	(void)put_licence(s, "l1", "lumen", "harbour", more);
	EXPECT(OVERRUN, "licence_period");
	(void)story_register(s,
	    "{\"type\":\"licence\",\"id\":\"l1\",\"op\":\"end\","
	    "\"from\":1,\"right\":\"" RIGHT "\"}");
	EXPECT(OVERRUN, "licence_period");
}

static void
test_licence_period_not(void **state)
{
	struct story *s = *state;
	char more[64];

	put_right(s);
	s->signed_ms = (uint64_t)(MADE - 3 * DAY);
	(void)make(s, STORY_HARBOUR, NULL);
	(void)snprintf(more, sizeof(more), ",\"from\":1,\"to\":%lld",
	    (long long)(MADE - 2 * DAY));
	(void)put_licence(s, "l1", "lumen", "harbour", more);
	EXPECT(GENUINE_CODE_ONLY, NULL);
	/* neither clock is far enough before */
	(void)story_register(s,
	    "{\"type\":\"licence\",\"id\":\"l1\",\"op\":\"set\","
	    "\"right\":\"" RIGHT "\",\"licensor\":\"lumen\","
	    "\"licensee\":\"harbour\",\"from\":1795608000000}");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
test_licence_before(void **state)
{
	struct story *s = *state;

	put_right(s);
	(void)make(s, STORY_HARBOUR, NULL);
	(void)put_licence(
	    s, "l1", "lumen", "harbour", ",\"from\":1795780800000");
	EXPECT(OVERRUN, "licence_period");
}

static void
test_licence_quantity(void **state)
{
	struct story *s = *state;

	put_right(s);
	(void)put_licence(
	    s, "l1", "lumen", "harbour", ",\"from\":1,\"quantity\":3");
	(void)make(s, STORY_HARBOUR, NULL);
	(void)story_register(s,
	    "{\"type\":\"usage\",\"id\":\"l1\",\"op\":\"set\",\"from\":1,"
	    "\"licence\":\"l1\",\"reached\":3,\"at_index\":99}");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	(void)story_register(s,
	    "{\"type\":\"usage\",\"id\":\"l1\",\"op\":\"set\",\"from\":1,"
	    "\"licence\":\"l1\",\"reached\":3,\"at_index\":7}");
	EXPECT(OVERRUN, "licence_quantity");
}

/* A chain: lumen lets harbour, harbour lets itself a part of it. */
static void
test_chain(void **state)
{
	struct story *s = *state;
	struct answer a;

	put_right(s);
	(void)put_licence(s, "top", "lumen", "middle",
	    ",\"from\":1,\"sublicence\":true,\"countries\":[\"NL\",\"DE\"],"
	    "\"goods\":[\"9506000\"],\"quantity\":10");
	(void)make(s, STORY_HARBOUR, NULL);
	/* wider than its parent, or of somebody who may not */
	(void)put_licence(s, "wide", "middle", "harbour",
	    ",\"from\":1,\"parent\":\"top\",\"countries\":[\"FR\"],"
	    "\"goods\":[\"9506000\"],\"quantity\":1");
	(void)put_licence(s, "wide", "middle", "harbour",
	    ",\"from\":1,\"parent\":\"top\",\"countries\":[\"NL\"],"
	    "\"goods\":[\"950600\"],\"quantity\":1");
	(void)put_licence(s, "wide", "middle", "harbour",
	    ",\"from\":1,\"parent\":\"top\",\"countries\":[\"NL\"],"
	    "\"goods\":[\"9506000\"],\"quantity\":11");
	(void)put_licence(s, "wide", "middle", "harbour",
	    ",\"from\":0,\"parent\":\"top\",\"countries\":[\"NL\"],"
	    "\"goods\":[\"9506000\"],\"quantity\":1");
	(void)put_licence(s, "wide", "lumen", "harbour",
	    ",\"from\":1,\"parent\":\"top\",\"countries\":[\"NL\"],"
	    "\"goods\":[\"9506000\"],\"quantity\":1");
	assert_null(roster_licence(s->roster, span_str("wide")));
	EXPECT(GENUINE_CODE_ONLY, "commissioned_by_other");
	(void)put_licence(s, "low", "middle", "harbour",
	    ",\"from\":1,\"parent\":\"top\",\"countries\":[\"NL\"],"
	    "\"goods\":[\"95060001\",\"" STORY_GTIN "\"],\"quantity\":1");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	judge(&a, s, SERIAL);
	assert_int_equal(a.right.licence_count, 2);
	assert_string_equal(a.right.licences[1], "top");
	/* no chain comes back to itself */
	(void)put_licence(s, "top", "harbour", "middle",
	    ",\"from\":1,\"parent\":\"low\",\"sublicence\":true");
	assert_string_equal(
	    licence_newest(roster_licence(s->roster, span_str("top")))->parent,
	    "");
}

static void
put_place(struct story *s, const char *country, const char *kind)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"place\",\"id\":\"9506000111117\",\"op\":\"set\","
	    "\"from\":1,\"gln\":\"9506000111117\",\"country\":\"%s\","
	    "\"lat7\":0,\"lon7\":0,\"kind\":\"%s\"}",
	    country, kind);
	(void)story_register(s, text);
}

static void
licensed(struct story *s)
{
	put_right(s);
	(void)put_licence(
	    s, "l1", "lumen", "harbour", ",\"from\":1,\"countries\":[\"NL\"]");
	(void)make(s, STORY_HARBOUR, NULL);
}

static void
test_diverted(void **state)
{
	struct story *s = *state;

	licensed(s);
	put_place(s, "DE", "port");
	STEP(STORY_LUMEN, .step = "receiving", .disposition = "in_transit");
	STEP(STORY_LUMEN, .step = "storing");
	STEP(STORY_LUMEN, .step = "inspecting");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	STEP(STORY_LUMEN, .step = "retail_selling",
	    .disposition = "retail_sold");
	EXPECT(DIVERTED, "outside_territory");
	/* sold here by another licence */
	(void)put_licence(
	    s, "l2", "lumen", "harbour", ",\"from\":1,\"countries\":[\"DE\"]");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
test_diverted_shop(void **state)
{
	struct story *s = *state;

	licensed(s);
	put_place(s, "DE", "shop");
	STEP(STORY_LUMEN, .step = "receiving", .disposition = "returned");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	STEP(STORY_LUMEN, .step = "receiving", .disposition = "in_progress");
	EXPECT(DIVERTED, "outside_territory");
}

static void
test_diverted_not(void **state)
{
	struct story *s = *state;

	licensed(s);
	STEP(STORY_LUMEN, .step = "retail_selling",
	    .disposition = "retail_sold");
	EXPECT(GENUINE_CODE_ONLY, NULL); /* nobody knows the place */
	put_place(s, "NL", "shop");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
test_owner_sells_anywhere(void **state)
{
	struct story *s = *state;

	put_right(s);
	put_place(s, "DE", "shop");
	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_LUMEN, .step = "retail_selling",
	    .disposition = "retail_sold");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
test_duplicate(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	/* a receiver that says ADD makes nothing */
	STEP(STORY_HARBOUR, .action = "ADD", .step = "receiving");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	(void)make(s, STORY_HARBOUR, NULL);
	EXPECT(DUPLICATE, "commissioned_by_two");
}

/* Who is not entitled to a step changes nothing by it. */
static void
test_duplicate_needs_title(void **state)
{
	struct story *s = *state;

	put_right(s);
	(void)make(s, STORY_LUMEN, NULL);
	(void)make(s, STORY_HARBOUR, NULL);
	EXPECT(GENUINE_CODE_ONLY, NULL);
	(void)put_licence(s, "l1", "lumen", "harbour", ",\"from\":1");
	EXPECT(DUPLICATE, "commissioned_by_two");
}

static void
test_twice(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	(void)make(s, STORY_LUMEN, NULL);
	EXPECT(GENUINE_CODE_ONLY, "commissioned_twice");
}

#define ILMD(lot, date)                                                        \
	",\"ilmd\":{\"cbvmda:lotNumber\":\"" lot                               \
	"\",\"cbvmda:itemExpirationDate\":\"" date "\"}"

static void
test_label(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, ILMD("L1", "2027-02-28"));
	EXPECT(GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "10L1",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "10L2",
	    VERDICT_DATA_MISMATCH, "lot_differs");
	expect(s,
	    SERIAL "\x1d"
		   "17270228",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "17270200",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "17270227",
	    VERDICT_DATA_MISMATCH, "expiry_differs");
	expect(s,
	    SERIAL "\x1d"
		   "17270300",
	    VERDICT_DATA_MISMATCH, "expiry_differs");
}

/* No record, nothing to differ from. */
static void
test_label_not(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "10L2",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "17270227",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
}

static void
test_expired(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, ILMD("L1", "2026-11-30"));
	EXPECT(GENUINE_CODE_ONLY, NULL);
	at_ms = INT64_C(1796083199999); /* 2026-11-30T23:59:59.999Z */
	EXPECT(GENUINE_CODE_ONLY, NULL);
	at_ms += 12 * INT64_C(3600000);
	EXPECT(GENUINE_CODE_ONLY, NULL);
	at_ms++;
	EXPECT(EXPIRED, "expired");
}

static void
test_expired_by_label(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "17261100",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "17261031",
	    VERDICT_EXPIRED, "expired");
	expect(s,
	    SERIAL "\x1d"
		   "17261000",
	    VERDICT_EXPIRED, "expired");
	expect(s,
	    SERIAL "\x1d"
		   "17760101",
	    VERDICT_GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "17770101",
	    VERDICT_EXPIRED, "expired");
}

static void
put_recall(struct story *s, const char *id, const char *op, int64_t from,
    const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"recall\",\"id\":\"%s\",\"op\":\"%s\",\"from\":%lld,"
	    "\"gtin\":\"" STORY_GTIN "\"%s}",
	    id, op, (long long)from, more);
	(void)story_register(s, text);
}

static void
test_recall_of_lot(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, ILMD("L1", "2027-02-28"));
	put_recall(s, "r1", "set", 1,
	    ",\"lots\":[\"L2\"],\"reason\":\"clasp may break\"");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	put_recall(s, "r2", "set", NOW + 1, ",\"lots\":[\"L1\"]");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	put_recall(s, "r2", "set", NOW, ",\"lots\":[\"L1\"]");
	EXPECT(RECALLED, "recalled");
	put_recall(s, "r2", "end", NOW + 1, "");
	EXPECT(RECALLED, "recalled");
	put_recall(s, "r2", "end", NOW, "");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
test_recall_by_label(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	put_recall(s, "r1", "set", 1, ",\"lots\":[\"L2\"]");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	expect(s,
	    SERIAL "\x1d"
		   "10L2",
	    VERDICT_RECALLED, "recalled");
	put_recall(s, "r2", "set", 1, ",\"serials\":[\"A2\"]");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	put_recall(s, "r2", "set", 1, ",\"serials\":[\"A1\"]");
	EXPECT(RECALLED, "recalled");
}

/* All of a GTIN; a recall never makes a forgery milder. */
static void
test_recall_of_all(void **state)
{
	struct story *s = *state;
	struct answer a;

	put_recall(s, "r1", "set", 1, "");
	judge(&a, s, SERIAL);
	assert_int_equal(a.verdict, VERDICT_FORGED);
	assert_int_equal(a.finding_count, 2);
	(void)make(s, STORY_LUMEN, NULL);
	EXPECT(RECALLED, "recalled");
}

static void
test_used(void **state)
{
	static const struct {
		const char *step, *disposition, *code;
	} cases[] = {
		{ "destroying", "destroyed", "used_destroyed" },
		{ "decommissioning", "inactive", "used_decommissioned" },
		{ "dispensing", "dispensed", "used_dispensed" },
		{ "inspecting", "stolen", "used_stolen" },
	};
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_HARBOUR, .step = "dispensing",
	    .disposition = "partially_dispensed");
	STEP(STORY_HARBOUR, .step = "retail_selling",
	    .disposition = "retail_sold");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	for (unsigned i = 4; i-- > 0;) {
		STEP(STORY_HARBOUR, .step = cases[i].step,
		    .disposition = cases[i].disposition);
		EXPECT(ALREADY_USED, cases[i].code);
	}
	/* the end */
	STEP(STORY_HARBOUR, .step = "receiving", .disposition = "active");
	EXPECT(ALREADY_USED, "used_destroyed");
}

static void
test_undo(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_HARBOUR, .step = "decommissioning",
	    .disposition = "inactive");
	STEP(STORY_LUMEN, .step = "receiving");
	EXPECT(ALREADY_USED, "used_decommissioned"); /* another's */
	STEP(STORY_HARBOUR, .step = "receiving", .gln = "9506000111124");
	EXPECT(ALREADY_USED, "used_decommissioned"); /* elsewhere */
	STEP(STORY_HARBOUR, .step = "receiving",
	    .time = "2026-12-04T12:00:00.001Z");
	EXPECT(ALREADY_USED, "used_decommissioned"); /* too late */
	STEP(STORY_HARBOUR, .step = "receiving", .disposition = "damaged");
	EXPECT(ALREADY_USED, "used_decommissioned");
	STEP(STORY_HARBOUR, .step = "receiving",
	    .time = "2026-12-04T12:00:00.000Z");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	STEP(STORY_HARBOUR, .step = "holding", .disposition = "stolen");
	STEP(STORY_HARBOUR, .step = "inspecting");
	EXPECT(ALREADY_USED, "used_stolen");
	STEP(STORY_HARBOUR, .step = "receiving", .gln = "9506000111124");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

/* What is withdrawn was never done. */
static void
test_withdrawn(void **state)
{
	struct story *s = *state;
	static const char id[] =
	    ",\"eventID\":\"urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8\"";

	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_HARBOUR, .action = "DELETE", .step = "destroying",
	    .disposition = "destroyed", .more = id);
	EXPECT(ALREADY_USED, "used_destroyed");
	STEP(STORY_HARBOUR, .action = "DELETE", .step = "destroying",
	    .disposition = "destroyed",
	    .more =
		",\"eventID\":\"urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"
		"\",\"errorDeclaration\":{\"declarationTime\":"
		"\"2026-11-24T13:00:00.000Z\",\"reason\":\"incorrect_data\"}");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
test_after_sale(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_HARBOUR, .step = "retail_selling",
	    .disposition = "retail_sold");
	/* late delivery of what was before, and a consumer's look */
	STEP(STORY_LUMEN, .step = "shipping",
	    .time = "2026-11-20T12:00:00.000Z");
	STEP(STORY_LUMEN, .step = "inspecting",
	    .time = "2026-12-20T12:00:00.000Z");
	EXPECT(GENUINE_CODE_ONLY, NULL);
	STEP(STORY_LUMEN, .step = "shipping",
	    .time = "2026-12-20T12:00:00.000Z");
	EXPECT(GENUINE_CODE_ONLY, "step_after_sale");
}

static void
test_return(void **state)
{
	struct story *s = *state;

	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_HARBOUR, .step = "retail_selling",
	    .disposition = "retail_sold");
	STEP(STORY_LUMEN, .step = "receiving", .disposition = "returned",
	    .time = "2026-12-01T12:00:00.000Z");
	STEP(STORY_LUMEN, .step = "shipping",
	    .time = "2026-12-20T12:00:00.000Z");
	EXPECT(GENUINE_CODE_ONLY, NULL);
}

static void
op_device(struct story *s, const char *op, long long from)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"device\",\"id\":\"line-1\",\"op\":\"%s\","
	    "\"from\":%lld}",
	    op, from);
	(void)story_register(s, text);
}

static void
test_revoked(void **state)
{
	struct story *s = *state;

	s->signed_ms = (uint64_t)MADE;
	(void)make(s, STORY_LUMEN, NULL);
	op_device(s, "end", MADE + 1);
	EXPECT(GENUINE_CODE_ONLY, NULL);
	op_device(s, "end", MADE);
	EXPECT(GENUINE_CODE_ONLY, "device_revoked");
}

/* Two soft findings of different groups; both of one group are none. */
static void
test_gap(void **state)
{
	struct story *s = *state;
	struct answer a;

	s->signed_ms = (uint64_t)MADE;
	(void)make(s, STORY_LUMEN, NULL);
	op_device(s, "suspend", 1);
	EXPECT(GENUINE_CODE_ONLY, "device_forked");
	op_device(s, "end", MADE);
	judge(&a, s, SERIAL);
	assert_int_equal(a.finding_count, 2);
	assert_int_equal(a.verdict, VERDICT_CUSTODY_GAP);
}

static void
test_no_gap_in_one_group(void **state)
{
	struct story *s = *state;
	struct answer a;

	(void)make(s, STORY_LUMEN, NULL);
	(void)make(s, STORY_LUMEN, NULL);
	STEP(STORY_HARBOUR, .step = "retail_selling",
	    .disposition = "retail_sold");
	STEP(STORY_LUMEN, .step = "shipping",
	    .time = "2026-12-20T12:00:00.000Z");
	judge(&a, s, SERIAL);
	assert_int_equal(a.finding_count, 2);
	assert_int_equal(a.verdict, VERDICT_GENUINE_CODE_ONLY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, story_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_owner),
		TEST(test_licence),
		TEST(test_licence_goods),
		TEST(test_licence_period),
		TEST(test_licence_period_not),
		TEST(test_licence_before),
		TEST(test_licence_quantity),
		TEST(test_chain),
		TEST(test_diverted),
		TEST(test_diverted_shop),
		TEST(test_diverted_not),
		TEST(test_owner_sells_anywhere),
		TEST(test_duplicate),
		TEST(test_duplicate_needs_title),
		TEST(test_twice),
		TEST(test_label),
		TEST(test_label_not),
		TEST(test_expired),
		TEST(test_expired_by_label),
		TEST(test_recall_of_lot),
		TEST(test_recall_by_label),
		TEST(test_recall_of_all),
		TEST(test_used),
		TEST(test_undo),
		TEST(test_withdrawn),
		TEST(test_after_sale),
		TEST(test_return),
		TEST(test_revoked),
		TEST(test_gap),
		TEST(test_no_gap_in_one_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
