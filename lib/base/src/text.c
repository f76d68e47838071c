/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "utf8_internal.h"

#include "base/banned.h"

#define BASE58_MAX_BYTES 64
#define BASE58_MAX_CHARS 90 /* 64 bytes take at most 88 */

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
static const char base58_alphabet[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static uint8_t
base64_char(uint32_t v)
{
	return (uint8_t)base64_alphabet[v & 0x3FU];
}

static void
base64_write(uint8_t *o, struct span s)
{
	const uint8_t *p = s.p;
	size_t left = s.n;

	for (; left >= 3; left -= 3, p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*o++ = base64_char(v >> 18);
		*o++ = base64_char(v >> 12);
		*o++ = base64_char(v >> 6);
		*o++ = base64_char(v);
	}
	if (left == 0)
		return;
	uint32_t v = (uint32_t)p[0] << 16;
	if (left == 2)
		v |= (uint32_t)p[1] << 8;
	*o++ = base64_char(v >> 18);
	*o++ = base64_char(v >> 12);
	*o++ = left == 2 ? base64_char(v >> 6) : (uint8_t)'=';
	*o++ = (uint8_t)'=';
}

void
base64_print(char *out, struct span bytes)
{
	base64_write((uint8_t *)out, bytes);
	out[BASE64_CHARS(bytes.n)] = '\0';
}

void
base64_put(struct buf *b, struct span bytes)
{
	uint8_t *o = buf_reserve(b, BASE64_CHARS(bytes.n));

	if (o != NULL)
		base64_write(o, bytes);
}

/* Value of a base64 character, 64 for every other byte. */
static uint32_t
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - (uint32_t)'A';
	if (c >= 'a' && c <= 'z')
		return c - (uint32_t)'a' + 26;
	if (c >= '0' && c <= '9')
		return c - (uint32_t)'0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four characters, the last `pad` of them '='; false when one is foreign or
 * bits that are not used are set. */
static bool
base64_quad(uint32_t *out, const uint8_t *p, size_t pad)
{
	uint32_t v = 0, foreign = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t c = i < 4 - pad ? base64_value(p[i]) : 0;
		foreign |= c & 64U;
		v = v << 6 | c;
	}
	*out = v;
	uint32_t unused = pad == 0 ? 0 : pad == 1 ? 0xFFU : 0xFFFFU;
	return foreign == 0 && (v & unused) == 0;
}

enum err
base64_parse(uint8_t *out, size_t cap, size_t *n, struct span text)
{
	size_t pad = 0, done = 0;

	*n = 0;
	if (text.n % 4 != 0)
		return ERR_SYNTAX;
	while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	if (text.n / 4 * 3 - pad > cap)
		return ERR_SPACE;
	for (size_t i = 0; i < text.n; i += 4) {
		size_t skip = i + 4 == text.n ? pad : 0;
		uint32_t v;
		if (!base64_quad(&v, text.p + i, skip))
			return ERR_SYNTAX;
		out[done++] = (uint8_t)(v >> 16);
		if (skip < 2)
			out[done++] = (uint8_t)(v >> 8);
		if (skip < 1)
			out[done++] = (uint8_t)v;
	}
	*n = done;
	return ERR_OK;
}

void
hex_print(char *out, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.n; i++) {
		*out++ = digits[bytes.p[i] >> 4];
		*out++ = digits[bytes.p[i] & 15U];
	}
	*out = '\0';
}

/* Value of a hex digit, 16 for every other byte. */
static unsigned
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	if (c >= 'a' && c <= 'f')
		return c - (unsigned)'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - (unsigned)'A' + 10;
	return 16;
}

enum err
hex_parse(uint8_t *out, size_t cap, size_t *n, struct span text)
{
	*n = 0;
	if (text.n % 2 != 0)
		return ERR_SYNTAX;
	if (text.n / 2 > cap)
		return ERR_SPACE;
	for (size_t i = 0; i < text.n / 2; i++) {
		unsigned hi = hex_value(text.p[2 * i]);
		unsigned lo = hex_value(text.p[2 * i + 1]);
		if (hi > 15 || lo > 15)
			return ERR_SYNTAX;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	*n = text.n / 2;
	return ERR_OK;
}

/* Multiplies the number in digits (base `base`, least first) by `factor`, adds
 * `carry` and returns the new length. */
static size_t
base_shift(
    uint8_t *digits, size_t n, unsigned base, unsigned factor, unsigned carry)
{
	for (size_t i = 0; i < n; i++) {
		carry += digits[i] * factor;
		digits[i] = (uint8_t)(carry % base);
		carry /= base;
	}
	for (; carry > 0; carry /= base)
		digits[n++] = (uint8_t)(carry % base);
	return n;
}

enum err
base58_print(char *out, size_t cap, struct span bytes)
{
	uint8_t digits[BASE58_MAX_CHARS];
	size_t zeros = 0, n = 0;

	if (bytes.n > BASE58_MAX_BYTES)
		return ERR_LIMIT;
	while (zeros < bytes.n && bytes.p[zeros] == 0)
		zeros++;
	for (size_t i = zeros; i < bytes.n; i++)
		n = base_shift(digits, n, 58, 256, bytes.p[i]);
	if (zeros + n >= cap)
		return ERR_SPACE;
	for (size_t i = 0; i < zeros; i++)
		*out++ = '1';
	while (n > 0)
		*out++ = base58_alphabet[digits[--n]];
	*out = '\0';
	return ERR_OK;
}

enum err
base58_parse(uint8_t *out, size_t cap, size_t *n, struct span text)
{
	uint8_t bytes[BASE58_MAX_CHARS];
	size_t zeros = 0, len = 0;

	*n = 0;
	if (text.n > BASE58_MAX_CHARS)
		return ERR_SYNTAX;
	while (zeros < text.n && text.p[zeros] == '1')
		zeros++;
	for (size_t i = zeros; i < text.n; i++) {
		const char *at = memchr(
		    base58_alphabet, text.p[i], sizeof base58_alphabet - 1);
		if (at == NULL)
			return ERR_SYNTAX;
		len = base_shift(
		    bytes, len, 256, 58, (unsigned)(at - base58_alphabet));
	}
	if (zeros + len > BASE58_MAX_BYTES)
		return ERR_SYNTAX;
	if (zeros + len > cap)
		return ERR_SPACE;
	memset(out, 0, zeros);
	for (size_t i = 0; i < len; i++)
		out[zeros + i] = bytes[len - 1 - i];
	*n = zeros + len;
	return ERR_OK;
}

enum err
u64_parse(uint64_t *out, struct span text, uint64_t max)
{
	uint64_t v = 0;

	if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_SYNTAX;
	}
	for (size_t i = 0; i < text.n; i++) {
		uint64_t digit = text.p[i] - (uint64_t)'0';
		if (v > (UINT64_MAX - digit) / 10)
			return ERR_LIMIT;
		v = v * 10 + digit;
	}
	if (v > max)
		return ERR_LIMIT;
	*out = v;
	return ERR_OK;
}

bool
utf8_valid(struct span text)
{
	for (size_t i = 0; i < text.n;) {
		size_t step = utf8_step(text.p + i, text.n - i);
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

bool
name_valid(struct span text)
{
	if (text.n < 1 || text.n > 63)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			  c == '-';
		if (!ok)
			return false;
	}
	return true;
}

static bool
unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
percent_put(struct buf *b, struct span raw)
{
	static const char digits[] = "0123456789ABCDEF";

	size_t from = 0; /* what stands as it is from there on waits */

	for (size_t i = 0; i < raw.n; i++) {
		uint8_t c = raw.p[i];
		if (unreserved(c))
			continue;
		uint8_t code[3] = { '%', (uint8_t)digits[c >> 4],
			(uint8_t)digits[c & 15U] };
		buf_put(b, span_of(raw.p + from, i - from));
		buf_put(b, span_of(code, sizeof code));
		from = i + 1;
	}
	buf_put(b, span_of(raw.p + from, raw.n - from));
}

enum err
percent_parse(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '%') {
			buf_byte(out, text.p[i]);
			continue;
		}
		if (text.n - i < 3)
			return ERR_SYNTAX;
		unsigned hi = hex_value(text.p[i + 1]);
		unsigned lo = hex_value(text.p[i + 2]);
		if (hi > 15 || lo > 15 || (hi | lo) == 0)
			return ERR_SYNTAX;
		buf_byte(out, (uint8_t)(hi << 4 | lo));
		i += 2;
	}
	return buf_error(out);
}
