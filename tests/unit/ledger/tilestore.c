/* SPDX-License-Identifier: Apache-2.0 */
#include "tilestore.h"

#include <stdlib.h>

#include "base/banned.h"

static void
keep(void *ctx, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root)
{
	struct tilestore *s = ctx;
	struct hash *p;

	(void)root;
	if (n != s->full_count[level])
		abort();
	p = reallocarray(
	    s->full[level], (size_t)(n + 1) * TILE_WIDTH, sizeof(*p));
	if (p == NULL)
		abort();
	memcpy(p + n * TILE_WIDTH, hashes, TILE_WIDTH * sizeof(*p));
	s->full[level] = p;
	s->full_count[level]++;
}

void
tilestore_init(struct tilestore *s)
{
	memset(s, 0, sizeof(*s));
	tiles_init(&s->tiles);
	frontier_init(&s->frontier);
	s->tiles.ctx = s;
	s->tiles.done = keep;
}

void
tilestore_clear(struct tilestore *s)
{
	for (unsigned i = 0; i < TILE_LEVELS; i++)
		free(s->full[i]);
	memset(s, 0, sizeof(*s));
}

enum err
tilestore_read(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	struct tilestore *s = ctx;

	if (first >> 8 != (first + n - 1) >> 8)
		return diag_fail(d, ERR_STATE, "", "a read over two tiles");
	if (first + n >
	    s->full_count[level] * TILE_WIDTH + s->tiles.count[level])
		return diag_fail(d, ERR_NOT_FOUND, "", "no such hash");
	s->reads++;
	s->hashes_read += n;
	if (first >> 8 < s->full_count[level])
		memcpy(out, s->full[level] + first, n * sizeof(*out));
	else
		memcpy(out, s->tiles.part[level] + first % TILE_WIDTH,
		    n * sizeof(*out));
	return ERR_OK;
}
