/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdbool.h>

#include "base/diag.h"

/*
 * What every daemon shares: options, signals, readiness and watchdog.
 */
#define EXIT_USAGE 64
#define EXIT_BAD_CONFIG 78

struct service_options {
	const char *config; /* --config FILE */
	bool check;         /* --check */
	bool example;       /* --example: print a configuration */
	bool verbose;       /* --verbose */
	int first_arg;      /* index of the first word that is no option */
};

/* Parses the common options; prints usage or version and returns the exit
 * code to leave with, or -1 to go on. extra: words for the usage line. */
int service_options(struct service_options *out, int argc, char **argv,
    const char *program, const char *extra);

/* Blocks SIGTERM, SIGINT, SIGHUP in all threads to come and returns a file
 * descriptor (signalfd) that turns readable. Ignores SIGPIPE. */
enum err service_signals(int *fd, struct diag *d) CM_MUST_USE;

/* Reads one pending signal number, 0 when there is none. */
int service_signal_take(int fd);

/* sd_notify(3) protocol over $NOTIFY_SOCKET; does nothing without it.
 * state as in "READY=1", "WATCHDOG=1", "STOPPING=1". */
void service_notify(const char *state);

#endif
