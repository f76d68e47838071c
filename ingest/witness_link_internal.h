/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WITNESS_LINK_INTERNAL_H
#define WITNESS_LINK_INTERNAL_H

#include <pthread.h>

#include "ledger/policy.h"
#include "ledger/store.h"
#include "ledger/witness.h"

#include "asker.h"
#include "witness_link.h"

#define WITNESS_LINK_RETRY_MS 500

/* One witness with an address. */
struct asked {
	const struct note_key *key;
	size_t number; /* in the policy */
	struct asker *asker;
	bool known;    /* size is what it said or signed last */
	uint64_t size; /* it knows of the log */
	unsigned failures;
	bool corrected;    /* its last answer was another size */
	int64_t behind_ms; /* since when it answers 503; 0 it does not */
	int64_t not_before_ms;
	struct buf line; /* cosignature of the checkpoint at hand */

	/* the question under way: a checkpoint that may be at hand no more */
	bool under_way;
	uint64_t old, about; /* sizes: from, and of the checkpoint */
	struct buf note;
};

struct witness_link {
	struct witness_link_options o;
	struct policy *policy;
	struct asked *asked;
	size_t count;
	pthread_t thread;

	/* the thread's own, and the caller's in witness_link_check() */
	pthread_mutex_t work;
	struct store *store;
	struct store_checkpoint at; /* the checkpoint at hand */
	struct buf note;
	bool published, alarm;
	int64_t quorum_ms; /* since when the quorum holds; 0 it does not */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;
	bool stop, news;
	uint64_t answers, term;
};

/* ---- witness_link_ask.c; all under work ---- */
/* Asks for a cosignature of the checkpoint at hand, as if the witness knew old
 * entries. Only one that has none under way. */
enum err witness_link_ask(struct witness_link *w, struct asked *a, uint64_t old,
    struct diag *d) CM_MUST_USE;
/* The answer to it, if it is there. */
bool witness_link_answer(struct asked *a, struct http_answer *out) CM_MUST_USE;
/* What an answer to a question for a cosignature means. */
void witness_link_take(
    struct witness_link *w, struct asked *a, struct http_answer *answer);
/* The same before the first signature: ERR_REWIND when the witness knows more
 * than size entries. */
enum err witness_link_take_check(struct witness_link *w, struct asked *a,
    struct http_answer *answer, uint64_t size, struct diag *d) CM_MUST_USE;

#endif
