/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define TOKEN_MAX 512

static enum role
role_of(const char *word)
{
	static const char *const words[] = {
		[ROLE_BRAND] = "brand",
		[ROLE_PARTNER] = "partner",
		[ROLE_AUTHORITY] = "authority",
		[ROLE_AUDITOR] = "auditor",
		[ROLE_OPERATOR] = "operator",
	};

	for (unsigned i = ROLE_BRAND; i <= ROLE_OPERATOR; i++) {
		if (strcmp(words[i], word) == 0)
			return (enum role)i;
	}
	return ROLE_PUBLIC;
}

static void
unauthorised(struct call *c, const char *detail)
{
	answer_problem(c->res, 401, "unauthorised", "Authorization",
	    "Bearer followed by a token of countermark token create", "%s",
	    detail);
	http_header(c->res, "WWW-Authenticate", "Bearer");
}

/* RFC 6750 2.1: the scheme's case does not matter. */
static bool
bearer(struct span *token, struct span header)
{
	static const char scheme[] = "bearer ";
	size_t n = sizeof(scheme) - 1;

	if (header.n <= n || header.n > TOKEN_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t lower = header.p[i] >= 'A' && header.p[i] <= 'Z'
				    ? (uint8_t)(header.p[i] + 32)
				    : header.p[i];

		if (lower != (uint8_t)scheme[i])
			return false;
	}
	*token = span_skip(header, n);
	return true;
}

enum err
access_check(struct call *c, bool *refused)
{
	struct store_token found;
	struct span token;
	struct store *s;
	struct hash hash;
	enum err e;

	*refused = false;
	c->caller.role = ROLE_PUBLIC;
	if (c->req->authorization.p == NULL)
		return ERR_OK;
	*refused = true;
	if (!bearer(&token, c->req->authorization)) {
		unauthorised(c, "the header names no bearer token");
		return ERR_OK;
	}
	e = call_store(c, &s);
	if (e != ERR_OK)
		return e;
	hash = hash_bytes(token);
	e = store_token_find(s, &hash, &found, &c->d);
	if (e == ERR_NOT_FOUND) {
		unauthorised(c, "the token is not known");
		return ERR_OK;
	}
	if (e != ERR_OK)
		return e;
	if (found.expires_ms != 0 && found.expires_ms <= clock_wall_ms()) {
		unauthorised(c, "the token has expired");
		return ERR_OK;
	}
	c->caller.role = role_of(found.role);
	(void)snprintf(c->caller.organisation, sizeof(c->caller.organisation),
	    "%s", found.organisation);
	*refused = false;
	return ERR_OK;
}

bool
access_entries(struct call *c)
{
	if (c->api->conf->entries_public || c->caller.role == ROLE_AUDITOR ||
	    c->caller.role == ROLE_AUTHORITY || c->caller.role == ROLE_OPERATOR)
		return true;
	if (c->req->authorization.p == NULL)
		unauthorised(c, "entry bundles are for auditors");
	else
		answer_problem(c->res, 403, "forbidden", "Authorization",
		    "role auditor, authority or operator",
		    "the token's role may not read entry bundles");
	return false;
}
