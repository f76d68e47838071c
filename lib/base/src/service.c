/* SPDX-License-Identifier: Apache-2.0 */
#include "base/service.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

static void
print_usage(FILE *to, const char *program, const char *extra)
{
	(void)fprintf(to,
	    "usage: %s --config FILE [--check] [--verbose] %s\n"
	    "       %s --example | --version | --help\n"
	    "  --config FILE  read the configuration from FILE\n"
	    "  --check        check the configuration and leave\n"
	    "  --example      print a configuration with all keys\n"
	    "  --verbose      log debug lines too\n",
	    program, extra != NULL ? extra : "", program);
}

static int
refuse(
    const char *program, const char *extra, const char *what, const char *word)
{
	(void)fprintf(stderr, "%s: %s %s\n", program, what, word);
	print_usage(stderr, program, extra);
	return EXIT_USAGE;
}

/* Takes an option without a value; false when it is none of them. */
static bool
take_flag(struct service_options *o, const char *word)
{
	if (strcmp(word, "--check") == 0)
		o->check = true;
	else if (strcmp(word, "--example") == 0)
		o->example = true;
	else if (strcmp(word, "--verbose") == 0)
		o->verbose = true;
	else
		return false;
	return true;
}

/* --version and --help answer at once: the exit code, or -1. */
static int
take_question(const char *word, const char *program, const char *extra)
{
	if (strcmp(word, "--version") == 0)
		(void)printf("%s %s\n", program, CM_VERSION);
	else if (strcmp(word, "--help") == 0)
		print_usage(stdout, program, extra);
	else
		return -1;
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
service_options(struct service_options *out, int argc, char **argv,
    const char *program, const char *extra)
{
	int i = 1;

	*out = (struct service_options){ 0 };
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		const char *word = argv[i];
		int code = take_question(word, program, extra);
		if (code >= 0)
			return code;
		if (strcmp(word, "--") == 0) {
			i++;
			break;
		}
		if (take_flag(out, word))
			continue;
		if (strncmp(word, "--config=", 9) == 0) {
			out->config = word + 9;
			continue;
		}
		if (strcmp(word, "--config") != 0)
			return refuse(program, extra, "unknown option", word);
		if (++i == argc)
			return refuse(program, extra, "no file after", word);
		out->config = argv[i];
	}
	out->first_arg = i;
	return -1;
}

enum err
service_signals(int *fd, struct diag *d)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (failed != 0)
		return diag_fail(
		    d, ERR_IO, "", "block signals: %s", strerror(failed));
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*fd < 0)
		return diag_fail(
		    d, ERR_IO, "", "signalfd: %s", strerror(errno));
	return ERR_OK;
}

int
service_signal_take(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
		return 0;
	return (int)info.ssi_signo;
}

void
service_notify(const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	size_t n = strlen(path);
	if (n < 2 || n >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, n);
	/* An abstract name begins with NUL, written @ in the environment. */
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t size =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, size);
	(void)close(fd);
}
