/* SPDX-License-Identifier: Apache-2.0 */
/* Members of ilmd and master data: names become IRIs (epcis.md 7). */
#include "search_rows_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define KEY 2048 /* a longer member name is looked at no further */

/* ---- names ---- */
/* epcis 7.2: what prefixes mean without being declared. The fixed ones mean
 * nothing else. */
static const struct {
	const char *prefix, *iri;
	bool fixed;
} builtins[] = {
	{ "epcis", "https://ref.gs1.org/epcis/", true },
	{ "cbv", "https://ref.gs1.org/cbv/", true },
	{ "gs1", "https://gs1.org/voc/", true },
	{ "cbvmda", "urn:epcglobal:cbv:mda:", false },
	{ "rdfs", "http://www.w3.org/2000/01/rdf-schema#", false },
	{ "owl", "http://www.w3.org/2002/07/owl#", false },
	{ "xsd", "http://www.w3.org/2001/XMLSchema#", false },
	{ "dcterms", "http://purl.org/dc/terms/", false },
};

static struct span
builtin_iri(struct span prefix, bool fixed)
{
	for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
		if (builtins[i].fixed == fixed &&
		    span_is(prefix, builtins[i].prefix))
			return span_str(builtins[i].iri);
	}
	return SPAN_NONE;
}

/* The IRI that one object of a context gives a prefix, or SPAN_NONE. */
static struct span
object_iri(struct search_build *b, uint32_t object, struct span prefix)
{
	uint8_t space[KEY];
	struct span key;

	if (json_type(b->json, object) != JSON_OBJECT)
		return SPAN_NONE;
	for (uint32_t m = json_first(b->json, object); m != JSON_NONE;
	     m = b->json->nodes[m].next) {
		uint32_t iri = m;

		if (json_key(&key, b->json, m, space, sizeof space) != ERR_OK ||
		    !span_equal(key, prefix))
			continue;
		if (json_type(b->json, m) == JSON_OBJECT)
			iri = search_member(b, m, "@id");
		return iri == JSON_NONE ? SPAN_NONE : search_text(b, iri);
	}
	return SPAN_NONE;
}

/* Of a list of contexts the last that declares it counts. */
static struct span
context_iri(struct search_build *b, uint32_t context, struct span prefix)
{
	struct span out = SPAN_NONE;

	if (context == JSON_NONE)
		return SPAN_NONE;
	if (json_type(b->json, context) != JSON_ARRAY)
		return object_iri(b, context, prefix);
	for (uint32_t i = json_first(b->json, context); i != JSON_NONE;
	     i = b->json->nodes[i].next) {
		struct span iri = object_iri(b, i, prefix);

		if (iri.n > 0)
			out = iri;
	}
	return out;
}

static struct span
prefix_iri(struct search_build *b, struct span prefix)
{
	struct span iri = builtin_iri(prefix, true);

	if (iri.n == 0)
		iri = context_iri(
		    b, search_member(b, b->event, "@context"), prefix);
	if (iri.n == 0)
		iri = context_iri(b, b->context, prefix);
	return iri.n > 0 ? iri : builtin_iri(prefix, false);
}

/* epcis 7.3: namespace and local name as one; kept. A name whose prefix means
 * nothing is an IRI itself. */
static struct span
expand(struct search_build *b, struct span key)
{
	const uint8_t *colon = memchr(key.p, ':', key.n);
	struct span prefix, iri;

	if (colon == NULL)
		return search_value(b->s, search_keep(b->s, key));
	prefix = span_of(key.p, (size_t)(colon - key.p));
	iri = prefix_iri(b, prefix);
	if (iri.n == 0)
		return search_value(b->s, search_keep(b->s, key));
	buf_reset(&b->s->name);
	buf_put(&b->s->name, iri);
	buf_put(&b->s->name, span_skip(key, prefix.n + 1));
	if (buf_error(&b->s->name) != ERR_OK) {
		b->s->failed = buf_error(&b->s->name);
		return SPAN_NONE;
	}
	return search_value(b->s, search_keep(b->s, buf_span(&b->s->name)));
}

/* ---- values ---- */
/* A date-time with zone, or a date alone. */
static bool
time_of(int64_t *ms, struct span text)
{
	static const char midnight[] = "T00:00:00Z";
	const size_t date = 10; /* 2026-12-31 */
	char whole[32];

	if (text.n != date)
		return rfc3339_parse(ms, text) == ERR_OK;
	memcpy(whole, text.p, date);
	memcpy(whole + date, midnight, sizeof midnight);
	return rfc3339_parse(ms, span_str(whole)) == ERR_OK;
}

static void
classify(struct search *s, struct search_ilmd *m)
{
	char number[24];
	int64_t ms;

	m->kind = SEARCH_TEXT;
	m->number = span_str("0");
	if (time_of(&ms, m->value)) {
		(void)snprintf(number, sizeof number, "%" PRId64, ms);
		m->kind = SEARCH_TIME;
		m->number = search_keep(s, span_str(number));
		return;
	}
	buf_reset(&s->name);
	struct span decimal = search_decimal(s, m->value);
	if (decimal.n > 0) {
		m->kind = SEARCH_DECIMAL;
		m->number = decimal;
	}
}

/* Numbers in one spelling where they have one. */
static struct span
scalar(struct search_build *b, uint32_t node)
{
	struct span decimal;

	switch (json_type(b->json, node)) {
	case JSON_STRING:
		return search_text(b, node);
	case JSON_NUMBER:
		decimal = search_decimal(b->s, json_raw(b->json, node));
		return decimal.n > 0 ? decimal : json_raw(b->json, node);
	case JSON_TRUE:
	case JSON_FALSE:
		return json_raw(b->json, node);
	default:
		return SPAN_NONE;
	}
}

/* ---- ilmd ---- */
/* The member that gives a node its name: itself, or what it is an item of.
 * `@value` speaks for the object it stands in. */
static uint32_t
named(struct search_build *b, uint32_t node, uint32_t top)
{
	const struct json_node *n = b->json->nodes;

	while (
	    node != top && (json_type(b->json, n[node].parent) == JSON_ARRAY ||
			       span_is(json_key_raw(b->json, node), "@value")))
		node = n[node].parent;
	return node;
}

static void
put_ilmd(
    struct search_build *b, uint32_t member, uint32_t top, struct span value)
{
	struct search *s = b->s;
	uint8_t space[KEY];
	struct search_ilmd m = { .pos = b->ev.pos,
		.below = b->json->nodes[member].parent != top };
	struct search_ilmd *at;
	struct span key;

	if (json_key(&key, b->json, member, space, sizeof space) != ERR_OK ||
	    key.n == 0 || key.p[0] == '@')
		return;
	m.name = expand(b, key);
	m.value = search_value(s, value);
	classify(s, &m);
	if (m.name.n > 0 && (at = search_add(s, &s->ilmds, sizeof *at)) != NULL)
		*at = m;
}

/* Nodes stand in document order: all below ilmd follow it. */
void
search_take_ilmd(struct search_build *b, uint32_t node, int arg)
{
	const struct json_node *n = b->json->nodes;
	uint32_t end = n[node].start + n[node].length;

	(void)arg;
	for (uint32_t i = node + 1; i < b->json->count && n[i].start < end;
	     i++) {
		enum json_type t = json_type(b->json, i);
		uint32_t member = named(b, i, node);

		if (member == node || t == JSON_ARRAY || t == JSON_NULL)
			continue;
		if (t == JSON_OBJECT &&
		    search_member(b, i, "@value") != JSON_NONE)
			continue;
		put_ilmd(b, member, node, scalar(b, i));
	}
}

/* ---- master data ---- */
static struct search_master *
put_master(struct search_build *b, const struct search_master *of)
{
	struct search_list *l = &b->s->masters;
	unsigned nr = (unsigned)l->n;
	struct search_master *at = search_add(b->s, l, sizeof *at);

	if (at != NULL) {
		*at = *of;
		at->nr = nr;
	}
	return at;
}

static void
take_attribute(
    struct search_build *b, uint32_t node, const struct search_master *of)
{
	struct search_master m = *of;
	uint32_t id = search_member(b, node, "id");
	uint32_t value = search_member(b, node, "attribute");

	if (id == JSON_NONE || value == JSON_NONE)
		return;
	m.name = expand(b, search_text(b, id));
	m.value = scalar(b, value);
	if (json_type(b->json, value) == JSON_OBJECT)
		m.value = json_raw(b->json, value);
	else if (b->json->nodes[value].has_nul) /* no text for the server */
		m.value = search_value(b->s, m.value);
	(void)put_master(b, &m);
}

static void
take_child(
    struct search_build *b, uint32_t node, const struct search_master *of)
{
	struct search_master m = *of;

	m.name = span_str("children");
	m.value = search_name(b, node);
	(void)put_master(b, &m);
}

static void
each_of(struct search_build *b, uint32_t list, const struct search_master *of,
    void (*fn)(struct search_build *, uint32_t, const struct search_master *))
{
	if (list == JSON_NONE || json_type(b->json, list) != JSON_ARRAY)
		return;
	for (uint32_t i = json_first(b->json, list); i != JSON_NONE;
	     i = b->json->nodes[i].next)
		fn(b, i, of);
}

static void
take_element(
    struct search_build *b, uint32_t node, const struct search_master *of)
{
	struct search_master m = *of;
	uint32_t id = search_member(b, node, "id");

	if (id == JSON_NONE)
		return;
	m.id = search_name(b, id);
	each_of(b, search_member(b, node, "attributes"), &m, take_attribute);
	each_of(b, search_member(b, node, "children"), &m, take_child);
}

static void
take_vocabulary(
    struct search_build *b, uint32_t node, const struct search_master *of)
{
	struct search_master m = *of;
	uint32_t type = search_member(b, node, "type");

	if (type == JSON_NONE)
		return;
	m.type = expand(b, search_text(b, type));
	each_of(b, search_member(b, node, "vocabularyElementList"), &m,
	    take_element);
}

void
search_take_header(struct search_build *b)
{
	static const char *const path[] = { "epcisHeader", "epcisMasterData",
		"vocabularyList" };
	const struct search_master none = { .nr = 0 };
	uint32_t node = JSON_ROOT;

	b->event = JSON_ROOT; /* no context but the document's */
	for (size_t i = 0; i < sizeof path / sizeof path[0]; i++) {
		node = search_member(b, node, path[i]);
		if (node == JSON_NONE)
			return;
	}
	each_of(b, node, &none, take_vocabulary);
}
