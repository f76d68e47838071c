/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "gs1/gs1.h"

#include "epcis_hash_internal.h"

#include "base/banned.h"

static bool
digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span
trim(struct span s)
{
	while (s.n > 0 && blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The unescaped string without blanks around it, a view of the document or of
 * h->text. */
static struct span
text_of(struct hashing *x, uint32_t node)
{
	const struct json_doc *json = x->json;
	size_t n = json->nodes[node].length;
	struct span out;
	uint8_t *p;

	if (!json->nodes[node].escaped)
		return trim(json_raw(json, node));
	buf_reset(&x->h->text);
	p = buf_reserve(&x->h->text, n + 1);
	if (p != NULL && json_string(&out, json, node, p, n + 1) == ERR_OK)
		return trim(out);
	epcis_hash_fail(x, ERR_TOO_LARGE, NULL);
	return SPAN_NONE;
}

/* ---- GS1 identifiers ---- */
/* gs1.md 6.7: names that old Digital Links have in place of an AI. */
static const struct alpha {
	const char *name, *ai;
} alphas[] = {
	{ "gtin", "01" },
	{ "sscc", "00" },
	{ "itip", "8006" },
	{ "cpid", "8010" },
	{ "gln", "414" },
	{ "party", "417" },
	{ "gsrn", "8018" },
	{ "gsrnp", "8017" },
	{ "gcn", "255" },
	{ "gdti", "253" },
	{ "ginc", "401" },
	{ "gsin", "402" },
	{ "grai", "8003" },
	{ "giai", "8004" },
	{ "cpv", "22" },
	{ "lot", "10" },
	{ "ser", "21" },
	{ "glnx", "254" },
	{ "cpsn", "8011" },
	{ "srin", "8019" },
};

static const char *
ai_of(struct span segment)
{
	for (size_t i = 0; i < sizeof(alphas) / sizeof(alphas[0]); i++) {
		if (span_is(segment, alphas[i].name))
			return alphas[i].ai;
	}
	return NULL;
}

/* Bytes of scheme and host, 0: no link. */
static size_t
host_end(struct span s)
{
	size_t n;

	if (span_starts(s, "https://") || span_starts(s, "HTTPS://"))
		n = 8;
	else if (span_starts(s, "http://") || span_starts(s, "HTTP://"))
		n = 7;
	else
		return 0;
	while (n < s.n && s.p[n] != '/')
		n++;
	return n;
}

/* The link with numbers for those names, in h->link; false when there is none
 * in the place of an AI, counted in pairs from the end. */
static bool
numbered(struct hashing *x, struct span s)
{
	struct buf *out = &x->h->link;
	size_t end = host_end(s), slashes = 0, stop;
	bool any = false;

	for (stop = end; stop < s.n && s.p[stop] != '?' && s.p[stop] != '#';
	     stop++)
		slashes += s.p[stop] == '/';
	if (end == 0 || slashes == 0)
		return false;
	buf_reset(out);
	buf_put(out, span_of(s.p, end));
	for (size_t i = end; i < stop; slashes--) {
		size_t from = ++i;
		const char *ai;

		while (i < stop && s.p[i] != '/')
			i++;
		ai = slashes % 2 == 0 ? ai_of(span_of(s.p + from, i - from))
				      : NULL;
		any |= ai != NULL;
		buf_byte(out, '/');
		buf_put(out,
		    ai != NULL ? span_str(ai) : span_of(s.p + from, i - from));
	}
	return any && buf_error(out) == ERR_OK;
}

static bool
is_identifier(struct hashing *x, struct span s)
{
	enum gs1_subject_kind kind;

	buf_reset(&x->h->sorted);
	kind = gs1_subject(&x->h->sorted, s);
	return kind == GS1_SUBJECT_INSTANCE || kind == GS1_SUBJECT_CLASS;
}

/* 10.4: constrained canonical form; an apostrophe is raw in it. */
static void
put_identifier(struct hashing *x)
{
	struct span s = buf_span(&x->h->sorted);

	while (s.n > 0) {
		bool apostrophe = span_starts(s, "%27");

		buf_byte(&x->h->pre, apostrophe ? '\'' : s.p[0]);
		s = span_skip(s, apostrophe ? 3 : 1);
	}
}

static void
put_uri(struct hashing *x, struct span s)
{
	if (is_identifier(x, s) ||
	    (numbered(x, s) && is_identifier(x, buf_span(&x->h->link))))
		put_identifier(x);
	else
		buf_put(&x->h->pre, s);
}

/* ---- strings ---- */
static void
put_text(struct hashing *x, struct span s)
{
	const uint8_t *colon = s.n == 0 ? NULL : memchr(s.p, ':', s.n);
	struct span prefix, rest, iri;
	struct buf *whole = &x->h->link;

	if (colon == NULL) {
		buf_put(&x->h->pre, s);
		return;
	}
	prefix = span_of(s.p, (size_t)(colon - s.p));
	rest = span_skip(s, prefix.n + 1);
	if (span_starts(rest, "//") || !epcis_hash_prefix(&iri, x, prefix)) {
		put_uri(x, s);
		return;
	}
	/* A CURIE may stand for an identifier too. */
	buf_reset(whole);
	buf_put(whole, iri);
	buf_put(whole, rest);
	if (buf_error(whole) != ERR_OK)
		epcis_hash_fail(x, buf_error(whole), NULL);
	else if (is_identifier(x, buf_span(whole)))
		put_identifier(x);
	else
		buf_put(&x->h->pre, buf_span(whole));
}

/* ---- words ---- */
static const struct words {
	enum epcis_list list;
	const char *home; /* before the word in the canonical form */
	const char *old;  /* before it in the URN of CBV 1.2, or NULL */
	const char *curie;
} words[] = {
	[HASH_BIZ_STEP] = { EPCIS_BIZ_STEP, "https://ref.gs1.org/cbv/BizStep-",
	    "urn:epcglobal:cbv:bizstep:", "cbv:BizStep-" },
	[HASH_DISPOSITION] = { EPCIS_DISPOSITION,
	    "https://ref.gs1.org/cbv/Disp-",
	    "urn:epcglobal:cbv:disp:", "cbv:Disp-" },
	[HASH_BIZ_TRANSACTION] = { EPCIS_BIZ_TRANSACTION,
	    "https://ref.gs1.org/cbv/BTT-",
	    "urn:epcglobal:cbv:btt:", "cbv:BTT-" },
	[HASH_SOURCE] = { EPCIS_SOURCE, "https://ref.gs1.org/cbv/SDT-",
	    "urn:epcglobal:cbv:sdt:", "cbv:SDT-" },
	[HASH_COMPONENT] = { EPCIS_COMPONENT, "https://ref.gs1.org/cbv/Comp-",
	    NULL, "cbv:Comp-" },
	[HASH_SENSOR] = { EPCIS_SENSOR, "https://gs1.org/voc/", NULL, "gs1:" },
	[HASH_EXCEPTION] = { EPCIS_EXCEPTION, "https://gs1.org/voc/", NULL,
	    "gs1:" },
};

void
epcis_hash_word(struct hashing *x, uint32_t node, enum hash_word kind)
{
	const struct words *w = &words[kind];
	struct span s = text_of(x, node), bare = s;

	if (span_starts(s, w->curie))
		bare = span_skip(s, strlen(w->curie));
	else if (w->old != NULL && span_starts(s, w->old))
		bare = span_skip(s, strlen(w->old));
	if (epcis_word(w->list, bare)) {
		buf_str(&x->h->pre, w->home);
		buf_put(&x->h->pre, bare);
		return;
	}
	if (s.n > 0 && memchr(s.p, ':', s.n) == NULL)
		epcis_hash_odd(x, "a bare word that CBV 2.0 does not list");
	put_text(x, s);
}

/* ---- times ---- */
void
epcis_hash_time(struct hashing *x, uint32_t node)
{
	struct span s = text_of(x, node);
	const uint8_t *dot;
	char text[RFC3339_CHARS + 1];
	int64_t ms;

	if (rfc3339_parse(&ms, s) != ERR_OK) {
		if (s.n > 0)
			epcis_hash_odd(x, "a time that is no date-time");
		buf_put(&x->h->pre, s);
		return;
	}
	dot = memchr(s.p, '.', s.n);
	/* 10.4: the fourth digit decides; a date-time ends with its zone, so
	 * a byte follows each digit. */
	if (dot != NULL && (size_t)(s.p + s.n - dot) > 4 && digit(dot[1]) &&
	    digit(dot[2]) && digit(dot[3]) && dot[4] >= '5' && dot[4] <= '9')
		ms++;
	rfc3339_print(text, ms);
	buf_str(&x->h->pre, text);
}

/* ---- numbers ---- */
struct decimal {
	struct span mantissa; /* digits and at most one point */
	size_t whole;         /* digits before the point */
	int64_t exponent;
	bool negative;
};

#define EXPONENT_MAX 1000000

/* A number of the JSON grammar. */
static void
read_number(struct decimal *out, struct span s)
{
	size_t n = 0;
	bool minus = false;

	memset(out, 0, sizeof(*out));
	if (s.p[0] == '-') {
		out->negative = true;
		s = span_skip(s, 1);
	}
	while (n < s.n && (digit(s.p[n]) || s.p[n] == '.'))
		n++;
	out->mantissa = span_of(s.p, n);
	while (out->whole < n && s.p[out->whole] != '.')
		out->whole++;
	for (n++; n < s.n; n++) {
		minus |= s.p[n] == '-';
		if (digit(s.p[n]) && out->exponent < EXPONENT_MAX)
			out->exponent = out->exponent * 10 + (s.p[n] - '0');
	}
	if (minus)
		out->exponent = -out->exponent;
}

static size_t
digits_of(const struct decimal *v)
{
	return v->mantissa.n - (v->whole < v->mantissa.n ? 1 : 0);
}

static uint8_t
digit_at(const struct decimal *v, size_t i)
{
	return v->mantissa.p[i < v->whole ? i : i + 1];
}

static void
put_number(struct hashing *x, struct span s)
{
	struct buf *out = &x->h->pre;
	struct decimal v;
	size_t first = 0, last;
	int64_t point, i;

	read_number(&v, s);
	last = digits_of(&v);
	while (first < last && digit_at(&v, first) == '0')
		first++;
	if (first == last) {
		buf_byte(out, '0');
		return;
	}
	while (digit_at(&v, last - 1) == '0')
		last--;
	/* Digits with a number below point stand before it. */
	point = (int64_t)v.whole + v.exponent;
	if (point - (int64_t)first > EPCIS_HASH_DIGITS ||
	    (int64_t)last - point > EPCIS_HASH_DIGITS) {
		epcis_hash_fail(x, ERR_LIMIT, "numbers of at most 1100 digits");
		return;
	}
	if (v.negative)
		buf_byte(out, '-');
	i = point < (int64_t)first ? point : (int64_t)first;
	if (i == point)
		buf_byte(out, '0');
	for (; i < (int64_t)last || i < point; i++) {
		bool zero = i < (int64_t)first || i >= (int64_t)last;

		if (i == point)
			buf_byte(out, '.');
		buf_byte(out, zero ? '0' : digit_at(&v, (size_t)i));
	}
}

void
epcis_hash_scalar(struct hashing *x, uint32_t node)
{
	switch (json_type(x->json, node)) {
	case JSON_STRING:
		put_text(x, text_of(x, node));
		break;
	case JSON_NUMBER:
		put_number(x, json_raw(x->json, node));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_put(&x->h->pre, json_raw(x->json, node));
		break;
	default:
		epcis_hash_odd(x, "a null");
	}
}
