/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merkle.h"

#include <assert.h>

#include "base/banned.h"

enum { TAG_LEAF = 0x00, TAG_NODE = 0x01, TAG_CHAIN = 0x10 };

/* formats 4.1: the hashes of RFC 6962 section 2.1 */
struct hash
merkle_empty_root(void)
{
	return hash_bytes(SPAN_NONE);
}

struct hash
merkle_leaf(struct span entry)
{
	return hash_tagged(TAG_LEAF, entry);
}

struct hash
merkle_node(const struct hash *left, const struct hash *right)
{
	return hash_pair(TAG_NODE, left, right);
}

struct hash
chain_start(const char *origin)
{
	return hash_tagged(TAG_CHAIN, span_str(origin));
}

struct hash
chain_next(const struct hash *before, const struct hash *leaf)
{
	return hash_pair(TAG_CHAIN, before, leaf);
}

void
frontier_init(struct frontier *f)
{
	memset(f, 0, sizeof(*f));
}

/* A leaf closes one subtree for each trailing 1 of the size, as a carry. */
void
frontier_add(struct frontier *f, const struct hash *leaf)
{
	struct hash h = *leaf;
	unsigned k = 0;

	for (; (f->size >> k & 1) != 0; k++)
		h = merkle_node(&f->at[k], &h);
	f->at[k] = h;
	f->size++;
}

struct hash
frontier_root(const struct frontier *f)
{
	struct hash h = { { 0 } };
	bool any = false;

	for (unsigned k = 0; k < 64; k++) {
		if ((f->size >> k & 1) == 0)
			continue;
		h = any ? merkle_node(&f->at[k], &h) : f->at[k];
		any = true;
	}
	return any ? h : merkle_empty_root();
}

struct hash
merkle_root_of(const struct hash *hashes, size_t n)
{
	struct frontier f;

	assert(n != 0 && (n & (n - 1)) == 0);
	f.size = 0;
	for (size_t i = 0; i < n; i++)
		frontier_add(&f, &hashes[i]);
	return frontier_root(&f);
}

void
tiles_init(struct tiles *t)
{
	memset(t, 0, sizeof(*t));
}

static void
tile_full(struct tiles *t, unsigned level, const struct hash *root)
{
	assert(level + 1 < TILE_LEVELS && t->count[level] == TILE_WIDTH);
	t->part[level + 1][t->count[level + 1]++] = *root;
	t->count[level] = 0;
	if (t->done != NULL)
		t->done(t->ctx, level, (t->size >> 8 * (level + 1)) - 1,
		    t->part[level], root);
}

/* As frontier_add(); each eighth carry is a tile's root. */
void
tiles_add(struct tiles *t, struct frontier *f, const struct hash *leaf)
{
	struct hash h = *leaf;
	unsigned k = 0;

	assert(t->size == f->size);
	t->part[0][t->count[0]++] = *leaf;
	t->size++;
	for (; (f->size >> k & 1) != 0; k++) {
		h = merkle_node(&f->at[k], &h);
		if (k % 8 == 7)
			tile_full(t, k / 8, &h);
	}
	f->at[k] = h;
	f->size++;
}

enum err
merkle_verify_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct hash *path, size_t n, const struct hash *root, struct diag *d)
{
	uint64_t fn = index, sn = size - 1;
	struct hash r = *leaf;

	if (index >= size)
		return diag_fail(d, ERR_PROOF, "RFC 9162 2.1.3.2",
		    "index: got %llu, wanted below the size %llu",
		    (unsigned long long)index, (unsigned long long)size);
	for (size_t i = 0; i < n; i++) {
		if (sn == 0)
			return diag_fail(d, ERR_PROOF, "RFC 9162 2.1.3.2",
			    "path: got %zu hashes, wanted %zu", n, i);
		if ((fn & 1) != 0 || fn == sn) {
			r = merkle_node(&path[i], &r);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			r = merkle_node(&r, &path[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return diag_fail(d, ERR_PROOF, "RFC 9162 2.1.3.2",
		    "path: got %zu hashes, wanted more", n);
	if (!hash_equal(&r, root))
		return diag_fail(d, ERR_PROOF, "RFC 9162 2.1.3.2",
		    "path of index %llu does not lead to the root of size "
		    "%llu",
		    (unsigned long long)index, (unsigned long long)size);
	return ERR_OK;
}

/* The two roots that a consistency path builds. */
struct roots {
	struct hash from, to;
};

/* RFC 9162 2.1.4.2 steps 2 to 6; false when the path has a wrong length. */
static bool
fold_consistency(struct roots *out, uint64_t from, const struct hash *from_root,
    uint64_t to, const struct hash *path, size_t n)
{
	uint64_t fn = from - 1, sn = to - 1;
	size_t i = 0;

	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	if ((from & (from - 1)) == 0)
		out->from = *from_root;
	else
		out->from = path[i++];
	out->to = out->from;
	for (; i < n; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			out->from = merkle_node(&path[i], &out->from);
			out->to = merkle_node(&path[i], &out->to);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			out->to = merkle_node(&out->to, &path[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0;
}

enum err
merkle_verify_consistency(uint64_t from, const struct hash *from_root,
    uint64_t to, const struct hash *to_root, const struct hash *path, size_t n,
    struct diag *d)
{
	static const char clause[] = "RFC 9162 2.1.4.2";
	struct roots got;

	if (from == 0 || from > to)
		return diag_fail(d, ERR_PROOF, clause,
		    "sizes: got %llu and %llu, wanted 1 <= from <= to",
		    (unsigned long long)from, (unsigned long long)to);
	if ((n == 0) != (from == to))
		return diag_fail(d, ERR_PROOF, clause,
		    "path: got %zu hashes, wanted %s", n,
		    from == to ? "none for equal sizes" : "some");
	if (from == to) {
		if (hash_equal(from_root, to_root))
			return ERR_OK;
		return diag_fail(d, ERR_PROOF, clause,
		    "two roots for the size %llu", (unsigned long long)to);
	}
	if (!fold_consistency(&got, from, from_root, to, path, n))
		return diag_fail(d, ERR_PROOF, clause,
		    "path: got %zu hashes, a wrong number", n);
	if (!hash_equal(&got.from, from_root))
		return diag_fail(d, ERR_PROOF, clause,
		    "path does not lead to the root of size %llu",
		    (unsigned long long)from);
	if (!hash_equal(&got.to, to_root))
		return diag_fail(d, ERR_PROOF, clause,
		    "path does not lead to the root of size %llu",
		    (unsigned long long)to);
	return ERR_OK;
}
