/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SNAPSHOTTER_H
#define SNAPSHOTTER_H

#include "base/diag.h"
#include "ledger/store.h"

#include "projector_metrics.h"

/*
 * Makes the map's snapshot (ledger/map_store.h) again when the journal behind
 * it has grown, in a thread and on a connection of its own beside the
 * projector. While it makes one it takes the memory of the map.
 */
struct snapshotter;
/* o is kept. ERR_NOMEM. */
enum err snapshotter_new(struct snapshotter **out,
    const struct store_options *o, struct projector_metrics *metrics,
    struct diag *d) CM_MUST_USE;
/* Waits for one that is being made. */
void snapshotter_free(struct snapshotter *s);

/* Size of the newest checkpoint; 0 while another projector does the work. */
void snapshotter_look(struct snapshotter *s, uint64_t published);

#endif
