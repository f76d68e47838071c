/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_WITNESS_H
#define LEDGER_MAP_WITNESS_H

#include "ledger/follow.h"

/*
 * What a map witness does before it cosigns (formats.md 6.2): reads every
 * entry of the log, makes tree and map itself, and compares each epoch. A
 * thread of its own; what it has is kept in a file between runs.
 */
struct map_witness;

struct map_witness_options {
	const char *url;   /* `http(s)://…/log` of the log's read side */
	const char *token; /* bearer token for entry bundles; NULL none */
	const char *ca, *agent;
	const struct policy *policy; /* names the log; stays in use */
	const char *state;           /* file; kept */
	int wait_ms; /* longest a question waits for the replay */
};

/* A state file that does not fit is passed over, with *fresh true: then all is
 * read again. ERR_CONFIG, ERR_NOMEM. */
enum err map_witness_new(struct map_witness **out, bool *fresh,
    const struct map_witness_options *o, struct diag *d) CM_MUST_USE;
/* Ends the thread and saves, a large map as of minutes ago. */
void map_witness_free(struct map_witness *m);

/* For witness_options.more, ctx the map_witness: 200; 422 (d says what is not
 * as it should be); 503 while entries are still to be read. Any thread. */
unsigned map_witness_judge(
    void *ctx, struct span note, const struct checkpoint *c, struct diag *d);
/* Entries read. Any thread. */
uint64_t map_witness_size(struct map_witness *m);

#endif
