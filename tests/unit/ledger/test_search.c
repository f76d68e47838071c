/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of an entry to its rows in the search tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/did.h"
#include "event/registry.h"
#include "event/statement.h"
#include "ledger/logtext.h"
#include "ledger/search.h"

#include "base/banned.h"

#define HOST "example.com"
#define GTIN "09506000134352"
#define ITEM "https://id.gs1.org/01/" GTIN "/21/X1"

/* A log of an authority and of device line-1 of organisation works. */
struct log {
	struct search *s;
	struct sign_key authority, line;
	uint64_t index; /* of the next entry */
	struct buf entry;
	struct search_rows rows; /* of the last entry */
};

static void
put(struct log *l, const char *device, enum content content,
    const char *payload)
{
	struct buf did = buf_heap(400);
	struct claims c = { .epoch = 1, .seq = l->index };
	bool line = strcmp(device, "line-1") == 0;

	assert_int_equal(did_web_device(&did, HOST, span_str(device)), ERR_OK);
	c.iss = c.sub = buf_span(&did);
	buf_reset(&l->entry);
	assert_int_equal(
	    statement_make(&l->entry, &c, content, span_str(payload),
		line ? &l->line : &l->authority, NULL),
	    ERR_OK);
	buf_free(&did);
	assert_int_equal(
	    search_entry(&l->rows, l->s, l->index++, buf_span(&l->entry)),
	    ERR_OK);
}

static void
registered(struct log *l, const char *payload)
{
	put(l, "authority", CONTENT_IS_REGISTRY, payload);
	assert_int_equal(l->rows.event_count, 0);
	assert_int_equal(l->rows.org_count, 0);
	assert_false(l->rows.refused);
}

/* A document of line-1 with these events. */
static void
events(struct log *l, const char *text)
{
	static char doc[STATEMENT_MAX];

	(void)snprintf(doc, sizeof doc,
	    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\",{\"ex\":\"https://ex.example/\"}],"
	    "\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","
	    "\"creationDate\":\"2026-01-01T00:00:00Z\","
	    "\"epcisBody\":{\"eventList\":[%s]}}",
	    text);
	put(l, "line-1", CONTENT_IS_PRODUCT, doc);
}

#define EVENT(type, rest)                                                      \
	"{\"type\":\"" type "\",\"eventTime\":\"2026-01-02T03:04:05.678Z\","   \
	"\"eventTimeZoneOffset\":\"+00:00\"," rest "}"
#define OBSERVE(rest)                                                          \
	EVENT("ObjectEvent", "\"action\":\"OBSERVE\",\"epcList\":[]," rest)

static int
setup(void **state)
{
	static const uint8_t a[KEY_BYTES] = { 1 }, b[KEY_BYTES] = { 2 };
	struct log *l = calloc(1, sizeof *l);
	struct genesis g = { .origin = HOST "/demo", .authority_count = 1 };
	struct buf text = buf_heap(4096);
	struct registry_device v = { .name = "line-1",
		.organisation = "works",
		.did = "did:web:" HOST ":device:line-1",
		.epoch = 1,
		.role = "device" };

	assert_non_null(l);
	assert_int_equal(crypto_start(), ERR_OK);
	key_from_seed(&l->authority, a);
	key_from_seed(&l->line, b);
	memcpy(g.authority[0], l->authority.pub, KEY_BYTES);
	assert_int_equal(genesis_print(&text, &g), ERR_OK);
	assert_int_equal(search_new(&l->s, buf_span(&text), NULL), ERR_OK);
	l->entry = buf_heap(STATEMENT_MAX);
	l->index = 1;
	registered(l, "{\"type\":\"organisation\",\"id\":\"works\",\"op\":"
		      "\"set\",\"from\":1,\"name\":\"works\",\"did\":"
		      "\"did:web:example.com:org:works\",\"glns\":[]}");
	buf_reset(&text);
	v.key = l->line.pub;
	assert_int_equal(
	    registry_put_device(&text, &v, REGISTRY_SET, 1), ERR_OK);
	registered(l, buf_text(&text));
	buf_free(&text);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	struct log *l = *state;

	search_free(l->s);
	buf_free(&l->entry);
	free(l);
	return 0;
}

static void
is(struct span got, const char *want)
{
	char text[1100];

	(void)snprintf(text, sizeof text, "%.*s", SPAN_ARG(got));
	assert_string_equal(text, want);
}

static void
epc_is(const struct log *l, size_t i, unsigned pos, enum search_role role,
    const char *epc)
{
	assert_true(i < l->rows.epc_count);
	is(l->rows.epcs[i].epc, epc);
	assert_int_equal(l->rows.epcs[i].pos, pos);
	assert_int_equal(l->rows.epcs[i].role, role);
}

static void
ref_is(const struct log *l, size_t i, enum search_kind kind, const char *value,
    const char *type)
{
	assert_true(i < l->rows.ref_count);
	is(l->rows.refs[i].value, value);
	is(l->rows.refs[i].type, type);
	assert_int_equal(l->rows.refs[i].kind, kind);
}

static void
reader_is(const struct log *l, size_t i, const char *org)
{
	struct hash h = hash_bytes(span_str(org));

	assert_memory_equal(
	    l->rows.readers.p + i * SEARCH_READER, h.b, SEARCH_READER);
}

static void
orgs_are(const struct log *l, size_t n, const char *const *names)
{
	char did[100];

	assert_int_equal(l->rows.org_count, n);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(
		    did, sizeof did, "did:web:" HOST ":org:%s", names[i]);
		is(l->rows.orgs[i], did);
		reader_is(l, i, did);
	}
	assert_int_equal(l->rows.readers.n, n * SEARCH_READER);
}

/* ---- events ---- */
static void
the_members_of_an_event(void **state)
{
	struct log *l = *state;
	const struct search_event *e;

	events(
	    l, EVENT("ObjectEvent",
		   "\"action\":\"OBSERVE\",\"epcList\":[\"" ITEM "\"],"
		   "\"bizStep\":\"shipping\",\"disposition\":\"in_transit\","
		   "\"eventID\":\"ni:///sha-256;00\","
		   "\"readPoint\":{\"id\":\"urn:epc:id:sgln:9506000.11111.7\"},"
		   "\"bizLocation\":{\"id\":\"https://ex.example/hall\"}"));
	assert_int_equal(l->rows.index, l->index - 1);
	assert_int_equal(l->rows.event_count, 1);
	e = &l->rows.events[0];
	assert_int_equal(e->pos, 0);
	assert_int_equal(e->event_ms, INT64_C(1767323045678));
	assert_false(e->declares);
	is(e->type, "ObjectEvent");
	is(e->action, "OBSERVE");
	is(e->biz_step, "shipping");
	is(e->disposition, "in_transit");
	is(e->read_point, "https://id.gs1.org/414/9506000111117/254/7");
	is(e->biz_location, "https://ex.example/hall");
	is(e->event_id, "ni:///sha-256;00");
	assert_int_equal(l->rows.epc_count, 1);
	epc_is(l, 0, 0, SEARCH_EPC, ITEM);
	assert_int_equal(l->rows.ref_count, 0);
}

static void
what_is_absent_is_empty(void **state)
{
	struct log *l = *state;
	const struct search_event *e;

	events(l, EVENT("https://ex.example/Own", "\"bizStep\":5,"
						  "\"readPoint\":\"x\""));
	assert_int_equal(l->rows.event_count, 1);
	e = &l->rows.events[0];
	is(e->type, "https://ex.example/Own");
	is(e->action, "");
	is(e->biz_step, "");
	is(e->disposition, "");
	is(e->read_point, "");
	is(e->biz_location, "");
	assert_int_equal(l->rows.epc_count, 0);
}

static void
standard_words_are_bare(void **state)
{
	struct log *l = *state;

	events(l,
	    OBSERVE(
		"\"bizStep\":"
		"\"https://ref.gs1.org/cbv/BizStep-receiving\","
		"\"disposition\":\"cbv:Disp-in_progress\"") "," OBSERVE("\"bizS"
									"tep\":"
									"\"http"
									"s://"
									"ex."
									"exampl"
									"e/"
									"BizSte"
									"p-x\","
									"\"disp"
									"ositio"
									"n\":"
									"\"ex:"
									"Disp-"
									"y\""));
	assert_int_equal(l->rows.event_count, 2);
	is(l->rows.events[0].biz_step, "receiving");
	is(l->rows.events[0].disposition, "in_progress");
	assert_int_equal(l->rows.events[1].pos, 1);
	is(l->rows.events[1].biz_step, "https://ex.example/BizStep-x");
	is(l->rows.events[1].disposition, "ex:Disp-y");
}

/* epcis 8.3; the UUIDs are those of Python's uuid.uuid5(). */
static void
an_absent_event_id_is_derived(void **state)
{
	struct log *l = *state;
	char id[SEARCH_EVENT_ID + 1];

	search_event_id(id, HOST "/demo", 9, 1);
	assert_string_equal(
	    id, "urn:uuid:a172e89c-305a-5e27-9201-b2cddbcb1aeb");
	events(l, OBSERVE("\"eventID\":\"ex:1\"") "," OBSERVE(
		      "\"bizStep\":\"packing\""));
	is(l->rows.events[0].event_id, "ex:1");
	search_event_id(id, HOST "/demo", l->index - 1, 1);
	is(l->rows.events[1].event_id, id);
}

/* ---- lists ---- */
static void
spellings_of_one_identifier_are_one_row(void **state)
{
	struct log *l = *state;

	events(l, EVENT("ObjectEvent",
		      "\"action\":\"OBSERVE\",\"epcList\":["
		      "\"urn:epc:id:sgtin:9506000.013435.X1\",\"" ITEM "\","
		      "\"https://b.example/01/9506000134352/21/X\\u0031\"]"));
	assert_int_equal(l->rows.epc_count, 1);
	epc_is(l, 0, 0, SEARCH_EPC, ITEM);
}

static void
each_list_has_its_role(void **state)
{
	struct log *l = *state;

	events(l,
	    EVENT("AggregationEvent",
		"\"action\":\"ADD\",\"parentID\":\"ex:p\","
		"\"childEPCs\":[\"ex:b\",\"ex:a\"],\"childQuantityList\":"
		"[{\"epcClass\":\"urn:epc:class:lgtin:9506000.013435.L1\","
		"\"quantity\":5}]") "," EVENT("TransformationEvent",
		"\"inputEPCList\":[\"ex:a\"],\"outputEPCList\":[\"ex:a\"],"
		"\"inputQuantityList\":[{\"epcClass\":\"ex:k\"}],"
		"\"outputQuantityList\":[{\"epcClass\":\"ex:k\"}]") "," EVENT("ObjectEvent",
		"\"action\":\"OBSERVE\",\"quantityList\":"
		"[{\"epcClass\":\"ex:k\"}]"));
	assert_int_equal(l->rows.event_count, 3);
	assert_int_equal(l->rows.epc_count, 9);
	epc_is(l, 0, 0, SEARCH_CHILD, "ex:a");
	epc_is(l, 1, 1, SEARCH_INPUT, "ex:a");
	epc_is(l, 2, 1, SEARCH_OUTPUT, "ex:a");
	epc_is(l, 3, 0, SEARCH_CHILD, "ex:b");
	epc_is(l, 4, 1, SEARCH_INPUT_CLASS, "ex:k");
	epc_is(l, 5, 1, SEARCH_OUTPUT_CLASS, "ex:k");
	epc_is(l, 6, 2, SEARCH_CLASS, "ex:k");
	epc_is(l, 7, 0, SEARCH_PARENT, "ex:p");
	epc_is(l, 8, 0, SEARCH_CHILD_CLASS,
	    "https://id.gs1.org/01/" GTIN "/10/L1");
}

static void
references_of_an_event(void **state)
{
	struct log *l = *state;

	events(l,
	    OBSERVE("\"bizTransactionList\":[{\"bizTransaction\":\"ex:1\"},"
		    "{\"type\":\"cbv:BTT-po\",\"bizTransaction\":\"ex:1\"},"
		    "{\"type\":\"po\",\"bizTransaction\":\"ex:1\"}],"
		    "\"sourceList\":[{\"type\":\"cbv:SDT-owning_party\","
		    "\"source\":\"urn:epc:id:pgln:9506000.11111\"}],"
		    "\"destinationList\":[{\"type\":\"ex:t\","
		    "\"destination\":\"ex:d\"}],"
		    "\"persistentDisposition\":{\"set\":[\"cbv:Disp-expired\"],"
		    "\"unset\":[\"recalled\"]}"));
	assert_int_equal(l->rows.ref_count, 6);
	ref_is(l, 0, SEARCH_TRANSACTION, "ex:1", "");
	ref_is(l, 1, SEARCH_TRANSACTION, "ex:1", "po");
	ref_is(l, 2, SEARCH_DESTINATION, "ex:d", "ex:t");
	ref_is(l, 3, SEARCH_PERSISTENT_SET, "expired", "");
	ref_is(l, 4, SEARCH_SOURCE, "https://id.gs1.org/417/9506000111117",
	    "owning_party");
	ref_is(l, 5, SEARCH_PERSISTENT_UNSET, "recalled", "");
	events(
	    l, EVENT("TransformationEvent", "\"inputEPCList\":[\"ex:a\"],"
					    "\"transformationID\":\"ex:t\""));
	assert_int_equal(l->rows.ref_count, 1);
	ref_is(l, 0, SEARCH_TRANSFORMATION, "ex:t", "");
}

static void
an_error_declaration(void **state)
{
	struct log *l = *state;

	events(l, OBSERVE("\"eventID\":\"ex:1\",\"errorDeclaration\":{"
			  "\"declarationTime\":\"2026-01-03T00:00:00Z\","
			  "\"reason\":\"cbv:ER-incorrect_data\","
			  "\"correctiveEventIDs\":[\"ex:3\",\"ex:2\"]}"));
	assert_true(l->rows.events[0].declares);
	assert_int_equal(l->rows.ref_count, 3);
	ref_is(l, 0, SEARCH_CORRECTIVE, "ex:2", "");
	ref_is(l, 1, SEARCH_CORRECTIVE, "ex:3", "");
	ref_is(l, 2, SEARCH_REASON, "incorrect_data", "");
}

/* What a B-tree cannot hold stands as its hash, the same for a question. */
static void
a_long_text_is_hashed(void **state)
{
	struct log *l = *state;
	char uri[1100], text[2000];
	struct buf key = buf_heap(2000);

	memset(uri, 'a', sizeof uri);
	memcpy(uri, "ex:", 3);
	uri[sizeof uri - 1] = '\0';
	(void)snprintf(text, sizeof text,
	    EVENT("ObjectEvent", "\"action\":\"OBSERVE\",\"epcList\":[\"%s\"]"),
	    uri);
	events(l, text);
	assert_int_equal(l->rows.epc_count, 1);
	assert_int_equal(l->rows.epcs[0].epc.n, 65);
	assert_int_equal(l->rows.epcs[0].epc.p[0], '~');
	assert_int_equal(search_identifier(&key, span_str(uri)), ERR_OK);
	assert_true(span_equal(buf_span(&key), l->rows.epcs[0].epc));
	buf_reset(&key);
	assert_int_equal(search_identifier(&key,
			     span_str("urn:epc:id:sgtin:9506000.013435.X1")),
	    ERR_OK);
	is(buf_span(&key), ITEM);
	buf_free(&key);
}

/* More of everything than any first allocation, over two chunks of text. */
static void
many_identifiers(void **state)
{
	struct log *l = *state;
	struct buf b = buf_heap(STATEMENT_MAX);

	buf_str(&b, "{\"type\":\"ObjectEvent\",\"eventTime\":"
		    "\"2026-01-02T03:04:05Z\",\"eventTimeZoneOffset\":"
		    "\"+00:00\",\"action\":\"ADD\",\"epcList\":[");
	for (unsigned i = 0; i < 1500; i++)
		buf_printf(&b, "%s\"urn:epc:id:sgtin:9506000.013435.%u\"",
		    i > 0 ? "," : "", 1499 - i);
	buf_str(&b, "]}");
	events(l, buf_text(&b));
	assert_int_equal(l->rows.epc_count, 1500);
	epc_is(l, 0, 0, SEARCH_EPC, "https://id.gs1.org/01/" GTIN "/21/0");
	epc_is(l, 1499, 0, SEARCH_EPC, "https://id.gs1.org/01/" GTIN "/21/999");
	for (size_t i = 1; i < 1500; i++)
		assert_true(span_compare(l->rows.epcs[i - 1].epc,
				l->rows.epcs[i].epc) < 0);
	buf_free(&b);
}

/* ---- what gives no event ---- */
static void
no_event_without_the_standard(void **state)
{
	struct log *l = *state;

	put(l, "line-1", CONTENT_IS_PRODUCT, "{\"type\":\"EPCISDocument\"}");
	assert_true(l->rows.refused);
	events(l, OBSERVE("\"bizStep\":\"shiping\""));
	assert_true(l->rows.refused);
	assert_int_equal(l->rows.event_count, 0);
	assert_int_equal(l->rows.epc_count, 0);
	assert_int_equal(l->rows.org_count, 0);
	events(l, OBSERVE("\"bizStep\":\"shipping\""));
	assert_false(l->rows.refused);
	assert_int_equal(l->rows.event_count, 1);
}

static void
other_entries_give_nothing(void **state)
{
	static const char *const texts[] = { "countermark/epoch/v1\nx\n",
		"countermark/fork/v1\nx", "no statement", "" };
	struct log *l = *state;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(search_entry(&l->rows, l->s, l->index++,
				     span_str(texts[i])),
		    ERR_OK);
		assert_int_equal(l->rows.event_count, 0);
		assert_false(l->rows.refused);
	}
}

static void
a_genesis_that_is_none(void **state)
{
	struct search *s;
	struct diag d = { 0 };

	(void)state;
	assert_int_not_equal(
	    search_new(&s, span_str("countermark/genesis/v1\n"), &d), ERR_OK);
	assert_null(s);
	search_free(NULL);
}

/* ---- whom it concerns ---- */
#define ORG(name, op, glns)                                                    \
	"{\"type\":\"organisation\",\"id\":\"" name "\",\"op\":\"" op          \
	"\",\"from\":1,\"name\":\"" name "\",\"did\":\"did:web:" HOST          \
	":org:" name "\",\"glns\":[" glns "]}"
#define GLN "9506000111117"

static const char on_item[] =
    EVENT("ObjectEvent", "\"action\":\"OBSERVE\",\"epcList\":[\"" ITEM "\"]");
static const char to_party[] =
    OBSERVE("\"destinationList\":[{\"type\":\"possessing_party\","
	    "\"destination\":\"urn:epc:id:pgln:9506000.11111\"}],"
	    "\"sourceList\":[{\"type\":\"location\","
	    "\"source\":\"https://id.gs1.org/414/" GLN "/254/9\"}]");

static void
the_capturer(void **state)
{
	struct log *l = *state;

	events(l, on_item);
	orgs_are(l, 1, (const char *const[]){ "works" });
	/* the authority's key belongs to no organisation */
	put(l, "authority", CONTENT_IS_PRODUCT, "{}");
	assert_int_equal(l->rows.org_count, 0);
}

static void
who_owns_the_goods_and_their_right(void **state)
{
	struct log *l = *state;

	registered(l, ORG("brand", "set", ""));
	registered(l, ORG("holder", "set", ""));
	registered(l, "{\"type\":\"goods\",\"id\":\"" GTIN "\",\"op\":\"set\","
		      "\"from\":1,\"gtin\":\"" GTIN "\",\"organisation\":"
		      "\"brand\",\"right\":\"XX500000000000001\"}");
	events(l, on_item);
	orgs_are(l, 2, (const char *const[]){ "brand", "works" });
	registered(l,
	    "{\"type\":\"right\",\"id\":\"XX500000000000001\",\"op\":\"set\","
	    "\"from\":1,\"st13\":\"XX500000000000001\",\"office\":\"XX\","
	    "\"kind\":\"word\",\"mark\":\"M\",\"classes\":[9],"
	    "\"holder\":\"holder\",\"status\":\"registered\"}");
	events(l, on_item);
	orgs_are(l, 3, (const char *const[]){ "brand", "holder", "works" });
	registered(l,
	    "{\"type\":\"right\",\"id\":\"XX500000000000001\",\"op\":\"end\","
	    "\"from\":1,\"st13\":\"XX500000000000001\",\"office\":\"XX\","
	    "\"kind\":\"word\",\"mark\":\"M\",\"classes\":[9],"
	    "\"holder\":\"holder\",\"status\":\"registered\"}");
	events(l, on_item);
	orgs_are(l, 2, (const char *const[]){ "brand", "works" });
}

static void
parties_by_their_gln(void **state)
{
	struct log *l = *state;

	events(l, to_party);
	orgs_are(l, 1, (const char *const[]){ "works" });
	registered(l, ORG("shop", "set", "\"9506000111124\",\"" GLN "\""));
	events(l, to_party);
	orgs_are(l, 2, (const char *const[]){ "shop", "works" });
	/* the newest statement counts, whole */
	registered(l, ORG("shop", "set", "\"9506000111124\""));
	events(l, to_party);
	orgs_are(l, 1, (const char *const[]){ "works" });
	registered(l, ORG("shop", "set", "\"" GLN "\""));
	registered(l, ORG("shop", "end", "\"" GLN "\""));
	events(l, to_party);
	orgs_are(l, 1, (const char *const[]){ "works" });
}

/* A statement of somebody who may not make it changes nobody's view. */
static void
a_forbidden_statement_has_no_effect(void **state)
{
	struct log *l = *state;

	put(l, "line-1", CONTENT_IS_REGISTRY,
	    ORG("thief", "set", "\"" GLN "\""));
	events(l, to_party);
	orgs_are(l, 1, (const char *const[]){ "works" });
}

static void
parties_by_did(void **state)
{
	struct log *l = *state;

	events(l, OBSERVE("\"sourceList\":[{\"type\":\"owning_party\","
			  "\"source\":\"did:web:" HOST ":org:far\"}]"));
	orgs_are(l, 2, (const char *const[]){ "far", "works" });
}

/* ---- who may read it ---- */
#define POLICY(id, org, word, rest)                                            \
	"{\"type\":\"policy\",\"id\":\"" id "\",\"op\":\"set\",\"from\":1,"    \
	"\"organisation\":\"" org "\",\"visibility\":\"" word "\"" rest "}"
#define POLICY_END(id)                                                         \
	"{\"type\":\"policy\",\"id\":\"" id "\",\"op\":\"end\",\"from\":1}"
#define OTHER_GTIN "09506000134369"
#define ITEMS(list, step)                                                      \
	EVENT("ObjectEvent",                                                   \
	    "\"action\":\"OBSERVE\",\"epcList\":[" list                        \
	    "],\"destinationList\":[{\"type\":\"possessing_party\","           \
	    "\"destination\":\"did:web:" HOST ":org:shop\"}],"                 \
	    "\"bizStep\":\"" step "\"")
#define MINE "\"" ITEM "\""
#define OTHERS "\"https://id.gs1.org/01/" OTHER_GTIN "/21/Y1\""
#define OTHERS_2 "\"https://id.gs1.org/01/" OTHER_GTIN "/21/Y2\""
#define CASE_OF "\"https://id.gs1.org/00/095060000000000013\""

/* Goods of brand, whose right holder has, and others of rival. */
static void
goods_and_rights(struct log *l)
{
	registered(l, ORG("brand", "set", ""));
	registered(l, ORG("holder", "set", ""));
	registered(l, ORG("rival", "set", ""));
	registered(l, ORG("shop", "set", ""));
	registered(l,
	    "{\"type\":\"right\",\"id\":\"XX500000000000001\",\"op\":\"set\","
	    "\"from\":1,\"holder\":\"holder\"}");
	registered(l, "{\"type\":\"goods\",\"id\":\"" GTIN "\",\"op\":\"set\","
		      "\"from\":1,\"gtin\":\"" GTIN "\",\"organisation\":"
		      "\"brand\",\"right\":\"XX500000000000001\"}");
	registered(l, "{\"type\":\"goods\",\"id\":\"" OTHER_GTIN
		      "\",\"op\":\"set\",\"from\":1,\"gtin\":\"" OTHER_GTIN
		      "\",\"organisation\":\"rival\"}");
}

/* The organisations that may read the newest entry, in order, and whether
 * anybody may. */
#define READ_BY(l, public, ...)                                                \
	read_by(l, public, (const char *const[]){ __VA_ARGS__, NULL })
static void
read_by(const struct log *l, bool public, const char *const *names)
{
	size_t n = 0;
	char did[100];

	while (names[n] != NULL) {
		(void)snprintf(
		    did, sizeof did, "did:web:" HOST ":org:%s", names[n]);
		assert_true(n < l->rows.org_count);
		is(l->rows.orgs[n++], did);
	}
	assert_int_equal(l->rows.org_count, n + public);
	if (public)
		is(l->rows.orgs[n], SEARCH_PUBLIC);
}

static void
a_policy_of_who_captures(void **state)
{
	struct log *l = *state;

	goods_and_rights(l);
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "shop", "works");
	registered(l, POLICY("works", "works", "brand", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "works");
	registered(l, POLICY("works", "works", "authority", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "works");
	registered(l, POLICY_END("works"));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "shop", "works");
}

static void
a_policy_of_whose_goods_they_are(void **state)
{
	struct log *l = *state;

	goods_and_rights(l);
	registered(l, POLICY("brand", "brand", "brand", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "works");
	/* nothing of theirs in it */
	events(l, ITEMS(OTHERS, "shipping"));
	READ_BY(l, false, "rival", "shop", "works");
	registered(l, POLICY_END("brand"));
	registered(l, POLICY("holder/x", "holder", "authority",
			  ",\"bizSteps\":[\"packing\"]"));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "shop", "works");
	events(l, ITEMS(MINE, "packing"));
	READ_BY(l, false, "works");
	/* a party has no say, nor who has nothing to do with it */
	registered(l, POLICY_END("holder/x"));
	registered(l, POLICY("shop", "shop", "authority", ""));
	registered(l, POLICY("rival", "rival", "authority", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "shop", "works");
}

/* Nobody opens what another keeps to the parties. */
static void
the_public_needs_all_who_have_a_say(void **state)
{
	struct log *l = *state;

	goods_and_rights(l);
	registered(l, POLICY("works", "works", "public", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "shop", "works");
	events(l, ITEMS(CASE_OF, "shipping"));
	READ_BY(l, true, "shop", "works");
	events(l, ITEMS("", "shipping"));
	READ_BY(l, true, "shop", "works");
	registered(l, POLICY("brand", "brand", "public", ""));
	registered(l, POLICY("holder", "holder", "public", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, true, "brand", "holder", "shop", "works");
	events(l, ITEMS(MINE "," CASE_OF, "shipping"));
	READ_BY(l, true, "brand", "holder", "shop", "works");
	/* one that is not open keeps the entry */
	events(l, ITEMS(MINE, "shipping") "," ITEMS(OTHERS, "shipping"));
	READ_BY(l, false, "brand", "holder", "rival", "shop", "works");
	registered(
	    l, POLICY("brand/x", "brand", "brand", ",\"gtin\":\"" GTIN "\""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "works");
}

/* An entry is read whole, so that what one event shuts out is shut out. */
static void
the_narrowest_of_an_entry(void **state)
{
	struct log *l = *state;

	goods_and_rights(l);
	registered(l, POLICY("brand", "brand", "brand", ""));
	/* rival has goods in the same event, shop gets the other event */
	events(l, ITEMS(MINE "," OTHERS, "shipping"));
	READ_BY(l, false, "brand", "holder", "works");
	events(l, ITEMS(OTHERS "," MINE "," OTHERS_2, "shipping"));
	READ_BY(l, false, "brand", "holder", "works");
	events(l, ITEMS(OTHERS, "shipping") "," ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "works");
	registered(l, POLICY("rival", "rival", "brand", ""));
	events(l, ITEMS(OTHERS, "shipping") "," ITEMS(MINE, "shipping"));
	READ_BY(l, false, "works");
	/* a policy for goods says nothing of what has none */
	registered(l, POLICY_END("rival"));
	registered(l, POLICY_END("brand"));
	registered(
	    l, POLICY("works/x", "works", "public", ",\"gtin\":\"" GTIN "\""));
	registered(l, POLICY("works", "works", "authority", ""));
	events(l, ITEMS(MINE "," CASE_OF, "shipping"));
	READ_BY(l, false, "works");
}

/* Of one organisation the most specific, of all who have a say the narrowest.
 */
static void
the_specific_before_the_general(void **state)
{
	struct log *l = *state;

	registered(l, ORG("brand", "set", ""));
	registered(l, ORG("shop", "set", ""));
	registered(l, "{\"type\":\"goods\",\"id\":\"" GTIN "\",\"op\":\"set\","
		      "\"from\":1,\"gtin\":\"" GTIN "\",\"organisation\":"
		      "\"brand\"}");
	registered(l, POLICY("works", "works", "brand", ""));
	registered(l, POLICY("works/dock", "works", "public",
			  ",\"bizSteps\":[\"shipping\"]"));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "shop", "works");
	registered(
	    l, POLICY("brand", "brand", "public", ",\"gtin\":\"" GTIN "\""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, true, "brand", "shop", "works");
	events(l, ITEMS(MINE, "packing"));
	READ_BY(l, false, "brand", "works");
}

static void
a_policy_of_an_outsider_has_no_effect(void **state)
{
	struct log *l = *state;

	goods_and_rights(l);
	put(l, "line-1", CONTENT_IS_REGISTRY,
	    POLICY("brand", "brand", "public", ""));
	put(l, "line-1", CONTENT_IS_REGISTRY,
	    POLICY("works", "works", "public", ""));
	events(l, ITEMS(MINE, "shipping"));
	READ_BY(l, false, "brand", "holder", "shop", "works");
	/* who is not known has no policy, and nobody else's is meant */
	put(l, "authority", CONTENT_IS_PRODUCT, "{}");
	assert_int_equal(l->rows.org_count, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_members_of_an_event),
		CASE(what_is_absent_is_empty),
		CASE(standard_words_are_bare),
		CASE(an_absent_event_id_is_derived),
		CASE(spellings_of_one_identifier_are_one_row),
		CASE(each_list_has_its_role),
		CASE(references_of_an_event),
		CASE(an_error_declaration),
		CASE(a_long_text_is_hashed),
		CASE(many_identifiers),
		CASE(no_event_without_the_standard),
		CASE(other_entries_give_nothing),
		CASE(a_genesis_that_is_none),
		CASE(the_capturer),
		CASE(who_owns_the_goods_and_their_right),
		CASE(parties_by_their_gln),
		CASE(a_forbidden_statement_has_no_effect),
		CASE(parties_by_did),
		CASE(a_policy_of_who_captures),
		CASE(a_policy_of_whose_goods_they_are),
		CASE(the_public_needs_all_who_have_a_say),
		CASE(the_narrowest_of_an_entry),
		CASE(the_specific_before_the_general),
		CASE(a_policy_of_an_outsider_has_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
