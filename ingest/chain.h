/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAIN_H
#define CHAIN_H

#include "event/receipt.h"

#include "queue.h"

/*
 * A device's chain as the sequencer knows it: head, the statements just before
 * it, those that came too early, and what the next receipt will say
 * (formats 3.2 to 3.4). Pure: no I/O, no clock.
 */
#define CHAIN_RECENT 64
#define CHAIN_PARKED 64 /* formats 3.3 */
#define CHAIN_PARKED_BYTES ((size_t)1 << 20)

struct chain {
	uint64_t epoch, seq; /* of the head; 0 while there is none */
	struct hash head;
	uint64_t index;
	struct hash *recent;  /* CHAIN_RECENT, by seq; NULL at first */
	uint64_t recent_from; /* lowest seq of this epoch in recent */
	struct slot *parked[CHAIN_PARKED]; /* by seq mod CHAIN_PARKED */
	unsigned parked_count;
	size_t parked_bytes;
	/* the nacks of nack_epoch */
	uint64_t nack_epoch, nack_total;
	unsigned nack_kept;
	struct nack *nacks; /* RECEIPT_NACKS, by number; NULL at first */
	/* the receipt */
	bool dirty;
	int64_t dirty_ms, published_ms;
	bool suspend_asked;
	int64_t asked_ms;   /* when it was last asked to send again */
	uint64_t asked_seq; /* for this */
	unsigned asked;     /* so often */
	struct chain *next_dirty;
	struct roster_device *device;
};

enum chain_place {
	CHAIN_NEXT,     /* goes in now */
	CHAIN_KNOWN,    /* same bytes as before */
	CHAIN_CONFLICT, /* fork */
	CHAIN_EARLY,    /* a gap lies before it */
	CHAIN_ASK_SEQ,  /* older than memory: compare with the stored hash */
	CHAIN_ASK_PREV, /* seq 1 of a later epoch: is prev a stored hash? */
};

/* Where a statement belongs. epoch is the open one (roster_admit). */
enum chain_place chain_place(const struct chain *c, uint64_t epoch,
    uint64_t seq, const struct hash *prev, const struct hash *hash);

/* The seq that is wanted next in that epoch. */
uint64_t chain_expected(const struct chain *c, uint64_t epoch);

/* What to do about a device of which (epoch, seq) found the queue full. epoch:
 * the open one. */
enum chain_refused {
	CHAIN_FORGIVE, /* nothing is missing, or it is of another epoch */
	CHAIN_WAIT,    /* statements before it are still to be judged */
	CHAIN_ASK,     /* it is the next: ask for it (formats 3.3, gap) */
};
enum chain_refused chain_refused(
    const struct chain *c, uint64_t open_epoch, uint64_t epoch, uint64_t seq);

/* It stands in the log now. */
void chain_advance(struct chain *c, uint64_t epoch, uint64_t seq,
    const struct hash *hash, uint64_t index);

/* Keeps a statement that came too early; false when there is no room or it
 * is kept already. Takes the slot's content. */
bool chain_park(struct chain *c, uint64_t epoch, struct slot *slot);
/* The parked statement that goes in next, NULL when none; the caller frees it
 * with slot_clear() and free(). */
struct slot *chain_unpark(struct chain *c);

/* Adds a nack unless it repeats the newest (a gap is told once); returns its
 * running number in the epoch, UINT64_MAX when it was left out. */
uint64_t chain_nack(struct chain *c, uint64_t epoch, const struct nack *n);
/* Puts back a nack read from the store. */
void chain_restore_nack(
    struct chain *c, uint64_t epoch, uint64_t number, const struct nack *n);

/* Fills device's part of a receipt; open_epoch from the roster. */
void chain_receipt(
    struct receipt *r, const struct chain *c, uint64_t open_epoch);

void chain_free(struct chain *c);

#endif
