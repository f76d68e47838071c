/* SPDX-License-Identifier: Apache-2.0 */
/* The client over TLS: whom it believes. tls.sh makes the certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdatomic.h>

#include "http/client.h"
#include "http/server.h"

#include "base/banned.h"

#define TOKEN "secret-word"

static const char *folder;
static atomic_uint requests;

static size_t
body_max(struct span target)
{
	(void)target;
	return 100;
}

static void
handle(void *ctx, const struct http_request *req, struct http_response *res)
{
	(void)ctx;
	atomic_fetch_add(&requests, 1);
	res->status = span_is(req->authorization, "Bearer " TOKEN) ? 200 : 401;
	buf_put(&res->body, req->body);
}

/* cert NULL: without TLS. */
static struct http *
server(const char *cert)
{
	char crt[256], key[256];
	struct http_options o = {
		.listen = "127.0.0.1",
		.threads = 2,
		.connections = 8,
		.timeout_s = 30,
		.body_max = body_max,
		.handler = handle,
	};
	struct http *h;

	if (cert != NULL) {
		(void)snprintf(crt, sizeof crt, "%s/%s.crt", folder, cert);
		(void)snprintf(key, sizeof key, "%s/%s.key", folder, cert);
		o.tls_cert = crt;
		o.tls_key = key;
	}
	assert_int_equal(http_start(&h, &o, NULL), ERR_OK);
	atomic_store(&requests, 0);
	return h;
}

/* Two posts to the server as a client that trusts ca (NULL: the system's). */
static enum err
post(struct http *h, const char *scheme, const char *host, const char *ca,
    char why[HTTP_CLIENT_WORD])
{
	char base[80], path[256];
	struct http_client_options o = {
		.base = base, .token = TOKEN, .agent = "test"
	};
	struct http_client *c;
	struct http_answer a;
	enum err e = ERR_OK;

	(void)snprintf(
	    base, sizeof base, "%s://%s:%u", scheme, host, http_port(h));
	if (ca != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s.crt", folder, ca);
		o.ca = path;
	}
	assert_int_equal(http_client_new(&c, &o, NULL), ERR_OK);
	for (unsigned i = 0; i < 2 && e == ERR_OK; i++) {
		e = http_client_post(
		    c, &a, "/x", "text/plain", span_str("body"), NULL);
		if (e == ERR_OK) {
			assert_int_equal(a.status, 200);
			assert_true(span_is(buf_span(&a.body), "body"));
		}
		(void)snprintf(why, HTTP_CLIENT_WORD, "%s", a.why);
		http_answer_clear(&a);
	}
	http_client_free(c);
	return e;
}

static void
accepted(const char *cert, const char *host, const char *ca)
{
	char why[HTTP_CLIENT_WORD];
	struct http *h = server(cert);

	if (post(h, "https", host, ca, why) != ERR_OK)
		fail_msg("%s", why);
	assert_int_equal(atomic_load(&requests), 2);
	http_stop(h, 1000);
}

/* And nothing was said to it: no token, no body. */
static void
refused(const char *cert, const char *scheme, const char *host, const char *ca)
{
	char why[HTTP_CLIENT_WORD];
	struct http *h = server(cert);

	assert_int_equal(post(h, scheme, host, ca, why), ERR_NET);
	assert_true(why[0] != '\0');
	assert_int_equal(atomic_load(&requests), 0);
	http_stop(h, 1000);
}

static void
who_is_vouched_for_is_believed(void **state)
{
	(void)state;
	accepted("here", "127.0.0.1", "ca");
	accepted("self", "127.0.0.1", "stranger");
}

static void
who_is_vouched_for_by_nobody_is_not(void **state)
{
	(void)state;
	refused("here", "https", "127.0.0.1", NULL);
	refused("here", "https", "127.0.0.1", "stranger");
	refused("self", "https", "127.0.0.1", "ca");
}

static void
another_host_is_not_believed(void **state)
{
	(void)state;
	refused("elsewhere", "https", "127.0.0.1", "ca");
	refused("here", "https", "localhost", "ca");
}

static void
tls_and_plain_do_not_mix(void **state)
{
	(void)state;
	refused(NULL, "https", "127.0.0.1", "ca");
	refused("here", "http", "127.0.0.1", "ca");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_vouched_for_is_believed),
		cmocka_unit_test(who_is_vouched_for_by_nobody_is_not),
		cmocka_unit_test(another_host_is_not_believed),
		cmocka_unit_test(tls_and_plain_do_not_mix),
	};

	if (argc != 2)
		return 64;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
