/* SPDX-License-Identifier: Apache-2.0 */
#include "webhook_dest.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/text.h"

#include "base/banned.h"

#define HOST_MAX 253 /* RFC 1035 2.3.4 */

/* ---- addresses ---- */
/* IANA's special-purpose registries: what is not globally reachable. */
static const struct {
	uint8_t address[4];
	unsigned bits;
} inside4[] = {
	{ { 0, 0, 0, 0 }, 8 }, { { 10, 0, 0, 0 }, 8 },
	{ { 100, 64, 0, 0 }, 10 }, { { 127, 0, 0, 0 }, 8 },
	{ { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },
	{ { 192, 0, 0, 0 }, 24 }, { { 192, 0, 2, 0 }, 24 },
	{ { 192, 88, 99, 0 }, 24 }, { { 192, 168, 0, 0 }, 16 },
	{ { 198, 18, 0, 0 }, 15 }, { { 198, 51, 100, 0 }, 24 },
	{ { 203, 0, 113, 0 }, 24 },
	{ { 224, 0, 0, 0 }, 3 }, /* multicast, reserved, broadcast */
};

/* Within 2000::/3, which alone is given out: tunnels that lead to an IPv4
 * address, and documentation. */
static const struct {
	uint8_t address[4];
	unsigned bits;
} inside6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x20, 0x02, 0x00, 0x00 }, 16 },
	{ { 0x3f, 0xff, 0x00, 0x00 }, 20 },
};

static uint32_t
word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static bool
within(const uint8_t *address, const uint8_t *net, unsigned bits)
{
	return (word(address) ^ word(net)) >> (32 - bits) == 0;
}

static bool
public4(const uint8_t *address)
{
	for (size_t i = 0; i < sizeof(inside4) / sizeof(inside4[0]); i++) {
		if (within(address, inside4[i].address, inside4[i].bits))
			return false;
	}
	return true;
}

bool
webhook_address_public(int family, const uint8_t *address)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		0xff };

	if (family == AF_INET)
		return public4(address);
	if (family != AF_INET6)
		return false;
	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return public4(address + 12);
	if ((address[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < sizeof(inside6) / sizeof(inside6[0]); i++) {
		if (within(address, inside6[i].address, inside6[i].bits))
			return false;
	}
	return true;
}

/* ---- URLs ---- */
static bool
alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool
ends_in(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n &&
	       strncasecmp((const char *)s.p + s.n - n, end, n) == 0;
}

static struct span
last_label(struct span host)
{
	const uint8_t *dot = memrchr(host.p, '.', host.n);

	return dot == NULL ? host : span_skip(host, (size_t)(dot - host.p) + 1);
}

/* Names that resolvers take for this machine or this network. */
static bool
inside_name(struct span host)
{
	static const char *const ends[] = { ".localhost", ".local", ".internal",
		".lan", ".home.arpa" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends_in(host, ends[i]))
			return true;
	}
	return memchr(host.p, '.', host.n) == NULL;
}

static const char *
name_fault(struct span host, bool inside)
{
	char text[INET_ADDRSTRLEN];
	uint8_t address[4];
	struct span last;

	for (size_t i = 0; i < host.n; i++) {
		if (!alnum(host.p[i]) && host.p[i] != '-' && host.p[i] != '.')
			return "the host has a character that no name has";
		if (host.p[i] == '.' &&
		    (i == 0 || i + 1 == host.n || host.p[i - 1] == '.'))
			return "the host has an empty label";
	}
	last = last_label(host);
	if (last.p[0] >= '0' && last.p[0] <= '9') {
		/* 127.1 and 0x7f.1 are addresses to a resolver */
		if (host.n >= sizeof(text))
			return "the host is neither a name nor an address";
		(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(host));
		if (inet_pton(AF_INET, text, address) != 1)
			return "the host is neither a name nor an address";
		return inside || public4(address)
			   ? NULL
			   : "the address is not one of the public internet";
	}
	return inside || !inside_name(host)
		   ? NULL
		   : "the name is not one of the public internet";
}

static const char *
literal_fault(struct span host, bool inside)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (host.n >= sizeof(text))
		return "the address in brackets is none of IPv6";
	(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(host));
	if (inet_pton(AF_INET6, text, address) != 1)
		return "the address in brackets is none of IPv6";
	return inside || webhook_address_public(AF_INET6, address)
		   ? NULL
		   : "the address is not one of the public internet";
}

static const char *
port_fault(struct span rest)
{
	uint64_t port;

	if (rest.n == 0)
		return NULL;
	if (rest.p[0] != ':')
		return "got something behind the address in brackets";
	if (u64_parse(&port, span_skip(rest, 1), 65535) != ERR_OK || port == 0)
		return "the port is no number from 1 to 65535";
	return NULL;
}

/* host, [address], each with or without :port */
static const char *
authority_fault(struct span a, bool inside)
{
	const uint8_t *end;
	struct span host = a;
	const char *why;

	if (a.n > 0 && a.p[0] == '[') {
		end = memchr(a.p, ']', a.n);
		if (end == NULL)
			return "the address in brackets has no end";
		host = span_of(a.p + 1, (size_t)(end - a.p) - 1);
		why = port_fault(span_skip(a, host.n + 2));
		return why != NULL ? why : literal_fault(host, inside);
	}
	end = a.n == 0 ? NULL : memchr(a.p, ':', a.n);
	if (end != NULL)
		host.n = (size_t)(end - a.p);
	if (host.n == 0 || host.n > HOST_MAX)
		return "there is no host, or it is too long";
	why = port_fault(span_skip(a, host.n));
	return why != NULL ? why : name_fault(host, inside);
}

const char *
webhook_dest_fault(struct span url, bool inside)
{
	struct span rest = url;
	size_t n = 0;

	if (url.n > WEBHOOK_DEST)
		return "the URL is too long";
	for (size_t i = 0; i < url.n; i++) {
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}#", url.p[i]) != NULL)
			return "the URL holds a character that has to be "
			       "percent-encoded, or a fragment";
	}
	if (span_starts(url, "https://"))
		rest = span_skip(url, 8);
	else if (inside && span_starts(url, "http://"))
		rest = span_skip(url, 7);
	else
		return "the URL does not begin with https://";
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	rest.n = n;
	if (n > 0 && memchr(rest.p, '@', n) != NULL)
		return "the URL holds a user name";
	return authority_fault(rest, inside);
}
