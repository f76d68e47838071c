/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_URN_H
#define GS1_URN_H

#include "gs1/gs1.h"

/*
 * EPC URNs: written from (AI, value) pairs, and patterns for queries. Reading
 * a URN is gs1_read()'s.
 * Spec: TDS 2.x chapters 6 to 8, gs1.md 9; EPCIS 2.0 8.2.7.1.1 (MATCH_…).
 */
#define URN_TEXT 256  /* room for any URN that is written + NUL */
#define URN_VALUE 90  /* longest value of any AI */
#define URN_RANGES 10 /* most ranges of one pattern */

/*
 * Appends the URN of the identity in code:
 * - an instance: `urn:epc:id:sgtin:0614141.812345.6789`, 15 schemes;
 * - a lot: `urn:epc:class:lgtin:0614141.812345.L1`;
 * - another class: its pattern, `urn:epc:idpat:sgtin:0614141.812345.*`.
 * prefix_digits: digits of the company prefix (gcp_length() or the caller
 * knows), 6 to 12.
 * Returns ERR_OK; ERR_GCP_UNKNOWN (prefix_digits, or the key has letters or
 * nothing left where a prefix of that length says otherwise); ERR_UNSUPPORTED
 * (no URN form: a lot of an ITIP, a GLN extension `0`); ERR_SYNTAX (no key);
 * ERR_SPACE.
 */
enum err urn_print(struct buf *out, const struct gs1_code *code,
    unsigned prefix_digits, struct diag *d) CM_MUST_USE;

/*
 * A pattern `urn:epc:idpat:<scheme>:…`. The wild fields are the last ones, each
 * a whole `*`; so a pattern is one of
 *   sgtin:0614141.812345.6789   the EPC itself
 *   sgtin:0614141.812345.*      every serial of a class
 *   sgtin:0614141.*.*           every item of a company prefix
 *   sgtin:*.*.*                 every item of the scheme
 * and likewise for the schemes with two fields (`sscc:0614141.*`) and for ITIP
 * with five. A pattern matches an instance that it names, and a class of which
 * it names every instance (`sgtin:0614141.*.*` matches the GTIN 01/80614141…).
 * A lot has no pattern form and matches none.
 */
struct urn_pattern {
	const char *scheme; /* "sgtin"; constant text */
	const char *key;    /* its AI, "01" */
	const char *fine;   /* AI of the last field, "" it is in the key */
	bool whole;         /* no wild field */
	bool whole_key;     /* the key is given to its end */
	bool any_first;     /* one digit before start may be any (GTIN, SSCC) */
	bool exact; /* its ranges hold nothing but matches; else, lots and UPUIs
		     * (01), lots (8006) may stand between them */
	uint8_t start[URN_VALUE]; /* decoded beginning of the key's value */
	uint8_t last[URN_VALUE];  /* decoded value of fine, when whole */
	uint8_t start_length;
	uint8_t last_length;
};

/* ERR_UNSUPPORTED: a scheme without a Digital Link form; ERR_SYNTAX,
 * ERR_LENGTH, ERR_CHARSET, ERR_TOO_LARGE. *out borrows nothing from pattern. */
enum err urn_pattern_parse(
    struct urn_pattern *out, struct span pattern, struct diag *d) CM_MUST_USE;

/* Does the identity in code match? Decoded bytes are compared. */
bool urn_pattern_match(
    const struct urn_pattern *p, const struct gs1_code *code);

/*
 * Bounds of constrained canonical forms, in the order of their bytes: in
 * PostgreSQL a column or comparison with COLLATE "C". Every match m has
 * low <= m and m < high in one of the ranges; high "" says m = low.
 */
struct urn_range {
	char low[GS1_CANONICAL];
	char high[GS1_CANONICAL];
};

/* The i-th range, from 0 up; false behind the last. They do not overlap and
 * rise. */
bool urn_pattern_range(
    struct urn_range *out, const struct urn_pattern *p, unsigned i);

#endif
