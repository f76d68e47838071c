/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "gs1/gcp.h"

#include "base/banned.h"

#define HEAD                                                                   \
	"{\"_disclaimer\":[\"a, b\"],\"GCPPrefixFormatList\":{"                \
	"\"date\":\"2026-11-01\",\"entry\":["
#define TAIL "]}}"

static const char list_text[] =
    HEAD "{\"prefix\":\"950\",\"gcpLength\":6},"
	 "{\"prefix\":\"95060\",\"gcpLength\":7},"
	 "{\"prefix\":\"9506000134\",\"gcpLength\":10},"
	 "{\"prefix\":\"0614141\",\"gcpLength\":7},"
	 "{\"prefix\":\"4\",\"gcpLength\":9},"
	 "{\"prefix\":\"401\",\"gcpLength\":4},"
	 "{\"prefix\":\"977\",\"gcpLength\":0},"
	 "{\"prefix\":\"2\",\"gcpLength\":7},"
	 "{\"prefix\":\"00000\",\"gcpLength\":7},"
	 "{\"prefix\":\"9999999999999\",\"gcpLength\":12}" TAIL;

static struct gs1_code code;

static struct gcp *
list(void)
{
	struct gcp *g;
	struct diag d = { 0 };

	if (gcp_parse(&g, span_str(list_text), &d) != ERR_OK)
		fail_msg("%s", d.text);
	assert_int_equal(gcp_entries(g), 10);
	return g;
}

static void
expect(const struct gcp *g, const char *text, unsigned want, const char *says)
{
	struct diag d = { 0 };
	unsigned digits = 99;
	enum err e;

	if (gs1_read(&code, span_str(text), &d) != ERR_OK)
		fail_msg("%s: %s", text, d.text);
	e = gcp_length(&digits, g, &code, &d);
	if (e != (want == 0 ? ERR_GCP_UNKNOWN : ERR_OK) || digits != want)
		fail_msg("%s: %s %u %s", text, err_name(e), digits, d.text);
	if (want == 0 && strstr(d.text, says) == NULL)
		fail_msg("%s: %s", text, d.text);
}

/* 10.1: each key where its prefix begins; the longest entry decides. */
static void
test_lengths(void **state)
{
	struct gcp *g = list();

	(void)state;
	expect(g, "(01)19506100000004", 6, "");
	expect(g, "(01)09506000200002", 7, "");
	expect(g, "(01)09506000134352", 10, "");
	expect(g, "(8006)095060001343520102", 10, "");
	expect(g, "(00)106141412345678908", 7, "");
	expect(g, "(00)495060001340000008", 10, "");
	expect(g, "(414)9506000134352", 10, "");
	expect(g, "(417)9506000200002", 7, "");
	expect(g, "(8003)09506000200002S", 7, "");
	expect(g, "(253)9506000200002S", 7, "");
	expect(g, "(8004)9506000A", 7, "");
	expect(g, "(401)9506000AB", 7, "");
	expect(g, "(8010)9506000AB", 7, "");
	expect(g, "(8018)495060001340000008", 9, "");
	gcp_free(g);
}

/* 10.2: never guessed. */
static void
test_unknown(void **state)
{
	struct gcp *g = list();

	(void)state;
	expect(g, "(01)07612345678900", 0, "not in the list");
	expect(g, "(01)04012345678901", 0, "4 or 5 digits");
	expect(g, "(01)09771234567898", 0, "there is none");
	expect(g, "96385074", 0, "GTIN-8");
	expect(g, "(01)02012345678903", 0, "restricted");
	expect(g, "(01)00212345678909", 0, "restricted");
	expect(g, "(01)00412345678903", 0, "restricted");
	expect(g, "(8004)9506A1", 0, "too few digits");
	expect(NULL, "(01)09506000134352", 0, "no list");
	gcp_free(g);
}

static void
test_no_key(void **state)
{
	struct gcp *g = list();
	struct diag d = { 0 };
	unsigned digits;

	(void)state;
	assert_int_equal(gs1_read(&code, span_str("(10)L1"), NULL), ERR_OK);
	assert_int_equal(gcp_length(&digits, g, &code, &d), ERR_SYNTAX);
	gcp_free(g);
}

static void
refused(const char *json, enum err want, const char *says)
{
	struct diag d = { 0 };
	struct gcp *g;
	enum err e = gcp_parse(&g, span_str(json), &d);

	if (e != want || strstr(d.text, says) == NULL)
		fail_msg("%s: %s %s", json, err_name(e), d.text);
	assert_int_equal(d.code, e);
	assert_null(g);
}

#define ONE(entry) HEAD entry TAIL

static void
test_refused(void **state)
{
	(void)state;
	refused("", ERR_JSON, "byte 0");
	refused("{", ERR_JSON, "byte 1");
	refused("<GCPPrefixFormatList date=\"\"/>", ERR_UNSUPPORTED, "XML");
	refused("\"\xff\"", ERR_UTF8, "");
	refused("[]", ERR_SCHEMA, "GCPPrefixFormatList.entry");
	refused("{\"GCPPrefixFormatList\":1}", ERR_SCHEMA, "entry");
	refused(
	    "{\"GCPPrefixFormatList\":{\"entry\":{}}}", ERR_SCHEMA, "entry");
	refused("[[[[[[[[[1]]]]]]]]]", ERR_LIMIT, "");
	refused(ONE("7"), ERR_SCHEMA, "entry 0: no object");
	refused(ONE("{\"gcpLength\":7}"), ERR_SCHEMA, "no text prefix");
	refused(ONE("{\"prefix\":95,\"gcpLength\":7}"), ERR_SCHEMA,
	    "no text prefix");
	refused(ONE("{\"prefix\":\"\",\"gcpLength\":7}"), ERR_SCHEMA,
	    "1 to 13 digits");
	refused(ONE("{\"prefix\":\"9x\",\"gcpLength\":7}"), ERR_SCHEMA,
	    "1 to 13 digits");
	refused(ONE("{\"prefix\":\"12345678901234\",\"gcpLength\":7}"),
	    ERR_SCHEMA, "1 to 13 digits");
	refused(ONE("{\"prefix\":\"95\"}"), ERR_SCHEMA, "no number");
	refused(ONE("{\"prefix\":\"95\",\"gcpLength\":\"7\"}"), ERR_SCHEMA,
	    "no number");
	refused(ONE("{\"prefix\":\"95\",\"gcpLength\":3}"), ERR_SCHEMA,
	    "0 or 4 to 12");
	refused(ONE("{\"prefix\":\"95\",\"gcpLength\":13}"), ERR_SCHEMA,
	    "0 or 4 to 12");
	refused(ONE("{\"prefix\":\"1\",\"gcpLength\":7},"
		    "{\"prefix\":\"095\",\"gcpLength\":7},"
		    "{\"prefix\":\"095\",\"gcpLength\":8}"),
	    ERR_SCHEMA, "prefix 095 stands twice");
}

/* `95` and `095` are two prefixes; a list without entries is one. */
static void
test_edges(void **state)
{
	struct gcp *g;

	(void)state;
	assert_int_equal(
	    gcp_parse(&g,
		span_str(ONE("{\"prefix\":\"95\",\"gcpLength\":7},"
			     "{\"prefix\":\"095\",\"gcpLength\":8}")),
		NULL),
	    ERR_OK);
	expect(g, "(01)09506000134352", 7, "");
	expect(g, "(8004)9412345A", 0, "not in the list");
	expect(g, "(8004)09512345A", 8, "");
	gcp_free(g);
	assert_int_equal(gcp_parse(&g, span_str(ONE("")), NULL), ERR_OK);
	assert_int_equal(gcp_entries(g), 0);
	expect(g, "(01)09506000134352", 0, "not in the list");
	gcp_free(g);
	gcp_free(NULL);
}

/* The most entries, and one more. */
static void
test_limits(void **state)
{
	struct buf text = buf_heap(GCP_FILE_MAX);
	struct gcp *g;
	struct diag d = { 0 };

	(void)state;
	buf_str(&text, HEAD);
	for (unsigned i = 0; i < GCP_ENTRIES_MAX; i++)
		buf_printf(&text, "%s{\"prefix\":\"%07u\",\"gcpLength\":7}",
		    i == 0 ? "" : ",", 9500000 - i);
	buf_str(&text, TAIL);
	assert_int_equal(buf_error(&text), ERR_OK);
	assert_int_equal(gcp_parse(&g, buf_span(&text), &d), ERR_OK);
	assert_int_equal(gcp_entries(g), GCP_ENTRIES_MAX);
	expect(g, "(8004)9000001A", 7, "");
	expect(g, "(8004)9500000A", 7, "");
	expect(g, "(8004)9500001A", 0, "not in the list");
	gcp_free(g);
	text.n -= strlen(TAIL);
	buf_str(&text, ",{\"prefix\":\"1\",\"gcpLength\":7}" TAIL);
	assert_int_equal(gcp_parse(&g, buf_span(&text), &d), ERR_LIMIT);
	assert_non_null(strstr(d.text, "500001"));
	text.n -= strlen(TAIL);
	for (unsigned i = 0; i < 100; i++)
		buf_str(&text, ",{}");
	buf_str(&text, TAIL);
	assert_int_equal(gcp_parse(&g, buf_span(&text), &d), ERR_LIMIT);
	assert_int_equal(gcp_parse(&g, span_of(text.p, GCP_FILE_MAX + 1), &d),
	    ERR_TOO_LARGE);
	buf_free(&text);
}

static void
test_file(void **state)
{
	char path[] = "/tmp/cm-gcp-XXXXXX";
	int fd = mkstemp(path);
	struct diag d = { 0 };
	struct gcp *g;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(
	    write(fd, list_text, strlen(list_text)), strlen(list_text));
	(void)close(fd);
	assert_int_equal(gcp_load(&g, path, NULL), ERR_OK);
	assert_int_equal(gcp_entries(g), 10);
	gcp_free(g);
	(void)unlink(path);
	assert_int_equal(gcp_load(&g, path, &d), ERR_IO);
	assert_null(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
