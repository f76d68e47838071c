/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_OUTBOX_H
#define EDGE_AGENT_OUTBOX_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"

/*
 * The durable store of one identity: its chain and every statement without a
 * receipt (edge.md 7). What commit returned ERR_OK for is on the disk; a row
 * leaves only through outbox_settle(). One writer, one thread.
 */
struct outbox;

struct outbox_limits {
	uint64_t bytes; /* pages in use, the write-ahead log is extra */
	uint64_t rows;
};

/* Where the chain stands. Rows are seq acked + 1 … seq. */
struct outbox_chain {
	uint64_t epoch;
	uint64_t seq;           /* last statement stored, 0 none */
	struct hash head;       /* its hash; the prev of seq 1 when none */
	uint64_t acked;         /* last one covered by a receipt */
	struct hash acked_head; /* its hash */
};

enum outbox_receipt { OUTBOX_RECEIPT_NEWEST = 1, OUTBOX_RECEIPT_UNFIT = 2 };

/*
 * Opens folder/name.outbox, creates it when missing. A corrupt file is moved
 * to folder/quarantine and refused, then and at each later start: going on at
 * seq 1 would fork the chain. ERR_IO, ERR_DB (corrupt), ERR_STATE (one lies in
 * quarantine).
 */
enum err outbox_open(struct outbox **out, const char *folder, const char *name,
    const struct outbox_limits *limits, struct diag *d) CM_MUST_USE;

/* For a look beside a running agent; only the readers work. ERR_NOT_FOUND. */
enum err outbox_open_readonly(struct outbox **out, const char *folder,
    const char *name, struct diag *d) CM_MUST_USE;
void outbox_close(struct outbox *o);

/* The chain with what the open batch added. Valid until outbox_close(). */
const struct outbox_chain *outbox_chain(const struct outbox *o);

/*
 * A batch: begin, any number of adds, commit. ERR_FULL from add refuses that
 * statement and leaves the batch as it is; any other failure dooms the batch,
 * and commit then fails too. After a failed commit nothing of it is stored.
 * ERR_FULL, ERR_IO, ERR_DB.
 */
enum err outbox_begin(struct outbox *o, struct diag *d) CM_MUST_USE;
/* seq is chain.seq + 1; hash becomes the head. */
enum err outbox_add(struct outbox *o, const struct hash *hash,
    struct span bytes, struct diag *d) CM_MUST_USE;
enum err outbox_commit(struct outbox *o, struct diag *d) CM_MUST_USE;
void outbox_rollback(struct outbox *o);

/*
 * Marks: which documents are stored and not yet out of the folder they came
 * from. Written and deleted within a batch; a failure dooms it.
 */
enum err outbox_mark(struct outbox *o, const struct hash *mark, uint64_t seq,
    struct diag *d) CM_MUST_USE;
enum err outbox_unmark(
    struct outbox *o, const struct hash *mark, struct diag *d) CM_MUST_USE;
/* The statement of a mark; ERR_NOT_FOUND. */
enum err outbox_marked(struct outbox *o, const struct hash *mark, uint64_t *seq,
    struct diag *d) CM_MUST_USE;

/* Appends the statement; ERR_NOT_FOUND. */
enum err outbox_read(struct outbox *o, uint64_t seq, struct buf *out,
    struct diag *d) CM_MUST_USE;
/* Hash of a stored one or of the last settled; ERR_NOT_FOUND. */
enum err outbox_hash(struct outbox *o, uint64_t seq, struct hash *out,
    struct diag *d) CM_MUST_USE;

/* Deletes seq <= upto and keeps the receipt, one transaction. The caller has
 * checked that the receipt fits (formats 3.2). */
enum err outbox_settle(struct outbox *o, uint64_t upto, struct span receipt,
    struct diag *d) CM_MUST_USE;
/* Keeps a receipt without acting on it. */
enum err outbox_keep(struct outbox *o, enum outbox_receipt kind,
    struct span receipt, struct diag *d) CM_MUST_USE;
/* Appends the kept receipt; ERR_NOT_FOUND when there is none. */
enum err outbox_kept(struct outbox *o, enum outbox_receipt kind,
    struct buf *out, struct diag *d) CM_MUST_USE;

/* An empty chain begins in this epoch after this head (formats 1.4, seq 1 of a
 * later epoch). ERR_STATE when something was stored. */
enum err outbox_adopt(struct outbox *o, uint64_t epoch, const struct hash *head,
    struct diag *d) CM_MUST_USE;

/* Where the chain lives (docs/outbox-file.md 3). */
enum outbox_place {
	OUTBOX_HERE,     /* may be signed on here */
	OUTBOX_AWAY,     /* was exported: never signed on from these rows */
	OUTBOX_ARRIVING, /* an import has not ended */
};

struct outbox_home {
	enum outbox_place place;
	uint64_t moves; /* exports of this chain so far, wherever */
};

/* An outbox that an older release wrote is here, after no move. ERR_DB. */
enum err outbox_home_read(
    struct outbox *o, struct outbox_home *out, struct diag *d) CM_MUST_USE;
/* Part of the open batch, else durable at once. ERR_FULL, ERR_IO, ERR_DB. */
enum err outbox_home_write(struct outbox *o, const struct outbox_home *home,
    struct diag *d) CM_MUST_USE;

/*
 * In the open batch: a receipt covers seq <= acked, its statement has the hash
 * acked_head. Those rows go; a chain that ended earlier goes on after acked;
 * an empty one takes over the epoch. The caller has checked that it is the
 * same chain. receipt: kept as the newest, none when empty. ERR_FULL, ERR_IO,
 * ERR_DB: the batch is doomed.
 */
enum err outbox_rebase(struct outbox *o, uint64_t epoch, uint64_t acked,
    const struct hash *acked_head, struct span receipt,
    struct diag *d) CM_MUST_USE;

/* Bytes in use now. */
uint64_t outbox_bytes(struct outbox *o);

#endif
