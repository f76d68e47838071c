/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASKER_H
#define ASKER_H

#include "http/client.h"

/*
 * One server that is asked in the background: a thread with an HTTP client of
 * its own and one question at a time. Who asks never waits, so that a server
 * that hangs costs nobody but itself.
 */
struct asker;

struct asker_options {
	struct http_client_options http; /* borrowed for the call */
	const char *target, *type;       /* of each POST; stay in use */
	/* From the thread: asker_take() has an answer now. */
	void (*answered)(void *ctx);
	void *ctx;
};

/* ERR_CONFIG (http), ERR_NOMEM. */
enum err asker_new(struct asker **out, const struct asker_options *o,
    struct diag *d) CM_MUST_USE;
/* What is under way ends at once and is not answered. */
void asker_free(struct asker *a);

/* Asks; body is copied. ERR_STATE: the answer to the last one was not taken
 * yet. ERR_NOMEM. */
enum err asker_put(struct asker *a, struct span body) CM_MUST_USE;
/* *out: the answer, the caller's to clear. false: there is none yet. */
bool asker_take(struct asker *a, struct http_answer *out) CM_MUST_USE;

#endif
