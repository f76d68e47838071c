/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

#define V GS1_URI
#define H (GS1_URI | GS1_HOST)
#define D (GS1_N | GS1_X | GS1_Y | GS1_Z | H)
#define U (GS1_X | GS1_Y | GS1_Z | H)
#define L (GS1_X | GS1_Z | H)
#define P GS1_X

/* gs1.md 5.3, 6.1: which sets a byte belongs to. */
static const uint8_t set_of[256] = {
	['!'] = P | V,
	['"'] = P,
	['#'] = GS1_Y | V,
	['$'] = V,
	['%'] = P | V,
	['&'] = P | V,
	['\''] = P | V,
	['('] = P | V,
	[')'] = P | V,
	['*'] = P | V,
	['+'] = P | V,
	[','] = P | V,
	['-'] = GS1_X | GS1_Y | GS1_Z | H,
	['.'] = P | H,
	['/'] = GS1_X | GS1_Y | V,
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
	[':'] = P | H,
	[';'] = P | V,
	['<'] = P,
	['='] = P | V,
	['>'] = P,
	['?'] = P | V,
	['@'] = V,
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
	['['] = H,
	[']'] = H,
	['_'] = GS1_X | GS1_Z | V,

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
	['~'] = V,
};

#undef V
#undef H
#undef D
#undef U
#undef L
#undef P

size_t
gs1_outside(struct span s, unsigned set)
{
	size_t i = 0;

	while (i < s.n && (set_of[s.p[i]] & set) != 0)
		i++;
	if (set != GS1_Z || i == s.n || s.p[i] != '=')
		return i;
	/* 5.3: padding is taken where the whole length is a multiple of 3. */
	if (s.n % 3 == 0 && s.n - i <= 2 && s.p[s.n - 1] == '=')
		return s.n;
	return i;
}

bool
gs1_in_set(struct span s, unsigned set)
{
	return gs1_outside(s, set) == s.n;
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

size_t
gs1_check_digit_fault(struct span s)
{
	size_t fault = gs1_outside(s, GS1_N);

	if (s.n == 0 || fault < s.n)
		return s.n == 0 ? 0 : fault;
	return gs1_check_digit(span_of(s.p, s.n - 1)) == (char)s.p[s.n - 1]
		   ? GS1_FITS
		   : s.n - 1;
}

bool
gs1_check_digit_ok(struct span digits)
{
	return digits.n >= 2 && gs1_check_digit_fault(digits) == GS1_FITS;
}

/* Position of a character in CSET 82, in the order of gs1.md 5.3; -1 when it
 * is not in there. */
static int
cset82_position(uint8_t c)
{
	static const char order[] =
	    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	    "abcdefghijklmnopqrstuvwxyz";
	const char *p = memchr(order, c, sizeof(order) - 1);

	return p == NULL ? -1 : (int)(p - order);
}

/* gs1.md 5.2; the last two are the pair. An AI holds 25 characters at most. */
size_t
gs1_check_pair_fault(struct span s)
{
	static const char out[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	static const uint16_t primes[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29,
		31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
		103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
		173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
		241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311, 313,
		317, 331, 337, 347, 349, 353, 359, 367, 373, 379, 383, 389, 397,
		401, 409, 419, 421, 431, 433, 439, 443, 449, 457, 461, 463, 467,
		479, 487, 491, 499, 503, 509 };
	unsigned sum = 0;

	if (s.n < 2 || s.n - 2 > sizeof(primes) / sizeof(primes[0]))
		return 0;
	for (size_t i = 0; i < s.n - 2; i++) {
		int position = cset82_position(s.p[i]);

		if (position < 0)
			return i;
		sum += (unsigned)position * primes[s.n - 3 - i];
	}
	sum %= 1021;
	return s.p[s.n - 2] == (uint8_t)out[sum >> 5] &&
		       s.p[s.n - 1] == (uint8_t)out[sum & 31]
		   ? GS1_FITS
		   : s.n - 2;
}
