/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_SCHEDULE_H
#define API_SCHEDULE_H

#include "base/err.h"
#include "base/json_scan.h"

/*
 * When a scheduled subscription fires: the members second, minute, hour,
 * dayOfMonth, month, dayOfWeek of a JSON object, each a text of numbers and
 * [a-b] ranges joined by commas. A member that is absent holds of every value;
 * all have to hold. UTC. Spec: epcis.md 9.7.
 */
#define SCHEDULE_VALUE 200 /* bytes of a member's text */

struct schedule {
	uint64_t second, minute;   /* bit n: at n */
	uint32_t hour, day, month; /* likewise, from 0, 1, 1 */
	uint32_t weekday;          /* bit 1 Monday … bit 7 Sunday */
};

/* What is wrong, ready for answer_problem(). */
struct schedule_fault {
	char member[16];    /* "" when none is to blame */
	const char *wanted; /* constant */
	const char *detail; /* constant */
};

/* ERR_SYNTAX, f filled; also for a schedule that no day meets. */
enum err schedule_parse(struct schedule *out, const struct json_doc *doc,
    uint32_t object, struct schedule_fault *f) CM_MUST_USE;

/* The first moment behind after_ms (a time from 1970 on) that it holds at;
 * -1: there is none. */
int64_t schedule_next(const struct schedule *s, int64_t after_ms);

#endif
