/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_AUDIT_SIGS_H
#define LEDGER_AUDIT_SIGS_H

#include <stddef.h>

#include "event/statement.h"
#include "event/touch.h"

/*
 * What an entry's bytes show without any other entry, its signature above all.
 * Each is read and hashed once, by threads ahead of the one that takes the
 * answers: it alone speaks to the database and names faults, so that their
 * order does not depend on who was faster.
 */
struct audit_look {
	struct span entry; /* the caller's */
	enum entry_kind kind;
	bool formed;        /* a statement, or evidence of a fork, in form */
	bool valid;         /* its signature holds under the key that it names;
			     * true for genesis and epochs */
	struct statement s; /* formed: it, or the one that is evidence */
	struct hash hash;   /* formed: statement_hash() of it */
};
/* In the caller's thread. crypto_start() first. */
void audit_look(struct audit_look *out, struct span entry);

struct audit_sigs;

/* Entries of one batch; the caller's, unchanged until audit_sigs_end(). */
struct audit_sig_set {
	struct audit_look *looks; /* n, of which the caller fills in entry;
				   * read through audit_sigs_look() */
	size_t n;
	size_t known; /* the reader's: the chunk it last waited for, from 1 */
	/* the threads' own, under their lock */
	size_t claimed, open;
	bool *judged; /* one for each chunk */
	struct audit_sig_set *next;
};
/* Chunks of a set of n entries: so many `judged`, all false at first. */
size_t audit_sigs_chunks(size_t n);

/* ERR_NOMEM. threads: 0 one for each core that the process may use.
 * crypto_start() first. */
enum err audit_sigs_new(struct audit_sigs **out, unsigned threads) CM_MUST_USE;
/* Ends the threads; sets given before may be left unread. */
void audit_sigs_free(struct audit_sigs *p);

/* Queues a set behind those given before. */
void audit_sigs_give(struct audit_sigs *p, struct audit_sig_set *set);
/* The answer for entry i; waits until it is there. One reader a set. */
const struct audit_look *audit_sigs_look(
    struct audit_sigs *p, struct audit_sig_set *set, size_t i);
/* No thread looks at the set any more, answered or not. */
void audit_sigs_end(struct audit_sigs *p, struct audit_sig_set *set);

#endif
