/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_EDGE_METRICS_H
#define EDGE_AGENT_EDGE_METRICS_H

#include "base/buf.h"
#include "base/diag.h"

struct lane;

/*
 * The agent's numbers as OpenMetrics text in a file (docs/metrics.md), an
 * identity a label. What the outboxes know is read when the file is written;
 * only refusals and nacks are counted here, from the start of the agent. One
 * thread.
 */
#define EDGE_METRICS_MS 10000 /* the file is replaced so often at most */

enum edge_counter { EDGE_REFUSED, EDGE_NACKED };

struct edge_metrics_count {
	enum edge_counter which;
	const char *identity; /* lives as long as the agent */
	const char *reason;   /* constant */
	long long n;
};

struct edge_metrics {
	const char *path; /* NULL: nothing is counted or written */
	bool written;
	int64_t written_ms;
	size_t count_n, count_cap;
	struct edge_metrics_count *counts; /* heap */
};

/* path is kept. */
void edge_metrics_init(struct edge_metrics *m, const char *path);
void edge_metrics_clear(struct edge_metrics *m);

/* One more; identity and reason are kept. m may be NULL. Without an identity,
 * or without memory for a new pair, it is not counted. */
void edge_metrics_count(struct edge_metrics *m, enum edge_counter which,
    const char *identity, const char *reason);

/* Appends the text. No batch may be open. */
void edge_metrics_print(struct buf *out, const struct edge_metrics *m,
    struct lane *lanes, size_t lane_count);

/* Replaces the file; a failure is logged. Nothing without a path. */
void edge_metrics_write(
    struct edge_metrics *m, struct lane *lanes, size_t lane_count);
/* The same when it is due. now: monotonic ms. Returns ms to the next time, -1
 * without a path. */
int64_t edge_metrics_turn(
    struct edge_metrics *m, struct lane *lanes, size_t lane_count, int64_t now);

#endif
