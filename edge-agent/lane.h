/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_LANE_H
#define EDGE_AGENT_LANE_H

#include "event/topic.h"

#include "edge_conf.h"
#include "identity.h"
#include "link_box.h"
#include "payload.h"
#include "report.h"
#include "sender.h"

/*
 * One identity on its way to the ledger: chain and outbox, window, connection.
 * Everything runs in the agent's loop.
 */
struct lane {
	struct identity id;
	struct sender sender;
	struct link_box box;
	struct mqtt_link *link;
	char topic_up[TOPIC_CHARS + 1];
	bool batch;       /* an outbox batch is open */
	enum err result;  /* of the last commit */
	struct diag diag; /* why it failed */
	enum err stopped; /* nothing more is sent, ERR_OK: it goes on */
	bool closed;      /* nor signed: the chain is at its end */
};

/* Opens the identity's outbox. ctx of the configuration: i-th identity. */
enum err lane_open(struct lane *l, const struct edge_conf *c, size_t i,
    int wake, struct diag *d) CM_MUST_USE;
/* Starts its connection. ERR_USAGE, ERR_NOMEM. */
enum err lane_connect(struct lane *l, const struct edge_conf *c, size_t i,
    struct diag *d) CM_MUST_USE;
void lane_close(struct lane *l);

/*
 * Checks and signs a payload into the open batch, opening one when there is
 * none. *seq is final only after lane_commit() left result ERR_OK.
 */
enum err lane_put(struct lane *l, struct payload *p, enum content content,
    struct span bytes, uint64_t *seq, struct diag *d) CM_MUST_USE;
/* The same with an EPCISDocument, its mark stored with it or not at all. */
enum err lane_put_marked(struct lane *l, struct payload *p, struct span bytes,
    const struct hash *mark, uint64_t *seq, struct diag *d) CM_MUST_USE;
/* Deletes a mark in the batch. */
enum err lane_unmark(
    struct lane *l, const struct hash *mark, struct diag *d) CM_MUST_USE;
/* Ends the batch, if one is open; result and diag say how. */
void lane_commit(struct lane *l);

/* Works off what the link's threads left. Returns true when a receipt fitted
 * or the lane stopped (somebody may have waited for it). */
bool lane_events(struct lane *l, struct report *out, int64_t now);
/* Publishes what the windows allow; ms until there is more, -1 unknown. */
int64_t lane_pump(struct lane *l, int64_t now);

/*
 * ERR_OK: a receipt covers seq, its JSON payload is appended to out;
 * ERR_TIMEOUT: not yet; ERR_NOT_FOUND: nothing stored under seq; else the
 * reason why it will not come.
 */
enum err lane_wait(
    struct lane *l, uint64_t seq, struct buf *out, struct diag *d) CM_MUST_USE;

/* Statements without a receipt. */
uint64_t lane_waiting(const struct lane *l);

#endif
