/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * A blocking HTTP client for one server, whose connections stay open between
 * calls; the library behind is known to client_curl.c alone. http and https
 * only; certificates are verified, redirects not followed (their status comes
 * back), no proxy asked, answers held to a limit. One call at a time, from any
 * thread; http_client_stop() is the exception.
 */
#define HTTP_CLIENT_MOST 16 /* requests of a call under way at once */
#define HTTP_CLIENT_WORD 128

struct http_client;

struct http_client_options {
	/* `http(s)://host[:port][/path]`, borrowed for the call as all texts
	 * are; a slash at the end is left out. */
	const char *base;
	const char *token; /* of `Authorization: Bearer`; NULL none */
	const char *ca;    /* PEM file of trusted certificates; NULL: the
			    * system's */
	const char *agent; /* User-Agent */
	long connect_ms;   /* 0: 5,000 */
	long total_ms;     /* of one request; 0: 30,000 */
	size_t answer_max; /* bytes of a body; 0: 1 MiB */
};

/* ERR_CONFIG (base, token or ca is not what it should be, with why),
 * ERR_NOMEM. */
enum err http_client_new(struct http_client **out,
    const struct http_client_options *o, struct diag *d) CM_MUST_USE;
void http_client_free(struct http_client *c);

struct http_call {
	const char *target;  /* `/…`, put behind the base's path as it is */
	const char *type;    /* media type of the body; NULL: GET */
	struct span body;    /* of a POST */
	const char *if_none; /* ETag for If-None-Match; NULL none */
};

struct http_answer {
	enum err failed; /* ERR_OK: there is a status. Else ERR_NET,
			  * ERR_TIMEOUT, ERR_TOO_LARGE, ERR_STATE (stopped),
			  * ERR_USAGE (target), ERR_NOMEM */
	unsigned status;
	struct buf body; /* heap */
	/* headers; "" when absent or longer than fits */
	char type[HTTP_CLIENT_WORD];
	char etag[HTTP_CLIENT_WORD];
	char retry_after[HTTP_CLIENT_WORD];
	char why[HTTP_CLIENT_WORD]; /* of failed, in words */
};

/*
 * Does n calls, up to HTTP_CLIENT_MOST of them at once, and waits for all.
 * answers[i] is that of calls[i]; each is to be released with
 * http_answer_clear(), whatever is returned. Returns the failure of the first
 * one that failed, with d filled; a status of any kind is no failure.
 */
enum err http_client_run(struct http_client *c, struct http_answer *answers,
    const struct http_call *calls, size_t n, struct diag *d) CM_MUST_USE;
void http_answer_clear(struct http_answer *a);

/* One call. */
enum err http_client_get(struct http_client *c, struct http_answer *out,
    const char *target, struct diag *d) CM_MUST_USE;
enum err http_client_post(struct http_client *c, struct http_answer *out,
    const char *target, const char *type, struct span body,
    struct diag *d) CM_MUST_USE;

/* From any thread: the calls under way and all later ones end with ERR_STATE,
 * at once. */
void http_client_stop(struct http_client *c);
/* The base as it is used, for messages. */
const char *http_client_base(const struct http_client *c);

#endif
