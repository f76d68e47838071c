/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_hash_internal.h"

#include "base/banned.h"

/* epcis.md 7.2: what a document need not declare. */
static const struct builtin {
	const char *prefix, *iri;
} builtins[] = {
	{ "epcis", "https://ref.gs1.org/epcis/" },
	{ "cbv", "https://ref.gs1.org/cbv/" },
	{ "cbvmda", "urn:epcglobal:cbv:mda:" },
	{ "gs1", "https://gs1.org/voc/" },
	{ "rdfs", "http://www.w3.org/2000/01/rdf-schema#" },
	{ "owl", "http://www.w3.org/2002/07/owl#" },
	{ "xsd", "http://www.w3.org/2001/XMLSchema#" },
	{ "dcterms", "http://purl.org/dc/terms/" },
};

static uint32_t
terms(const struct json_doc *json, uint32_t context)
{
	uint32_t n = 0;

	if (context == JSON_NONE)
		return 0;
	if (json_type(json, context) == JSON_OBJECT)
		return json->nodes[context].children;
	for (uint32_t i = json_first(json, context); i != JSON_NONE;
	     i = json->nodes[i].next)
		n += json_type(json, i) == JSON_OBJECT
			 ? json->nodes[i].children + 1
			 : 1;
	return n;
}

static bool
ends_with(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

/* `<prefix>:ignoreFields`, by which the reference implementation's documents
 * name what a repository has added to events. One list: which of two would
 * hold must not hang on the order of members. */
static void
find_ignored(struct hashing *x, uint32_t object)
{
	const struct json_doc *json = x->json;

	if (json_type(json, object) != JSON_OBJECT)
		return;
	for (uint32_t m = json_first(json, object); m != JSON_NONE;
	     m = json->nodes[m].next) {
		if (json_type(json, m) != JSON_ARRAY ||
		    !ends_with(epcis_hash_key(x, m), ":ignoreFields"))
			continue;
		if (x->ignored != JSON_NONE ||
		    json->nodes[m].children > EPCIS_HASH_IGNORED)
			epcis_hash_fail(x, ERR_LIMIT,
			    "one list of at most 64 ignored names");
		x->ignored = m;
	}
}

static uint32_t
member(const struct json_doc *json, uint32_t object, const char *name)
{
	if (json_type(json, object) != JSON_OBJECT)
		return JSON_NONE;
	return json_member(json, object, name);
}

void
epcis_hash_start(struct hashing *x, uint32_t event)
{
	const struct json_doc *json = x->json;
	uint32_t body = member(json, JSON_ROOT, "epcisBody");
	uint32_t results =
	    body == JSON_NONE ? JSON_NONE : member(json, body, "queryResults");

	x->doc_context = member(json, JSON_ROOT, "@context");
	x->event_context = event == JSON_ROOT ? (uint32_t)JSON_NONE
					      : member(json, event, "@context");
	if (terms(json, x->doc_context) + terms(json, x->event_context) >
	    EPCIS_HASH_PREFIXES)
		epcis_hash_fail(x, ERR_LIMIT, "at most 1024 context terms");
	x->ignored = JSON_NONE;
	find_ignored(x, JSON_ROOT);
	if (results != JSON_NONE)
		find_ignored(x, results);
}

/* The unescaped string, a view of the document or of space. */
static bool
string(struct span *out, const struct json_doc *json, uint32_t node,
    struct buf *space)
{
	size_t n = json->nodes[node].length;
	uint8_t *p;

	if (!json->nodes[node].escaped) {
		*out = json_raw(json, node);
		return true;
	}
	buf_reset(space);
	p = buf_reserve(space, n + 1);
	return p != NULL && json_string(out, json, node, p, n + 1) == ERR_OK;
}

/* The term's own meaning: a string or its `@id`. */
static uint32_t
meaning(const struct json_doc *json, uint32_t term)
{
	if (json_type(json, term) == JSON_OBJECT)
		term = json_member(json, term, "@id");
	if (term == JSON_NONE || json_type(json, term) != JSON_STRING)
		return JSON_NONE;
	return term;
}

static bool
is_name(const struct json_doc *json, uint32_t member_node, struct span name)
{
	uint8_t space[128];
	struct span key;

	return epcis_key(&key, json, member_node, space, sizeof(space)) &&
	       span_equal(key, name);
}

static uint32_t
in_object(const struct json_doc *json, uint32_t object, struct span prefix)
{
	if (json_type(json, object) != JSON_OBJECT)
		return JSON_NONE;
	for (uint32_t m = json_first(json, object); m != JSON_NONE;
	     m = json->nodes[m].next) {
		if (is_name(json, m, prefix))
			return meaning(json, m);
	}
	return JSON_NONE;
}

/* In a list of contexts the last one that declares the prefix holds. */
static uint32_t
in_context(const struct json_doc *json, uint32_t context, struct span prefix)
{
	uint32_t found = JSON_NONE;

	if (context == JSON_NONE)
		return JSON_NONE;
	if (json_type(json, context) != JSON_ARRAY)
		return in_object(json, context, prefix);
	for (uint32_t i = json_first(json, context); i != JSON_NONE;
	     i = json->nodes[i].next) {
		uint32_t m = in_object(json, i, prefix);

		if (m != JSON_NONE)
			found = m;
	}
	return found;
}

bool
epcis_hash_prefix(struct span *out, struct hashing *x, struct span prefix)
{
	uint32_t iri = in_context(x->json, x->event_context, prefix);

	if (iri == JSON_NONE)
		iri = in_context(x->json, x->doc_context, prefix);
	if (iri != JSON_NONE)
		return string(out, x->json, iri, &x->h->iri);
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (!span_is(prefix, builtins[i].prefix))
			continue;
		*out = span_str(builtins[i].iri);
		return true;
	}
	return false;
}

struct span
epcis_hash_key(struct hashing *x, uint32_t node)
{
	const struct json_doc *json = x->json;
	size_t n = json->nodes[node].key_length;
	struct span out;
	uint8_t *p;

	if (!json->nodes[node].key_escaped)
		return json_key_raw(json, node);
	buf_reset(&x->h->text);
	p = buf_reserve(&x->h->text, n + 1);
	if (p != NULL && json_key(&out, json, node, p, n + 1) == ERR_OK)
		return out;
	epcis_hash_fail(x, ERR_TOO_LARGE, NULL);
	return SPAN_NONE;
}

bool
epcis_hash_left_out(struct hashing *x, uint32_t member_node)
{
	static const char *const names[] = { "@context", "comment",
		"rdfs:comment" };
	struct span key = epcis_hash_key(x, member_node), name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_is(key, names[i]))
			return true;
	}
	if (x->ignored == JSON_NONE)
		return false;
	for (uint32_t i = json_first(x->json, x->ignored); i != JSON_NONE;
	     i = x->json->nodes[i].next) {
		if (json_type(x->json, i) == JSON_STRING &&
		    string(&name, x->json, i, &x->h->iri) &&
		    span_equal(name, key))
			return true;
	}
	return false;
}
