/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_LINKS_H
#define API_LINKS_H

#include "base/json_out.h"
#include "ledger/link.h"

/*
 * Which of the links of an identifier a request gets, and all of them as a
 * linkset (RFC 9264). Pure: no server, no database.
 * Spec: GS1-Conformant Resolver 1.2 (gs1.md 12).
 */
#define LINKS_MAX (LINK_LEVELS * LINK_MOST + 8)

struct links_item {
	struct link link;
	unsigned level;  /* place in levels; 0 the finest */
	uint8_t bytes[]; /* what the spans point into */
};
struct links {
	struct link_levels levels;
	size_t count;
	struct links_item *at[LINKS_MAX];
};

void links_init(struct links *l, const struct link_levels *levels);
void links_clear(struct links *l);
/* Copies it; a link of a level that is not there, or one too many, is left
 * out. ERR_NOMEM. */
enum err links_add(struct links *l, const struct link *link) CM_MUST_USE;

/* What the request says; SPAN_NONE what it does not say. */
struct links_wish {
	struct span type; /* as link_type() writes it; SPAN_NONE: default */
	struct span accept, language, context;
};

/*
 * The best links of the finest level that has one of that type, or a default
 * link: *best the first of them. Returns how many are equally good and lead
 * elsewhere; 0 none. Of equally good default links the first is taken, for
 * there is one default.
 */
unsigned links_choose(
    const struct links *l, const struct links_wish *w, size_t *best);
/* Is the link at i one of those equally good ones? */
bool links_is_chosen(
    const struct links *l, const struct links_wish *w, size_t best, size_t i);

/* The linkset, an object a level from the finest: anchor is root, a slash and
 * the level's key. only: NULL, or the links to print. */
void links_print(struct json_out *o, const struct links *l, const char *root,
    const bool *only);

/* href with the request's query behind its own (gs1.md 12). */
void links_target(struct buf *out, struct span href, struct span query);

#endif
