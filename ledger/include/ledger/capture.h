/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_CAPTURE_H
#define LEDGER_CAPTURE_H

#include "ledger/store.h"

/*
 * Jobs of capture over REST (epcis.md 9.4), operational rows: what was taken
 * in, how much of it went into the chain of which identity, how it ended. The
 * document stays in the row until then, so that a server that was killed goes
 * on where it was. All calls of ledger/store.h's rules: one thread a store,
 * ERR_DB and ERR_TIMEOUT mean that it is to be reopened.
 */
#define CAPTURE_ID_CHARS 36          /* a UUID */
#define CAPTURE_ERRORS_MAX (1 << 18) /* bytes of a job's errors */

/* Stored numbers. */
enum capture_state {
	CAPTURE_NEW = 0,
	CAPTURE_SENDING = 1, /* statements may be in the gateway */
	CAPTURE_HANDED = 2,  /* all are, and their places are known */
	CAPTURE_FINISHED = 3,
};
enum capture_form { CAPTURE_DOCUMENT = 1, CAPTURE_EVENT = 2 };

struct capture_job {
	char id[CAPTURE_ID_CHARS + 1];
	char organisation[64];
	char identity[64]; /* of the gateway; the device's name too */
	int64_t created_ms;
	int64_t finished_ms; /* 0 while running */
	enum capture_state state;
	enum capture_form form;
	bool proceed; /* epcis.md 9.2: not rollback */
	bool success;
	bool broken;                       /* a statement of it did not go in */
	uint32_t events;                   /* in the document */
	uint32_t duplicates;               /* stored before */
	uint32_t refused;                  /* left out for a fault */
	uint64_t anchor_epoch, anchor_seq; /* its statements come behind */
	uint64_t epoch,
	    last_seq;       /* of the last statement handed over, 0 none */
	int64_t last_index; /* in the ledger, when finished; -1 none */
	uint64_t handed;    /* statements */
};

/* An event that a job is about to store, found by its identifier until the
 * search tables have it. key: over organisation and eventID. */
struct capture_claim {
	struct hash key, digest;
};

/*
 * Makes a job, state CAPTURE_NEW, with its claims, both or nothing. errors: a
 * JSON array; left_out: a bit an event, the lowest first; borrowed. ERR_FULL:
 * the documents of open jobs would take more than bytes_max. ERR_EXISTS: a
 * claim's key is taken, or the id.
 */
enum err capture_put(struct store *s, const struct capture_job *j,
    const char *errors, struct span left_out, struct span body,
    const struct capture_claim *claims, size_t claim_count, uint64_t bytes_max,
    struct diag *d) CM_MUST_USE;

typedef enum err (*capture_claim_fn)(
    void *ctx, const struct capture_claim *c, const char *job, bool running);
/* Claims with one of these keys. */
enum err capture_claims(struct store *s, const struct hash *keys, size_t n,
    capture_claim_fn fn, void *ctx, struct diag *d) CM_MUST_USE;

#define CAPTURE_KNOWN_MAX 50000
typedef enum err (*capture_event_fn)(
    void *ctx, struct span event_id, uint64_t index, unsigned pos);
/* Events that concern an organisation (its DID) with one of these eventIDs, in
 * log order. event_id: as the search tables have it. ERR_LIMIT above
 * CAPTURE_KNOWN_MAX. */
enum err capture_known(struct store *s, const struct span *ids, size_t n,
    const char *org_did, capture_event_fn fn, void *ctx,
    struct diag *d) CM_MUST_USE;
/* What stands there for an eventID; space: CAPTURE_EVENT_KEY bytes. */
#define CAPTURE_EVENT_KEY 66
struct span capture_event_key(
    struct span event_id, char space[CAPTURE_EVENT_KEY]);
/* Entries of these indices, ascending. */
enum err capture_entries(struct store *s, const uint64_t *indices, size_t n,
    store_entry_fn fn, void *ctx, struct diag *d) CM_MUST_USE;

/* errors (may be NULL) gets the array. ERR_NOT_FOUND. */
enum err capture_find(struct store *s, const char *id, struct capture_job *j,
    struct buf *errors, struct diag *d) CM_MUST_USE;
typedef enum err (*capture_job_fn)(
    void *ctx, const struct capture_job *j, struct span errors);
/* Newest first, at most limit, those before (created_ms, id); organisation ""
 * for all. */
enum err capture_list(struct store *s, const char *organisation,
    int64_t created_ms, const char *id, size_t limit, capture_job_fn fn,
    void *ctx, struct diag *d) CM_MUST_USE;

/* ---- for the one who works them off ---- */
/* ERR_EXISTS while another connection does. */
enum err capture_lock(struct store *s, struct diag *d) CM_MUST_USE;
/* The oldest that is not handed over and due. ERR_NOT_FOUND. The buffers get
 * what capture_put() was given. */
enum err capture_next(struct store *s, int64_t now_ms, struct capture_job *j,
    struct buf *errors, struct buf *left_out, struct buf *body,
    struct diag *d) CM_MUST_USE;
enum err capture_body(struct store *s, const char *id, struct buf *left_out,
    struct buf *body, struct diag *d) CM_MUST_USE;
/* Before its first statement goes out: state CAPTURE_SENDING, and behind which
 * statement of the chain it comes. */
enum err capture_begin(
    struct store *s, struct capture_job *j, struct diag *d) CM_MUST_USE;
/* Adds statements that are in the chain and keeps state, success, epoch,
 * last_seq and the errors; not to be tried again before retry_ms. */
enum err capture_progress(struct store *s, const struct capture_job *j,
    const uint64_t *seqs, size_t n, int64_t retry_ms, const char *errors,
    struct diag *d) CM_MUST_USE;

/* index: of its last statement, -1: not in the ledger yet; passed: nor will it
 * be, a later epoch of the device is open. */
typedef enum err (*capture_waiting_fn)(
    void *ctx, const char *id, int64_t index, bool passed);
/* Jobs in CAPTURE_HANDED, the oldest first, at most 200. */
enum err capture_waiting(struct store *s, capture_waiting_fn fn, void *ctx,
    struct diag *d) CM_MUST_USE;
/* number: of the statement among the job's, from 0 */
typedef enum err (*capture_nack_fn)(
    void *ctx, uint64_t number, const char *code, const char *detail);
/* formats 3.3: which have no effect, of the last 64 of the device epoch. */
enum err capture_nacks(struct store *s, const char *id, capture_nack_fn fn,
    void *ctx, struct diag *d) CM_MUST_USE;
/* Ends it: j->success, broken, last_index. The claims of a broken one go at
 * once, so that what is missing may be sent again. */
enum err capture_finish(struct store *s, const struct capture_job *j,
    int64_t now_ms, const char *errors, struct diag *d) CM_MUST_USE;

typedef enum err (*capture_scan_fn)(
    void *ctx, uint64_t epoch, uint64_t seq, uint64_t index, struct span entry);
/* Statements of a device behind (epoch, seq), in chain order. */
enum err capture_scan(struct store *s, const char *device, uint64_t epoch,
    uint64_t seq, capture_scan_fn fn, void *ctx, struct diag *d) CM_MUST_USE;

/* How many are not finished. */
enum err capture_open(
    struct store *s, uint64_t *count, struct diag *d) CM_MUST_USE;
/* Drops claims that the search tables answer for. */
enum err capture_settle(struct store *s, struct diag *d) CM_MUST_USE;
/* Drops jobs that ended before then. */
enum err capture_trim(
    struct store *s, int64_t before_ms, struct diag *d) CM_MUST_USE;

#endif
