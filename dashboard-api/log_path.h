/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_LOG_PATH_H
#define API_LOG_PATH_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"

/* A tile's place in C2SP tlog-tiles form: 1234567 is x001/x234/567. */
struct tile_path {
	uint64_t n;
	unsigned width; /* 256, or 1 to 255 of a partial tile */
};

/* Path segments behind the level. ERR_SYNTAX. */
enum err tile_path_parse(struct tile_path *out, const struct span *segments,
    unsigned count) CM_MUST_USE;

/* C2SP tlog-proof (formats 6.4) without extra data. */
void tlog_proof_print(struct buf *out, uint64_t index, const struct hash *path,
    size_t n, struct span checkpoint);

#endif
