/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_INTERNAL_H
#define LEDGER_MAP_INTERNAL_H

#include "ledger/map.h"

#include "map_arena.h"

/*
 * A node's name: the number of an inner node, or of a leaf with the top bit
 * set. Ids hold while the node lives; nodes never move.
 */
#define ID_LEAF UINT32_C(0x80000000)
#define ID_NONE UINT32_MAX

#define KEY_BITS 256
#define INDEX_BITS 48

/* One lock-free rule for both kinds of nodes: what a version sees (gen <=
 * its gen) is never written again, except gen, which only the writer reads. */
enum {
	DIRTY_KIDS = 3,
	DIRTY = 4,     /* the node's hash is to be made again */
	DIRTY_KID = 1, /* << side: that kid's before it; kept here so that the
			* other kid is not fetched to be asked */
};
struct inner {
	uint32_t kid[2];
	uint8_t bit;   /* length of the common prefix of its keys */
	uint8_t dirty; /* DIRTY; then its parents are, too */
	uint16_t gen;  /* period in which it was made */
	struct hash hash;
};

/* LEAF_MANY: the hashes of the list's frontier stand in a pool. */
#define LEAF_MANY 0xff

struct leaf {
	struct hash key;
	uint8_t list[HASH_BYTES]; /* the frontier's one hash, or u64 n and u32
				   * slot of a pool, as this machine has them */
	uint16_t index[3];        /* newest, lowest part first */
	uint16_t gen;
	uint8_t log;  /* n = 1 << log, or LEAF_MANY */
	uint8_t pool; /* of the slot */
};
_Static_assert(sizeof(struct inner) == 44, "what a key costs: the inner node");
_Static_assert(sizeof(struct leaf) == 74, "what a key costs: the leaf");

/* Pools of frontiers: slots of 2, 4, … 64 hashes. */
#define MAP_POOLS 6
#define MAP_VERSIONS 8

struct map_dead; /* nodes that versions alone still see */

struct map_version {
	const struct map *map;
	bool alive;
	uint16_t gen; /* sees what was made in periods up to this one */
	uint32_t root;
	struct hash hash;
	uint64_t keys;
	struct map_dead *dead; /* it is the newest version that sees them */
};

struct map {
	struct arena inner, leaf, pool[MAP_POOLS];
	uint32_t root;
	uint64_t keys;
	uint16_t gen;               /* of the running period, from 1 */
	struct map_version *newest; /* alive; NULL: change all in place */
	size_t dead_bytes;
	struct map_version version[MAP_VERSIONS];
};

/* The list of a leaf: n and the frontier's hashes, largest subtree first. */
struct list {
	uint64_t n;
	unsigned count;
	struct hash at[64];
};

static inline bool
id_is_leaf(uint32_t id)
{
	return (id & ID_LEAF) != 0;
}

static inline struct inner *
inner_at(const struct map *m, uint32_t id)
{
	return arena_at(&m->inner, id);
}

static inline struct leaf *
leaf_at(const struct map *m, uint32_t id)
{
	return arena_at(&m->leaf, id & ~ID_LEAF);
}

/* formats 5.2: bit 0 is the top bit of byte 0. */
static inline unsigned
key_bit(const struct hash *key, unsigned bit)
{
	return (unsigned)(key->b[bit / 8] >> (7 - bit % 8)) & 1;
}

/* Before it is read: nodes lie anywhere, and what a memory of gigabytes takes
 * to answer is most of the map's time. */
static inline void
node_prefetch(const struct map *m, uint32_t id)
{
	const char *p = id_is_leaf(id) ? (const char *)leaf_at(m, id)
				       : (const char *)inner_at(m, id);

	__builtin_prefetch(p);
	__builtin_prefetch(p + sizeof(struct inner) - 1);
	if (id_is_leaf(id))
		__builtin_prefetch(p + sizeof(struct leaf) - 1);
}

static inline bool
map_is_dirty(const struct map *m, uint32_t id)
{
	return !id_is_leaf(id) && inner_at(m, id)->dirty != 0;
}

/* Of a node whose kids are hashed. */
struct hash map_node_hash(const struct map *m, uint32_t id);
struct hash map_leaf_value(const struct map *m, const struct leaf *l);
struct hash map_inner_hash(
    unsigned bit, const struct hash *left, const struct hash *right);
struct hash map_leaf_hash(const struct hash *key, const struct hash *value);
/* Length of the common prefix; KEY_BITS of equal keys. */
unsigned map_common(const struct hash *a, const struct hash *b);

/* Of a leaf that is there already: what its list needs beside it. */
void leaf_prefetch(const struct map *m, const struct leaf *l);
uint64_t leaf_index(const struct leaf *l);
uint64_t leaf_count(const struct leaf *l);
void list_get(struct list *out, const struct map *m, const struct leaf *l);
struct hash list_root(const struct list *l);
void list_add(struct list *l, const struct hash *item);
/* Fresh leaf with that list. ERR_NOMEM. */
enum err leaf_new(uint32_t *out, struct map *m, const struct hash *key,
    const struct list *list, uint64_t index);
/* Of a leaf no version sees. ERR_NOMEM. */
enum err leaf_set(
    struct map *m, struct leaf *l, const struct list *list, uint64_t index);
/* An inner node above old and leaf, which part at bit. ERR_NOMEM. */
enum err inner_new(
    uint32_t *out, struct map *m, unsigned bit, uint32_t old, uint32_t leaf);

/* A version sees a node of that period. */
static inline bool
map_shared(const struct map *m, uint16_t gen)
{
	return m->newest != NULL && gen <= m->newest->gen;
}
/* The node left the tree and map_shared() holds of it. ERR_NOMEM. */
enum err map_retire(struct map *m, uint32_t id);
void map_node_free(struct map *m, uint32_t id);
void map_versions_free(struct map *m);

#endif
