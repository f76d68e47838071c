/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_AUDIT_TEXT_H
#define LEDGER_AUDIT_TEXT_H

#include "ledger/logtext.h"
#include "provenance/roster.h"

#include "audit_sigs.h"

/*
 * What the entries' bytes alone show, one after the other: form, genesis,
 * epochs, signatures, devices' chains, authority by the roster. Needs no store:
 * what may stand in one is asked through the calls.
 */
struct audit_chain { /* of one device */
	uint64_t epoch, seq;
	struct hash hash;
	/* for who keeps what it has passed; released with it */
	struct hash *hashes;
	size_t count, capacity;
};

struct audit_text_ops {
	/* A fault of an entry: two words without blanks. */
	void (*say)(
	    void *ctx, uint64_t index, const char *got, const char *want);
	/* Fills a chain that begins before the first entry looked at; NULL:
	 * none does. */
	enum err (*chain)(void *ctx, struct audit_chain *c, struct span name,
	    const struct claims *claims);
	/* Is it the hash of a statement of the device's epoch? */
	enum err (*known)(void *ctx, const struct audit_chain *c,
	    struct span name, uint64_t epoch, const struct hash *hash,
	    bool *known);
	/* A chain has gone on by the statement whose hash it holds. NULL. */
	enum err (*passed)(void *ctx, struct audit_chain *c);
	/* An epoch, and a statement of a device of this log. */
	enum err (*epoch)(void *ctx, uint64_t index, const struct epoch *e);
	enum err (*statement)(void *ctx, uint64_t index, struct span name,
	    const struct audit_look *l);
};

struct audit_text {
	const struct audit_text_ops *ops;
	void *ctx;
	const char *origin; /* wanted */
	struct hash policy; /* SHA-256 of the policy file */
	bool any_policy;    /* the genesis may name another */
	/* roster NULL without a genesis that can be read */
	struct genesis genesis;
	char host[321];
	struct roster *roster;
	/* of the epoch before */
	uint64_t last_epoch, last_covered;
	int64_t last_epoch_ms;
};

/* before: c(index). ERR_NOMEM or what a call gave. */
enum err audit_text_entry(struct audit_text *a, uint64_t index,
    const struct audit_look *l, const struct hash *before) CM_MUST_USE;
/* An entry that was looked at in an earlier run: only what it does to the
 * roster. ERR_NOMEM. */
enum err audit_text_known(
    struct audit_text *a, uint64_t index, struct span entry) CM_MUST_USE;
void audit_text_clear(struct audit_text *a);

#endif
