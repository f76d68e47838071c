/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_RIGHTS_H
#define PROVENANCE_RIGHTS_H

#include "provenance/roster.h"

/*
 * The part of the roster (roster.h) that says who may make goods, where they
 * may be sold, which are recalled and where places are (formats 1.7, rules in
 * docs/verdict.md 1.8 to 1.12). What is returned belongs to the roster and is
 * valid until the next statement is applied.
 */
struct word_list {
	char **at;
	size_t n;
};

struct roster_right {
	char id[REGISTRY_ID + 1]; /* ST.13 number */
	char holder[64];          /* organisation's name, "" none */
	char *mark;               /* never NULL */
	uint64_t index;
	bool ended;
};
/* Also one that has ended; NULL when it never was. */
const struct roster_right *roster_right(const struct roster *r, struct span id);

#define LICENCE_DEPTH 8 /* licences from the licensee up to the right */

/* What one statement said. */
struct licence_terms {
	uint64_t index;
	char licensor[64];
	char licensee[64];
	char parent[REGISTRY_ID + 1]; /* "" none */
	struct word_list countries;   /* none: all */
	struct word_list goods;       /* GTIN-14s and prefixes; none: all */
	int64_t quantity;             /* INT64_MAX: any */
	int64_t from_ms;
	int64_t to_ms; /* INT64_MAX: for ever */
	bool sublicence;
};

struct roster_licence {
	char id[REGISTRY_ID + 1];
	char right[REGISTRY_ID + 1];
	struct licence_terms *versions; /* at least one, by index */
	size_t version_count;
	bool ended;
	int64_t ended_ms;
};
/* Also one that has ended; NULL when it never was. */
const struct roster_licence *roster_licence(
    const struct roster *r, struct span id);
/* The i-th licence of a right, NULL above the last. */
const struct roster_licence *roster_licence_of(
    const struct roster *r, struct span right, size_t i);
/* The version that held at an index, the first where none is that old. */
const struct licence_terms *licence_at(
    const struct roster_licence *l, uint64_t index);
const struct licence_terms *licence_newest(const struct roster_licence *l);
/* Whether its goods are, or are among, the GTIN-14s or prefix of key. */
bool licence_covers(const struct licence_terms *t, struct span key);
bool licence_lets(const struct licence_terms *t, const char *country);

struct roster_recall {
	char id[REGISTRY_ID + 1];
	char gtin[15];
	struct word_list lots;
	struct word_list serials; /* neither: all of the GTIN */
	char *reason;             /* never NULL */
	uint64_t index;
	int64_t from_ms;
	bool ended;
	int64_t ended_ms;
};
/* The i-th recall of a GTIN, NULL above the last. */
const struct roster_recall *roster_recall_of(
    const struct roster *r, const char gtin14[15], size_t i);

struct roster_place {
	char gln[14];
	char country[3]; /* "" unknown */
	char kind[32];
	int64_t lat7, lon7; /* 1e-7 degree */
	uint64_t index;
	bool ended;
};
/* NULL when it is not registered or has ended. */
const struct roster_place *roster_place(
    const struct roster *r, struct span gln);

struct roster_usage {
	char licence[REGISTRY_ID + 1];
	uint64_t at_index; /* its quantity was reached there */
	uint64_t index;
	bool ended;
};
/* NULL when the quantity of that licence was never reached. */
const struct roster_usage *roster_usage(
    const struct roster *r, struct span licence);

/*
 * Who may read an event with that bizStep ("" none) as far as it is about
 * those goods (a GTIN-14, "" none), by the policies of an organisation: the
 * one for the GTIN, else for the longest prefix, else for all goods; of these
 * one that names bizSteps; then the newest. VISIBILITY_PARTIES where there is
 * none. Rests on the whole log and asks no watcher: a policy's id cannot be
 * told from its organisation.
 */
enum visibility roster_visibility(const struct roster *r,
    const char *organisation, const char *gtin14, struct span biz_step);
/* Is any policy in force? */
bool roster_has_policy(const struct roster *r);

bool word_list_has(const struct word_list *list, struct span word);

#endif
