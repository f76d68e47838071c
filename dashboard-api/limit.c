/* SPDX-License-Identifier: Apache-2.0 */
#include "limit.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/hash.h"

#include "base/banned.h"

#define PLACES 32768U /* in each of the two rows; 512 KiB in all */
#define SECRET 16

/* A bucket is the one moment at which it is full again (µs): the later that
 * is, the emptier it is. So one word is all of it, and 0 a full one. */
struct limit {
	int64_t step_us;  /* for a token to come back */
	int64_t depth_us; /* step_us times burst */
	uint8_t secret[SECRET];
	_Atomic int64_t full_at[2][PLACES];
};

enum err
limit_new(struct limit **out, unsigned rate_per_s, unsigned burst)
{
	struct limit *l;

	*out = NULL;
	if (rate_per_s == 0)
		return ERR_OK;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return ERR_NOMEM;
	l->step_us = 1000000 / (int64_t)rate_per_s;
	l->depth_us = l->step_us * (burst == 0 ? 1 : burst);
	random_bytes(l->secret, sizeof(l->secret));
	*out = l;
	return ERR_OK;
}

void
limit_free(struct limit *l)
{
	free(l);
}

/* Takes one from a place. 0, or how long until there is one. */
static int64_t
take(struct limit *l, _Atomic int64_t *place, int64_t now_us)
{
	int64_t was = atomic_load_explicit(place, memory_order_relaxed), next;

	do {
		next = (was > now_us ? was : now_us) + l->step_us;
		if (next - now_us > l->depth_us)
			return next - now_us - l->depth_us;
	} while (!atomic_compare_exchange_weak_explicit(
	    place, &was, next, memory_order_relaxed, memory_order_relaxed));
	return 0;
}

static size_t
place_of(const uint8_t *p)
{
	return ((size_t)p[0] << 8 | p[1]) % PLACES;
}

unsigned
limit_take(struct limit *l, struct span key, int64_t now_us)
{
	struct sha256 s;
	struct hash h;
	int64_t first, second;

	if (l == NULL)
		return 0;
	/* A secret in front: nobody can look for another's places. */
	sha256_init(&s);
	sha256_add(&s, span_of(l->secret, sizeof(l->secret)));
	sha256_add(&s, key);
	sha256_done(&s, &h);
	first = take(l, &l->full_at[0][place_of(h.b)], now_us);
	second = take(l, &l->full_at[1][place_of(h.b + 2)], now_us);
	if (first == 0 || second == 0)
		return 0;
	return (unsigned)(((first < second ? first : second) + 999) / 1000);
}
