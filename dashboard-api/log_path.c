/* SPDX-License-Identifier: Apache-2.0 */
#include "log_path.h"

#include <inttypes.h>

#include "base/text.h"
#include "ledger/merkle.h"

#include "base/banned.h"

#define GROUPS 6 /* 10^18 tiles */

static bool
three_digits(unsigned *out, struct span s)
{
	*out = 0;
	if (s.n != 3)
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(s.p[i] - '0');
	}
	return true;
}

enum err
tile_path_parse(
    struct tile_path *out, const struct span *segments, unsigned count)
{
	struct span last;
	uint64_t width = TILE_WIDTH;
	unsigned part;

	out->n = 0;
	if (count == 0)
		return ERR_SYNTAX;
	last = segments[count - 1];
	if (count >= 2 && segments[count - 2].n == 5 &&
	    memcmp(segments[count - 2].p + 3, ".p", 2) == 0) {
		if (u64_parse(&width, last, TILE_WIDTH - 1) != ERR_OK ||
		    width == 0)
			return ERR_SYNTAX;
		count--;
		last = span_of(segments[count - 1].p, 3);
	}
	if (count > GROUPS)
		return ERR_SYNTAX;
	for (unsigned i = 0; i + 1 < count; i++) {
		struct span s = segments[i];

		if (s.n != 4 || s.p[0] != 'x' ||
		    !three_digits(&part, span_skip(s, 1)) ||
		    (i == 0 && part == 0))
			return ERR_SYNTAX;
		out->n = out->n * 1000 + part;
	}
	if (!three_digits(&part, last))
		return ERR_SYNTAX;
	out->n = out->n * 1000 + part;
	out->width = (unsigned)width;
	return ERR_OK;
}

void
tlog_proof_print(struct buf *out, uint64_t index, const struct hash *path,
    size_t n, struct span checkpoint)
{
	buf_printf(out, "c2sp.org/tlog-proof@v1\nindex %" PRIu64 "\n", index);
	for (size_t i = 0; i < n; i++) {
		base64_put(out, hash_span(&path[i]));
		buf_byte(out, '\n');
	}
	buf_byte(out, '\n');
	buf_put(out, checkpoint);
}
