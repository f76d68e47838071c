/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_LINK_H
#define SERVICE_LINK_H

#include "base/diag.h"

/*
 * Ingest's own statements: handed to the gateway, which signs them with the
 * service key and sends them over the broker like all others (interface.md,
 * Signing). A thread of its own tries until the gateway has stored them.
 */
struct service_link;

/* ERR_NOMEM. socket: path, copied. */
enum err service_link_new(
    struct service_link **out, const char *socket, struct diag *d) CM_MUST_USE;

/* Asks for `device` op `suspend` of that device (formats 3.4). Any thread. */
void service_link_suspend(struct service_link *l, const char *device);

/* Stops the thread; what is not handed over yet is asked for again at the
 * next start, from the log. */
void service_link_free(struct service_link *l);

#endif
