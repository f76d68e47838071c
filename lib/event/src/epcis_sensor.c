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
	return epcis_fail(c, node, EPCIS_RULE_VALUE_TYPE, "true or false");
}

static enum err
v_hex(struct check *c, uint32_t node)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	struct span s;
	enum err e = epcis_text(&s, c, node, "hex digits");

	if (e == ERR_OK && s.n == 0)
		e = epcis_fail(c, node, EPCIS_RULE_HEX_VALUE, "hex digits");
	for (size_t i = 0; e == ERR_OK && i < s.n; i++) {
		if (memchr(digits, s.p[i], sizeof(digits) - 1) == NULL)
			return epcis_fail(
			    c, node, EPCIS_RULE_HEX_VALUE, "hex digits");
	}
	return e;
}

static enum err
v_metadata(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "time", epcis_v_time, false, EPCIS_RULE_NONE },
		{ "startTime", epcis_v_time, false, EPCIS_RULE_NONE },
		{ "endTime", epcis_v_time, false, EPCIS_RULE_NONE },
		{ "deviceID", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "deviceMetadata", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "rawData", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "dataProcessingMethod", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "bizRules", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_SENSOR_NAME);
}

static enum err
v_report(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "type", v_type, true, EPCIS_RULE_SENSOR_TYPE },
		{ "value", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "uom", epcis_v_string, false, EPCIS_RULE_NONE },
		{ "time", epcis_v_time, false, EPCIS_RULE_NONE },
		{ "exception", v_exception, false, EPCIS_RULE_NONE },
		{ "deviceID", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "deviceMetadata", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "rawData", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "dataProcessingMethod", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "bizRules", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "microorganism", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "chemicalSubstance", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "coordinateReferenceSystem", epcis_v_uri, false,
		    EPCIS_RULE_NONE },
		{ "uriValue", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "minValue", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "maxValue", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "meanValue", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "sDev", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "percRank", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "percValue", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "component", v_component, false, EPCIS_RULE_NONE },
		{ "stringValue", epcis_v_string, false, EPCIS_RULE_NONE },
		{ "booleanValue", v_boolean, false, EPCIS_RULE_NONE },
		{ "hexBinaryValue", v_hex, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_SENSOR_NAME);
}

static enum err
v_reports(struct check *c, uint32_t node)
{
	enum err e = epcis_each(c, node, v_report);

	if (e == ERR_OK && c->json->nodes[node].children == 0)
		e = epcis_fail(
		    c, node, EPCIS_RULE_SENSOR_REPORT, "at least one report");
	return e;
}

/* 5.5: what must not stand in both, by a draft of the standard. */
static void
warn_twice(struct check *c, uint32_t metadata, uint32_t report)
{
	static const char *const names[] = { "deviceID", "deviceMetadata",
		"rawData", "dataProcessingMethod", "time" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t m = json_member(c->json, report, names[i]);

		if (m != JSON_NONE &&
		    json_member(c->json, metadata, names[i]) != JSON_NONE)
			epcis_warn(c, m, EPCIS_RULE_SENSOR_TWICE,
			    "it in sensorMetadata or here, not in both");
	}
}

static bool
time_of(int64_t *out, const struct check *c, uint32_t object, const char *name)
{
	uint32_t m = json_member(c->json, object, name);
	uint8_t space[64];
	struct span text;

	return m != JSON_NONE && json_type(c->json, m) == JSON_STRING &&
	       json_string(&text, c->json, m, space, sizeof(space)) == ERR_OK &&
	       rfc3339_parse(out, text) == ERR_OK;
}

/* 5.5: published examples break both, so they are told and refuse nothing
 * (docs/conformance.md). */
static void
warn_sensor(struct check *c, uint32_t node)
{
	uint32_t metadata = json_member(c->json, node, "sensorMetadata"),
		 reports = json_member(c->json, node, "sensorReport");
	int64_t measured, happened;

	if (metadata == JSON_NONE ||
	    json_type(c->json, metadata) != JSON_OBJECT)
		return;
	if (time_of(&measured, c, metadata, "time") &&
	    time_of(&happened, c, c->event, "eventTime") && measured > happened)
		epcis_warn(c, json_member(c->json, metadata, "time"),
		    EPCIS_RULE_SENSOR_TIME, "a time not after eventTime");
	if (reports == JSON_NONE || json_type(c->json, reports) != JSON_ARRAY)
		return;
	for (uint32_t i = json_first(c->json, reports); i != JSON_NONE;
	     i = c->json->nodes[i].next) {
		if (json_type(c->json, i) == JSON_OBJECT)
			warn_twice(c, metadata, i);
	}
}

static enum err
v_sensor(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "sensorReport", v_reports, true, EPCIS_RULE_SENSOR_REPORT },
		{ "sensorMetadata", v_metadata, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	if (c->f != NULL && json_type(c->json, node) == JSON_OBJECT)
		warn_sensor(c, node);
	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_SENSOR_NAME);
}

enum err
epcis_v_sensors(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_sensor);
}
