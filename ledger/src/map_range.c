/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a list and the subtrees beside it (formats 7.2). Left of the part
 * stand the perfect subtrees of a tree of `first` leaves. Right of it, from
 * leaf e on, a subtree is as wide as e's lowest set bit, or ends with the list.
 */
#include "ledger/map.h"

#include <assert.h>

#include "ledger/merkle.h"

#include "base/banned.h"

/* Width of the subtree that begins at leaf e, 0 < e < n. */
static uint64_t
width_at(uint64_t e, uint64_t n)
{
	uint64_t w = e & (~e + 1);

	return w < n - e ? w : n - e;
}

static size_t
right_wanted(uint64_t e, uint64_t n)
{
	size_t count = 0;

	for (; e < n; e += width_at(e, n))
		count++;
	return count;
}

/* A perfect subtree, as wide as the lowest set bit of the size. */
static void
add_subtree(struct frontier *f, const struct hash *h)
{
	unsigned k = (unsigned)__builtin_ctzll(f->size);
	uint64_t width = (uint64_t)1 << k;
	struct hash sum = *h;

	for (; (f->size >> k & 1) != 0; k++)
		sum = merkle_node(&f->at[k], &sum);
	f->at[k] = sum;
	f->size += width;
}

/* The last subtree, which ends with the list and need not be perfect. */
static struct hash
close_tree(const struct frontier *f, const struct hash *last)
{
	struct hash h = *last;

	for (unsigned k = 0; k < 64; k++) {
		if ((f->size >> k & 1) != 0)
			h = merkle_node(&f->at[k], &h);
	}
	return h;
}

enum err
map_range_root(struct hash *root, uint64_t n, uint64_t first,
    const struct hash *items, size_t count, const struct hash *left,
    size_t left_count, const struct hash *right, size_t right_count,
    struct diag *d)
{
	static const char clause[] = "formats 7.2";
	size_t want = (size_t)__builtin_popcountll(first);
	struct frontier f;

	if (count == 0 || first >= n || count > n - first)
		return diag_fail(d, ERR_PROOF, clause,
		    "range: got %zu items from %llu, wanted some of %llu",
		    count, (unsigned long long)first, (unsigned long long)n);
	if (left_count != want)
		return diag_fail(d, ERR_PROOF, clause,
		    "left: got %zu hashes, wanted %zu", left_count, want);
	want = right_wanted(first + count, n);
	if (right_count != want)
		return diag_fail(d, ERR_PROOF, clause,
		    "right: got %zu hashes, wanted %zu", right_count, want);
	f.size = first;
	for (unsigned k = 64, i = 0; k-- > 0;) {
		if ((first >> k & 1) != 0)
			f.at[k] = left[i++];
	}
	for (size_t i = 0; i < count; i++)
		frontier_add(&f, &items[i]);
	for (size_t i = 0; i + 1 < right_count; i++)
		add_subtree(&f, &right[i]);
	*root = right_count == 0 ? frontier_root(&f)
				 : close_tree(&f, &right[right_count - 1]);
	return ERR_OK;
}

static struct hash
root_of(const struct hash *items, uint64_t n)
{
	struct frontier f;

	f.size = 0;
	for (uint64_t i = 0; i < n; i++)
		frontier_add(&f, &items[i]);
	return frontier_root(&f);
}

void
map_range_sides(const struct hash *items, uint64_t n, uint64_t first,
    size_t count, struct hash *left, size_t *left_count, struct hash *right,
    size_t *right_count)
{
	uint64_t at = 0;

	assert(count > 0 && first < n && count <= n - first);
	*left_count = 0;
	*right_count = 0;
	for (unsigned k = 64; k-- > 0;) {
		if ((first >> k & 1) == 0)
			continue;
		left[(*left_count)++] = root_of(items + at, (uint64_t)1 << k);
		at += (uint64_t)1 << k;
	}
	for (at = first + count; at < n; at += width_at(at, n))
		right[(*right_count)++] = root_of(items + at, width_at(at, n));
}
