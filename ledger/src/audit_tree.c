/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles and checkpoints against the tree that the entries make. */
#include "audit_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* First hash of a tile that differs, so that a fault names its place. */
static void
compare_tile(struct audit *a, const char *row, struct span got,
    const struct hash hashes[TILE_WIDTH])
{
	if (got.n != TILE_WIDTH * HASH_BYTES) {
		audit_say(a, "tile", row, "hashes", "length", "8192", true);
		return;
	}
	for (size_t i = 0; i < TILE_WIDTH; i++) {
		struct span g = span_of(got.p + i * HASH_BYTES, HASH_BYTES);

		if (span_equal(g, hash_span(&hashes[i])))
			continue;
		audit_say_hash(
		    a, "tile", row, "hashes", g, hash_span(&hashes[i]), true);
		return;
	}
}

void
audit_tile_done(void *ctx, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root)
{
	struct audit *a = ctx;
	struct pg_args args = store_args(a->s);
	struct pg_result *r = NULL;
	char row[32];
	struct span got;
	enum err e;

	if (a->tile_failed != ERR_OK)
		return;
	(void)snprintf(row, sizeof row, "%u/%" PRIu64, level, n);
	pg_arg_i16(&args, (int16_t)level);
	pg_arg_i64(&args, (int64_t)n);
	e = store_call(a->s->pg, Q_AUDIT_TILE, &args, &r, a->d);
	if (e != ERR_OK) {
		a->tile_failed = e;
		return;
	}
	if (pg_rows(r) == 0) {
		audit_say(a, "tile", row, "n", "missing", row, true);
	} else {
		got = pg_span(r, 0, 0);
		if (!span_equal(got, hash_span(root)))
			audit_say_hash(
			    a, "tile", row, "root", got, hash_span(root), true);
		compare_tile(a, row, pg_span(r, 0, 1), hashes);
	}
	pg_free(r);
}

enum err
audit_tiles_extra(struct audit *a)
{
	struct pg_args args = store_args(a->s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&args, (int64_t)a->head.size);
	e = store_call(a->s->pg, Q_AUDIT_TILE_EXTRA, &args, &r, a->d);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r); i++) {
		char row[48];

		(void)snprintf(row, sizeof row, "%" PRId64 "/%" PRId64,
		    pg_int(r, i, 0), pg_int(r, i, 1));
		audit_say(a, "tile", row, "n", row, "nothing", false);
	}
	pg_free(r);
	return ERR_OK;
}

/* ---- checkpoints ---- */
static void
compare_note(struct audit *a, const char *row, struct span note)
{
	struct hash root = frontier_root(&a->frontier);
	struct diag why = { .code = ERR_OK };
	struct checkpoint c;

	if (a->o->key == NULL)
		return;
	if (checkpoint_open(&c, note, a->o->key, &why) != ERR_OK) {
		audit_say(a, "checkpoint", row, "note", err_name(why.code),
		    "signed_note", true);
		return;
	}
	if (strcmp(c.origin, a->o->key->name) != 0 ||
	    c.size != a->frontier.size)
		audit_say(
		    a, "checkpoint", row, "note", "other_size", row, true);
	else if (!a->tree_lost && !hash_equal(&c.root, &root))
		audit_say_hash(a, "checkpoint", row, "note", hash_span(&c.root),
		    hash_span(&root), true);
}

static void
compare_checkpoint(struct audit *a, size_t i, const char *row, int64_t time_ms)
{
	const struct pg_result *r = a->checkpoints;
	struct hash root = frontier_root(&a->frontier);
	struct span got = pg_span(r, i, 1);
	char g[24], w[24];

	if (!a->tree_lost && !span_equal(got, hash_span(&root)))
		audit_say_hash(
		    a, "checkpoint", row, "root", got, hash_span(&root), true);
	if (pg_int(r, i, 2) != time_ms) {
		(void)snprintf(g, sizeof g, "%" PRId64, pg_int(r, i, 2));
		(void)snprintf(w, sizeof w, "%" PRId64, time_ms);
		audit_say(a, "checkpoint", row, "at_ms", g, w, false);
	}
	compare_note(a, row, pg_span(r, i, 3));
}

void
audit_checkpoints_past(struct audit *a, int64_t size)
{
	while (a->checkpoint < pg_rows(a->checkpoints) &&
	       pg_int(a->checkpoints, a->checkpoint, 0) < size) {
		char row[24];

		(void)snprintf(row, sizeof row, "%" PRId64,
		    pg_int(a->checkpoints, a->checkpoint, 0));
		audit_say(a, "checkpoint", row, "size", row, "nothing", true);
		a->checkpoint++;
	}
}

/* Does the checkpoint, or at least the root that was signed, fit the tree? */
static bool
checkpoint_fits(const struct audit *a, const struct pg_result *notes)
{
	struct hash root = frontier_root(&a->frontier);
	struct diag why = { .code = ERR_OK };
	struct checkpoint c;

	return pg_rows(notes) == 0 ||
	       span_equal(pg_span(notes, 0, 1), hash_span(&root)) ||
	       (a->o->key != NULL &&
		   checkpoint_open(&c, pg_span(notes, 0, 3), a->o->key, &why) ==
		       ERR_OK &&
		   hash_equal(&c.root, &root));
}

enum err
audit_checkpoint_before(struct audit *a, uint64_t size, int64_t time_ms)
{
	struct pg_args args = store_args(a->s);
	struct pg_result *notes = NULL;
	enum err e;

	pg_arg_i64(&args, (int64_t)size);
	pg_arg_i64(&args, (int64_t)size + 1);
	e = store_call(a->s->pg, Q_AUDIT_CHECKPOINT, &args, &notes, a->d);
	if (e != ERR_OK)
		return e;
	a->checkpoints = notes;
	a->checkpoint = 0;
	audit_checkpoint_at(a, size, true, time_ms);
	a->tree_lost = !checkpoint_fits(a, notes);
	a->checkpoints = NULL;
	pg_free(notes);
	return ERR_OK;
}

/* Every epoch has its checkpoint (formats 4.5, 6.1), published or waiting for
 * its quorum; the newest may be about to get it. */
void
audit_checkpoint_at(
    struct audit *a, uint64_t size, bool is_epoch, int64_t time_ms)
{
	bool there;
	char row[24];

	audit_checkpoints_past(a, (int64_t)size);
	there = a->checkpoint < pg_rows(a->checkpoints) &&
		pg_int(a->checkpoints, a->checkpoint, 0) == (int64_t)size;
	if (!there && !is_epoch)
		return;
	audit_index_text(row, size);
	if (there && is_epoch)
		compare_checkpoint(a, a->checkpoint, row, time_ms);
	else if (there)
		audit_say(a, "checkpoint", row, "size", row, "nothing", true);
	else if (is_epoch && size - 1 != a->head.last_epoch)
		audit_say(a, "checkpoint", row, "size", "missing", row, true);
	a->checkpoint += there;
}
