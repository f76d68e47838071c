/* SPDX-License-Identifier: Apache-2.0 */
/* What a capture says of a document that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

#include "epcis_capture.h"

#include "base/banned.h"

#define CONTEXT                                                                \
	"\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"           \
	"epcis-context.jsonld\"]"
#define HEAD                                                                   \
	"{" CONTEXT ",\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","   \
	"\"creationDate\":\"2026-01-05T09:00:00Z\",\"epcisBody\":{"            \
	"\"eventList\":["
#define TAIL "]}}"
#define QUERY                                                                  \
	"{" CONTEXT ",\"type\":\"EPCISQueryDocument\",\"epcisBody\":{"         \
	"\"queryResults\":{\"queryName\":\"q\",\"resultsBody\":{"              \
	"\"eventList\":["
#define QUERY_TAIL "]}}}}"
#define EVENT_OF(action, step)                                                 \
	"{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-05T08:00:00Z\","    \
	"\"eventTimeZoneOffset\":\"+01:00\",\"action\":\"" action "\","        \
	"\"bizStep\":\"" step "\",\"epcList\":[\"https://id.gs1.org/01/"       \
	"09506000134352/21/A\"]}"
#define GOOD EVENT_OF("ADD", "commissioning")
#define BAD EVENT_OF("MAYBE", "commissioning")
#define WORSE EVENT_OF("MAYBE", "nonsense")

static struct capture_faults f;
static struct import *m;
static struct json *list;

static void
look(const char *text, enum import_form form, bool proceed)
{
	const struct import_options o = {
		.iss = "did:web:example.com:device:line-1",
		.now_ms = INT64_C(1764000000000),
		.form = form,
		.events_max = EPCIS_CAPTURE_EVENTS,
		.proceed = proceed,
	};
	struct diag d;

	memset(&f, 0, sizeof(f));
	f.errors = buf_heap(CAPTURE_ERRORS_MAX);
	list = NULL;
	assert_int_equal(import_new(&m, span_str(text), &o, &d), ERR_OK);
	assert_int_equal(capture_faults_list(&f, m, span_str(text)), ERR_OK);
	if (f.count > 0)
		assert_int_equal(
		    json_parse(&list, buf_span(&f.errors), &d), ERR_OK);
}

static void
done(void)
{
	json_free(list);
	import_free(m);
	buf_free(&f.errors);
}

static void
expect(size_t i, const char *pointer, int64_t position, const char *rule,
    const char *code)
{
	const struct json *at = json_at(list, i);
	const char *got = json_text(json_get(at, "rule"));
	int64_t n = -1;

	assert_non_null(at);
	assert_string_equal(json_text(json_get(at, "pointer")), pointer);
	assert_string_equal(json_text(json_get(at, "code")), code);
	if (rule == NULL)
		assert_null(got);
	else
		assert_string_equal(got, rule);
	if (position < 0) {
		assert_null(json_get(at, "position"));
		return;
	}
	assert_int_equal(json_get_int(&n, at, "position", NULL), ERR_OK);
	assert_int_equal(n, position);
}

static void
nothing_is_wrong(void **state)
{
	(void)state;
	look(HEAD GOOD TAIL, IMPORT_DOCUMENT, false);
	assert_int_equal(f.count, 0);
	assert_false(f.whole);
	done();
}

static void
all_of_an_event_is_told(void **state)
{
	(void)state;
	look(HEAD GOOD "," WORSE "," BAD TAIL, IMPORT_DOCUMENT, false);
	assert_int_equal(f.count, 3);
	assert_false(f.whole);
	expect(0, "/epcisBody/eventList/1/action", 1, "action", "schema");
	expect(
	    1, "/epcisBody/eventList/1/bizStep", 1, "biz_step_word", "schema");
	expect(2, "/epcisBody/eventList/2/action", 2, "action", "schema");
	/* the first speaks for all */
	assert_int_equal(f.status, 400);
	assert_string_equal(f.pointer, "/epcisBody/eventList/1/action");
	assert_string_equal(f.rule, "action");
	assert_string_equal(f.clause, "epcis 4");
	assert_non_null(strstr(f.text, "got MAYBE"));
	done();
}

static void
bad_events_are_left_out(void **state)
{
	(void)state;
	look(QUERY BAD "," GOOD "," WORSE QUERY_TAIL, IMPORT_DOCUMENT, true);
	assert_int_equal(f.count, 3);
	assert_false(f.whole);
	expect(0, "/epcisBody/queryResults/resultsBody/eventList/0/action", 0,
	    "action", "schema");
	assert_true(import_is_out(m, 0));
	assert_false(import_is_out(m, 1));
	assert_true(import_is_out(m, 2));
	done();
}

static void
warnings_are_not_told(void **state)
{
	static const char unknown[] =
	    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\",\"https://example.org/x.jsonld\"],"
	    "\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","
	    "\"creationDate\":\"2026-01-05T09:00:00Z\",\"epcisBody\":{"
	    "\"eventList\":[" GOOD "," BAD TAIL;

	(void)state;
	look(unknown, IMPORT_DOCUMENT, true);
	assert_int_equal(f.count, 1);
	assert_false(f.whole);
	expect(0, "/epcisBody/eventList/1/action", 1, "action", "schema");
	done();
}

static void
what_stands_around_refuses_all(void **state)
{
	static const char no_date[] =
	    "{" CONTEXT ",\"type\":\"EPCISDocument\",\"schemaVersion\":"
	    "\"2.0\",\"epcisBody\":{\"eventList\":[" GOOD TAIL;

	(void)state;
	look(no_date, IMPORT_DOCUMENT, true);
	assert_true(f.whole);
	assert_true(f.count > 0);
	assert_int_equal(f.status, 400);
	assert_non_null(f.rule);
	done();
}

static void
texts_that_cannot_be_read(void **state)
{
	static const struct {
		const char *text, *code;
	} cases[] = {
		{ "", "json" },
		{ "{", "json" },
		{ "\xef\xbb\xbf{}", "json" },
		{ "{\"a\":\"\xff\"}", "utf8" },
		{ "[]", "schema" },
		{ "{}", "schema" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		look(cases[i].text, IMPORT_DOCUMENT, true);
		assert_true(f.whole);
		assert_int_equal(f.count, 1);
		assert_string_equal(f.code, cases[i].code);
		assert_non_null(f.rule);
		done();
	}
}

/* The import's own verdicts: no rule of EPCIS says so. */
static void
the_kind_comes_first(void **state)
{
	(void)state;
	look(HEAD BAD TAIL, IMPORT_EVENT, false);
	assert_true(f.whole);
	assert_int_equal(f.count, 1);
	expect(0, "", -1, NULL, "unsupported");
	done();
	look("{\"cm:sealed\":{}," CONTEXT
	     ",\"type\":\"EPCISDocument\",\"epcisBody\":{\"eventList\":"
	     "[" BAD TAIL,
	    IMPORT_DOCUMENT, true);
	assert_true(f.whole);
	assert_int_equal(f.count, 1);
	expect(0, "", -1, NULL, "unsupported");
	assert_string_equal(f.clause, "formats 1.6");
	done();
}

static void
an_event_is_too_large(void **state)
{
	struct buf b = buf_heap((size_t)1 << 17);

	(void)state;
	buf_str(&b, HEAD BAD ",");
	buf_str(&b, "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-05T08:"
		    "00:00Z\",\"eventTimeZoneOffset\":\"+01:00\",\"action\":"
		    "\"ADD\",\"epcList\":[");
	for (unsigned i = 0; i < 1500; i++)
		buf_printf(&b,
		    "%s\"https://id.gs1.org/01/09506000134352/21/L%u\"",
		    i == 0 ? "" : ",", i);
	buf_str(&b, "]}," GOOD TAIL);
	look(buf_text(&b), IMPORT_DOCUMENT, true);
	assert_false(f.whole);
	assert_int_equal(f.count, 2);
	expect(0, "/epcisBody/eventList/0/action", 0, "action", "schema");
	expect(1, "/epcisBody/eventList/1", 1, NULL, "too_large");
	assert_true(import_is_out(m, 1));
	assert_false(import_is_out(m, 2));
	done();
	buf_free(&b);
}

static void
a_hundred_are_listed_and_all_left_out(void **state)
{
	struct buf b = buf_heap((size_t)1 << 17);

	(void)state;
	buf_str(&b, HEAD GOOD);
	for (unsigned i = 0; i < 150; i++)
		buf_str(&b, "," WORSE);
	buf_str(&b, TAIL);
	look(buf_text(&b), IMPORT_DOCUMENT, true);
	assert_false(f.whole);
	assert_int_equal(f.count, EPCIS_CAPTURE_ERRORS);
	for (size_t i = 0; i < 151; i++)
		assert_int_equal(import_is_out(m, i), i > 0);
	done();
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_wrong),
		cmocka_unit_test(all_of_an_event_is_told),
		cmocka_unit_test(bad_events_are_left_out),
		cmocka_unit_test(warnings_are_not_told),
		cmocka_unit_test(what_stands_around_refuses_all),
		cmocka_unit_test(texts_that_cannot_be_read),
		cmocka_unit_test(the_kind_comes_first),
		cmocka_unit_test(an_event_is_too_large),
		cmocka_unit_test(a_hundred_are_listed_and_all_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
