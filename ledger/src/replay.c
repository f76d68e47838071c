/* SPDX-License-Identifier: Apache-2.0 */
#include "replay_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ledger/map_block.h"
#include "ledger/merkle.h"

#include "base/banned.h"

/* Of entries that wait for an epoch to say how far the map goes. Epochs of the
 * oldest kind cover nothing at all: until one does, the map goes on alone. */
#define FEED_SOFT (REPLAY_FEED / 4)

/* ---- faults ---- */
static void
say(struct replay *r, uint64_t index, const char *field, const char *got,
    const char *want)
{
	const struct replay_fault f = { index, field, got, want };

	r->o.fault(r->o.ctx, &f);
}

static void
say_entry(void *ctx, uint64_t index, const char *got, const char *want)
{
	say(ctx, index, "entry", got, want);
}

static void
say_number(struct replay *r, uint64_t index, const char *field, uint64_t got,
    uint64_t want)
{
	char g[24], w[24];

	(void)snprintf(g, sizeof g, "%" PRIu64, got);
	(void)snprintf(w, sizeof w, "%" PRIu64, want);
	say(r, index, field, g, w);
}

/* ---- devices' chains: all that a statement of a later epoch may follow ----
 */
static enum err
passed(void *ctx, struct audit_chain *c)
{
	(void)ctx;
	if (c->count == c->capacity) {
		size_t more = c->capacity == 0 ? 16 : 2 * c->capacity;
		struct hash *p = realloc(c->hashes, more * sizeof *p);

		if (p == NULL)
			return ERR_NOMEM;
		c->hashes = p;
		c->capacity = more;
	}
	c->hashes[c->count++] = c->hash;
	return ERR_OK;
}

static enum err
known(void *ctx, const struct audit_chain *c, struct span name, uint64_t epoch,
    const struct hash *hash, bool *out)
{
	(void)ctx;
	(void)name;
	(void)epoch; /* every epoch's, in one list */
	for (size_t i = c->count; i-- > 0 && !*out;)
		*out = hash_equal(&c->hashes[i], hash);
	return ERR_OK;
}

static enum err
statement(
    void *ctx, uint64_t index, struct span name, const struct audit_look *l)
{
	struct replay *r = ctx;

	(void)index;
	(void)name;
	r->registry = l->s.content == CONTENT_IS_REGISTRY;
	return ERR_OK;
}

/* What a later run needs to know whose signatures count. */
static enum err
keep_roster(struct replay *r, uint64_t index, struct span entry)
{
	enum entry_kind kind = entry_kind(entry);

	if (!r->o.saved || kind == ENTRY_EPOCH ||
	    (kind == ENTRY_STATEMENT && !r->registry))
		return ERR_OK;
	buf_u64be(&r->roster, index);
	buf_u64be(&r->roster, entry.n);
	buf_put(&r->roster, entry);
	return buf_error(&r->roster);
}

/* ---- the map (formats 4.5, 5.4) ---- */
static enum err
advance(struct replay *r, uint64_t to)
{
	struct span rest = span_skip(buf_span(&r->feed), r->feed_at);
	enum err e = map_feed_take(r->map, &rest, to);

	r->feed_at = r->feed.n - rest.n;
	r->map_at = to;
	if (r->feed_at >= rest.n) {
		if (rest.n > 0)
			memmove(r->feed.p, rest.p, rest.n);
		r->feed.n = rest.n;
		r->feed_at = 0;
	}
	return e;
}

static enum err
check_map(void *ctx, uint64_t index, const struct epoch *e)
{
	struct replay *r = ctx;
	struct hash root = map_empty_root();
	char got[2 * HASH_BYTES + 1], want[2 * HASH_BYTES + 1];
	uint64_t keys = 0;
	enum err failed;

	/* said already: it fell, or is above its own index */
	if (e->covered > index || e->covered < r->text.last_covered)
		return ERR_OK;
	/* it may lag as far as it likes (formats 4.5): no fault of the log's */
	if (e->covered > 0 && e->covered < r->map_at)
		return ERR_FULL;
	if (e->covered > 0) {
		if ((failed = advance(r, e->covered)) != ERR_OK)
			return failed;
		root = map_root(r->map);
		keys = map_keys(r->map);
	}
	if (!hash_equal(&e->map_root, &root)) {
		hex_print(got, hash_span(&e->map_root));
		hex_print(want, hash_span(&root));
		say(r, index, "map_root", got, want);
	}
	if (e->keys != keys)
		say_number(r, index, "keys", e->keys, keys);
	return ERR_OK;
}

static enum err
feed(struct replay *r, uint64_t index, struct span entry,
    const struct hash *leaf)
{
	enum err e;

	buf_reset(&r->keys);
	if ((e = map_block_keys(&r->keys, &r->touch, entry)) != ERR_OK)
		return e;
	map_feed_put(&r->feed, index, leaf, buf_span(&r->keys));
	if (buf_error(&r->feed) != ERR_OK)
		return ERR_FULL;
	if (r->text.last_covered > 0 || r->feed.n - r->feed_at <= FEED_SOFT)
		return ERR_OK;
	return advance(r, index + 1);
}

/* ---- entries ---- */
static const struct audit_text_ops ops = {
	.say = say_entry,
	.known = known,
	.passed = passed,
	.epoch = check_map,
	.statement = statement,
};

void
replay_drop(struct replay *r)
{
	if (r->set.n > 0)
		audit_sigs_end(r->sigs, &r->set);
	r->set.n = 0;
}

enum err
replay_ahead(
    struct replay *r, uint64_t first, const struct span *entries, size_t n)
{
	replay_drop(r);
	if (n > REPLAY_AHEAD)
		return ERR_USAGE;
	for (size_t i = 0; i < n; i++)
		r->looks[i].entry = entries[i];
	memset(r->judged, 0, sizeof r->judged);
	r->set = (struct audit_sig_set){
		.looks = r->looks, .judged = r->judged, .n = n
	};
	r->set_first = first;
	audit_sigs_give(r->sigs, &r->set);
	return ERR_OK;
}

/* What the threads found, or finds it here, in space. */
static const struct audit_look *
look_at(struct replay *r, uint64_t index, struct span entry,
    struct audit_look *space)
{
	if (index >= r->set_first && index - r->set_first < r->set.n)
		return audit_sigs_look(
		    r->sigs, &r->set, (size_t)(index - r->set_first));
	audit_look(space, entry);
	return space;
}

enum err
replay_entry(struct replay *r, uint64_t index, struct span entry,
    const struct hash *leaf, struct diag *d)
{
	struct audit_look space;
	const struct audit_look *l = look_at(r, index, entry, &space);
	enum err e;

	if (index != r->size)
		return diag_fail(d, ERR_USAGE, "",
		    "replay: got entry %" PRIu64 ", wanted %" PRIu64, index,
		    r->size);
	r->registry = false;
	e = audit_text_entry(&r->text, index, l, &r->chain);
	if (e == ERR_OK)
		e = keep_roster(r, index, entry);
	if (e == ERR_OK)
		e = feed(r, index, entry, leaf);
	if (e != ERR_OK)
		return diag_fail(d, e, "", "replay: entry %" PRIu64 ": %s",
		    index, err_name(e));
	r->chain = chain_next(&r->chain, leaf);
	r->size++;
	return ERR_OK;
}

uint64_t
replay_last_epoch(const struct replay *r)
{
	return r->text.last_epoch;
}

int64_t
replay_last_epoch_ms(const struct replay *r)
{
	return r->text.last_epoch_ms;
}

uint64_t
replay_size(const struct replay *r)
{
	return r->size;
}

struct hash
replay_chain(const struct replay *r)
{
	return r->chain;
}

/* ---- start and end ---- */
enum err
replay_new(struct replay **out, const struct replay_options *o, struct diag *d)
{
	struct replay *r = calloc(1, sizeof *r);
	enum err e;

	*out = NULL;
	if (r == NULL)
		return diag_fail(d, ERR_NOMEM, "", "replay: out of memory");
	r->o = *o;
	r->text.ops = &ops;
	r->text.ctx = r;
	r->text.origin = o->origin;
	r->text.any_policy = o->policy == NULL;
	if (o->policy != NULL)
		r->text.policy = *o->policy;
	r->chain = chain_start(o->origin);
	r->feed = buf_heap(REPLAY_FEED);
	r->roster = buf_heap(REPLAY_ROSTER);
	r->keys = buf_heap(MAP_BLOCK_BYTES);
	e = touch_init(&r->touch);
	if (e == ERR_OK)
		e = map_new(&r->map);
	if (e == ERR_OK)
		e = audit_sigs_new(&r->sigs, 0);
	if (e != ERR_OK) {
		replay_free(r);
		return diag_fail(d, e, "", "replay: no memory or thread");
	}
	*out = r;
	return ERR_OK;
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	replay_drop(r);
	if (r->sigs != NULL)
		audit_sigs_free(r->sigs);
	audit_text_clear(&r->text);
	map_free(r->map);
	touch_clear(&r->touch);
	buf_free(&r->feed);
	buf_free(&r->keys);
	buf_free(&r->roster);
	free(r);
}
