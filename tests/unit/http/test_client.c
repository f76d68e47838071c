/* SPDX-License-Identifier: Apache-2.0 */
/* The client against our own server, and against a socket that answers what a
 * proper server would not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/client.h"
#include "http/server.h"

#include "base/banned.h"

#define TOKEN "secret-word"
#define LIMIT ((size_t)65536)

static struct http *server;
static atomic_bool let_go;
static atomic_uint waiting;

static size_t
body_max(struct span target)
{
	(void)target;
	return LIMIT;
}

static void
wait_for_word(void)
{
	atomic_fetch_add(&waiting, 1);
	while (!atomic_load(&let_go))
		(void)poll(NULL, 0, 5);
	atomic_fetch_sub(&waiting, 1);
}

static void
echo(const struct http_request *req, struct http_response *res)
{
	res->status = 200;
	res->type = "text/plain";
	http_header(res, "ETag", "\"e1\"");
	http_header(res, "Retry-After", "7");
	buf_printf(&res->body, "%s %.*s auth=%.*s type=%.*s none=%.*s body=",
	    req->method == HTTP_POST ? "POST" : "GET", SPAN_ARG(req->target),
	    SPAN_ARG(req->authorization), SPAN_ARG(req->content_type),
	    SPAN_ARG(req->if_none_match));
	buf_put(&res->body, req->body);
}

static void
handler(void *ctx, const struct http_request *req, struct http_response *res)
{
	(void)ctx;
	if (span_starts(req->target, "/base/bytes/")) {
		size_t n =
		    (size_t)strtoul((const char *)req->target.p + 12, NULL, 10);
		uint8_t *p = buf_reserve(&res->body, n);

		if (p != NULL)
			memset(p, 'x', n);
		res->status = 200;
	} else if (span_is(req->target, "/base/away")) {
		res->status = 302;
		http_header(res, "Location", "/base/echo");
	} else if (span_is(req->target, "/base/later")) {
		wait_for_word();
		res->status = 204;
	} else if (span_is(req->target, "/base/refused")) {
		res->status = 401;
	} else {
		echo(req, res);
	}
}

static int
start(void **state)
{
	struct http_options o = {
		.listen = "127.0.0.1",
		.threads = 8,
		.connections = 64,
		.timeout_s = 30,
		.body_max = body_max,
		.handler = handler,
	};

	(void)state;
	return http_start(&server, &o, NULL) == ERR_OK ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	http_stop(server, 1000);
	return 0;
}

static struct http_client *
client_to(unsigned port, const char *path, long total_ms)
{
	char base[80];
	struct http_client_options o = {
		.base = base,
		.token = TOKEN,
		.agent = "test",
		.total_ms = total_ms,
		.answer_max = LIMIT,
	};
	struct http_client *c;

	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u%s", port, path);
	assert_int_equal(http_client_new(&c, &o, NULL), ERR_OK);
	return c;
}

static struct http_client *
client(void)
{
	return client_to(http_port(server), "/base/", 20000);
}

static void
get_sends_target_and_token(void **state)
{
	struct http_client *c = client();
	struct http_answer a;

	(void)state;
	assert_int_equal(
	    http_client_get(c, &a, "/a%2Fb/../c?x=1", NULL), ERR_OK);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.type, "text/plain");
	assert_string_equal(a.etag, "\"e1\"");
	assert_string_equal(a.retry_after, "7");
	assert_string_equal(buf_text(&a.body),
	    "GET /base/a%2Fb/../c?x=1 auth=Bearer " TOKEN " type= none= body=");
	http_answer_clear(&a);
	http_client_free(c);
}

static void
post_sends_type_and_body(void **state)
{
	struct http_client *c = client();
	struct http_answer a;

	(void)state;
	assert_int_equal(http_client_post(c, &a, "/p", "text/x.one",
			     span_of("a\0b", 3), NULL),
	    ERR_OK);
	assert_int_equal(a.body.n, strlen("POST /base/p auth=Bearer " TOKEN
					  " type=text/x.one none= body=") +
				       3);
	assert_memory_equal(a.body.p + a.body.n - 3, "a\0b", 3);
	http_answer_clear(&a);
	/* an empty body, and a GET after a POST on the same connection */
	assert_int_equal(
	    http_client_post(c, &a, "/p", "text/x.one", SPAN_NONE, NULL),
	    ERR_OK);
	assert_int_equal(a.status, 200);
	http_answer_clear(&a);
	assert_int_equal(http_client_get(c, &a, "/g", NULL), ERR_OK);
	assert_true(span_starts(buf_span(&a.body), "GET /base/g "));
	http_answer_clear(&a);
	http_client_free(c);
}

static void
if_none_match_goes_along(void **state)
{
	struct http_client *c = client();
	struct http_call call = { .target = "/n", .if_none = "\"e1\"" };
	struct http_answer a;

	(void)state;
	assert_int_equal(http_client_run(c, &a, &call, 1, NULL), ERR_OK);
	assert_non_null(strstr(buf_text(&a.body), "none=\"e1\""));
	http_answer_clear(&a);
	http_client_free(c);
}

static void
statuses_are_no_failures(void **state)
{
	struct http_client *c = client();
	struct http_answer a;

	(void)state;
	assert_int_equal(http_client_get(c, &a, "/away", NULL), ERR_OK);
	assert_int_equal(a.status, 302); /* not followed */
	http_answer_clear(&a);
	assert_int_equal(http_client_get(c, &a, "/refused", NULL), ERR_OK);
	assert_int_equal(a.status, 401);
	http_answer_clear(&a);
	http_client_free(c);
}

static void
answers_are_bounded(void **state)
{
	struct http_client *c = client();
	struct http_answer a;
	struct diag d;

	(void)state;
	assert_int_equal(http_client_get(c, &a, "/bytes/65536", NULL), ERR_OK);
	assert_int_equal(a.body.n, LIMIT);
	http_answer_clear(&a);
	assert_int_equal(
	    http_client_get(c, &a, "/bytes/65537", &d), ERR_TOO_LARGE);
	assert_int_equal(a.body.cap, 0); /* refused by its length alone */
	assert_non_null(strstr(d.text, "/bytes/65537: the answer is too long"));
	http_answer_clear(&a);
	http_client_free(c);
}

static void
bad_targets_are_refused(void **state)
{
	static const char *const bad[] = { "", "x", "/a b", "/a\r\nX: y" };
	struct http_client *c = client();
	struct http_answer a;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    http_client_get(c, &a, bad[i], NULL), ERR_USAGE);
		http_answer_clear(&a);
	}
	http_client_free(c);
}

static void
many_calls_run_beside_each_other(void **state)
{
	struct http_client *c = client();
	struct http_call calls[40];
	struct http_answer a[40];
	char targets[40][16];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(targets[i], sizeof(targets[i]), "/n/%u", i);
		calls[i] = (struct http_call){ .target = targets[i] };
	}
	calls[7].target = "no path";
	assert_int_equal(http_client_run(c, a, calls, 40, NULL), ERR_USAGE);
	for (unsigned i = 0; i < 40; i++) {
		if (i != 7) {
			char want[32];

			(void)snprintf(
			    want, sizeof(want), "GET /base/n/%u auth", i);
			assert_int_equal(a[i].failed, ERR_OK);
			assert_true(span_starts(buf_span(&a[i].body), want));
		}
		http_answer_clear(&a[i]);
	}
	http_client_free(c);
}

static void
bad_options_are_refused(void **state)
{
	static const char *const bases[] = { "", "ftp://a/", "file:///etc",
		"http://u@a/", "http://a/?q", "http://a/#f", "a.example",
		"http://a b/" };
	struct http_client_options o = { .agent = "test" };
	struct http_client *c;
	struct diag d;

	(void)state;
	for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		o.base = bases[i];
		assert_int_equal(http_client_new(&c, &o, &d), ERR_CONFIG);
		assert_null(c);
	}
	o.base = "http://127.0.0.1/";
	o.token = "two words";
	assert_int_equal(http_client_new(&c, &o, &d), ERR_CONFIG);
	o.token = "line\nbreak";
	assert_int_equal(http_client_new(&c, &o, &d), ERR_CONFIG);
	o.token = NULL;
	o.ca = "/nonexistent.pem";
	assert_int_equal(http_client_new(&c, &o, &d), ERR_CONFIG);
}

static void *
run_later(void *ctx)
{
	struct http_client *c = ctx;
	struct http_call calls[3] = { { .target = "/later" },
		{ .target = "/later" }, { .target = "/later" } };
	struct http_answer a[3];
	enum err e = http_client_run(c, a, calls, 3, NULL);

	for (unsigned i = 0; i < 3; i++)
		http_answer_clear(&a[i]);
	return (void *)(uintptr_t)e;
}

static void
stop_ends_what_is_under_way(void **state)
{
	struct http_client *c = client();
	struct http_answer a;
	pthread_t thread;
	void *e;

	(void)state;
	atomic_store(&let_go, false);
	assert_int_equal(pthread_create(&thread, NULL, run_later, c), 0);
	while (atomic_load(&waiting) == 0)
		(void)poll(NULL, 0, 5);
	http_client_stop(c);
	assert_int_equal(pthread_join(thread, &e), 0);
	assert_int_equal((uintptr_t)e, ERR_STATE);
	assert_int_equal(http_client_get(c, &a, "/echo", NULL), ERR_STATE);
	http_answer_clear(&a);
	atomic_store(&let_go, true);
	http_client_free(c);
}

static void
slow_answers_time_out(void **state)
{
	struct http_client *c = client_to(http_port(server), "/base", 50);
	struct http_answer a;

	(void)state;
	atomic_store(&let_go, false);
	assert_int_equal(http_client_get(c, &a, "/later", NULL), ERR_TIMEOUT);
	atomic_store(&let_go, true);
	http_answer_clear(&a);
	http_client_free(c);
}

/* ---- a socket with a script ---- */
struct script {
	int listener;
	unsigned port;
	const char *const *replies; /* to one request each, NULL ends */
	size_t extra;               /* bytes behind the last reply */
	unsigned accepted;
};

/* Reads up to the blank line. */
static bool
read_request(int fd)
{
	char last[4] = { 0 };
	char byte;

	while (recv(fd, &byte, 1, 0) == 1) {
		memmove(last, last + 1, 3);
		last[3] = byte;
		if (memcmp(last, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static void *
play(void *ctx)
{
	struct script *s = ctx;
	const char *const *reply = s->replies;

	while (*reply != NULL) {
		int fd = accept(s->listener, NULL, NULL);

		s->accepted++;
		while (*reply != NULL && read_request(fd)) {
			(void)send(fd, *reply, strlen(*reply), MSG_NOSIGNAL);
			reply++;
		}
		while (
		    s->extra > 0 && send(fd, "xxxxxxxx", 8, MSG_NOSIGNAL) == 8)
			s->extra -= 8;
		(void)close(fd);
	}
	return NULL;
}

static void
open_script(struct script *s, pthread_t *thread)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->listener, 4), 0);
	assert_int_equal(
	    getsockname(s->listener, (struct sockaddr *)&at, &n), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(thread, NULL, play, s), 0);
}

static void
connections_are_kept(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
		"HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nb",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc", NULL
	};
	struct script s = { .replies = replies };
	struct http_client *c;
	struct http_answer a;
	pthread_t thread;

	(void)state;
	open_script(&s, &thread);
	c = client_to(s.port, "", 20000);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(http_client_get(c, &a, "/", NULL), ERR_OK);
		assert_int_equal(a.body.p[0], 'a' + i);
		http_answer_clear(&a);
	}
	http_client_free(c);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(s.accepted, 1);
	(void)close(s.listener);
}

static void
a_body_without_length_is_bounded(void **state)
{
	static const char *const replies[] = { "HTTP/1.1 200 OK\r\n\r\n",
		NULL };
	struct script s = { .replies = replies, .extra = 4 * LIMIT };
	struct http_client *c;
	struct http_answer a;
	pthread_t thread;

	(void)state;
	open_script(&s, &thread);
	c = client_to(s.port, "", 20000);
	assert_int_equal(http_client_get(c, &a, "/", NULL), ERR_TOO_LARGE);
	assert_true(a.body.cap <= LIMIT + 1); /* a NUL at the end */
	http_answer_clear(&a);
	http_client_free(c);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(s.listener);
}

static void
cut_and_foreign_answers_are_failures(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", NULL
	};
	static const char *const foreign[] = { "220 mail.example ready\r\n",
		NULL };
	const char *const *each[] = { replies, foreign };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct script s = { .replies = each[i] };
		struct http_client *c;
		struct http_answer a;
		pthread_t thread;

		open_script(&s, &thread);
		c = client_to(s.port, "", 20000);
		assert_int_equal(http_client_get(c, &a, "/", NULL), ERR_NET);
		assert_true(a.why[0] != '\0');
		http_answer_clear(&a);
		http_client_free(c);
		assert_int_equal(pthread_join(thread, NULL), 0);
		(void)close(s.listener);
	}
}

static void
nobody_there_is_a_failure(void **state)
{
	struct script s = { .replies = (const char *const[]){ NULL } };
	struct http_client *c;
	struct http_answer a;
	pthread_t thread;

	(void)state;
	open_script(&s, &thread); /* for a port that is free again */
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(s.listener);
	c = client_to(s.port, "", 20000);
	assert_int_equal(http_client_get(c, &a, "/", NULL), ERR_NET);
	http_answer_clear(&a);
	http_client_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_sends_target_and_token),
		cmocka_unit_test(post_sends_type_and_body),
		cmocka_unit_test(if_none_match_goes_along),
		cmocka_unit_test(statuses_are_no_failures),
		cmocka_unit_test(answers_are_bounded),
		cmocka_unit_test(bad_targets_are_refused),
		cmocka_unit_test(many_calls_run_beside_each_other),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(stop_ends_what_is_under_way),
		cmocka_unit_test(slow_answers_time_out),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(a_body_without_length_is_bounded),
		cmocka_unit_test(cut_and_foreign_answers_are_failures),
		cmocka_unit_test(nobody_there_is_a_failure),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
