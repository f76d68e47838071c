/* SPDX-License-Identifier: Apache-2.0 */
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/did.h"
#include "event/touch.h"

#include "base/banned.h"

static const char *const names[] = { "authority", "line-1", "dock-1" };

static void
apply(struct story *s, struct buf *payload, bool fits)
{
	unsigned index;

	assert_true(fits);
	assert_non_null(buf_text(payload));
	index = story_put(
	    s, STORY_AUTHORITY, CONTENT_IS_REGISTRY, (const char *)payload->p);
	assert_int_equal(
	    roster_replay(s->roster, index, buf_span(&s->entries[index])),
	    ERR_OK);
	buf_free(payload);
}

static void
enrol(struct story *s, enum story_who who, const char *org)
{
	struct buf b = buf_heap(4096), did = buf_heap(400);
	struct registry_device v = { .name = names[who],
		.organisation = org,
		.epoch = 1,
		.role = "device" };
	bool fits;

	fits = did_web_org(&did, STORY_HOST, span_str(org)) == ERR_OK &&
	       registry_put_organisation(&b, org, buf_text(&did), NULL, 0, 1) ==
		   ERR_OK;
	apply(s, &b, fits);
	b = buf_heap(4096);
	buf_reset(&did);
	fits = did_web_device(&did, STORY_HOST, span_str(names[who])) == ERR_OK;
	v.did = buf_text(&did);
	v.key = s->keys[who].pub;
	fits = fits && registry_put_device(&b, &v, REGISTRY_SET, 1) == ERR_OK;
	apply(s, &b, fits);
	buf_free(&did);
}

int
story_setup(void **state)
{
	struct story *s = calloc(1, sizeof(*s));
	uint8_t authority[1][KEY_BYTES];
	struct roster_genesis g = { STORY_HOST,
		(const uint8_t(*)[KEY_BYTES])authority, 1, NULL };

	assert_non_null(s);
	assert_int_equal(crypto_start(), ERR_OK);
	for (unsigned i = 0; i < STORY_WHO; i++) {
		uint8_t seed[KEY_BYTES] = { (uint8_t)(i + 1) };

		key_from_seed(&s->keys[i], seed);
	}
	memcpy(authority[0], s->keys[STORY_AUTHORITY].pub, KEY_BYTES);
	g.service = s->keys[STORY_AUTHORITY].pub;
	assert_int_equal(roster_new(&s->roster, &g), ERR_OK);
	s->count = 1; /* the genesis */
	enrol(s, STORY_LUMEN, "lumen");
	enrol(s, STORY_HARBOUR, "harbour");
	*state = s;
	return 0;
}

int
story_teardown(void **state)
{
	struct story *s = *state;

	for (unsigned i = 1; i < s->count; i++)
		buf_free(&s->entries[i]);
	roster_free(s->roster);
	free(s);
	return 0;
}

unsigned
story_put(struct story *s, enum story_who who, enum content content,
    const char *payload)
{
	struct buf did = buf_heap(400);
	struct claims c = { .epoch = 1,
		.clock = s->signed_ms == 0 ? 0 : 2,
		.wall = s->signed_ms };

	assert_true(s->count < STORY_ENTRIES);
	assert_int_equal(
	    did_web_device(&did, STORY_HOST, span_str(names[who])), ERR_OK);
	c.iss = buf_span(&did);
	c.sub = c.iss;
	c.seq = s->count;
	s->entries[s->count] = buf_heap(STATEMENT_MAX);
	assert_int_equal(statement_make(&s->entries[s->count], &c, content,
			     span_str(payload), &s->keys[who], NULL),
	    ERR_OK);
	buf_free(&did);
	return s->count++;
}

unsigned
story_register(struct story *s, const char *payload)
{
	unsigned i =
	    story_put(s, STORY_AUTHORITY, CONTENT_IS_REGISTRY, payload);

	assert_int_equal(
	    roster_replay(s->roster, i, buf_span(&s->entries[i])), ERR_OK);
	return i;
}

unsigned
story_events(struct story *s, enum story_who who, const char *events)
{
	static char text[STATEMENT_MAX];

	(void)snprintf(text, sizeof(text),
	    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\"],\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\","
	    "\"creationDate\":\"2026-11-24T12:00:00.000Z\","
	    "\"epcisBody\":{\"eventList\":[%s]}}",
	    events);
	return story_put(s, who, CONTENT_IS_PRODUCT, text);
}

unsigned
story_object(struct story *s, enum story_who who, const char *epc,
    const char *action, const char *step)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"ObjectEvent\","
	    "\"eventTime\":\"2026-11-24T12:00:00.000Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"epcList\":[\"%s\"],"
	    "\"action\":\"%s\",\"bizStep\":\"%s\","
	    "\"disposition\":\"active\","
	    "\"readPoint\":{\"id\":\"" STORY_PLACE "\"}}",
	    epc, action, step);
	return story_events(s, who, text);
}

unsigned
story_pack(struct story *s, enum story_who who, const char *action,
    const char *parent, const char *child)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"AggregationEvent\","
	    "\"eventTime\":\"2026-11-24T12:00:00.000Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"parentID\":\"%s\","
	    "\"childEPCs\":[%s%s%s],\"action\":\"%s\","
	    "\"bizStep\":\"packing\"}",
	    parent, child[0] == '\0' ? "" : "\"", child,
	    child[0] == '\0' ? "" : "\"", action);
	return story_events(s, who, text);
}

void
story_goods(struct story *s, const char *org, const char *issuance)
{
	story_goods_of(s, STORY_GTIN, org, issuance);
}

void
story_goods_of(
    struct story *s, const char *key, const char *org, const char *issuance)
{
	struct buf b = buf_heap(4096);

	apply(s, &b,
	    registry_put_goods(&b, key, org, NULL, issuance, 1) == ERR_OK);
}

struct search {
	struct span wanted;
	bool found;
};

static void
look(void *ctx, struct span subject)
{
	struct search *s = ctx;

	s->found = s->found || span_equal(subject, s->wanted);
}

static enum err
entries(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct story *s = ctx;
	struct touch t;
	enum err e = touch_init(&t);

	(void)d;
	assert_int_equal(e, ERR_OK);
	for (unsigned i = 1; e == ERR_OK && i < s->count; i++) {
		struct search search = { subject, false };

		e = touch_entry(&t, buf_span(&s->entries[i]), look, &search);
		assert_int_equal(e, ERR_OK);
		if (search.found)
			e = fn(fn_ctx, i, buf_span(&s->entries[i]));
	}
	touch_clear(&t);
	return e == ERR_OK ? s->source_fails : e;
}

enum err
story_trace(
    struct custody **out, struct story *s, const char *subject, struct diag *d)
{
	struct custody_source source = { s, entries };

	return custody_trace(
	    out, span_str(subject), s->roster, STORY_HOST, &source, d);
}
