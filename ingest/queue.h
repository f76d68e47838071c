/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUEUE_H
#define QUEUE_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"

#include "event/registry.h"
#include "event/statement.h"

#include "refusals.h"

/*
 * A bounded ring between the MQTT thread, the verify workers and the
 * sequencer. Statements leave it in the order they came, whichever worker was
 * faster. Full means: the newest is dropped and counted, and with it what its
 * device has behind it (refusals.h); the device sends them again, the MQTT
 * thread never waits. Memory is that of what waits: a slot is made for a
 * statement, and a bounded number of them is kept for the next ones.
 */
struct slot {
	/* filled by queue_put() */
	char device[64];  /* of the topic */
	struct buf bytes; /* the message as published */
	/* filled by a worker */
	enum err parsed;    /* statement_parse() */
	struct statement s; /* views of bytes */
	bool signature_ok;
	struct hash hash; /* formats 1.8 */
	struct hash leaf;
	enum err payload; /* ERR_OK or why it earns a schema nack */
	struct diag why;  /* of parsed or payload */
	bool has_registry;
	struct registry registry;
	struct buf subjects; /* u16be length and bytes, one after another */
	unsigned events;
	/* the queue's own */
	bool done;
	size_t charged; /* bytes of the message */
	size_t added;   /* bytes of what a worker found in it */
	struct slot *next_spare;
};

struct queue;

/* ERR_NOMEM. count: most that wait; max_bytes: of waiting messages together.
 * Subjects found in them are bounded too: workers wait for the sequencer. */
enum err queue_new(
    struct queue **out, size_t count, size_t max_bytes) CM_MUST_USE;
/* All threads have left it. */
void queue_free(struct queue *q);

/* Copies a message in; false when the ring is full, or when a statement of the
 * device before this one found it full. Any one thread. */
bool queue_put(
    struct queue *q, const char *device, struct span message) CM_MUST_USE;

/* A worker's life: calls work for one slot after another until queue_close().
 * Several threads. */
typedef void (*queue_work_fn)(void *ctx, struct slot *slot);
void queue_work(struct queue *q, queue_work_fn work, void *ctx);

/* The next statement in order once it is worked on, NULL after wait_us or
 * queue_wake(). One thread; give it back with queue_release(). */
struct slot *queue_take(struct queue *q, int64_t wait_us);
void queue_release(struct queue *q, struct slot *slot);

/* Ends a wait in queue_take(). Any thread. */
void queue_wake(struct queue *q);

/* Nothing more is put; workers end when all is worked on. */
void queue_close(struct queue *q);
/* true when closed and empty. */
bool queue_drained(struct queue *q);

/* Statements and bytes waiting. */
size_t queue_depth(struct queue *q, size_t *bytes);

/* Devices that found the queue full, once there is room again: up to max of
 * them in turns, none while it is more than half full. Any thread. */
size_t queue_refused(struct queue *q, struct refusal *out, size_t max);
/* Nothing is missing of the device, or nobody will ask: it may go on. */
void queue_forgive(struct queue *q, const char *device);

/* Takes the content out of a slot into a copy of its own, for parking. */
void slot_move(struct slot *to, struct slot *from);
/* Releases what a slot holds. */
void slot_clear(struct slot *s);

#endif
