/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_STORE_H
#define LEDGER_MAP_STORE_H

#include "base/diag.h"
#include "ledger/logtext.h"
#include "ledger/map.h"

struct store;

/*
 * The map from the database: the newest snapshot, then the journal with the
 * leaf hashes of the tiles, then the entries' bytes (formats 5.2, 5.4). What
 * comes out has no authority of its own: compare it with an epoch entry
 * (map_store_compare).
 */

/*
 * Brings a map that holds the entries below *at (0: an empty map) to those
 * below `to`, at most the log's size; *at moves with it. After a failure with
 * *at still 0, ERR_NOMEM or ERR_PROOF the map is good for nothing but
 * map_free(); after any other it can go on from *at. ERR_DB, ERR_TIMEOUT: with
 * another connection. ERR_NOT_FOUND: entries are missing. ERR_PROOF: a row of
 * map_journal or map_snapshot that no entries gave. Where journal rows are
 * lacking the entries are read, about ten times slower.
 * Not inside a transaction.
 */
enum err map_store_follow(struct map *m, uint64_t *at, struct store *s,
    uint64_t to, struct diag *d) CM_MUST_USE;

/* The first step of it alone: an empty map becomes that of the newest snapshot
 * of at most `to` entries, or stays empty with *at 0. As map_store_follow(). */
enum err map_store_load(struct map *m, uint64_t *at, struct store *s,
    uint64_t to, struct diag *d) CM_MUST_USE;

/* ERR_PROOF, saying how to repair, unless root and number of keys of the map
 * are those of the epoch; the map holds the entries below e->covered. */
enum err map_store_compare(
    struct map *m, const struct epoch *e, struct diag *d) CM_MUST_USE;

/* The newest epoch entry, at that index. ERR_PROOF when it is none. */
enum err map_store_epoch(struct epoch *out, struct store *s, uint64_t index,
    struct diag *d) CM_MUST_USE;

/*
 * Makes a new snapshot if the journal behind the last has grown by half of it,
 * and deletes the old one; role countermark_projector. published: size of a
 * checkpoint. few: so few bytes of journal are not worth it yet. Takes the
 * memory of the map while it works. *covered: of the snapshot there is now, 0
 * none; *made says whether it is new. ERR_FENCED: another made one meanwhile.
 */
enum err map_store_snapshot(struct store *s, uint64_t published, uint64_t few,
    uint64_t *covered, bool *made, struct diag *d) CM_MUST_USE;

#endif
