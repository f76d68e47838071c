/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_SEARCH_ROWS_INTERNAL_H
#define LEDGER_SEARCH_ROWS_INTERNAL_H

#include "event/epcis.h"

#include "search_internal.h"

/* The rows of one entry in the making: search_rows.c (memory, order, entries),
 * search_epcis.c (events), search_ilmd.c (ilmd, master data),
 * search_visible.c (policies). */

/* Texts of one entry; chunks never move, so that rows may point into them. */
#define SEARCH_CHUNK ((size_t)1 << 16)
struct search_chunk {
	struct search_chunk *next;
	size_t used;
	uint8_t bytes[SEARCH_CHUNK];
};

/* Rows of one table. */
struct search_list {
	void *at;
	size_t cap, n;
};

struct search {
	struct who who;
	struct json_node *nodes;
	struct search_chunk *first, *now;
	struct buf name; /* a text in the making */
	/* of the entry at hand: */
	struct search_list events, epcs, refs, orgs, readers, quantities,
	    declarations, ilmds, masters;
	struct search_rows rows;
	struct span iss; /* of the statement */
	char gtin[15];   /* whose organisations were taken last */
	/* by policies: */
	bool judged;  /* there are any */
	bool open;    /* so far anybody may read the entry */
	bool limited; /* besides the signer's only those in allowed may */
	struct search_list allowed;
	enum err failed;
};

/* What is read now. */
struct search_build {
	struct search *s;
	const struct json_doc *json;
	uint32_t context; /* of the document, or JSON_NONE */
	uint32_t event;   /* node */
	struct search_event ev;
};

/* ---- memory: failures stay in s->failed ---- */
/* n bytes that stay until the next entry, or NULL. */
uint8_t *search_reserve(struct search *s, size_t n);
/* A copy that stays so long. */
struct span search_keep(struct search *s, struct span text);
/* One more item of that size, empty; NULL without memory. */
void *search_add(struct search *s, struct search_list *l, size_t size);
void search_put_org(struct search *s, struct span did);

/* ---- values (search_epcis.c) ---- */
/* SPAN_NONE for what is no string. */
struct span search_text(struct search_build *b, uint32_t node);
/* A text as the tables have it; it is kept when it is another one. */
struct span search_value(struct search *s, struct span text);
/* An identifier likewise. */
struct span search_name(struct search_build *b, uint32_t node);
/* A member, JSON_NONE also where node is no object. */
uint32_t search_member(
    const struct search_build *b, uint32_t node, const char *name);
typedef void (*search_take_fn)(struct search_build *b, uint32_t node, int arg);
/* Each item of an array; nothing where node is none. */
void search_each(
    struct search_build *b, uint32_t list, search_take_fn fn, int arg);
/* A decimal as the tables have it; SPAN_NONE where it is none or too long. */
struct span search_decimal(struct search *s, struct span text);

/* GTIN-14 of a canonical identifier; false: it has none. */
bool search_gtin(char out[15], struct span epc);

void search_take_event(struct search_build *b, uint32_t node);

/* ---- search_visible.c ---- */
void search_visible_reset(struct search *s);
/* The event in b, whose identifiers begin at epcs[first]. */
void search_visible_event(struct search_build *b, size_t first);
/* All events were: orgs becomes those who may read the entry. */
void search_visible_finish(struct search *s);

/* ---- search_ilmd.c ---- */
/* ilmd of the event in b. */
void search_take_ilmd(struct search_build *b, uint32_t node, int arg);
/* Master data of the document's header. */
void search_take_header(struct search_build *b);

#endif
