/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_internal.h"

#include "base/banned.h"

/* epcis.md 7.2: prefixes every reader of EPCIS 2.0 knows; those with a fixed
 * meaning may be declared with that meaning only. */
static const struct builtin {
	const char *prefix;
	const char *iri;
	const char *also; /* another spelling of it that is about */
	bool fixed;
} builtins[] = {
	{ "epcis", "https://ref.gs1.org/epcis/",
	    "https://ref.gs1.org/standards/epcis/", true },
	{ "cbv", "https://ref.gs1.org/cbv/", NULL, true },
	{ "gs1", "https://gs1.org/voc/", "https://ref.gs1.org/voc/", true },
	{ "cbvmda", "urn:epcglobal:cbv:mda:", NULL, false },
	{ "rdfs", "http://www.w3.org/2000/01/rdf-schema#", NULL, false },
	{ "owl", "http://www.w3.org/2002/07/owl#", NULL, false },
	{ "xsd", "http://www.w3.org/2001/XMLSchema#", NULL, false },
	{ "dcterms", "http://purl.org/dc/terms/", NULL, false },
};

static const struct builtin *
builtin_of(struct span prefix)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (span_is(prefix, builtins[i].prefix))
			return &builtins[i];
	}
	return NULL;
}

/* The string that gives a term its meaning: itself or its @id. */
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
means(struct check *c, uint32_t iri, const char *known)
{
	return known != NULL && json_string_is(c->json, iri, known);
}

static enum err
check_term(struct check *c, uint32_t term)
{
	const struct builtin *b;
	uint8_t space[128];
	struct span key;
	uint32_t iri;

	if (!epcis_key(&key, c->json, term, space, sizeof(space)))
		return ERR_OK;
	if (span_is(key, "@vocab") || span_is(key, "@base"))
		return epcis_fail(c, term, EPCIS_RULE_CONTEXT_KEYWORD,
		    "no @vocab and no @base");
	b = builtin_of(key);
	iri = meaning(c->json, term);
	if (b == NULL || iri == JSON_NONE || means(c, iri, b->iri) ||
	    means(c, iri, b->also))
		return ERR_OK;
	if (b->fixed)
		return epcis_fail(c, term, EPCIS_RULE_PREFIX_FIXED,
		    "the standard meaning of that prefix");
	epcis_warn(c, term, EPCIS_RULE_PREFIX_OTHER,
	    "the standard meaning of that prefix; the one given holds");
	return ERR_OK;
}

/* 7.1: nothing is ever fetched. */
static void
warn_unknown(struct check *c, uint32_t node)
{
	static const char *const known[] = {
		EPCIS_CONTEXT,
		"https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
		"https://gs1.github.io/EPCIS/epcis-context.jsonld",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (json_string_is(c->json, node, known[i]))
			return;
	}
	epcis_warn(c, node, EPCIS_RULE_CONTEXT_UNKNOWN,
	    "the context of EPCIS 2.0; this one is not read");
}

static enum err
check_item(struct check *c, uint32_t node)
{
	enum json_type t = json_type(c->json, node);

	if (t == JSON_STRING) {
		if (c->f != NULL)
			warn_unknown(c, node);
		return epcis_v_uri(c, node);
	}
	if (t != JSON_OBJECT)
		return epcis_fail(c, node, EPCIS_RULE_CONTEXT,
		    "a uri or an object as context");
	for (uint32_t m = json_first(c->json, node); m != JSON_NONE;
	     m = c->json->nodes[m].next) {
		enum err e = check_term(c, m);

		if (!epcis_goes_on(c, e))
			return e;
	}
	return ERR_OK;
}

/* 2.1: distinct items. Compared as they are written: a list of contexts is
 * short, and the same bytes are the same value. */
static enum err
check_distinct(struct check *c, uint32_t list)
{
	for (uint32_t a = json_first(c->json, list); a != JSON_NONE;
	     a = c->json->nodes[a].next) {
		for (uint32_t b = c->json->nodes[a].next; b != JSON_NONE;
		     b = c->json->nodes[b].next) {
			if (json_type(c->json, a) == json_type(c->json, b) &&
			    span_equal(
				json_raw(c->json, a), json_raw(c->json, b)))
				return epcis_fail(c, b,
				    EPCIS_RULE_CONTEXT_TWICE,
				    "distinct contexts");
		}
	}
	return ERR_OK;
}

#define CONTEXTS 64
/* Each name of an extension is looked for among the terms: a document above
 * the size of a statement could ask for hours of that. */
#define TERMS 256

static enum err
check_terms(struct check *c, uint32_t node)
{
	uint32_t terms = 0;

	if (!c->large)
		return ERR_OK;
	if (json_type(c->json, node) == JSON_OBJECT)
		terms = c->json->nodes[node].children;
	for (uint32_t i = json_type(c->json, node) == JSON_ARRAY
			      ? json_first(c->json, node)
			      : JSON_NONE;
	     i != JSON_NONE; i = c->json->nodes[i].next) {
		if (json_type(c->json, i) == JSON_OBJECT)
			terms += c->json->nodes[i].children;
	}
	if (terms <= TERMS)
		return ERR_OK;
	return epcis_fail(c, node, EPCIS_RULE_CONTEXT_LIMIT,
	    "at most 256 terms in a document of this size");
}

enum err
epcis_v_context(struct check *c, uint32_t node)
{
	enum err e = check_terms(c, node);

	if (e != ERR_OK)
		return e;
	if (json_type(c->json, node) != JSON_ARRAY)
		return check_item(c, node);
	if (c->json->nodes[node].children > CONTEXTS)
		return epcis_fail(
		    c, node, EPCIS_RULE_CONTEXT_LIMIT, "at most 64 contexts");
	e = epcis_each(c, node, check_item);
	return e == ERR_OK ? check_distinct(c, node) : e;
}

/* The string that says what an object of a context takes the prefix for, or
 * JSON_NONE. */
static uint32_t
declared(const struct json_doc *json, uint32_t object, struct span prefix)
{
	uint8_t space[128];
	struct span key;

	if (json_type(json, object) != JSON_OBJECT)
		return JSON_NONE;
	for (uint32_t m = json_first(json, object); m != JSON_NONE;
	     m = json->nodes[m].next) {
		if (epcis_key(&key, json, m, space, sizeof(space)) &&
		    span_equal(key, prefix) && meaning(json, m) != JSON_NONE)
			return meaning(json, m);
	}
	return JSON_NONE;
}

/* The last of a list holds, as in JSON-LD. */
static uint32_t
context_declares(
    const struct json_doc *json, uint32_t context, struct span prefix)
{
	uint32_t found = JSON_NONE;

	if (context == JSON_NONE)
		return JSON_NONE;
	if (json_type(json, context) != JSON_ARRAY)
		return declared(json, context, prefix);
	for (uint32_t i = json_first(json, context); i != JSON_NONE;
	     i = json->nodes[i].next) {
		uint32_t here = declared(json, i, prefix);

		if (here != JSON_NONE)
			found = here;
	}
	return found;
}

bool
epcis_prefix(const struct check *c, struct span prefix)
{
	/* 7.3: schemes of URIs that need no declaration. */
	static const char *const schemes[] = { "http", "https", "urn", "ftp",
		"mailto", "tag", "did", "ni", "info", "data", "geo", "tel" };

	if (builtin_of(prefix) != NULL)
		return true;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_is(prefix, schemes[i]))
			return true;
	}
	return context_declares(c->json, c->event_context, prefix) !=
		   JSON_NONE ||
	       context_declares(c->json, c->doc_context, prefix) != JSON_NONE;
}

bool
epcis_prefix_meaning(struct prefix_meaning *out, const struct json_doc *json,
    uint32_t event, struct span prefix)
{
	const struct builtin *b = builtin_of(prefix);

	out->iri = NULL;
	out->node = context_declares(
	    json, json_member(json, event, "@context"), prefix);
	if (out->node == JSON_NONE)
		out->node = context_declares(
		    json, json_member(json, JSON_ROOT, "@context"), prefix);
	if (out->node == JSON_NONE && b != NULL)
		out->iri = b->iri;
	return out->node != JSON_NONE || out->iri != NULL;
}
