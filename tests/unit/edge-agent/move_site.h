/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_EDGE_AGENT_MOVE_SITE_H
#define TESTS_UNIT_EDGE_AGENT_MOVE_SITE_H

#include "base/buf.h"

#include "edge_conf.h"
#include "outbox.h"

/*
 * Machines between which outboxes are moved: each a folder with keys, a
 * configuration and a state folder. The ledger is the test.
 */
struct site {
	char folder[64];
	struct edge_conf conf;
};

/* The keys of the ledger, of dock-1 and of dock-2. */
extern struct sign_key site_ledger, site_keys[2];
void site_keys_make(void);

/* identities: 1 or 2; extra: lines of [agent]. */
void site_make(struct site *s, unsigned identities, const char *extra);
void site_remove(struct site *s);
/* folder/name */
const char *site_path(const struct site *s, const char *name);

/* As the agent would: n more statements of the i-th identity. */
void site_sign(const struct site *s, unsigned i, unsigned n);
/* A receipt of the ledger up to this seq is held. */
void site_settle(const struct site *s, unsigned i, uint64_t upto);
/* Whether the identity would sign: identity_open()'s answer. */
enum err site_starts(const struct site *s, unsigned i, struct diag *d);
/* The chain, all rows of which are read, parsed and linked. */
struct outbox_chain site_chain(const struct site *s, unsigned i);

enum err site_export(const struct site *s, const char *path);
enum err site_import(const struct site *s, const char *path);
/* What the newest of both printed, and why it failed. */
extern char site_text[4096];
extern struct diag site_diag;

void site_file_read(struct buf *out, const char *path);
void site_file_write(const char *path, struct span content);
/* Puts the right seal under what stands before the last 32 bytes. */
void site_file_seal(struct buf *file);
bool site_there(const char *path);

#endif
