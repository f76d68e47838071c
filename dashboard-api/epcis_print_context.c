/* SPDX-License-Identifier: Apache-2.0 */
/* What one event needs of the contexts around it (epcis.md 7.4). */
#include "epcis.h"
#include "epcis_print_internal.h"

#include "base/banned.h"

/* Prefixes of one event; where there are more, all terms go along. */
#define PREFIXES 64
#define ITEMS 128 /* contexts of a document and of an event: 64 each (2.1) */

struct context {
	const struct json_doc *json;
	uint32_t items[ITEMS]; /* strings and objects, the later holds */
	unsigned item_count;
	struct span used[PREFIXES];
	unsigned used_count;
	bool all;
};

/* ---- contexts around the event ---- */
static void
add_item(struct context *c, uint32_t node)
{
	if (c->item_count < ITEMS)
		c->items[c->item_count++] = node;
}

static void
add_context(struct context *c, uint32_t owner)
{
	uint32_t node = json_member(c->json, owner, "@context");

	if (node == JSON_NONE)
		return;
	if (json_type(c->json, node) != JSON_ARRAY) {
		add_item(c, node);
		return;
	}
	for (uint32_t i = json_first(c->json, node); i != JSON_NONE;
	     i = c->json->nodes[i].next)
		add_item(c, i);
}

/* ---- prefixes in use ---- */
/* What stands before the first colon; SPAN_NONE without one. */
static struct span
prefix_of(struct span text)
{
	const uint8_t *colon = text.n == 0 ? NULL : memchr(text.p, ':', text.n);

	return colon == NULL ? SPAN_NONE
			     : span_of(text.p, (size_t)(colon - text.p));
}

static bool
is_used(const struct context *c, struct span prefix)
{
	for (unsigned i = 0; i < c->used_count; i++) {
		if (span_equal(c->used[i], prefix))
			return true;
	}
	return c->all;
}

static void
use(struct context *c, struct span text)
{
	struct span prefix = prefix_of(text);

	if (prefix.n == 0 || span_is(prefix, "urn") ||
	    span_is(prefix, "https") || span_is(prefix, "http") ||
	    is_used(c, prefix))
		return;
	if (c->used_count == PREFIXES)
		c->all = true;
	else
		c->used[c->used_count++] = prefix;
}

/* Members and strings below the event; escapes never stand in a prefix that a
 * context declares, so raw texts do. */
static void
use_event(struct context *c, uint32_t event)
{
	const struct json_node *n = c->json->nodes;
	uint32_t end = n[event].start + n[event].length;

	for (uint32_t i = event + 1; i < c->json->count && n[i].start < end;
	     i++) {
		if (n[i].key_length > 0)
			use(c, json_key_raw(c->json, i));
		if (n[i].type == JSON_STRING)
			use(c, json_raw(c->json, i));
	}
}

/* A prefix of the document's, or a term that begins with one. */
static bool
wanted(const struct context *c, uint32_t term)
{
	struct span key = json_key_raw(c->json, term);
	struct span prefix = prefix_of(key);

	if (span_starts(key, "@"))
		return false;
	return is_used(c, prefix.p == NULL ? key : prefix);
}

/* Terms are themselves said with prefixes. */
static void
use_terms(struct context *c)
{
	unsigned before;

	do {
		before = c->used_count;
		for (unsigned i = 0; i < c->item_count; i++) {
			uint32_t item = c->items[i];

			if (json_type(c->json, item) != JSON_OBJECT)
				continue;
			for (uint32_t t = json_first(c->json, item);
			     t != JSON_NONE; t = c->json->nodes[t].next) {
				if (wanted(c, t) &&
				    json_type(c->json, t) == JSON_STRING)
					use(c, json_raw(c->json, t));
			}
		}
	} while (c->used_count != before);
}

/* ---- printing ---- */
/* 7.1: those that the answer's own context stands for. */
static bool
known_url(const struct context *c, uint32_t node)
{
	static const char *const urls[] = { EPCIS_CONTEXT,
		"https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
		"https://gs1.github.io/EPCIS/epcis-context.jsonld" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		if (json_string_is(c->json, node, urls[i]))
			return true;
	}
	return false;
}

/* Does a later context say what that term means? */
static bool
overruled(const struct context *c, unsigned item, uint32_t term)
{
	struct span key = json_key_raw(c->json, term);

	for (unsigned i = item + 1; i < c->item_count; i++) {
		uint32_t o = c->items[i];

		if (json_type(c->json, o) != JSON_OBJECT)
			continue;
		for (uint32_t t = json_first(c->json, o); t != JSON_NONE;
		     t = c->json->nodes[t].next) {
			if (span_equal(json_key_raw(c->json, t), key))
				return true;
		}
	}
	return false;
}

static void
put_term(struct buf *out, const struct context *c, uint32_t term)
{
	bool text = json_type(c->json, term) == JSON_STRING;

	buf_byte(out, '"');
	buf_put(out, json_key_raw(c->json, term));
	buf_str(out, text ? "\":\"" : "\":");
	buf_put(out, json_raw(c->json, term));
	if (text)
		buf_byte(out, '"');
}

/* The object of all wanted terms; nothing when there is none. */
static void
put_terms(struct buf *out, const struct context *c)
{
	size_t before = out->n;

	for (unsigned i = 0; i < c->item_count; i++) {
		uint32_t item = c->items[i];

		if (json_type(c->json, item) != JSON_OBJECT)
			continue;
		for (uint32_t t = json_first(c->json, item); t != JSON_NONE;
		     t = c->json->nodes[t].next) {
			if (!wanted(c, t) || overruled(c, i, t))
				continue;
			buf_byte(out, out->n == before ? '{' : ',');
			put_term(out, c, t);
		}
	}
	if (out->n != before)
		buf_byte(out, '}');
}

/* Contexts by URL that nobody here knows, each behind a comma or a bracket. */
static void
put_urls(struct buf *out, const struct context *c)
{
	size_t before = out->n;

	for (unsigned i = 0; i < c->item_count; i++) {
		uint32_t item = c->items[i];

		if (json_type(c->json, item) != JSON_STRING ||
		    known_url(c, item))
			continue;
		buf_byte(out, out->n == before ? '[' : ',');
		buf_byte(out, '"');
		buf_put(out, json_raw(c->json, item));
		buf_byte(out, '"');
	}
}

void
epcis_print_context(
    struct buf *out, const struct json_doc *json, uint32_t event)
{
	struct context c;
	size_t before, urls, terms;

	c.json = json;
	c.item_count = c.used_count = 0;
	c.all = false;
	add_context(&c, JSON_ROOT);
	add_context(&c, event);
	use_event(&c, event);
	use_terms(&c);
	before = out->n;
	buf_str(out, "\"@context\":");
	urls = out->n;
	put_urls(out, &c);
	terms = out->n;
	if (terms > urls)
		buf_byte(out, ',');
	put_terms(out, &c);
	if (terms > urls) {
		/* no terms: the comma goes */
		if (out->n == terms + 1)
			out->n--;
		buf_byte(out, ']');
	}
	if (buf_error(out) == ERR_OK && out->n == urls)
		out->n = before;
	else
		buf_byte(out, ',');
}
