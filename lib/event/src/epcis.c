/* SPDX-License-Identifier: Apache-2.0 */
#include "event/epcis.h"

#include "base/buf.h"
#include "gs1/gs1.h"

#include "epcis_internal.h"

#include "base/banned.h"

/* One fault of the shape, with the pointer of the node. */
static enum err
no_shape(
    struct diag *d, const struct json_doc *json, const struct shape_fault *f)
{
	char pointer[96];

	json_pointer(pointer, sizeof(pointer), json, f->node);
	return diag_fail(d, ERR_SCHEMA, "formats 1.3", "%s: wanted %s",
	    pointer[0] == '\0' ? "document" : pointer, f->wanted);
}

static void
at(struct shape_fault *out, uint32_t node, const char *wanted)
{
	out->node = node;
	out->wanted = wanted;
}

/* Does an escaped member name hold U+0000? */
static bool
name_has_nul(struct span raw)
{
	for (size_t i = 0; i + 1 < raw.n; i++) {
		if (raw.p[i] != '\\')
			continue;
		if (raw.n - i >= 6 && memcmp(raw.p + i, "\\u0000", 6) == 0)
			return true;
		i++;
	}
	return false;
}

void
epcis_shape_nul(struct shape_fault *out, const struct json_doc *json)
{
	for (uint32_t i = 0; i < json->count; i++) {
		const struct json_node *n = &json->nodes[i];

		if (n->has_nul ||
		    (n->key_escaped && name_has_nul(json_key_raw(json, i)))) {
			at(out, i, "no U+0000");
			return;
		}
	}
}

static void
shape_epcs(struct shape_fault *out, const struct json_doc *json, uint32_t list)
{
	if (list == JSON_NONE)
		return;
	if (json_type(json, list) != JSON_ARRAY) {
		at(out, list, "an array of strings");
		return;
	}
	for (uint32_t i = json_first(json, list);
	     i != JSON_NONE && out->wanted == NULL; i = json->nodes[i].next) {
		if (json_type(json, i) != JSON_STRING)
			at(out, i, "a string");
	}
}

void
epcis_shape_event(
    struct shape_fault *out, const struct json_doc *json, uint32_t event)
{
	static const char *const lists[] = { "epcList", "childEPCs",
		"inputEPCList", "outputEPCList" };
	uint32_t m;

	if (json_type(json, event) != JSON_OBJECT) {
		at(out, event, "an object");
		return;
	}
	m = json_member(json, event, "type");
	if (m == JSON_NONE || json_type(json, m) != JSON_STRING) {
		at(out, event, "a member type, a string");
		return;
	}
	m = json_member(json, event, "parentID");
	if (m != JSON_NONE && json_type(json, m) != JSON_STRING)
		at(out, m, "a string");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (out->wanted == NULL)
			shape_epcs(
			    out, json, json_member(json, event, lists[i]));
	}
}

/* The way down to the list of events. */
struct step {
	const char *name;
	const char *wanted;
};

void
epcis_shape_events(struct shape_fault *out, struct epcis_doc *doc)
{
	static const struct step document[] = {
		{ "epcisBody", "epcisBody, an object" },
		{ "eventList", "eventList, an array" },
		{ NULL, NULL },
	};
	static const struct step query[] = {
		{ "epcisBody", "epcisBody, an object" },
		{ "queryResults", "queryResults, an object" },
		{ "resultsBody", "resultsBody, an object" },
		{ "eventList", "eventList, an array" },
		{ NULL, NULL },
	};
	const struct step *step =
	    doc->kind == EPCIS_KIND_QUERY ? query : document;
	const struct json_doc *json = &doc->json;
	uint32_t node = JSON_ROOT;

	for (; step->name != NULL; step++) {
		enum json_type want =
		    step[1].name == NULL ? JSON_ARRAY : JSON_OBJECT;
		uint32_t m = json_member(json, node, step->name);

		if (m == JSON_NONE || json_type(json, m) != want) {
			/* A list is missed where it should stand. */
			at(out, m == JSON_NONE || want == JSON_ARRAY ? node : m,
			    step->wanted);
			return;
		}
		node = m;
	}
	doc->events = node;
	doc->event_count = json->nodes[node].children;
}

enum err
epcis_find_events(struct epcis_doc *doc, struct diag *d)
{
	struct shape_fault f = { .wanted = NULL };

	if (doc->kind == EPCIS_KIND_EVENT) {
		doc->events = JSON_NONE;
		doc->event_count = 1;
		return ERR_OK;
	}
	epcis_shape_events(&f, doc);
	if (f.wanted == NULL && doc->event_count == 0)
		at(&f, doc->events, "an event");
	return f.wanted == NULL ? ERR_OK : no_shape(d, &doc->json, &f);
}

/* formats 1.3: `epcisBody.eventList` of an EPCISDocument. */
static enum err
find_events(struct epcis_doc *doc, struct diag *d)
{
	const struct json_doc *json = &doc->json;
	struct shape_fault f = { .wanted = NULL };
	uint32_t type;

	if (json_type(json, JSON_ROOT) != JSON_OBJECT) {
		at(&f, JSON_ROOT, "an object");
		return no_shape(d, json, &f);
	}
	type = json_member(json, JSON_ROOT, "type");
	if (type == JSON_NONE || !json_string_is(json, type, "EPCISDocument"))
		at(&f, type, "type EPCISDocument");
	if (f.wanted == NULL)
		epcis_shape_events(&f, doc);
	if (f.wanted == NULL &&
	    (doc->event_count < 1 || doc->event_count > EPCIS_EVENTS))
		at(&f, doc->events, "1 to 1000 events");
	return f.wanted == NULL ? ERR_OK : no_shape(d, json, &f);
}

enum err
epcis_open(struct epcis_doc *out, struct span text, struct json_node *nodes,
    uint32_t capacity, struct diag *d)
{
	struct shape_fault f = { .wanted = NULL };
	enum err e;

	memset(out, 0, sizeof(*out));
	out->json.nodes = nodes;
	out->json.capacity = capacity;
	e = json_scan(&out->json, text, EPCIS_DEPTH, d);
	if (e != ERR_OK)
		return e;
	epcis_shape_nul(&f, &out->json);
	if (f.wanted != NULL)
		return no_shape(d, &out->json, &f);
	e = find_events(out, d);
	for (uint32_t i = e == ERR_OK ? epcis_first(out) : JSON_NONE;
	     i != JSON_NONE && f.wanted == NULL; i = nodes[i].next)
		epcis_shape_event(&f, &out->json, i);
	return f.wanted == NULL ? e : no_shape(d, &out->json, &f);
}

enum err
epcis_kind_of(enum epcis_kind *out, const struct json_doc *json, struct diag *d)
{
	struct shape_fault f = { .wanted = NULL };
	uint32_t type = JSON_NONE;

	if (json_type(json, JSON_ROOT) == JSON_OBJECT)
		type = json_member(json, JSON_ROOT, "type");
	if (type == JSON_NONE || json_type(json, type) != JSON_STRING)
		at(&f, type, "type EPCISDocument or that of an event");
	else if (json_string_is(json, type, "EPCISDocument"))
		*out = EPCIS_KIND_DOCUMENT;
	else if (json_string_is(json, type, "EPCISQueryDocument"))
		*out = EPCIS_KIND_QUERY;
	else if (json_member(json, JSON_ROOT, "epcisBody") != JSON_NONE)
		at(&f, type,
		    "type EPCISDocument or EPCISQueryDocument around an "
		    "epcisBody");
	else
		*out = EPCIS_KIND_EVENT;
	return f.wanted == NULL ? ERR_OK : no_shape(d, json, &f);
}

uint32_t
epcis_nodes(struct span text)
{
	size_t n = 1, most = EPCIS_NODES + text.n / 8;

	/* Each value but the first comes after one of these. */
	for (size_t i = 0; i < text.n && n < most; i++)
		n += text.p[i] == ',' || text.p[i] == '[' || text.p[i] == '{';
	return (uint32_t)(n < most ? n : most);
}

uint32_t
epcis_first(const struct epcis_doc *doc)
{
	return json_first(&doc->json, doc->events);
}

enum epcis_type
epcis_type_of(const struct json_doc *json, uint32_t type)
{
	static const char *const names[] = {
		[EPCIS_OBJECT] = "ObjectEvent",
		[EPCIS_AGGREGATION] = "AggregationEvent",
		[EPCIS_TRANSACTION] = "TransactionEvent",
		[EPCIS_TRANSFORMATION] = "TransformationEvent",
		[EPCIS_ASSOCIATION] = "AssociationEvent",
	};

	for (unsigned i = 0; i < EPCIS_OTHER; i++) {
		if (json_string_is(json, type, names[i]))
			return (enum epcis_type)i;
	}
	return EPCIS_OTHER;
}

/* Where a member of an event goes in struct epcis_event. */
struct slot {
	const char *name;
	size_t offset;
};

#define SLOT(name, field)                                                      \
	{                                                                      \
		name, offsetof(struct epcis_event, field)                      \
	}
static const struct slot slots[] = {
	SLOT("action", action),
	SLOT("bizStep", biz_step),
	SLOT("disposition", disposition),
	SLOT("eventTime", event_time),
	SLOT("readPoint", read_point),
	SLOT("bizLocation", biz_location),
	SLOT("epcList", epc_list),
	SLOT("parentID", parent_id),
	SLOT("childEPCs", child_epcs),
	SLOT("inputEPCList", input_epcs),
	SLOT("outputEPCList", output_epcs),
	SLOT("eventID", event_id),
	SLOT("errorDeclaration", error_declaration),
};

void
epcis_event(struct epcis_event *out, const struct epcis_doc *doc, uint32_t node,
    unsigned pos)
{
	const struct json_doc *json = &doc->json;

	memset(out, 0, sizeof(*out));
	out->node = node;
	out->pos = pos;
	out->type = EPCIS_OTHER;
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		uint32_t m = json_member(json, node, slots[i].name);

		memcpy((uint8_t *)out + slots[i].offset, &m, sizeof(m));
	}
	out->type = epcis_type_of(json, json_member(json, node, "type"));
}

bool
epcis_key(struct span *out, const struct json_doc *json, uint32_t node,
    uint8_t *space, size_t cap)
{
	if (!json->nodes[node].key_escaped) {
		*out = json_key_raw(json, node);
		return true;
	}
	return json_key(out, json, node, space, cap) == ERR_OK;
}

enum epcis_touched
epcis_touched(const struct json_doc *json, uint32_t member)
{
	static const struct {
		const char *name;
		enum epcis_touched kind;
	} names[] = {
		{ "epcList", EPCIS_TOUCHED_LIST },
		{ "childEPCs", EPCIS_TOUCHED_LIST },
		{ "inputEPCList", EPCIS_TOUCHED_LIST },
		{ "outputEPCList", EPCIS_TOUCHED_LIST },
		{ "parentID", EPCIS_TOUCHED_ONE },
		{ "quantityList", EPCIS_TOUCHED_QUANTITIES },
		{ "childQuantityList", EPCIS_TOUCHED_QUANTITIES },
		{ "inputQuantityList", EPCIS_TOUCHED_QUANTITIES },
		{ "outputQuantityList", EPCIS_TOUCHED_QUANTITIES },
		{ "cm:part", EPCIS_TOUCHED_PART },
	};
	uint8_t space[32];
	struct span key;

	if (!epcis_key(&key, json, member, space, sizeof(space)))
		return EPCIS_TOUCHED_NOTHING;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_is(key, names[i].name))
			return names[i].kind;
	}
	return EPCIS_TOUCHED_NOTHING;
}

/* The one subject of the EPC lists, while it is the only one. */
struct only {
	const struct json_doc *json;
	struct buf first;
	struct buf next;
	struct buf text; /* unescaped */
	bool several;
	enum err e;
};

static void
look(struct only *o, uint32_t node)
{
	struct buf *to = o->first.n == 0 ? &o->first : &o->next;
	size_t n = o->json->nodes[node].length;
	enum gs1_subject_kind kind;
	struct span text;
	uint8_t *space;

	if (o->several || o->e != ERR_OK)
		return;
	buf_reset(&o->text);
	space = buf_reserve(&o->text, n + 1);
	o->e = space == NULL ? buf_error(&o->text)
			     : json_string(&text, o->json, node, space, n);
	if (o->e != ERR_OK)
		return;
	buf_reset(to);
	kind = gs1_subject(to, text);
	o->e = buf_error(to);
	if (kind != GS1_SUBJECT_INSTANCE && kind != GS1_SUBJECT_OTHER)
		buf_reset(to);
	else if (to == &o->next)
		o->several = !span_equal(buf_span(&o->first), buf_span(to));
}

static void
look_at_event(struct only *o, uint32_t event)
{
	const struct json_doc *json = o->json;

	for (uint32_t m = json_first(json, event); m != JSON_NONE;
	     m = json->nodes[m].next) {
		enum epcis_touched kind = epcis_touched(json, m);

		if (kind == EPCIS_TOUCHED_ONE)
			look(o, m);
		if (kind != EPCIS_TOUCHED_LIST)
			continue;
		for (uint32_t n = json_first(json, m); n != JSON_NONE;
		     n = json->nodes[n].next)
			look(o, n);
	}
}

/* formats 1.4: the document's `id`, else iss. */
static enum err
put_document_id(struct buf *out, struct only *o, struct span iss)
{
	uint32_t id = json_member(o->json, JSON_ROOT, "id");
	struct span text = iss;

	if (id != JSON_NONE && json_type(o->json, id) == JSON_STRING) {
		size_t n = o->json->nodes[id].length;
		uint8_t *space;

		buf_reset(&o->text);
		space = buf_reserve(&o->text, n + 1);
		if (space == NULL)
			return buf_error(&o->text);
		o->e = json_string(&text, o->json, id, space, n);
		if (o->e != ERR_OK)
			return o->e;
	}
	buf_put(out, text);
	return buf_error(out);
}

enum err
epcis_sub(struct buf *out, const struct epcis_doc *doc, struct span iss)
{
	size_t max = doc->json.text.n * 4 + GS1_CANONICAL;
	struct only o = { .json = &doc->json,
		.first = buf_heap(max),
		.next = buf_heap(max),
		.text = buf_heap(max) };
	enum err e;

	for (uint32_t i = epcis_first(doc); i != JSON_NONE;
	     i = doc->json.nodes[i].next)
		look_at_event(&o, i);
	e = o.e;
	if (e == ERR_OK && !o.several && o.first.n > 0) {
		buf_put(out, buf_span(&o.first));
		e = buf_error(out);
	} else if (e == ERR_OK) {
		e = put_document_id(out, &o, iss);
	}
	buf_free(&o.first);
	buf_free(&o.next);
	buf_free(&o.text);
	return e;
}
