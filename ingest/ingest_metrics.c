/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest_metrics.h"

#include "base/file.h"

#include "base/banned.h"

static const double row_bounds[] = { 1, 4, 16, 64, 256, 1024, 4096 };
static const double commit_bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
	0.1, 0.25, 0.5, 1, 5 };

#define COUNTER(m, n, h)                                                       \
	(m) = (struct metric)                                                  \
	{                                                                      \
		.name = n, .help = h, .kind = METRIC_COUNTER                   \
	}
#define GAUGE(m, n, h)                                                         \
	(m) = (struct metric)                                                  \
	{                                                                      \
		.name = n, .help = h, .kind = METRIC_GAUGE                     \
	}
#define HISTOGRAM(m, n, h, b)                                                  \
	(m) = (struct metric)                                                  \
	{                                                                      \
		.name = n, .help = h, .kind = METRIC_HISTOGRAM, .bounds = b,   \
		.bound_count = sizeof(b) / sizeof(b)[0]                        \
	}

void
ingest_metrics_init(struct ingest_metrics *m)
{
	COUNTER(m->received, "countermark_ingest_received",
	    "messages from the broker");
	COUNTER(m->dropped, "countermark_ingest_dropped",
	    "messages dropped, the queue was full");
	COUNTER(m->statements, "countermark_ingest_statements",
	    "statements appended");
	COUNTER(m->events, "countermark_ingest_events", "EPCIS events in them");
	COUNTER(m->duplicates, "countermark_ingest_duplicates",
	    "statements received again");
	COUNTER(m->forks, "countermark_ingest_forks",
	    "forks seen: a cloned key or image");
	COUNTER(m->nacks, "countermark_ingest_nacks", "statements nacked");
	COUNTER(m->quarantined, "countermark_ingest_quarantined",
	    "statements put aside");
	COUNTER(
	    m->batches, "countermark_ingest_batches", "transactions committed");
	COUNTER(
	    m->receipts, "countermark_ingest_receipts", "receipts published");
	COUNTER(m->epochs, "countermark_ingest_epochs", "epochs cut");
	GAUGE(m->checkpoint_signed, "countermark_ingest_checkpoint_signed",
	    "size of the newest checkpoint handed to witnesses");
	GAUGE(m->checkpoint_pending, "countermark_ingest_checkpoint_pending",
	    "1 while a signed checkpoint waits for its quorum of witnesses");
	COUNTER(m->unwitnessed, "countermark_ingest_unwitnessed",
	    "checkpoints published without their quorum (fail-open)");
	COUNTER(m->witness_failures, "countermark_ingest_witness_failures",
	    "questions that a witness refused or did not answer");
	GAUGE(m->clock_stopped, "countermark_ingest_clock_stopped",
	    "1 while the clock is not believed and no epoch is cut");
	GAUGE(m->queue_depth, "countermark_ingest_queue_depth",
	    "statements waiting");
	GAUGE(m->queue_bytes, "countermark_ingest_queue_bytes",
	    "bytes of their messages");
	GAUGE(m->spare_partitions, "countermark_ingest_spare_partitions",
	    "empty partitions above the log");
	COUNTER(m->reloads, "countermark_ingest_reloads",
	    "times the state was read again");
	GAUGE(
	    m->log_size, "countermark_ingest_log_entries", "entries committed");
	GAUGE(
	    m->map_keys, "countermark_ingest_map_keys", "subjects in the map");
	GAUGE(
	    m->map_bytes, "countermark_ingest_map_bytes", "memory of the map");
	GAUGE(m->map_lag, "countermark_ingest_map_lag_entries",
	    "entries that the last epoch's map root does not cover");
	HISTOGRAM(m->batch_rows, "countermark_ingest_batch_entries",
	    "entries in a transaction", row_bounds);
	HISTOGRAM(m->commit_seconds, "countermark_ingest_commit_seconds",
	    "time of a transaction", commit_bounds);
}

enum err
ingest_metrics_write(struct ingest_metrics *m, const char *path, struct diag *d)
{
	struct metric *const all[] = { &m->received, &m->dropped,
		&m->statements, &m->events, &m->duplicates, &m->forks,
		&m->nacks, &m->quarantined, &m->batches, &m->receipts,
		&m->epochs, &m->clock_stopped, &m->checkpoint_signed,
		&m->checkpoint_pending, &m->unwitnessed, &m->witness_failures,
		&m->queue_depth, &m->queue_bytes, &m->spare_partitions,
		&m->reloads, &m->log_size, &m->map_keys, &m->map_bytes,
		&m->map_lag, &m->batch_rows, &m->commit_seconds };
	struct buf b = buf_heap(1 << 20);

	metrics_print(&b, all, sizeof all / sizeof all[0]);
	enum err e = buf_error(&b);
	if (e == ERR_OK)
		e = file_replace(path, buf_span(&b), 0644, d);
	buf_free(&b);
	return e;
}
