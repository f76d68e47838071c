/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions: while one is alive the writer copies a node before it changes it
 * for the first time in a period. The old node is kept by the newest version
 * that sees it; when that goes, by the next older one, or by none.
 */
#include <assert.h>
#include <stdlib.h>

#include "map_internal.h"

#include "base/banned.h"

#define DEAD_IDS 1020 /* a block is about 4 KB */

struct map_dead {
	struct map_dead *next;
	uint32_t count;
	uint32_t id[DEAD_IDS];
};

static uint16_t
gen_of(const struct map *m, uint32_t id)
{
	return id_is_leaf(id) ? leaf_at(m, id)->gen : inner_at(m, id)->gen;
}

/* The newest version older than that period, NULL without one. */
static struct map_version *
older(struct map *m, unsigned gen)
{
	struct map_version *found = NULL;

	for (unsigned i = 0; i < MAP_VERSIONS; i++) {
		struct map_version *v = &m->version[i];

		if (v->alive && v->gen < gen &&
		    (found == NULL || v->gen > found->gen))
			found = v;
	}
	return found;
}

enum err
map_retire(struct map *m, uint32_t id)
{
	struct map_version *v = m->newest;
	struct map_dead *block = v->dead;

	if (block == NULL || block->count == DEAD_IDS) {
		block = malloc(sizeof *block);
		if (block == NULL)
			return ERR_NOMEM;
		m->dead_bytes += sizeof *block;
		block->next = v->dead;
		block->count = 0;
		v->dead = block;
	}
	block->id[block->count++] = id;
	return ERR_OK;
}

/* Period numbers have 16 bits. Before they run out all nodes get new ones, as
 * small as can be: how many versions are too old to see the node. */
static void
renumber_nodes(struct map *m, const uint16_t *rank)
{
	for (uint32_t id = 0; id < m->inner.used; id++) {
		struct inner *n = inner_at(m, id);

		n->gen = rank[n->gen];
	}
	for (uint32_t id = 0; id < m->leaf.used; id++) {
		struct leaf *l = leaf_at(m, id);

		l->gen = rank[l->gen];
	}
}

static enum err
renumber(struct map *m)
{
	uint16_t *rank = malloc((UINT16_MAX + 1) * sizeof *rank);
	unsigned at = 0;

	if (rank == NULL)
		return ERR_NOMEM;
	for (unsigned gen = 0; gen <= UINT16_MAX; gen++) {
		rank[gen] = (uint16_t)at;
		for (unsigned i = 0; i < MAP_VERSIONS; i++)
			at += m->version[i].alive && m->version[i].gen == gen;
	}
	renumber_nodes(m, rank);
	for (unsigned i = 0; i < MAP_VERSIONS; i++)
		m->version[i].gen = rank[m->version[i].gen];
	m->gen = rank[m->gen];
	free(rank);
	return ERR_OK;
}

enum err
map_freeze(struct map *m, struct map_version **out)
{
	struct map_version *v = NULL;
	enum err e;

	*out = NULL;
	for (unsigned i = 0; i < MAP_VERSIONS && v == NULL; i++)
		v = m->version[i].alive ? NULL : &m->version[i];
	if (v == NULL)
		return ERR_LIMIT;
	if (m->gen == UINT16_MAX) {
		e = renumber(m);
		if (e != ERR_OK)
			return e;
	}
	*v = (struct map_version){ .map = m,
		.alive = true,
		.gen = m->gen++,
		.hash = map_root(m),
		.root = m->root,
		.keys = m->keys };
	m->newest = v;
	*out = v;
	return ERR_OK;
}

/* Gives id to v; *spare is a block to use where v's first one is full. */
static void
inherit(struct map_version *v, uint32_t id, struct map_dead **spare)
{
	if (v->dead == NULL || v->dead->count == DEAD_IDS) {
		assert(*spare != NULL);
		(*spare)->next = v->dead;
		(*spare)->count = 0;
		v->dead = *spare;
		*spare = NULL;
	}
	v->dead->id[v->dead->count++] = id;
}

/* A block's nodes: the next older version's where it sees them, else free. A
 * block's worth of them needs at most the block itself as new room. */
static void
pass_on(struct map *m, struct map_dead *block, struct map_version *heir)
{
	struct map_dead copy = *block, *spare = block;

	for (uint32_t i = 0; i < copy.count; i++) {
		if (heir != NULL && gen_of(m, copy.id[i]) <= heir->gen)
			inherit(heir, copy.id[i], &spare);
		else
			map_node_free(m, copy.id[i]);
	}
	if (spare == NULL)
		return;
	m->dead_bytes -= sizeof *spare;
	free(spare);
}

void
map_thaw(struct map *m, struct map_version *v)
{
	struct map_version *heir;

	if (v == NULL)
		return;
	assert(v->map == m && v->alive);
	heir = older(m, v->gen);
	v->alive = false;
	while (v->dead != NULL) {
		struct map_dead *block = v->dead;

		v->dead = block->next;
		pass_on(m, block, heir);
	}
	if (m->newest == v)
		m->newest = heir;
}

void
map_versions_free(struct map *m)
{
	for (unsigned i = 0; i < MAP_VERSIONS; i++) {
		while (m->version[i].dead != NULL) {
			struct map_dead *block = m->version[i].dead;

			m->version[i].dead = block->next;
			free(block);
		}
	}
}

struct hash
map_version_root(const struct map_version *v)
{
	return v->hash;
}

uint64_t
map_version_keys(const struct map_version *v)
{
	return v->keys;
}

void
map_version_find(
    struct map_found *out, const struct map_version *v, const struct hash *key)
{
	const struct map *m = v->map;
	uint32_t id = v->root;
	const struct leaf *l;

	*out = (struct map_found){ .count = 0 };
	if (id == ID_NONE)
		return;
	while (!id_is_leaf(id)) {
		const struct inner *at = inner_at(m, id);

		id = at->kid[key_bit(key, at->bit)];
	}
	l = leaf_at(m, id);
	if (!hash_equal(&l->key, key))
		return;
	out->count = leaf_count(l);
	out->newest = leaf_index(l);
	out->value = map_leaf_value(m, l);
}

/* formats 5.3: siblings from leaf to root; met from the root down. */
void
map_prove(
    struct map_proof *out, const struct map_version *v, const struct hash *key)
{
	const struct map *m = v->map;
	uint32_t id = v->root, path[KEY_BITS];
	const struct leaf *l;
	unsigned n = 0;

	out->present = false;
	out->empty = id == ID_NONE;
	out->steps = 0;
	if (out->empty)
		return;
	for (; !id_is_leaf(id); n++) {
		const struct inner *at = inner_at(m, id);

		path[n] = id;
		id = at->kid[key_bit(key, at->bit)];
	}
	l = leaf_at(m, id);
	out->present = hash_equal(&l->key, key);
	out->key = l->key;
	out->value = map_leaf_value(m, l);
	while (n-- > 0) {
		const struct inner *at = inner_at(m, path[n]);
		struct map_step *step = &out->step[out->steps++];

		step->bit = at->bit;
		step->sibling =
		    map_node_hash(m, at->kid[1 - key_bit(key, at->bit)]);
	}
}
