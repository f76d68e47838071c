/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_CBV_H
#define EVENT_CBV_H

#include <stdbool.h>

#include "base/span.h"

/* The word lists of CBV 2.0 that queries speak in. Spec: epcis.md 1.3, 6. */
enum cbv_list {
	CBV_BIZ_STEP,
	CBV_DISPOSITION,
	CBV_BIZ_TRANSACTION, /* types */
	CBV_SOURCE,          /* types, of destinations too */
	CBV_REASON,          /* of an error declaration */
	CBV_LISTS
};

/* Is word, bare, one of the list? */
bool cbv_word(enum cbv_list list, struct span word);
/* The list's words in bytewise order; NULL behind the last. */
const char *cbv_word_at(enum cbv_list list, size_t i);
/* The word of the list that looks most like it. */
const char *cbv_nearest(enum cbv_list list, struct span word);
/* What stands before the list's words in a URI, for epcis_bare(). */
const char *cbv_kind(enum cbv_list list);

/* A scheme, a colon and RFC 3986 characters behind it. */
bool cbv_uri(struct span text);

#endif
