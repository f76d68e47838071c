/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_PROOFS_H
#define API_PROOFS_H

#include "ledger/bundle.h"
#include "ledger/merkle.h"
#include "ledger/store.h"

/*
 * The server's own copy of the map (formats 5): a thread with a connection of
 * its own follows the published epochs, compares the map with what each epoch
 * entry says of it, and freezes a version for readers. The writer of the log
 * has no part in it.
 */
struct api_metrics;
struct proofs;

/* What proofs are made from: all of one moment. */
struct proof_head {
	unsigned refs; /* the follower's own business */
	struct map_version *version;
	struct buf note, genesis, epoch;
	struct hash root; /* of the tree */
	struct hash genesis_path[MERKLE_PATH_MAX], epoch_path[MERKLE_PATH_MAX];
	struct bundle_head head; /* points into the above */
	int64_t epoch_ms;        /* time of the epoch entry */
};

enum proofs_state {
	PROOFS_READY,
	PROOFS_BEHIND,  /* it has not caught up yet */
	PROOFS_DIFFERS, /* the map is not the one the epoch states */
};

/* o: kept. */
enum err proofs_start(struct proofs **out, const struct store_options *o,
    struct api_metrics *metrics, struct diag *d) CM_MUST_USE;
/* All heads have been given back. NULL does nothing. */
void proofs_stop(struct proofs *p);

/* *out is NULL but for PROOFS_READY. Any thread. */
enum proofs_state proofs_take(struct proofs *p, struct proof_head **out);
void proofs_give(struct proofs *p, struct proof_head *head);
/* What the head's map knows of a subject. */
struct store_reach proofs_reach(
    const struct proof_head *head, struct span subject);

#endif
