/* SPDX-License-Identifier: Apache-2.0 */
#include "map_arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/banned.h"

#define ARENA_CHUNKS ((size_t)1 << (31 - ARENA_SHIFT_MAX))

/* A small map takes chunk by chunk. In a large one each step of a path is in
 * another page, and finding that page costs more than reading it: there they
 * come by 32, a multiple of a huge page for any record of even length. */
#define SINGLE ((size_t)8)
#define REGION ((size_t)32)
#define HUGE ((size_t)2 << 20)

void
arena_init(struct arena *a, size_t record, unsigned shift)
{
	*a = (struct arena){
		.record = record, .shift = shift, .freed = ARENA_NONE
	};
}

void
arena_clear(struct arena *a)
{
	for (size_t i = 0; i < a->chunks; i++)
		if (i < SINGLE || (i - SINGLE) % REGION == 0)
			free(a->chunk[i]);
	free(a->chunk);
	arena_init(a, a->record, a->shift);
}

static uint8_t *
region(size_t bytes)
{
	uint8_t *p;

	if (bytes % HUGE != 0)
		return malloc(bytes);
	p = aligned_alloc(HUGE, bytes);
	/* a hint: without huge pages it is slower */
	if (p != NULL)
		(void)madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

/* The table is as long as it can ever be, so that readers need not follow it
 * to another place; untouched pages of it cost nothing. */
static bool
grow(struct arena *a)
{
	size_t bytes = a->record << a->shift;
	size_t n = a->chunks < SINGLE ? 1 : REGION;
	uint8_t *p;

	if (a->chunks + n > ARENA_CHUNKS)
		n = ARENA_CHUNKS - a->chunks;
	if (n == 0)
		return false;
	if (a->chunk == NULL)
		a->chunk = calloc(ARENA_CHUNKS, sizeof *a->chunk);
	if (a->chunk == NULL)
		return false;
	p = n == 1 ? malloc(bytes) : region(n * bytes);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		a->chunk[a->chunks + i] = p + i * bytes;
	a->chunks += n;
	return true;
}

uint32_t
arena_take(struct arena *a)
{
	uint32_t id = a->freed;

	if (id != ARENA_NONE) {
		memcpy(&a->freed, arena_at(a, id), sizeof a->freed);
		return id;
	}
	if (a->used >> a->shift == a->chunks && !grow(a))
		return ARENA_NONE;
	return a->used++;
}

void
arena_give(struct arena *a, uint32_t id)
{
	memcpy(arena_at(a, id), &a->freed, sizeof a->freed);
	a->freed = id;
}

size_t
arena_bytes(const struct arena *a)
{
	size_t begun =
	    ((size_t)a->used + ((size_t)1 << a->shift) - 1) >> a->shift;

	return begun * ((a->record << a->shift) + sizeof *a->chunk);
}
