/* SPDX-License-Identifier: Apache-2.0 */
#include "event/epcis_findings.h"

#include "base/banned.h"

static const struct rule {
	const char *code;
	const char *clause;
	bool warns;
} rules[EPCIS_RULES] = {
	[EPCIS_RULE_NONE] = { "none", "", false },
	[EPCIS_RULE_TOO_LARGE] = { "too_large", "epcis 9.4", false },
	[EPCIS_RULE_JSON] = { "json", "epcis 1.1", false },
	[EPCIS_RULE_BOM] = { "bom", "epcis 1.1", false },
	[EPCIS_RULE_UTF8] = { "utf8", "epcis 1.1", false },
	[EPCIS_RULE_NAME_TWICE] = { "name_twice", "epcis 1.1", false },
	[EPCIS_RULE_SURROGATE] = { "surrogate", "epcis 1.1", false },
	[EPCIS_RULE_NUL] = { "nul", "epcis 1.1", false },
	[EPCIS_RULE_DEPTH] = { "depth", "epcis 1.1", false },
	[EPCIS_RULE_VALUES] = { "values", "epcis 9.4", false },
	[EPCIS_RULE_SHAPE] = { "shape", "formats 1.3", false },
	[EPCIS_RULE_DATE_TIME] = { "date_time", "epcis 1.3", false },
	[EPCIS_RULE_URI] = { "uri", "epcis 1.3", false },
	[EPCIS_RULE_VALUE_TYPE] = { "value_type", "epcis 1.4", false },
	[EPCIS_RULE_TEXT_LENGTH] = { "text_length", "epcis 1.4", false },
	[EPCIS_RULE_DOCUMENT_TYPE] = { "document_type", "epcis 2.1", false },
	[EPCIS_RULE_CONTEXT_MISSING] = { "context_missing", "epcis 2.1",
	    false },
	[EPCIS_RULE_CONTEXT] = { "context", "epcis 2.1", false },
	[EPCIS_RULE_CONTEXT_TWICE] = { "context_twice", "epcis 2.1", false },
	[EPCIS_RULE_CONTEXT_LIMIT] = { "context_limit", "epcis 2.1", false },
	[EPCIS_RULE_DOCUMENT_MEMBER] = { "document_member", "epcis 2.2",
	    false },
	[EPCIS_RULE_SCHEMA_VERSION] = { "schema_version", "epcis 2.2", false },
	[EPCIS_RULE_QUERY_MEMBER] = { "query_member", "epcis 2.3", false },
	[EPCIS_RULE_DOCUMENT_NAME] = { "document_name", "epcis 2.4", false },
	[EPCIS_RULE_MASTER_DATA] = { "master_data", "epcis 2.5", false },
	[EPCIS_RULE_VOCABULARY_TYPE] = { "vocabulary_type", "epcis 2.5",
	    false },
	[EPCIS_RULE_ELEMENT_ID] = { "element_id", "epcis 2.5", false },
	[EPCIS_RULE_ATTRIBUTE_ID] = { "attribute_id", "epcis 2.5", false },
	[EPCIS_RULE_ATTRIBUTE_VALUE] = { "attribute_value", "epcis 2.5",
	    false },
	[EPCIS_RULE_EVENT_COUNT] = { "event_count", "epcis 2.6", false },
	[EPCIS_RULE_EVENT_TYPE] = { "event_type", "epcis 3.1", false },
	[EPCIS_RULE_EVENT_TIME] = { "event_time", "epcis 3.2", false },
	[EPCIS_RULE_TIME_ZONE_OFFSET] = { "time_zone_offset", "epcis 3.2",
	    false },
	[EPCIS_RULE_RECORD_TIME] = { "record_time", "epcis 3.3", false },
	[EPCIS_RULE_EVENT_ID] = { "event_id", "epcis 3.3", false },
	[EPCIS_RULE_CERTIFICATION] = { "certification", "epcis 3.3", false },
	[EPCIS_RULE_DECLARATION_TIME] = { "declaration_time", "epcis 3.4",
	    false },
	[EPCIS_RULE_CORRECTIVE_ID] = { "corrective_id", "epcis 3.4", false },
	[EPCIS_RULE_DECLARATION_NAME] = { "declaration_name", "epcis 3.4",
	    false },
	[EPCIS_RULE_EVENT_NAME] = { "event_name", "epcis 3.5", false },
	[EPCIS_RULE_BARE_CONTEXT] = { "bare_context", "epcis 3.6", false },
	[EPCIS_RULE_ACTION] = { "action", "epcis 4", false },
	[EPCIS_RULE_MEMBER] = { "member", "epcis 4", false },
	[EPCIS_RULE_EPCS_TWICE] = { "epcs_twice", "epcis 4", false },
	[EPCIS_RULE_PARENT] = { "parent", "epcis 4", false },
	[EPCIS_RULE_TRANSACTION_LIST] = { "transaction_list", "epcis 4",
	    false },
	[EPCIS_RULE_ILMD_ACTION] = { "ilmd_action", "epcis 4", false },
	[EPCIS_RULE_OBJECT_LEAST] = { "object_least", "epcis 4", false },
	[EPCIS_RULE_AGGREGATION_LEAST] = { "aggregation_least", "epcis 4",
	    false },
	[EPCIS_RULE_TRANSACTION_LEAST] = { "transaction_least", "epcis 4",
	    false },
	[EPCIS_RULE_TRANSFORMATION_LEAST] = { "transformation_least", "epcis 4",
	    false },
	[EPCIS_RULE_ASSOCIATION_LEAST] = { "association_least", "epcis 4",
	    false },
	[EPCIS_RULE_PERSISTENT_MEMBER] = { "persistent_member", "epcis 11",
	    false },
	[EPCIS_RULE_EPC_CLASS] = { "epc_class", "epcis 5.1", false },
	[EPCIS_RULE_QUANTITY_NAME] = { "quantity_name", "epcis 5.1", false },
	[EPCIS_RULE_UOM] = { "uom", "epcis 5.1", false },
	[EPCIS_RULE_TRANSACTION_ID] = { "transaction_id", "epcis 5.2", false },
	[EPCIS_RULE_TRANSACTION_NAME] = { "transaction_name", "epcis 5.2",
	    false },
	[EPCIS_RULE_SOURCE] = { "source", "epcis 5.2", false },
	[EPCIS_RULE_SOURCE_NAME] = { "source_name", "epcis 5.2", false },
	[EPCIS_RULE_DESTINATION] = { "destination", "epcis 5.2", false },
	[EPCIS_RULE_DESTINATION_NAME] = { "destination_name", "epcis 5.2",
	    false },
	[EPCIS_RULE_PLACE_ID] = { "place_id", "epcis 5.3", false },
	[EPCIS_RULE_PLACE_NAME] = { "place_name", "epcis 5.3", false },
	[EPCIS_RULE_PERSISTENT_EMPTY] = { "persistent_empty", "epcis 5.3",
	    false },
	[EPCIS_RULE_PERSISTENT_TWICE] = { "persistent_twice", "epcis 5.3",
	    false },
	[EPCIS_RULE_PERSISTENT_NAME] = { "persistent_name", "epcis 5.3",
	    false },
	[EPCIS_RULE_ILMD_NAME] = { "ilmd_name", "epcis 5.3", false },
	[EPCIS_RULE_SENSOR_REPORT] = { "sensor_report", "epcis 5.4", false },
	[EPCIS_RULE_SENSOR_TYPE] = { "sensor_type", "epcis 5.4", false },
	[EPCIS_RULE_HEX_VALUE] = { "hex_value", "epcis 5.4", false },
	[EPCIS_RULE_SENSOR_NAME] = { "sensor_name", "epcis 5.4", false },
	[EPCIS_RULE_SENSOR_TIME] = { "sensor_time", "epcis 5.5", true },
	[EPCIS_RULE_SENSOR_TWICE] = { "sensor_twice", "epcis 5.5", true },
	[EPCIS_RULE_BIZ_STEP_WORD] = { "biz_step_word", "epcis 6", false },
	[EPCIS_RULE_DISPOSITION_WORD] = { "disposition_word", "epcis 6",
	    false },
	[EPCIS_RULE_TRANSACTION_WORD] = { "transaction_word", "epcis 6",
	    false },
	[EPCIS_RULE_SOURCE_WORD] = { "source_word", "epcis 6", false },
	[EPCIS_RULE_REASON_WORD] = { "reason_word", "epcis 6", false },
	[EPCIS_RULE_EXCEPTION_WORD] = { "exception_word", "epcis 6", false },
	[EPCIS_RULE_COMPONENT_WORD] = { "component_word", "epcis 6", false },
	[EPCIS_RULE_SENSOR_WORD] = { "sensor_word", "epcis 6", false },
	[EPCIS_RULE_WORD_SPELLING] = { "word_spelling", "epcis 6.1", false },
	[EPCIS_RULE_CONTEXT_UNKNOWN] = { "context_unknown", "epcis 7.1", true },
	[EPCIS_RULE_CONTEXT_KEYWORD] = { "context_keyword", "epcis 7.2",
	    false },
	[EPCIS_RULE_PREFIX_FIXED] = { "prefix_fixed", "epcis 7.2", false },
	[EPCIS_RULE_PREFIX_OTHER] = { "prefix_other", "epcis 7.2", true },
	[EPCIS_RULE_PREFIX_UNDECLARED] = { "prefix_undeclared", "epcis 7.3",
	    false },
	[EPCIS_RULE_VALUE_PREFIX] = { "value_prefix", "epcis 7.3", true },
	[EPCIS_RULE_CLASS_AS_INSTANCE] = { "class_as_instance", "epcis 8.1",
	    false },
	[EPCIS_RULE_INSTANCE_AS_CLASS] = { "instance_as_class", "epcis 8.1",
	    false },
};

static const struct rule *
rule_of(enum epcis_rule rule)
{
	return &rules[(unsigned)rule < EPCIS_RULES ? rule : EPCIS_RULE_NONE];
}

const char *
epcis_rule_code(enum epcis_rule rule)
{
	return rule_of(rule)->code;
}

const char *
epcis_rule_clause(enum epcis_rule rule)
{
	return rule_of(rule)->clause;
}

bool
epcis_rule_warns(enum epcis_rule rule)
{
	return rule_of(rule)->warns;
}
