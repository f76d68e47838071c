/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licences: narrowing only, every version kept (docs/verdict.md 1.9).
 */
#include "provenance/rights.h"

#include <stdlib.h>

#include "roster_internal.h"

#include "base/banned.h"

static const char clause[] = "formats 1.7";

static struct licence_item *
licence_item(const struct roster *r, struct span id)
{
	roster_ask(r, "registry/licence/", id);
	return roster_map_get(&r->licences, id);
}

const struct roster_licence *
roster_licence(const struct roster *r, struct span id)
{
	const struct licence_item *item = licence_item(r, id);

	/* Without a version only where memory ran out. */
	return item == NULL || item->licence.version_count == 0
		   ? NULL
		   : &item->licence;
}

const struct roster_licence *
roster_licence_of(const struct roster *r, struct span right, size_t i)
{
	const struct licence_item *item;

	if (i == 0)
		roster_ask(r, "registry/right/", right);
	item = roster_group_at(&r->licences_of, right, i);
	if (item == NULL)
		return NULL;
	roster_ask(r, "registry/licence/", span_str(item->licence.id));
	return &item->licence;
}

const struct licence_terms *
licence_at(const struct roster_licence *l, uint64_t index)
{
	for (size_t i = l->version_count; i-- > 0;)
		if (l->versions[i].index <= index)
			return &l->versions[i];
	return &l->versions[0];
}

const struct licence_terms *
licence_newest(const struct roster_licence *l)
{
	return &l->versions[l->version_count - 1];
}

/* docs/verdict.md 1.9: an entry covers itself; a prefix stands behind the
 * first digit of a GTIN-14. */
static bool
entry_covers(const char *entry, struct span key)
{
	size_t n = strlen(entry);

	if (span_is(key, entry))
		return true;
	if (n >= 14)
		return false;
	if (key.n == 14)
		key = span_of(key.p + 1, 13);
	return key.n >= n && memcmp(key.p, entry, n) == 0;
}

bool
licence_covers(const struct licence_terms *t, struct span key)
{
	for (size_t i = 0; i < t->goods.n; i++)
		if (entry_covers(t->goods.at[i], key))
			return true;
	return t->goods.n == 0;
}

bool
licence_lets(const struct licence_terms *t, const char *country)
{
	return t->countries.n == 0 ||
	       word_list_has(&t->countries, span_str(country));
}

void
roster_terms_clear(struct licence_terms *v)
{
	roster_words_clear(&v->countries);
	roster_words_clear(&v->goods);
}

static enum err
read_terms(struct licence_terms *v, const struct step *t)
{
	enum err e =
	    roster_short_text(t, v->licensor, sizeof(v->licensor), "licensor");

	v->index = t->index;
	v->from_ms = t->reg->from_ms;
	v->to_ms = INT64_MAX;
	v->quantity = INT64_MAX;
	v->sublicence = json_is_true(json_get(t->reg->body, "sublicence"));
	if (e == ERR_OK)
		e = roster_short_text(
		    t, v->licensee, sizeof(v->licensee), "licensee");
	if (e == ERR_OK)
		e = roster_short_text(
		    t, v->parent, sizeof(v->parent), "parent");
	if (e == ERR_OK)
		e = json_opt_int(&v->quantity, t->reg->body, "quantity", t->d);
	if (e == ERR_OK)
		e = json_opt_int(&v->to_ms, t->reg->body, "to", t->d);
	if (e == ERR_OK)
		e = roster_read_words(&v->countries, t, "countries");
	if (e == ERR_OK)
		e = roster_read_words(&v->goods, t, "goods");
	if (e != ERR_OK)
		roster_terms_clear(v);
	return e;
}

/* Why the parent does not let it be; NULL when it does. */
static const char *
wider(const struct licence_terms *v, const struct licence_terms *parent)
{
	if (v->from_ms < parent->from_ms || v->to_ms > parent->to_ms)
		return "longer than its parent";
	if (v->quantity > parent->quantity)
		return "a larger quantity than its parent's";
	if (v->countries.n == 0 && parent->countries.n != 0)
		return "countries that its parent lacks";
	for (size_t i = 0; i < v->countries.n; i++)
		if (!licence_lets(parent, v->countries.at[i]))
			return "countries that its parent lacks";
	if (v->goods.n == 0 && parent->goods.n != 0)
		return "goods that its parent lacks";
	for (size_t i = 0; i < v->goods.n; i++)
		if (!licence_covers(parent, span_str(v->goods.at[i])))
			return "goods that its parent lacks";
	return NULL;
}

static const char *
parent_fault(
    const struct step *t, const struct licence_terms *v, const char *right)
{
	const struct roster_licence *up =
	    roster_licence(t->r, span_str(v->parent));
	const struct roster_licence *first = up;
	unsigned depth = 1;

	while (up != NULL && ++depth <= LICENCE_DEPTH) {
		if (up->ended || strcmp(up->right, right) != 0)
			return "its parent has ended or is of another right";
		if (strcmp(up->id, t->reg->id) == 0)
			return "a chain that comes back to it";
		if (licence_newest(up)->parent[0] == '\0')
			break;
		up = roster_licence(t->r, span_str(licence_newest(up)->parent));
	}
	if (up == NULL || depth > LICENCE_DEPTH)
		return "no parent, or too many above it";
	if (!licence_newest(first)->sublicence ||
	    strcmp(licence_newest(first)->licensee, v->licensor) != 0)
		return "its licensor may not sublicense";
	return wider(v, licence_newest(first));
}

static enum err
add_version(struct licence_item *item, const struct licence_terms *v)
{
	struct roster_licence *l = &item->licence;
	struct licence_terms *more =
	    reallocarray(l->versions, l->version_count + 1, sizeof(*more));

	if (more == NULL)
		return ERR_NOMEM;
	l->versions = more;
	l->versions[l->version_count++] = *v;
	l->ended = false;
	l->ended_ms = 0;
	return ERR_OK;
}

static enum err
check_licence(const struct step *t, const struct licence_item *item,
    const struct licence_terms *v, const char *right)
{
	const char *why = NULL;

	/* A right's list of entries (5.4) has all its licences. */
	if (item != NULL && item->licence.version_count > 0 &&
	    strcmp(item->licence.right, right) != 0)
		why = "of another right before";
	else if (v->parent[0] != '\0')
		why = parent_fault(t, v, right);
	if (why == NULL)
		return ERR_OK;
	return diag_fail(
	    t->d, ERR_FORBIDDEN, clause, "licence %s: %s", t->reg->id, why);
}

static enum err
set_licence(const struct step *t, struct licence_item *item)
{
	struct licence_terms v = { .index = 0 };
	char right[REGISTRY_ID + 1];
	void *made;
	enum err e = roster_short_text(t, right, sizeof(right), "right");

	if (e == ERR_OK)
		e = read_terms(&v, t);
	if (e != ERR_OK)
		return e;
	e = check_licence(t, item, &v, right);
	if (e == ERR_OK)
		e = roster_item_make(&t->r->licences, t->reg->id,
		    sizeof(item->licence.id), sizeof(*item), &made);
	if (e == ERR_OK) {
		item = made;
		if (item->licence.version_count == 0) {
			memcpy(item->licence.right, right, sizeof(right));
			e = roster_group_add(&t->r->licences_of, right, item);
		}
	}
	if (e == ERR_OK)
		e = add_version(item, &v);
	if (e != ERR_OK)
		roster_terms_clear(&v);
	return e;
}

enum err
roster_apply_licence(const struct step *t)
{
	struct licence_item *item = licence_item(t->r, span_str(t->reg->id));
	enum err e;

	if (t->reg->op == REGISTRY_SET)
		return set_licence(t, item);
	e = roster_no_suspension(t, item != NULL);
	if (e != ERR_OK)
		return e;
	item->licence.ended = true;
	item->licence.ended_ms = t->reg->from_ms;
	return ERR_OK;
}
