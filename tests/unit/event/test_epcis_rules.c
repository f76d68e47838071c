/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/epcis_findings.h"

#include "base/banned.h"

/*
 * Each rule of event/epcis_findings.h with a document that breaks it and one
 * beside it that does not; a rule without a row fails the run. Documents are
 * written with ' for " to be readable.
 */
#define C20 "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
#define CONTEXT "'@context':['" C20 "',{'ex':'https://ex.example/'}]"
#define TOP(context, rest)                                                     \
	"{" context "'type':'EPCISDocument','schemaVersion':'2.0',"            \
	"'creationDate':'2026-01-01T00:00:00Z'," rest                          \
	"'epcisBody':{'eventList':[" OBSERVE("") "]}}"
#define HEADER(rest) TOP(CONTEXT ",", "'epcisHeader':" rest ",")
#define LIST(rest) HEADER("{'epcisMasterData':{'vocabularyList':" rest "}}")
#define VOCABULARY(rest) LIST("[{'type':'urn:x:v'" rest "}]")
#define ELEMENT(rest) VOCABULARY(",'vocabularyElementList':[" rest "]")
#define ATTRIBUTE(rest) ELEMENT("{'id':'urn:x:e','attributes':[" rest "]}")
#define DOC(events)                                                            \
	"{" CONTEXT ",'type':'EPCISDocument','schemaVersion':'2.0',"           \
	"'creationDate':'2026-01-01T00:00:00Z','epcisBody':{'eventList':"      \
	"[" events "]}}"
#define QUERY(body)                                                            \
	"{" CONTEXT ",'type':'EPCISQueryDocument','epcisBody':" body "}"
#define RESULTS(rest)                                                          \
	QUERY("{'queryResults':{" rest                                         \
	      "'resultsBody':{'eventList':[" OBSERVE("") "]}}}")
#define TIME "'eventTime':'2026-01-01T10:00:00Z'"
#define ZONE "'eventTimeZoneOffset':'+01:00'"
#define WHEN TIME "," ZONE
#define EPC "urn:epc:id:sgtin:9506000.013435.A"
#define LOT "urn:epc:class:lgtin:9506000.013435.L"
#define OBSERVE(rest)                                                          \
	"{'type':'ObjectEvent'," WHEN ",'action':'OBSERVE','epcList':[]" rest  \
	"}"
#define ADD(rest)                                                              \
	"{'type':'ObjectEvent'," WHEN ",'action':'ADD','epcList':[]" rest "}"
#define BARE(rest) "{'type':'ObjectEvent'," WHEN ",'action':'OBSERVE'" rest "}"
#define PACK(action, rest)                                                     \
	"{'type':'AggregationEvent'," WHEN ",'action':'" action "'" rest "}"
#define JOIN(rest)                                                             \
	"{'type':'AssociationEvent'," WHEN ",'action':'ADD','parentID':"       \
	"'urn:x:p'" rest "}"
#define TRADE(rest)                                                            \
	"{'type':'TransactionEvent'," WHEN ",'action':'ADD'" rest "}"
#define PAPER ",'bizTransactionList':[{'bizTransaction':'urn:x:t'}]"
#define MAKE(rest) "{'type':'TransformationEvent'," WHEN rest "}"
#define MADE(rest)                                                             \
	DOC(MAKE(                                                              \
	    ",'inputEPCList':['" EPC "'],'outputEPCList':['" EPC "']" rest))
#define CHILD ",'childEPCs':['" EPC "']"
#define PARENT ",'parentID':'urn:x:p'"
#define O(rest) DOC(OBSERVE(rest))
#define QUANTITY(rest) O(",'quantityList':[" rest "]")
#define ERROR(rest)                                                            \
	O(",'errorDeclaration':{'declarationTime':'2026-01-01T00:00:00Z'" rest \
	  "}")
#define LASTING(rest) O(",'persistentDisposition':" rest)
#define SENSOR(rest) O(",'sensorElementList':[" rest "]")
#define REPORT(rest) SENSOR("{'sensorReport':[" rest "]}")
#define HEAT(rest) REPORT("{'type':'Temperature'" rest "}")
#define MEASURED(metadata, report)                                             \
	SENSOR("{'sensorMetadata':{" metadata "},'sensorReport':[{'type':"     \
	       "'Temperature'" report "}]}")
#define CONTEXTS(rest) TOP("'@context':" rest ",", "")
#define EVENT "/epcisBody/eventList/0"
/* 33 levels, 32 levels */
#define TEN(x) x x x x x x x x x x
#define DEEP                                                                   \
	O(",'ex:a':" TEN("[") TEN("[") "[[[[[[[[["                             \
				       "1" TEN("]") TEN("]") "]]]]]]]]]")
#define FLAT                                                                   \
	O(",'ex:a':" TEN("[") TEN("[") "[[[[[[[["                              \
				       "1" TEN("]") TEN("]") "]]]]]]]]")

struct row {
	enum epcis_rule rule;
	const char *bad, *pointer; /* breaks the rule there */
	const char *good;
};

#define R(name) EPCIS_RULE_##name

static const struct row rows[] = {
	/* 1 */
	{ R(JSON), "{'type':'ObjectEvent','a':{'b':[1,}]}}", "/a/b", O("") },
	{ R(JSON), "{'a':'b", "/a", O("") },
	{ R(JSON), "{'a':{'b':1},'c' 5}", "", O("") },
	{ R(JSON), "", "", O("") },
	{ R(BOM), "\xEF\xBB\xBF" O(""), "", O("") },
	{ R(UTF8), "{'a':{'b':'\xff'}}", "/a/b", O(",'ex:a':'\xC3\xBC'") },
	{ R(UTF8), "\xff\xfe{", "", O("") },
	{ R(NAME_TWICE), "{'a':[{'b':1,'c':{},'b':2}]}", "/a/0/b",
	    O(",'ex:a':[{'b':1},{'b':1}]") },
	{ R(SURROGATE), "{'a':'\\ud800'}", "/a",
	    O(",'ex:a':'\\ud83d\\ude00'") },
	{ R(NUL), O(",'ex:a':'\\u0000'"), EVENT "/ex:a",
	    O(",'ex:a':'\\u0001'") },
	{ R(DEPTH), DEEP,
	    EVENT "/ex:a/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0",
	    FLAT },
	{ R(SHAPE), DOC("{'type':'urn:x:e'," WHEN ",'epcList':5}"),
	    EVENT "/epcList",
	    DOC("{'type':'urn:x:e'," WHEN ",'epcList':['a']}") },
	{ R(DATE_TIME),
	    DOC("{'type':'urn:x:e'," ZONE ",'eventTime':"
		"'2026-02-30T00:00:00Z'}"),
	    EVENT "/eventTime", DOC("{'type':'urn:x:e'," WHEN "}") },
	{ R(DATE_TIME),
	    DOC("{'type':'urn:x:e'," ZONE ",'eventTime':"
		"'2026-01-01T00:00:00'}"),
	    EVENT "/eventTime",
	    DOC("{'type':'urn:x:e'," ZONE ",'eventTime':"
		"'2026-01-01T00:00:00.123456789-14:00'}") },
	{ R(URI), O(",'readPoint':{'id':'word'}"), EVENT "/readPoint/id",
	    O(",'readPoint':{'id':'ex:word'}") },
	{ R(URI), O(",'readPoint':{'id':'urn:x:%4'}"), EVENT "/readPoint/id",
	    O(",'readPoint':{'id':'urn:x:%4f'}") },
	{ R(VALUE_TYPE), QUANTITY("{'epcClass':'" LOT "','quantity':'5'}"),
	    EVENT "/quantityList/0/quantity",
	    QUANTITY("{'epcClass':'" LOT "','quantity':5}") },
	{ R(VALUE_TYPE), O(",'bizStep':5"), EVENT "/bizStep",
	    O(",'bizStep':'packing'") },
	{ R(VALUE_TYPE), DOC("5"), EVENT, O("") },
	{ R(VALUE_TYPE), HEAT(",'booleanValue':'true'"),
	    EVENT "/sensorElementList/0/sensorReport/0/booleanValue",
	    HEAT(",'booleanValue':true") },
	/* 2 */
	{ R(DOCUMENT_TYPE), "[]", "", O("") },
	{ R(DOCUMENT_TYPE), "{}", "", O("") },
	{ R(DOCUMENT_TYPE), "{'type':'x','epcisBody':1}", "/type", O("") },
	{ R(CONTEXT_MISSING), TOP("", ""), "", TOP(CONTEXT ",", "") },
	{ R(CONTEXT), CONTEXTS("5"), "/@context", CONTEXTS("{}") },
	{ R(CONTEXT), CONTEXTS("['" C20 "',5]"), "/@context/1",
	    CONTEXTS("'" C20 "'") },
	{ R(CONTEXT_TWICE), CONTEXTS("['" C20 "','" C20 "']"), "/@context/1",
	    CONTEXTS("['" C20 "']") },
	{ R(DOCUMENT_MEMBER),
	    "{" CONTEXT ",'type':'EPCISDocument','creationDate':"
	    "'2026-01-01T00:00:00Z','epcisBody':{'eventList':[" OBSERVE(
		"") "]}}",
	    "", O("") },
	{ R(DOCUMENT_MEMBER),
	    "{" CONTEXT ",'type':'EPCISDocument','schemaVersion':'2.0',"
	    "'creationDate':'2026-01-01T00:00:00Z','epcisBody':{}}",
	    "/epcisBody", O("") },
	{ R(SCHEMA_VERSION),
	    "{" CONTEXT ",'type':'EPCISDocument','schemaVersion':'2.',"
	    "'creationDate':'2026-01-01T00:00:00Z','epcisBody':{'eventList':"
	    "[" OBSERVE("") "]}}",
	    "/schemaVersion", O("") },
	{ R(QUERY_MEMBER), RESULTS(""), "/epcisBody/queryResults",
	    RESULTS("'queryName':'q',") },
	{ R(QUERY_MEMBER), QUERY("{}"), "/epcisBody",
	    RESULTS("'queryName':'q','subscriptionID':'s',") },
	{ R(DOCUMENT_NAME), TOP(CONTEXT ",", "'x':1,"), "/x",
	    TOP(CONTEXT ",", "'ex:x':1,") },
	{ R(DOCUMENT_NAME), HEADER("{'x':1}"), "/epcisHeader/x",
	    HEADER("{'ex:x':1}") },
	{ R(DOCUMENT_NAME), RESULTS("'queryName':'q','x':1,"),
	    "/epcisBody/queryResults/x", RESULTS("'queryName':'q','ex:x':1,") },
	{ R(MASTER_DATA), HEADER("{'epcisMasterData':5}"),
	    "/epcisHeader/epcisMasterData", HEADER("{'epcisMasterData':{}}") },
	{ R(VOCABULARY_TYPE), LIST("[{}]"),
	    "/epcisHeader/epcisMasterData/vocabularyList/0",
	    LIST("[{'type':'urn:x:v'}]") },
	{ R(ELEMENT_ID), ELEMENT("{}"),
	    "/epcisHeader/epcisMasterData/vocabularyList/0/"
	    "vocabularyElementList/0",
	    ELEMENT("{'id':'urn:x:e','children':['urn:x:c']}") },
	{ R(ATTRIBUTE_ID), ATTRIBUTE("{'attribute':1}"),
	    "/epcisHeader/epcisMasterData/vocabularyList/0/"
	    "vocabularyElementList/0/attributes/0",
	    ATTRIBUTE("{'id':'urn:x:a'}") },
	{ R(ATTRIBUTE_VALUE), ATTRIBUTE("{'id':'urn:x:a','attribute':null}"),
	    "/epcisHeader/epcisMasterData/vocabularyList/0/"
	    "vocabularyElementList/0/attributes/0/attribute",
	    ATTRIBUTE("{'id':'urn:x:a','attribute':{}}") },
	{ R(EVENT_COUNT), DOC(""), "/epcisBody/eventList", O("") },
	/* 3 */
	{ R(EVENT_TYPE), DOC("{'type':'SomeEvent'," WHEN "}"), EVENT "/type",
	    DOC("{'type':'ex:SomeEvent'," WHEN "}") },
	{ R(EVENT_TYPE), DOC("{" WHEN "}"), EVENT, O("") },
	{ R(EVENT_TIME), DOC("{'type':'ex:e'," ZONE "}"), EVENT, O("") },
	{ R(TIME_ZONE_OFFSET), DOC("{'type':'ex:e'," TIME "}"), EVENT, O("") },
	{ R(TIME_ZONE_OFFSET),
	    DOC("{'type':'ex:e'," TIME ",'eventTimeZoneOffset':'Z'}"),
	    EVENT "/eventTimeZoneOffset",
	    DOC("{'type':'ex:e'," TIME ",'eventTimeZoneOffset':'-14:00'}") },
	{ R(RECORD_TIME), O(",'recordTime':'now'"), EVENT "/recordTime",
	    O(",'recordTime':'2026-01-01T00:00:00Z'") },
	{ R(EVENT_ID), O(",'eventID':'one'"), EVENT "/eventID",
	    O(",'eventID':'urn:uuid:1'") },
	{ R(CERTIFICATION), O(",'certificationInfo':['urn:x:1','y']"),
	    EVENT "/certificationInfo/1", O(",'certificationInfo':'urn:x:1'") },
	{ R(DECLARATION_TIME), O(",'errorDeclaration':{}"),
	    EVENT "/errorDeclaration", ERROR("") },
	{ R(CORRECTIVE_ID), ERROR(",'correctiveEventIDs':['x']"),
	    EVENT "/errorDeclaration/correctiveEventIDs/0",
	    ERROR(",'correctiveEventIDs':['urn:x:1']") },
	{ R(DECLARATION_NAME), ERROR(",'x':1"), EVENT "/errorDeclaration/x",
	    ERROR(",'ex:x':1") },
	{ R(EVENT_NAME), O(",'field':1"), EVENT "/field", O(",'ex:field':1") },
	{ R(BARE_CONTEXT), OBSERVE(""), "", OBSERVE(",'@context':'" C20 "'") },
	/* 4: a row of the table for each cell that forbids, then the rest */
	{ R(ACTION), DOC("{'type':'ObjectEvent'," WHEN ",'epcList':[]}"), EVENT,
	    O("") },
	{ R(ACTION), DOC(PACK("MOVE", PARENT CHILD)), EVENT "/action",
	    DOC(PACK("ADD", PARENT CHILD)) },
	{ R(MEMBER), MADE(",'action':'ADD'"), EVENT "/action", O("") },
	{ R(MEMBER), DOC(PACK("ADD", PARENT CHILD ",'epcList':[]")),
	    EVENT "/epcList", DOC(TRADE(PAPER ",'epcList':[]")) },
	{ R(MEMBER), MADE(",'epcList':[]"), EVENT "/epcList", O("") },
	{ R(MEMBER), DOC(JOIN(CHILD ",'epcList':[]")), EVENT "/epcList",
	    DOC(JOIN(CHILD)) },
	{ R(MEMBER), DOC(PACK("ADD", PARENT CHILD ",'quantityList':[]")),
	    EVENT "/quantityList",
	    DOC(TRADE(PAPER ",'quantityList':[{'epcClass':'" LOT "'}]")) },
	{ R(MEMBER), MADE(",'quantityList':[]"), EVENT "/quantityList", O("") },
	{ R(MEMBER), DOC(JOIN(CHILD ",'quantityList':[]")),
	    EVENT "/quantityList", O("") },
	{ R(MEMBER), O(PARENT), EVENT "/parentID",
	    DOC(TRADE(PAPER ",'epcList':[]" PARENT)) },
	{ R(MEMBER), MADE(PARENT), EVENT "/parentID", O("") },
	{ R(MEMBER), O(CHILD), EVENT "/childEPCs", DOC(JOIN(CHILD)) },
	{ R(MEMBER), DOC(TRADE(PAPER ",'epcList':[]" CHILD)),
	    EVENT "/childEPCs", O("") },
	{ R(MEMBER), MADE(CHILD), EVENT "/childEPCs", O("") },
	{ R(MEMBER), O(",'childQuantityList':[]"), EVENT "/childQuantityList",
	    DOC(JOIN(",'childQuantityList':[{'epcClass':'" LOT "'}]")) },
	{ R(MEMBER), DOC(TRADE(PAPER ",'epcList':[],'childQuantityList':[]")),
	    EVENT "/childQuantityList", O("") },
	{ R(MEMBER), O(",'inputEPCList':[]"), EVENT "/inputEPCList",
	    DOC(MAKE(
		",'inputEPCList':['" EPC "'],'outputEPCList':['" EPC "']")) },
	{ R(MEMBER), DOC(PACK("ADD", PARENT CHILD ",'outputEPCList':[]")),
	    EVENT "/outputEPCList", O("") },
	{ R(MEMBER), DOC(TRADE(PAPER ",'epcList':[],'inputQuantityList':[]")),
	    EVENT "/inputQuantityList",
	    DOC(MAKE(",'inputQuantityList':[{'epcClass':'" LOT
		     "'}],'transformationID':'urn:x:1'")) },
	{ R(MEMBER), DOC(JOIN(CHILD ",'outputQuantityList':[]")),
	    EVENT "/outputQuantityList",
	    DOC(MAKE(",'outputQuantityList':[{'epcClass':'" LOT
		     "'}],'transformationID':'urn:x:1'")) },
	{ R(MEMBER), O(",'transformationID':'urn:x:1'"),
	    EVENT "/transformationID", O("") },
	{ R(MEMBER), DOC(PACK("ADD", PARENT CHILD ",'ilmd':{}")), EVENT "/ilmd",
	    DOC(ADD(",'ilmd':{}")) },
	{ R(MEMBER), DOC(TRADE(PAPER ",'epcList':[],'ilmd':{}")), EVENT "/ilmd",
	    O("") },
	{ R(MEMBER), DOC(JOIN(CHILD ",'ilmd':{}")), EVENT "/ilmd",
	    DOC(MAKE(",'inputEPCList':['" EPC "'],'outputEPCList':['" EPC
		     "'],'ilmd':{}")) },
	{ R(EPCS_TWICE),
	    DOC("{'type':'ObjectEvent'," WHEN ",'action':'ADD','epcList':['" EPC
		"','" EPC "']}"),
	    EVENT "/epcList/1",
	    DOC(TRADE(PAPER ",'epcList':['" EPC "','" EPC "']")) },
	{ R(EPCS_TWICE),
	    DOC(MAKE(",'transformationID':'urn:x:1','inputEPCList':['" EPC
		     "','urn:epc:id:sgtin:9506000.013435.\\u0041']")),
	    EVENT "/inputEPCList/1", DOC(PACK("OBSERVE", CHILD)) },
	{ R(PARENT), DOC(PACK("ADD", CHILD)), EVENT,
	    DOC(PACK("OBSERVE", CHILD)) },
	{ R(PARENT), DOC(PACK("DELETE", "")), EVENT,
	    DOC(PACK("DELETE", PARENT)) },
	{ R(PARENT),
	    DOC("{'type':'AssociationEvent'," WHEN ",'action':'OBSERVE'" CHILD
		"}"),
	    EVENT, DOC(JOIN(CHILD)) },
	{ R(TRANSACTION_LIST), DOC(TRADE(",'epcList':[]")), EVENT,
	    DOC(TRADE(PAPER ",'epcList':[]")) },
	{ R(TRANSACTION_LIST),
	    DOC(TRADE(",'epcList':[],'bizTransactionList':"
		      "[]")),
	    EVENT, O(",'bizTransactionList':[]") },
	{ R(ILMD_ACTION), O(",'ilmd':{'ex:a':1}"), EVENT "/ilmd",
	    DOC(ADD(",'ilmd':{'ex:a':1}")) },
	{ R(OBJECT_LEAST), DOC(BARE("")), EVENT, DOC(BARE(",'epcList':[]")) },
	{ R(OBJECT_LEAST),
	    DOC(BARE(",'sensorElementList':[{'sensorReport':[{'type':'Speed'}]"
		     "}]")),
	    EVENT,
	    DOC(BARE(",'sensorElementList':[{'sensorReport':[{'type':'Speed'}]"
		     "}],'readPoint':{'id':'urn:x:1'}")) },
	{ R(AGGREGATION_LEAST), DOC(PACK("ADD", PARENT ",'childEPCs':[]")),
	    EVENT, DOC(PACK("DELETE", PARENT)) },
	{ R(TRANSACTION_LEAST), DOC(TRADE(PAPER)), EVENT,
	    DOC("{'type':'TransactionEvent'," WHEN ",'action':'DELETE'" PAPER
		"}") },
	{ R(TRANSFORMATION_LEAST), DOC(MAKE(",'inputEPCList':['" EPC "']")),
	    EVENT,
	    DOC(MAKE(",'inputEPCList':['" EPC "'],'transformationID':"
		     "'urn:x:1'")) },
	{ R(ASSOCIATION_LEAST), DOC(JOIN("")), EVENT, DOC(JOIN(CHILD)) },
	{ R(PERSISTENT_MEMBER),
	    DOC(PACK("ADD",
		PARENT CHILD ",'persistentDisposition':{'set':['expired']}")),
	    EVENT "/persistentDisposition", LASTING("{'set':['expired']}") },
	{ R(PERSISTENT_MEMBER),
	    DOC(JOIN(CHILD ",'persistentDisposition':{'set':['expired']}")),
	    EVENT "/persistentDisposition",
	    DOC(MAKE(",'inputEPCList':['" EPC "'],'outputEPCList':['" EPC
		     "'],'persistentDisposition':{'unset':['expired']}")) },
	/* 5 */
	{ R(EPC_CLASS), QUANTITY("{'quantity':1}"), EVENT "/quantityList/0",
	    QUANTITY("{'epcClass':'" LOT "'}") },
	{ R(QUANTITY_NAME), QUANTITY("{'epcClass':'" LOT "','ex:x':1}"),
	    EVENT "/quantityList/0/ex:x", QUANTITY("{'epcClass':'" LOT "'}") },
	{ R(UOM), QUANTITY("{'epcClass':'" LOT "','uom':'kg'}"),
	    EVENT "/quantityList/0/uom",
	    QUANTITY("{'epcClass':'" LOT "','uom':'KGM'}") },
	{ R(TRANSACTION_ID), O(",'bizTransactionList':[{'type':'po'}]"),
	    EVENT "/bizTransactionList/0",
	    O(",'bizTransactionList':[{'type':'po','bizTransaction':"
	      "'urn:x:1'}]") },
	{ R(TRANSACTION_NAME),
	    O(",'bizTransactionList':[{'x':1,'bizTransaction':'urn:x:1'}]"),
	    EVENT "/bizTransactionList/0/x", O(PAPER) },
	{ R(SOURCE), O(",'sourceList':[{'source':'urn:x:1'}]"),
	    EVENT "/sourceList/0",
	    O(",'sourceList':[{'type':'location','source':'urn:x:1'}]") },
	{ R(SOURCE_NAME),
	    O(",'sourceList':[{'type':'location','source':'urn:x:1','x':1}]"),
	    EVENT "/sourceList/0/x", O(",'sourceList':[]") },
	{ R(DESTINATION), O(",'destinationList':[{'type':'location'}]"),
	    EVENT "/destinationList/0",
	    O(",'destinationList':[{'type':'location','destination':"
	      "'urn:x:1'}]") },
	{ R(DESTINATION_NAME),
	    O(",'destinationList':[{'type':'location','destination':'urn:x:1',"
	      "'source':'urn:x:1'}]"),
	    EVENT "/destinationList/0/source", O(",'destinationList':[]") },
	{ R(PLACE_ID), O(",'bizLocation':{}"), EVENT "/bizLocation",
	    O(",'bizLocation':{'id':'urn:x:1'}") },
	{ R(PLACE_NAME), O(",'readPoint':{'id':'urn:x:1','x':1}"),
	    EVENT "/readPoint/x", O(",'readPoint':{'id':'urn:x:1','ex:x':1}") },
	{ R(PERSISTENT_EMPTY), LASTING("{}"), EVENT "/persistentDisposition",
	    LASTING("{'set':['expired']}") },
	{ R(PERSISTENT_EMPTY), LASTING("{'set':[]}"),
	    EVENT "/persistentDisposition/set", LASTING("{'set':['ex:x']}") },
	{ R(PERSISTENT_TWICE), LASTING("{'unset':['expired','expired']}"),
	    EVENT "/persistentDisposition/unset/1",
	    LASTING("{'unset':['expired','damaged']}") },
	{ R(PERSISTENT_NAME), LASTING("{'set':['expired'],'ex:x':1}"),
	    EVENT "/persistentDisposition/ex:x",
	    LASTING("{'set':['expired'],'unset':['damaged']}") },
	{ R(ILMD_NAME), DOC(ADD(",'ilmd':{'x':1}")), EVENT "/ilmd/x",
	    DOC(ADD(",'ilmd':{'http://x/y':1}")) },
	{ R(SENSOR_REPORT), SENSOR("{}"), EVENT "/sensorElementList/0",
	    HEAT("") },
	{ R(SENSOR_REPORT), REPORT(""),
	    EVENT "/sensorElementList/0/sensorReport", HEAT(",'value':1.5") },
	{ R(SENSOR_TYPE), REPORT("{'value':1}"),
	    EVENT "/sensorElementList/0/sensorReport/0", HEAT("") },
	{ R(HEX_VALUE), HEAT(",'hexBinaryValue':'0g'"),
	    EVENT "/sensorElementList/0/sensorReport/0/hexBinaryValue",
	    HEAT(",'hexBinaryValue':'0Fa'") },
	{ R(SENSOR_NAME), HEAT(",'x':1"),
	    EVENT "/sensorElementList/0/sensorReport/0/x", HEAT(",'ex:x':1") },
	{ R(SENSOR_NAME), MEASURED("'x':1", ""),
	    EVENT "/sensorElementList/0/sensorMetadata/x",
	    MEASURED("'startTime':'2026-01-01T00:00:00Z','bizRules':'urn:x:1'",
		"") },
	{ R(SENSOR_TIME), MEASURED("'time':'2026-01-01T10:00:01Z'", ""),
	    EVENT "/sensorElementList/0/sensorMetadata/time",
	    MEASURED("'time':'2026-01-01T10:00:00Z'", "") },
	{ R(SENSOR_TWICE),
	    MEASURED("'deviceID':'urn:x:1'", ",'deviceID':'urn:x:1'"),
	    EVENT "/sensorElementList/0/sensorReport/0/deviceID",
	    MEASURED("'deviceID':'urn:x:1'", ",'rawData':'urn:x:1'") },
	/* 6 */
	{ R(BIZ_STEP_WORD), O(",'bizStep':'shiping'"), EVENT "/bizStep",
	    O(",'bizStep':'shipping'") },
	{ R(DISPOSITION_WORD), O(",'disposition':'gone'"), EVENT "/disposition",
	    O(",'disposition':'cbv:Disp-expired'") },
	{ R(TRANSACTION_WORD),
	    O(",'bizTransactionList':[{'type':'bill','bizTransaction':"
	      "'urn:x:1'}]"),
	    EVENT "/bizTransactionList/0/type",
	    O(",'bizTransactionList':[{'type':'bol','bizTransaction':"
	      "'urn:x:1'}]") },
	{ R(SOURCE_WORD),
	    O(",'sourceList':[{'type':'owner','source':'urn:x:1'}]"),
	    EVENT "/sourceList/0/type",
	    O(",'sourceList':[{'type':'owning_party','source':'urn:x:1'}]") },
	{ R(REASON_WORD), ERROR(",'reason':'wrong'"),
	    EVENT "/errorDeclaration/reason", ERROR(",'reason':'ex:wrong'") },
	{ R(EXCEPTION_WORD), HEAT(",'exception':'ALARM'"),
	    EVENT "/sensorElementList/0/sensorReport/0/exception",
	    HEAT(",'exception':'ALARM_CONDITION'") },
	{ R(COMPONENT_WORD), HEAT(",'component':'w'"),
	    EVENT "/sensorElementList/0/sensorReport/0/component",
	    HEAT(",'component':'x'") },
	{ R(SENSOR_WORD), REPORT("{'type':'Molar_concentration'}"),
	    EVENT "/sensorElementList/0/sensorReport/0/type",
	    REPORT("{'type':'gs1:Temperature'}") },
	{ R(SENSOR_WORD), REPORT("{'type':'EffectiveDoseRate'}"),
	    EVENT "/sensorElementList/0/sensorReport/0/type", HEAT("") },
	{ R(WORD_SPELLING), O(",'bizStep':'urn:epcglobal:cbv:bizstep:packing'"),
	    EVENT "/bizStep",
	    O(",'bizStep':'https://ref.gs1.org/cbv/BizStep-packing'") },
	{ R(WORD_SPELLING), REPORT("{'type':'https://gs1.org/voc/Speed'}"),
	    EVENT "/sensorElementList/0/sensorReport/0/type", HEAT("") },
	/* 7 */
	{ R(CONTEXT_UNKNOWN), CONTEXTS("'https://ex.example/c.jsonld'"),
	    "/@context", CONTEXTS("'" C20 "'") },
	{ R(CONTEXT_UNKNOWN), O(",'@context':['https://ex.example/c']"),
	    EVENT "/@context/0",
	    CONTEXTS("['https://ref.gs1.org/standards/epcis/"
		     "epcis-context.jsonld','https://gs1.github.io/EPCIS/"
		     "epcis-context.jsonld']") },
	{ R(CONTEXT_KEYWORD), CONTEXTS("['" C20 "',{'@vocab':'urn:x:'}]"),
	    "/@context/1/@vocab", CONTEXTS("['" C20 "',{'v':'urn:x:'}]") },
	{ R(CONTEXT_KEYWORD), O(",'@context':{'@base':'urn:x:'}"),
	    EVENT "/@context/@base", O("") },
	{ R(PREFIX_FIXED), CONTEXTS("['" C20 "',{'cbv':'urn:x:'}]"),
	    "/@context/1/cbv",
	    CONTEXTS(
		"['" C20 "',{'cbv':{'@id':'https://ref.gs1.org/cbv/'}}]") },
	{ R(PREFIX_OTHER), CONTEXTS("['" C20 "',{'cbvmda':'urn:x:'}]"),
	    "/@context/1/cbvmda",
	    CONTEXTS("['" C20 "',{'cbvmda':'urn:epcglobal:cbv:mda:'}]") },
	{ R(PREFIX_UNDECLARED), O(",'no:field':1"), EVENT "/no:field",
	    O(",'@context':{'no':'urn:x:'},'no:field':1") },
	{ R(VALUE_PREFIX), O(",'readPoint':{'id':'no:x'}"),
	    EVENT "/readPoint/id", O(",'readPoint':{'id':'ex:x'}") },
	/* 8 */
	{ R(CLASS_AS_INSTANCE),
	    DOC("{'type':'ObjectEvent'," WHEN ",'action':'ADD','epcList':['" LOT
		"']}"),
	    EVENT "/epcList/0",
	    DOC("{'type':'ObjectEvent'," WHEN ",'action':'ADD','epcList':["
		"'urn:x:private']}") },
	{ R(CLASS_AS_INSTANCE),
	    DOC(PACK("ADD", ",'parentID':'https://id.gs1.org/01/"
			    "09506000134352'" CHILD)),
	    EVENT "/parentID",
	    DOC("{'type':'AssociationEvent'," WHEN ",'action':'ADD','parentID':"
		"'https://id.gs1.org/414/9506000134352'" CHILD "}") },
	{ R(INSTANCE_AS_CLASS), QUANTITY("{'epcClass':'" EPC "'}"),
	    EVENT "/quantityList/0/epcClass",
	    QUANTITY("{'epcClass':'https://id.gs1.org/01/09506000134352'}") },
};

/* Rules about amounts have cases of their own below. */
static const enum epcis_rule elsewhere[] = { R(TOO_LARGE), R(VALUES),
	R(TEXT_LENGTH), R(CONTEXT_LIMIT) };

#define NODES 4096

static struct json_node nodes[NODES];
static struct epcis_findings found;
static struct epcis_doc doc;
static char text[8192];

static void
quoted(struct buf *out, const char *source)
{
	for (; *source != '\0'; source++)
		buf_byte(out, *source == '\'' ? '"' : (uint8_t)*source);
	assert_int_equal(buf_error(out), ERR_OK);
}

static enum err
collect(const char *source)
{
	struct buf b = buf_fixed(text, sizeof(text));
	enum err e;

	quoted(&b, source);
	e = epcis_findings_open(&found, &doc, buf_span(&b), nodes, NODES);
	if (e == ERR_OK)
		epcis_findings_check(&found, &doc);
	return e;
}

static void
print_all(void)
{
	for (unsigned i = 0; i < found.count; i++)
		print_error("  %s %s got %s wanted %s\n",
		    epcis_rule_code(found.list[i].rule), found.list[i].pointer,
		    found.list[i].got, found.list[i].wanted);
}

/* The rule alone is broken by it, at its place. */
static bool
is_bad(const struct row *r)
{
	bool event = strncmp(r->pointer, EVENT, sizeof(EVENT) - 1) == 0;
	bool warns = epcis_rule_warns(r->rule);
	enum err e = collect(r->bad);
	const struct epcis_finding *f = &found.list[0];

	if (found.count != 1 || f->rule != r->rule || f->warning != warns ||
	    strcmp(f->pointer, r->pointer) != 0 || f->wanted[0] == '\0')
		return false;
	if (e != ERR_OK)
		return f->event == -1 && found.document_bad;
	return f->event == (event ? 0 : -1) &&
	       epcis_findings_good(&found, 0) == (warns || !event) &&
	       found.document_bad == (!warns && !event);
}

static void
test_rows(void **state)
{
	unsigned faults = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *code = epcis_rule_code(rows[i].rule);

		if (!is_bad(&rows[i])) {
			print_error("%s: %s: not just that, at %s\n", code,
			    rows[i].bad, rows[i].pointer);
			print_all();
			faults++;
		}
		if (collect(rows[i].good) != ERR_OK || found.count != 0) {
			print_error("%s: %s: not good\n", code, rows[i].good);
			print_all();
			faults++;
		}
	}
	assert_int_equal(faults, 0);
}

static bool
has_row(enum epcis_rule rule)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].rule == rule)
			return true;
	}
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		if (elsewhere[i] == rule)
			return true;
	}
	return false;
}

/* Each rule has a case, and a word and clause that no other shares. */
static void
test_complete(void **state)
{
	(void)state;
	for (int a = 1; a < EPCIS_RULES; a++) {
		enum epcis_rule rule = (enum epcis_rule)a;

		if (!has_row(rule))
			fail_msg("%s has no case", epcis_rule_code(rule));
		assert_non_null(epcis_rule_code(rule));
		assert_true(strlen(epcis_rule_clause(rule)) > 6);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(epcis_rule_code(rule),
			    epcis_rule_code((enum epcis_rule)b));
	}
	assert_string_equal(epcis_rule_code(EPCIS_RULES), "none");
}

/* What ingest asks and what capture asks is one set of rules. */
static void
test_same_as_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag d = { .code = ERR_OK };
		struct epcis_doc again;
		enum err e;

		if (collect(rows[i].bad) != ERR_OK ||
		    doc.kind != EPCIS_KIND_DOCUMENT)
			continue;
		e = epcis_open(&again, doc.json.text, nodes, NODES, &d);
		if (e == ERR_OK)
			e = epcis_check(&again, &d);
		assert_int_equal(e, found.errors == 0 ? ERR_OK : ERR_SCHEMA);
		if (e != ERR_OK && strcmp(d.clause, "formats 1.3") != 0)
			assert_string_equal(
			    d.clause, epcis_rule_clause(rows[i].rule));
	}
}

/* ---- many faults ---- */
static void
test_proceed(void **state)
{
	struct epcis_finding one;

	(void)state;
	assert_int_equal(
	    collect(DOC(OBSERVE(",'bizStep':'x','field':1") "," OBSERVE(
		"") ",7," OBSERVE(",'disposition':'y'"))),
	    ERR_OK);
	assert_int_equal(found.count, 4);
	assert_int_equal(found.bad_count, 3);
	assert_false(found.document_bad);
	assert_int_equal(found.list[0].event, 0);
	assert_int_equal(found.list[1].event, 0);
	assert_string_equal(found.list[1].pointer, EVENT "/field");
	assert_string_equal(found.list[1].got, "1");
	assert_int_equal(found.list[2].event, 2);
	assert_int_equal(found.list[3].event, 3);
	assert_false(epcis_findings_good(&found, 0));
	assert_true(epcis_findings_good(&found, 1));
	assert_false(epcis_findings_good(&found, 2));
	assert_false(epcis_findings_good(&found, 3));
	assert_false(epcis_findings_good(&found, EPCIS_CAPTURE_EVENTS));
	assert_true(epcis_findings_first(&one, &doc, epcis_first(&doc), 0));
	assert_int_equal(one.rule, EPCIS_RULE_BIZ_STEP_WORD);
	assert_false(epcis_findings_first(
	    &one, &doc, doc.json.nodes[epcis_first(&doc)].next, 1));
}

/* The texts around n values of a list. */
struct many {
	const char *head, *item, *tail;
	unsigned n;
};

static struct buf big;
static struct json_node *space;

static void
drop(void)
{
	buf_free(&big);
	free(space);
	space = NULL;
}

/* Leaves the document open; capacity 0: as much as it asks for. */
static enum err
collect_many(const struct many *m, uint32_t capacity)
{
	char item[512];
	struct buf one = buf_fixed(item, sizeof(item));
	enum err e;

	drop();
	quoted(&one, m->item);
	big = buf_heap(EPCIS_CAPTURE_BYTES + 4096);
	quoted(&big, m->head);
	for (unsigned i = 0; i < m->n; i++) {
		buf_str(&big, i == 0 ? "" : ",");
		buf_put(&big, buf_span(&one));
	}
	quoted(&big, m->tail);
	if (capacity == 0)
		capacity = epcis_nodes(buf_span(&big));
	space = malloc(capacity * sizeof(*space));
	assert_non_null(space);
	e = epcis_findings_open(&found, &doc, buf_span(&big), space, capacity);
	if (e == ERR_OK)
		epcis_findings_check(&found, &doc);
	return e;
}

#define HEAD                                                                   \
	"{" CONTEXT ",'type':'EPCISDocument','schemaVersion':'2.0',"           \
	"'creationDate':'2026-01-01T00:00:00Z','epcisBody':{'eventList':["
#define TAIL "]}}"

/* Each of 10,000 events is known to be bad, though the list is full. */
static void
test_full(void **state)
{
	struct many m = { HEAD, OBSERVE(",'bizStep':'x'"), TAIL, 10000 };
	struct epcis_finding one;
	uint32_t last = JSON_NONE;

	(void)state;
	assert_int_equal(collect_many(&m, 0), ERR_OK);
	assert_int_equal(found.count, EPCIS_FINDINGS);
	assert_int_equal(found.bad_count, 10000);
	assert_true(found.more);
	assert_false(epcis_findings_good(&found, 9999));
	for (uint32_t i = epcis_first(&doc); i != JSON_NONE;
	     i = doc.json.nodes[i].next)
		last = i;
	assert_true(epcis_findings_first(&one, &doc, last, 9999));
	assert_int_equal(one.rule, EPCIS_RULE_BIZ_STEP_WORD);
	assert_int_equal(one.event, 9999);
	assert_string_equal(one.pointer, "/epcisBody/eventList/9999/bizStep");
	m.item = OBSERVE("");
	assert_int_equal(collect_many(&m, 0), ERR_OK);
	assert_int_equal(found.count, 0);
	m.n = 10001;
	assert_int_equal(collect_many(&m, 0), ERR_SCHEMA);
	assert_int_equal(found.list[0].rule, EPCIS_RULE_EVENT_COUNT);
	drop();
}

#define LISTS                                                                  \
	"{'type':'AggregationEvent'," WHEN ",'action':'ADD'" PARENT            \
	",'childEPCs':["

/* One event does not take the room of the others, nor do warnings or what
 * stands around the events. */
static void
test_room(void **state)
{
	struct many faults = { HEAD OBSERVE(",'bizStep':'x'") "," LISTS, "5",
		"]}," OBSERVE(",'bizStep':'x'") TAIL, 200 };
	struct many warnings = { HEAD LISTS, "'no:x'", faults.tail, 200 };
	struct many around = { "{" CONTEXT ",'type':'EPCISDocument',"
			       "'schemaVersion':'2.0','creationDate':"
			       "'2026-01-01T00:00:00Z','epcisHeader':{"
			       "'epcisMasterData':{'vocabularyList':[",
		"5",
		"]}},'epcisBody':{'eventList':[" OBSERVE(",'bizStep':'x'") TAIL,
		200 };

	(void)state;
	assert_int_equal(collect_many(&faults, 0), ERR_OK);
	assert_int_equal(found.bad_count, 3);
	assert_int_equal(found.count, EPCIS_EVENT_FINDINGS + 2);
	assert_true(found.more);
	assert_int_equal(collect_many(&warnings, 0), ERR_OK);
	assert_int_equal(found.warnings, EPCIS_WARNINGS);
	assert_int_equal(found.errors, 1);
	assert_true(epcis_findings_good(&found, 0));
	assert_false(epcis_findings_good(&found, 1));
	assert_int_equal(collect_many(&around, 0), ERR_OK);
	assert_true(found.document_bad);
	assert_int_equal(found.errors, EPCIS_DOCUMENT_FINDINGS + 1);
	assert_int_equal(found.bad_count, 1);
	drop();
}

static void
expect_one(enum err e, enum err want, enum epcis_rule rule, const char *pointer)
{
	if (found.count != 1 || found.list[0].rule != rule ||
	    strcmp(found.list[0].pointer, pointer) != 0) {
		print_all();
		fail_msg("not just %s", epcis_rule_code(rule));
	}
	assert_int_equal(e, want);
}

static void
test_amounts(void **state)
{
	struct many m = { HEAD "{'type':'urn:x:e'," WHEN ",'ex:a':[", "1",
		"]}" TAIL, EPCIS_CAPTURE_BYTES / 2 };

	(void)state;
	expect_one(
	    collect_many(&m, 8), ERR_TOO_LARGE, EPCIS_RULE_TOO_LARGE, "");
	m.n = 100;
	expect_one(
	    collect_many(&m, 50), ERR_LIMIT, EPCIS_RULE_VALUES, EVENT "/ex:a");
	/* Two bytes a value are no document. */
	m.n = EPCIS_CAPTURE_BYTES / 2 - 200;
	expect_one(
	    collect_many(&m, 0), ERR_LIMIT, EPCIS_RULE_VALUES, EVENT "/ex:a");
	m.item = "12345678";
	m.n = EPCIS_CAPTURE_BYTES / 9 - 100;
	assert_int_equal(collect_many(&m, 0), ERR_OK);
	assert_int_equal(found.count, 0);
	drop();
}

static void
test_text_length(void **state)
{
	struct many m = { HEAD "{'type':'ex:e'," WHEN ",'eventID':'urn:x:",
		"\\u0041", "'}" TAIL, 1 };

	(void)state;
	assert_int_equal(collect_many(&m, 0), ERR_OK);
	assert_int_equal(found.count, 0);
	m.n = 2048;
	expect_one(collect_many(&m, 0), ERR_OK, EPCIS_RULE_TEXT_LENGTH,
	    EVENT "/eventID");
	drop();
}

static void
test_context_limit(void **state)
{
	struct many contexts = { "{'@context':['" C20 "',", "{}",
		"],'type':'EPCISDocument','schemaVersion':'2.0',"
		"'creationDate':'2026-01-01T00:00:00Z','epcisBody':"
		"{'eventList':[" OBSERVE("") TAIL,
		64 };
	struct many filled = { "", "'0123456789'", "]}" TAIL, 6000 };
	char terms[4096];
	struct buf b = buf_fixed(terms, sizeof(terms));

	(void)state;
	expect_one(collect_many(&contexts, 0), ERR_OK, EPCIS_RULE_CONTEXT_LIMIT,
	    "/@context");
	/* Terms count in a document that is larger than a statement. */
	buf_str(&b, HEAD "{'type':'ex:e'," WHEN ",'@context':{'a0':'urn:x:'");
	for (unsigned i = 1; i < 257; i++)
		buf_printf(&b, ",'a%u':1", i);
	buf_str(&b, "},'ex:fill':[");
	filled.head = buf_text(&b);
	assert_non_null(filled.head);
	expect_one(collect_many(&filled, 0), ERR_OK, EPCIS_RULE_CONTEXT_LIMIT,
	    EVENT "/@context");
	filled.n = 10;
	assert_int_equal(collect_many(&filled, 0), ERR_OK);
	assert_int_equal(found.count, 0);
	drop();
}

/* The document around a bare event takes three levels (formats 1.3). */
static void
test_bare_depth(void **state)
{
	char deep[256];
	unsigned most = EPCIS_DEPTH - 3 - 1;

	(void)state;
	for (unsigned n = most; n <= most + 1; n++) {
		struct buf b = buf_fixed(deep, sizeof(deep));

		buf_str(&b,
		    "{'type':'urn:x:e'," WHEN ",'@context':'" C20 "','gs1:a':");
		for (unsigned i = 0; i < 2 * n; i++)
			buf_byte(&b, i < n ? '[' : ']');
		buf_byte(&b, '}');
		assert_non_null(buf_text(&b));
		if (n == most)
			assert_int_equal(collect(deep), ERR_OK);
		else
			assert_int_equal(collect(deep), ERR_LIMIT);
		assert_int_equal(found.count, n == most ? 0 : 1);
	}
	assert_int_equal(found.list[0].rule, EPCIS_RULE_DEPTH);
}

/* Texts of a finding end at a character's border. */
static void
test_cut(void **state)
{
	struct many m = { HEAD "{'type':'ex:e'," WHEN ",'eventID':'",
		"\xC3\xBC", "'}" TAIL, 100 };

	(void)state;
	assert_int_equal(collect_many(&m, 0), ERR_OK);
	assert_int_equal(found.list[0].rule, EPCIS_RULE_EVENT_ID);
	assert_true(strlen(found.list[0].got) <= 48);
	assert_int_equal(
	    (uint8_t)found.list[0].got[strlen(found.list[0].got) - 1] >= 0xC0,
	    0);
	drop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_same_as_check),
		cmocka_unit_test(test_proceed),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_text_length),
		cmocka_unit_test(test_context_limit),
		cmocka_unit_test(test_bare_depth),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
