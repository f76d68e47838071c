/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_VERDICT_INTERNAL_H
#define PROVENANCE_VERDICT_INTERNAL_H

#include "provenance/verdict.h"

/* How a commissioning stands to the goods (docs/verdict.md 4.1). */
enum entitled {
	ENTITLED_OWNER,
	ENTITLED_LICENCE,
	ENTITLED_NOT,
	ENTITLED_NOT_GOODS, /* by a licence of other goods */
	ENTITLED_NOT_PERIOD,
	ENTITLED_NOT_QUANTITY,
};

struct entitlement {
	enum entitled how;
	/* The first that entitles, else the first that fails; or NULL. */
	const struct roster_licence *licence;
	const struct roster_usage *usage; /* ENTITLED_NOT_QUANTITY */
};

/* A GTIN under judgement. */
struct judging {
	struct answer *out;
	const struct gs1_code *code;
	struct roster *roster;
	const struct custody *history; /* may be NULL */
	const struct verdict_question *q;
	const struct roster_goods *goods;
	const struct roster_right *right; /* NULL none registered */
	const struct custody_step *made;  /* NULL never */
	struct entitlement made_by;
	char gtin[15];
	char serial[64];
};

size_t judging_steps(const struct judging *j);
/* The i-th step; NULL for one that is withdrawn. */
const struct custody_step *judging_step(const struct judging *j, size_t i);
/* The same, NULL also for one that only a container made. */
const struct custody_step *judging_direct(const struct judging *j, size_t i);
/* The same, NULL also for one that does not commission. */
const struct custody_step *judging_making(const struct judging *j, size_t i);

/* Puts a finding in; NULL when there are FINDINGS already. asks above
 * VERDICT_GENUINE_CODE_ONLY raises the answer, whose sentence it becomes. */
struct finding *verdict_find(struct answer *out, const char *code,
    const char *group, bool hard, enum verdict asks, const char *fmt, ...)
    CM_PRINTF(6, 7);
/* An index as evidence, once; f may be NULL. */
void verdict_prove(struct finding *f, uint64_t index);

/* 4.1 for one step. */
void verdict_entitled(struct entitlement *out, const struct judging *j,
    const struct custody_step *step);
/* Whether some licence that entitles made lets a country (4.2). */
bool verdict_territory(const struct judging *j, const char *country);
/* The right and the licences that made rests on, into the answer. */
void verdict_put_right(struct judging *j);

/* Section 4, a function for each kind of rule. */
void verdict_rule_licence(struct judging *j);
void verdict_rule_devices(struct judging *j);
void verdict_rule_twice(struct judging *j);
void verdict_rule_used(struct judging *j);
void verdict_rule_resale(struct judging *j);
void verdict_rule_label(struct judging *j);
void verdict_rule_territory(struct judging *j);
void verdict_rule_recall(struct judging *j);
void verdict_rule_expired(struct judging *j);

#endif
