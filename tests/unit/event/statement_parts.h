/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STATEMENT_PARTS_H
#define TESTS_STATEMENT_PARTS_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"

/*
 * A statement and a receipt put together part by part from the text of
 * formats.md, not through the code under test, so that each part can be
 * replaced by a wrong one. A part is hexadecimal, or 'bytes for a byte string
 * of that text, or "text for a text string.
 */
enum part {
	PART_TAG,
	PART_ARRAY,
	PART_MAP, /* protected header from here */
	PART_ALG_LABEL,
	PART_ALG,
	PART_TYPE_LABEL,
	PART_TYPE,
	PART_KID_LABEL,
	PART_KID,
	PART_CLAIMS_LABEL,
	PART_CLAIMS,
	PART_ISS_LABEL,
	PART_ISS,
	PART_SUB_LABEL,
	PART_SUB,
	PART_IAT_LABEL,
	PART_IAT,
	PART_SEQ_KEY,
	PART_SEQ,
	PART_BOOT_KEY,
	PART_BOOT,
	PART_MONO_KEY,
	PART_MONO,
	PART_PREV_KEY,
	PART_PREV,
	PART_SEEN_KEY,
	PART_SEEN,
	PART_WALL_KEY,
	PART_WALL,
	PART_CLOCK_KEY,
	PART_CLOCK,
	PART_EPOCH_KEY,
	PART_EPOCH,
	PART_HEADER_TAIL, /* to here */
	PART_HEADER,      /* the whole byte string; NULL: the parts above */
	PART_UNPROTECTED,
	PART_PAYLOAD,
	PART_SIGNATURE, /* NULL: a good one */
	PART_TAIL,
	PARTS,
};

struct change {
	enum part part;
	const char *to;
};

#define PART_CHANGES 4

struct part_case {
	const char *name;
	enum err code;                       /* ERR_OK for a good one */
	const char *clause;                  /* NULL: told elsewhere */
	bool stale;                          /* signed before the changes */
	struct change changes[PART_CHANGES]; /* ended by to NULL */
};

extern const struct part_case statement_cases[];
extern const size_t statement_case_count;
extern const struct part_case receipt_cases[];
extern const size_t receipt_case_count;

/* The key of all vectors: seed of 32 times 01. */
void parts_key(struct sign_key *out);
/* Appends the message of a case. */
void parts_statement(struct buf *out, const struct part_case *c);
void parts_receipt(struct buf *out, const struct part_case *c);

#endif
