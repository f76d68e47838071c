/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_IDENTITY_H
#define EDGE_AGENT_IDENTITY_H

#include "event/did.h"
#include "event/receipt.h"
#include "event/statement.h"

#include "outbox.h"

/*
 * One signer: key, chain and outbox. Makes statements (formats 1) and judges
 * receipts (formats 3.2). One thread.
 */
struct identity_options {
	const char *name;      /* the device's name */
	const char *authority; /* host of the did:web */
	const char *log;
	const char *key_path;
	const char *state;          /* folder of the outbox */
	const uint8_t *receipt_key; /* KEY_BYTES, the pinned one */
	struct outbox_limits limits;
};

struct identity_nack {
	uint64_t seq;
	enum err code;
};

struct identity {
	char name[NAME_CHARS + 1];
	char log[NAME_CHARS + 1];
	char did[DID_WEB_CHARS + 1];
	struct sign_key key;
	uint8_t receipt_key[KEY_BYTES];
	uint8_t boot[BOOT_BYTES];
	struct outbox *outbox;
	int64_t started_ms;
	bool has_receipt;      /* a receipt that fits is held */
	int64_t receipt_at_ms; /* when the ledger signed it */
	uint64_t receipt_index;
	bool has_seen;
	uint64_t seen_index;
	struct hash seen_leaf;
	unsigned nack_count; /* of the receipt held: told already */
	struct identity_nack nacks[RECEIPT_NACKS];
	struct buf scratch; /* the statement being made */
};

/* Loads the key and opens the outbox. Errors of key_load() and outbox_open();
 * ERR_MOVED: the outbox was exported, or an import has not ended. */
enum err identity_open(struct identity *id, const struct identity_options *o,
    struct diag *d) CM_MUST_USE;
void identity_close(struct identity *id);

/* What a statement's time is and how far it may be trusted. */
struct identity_time {
	int64_t wall_ms; /* 0 when clock is 0 */
	unsigned clock;
	int64_t
	    event_ms; /* best known time: wall, else the proven lower bound */
};

/* A wall clock before the build date or clearly before the last receipt is no
 * clock (edge.md 9). quality as of clock_quality(). */
struct identity_time identity_time(
    const struct identity *id, int64_t wall_ms, unsigned quality);

/*
 * Signs payload as the chain's next statement into the open batch of the
 * outbox; the payload has been validated. ERR_TOO_LARGE (no seq is used up),
 * ERR_BAD_ENCODING, ERR_FULL, ERR_IO, ERR_DB.
 */
enum err identity_sign(struct identity *id, enum content content,
    struct span sub, struct span payload, uint64_t *seq,
    struct diag *d) CM_MUST_USE;

/* formats 3.3: after such a nack a device stops and says so. */
bool identity_ends(enum err code);

enum identity_fit {
	IDENTITY_FITS,   /* acted on */
	IDENTITY_OLD,    /* says less than the one held: dropped */
	IDENTITY_UNFIT,  /* not ours or not true: kept, not acted on */
	IDENTITY_LOST,   /* the ledger holds what our outbox does not know */
	IDENTITY_CLOSED, /* the ledger is in a later epoch of ours */
};

/* What a receipt brought. */
struct identity_news {
	enum identity_fit fit;
	bool advanced;    /* upto_seq rose */
	uint64_t gap_seq; /* resend from there, 0 none */
	enum err stop;    /* a nack that ends sending, ERR_OK none */
	const struct nack *stop_nack;
	unsigned fresh_count;                    /* nacks not told before */
	const struct nack *fresh[RECEIPT_NACKS]; /* views of *r */
};

/*
 * Judges the bytes of a receipt; one that fits is kept and its rows deleted
 * before this returns. r: the caller's space for it. d says why for UNFIT,
 * LOST and CLOSED. Returns ERR_OK for every judgement, else the outbox's error.
 */
enum err identity_receipt(struct identity *id, struct receipt *r,
    struct identity_news *news, struct span bytes, struct diag *d) CM_MUST_USE;

#endif
