/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_PACK_H
#define EDGE_AGENT_PACK_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * The container being filled at one scanner: in memory only, because nothing
 * of it was reported stored (mode pack). Codes are canonical Digital Links.
 */
#define PACK_CHILDREN 900 /* fit into one statement (formats 1.1) */
#define PACK_BYTES 55000

struct pack {
	struct buf parent; /* empty: none is open */
	struct buf said;   /* the parent as it was scanned */
	struct buf text;   /* the children, one behind the other */
	size_t count;
	uint32_t ends[PACK_CHILDREN];
};

void pack_init(struct pack *p);
void pack_free(struct pack *p);

/* Only an SSCC can be a parent. */
bool pack_is_parent(struct span code);

/* Opens a container in place of the one that is there. ERR_NOMEM. */
enum err pack_open(struct pack *p, struct span code, struct span said,
    struct diag *d) CM_MUST_USE;
/* ERR_STATE (no parent), ERR_EXISTS (already in it), ERR_LIMIT (no room),
 * ERR_NOMEM; then nothing has changed. */
enum err pack_add(struct pack *p, struct span code, struct diag *d) CM_MUST_USE;
/* Takes the last child out again. */
void pack_undo(struct pack *p);
/* Forgets the container. */
void pack_close(struct pack *p);

/* The i-th child; valid until the next change. */
struct span pack_child(const struct pack *p, size_t i);

#endif
