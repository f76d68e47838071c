/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --since: the state before an entry, out of what the store holds about it. It
 * is held against the newest epoch there, which has signed all of it: chain,
 * tree and map. So what is wrong with it is named here, not at the first entry
 * or epoch behind.
 */
#include <inttypes.h>

#include "audit_internal.h"
#include "search_internal.h"

#include "base/banned.h"

struct since {
	struct audit *a;
	uint64_t epoch; /* index of that epoch entry, 0 none */
	uint64_t tree;  /* tree and chain stand there so far */
	struct touch touch;
};

/* ---- people ---- */
static enum err
take_genesis(void *ctx, uint64_t index, struct span entry)
{
	struct audit *a = ctx;
	struct hash none = { { 0 } };
	struct audit_look l;
	enum err e;

	audit_look(&l, entry);
	e = audit_entry_text(a, index, &l, &none);
	return e == ERR_OK ? audit_search_entry(a, index, &l) : e;
}

static enum err
take_registry(void *ctx, uint64_t index, struct span entry)
{
	struct audit *a = ctx;
	struct search_rows none;
	enum err e = roster_replay(a->text.roster, index, entry);

	if (e != ERR_OK || a->search == NULL)
		return e;
	return search_entry(&none, a->search, index, entry);
}

static enum err
take_people(struct audit *a, uint64_t since)
{
	enum err e = store_entries(a->s, 0, 1, take_genesis, a, a->d);

	if (e == ERR_OK && a->text.roster == NULL)
		e = diag_fail(a->d, ERR_PROOF, "formats 4.3",
		    "genesis: not readable; run the audit from the start");
	return e == ERR_OK
		   ? store_registry(a->s, 1, since, take_registry, a, a->d)
		   : e;
}

/* ---- the epoch before ---- */
/* Its row and its checkpoint are compared as if it came behind. */
static enum err
begin_at(struct since *s, uint64_t index, struct span entry)
{
	struct audit *a = s->a;
	struct hash leaf = merkle_leaf(entry);
	struct epoch e;
	enum err failed;

	if (epoch_parse(&e, entry, NULL) != ERR_OK)
		return diag_fail(a->d, ERR_PROOF, "formats 4.5",
		    "epoch %" PRIu64 ": not readable; run the audit from an "
		    "entry before it",
		    index);
	s->epoch = index;
	s->tree = index + 1;
	a->text.last_epoch = index;
	a->text.last_covered = e.covered;
	a->text.last_epoch_ms = e.time_ms;
	a->epochs_from = index;
	audit_epoch_row(a, index, &e);
	a->chain = chain_next(&e.chain, &leaf);
	failed =
	    store_load_tiles(a->s, &a->tiles, &a->frontier, index + 1, a->d);
	if (failed == ERR_OK)
		failed = audit_checkpoint_before(a, index + 1, e.time_ms);
	return failed == ERR_OK ? audit_map_before(a, &e) : failed;
}

static enum err
take_epoch(struct since *s, uint64_t since)
{
	struct audit *a = s->a;
	struct pg_args args = store_args(a->s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&args, (int64_t)since);
	e = store_call(a->s->pg, Q_AUDIT_EPOCH_BEFORE, &args, &r, a->d);
	if (e == ERR_OK && pg_rows(r) == 1)
		e = begin_at(s, (uint64_t)pg_int(r, 0, 0), pg_span(r, 0, 1));
	pg_free(r);
	return e;
}

/* ---- entries between it and the first that is looked at ---- */
static enum err
take_entry(void *ctx, uint64_t index, struct span entry)
{
	struct since *s = ctx;
	struct audit *a = s->a;
	struct hash leaf = merkle_leaf(entry);

	if (index >= s->tree) {
		a->chain = chain_next(&a->chain, &leaf);
		tiles_add(&a->tiles, &a->frontier, &leaf);
	}
	return audit_map_behind(a, &s->touch, index, entry, &leaf);
}

static enum err
take_entries(struct since *s, uint64_t since)
{
	struct audit *a = s->a;
	uint64_t from = a->map.at < s->tree ? a->map.at : s->tree;
	enum err e = touch_init(&s->touch);

	if (e != ERR_OK)
		return diag_fail(a->d, e, "", "audit: out of memory");
	a->tiles.done = NULL; /* rows of entries before are not compared */
	if (from < since)
		e = store_entries(
		    a->s, from, (size_t)(since - from), take_entry, s, a->d);
	a->tiles.done = audit_tile_done;
	touch_clear(&s->touch);
	return e;
}

/* The row that the first entry follows; that one tells which of the two is
 * right. */
static enum err
check_chain(struct audit *a, uint64_t since)
{
	struct pg_args args = store_args(a->s);
	struct pg_result *r = NULL;
	struct hash stored;
	char row[24];
	enum err e;

	pg_arg_i64(&args, (int64_t)since - 1);
	pg_arg_i64(&args, (int64_t)since);
	e = store_call(a->s->pg, Q_AUDIT_ENTRY, &args, &r, a->d);
	if (e != ERR_OK)
		return e;
	audit_index_text(row, since - 1);
	if (pg_rows(r) != 1 || !pg_hash(&stored, r, 0, 2))
		e = diag_fail(
		    a->d, ERR_PROOF, "", "entry %s: not readable", row);
	if (e == ERR_OK && !hash_equal(&stored, &a->chain)) {
		audit_say_hash(a, "entry", row, "chain", hash_span(&stored),
		    hash_span(&a->chain), false);
		a->stored_chain = stored;
		a->chain_split = true;
	}
	pg_free(r);
	return e;
}

enum err
audit_since(struct audit *a, uint64_t since)
{
	struct since s = { .a = a };
	enum err e;

	if (since > a->head.size)
		return diag_fail(a->d, ERR_USAGE, "",
		    "--since %" PRIu64 ": the log has %" PRIu64 " entries",
		    since, a->head.size);
	a->epochs_from = since;
	if ((e = take_people(a, since)) != ERR_OK ||
	    (e = take_epoch(&s, since)) != ERR_OK)
		return e;
	e = take_entries(&s, since);
	if (e == ERR_OK)
		e = map_block_load(&a->map.block, a->s, since, a->d);
	return e == ERR_OK ? check_chain(a, since) : e;
}
