/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

/* The AI at data[pos]: its row, NUL-terminated text and length. */
static enum err
read_ai(struct gs1_code *out, const struct gs1_row **row, char ai[5],
    struct span data, size_t pos, size_t at, struct diag *d)
{
	unsigned n = 0;

	if (data.p[pos] == GS1_GS)
		return gs1_broke(out, GS1_RULE_GS_EXTRA, at + pos,
		    diag_fail(d, ERR_SYNTAX, "gs1 3.4",
			"gs_extra: a GS at byte %zu, wanted an AI", at + pos));
	if (data.n - pos >= 2)
		n = gs1_ai_digits(data.p + pos);
	if (n == 0)
		return gs1_at(out, at + pos,
		    diag_fail(d, ERR_UNKNOWN_AI, "gs1 3.1",
			"unknown AI at byte %zu", at + pos));
	if (data.n - pos < n)
		return gs1_at(out, at + pos,
		    diag_fail(d, ERR_TRUNCATED, "gs1 3.1",
			"ends inside the AI at byte %zu", at + pos));
	memset(ai, 0, 5);
	memcpy(ai, data.p + pos, n);
	*row = gs1_row(ai, n);
	if (*row == NULL) {
		bool digits = gs1_in_set(span_of(ai, n), GS1_N);

		return gs1_at(out, at + pos,
		    diag_fail(d, ERR_UNKNOWN_AI, "gs1 3.1",
			"unknown AI %s at byte %zu", digits ? ai : "",
			at + pos));
	}
	return ERR_OK;
}

/* Length of the value that starts data (3.2, 3.3). */
static enum err
value_length(struct gs1_code *out, size_t *n, const char *ai, struct span data,
    size_t at, struct diag *d)
{
	size_t fixed = gs1_fixed((const uint8_t *)ai);
	const uint8_t *gs = data.n == 0 ? NULL : memchr(data.p, GS1_GS, data.n);

	*n = gs == NULL ? data.n : (size_t)(gs - data.p);
	if (*n == 0)
		return gs1_at(out, at,
		    diag_fail(d, gs == NULL ? ERR_TRUNCATED : ERR_LENGTH,
			"gs1 3.3", "AI %s at byte %zu has no value", ai, at));
	if (fixed == 0)
		return ERR_OK;
	if (*n < fixed)
		return gs1_at(out, at,
		    diag_fail(d, gs == NULL ? ERR_TRUNCATED : ERR_LENGTH,
			"gs1 3.3",
			"AI %s at byte %zu: got %zu characters, wanted %zu", ai,
			at, *n, fixed));
	*n = fixed;
	return ERR_OK;
}

enum err
gs1_read_elements(
    struct gs1_code *out, struct span data, size_t at, struct diag *d)
{
	const struct gs1_row *row = NULL;
	size_t pos = 0, n;
	char ai[5];
	enum err e;

	if (data.n == 0)
		return gs1_broke(out, GS1_RULE_EMPTY, at,
		    diag_fail(d, ERR_SYNTAX, "gs1 2.1", "empty AI data"));
	while (pos < data.n) {
		struct span value;

		e = read_ai(out, &row, ai, data, pos, at, d);
		if (e != ERR_OK)
			return e;
		pos += row->digits;
		e = value_length(
		    out, &n, ai, span_skip(data, pos), at + pos, d);
		if (e != ERR_OK)
			return e;
		value = span_of(data.p + pos, n);
		e = gs1_value_check(out, row, ai, value, at + pos, d);
		if (e != ERR_OK)
			return e;
		e = gs1_add(out, ai, value, at + pos, d);
		if (e != ERR_OK)
			return e;
		pos += n;
		/* 3.4: one GS after any value, also the last. */
		if (pos < data.n && data.p[pos] == GS1_GS)
			pos++;
	}
	return gs1_pairs(out, d);
}

/* 3.6: the value up to the next bracket that is not escaped. */
static enum err
bracketed_value(struct gs1_code *out, struct buf *value, size_t *pos,
    struct span text, struct diag *d)
{
	for (; *pos < text.n && text.p[*pos] != '('; (*pos)++) {
		if (text.p[*pos] == '\\' && *pos + 1 < text.n &&
		    text.p[*pos + 1] == '(')
			(*pos)++;
		buf_byte(value, text.p[*pos]);
	}
	if (buf_error(value) == ERR_OK)
		return ERR_OK;
	return gs1_at(out, *pos,
	    diag_fail(d, ERR_LENGTH, "gs1 3.3",
		"value before byte %zu: wanted at most %d characters", *pos,
		GS1_VALUE));
}

enum err
gs1_read_bracketed(struct gs1_code *out, struct span text, struct diag *d)
{
	uint8_t space[GS1_VALUE];
	size_t pos = 0;

	gs1_start(out, GS1_FORM_BRACKETED);
	while (pos < text.n) {
		struct buf value = buf_fixed(space, sizeof(space));
		const struct gs1_row *row = NULL;
		size_t start = pos + 1, n = 0;
		char ai[5] = { 0 };
		enum err e;

		while (n < 5 && start + n < text.n && text.p[start + n] != ')')
			n++;
		if (n >= 2 && n <= 4 && start + n < text.n) {
			memcpy(ai, text.p + start, n);
			row = gs1_row(ai, n);
		}
		if (row == NULL)
			return gs1_at(out, pos,
			    diag_fail(d, ERR_UNKNOWN_AI, "gs1 3.6",
				"unknown AI in brackets at byte %zu", pos));
		pos = start + n + 1;
		start = pos;
		e = bracketed_value(out, &value, &pos, text, d);
		if (e == ERR_OK)
			e = gs1_value_check(
			    out, row, ai, buf_span(&value), start, d);
		if (e == ERR_OK)
			e = gs1_add(out, ai, buf_span(&value), start, d);
		if (e != ERR_OK)
			return e;
	}
	return gs1_pairs(out, d);
}
