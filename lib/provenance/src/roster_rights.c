/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights, recalls, places and usage: what their statements change
 * and what is asked of them (docs/verdict.md 1.8 to 1.12).
 */
#include "provenance/rights.h"

#include <stdlib.h>

#include "roster_internal.h"

#include "base/banned.h"

static const char clause[] = "formats 1.7";

bool
word_list_has(const struct word_list *list, struct span word)
{
	for (size_t i = 0; i < list->n; i++)
		if (span_is(word, list->at[i]))
			return true;
	return false;
}

void
roster_words_clear(struct word_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->at[i]);
	free(list->at);
	memset(list, 0, sizeof(*list));
}

enum err
roster_read_words(
    struct word_list *out, const struct step *t, const char *member)
{
	const struct json *list = json_get(t->reg->body, member);
	size_t n = json_is_array(list) ? json_count(list) : 0;

	memset(out, 0, sizeof(*out));
	if (n == 0)
		return ERR_OK;
	out->at = calloc(n, sizeof(*out->at));
	if (out->at == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *word = json_text(json_at(list, i));

		if (word == NULL) {
			roster_words_clear(out);
			return diag_fail(t->d, ERR_SCHEMA, clause,
			    "%s: wanted texts", member);
		}
		out->at[i] = strdup(word);
		if (out->at[i] == NULL) {
			roster_words_clear(out);
			return ERR_NOMEM;
		}
		out->n++;
	}
	return ERR_OK;
}

static enum err
read_text(char **out, const struct step *t, const char *member)
{
	const char *text = "";
	enum err e = json_opt_text(&text, t->reg->body, member, t->d);

	if (e != ERR_OK)
		return e;
	*out = strdup(text);
	return *out == NULL ? ERR_NOMEM : ERR_OK;
}

enum err
roster_no_suspension(const struct step *t, bool known)
{
	if (t->reg->op == REGISTRY_END && known)
		return ERR_OK;
	return diag_fail(t->d, ERR_FORBIDDEN, clause, "%s %s: %s",
	    t->reg->type_word, t->reg->id,
	    known ? "cannot be suspended" : "not registered");
}

/* The item of that id, made when it is not there. Its first member is the
 * key, of key_cap bytes. */
enum err
roster_item_make(struct roster_map *m, const char *key, size_t key_cap,
    size_t size, void **out)
{
	void *item = roster_map_get(m, span_str(key));
	enum err e;

	*out = item;
	if (item != NULL)
		return ERR_OK;
	item = calloc(1, size);
	if (item == NULL)
		return ERR_NOMEM;
	roster_put(item, key_cap, key);
	e = roster_map_add(m, item);
	if (e != ERR_OK) {
		free(item);
		return e;
	}
	*out = item;
	return ERR_OK;
}

enum err
roster_group_add(struct roster_map *m, const char *key, void *member)
{
	struct group_item *g;
	void *item, **members;
	size_t cap;
	enum err e =
	    roster_item_make(m, key, sizeof(g->key), sizeof(*g), &item);

	if (e != ERR_OK)
		return e;
	g = item;
	if (g->n == g->cap) {
		cap = g->cap == 0 ? 4 : 2 * g->cap;
		members = reallocarray(g->members, cap, sizeof(*members));
		if (members == NULL)
			return ERR_NOMEM;
		g->members = members;
		g->cap = cap;
	}
	g->members[g->n++] = member;
	return ERR_OK;
}

void *
roster_group_at(const struct roster_map *m, struct span key, size_t i)
{
	const struct group_item *g = roster_map_get(m, key);

	return g == NULL || i >= g->n ? NULL : g->members[i];
}

/* Rights. */

static struct right_item *
right_item(const struct roster *r, struct span id)
{
	roster_ask(r, "registry/right/", id);
	return roster_map_get(&r->rights, id);
}

const struct roster_right *
roster_right(const struct roster *r, struct span id)
{
	const struct right_item *item = right_item(r, id);

	return item == NULL ? NULL : &item->right;
}

enum err
roster_apply_right(const struct step *t)
{
	struct right_item *item = right_item(t->r, span_str(t->reg->id));
	char holder[sizeof(item->right.holder)];
	char *mark = NULL;
	void *made;
	enum err e;

	if (t->reg->op != REGISTRY_SET) {
		e = roster_no_suspension(t, item != NULL);
		if (e == ERR_OK)
			item->right.ended = true;
		return e;
	}
	e = roster_short_text(t, holder, sizeof(holder), "holder");
	if (e == ERR_OK)
		e = read_text(&mark, t, "mark");
	if (e == ERR_OK)
		e = roster_item_make(&t->r->rights, t->reg->id,
		    sizeof(item->right.id), sizeof(*item), &made);
	if (e != ERR_OK) {
		free(mark);
		return e;
	}
	item = made;
	free(item->right.mark);
	item->right.mark = mark;
	memcpy(item->right.holder, holder, sizeof(holder));
	item->right.index = t->index;
	item->right.ended = false;
	return ERR_OK;
}

/* Recalls. */

static struct recall_item *
recall_item(const struct roster *r, struct span id)
{
	roster_ask(r, "registry/recall/", id);
	return roster_map_get(&r->recalls, id);
}

const struct roster_recall *
roster_recall_of(const struct roster *r, const char gtin14[15], size_t i)
{
	const struct recall_item *item;

	if (i == 0)
		roster_ask(r, "goods/", span_str(gtin14));
	item = roster_group_at(&r->recalls_of, span_str(gtin14), i);
	if (item == NULL)
		return NULL;
	roster_ask(r, "registry/recall/", span_str(item->recall.id));
	return &item->recall;
}

static void
recall_clear(struct roster_recall *v)
{
	roster_words_clear(&v->lots);
	roster_words_clear(&v->serials);
	free(v->reason);
	v->reason = NULL;
}

static enum err
read_recall(struct roster_recall *v, const struct step *t, const char *gtin)
{
	enum err e = roster_read_words(&v->lots, t, "lots");

	if (e == ERR_OK)
		e = roster_read_words(&v->serials, t, "serials");
	if (e == ERR_OK)
		e = read_text(&v->reason, t, "reason");
	if (e != ERR_OK) {
		recall_clear(v);
		return e;
	}
	roster_put(v->id, sizeof(v->id), t->reg->id);
	roster_put(v->gtin, sizeof(v->gtin), gtin);
	v->index = t->index;
	v->from_ms = t->reg->from_ms;
	return ERR_OK;
}

static enum err
set_recall(const struct step *t, struct recall_item *item, const char *gtin)
{
	struct roster_recall v = { .ended = false };
	bool fresh = item == NULL;
	void *made;
	enum err e;

	/* Its list of entries (5.4) is that of one GTIN. */
	if (!fresh && strcmp(item->recall.gtin, gtin) != 0)
		return diag_fail(t->d, ERR_FORBIDDEN, clause,
		    "recall %s: set for GTIN %s before", t->reg->id,
		    item->recall.gtin);
	e = read_recall(&v, t, gtin);
	if (e != ERR_OK)
		return e;
	e = roster_item_make(
	    &t->r->recalls, t->reg->id, sizeof(v.id), sizeof(*item), &made);
	if (e == ERR_OK && fresh)
		e = roster_group_add(&t->r->recalls_of, gtin, made);
	if (e != ERR_OK) {
		recall_clear(&v);
		return e;
	}
	item = made;
	recall_clear(&item->recall);
	item->recall = v;
	return ERR_OK;
}

enum err
roster_apply_recall(const struct step *t)
{
	struct recall_item *item = recall_item(t->r, span_str(t->reg->id));
	const char *gtin = "";
	enum err e = json_get_text(&gtin, t->reg->body, "gtin", t->d);

	if (e != ERR_OK)
		return e;
	if (t->reg->op == REGISTRY_SET)
		return set_recall(t, item, gtin);
	e = roster_no_suspension(t, item != NULL);
	if (e != ERR_OK)
		return e;
	item->recall.ended = true;
	item->recall.ended_ms = t->reg->from_ms;
	return ERR_OK;
}

/* Places. */

static struct place_item *
place_item(const struct roster *r, struct span gln)
{
	roster_ask(r, "registry/place/", gln);
	return roster_map_get(&r->places, gln);
}

const struct roster_place *
roster_place(const struct roster *r, struct span gln)
{
	const struct place_item *item = place_item(r, gln);

	return item == NULL || item->place.ended ? NULL : &item->place;
}

enum err
roster_apply_place(const struct step *t)
{
	struct place_item *item = place_item(t->r, span_str(t->reg->id));
	struct roster_place v = { .index = t->index };
	void *made;
	enum err e;

	if (t->reg->op != REGISTRY_SET) {
		e = roster_no_suspension(t, item != NULL);
		if (e == ERR_OK)
			item->place.ended = true;
		return e;
	}
	e = roster_short_text(t, v.country, sizeof(v.country), "country");
	if (e == ERR_OK)
		e = roster_short_text(t, v.kind, sizeof(v.kind), "kind");
	if (e == ERR_OK)
		e = json_get_int(&v.lat7, t->reg->body, "lat7", t->d);
	if (e == ERR_OK)
		e = json_get_int(&v.lon7, t->reg->body, "lon7", t->d);
	if (e == ERR_OK)
		e = roster_item_make(&t->r->places, t->reg->id, sizeof(v.gln),
		    sizeof(*item), &made);
	if (e != ERR_OK)
		return e;
	item = made;
	memcpy(v.gln, item->place.gln, sizeof(v.gln));
	item->place = v;
	return ERR_OK;
}

/* Usage: its id is the licence, so that it can be found. */

static struct usage_item *
usage_item(const struct roster *r, struct span licence)
{
	roster_ask(r, "registry/usage/", licence);
	return roster_map_get(&r->usages, licence);
}

const struct roster_usage *
roster_usage(const struct roster *r, struct span licence)
{
	const struct usage_item *item = usage_item(r, licence);

	return item == NULL || item->usage.ended ? NULL : &item->usage;
}

enum err
roster_apply_usage(const struct step *t)
{
	struct usage_item *item = usage_item(t->r, span_str(t->reg->id));
	const char *licence = "";
	int64_t at = 0;
	void *made;
	enum err e;

	if (t->reg->op != REGISTRY_SET) {
		e = roster_no_suspension(t, item != NULL);
		if (e == ERR_OK)
			item->usage.ended = true;
		return e;
	}
	e = json_get_text(&licence, t->reg->body, "licence", t->d);
	if (e == ERR_OK)
		e = json_get_int(&at, t->reg->body, "at_index", t->d);
	if (e == ERR_OK && (at < 0 || strcmp(licence, t->reg->id) != 0))
		e = diag_fail(t->d, ERR_SCHEMA, clause,
		    "usage: wanted the licence as id and an index");
	if (e == ERR_OK)
		e = roster_item_make(&t->r->usages, t->reg->id,
		    sizeof(item->usage.licence), sizeof(*item), &made);
	if (e != ERR_OK)
		return e;
	item = made;
	item->usage.at_index = (uint64_t)at;
	item->usage.index = t->index;
	item->usage.ended = false;
	return ERR_OK;
}

static void
clear_items(struct roster_map *m, void (*clear)(void *item))
{
	for (size_t i = 0; i < m->count; i++) {
		if (clear != NULL)
			clear(m->items[i]);
		free(m->items[i]);
	}
	roster_map_clear(m);
}

static void
right_free(void *item)
{
	free(((struct right_item *)item)->right.mark);
}

static void
recall_free(void *item)
{
	recall_clear(&((struct recall_item *)item)->recall);
}

static void
licence_free(void *item)
{
	struct roster_licence *l = &((struct licence_item *)item)->licence;

	for (size_t i = 0; i < l->version_count; i++)
		roster_terms_clear(&l->versions[i]);
	free(l->versions);
}

static void
group_free(void *item)
{
	free(((struct group_item *)item)->members);
}

void
roster_rights_clear(struct roster *r)
{
	clear_items(&r->rights, right_free);
	clear_items(&r->licences, licence_free);
	clear_items(&r->recalls, recall_free);
	clear_items(&r->places, NULL);
	clear_items(&r->usages, NULL);
	clear_items(&r->policies, roster_policy_free);
	clear_items(&r->policies_of, group_free);
	clear_items(&r->licences_of, group_free);
	clear_items(&r->recalls_of, group_free);
}
