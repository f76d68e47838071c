/* SPDX-License-Identifier: Apache-2.0 */
#include "projector.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "ledger/note.h"
#include "ledger/search.h"

#include "projector_metrics.h"
#include "snapshotter.h"

#include "base/banned.h"

#define METRICS_EVERY_MS 1000
#define REOPEN_MS 300
#define REOPEN_MAX_MS 5000
/* So long a watermark may rest below a checkpoint before who waits takes it
 * that the other one is gone. */
#define TAKE_OVER_MS 3000
#define GENTLE_MS 2000    /* so long after its last entry ingest is at work */
#define GENTLE_LAG 200000 /* entries behind that end all gentleness */

struct projector {
	struct store_options store_options;
	size_t batch_max;
	int poll_ms;
	const char *metrics_file;
	int signals;
	bool stop;
	struct store *store;
	struct search *search; /* NULL: to be loaded */
	struct search_batch *batch;
	uint64_t at;        /* the watermark as we know it */
	uint64_t published; /* size of the newest checkpoint */
	bool standby;
	int64_t batch_ms;  /* what the last batch took */
	int64_t grown_ms;  /* when the ledger was last seen to grow */
	int64_t rested_ms; /* standby: since when nothing moved, monotonic */
	int64_t metrics_ms;
	int pause_ms; /* before the next try to reach the database */
	struct projector_metrics metrics;
	struct snapshotter *snapshots;
};

/* Waits, or only looks when ms is 0; a signal to end sets stop. */
static void
rest(struct projector *p, int ms)
{
	struct pollfd f = { .fd = p->signals, .events = POLLIN };
	int n;

	if (poll(&f, 1, ms) <= 0)
		return;
	n = service_signal_take(p->signals);
	if (n != SIGTERM && n != SIGINT)
		return;
	service_notify("STOPPING=1");
	log_line(LOG_INFO, "stopping", "signal=%d", n);
	p->stop = true;
}

/* ---- database ---- */
static void
forget(struct projector *p)
{
	search_free(p->search);
	p->search = NULL;
}

static void
disconnect(struct projector *p)
{
	forget(p);
	search_batch_free(p->batch);
	p->batch = NULL;
	store_close(p->store);
	p->store = NULL;
}

static enum err
connect_store(struct projector *p, struct diag *d)
{
	enum err e = store_open(&p->store, &p->store_options, d);

	if (e == ERR_OK)
		e = search_begin(p->store, d);
	if (e == ERR_OK && search_batch_new(&p->batch, p->store) != ERR_OK)
		e = diag_fail(d, ERR_NOMEM, "", "batch: out of memory");
	return e;
}

/* Where the tables end, and who is who there. */
static enum err
load(struct projector *p, struct diag *d)
{
	enum err e = search_watermark(p->store, &p->at, d);

	if (e == ERR_OK)
		e = search_load(&p->search, p->store, p->at, d);
	if (e == ERR_OK)
		log_line(LOG_INFO, "loaded", "log=%s watermark=%" PRIu64,
		    p->store_options.log, p->at);
	return e;
}

static enum err
ask_published(struct projector *p, struct diag *d)
{
	struct store_checkpoint c = { .size = 0 };
	struct buf note = buf_heap(NOTE_MAX);
	enum err e = store_checkpoint(p->store, &c, &note, d);

	buf_free(&note);
	if (e == ERR_NOT_FOUND) /* a log without a first epoch yet */
		e = ERR_OK;
	if (p->published != 0 && c.size > p->published)
		p->grown_ms = clock_mono_ms();
	p->published = c.size;
	return e;
}

/* ---- metrics ---- */
static enum err
look_after_metrics(struct projector *p, struct diag *d)
{
	int64_t now = clock_mono_ms(), before, after = 0, behind = 0;
	uint64_t lag = p->published > p->at ? p->published - p->at : 0;
	struct diag why = { 0 };
	enum err e = ERR_OK;

	if (p->metrics_file == NULL || now - p->metrics_ms < METRICS_EVERY_MS)
		return ERR_OK;
	p->metrics_ms = now;
	/* epoch entries record themselves: nothing is behind for them */
	if (lag > 0)
		e = store_recorded(p->store, p->at, &before, &after, d);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (after > 0 && (behind = clock_wall_ms() - after) < 0)
		behind = 0;
	metric_set(&p->metrics.watermark, (long long)p->at);
	metric_set(&p->metrics.lag_entries, (long long)lag);
	metric_set(&p->metrics.behind_seconds, (behind + 999) / 1000);
	metric_set(&p->metrics.standby, p->standby);
	if (projector_metrics_write(&p->metrics, p->metrics_file, &why) !=
	    ERR_OK)
		log_diag(LOG_WARN, "metrics", &why);
	return ERR_OK;
}

/* ---- the loop ---- */
static enum err
project(struct projector *p, struct diag *d)
{
	struct search_count count;
	int64_t start = clock_mono_us();
	enum err e = search_project(p->store, p->search, p->batch, p->at,
	    p->published, p->batch_max, &p->at, &count, d);

	p->batch_ms = (clock_mono_us() - start) / 1000;
	if (e == ERR_FENCED) {
		forget(p);
		metric_add(&p->metrics.fenced, 1);
		if (!p->standby)
			log_line(LOG_INFO, "standby", "log=%s why=\"%s\"",
			    p->store_options.log, d->text);
		p->standby = true;
		p->rested_ms = clock_mono_ms();
		return ERR_OK;
	}
	if (e != ERR_OK)
		return e;
	metric_observe(
	    &p->metrics.batch_seconds, (double)(clock_mono_us() - start) / 1e6);
	metric_add(&p->metrics.entries, (long long)count.entries);
	metric_add(&p->metrics.events, (long long)count.events);
	metric_add(&p->metrics.refused, (long long)count.refused);
	metric_add(&p->metrics.batches, 1);
	return ERR_OK;
}

/* Another projector is at work: until it rests while there is something to
 * do. */
static enum err
watch(struct projector *p, struct diag *d)
{
	uint64_t at;
	int64_t now = clock_mono_ms();
	enum err e = search_watermark(p->store, &at, d);

	if (e != ERR_OK)
		return e;
	if (at != p->at || at >= p->published)
		p->rested_ms = now;
	p->at = at;
	if (now - p->rested_ms < TAKE_OVER_MS)
		return ERR_OK;
	p->standby = false;
	log_line(LOG_INFO, "working", "log=%s watermark=%" PRIu64,
	    p->store_options.log, p->at);
	return ERR_OK;
}

static enum err
turn(struct projector *p, struct diag *d)
{
	enum err e = ERR_OK;

	if (p->store == NULL)
		e = connect_store(p, d);
	if (e == ERR_OK)
		e = ask_published(p, d);
	snapshotter_look(
	    p->snapshots, e == ERR_OK && !p->standby ? p->published : 0);
	if (e == ERR_OK && p->standby)
		e = watch(p, d);
	if (e != ERR_OK || p->standby)
		return e;
	if (p->published == 0)
		return ERR_OK;
	if (p->search == NULL)
		e = load(p, d);
	if (e == ERR_OK && p->at < p->published)
		e = project(p, d);
	return e;
}

static bool
passing(enum err e)
{
	return e == ERR_DB || e == ERR_TIMEOUT || e == ERR_IO || e == ERR_NET;
}

/* A failure that may pass by itself: from the start, after a while. */
static void
recover(struct projector *p, const struct diag *d)
{
	log_diag(LOG_WARN, "database.waiting", d);
	metric_add(&p->metrics.errors, 1);
	disconnect(p);
	rest(p, p->pause_ms);
	p->pause_ms =
	    p->pause_ms < REOPEN_MAX_MS ? 2 * p->pause_ms : REOPEN_MAX_MS;
}

/* How long to rest. While ingest writes it has the machine first: a device
 * waits for its receipt, a search may be seconds behind. */
static int
rest_ms(const struct projector *p)
{
	if (p->standby || p->at >= p->published)
		return p->poll_ms;
	if (p->published - p->at > GENTLE_LAG ||
	    clock_mono_ms() - p->grown_ms > GENTLE_MS)
		return 0;
	return (int)(p->batch_ms < p->poll_ms ? p->batch_ms : p->poll_ms);
}

static enum err
loop(struct projector *p, struct diag *d)
{
	enum err e = ERR_OK;

	while (!p->stop && e == ERR_OK) {
		diag_clear(d);
		e = turn(p, d);
		if (e == ERR_OK)
			e = look_after_metrics(p, d);
		if (passing(e)) {
			recover(p, d);
			e = ERR_OK;
			continue;
		}
		p->pause_ms = REOPEN_MS;
		if (e == ERR_OK)
			rest(p, rest_ms(p));
	}
	return e;
}

int
projector_run(const struct conf *c)
{
	struct projector p = {
		.store_options = { .conninfo =
				       conf_text(c, "database", NULL, "uri"),
		    .log = conf_text(c, "log", NULL, "name"),
		    .program = "countermark-projector" },
		.batch_max = (size_t)conf_int(c, "project", NULL, "batch"),
		.poll_ms = (int)conf_int(c, "project", NULL, "poll_ms"),
		.metrics_file = conf_text(c, "project", NULL, "metrics_file"),
		.signals = -1,
		.pause_ms = REOPEN_MS,
	};
	struct diag d = { 0 };
	enum err e = service_signals(&p.signals, &d);

	projector_metrics_init(&p.metrics);
	if (e == ERR_OK)
		e = snapshotter_new(
		    &p.snapshots, &p.store_options, &p.metrics, &d);
	if (e == ERR_OK) {
		service_notify("READY=1");
		e = loop(&p, &d);
	}
	if (e != ERR_OK)
		log_diag(LOG_ERROR, "ended", &d);
	snapshotter_free(p.snapshots);
	disconnect(&p);
	if (p.signals >= 0)
		(void)close(p.signals);
	return e == ERR_OK ? 0 : 1;
}
