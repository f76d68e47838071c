/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_CUSTODY_H
#define PROVENANCE_CUSTODY_H

#include "base/buf.h"
#include "base/diag.h"
#include "provenance/roster.h"

/*
 * An item's story from the log: its own events and those of the containers it
 * was in, in log order. Pure: the caller supplies the entries of a subject.
 */
#define CUSTODY_DEPTH 8 /* containers in containers */
#define CUSTODY_STEPS 10000

struct custody_step {
	uint64_t index;       /* ledger index of the statement */
	unsigned pos;         /* event's position in the document, from 0 */
	const char *biz_step; /* bare word or URI; "" absent. Owned by trace */
	const char *action;
	const char *disposition;
	const char *event_time; /* as received */
	const char *place;      /* Digital Link, "" absent */
	const char
	    *organisation;  /* DID of the signer's organisation, "" none */
	const char *device; /* DID of the signer */
	const char *via;    /* container's canonical form, "" direct */
	const char *lot;    /* ILMD of a commissioning, "" absent */
	const char *expiry; /* the same, as received */
	int64_t event_ms;   /* eventTime, INT64_MIN unreadable */
	int64_t signed_ms;  /* the device's clock, 0 it had none */
	bool withdrawn;     /* by an entitled error declaration */
	bool commissions;   /* direct commissioning or creation (ADD) */
};

struct custody;

/* Calls back fn for each entry that touches subject, in log order. */
typedef enum err (*custody_entry_fn)(
    void *fn_ctx, uint64_t index, struct span entry);
struct custody_source {
	void *ctx;
	enum err (*entries)(void *ctx, struct span subject, custody_entry_fn fn,
	    void *fn_ctx, struct diag *d);
};

/* Statements that lack the shape, fail epcis.md or are no product statement
 * give no step. host: of the origin, for DIDs. ERR_LIMIT, ERR_NOMEM or the
 * source's failure. */
enum err custody_trace(struct custody **out, struct span subject,
    struct roster *roster, const char *host,
    const struct custody_source *source, struct diag *d) CM_MUST_USE;
void custody_free(struct custody *c);
size_t custody_count(const struct custody *c);
const struct custody_step *custody_at(const struct custody *c, size_t i);
/* Canonical form of the container the item is in now (packed last when it is
 * in several), NULL when in none. */
const char *custody_container(const struct custody *c);

#endif
