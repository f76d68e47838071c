/* SPDX-License-Identifier: Apache-2.0 */
/* Where a server may be told to POST to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "webhook_dest.h"

#include "base/banned.h"

static const struct {
	const char *text;
	bool open;
} addresses[] = {
	{ "0.0.0.0", false },
	{ "8.8.8.8", true },
	{ "9.255.255.255", true },
	{ "10.0.0.0", false },
	{ "10.255.255.255", false },
	{ "11.0.0.0", true },
	{ "100.63.255.255", true },
	{ "100.64.0.1", false },
	{ "100.128.0.0", true },
	{ "127.0.0.1", false },
	{ "127.255.255.254", false },
	{ "169.254.169.254", false },
	{ "169.255.0.0", true },
	{ "172.15.255.255", true },
	{ "172.16.0.0", false },
	{ "172.31.255.255", false },
	{ "172.32.0.0", true },
	{ "192.0.0.8", false },
	{ "192.0.2.1", false },
	{ "192.88.99.1", false },
	{ "192.168.1.1", false },
	{ "192.169.0.0", true },
	{ "198.18.0.1", false },
	{ "198.19.255.255", false },
	{ "198.51.100.1", false },
	{ "203.0.113.1", false },
	{ "223.255.255.255", true },
	{ "224.0.0.1", false },
	{ "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "::", false },
	{ "::1", false },
	{ "::ffff:10.0.0.1", false },
	{ "::ffff:8.8.8.8", true },
	{ "::8.8.8.8", false },
	{ "64:ff9b::8.8.8.8", false },
	{ "fc00::1", false },
	{ "fd12::1", false },
	{ "fe80::1", false },
	{ "ff02::1", false },
	{ "2001::1", false },
	{ "2001:1ff::1", false },
	{ "2001:200::1", true },
	{ "2001:db8::1", false },
	{ "2002:7f00:1::", false },
	{ "2606:4700::1111", true },
	{ "3fff::1", false },
	{ "4000::1", false },
};

static void
test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const char *text = addresses[i].text;
		int family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
		uint8_t bytes[16];

		assert_int_equal(inet_pton(family, text, bytes), 1);
		if (webhook_address_public(family, bytes) != addresses[i].open)
			fail_msg("%s", text);
	}
	assert_false(webhook_address_public(AF_UNIX, (const uint8_t *)""));
}

/* inside: NULL where it is taken when such addresses are allowed. */
static const char syntax[] = "x";
static const struct {
	const char *url;
	const char *detail; /* NULL: taken */
	const char *inside;
} urls[] = {
	{ "https://a.example", NULL, NULL },
	{ "https://a.example/", NULL, NULL },
	{ "https://A-1.example:8443/x?y=%7C", NULL, NULL },
	{ "https://a.example?x", NULL, NULL },
	{ "https://8.8.8.8:1/", NULL, NULL },
	{ "https://[2606:4700::1111]:65535/", NULL, NULL },
	{ "http://a.example/", "the URL does not begin with https://", NULL },
	{ "HTTPS://a.example/", "the URL does not begin with https://",
	    syntax },
	{ "ftp://a.example/", "the URL does not begin with https://", syntax },
	{ "", "the URL does not begin with https://", syntax },
	{ "https:///x", "there is no host, or it is too long", syntax },
	{ "https://:1/", "there is no host, or it is too long", syntax },
	{ "https://a@b.example/", "the URL holds a user name", syntax },
	{ "https://a.example:0/", "the port is no number from 1 to 65535",
	    syntax },
	{ "https://a.example:65536/", "the port is no number from 1 to 65535",
	    syntax },
	{ "https://a.example:/", "the port is no number from 1 to 65535",
	    syntax },
	{ "https://a..example/", "the host has an empty label", syntax },
	{ "https://.a.example/", "the host has an empty label", syntax },
	{ "https://a.example./", "the host has an empty label", syntax },
	{ "https://a_b.example/", "the host has a character that no name has",
	    syntax },
	{ "https://a%2e.example/", "the host has a character that no name has",
	    syntax },
	{ "https://127.1/", "the host is neither a name nor an address",
	    syntax },
	{ "https://0x7f000001/", "the host is neither a name nor an address",
	    syntax },
	{ "https://2130706433/", "the host is neither a name nor an address",
	    syntax },
	{ "https://1.2.3.4.5.6.7.8.9/",
	    "the host is neither a name nor an address", syntax },
	{ "https://127.0.0.1/", "the address is not one of the public internet",
	    NULL },
	{ "https://[::1]/", "the address is not one of the public internet",
	    NULL },
	{ "https://[::1]x/", "got something behind the address in brackets",
	    syntax },
	{ "https://[::1", "the address in brackets has no end", syntax },
	{ "https://[::g]/", "the address in brackets is none of IPv6", syntax },
	{ "https://[fe80::1%25eth0]/",
	    "the address in brackets is none of IPv6", syntax },
	{ "https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/",
	    "the address in brackets is none of IPv6", syntax },
	{ "https://localhost/", "the name is not one of the public internet",
	    NULL },
	{ "https://db/", "the name is not one of the public internet", NULL },
	{ "https://x.LOCALHOST/", "the name is not one of the public internet",
	    NULL },
	{ "https://printer.local/",
	    "the name is not one of the public internet", NULL },
	{ "https://metadata.google.internal/",
	    "the name is not one of the public internet", NULL },
	{ "https://a.example/ x",
	    "the URL holds a character that has to be percent-encoded, or a "
	    "fragment",
	    syntax },
	{ "https://a.example/#x",
	    "the URL holds a character that has to be percent-encoded, or a "
	    "fragment",
	    syntax },
	{ "https://a.example/\xc3\xa4",
	    "the URL holds a character that has to be percent-encoded, or a "
	    "fragment",
	    syntax },
	{ "https://a.example\\@b.example/",
	    "the URL holds a character that has to be percent-encoded, or a "
	    "fragment",
	    syntax },
};

static void
test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct span url = span_str(urls[i].url);
		const char *why = webhook_dest_fault(url, false);

		if (why == NULL || urls[i].detail == NULL)
			assert_true(why == urls[i].detail);
		else
			assert_string_equal(why, urls[i].detail);
		if ((webhook_dest_fault(url, true) == NULL) !=
		    (urls[i].inside == NULL))
			fail_msg("inside: %s", urls[i].url);
	}
}

static void
test_long(void **state)
{
	char url[WEBHOOK_DEST + 2];

	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://a.example/", 18);
	assert_null(webhook_dest_fault(span_of(url, WEBHOOK_DEST), false));
	assert_string_equal(
	    webhook_dest_fault(span_of(url, WEBHOOK_DEST + 1), false),
	    "the URL is too long");
	url[17] = 'a';
	assert_string_equal(webhook_dest_fault(span_of(url, 300), false),
	    "there is no host, or it is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
