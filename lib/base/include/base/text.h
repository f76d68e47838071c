/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

/* Text forms of bytes and numbers. Decoders are strict: no white space, no
 * other alphabet, canonical padding bits. They return ERR_SYNTAX or ERR_SPACE
 * and write nothing useful on failure. */

/* Characters that n bytes take, without a NUL. */
#define BASE64_CHARS(n) (((n) + 2) / 3 * 4)
#define HASH64_CHARS 44 /* base64 of 32 bytes */

/* RFC 4648 section 4, with padding. out needs BASE64_CHARS(n) + 1. */
void base64_print(char *out, struct span bytes);
void base64_put(struct buf *b, struct span bytes);
enum err base64_parse(
    uint8_t *out, size_t cap, size_t *n, struct span text) CM_MUST_USE;

/* Lower case; out needs 2 n + 1. Parse takes both cases. */
void hex_print(char *out, struct span bytes);
enum err hex_parse(
    uint8_t *out, size_t cap, size_t *n, struct span text) CM_MUST_USE;

/* Base58 with the Bitcoin alphabet, at most 64 bytes. */
enum err base58_print(char *out, size_t cap, struct span bytes) CM_MUST_USE;
enum err base58_parse(
    uint8_t *out, size_t cap, size_t *n, struct span text) CM_MUST_USE;

/* Unsigned decimal without sign, blank or leading zero; ERR_SYNTAX, ERR_LIMIT
 * above max. */
enum err u64_parse(uint64_t *out, struct span text, uint64_t max) CM_MUST_USE;

/* Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms. */
bool utf8_valid(struct span text) CM_MUST_USE;

/* A name of formats.md: [a-z0-9-]{1,63}. */
bool name_valid(struct span text) CM_MUST_USE;

/* Percent-encodes everything but RFC 3986 unreserved, upper-case hex. */
void percent_put(struct buf *b, struct span raw);

/* Decodes %XX once into out (ERR_SYNTAX: a % without two hex digits or %00;
 * ERR_SPACE). */
enum err percent_parse(struct buf *out, struct span text) CM_MUST_USE;

#endif
