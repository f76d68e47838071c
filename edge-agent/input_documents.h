/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_INPUT_DOCUMENTS_H
#define EDGE_AGENT_INPUT_DOCUMENTS_H

#include "lane.h"
#include "payload.h"
#include "report.h"

/*
 * A folder into which EPCISDocuments are dropped (interface.md, Edge): files
 * *.json and *.jsonld, taken when inotify tells that they were renamed into it
 * or closed after writing, or when a scan finds them DOCUMENTS_SETTLED_MS old.
 * A good one is stored and goes to done/, a bad one to refused/ with a .reason
 * beside it. A document that was stored and not yet moved is remembered in the
 * outbox, in the transaction of its statement: a kill in between does not
 * store it twice.
 */
#define DOCUMENTS_SETTLED_MS 2000 /* so old a file is no longer written */
#define DOCUMENTS_YOUNG_MS 1000   /* from scan to scan until it is */
#define DOCUMENTS_SCAN_MS 10000   /* for what inotify does not tell */
#define DOCUMENTS_RETRY_MS 1000   /* after a full outbox, a disk in trouble */
#define DOCUMENTS_LIST 256        /* names at a time; the rest waits */
#define DOCUMENTS_BATCH 64        /* documents that share a commit at most */

struct input_documents;

/* Makes done/ and refused/. path, lane: borrowed. ERR_IO, ERR_NOMEM. */
enum err input_documents_new(struct input_documents **out, const char *path,
    struct lane *lane, struct diag *d) CM_MUST_USE;
void input_documents_free(struct input_documents *in);

/* To be polled for reading: a turn is due. */
int input_documents_fd(const struct input_documents *in);
/* Takes at most one batch; ms until the next turn. */
int64_t input_documents_turn(struct input_documents *in, struct payload *p,
    struct report *out, int64_t now);

/* The folder is not known to be empty of documents. */
bool input_documents_waiting(const struct input_documents *in);
/* They are in the way of an identity that has stopped. */
bool input_documents_stuck(const struct input_documents *in);

#endif
