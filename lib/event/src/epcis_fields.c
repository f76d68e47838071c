/* SPDX-License-Identifier: Apache-2.0 */
#include "event/epcis_fields.h"

#include "epcis_internal.h"

#include "base/banned.h"

/* ---- names ---- */
static const uint8_t *
last_of(struct span s, const char *bytes)
{
	for (size_t i = s.n; i > 0; i--) {
		if (s.p[i - 1] != 0 && strchr(bytes, s.p[i - 1]) != NULL)
			return s.p + i - 1;
	}
	return NULL;
}

/* An unescaped string in what is left of the name's space. */
static bool
resolve_node(struct span *out, struct epcis_name *name,
    const struct json_doc *json, uint32_t node)
{
	if (json_string(out, json, node, name->space + name->used,
		sizeof(name->space) - name->used) != ERR_OK)
		return false;
	if (json->nodes[node].escaped)
		name->used += out->n;
	return true;
}

/* epcis.md 7.3 */
static bool
split_name(struct epcis_name *name, const struct json_doc *json, uint32_t event,
    struct span text)
{
	const uint8_t *colon = memchr(text.p, ':', text.n);
	struct prefix_meaning means;
	const uint8_t *end;

	if (!epcis_is_uri(text) || colon == NULL)
		return false;
	if (epcis_prefix_meaning(&means, json, event,
		span_of(text.p, (size_t)(colon - text.p)))) {
		name->local = span_skip(text, (size_t)(colon - text.p) + 1);
		if (means.node != JSON_NONE)
			return resolve_node(&name->ns, name, json, means.node);
		name->ns = span_str(means.iri);
		return true;
	}
	end = last_of(text, "/#:");
	name->ns = span_of(text.p, (size_t)(end - text.p) + 1);
	name->local = span_skip(text, name->ns.n);
	return true;
}

static bool
name_of_key(struct epcis_name *name, const struct json_doc *json,
    uint32_t event, uint32_t member)
{
	struct span key;

	name->used = 0;
	if (!epcis_key(&key, json, member, name->space, sizeof(name->space)))
		return false;
	if (json->nodes[member].key_escaped)
		name->used = key.n;
	return split_name(name, json, event, key);
}

static void
get_value(struct epcis_value *out, const struct json_doc *json, uint32_t node)
{
	out->node = node;
	out->type = JSON_NULL;
	out->text = SPAN_NONE;
	if (node == JSON_NONE)
		return;
	out->type = json_type(json, node);
	if (out->type != JSON_STRING)
		out->text = json_raw(json, node);
	else if (json_string(&out->text, json, node, out->space,
		     sizeof(out->space)) != ERR_OK)
		out->text = SPAN_NONE;
}

/* ---- ILMD ---- */
/* The first readable field from a node on. */
static bool
take_field(struct epcis_ilmd *out, const struct json_doc *json, uint32_t member)
{
	for (; member != JSON_NONE; member = json->nodes[member].next) {
		if (!name_of_key(&out->name, json, out->event, member))
			continue;
		out->node = member;
		get_value(&out->value, json, member);
		return true;
	}
	out->node = JSON_NONE;
	return false;
}

bool
epcis_ilmd_first(
    struct epcis_ilmd *out, const struct epcis_doc *doc, uint32_t event)
{
	const struct json_doc *json = &doc->json;
	uint32_t ilmd = json_type(json, event) == JSON_OBJECT
			    ? json_member(json, event, "ilmd")
			    : JSON_NONE;

	out->event = event;
	out->node = JSON_NONE;
	if (ilmd == JSON_NONE || json_type(json, ilmd) != JSON_OBJECT)
		return false;
	return take_field(out, json, json_first(json, ilmd));
}

bool
epcis_ilmd_next(struct epcis_ilmd *out, const struct epcis_doc *doc)
{
	if (out->node == JSON_NONE)
		return false;
	return take_field(out, &doc->json, doc->json.nodes[out->node].next);
}

/* ---- master data ---- */
static uint32_t
list_of(const struct json_doc *json, uint32_t object, const char *name)
{
	uint32_t m = JSON_NONE;

	if (object != JSON_NONE && json_type(json, object) == JSON_OBJECT)
		m = json_member(json, object, name);
	if (m == JSON_NONE || json_type(json, m) != JSON_ARRAY)
		return JSON_NONE;
	return json_first(json, m);
}

static uint32_t
member_of(const struct json_doc *json, uint32_t object, const char *name)
{
	return object != JSON_NONE && json_type(json, object) == JSON_OBJECT
		   ? json_member(json, object, name)
		   : JSON_NONE;
}

static void
get_attribute(struct epcis_master *out, const struct json_doc *json)
{
	uint32_t id = member_of(json, out->attribute, "id");
	struct span text;

	out->name.used = 0;
	out->name.ns = SPAN_NONE;
	out->name.local = SPAN_NONE;
	get_value(
	    &out->value, json, member_of(json, out->attribute, "attribute"));
	if (id == JSON_NONE || json_type(json, id) != JSON_STRING ||
	    !resolve_node(&text, &out->name, json, id))
		return;
	/* The header has the document's context alone. */
	(void)split_name(&out->name, json, JSON_ROOT, text);
}

/* Moves on to the next element, of the next vocabulary where one ends. */
static bool
take_element(
    struct epcis_master *out, const struct json_doc *json, uint32_t element)
{
	while (element == JSON_NONE) {
		out->vocabulary = json->nodes[out->vocabulary].next;
		if (out->vocabulary == JSON_NONE)
			return false;
		element =
		    list_of(json, out->vocabulary, "vocabularyElementList");
	}
	out->element = element;
	out->attribute = list_of(json, element, "attributes");
	get_value(&out->type, json, member_of(json, out->vocabulary, "type"));
	get_value(&out->id, json, member_of(json, element, "id"));
	get_attribute(out, json);
	return true;
}

bool
epcis_master_first(struct epcis_master *out, const struct epcis_doc *doc)
{
	const struct json_doc *json = &doc->json;
	uint32_t list = epcis_vocabularies(json, doc->kind);

	out->element = JSON_NONE;
	out->vocabulary =
	    list == JSON_NONE ? JSON_NONE : json_first(json, list);
	if (out->vocabulary == JSON_NONE)
		return false;
	return take_element(
	    out, json, list_of(json, out->vocabulary, "vocabularyElementList"));
}

bool
epcis_master_next(struct epcis_master *out, const struct epcis_doc *doc)
{
	const struct json_doc *json = &doc->json;

	if (out->vocabulary == JSON_NONE)
		return false;
	if (out->attribute != JSON_NONE)
		out->attribute = json->nodes[out->attribute].next;
	if (out->attribute != JSON_NONE) {
		get_attribute(out, json);
		return true;
	}
	return take_element(out, json, json->nodes[out->element].next);
}
