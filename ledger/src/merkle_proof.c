/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs from stored tiles. First the perfect subtrees that the proof consists
 * of are listed, then each tile that holds some of them is read once.
 */
#include "ledger/merkle.h"

#include <assert.h>

#include "base/banned.h"

/* A path has at most 64 hashes and at most one of them covers a range that is
 * no perfect subtree (the right edge), itself at most 64 subtrees. */
#define NODES_MAX (2 * MERKLE_PATH_MAX)

/* A perfect subtree: leaves [index << level, index + 1 << level). */
struct node {
	unsigned level;
	uint64_t index;
	bool done;
	struct hash hash;
};

/* What is to be proved: ranges of leaves, each a run of nodes. */
struct plan {
	size_t node_count;
	struct node nodes[NODES_MAX];
	size_t range_count;
	size_t range_at[MERKLE_PATH_MAX + 1]; /* first node of a range */
};

/* Position of the highest bit of n, n > 0. */
static unsigned
top_bit(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n);
}

/* RFC 6962 2.1: k, the largest power of two smaller than n, n > 1. */
static uint64_t
split(uint64_t n)
{
	return (uint64_t)1 << top_bit(n - 1);
}

/* The range [first, first + n): largest subtrees from left to right; first is
 * a multiple of the largest one's width. */
static void
plan_range(struct plan *p, uint64_t first, uint64_t n)
{
	assert(p->range_count < MERKLE_PATH_MAX);
	p->range_at[p->range_count++] = p->node_count;
	while (n != 0) {
		unsigned k = top_bit(n);

		assert(p->node_count < NODES_MAX);
		p->nodes[p->node_count++] =
		    (struct node){ .level = k, .index = first >> k };
		first += (uint64_t)1 << k;
		n -= (uint64_t)1 << k;
	}
	p->range_at[p->range_count] = p->node_count;
}

/* RFC 6962 2.1.1, from the root down. */
static void
plan_inclusion(struct plan *p, uint64_t index, uint64_t size)
{
	uint64_t lo = 0, n = size;

	while (n > 1) {
		uint64_t k = split(n);

		if (index - lo < k) {
			plan_range(p, lo + k, n - k);
			n = k;
		} else {
			plan_range(p, lo, k);
			lo += k;
			n -= k;
		}
	}
}

/* RFC 6962 2.1.2 SUBPROOF, from the root down. */
static void
plan_consistency(struct plan *p, uint64_t from, uint64_t to)
{
	uint64_t lo = 0, m = from, n = to;

	while (m != n) {
		uint64_t k = split(n);

		if (m <= k) {
			plan_range(p, lo + k, n - k);
			n = k;
		} else {
			plan_range(p, lo, k);
			lo += k;
			m -= k;
			n -= k;
		}
	}
	/* The old root itself is known to whoever checks. */
	if (lo != 0)
		plan_range(p, lo, m);
}

/* A node's place in its tile level: hashes [*first, *first + *n). */
static void
node_place(
    const struct node *node, unsigned *tile_level, uint64_t *first, size_t *n)
{
	unsigned up = node->level % 8;

	*tile_level = node->level / 8;
	*first = node->index << up;
	*n = (size_t)1 << up;
}

/* Whether b stands in the tile with that number. */
static bool
in_tile(const struct node *b, unsigned tile_level, uint64_t tile)
{
	unsigned level;
	uint64_t first;
	size_t n;

	node_place(b, &level, &first, &n);
	return level == tile_level && first >> 8 == tile;
}

/* Reads the part of a tile that the nodes from i on need, once for all. */
static enum err
read_tile(
    struct plan *p, size_t i, merkle_read_fn read, void *ctx, struct diag *d)
{
	struct hash hashes[TILE_WIDTH];
	unsigned level;
	uint64_t first, lo = UINT64_MAX, end = 0, tile;
	size_t n;
	enum err e;

	node_place(&p->nodes[i], &level, &first, &n);
	tile = first >> 8;
	for (size_t j = i; j < p->node_count; j++) {
		if (!in_tile(&p->nodes[j], level, tile))
			continue;
		node_place(&p->nodes[j], &level, &first, &n);
		lo = first < lo ? first : lo;
		end = first + n > end ? first + n : end;
	}
	e = read(ctx, level, lo, (size_t)(end - lo), hashes, d);
	if (e != ERR_OK)
		return e;
	for (size_t j = i; j < p->node_count; j++) {
		if (!in_tile(&p->nodes[j], level, tile))
			continue;
		node_place(&p->nodes[j], &level, &first, &n);
		p->nodes[j].hash = merkle_root_of(hashes + (first - lo), n);
		p->nodes[j].done = true;
	}
	return ERR_OK;
}

static enum err
plan_read(struct plan *p, merkle_read_fn read, void *ctx, struct diag *d)
{
	for (size_t i = 0; i < p->node_count; i++) {
		enum err e;

		if (p->nodes[i].done)
			continue;
		e = read_tile(p, i, read, ctx, d);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static struct hash
range_hash(const struct plan *p, size_t range)
{
	size_t i = p->range_at[range + 1] - 1;
	struct hash h = p->nodes[i].hash;

	while (i-- > p->range_at[range])
		h = merkle_node(&p->nodes[i].hash, &h);
	return h;
}

/* Planned from the root down, given out from the leaf up. */
static enum err
plan_path(struct plan *p, struct hash *path, size_t *n, merkle_read_fn read,
    void *ctx, struct diag *d)
{
	enum err e = plan_read(p, read, ctx, d);

	if (e != ERR_OK)
		return e;
	*n = p->range_count;
	for (size_t i = 0; i < *n; i++)
		path[i] = range_hash(p, *n - 1 - i);
	return ERR_OK;
}

static void
plan_init(struct plan *p)
{
	p->node_count = 0;
	p->range_count = 0;
	p->range_at[0] = 0;
}

enum err
merkle_inclusion(struct hash path[MERKLE_PATH_MAX], size_t *n, uint64_t index,
    uint64_t size, merkle_read_fn read, void *ctx, struct diag *d)
{
	struct plan p;

	*n = 0;
	if (index >= size)
		return diag_fail(d, ERR_USAGE, "RFC 6962 2.1.1",
		    "index: got %llu, wanted below the size %llu",
		    (unsigned long long)index, (unsigned long long)size);
	plan_init(&p);
	plan_inclusion(&p, index, size);
	return plan_path(&p, path, n, read, ctx, d);
}

enum err
merkle_consistency(struct hash path[MERKLE_PATH_MAX], size_t *n, uint64_t from,
    uint64_t to, merkle_read_fn read, void *ctx, struct diag *d)
{
	struct plan p;

	*n = 0;
	if (from == 0 || from > to)
		return diag_fail(d, ERR_USAGE, "RFC 6962 2.1.2",
		    "sizes: got %llu and %llu, wanted 1 <= from <= to",
		    (unsigned long long)from, (unsigned long long)to);
	plan_init(&p);
	plan_consistency(&p, from, to);
	return plan_path(&p, path, n, read, ctx, d);
}

enum err
merkle_root_at(struct hash *root, uint64_t size, merkle_read_fn read, void *ctx,
    struct diag *d)
{
	struct plan p;
	enum err e;

	if (size == 0) {
		*root = merkle_empty_root();
		return ERR_OK;
	}
	plan_init(&p);
	plan_range(&p, 0, size);
	e = plan_read(&p, read, ctx, d);
	if (e == ERR_OK)
		*root = range_hash(&p, 0);
	return e;
}
