/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "import_internal.h"

#include "base/banned.h"

/* A document that is right but for what it takes from elsewhere: tells the
 * faults of an envelope from those of its events. */
#define PLAIN_REST                                                             \
	",\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","               \
	"\"creationDate\":\"2020-01-01T00:00:00Z\","                           \
	"\"epcisBody\":{\"eventList\":["
#define PLAIN_TAIL "]}}"
#define PLAIN_EVENT                                                            \
	"{\"type\":\"ObjectEvent\",\"eventTime\":\"2020-01-01T00:00:00Z\","    \
	"\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","           \
	"\"epcList\":[]}"
/* What lib/event calls the only event of a document. */
#define ONLY_EVENT "/epcisBody/eventList/0"

void
import_build(struct buf *out, const struct import *m,
    const struct import_group *g, size_t first, size_t count)
{
	bool comma = false;

	buf_put(out, g->head);
	for (size_t i = first; i < first + count; i++) {
		if (m->events[i].out)
			continue;
		if (comma)
			buf_byte(out, ',');
		comma = true;
		buf_put(out, import_event_bytes(m, i));
	}
	buf_put(out, g->tail);
}

/* Events of a stretch that are not left out. */
static size_t
kept(const struct import *m, size_t first, size_t count)
{
	size_t n = 0;

	for (size_t i = first; i < first + count; i++)
		n += !m->events[i].out;
	return n;
}

/* ---- the ledger's checks ---- */
/* Bytes of the largest statement that may come of it: the gateway fills in
 * the rest of the claims. */
static size_t
largest(const struct import *m, struct span sub, size_t payload_bytes)
{
	const struct claims c = {
		.iss = span_str(m->iss),
		.sub = sub,
		.iat = INT64_MAX,
		.epoch = INT64_MAX,
		.seq = INT64_MAX,
		.mono = INT64_MAX,
		.wall = INT64_MAX,
		.clock = 3,
		.has_seen = true,
		.seen_index = INT64_MAX,
	};

	return statement_size(&c, CONTENT_IS_PRODUCT, payload_bytes);
}

/* Does a payload of that size go into a statement, whatever it is about? */
static bool
fits(const struct import *m, size_t payload_bytes)
{
	static const uint8_t longest[STATEMENT_SUB_MAX];

	return largest(m, span_of(longest, sizeof longest), payload_bytes) <=
	       STATEMENT_MAX;
}

/* A payload against everything that gateway and ledger ask of it. */
static enum err
check(struct import *m, struct span payload, struct diag *d)
{
	struct epcis_doc doc;
	enum err e;

	diag_clear(d);
	if (payload.n > STATEMENT_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "got %zu bytes with the document around it, wanted a "
		    "statement of at most %d",
		    payload.n, STATEMENT_MAX);
	e = epcis_open(&doc, payload, m->part_nodes, EPCIS_NODES, d);
	if (e == ERR_OK)
		e = epcis_check(&doc, d);
	if (e != ERR_OK)
		return e;
	buf_reset(&m->sub);
	if ((e = epcis_sub(&m->sub, &doc, span_str(m->iss))) != ERR_OK)
		return diag_fail(d, e, "", "subject: %s", err_name(e));
	if (m->sub.n > STATEMENT_SUB_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.4",
		    "got %zu bytes of what it is about (the one item or the "
		    "document's id), wanted at most %d",
		    m->sub.n, STATEMENT_SUB_MAX);
	if (largest(m, buf_span(&m->sub), payload.n) > STATEMENT_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "got %zu bytes with the document around it, wanted a "
		    "statement of at most %d",
		    payload.n, STATEMENT_MAX);
	return ERR_OK;
}

/* ---- which part of a payload is wrong ---- */
static enum err
check_plain(struct import *m, const struct import_group *g, struct span event,
    struct diag *d)
{
	enum err e;

	buf_reset(&m->part);
	if (g->kind == EPCIS_KIND_EVENT) {
		buf_put(&m->part, g->head);
	} else {
		buf_str(&m->part, "{\"@context\":");
		buf_put(&m->part, g->context);
		buf_str(&m->part, PLAIN_REST);
	}
	buf_put(&m->part, event);
	buf_str(&m->part, PLAIN_TAIL);
	if ((e = buf_error(&m->part)) != ERR_OK)
		return e;
	return check(m, buf_span(&m->part), d);
}

/* The envelope with an event that is right; its fault is told once. */
static enum err
judge_envelope(struct import *m, struct import_group *g)
{
	struct diag d;
	enum err e;

	if (g->envelope_judged || g->kind == EPCIS_KIND_EVENT)
		return ERR_OK;
	g->envelope_judged = true;
	buf_reset(&m->part);
	buf_put(&m->part, g->head);
	buf_str(&m->part, PLAIN_EVENT);
	buf_put(&m->part, g->tail);
	if ((e = buf_error(&m->part)) != ERR_OK)
		return e;
	if ((e = check(m, buf_span(&m->part), &d)) == ERR_NOMEM)
		return e;
	/* A size is judged with the events. */
	g->envelope_bad = e != ERR_OK && e != ERR_TOO_LARGE;
	if (g->envelope_bad)
		(void)import_fault_add(m, g->line, "", &d);
	g->context_bad = g->context.n == 0;
	if (!g->context_bad) {
		e = check_plain(m, g, span_str(PLAIN_EVENT), &d);
		g->context_bad = e != ERR_OK;
	}
	return e == ERR_NOMEM ? e : ERR_OK;
}

static void
event_fault(struct import *m, const struct import_group *g, size_t event,
    const struct diag *d)
{
	const size_t n = strlen(ONLY_EVENT);
	char pointer[IMPORT_POINTER];
	struct diag rest = *d;

	import_event_pointer(pointer, g, event);
	if (strncmp(d->text, ONLY_EVENT, n) == 0)
		(void)snprintf(rest.text, sizeof rest.text, "%s", d->text + n);
	(void)import_fault_event(m, event, pointer, &rest);
}

/* A payload of these events failed with *why: each event alone says which it
 * was. Never leaves without a fault of the group. */
static enum err
narrow(struct import *m, struct import_group *g, size_t first, size_t count,
    const struct diag *why)
{
	enum err e;
	size_t before = m->out_count;

	if ((e = judge_envelope(m, g)) != ERR_OK)
		return e;
	for (size_t i = first;
	     i < first + count && !g->context_bad && import_goes_on(m); i++) {
		struct diag d;

		if (m->events[i].out)
			continue;
		e = check_plain(m, g, import_event_bytes(m, i), &d);
		if (e == ERR_NOMEM)
			return e;
		if (e != ERR_OK)
			event_fault(m, g, i, &d);
	}
	if (m->out_count == before && !g->envelope_bad)
		(void)import_fault_add(m, m->events[first].line, "", why);
	return ERR_OK;
}

/* ---- packing ---- */
static enum err
add_statement(struct import *m, const struct import_group *g, size_t first,
    size_t count, bool whole)
{
	enum err e = import_grow((void **)&m->statements, &m->statement_cap,
	    m->statement_count, sizeof *m->statements);

	if (e != ERR_OK)
		return e;
	m->statements[m->statement_count++] = (struct import_statement){
		.group = (size_t)(g - m->groups),
		.first = first,
		.count = count,
		.whole = whole,
	};
	return ERR_OK;
}

/* A statement of these events; *again: some proved faulty and are left out
 * now, so that the others may go. */
static enum err
try_part(struct import *m, struct import_group *g, size_t first, size_t count,
    bool *again)
{
	const size_t before = m->out_count, n = kept(m, first, count);
	struct diag d;
	enum err e;

	*again = false;
	if (n == 0)
		return ERR_OK;
	buf_reset(&m->part);
	import_build(&m->part, m, g, first, count);
	if ((e = buf_error(&m->part)) != ERR_OK)
		return e;
	if ((e = check(m, buf_span(&m->part), &d)) == ERR_OK)
		return add_statement(m, g, first, count, false);
	if (e == ERR_NOMEM)
		return e;
	if (e == ERR_TOO_LARGE && n == 1) {
		while (m->events[first].out)
			first++;
		event_fault(m, g, first, &d);
	} else if ((e = narrow(m, g, first, count, &d)) != ERR_OK) {
		return e;
	}
	*again = m->proceed && !m->unusable && m->out_count > before;
	return ERR_OK;
}

static enum err
pack_part(struct import *m, struct import_group *g, size_t first, size_t count)
{
	bool again = true;
	enum err e = ERR_OK;

	while (e == ERR_OK && again)
		e = try_part(m, g, first, count, &again);
	return e;
}

/* How many events from first on go into one statement; 1 at least. Those left
 * out take no room. */
static size_t
part_count(const struct import *m, const struct import_group *g, size_t first)
{
	size_t bytes = g->head.n + g->tail.n, n = 0, count = 0;

	for (; first + count < g->first + g->count; count++) {
		if (m->events[first + count].out)
			continue;
		bytes += m->events[first + count].length + (n > 0);
		if (n > 0 && (n == EPCIS_EVENTS || !fits(m, bytes)))
			break;
		n++;
	}
	return count;
}

static enum err
split(struct import *m, struct import_group *g)
{
	const size_t envelope = g->head.n + g->tail.n;
	enum err e = ERR_OK;
	struct diag d;

	if (!fits(m, envelope)) {
		(void)diag_fail(&d, ERR_TOO_LARGE, "formats 1.1",
		    "got %zu bytes of document without its events, wanted room "
		    "for an event in a statement of %d",
		    envelope, STATEMENT_MAX);
		(void)import_fault_plain(m, g->line, "", &d);
		return ERR_OK;
	}
	for (size_t i = g->first;
	     e == ERR_OK && i < g->first + g->count && import_goes_on(m);) {
		size_t count = part_count(m, g, i);

		e = pack_part(m, g, i, count);
		i += count;
	}
	return e;
}

/* epcis 9.4: a document that fits is signed as received. */
static enum err
pack_group(struct import *m, struct import_group *g)
{
	struct diag d;
	enum err e;

	if (g->kind != EPCIS_KIND_DOCUMENT || g->whole.n > STATEMENT_MAX ||
	    g->count > EPCIS_EVENTS || kept(m, g->first, g->count) < g->count)
		return split(m, g);
	e = check(m, g->whole, &d);
	if (e == ERR_OK)
		return add_statement(m, g, g->first, g->count, true);
	if (e == ERR_NOMEM)
		return e;
	/* Blanks between events may be all that is too much. */
	if (e == ERR_TOO_LARGE)
		return split(m, g);
	e = narrow(m, g, g->first, g->count, &d);
	if (e != ERR_OK || !m->proceed || m->unusable)
		return e;
	return split(m, g);
}

enum err
import_pack(struct import *m)
{
	enum err e = ERR_OK;

	for (size_t i = 0;
	     e == ERR_OK && !m->full && i < m->group_count && import_goes_on(m);
	     i++) {
		if (kept(m, m->groups[i].first, m->groups[i].count) > 0)
			e = pack_group(m, &m->groups[i]);
	}
	return e;
}
