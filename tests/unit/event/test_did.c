/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

#include "event/did.h"

#include "base/banned.h"

/* https://w3c-ccg.github.io/did-method-key/ , Ed25519 with X25519. */
#define KNOWN "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
#define KNOWN_HEX                                                              \
	"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

static void
test_key_known(void **state)
{
	uint8_t pub[KEY_BYTES], want[KEY_BYTES];
	char text[DID_KEY_CHARS + 1];
	size_t n = 0;

	(void)state;
	assert_int_equal(
	    hex_parse(want, sizeof(want), &n, span_str(KNOWN_HEX)), ERR_OK);
	assert_int_equal(did_key_parse(pub, span_str(KNOWN)), ERR_OK);
	assert_memory_equal(pub, want, KEY_BYTES);
	did_key_print(text, pub);
	assert_string_equal(text, KNOWN);
	assert_int_equal(strlen(text), DID_KEY_CHARS);
}

static void
test_key_extremes(void **state)
{
	uint8_t pub[KEY_BYTES], back[KEY_BYTES];
	char text[DID_KEY_CHARS + 1];
	int byte;

	(void)state;
	for (byte = 0; byte < 256; byte += 255) {
		memset(pub, byte, sizeof(pub));
		did_key_print(text, pub);
		assert_int_equal(strlen(text), DID_KEY_CHARS);
		assert_int_equal(did_key_parse(back, span_str(text)), ERR_OK);
		assert_memory_equal(pub, back, KEY_BYTES);
	}
}

static void
test_key_refused(void **state)
{
	static const char *const rows[] = { "", "did:key:z",
		/* a character less, one more, another prefix */
		"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW",
		"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWpp",
		"did:kez:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
		"did:key:m6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
		/* 0 is not in the alphabet */
		"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDoo0p",
		/* another multicodec (secp256k1 has E7 01 and is longer) */
		"did:key:z5MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
		"did:key:z6LkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
		/* a leading zero byte more makes 35 bytes or another prefix */
		"did:key:z16MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW" };
	uint8_t pub[KEY_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    did_key_parse(pub, span_str(rows[i])), ERR_SYNTAX);
}

static void
test_key_or_hex(void **state)
{
	uint8_t a[KEY_BYTES], b[KEY_BYTES];

	(void)state;
	assert_int_equal(did_key_or_hex(a, span_str(KNOWN)), ERR_OK);
	assert_int_equal(did_key_or_hex(b, span_str(KNOWN_HEX)), ERR_OK);
	assert_memory_equal(a, b, KEY_BYTES);
	assert_int_equal(did_key_or_hex(a, span_of(KNOWN_HEX, 62)), ERR_SYNTAX);
	assert_int_equal(
	    did_key_or_hex(a, span_str("zz6a27bcceb6a42d62a3a8d02a6f0d7365"
				       "3215771de243a63ac048a18b59da29")),
	    ERR_SYNTAX);
}

static void
web(const char *host, const char *authority, const char *device,
    const char *org)
{
	char space[DID_WEB_CHARS + 1];
	struct buf b = buf_fixed(space, sizeof(space));

	assert_int_equal(did_web_authority(&b, host), ERR_OK);
	assert_string_equal(buf_text(&b), authority);
	buf_reset(&b);
	assert_int_equal(did_web_device(&b, host, span_str("line-1")), ERR_OK);
	assert_string_equal(buf_text(&b), device);
	buf_reset(&b);
	assert_int_equal(did_web_org(&b, host, span_str("demo")), ERR_OK);
	assert_string_equal(buf_text(&b), org);
}

static void
test_web(void **state)
{
	(void)state;
	web("example.com", "did:web:example.com",
	    "did:web:example.com:device:line-1",
	    "did:web:example.com:org:demo");
	/* formats 2.1: a port is written %3A */
	web("localhost:8080", "did:web:localhost%3A8080",
	    "did:web:localhost%3A8080:device:line-1",
	    "did:web:localhost%3A8080:org:demo");
}

static void
test_web_refused(void **state)
{
	static const char *const hosts[] = { "", ":80", "a:", "a:0", "a:65536",
		"a:080", "a:b", "a/b", "a b", "a%3A1", "a:1:2", "[::1]" };
	char space[DID_WEB_CHARS + 1], tight[10], host[256];
	struct buf b = buf_fixed(space, sizeof(space));
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		assert_int_equal(did_web_authority(&b, hosts[i]), ERR_SYNTAX);
		assert_int_equal(b.n, 0);
	}
	memset(host, 'h', 254);
	host[254] = '\0';
	assert_int_equal(did_web_authority(&b, host), ERR_SYNTAX);
	assert_int_equal(did_web_device(&b, "h", span_str("Line")), ERR_SYNTAX);
	assert_int_equal(did_web_device(&b, "h:", span_str("l")), ERR_SYNTAX);
	assert_int_equal(did_web_org(&b, "h", span_str("")), ERR_SYNTAX);
	b = buf_fixed(tight, sizeof(tight));
	assert_int_equal(did_web_authority(&b, "example.com"), ERR_SPACE);
}

static void
test_web_device_name(void **state)
{
	static const char *const rows[] = { "", "did:web:h:1:device:a",
		"did:web:h%3A1:device:", "did:web:h%3A1:device:A",
		"did:web:h%3A1:device:a:b", "did:web:h%3A1:org:a",
		"did:web:h%3a1:device:a", "did:web:h%3A12:device:a",
		"did:web:h:device:a" };
	struct span name = SPAN_NONE;
	size_t i;

	(void)state;
	assert_int_equal(did_web_device_name(&name, "h:1",
			     span_str("did:web:h%3A1:device:line-1")),
	    ERR_OK);
	assert_true(span_is(name, "line-1"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    did_web_device_name(&name, "h:1", span_str(rows[i])),
		    ERR_SYNTAX);
	assert_int_equal(
	    did_web_device_name(&name, "h/", span_str("did:web:h/:device:a")),
	    ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_known),
		cmocka_unit_test(test_key_extremes),
		cmocka_unit_test(test_key_refused),
		cmocka_unit_test(test_key_or_hex),
		cmocka_unit_test(test_web),
		cmocka_unit_test(test_web_refused),
		cmocka_unit_test(test_web_device_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
