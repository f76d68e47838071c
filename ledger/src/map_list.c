/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of a subject (formats 5.2) as its frontier. Where n is a power of
 * two the frontier is one hash and stands in the leaf; else in a pool's slot.
 */
#include "ledger/merkle.h"

#include "map_internal.h"

#include "base/banned.h"

/* What stands in the list bytes of a leaf with LEAF_MANY. */
struct many {
	uint64_t n;
	uint32_t slot;
	uint32_t unused;
};
_Static_assert(sizeof(struct many) <= HASH_BYTES, "lies inside the leaf");

static struct many
many_of(const struct leaf *l)
{
	struct many many;

	memcpy(&many, l->list, sizeof many);
	return many;
}

/* The pool whose slots hold that many hashes, two at least. */
static unsigned
pool_of(unsigned count)
{
	return 31 - (unsigned)__builtin_clz(count - 1);
}

void
leaf_prefetch(const struct map *m, const struct leaf *l)
{
	if (l->log == LEAF_MANY)
		__builtin_prefetch(
		    arena_at(&m->pool[l->pool], many_of(l).slot));
}

uint64_t
leaf_index(const struct leaf *l)
{
	return (uint64_t)l->index[2] << 32 | (uint64_t)l->index[1] << 16 |
	       l->index[0];
}

uint64_t
leaf_count(const struct leaf *l)
{
	return l->log == LEAF_MANY ? many_of(l).n : (uint64_t)1 << l->log;
}

void
list_get(struct list *out, const struct map *m, const struct leaf *l)
{
	struct many many;

	if (l->log != LEAF_MANY) {
		out->n = (uint64_t)1 << l->log;
		out->count = 1;
		memcpy(&out->at[0], l->list, HASH_BYTES);
		return;
	}
	many = many_of(l);
	out->n = many.n;
	out->count = (unsigned)__builtin_popcountll(many.n);
	memcpy(out->at, arena_at(&m->pool[l->pool], many.slot),
	    out->count * sizeof(struct hash));
}

/* A leaf closes one subtree for each trailing 1 of n, as a carry. */
void
list_add(struct list *l, const struct hash *item)
{
	struct hash h = *item;

	for (uint64_t n = l->n; (n & 1) != 0; n >>= 1)
		h = merkle_node(&l->at[--l->count], &h);
	l->at[l->count++] = h;
	l->n++;
}

struct hash
list_root(const struct list *l)
{
	unsigned i = l->count - 1;
	struct hash h = l->at[i];

	while (i-- > 0)
		h = merkle_node(&l->at[i], &h);
	return h;
}

struct hash
map_leaf_value(const struct map *m, const struct leaf *l)
{
	struct list list;
	struct hash root;

	list_get(&list, m, l);
	root = list_root(&list);
	return map_value(list.n, &root);
}

/* Keeps the slot it has where that has the right size. */
static enum err
set_many(struct map *m, struct leaf *l, const struct list *list)
{
	unsigned pool = pool_of(list->count);
	struct many many = { .n = list->n };

	if (l->log == LEAF_MANY && l->pool == pool) {
		many.slot = many_of(l).slot;
	} else {
		many.slot = arena_take(&m->pool[pool]);
		if (many.slot == ARENA_NONE)
			return ERR_NOMEM;
		if (l->log == LEAF_MANY)
			arena_give(&m->pool[l->pool], many_of(l).slot);
	}
	memcpy(arena_at(&m->pool[pool], many.slot), list->at,
	    list->count * sizeof(struct hash));
	memcpy(l->list, &many, sizeof many);
	l->log = LEAF_MANY;
	l->pool = (uint8_t)pool;
	return ERR_OK;
}

enum err
leaf_set(struct map *m, struct leaf *l, const struct list *list, uint64_t index)
{
	for (unsigned i = 0; i < 3; i++)
		l->index[i] = (uint16_t)(index >> 16 * i);
	if (list->count > 1)
		return set_many(m, l, list);
	if (l->log == LEAF_MANY)
		arena_give(&m->pool[l->pool], many_of(l).slot);
	memcpy(l->list, &list->at[0], HASH_BYTES);
	l->log = (uint8_t)__builtin_ctzll(list->n);
	return ERR_OK;
}

enum err
leaf_new(uint32_t *out, struct map *m, const struct hash *key,
    const struct list *list, uint64_t index)
{
	uint32_t id = arena_take(&m->leaf);
	struct leaf *l;

	if (id == ARENA_NONE)
		return ERR_NOMEM;
	l = leaf_at(m, id);
	l->key = *key;
	l->log = 0;
	l->gen = m->gen;
	*out = id | ID_LEAF;
	return leaf_set(m, l, list, index);
}

void
map_node_free(struct map *m, uint32_t id)
{
	struct leaf *l;

	if (!id_is_leaf(id)) {
		arena_give(&m->inner, id);
		return;
	}
	l = leaf_at(m, id);
	if (l->log == LEAF_MANY)
		arena_give(&m->pool[l->pool], many_of(l).slot);
	arena_give(&m->leaf, id & ~ID_LEAF);
}
