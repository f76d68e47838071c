/* SPDX-License-Identifier: Apache-2.0 */
/* From the members of an event to its rows. */
#include "search_rows_internal.h"

#include "base/clock.h"
#include "gs1/gs1.h"
#include "ledger/query.h"

#include "base/banned.h"

/* ---- values ---- */
struct span
search_text(struct search_build *b, uint32_t node)
{
	const struct json_node *n = &b->json->nodes[node];
	uint8_t *space = NULL;
	struct span out;

	if (n->type != JSON_STRING)
		return SPAN_NONE;
	if (n->escaped && (space = search_reserve(b->s, n->length)) == NULL)
		return SPAN_NONE;
	if (json_string(&out, b->json, node, space, n->length) != ERR_OK)
		return SPAN_NONE;
	return out;
}

struct span
search_value(struct search *s, struct span text)
{
	char space[STORE_SUBJECT_KEY];
	struct span key = store_subject_key(text, space);

	return key.p == text.p ? text : search_keep(s, key);
}

static struct span
word_of(struct search_build *b, uint32_t node, const char *kind)
{
	return search_value(b->s, epcis_bare(search_text(b, node), kind));
}

struct span
search_name(struct search_build *b, uint32_t node)
{
	struct search *s = b->s;
	struct span text = search_text(b, node);

	buf_reset(&s->name);
	if (text.n == 0 || gs1_subject(&s->name, text) == GS1_SUBJECT_NONE)
		return search_value(s, text);
	if (buf_error(&s->name) != ERR_OK) {
		s->failed = buf_error(&s->name);
		return SPAN_NONE;
	}
	/* other URIs come back as they went in */
	if (span_equal(buf_span(&s->name), text))
		return search_value(s, text);
	return search_value(s, search_keep(s, buf_span(&s->name)));
}

struct span
search_decimal(struct search *s, struct span text)
{
	buf_reset(&s->name);
	if (query_decimal(&s->name, text) != ERR_OK)
		return SPAN_NONE;
	return search_keep(s, buf_span(&s->name));
}

/* ---- rows ---- */
bool
search_gtin(char out[15], struct span epc)
{
	static const char front[] = "https://id.gs1.org/01/";
	const size_t n = sizeof front - 1, digits = 14;

	if (!span_starts(epc, front) || epc.n < n + digits)
		return false;
	memcpy(out, epc.p + n, digits);
	out[digits] = '\0';
	return true;
}

/* The organisation that goods are connected to, and who holds their right. */
static void
put_goods(struct search *s, struct span epc)
{
	char gtin[15];

	if (!search_gtin(gtin, epc) || strcmp(gtin, s->gtin) == 0)
		return;
	memcpy(s->gtin, gtin, sizeof gtin);
	search_put_org(s, who_goods(&s->who, s->gtin));
	search_put_org(s, who_holder(&s->who, s->gtin));
}

static void
put_epc(struct search_build *b, uint32_t node, enum search_role role)
{
	struct search *s = b->s;
	struct span epc = search_name(b, node);
	struct search_epc *at;

	if (epc.n == 0 || (at = search_add(s, &s->epcs, sizeof *at)) == NULL)
		return;
	*at = (struct search_epc){ b->ev.pos, role, epc };
	put_goods(s, epc);
}

static void
put_ref(struct search_build *b, enum search_kind kind, struct span value,
    struct span type)
{
	struct search_ref *at;

	if (value.n > 0 &&
	    (at = search_add(b->s, &b->s->refs, sizeof *at)) != NULL)
		*at = (struct search_ref){ b->ev.pos, kind, value, type };
}

/* ---- members of an event ---- */
void
search_each(struct search_build *b, uint32_t list, search_take_fn fn, int arg)
{
	if (json_type(b->json, list) != JSON_ARRAY)
		return;
	for (uint32_t i = json_first(b->json, list); i != JSON_NONE;
	     i = b->json->nodes[i].next)
		fn(b, i, arg);
}

uint32_t
search_member(const struct search_build *b, uint32_t node, const char *name)
{
	if (json_type(b->json, node) != JSON_OBJECT)
		return JSON_NONE;
	return json_member(b->json, node, name);
}

static void
take_type(struct search_build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.type = search_value(b->s, search_text(b, node));
}

static void
take_time(struct search_build *b, uint32_t node, int arg)
{
	(void)arg;
	/* epcis 3.2: the check has seen that it is one */
	if (rfc3339_parse(&b->ev.event_ms, search_text(b, node)) != ERR_OK)
		b->ev.event_ms = 0;
}

static void
take_action(struct search_build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.action = search_value(b->s, search_text(b, node));
}

static void
take_step(struct search_build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.biz_step = word_of(b, node, "BizStep-");
}

static void
take_disposition(struct search_build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.disposition = word_of(b, node, "Disp-");
}

enum { PLACE_READ, PLACE_BUSINESS };

static void
take_place(struct search_build *b, uint32_t node, int arg)
{
	uint32_t id = search_member(b, node, "id");
	struct span place = id == JSON_NONE ? SPAN_NONE : search_name(b, id);

	if (arg == PLACE_READ)
		b->ev.read_point = place;
	else
		b->ev.biz_location = place;
}

static void
take_id(struct search_build *b, uint32_t node, int arg)
{
	(void)arg;
	b->ev.event_id = search_value(b->s, search_text(b, node));
}

static void
take_epc(struct search_build *b, uint32_t node, int role)
{
	put_epc(b, node, (enum search_role)role);
}

static void
take_epcs(struct search_build *b, uint32_t node, int role)
{
	search_each(b, node, take_epc, role);
}

static void
put_quantity(struct search_build *b, uint32_t node, enum search_role role)
{
	uint32_t n = search_member(b, node, "quantity");
	uint32_t unit = search_member(b, node, "uom");
	struct search_quantity *at;
	struct span quantity, uom = SPAN_NONE;

	if (n == JSON_NONE)
		return;
	quantity = search_decimal(b->s, json_raw(b->json, n));
	if (unit != JSON_NONE)
		uom = search_value(b->s, search_text(b, unit));
	if (quantity.n > 0 &&
	    (at = search_add(b->s, &b->s->quantities, sizeof *at)) != NULL)
		*at =
		    (struct search_quantity){ b->ev.pos, role, quantity, uom };
}

static void
take_quantity(struct search_build *b, uint32_t node, int role)
{
	uint32_t class = search_member(b, node, "epcClass");

	if (class != JSON_NONE)
		put_epc(b, class, (enum search_role)role);
	put_quantity(b, node, (enum search_role)role);
}

static void
take_quantities(struct search_build *b, uint32_t node, int role)
{
	search_each(b, node, take_quantity, role);
}

static void
take_link(struct search_build *b, uint32_t node, int kind)
{
	static const char *const name[] = {
		[SEARCH_TRANSACTION] = "bizTransaction",
		[SEARCH_SOURCE] = "source",
		[SEARCH_DESTINATION] = "destination",
	};
	uint32_t v = search_member(b, node, name[kind]);
	uint32_t t = search_member(b, node, "type");
	struct span type = SPAN_NONE, value;

	if (v == JSON_NONE)
		return;
	if (t != JSON_NONE)
		type =
		    word_of(b, t, kind == SEARCH_TRANSACTION ? "BTT-" : "SDT-");
	value = search_name(b, v);
	put_ref(b, (enum search_kind)kind, value, type);
	if (kind != SEARCH_TRANSACTION)
		search_put_org(b->s, who_party(&b->s->who, value));
}

static void
take_links(struct search_build *b, uint32_t node, int kind)
{
	search_each(b, node, take_link, kind);
}

static void
take_text(struct search_build *b, uint32_t node, int kind)
{
	put_ref(b, (enum search_kind)kind,
	    search_value(b->s, search_text(b, node)), SPAN_NONE);
}

static void
take_persistent_word(struct search_build *b, uint32_t node, int kind)
{
	put_ref(
	    b, (enum search_kind)kind, word_of(b, node, "Disp-"), SPAN_NONE);
}

static void
take_persistent(struct search_build *b, uint32_t node, int arg)
{
	uint32_t set = search_member(b, node, "set");
	uint32_t unset = search_member(b, node, "unset");

	(void)arg;
	if (set != JSON_NONE)
		search_each(
		    b, set, take_persistent_word, SEARCH_PERSISTENT_SET);
	if (unset != JSON_NONE)
		search_each(
		    b, unset, take_persistent_word, SEARCH_PERSISTENT_UNSET);
}

static void
take_declaration(struct search_build *b, uint32_t node, int arg)
{
	uint32_t reason = search_member(b, node, "reason");
	uint32_t ids = search_member(b, node, "correctiveEventIDs");
	uint32_t time = search_member(b, node, "declarationTime");
	struct search_declaration *at =
	    search_add(b->s, &b->s->declarations, sizeof *at);

	(void)arg;
	b->ev.declares = true;
	/* epcis 3.4: the check has seen that it is there and a time */
	if (at != NULL) {
		at->pos = b->ev.pos;
		if (time == JSON_NONE ||
		    rfc3339_parse(&at->time_ms, search_text(b, time)) != ERR_OK)
			at->time_ms = 0;
	}
	if (reason != JSON_NONE)
		put_ref(b, SEARCH_REASON, word_of(b, reason, "ER-"), SPAN_NONE);
	if (ids != JSON_NONE)
		search_each(b, ids, take_text, SEARCH_CORRECTIVE);
}

static const struct {
	const char *name;
	search_take_fn take;
	int arg;
} members[] = {
	{ "type", take_type, 0 },
	{ "eventTime", take_time, 0 },
	{ "epcList", take_epcs, SEARCH_EPC },
	{ "action", take_action, 0 },
	{ "bizStep", take_step, 0 },
	{ "disposition", take_disposition, 0 },
	{ "readPoint", take_place, PLACE_READ },
	{ "bizLocation", take_place, PLACE_BUSINESS },
	{ "eventID", take_id, 0 },
	{ "parentID", take_epc, SEARCH_PARENT },
	{ "childEPCs", take_epcs, SEARCH_CHILD },
	{ "inputEPCList", take_epcs, SEARCH_INPUT },
	{ "outputEPCList", take_epcs, SEARCH_OUTPUT },
	{ "quantityList", take_quantities, SEARCH_CLASS },
	{ "childQuantityList", take_quantities, SEARCH_CHILD_CLASS },
	{ "inputQuantityList", take_quantities, SEARCH_INPUT_CLASS },
	{ "outputQuantityList", take_quantities, SEARCH_OUTPUT_CLASS },
	{ "bizTransactionList", take_links, SEARCH_TRANSACTION },
	{ "sourceList", take_links, SEARCH_SOURCE },
	{ "destinationList", take_links, SEARCH_DESTINATION },
	{ "transformationID", take_text, SEARCH_TRANSFORMATION },
	{ "persistentDisposition", take_persistent, 0 },
	{ "errorDeclaration", take_declaration, 0 },
	{ "ilmd", search_take_ilmd, 0 },
};

static void
take_member(struct search_build *b, uint32_t node)
{
	uint8_t space[32];
	struct span key;

	if (json_key(&key, b->json, node, space, sizeof space) != ERR_OK)
		return; /* longer than any of ours */
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		if (!span_is(key, members[i].name))
			continue;
		members[i].take(b, node, members[i].arg);
		return;
	}
}

void
search_take_event(struct search_build *b, uint32_t node)
{
	struct search *s = b->s;
	char id[SEARCH_EVENT_ID + 1];
	size_t first = s->epcs.n;
	struct search_event *at;

	b->event = node;
	b->ev = (struct search_event){ .pos = (unsigned)s->events.n };
	for (uint32_t m = json_first(b->json, node); m != JSON_NONE;
	     m = b->json->nodes[m].next)
		take_member(b, m);
	search_visible_event(b, first);
	if (b->ev.event_id.n == 0) {
		search_event_id(
		    id, s->who.genesis.origin, s->rows.index, b->ev.pos);
		b->ev.event_id = search_keep(s, span_str(id));
	}
	if ((at = search_add(s, &s->events, sizeof *at)) != NULL)
		*at = b->ev;
}
