/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_INTERNAL_H
#define BASE_UTF8_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool
utf8_tail(uint8_t b)
{
	return (b & 0xC0U) == 0x80U;
}

/* Length of the well-formed character at p (n >= 1 bytes left), 0 when it is
 * none. Spec: RFC 3629 section 4 (the table of allowed byte ranges). */
static inline size_t
utf8_step(const uint8_t *p, size_t n)
{
	uint8_t b = p[0];

	if (b < 0x80U)
		return 1;
	if (b < 0xC2U || b > 0xF4U)
		return 0;
	if (b < 0xE0U)
		return n >= 2 && utf8_tail(p[1]) ? 2 : 0;
	if (b < 0xF0U) {
		if (n < 3 || !utf8_tail(p[1]) || !utf8_tail(p[2]))
			return 0;
		bool overlong = b == 0xE0U && p[1] < 0xA0U;
		bool surrogate = b == 0xEDU && p[1] > 0x9FU;
		return overlong || surrogate ? 0 : 3;
	}
	if (n < 4 || !utf8_tail(p[1]) || !utf8_tail(p[2]) || !utf8_tail(p[3]))
		return 0;
	bool overlong = b == 0xF0U && p[1] < 0x90U;
	bool beyond = b == 0xF4U && p[1] > 0x8FU;
	return overlong || beyond ? 0 : 4;
}

/* Writes code point c (no surrogate, at most 10FFFF) and returns its length. */
static inline size_t
utf8_write(uint8_t out[4], uint32_t c)
{
	if (c < 0x80U) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800U) {
		out[0] = (uint8_t)(0xC0U | c >> 6);
		out[1] = (uint8_t)(0x80U | (c & 0x3FU));
		return 2;
	}
	if (c < 0x10000U) {
		out[0] = (uint8_t)(0xE0U | c >> 12);
		out[1] = (uint8_t)(0x80U | (c >> 6 & 0x3FU));
		out[2] = (uint8_t)(0x80U | (c & 0x3FU));
		return 3;
	}
	out[0] = (uint8_t)(0xF0U | c >> 18);
	out[1] = (uint8_t)(0x80U | (c >> 12 & 0x3FU));
	out[2] = (uint8_t)(0x80U | (c >> 6 & 0x3FU));
	out[3] = (uint8_t)(0x80U | (c & 0x3FU));
	return 4;
}

#endif
