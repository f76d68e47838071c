/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_STORE_INTERNAL_H
#define LEDGER_MAP_STORE_INTERNAL_H

#include "ledger/map_block.h"
#include "ledger/map_store.h"

#include "store_internal.h"

/* map_store_follow() inside the caller's transaction. Where that may see
 * another state in each statement, a snapshot replaced meanwhile is ERR_DB. */
enum err map_store_follow_inside(struct map *m, uint64_t *at, struct store *s,
    uint64_t to, struct diag *d) CM_MUST_USE;

/* A row of map_journal or map_snapshot is not what was written: ERR_PROOF. */
enum err map_store_damaged(const struct store *s, const char *table,
    uint64_t row, struct diag *d) CM_MUST_USE;

/* The sorted dump of a map cut into the parts of table map_snapshot. */
typedef enum err (*map_part_fn)(void *ctx, uint32_t part, struct span bytes);
enum err map_store_parts(
    const struct map *m, map_part_fn fn, void *ctx) CM_MUST_USE;

/* The rows of a map that holds the entries below covered, inside the caller's
 * transaction. */
enum err map_store_put_parts(struct store *s, const struct map *m,
    uint64_t covered, struct diag *d) CM_MUST_USE;

#endif
