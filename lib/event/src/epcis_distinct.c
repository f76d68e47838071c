/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_internal.h"

#include "base/banned.h"

/*
 * Distinct strings of an array without allocation: a table of node numbers in
 * the caller's frame, sized by the list. A list longer than the table, which
 * a statement of 60,000 bytes cannot hold with real identifiers, is compared
 * in slices.
 */
#define SLOTS 16384u
#define SLICE (SLOTS / 2)

struct set {
	uint32_t slot[SLOTS];
	uint32_t mask;
	uint64_t seed;
};

static bool
text_of(struct span *out, const struct json_doc *json, uint32_t node,
    uint8_t *space)
{
	return json_string(out, json, node, space, EPCIS_TEXT) == ERR_OK;
}

static uint64_t
hash_of(struct span s, uint64_t seed)
{
	uint64_t h = seed ^ s.n;

	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ s.p[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

/* The node in the set with the same text, or the free slot to put it. */
static uint32_t *
find(struct set *set, const struct json_doc *json, struct span text)
{
	uint8_t space[EPCIS_TEXT];
	uint32_t at = (uint32_t)hash_of(text, set->seed) & set->mask;
	struct span other;

	for (; set->slot[at] != JSON_NONE; at = (at + 1) & set->mask) {
		if (text_of(&other, json, set->slot[at], space) &&
		    span_equal(other, text))
			break;
	}
	return &set->slot[at];
}

/* Puts up to SLICE nodes from first on into the set; *after is the next. */
static enum err
fill(struct check *c, struct set *set, uint32_t first, uint32_t *after,
    enum epcis_rule rule)
{
	uint32_t n = 0;

	for (; first != JSON_NONE && n < SLICE;
	     first = c->json->nodes[first].next, n++) {
		struct span text;
		uint32_t *slot;

		if (!text_of(&text, c->json, first, c->space))
			continue;
		slot = find(set, c->json, text);
		if (*slot != JSON_NONE)
			return epcis_fail(c, first, rule, "distinct items");
		*slot = first;
	}
	*after = first;
	return ERR_OK;
}

static enum err
look_up(struct check *c, struct set *set, uint32_t first, enum epcis_rule rule)
{
	struct span text;

	for (; first != JSON_NONE; first = c->json->nodes[first].next) {
		if (text_of(&text, c->json, first, c->space) &&
		    *find(set, c->json, text) != JSON_NONE)
			return epcis_fail(c, first, rule, "distinct items");
	}
	return ERR_OK;
}

enum err
epcis_distinct(struct check *c, uint32_t node, enum epcis_rule rule)
{
	uint32_t count = c->json->nodes[node].children, slots = 8;
	uint32_t first = json_first(c->json, node);
	uint32_t after = JSON_NONE;
	struct set set;
	enum err e = ERR_OK;

	if (count < 2)
		return ERR_OK;
	while (slots < SLOTS && slots < count * 2)
		slots *= 2;
	set.mask = slots - 1;
	/* The order of slots is nobody's business: an address as seed. */
	set.seed = (uint64_t)(uintptr_t)c * 0x9e3779b97f4a7c15u;
	while (e == ERR_OK && first != JSON_NONE) {
		memset(set.slot, 0, slots * sizeof(set.slot[0]));
		e = fill(c, &set, first, &after, rule);
		first = after;
		if (e == ERR_OK && first != JSON_NONE)
			e = look_up(c, &set, first, rule);
	}
	return e;
}
