/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REFUSALS_H
#define REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Devices of which a statement found no room in the queue, and the place in
 * their chain that is waited for. What stands behind that place would only be
 * a gap (formats 3.3): it is turned away unverified until the place itself
 * comes again. Nothing here is authenticated: a wrong entry delays a device
 * until its chain shows that nothing is missing. Pure: no lock, no clock.
 */
#define REFUSALS_MAX 6144 /* devices; what is above comes as a gap */

struct refusal {
	char device[64];
	uint64_t epoch, seq; /* refused, and all behind it */
};

struct refusals;

/* ERR_NOMEM. The table itself is made with the first entry. */
enum err refusals_new(struct refusals **out) CM_MUST_USE;
void refusals_free(struct refusals *r);
size_t refusals_count(const struct refusals *r);
bool refusals_know(const struct refusals *r, const char *device) CM_MUST_USE;

/* false: it stands behind a refused one. */
bool refusals_admit(const struct refusals *r, const char *device,
    uint64_t epoch, uint64_t seq) CM_MUST_USE;
/* It found no room: waited for unless an earlier one is. */
void refusals_add(
    struct refusals *r, const char *device, uint64_t epoch, uint64_t seq);
/* It found room: no longer waited for, nor is anything of an epoch before. */
void refusals_found(
    struct refusals *r, const char *device, uint64_t epoch, uint64_t seq);
/* Gives an entry up. */
void refusals_drop(struct refusals *r, const char *device);

/* Copies up to max entries, starting behind those of the last call. */
size_t refusals_list(struct refusals *r, struct refusal *out, size_t max);

#endif
