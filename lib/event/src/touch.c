/* SPDX-License-Identifier: Apache-2.0 */
#include "event/touch.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "gs1/gs1.h"

#include "epcis_internal.h"
#include "event/epcis.h"
#include "event/registry.h"
#include "event/statement.h"
#include "touch_internal.h"

#include "base/banned.h"

/* formats 4.2 to 4.5: what an entry that is no statement begins with. */
#define GENESIS_LINE "countermark/genesis/v1\n"
#define EPOCH_LINE "countermark/epoch/v1\n"
#define FORK_LINE "countermark/fork/v1\n"

#define REJECT "reject/"

/* One entry in work. */
struct work {
	struct touch_set *set;
	const struct json_doc *json;
	touch_fn fn;
	void *ctx;
};

enum entry_kind
entry_kind(struct span entry)
{
	if (span_starts(entry, GENESIS_LINE))
		return ENTRY_GENESIS;
	if (span_starts(entry, EPOCH_LINE))
		return ENTRY_EPOCH;
	if (span_starts(entry, FORK_LINE))
		return ENTRY_FORK;
	return ENTRY_STATEMENT;
}

struct span
entry_fork_statement(struct span entry)
{
	return span_skip(entry, strlen(FORK_LINE));
}

enum err
touch_init(struct touch *t)
{
	t->capacity = EPCIS_NODES;
	t->nodes = malloc(EPCIS_NODES * sizeof(*t->nodes));
	t->seen = touch_set_new();
	if (t->nodes != NULL && t->seen != NULL)
		return ERR_OK;
	touch_clear(t);
	return ERR_NOMEM;
}

void
touch_clear(struct touch *t)
{
	free(t->nodes);
	touch_set_free(t->seen);
	*t = (struct touch){ 0 };
}

/* Reports what was written since touch_set_begin(), once. */
static enum err
report(const struct work *w)
{
	struct span subject;
	bool is_new;
	enum err e = touch_set_end(w->set, &subject, &is_new);

	if (e == ERR_OK && is_new)
		w->fn(w->ctx, subject);
	return e;
}

static enum err
report_text(const struct work *w, const char *head, struct span tail)
{
	struct buf *b = touch_set_begin(w->set);

	buf_str(b, head);
	buf_put(b, tail);
	return report(w);
}

/* The unescaped string of a node; borrowed from the text or the scratch. */
static enum err
text_of(struct span *out, const struct work *w, uint32_t node)
{
	size_t n = w->json->nodes[node].length;
	uint8_t *space = NULL;

	if (w->json->nodes[node].escaped) {
		space = touch_set_scratch(w->set, n + 1);
		if (space == NULL)
			return ERR_NOMEM;
	}
	return json_string(out, w->json, node, space, n);
}

/* formats 5.4: an instance or other URI of an EPC list; a class touches
 * nothing, nor does a string without a scheme. */
static enum err
touch_epc(const struct work *w, uint32_t node)
{
	enum gs1_subject_kind kind;
	struct span text;
	enum err e = text_of(&text, w, node);

	if (e != ERR_OK)
		return e;
	kind = gs1_subject(touch_set_begin(w->set), text);
	if (kind == GS1_SUBJECT_INSTANCE || kind == GS1_SUBJECT_OTHER)
		return report(w);
	touch_set_drop(w->set);
	return ERR_OK;
}

static bool is_lot(struct span class)
{
	static const char front[] = "https://id.gs1.org/01/";
	size_t n = sizeof(front) - 1 + 14;

	return span_starts(class, front) && class.n > n + 4 &&
	       memcmp(class.p + n, "/10/", 4) == 0;
}

/* formats 5.4: a GTIN+lot class; an element without a string epcClass is
 * passed over (1.3). */
static enum err
touch_quantity(const struct work *w, uint32_t node)
{
	enum gs1_subject_kind kind;
	struct span text;
	struct buf *b;
	size_t begin;
	uint32_t m;
	enum err e;

	if (json_type(w->json, node) != JSON_OBJECT)
		return ERR_OK;
	m = json_member(w->json, node, "epcClass");
	if (m == JSON_NONE || json_type(w->json, m) != JSON_STRING)
		return ERR_OK;
	e = text_of(&text, w, m);
	if (e != ERR_OK)
		return e;
	b = touch_set_begin(w->set);
	begin = b->n;
	kind = gs1_subject(b, text);
	if (kind == GS1_SUBJECT_CLASS && buf_error(b) == ERR_OK &&
	    is_lot(span_of(b->p + begin, b->n - begin)))
		return report(w);
	touch_set_drop(w->set);
	return buf_error(b) == ERR_OK ? ERR_OK : ERR_NOMEM;
}

/* A part of a split event: `cm:part` {"of", …}. */
static enum err
touch_part(const struct work *w, uint32_t node)
{
	struct span of;
	uint32_t m = JSON_NONE;
	enum err e;

	if (json_type(w->json, node) == JSON_OBJECT)
		m = json_member(w->json, node, "of");
	if (m == JSON_NONE || json_type(w->json, m) != JSON_STRING)
		return ERR_OK;
	e = text_of(&of, w, m);
	return e == ERR_OK ? report_text(w, "part/", of) : e;
}

static enum err
touch_items(const struct work *w, uint32_t list,
    enum err (*item)(const struct work *, uint32_t))
{
	enum err e = ERR_OK;

	if (json_type(w->json, list) != JSON_ARRAY)
		return ERR_OK;
	for (uint32_t i = json_first(w->json, list);
	     e == ERR_OK && i != JSON_NONE; i = w->json->nodes[i].next)
		e = item(w, i);
	return e;
}

static enum err
touch_member(const struct work *w, uint32_t member)
{
	switch (epcis_touched(w->json, member)) {
	case EPCIS_TOUCHED_LIST:
		return touch_items(w, member, touch_epc);
	case EPCIS_TOUCHED_ONE:
		return touch_epc(w, member);
	case EPCIS_TOUCHED_QUANTITIES:
		return touch_items(w, member, touch_quantity);
	case EPCIS_TOUCHED_PART:
		return touch_part(w, member);
	case EPCIS_TOUCHED_NOTHING:
		break;
	}
	return ERR_OK;
}

enum err
touch_product(
    struct touch *t, const struct epcis_doc *doc, touch_fn fn, void *ctx)
{
	struct work w = { t->seen, &doc->json, fn, ctx };
	enum err e = ERR_OK;

	touch_set_reset(t->seen);
	for (uint32_t i = epcis_first(doc); i != JSON_NONE;
	     i = w.json->nodes[i].next) {
		for (uint32_t m = json_first(w.json, i);
		     e == ERR_OK && m != JSON_NONE; m = w.json->nodes[m].next)
			e = touch_member(&w, m);
	}
	return e;
}

/* `goods/<gtin14>/<lot>`, the lot percent-encoded (formats 5.4). */
static enum err
touch_lots(const struct work *w, const char *gtin, const struct json *lots)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < json_count(lots); i++) {
		const char *lot = json_text(json_at(lots, i));
		struct buf *b = touch_set_begin(w->set);

		if (lot == NULL)
			continue;
		buf_str(b, "goods/");
		buf_str(b, gtin);
		buf_byte(b, '/');
		percent_put(b, span_str(lot));
		e = report(w);
	}
	return e;
}

static enum err
touch_goods(const struct work *w, const struct registry *r)
{
	const char *key = json_text(json_get(r->body, "gtin"));
	const struct json *lots = json_get(r->body, "lots");
	enum err e;

	if (key == NULL)
		key = json_text(json_get(r->body, "prefix"));
	if (key == NULL)
		return ERR_OK;
	e = report_text(w, "goods/", span_str(key));
	/* formats 1.7: lots are a recall's, goods have none. */
	if (e == ERR_OK && r->type == REGISTRY_RECALL && json_is_array(lots))
		e = touch_lots(w, key, lots);
	return e;
}

enum err
touch_registry(
    struct touch *t, const struct registry *r, touch_fn fn, void *ctx)
{
	struct work w = { t->seen, NULL, fn, ctx };
	const char *right;
	struct buf *b;
	enum err e;

	touch_set_reset(t->seen);
	b = touch_set_begin(w.set);
	buf_str(b, "registry/");
	buf_str(b, r->type_word);
	buf_byte(b, '/');
	buf_str(b, r->id);
	e = report(&w);
	if (e != ERR_OK)
		return e;
	if (r->type == REGISTRY_GOODS || r->type == REGISTRY_RECALL)
		return touch_goods(&w, r);
	right = r->type == REGISTRY_LICENCE
		    ? json_text(json_get(r->body, "right"))
		    : NULL;
	return right == NULL
		   ? ERR_OK
		   : report_text(&w, "registry/right/", span_str(right));
}

static void
reject(touch_fn fn, void *ctx)
{
	fn(ctx, span_str(REJECT));
}

static enum err
touch_device(struct touch *t, const struct statement *s, touch_fn fn, void *ctx)
{
	struct work w = { t->seen, NULL, fn, ctx };

	touch_set_reset(t->seen);
	return report_text(&w, "device/", s->claims.iss);
}

static enum err
touch_payload(struct touch *t, const struct statement *s,
    const struct epcis_doc **doc, touch_fn fn, void *ctx)
{
	struct registry r;
	enum err e;

	if (s->content == CONTENT_IS_PRODUCT) {
		e = epcis_open(
		    &t->doc, s->payload, t->nodes, t->capacity, NULL);
		if (e == ERR_OK) {
			*doc = &t->doc;
			return touch_product(t, &t->doc, fn, ctx);
		}
	} else {
		e = registry_parse(&r, s->payload, NULL);
		if (e == ERR_OK) {
			e = touch_registry(t, &r, fn, ctx);
			registry_clear(&r);
			return e;
		}
	}
	/* Want of memory is no judgement of the payload. */
	if (e == ERR_NOMEM)
		return e;
	reject(fn, ctx);
	return ERR_OK;
}

enum err
touch_statement(struct touch *t, const struct statement *s,
    const struct epcis_doc **doc, touch_fn fn, void *ctx)
{
	enum err e = touch_device(t, s, fn, ctx);

	*doc = NULL;
	return e == ERR_OK ? touch_payload(t, s, doc, fn, ctx) : e;
}

enum err
touch_entry(struct touch *t, struct span entry, touch_fn fn, void *ctx)
{
	enum entry_kind kind = entry_kind(entry);
	const struct epcis_doc *doc;
	struct statement s;
	enum err e;

	if (kind == ENTRY_GENESIS || kind == ENTRY_EPOCH)
		return ERR_OK;
	if (kind == ENTRY_FORK)
		entry = entry_fork_statement(entry);
	if (statement_parse(&s, entry, NULL) != ERR_OK) {
		reject(fn, ctx);
		return ERR_OK;
	}
	if (kind == ENTRY_STATEMENT)
		return touch_statement(t, &s, &doc, fn, ctx);
	e = touch_device(t, &s, fn, ctx);
	if (e == ERR_OK)
		reject(fn, ctx);
	return e;
}
