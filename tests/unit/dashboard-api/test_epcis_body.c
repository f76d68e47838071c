/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that make queries and subscriptions; waiting after failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "deliver.h"
#include "epcis_body.h"

#include "base/banned.h"

struct world {
	struct epcis_query q;
	struct epcis_fault f;
	struct epcis_named named;
	struct epcis_subscribe sub;
	struct json_doc doc;
	struct json_node nodes[EPCIS_BODY_NODES];
	char text[EPCIS_BODY + 2];
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
query(struct world *w, struct span text)
{
	w->doc = (struct json_doc){ .nodes = w->nodes,
		.capacity = EPCIS_BODY_NODES };
	return epcis_body_query(&w->named, &w->doc, &w->q, text, &w->f);
}

static enum err
subscription(struct world *w, const char *text, bool inside)
{
	w->doc = (struct json_doc){ .nodes = w->nodes,
		.capacity = EPCIS_BODY_NODES };
	return epcis_body_subscription(
	    &w->sub, &w->doc, span_str(text), inside, &w->f);
}

static void
test_names(void **state)
{
	static const char *const good[] = { "a", "A-Z_0.9~", "..." };
	static const char *const bad[] = { "", ".", "..", "a b", "a/b", "a%41",
		"\xc3\xa4", "a:b", "a?", "@", "[", "`", "{" };
	char longest[EPCIS_NAME + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(epcis_name_ok(span_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(epcis_name_ok(span_str(bad[i])));
	memset(longest, 'a', sizeof(longest));
	assert_true(epcis_name_ok(span_of(longest, EPCIS_NAME)));
	assert_false(epcis_name_ok(span_of(longest, EPCIS_NAME + 1)));
}

static void
test_query(void **state)
{
	struct world *w = *state;

	assert_int_equal(
	    query(w, span_str("{\"query\":{\"EQ_action\":[\"ADD\"]},"
			      "\"name\":\"\\u0061b\"}")),
	    ERR_OK);
	assert_true(span_is(w->named.name, "ab"));
	assert_true(span_is(
	    json_raw(&w->doc, w->named.query), "{\"EQ_action\":[\"ADD\"]}"));
	assert_int_equal(w->q.sql.count, 1);
}

static const struct {
	const char *body, *parameter;
} bad_queries[] = {
	{ "", "body" },
	{ "[]", "body" },
	{ "{\"name\":\"a\",\"query\":{}}x", "body" },
	{ "{\"name\":\"a\",\"name\":\"b\",\"query\":{}}", "body" },
	{ "{\"name\":\"a\",\"query\":{},\"more\":1}", "more" },
	{ "{\"name\":\"a\",\"query\":{},"
	  "\"aNameThatIsLongerThanAnyOfTheMembersThatAreKnownHere\":1}",
	    "body" },
	{ "{\"query\":{}}", "name" },
	{ "{\"name\":1,\"query\":{}}", "name" },
	{ "{\"name\":\"\",\"query\":{}}", "name" },
	{ "{\"name\":\"a/b\",\"query\":{}}", "name" },
	{ "{\"name\":\"a\\u0000\",\"query\":{}}", "name" },
	{ "{\"name\":\"a\"}", "query" },
	{ "{\"name\":\"a\",\"query\":[]}", "query" },
	{ "{\"name\":\"a\",\"query\":{\"EQ_nothing\":[\"x\"]}}", "EQ_nothing" },
	{ "{\"name\":\"a\",\"query\":{\"perPage\":3}}", "perPage" },
	{ "{\"name\":\"a\",\"query\":{\"EQ_action\":[\"X\"]}}", "EQ_action" },
	{ "{\"name\":\"a\",\"query\":{\"EQ_action\":[[[[[[[]]]]]]]}}", "body" },
};

static void
test_bad_queries(void **state)
{
	struct world *w = *state;
	size_t n = sizeof(bad_queries) / sizeof(bad_queries[0]);

	for (size_t i = 0; i < n; i++) {
		if (query(w, span_str(bad_queries[i].body)) != ERR_SYNTAX)
			fail_msg("taken: %s", bad_queries[i].body);
		assert_string_equal(w->f.parameter, bad_queries[i].parameter);
		assert_string_equal(w->f.code, "bad_query");
		assert_int_equal(w->f.status, 400);
		assert_true(w->f.detail[0] != '\0');
	}
}

static void
test_large_query(void **state)
{
	struct world *w = *state;

	memset(w->text, ' ', sizeof(w->text));
	memcpy(w->text, "{\"name\":\"a\",\"query\":{}}", 23);
	assert_int_equal(query(w, span_of(w->text, EPCIS_BODY)), ERR_OK);
	assert_int_equal(
	    query(w, span_of(w->text, EPCIS_BODY + 1)), ERR_SYNTAX);
	assert_int_equal(w->f.status, 413);
	assert_string_equal(w->f.code, "query_too_large");
}

#define DEST "\"dest\":\"https://a.example/x\""

static void
test_subscription(void **state)
{
	struct world *w = *state;

	assert_int_equal(
	    subscription(w,
		"{" DEST ",\"stream\":true,\"signatureToken\":\"k\"}", false),
	    ERR_OK);
	assert_true(w->sub.stream);
	assert_true(span_is(w->sub.dest, "https://a.example/x"));
	assert_true(span_is(w->sub.secret, "k"));
	assert_int_equal(w->sub.schedule.n, 0);
	assert_int_equal(subscription(w,
			     "{" DEST ",\"stream\":false,\"schedule\":"
			     "{\"hour\":\"1\"},\"reportIfEmpty\":true}",
			     false),
	    ERR_OK);
	assert_false(w->sub.stream);
	assert_true(w->sub.report_if_empty);
	assert_null(w->sub.secret.p);
	assert_true(span_is(w->sub.schedule, "{\"hour\":\"1\"}"));
	assert_int_equal(w->sub.when.hour, 2);
	assert_int_equal(
	    subscription(
		w, "{\"dest\":\"http://10.0.0.1/\",\"stream\":true}", true),
	    ERR_OK);
}

static const struct {
	const char *body, *parameter;
} bad_subscriptions[] = {
	{ "x", "body" },
	{ "null", "body" },
	{ "{\"stream\":true}", "dest" },
	{ "{\"dest\":1,\"stream\":true}", "dest" },
	{ "{\"dest\":\"\",\"stream\":true}", "dest" },
	{ "{\"dest\":\"http://a.example/\",\"stream\":true}", "dest" },
	{ "{\"dest\":\"https://10.0.0.1/\",\"stream\":true}", "dest" },
	{ "{" DEST "}", "schedule" },
	{ "{" DEST ",\"stream\":false}", "schedule" },
	{ "{" DEST ",\"stream\":\"true\"}", "stream" },
	{ "{" DEST ",\"stream\":true,\"schedule\":{\"hour\":\"1\"}}",
	    "stream" },
	{ "{" DEST ",\"schedule\":[]}", "schedule" },
	{ "{" DEST ",\"schedule\":{\"hour\":\"x\"}}", "schedule.hour" },
	{ "{" DEST ",\"stream\":true,\"reportIfEmpty\":true}",
	    "reportIfEmpty" },
	{ "{" DEST ",\"schedule\":{\"hour\":\"1\"},\"reportIfEmpty\":1}",
	    "reportIfEmpty" },
	{ "{" DEST ",\"stream\":true,\"secret\":\"x\"}", "secret" },
	{ "{" DEST ",\"stream\":true,\"signatureToken\":\"\"}",
	    "signatureToken" },
	{ "{" DEST ",\"stream\":true,\"signatureToken\":1}", "signatureToken" },
	{ "{" DEST ",\"stream\":true,\"signatureToken\":\"\\u0000\"}",
	    "signatureToken" },
	{ "{" DEST ",\"stream\":true,\"initialRecordTime\":"
	  "\"2026-01-01T00:00:00Z\"}",
	    "initialRecordTime" },
};

static void
test_bad_subscriptions(void **state)
{
	struct world *w = *state;
	size_t n = sizeof(bad_subscriptions) / sizeof(bad_subscriptions[0]);

	for (size_t i = 0; i < n; i++) {
		if (subscription(w, bad_subscriptions[i].body, false) !=
		    ERR_SYNTAX)
			fail_msg("taken: %s", bad_subscriptions[i].body);
		assert_string_equal(
		    w->f.parameter, bad_subscriptions[i].parameter);
		assert_string_equal(w->f.code, "bad_subscription");
		assert_int_equal(w->f.status, 400);
	}
	assert_int_equal(
	    subscription(
		w, "{" DEST ",\"stream\":true,\"secret\":\"x\"}", false),
	    ERR_SYNTAX);
	assert_string_equal(w->f.wanted, "signatureToken");
}

static void
test_long_secret(void **state)
{
	struct world *w = *state;
	int n;

	for (n = EPCIS_SECRET; n <= EPCIS_SECRET + 1; n++) {
		(void)snprintf(w->text, sizeof(w->text),
		    "{" DEST ",\"stream\":true,\"signatureToken\":\"%0*d\"}", n,
		    0);
		assert_int_equal(subscription(w, w->text, false),
		    n == EPCIS_SECRET ? ERR_OK : ERR_SYNTAX);
	}
	assert_string_equal(w->f.parameter, "signatureToken");
}

static void
test_wait(void **state)
{
	(void)state;
	assert_int_equal(deliver_wait_ms(1), 1000);
	assert_int_equal(deliver_wait_ms(2), 2000);
	assert_int_equal(deliver_wait_ms(5), 16000);
	assert_int_equal(deliver_wait_ms(10), 512000);
	assert_int_equal(deliver_wait_ms(11), DELIVER_WAIT_MOST_MS);
	assert_int_equal(deliver_wait_ms(4000000), DELIVER_WAIT_MOST_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_bad_queries),
		cmocka_unit_test(test_large_query),
		cmocka_unit_test(test_subscription),
		cmocka_unit_test(test_bad_subscriptions),
		cmocka_unit_test(test_long_secret),
		cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
