/* SPDX-License-Identifier: Apache-2.0 */
/* The top-level resources of epcis.md 9.1: values, standard and in use, and
 * the events that have them. */
#include "epcis.h"

#include <stdlib.h>

#include "event/cbv.h"
#include "event/epcis.h"
#include "event/statement.h"
#include "gs1/gs1.h"

#include "epcis_ask.h"
#include "epcis_print.h"

#include "base/banned.h"

struct resource {
	const char *name;
	enum query_list list;
	const char *parameter; /* what /events is asked with for a value */
	int words;             /* enum cbv_list, TYPES or NONE */
	bool identifiers;      /* values are: translated */
};
#define TYPES (-1)
#define NONE (-2)

static const struct resource resources[] = {
	{ "eventTypes", QUERY_LIST_EVENT_TYPES, "eventType", TYPES, false },
	{ "bizSteps", QUERY_LIST_BIZ_STEPS, "EQ_bizStep", CBV_BIZ_STEP, false },
	{ "dispositions", QUERY_LIST_DISPOSITIONS, "EQ_disposition",
	    CBV_DISPOSITION, false },
	{ "readPoints", QUERY_LIST_READ_POINTS, "EQ_readPoint", NONE, true },
	{ "bizLocations", QUERY_LIST_BIZ_LOCATIONS, "EQ_bizLocation", NONE,
	    true },
	{ "epcs", QUERY_LIST_EPCS, "MATCH_anyEPC", NONE, true },
};

/* The routes have no others. */
static const struct resource *
resource_of(const struct call *c)
{
	size_t i = sizeof(resources) / sizeof(resources[0]) - 1;

	while (i > 0 && !span_is(c->target.segment[1], resources[i].name))
		i--;
	return &resources[i];
}

/* The i-th standard value in bytewise order, NULL behind the last. */
static const char *
standard(const struct resource *r, size_t i)
{
	static const char *const types[] = { "AggregationEvent",
		"AssociationEvent", "ObjectEvent", "TransactionEvent",
		"TransformationEvent" };

	if (r->words == NONE)
		return NULL;
	if (r->words != TYPES)
		return cbv_word_at((enum cbv_list)r->words, i);
	return i < sizeof(types) / sizeof(types[0]) ? types[i] : NULL;
}

/* ---- lists ---- */
struct listing {
	struct call *c;
	const struct resource *r;
	struct epcis_query q;
	struct epcis_page page;
	struct epcis_printer printer;
	struct json_out o;
	struct buf form, brief;
	size_t word;  /* next standard value */
	size_t count; /* values printed */
	bool more;    /* there is one that does not fit any more */
};

static void
remember(struct listing *l, struct span value)
{
	l->page.value_length =
	    value.n < EPCIS_PAGE_VALUE ? value.n : EPCIS_PAGE_VALUE;
	memcpy(l->page.value, value.p, l->page.value_length);
}

static enum err
put_value(struct listing *l, struct span value)
{
	enum err e = ERR_OK;

	if (l->count == l->q.per_page) {
		l->more = true;
		return ERR_OK;
	}
	remember(l, value);
	l->count++;
	buf_reset(&l->form);
	if (l->r->identifiers)
		e = epcis_print_identifier(&l->printer, &l->form, value);
	else
		buf_put(&l->form, value);
	if (e == ERR_OK)
		e = buf_error(&l->form);
	if (e != ERR_OK)
		return e;
	/* The official text: prefixes of the client where they match, else the
	 * whole address. */
	buf_reset(&l->brief);
	epcis_extensions_shorten(
	    &l->brief, &l->c->epcis.extensions, buf_span(&l->form));
	e = buf_error(&l->brief);
	if (e == ERR_OK)
		json_out_string(&l->o, NULL, buf_span(&l->brief));
	return e;
}

/* Standard values that come before that one (NULL: all of them). */
static enum err
put_standard(struct listing *l, const struct span *before)
{
	const char *word;
	enum err e = ERR_OK;

	while (e == ERR_OK && (word = standard(l->r, l->word)) != NULL &&
	       (before == NULL || span_compare(span_str(word), *before) < 0)) {
		e = put_value(l, span_str(word));
		l->word++;
	}
	return e;
}

static enum err
take_value(void *ctx, struct span value)
{
	struct listing *l = ctx;
	const char *word;
	enum err e;

	/* "" is absent, ~ a text too long for the tables: neither names one */
	if (value.n == 0 || value.p[0] == '~')
		return ERR_OK;
	if ((e = put_standard(l, &value)) != ERR_OK)
		return e;
	word = standard(l->r, l->word);
	if (word != NULL && span_is(value, word))
		l->word++;
	return put_value(l, value);
}

/* Standard values of the pages before. */
static void
skip_standard(struct listing *l, struct span after)
{
	const char *word;

	while (after.n > 0 && (word = standard(l->r, l->word)) != NULL &&
	       span_compare(span_str(word), after) <= 0)
		l->word++;
}

static enum err
put_values(struct listing *l, struct span org)
{
	uint8_t last[EPCIS_PAGE_VALUE];
	struct query_page page = {
		.org = org, .below = l->page.below, .limit = l->q.per_page
	};
	bool more;
	enum err e;

	memcpy(last, l->page.value, l->page.value_length);
	if (l->page.value_length > 0)
		page.after = span_of(last, l->page.value_length);
	skip_standard(l, page.after);
	e = query_values(
	    l->c->store, l->r->list, &page, take_value, l, &more, &l->c->d);
	if (e == ERR_OK && !more)
		e = put_standard(l, NULL);
	l->more = l->more || (e == ERR_OK && more);
	return e;
}

static enum err
finish(struct listing *l)
{
	enum err e = answer_done(l->c->res, 200, epcis_media(l->c));

	http_header(l->c->res, "Cache-Control", "%s", CACHE_NEVER);
	if (e == ERR_OK && l->more && l->count > 0)
		e = epcis_page_next(l->c, &l->page);
	return e;
}

static void
open_collection(struct json_out *o, struct call *c)
{
	answer_json(c->res, o);
	json_out_object(o, NULL);
	json_out_str(o, "@context", EPCIS_CONTEXT);
	json_out_str(o, "type", "Collection");
	json_out_array(o, "member");
}

static void
close_collection(struct json_out *o)
{
	json_out_end_array(o);
	json_out_end_object(o);
}

static enum err
list(struct listing *l)
{
	struct hash query = hash_bytes(span_str(l->r->name));
	struct call *c = l->c;
	struct span org;
	bool go;
	enum err e =
	    epcis_page_begin(c, &l->page, l->q.token, &query, &org, &go);

	if (e != ERR_OK || !go)
		return e;
	e = epcis_printer_init(&l->printer, c->epcis.format, c->api->gcp,
	    view_origin(c->api->view));
	if (e != ERR_OK)
		return e;
	open_collection(&l->o, c);
	e = put_values(l, org);
	close_collection(&l->o);
	if (e == ERR_UNSUPPORTED) {
		epcis_no_form(c, &l->printer);
		return ERR_OK;
	}
	return e == ERR_OK ? finish(l) : e;
}

enum err
epcis_values(struct call *c)
{
	struct listing *l = calloc(1, sizeof(*l));
	struct epcis_fault f;
	enum err e = ERR_OK;

	if (l == NULL)
		return ERR_NOMEM;
	l->c = c;
	l->r = resource_of(c);
	l->form = buf_heap(STATEMENT_MAX);
	l->brief = buf_heap(STATEMENT_MAX);
	epcis_query_init(&l->q);
	if (epcis_query_target(&l->q, &c->target, &f) != ERR_OK)
		epcis_answer_fault(c, &f);
	else if (access_scope(c, SCOPE_READ)) /* as patterns: epcis_events.c */
		e = list(l);
	epcis_printer_clear(&l->printer);
	buf_free(&l->form);
	buf_free(&l->brief);
	free(l);
	return e;
}

/* ---- one value ---- */
static bool
is_standard(const struct resource *r, struct span value)
{
	const char *word;

	if (r->words >= 0)
		value = epcis_bare(value, cbv_kind((enum cbv_list)r->words));
	for (size_t i = 0; (word = standard(r, i)) != NULL; i++) {
		if (span_is(value, word))
			return true;
	}
	return false;
}

/* An identifier may be of an instance or of a class. GS1's say which; a URI
 * that is not GS1's is what events use it as. */
static enum err
parameter_of(struct call *c, const struct resource *r, const char **name)
{
	static const char class_name[] = "MATCH_anyEPCClass";
	struct span value = c->wild[0];
	struct buf form = buf_heap(3 * value.n + GS1_CANONICAL);
	enum gs1_subject_kind kind = gs1_subject(&form, value);
	bool any, go;
	enum err e = ERR_OK;

	buf_free(&form);
	*name = r->parameter;
	if (r->list != QUERY_LIST_EPCS || kind == GS1_SUBJECT_INSTANCE ||
	    kind == GS1_SUBJECT_NONE)
		return ERR_OK;
	if (kind == GS1_SUBJECT_CLASS) {
		*name = class_name;
		return ERR_OK;
	}
	e = epcis_any_event(c, r->parameter, value, &any, &go);
	if (e == ERR_OK && go && !any)
		*name = class_name;
	/* a problem is found again, and written then */
	http_response_reset(c->res);
	return e;
}

static enum err
put_value_resource(struct call *c)
{
	struct json_out o;

	open_collection(&o, c);
	json_out_str(&o, NULL, "events");
	close_collection(&o);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return answer_done(c->res, 200, epcis_media(c));
}

/* The path's value with the client's prefixes resolved; out keeps it. */
static enum err
expand_value(struct call *c, struct buf *out)
{
	epcis_extensions_expand(out, &c->epcis.extensions, c->wild[0]);
	c->wild[0] = buf_span(out);
	return buf_error(out);
}

static enum err
show_value(struct call *c)
{
	const struct resource *r = resource_of(c);
	const char *name;
	bool any, go;
	enum err e = parameter_of(c, r, &name);

	if (e != ERR_OK)
		return e;
	e = epcis_any_event(c, name, c->wild[0], &any, &go);
	if (e != ERR_OK || !go)
		return e;
	if (any || is_standard(r, c->wild[0]))
		return put_value_resource(c);
	answer_problem(
	    c->res, 404, "not_found", NULL, NULL, "no event has this value");
	return ERR_OK;
}

enum err
epcis_value(struct call *c)
{
	struct buf value = buf_heap(STATEMENT_MAX);
	enum err e = expand_value(c, &value);

	if (e == ERR_OK)
		e = show_value(c);
	buf_free(&value);
	return e;
}

enum err
epcis_value_events(struct call *c)
{
	struct buf value = buf_heap(STATEMENT_MAX);
	const char *name;
	enum err e = expand_value(c, &value);

	if (e == ERR_OK)
		e = parameter_of(c, resource_of(c), &name);
	if (e == ERR_OK)
		e = epcis_answer_events(c, name, c->wild[0], NULL);
	buf_free(&value);
	return e;
}
