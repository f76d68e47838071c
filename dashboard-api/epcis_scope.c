/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/search.h"

#include "epcis_ask.h"

#include "base/banned.h"

enum err
epcis_scope(struct call *c, struct span *org, bool *refused)
{
	struct store *s;
	enum err e;

	*org = SPAN_NONE;
	*refused = false;
	/* Without a token: what a policy opens to anybody, and no error, which
	 * would tell whether there is any. */
	if (c->req->authorization.p == NULL) {
		*org = span_str(SEARCH_PUBLIC);
		return call_store(c, &s);
	}
	e = access_see(c, refused);
	if (e != ERR_OK || *refused || strcmp(c->caller.sees, "*") == 0)
		return e;
	*org = span_str(c->caller.sees);
	if (org->n > 0)
		return ERR_OK;
	*refused = true;
	answer_problem(c->res, 403, "forbidden", "Authorization",
	    "a token of an organisation",
	    "the token names no organisation whose events could be shown");
	return ERR_OK;
}
