/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_VIEW_H
#define API_VIEW_H

#include "base/hash.h"
#include "ledger/logtext.h"
#include "ledger/store.h"
#include "provenance/roster.h"

/*
 * What of the ledger is published: the newest checkpoint, read first, so that
 * everything below its size is there (performance.md, rule 4), and the roster
 * folded up to it.
 */
#define VIEW_FRESH_MS 100

struct snapshot {
	unsigned refs; /* the view's own business */
	uint64_t size;
	struct hash root;
	int64_t published_ms; /* when the checkpoint was stored */
	int64_t epoch_ms;     /* time of the epoch entry at size - 1 */
	uint64_t covered;     /* formats 4.5 */
	struct buf note;
};

struct view;

enum err view_new(struct view **out) CM_MUST_USE;
void view_free(struct view *v);

/* The newest snapshot, at most VIEW_FRESH_MS old; s is asked when it is older.
 * ERR_NOT_FOUND while nothing is published. Give back with view_release(). */
enum err view_take(struct view *v, struct store *s, struct snapshot **out,
    struct diag *d) CM_MUST_USE;
void view_release(struct view *v, struct snapshot *snap);

/* After the first view_take() that succeeded. */
const char *view_origin(const struct view *v);
const char *view_host(const struct view *v);
const struct genesis *view_genesis(const struct view *v);
/* The roster for reading, until view_unlock(). */
struct roster *view_roster(struct view *v);
void view_unlock(struct view *v);

#endif
