/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

#include "base/banned.h"

#define TOKEN_MAX 512
#define PURPOSE_MAX 200

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

/* Words between blanks; one that is unknown gives nothing. */
static unsigned
scopes_of(const char *text)
{
	static const char *const words[] = { "read", "capture", "subscribe" };
	unsigned found = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		for (unsigned i = 0; i < 3; i++) {
			if (span_is(span_of(text, n), words[i]))
				found |= 1U << i;
		}
		text += n + (text[n] == ' ' ? 1 : 0);
	}
	return found;
}

/* api.md: an authority sees all, each look logged with its purpose. */
static enum err
log_look(struct call *c, struct store *s)
{
	struct span purpose =
	    http_request_header(c->req, "Countermark-Purpose");
	struct store_access a = { c->caller.token, c->caller.organisation,
		c->req->target, purpose };

	if (purpose.n > PURPOSE_MAX || !utf8_valid(purpose))
		a.purpose = SPAN_NONE;
	return store_access_put(s, &a, &c->d);
}

static bool
is_loopback(const uint8_t peer[HTTP_PEER])
{
	static const uint8_t v6[HTTP_PEER] = { [HTTP_PEER - 1] = 1 };
	static const uint8_t v4[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
		127 };

	return memcmp(peer, v6, HTTP_PEER) == 0 ||
	       memcmp(peer, v4, sizeof(v4)) == 0;
}

/* Of IPv6 the network: whoever has one address there has them all. */
static struct span
client_of(const uint8_t peer[HTTP_PEER])
{
	static const uint8_t mapped[10] = { 0 };

	return span_of(peer, memcmp(peer, mapped, sizeof(mapped)) == 0
				 ? HTTP_PEER
				 : HTTP_PEER / 2);
}

/* false when a 429 has been written. */
static bool
within_limit(struct call *c, struct span client)
{
	unsigned wait_ms = limit_take(c->api->limit, client, clock_mono_us());

	if (wait_ms == 0)
		return true;
	answer_problem(c->res, 429, "rate_limited", NULL, NULL,
	    "more than %u requests a second", c->api->conf->rate_per_s);
	http_header(c->res, "Retry-After", "%u", (wait_ms + 999) / 1000);
	metric_add(&c->api->metrics.rate_limited, 1);
	return false;
}

enum err
access_check(struct call *c, bool *refused)
{
	const bool again = c->counted;
	struct store_token found;
	struct span token;
	struct store *s;
	enum err e;

	c->counted = true;
	*refused = !again && !is_loopback(c->req->peer) &&
		   !within_limit(c, client_of(c->req->peer));
	if (*refused || c->req->authorization.p == NULL)
		return ERR_OK;
	*refused = true;
	if (!bearer(&token, c->req->authorization)) {
		unauthorised(c, "the header names no bearer token");
		return ERR_OK;
	}
	c->caller.token = hash_bytes(token);
	if (!again && !within_limit(c, hash_span(&c->caller.token)))
		return ERR_OK;
	e = call_store(c, &s);
	if (e != ERR_OK)
		return e;
	e = store_token_find(s, &c->caller.token, &found, &c->d);
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
	*refused = false;
	c->caller.role = role_of(found.role);
	c->caller.scopes = scopes_of(found.scopes);
	(void)snprintf(c->caller.organisation, sizeof(c->caller.organisation),
	    "%s", found.organisation);
	return c->caller.role == ROLE_AUTHORITY ? log_look(c, s) : ERR_OK;
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

bool
access_scope(struct call *c, enum scope scope)
{
	static const char *const words[] = { [SCOPE_READ] = "read",
		[SCOPE_CAPTURE] = "capture",
		[SCOPE_SUBSCRIBE] = "subscribe" };

	if ((c->caller.scopes & scope) != 0)
		return true;
	if (c->req->authorization.p == NULL)
		unauthorised(c, "this is not for the public");
	else
		answer_problem(c->res, 403, "forbidden", "Authorization",
		    words[scope], "the token is not good for that");
	return false;
}

enum err
access_did(char sees[STORE_SCOPE + 1], struct view *view, const char *name)
{
	struct buf out = buf_fixed(sees, STORE_SCOPE);
	const struct roster_org *org;
	enum err e = ERR_OK;

	org = roster_org(view_roster(view), span_str(name));
	if (org != NULL && org->did[0] != '\0')
		buf_str(&out, org->did);
	else if (did_web_org(&out, view_host(view), span_str(name)) != ERR_OK)
		e = ERR_STATE;
	view_unlock(view);
	if (e == ERR_OK)
		e = buf_error(&out);
	sees[e == ERR_OK ? out.n : 0] = '\0';
	return e;
}

static enum err
own_did(struct call *c)
{
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	return access_did(c->caller.sees, c->api->view, c->caller.organisation);
}

bool
access_sees_all(const struct call *c)
{
	return c->caller.role == ROLE_AUTHORITY ||
	       c->caller.role == ROLE_AUDITOR ||
	       c->caller.role == ROLE_OPERATOR;
}

enum err
access_see(struct call *c, bool *refused)
{
	struct store *s;
	enum err e = ERR_OK;

	*refused = !access_scope(c, SCOPE_READ);
	if (*refused)
		return ERR_OK;
	c->caller.sees[0] = '\0';
	if (access_sees_all(c))
		(void)snprintf(c->caller.sees, sizeof(c->caller.sees), "*");
	else if (c->caller.organisation[0] != '\0')
		e = own_did(c);
	if (e == ERR_OK)
		e = call_store(c, &s);
	return e == ERR_OK ? store_scope(s, c->caller.sees, &c->d) : e;
}

enum err
access_own(struct call *c)
{
	struct store *s;
	enum err e = own_did(c);

	if (e == ERR_OK)
		e = call_store(c, &s);
	return e == ERR_OK ? store_scope(s, c->caller.sees, &c->d) : e;
}
