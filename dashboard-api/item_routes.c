/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "base/banned.h"

static void
put_text(struct json_out *o, const char *key, const char *text)
{
	if (text == NULL || text[0] == '\0')
		json_out_null(o, key);
	else
		json_out_str(o, key, text);
}

/* Times of the epochs around an entry, kept from step to step. */
struct recorded {
	bool known;
	uint64_t index;
	int64_t from, to;
};

static enum err
recorded_at(struct call *c, struct recorded *r, uint64_t index)
{
	enum err e;

	if (r->known && r->index == index)
		return ERR_OK;
	e = store_recorded(c->store, index, &r->from, &r->to, &c->d);
	r->known = e == ERR_OK;
	r->index = index;
	return e;
}

static void
put_private(struct json_out *o, const char *key, const char *text, bool whole)
{
	put_text(o, key, whole ? text : NULL);
}

/* interface.md, HTTP answers. */
static enum err
put_step(struct call *c, struct json_out *o, const char *key,
    const struct custody_step *s, bool whole, struct recorded *r)
{
	enum err e = recorded_at(c, r, s->index);

	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_STATE : e;
	json_out_object(o, key);
	json_out_int(o, "index", (int64_t)s->index);
	json_out_int(o, "pos", (int64_t)s->pos);
	put_text(o, "bizStep", s->biz_step);
	put_text(o, "action", s->action);
	put_text(o, "disposition", s->disposition);
	put_text(o, "eventTime", s->event_time);
	json_out_array(o, "recorded");
	json_out_int(o, NULL, r->from);
	json_out_int(o, NULL, r->to);
	json_out_end_array(o);
	put_private(o, "place", s->place, whole);
	put_private(o, "organisation", s->organisation, whole);
	put_private(o, "device", s->device, whole);
	put_private(o, "via", s->via, whole);
	json_out_bool(o, "withdrawn", s->withdrawn);
	json_out_end_object(o);
	return ERR_OK;
}

static void
not_in_ledger(struct call *c, const struct item *it)
{
	answer_problem(c->res, 404, "unknown_item", "code", NULL,
	    "%.300s is not in the ledger", (const char *)it->subject.p);
}

/* The path's item with its story, which is not empty. */
static enum err
open_story(struct call *c, struct item *it, bool *go)
{
	enum err e = item_open(c, it, go);

	if (e != ERR_OK || !*go)
		return e;
	*go = false;
	e = call_snapshot(c);
	if (e != ERR_OK)
		return e;
	e = item_trace(c, view_roster(c->api->view), it);
	view_unlock(c->api->view);
	if (e != ERR_OK)
		return e;
	*go = custody_count(it->story) > 0;
	if (!*go)
		not_in_ledger(c, it);
	return ERR_OK;
}

enum err
items_history(struct call *c)
{
	struct recorded r = { 0 };
	struct json_out o;
	struct item it;
	bool go;
	enum err e = open_story(c, &it, &go);

	if (e == ERR_OK && go)
		e = item_whole(c, &it);
	if (e != ERR_OK || !go)
		goto out;
	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_string(&o, "item", buf_span(&it.subject));
	json_out_array(&o, "steps");
	for (size_t i = 0; e == ERR_OK && i < custody_count(it.story); i++)
		e = put_step(
		    c, &o, NULL, custody_at(it.story, i), it.whole[i], &r);
	json_out_end_array(&o);
	json_out_end_object(&o);
	answer_cache(c->res, CACHE_CHECK);
	if (e == ERR_OK)
		e = answer_done(c->res, 200, "application/json");
out:
	item_clear(&it);
	return e;
}

/* The goods statement that connects the item's GTIN, null without one. */
static void
put_goods(struct call *c, struct json_out *o, const struct item *it)
{
	struct roster *roster = view_roster(c->api->view);
	const struct roster_goods *goods = NULL;
	struct span v = gs1_value(&it->code, "01");
	char gtin[15];

	if (v.n == sizeof(gtin) - 1) {
		memcpy(gtin, v.p, v.n);
		gtin[v.n] = '\0';
		goods = roster_goods(roster, gtin);
	}
	if (goods == NULL) {
		json_out_null(o, "goods");
	} else {
		json_out_object(o, "goods");
		json_out_str(o, "key", goods->key);
		json_out_str(o, "organisation", goods->organisation);
		put_text(o, "right", goods->right);
		json_out_str(
		    o, "issuance", goods->during ? "during" : "before");
		json_out_int(o, "index", (int64_t)goods->index);
		json_out_end_object(o);
	}
	view_unlock(c->api->view);
}

static size_t
entries_of(const struct custody *story)
{
	size_t n = 0;

	for (size_t i = 0; i < custody_count(story); i++) {
		if (i == 0 || custody_at(story, i)->index !=
				  custody_at(story, i - 1)->index)
			n++;
	}
	return n;
}

enum err
items_state(struct call *c)
{
	struct recorded r = { 0 };
	struct json_out o;
	struct item it;
	size_t n;
	bool go;
	enum err e = open_story(c, &it, &go);

	if (e == ERR_OK && go)
		e = item_whole(c, &it);
	if (e != ERR_OK || !go)
		goto out;
	n = custody_count(it.story);
	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_string(&o, "item", buf_span(&it.subject));
	put_goods(c, &o, &it);
	json_out_int(&o, "entries", (int64_t)entries_of(it.story));
	json_out_int(&o, "steps", (int64_t)n);
	put_private(
	    &o, "container", custody_container(it.story), it.whole[n - 1]);
	e = put_step(c, &o, "first", custody_at(it.story, 0), it.whole[0], &r);
	if (e == ERR_OK)
		e = put_step(c, &o, "last", custody_at(it.story, n - 1),
		    it.whole[n - 1], &r);
	answer_log(&o, c);
	json_out_end_object(&o);
	answer_cache(c->res, CACHE_CHECK);
	if (e == ERR_OK)
		e = answer_done(c->res, 200, "application/json");
out:
	item_clear(&it);
	return e;
}
