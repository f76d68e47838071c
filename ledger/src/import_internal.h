/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_IMPORT_INTERNAL_H
#define LEDGER_IMPORT_INTERNAL_H

#include "event/epcis.h"
#include "event/statement.h"

#include "ledger/import.h"

/* import.c reads a file into groups of events, import_pack.c checks them and
 * makes statements of them. */

struct import_event {
	uint32_t start, length; /* in the text */
	uint32_t line;
	bool out; /* left out: faulty, or not wanted */
};

/* Events that share an envelope: those of one document, or bare ones that
 * follow each other. */
struct import_group {
	struct span whole;   /* the EPCISDocument as received, or none */
	struct span head;    /* of a part: up to the list's first event */
	struct span tail;    /* from the list's end on */
	struct span context; /* the document's @context, none if it has none */
	size_t first, count; /* events */
	uint32_t line;
	enum epcis_kind kind;
	struct buf made; /* head of what a query document becomes */
	/* What import_pack.c found out when a check failed. */
	bool envelope_judged, envelope_bad, context_bad;
};

struct import_statement {
	size_t group, first, count;
	bool whole; /* the document as received */
};

struct import {
	struct span text;
	const char *iss;
	bool lines, proceed;
	enum import_form form;
	int64_t now_ms;
	size_t events_max;
	bool full;            /* more events than that */
	bool unusable;        /* a fault that is not of single events */
	size_t out_count;     /* events left out */
	struct buf bare_head; /* of documents made for bare events */
	struct json_doc doc;  /* the item being read */
	struct json_node *nodes;
	struct json_node *part_nodes; /* EPCIS_NODES, of a payload */
	struct buf part, sub;         /* the payload being checked */

	struct import_event *events;
	struct import_group *groups;
	struct import_statement *statements;
	size_t event_count, event_cap, group_count, group_cap, statement_count,
	    statement_cap;

	size_t line_at; /* a line's number is counted on from here */
	uint32_t line;

	struct import_fault faults[IMPORT_FAULTS];
	size_t fault_count;
};

/* Room for one more of size bytes in an array. ERR_NOMEM. */
enum err import_grow(
    void **array, size_t *cap, size_t count, size_t size) CM_MUST_USE;

/* Keeps a fault: the pointer that d->text begins with goes behind base.
 * False: that was the last one. */
bool import_fault_add(
    struct import *m, uint64_t line, const char *base, const struct diag *d);
/* The same for a text without a pointer. */
bool import_fault_plain(
    struct import *m, uint64_t line, const char *pointer, const struct diag *d);
/* The same for one event, of which pointer and text are given. */
bool import_fault_event(
    struct import *m, size_t event, const char *pointer, const struct diag *d);
/* May more faults be looked for? */
bool import_goes_on(const struct import *m);
/* The pointer of an event of that group. */
void import_event_pointer(
    char out[IMPORT_POINTER], const struct import_group *g, size_t event);

/* Appends the document of these events. */
void import_build(struct buf *out, const struct import *m,
    const struct import_group *g, size_t first, size_t count);
/* Statements of all groups; faults are kept. ERR_NOMEM. */
enum err import_pack(struct import *m) CM_MUST_USE;

#endif
