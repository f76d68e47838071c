/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_TOUCH_H
#define EVENT_TOUCH_H

#include "base/diag.h"
#include "base/span.h"

#include "event/epcis.h"

struct registry;
struct statement;
struct touch_set;

/*
 * Map function 1 (formats.md 5.4): which subjects an entry touches. A pure
 * function of the entry's bytes; changes of EPCIS validation never change it.
 */
typedef void (*touch_fn)(void *ctx, struct span subject);

enum entry_kind {
	ENTRY_STATEMENT,
	ENTRY_GENESIS,
	ENTRY_EPOCH,
	ENTRY_FORK, /* evidence (4.2) */
};

enum entry_kind entry_kind(struct span entry);

/* The statement's bytes inside a fork evidence entry. */
struct span entry_fork_statement(struct span entry);

/* Working memory of one caller, reused from entry to entry; nodes as for
 * epcis_open(). Opaque growth inside; touch_clear() releases it. */
struct touch {
	struct json_node *nodes;
	uint32_t capacity;
	struct touch_set *seen; /* subjects of this entry */
	struct epcis_doc doc;   /* of touch_statement() */
};
/* ERR_NOMEM. crypto_start() first: the set is keyed at random. */
enum err touch_init(struct touch *t) CM_MUST_USE;
void touch_clear(struct touch *t);

/*
 * Calls fn once for each distinct subject, in order of first mention; the
 * first is `device/<iss>` where the envelope parses. `device/…` subjects are
 * reported too; who keeps another index for them may pass them over.
 * A subject is borrowed for the call. ERR_NOMEM, nothing else.
 */
enum err touch_entry(
    struct touch *t, struct span entry, touch_fn fn, void *ctx) CM_MUST_USE;

/*
 * The same for a statement, parsed already. *doc is then its payload, open in
 * t until the next call: NULL where that is no product document in shape.
 */
enum err touch_statement(struct touch *t, const struct statement *s,
    const struct epcis_doc **doc, touch_fn fn, void *ctx) CM_MUST_USE;

/*
 * The same for a payload that is open already; without `device/…`. doc may
 * stand in t->nodes. ERR_NOMEM.
 */
enum err touch_product(struct touch *t, const struct epcis_doc *doc,
    touch_fn fn, void *ctx) CM_MUST_USE;
enum err touch_registry(struct touch *t, const struct registry *r, touch_fn fn,
    void *ctx) CM_MUST_USE;

#endif
