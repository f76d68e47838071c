/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROJECTOR_METRICS_H
#define PROJECTOR_METRICS_H

#include "base/diag.h"
#include "base/metrics.h"

/* What the projector counts; static storage. */
struct projector_metrics {
	struct metric watermark, lag_entries, behind_seconds, entries, events,
	    refused, batches, errors, fenced, standby, batch_seconds, snapshots,
	    snapshot_lag;
};

void projector_metrics_init(struct projector_metrics *m);

/* OpenMetrics text into a file that is replaced as one step. */
enum err projector_metrics_write(
    struct projector_metrics *m, const char *path, struct diag *d) CM_MUST_USE;

#endif
