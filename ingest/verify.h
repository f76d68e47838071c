/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFY_H
#define VERIFY_H

#include "event/touch.h"

#include "queue.h"

/* One worker's memory. */
struct verifier {
	struct touch touch;
};

/* ERR_NOMEM. */
enum err verifier_init(struct verifier *v) CM_MUST_USE;
void verifier_clear(struct verifier *v);

/*
 * All that needs no knowledge of the log: envelope, signature, hashes, the
 * payload's shape and rules, the subjects it touches (formats 1.5, 5.4). ctx is
 * a struct verifier. The sequencer judges the results in the order of 1.5.
 */
void verify_slot(void *ctx, struct slot *slot);

#endif
