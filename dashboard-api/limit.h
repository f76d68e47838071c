/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "base/err.h"
#include "base/span.h"

/*
 * How often each client may ask (api.md): a token bucket per key, refilled with
 * rate tokens a second up to burst. A table of fixed size holds them without
 * names: a key has two places in it, and is refused only when both are empty,
 * so that a client is troubled by others where it shares both places alone. Any
 * thread; no lock.
 */
struct limit;

/* rate_per_s 0: nothing is ever refused. ERR_NOMEM. */
enum err limit_new(
    struct limit **out, unsigned rate_per_s, unsigned burst) CM_MUST_USE;
void limit_free(struct limit *l);

/* Takes a token of the key's. 0: taken; else it is refused, and milliseconds
 * until there is one again. now_us: a monotonic clock. l may be NULL. */
unsigned limit_take(
    struct limit *l, struct span key, int64_t now_us) CM_MUST_USE;

#endif
