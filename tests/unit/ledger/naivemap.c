/* SPDX-License-Identifier: Apache-2.0 */
#include "naivemap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"

#include "base/banned.h"

static int
by_key(const void *a, const void *b)
{
	const struct naive_pair *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, HASH_BYTES);
}

void
naive_sort(struct naive_pair *pairs, size_t n)
{
	if (n != 0)
		qsort(pairs, n, sizeof *pairs, by_key);
}

/* SHA-256 over one or two tag bytes and two parts. */
static struct hash
sha(struct span tags, struct span a, struct span b)
{
	uint8_t space[128];
	struct buf buf = buf_fixed(space, sizeof space);

	buf_put(&buf, tags);
	buf_put(&buf, a);
	buf_put(&buf, b);
	assert(buf_error(&buf) == ERR_OK);
	return hash_bytes(buf_span(&buf));
}

static unsigned
bit_of(const struct hash *key, unsigned bit)
{
	return (key->b[bit >> 3] & (0x80 >> (bit & 7))) != 0;
}

/* Where the keys of a sorted run part: the bit, and the first one with it. */
static unsigned
split(const struct naive_pair *pairs, size_t n, size_t *at)
{
	unsigned bit = 0;

	while (bit_of(&pairs[0].key, bit) == bit_of(&pairs[n - 1].key, bit))
		bit++;
	for (*at = 1; bit_of(&pairs[*at].key, bit) == 0;)
		++*at;
	return bit;
}

struct hash
naive_root(const struct naive_pair *pairs, size_t n)
{
	uint8_t tags[2] = { 2, 0 };
	struct hash left, right;
	unsigned bit;
	size_t at;

	if (n == 0)
		return hash_bytes(span_of(tags, 1));
	if (n == 1)
		return sha(span_of(tags, 1), hash_span(&pairs->key),
		    hash_span(&pairs->value));
	bit = split(pairs, n, &at);
	tags[0] = 3;
	tags[1] = (uint8_t)bit;
	left = naive_root(pairs, at);
	right = naive_root(pairs + at, n - at);
	return sha(span_of(tags, 2), hash_span(&left), hash_span(&right));
}

void
naive_prove(struct map_proof *out, const struct naive_pair *pairs, size_t n,
    const struct hash *key)
{
	struct map_step down[MAP_PATH_MAX];

	memset(out, 0, sizeof *out);
	out->empty = n == 0;
	if (out->empty)
		return;
	while (n > 1) {
		size_t at;
		unsigned bit = split(pairs, n, &at);
		struct map_step *s = &down[out->steps++];

		s->bit = (uint8_t)bit;
		if (bit_of(key, bit) == 0) {
			s->sibling = naive_root(pairs + at, n - at);
			n = at;
		} else {
			s->sibling = naive_root(pairs, at);
			pairs += at;
			n -= at;
		}
	}
	for (unsigned i = 0; i < out->steps; i++)
		out->step[i] = down[out->steps - 1 - i];
	out->present = hash_equal(&pairs->key, key);
	out->key = pairs->key;
	out->value = pairs->value;
}

struct hash
naive_list_root(const struct hash *items, size_t n)
{
	static const uint8_t tag = 1;
	struct hash left, right;
	size_t k = 1;

	if (n == 1)
		return items[0];
	while (2 * k < n)
		k *= 2;
	left = naive_list_root(items, k);
	right = naive_list_root(items + k, n - k);
	return sha(span_of(&tag, 1), hash_span(&left), hash_span(&right));
}

static struct hash
u64be_and(uint8_t tag, uint64_t v, const struct hash *h)
{
	uint8_t bytes[9] = { tag };

	for (unsigned i = 0; i < 8; i++)
		bytes[8 - i] = (uint8_t)(v >> 8 * i);
	return sha(span_of(bytes, sizeof bytes), hash_span(h), SPAN_NONE);
}

static struct naive_list *
list_of(struct naive_map *m, const struct hash *key)
{
	for (size_t i = 0; i < m->n; i++) {
		if (hash_equal(&m->lists[i].key, key))
			return &m->lists[i];
	}
	if (m->n == m->cap) {
		m->cap = 2 * m->cap + 64;
		m->lists = realloc(m->lists, m->cap * sizeof *m->lists);
		assert(m->lists != NULL);
	}
	m->lists[m->n] = (struct naive_list){ .key = *key };
	return &m->lists[m->n++];
}

void
naive_map_add(struct naive_map *m, const struct hash *key, uint64_t index,
    const struct hash *leaf)
{
	struct naive_list *l = list_of(m, key);

	if (l->n == l->cap) {
		l->cap = 2 * l->cap + 4;
		l->items = realloc(l->items, l->cap * sizeof *l->items);
		assert(l->items != NULL);
	}
	l->items[l->n++] = u64be_and(0, index, leaf);
	l->index = index;
}

struct naive_pair *
naive_map_pairs(const struct naive_map *m)
{
	struct naive_pair *pairs = calloc(m->n + 1, sizeof *pairs);

	assert(pairs != NULL);
	for (size_t i = 0; i < m->n; i++) {
		const struct naive_list *l = &m->lists[i];
		struct hash root = naive_list_root(l->items, l->n);

		pairs[i].key = l->key;
		pairs[i].value = u64be_and(4, l->n, &root);
	}
	naive_sort(pairs, m->n);
	return pairs;
}

void
naive_map_clear(struct naive_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->lists[i].items);
	free(m->lists);
	*m = (struct naive_map){ 0 };
}

struct hash
naive_key(unsigned i)
{
	struct hash h = hash_bytes(span_of(&i, sizeof i));
	unsigned same = i % 4 == 0 ? 0 : (i * 7) % 28;

	memset(h.b, i % 3 == 0 ? 0xff : 0x5a, same);
	return h;
}

struct hash
naive_leaf(uint64_t index)
{
	return hash_bytes(span_of(&index, sizeof index));
}
