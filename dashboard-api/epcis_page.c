/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_page.h"

#include "base/text.h"

#include "base/banned.h"

#define VERSION 1
#define FIXED (1 + 8 + 8 + 4 + 8 + 8 + 2 * HASH_BYTES + 8)
#define TOKEN_BYTES (FIXED + EPCIS_PAGE_VALUE + HASH_BYTES)
#define TOKEN_TEXT (BASE64_CHARS(TOKEN_BYTES) + 1)

struct hash
epcis_page_key(const struct sign_key *answer)
{
	static const char purpose[] = "countermark/page-token/v1\n";

	return hmac_sha256(span_of(answer->secret, KEY_BYTES),
	    span_of(purpose, sizeof(purpose) - 1));
}

/* ---- numbers ---- */
static uint64_t
take_number(struct span *in, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | in->p[i];
	*in = span_skip(*in, bytes);
	return v;
}

static void
take_hash(struct hash *out, struct span *in)
{
	memcpy(out->b, in->p, sizeof(out->b));
	*in = span_skip(*in, sizeof(out->b));
}

/* ---- printing ---- */
/* RFC 4648 section 5, without padding. */
static void
put_base64url(struct buf *out, struct span bytes)
{
	char text[TOKEN_TEXT];

	base64_print(text, bytes);
	for (char *c = text; *c != '\0' && *c != '='; c++)
		buf_byte(out, *c == '+' ? '-' : *c == '/' ? '_' : (uint8_t)*c);
}

void
epcis_page_print(
    struct buf *out, const struct epcis_page *p, const struct hash *key)
{
	uint8_t space[TOKEN_BYTES];
	struct buf b = buf_fixed(space, sizeof(space));
	struct hash tag;

	buf_byte(&b, VERSION);
	buf_u64be(&b, (uint64_t)p->key.event_ms);
	buf_u64be(&b, p->key.index);
	buf_u32be(&b, p->key.pos);
	buf_u64be(&b, p->below);
	buf_u64be(&b, p->delivered);
	buf_put(&b, hash_span(&p->query));
	buf_put(&b, hash_span(&p->caller));
	buf_u64be(&b, (uint64_t)p->expires_ms);
	buf_put(&b, span_of(p->value, p->value_length));
	tag = hmac_sha256(hash_span(key), buf_span(&b));
	buf_put(&b, hash_span(&tag));
	put_base64url(out, buf_span(&b));
}

/* ---- reading ---- */
static bool
parse_base64url(struct span *out, uint8_t space[TOKEN_BYTES], struct span text)
{
	uint8_t padded[TOKEN_TEXT];
	size_t n = text.n;

	if (n == 0 || n + 3 > sizeof(padded) || n % 4 == 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = text.p[i];

		if (c == '+' || c == '/' || c == '=')
			return false;
		padded[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	while (n % 4 != 0)
		padded[n++] = '=';
	out->p = space;
	return base64_parse(space, TOKEN_BYTES, &out->n, span_of(padded, n)) ==
	       ERR_OK;
}

static void
read_fields(struct epcis_page *p, struct span in)
{
	in = span_skip(in, 1);
	p->key.event_ms = (int64_t)take_number(&in, 8);
	p->key.index = take_number(&in, 8);
	p->key.pos = (unsigned)take_number(&in, 4);
	p->below = take_number(&in, 8);
	p->delivered = take_number(&in, 8);
	take_hash(&p->query, &in);
	take_hash(&p->caller, &in);
	p->expires_ms = (int64_t)take_number(&in, 8);
	p->value_length = in.n;
	memcpy(p->value, in.p, in.n);
}

enum err
epcis_page_parse(struct epcis_page *out, struct span token,
    const struct hash *key, int64_t now_ms)
{
	struct hash query = out->query, caller = out->caller, tag;
	uint8_t space[TOKEN_BYTES];
	struct span bytes;

	if (!parse_base64url(&bytes, space, token) ||
	    bytes.n < FIXED + HASH_BYTES)
		return ERR_BAD_SIGNATURE;
	bytes.n -= HASH_BYTES;
	tag = hmac_sha256(hash_span(key), bytes);
	if (!secret_equal(tag.b, bytes.p + bytes.n, sizeof(tag.b)) ||
	    bytes.p[0] != VERSION)
		return ERR_BAD_SIGNATURE;
	read_fields(out, bytes);
	if (!hash_equal(&out->caller, &caller))
		return ERR_FORBIDDEN;
	if (!hash_equal(&out->query, &query))
		return ERR_FORK;
	return out->expires_ms <= now_ms ? ERR_TIMEOUT : ERR_OK;
}
