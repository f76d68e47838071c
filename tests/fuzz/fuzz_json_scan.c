/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanner takes without U+0000 the library behind takes too, and
 * what it refuses never gets there; every node lies inside the text. */
#include <stdlib.h>

#include "base/json.h"
#include "base/json_scan.h"
#include "base/text.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
check_node(const struct json_doc *doc, uint32_t i, uint8_t *space)
{
	const struct json_node *n = &doc->nodes[i];
	char pointer[40];
	struct span s;
	int64_t v;

	demand((size_t)n->start + n->length <= doc->text.n);
	demand((size_t)n->key_start + n->key_length <= doc->text.n);
	demand(n->parent < i || i == JSON_ROOT);
	demand(n->next == JSON_NONE || n->next > i);
	demand(n->next < doc->count);
	if (n->type == JSON_STRING) {
		demand(json_string(&s, doc, i, space, n->length) == ERR_OK);
		demand(utf8_valid(s));
	}
	demand(json_key(&s, doc, i, space, n->key_length) == ERR_OK);
	demand(utf8_valid(s));
	if (json_int(&v, doc, i) == ERR_OK)
		demand(n->type == JSON_NUMBER);
	json_pointer(pointer, sizeof pointer, doc, i);
	demand(utf8_valid(span_str(pointer)));
	uint32_t count = 0;
	for (uint32_t k = json_first(doc, i); k != JSON_NONE; count++) {
		demand(doc->nodes[k].parent == i);
		k = doc->nodes[k].next;
	}
	demand(count == n->children);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t capacity = (uint32_t)size + 1;
	struct json_doc doc = { .capacity = capacity };
	struct json *tree = NULL;
	uint8_t *space = malloc(size + 1);
	struct diag d;
	bool nul = false;

	doc.nodes = calloc(capacity, sizeof *doc.nodes);
	demand(doc.nodes != NULL && space != NULL);
	enum err e = json_scan(&doc, span_of(data, size), JSON_TREE_DEPTH, &d);
	demand(e == ERR_OK || d.code == e);
	for (uint32_t i = 0; e == ERR_OK && i < doc.count; i++) {
		/* Walking the children of many is quadratic for pointers. */
		if (doc.count < 500 || i % 97 == 0)
			check_node(&doc, i, space);
		nul = nul || doc.nodes[i].has_nul;
	}
	enum err t = json_parse(&tree, span_of(data, size), &d);
	demand(t == (nul ? ERR_JSON : e));
	if (t == ERR_OK)
		demand(json_count(tree) == doc.nodes[JSON_ROOT].children);
	json_free(tree);
	free(doc.nodes);
	free(space);
	return 0;
}
