/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/text.h"
#include "ledger/note.h"

#include "api.h"
#include "log_path.h"

#include "base/banned.h"

/* The read side for auditors (formats 6.3, 6.4): C2SP tiles, checkpoint,
 * proofs. */
#define ROOM_AT_LEVEL(size, level) ((size) >> (8 * (level)))

enum err
log_checkpoint(struct call *c)
{
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	buf_put(&c->res->body, buf_span(&c->snap->note));
	answer_cache(c->res, CACHE_CHECK);
	return answer_done(c->res, 200, "text/plain; charset=utf-8");
}

/* Signed, and not published while its quorum is missing (formats 6.2). */
static enum err
read_pending(struct call *c, struct store_checkpoint *p, struct buf *note)
{
	struct store *s;
	enum err e = call_store(c, &s);

	if (e == ERR_OK)
		e = store_pending(s, p, note, &c->d);
	return e;
}

/* How far the tree may be read: a map witness reads what it is to cosign. The
 * database is asked only for what lies above the published size. */
static enum err
readable(struct call *c, uint64_t *size, uint64_t wanted)
{
	struct store_checkpoint p;
	struct buf note = buf_heap(NOTE_MAX);
	enum err e = call_snapshot(c);

	*size = e == ERR_OK ? c->snap->size : 0;
	if (e == ERR_OK && wanted <= *size)
		goto out;
	if (e == ERR_OK || e == ERR_NOT_FOUND) {
		enum err none = e;

		e = read_pending(c, &p, &note);
		if (e == ERR_OK && p.size > *size)
			*size = p.size;
		if (e == ERR_NOT_FOUND)
			e = none;
		if (e == ERR_OK)
			c->unpublished = false;
	}
out:
	buf_free(&note);
	return e;
}

enum err
log_checkpoint_pending(struct call *c)
{
	struct store_checkpoint p;
	struct buf note = buf_heap(NOTE_MAX);
	enum err e = read_pending(c, &p, &note);

	if (e == ERR_OK) {
		enum err shown = call_snapshot(c);

		if (shown == ERR_OK && c->snap->size >= p.size)
			e = ERR_NOT_FOUND;
		else if (shown != ERR_OK && shown != ERR_NOT_FOUND)
			e = shown;
	}
	if (e == ERR_NOT_FOUND) {
		c->unpublished = false;
		answer_problem(c->res, 404, "no_pending", NULL, NULL,
		    "no signed checkpoint waits for its quorum");
		e = ERR_OK;
	} else if (e == ERR_OK) {
		c->unpublished = false;
		buf_put(&c->res->body, buf_span(&note));
		answer_cache(c->res, CACHE_CHECK);
		e = answer_done(c->res, 200, "text/plain; charset=utf-8");
	}
	buf_free(&note);
	return e;
}

static enum err
no_tile(struct call *c, uint64_t size)
{
	answer_problem(c->res, 404, "no_tile", NULL, NULL,
	    "no such tile in the published tree of %" PRIu64 " entries", size);
	return ERR_OK;
}

static enum err
bad_tile(struct call *c)
{
	answer_problem(c->res, 404, "bad_tile_path", NULL,
	    "tile/<L>/<N>[.p/<W>] of C2SP tlog-tiles",
	    "the path is no tile path");
	return ERR_OK;
}

/* First hash or entry of the tile, when all of it lies below room. */
static bool
inside(uint64_t *first, const struct tile_path *t, uint64_t room)
{
	if (t->n > room / TILE_WIDTH)
		return false;
	*first = t->n * TILE_WIDTH;
	return t->width <= room - *first;
}

/* Entries there must be for the tile; above all where there cannot be. */
static uint64_t
wanted(const struct tile_path *t, unsigned level)
{
	unsigned shift = 8 * level;

	if (t->n > ((uint64_t)INT64_MAX >> shift) / TILE_WIDTH - 1)
		return UINT64_MAX;
	return (t->n * TILE_WIDTH + t->width) << shift;
}

enum err
log_tile(struct call *c)
{
	struct hash hashes[TILE_WIDTH];
	struct tile_path t;
	uint64_t level, first, size;
	enum err e;

	if (u64_parse(&level, c->wild[0], 63) != ERR_OK ||
	    tile_path_parse(&t, c->wild + 1, c->wild_count - 1) != ERR_OK)
		return bad_tile(c);
	if (level >= TILE_LEVELS)
		return no_tile(c, 0);
	if ((e = readable(c, &size, wanted(&t, (unsigned)level))) != ERR_OK)
		return e;
	if (!inside(&first, &t, ROOM_AT_LEVEL(size, level)))
		return no_tile(c, size);
	e = store_read_hashes(
	    c->store, (unsigned)level, first, t.width, hashes, &c->d);
	if (e != ERR_OK)
		return e;
	buf_put(&c->res->body, span_of(hashes, t.width * sizeof(hashes[0])));
	answer_cache(c->res, CACHE_FOREVER);
	return answer_done(c->res, 200, "application/octet-stream");
}

static enum err
put_entry(void *ctx, uint64_t index, struct span entry)
{
	struct buf *out = ctx;

	(void)index;
	buf_u16be(out, (uint16_t)entry.n);
	buf_put(out, entry);
	return buf_error(out);
}

enum err
log_entries(struct call *c)
{
	struct tile_path t;
	uint64_t first, size;
	enum err e;

	if (!access_entries(c))
		return ERR_OK;
	if (tile_path_parse(&t, c->wild, c->wild_count) != ERR_OK)
		return bad_tile(c);
	if ((e = readable(c, &size, wanted(&t, 0))) != ERR_OK)
		return e;
	if (!inside(&first, &t, size))
		return no_tile(c, size);
	e = store_entries(
	    c->store, first, t.width, put_entry, &c->res->body, &c->d);
	if (e != ERR_OK)
		return e;
	answer_cache(c->res, c->api->conf->entries_public
				 ? CACHE_FOREVER
				 : "private, max-age=31536000, immutable");
	return answer_done(c->res, 200, "application/octet-stream");
}

enum err
log_proof(struct call *c)
{
	struct hash path[MERKLE_PATH_MAX];
	uint64_t index;
	size_t n;
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	if (u64_parse(&index, c->wild[0], INT64_MAX) != ERR_OK) {
		answer_problem(c->res, 400, "bad_parameter", "index",
		    "a decimal number", "the index is not a number");
		return ERR_OK;
	}
	if (index >= c->snap->size) {
		answer_problem(c->res, 404, "no_entry", "index", NULL,
		    "entry %" PRIu64 " is not below the published size "
		    "%" PRIu64,
		    index, c->snap->size);
		return ERR_OK;
	}
	e = merkle_inclusion(
	    path, &n, index, c->snap->size, store_read_hashes, c->store, &c->d);
	if (e != ERR_OK)
		return e;
	tlog_proof_print(
	    &c->res->body, index, path, n, buf_span(&c->snap->note));
	answer_cache(c->res, CACHE_CHECK);
	return answer_done(c->res, 200, "text/plain; charset=utf-8");
}

/* A size of the query; false when a problem has been written. */
static bool
size_param(struct call *c, const char *name, uint64_t *out)
{
	const struct span *v = target_value(&c->target, name);

	if (v != NULL && u64_parse(out, *v, INT64_MAX) == ERR_OK)
		return true;
	answer_problem(c->res, 400,
	    v == NULL ? "missing_parameter" : "bad_parameter", name,
	    "a tree size", "the size is missing or no number");
	return false;
}

enum err
log_consistency(struct call *c)
{
	struct hash path[MERKLE_PATH_MAX];
	struct json_out o;
	uint64_t from, to;
	size_t n = 0;
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	if (!size_param(c, "from", &from) || !size_param(c, "to", &to))
		return ERR_OK;
	if (from > to || to > c->snap->size) {
		answer_problem(c->res, 400, "bad_parameter",
		    from > to ? "from" : "to", "from <= to <= published size",
		    "got from %" PRIu64 " to %" PRIu64 " of %" PRIu64, from, to,
		    c->snap->size);
		return ERR_OK;
	}
	/* RFC 9162 2.1.4: any tree is consistent with the empty one. */
	if (from > 0)
		e = merkle_consistency(
		    path, &n, from, to, store_read_hashes, c->store, &c->d);
	if (e != ERR_OK)
		return e;
	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_int(&o, "from", (int64_t)from);
	json_out_int(&o, "to", (int64_t)to);
	json_out_array(&o, "path");
	for (size_t i = 0; i < n; i++)
		json_out_base64(&o, NULL, hash_span(&path[i]));
	json_out_end_array(&o);
	json_out_end_object(&o);
	answer_cache(c->res, CACHE_FOREVER);
	return answer_done(c->res, 200, "application/json");
}
