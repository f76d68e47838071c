/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NAIVEMAP_H
#define NAIVEMAP_H

#include "ledger/map.h"

/* The map of formats 5 as its text defines it: over all pairs in order of the
 * keys, anew for each question. Shares no code with the map but SHA-256. */
struct naive_pair {
	struct hash key, value;
};

void naive_sort(struct naive_pair *pairs, size_t n);
struct hash naive_root(const struct naive_pair *pairs, size_t n);
void naive_prove(struct map_proof *out, const struct naive_pair *pairs,
    size_t n, const struct hash *key);
/* RFC 6962 2.1 over leaf hashes. */
struct hash naive_list_root(const struct hash *items, size_t n);

/* The lists of all keys, which grow entry by entry. */
struct naive_list {
	struct hash key;
	size_t n, cap;
	struct hash *items;
	uint64_t index; /* newest */
};
struct naive_map {
	size_t n, cap;
	struct naive_list *lists;
};
void naive_map_add(struct naive_map *m, const struct hash *key, uint64_t index,
    const struct hash *leaf);
/* Sorted pairs, as many as m->n; the caller frees them. */
struct naive_pair *naive_map_pairs(const struct naive_map *m);
void naive_map_clear(struct naive_map *m);

/* Key number i: random bits below few leading ones, so that the tree has long
 * common prefixes too. */
struct hash naive_key(unsigned i);
struct hash naive_leaf(uint64_t index);

#endif
