/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies: who may read the events that an organisation captured or whose
 * goods it has (formats 1.7).
 */
#include "provenance/rights.h"

#include <stdlib.h>

#include "event/cbv.h"
#include "event/epcis.h"

#include "roster_internal.h"

#include "base/banned.h"

#define GTIN_DIGITS 14

static struct policy_item *
policy_item(const struct roster *r, struct span id)
{
	roster_ask(r, "registry/policy/", id);
	return roster_map_get(&r->policies, id);
}

bool
roster_policy_own(const struct step *t)
{
	return t->reg->type != REGISTRY_POLICY ||
	       span_is(
		   registry_policy_of(t->reg), t->signer->device.organisation);
}

/* ---- what a statement changes ---- */
static void
set_force(struct roster *r, struct policy_item *item, bool force)
{
	if (item->force && !force)
		r->policies_in_force--;
	else if (!item->force && force)
		r->policies_in_force++;
	item->force = force;
}

static enum err
read_policy(struct policy_item *v, const struct step *t)
{
	const char *word = "";
	enum err e = json_get_text(&word, t->reg->body, "visibility", t->d);

	/* registry_check() has seen what they look like */
	if (e == ERR_OK && !registry_visibility(&v->visibility, word))
		e = ERR_SCHEMA;
	if (e == ERR_OK)
		e = roster_short_text(t, v->goods, sizeof(v->goods),
		    json_get(t->reg->body, "gtin") != NULL ? "gtin" : "prefix");
	if (e == ERR_OK)
		e = roster_read_words(&v->steps, t, "bizSteps");
	return e;
}

static enum err
set_policy(const struct step *t, const char *organisation)
{
	struct policy_item v = { .index = t->index }, *item;
	bool fresh = policy_item(t->r, span_str(t->reg->id)) == NULL;
	void *made;
	enum err e = roster_org_wanted(t, organisation);

	if (e == ERR_OK)
		e = read_policy(&v, t);
	if (e != ERR_OK)
		return e;
	e = roster_item_make(&t->r->policies, t->reg->id, sizeof(item->id),
	    sizeof(*item), &made);
	if (e == ERR_OK && fresh)
		e = roster_group_add(&t->r->policies_of, organisation, made);
	if (e != ERR_OK) {
		roster_words_clear(&v.steps);
		return e;
	}
	item = made;
	roster_words_clear(&item->steps);
	item->steps = v.steps;
	item->visibility = v.visibility;
	item->index = v.index;
	memcpy(item->goods, v.goods, sizeof(v.goods));
	set_force(t->r, item, true);
	return ERR_OK;
}

enum err
roster_apply_policy(const struct step *t)
{
	struct span of = registry_policy_of(t->reg);
	struct policy_item *item;
	char organisation[64];
	enum err e;

	if (of.n >= sizeof(organisation))
		return diag_fail(t->d, ERR_SCHEMA, "formats 1.7",
		    "policy: id does not begin with a name");
	memcpy(organisation, of.p, of.n);
	organisation[of.n] = '\0';
	if (t->reg->op == REGISTRY_SET)
		return set_policy(t, organisation);
	item = policy_item(t->r, span_str(t->reg->id));
	if ((e = roster_no_suspension(t, item != NULL)) == ERR_OK)
		set_force(t->r, item, false);
	return e;
}

void
roster_policy_free(void *item)
{
	roster_words_clear(&((struct policy_item *)item)->steps);
}

/* ---- what is asked of them ---- */
static bool
meets_step(const struct policy_item *p, struct span step)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (span_equal(step, epcis_bare(span_str(p->steps.at[i]),
					 cbv_kind(CBV_BIZ_STEP))))
			return true;
	return p->steps.n == 0;
}

static bool
meets_goods(const struct policy_item *p, const char *gtin14)
{
	size_t n = strlen(p->goods);

	if (n == 0)
		return true;
	if (gtin14[0] == '\0')
		return false;
	/* a prefix stands behind the first digit (7.3) */
	return n == GTIN_DIGITS ? strcmp(p->goods, gtin14) == 0
				: memcmp(p->goods, gtin14 + 1, n) == 0;
}

/* formats 1.7: the GTIN, the longer prefix, a bizStep, the newest. */
static bool
outranks(const struct policy_item *p, const struct policy_item *than)
{
	size_t goods = strlen(p->goods), other = strlen(than->goods);

	if (goods != other)
		return goods > other;
	if ((p->steps.n > 0) != (than->steps.n > 0))
		return p->steps.n > 0;
	return p->index > than->index;
}

enum visibility
roster_visibility(const struct roster *r, const char *organisation,
    const char *gtin14, struct span biz_step)
{
	const struct policy_item *best = NULL, *p;

	for (size_t i = 0; (p = roster_group_at(&r->policies_of,
				span_str(organisation), i)) != NULL;
	     i++) {
		if (p->force && meets_step(p, biz_step) &&
		    meets_goods(p, gtin14) &&
		    (best == NULL || outranks(p, best)))
			best = p;
	}
	return best == NULL ? VISIBILITY_PARTIES : best->visibility;
}

bool
roster_has_policy(const struct roster *r)
{
	return r->policies_in_force > 0;
}
