/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/wait.h"

#include "base/banned.h"

struct pool {
	struct store_options options;
	pthread_mutex_t lock;
	pthread_cond_t came_free;
	unsigned max;
	unsigned open; /* lent and idle */
	unsigned idle_count;
	struct store *idle[];
};

enum err
pool_new(struct pool **out, const struct store_options *o, unsigned max)
{
	struct pool *p = calloc(1, sizeof(*p) + max * sizeof(struct store *));

	*out = NULL;
	if (p == NULL)
		return ERR_NOMEM;
	p->options = *o;
	p->max = max;
	(void)pthread_mutex_init(&p->lock, NULL);
	wait_init(&p->came_free);
	*out = p;
	return ERR_OK;
}

static void
close_idle(struct pool *p)
{
	while (p->idle_count > 0) {
		store_close(p->idle[--p->idle_count]);
		p->open--;
	}
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	close_idle(p);
	(void)pthread_cond_destroy(&p->came_free);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static enum err
wait_for_one(struct pool *p, struct diag *d)
{
	struct timespec until = wait_end(INT64_C(1000) * POOL_WAIT_MS);

	while (p->idle_count == 0 && p->open == p->max) {
		if (pthread_cond_timedwait(&p->came_free, &p->lock, &until) ==
		    ETIMEDOUT)
			return diag_fail(d, ERR_TIMEOUT, "",
			    "all %u connections to the database are in use",
			    p->max);
	}
	return ERR_OK;
}

enum err
pool_take(struct pool *p, struct store **out, struct diag *d)
{
	enum err e;

	*out = NULL;
	(void)pthread_mutex_lock(&p->lock);
	e = wait_for_one(p, d);
	if (e == ERR_OK && p->idle_count > 0)
		*out = p->idle[--p->idle_count];
	else if (e == ERR_OK)
		p->open++;
	(void)pthread_mutex_unlock(&p->lock);
	if (e != ERR_OK || *out != NULL)
		return e;
	e = store_open(out, &p->options, d);
	if (e != ERR_OK)
		pool_give(p, NULL, true);
	return e;
}

void
pool_give(struct pool *p, struct store *s, bool broken)
{
	if (broken)
		store_close(s);
	(void)pthread_mutex_lock(&p->lock);
	if (broken) {
		p->open--;
		close_idle(p);
	} else {
		p->idle[p->idle_count++] = s;
	}
	(void)pthread_cond_signal(&p->came_free);
	(void)pthread_mutex_unlock(&p->lock);
}
