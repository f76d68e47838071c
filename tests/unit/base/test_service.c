/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/service.h"

#include "base/banned.h"

#define MAX_WORDS 8

/* Runs service_options over words up to NULL. */
static int
options(struct service_options *o, const char *const *words)
{
	static char copies[MAX_WORDS][64];
	char *argv[MAX_WORDS + 1] = { NULL };
	int argc = 0;

	for (; words[argc] != NULL; argc++) {
		(void)snprintf(
		    copies[argc], sizeof copies[argc], "%s", words[argc]);
		argv[argc] = copies[argc];
	}
	return service_options(o, argc, argv, "prog", "[run]");
}

#define OPTIONS(o, ...) options(o, (const char *const[]){ __VA_ARGS__, NULL })

static void
options_are_read(void **state)
{
	struct service_options o;

	(void)state;
	assert_int_equal(OPTIONS(&o, "prog"), -1);
	assert_null(o.config);
	assert_int_equal(o.first_arg, 1);
	assert_int_equal(OPTIONS(&o, "prog", "--config", "f", "--check",
			     "--verbose", "run", "--json"),
	    -1);
	assert_string_equal(o.config, "f");
	assert_true(o.check && o.verbose && !o.example);
	assert_int_equal(o.first_arg, 5);
	assert_int_equal(OPTIONS(&o, "prog", "--config=g", "--example"), -1);
	assert_string_equal(o.config, "g");
	assert_true(o.example);
	assert_int_equal(OPTIONS(&o, "prog", "--", "--check"), -1);
	assert_int_equal(o.first_arg, 2);
	assert_false(o.check);
}

static void
options_leave(void **state)
{
	struct service_options o;

	(void)state;
	assert_int_equal(OPTIONS(&o, "prog", "--version"), 0);
	assert_int_equal(OPTIONS(&o, "prog", "--help"), 0);
	assert_int_equal(OPTIONS(&o, "prog", "--nonsense"), EXIT_USAGE);
	assert_int_equal(OPTIONS(&o, "prog", "--config"), EXIT_USAGE);
}

static void
signals_turn_up(void **state)
{
	struct diag d;
	int fd = -1;

	(void)state;
	assert_int_equal(service_signals(&fd, &d), ERR_OK);
	assert_int_equal(service_signal_take(fd), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(raise(SIGTERM), 0);
	int a = service_signal_take(fd), b = service_signal_take(fd);
	assert_true(
	    (a == SIGHUP && b == SIGTERM) || (a == SIGTERM && b == SIGHUP));
	assert_int_equal(service_signal_take(fd), 0);
	assert_int_equal(raise(SIGPIPE), 0); /* does not end us */
	(void)close(fd);
}

/* A datagram socket at name; its first byte may be NUL. */
static int
listen_at(const char *name, size_t n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(at.sun_path, name, n);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	    0);
	return fd;
}

static void
expect_message(int fd, const char *want)
{
	char got[32] = { 0 };

	assert_int_equal(
	    recv(fd, got, sizeof got - 1, MSG_DONTWAIT), strlen(want));
	assert_string_equal(got, want);
}

static void
notifies(void **state)
{
	char folder[] = "/tmp/cm-notify-XXXXXX", path[64], hidden[64];

	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	service_notify("READY=1");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/s", folder);
	int fd = listen_at(path, strlen(path));
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	service_notify("READY=1");
	expect_message(fd, "READY=1");
	(void)close(fd);
	service_notify("READY=1"); /* nobody there: no harm */
	(void)unlink(path);
	(void)rmdir(folder);
	(void)snprintf(hidden, sizeof hidden, "@cm-notify-%d", (int)getpid());
	assert_int_equal(setenv("NOTIFY_SOCKET", hidden, 1), 0);
	size_t n = strlen(hidden);
	hidden[0] = '\0';
	fd = listen_at(hidden, n);
	service_notify("WATCHDOG=1");
	expect_message(fd, "WATCHDOG=1");
	(void)close(fd);
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	service_notify("READY=1");
	assert_int_equal(setenv("NOTIFY_SOCKET", "@", 1), 0);
	service_notify("READY=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(options_leave),
		cmocka_unit_test(signals_turn_up),
		cmocka_unit_test(notifies),
	};
	return cmocka_run_group_tests_name("base.service", tests, NULL, NULL);
}
