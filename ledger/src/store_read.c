/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/store.h"

#include <inttypes.h>
#include <stdlib.h>

#include "store_internal.h"

#include "base/banned.h"

/* Rows a question fetches at once: at most 16 MB of entries. */
#define CHUNK 256
/* A piece of a tile this long is read from the full tile, if there is one. */
#define TILE_PIECE 16

static enum err
hand_out(const struct pg_result *r, store_entry_fn fn, void *ctx)
{
	size_t rows = pg_rows(r);
	enum err e = ERR_OK;

	for (size_t i = 0; i < rows && e == ERR_OK; i++)
		e = fn(ctx, (uint64_t)pg_int(r, i, 0), pg_span(r, i, 1));
	return e;
}

static enum err
entries_chunk(struct store *s, uint64_t first, uint64_t below,
    store_entry_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&a, (int64_t)first);
	pg_arg_i64(&a, (int64_t)below);
	if ((e = store_call(s->pg, Q_ENTRIES, &a, &r, d)) != ERR_OK)
		return e;
	if (pg_rows(r) != below - first)
		e = diag_fail(d, ERR_NOT_FOUND, "",
		    "entries %" PRIu64 " to %" PRIu64 ": got %zu of them",
		    first, below - 1, pg_rows(r));
	else
		e = hand_out(r, fn, ctx);
	pg_free(r);
	return e;
}

enum err
store_entries(struct store *s, uint64_t first, size_t n, store_entry_fn fn,
    void *ctx, struct diag *d)
{
	enum err e = ERR_OK;

	while (n > 0 && e == ERR_OK) {
		size_t piece = n < CHUNK ? n : CHUNK;

		e = entries_chunk(s, first, first + piece, fn, ctx, d);
		first += piece;
		n -= piece;
	}
	return e;
}

/* ---- subjects ---- */
static enum err
subject_chunk(struct store *s, struct span key, uint64_t *from, uint64_t below,
    size_t *limit, store_entry_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	size_t want = *limit < CHUNK ? *limit : CHUNK, rows;
	enum err e;

	pg_arg_bytes(&a, key);
	pg_arg_i64(&a, (int64_t)*from);
	pg_arg_i64(&a, (int64_t)below);
	pg_arg_i64(&a, (int64_t)want);
	if ((e = store_call(s->pg, Q_SUBJECT, &a, &r, d)) != ERR_OK)
		return e;
	rows = pg_rows(r);
	if (rows > 0)
		*from = (uint64_t)pg_int(r, rows - 1, 0) + 1;
	*limit = rows < want ? 0 : *limit - rows;
	e = hand_out(r, fn, ctx);
	pg_free(r);
	return e;
}

enum err
store_subject(struct store *s, struct span subject, uint64_t from,
    uint64_t below, size_t limit, store_entry_fn fn, void *ctx, struct diag *d)
{
	char space[STORE_SUBJECT_KEY];
	struct span key = store_subject_key(subject, space);
	enum err e = ERR_OK;

	while (limit > 0 && e == ERR_OK)
		e = subject_chunk(s, key, &from, below, &limit, fn, ctx, d);
	return e;
}

/* ---- registry ---- */
static enum err
registry_chunk(struct store *s, const struct pg_result *list, size_t first,
    size_t n, store_entry_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct pg_array idx;
	enum err e;

	pg_array_init(&idx, PG_INT8, 32 + 12 * CHUNK);
	for (size_t i = 0; i < n; i++)
		pg_array_i64(&idx, pg_int(list, first + i, 0));
	if ((e = buf_error(&idx.b)) != ERR_OK)
		goto out;
	pg_arg_bytes(&a, pg_array_value(&idx));
	if ((e = store_call(s->pg, Q_ENTRIES_OF, &a, &r, d)) != ERR_OK)
		goto out;
	if (pg_rows(r) != n)
		e = diag_fail(d, ERR_NOT_FOUND, "",
		    "registry entries: got %zu, the index names %zu",
		    pg_rows(r), n);
	else
		e = hand_out(r, fn, ctx);
	pg_free(r);
out:
	buf_free(&idx.b);
	return e;
}

enum err
store_registry(struct store *s, uint64_t from, uint64_t below,
    store_entry_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *list = NULL;
	enum err e;

	pg_arg_i64(&a, (int64_t)from);
	pg_arg_i64(&a, (int64_t)below);
	if ((e = store_call(s->pg, Q_REGISTRY, &a, &list, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(list); i < rows && e == ERR_OK;
	     i += CHUNK) {
		size_t n = rows - i < CHUNK ? rows - i : CHUNK;

		e = registry_chunk(s, list, i, n, fn, ctx, d);
	}
	pg_free(list);
	return e;
}

enum err
store_recorded(struct store *s, uint64_t index, int64_t *before_ms,
    int64_t *after_ms, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&a, (int64_t)index);
	if ((e = store_call(s->pg, Q_RECORDED, &a, &r, d)) != ERR_OK)
		return e;
	*before_ms = pg_null(r, 0, 0) ? 0 : pg_int(r, 0, 0);
	*after_ms = pg_null(r, 0, 1) ? 0 : pg_int(r, 0, 1);
	if (pg_null(r, 0, 1))
		e = diag_fail(d, ERR_NOT_FOUND, "formats 4.6",
		    "entry %" PRIu64 ": no epoch after it yet", index);
	pg_free(r);
	return e;
}

/* ---- hashes ---- */
static enum err
hashes_of(const struct pg_result *r, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	if (pg_rows(r) != n)
		return diag_fail(d, ERR_NOT_FOUND, "",
		    "hashes of level %u from %" PRIu64 ": got %zu, wanted %zu",
		    level, first, pg_rows(r), n);
	for (size_t i = 0; i < n; i++) {
		if (!pg_hash(&out[i], r, i, 0))
			return store_damaged(
			    level == 0 ? "entry.leaf" : "tile.root", d);
	}
	return ERR_OK;
}

/* Row by row: leaves of entries, or roots of the tiles one level below. */
static enum err
read_rows(struct store *s, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if (level > 0)
		pg_arg_i16(&a, (int16_t)(level - 1));
	pg_arg_i64(&a, (int64_t)first);
	pg_arg_i64(&a, (int64_t)(first + n));
	e = store_call(s->pg, level == 0 ? Q_LEAVES : Q_TILE_ROOTS, &a, &r, d);
	if (e != ERR_OK)
		return e;
	e = hashes_of(r, level, first, n, out, d);
	pg_free(r);
	return e;
}

/* A piece of one full tile; ERR_NOT_FOUND while the tile is partial. */
static enum err
read_tile(struct store *s, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct span hashes;
	enum err e;

	pg_arg_i16(&a, (int16_t)level);
	pg_arg_i64(&a, (int64_t)(first / TILE_WIDTH));
	if ((e = store_call(s->pg, Q_TILE_HASHES, &a, &r, d)) != ERR_OK)
		return e;
	hashes = pg_span(r, 0, 0);
	if (hashes.n == TILE_WIDTH * sizeof *out)
		memcpy(out, hashes.p + first % TILE_WIDTH * sizeof *out,
		    n * sizeof *out);
	else
		e = store_damaged("tile.hashes", d);
	pg_free(r);
	return e;
}

enum err
store_read_hashes(void *ctx, unsigned tile_level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	struct store *s = ctx;

	while (n > 0) {
		size_t left = TILE_WIDTH - first % TILE_WIDTH;
		size_t piece = n < left ? n : left;
		enum err e = ERR_NOT_FOUND;

		if (piece >= TILE_PIECE)
			e = read_tile(s, tile_level, first, piece, out, NULL);
		if (e == ERR_NOT_FOUND)
			e = read_rows(s, tile_level, first, piece, out, d);
		else if (e != ERR_OK)
			e = diag_fail(d, e, "",
			    "tile %u/%" PRIu64 ": not readable", tile_level,
			    first / TILE_WIDTH);
		if (e != ERR_OK)
			return e;
		first += piece;
		out += piece;
		n -= piece;
	}
	return ERR_OK;
}

/* The perfect subtrees inside one partial tile, from the widest down. */
static void
frontier_of(
    struct frontier *f, unsigned level, const struct hash *part, unsigned count)
{
	for (int b = 7; b >= 0; b--) {
		size_t width = (size_t)1 << b;

		if ((count >> b & 1) == 0)
			continue;
		f->at[8 * level + (unsigned)b] = merkle_root_of(part, width);
		part += width;
	}
}

enum err
store_load_tiles(struct store *s, struct tiles *t, struct frontier *f,
    uint64_t size, struct diag *d)
{
	frontier_init(f);
	f->size = size;
	t->size = size;
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t whole = size >> 8 * level;
		unsigned count = (unsigned)(whole % TILE_WIDTH);
		enum err e;

		t->count[level] = count;
		if (count == 0)
			continue;
		e = read_rows(
		    s, level, whole - count, count, t->part[level], d);
		if (e != ERR_OK)
			return e;
		frontier_of(f, level, t->part[level], count);
	}
	return ERR_OK;
}
