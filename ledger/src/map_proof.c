/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes of formats 5 and what is proven with them; no map needed. */
#include "ledger/map.h"

#include <assert.h>

#include "ledger/merkle.h"

#include "map_internal.h"

#include "base/banned.h"

enum { TAG_MAP_LEAF = 0x02, TAG_MAP_INNER = 0x03, TAG_MAP_VALUE = 0x04 };

static void
put_u64be(uint8_t out[8], uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> 8 * (7 - i));
}

/* formats 5.1: the prefix ends with its NUL. */
struct hash
map_key(struct span subject)
{
	static const char prefix[] = "countermark/key/v1";
	struct sha256 s;
	struct hash h;

	sha256_init(&s);
	sha256_add(&s, span_of(prefix, sizeof prefix));
	sha256_add(&s, subject);
	sha256_done(&s, &h);
	return h;
}

/* formats 5.2 */
struct hash
map_item(uint64_t index, const struct hash *leaf)
{
	uint8_t bytes[8 + HASH_BYTES];

	put_u64be(bytes, index);
	memcpy(bytes + 8, leaf->b, HASH_BYTES);
	return merkle_leaf(span_of(bytes, sizeof bytes));
}

struct hash
map_value(uint64_t n, const struct hash *list_root)
{
	uint8_t bytes[1 + 8 + HASH_BYTES] = { TAG_MAP_VALUE };

	put_u64be(bytes + 1, n);
	memcpy(bytes + 9, list_root->b, HASH_BYTES);
	return hash_bytes(span_of(bytes, sizeof bytes));
}

struct hash
map_leaf_hash(const struct hash *key, const struct hash *value)
{
	return hash_pair(TAG_MAP_LEAF, key, value);
}

struct hash
map_inner_hash(unsigned bit, const struct hash *left, const struct hash *right)
{
	uint8_t bytes[2 + 2 * HASH_BYTES] = { TAG_MAP_INNER, (uint8_t)bit };

	memcpy(bytes + 2, left->b, HASH_BYTES);
	memcpy(bytes + 2 + HASH_BYTES, right->b, HASH_BYTES);
	return hash_bytes(span_of(bytes, sizeof bytes));
}

struct hash
map_empty_root(void)
{
	return hash_tagged(TAG_MAP_LEAF, SPAN_NONE);
}

/* Whose key the proof speaks of: the one asked for or, of an absent one,
 * another that took the same turns. */
static enum err
check_key(const struct map_proof *p, const struct hash *key, struct diag *d)
{
	static const char clause[] = "formats 5.3";

	if (p->present) {
		if (hash_equal(&p->key, key))
			return ERR_OK;
		return diag_fail(
		    d, ERR_PROOF, clause, "presence: of another key");
	}
	if (hash_equal(&p->key, key))
		return diag_fail(
		    d, ERR_PROOF, clause, "absence: the other key is the key");
	for (unsigned i = 0; i < p->steps; i++) {
		unsigned bit = p->step[i].bit;

		if (key_bit(&p->key, bit) != key_bit(key, bit))
			return diag_fail(d, ERR_PROOF, clause,
			    "absence: the keys part at bit %u of the path",
			    bit);
	}
	return ERR_OK;
}

static enum err
check_bits(const struct map_proof *p, struct diag *d)
{
	static const char clause[] = "formats 5.3";

	if (p->steps > MAP_PATH_MAX)
		return diag_fail(d, ERR_PROOF, clause,
		    "path: got %u steps, wanted at most %d", p->steps,
		    MAP_PATH_MAX);
	for (unsigned i = 1; i < p->steps; i++) {
		if (p->step[i].bit >= p->step[i - 1].bit)
			return diag_fail(d, ERR_PROOF, clause,
			    "path: got bit %u above bit %u, wanted less",
			    p->step[i].bit, p->step[i - 1].bit);
	}
	return ERR_OK;
}

/* The root that the proof's leaf and path lead to. */
static struct hash
fold(const struct map_proof *p)
{
	struct hash h = map_leaf_hash(&p->key, &p->value);

	for (unsigned i = 0; i < p->steps; i++) {
		const struct map_step *s = &p->step[i];

		h = key_bit(&p->key, s->bit) == 0
			? map_inner_hash(s->bit, &h, &s->sibling)
			: map_inner_hash(s->bit, &s->sibling, &h);
	}
	return h;
}

enum err
map_verify(const struct map_proof *p, const struct hash *key,
    const struct hash *root, struct diag *d)
{
	static const char clause[] = "formats 5.3";
	struct hash got = map_empty_root();
	enum err e;

	if (p->empty) {
		if (p->present || p->steps != 0)
			return diag_fail(d, ERR_PROOF, clause,
			    "empty map: wanted an absent key and no path");
	} else {
		e = check_bits(p, d);
		if (e == ERR_OK)
			e = check_key(p, key, d);
		if (e != ERR_OK)
			return e;
		got = fold(p);
	}
	if (hash_equal(&got, root))
		return ERR_OK;
	return diag_fail(
	    d, ERR_PROOF, clause, "path does not lead to the map's root");
}
