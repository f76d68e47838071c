/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_AUDIT_TILES_H
#define LEDGER_AUDIT_TILES_H

#include "ledger/follow.h"

/*
 * The audit without a database: all that the log itself can show, by its tiles
 * (interface.md, audit --from-tiles).
 */
struct audit_tiles_fault {
	const char *table; /* "entry", "tile", "checkpoint" */
	const char *row;
	const char *field;
	const char *got, *want; /* without blanks */
};

struct audit_tiles_options {
	struct follow_options follow;
	struct hash policy; /* SHA-256 of the policy file */
	void (*fault)(void *ctx, const struct audit_tiles_fault *f);
	void (*progress)(void *ctx, uint64_t done, uint64_t size);
	void *ctx;
};

struct audit_tiles_result {
	uint64_t entries;
	uint64_t faults;
};

/* ERR_OK also when faults were found; else it could not run: ERR_CONFIG,
 * ERR_NET, ERR_TIMEOUT, ERR_IO, ERR_FORBIDDEN, ERR_NOMEM. */
enum err audit_tiles_run(struct audit_tiles_result *out,
    const struct audit_tiles_options *o, struct diag *d) CM_MUST_USE;

#endif
