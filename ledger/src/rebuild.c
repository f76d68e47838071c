/* SPDX-License-Identifier: Apache-2.0 */
/* The derived tables made again from the entries, in one transaction. */
#include "event/did.h"
#include "event/statement.h"
#include "event/touch.h"
#include "ledger/audit.h"
#include "ledger/logtext.h"
#include "ledger/note.h"

#include "map_store_internal.h"
#include "search_internal.h"

#include "base/banned.h"

#define BATCH 1024

struct rebuild {
	struct touch touch;
	struct store_batch *batch;
	struct search *search;
	struct search_batch *rows;
	uint64_t published; /* size of the newest checkpoint */
	struct map_block block;
	struct buf keys;   /* of the entry */
	struct map *map;   /* of the entries below snapshot; NULL for none */
	uint64_t snapshot; /* covered of the snapshot there was, 0 none */
	struct diag *d;
	char host[321];
	enum err failed;
	uint64_t next; /* entry */
	bool full;     /* its rows wait for the next batch */
};

static void
take_subject(void *ctx, struct span subject)
{
	struct rebuild *r = ctx;
	struct hash key = map_key(subject);
	enum err e;

	buf_put(&r->keys, hash_span(&key));
	if (r->failed != ERR_OK || span_starts(subject, "device/"))
		return;
	if ((e = store_batch_subject(r->batch, subject)) != ERR_OK)
		r->failed = e;
}

static enum err
take_row(struct rebuild *r, struct span entry)
{
	struct store_row row = { .entry = entry };
	struct statement s;
	struct span name;

	if (entry_kind(entry) == ENTRY_STATEMENT &&
	    statement_parse(&s, entry, NULL) == ERR_OK &&
	    did_web_device_name(&name, r->host, s.claims.iss) == ERR_OK) {
		row.device = name;
		row.epoch = s.claims.epoch;
		row.seq = s.claims.seq;
		row.hash = statement_hash(&s);
	}
	return store_batch_row(r->batch, &row);
}

/* The search tables hold what is published (formats 4.6). */
static enum err
take_search(struct rebuild *r, uint64_t index, struct span entry)
{
	struct search_rows rows;
	enum err e;

	if (index >= r->published)
		return ERR_OK;
	if (index == 0 && (e = search_new(&r->search, entry, r->d)) != ERR_OK)
		return e;
	e = search_entry(&rows, r->search, index, entry);
	return e == ERR_OK ? search_batch_add(r->rows, &rows) : e;
}

/* Journal and snapshot of the map, from the keys of an entry. */
static enum err
take_map(struct rebuild *r, uint64_t index, struct span entry)
{
	struct hash leaf = merkle_leaf(entry), key;
	enum err e = buf_error(&r->keys);

	map_block_add(&r->block, buf_span(&r->keys));
	if (e == ERR_OK && r->block.count == MAP_BLOCK) {
		e = buf_error(&r->block.b);
		if (e == ERR_OK)
			e = store_batch_journal(
			    r->batch, index / MAP_BLOCK, buf_span(&r->block.b));
		map_block_reset(&r->block);
	}
	for (size_t i = 0; index < r->snapshot && i < r->keys.n && e == ERR_OK;
	     i += HASH_BYTES) {
		memcpy(key.b, r->keys.p + i, HASH_BYTES);
		e = map_add(r->map, &key, index, &leaf);
	}
	return e;
}

static enum err
take_entry(void *ctx, uint64_t index, struct span entry)
{
	struct rebuild *r = ctx;
	struct genesis g;
	struct epoch p;
	char log[321];
	enum err e;

	r->full = search_batch_full(r->rows);
	if (r->full)
		return ERR_LIMIT; /* ends the reading, nothing else */
	r->next = index + 1;
	if (index == 0) {
		if ((e = genesis_parse(&g, entry, NULL)) != ERR_OK)
			return e;
		genesis_names(&g, r->host, log);
	}
	if ((e = take_row(r, entry)) != ERR_OK ||
	    (e = take_search(r, index, entry)) != ERR_OK)
		return e;
	if (entry_kind(entry) == ENTRY_EPOCH) {
		if ((e = epoch_parse(&p, entry, NULL)) != ERR_OK)
			return e;
		e = store_batch_epoch(r->batch, p.covered, p.time_ms,
		    &p.map_root, p.keys, p.previous);
		if (e != ERR_OK)
			return e;
	}
	buf_reset(&r->keys);
	e = touch_entry(&r->touch, entry, take_subject, r);
	if (e == ERR_OK)
		e = r->failed;
	return e == ERR_OK ? take_map(r, index, entry) : e;
}

static enum err
drop_rows(struct store *s, struct diag *d)
{
	struct pg_args a = store_args(s);
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_REBUILD_PROJECTION], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT_EPC], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT_REF], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT_ORG], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT_QUANTITY], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT_DECLARATION], &a, NULL },
		{ &store_statements[Q_REBUILD_EVENT_ILMD], &a, NULL },
		{ &store_statements[Q_REBUILD_MASTER], &a, NULL },
		{ &store_statements[Q_REBUILD_ITEM], &a, NULL },
		{ &store_statements[Q_REBUILD_DEVICE_ENTRY], &a, NULL },
		{ &store_statements[Q_REBUILD_EPOCH], &a, NULL },
		{ &store_statements[Q_REBUILD_MAP_JOURNAL], &a, NULL },
		{ &store_statements[Q_REBUILD_MAP_SNAPSHOT], &a, NULL },
	};

	pg_deadline(s->pg);
	return pg_run(s->pg, steps, sizeof steps / sizeof steps[0], d);
}

/* Where the snapshot was that the tables had; none where no entries could have
 * given it. After drop_rows(), which holds the row. */
static enum err
begin_snapshot(struct rebuild *r, struct store *s, uint64_t size)
{
	struct pg_args a = store_args(s);
	const struct pg_step none = { &store_statements[Q_MAP_ADVANCE], &a,
		NULL };
	enum err e = search_snapshot(s, &r->snapshot, r->d);

	if (e != ERR_OK || r->snapshot == 0)
		return e;
	if (r->snapshot <= size && r->snapshot % MAP_BLOCK == 0)
		return map_new(&r->map);
	pg_arg_i64(&a, (int64_t)r->snapshot);
	pg_arg_i64(&a, 0);
	r->snapshot = 0;
	pg_deadline(s->pg);
	return pg_run(s->pg, &none, 1, r->d);
}

static enum err
refill(struct rebuild *r, struct store *s, uint64_t size, struct diag *d)
{
	const struct pg_step commit = { &pg_commit, NULL, NULL };
	enum err e = ERR_OK;

	for (uint64_t at = 0; at < size && e == ERR_OK; at = r->next) {
		size_t n = size - at < BATCH ? (size_t)(size - at) : BATCH;

		store_batch_reset(r->batch, at);
		search_batch_reset(r->rows);
		r->full = false;
		e = store_entries(s, at, n, take_entry, r, d);
		if (r->full)
			e = ERR_OK;
		pg_deadline(s->pg);
		if (e == ERR_OK)
			e = store_copy_derived(s, r->batch, d);
		if (e == ERR_OK)
			e = search_batch_send(s, r->rows, d);
	}
	if (e == ERR_OK && r->snapshot > 0)
		e = map_store_put_parts(s, r->map, r->snapshot, d);
	if (e != ERR_OK)
		return e;
	pg_deadline(s->pg);
	if ((e = search_advance(s, false, 0, r->published, d)) != ERR_OK)
		return e;
	pg_deadline(s->pg);
	return pg_run(s->pg, &commit, 1, d);
}

/* Of the newest checkpoint, 0 without one. */
static enum err
published(uint64_t *size, struct store *s, struct diag *d)
{
	struct store_checkpoint c = { .size = 0 };
	struct buf note = buf_heap(NOTE_MAX);
	enum err e = store_checkpoint(s, &c, &note, d);

	*size = c.size;
	buf_free(&note);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
store_rebuild(struct store *s, uint64_t *entries, struct diag *d)
{
	struct rebuild r = { .keys = buf_heap(MAP_BLOCK_BYTES), .d = d };
	struct store_head head;
	enum err e;

	*entries = 0;
	if ((e = store_lock(s, d)) != ERR_OK ||
	    (e = store_bare_head(s, &head, d)) != ERR_OK ||
	    (e = published(&r.published, s, d)) != ERR_OK ||
	    (e = touch_init(&r.touch)) != ERR_OK)
		return e;
	if ((e = store_batch_new(&r.batch, d)) != ERR_OK ||
	    (e = search_batch_new(&r.rows, s)) != ERR_OK)
		goto out;
	map_block_init(&r.block);
	e = drop_rows(s, d);
	if (e == ERR_OK)
		e = begin_snapshot(&r, s, head.size);
	if (e == ERR_OK)
		e = refill(&r, s, head.size, d);
	if (e != ERR_OK)
		pg_abandon(s->pg);
	else
		*entries = head.size;
out:
	search_free(r.search);
	search_batch_free(r.rows);
	store_batch_free(r.batch);
	map_block_clear(&r.block);
	buf_free(&r.keys);
	map_free(r.map);
	touch_clear(&r.touch);
	return e;
}
