/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_VERDICT_H
#define PROVENANCE_VERDICT_H

#include "gs1/gs1.h"
#include "provenance/custody.h"

/* The verdict (verdict.md): pure, the same wherever it is computed. */
enum verdict {
	VERDICT_GENUINE_CODE_ONLY,
	VERDICT_UNKNOWN_HERE,
	VERDICT_NOT_REGISTERED,
	VERDICT_UNREADABLE,
	VERDICT_FORGED,
};

#define FINDINGS 16
#define FINDING_EVIDENCE 8

struct finding {
	const char *code;  /* "never_commissioned" */
	const char *group; /* identity, integrity, authority, history, … */
	bool hard;
	char text[240];
	unsigned evidence_count;
	uint64_t evidence[FINDING_EVIDENCE]; /* ledger indices */
};

struct answer {
	enum verdict verdict;
	char sentence[240];
	const char *next; /* the officer's next step */
	unsigned finding_count;
	struct finding findings[FINDINGS];
};

const char *verdict_word(enum verdict v);   /* "genuine_code_only" */
const char *verdict_colour(enum verdict v); /* green, grey, amber, red */

/* For a code that could be read. history may be NULL for none. */
void verdict_judge(struct answer *out, const struct gs1_code *code,
    struct roster *roster, const struct custody *history);
/* For a text that could not; d is what gs1_read said. */
void verdict_unreadable(struct answer *out, const struct diag *d);

#endif
