/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WITNESS_LINK_H
#define WITNESS_LINK_H

#include "base/diag.h"

#include "ingest_metrics.h"

/*
 * Brings the newest signed checkpoint to the witnesses of the policy and
 * publishes it with their cosignatures once the quorum holds (formats 6.2). A
 * thread and a database connection of its own: the sequencer never waits.
 */
struct witness_link;

struct witness_link_options {
	const char *log;
	const char *database;
	const char *policy; /* path of the tlog-policy file */
	const char *ca;     /* PEM file for https; NULL the system's */
	bool open;          /* publish without a quorum, with an alarm */
	int timeout_ms;     /* of one question to a witness */
	struct ingest_metrics *metrics;
};

/*
 * *out is NULL, with ERR_OK, where the policy needs no witness and gives no
 * address of one: checkpoints are published at once then. ERR_CONFIG (policy
 * file, addresses; a quorum that no address could ever bring), ERR_NOMEM.
 */
enum err witness_link_new(struct witness_link **out,
    const struct witness_link_options *o, struct diag *d) CM_MUST_USE;
/* Asks once more for what waits, then ends. */
void witness_link_free(struct witness_link *w);

/* A newer checkpoint stands as pending under that term. Does not wait. */
void witness_link_submit(struct witness_link *w, uint64_t term, uint64_t size);

/* Before the first signature: does any witness know more than size entries?
 * ERR_REWIND then. One that does not answer is passed over. */
enum err witness_link_check(
    struct witness_link *w, uint64_t size, struct diag *d) CM_MUST_USE;

#endif
