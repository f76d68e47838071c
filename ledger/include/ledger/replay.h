/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_REPLAY_H
#define LEDGER_REPLAY_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"

/*
 * Everything that a log's entries show by themselves, made again from entry 0
 * on without a store: form, genesis, chain, epochs and their map, signatures,
 * devices' chains, authority. Signatures are checked by threads beside.
 */
struct replay;

struct replay_fault {
	uint64_t index;    /* of the entry */
	const char *field; /* "entry", "map_root", "keys" */
	const char *got;   /* without blanks */
	const char *want;
};

struct replay_options {
	const char *origin;        /* kept */
	const struct hash *policy; /* SHA-256 of the policy file that the
				    * genesis must name; NULL: any */
	bool saved;                /* keeps what replay_save() needs */
	void (*fault)(void *ctx, const struct replay_fault *f);
	void *ctx;
};

/* ERR_NOMEM. crypto_start() first. */
enum err replay_new(struct replay **out, const struct replay_options *o,
    struct diag *d) CM_MUST_USE;
void replay_free(struct replay *r);

/* What was replayed so far, for a later run to go on from: appended to out.
 * ERR_USAGE without options.saved; ERR_NOMEM, ERR_FULL. */
enum err replay_save(const struct replay *r, struct buf *out) CM_MUST_USE;
/* In place of replay_new(), with options.saved. It is not proven again: saved
 * must come from where nobody else writes. ERR_BAD_ENCODING (damaged, or of
 * another origin), ERR_NOMEM. */
enum err replay_load(struct replay **out, const struct replay_options *o,
    struct span saved, struct diag *d) CM_MUST_USE;

/* Entries that replay_entry() will get next, in order; they stay until it has
 * had the last of them, or replay_drop(). At most 256. */
enum err replay_ahead(struct replay *r, uint64_t first,
    const struct span *entries, size_t n) CM_MUST_USE;
/* The next entry. ERR_NOMEM, ERR_FULL (more waits for an epoch than memory
 * holds). */
enum err replay_entry(struct replay *r, uint64_t index, struct span entry,
    const struct hash *leaf, struct diag *d) CM_MUST_USE;
/* Forgets what was announced and not given. */
void replay_drop(struct replay *r);

/* Of the newest epoch entry; 0 before any. */
uint64_t replay_last_epoch(const struct replay *r);
int64_t replay_last_epoch_ms(const struct replay *r);
uint64_t replay_size(const struct replay *r);
struct hash replay_chain(const struct replay *r); /* c(size) */

#endif
