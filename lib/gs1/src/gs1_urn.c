/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

const struct gs1_scheme gs1_schemes[GS1_SCHEMES] = {
	{ "sgtin", "01", "21", 13, 3, true, true, false, true, false },
	{ "upui", "01", "235", 13, 3, true, true, false, true, false },
	{ "sscc", "00", "", 17, 2, true, true, false, false, false },
	{ "sgln", "414", "254", 12, 3, false, true, false, false, false },
	{ "pgln", "417", "", 12, 2, false, true, false, false, false },
	{ "grai", "8003", "", 12, 3, false, true, true, true, false },
	{ "gdti", "253", "", 12, 3, false, true, false, true, false },
	{ "sgcn", "255", "", 12, 3, false, true, false, true, false },
	{ "giai", "8004", "", 0, 2, false, false, false, false, false },
	{ "ginc", "401", "", 0, 2, false, false, false, false, false },
	{ "gsrn", "8018", "", 17, 2, false, true, false, false, false },
	{ "gsrnp", "8017", "", 17, 2, false, true, false, false, false },
	{ "gsin", "402", "", 16, 2, false, true, false, false, false },
	{ "cpi", "8010", "8011", 0, 3, false, false, false, true, false },
	{ "itip", "8006", "21", 13, 5, true, true, false, true, false },
	{ "lgtin", "01", "10", 13, 3, true, true, false, false, true },
};

static enum err
broken(struct diag *d, const char *scheme, const char *what)
{
	return diag_fail(d, ERR_SYNTAX, "gs1 9.2", "URN %s: %s", scheme, what);
}

/* Splits at the first fields - 1 dots: a serial may hold dots. */
static bool
split(struct gs1_urn *u, struct span body)
{
	unsigned last = u->scheme->fields - 1u;

	for (unsigned i = 0; i < last; i++) {
		const uint8_t *dot =
		    body.n == 0 ? NULL : memchr(body.p, '.', body.n);
		size_t n;

		if (dot == NULL)
			return false;
		n = (size_t)(dot - body.p);
		u->field[i] = span_of(body.p, n);
		body = span_skip(body, n + 1);
	}
	u->field[last] = body;
	return true;
}

enum err
gs1_urn_split(struct gs1_urn *u, struct span urn, struct diag *d)
{
	static const char *const intro[] = {
		"urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:"
	};
	struct span rest;

	for (unsigned k = 0; k < 3; k++) {
		if (!span_starts(urn, intro[k]))
			continue;
		u->kind = (enum gs1_urn_kind)k;
		rest = span_skip(urn, strlen(intro[k]));
		for (size_t i = 0; i < GS1_SCHEMES; i++) {
			const struct gs1_scheme *s = &gs1_schemes[i];
			size_t len = strlen(s->name);

			if (s->lot != (u->kind == GS1_URN_CLASS) ||
			    !span_starts(rest, s->name) || rest.n <= len ||
			    rest.p[len] != ':')
				continue;
			u->scheme = s;
			return split(u, span_skip(rest, len + 1))
				   ? ERR_OK
				   : broken(d, s->name, "a field is missing");
		}
	}
	return diag_fail(d, ERR_UNSUPPORTED, "gs1 9.1",
	    "URN of a scheme without a Digital Link form");
}

/* 9.3: decodes %XX; what must be escaped does not stand raw. */
static bool
put_serial(struct buf *to, const struct gs1_urn *u, struct span s)
{
	const char *escaped =
	    strcmp(u->scheme->name, "cpi") == 0 ? "\"&/<>?#" : "\"&/<>?";

	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] == 0 || strchr(escaped, s.p[i]) != NULL)
			return false;
		if (s.p[i] != '%') {
			buf_byte(to, s.p[i]);
			continue;
		}
		high = i + 2 < s.n ? gs1_hex(s.p[i + 1]) : -1;
		low = i + 2 < s.n ? gs1_hex(s.p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		buf_byte(to, (uint8_t)(high * 16 + low));
		i += 2;
	}
	return s.n > 0;
}

/* 9.2: prefix of 6 to 12 digits, lengths that fit together. */
static bool
front_ok(const struct gs1_urn *u)
{
	struct span gcp = u->field[0], ref = u->field[1];

	if (gcp.n < 6 || gcp.n > 12 || !gs1_in_set(gcp, GS1_N))
		return false;
	if (u->scheme->digits == 0)
		return true;
	return gs1_in_set(ref, GS1_N) && gcp.n + ref.n == u->scheme->digits;
}

/* Key up to and with its check digit; text of GIAI, GINC, CPI. */
static bool
put_front(struct buf *to, const struct gs1_urn *u)
{
	struct span ref = u->field[1];
	size_t start;

	if (u->scheme->zero)
		buf_byte(to, '0');
	start = to->n;
	if (u->scheme->item_first && ref.n > 0) {
		buf_byte(to, ref.p[0]);
		ref = span_skip(ref, 1);
	}
	buf_put(to, u->field[0]);
	if (u->scheme->digits == 0)
		return put_serial(to, u, ref);
	buf_put(to, ref);
	if (buf_error(to) == ERR_OK)
		buf_byte(to, (uint8_t)gs1_check_digit(
				 span_of(to->p + start, to->n - start)));
	return true;
}

/* Piece and total of an ITIP belong to the key. */
static bool
put_pieces(struct buf *to, const struct gs1_urn *u)
{
	if (u->scheme->fields != GS1_URN_FIELDS)
		return true;
	if (u->field[2].n != 2 || u->field[3].n != 2)
		return false;
	buf_put(to, u->field[2]);
	buf_put(to, u->field[3]);
	return true;
}

static bool
put_last(struct gs1_identity *out, struct buf *key, struct buf *fine,
    const struct gs1_urn *u)
{
	const struct gs1_scheme *s = u->scheme;
	struct span last = u->field[s->fields - 1u];

	if (s->fields == 2)
		return true;
	if (u->kind == GS1_URN_PATTERN)
		return span_is(last, "*");
	if (s->fine[0] == '\0')
		return put_serial(key, u, last);
	/* 9.1: the extension `0` of an SGLN is none. */
	if (strcmp(s->fine, "254") == 0 && span_is(last, "0"))
		return true;
	memcpy(out->fine, s->fine, strlen(s->fine) + 1);
	return put_serial(fine, u, last);
}

bool
gs1_urn_front(struct buf *key, const struct gs1_urn *u)
{
	return front_ok(u) && put_front(key, u);
}

enum err
gs1_urn_fill(struct gs1_identity *out, const struct gs1_urn *u, struct diag *d)
{
	struct buf key = buf_fixed(out->key_value, sizeof(out->key_value));
	struct buf fine = buf_fixed(out->fine_value, sizeof(out->fine_value));
	const char *name = u->scheme->name;

	out->fine[0] = '\0';
	if (!front_ok(u))
		return broken(d, name,
		    "company prefix and reference have a wrong length");
	if (u->kind == GS1_URN_PATTERN && !u->scheme->pattern)
		return broken(d, name, "a pattern that is no class");
	if (!put_front(&key, u) || !put_pieces(&key, u) ||
	    !put_last(out, &key, &fine, u))
		return broken(d, name, "a field is wrong");
	if (buf_error(&key) != ERR_OK || buf_error(&fine) != ERR_OK)
		return diag_fail(d, ERR_LENGTH, "gs1 9.2",
		    "URN %s: a field is too long", name);
	memcpy(out->key, u->scheme->key, strlen(u->scheme->key) + 1);
	out->key_row = gs1_row(out->key, strlen(out->key));
	out->key_length = key.n;
	out->fine_length = fine.n;
	return ERR_OK;
}

enum err
gs1_urn_identity(
    struct gs1_identity *out, size_t *at, struct span urn, struct diag *d)
{
	struct gs1_urn u = { 0 };
	enum err e = gs1_urn_split(&u, urn, d);

	*at = 0;
	if (e != ERR_OK)
		return e;
	*at = (size_t)(u.field[0].p - urn.p);
	return gs1_urn_fill(out, &u, d);
}

enum err
gs1_add_checked(struct gs1_code *out, const char *ai, struct span value,
    size_t at, struct diag *d)
{
	enum err e =
	    gs1_value_check(out, gs1_row(ai, strlen(ai)), ai, value, at, d);

	return e == ERR_OK ? gs1_add(out, ai, value, at, d) : e;
}

enum err
gs1_read_urn(struct gs1_code *out, struct span urn, struct diag *d)
{
	struct gs1_identity id;
	size_t at;
	enum err e;

	gs1_start(out, GS1_FORM_URN);
	e = gs1_urn_identity(&id, &at, urn, d);
	if (e != ERR_OK)
		return gs1_at(out, at, e);
	e = gs1_add_checked(
	    out, id.key, span_of(id.key_value, id.key_length), at, d);
	if (e == ERR_OK && id.fine[0] != '\0')
		e = gs1_add_checked(out, id.fine,
		    span_of(id.fine_value, id.fine_length), at, d);
	return e;
}
