/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/import.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_out.h"

#include "import_internal.h"

#include "base/banned.h"

#define SEALED "cm:sealed"

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

static bool
add_fault(struct import *m, uint64_t line, int64_t event, const char *pointer,
    const struct diag *d)
{
	struct import_fault *f;

	if (m->fault_count == IMPORT_FAULTS)
		return false;
	f = &m->faults[m->fault_count++];
	f->line = line;
	f->event = event;
	(void)snprintf(f->pointer, sizeof f->pointer, "%s", pointer);
	f->d = *d;
	return m->fault_count < IMPORT_FAULTS;
}

bool
import_fault_plain(
    struct import *m, uint64_t line, const char *pointer, const struct diag *d)
{
	m->unusable = true;
	return add_fault(m, line, -1, pointer, d);
}

bool
import_goes_on(const struct import *m)
{
	return m->fault_count < IMPORT_FAULTS || (m->proceed && !m->unusable);
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

/* Moves the pointer that d->text begins with behind base. */
static void
part_text(char pointer[IMPORT_POINTER], struct diag *plain, const char *base,
    const struct diag *d)
{
	const char *text = d->text;
	size_t n;

	*plain = *d;
	if (strncmp(text, "document: ", 10) == 0)
		text += 8;
	n = pointer_end(text);
	(void)snprintf(pointer, IMPORT_POINTER, "%s%.*s", base, (int)n, text);
	text += n;
	if (strncmp(text, ": ", 2) == 0)
		text += 2;
	(void)snprintf(plain->text, sizeof plain->text, "%s", text);
}

bool
import_fault_add(
    struct import *m, uint64_t line, const char *base, const struct diag *d)
{
	char pointer[IMPORT_POINTER];
	struct diag plain;

	part_text(pointer, &plain, base, d);
	return import_fault_plain(m, line, pointer, &plain);
}

bool
import_fault_event(
    struct import *m, size_t event, const char *base, const struct diag *d)
{
	char pointer[IMPORT_POINTER];
	struct diag plain;

	import_leave_out(m, event);
	part_text(pointer, &plain, base, d);
	return add_fault(
	    m, m->events[event].line, (int64_t)event, pointer, &plain);
}

void
import_event_pointer(
    char out[IMPORT_POINTER], const struct import_group *g, size_t event)
{
	out[0] = '\0';
	if (g->kind != EPCIS_KIND_EVENT)
		(void)snprintf(out, IMPORT_POINTER, "/epcisBody/%s%zu",
		    g->kind == EPCIS_KIND_QUERY
			? "queryResults/resultsBody/eventList/"
			: "eventList/",
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

	if (m->event_count == m->events_max) {
		(void)diag_fail(&d, ERR_LIMIT, "",
		    "got more events, wanted at most %zu in a file",
		    m->events_max);
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
	to->out = false;
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

/* The parts around the events; an EPCISDocument's are its own bytes, those of
 * a query document are made (epcis 2.3). */
static enum err
put_around(
    struct import *m, struct import_group *g, const struct epcis_doc *doc)
{
	struct span events = json_raw(&doc->json, doc->events);
	uint32_t context = json_member(&doc->json, JSON_ROOT, "@context");
	enum err e;

	if (context != JSON_NONE)
		g->context = epcis_event_bytes(doc, context);
	if (doc->kind == EPCIS_KIND_DOCUMENT) {
		g->whole = json_raw(&doc->json, JSON_ROOT);
		g->head =
		    span_of(g->whole.p, (size_t)(events.p - g->whole.p) + 1);
		g->tail = span_skip(g->whole, g->head.n + events.n - 2);
		return ERR_OK;
	}
	g->made = buf_heap(IMPORT_BYTES);
	if ((e = epcis_head(&g->made, doc, m->now_ms)) != ERR_OK)
		return e;
	g->head = buf_span(&g->made);
	g->tail = span_str(EPCIS_TAIL);
	return ERR_OK;
}

static enum err
read_document(struct import *m, struct epcis_doc *doc, uint32_t line)
{
	struct import_group *g;
	struct diag d;
	enum err e;

	e = epcis_find_events(doc, &d);
	/* What becomes of a query document does not show its faults. */
	if (e == ERR_OK && doc->kind == EPCIS_KIND_QUERY)
		e = epcis_check_envelope(doc, &d);
	if (e != ERR_OK) {
		(void)import_fault_add(m, line, "", &d);
		return ERR_OK;
	}
	if ((e = add_group(m, line, &g)) != ERR_OK)
		return e;
	g->kind = doc->kind;
	if ((e = put_around(m, g, doc)) != ERR_OK)
		return e;
	for (uint32_t i = epcis_first(doc); i != JSON_NONE;
	     i = doc->json.nodes[i].next) {
		if (!add_event(m, epcis_event_bytes(doc, i), &e))
			return e;
	}
	return ERR_OK;
}

/* epcis 9.4: a bare event's bytes go into a document of ours. */
static enum err
read_bare(struct import *m, const struct epcis_doc *doc, uint32_t line)
{
	struct import_group *g =
	    m->group_count == 0 ? NULL : &m->groups[m->group_count - 1];
	struct diag d;
	enum err e;

	if (json_member(&doc->json, JSON_ROOT, "@context") == JSON_NONE) {
		(void)diag_fail(&d, ERR_SCHEMA, "epcis 3.6",
		    "got an event without @context, wanted its own: it is in "
		    "no document");
		(void)import_fault_plain(m, line, "", &d);
		return ERR_OK;
	}
	if (m->bare_head.n == 0 &&
	    (e = epcis_head(&m->bare_head, doc, m->now_ms)) != ERR_OK)
		return e;
	if (g == NULL || g->kind != EPCIS_KIND_EVENT) {
		if ((e = add_group(m, line, &g)) != ERR_OK)
			return e;
		g->kind = EPCIS_KIND_EVENT;
		g->head = buf_span(&m->bare_head);
		g->tail = span_str(EPCIS_TAIL);
	}
	e = ERR_OK;
	(void)add_event(m, json_raw(&doc->json, JSON_ROOT), &e);
	return e;
}

/* Is a text of that kind asked for? What was wanted in d if not. */
static bool
wanted_form(enum import_form form, enum epcis_kind kind, struct diag *d)
{
	const bool event = kind == EPCIS_KIND_EVENT;

	if (form == IMPORT_DOCUMENT && event)
		(void)diag_fail(d, ERR_UNSUPPORTED, "epcis 2.1",
		    "got an event, wanted type EPCISDocument or "
		    "EPCISQueryDocument");
	else if (form == IMPORT_EVENT && !event)
		(void)diag_fail(d, ERR_UNSUPPORTED, "epcis 9.1",
		    "got a document, wanted one event");
	else
		return true;
	return false;
}

/* An object that is a document or an event. */
static enum err
read_object(struct import *m, uint32_t line)
{
	struct epcis_doc doc = { .json = m->doc };
	struct diag d;

	if (epcis_kind_of(&doc.kind, &doc.json, &d) != ERR_OK) {
		(void)import_fault_add(m, line, "", &d);
		return ERR_OK;
	}
	if (json_member(&doc.json, JSON_ROOT, SEALED) != JSON_NONE) {
		(void)diag_fail(&d, ERR_UNSUPPORTED, "formats 1.6",
		    "got cm:sealed, wanted a document without sealed fields");
		(void)import_fault_plain(m, line, "", &d);
		return ERR_OK;
	}
	if (!wanted_form(m->form, doc.kind, &d)) {
		(void)import_fault_plain(m, line, "", &d);
		return ERR_OK;
	}
	return doc.kind == EPCIS_KIND_EVENT ? read_bare(m, &doc, line)
					    : read_document(m, &doc, line);
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
	doc.capacity = epcis_nodes(line);
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
	while (rest.n > 0 && e == ERR_OK && import_goes_on(m) && !m->full) {
		struct span line = next_line(&rest);

		if (!is_blank(line))
			e = read_item(m, line);
	}
	return e;
}

/* ---- the object ---- */
static enum err
make_space(struct import *m)
{
	m->doc.capacity = epcis_nodes(m->text);
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
	m->now_ms = o->now_ms;
	m->form = o->form;
	m->proceed = o->proceed;
	m->events_max = o->events_max > 0 ? o->events_max : IMPORT_EVENTS;
	m->line = 1;
	m->bare_head = buf_heap(1024);
	m->part = buf_heap(IMPORT_BYTES);
	m->sub = buf_heap(IMPORT_BYTES);
	if ((e = make_space(m)) == ERR_OK && (e = read_all(m)) == ERR_OK)
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
	for (size_t i = 0; i < m->group_count; i++)
		buf_free(&m->groups[i].made);
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

bool
import_unusable(const struct import *m)
{
	return m->unusable;
}

bool
import_too_many(const struct import *m)
{
	return m->full;
}

size_t
import_event_count(const struct import *m)
{
	return m->event_count;
}

struct span
import_event_bytes(const struct import *m, size_t event)
{
	const struct import_event *e = &m->events[event];

	return span_of(m->text.p + e->start, e->length);
}

static const struct import_group *
group_of(const struct import *m, size_t event)
{
	size_t i = m->group_count;

	while (m->groups[i - 1].first > event)
		i--;
	return &m->groups[i - 1];
}

struct span
import_event_context(const struct import *m, size_t event)
{
	return group_of(m, event)->context;
}

void
import_event_where(
    char pointer[IMPORT_POINTER], const struct import *m, size_t event)
{
	import_event_pointer(pointer, group_of(m, event), event);
}

bool
import_is_out(const struct import *m, size_t event)
{
	return m->events[event].out;
}

void
import_leave_out(struct import *m, size_t event)
{
	m->out_count += !m->events[event].out;
	m->events[event].out = true;
}

enum err
import_repack(struct import *m)
{
	m->statement_count = 0;
	return import_pack(m);
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
	size_t first = s->first;

	while (m->events[first].out)
		first++;
	import_event_pointer(pointer, &m->groups[s->group], first);
	return m->events[first].line;
}
