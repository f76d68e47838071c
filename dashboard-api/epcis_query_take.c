/* SPDX-License-Identifier: Apache-2.0 */
/* The values of one parameter, as the search tables have them. */
#include "base/clock.h"
#include "event/cbv.h"
#include "event/epcis.h"
#include "gs1/urn.h"
#include "ledger/search.h"

#include "epcis_query_internal.h"

#include "base/banned.h"

#define SHOWN 80
#define SHOW(s) (int)((s).n < SHOWN ? (s).n : SHOWN), (const char *)(s).p

/* ---- conditions ---- */
/* A new one with the parameter's values, which it keeps. */
static enum err
condition(struct epcis_param *p, struct query_condition **out)
{
	struct epcis_query *q = p->q;
	struct query_condition *c = &q->sql.conditions[q->sql.count];

	if (q->sql.count == QUERY_CONDITIONS)
		return epcis_query_too_complex(p, "conditions");
	*c = (struct query_condition){ .field = p->rule->field,
		.op = p->rule->op };
	c->values = epcis_query_given(p);
	c->value_count = p->n;
	q->value_count += p->n;
	q->sql.count++;
	*out = c;
	return ERR_OK;
}

static enum err
with_values(struct epcis_param *p)
{
	struct query_condition *c;

	return condition(p, &c);
}

/* Appends to the query's own text what fn makes of v. */
static enum err
rewrite(struct epcis_param *p, struct span *v,
    enum err (*fn)(struct buf *out, struct span text))
{
	struct epcis_query *q = p->q;
	struct buf b =
	    buf_fixed(q->space + q->used, sizeof(q->space) - q->used);
	enum err e = fn(&b, *v);

	if (e == ERR_SPACE || buf_error(&b) == ERR_SPACE)
		return epcis_query_too_complex(p, "text");
	if (e != ERR_OK)
		return epcis_query_bad(p, "got %.*s", SHOW(*v));
	*v = buf_span(&b);
	q->used += b.n;
	return ERR_OK;
}

/* ---- words and URIs ---- */
enum err
epcis_take_types(struct epcis_param *p)
{
	static const char *const types[] = { "ObjectEvent", "AggregationEvent",
		"TransactionEvent", "TransformationEvent", "AssociationEvent" };
	struct span *v = epcis_query_given(p);

	for (size_t i = 0; i < p->n; i++) {
		bool known = cbv_uri(v[i]);

		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			known = known || span_is(v[i], types[k]);
		if (!known)
			return epcis_query_bad(
			    p, "%.*s is no type of event", SHOW(v[i]));
	}
	return with_values(p);
}

enum err
epcis_take_actions(struct epcis_param *p)
{
	struct span *v = epcis_query_given(p);

	for (size_t i = 0; i < p->n; i++) {
		if (!span_is(v[i], "ADD") && !span_is(v[i], "OBSERVE") &&
		    !span_is(v[i], "DELETE"))
			return epcis_query_bad(
			    p, "%.*s is no action", SHOW(v[i]));
	}
	return with_values(p);
}

/* Bare where it is one of the standard's words in whichever form. */
static enum err
word(struct epcis_param *p, struct span *v)
{
	enum cbv_list list = (enum cbv_list)p->rule->arg;
	struct span bare = epcis_bare(*v, cbv_kind(list));

	if (!cbv_word(list, bare) && !cbv_uri(*v))
		return epcis_query_bad(p,
		    "%.*s is neither a word of CBV 2.0 nor a URI; %s is one",
		    SHOW(*v), cbv_nearest(list, bare));
	*v = bare;
	return ERR_OK;
}

enum err
epcis_take_words(struct epcis_param *p)
{
	struct span *v = epcis_query_given(p);

	for (size_t i = 0; i < p->n; i++) {
		enum err e = word(p, &v[i]);

		if (e != ERR_OK)
			return e;
	}
	return with_values(p);
}

static enum err
check_uris(struct epcis_param *p)
{
	const struct span *v = epcis_query_given(p);

	for (size_t i = 0; i < p->n; i++) {
		if (!cbv_uri(v[i]))
			return epcis_query_bad(p, "%.*s is no URI", SHOW(v[i]));
	}
	return ERR_OK;
}

enum err
epcis_take_uris(struct epcis_param *p)
{
	enum err e = check_uris(p);

	return e == ERR_OK ? with_values(p) : e;
}

static enum err
identifiers(struct epcis_param *p)
{
	struct span *v = epcis_query_given(p);
	enum err e = check_uris(p);

	for (size_t i = 0; e == ERR_OK && i < p->n; i++)
		e = rewrite(p, &v[i], search_identifier);
	return e;
}

enum err
epcis_take_identifiers(struct epcis_param *p)
{
	enum err e = identifiers(p);

	return e == ERR_OK ? with_values(p) : e;
}

/* ---- patterns ---- */
/* One more range: from low up to high; high "": low alone, as no identifier
 * goes on with a blank. */
static enum err
add_range(struct epcis_param *p, const struct urn_range *r)
{
	struct epcis_query *q = p->q;
	struct buf b =
	    buf_fixed(q->space + q->used, sizeof(q->space) - q->used);
	size_t low = strlen(r->low);

	buf_str(&b, r->low);
	buf_str(&b, r->high[0] == '\0' ? r->low : r->high);
	if (r->high[0] == '\0')
		buf_byte(&b, ' ');
	if (buf_error(&b) != ERR_OK || q->range_count == EPCIS_QUERY_VALUES)
		return epcis_query_too_complex(p, "patterns");
	q->ranges[q->range_count++] =
	    (struct query_range){ .lower = span_of(b.p, low),
		    .upper = span_of(b.p + low, b.n - low) };
	q->used += b.n;
	return ERR_OK;
}

static enum err
add_pattern(struct epcis_param *p, struct span text)
{
	struct urn_pattern pattern;
	struct urn_range r;
	struct diag d;
	enum err e = ERR_OK;

	diag_clear(&d);
	if (urn_pattern_parse(&pattern, text, &d) != ERR_OK)
		return epcis_query_bad(p, "%.*s: %s", SHOW(text), d.text);
	for (unsigned i = 0; e == ERR_OK && urn_pattern_range(&r, &pattern, i);
	     i++)
		e = add_range(p, &r);
	return e;
}

/* Takes the patterns out of the values. */
static enum err
patterns(struct epcis_param *p)
{
	struct span *v = epcis_query_given(p);
	size_t kept = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < p->n; i++) {
		if (span_starts(v[i], "urn:epc:idpat:"))
			e = add_pattern(p, v[i]);
		else
			v[kept++] = v[i];
	}
	p->n = kept;
	return e;
}

enum err
epcis_take_epcs(struct epcis_param *p)
{
	struct epcis_query *q = p->q;
	size_t first = q->range_count;
	struct query_condition *c;
	enum err e = patterns(p);

	if (e == ERR_OK)
		e = identifiers(p);
	if (e == ERR_OK && p->n + q->range_count - first > QUERY_VALUES)
		return epcis_query_too_complex(p, "values");
	if (e == ERR_OK)
		e = condition(p, &c);
	if (e != ERR_OK)
		return e;
	c->ranges = q->ranges + first;
	c->range_count = q->range_count - first;
	q->nothing = q->nothing || (c->value_count == 0 && c->range_count == 0);
	return ERR_OK;
}

/* ---- types ---- */
enum err
epcis_take_typed(struct epcis_param *p)
{
	struct query_condition *c;
	struct span type = p->rest;
	enum err e = word(p, &type);

	if (e == ERR_OK)
		e = identifiers(p);
	if (e == ERR_OK)
		e = condition(p, &c);
	if (e == ERR_OK)
		c->type = type;
	return e;
}

/* ---- times, flags, numbers ---- */
enum err
epcis_take_time(struct epcis_param *p)
{
	struct span v = *epcis_query_given(p);
	struct query_condition *c;
	int64_t ms;
	enum err e;

	if (rfc3339_parse(&ms, v) != ERR_OK)
		return epcis_query_bad(p, "%.*s is no such time", SHOW(v));
	p->n = 0;
	e = condition(p, &c);
	if (e == ERR_OK)
		c->ms = ms;
	return e;
}

/* epcis.md 11: false is no filter. */
enum err
epcis_take_exists(struct epcis_param *p)
{
	struct span v = *epcis_query_given(p);

	if (span_is(v, "false"))
		return ERR_OK;
	if (v.n > 0 && !span_is(v, "true") && !span_is(v, "1"))
		return epcis_query_bad(p, "got %.*s", SHOW(v));
	p->n = 0;
	return with_values(p);
}

/* epcis.md 5.1: `_` and two or three of A-Z0-9. */
static bool
unit_ok(struct span rest)
{
	if (rest.n != 3 && rest.n != 4)
		return rest.n == 0;
	for (size_t i = 1; i < rest.n; i++) {
		uint8_t c = rest.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			return false;
	}
	return true;
}

enum err
epcis_take_quantity(struct epcis_param *p)
{
	struct span *v = epcis_query_given(p);
	struct query_condition *c;
	enum err e = ERR_OK;

	if (!unit_ok(p->rest))
		return epcis_query_bad(p, "%.*s is no unit", SHOW(p->rest));
	for (size_t i = 0; e == ERR_OK && i < p->n; i++)
		e = rewrite(p, &v[i], query_decimal);
	if (e == ERR_OK)
		e = condition(p, &c);
	if (e == ERR_OK && p->rest.n > 0)
		c->type = span_skip(p->rest, 1);
	return e;
}
