/* SPDX-License-Identifier: Apache-2.0 */
/* Headers and problems of /epcis without a database behind (epcis.md 9.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

#include "epcis.h"

#include "base/banned.h"

struct world {
	struct api_conf conf;
	struct api api;
	struct http_response res;
};

/* One header a request. */
struct sent {
	const char *name, *value;
};

static struct span
header(void *headers, const char *name)
{
	const struct sent *h = headers;

	return h->name != NULL && strcmp(h->name, name) == 0
		   ? span_str(h->value)
		   : SPAN_NONE;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct store_options o = { "host=/nonexistent dbname=none", "demo",
		"test", 1000 };

	assert_non_null(w);
	w->api.conf = &w->conf;
	api_metrics_init(&w->api.metrics);
	assert_int_equal(pool_new(&w->api.pool, &o, 1), ERR_OK);
	assert_int_equal(view_new(&w->api.view), ERR_OK);
	http_response_init(&w->res);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	http_response_free(&w->res);
	view_free(w->api.view);
	pool_free(w->api.pool);
	free(w);
	return 0;
}

static void
ask(struct world *w, enum http_method m, const char *target, const char *name,
    const char *value)
{
	struct sent sent = { name, value };
	struct http_request req = { .method = m };

	req.target = span_str(target);
	req.header = header;
	req.headers = &sent;
	http_response_free(&w->res);
	http_response_init(&w->res);
	api_handle(&w->api, &req, &w->res);
}

static const char *
answer_header(struct world *w, const char *name)
{
	const char *v = http_header_get(&w->res, name);

	return v == NULL ? "" : v;
}

static void
is_problem(
    struct world *w, unsigned status, const char *exception, const char *code)
{
	char type[96];
	struct json *j;

	(void)snprintf(type, sizeof(type), "epcisException:%s", exception);
	assert_int_equal(w->res.status, status);
	assert_string_equal(w->res.type, "application/problem+json");
	assert_int_equal(json_parse(&j, buf_span(&w->res.body), NULL), ERR_OK);
	assert_string_equal(json_text(json_get(j, "type")), type);
	assert_string_equal(json_text(json_get(j, "code")), code);
	json_free(j);
	assert_string_equal(answer_header(w, "GS1-EPCIS-Version"), "2.0.0");
}

static void
test_root(void **state)
{
	struct world *w = *state;
	struct json *j;

	ask(w, HTTP_GET, "/epcis/", NULL, NULL);
	assert_int_equal(w->res.status, 200);
	assert_string_equal(w->res.type, "application/json");
	assert_string_equal(answer_header(w, "GS1-EPCIS-Version"), "2.0.0");
	assert_string_equal(answer_header(w, "GS1-CBV-Version"), "2.0.0");
	assert_int_equal(json_parse(&j, buf_span(&w->res.body), NULL), ERR_OK);
	assert_int_equal(json_count(json_get(j, "member")), 9);
	json_free(j);
	ask(w, HTTP_GET, "/epcis", "Accept", "application/ld+json");
	assert_string_equal(w->res.type, "application/ld+json");
	ask(w, HTTP_GET, "/healthz", NULL, NULL);
	assert_null(http_header_get(&w->res, "GS1-EPCIS-Version"));
}

static void
test_options(void **state)
{
	struct world *w = *state;

	ask(w, HTTP_OPTIONS, "/epcis/", NULL, NULL);
	assert_int_equal(w->res.status, 204);
	assert_string_equal(answer_header(w, "Allow"), "GET, HEAD, OPTIONS");
	assert_string_equal(answer_header(w, "GS1-EPCIS-Min"), "2.0.0");
	assert_string_equal(answer_header(w, "GS1-EPCIS-Max"), "2.0.0");
	assert_true(answer_header(w, "GS1-Vendor-Version")[0] != '\0');
	assert_string_equal(answer_header(w, "GS1-Extensions"),
	    "cm=https://countermark.example/ns#");
}

static void
test_negotiation(void **state)
{
	static const struct {
		const char *name, *value;
		const char *code; /* NULL: accepted */
	} rows[] = {
		{ "GS1-EPCIS-Min", "2.0", NULL },
		{ "GS1-EPCIS-Min", "1.2.0", NULL },
		{ "GS1-EPCIS-Min", "2.0.1", "version" },
		{ "GS1-EPCIS-Min", "two", "version" },
		{ "GS1-EPCIS-Min", "", "version" },
		{ "GS1-EPCIS-Min", "2..0", "version" },
		{ "GS1-EPCIS-Min", "1.2.0.0", "version" },
		{ "GS1-EPCIS-Max", "2.0", NULL },
		{ "GS1-EPCIS-Max", "2", NULL },
		{ "GS1-EPCIS-Max", "1.2", "version" },
		{ "GS1-CBV-Min", "2.1", "version" },
		{ "GS1-CBV-Max", "1.9.9", "version" },
		{ "GS1-EPC-Format", "Always_EPC_URN", NULL },
		{ "GS1-EPC-Format", "No_Preference", NULL },
		{ "GS1-EPC-Format", "Always", "epc_format" },
		{ "Accept", "*/*", NULL },
		{ "Accept", "application/xml", "media_type" },
		{ "Accept", "application/json;q=0", "media_type" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(w, HTTP_GET, "/epcis", rows[i].name, rows[i].value);
		if (rows[i].code == NULL)
			assert_int_equal(w->res.status, 200);
		else
			is_problem(
			    w, 406, "NotAcceptableException", rows[i].code);
	}
}

static void
test_extensions(void **state)
{
	static const char name[] = "GS1-Extensions";
	struct world *w = *state;

	ask(w, HTTP_GET, "/epcis", NULL, NULL);
	assert_null(http_header_get(&w->res, name));
	ask(w, HTTP_GET, "/epcis", name, "ex=https://a.example/, b=urn:b:");
	assert_int_equal(w->res.status, 200);
	assert_string_equal(
	    answer_header(w, name), "ex=https://a.example/,b=urn:b:");
	ask(w, HTTP_GET, "/epcis", name, "ex=nothing");
	is_problem(w, 400, "ValidationException", "bad_extensions");
	assert_non_null(strstr(buf_text(&w->res.body), "ex=nothing"));
	assert_null(http_header_get(&w->res, name));
	/* It is of EPCIS alone. */
	ask(w, HTTP_GET, "/healthz", name, "ex=nothing");
	assert_int_equal(w->res.status, 200);
}

static void
test_problems(void **state)
{
	struct world *w = *state;

	ask(w, HTTP_GET, "/epcis/nothing", NULL, NULL);
	is_problem(w, 404, "NoSuchResourceException", "not_found");
	ask(w, HTTP_GET, "/epcis?x=1", NULL, NULL);
	is_problem(w, 400, "QueryParameterException", "unknown_parameter");
	ask(w, HTTP_POST, "/epcis", NULL, NULL);
	is_problem(w, 405, "NoSuchResourceException", "method_not_allowed");
	ask(w, HTTP_GET, "/epcisx", NULL, NULL);
	assert_null(http_header_get(&w->res, "GS1-EPCIS-Version"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_negotiation, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_extensions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_problems, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
