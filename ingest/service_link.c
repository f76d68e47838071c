/* SPDX-License-Identifier: Apache-2.0 */
#include "service_link.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"

#include "event/registry.h"
#include "event/statement.h"

#include "base/banned.h"

#define ANSWER_S 10
#define RETRY_S 2

struct request {
	struct request *next;
	char device[64];
};

struct service_link {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	struct request *first, **last;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

static enum err
open_gateway(int *fd, const char *path, struct diag *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval t = { .tv_sec = ANSWER_S };

	memcpy(a.sun_path, path, sizeof a.sun_path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return diag_fail(d, ERR_IO, "", "socket: %s", strerror(errno));
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
	if (connect(*fd, (struct sockaddr *)&a, sizeof a) != 0)
		return diag_fail(
		    d, ERR_NET, "", "gateway %s: %s", path, strerror(errno));
	return ERR_OK;
}

static enum err
exchange(int fd, struct span out, char *line, size_t cap, struct diag *d)
{
	size_t n = 0;

	while (out.n > 0) {
		ssize_t sent = send(fd, out.p, out.n, MSG_NOSIGNAL);
		if (sent <= 0)
			return diag_fail(
			    d, ERR_NET, "", "gateway: %s", strerror(errno));
		out = span_skip(out, (size_t)sent);
	}
	while (n + 1 < cap) {
		ssize_t got = recv(fd, line + n, 1, 0);
		if (got <= 0)
			return diag_fail(
			    d, ERR_NET, "", "gateway gave no answer");
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	if (strstr(line, "\"error\"") != NULL)
		return diag_fail(d, ERR_FORBIDDEN, "", "gateway: %.150s", line);
	return ERR_OK;
}

static enum err
put_suspend(const char *path, const char *device, struct diag *d)
{
	struct registry_device v = { .name = device,
		.reason = "two statements with one sequence number" };
	uint8_t body[1024], message[1200];
	struct buf b = buf_fixed(body, sizeof body);
	struct buf m = buf_fixed(message, sizeof message);
	char line[512];
	int fd = -1;

	enum err e =
	    registry_put_device(&b, &v, REGISTRY_SUSPEND, clock_wall_ms());
	if (e != ERR_OK)
		return diag_fail(d, e, "", "suspend %s", device);
	buf_printf(&m, "put service %s %zu\n", CONTENT_REGISTRY, b.n);
	buf_put(&m, buf_span(&b));
	e = open_gateway(&fd, path, d);
	if (e == ERR_OK)
		e = exchange(fd, buf_span(&m), line, sizeof line, d);
	if (fd >= 0)
		close(fd);
	return e;
}

static void
wait_retry(struct service_link *l)
{
	struct timespec t = wait_end(INT64_C(1000000) * RETRY_S);

	pthread_mutex_lock(&l->lock);
	if (!l->stop)
		pthread_cond_timedwait(&l->wake, &l->lock, &t);
	pthread_mutex_unlock(&l->lock);
}

/* The oldest request, kept in the list until it is done; NULL at the end. */
static struct request *
await_request(struct service_link *l)
{
	pthread_mutex_lock(&l->lock);
	while (l->first == NULL && !l->stop)
		pthread_cond_wait(&l->wake, &l->lock);
	struct request *r = l->stop ? NULL : l->first;
	pthread_mutex_unlock(&l->lock);
	return r;
}

static void
drop_first(struct service_link *l)
{
	pthread_mutex_lock(&l->lock);
	struct request *r = l->first;
	l->first = r->next;
	if (l->first == NULL)
		l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	free(r);
}

static void *
run(void *ctx)
{
	struct service_link *l = ctx;
	struct request *r;

	while ((r = await_request(l)) != NULL) {
		struct diag d = { 0 };
		enum err e = put_suspend(l->path, r->device, &d);
		if (e == ERR_OK) {
			log_line(
			    LOG_WARN, "suspend.asked", "device=%s", r->device);
			drop_first(l);
		} else {
			log_diag(LOG_ERROR, "suspend.waiting", &d);
			wait_retry(l);
		}
	}
	return NULL;
}

enum err
service_link_new(struct service_link **out, const char *path, struct diag *d)
{
	struct service_link *l = calloc(1, sizeof *l);

	if (l == NULL)
		return diag_fail(d, ERR_NOMEM, "", "service link");
	if (strlen(path) >= sizeof l->path) {
		free(l);
		return diag_fail(d, ERR_CONFIG, "interface",
		    "gateway socket: got a path of %zu bytes, wanted less "
		    "than %zu",
		    strlen(path), sizeof l->path);
	}
	memcpy(l->path, path, strlen(path));
	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	wait_init(&l->wake);
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		free(l);
		return diag_fail(d, ERR_NOMEM, "", "no thread");
	}
	*out = l;
	return ERR_OK;
}

void
service_link_suspend(struct service_link *l, const char *device)
{
	struct request *r = calloc(1, sizeof *r);

	if (r == NULL) /* asked for again at the next start */
		return;
	snprintf(r->device, sizeof r->device, "%s", device);
	pthread_mutex_lock(&l->lock);
	const struct request *same = l->first;
	while (same != NULL && strcmp(same->device, device) != 0)
		same = same->next;
	if (same == NULL) {
		*l->last = r;
		l->last = &r->next;
		r = NULL;
		pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
	free(r); /* asked for already */
}

void
service_link_free(struct service_link *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	while (l->first != NULL) {
		struct request *r = l->first;
		l->first = r->next;
		free(r);
	}
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
