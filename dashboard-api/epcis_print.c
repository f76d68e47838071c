/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_print.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/statement.h"
#include "gs1/urn.h"
#include "ledger/search.h"

#include "epcis_print_internal.h"

#include "base/banned.h"

#define EVENT_MAX ((size_t)8 * STATEMENT_MAX)

enum err
epcis_printer_init(struct epcis_printer *p, enum epc_format format,
    const struct gcp *gcp, const char *origin)
{
	memset(p, 0, sizeof(*p));
	p->format = format;
	p->gcp = gcp;
	(void)snprintf(p->origin, sizeof(p->origin), "%s", origin);
	p->nodes = calloc(EPCIS_NODES, sizeof(*p->nodes));
	p->payload = buf_heap(STATEMENT_MAX);
	p->text = buf_heap(EVENT_MAX);
	p->name = buf_heap(EVENT_MAX);
	p->scratch = buf_heap(STATEMENT_MAX);
	p->refused = buf_heap(STATEMENT_MAX);
	return p->nodes == NULL ? ERR_NOMEM : ERR_OK;
}

void
epcis_printer_clear(struct epcis_printer *p)
{
	free(p->nodes);
	p->nodes = NULL;
	buf_free(&p->payload);
	buf_free(&p->text);
	buf_free(&p->name);
	buf_free(&p->scratch);
	buf_free(&p->refused);
}

/* ---- identifiers ---- */
static enum err
refuse(struct epcis_printer *p, struct span uri)
{
	buf_reset(&p->refused);
	buf_put(&p->refused, uri);
	return ERR_UNSUPPORTED;
}

/* Is it a GS1 identifier? p->name is its canonical form then. */
static bool
canonical(struct epcis_printer *p, struct span uri)
{
	enum gs1_subject_kind kind;

	buf_reset(&p->name);
	kind = gs1_subject(&p->name, uri);
	return kind == GS1_SUBJECT_INSTANCE || kind == GS1_SUBJECT_CLASS;
}

/* gs1.md 10.2: never assume a length. The canonical form is read, which is
 * what the identifier is, wherever its own URI leads. */
static enum err
put_urn(struct epcis_printer *p, struct buf *out, struct span uri)
{
	unsigned digits;

	if (buf_error(&p->name) != ERR_OK)
		return ERR_NOMEM;
	if (gs1_read(&p->code, buf_span(&p->name), NULL) != ERR_OK ||
	    gcp_length(&digits, p->gcp, &p->code, NULL) != ERR_OK ||
	    urn_print(out, &p->code, digits, NULL) != ERR_OK)
		return refuse(p, uri);
	return buf_error(out);
}

enum err
epcis_print_identifier(
    struct epcis_printer *p, struct buf *out, struct span uri)
{
	bool urn = span_starts(uri, "urn:");

	if (p->format == EPC_FORMAT_ASIS ||
	    urn == (p->format == EPC_FORMAT_URN) || !canonical(p, uri)) {
		buf_put(out, uri);
		return buf_error(out);
	}
	if (p->format == EPC_FORMAT_URN)
		return put_urn(p, out, uri);
	buf_put(out, buf_span(&p->name));
	return buf_error(&p->name) != ERR_OK ? ERR_NOMEM : buf_error(out);
}

static void
put_string(struct buf *b, struct span text)
{
	struct json_out o;

	json_out_init(&o, b);
	json_out_string(&o, NULL, text);
}

static void
put_raw(struct epcis_printer *p, uint32_t node)
{
	struct span raw = json_raw(&p->doc.json, node);

	if (json_type(&p->doc.json, node) != JSON_STRING) {
		buf_put(&p->text, raw);
		return;
	}
	buf_byte(&p->text, '"');
	buf_put(&p->text, raw);
	buf_byte(&p->text, '"');
}

static enum err
put_identifier(struct epcis_printer *p, uint32_t node)
{
	const struct json_doc *json = &p->doc.json;
	struct buf form = buf_heap(EVENT_MAX);
	size_t n = json->nodes[node].length;
	struct span uri;
	uint8_t *space;
	enum err e;

	if (json_type(json, node) != JSON_STRING ||
	    p->format == EPC_FORMAT_ASIS) {
		put_raw(p, node);
		return ERR_OK;
	}
	buf_reset(&p->scratch);
	space = buf_reserve(&p->scratch, n + 1);
	e = space == NULL ? ERR_NOMEM : json_string(&uri, json, node, space, n);
	if (e == ERR_OK)
		e = epcis_print_identifier(p, &form, uri);
	if (e == ERR_OK)
		put_string(&p->text, buf_span(&form));
	buf_free(&form);
	return e;
}

/* ---- members ---- */
static void
put_key(struct epcis_printer *p, uint32_t member, bool *comma)
{
	if (*comma)
		buf_byte(&p->text, ',');
	*comma = true;
	buf_byte(&p->text, '"');
	buf_put(&p->text, json_key_raw(&p->doc.json, member));
	buf_str(&p->text, "\":");
}

/* An object whose one member is an identifier. */
static enum err
put_object(struct epcis_printer *p, uint32_t node, const char *name)
{
	const struct json_doc *json = &p->doc.json;
	uint32_t id = JSON_NONE;
	bool comma = false;
	enum err e = ERR_OK;

	if (json_type(json, node) == JSON_OBJECT)
		id = json_member(json, node, name);
	if (id == JSON_NONE) {
		put_raw(p, node);
		return ERR_OK;
	}
	buf_byte(&p->text, '{');
	for (uint32_t m = json_first(json, node); e == ERR_OK && m != JSON_NONE;
	     m = json->nodes[m].next) {
		put_key(p, m, &comma);
		if (m == id)
			e = put_identifier(p, m);
		else
			put_raw(p, m);
	}
	buf_byte(&p->text, '}');
	return e;
}

enum form {
	FORM_ONE,     /* the identifier itself */
	FORM_LIST,    /* identifiers */
	FORM_OBJECT,  /* an object with one */
	FORM_OBJECTS, /* a list of those */
};

static const struct {
	const char *name;
	enum form form;
	const char *member; /* of the object */
} members[] = {
	{ "epcList", FORM_LIST, NULL },
	{ "parentID", FORM_ONE, NULL },
	{ "childEPCs", FORM_LIST, NULL },
	{ "inputEPCList", FORM_LIST, NULL },
	{ "outputEPCList", FORM_LIST, NULL },
	{ "quantityList", FORM_OBJECTS, "epcClass" },
	{ "childQuantityList", FORM_OBJECTS, "epcClass" },
	{ "inputQuantityList", FORM_OBJECTS, "epcClass" },
	{ "outputQuantityList", FORM_OBJECTS, "epcClass" },
	{ "readPoint", FORM_OBJECT, "id" },
	{ "bizLocation", FORM_OBJECT, "id" },
	{ "bizTransactionList", FORM_OBJECTS, "bizTransaction" },
	{ "sourceList", FORM_OBJECTS, "source" },
	{ "destinationList", FORM_OBJECTS, "destination" },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static enum err
put_list(struct epcis_printer *p, uint32_t node, size_t row)
{
	const struct json_doc *json = &p->doc.json;
	bool comma = false;
	enum err e = ERR_OK;

	if (json_type(json, node) != JSON_ARRAY) {
		put_raw(p, node);
		return ERR_OK;
	}
	buf_byte(&p->text, '[');
	for (uint32_t i = json_first(json, node); e == ERR_OK && i != JSON_NONE;
	     i = json->nodes[i].next) {
		if (comma)
			buf_byte(&p->text, ',');
		comma = true;
		e = members[row].form == FORM_LIST
			? put_identifier(p, i)
			: put_object(p, i, members[row].member);
	}
	buf_byte(&p->text, ']');
	return e;
}

static enum err
put_value(struct epcis_printer *p, struct span key, uint32_t node)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (!span_is(key, members[i].name))
			continue;
		if (members[i].form == FORM_ONE)
			return put_identifier(p, node);
		if (members[i].form == FORM_OBJECT)
			return put_object(p, node, members[i].member);
		return put_list(p, node, i);
	}
	put_raw(p, node);
	return ERR_OK;
}

/* Every member but the context and recordTime, which are ours. */
static enum err
put_members(struct epcis_printer *p, uint32_t event)
{
	const struct json_doc *json = &p->doc.json;
	bool comma = false;
	enum err e = ERR_OK;

	for (uint32_t m = json_first(json, event);
	     e == ERR_OK && m != JSON_NONE; m = json->nodes[m].next) {
		uint8_t space[64];
		struct span key;

		/* a longer one is none of ours */
		if (json_key(&key, json, m, space, sizeof(space)) != ERR_OK)
			key = json_key_raw(json, m);
		if (span_is(key, "@context") || span_is(key, "recordTime"))
			continue;
		put_key(p, m, &comma);
		e = put_value(p, key, m);
	}
	return e;
}

/* ---- events ---- */
static enum err
open_payload(struct epcis_printer *p, const struct query_event *e)
{
	if (p->open && p->index == e->index)
		return ERR_OK;
	p->open = false;
	buf_reset(&p->payload);
	buf_put(&p->payload, e->payload);
	if (buf_error(&p->payload) != ERR_OK)
		return ERR_NOMEM;
	if (epcis_open(&p->doc, buf_span(&p->payload), p->nodes, EPCIS_NODES,
		NULL) != ERR_OK)
		return ERR_STATE;
	p->open = true;
	p->index = e->index;
	return ERR_OK;
}

/* recordTime and eventID, which the signed bytes lack. */
static void
put_ours(struct epcis_printer *p, uint32_t event, const struct query_event *e)
{
	char id[SEARCH_EVENT_ID + 1], time[RFC3339_CHARS + 1];

	if (json_member(&p->doc.json, event, "eventID") == JSON_NONE) {
		search_event_id(id, p->origin, e->index, e->pos);
		buf_printf(&p->text, ",\"eventID\":\"%s\"", id);
	}
	if (e->recorded_ms != 0) {
		rfc3339_print(time, e->recorded_ms);
		buf_printf(&p->text, ",\"recordTime\":\"%s\"", time);
	}
}

enum err
epcis_print_event(
    struct epcis_printer *p, struct json_out *o, const struct query_event *ev)
{
	uint32_t event = JSON_NONE;
	enum err e = open_payload(p, ev);

	if (e != ERR_OK)
		return e;
	if (ev->pos < p->doc.event_count)
		event = epcis_first(&p->doc);
	for (unsigned i = 0; i < ev->pos && event != JSON_NONE; i++)
		event = p->doc.json.nodes[event].next;
	if (event == JSON_NONE)
		return ERR_STATE;
	buf_reset(&p->text);
	buf_byte(&p->text, '{');
	epcis_print_context(&p->text, &p->doc.json, event);
	e = put_members(p, event);
	put_ours(p, event, ev);
	buf_byte(&p->text, '}');
	if (e == ERR_OK && buf_error(&p->text) != ERR_OK)
		e = ERR_NOMEM;
	if (e == ERR_OK)
		json_out_raw(o, NULL, buf_span(&p->text));
	return e;
}
