/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may make the goods, and where they may be sold (docs/verdict.md 4.1,
 * 4.2).
 */
#include <stdio.h>

#include "verdict_internal.h"

#include "base/banned.h"

#define DAY_MS INT64_C(86400000)

/* A licence and what stands above it, held against one step. */
struct chain {
	bool whole;
	enum entitled how; /* ENTITLED_LICENCE, or what failed first */
	const struct roster_usage *usage;
	bool lets; /* the country asked for */
	unsigned count;
	const struct roster_licence *links[LICENCE_DEPTH];
};

static bool
org_is(const struct judging *j, const char *name, const char *did)
{
	const struct roster_org *org =
	    name[0] == '\0' ? NULL : roster_org(j->roster, span_str(name));

	return org != NULL && strcmp(org->did, did) == 0;
}

/* Both clocks, or the one there is, have to say so: a wrong clock raises no
 * alarm. */
static bool
outside_period(const struct roster_licence *l, const struct licence_terms *t,
    const struct custody_step *step)
{
	int64_t to = t->to_ms;
	int64_t first = step->event_ms, last = step->event_ms;

	if (step->event_ms == INT64_MIN)
		return false;
	if (l->ended && l->ended_ms < to)
		to = l->ended_ms;
	if (step->signed_ms != 0 && step->signed_ms < first)
		first = step->signed_ms;
	if (step->signed_ms > last)
		last = step->signed_ms;
	return (last < t->from_ms && t->from_ms - last > DAY_MS) ||
	       (first > to && first - to > DAY_MS);
}

static enum entitled
check_link(struct chain *c, const struct judging *j,
    const struct roster_licence *l, const struct licence_terms *t,
    const struct custody_step *step)
{
	if (!licence_covers(t, span_str(j->gtin)))
		return ENTITLED_NOT_GOODS;
	if (outside_period(l, t, step))
		return ENTITLED_NOT_PERIOD;
	c->usage = roster_usage(j->roster, span_str(l->id));
	if (c->usage != NULL && c->usage->at_index < step->index)
		return ENTITLED_NOT_QUANTITY;
	return ENTITLED_LICENCE;
}

static void
follow(struct chain *c, const struct judging *j, const struct roster_licence *l,
    const struct custody_step *step, const char *country)
{
	const char *licensor = NULL;

	memset(c, 0, sizeof(*c));
	c->how = ENTITLED_LICENCE;
	c->lets = true;
	while (l != NULL && c->count < LICENCE_DEPTH &&
	       strcmp(l->right, j->goods->right) == 0) {
		const struct licence_terms *t = licence_at(l, step->index);

		if (licensor != NULL && strcmp(t->licensee, licensor) != 0)
			return;
		c->links[c->count++] = l;
		if (c->how == ENTITLED_LICENCE)
			c->how = check_link(c, j, l, t, step);
		c->lets = c->lets && licence_lets(t, country);
		licensor = t->licensor;
		if (t->parent[0] == '\0') {
			c->whole = j->right != NULL &&
				   strcmp(licensor, j->right->holder) == 0;
			return;
		}
		l = roster_licence(j->roster, span_str(t->parent));
	}
}

/* The next licence of the goods' right, from *i on, that the step's
 * organisation holds with a whole chain. */
static const struct roster_licence *
next_chain(struct chain *c, const struct judging *j,
    const struct custody_step *step, const char *country, size_t *i)
{
	const struct roster_licence *l;

	if (j->goods->right[0] == '\0' || step->organisation[0] == '\0')
		return NULL;
	while ((l = roster_licence_of(
		    j->roster, span_str(j->goods->right), (*i)++)) != NULL) {
		if (!org_is(j, licence_at(l, step->index)->licensee,
			step->organisation))
			continue;
		follow(c, j, l, step, country);
		if (c->whole)
			return l;
	}
	return NULL;
}

void
verdict_entitled(struct entitlement *out, const struct judging *j,
    const struct custody_step *step)
{
	const struct roster_licence *l;
	struct chain c;
	size_t i = 0;

	memset(out, 0, sizeof(*out));
	out->how = ENTITLED_OWNER;
	if (org_is(j, j->goods->organisation, step->organisation) ||
	    (j->right != NULL &&
		org_is(j, j->right->holder, step->organisation)))
		return;
	out->how = ENTITLED_NOT;
	while ((l = next_chain(&c, j, step, "", &i)) != NULL) {
		if (c.how != ENTITLED_LICENCE && out->licence != NULL)
			continue;
		out->how = c.how;
		out->licence = l;
		out->usage = c.how == ENTITLED_NOT_QUANTITY ? c.usage : NULL;
		if (c.how == ENTITLED_LICENCE)
			return;
	}
}

bool
verdict_territory(const struct judging *j, const char *country)
{
	struct chain c;
	size_t i = 0;

	while (next_chain(&c, j, j->made, country, &i) != NULL)
		if (c.how == ENTITLED_LICENCE && c.lets)
			return true;
	return false;
}

void
verdict_put_right(struct judging *j)
{
	struct answer_right *out = &j->out->right;
	const struct roster_org *holder;
	struct chain c = { .count = 0 };

	if (j->right == NULL)
		return;
	j->out->right_count = 1;
	(void)snprintf(out->right, sizeof(out->right), "%s", j->right->id);
	if (strlen(j->right->mark) < sizeof(out->mark))
		(void)snprintf(
		    out->mark, sizeof(out->mark), "%s", j->right->mark);
	holder = j->right->holder[0] == '\0'
		     ? NULL
		     : roster_org(j->roster, span_str(j->right->holder));
	if (holder != NULL)
		(void)snprintf(
		    out->holder, sizeof(out->holder), "%s", holder->did);
	if (j->made != NULL && j->made_by.licence != NULL)
		follow(&c, j, j->made_by.licence, j->made, "");
	for (unsigned i = 0; i < c.count; i++)
		(void)snprintf(out->licences[i], sizeof(out->licences[i]), "%s",
		    c.links[i]->id);
	out->licence_count = c.count;
}

static void
find_unlicensed(struct judging *j)
{
	struct finding *f = verdict_find(j->out, "commissioned_by_other",
	    "authority", false, VERDICT_GENUINE_CODE_ONLY,
	    "commissioned by %.100s, while the goods belong to organisation "
	    "%s",
	    j->made->organisation[0] == '\0' ? "a device without organisation"
					     : j->made->organisation,
	    j->goods->organisation);

	verdict_prove(f, j->made->index);
	verdict_prove(f, j->goods->index);
}

void
verdict_rule_licence(struct judging *j)
{
	static const char *const codes[][2] = {
		[ENTITLED_NOT_GOODS] = { "licence_goods", "other goods" },
		[ENTITLED_NOT_PERIOD] = { "licence_period", "another time" },
		[ENTITLED_NOT_QUANTITY] = { "licence_quantity",
		    "a quantity that was reached" },
	};
	const struct entitlement *by = &j->made_by;
	struct finding *f;

	verdict_entitled(&j->made_by, j, j->made);
	if (by->how == ENTITLED_OWNER || by->how == ENTITLED_LICENCE)
		return;
	if (by->how == ENTITLED_NOT) {
		find_unlicensed(j);
		return;
	}
	f = verdict_find(j->out, codes[by->how][0], "authority", false,
	    VERDICT_OVERRUN, "Made by a licensee: licence %.100s is for %s.",
	    by->licence->id, codes[by->how][1]);
	verdict_prove(f, j->made->index);
	verdict_prove(f, licence_newest(by->licence)->index);
	if (by->usage != NULL)
		verdict_prove(f, by->usage->index);
}

/* The registered place of `https://id.gs1.org/414/<gln>`, with or without an
 * extension; NULL none. */
static const struct roster_place *
place_of(const struct judging *j, const struct custody_step *s)
{
	static const char stem[] = "https://id.gs1.org/414/";
	size_t n = sizeof(stem) - 1;

	if (strncmp(s->place, stem, n) != 0 || strlen(s->place) < n + 13 ||
	    (s->place[n + 13] != '\0' && s->place[n + 13] != '/'))
		return NULL;
	return roster_place(j->roster, span_of(s->place + n, 13));
}

static bool
is_sale(const struct custody_step *s, const struct roster_place *place)
{
	static const char *const sold[] = { "sellable_accessible",
		"sellable_not_accessible", "retail_sold" };

	if (strcmp(s->biz_step, "retail_selling") == 0 ||
	    strcmp(s->biz_step, "dispensing") == 0)
		return true;
	for (unsigned i = 0; i < sizeof(sold) / sizeof(sold[0]); i++)
		if (strcmp(s->disposition, sold[i]) == 0)
			return true;
	return strcmp(s->biz_step, "receiving") == 0 &&
	       strcmp(place->kind, "shop") == 0 &&
	       strcmp(s->disposition, "returned") != 0;
}

void
verdict_rule_territory(struct judging *j)
{
	const struct custody_step *sale = NULL;
	const struct roster_place *where = NULL;
	struct finding *f;

	if (j->made == NULL || j->made_by.how != ENTITLED_LICENCE)
		return;
	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_step(j, i);
		const struct roster_place *place =
		    s == NULL ? NULL : place_of(j, s);

		if (place == NULL || place->country[0] == '\0' ||
		    !is_sale(s, place))
			continue;
		sale = s;
		where = place;
	}
	if (sale == NULL || verdict_territory(j, where->country))
		return;
	f = verdict_find(j->out, "outside_territory", "market", false,
	    VERDICT_DIVERTED,
	    "Genuine, but on sale in %s, where licence %.100s does not reach.",
	    where->country, j->made_by.licence->id);
	verdict_prove(f, sale->index);
	verdict_prove(f, licence_newest(j->made_by.licence)->index);
}
