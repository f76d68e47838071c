/* SPDX-License-Identifier: Apache-2.0 */
#include "accept.h"

#include <string.h>

#include "base/banned.h"

#define WEIGHT_MAX 1000U

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
same(struct span s, const char *text, size_t n)
{
	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (lower(s.p[i]) != lower((uint8_t)text[i]))
			return false;
	}
	return true;
}

static struct span
trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_skip(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Splits off what stands before c; false at the end. */
static bool
next(struct span *part, struct span *rest, uint8_t c)
{
	const uint8_t *at;
	size_t n;

	if (rest->p == NULL)
		return false;
	at = rest->n == 0 ? NULL : memchr(rest->p, c, rest->n);
	n = at == NULL ? rest->n : (size_t)(at - rest->p);
	*part = trim(span_of(rest->p, n));
	*rest = at == NULL ? SPAN_NONE : span_skip(*rest, n + 1);
	return true;
}

/* `0.5` as 500; above WEIGHT_MAX when it is no weight. */
static unsigned
weight_of(struct span s)
{
	unsigned value, scale = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') ||
	    (s.n > 1 && s.p[1] != '.'))
		return WEIGHT_MAX + 1;
	value = (s.p[0] - (unsigned)'0') * WEIGHT_MAX;
	for (size_t i = 2; i < s.n; i++, scale /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return WEIGHT_MAX + 1;
		value += (s.p[i] - (unsigned)'0') * scale;
	}
	return value;
}

/* One element: what it names, and its weight behind `;q=`. Parameters other
 * than q are part of a range we do not serve, so they make it match less. */
static bool
element(struct span *name, unsigned *weight, struct span item)
{
	struct span part;

	*weight = WEIGHT_MAX;
	if (!next(name, &item, ';') || name->n == 0)
		return false;
	while (next(&part, &item, ';')) {
		if (part.n > 2 && lower(part.p[0]) == 'q' && part.p[1] == '=')
			*weight = weight_of(span_skip(part, 2));
	}
	return *weight <= WEIGHT_MAX;
}

/* How closely a range names a type: 0 not at all. */
static unsigned
type_fit(struct span range, const char *type)
{
	size_t slash = strcspn(type, "/");

	if (same(range, type, strlen(type)))
		return 3;
	if (range.n == slash + 2 && range.p[slash + 1] == '*' &&
	    same(span_of(range.p, slash + 1), type, slash + 1))
		return 2;
	return same(range, "*/*", 3) ? 1 : 0;
}

static unsigned
language_fit(struct span range, const char *tag)
{
	size_t n = strlen(tag);

	if (range.n <= n && same(range, tag, range.n) &&
	    (range.n == n || tag[range.n] == '-'))
		return 1 + (unsigned)range.n;
	return same(range, "*", 1) ? 1 : 0;
}

static unsigned
accepted(struct span header, const char *what,
    unsigned (*fit)(struct span range, const char *what))
{
	unsigned best = 0, result = 0, weight;
	struct span item, name;

	if (header.p == NULL)
		return WEIGHT_MAX;
	while (next(&item, &header, ',')) {
		unsigned f;

		if (!element(&name, &weight, item))
			continue;
		f = fit(name, what);
		if (f > best) {
			best = f;
			result = weight;
		}
	}
	return result;
}

unsigned
accept_type(struct span header, const char *type)
{
	return accepted(header, type, type_fit);
}

unsigned
accept_language(struct span header, const char *tag)
{
	return accepted(header, tag, language_fit);
}
