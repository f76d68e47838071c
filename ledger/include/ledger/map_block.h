/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_BLOCK_H
#define LEDGER_MAP_BLOCK_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"
#include "event/touch.h"
#include "ledger/map.h"

struct store;

/*
 * Which keys of the map entries touch: rows of table map_journal in the making
 * and the same for entries on their way to a map. A pure function of the
 * entries' bytes (formats 5.4). Keys stand one after the other, 32 bytes each,
 * in the order of touching.
 */
#define MAP_BLOCK 256 /* entries of a row, as many as of a tile */
#define MAP_BLOCK_BYTES ((size_t)256 << 20)

struct map_block {
	struct buf b;   /* for each entry u16be count and its keys */
	unsigned count; /* entries in it */
};

void map_block_init(struct map_block *b);
void map_block_clear(struct map_block *b);
void map_block_reset(struct map_block *b);
/* The next entry's keys; buf_error(&b->b) tells of a failure. At MAP_BLOCK
 * entries buf_span(&b->b) is the row: reset it. */
void map_block_add(struct map_block *b, struct span keys);
/* The block that a log of that size has begun, from the entries' bytes.
 * ERR_DB, ERR_TIMEOUT, ERR_NOT_FOUND, ERR_NOMEM. */
enum err map_block_load(struct map_block *b, struct store *s, uint64_t size,
    struct diag *d) CM_MUST_USE;

/* Appends the keys of an entry. t: the caller's. ERR_NOMEM, ERR_SPACE. */
enum err map_block_keys(
    struct buf *keys, struct touch *t, struct span entry) CM_MUST_USE;

/* ---- entries on their way to a map ---- */
/* u64be index, the leaf hash, u16be count, the keys. */
void map_feed_put(struct buf *feed, uint64_t index, const struct hash *leaf,
    struct span keys);
/* Adds the entries at the front whose index is below that, and takes them off
 * *feed. As map_add(). */
enum err map_feed_take(
    struct map *m, struct span *feed, uint64_t below) CM_MUST_USE;

#endif
