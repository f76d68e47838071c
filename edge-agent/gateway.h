/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_GATEWAY_H
#define EDGE_AGENT_GATEWAY_H

#include <poll.h>

#include "base/buf.h"
#include "base/diag.h"
#include "event/statement.h"

/*
 * The Unix socket on which other programs hand payloads over to be signed
 * (interface.md, Signing). Requests of a client may be pipelined and are
 * answered in their order; puts that arrive together share a commit; a `wait`
 * holds back the client's later requests until it is answered. Who does not
 * read its answers is dropped.
 */
#define GATEWAY_CLIENTS 256
#define GATEWAY_SLOW_MS 30000

/* What the gateway asks of the agent. */
struct gateway_port {
	void *ctx;
	/* Signs into an open batch; *who names the chain for settled(). */
	enum err (*put)(void *ctx, struct span identity, enum content content,
	    struct span body, size_t *who, uint64_t *seq, struct diag *d);
	/* Ends the batches of all chains. */
	void (*commit)(void *ctx);
	/* ERR_OK: the last batch of that chain is on the disk. */
	enum err (*settled)(void *ctx, size_t who, const char **device,
	    uint64_t *epoch, struct diag *d);
	/* Appends the receipt's JSON; ERR_TIMEOUT: not yet. */
	enum err (*wait)(void *ctx, struct span identity, uint64_t seq,
	    struct buf *out, struct diag *d);
};

struct gateway;

/* Listens at path, mode 0660; a stale socket file is replaced. ERR_IO,
 * ERR_CONFIG, ERR_NOMEM. */
enum err gateway_new(struct gateway **out, const char *path,
    const struct gateway_port *port, struct diag *d) CM_MUST_USE;
void gateway_free(struct gateway *g);

/* Fills at most GATEWAY_CLIENTS + 1 entries; returns how many. */
size_t gateway_poll(struct gateway *g, struct pollfd *fds);
/* One turn with what poll said about them. */
void gateway_turn(
    struct gateway *g, const struct pollfd *fds, size_t n, int64_t now);
/* A receipt came or a chain stopped: answers those who waited. */
void gateway_wake(struct gateway *g, int64_t now);
/* ms until a turn is due without any event, -1 never. */
int64_t gateway_timeout(const struct gateway *g, int64_t now);

#endif
