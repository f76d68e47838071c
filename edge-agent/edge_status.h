/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_EDGE_STATUS_H
#define EDGE_AGENT_EDGE_STATUS_H

#include "edge_conf.h"
#include "outbox.h"

/*
 * Where each identity's chain stands, read from the outboxes beside a running
 * agent. json: one object, else a line an identity. An identity that never
 * ran has epoch 1, next 1. ERR_IO, ERR_DB, ERR_CONFIG.
 */
enum err edge_status_print(struct buf *out, const struct edge_conf *c,
    bool json, struct diag *d) CM_MUST_USE;

/* When a waiting statement was made; 0 when its device had no clock.
 * ERR_NOT_FOUND: it waits no more; ERR_IO, ERR_DB. */
enum err edge_status_wall(struct outbox *o, uint64_t seq, int64_t *wall_ms,
    struct diag *d) CM_MUST_USE;

#endif
