/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_internal.h"

#include "base/banned.h"

/* epcis.md 7.2: prefixes every reader of EPCIS 2.0 knows; those with a fixed
 * meaning may be declared with that meaning only. */
static const struct builtin {
	const char *prefix;
	const char *iri; /* NULL: may be redefined */
	const char *also;
} builtins[] = {
	{ "epcis", "https://ref.gs1.org/epcis/",
	    "https://ref.gs1.org/standards/epcis/" },
	{ "cbv", "https://ref.gs1.org/cbv/", NULL },
	{ "gs1", "https://gs1.org/voc/", "https://ref.gs1.org/voc/" },
	{ "cbvmda", NULL, NULL },
	{ "rdfs", NULL, NULL },
	{ "owl", NULL, NULL },
	{ "xsd", NULL, NULL },
	{ "dcterms", NULL, NULL },
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
		return epcis_fail(
		    c, term, "epcis 7.2", "no @vocab and no @base");
	b = builtin_of(key);
	iri = meaning(c->json, term);
	if (b == NULL || b->iri == NULL || iri == JSON_NONE ||
	    means(c, iri, b->iri) || means(c, iri, b->also))
		return ERR_OK;
	return epcis_fail(
	    c, term, "epcis 7.2", "the standard meaning of that prefix");
}

static enum err
check_item(struct check *c, uint32_t node)
{
	enum json_type t = json_type(c->json, node);
	enum err e = ERR_OK;

	if (t == JSON_STRING)
		return epcis_v_uri(c, node);
	if (t != JSON_OBJECT)
		return epcis_fail(
		    c, node, "epcis 2.1", "a uri or an object as context");
	for (uint32_t m = json_first(c->json, node);
	     e == ERR_OK && m != JSON_NONE; m = c->json->nodes[m].next)
		e = check_term(c, m);
	return e;
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
				return epcis_fail(
				    c, b, "epcis 2.1", "distinct contexts");
		}
	}
	return ERR_OK;
}

#define CONTEXTS 64

enum err
epcis_v_context(struct check *c, uint32_t node)
{
	enum err e;

	if (json_type(c->json, node) != JSON_ARRAY)
		return check_item(c, node);
	if (c->json->nodes[node].children > CONTEXTS)
		return epcis_fail(c, node, "epcis 2.1", "at most 64 contexts");
	e = epcis_each(c, node, check_item);
	return e == ERR_OK ? check_distinct(c, node) : e;
}

/* Does an object of a context declare that prefix? */
static bool
declares(const struct json_doc *json, uint32_t object, struct span prefix)
{
	uint8_t space[128];
	struct span key;

	if (json_type(json, object) != JSON_OBJECT)
		return false;
	for (uint32_t m = json_first(json, object); m != JSON_NONE;
	     m = json->nodes[m].next) {
		if (epcis_key(&key, json, m, space, sizeof(space)) &&
		    span_equal(key, prefix) && meaning(json, m) != JSON_NONE)
			return true;
	}
	return false;
}

static bool
context_declares(
    const struct json_doc *json, uint32_t context, struct span prefix)
{
	if (context == JSON_NONE)
		return false;
	if (json_type(json, context) != JSON_ARRAY)
		return declares(json, context, prefix);
	for (uint32_t i = json_first(json, context); i != JSON_NONE;
	     i = json->nodes[i].next) {
		if (declares(json, i, prefix))
			return true;
	}
	return false;
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
	return context_declares(c->json, c->event_context, prefix) ||
	       context_declares(c->json, c->doc_context, prefix);
}
