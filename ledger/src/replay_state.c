/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A replay as bytes: `countermark/replay/v1` and the origin, a line each, then
 * numbers (u64be), hashes, and parts behind their lengths: the entries that
 * made the roster, the map's dump, what waits for it, each device's chain.
 */
#include "replay_internal.h"

#include <stdlib.h>

#include "base/banned.h"

#define HEAD "countermark/replay/v1\n"
#define DUMP_MAX ((size_t)32 << 30)

/* ---- saving ---- */
static void
put_part(struct buf *out, struct span part)
{
	buf_u64be(out, part.n);
	buf_put(out, part);
}

static enum err
put_dump(void *ctx, struct span bytes)
{
	buf_put(ctx, bytes);
	return buf_error(ctx);
}

static enum err
put_map(const struct replay *r, struct buf *out)
{
	struct buf dump = buf_heap(DUMP_MAX);
	struct hash root = map_root(r->map);
	enum err e = map_dump(r->map, put_dump, &dump);

	buf_u64be(out, r->map_at);
	buf_u64be(out, map_keys(r->map));
	buf_put(out, hash_span(&root));
	put_part(out, buf_span(&dump));
	put_part(out, span_skip(buf_span(&r->feed), r->feed_at));
	buf_free(&dump);
	return e;
}

static void
put_chains(const struct replay *r, struct buf *out)
{
	const struct roster *roster = r->text.roster;
	size_t n = roster == NULL ? 0 : roster_device_count(roster);

	buf_u64be(out, n);
	for (size_t i = 0; i < n; i++) {
		const struct roster_device *dev =
		    roster_device_at(r->text.roster, i);
		const struct audit_chain none = { .epoch = 0 };
		const struct audit_chain *c =
		    dev->user == NULL ? &none : dev->user;

		put_part(out, span_str(dev->name));
		buf_u64be(out, c->epoch);
		buf_u64be(out, c->seq);
		buf_put(out, hash_span(&c->hash));
		put_part(
		    out, span_of(c->hashes, c->count * sizeof c->hashes[0]));
	}
}

enum err
replay_save(const struct replay *r, struct buf *out)
{
	enum err e;

	if (!r->o.saved)
		return ERR_USAGE;
	buf_printf(out, HEAD "%s\n", r->o.origin);
	buf_u64be(out, r->size);
	buf_put(out, hash_span(&r->chain));
	buf_u64be(out, r->text.last_epoch);
	buf_u64be(out, r->text.last_covered);
	buf_u64be(out, (uint64_t)r->text.last_epoch_ms);
	put_part(out, buf_span(&r->roster));
	e = put_map(r, out);
	put_chains(r, out);
	return e == ERR_OK ? buf_error(out) : e;
}

/* ---- loading; a reader that remembers that it ran out ---- */
struct reader {
	struct span rest;
	bool failed;
};

static struct span
take(struct reader *in, uint64_t n)
{
	struct span s = SPAN_NONE;

	in->failed = in->failed || n > in->rest.n;
	if (in->failed)
		return s;
	s = span_of(in->rest.p, (size_t)n);
	in->rest = span_skip(in->rest, (size_t)n);
	return s;
}

static uint64_t
take_u64(struct reader *in)
{
	struct span s = take(in, 8);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static struct hash
take_hash(struct reader *in)
{
	struct span s = take(in, HASH_BYTES);
	struct hash h = { { 0 } };

	if (s.n == HASH_BYTES)
		memcpy(h.b, s.p, HASH_BYTES);
	return h;
}

static struct span
take_part(struct reader *in)
{
	return take(in, take_u64(in));
}

static enum err
load_head(struct replay *r, struct reader *in)
{
	struct span head = span_str(HEAD), origin = span_str(r->o.origin);

	in->failed = !span_equal(take(in, head.n), head) ||
		     !span_equal(take(in, origin.n), origin) ||
		     !span_is(take(in, 1), "\n");
	r->size = take_u64(in);
	r->chain = take_hash(in);
	r->text.last_epoch = take_u64(in);
	r->text.last_covered = take_u64(in);
	r->text.last_epoch_ms = (int64_t)take_u64(in);
	return in->failed ? ERR_BAD_ENCODING : ERR_OK;
}

static enum err
load_roster(struct replay *r, struct reader *in)
{
	struct reader entries = { .rest = take_part(in) };
	enum err e = ERR_OK;

	buf_put(&r->roster, entries.rest);
	while (e == ERR_OK && entries.rest.n > 0) {
		uint64_t index = take_u64(&entries);
		struct span entry = take_part(&entries);

		if (entries.failed || index >= r->size)
			return ERR_BAD_ENCODING;
		e = audit_text_known(&r->text, index, entry);
	}
	return e == ERR_OK ? buf_error(&r->roster) : e;
}

static enum err
load_map(struct replay *r, struct reader *in)
{
	uint64_t keys;
	struct hash root, made;
	enum err e;

	r->map_at = take_u64(in);
	keys = take_u64(in);
	root = take_hash(in);
	e = map_load(r->map, take_part(in), NULL);
	buf_put(&r->feed, take_part(in));
	if (e != ERR_OK || in->failed || r->map_at > r->size)
		return e == ERR_NOMEM ? e : ERR_BAD_ENCODING;
	made = map_root(r->map);
	if (!hash_equal(&made, &root) || map_keys(r->map) != keys)
		return ERR_BAD_ENCODING;
	return buf_error(&r->feed);
}

static enum err
load_chain(struct replay *r, struct reader *in)
{
	struct span name = take_part(in), hashes;
	struct roster_device *dev = roster_device(r->text.roster, name);
	struct audit_chain *c;

	if (in->failed || dev == NULL || dev->user != NULL)
		return ERR_BAD_ENCODING;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return ERR_NOMEM;
	dev->user = c;
	c->epoch = take_u64(in);
	c->seq = take_u64(in);
	c->hash = take_hash(in);
	hashes = take_part(in);
	if (in->failed || hashes.n % sizeof c->hashes[0] != 0)
		return ERR_BAD_ENCODING;
	if (hashes.n == 0)
		return ERR_OK;
	if ((c->hashes = malloc(hashes.n)) == NULL)
		return ERR_NOMEM;
	memcpy(c->hashes, hashes.p, hashes.n);
	c->count = c->capacity = hashes.n / sizeof c->hashes[0];
	return ERR_OK;
}

static enum err
load_chains(struct replay *r, struct reader *in)
{
	uint64_t n = take_u64(in);
	enum err e = ERR_OK;

	if (r->text.roster == NULL && n > 0)
		return ERR_BAD_ENCODING;
	for (uint64_t i = 0; e == ERR_OK && i < n; i++)
		e = load_chain(r, in);
	return e != ERR_OK || (!in->failed && in->rest.n == 0)
		   ? e
		   : ERR_BAD_ENCODING;
}

enum err
replay_load(struct replay **out, const struct replay_options *o,
    struct span saved, struct diag *d)
{
	struct reader in = { .rest = saved };
	struct replay *r;
	enum err e = replay_new(&r, o, d);

	*out = NULL;
	if (e != ERR_OK)
		return e;
	e = load_head(r, &in);
	if (e == ERR_OK)
		e = load_roster(r, &in);
	if (e == ERR_OK)
		e = load_map(r, &in);
	if (e == ERR_OK)
		e = load_chains(r, &in);
	if (e != ERR_OK) {
		replay_free(r);
		return diag_fail(d, e, "", "replay: %zu saved bytes: %s",
		    saved.n, err_name(e));
	}
	*out = r;
	return ERR_OK;
}
