/* SPDX-License-Identifier: Apache-2.0 */
#include "map_arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define ARENA_CHUNKS ((size_t)1 << (31 - ARENA_SHIFT_MAX))

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
		free(a->chunk[i]);
	free(a->chunk);
	arena_init(a, a->record, a->shift);
}

/* The table is as long as it can ever be, so that readers need not follow it
 * to another place; untouched pages of it cost nothing. */
static bool
grow(struct arena *a)
{
	uint8_t *p;

	if (a->chunks == ARENA_CHUNKS)
		return false;
	if (a->chunk == NULL)
		a->chunk = calloc(ARENA_CHUNKS, sizeof *a->chunk);
	if (a->chunk == NULL)
		return false;
	p = malloc(a->record << a->shift);
	if (p == NULL)
		return false;
	a->chunk[a->chunks++] = p;
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
	return a->chunks * ((a->record << a->shift) + sizeof *a->chunk);
}
