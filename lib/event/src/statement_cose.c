/* SPDX-License-Identifier: Apache-2.0 */
#include "event/statement.h"

#include "event/cbor.h"
#include "statement_internal.h"

#include "base/banned.h"

#define TAG_COSE_SIGN1 18 /* RFC 9052 2 */
#define ALG_EDDSA (-8)    /* RFC 9053 2.2 */
#define COSE_MAX 262144   /* a receipt with 64 long nacks takes 72,000 */

enum err
cose_report(
    const struct cbor *c, const char *clause, const char *what, struct diag *d)
{
	const char *why = c->why;

	if (c->failed == ERR_OK)
		return ERR_OK;
	if (c->failed_at >= c->in.n)
		return diag_fail(d, c->failed, clause,
		    "%s byte %zu: got %s, %s", what, c->failed_at, cbor_got(c),
		    why);
	return diag_fail(d, c->failed, clause, "%s byte %zu: got %s (%02x), %s",
	    what, c->failed_at, cbor_got(c), c->in.p[c->failed_at], why);
}

/* formats 1.2, 1.6: openings get a word of their own, since a sender that
 * seals fields does follow the format. */
static enum err
refuse_unprotected(struct cbor *c, struct diag *d)
{
	if (cbor_peek(c) == 3 && span_is(cbor_text(c), "openings"))
		return diag_fail(d, ERR_BAD_ENCODING, "formats 1.6",
		    "unprotected header: got openings, which are not accepted "
		    "yet, wanted the empty map");
	return diag_fail(d, ERR_BAD_ENCODING, "formats 1.2",
	    "unprotected header: got another label, wanted the empty map");
}

enum err
cose_split(struct cose *out, struct span bytes, struct diag *d)
{
	struct cbor c;
	struct span sig;

	cbor_init(&c, bytes);
	if (cbor_tag(&c) != TAG_COSE_SIGN1)
		cbor_fail(&c, "wanted tag 18 (COSE_Sign1)");
	if (cbor_array(&c) != 4)
		cbor_fail(&c, "wanted an array of 4");
	out->protected_ = cbor_bytes(&c);
	if (cbor_map(&c) != 0)
		return refuse_unprotected(&c, d);
	out->payload = cbor_bytes(&c);
	sig = cbor_bytes(&c);
	if (sig.n != SIG_BYTES)
		cbor_fail(&c, "wanted a signature of 64 bytes");
	cbor_end(&c);
	out->sig = sig.p;
	return cose_report(&c, "formats 1.1", "message", d);
}

void
cose_label(struct cbor *c, uint64_t label, const char *why)
{
	if (cbor_uint(c) != label)
		cbor_fail(c, why);
}

void
cose_labels(struct cbor *c, struct span *content_type, const uint8_t **kid)
{
	struct span key;

	cose_label(c, 1, "wanted label 1 (alg)");
	if (cbor_int(c) != ALG_EDDSA)
		cbor_fail(c, "wanted -8 (EdDSA)");
	cose_label(c, 3, "wanted label 3 (content type)");
	*content_type = cbor_text(c);
	cose_label(c, 4, "wanted label 4 (kid)");
	key = cbor_bytes(c);
	if (key.n != KEY_BYTES)
		cbor_fail(c, "wanted a kid of 32 bytes");
	*kid = key.p;
}

void
cose_put_labels(
    struct buf *b, const char *content_type, const uint8_t kid[KEY_BYTES])
{
	cbor_put_uint(b, 1);
	cbor_put_int(b, ALG_EDDSA);
	cbor_put_uint(b, 3);
	cbor_put_text(b, span_str(content_type));
	cbor_put_uint(b, 4);
	cbor_put_bytes(b, span_of(kid, KEY_BYTES));
}

void
cose_put_sig_structure(
    struct buf *b, struct span protected_, struct span payload)
{
	cbor_put_array(b, 4);
	cbor_put_text(b, span_str("Signature1"));
	cbor_put_bytes(b, protected_);
	cbor_put_bytes(b, SPAN_NONE);
	cbor_put_bytes(b, payload);
}

void
cose_put_message(struct buf *b, struct span protected_, struct span payload,
    const uint8_t sig[SIG_BYTES])
{
	cbor_put_tag(b, TAG_COSE_SIGN1);
	cbor_put_array(b, 4);
	cbor_put_bytes(b, protected_);
	cbor_put_map(b, 0);
	cbor_put_bytes(b, payload);
	cbor_put_bytes(b, span_of(sig, SIG_BYTES));
}

size_t
cose_size(size_t protected_bytes, size_t payload_bytes)
{
	/* tag, array, empty map, head and bytes of the signature */
	return 3 + cbor_head_size(protected_bytes) + protected_bytes +
	       cbor_head_size(payload_bytes) + payload_bytes +
	       cbor_head_size(SIG_BYTES) + SIG_BYTES;
}

enum err
cose_sign(struct buf *out, const char *content_type, struct span payload,
    const struct sign_key *key)
{
	uint8_t space[256], sig[SIG_BYTES];
	struct buf header = buf_fixed(space, sizeof(space));
	struct buf tbs = buf_heap(COSE_MAX);
	enum err e;

	cbor_put_map(&header, 3);
	cose_put_labels(&header, content_type, key->pub);
	e = buf_error(&header);
	if (e != ERR_OK)
		goto done;
	cose_put_sig_structure(&tbs, buf_span(&header), payload);
	e = buf_error(&tbs);
	if (e != ERR_OK)
		goto done;
	ed25519_sign(sig, key, buf_span(&tbs));
	cose_put_message(out, buf_span(&header), payload, sig);
	e = buf_error(out);
done:
	buf_free(&tbs);
	return e;
}

/* formats 3.2: exactly the labels 1, 3, 4. */
static enum err
open_header(struct span header, const char *content_type, const uint8_t **kid,
    struct diag *d)
{
	struct cbor c;
	struct span type = SPAN_NONE;
	enum err e;

	cbor_init(&c, header);
	if (cbor_map(&c) != 3)
		cbor_fail(&c, "wanted a map of the labels 1, 3, 4");
	cose_labels(&c, &type, kid);
	cbor_end(&c);
	e = cose_report(&c, "formats 3.2", "protected header", d);
	if (e != ERR_OK)
		return e;
	if (!span_is(type, content_type))
		return diag_fail(d, ERR_BAD_ENCODING, "formats 3.2",
		    "content type: got another of %zu bytes, wanted %s", type.n,
		    content_type);
	return ERR_OK;
}

enum err
cose_open(struct span *payload, struct span bytes, const char *content_type,
    const uint8_t pub[KEY_BYTES], struct diag *d)
{
	struct buf tbs = buf_heap(COSE_MAX);
	struct cose m;
	const uint8_t *kid = NULL;
	enum err e;
	bool good;

	if (bytes.n > COSE_MAX - SIG_STRUCTURE_EXTRA)
		return diag_fail(d, ERR_BAD_ENCODING, "formats 3.2",
		    "size: got %zu bytes, wanted at most %d", bytes.n,
		    COSE_MAX - SIG_STRUCTURE_EXTRA);
	e = cose_split(&m, bytes, d);
	if (e != ERR_OK)
		return e;
	e = open_header(m.protected_, content_type, &kid, d);
	if (e != ERR_OK)
		return e;
	if (memcmp(kid, pub, KEY_BYTES) != 0)
		return diag_fail(d, ERR_BAD_SIGNATURE, "formats 3.2",
		    "kid: got another key than the pinned one");
	cose_put_sig_structure(&tbs, m.protected_, m.payload);
	e = buf_error(&tbs);
	good = e == ERR_OK && ed25519_verify(m.sig, pub, buf_span(&tbs));
	buf_free(&tbs);
	if (e != ERR_OK)
		return diag_fail(d, e, "", "no memory to verify with");
	if (!good)
		return diag_fail(d, ERR_BAD_SIGNATURE, "formats 3.2",
		    "signature: does not verify under the pinned key");
	*payload = m.payload;
	return ERR_OK;
}
