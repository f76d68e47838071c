/* SPDX-License-Identifier: Apache-2.0 */
/* The half of map_block.h that needs no store. */
#include "ledger/map_block.h"

#include "base/banned.h"

#define FEED_HEAD (8 + HASH_BYTES + 2)

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
