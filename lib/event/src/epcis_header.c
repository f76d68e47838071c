/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_internal.h"

#include "base/banned.h"

/* Master data of a document's header (epcis.md 2.5). */

static enum err
attribute_value(struct check *c, uint32_t node)
{
	enum json_type t = json_type(c->json, node);

	if (t == JSON_NUMBER || t == JSON_STRING || t == JSON_OBJECT)
		return ERR_OK;
	return epcis_fail(c, node, EPCIS_RULE_ATTRIBUTE_VALUE,
	    "a number, a string or an object");
}

static enum err
attribute(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "id", epcis_v_uri, true, EPCIS_RULE_ATTRIBUTE_ID },
		{ "attribute", attribute_value, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(c, node, members, OTHERS_OPEN, EPCIS_RULE_NONE);
}

static enum err
attributes(struct check *c, uint32_t node)
{
	return epcis_each(c, node, attribute);
}

static enum err
element(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "id", epcis_v_uri, true, EPCIS_RULE_ELEMENT_ID },
		{ "attributes", attributes, false, EPCIS_RULE_NONE },
		{ "children", epcis_v_uris, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(c, node, members, OTHERS_OPEN, EPCIS_RULE_NONE);
}

static enum err
elements(struct check *c, uint32_t node)
{
	return epcis_each(c, node, element);
}

static enum err
vocabulary(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "type", epcis_v_uri, true, EPCIS_RULE_VOCABULARY_TYPE },
		{ "vocabularyElementList", elements, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(c, node, members, OTHERS_OPEN, EPCIS_RULE_NONE);
}

enum err
epcis_v_vocabularies(struct check *c, uint32_t node)
{
	return epcis_each(c, node, vocabulary);
}

uint32_t
epcis_vocabularies(const struct json_doc *json, enum epcis_kind kind)
{
	static const char *const paths[][4] = {
		[EPCIS_KIND_DOCUMENT] = { "epcisHeader", "epcisMasterData",
		    "vocabularyList", NULL },
		[EPCIS_KIND_QUERY] = { "epcisBody", "queryResults",
		    "resultsBody", "vocabularyList" },
		[EPCIS_KIND_EVENT] = { NULL },
	};
	uint32_t node = JSON_ROOT;

	for (size_t i = 0; i < 4 && paths[kind][i] != NULL; i++) {
		if (json_type(json, node) != JSON_OBJECT)
			return JSON_NONE;
		node = json_member(json, node, paths[kind][i]);
		if (node == JSON_NONE)
			return JSON_NONE;
	}
	return node == JSON_ROOT || json_type(json, node) != JSON_ARRAY
		   ? JSON_NONE
		   : node;
}

static enum err
master_data(struct check *c, uint32_t node)
{
	uint32_t list;

	/* 2.4: epcisMasterData is open in the schema. */
	if (json_type(c->json, node) != JSON_OBJECT)
		return epcis_fail(c, node, EPCIS_RULE_MASTER_DATA, "an object");
	list = json_member(c->json, node, "vocabularyList");
	return list == JSON_NONE ? ERR_OK : epcis_v_vocabularies(c, list);
}

enum err
epcis_v_header(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "epcisMasterData", master_data, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_DOCUMENT_NAME);
}
