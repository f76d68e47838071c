/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/text.h"

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

static enum err
no_tile(struct call *c)
{
	answer_problem(c->res, 404, "no_tile", NULL, NULL,
	    "no such tile in the published tree of %" PRIu64 " entries",
	    c->snap->size);
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

enum err
log_tile(struct call *c)
{
	struct hash hashes[TILE_WIDTH];
	struct tile_path t;
	uint64_t level, first;
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	if (u64_parse(&level, c->wild[0], 63) != ERR_OK ||
	    tile_path_parse(&t, c->wild + 1, c->wild_count - 1) != ERR_OK)
		return bad_tile(c);
	if (level >= TILE_LEVELS ||
	    !inside(&first, &t, ROOM_AT_LEVEL(c->snap->size, level)))
		return no_tile(c);
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
	uint64_t first;
	enum err e;

	if (!access_entries(c))
		return ERR_OK;
	e = call_snapshot(c);
	if (e != ERR_OK)
		return e;
	if (tile_path_parse(&t, c->wild, c->wild_count) != ERR_OK)
		return bad_tile(c);
	if (!inside(&first, &t, c->snap->size))
		return no_tile(c);
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

	if (v != NULL && u64_parse(out, *v, INT64_MAX) == ERR_OK && *out > 0)
		return true;
	answer_problem(c->res, 400,
	    v == NULL ? "missing_parameter" : "bad_parameter", name,
	    "a tree size from 1", "the size is missing or no number");
	return false;
}

enum err
log_consistency(struct call *c)
{
	struct hash path[MERKLE_PATH_MAX];
	struct json_out o;
	uint64_t from, to;
	size_t n;
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
