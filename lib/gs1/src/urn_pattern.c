/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1/urn.h"

#include "base/text.h"

#include "gs1_internal.h"

#include "base/banned.h"

#define CLAUSE "gs1 9.3"
#define BASE "https://id.gs1.org/"

static enum err
broken(struct diag *d, const struct gs1_scheme *s, const char *what)
{
	return diag_fail(
	    d, ERR_SYNTAX, CLAUSE, "pattern %s: %s", s->name, what);
}

/* Fields before the first `*`; false when one behind it is no `*`. */
static bool
count_fixed(unsigned *fixed, const struct gs1_urn *u)
{
	unsigned n = u->scheme->fields, i = 0;

	while (i < n && !span_is(u->field[i], "*"))
		i++;
	*fixed = i;
	for (; i < n; i++) {
		if (!span_is(u->field[i], "*"))
			return false;
	}
	return true;
}

/* No wild field: the EPC itself, held to all rules of its AIs. */
static enum err
take_whole(struct urn_pattern *out, struct gs1_urn *u, struct diag *d)
{
	struct gs1_identity id;
	struct gs1_code code;
	struct span key, fine;
	enum err e;

	u->kind = GS1_URN_ID;
	gs1_start(&code, GS1_FORM_URN);
	e = gs1_urn_fill(&id, u, d);
	if (e != ERR_OK)
		return e;
	key = span_of(id.key_value, id.key_length);
	fine = span_of(id.fine_value, id.fine_length);
	e = gs1_add_checked(&code, id.key, key, 0, d);
	if (e == ERR_OK && id.fine[0] != '\0')
		e = gs1_add_checked(&code, id.fine, fine, 0, d);
	if (e != ERR_OK)
		return e;
	out->whole = out->whole_key = true;
	memcpy(out->start, key.p, key.n);
	out->start_length = (uint8_t)key.n;
	memcpy(out->last, fine.p, fine.n);
	out->last_length = (uint8_t)fine.n;
	return ERR_OK;
}

/* Company prefix alone: the beginning of a key, behind any first digit where
 * the reference gives that. */
static enum err
take_prefix(struct urn_pattern *out, const struct gs1_urn *u, struct diag *d)
{
	struct buf start = buf_fixed(out->start, sizeof(out->start));
	struct span gcp = u->field[0];

	if (gcp.n < 6 || gcp.n > 12 || !gs1_in_set(gcp, GS1_N))
		return broken(
		    d, u->scheme, "wanted a prefix of 6 to 12 digits");
	if (u->scheme->zero)
		buf_byte(&start, '0');
	buf_put(&start, gcp);
	out->any_first = u->scheme->item_first;
	out->start_length = (uint8_t)start.n;
	return ERR_OK;
}

/* Piece and total of an ITIP, as far as they are given. */
static bool
put_pieces(struct buf *start, const struct gs1_urn *u, unsigned fixed)
{
	for (unsigned i = 2; i < fixed; i++) {
		if (u->field[i].n != 2 || !gs1_in_set(u->field[i], GS1_N))
			return false;
		buf_put(start, u->field[i]);
	}
	return true;
}

/* Prefix and reference, so the key's digits with their check digit. */
static enum err
take_key(struct urn_pattern *out, const struct gs1_urn *u, unsigned fixed,
    struct diag *d)
{
	struct buf start = buf_fixed(out->start, sizeof(out->start));
	const struct gs1_scheme *s = u->scheme;
	const struct gs1_row *row = gs1_row(s->key, strlen(s->key));
	struct gs1_code code;

	if (!gs1_urn_front(&start, u) || !put_pieces(&start, u, fixed))
		return broken(d, s, "a field is wrong");
	if (buf_error(&start) != ERR_OK)
		return diag_fail(d, ERR_LENGTH, CLAUSE,
		    "pattern %s: a field is too long", s->name);
	out->start_length = (uint8_t)start.n;
	out->whole_key = s->fine[0] != '\0' && fixed + 1u == s->fields;
	if (!out->whole_key)
		return ERR_OK;
	gs1_start(&code, GS1_FORM_URN);
	return gs1_value_check(&code, row, s->key, buf_span(&start), 0, d);
}

enum err
urn_pattern_parse(struct urn_pattern *out, struct span pattern, struct diag *d)
{
	struct gs1_urn u = { 0 };
	unsigned fixed;
	enum err e;

	memset(out, 0, sizeof(*out));
	if (pattern.n > GS1_TEXT)
		return diag_fail(d, ERR_TOO_LARGE, "gs1 6.8",
		    "got %zu bytes, wanted at most %d", pattern.n, GS1_TEXT);
	if (!span_starts(pattern, "urn:epc:idpat:"))
		return diag_fail(
		    d, ERR_SYNTAX, CLAUSE, "pattern: wanted urn:epc:idpat:");
	e = gs1_urn_split(&u, pattern, d);
	if (e != ERR_OK)
		return e;
	if (!count_fixed(&fixed, &u))
		return broken(d, u.scheme, "a field behind * is not *");
	out->scheme = u.scheme->name;
	out->key = u.scheme->key;
	out->fine = u.scheme->fine;
	if (fixed == u.scheme->fields)
		e = take_whole(out, &u, d);
	else if (fixed == 1)
		e = take_prefix(out, &u, d);
	else if (fixed > 1)
		e = take_key(out, &u, fixed, d);
	/* Of these keys forms of another scheme stand between the matches. */
	out->exact = out->whole_key || (strcmp(out->key, "01") != 0 &&
					   strcmp(out->key, "8006") != 0);
	return e;
}

static bool
key_matches(const struct urn_pattern *p, struct span key)
{
	size_t skip = p->any_first ? 1 : 0;

	if (key.n < skip + p->start_length ||
	    memcmp(key.p + skip, p->start, p->start_length) != 0)
		return false;
	return !p->whole_key || key.n == p->start_length;
}

bool
urn_pattern_match(const struct urn_pattern *p, const struct gs1_code *code)
{
	const char *fine, *key = gs1_identity_of(code, &fine);
	struct span last;

	if (key == NULL || strcmp(key, p->key) != 0 ||
	    (fine[0] != '\0' && strcmp(fine, p->fine) != 0) ||
	    !key_matches(p, gs1_value(code, key)))
		return false;
	if (!p->whole)
		return true;
	last = fine[0] == '\0' ? SPAN_NONE : gs1_value(code, fine);
	return span_equal(last, span_of(p->last, p->last_length));
}

/* low to the first text that does not start with it. */
static void
bound(struct urn_range *out, size_t n)
{
	memcpy(out->high, out->low, n + 1);
	/* The last byte is `/`, a digit, a letter or the like: never 0xFF. */
	out->high[n - 1]++;
}

bool
urn_pattern_range(
    struct urn_range *out, const struct urn_pattern *p, unsigned i)
{
	struct buf low = buf_fixed(out->low, sizeof(out->low) - 1);
	bool qualified = p->whole ? p->last_length > 0 : i == 1;
	unsigned count = 1;

	if (p->any_first)
		count = URN_RANGES;
	else if (p->whole_key && !p->whole && p->fine[0] != '\0')
		count = 2; /* the class, its instances */
	if (i >= count)
		return false;
	buf_str(&low, BASE);
	buf_str(&low, p->key);
	buf_byte(&low, '/');
	if (p->any_first)
		buf_byte(&low, (uint8_t)('0' + i));
	percent_put(&low, span_of(p->start, p->start_length));
	if (p->whole_key && qualified) {
		buf_byte(&low, '/');
		buf_str(&low, p->fine);
		buf_byte(&low, '/');
		percent_put(&low, span_of(p->last, p->last_length));
	}
	out->low[low.n] = '\0';
	out->high[0] = '\0';
	if (!p->whole_key || (qualified && !p->whole))
		bound(out, low.n);
	return true;
}
