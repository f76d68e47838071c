/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom the policies let read an entry (formats 1.7). An event is judged once
 * for each goods it is about; the entry, which is read whole or not at all, may
 * be read by those whom none of these judgements shuts out.
 */
#include "search_rows_internal.h"

#include "base/banned.h"

void
search_visible_reset(struct search *s)
{
	s->judged = roster_has_policy(s->who.roster);
	s->open = s->judged;
	s->limited = false;
}

static bool
is_one_of(const struct span *list, size_t n, struct span did)
{
	for (size_t i = 0; i < n; i++) {
		if (span_equal(list[i], did))
			return true;
	}
	return false;
}

static struct span
keep_did(struct search *s, struct span did)
{
	return search_value(s, search_keep(s, did));
}

/* Of those allowed so far only these are. */
static void
limit(struct search *s, const struct span *only, size_t n)
{
	struct span *at = s->allowed.at;
	size_t kept = 0;

	for (size_t i = 0; !s->limited && i < n; i++) {
		struct span *more = search_add(s, &s->allowed, sizeof *more);

		if (more != NULL)
			*more = only[i];
	}
	for (size_t i = 0; s->limited && i < s->allowed.n; i++) {
		if (is_one_of(only, n, at[i]))
			at[kept++] = at[i];
	}
	if (s->limited)
		s->allowed.n = kept;
	s->limited = true;
}

static void
judge(struct search_build *b, const char *gtin)
{
	struct search *s = b->s;
	enum visibility v =
	    who_visibility(&s->who, s->iss, gtin, b->ev.biz_step);
	struct span brand[2];
	size_t n = 0;

	if (v != VISIBILITY_PUBLIC)
		s->open = false;
	if (v > VISIBILITY_BRAND)
		return;
	if (v == VISIBILITY_BRAND && gtin[0] != '\0') {
		brand[n++] = keep_did(s, who_goods(&s->who, gtin));
		brand[n++] = keep_did(s, who_holder(&s->who, gtin));
	}
	limit(s, brand, n);
}

void
search_visible_event(struct search_build *b, size_t first)
{
	const struct search_epc *epcs = b->s->epcs.at;
	char gtin[15] = "", last[15] = "";

	if (!b->s->judged)
		return;
	if (first == b->s->epcs.n)
		judge(b, "");
	for (size_t i = first; i < b->s->epcs.n; i++) {
		if (!search_gtin(gtin, epcs[i].epc))
			gtin[0] = '\0';
		if (i == first || strcmp(gtin, last) != 0)
			judge(b, gtin);
		memcpy(last, gtin, sizeof last);
	}
}

void
search_visible_finish(struct search *s)
{
	struct span *orgs = s->orgs.at, *public;
	size_t kept = 0;

	for (size_t i = 0; s->limited && i < s->orgs.n; i++) {
		if (span_equal(orgs[i], s->rows.signer) ||
		    is_one_of(s->allowed.at, s->allowed.n, orgs[i]))
			orgs[kept++] = orgs[i];
	}
	if (s->limited)
		s->orgs.n = kept;
	if (s->open &&
	    (public = search_add(s, &s->orgs, sizeof *public)) != NULL)
		*public = span_str(SEARCH_PUBLIC);
}
