/* SPDX-License-Identifier: Apache-2.0 */
#include "edge_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metrics.h"

#include "edge_status.h"
#include "lane.h"

#include "base/banned.h"

#define EDGE_METRICS_MAX (4u << 20)
#define EDGE_METRICS_LABEL (NAME_CHARS + 80)

void
edge_metrics_init(struct edge_metrics *m, const char *path)
{
	*m = (struct edge_metrics){ .path = path };
}

void
edge_metrics_clear(struct edge_metrics *m)
{
	free(m->counts);
	m->counts = NULL;
	m->count_n = m->count_cap = 0;
}

void
edge_metrics_count(struct edge_metrics *m, enum edge_counter which,
    const char *identity, const char *reason)
{
	struct edge_metrics_count *more;
	size_t cap;

	if (m == NULL || m->path == NULL || identity == NULL)
		return;
	for (size_t i = 0; i < m->count_n; i++) {
		struct edge_metrics_count *c = &m->counts[i];

		if (c->which == which && strcmp(c->identity, identity) == 0 &&
		    strcmp(c->reason, reason) == 0) {
			c->n++;
			return;
		}
	}
	if (m->count_n == m->count_cap) {
		cap = m->count_cap == 0 ? 16 : m->count_cap * 2;
		more = realloc(m->counts, cap * sizeof(*more));
		if (more == NULL)
			return;
		m->counts = more;
		m->count_cap = cap;
	}
	m->counts[m->count_n++] =
	    (struct edge_metrics_count){ which, identity, reason, 1 };
}

/* ---- what a lane knows ---- */

static long long
value_stored(struct lane *l)
{
	return (long long)outbox_chain(l->id.outbox)->seq;
}

static long long
value_receipted(struct lane *l)
{
	return (long long)outbox_chain(l->id.outbox)->acked;
}

static long long
value_resends(struct lane *l)
{
	return (long long)l->sender.resends;
}

static long long
value_waiting(struct lane *l)
{
	return (long long)lane_waiting(l);
}

static long long
value_bytes(struct lane *l)
{
	return (long long)outbox_bytes(l->id.outbox);
}

/* -1 when the device had no clock then, or has none now. */
static long long
value_oldest(struct lane *l)
{
	int64_t made = 0, now = clock_wall_ms();
	struct diag d;

	if (lane_waiting(l) == 0)
		return 0;
	diag_clear(&d);
	if (edge_status_wall(l->id.outbox,
		outbox_chain(l->id.outbox)->acked + 1, &made, &d) != ERR_OK ||
	    made <= 0 || now < made)
		return -1;
	return (now - made) / 1000;
}

static long long
value_connected(struct lane *l)
{
	return l->sender.connected ? 1 : 0;
}

static long long
value_stopped(struct lane *l)
{
	return l->stopped != ERR_OK ? 1 : 0;
}

/* One sample a lane; a value below 0 is not known and left out. */
struct lane_family {
	enum metric_kind kind;
	const char *name;
	const char *help;
	long long (*value)(struct lane *l);
};

static const struct lane_family families[] = {
	{ METRIC_GAUGE, "countermark_edge_connected",
	    "1 while the broker is connected.", value_connected },
	{ METRIC_GAUGE, "countermark_edge_stopped",
	    "1 when the identity has stopped sending for good.",
	    value_stopped },
	{ METRIC_GAUGE, "countermark_edge_outbox_statements",
	    "Statements without a receipt.", value_waiting },
	{ METRIC_GAUGE, "countermark_edge_outbox_bytes",
	    "Bytes the outbox takes up.", value_bytes },
	{ METRIC_GAUGE, "countermark_edge_outbox_oldest_seconds",
	    "Age of the oldest statement without a receipt.", value_oldest },
	{ METRIC_COUNTER, "countermark_edge_stored",
	    "Statements stored in this key epoch.", value_stored },
	{ METRIC_COUNTER, "countermark_edge_receipted",
	    "Statements receipted in this key epoch.", value_receipted },
	{ METRIC_COUNTER, "countermark_edge_resends",
	    "Resends after a receipt that did not come.", value_resends },
};

static void
print_lanes(struct buf *out, const struct lane_family *f, struct lane *lanes,
    size_t lane_count)
{
	char label[EDGE_METRICS_LABEL];

	metrics_family(out, f->kind, f->name, f->help);
	for (size_t i = 0; i < lane_count; i++) {
		long long v = f->value(&lanes[i]);

		(void)snprintf(
		    label, sizeof(label), "identity=\"%s\"", lanes[i].id.name);
		if (v >= 0)
			metrics_sample(out, f->kind, f->name, label, v);
	}
}

static void
print_counts(struct buf *out, const struct edge_metrics *m,
    enum edge_counter which, const char *name, const char *help)
{
	char label[EDGE_METRICS_LABEL];

	metrics_family(out, METRIC_COUNTER, name, help);
	for (size_t i = 0; i < m->count_n; i++) {
		const struct edge_metrics_count *c = &m->counts[i];

		if (c->which != which)
			continue;
		(void)snprintf(label, sizeof(label),
		    "identity=\"%s\",reason=\"%s\"", c->identity, c->reason);
		metrics_sample(out, METRIC_COUNTER, name, label, c->n);
	}
}

void
edge_metrics_print(struct buf *out, const struct edge_metrics *m,
    struct lane *lanes, size_t lane_count)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		print_lanes(out, &families[i], lanes, lane_count);
	print_counts(out, m, EDGE_REFUSED, "countermark_edge_refused",
	    "Codes and documents refused, never stored.");
	print_counts(out, m, EDGE_NACKED, "countermark_edge_nacked",
	    "Statements that the ledger objected to.");
	metrics_end(out);
}

void
edge_metrics_write(
    struct edge_metrics *m, struct lane *lanes, size_t lane_count)
{
	struct buf b = buf_heap(EDGE_METRICS_MAX);
	struct diag d;
	enum err e;

	/* A full disk must not stop the agent: the next turn tries again. */
	if (m->path == NULL)
		return;
	diag_clear(&d);
	edge_metrics_print(&b, m, lanes, lane_count);
	e = buf_error(&b);
	if (e == ERR_OK)
		e = file_replace(m->path, buf_span(&b), 0644, &d);
	if (e != ERR_OK) {
		d.code = e;
		log_diag(LOG_WARN, "metrics", &d);
	}
	buf_free(&b);
}

int64_t
edge_metrics_turn(
    struct edge_metrics *m, struct lane *lanes, size_t lane_count, int64_t now)
{
	if (m->path == NULL)
		return -1;
	if (!m->written || now - m->written_ms >= EDGE_METRICS_MS) {
		m->written = true;
		m->written_ms = now;
		edge_metrics_write(m, lanes, lane_count);
	}
	return m->written_ms + EDGE_METRICS_MS - now;
}
