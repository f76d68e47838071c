/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_IMPORT_H
#define LEDGER_IMPORT_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * A file of EPCIS events made into the payloads of statements: read, checked
 * as the ledger will check them, split (formats 1.1, 1.3; epcis 9.4). Nothing
 * is sent from here. What it takes: one EPCISDocument or
 * EPCISQueryDocument, one event, or JSON Lines with any of them a line. Events
 * keep their order and their bytes; each part of a split document has that
 * document's context and header.
 */
#define IMPORT_BYTES ((size_t)64 << 20) /* of a file */
#define IMPORT_EVENTS ((size_t)1 << 18) /* in a file */
#define IMPORT_FAULTS 100               /* epcis 1.2: then it stops */
#define IMPORT_POINTER 160

/* What is wrong and where. */
struct import_fault {
	uint64_t line;                /* of the file, from 1 */
	char pointer[IMPORT_POINTER]; /* RFC 6901, "" the whole value; in JSON
				       * Lines within the line's value */
	int64_t event;                /* its position, -1: not of one event */
	struct diag d;                /* text without the pointer */
};

enum import_form {
	IMPORT_ANY,
	IMPORT_DOCUMENT, /* one document of either kind */
	IMPORT_EVENT,    /* a bare event alone */
};

struct import_options {
	const char *iss; /* DID of the device that will sign; kept by
			  * reference */
	int64_t now_ms;  /* creationDate of documents made */
	bool lines;      /* JSON Lines, see import_is_lines() */
	enum import_form form;
	size_t events_max; /* 0: IMPORT_EVENTS */
	bool proceed;      /* an event with a fault is left out */
};

struct import;

/* Is the first line that is not blank a whole JSON text, with more after it? */
bool import_is_lines(struct span text);

/*
 * Reads, checks and splits text, which is kept by reference. ERR_OK also when
 * there are faults: ask import_fault_count(). ERR_NOMEM, ERR_TOO_LARGE above
 * IMPORT_BYTES.
 */
enum err import_new(struct import **out, struct span text,
    const struct import_options *o, struct diag *d) CM_MUST_USE;
void import_free(struct import *m);

/* At most IMPORT_FAULTS; without `proceed`, when there is one, nothing of the
 * file may be sent. */
size_t import_fault_count(const struct import *m);
const struct import_fault *import_fault(const struct import *m, size_t i);
/* With `proceed`: a fault that is not of single events, so that nothing may be
 * sent after all. */
bool import_unusable(const struct import *m);
/* More events than events_max; then nothing was checked. */
bool import_too_many(const struct import *m);

/* Events in the order of the file, those with faults too. */
size_t import_event_count(const struct import *m);
struct span import_event_bytes(const struct import *m, size_t event);
/* The @context of the document around it, SPAN_NONE without one. */
struct span import_event_context(const struct import *m, size_t event);
/* Where it stands in its document (of JSON Lines, its line), RFC 6901. */
void import_event_where(
    char pointer[IMPORT_POINTER], const struct import *m, size_t event);
/* Is it in no statement? */
bool import_is_out(const struct import *m, size_t event);
/* Leaves an event out from the next import_repack() on. */
void import_leave_out(struct import *m, size_t event);
/* Makes the statements again: of the events that are not left out, none when
 * there are none. ERR_NOMEM. */
enum err import_repack(struct import *m) CM_MUST_USE;

/* Statements, in the order of the file. */
size_t import_count(const struct import *m);
/* Appends the payload of the i-th. ERR_SPACE, ERR_NOMEM of out. */
enum err import_payload(
    struct buf *out, const struct import *m, size_t i) CM_MUST_USE;
/* Where its first event stands; returns the line. */
uint64_t import_where(
    char pointer[IMPORT_POINTER], const struct import *m, size_t i);

#endif
