/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_HANDOVER_H
#define LEDGER_HANDOVER_H

#include "base/buf.h"
#include "event/receipt.h"

/* The gateway's Unix socket (interface.md, Signing), blocking with a
 * deadline. */
struct handover_put {
	char device[NAME_BYTES];
	uint64_t epoch, seq;
};

/*
 * Has identity sign a registry payload and waits for the receipt that covers
 * it. ERR_TIMEOUT (deadline_ms, monotonic; the statement may be receipted
 * later), ERR_NET (no gateway), the gateway's refusal or the ledger's nack
 * with its text.
 */
enum err handover_register(struct handover_put *out, const char *socket_path,
    const char *identity, struct span payload, int64_t deadline_ms,
    struct diag *d) CM_MUST_USE;

/* Where a payload of a batch went: into the chain of the identity. */
struct handover_place {
	uint64_t seq; /* 0: not stored, or without an answer */
};

/*
 * Payloads that are handed over together. The gateway answers in their order,
 * so up to HANDOVER_WINDOW of them are under way without an answer; after a
 * refusal nothing more is handed over, but what was under way may be stored.
 */
#define HANDOVER_WINDOW 64
struct handover_batch {
	const char *socket_path, *identity, *content_type;
	int64_t deadline_ms; /* monotonic */
	size_t count;
	bool no_wait;                  /* receipts are not waited for */
	struct handover_place *places; /* the caller's, count of them, zeroed */
	void *ctx;
	/* Appends the i-th payload. */
	enum err (*payload)(void *ctx, size_t i, struct buf *out);
	/* The gateway did not take it; code is its word. */
	void (*refused)(
	    void *ctx, size_t i, const char *code, const struct diag *d);
	/* The ledger has it and says that it has no effect (formats 3.3). */
	void (*nacked)(
	    void *ctx, size_t i, const char *code, const char *detail);

	/* Out. */
	char device[NAME_BYTES];
	uint64_t epoch;
	size_t sent, answered; /* sent and unanswered: may be stored or not */
	uint64_t receipted;    /* receipts cover the places up to this seq */
	uint64_t nacked_upto;  /* the last one told */
};

/*
 * Hands them over, then (but for no_wait) waits for the receipt of the last one
 * that is stored.
 * ERR_OK says that receipts cover all that is stored: refusals and nacks are
 * told by the callbacks. ERR_TIMEOUT, ERR_NET, ERR_FORBIDDEN (the identity
 * sends no more), ERR_STATE: with what is in the fields.
 */
enum err handover_batch(struct handover_batch *b, struct diag *d) CM_MUST_USE;

/* Where an identity's chain stands. */
struct handover_head {
	uint64_t epoch, upto; /* 0, 0: nothing was ever stored */
};

/*
 * Waits until receipts cover all that the gateway has stored for the identity,
 * what a caller that is gone left in the socket too: so long as the gateway
 * serves its clients in turns, it has none of it left. ERR_TIMEOUT, ERR_NET,
 * or why no receipt will come (ERR_FORBIDDEN).
 */
enum err handover_drain(struct handover_head *out, const char *socket_path,
    const char *identity, int64_t deadline_ms, struct diag *d) CM_MUST_USE;

#endif
