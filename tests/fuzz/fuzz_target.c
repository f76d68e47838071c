/* SPDX-License-Identifier: Apache-2.0 */
/* A request target, and the tile paths in it. */
#include <stdlib.h>

#include "log_path.h"
#include "target.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

static void
check_inside(const struct target *t, struct span s)
{
	check(s.n == 0 ||
	      (s.p >= t->space && s.p + s.n <= t->space + sizeof(t->space)));
	check(s.n == 0 || memchr(s.p, 0, s.n) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	struct tile_path path;
	struct diag d;

	diag_clear(&d);
	if (target_parse(&t, span_of(data, size), &d) != ERR_OK) {
		check(d.code == ERR_SYNTAX || d.code == ERR_TOO_LARGE);
		return 0;
	}
	check(t.segment_count >= 1 && t.segment_count <= TARGET_SEGMENTS);
	for (unsigned i = 0; i < t.segment_count; i++)
		check_inside(&t, t.segment[i]);
	for (unsigned i = 0; i < t.param_count; i++) {
		check_inside(&t, t.param[i].name);
		check_inside(&t, t.param[i].value);
	}
	if (tile_path_parse(&path, t.segment, t.segment_count) == ERR_OK)
		check(path.width >= 1 && path.width <= 256);
	return 0;
}
