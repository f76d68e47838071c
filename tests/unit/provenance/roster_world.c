/* SPDX-License-Identifier: Apache-2.0 */
#include "roster_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#include "base/banned.h"

struct sign_key keys[KEYS];
char dids[KEYS][DID_KEY_CHARS + 1];

struct roster *
world_roster(void)
{
	uint8_t authority[2][KEY_BYTES];
	struct roster_genesis g = { HOST,
		(const uint8_t(*)[KEY_BYTES])authority, 2,
		keys[K_SERVICE].pub };
	struct roster *r;

	memcpy(authority[0], keys[K_AUTHORITY].pub, KEY_BYTES);
	memcpy(authority[1], keys[K_AUTHORITY_2].pub, KEY_BYTES);
	assert_int_equal(roster_new(&r, &g), ERR_OK);
	return r;
}

int
world_keys(void **state)
{
	(void)state;
	if (crypto_start() != ERR_OK)
		return 1;
	for (unsigned i = 0; i < KEYS; i++) {
		uint8_t seed[KEY_BYTES] = { (uint8_t)(i + 1) };

		key_from_seed(&keys[i], seed);
		did_key_print(dids[i], keys[i].pub);
	}
	return 0;
}

int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->roster = world_roster();
	w->count = 1; /* the genesis */
	w->now_ms = 1000;
	*state = w;
	return 0;
}

static void
compare_device(const struct roster_device *a, const struct roster_device *b)
{
	assert_non_null(b);
	assert_string_equal(a->organisation, b->organisation);
	assert_string_equal(a->role, b->role);
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->key_count, b->key_count);
	for (unsigned i = 0; i < a->key_count; i++) {
		assert_int_equal(a->keys[i].epoch, b->keys[i].epoch);
		assert_int_equal(a->keys[i].from_index, b->keys[i].from_index);
		assert_int_equal(
		    a->keys[i].until_index, b->keys[i].until_index);
		assert_memory_equal(a->keys[i].key, b->keys[i].key, KEY_BYTES);
	}
	assert_int_equal(a->revoked, b->revoked);
	assert_int_equal(a->revoked_from_ms, b->revoked_from_ms);
	assert_int_equal(a->revoked_index, b->revoked_index);
	assert_int_equal(a->suspended, b->suspended);
	assert_int_equal(a->suspended_index, b->suspended_index);
	assert_int_equal(a->suspension_registered, b->suspension_registered);
}

static void
compare_goods(struct roster *a, struct roster *b)
{
	const struct roster_goods *x = roster_goods(a, GTIN);
	const struct roster_goods *y = roster_goods(b, GTIN);

	assert_int_equal(x == NULL, y == NULL);
	if (x == NULL)
		return;
	assert_string_equal(x->key, y->key);
	assert_string_equal(x->organisation, y->organisation);
	assert_string_equal(x->right, y->right);
	assert_int_equal(x->during, y->during);
	assert_int_equal(x->index, y->index);
}

int
world_teardown(void **state)
{
	struct world *w = *state;
	struct roster *again = world_roster();

	for (unsigned i = 1; i < w->count; i++)
		assert_int_equal(
		    roster_replay(again, i, buf_span(&w->entries[i])), ERR_OK);
	assert_int_equal(
	    roster_device_count(w->roster), roster_device_count(again));
	for (size_t i = 0; i < roster_device_count(again); i++) {
		struct roster_device *a = roster_device_at(w->roster, i);

		compare_device(a, roster_device(again, span_str(a->name)));
	}
	compare_goods(w->roster, again);
	for (unsigned i = 1; i < w->count; i++)
		buf_free(&w->entries[i]);
	roster_free(again);
	roster_free(w->roster);
	free(w);
	return 0;
}

struct buf
world_make(const struct voice *v, enum content content, const char *payload)
{
	char iss[200];
	struct buf b = buf_heap(STATEMENT_MAX);
	struct claims c = {
		.epoch = v->epoch, .seq = v->seq, .clock = 1, .wall = 1000
	};

	(void)snprintf(iss, sizeof(iss), DEVICE_DID "%s", v->name);
	c.iss = span_str(iss);
	c.sub = span_str(iss);
	assert_int_equal(statement_make(&b, &c, content, span_str(payload),
			     &keys[v->key], NULL),
	    ERR_OK);
	return b;
}

enum err
say_as(struct world *w, struct voice v, const char *payload)
{
	struct buf b = world_make(&v, CONTENT_IS_REGISTRY, payload);
	struct roster_device *dev;
	struct statement s;
	struct registry reg;
	enum err e;

	diag_clear(&w->d);
	assert_int_equal(statement_parse(&s, buf_span(&b), NULL), ERR_OK);
	assert_int_equal(registry_parse(&reg, s.payload, &w->d), ERR_OK);
	e = roster_admit(w->roster, &s, span_str(v.name), &reg,
	    statement_verify(&s, NULL) == ERR_OK, w->now_ms, &dev, &w->opened,
	    &w->d);
	if (e != ERR_OK) {
		buf_free(&b);
	} else {
		assert_true(w->count < ENTRIES);
		w->entries[w->count] = b;
		e = roster_apply(w->roster, w->count, &s, &reg, &w->d);
		w->count++;
	}
	registry_clear(&reg);
	return e;
}

enum err
say(struct world *w, unsigned signer, const char *fmt, ...)
{
	static const char *const names[KEYS] = { "authority", "authority-2",
		"service", "a", "b", "c", "d" };
	struct voice v = { names[signer], signer, 1, 2 };
	struct roster_device *dev =
	    roster_device(w->roster, span_str(names[signer]));
	char payload[4096];
	va_list ap;

	if (dev != NULL)
		v.epoch = dev->epoch;
	va_start(ap, fmt);
	(void)vsnprintf(payload, sizeof(payload), fmt, ap);
	va_end(ap);
	return say_as(w, v, payload);
}

enum err
set_device(struct world *w, unsigned signer, const char *name, const char *org,
    unsigned epoch, unsigned key)
{
	return say(w, signer,
	    "{\"type\":\"device\",\"id\":\"%s\",\"op\":\"set\",\"from\":1,"
	    "\"organisation\":\"%s\",\"did\":\"" DEVICE_DID
	    "%s\",\"epoch\":%u,\"key\":\"%s\",\"role\":\"device\"}",
	    name, org, name, epoch, dids[key]);
}

enum err
op_device(struct world *w, unsigned signer, const char *name, const char *op,
    int from)
{
	return say(w, signer,
	    "{\"type\":\"device\",\"id\":\"%s\",\"op\":\"%s\",\"from\":%d}",
	    name, op, from);
}

struct world *
world_begin(void **state)
{
	struct world *w = *state;

	assert_int_equal(say(w, K_AUTHORITY, ORG("x")), ERR_OK);
	assert_int_equal(say(w, K_AUTHORITY, ORG("y")), ERR_OK);
	assert_int_equal(set_device(w, K_AUTHORITY, "a", "x", 1, K_A), ERR_OK);
	return w;
}

struct roster_device *
world_device(struct world *w, const char *name)
{
	return roster_device(w->roster, span_str(name));
}
