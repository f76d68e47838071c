/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/wait.h"

#include "base/banned.h"

#define KEEP_BYTES 4096 /* a slot's buffer above this is given back */
#define CLAIM 8         /* slots a worker takes at once */
#define SPARES 256      /* slots kept for the next ones */
#define AHEAD_BYTES ((size_t)4 << 20) /* found by workers and not taken */
#define SUBJECTS_MAX (4 << 20)

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t work;  /* there is something to claim */
	pthread_cond_t ready; /* the oldest is done, or wake, or close */
	struct slot **ring;
	size_t count;
	struct slot *spare; /* the last given back is the first taken again */
	size_t spares;
	uint64_t head;  /* next to put */
	uint64_t claim; /* next to work on */
	uint64_t tail;  /* next to take */
	size_t bytes, max_bytes;
	size_t ahead; /* bytes that workers added: those of subjects */
	struct refusals *refused;
	bool closed, woken;
};

enum err
queue_new(struct queue **out, size_t count, size_t max_bytes)
{
	struct queue *q = calloc(1, sizeof *q);

	if (q == NULL)
		return ERR_NOMEM;
	q->ring = calloc(count, sizeof(*q->ring));
	if (q->ring == NULL || refusals_new(&q->refused) != ERR_OK) {
		free(q->ring);
		free(q);
		return ERR_NOMEM;
	}
	q->count = count;
	q->max_bytes = max_bytes;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	wait_init(&q->ready);
	*out = q;
	return ERR_OK;
}

/* ---- slots ---- */
void
slot_clear(struct slot *s)
{
	if (s->has_registry)
		registry_clear(&s->registry);
	s->has_registry = false;
	buf_free(&s->bytes);
	buf_free(&s->subjects);
}

void
slot_move(struct slot *to, struct slot *from)
{
	*to = *from;
	from->has_registry = false;
	from->bytes = buf_heap(STATEMENT_MAX * 2);
	from->subjects = buf_heap(SUBJECTS_MAX);
}

static void
slot_free(struct slot *s)
{
	if (s == NULL)
		return;
	slot_clear(s);
	free(s);
}

/* Has the lock. NULL without memory. */
static struct slot *
spare_slot(struct queue *q)
{
	struct slot *s = q->spare;

	if (s != NULL) {
		q->spare = s->next_spare;
		q->spares--;
	} else if ((s = calloc(1, sizeof *s)) != NULL) {
		s->bytes = buf_heap(STATEMENT_MAX * 2);
		s->subjects = buf_heap(SUBJECTS_MAX);
	}
	return s;
}

/* Has the lock. Returns what is beyond the number kept. */
static struct slot *
keep_slot(struct queue *q, struct slot *s)
{
	if (q->spares >= SPARES)
		return s;
	s->next_spare = q->spare;
	q->spare = s;
	q->spares++;
	return NULL;
}

void
queue_free(struct queue *q)
{
	struct slot *s;

	if (q == NULL)
		return;
	for (; q->tail < q->head; q->tail++)
		slot_free(q->ring[q->tail % q->count]);
	while ((s = q->spare) != NULL) {
		q->spare = s->next_spare;
		slot_free(s);
	}
	free(q->ring);
	refusals_free(q->refused);
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->ready);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* Whoever is far ahead of the sequencer only fills memory. What is ahead is
 * done, and what is before it done or in work: it will be taken. */
static bool
has_work(const struct queue *q)
{
	return q->claim != q->head && (q->closed || q->ahead < AHEAD_BYTES);
}

/* ---- putting ---- */
/* Nobody else looks at the slot until head moves. */
static bool
fill(struct slot *s, const char *device, struct span message)
{
	size_t n = strlen(device);

	if (n >= sizeof s->device)
		return false;
	memcpy(s->device, device, n + 1);
	buf_reset(&s->bytes);
	buf_put(&s->bytes, message);
	s->done = false;
	s->charged = message.n;
	s->added = 0;
	return buf_error(&s->bytes) == ERR_OK;
}

static bool
has_room(const struct queue *q, struct span message)
{
	return !q->closed && q->head - q->tail < q->count &&
	       q->bytes + message.n <= q->max_bytes;
}

/* What continues a device's chain is taken, what stands behind a dropped one
 * is not: it would be verified for nothing. */
static bool
admit(struct queue *q, const char *device, const struct claims *c, bool room)
{
	if (!refusals_admit(q->refused, device, c->epoch, c->seq))
		return false;
	if (room)
		refusals_found(q->refused, device, c->epoch, c->seq);
	else
		refusals_add(q->refused, device, c->epoch, c->seq);
	return room;
}

/* Has the lock, and gives it up to parse: only for a device that is or will be
 * among the refused. What cannot be parsed has no place in a chain. */
static bool
find_room(struct queue *q, const char *device, struct span message)
{
	struct statement s;
	bool placed;

	if (has_room(q, message) && !refusals_know(q->refused, device))
		return true;
	pthread_mutex_unlock(&q->lock);
	placed = statement_parse(&s, message, NULL) == ERR_OK;
	pthread_mutex_lock(&q->lock);
	return placed ? admit(q, device, &s.claims, has_room(q, message))
		      : has_room(q, message);
}

bool
queue_put(struct queue *q, const char *device, struct span message)
{
	pthread_mutex_lock(&q->lock);
	bool room = find_room(q, device, message);
	struct slot *s = room ? spare_slot(q) : NULL;
	if (s != NULL && fill(s, device, message)) {
		q->ring[q->head % q->count] = s;
		q->head++;
		q->bytes += message.n;
		if (has_work(q))
			pthread_cond_signal(&q->work);
		s = NULL;
	} else {
		room = false;
	}
	if (s != NULL)
		s = keep_slot(q, s);
	pthread_mutex_unlock(&q->lock);
	slot_free(s);
	return room;
}

/* ---- working, taking ---- */
/* Has the lock: slots first … first + n - 1 are worked on. */
static void
finish(struct queue *q, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n; i++) {
		struct slot *s = q->ring[i % q->count];

		s->added = s->subjects.cap;
		q->ahead += s->added;
		s->done = true;
	}
	if (first == q->tail)
		pthread_cond_signal(&q->ready);
}

void
queue_work(struct queue *q, queue_work_fn work, void *ctx)
{
	struct slot *claimed[CLAIM];

	pthread_mutex_lock(&q->lock);
	for (;;) {
		while (!has_work(q) && !q->closed)
			pthread_cond_wait(&q->work, &q->lock);
		if (q->claim == q->head)
			break;
		uint64_t first = q->claim;
		uint64_t n = q->head - first < CLAIM ? q->head - first : CLAIM;
		for (uint64_t i = 0; i < n; i++)
			claimed[i] = q->ring[(first + i) % q->count];
		q->claim += n;
		pthread_mutex_unlock(&q->lock);
		for (uint64_t i = 0; i < n; i++)
			work(ctx, claimed[i]);
		pthread_mutex_lock(&q->lock);
		finish(q, first, n);
	}
	pthread_mutex_unlock(&q->lock);
}

static bool
oldest_done(const struct queue *q)
{
	return q->tail < q->claim && q->ring[q->tail % q->count]->done;
}

struct slot *
queue_take(struct queue *q, int64_t wait_us)
{
	struct timespec t;
	struct slot *s = NULL;

	pthread_mutex_lock(&q->lock);
	if (!oldest_done(q) && wait_us > 0 && !q->woken && !q->closed) {
		t = wait_end(wait_us);
		pthread_cond_timedwait(&q->ready, &q->lock, &t);
	}
	q->woken = false;
	if (oldest_done(q))
		s = q->ring[q->tail % q->count];
	pthread_mutex_unlock(&q->lock);
	return s;
}

static void
shrink(struct buf *b, size_t max)
{
	if (b->cap > KEEP_BYTES) {
		buf_free(b);
		*b = buf_heap(max);
	} else {
		buf_reset(b);
	}
}

void
queue_release(struct queue *q, struct slot *s)
{
	if (s->has_registry)
		registry_clear(&s->registry);
	s->has_registry = false;
	shrink(&s->bytes, STATEMENT_MAX * 2);
	shrink(&s->subjects, SUBJECTS_MAX);
	pthread_mutex_lock(&q->lock);
	q->tail++;
	q->bytes -= s->charged;
	bool held = q->ahead >= AHEAD_BYTES;
	q->ahead -= s->added;
	if (held && q->ahead < AHEAD_BYTES)
		pthread_cond_broadcast(&q->work);
	s = keep_slot(q, s);
	pthread_mutex_unlock(&q->lock);
	slot_free(s);
}

void
queue_wake(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->woken = true;
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

void
queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->work);
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

bool
queue_drained(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	bool drained = q->closed && q->tail == q->head;
	pthread_mutex_unlock(&q->lock);
	return drained;
}

size_t
queue_depth(struct queue *q, size_t *bytes)
{
	pthread_mutex_lock(&q->lock);
	size_t n = (size_t)(q->head - q->tail);
	if (bytes != NULL)
		*bytes = q->bytes;
	pthread_mutex_unlock(&q->lock);
	return n;
}

size_t
queue_refused(struct queue *q, struct refusal *out, size_t max)
{
	pthread_mutex_lock(&q->lock);
	bool room =
	    (q->head - q->tail) * 2 <= q->count && q->bytes <= q->max_bytes / 2;
	size_t n = room ? refusals_list(q->refused, out, max) : 0;
	pthread_mutex_unlock(&q->lock);
	return n;
}

void
queue_forgive(struct queue *q, const char *device)
{
	pthread_mutex_lock(&q->lock);
	refusals_drop(q->refused, device);
	pthread_mutex_unlock(&q->lock);
}
