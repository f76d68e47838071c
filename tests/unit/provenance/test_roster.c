/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "provenance/roster.h"

#include "roster_world.h"

#include "base/banned.h"

static void
test_genesis(void **state)
{
	struct world *w = *state;

	assert_int_equal(roster_device_count(w->roster), 3);
	assert_string_equal(world_device(w, "authority")->role, "authority");
	assert_string_equal(world_device(w, "authority-2")->organisation, "");
	assert_int_equal(world_device(w, "service")->epoch, 1);
	assert_memory_equal(roster_key(world_device(w, "service"), 1)->key,
	    keys[K_SERVICE].pub, KEY_BYTES);
	assert_null(roster_key(world_device(w, "service"), 2));
	assert_null(world_device(w, "authority-3"));
	assert_null(roster_device_at(w->roster, 3));
}

static void
test_enrolment(void **state)
{
	struct world *w = world_begin(state);
	struct roster_device *a = world_device(w, "a");

	assert_string_equal(a->organisation, "x");
	assert_string_equal(a->role, "device");
	assert_int_equal(a->keys[0].from_index, 3);
	assert_int_equal(a->keys[0].until_index, 0);
	assert_non_null(roster_org(w->roster, span_str("x")));
	assert_string_equal(roster_org(w->roster, span_str("x"))->did,
	    "did:web:localhost%3A8080:org:x");
	assert_null(roster_org(w->roster, span_str("z")));
	/* update of the organisation by the second authority */
	assert_int_equal(
	    set_device(w, K_AUTHORITY_2, "a", "y", 1, K_A), ERR_OK);
	assert_string_equal(a->organisation, "y");
	assert_int_equal(a->epoch, 1);
	assert_ptr_equal(a, world_device(w, "a"));
}

static void
test_enrolment_refusals(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(
	    set_device(w, K_AUTHORITY, "b", "z", 1, K_B), ERR_FORBIDDEN);
	assert_string_equal(w->d.text, "organisation not registered: z");
	assert_int_equal(
	    set_device(w, K_AUTHORITY, "b", "x", 2, K_B), ERR_FORBIDDEN);
	assert_string_equal(w->d.text, "epoch of b: got 2, wanted 1");
	assert_int_equal(
	    set_device(w, K_AUTHORITY, "a", "x", 3, K_B), ERR_FORBIDDEN);
	assert_string_equal(w->d.text, "epoch of a: got 3, wanted 2");
	assert_int_equal(
	    set_device(w, K_AUTHORITY, "a", "x", 1, K_B), ERR_FORBIDDEN);
	assert_int_equal(
	    op_device(w, K_AUTHORITY, "b", "end", 1), ERR_FORBIDDEN);
	assert_int_equal(
	    op_device(w, K_AUTHORITY, "b", "suspend", 1), ERR_FORBIDDEN);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"device\",\"id\":\"b\",\"op\":\"set\","
			     "\"from\":1,\"organisation\":\"x\",\"did\":"
			     "\"did:web:elsewhere:device:b\",\"epoch\":1,"
			     "\"key\":\"%s\",\"role\":\"device\"}",
			     dids[K_B]),
	    ERR_FORBIDDEN);
	assert_string_equal(
	    w->d.text, "did: wanted did:web:localhost:8080:device:b");
	assert_null(world_device(w, "b"));
}

static void
test_schema(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"weather\",\"id\":\"1\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_SCHEMA);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"device\",\"id\":\"b\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_SCHEMA);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"organisation\",\"id\":\"Q\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_SCHEMA);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"delegation\",\"id\":\"%s\","
			     "\"op\":\"set\",\"from\":1,\"key\":\"%s\"}",
			     dids[K_A], dids[K_A]),
	    ERR_SCHEMA);
}

static void
test_who_may_sign(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(say(w, K_A, ORG("z")), ERR_FORBIDDEN);
	assert_string_equal(
	    w->d.text, "a may not sign organisation statements (id z)");
	assert_int_equal(say(w, K_SERVICE, ORG("z")), ERR_FORBIDDEN);
	assert_int_equal(set_device(w, K_A, "b", "x", 1, K_B), ERR_FORBIDDEN);
	assert_int_equal(set_device(w, K_A, "a", "x", 1, K_A), ERR_FORBIDDEN);
	assert_int_equal(op_device(w, K_A, "a", "end", 1), ERR_FORBIDDEN);
	assert_int_equal(op_device(w, K_SERVICE, "a", "end", 1), ERR_FORBIDDEN);
	assert_int_equal(say(w, K_A,
			     "{\"type\":\"heartbeat\",\"id\":\"a\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_OK);
	assert_int_equal(say(w, K_A,
			     "{\"type\":\"heartbeat\",\"id\":\"service\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_FORBIDDEN);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"pack\",\"id\":\"p\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_OK);
}

#define TAGREAD                                                                \
	"{\"type\":\"tagread\",\"id\":\"04AB\",\"op\":\"set\",\"from\":1}"
#define USAGE                                                                  \
	"{\"type\":\"usage\",\"id\":\"l1\",\"op\":\"set\",\"from\":1,"         \
	"\"licence\":\"l1\",\"at_index\":9}"

static enum err
set_service(struct world *w, unsigned key, const char *op, const char *use)
{
	return say(w, K_AUTHORITY,
	    "{\"type\":\"service\",\"id\":\"%s\",\"op\":\"%s\",\"from\":1,"
	    "\"key\":\"%s\",\"use\":\"%s\"}",
	    dids[key], op, dids[key], use);
}

static void
test_service_keys(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(say(w, K_SERVICE, TAGREAD), ERR_OK);
	assert_int_equal(say(w, K_SERVICE, USAGE), ERR_OK);
	assert_int_equal(say(w, K_A, TAGREAD), ERR_FORBIDDEN);
	assert_int_equal(set_service(w, K_A, "set", "answer"), ERR_OK);
	assert_int_equal(say(w, K_A, TAGREAD), ERR_FORBIDDEN);
	assert_int_equal(set_service(w, K_A, "set", "ingest"), ERR_OK);
	assert_int_equal(say(w, K_A, TAGREAD), ERR_OK);
	assert_int_equal(say(w, K_A, USAGE), ERR_OK);
	assert_int_equal(op_device(w, K_A, "service", "suspend", 1), ERR_OK);
	assert_int_equal(set_service(w, K_A, "end", "ingest"), ERR_OK);
	assert_int_equal(say(w, K_A, TAGREAD), ERR_FORBIDDEN);
}

static enum err
delegate(struct world *w, unsigned key, const char *op, const char *may)
{
	return say(w, K_AUTHORITY,
	    "{\"type\":\"delegation\",\"id\":\"%s\",\"op\":\"%s\",\"from\":1,"
	    "\"key\":\"%s\",\"may\":[%s]}",
	    dids[key], op, dids[key], may);
}

#define GOODS(key, member, org, rest)                                          \
	"{\"type\":\"goods\",\"id\":\"" key                                    \
	"\",\"op\":\"set\",\"from\":1,\"" member "\":\"" key                   \
	"\",\"organisation\":\"" org "\"" rest "}"

static void
test_delegation(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(
	    say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_FORBIDDEN);
	assert_int_equal(
	    delegate(w, K_A, "set", "\"goods\",\"device\",\"weather\""),
	    ERR_OK);
	assert_int_equal(say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_OK);
	assert_int_equal(set_device(w, K_A, "b", "y", 1, K_B), ERR_OK);
	assert_int_equal(say(w, K_A, ORG("z")), ERR_FORBIDDEN);
	/* never the genesis keys */
	assert_int_equal(
	    set_device(w, K_A, "authority", "x", 2, K_A), ERR_FORBIDDEN);
	assert_int_equal(op_device(w, K_A, "service", "end", 1), ERR_FORBIDDEN);
	assert_int_equal(delegate(w, K_A, "end", ""), ERR_OK);
	assert_int_equal(
	    say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_FORBIDDEN);
}

static enum err
org_keys(struct world *w, const char *name, const char *list)
{
	return say(w, K_AUTHORITY,
	    "{\"type\":\"organisation\",\"id\":\"%s\",\"op\":\"set\","
	    "\"from\":1,\"name\":\"%s\",\"did\":\"d\",\"keys\":[%s]}",
	    name, name, list);
}

static void
test_organisation_keys(void **state)
{
	struct world *w = world_begin(state);
	char list[512];

	(void)snprintf(list, sizeof(list),
	    "{\"key\":\"%s\",\"may\":[\"goods\"]},"
	    "{\"key\":\"%s\",\"may\":[\"place\",\"goods\"]}",
	    dids[K_A], dids[K_B]);
	assert_int_equal(org_keys(w, "x", list), ERR_OK);
	assert_int_equal(say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_OK);
	assert_int_equal(org_keys(w, "y", list), ERR_OK);
	assert_int_equal(org_keys(w, "x", ""), ERR_OK);
	/* y still lists it, but a is a device of x */
	assert_int_equal(
	    say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_FORBIDDEN);
	assert_int_equal(set_device(w, K_AUTHORITY, "a", "y", 1, K_A), ERR_OK);
	assert_int_equal(say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_OK);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"organisation\",\"id\":\"y\","
			     "\"op\":\"end\",\"from\":1}"),
	    ERR_OK);
	assert_true(roster_org(w->roster, span_str("y"))->ended);
	assert_int_equal(
	    say(w, K_A, GOODS(GTIN, "gtin", "x", "")), ERR_FORBIDDEN);
	assert_int_equal(
	    set_device(w, K_AUTHORITY, "b", "y", 1, K_B), ERR_FORBIDDEN);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"organisation\",\"id\":\"z\","
			     "\"op\":\"end\",\"from\":1}"),
	    ERR_FORBIDDEN);
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"organisation\",\"id\":\"x\","
			     "\"op\":\"suspend\",\"from\":1}"),
	    ERR_FORBIDDEN);
}

static void
test_goods(void **state)
{
	struct world *w = world_begin(state);
	const struct roster_goods *g;

	assert_null(roster_goods(w->roster, GTIN));
	assert_int_equal(
	    say(w, K_AUTHORITY, GOODS("9506", "prefix", "x", "")), ERR_OK);
	assert_int_equal(
	    say(w, K_AUTHORITY,
		GOODS("9506000134", "prefix", "y", ",\"issuance\":\"during\"")),
	    ERR_OK);
	g = roster_goods(w->roster, GTIN);
	assert_string_equal(g->key, "9506000134");
	assert_true(g->during);
	assert_int_equal(
	    say(w, K_AUTHORITY,
		GOODS(GTIN, "gtin", "x", ",\"right\":\"EM500000012345678\"")),
	    ERR_OK);
	g = roster_goods(w->roster, GTIN);
	assert_string_equal(g->key, GTIN);
	assert_string_equal(g->right, "EM500000012345678");
	assert_string_equal(g->organisation, "x");
	assert_false(g->during);
	assert_null(roster_goods(w->roster, "09501000134350"));
	assert_int_equal(
	    say(w, K_AUTHORITY, GOODS(GTIN, "gtin", "z", "")), ERR_FORBIDDEN);
	assert_int_equal(
	    say(w, K_AUTHORITY,
		"{\"type\":\"goods\",\"id\":\"" GTIN
		"\",\"op\":\"end\",\"from\":1,\"gtin\":\"" GTIN "\"}"),
	    ERR_OK);
	assert_string_equal(roster_goods(w->roster, GTIN)->key, "9506000134");
	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"goods\",\"id\":\"95060\",\"op\":"
			     "\"end\",\"from\":1,\"prefix\":\"95060\"}"),
	    ERR_FORBIDDEN);
}

static void
test_revocation(void **state)
{
	struct world *w = world_begin(state);
	struct roster_device *a = world_device(w, "a");

	assert_int_equal(op_device(w, K_AUTHORITY, "a", "end", 5000), ERR_OK);
	assert_true(a->revoked);
	assert_int_equal(a->revoked_from_ms, 5000);
	assert_int_equal(a->revoked_index, 4);
	w->now_ms = 4999;
	assert_int_equal(say(w, K_A,
			     "{\"type\":\"heartbeat\",\"id\":\"a\","
			     "\"op\":\"set\",\"from\":1}"),
	    ERR_OK);
	w->now_ms = 5000;
	assert_int_equal(say(w, K_A, TAGREAD), ERR_REVOKED);
	/* an update does not lift it, a new epoch does */
	assert_int_equal(set_device(w, K_AUTHORITY, "a", "y", 1, K_A), ERR_OK);
	assert_int_equal(say(w, K_A, TAGREAD), ERR_REVOKED);
	assert_int_equal(set_device(w, K_AUTHORITY, "a", "y", 2, K_A), ERR_OK);
	assert_false(a->revoked);
	assert_int_equal(a->epoch, 2);
	assert_int_equal(a->keys[0].until_index, a->keys[1].from_index);
}

static void
test_suspension(void **state)
{
	struct world *w = world_begin(state);
	struct voice v = { "a", K_A, 1, 9 };
	struct roster_device *a = world_device(w, "a");
	struct buf b = world_make(&v, CONTENT_IS_REGISTRY, TAGREAD);
	struct buf *entry = &w->entries[w->count];
	struct statement s;

	/* evidence of a fork, as ingest appends it */
	assert_int_equal(statement_parse(&s, buf_span(&b), NULL), ERR_OK);
	*entry = buf_heap(65535);
	buf_str(entry, "countermark/fork/v1\n");
	buf_put(entry, buf_span(&b));
	roster_evidence(w->roster, w->count++, &s);
	buf_free(&b);
	assert_true(a->suspended);
	assert_false(a->suspension_registered);
	assert_int_equal(a->suspended_index, 4);
	assert_int_equal(say(w, K_A, TAGREAD), ERR_SUSPENDED);
	assert_int_equal(op_device(w, K_SERVICE, "a", "suspend", 1), ERR_OK);
	assert_true(a->suspension_registered);
	assert_int_equal(a->suspended_index, 4);
	assert_int_equal(set_device(w, K_AUTHORITY, "a", "x", 2, K_B), ERR_OK);
	assert_false(a->suspended);
	assert_false(a->suspension_registered);
}

/* The statement of 2.3: device `name` names a new key for epoch n. */
static enum err
rotate(struct world *w, struct voice v, const char *org, unsigned epoch,
    unsigned new_key, unsigned shown_by)
{
	char payload[1024], sig64[BASE64_CHARS(SIG_BYTES) + 1], did[200];
	uint8_t sig[SIG_BYTES];
	struct buf b = buf_heap(1024);

	(void)snprintf(did, sizeof(did), DEVICE_DID "%s", v.name);
	assert_int_equal(registry_possession(&b, did, epoch), ERR_OK);
	ed25519_sign(sig, &keys[shown_by], buf_span(&b));
	buf_free(&b);
	base64_print(sig64, span_of(sig, sizeof(sig)));
	(void)snprintf(payload, sizeof(payload),
	    "{\"type\":\"device\",\"id\":\"%s\",\"op\":\"set\",\"from\":1,"
	    "\"organisation\":\"%s\",\"did\":\"%s\",\"epoch\":%u,"
	    "\"key\":\"%s\",\"role\":\"gateway\",\"reason\":\"rotation\","
	    "\"possession\":\"%s\"}",
	    v.name, org, did, epoch, dids[new_key], sig64);
	return say_as(w, v, payload);
}

static void
test_rotation(void **state)
{
	struct world *w = world_begin(state);
	struct roster_device *a = world_device(w, "a");

	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 2, 1 }, "x", 2, K_B, K_B),
	    ERR_OK);
	assert_true(w->opened);
	assert_int_equal(a->epoch, 2);
	assert_int_equal(a->key_count, 2);
	assert_memory_equal(roster_key(a, 2)->key, keys[K_B].pub, KEY_BYTES);
	assert_int_equal(roster_key(a, 1)->until_index, 4);
	/* a device does not raise its own role */
	assert_string_equal(a->role, "device");
	/* epoch 1 is closed, epoch 2 needs the new key */
	assert_int_equal(
	    say_as(w, (struct voice){ "a", K_A, 1, 5 }, TAGREAD), ERR_EPOCH);
	assert_int_equal(say_as(w, (struct voice){ "a", K_A, 2, 2 }, TAGREAD),
	    ERR_BAD_SIGNATURE);
	assert_int_equal(say_as(w, (struct voice){ "a", K_B, 2, 2 }, TAGREAD),
	    ERR_FORBIDDEN);
	assert_false(w->opened);
}

static void
test_rotation_refusals(void **state)
{
	struct world *w = world_begin(state);

	/* possession by another key */
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 2, 1 }, "x", 2, K_B, K_A),
	    ERR_EPOCH);
	assert_non_null(strstr(w->d.text, "possession"));
	/* seq 2, epoch 3, another epoch in the payload */
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 2, 2 }, "x", 2, K_B, K_B),
	    ERR_EPOCH);
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 3, 1 }, "x", 3, K_B, K_B),
	    ERR_EPOCH);
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 2, 1 }, "x", 1, K_A, K_A),
	    ERR_EPOCH);
	/* signed with the new key */
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_B, 2, 1 }, "x", 2, K_B, K_B),
	    ERR_BAD_SIGNATURE);
	assert_false(w->opened);
	/* no possession at all */
	assert_int_equal(say_as(w, (struct voice){ "a", K_A, 2, 1 },
			     "{\"type\":\"device\",\"id\":\"a\",\"op\":\"set\","
			     "\"from\":1}"),
	    ERR_EPOCH);
	/* not a device statement */
	assert_int_equal(
	    say_as(w, (struct voice){ "a", K_A, 2, 1 }, TAGREAD), ERR_EPOCH);
	/* into another organisation: appended, no effect */
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 2, 1 }, "y", 2, K_B, K_B),
	    ERR_FORBIDDEN);
	assert_int_equal(world_device(w, "a")->epoch, 1);
}

static void
test_rotation_lifts_nothing(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(op_device(w, K_AUTHORITY, "a", "end", 5000), ERR_OK);
	w->now_ms = 4000;
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_A, 2, 1 }, "x", 2, K_B, K_B),
	    ERR_OK);
	assert_true(world_device(w, "a")->revoked);
	w->now_ms = 6000;
	assert_int_equal(
	    rotate(w, (struct voice){ "a", K_B, 3, 1 }, "x", 3, K_C, K_C),
	    ERR_REVOKED);
	assert_false(w->opened);
}

static void
test_authority_rotates(void **state)
{
	struct world *w = world_begin(state);

	/* about itself, without possession */
	assert_int_equal(set_device(w, K_AUTHORITY, "authority", "x", 2, K_D),
	    ERR_FORBIDDEN);
	assert_int_equal(
	    rotate(w, (struct voice){ "authority", K_AUTHORITY, 2, 1 }, "x", 2,
		K_D, K_D),
	    ERR_OK);
	assert_string_equal(world_device(w, "authority")->organisation, "");
	assert_string_equal(world_device(w, "authority")->role, "authority");
	assert_int_equal(
	    say_as(
		w, (struct voice){ "authority", K_AUTHORITY, 1, 9 }, TAGREAD),
	    ERR_EPOCH);
	assert_int_equal(
	    say_as(w, (struct voice){ "authority", K_D, 2, 2 }, TAGREAD),
	    ERR_OK);
	/* the other authority opens the next one */
	assert_int_equal(
	    set_device(w, K_AUTHORITY_2, "authority", "x", 3, K_C), ERR_OK);
	assert_int_equal(world_device(w, "authority")->epoch, 3);
}

static enum err
admit(struct world *w, struct voice v, const char *topic, bool signature_ok)
{
	struct buf b = world_make(&v, CONTENT_IS_PRODUCT, "{}");
	struct roster_device *dev;
	struct statement s;
	enum err e;

	assert_int_equal(statement_parse(&s, buf_span(&b), NULL), ERR_OK);
	e = roster_admit(w->roster, &s, span_str(topic), NULL, signature_ok,
	    w->now_ms, &dev, &w->opened, &w->d);
	buf_free(&b);
	return e;
}

static void
test_admit_order(void **state)
{
	struct world *w = world_begin(state);
	struct voice a = { "a", K_A, 1, 1 };

	assert_int_equal(admit(w, a, "a", true), ERR_OK);
	assert_int_equal(admit(w, a, "b", true), ERR_UNKNOWN_DEVICE);
	assert_int_equal(admit(w, (struct voice){ "q", K_A, 1, 1 }, "q", true),
	    ERR_UNKNOWN_DEVICE);
	assert_int_equal(
	    admit(w, (struct voice){ "a", K_A, 2, 1 }, "a", true), ERR_EPOCH);
	assert_int_equal(admit(w, (struct voice){ "a", K_B, 1, 1 }, "a", true),
	    ERR_BAD_SIGNATURE);
	assert_int_equal(admit(w, a, "a", false), ERR_BAD_SIGNATURE);
	assert_int_equal(op_device(w, K_AUTHORITY, "a", "suspend", 0), ERR_OK);
	assert_int_equal(admit(w, a, "a", true), ERR_SUSPENDED);
	assert_int_equal(op_device(w, K_AUTHORITY, "a", "end", 0), ERR_OK);
	assert_int_equal(admit(w, a, "a", true), ERR_REVOKED);
	assert_int_equal(admit(w, a, "a", false), ERR_BAD_SIGNATURE);
}

/* A verifier replays what no ingest admitted. */
static void
test_apply_stands_alone(void **state)
{
	struct world *w = world_begin(state);
	static const struct voice bad[] = { { "q", K_A, 1, 1 },
		{ "authority", K_A, 1, 1 },
		{ "authority", K_AUTHORITY, 2, 1 } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = world_make(&bad[i], CONTENT_IS_REGISTRY,
		    "{\"type\":\"organisation\",\"id\":\"z\",\"op\":\"set\","
		    "\"from\":1,\"name\":\"z\",\"did\":\"d\"}");
		struct statement s;
		struct registry reg;

		assert_int_equal(
		    statement_parse(&s, buf_span(&b), NULL), ERR_OK);
		assert_int_equal(registry_parse(&reg, s.payload, NULL), ERR_OK);
		assert_int_equal(
		    roster_apply(w->roster, 9, &s, &reg, &w->d), ERR_FORBIDDEN);
		registry_clear(&reg);
		buf_free(&b);
	}
	assert_null(roster_org(w->roster, span_str("z")));
}

static void
test_replay_of_other_entries(void **state)
{
	struct world *w = world_begin(state);
	size_t n = roster_device_count(w->roster);
	struct voice a = { "a", K_A, 1, 1 };
	struct buf b = world_make(&a, CONTENT_IS_PRODUCT, "{}");
	struct buf broken = world_make(&a, CONTENT_IS_REGISTRY, "[]");

	assert_int_equal(roster_replay(w->roster, 7, buf_span(&b)), ERR_OK);
	assert_int_equal(
	    roster_replay(w->roster, 7, buf_span(&broken)), ERR_OK);
	assert_int_equal(
	    roster_replay(w->roster, 7, span_str("countermark/epoch/v1\n")),
	    ERR_OK);
	assert_int_equal(
	    roster_replay(w->roster, 7, span_str("countermark/fork/v1\nx")),
	    ERR_OK);
	assert_int_equal(roster_replay(w->roster, 7, span_str("?")), ERR_OK);
	assert_int_equal(roster_device_count(w->roster), n);
	buf_free(&b);
	buf_free(&broken);
}

/* The oldest keys give way, the newest stay. */
static void
test_many_epochs(void **state)
{
	struct world *w = world_begin(state);
	struct roster_device *a = world_device(w, "a");

	for (unsigned n = 2; n <= ROSTER_KEYS + 9; n++)
		assert_int_equal(set_device(w, K_AUTHORITY, "a", "x", n,
				     n % 2 == 0 ? K_B : K_C),
		    ERR_OK);
	assert_int_equal(a->key_count, ROSTER_KEYS);
	assert_null(roster_key(a, 9));
	assert_int_equal(roster_key(a, 10)->epoch, 10);
	assert_int_equal(roster_key(a, ROSTER_KEYS + 9)->until_index, 0);
}

static void
test_many_devices(void **state)
{
	struct world *w = world_begin(state);
	struct voice v = { "authority", K_AUTHORITY, 1, 2 };
	char name[32], payload[512];
	struct statement s;
	struct registry reg;

	for (unsigned i = 0; i < 20000; i++) {
		struct buf b;

		(void)snprintf(name, sizeof(name), "device-%u", i);
		(void)snprintf(payload, sizeof(payload),
		    "{\"type\":\"device\",\"id\":\"%s\",\"op\":\"set\","
		    "\"from\":1,\"organisation\":\"x\",\"did\":\"" DEVICE_DID
		    "%s\",\"epoch\":1,\"key\":\"%s\",\"role\":\"device\"}",
		    name, name, dids[K_A]);
		b = world_make(&v, CONTENT_IS_REGISTRY, payload);
		assert_int_equal(
		    statement_parse(&s, buf_span(&b), NULL), ERR_OK);
		assert_int_equal(registry_parse(&reg, s.payload, NULL), ERR_OK);
		assert_int_equal(
		    roster_apply(w->roster, 10 + i, &s, &reg, NULL), ERR_OK);
		registry_clear(&reg);
		buf_free(&b);
	}
	assert_int_equal(roster_device_count(w->roster), 20004);
	assert_int_equal(
	    world_device(w, "device-19999")->keys[0].from_index, 20009);
	assert_null(world_device(w, "device-20000"));
	/* not lived through the log above */
	roster_free(w->roster);
	w->roster = world_roster();
	while (w->count > 1)
		buf_free(&w->entries[--w->count]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_genesis),
		CASE(test_enrolment),
		CASE(test_enrolment_refusals),
		CASE(test_schema),
		CASE(test_who_may_sign),
		CASE(test_service_keys),
		CASE(test_delegation),
		CASE(test_organisation_keys),
		CASE(test_goods),
		CASE(test_revocation),
		CASE(test_suspension),
		CASE(test_rotation),
		CASE(test_rotation_refusals),
		CASE(test_rotation_lifts_nothing),
		CASE(test_authority_rotates),
		CASE(test_admit_order),
		CASE(test_apply_stands_alone),
		CASE(test_replay_of_other_entries),
		CASE(test_many_epochs),
		CASE(test_many_devices),
	};

	roster_free(NULL);
	return cmocka_run_group_tests(tests, world_keys, NULL);
}
