/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_ask.h"

#include "base/banned.h"

/* As the search tables name an organisation: the DID it has registered, else
 * its did:web below the authority. */
static bool
did_of(struct call *c, struct span name)
{
	struct view *view = c->api->view;
	struct buf did = buf_fixed(c->org_did, sizeof(c->org_did));
	const struct roster_org *org = roster_org(view_roster(view), name);
	bool ok = true;

	if (org != NULL && org->did[0] != '\0')
		buf_str(&did, org->did);
	else
		ok = did_web_org(&did, view_host(view), name) == ERR_OK;
	view_unlock(view);
	return ok && buf_error(&did) == ERR_OK && buf_text(&did) != NULL;
}

bool
epcis_scope(struct call *c, struct span *org)
{
	const char *name = c->caller.organisation;

	*org = SPAN_NONE;
	switch (c->caller.role) {
	case ROLE_AUTHORITY:
	case ROLE_AUDITOR:
	case ROLE_OPERATOR:
		return true;
	case ROLE_BRAND:
	case ROLE_PARTNER:
		if (name[0] != '\0' && did_of(c, span_str(name))) {
			*org = span_str(c->org_did);
			return true;
		}
		answer_problem(c->res, 403, "forbidden", "Authorization",
		    "a token of an organisation",
		    "the token names no organisation whose events could be "
		    "shown");
		return false;
	case ROLE_PUBLIC:
	default:
		answer_problem(c->res, 401, "unauthorised", "Authorization",
		    "Bearer followed by a token of countermark token create",
		    "events are not shown without a token");
		http_header(c->res, "WWW-Authenticate", "Bearer");
		return false;
	}
}
