/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway_proto.h"

#include "base/banned.h"

#define GATEWAY_IN (STATEMENT_MAX + GATEWAY_LINE_MAX)
#define GATEWAY_OUT (512u << 10)
#define GATEWAY_OUT_HIGH (64u << 10) /* above it nothing more is read */
#define GATEWAY_BATCH 256

struct gateway_client {
	int fd;
	bool ended;  /* it sends no more */
	bool gone;   /* it reads no more */
	bool broken; /* its requests cannot be followed any more */
	bool waiting;
	char identity[64];
	uint64_t seq;
	uint64_t skip; /* bytes of a refused body still to come */
	struct buf in, out;
	size_t out_at;
	int64_t stuck_since; /* answers wait in out since then, 0 none */
};

/* A put of this turn, answered after the commit. */
struct gateway_answer {
	struct gateway_client *client;
	size_t who;
	uint64_t seq;
	struct buf error; /* a refusal's line, in its place in the order */
};

struct gateway {
	struct gateway_port port;
	int fd;
	bool busy; /* requests were left for the next turn */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	size_t count;
	struct gateway_client *clients[GATEWAY_CLIENTS];
	size_t answers;
	struct gateway_answer answer[GATEWAY_BATCH];
};

static enum err
gateway_listen(struct gateway *g, struct diag *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t before;
	int rc;

	memcpy(a.sun_path, g->path, sizeof(a.sun_path));
	if (lstat(g->path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(g->path);
	g->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (g->fd < 0)
		return diag_fail(d, ERR_IO, "", "socket: errno %d", errno);
	/* Never open to others, not even for the moment before chmod. */
	before = umask(0117);
	rc = bind(g->fd, (const struct sockaddr *)&a, sizeof(a));
	(void)umask(before);
	if (rc != 0 || listen(g->fd, 128) != 0)
		return diag_fail(d, ERR_IO, "", "%s: cannot listen, errno %d",
		    g->path, errno);
	return ERR_OK;
}

enum err
gateway_new(struct gateway **out, const char *path,
    const struct gateway_port *port, struct diag *d)
{
	struct gateway *g = calloc(1, sizeof(*g));
	enum err e;

	if (g == NULL)
		return diag_fail(d, ERR_NOMEM, "", "gateway: no memory");
	g->port = *port;
	g->fd = -1;
	if (strlen(path) >= sizeof(g->path)) {
		free(g);
		return diag_fail(d, ERR_CONFIG, "",
		    "socket path: %zu bytes, wanted at most %zu", strlen(path),
		    sizeof(g->path) - 1);
	}
	memcpy(g->path, path, strlen(path) + 1);
	if ((e = gateway_listen(g, d)) != ERR_OK) {
		if (g->fd >= 0)
			(void)close(g->fd);
		free(g);
		return e;
	}
	*out = g;
	return ERR_OK;
}

static void
gateway_drop(struct gateway *g, size_t i)
{
	struct gateway_client *c = g->clients[i];

	(void)close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
	g->clients[i] = g->clients[--g->count];
}

void
gateway_free(struct gateway *g)
{
	if (g == NULL)
		return;
	while (g->count > 0)
		gateway_drop(g, 0);
	(void)close(g->fd);
	(void)unlink(g->path);
	free(g);
}

size_t
gateway_poll(struct gateway *g, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ .fd = g->fd, .events = POLLIN };
	for (size_t i = 0; i < g->count; i++) {
		const struct gateway_client *c = g->clients[i];
		short events = 0;

		if (!c->ended && c->in.n < GATEWAY_IN &&
		    c->out.n < GATEWAY_OUT_HIGH)
			events |= POLLIN;
		if (c->out.n > c->out_at)
			events |= POLLOUT;
		fds[i + 1] = (struct pollfd){ .fd = c->fd, .events = events };
	}
	return g->count + 1;
}

static void
gateway_accept(struct gateway *g)
{
	int fd;

	while ((fd = accept4(
		    g->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct gateway_client *c = NULL;

		if (g->count < GATEWAY_CLIENTS)
			c = calloc(1, sizeof(*c));
		if (c == NULL) {
			log_line(LOG_WARN, "gateway", "refused=clients");
			(void)close(fd);
			continue;
		}
		c->fd = fd;
		c->in = buf_heap(GATEWAY_IN);
		c->out = buf_heap(GATEWAY_OUT);
		g->clients[g->count++] = c;
	}
}

static void
gateway_receive(struct gateway_client *c)
{
	uint8_t chunk[16384];

	while (!c->ended && c->in.n < GATEWAY_IN) {
		size_t room = GATEWAY_IN - c->in.n, skip;
		ssize_t n = recv(c->fd, chunk,
		    room < sizeof(chunk) ? room : sizeof(chunk), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			c->ended = true;
			c->gone |= n < 0;
			return;
		}
		skip = c->skip < (uint64_t)n ? (size_t)c->skip : (size_t)n;
		c->skip -= skip;
		buf_put(&c->in, span_of(chunk + skip, (size_t)n - skip));
		if (buf_error(&c->in) != ERR_OK)
			c->gone = true;
		if (c->gone)
			return;
	}
}

static void
gateway_send(struct gateway_client *c, int64_t now)
{
	while (!c->gone && c->out_at < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->out_at,
		    c->out.n - c->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			c->gone = true;
			return;
		}
		c->out_at += (size_t)n;
		c->stuck_since = 0;
	}
	if (c->out_at == c->out.n) {
		buf_free(&c->out);
		c->out = buf_heap(GATEWAY_OUT);
		c->out_at = 0;
		c->stuck_since = 0;
	} else if (c->stuck_since == 0) {
		c->stuck_since = now;
	}
}

/* Takes n bytes off the front; what is not there yet is skipped later. */
static void
gateway_consume(struct gateway_client *c, uint64_t n)
{
	size_t have = n < c->in.n ? (size_t)n : c->in.n;

	c->skip = n - have;
	if (have == c->in.n) {
		buf_free(&c->in);
		c->in = buf_heap(GATEWAY_IN);
		return;
	}
	memmove(c->in.p, c->in.p + have, c->in.n - have);
	c->in.n -= have;
}

static void
gateway_begin_wait(struct gateway_client *c, const struct gateway_request *r)
{
	c->waiting = true;
	c->seq = r->seq;
	memcpy(c->identity, r->identity.p, r->identity.n);
	c->identity[r->identity.n] = '\0';
}

/* One request of the client into this turn's answers; false: none is there.
 * span at: how much of in was taken already. */
static bool
gateway_request(struct gateway *g, struct gateway_client *c, size_t *at)
{
	struct gateway_request r;
	struct gateway_answer *a = &g->answer[g->answers];
	struct diag d;
	uint64_t used;
	enum err e;

	diag_clear(&d);
	if (*at >= c->in.n)
		return false;
	e = gateway_parse(&r, &used, span_of(c->in.p + *at, c->in.n - *at), &d);
	if (e == ERR_TRUNCATED)
		return false;
	if (e == ERR_OK && r.verb == GATEWAY_WAIT) {
		gateway_begin_wait(c, &r);
		*at += (size_t)used;
		return false;
	}
	*a = (struct gateway_answer){ .client = c };
	if (e == ERR_OK)
		e = g->port.put(g->port.ctx, r.identity, r.content, r.body,
		    &a->who, &a->seq, &d);
	if (e != ERR_OK) {
		a->error = buf_heap(4096);
		gateway_print_error(&a->error, e, &d);
		c->broken = used == 0;
	}
	g->answers++;
	*at = used == 0 ? c->in.n : *at + (size_t)used;
	return !c->broken;
}

/* Requests of one client until a wait, the batch's end or the last whole one.
 */
static void
gateway_read_requests(struct gateway *g, struct gateway_client *c)
{
	size_t at = 0;

	if (c->waiting || c->broken || c->gone || c->out.n >= GATEWAY_OUT_HIGH)
		return;
	while (g->answers < GATEWAY_BATCH)
		if (!gateway_request(g, c, &at))
			break;
	if (g->answers == GATEWAY_BATCH)
		g->busy = true;
	if (at > 0)
		gateway_consume(c, at);
}

static void
gateway_answer_puts(struct gateway *g)
{
	for (size_t i = 0; i < g->answers; i++) {
		struct gateway_answer *a = &g->answer[i];
		struct buf *out = &a->client->out;
		const char *device;
		uint64_t epoch;
		struct diag d;
		enum err e;

		if (a->error.n > 0) {
			buf_put(out, buf_span(&a->error));
			buf_free(&a->error);
			continue;
		}
		diag_clear(&d);
		e = g->port.settled(g->port.ctx, a->who, &device, &epoch, &d);
		if (e == ERR_OK)
			gateway_print_put(out, device, epoch, a->seq);
		else
			gateway_print_error(out, e, &d);
	}
	g->answers = 0;
}

/* true when the wait was answered. */
static bool
gateway_answer_wait(struct gateway *g, struct gateway_client *c)
{
	struct diag d;
	enum err e;

	diag_clear(&d);
	e = g->port.wait(
	    g->port.ctx, span_str(c->identity), c->seq, &c->out, &d);
	if (e == ERR_TIMEOUT)
		return false;
	if (e == ERR_OK)
		buf_byte(&c->out, '\n');
	else
		gateway_print_error(&c->out, e, &d);
	c->waiting = false;
	return true;
}

/* Reads, signs, commits and answers until nothing whole is left. */
static void
gateway_work(struct gateway *g, int64_t now)
{
	bool more = true;

	for (unsigned round = 0; more && round < 8; round++) {
		more = false;
		g->busy = false;
		for (size_t i = 0; i < g->count; i++)
			gateway_read_requests(g, g->clients[i]);
		if (g->answers > 0) {
			g->port.commit(g->port.ctx);
			gateway_answer_puts(g);
		}
		for (size_t i = 0; i < g->count; i++)
			if (g->clients[i]->waiting &&
			    gateway_answer_wait(g, g->clients[i]))
				more |= g->clients[i]->in.n > 0;
		more |= g->busy;
		for (size_t i = 0; i < g->count; i++)
			gateway_send(g->clients[i], now);
	}
	g->busy = more;
}

/* Those who left, finished, or do not read. */
static void
gateway_sweep(struct gateway *g, int64_t now)
{
	size_t i = 0;

	while (i < g->count) {
		struct gateway_client *c = g->clients[i];
		bool empty = c->out.n == c->out_at;
		bool slow = buf_error(&c->out) != ERR_OK ||
			    (c->stuck_since != 0 &&
				now - c->stuck_since > GATEWAY_SLOW_MS);

		if (slow)
			log_line(LOG_WARN, "gateway", "dropped=slow");
		if (slow || c->gone || (empty && c->broken) ||
		    (empty && c->ended && !c->waiting && !g->busy))
			gateway_drop(g, i);
		else
			i++;
	}
}

void
gateway_turn(struct gateway *g, const struct pollfd *fds, size_t n, int64_t now)
{
	for (size_t i = 1; i < n && i <= g->count; i++) {
		struct gateway_client *c = g->clients[i - 1];

		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			gateway_receive(c);
		/* Closed altogether: nobody is left to wait. */
		if ((fds[i].revents & (POLLHUP | POLLERR)) && c->ended)
			c->waiting = false;
		if (fds[i].revents & POLLERR)
			c->gone = true;
	}
	if (fds[0].revents & POLLIN)
		gateway_accept(g);
	gateway_work(g, now);
	gateway_sweep(g, now);
}

void
gateway_wake(struct gateway *g, int64_t now)
{
	gateway_work(g, now);
	gateway_sweep(g, now);
}

int64_t
gateway_timeout(const struct gateway *g, int64_t now)
{
	int64_t wait = -1;

	if (g->busy)
		return 0;
	for (size_t i = 0; i < g->count; i++) {
		int64_t since = g->clients[i]->stuck_since, left;

		if (since == 0)
			continue;
		left = since + GATEWAY_SLOW_MS + 1 - now;
		left = left < 0 ? 0 : left;
		wait = wait < 0 || left < wait ? left : wait;
	}
	return wait;
}
