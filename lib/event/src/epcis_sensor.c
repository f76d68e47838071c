/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "epcis_internal.h"

#include "base/banned.h"

/* Sensor elements (epcis.md 5.4, 5.5). */

static enum err
v_type(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_SENSOR);
}

static enum err
v_exception(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_EXCEPTION);
}

static enum err
v_component(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_COMPONENT);
}

static enum err
v_boolean(struct check *c, uint32_t node)
{
	enum json_type t = json_type(c->json, node);

	if (t == JSON_TRUE || t == JSON_FALSE)
		return ERR_OK;
	return epcis_fail(c, node, "epcis 5.4", "true or false");
}

static enum err
v_hex(struct check *c, uint32_t node)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	struct span s;
	enum err e = epcis_text(&s, c, node, "epcis 5.4", "hex digits");

	if (e == ERR_OK && s.n == 0)
		e = epcis_fail(c, node, "epcis 5.4", "hex digits");
	for (size_t i = 0; e == ERR_OK && i < s.n; i++) {
		if (memchr(digits, s.p[i], sizeof(digits) - 1) == NULL)
			return epcis_fail(c, node, "epcis 5.4", "hex digits");
	}
	return e;
}

#define CLAUSE "epcis 5.4"

static enum err
v_metadata(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "time", epcis_v_time, false, CLAUSE },
		{ "startTime", epcis_v_time, false, CLAUSE },
		{ "endTime", epcis_v_time, false, CLAUSE },
		{ "deviceID", epcis_v_uri, false, CLAUSE },
		{ "deviceMetadata", epcis_v_uri, false, CLAUSE },
		{ "rawData", epcis_v_uri, false, CLAUSE },
		{ "dataProcessingMethod", epcis_v_uri, false, CLAUSE },
		{ "bizRules", epcis_v_uri, false, CLAUSE },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_EXTENSIONS, CLAUSE);
}

static enum err
v_report(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "type", v_type, true, CLAUSE },
		{ "value", epcis_v_number, false, CLAUSE },
		{ "uom", epcis_v_string, false, CLAUSE },
		{ "time", epcis_v_time, false, CLAUSE },
		{ "exception", v_exception, false, CLAUSE },
		{ "deviceID", epcis_v_uri, false, CLAUSE },
		{ "deviceMetadata", epcis_v_uri, false, CLAUSE },
		{ "rawData", epcis_v_uri, false, CLAUSE },
		{ "dataProcessingMethod", epcis_v_uri, false, CLAUSE },
		{ "bizRules", epcis_v_uri, false, CLAUSE },
		{ "microorganism", epcis_v_uri, false, CLAUSE },
		{ "chemicalSubstance", epcis_v_uri, false, CLAUSE },
		{ "coordinateReferenceSystem", epcis_v_uri, false, CLAUSE },
		{ "uriValue", epcis_v_uri, false, CLAUSE },
		{ "minValue", epcis_v_number, false, CLAUSE },
		{ "maxValue", epcis_v_number, false, CLAUSE },
		{ "meanValue", epcis_v_number, false, CLAUSE },
		{ "sDev", epcis_v_number, false, CLAUSE },
		{ "percRank", epcis_v_number, false, CLAUSE },
		{ "percValue", epcis_v_number, false, CLAUSE },
		{ "component", v_component, false, CLAUSE },
		{ "stringValue", epcis_v_string, false, CLAUSE },
		{ "booleanValue", v_boolean, false, CLAUSE },
		{ "hexBinaryValue", v_hex, false, CLAUSE },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_EXTENSIONS, CLAUSE);
}

static enum err
v_reports(struct check *c, uint32_t node)
{
	enum err e = epcis_each(c, node, v_report);

	if (e == ERR_OK && c->json->nodes[node].children == 0)
		e = epcis_fail(c, node, CLAUSE, "at least one report");
	return e;
}

static enum err
v_sensor(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "sensorReport", v_reports, true, CLAUSE },
		{ "sensorMetadata", v_metadata, false, CLAUSE },
		{ NULL, NULL, false, NULL },
	};

	/* 5.5, the draft requirements on time and on what stands twice, is no
	 * reason to refuse: published examples break it (docs/conformance.md)
	 */
	return epcis_object(c, node, members, OTHERS_EXTENSIONS, CLAUSE);
}

enum err
epcis_v_sensors(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_sensor);
}
