/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

#define CLAUSE_DL "gs1 6"

/* One reading: offsets are kept by pointers into the text. */
struct link {
	struct gs1_code *out;
	struct diag *d;
	const uint8_t *text; /* start of the URI */
	size_t at;           /* offset of the URI in the caller's text */
	const struct gs1_row *key;
};

static size_t
offset(const struct link *l, const uint8_t *p)
{
	return l->at + (size_t)(p - l->text);
}

bool
gs1_is_link(struct span text)
{
	return span_starts(text, "http://") || span_starts(text, "https://") ||
	       span_starts(text, "HTTP://") || span_starts(text, "HTTPS://");
}

static enum err
fail(struct link *l, const uint8_t *p, const char *what)
{
	return gs1_broke(l->out, GS1_RULE_DL_SYNTAX, offset(l, p),
	    diag_fail(l->d, ERR_SYNTAX, CLAUSE_DL, "dl_syntax: %s at byte %zu",
		what, offset(l, p)));
}

/* Splits off the part before c; *rest is behind it, its p NULL without c. */
static struct span
before(struct span *rest, struct span s, uint8_t c)
{
	const uint8_t *p = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	*rest = SPAN_NONE;
	if (p == NULL)
		return s;
	*rest = span_of(p + 1, s.n - (size_t)(p - s.p) - 1);
	return span_of(s.p, (size_t)(p - s.p));
}

size_t
gs1_unescape(struct buf *out, struct span text, bool query)
{
	size_t fault = text.n;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		int high, low;

		if (c != '%') {
			buf_byte(out, query && c == '+' ? ' ' : c);
			continue;
		}
		high = i + 2 < text.n ? gs1_hex(text.p[i + 1]) : -1;
		low = i + 2 < text.n ? gs1_hex(text.p[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0) {
			fault = fault == text.n ? i : fault;
			buf_byte(out, c);
			continue;
		}
		buf_byte(out, (uint8_t)(high * 16 + low));
		i += 2;
	}
	return fault;
}

/* Is there nothing to decode? */
static bool
is_plain(struct span s, bool query)
{
	return s.n == 0 || (memchr(s.p, '%', s.n) == NULL &&
			       !(query && memchr(s.p, '+', s.n) != NULL));
}

/* 6.5: decodes once; a `%` without two hex digits and %00 are refused. */
static enum err
decode(struct link *l, struct span *value, uint8_t space[GS1_VALUE],
    struct span raw, bool query)
{
	struct buf b = buf_fixed(space, GS1_VALUE);
	size_t fault;

	*value = raw;
	if (is_plain(raw, query))
		return ERR_OK;
	fault = gs1_unescape(&b, raw, query);
	if (fault < raw.n)
		return fail(l, raw.p + fault, "a wrong percent escape");
	*value = buf_span(&b);
	if (buf_error(&b) == ERR_OK)
		return ERR_OK;
	return gs1_at(l->out, offset(l, raw.p),
	    diag_fail(l->d, ERR_LENGTH, "gs1 3.3",
		"value at byte %zu: wanted at most %d characters",
		offset(l, raw.p), GS1_VALUE));
}

/* The offset in raw of the character that is decoded to byte n. */
static size_t
raw_offset(struct span raw, size_t n)
{
	size_t i = 0;

	for (; n > 0 && i < raw.n; n--)
		i += raw.p[i] == '%' ? 3 : 1;
	return i < raw.n ? i : raw.n;
}

/* Decodes, checks and appends one (AI, value). */
static enum err
take(struct link *l, const struct gs1_row *row, const char *ai, struct span raw,
    bool query)
{
	uint8_t space[GS1_VALUE];
	struct span value;
	size_t at = offset(l, raw.p);
	enum err e;

	/* 6.4: an AI anywhere twice, even with equal values. */
	if (gs1_value(l->out, ai).p != NULL)
		return fail(l, raw.p, "an AI stands twice");
	e = decode(l, &value, space, raw, query);
	if (e != ERR_OK)
		return e;
	e = gs1_value_check(l->out, row, ai, value, at, l->d);
	if (e != ERR_OK) {
		l->out->error_at = at + raw_offset(raw, l->out->error_at - at);
		return e;
	}
	return gs1_add(l->out, ai, value, at, l->d);
}

static void
ai_text(char ai[5], struct span s)
{
	memset(ai, 0, 5);
	memcpy(ai, s.p, s.n > 4 ? 4 : s.n);
}

/* Last segment of a path; the path is cut before its slash. */
static bool
last_segment(struct span *segment, struct span *path)
{
	size_t n = path->n;

	if (n == 0)
		return false;
	while (n > 0 && path->p[n - 1] != '/')
		n--;
	*segment = span_of(path->p + n, path->n - n);
	path->n = n > 0 ? n - 1 : 0;
	return true;
}

/* 6.2: from the end backwards to the first primary key. */
static enum err
find_key(struct link *l, struct span *tail, struct span path)
{
	struct span value, place, whole = path;
	char ai[5];

	while (last_segment(&value, &path) && last_segment(&place, &path)) {
		const struct gs1_row *row = NULL;

		if (place.n >= 2 && place.n <= 4) {
			ai_text(ai, place);
			row = gs1_row(ai, place.n);
		}
		if (row == NULL)
			break;
		if (row->key != NULL) {
			l->key = row;
			*tail = span_of(
			    place.p, whole.n - (size_t)(place.p - whole.p));
			return ERR_OK;
		}
	}
	return gs1_broke(l->out, GS1_RULE_DL_FOREIGN, offset(l, whole.p),
	    diag_fail(l->d, ERR_SYNTAX, CLAUSE_DL,
		"dl_foreign: a URI without a GS1 key"));
}

static enum err
read_path(struct link *l, struct span path)
{
	struct span tail, place, value;
	bool fits = false;
	char ai[5];
	enum err e = find_key(l, &tail, path);

	while (e == ERR_OK && tail.p != NULL) {
		const struct gs1_row *row;

		place = before(&tail, tail, '/');
		if (tail.p == NULL)
			return fail(l, place.p, "an AI without a value");
		value = before(&tail, tail, '/');
		if (value.n == 0)
			return fail(l, value.p, "an empty segment");
		ai_text(ai, place);
		row = gs1_row(ai, place.n);
		if (row == NULL)
			return fail(l, place.p, "no AI");
		e = take(l, row, ai, value, false);
	}
	if (e != ERR_OK)
		return e;
	for (const char *s = l->key->key; s != NULL;
	     s = gs1_next_alternative(s))
		fits |=
		    gs1_sequence_fits(l->out->ais + 1, l->out->count - 1, s);
	return fits ? ERR_OK
		    : fail(l, path.p, "qualifiers that do not follow the key");
}

static enum err
read_parameter(struct link *l, struct span part, unsigned in_path)
{
	struct span value, key = before(&value, part, '=');
	const struct gs1_row *row = NULL;
	char ai[5] = { 0 };

	if (value.p == NULL || key.n == 0 || !gs1_in_set(key, GS1_N))
		return ERR_OK;
	if (key.n <= 4) {
		ai_text(ai, key);
		row = gs1_row(ai, key.n);
	}
	if (row == NULL)
		return gs1_at(l->out, offset(l, key.p),
		    diag_fail(l->d, ERR_UNKNOWN_AI, "gs1 6.4",
			"unknown AI %.*s in the query",
			key.n > 8 ? 8 : (int)key.n, (const char *)key.p));
	if (value.n == 0)
		return fail(l, key.p, "an empty value");
	if (row->no_attribute || gs1_belongs_in_path(l->key, l->out->ais + 1,
				     in_path - 1, gs1_number(ai)))
		return fail(l, key.p, "an AI that is no attribute");
	return take(l, row, ai, value, true);
}

static enum err
read_query(struct link *l, struct span query)
{
	unsigned in_path = l->out->count;
	enum err e = ERR_OK;

	while (e == ERR_OK && query.p != NULL) {
		struct span part = before(&query, query, '&');

		if (part.n > 0)
			e = read_parameter(l, part, in_path);
	}
	return e;
}

/* Start of a second link inside the path, path.n when there is none. */
static size_t
second_link(struct span path)
{
	for (size_t i = 0; i + 7 < path.n; i++) {
		const uint8_t *colon = memchr(path.p + i, ':', path.n - i - 2);

		if (colon == NULL)
			return path.n;
		i = (size_t)(colon - path.p);
		if (memcmp(colon, "://", 3) != 0)
			continue;
		if (i >= 5 && gs1_is_link(span_skip(path, i - 5)))
			return i - 5;
		if (i >= 4 && gs1_is_link(span_skip(path, i - 4)))
			return i - 4;
	}
	return path.n;
}

/* 11 `merged`: a link in the stem that has a key of its own. A stem without
 * one, a proxy's perhaps, may hold any text. */
static enum err
check_merged(struct link *l, struct span path)
{
	size_t n = second_link(path);
	struct link first = *l;
	struct span tail;

	if (n == path.n)
		return ERR_OK;
	first.d = NULL;
	if (find_key(&first, &tail, span_of(path.p, n)) != ERR_OK)
		return ERR_OK;
	return gs1_broke(l->out, GS1_RULE_MERGED, offset(l, path.p + n),
	    diag_fail(l->d, ERR_SYNTAX, "gs1 11",
		"merged: a second link starts at byte %zu: scan one at a time",
		offset(l, path.p + n)));
}

enum err
gs1_read_link(struct gs1_code *out, struct span uri, size_t at, struct diag *d)
{
	struct link l = { .out = out, .d = d, .text = uri.p, .at = at };
	struct span rest, query, path, host;
	size_t foreign;
	enum err e;

	gs1_start(out, GS1_FORM_LINK);
	if (uri.n > GS1_TEXT)
		return diag_fail(d, ERR_TOO_LARGE, "gs1 6.8",
		    "got %zu bytes, wanted at most %d", uri.n, GS1_TEXT);
	foreign = gs1_outside(uri, GS1_URI);
	if (foreign < uri.n)
		return fail(
		    &l, uri.p + foreign, "a character outside RFC 3986");
	rest = span_skip(uri, uri.p[4] == ':' ? 7 : 8);
	path = before(&query, rest, '#');
	path = before(&query, path, '?');
	host = before(&path, path, '/');
	if (host.n == 0 || !gs1_in_set(host, GS1_HOST))
		return fail(&l, rest.p, "a wrong host");
	if (path.p == NULL)
		return fail(&l, rest.p, "no path");
	e = check_merged(&l, path);
	if (e == ERR_OK)
		e = read_path(&l, path);
	if (e == ERR_OK)
		e = read_query(&l, query);
	return e == ERR_OK ? gs1_pairs(out, d) : e;
}
