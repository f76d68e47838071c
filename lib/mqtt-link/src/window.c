/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/banned.h"

enum err
window_init(struct window *w, unsigned limit)
{
	*w = (struct window){ .limit = limit };
	w->last = &w->first;
	(void)pthread_mutex_init(&w->lock, NULL);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->flights = calloc(limit, sizeof *w->flights);
	return w->wake >= 0 && w->flights != NULL ? ERR_OK : ERR_NOMEM;
}

void
window_clear(struct window *w)
{
	while (w->first != NULL) {
		struct sending *s = w->first;
		w->first = s->next;
		free(s);
	}
	if (w->wake >= 0)
		(void)close(w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->flights);
}

static struct sending *
copy(const char *topic, struct span payload, bool retain, uint64_t id)
{
	size_t n = strlen(topic) + 1;
	struct sending *s = malloc(sizeof *s + n + payload.n);

	if (s == NULL)
		return NULL;
	s->next = NULL;
	s->id = id;
	s->n = payload.n;
	s->retain = retain;
	memcpy(s->topic, topic, n);
	if (payload.n > 0)
		memcpy(s->topic + n, payload.p, payload.n);
	return s;
}

struct span
window_payload(const struct sending *s)
{
	return span_of(s->topic + strlen(s->topic) + 1, s->n);
}

/* Under the lock. */
static unsigned
room(const struct window *w)
{
	return w->open && w->size > w->taken ? w->size - w->taken : 0;
}

unsigned
window_room(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	unsigned n = room(w);
	pthread_mutex_unlock(&w->lock);
	return n;
}

void
window_wake(struct window *w)
{
	uint64_t one = 1;

	/* a full counter wakes all the same */
	if (write(w->wake, &one, sizeof one) < 0)
		return;
}

enum err
window_put(struct window *w, const char *topic, struct span payload,
    bool retain, uint64_t id)
{
	struct sending *s = copy(topic, payload, retain, id);
	enum err e = ERR_OK;
	bool asleep = false;

	if (s == NULL)
		return ERR_NOMEM;
	pthread_mutex_lock(&w->lock);
	if (room(w) == 0) {
		e = w->open ? ERR_FULL : ERR_NET;
	} else {
		w->taken++;
		*w->last = s;
		w->last = &s->next;
		asleep = w->asleep;
		w->asleep = false;
	}
	pthread_mutex_unlock(&w->lock);
	if (e != ERR_OK)
		free(s);
	if (asleep)
		window_wake(w);
	return e;
}

void
window_open(struct window *w, unsigned size)
{
	pthread_mutex_lock(&w->lock);
	w->open = true;
	w->size = size < w->limit ? size : w->limit;
	pthread_mutex_unlock(&w->lock);
}

void
window_close(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	w->open = false;
	w->taken = 0;
	pthread_mutex_unlock(&w->lock);
}

struct sending *
window_take(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	struct sending *s = w->first;
	if (s != NULL)
		w->first = s->next;
	if (w->first == NULL)
		w->last = &w->first;
	w->asleep = s == NULL;
	pthread_mutex_unlock(&w->lock);
	return s;
}

int *
window_fly(struct window *w, uint64_t id)
{
	struct flight *f = &w->flights[w->flying++];

	*f = (struct flight){ .id = id };
	return &f->name;
}

bool
window_answer(struct window *w, int name, uint64_t *id)
{
	unsigned i = 0;

	while (i < w->flying && w->flights[i].name != name)
		i++;
	if (i == w->flying)
		return false;
	*id = w->flights[i].id;
	w->flying--;
	memmove(&w->flights[i], &w->flights[i + 1],
	    (w->flying - i) * sizeof w->flights[0]);
	pthread_mutex_lock(&w->lock);
	w->taken--;
	pthread_mutex_unlock(&w->lock);
	return true;
}

bool
window_lost(struct window *w, uint64_t *id)
{
	struct sending *s;

	if (w->flying > 0) {
		*id = w->flights[--w->flying].id;
		return true;
	}
	s = window_take(w);
	if (s == NULL)
		return false;
	*id = s->id;
	free(s);
	return true;
}

bool
window_empty(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool empty = w->taken == 0;
	pthread_mutex_unlock(&w->lock);
	return empty;
}
