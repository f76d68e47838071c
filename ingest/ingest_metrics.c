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
		.name = "countermark_ingest_" n, .help = h,                    \
		.kind = METRIC_COUNTER                                         \
	}
#define GAUGE(m, n, h)                                                         \
	(m) = (struct metric)                                                  \
	{                                                                      \
		.name = "countermark_ingest_" n, .help = h,                    \
		.kind = METRIC_GAUGE                                           \
	}
#define HISTOGRAM(m, n, h, b)                                                  \
	(m) = (struct metric)                                                  \
	{                                                                      \
		.name = "countermark_ingest_" n, .help = h,                    \
		.kind = METRIC_HISTOGRAM, .bounds = b,                         \
		.bound_count = sizeof(b) / sizeof(b)[0]                        \
	}

void
ingest_metrics_init(struct ingest_metrics *m)
{
	COUNTER(m->received, "received", "messages from the broker");
	COUNTER(m->dropped, "dropped", "messages dropped, the queue was full");
	COUNTER(m->statements, "statements", "statements appended");
	COUNTER(m->events, "events", "EPCIS events in them");
	COUNTER(m->duplicates, "duplicates", "statements received again");
	COUNTER(m->forks, "forks", "forks seen: a cloned key or image");
	COUNTER(m->nacks, "nacks", "statements nacked");
	COUNTER(m->quarantined, "quarantined", "statements put aside");
	COUNTER(m->batches, "batches", "transactions committed");
	COUNTER(m->receipts, "receipts", "receipts published");
	COUNTER(m->epochs, "epochs", "epochs cut");
	GAUGE(m->clock_stopped, "clock_stopped",
	    "1 while the clock is not believed and no epoch is cut");
	GAUGE(m->queue_depth, "queue_depth", "statements waiting");
	GAUGE(m->queue_bytes, "queue_bytes", "bytes of them");
	GAUGE(m->spare_partitions, "spare_partitions",
	    "empty partitions above the log");
	COUNTER(m->reloads, "reloads", "times the state was read again");
	GAUGE(m->log_size, "log_size", "entries committed");
	HISTOGRAM(m->batch_rows, "batch_rows", "entries in a transaction",
	    row_bounds);
	HISTOGRAM(m->commit_seconds, "commit_seconds", "time of a transaction",
	    commit_bounds);
}

enum err
ingest_metrics_write(struct ingest_metrics *m, const char *path, struct diag *d)
{
	struct metric *const all[] = { &m->received, &m->dropped,
		&m->statements, &m->events, &m->duplicates, &m->forks,
		&m->nacks, &m->quarantined, &m->batches, &m->receipts,
		&m->epochs, &m->clock_stopped, &m->queue_depth, &m->queue_bytes,
		&m->spare_partitions, &m->reloads, &m->log_size, &m->batch_rows,
		&m->commit_seconds };
	struct buf b = buf_heap(1 << 20);

	metrics_print(&b, all, sizeof all / sizeof all[0]);
	enum err e = buf_error(&b);
	if (e == ERR_OK)
		e = file_replace(path, buf_span(&b), 0644, d);
	buf_free(&b);
	return e;
}
