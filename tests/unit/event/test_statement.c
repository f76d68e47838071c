/* SPDX-License-Identifier: Apache-2.0 */
/* Making, sizes and limits; what is refused in reading: test_vectors.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/statement.h"

#include "statement_parts.h"

#include "base/banned.h"

#define ISS "did:web:example.com:device:line-1"
#define PAYLOAD "{\"type\":\"EPCISDocument\"}"

/* The claims of the first vector. */
static struct claims
claims(void)
{
	struct claims c = { .iss = span_str(ISS), .sub = span_str(ISS) };

	c.epoch = 1;
	c.seq = 1;
	memcpy(c.boot, "0123456789abcdef", BOOT_BYTES);
	c.mono = 5000;
	c.wall = 1764075776123;
	c.clock = 2;
	return c;
}

static enum err
make(struct buf *out, const struct claims *c, struct span payload,
    struct diag *d)
{
	struct sign_key k;

	parts_key(&k);
	return statement_make(out, c, CONTENT_IS_PRODUCT, payload, &k, d);
}

static void
test_make_equals_vector(void **state)
{
	uint8_t space[1024];
	struct buf want = buf_fixed(space, sizeof(space));
	struct buf out = buf_heap(STATEMENT_MAX);
	struct claims c = claims();

	(void)state;
	parts_statement(&want, &statement_cases[0]);
	assert_int_equal(make(&out, &c, span_str(PAYLOAD), NULL), ERR_OK);
	assert_true(span_equal(buf_span(&out), buf_span(&want)));
	buf_free(&out);
}

static void
same_claims(const struct claims *a, const struct claims *b)
{
	assert_true(span_equal(a->iss, b->iss));
	assert_true(span_equal(a->sub, b->sub));
	assert_true(a->iat == (int64_t)(b->wall / 1000));
	assert_true(a->epoch == b->epoch && a->seq == b->seq);
	assert_true(hash_equal(&a->prev, &b->prev));
	assert_memory_equal(a->boot, b->boot, BOOT_BYTES);
	assert_true(a->mono == b->mono && a->wall == b->wall);
	assert_true(a->clock == b->clock && a->has_seen == b->has_seen);
	assert_true(a->seen_index == b->seen_index);
	assert_true(hash_equal(&a->seen_leaf, &b->seen_leaf));
}

static void
round_trip(const struct claims *c, enum content content, size_t payload_n)
{
	static uint8_t payload[STATEMENT_MAX];
	struct buf out = buf_heap(STATEMENT_MAX);
	struct sign_key k;
	struct statement s;
	struct hash h;

	parts_key(&k);
	memset(payload, 'x', payload_n);
	assert_int_equal(statement_make(&out, c, content,
			     span_of(payload, payload_n), &k, NULL),
	    ERR_OK);
	assert_int_equal(out.n, statement_size(c, content, payload_n));
	assert_int_equal(statement_parse(&s, buf_span(&out), NULL), ERR_OK);
	assert_int_equal(statement_verify(&s, NULL), ERR_OK);
	same_claims(&s.claims, c);
	assert_int_equal(s.content, content);
	assert_memory_equal(s.kid, k.pub, KEY_BYTES);
	assert_true(span_equal(s.payload, span_of(payload, payload_n)));
	h = hash_bytes(buf_span(&out));
	{
		struct hash got = statement_hash(&s);

		assert_true(hash_equal(&got, &h));
	}
	buf_free(&out);
}

static void
test_round_trips(void **state)
{
	static const uint64_t values[] = { 1, 23, 24, 255, 256, 65535, 65536,
		UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX };
	static const size_t sizes[] = { 0, 1, 23, 24, 255, 256, 50000 };
	struct claims c = claims();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		c.seq = c.epoch = c.mono = c.wall = values[i];
		c.has_seen = i % 2 == 0;
		c.seen_index = c.has_seen ? values[i] : 0;
		memset(c.seen_leaf.b, c.has_seen ? 7 : 0, HASH_BYTES);
		round_trip(&c, CONTENT_IS_REGISTRY, 10);
	}
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		round_trip(&c, CONTENT_IS_PRODUCT, sizes[i]);
}

static void
test_longest_texts(void **state)
{
	static char text[STATEMENT_SUB_MAX + 1];
	struct claims c = claims();
	struct diag d = { 0 };
	uint8_t space[16];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	memset(text, 'd', sizeof(text));
	c.iss = span_of(text, STATEMENT_ISS_MAX);
	c.sub = span_of(text, STATEMENT_SUB_MAX);
	round_trip(&c, CONTENT_IS_PRODUCT, 100);
	c.iss.n++;
	assert_int_equal(make(&out, &c, SPAN_NONE, &d), ERR_USAGE);
	c = claims();
	c.sub = span_of(text, STATEMENT_SUB_MAX + 1);
	assert_int_equal(make(&out, &c, SPAN_NONE, &d), ERR_USAGE);
	assert_string_equal(d.clause, "formats 1.4");
	assert_int_equal(out.n, 0);
}

static void
test_size_limit(void **state)
{
	static uint8_t payload[STATEMENT_MAX + 1];
	struct claims c = claims();
	struct diag d = { 0 };
	struct buf out = buf_heap(2 * STATEMENT_MAX);
	struct statement s;
	size_t most = STATEMENT_MAX -
		      (statement_size(&c, CONTENT_IS_PRODUCT, 1000) - 1000);

	(void)state;
	assert_int_equal(make(&out, &c, span_of(payload, most), &d), ERR_OK);
	assert_int_equal(out.n, STATEMENT_MAX);
	assert_int_equal(statement_parse(&s, buf_span(&out), &d), ERR_OK);
	assert_int_equal(statement_verify(&s, &d), ERR_OK);
	buf_reset(&out);
	assert_int_equal(
	    make(&out, &c, span_of(payload, most + 1), &d), ERR_TOO_LARGE);
	assert_int_equal(out.n, 0);
	assert_string_equal(d.clause, "formats 1.1");
	assert_int_equal(make(&out, &c, span_of(payload, sizeof(payload)), &d),
	    ERR_TOO_LARGE);
	assert_true(
	    statement_size(&c, CONTENT_IS_PRODUCT, SIZE_MAX) == SIZE_MAX);
	buf_free(&out);
}

static void
test_too_large_comes_first(void **state)
{
	static const uint8_t noise[STATEMENT_MAX + 1];
	struct diag d = { 0 };
	struct statement s;

	(void)state;
	assert_int_equal(statement_parse(&s, span_of(noise, sizeof(noise)), &d),
	    ERR_TOO_LARGE);
	assert_string_equal(d.clause, "formats 1.1");
	assert_string_equal(
	    d.text, "size: got 60001 bytes, wanted at most 60000");
	assert_int_equal(statement_parse(&s, span_of(noise, STATEMENT_MAX), &d),
	    ERR_BAD_ENCODING);
	assert_int_equal(statement_parse(&s, SPAN_NONE, &d), ERR_BAD_ENCODING);
	assert_string_equal(
	    d.text, "message byte 0: got the end of input, wanted a tag");
}

static void
usage(struct claims c, const char *clause)
{
	struct diag d = { 0 };
	uint8_t space[1024];
	struct buf out = buf_fixed(space, sizeof(space));

	assert_int_equal(make(&out, &c, span_str(PAYLOAD), &d), ERR_USAGE);
	assert_string_equal(d.clause, clause);
	assert_int_equal(out.n, 0);
}

static void
test_claims_out_of_range(void **state)
{
	struct claims c;

	(void)state;
	c = claims();
	c.epoch = 0;
	usage(c, "formats 1.4");
	c = claims();
	c.seq = 0;
	usage(c, "formats 1.4");
	c = claims();
	c.clock = 4;
	usage(c, "formats 1.4");
	c = claims();
	c.clock = 0;
	usage(c, "formats 1.4");
	c = claims();
	c.iss = span_str("\xff");
	usage(c, "formats 1.4");
	c = claims();
	c.sub = span_str("\xc3");
	usage(c, "formats 1.4");
}

static void
test_sealed_is_not_made(void **state)
{
	struct claims c = claims();
	struct diag d = { 0 };
	uint8_t space[1024];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(
	    make(&out, &c, span_str("{\"cm:sealed\":{}}"), &d), ERR_USAGE);
	assert_string_equal(d.clause, "formats 1.6");
}

static void
test_no_space(void **state)
{
	struct claims c = claims();
	struct diag d = { 0 };
	uint8_t space[100];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(make(&out, &c, span_str(PAYLOAD), &d), ERR_SPACE);
	assert_int_equal(out.n, 0);
}

/* Every prefix is refused and none is read beyond its end (asan). */
static void
test_prefixes(void **state)
{
	uint8_t space[1024];
	struct buf b = buf_fixed(space, sizeof(space));
	struct statement s;
	size_t n;

	(void)state;
	parts_statement(&b, &statement_cases[0]);
	for (n = 0; n < b.n; n++) {
		uint8_t exact[1024];

		memcpy(exact, b.p, n);
		assert_int_equal(statement_parse(&s, span_of(exact, n), NULL),
		    ERR_BAD_ENCODING);
	}
}

/* Each bit changed is refused by shape, or the signature fails. */
static void
test_each_bit_matters(void **state)
{
	uint8_t space[1024];
	struct buf b = buf_fixed(space, sizeof(space));
	struct statement s;
	size_t bit;

	(void)state;
	parts_statement(&b, &statement_cases[0]);
	for (bit = 0; bit < 8 * b.n; bit++) {
		uint8_t mask = (uint8_t)(1 << (bit % 8));

		space[bit / 8] ^= mask;
		if (statement_parse(&s, buf_span(&b), NULL) == ERR_OK)
			assert_int_equal(
			    statement_verify(&s, NULL), ERR_BAD_SIGNATURE);
		space[bit / 8] ^= mask;
	}
	assert_int_equal(statement_parse(&s, buf_span(&b), NULL), ERR_OK);
	assert_int_equal(statement_verify(&s, NULL), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_equals_vector),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_longest_texts),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_too_large_comes_first),
		cmocka_unit_test(test_claims_out_of_range),
		cmocka_unit_test(test_sealed_is_not_made),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_each_bit_matters),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
