/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/map_block.h"

#include "ledger/store.h"

#include "base/banned.h"

#define FEED_HEAD (8 + HASH_BYTES + 2)

void
map_block_init(struct map_block *b)
{
	*b = (struct map_block){ .b = buf_heap(MAP_BLOCK_BYTES) };
}

void
map_block_clear(struct map_block *b)
{
	buf_free(&b->b);
	b->count = 0;
}

void
map_block_reset(struct map_block *b)
{
	buf_reset(&b->b);
	b->count = 0;
}

void
map_block_add(struct map_block *b, struct span keys)
{
	buf_u16be(&b->b, (uint16_t)(keys.n / HASH_BYTES));
	buf_put(&b->b, keys);
	b->count++;
}

/* ---- from bytes ---- */
static void
put_key(void *ctx, struct span subject)
{
	struct hash key = map_key(subject);

	buf_put(ctx, hash_span(&key));
}

enum err
map_block_keys(struct buf *keys, struct touch *t, struct span entry)
{
	enum err e = touch_entry(t, entry, put_key, keys);

	return e == ERR_OK ? buf_error(keys) : e;
}

struct load {
	struct map_block *block;
	struct touch touch;
	struct buf keys;
};

static enum err
load_entry(void *ctx, uint64_t index, struct span entry)
{
	struct load *l = ctx;
	enum err e;

	(void)index;
	buf_reset(&l->keys);
	e = map_block_keys(&l->keys, &l->touch, entry);
	if (e == ERR_OK)
		map_block_add(l->block, buf_span(&l->keys));
	return e;
}

enum err
map_block_load(
    struct map_block *b, struct store *s, uint64_t size, struct diag *d)
{
	struct load l = { .block = b, .keys = buf_heap(MAP_BLOCK_BYTES) };
	size_t n = (size_t)(size % MAP_BLOCK);
	enum err e = touch_init(&l.touch);

	map_block_reset(b);
	if (e != ERR_OK)
		return diag_fail(d, e, "", "map: no memory for it");
	if (n > 0)
		e = store_entries(s, size - n, n, load_entry, &l, d);
	touch_clear(&l.touch);
	buf_free(&l.keys);
	return e == ERR_OK ? buf_error(&b->b) : e;
}

/* ---- feed ---- */
void
map_feed_put(
    struct buf *feed, uint64_t index, const struct hash *leaf, struct span keys)
{
	buf_u64be(feed, index);
	buf_put(feed, hash_span(leaf));
	buf_u16be(feed, (uint16_t)(keys.n / HASH_BYTES));
	buf_put(feed, keys);
}

static uint64_t
u64be(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static struct hash
hash_at(const uint8_t *p)
{
	struct hash h;

	memcpy(h.b, p, HASH_BYTES);
	return h;
}

enum err
map_feed_take(struct map *m, struct span *feed, uint64_t below)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && feed->n > 0 && u64be(feed->p) < below) {
		const uint8_t *count = feed->p + 8 + HASH_BYTES;
		struct hash leaf = hash_at(feed->p + 8);
		size_t n = (size_t)count[0] << 8 | count[1];

		for (size_t i = 0; i < n && e == ERR_OK; i++) {
			struct hash key =
			    hash_at(feed->p + FEED_HEAD + i * HASH_BYTES);

			e = map_add(m, &key, u64be(feed->p), &leaf);
		}
		*feed = span_skip(*feed, FEED_HEAD + n * HASH_BYTES);
	}
	return e;
}
