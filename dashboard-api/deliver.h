/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_DELIVER_H
#define API_DELIVER_H

#include "api.h"

/*
 * Delivery of subscriptions: a thread with a connection to the ledger of its
 * own. Of the servers of one log the one that holds the advisory lock delivers,
 * the others wait for it. A delivery counts when the receiver has answered 2xx
 * and that is stored; what lies in between may come twice. Spec: epcis.md 9.7.
 */
struct deliver;

#define DELIVER_WAIT_LEAST_MS INT64_C(1000)
#define DELIVER_WAIT_MOST_MS INT64_C(600000)
#define DELIVER_GIVE_UP_MS (INT64_C(24) * 60 * 60 * 1000)

/* api: as long as the thread runs. */
enum err deliver_start(
    struct deliver **out, struct api *api, struct diag *d) CM_MUST_USE;
/* Waits a moment for what is under way. NULL is nothing. */
void deliver_stop(struct deliver *d);

/* How long to wait after that many failures in a row (from 1). */
int64_t deliver_wait_ms(unsigned failures);

#endif
