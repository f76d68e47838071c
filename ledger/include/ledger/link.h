/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_LINK_H
#define LEDGER_LINK_H

#include "ledger/store.h"

/*
 * Links that a brand has set for its goods: what the resolver redirects to
 * (GS1-Conformant Resolver). They are the operator's, no part of the log: a
 * link is an offer to a reader and no evidence.
 */
#define LINK_LEVELS 4  /* key and at most three qualifiers */
#define LINK_KEY 512   /* bytes of a level with its NUL */
#define LINK_HREF 2000 /* bytes */
#define LINK_TITLE 200 /* bytes */
#define LINK_MOST 100  /* links of one level */
#define LINK_WORDS 200 /* bytes of all languages, of all contexts */
#define LINK_TYPE 200  /* bytes of a link type */

/*
 * The levels of a Digital Link's path, the finest first: `01/G/10/L/21/S`,
 * `01/G/10/L`, `01/G`. Texts are NUL-terminated; values percent-encoded as in
 * gs1.md 7.1.
 */
struct link_levels {
	unsigned count;
	char key[LINK_LEVELS][LINK_KEY];
};

/*
 * From the path of a Digital Link, with or without a leading slash; one
 * trailing slash is taken off (gs1.md 6.6). Errors are gs1_read()'s of the URI
 * with that path; ERR_SYNTAX also where something stands before the key.
 */
enum err link_levels(
    struct link_levels *out, struct span path, struct diag *d) CM_MUST_USE;

/* A link type as it is stored and written: `gs1:pip`, `pip` of either GS1
 * namespace and the bare word become `https://ref.gs1.org/voc/pip`; another
 * absolute URI stays. ERR_SYNTAX, ERR_LENGTH. */
enum err link_type(struct buf *out, struct span text) CM_MUST_USE;

struct link {
	int64_t number;        /* names it for link_remove */
	struct span key;       /* level it stands at */
	struct span type;      /* URI */
	struct span href;      /* http or https */
	struct span title;     /* UTF-8 */
	struct span media;     /* "text/html", empty unknown */
	struct span languages; /* RFC 5646 tags between blanks, may be empty */
	struct span contexts;  /* words between blanks, may be empty */
	bool is_default;       /* also a default link of its level */
};

/* What may be stored. ERR_SYNTAX, ERR_LENGTH, ERR_UTF8: d says which part. */
enum err link_check(const struct link *l, struct diag *d) CM_MUST_USE;

typedef enum err (*store_link_fn)(void *ctx, const struct link *l);

/* Links of these levels, finest first, in the order they were set. */
enum err store_links(struct store *s, const struct link_levels *levels,
    store_link_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* All links, by level (owner's connection). */
enum err store_link_list(
    struct store *s, store_link_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* *number is what names it. ERR_LIMIT: LINK_MOST at that level. */
enum err store_link_add(struct store *s, const struct link *l, int64_t *number,
    struct diag *d) CM_MUST_USE;
/* ERR_NOT_FOUND. */
enum err store_link_remove(
    struct store *s, int64_t number, struct diag *d) CM_MUST_USE;

#endif
