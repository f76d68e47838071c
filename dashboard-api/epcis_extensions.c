/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_extensions.h"

#include "base/banned.h"

#define PREFIX_MAX 40
#define IRI_MAX 500

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct span
trimmed(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_prefix(struct span s)
{
	if (s.n == 0 || s.n > PREFIX_MAX || !is_alpha(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!is_alpha(c) && (c < '0' || c > '9') &&
		    strchr("-_.", c) == NULL)
			return false;
	}
	return true;
}

/* A scheme, a colon and what may stand in a URI (RFC 3986, no comma: it parts
 * the list). */
static bool
is_iri(struct span s)
{
	const uint8_t *colon = s.n == 0 ? NULL : memchr(s.p, ':', s.n);

	if (colon == NULL || s.n > IRI_MAX ||
	    !is_prefix(span_of(s.p, (size_t)(colon - s.p))) ||
	    colon + 1 == s.p + s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|},", s.p[i]) != NULL)
			return false;
	}
	return true;
}

static const struct epcis_extension *
find(const struct epcis_extensions *x, struct span prefix)
{
	for (size_t i = 0; i < x->count; i++) {
		if (span_equal(x->at[i].prefix, prefix))
			return &x->at[i];
	}
	return NULL;
}

/* epcis 7.2: these mean what they mean; and what is a scheme is no prefix. */
static bool
is_taken(struct span prefix)
{
	static const char *const taken[] = { "epcis", "cbv", "gs1", "urn",
		"http", "https", "did", "ni" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (span_is(prefix, taken[i]))
			return true;
	}
	return false;
}

static enum err
add(struct epcis_extensions *x, struct span pair, struct diag *d)
{
	static const char clause[] = "epcis 9.2";
	const uint8_t *equals = memchr(pair.p, '=', pair.n);
	size_t n = equals == NULL ? pair.n : (size_t)(equals - pair.p);
	int shown = pair.n > 60 ? 60 : (int)pair.n;
	const char *text = (const char *)pair.p;
	struct epcis_extension e = { .prefix = trimmed(span_of(pair.p, n)) };

	if (equals != NULL)
		e.iri = trimmed(span_skip(pair, n + 1));
	if (!is_prefix(e.prefix) || !is_iri(e.iri))
		return diag_fail(d, ERR_SYNTAX, clause,
		    "got %.*s, wanted "
		    "prefix=uri",
		    shown, text);
	if (is_taken(e.prefix))
		return diag_fail(d, ERR_SYNTAX, clause,
		    "%.*s has a meaning already", (int)e.prefix.n,
		    (const char *)e.prefix.p);
	if (find(x, e.prefix) != NULL)
		return diag_fail(d, ERR_SYNTAX, clause, "%.*s stands twice",
		    (int)e.prefix.n, (const char *)e.prefix.p);
	if (x->count == EPCIS_EXTENSIONS)
		return diag_fail(d, ERR_LIMIT, clause, "more than %d prefixes",
		    EPCIS_EXTENSIONS);
	x->at[x->count++] = e;
	return ERR_OK;
}

enum err
epcis_extensions_read(
    struct epcis_extensions *out, struct span header, struct diag *d)
{
	out->count = 0;
	while (header.n > 0) {
		const uint8_t *comma = memchr(header.p, ',', header.n);
		size_t n =
		    comma == NULL ? header.n : (size_t)(comma - header.p);
		struct span pair = trimmed(span_of(header.p, n));
		enum err e = ERR_OK;

		/* RFC 9110 5.6.1.2: empty members of a list are none. */
		if (pair.n > 0)
			e = add(out, pair, d);
		if (e != ERR_OK)
			return e;
		header = span_skip(header, comma == NULL ? n : n + 1);
	}
	return ERR_OK;
}

void
epcis_extensions_shorten(
    struct buf *out, const struct epcis_extensions *x, struct span value)
{
	const struct epcis_extension *best = NULL;

	for (size_t i = 0; i < x->count; i++) {
		const struct epcis_extension *e = &x->at[i];

		if (value.n > e->iri.n &&
		    memcmp(value.p, e->iri.p, e->iri.n) == 0 &&
		    (best == NULL || e->iri.n > best->iri.n))
			best = e;
	}
	if (best != NULL) {
		buf_put(out, best->prefix);
		buf_byte(out, ':');
		value = span_skip(value, best->iri.n);
	}
	buf_put(out, value);
}

void
epcis_extensions_expand(
    struct buf *out, const struct epcis_extensions *x, struct span value)
{
	const uint8_t *colon =
	    value.n == 0 ? NULL : memchr(value.p, ':', value.n);
	size_t n = colon == NULL ? 0 : (size_t)(colon - value.p);
	const struct epcis_extension *e =
	    colon == NULL ? NULL : find(x, span_of(value.p, n));

	if (e != NULL) {
		buf_put(out, e->iri);
		value = span_skip(value, n + 1);
	}
	buf_put(out, value);
}

void
epcis_extensions_print(struct buf *out, const struct epcis_extensions *x)
{
	for (size_t i = 0; i < x->count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		buf_put(out, x->at[i].prefix);
		buf_byte(out, '=');
		buf_put(out, x->at[i].iri);
	}
}
