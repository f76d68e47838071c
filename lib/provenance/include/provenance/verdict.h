/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_VERDICT_H
#define PROVENANCE_VERDICT_H

#include "gs1/gs1.h"
#include "provenance/custody.h"
#include "provenance/rights.h"

/* The verdict (docs/verdict.md): pure, the same wherever it is computed. In
 * the order of weight, the worst last; genuine_strong, stale_offline are not
 * given yet. */
enum verdict {
	VERDICT_GENUINE_STRONG,
	VERDICT_GENUINE_CODE_ONLY,
	VERDICT_UNKNOWN_HERE,
	VERDICT_NOT_REGISTERED,
	VERDICT_STALE_OFFLINE,
	VERDICT_UNREADABLE,
	VERDICT_DATA_MISMATCH,
	VERDICT_CUSTODY_GAP,
	VERDICT_DIVERTED,
	VERDICT_OVERRUN,
	VERDICT_RECALLED,
	VERDICT_EXPIRED,
	VERDICT_ALREADY_USED,
	VERDICT_DUPLICATE,
	VERDICT_FORGED,
};
#define VERDICTS (VERDICT_FORGED + 1)

#define FINDINGS 16
#define FINDING_EVIDENCE 8

struct finding {
	const char *code;  /* "never_commissioned" */
	const char *group; /* identity, integrity, authority, history, … */
	bool hard;
	enum verdict asks; /* VERDICT_GENUINE_CODE_ONLY: for none */
	char text[240];
	unsigned evidence_count;
	uint64_t evidence[FINDING_EVIDENCE]; /* ledger indices */
};

/* A right that the answer rests on. */
struct answer_right {
	char right[REGISTRY_ID + 1];
	char mark[200];
	char holder[400]; /* DID, "" not registered */
	unsigned licence_count;
	char licences[LICENCE_DEPTH][REGISTRY_ID + 1]; /* maker's first */
};

struct answer {
	enum verdict verdict;
	char sentence[240];
	const char *next; /* the officer's next step */
	unsigned finding_count;
	struct finding findings[FINDINGS];
	unsigned right_count; /* 0 or 1 */
	struct answer_right right;
};

/* What the ledger does not hold. */
struct verdict_question {
	int64_t at_ms;
	char country[3];    /* where it is asked, "" unknown; no rule yet */
	uint64_t sightings; /* queries for the code; no rule yet */
};

const char *verdict_word(enum verdict v);   /* "genuine_code_only" */
const char *verdict_colour(enum verdict v); /* green, grey, amber, red */

/* For a code that could be read. history may be NULL for none. */
void verdict_judge(struct answer *out, const struct gs1_code *code,
    struct roster *roster, const struct custody *history,
    const struct verdict_question *q);
/* For a text that could not; d is what gs1_read said. */
void verdict_unreadable(struct answer *out, const struct diag *d);

#endif
