/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INGEST_METRICS_H
#define INGEST_METRICS_H

#include "base/diag.h"
#include "base/metrics.h"

/* What countermark-ingest counts; static storage, added from any thread. */
struct ingest_metrics {
	struct metric received, dropped, statements, events, duplicates, forks,
	    nacks, quarantined, batches, receipts, epochs, clock_stopped,
	    checkpoint_signed, checkpoint_pending, unwitnessed,
	    witness_failures, queue_depth, queue_bytes, spare_partitions,
	    reloads, log_size, batch_rows, commit_seconds, map_keys, map_bytes,
	    map_lag;
};

void ingest_metrics_init(struct ingest_metrics *m);

/* OpenMetrics text into a file that is replaced as one step. */
enum err ingest_metrics_write(
    struct ingest_metrics *m, const char *path, struct diag *d) CM_MUST_USE;

#endif
