/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "event/cbv.h"

#include "epcis_query_internal.h"

#include "base/banned.h"

/* ---- faults ---- */
static enum err
fault(struct epcis_fault *f, unsigned status, const char *code,
    struct span parameter, const char *wanted)
{
	size_t n = parameter.n < sizeof(f->parameter) - 4
		       ? parameter.n
		       : sizeof(f->parameter) - 4;

	/* not in the middle of a character */
	while (n < parameter.n && n > 0 && (parameter.p[n] & 0xc0) == 0x80)
		n--;
	f->status = status;
	f->code = code;
	f->wanted = wanted;
	(void)snprintf(f->parameter, sizeof(f->parameter), "%.*s%s", (int)n,
	    (const char *)parameter.p, n < parameter.n ? "\xe2\x80\xa6" : "");
	return ERR_SYNTAX;
}

enum err
epcis_query_bad(struct epcis_param *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->f->detail, sizeof(p->f->detail), fmt, ap);
	va_end(ap);
	return fault(p->f, 400, "bad_parameter", p->name, p->rule->wanted);
}

enum err
epcis_query_too_complex(struct epcis_param *p, const char *what)
{
	(void)snprintf(p->f->detail, sizeof(p->f->detail),
	    "the query has more %s than this server takes", what);
	return fault(p->f, 413, "too_complex", p->name, NULL);
}

static enum err
bad_combination(
    struct epcis_fault *f, const char *parameter, const char *detail)
{
	(void)snprintf(f->detail, sizeof(f->detail), "%s", detail);
	return fault(f, 400, "bad_parameter", span_str(parameter), NULL);
}

/* ---- parameters that are no condition ---- */
struct span *
epcis_query_given(struct epcis_param *p)
{
	return p->q->values + p->q->value_count;
}

static enum err
take_order(struct epcis_param *p)
{
	struct span v = *epcis_query_given(p);

	if (span_is(v, "eventTime"))
		p->q->sql.order = QUERY_BY_EVENT_TIME;
	else if (span_is(v, "recordTime"))
		p->q->sql.order = QUERY_BY_RECORD_TIME;
	else
		return epcis_query_bad(
		    p, "events are not ordered by anything else");
	p->q->order_given = true;
	return ERR_OK;
}

static enum err
take_direction(struct epcis_param *p)
{
	struct span v = *epcis_query_given(p);

	p->q->sql.descending = span_is(v, "DESC");
	p->q->direction_given = true;
	if (!p->q->sql.descending && !span_is(v, "ASC"))
		return epcis_query_bad(p, "got another direction");
	return ERR_OK;
}

enum { COUNT_LIMIT, COUNT_MAX, COUNT_PAGE };

static enum err
take_count(struct epcis_param *p)
{
	struct epcis_query *q = p->q;
	uint64_t v,
	    max = p->rule->arg == COUNT_PAGE ? QUERY_LIMIT : EPCIS_COUNT_MAX;

	if (u64_parse(&v, *epcis_query_given(p), max) != ERR_OK || v == 0)
		return epcis_query_bad(p, "the number is none or out of range");
	if (p->rule->arg == COUNT_LIMIT)
		q->event_count_limit = (unsigned)v;
	else if (p->rule->arg == COUNT_MAX)
		q->max_event_count = (unsigned)v;
	else
		q->per_page = (unsigned)v;
	return ERR_OK;
}

static enum err
take_token(struct epcis_param *p)
{
	p->q->token = *epcis_query_given(p);
	return ERR_OK;
}

/* ---- the table (epcis.md 9.6, 11) ---- */
#define TIME "an RFC 3339 time with zone; a plus in a URL is sent as %2B"
#define URIS "URIs"
#define EPCS                                                                   \
	"URIs of GS1 identifiers (URN or Digital Link), other URIs, or "       \
	"patterns urn:epc:idpat:…"
#define STEPS "business steps of CBV 2.0 or URIs"
#define DISPOSITIONS "dispositions of CBV 2.0 or URIs"
#define TYPED "URIs; the parameter's name ends in a type of CBV 2.0 or a URI"
#define QUANTITY                                                               \
	"decimal numbers; the name may end in _ and a unit, two or three "     \
	"characters of A-Z0-9"

#define LIST(name, field, take, arg, wanted)                                   \
	{                                                                      \
		name, SHAPE_TEXTS, false, false, field, QUERY_EQ, take, arg,   \
		    wanted                                                     \
	}
#define WHEN(name, field, op)                                                  \
	{                                                                      \
		name, SHAPE_TEXT, false, false, field, op, epcis_take_time, 0, \
		    TIME                                                       \
	}
#define LINK(name, field, list)                                                \
	{                                                                      \
		name, SHAPE_TEXTS, true, false, field, QUERY_EQ,               \
		    epcis_take_typed, list, TYPED                              \
	}
#define MANY(name, op, shape)                                                  \
	{                                                                      \
		name, shape, true, false, QUERY_QUANTITY, op,                  \
		    epcis_take_quantity, 0, QUANTITY                           \
	}
#define ELSE(name, shape, request, take, arg, wanted)                          \
	{                                                                      \
		name, shape, false, request, QUERY_FIELDS, QUERY_EQ, take,     \
		    arg, wanted                                                \
	}

static const struct epcis_rule rules[] = {
	LIST("eventType", QUERY_EVENT_TYPE, epcis_take_types, 0,
	    "ObjectEvent, AggregationEvent, TransactionEvent, "
	    "TransformationEvent, AssociationEvent or URIs"),
	WHEN("GE_eventTime", QUERY_EVENT_TIME, QUERY_GE),
	WHEN("LT_eventTime", QUERY_EVENT_TIME, QUERY_LT),
	WHEN("GE_recordTime", QUERY_RECORD_TIME, QUERY_GE),
	WHEN("LT_recordTime", QUERY_RECORD_TIME, QUERY_LT),
	LIST("EQ_action", QUERY_ACTION, epcis_take_actions, 0,
	    "ADD, OBSERVE or DELETE"),
	LIST("EQ_bizStep", QUERY_BIZ_STEP, epcis_take_words, CBV_BIZ_STEP,
	    STEPS),
	LIST("EQ_disposition", QUERY_DISPOSITION, epcis_take_words,
	    CBV_DISPOSITION, DISPOSITIONS),
	LIST("EQ_readPoint", QUERY_READ_POINT, epcis_take_identifiers, 0, URIS),
	LIST("EQ_bizLocation", QUERY_BIZ_LOCATION, epcis_take_identifiers, 0,
	    URIS),
	LIST("EQ_eventID", QUERY_EVENT_ID, epcis_take_uris, 0, URIS),
	LIST("MATCH_epc", QUERY_EPC, epcis_take_epcs, 0, EPCS),
	LIST("MATCH_parentID", QUERY_PARENT, epcis_take_epcs, 0, EPCS),
	LIST("MATCH_inputEPC", QUERY_INPUT, epcis_take_epcs, 0, EPCS),
	LIST("MATCH_outputEPC", QUERY_OUTPUT, epcis_take_epcs, 0, EPCS),
	LIST("MATCH_anyEPC", QUERY_ANY_EPC, epcis_take_epcs, 0, EPCS),
	LIST("MATCH_epcClass", QUERY_CLASS, epcis_take_epcs, 1, EPCS),
	LIST(
	    "MATCH_inputEPCClass", QUERY_INPUT_CLASS, epcis_take_epcs, 1, EPCS),
	LIST("MATCH_outputEPCClass", QUERY_OUTPUT_CLASS, epcis_take_epcs, 1,
	    EPCS),
	LIST("MATCH_anyEPCClass", QUERY_ANY_CLASS, epcis_take_epcs, 1, EPCS),
	{ "EXISTS_errorDeclaration", SHAPE_FLAG, false, false,
	    QUERY_DECLARATION, QUERY_EXISTS, epcis_take_exists, 0,
	    "true, 1 or nothing (must be there), or false (no condition)" },
	LINK("EQ_bizTransaction_", QUERY_TRANSACTION, CBV_BIZ_TRANSACTION),
	LINK("EQ_source_", QUERY_SOURCE, CBV_SOURCE),
	LINK("EQ_destination_", QUERY_DESTINATION, CBV_SOURCE),
	LIST("EQ_transformationID", QUERY_TRANSFORMATION, epcis_take_uris, 0,
	    URIS),
	LIST("EQ_persistentDisposition_set", QUERY_PERSISTENT_SET,
	    epcis_take_words, CBV_DISPOSITION, DISPOSITIONS),
	LIST("EQ_persistentDisposition_unset", QUERY_PERSISTENT_UNSET,
	    epcis_take_words, CBV_DISPOSITION, DISPOSITIONS),
	WHEN("GE_errorDeclarationTime", QUERY_DECLARATION_TIME, QUERY_GE),
	WHEN("LT_errorDeclarationTime", QUERY_DECLARATION_TIME, QUERY_LT),
	WHEN("GE_errorDeclaration_Time", QUERY_DECLARATION_TIME, QUERY_GE),
	WHEN("LT_errorDeclaration_Time", QUERY_DECLARATION_TIME, QUERY_LT),
	LIST("EQ_errorReason", QUERY_REASON, epcis_take_words, CBV_REASON,
	    "did_not_occur, incorrect_data or URIs"),
	LIST(
	    "EQ_correctiveEventID", QUERY_CORRECTIVE, epcis_take_uris, 0, URIS),
	MANY("EQ_quantity", QUERY_EQ, SHAPE_NUMBERS),
	MANY("GT_quantity", QUERY_GT, SHAPE_NUMBER),
	MANY("GE_quantity", QUERY_GE, SHAPE_NUMBER),
	MANY("LT_quantity", QUERY_LT, SHAPE_NUMBER),
	MANY("LE_quantity", QUERY_LE, SHAPE_NUMBER),
	ELSE("orderBy", SHAPE_TEXT, false, take_order, 0,
	    "eventTime or recordTime"),
	ELSE("orderDirection", SHAPE_TEXT, false, take_direction, 0,
	    "ASC or DESC"),
	ELSE("eventCountLimit", SHAPE_NUMBER, false, take_count, COUNT_LIMIT,
	    "a number from 1 to 10000"),
	ELSE("maxEventCount", SHAPE_NUMBER, false, take_count, COUNT_MAX,
	    "a number from 1 to 10000"),
	ELSE("perPage", SHAPE_NUMBER, true, take_count, COUNT_PAGE,
	    "a number from 1 to 1000"),
	ELSE("nextPageToken", SHAPE_TEXT, true, take_token, 0,
	    "the token of a Link header"),
};

/* What an open name goes on with: a type is needed, a unit may stand behind an
 * underscore. */
static bool
rest_fits(const struct epcis_rule *r, struct span rest)
{
	if (r->take == epcis_take_quantity)
		return rest.n == 0 || rest.p[0] == '_';
	return rest.n > 0;
}

static const struct epcis_rule *
find_rule(struct span name, struct span *rest)
{
	*rest = SPAN_NONE;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct epcis_rule *r = &rules[i];

		if (!r->open && span_is(name, r->name))
			return r;
		if (!r->open || !span_starts(name, r->name))
			continue;
		*rest = span_skip(name, strlen(r->name));
		if (rest_fits(r, *rest))
			return r;
	}
	return NULL;
}

/* ---- names that are no parameter here ---- */
/* Tiers 5 and 6 by what follows the operator: known, and not supported. A
 * colon stands in the names of extensions and ILMD. */
static bool
in_the_standard(struct span name)
{
	static const char *const operators[] = { "EQ_", "GT_", "GE_", "LT_",
		"LE_", "EXISTS_", "WD_", "HASATTR_", "EQATTR_" };
	static const char *const fields[] = { "time", "startTime", "endTime",
		"type", "deviceID", "deviceMetadata", "rawData",
		"dataProcessingMethod", "microorganism", "chemicalSubstance",
		"bizRules", "stringValue", "booleanValue", "hexBinaryValue",
		"uriValue", "value", "minValue", "maxValue", "meanValue",
		"sDev", "percRank", "percValue", "component", "exception",
		"coordinateReferenceSystem", "sensorElementList",
		"sensorElement", "INNER_", "ILMD_", "ATTR_", "SENSORELEMENT_",
		"SENSORMETADATA_", "SENSORREPORT_", "ERROR_DECLARATION_" };

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		struct span rest;

		if (!span_starts(name, operators[i]))
			continue;
		rest = span_skip(name, strlen(operators[i]));
		if (i >= 6)
			return true;
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]);
		     k++) {
			if (span_starts(rest, fields[k]))
				return true;
		}
		return rest.n > 0 && memchr(rest.p, ':', rest.n) != NULL;
	}
	return false;
}

static enum err
refuse_name(struct epcis_fault *f, struct span name)
{
	bool known = in_the_standard(name);

	(void)snprintf(f->detail, sizeof(f->detail), "%s",
	    known ? "EPCIS 2.0 has this parameter, this server does not "
		    "support it"
		  : "the query holds a parameter that is not known");
	return fault(f, 400,
	    known ? "unsupported_parameter" : "unknown_parameter", name, NULL);
}

/* ---- one parameter ---- */
static enum err
check_shape(struct epcis_param *p)
{
	enum epcis_shape s = p->rule->shape;
	bool number = s == SHAPE_NUMBER || s == SHAPE_NUMBERS;
	const struct span *v = epcis_query_given(p);

	if (s == SHAPE_FLAG)
		return p->n == 1 ? ERR_OK
				 : epcis_query_bad(p, "got several values");
	if (!p->target && p->type != (number ? JSON_NUMBER : JSON_STRING))
		return epcis_query_bad(
		    p, "wanted %s in JSON", number ? "numbers" : "strings");
	if (p->n == 0)
		return epcis_query_bad(p, "got no value");
	if (p->n > 1 && s != SHAPE_TEXTS && s != SHAPE_NUMBERS)
		return epcis_query_bad(p, "got %zu values, wanted one", p->n);
	for (size_t i = 0; i < p->n; i++) {
		if (v[i].n == 0)
			return epcis_query_bad(p, "got an empty value");
		if (!utf8_valid(v[i]))
			return epcis_query_bad(p, "a value is no UTF-8");
	}
	return ERR_OK;
}

/* For the query's hash; length in front of each part, so that nothing can be
 * moved between them. */
static void
remember(struct epcis_param *p)
{
	const struct span *v = epcis_query_given(p);
	uint8_t space[8];
	struct sha256 s;

	sha256_init(&s);
	for (size_t i = 0; i <= p->n; i++) {
		struct span part = i == 0 ? p->name : v[i - 1];
		struct buf length = buf_fixed(space, sizeof(space));

		buf_u64be(&length, part.n);
		sha256_add(&s, buf_span(&length));
		sha256_add(&s, part);
	}
	sha256_done(&s, &p->q->params[p->q->param_count++]);
}

static enum err
take(struct epcis_param *p)
{
	enum err e = check_shape(p);

	if (e != ERR_OK)
		return e;
	if (!p->rule->request) {
		if (p->q->param_count == EPCIS_QUERY_PARAMS)
			return epcis_query_too_complex(p, "parameters");
		remember(p);
	}
	return p->rule->take(p);
}

static enum err
add_value(struct epcis_param *p, struct span v)
{
	if (p->q->value_count + p->n == EPCIS_QUERY_VALUES)
		return epcis_query_too_complex(p, "values");
	epcis_query_given(p)[p->n++] = v;
	return ERR_OK;
}

static bool
is_list(const struct epcis_rule *r)
{
	return r->shape == SHAPE_TEXTS || r->shape == SHAPE_NUMBERS;
}

/* ---- request targets ---- */
static enum err
split(struct epcis_param *p, struct span text)
{
	for (;;) {
		const uint8_t *at =
		    text.n == 0 ? NULL : memchr(text.p, '|', text.n);
		size_t n = at == NULL ? text.n : (size_t)(at - text.p);
		enum err e = add_value(p, span_of(text.p, n));

		if (e != ERR_OK || at == NULL)
			return e;
		text = span_skip(text, n + 1);
	}
}

static enum err
take_param(struct epcis_query *q, const struct target_param *param,
    struct epcis_fault *f)
{
	struct epcis_param p = { .q = q, .f = f, .name = param->name };
	enum err e;

	p.target = true;
	p.type = JSON_STRING;
	p.rule = find_rule(p.name, &p.rest);
	if (p.rule == NULL)
		return refuse_name(f, p.name);
	e = is_list(p.rule) ? split(&p, param->value)
			    : add_value(&p, param->value);
	return e == ERR_OK ? take(&p) : e;
}

/* What parameters ask of each other (9.6). */
static enum err
finish(struct epcis_query *q, struct epcis_fault *f)
{
	if (q->event_count_limit != 0 && q->max_event_count != 0)
		return bad_combination(f, "eventCountLimit",
		    "eventCountLimit and maxEventCount exclude each other");
	if (q->event_count_limit != 0 && !q->order_given)
		return bad_combination(
		    f, "eventCountLimit", "eventCountLimit needs orderBy");
	if (q->direction_given && !q->order_given)
		return bad_combination(
		    f, "orderDirection", "orderDirection needs orderBy");
	if (q->order_given && !q->direction_given)
		q->sql.descending = true;
	return ERR_OK;
}

void
epcis_query_init(struct epcis_query *q)
{
	memset(q, 0, offsetof(struct epcis_query, params));
	q->value_count = q->range_count = q->used = 0;
	q->per_page = EPCIS_PAGE_DEFAULT;
}

enum err
epcis_query_target(
    struct epcis_query *q, const struct target *t, struct epcis_fault *f)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; e == ERR_OK && i < t->param_count; i++)
		e = take_param(q, &t->param[i], f);
	return e == ERR_OK ? finish(q, f) : e;
}

enum err
epcis_query_where(struct epcis_query *q, const char *name, struct span value,
    struct epcis_fault *f)
{
	struct epcis_param p = { .q = q, .f = f, .name = span_str(name) };
	enum err e;

	p.target = true;
	p.type = JSON_STRING;
	p.rule = find_rule(p.name, &p.rest);
	if (p.rule == NULL)
		return refuse_name(f, p.name);
	e = add_value(&p, value);
	return e == ERR_OK ? take(&p) : e;
}

/* ---- JSON ---- */
/* The string's text, kept where it had to be unescaped. */
static enum err
text_of(struct epcis_param *p, struct span *out, const struct json_doc *doc,
    uint32_t node, bool key)
{
	struct epcis_query *q = p->q;
	uint8_t *space = q->space + q->used;
	size_t cap = sizeof(q->space) - q->used;
	enum err e = key ? json_key(out, doc, node, space, cap)
			 : json_string(out, doc, node, space, cap);

	if (e != ERR_OK)
		return epcis_query_too_complex(p, "text");
	if (out->p == space)
		q->used += out->n;
	return ERR_OK;
}

static enum err
add_node(struct epcis_param *p, const struct json_doc *doc, uint32_t node)
{
	enum json_type type = json_type(doc, node);
	struct span v;
	enum err e = ERR_OK;

	if (p->n > 0 && type != p->type)
		return epcis_query_bad(p, "values of several types");
	p->type = type;
	if (type == JSON_ARRAY || type == JSON_OBJECT)
		return epcis_query_bad(p, "got an array or object as value");
	if (doc->nodes[node].has_nul)
		return epcis_query_bad(p, "a value holds U+0000");
	if (type == JSON_STRING)
		e = text_of(p, &v, doc, node, false);
	else
		v = type == JSON_NULL ? SPAN_NONE : json_raw(doc, node);
	return e == ERR_OK ? add_value(p, v) : e;
}

static enum err
take_member(struct epcis_query *q, const struct json_doc *doc, uint32_t member,
    struct epcis_fault *f)
{
	struct epcis_param p = { .q = q, .f = f };
	enum err e = text_of(&p, &p.name, doc, member, true);

	if (e != ERR_OK)
		return e;
	p.rule = find_rule(p.name, &p.rest);
	if (p.rule == NULL || p.rule->request)
		return refuse_name(f, p.name);
	if (!is_list(p.rule) || json_type(doc, member) != JSON_ARRAY) {
		e = add_node(&p, doc, member);
		return e == ERR_OK ? take(&p) : e;
	}
	p.type = p.rule->shape == SHAPE_NUMBERS ? JSON_NUMBER : JSON_STRING;
	for (uint32_t i = json_first(doc, member);
	     e == ERR_OK && i != JSON_NONE; i = doc->nodes[i].next)
		e = add_node(&p, doc, i);
	return e == ERR_OK ? take(&p) : e;
}

enum err
epcis_query_json(struct epcis_query *q, const struct json_doc *doc,
    uint32_t object, struct epcis_fault *f)
{
	enum err e = ERR_OK;

	for (uint32_t m = json_first(doc, object);
	     e == ERR_OK && m != JSON_NONE; m = doc->nodes[m].next)
		e = take_member(q, doc, m, f);
	return e == ERR_OK ? finish(q, f) : e;
}

/* ---- hash ---- */
static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

struct hash
epcis_query_digest(const struct epcis_query *q)
{
	struct hash sorted[EPCIS_QUERY_PARAMS];
	size_t bytes = q->param_count * sizeof(sorted[0]);

	memcpy(sorted, q->params, bytes);
	qsort(sorted, q->param_count, sizeof(sorted[0]), compare);
	return hash_bytes(span_of(sorted, bytes));
}
