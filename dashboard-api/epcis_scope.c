/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_ask.h"

#include "base/banned.h"

enum err
epcis_scope(struct call *c, struct span *org, bool *refused)
{
	enum err e;

	*org = SPAN_NONE;
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
