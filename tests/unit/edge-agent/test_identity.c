/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"

#include "identity.h"
#include "payload.h"
#include "station.h"

#include "base/banned.h"

/* One agent's chain against a ledger that is the test. */
static char folder[64];
static char key_path[96];
static struct sign_key ledger;
static struct identity id;
static struct receipt given, got;
static struct identity_news news;
static struct diag d;

static struct identity_options
options(void)
{
	return (struct identity_options){
		.name = "dock-1",
		.authority = "countermark.example",
		.log = "main",
		.key_path = key_path,
		.state = folder,
		.receipt_key = ledger.pub,
		.limits = { 1u << 30, 1000 },
	};
}

static int
setup(void **state)
{
	struct identity_options o;
	struct sign_key k;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/cm-identity-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	key_generate(&k);
	key_generate(&ledger);
	o = options();
	if (key_save(&k, key_path, &d) != ERR_OK)
		return -1;
	return identity_open(&id, &o, &d) != ERR_OK;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "key", "dock-1.outbox",
		"dock-1.outbox-wal", "dock-1.outbox-shm" };
	char path[128];

	(void)state;
	identity_close(&id);
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	return rmdir(folder);
}

static void
reopen(void)
{
	struct identity_options o = options();

	identity_close(&id);
	assert_int_equal(identity_open(&id, &o, &d), ERR_OK);
}

static void
sign(unsigned n)
{
	uint64_t seq;

	assert_int_equal(outbox_begin(id.outbox, &d), ERR_OK);
	while (n-- > 0)
		assert_int_equal(
		    identity_sign(&id, CONTENT_IS_REGISTRY, span_str("dock-1"),
			span_str("{}"), &seq, &d),
		    ERR_OK);
	assert_int_equal(outbox_commit(id.outbox, &d), ERR_OK);
}

/* A receipt that fits, to be spoiled by the case. */
static void
receipt_for(uint64_t upto)
{
	given = (struct receipt){
		.log = "main",
		.device = "dock-1",
		.epoch = 1,
		.upto_seq = upto,
		.index = 100 + upto,
		.at_ms = clock_wall_ms(),
		.log_epoch_index = 99,
	};
	/* Zero where the case asks beyond the chain. */
	if (outbox_hash(id.outbox, upto, &given.head, NULL) != ERR_OK)
		memset(&given.head, 0, sizeof(given.head));
}

static enum identity_fit
hand_over_by(const struct sign_key *k)
{
	struct buf b = buf_heap(65536);

	assert_int_equal(receipt_sign(&b, &given, k), ERR_OK);
	diag_clear(&d);
	assert_int_equal(
	    identity_receipt(&id, &got, &news, buf_span(&b), &d), ERR_OK);
	buf_free(&b);
	return news.fit;
}

static enum identity_fit
hand_over(void)
{
	return hand_over_by(&ledger);
}

static void
add_nack(uint64_t seq, enum err code)
{
	struct nack *n = &given.nacks[given.nack_count++];

	n->seq = seq;
	n->code = code;
	(void)snprintf(n->detail, sizeof(n->detail), "because");
}

static bool
holds(uint64_t seq)
{
	struct buf b = buf_heap(65536);
	enum err e = outbox_read(id.outbox, seq, &b, &d);

	buf_free(&b);
	return e == ERR_OK;
}

static void
test_chain(void **state)
{
	struct buf one = buf_heap(65536), two = buf_heap(65536);
	struct statement a, b;
	struct hash h;

	(void)state;
	sign(2);
	assert_int_equal(outbox_read(id.outbox, 1, &one, &d), ERR_OK);
	assert_int_equal(outbox_read(id.outbox, 2, &two, &d), ERR_OK);
	assert_int_equal(statement_parse(&a, buf_span(&one), &d), ERR_OK);
	assert_int_equal(statement_parse(&b, buf_span(&two), &d), ERR_OK);
	assert_int_equal(statement_verify(&b, &d), ERR_OK);
	assert_true(
	    span_is(b.claims.iss, "did:web:countermark.example:device:dock-1"));
	assert_int_equal(a.claims.seq, 1);
	assert_int_equal(b.claims.seq, 2);
	assert_false(b.claims.has_seen);
	h = statement_hash(&a);
	assert_true(hash_equal(&h, &b.claims.prev));
	buf_free(&one);
	buf_free(&two);
}

static void
test_receipt_deletes(void **state)
{
	(void)state;
	sign(3);
	receipt_for(2);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_true(news.advanced);
	assert_false(holds(2));
	assert_true(holds(3));
	assert_true(id.has_seen);
	assert_int_equal(id.seen_index, 99);
}

static void
test_initial_receipt(void **state)
{
	(void)state;
	receipt_for(0);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_false(news.advanced);
	assert_true(id.has_seen);
}

static void
test_seen_survives(void **state)
{
	(void)state;
	receipt_for(0);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	reopen();
	assert_true(id.has_seen);
	assert_true(id.has_receipt);
	assert_int_equal(id.receipt_at_ms, given.at_ms);
}

static void
test_wrong_key(void **state)
{
	struct sign_key other;

	(void)state;
	key_generate(&other);
	sign(1);
	receipt_for(1);
	assert_int_equal(hand_over_by(&other), IDENTITY_UNFIT);
	assert_true(holds(1));
}

static void
test_wrong_device(void **state)
{
	(void)state;
	sign(1);
	receipt_for(1);
	(void)snprintf(given.device, sizeof(given.device), "dock-2");
	assert_int_equal(hand_over(), IDENTITY_UNFIT);
	assert_true(holds(1));
}

static void
test_wrong_log(void **state)
{
	(void)state;
	sign(1);
	receipt_for(1);
	(void)snprintf(given.log, sizeof(given.log), "other");
	assert_int_equal(hand_over(), IDENTITY_UNFIT);
	assert_true(holds(1));
}

static void
test_wrong_head(void **state)
{
	struct buf kept = buf_heap(65536);

	(void)state;
	receipt_for(0);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	sign(1);
	receipt_for(1);
	given.head.b[5] ^= 1;
	assert_int_equal(hand_over(), IDENTITY_UNFIT);
	assert_true(holds(1));
	assert_int_equal(
	    outbox_kept(id.outbox, OUTBOX_RECEIPT_UNFIT, &kept, &d), ERR_OK);
	buf_free(&kept);
}

static void
test_old_receipt(void **state)
{
	(void)state;
	sign(3);
	receipt_for(1);
	struct receipt old = given;
	receipt_for(3);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	given = old;
	assert_int_equal(hand_over(), IDENTITY_OLD);
}

static void
test_garbage(void **state)
{
	(void)state;
	assert_int_equal(
	    identity_receipt(&id, &got, &news, span_str("x"), &d), ERR_OK);
	assert_int_equal(news.fit, IDENTITY_UNFIT);
}

static void
test_lost_outbox(void **state)
{
	(void)state;
	receipt_for(0);
	given.upto_seq = 12;
	assert_int_equal(hand_over(), IDENTITY_LOST);
}

static void
test_lost_outbox_though_scans_are_stored(void **state)
{
	(void)state;
	sign(20);
	receipt_for(12);
	given.head.b[0] ^= 1;
	assert_int_equal(hand_over(), IDENTITY_LOST);
	assert_true(holds(12));
}

static void
test_later_epoch_is_taken_over(void **state)
{
	(void)state;
	receipt_for(0);
	given.epoch = 2;
	memset(given.head.b, 9, HASH_BYTES);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(outbox_chain(id.outbox)->epoch, 2);
	assert_true(hash_equal(&outbox_chain(id.outbox)->head, &given.head));
}

static void
test_later_epoch_closes_ours(void **state)
{
	(void)state;
	sign(1);
	receipt_for(0);
	given.epoch = 2;
	assert_int_equal(hand_over(), IDENTITY_CLOSED);
}

static void
test_gap(void **state)
{
	(void)state;
	sign(5);
	receipt_for(2);
	add_nack(1, ERR_GAP);
	add_nack(3, ERR_GAP);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(news.gap_seq, 3);
	assert_int_equal(news.stop, ERR_OK);
	assert_int_equal(news.fresh_count, 0);
}

static void
test_stop_nack_on_what_we_hold(void **state)
{
	static const enum err codes[] = { ERR_REVOKED, ERR_EPOCH, ERR_FORK,
		ERR_SUSPENDED, ERR_TOO_LARGE };

	(void)state;
	sign(5);
	for (unsigned i = 0; i < 5; i++) {
		receipt_for(2);
		given.at_ms += i;
		add_nack(3, codes[i]);
		assert_int_equal(hand_over(), IDENTITY_FITS);
		assert_int_equal(news.stop, codes[i]);
		assert_int_equal(news.stop_nack->seq, 3);
	}
}

static void
test_old_stop_nack_is_history(void **state)
{
	(void)state;
	sign(5);
	receipt_for(4);
	add_nack(3, ERR_FORK);
	add_nack(0, ERR_EPOCH); /* anybody may have caused it */
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(news.stop, ERR_OK);
}

static void
test_suspension_without_seq(void **state)
{
	(void)state;
	sign(1);
	receipt_for(0);
	given.at_ms = id.started_ms - 1;
	add_nack(0, ERR_SUSPENDED);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(news.stop, ERR_OK);
	receipt_for(0);
	given.at_ms = id.started_ms + 1000;
	assert_int_equal(hand_over(), IDENTITY_FITS);
	receipt_for(0);
	given.at_ms = id.started_ms + 2000;
	add_nack(0, ERR_SUSPENDED);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(news.stop, ERR_SUSPENDED);
}

static void
test_payload_nack_is_told_once(void **state)
{
	(void)state;
	sign(3);
	receipt_for(2);
	add_nack(1, ERR_SCHEMA);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(news.fresh_count, 1);
	assert_int_equal(news.fresh[0]->code, ERR_SCHEMA);
	assert_false(holds(1)); /* covered all the same */
	reopen();
	receipt_for(3);
	add_nack(1, ERR_SCHEMA);
	add_nack(3, ERR_FORBIDDEN);
	assert_int_equal(hand_over(), IDENTITY_FITS);
	assert_int_equal(news.fresh_count, 1);
	assert_int_equal(news.fresh[0]->seq, 3);
}

static void
test_clock(void **state)
{
	struct identity_time t = identity_time(&id, 1000, 2);

	(void)state;
	assert_int_equal(t.clock, 0);
	assert_int_equal(t.wall_ms, 0);
	assert_true(t.event_ms > INT64_C(1600000000000));
	t = identity_time(&id, INT64_C(4000000000000), 2);
	assert_int_equal(t.clock, 2);
	assert_int_equal(t.wall_ms, INT64_C(4000000000000));
	id.has_receipt = true;
	id.receipt_at_ms = INT64_C(4000000030000);
	t = identity_time(&id, INT64_C(4000000000000), 2);
	assert_int_equal(t.clock, 2); /* two right clocks may differ a little */
	t = identity_time(&id, INT64_C(3999999000000), 2);
	assert_int_equal(t.clock, 0);
	assert_int_equal(t.wall_ms, 0);
}

static void
test_too_large_takes_no_seq(void **state)
{
	static uint8_t big[STATEMENT_MAX];
	uint64_t seq;

	(void)state;
	memset(big, ' ', sizeof(big));
	assert_int_equal(outbox_begin(id.outbox, &d), ERR_OK);
	assert_int_equal(identity_sign(&id, CONTENT_IS_PRODUCT, span_str("x:y"),
			     span_of(big, sizeof(big)), &seq, &d),
	    ERR_TOO_LARGE);
	assert_int_equal(outbox_chain(id.outbox)->seq, 0);
	assert_int_equal(outbox_commit(id.outbox, &d), ERR_OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_chain),
		CASE(test_receipt_deletes),
		CASE(test_initial_receipt),
		CASE(test_seen_survives),
		CASE(test_wrong_key),
		CASE(test_wrong_device),
		CASE(test_wrong_log),
		CASE(test_wrong_head),
		CASE(test_old_receipt),
		CASE(test_garbage),
		CASE(test_lost_outbox),
		CASE(test_lost_outbox_though_scans_are_stored),
		CASE(test_later_epoch_is_taken_over),
		CASE(test_later_epoch_closes_ours),
		CASE(test_gap),
		CASE(test_stop_nack_on_what_we_hold),
		CASE(test_old_stop_nack_is_history),
		CASE(test_suspension_without_seq),
		CASE(test_payload_nack_is_told_once),
		CASE(test_clock),
		CASE(test_too_large_takes_no_seq),
	};
	return crypto_start() != ERR_OK ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
