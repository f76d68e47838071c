/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_H
#define API_EPCIS_H

#include "event/epcis.h"

#include "api.h"

/*
 * What all of the EPCIS 2.0 REST interface shares: it is mounted at /epcis
 * (epcis.md 9). Problems below that path carry `epcisException:` types;
 * answer_problem() sees to it, so handlers use one way for both.
 */
#define EPCIS_VERSION "2.0.0"
#define EPCIS_BODY_MAX ((size_t)16 << 20)
#define EPCIS_CAPTURE_EVENTS 10000

/* epcis.md 9.3 */
enum epcis_exception {
	EPCIS_VALIDATION,
	EPCIS_QUERY_VALIDATION,
	EPCIS_QUERY_PARAMETER,
	EPCIS_SUBSCRIPTION_CONTROLS,
	EPCIS_SECURITY,
	EPCIS_NO_SUCH_NAME,
	EPCIS_NO_SUCH_RESOURCE,
	EPCIS_NOT_ACCEPTABLE,
	EPCIS_EXISTS,
	EPCIS_MEDIA_TYPE,
	EPCIS_CAPTURE_LIMIT,
	EPCIS_QUERY_TOO_LARGE,
	EPCIS_QUERY_TOO_COMPLEX,
	EPCIS_URI_TOO_LONG,
	EPCIS_IMPLEMENTATION,
};
const char *epcis_exception_name(enum epcis_exception x);
/* From our own status and code: what answer_problem() prints below /epcis. */
enum epcis_exception epcis_exception_of(unsigned status, const char *code);

/* Does a raw target lie below /epcis? */
bool epcis_is_below(struct span target);

/* Reads the headers of 9.2 into c->epcis; false when a problem (406) has been
 * written. */
bool epcis_begin(struct call *c);
/* The version headers that each answer carries. */
void epcis_headers(struct call *c);
/* What OPTIONS tells beside the methods. */
void epcis_options(struct call *c);

/* The media type of an answer, as the client wished. */
const char *epcis_media(const struct call *c);

/* handlers */
enum err epcis_root(struct call *c) CM_MUST_USE;
enum err epcis_events(struct call *c) CM_MUST_USE;
enum err epcis_event_by_id(struct call *c) CM_MUST_USE;
enum err epcis_next_page_token(struct call *c) CM_MUST_USE;
/* epcis_resources.c */
enum err epcis_values(struct call *c) CM_MUST_USE;
enum err epcis_value(struct call *c) CM_MUST_USE;
enum err epcis_value_events(struct call *c) CM_MUST_USE;
/* epcis_named.c */
enum err epcis_queries(struct call *c) CM_MUST_USE;
enum err epcis_query_make(struct call *c) CM_MUST_USE;
enum err epcis_query_show(struct call *c) CM_MUST_USE;
enum err epcis_query_drop(struct call *c) CM_MUST_USE;
enum err epcis_query_events(struct call *c) CM_MUST_USE;
/* epcis_subscription.c */
enum err epcis_subscriptions(struct call *c) CM_MUST_USE;
enum err epcis_subscription_make(struct call *c) CM_MUST_USE;
enum err epcis_subscription_show(struct call *c) CM_MUST_USE;
enum err epcis_subscription_drop(struct call *c) CM_MUST_USE;

#endif
