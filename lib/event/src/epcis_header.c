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
	return epcis_fail(
	    c, node, "epcis 2.5", "a number, a string or an object");
}

static enum err
attribute(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "id", epcis_v_uri, true, "epcis 2.5" },
		{ "attribute", attribute_value, false, "epcis 2.5" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_OPEN, "epcis 2.5");
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
		{ "id", epcis_v_uri, true, "epcis 2.5" },
		{ "attributes", attributes, false, "epcis 2.5" },
		{ "children", epcis_v_uris, false, "epcis 2.5" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_OPEN, "epcis 2.5");
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
		{ "type", epcis_v_uri, true, "epcis 2.5" },
		{ "vocabularyElementList", elements, false, "epcis 2.5" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_OPEN, "epcis 2.5");
}

static enum err
master_data(struct check *c, uint32_t node)
{
	uint32_t list;

	/* 2.4: epcisMasterData is open in the schema. */
	if (json_type(c->json, node) != JSON_OBJECT)
		return epcis_fail(c, node, "epcis 2.5", "an object");
	list = json_member(c->json, node, "vocabularyList");
	return list == JSON_NONE ? ERR_OK : epcis_each(c, list, vocabulary);
}

enum err
epcis_v_header(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "epcisMasterData", master_data, false, "epcis 2.5" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_EXTENSIONS, "epcis 2.4");
}
