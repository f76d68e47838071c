/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define FIRST_BYTES 256
#define SHORT_BYTES 512

struct buf
buf_fixed(void *space, size_t cap)
{
	return (struct buf){ .p = space, .cap = cap, .max = cap };
}

struct buf
buf_heap(size_t max)
{
	/* One byte beyond max is kept for the NUL of buf_text(). */
	size_t most = SIZE_MAX / 2;
	return (struct buf){ .max = max < most ? max : most, .heap = true };
}

void
buf_free(struct buf *b)
{
	if (b->heap)
		free(b->p);
	*b = (struct buf){ .max = b->heap ? b->max : 0, .heap = b->heap };
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = ERR_OK;
}

/* Makes room for `more` bytes behind n, of which spare do not count in max. */
static bool
make_room(struct buf *b, size_t more, size_t spare)
{
	if (b->failed != ERR_OK)
		return false;
	if (b->p != NULL && more <= b->cap - b->n &&
	    more - spare <= b->max - b->n)
		return true;
	if (!b->heap || more - spare > b->max - b->n) {
		b->failed = ERR_SPACE;
		return false;
	}
	size_t cap = b->cap < FIRST_BYTES ? FIRST_BYTES : b->cap * 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	if (cap < b->n + more)
		cap = b->n + more;
	uint8_t *p = realloc(b->p, cap);
	if (p == NULL) {
		b->failed = ERR_NOMEM;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	if (!make_room(b, n, 0))
		return NULL;
	uint8_t *at = b->p + b->n;
	b->n += n;
	return at;
}

void
buf_put(struct buf *b, struct span s)
{
	if (s.n == 0 || !make_room(b, s.n, 0))
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void
buf_byte(struct buf *b, uint8_t byte)
{
	if (!make_room(b, 1, 0))
		return;
	b->p[b->n++] = byte;
}

void
buf_str(struct buf *b, const char *text)
{
	buf_put(b, span_str(text));
}

static void print_long(struct buf *b, size_t n, const char *fmt, va_list ap)
    CM_PRINTF(3, 0);

/* Long text is printed in place, which takes a byte for the NUL. */
static void
print_long(struct buf *b, size_t n, const char *fmt, va_list ap)
{
	if (!make_room(b, n + 1, 1))
		return;
	(void)vsnprintf((char *)b->p + b->n, n + 1, fmt, ap);
	b->n += n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char text[SHORT_BYTES];
	va_list ap;

	if (b->failed != ERR_OK)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = ERR_STATE;
		return;
	}
	if ((size_t)n < sizeof text) {
		buf_put(b, span_of(text, (size_t)n));
		return;
	}
	va_start(ap, fmt);
	print_long(b, (size_t)n, fmt, ap);
	va_end(ap);
}

static void
put_be(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	buf_put(b, span_of(bytes, n));
}

void
buf_u16be(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void
buf_u32be(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void
buf_u64be(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

enum err
buf_error(const struct buf *b)
{
	return b->failed;
}

const char *
buf_text(struct buf *b)
{
	if (!make_room(b, 1, 1))
		return NULL;
	b->p[b->n] = 0;
	return (const char *)b->p;
}
