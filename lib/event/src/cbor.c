/* SPDX-License-Identifier: Apache-2.0 */
#include "event/cbor.h"

#include "base/text.h"

#include "base/banned.h"

/* Major types of RFC 8949 section 3.1. */
enum { MAJOR_UINT, MAJOR_NINT, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY };
enum { MAJOR_MAP = 5, MAJOR_TAG, MAJOR_SIMPLE, MAJOR_END };

void
cbor_init(struct cbor *c, struct span in)
{
	*c = (struct cbor){ .in = in };
}

static void
fail_at(struct cbor *c, size_t at, const char *why)
{
	if (c->failed != ERR_OK)
		return;
	c->failed = ERR_BAD_ENCODING;
	c->failed_at = at;
	c->why = why;
}

void
cbor_fail(struct cbor *c, const char *why)
{
	fail_at(c, c->item_at, why);
}

/* The n bytes of an argument after the initial byte, big-endian. */
static uint64_t
argument(struct cbor *c, size_t n)
{
	uint64_t v = 0;
	size_t i;

	if (c->in.n - c->at < n) {
		cbor_fail(c, "wanted the rest of a length or number");
		return 0;
	}
	for (i = 0; i < n; i++)
		v = v << 8 | c->in.p[c->at + i];
	c->at += n;
	return v;
}

/* RFC 8949 4.2.1: each argument in the shortest form that holds it. */
static uint64_t
shortest(struct cbor *c, unsigned info)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	uint64_t v;

	if (info < 24)
		return info;
	if (info > 27) {
		cbor_fail(c, info == 31 ? "wanted a definite length"
					: "wanted an assigned length form");
		return 0;
	}
	v = argument(c, (size_t)1 << (info - 24));
	if (c->failed == ERR_OK && v < least[info - 24])
		cbor_fail(c, "wanted the shortest form");
	return c->failed == ERR_OK ? v : 0;
}

/* Reads one head of the wanted major type; why tells what was wanted. */
static uint64_t
head(struct cbor *c, unsigned major, const char *why)
{
	uint8_t first;

	c->item_at = c->at;
	if (cbor_peek(c) != major) {
		cbor_fail(c, why);
		return 0;
	}
	first = c->in.p[c->at++];
	return shortest(c, first & 0x1f);
}

unsigned
cbor_peek(const struct cbor *c)
{
	if (c->failed != ERR_OK || c->at >= c->in.n)
		return MAJOR_END;
	return c->in.p[c->at] >> 5;
}

uint64_t
cbor_uint(struct cbor *c)
{
	return head(c, MAJOR_UINT, "wanted an unsigned integer");
}

int64_t
cbor_int(struct cbor *c)
{
	bool negative = cbor_peek(c) == MAJOR_NINT;
	uint64_t v =
	    head(c, negative ? MAJOR_NINT : MAJOR_UINT, "wanted an integer");

	if (v > INT64_MAX) {
		cbor_fail(c, "wanted an integer of 63 bits");
		return 0;
	}
	if (c->failed != ERR_OK)
		return 0;
	return negative ? -1 - (int64_t)v : (int64_t)v;
}

/* The content of a string; its length is checked against what is there before
 * anything is touched. */
static struct span
content(struct cbor *c, unsigned major, const char *why)
{
	uint64_t n = head(c, major, why);
	struct span s;

	if (c->failed != ERR_OK)
		return SPAN_NONE;
	if (n > c->in.n - c->at) {
		cbor_fail(c, "wanted as many bytes as the length says");
		return SPAN_NONE;
	}
	s = span_of(c->in.p + c->at, (size_t)n);
	c->at += (size_t)n;
	return s;
}

struct span
cbor_bytes(struct cbor *c)
{
	return content(c, MAJOR_BYTES, "wanted a byte string");
}

struct span
cbor_text(struct cbor *c)
{
	struct span s = content(c, MAJOR_TEXT, "wanted a text string");

	if (c->failed == ERR_OK && !utf8_valid(s))
		cbor_fail(c, "wanted valid UTF-8");
	return c->failed == ERR_OK ? s : SPAN_NONE;
}

/* An item takes at least a byte, so a count above the bytes left is refused
 * before a caller sizes anything by it. */
static size_t
count(struct cbor *c, unsigned major, size_t item_bytes, const char *why)
{
	uint64_t n = head(c, major, why);

	if (c->failed != ERR_OK)
		return 0;
	if (n > (c->in.n - c->at) / item_bytes) {
		cbor_fail(c, "wanted as many items as the count says");
		return 0;
	}
	return (size_t)n;
}

size_t
cbor_array(struct cbor *c)
{
	return count(c, MAJOR_ARRAY, 1, "wanted an array");
}

size_t
cbor_map(struct cbor *c)
{
	return count(c, MAJOR_MAP, 2, "wanted a map");
}

uint64_t
cbor_tag(struct cbor *c)
{
	return head(c, MAJOR_TAG, "wanted a tag");
}

enum err
cbor_done(const struct cbor *c)
{
	if (c->failed != ERR_OK)
		return c->failed;
	return c->at == c->in.n ? ERR_OK : ERR_BAD_ENCODING;
}

void
cbor_end(struct cbor *c)
{
	if (c->at != c->in.n)
		fail_at(c, c->at, "wanted the end of input");
}

const char *
cbor_got(const struct cbor *c)
{
	static const char *const words[] = { "an unsigned integer",
		"a negative integer", "a byte string", "a text string",
		"an array", "a map", "a tag", "a simple value or float" };

	if (c->failed_at >= c->in.n)
		return "the end of input";
	return words[c->in.p[c->failed_at] >> 5];
}

size_t
cbor_head_size(uint64_t argument_)
{
	if (argument_ < 24)
		return 1;
	if (argument_ <= UINT8_MAX)
		return 2;
	if (argument_ <= UINT16_MAX)
		return 3;
	return argument_ <= UINT32_MAX ? 5 : 9;
}

static void
put_head(struct buf *b, unsigned major, uint64_t v)
{
	uint8_t type = (uint8_t)(major << 5);

	switch (cbor_head_size(v)) {
	case 1:
		buf_byte(b, (uint8_t)(type | v));
		break;
	case 2:
		buf_byte(b, type | 24);
		buf_byte(b, (uint8_t)v);
		break;
	case 3:
		buf_byte(b, type | 25);
		buf_u16be(b, (uint16_t)v);
		break;
	case 5:
		buf_byte(b, type | 26);
		buf_u32be(b, (uint32_t)v);
		break;
	default:
		buf_byte(b, type | 27);
		buf_u64be(b, v);
	}
}

void
cbor_put_uint(struct buf *b, uint64_t v)
{
	put_head(b, MAJOR_UINT, v);
}

void
cbor_put_int(struct buf *b, int64_t v)
{
	if (v < 0)
		put_head(b, MAJOR_NINT, (uint64_t)(-1 - v));
	else
		put_head(b, MAJOR_UINT, (uint64_t)v);
}

void
cbor_put_bytes(struct buf *b, struct span s)
{
	put_head(b, MAJOR_BYTES, s.n);
	buf_put(b, s);
}

void
cbor_put_text(struct buf *b, struct span s)
{
	put_head(b, MAJOR_TEXT, s.n);
	buf_put(b, s);
}

void
cbor_put_array(struct buf *b, size_t n)
{
	put_head(b, MAJOR_ARRAY, n);
}

void
cbor_put_map(struct buf *b, size_t n)
{
	put_head(b, MAJOR_MAP, n);
}

void
cbor_put_tag(struct buf *b, uint64_t tag)
{
	put_head(b, MAJOR_TAG, tag);
}
