/* SPDX-License-Identifier: Apache-2.0 */
/* Events cut out of their documents: contexts, times, ids, identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "epcis.h"
#include "epcis_print.h"

#include "base/banned.h"

#define LIST "[{\"prefix\":\"950\",\"gcpLength\":7}]"
#define AT "https://id.gs1.org/01/09506000134352/21/A"

struct world {
	struct epcis_printer p;
	struct gcp *gcp;
	struct buf out, doc;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(
	    gcp_parse(&w->gcp,
		span_str("{\"GCPPrefixFormatList\":{\"entry\":" LIST "}}"),
		NULL),
	    ERR_OK);
	w->out = buf_heap(1 << 20);
	w->doc = buf_heap(1 << 20);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	gcp_free(w->gcp);
	buf_free(&w->out);
	buf_free(&w->doc);
	free(w);
	return 0;
}

/* The event in a document with that context, as it is answered. */
static enum err
print(struct world *w, enum epc_format format, bool list, const char *context,
    const char *event)
{
	struct query_event e = { .index = 7 };
	struct json_out o;
	enum err r;

	buf_reset(&w->doc);
	buf_printf(&w->doc,
	    "{\"@context\":%s,\"type\":\"EPCISDocument\",\"epcisBody\":"
	    "{\"eventList\":[{\"type\":\"x:y\"},%s]}}",
	    context, event);
	e.pos = 1;
	e.payload = buf_span(&w->doc);
	e.recorded_ms = list ? 1500 : 0;
	buf_reset(&w->out);
	json_out_init(&o, &w->out);
	assert_int_equal(epcis_printer_init(&w->p, format, list ? w->gcp : NULL,
			     "example.com/demo"),
	    ERR_OK);
	r = epcis_print_event(&w->p, &o, &e);
	if (r == ERR_UNSUPPORTED)
		assert_true(span_is(buf_span(&w->p.refused), AT));
	epcis_printer_clear(&w->p);
	return r;
}

static void
prints(
    struct world *w, const char *context, const char *event, const char *want)
{
	assert_int_equal(
	    print(w, EPC_FORMAT_LINK, false, context, event), ERR_OK);
	assert_string_equal(buf_text(&w->out), want);
}

#define ID "\"type\":\"ObjectEvent\",\"eventID\":\"x:1\"}"

static void
test_contexts(void **state)
{
	struct world *w = *state;

	prints(w, "\"" EPCIS_CONTEXT "\"", "{" ID, "{" ID);
	prints(
	    w, "[\"" EPCIS_CONTEXT "\",{\"a\":\"http://a/\"}]", "{" ID, "{" ID);
	/* used by a member, by a value, by what a term says */
	prints(w, "[{\"a\":\"http://a/\",\"b\":\"http://b/\",\"c\":\"b:c/\"}]",
	    "{\"a:f\":1," ID,
	    "{\"@context\":{\"a\":\"http://a/\"},\"a:f\":1," ID);
	prints(w, "[{\"a\":\"http://a/\",\"b\":\"http://b/\",\"c\":\"b:c/\"}]",
	    "{\"ilmd\":{\"x\":\"c:v\"}," ID,
	    "{\"@context\":{\"b\":\"http://b/\",\"c\":\"b:c/\"},"
	    "\"ilmd\":{\"x\":\"c:v\"}," ID);
	/* the event's own holds */
	prints(w, "{\"a\":\"http://a/\"}",
	    "{\"@context\":[{\"a\":\"http://other/\"}],\"a:f\":1," ID,
	    "{\"@context\":{\"a\":\"http://other/\"},\"a:f\":1," ID);
	/* contexts that nobody here knows, with and without terms */
	prints(w, "[\"http://ctx/\",\"" EPCIS_CONTEXT "\"]", "{" ID,
	    "{\"@context\":[\"http://ctx/\"]," ID);
	prints(w, "[\"http://ctx/\",{\"a\":\"http://a/\"}]", "{\"a:f\":1," ID,
	    "{\"@context\":[\"http://ctx/\",{\"a\":\"http://a/\"}],"
	    "\"a:f\":1," ID);
	/* a term with a type stays with its prefix */
	prints(w, "{\"a\":\"http://a/\",\"a:f\":{\"@type\":\"xsd:date\"}}",
	    "{\"a:f\":1," ID,
	    "{\"@context\":{\"a\":\"http://a/\",\"a:f\":{\"@type\":"
	    "\"xsd:date\"}},\"a:f\":1," ID);
}

#define EVENT                                                                  \
	"{\"recordTime\":\"2020-01-01T00:00:00Z\",\"epcList\":"                \
	"[\"urn:epc:id:sgtin:9506000.013435.A\",\"" AT "\",\"x:y\"],"          \
	"\"quantityList\":[{\"epcClass\":"                                     \
	"\"urn:epc:class:lgtin:9506000.013435.L\",\"quantity\":1.50}],"        \
	"\"readPoint\":{\"id\":\"urn:epc:id:sgln:9506000.11111.0\"}," ID

static void
test_identifiers(void **state)
{
	struct world *w = *state;

	prints(w, "\"" EPCIS_CONTEXT "\"", EVENT,
	    "{\"epcList\":[\"" AT "\",\"" AT "\",\"x:y\"],\"quantityList\":"
	    "[{\"epcClass\":\"https://id.gs1.org/01/09506000134352/10/L\","
	    "\"quantity\":1.50}],\"readPoint\":{\"id\":"
	    "\"https://id.gs1.org/414/9506000111117\"}," ID);
	assert_int_equal(
	    print(w, EPC_FORMAT_URN, false, "\"x:y\"", EVENT), ERR_UNSUPPORTED);
	assert_int_equal(
	    print(w, EPC_FORMAT_URN, true, "\"" EPCIS_CONTEXT "\"", EVENT),
	    ERR_OK);
	assert_string_equal(buf_text(&w->out),
	    "{\"epcList\":[\"urn:epc:id:sgtin:9506000.013435.A\","
	    "\"urn:epc:id:sgtin:9506000.013435.A\",\"x:y\"],\"quantityList\":"
	    "[{\"epcClass\":\"urn:epc:class:lgtin:9506000.013435.L\","
	    "\"quantity\":1.50}],\"readPoint\":{\"id\":"
	    "\"urn:epc:id:sgln:9506000.11111.0\"},"
	    "\"type\":\"ObjectEvent\",\"eventID\":\"x:1\","
	    "\"recordTime\":\"1970-01-01T00:00:01.500Z\"}");
	assert_int_equal(
	    print(w, EPC_FORMAT_ASIS, false, "\"" EPCIS_CONTEXT "\"", EVENT),
	    ERR_OK);
	assert_non_null(strstr(buf_text(&w->out),
	    "[\"urn:epc:id:sgtin:9506000.013435.A\",\"" AT "\",\"x:y\"]"));
}

/* 8.3: the same id again and again. */
static void
test_event_id(void **state)
{
	struct world *w = *state;
	char first[256];

	assert_int_equal(
	    print(w, EPC_FORMAT_LINK, false, "\"x:y\"", "{\"type\":\"a\"}"),
	    ERR_OK);
	(void)snprintf(first, sizeof(first), "%s", buf_text(&w->out));
	assert_non_null(strstr(first, ",\"eventID\":\"urn:uuid:"));
	assert_null(strstr(first, "recordTime"));
	assert_int_equal(
	    print(w, EPC_FORMAT_LINK, false, "\"x:y\"", "{\"type\":\"a\"}"),
	    ERR_OK);
	assert_string_equal(buf_text(&w->out), first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_event_id),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
