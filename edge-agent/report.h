/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_REPORT_H
#define EDGE_AGENT_REPORT_H

#include "base/buf.h"
#include "base/diag.h"

struct edge_metrics;

/*
 * The operator's lines on standard output (interface.md, countermark-edge):
 * key=value, a value with blanks in quotes. `code` is the scanned text with
 * everything but visible ASCII, and quote and backslash, percent-encoded.
 * Lines collect in b; report_flush() writes them out. With several identities
 * a line ends with the identity's name.
 */
struct report {
	struct buf b;
	int fd;
	bool many;                    /* more than one identity */
	struct edge_metrics *metrics; /* counts along; NULL: nobody does */
};

void report_init(struct report *r, int fd, bool many);
void report_clear(struct report *r);

void report_stored(
    struct report *r, const char *identity, uint64_t seq, struct span code);
/* An item in a container that is still open; child SPAN_NONE: just opened. */
void report_packed(struct report *r, const char *identity, struct span parent,
    struct span child, size_t n);
/* A new item of mode batch. */
void report_issued(struct report *r, const char *identity, struct span code);
void report_refused(struct report *r, const char *identity, struct span code,
    const char *reason, const char *hint);
void report_receipted(
    struct report *r, const char *identity, uint64_t upto, uint64_t index);
void report_nacked(struct report *r, const char *identity, uint64_t seq,
    const char *code, const char *detail);
void report_stopped(struct report *r, const char *identity, const char *reason,
    const char *hint);

/* Writes what was collected; a reader that has gone away is no error. */
void report_flush(struct report *r);

#endif
