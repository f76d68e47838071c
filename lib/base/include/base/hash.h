/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

#define HASH_BYTES 32

/* A SHA-256 value. */
struct hash {
	uint8_t b[HASH_BYTES];
};

/* A running SHA-256 (FIPS 180-4) in the caller's memory; no allocation. */
struct sha256 {
	_Alignas(8) uint8_t state[128];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, struct span bytes);
void sha256_done(struct sha256 *s, struct hash *out);

/* SHA-256(bytes) */
struct hash hash_bytes(struct span bytes);

/* SHA-256(tag ‖ bytes); RFC 6962 leaf hash with tag 0. */
struct hash hash_tagged(uint8_t tag, struct span bytes);

/* SHA-256(tag ‖ a ‖ b); RFC 6962 node with tag 1, chain with tag 0x10. */
struct hash hash_pair(uint8_t tag, const struct hash *a, const struct hash *b);

/* SHA-1, for name-based UUIDs (RFC 9562 version 5) alone: it proves nothing. */
#define SHA1_BYTES 20
void sha1_bytes(uint8_t out[SHA1_BYTES], struct span bytes);

/* HMAC-SHA-256 (RFC 2104). Compare tags with secret_equal(). */
struct hash hmac_sha256(struct span key, struct span message);

static inline bool
hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, HASH_BYTES) == 0;
}

static inline struct span
hash_span(const struct hash *h)
{
	return span_of(h->b, HASH_BYTES);
}

#endif
