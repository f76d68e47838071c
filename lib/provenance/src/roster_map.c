/* SPDX-License-Identifier: Apache-2.0 */
#include "roster_internal.h"

#include <stdlib.h>

#include "base/banned.h"

#define SLOTS_MIN 16

/* FNV-1a: only registered names are ever added, so nobody else can choose
 * what collides. */
static uint64_t
key_hash(struct span key)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ key.p[i]) * 1099511628211u;
	return h ^ h >> 32;
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t
find_slot(const struct roster_map *m, struct span key)
{
	size_t mask = m->slot_count - 1;
	size_t at = (size_t)key_hash(key) & mask;

	while (m->slots[at] != 0) {
		if (span_is(key, m->items[m->slots[at] - 1]))
			break;
		at = (at + 1) & mask;
	}
	return at;
}

void *
roster_map_get(const struct roster_map *m, struct span key)
{
	size_t at;

	if (m->slot_count == 0)
		return NULL;
	at = find_slot(m, key);
	return m->slots[at] == 0 ? NULL : m->items[m->slots[at] - 1];
}

static enum err
grow_slots(struct roster_map *m)
{
	size_t n = m->slot_count == 0 ? SLOTS_MIN : 2 * m->slot_count;
	uint32_t *old = m->slots;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (slots == NULL)
		return ERR_NOMEM;
	m->slots = slots;
	m->slot_count = n;
	for (size_t i = 0; i < m->count; i++)
		slots[find_slot(m, span_str(m->items[i]))] = (uint32_t)i + 1;
	free(old);
	return ERR_OK;
}

static enum err
grow_items(struct roster_map *m)
{
	size_t cap = m->cap == 0 ? SLOTS_MIN : 2 * m->cap;
	void **items;

	if (cap > UINT32_MAX)
		return ERR_LIMIT;
	items = reallocarray(m->items, cap, sizeof(*items));
	if (items == NULL)
		return ERR_NOMEM;
	m->items = items;
	m->cap = cap;
	return ERR_OK;
}

enum err
roster_map_add(struct roster_map *m, void *item)
{
	enum err e = ERR_OK;

	if (m->count == m->cap)
		e = grow_items(m);
	/* At most three quarters full. */
	if (e == ERR_OK && (m->count + 1) * 4 > m->slot_count * 3)
		e = grow_slots(m);
	if (e != ERR_OK)
		return e;
	m->items[m->count++] = item;
	m->slots[find_slot(m, span_str(item))] = (uint32_t)m->count;
	return ERR_OK;
}

void
roster_map_clear(struct roster_map *m)
{
	free(m->items);
	free(m->slots);
	memset(m, 0, sizeof(*m));
}
