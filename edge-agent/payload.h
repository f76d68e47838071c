/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_PAYLOAD_H
#define EDGE_AGENT_PAYLOAD_H

#include "base/buf.h"
#include "base/diag.h"
#include "event/statement.h"

/*
 * Checks a payload before it is signed, as strictly as ingest will (formats
 * 1.3, 1.7), and appends its `sub` claim (1.4) to sub. The working memory is
 * one object for the whole process.
 */
struct payload;

enum err payload_new(struct payload **out) CM_MUST_USE; /* ERR_NOMEM */
void payload_free(struct payload *p);

/* ERR_JSON, ERR_UTF8, ERR_LIMIT, ERR_SCHEMA, ERR_TOO_LARGE; d says where. */
enum err payload_check(struct payload *p, struct buf *sub, enum content content,
    struct span bytes, const char *iss, struct diag *d) CM_MUST_USE;

#endif
