/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes each marked node once, however many keys below it changed. Nodes lie
 * all over a large memory, so that one walk would wait most of its time: many
 * walks below different nodes take turns, and each asks for what it needs next
 * before it lets the others go on.
 */
#include "ledger/map.h"

#include "map_internal.h"

#include "base/banned.h"

#define LANES 16
#define TOPS 256 /* nodes that the lanes are given */
#define TOP_LEVELS 8

/* A walk, depth first; a node is left once both its kids have their hashes. */
struct lane {
	unsigned depth;  /* 0: has nothing to do */
	unsigned waited; /* turns at a node of which no kid is marked */
	uint32_t stack[KEY_BITS + 1];
};

struct hash
map_node_hash(const struct map *m, uint32_t id)
{
	const struct leaf *l;
	struct hash value;

	if (!id_is_leaf(id))
		return inner_at(m, id)->hash;
	l = leaf_at(m, id);
	value = map_leaf_value(m, l);
	return map_leaf_hash(&l->key, &value);
}

static void
hash_node(const struct map *m, struct inner *n)
{
	struct hash left = map_node_hash(m, n->kid[0]);
	struct hash right = map_node_hash(m, n->kid[1]);

	n->hash = map_inner_hash(n->bit, &left, &right);
	n->dirty = 0;
}

/* Down to a marked kid, whose mark that was. */
static void
go_down(const struct map *m, struct lane *l, struct inner *n)
{
	unsigned side = (n->dirty & DIRTY_KID) == 0;

	node_prefetch(m, n->kid[side]);
	node_prefetch(m, n->kid[1 - side]);
	n->dirty &= (uint8_t) ~(DIRTY_KID << side);
	l->stack[l->depth++] = n->kid[side];
	l->waited = 0;
}

/* What the lowest marked node's kids need is fetched in two steps. */
static bool
wait_for_kids(const struct map *m, struct lane *l, const struct inner *n)
{
	for (unsigned side = 0; side < 2; side++) {
		if (l->waited == 0)
			node_prefetch(m, n->kid[side]);
		else if (id_is_leaf(n->kid[side]))
			leaf_prefetch(m, leaf_at(m, n->kid[side]));
	}
	return l->waited++ < 2;
}

static void
step(const struct map *m, struct lane *l)
{
	struct inner *n = inner_at(m, l->stack[l->depth - 1]);

	if ((n->dirty & DIRTY_KIDS) != 0) {
		go_down(m, l, n);
	} else if (n->dirty != 0 && wait_for_kids(m, l, n)) {
		return;
	} else {
		if (n->dirty != 0)
			hash_node(m, n);
		l->depth--;
		/* the other kids above were fetched on the way down */
		l->waited = 2;
	}
}

static void
start(const struct map *m, struct lane *l, uint32_t id)
{
	node_prefetch(m, id);
	l->stack[0] = id;
	l->depth = 1;
	l->waited = 0;
}

/* Marked nodes some levels below the root: at most TOPS, none above another. */
static unsigned
tops(uint32_t out[TOPS], const struct map *m)
{
	unsigned n = 1;

	out[0] = m->root;
	for (unsigned level = 0; level < TOP_LEVELS; level++) {
		for (unsigned i = 0, now = n; i < now; i++) {
			const struct inner *at = inner_at(m, out[i]);

			if ((at->dirty & DIRTY_KIDS) == DIRTY_KIDS) {
				out[i] = at->kid[0];
				out[n++] = at->kid[1];
			} else if ((at->dirty & DIRTY_KIDS) != 0) {
				out[i] = at->kid[at->dirty >> 1 & 1];
			}
		}
	}
	return n;
}

static void
hash_marked(struct map *m)
{
	struct lane lanes[LANES];
	uint32_t top[TOPS];
	unsigned count = tops(top, m), given = 0, busy;

	for (unsigned i = 0; i < LANES; i++)
		lanes[i].depth = 0;
	do {
		busy = 0;
		for (unsigned i = 0; i < LANES; i++) {
			if (lanes[i].depth == 0 && given < count)
				start(m, &lanes[i], top[given++]);
			else if (lanes[i].depth > 0)
				step(m, &lanes[i]);
			busy += lanes[i].depth > 0;
		}
	} while (busy > 0 || given < count);
	/* what lies above them */
	start(m, &lanes[0], m->root);
	while (lanes[0].depth > 0)
		step(m, &lanes[0]);
}

struct hash
map_root(struct map *m)
{
	if (m->root == ID_NONE)
		return map_empty_root();
	if (map_is_dirty(m, m->root))
		hash_marked(m);
	return map_node_hash(m, m->root);
}
