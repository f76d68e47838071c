/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/clock.h"

#include "epcis_internal.h"

#include "base/banned.h"

/* The EPCISDocument that a statement holds, around events of any document
 * (epcis.md 2.3, 3.6, 9.4). */

/* A value with its quotes or brackets. */
static struct span
value_bytes(const struct json_doc *json, uint32_t node)
{
	struct span raw = json_raw(json, node);

	if (json_type(json, node) == JSON_STRING)
		raw = span_of(raw.p - 1, raw.n + 2);
	return raw;
}

struct span
epcis_event_bytes(const struct epcis_doc *doc, uint32_t node)
{
	return value_bytes(&doc->json, node);
}

static void
put_member(struct buf *out, const char *name, struct span value)
{
	buf_byte(out, ',');
	buf_byte(out, '"');
	buf_str(out, name);
	buf_str(out, "\":");
	buf_put(out, value);
}

static void
put_start(struct buf *out, struct span context)
{
	buf_str(out, "{\"@context\":");
	buf_put(out, context);
	buf_str(out, ",\"type\":\"EPCISDocument\"");
}

static void
put_date(struct buf *out, int64_t created_ms)
{
	char text[RFC3339_CHARS + 1];

	rfc3339_print(text, created_ms);
	buf_printf(out, ",\"creationDate\":\"%s\"", text);
}

/* 2.4: the members of a query document that are no part of the answer. Those
 * of the standard have no colon. */
static void
put_extensions(struct buf *out, const struct json_doc *json)
{
	uint8_t space[EPCIS_TEXT];

	for (uint32_t m = json_first(json, JSON_ROOT); m != JSON_NONE;
	     m = json->nodes[m].next) {
		struct span name, raw = json_key_raw(json, m);

		if (!epcis_key(&name, json, m, space, sizeof(space)) ||
		    memchr(name.p, ':', name.n) == NULL)
			continue;
		buf_byte(out, ',');
		buf_put(out, span_of(raw.p - 1, raw.n + 2));
		buf_byte(out, ':');
		buf_put(out, value_bytes(json, m));
	}
}

static void
put_query_head(struct buf *out, const struct epcis_doc *doc, int64_t created_ms)
{
	const struct json_doc *json = &doc->json;
	uint32_t context = json_member(json, JSON_ROOT, "@context"),
		 version = json_member(json, JSON_ROOT, "schemaVersion"),
		 list = epcis_vocabularies(json, doc->kind);

	put_start(out, context == JSON_NONE ? span_str("\"" EPCIS_CONTEXT "\"")
					    : value_bytes(json, context));
	put_member(out, "schemaVersion",
	    version == JSON_NONE ? span_str("\"2.0\"")
				 : value_bytes(json, version));
	put_date(out, created_ms);
	put_extensions(out, json);
	if (list != JSON_NONE) {
		buf_str(out, ",\"epcisHeader\":{\"epcisMasterData\":{"
			     "\"vocabularyList\":");
		buf_put(out, value_bytes(json, list));
		buf_str(out, "}}");
	}
}

enum err
epcis_head(struct buf *out, const struct epcis_doc *doc, int64_t created_ms)
{
	struct span list;

	if (doc->kind == EPCIS_KIND_DOCUMENT) {
		list = json_raw(&doc->json, doc->events);
		buf_put(out, span_of(doc->json.text.p,
				 (size_t)(list.p - doc->json.text.p) + 1));
		return buf_error(out);
	}
	if (doc->kind == EPCIS_KIND_QUERY) {
		put_query_head(out, doc, created_ms);
	} else {
		put_start(out, span_str("[\"" EPCIS_CONTEXT "\"]"));
		put_member(out, "schemaVersion", span_str("\"2.0\""));
		put_date(out, created_ms);
	}
	buf_str(out, ",\"epcisBody\":{\"eventList\":[");
	return buf_error(out);
}

enum err
epcis_tail(struct buf *out, const struct epcis_doc *doc)
{
	struct span list;
	size_t at;

	if (doc->kind != EPCIS_KIND_DOCUMENT) {
		buf_str(out, EPCIS_TAIL);
		return buf_error(out);
	}
	list = json_raw(&doc->json, doc->events);
	at = (size_t)(list.p - doc->json.text.p) + list.n - 1;
	buf_put(out, span_skip(doc->json.text, at));
	return buf_error(out);
}

enum err
epcis_wrap(struct buf *out, const struct epcis_doc *doc, int64_t created_ms,
    bool (*keep)(const void *ctx, unsigned pos), const void *ctx)
{
	uint32_t node =
	    doc->kind == EPCIS_KIND_EVENT ? JSON_ROOT : epcis_first(doc);
	bool first = true;
	enum err e;

	if (doc->kind == EPCIS_KIND_DOCUMENT && keep == NULL) {
		buf_put(out, doc->json.text);
		return buf_error(out);
	}
	if ((e = epcis_head(out, doc, created_ms)) != ERR_OK)
		return e;
	for (unsigned pos = 0; pos < doc->event_count;
	     pos++, node = doc->json.nodes[node].next) {
		if (keep != NULL && !keep(ctx, pos))
			continue;
		if (!first)
			buf_byte(out, ',');
		buf_put(out, epcis_event_bytes(doc, node));
		first = false;
	}
	return epcis_tail(out, doc);
}
