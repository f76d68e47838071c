/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_hash_internal.h"

#include "base/banned.h"

/* A container whose children are being written. */
struct frame {
	uint32_t next;      /* child to write */
	uint32_t key;       /* array: member whose name its items bear */
	bool array;         /* items are pieces of the group around it */
	size_t start;       /* object: where its name was written */
	struct group group; /* object: of its members */
};

struct walk {
	struct hashing *x;
	struct frame frames[EPCIS_DEPTH + 1];
	unsigned depth;
};

/* 10.3: `{namespace}local`; a bare name as it is. */
static void
put_key(struct hashing *x, uint32_t node)
{
	struct span key = epcis_hash_key(x, node), iri;
	const uint8_t *colon = key.n == 0 ? NULL : memchr(key.p, ':', key.n);
	size_t n = colon == NULL ? 0 : (size_t)(colon - key.p);

	if (colon == NULL) {
		buf_put(&x->h->pre, key);
	} else if (epcis_hash_prefix(&iri, x, span_of(key.p, n))) {
		buf_byte(&x->h->pre, '{');
		buf_put(&x->h->pre, iri);
		buf_byte(&x->h->pre, '}');
		buf_put(&x->h->pre, span_skip(key, n + 1));
	} else {
		epcis_hash_odd(x, "a name whose prefix is not declared");
		buf_put(&x->h->pre, key);
	}
}

static void
put_pair(struct hashing *x, uint32_t node, uint32_t key)
{
	size_t start = x->h->pre.n, equals;

	if (json_type(x->json, node) == JSON_NULL) {
		epcis_hash_odd(x, "a null");
		return;
	}
	put_key(x, key);
	equals = x->h->pre.n;
	buf_byte(&x->h->pre, '=');
	epcis_hash_scalar(x, node);
	/* Nothing in it: like an empty element, the name alone. */
	if (x->h->pre.n == equals + 1)
		x->h->pre.n = equals;
	epcis_hash_piece(x, start);
}

static void
enter(struct walk *w, uint32_t node, uint32_t key)
{
	struct hashing *x = w->x;
	struct frame *f = &w->frames[w->depth];

	if (w->depth > EPCIS_DEPTH) {
		epcis_hash_fail(x, ERR_LIMIT, "at most 32 levels");
		return;
	}
	f->next = json_first(x->json, node);
	f->key = key;
	f->array = json_type(x->json, node) == JSON_ARRAY;
	f->start = x->h->pre.n;
	if (!f->array)
		put_key(x, key);
	f->group = epcis_hash_group(x);
	w->depth++;
}

static void
put_any(struct walk *w, uint32_t node, uint32_t key)
{
	enum json_type t = json_type(w->x->json, node);

	if (t == JSON_OBJECT || t == JSON_ARRAY)
		enter(w, node, key);
	else
		put_pair(w->x, node, key);
}

static void
leave(struct walk *w)
{
	struct frame *f = &w->frames[--w->depth];

	if (f->array)
		return;
	epcis_hash_sort(w->x, f->group);
	epcis_hash_piece(w->x, f->start);
}

void
epcis_hash_extension(struct hashing *x, uint32_t member)
{
	struct walk w;

	w.x = x;
	w.depth = 0;
	put_any(&w, member, member);
	while (w.depth > 0 && x->e == ERR_OK) {
		struct frame *f = &w.frames[w.depth - 1];
		uint32_t node = f->next;

		if (node == JSON_NONE) {
			leave(&w);
			continue;
		}
		f->next = x->json->nodes[node].next;
		if (f->array)
			put_any(&w, node, f->key);
		else if (!epcis_hash_left_out(x, node))
			put_any(&w, node, node);
	}
}
