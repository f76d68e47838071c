/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_NAMED_H
#define API_EPCIS_NAMED_H

#include "ledger/subscription.h"

#include "epcis_ask.h"

/* What the routes of named queries and of subscriptions share. */

/* Whose queries the caller works with: its organisation's; those who see all
 * have their own, with a star in front, so that what a subscription sees
 * follows from its owner. Leaves *go false when a problem (401, 403) has been
 * written. */
enum err epcis_owner(struct call *c, enum scope scope, char owner[QUERY_OWNER],
    bool *go) CM_MUST_USE;

/* false when 415 has been written. */
bool epcis_json_body(struct call *c);

/* 404 of a query. */
void epcis_no_query(struct call *c);

/* Reads perPage and nextPageToken and begins the page of a list; what: names
 * the list. *after is the last value of the page before. */
struct epcis_list {
	struct epcis_page page;
	unsigned per_page;
	unsigned count; /* printed */
	bool more;
	uint8_t after_space[EPCIS_PAGE_VALUE];
	struct span after;
	struct json_out o;
};
enum err epcis_list_begin(struct call *c, struct epcis_list *l,
    struct span what, bool *go) CM_MUST_USE;
/* May another value be printed? Remembers it if so. */
bool epcis_list_room(struct call *c, struct epcis_list *l, struct span value);
enum err epcis_list_end(struct call *c, struct epcis_list *l) CM_MUST_USE;

/* 201 without a body, or with the one that is there. */
void epcis_created(struct call *c, const char *fmt, ...) CM_PRINTF(2, 3);

#endif
