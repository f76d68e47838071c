/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/epcis.h"

#include "base/banned.h"

/* Documents are written with ' for " to be readable. */
#define HEAD                                                                   \
	"{'@context':['https://ref.gs1.org/standards/epcis/2.0.0/"             \
	"epcis-context.jsonld',{'ex':'https://ex.example/'}],"                 \
	"'type':'EPCISDocument','schemaVersion':'2.0',"                        \
	"'creationDate':'2026-01-01T00:00:00Z','epcisBody':{'eventList':["
#define TAIL "]}}"
#define WHEN                                                                   \
	"'eventTime':'2026-01-01T10:00:00.000+01:00',"                         \
	"'eventTimeZoneOffset':'+01:00'"
#define EPC "urn:epc:id:sgtin:9506000.013435.A"
#define LOT "urn:epc:class:lgtin:9506000.013435.L"
#define OBJECT(rest)                                                           \
	"{'type':'ObjectEvent'," WHEN ",'action':'ADD','epcList':['" EPC       \
	"']" rest "}"
#define OBSERVE(rest)                                                          \
	"{'type':'ObjectEvent'," WHEN ",'action':'OBSERVE'" rest "}"
#define PACK(action, rest)                                                     \
	"{'type':'AggregationEvent'," WHEN ",'action':'" action "'" rest "}"
#define PARENT ",'parentID':'urn:epc:id:sscc:0614141.1234567890'"
#define CHILD ",'childEPCs':['" EPC "']"

#define NODES 4096

static struct json_node nodes[NODES];
static struct epcis_doc doc;
static char text[8192];

static enum err
open_text(const char *source, struct diag *d)
{
	struct buf b = buf_fixed(text, sizeof(text));

	for (; *source != '\0'; source++)
		buf_byte(&b, *source == '\'' ? '"' : (uint8_t)*source);
	assert_int_equal(buf_error(&b), ERR_OK);
	return epcis_open(&doc, buf_span(&b), nodes, NODES, d);
}

struct row {
	const char *source;
	const char *says; /* NULL: accepted */
};

static void
test_shape(void **state)
{
	static const struct row rows[] = {
		{ "{'type':'EPCISDocument','epcisBody':{'eventList':[{'type':"
		  "''}]}}",
		    NULL },
		{ HEAD "{'type':'x','quantityList':[1,{'epcClass':2}]}" TAIL,
		    NULL },
		{ HEAD "{'type':'x','quantityList':5}" TAIL, NULL },
		{ "[]", "an object" },
		{ "{'epcisBody':{'eventList':[{'type':''}]}}",
		    "type EPCISDocument" },
		{ "{'type':'EPCISQueryDocument'}", "type EPCISDocument" },
		{ "{'type':'EPCISDocument'}", "epcisBody" },
		{ "{'type':'EPCISDocument','epcisBody':[]}", "epcisBody" },
		{ "{'type':'EPCISDocument','epcisBody':{}}", "eventList" },
		{ HEAD TAIL, "1 to 1000" },
		{ HEAD "5" TAIL, "an object" },
		{ HEAD "{}" TAIL, "type, a string" },
		{ HEAD "{'type':5}" TAIL, "type, a string" },
		{ HEAD "{'type':'x','epcList':'a'}" TAIL, "an array" },
		{ HEAD "{'type':'x','childEPCs':[1]}" TAIL, "a string" },
		{ HEAD "{'type':'x','inputEPCList':null}" TAIL, "an array" },
		{ HEAD "{'type':'x','outputEPCList':{}}" TAIL, "an array" },
		{ HEAD "{'type':'x','parentID':[]}" TAIL, "a string" },
		{ HEAD "{'type':'x','a':'\\u0000'}" TAIL, "U+0000" },
		{ HEAD "{'type':'x','a\\u0000':''}" TAIL, "U+0000" },
		{ HEAD "{'type':'x','a\\\\u0000':''}" TAIL, NULL },
		{ HEAD "{'type':'x','\\u0065pcList':5}" TAIL, "an array" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag d = { 0 };
		enum err e = open_text(rows[i].source, &d);

		if (rows[i].says == NULL && e == ERR_OK)
			continue;
		if (e != ERR_SCHEMA || rows[i].says == NULL ||
		    strstr(d.text, rows[i].says) == NULL)
			fail_msg(
			    "%s: %s %s", rows[i].source, err_name(e), d.text);
		assert_string_equal(d.clause, "formats 1.3");
	}
}

static void
test_not_json(void **state)
{
	char deep[200];

	(void)state;
	assert_int_equal(open_text("{", NULL), ERR_JSON);
	assert_int_equal(open_text("{'a':1,'a':1}", NULL), ERR_JSON);
	assert_int_equal(open_text("{'a':'\xff'}", NULL), ERR_UTF8);
	memset(deep, '[', 33);
	memset(deep + 33, ']', 33);
	deep[66] = '\0';
	assert_int_equal(open_text(deep, NULL), ERR_LIMIT);
}

static void
test_many_events(void **state)
{
	static const char event[] = "{\"type\":\"\"}";
	struct json_node *many = malloc(65536 * sizeof(*many));
	struct buf b = buf_heap(1 << 20);

	(void)state;
	assert_non_null(many);
	for (unsigned n = 1000; n <= 1001; n++) {
		buf_reset(&b);
		buf_str(&b, "{\"type\":\"EPCISDocument\",\"epcisBody\":"
			    "{\"eventList\":[");
		for (unsigned i = 0; i < n; i++) {
			buf_str(&b, i == 0 ? "" : ",");
			buf_str(&b, event);
		}
		buf_str(&b, "]}}");
		assert_int_equal(
		    epcis_open(&doc, buf_span(&b), many, 65536, NULL),
		    n == 1000 ? ERR_OK : ERR_SCHEMA);
	}
	buf_free(&b);
	free(many);
}

static void
check_rows(const struct row *rows, size_t n, const char *head, const char *tail)
{
	for (size_t i = 0; i < n; i++) {
		struct diag d = { 0 };
		char source[4096];
		struct buf b = buf_fixed(source, sizeof(source));
		enum err e;

		buf_str(&b, head);
		buf_str(&b, rows[i].source);
		buf_str(&b, tail);
		assert_non_null(buf_text(&b));
		e = open_text(source, &d);
		if (e != ERR_OK)
			fail_msg("%s: no shape: %s", source, d.text);
		e = epcis_check(&doc, &d);
		if (rows[i].says == NULL && e == ERR_OK)
			continue;
		if (e != ERR_SCHEMA || rows[i].says == NULL ||
		    (strstr(d.text, rows[i].says) == NULL &&
			strcmp(d.clause, rows[i].says) != 0))
			fail_msg("%s: %s [%s] %s", rows[i].source, err_name(e),
			    d.clause, d.text);
		assert_int_equal(d.code, ERR_SCHEMA);
		assert_int_equal(strncmp(d.clause, "epcis ", 6), 0);
	}
}

#define CHECK(rows)                                                            \
	check_rows(rows, sizeof(rows) / sizeof((rows)[0]), HEAD, TAIL)

static void
test_common(void **state)
{
	static const struct row rows[] = {
		{ OBJECT(""), NULL },
		{ OBJECT(",'ex:field':{'any':[1]}"), NULL },
		{ OBJECT(",'http://x/y':1"), NULL },
		{ OBJECT(",'no:field':1"), "epcis 7.3" },
		{ OBJECT(",'field':1"), "epcis 3.5" },
		{ OBJECT(",'@context':{'no':'urn:x:'},'no:field':1"), NULL },
		{ OBJECT(",'@context':5"), "epcis 2.1" },
		{ OBJECT(",'@context':{'cbv':'urn:x:'}"), "epcis 7.2" },
		{ OBJECT(",'@context':{'@vocab':'urn:x:'}"), "epcis 7.2" },
		{ OBJECT(",'@context':{'gs1':'https://gs1.org/voc/'}"), NULL },
		{ OBJECT(",'@context':{'cbvmda':'urn:x:'}"), NULL },
		{ OBJECT(",'@context':{'e:f':{'@type':'@id'}},'e:f':1"),
		    "epcis 7.3" },
		{ OBJECT(",'eventID':'x'"), "epcis 3.3" },
		{ OBJECT(",'eventID':'urn:uuid:1'"), NULL },
		{ OBJECT(",'recordTime':'2026-01-01'"), "epcis 3.3" },
		{ OBJECT(",'certificationInfo':['urn:x:1','y']"),
		    "/certificationInfo/1" },
		{ OBJECT(",'certificationInfo':'urn:x:1'"), NULL },
		{ OBJECT(",'errorDeclaration':{}"), "declarationTime" },
		{ OBJECT(",'errorDeclaration':{'declarationTime':"
			 "'2026-01-01T00:00:00Z','reason':'incorrect_data',"
			 "'correctiveEventIDs':['urn:x:1'],'ex:a':1}"),
		    NULL },
		{ OBJECT(",'errorDeclaration':{'declarationTime':"
			 "'2026-01-01T00:00:00Z','reason':'wrong'}"),
		    "nearest" },
		{ "{'type':'urn:x:event'," WHEN ",'anything':1}", NULL },
		{ "{'type':'SomeEvent'," WHEN "}", "epcis 3.1" },
		{ "{'type':'urn:x:event'}", "eventTime" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_times(void **state)
{
#define AT(time, offset)                                                       \
	"{'type':'ObjectEvent','action':'OBSERVE','epcList':[],"               \
	"'eventTime':'" time "','eventTimeZoneOffset':'" offset "'}"
	static const struct row rows[] = {
		{ AT("2026-01-01T00:00:00Z", "-00:00"), NULL },
		{ AT("2026-01-01T00:00:00Z", "+14:00"), NULL },
		{ AT("2026-01-01T00:00:00Z", "+14:01"), "epcis 3.2" },
		{ AT("2026-01-01T00:00:00Z", "Z"), "epcis 3.2" },
		{ AT("2026-01-01T00:00:00Z", "01:00"), "epcis 3.2" },
		{ AT("2026-01-01T00:00:00", "+01:00"), "epcis 1.3" },
		{ AT("2026-02-30T00:00:00Z", "+01:00"), "epcis 1.3" },
		{ "{'type':'ObjectEvent','action':'OBSERVE','epcList':[],"
		  "'eventTime':'2026-01-01T00:00:00Z'}",
		    "eventTimeZoneOffset" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_object(void **state)
{
	static const struct row rows[] = {
		{ OBSERVE(",'epcList':[]"), NULL },
		{ OBSERVE(""), "epcList, quantityList or" },
		{ OBSERVE(",'quantityList':[]"), "epcList, quantityList or" },
		{ OBSERVE(",'quantityList':[{'epcClass':'" LOT "'}]"), NULL },
		{ OBSERVE(",'epcList':['" EPC "','" EPC "']"), "distinct" },
		{ OBSERVE(",'epcList':['" EPC "','" EPC "B']"), NULL },
		{ OBSERVE(",'epcList':['" LOT "']"), "epcis 8.1" },
		{ OBSERVE(",'epcList':['x']"), "/epcList/0" },
		{ OBSERVE(",'epcList':['urn:x:private']"), NULL },
		{ OBSERVE(",'epcList':[],'ilmd':{'ex:a':1}"), "ADD only" },
		{ OBJECT(",'ilmd':{'ex:a':1}"), NULL },
		{ OBJECT(",'ilmd':{'a':1}"), "epcis 5.3" },
		{ OBJECT(PARENT), "no such member" },
		{ OBJECT(",'inputEPCList':[]"), "no such member" },
		{ "{'type':'ObjectEvent'," WHEN ",'action':'MOVE',"
		  "'epcList':[]}",
		    "ADD, OBSERVE" },
		{ "{'type':'ObjectEvent'," WHEN ",'epcList':[]}", "action" },
		{ OBJECT(",'persistentDisposition':{'set':['expired']}"),
		    NULL },
		{ OBJECT(",'persistentDisposition':{}"), "set or unset" },
		{ OBJECT(",'persistentDisposition':{'set':[]}"),
		    "at least one" },
		{ OBJECT(",'persistentDisposition':{'set':['expired',"
			 "'expired']}"),
		    "distinct" },
		{ OBJECT(",'persistentDisposition':{'other':[]}"),
		    "no such member" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_aggregation(void **state)
{
	static const struct row rows[] = {
		{ PACK("ADD", PARENT CHILD), NULL },
		{ PACK("ADD", CHILD), "parentID" },
		{ PACK("OBSERVE", CHILD), NULL },
		{ PACK("DELETE", PARENT), NULL },
		{ PACK("DELETE", CHILD), "parentID" },
		{ PACK("ADD", PARENT), "childEPCs or" },
		{ PACK("ADD", PARENT ",'childEPCs':[]"), "childEPCs or" },
		{ PACK("ADD",
		      PARENT ",'childQuantityList':[{'epcClass':'" LOT "'}]"),
		    NULL },
		{ PACK("ADD", ",'parentID':'x'" CHILD), "epcis 1.3" },
		{ PACK("ADD", ",'parentID':'" LOT "'" CHILD), "epcis 8.1" },
		{ PACK("ADD", PARENT CHILD ",'epcList':[]"), "no such member" },
		{ PACK("ADD", PARENT CHILD
		      ",'persistentDisposition':{'set':['expired']}"),
		    "epcis 11" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_others(void **state)
{
#define TRANSACT(rest)                                                         \
	"{'type':'TransactionEvent'," WHEN ",'action':'ADD'" rest "}"
#define TRANSFORM(rest) "{'type':'TransformationEvent'," WHEN rest "}"
	static const struct row rows[] = {
		{ TRANSACT(",'epcList':[],'bizTransactionList':[{"
			   "'bizTransaction':'urn:x:1'}]"),
		    NULL },
		{ TRANSACT(",'epcList':[],'bizTransactionList':[]"),
		    "with an item" },
		{ TRANSACT(",'epcList':[]"), "bizTransactionList" },
		{ TRANSACT(",'bizTransactionList':[{'bizTransaction':"
			   "'urn:x:1'}]"),
		    "epcList or quantityList" },
		{ TRANSFORM(",'inputEPCList':['" EPC "'],'outputEPCList':["
			    "'" EPC "B']"),
		    NULL },
		{ TRANSFORM(",'inputEPCList':['" EPC "']"),
		    "transformationID" },
		{ TRANSFORM(",'inputEPCList':['" EPC "'],"
			    "'transformationID':'urn:x:1'"),
		    NULL },
		{ TRANSFORM(",'action':'ADD'"), "no such member" },
		{ "{'type':'AssociationEvent'," WHEN ",'action':'ADD'" CHILD
		  "}",
		    "parentID" },
		{ "{'type':'AssociationEvent'," WHEN ",'action':'DELETE'" PARENT
		  "}",
		    NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
test_shapes(void **state)
{
	static const struct row rows[] = {
		{ OBJECT(",'bizStep':'shipping','disposition':'in_transit'"),
		    NULL },
		{ OBJECT(",'bizStep':'shiping'"), "nearest: shipping" },
		{ OBJECT(",'bizStep':'urn:epcglobal:cbv:bizstep:shipping'"),
		    "epcis 6.1" },
		{ OBJECT(",'bizStep':'https://ns.gs1.org/cbv/BizStep-x'"),
		    "epcis 6.1" },
		{ OBJECT(",'bizStep':'https://ref.gs1.org/cbv/BizStep-x'"),
		    NULL },
		{ OBJECT(",'bizStep':'ex:own'"), NULL },
		{ OBJECT(",'bizStep':5"), "epcis 1.4" },
		{ OBJECT(",'disposition':'gone'"), "nearest" },
		{ OBJECT(",'readPoint':{'id':'urn:x:1','ex:a':1}"), NULL },
		{ OBJECT(",'readPoint':{}"), "got no id" },
		{ OBJECT(",'readPoint':{'id':'urn:x:1','a':1}"), "epcis 5.3" },
		{ OBJECT(",'bizLocation':'urn:x:1'"), "an object" },
		{ OBJECT(",'quantityList':[{'epcClass':'" LOT
			 "','quantity':1.5,'uom':'KGM'}]"),
		    NULL },
		{ OBJECT(",'quantityList':[{'quantity':1}]"),
		    "got no epcClass" },
		{ OBJECT(",'quantityList':[{'epcClass':'" LOT
			 "','quantity':'1'}]"),
		    "a number" },
		{ OBJECT(",'quantityList':[{'epcClass':'" LOT "','uom':'kg'}]"),
		    "epcis 5.1" },
		{ OBJECT(",'quantityList':[{'epcClass':'" LOT "','x':1}]"),
		    "no such member" },
		{ OBJECT(",'quantityList':[{'epcClass':'" EPC "'}]"),
		    "epcis 8.1" },
		{ OBJECT(",'bizTransactionList':[{'type':'po',"
			 "'bizTransaction':'urn:x:1'}]"),
		    NULL },
		{ OBJECT(",'bizTransactionList':[{'type':'po'}]"),
		    "got no bizTransaction" },
		{ OBJECT(",'sourceList':[{'source':'urn:x:1'}]"),
		    "got no type" },
		{ OBJECT(",'sourceList':[{'type':'location',"
			 "'source':'urn:x:1'}]"),
		    NULL },
		{ OBJECT(",'destinationList':[{'type':'location',"
			 "'source':'urn:x:1'}]"),
		    "no such member" },
	};

	(void)state;
	CHECK(rows);
}

#define SENSOR(metadata, report)                                               \
	OBJECT(",'sensorElementList':[{" metadata "'sensorReport':[" report    \
	       "]}]")
#define METADATA(rest) "'sensorMetadata':{" rest "},"
#define HEAT(rest) "{'type':'Temperature'" rest "}"

static void
test_sensors(void **state)
{
	static const struct row rows[] = {
		{ SENSOR("", HEAT(",'value':2.5,'uom':'CEL','ex:a':1")), NULL },
		{ SENSOR("", ""), "at least one report" },
		{ SENSOR("", "{'value':1}"), "got no type" },
		{ SENSOR("", "{'type':'Temprature'}"), "nearest: Temperature" },
		{ SENSOR("", "{'type':'gs1:Temperature'}"), NULL },
		{ SENSOR("", "{'type':'https://gs1.org/voc/Temperature'}"),
		    "epcis 6.1" },
		{ SENSOR("", HEAT(",'value':'2'")), "a number" },
		{ SENSOR("", HEAT(",'booleanValue':'true'")), "true or" },
		{ SENSOR("", HEAT(",'hexBinaryValue':'0g'")), "hex" },
		{ SENSOR("", HEAT(",'hexBinaryValue':''")), "hex" },
		{ SENSOR("", HEAT(",'component':'x'")), NULL },
		{ SENSOR("", HEAT(",'component':'w'")), "nearest" },
		{ SENSOR("", HEAT(",'exception':'ALARM_CONDITION'")), NULL },
		{ SENSOR("", HEAT(",'a':1")), "epcis 5.4" },
		{ SENSOR(METADATA("'time':'2026-01-01T09:00:00Z'"), HEAT("")),
		    NULL },
		{ SENSOR(METADATA("'time':'2026-01-01T09:00:01Z'"), HEAT("")),
		    NULL },
		{ SENSOR(METADATA("'deviceID':'urn:x:1'"),
		      HEAT(",'deviceID':'urn:x:1'")),
		    NULL },
		{ SENSOR(METADATA("'deviceID':'x'"), HEAT("")), "epcis 1.3" },
		{ OBJECT(",'sensorElementList':[{}]"), "got no sensorReport" },
		{ OBSERVE(
		      ",'sensorElementList':[{'sensorReport':[" HEAT("") "]}]"),
		    "with readPoint" },
		{ OBSERVE(
		      ",'readPoint':{'id':'urn:x:1'},"
		      "'sensorElementList':[{'sensorReport':[" HEAT("") "]}]"),
		    NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
test_document(void **state)
{
#define BODY ",'epcisBody':{'eventList':[" OBJECT("") "]}}"
#define START "{'type':'EPCISDocument'"
#define CONTEXT ",'@context':'urn:x:y'"
#define VERSION ",'schemaVersion':'2.0'"
#define CREATED ",'creationDate':'2026-01-01T00:00:00Z'"
#define FULL START CONTEXT VERSION CREATED
	static const struct row rows[] = {
		{ FULL BODY, NULL },
		{ FULL ",'id':'urn:x:1','sender':'a','receiver':'b',"
		       "'instanceIdentifier':'c'" BODY,
		    NULL },
		{ FULL ",'gs1:x':1" BODY, NULL },
		{ FULL ",'x':1" BODY, "epcis 2.4" },
		{ FULL ",'sender':1" BODY, "a string" },
		{ FULL ",'id':'x'" BODY, "epcis 1.3" },
		{ START VERSION CREATED BODY, "@context" },
		{ START CONTEXT CREATED BODY, "schemaVersion" },
		{ START CONTEXT VERSION BODY, "creationDate" },
		{ START CONTEXT CREATED ",'schemaVersion':'2.'" BODY,
		    "epcis 2.2" },
		{ START CONTEXT CREATED ",'schemaVersion':'a'" BODY,
		    "epcis 2.2" },
		{ START VERSION CREATED ",'@context':['urn:x','urn:x']" BODY,
		    "distinct" },
		{ START VERSION CREATED ",'@context':[5]" BODY, "epcis 2.1" },
		{ FULL ",'epcisHeader':{'epcisMasterData':{'vocabularyList':["
		       "{'type':'urn:x:1','vocabularyElementList':[{'id':"
		       "'urn:x:2','attributes':[{'id':'urn:x:3',"
		       "'attribute':'a'}],'children':['urn:x:4']}]}]}}" BODY,
		    NULL },
		{ FULL ",'epcisHeader':{'x':1}" BODY, "epcis 2.4" },
		{ FULL ",'epcisHeader':{'epcisMasterData':5}" BODY,
		    "epcis 2.5" },
		{ FULL ",'epcisHeader':{'epcisMasterData':{'vocabularyList':["
		       "{'vocabularyElementList':[]}]}}" BODY,
		    "got no type" },
		{ FULL ",'epcisHeader':{'epcisMasterData':{'vocabularyList':["
		       "{'type':'urn:x:1','vocabularyElementList':[{'id':"
		       "'urn:x:2','attributes':[{'id':'urn:x:3',"
		       "'attribute':null}]}]}]}}" BODY,
		    "epcis 2.5" },
	};

	(void)state;
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), "", "");
}

static void
test_pointer(void **state)
{
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(
	    open_text(HEAD OBJECT("") "," OBJECT(",'bizStep':'x'") TAIL, &d),
	    ERR_OK);
	assert_int_equal(epcis_check(&doc, &d), ERR_SCHEMA);
	assert_string_equal(d.clause, "epcis 6");
	assert_non_null(
	    strstr(d.text, "/epcisBody/eventList/1/bizStep: got x, wanted"));
}

static void
test_cursor(void **state)
{
	struct epcis_event e;
	uint32_t node;

	(void)state;
	assert_int_equal(open_text(HEAD OBJECT(",'bizStep':'packing'") "," PACK(
				       "ADD", PARENT CHILD) TAIL,
			     NULL),
	    ERR_OK);
	assert_int_equal(doc.event_count, 2);
	node = epcis_first(&doc);
	epcis_event(&e, &doc, node, 0);
	assert_int_equal(e.type, EPCIS_OBJECT);
	assert_true(json_string_is(&doc.json, e.biz_step, "packing"));
	assert_int_equal(e.parent_id, JSON_NONE);
	epcis_event(&e, &doc, doc.json.nodes[node].next, 1);
	assert_int_equal(e.type, EPCIS_AGGREGATION);
	assert_int_equal(e.pos, 1);
	assert_int_not_equal(e.parent_id, JSON_NONE);
	assert_int_not_equal(e.child_epcs, JSON_NONE);
}

static void
test_sub(void **state)
{
	static const char *const cases[][2] = {
		{ HEAD OBJECT("") TAIL,
		    "https://id.gs1.org/01/09506000134352/21/A" },
		{ HEAD OBJECT("") "," OBSERVE(
		      ",'epcList':['https://a/01/9506000134352/21/%41']") TAIL,
		    "https://id.gs1.org/01/09506000134352/21/A" },
		{ HEAD OBSERVE(",'epcList':['urn:x:\\u0041']") TAIL,
		    "urn:x:A" },
		{ HEAD PACK("ADD", PARENT CHILD) TAIL, "did:web:h:device:d" },
		{ HEAD OBSERVE(",'epcList':['" LOT "','x']") TAIL,
		    "did:web:h:device:d" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = buf_heap(4096);

		assert_int_equal(open_text(cases[i][0], NULL), ERR_OK);
		assert_int_equal(
		    epcis_sub(&out, &doc, span_str("did:web:h:device:d")),
		    ERR_OK);
		assert_true(span_is(buf_span(&out), cases[i][1]));
		buf_free(&out);
	}
}

static void
test_sub_id(void **state)
{
	struct buf out = buf_heap(4096);

	(void)state;
	assert_int_equal(open_text(FULL ",'id':'urn:doc:\\u0031',"
					"'epcisBody':{'eventList':[" PACK(
					    "ADD", PARENT CHILD) "]}}",
			     NULL),
	    ERR_OK);
	assert_int_equal(epcis_sub(&out, &doc, span_str("did:x:y")), ERR_OK);
	assert_true(span_is(buf_span(&out), "urn:doc:1"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_many_events),
		cmocka_unit_test(test_common),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_aggregation),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_sensors),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_sub),
		cmocka_unit_test(test_sub_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
