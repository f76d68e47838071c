/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "story.h"

#include "base/banned.h"

static struct custody *
trace(struct story *s, const char *subject)
{
	struct custody *c;
	struct diag d;

	diag_clear(&d);
	assert_int_equal(story_trace(&c, s, subject, &d), ERR_OK);
	return c;
}

static void
is_step(const struct custody *c, size_t i, unsigned index, const char *step,
    const char *via)
{
	assert_true(i < custody_count(c));
	assert_int_equal(custody_at(c, i)->index, index);
	assert_string_equal(custody_at(c, i)->biz_step, step);
	assert_string_equal(custody_at(c, i)->via, via);
}

static void
test_nothing(void **state)
{
	struct custody *c = trace(*state, STORY_ITEM);

	assert_int_equal(custody_count(c), 0);
	assert_null(custody_container(c));
	custody_free(c);
	custody_free(NULL);
}

static void
test_own_step(void **state)
{
	struct story *s = *state;
	unsigned i =
	    story_object(s, STORY_LUMEN, STORY_ITEM, "ADD", "commissioning");
	struct custody *c = trace(s, STORY_ITEM);
	const struct custody_step *step;

	assert_int_equal(custody_count(c), 1);
	is_step(c, 0, i, "commissioning", "");
	step = custody_at(c, 0);
	assert_int_equal(step->pos, 0);
	assert_string_equal(step->action, "ADD");
	assert_string_equal(step->disposition, "active");
	assert_string_equal(step->event_time, "2026-11-24T12:00:00.000Z");
	assert_string_equal(step->place, STORY_PLACE);
	assert_string_equal(
	    step->organisation, "did:web:example.com:org:lumen");
	assert_string_equal(step->device, "did:web:example.com:device:line-1");
	assert_true(step->commissions);
	assert_false(step->withdrawn);
	custody_free(c);
}

/* A URN and its Digital Link are one item; an sgln is a place. */
static void
test_urn(void **state)
{
	struct story *s = *state;
	struct custody *c;

	(void)story_events(s, STORY_LUMEN,
	    "{\"type\":\"ObjectEvent\","
	    "\"eventTime\":\"2026-11-24T12:00:00.000Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\","
	    "\"epcList\":[\"urn:epc:id:sgtin:9506000.013435.A1\"],"
	    "\"action\":\"OBSERVE\","
	    "\"bizStep\":\"https://ref.gs1.org/cbv/BizStep-shipping\","
	    "\"disposition\":\"https://ref.gs1.org/cbv/Disp-in_transit\","
	    "\"readPoint\":{\"id\":\"" STORY_PLACE "\"},"
	    "\"bizLocation\":{\"id\":\"urn:epc:id:sgln:9506000.11111.0\"}}");
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 1);
	assert_string_equal(custody_at(c, 0)->biz_step, "shipping");
	assert_string_equal(custody_at(c, 0)->disposition, "in_transit");
	assert_string_equal(
	    custody_at(c, 0)->place, "https://id.gs1.org/414/9506000111117");
	assert_false(custody_at(c, 0)->commissions);
	custody_free(c);
}

/* Into a case, onto a pallet; only what happens meanwhile counts. */
static void
test_containers(void **state)
{
	struct story *s = *state;
	struct custody *c;
	unsigned i[9];

	i[0] =
	    story_object(s, STORY_LUMEN, STORY_PALLET, "OBSERVE", "shipping");
	i[1] = story_object(s, STORY_LUMEN, STORY_ITEM, "ADD", "commissioning");
	i[2] = story_pack(s, STORY_LUMEN, "ADD", STORY_CASE, STORY_ITEM);
	i[3] = story_pack(s, STORY_LUMEN, "ADD", STORY_PALLET, STORY_CASE);
	i[4] =
	    story_object(s, STORY_LUMEN, STORY_PALLET, "OBSERVE", "shipping");
	i[5] = story_pack(s, STORY_HARBOUR, "DELETE", STORY_PALLET, STORY_CASE);
	i[6] =
	    story_object(s, STORY_HARBOUR, STORY_PALLET, "OBSERVE", "storing");
	i[7] =
	    story_object(s, STORY_HARBOUR, STORY_CASE, "OBSERVE", "receiving");
	c = trace(s, STORY_ITEM);
	assert_string_equal(custody_container(c), STORY_CASE);
	custody_free(c);
	i[8] = story_pack(s, STORY_HARBOUR, "DELETE", STORY_CASE, STORY_ITEM);
	(void)story_object(s, STORY_HARBOUR, STORY_CASE, "OBSERVE", "shipping");
	c = trace(s, STORY_ITEM);
	assert_null(custody_container(c));
	assert_int_equal(custody_count(c), 7);
	is_step(c, 0, i[1], "commissioning", "");
	is_step(c, 1, i[2], "packing", "");
	is_step(c, 2, i[3], "packing", STORY_CASE);
	is_step(c, 3, i[4], "shipping", STORY_PALLET);
	is_step(c, 4, i[5], "packing", STORY_CASE);
	is_step(c, 5, i[7], "receiving", STORY_CASE);
	is_step(c, 6, i[8], "packing", "");
	custody_free(c);
}

/* A DELETE without children empties the container; a second ADD fills it. */
static void
test_emptied(void **state)
{
	struct story *s = *state;
	struct custody *c;
	unsigned last;

	(void)story_pack(s, STORY_LUMEN, "ADD", STORY_CASE, STORY_ITEM);
	(void)story_pack(s, STORY_LUMEN, "DELETE", STORY_CASE, "");
	(void)story_object(s, STORY_LUMEN, STORY_CASE, "OBSERVE", "storing");
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 2);
	assert_null(custody_container(c));
	custody_free(c);
	(void)story_pack(s, STORY_LUMEN, "ADD", STORY_CASE, STORY_ITEM);
	last = story_object(s, STORY_LUMEN, STORY_CASE, "OBSERVE", "shipping");
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 4);
	is_step(c, 3, last, "shipping", STORY_CASE);
	assert_string_equal(custody_container(c), STORY_CASE);
	custody_free(c);
}

/* Containers inside each other end at CUSTODY_DEPTH. */
static void
test_circle(void **state)
{
	struct story *s = *state;
	struct custody *c;

	(void)story_pack(s, STORY_LUMEN, "ADD", STORY_CASE, STORY_ITEM);
	(void)story_pack(s, STORY_LUMEN, "ADD", STORY_PALLET, STORY_CASE);
	(void)story_pack(s, STORY_LUMEN, "ADD", STORY_CASE, STORY_PALLET);
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 3);
	custody_free(c);
}

static void
declare(struct story *s, enum story_who who, bool declaration)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"AggregationEvent\","
	    "\"eventTime\":\"2026-11-24T12:00:00.000Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\","
	    "\"eventID\":\"urn:uuid:6f0e8b1e-3c1d-4a27-9f35-0c5d2a4e7b11\"%s,"
	    "\"parentID\":\"" STORY_CASE "\","
	    "\"childEPCs\":[\"" STORY_ITEM "\"],\"action\":\"ADD\","
	    "\"bizStep\":\"packing\"}",
	    declaration ? ",\"errorDeclaration\":{\"declarationTime\":"
			  "\"2026-11-24T13:00:00.000Z\","
			  "\"reason\":\"incorrect_data\"}"
			: "");
	(void)story_events(s, who, text);
}

static void
test_withdrawn(void **state)
{
	struct story *s = *state;
	struct custody *c;

	declare(s, STORY_LUMEN, false);
	(void)story_object(s, STORY_LUMEN, STORY_CASE, "OBSERVE", "shipping");
	declare(s, STORY_HARBOUR, true);
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 2); /* not theirs to withdraw */
	assert_false(custody_at(c, 0)->withdrawn);
	custody_free(c);
	declare(s, STORY_LUMEN, true);
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 1); /* never was in the case */
	assert_true(custody_at(c, 0)->withdrawn);
	assert_null(custody_container(c));
	custody_free(c);
}

static void
test_withdrawn_by_authority(void **state)
{
	struct story *s = *state;
	struct custody *c;

	declare(s, STORY_LUMEN, false);
	declare(s, STORY_AUTHORITY, true);
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 1);
	assert_true(custody_at(c, 0)->withdrawn);
	custody_free(c);
}

/* formats 3.3: with the shape, but against epcis.md: touches, gives no step.
 */
static void
test_against_epcis(void **state)
{
	struct story *s = *state;
	struct custody *c;

	(void)story_events(s, STORY_LUMEN,
	    "{\"type\":\"ObjectEvent\",\"eventTime\":\"yesterday\","
	    "\"eventTimeZoneOffset\":\"+00:00\","
	    "\"epcList\":[\"" STORY_ITEM "\"],\"action\":\"OBSERVE\"}");
	(void)story_put(s, STORY_LUMEN, CONTENT_IS_PRODUCT, "{}");
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 0);
	custody_free(c);
}

/* Several events of one document keep their positions. */
static void
test_positions(void **state)
{
	struct story *s = *state;
	struct custody *c;

#define EVENT(step)                                                            \
	"{\"type\":\"ObjectEvent\","                                           \
	"\"eventTime\":\"2026-11-24T12:00:00.000Z\","                          \
	"\"eventTimeZoneOffset\":\"+00:00\","                                  \
	"\"epcList\":[\"" STORY_ITEM "\"],"                                    \
	"\"action\":\"OBSERVE\",\"bizStep\":\"" step "\"}"
	(void)story_events(s, STORY_LUMEN,
	    EVENT("storing") "," EVENT("picking") "," EVENT("shipping"));
	c = trace(s, STORY_ITEM);
	assert_int_equal(custody_count(c), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(custody_at(c, i)->pos, i);
	assert_string_equal(custody_at(c, 2)->biz_step, "shipping");
	assert_string_equal(custody_at(c, 0)->place, "");
	custody_free(c);
}

static void
test_source_fails(void **state)
{
	struct story *s = *state;
	struct custody *c;

	s->source_fails = ERR_DB;
	assert_int_equal(story_trace(&c, s, STORY_ITEM, NULL), ERR_DB);
	assert_null(c);
}

/* More events than one story may have. */
static enum err
endless(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct story *s = ctx;
	enum err e = ERR_OK;

	(void)subject;
	(void)d;
	for (unsigned i = 0; e == ERR_OK && i <= CUSTODY_STEPS; i++)
		e = fn(fn_ctx, i, buf_span(&s->entries[s->count - 1]));
	return e;
}

static void
test_limit(void **state)
{
	struct story *s = *state;
	struct custody_source source = { s, endless };
	struct custody *c;
	struct diag d;

	diag_clear(&d);
	(void)story_object(s, STORY_LUMEN, STORY_ITEM, "OBSERVE", "storing");
	assert_int_equal(custody_trace(&c, span_str(STORY_ITEM), s->roster,
			     STORY_HOST, &source, &d),
	    ERR_LIMIT);
	assert_int_equal(d.code, ERR_LIMIT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, story_setup, story_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_own_step),
		TEST(test_urn),
		TEST(test_containers),
		TEST(test_emptied),
		TEST(test_circle),
		TEST(test_withdrawn),
		TEST(test_withdrawn_by_authority),
		TEST(test_against_epcis),
		TEST(test_positions),
		TEST(test_source_fails),
		TEST(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
