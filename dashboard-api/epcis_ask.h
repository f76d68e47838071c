/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_ASK_H
#define API_EPCIS_ASK_H

#include "api.h"
#include "epcis_page.h"
#include "epcis_query.h"

/* What the questions below /epcis share. A function that returns false or
 * leaves *go false has written the problem. */

/*
 * epcis_scope.c: whose events the caller may see, besides those that anybody
 * may: a DID, or SPAN_NONE for all, as access_see() says; SEARCH_PUBLIC without
 * a token. The database holds the connection to it too. *org lives as long as
 * the call.
 */
enum err epcis_scope(
    struct call *c, struct span *org, bool *refused) CM_MUST_USE;

/* Entries below *size are published and in the search tables; the call's
 * snapshot is there. */
enum err epcis_searchable(struct call *c, uint64_t *size) CM_MUST_USE;

/* The scope, and in p the page that nextPageToken (SPAN_NONE: the first) asks
 * for; query: hash of what is asked. */
enum err epcis_page_begin(struct call *c, struct epcis_page *p,
    struct span token, const struct hash *query, struct span *org,
    bool *go) CM_MUST_USE;
/* Link and expiry of the page behind p. */
enum err epcis_page_next(struct call *c, struct epcis_page *p) CM_MUST_USE;

/* Answers with the events that meet q and, unless name is NULL, the parameter
 * name with that value. absent: what a 404 says where there is none; NULL: an
 * empty list will do. */
enum err epcis_answer_events(struct call *c, const char *name,
    struct span value, const char *absent) CM_MUST_USE;

/* The same of a named query, whose JSON text is given. */
enum err epcis_answer_query(
    struct call *c, struct span name, struct span text) CM_MUST_USE;

/* Has any visible event that parameter with that value? */
enum err epcis_any_event(struct call *c, const char *name, struct span value,
    bool *any, bool *go) CM_MUST_USE;

/* answer_problem() with the fault. */
void epcis_answer_fault(struct call *c, const struct epcis_fault *f);
/* 406 that names the identifier which has no form as asked for. */
struct epcis_printer;
void epcis_no_form(struct call *c, const struct epcis_printer *p);

#endif
