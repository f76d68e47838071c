/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLAY_INTERNAL_H
#define REPLAY_INTERNAL_H

#include "event/touch.h"
#include "ledger/map.h"
#include "ledger/replay.h"

#include "audit_sigs.h"
#include "audit_text.h"

#define REPLAY_AHEAD 256
#define REPLAY_FEED ((size_t)256 << 20)
#define REPLAY_ROSTER ((size_t)32 << 30)

struct replay {
	struct replay_options o;
	struct audit_text text;
	struct hash chain; /* c(size) */
	uint64_t size;
	/* index, length (u64be) and bytes of each entry that made the roster */
	struct buf roster;
	bool registry; /* the entry at hand is a statement of that kind */
	/* the map */
	struct map *map;
	struct touch touch;
	struct buf feed, keys;
	size_t feed_at;
	uint64_t map_at; /* it holds the entries below */
	/* signatures under way */
	struct audit_sigs *sigs;
	struct audit_sig_set set;
	uint64_t set_first;
	struct audit_look looks[REPLAY_AHEAD];
	bool judged[REPLAY_AHEAD + 1];
};

#endif
