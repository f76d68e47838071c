/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_PROOF_VISIBLE_H
#define API_PROOF_VISIBLE_H

#include "api.h"

/*
 * Which entries of a proof the caller may read (api.md, Access); of the others
 * the bundle holds leaf hashes (formats 7.2). As the bundle's source asks for
 * it: ctx is the struct call, whose access_see() went before for organisations.
 */
enum err proof_visible(void *ctx, const uint64_t *indices,
    const struct span *entries, bool *seen, size_t n,
    struct diag *d) CM_MUST_USE;

#endif
