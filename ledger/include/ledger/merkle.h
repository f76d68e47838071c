/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include "base/diag.h"
#include "base/hash.h"

/*
 * RFC 6962 Merkle tree over SHA-256: a frontier that takes leaves, tiles of
 * C2SP tlog-tiles (256 hashes wide, eight tree levels high), proofs made from
 * any source of node hashes, and their verification.
 */
#define MERKLE_PATH_MAX 64
#define TILE_WIDTH 256
#define TILE_LEVELS 8 /* tile levels: 256^8 = 2^64 leaves */

struct hash merkle_empty_root(void);
struct hash merkle_leaf(struct span entry);
struct hash merkle_node(const struct hash *left, const struct hash *right);

/* The roots of the perfect subtrees of a tree of that size. */
struct frontier {
	uint64_t size;
	struct hash at[64]; /* at[k]: subtree of 2^k leaves, valid if bit k of
			     * size is set */
};

void frontier_init(struct frontier *f);
void frontier_add(struct frontier *f, const struct hash *leaf);
struct hash frontier_root(const struct frontier *f);

/* Gathers hashes into tiles; done() is called once for each tile that became
 * full, in order, with its 256 hashes and its root (which is hash n of
 * level + 1 and has been added there already). */
struct tiles {
	uint64_t size; /* leaves so far */
	unsigned count[TILE_LEVELS];
	struct hash part[TILE_LEVELS][TILE_WIDTH];
	void *ctx;
	void (*done)(void *ctx, unsigned level, uint64_t n,
	    const struct hash hashes[TILE_WIDTH], const struct hash *root);
};

void tiles_init(struct tiles *t);
/* The leaf goes into the frontier of the same tree too, which knows the roots
 * of tiles that become full. */
void tiles_add(struct tiles *t, struct frontier *f, const struct hash *leaf);

/* Root of a perfect subtree over n = 2^k hashes. */
struct hash merkle_root_of(const struct hash *hashes, size_t n);

/*
 * Reads hashes first … first + n - 1 of tile level L (leaves 256^L wide) of a
 * tree of at least the size asked for. ERR_OK or the source's failure. A read
 * stays within one tile (256 hashes from a multiple of 256), and a proof reads
 * each tile at most once.
 */
typedef enum err (*merkle_read_fn)(void *ctx, unsigned tile_level,
    uint64_t first, size_t n, struct hash *out, struct diag *d);

/* RFC 6962 2.1.1, leaf to root. ERR_USAGE when index >= size. */
enum err merkle_inclusion(struct hash path[MERKLE_PATH_MAX], size_t *n,
    uint64_t index, uint64_t size, merkle_read_fn read, void *ctx,
    struct diag *d) CM_MUST_USE;
/* RFC 6962 2.1.2; empty for from == to; ERR_USAGE for from 0 or from > to. */
enum err merkle_consistency(struct hash path[MERKLE_PATH_MAX], size_t *n,
    uint64_t from, uint64_t to, merkle_read_fn read, void *ctx,
    struct diag *d) CM_MUST_USE;
/* Root of the first `size` leaves. */
enum err merkle_root_at(struct hash *root, uint64_t size, merkle_read_fn read,
    void *ctx, struct diag *d) CM_MUST_USE;

/* ERR_PROOF unless the path leads from the leaf to root (RFC 9162 2.1.3.2). */
enum err merkle_verify_inclusion(const struct hash *leaf, uint64_t index,
    uint64_t size, const struct hash *path, size_t n, const struct hash *root,
    struct diag *d) CM_MUST_USE;
/* ERR_PROOF (RFC 9162 2.1.4.2); sizes 0 are refused. */
enum err merkle_verify_consistency(uint64_t from, const struct hash *from_root,
    uint64_t to, const struct hash *to_root, const struct hash *path, size_t n,
    struct diag *d) CM_MUST_USE;

/* Chain of formats 4.4. */
struct hash chain_start(const char *origin);
struct hash chain_next(const struct hash *before, const struct hash *leaf);

#endif
