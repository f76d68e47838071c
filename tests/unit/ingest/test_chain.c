/* SPDX-License-Identifier: Apache-2.0 */
/* Every branch of formats 3.3 and 3.4 that needs no database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain.h"

#include "base/banned.h"

static const struct hash zero;

static struct hash
hash_of(uint64_t n)
{
	return hash_bytes(span_of(&n, sizeof n));
}

static struct chain *
chain_of(uint64_t epoch, uint64_t length)
{
	struct chain *c = calloc(1, sizeof *c);

	assert_non_null(c);
	for (uint64_t seq = 1; seq <= length; seq++) {
		struct hash h = hash_of(seq);
		chain_advance(c, epoch, seq, &h, 100 + seq);
	}
	return c;
}

static enum chain_place
place(const struct chain *c, uint64_t epoch, uint64_t seq,
    const struct hash *prev, uint64_t content)
{
	struct hash h = hash_of(content);

	return chain_place(c, epoch, seq, prev, &h);
}

static void
test_very_first(void **state)
{
	struct chain *c = chain_of(1, 0);
	struct hash other = hash_of(9);

	(void)state;
	assert_int_equal(chain_expected(c, 1), 1);
	assert_int_equal(place(c, 1, 1, &zero, 1), CHAIN_NEXT);
	assert_int_equal(place(c, 1, 1, &other, 1), CHAIN_CONFLICT);
	assert_int_equal(place(c, 1, 2, &other, 2), CHAIN_EARLY);
	chain_free(c);
}

static void
test_next(void **state)
{
	struct chain *c = chain_of(1, 3);
	struct hash prev = hash_of(3), wrong = hash_of(2);

	(void)state;
	assert_int_equal(chain_expected(c, 1), 4);
	assert_int_equal(place(c, 1, 4, &prev, 4), CHAIN_NEXT);
	/* formats 3.4: head + 1 with another prev is a fork */
	assert_int_equal(place(c, 1, 4, &wrong, 4), CHAIN_CONFLICT);
	assert_int_equal(place(c, 1, 5, &prev, 5), CHAIN_EARLY);
	chain_free(c);
}

static void
test_known_and_conflict(void **state)
{
	struct chain *c = chain_of(1, 3);
	struct hash prev = hash_of(1);

	(void)state;
	assert_int_equal(place(c, 1, 2, &prev, 2), CHAIN_KNOWN);
	assert_int_equal(place(c, 1, 3, &prev, 3), CHAIN_KNOWN);
	/* same seq, other bytes */
	assert_int_equal(place(c, 1, 2, &prev, 77), CHAIN_CONFLICT);
	chain_free(c);
}

static void
test_older_than_memory(void **state)
{
	struct chain *c = chain_of(1, CHAIN_RECENT + 10);
	struct hash prev = hash_of(1);

	(void)state;
	assert_int_equal(place(c, 1, 10, &prev, 10), CHAIN_ASK_SEQ);
	assert_int_equal(place(c, 1, 11, &prev, 11), CHAIN_KNOWN);
	chain_free(c);
}

/* After a start only the head is in memory. */
static void
test_memory_after_a_start(void **state)
{
	struct chain *c = chain_of(1, 0);
	struct hash head = hash_of(500), prev = hash_of(499);

	(void)state;
	chain_advance(c, 1, 500, &head, 900);
	assert_int_equal(place(c, 1, 499, &prev, 499), CHAIN_ASK_SEQ);
	assert_int_equal(place(c, 1, 500, &prev, 500), CHAIN_KNOWN);
	assert_int_equal(place(c, 1, 501, &head, 501), CHAIN_NEXT);
	chain_free(c);
}

static void
test_later_epoch(void **state)
{
	struct chain *c = chain_of(1, 5);
	struct hash head = hash_of(5), older = hash_of(2), h = hash_of(50);

	(void)state;
	assert_int_equal(chain_expected(c, 2), 1);
	assert_int_equal(place(c, 2, 1, &head, 50), CHAIN_NEXT);
	assert_int_equal(place(c, 2, 1, &older, 50), CHAIN_ASK_PREV);
	assert_int_equal(place(c, 2, 1, &zero, 50), CHAIN_ASK_PREV);
	assert_int_equal(place(c, 2, 2, &head, 51), CHAIN_EARLY);
	chain_advance(c, 2, 1, &h, 300);
	assert_int_equal(chain_expected(c, 2), 2);
	assert_int_equal(place(c, 2, 1, &head, 50), CHAIN_KNOWN);
	assert_int_equal(place(c, 2, 2, &h, 51), CHAIN_NEXT);
	/* the slot of seq 2 still holds epoch 1: not asked */
	assert_int_equal(place(c, 2, 2, &older, 2), CHAIN_CONFLICT);
	chain_free(c);
}

/* Epoch 1 was never used: the next one begins with zeros. */
static void
test_later_epoch_of_a_silent_device(void **state)
{
	struct chain *c = chain_of(1, 0);
	struct hash other = hash_of(1);

	(void)state;
	assert_int_equal(place(c, 2, 1, &zero, 1), CHAIN_NEXT);
	assert_int_equal(place(c, 2, 1, &other, 1), CHAIN_CONFLICT);
	chain_free(c);
}

static struct slot
slot_of(uint64_t epoch, uint64_t seq, size_t size)
{
	struct slot s = { .bytes = buf_heap(STATEMENT_MAX * 2),
		.subjects = buf_heap(100) };

	s.s.claims.epoch = epoch;
	s.s.claims.seq = seq;
	assert_non_null(buf_reserve(&s.bytes, size));
	return s;
}

static bool
park(struct chain *c, uint64_t epoch, uint64_t seq, size_t size)
{
	struct slot s = slot_of(epoch, seq, size);
	bool kept = chain_park(c, epoch, &s);

	slot_clear(&s);
	return kept;
}

static void
expect_unparked(struct chain *c, uint64_t seq)
{
	struct slot *s = chain_unpark(c);
	struct hash h = hash_of(seq);

	assert_non_null(s);
	assert_int_equal(s->s.claims.seq, seq);
	chain_advance(c, s->s.claims.epoch, seq, &h, seq);
	slot_clear(s);
	free(s);
}

/* A statement that found the queue full is asked for when its turn has come,
 * and not at all once nothing is missing. */
static void
test_refused(void **state)
{
	struct chain *c = chain_of(2, 10);

	(void)state;
	assert_int_equal(chain_refused(c, 2, 2, 11), CHAIN_ASK);
	assert_int_equal(chain_refused(c, 2, 2, 12), CHAIN_WAIT);
	assert_int_equal(chain_refused(c, 2, 2, 10), CHAIN_FORGIVE);
	assert_int_equal(chain_refused(c, 2, 1, 11), CHAIN_FORGIVE);
	assert_int_equal(chain_refused(c, 2, 3, 1), CHAIN_FORGIVE);
	assert_int_equal(chain_refused(c, 3, 3, 1), CHAIN_ASK);
	chain_free(c);
}

static void
test_park(void **state)
{
	struct chain *c = chain_of(1, 3);

	(void)state;
	assert_true(park(c, 1, 6, 10));
	assert_false(park(c, 1, 6, 10)); /* kept already */
	assert_true(park(c, 1, 5, 10));
	assert_true(park(c, 1, 4 + CHAIN_PARKED - 1, 10));
	assert_false(park(c, 1, 4 + CHAIN_PARKED, 10));
	assert_null(chain_unpark(c)); /* 4 is still missing */
	struct hash h = hash_of(4);
	chain_advance(c, 1, 4, &h, 4);
	expect_unparked(c, 5);
	expect_unparked(c, 6);
	assert_null(chain_unpark(c));
	assert_int_equal(c->parked_count, 1);
	assert_int_equal(c->parked_bytes, 10);
	chain_free(c);
}

static void
test_park_is_bounded(void **state)
{
	struct chain *c = chain_of(1, 0);
	unsigned kept = 0;

	(void)state;
	for (uint64_t seq = 2; seq <= CHAIN_PARKED; seq++)
		kept += park(c, 1, seq, STATEMENT_MAX);
	assert_int_equal(kept, CHAIN_PARKED_BYTES / STATEMENT_MAX);
	assert_true(c->parked_bytes <= CHAIN_PARKED_BYTES);
	chain_free(c);
}

/* What was parked for a closed epoch gives way. */
static void
test_park_of_another_epoch(void **state)
{
	struct chain *c = chain_of(1, 0);
	struct hash h = hash_of(1);

	(void)state;
	assert_true(park(c, 1, 2, 10));
	chain_advance(c, 2, 1, &h, 1);
	assert_null(chain_unpark(c));
	assert_true(park(c, 2, 2 + CHAIN_PARKED - 1, 20));
	assert_true(park(c, 2, 3, 20));
	struct hash h2 = hash_of(2);
	chain_advance(c, 2, 2, &h2, 2);
	expect_unparked(c, 3);
	chain_free(c);
}

static struct nack
nack_of(uint64_t seq, enum err code)
{
	struct nack n = { .seq = seq, .code = code };

	(void)snprintf(n.detail, sizeof n.detail, "number %u", (unsigned)seq);
	return n;
}

static void
test_gap_is_told_once(void **state)
{
	struct chain *c = chain_of(1, 0);
	struct nack gap = nack_of(4, ERR_GAP), schema = nack_of(2, ERR_SCHEMA);
	struct nack gap5 = nack_of(5, ERR_GAP);

	(void)state;
	assert_int_equal(chain_nack(c, 1, &gap), 0);
	assert_true(chain_nack(c, 1, &gap) == UINT64_MAX);
	assert_int_equal(chain_nack(c, 1, &gap5), 1);
	assert_int_equal(chain_nack(c, 1, &schema), 2);
	assert_int_equal(chain_nack(c, 1, &schema), 3);
	assert_int_equal(chain_nack(c, 1, &gap), 4);
	chain_free(c);
}

static void
test_receipt_repeats_the_last_64(void **state)
{
	struct chain *c = chain_of(1, 7);
	struct receipt r = { 0 };
	struct hash head = hash_of(7);

	(void)state;
	for (uint64_t i = 1; i <= 100; i++) {
		struct nack n = nack_of(i, ERR_SCHEMA);
		assert_int_equal(chain_nack(c, 1, &n), i - 1);
	}
	chain_receipt(&r, c, 1);
	assert_int_equal(r.epoch, 1);
	assert_int_equal(r.upto_seq, 7);
	assert_true(hash_equal(&r.head, &head));
	assert_int_equal(r.index, 107);
	assert_int_equal(r.nack_count, RECEIPT_NACKS);
	assert_int_equal(r.nacks[0].seq, 37);
	assert_int_equal(r.nacks[63].seq, 100);
	chain_free(c);
}

/* formats 3.2: before any statement, and after an epoch was opened. */
static void
test_receipt_without_statements(void **state)
{
	struct chain *c = chain_of(1, 0);
	struct receipt r = { .index = 99, .nack_count = 5 };
	struct nack n = nack_of(1, ERR_SCHEMA);

	(void)state;
	chain_receipt(&r, c, 1);
	assert_int_equal(r.epoch, 1);
	assert_int_equal(r.upto_seq, 0);
	assert_true(hash_equal(&r.head, &zero));
	assert_int_equal(r.index, 0);
	assert_int_equal(r.nack_count, 0);
	chain_free(c);

	c = chain_of(1, 4);
	struct hash head = hash_of(4);
	(void)chain_nack(c, 1, &n);
	chain_receipt(&r, c, 2);
	assert_int_equal(r.epoch, 2);
	assert_int_equal(r.upto_seq, 0);
	assert_true(hash_equal(&r.head, &head));
	assert_int_equal(r.index, 104);
	assert_int_equal(r.nack_count, 0);
	/* nacks of the new epoch begin again */
	assert_int_equal(chain_nack(c, 2, &n), 0);
	chain_free(c);
}

static void
test_restored_nacks_go_on(void **state)
{
	struct chain *c = chain_of(1, 1);
	struct receipt r = { 0 };

	(void)state;
	/* the store keeps slots: 64 … 67 took the places of 0 … 3 */
	for (uint64_t number = 4; number < 68; number++) {
		struct nack n = nack_of(number, ERR_SCHEMA);
		chain_restore_nack(c, 1, number, &n);
	}
	struct nack n = nack_of(68, ERR_FORBIDDEN);
	assert_int_equal(chain_nack(c, 1, &n), 68);
	chain_receipt(&r, c, 1);
	assert_int_equal(r.nack_count, RECEIPT_NACKS);
	assert_int_equal(r.nacks[0].seq, 5);
	assert_int_equal(r.nacks[63].code, ERR_FORBIDDEN);
	chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_very_first),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_known_and_conflict),
		cmocka_unit_test(test_older_than_memory),
		cmocka_unit_test(test_memory_after_a_start),
		cmocka_unit_test(test_later_epoch),
		cmocka_unit_test(test_later_epoch_of_a_silent_device),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_park),
		cmocka_unit_test(test_park_is_bounded),
		cmocka_unit_test(test_park_of_another_epoch),
		cmocka_unit_test(test_gap_is_told_once),
		cmocka_unit_test(test_receipt_repeats_the_last_64),
		cmocka_unit_test(test_receipt_without_statements),
		cmocka_unit_test(test_restored_nacks_go_on),
	};

	chain_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
