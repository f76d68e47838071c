/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/audit_tiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ledger/replay.h"

#include "base/banned.h"

#define VALUE 72

struct audit_tiles {
	const struct audit_tiles_options *o;
	struct audit_tiles_result *out;
	struct follow *f;
	struct replay *replay;
	struct tiles tiles; /* made again from the entries */
	struct frontier frontier;
	enum err tile_failed;
	struct diag *d;
};

static void
say(struct audit_tiles *a, const char *table, const char *row,
    const char *field, const char *got, const char *want)
{
	const struct audit_tiles_fault f = { table, row, field, got, want };

	a->out->faults++;
	a->o->fault(a->o->ctx, &f);
}

static void
say_hash(struct audit_tiles *a, const char *table, const char *row,
    const char *field, const struct hash *got, const struct hash *want)
{
	char g[2 * HASH_BYTES + 1], w[2 * HASH_BYTES + 1];

	hex_print(g, hash_span(got));
	hex_print(w, hash_span(want));
	say(a, table, row, field, g, w);
}

static void
replay_says(void *ctx, const struct replay_fault *f)
{
	char row[24];

	(void)snprintf(row, sizeof row, "%" PRIu64, f->index);
	say(ctx, "entry", row, f->field, f->got, f->want);
}

/* A failure of the log's is a fault; one on the way ends the audit. */
static enum err
judge(struct audit_tiles *a, enum err e)
{
	const char *where = follow_where(a->f);
	enum follow_fault kind = follow_faulted(a->f);

	if (e == ERR_OK)
		return ERR_OK;
	switch (kind) {
	case FOLLOW_BAD_NOTE:
	case FOLLOW_REWIND:
	case FOLLOW_SPLIT_VIEW:
		say(a, "checkpoint", "newest", "note", follow_fault_name(kind),
		    "signed_note_over_the_entries");
		return ERR_OK;
	case FOLLOW_BAD_TILE:
		say(a, "tile",
		    span_starts(span_str(where), "tile/") ? where + 5 : where,
		    "bytes", err_name(e), "whole_tile");
		return ERR_OK;
	case FOLLOW_NONE:
	case FOLLOW_REFUSED:
	case FOLLOW_UNREACHABLE:
	case FOLLOW_STOPPED:
		break;
	}
	return e;
}

/* ---- hash tiles ---- */
static enum err
compare_tile(struct audit_tiles *a, unsigned level, uint64_t n,
    const struct hash *want, unsigned width)
{
	struct hash got[TILE_WIDTH];
	struct diag d;
	char row[48];
	enum err e = follow_read(a->f, level, n * TILE_WIDTH, width, got, &d);

	if (e != ERR_OK) {
		e = judge(a, e);
		if (e != ERR_OK && a->d != NULL)
			*a->d = d;
		return e;
	}
	for (unsigned i = 0; i < width; i++) {
		if (hash_equal(&got[i], &want[i]))
			continue;
		(void)snprintf(
		    row, sizeof row, "%u/%" PRIu64 "[%u]", level, n, i);
		say_hash(a, "tile", row, "hashes", &got[i], &want[i]);
		break;
	}
	return ERR_OK;
}

static void
tile_done(void *ctx, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root)
{
	struct audit_tiles *a = ctx;

	(void)root; /* a hash of the level above */
	if (a->tile_failed == ERR_OK)
		a->tile_failed = compare_tile(a, level, n, hashes, TILE_WIDTH);
}

static enum err
partial_tiles(struct audit_tiles *a)
{
	enum err e = ERR_OK;

	for (unsigned level = 0; level < TILE_LEVELS && e == ERR_OK; level++) {
		uint64_t hashes = a->tiles.size >> (8 * level);

		if (a->tiles.count[level] > 0)
			e = compare_tile(a, level, hashes / TILE_WIDTH,
			    a->tiles.part[level], a->tiles.count[level]);
	}
	return e;
}

/* ---- entries ---- */
static enum err
take_bundle(void *ctx, uint64_t first, const struct span *entries, size_t n)
{
	struct audit_tiles *a = ctx;

	a->o->progress(a->o->ctx, first, follow_newest(a->f)->checkpoint.size);
	return replay_ahead(a->replay, first, entries, n);
}

static enum err
take_entry(void *ctx, uint64_t index, struct span entry,
    const struct hash *leaf, struct diag *d)
{
	struct audit_tiles *a = ctx;
	enum err e = replay_entry(a->replay, index, entry, leaf, d);

	if (e == ERR_OK) {
		tiles_add(&a->tiles, &a->frontier, leaf);
		a->out->entries++;
		e = a->tile_failed;
	}
	if (e != ERR_OK)
		replay_drop(a->replay); /* its threads read the bundle */
	return e;
}

/* formats 4.5: a checkpoint ends with an epoch. */
static void
check_size(struct audit_tiles *a)
{
	uint64_t size = follow_newest(a->f)->checkpoint.size;
	uint64_t epoch = replay_last_epoch(a->replay);
	char row[24], got[24], want[24];

	if (size == epoch + 1 && epoch > 0)
		return;
	(void)snprintf(row, sizeof row, "%" PRIu64, size);
	(void)snprintf(got, sizeof got, "%" PRIu64, size);
	(void)snprintf(want, sizeof want, "%" PRIu64, epoch + 1);
	say(a, "checkpoint", row, "size", got, want);
}

/* formats 6.2: published is what a quorum has cosigned. */
static void
check_quorum(struct audit_tiles *a)
{
	const struct policy_opened *newest = follow_newest(a->f);
	char got[24];

	if (newest->quorum)
		return;
	(void)snprintf(got, sizeof got, "%u", newest->cosigned);
	say(a, "checkpoint", "newest", "cosignatures", got, "quorum");
}

static enum err
walk(struct audit_tiles *a)
{
	const struct follow_taker t = { take_entry, take_bundle, a };
	const struct replay_options ro = {
		.origin = follow_newest(a->f)->checkpoint.origin,
		.policy = &a->o->policy,
		.fault = replay_says,
		.ctx = a,
	};
	enum err e = replay_new(&a->replay, &ro, a->d);

	if (e != ERR_OK)
		return e;
	check_quorum(a);
	e = follow_entries(a->f, &t, a->d);
	replay_drop(a->replay);
	if (e != ERR_OK && follow_faulted(a->f) == FOLLOW_SPLIT_VIEW)
		e = partial_tiles(a) == ERR_OK ? e : ERR_NET;
	if (e != ERR_OK)
		return a->tile_failed != ERR_OK ? e : judge(a, e);
	e = partial_tiles(a);
	if (e == ERR_OK)
		check_size(a);
	return e;
}

enum err
audit_tiles_run(struct audit_tiles_result *out,
    const struct audit_tiles_options *o, struct diag *d)
{
	struct audit_tiles *a = calloc(1, sizeof *a);
	enum err e;

	*out = (struct audit_tiles_result){ 0, 0 };
	if (a == NULL)
		return diag_fail(d, ERR_NOMEM, "", "audit: out of memory");
	a->o = o;
	a->out = out;
	a->d = d;
	tiles_init(&a->tiles);
	frontier_init(&a->frontier);
	a->tiles.ctx = a;
	a->tiles.done = tile_done;
	e = follow_new(&a->f, &o->follow, d);
	if (e == ERR_OK) {
		e = follow_checkpoint(a->f, d);
		e = e == ERR_OK ? walk(a) : judge(a, e);
	}
	replay_free(a->replay);
	follow_free(a->f);
	free(a);
	return e;
}
