/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_EDGE_STATUS_H
#define EDGE_AGENT_EDGE_STATUS_H

#include "edge_conf.h"

/*
 * Where each identity's chain stands, read from the outboxes beside a running
 * agent. json: one object, else a line an identity. An identity that never
 * ran has epoch 1, next 1. ERR_IO, ERR_DB, ERR_CONFIG.
 */
enum err edge_status_print(struct buf *out, const struct edge_conf *c,
    bool json, struct diag *d) CM_MUST_USE;

#endif
