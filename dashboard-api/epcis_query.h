/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_QUERY_H
#define API_EPCIS_QUERY_H

#include "base/hash.h"
#include "base/json_scan.h"
#include "ledger/query.h"

#include "target.h"

/*
 * Query parameters of EPCIS 2.0 as conditions on the search tables: from a
 * request target (lists joined by `|`) and from the JSON of a named query
 * (lists as arrays). Whatever is not understood is refused by name. No I/O.
 * Spec: epcis.md 9.6, 11.
 */
#define EPCIS_QUERY_VALUES 1000 /* of a query in all; so many ranges too */
#define EPCIS_QUERY_BYTES 65536 /* JSON text that epcis_query_json() is for */
#define EPCIS_QUERY_SPACE (3 * EPCIS_QUERY_BYTES)
#define EPCIS_QUERY_PARAMS 64
#define EPCIS_PAGE_DEFAULT 30
#define EPCIS_COUNT_MAX 10000 /* maxEventCount; eventCountLimit */

struct epcis_query {
	/* conditions, order, descending; the rest is for whoever runs it.
	 * Points into this object, which therefore does not move. */
	struct query sql;
	unsigned event_count_limit; /* 0 none */
	unsigned max_event_count;   /* 0 none */
	unsigned per_page;          /* 1 … QUERY_LIMIT */
	struct span token;          /* nextPageToken as given; SPAN_NONE */
	bool nothing;               /* a pattern that nothing can meet */
	/* the working part */
	bool order_given, direction_given;
	size_t param_count;
	struct hash params[EPCIS_QUERY_PARAMS]; /* for epcis_query_digest() */
	size_t value_count, range_count, used;
	struct span values[EPCIS_QUERY_VALUES];
	struct query_range ranges[EPCIS_QUERY_VALUES];
	uint8_t space[EPCIS_QUERY_SPACE];
};

/* Why a query is refused, ready for answer_problem(). */
struct epcis_fault {
	unsigned status;  /* 400; 413 too_complex */
	const char *code; /* unknown_parameter unsupported_parameter
			   * bad_parameter too_complex */
	char parameter[64];
	const char *wanted; /* constant, or NULL */
	char detail[240];
};

void epcis_query_init(struct epcis_query *q);

/* All parameters of a target, whose bytes stay in use. ERR_SYNTAX, f filled. */
enum err epcis_query_target(struct epcis_query *q, const struct target *t,
    struct epcis_fault *f) CM_MUST_USE;

/* The members of an object of a scanned text (at most EPCIS_QUERY_BYTES),
 * which stays in use. ERR_SYNTAX likewise. perPage and nextPageToken
 * belong to a request, not to a query, and are refused. */
enum err epcis_query_json(struct epcis_query *q, const struct json_doc *doc,
    uint32_t object, struct epcis_fault *f) CM_MUST_USE;

/* A further condition, from a path: the parameter `name` with that one value,
 * beside what the parameters say. ERR_SYNTAX likewise. */
enum err epcis_query_where(struct epcis_query *q, const char *name,
    struct span value, struct epcis_fault *f) CM_MUST_USE;

/* The same for queries of the same parameters in any order, but for perPage
 * and nextPageToken. */
struct hash epcis_query_digest(const struct epcis_query *q);

#endif
