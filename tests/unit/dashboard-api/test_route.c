/* SPDX-License-Identifier: Apache-2.0 */
/* Routing and problems without a database behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

#include "api.h"

#include "base/banned.h"

struct world {
	struct api_conf conf;
	struct api api;
	struct http_response res;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct store_options o = { "host=/nonexistent dbname=none", "demo",
		"test", 1000 };

	assert_non_null(w);
	w->conf.cors = "https://shop.example";
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
	limit_free(w->api.limit);
	view_free(w->api.view);
	pool_free(w->api.pool);
	free(w);
	return 0;
}

static void
ask(struct world *w, enum http_method m, const char *target)
{
	struct http_request req = { .method = m };

	req.target = span_str(target);
	req.origin = span_str("https://shop.example");
	http_response_free(&w->res);
	http_response_init(&w->res);
	api_handle(&w->api, &req, &w->res);
}

/* status, problem code, parameter (NULL: has none) */
static void
is_problem(
    struct world *w, unsigned status, const char *code, const char *parameter)
{
	char type[128];
	struct json *j;
	int64_t got;

	(void)snprintf(type, sizeof(type), API_PROBLEM "%s", code);
	assert_int_equal(w->res.status, status);
	assert_string_equal(w->res.type, "application/problem+json");
	assert_int_equal(json_parse(&j, buf_span(&w->res.body), NULL), ERR_OK);
	assert_string_equal(json_text(json_get(j, "type")), type);
	assert_true(json_text(json_get(j, "title"))[0] != '\0');
	assert_true(json_text(json_get(j, "detail"))[0] != '\0');
	assert_int_equal(json_get_int(&got, j, "status", NULL), ERR_OK);
	assert_int_equal(got, status);
	if (parameter == NULL)
		assert_null(json_get(j, "parameter"));
	else
		assert_string_equal(
		    json_text(json_get(j, "parameter")), parameter);
	json_free(j);
}

/* From an address and with a token ("" none). */
static unsigned
ask_from(struct world *w, const uint8_t peer[HTTP_PEER], const char *token,
    const char *target)
{
	struct http_request req = { .method = HTTP_GET };

	req.target = span_str(target);
	req.authorization = token[0] == '\0' ? SPAN_NONE : span_str(token);
	memcpy(req.peer, peer, HTTP_PEER);
	http_response_free(&w->res);
	http_response_init(&w->res);
	api_handle(&w->api, &req, &w->res);
	return w->res.status;
}

/* There is no database behind: what passes the limit is answered with 503. */
static void
test_rate_limit(void **state)
{
	static const uint8_t
	    far[HTTP_PEER] = { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 1 },
	    same[HTTP_PEER] = { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 2 },
	    other[HTTP_PEER] = { 0x20, 1, 0xd, 0xb8, 9 },
	    four[HTTP_PEER] = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
	    four2[HTTP_PEER] = { [10] = 0xff, 0xff, 192, 0, 2, 2 },
	    loop6[HTTP_PEER] = { [15] = 1 },
	    loop4[HTTP_PEER] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	static const char path[] = "/v1/verify?code=x";
	struct world *w = *state;

	w->conf.rate_per_s = 1;
	assert_int_equal(limit_new(&w->api.limit, 1, 2), ERR_OK);
	assert_int_equal(ask_from(w, far, "", path), 503);
	assert_int_equal(ask_from(w, same, "", path), 503);
	assert_int_equal(ask_from(w, far, "", path), 429);
	is_problem(w, 429, "rate_limited", NULL);
	assert_string_equal(http_header_get(&w->res, "Retry-After"), "1");
	assert_int_equal(ask_from(w, far, "", "/healthz"), 200);
	assert_int_equal(ask_from(w, other, "", path), 503);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ask_from(w, four, "", path), 503);
	assert_int_equal(ask_from(w, four, "", path), 429);
	assert_int_equal(ask_from(w, four2, "", path), 503);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ask_from(w, loop6, "", path), 503);
		assert_int_equal(ask_from(w, loop4, "", path), 503);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(ask_from(w, loop4, "Bearer a", path), 503);
	assert_int_equal(ask_from(w, loop6, "Bearer a", path), 429);
	assert_int_equal(ask_from(w, loop6, "Bearer b", path), 503);
	assert_int_equal(metric_value(&w->api.metrics.rate_limited), 3);
}

static void
test_bare(void **state)
{
	struct world *w = *state;

	ask(w, HTTP_GET, "/healthz");
	assert_int_equal(w->res.status, 200);
	assert_string_equal(buf_text(&w->res.body), "{\"status\":\"ok\"}");
	assert_non_null(http_header_get(&w->res, "Server-Timing"));
	ask(w, HTTP_GET, "/%68ealthz");
	assert_int_equal(w->res.status, 200);
	ask(w, HTTP_GET, "/metrics");
	assert_int_equal(w->res.status, 200);
	assert_non_null(
	    strstr(buf_text(&w->res.body), "countermark_api_answers_total"));
	ask(w, HTTP_GET, "/openapi.yaml");
	assert_int_equal(w->res.status, 200);
	assert_non_null(strstr(buf_text(&w->res.body), "openapi: 3.1.0"));
}

/* The page may run its own script and style and nothing else. */
static void
test_page(void **state)
{
	struct world *w = *state;
	const char *csp;

	ask(w, HTTP_GET, "/");
	assert_int_equal(w->res.status, 200);
	assert_string_equal(w->res.type, "text/html; charset=utf-8");
	assert_non_null(http_header_get(&w->res, "ETag"));
	csp = http_header_get(&w->res, "Content-Security-Policy");
	assert_non_null(csp);
	assert_non_null(strstr(csp, "script-src 'sha256-"));
	assert_non_null(strstr(csp, "frame-ancestors 'none'"));
	assert_null(strstr(csp, "unsafe"));
}

static void
test_conditional(void **state)
{
	struct world *w = *state;
	struct http_request req = { .method = HTTP_GET };
	char tag[HTTP_VALUE];

	ask(w, HTTP_GET, "/openapi.yaml");
	assert_non_null(http_header_get(&w->res, "ETag"));
	(void)snprintf(
	    tag, sizeof(tag), "W/%s", http_header_get(&w->res, "ETag"));
	req.target = span_str("/openapi.yaml");
	req.if_none_match = span_str(tag);
	http_response_reset(&w->res);
	api_handle(&w->api, &req, &w->res);
	assert_int_equal(w->res.status, 304);
	assert_int_equal(w->res.body.n, 0);
}

static void
test_not_found(void **state)
{
	static const char *const none[] = { "/v1", "/v1/verify/", "/v1//verify",
		"/log", "/log/tile", "/v1/items/a/b", "/v1/items/a/history/",
		"/log/proof/1/2", "/healthz/x", "/v1%2Fverify", "/log/absent" };
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ask(w, HTTP_GET, none[i]);
		is_problem(w, 404, "not_found", NULL);
	}
}

static void
test_methods(void **state)
{
	struct world *w = *state;

	ask(w, HTTP_OTHER, "/v1/verify");
	is_problem(w, 405, "method_not_allowed", NULL);
	assert_string_equal(
	    http_header_get(&w->res, "Allow"), "GET, HEAD, POST, OPTIONS");
	ask(w, HTTP_POST, "/healthz");
	is_problem(w, 405, "method_not_allowed", NULL);
	assert_string_equal(
	    http_header_get(&w->res, "Allow"), "GET, HEAD, OPTIONS");
	ask(w, HTTP_OPTIONS, "/log/checkpoint");
	assert_int_equal(w->res.status, 204);
	assert_string_equal(
	    http_header_get(&w->res, "Access-Control-Allow-Origin"),
	    "https://shop.example");
	assert_non_null(
	    http_header_get(&w->res, "Access-Control-Allow-Methods"));
	ask(w, HTTP_HEAD, "/healthz");
	assert_int_equal(w->res.status, 200);
}

static void
test_parameters(void **state)
{
	struct world *w = *state;

	ask(w, HTTP_GET, "/healthz?x=1");
	is_problem(w, 400, "unknown_parameter", "x");
	ask(w, HTTP_GET, "/v1/verify?code=a&languag=en");
	is_problem(w, 400, "unknown_parameter", "languag");
	ask(w, HTTP_GET, "/v1/verify?cod");
	is_problem(w, 400, "unknown_parameter", "cod");
	ask(w, HTTP_GET, "/v1/verify");
	is_problem(w, 400, "missing_parameter", "code");
	ask(w, HTTP_GET, "/v1/verify?code=a&lang=de");
	is_problem(w, 400, "bad_parameter", "lang");
	ask(w, HTTP_GET, "/v1/verify?code=a&country=de");
	is_problem(w, 400, "bad_parameter", "country");
	ask(w, HTTP_GET, "/v1/verify?code=a&asOf=1");
	is_problem(w, 501, "not_supported", "asOf");
	ask(w, HTTP_GET, "/v1/items/hello");
	is_problem(w, 400, "unreadable_code", "code");
	ask(w, HTTP_GET, "/v1/items/01%2F09506000134352");
	is_problem(w, 400, "not_an_item", "code");
	ask(w, HTTP_GET, "/v1/verify?code=%00");
	is_problem(w, 400, "bad_target", NULL);
	ask(w, HTTP_GET, "/log/tile/entries/000");
	is_problem(w, 401, "unauthorised", "Authorization");
	assert_string_equal(
	    http_header_get(&w->res, "WWW-Authenticate"), "Bearer");
}

static void
test_target_too_long(void **state)
{
	static char text[TARGET_MAX + 2];
	struct world *w = *state;

	memset(text, 'a', sizeof(text) - 1);
	text[0] = '/';
	ask(w, HTTP_GET, text);
	is_problem(w, 414, "target_too_long", NULL);
}

static void
test_bodies(void **state)
{
	static const char *const bad[] = { "", "[]", "{", "{}", "{\"code\":1}",
		"{\"items\":[]}", "{\"items\":[1]}",
		"{\"items\":[{\"cod\":\"a\"}]}",
		"{\"items\":[{\"code\":\"a\",\"x\":1}]}",
		"{\"code\":\"a\",\"x\":1}",
		"{\"code\":\"a\",\"items\":[\"a\"]}" };
	static const char *const types[] = { NULL, "", "text/plain",
		"application/jso", "application/jsonx", "application/json,x" };
	struct world *w = *state;
	struct http_request req = { .method = HTTP_POST };

	req.target = span_str("/v1/verify");
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		req.content_type =
		    types[i] == NULL ? SPAN_NONE : span_str(types[i]);
		api_handle(&w->api, &req, &w->res);
		is_problem(w, 415, "media_type", "Content-Type");
	}
	req.content_type = span_str("Application/JSON; charset=utf-8");
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		req.body = span_str(bad[i]);
		api_handle(&w->api, &req, &w->res);
		is_problem(w, 400, "bad_body", "body");
	}
	req.body_too_large = true;
	api_handle(&w->api, &req, &w->res);
	is_problem(w, 413, "too_large", NULL);
}

static void
test_no_database(void **state)
{
	static const char *const paths[] = { "/log/checkpoint", "/readyz",
		"/v1/verify?code=a", "/log/tile/0/000", "/log/proof/1",
		"/.well-known/did.json", "/device/a/did.json",
		"/org/a/did.json", "/log/consistency?from=1&to=2",
		"/v1/items/00%2F095060000000000015/history" };
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ask(w, HTTP_GET, paths[i]);
		is_problem(w, 503, "unavailable", NULL);
		assert_non_null(http_header_get(&w->res, "Retry-After"));
	}
	assert_true(metric_value(&w->api.metrics.database_errors) > 0);
}

static void
test_tokens(void **state)
{
	static const char *const bad[] = { "", "Basic abc", "Bearer",
		"Bearer " };
	struct world *w = *state;
	struct http_request req = { .method = HTTP_GET };

	req.target = span_str("/log/checkpoint");
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		req.authorization = span_str(bad[i]);
		api_handle(&w->api, &req, &w->res);
		is_problem(w, 401, "unauthorised", "Authorization");
	}
	req.authorization = span_str("bearer token");
	api_handle(&w->api, &req, &w->res);
	is_problem(w, 503, "unavailable", NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bare),
		TEST(test_rate_limit),
		TEST(test_page),
		TEST(test_conditional),
		TEST(test_not_found),
		TEST(test_methods),
		TEST(test_parameters),
		TEST(test_target_too_long),
		TEST(test_bodies),
		TEST(test_no_database),
		TEST(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
