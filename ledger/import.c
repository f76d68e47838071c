/* SPDX-License-Identifier: Apache-2.0 */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_out.h"

#include "import_internal.h"

#include "base/banned.h"

/* A value takes two bytes at least, in EPCIS far more than eight. */
#define BYTES_A_NODE 8
#define CONTEXT "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
#define SEALED "cm:sealed"
#define BARE_TAIL "]}}"

/* ---- what both parts use ---- */
enum err
import_grow(void **array, size_t *cap, size_t count, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void *p;

	if (count < *cap)
		return ERR_OK;
	if ((p = realloc(*array, more * size)) == NULL)
		return ERR_NOMEM;
	*array = p;
	*cap = more;
	return ERR_OK;
}

bool
import_fault_plain(
    struct import *m, uint64_t line, const char *pointer, const struct diag *d)
{
	struct import_fault *f;

	if (m->fault_count == IMPORT_FAULTS)
		return false;
	f = &m->faults[m->fault_count++];
	f->line = line;
	(void)snprintf(f->pointer, sizeof f->pointer, "%s", pointer);
	f->d = *d;
	return m->fault_count < IMPORT_FAULTS;
}

/* Where the pointer at the front of a text of lib/event ends: before ": got"
 * or ": wanted"; 0: it begins with none. */
static size_t
pointer_end(const char *text)
{
	const char *got = strstr(text, ": got "),
		   *wanted = strstr(text, ": wanted ");

	if (got == NULL || (wanted != NULL && wanted < got))
		got = wanted;
	if (got == NULL || (text[0] != '/' && got != text))
		return 0;
	return (size_t)(got - text);
}

bool
import_fault_add(
    struct import *m, uint64_t line, const char *base, const struct diag *d)
{
	char pointer[IMPORT_POINTER];
	const char *text = d->text;
	struct diag plain = *d;
	size_t n;

	if (strncmp(text, "document: ", 10) == 0)
		text += 8;
	n = pointer_end(text);
	(void)snprintf(pointer, sizeof pointer, "%s%.*s", base, (int)n, text);
	text += n;
	if (strncmp(text, ": ", 2) == 0)
		text += 2;
	(void)snprintf(plain.text, sizeof plain.text, "%s", text);
	return import_fault_plain(m, line, pointer, &plain);
}

void
import_event_pointer(
    char out[IMPORT_POINTER], const struct import_group *g, size_t event)
{
	out[0] = '\0';
	if (!g->bare)
		(void)snprintf(out, IMPORT_POINTER, "/epcisBody/eventList/%zu",
		    event - g->first);
}

/* ---- reading ---- */
/* The number of the line on which text[at] stands; at never falls. */
static uint32_t
line_of(struct import *m, size_t at)
{
	for (; m->line_at < at; m->line_at++)
		m->line += m->text.p[m->line_at] == '\n';
	return m->line;
}

static size_t
offset_of(const struct import *m, struct span s)
{
	return (size_t)(s.p - m->text.p);
}

/* An event of the last group; true: go on. */
static bool
add_event(struct import *m, struct span raw, enum err *e)
{
	struct import_event *to;
	struct diag d;

	if (m->event_count == IMPORT_EVENTS) {
		(void)diag_fail(&d, ERR_LIMIT, "",
		    "got more events, wanted at most %zu in a file",
		    IMPORT_EVENTS);
		(void)import_fault_plain(
		    m, line_of(m, offset_of(m, raw)), "", &d);
		m->full = true;
		return false;
	}
	*e = import_grow((void **)&m->events, &m->event_cap, m->event_count,
	    sizeof *m->events);
	if (*e != ERR_OK)
		return false;
	to = &m->events[m->event_count++];
	to->start = (uint32_t)offset_of(m, raw);
	to->length = (uint32_t)raw.n;
	to->line = line_of(m, to->start);
	m->groups[m->group_count - 1].count++;
	return true;
}

static enum err
add_group(struct import *m, uint32_t line, struct import_group **out)
{
	enum err e = import_grow((void **)&m->groups, &m->group_cap,
	    m->group_count, sizeof *m->groups);

	if (e != ERR_OK)
		return e;
	*out = &m->groups[m->group_count++];
	**out = (struct import_group){ .first = m->event_count, .line = line };
	return ERR_OK;
}

/* A value as the scanner saw it: a string with its quotes. */
static struct span
value_bytes(const struct json_doc *doc, uint32_t node)
{
	struct span raw = json_raw(doc, node);

	if (json_type(doc, node) == JSON_STRING)
		raw = span_of(raw.p - 1, raw.n + 2);
	return raw;
}

/* formats 1.3: where the events of a document stand; JSON_NONE: a fault. */
static uint32_t
find_list(struct import *m, uint32_t line)
{
	const struct json_doc *doc = &m->doc;
	uint32_t body = json_member(doc, JSON_ROOT, "epcisBody"), list;
	const char *pointer = "", *wanted = "epcisBody, an object";
	struct diag d;

	if (body != JSON_NONE && json_type(doc, body) == JSON_OBJECT) {
		pointer = "/epcisBody";
		wanted = "eventList, an array";
		list = json_member(doc, body, "eventList");
		if (list != JSON_NONE && json_type(doc, list) == JSON_ARRAY) {
			if (doc->nodes[list].children > 0)
				return list;
			pointer = "/epcisBody/eventList";
			wanted = "an event";
		}
	}
	(void)diag_fail(&d, ERR_SCHEMA, "formats 1.3", "wanted %s", wanted);
	(void)import_fault_plain(m, line, pointer, &d);
	return JSON_NONE;
}

static enum err
read_document(struct import *m, uint32_t line)
{
	const struct json_doc *doc = &m->doc;
	uint32_t list = find_list(m, line),
		 context = json_member(doc, JSON_ROOT, "@context");
	struct import_group *g;
	struct span events;
	enum err e;

	if (list == JSON_NONE)
		return ERR_OK;
	if ((e = add_group(m, line, &g)) != ERR_OK)
		return e;
	events = json_raw(doc, list);
	g->whole = json_raw(doc, JSON_ROOT);
	g->head = span_of(g->whole.p, (size_t)(events.p - g->whole.p) + 1);
	g->tail = span_skip(g->whole, g->head.n + events.n - 2);
	if (context != JSON_NONE)
		g->context = value_bytes(doc, context);
	for (uint32_t i = json_first(doc, list); i != JSON_NONE;
	     i = doc->nodes[i].next) {
		if (!add_event(m, value_bytes(doc, i), &e))
			return e;
	}
	return ERR_OK;
}

/* epcis 9.4: a bare event's bytes go into a document of ours. */
static enum err
read_bare(struct import *m, uint32_t line)
{
	struct import_group *g =
	    m->group_count == 0 ? NULL : &m->groups[m->group_count - 1];
	struct diag d;
	enum err e;

	if (json_member(&m->doc, JSON_ROOT, "@context") == JSON_NONE) {
		(void)diag_fail(&d, ERR_SCHEMA, "epcis 3.6",
		    "got an event without @context, wanted its own: it is in "
		    "no document");
		(void)import_fault_plain(m, line, "", &d);
		return ERR_OK;
	}
	if (g == NULL || !g->bare) {
		if ((e = add_group(m, line, &g)) != ERR_OK)
			return e;
		g->bare = true;
		g->head = buf_span(&m->bare_head);
		g->tail = span_str(BARE_TAIL);
	}
	e = ERR_OK;
	(void)add_event(m, json_raw(&m->doc, JSON_ROOT), &e);
	return e;
}

/* An object that is a document or an event. */
static enum err
read_object(struct import *m, uint32_t line)
{
	const struct json_doc *doc = &m->doc;
	uint32_t type = json_member(doc, JSON_ROOT, "type");
	struct diag d = { .code = ERR_OK };

	if (json_type(doc, JSON_ROOT) != JSON_OBJECT || type == JSON_NONE ||
	    json_type(doc, type) != JSON_STRING)
		(void)diag_fail(&d, ERR_SCHEMA, "formats 1.3",
		    "wanted an object with the type EPCISDocument or that of "
		    "an event");
	else if (json_member(doc, JSON_ROOT, SEALED) != JSON_NONE)
		(void)diag_fail(&d, ERR_UNSUPPORTED, "formats 1.6",
		    "got cm:sealed, wanted a document without sealed fields");
	else if (json_string_is(doc, type, "EPCISDocument"))
		return read_document(m, line);
	else if (json_member(doc, JSON_ROOT, "epcisBody") != JSON_NONE)
		(void)diag_fail(&d, ERR_SCHEMA, "formats 1.3",
		    "got epcisBody in another type, wanted type "
		    "EPCISDocument");
	else
		return read_bare(m, line);
	(void)import_fault_plain(m, line, "", &d);
	return ERR_OK;
}

static bool
is_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' &&
		    s.p[i] != '\n')
			return false;
	}
	return true;
}

/* One JSON text of the file. */
static enum err
read_item(struct import *m, struct span text)
{
	const size_t at = offset_of(m, text);
	struct diag d = { .code = ERR_OK };
	size_t blank = 0;
	enum err e;

	while (blank < text.n && is_blank(span_of(text.p + blank, 1)))
		blank++;
	e = json_scan(&m->doc, text, EPCIS_DEPTH, &d);
	if (e == ERR_NOMEM)
		return e;
	if (e == ERR_OK)
		return read_object(m, line_of(m, at + blank));
	if (m->doc.error_at > blank)
		blank = m->doc.error_at;
	(void)import_fault_plain(m, line_of(m, at + blank), "", &d);
	return ERR_OK;
}

/* Takes the next line off *rest, without its LF. */
static struct span
next_line(struct span *rest)
{
	const uint8_t *lf = memchr(rest->p, '\n', rest->n);
	struct span line = *rest;

	if (lf != NULL)
		line.n = (size_t)(lf - rest->p);
	*rest = span_skip(*rest, lf != NULL ? line.n + 1 : line.n);
	return line;
}

static bool
more_than_one_line(struct span text, struct span *first)
{
	*first = SPAN_NONE;
	while (text.n > 0 && is_blank(*first))
		*first = next_line(&text);
	return !is_blank(*first) && !is_blank(text);
}

bool
import_is_lines(struct span text)
{
	struct json_doc doc = { .nodes = NULL };
	struct span line;
	bool whole;

	if (text.n > IMPORT_BYTES || !more_than_one_line(text, &line))
		return false;
	doc.capacity = (uint32_t)(line.n / BYTES_A_NODE) + EPCIS_NODES;
	doc.nodes = malloc(doc.capacity * sizeof *doc.nodes);
	whole = doc.nodes != NULL &&
		json_scan(&doc, line, EPCIS_DEPTH, NULL) == ERR_OK;
	free(doc.nodes);
	return whole;
}

static enum err
read_all(struct import *m)
{
	struct span rest = m->text;
	struct diag d;
	enum err e = ERR_OK;

	if (is_blank(rest)) {
		(void)diag_fail(&d, ERR_JSON, "epcis 2.1",
		    "got nothing, wanted a document or an event");
		(void)import_fault_plain(m, 1, "", &d);
		return ERR_OK;
	}
	if (!m->lines)
		return read_item(m, rest);
	while (rest.n > 0 && e == ERR_OK && m->fault_count < IMPORT_FAULTS &&
	       !m->full) {
		struct span line = next_line(&rest);

		if (!is_blank(line))
			e = read_item(m, line);
	}
	return e;
}

/* ---- the object ---- */
static enum err
print_bare_head(struct buf *out, int64_t now_ms)
{
	char time_text[RFC3339_CHARS + 1];

	rfc3339_print(time_text, now_ms);
	buf_printf(out,
	    "{\"@context\":[\"%s\"],\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\",\"creationDate\":\"%s\","
	    "\"epcisBody\":{\"eventList\":[",
	    CONTEXT, time_text);
	return buf_error(out);
}

static enum err
make_space(struct import *m)
{
	m->doc.capacity = (uint32_t)(m->text.n / BYTES_A_NODE) + EPCIS_NODES;
	/* touched as far as needed */
	m->nodes = malloc(m->doc.capacity * sizeof *m->nodes);
	m->part_nodes = malloc(EPCIS_NODES * sizeof *m->part_nodes);
	m->doc.nodes = m->nodes;
	return m->nodes != NULL && m->part_nodes != NULL ? ERR_OK : ERR_NOMEM;
}

enum err
import_new(struct import **out, struct span text,
    const struct import_options *o, struct diag *d)
{
	struct import *m;
	enum err e;

	*out = NULL;
	if (text.n > IMPORT_BYTES)
		return diag_fail(d, ERR_TOO_LARGE, "",
		    "got %zu bytes, wanted at most %zu", text.n, IMPORT_BYTES);
	if ((m = calloc(1, sizeof *m)) == NULL)
		return diag_fail(d, ERR_NOMEM, "", "out of memory");
	m->text = text;
	m->iss = o->iss;
	m->lines = o->lines;
	m->line = 1;
	m->bare_head = buf_heap(1024);
	m->part = buf_heap(IMPORT_BYTES);
	m->sub = buf_heap(IMPORT_BYTES);
	if ((e = make_space(m)) == ERR_OK &&
	    (e = print_bare_head(&m->bare_head, o->now_ms)) == ERR_OK &&
	    (e = read_all(m)) == ERR_OK)
		e = import_pack(m);
	free(m->nodes);
	m->nodes = NULL;
	if (e != ERR_OK) {
		import_free(m);
		return diag_fail(d, e, "", "import: out of memory");
	}
	*out = m;
	return ERR_OK;
}

void
import_free(struct import *m)
{
	if (m == NULL)
		return;
	buf_free(&m->bare_head);
	buf_free(&m->part);
	buf_free(&m->sub);
	free(m->nodes);
	free(m->part_nodes);
	free(m->events);
	free(m->groups);
	free(m->statements);
	free(m);
}

size_t
import_fault_count(const struct import *m)
{
	return m->fault_count;
}

const struct import_fault *
import_fault(const struct import *m, size_t i)
{
	return &m->faults[i];
}

size_t
import_count(const struct import *m)
{
	return m->statement_count;
}

enum err
import_payload(struct buf *out, const struct import *m, size_t i)
{
	const struct import_statement *s = &m->statements[i];
	const struct import_group *g = &m->groups[s->group];

	if (s->whole)
		buf_put(out, g->whole);
	else
		import_build(out, m, g, s->first, s->count);
	return buf_error(out);
}

uint64_t
import_where(char pointer[IMPORT_POINTER], const struct import *m, size_t i)
{
	const struct import_statement *s = &m->statements[i];

	import_event_pointer(pointer, &m->groups[s->group], s->first);
	return m->events[s->first].line;
}
