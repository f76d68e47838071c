/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_STATEMENT_H
#define EVENT_STATEMENT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/hash.h"

/*
 * The signed statement (formats.md 1): COSE_Sign1 (RFC 9052) over an EPCIS
 * document or a registry payload, with the device's chain in the protected
 * header.
 */
#define STATEMENT_MAX 60000
#define STATEMENT_ISS_MAX 400
#define STATEMENT_SUB_MAX 2048
#define CONTENT_PRODUCT "application/ld+json"
#define CONTENT_REGISTRY "application/vnd.countermark.registry+json"
#define CONTENT_RECEIPT "application/vnd.countermark.receipt+json"

enum content { CONTENT_IS_PRODUCT, CONTENT_IS_REGISTRY };

/* Claims of formats 1.4. Spans are borrowed from the parsed bytes, or the
 * caller's when making one. */
struct claims {
	struct span iss; /* the device's DID */
	struct span sub;
	int64_t iat;    /* seconds; wall / 1000 */
	uint64_t epoch; /* from 1 */
	uint64_t seq;   /* from 1 within an epoch */
	struct hash prev;
	uint8_t boot[BOOT_BYTES];
	uint64_t mono;  /* ms since boot */
	uint64_t wall;  /* ms, 0 when clock is 0 */
	unsigned clock; /* 0 none, 1 rtc, 2 ntp, 3 authenticated */
	bool has_seen;
	uint64_t seen_index;
	struct hash seen_leaf;
};

/* A parsed statement: views of the input, valid as long as it. */
struct statement {
	struct span bytes;      /* the whole message */
	struct span protected_; /* protected header as received */
	struct span payload;
	const uint8_t *kid; /* KEY_BYTES */
	const uint8_t *sig; /* SIG_BYTES */
	enum content content;
	struct claims claims;
};

/*
 * Size, CBOR shape, header and claims' shape (the first steps of formats 1.5).
 * ERR_TOO_LARGE, ERR_BAD_ENCODING (also for openings, refused by name, and
 * for a payload with "cm:sealed"). No signature check, no allocation.
 */
enum err statement_parse(
    struct statement *out, struct span bytes, struct diag *d) CM_MUST_USE;

/* The signature under the key in kid. Any thread. ERR_BAD_SIGNATURE. */
enum err statement_verify(
    const struct statement *s, struct diag *d) CM_MUST_USE;

/* Makes and signs one; appends it to out. ERR_TOO_LARGE above STATEMENT_MAX
 * (nothing is appended), ERR_USAGE for claims out of their ranges and for a
 * payload with "cm:sealed" (ingest would refuse it for ever), ERR_SPACE and
 * ERR_NOMEM of out. kid is the key's public half. iat is computed from wall.
 * Takes 64 KB of stack, as statement_verify() does. */
enum err statement_make(struct buf *out, const struct claims *c,
    enum content content, struct span payload, const struct sign_key *key,
    struct diag *d) CM_MUST_USE;

/* formats 1.8: SHA-256 over the statement with the empty unprotected map. */
struct hash statement_hash(const struct statement *s);

/* Exact size that statement_make would give; SIZE_MAX when iss, sub or the
 * payload is above its limit. */
size_t statement_size(
    const struct claims *c, enum content content, size_t payload_bytes);

/* Generic COSE_Sign1, tagged, with header labels 1, 3, 4 only (receipts,
 * formats 3.2). ERR_SPACE, ERR_NOMEM. */
enum err cose_sign(struct buf *out, const char *content_type,
    struct span payload, const struct sign_key *key) CM_MUST_USE;
/* Checks shape, content type, that kid is pub, and the signature; payload is a
 * view of bytes. ERR_BAD_ENCODING, ERR_BAD_SIGNATURE, ERR_NOMEM. */
enum err cose_open(struct span *payload, struct span bytes,
    const char *content_type, const uint8_t pub[KEY_BYTES],
    struct diag *d) CM_MUST_USE;

#endif
