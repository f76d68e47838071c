/* SPDX-License-Identifier: Apache-2.0 */
#include "projector_metrics.h"

#include "base/file.h"

#include "base/banned.h"

static const double batch_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
	1, 5 };

static void
name(
    struct metric *m, enum metric_kind kind, const char *full, const char *help)
{
	*m = (struct metric){ .name = full, .help = help, .kind = kind };
}

void
projector_metrics_init(struct projector_metrics *m)
{
	name(&m->watermark, METRIC_GAUGE, "countermark_projector_watermark",
	    "entries below it are in the search tables");
	name(&m->lag_entries, METRIC_GAUGE, "countermark_projector_lag_entries",
	    "published entries that are not in them yet");
	name(&m->behind_seconds, METRIC_GAUGE,
	    "countermark_projector_behind_seconds",
	    "since the oldest of those was recorded, 0 without any");
	name(&m->entries, METRIC_COUNTER, "countermark_projector_entries",
	    "entries projected");
	name(&m->events, METRIC_COUNTER, "countermark_projector_events",
	    "EPCIS events in them");
	name(&m->refused, METRIC_COUNTER, "countermark_projector_refused",
	    "product statements without an event of the standard");
	name(&m->batches, METRIC_COUNTER, "countermark_projector_batches",
	    "transactions committed");
	name(&m->errors, METRIC_COUNTER, "countermark_projector_errors",
	    "failures of the database");
	name(&m->fenced, METRIC_COUNTER, "countermark_projector_fenced",
	    "batches given up: the watermark was moved by another");
	name(&m->standby, METRIC_GAUGE, "countermark_projector_standby",
	    "1 while another projector does the work");
	name(&m->snapshots, METRIC_COUNTER, "countermark_projector_snapshots",
	    "snapshots of the map made");
	name(&m->snapshot_lag, METRIC_GAUGE,
	    "countermark_projector_snapshot_lag_entries",
	    "published entries behind the map's snapshot");
	name(&m->batch_seconds, METRIC_HISTOGRAM,
	    "countermark_projector_batch_seconds",
	    "time of a batch, from reading to commit");
	m->batch_seconds.bounds = batch_bounds;
	m->batch_seconds.bound_count =
	    sizeof batch_bounds / sizeof batch_bounds[0];
}

enum err
projector_metrics_write(
    struct projector_metrics *m, const char *path, struct diag *d)
{
	struct metric *const all[] = { &m->watermark, &m->lag_entries,
		&m->behind_seconds, &m->entries, &m->events, &m->refused,
		&m->batches, &m->errors, &m->fenced, &m->standby, &m->snapshots,
		&m->snapshot_lag, &m->batch_seconds };
	struct buf b = buf_heap(1 << 16);

	metrics_print(&b, all, sizeof all / sizeof all[0]);
	enum err e = buf_error(&b);
	if (e == ERR_OK)
		e = file_replace(path, buf_span(&b), 0644, d);
	buf_free(&b);
	return e;
}
