/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MQTT_LINK_WINDOW_H
#define MQTT_LINK_WINDOW_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

/*
 * What a link publishes, on its way from other threads to the link's own: a
 * list that waits, then the names under which the library holds them, until
 * each is answered once. Both count in the window. It is closed while there is
 * no connection.
 */
struct sending {
	struct sending *next;
	uint64_t id;
	size_t n; /* of the payload */
	bool retain;
	char topic[]; /* ended by NUL; the payload follows */
};

struct flight {
	uint64_t id;
	int name; /* the library's, 0 none yet */
};

struct window {
	int wake; /* eventfd; poll() it for reading */

	pthread_mutex_t lock; /* of the next six */
	bool open, asleep;
	unsigned size, taken;
	struct sending *first, **last;

	/* the link's thread's own */
	struct flight *flights; /* limit of them */
	unsigned limit, flying;
};

/* Closed, for limit places at most. ERR_NOMEM. */
enum err window_init(struct window *w, unsigned limit) CM_MUST_USE;
void window_clear(struct window *w);

/* ---- any thread ---- */
/* Lets a copy wait. ERR_FULL, ERR_NET when closed, ERR_NOMEM. */
enum err window_put(struct window *w, const char *topic, struct span payload,
    bool retain, uint64_t id) CM_MUST_USE;
unsigned window_room(struct window *w);
void window_wake(struct window *w);

/* ---- the link's thread ---- */
void window_open(struct window *w, unsigned size);
void window_close(struct window *w);
/* The next that waits, the caller's to free; NULL none: then the next put wakes
 * who polls. */
struct sending *window_take(struct window *w);
/* The bytes after its topic. */
struct span window_payload(const struct sending *s);
/* It is with the library now; where the library's name for it belongs. */
int *window_fly(struct window *w, uint64_t id);
/* The one of that name has been answered: its place is free. false: none. */
bool window_answer(struct window *w, int name, uint64_t *id);
/* After window_close(): one that was never answered; false: no more. */
bool window_lost(struct window *w, uint64_t *id);
/* Nothing waits or flies. */
bool window_empty(struct window *w);

#endif
