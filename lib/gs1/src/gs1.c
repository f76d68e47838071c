/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1/gs1.h"

#include "gs1/epc.h"

#include "gs1_internal.h"

#include "base/banned.h"

void
gs1_start(struct gs1_code *out, enum gs1_form form)
{
	out->form = form;
	memset(out->carrier, 0, sizeof(out->carrier));
	out->count = 0;
	out->cls = GS1_CLASS_NONE;
	out->rule = GS1_RULE_NONE;
	out->check = NULL;
	out->error_at = 0;
}

enum err
gs1_broke(struct gs1_code *out, enum gs1_rule rule, size_t at, enum err e)
{
	out->rule = rule;
	out->error_at = at;
	return e;
}

enum err
gs1_at(struct gs1_code *out, size_t at, enum err e)
{
	return gs1_broke(out, gs1_rule_of(e), at, e);
}

int
gs1_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static struct span
value_at(const struct gs1_code *code, unsigned i)
{
	return span_of(
	    code->values + code->ais[i].value_at, code->ais[i].value_length);
}

static struct span
value_of(const struct gs1_code *code, uint16_t number)
{
	for (unsigned i = 0; i < code->count; i++) {
		if (code->ais[i].number == number)
			return value_at(code, i);
	}
	return SPAN_NONE;
}

struct span
gs1_value(const struct gs1_code *code, const char *ai)
{
	return value_of(code, gs1_number(ai));
}

enum err
gs1_add(struct gs1_code *out, const char *ai, struct span value, size_t at,
    struct diag *d)
{
	uint16_t number = gs1_number(ai);
	struct span known = value_of(out, number);
	struct gs1_ai *a = &out->ais[out->count];
	size_t used = 0;

	/* 3.5: a repeat is the same value again, else two codes merged. */
	if (known.p != NULL && span_equal(known, value))
		return ERR_OK;
	if (known.p != NULL)
		return gs1_broke(out, GS1_RULE_MERGED, at,
		    diag_fail(d, ERR_SYNTAX, "gs1 3.5",
			"merged: AI %s stands twice with different values",
			ai));
	if (out->count > 0)
		used = (size_t)a[-1].value_at + a[-1].value_length;
	if (out->count == GS1_AIS || value.n > sizeof(out->values) - used)
		return gs1_at(out, at,
		    diag_fail(d, ERR_TOO_LARGE, "gs1 6.8", "more than %d AIs",
			GS1_AIS));
	memset(a->ai, 0, sizeof(a->ai));
	memcpy(a->ai, ai, strlen(ai));
	a->number = number;
	a->text_at = (uint16_t)at;
	a->value_at = (uint16_t)used;
	a->value_length = (uint8_t)value.n;
	memcpy(out->values + used, value.p, value.n);
	out->count++;
	return ERR_OK;
}

enum err
gs1_gtin14(char out[15], struct span digits, struct diag *d)
{
	if (digits.n != 8 && (digits.n < 12 || digits.n > 14))
		return diag_fail(d, ERR_LENGTH, "gs1 1.3",
		    "GTIN: got %zu digits, wanted 8, 12, 13 or 14", digits.n);
	if (!gs1_in_set(digits, GS1_N))
		return diag_fail(
		    d, ERR_CHARSET, "gs1 1.3", "GTIN: wanted digits only");
	if (!gs1_check_digit_ok(digits))
		return diag_fail(d, ERR_CHECK_DIGIT, "gs1 5.1",
		    "check digit of GTIN: got %.*s, wanted ...%c",
		    SPAN_ARG(digits),
		    gs1_check_digit(span_of(digits.p, digits.n - 1)));
	memset(out, '0', 14);
	memcpy(out + 14 - digits.n, digits.p, digits.n);
	out[14] = '\0';
	return ERR_OK;
}

/* Bare digits with a right check digit: a GTIN, an SSCC (2.3). */
static bool
is_key_digits(struct span t)
{
	return (t.n == 8 || (t.n >= 12 && t.n <= 14) || t.n == 18) &&
	       gs1_check_digit_ok(t);
}

static enum err
read_digits(struct gs1_code *out, struct span t, struct diag *d)
{
	char gtin[15];
	enum err e;

	gs1_start(out, GS1_FORM_DIGITS);
	if (t.n == 18)
		return gs1_add(out, "00", t, 0, d);
	e = gs1_gtin14(gtin, t, d);
	if (e != ERR_OK)
		return e;
	return gs1_add(out, "01", span_of(gtin, 14), 0, d);
}

/* An element string without identifier; last resort of 2.3. */
static enum err
read_plain(struct gs1_code *out, struct span t, struct diag *d)
{
	enum err e = gs1_mistyped(out, t, d);

	if (e != ERR_OK)
		return e;
	gs1_start(out, GS1_FORM_ELEMENT);
	e = gs1_read_ai_data(out, t, 0, d);
	if (e == ERR_OK || !gs1_in_set(t, GS1_N))
		return e;
	if (t.n == 8 || (t.n >= 12 && t.n <= 14) || t.n == 18)
		return gs1_at(out, t.n - 1,
		    diag_fail(d, ERR_CHECK_DIGIT, "gs1 2.3",
			"check digit: got %.*s, wanted ...%c", SPAN_ARG(t),
			gs1_check_digit(span_of(t.p, t.n - 1))));
	return e;
}

/* The order of gs1.md 2.3, after what an AIM identifier says. */
static enum err
read_form(struct gs1_code *out, struct span text, struct diag *d)
{
	struct epc tag;

	if (text.p[0] == ']')
		return gs1_read_carrier(out, text, d);
	if (gs1_is_link(text))
		return gs1_read_link(out, text, 0, d);
	if (span_starts(text, "urn:epc:"))
		return gs1_read_urn(out, text, d);
	if (epc_is_binary(text))
		return epc_parse(&tag, out, text, d);
	if (text.p[0] == '(')
		return gs1_read_bracketed(out, text, d);
	if (is_key_digits(text))
		return read_digits(out, text, d);
	return read_plain(out, text, d);
}

enum err
gs1_read(struct gs1_code *out, struct span text, struct diag *d)
{
	enum err e;

	gs1_start(out, GS1_FORM_ELEMENT);
	if (text.n == 0)
		e = gs1_broke(out, GS1_RULE_EMPTY, 0,
		    diag_fail(d, ERR_SYNTAX, "gs1 2.1", "empty text"));
	else if (text.n > GS1_TEXT)
		e = diag_fail(d, ERR_TOO_LARGE, "gs1 6.8",
		    "got %zu bytes, wanted at most %d", text.n, GS1_TEXT);
	else
		e = read_form(out, text, d);
	/* gs1.md 11: a single reading that fails is a scan error; only what a
	 * reader finds contradictory in itself is an error of the data. */
	if (e != ERR_OK && out->cls == GS1_CLASS_NONE)
		out->cls = GS1_CLASS_SCAN;
	if (e != ERR_OK && out->rule == GS1_RULE_NONE)
		out->rule = gs1_rule_of(e);
	return e;
}
