/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_scan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "json_internal.h"
#include "utf8_internal.h"

#include "base/banned.h"

/* Up to this many members a walk is faster than a sort. */
#define FEW_MEMBERS 16
#define MAX_SAFE INT64_C(9007199254740991) /* 2^53 - 1 */

/* Reads the body of a scanned string byte by byte, escapes resolved. */
struct reader {
	const uint8_t *p, *end;
	bool escaped;
	uint8_t pending[4];
	size_t n, i;
};

static struct reader
reader_of(struct span body, bool escaped)
{
	return (struct reader){
		.p = body.p, .end = body.p + body.n, .escaped = escaped
	};
}

uint32_t
json_hex4(const uint8_t *p)
{
	uint8_t b[2];
	size_t n;

	if (hex_parse(b, sizeof b, &n, span_of(p, 4)) != ERR_OK)
		return UINT32_MAX;
	return (uint32_t)b[0] << 8 | b[1];
}

static uint32_t
take_unicode(struct reader *r)
{
	uint32_t c = json_hex4(r->p);

	r->p += 4;
	if (c < 0xD800 || c > 0xDBFF)
		return c;
	uint32_t low = json_hex4(r->p + 2);
	r->p += 6;
	return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

static uint32_t
take_escape(struct reader *r)
{
	uint8_t c = *r->p++;

	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'u':
		return take_unicode(r);
	default:
		return c;
	}
}

/* Next byte, or -1 at the end. */
static int
next_byte(struct reader *r)
{
	if (r->i < r->n)
		return r->pending[r->i++];
	if (r->p == r->end)
		return -1;
	uint8_t c = *r->p++;
	if (c != '\\' || !r->escaped)
		return c;
	r->n = utf8_write(r->pending, take_escape(r));
	r->i = 1;
	return r->pending[0];
}

int
json_body_compare(struct span a, bool a_escaped, struct span b, bool b_escaped)
{
	if (!a_escaped && !b_escaped)
		return span_compare(a, b);
	struct reader ra = reader_of(a, a_escaped);
	struct reader rb = reader_of(b, b_escaped);
	for (;;) {
		int ca = next_byte(&ra), cb = next_byte(&rb);
		if (ca != cb)
			return ca < cb ? -1 : 1;
		if (ca < 0)
			return 0;
	}
}

static int
compare_keys(const struct json_doc *doc, uint32_t a, uint32_t b)
{
	return json_body_compare(json_key_raw(doc, a),
	    doc->nodes[a].key_escaped, json_key_raw(doc, b),
	    doc->nodes[b].key_escaped);
}

static bool
same_key(const struct json_doc *doc, uint32_t a, uint32_t b)
{
	const struct json_node *x = &doc->nodes[a], *y = &doc->nodes[b];

	if (!x->key_escaped && !y->key_escaped &&
	    x->key_length != y->key_length)
		return false;
	return compare_keys(doc, a, b) == 0;
}

static int
order_keys(const void *a, const void *b, void *doc)
{
	return compare_keys(doc, *(const uint32_t *)a, *(const uint32_t *)b);
}

static enum err
unique_sorted(const struct json_doc *doc, uint32_t object, uint32_t *at)
{
	size_t n = 0;
	uint32_t *ids = calloc(doc->nodes[object].children, sizeof *ids);

	if (ids == NULL)
		return ERR_NOMEM;
	for (uint32_t m = object + 1; m != JSON_NONE; m = doc->nodes[m].next)
		ids[n++] = m;
	struct json_doc view = *doc;
	qsort_r(ids, n, sizeof *ids, order_keys, &view);
	enum err e = ERR_OK;
	for (size_t i = 1; i < n && e == ERR_OK; i++) {
		if (!same_key(doc, ids[i - 1], ids[i]))
			continue;
		*at = doc->nodes[ids[i]].key_start;
		e = ERR_JSON;
	}
	free(ids);
	return e;
}

/* A bit for a name, so that most names need no comparison. */
static uint64_t
key_bit(const struct json_doc *doc, uint32_t m)
{
	struct span k = json_key_raw(doc, m);

	if (k.n == 0)
		return 1;
	unsigned mix =
	    (unsigned)k.n * 5U + k.p[0] * 3U + k.p[k.n - 1] + k.p[k.n / 2] * 7U;
	return UINT64_C(1) << (mix & 63U);
}

static bool
stands_before(const struct json_doc *doc, uint32_t object, uint32_t m)
{
	for (uint32_t k = object + 1; k != m; k = doc->nodes[k].next) {
		if (same_key(doc, k, m))
			return true;
	}
	return false;
}

static enum err
unique_walked(const struct json_doc *doc, uint32_t object, uint32_t *at)
{
	uint64_t seen = 0;
	bool escapes = false;

	for (uint32_t m = object + 1; m != JSON_NONE; m = doc->nodes[m].next) {
		uint64_t bit = key_bit(doc, m);
		escapes = escapes || doc->nodes[m].key_escaped;
		if ((escapes || (seen & bit) != 0) &&
		    stands_before(doc, object, m)) {
			*at = doc->nodes[m].key_start;
			return ERR_JSON;
		}
		seen |= bit;
	}
	return ERR_OK;
}

enum err
json_names_unique(const struct json_doc *doc, uint32_t object, uint32_t *at)
{
	uint32_t n = doc->nodes[object].children;

	if (n < 2)
		return ERR_OK;
	return n > FEW_MEMBERS ? unique_sorted(doc, object, at)
			       : unique_walked(doc, object, at);
}

uint32_t
json_first(const struct json_doc *doc, uint32_t node)
{
	/* Document order puts the first child right behind its parent. */
	return doc->nodes[node].children > 0 ? node + 1 : JSON_NONE;
}

uint32_t
json_member(const struct json_doc *doc, uint32_t object, const char *name)
{
	struct span wanted = span_str(name);

	if (json_type(doc, object) != JSON_OBJECT)
		return JSON_NONE;
	for (uint32_t m = json_first(doc, object); m != JSON_NONE;
	     m = doc->nodes[m].next) {
		bool escaped = doc->nodes[m].key_escaped;
		struct span key = json_key_raw(doc, m);
		if (!escaped && key.n != wanted.n)
			continue;
		if (json_body_compare(key, escaped, wanted, false) == 0)
			return m;
	}
	return JSON_NONE;
}

enum json_type
json_type(const struct json_doc *doc, uint32_t node)
{
	assert(node < doc->count);
	return (enum json_type)doc->nodes[node].type;
}

struct span
json_raw(const struct json_doc *doc, uint32_t node)
{
	const struct json_node *n = &doc->nodes[node];

	return span_of(doc->text.p + n->start, n->length);
}

struct span
json_key_raw(const struct json_doc *doc, uint32_t node)
{
	const struct json_node *n = &doc->nodes[node];

	return span_of(doc->text.p + n->key_start, n->key_length);
}

bool
json_string_is(const struct json_doc *doc, uint32_t node, const char *text)
{
	return json_type(doc, node) == JSON_STRING &&
	       json_body_compare(json_raw(doc, node), doc->nodes[node].escaped,
		   span_str(text), false) == 0;
}

static enum err
body_text(struct span *out, struct span body, bool escaped, uint8_t *space,
    size_t cap)
{
	size_t n = 0;

	if (!escaped) {
		*out = body;
		return ERR_OK;
	}
	struct reader r = reader_of(body, true);
	for (int c = next_byte(&r); c >= 0; c = next_byte(&r)) {
		if (n == cap)
			return ERR_SPACE;
		space[n++] = (uint8_t)c;
	}
	*out = span_of(space, n);
	return ERR_OK;
}

enum err
json_string(struct span *out, const struct json_doc *doc, uint32_t node,
    uint8_t *space, size_t cap)
{
	if (json_type(doc, node) != JSON_STRING)
		return ERR_STATE;
	return body_text(
	    out, json_raw(doc, node), doc->nodes[node].escaped, space, cap);
}

enum err
json_key(struct span *out, const struct json_doc *doc, uint32_t node,
    uint8_t *space, size_t cap)
{
	return body_text(out, json_key_raw(doc, node),
	    doc->nodes[node].key_escaped, space, cap);
}

enum err
json_int(int64_t *out, const struct json_doc *doc, uint32_t node)
{
	struct span s = json_raw(doc, node);
	uint64_t v;

	if (json_type(doc, node) != JSON_NUMBER)
		return ERR_SCHEMA;
	bool minus = s.p[0] == '-';
	if (u64_parse(&v, minus ? span_skip(s, 1) : s, MAX_SAFE) != ERR_OK)
		return ERR_SCHEMA;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return ERR_OK;
}

/* Text that ends with "…" where the space ends. */
struct pointer {
	char *out;
	size_t n, cap;
	bool cut;
};

static void
put_whole(struct pointer *p, const void *bytes, size_t n)
{
	/* The ellipsis (3 bytes) and the NUL always find room. */
	if (p->cut || p->n + n + 4 > p->cap) {
		p->cut = true;
		return;
	}
	memcpy(p->out + p->n, bytes, n);
	p->n += n;
}

/* RFC 6901 3: ~ and / are written ~0 and ~1. */
static void
put_key(struct pointer *p, struct span key, bool escaped)
{
	struct reader r = reader_of(key, escaped);
	uint8_t whole[4];

	for (int c = next_byte(&r); c >= 0; c = next_byte(&r)) {
		size_t n = 0;
		whole[n++] = (uint8_t)c;
		size_t left = c < 0xC0 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
		for (; left > 0; left--)
			whole[n++] = (uint8_t)next_byte(&r);
		if (c == '~')
			put_whole(p, "~0", 2);
		else if (c == '/')
			put_whole(p, "~1", 2);
		else if (c == 0)
			put_whole(p, "\xEF\xBF\xBD", 3); /* no NUL in text */
		else
			put_whole(p, whole, n);
	}
}

static void
put_step(struct pointer *p, const struct json_doc *doc, uint32_t node)
{
	uint32_t parent = doc->nodes[node].parent, index = 0;
	char digits[12];

	put_whole(p, "/", 1);
	if (json_type(doc, parent) == JSON_OBJECT) {
		put_key(
		    p, json_key_raw(doc, node), doc->nodes[node].key_escaped);
		return;
	}
	for (uint32_t k = parent + 1; k != node; k = doc->nodes[k].next)
		index++;
	int n = snprintf(digits, sizeof digits, "%u", index);
	put_whole(p, digits, n < 0 ? 0 : (size_t)n);
}

void
json_pointer(char *out, size_t cap, const struct json_doc *doc, uint32_t node)
{
	struct pointer p = { .out = out, .cap = cap };
	size_t depth = 0;

	if (cap == 0)
		return;
	for (uint32_t k = node; k != JSON_ROOT; k = doc->nodes[k].parent)
		depth++;
	for (; depth > 0 && !p.cut; depth--) {
		uint32_t at = node;
		for (size_t up = 1; up < depth; up++)
			at = doc->nodes[at].parent;
		put_step(&p, doc, at);
	}
	if (p.cut && p.n + 4 <= cap) {
		memcpy(out + p.n, "\xE2\x80\xA6", 3);
		p.n += 3;
	}
	out[p.n] = '\0';
}
