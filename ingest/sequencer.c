/* SPDX-License-Identifier: Apache-2.0 */
#include "sequencer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#include "event/topic.h"

#include "sequencer_internal.h"

#include "base/banned.h"

#define LOCK_EVERY_US 200000
#define REOPEN_US 300000
#define PARTITIONS_EVERY_MS 60000
#define METRICS_EVERY_MS 1000
#define HELD_MS 1000 /* so long a receipt may rest on the last answer */
#define LOOP_MS 200  /* longest without a look around */
#define RECEIPT_WINDOW 1000
#define LAST_MAP_MS 5000 /* the map has for the first and the last epoch */
#define SPARE_WANTED 2
#define BATCH_MS 100                     /* longest a batch is filled */
#define BATCH_FEW 32                     /* a batch that waits for no more */
#define BATCH_FILL_MS 25                 /* so long the others do */
#define BATCH_BYTES ((size_t)12 << 20)   /* COPY rows of a batch */
#define BAD_BYTES_MAX ((size_t)16 << 20) /* of the quarantine in a batch */

/* ---- the MQTT side: callbacks on the link's threads ---- */
static void
on_message(void *ctx, struct span topic, struct span payload, bool retained)
{
	struct sequencer *s = ctx;
	char device[64];
	struct span name;

	(void)retained;
	metric_add(&s->o.metrics->received, 1);
	if (topic_device(&name, topic, s->o.log, TOPIC_EVENT) != ERR_OK)
		return;
	memcpy(device, name.p, name.n);
	device[name.n] = '\0';
	if (!queue_put(s->o.queue, device, payload))
		metric_add(&s->o.metrics->dropped, 1);
}

static void
on_state(void *ctx, bool connected, const char *text)
{
	struct sequencer *s = ctx;
	char quoted[160];

	log_line(connected ? LOG_INFO : LOG_WARN, "mqtt", "connected=%d why=%s",
	    connected, log_quote(quoted, sizeof quoted, text));
	atomic_store(&s->linked, connected);
	if (connected)
		atomic_store(&s->republish, true);
	queue_wake(s->o.queue);
}

static void
on_ack(void *ctx, uint64_t id, int reason)
{
	struct sequencer *s = ctx;

	(void)id;
	(void)reason;
	if (!atomic_exchange(&s->acknowledged, true))
		queue_wake(s->o.queue);
}

static enum err
subscribe(struct sequencer *s, struct diag *d)
{
	struct mqtt_link_options o = s->o.mqtt;
	char filter[TOPIC_CHARS + 1];

	if (s->link != NULL)
		return ERR_OK;
	topic_print(filter, s->o.log, NULL, TOPIC_EVENT);
	o.subscribe = filter;
	/* a device sends again until its receipt has come, and then is told
	 * again: PUBACKs of these legs would promise nothing more (edge.md 6.1)
	 */
	o.at_most_once = true;
	o.window = RECEIPT_WINDOW;
	o.backoff_max_ms = 2000; /* one ingest a log: it may be eager */
	o.cb = (struct mqtt_link_callbacks){ .ctx = s,
		.on_message = on_message,
		.on_state = on_state,
		.on_ack = on_ack };
	return mqtt_link_new(&s->link, &o, d);
}

/* ---- database ---- */
static void
nap(struct sequencer *s, int64_t us)
{
	int64_t end = clock_mono_us() + us;

	while (!atomic_load(&s->stop) && clock_mono_us() < end) {
		struct slot *slot = queue_take(s->o.queue, us);
		/* nothing can be kept now; its device sends it again */
		if (slot != NULL)
			queue_release(s->o.queue, slot);
	}
}

static enum err
open_locked(struct sequencer *s, struct diag *d)
{
	struct store_options o = { .conninfo = s->o.database,
		.log = s->o.log,
		.program = "countermark-ingest" };
	bool told = false;

	store_close(s->store);
	s->store = NULL;
	enum err e = store_open(&s->store, &o, d);
	while (e == ERR_OK && (e = store_lock(s->store, d)) == ERR_EXISTS) {
		if (!told)
			log_line(LOG_INFO, "standby", "log=%s", s->o.log);
		told = true;
		if (atomic_load(&s->stop))
			return e;
		if ((e = load_follow(s, d)) != ERR_OK)
			return e;
		/* who holds the log is the one that subscribes */
		mqtt_link_free(s->link);
		s->link = NULL;
		atomic_store(&s->linked, false);
		nap(s, LOCK_EVERY_US);
		e = ERR_OK;
	}
	return e;
}

static bool
passing(enum err e)
{
	return e == ERR_DB || e == ERR_TIMEOUT || e == ERR_IO || e == ERR_NET;
}

/* Until the state is read or a failure will not pass by itself. */
static enum err
reload(struct sequencer *s, struct diag *d)
{
	for (;;) {
		diag_clear(d);
		enum err e = open_locked(s, d);
		if (e == ERR_OK)
			e = load_all(s, d);
		if (e == ERR_OK || !passing(e) || atomic_load(&s->stop))
			return e;
		log_diag(LOG_WARN, "database.waiting", d);
		nap(s, REOPEN_US);
	}
}

static void
look_after_partitions(struct sequencer *s, int64_t now)
{
	unsigned spare = 0;
	struct diag d = { 0 };

	if (s->partitions_ms != 0 &&
	    now - s->partitions_ms < PARTITIONS_EVERY_MS)
		return;
	s->partitions_ms = now;
	if (store_partitions(s->store, s->head.size, &spare, &d) != ERR_OK) {
		log_diag(LOG_ERROR, "partitions", &d);
		return;
	}
	metric_set(&s->o.metrics->spare_partitions, spare);
	if (spare < SPARE_WANTED)
		log_line(LOG_ERROR, "partitions.low",
		    "spare=%u wanted=%d hint=\"the owner must make more\"",
		    spare, SPARE_WANTED);
}

static void
look_after_metrics(struct sequencer *s, int64_t now)
{
	struct ingest_metrics *m = s->o.metrics;
	struct diag d = { 0 };
	size_t bytes;

	if (s->o.metrics_file == NULL || now - s->metrics_ms < METRICS_EVERY_MS)
		return;
	s->metrics_ms = now;
	metric_set(&m->queue_depth, (long long)queue_depth(s->o.queue, &bytes));
	metric_set(&m->queue_bytes, (long long)bytes);
	metric_set(&m->map_lag, (long long)(s->head.size - s->mapped.covered));
	if (ingest_metrics_write(m, s->o.metrics_file, &d) != ERR_OK)
		log_diag(LOG_WARN, "metrics", &d);
}

/* ---- the loop ---- */
/* How old a batch gets once nothing more waits. A stream that brings so many
 * so soon brings more: fewer, larger transactions, for some milliseconds. */
static int64_t
batch_age_ms(const struct sequencer *s)
{
	bool few = s->batch_taken < BATCH_FEW;

	return few || s->o.idle_ms > BATCH_FILL_MS ? s->o.idle_ms
						   : BATCH_FILL_MS;
}

static int64_t
wait_us(const struct sequencer *s)
{
	int64_t now = clock_mono_ms(), wait = LOOP_MS;
	int64_t epoch = epoch_wait(&s->epochs, clock_wall_ms(), now);
	/* the map wakes the queue when it answers */
	if (s->epoch_asked_ms != 0)
		epoch = s->epoch_asked_ms + APPEND_MAP_MS - now;
	/* receipts leave between two batches: with one begun, its end counts */
	int64_t receipt = append_empty(s) ? receipts_wait(s) : -1;

	/* a clock that is not believed asks again, but not in a hurry */
	if (epoch < wait && !s->clock_told)
		wait = epoch;
	if (receipt >= 0 && receipt < wait)
		wait = receipt;
	if (s->batch_since_ms != 0) {
		int64_t left = s->batch_since_ms + batch_age_ms(s) - now;
		if (left < wait)
			wait = left;
	}
	return wait > 0 ? wait * 1000 : 0;
}

static bool
commit_due(const struct sequencer *s, bool idle)
{
	if (append_empty(s))
		return false;
	return !idle || clock_mono_ms() - s->batch_since_ms >= batch_age_ms(s);
}

/* Who slept, or lost its session while nothing came in, may have a successor:
 * that one has taken the place at the broker, and the receipts are its own. */
static enum err
check_held(struct sequencer *s, struct diag *d)
{
	enum err e = store_held(s->store, s->head.term, d);

	if (e == ERR_OK)
		s->held_ms = clock_mono_ms();
	return e;
}

static enum err
look_around(struct sequencer *s, struct diag *d)
{
	bool again = atomic_exchange(&s->republish, false);
	enum err e = ERR_OK;

	if (again || clock_mono_ms() - s->held_ms >= HELD_MS)
		e = check_held(s, d);
	if (e != ERR_OK)
		return e;
	if (again) {
		s->link_full = false;
		receipts_mark_all(s);
	}
	if (atomic_exchange(&s->acknowledged, false))
		s->link_full = false;
	if (append_empty(s))
		receipts_publish(s);
	int64_t now = clock_mono_ms();
	look_after_partitions(s, now);
	look_after_metrics(s, now);
	return ERR_OK;
}

/* Refused and repeated statements count too: a flood of them must not hold up
 * the rest, nor fill memory. */
static bool
batch_full(const struct sequencer *s)
{
	return s->batch_taken >= s->o.batch ||
	       store_batch_rows(s->batch) >= s->o.batch ||
	       store_batch_bytes(s->batch) >= BATCH_BYTES ||
	       s->batch_bad_bytes >= BAD_BYTES_MAX ||
	       (s->batch_since_ms != 0 &&
		   clock_mono_ms() - s->batch_since_ms >= BATCH_MS);
}

/* Takes what is ready, up to a batch; true when nothing more waits. */
static bool
fill_batch(struct sequencer *s)
{
	struct slot *slot = queue_take(s->o.queue, wait_us(s));

	while (slot != NULL) {
		judge_slot(s, slot);
		queue_release(s->o.queue, slot);
		if (s->batch_failed != ERR_OK || batch_full(s))
			return false;
		slot = queue_take(s->o.queue, 0);
	}
	return true;
}

static enum err
turn(struct sequencer *s, struct diag *d)
{
	bool idle = fill_batch(s);

	judge_refused(s);
	enum err e = s->batch_failed != ERR_OK
			 ? diag_fail(d, ERR_DB, "", "batch: %s",
			       err_name(s->batch_failed))
			 : append_epoch(s, d);

	if (e == ERR_OK && commit_due(s, idle))
		e = append_commit(s, d);
	if (append_empty(s))
		s->batch_taken = 0; /* repeats only */
	return e == ERR_OK ? look_around(s, d) : e;
}

/* One that is due, whole: the map has so long to come to the end. */
static enum err
cut_epoch(struct sequencer *s, struct diag *d)
{
	uint64_t before = s->head.last_epoch;
	enum err e = append_commit(s, d);
	struct mapper_state state;
	bool answered;

	mapper_ask(s->mapper, s->head.size);
	if (e == ERR_OK)
		e = mapper_answer(s->mapper, &state, &answered, LAST_MAP_MS, d);
	if (e != ERR_OK)
		return e;
	s->epoch_asked_ms = clock_mono_ms();
	while (e == ERR_OK && s->head.last_epoch == before && !s->clock_told)
		e = append_epoch(s, d);
	return e;
}

/* A last epoch covers what came in before the end. */
static enum err
finish(struct sequencer *s, struct diag *d)
{
	enum err e = append_commit(s, d);

	if (e == ERR_OK && s->epochs.entries_since) {
		s->epochs.last_mono_ms = clock_mono_ms() - EPOCH_EVERY_MS;
		e = cut_epoch(s, d);
	}
	if (e == ERR_OK)
		receipts_publish(s);
	return e;
}

enum err
sequencer_run(struct sequencer *s, struct diag *d)
{
	enum err e = reload(s, d);

	/* the first epoch is entry 1 (formats 4.5): before any statement */
	if (e == ERR_OK && s->head.last_epoch == 0)
		e = cut_epoch(s, d);
	if (e == ERR_OK)
		e = subscribe(s, d);
	while (e == ERR_OK && !queue_drained(s->o.queue)) {
		e = turn(s, d);
		if (e == ERR_OK || !passing(e))
			continue;
		log_diag(LOG_ERROR, "database.lost", d);
		metric_add(&s->o.metrics->reloads, 1);
		e = reload(s, d);
		if (e == ERR_OK)
			e = subscribe(s, d);
	}
	if (e == ERR_OK)
		e = finish(s, d);
	/* asked to end while it waited for lock or database: nothing that was
	 * acknowledged is lost */
	if (atomic_load(&s->stop) && (e == ERR_EXISTS || passing(e)))
		return ERR_OK;
	return e;
}

/* ---- life ---- */
static void
on_tile(void *ctx, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root)
{
	struct sequencer *s = ctx;
	enum err e = store_batch_tile(s->batch, level, n, hashes, root);

	if (level == 0) {
		if (e == ERR_OK)
			e = store_batch_journal(
			    s->batch, n, buf_span(&s->block.b));
		map_block_reset(&s->block);
	}
	if (e != ERR_OK && s->batch_failed == ERR_OK)
		s->batch_failed = e;
}

enum err
sequencer_new(
    struct sequencer **out, const struct sequencer_options *o, struct diag *d)
{
	struct sequencer *s = calloc(1, sizeof *s);

	if (s == NULL)
		return diag_fail(d, ERR_NOMEM, "", "sequencer");
	s->o = *o;
	s->dirty_last = &s->dirty_first;
	tiles_init(&s->tiles);
	s->tiles.ctx = s;
	s->tiles.done = on_tile;
	map_block_init(&s->block);
	s->keys = buf_heap(MAP_BLOCK_BYTES);
	struct mapper_options m = { .log = o->log,
		.database = o->database,
		.queue = o->queue,
		.metrics = o->metrics };
	enum err e = store_batch_new(&s->batch, d);
	if (e == ERR_OK)
		e = mapper_new(&s->mapper, &m, d);
	if (e != ERR_OK) {
		sequencer_free(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void
sequencer_stop(struct sequencer *s)
{
	atomic_store(&s->stop, true);
	queue_wake(s->o.queue);
}

void
sequencer_free(struct sequencer *s)
{
	if (s == NULL)
		return;
	mqtt_link_free(s->link);
	mapper_free(s->mapper);
	s->mapper = NULL;
	load_clear(s);
	store_close(s->store);
	store_batch_free(s->batch);
	map_block_clear(&s->block);
	buf_free(&s->keys);
	free(s);
}
