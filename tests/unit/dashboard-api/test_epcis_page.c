/* SPDX-License-Identifier: Apache-2.0 */
/* Page tokens: what comes back, and every way in which one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "epcis_page.h"

#include "base/banned.h"

static struct epcis_page
sample(void)
{
	struct epcis_page p;

	memset(&p, 0, sizeof(p));
	p.key = (struct query_key){ -5, 1234567890123, 999 };
	p.below = UINT64_MAX;
	p.delivered = 60;
	p.query = hash_bytes(span_str("query"));
	p.caller = hash_bytes(span_str("caller"));
	p.expires_ms = 1000;
	p.value_length = 3;
	memcpy(p.value, "abc", 3);
	return p;
}

static struct hash
key_of(uint8_t byte)
{
	struct sign_key k;

	memset(&k, byte, sizeof(k));
	return epcis_page_key(&k);
}

static enum err
parse(struct epcis_page *out, struct span token, const struct hash *key,
    int64_t now_ms)
{
	struct epcis_page want = sample();

	memset(out, 0, sizeof(*out));
	out->query = want.query;
	out->caller = want.caller;
	return epcis_page_parse(out, token, key, now_ms);
}

static void
test_round_trip(void **state)
{
	struct hash key = key_of(1), other = key_of(2);
	struct buf token = buf_heap(4096);
	struct epcis_page p = sample(), out;

	(void)state;
	epcis_page_print(&token, &p, &key);
	assert_int_equal(buf_error(&token), ERR_OK);
	assert_int_equal(parse(&out, buf_span(&token), &key, 999), ERR_OK);
	assert_memory_equal(&out, &p, sizeof(p));
	assert_int_equal(
	    parse(&out, buf_span(&token), &other, 999), ERR_BAD_SIGNATURE);
	assert_int_equal(
	    parse(&out, buf_span(&token), &key, 1000), ERR_TIMEOUT);
	memset(&out, 0, sizeof(out));
	out.query = p.query;
	assert_int_equal(
	    epcis_page_parse(&out, buf_span(&token), &key, 0), ERR_FORBIDDEN);
	memset(&out, 0, sizeof(out));
	out.caller = p.caller;
	assert_int_equal(
	    epcis_page_parse(&out, buf_span(&token), &key, 0), ERR_FORK);
	buf_free(&token);
}

static void
test_longest_value(void **state)
{
	struct hash key = key_of(1);
	struct buf token = buf_heap(4096);
	struct epcis_page p = sample(), out;

	(void)state;
	p.value_length = EPCIS_PAGE_VALUE;
	memset(p.value, 'x', sizeof(p.value));
	epcis_page_print(&token, &p, &key);
	assert_int_equal(parse(&out, buf_span(&token), &key, 0), ERR_OK);
	assert_memory_equal(&out, &p, sizeof(p));
	buf_free(&token);
}

static void
test_tampered(void **state)
{
	struct hash key = key_of(1);
	struct buf token = buf_heap(4096);
	struct epcis_page p = sample(), out;

	(void)state;
	epcis_page_print(&token, &p, &key);
	for (size_t i = 0; i < token.n; i++) {
		uint8_t was = token.p[i];

		token.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(
		    parse(&out, buf_span(&token), &key, 0), ERR_BAD_SIGNATURE);
		token.p[i] = '=';
		assert_int_equal(
		    parse(&out, buf_span(&token), &key, 0), ERR_BAD_SIGNATURE);
		token.p[i] = was;
		assert_int_equal(parse(&out, span_of(token.p, i), &key, 0),
		    ERR_BAD_SIGNATURE);
	}
	buf_byte(&token, 'A');
	assert_int_equal(
	    parse(&out, buf_span(&token), &key, 0), ERR_BAD_SIGNATURE);
	buf_free(&token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_longest_value),
		cmocka_unit_test(test_tampered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
