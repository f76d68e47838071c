/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_STATEMENT_INTERNAL_H
#define EVENT_STATEMENT_INTERNAL_H

#include "event/cbor.h"
#include "event/statement.h"

/* Bytes that Sig_structure adds to the two strings it holds, rounded up. */
#define SIG_STRUCTURE_EXTRA 64

/* The parts of a tagged COSE_Sign1 with the empty unprotected map. */
struct cose {
	struct span protected_;
	struct span payload;
	const uint8_t *sig; /* SIG_BYTES */
};

/* Shape of the message alone; spans view bytes. ERR_BAD_ENCODING. */
enum err cose_split(
    struct cose *out, struct span bytes, struct diag *d) CM_MUST_USE;

/* ERR_OK, or the cursor's failure told in d: what, byte, got, wanted. */
enum err cose_report(const struct cbor *c, const char *clause, const char *what,
    struct diag *d) CM_MUST_USE;

/* Label 1 with EdDSA, label 3, label 4 of a protected header. */
void cose_labels(
    struct cbor *c, struct span *content_type, const uint8_t **kid);
void cose_put_labels(
    struct buf *b, const char *content_type, const uint8_t kid[KEY_BYTES]);

/* Reads a label of the one order (formats 1.2); why as for cbor_fail(). */
void cose_label(struct cbor *c, uint64_t label, const char *why);

/* What is signed: RFC 9052 4.4 with empty external data. */
void cose_put_sig_structure(
    struct buf *b, struct span protected_, struct span payload);

void cose_put_message(struct buf *b, struct span protected_,
    struct span payload, const uint8_t sig[SIG_BYTES]);
size_t cose_size(size_t protected_bytes, size_t payload_bytes);

/* A JSON text whose top object has the member "cm:sealed" (formats 1.6). */
bool statement_sealed(struct span payload);

#endif
