/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/banned.h"

#define BODY_MAX ((size_t)1 << 20)

enum state { IDLE, ASKED, ANSWERED };

struct asker {
	struct http_client *client;
	const char *target, *type;
	void (*answered)(void *ctx);
	void *ctx;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;
	bool stop;
	enum state state;
	/* the thread's while state is ASKED */
	struct buf body;
	struct http_answer answer;
};

static void *
run(void *ctx)
{
	struct asker *a = ctx;
	enum err e;

	(void)pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		if (a->state != ASKED) {
			(void)pthread_cond_wait(&a->wake, &a->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&a->lock);
		e = http_client_post(a->client, &a->answer, a->target, a->type,
		    buf_span(&a->body), NULL);
		a->answer.failed = e;
		(void)pthread_mutex_lock(&a->lock);
		a->state = ANSWERED;
		if (a->stop)
			break;
		(void)pthread_mutex_unlock(&a->lock);
		a->answered(a->ctx);
		(void)pthread_mutex_lock(&a->lock);
	}
	(void)pthread_mutex_unlock(&a->lock);
	return NULL;
}

enum err
asker_put(struct asker *a, struct span body)
{
	enum err e = ERR_STATE;

	(void)pthread_mutex_lock(&a->lock);
	if (a->state == IDLE) {
		buf_reset(&a->body);
		buf_put(&a->body, body);
		e = buf_error(&a->body);
	}
	if (e == ERR_OK) {
		a->state = ASKED;
		(void)pthread_cond_signal(&a->wake);
	}
	(void)pthread_mutex_unlock(&a->lock);
	return e;
}

bool
asker_take(struct asker *a, struct http_answer *out)
{
	bool there;

	(void)pthread_mutex_lock(&a->lock);
	there = a->state == ANSWERED;
	if (there) {
		*out = a->answer;
		a->answer = (struct http_answer){ .failed = ERR_OK };
		a->state = IDLE;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return there;
}

enum err
asker_new(struct asker **out, const struct asker_options *o, struct diag *d)
{
	struct asker *a = calloc(1, sizeof *a);
	enum err e;

	*out = NULL;
	if (a == NULL)
		return diag_fail(d, ERR_NOMEM, "", "asker");
	a->target = o->target;
	a->type = o->type;
	a->answered = o->answered;
	a->ctx = o->ctx;
	a->body = buf_heap(BODY_MAX);
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->wake, NULL);
	e = http_client_new(&a->client, &o->http, d);
	if (e == ERR_OK && pthread_create(&a->thread, NULL, run, a) != 0)
		e = diag_fail(d, ERR_NOMEM, "", "no thread");
	a->started = e == ERR_OK;
	if (e != ERR_OK) {
		asker_free(a);
		return e;
	}
	*out = a;
	return ERR_OK;
}

void
asker_free(struct asker *a)
{
	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->stop = true;
	(void)pthread_cond_signal(&a->wake);
	(void)pthread_mutex_unlock(&a->lock);
	if (a->started) {
		http_client_stop(a->client);
		(void)pthread_join(a->thread, NULL);
	}
	http_client_free(a->client);
	http_answer_clear(&a->answer);
	buf_free(&a->body);
	(void)pthread_cond_destroy(&a->wake);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
