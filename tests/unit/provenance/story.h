/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PROVENANCE_STORY_H
#define TEST_PROVENANCE_STORY_H

#include "provenance/custody.h"

/* A small log in memory with one authority, two organisations with a device
 * each, and goods. */
#define STORY_HOST "example.com"
#define STORY_GTIN "09506000134352"
#define STORY_ITEM "https://id.gs1.org/01/09506000134352/21/A1"
#define STORY_CASE "https://id.gs1.org/00/095060000000000015"
#define STORY_PALLET "https://id.gs1.org/00/095060000000000022"
#define STORY_PLACE "https://id.gs1.org/414/9506000111117"
#define STORY_ENTRIES 64

enum story_who { STORY_AUTHORITY, STORY_LUMEN, STORY_HARBOUR, STORY_WHO };

struct story {
	struct roster *roster;
	unsigned count;
	struct buf entries[STORY_ENTRIES];
	struct sign_key keys[STORY_WHO];
	enum err source_fails;
	uint64_t signed_ms; /* the devices' clock, 0 they have none */
};

/* cmocka fixture functions. */
int story_setup(void **state);
int story_teardown(void **state);

/* Appends a statement and gives its index. */
unsigned story_put(struct story *s, enum story_who who, enum content content,
    const char *payload);
/* The authority registers; the entry's index. */
unsigned story_register(struct story *s, const char *payload);
/* A document with these events (JSON, with commas between). */
unsigned story_events(struct story *s, enum story_who who, const char *events);
/* Pieces of events. */
unsigned story_object(struct story *s, enum story_who who, const char *epc,
    const char *action, const char *step);
unsigned story_pack(struct story *s, enum story_who who, const char *action,
    const char *parent, const char *child);
void story_goods(struct story *s, const char *org, const char *issuance);
/* The same for a GTIN-14 or a company prefix. */
void story_goods_of(
    struct story *s, const char *key, const char *org, const char *issuance);

enum err story_trace(
    struct custody **out, struct story *s, const char *subject, struct diag *d);

#endif
