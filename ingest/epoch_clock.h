/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPOCH_CLOCK_H
#define EPOCH_CLOCK_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * When the next epoch entry is cut and what time it bears (formats 4.5, 4.6).
 * Pure: both clocks are arguments, in milliseconds.
 */
#define EPOCH_EVERY_MS 1000
#define EPOCH_IDLE_MS 600000
#define EPOCH_BEHIND_MS 5000
#define EPOCH_AHEAD_MS 3600000

struct epoch_clock {
	int64_t last_ms;      /* time of the previous epoch, 0 none */
	int64_t last_mono_ms; /* when this process cut it; 0 another did */
	bool entries_since; /* others than epochs stand after what it covers */
};

/* Is one due now? The first at once; then each second while entries arrive,
 * every ten minutes without. */
bool epoch_due(const struct epoch_clock *c, int64_t wall_ms, int64_t mono_ms);

/* Milliseconds until epoch_due() may turn true; 0 now. */
int64_t epoch_wait(
    const struct epoch_clock *c, int64_t wall_ms, int64_t mono_ms);

/* The time it bears: max(clock, previous + 1). ERR_CLOCK when the clock is
 * more than 5 s behind, or 1 h ahead of, the previous epoch plus the time that
 * passed: nothing is cut until it is right again. */
enum err epoch_time(int64_t *out_ms, const struct epoch_clock *c,
    int64_t wall_ms, int64_t mono_ms, struct diag *d) CM_MUST_USE;

/* covers_all: every entry but epochs; else another comes a second later. */
void epoch_cut(
    struct epoch_clock *c, int64_t time_ms, int64_t mono_ms, bool covers_all);

#endif
