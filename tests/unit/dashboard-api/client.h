/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_API_CLIENT_H
#define TEST_API_CLIENT_H

#include "base/buf.h"

/* One HTTP request on a connection of its own, written by hand so that the
 * target goes out as it stands. */
struct reply {
	unsigned status;
	char *head;       /* status line and headers, NUL-terminated */
	struct span body; /* NUL-terminated behind its end */
	struct buf all;
};

/* headers: "Name: value\r\n"… or "". body "" for none. Ends the test when the
 * server does not answer. */
void client_ask(struct reply *r, unsigned port, const char *method,
    const char *target, const char *headers, const char *body);
void client_clear(struct reply *r);
/* Value of a header in out, false when absent. */
bool client_header(
    const struct reply *r, const char *name, char *out, size_t cap);

#endif
