/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_EPCIS_H
#define EVENT_EPCIS_H

#include "base/diag.h"
#include "base/json_scan.h"

/*
 * EPCIS 2.0 documents as received: shape (formats.md 1.3), rules (epcis.md),
 * and a cursor over the events. Nothing is copied or re-printed.
 */
#define EPCIS_CONTEXT                                                          \
	"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
#define EPCIS_DEPTH 32
#define EPCIS_EVENTS 1000
#define EPCIS_NODES 65536 /* enough for 60,000 bytes: a node takes 2 bytes */
/* What capture takes at once (epcis.md 9.4). */
#define EPCIS_CAPTURE_BYTES ((size_t)16 << 20)
#define EPCIS_CAPTURE_EVENTS 10000

/* What a JSON text may be. */
enum epcis_kind {
	EPCIS_KIND_DOCUMENT, /* EPCISDocument: what a statement holds */
	EPCIS_KIND_QUERY,    /* EPCISQueryDocument (epcis.md 2.3) */
	EPCIS_KIND_EVENT,    /* one event with its own @context (3.6) */
};

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
	enum epcis_kind kind;
	uint32_t events; /* node of eventList; JSON_NONE: the root is the one
			  * event */
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

/* Cursor: node of the first event, then of the next; JSON_NONE at the end. A
 * bare event (EPCIS_KIND_EVENT) is no item of a list: its node is JSON_ROOT. */
uint32_t epcis_first(const struct epcis_doc *doc);
void epcis_event(struct epcis_event *out, const struct epcis_doc *doc,
    uint32_t node, unsigned pos);

/* A word of the CBV without the URI or CURIE around it (epcis.md 6.1); anything
 * else as it is. kind: what stands before the word there, as "BizStep-",
 * "Disp-", "BTT-", "SDT-" or "ER-". A view of text. */
struct span epcis_bare(struct span text, const char *kind);

/*
 * Which kind of text it is. ERR_SCHEMA: neither a document nor an event, with
 * what was wanted in d.
 */
enum err epcis_kind_of(enum epcis_kind *out, const struct json_doc *json,
    struct diag *d) CM_MUST_USE;

/* Where the events of a document scanned so stand: sets events and
 * event_count by json and kind. ERR_SCHEMA: there are none. */
enum err epcis_find_events(struct epcis_doc *doc, struct diag *d) CM_MUST_USE;

/* Nodes to have for a text: as many as it can need, but at most one for eight
 * bytes beside EPCIS_NODES, which no real document comes near. */
uint32_t epcis_nodes(struct span text);

/* The rules for what stands around the events, whatever the kind; for a bare
 * event that it has an @context. ERR_SCHEMA as epcis_check(). */
enum err epcis_check_envelope(
    const struct epcis_doc *doc, struct diag *d) CM_MUST_USE;

/* The event as received. */
struct span epcis_event_bytes(const struct epcis_doc *doc, uint32_t node);

/*
 * An EPCISDocument around events of doc, of which only head, events joined by
 * commas, and tail are to be written: for an EPCISDocument its own bytes; for
 * a query document its context, its extensions and, as epcisMasterData, its
 * vocabularyList; for a bare event the context of EPCIS 2.0 (the event keeps
 * its own, 3.6). The id of a query document is that of the answer and stays
 * behind. created_ms: creationDate where one has to be written. ERR_SPACE,
 * ERR_NOMEM of out.
 */
struct buf;
enum err epcis_head(struct buf *out, const struct epcis_doc *doc,
    int64_t created_ms) CM_MUST_USE;
enum err epcis_tail(struct buf *out, const struct epcis_doc *doc) CM_MUST_USE;
/* The tail where the head is no document's own. */
#define EPCIS_TAIL "]}}"

/* The whole of it, with the events that keep(ctx, position) wants; NULL: all,
 * and an EPCISDocument as it is. */
enum err epcis_wrap(struct buf *out, const struct epcis_doc *doc,
    int64_t created_ms, bool (*keep)(const void *ctx, unsigned pos),
    const void *ctx) CM_MUST_USE;

/*
 * The `sub` claim of formats 1.4 for a product payload: the one item's
 * canonical form, else the document's id, else iss.
 */
enum err epcis_sub(
    struct buf *out, const struct epcis_doc *doc, struct span iss) CM_MUST_USE;

#endif
