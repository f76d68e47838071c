/* SPDX-License-Identifier: Apache-2.0 */
/* One spelling for each decimal. */
#include "ledger/query.h"

#include "base/banned.h"

#define EXPONENT 1000 /* more than QUERY_DECIMAL can hold */

/* A JSON number taken apart: 0.digits times ten to the point. */
struct parts {
	bool negative;
	struct span whole, fraction;
	long exponent;
};

static struct span
digits(struct span *rest)
{
	struct span out = *rest;
	size_t n = 0;

	while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
		n++;
	/* An absent text has no bytes to skip. */
	if (n > 0)
		*rest = span_skip(*rest, n);
	out.n = n;
	return out;
}

static bool
take(struct span *rest, char c)
{
	if (rest->n == 0 || rest->p[0] != (uint8_t)c)
		return false;
	*rest = span_skip(*rest, 1);
	return true;
}

static bool
exponent_of(long *out, struct span *rest)
{
	bool negative = take(rest, '-');
	struct span d;

	if (!negative)
		(void)take(rest, '+');
	d = digits(rest);
	for (size_t i = 0; i < d.n; i++) {
		if (*out <= EXPONENT)
			*out = 10 * *out + (d.p[i] - '0');
	}
	if (negative)
		*out = -*out;
	return d.n > 0;
}

/* RFC 8259 section 6. */
static bool
split(struct parts *out, struct span text)
{
	struct span rest = text;

	*out = (struct parts){ .negative = take(&rest, '-') };
	out->whole = digits(&rest);
	if (out->whole.n == 0 || (out->whole.n > 1 && out->whole.p[0] == '0'))
		return false;
	if (take(&rest, '.')) {
		out->fraction = digits(&rest);
		if (out->fraction.n == 0)
			return false;
	}
	if ((take(&rest, 'e') || take(&rest, 'E')) &&
	    !exponent_of(&out->exponent, &rest))
		return false;
	return rest.n == 0;
}

static uint8_t
digit_at(const struct parts *p, size_t i)
{
	return i < p->whole.n ? p->whole.p[i] : p->fraction.p[i - p->whole.n];
}

/* Digits first … below of the number; point: how many of all digits stand
 * before the decimal point, which may lie outside them. */
static void
print(struct buf *out, const struct parts *p, size_t first, size_t below,
    long point)
{
	long left = point - (long)first;

	if (p->negative)
		buf_byte(out, '-');
	if (left <= 0)
		buf_str(out, "0.");
	for (long i = left; i < 0; i++)
		buf_byte(out, '0');
	for (size_t i = first; i < below; i++) {
		if (left > 0 && (long)i == point)
			buf_byte(out, '.');
		buf_byte(out, digit_at(p, i));
	}
	for (long i = (long)below; i < point; i++)
		buf_byte(out, '0');
}

enum err
query_decimal(struct buf *out, struct span text)
{
	size_t first = 0, below;
	struct parts p;
	long point;

	if (!split(&p, text))
		return ERR_SYNTAX;
	below = p.whole.n + p.fraction.n;
	while (below > 0 && digit_at(&p, below - 1) == '0')
		below--;
	while (first < below && digit_at(&p, first) == '0')
		first++;
	if (below == 0) {
		buf_byte(out, '0');
		return buf_error(out);
	}
	point = (long)p.whole.n + p.exponent;
	/* the longest of what is written, with sign and point */
	if (below - first > QUERY_DECIMAL - 3 || point > QUERY_DECIMAL - 3 ||
	    (long)below - point > QUERY_DECIMAL - 3)
		return ERR_LIMIT;
	print(out, &p, first, below, point);
	return buf_error(out);
}
