/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define PATIENCE_S 20

void
mqtt_box_init(struct mqtt_box *b)
{
	pthread_condattr_t attr;

	memset(b, 0, sizeof *b);
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->changed, &attr);
	pthread_condattr_destroy(&attr);
}

void
mqtt_box_clear(struct mqtt_box *b)
{
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
}

void
mqtt_box_payload(uint8_t *out, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(number * 31 + i);
	memcpy(out, &number, sizeof number);
}

static bool
intact(struct span payload, uint32_t *number)
{
	if (payload.n < sizeof *number)
		return false;
	memcpy(number, payload.p, sizeof *number);
	if (*number >= BOX_IDS)
		return false;
	for (size_t i = sizeof *number; i < payload.n; i++)
		if (payload.p[i] != (uint8_t)(*number * 31 + i))
			return false;
	return true;
}

static void
on_message(void *ctx, struct span topic, struct span payload, bool retained)
{
	struct mqtt_box *b = ctx;
	uint32_t number = 0;
	bool good = intact(payload, &number);

	pthread_mutex_lock(&b->lock);
	b->messages++;
	b->retained += retained;
	b->damaged += !good;
	if (good)
		b->got[number]++;
	(void)snprintf(b->topic, sizeof b->topic, "%.*s", SPAN_ARG(topic));
	b->size = payload.n;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

static void
on_state(void *ctx, bool connected, const char *text)
{
	struct mqtt_box *b = ctx;

	pthread_mutex_lock(&b->lock);
	b->online = connected && text != NULL;
	(void)snprintf(b->text, sizeof b->text, "%s", text);
	if (connected)
		b->connected++;
	else
		b->disconnected++;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

static void
on_ack(void *ctx, uint64_t id, int reason)
{
	struct mqtt_box *b = ctx;

	pthread_mutex_lock(&b->lock);
	b->acks++;
	b->lost += reason == -1;
	b->last_reason = reason;
	if (id < BOX_IDS)
		b->acked[id]++;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

struct mqtt_link_callbacks
mqtt_box_callbacks(struct mqtt_box *b)
{
	return (struct mqtt_link_callbacks){ .ctx = b,
		.on_message = on_message,
		.on_state = on_state,
		.on_ack = on_ack };
}

unsigned
mqtt_box_read(struct mqtt_box *b, const unsigned *field)
{
	pthread_mutex_lock(&b->lock);
	unsigned n = *field;
	pthread_mutex_unlock(&b->lock);
	return n;
}

static void
deadline(struct timespec *t)
{
	clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_sec += PATIENCE_S;
}

bool
mqtt_box_wait(struct mqtt_box *b, const unsigned *field, unsigned n)
{
	struct timespec t;
	int rc = 0;

	deadline(&t);
	pthread_mutex_lock(&b->lock);
	while (*field < n && rc == 0)
		rc = pthread_cond_timedwait(&b->changed, &b->lock, &t);
	bool reached = *field >= n;
	pthread_mutex_unlock(&b->lock);
	return reached;
}

bool
mqtt_box_wait_online(struct mqtt_box *b, bool online)
{
	struct timespec t;
	int rc = 0;

	deadline(&t);
	pthread_mutex_lock(&b->lock);
	while (b->online != online && rc == 0)
		rc = pthread_cond_timedwait(&b->changed, &b->lock, &t);
	bool reached = b->online == online;
	pthread_mutex_unlock(&b->lock);
	return reached;
}

int
mqtt_box_broker(
    const char *script, const char *verb, const char *folder, int *port)
{
	char text[32] = "";
	int ends[2], status = 0;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		return 1;
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execl(script, script, verb, folder, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	while (n + 1 < sizeof text &&
	       (got = read(ends[0], text + n, sizeof text - n - 1)) > 0)
		n += (size_t)got;
	(void)waitpid(pid, &status, 0);
	(void)close(ends[0]);
	text[n] = '\0';
	if (port != NULL)
		*port = (int)strtol(text, NULL, 10);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
