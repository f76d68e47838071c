/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1/urn.h"

#include "gs1_internal.h"

#include "base/banned.h"

#define CLAUSE "gs1 9.1"

static const struct gs1_scheme *
scheme_of(const char *key, const char *fine)
{
	for (size_t i = 0; i < GS1_SCHEMES; i++) {
		const struct gs1_scheme *s = &gs1_schemes[i];

		if (strcmp(s->key, key) == 0 &&
		    (fine[0] == '\0' || strcmp(s->fine, fine) == 0))
			return s;
	}
	return NULL;
}

static enum err
unknown(struct diag *d, const char *key, const char *why)
{
	return diag_fail(d, ERR_GCP_UNKNOWN, "gs1 10.2",
	    "company prefix of AI %s: %s", key, why);
}

/* The key's digits: prefix, reference, and what stands behind them. */
static enum err
cut_digits(struct gs1_fields *f, struct span *rest, struct span value,
    unsigned prefix_digits, struct diag *d)
{
	const struct gs1_scheme *s = f->scheme;
	size_t zero = s->zero ? 1 : 0, lead = s->item_first ? 1 : 0;
	struct span body;

	if (value.n < zero + s->digits + 1u)
		return diag_fail(
		    d, ERR_SYNTAX, CLAUSE, "AI %s: too short", s->key);
	body = span_of(value.p + zero, s->digits);
	if (!gs1_in_set(body, GS1_N))
		return diag_fail(
		    d, ERR_SYNTAX, CLAUSE, "AI %s: wanted digits", s->key);
	f->gcp = span_of(body.p + lead, prefix_digits);
	memcpy(f->ref, body.p, lead);
	memcpy(f->ref + lead, f->gcp.p + prefix_digits,
	    s->digits - prefix_digits - lead);
	f->ref_length = s->digits - prefix_digits;
	*rest = span_skip(value, zero + s->digits + 1u);
	if (s->fields != GS1_URN_FIELDS)
		return ERR_OK;
	if (rest->n != 4)
		return diag_fail(
		    d, ERR_SYNTAX, CLAUSE, "AI %s: wrong length", s->key);
	f->pieces = *rest;
	*rest = SPAN_NONE;
	return ERR_OK;
}

/* GIAI, GINC, CPI: text behind the prefix. */
static enum err
cut_text(struct gs1_fields *f, struct span value, unsigned prefix_digits,
    struct diag *d)
{
	if (value.n <= prefix_digits)
		return unknown(d, f->scheme->key, "nothing stands behind it");
	f->gcp = span_of(value.p, prefix_digits);
	if (!gs1_in_set(f->gcp, GS1_N))
		return unknown(d, f->scheme->key, "it has letters");
	f->ref_length = value.n - prefix_digits;
	if (f->ref_length > sizeof(f->ref))
		return diag_fail(
		    d, ERR_LENGTH, CLAUSE, "AI %s: too long", f->scheme->key);
	memcpy(f->ref, value.p + prefix_digits, f->ref_length);
	return ERR_OK;
}

/* The last field: a qualifier, or what the key has behind its digits. */
static enum err
cut_last(
    struct gs1_fields *f, struct span rest, struct span fine, struct diag *d)
{
	const struct gs1_scheme *s = f->scheme;
	bool extension = strcmp(s->fine, "254") == 0;

	f->last = SPAN_NONE;
	/* 9.1: `0` stands for no extension, so an extension `0` has no URN. */
	if (extension && span_is(fine, "0"))
		return diag_fail(d, ERR_UNSUPPORTED, CLAUSE,
		    "extension 0 of a GLN has no URN form");
	if (extension && fine.p == NULL)
		f->last = span_str("0");
	else if (s->fine[0] != '\0')
		f->last = fine;
	else if (s->fields == 3 && rest.n > 0)
		f->last = rest;
	return ERR_OK;
}

enum err
gs1_fields_of(struct gs1_fields *out, const struct gs1_code *code,
    unsigned prefix_digits, struct diag *d)
{
	const char *fine, *key = gs1_identity_of(code, &fine);
	struct span value, rest = SPAN_NONE;
	enum err e;

	if (key == NULL)
		return diag_fail(d, ERR_SYNTAX, CLAUSE, "no key of an EPC");
	out->scheme = scheme_of(key, fine);
	if (out->scheme == NULL)
		return diag_fail(d, ERR_UNSUPPORTED, CLAUSE,
		    "AI %s with %s has no URN form", key, fine);
	if (prefix_digits < 6 || prefix_digits > 12)
		return diag_fail(d, ERR_GCP_UNKNOWN, "gs1 9.2",
		    "company prefix: got %u digits, wanted 6 to 12",
		    prefix_digits);
	out->pieces = SPAN_NONE;
	value = gs1_value(code, key);
	if (out->scheme->digits == 0)
		e = cut_text(out, value, prefix_digits, d);
	else
		e = cut_digits(out, &rest, value, prefix_digits, d);
	if (e != ERR_OK)
		return e;
	return cut_last(out, rest, gs1_value(code, fine), d);
}

/* 9.3: what must not stand raw in a URN. */
static void
escape(struct buf *out, const struct gs1_scheme *s, struct span text)
{
	const char *escaped =
	    strcmp(s->name, "cpi") == 0 ? "\"%&/<>?#" : "\"%&/<>?";

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == 0 || strchr(escaped, text.p[i]) == NULL)
			buf_byte(out, text.p[i]);
		else
			buf_printf(out, "%%%02X", text.p[i]);
	}
}

void
gs1_fields_put(struct buf *out, const struct gs1_fields *f)
{
	buf_put(out, f->gcp);
	buf_byte(out, '.');
	escape(out, f->scheme, span_of(f->ref, f->ref_length));
	if (f->pieces.n == 4) {
		buf_byte(out, '.');
		buf_put(out, span_of(f->pieces.p, 2));
		buf_byte(out, '.');
		buf_put(out, span_of(f->pieces.p + 2, 2));
	}
	if (f->scheme->fields == 2)
		return;
	buf_byte(out, '.');
	if (f->last.p == NULL)
		buf_byte(out, '*');
	else
		escape(out, f->scheme, f->last);
}

enum err
urn_print(struct buf *out, const struct gs1_code *code, unsigned prefix_digits,
    struct diag *d)
{
	struct gs1_fields f;
	enum err e = gs1_fields_of(&f, code, prefix_digits, d);

	if (e != ERR_OK)
		return e;
	if (f.scheme->fields > 2 && f.last.p == NULL)
		buf_str(out, "urn:epc:idpat:");
	else
		buf_str(out, f.scheme->lot ? "urn:epc:class:" : "urn:epc:id:");
	buf_str(out, f.scheme->name);
	buf_byte(out, ':');
	gs1_fields_put(out, &f);
	return buf_error(out);
}
