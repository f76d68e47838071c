/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/banned.h"

static void
exchange(struct reply *r, unsigned port, struct span request)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t piece[16384];
	ssize_t n;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(
	    send(fd, request.p, request.n, MSG_NOSIGNAL), request.n);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		buf_put(&r->all, span_of(piece, (size_t)n));
	assert_int_equal(n, 0);
	(void)close(fd);
}

void
client_ask(struct reply *r, unsigned port, const char *method,
    const char *target, const char *headers, const char *body)
{
	struct buf request = buf_heap(1 << 22);
	char *end;

	memset(r, 0, sizeof(*r));
	r->all = buf_heap((size_t)64 << 20);
	buf_printf(&request,
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s",
	    method, target, headers);
	if (body[0] != '\0')
		buf_printf(&request, "Content-Length: %zu\r\n", strlen(body));
	buf_printf(&request, "\r\n%s", body);
	assert_int_equal(buf_error(&request), ERR_OK);
	exchange(r, port, buf_span(&request));
	buf_free(&request);
	assert_non_null(buf_text(&r->all));
	r->head = (char *)r->all.p;
	end = strstr(r->head, "\r\n\r\n");
	assert_non_null(end);
	end[2] = '\0';
	r->body = span_skip(buf_span(&r->all), (size_t)(end + 4 - r->head));
	r->status = (unsigned)strtoul(r->head + sizeof("HTTP/1.1"), NULL, 10);
}

void
client_clear(struct reply *r)
{
	buf_free(&r->all);
}

bool
client_header(const struct reply *r, const char *name, char *out, size_t cap)
{
	size_t n = strlen(name);

	for (const char *at = strstr(r->head, "\r\n"); at != NULL;
	     at = strstr(at + 2, "\r\n")) {
		const char *line = at + 2;

		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		(void)snprintf(out, cap, "%.*s",
		    (int)strcspn(line + n + 2, "\r"), line + n + 2);
		return true;
	}
	return false;
}
