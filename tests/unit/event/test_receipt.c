/* SPDX-License-Identifier: Apache-2.0 */
/* Signing and printing; what is refused in reading: test_vectors.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/receipt.h"
#include "event/statement.h"

#include "statement_parts.h"

#include "base/banned.h"

static struct receipt
receipt(void)
{
	struct receipt r = { .log = "demo", .device = "line-1", .epoch = 1 };

	r.upto_seq = 7;
	memset(r.head.b, 0xaa, HASH_BYTES);
	r.index = 42;
	r.at_ms = 1764075776500;
	r.log_epoch_index = 40;
	memset(r.log_epoch_leaf.b, 0xbb, HASH_BYTES);
	r.nack_count = 1;
	r.nacks[0] = (struct nack){
		.seq = 3, .code = ERR_SCHEMA, .detail = "no eventTime"
	};
	return r;
}

static void
test_print(void **state)
{
	char space[1024];
	struct buf b = buf_fixed(space, sizeof(space));
	struct receipt r = receipt();

	(void)state;
	assert_int_equal(receipt_print(&b, &r), ERR_OK);
	/* formats 3.2, in this order */
	assert_string_equal(buf_text(&b),
	    "{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,"
	    "\"upto_seq\":7,\"head\":"
	    "\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
	    "\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
	    "\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":["
	    "{\"seq\":3,\"code\":\"schema\",\"detail\":\"no eventTime\"}]}");
}

static void
test_sign_equals_vector(void **state)
{
	uint8_t want_space[1024], got_space[1024];
	struct buf want = buf_fixed(want_space, sizeof(want_space));
	struct buf got = buf_fixed(got_space, sizeof(got_space));
	struct receipt r = receipt();
	struct sign_key k;

	(void)state;
	parts_key(&k);
	parts_receipt(&want, &receipt_cases[0]);
	assert_int_equal(receipt_sign(&got, &r, &k), ERR_OK);
	assert_true(span_equal(buf_span(&got), buf_span(&want)));
}

static void
same(const struct receipt *a, const struct receipt *b)
{
	unsigned i;

	assert_string_equal(a->log, b->log);
	assert_string_equal(a->device, b->device);
	assert_true(a->epoch == b->epoch && a->upto_seq == b->upto_seq);
	assert_true(hash_equal(&a->head, &b->head) && a->index == b->index);
	assert_true(a->at_ms == b->at_ms);
	assert_true(a->log_epoch_index == b->log_epoch_index);
	assert_true(hash_equal(&a->log_epoch_leaf, &b->log_epoch_leaf));
	assert_int_equal(a->nack_count, b->nack_count);
	for (i = 0; i < a->nack_count; i++) {
		assert_true(a->nacks[i].seq == b->nacks[i].seq);
		assert_int_equal(a->nacks[i].code, b->nacks[i].code);
		assert_string_equal(a->nacks[i].detail, b->nacks[i].detail);
	}
}

/* As long as one gets: 64 nacks, each byte of the detail escaped. */
static void
test_longest(void **state)
{
	struct buf out = buf_heap(262144);
	struct receipt r = receipt(), back;
	struct span payload = SPAN_NONE;
	struct sign_key k;
	unsigned i;

	(void)state;
	parts_key(&k);
	r.epoch = r.upto_seq = r.index = (1ULL << 53) - 1;
	r.nack_count = RECEIPT_NACKS;
	for (i = 0; i < RECEIPT_NACKS; i++) {
		r.nacks[i] = r.nacks[0];
		memset(r.nacks[i].detail, 1, NACK_DETAIL - 1);
		r.nacks[i].detail[NACK_DETAIL - 1] = '\0';
	}
	assert_int_equal(receipt_sign(&out, &r, &k), ERR_OK);
	assert_int_equal(
	    receipt_open(&back, &payload, buf_span(&out), k.pub, NULL), ERR_OK);
	same(&back, &r);
	assert_true(payload.p > out.p && payload.p < out.p + out.n);
	assert_int_equal(payload.p[0], '{');
	buf_free(&out);
}

static void
usage(struct receipt r)
{
	uint8_t space[2048];
	struct buf b = buf_fixed(space, sizeof(space));
	struct sign_key k;

	parts_key(&k);
	assert_int_equal(receipt_print(&b, &r), ERR_USAGE);
	assert_int_equal(receipt_sign(&b, &r, &k), ERR_USAGE);
	assert_int_equal(b.n, 0);
}

#define USAGE(member, value)                                                   \
	do {                                                                   \
		struct receipt r_ = receipt();                                 \
		r_.member = (value);                                           \
		usage(r_);                                                     \
	} while (0)

static void
test_usage(void **state)
{
	const uint64_t beyond = 1ULL << 53;

	(void)state;
	USAGE(log[0], 'D');
	USAGE(device[0], '\0');
	USAGE(epoch, 0);
	USAGE(epoch, beyond);
	USAGE(upto_seq, beyond);
	USAGE(index, beyond);
	USAGE(log_epoch_index, beyond);
	USAGE(at_ms, -1);
	USAGE(at_ms, (int64_t)beyond);
	USAGE(nack_count, RECEIPT_NACKS + 1);
	USAGE(nacks[0].seq, beyond);
	/* none of formats 3.3 */
	USAGE(nacks[0].code, ERR_JSON);
	USAGE(nacks[0].code, ERR_OK);
}

static void
test_no_space(void **state)
{
	uint8_t space[100];
	struct buf b = buf_fixed(space, sizeof(space));
	struct receipt r = receipt();
	struct sign_key k;

	(void)state;
	parts_key(&k);
	assert_int_equal(receipt_sign(&b, &r, &k), ERR_SPACE);
}

/* A longer detail of another log is cut between characters. */
static void
test_detail_is_cut(void **state)
{
	char json[2048], detail[400];
	uint8_t space[4096];
	struct buf text = buf_fixed(json, sizeof(json));
	struct buf out = buf_fixed(space, sizeof(space));
	struct receipt r = receipt(), back;
	struct sign_key k;
	size_t i;

	(void)state;
	parts_key(&k);
	/* 'a', then characters of 3 bytes: 159 bytes would end inside one */
	detail[0] = 'a';
	for (i = 1; i + 3 < sizeof(detail); i += 3)
		memcpy(detail + i, "\xe4\xb8\xad", 3);
	r.nack_count = 0;
	assert_int_equal(receipt_print(&text, &r), ERR_OK);
	text.n -= strlen("[]}");
	buf_str(&text, "[{\"seq\":0,\"code\":\"gap\",\"detail\":\"");
	buf_put(&text, span_of(detail, i));
	buf_str(&text, "\"}]}");
	assert_int_equal(
	    cose_sign(&out, CONTENT_RECEIPT, buf_span(&text), &k), ERR_OK);
	assert_int_equal(
	    receipt_open(&back, NULL, buf_span(&out), k.pub, NULL), ERR_OK);
	assert_int_equal(strlen(back.nacks[0].detail), 1 + 52 * 3);
	assert_memory_equal(back.nacks[0].detail, detail, 1 + 52 * 3);
}

static void
test_codes(void **state)
{
	static const char *const words[] = { "bad_encoding", "bad_signature",
		"unknown_device", "revoked", "epoch", "fork", "gap", "schema",
		"forbidden", "too_large", "suspended" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		enum err e = nack_code(span_str(words[i]));

		assert_int_not_equal(e, ERR_OK);
		assert_string_equal(err_name(e), words[i]);
	}
	assert_int_equal(nack_code(span_str("json")), ERR_OK);
	assert_int_equal(nack_code(span_str("ok")), ERR_OK);
	assert_int_equal(nack_code(span_str("")), ERR_OK);
	assert_int_equal(nack_code(span_str("gapp")), ERR_OK);
}

static void
test_too_long_message(void **state)
{
	static const uint8_t noise[262144];
	struct receipt r;
	struct diag d = { 0 };
	struct sign_key k;

	(void)state;
	parts_key(&k);
	assert_int_equal(
	    receipt_open(&r, NULL, span_of(noise, sizeof(noise)), k.pub, &d),
	    ERR_BAD_ENCODING);
	assert_string_equal(d.clause, "formats 3.2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_sign_equals_vector),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_detail_is_cut),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_too_long_message),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
