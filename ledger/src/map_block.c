/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/map_block.h"

#include "ledger/store.h"

#include "base/banned.h"

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
