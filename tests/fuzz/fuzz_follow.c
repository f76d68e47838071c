/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ledger/follow.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The first byte says how many entries a bundle has (0: it is a state). What
 * is read is read in one way only: printing it gives the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span entries[TILE_WIDTH], in;
	struct follow_state s;
	struct buf b;
	size_t count;

	if (n == 0)
		return 0;
	count = p[0];
	in = span_of(p + 1, n - 1);
	b = buf_heap(n + FOLLOW_STATE_MAX);
	if (count == 0) {
		if (follow_state_parse(&s, in, NULL) == ERR_OK &&
		    (follow_state_print(&b, &s) != ERR_OK ||
			!span_equal(buf_span(&b), in)))
			abort();
	} else if (follow_bundle_parse(entries, count, in, NULL) == ERR_OK) {
		for (size_t i = 0; i < count; i++) {
			buf_u16be(&b, (uint16_t)entries[i].n);
			buf_put(&b, entries[i]);
		}
		if (!span_equal(buf_span(&b), in))
			abort();
	}
	buf_free(&b);
	return 0;
}
