/* SPDX-License-Identifier: Apache-2.0 */
#include "event/did.h"

#include "base/text.h"

#include "base/banned.h"

#define MULTIKEY_BYTES (2 + KEY_BYTES) /* ED 01, the key */
#define DID_KEY_PREFIX "did:key:z"
#define HOST_CHARS 253 /* RFC 1035 2.3.4, without the root's dot */

void
did_key_print(char *out, const uint8_t pub[KEY_BYTES])
{
	uint8_t raw[MULTIKEY_BYTES] = { 0xed, 0x01 };
	const size_t n = strlen(DID_KEY_PREFIX);

	memcpy(raw + 2, pub, KEY_BYTES);
	memcpy(out, DID_KEY_PREFIX, n + 1);
	/* 34 bytes that begin with ED take 47 digits, so this always fits. */
	if (base58_print(out + n, DID_KEY_CHARS + 1 - n,
		span_of(raw, sizeof(raw))) != ERR_OK)
		out[0] = '\0';
}

enum err
did_key_parse(uint8_t pub[KEY_BYTES], struct span did)
{
	uint8_t raw[64];
	size_t n = 0;

	/* formats 2.1: base58btc of ED 01 and the key */
	if (did.n != DID_KEY_CHARS || !span_starts(did, DID_KEY_PREFIX))
		return ERR_SYNTAX;
	if (base58_parse(raw, sizeof(raw), &n,
		span_skip(did, strlen(DID_KEY_PREFIX))) != ERR_OK)
		return ERR_SYNTAX;
	if (n != MULTIKEY_BYTES || raw[0] != 0xed || raw[1] != 0x01)
		return ERR_SYNTAX;
	memcpy(pub, raw + 2, KEY_BYTES);
	return ERR_OK;
}

enum err
did_key_or_hex(uint8_t pub[KEY_BYTES], struct span text)
{
	size_t n = 0;

	if (text.n != 2 * (size_t)KEY_BYTES)
		return did_key_parse(pub, text);
	if (hex_parse(pub, KEY_BYTES, &n, text) != ERR_OK || n != KEY_BYTES)
		return ERR_SYNTAX;
	return ERR_OK;
}

static bool
host_char(uint8_t ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch >= '0' && ch <= '9') || ch == '-' || ch == '.';
}

/* formats 2.1: did:web:<host>, a port is written %3A. */
static enum err
put_host(struct buf *out, const char *host)
{
	struct span h = span_str(host);
	const uint8_t *colon = h.n ? memchr(h.p, ':', h.n) : NULL;
	size_t name_n = colon == NULL ? h.n : (size_t)(colon - h.p);
	uint64_t port = 1;
	size_t i;

	if (name_n == 0 || name_n > HOST_CHARS)
		return ERR_SYNTAX;
	for (i = 0; i < name_n; i++) {
		if (!host_char(h.p[i]))
			return ERR_SYNTAX;
	}
	if (colon != NULL &&
	    (u64_parse(&port, span_skip(h, name_n + 1), 65535) != ERR_OK ||
		port == 0))
		return ERR_SYNTAX;
	buf_str(out, "did:web:");
	buf_put(out, span_of(h.p, name_n));
	if (colon != NULL) {
		buf_str(out, "%3A");
		buf_put(out, span_skip(h, name_n + 1));
	}
	return buf_error(out);
}

enum err
did_web_authority(struct buf *out, const char *host)
{
	return put_host(out, host);
}

static enum err
put_named(struct buf *out, const char *host, const char *kind, struct span name)
{
	enum err e;

	if (!name_valid(name))
		return ERR_SYNTAX;
	e = put_host(out, host);
	if (e != ERR_OK)
		return e;
	buf_str(out, kind);
	buf_put(out, name);
	return buf_error(out);
}

enum err
did_web_device(struct buf *out, const char *host, struct span name)
{
	return put_named(out, host, ":device:", name);
}

enum err
did_web_org(struct buf *out, const char *host, struct span name)
{
	return put_named(out, host, ":org:", name);
}

enum err
did_web_device_name(struct span *name, const char *host, struct span did)
{
	char space[DID_WEB_CHARS + 1];
	struct buf want = buf_fixed(space, sizeof(space));
	struct span rest;

	if (put_host(&want, host) != ERR_OK)
		return ERR_SYNTAX;
	buf_str(&want, ":device:");
	if (buf_error(&want) != ERR_OK || did.n < want.n ||
	    memcmp(did.p, want.p, want.n) != 0)
		return ERR_SYNTAX;
	rest = span_skip(did, want.n);
	if (!name_valid(rest))
		return ERR_SYNTAX;
	*name = rest;
	return ERR_OK;
}
