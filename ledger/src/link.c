/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/link.h"

#include "base/text.h"
#include "gs1/gs1.h"

#include "base/banned.h"

#define BASE "https://id.gs1.org/"
#define VOCABULARY "https://ref.gs1.org/voc/"

static bool
is_alpha(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* gs1.md 7.1: one spelling for each value, whatever was escaped before. */
static void
put_segment(struct buf *out, struct span s)
{
	uint8_t space[LINK_KEY];
	struct buf value = buf_fixed(space, sizeof space);

	(void)gs1_unescape(&value, s, false);
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = space[i];

		if (is_alpha(c) || is_digit(c) ||
		    (c != 0 && strchr("-._~", c) != NULL))
			buf_byte(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* Levels of `key/value[/qualifier/value]…`. */
static enum err
split(struct link_levels *out, struct span path, struct diag *d)
{
	struct buf whole = buf_fixed(out->key[0], LINK_KEY - 1);
	size_t ends[LINK_LEVELS];
	unsigned parts = 0;

	for (size_t i = 0; i <= path.n; i++) {
		size_t start = i;

		while (i < path.n && path.p[i] != '/')
			i++;
		if (parts > 0)
			buf_byte(&whole, '/');
		put_segment(&whole, span_of(path.p + start, i - start));
		if (++parts % 2 == 0 && parts / 2 <= LINK_LEVELS)
			ends[parts / 2 - 1] = whole.n;
	}
	if (buf_error(&whole) != ERR_OK || parts % 2 != 0 ||
	    parts > 2 * LINK_LEVELS)
		return diag_fail(d, ERR_SYNTAX, "gs1 6.3",
		    "path: wanted a key and at most %d qualifiers",
		    LINK_LEVELS - 1);
	out->count = parts / 2;
	out->key[0][whole.n] = '\0';
	for (unsigned i = 1; i < out->count; i++) {
		size_t n = ends[out->count - 1 - i];

		memcpy(out->key[i], out->key[0], n);
		out->key[i][n] = '\0';
	}
	return ERR_OK;
}

enum err
link_levels(struct link_levels *out, struct span path, struct diag *d)
{
	uint8_t space[GS1_TEXT + 32];
	struct buf uri = buf_fixed(space, sizeof space);
	struct gs1_code code;
	enum err e;

	if (path.n > 0 && path.p[0] == '/')
		path = span_skip(path, 1);
	if (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	if (path.n < 4 || path.n > GS1_TEXT || !is_digit(path.p[0]))
		return diag_fail(d, ERR_SYNTAX, "gs1 6",
		    "path: got %zu bytes, wanted key/value", path.n);
	/* What is read must be all of it. */
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '?' || path.p[i] == '#')
			return diag_fail(d, ERR_SYNTAX, "gs1 6.2",
			    "path: got a query or fragment at byte %zu", i);
	}
	buf_str(&uri, BASE);
	buf_put(&uri, path);
	if ((e = gs1_read(&code, buf_span(&uri), d)) != ERR_OK)
		return e;
	/* The rightmost key counts (6.2), and nothing may stand before it. */
	if (code.ais[0].text_at != strlen(BASE) + strlen(code.ais[0].ai) + 1)
		return diag_fail(d, ERR_SYNTAX, "gs1 6.2",
		    "path: something stands before key %s", code.ais[0].ai);
	return split(out, path, d);
}

enum err
link_type(struct buf *out, struct span text)
{
	static const char *const stems[] = { "gs1:", "https://ref.gs1.org/voc/",
		"https://gs1.org/voc/", "http://gs1.org/voc/",
		"https://www.gs1.org/voc/", "http://www.gs1.org/voc/" };
	struct span word = text;

	if (text.n == 0 || text.n > LINK_TYPE)
		return ERR_LENGTH;
	for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
		if (span_starts(text, stems[i])) {
			word = span_skip(text, strlen(stems[i]));
			break;
		}
	}
	for (size_t i = 0; i < word.n; i++) {
		if (is_alpha(word.p[i]) || is_digit(word.p[i]))
			continue;
		/* No word of ours: a URI of another vocabulary? */
		if (!span_starts(text, "https://") &&
		    !span_starts(text, "http://"))
			return ERR_SYNTAX;
		for (size_t k = 0; k < text.n; k++) {
			if (text.p[k] <= ' ' || text.p[k] >= 0x7f ||
			    strchr("\"<>\\^`{|}", text.p[k]) != NULL)
				return ERR_SYNTAX;
		}
		buf_put(out, text);
		return buf_error(out);
	}
	if (word.n == 0)
		return ERR_SYNTAX;
	if (word.n > LINK_TYPE - strlen(VOCABULARY))
		return ERR_LENGTH;
	buf_str(out, VOCABULARY);
	buf_put(out, word);
	return buf_error(out);
}

/* Words of letters, digits and `more` between single blanks. */
static bool
words_ok(struct span s, const char *more)
{
	bool blank = true;

	if (s.n > LINK_WORDS)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c == ' ' && blank)
			return false;
		blank = c == ' ';
		if (!blank && !is_alpha(c) && !is_digit(c) &&
		    (c == 0 || strchr(more, c) == NULL))
			return false;
	}
	return s.n == 0 || !blank;
}

/* An absolute http(s) URI without a user part. */
static bool
href_ok(struct span s)
{
	size_t start = span_starts(s, "https://")  ? 8
		       : span_starts(s, "http://") ? 7
						   : 0;
	bool authority = true;

	if (start == 0 || s.n == start || s.n > LINK_HREF ||
	    strchr("/?#", s.p[start]) != NULL)
		return false;
	for (size_t i = start; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c == '/' || c == '?' || c == '#')
			authority = false;
		if (c <= ' ' || c >= 0x7f || (authority && c == '@') ||
		    strchr("\"<>\\^`{|}", c) != NULL)
			return false;
	}
	return true;
}

static bool
media_ok(struct span s)
{
	const uint8_t *slash = s.n == 0 ? NULL : memchr(s.p, '/', s.n);

	return s.n == 0 ||
	       (slash != NULL && slash != s.p && slash != s.p + s.n - 1 &&
		   s.n <= 100 && words_ok(s, "/.+-") &&
		   memchr(s.p, ' ', s.n) == NULL);
}

enum err
link_check(const struct link *l, struct diag *d)
{
	if (!href_ok(l->href))
		return diag_fail(d, ERR_SYNTAX, "gs1 12",
		    "href: wanted an absolute http or https URI without a "
		    "user part, at most %d bytes",
		    LINK_HREF);
	if (l->title.n == 0 || l->title.n > LINK_TITLE)
		return diag_fail(d, ERR_LENGTH, "gs1 12",
		    "title: got %zu bytes, wanted 1 to %d", l->title.n,
		    LINK_TITLE);
	if (!utf8_valid(l->title) || memchr(l->title.p, 0, l->title.n) != NULL)
		return diag_fail(d, ERR_UTF8, "gs1 12", "title: no UTF-8");
	if (!media_ok(l->media))
		return diag_fail(
		    d, ERR_SYNTAX, "gs1 12", "media type: wanted type/subtype");
	if (!words_ok(l->languages, "-"))
		return diag_fail(
		    d, ERR_SYNTAX, "gs1 12", "languages: wanted RFC 5646 tags");
	if (!words_ok(l->contexts, "-_."))
		return diag_fail(d, ERR_SYNTAX, "gs1 12",
		    "contexts: wanted words of letters, digits, -_.");
	return ERR_OK;
}
