/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequencer's memory, read from the database: who is who, where each
 * device's chain stands, the tree's edge. Done at start and whenever the
 * outcome of a transaction is unknown.
 */
#include "base/clock.h"
#include "base/log.h"
#include "ledger/map_store.h"

#include "sequencer_internal.h"

#include "base/banned.h"

#define MAP_LOOK_MS 1000     /* so long without a look whether to end */
#define FOLLOW_EVERY_MS 1000 /* of a standby */

void
load_clear(struct sequencer *s)
{
	for (size_t i = 0;
	     s->roster != NULL && i < roster_device_count(s->roster); i++)
		chain_free(roster_device_at(s->roster, i)->user);
	roster_free(s->roster);
	s->roster = NULL;
	s->dirty_first = NULL;
	s->dirty_last = &s->dirty_first;
	s->dirty_count = 0;
	s->batch_since_ms = 0;
	s->batch_statements = s->batch_events = 0;
	s->batch_taken = s->batch_bad_bytes = 0;
	s->batch_has_epoch = s->batch_has_notes = false;
	s->batch_has_fork = false;
	s->batch_failed = ERR_OK;
	s->link_full = false;
	s->epoch_asked_ms = 0;
	if (s->mapper != NULL)
		mapper_drop(s->mapper);
}

static enum err
take_genesis(void *ctx, uint64_t index, struct span entry)
{
	struct sequencer *s = ctx;

	(void)index;
	return genesis_parse(&s->genesis, entry, NULL);
}

static enum err
take_registry(void *ctx, uint64_t index, struct span entry)
{
	struct sequencer *s = ctx;

	return roster_replay(s->roster, index, entry);
}

static enum err
take_head(void *ctx, const struct store_device_head *h)
{
	struct sequencer *s = ctx;
	struct roster_device *d = roster_device(s->roster, span_str(h->device));

	if (d == NULL) /* the rows do not belong to this log's registry */
		return ERR_DB;
	struct chain *c = judge_chain(s, d);
	if (c == NULL)
		return ERR_NOMEM;
	if (h->epoch >= c->epoch)
		chain_advance(c, h->epoch, h->seq, &h->hash, h->index);
	return ERR_OK;
}

static enum err
take_nack(void *ctx, const char *device, uint64_t epoch, uint64_t number,
    const struct nack *n)
{
	struct sequencer *s = ctx;
	struct roster_device *d = roster_device(s->roster, span_str(device));
	struct chain *c = d != NULL ? judge_chain(s, d) : NULL;

	if (c != NULL && epoch == d->epoch)
		chain_restore_nack(c, epoch, number, n);
	return ERR_OK;
}

static enum err
load_roster(struct sequencer *s, struct diag *d)
{
	char log[321];
	enum err e = store_entries(s->store, 0, 1, take_genesis, s, d);

	if (e != ERR_OK)
		return e;
	genesis_names(&s->genesis, s->host, log);
	struct roster_genesis g = { .host = s->host,
		.authority = (const uint8_t(*)[KEY_BYTES])s->genesis.authority,
		.authority_count = s->genesis.authority_count,
		.service = s->genesis.service };
	e = roster_new(&s->roster, &g);
	if (e != ERR_OK)
		return diag_fail(d, e, "", "roster");
	return store_registry(s->store, 1, s->head.size, take_registry, s, d);
}

/* The keys we hold must be those the genesis names. */
static enum err
check_keys(const struct sequencer *s, struct diag *d)
{
	if (memcmp(s->o.receipt_key->pub, s->genesis.receipt, KEY_BYTES) != 0)
		return diag_fail(d, ERR_CONFIG, "formats 4.3",
		    "receipt_key: not the key in the genesis of %s",
		    s->genesis.origin);
	return ERR_OK;
}

/* formats 6.1: before the first signature, ours must hold what was signed. */
static enum err
check_highwater(struct sequencer *s, struct diag *d)
{
	struct hash root;
	enum err e = highwater_load(&s->highwater, s->o.highwater, d);

	if (e != ERR_OK || s->highwater.size == 0)
		return e;
	if (s->highwater.size > s->head.size)
		return diag_fail(d, ERR_REWIND, "formats 6.1",
		    "the log has %llu entries, %llu were signed before",
		    (unsigned long long)s->head.size,
		    (unsigned long long)s->highwater.size);
	e = merkle_root_at(
	    &root, s->highwater.size, store_read_hashes, s->store, d);
	if (e == ERR_OK && !hash_equal(&root, &s->highwater.root))
		e = diag_fail(d, ERR_REWIND, "formats 6.1",
		    "root at size %llu is not the one that was signed",
		    (unsigned long long)s->highwater.size);
	return e;
}

/* A crash between COMMIT and signature leaves an epoch without a checkpoint. */
static enum err
finish_epoch(struct sequencer *s, struct diag *d)
{
	struct store_checkpoint newest = { 0 }, waits = { 0 };
	struct buf note = buf_heap(NOTE_MAX);
	struct hash root;
	uint64_t size = s->head.last_epoch + 1;
	enum err e = store_checkpoint(s->store, &newest, &note, d);

	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
	if (e == ERR_OK && s->o.witnesses != NULL) {
		e = store_pending(s->store, &waits, &note, d);
		if (e == ERR_NOT_FOUND)
			e = ERR_OK;
	}
	buf_free(&note);
	if (e != ERR_OK || s->head.last_epoch == 0 || newest.size >= size)
		return e;
	/* whoever signed it may not have come to the witnesses */
	if (waits.size >= size) {
		witness_link_submit(s->o.witnesses, s->head.term, waits.size);
		return ERR_OK;
	}
	e = merkle_root_at(&root, size, store_read_hashes, s->store, d);
	if (e == ERR_OK)
		e = append_checkpoint(s, size, &root, s->head.last_epoch_ms, d);
	return e;
}

void
load_ask_suspensions(struct sequencer *s)
{
	for (size_t i = 0; i < roster_device_count(s->roster); i++) {
		struct roster_device *d = roster_device_at(s->roster, i);
		struct chain *c = d->suspended && !d->suspension_registered
				      ? judge_chain(s, d)
				      : NULL;
		if (c == NULL || c->suspend_asked)
			continue;
		c->suspend_asked = true;
		service_link_suspend(s->o.service, d->name);
	}
}

static enum err
load_edge(struct sequencer *s, struct diag *d)
{
	void (*done)(void *, unsigned, uint64_t, const struct hash *,
	    const struct hash *) = s->tiles.done;
	enum err e = store_load_tiles(
	    s->store, &s->tiles, &s->frontier, s->head.size, d);

	s->tiles.ctx = s;
	s->tiles.done = done;
	s->chain = s->head.chain;
	/* the guard of 4.6 goes on where this process cut the last epoch */
	int64_t mono = s->epochs.last_ms == s->head.last_epoch_ms
			   ? s->epochs.last_mono_ms
			   : 0;
	s->epochs = (struct epoch_clock){ .last_mono_ms = mono,
		.last_ms = s->head.last_epoch_ms,
		.entries_since = s->head.last_epoch + 1 < s->head.size };
	store_batch_reset(s->batch, s->head.size);
	return e == ERR_OK
		   ? map_block_load(&s->block, s->store, s->head.size, d)
		   : e;
}

/* ---- the map ---- */
/* What the newest epoch says of it; without one the empty map. */
static enum err
epoch_of(struct epoch *out, struct sequencer *s, const struct store_head *head,
    struct diag *d)
{
	*out = (struct epoch){ .map_root = map_empty_root() };
	return head->last_epoch == 0
		   ? ERR_OK
		   : map_store_epoch(out, s->store, head->last_epoch, d);
}

/* Where the map must be before anything is signed: at what the last epoch
 * covers, and the same. It goes on from there by itself. */
static enum err
load_map(struct sequencer *s, struct diag *d)
{
	struct epoch epoch;
	bool done = false, told = false;
	enum err e = epoch_of(&epoch, s, &s->head, d);

	if (e != ERR_OK)
		return e;
	mapper_check(s->mapper, &epoch, s->head.size);
	while (e == ERR_OK && !done) {
		if (atomic_load(&s->stop))
			return diag_fail(d, ERR_TIMEOUT, "", "asked to end");
		e = mapper_checked(s->mapper, &done, MAP_LOOK_MS, d);
		if (!done && !told)
			log_line(LOG_INFO, "map.loading", "covered=%llu",
			    (unsigned long long)epoch.covered);
		told = true;
	}
	s->mapped = (struct mapper_state){ .covered = epoch.covered,
		.root = epoch.map_root,
		.keys = epoch.keys };
	/* the entry before the last epoch may be one, too */
	s->last_entry_end = s->head.last_epoch + 1 < s->head.size
				? s->head.size
				: s->head.last_epoch;
	if (epoch.covered < s->last_entry_end)
		s->epochs.entries_since = true;
	return e;
}

enum err
load_follow(struct sequencer *s, struct diag *d)
{
	struct store_head head;
	struct epoch epoch;
	int64_t now = clock_mono_ms();
	bool done;
	enum err e = mapper_checked(s->mapper, &done, 0, d);

	if (e != ERR_OK || !done ||
	    (s->standby_ms != 0 && now - s->standby_ms < FOLLOW_EVERY_MS))
		return e;
	s->standby_ms = now;
	if ((e = store_read_head(s->store, &head, d)) == ERR_OK &&
	    (e = epoch_of(&epoch, s, &head, d)) == ERR_OK)
		mapper_check(s->mapper, &epoch, head.size);
	return e;
}

enum err
load_all(struct sequencer *s, struct diag *d)
{
	load_clear(s);
	enum err e = store_take_over(s->store, &s->head, d);
	if (e == ERR_OK)
		e = load_roster(s, d);
	if (e == ERR_OK)
		e = check_keys(s, d);
	if (e == ERR_OK)
		e = store_device_heads(s->store, take_head, s, d);
	if (e == ERR_OK)
		e = store_nacks(s->store, take_nack, s, d);
	if (e == ERR_OK)
		e = load_edge(s, d);
	if (e == ERR_OK)
		e = check_highwater(s, d);
	/* architecture, failover: what was shown to others must be ours */
	if (e == ERR_OK && s->o.witnesses != NULL)
		e = witness_link_check(s->o.witnesses, s->head.size, d);
	if (e == ERR_OK)
		e = load_map(s, d);
	if (e == ERR_OK)
		e = finish_epoch(s, d);
	if (e != ERR_OK)
		return e;
	s->held_ms = clock_mono_ms();
	load_ask_suspensions(s);
	receipts_mark_all(s);
	log_line(LOG_INFO, "loaded", "log=%s size=%llu term=%llu devices=%zu",
	    s->o.log, (unsigned long long)s->head.size,
	    (unsigned long long)s->head.term, roster_device_count(s->roster));
	return ERR_OK;
}
