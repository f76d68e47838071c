/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/epcis_fields.h"
#include "event/epcis_findings.h"

#include "base/banned.h"

/* Query documents and bare events as the EPCISDocument of a statement, and the
 * cursors over ILMD and master data. Documents are written with ' for ". */
#define C20 "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
#define CONTEXT "'@context': ['" C20 "', {'ex': 'https://ex.example/'} ]"
#define EVENT(rest)                                                            \
	"{'type':'ObjectEvent','eventTime':'2026-01-01T10:00:00Z',"            \
	"'eventTimeZoneOffset':'+01:00','action':'ADD', 'epcList':[]" rest "}"
#define BAD EVENT(",'bizStep':'x'")
#define HEAD                                                                   \
	"{" CONTEXT ",'type':'EPCISDocument','schemaVersion':'2.0',"           \
	"'creationDate':'2026-01-01T00:00:00Z','epcisBody':{'eventList': ["
#define CREATED_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define CREATED "'creationDate':'2026-01-01T00:00:00.000Z'"
#define LIST "[{'type':'urn:x:v','vocabularyElementList':[{'id':'urn:x:e'}]}]"

#define NODES 2048

static struct json_node nodes[NODES], again[NODES];
static struct epcis_findings found;
static struct epcis_doc doc;
static char text[8192], want[8192], made[8192];

static struct span
quoted(char *space, const char *source)
{
	struct buf b = buf_fixed(space, 8192);

	for (; *source != '\0'; source++)
		buf_byte(&b, *source == '\'' ? '"' : (uint8_t)*source);
	assert_int_equal(buf_error(&b), ERR_OK);
	return buf_span(&b);
}

static void
open_text(const char *source)
{
	assert_int_equal(epcis_findings_open(
			     &found, &doc, quoted(text, source), nodes, NODES),
	    ERR_OK);
	epcis_findings_check(&found, &doc);
}

static bool
good(const void *ctx, unsigned pos)
{
	return epcis_findings_good(ctx, pos);
}

/* The document made of source; it passes all that ingest asks. */
static void
makes(const char *source, const char *wanted)
{
	struct buf b = buf_fixed(made, sizeof(made));
	struct span w = quoted(want, wanted);
	struct epcis_doc out;
	struct diag d = { .code = ERR_OK };

	open_text(source);
	assert_int_equal(epcis_wrap(&b, &doc, CREATED_MS,
			     found.bad_count == 0 ? NULL : good, &found),
	    ERR_OK);
	if (!span_equal(buf_span(&b), w))
		fail_msg("made %.*s", SPAN_ARG(buf_span(&b)));
	if (epcis_open(&out, buf_span(&b), again, NODES, &d) != ERR_OK ||
	    epcis_check(&out, &d) != ERR_OK)
		fail_msg("%s: %s", d.clause, d.text);
}

static void
test_document(void **state)
{
	(void)state;
	makes(HEAD EVENT("") " , " EVENT("") " ] }}\n",
	    HEAD EVENT("") " , " EVENT("") " ] }}\n");
	/* Without the bad ones the rest is as it was. */
	makes(HEAD BAD "," EVENT("") " , " BAD " , " EVENT(
		  ",'ex:a':1") " ],'x' : 1 } ,'ex:b' : [] }",
	    HEAD EVENT("") "," EVENT(",'ex:a':1") "],'x' : 1 } ,'ex:b' : [] }");
}

static void
test_query(void **state)
{
	(void)state;
	makes("{" CONTEXT ",'type':'EPCISQueryDocument','epcisBody':{"
	      "'queryResults':{'queryName':'q','resultsBody':{'eventList':"
	      "[" EVENT("") " , " EVENT("") "]}}}}",
	    "{'@context':['" C20 "', {'ex': 'https://ex.example/'} ],'type':"
	    "'EPCISDocument','schemaVersion':'2.0'," CREATED
	    ",'epcisBody':{'eventList':[" EVENT("") "," EVENT("") "]}}");
	/* What it says beside its events goes with them; its id does not. */
	makes("{'id':'urn:x:q','ex:a' : {'b':1},'\\u0065x:c':'d','epcisBody':{"
	      "'queryResults':{'subscriptionID':'s','queryName':'q',"
	      "'resultsBody':{'vocabularyList':" LIST ",'eventList':[" BAD
	      "," EVENT("") "]}}},'schemaVersion':'2.0.1','creationDate':"
			    "'2020-01-01T00:00:00Z','type':'EPCISQueryDocument'"
			    "," CONTEXT "}",
	    "{'@context':['" C20 "', {'ex': 'https://ex.example/'} ],'type':"
	    "'EPCISDocument','schemaVersion':'2.0.1'," CREATED
	    ",'ex:a':{'b':1},'\\u0065x:c':'d','epcisHeader':{"
	    "'epcisMasterData':{'vocabularyList':" LIST
	    "}},'epcisBody':{'eventList':[" EVENT("") "]}}");
}

static void
test_event(void **state)
{
	(void)state;
	makes(" " EVENT(",'@context' : {'ex':'urn:ex:'},'ex:a':1") "\n",
	    "{'@context':['" C20 "'],'type':'EPCISDocument',"
	    "'schemaVersion':'2.0'," CREATED
	    ",'epcisBody':{'eventList':[" EVENT(
		",'@context' : {'ex':'urn:ex:'},'ex:a':1") "]}}");
}

static void
test_kind(void **state)
{
	static const struct {
		const char *source;
		enum err e;
		enum epcis_kind kind;
	} rows[] = {
		{ "{'type':'EPCISDocument'}", ERR_OK, EPCIS_KIND_DOCUMENT },
		{ "{'type':'EPCISQueryDocument'}", ERR_OK, EPCIS_KIND_QUERY },
		{ "{'type':'ObjectEvent'}", ERR_OK, EPCIS_KIND_EVENT },
		{ "{'type':'ex:mine'}", ERR_OK, EPCIS_KIND_EVENT },
		{ "{'type':'EPCISMaster','epcisBody':{}}", ERR_SCHEMA, 0 },
		{ "{'type':1}", ERR_SCHEMA, 0 },
		{ "{}", ERR_SCHEMA, 0 },
		{ "[]", ERR_SCHEMA, 0 },
		{ "'EPCISDocument'", ERR_SCHEMA, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_doc json = { .nodes = nodes, .capacity = NODES };
		struct diag d = { .code = ERR_OK };
		enum epcis_kind kind = EPCIS_KIND_DOCUMENT;

		assert_int_equal(json_scan(&json, quoted(text, rows[i].source),
				     EPCIS_DEPTH, NULL),
		    ERR_OK);
		assert_int_equal(epcis_kind_of(&kind, &json, &d), rows[i].e);
		if (rows[i].e == ERR_OK)
			assert_int_equal(kind, rows[i].kind);
		else
			assert_non_null(strstr(d.text, "wanted type"));
	}
}

static void
test_no_space(void **state)
{
	struct buf b = buf_fixed(made, 300);

	(void)state;
	open_text(EVENT(",'@context':'" C20 "'"));
	assert_int_equal(
	    epcis_wrap(&b, &doc, CREATED_MS, NULL, NULL), ERR_SPACE);
}

/* ---- fields ---- */
struct field {
	const char *ns, *local, *value;
	enum json_type type;
};

static void
same(struct span got, const char *wanted)
{
	if (!span_is(got, wanted))
		fail_msg("got %.*s, wanted %s", SPAN_ARG(got), wanted);
}

#define MDA "urn:epcglobal:cbv:mda:"

static void
test_ilmd(void **state)
{
	static const struct field fields[] = {
		{ MDA, "lotNumber", "L\"1", JSON_STRING },
		{ "https://ex.example/", "size", "1.50", JSON_NUMBER },
		{ "https://ex.example/", "name", "[\"a\",{\"b\":1}]",
		    JSON_ARRAY },
		{ "https://ex.example/", "whole", "true", JSON_TRUE },
		{ "urn:own:", "two", "{}", JSON_OBJECT },
		{ "urn:other:", "slash", "null", JSON_NULL },
		{ "https://w3.example/ns#", "part", "", JSON_STRING },
		{ "https://gs1.org/voc/", "expirationDate", "2027-01-01",
		    JSON_STRING },
		{ "urn:a:b:", "c", "x", JSON_STRING },
	};
	static struct epcis_ilmd f;
	size_t i = 0;
	uint32_t event;

	(void)state;
	open_text(HEAD EVENT(
	    ",'@context':{'a':'urn:own:','ex':{'@id':'https:\\/\\/"
	    "ex.example/'},'o':'urn:other:'},'ilmd':{"
	    "'cbvmda:lotNumber':'L\\u00221','ex:size':1.50,"
	    "'\\u0065x:name':['a',{'b':1}],"
	    "'https://ex.example/whole':true,'a:two':{},'o:slash':null,"
	    "'https://w3.example/ns#part':'',"
	    "'gs1:expirationDate':'2027-01-01','urn:a:b:c':'x'},"
	    "'ex:a':1") "," EVENT("") "]}}");
	assert_int_equal(found.count, 0);
	event = epcis_first(&doc);
	for (bool is = epcis_ilmd_first(&f, &doc, event); is;
	     is = epcis_ilmd_next(&f, &doc)) {
		assert_true(i < sizeof(fields) / sizeof(fields[0]));
		same(f.name.ns, fields[i].ns);
		same(f.name.local, fields[i].local);
		same(f.value.text, fields[i].value);
		assert_int_equal(f.value.type, fields[i].type);
		i++;
	}
	assert_int_equal(i, sizeof(fields) / sizeof(fields[0]));
	assert_false(epcis_ilmd_next(&f, &doc));
	assert_false(epcis_ilmd_first(&f, &doc, doc.json.nodes[event].next));
}

/* Of an event's context and the document's the nearer holds, of a list the
 * last; the built-in meaning where none declares. */
static void
test_prefixes(void **state)
{
	static const struct {
		const char *event, *ns;
	} rows[] = {
		{ "", "https://ex.example/" },
		{ ",'@context':{'ex':'urn:e:'}", "urn:e:" },
		{ ",'@context':[{'ex':'urn:e:'},{'ex':'urn:f:'}]", "urn:f:" },
		{ ",'@context':[{'ex':'urn:e:'},{'ex':{'@type':'@id'}}]",
		    "urn:e:" },
	};
	static struct epcis_ilmd f;
	char source[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = buf_fixed(source, sizeof(source));

		buf_str(&b, HEAD "{'type':'ObjectEvent'");
		buf_str(&b, rows[i].event);
		buf_str(&b, ",'ilmd':{'ex:a':1}}]}}");
		assert_non_null(buf_text(&b));
		open_text(source);
		assert_true(epcis_ilmd_first(&f, &doc, epcis_first(&doc)));
		same(f.name.ns, rows[i].ns);
		assert_false(epcis_ilmd_next(&f, &doc));
	}
}

/* What the rules refuse is passed over. */
static void
test_no_ilmd(void **state)
{
	static const char *const events[] = { "5", "{'ilmd':5}", "{'ilmd':[1]}",
		"{'ilmd':{}}", "{'ilmd':{'a':1,'%':2,'b:':3}}" };
	static struct epcis_ilmd f;
	char source[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct buf b = buf_fixed(source, sizeof(source));

		buf_str(&b, HEAD);
		buf_str(&b, events[i]);
		buf_str(&b, "]}}");
		assert_non_null(buf_text(&b));
		open_text(source);
		assert_false(epcis_ilmd_first(&f, &doc, epcis_first(&doc)));
		assert_false(epcis_ilmd_next(&f, &doc));
	}
}

static void
test_long_value(void **state)
{
	static struct epcis_ilmd f;
	char source[8000];
	struct buf b = buf_fixed(source, sizeof(source));

	(void)state;
	buf_str(&b, HEAD "{'ilmd':{'ex:a':'");
	for (unsigned i = 0; i < 2100; i++)
		buf_byte(&b, 'x');
	buf_str(&b, "','ex:b':'\\n");
	for (unsigned i = 0; i < 2100; i++)
		buf_byte(&b, 'x');
	buf_str(&b, "'}}]}}");
	assert_non_null(buf_text(&b));
	open_text(source);
	assert_true(epcis_ilmd_first(&f, &doc, epcis_first(&doc)));
	assert_int_equal(f.value.text.n, 2100);
	assert_true(epcis_ilmd_next(&f, &doc));
	assert_int_equal(f.value.text.n, 0);
	assert_int_equal(f.value.type, JSON_STRING);
	assert_int_not_equal(f.value.node, JSON_NONE);
}

static const char vocabularies[] =
    "[{'type':'urn:x:empty'},{'type':'urn:x:v1','vocabularyElementList':[]},"
    "{'type':'urn:epcglobal:epcis:vtype:EPCClass','vocabularyElementList':["
    "{'id':'urn:x:\\u0041','attributes':["
    "{'id':'urn:epcglobal:cbv:mda#name','attribute':'Caf\\u00e9'},"
    "{'id':'cbvmda:weight','attribute':2.50},{'id':'ex:market'}]},"
    "{'id':'urn:x:B'},{'id':'urn:x:C','attributes':[]}]},"
    "{'type':'urn:x:v2','vocabularyElementList':[{'id':'urn:x:D','attributes':"
    "[{'id':'ex:o','attribute':{'a':1}}]}]}]";

struct master_row {
	const char *type, *id, *ns, *local, *value;
};

static const struct master_row masters[] = {
	{ "urn:epcglobal:epcis:vtype:EPCClass", "urn:x:A",
	    "urn:epcglobal:cbv:mda#", "name", "Caf\xC3\xA9" },
	{ "urn:epcglobal:epcis:vtype:EPCClass", "urn:x:A", MDA, "weight",
	    "2.50" },
	{ "urn:epcglobal:epcis:vtype:EPCClass", "urn:x:A",
	    "https://ex.example/", "market", "" },
	{ "urn:epcglobal:epcis:vtype:EPCClass", "urn:x:B", "", "", "" },
	{ "urn:epcglobal:epcis:vtype:EPCClass", "urn:x:C", "", "", "" },
	{ "urn:x:v2", "urn:x:D", "https://ex.example/", "o", "{\"a\":1}" },
};

static void
walk_masters(const char *head, const char *tail)
{
	static struct epcis_master m;
	char source[4096];
	struct buf b = buf_fixed(source, sizeof(source));
	size_t i = 0;

	buf_str(&b, head);
	buf_str(&b, vocabularies);
	buf_str(&b, tail);
	assert_non_null(buf_text(&b));
	open_text(source);
	assert_int_equal(found.count, 0);
	for (bool is = epcis_master_first(&m, &doc); is;
	     is = epcis_master_next(&m, &doc)) {
		assert_true(i < sizeof(masters) / sizeof(masters[0]));
		same(m.type.text, masters[i].type);
		same(m.id.text, masters[i].id);
		same(m.name.ns, masters[i].ns);
		same(m.name.local, masters[i].local);
		same(m.value.text, masters[i].value);
		assert_int_equal(
		    m.value.node != JSON_NONE, masters[i].value[0] != '\0');
		i++;
	}
	assert_int_equal(i, sizeof(masters) / sizeof(masters[0]));
	assert_false(epcis_master_next(&m, &doc));
}

static void
test_master(void **state)
{
	static struct epcis_master m;

	(void)state;
	walk_masters("{" CONTEXT ",'type':'EPCISDocument','schemaVersion':"
		     "'2.0','creationDate':'2026-01-01T00:00:00Z',"
		     "'epcisHeader':{'epcisMasterData':{'vocabularyList':",
	    "}},'epcisBody':{'eventList':[" EVENT("") "]}}");
	walk_masters("{" CONTEXT ",'type':'EPCISQueryDocument','epcisBody':{"
		     "'queryResults':{'queryName':'q','resultsBody':{"
		     "'vocabularyList':",
	    ",'eventList':[" EVENT("") "]}}}}");
	open_text(HEAD EVENT("") "]}}");
	assert_false(epcis_master_first(&m, &doc));
	assert_false(epcis_master_next(&m, &doc));
	open_text(EVENT(",'@context':'" C20 "'"));
	assert_false(epcis_master_first(&m, &doc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_ilmd),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_no_ilmd),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
