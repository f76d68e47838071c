/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buf.h"
#include <stdatomic.h>

/*
 * Counters, gauges and fixed-bucket histograms in static storage, added from
 * any thread with relaxed atomics, printed as OpenMetrics text.
 */
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_BUCKETS 16

struct metric {
	const char *name; /* countermark_ingest_events, without _total */
	const char *help;
	enum metric_kind kind;
	const char *label;    /* name="value" or NULL */
	atomic_llong value;   /* counter, gauge */
	const double *bounds; /* histogram: upper bounds, ascending */
	unsigned bound_count; /* at most METRIC_BUCKETS - 1 */
	atomic_llong buckets[METRIC_BUCKETS];
	atomic_llong sum_micro; /* sum of observations, millionths */
};

void metric_add(struct metric *m, long long v);
void metric_set(struct metric *m, long long v);
void metric_observe(struct metric *m, double v);
long long metric_value(const struct metric *m);

/* OpenMetrics 1.0 text of an array of pointers, with the closing # EOF. A name
 * that ends in _seconds or _bytes states its unit. */
void metrics_print(struct buf *out, struct metric *const *all, size_t n);

/* The parts of that text, for numbers that are kept elsewhere: a family's head,
 * its samples of a counter or gauge (label: name="value"… or NULL), the end. */
void metrics_family(
    struct buf *out, enum metric_kind kind, const char *name, const char *help);
void metrics_sample(struct buf *out, enum metric_kind kind, const char *name,
    const char *label, long long value);
void metrics_end(struct buf *out);

#endif
