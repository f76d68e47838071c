/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "epcis_hash_internal.h"

#include "base/banned.h"

/*
 * Siblings are written one after another and remembered as pieces; when the
 * last is there, the pieces are sorted and their bytes put in that order.
 * Groups nest like the values of the event: an inner one is closed, and is
 * then part of a piece of the outer one.
 */
#define PIECES_AT_FIRST 64

struct group
epcis_hash_group(struct hashing *x)
{
	return (struct group){ x->h->piece_count, x->h->pre.n };
}

static bool
room(struct hashing *x)
{
	struct epcis_hash *h = x->h;
	size_t n = h->piece_room == 0 ? PIECES_AT_FIRST : h->piece_room * 2;
	struct epcis_hash_piece *p;

	if (h->piece_count < h->piece_room)
		return true;
	p = realloc(h->pieces, n * sizeof(*p));
	if (p == NULL) {
		epcis_hash_fail(x, ERR_NOMEM, NULL);
		return false;
	}
	h->pieces = p;
	h->piece_room = n;
	return true;
}

void
epcis_hash_piece(struct hashing *x, size_t start)
{
	struct epcis_hash *h = x->h;

	if (h->pre.n == start || !room(x))
		return;
	h->pieces[h->piece_count++] =
	    (struct epcis_hash_piece){ (uint32_t)start,
		    (uint32_t)(h->pre.n - start) };
}

static struct span
bytes_of(const struct epcis_hash *h, struct epcis_hash_piece p)
{
	return span_of(h->pre.p + p.start, p.n);
}

static int
compare(const struct epcis_hash *h, struct epcis_hash_piece a,
    struct epcis_hash_piece b)
{
	return span_compare(bytes_of(h, a), bytes_of(h, b));
}

/* Lets the root of a heap of n pieces sink to its place. */
static void
sink(const struct epcis_hash *h, struct epcis_hash_piece *p, size_t root,
    size_t n)
{
	struct epcis_hash_piece v = p[root];

	for (;;) {
		size_t child = root * 2 + 1;

		if (child >= n)
			break;
		if (child + 1 < n && compare(h, p[child], p[child + 1]) < 0)
			child++;
		if (compare(h, v, p[child]) >= 0)
			break;
		p[root] = p[child];
		root = child;
	}
	p[root] = v;
}

/* Heap sort: no memory, no bad case. */
static void
sort(const struct epcis_hash *h, struct epcis_hash_piece *p, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(h, p, i, n);
	for (size_t i = n; i-- > 1;) {
		struct epcis_hash_piece last = p[i];

		p[i] = p[0];
		p[0] = last;
		sink(h, p, 0, i);
	}
}

static bool
in_order(const struct epcis_hash *h, const struct epcis_hash_piece *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (compare(h, p[i - 1], p[i]) > 0)
			return false;
	}
	return true;
}

void
epcis_hash_sort(struct hashing *x, struct group g)
{
	struct epcis_hash *h = x->h;
	size_t n = h->piece_count - g.first;
	struct epcis_hash_piece *p;

	h->piece_count = g.first;
	if (n < 2 || x->e != ERR_OK || buf_error(&h->pre) != ERR_OK)
		return;
	p = h->pieces + g.first;
	if (in_order(h, p, n))
		return;
	sort(h, p, n);
	buf_reset(&h->sorted);
	for (size_t i = 0; i < n; i++)
		buf_put(&h->sorted, bytes_of(h, p[i]));
	if (buf_error(&h->sorted) != ERR_OK) {
		epcis_hash_fail(x, buf_error(&h->sorted), NULL);
		return;
	}
	memcpy(h->pre.p + g.start, h->sorted.p, h->sorted.n);
}
