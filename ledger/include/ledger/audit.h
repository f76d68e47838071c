/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_AUDIT_H
#define LEDGER_AUDIT_H

#include "ledger/note.h"
#include "ledger/store.h"

/*
 * Recomputes from the entries' bytes what every other row must say, in one
 * pass and one snapshot (interface.md, audit).
 */
#define AUDIT_VALUE 72

struct audit_fault {
	const char *table;
	const char *row; /* key of the row, without blanks */
	const char *field;
	char got[AUDIT_VALUE];  /* without blanks */
	char want[AUDIT_VALUE]; /* without blanks */
	bool affected;          /* proofs rest on this field */
};

struct audit_options {
	uint64_t since;             /* first entry looked at */
	const struct note_key *key; /* that checkpoints are signed with */
	struct hash policy;         /* SHA-256 of the policy file */
	void (*fault)(void *ctx, const struct audit_fault *f);
	void (*progress)(void *ctx, uint64_t done, uint64_t size);
	void *ctx;
};

struct audit_result {
	uint64_t entries;
	uint64_t faults;
	uint64_t map_from; /* the map of the entries below it was taken from its
			    * tables (since), 0: recomputed */
};

/* Origin in the log table; lives as long as the store. */
const char *audit_origin(const struct store *s);

/* ERR_OK also when faults were found; else it could not run: ERR_DB,
 * ERR_TIMEOUT, ERR_NOMEM, ERR_USAGE (since above the log's size). */
enum err audit_run(struct audit_result *out, struct store *s,
    const struct audit_options *o, struct diag *d) CM_MUST_USE;

/* Empties and fills item, device_entry, epoch, the search tables and those of
 * the map (a snapshot where there was one) from the entries, in one transaction
 * on the owner's connection; a projector may run. ERR_EXISTS while a sequencer
 * holds the log. */
enum err store_rebuild(
    struct store *s, uint64_t *entries, struct diag *d) CM_MUST_USE;

#endif
