/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"

#include "base/banned.h"

#define PEM_MAX 65536
#define CONNECTION_MEMORY 65536

struct http {
	struct MHD_Daemon *daemon;
	struct http_options options;
	struct buf cert, key;
	atomic_uint in_flight;
};

/* One request while it is read and answered. */
struct exchange {
	struct http *http;
	struct buf body;
	bool started;
	bool too_large;
	size_t target_length;
	uint8_t target[];
};

void
http_response_init(struct http_response *r)
{
	memset(r, 0, sizeof(*r));
	r->status = 500;
	r->body = buf_heap(HTTP_ANSWER_MAX);
}

static void
drop_headers(struct http_response *r)
{
	for (unsigned i = 0; i < r->header_count; i++)
		free(r->headers[i].longer);
	r->header_count = 0;
}

void
http_response_reset(struct http_response *r)
{
	buf_reset(&r->body);
	r->status = 500;
	r->type = NULL;
	drop_headers(r);
}

void
http_response_free(struct http_response *r)
{
	buf_free(&r->body);
	drop_headers(r);
}

/* The one of that name, else a new one; NULL when there is no room. */
static struct http_header *
place_of(struct http_response *r, const char *name)
{
	struct http_header *h = NULL;

	for (unsigned i = 0; i < r->header_count; i++) {
		if (strcmp(r->headers[i].name, name) == 0)
			h = &r->headers[i];
	}
	if (h == NULL && r->header_count < HTTP_HEADERS) {
		h = &r->headers[r->header_count++];
		h->longer = NULL;
	}
	if (h == NULL)
		return NULL;
	h->name = name;
	free(h->longer);
	h->longer = NULL;
	return h;
}

enum err
http_header_long(struct http_response *r, const char *name, struct span value)
{
	char *copy = strndup((const char *)value.p, value.n);
	struct http_header *h = copy == NULL ? NULL : place_of(r, name);

	if (copy == NULL)
		return ERR_NOMEM;
	if (h == NULL) {
		free(copy);
		return ERR_FULL;
	}
	h->value[0] = '\0';
	h->longer = copy;
	return ERR_OK;
}

void
http_header(struct http_response *r, const char *name, const char *fmt, ...)
{
	struct http_header *h = place_of(r, name);
	va_list ap;

	if (h == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(h->value, sizeof(h->value), fmt, ap);
	va_end(ap);
}

const char *
http_header_get(const struct http_response *r, const char *name)
{
	for (unsigned i = 0; i < r->header_count; i++) {
		const struct http_header *h = &r->headers[i];

		if (strcmp(h->name, name) == 0)
			return h->longer == NULL ? h->value : h->longer;
	}
	return NULL;
}

/* The library decodes %XX by itself, and %2F would become a slash: keep its
 * hands off (api.md). */
static size_t
leave_as_is(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

static void *
on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
	size_t n = strlen(target);
	struct exchange *x = calloc(1, sizeof(*x) + n);

	(void)connection;
	if (x == NULL)
		return NULL;
	x->http = ctx;
	x->body = buf_heap(x->http->options.body_max(span_of(target, n)));
	x->target_length = n;
	memcpy(x->target, target, n);
	atomic_fetch_add(&x->http->in_flight, 1);
	return x;
}

static void
on_completed(void *ctx, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *state;

	(void)ctx;
	(void)connection;
	(void)why;
	if (x == NULL)
		return;
	atomic_fetch_sub(&x->http->in_flight, 1);
	buf_free(&x->body);
	free(x);
	*state = NULL;
}

static enum http_method
method_of(const char *word)
{
	static const char *const words[] = {
		[HTTP_GET] = MHD_HTTP_METHOD_GET,
		[HTTP_HEAD] = MHD_HTTP_METHOD_HEAD,
		[HTTP_POST] = MHD_HTTP_METHOD_POST,
		[HTTP_DELETE] = MHD_HTTP_METHOD_DELETE,
		[HTTP_OPTIONS] = MHD_HTTP_METHOD_OPTIONS,
	};

	for (unsigned i = 0; i < HTTP_OTHER; i++) {
		if (strcmp(words[i], word) == 0)
			return (enum http_method)i;
	}
	return HTTP_OTHER;
}

static struct span
header_of(struct MHD_Connection *connection, const char *name)
{
	const char *value =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value == NULL ? SPAN_NONE : span_str(value);
}

static struct span
any_header(void *headers, const char *name)
{
	return header_of(headers, name);
}

struct span
http_request_header(const struct http_request *req, const char *name)
{
	return req->header == NULL ? SPAN_NONE
				   : req->header(req->headers, name);
}

/* Gives the answer to the library, which frees the body. */
static enum MHD_Result
send_answer(struct MHD_Connection *connection, struct http_response *res)
{
	struct MHD_Response *out;
	enum MHD_Result done;

	if (res->body.n == 0)
		out = MHD_create_response_from_buffer(
		    0, NULL, MHD_RESPMEM_PERSISTENT);
	else
		out = MHD_create_response_from_buffer(
		    res->body.n, res->body.p, MHD_RESPMEM_MUST_FREE);
	if (out == NULL) {
		http_response_free(res);
		return MHD_NO;
	}
	if (res->body.n > 0)
		res->body = buf_heap(0); /* given away */
	if (res->type != NULL)
		(void)MHD_add_response_header(
		    out, MHD_HTTP_HEADER_CONTENT_TYPE, res->type);
	for (unsigned i = 0; i < res->header_count; i++) {
		const char *name = res->headers[i].name;

		(void)MHD_add_response_header(
		    out, name, http_header_get(res, name));
	}
	http_response_free(res);
	done = MHD_queue_response(connection, res->status, out);
	MHD_destroy_response(out);
	return done;
}

/* RFC 4291 2.5.5.2 for IPv4. */
static void
peer_of(uint8_t out[HTTP_PEER], struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = info == NULL ? NULL : info->client_addr;
	const size_t v4 = sizeof(struct in_addr);

	memset(out, 0, HTTP_PEER);
	if (a != NULL && a->sa_family == AF_INET6) {
		memcpy(out, &((const struct sockaddr_in6 *)a)->sin6_addr,
		    HTTP_PEER);
	} else if (a != NULL && a->sa_family == AF_INET) {
		memset(out + HTTP_PEER - v4 - 2, 0xff, 2);
		memcpy(out + HTTP_PEER - v4,
		    &((const struct sockaddr_in *)a)->sin_addr, v4);
	}
}

static enum MHD_Result
answer(
    struct exchange *x, struct MHD_Connection *connection, const char *method)
{
	struct http_request req = { 0 };
	struct http_response res;

	req.method = method_of(method);
	req.target = span_of(x->target, x->target_length);
	req.body = buf_span(&x->body);
	req.body_too_large = x->too_large;
	req.authorization =
	    header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION);
	req.content_type = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
	req.if_none_match =
	    header_of(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
	req.origin = header_of(connection, MHD_HTTP_HEADER_ORIGIN);
	peer_of(req.peer, connection);
	req.header = any_header;
	req.headers = connection;
	http_response_init(&res);
	x->http->options.handler(x->http->options.ctx, &req, &res);
	return send_answer(connection, &res);
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
	struct exchange *x = *state;

	(void)ctx;
	(void)url;
	(void)version;
	if (x == NULL)
		return MHD_NO;
	if (!x->started) {
		/* Answering on the first call costs the connection its reuse
		 * (performance.md). */
		x->started = true;
		return MHD_YES;
	}
	if (*upload_size > 0) {
		buf_put(&x->body, span_of(upload, *upload_size));
		x->too_large = buf_error(&x->body) != ERR_OK;
		*upload_size = 0;
		return MHD_YES;
	}
	return answer(x, connection, method);
}

static enum err
address_of(
    struct sockaddr_storage *out, const struct http_options *o, struct diag *d)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, o->listen, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)o->port);
		return ERR_OK;
	}
	if (inet_pton(AF_INET6, o->listen, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)o->port);
		return ERR_OK;
	}
	return diag_fail(d, ERR_CONFIG, "",
	    "[http] listen: got %.60s, wanted an IPv4 or IPv6 address",
	    o->listen);
}

static enum err
load_tls(struct http *h, struct diag *d)
{
	enum err e = file_read(&h->cert, h->options.tls_cert, PEM_MAX, d);

	if (e == ERR_OK)
		e = file_read(&h->key, h->options.tls_key, PEM_MAX, d);
	if (e != ERR_OK)
		return e;
	if (buf_text(&h->cert) == NULL || buf_text(&h->key) == NULL)
		return ERR_NOMEM;
	return ERR_OK;
}

/* Options of the library that depend on the configuration. */
static void
fill_options(struct MHD_OptionItem *items, struct http *h,
    struct sockaddr_storage *address)
{
	const struct http_options *o = &h->options;
	unsigned n = 0;

	items[n++] =
	    (struct MHD_OptionItem){ MHD_OPTION_SOCK_ADDR, 0, address };
	items[n++] = (struct MHD_OptionItem){ MHD_OPTION_CONNECTION_LIMIT,
		(intptr_t)o->connections, NULL };
	items[n++] = (struct MHD_OptionItem){ MHD_OPTION_CONNECTION_TIMEOUT,
		(intptr_t)o->timeout_s, NULL };
	items[n++] =
	    (struct MHD_OptionItem){ MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		    CONNECTION_MEMORY, NULL };
	if (o->threads > 1)
		items[n++] =
		    (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE,
			    (intptr_t)o->threads, NULL };
	if (o->tls_cert != NULL) {
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT,
			0, h->cert.p };
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY,
			0, h->key.p };
	}
	items[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

static enum err
start(struct http *h, struct diag *d)
{
	struct sockaddr_storage address;
	struct MHD_OptionItem items[8];
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
	enum err e = address_of(&address, &h->options, d);

	if (e == ERR_OK && h->options.tls_cert != NULL) {
		flags |= MHD_USE_TLS;
		e = load_tls(h, d);
	}
	if (e != ERR_OK)
		return e;
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	fill_options(items, h, &address);
	errno = 0;
	h->daemon = MHD_start_daemon(flags, (uint16_t)h->options.port, NULL,
	    NULL, on_request, h, MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_as_is, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_ARRAY,
	    items, MHD_OPTION_END);
	if (h->daemon == NULL)
		return diag_fail(d, ERR_NET, "",
		    "cannot listen on %.60s port %u: %s", h->options.listen,
		    h->options.port,
		    errno == 0 ? "is the certificate right?" : strerror(errno));
	return ERR_OK;
}

enum err
http_start(struct http **out, const struct http_options *o, struct diag *d)
{
	struct http *h = calloc(1, sizeof(*h));
	enum err e;

	*out = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	h->options = *o;
	h->cert = buf_heap(PEM_MAX);
	h->key = buf_heap(PEM_MAX);
	e = start(h, d);
	if (e != ERR_OK) {
		http_stop(h, 0);
		return e;
	}
	*out = h;
	return ERR_OK;
}

unsigned
http_port(const struct http *h)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info == NULL ? h->options.port : info->port;
}

void
http_stop(struct http *h, int wait_ms)
{
	int64_t until = clock_mono_ms() + wait_ms;

	if (h == NULL)
		return;
	if (h->daemon != NULL) {
		MHD_socket fd = MHD_quiesce_daemon(h->daemon);

		while (
		    atomic_load(&h->in_flight) > 0 && clock_mono_ms() < until)
			(void)poll(NULL, 0, 10);
		MHD_stop_daemon(h->daemon);
		if (fd != MHD_INVALID_SOCKET)
			(void)close(fd);
	}
	buf_free(&h->cert);
	if (h->key.p != NULL)
		secret_wipe(h->key.p, h->key.n);
	buf_free(&h->key);
	free(h);
}
