/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

/* gs1.md section 2: what stands behind an AIM symbology identifier. */
enum content {
	CONTENT_AI,
	CONTENT_TEXT, /* plain text, a Digital Link perhaps */
	CONTENT_GTIN, /* bare digits of a fixed number */
};

struct carrier {
	char id[4];
	enum content content;
	uint8_t digits;
};

static const struct carrier carriers[] = {
	{ "]C1", CONTENT_AI, 0 },
	{ "]e0", CONTENT_AI, 0 },
	{ "]d2", CONTENT_AI, 0 },
	{ "]Q3", CONTENT_AI, 0 },
	{ "]J1", CONTENT_AI, 0 },
	{ "]d1", CONTENT_TEXT, 0 },
	{ "]Q1", CONTENT_TEXT, 0 },
	{ "]J0", CONTENT_TEXT, 0 },
	{ "]C0", CONTENT_TEXT, 0 },
	{ "]E0", CONTENT_GTIN, 13 },
	{ "]E4", CONTENT_GTIN, 8 },
	{ "]I1", CONTENT_GTIN, 14 },
};

static const struct carrier *
carrier_of(struct span text)
{
	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		if (span_starts(text, carriers[i].id))
			return &carriers[i];
	}
	return NULL;
}

/* Identifiers that only a keyboard with caps lock makes (11). */
static bool
case_is_impossible(struct span text)
{
	static const char ids[][4] = { "]D2", "]D1", "]q1", "]q3", "]c1",
		"]j1" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (span_starts(text, ids[i]))
			return true;
	}
	return false;
}

/*
 * `https://` through another layout or with caps lock: the letters are there,
 * a colon perhaps as another character, then twice what the slash became.
 */
static enum err
mistyped_link(struct gs1_code *out, struct span text, struct diag *d)
{
	static const char slashes[] = "/-!&";
	size_t n = 0, letters = 0;

	while (letters < 5 && letters < text.n &&
	       (text.p[letters] | 0x20) == "https"[letters])
		letters++;
	for (n = letters; n < letters + 3 && n + 2 < text.n; n++) {
		uint8_t c = text.p[n];

		if (c != text.p[n + 1] || strchr(slashes, c) == NULL)
			continue;
		if (letters < 4 || n == letters)
			return ERR_OK;
		if (c == '/' && text.p[letters] == ':')
			return gs1_broke(out, GS1_RULE_CASE_SWAPPED, 0,
			    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
				"case_swapped: %.*s: caps lock is on",
				(int)letters, (const char *)text.p));
		return gs1_broke(out, GS1_RULE_KEYBOARD_LAYOUT, letters,
		    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
			"keyboard_layout: a link without :// behind %.*s: set "
			"the scanner's keyboard language",
			(int)letters, (const char *)text.p));
	}
	return ERR_OK;
}

enum err
gs1_mistyped(struct gs1_code *out, struct span text, struct diag *d)
{
	/* The key of `]` on a US keyboard gives these on DE, IT, ES, FR. */
	static const char neighbours[] = "+*$^";
	char id[4] = "]";

	if (text.n < 4)
		return ERR_OK;
	if ((text.p[0] | 0x20) == 'h')
		return mistyped_link(out, text, d);
	if (memchr(neighbours, text.p[0], 4) == NULL)
		return ERR_OK;
	memcpy(id + 1, text.p + 1, 2);
	if (carrier_of(span_of(id, 3)) == NULL)
		return ERR_OK;
	return gs1_broke(out, GS1_RULE_KEYBOARD_LAYOUT, 0,
	    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
		"keyboard_layout: got %c%c%c, wanted %s: set the scanner's "
		"keyboard language",
		text.p[0], text.p[1], text.p[2], id));
}

/* Silent: does data read as AI data with all companions? */
static bool
reads_complete(struct gs1_code *out, struct span data)
{
	out->count = 0;
	return gs1_read_elements(out, data, 0, NULL) == ERR_OK &&
	       gs1_companions(out, NULL) == ERR_OK;
}

static void
with_gs(uint8_t *to, struct span data, size_t pos)
{
	memcpy(to, data.p, pos);
	to[pos] = GS1_GS;
	memcpy(to + pos + 1, data.p + pos, data.n - pos);
}

/* Can an element start there? */
static bool
ai_at(struct span data, size_t pos)
{
	unsigned n = data.n - pos < 2 ? 0 : gs1_ai_digits(data.p + pos);

	return n != 0 && data.n - pos > n &&
	       gs1_row((const char *)data.p + pos, n) != NULL;
}

/* Labels are short: longer data is not tried, which bounds the work. */
#define REPAIR_TEXT 80

/* Could a GS stand at i? What is before it reads without fault. */
static bool
gs_may_stand(struct gs1_code *out, struct span data, size_t i)
{
	out->count = 0;
	return ai_at(data, i) &&
	       gs1_read_elements(out, span_of(data.p, i), 0, NULL) == ERR_OK;
}

/* A second GS behind the one at i of data, both together valid. */
static bool
second_gs_fits(struct gs1_code *out, struct span data, size_t i)
{
	uint8_t one[REPAIR_TEXT + 1] = { 0 }, two[REPAIR_TEXT + 2] = { 0 };
	struct span first = span_of(one, data.n + 1);

	with_gs(one, data, i);
	for (size_t j = i + 4; j < first.n; j++) {
		if (!ai_at(first, j))
			continue;
		with_gs(two, first, j);
		if (reads_complete(out, span_of(two, data.n + 2)))
			return true;
	}
	return false;
}

/*
 * gs1.md 11 `gs_missing`: where one GS, else two, make invalid data valid.
 * Returns the place of the first, 0 when there is none. Company internal AIs
 * (90-99) take any text, so a place before another AI is the likelier one.
 */
static size_t
missing_gs(struct gs1_code *out, struct span data)
{
	uint8_t one[REPAIR_TEXT + 1] = { 0 };
	size_t internal = 0;

	if (data.n > REPAIR_TEXT)
		return 0;
	for (size_t i = 3; i < data.n; i++) {
		if (!gs_may_stand(out, data, i))
			continue;
		with_gs(one, data, i);
		if (!reads_complete(out, span_of(one, data.n + 1)))
			continue;
		if (data.p[i] != '9')
			return i;
		internal = internal == 0 ? i : internal;
	}
	if (internal != 0)
		return internal;
	for (size_t i = 3; i < data.n; i++) {
		if (gs_may_stand(out, data, i) && second_gs_fits(out, data, i))
			return i;
	}
	return 0;
}

/* 11 `gs_extra`: where one GS less makes invalid data valid, data.n if none. */
static size_t
extra_gs(struct gs1_code *out, struct span data)
{
	uint8_t less[REPAIR_TEXT];

	if (data.n > REPAIR_TEXT)
		return data.n;
	for (size_t i = 0; i < data.n; i++) {
		if (data.p[i] != GS1_GS)
			continue;
		memcpy(less, data.p, i);
		memcpy(less + i, data.p + i + 1, data.n - i - 1);
		if (reads_complete(out, span_of(less, data.n - 1)))
			return i;
	}
	return data.n;
}

/* 11 `merged`: where a second message with an identifier of this kind starts,
 * data.n when none does. */
static size_t
second_message(struct span data)
{
	for (size_t i = 0; i + 3 <= data.n; i++) {
		if (data.p[i] == ']' &&
		    carrier_of(span_of(data.p + i, 3)) != NULL)
			return i;
	}
	return data.n;
}

/* 10 or 21 holding text + 17 + date + (10 or 21) + more: a swallowed rest. */
static bool
swallows(struct span v)
{
	for (size_t i = 1; i + 11 <= v.n; i++) {
		const uint8_t *p = v.p + i;

		if (memcmp(p, "17", 2) == 0 &&
		    gs1_in_set(span_of(p + 2, 6), GS1_N) &&
		    gs1_fault(GS1_YYMMD0, span_of(p + 2, 6)) == GS1_FITS &&
		    (memcmp(p + 8, "10", 2) == 0 ||
			memcmp(p + 8, "21", 2) == 0))
			return true;
	}
	return false;
}

static bool
swallowed(const struct gs1_code *code)
{
	struct span lot = gs1_value(code, "10");
	struct span serial = gs1_value(code, "21");

	if (gs1_value(code, "17").p != NULL || (lot.p != NULL && serial.p))
		return false;
	return swallows(lot) || swallows(serial);
}

static enum err
gs_missing(struct gs1_code *out, size_t at, struct diag *d)
{
	return gs1_at(out, at,
	    diag_fail(d, ERR_GS_MISSING, "gs1 11",
		"gs_missing: a GS is wanted before byte %zu: set the scanner "
		"to send GS (0x1D) raw",
		at));
}

/* What a reading that failed is a known sign of (11): e and what is in out
 * when of nothing. */
static enum err
diagnose(struct gs1_code *out, struct span data, size_t at, enum err e,
    struct diag *d)
{
	enum gs1_rule rule = out->rule;
	const char *check = out->check;
	size_t error_at = out->error_at, pos = second_message(data);

	if (pos < data.n)
		return gs1_broke(out, GS1_RULE_MERGED, at + pos,
		    diag_fail(d, e, "gs1 11",
			"merged: a second code starts at byte %zu: scan one at "
			"a time",
			at + pos));
	/* Two values of one AI tell enough by themselves. */
	if (rule == GS1_RULE_MERGED)
		return e;
	pos = missing_gs(out, data);
	if (pos != 0)
		return gs_missing(out, at + pos, d);
	pos = extra_gs(out, data);
	if (pos < data.n)
		return gs1_broke(out, GS1_RULE_GS_EXTRA, at + pos,
		    diag_fail(d, e, "gs1 11",
			"gs_extra: a GS at byte %zu has no place", at + pos));
	out->check = check;
	return gs1_broke(out, rule, error_at, e);
}

enum err
gs1_read_ai_data(
    struct gs1_code *out, struct span data, size_t at, struct diag *d)
{
	enum err e = gs1_read_elements(out, data, at, d);

	if (e == ERR_OK)
		return swallowed(out) ? gs_missing(out, at, d) : ERR_OK;
	return data.n == 0 ? e : diagnose(out, data, at, e, d);
}

/* Does the value at that place stand behind AI 01? */
static bool
other_gtin(struct span data, size_t at)
{
	return at >= 2 && at < data.n && memcmp(data.p + at - 2, "01", 2) == 0;
}

static enum err
wrong_digits(struct gs1_code *out, const struct carrier *c, struct span data,
    struct diag *d)
{
	enum gs1_rule rule = data.n > c->digits ? GS1_RULE_CASE_SWAPPED
						: GS1_RULE_WRONG_SYMBOLOGY;

	return gs1_broke(out, rule, 3,
	    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
		"%s: got %zu bytes behind %s, wanted %d digits",
		gs1_rule_name(rule), data.n, c->id, c->digits));
}

/* `]E0<13 digits>|]e0<AI data>`: the bar opens a second message. */
static enum err
read_gtin(struct gs1_code *out, const struct carrier *c, struct span data,
    struct diag *d)
{
	struct span rest =
	    data.n > c->digits ? span_skip(data, c->digits) : SPAN_NONE;
	struct span digits = span_of(data.p, data.n - rest.n);
	char gtin[15];
	enum err e;

	if (digits.n != c->digits || !gs1_in_set(digits, GS1_N) ||
	    (rest.n > 0 && !span_starts(rest, "|]e0")))
		return wrong_digits(out, c, data, d);
	if (gs1_gtin14(gtin, digits, NULL) != ERR_OK)
		return gs1_broke(out, GS1_RULE_WRONG_SYMBOLOGY, 3,
		    diag_fail(d, ERR_CHECK_DIGIT, "gs1 11",
			"wrong_symbology: check digit of %.*s behind %s",
			SPAN_ARG(digits), c->id));
	e = gs1_add(out, "01", span_of(gtin, 14), 3, d);
	if (e != ERR_OK || rest.n == 0)
		return e;
	e = gs1_read_elements(out, span_skip(rest, 4), 7u + c->digits, d);
	/* 11: two carriers on one pack that disagree are an error of data. */
	if (e == ERR_SYNTAX && other_gtin(data, out->error_at - 3))
		out->cls = GS1_CLASS_DATA;
	return e;
}

static enum err
read_text(struct gs1_code *out, const struct carrier *c, struct span data,
    struct diag *d)
{
	char id[4];
	enum err e;

	memcpy(id, c->id, sizeof(id));
	if (gs1_is_link(data)) {
		e = gs1_read_link(out, data, 3, d);
		memcpy(out->carrier, id, sizeof(id));
		return e;
	}
	if (data.n > 0 && gs1_read_elements(out, data, 3, NULL) == ERR_OK)
		return gs1_broke(out, GS1_RULE_NO_FNC1, 0,
		    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
			"no_fnc1: %s holds AI data without FNC1 in front", id));
	return gs1_broke(out, GS1_RULE_NOT_GS1, 3,
	    diag_fail(d, ERR_UNSUPPORTED, "gs1 2",
		"%s holds plain text, no GS1 identifier", id));
}

static enum err
no_carrier(struct gs1_code *out, struct span text, struct diag *d)
{
	if (case_is_impossible(text))
		return gs1_broke(out, GS1_RULE_CASE_SWAPPED, 0,
		    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
			"case_swapped: identifier %.3s: caps lock is on",
			(const char *)text.p));
	if (text.n < 3 || !gs1_in_set(span_of(text.p + 1, 2), GS1_X))
		return gs1_broke(out, GS1_RULE_NOT_GS1, 0,
		    diag_fail(d, ERR_UNSUPPORTED, "gs1 2",
			"] is not followed by a symbology identifier"));
	return gs1_broke(out, GS1_RULE_NOT_GS1, 0,
	    diag_fail(d, ERR_UNSUPPORTED, "gs1 2",
		"symbology identifier %.3s is not a GS1 carrier",
		(const char *)text.p));
}

enum err
gs1_read_carrier(struct gs1_code *out, struct span text, struct diag *d)
{
	const struct carrier *c = carrier_of(text);
	struct span data;

	if (c == NULL)
		return no_carrier(out, text, d);
	memcpy(out->carrier, c->id, sizeof(out->carrier));
	data = span_skip(text, 3);
	if (c->content == CONTENT_GTIN)
		return read_gtin(out, c, data, d);
	if (c->content == CONTENT_TEXT)
		return read_text(out, c, data, d);
	/* 11: `]e0` with 13 bare digits was an `]E0`. */
	if (span_is(span_of(c->id, 3), "]e0") && data.n == 13 &&
	    gs1_check_digit_ok(data))
		return gs1_broke(out, GS1_RULE_CASE_SWAPPED, 0,
		    diag_fail(d, ERR_SYMBOLOGY, "gs1 11",
			"case_swapped: ]e0 with 13 digits: caps lock is on"));
	return gs1_read_ai_data(out, data, 3, d);
}
