/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_OUTBOX_MOVE_H
#define EDGE_AGENT_OUTBOX_MOVE_H

#include "edge_conf.h"

/*
 * Moves the outboxes of all identities of a configuration to another machine
 * (docs/outbox-file.md): a chain is signed on one machine at a time. No agent
 * may run on the state folder meanwhile (ERR_EXISTS). Keys are not moved.
 * Both append a line an identity to out.
 */

/*
 * Writes path.tmp, marks each outbox as moved away, then seals the file and
 * gives it its name. From the first mark on the agent refuses to run here;
 * whenever it fails or is killed, repeating it completes it. Repeated after
 * success it makes the same file again. An existing file of other content is
 * not replaced (ERR_EXISTS). ERR_NOT_FOUND: an identity has no outbox;
 * ERR_MOVED: an import has not ended; errors of outbox_open(), key_load() and
 * of the checks in move_file_next().
 */
enum err outbox_move_export(const struct edge_conf *conf, const char *path,
    struct buf *out, struct diag *d) CM_MUST_USE;

/*
 * Takes over what the file holds; nothing is changed unless all of it is
 * right and fits, and importing it again changes nothing. ERR_UNKNOWN_DEVICE:
 * a chain of no identity here, or under another key; ERR_FORBIDDEN: another
 * log; ERR_MOVED: the chain has been moved since; ERR_FORK: it contradicts
 * what is here; ERR_EPOCH; ERR_PROOF; ERR_BAD_SIGNATURE; ERR_FULL; errors of
 * move_file_open(), move_file_next(), outbox_open() and key_load().
 */
enum err outbox_move_import(const struct edge_conf *conf, const char *path,
    struct buf *out, struct diag *d) CM_MUST_USE;

#endif
