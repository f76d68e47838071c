/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

/* The low-level calls need no allocation and are twice as fast for the short
 * inputs of a Merkle tree; OpenSSL 3 keeps them but calls them deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/banned.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256),
    "the library's state lies inside ours");
_Static_assert(_Alignof(SHA256_CTX) <= 8, "and is aligned there");
_Static_assert(SHA256_DIGEST_LENGTH == HASH_BYTES, "SHA-256 has 32 bytes");

static SHA256_CTX *
ctx_of(struct sha256 *s)
{
	return (SHA256_CTX *)(void *)s->state;
}

void
sha256_init(struct sha256 *s)
{
	(void)SHA256_Init(ctx_of(s));
}

void
sha256_add(struct sha256 *s, struct span bytes)
{
	if (bytes.n > 0)
		(void)SHA256_Update(ctx_of(s), bytes.p, bytes.n);
}

void
sha256_done(struct sha256 *s, struct hash *out)
{
	(void)SHA256_Final(out->b, ctx_of(s));
}

struct hash
hash_bytes(struct span bytes)
{
	struct sha256 s;
	struct hash h;

	sha256_init(&s);
	sha256_add(&s, bytes);
	sha256_done(&s, &h);
	return h;
}

struct hash
hash_tagged(uint8_t tag, struct span bytes)
{
	struct sha256 s;
	struct hash h;

	sha256_init(&s);
	sha256_add(&s, span_of(&tag, 1));
	sha256_add(&s, bytes);
	sha256_done(&s, &h);
	return h;
}

struct hash
hash_pair(uint8_t tag, const struct hash *a, const struct hash *b)
{
	uint8_t bytes[1 + 2 * HASH_BYTES];

	bytes[0] = tag;
	memcpy(bytes + 1, a->b, HASH_BYTES);
	memcpy(bytes + 1 + HASH_BYTES, b->b, HASH_BYTES);
	return hash_bytes(span_of(bytes, sizeof bytes));
}

void
sha1_bytes(uint8_t out[SHA1_BYTES], struct span bytes)
{
	SHA_CTX c;

	(void)SHA1_Init(&c);
	if (bytes.n > 0)
		(void)SHA1_Update(&c, bytes.p, bytes.n);
	(void)SHA1_Final(out, &c);
}

#define HMAC_BLOCK 64

static void
pad(uint8_t out[HMAC_BLOCK], struct span key, uint8_t with)
{
	memset(out, with, HMAC_BLOCK);
	for (size_t i = 0; i < key.n; i++)
		out[i] ^= key.p[i];
}

struct hash
hmac_sha256(struct span key, struct span message)
{
	uint8_t block[HMAC_BLOCK];
	struct hash h, short_key;
	struct sha256 s;

	if (key.n > HMAC_BLOCK) {
		short_key = hash_bytes(key);
		key = hash_span(&short_key);
	}
	pad(block, key, 0x36);
	sha256_init(&s);
	sha256_add(&s, span_of(block, sizeof block));
	sha256_add(&s, message);
	sha256_done(&s, &h);
	pad(block, key, 0x5c);
	sha256_init(&s);
	sha256_add(&s, span_of(block, sizeof block));
	sha256_add(&s, hash_span(&h));
	sha256_done(&s, &h);
	OPENSSL_cleanse(block, sizeof block);
	OPENSSL_cleanse(&s, sizeof s);
	return h;
}
