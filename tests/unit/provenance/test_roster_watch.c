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
#include "provenance/rights.h"

#include "roster_world.h"

#include "base/banned.h"

/*
 * What roster_watch() promises: the entries of the subjects asked are enough.
 */
#define LOGS 16
#define LENGTH 120 /* entries of a log */
#define SUBJECTS 96
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
static const char *const licences[] = { "l1", "l2", "l3" };
static const char *const rights[] = { "XX50000000001", "XX50000000002" };
static const char *const recalls[] = { "r1", "r2" };
static const char *const gtins[] = { GTIN, "09501000134350" };
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
put_licence(struct buf *b)
{
	head(b, "licence", PICK(licences));
	buf_printf(b,
	    ",\"right\":\"%s\",\"licensor\":\"%s\",\"licensee\":\"%s\","
	    "\"sublicence\":true",
	    PICK(rights), PICK(orgs), PICK(orgs));
	if (below(2) == 0)
		buf_printf(b, ",\"parent\":\"%s\"", PICK(licences));
	if (below(4) == 0)
		buf_str(b, ",\"countries\":[\"NL\"]");
	buf_str(b, "}");
}

static void
put_payload(struct log *l, struct buf *b)
{
	const char *id;

	switch (below(12)) {
	case 6:
		put_licence(b);
		break;
	case 7:
		id = PICK(rights);
		head(b, "right", id);
		buf_printf(
		    b, ",\"st13\":\"%s\",\"holder\":\"%s\"}", id, PICK(orgs));
		break;
	case 8:
		head(b, "recall", PICK(recalls));
		buf_printf(b, ",\"gtin\":\"%s\",\"lots\":[\"%u\"]}",
		    PICK(gtins), below(5));
		break;
	case 9:
		id = PICK(licences);
		head(b, "usage", id);
		buf_printf(
		    b, ",\"licence\":\"%s\",\"at_index\":%u}", id, below(100));
		break;
	case 10:
		head(b, "place", "9506000111117");
		buf_printf(b,
		    ",\"gln\":\"9506000111117\",\"country\":\"NL\","
		    "\"lat7\":%u,\"lon7\":2,\"kind\":\"shop\"}",
		    below(100));
		break;
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

static void
put_licences(struct buf *out, struct roster *r, const char *right)
{
	const struct roster_right *v = roster_right(r, span_str(right));
	const struct roster_licence *l;

	if (v != NULL)
		buf_printf(out, "%s %s %llu %d", v->id, v->holder,
		    (unsigned long long)v->index, v->ended);
	for (size_t i = 0;
	     (l = roster_licence_of(r, span_str(right), i)) != NULL; i++) {
		const struct roster_usage *u = roster_usage(r, span_str(l->id));

		buf_printf(out, " %s ended %d", l->id, l->ended);
		for (size_t k = 0; k < l->version_count; k++)
			buf_printf(out, " %llu %s %s %s %zu",
			    (unsigned long long)l->versions[k].index,
			    l->versions[k].licensor, l->versions[k].licensee,
			    l->versions[k].parent, l->versions[k].countries.n);
		if (u != NULL)
			buf_printf(out, " reached %llu",
			    (unsigned long long)u->at_index);
	}
}

static void
put_recalls(struct buf *out, struct roster *r, const char *gtin)
{
	const struct roster_recall *v;

	for (size_t i = 0; (v = roster_recall_of(r, gtin, i)) != NULL; i++)
		buf_printf(out, "%s %s %llu %d %s ", v->id, v->gtin,
		    (unsigned long long)v->index, v->ended, v->lots.at[0]);
}

/* The answer to question n as text. */
#define QUESTIONS 14
static void
answer(struct buf *out, struct roster *r, unsigned n)
{
	const struct roster_place *p;
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
	} else if (n == 9) {
		p = roster_place(r, span_str("9506000111117"));
		if (p != NULL)
			buf_printf(out, "%s %s %lld %llu", p->country, p->kind,
			    (long long)p->lat7, (unsigned long long)p->index);
	} else if (n > 11) {
		put_recalls(out, r, gtins[n - 12]);
	} else if (n > 9) {
		put_licences(out, r, rights[n - 10]);
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
		"registry/organisation/x", ("goods/" GTIN),
		"goods/950600013435", "goods/95060001343", "goods/9506000134",
		"goods/950600013", "goods/95060001", "goods/9506000",
		"goods/950600", "goods/95060", "goods/9506" };
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
