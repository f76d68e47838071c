/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_EPCIS_H
#define EVENT_EPCIS_H

#include "base/diag.h"
#include "base/json_scan.h"

/*
 * EPCIS 2.0 documents as received: shape (formats.md 1.3), rules (epcis.md),
 * and a cursor over the events. Nothing is copied or re-printed.
 */
#define EPCIS_DEPTH 32
#define EPCIS_EVENTS 1000
#define EPCIS_NODES 65536 /* enough for 60,000 bytes: a node takes 2 bytes */

enum epcis_type {
	EPCIS_OBJECT,
	EPCIS_AGGREGATION,
	EPCIS_TRANSACTION,
	EPCIS_TRANSFORMATION,
	EPCIS_ASSOCIATION,
	EPCIS_OTHER, /* an extension type */
};

struct epcis_doc {
	struct json_doc json;
	uint32_t events; /* node of eventList */
	uint32_t event_count;
};

/*
 * Scans text into nodes (the caller's, EPCIS_NODES of them) and checks the
 * shape. ERR_JSON, ERR_UTF8, ERR_LIMIT, ERR_SCHEMA: without the shape.
 */
enum err epcis_open(struct epcis_doc *out, struct span text,
    struct json_node *nodes, uint32_t capacity, struct diag *d) CM_MUST_USE;

/* The rules of epcis.md for every event; the first fault, with its JSON
 * pointer and rule. ERR_SCHEMA. */
enum err epcis_check(const struct epcis_doc *doc, struct diag *d) CM_MUST_USE;

/* One event as read by custody rules. Nodes are JSON_NONE when absent. */
struct epcis_event {
	uint32_t node;
	unsigned pos; /* position in the list, from 0 */
	enum epcis_type type;
	uint32_t action, biz_step, disposition, event_time, read_point,
	    biz_location, epc_list, parent_id, child_epcs, input_epcs,
	    output_epcs, event_id, error_declaration;
};

/* Cursor: node of the first event, then of the next; JSON_NONE at the end. */
uint32_t epcis_first(const struct epcis_doc *doc);
void epcis_event(struct epcis_event *out, const struct epcis_doc *doc,
    uint32_t node, unsigned pos);

/* A word of the CBV without the URI or CURIE around it (epcis.md 6.1); anything
 * else as it is. kind: what stands before the word there, as "BizStep-",
 * "Disp-", "BTT-", "SDT-" or "ER-". A view of text. */
struct span epcis_bare(struct span text, const char *kind);

/*
 * The `sub` claim of formats 1.4 for a product payload: the one item's
 * canonical form, else the document's id, else iss.
 */
struct buf;
enum err epcis_sub(
    struct buf *out, const struct epcis_doc *doc, struct span iss) CM_MUST_USE;

#endif
