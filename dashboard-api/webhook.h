/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_WEBHOOK_H
#define API_WEBHOOK_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * POSTs to the outside, several at a time from one thread; the library behind
 * is known to webhook_curl.c alone. Certificates are verified, redirects not
 * followed, no proxy asked, answers read up to a limit and thrown away.
 */
#define WEBHOOK_MOST 8 /* at a time */

struct webhook;

struct webhook_options {
	bool inside;    /* http and addresses that are not public too */
	const char *ca; /* PEM file of the certificates trusted; NULL: the
			 * system's */
};

enum err webhook_new(struct webhook **out, const struct webhook_options *o,
    struct diag *d) CM_MUST_USE;
/* Ends what is under way without a word. */
void webhook_free(struct webhook *w);

struct webhook_post {
	const char *url;
	struct span body;       /* stays in use until the end */
	const char *type;       /* media type */
	const char *signature;  /* of GS1-Signature; NULL: none */
	const char *min_record; /* of GS1-Query-Min-Record-Time */
	void *ctx;              /* for webhook_done */
};
/* Begins. ERR_FULL: WEBHOOK_MOST are under way; ERR_NOMEM. */
enum err webhook_start(
    struct webhook *w, const struct webhook_post *p) CM_MUST_USE;
unsigned webhook_running(const struct webhook *w);

/* status 0: there was no answer, and text says why. */
typedef void (*webhook_done)(
    void *handler, void *ctx, unsigned status, const char *text);
/* Carries on for at most wait_ms, or until something has ended; calls done for
 * each that has. */
void webhook_run(
    struct webhook *w, int wait_ms, webhook_done done, void *handler);
/* From another thread: webhook_run() returns at once. */
void webhook_wake(struct webhook *w);

#endif
