/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of EPCIS queries: what they become, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "epcis_query.h"

#include "base/banned.h"

#define ITEM "https://id.gs1.org/01/09506000134352/21/A"
#define NODES 4096

struct world {
	struct epcis_query q;
	struct target target;
	struct epcis_fault f;
	struct json_node nodes[NODES];
};

static int
setup(void **state)
{
	*state = calloc(1, sizeof(struct world));
	assert_non_null(*state);
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static enum err
from_target(struct world *w, const char *query)
{
	char text[TARGET_MAX];

	(void)snprintf(text, sizeof(text), "/epcis/events?%s", query);
	assert_int_equal(
	    target_parse(&w->target, span_str(text), NULL), ERR_OK);
	epcis_query_init(&w->q);
	return epcis_query_target(&w->q, &w->target, &w->f);
}

static enum err
from_json(struct world *w, const char *text)
{
	struct json_doc doc = { .nodes = w->nodes, .capacity = NODES };

	assert_int_equal(json_scan(&doc, span_str(text), 8, NULL), ERR_OK);
	epcis_query_init(&w->q);
	return epcis_query_json(&w->q, &doc, JSON_ROOT, &w->f);
}

static const struct good {
	const char *target, *json;
	enum query_field field;
	enum query_op op;
	const char *value; /* the first; NULL none */
	size_t values;
	const char *type; /* NULL none */
	int64_t ms;
} goods[] = {
	{ "eventType=ObjectEvent%7CAggregationEvent",
	    "{\"eventType\":[\"ObjectEvent\",\"AggregationEvent\"]}",
	    QUERY_EVENT_TYPE, QUERY_EQ, "ObjectEvent", 2, NULL, 0 },
	{ "GE_eventTime=1970-01-01T00:00:01.5Z",
	    "{\"GE_eventTime\":\"1970-01-01T00:00:01.5Z\"}", QUERY_EVENT_TIME,
	    QUERY_GE, NULL, 0, NULL, 1500 },
	{ "LT_eventTime=1970-01-01T01:00:01%2B01:00",
	    "{\"LT_eventTime\":\"1970-01-01T01:00:01+01:00\"}",
	    QUERY_EVENT_TIME, QUERY_LT, NULL, 0, NULL, 1000 },
	{ "GE_recordTime=1970-01-01T00:00:01Z",
	    "{\"GE_recordTime\":\"1970-01-01T00:00:01Z\"}", QUERY_RECORD_TIME,
	    QUERY_GE, NULL, 0, NULL, 1000 },
	{ "LT_recordTime=1970-01-01T00:00:01Z",
	    "{\"LT_recordTime\":\"1970-01-01T00:00:01Z\"}", QUERY_RECORD_TIME,
	    QUERY_LT, NULL, 0, NULL, 1000 },
	{ "EQ_action=ADD", "{\"EQ_action\":\"ADD\"}", QUERY_ACTION, QUERY_EQ,
	    "ADD", 1, NULL, 0 },
	{ "EQ_bizStep=https://ref.gs1.org/cbv/BizStep-shipping",
	    "{\"EQ_bizStep\":[\"https:\\/\\/ref.gs1.org/cbv/"
	    "BizStep-shipping\"]}",
	    QUERY_BIZ_STEP, QUERY_EQ, "shipping", 1, NULL, 0 },
	{ "EQ_disposition=cbv:Disp-active", "{\"EQ_disposition\":[\"active\"]}",
	    QUERY_DISPOSITION, QUERY_EQ, "active", 1, NULL, 0 },
	{ "EQ_readPoint=urn:epc:id:sgln:9506000.11111.0",
	    "{\"EQ_readPoint\":[\"urn:epc:id:sgln:9506000.11111.0\"]}",
	    QUERY_READ_POINT, QUERY_EQ, "https://id.gs1.org/414/9506000111117",
	    1, NULL, 0 },
	{ "EQ_bizLocation=https://example.com/a",
	    "{\"EQ_bizLocation\":[\"https://example.com/a\"]}",
	    QUERY_BIZ_LOCATION, QUERY_EQ, "https://example.com/a", 1, NULL, 0 },
	{ "EQ_eventID=urn:uuid:1", "{\"EQ_eventID\":[\"urn:uuid:1\"]}",
	    QUERY_EVENT_ID, QUERY_EQ, "urn:uuid:1", 1, NULL, 0 },
	{ "MATCH_epc=urn:epc:id:sgtin:9506000.013435.A|urn:x:y",
	    "{\"MATCH_epc\":[\"urn:epc:id:sgtin:9506000.013435.A\","
	    "\"urn:x:y\"]}",
	    QUERY_EPC, QUERY_EQ, ITEM, 2, NULL, 0 },
	{ "MATCH_parentID=" ITEM, "{\"MATCH_parentID\":[\"" ITEM "\"]}",
	    QUERY_PARENT, QUERY_EQ, ITEM, 1, NULL, 0 },
	{ "MATCH_inputEPC=" ITEM, "{\"MATCH_inputEPC\":[\"" ITEM "\"]}",
	    QUERY_INPUT, QUERY_EQ, ITEM, 1, NULL, 0 },
	{ "MATCH_outputEPC=" ITEM, "{\"MATCH_outputEPC\":[\"" ITEM "\"]}",
	    QUERY_OUTPUT, QUERY_EQ, ITEM, 1, NULL, 0 },
	{ "MATCH_anyEPC=" ITEM, "{\"MATCH_anyEPC\":[\"" ITEM "\"]}",
	    QUERY_ANY_EPC, QUERY_EQ, ITEM, 1, NULL, 0 },
	{ "MATCH_epcClass=urn:epc:class:lgtin:9506000.013435.L",
	    "{\"MATCH_epcClass\":[\"urn:epc:class:lgtin:9506000.013435.L\"]}",
	    QUERY_CLASS, QUERY_EQ, "https://id.gs1.org/01/09506000134352/10/L",
	    1, NULL, 0 },
	{ "MATCH_inputEPCClass=urn:x:y",
	    "{\"MATCH_inputEPCClass\":[\"urn:x:y\"]}", QUERY_INPUT_CLASS,
	    QUERY_EQ, "urn:x:y", 1, NULL, 0 },
	{ "MATCH_outputEPCClass=urn:x:y",
	    "{\"MATCH_outputEPCClass\":[\"urn:x:y\"]}", QUERY_OUTPUT_CLASS,
	    QUERY_EQ, "urn:x:y", 1, NULL, 0 },
	{ "MATCH_anyEPCClass=urn:x:y", "{\"MATCH_anyEPCClass\":[\"urn:x:y\"]}",
	    QUERY_ANY_CLASS, QUERY_EQ, "urn:x:y", 1, NULL, 0 },
	{ "EXISTS_errorDeclaration=", "{\"EXISTS_errorDeclaration\":null}",
	    QUERY_DECLARATION, QUERY_EXISTS, NULL, 0, NULL, 0 },
	{ "EXISTS_errorDeclaration=1", "{\"EXISTS_errorDeclaration\":true}",
	    QUERY_DECLARATION, QUERY_EXISTS, NULL, 0, NULL, 0 },
	{ "EQ_bizTransaction_po=urn:x:y",
	    "{\"EQ_bizTransaction_po\":[\"urn:x:y\"]}", QUERY_TRANSACTION,
	    QUERY_EQ, "urn:x:y", 1, "po", 0 },
	{ "EQ_bizTransaction_https%3A%2F%2Fref.gs1.org%2Fcbv%2FBTT-po=urn:x:y",
	    "{\"EQ_bizTransaction_https:\\/\\/ref.gs1.org/cbv/BTT-po\":"
	    "[\"urn:x:y\"]}",
	    QUERY_TRANSACTION, QUERY_EQ, "urn:x:y", 1, "po", 0 },
	{ "EQ_source_https%3A%2F%2Fexample.com%2Ft=urn:x:y",
	    "{\"EQ_source_https://example.com/t\":[\"urn:x:y\"]}", QUERY_SOURCE,
	    QUERY_EQ, "urn:x:y", 1, "https://example.com/t", 0 },
	{ "EQ_destination_location=urn:x:y",
	    "{\"EQ_destination_location\":[\"urn:x:y\"]}", QUERY_DESTINATION,
	    QUERY_EQ, "urn:x:y", 1, "location", 0 },
	{ "EQ_transformationID=urn:x:y",
	    "{\"EQ_transformationID\":[\"urn:x:y\"]}", QUERY_TRANSFORMATION,
	    QUERY_EQ, "urn:x:y", 1, NULL, 0 },
	{ "EQ_persistentDisposition_set=damaged",
	    "{\"EQ_persistentDisposition_set\":[\"damaged\"]}",
	    QUERY_PERSISTENT_SET, QUERY_EQ, "damaged", 1, NULL, 0 },
	{ "EQ_persistentDisposition_unset=damaged",
	    "{\"EQ_persistentDisposition_unset\":[\"damaged\"]}",
	    QUERY_PERSISTENT_UNSET, QUERY_EQ, "damaged", 1, NULL, 0 },
	{ "GE_errorDeclarationTime=1970-01-01T00:00:01Z",
	    "{\"GE_errorDeclaration_Time\":\"1970-01-01T00:00:01Z\"}",
	    QUERY_DECLARATION_TIME, QUERY_GE, NULL, 0, NULL, 1000 },
	{ "LT_errorDeclaration_Time=1970-01-01T00:00:01Z",
	    "{\"LT_errorDeclarationTime\":\"1970-01-01T00:00:01Z\"}",
	    QUERY_DECLARATION_TIME, QUERY_LT, NULL, 0, NULL, 1000 },
	{ "EQ_errorReason=cbv:ER-incorrect_data",
	    "{\"EQ_errorReason\":[\"incorrect_data\"]}", QUERY_REASON, QUERY_EQ,
	    "incorrect_data", 1, NULL, 0 },
	{ "EQ_correctiveEventID=urn:x:y",
	    "{\"EQ_correctiveEventID\":[\"urn:x:y\"]}", QUERY_CORRECTIVE,
	    QUERY_EQ, "urn:x:y", 1, NULL, 0 },
	{ "EQ_quantity=1.50e1|2", "{\"EQ_quantity\":[1.50e1,2]}",
	    QUERY_QUANTITY, QUERY_EQ, "15", 2, NULL, 0 },
	{ "EQ_quantity_KGM=2", "{\"EQ_quantity_KGM\":2}", QUERY_QUANTITY,
	    QUERY_EQ, "2", 1, "KGM", 0 },
	{ "GT_quantity=2", "{\"GT_quantity\":2}", QUERY_QUANTITY, QUERY_GT, "2",
	    1, NULL, 0 },
	{ "GE_quantity=2", "{\"GE_quantity\":2}", QUERY_QUANTITY, QUERY_GE, "2",
	    1, NULL, 0 },
	{ "LT_quantity=2", "{\"LT_quantity\":2}", QUERY_QUANTITY, QUERY_LT, "2",
	    1, NULL, 0 },
	{ "LE_quantity_C62=-2.0", "{\"LE_quantity_C62\":-2.0}", QUERY_QUANTITY,
	    QUERY_LE, "-2", 1, "C62", 0 },
};

static void
check_good(const struct world *w, const struct good *g)
{
	const struct query_condition *c = &w->q.sql.conditions[0];

	assert_int_equal(w->q.sql.count, 1);
	assert_int_equal(c->field, g->field);
	assert_int_equal(c->op, g->op);
	assert_int_equal(c->ms, g->ms);
	assert_int_equal(c->value_count, g->values);
	if (g->value != NULL)
		assert_true(span_is(c->values[0], g->value));
	if (g->type == NULL)
		assert_null(c->type.p);
	else
		assert_true(span_is(c->type, g->type));
}

static void
test_good(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const struct good *g = &goods[i];

		if (from_target(w, g->target) != ERR_OK)
			fail_msg("%s: %s", g->target, w->f.detail);
		check_good(w, g);
		if (from_json(w, g->json) != ERR_OK)
			fail_msg("%s: %s", g->json, w->f.detail);
		check_good(w, g);
	}
}

static const struct bad {
	const char *target, *json; /* either may be NULL */
	const char *parameter;
	const char *code;
} bads[] = {
	{ "nonsense=1", "{\"nonsense\":1}", "nonsense", "unknown_parameter" },
	{ "eventtype=ObjectEvent", NULL, "eventtype", "unknown_parameter" },
	{ "EQ_bizTransaction_=urn:x:y", NULL, "EQ_bizTransaction_",
	    "unknown_parameter" },
	{ "EQ_quantityKGM=1", NULL, "EQ_quantityKGM", "unknown_parameter" },
	{ "WD_readPoint=urn:x:y", "{\"WD_readPoint\":[\"urn:x:y\"]}",
	    "WD_readPoint", "unsupported_parameter" },
	{ "EQ_ILMD_ex:lot=1", NULL, "EQ_ILMD_ex:lot", "unsupported_parameter" },
	{ "EQ_ex:field=1", NULL, "EQ_ex:field", "unsupported_parameter" },
	{ "HASATTR_bizLocation=a", NULL, "HASATTR_bizLocation",
	    "unsupported_parameter" },
	{ "EXISTS_sensorElementList=true", NULL, "EXISTS_sensorElementList",
	    "unsupported_parameter" },
	{ "GE_value_CEL=1", NULL, "GE_value_CEL", "unsupported_parameter" },
	{ "GE_eventTime=2026-01-01", "{\"GE_eventTime\":1}", "GE_eventTime",
	    "bad_parameter" },
	{ "GE_eventTime=2026-01-01T00:00:00+01:00", NULL, "GE_eventTime",
	    "bad_parameter" },
	{ "eventType=Object", "{\"eventType\":[]}", "eventType",
	    "bad_parameter" },
	{ "EQ_action=add", "{\"EQ_action\":[\"ADD\",null]}", "EQ_action",
	    "bad_parameter" },
	{ "EQ_bizStep=shiping", "{\"EQ_bizStep\":[[]]}", "EQ_bizStep",
	    "bad_parameter" },
	{ "EQ_bizStep=shipping|", "{\"EQ_bizStep\":{}}", "EQ_bizStep",
	    "bad_parameter" },
	{ "EQ_eventID=abc", "{\"EQ_eventID\":[\"a\\u0000b:c\"]}", "EQ_eventID",
	    "bad_parameter" },
	{ "MATCH_epc=abc", "{\"MATCH_epc\":[\"urn:epc:idpat:sgtin:x\"]}",
	    "MATCH_epc", "bad_parameter" },
	{ "MATCH_epc=urn:epc:idpat:sgtin:*.1.*", NULL, "MATCH_epc",
	    "bad_parameter" },
	{ "EQ_bizTransaction_pox=urn:x:y", NULL, "EQ_bizTransaction_pox",
	    "bad_parameter" },
	{ "EQ_source_po=urn:x:y", NULL, "EQ_source_po", "bad_parameter" },
	{ "EQ_quantity=1,5", "{\"EQ_quantity\":\"5\"}", "EQ_quantity",
	    "bad_parameter" },
	{ "EQ_quantity_kgm=5", "{\"EQ_quantity_kgm\":5}", "EQ_quantity_kgm",
	    "bad_parameter" },
	{ "GT_quantity=1|2", "{\"GT_quantity\":[1,2]}", "GT_quantity",
	    "bad_parameter" },
	{ "EXISTS_errorDeclaration=no", "{\"EXISTS_errorDeclaration\":\"yes\"}",
	    "EXISTS_errorDeclaration", "bad_parameter" },
	{ "orderBy=ex:field", "{\"orderBy\":\"x\"}", "orderBy",
	    "bad_parameter" },
	{ "orderBy=eventTime&orderDirection=UP", NULL, "orderDirection",
	    "bad_parameter" },
	{ "orderDirection=ASC", "{\"orderDirection\":\"ASC\"}",
	    "orderDirection", "bad_parameter" },
	{ "eventCountLimit=5", "{\"eventCountLimit\":5}", "eventCountLimit",
	    "bad_parameter" },
	{ "orderBy=eventTime&eventCountLimit=5&maxEventCount=5",
	    "{\"orderBy\":\"eventTime\",\"eventCountLimit\":5,"
	    "\"maxEventCount\":5}",
	    "eventCountLimit", "bad_parameter" },
	{ "maxEventCount=0", "{\"maxEventCount\":10001}", "maxEventCount",
	    "bad_parameter" },
	{ "perPage=1001", NULL, "perPage", "bad_parameter" },
	{ "perPage=+1", NULL, "perPage", "bad_parameter" },
	{ NULL, "{\"perPage\":10}", "perPage", "unknown_parameter" },
	{ NULL, "{\"nextPageToken\":\"x\"}", "nextPageToken",
	    "unknown_parameter" },
	{ "nextPageToken=", NULL, "nextPageToken", "bad_parameter" },
};

static void
check_bad(const struct world *w, const struct bad *b, enum err e)
{
	const char *what = b->target != NULL ? b->target : b->json;

	if (e != ERR_SYNTAX || strcmp(w->f.parameter, b->parameter) != 0 ||
	    strcmp(w->f.code, b->code) != 0)
		fail_msg(
		    "%s: %d %s %s", what, (int)e, w->f.parameter, w->f.code);
	assert_int_equal(w->f.status, 400);
	assert_true(w->f.detail[0] != '\0');
}

static void
test_bad(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *b = &bads[i];

		if (b->target != NULL)
			check_bad(w, b, from_target(w, b->target));
		if (b->json != NULL)
			check_bad(w, b, from_json(w, b->json));
	}
}

static void
test_patterns(void **state)
{
	struct world *w = *state;
	const struct query_condition *c = &w->q.sql.conditions[0];
	const struct query_range *r;
	unsigned holds = 0;

	assert_int_equal(
	    from_target(w, "MATCH_epc=urn:epc:idpat:sgtin:9506000.013435.*|"
			   "urn:x:y"),
	    ERR_OK);
	assert_int_equal(c->value_count, 1);
	assert_true(span_is(c->values[0], "urn:x:y"));
	assert_true(c->range_count > 0);
	for (size_t i = 0; i < c->range_count; i++) {
		r = &c->ranges[i];
		assert_true(span_compare(r->lower, r->upper) < 0);
		if (span_compare(r->lower, span_str(ITEM)) <= 0 &&
		    span_compare(span_str(ITEM), r->upper) < 0)
			holds++;
	}
	assert_int_equal(holds, 1);
	assert_false(w->q.nothing);
}

static void
test_order_and_limits(void **state)
{
	struct world *w = *state;

	assert_int_equal(from_target(w, "x"), ERR_SYNTAX);
	assert_int_equal(from_target(w, "EQ_action=ADD"), ERR_OK);
	assert_int_equal(w->q.sql.order, QUERY_BY_KEY);
	assert_false(w->q.sql.descending);
	assert_int_equal(w->q.per_page, EPCIS_PAGE_DEFAULT);
	assert_int_equal(
	    from_target(w, "orderBy=eventTime&eventCountLimit=7&perPage=3"),
	    ERR_OK);
	assert_int_equal(w->q.sql.order, QUERY_BY_EVENT_TIME);
	assert_true(w->q.sql.descending);
	assert_int_equal(w->q.event_count_limit, 7);
	assert_int_equal(w->q.per_page, 3);
	assert_int_equal(
	    from_json(w, "{\"orderDirection\":\"ASC\",\"maxEventCount\":9,"
			 "\"orderBy\":\"recordTime\"}"),
	    ERR_OK);
	assert_int_equal(w->q.sql.order, QUERY_BY_RECORD_TIME);
	assert_false(w->q.sql.descending);
	assert_int_equal(w->q.max_event_count, 9);
}

/* More conditions or values than are taken: 413, and nothing runs over. */
static void
test_too_complex(void **state)
{
	struct world *w = *state;
	struct buf text = buf_heap(EPCIS_QUERY_BYTES);

	for (int i = 0; i <= QUERY_CONDITIONS; i++)
		buf_printf(&text, "%sEQ_quantity_%c%c=1", i == 0 ? "" : "&",
		    'A' + i, 'A' + i);
	buf_byte(&text, '\0');
	assert_int_equal(from_target(w, (const char *)text.p), ERR_SYNTAX);
	assert_int_equal(w->f.status, 413);
	assert_string_equal(w->f.code, "too_complex");
	buf_reset(&text);
	buf_str(&text, "{\"MATCH_epc\":[");
	for (int i = 0; i <= EPCIS_QUERY_VALUES; i++)
		buf_printf(&text, "%s\"urn:x:%d\"", i == 0 ? "" : ",", i);
	buf_str(&text, "]}");
	assert_int_equal(from_json(w, buf_text(&text)), ERR_SYNTAX);
	assert_int_equal(w->f.status, 413);
	assert_string_equal(w->f.parameter, "MATCH_epc");
	buf_free(&text);
}

static struct hash
digest(struct world *w, const char *query)
{
	assert_int_equal(from_target(w, query), ERR_OK);
	return epcis_query_digest(&w->q);
}

static void
test_digest(void **state)
{
	struct world *w = *state;
	struct hash a = digest(w, "EQ_action=ADD&EQ_bizStep=shipping");
	struct hash b =
	    digest(w, "perPage=3&EQ_bizStep=shipping&EQ_action=ADD");
	struct hash c = digest(w, "EQ_action=ADD|DELETE&EQ_bizStep=shipping");

	assert_true(hash_equal(&a, &b));
	assert_false(hash_equal(&a, &c));
	assert_int_equal(from_target(w, "EQ_action=ADD"), ERR_OK);
	assert_int_equal(
	    epcis_query_where(&w->q, "EQ_bizStep", span_str("shipping"), &w->f),
	    ERR_OK);
	assert_int_equal(w->q.sql.count, 2);
	b = epcis_query_digest(&w->q);
	assert_true(hash_equal(&a, &b));
	assert_int_equal(
	    epcis_query_where(&w->q, "EQ_bizStep", span_str(""), &w->f),
	    ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_order_and_limits),
		cmocka_unit_test(test_too_complex),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
