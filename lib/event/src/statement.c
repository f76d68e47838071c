/* SPDX-License-Identifier: Apache-2.0 */
#include "event/statement.h"

#include <inttypes.h>

#include "base/text.h"

#include "event/cbor.h"
#include "statement_internal.h"

#include "base/banned.h"

/* A protected header at its longest: iss, sub and 300 bytes of the rest. */
#define HEADER_MAX (STATEMENT_ISS_MAX + STATEMENT_SUB_MAX + 512)
#define CLAIMS 10 /* without seen */

static const char *
content_word(enum content content)
{
	return content == CONTENT_IS_PRODUCT ? CONTENT_PRODUCT
					     : CONTENT_REGISTRY;
}

static void
key(struct cbor *c, const char *name, const char *why)
{
	if (!span_is(cbor_text(c), name))
		cbor_fail(c, why);
}

static void
fixed_bytes(struct cbor *c, uint8_t *out, size_t n, const char *why)
{
	struct span s = cbor_bytes(c);

	if (s.n != n)
		cbor_fail(c, why);
	else
		memcpy(out, s.p, n);
}

static struct span
short_text(struct cbor *c, size_t max, const char *why)
{
	struct span s = cbor_text(c);

	if (s.n > max)
		cbor_fail(c, why);
	return s;
}

static uint64_t
ranged(struct cbor *c, uint64_t min, uint64_t max, const char *why)
{
	uint64_t v = cbor_uint(c);

	if (v < min || v > max)
		cbor_fail(c, why);
	return v;
}

static void
read_seen(struct cbor *c, struct claims *out)
{
	out->has_seen = true;
	key(c, "seen", "wanted the key seen");
	if (cbor_array(c) != 2)
		cbor_fail(c, "wanted seen as an array of 2");
	out->seen_index = cbor_uint(c);
	fixed_bytes(c, out->seen_leaf.b, HASH_BYTES,
	    "wanted a leaf hash of 32 bytes in seen");
}

/* formats 1.4 in the one order of RFC 8949 4.2.1: write_claims() beside it. */
static void
read_claims(struct cbor *c, struct claims *out)
{
	size_t n = cbor_map(c);

	if (n != CLAIMS && n != CLAIMS + 1)
		cbor_fail(c, "wanted a map of 10 claims, or 11 with seen");
	cose_label(c, 1, "wanted claim 1 (iss)");
	out->iss = short_text(
	    c, STATEMENT_ISS_MAX, "wanted an iss of at most 400 bytes");
	cose_label(c, 2, "wanted claim 2 (sub)");
	out->sub = short_text(
	    c, STATEMENT_SUB_MAX, "wanted a sub of at most 2,048 bytes");
	cose_label(c, 6, "wanted claim 6 (iat)");
	out->iat = cbor_int(c);
	key(c, "seq", "wanted the key seq");
	out->seq = ranged(c, 1, UINT64_MAX, "wanted a seq from 1");
	key(c, "boot", "wanted the key boot");
	fixed_bytes(c, out->boot, BOOT_BYTES, "wanted a boot of 16 bytes");
	key(c, "mono", "wanted the key mono");
	out->mono = cbor_uint(c);
	key(c, "prev", "wanted the key prev");
	fixed_bytes(c, out->prev.b, HASH_BYTES, "wanted a prev of 32 bytes");
	if (n == CLAIMS + 1)
		read_seen(c, out);
	key(c, "wall", "wanted the key wall");
	out->wall = cbor_uint(c);
	key(c, "clock", "wanted the key clock");
	out->clock = (unsigned)ranged(c, 0, 3, "wanted a clock from 0 to 3");
	key(c, "epoch", "wanted the key epoch");
	out->epoch = ranged(c, 1, UINT64_MAX, "wanted an epoch from 1");
}

static void
write_claims(struct buf *b, const struct claims *c)
{
	cbor_put_map(b, CLAIMS + (c->has_seen ? 1 : 0));
	cbor_put_uint(b, 1);
	cbor_put_text(b, c->iss);
	cbor_put_uint(b, 2);
	cbor_put_text(b, c->sub);
	cbor_put_uint(b, 6);
	cbor_put_uint(b, c->wall / 1000);
	cbor_put_text(b, span_str("seq"));
	cbor_put_uint(b, c->seq);
	cbor_put_text(b, span_str("boot"));
	cbor_put_bytes(b, span_of(c->boot, BOOT_BYTES));
	cbor_put_text(b, span_str("mono"));
	cbor_put_uint(b, c->mono);
	cbor_put_text(b, span_str("prev"));
	cbor_put_bytes(b, hash_span(&c->prev));
	if (c->has_seen) {
		cbor_put_text(b, span_str("seen"));
		cbor_put_array(b, 2);
		cbor_put_uint(b, c->seen_index);
		cbor_put_bytes(b, hash_span(&c->seen_leaf));
	}
	cbor_put_text(b, span_str("wall"));
	cbor_put_uint(b, c->wall);
	cbor_put_text(b, span_str("clock"));
	cbor_put_uint(b, c->clock);
	cbor_put_text(b, span_str("epoch"));
	cbor_put_uint(b, c->epoch);
}

static enum err
check_times(const struct claims *c, struct diag *d)
{
	/* formats 1.4: wall is 0 when the device has no clock */
	if (c->clock == 0 && c->wall != 0)
		return diag_fail(d, ERR_BAD_ENCODING, "formats 1.4",
		    "wall: got %" PRIu64 ", wanted 0 with clock 0", c->wall);
	if (c->iat < 0 || (uint64_t)c->iat != c->wall / 1000)
		return diag_fail(d, ERR_BAD_ENCODING, "formats 1.4",
		    "iat: got %" PRId64 ", wanted wall / 1000, %" PRIu64,
		    c->iat, c->wall / 1000);
	return ERR_OK;
}

static enum err
read_content(enum content *out, struct span type, struct diag *d)
{
	if (span_is(type, CONTENT_PRODUCT))
		*out = CONTENT_IS_PRODUCT;
	else if (span_is(type, CONTENT_REGISTRY))
		*out = CONTENT_IS_REGISTRY;
	else
		return diag_fail(d, ERR_BAD_ENCODING, "formats 1.2",
		    "content type: got another of %zu bytes, wanted %s or %s",
		    type.n, CONTENT_PRODUCT, CONTENT_REGISTRY);
	return ERR_OK;
}

/* formats 1.2: exactly the labels 1, 3, 4, 15. */
static enum err
read_header(struct statement *s, struct diag *d)
{
	struct cbor c;
	struct span type = SPAN_NONE;
	enum err e;

	cbor_init(&c, s->protected_);
	if (cbor_map(&c) != 4)
		cbor_fail(&c, "wanted a map of the labels 1, 3, 4, 15");
	cose_labels(&c, &type, &s->kid);
	cose_label(&c, 15, "wanted label 15 (claims)");
	e = cose_report(&c, "formats 1.2", "protected header", d);
	if (e == ERR_OK)
		e = read_content(&s->content, type, d);
	if (e != ERR_OK)
		return e;
	read_claims(&c, &s->claims);
	e = cose_report(&c, "formats 1.4", "protected header", d);
	if (e != ERR_OK)
		return e;
	cbor_end(&c);
	e = cose_report(&c, "formats 1.2", "protected header", d);
	return e == ERR_OK ? check_times(&s->claims, d) : e;
}

static enum err
refuse_sealed(struct span payload, enum err code, struct diag *d)
{
	/* formats 1.6: a commitment stands only with its opening */
	if (statement_sealed(payload))
		return diag_fail(d, code, "formats 1.6",
		    "payload: got cm:sealed without its opening (openings are "
		    "not accepted yet), wanted no sealed field");
	return ERR_OK;
}

enum err
statement_parse(struct statement *out, struct span bytes, struct diag *d)
{
	struct statement s = { .bytes = bytes };
	struct cose m = { 0 };
	enum err e;

	/* formats 1.5: size first */
	if (bytes.n > STATEMENT_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "size: got %zu bytes, wanted at most %d", bytes.n,
		    STATEMENT_MAX);
	e = cose_split(&m, bytes, d);
	if (e != ERR_OK)
		return e;
	s.protected_ = m.protected_;
	s.payload = m.payload;
	s.sig = m.sig;
	e = read_header(&s, d);
	if (e != ERR_OK)
		return e;
	e = refuse_sealed(s.payload, ERR_BAD_ENCODING, d);
	if (e != ERR_OK)
		return e;
	*out = s;
	return ERR_OK;
}

enum err
statement_verify(const struct statement *s, struct diag *d)
{
	uint8_t space[STATEMENT_MAX + SIG_STRUCTURE_EXTRA];
	struct buf tbs = buf_fixed(space, sizeof(space));

	/* formats 1.2: over the protected bytes as received */
	cose_put_sig_structure(&tbs, s->protected_, s->payload);
	if (buf_error(&tbs) != ERR_OK ||
	    !ed25519_verify(s->sig, s->kid, buf_span(&tbs)))
		return diag_fail(d, ERR_BAD_SIGNATURE, "formats 1.5",
		    "signature: does not verify under the key in kid");
	return ERR_OK;
}

static enum err
check_claims(const struct claims *c, struct diag *d)
{
	if (c->iss.n > STATEMENT_ISS_MAX || !utf8_valid(c->iss))
		return diag_fail(d, ERR_USAGE, "formats 1.4",
		    "iss: got %zu bytes, wanted UTF-8 of at most %d", c->iss.n,
		    STATEMENT_ISS_MAX);
	if (c->sub.n > STATEMENT_SUB_MAX || !utf8_valid(c->sub))
		return diag_fail(d, ERR_USAGE, "formats 1.4",
		    "sub: got %zu bytes, wanted UTF-8 of at most %d", c->sub.n,
		    STATEMENT_SUB_MAX);
	if (c->epoch < 1 || c->seq < 1)
		return diag_fail(d, ERR_USAGE, "formats 1.4",
		    "epoch, seq: got %" PRIu64 ", %" PRIu64 ", wanted from 1",
		    c->epoch, c->seq);
	if (c->clock > 3 || (c->clock == 0 && c->wall != 0))
		return diag_fail(d, ERR_USAGE, "formats 1.4",
		    "clock, wall: got %u, %" PRIu64
		    ", wanted 0 to 3 and wall 0 with clock 0",
		    c->clock, c->wall);
	return ERR_OK;
}

static void
write_header(struct buf *b, const struct claims *c, enum content content,
    const uint8_t kid[KEY_BYTES])
{
	cbor_put_map(b, 4);
	cose_put_labels(b, content_word(content), kid);
	cbor_put_uint(b, 15);
	write_claims(b, c);
}

size_t
statement_size(
    const struct claims *c, enum content content, size_t payload_bytes)
{
	static const uint8_t kid[KEY_BYTES];
	uint8_t space[HEADER_MAX];
	struct buf header = buf_fixed(space, sizeof(space));

	if (payload_bytes > STATEMENT_MAX)
		return SIZE_MAX;
	write_header(&header, c, content, kid);
	if (buf_error(&header) != ERR_OK)
		return SIZE_MAX;
	return cose_size(header.n, payload_bytes);
}

enum err
statement_make(struct buf *out, const struct claims *c, enum content content,
    struct span payload, const struct sign_key *key_, struct diag *d)
{
	uint8_t header_space[HEADER_MAX], sig[SIG_BYTES];
	uint8_t tbs_space[STATEMENT_MAX + SIG_STRUCTURE_EXTRA];
	struct buf header = buf_fixed(header_space, sizeof(header_space));
	struct buf tbs = buf_fixed(tbs_space, sizeof(tbs_space));
	size_t size = statement_size(c, content, payload.n);
	struct buf message;
	uint8_t *place;
	enum err e = check_claims(c, d);

	if (e == ERR_OK)
		e = refuse_sealed(payload, ERR_USAGE, d);
	if (e != ERR_OK)
		return e;
	if (size > STATEMENT_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "size: got a payload of %zu bytes, wanted a statement of "
		    "at most %d",
		    payload.n, STATEMENT_MAX);
	write_header(&header, c, content, key_->pub);
	cose_put_sig_structure(&tbs, buf_span(&header), payload);
	place = buf_reserve(out, size);
	if (place == NULL)
		return diag_fail(d, buf_error(out), "",
		    "no space for a statement of %zu bytes", size);
	ed25519_sign(sig, key_, buf_span(&tbs));
	message = buf_fixed(place, size);
	cose_put_message(&message, buf_span(&header), payload, sig);
	return buf_error(&message);
}

struct hash
statement_hash(const struct statement *s)
{
	return hash_bytes(s->bytes);
}
