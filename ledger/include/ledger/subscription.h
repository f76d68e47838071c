/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_SUBSCRIPTION_H
#define LEDGER_SUBSCRIPTION_H

#include "ledger/query.h"

/*
 * Named queries and the subscriptions to them. Both are the operator's, no part
 * of the log. Texts come checked by the caller: valid UTF-8, and NUL nowhere.
 * Spec: epcis.md 9.1, 9.7.
 */
#define QUERY_OWNER 66                    /* bytes, with NUL */
#define QUERY_MOST 1000                   /* of an owner */
#define QUERY_TEXT_MOST ((size_t)8 << 20) /* bytes of all of an owner's */
#define SUBSCRIPTION_MOST 1000            /* of an owner */
#define SUBSCRIPTION_ERROR 300            /* bytes */

/* ---- queries ---- */
/* ERR_EXISTS; ERR_LIMIT above QUERY_MOST or QUERY_TEXT_MOST. query: a JSON
 * object as it was given. */
enum err store_query_add(struct store *s, const char *owner, struct span name,
    struct span query, struct diag *d) CM_MUST_USE;
/* Appends the text to out. ERR_NOT_FOUND. */
enum err store_query_get(struct store *s, const char *owner, struct span name,
    struct buf *out, struct diag *d) CM_MUST_USE;
typedef enum err (*store_query_fn)(
    void *ctx, struct span name, struct span query);
/* In byte order of their names, behind `after`, at most limit. */
enum err store_query_list(struct store *s, const char *owner, struct span after,
    size_t limit, store_query_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* With its subscriptions. ERR_NOT_FOUND. */
enum err store_query_remove(struct store *s, const char *owner,
    struct span name, struct diag *d) CM_MUST_USE;

/* ---- subscriptions ---- */
/* Where it stands: all up to that key is done with. */
struct subscription_place {
	uint64_t index;
	unsigned pos;
};
#define SUBSCRIPTION_POS 32767 /* behind all events of an entry */

struct subscription {
	struct span id;
	struct span dest;     /* URL */
	struct span schedule; /* JSON object; empty: a stream */
	bool report_if_empty;
	int format; /* the caller's number of how identifiers are written */
	int64_t created_ms;
	int64_t next_ms; /* not before that moment */
	/* of new ones only */
	struct span secret; /* signatureToken; empty: none */
	struct hash token;  /* hash of the bearer token that it hangs on */
	struct subscription_place place;
	/* of those that are there */
	int64_t notified_ms; /* last 2xx; 0 none */
	int64_t run_ms;      /* when it was last up to date */
	int64_t delivered;   /* events */
	int64_t failures;    /* in a row */
	int64_t failing_ms;  /* since when; 0 not */
	bool suspended;
	struct span error; /* the last one, empty after a success */
};

/* ERR_NOT_FOUND: no such query, or SUBSCRIPTION_MOST are there. */
enum err store_subscription_add(struct store *s, const char *owner,
    struct span name, const struct subscription *n, struct diag *d) CM_MUST_USE;
typedef enum err (*store_subscription_fn)(
    void *ctx, const struct subscription *s);
/* In byte order of their ids, behind `after`, at most limit. */
enum err store_subscription_list(struct store *s, const char *owner,
    struct span name, struct span after, size_t limit, store_subscription_fn fn,
    void *ctx, struct diag *d) CM_MUST_USE;
/* ERR_NOT_FOUND. */
enum err store_subscription_get(struct store *s, const char *owner,
    struct span name, struct span id, store_subscription_fn fn, void *ctx,
    struct diag *d) CM_MUST_USE;
enum err store_subscription_remove(struct store *s, const char *owner,
    struct span name, struct span id, struct diag *d) CM_MUST_USE;

/* ---- delivery ---- */
/* Tries the advisory lock of those who deliver: ERR_OK, ERR_EXISTS while
 * another connection holds it. */
enum err store_subscription_lock(struct store *s, struct diag *d) CM_MUST_USE;

struct subscription_due {
	const char *owner;
	struct span name, id, dest, secret, schedule, query;
	bool report_if_empty;
	int format;
	struct hash token;
	const char *role; /* of the token; "" when it is good no more */
	struct subscription_place place;
	unsigned batch; /* events in one delivery */
	int64_t run_ms;
	int64_t failures, failing_ms;
};
typedef enum err (*store_due_fn)(void *ctx, const struct subscription_due *due);
/* Those that may be delivered at now_ms: a schedule whose time has come, a
 * stream that does not stand at the last entry below `below` yet. */
enum err store_subscriptions_due(struct store *s, int64_t now_ms,
    uint64_t below, size_t limit, store_due_fn fn, void *ctx,
    struct diag *d) CM_MUST_USE;

/* Which one, and where it stood: a step is for nobody else. */
struct subscription_ref {
	const char *owner;
	struct span name, id;
	struct subscription_place from;
};
struct subscription_step {
	struct subscription_place to;
	int64_t next_ms, now_ms;
	size_t events;
	bool notified;
};
/* ERR_NOT_FOUND: it was removed, or another has moved it. */
enum err store_subscription_advance(struct store *s,
    const struct subscription_ref *ref, const struct subscription_step *step,
    struct diag *d) CM_MUST_USE;

struct subscription_fault {
	unsigned failures;
	int64_t failing_ms, next_ms;
	unsigned batch;
	bool suspended;
	struct span error; /* valid UTF-8, at most SUBSCRIPTION_ERROR */
};
enum err store_subscription_fail(struct store *s,
    const struct subscription_ref *ref, const struct subscription_fault *f,
    struct diag *d) CM_MUST_USE;

/* How many entries the stream that is farthest behind stands below `last`. */
enum err store_subscription_lag(
    struct store *s, uint64_t last, uint64_t *lag, struct diag *d) CM_MUST_USE;

#endif
