/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SEQUENCER_INTERNAL_H
#define SEQUENCER_INTERNAL_H

#include <stdatomic.h>

#include "provenance/roster.h"

#include "ledger/highwater.h"
#include "ledger/logtext.h"
#include "ledger/map_block.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/store.h"

#include "chain.h"
#include "epoch_clock.h"
#include "mapper.h"
#include "sequencer.h"

/* One thread owns all of it, but for the atomics. */
struct sequencer {
	struct sequencer_options o;
	struct genesis genesis;
	char host[321];
	struct store *store;
	struct store_batch *batch;
	struct store_head head; /* committed */
	struct roster *roster;
	struct tiles tiles;
	struct frontier frontier;
	struct hash chain; /* after the batch so far */
	struct highwater highwater;
	struct epoch_clock epochs;
	struct map_block block; /* of the tile that fills */
	struct buf keys;        /* of the entry being added */
	struct mapper *mapper;
	struct mapper_state mapped; /* what the last epoch says of the map */
	uint64_t last_entry_end;    /* behind the newest entry but epochs */
	int64_t epoch_asked_ms; /* since when the map is asked for one, 0 not */
	int64_t standby_ms;     /* when the map last followed the other's */
	enum err batch_failed;  /* a row could not be put into the batch */

	/* the batch so far */
	int64_t batch_since_ms; /* 0 while it is empty */
	size_t batch_statements, batch_events;
	size_t batch_taken;     /* statements judged, whatever became of them */
	size_t batch_bad_bytes; /* of the quarantine */
	bool batch_has_fork;
	bool batch_has_epoch;
	bool batch_has_notes; /* nacks or quarantined bytes */
	int64_t epoch_ms;
	struct hash epoch_leaf;

	/* receipts to publish, oldest first */
	struct chain *dirty_first, **dirty_last;
	size_t dirty_count;
	struct mqtt_link *link;
	atomic_bool linked;       /* connected */
	atomic_bool republish;    /* the broker may have lost them */
	atomic_bool acknowledged; /* room in the link's window again */
	atomic_bool stop;

	int64_t partitions_ms, metrics_ms, refused_ms; /* when last looked
							* after */
	int64_t held_ms; /* when the database last said the log is ours */
	bool clock_told, link_full;
	struct receipt receipt; /* being published; 12 KB */
};

/* ---- judge.c: one statement ---- */
void judge_slot(struct sequencer *s, struct slot *slot);
/* Asks devices that found the queue full for what is missing, once there is
 * room (formats 3.3, gap). */
void judge_refused(struct sequencer *s);
/* The device's chain, made on demand. NULL without memory. */
struct chain *judge_chain(struct sequencer *s, struct roster_device *d);

/* ---- append.c: the batch ---- */
/* Index the next row gets. */
uint64_t append_index(const struct sequencer *s);
/* A statement as its device's head. */
void append_statement(struct sequencer *s, struct slot *slot);
/* Evidence of a fork (formats 3.4); returns its index. */
uint64_t append_evidence(struct sequencer *s, struct slot *slot);
void append_quarantine(struct sequencer *s, const char *device, enum err code,
    const char *detail, struct span bytes);
void append_nack(struct sequencer *s, const char *device, uint64_t epoch,
    uint64_t number, const struct nack *n);
/* When an epoch is due: commits the batch, asks for the map and, once that has
 * answered or was waited for long enough, cuts it; it ends the batch. */
#define APPEND_MAP_MS 50
enum err append_epoch(struct sequencer *s, struct diag *d) CM_MUST_USE;
/* Commits what there is and signs the checkpoint of an epoch in it. */
enum err append_commit(struct sequencer *s, struct diag *d) CM_MUST_USE;
bool append_empty(const struct sequencer *s);
/* Signs and publishes the checkpoint of a committed epoch. */
enum err append_checkpoint(struct sequencer *s, uint64_t size,
    const struct hash *root, int64_t at_ms, struct diag *d) CM_MUST_USE;

/* ---- receipts.c ---- */
void receipts_mark(struct sequencer *s, struct chain *c);
/* The same receipt again, for a statement that came again: not oftener than
 * ten times a second, and the last one still counts. */
void receipts_repeat(struct sequencer *s, struct chain *c);
/* Publishes what is due; only with an empty batch: all that it says is
 * committed. */
void receipts_publish(struct sequencer *s);
/* Milliseconds until some receipt is due, -1 none. */
int64_t receipts_wait(const struct sequencer *s);
void receipts_mark_all(struct sequencer *s);

/* ---- load.c ---- */
enum err load_all(struct sequencer *s, struct diag *d) CM_MUST_USE;
void load_clear(struct sequencer *s);
/* As a standby: the map follows the epochs of who holds the log. */
enum err load_follow(struct sequencer *s, struct diag *d) CM_MUST_USE;
/* Asks for the suspension of each device that the log shows a fork of and no
 * suspension yet. */
void load_ask_suspensions(struct sequencer *s);

#endif
