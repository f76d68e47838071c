/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/text.h"

#include "base/banned.h"

static void
is_hex(const struct hash *h, const char *want)
{
	char text[2 * HASH_BYTES + 1];

	hex_print(text, hash_span(h));
	assert_string_equal(text, want);
}

/* FIPS 180-4 examples of NIST. */
static void
known_answers(void **state)
{
	(void)state;
	struct hash h = hash_bytes(SPAN_NONE);
	is_hex(&h, "e3b0c44298fc1c149afbf4c8996fb924"
		   "27ae41e4649b934ca495991b7852b855");
	h = hash_bytes(span_str("abc"));
	is_hex(&h, "ba7816bf8f01cfea414140de5dae2223"
		   "b00361a396177a9cb410ff61f20015ad");
	h = hash_bytes(span_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmn"
				"lmnomnopnopq"));
	is_hex(&h, "248d6a61d20638b8e5c026930c3e6039"
		   "a33ce45964ff2167f6ecedd419db06c1");
}

static void
million_a_in_pieces(void **state)
{
	struct sha256 s;
	struct hash h;
	char a[1000];

	(void)state;
	memset(a, 'a', sizeof a);
	sha256_init(&s);
	for (int i = 0; i < 1000; i++) {
		sha256_add(&s, span_of(a, 333));
		sha256_add(&s, SPAN_NONE);
		sha256_add(&s, span_of(a, 667));
	}
	sha256_done(&s, &h);
	is_hex(&h, "cdc76e5c9914fb9281a1c7e284d73e67"
		   "f1809a48a497200e046d39ccc7112cd0");
}

/* Certificate Transparency's test vectors: leaf hash of the empty entry. */
static void
tags_stand_in_front(void **state)
{
	(void)state;
	struct hash leaf = hash_tagged(0, SPAN_NONE);
	is_hex(&leaf, "6e340b9cffb37a989ca544e6bb780a2c"
		      "78901d3fb33738768511a30617afa01d");
	uint8_t zero = 0;
	struct hash second = hash_tagged(0, span_of(&zero, 1));
	is_hex(&second, "96a296d224f285c67bee93c30f8a3091"
			"57f0daa35dc5b87e410b78630a09cfc7");
	struct hash node = hash_pair(1, &leaf, &second);
	is_hex(&node, "fac54203e7cc696cf0dfcb42c92a1d9d"
		      "baf70ad9e621f4bd8d98662f00e3c125");
	assert_true(hash_equal(&leaf, &leaf));
	assert_false(hash_equal(&leaf, &node));
}

/* RFC 4231, test cases 2 and 6. */
static void
hmac_answers(void **state)
{
	uint8_t key[131];
	struct hash h = hmac_sha256(
	    span_str("Jefe"), span_str("what do ya want for nothing?"));
	char hex[2 * HASH_BYTES + 1];

	(void)state;
	hex_print(hex, hash_span(&h));
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
				 "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	h = hmac_sha256(span_of(key, sizeof(key)),
	    span_str("Test Using Larger Than Block-Size Key - Hash Key First"));
	hex_print(hex, hash_span(&h));
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
				 "8e0bc6213728c5140546040f0ee37f54");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(million_a_in_pieces),
		cmocka_unit_test(tags_stand_in_front),
		cmocka_unit_test(hmac_answers),
	};
	return cmocka_run_group_tests_name("base.hash", tests, NULL, NULL);
}
