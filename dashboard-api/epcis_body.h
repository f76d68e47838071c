/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_BODY_H
#define API_EPCIS_BODY_H

#include "epcis_query.h"
#include "schedule.h"
#include "webhook_dest.h"

/*
 * Bodies that make a named query or a subscription. Members that are not known
 * are refused by name. No I/O. Spec: epcis.md 9.1, 9.7, 11.
 */
#define EPCIS_NAME 64 /* characters of a query's name */
#define EPCIS_BODY (EPCIS_QUERY_BYTES + 1024)
#define EPCIS_BODY_NODES 34000
#define EPCIS_SECRET 256 /* bytes of a signatureToken */

/* [A-Za-z0-9._~-]{1,64}, and neither . nor .. : as it stands in a URL. */
bool epcis_name_ok(struct span name);

struct epcis_named {
	struct span name;
	uint32_t query; /* the object, checked as a query */
	uint8_t space[EPCIS_NAME];
};
/* doc: nodes and capacity set; stays in use. q: room for the query. ERR_SYNTAX,
 * f filled: 400 bad_query, 413 query_too_large or too_complex. */
enum err epcis_body_query(struct epcis_named *out, struct json_doc *doc,
    struct epcis_query *q, struct span body, struct epcis_fault *f) CM_MUST_USE;

struct epcis_subscribe {
	struct span dest, secret; /* secret: SPAN_NONE without a token */
	bool stream;
	bool report_if_empty;
	struct span schedule; /* its JSON text, unless a stream */
	struct schedule when;
	uint8_t dest_space[WEBHOOK_DEST], secret_space[EPCIS_SECRET];
};
/* inside: as webhook_dest_fault() has it. ERR_SYNTAX, f filled: 400
 * bad_subscription. */
enum err epcis_body_subscription(struct epcis_subscribe *out,
    struct json_doc *doc, struct span body, bool inside,
    struct epcis_fault *f) CM_MUST_USE;

#endif
