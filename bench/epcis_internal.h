/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_EPCIS_INTERNAL_H
#define BENCH_EPCIS_INTERNAL_H

#include "ledger/search.h"
#include "pgtest.h"

/* A ledger of made-up events in which each searchable field has a value that
 * is frequent (four in ten), one in the middle (one in 300), a rare one (ten in
 * all), one that only the last hundredth of the log has, and many others. */
enum epcis_class {
	EPCIS_FREQUENT,
	EPCIS_MIDDLE,
	EPCIS_RARE,
	EPCIS_LATE,
	EPCIS_CLASSES, /* others */
};

enum epcis_part {
	PART_STEP,
	PART_DISPOSITION,
	PART_READ,
	PART_BUSINESS,
	PART_EPC,
	PART_CLASS,
	PART_LINK,
	PART_PARTY,
	PART_SPECIAL,
};

#define EPCIS_BASE_MS INT64_C(1767225600000) /* 2026-01-01 */
#define EPCIS_STEP_MS 1000                   /* between events */
#define EPCIS_BATCH 2000                     /* entries a transaction */

/* What event number n of total has in a part. */
enum epcis_class epcis_class(uint64_t n, uint64_t total, enum epcis_part part);
const char *epcis_step(enum epcis_class c, uint64_t n);
const char *epcis_disposition(enum epcis_class c, uint64_t n);
/* Appends the text of event n. */
void epcis_event_put(struct buf *b, uint64_t n, uint64_t total);

/* Entries with `each` events, in a new log. */
void epcis_fill(
    const struct pgtest *db, const char *log, uint64_t total, unsigned each);
/* Seconds the projector's step took for the whole log. */
double epcis_project(const char *uri, const char *log, uint64_t below);

#endif
