/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_AUDIT_SIGS_H
#define LEDGER_AUDIT_SIGS_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Signatures of entries, checked by threads ahead of the one that reads the
 * answers: it alone speaks to the database and names faults, so that their
 * order does not depend on who was faster.
 */
struct audit_sigs;

/* Entries of one batch; the caller's, unchanged until audit_sigs_end(). */
struct audit_sig_set {
	const struct span *entries;
	bool *valid; /* n answers; read through audit_sigs_valid() */
	size_t n;
	/* the threads' own, under their lock */
	size_t claimed, open;
	bool *judged; /* one for each chunk */
	struct audit_sig_set *next;
};
/* Chunks of a set of n entries: so many `judged`, all false at first. */
size_t audit_sigs_chunks(size_t n);

/* ERR_NOMEM. threads: 0 one for each core. crypto_start() first. */
enum err audit_sigs_new(struct audit_sigs **out, unsigned threads) CM_MUST_USE;
/* Ends the threads; sets given before may be left unread. */
void audit_sigs_free(struct audit_sigs *p);

/* Queues a set behind those given before. */
void audit_sigs_give(struct audit_sigs *p, struct audit_sig_set *set);
/* Whether the signature of entry i holds under the key that the entry names;
 * true for genesis and epochs. Waits until it is known. */
bool audit_sigs_valid(
    struct audit_sigs *p, const struct audit_sig_set *set, size_t i);
/* No thread looks at the set any more, answered or not. */
void audit_sigs_end(struct audit_sigs *p, struct audit_sig_set *set);

/* The same for one entry, in the caller's thread. */
bool audit_signature(struct span entry);

#endif
