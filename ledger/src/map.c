/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree and its writer. map_add() marks the nodes above what it changed for
 * map_root() in map_hash.c.
 */
#include "ledger/map.h"

#include <stdlib.h>

#include "ledger/merkle.h"

#include "map_internal.h"

#include "base/banned.h"

enum err
map_new(struct map **out)
{
	struct map *m = calloc(1, sizeof *m);

	*out = m;
	if (m == NULL)
		return ERR_NOMEM;
	arena_init(&m->inner, sizeof(struct inner), ARENA_SHIFT_MAX);
	arena_init(&m->leaf, sizeof(struct leaf), ARENA_SHIFT_MAX);
	/* chunks of 2 MB in every pool */
	for (unsigned i = 0; i < MAP_POOLS; i++)
		arena_init(&m->pool[i], sizeof(struct hash) << (i + 1),
		    ARENA_SHIFT_MAX - i);
	m->root = ID_NONE;
	m->gen = 1;
	return ERR_OK;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	map_versions_free(m);
	arena_clear(&m->inner);
	arena_clear(&m->leaf);
	for (unsigned i = 0; i < MAP_POOLS; i++)
		arena_clear(&m->pool[i]);
	free(m);
}

uint64_t
map_keys(const struct map *m)
{
	return m->keys;
}

size_t
map_bytes(const struct map *m)
{
	size_t n = sizeof *m + m->dead_bytes + arena_bytes(&m->inner) +
		   arena_bytes(&m->leaf);

	for (unsigned i = 0; i < MAP_POOLS; i++)
		n += arena_bytes(&m->pool[i]);
	return n;
}

unsigned
map_common(const struct hash *a, const struct hash *b)
{
	for (unsigned i = 0; i < HASH_BYTES; i++) {
		unsigned x = a->b[i] ^ b->b[i];

		if (x != 0)
			return 8 * i + (unsigned)__builtin_clz(x) - 24;
	}
	return KEY_BITS;
}

/* The only leaf that may have the key. */
static uint32_t
walk(const struct map *m, const struct hash *key)
{
	uint32_t id = m->root;

	while (!id_is_leaf(id)) {
		const struct inner *n = inner_at(m, id);

		id = n->kid[key_bit(key, n->bit)];
	}
	return id;
}

enum err
inner_new(
    uint32_t *out, struct map *m, unsigned bit, uint32_t old, uint32_t leaf)
{
	unsigned side = key_bit(&leaf_at(m, leaf)->key, bit);
	uint32_t id = arena_take(&m->inner);
	struct inner *n;

	if (id == ARENA_NONE)
		return ERR_NOMEM;
	n = inner_at(m, id);
	n->kid[side] = leaf;
	n->kid[1 - side] = old;
	n->bit = (uint8_t)bit;
	n->dirty = DIRTY;
	if (map_is_dirty(m, old))
		n->dirty |= (uint8_t)(DIRTY_KID << (1 - side));
	n->gen = m->gen;
	*out = id;
	return ERR_OK;
}

/* Gives the tree an inner node of its own in place of one a version sees. */
static enum err
inner_copy(struct map *m, uint32_t *link)
{
	uint32_t old = *link, id = arena_take(&m->inner);
	struct inner *n;

	if (id == ARENA_NONE)
		return ERR_NOMEM;
	n = inner_at(m, id);
	memcpy(n, inner_at(m, old), sizeof *n);
	n->gen = m->gen;
	*link = id;
	return map_retire(m, old);
}

/* Where the key's leaf, or the node that parts from it at that bit, hangs.
 * All above it are marked and no version's any more. */
static enum err
descend(uint32_t **out, struct map *m, const struct hash *key, unsigned bit)
{
	uint32_t *link = &m->root;
	struct inner *above = NULL;
	unsigned side = 0;
	enum err e;

	while (!id_is_leaf(*link)) {
		struct inner *n = inner_at(m, *link);

		if (n->bit > bit)
			break;
		if (above != NULL)
			above->dirty |= (uint8_t)(DIRTY_KID << side);
		/* what is marked has been made or copied in this period */
		if (n->dirty == 0) {
			if (map_shared(m, n->gen)) {
				e = inner_copy(m, link);
				if (e != ERR_OK)
					return e;
				n = inner_at(m, *link);
			}
			n->dirty = DIRTY;
		}
		above = n;
		side = key_bit(key, n->bit);
		link = &n->kid[side];
	}
	if (above != NULL) {
		/* a node is about to come in between, or a leaf to change */
		if (bit < KEY_BITS)
			above->dirty |= (uint8_t)(DIRTY_KID << side);
		node_prefetch(m, above->kid[1 - side]);
	}
	*out = link;
	return ERR_OK;
}

/* One item more in the list of a leaf. */
static enum err
extend(struct map *m, uint32_t *link, uint64_t index, const struct hash *item)
{
	struct leaf *l = leaf_at(m, *link);
	struct list list;
	uint32_t old = *link;
	enum err e;

	if (index <= leaf_index(l))
		return ERR_USAGE;
	list_get(&list, m, l);
	list_add(&list, item);
	if (!map_shared(m, l->gen))
		return leaf_set(m, l, &list, index);
	e = leaf_new(link, m, &l->key, &list, index);
	return e == ERR_OK ? map_retire(m, old) : e;
}

void
map_expect(const struct map *m, const struct hash *keys, size_t n)
{
	uint32_t at[MAP_EXPECT];
	bool more = m->root != ID_NONE;

	n = n < MAP_EXPECT ? n : MAP_EXPECT;
	for (size_t i = 0; i < n; i++)
		at[i] = m->root;
	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			const struct inner *node;

			if (id_is_leaf(at[i]))
				continue;
			node = inner_at(m, at[i]);
			at[i] = node->kid[key_bit(&keys[i], node->bit)];
			node_prefetch(m, at[i]);
			more = true;
		}
	}
}

enum err
map_add(struct map *m, const struct hash *key, uint64_t index,
    const struct hash *leaf)
{
	struct hash item = map_item(index, leaf);
	struct list list;
	unsigned bit = KEY_BITS;
	uint32_t *link = &m->root, id;
	enum err e;

	if (index >> INDEX_BITS != 0)
		return ERR_USAGE;
	if (m->root != ID_NONE) {
		bit = map_common(key, &leaf_at(m, walk(m, key))->key);
		e = descend(&link, m, key, bit);
		if (e != ERR_OK)
			return e;
		if (bit == KEY_BITS)
			return extend(m, link, index, &item);
	}
	list.n = 0;
	list.count = 0;
	list_add(&list, &item);
	e = leaf_new(&id, m, key, &list, index);
	if (e == ERR_OK && m->root != ID_NONE)
		e = inner_new(&id, m, bit, *link, id);
	if (e != ERR_OK)
		return e;
	*link = id;
	m->keys++;
	return ERR_OK;
}

/* An entry on its way into the map. */
struct entry_work {
	struct map *map;
	uint64_t index;
	struct hash leaf;
	enum err failed; /* the first failure */
};

static void
add_subject(void *ctx, struct span subject)
{
	struct entry_work *w = ctx;
	struct hash key = map_key(subject);

	if (w->failed == ERR_OK)
		w->failed = map_add(w->map, &key, w->index, &w->leaf);
}

enum err
map_add_entry(struct map *m, struct touch *t, uint64_t index, struct span entry)
{
	struct entry_work w = {
		.map = m, .index = index, .leaf = merkle_leaf(entry)
	};
	enum err e = touch_entry(t, entry, add_subject, &w);

	return e != ERR_OK ? e : w.failed;
}
