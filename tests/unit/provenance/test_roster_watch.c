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
#include "event/touch.h"
#include "provenance/roster.h"

#include "roster_world.h"

#include "base/banned.h"

/*
 * What roster_watch() promises: the entries of the subjects asked are enough.
 */
#define LOGS 40
#define LENGTH 100 /* entries of a log */
#define SUBJECTS 64
#define SUBJECT 240

struct log {
	unsigned count;
	struct buf entries[LENGTH];
	struct roster *full;
};

struct subjects {
	unsigned count;
	char names[SUBJECTS][SUBJECT];
};

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *
pick(const char *const *words, unsigned n)
{
	return words[below(n)];
}
#define PICK(words) pick(words, sizeof(words) / sizeof((words)[0]))

static const char *const orgs[] = { "x", "y", "z" };
static const char *const devices[] = { "a", "b", "c", "d", "authority" };
static const char *const goods[] = { GTIN, "9506", "95060001", "9506000134",
	"09501000134350" };
static const char *const mays[] = { "\"goods\"", "\"device\"",
	"\"organisation\",\"goods\"", "\"delegation\"",
	"\"service\",\"device\"", "" };
static const char *const uses[] = { "ingest", "answer" };

static void
head(struct buf *b, const char *type, const char *id)
{
	buf_printf(b, "{\"type\":\"%s\",\"id\":\"%s\",\"op\":\"%s\",\"from\":1",
	    type, id, below(6) == 0 ? "end" : "set");
}

/* A device statement, mostly of the epoch that is open or comes next. */
static void
put_device(struct log *l, struct buf *b)
{
	const char *name = PICK(devices);
	struct roster_device *d = roster_device(l->full, span_str(name));
	uint64_t epoch = (d == NULL ? 0 : d->epoch) + below(2);
	unsigned key = K_A + below(4);
	struct buf text = buf_heap(400);
	char did[200];
	uint8_t sig[SIG_BYTES];

	(void)snprintf(did, sizeof(did), DEVICE_DID "%s", name);
	if (below(8) == 0)
		buf_printf(b,
		    "{\"type\":\"device\",\"id\":\"%s\",\"op\":\"suspend\","
		    "\"from\":1}",
		    name);
	else {
		head(b, "device", name);
		buf_printf(b,
		    ",\"organisation\":\"%s\",\"did\":\"%s\",\"epoch\":%llu,"
		    "\"key\":\"%s\",\"role\":\"device\",\"possession\":\"",
		    d == NULL || d->organisation[0] == '\0' ? PICK(orgs)
							    : d->organisation,
		    did, (unsigned long long)epoch, dids[key]);
		assert_int_equal(
		    registry_possession(&text, did, epoch), ERR_OK);
		ed25519_sign(sig, &keys[key], buf_span(&text));
		base64_put(b, span_of(sig, SIG_BYTES));
		buf_str(b, "\"}");
	}
	buf_free(&text);
}

static void
put_payload(struct log *l, struct buf *b)
{
	const char *id;

	switch (below(6)) {
	case 0:
		id = PICK(orgs);
		head(b, "organisation", id);
		buf_printf(b,
		    ",\"name\":\"%s\",\"did\":\"did:web:%u\",\"keys\":["
		    "{\"key\":\"%s\",\"may\":[%s]}]}",
		    id, below(1000), dids[K_A + below(4)], PICK(mays));
		break;
	case 1:
		id = PICK(goods);
		head(b, "goods", id);
		buf_printf(b, ",\"%s\":\"%s\",\"organisation\":\"%s\"}",
		    strlen(id) == 14 ? "gtin" : "prefix", id, PICK(orgs));
		break;
	case 2:
		id = dids[K_A + below(4)];
		head(b, "delegation", id);
		buf_printf(b, ",\"key\":\"%s\",\"may\":[%s]}", id, PICK(mays));
		break;
	case 3:
		id = dids[K_A + below(4)];
		head(b, "service", id);
		buf_printf(
		    b, ",\"key\":\"%s\",\"use\":\"%s\"}", id, PICK(uses));
		break;
	default:
		put_device(l, b);
	}
}

/* The key that a device of the full roster speaks with. */
static unsigned
key_of(const struct roster_device *d)
{
	const struct roster_key *k = roster_key(d, d->epoch);

	for (unsigned i = 0; i < KEYS; i++)
		if (memcmp(keys[i].pub, k->key, KEY_BYTES) == 0)
			return i;
	return K_A;
}

static void
append(struct log *l)
{
	struct buf payload = buf_heap(4096);
	struct roster_device *d =
	    roster_device(l->full, span_str(PICK(devices)));
	struct voice v = { "authority", K_AUTHORITY, 1, 2 };
	struct buf *e = &l->entries[l->count];
	struct buf b;

	if (d == NULL || below(3) == 0)
		d = roster_device(l->full, span_str("authority"));
	v = (struct voice){ d->name, key_of(d), d->epoch, 1 + below(2) };
	if (v.seq == 1)
		v.epoch += below(2);
	put_payload(l, &payload);
	buf_byte(&payload, '\0');
	assert_int_equal(buf_error(&payload), ERR_OK);
	b = world_make(&v, CONTENT_IS_REGISTRY, (const char *)payload.p);
	*e = buf_heap(65535);
	if (below(20) == 0)
		buf_str(e, "countermark/fork/v1\n");
	buf_put(e, buf_span(&b));
	assert_int_equal(roster_replay(l->full, l->count, buf_span(e)), ERR_OK);
	l->count++;
	buf_free(&b);
	buf_free(&payload);
}

static void
ask(void *ctx, struct span subject)
{
	struct subjects *s = ctx;

	for (unsigned i = 0; i < s->count; i++)
		if (span_is(subject, s->names[i]))
			return;
	assert_true(s->count < SUBJECTS && subject.n < SUBJECT);
	memcpy(s->names[s->count], subject.p, subject.n);
	s->names[s->count++][subject.n] = '\0';
}

static void
put_device_answer(struct buf *out, const struct roster_device *d)
{
	if (d == NULL) {
		buf_str(out, "no device");
		return;
	}
	buf_printf(out, "%s %s %llu %d %llu %d %llu", d->organisation, d->role,
	    (unsigned long long)d->epoch, d->revoked,
	    (unsigned long long)d->revoked_index, d->suspension_registered,
	    (unsigned long long)d->registered_index);
	for (unsigned i = 0; i < d->key_count; i++) {
		buf_printf(out, " %llu-%llu ",
		    (unsigned long long)d->keys[i].from_index,
		    (unsigned long long)d->keys[i].until_index);
		base64_put(out, span_of(d->keys[i].key, KEY_BYTES));
	}
}

/* The answer to question n as text. */
#define QUESTIONS 9
static void
answer(struct buf *out, struct roster *r, unsigned n)
{
	static const char *const gtins[] = { GTIN, "09501000134350" };
	const struct roster_org *o;
	const struct roster_goods *g;

	buf_reset(out);
	if (n < 4) {
		put_device_answer(out, roster_device(r, span_str(devices[n])));
	} else if (n < 7) {
		o = roster_org(r, span_str(orgs[n - 4]));
		if (o != NULL)
			buf_printf(out, "%s %s %llu %d", o->name, o->did,
			    (unsigned long long)o->index, o->ended);
	} else {
		g = roster_goods(r, gtins[n - 7]);
		if (g != NULL)
			buf_printf(out, "%s %s %llu", g->key, g->organisation,
			    (unsigned long long)g->index);
	}
	buf_byte(out, '\n');
	assert_int_equal(buf_error(out), ERR_OK);
}

struct touching {
	const struct subjects *wanted;
	bool found;
};

static void
see_subject(void *ctx, struct span subject)
{
	struct touching *t = ctx;

	for (unsigned i = 0; i < t->wanted->count; i++)
		if (span_is(subject, t->wanted->names[i]))
			t->found = true;
}

/* One round: the entries of wanted alone, the watcher fills asked. */
static unsigned
restricted(struct buf *out, const struct log *l, const struct subjects *wanted,
    struct subjects *asked, unsigned question)
{
	struct roster *r = world_roster();
	struct touch touch;
	unsigned fed = 0;

	assert_int_equal(touch_init(&touch), ERR_OK);
	roster_watch(r, ask, asked);
	for (unsigned i = 1; i < l->count; i++) {
		struct span entry = buf_span(&l->entries[i]);
		struct touching t = { wanted, false };

		assert_int_equal(
		    touch_entry(&touch, entry, see_subject, &t), ERR_OK);
		if (!t.found)
			continue;
		assert_int_equal(roster_replay(r, i, entry), ERR_OK);
		fed++;
	}
	answer(out, r, question);
	touch_clear(&touch);
	roster_free(r);
	return fed;
}

static void
check_question(const struct log *l, unsigned question, unsigned *fed)
{
	struct subjects *asked = calloc(1, sizeof(*asked));
	struct subjects *wanted = calloc(1, sizeof(*wanted));
	struct buf a = buf_heap(1 << 16), b = buf_heap(1 << 16);
	unsigned n;

	do {
		*wanted = *asked;
		n = restricted(&a, l, wanted, asked, question);
	} while (asked->count > wanted->count);
	*fed += n;
	answer(&b, l->full, question);
	assert_true(span_equal(buf_span(&a), buf_span(&b)));
	buf_free(&a);
	buf_free(&b);
	free(asked);
	free(wanted);
}

static void
test_restricted_equals_full(void **state)
{
	unsigned fed = 0, all = 0;

	(void)state;
	for (unsigned n = 0; n < LOGS; n++) {
		struct log l = { .count = 1, .full = world_roster() };

		seed = n;
		while (l.count < LENGTH)
			append(&l);
		for (unsigned q = 0; q < QUESTIONS; q++)
			check_question(&l, q, &fed);
		all += QUESTIONS * (l.count - 1);
		for (unsigned i = 1; i < l.count; i++)
			buf_free(&l.entries[i]);
		roster_free(l.full);
	}
	/* Something was left out, something was fed. */
	assert_true(fed > 0 && fed < all * 9 / 10);
}

static void
test_subjects_of_lookups(void **state)
{
	static const char *const wanted[] = { "registry/device/a",
		"registry/organisation/x", "goods/" GTIN, "goods/950600013435",
		"goods/95060001343", "goods/9506000134", "goods/950600013",
		"goods/95060001", "goods/9506000", "goods/950600",
		"goods/95060", "goods/9506" };
	struct roster *r = world_roster();
	struct subjects s = { .count = 0 };

	(void)state;
	roster_watch(r, ask, &s);
	assert_null(roster_device(r, span_str("a")));
	assert_null(roster_org(r, span_str("x")));
	assert_null(roster_goods(r, GTIN));
	assert_int_equal(s.count, sizeof(wanted) / sizeof(wanted[0]));
	for (unsigned i = 0; i < s.count; i++)
		assert_string_equal(s.names[i], wanted[i]);
	roster_watch(r, NULL, NULL);
	assert_null(roster_device(r, span_str("b")));
	assert_int_equal(s.count, sizeof(wanted) / sizeof(wanted[0]));
	roster_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subjects_of_lookups),
		cmocka_unit_test(test_restricted_equals_full),
	};

	return cmocka_run_group_tests(tests, world_keys, NULL);
}
