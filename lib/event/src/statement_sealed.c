/* SPDX-License-Identifier: Apache-2.0 */
#include "event/statement.h"

#include "statement_internal.h"

#include "base/banned.h"

/*
 * Whether the top object of a JSON text has the member "cm:sealed". Walks the
 * top level only and allocates nothing; what is no JSON object at that level
 * has no member, so it is not refused here (it earns `schema` later).
 */
#define SEALED "cm:sealed"

struct walk {
	struct span in;
	size_t at;
};

/* The byte at the cursor, 0 at the end (a byte 0 is no JSON either). */
static uint8_t
at(const struct walk *w)
{
	return w->at < w->in.n ? w->in.p[w->at] : 0;
}

static bool
take(struct walk *w, char ch)
{
	if (at(w) != (uint8_t)ch)
		return false;
	w->at++;
	return true;
}

static void
blanks(struct walk *w)
{
	while (at(w) == ' ' || at(w) == '\t' || at(w) == '\n' || at(w) == '\r')
		w->at++;
}

/* Passes over a string; raw is what stands between the quotes. */
static bool
string(struct walk *w, struct span *raw)
{
	size_t start;

	if (!take(w, '"'))
		return false;
	start = w->at;
	while (at(w) != '"') {
		if (at(w) < 0x20)
			return false;
		w->at += at(w) == '\\' ? 2 : 1;
	}
	*raw = span_of(w->in.p + start, w->at - start);
	w->at++;
	return true;
}

static bool
scalar_byte(uint8_t ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
	       (ch >= 'A' && ch <= 'Z') || ch == '-' || ch == '+' || ch == '.';
}

/* Passes over an array or object by counting brackets outside strings. */
static bool
container(struct walk *w)
{
	unsigned depth = 0;
	struct span raw;

	do {
		uint8_t ch = at(w);

		if (ch == '"') {
			if (!string(w, &raw))
				return false;
			continue;
		}
		if (ch == 0)
			return false;
		depth += ch == '{' || ch == '[';
		depth -= ch == '}' || ch == ']';
		w->at++;
	} while (depth > 0);
	return true;
}

static bool
value(struct walk *w)
{
	size_t start = w->at;
	struct span raw;

	if (at(w) == '"')
		return string(w, &raw);
	if (at(w) == '{' || at(w) == '[')
		return container(w);
	while (scalar_byte(at(w)))
		w->at++;
	return w->at > start;
}

static int
hex_digit(uint8_t ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return -1;
}

/* The character at raw[*i], a \uXXXX undone; -1 for what the name cannot
 * hold. */
static int
character(struct span raw, size_t *i)
{
	int v = 0;
	unsigned k;

	if (raw.p[*i] != '\\')
		return raw.p[(*i)++];
	if (raw.n - *i < 6 || raw.p[*i + 1] != 'u')
		return -1;
	for (k = 2; k < 6; k++) {
		int digit = hex_digit(raw.p[*i + k]);

		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	*i += 6;
	return v;
}

static bool
is_sealed(struct span raw)
{
	const char *want = SEALED;
	size_t i = 0;

	for (; *want != '\0'; want++) {
		if (i >= raw.n || character(raw, &i) != *want)
			return false;
	}
	return i == raw.n;
}

bool
statement_sealed(struct span payload)
{
	struct walk w = { payload, 0 };
	struct span key;
	bool found = false;

	/* Nearly every payload leaves here. */
	if (payload.n == 0 ||
	    (memmem(payload.p, payload.n, SEALED, strlen(SEALED)) == NULL &&
		memchr(payload.p, '\\', payload.n) == NULL))
		return false;
	blanks(&w);
	if (!take(&w, '{'))
		return false;
	do {
		blanks(&w);
		if (!string(&w, &key))
			return false;
		found = found || is_sealed(key);
		blanks(&w);
		if (!take(&w, ':'))
			return false;
		blanks(&w);
		if (!value(&w))
			return false;
		blanks(&w);
	} while (take(&w, ','));
	if (!take(&w, '}'))
		return false;
	blanks(&w);
	return found && w.at == payload.n;
}
