/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TARGET_H
#define API_TARGET_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * A request target: the path is split at its slashes before anything is
 * decoded, so %2F stays inside its segment (api.md).
 */
#define TARGET_MAX 8192
#define TARGET_SEGMENTS 16
#define TARGET_PARAMS 64

struct target_param {
	struct span name;
	struct span value;
};

struct target {
	unsigned segment_count;
	struct span segment[TARGET_SEGMENTS]; /* decoded */
	unsigned param_count;
	struct target_param param[TARGET_PARAMS]; /* decoded */
	uint8_t space[TARGET_MAX];
};

/*
 * ERR_TOO_LARGE (TARGET_MAX, segments, parameters), ERR_SYNTAX (no leading
 * slash, a byte that has to be percent-encoded, a broken %XX, %00, a name
 * twice, an empty name). In the query a plus is a blank.
 */
enum err target_parse(
    struct target *out, struct span raw, struct diag *d) CM_MUST_USE;

/* NULL when absent. */
const struct span *target_value(const struct target *t, const char *name);

#endif
