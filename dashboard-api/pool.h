/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_POOL_H
#define API_POOL_H

#include "ledger/store.h"

/* Connections to the ledger, lent to one thread at a time. */
struct pool;

#define POOL_WAIT_MS 2000

enum err pool_new(
    struct pool **out, const struct store_options *o, unsigned max) CM_MUST_USE;
/* All connections have been given back. */
void pool_free(struct pool *p);

/* Opens one when none is idle and fewer than max are open. ERR_DB;
 * ERR_TIMEOUT when none came free for POOL_WAIT_MS. */
enum err pool_take(
    struct pool *p, struct store **out, struct diag *d) CM_MUST_USE;
/* broken: closes it, and the idle ones too (they hang on the same server). */
void pool_give(struct pool *p, struct store *s, bool broken);

#endif
