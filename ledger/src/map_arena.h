/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_ARENA_H
#define LEDGER_MAP_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records of one size in chunks that never move, named by numbers of at most
 * 31 bits. One writer; a record handed to other threads may be read beside it.
 */
#define ARENA_SHIFT_MAX 15
#define ARENA_NONE UINT32_MAX

struct arena {
	uint8_t **chunk; /* table of all there can be; NULL until first use */
	size_t record;   /* bytes of one */
	size_t chunks;   /* allocated */
	unsigned shift;  /* records a chunk, as a power of two */
	uint32_t used;   /* numbers given out, freed ones too */
	uint32_t freed;  /* the newest one given back, or ARENA_NONE */
};

void arena_init(struct arena *a, size_t record, unsigned shift);
void arena_clear(struct arena *a);
/* A record with any content, ARENA_NONE without memory. */
uint32_t arena_take(struct arena *a);
void arena_give(struct arena *a, uint32_t id);
/* Of the chunks that have been begun. */
size_t arena_bytes(const struct arena *a);

static inline void *
arena_at(const struct arena *a, uint32_t id)
{
	uint32_t at = id & ((UINT32_C(1) << a->shift) - 1);

	return a->chunk[id >> a->shift] + at * a->record;
}

#endif
