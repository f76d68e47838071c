/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

#define D (GS1_N | GS1_X | GS1_Y | GS1_Z)
#define U (GS1_X | GS1_Y | GS1_Z)
#define L (GS1_X | GS1_Z)
#define P GS1_X

/* gs1.md 5.3: which sets a byte belongs to. */
static const uint8_t set_of[256] = {
	['!'] = P,
	['"'] = P,
	['#'] = GS1_Y,
	['%'] = P,
	['&'] = P,
	['\''] = P,
	['('] = P,
	[')'] = P,
	['*'] = P,
	['+'] = P,
	[','] = P,
	['-'] = GS1_X | GS1_Y | GS1_Z,
	['.'] = P,
	['/'] = GS1_X | GS1_Y,
	['0'] = D,
	['1'] = D,
	['2'] = D,
	['3'] = D,
	['4'] = D,
	['5'] = D,
	['6'] = D,
	['7'] = D,
	['8'] = D,
	['9'] = D,
	[':'] = P,
	[';'] = P,
	['<'] = P,
	['='] = P,
	['>'] = P,
	['?'] = P,
	['A'] = U,
	['B'] = U,
	['C'] = U,
	['D'] = U,
	['E'] = U,
	['F'] = U,
	['G'] = U,
	['H'] = U,
	['I'] = U,
	['J'] = U,
	['K'] = U,
	['L'] = U,
	['M'] = U,
	['N'] = U,
	['O'] = U,
	['P'] = U,
	['Q'] = U,
	['R'] = U,
	['S'] = U,
	['T'] = U,
	['U'] = U,
	['V'] = U,
	['W'] = U,
	['X'] = U,
	['Y'] = U,
	['Z'] = U,
	['_'] = L,
	['a'] = L,
	['b'] = L,
	['c'] = L,
	['d'] = L,
	['e'] = L,
	['f'] = L,
	['g'] = L,
	['h'] = L,
	['i'] = L,
	['j'] = L,
	['k'] = L,
	['l'] = L,
	['m'] = L,
	['n'] = L,
	['o'] = L,
	['p'] = L,
	['q'] = L,
	['r'] = L,
	['s'] = L,
	['t'] = L,
	['u'] = L,
	['v'] = L,
	['w'] = L,
	['x'] = L,
	['y'] = L,
	['z'] = L,
};

#undef D
#undef U
#undef L
#undef P

bool
gs1_in_set(struct span s, unsigned set)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((set_of[s.p[i]] & set) == 0)
			return false;
	}
	return true;
}

char
gs1_check_digit(struct span digits_without_it)
{
	unsigned sum = 0, weight = 3;

	for (size_t i = digits_without_it.n; i > 0; i--) {
		sum += weight * (unsigned)(digits_without_it.p[i - 1] - '0');
		weight = 4 - weight;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

bool
gs1_check_digit_ok(struct span digits)
{
	if (digits.n < 2 || !gs1_in_set(digits, GS1_N))
		return false;
	return gs1_check_digit(span_of(digits.p, digits.n - 1)) ==
	       (char)digits.p[digits.n - 1];
}

/* Position of a character in CSET 82, in the order of gs1.md 5.3. */
static unsigned
cset82_position(uint8_t c)
{
	static const char order[] =
	    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	    "abcdefghijklmnopqrstuvwxyz";
	const char *p = memchr(order, c, sizeof(order) - 1);

	return p == NULL ? 0 : (unsigned)(p - order);
}

/* gs1.md 5.2; at most 25 characters, the last two are the pair. */
static bool
check_pair_ok(struct span s)
{
	static const char out[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	static const uint8_t primes[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29,
		31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83 };
	unsigned sum = 0;

	if (s.n < 3 || s.n - 2 > sizeof(primes))
		return false;
	for (size_t i = 0; i < s.n - 2; i++)
		sum += cset82_position(s.p[s.n - 3 - i]) * primes[i];
	sum %= 1021;
	return s.p[s.n - 2] == (uint8_t)out[sum >> 5] &&
	       s.p[s.n - 1] == (uint8_t)out[sum & 31];
}

static unsigned
two(const uint8_t *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* 5.4: the window of years holds one century only, so year 00 is 2000 or
 * 2100 by the clock; a leap year in both readings but for 2100, which comes
 * into the window in 2050. */
static bool
date_ok(struct span s, bool day0)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	unsigned year, month, day, last;

	if (s.n < 6)
		return false;
	year = two(s.p);
	month = two(s.p + 2);
	day = two(s.p + 4);
	if (month < 1 || month > 12)
		return false;
	last = days[month - 1] + (month == 2 && year % 4 == 0 ? 1u : 0u);
	return day <= last && (day0 || day > 0);
}

static bool
time_ok(struct span s)
{
	return s.n >= 4 && two(s.p) <= 23 && two(s.p + 2) <= 59;
}

static bool
pieces_ok(struct span s)
{
	unsigned piece, total;

	if (s.n < 4)
		return false;
	piece = two(s.p);
	total = two(s.p + 2);
	return piece > 0 && total > 0 && piece <= total;
}

static bool
facility_ok(struct span s)
{
	return s.n == 1 && (set_of[s.p[0]] & GS1_Z) != 0;
}

unsigned
gs1_lint(struct span s, unsigned lints)
{
	if ((lints & GS1_CSUM) && !gs1_check_digit_ok(s))
		return GS1_CSUM;
	if ((lints & GS1_CPAIR) && !check_pair_ok(s))
		return GS1_CPAIR;
	if ((lints & GS1_DATE) && !date_ok(s, false))
		return GS1_DATE;
	if ((lints & GS1_DAY0) && !date_ok(s, true))
		return GS1_DAY0;
	if ((lints & GS1_HHMM) && !time_ok(s))
		return GS1_HHMM;
	if ((lints & GS1_PREFIX) &&
	    (s.n < 4 || !gs1_in_set(span_of(s.p, 4), GS1_N)))
		return GS1_PREFIX;
	if ((lints & GS1_PIECES) && !pieces_ok(s))
		return GS1_PIECES;
	if ((lints & GS1_ZERO) && (s.n != 1 || s.p[0] != '0'))
		return GS1_ZERO;
	if ((lints & GS1_NOZERO) && (s.n == 0 || s.p[0] == '0'))
		return GS1_NOZERO;
	if ((lints & GS1_FACILITY) && !facility_ok(s))
		return GS1_FACILITY;
	return 0;
}
