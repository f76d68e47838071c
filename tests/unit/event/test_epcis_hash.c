/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/text.h"
#include "event/epcis_hash.h"

#include "base/banned.h"

/* Own vectors, one for each rule and trap of epcis.md 10. Documents are
 * written with ` for " to be readable. */
#define CONTEXT                                                                \
	"`@context`:[`https://ref.gs1.org/standards/epcis/2.0.0/"              \
	"epcis-context.jsonld`,{`ex`:`https://ex.example/`,"                   \
	"`bare`:`https://bare.example`,`esc`:`https:\\/\\/esc.example#`,"      \
	"`obj`:{`@id`:`urn:obj:`},`co`:{`@type`:`@id`}},"                      \
	"{`late`:`https://one.example/`},{`late`:`https://two.example/`}]"
#define DOC(events)                                                            \
	"{" CONTEXT ",`type`:`EPCISDocument`,`epcisBody`:{`eventList`:"        \
	"[" events "]}}"
#define EVENT(members) DOC("{`type`:`ObjectEvent`" members "}")
#define OBJECT "eventType=ObjectEvent"
#define SENSOR(members)                                                        \
	EVENT(",`sensorElementList`:[{`sensorReport`:[{" members "}]}]")
#define REPORT OBJECT "sensorElementListsensorElementsensorReport"
#define GTIN "https://id.gs1.org/01/09506000134352"

#define NODES 65536
#define TEXT_MAX (1 << 17)

static struct json_node nodes[NODES];
static char text[TEXT_MAX];
static struct epcis_doc doc;
static struct epcis_hash hash;

static void
open_doc(const char *source)
{
	struct buf b = buf_fixed(text, sizeof(text));
	struct diag d = { 0 };

	for (; *source != '\0'; source++)
		buf_byte(&b, *source == '`' ? '"' : (uint8_t)*source);
	assert_int_equal(buf_error(&b), ERR_OK);
	if (epcis_hash_open(&doc, buf_span(&b), nodes, NODES, &d) != ERR_OK)
		fail_msg("%.*s: %s", SPAN_ARG(buf_span(&b)), d.text);
}

struct row {
	const char *source;
	const char *pre;
	const char *why; /* NULL: comparable */
};

static void
check_order(const struct row *rows, size_t n, enum epcis_hash_order order)
{
	for (size_t i = 0; i < n; i++) {
		struct diag d = { 0 };
		enum err e;

		open_doc(rows[i].source);
		e = epcis_hash_pre(&hash, &doc, epcis_first(&doc), order, &d);
		if (e != ERR_OK)
			fail_msg("%s: %s", rows[i].source, d.text);
		assert_string_equal(buf_text(&hash.pre), rows[i].pre);
		if (rows[i].why == NULL && hash.why != NULL)
			fail_msg("%s: %s", rows[i].source, hash.why);
		if (rows[i].why != NULL) {
			assert_non_null(hash.why);
			assert_string_equal(hash.why, rows[i].why);
		}
	}
}

#define CHECK(rows)                                                            \
	check_order(                                                           \
	    rows, sizeof(rows) / sizeof((rows)[0]), EPCIS_HASH_REFERENCE)

/* Every member of an event, in no order. */
#define ALL                                                                    \
	DOC("{`ex:z`:1,`sourceList`:[{`source`:`urn:s`,`type`:`location`}],"   \
	    "`ilmd`:{`ex:lot`:`L`},`bizLocation`:{`id`:`urn:b`},"              \
	    "`readPoint`:{`ex:q`:2,`id`:`urn:r`,`ex:p`:1},"                    \
	    "`disposition`:`in_transit`,`persistentDisposition`:"              \
	    "{`unset`:[`recalled`],`set`:[`stolen`,`damaged`]},"               \
	    "`bizStep`:`shipping`,`transformationID`:`urn:t`,"                 \
	    "`action`:`ADD`,`outputQuantityList`:[{`epcClass`:`urn:o`}],"      \
	    "`outputEPCList`:[`urn:oe`],`inputQuantityList`:"                  \
	    "[{`epcClass`:`urn:i`}],`childQuantityList`:"                      \
	    "[{`epcClass`:`urn:c`}],`quantityList`:[{`uom`:`KGM`,"             \
	    "`epcClass`:`urn:q`,`quantity`:1.50}],`childEPCs`:[`urn:ce`],"     \
	    "`inputEPCList`:[`urn:ie`],`parentID`:`urn:p`,"                    \
	    "`epcList`:[`urn:e2`,`urn:e1`],`certificationInfo`:`urn:cert`,"    \
	    "`eventTimeZoneOffset`:`+01:00`,"                                  \
	    "`eventTime`:`2026-01-01T10:00:00+01:00`,`type`:`ObjectEvent`,"    \
	    "`recordTime`:`2026-01-01T10:00:00Z`,`eventID`:`urn:uuid:1`,"      \
	    "`errorDeclaration`:{`declarationTime`:`x`},`@context`:{},"        \
	    "`rdfs:comment`:`c`,`comment`:`c`,`destinationList`:"              \
	    "[{`destination`:`urn:d`,`type`:`owning_party`}],"                 \
	    "`bizTransactionList`:[{`bizTransaction`:`urn:bt`,`type`:`po`}],"  \
	    "`sensorElementList`:[{`ex:s`:1,`sensorReport`:"                   \
	    "[{`type`:`Temperature`,`value`:26.0,`ex:r`:1}],"                  \
	    "`sensorMetadata`:{`ex:m`:1,`bizRules`:`urn:br`}}]}")
#define ALL_HEAD                                                               \
	OBJECT "eventTime=2026-01-01T09:00:00.000Z"                            \
	       "eventTimeZoneOffset=+01:00certificationInfo=urn:cert"
#define ALL_PARENT "parentID=urn:p"
#define ALL_EPCS "epcListepc=urn:e1epc=urn:e2"
#define ALL_MIDDLE                                                             \
	"inputEPCListepc=urn:iechildEPCsepc=urn:ce"                            \
	"quantityListquantityElementepcClass=urn:qquantity=1.5uom=KGM"         \
	"childQuantityListquantityElementepcClass=urn:c"                       \
	"inputQuantityListquantityElementepcClass=urn:i"                       \
	"outputEPCListepc=urn:oe"                                              \
	"outputQuantityListquantityElementepcClass=urn:o"                      \
	"action=ADDtransformationID=urn:t"                                     \
	"bizStep=https://ref.gs1.org/cbv/BizStep-shipping"                     \
	"disposition=https://ref.gs1.org/cbv/Disp-in_transit"                  \
	"persistentDispositionset=https://ref.gs1.org/cbv/Disp-damaged"        \
	"set=https://ref.gs1.org/cbv/Disp-stolen"                              \
	"unset=https://ref.gs1.org/cbv/Disp-recalled"                          \
	"readPointid=urn:r{https://ex.example/}p=1{https://ex.example/}q=2"    \
	"bizLocationid=urn:b"
#define ALL_SENSORS                                                            \
	"sensorElementListsensorElementsensorMetadatabizRules=urn:br"          \
	"{https://ex.example/}m=1"                                             \
	"sensorReporttype=https://gs1.org/voc/Temperaturevalue=26"             \
	"{https://ex.example/}r=1{https://ex.example/}s=1"
#define ALL_TRANSACTIONS                                                       \
	"bizTransactionListtype=https://ref.gs1.org/cbv/BTT-po"                \
	"bizTransaction=urn:bt"
#define ALL_DESTINATIONS                                                       \
	"destinationListtype=https://ref.gs1.org/cbv/SDT-owning_party"         \
	"destination=urn:d"
#define ALL_SOURCES                                                            \
	"sourceListtype=https://ref.gs1.org/cbv/SDT-locationsource=urn:s"
#define ALL_ILMD "ilmd{https://ex.example/}lot=L"
#define ALL_EXTENSION "{https://ex.example/}z=1"

/* 10.1 and, with the traps, 10.5. */
static void
test_orders(void **state)
{
	static const struct row reference[] = {
		{ ALL,
		    ALL_HEAD ALL_PARENT ALL_EPCS ALL_MIDDLE ALL_SENSORS
			ALL_TRANSACTIONS ALL_DESTINATIONS ALL_ILMD ALL_SOURCES
			    ALL_EXTENSION,
		    NULL },
	};
	static const struct row printed[] = {
		{ ALL,
		    ALL_HEAD ALL_EPCS ALL_PARENT ALL_MIDDLE ALL_TRANSACTIONS
			ALL_SOURCES ALL_DESTINATIONS ALL_SENSORS ALL_ILMD
			    ALL_EXTENSION,
		    NULL },
	};

	(void)state;
	CHECK(reference);
	check_order(printed, 1, EPCIS_HASH_TEXT);
}

/* 10.2: lists, elements, what is empty. */
static void
test_lists(void **state)
{
	static const struct row rows[] = {
		{ EVENT(""), OBJECT, NULL },
		{ EVENT(",`epcList`:[],`quantityList`:[],`bizStep`:``,"
			"`sensorElementList`:[],`readPoint`:{},`ilmd`:{},"
			"`bizTransactionList`:[{}],`eventTime`:``,"
			"`persistentDisposition`:{`set`:[]},"
			"`certificationInfo`:[]"),
		    OBJECT, NULL },
		{ EVENT(",`epcList`:[`urn:b`,`urn:a`,`urn:b`,`urn:ab`]"),
		    OBJECT "epcListepc=urn:aepc=urn:abepc=urn:bepc=urn:b",
		    NULL },
		/* Elements are compared as whole strings. */
		{ EVENT(",`quantityList`:[{`epcClass`:`urn:a`,`quantity`:9},"
			"{`epcClass`:`urn:a`,`quantity`:10},"
			"{`epcClass`:`urn:a`}]"),
		    OBJECT "quantityListquantityElementepcClass=urn:a"
			   "quantityElementepcClass=urn:aquantity=10"
			   "quantityElementepcClass=urn:aquantity=9",
		    NULL },
		{ EVENT(",`certificationInfo`:[`urn:z`,`urn:a`]"),
		    OBJECT "certificationInfo=urn:acertificationInfo=urn:z",
		    NULL },
		/* 10.5: no type, no failure; the type first. */
		{ EVENT(",`bizTransactionList`:[{`bizTransaction`:`urn:b`},"
			"{`bizTransaction`:`urn:a`,`type`:`inv`}]"),
		    OBJECT "bizTransactionListbizTransaction=urn:b"
			   "type=https://ref.gs1.org/cbv/BTT-inv"
			   "bizTransaction=urn:a",
		    NULL },
		/* Sensor elements and reports, both sorted. */
		{ EVENT(",`sensorElementList`:[{`sensorReport`:"
			"[{`type`:`Speed`},{`type`:`Angle`}]},"
			"{`sensorMetadata`:{`deviceID`:`urn:d`},"
			"`sensorReport`:[{`type`:`Mass`}]}]"),
		    OBJECT "sensorElementList"
			   "sensorElementsensorMetadatadeviceID=urn:d"
			   "sensorReporttype=https://gs1.org/voc/Mass"
			   "sensorElement"
			   "sensorReporttype=https://gs1.org/voc/Angle"
			   "sensorReporttype=https://gs1.org/voc/Speed",
		    NULL },
		/* The tail is sorted as whole strings with extensions. */
		{ DOC("{`type`:`urn:own`,`ilmd`:{`ex:a`:1},`sourceList`:"
		      "[{`type`:`urn:t`,`source`:`urn:s`}],`ex:b`:1,"
		      "`bare:a`:1}"),
		    "eventType=urn:ownilmd{https://ex.example/}a=1"
		    "sourceListtype=urn:tsource=urn:s"
		    "{https://bare.example}a=1{https://ex.example/}b=1",
		    NULL },
	};

	(void)state;
	CHECK(rows);
}

/* 10.2: the fields of a report and of metadata. */
static void
test_sensor_fields(void **state)
{
	static const struct row rows[] = {
		{ SENSOR("`coordinateReferenceSystem`:`urn:crs`,`uom`:`CEL`,"
			 "`percValue`:3,`percRank`:50,`sDev`:0.1,"
			 "`meanValue`:2,`maxValue`:3,`minValue`:1,"
			 "`uriValue`:`urn:u`,`hexBinaryValue`:`fF`,"
			 "`booleanValue`:true,`stringValue`:`s`,"
			 "`component`:`x`,`value`:1,"
			 "`chemicalSubstance`:`urn:c`,`microorganism`:`urn:m`,"
			 "`time`:`2026-01-01T00:00:00Z`,"
			 "`dataProcessingMethod`:`urn:p`,`rawData`:`urn:r`,"
			 "`deviceMetadata`:`urn:dm`,`deviceID`:`urn:d`,"
			 "`exception`:`ALARM_CONDITION`,`type`:`Mass`"),
		    REPORT "type=https://gs1.org/voc/Mass"
			   "exception=https://gs1.org/voc/ALARM_CONDITION"
			   "deviceID=urn:ddeviceMetadata=urn:dmrawData=urn:r"
			   "dataProcessingMethod=urn:p"
			   "time=2026-01-01T00:00:00.000Z"
			   "microorganism=urn:mchemicalSubstance=urn:cvalue=1"
			   "component=https://ref.gs1.org/cbv/Comp-x"
			   "stringValue=sbooleanValue=truehexBinaryValue=fF"
			   "uriValue=urn:uminValue=1maxValue=3meanValue=2"
			   "sDev=0.1percRank=50percValue=3uom=CEL"
			   "coordinateReferenceSystem=urn:crs",
		    NULL },
		{ EVENT(",`sensorElementList`:[{`sensorMetadata`:{"
			"`bizRules`:`urn:b`,`dataProcessingMethod`:`urn:p`,"
			"`rawData`:`urn:r`,`deviceMetadata`:`urn:dm`,"
			"`deviceID`:`urn:d`,"
			"`endTime`:`2026-01-01T00:00:02Z`,"
			"`startTime`:`2026-01-01T00:00:01Z`,"
			"`time`:`2026-01-01T00:00:00Z`}}]"),
		    OBJECT "sensorElementListsensorElementsensorMetadata"
			   "time=2026-01-01T00:00:00.000Z"
			   "startTime=2026-01-01T00:00:01.000Z"
			   "endTime=2026-01-01T00:00:02.000ZdeviceID=urn:d"
			   "deviceMetadata=urn:dmrawData=urn:r"
			   "dataProcessingMethod=urn:pbizRules=urn:b",
		    NULL },
		/* 10.5: no place in the order. */
		{ SENSOR("`time`:`2026-01-01T00:00:00Z`,`bizRules`:`urn:b`,"
			 "`dataProcessingMethod`:`urn:p`"),
		    REPORT "dataProcessingMethod=urn:pbizRules=urn:b"
			   "time=2026-01-01T00:00:00.000Z",
		    "bizRules in a sensorReport" },
	};

	(void)state;
	CHECK(rows);
}

/* 10.3 */
static void
test_extensions(void **state)
{
	static const struct row rows[] = {
		{ EVENT(",`ex:o`:{`ex:b`:`2`,`ex:a`:{`ex:d`:1,`ex:c`:``}}"),
		    OBJECT "{https://ex.example/}o{https://ex.example/}a"
			   "{https://ex.example/}c{https://ex.example/}d=1"
			   "{https://ex.example/}b=2",
		    NULL },
		/* An array repeats the key; its items are siblings. */
		{ EVENT(",`ex:l`:[3,[`1`,{`ex:x`:1}],2],`ex:la`:0,"
			"`ex:e`:[],`ex:n`:{}"),
		    OBJECT "{https://ex.example/}l=1{https://ex.example/}l=2"
			   "{https://ex.example/}l=3{https://ex.example/}la=0"
			   "{https://ex.example/}l{https://ex.example/}x=1"
			   "{https://ex.example/}n",
		    NULL },
		/* An IRI keeps its own end. */
		{ EVENT(",`bare:k`:1,`obj:k`:1,`esc:k`:1"),
		    OBJECT "{https://bare.example}k=1"
			   "{https://esc.example#}k=1{urn:obj:}k=1",
		    NULL },
		/* The last declaration of a prefix holds. */
		{ EVENT(",`late:k`:1"), OBJECT "{https://two.example/}k=1",
		    NULL },
		{ DOC("{`type`:`ObjectEvent`,`@context`:{`ex`:`urn:own:`},"
		      "`ex:k`:1}"),
		    OBJECT "{urn:own:}k=1", NULL },
		/* 7.2: built in. */
		{ EVENT(",`ilmd`:{`cbvmda:lotNumber`:`L`,`gs1:x`:1,"
			"`cbv:x`:1,`epcis:x`:1,`owl:x`:1,`xsd:x`:1,"
			"`dcterms:x`:1,`rdfs:label`:1}"),
		    OBJECT "ilmd{http://purl.org/dc/terms/}x=1"
			   "{http://www.w3.org/2000/01/rdf-schema#}label=1"
			   "{http://www.w3.org/2001/XMLSchema#}x=1"
			   "{http://www.w3.org/2002/07/owl#}x=1"
			   "{https://gs1.org/voc/}x=1"
			   "{https://ref.gs1.org/cbv/}x=1"
			   "{https://ref.gs1.org/epcis/}x=1"
			   "{urn:epcglobal:cbv:mda:}lotNumber=L",
		    NULL },
		/* Names without prefix inside an extension; comments at any
		 * level are out. */
		{ EVENT(",`ex:q`:{`uom`:`KGM`,`quantity`:0.50,`comment`:`c`,"
			"`rdfs:comment`:`c`,`@context`:{}}"),
		    OBJECT "{https://ex.example/}qquantity=0.5uom=KGM", NULL },
		/* Escaped names and values. */
		{ EVENT(",`\\u0065x:\\u006b`:`a\\u00e4\\n`,`\\u0061ction`:"
			"`ADD`"),
		    OBJECT "action=ADD{https://ex.example/}k=a\xc3\xa4", NULL },
		/* What no rule gives a name. */
		{ EVENT(",`no:k`:1"), OBJECT "no:k=1",
		    "a name whose prefix is not declared" },
		{ EVENT(",`co:k`:1"), OBJECT "co:k=1",
		    "a name whose prefix is not declared" },
		{ EVENT(",`k`:1"), OBJECT "k=1",
		    "a member that is no extension" },
		{ EVENT(",`readPoint`:{`k`:1}"), OBJECT "readPointk=1",
		    "a member that is no extension" },
		{ EVENT(",`ex:k`:null"), OBJECT, "a null" },
		{ EVENT(",`action`:null"), OBJECT, "a null" },
	};

	(void)state;
	CHECK(rows);
}

/* Members of another type than the standard's are kept and marked. */
static void
test_other_types(void **state)
{
	static const char why[] = "a value of another type than the standard's";
	static const struct row rows[] = {
		{ EVENT(",`epcList`:`urn:e`"), OBJECT "epcList=urn:e", why },
		{ EVENT(",`epcList`:[`urn:e`,5]"),
		    OBJECT "epcList=5epcList=urn:e", why },
		{ EVENT(",`quantityList`:[5]"), OBJECT "quantityList=5", why },
		{ EVENT(",`action`:{`ex:b`:2,`ex:a`:1}"),
		    OBJECT "action{https://ex.example/}a=1"
			   "{https://ex.example/}b=2",
		    why },
		{ EVENT(",`eventTime`:5"), OBJECT "eventTime=5", why },
		{ EVENT(",`bizStep`:true"), OBJECT "bizStep=true", why },
		{ EVENT(",`readPoint`:`urn:r`"), OBJECT "readPoint=urn:r",
		    why },
		{ EVENT(",`ilmd`:1"), OBJECT "ilmd=1", why },
		{ EVENT(",`persistentDisposition`:{`set`:`stolen`}"),
		    OBJECT "persistentDispositionset=stolen", why },
		{ EVENT(",`certificationInfo`:[5]"),
		    OBJECT "certificationInfo=5", why },
		{ EVENT(",`sensorElementList`:[{`sensorReport`:5}]"),
		    OBJECT "sensorElementListsensorElementsensorReport=5",
		    why },
		{ DOC("{`type`:5}"), "eventType=", "an event without a type" },
		{ DOC("{}"), "eventType=", "an event without a type" },
	};

	(void)state;
	CHECK(rows);
}

#define T(t) EVENT(",`eventTime`:`" t "`")
#define TT(t) OBJECT "eventTime=" t

/* 10.4 */
static void
test_times(void **state)
{
	static const struct row rows[] = {
		{ T("2026-01-01T10:00:00.5+01:00"),
		    TT("2026-01-01T09:00:00.500Z"), NULL },
		{ T(" 2026-01-01T10:00:00Z "), TT("2026-01-01T10:00:00.000Z"),
		    NULL },
		{ T("2026-01-01T10:00:00.1234Z"),
		    TT("2026-01-01T10:00:00.123Z"), NULL },
		{ T("2026-01-01T10:00:00.123499999Z"),
		    TT("2026-01-01T10:00:00.123Z"), NULL },
		/* Half rounds up, not to even. */
		{ T("2026-01-01T10:00:00.1225Z"),
		    TT("2026-01-01T10:00:00.123Z"), NULL },
		{ T("2026-01-01T10:00:00.1235000Z"),
		    TT("2026-01-01T10:00:00.124Z"), NULL },
		{ T("2026-12-31T23:59:59.9995Z"),
		    TT("2027-01-01T00:00:00.000Z"), NULL },
		{ T("1969-12-31T23:59:59.9995-00:00"),
		    TT("1970-01-01T00:00:00.000Z"), NULL },
		{ T("yesterday"), TT("yesterday"),
		    "a time that is no date-time" },
		/* Extensions stay as written. */
		{ EVENT(",`ex:eventTime`:`2026-01-01T10:00:00+01:00`"),
		    OBJECT "{https://ex.example/}eventTime="
			   "2026-01-01T10:00:00+01:00",
		    NULL },
	};

	(void)state;
	CHECK(rows);
}

#define N(n) EVENT(",`ex:n`:" n)
#define NN(n) OBJECT "{https://ex.example/}n=" n

static void
test_numbers(void **state)
{
	static const struct row rows[] = {
		{ N("0"), NN("0"), NULL },
		{ N("-0"), NN("0"), NULL },
		{ N("-0.00e7"), NN("0"), NULL },
		{ N("26.0"), NN("26"), NULL },
		{ N("100"), NN("100"), NULL },
		{ N("0.050"), NN("0.05"), NULL },
		{ N("-12.30"), NN("-12.3"), NULL },
		{ N("1e3"), NN("1000"), NULL },
		{ N("1E+03"), NN("1000"), NULL },
		{ N("1.5e3"), NN("1500"), NULL },
		{ N("1.2345e2"), NN("123.45"), NULL },
		{ N("12345e-2"), NN("123.45"), NULL },
		{ N("5e-3"), NN("0.005"), NULL },
		{ N("0.00120e2"), NN("0.12"), NULL },
		{ N("0.0012e3"), NN("1.2"), NULL },
		{ N("120e-1"), NN("12"), NULL },
		/* No double has these digits. */
		{ N("12345678901234567890.123456789012345678901"),
		    NN("12345678901234567890.123456789012345678901"), NULL },
		{ N("0.1000000000000000055511151231257827"),
		    NN("0.1000000000000000055511151231257827"), NULL },
		/* 10.5: text stays text. */
		{ N("`007`"), NN("007"), NULL },
		{ N("`1e3`"), NN("1e3"), NULL },
		{ N("true"), NN("true"), NULL },
		{ N("false"), NN("false"), NULL },
		{ N("` a b \\t`"), NN("a b"), NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
test_words(void **state)
{
	static const struct row rows[] = {
		{ EVENT(",`bizStep`:`cbv:BizStep-packing`"),
		    OBJECT "bizStep=https://ref.gs1.org/cbv/BizStep-packing",
		    NULL },
		{ EVENT(",`bizStep`:`https://ref.gs1.org/cbv/BizStep-packing`"),
		    OBJECT "bizStep=https://ref.gs1.org/cbv/BizStep-packing",
		    NULL },
		{ EVENT(",`bizStep`:`urn:epcglobal:cbv:bizstep:packing`"),
		    OBJECT "bizStep=https://ref.gs1.org/cbv/BizStep-packing",
		    NULL },
		{ EVENT(",`bizStep`:`ex:own`"),
		    OBJECT "bizStep=https://ex.example/own", NULL },
		{ EVENT(",`bizStep`:`https://ns.example/own`"),
		    OBJECT "bizStep=https://ns.example/own", NULL },
		{ EVENT(",`bizStep`:`pakcing`"), OBJECT "bizStep=pakcing",
		    "a bare word that CBV 2.0 does not list" },
		/* A word of another list is no word here. */
		{ EVENT(",`disposition`:`packing`"),
		    OBJECT "disposition=packing",
		    "a bare word that CBV 2.0 does not list" },
		{ SENSOR("`type`:`gs1:Angle`,`component`:`cbv:Comp-x`,"
			 "`exception`:`gs1:ERROR_CONDITION`"),
		    REPORT "type=https://gs1.org/voc/Angle"
			   "exception=https://gs1.org/voc/ERROR_CONDITION"
			   "component=https://ref.gs1.org/cbv/Comp-x",
		    NULL },
		/* 10.5: one home of sensor types, whatever is declared. */
		{ "{`@context`:{`gs1`:`https://ref.gs1.org/voc/`},"
		  "`type`:`EPCISDocument`,`epcisBody`:{`eventList`:["
		  "{`type`:`ObjectEvent`,`sensorElementList`:[{"
		  "`sensorReport`:[{`type`:`gs1:Angle`}]}]}]}}",
		    REPORT "type=https://gs1.org/voc/Angle", NULL },
		/* 10.5: a word elsewhere is text. */
		{ EVENT(",`ex:k`:`packing`"),
		    OBJECT "{https://ex.example/}k=packing", NULL },
	};

	(void)state;
	CHECK(rows);
}

#define E(uri) EVENT(",`epcList`:[`" uri "`]")
#define EE(uri) OBJECT "epcListepc=" uri

static void
test_identifiers(void **state)
{
	static const struct row rows[] = {
		{ E("urn:epc:id:sgtin:9506000.013435.A"), EE(GTIN "/21/A"),
		    NULL },
		{ E("https://brand.example/some/stem/01/09506000134352/10/L/"
		    "21/A?17=260101#top"),
		    EE(GTIN "/21/A"), NULL },
		/* 6.7: short GTINs and names in place of AIs. */
		{ E("https://brand.example/01/9506000134352/21/A"),
		    EE(GTIN "/21/A"), NULL },
		{ E("http://brand.example/gtin/9506000134352/cpv/V/ser/A?x=1"),
		    EE(GTIN "/21/A"), NULL },
		{ E("HTTPS://brand.example/gtin/09506000134352/lot/L"),
		    EE(GTIN "/10/L"), NULL },
		{ E("https://brand.example/sscc/306141411234567893"),
		    EE("https://brand.example/sscc/306141411234567893"), NULL },
		{ E("https://brand.example/sscc/106141412345678908"),
		    EE("https://id.gs1.org/00/106141412345678908"), NULL },
		/* A name in the place of a value is a value. */
		{ E("https://brand.example/01/09506000134352/21/ser"),
		    EE(GTIN "/21/ser"), NULL },
		{ E("https://brand.example/gtin/09506000134352/21/gtin"),
		    EE(GTIN "/21/gtin"), NULL },
		/* An apostrophe is raw, all else is escaped. */
		{ E(GTIN "/21/a%27b!*(c)"), EE(GTIN "/21/a'b%21%2A%28c%29"),
		    NULL },
		{ E(GTIN "/21/%2527"), EE(GTIN "/21/%2527"), NULL },
		/* Other URIs as they are. */
		{ E("https://brand.example/gtin/x"),
		    EE("https://brand.example/gtin/x"), NULL },
		{ E("https://brand.example"), EE("https://brand.example"),
		    NULL },
		{ E("https://brand.example/gtin"),
		    EE("https://brand.example/gtin"), NULL },
		{ E("urn:uuid:1"), EE("urn:uuid:1"), NULL },
		{ E("geo:1,2"), EE("geo:1,2"), NULL },
		{ E(" no uri "), EE("no uri"), NULL },
		/* CURIEs are expanded, those of identifiers too. */
		{ E("ex:thing"), EE("https://ex.example/thing"), NULL },
		{ E("ex:01/09506000134352"), EE(GTIN), NULL },
		{ E("no:thing"), EE("no:thing"), NULL },
		{ E("ex://thing"), EE("ex://thing"), NULL },
		/* In extensions too. */
		{ EVENT(",`ex:k`:`urn:epc:id:sgtin:9506000.013435.A`"),
		    OBJECT "{https://ex.example/}k=" GTIN "/21/A", NULL },
	};

	(void)state;
	CHECK(rows);
}

/* What a document names as added by a repository. */
static void
test_ignored(void **state)
{
	static const char event[] =
	    "{`type`:`ObjectEvent`,`ex:hash`:1,`ex:o`:{`ex:hash`:1,"
	    "`ex:k`:1},`action`:`ADD`}";
	char source[1024];
	struct buf b = buf_fixed(source, sizeof(source));
	static const char *const heads[] = {
		"{`ex:ignoreFields`:[`ex:\\u0068ash`,`action`,5],"
		"`type`:`EPCISDocument`,`epcisBody`:{",
		"{`type`:`EPCISQueryDocument`,`epcisBody`:{`queryResults`:{"
		"`x:ignoreFields`:[`ex:hash`,`action`],`resultsBody`:{",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		buf_reset(&b);
		buf_str(&b, heads[i]);
		buf_str(&b, "`eventList`:[");
		buf_str(&b, event);
		buf_str(&b, i == 0 ? "]}," : "]}}},");
		buf_str(&b, CONTEXT "}");
		open_doc(buf_text(&b));
		assert_int_equal(epcis_hash_pre(&hash, &doc, epcis_first(&doc),
				     EPCIS_HASH_REFERENCE, NULL),
		    ERR_OK);
		assert_string_equal(buf_text(&hash.pre),
		    OBJECT "{https://ex.example/}o{https://ex.example/}k=1");
	}
}

static void
test_name(void **state)
{
	static const char pre[] = OBJECT "action=ADD";
	char name[EPCIS_HASH_CHARS + 1], want[EPCIS_HASH_CHARS + 1];
	struct buf b = buf_fixed(want, sizeof(want));
	struct hash sum = hash_bytes(span_str(pre));
	char hex[2 * HASH_BYTES + 1];

	(void)state;
	hex_print(hex, hash_span(&sum));
	buf_str(&b, "ni:///sha-256;");
	buf_str(&b, hex);
	buf_str(&b, "?ver=CBV2.0");
	open_doc(EVENT(",`action`:`ADD`"));
	assert_int_equal(epcis_hash_name(name, &hash, &doc, epcis_first(&doc),
			     EPCIS_HASH_REFERENCE, NULL),
	    ERR_OK);
	assert_string_equal(name, buf_text(&b));
}

static enum epcis_hash_fit
fit_of(const char *id)
{
	char source[1024];
	struct buf b = buf_fixed(source, sizeof(source));
	enum epcis_hash_fit fit;

	buf_str(&b, DOC("{`type`:`ObjectEvent`,`parentID`:`urn:p`,"
			"`epcList`:[`urn:e`]"));
	b.n -= 3; /* the event goes on */
	buf_str(&b, id);
	buf_str(&b, "}]}}");
	open_doc(buf_text(&b));
	assert_int_equal(
	    epcis_hash_fit(&fit, &hash, &doc, epcis_first(&doc), NULL), ERR_OK);
	return fit;
}

static void
with_name(char out[256], enum epcis_hash_order order)
{
	char name[EPCIS_HASH_CHARS + 1];
	struct buf b = buf_fixed(out, 256);

	assert_int_equal(
	    epcis_hash_name(name, &hash, &doc, epcis_first(&doc), order, NULL),
	    ERR_OK);
	buf_str(&b, ",`eventID`:`");
	buf_str(&b, name);
	buf_str(&b, "`");
	assert_non_null(buf_text(&b));
}

/* 10.5: an incoming eventID in both orders. */
static void
test_fit(void **state)
{
	char reference[256], printed[256];

	(void)state;
	assert_int_equal(fit_of(""), EPCIS_HASH_NO_ID);
	with_name(reference, EPCIS_HASH_REFERENCE);
	with_name(printed, EPCIS_HASH_TEXT);
	assert_string_not_equal(reference, printed);
	assert_int_equal(fit_of(reference), EPCIS_HASH_FITS);
	assert_int_equal(fit_of(printed), EPCIS_HASH_FITS_TEXT);
	assert_int_equal(fit_of(",`eventID`:`urn:uuid:1`"), EPCIS_HASH_NO_ID);
	assert_int_equal(fit_of(",`eventID`:5"), EPCIS_HASH_NO_ID);
	assert_int_equal(fit_of(",`eventID`:`ni:///sha-256;00?ver=CBV2.0`"),
	    EPCIS_HASH_OPAQUE);
}

static void
test_open(void **state)
{
	static const struct {
		const char *source;
		enum err e;
	} rows[] = {
		{ "{\"type\":\"EPCISDocument\",\"epcisBody\":"
		  "{\"eventList\":[]}}",
		    ERR_OK },
		{ "{", ERR_JSON },
		{ "{\"a\":\"\xff\"}", ERR_UTF8 },
		{ "[]", ERR_SCHEMA },
		{ "{}", ERR_SCHEMA },
		{ "{\"type\":5}", ERR_SCHEMA },
		{ "{\"type\":\"Other\"}", ERR_SCHEMA },
		{ "{\"type\":\"EPCISDocument\"}", ERR_SCHEMA },
		{ "{\"type\":\"EPCISDocument\",\"epcisBody\":5}", ERR_SCHEMA },
		{ "{\"type\":\"EPCISDocument\",\"epcisBody\":{}}", ERR_SCHEMA },
		{ "{\"type\":\"EPCISDocument\",\"epcisBody\":"
		  "{\"eventList\":{}}}",
		    ERR_SCHEMA },
		{ "{\"type\":\"EPCISDocument\",\"epcisBody\":"
		  "{\"eventList\":[{},5]}}",
		    ERR_SCHEMA },
		{ "{\"type\":\"EPCISQueryDocument\",\"epcisBody\":"
		  "{\"eventList\":[]}}",
		    ERR_SCHEMA },
		{ "{\"type\":\"EPCISQueryDocument\",\"epcisBody\":"
		  "{\"queryResults\":{\"resultsBody\":5}}}",
		    ERR_SCHEMA },
		{ "{\"type\":\"EPCISQueryDocument\",\"epcisBody\":"
		  "{\"queryResults\":{\"resultsBody\":{\"eventList\":[]}}}}",
		    ERR_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag d = { 0 };
		enum err e = epcis_hash_open(
		    &doc, span_str(rows[i].source), nodes, NODES, &d);

		if (e != rows[i].e || (e == ERR_SCHEMA && d.text[0] == '\0'))
			fail_msg("%s: %s", rows[i].source, err_name(e));
	}
	assert_int_equal(
	    epcis_hash_open(&doc, span_str("[1,2,3]"), nodes, 2, NULL),
	    ERR_LIMIT);
}

static void
expect(enum err want, const char *says)
{
	struct diag d = { 0 };
	enum err e = epcis_hash_pre(
	    &hash, &doc, epcis_first(&doc), EPCIS_HASH_REFERENCE, &d);

	if (e != want || (says != NULL && strstr(d.text, says) == NULL))
		fail_msg("%s %s", err_name(e), d.text);
}

/* n copies of item between head and tail. */
static void
open_repeated(const char *head, const char *item, unsigned n, const char *tail)
{
	struct buf b = buf_heap(TEXT_MAX);

	buf_str(&b, head);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i == 0 ? "" : ",", item);
	buf_str(&b, tail);
	assert_non_null(buf_text(&b));
	open_doc(buf_text(&b));
	buf_free(&b);
}

static void
test_limits(void **state)
{
	(void)state;
	open_doc(EVENT(",`ex:n`:1e1099"));
	expect(ERR_OK, NULL);
	open_doc(EVENT(",`ex:n`:1e1100"));
	expect(ERR_LIMIT, "1100 digits");
	open_doc(EVENT(",`ex:n`:1e-1100"));
	expect(ERR_OK, NULL);
	open_doc(EVENT(",`ex:n`:1e-1101"));
	expect(ERR_LIMIT, "1100 digits");
	open_doc(EVENT(",`ex:n`:[0e99999999999999999999,"
		       "1e-99999999999999999999]"));
	expect(ERR_LIMIT, "1100 digits");
	for (unsigned n = 64; n <= 65; n++) {
		open_repeated("{`x:ignoreFields`:[", "`a`", n,
		    "],`type`:`EPCISDocument`,`epcisBody`:{`eventList`:[{}]}}");
		expect(n == 64 ? ERR_OK : ERR_LIMIT,
		    n == 64 ? NULL : "64 ignored");
	}
	open_doc("{`a:ignoreFields`:[],`b:ignoreFields`:[],"
		 "`type`:`EPCISDocument`,`epcisBody`:{`eventList`:[{}]}}");
	expect(ERR_LIMIT, "one list");
	for (unsigned n = 1024; n <= 1025; n++) {
		open_repeated("{`@context`:[", "`u:r`", n,
		    "],`type`:`EPCISDocument`,`epcisBody`:{`eventList`:[{}]}}");
		expect(n == 1024 ? ERR_OK : ERR_LIMIT,
		    n == 1024 ? NULL : "1024 context");
	}
	assert_int_equal(
	    epcis_hash_pre(&hash, &doc, doc.events, EPCIS_HASH_REFERENCE, NULL),
	    ERR_SCHEMA);
}

/* Space asked for in vain is a refusal, never a wrong hash. */
static void
test_space(void **state)
{
	static const char pre[] =
	    OBJECT "epcListepc=" GTIN "/21/Aepc=urn:bepc=urn:c";
	struct epcis_hash keep = hash;

	(void)state;
	open_doc(EVENT(",`epcList`:[`urn:c`,`urn:\\u0062`,"
		       "`urn:epc:id:sgtin:9506000.013435.A`]"));
	for (size_t max = 1; max < sizeof(pre) - 1; max++) {
		epcis_hash_init(&hash, max);
		expect(ERR_TOO_LARGE, "bytes before hashing");
		epcis_hash_clear(&hash);
	}
	epcis_hash_init(&hash, sizeof(pre) - 1);
	expect(ERR_OK, NULL);
	assert_true(span_is(buf_span(&hash.pre), pre));
	epcis_hash_clear(&hash);
	hash = keep;
}

/* The largest event, in the worst order, and the object used again. */
static void
test_many(void **state)
{
	static const struct row again[] = { { EVENT(",`action`:`ADD`"),
	    OBJECT "action=ADD", NULL } };
	struct buf b = buf_heap(TEXT_MAX);
	char last[32] = "", here[32];
	size_t found = 0;

	(void)state;
	buf_str(&b, "{`type`:`EPCISDocument`,`epcisBody`:{`eventList`:[{"
		    "`type`:`ObjectEvent`,`epcList`:[`urn:0`");
	for (unsigned i = 1; i < 5000; i++)
		buf_printf(&b, ",`urn:%05u`", i * 2477 % 5003);
	buf_str(&b, "]}]}}");
	assert_non_null(buf_text(&b));
	open_doc(buf_text(&b));
	expect(ERR_OK, NULL);
	for (const char *p = buf_text(&hash.pre);
	     (p = strstr(p, "epc=urn:")) != NULL; p++, found++) {
		size_t n = strcspn(p + 4, "e");

		memcpy(here, p + 4, n);
		here[n] = '\0';
		assert_true(strcmp(last, here) <= 0);
		memcpy(last, here, sizeof(last));
	}
	assert_int_equal(found, 5000);
	buf_free(&b);
	CHECK(again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_sensor_fields),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_many),
	};
	int failed;

	epcis_hash_init(&hash, EPCIS_HASH_BYTES);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	epcis_hash_clear(&hash);
	return failed;
}
