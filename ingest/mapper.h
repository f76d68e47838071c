/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MAPPER_H
#define MAPPER_H

#include "base/diag.h"
#include "base/hash.h"
#include "ledger/logtext.h"

#include "ingest_metrics.h"
#include "queue.h"

/*
 * The map (formats 5) in a thread of its own, behind the log: only what is
 * committed reaches it, so it never goes back. What the sequencer hands over
 * and it has not taken is bounded; beyond that it is dropped, and the mapper
 * reads those entries from the database on a connection of its own, as it does
 * at start, as a standby and after a fault of the database.
 */
struct mapper_options {
	const char *log;
	const char *database; /* connection string */
	struct queue *queue;  /* woken when an answer is there */
	struct ingest_metrics *metrics;
};

/* What an epoch entry says of the map (formats 4.5). */
struct mapper_state {
	uint64_t covered;
	struct hash root;
	uint64_t keys;
};

struct mapper;
/* Starts the thread. ERR_NOMEM. */
enum err mapper_new(struct mapper **out, const struct mapper_options *o,
    struct diag *d) CM_MUST_USE;
/* Ends it; up to some seconds while it loads. */
void mapper_free(struct mapper *m);

/* All below: the sequencer's thread. */

/*
 * Brings the map to what the epoch covers and compares (formats 5.2). What was
 * put and given before is forgotten; entries up to size are committed. A map
 * that stands beyond e->covered has been compared and goes on where it is.
 */
void mapper_check(struct mapper *m, const struct epoch *e, uint64_t size);
/* Whether that has come to its end, waiting at most so long. ERR_PROOF: the
 * tables give another map; ERR_NOMEM. They stay. */
enum err mapper_checked(
    struct mapper *m, bool *done, int wait_ms, struct diag *d) CM_MUST_USE;

/* An entry of the batch in the making. */
void mapper_put(struct mapper *m, uint64_t index, const struct hash *leaf,
    struct span keys);
/* The batch is committed: the log has so many entries now. */
void mapper_give(struct mapper *m, uint64_t size);
/* It is not. */
void mapper_drop(struct mapper *m);

/* Wants the root over size committed entries, or what comes near it soon. */
void mapper_ask(struct mapper *m, uint64_t size);
/* The newest finished state; *answered says whether it came after the last
 * mapper_ask(). Waits at most so long for that. Errors as mapper_checked(). */
enum err mapper_answer(struct mapper *m, struct mapper_state *out,
    bool *answered, int wait_ms, struct diag *d) CM_MUST_USE;

#endif
