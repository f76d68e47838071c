/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway.h"

#include "base/banned.h"

/* The agent behind the gateway: one identity `a` whose sixth put fails, whose
 * commits can be made to fail, and whose receipt covers what the case says. */
static struct gateway *g;
static char path[64];
static int client;
static uint64_t stored, staged, acked, commits;
static enum err commit_result;

static enum err
fake_put(void *ctx, struct span identity, enum content content,
    struct span body, size_t *who, uint64_t *seq, struct diag *d)
{
	(void)ctx;
	(void)content;
	*who = 0;
	if (!span_is(identity, "a"))
		return diag_fail(d, ERR_NOT_FOUND, "", "no identity");
	if (span_is(body, "bad"))
		return diag_fail(d, ERR_SCHEMA, "epcis 2.1", "bad body");
	*seq = ++staged;
	return ERR_OK;
}

static void
fake_commit(void *ctx)
{
	(void)ctx;
	commits++;
	if (commit_result == ERR_OK)
		stored = staged;
	staged = stored;
}

static enum err
fake_settled(
    void *ctx, size_t who, const char **device, uint64_t *epoch, struct diag *d)
{
	(void)ctx;
	(void)who;
	*device = "a";
	*epoch = 1;
	if (commit_result != ERR_OK)
		return diag_fail(d, commit_result, "edge 7", "disk");
	return ERR_OK;
}

static enum err
fake_wait(void *ctx, struct span identity, uint64_t seq, struct buf *out,
    struct diag *d)
{
	(void)ctx;
	if (!span_is(identity, "a") || seq > stored)
		return diag_fail(d, ERR_NOT_FOUND, "", "nothing there");
	if (seq > acked)
		return ERR_TIMEOUT;
	buf_printf(out, "{\"upto_seq\":%llu}", (unsigned long long)acked);
	return ERR_OK;
}

static int
setup(void **state)
{
	static const struct gateway_port port = {
		.put = fake_put,
		.commit = fake_commit,
		.settled = fake_settled,
		.wait = fake_wait,
	};
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	(void)state;
	stored = staged = acked = commits = 0;
	commit_result = ERR_OK;
	(void)snprintf(path, sizeof(path), "/tmp/cm-gw-%d", (int)getpid());
	if (gateway_new(&g, path, &port, NULL) != ERR_OK)
		return -1;
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	return connect(client, (const struct sockaddr *)&a, sizeof(a));
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(client);
	gateway_free(g);
	return 0;
}

static void
turns(unsigned n)
{
	struct pollfd fds[GATEWAY_CLIENTS + 1];

	while (n-- > 0) {
		size_t count = gateway_poll(g, fds);

		(void)poll(fds, count, 0);
		gateway_turn(g, fds, count, 1000);
	}
}

static void
say(const char *text)
{
	assert_int_equal(write(client, text, strlen(text)), strlen(text));
	turns(3);
}

static void
hear(const char *wanted)
{
	char got[4096];
	ssize_t n = read(client, got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, wanted);
}

static bool
hung_up(void)
{
	char c;

	return read(client, &c, 1) == 0;
}

#define PUT "put a application/ld+json "
#define DONE(n) "{\"device\":\"a\",\"epoch\":1,\"seq\":" n "}\n"
#define BAD                                                                    \
	"{\"error\":{\"code\":\"schema\",\"clause\":\"epcis 2.1\","            \
	"\"detail\":\"bad body\"}}\n"

static void
test_mode(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
}

static void
test_put(void **state)
{
	(void)state;
	say(PUT "2\n{}");
	hear(DONE("1"));
}

static void
test_in_pieces(void **state)
{
	static const char text[] = PUT "2\n{}";
	char c[2] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		hear("");
		c[0] = text[i];
		say(c);
	}
	hear(DONE("1"));
}

static void
test_pipelined_share_a_commit(void **state)
{
	(void)state;
	turns(1);
	say(PUT "2\n{}" PUT "3\nbad" PUT "2\n{}");
	hear(DONE("1") BAD DONE("2"));
	assert_int_equal(commits, 1);
}

static void
test_failed_commit_is_told(void **state)
{
	(void)state;
	commit_result = ERR_FULL;
	say(PUT "2\n{}");
	hear("{\"error\":{\"code\":\"full\",\"clause\":\"edge 7\","
	     "\"detail\":\"disk\"}}\n");
	assert_int_equal(stored, 0);
}

static void
test_too_large_body_is_skipped(void **state)
{
	static char big[60001];
	size_t at = 0;
	char got[1000];
	ssize_t n;

	(void)state;
	memset(big, 'x', sizeof(big));
	say(PUT "60001\n");
	while (at < sizeof(big)) {
		ssize_t w = write(client, big + at, sizeof(big) - at);

		at += w > 0 ? (size_t)w : 0;
		turns(1);
	}
	say(PUT "2\n{}");
	n = read(client, got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_non_null(strstr(got, "too_large"));
	assert_non_null(strstr(got, DONE("1")));
}

static void
test_wait(void **state)
{
	(void)state;
	say(PUT "2\n{}wait a 1\n" PUT "2\n{}");
	hear(DONE("1")); /* the later put stays behind the wait */
	acked = 1;
	gateway_wake(g, 1000);
	hear("{\"upto_seq\":1}\n" DONE("2"));
}

static void
test_wait_for_nothing(void **state)
{
	(void)state;
	say("wait a 9\n");
	hear("{\"error\":{\"code\":\"not_found\",\"clause\":\"\","
	     "\"detail\":\"nothing there\"}}\n");
}

static void
test_half_closed_client_gets_its_answer(void **state)
{
	(void)state;
	say(PUT "2\n{}wait a 1\n");
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	turns(3);
	hear(DONE("1"));
	acked = 1;
	gateway_wake(g, 1000);
	hear("{\"upto_seq\":1}\n");
	assert_true(hung_up());
}

static void
test_client_gone_while_waiting(void **state)
{
	struct pollfd fds[GATEWAY_CLIENTS + 1];

	(void)state;
	say(PUT "2\n{}wait a 1\n");
	(void)close(client);
	turns(2);
	assert_int_equal(gateway_poll(g, fds), 1);
	client = -1;
}

static void
test_nonsense_ends_the_connection(void **state)
{
	char got[1000];

	(void)state;
	say("GET / HTTP/1.1\n");
	assert_true(read(client, got, sizeof(got)) > 0);
	turns(1);
	assert_true(hung_up());
}

static void
test_slow_reader_is_dropped(void **state)
{
	struct pollfd fds[GATEWAY_CLIENTS + 1];
	size_t count;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		if (write(client, PUT "2\n{}", 30) != 30)
			break;
		if (i % 50 == 0)
			turns(1);
	}
	turns(50);
	count = gateway_poll(g, fds);
	assert_int_equal(count, 2);
	assert_true(gateway_timeout(g, 1000) >= 0);
	(void)poll(fds, count, 0);
	gateway_turn(g, fds, count, 1000 + GATEWAY_SLOW_MS + 2);
	assert_int_equal(gateway_poll(g, fds), 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_mode),
		CASE(test_put),
		CASE(test_in_pieces),
		CASE(test_pipelined_share_a_commit),
		CASE(test_failed_commit_is_told),
		CASE(test_too_large_body_is_skipped),
		CASE(test_wait),
		CASE(test_wait_for_nothing),
		CASE(test_half_closed_client_gets_its_answer),
		CASE(test_client_gone_while_waiting),
		CASE(test_nonsense_ends_the_connection),
		CASE(test_slow_reader_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
