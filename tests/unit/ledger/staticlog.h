/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STATICLOG_H
#define STATICLOG_H

#include "ledger/follow.h"

/* A log as files in a temporary folder, for who follows it. */
struct staticlog {
	char folder[64]; /* made by staticlog_init() */
	char url[80];    /* file:// */
	const char *origin;
	struct sign_key key;
	struct policy *policy; /* believes the key, no quorum */
	struct buf entries;    /* of a bundle's form, all of them */
	uint64_t size;
};

void staticlog_init(struct staticlog *s, const char *origin);
/* Removes the folder. */
void staticlog_clear(struct staticlog *s);
void staticlog_add(struct staticlog *s, struct span entry);
/* Writes tiles, bundles and a checkpoint of the entries so far; partial ones
 * of earlier sizes stay. */
void staticlog_write(struct staticlog *s);
/* Signs a checkpoint of any kind. */
void staticlog_checkpoint(
    struct staticlog *s, uint64_t size, const struct hash *root);
/* A file by its path in the folder: replaced, or removed with content NULL. */
void staticlog_file(
    struct staticlog *s, const char *path, const struct span *content);

#endif
