/* SPDX-License-Identifier: Apache-2.0 */
#include "touch_internal.h"

#include <stdlib.h>

#include "base/crypto.h"

#include "base/banned.h"

#define FIRST_SLOTS 256u
#define ARENA_MAX ((size_t)1 << 30)

struct slot {
	uint64_t hash;
	size_t at; /* in the arena */
	size_t length;
	uint32_t round; /* filled in this round, else free */
};

struct touch_set {
	struct buf arena;
	struct buf scratch;
	struct slot *slots;
	size_t capacity; /* a power of two */
	size_t count;
	size_t begin;
	uint32_t round;
	uint64_t key[2];
};

struct touch_set *
touch_set_new(void)
{
	struct touch_set *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->slots = calloc(FIRST_SLOTS, sizeof(*s->slots));
	if (s->slots == NULL) {
		free(s);
		return NULL;
	}
	s->capacity = FIRST_SLOTS;
	s->round = 1;
	s->arena = buf_heap(ARENA_MAX);
	s->scratch = buf_heap(ARENA_MAX);
	random_bytes(s->key, sizeof(s->key));
	return s;
}

void
touch_set_free(struct touch_set *s)
{
	if (s == NULL)
		return;
	buf_free(&s->arena);
	buf_free(&s->scratch);
	free(s->slots);
	free(s);
}

void
touch_set_reset(struct touch_set *s)
{
	buf_reset(&s->arena);
	s->begin = 0;
	s->count = 0;
	if (++s->round != 0)
		return;
	memset(s->slots, 0, s->capacity * sizeof(*s->slots));
	s->round = 1;
}

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein). */
static uint64_t
hash_of(const struct touch_set *s, struct span text)
{
	uint64_t v[4] = { s->key[0] ^ 0x736f6d6570736575u,
		s->key[1] ^ 0x646f72616e646f6du,
		s->key[0] ^ 0x6c7967656e657261u,
		s->key[1] ^ 0x7465646279746573u };
	uint64_t word;
	size_t i;

	for (i = 0; text.n - i >= 8; i += 8) {
		memcpy(&word, text.p + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = 0;
	if (text.n > i)
		memcpy(&word, text.p + i, text.n - i);
	word ^= (uint64_t)text.n << 56;
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct buf *
touch_set_begin(struct touch_set *s)
{
	s->begin = s->arena.n;
	return &s->arena;
}

void
touch_set_drop(struct touch_set *s)
{
	s->arena.n = s->begin;
}

uint8_t *
touch_set_scratch(struct touch_set *s, size_t n)
{
	buf_reset(&s->scratch);
	return buf_reserve(&s->scratch, n);
}

static struct slot *
find(struct touch_set *s, uint64_t hash, struct span text)
{
	size_t at = (size_t)hash & (s->capacity - 1);

	for (;; at = (at + 1) & (s->capacity - 1)) {
		struct slot *p = &s->slots[at];

		if (p->round != s->round)
			return p;
		if (p->hash == hash &&
		    span_equal(span_of(s->arena.p + p->at, p->length), text))
			return p;
	}
}

static enum err
grow(struct touch_set *s)
{
	struct slot *old = s->slots;
	size_t n = s->capacity;

	s->slots = calloc(n * 2, sizeof(*s->slots));
	if (s->slots == NULL) {
		s->slots = old;
		return ERR_NOMEM;
	}
	s->capacity = n * 2;
	for (size_t i = 0; i < n; i++) {
		if (old[i].round != s->round)
			continue;
		*find(s, old[i].hash,
		    span_of(s->arena.p + old[i].at, old[i].length)) = old[i];
	}
	free(old);
	return ERR_OK;
}

enum err
touch_set_end(struct touch_set *s, struct span *out, bool *is_new)
{
	struct slot *slot;
	uint64_t hash;

	*is_new = false;
	if (buf_error(&s->arena) != ERR_OK ||
	    ((s->count + 1) * 2 > s->capacity && grow(s) != ERR_OK))
		return ERR_NOMEM;
	*out = span_of(s->arena.p + s->begin, s->arena.n - s->begin);
	hash = hash_of(s, *out);
	slot = find(s, hash, *out);
	if (slot->round == s->round) {
		touch_set_drop(s);
		return ERR_OK;
	}
	*slot = (struct slot){ hash, s->begin, out->n, s->round };
	s->count++;
	*is_new = true;
	return ERR_OK;
}
