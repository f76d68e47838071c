/* SPDX-License-Identifier: Apache-2.0 */
/* A file of events: what becomes of it as statements, and each fault of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/epcis.h"
#include "event/statement.h"

#include "ledger/import.h"

#include "base/banned.h"

#define ISS "did:web:countermark.example:device:gateway-demo"
#define HEAD                                                                   \
	"{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"          \
	"epcis-context.jsonld\",{\"ex\":\"https://ex.example/\"}],"            \
	"\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","                \
	"\"creationDate\":\"2026-01-01T00:00:00Z\","
#define BODY "\"epcisBody\":{\"eventList\":["
#define TAIL "]}}"
#define REST                                                                   \
	"\"eventTime\":\"2026-01-01T00:00:00Z\",\"eventTimeZoneOffset\":"      \
	"\"+00:00\",\"action\":\"ADD\",\"bizStep\":\"commissioning\","
#define EPC(serial) "https://id.gs1.org/01/09506000134352/21/" serial
#define EVENT(serial)                                                          \
	"{\"type\":\"ObjectEvent\"," REST "\"epcList\":[\"" EPC(serial) "\"]}"
#define BARE(serial)                                                           \
	"{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/"           \
	"epcis-context.jsonld\",\"type\":\"ObjectEvent\"," REST                \
	"\"epcList\":[\"" EPC(serial) "\"]}"
/* action is missing */
#define WRONG                                                                  \
	"{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-01T00:00:00Z\","    \
	"\"eventTimeZoneOffset\":\"+00:00\",\"epcList\":[]}"

static struct import *
read_text(struct span text, bool lines)
{
	const struct import_options o = {
		.iss = ISS, .now_ms = INT64_C(1764000000000), .lines = lines
	};
	struct import *m;
	struct diag d;

	assert_int_equal(import_new(&m, text, &o, &d), ERR_OK);
	return m;
}

static struct import *
read_lines(const char *text)
{
	return read_text(span_str(text), true);
}

static void
print_faults(const struct import *m)
{
	for (size_t i = 0; i < import_fault_count(m); i++) {
		const struct import_fault *f = import_fault(m, i);

		print_message("line %u %s %s [%s] %s\n", (unsigned)f->line,
		    f->pointer, err_name(f->d.code), f->d.clause, f->d.text);
	}
}

static void
expect_none(const struct import *m)
{
	print_faults(m);
	assert_int_equal(import_fault_count(m), 0);
}

static void
expect_fault(const struct import *m, size_t i, uint64_t line,
    const char *pointer, enum err code, const char *part)
{
	const struct import_fault *f;

	if (i >= import_fault_count(m))
		fail_msg("no fault %zu (%s)", i, part);
	f = import_fault(m, i);
	if (f->line != line || strcmp(f->pointer, pointer) != 0 ||
	    f->d.code != code || strstr(f->d.text, part) == NULL)
		print_faults(m);
	assert_int_equal(f->line, line);
	assert_string_equal(f->pointer, pointer);
	assert_int_equal(f->d.code, code);
	assert_non_null(strstr(f->d.text, part));
}

/* One fault, no more. */
static void
only(const char *text, bool lines, uint64_t line, const char *pointer,
    enum err code, const char *part)
{
	struct import *m = read_text(span_str(text), lines);

	expect_fault(m, 0, line, pointer, code, part);
	if (import_fault_count(m) != 1)
		print_faults(m);
	assert_int_equal(import_fault_count(m), 1);
	import_free(m);
}

/* The payload of the i-th statement; release with buf_free(). */
static struct buf
payload(const struct import *m, size_t i)
{
	struct buf b = buf_heap(IMPORT_BYTES);

	assert_int_equal(import_payload(&b, m, i), ERR_OK);
	assert_non_null(buf_text(&b));
	return b;
}

/* ---- what a statement is made of ---- */
static void
a_document_that_fits_stays_as_it_is(void **state)
{
	static const char doc[] = HEAD BODY EVENT("a") " ,\n " EVENT("b") TAIL;
	struct import *m;
	struct buf b;

	(void)state;
	m = read_text(span_str("\n  " HEAD BODY EVENT("a") " ,\n " EVENT("b")
			      TAIL "\n\n"),
	    false);
	expect_none(m);
	assert_int_equal(import_count(m), 1);
	b = payload(m, 0);
	assert_string_equal(buf_text(&b), doc);
	buf_free(&b);
	import_free(m);
}

/* n events with serials 0… in one document, each padded; heap text. */
static struct buf
long_document(const char *head, size_t n, size_t padding)
{
	struct buf b = buf_heap(IMPORT_BYTES);

	buf_str(&b, head);
	buf_str(&b, BODY);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b,
		    "%s{\"type\":\"ObjectEvent\"," REST
		    "\"epcList\":[\"" EPC("%zu") "\"],\"ex:pad\":\"",
		    i > 0 ? ",\n" : "", i);
		for (size_t k = 0; k < padding; k++)
			buf_byte(&b, 'x');
		buf_str(&b, "\"}");
	}
	buf_str(&b, TAIL);
	assert_int_equal(buf_error(&b), ERR_OK);
	return b;
}

/* Every statement is right for the ledger, has the header, and the events
 * follow each other. Returns how many there were. */
static size_t
walk(const struct import *m, const char *header, size_t max_events)
{
	static struct json_node nodes[EPCIS_NODES];
	size_t n = 0;

	for (size_t i = 0; i < import_count(m); i++) {
		struct buf b = payload(m, i);
		struct epcis_doc doc;
		struct diag d;
		char want[64];

		assert_true(b.n <= STATEMENT_MAX);
		assert_int_equal(
		    epcis_open(&doc, buf_span(&b), nodes, EPCIS_NODES, &d),
		    ERR_OK);
		assert_int_equal(epcis_check(&doc, &d), ERR_OK);
		assert_true(doc.event_count <= max_events);
		assert_non_null(strstr(buf_text(&b), header));
		for (uint32_t e = epcis_first(&doc); e != JSON_NONE;
		     e = nodes[e].next) {
			struct epcis_event event;

			epcis_event(&event, &doc, e, 0);
			(void)snprintf(want, sizeof want, EPC("%zu"), n++);
			assert_true(json_string_is(&doc.json,
			    json_first(&doc.json, event.epc_list), want));
		}
		buf_free(&b);
	}
	return n;
}

#define MASTER                                                                 \
	"\"epcisHeader\":{\"epcisMasterData\":{\"vocabularyList\":[{"          \
	"\"type\":\"urn:epcglobal:epcis:vtype:BusinessLocation\","             \
	"\"vocabularyElementList\":[{\"id\":\"urn:epc:id:sgln:9506000.11111."  \
	"0\"}]}]}},"

static void
a_long_one_is_split_by_bytes(void **state)
{
	struct buf b = long_document(HEAD MASTER, 300, 800);
	struct import *m = read_text(buf_span(&b), false);
	char pointer[IMPORT_POINTER];

	(void)state;
	expect_none(m);
	/* about 1,060 bytes an event, so 54 a statement */
	assert_in_range(import_count(m), 6, 7);
	assert_int_equal(walk(m, "BusinessLocation", 60), 300);
	assert_int_equal(import_where(pointer, m, 0), 1);
	assert_string_equal(pointer, "/epcisBody/eventList/0");
	/* an event a line */
	uint64_t line = import_where(pointer, m, 1);
	assert_int_equal(
	    strtoul(strrchr(pointer, '/') + 1, NULL, 10), line - 1);
	import_free(m);
	buf_free(&b);
}

static void
a_long_one_is_split_by_events(void **state)
{
	struct buf b = buf_heap(IMPORT_BYTES);
	struct import *m;

	(void)state;
	buf_str(&b, HEAD BODY);
	/* an extension type needs no more than this */
	for (size_t i = 0; i < 1001; i++)
		buf_printf(&b,
		    "%s{\"type\":\"ex:E\",\"eventTime\":\"2026-01-01T00:00:00Z"
		    "\",\"eventTimeZoneOffset\":\"+00:00\"}",
		    i > 0 ? "," : "");
	buf_str(&b, TAIL);
	m = read_text(buf_span(&b), false);
	expect_none(m);
	assert_true(import_count(m) >= 2);
	import_free(m);
	buf_free(&b);
}

static void
blanks_between_events_do_not_count(void **state)
{
	struct buf b = buf_heap(IMPORT_BYTES), got;
	struct import *m;

	(void)state;
	buf_str(&b, HEAD BODY EVENT("0") ",");
	for (size_t i = 0; i < STATEMENT_MAX; i++)
		buf_byte(&b, i % 70 == 0 ? '\n' : ' ');
	buf_str(&b, EVENT("1") TAIL);
	m = read_text(buf_span(&b), false);
	expect_none(m);
	assert_int_equal(import_count(m), 1);
	got = payload(m, 0);
	assert_string_equal(
	    buf_text(&got), HEAD BODY EVENT("0") "," EVENT("1") TAIL);
	buf_free(&got);
	import_free(m);
	buf_free(&b);
}

static void
lines_are_documents_or_events(void **state)
{
	struct import *m = read_lines(BARE("0") "\n\n" BARE(
	    "1") "\r\n" HEAD BODY EVENT("2") TAIL "\n  " BARE("3"));
	struct buf b;
	char pointer[IMPORT_POINTER];

	(void)state;
	expect_none(m);
	/* two bare ones together, the document, the last one */
	assert_int_equal(import_count(m), 3);
	assert_int_equal(walk(m, "EPCISDocument", 2), 4);
	b = payload(m, 0);
	assert_non_null(strstr(buf_text(&b),
	    "\"creationDate\":\"2025-11-24T16:00:00.000Z\",\"epcisBody\":{"
	    "\"eventList\":[" BARE("0") "," BARE("1") "]}}"));
	buf_free(&b);
	b = payload(m, 1);
	assert_string_equal(buf_text(&b), HEAD BODY EVENT("2") TAIL);
	buf_free(&b);
	assert_int_equal(import_where(pointer, m, 2), 5);
	assert_string_equal(pointer, "");
	import_free(m);
}

#define QUERY_HEAD                                                             \
	"{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"          \
	"epcis-context.jsonld\",{\"ex\":\"https://ex.example/\"}],"            \
	"\"type\":\"EPCISQueryDocument\",\"epcisBody\":{\"queryResults\":{"    \
	"\"queryName\":\"q\",\"resultsBody\":{\"eventList\":["
#define QUERY_TAIL "]}}}}"

/* epcis 2.3 */
static void
answers_of_a_query_are_taken_out(void **state)
{
	struct import *m =
	    read_lines(QUERY_HEAD EVENT("0") " , " EVENT("1") QUERY_TAIL
		"\n" BARE("2") "\n" QUERY_HEAD EVENT("3") QUERY_TAIL);
	struct buf b;
	char pointer[IMPORT_POINTER];

	(void)state;
	expect_none(m);
	assert_int_equal(import_count(m), 3);
	assert_int_equal(walk(m, "EPCISDocument", 2), 4);
	b = payload(m, 0);
	assert_non_null(strstr(buf_text(&b),
	    "\"creationDate\":\"2025-11-24T16:00:00.000Z\",\"epcisBody\":{"
	    "\"eventList\":[" EVENT("0") "," EVENT("1") "]}}"));
	buf_free(&b);
	assert_int_equal(import_where(pointer, m, 2), 3);
	assert_string_equal(
	    pointer, "/epcisBody/queryResults/resultsBody/eventList/0");
	import_free(m);
}

static void
faults_of_answers_have_their_place(void **state)
{
	struct import *m = read_lines(QUERY_HEAD EVENT(
	    "0") "," WRONG QUERY_TAIL
		 "\n{\"type\":\"EPCISQueryDocument\",\"epcisBody\":{"
		 "\"queryResults\":{\"resultsBody\":{\"eventList\":[" EVENT("1")
		     QUERY_TAIL);

	(void)state;
	assert_int_equal(import_fault_count(m), 2);
	expect_fault(
	    m, 0, 2, "/epcisBody/queryResults", ERR_SCHEMA, "got no queryName");
	expect_fault(m, 1, 1, "/epcisBody/queryResults/resultsBody/eventList/1",
	    ERR_SCHEMA, "got no action");
	import_free(m);
}

static void
one_bare_event_is_a_file_too(void **state)
{
	struct import *m = read_text(span_str("\n" BARE("0") "\n"), false);

	(void)state;
	expect_none(m);
	assert_int_equal(import_count(m), 1);
	import_free(m);
}

static void
lines_are_recognised(void **state)
{
	(void)state;
	assert_true(import_is_lines(span_str("{}\n{}")));
	assert_true(import_is_lines(span_str("\n \n{}\n{}\n")));
	assert_true(import_is_lines(span_str("{}\nbroken")));
	assert_false(import_is_lines(span_str("{}")));
	assert_false(import_is_lines(span_str("{}\n\n")));
	assert_false(import_is_lines(span_str("{\n\"a\":1}\n")));
	assert_false(import_is_lines(span_str("")));
	assert_false(import_is_lines(span_str("\n\n")));
	assert_false(import_is_lines(SPAN_NONE));
}

/* ---- faults ---- */
static void
every_event_at_fault_is_named(void **state)
{
	struct import *m = read_text(
	    span_str(HEAD BODY "\n" EVENT("a") ",\n" WRONG ",\n" EVENT(
		"b") ",\n{\"type\":\"ObjectEvent\"," REST "\"epcList\":[\"no "
		     "uri\"]}\n,7,\n{\"action\":\"ADD\"}\n" TAIL),
	    false);

	(void)state;
	expect_fault(m, 0, 3, "/epcisBody/eventList/1", ERR_SCHEMA,
	    "got no action, wanted it");
	expect_fault(m, 1, 5, "/epcisBody/eventList/3/epcList/0", ERR_SCHEMA,
	    "got no uri, wanted");
	expect_fault(
	    m, 2, 6, "/epcisBody/eventList/4", ERR_SCHEMA, "wanted an object");
	expect_fault(m, 3, 7, "/epcisBody/eventList/5", ERR_SCHEMA,
	    "wanted a member type");
	assert_int_equal(import_fault_count(m), 4);
	assert_string_equal(import_fault(m, 0)->d.clause, "epcis 4");
	import_free(m);
}

static void
the_last_of_many_events_is_checked(void **state)
{
	struct buf b = long_document(HEAD, 200, 800);
	struct import *m;

	(void)state;
	b.n -= strlen(TAIL);
	buf_str(&b, ",\n" WRONG TAIL);
	m = read_text(buf_span(&b), false);
	expect_fault(
	    m, 0, 201, "/epcisBody/eventList/200", ERR_SCHEMA, "got no action");
	assert_int_equal(import_fault_count(m), 1);
	import_free(m);
	buf_free(&b);
}

static void
an_envelope_is_told_once_and_its_events_too(void **state)
{
	struct import *m = read_text(
	    span_str("{\"@context\":[\"https://ref.gs1.org/standards/epcis/"
		     "2.0.0/epcis-context.jsonld\"],\"type\":\"EPCISDocument\","
		     "\"schemaVersion\":\"two\",\n"
		     "\"creationDate\":\"2026-01-01T00:00:00Z\"," BODY EVENT(
			 "a") ",\n" WRONG TAIL),
	    false);

	(void)state;
	expect_fault(m, 0, 1, "/schemaVersion", ERR_SCHEMA, "got two, wanted");
	expect_fault(
	    m, 1, 3, "/epcisBody/eventList/1", ERR_SCHEMA, "got no action");
	assert_int_equal(import_fault_count(m), 2);
	import_free(m);
}

static void
a_document_has_its_members(void **state)
{
	(void)state;
	only("{\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","
	     "\"creationDate\":\"2026-01-01T00:00:00Z\"," BODY EVENT("a") TAIL,
	    false, 1, "", ERR_SCHEMA, "got no @context, wanted it");
	only("{\"@context\":[7],\"type\":\"EPCISDocument\",\"schemaVersion\":"
	     "\"2.0\",\"creationDate\":\"2026-01-01T00:00:00Z\"," BODY EVENT(
		 "a") TAIL,
	    false, 1, "/@context/0", ERR_SCHEMA, "got 7, wanted a uri");
	only(HEAD "\"epcisBody\":7}", false, 1, "/epcisBody", ERR_SCHEMA,
	    "wanted epcisBody");
	only(HEAD "\"epcisBody\":{\"eventList\":{}}}", false, 1, "/epcisBody",
	    ERR_SCHEMA, "wanted eventList");
	only(HEAD BODY TAIL, false, 1, "/epcisBody/eventList", ERR_SCHEMA,
	    "wanted an event");
	only("[]", false, 1, "", ERR_SCHEMA, "wanted type EPCISDocument");
	only("{\"type\":7}", false, 1, "/type", ERR_SCHEMA,
	    "wanted type EPCISDocument");
	only("{\"type\":\"Other\",\"epcisBody\":{}}", false, 1, "/type",
	    ERR_SCHEMA, "wanted type EPCISDocument or EPCISQueryDocument");
	only("{\"type\":\"EPCISQueryDocument\",\"epcisBody\":{}}", false, 1,
	    "/epcisBody", ERR_SCHEMA, "wanted queryResults");
	only(HEAD "\"cm:sealed\":{}," BODY EVENT("a") TAIL, false, 1, "",
	    ERR_UNSUPPORTED, "got cm:sealed");
	only(HEAD "\"ex:a\":\"\\u0000\"," BODY EVENT("a") TAIL, false, 1,
	    "/ex:a", ERR_SCHEMA, "wanted no U+0000");
}

static void
text_is_refused_with_its_line(void **state)
{
	(void)state;
	only("", false, 1, "", ERR_JSON, "got nothing");
	only(" \n\t\r\n", true, 1, "", ERR_JSON, "got nothing");
	only("{\n\"a\":1,\n,}", false, 3, "", ERR_JSON, "got ','");
	only("{\"a\":\"\xff\"}", false, 1, "", ERR_UTF8, "UTF-8");
	only("{\"a\":1,\n\"a\":2}", false, 2, "", ERR_JSON, "twice");
	only("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1", false, 1, "", ERR_LIMIT,
	    "levels");
	only(BARE("0") "\n{\"a\":,}\n" BARE("1"), true, 2, "", ERR_JSON,
	    "got ','");
}

static void
lines_have_faults_each(void **state)
{
	struct import *m =
	    read_lines(BARE("0") "\n" EVENT("1") "\nnonsense\n" HEAD BODY EVENT(
		"2") "," WRONG TAIL "\n"
		     "{\"@context\":\"https://ref.gs1.org/standards/epcis/"
		     "2.0.0/"
		     "epcis-context.jsonld\",\"type\":\"ObjectEvent\"," REST
		     "\"epcList\":[7]}\n");

	(void)state;
	/* reading comes before checking */
	expect_fault(m, 0, 2, "", ERR_SCHEMA, "without @context");
	assert_string_equal(import_fault(m, 0)->d.clause, "epcis 3.6");
	expect_fault(m, 1, 3, "", ERR_JSON, "wanted a JSON value");
	expect_fault(
	    m, 2, 4, "/epcisBody/eventList/1", ERR_SCHEMA, "got no action");
	expect_fault(m, 3, 5, "/epcList/0", ERR_SCHEMA, "wanted a string");
	assert_int_equal(import_fault_count(m), 4);
	import_free(m);
}

static void
faults_end_at_a_hundred(void **state)
{
	struct buf b = buf_heap(IMPORT_BYTES);
	struct import *m;

	(void)state;
	buf_str(&b, HEAD BODY WRONG);
	for (size_t i = 0; i < 150; i++)
		buf_str(&b, "," WRONG);
	buf_str(&b, TAIL);
	m = read_text(buf_span(&b), false);
	assert_int_equal(import_fault_count(m), IMPORT_FAULTS);
	import_free(m);
	buf_reset(&b);
	for (size_t i = 0; i < 150; i++)
		buf_str(&b, "x\n");
	m = read_text(buf_span(&b), true);
	assert_int_equal(import_fault_count(m), IMPORT_FAULTS);
	expect_fault(m, 99, 100, "", ERR_JSON, "wanted a JSON value");
	import_free(m);
	buf_free(&b);
}

/* ---- sizes ---- */
static void
an_event_that_fits_no_statement_is_named(void **state)
{
	struct buf b = long_document(HEAD, 2, 100), big;
	struct import *m;

	(void)state;
	b.n -= strlen(TAIL);
	big = long_document("", 1, STATEMENT_MAX);
	buf_byte(&b, ',');
	buf_put(&b,
	    span_of(big.p + strlen(BODY), big.n - strlen(BODY) - strlen(TAIL)));
	buf_str(&b, TAIL);
	m = read_text(buf_span(&b), false);
	expect_fault(m, 0, 2, "/epcisBody/eventList/2", ERR_TOO_LARGE,
	    "wanted a statement of at most 60000");
	assert_int_equal(import_fault_count(m), 1);
	import_free(m);
	buf_free(&big);
	buf_free(&b);
}

/* The longest event that goes in is the longest that a statement has room
 * for: one byte more is refused here, not by the gateway. */
static void
the_largest_event_fills_a_statement(void **state)
{
	const struct claims c = { .iss = span_str(ISS),
		.sub = span_str(EPC("0")),
		.iat = INT64_MAX,
		.epoch = INT64_MAX,
		.seq = INT64_MAX,
		.mono = INT64_MAX,
		.wall = INT64_MAX,
		.clock = 3,
		.has_seen = true,
		.seen_index = INT64_MAX };
	size_t padding = STATEMENT_MAX, taken = 0;

	(void)state;
	/* bisect: taken fits, padding does not */
	while (padding - taken > 1) {
		size_t middle = (padding + taken) / 2;
		struct buf b = long_document(HEAD, 1, middle);
		struct import *m = read_text(buf_span(&b), false);
		size_t size = statement_size(&c, CONTENT_IS_PRODUCT, b.n);

		assert_int_equal(
		    import_fault_count(m), size > STATEMENT_MAX ? 1 : 0);
		if (import_fault_count(m) == 0)
			taken = middle;
		else
			padding = middle;
		import_free(m);
		buf_free(&b);
	}
	struct buf b = long_document(HEAD, 1, taken);
	assert_int_equal(
	    statement_size(&c, CONTENT_IS_PRODUCT, b.n), STATEMENT_MAX);
	buf_free(&b);
}

static void
a_header_without_room_is_told_once(void **state)
{
	struct buf head = buf_heap(IMPORT_BYTES), b;
	struct import *m;

	(void)state;
	buf_str(&head, HEAD "\"sender\":\"");
	for (size_t i = 0; i < STATEMENT_MAX; i++)
		buf_byte(&head, 'x');
	buf_str(&head, "\",");
	b = long_document(buf_text(&head), 50, 10);
	m = read_text(buf_span(&b), false);
	expect_fault(
	    m, 0, 1, "", ERR_TOO_LARGE, "of document without its events");
	assert_int_equal(import_fault_count(m), 1);
	import_free(m);
	buf_free(&b);
	buf_free(&head);
}

static void
a_subject_has_a_limit(void **state)
{
	struct buf b = buf_heap(IMPORT_BYTES);
	struct import *m;

	(void)state;
	buf_str(&b, HEAD BODY "{\"type\":\"ObjectEvent\"," REST
			      "\"epcList\":[\"urn:x:");
	for (size_t i = 0; i < STATEMENT_SUB_MAX; i++)
		buf_byte(&b, 'y');
	buf_str(&b, "\"]}" TAIL);
	m = read_text(buf_span(&b), false);
	expect_fault(m, 0, 1, "/epcisBody/eventList/0", ERR_TOO_LARGE,
	    "wanted at most 2048");
	assert_int_equal(import_fault_count(m), 1);
	import_free(m);
	buf_free(&b);
}

static void
a_file_has_limits(void **state)
{
	const struct import_options o = { .iss = ISS };
	struct buf b = buf_heap(IMPORT_BYTES);
	struct import *m;
	struct diag d;
	uint8_t byte = ' ';

	(void)state;
	/* refused before a byte of it is read */
	assert_int_equal(
	    import_new(&m, span_of(&byte, IMPORT_BYTES + 1), &o, &d),
	    ERR_TOO_LARGE);
	assert_false(import_is_lines(span_of(&byte, IMPORT_BYTES + 1)));
	buf_str(&b, HEAD BODY "0");
	for (size_t i = 0; i < IMPORT_EVENTS; i++)
		buf_str(&b, ",\"as long as a value\"");
	buf_str(&b, TAIL);
	m = read_text(buf_span(&b), false);
	expect_fault(m, 0, 1, "", ERR_LIMIT, "wanted at most 262144 in a file");
	assert_int_equal(import_fault_count(m), 1);
	import_free(m);
	buf_free(&b);
}

/* ---- what the capture of the API asks for ---- */
static struct import *
read_as(struct span text, enum import_form form, size_t max, bool proceed)
{
	const struct import_options o = { .iss = ISS,
		.now_ms = INT64_C(1764000000000),
		.form = form,
		.events_max = max,
		.proceed = proceed };
	struct import *m;
	struct diag d;

	assert_int_equal(import_new(&m, text, &o, &d), ERR_OK);
	return m;
}

static void
a_form_is_insisted_on(void **state)
{
	static const struct {
		const char *text;
		enum import_form form;
		const char *part;
	} cases[] = {
		{ BARE("a"), IMPORT_DOCUMENT, "wanted type EPCISDocument" },
		{ HEAD BODY EVENT("a") TAIL, IMPORT_EVENT, "wanted one event" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct import *m =
		    read_as(span_str(cases[i].text), cases[i].form, 0, true);

		expect_fault(m, 0, 1, "", ERR_UNSUPPORTED, cases[i].part);
		assert_true(import_unusable(m));
		assert_int_equal(import_fault(m, 0)->event, -1);
		import_free(m);
		m = read_as(span_str(cases[i].text), IMPORT_ANY, 0, false);
		expect_none(m);
		import_free(m);
	}
}

static void
a_smaller_limit_of_events_holds(void **state)
{
	static const char doc[] = HEAD BODY EVENT("a") "," EVENT("b") TAIL;
	struct import *m;

	(void)state;
	m = read_as(span_str(doc), IMPORT_DOCUMENT, 2, false);
	expect_none(m);
	assert_false(import_too_many(m));
	import_free(m);
	m = read_as(span_str(doc), IMPORT_DOCUMENT, 1, true);
	assert_true(import_too_many(m));
	assert_int_equal(import_count(m), 0);
	import_free(m);
}

static void
good_events_proceed(void **state)
{
	static const char doc[] =
	    HEAD BODY EVENT("a") "," WRONG "," EVENT("b") ",7," EVENT("c") TAIL;
	struct import *m = read_as(span_str(doc), IMPORT_DOCUMENT, 0, true);
	char pointer[IMPORT_POINTER];
	struct buf b;

	(void)state;
	expect_fault(m, 0, 1, "/epcisBody/eventList/1", ERR_SCHEMA, "action");
	expect_fault(m, 1, 1, "/epcisBody/eventList/3", ERR_SCHEMA, "");
	assert_int_equal(import_fault_count(m), 2);
	assert_int_equal(import_fault(m, 1)->event, 3);
	assert_false(import_unusable(m));
	assert_int_equal(import_count(m), 1);
	b = payload(m, 0);
	assert_string_equal((char *)b.p,
	    HEAD BODY EVENT("a") "," EVENT("b") "," EVENT("c") TAIL);
	buf_free(&b);
	/* the caller knows of more to leave out */
	assert_int_equal(import_event_count(m), 5);
	assert_true(import_is_out(m, 3));
	assert_false(import_is_out(m, 0));
	import_leave_out(m, 0);
	assert_int_equal(import_repack(m), ERR_OK);
	assert_int_equal(import_count(m), 1);
	b = payload(m, 0);
	assert_string_equal(
	    (char *)b.p, HEAD BODY EVENT("b") "," EVENT("c") TAIL);
	buf_free(&b);
	assert_int_equal(import_where(pointer, m, 0), 1);
	assert_string_equal(pointer, "/epcisBody/eventList/2");
	assert_true(span_is(import_event_bytes(m, 2), EVENT("b")));
	assert_true(import_event_context(m, 2).n > 0);
	import_leave_out(m, 2);
	import_leave_out(m, 4);
	assert_int_equal(import_repack(m), ERR_OK);
	assert_int_equal(import_count(m), 0);
	import_free(m);
}

/* epcis 2.3: of a query's answer as of a document, but none is whole. */
static void
good_events_of_an_answer_proceed(void **state)
{
	static const char doc[] =
	    QUERY_HEAD EVENT("a") "," WRONG "," EVENT("b") QUERY_TAIL;
	struct import *m = read_as(span_str(doc), IMPORT_DOCUMENT, 0, true);
	char pointer[IMPORT_POINTER];
	struct buf b;

	(void)state;
	expect_fault(m, 0, 1, "/epcisBody/queryResults/resultsBody/eventList/1",
	    ERR_SCHEMA, "action");
	assert_int_equal(import_fault_count(m), 1);
	assert_false(import_unusable(m));
	assert_int_equal(import_count(m), 1);
	b = payload(m, 0);
	assert_non_null(strstr(buf_text(&b), "\"type\":\"EPCISDocument\""));
	assert_non_null(strstr(
	    buf_text(&b), "\"eventList\":[" EVENT("a") "," EVENT("b") "]}}"));
	buf_free(&b);
	import_event_where(pointer, m, 2);
	assert_string_equal(
	    pointer, "/epcisBody/queryResults/resultsBody/eventList/2");
	import_free(m);
	m = read_as(span_str(doc), IMPORT_EVENT, 0, true);
	expect_fault(m, 0, 1, "", ERR_UNSUPPORTED, "wanted one event");
	import_free(m);
}

/* A whole document is signed as received, also after a look at it. */
static void
repacking_all_changes_nothing(void **state)
{
	static const char doc[] = HEAD BODY EVENT("a") " ," EVENT("b") TAIL;
	struct import *m = read_as(span_str(doc), IMPORT_DOCUMENT, 0, false);
	struct buf b;

	(void)state;
	expect_none(m);
	assert_int_equal(import_repack(m), ERR_OK);
	assert_int_equal(import_count(m), 1);
	b = payload(m, 0);
	assert_string_equal((char *)b.p, doc);
	buf_free(&b);
	import_free(m);
}

static void
nothing_proceeds_in_a_bad_envelope(void **state)
{
	static const char doc[] =
	    "{\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\"," BODY EVENT(
		"a") TAIL;
	struct import *m = read_as(span_str(doc), IMPORT_DOCUMENT, 0, true);

	(void)state;
	assert_true(import_unusable(m));
	assert_int_equal(import_count(m), 0);
	import_free(m);
}

/* Above a hundred they are left out without being told. */
static void
more_faults_than_are_told_are_left_out(void **state)
{
	struct buf b = buf_heap(IMPORT_BYTES);
	struct import *m;

	(void)state;
	buf_str(&b, HEAD BODY EVENT("a"));
	for (size_t i = 0; i < 3000; i++)
		buf_str(&b, i % 3 == 0 ? "," EVENT("b") : "," WRONG);
	buf_str(&b, TAIL);
	m = read_as(buf_span(&b), IMPORT_DOCUMENT, 0, true);
	assert_int_equal(import_fault_count(m), IMPORT_FAULTS);
	assert_false(import_unusable(m));
	for (size_t i = 0; i < 3001; i++)
		assert_int_equal(
		    import_is_out(m, i), i > 0 && (i - 1) % 3 != 0);
	assert_true(import_count(m) > 1);
	import_free(m);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_that_fits_stays_as_it_is),
		cmocka_unit_test(a_long_one_is_split_by_bytes),
		cmocka_unit_test(a_long_one_is_split_by_events),
		cmocka_unit_test(blanks_between_events_do_not_count),
		cmocka_unit_test(lines_are_documents_or_events),
		cmocka_unit_test(answers_of_a_query_are_taken_out),
		cmocka_unit_test(faults_of_answers_have_their_place),
		cmocka_unit_test(one_bare_event_is_a_file_too),
		cmocka_unit_test(lines_are_recognised),
		cmocka_unit_test(every_event_at_fault_is_named),
		cmocka_unit_test(the_last_of_many_events_is_checked),
		cmocka_unit_test(an_envelope_is_told_once_and_its_events_too),
		cmocka_unit_test(a_document_has_its_members),
		cmocka_unit_test(text_is_refused_with_its_line),
		cmocka_unit_test(lines_have_faults_each),
		cmocka_unit_test(faults_end_at_a_hundred),
		cmocka_unit_test(an_event_that_fits_no_statement_is_named),
		cmocka_unit_test(the_largest_event_fills_a_statement),
		cmocka_unit_test(a_header_without_room_is_told_once),
		cmocka_unit_test(a_subject_has_a_limit),
		cmocka_unit_test(a_file_has_limits),
		cmocka_unit_test(a_form_is_insisted_on),
		cmocka_unit_test(a_smaller_limit_of_events_holds),
		cmocka_unit_test(good_events_proceed),
		cmocka_unit_test(good_events_of_an_answer_proceed),
		cmocka_unit_test(repacking_all_changes_nothing),
		cmocka_unit_test(nothing_proceeds_in_a_bad_envelope),
		cmocka_unit_test(more_faults_than_are_told_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
