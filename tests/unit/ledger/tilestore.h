/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TILESTORE_H
#define TILESTORE_H

#include "ledger/merkle.h"

/* A log's hashes in memory, as a store would keep them: full tiles as they
 * came from done(), the rest in the running tiles. */
struct tilestore {
	struct tiles tiles;
	struct frontier frontier;
	struct hash *full[TILE_LEVELS];
	uint64_t full_count[TILE_LEVELS]; /* tiles */
	unsigned reads;
	size_t hashes_read;
};

void tilestore_init(struct tilestore *s);
void tilestore_clear(struct tilestore *s);
/* A merkle_read_fn; ctx is the tilestore. */
enum err tilestore_read(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d);

#endif
