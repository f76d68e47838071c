/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_AGENT_H
#define EDGE_AGENT_AGENT_H

#include "edge_conf.h"

/*
 * The agent: inputs, identities and their connections in one poll loop.
 */
struct agent;

/* Opens the state folder (created 0700, locked against a second agent), every
 * outbox, the inputs and sockets. out_fd: where the operator's lines go.
 * ERR_IO, ERR_CONFIG, ERR_DB, ERR_STATE, ERR_EXISTS (another agent runs on
 * this state), ERR_NOMEM. */
enum err agent_new(struct agent **out, const struct edge_conf *conf, int out_fd,
    struct diag *d) CM_MUST_USE;
void agent_free(struct agent *a);

/* Connects and runs until SIGTERM, SIGINT, or, where so configured, until all
 * inputs ended and everything is receipted. ERR_OK; ERR_STATE when a stopped
 * identity keeps statements that cannot be delivered. */
enum err agent_run(struct agent *a, struct diag *d) CM_MUST_USE;

/* Makes the state folder (0700) and locks it against a second agent, and
 * against a move of its outboxes, until *fd is closed. ERR_IO, ERR_CONFIG,
 * ERR_EXISTS (an agent runs on this state); then *fd is -1. */
enum err agent_lock(int *fd, const char *state, struct diag *d) CM_MUST_USE;

/* The station's values make a valid event. ERR_CONFIG. */
enum err agent_check(const struct edge_conf *conf, struct diag *d) CM_MUST_USE;

#endif
