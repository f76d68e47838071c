/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * An HTTP server in our own words; the library behind is known to
 * server_microhttpd.c alone. Targets come as received: nothing is decoded here.
 */
enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER,
};

#define HTTP_PEER 16
struct http_request {
	enum http_method method;
	struct span target; /* path?query, raw */
	struct span body;
	bool body_too_large;
	/* headers; SPAN_NONE when absent */
	struct span authorization;
	struct span content_type;
	struct span if_none_match;
	struct span origin;
	/* The peer's address: IPv6, or IPv4 mapped into it; zeroes unknown. */
	uint8_t peer[HTTP_PEER];
	/* Any other header, see http_request_header(). */
	struct span (*header)(void *headers, const char *name);
	void *headers;
};

/* A request header by its name, case ignored; SPAN_NONE when absent. */
struct span http_request_header(
    const struct http_request *req, const char *name);

#define HTTP_HEADERS 32
#define HTTP_VALUE 320
#define HTTP_ANSWER_MAX ((size_t)32 << 20) /* an entry bundle: 16.8 MB */

struct http_header {
	const char *name; /* constant */
	char value[HTTP_VALUE];
	char *longer; /* heap, in place of value; NULL */
};

struct http_response {
	unsigned status;
	bool epcis;       /* problems in the words of EPCIS */
	const char *type; /* constant; NULL without a body */
	struct buf body;  /* heap */
	unsigned header_count;
	struct http_header headers[HTTP_HEADERS];
};

void http_response_init(struct http_response *r);
/* Empties it for another try. */
void http_response_reset(struct http_response *r);
void http_response_free(struct http_response *r);
/* Sets a header, cut to HTTP_VALUE; the same name again replaces it. */
void http_header(struct http_response *r, const char *name, const char *fmt,
    ...) CM_PRINTF(3, 4);
/* The same for a value of any length; ERR_NOMEM, ERR_FULL. */
enum err http_header_long(
    struct http_response *r, const char *name, struct span value) CM_MUST_USE;
/* Value of a header or NULL. */
const char *http_header_get(const struct http_response *r, const char *name);

/* Fills res; called from any of the server's threads. */
typedef void (*http_handler)(
    void *ctx, const struct http_request *req, struct http_response *res);

struct http_options {
	const char *listen; /* IPv4 or IPv6 address */
	unsigned port;      /* 0: any */
	unsigned threads;
	unsigned connections;
	unsigned timeout_s; /* of an idle connection */
	/* Longest body that is taken for a target; asked before any of it is
	 * read. */
	size_t (*body_max)(struct span target);
	const char *tls_cert; /* PEM files; NULL without TLS */
	const char *tls_key;
	http_handler handler;
	void *ctx;
};

struct http;

enum err http_start(struct http **out, const struct http_options *o,
    struct diag *d) CM_MUST_USE;
unsigned http_port(const struct http *h);
/* Takes no new connections any more and waits at most wait_ms for the requests
 * under way, then stops. */
void http_stop(struct http *h, int wait_ms);

#endif
