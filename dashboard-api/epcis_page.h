/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_PAGE_H
#define API_EPCIS_PAGE_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "ledger/query.h"

/*
 * Page tokens: where the next page begins, and for whom, so that the server
 * keeps nothing. Base64url of
 *   version, last key, bound, events so far, hash of the query, of the caller,
 *   expiry, last value, HMAC-SHA-256 over all of it.
 * Whoever changes a byte, is another caller, asks another question or comes
 * late is told so. Spec: epcis.md 9.5.
 */
#define EPCIS_PAGE_TTL_MS ((int64_t)60 * 60 * 1000)
#define EPCIS_PAGE_VALUE 1000 /* a value of the search tables */

struct epcis_page {
	struct query_key key; /* last of the page before */
	uint64_t below;       /* entries the first page saw */
	uint64_t delivered;   /* events so far */
	struct hash query;    /* epcis_query_digest() and the path */
	struct hash caller;
	int64_t expires_ms;
	size_t value_length; /* of lists of values: the last one */
	uint8_t value[EPCIS_PAGE_VALUE];
};

/* The key of the tokens, derived from the server's: servers that sign with the
 * same key take each other's tokens. */
struct hash epcis_page_key(const struct sign_key *answer);

/* Appends the token. */
void epcis_page_print(
    struct buf *out, const struct epcis_page *p, const struct hash *key);

/* query and caller of *out say whom the token has to be of. Returns ERR_OK;
 * ERR_BAD_SIGNATURE (changed or none), ERR_FORBIDDEN (of another caller),
 * ERR_FORK (of another query), ERR_TIMEOUT (expired). */
enum err epcis_page_parse(struct epcis_page *out, struct span token,
    const struct hash *key, int64_t now_ms) CM_MUST_USE;

#endif
