/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/buf.h"
#include "event/epcis_hash.h"

#include "base/banned.h"

/*
 * Any bytes as a document: each event hashed in both orders, and once more
 * from the same document with the members of every object turned round. The
 * strings must be equal, byte for byte.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_BYTES (1 << 16)

static struct json_node nodes[EPCIS_NODES], turned_nodes[EPCIS_NODES];

/* A value to print, or the end of a container. */
struct step {
	uint32_t node;
	bool end;
	bool comma;
};
static struct step steps[2 * EPCIS_NODES];

static size_t
push_children(const struct json_doc *json, uint32_t node, size_t top)
{
	bool array = json_type(json, node) == JSON_ARRAY;
	size_t first = top;

	for (uint32_t i = json_first(json, node); i != JSON_NONE;
	     i = json->nodes[i].next)
		steps[top++] = (struct step){ i, false, true };
	/* The last pushed is printed first. */
	for (size_t a = first, b = top; array && a + 1 < b; a++, b--) {
		struct step t = steps[a];

		steps[a] = steps[b - 1];
		steps[b - 1] = t;
	}
	if (top > first)
		steps[top - 1].comma = false;
	return top;
}

static void
put_head(struct buf *out, const struct json_doc *json, struct step s)
{
	uint32_t parent = json->nodes[s.node].parent;

	if (s.comma)
		buf_byte(out, ',');
	if (s.node == JSON_ROOT || json_type(json, parent) != JSON_OBJECT)
		return;
	buf_byte(out, '"');
	buf_put(out, json_key_raw(json, s.node));
	buf_str(out, "\":");
}

static void
put_leaf(struct buf *out, const struct json_doc *json, uint32_t node)
{
	bool text = json_type(json, node) == JSON_STRING;

	if (text)
		buf_byte(out, '"');
	buf_put(out, json_raw(json, node));
	if (text)
		buf_byte(out, '"');
}

static void
turn_round(struct buf *out, const struct json_doc *json)
{
	size_t top = 1;

	steps[0] = (struct step){ JSON_ROOT, false, false };
	while (top > 0) {
		struct step s = steps[--top];
		bool object = json_type(json, s.node) == JSON_OBJECT;

		if (s.end) {
			buf_byte(out, object ? '}' : ']');
			continue;
		}
		put_head(out, json, s);
		if (!object && json_type(json, s.node) != JSON_ARRAY) {
			put_leaf(out, json, s.node);
			continue;
		}
		buf_byte(out, object ? '{' : '[');
		steps[top++] = (struct step){ s.node, true, false };
		top = push_children(json, s.node, top);
	}
}

static void
compare(struct epcis_hash *a, struct epcis_hash *b, const struct epcis_doc *doc,
    uint32_t event, const struct epcis_doc *turned, uint32_t turned_event,
    enum epcis_hash_order order)
{
	struct diag d = { 0 };
	enum err e = epcis_hash_pre(a, doc, event, order, &d);
	enum err f = epcis_hash_pre(b, turned, turned_event, order, NULL);

	if ((e == ERR_OK) != (f == ERR_OK))
		abort();
	if (e != ERR_OK) {
		if (e != ERR_TOO_LARGE && e != ERR_LIMIT)
			abort();
		return;
	}
	if (!span_equal(buf_span(&a->pre), buf_span(&b->pre)) ||
	    (a->why == NULL) != (b->why == NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf text = buf_heap(1 << 22);
	struct epcis_hash a, b;
	struct epcis_doc doc, turned;
	enum epcis_hash_fit fit;
	uint32_t i, j;

	if (epcis_hash_open(&doc, span_of(data, n), nodes, EPCIS_NODES, NULL) !=
	    ERR_OK)
		return 0;
	turn_round(&text, &doc.json);
	if (buf_error(&text) != ERR_OK ||
	    epcis_hash_open(&turned, buf_span(&text), turned_nodes, EPCIS_NODES,
		NULL) != ERR_OK)
		abort();
	epcis_hash_init(&a, MAX_BYTES);
	epcis_hash_init(&b, MAX_BYTES);
	i = epcis_first(&doc);
	for (j = epcis_first(&turned); i != JSON_NONE && j != JSON_NONE;
	     j = turned_nodes[j].next) {
		compare(&a, &b, &doc, i, &turned, j, EPCIS_HASH_REFERENCE);
		compare(&a, &b, &doc, i, &turned, j, EPCIS_HASH_TEXT);
		(void)epcis_hash_fit(&fit, &a, &doc, i, NULL);
		i = nodes[i].next;
	}
	epcis_hash_clear(&a);
	epcis_hash_clear(&b);
	buf_free(&text);
	return 0;
}
