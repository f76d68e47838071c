/* SPDX-License-Identifier: Apache-2.0 */
/* The map's lists in order of their keys, out and in again. */
#include <stdlib.h>

#include "map_internal.h"

#include "base/banned.h"

#define PIECE ((size_t)1 << 20)
#define NUMBER_MAX 7 /* bytes of a number of INDEX_BITS */
#define RECORD_MAX (HASH_BYTES + 2 * NUMBER_MAX + 64 * HASH_BYTES)

/* LEB128: most lists have one item, so a byte instead of eight. */
static void
put_number(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		buf_byte(b, (uint8_t)(v | 0x80));
	buf_byte(b, (uint8_t)v);
}

/* Takes a number off the front. False: cut, too large, or longer than need be,
 * so that a map has one dump only. */
static bool
get_number(uint64_t *v, struct span *in)
{
	*v = 0;
	for (unsigned i = 0; i < NUMBER_MAX && i < in->n; i++) {
		uint8_t byte = in->p[i];

		*v |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (byte & 0x80)
			continue;
		*in = span_skip(*in, i + 1);
		return (byte != 0 || i == 0) && *v >> INDEX_BITS == 0;
	}
	return false;
}

static void
put_record(struct buf *b, const struct map *m, const struct leaf *l)
{
	struct list list;

	list_get(&list, m, l);
	buf_put(b, hash_span(&l->key));
	put_number(b, list.n);
	put_number(b, leaf_index(l));
	buf_put(b, span_of(list.at, list.count * sizeof list.at[0]));
}

/* Depth first, bit 0 before bit 1: the order of the keys. */
static enum err
dump(const struct map *m, uint32_t root, struct buf *b, map_write_fn write,
    void *ctx)
{
	uint32_t stack[KEY_BITS + 1];
	unsigned depth = 0;
	enum err e;

	if (root != ID_NONE)
		stack[depth++] = root;
	while (depth > 0) {
		uint32_t id = stack[--depth];

		if (!id_is_leaf(id)) {
			const struct inner *n = inner_at(m, id);

			stack[depth++] = n->kid[1];
			stack[depth++] = n->kid[0];
			continue;
		}
		put_record(b, m, leaf_at(m, id));
		if (b->n < PIECE)
			continue;
		e = write(ctx, buf_span(b));
		if (e != ERR_OK)
			return e;
		buf_reset(b);
	}
	return b->n == 0 ? ERR_OK : write(ctx, buf_span(b));
}

static enum err
dump_from(const struct map *m, uint32_t root, map_write_fn write, void *ctx)
{
	struct buf b = buf_heap(PIECE + RECORD_MAX);
	enum err e = ERR_NOMEM;

	/* all the room at once, so that no record fails later */
	if (buf_reserve(&b, PIECE + RECORD_MAX) != NULL) {
		buf_reset(&b);
		e = dump(m, root, &b, write, ctx);
	}
	buf_free(&b);
	return e;
}

enum err
map_dump(const struct map *m, map_write_fn write, void *ctx)
{
	return dump_from(m, m->root, write, ctx);
}

enum err
map_version_dump(const struct map_version *v, map_write_fn write, void *ctx)
{
	return dump_from(v->map, v->root, write, ctx);
}

/* The right edge of the tree: what a key above all others hangs itself on. */
struct edge {
	unsigned depth;
	uint32_t inner[KEY_BITS];
	const struct hash *last; /* newest key, NULL in an empty map */
};

static void
find_edge(struct edge *edge, const struct map *m)
{
	uint32_t id = m->root;

	edge->depth = 0;
	edge->last = NULL;
	if (id == ID_NONE)
		return;
	while (!id_is_leaf(id)) {
		edge->inner[edge->depth++] = id;
		id = inner_at(m, id)->kid[1];
	}
	edge->last = &leaf_at(m, id)->key;
}

struct record {
	struct hash key;
	uint64_t index;
	struct list list;
};

/* Takes one record off the front of *in. */
static enum err
get_record(struct record *r, struct span *in, struct diag *d)
{
	struct list *list = &r->list;
	struct span rest = span_skip(*in, in->n < HASH_BYTES ? 0 : HASH_BYTES);

	if (in->n < HASH_BYTES || !get_number(&list->n, &rest) ||
	    !get_number(&r->index, &rest))
		return diag_fail(d, ERR_BAD_ENCODING, "",
		    "map record: got %zu bytes, wanted a key and two numbers "
		    "below 2^%d, as short as they go",
		    in->n, INDEX_BITS);
	if (list->n == 0 || list->n - 1 > r->index)
		return diag_fail(d, ERR_BAD_ENCODING, "",
		    "map record: got %llu items up to index %llu",
		    (unsigned long long)list->n, (unsigned long long)r->index);
	memcpy(r->key.b, in->p, HASH_BYTES);
	list->count = (unsigned)__builtin_popcountll(list->n);
	if (rest.n < list->count * sizeof list->at[0])
		return diag_fail(d, ERR_BAD_ENCODING, "",
		    "map record: got %zu bytes, wanted %u hashes", rest.n,
		    list->count);
	memcpy(list->at, rest.p, list->count * sizeof list->at[0]);
	*in = span_skip(rest, list->count * sizeof list->at[0]);
	return ERR_OK;
}

size_t
map_record_bytes(struct span records)
{
	struct span rest = records;
	struct record r;

	return get_record(&r, &rest, NULL) == ERR_OK ? records.n - rest.n : 0;
}

static enum err
append(struct map *m, struct edge *edge, const struct record *r)
{
	uint32_t id, *link;
	unsigned bit;
	enum err e;

	e = leaf_new(&id, m, &r->key, &r->list, r->index);
	if (e != ERR_OK)
		return e;
	m->keys++;
	if (edge->last == NULL) {
		m->root = id;
		edge->last = &leaf_at(m, id)->key;
		return ERR_OK;
	}
	bit = map_common(edge->last, &r->key);
	edge->last = &leaf_at(m, id)->key;
	while (edge->depth > 0 &&
	       inner_at(m, edge->inner[edge->depth - 1])->bit > bit)
		edge->depth--;
	link = &m->root;
	if (edge->depth > 0) {
		struct inner *above = inner_at(m, edge->inner[edge->depth - 1]);

		above->dirty |= DIRTY_KID << 1;
		link = &above->kid[1];
	}
	e = inner_new(&id, m, bit, *link, id);
	if (e != ERR_OK)
		return e;
	*link = id;
	edge->inner[edge->depth++] = id;
	return ERR_OK;
}

enum err
map_load(struct map *m, struct span records, struct diag *d)
{
	struct record r;
	struct edge edge;
	enum err e;

	if (m->newest != NULL)
		return diag_fail(
		    d, ERR_STATE, "", "map: frozen before it was loaded");
	find_edge(&edge, m);
	/* what the edge's nodes were hashed with is about to change */
	for (unsigned i = 0; i < edge.depth; i++)
		inner_at(m, edge.inner[i])->dirty |=
		    i + 1 < edge.depth ? DIRTY | DIRTY_KID << 1 : DIRTY;
	while (records.n > 0) {
		e = get_record(&r, &records, d);
		if (e != ERR_OK)
			return e;
		if (edge.last != NULL &&
		    memcmp(edge.last->b, r.key.b, HASH_BYTES) >= 0)
			return diag_fail(d, ERR_BAD_ENCODING, "",
			    "map record: its key is not above the one before");
		e = append(m, &edge, &r);
		if (e != ERR_OK)
			return diag_fail(d, e, "", "map: no memory for it");
	}
	return ERR_OK;
}
