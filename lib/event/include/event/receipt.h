/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_RECEIPT_H
#define EVENT_RECEIPT_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/hash.h"

/* The ledger's signed, cumulative receipt (formats.md 3.2). */
#define RECEIPT_NACKS 64
#define NACK_DETAIL 160
#define NAME_BYTES 64 /* a name of formats.md and its NUL */

struct nack {
	uint64_t seq;             /* 0 where the sender is not authenticated */
	enum err code;            /* one of formats 3.3 */
	char detail[NACK_DETAIL]; /* UTF-8, NUL-terminated */
};

struct receipt {
	char log[NAME_BYTES];
	char device[NAME_BYTES];
	uint64_t epoch;
	uint64_t upto_seq;
	struct hash head; /* hash of statement upto_seq */
	uint64_t index;   /* its ledger index */
	int64_t at_ms;
	uint64_t log_epoch_index;
	struct hash log_epoch_leaf;
	unsigned nack_count;
	struct nack nacks[RECEIPT_NACKS];
};

/* Prints the payload, signs it, appends the COSE message to out. ERR_USAGE
 * for what receipt_open() would refuse (names, ranges, a code that is none of
 * formats 3.3), ERR_SPACE, ERR_NOMEM. */
enum err receipt_sign(struct buf *out, const struct receipt *r,
    const struct sign_key *key) CM_MUST_USE;

/* The JSON payload alone, members in the order of formats 3.2. Errors as for
 * receipt_sign(). */
enum err receipt_print(struct buf *out, const struct receipt *r) CM_MUST_USE;

/* Checks the signature under the pinned key and reads the payload.
 * ERR_BAD_ENCODING, ERR_BAD_SIGNATURE, ERR_JSON, ERR_UTF8, ERR_LIMIT,
 * ERR_SCHEMA, ERR_NOMEM. A longer detail is cut; unknown members are passed
 * over. payload (may be NULL) gets a view of the JSON inside bytes. */
enum err receipt_open(struct receipt *out, struct span *payload,
    struct span bytes, const uint8_t pub[KEY_BYTES],
    struct diag *d) CM_MUST_USE;

/* The code of a word of formats 3.3, ERR_OK when it is none of them. */
enum err nack_code(struct span word);

#endif
