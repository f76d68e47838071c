/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/log.h"

#include "ledger/map.h"

#include "sequencer_internal.h"

#include "base/banned.h"

uint64_t
append_index(const struct sequencer *s)
{
	return s->head.size + store_batch_rows(s->batch);
}

bool
append_empty(const struct sequencer *s)
{
	return store_batch_rows(s->batch) == 0 && !s->batch_has_notes;
}

static void
keep_failure(struct sequencer *s, enum err e)
{
	if (e != ERR_OK && s->batch_failed == ERR_OK)
		s->batch_failed = e;
}

static void
touch_time(struct sequencer *s)
{
	if (s->batch_since_ms == 0)
		s->batch_since_ms = clock_mono_ms();
}

/* Every entry goes through here: row, chain (formats 4.4), tree, tiles. */
static void
add_row(struct sequencer *s, struct store_row *row)
{
	s->chain = chain_next(&s->chain, &row->leaf);
	row->chain = s->chain;
	mapper_put(s->mapper, append_index(s), &row->leaf, buf_span(&s->keys));
	map_block_add(&s->block, buf_span(&s->keys));
	keep_failure(s, buf_error(&s->keys));
	keep_failure(s, buf_error(&s->block.b));
	keep_failure(s, store_batch_row(s->batch, row));
	tiles_add(&s->tiles, &s->frontier, &row->leaf);
	touch_time(s);
}

static void
put_key(struct sequencer *s, struct span subject)
{
	struct hash key = map_key(subject);

	buf_put(&s->keys, hash_span(&key));
}

/* formats 5.4: in the order of touch_entry(). */
static void
take_keys(struct sequencer *s, const struct slot *slot)
{
	struct span rest = buf_span(&slot->subjects);
	uint8_t space[STATEMENT_ISS_MAX + 8];
	struct buf device = buf_fixed(space, sizeof space);

	buf_str(&device, "device/");
	buf_put(&device, slot->s.claims.iss);
	keep_failure(s, buf_error(&device));
	buf_reset(&s->keys);
	put_key(s, buf_span(&device));
	while (rest.n >= 2) {
		size_t n = (size_t)rest.p[0] << 8 | rest.p[1];

		put_key(s, span_of(rest.p + 2, n));
		rest = span_skip(rest, 2 + n);
	}
}

static void
add_subjects(struct sequencer *s, const struct buf *subjects)
{
	struct span rest = buf_span(subjects);

	keep_failure(s, buf_error(subjects));
	while (rest.n >= 2) {
		size_t n = (size_t)rest.p[0] << 8 | rest.p[1];
		keep_failure(
		    s, store_batch_subject(s->batch, span_of(rest.p + 2, n)));
		rest = span_skip(rest, 2 + n);
	}
}

void
append_statement(struct sequencer *s, struct slot *slot)
{
	struct store_row row = { .entry = buf_span(&slot->bytes),
		.leaf = slot->leaf,
		.device = span_str(slot->device),
		.epoch = slot->s.claims.epoch,
		.seq = slot->s.claims.seq,
		.hash = slot->hash };

	take_keys(s, slot);
	add_row(s, &row);
	add_subjects(s, &slot->subjects);
	s->last_entry_end = append_index(s);
	s->epochs.entries_since = true;
	s->batch_statements++;
	s->batch_events += slot->payload == ERR_OK ? slot->events : 0;
}

static void
take_evidence_keys(struct sequencer *s, struct span entry)
{
	struct touch t;
	enum err e = touch_init(&t);

	buf_reset(&s->keys);
	if (e == ERR_OK) {
		e = map_block_keys(&s->keys, &t, entry);
		touch_clear(&t);
	}
	keep_failure(s, e);
}

uint64_t
append_evidence(struct sequencer *s, struct slot *slot)
{
	struct buf b = buf_heap(ENTRY_MAX);
	struct store_row row = { 0 };
	uint64_t index = append_index(s);

	keep_failure(s, fork_print(&b, buf_span(&slot->bytes)));
	row.entry = buf_span(&b);
	row.leaf = merkle_leaf(row.entry);
	take_evidence_keys(s, row.entry);
	add_row(s, &row);
	keep_failure(s, store_batch_subject(s->batch, span_str("reject/")));
	s->last_entry_end = append_index(s);
	s->epochs.entries_since = true;
	buf_free(&b);
	return index;
}

void
append_quarantine(struct sequencer *s, const char *device, enum err code,
    const char *detail, struct span bytes)
{
	keep_failure(s, store_batch_quarantine(s->batch, span_str(device), code,
			    detail, bytes, clock_wall_ms()));
	s->batch_has_notes = true;
	s->batch_bad_bytes += bytes.n;
	touch_time(s);
	metric_add(&s->o.metrics->quarantined, 1);
}

void
append_nack(struct sequencer *s, const char *device, uint64_t epoch,
    uint64_t number, const struct nack *n)
{
	keep_failure(s, store_batch_nack(s->batch, span_str(device), epoch,
			    (unsigned)(number % RECEIPT_NACKS), number, n));
	s->batch_has_notes = true;
	touch_time(s);
	metric_add(&s->o.metrics->nacks, 1);
}

/* The clock is not believed: say it once, go on without epochs. */
static void
tell_clock(struct sequencer *s, const struct diag *why)
{
	metric_set(&s->o.metrics->clock_stopped, why != NULL);
	if (why != NULL && !s->clock_told)
		log_diag(LOG_ERROR, "epoch.stopped", why);
	if (why == NULL && s->clock_told)
		log_line(LOG_INFO, "epoch.resumed", "log=%s", s->o.log);
	s->clock_told = why != NULL;
}

static void
add_epoch(struct sequencer *s, int64_t time_ms)
{
	uint8_t space[512];
	struct buf b = buf_fixed(space, sizeof space);
	struct store_row row = { 0 };
	struct epoch e = { .covered = s->mapped.covered,
		.time_ms = time_ms,
		.map_root = s->mapped.root,
		.keys = s->mapped.keys,
		.previous = s->head.last_epoch,
		.chain = s->chain };

	keep_failure(s, epoch_print(&b, &e));
	row.entry = buf_span(&b);
	row.leaf = merkle_leaf(row.entry);
	buf_reset(&s->keys); /* it touches nothing */
	add_row(s, &row);
	keep_failure(s, store_batch_epoch(s->batch, e.covered, e.time_ms,
			    &e.map_root, e.keys, e.previous));
	s->batch_has_epoch = true;
	s->epoch_ms = time_ms;
	s->epoch_leaf = row.leaf;
	epoch_cut(&s->epochs, time_ms, clock_mono_ms(),
	    e.covered >= s->last_entry_end);
}

/* formats 4.5: the map speaks of what is committed, and the sequencer does not
 * stop for it. *ready once the epoch can be cut. */
static enum err
ask_map(struct sequencer *s, int64_t mono, bool *ready, struct diag *d)
{
	struct mapper_state state;
	enum err e = ERR_OK;

	if (s->epoch_asked_ms == 0) {
		if ((e = append_commit(s, d)) != ERR_OK)
			return e;
		mapper_ask(s->mapper, s->head.size);
		s->epoch_asked_ms = mono;
	}
	e = mapper_answer(s->mapper, &state, ready, 0, d);
	*ready = *ready || mono - s->epoch_asked_ms >= APPEND_MAP_MS;
	/* formats 4.5: never falling */
	if (*ready && state.covered >= s->mapped.covered)
		s->mapped = state;
	return e;
}

enum err
append_epoch(struct sequencer *s, struct diag *d)
{
	int64_t wall = clock_wall_ms(), mono = clock_mono_ms(), time_ms;
	struct diag why = { 0 };
	bool ready;
	enum err e;

	if (!epoch_due(&s->epochs, wall, mono))
		return ERR_OK;
	if (epoch_time(&time_ms, &s->epochs, wall, mono, &why) != ERR_OK) {
		tell_clock(s, &why);
		return ERR_OK;
	}
	tell_clock(s, NULL);
	if ((e = ask_map(s, mono, &ready, d)) != ERR_OK || !ready)
		return e;
	s->epoch_asked_ms = 0;
	add_epoch(s, time_ms);
	return append_commit(s, d);
}

enum err
append_checkpoint(struct sequencer *s, uint64_t size, const struct hash *root,
    int64_t at_ms, struct diag *d)
{
	struct checkpoint c = { .size = size, .root = *root };
	struct store_checkpoint row = {
		.size = size, .root = *root, .at_ms = at_ms
	};
	uint8_t space[2048];
	struct buf note = buf_fixed(space, sizeof space);
	struct diag lost = { 0 };

	memcpy(c.origin, s->genesis.origin, sizeof s->genesis.origin);
	/* formats 6.1: on disk before the signature leaves the process */
	enum err e =
	    highwater_raise(&s->highwater, s->o.highwater, size, root, d);
	/* by a successor that signed meanwhile: the log is lost, not rewound */
	if (e == ERR_REWIND &&
	    store_held(s->store, s->head.term, &lost) != ERR_OK) {
		*d = lost;
		return lost.code;
	}
	if (e == ERR_OK)
		e = checkpoint_sign(&note, &c, s->o.log_key);
	/* formats 6.2: with witnesses it waits beside the published one */
	if (e == ERR_OK)
		e = (s->o.witnesses != NULL ? store_put_pending
					    : store_put_checkpoint)(
		    s->store, s->head.term, &row, buf_span(&note), d);
	if (e != ERR_OK)
		return e;
	metric_add(&s->o.metrics->epochs, 1);
	if (s->o.witnesses != NULL)
		witness_link_submit(s->o.witnesses, s->head.term, size);
	return ERR_OK;
}

/* What was added is true now. */
static void
take_committed(struct sequencer *s, size_t rows)
{
	struct ingest_metrics *m = s->o.metrics;

	s->held_ms = clock_mono_ms();
	s->head.size += rows;
	s->head.chain = s->chain;
	mapper_give(s->mapper, s->head.size);
	if (s->batch_has_epoch) {
		s->head.last_epoch = s->head.size - 1;
		s->head.last_epoch_ms = s->epoch_ms;
		s->head.last_epoch_leaf = s->epoch_leaf;
	}
	metric_add(&m->statements, (long long)s->batch_statements);
	metric_add(&m->events, (long long)s->batch_events);
	metric_add(&m->batches, 1);
	metric_set(&m->log_size, (long long)s->head.size);
	metric_observe(&m->batch_rows, (double)rows);
}

enum err
append_commit(struct sequencer *s, struct diag *d)
{
	size_t rows = store_batch_rows(s->batch);
	bool has_epoch = s->batch_has_epoch;
	int64_t start = clock_mono_us();

	if (append_empty(s))
		return ERR_OK;
	if (s->batch_failed != ERR_OK)
		return diag_fail(
		    d, ERR_DB, "", "batch: %s", err_name(s->batch_failed));
	enum err e =
	    store_append(s->store, s->batch, s->head.term, &s->chain, d);
	if (e != ERR_OK)
		return e;
	metric_observe(&s->o.metrics->commit_seconds,
	    (double)(clock_mono_us() - start) / 1e6);
	take_committed(s, rows);
	store_batch_reset(s->batch, s->head.size);
	s->batch_since_ms = 0;
	s->batch_statements = s->batch_events = 0;
	s->batch_taken = s->batch_bad_bytes = 0;
	s->batch_has_epoch = s->batch_has_notes = false;
	if (s->batch_has_fork)
		load_ask_suspensions(s);
	s->batch_has_fork = false;
	if (!has_epoch)
		return ERR_OK;
	struct hash root = frontier_root(&s->frontier);
	return append_checkpoint(s, s->head.size, &root, s->epoch_ms, d);
}
