/* SPDX-License-Identifier: Apache-2.0 */
#include "epoch_clock.h"

#include "base/banned.h"

int64_t
epoch_wait(const struct epoch_clock *c, int64_t wall_ms, int64_t mono_ms)
{
	int64_t every = c->entries_since ? EPOCH_EVERY_MS : EPOCH_IDLE_MS;
	/* across a restart only the wall clock tells how long it was */
	int64_t passed = c->last_mono_ms != 0 ? mono_ms - c->last_mono_ms
					      : wall_ms - c->last_ms;

	if (c->last_ms == 0 || passed >= every)
		return 0;
	if (passed < 0)
		passed = 0;
	return every - passed;
}

bool
epoch_due(const struct epoch_clock *c, int64_t wall_ms, int64_t mono_ms)
{
	return epoch_wait(c, wall_ms, mono_ms) == 0;
}

enum err
epoch_time(int64_t *out_ms, const struct epoch_clock *c, int64_t wall_ms,
    int64_t mono_ms, struct diag *d)
{
	int64_t expected = c->last_ms;

	if (c->last_mono_ms != 0)
		expected += mono_ms - c->last_mono_ms;
	if (c->last_ms != 0 && wall_ms < expected - EPOCH_BEHIND_MS)
		return diag_fail(d, ERR_CLOCK, "formats 4.6",
		    "clock is %lld ms behind the previous epoch, wanted at "
		    "most %d",
		    (long long)(expected - wall_ms), EPOCH_BEHIND_MS);
	if (c->last_mono_ms != 0 && wall_ms > expected + EPOCH_AHEAD_MS)
		return diag_fail(d, ERR_CLOCK, "formats 4.6",
		    "clock is %lld ms ahead of the previous epoch, wanted at "
		    "most %d",
		    (long long)(wall_ms - expected), EPOCH_AHEAD_MS);
	*out_ms = wall_ms > c->last_ms ? wall_ms : c->last_ms + 1;
	return ERR_OK;
}

void
epoch_cut(
    struct epoch_clock *c, int64_t time_ms, int64_t mono_ms, bool covers_all)
{
	c->last_ms = time_ms;
	c->last_mono_ms = mono_ms;
	c->entries_since = !covers_all;
}
