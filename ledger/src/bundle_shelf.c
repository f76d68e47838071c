/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "bundle_internal.h"

#include "base/banned.h"

#define SLOTS_MIN 64
#define HEARTBEAT "registry/heartbeat/"

void
bundle_shelf_clear(struct bundle_shelf *s)
{
	for (size_t i = 0; i < s->topic_count; i++) {
		free(s->topics[i].at);
		free(s->topics[i].items);
		free((void *)(uintptr_t)s->topics[i].subject.p);
	}
	for (size_t i = 0; i < s->entry_count; i++)
		free((void *)(uintptr_t)s->entries[i].bytes.p);
	free(s->topics);
	free(s->entries);
	free(s->slots);
	memset(s, 0, sizeof(*s));
}

static enum err
copy_of(struct span *out, struct span bytes)
{
	uint8_t *p = malloc(bytes.n + 1);

	if (p == NULL)
		return ERR_NOMEM;
	if (bytes.n != 0)
		memcpy(p, bytes.p, bytes.n);
	*out = span_of(p, bytes.n);
	return ERR_OK;
}

struct bundle_topic *
bundle_shelf_find(const struct bundle_shelf *s, struct span subject)
{
	struct hash key = map_key(subject);

	for (size_t i = 0; i < s->topic_count; i++)
		if (hash_equal(&s->topics[i].key, &key))
			return &s->topics[i];
	return NULL;
}

enum err
bundle_shelf_topic(
    struct bundle_shelf *s, struct span subject, struct bundle_topic **out)
{
	struct bundle_topic *t;

	if (s->topic_count >= BUNDLE_SUBJECTS)
		return ERR_LIMIT;
	if (s->topic_count == s->topic_cap) {
		size_t cap = s->topic_cap == 0 ? 32 : 2 * s->topic_cap;

		t = reallocarray(s->topics, cap, sizeof(*t));
		if (t == NULL)
			return ERR_NOMEM;
		s->topics = t;
		s->topic_cap = cap;
	}
	t = &s->topics[s->topic_count];
	memset(t, 0, sizeof(*t));
	if (copy_of(&t->subject, subject) != ERR_OK)
		return ERR_NOMEM;
	t->key = map_key(subject);
	s->topic_count++;
	*out = t;
	return ERR_OK;
}

/* An index is not the reader's to choose at large: a multiplicative hash. */
static size_t
slot_of(const struct bundle_shelf *s, uint64_t index)
{
	size_t mask = s->slot_count - 1;
	size_t at = (size_t)((index * 11400714819323198485u) >> 20) & mask;

	while (s->slots[at] != 0 && s->entries[s->slots[at] - 1].index != index)
		at = (at + 1) & mask;
	return at;
}

static enum err
grow(struct bundle_shelf *s)
{
	size_t n = s->slot_count == 0 ? SLOTS_MIN : 2 * s->slot_count;
	uint32_t *old = s->slots, *slots = calloc(n, sizeof(*slots));
	struct bundle_entry *entries =
	    reallocarray(s->entries, n / 2, sizeof(*entries));

	if (entries != NULL) {
		s->entries = entries;
		s->entry_cap = n / 2;
	}
	if (entries == NULL || slots == NULL) {
		free(slots);
		return ERR_NOMEM;
	}
	s->slots = slots;
	s->slot_count = n;
	for (size_t i = 0; i < s->entry_count; i++)
		slots[slot_of(s, s->entries[i].index)] = (uint32_t)i + 1;
	free(old);
	return ERR_OK;
}

enum err
bundle_shelf_entry(
    struct bundle_shelf *s, uint64_t index, uint32_t *number, bool *fresh)
{
	struct bundle_entry *e;
	size_t at;

	if (s->entry_count * 2 >= s->slot_count && grow(s) != ERR_OK)
		return ERR_NOMEM;
	at = slot_of(s, index);
	*fresh = s->slots[at] == 0;
	if (*fresh) {
		e = &s->entries[s->entry_count++];
		memset(e, 0, sizeof(*e));
		e->index = index;
		s->slots[at] = (uint32_t)s->entry_count;
	}
	*number = s->slots[at] - 1;
	return ERR_OK;
}

enum err
bundle_shelf_fill(struct bundle_shelf *s, uint32_t number, struct span bytes)
{
	struct bundle_entry *e = &s->entries[number];

	if (bytes.n > BUNDLE_MAX - s->bytes)
		return ERR_LIMIT;
	if (copy_of(&e->bytes, bytes) != ERR_OK)
		return ERR_NOMEM;
	e->leaf = merkle_leaf(bytes);
	s->bytes += bytes.n;
	return ERR_OK;
}

struct place {
	uint64_t index;
	uint32_t number;
};

static int
compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

enum err
bundle_shelf_order(const struct bundle_shelf *s, uint32_t **out, size_t *n)
{
	struct place *all = calloc(s->entry_count + 1, sizeof(*all));
	uint32_t *numbers = calloc(s->entry_count + 1, sizeof(*numbers));

	*n = 0;
	if (all == NULL || numbers == NULL) {
		free(all);
		free(numbers);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->entry_count; i++)
		if (s->entries[i].bytes.n != 0)
			all[(*n)++] =
			    (struct place){ s->entries[i].index, (uint32_t)i };
	qsort(all, *n, sizeof(*all), compare);
	for (size_t i = 0; i < *n; i++)
		numbers[i] = all[i].number;
	free(all);
	*out = numbers;
	return ERR_OK;
}

bool
bundle_newest_only(struct span subject)
{
	return span_starts(subject, HEARTBEAT);
}
