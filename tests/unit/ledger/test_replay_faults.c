/* SPDX-License-Identifier: Apache-2.0 */
/* A log made again from its entries: one that is right, and ones with one
 * fault each. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "event/statement.h"
#include "ledger/merkle.h"
#include "ledger/replay.h"

#include "bundle_world.h"

#include "base/banned.h"

#define FAULTS 16
#define AHEAD 256

/* ---- what it says ---- */
struct said {
	unsigned count;
	struct {
		uint64_t index;
		char field[16], got[80], want[80];
	} fault[FAULTS];
};

static void
hear(void *ctx, const struct replay_fault *f)
{
	struct said *s = ctx;

	if (s->count < FAULTS) {
		s->fault[s->count].index = f->index;
		(void)snprintf(s->fault[s->count].field,
		    sizeof s->fault[0].field, "%s", f->field);
		(void)snprintf(s->fault[s->count].got, sizeof s->fault[0].got,
		    "%s", f->got);
		(void)snprintf(s->fault[s->count].want, sizeof s->fault[0].want,
		    "%s", f->want);
	}
	s->count++;
}

static void
only(const struct said *s, uint64_t index, const char *field, const char *got,
    const char *want)
{
	if (s->count != 1)
		fail_msg("%u faults, first: %" PRIu64 " %s %s %s", s->count,
		    s->fault[0].index, s->fault[0].field, s->fault[0].got,
		    s->fault[0].want);
	assert_int_equal(s->fault[0].index, index);
	assert_string_equal(s->fault[0].field, field);
	assert_string_equal(s->fault[0].got, got);
	assert_string_equal(s->fault[0].want, want);
}

static void
nothing(const struct said *s)
{
	if (s->count > 0)
		fail_msg("%" PRIu64 " %s: got %s, wanted %s", s->fault[0].index,
		    s->fault[0].field, s->fault[0].got, s->fault[0].want);
}

/* ---- the log ---- */
static uint64_t previous; /* epoch */
static uint64_t last_covered;

static struct epoch
true_epoch(const struct bworld *w)
{
	struct epoch e = { .covered = w->count,
		.time_ms = w->now_ms,
		.map_root = map_root(w->map),
		.keys = map_keys(w->map),
		.previous = previous };

	return e;
}

/* Its chain and previous are of the place where it stands. */
static uint64_t
add_epoch(struct bworld *w, const struct epoch *said)
{
	struct epoch e = *said;
	struct buf b = buf_heap(ENTRY_MAX);
	uint64_t index;

	e.time_ms = w->now_ms++;
	e.previous = previous;
	e.chain = chain_start(BW_ORIGIN);
	for (uint64_t i = 0; i < w->count; i++)
		e.chain = chain_next(&e.chain, &w->leaves[i]);
	assert_int_equal(epoch_print(&b, &e), ERR_OK);
	index = bw_raw(w, buf_span(&b));
	buf_free(&b);
	last_covered = e.covered;
	previous = index;
	return index;
}

static uint64_t
add_true_epoch(struct bworld *w)
{
	struct epoch e = true_epoch(w);

	return add_epoch(w, &e);
}

static struct bworld *
new_log(void)
{
	struct bworld *w = bw_new();

	previous = last_covered = 0;
	(void)add_true_epoch(w);
	bw_registry(w, NULL);
	(void)add_true_epoch(w);
	bw_story(w);
	return w;
}

/* ---- replaying ---- */
static struct replay *
new_replay(struct said *s, const char *origin, const struct hash *policy)
{
	const struct replay_options o = {
		.origin = origin, .policy = policy, .fault = hear, .ctx = s
	};
	struct replay *r;

	*s = (struct said){ .count = 0 };
	assert_int_equal(replay_new(&r, &o, NULL), ERR_OK);
	return r;
}

/* Announced so many at once; 0: not at all. */
static void
feed(struct replay *r, const struct bworld *w, size_t ahead)
{
	struct span spans[AHEAD];
	struct diag d = { .text = "" };

	for (uint64_t i = replay_size(r); i < w->count; i++) {
		size_t n = w->count - i < ahead ? w->count - i : ahead;

		if (ahead > 0 && i % ahead == 0) {
			for (size_t k = 0; k < n; k++)
				spans[k] = buf_span(&w->entries[i + k]);
			assert_int_equal(replay_ahead(r, i, spans, n), ERR_OK);
		}
		if (replay_entry(r, i, buf_span(&w->entries[i]), &w->leaves[i],
			&d) != ERR_OK)
			fail_msg("%s", d.text);
	}
}

static void
replay_all(struct said *s, const struct bworld *w, size_t ahead)
{
	struct replay *r = new_replay(s, BW_ORIGIN, NULL);

	feed(r, w, ahead);
	replay_free(r);
}

/* ---- a right log ---- */
static void
a_right_log_has_no_fault(void **state)
{
	static const size_t ahead[] = { 0, 1, 3, AHEAD };
	struct bworld *w = new_log();
	struct buf policy = bw_policy_text(w, "both");
	struct hash policy_hash = hash_bytes(buf_span(&policy));
	uint64_t last = add_true_epoch(w);
	struct hash chain = chain_start(BW_ORIGIN);
	struct said s;

	(void)state;
	(void)bw_heartbeat(w, BW_LINE);
	for (uint64_t i = 0; i < w->count; i++)
		chain = chain_next(&chain, &w->leaves[i]);
	for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i++) {
		struct replay *r = new_replay(&s, BW_ORIGIN, &policy_hash);
		struct hash got;

		assert_int_equal(replay_size(r), 0);
		assert_int_equal(replay_last_epoch(r), 0);
		feed(r, w, ahead[i]);
		nothing(&s);
		got = replay_chain(r);
		assert_true(hash_equal(&got, &chain));
		assert_int_equal(replay_size(r), w->count);
		assert_int_equal(replay_last_epoch(r), last);
		assert_true(replay_last_epoch_ms(r) > BW_AT - 200000000);
		replay_free(r);
	}
	buf_free(&policy);
	bw_free(w);
}

/* formats 4.5: less than stands before it, and less each time. */
static void
an_epoch_that_lags_is_none(void **state)
{
	struct bworld *w = new_log();
	struct epoch e = true_epoch(w);
	struct said s;

	(void)state;
	(void)bw_heartbeat(w, BW_LINE);
	(void)bw_heartbeat(w, BW_DOCK);
	(void)add_epoch(w, &e);
	e = true_epoch(w);
	(void)bw_heartbeat(w, BW_LINE);
	(void)add_epoch(w, &e);
	(void)add_epoch(w, &e);
	(void)add_true_epoch(w);
	replay_all(&s, w, 0);
	nothing(&s);
	bw_free(w);
}

/* ---- the map ---- */
static void
another_map_root(void **state)
{
	struct bworld *w = new_log();
	struct epoch e = true_epoch(w);
	char got[2 * HASH_BYTES + 1], want[2 * HASH_BYTES + 1];
	struct said s;
	uint64_t index;

	(void)state;
	hex_print(want, hash_span(&e.map_root));
	e.map_root.b[31] ^= 1;
	hex_print(got, hash_span(&e.map_root));
	index = add_epoch(w, &e);
	(void)bw_heartbeat(w, BW_LINE);
	(void)add_true_epoch(w); /* that one is right again */
	replay_all(&s, w, 0);
	only(&s, index, "map_root", got, want);
	bw_free(w);
}

static void
another_number_of_keys(void **state)
{
	struct bworld *w = new_log();
	struct epoch e = true_epoch(w);
	char got[24], want[24];
	struct said s;
	uint64_t index;

	(void)state;
	(void)snprintf(want, sizeof want, "%" PRIu64, e.keys);
	(void)snprintf(got, sizeof got, "%" PRIu64, ++e.keys);
	index = add_epoch(w, &e);
	replay_all(&s, w, 0);
	only(&s, index, "keys", got, want);
	bw_free(w);
}

/* A covered size of nothing has the empty map. */
static void
nothing_covered_is_the_empty_map(void **state)
{
	struct bworld *w = bw_new();
	struct epoch e = { .covered = 0, .map_root = map_empty_root() };
	struct said s;
	uint64_t index;

	(void)state;
	previous = last_covered = 0;
	bw_registry(w, NULL);
	(void)add_epoch(w, &e);
	e.keys = 1;
	index = add_epoch(w, &e);
	replay_all(&s, w, 0);
	only(&s, index, "keys", "1", "0");
	bw_free(w);
}

/* It cannot be compared, and is said once: not as another map, too. */
static void
a_covered_size_that_falls(void **state)
{
	struct bworld *w = new_log();
	struct epoch e = { .covered = last_covered - 1 };
	char got[40], want[40];
	struct said s;
	uint64_t index;

	(void)state;
	(void)snprintf(got, sizeof got, "covered:%" PRIu64, e.covered);
	(void)snprintf(want, sizeof want, "covered:%" PRIu64, last_covered);
	index = add_epoch(w, &e);
	replay_all(&s, w, 0);
	only(&s, index, "entry", got, want);
	bw_free(w);
}

static void
a_covered_size_above_the_epoch(void **state)
{
	struct bworld *w = new_log();
	struct epoch e = true_epoch(w);
	char got[40], want[40];
	struct said s;
	uint64_t index;

	(void)state;
	e.covered = w->count + 1;
	(void)snprintf(got, sizeof got, "covered:%" PRIu64, e.covered);
	(void)snprintf(want, sizeof want, "covered:%" PRIu64, last_covered);
	index = add_epoch(w, &e);
	replay_all(&s, w, 0);
	only(&s, index, "entry", got, want);
	bw_free(w);
}

/* ---- entries ---- */
/* Announced or not, it is the same that is said. */
static void
a_false_signature(void **state)
{
	static const size_t ahead[] = { 0, 7, AHEAD };
	struct bworld *w = new_log();
	uint64_t index = bw_put_with(w, BW_LINE, BW_SPARE, CONTENT_IS_REGISTRY,
	    "{\"type\":\"heartbeat\",\"id\":\"line-1\",\"op\":\"set\","
	    "\"from\":1}");
	struct statement st;
	struct buf broken = buf_heap(ENTRY_MAX);
	struct said s;

	(void)state;
	buf_put(&broken, buf_span(&w->entries[index - 1]));
	assert_int_equal(statement_parse(&st, buf_span(&broken), NULL), ERR_OK);
	broken.p[st.sig - broken.p] ^= 1;
	for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i++) {
		replay_all(&s, w, ahead[i]);
		assert_in_range(s.count, 1, 2);
		assert_int_equal(s.fault[0].index, index);
		assert_string_equal(s.fault[0].want, "signature_of_the_device");
	}
	/* the one before, with a bit of the signature itself */
	buf_free(&w->entries[index - 1]);
	w->entries[index - 1] = broken;
	for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i++) {
		replay_all(&s, w, ahead[i]);
		assert_true(s.count > 0);
		assert_int_equal(s.fault[0].index, index - 1);
		assert_string_equal(s.fault[0].got, "bad_signature");
	}
	bw_free(w);
}

static void
another_genesis(void **state)
{
	struct bworld *w = new_log();
	struct hash other = { { 1 } };
	struct replay *r;
	struct said s;

	(void)state;
	r = new_replay(&s, BW_ORIGIN, &other);
	feed(r, w, 0);
	replay_free(r);
	only(&s, 0, "entry", "other_policy", "policy_file");
	bw_free(w);
}

static void
the_order_is_kept(void **state)
{
	struct bworld *w = new_log();
	struct span spans[AHEAD + 1];
	struct said s;
	struct replay *r = new_replay(&s, BW_ORIGIN, NULL);
	struct span genesis = buf_span(&w->entries[0]);

	(void)state;
	for (size_t i = 0; i <= AHEAD; i++)
		spans[i] = genesis;
	assert_int_equal(replay_ahead(r, 0, spans, AHEAD + 1), ERR_USAGE);
	assert_int_equal(
	    replay_entry(r, 1, genesis, &w->leaves[0], NULL), ERR_USAGE);
	assert_int_equal(
	    replay_entry(r, 0, genesis, &w->leaves[0], NULL), ERR_OK);
	assert_int_equal(
	    replay_entry(r, 0, genesis, &w->leaves[0], NULL), ERR_USAGE);
	assert_int_equal(replay_size(r), 1);
	/* announced and not given */
	for (size_t i = 0; i + 1 < w->count && i < AHEAD; i++)
		spans[i] = buf_span(&w->entries[i + 1]);
	assert_int_equal(replay_ahead(r, 1, spans, w->count - 1), ERR_OK);
	replay_drop(r);
	feed(r, w, 0);
	nothing(&s);
	replay_free(r);
	bw_free(w);
}

/* ---- a map far behind its log ---- */
#define KEYS 6000    /* of an entry */
#define ENTRIES 360u /* 66 MiB of keys: more than waits without an epoch */

static struct buf
wide_entry(const struct bworld *w)
{
	struct claims c = {
		.epoch = 1, .seq = 1, .iss = span_str("did:web:x")
	};
	struct buf b = buf_heap(ENTRY_MAX), text = buf_heap(ENTRY_MAX);

	c.sub = c.iss;
	buf_str(&text,
	    "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\",\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\",\"creationDate\":"
	    "\"2026-01-01T00:00:00Z\",\"epcisBody\":{\"eventList\":["
	    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-02T03:04:05Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","
	    "\"epcList\":[\"a:0\"");
	for (unsigned i = 1; i < KEYS; i++)
		buf_printf(&text, ",\"a:%u\"", i);
	buf_str(&text, "]}]}}");
	assert_int_equal(statement_make(&b, &c, CONTENT_IS_PRODUCT,
			     buf_span(&text), &w->keys[BW_SPARE], NULL),
	    ERR_OK);
	buf_free(&text);
	return b;
}

/* Wide entries behind the log, then an epoch as said. */
static enum err
far_behind(struct said *s, struct bworld *w, const struct epoch *said)
{
	struct buf wide = wide_entry(w), text = buf_heap(ENTRY_MAX);
	struct hash leaf = merkle_leaf(buf_span(&wide));
	struct replay *r = new_replay(s, BW_ORIGIN, NULL);
	struct epoch e = *said;
	enum err failed;

	feed(r, w, 0);
	for (unsigned i = 0; i < ENTRIES; i++)
		assert_int_equal(
		    replay_entry(r, w->count + i, buf_span(&wide), &leaf, NULL),
		    ERR_OK);
	s->count = 0; /* of a device that nobody knows */
	e.time_ms = w->now_ms;
	e.previous = previous;
	e.chain = replay_chain(r);
	assert_int_equal(epoch_print(&text, &e), ERR_OK);
	leaf = merkle_leaf(buf_span(&text));
	failed =
	    replay_entry(r, w->count + ENTRIES, buf_span(&text), &leaf, NULL);
	replay_free(r);
	buf_free(&text);
	buf_free(&wide);
	return failed;
}

/* formats 4.5 sets no bound to that, and so it is no fault. */
static void
a_map_far_behind_is_no_fault(void **state)
{
	struct bworld *w = new_log();
	struct epoch e = true_epoch(w);
	char got[24], want[24];
	struct said s;

	(void)state;
	/* that it is compared shows in a number that is not right */
	(void)snprintf(want, sizeof want, "%" PRIu64, e.keys);
	(void)snprintf(got, sizeof got, "%" PRIu64, ++e.keys);
	assert_int_equal(far_behind(&s, w, &e), ERR_OK);
	only(&s, w->count + ENTRIES, "keys", got, want);
	bw_free(w);
}

/* Where the map went on alone, what cannot be compared is not accused. */
static void
a_first_epoch_too_far_behind_is_not_judged(void **state)
{
	struct bworld *w = bw_new();
	struct epoch e = { .covered = 2, .map_root = map_empty_root() };
	struct said s;

	(void)state;
	previous = last_covered = 0;
	bw_registry(w, NULL);
	assert_int_equal(far_behind(&s, w, &e), ERR_FULL);
	nothing(&s);
	bw_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_log_has_no_fault),
		cmocka_unit_test(an_epoch_that_lags_is_none),
		cmocka_unit_test(another_map_root),
		cmocka_unit_test(another_number_of_keys),
		cmocka_unit_test(nothing_covered_is_the_empty_map),
		cmocka_unit_test(a_covered_size_that_falls),
		cmocka_unit_test(a_covered_size_above_the_epoch),
		cmocka_unit_test(a_false_signature),
		cmocka_unit_test(another_genesis),
		cmocka_unit_test(the_order_is_kept),
		cmocka_unit_test(a_map_far_behind_is_no_fault),
		cmocka_unit_test(a_first_epoch_too_far_behind_is_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
