/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/diag.h"
#include "base/span.h"

#define KEY_BYTES 32 /* Ed25519 public key and seed (RFC 8032) */
#define SIG_BYTES 64

/* A signing key; wipe with key_clear(). */
struct sign_key {
	uint8_t pub[KEY_BYTES];
	uint8_t secret[64]; /* libsodium form: seed ‖ public key */
};

/* Once per process, before anything else here. ERR_STATE when there is no
 * source of randomness. Thread-safe. */
enum err crypto_start(void) CM_MUST_USE;

void key_from_seed(struct sign_key *out, const uint8_t seed[KEY_BYTES]);
void key_generate(struct sign_key *out);
void key_clear(struct sign_key *k);

/* A file of 64 hex digits and an optional LF, mode 0600 or stricter wanted.
 * ERR_IO unreadable, ERR_CONFIG wrong content or mode. */
enum err key_load(
    struct sign_key *out, const char *path, struct diag *d) CM_MUST_USE;

/* Writes the seed so that key_load reads it; mode 0600, fsynced, never
 * overwrites (ERR_EXISTS). */
enum err key_save(
    const struct sign_key *k, const char *path, struct diag *d) CM_MUST_USE;

void ed25519_sign(
    uint8_t sig[SIG_BYTES], const struct sign_key *k, struct span message);

/* true only for a valid signature; any thread. */
bool ed25519_verify(const uint8_t sig[SIG_BYTES], const uint8_t pub[KEY_BYTES],
    struct span message) CM_MUST_USE;

void random_bytes(void *out, size_t n);
void secret_wipe(void *p, size_t n);
/* Constant time for equal lengths. */
bool secret_equal(const void *a, const void *b, size_t n) CM_MUST_USE;

#endif
