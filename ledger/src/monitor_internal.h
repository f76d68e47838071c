/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_INTERNAL_H
#define MONITOR_INTERNAL_H

#include <stdatomic.h>

#include "ledger/monitor.h"
#include "ledger/replay.h"

#define MONITOR_TOLD 64

struct address {
	const char *url;
	struct follow *f;
	bool seen; /* its checkpoint of this look is right */
};

struct monitor {
	struct monitor_options o;
	struct address at[MONITOR_URLS];
	/* the first address's entries; taken ahead of their proof */
	struct replay *replay;
	struct frontier frontier;
	struct checkpoint kept; /* of the state file; origin "" none */
	bool lost;              /* what was replayed is not what is proven */
	bool spoilt;            /* a fault was found in what was replayed */
	int64_t save_ms;        /* the replay: not again before */
	atomic_bool stop;
	uint64_t alarms; /* told */
	bool wrong;      /* this look raised one, told or not */
	/* hashes of the alarms told */
	struct hash told[MONITOR_TOLD];
	unsigned told_count;
};

/* ---- monitor_state.c: the file beside the newest checkpoint ---- */
/* What is proven and replayed. ERR_IO, ERR_NOMEM. */
enum err monitor_save(struct monitor *m, struct diag *d) CM_MUST_USE;
/* state: where the first address is to be followed from. ERR_NOT_FOUND when
 * there is no file, or none that fits the checkpoint kept: then all is read
 * again. ERR_NOMEM. */
enum err monitor_load(struct monitor *m, const struct replay_options *o,
    struct follow_state *state, struct diag *d) CM_MUST_USE;

#endif
