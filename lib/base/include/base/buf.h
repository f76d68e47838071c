/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/span.h"

/*
 * Output space that grows up to a maximum or has a fixed place, with a sticky
 * failure: write on, ask buf_error() once at the end.
 */
struct buf {
	uint8_t *p;
	size_t n;   /* bytes written */
	size_t cap; /* bytes allocated */
	size_t max; /* never more than this */
	bool heap;  /* p is ours and may be reallocated */
	enum err failed;
};

/* Over the caller's space; never allocates. */
struct buf buf_fixed(void *space, size_t cap);

/* Empty, on the heap, at most max bytes; release with buf_free(). */
struct buf buf_heap(size_t max);

/* Releases heap space and empties the object; keeps nothing. */
void buf_free(struct buf *b);

/* Forgets the content and the failure, keeps the space. */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, struct span s);
void buf_byte(struct buf *b, uint8_t byte);
void buf_str(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...) CM_PRINTF(2, 3);
void buf_u16be(struct buf *b, uint16_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);

/* n writable bytes at the end, or NULL with the sticky failure set. */
uint8_t *buf_reserve(struct buf *b, size_t n);

/* ERR_OK, ERR_SPACE (a fixed place or max is full) or ERR_NOMEM. */
enum err buf_error(const struct buf *b) CM_MUST_USE;

/* NUL-terminates without counting the NUL and returns the text, or NULL after
 * a failure. Valid until the next write. */
const char *buf_text(struct buf *b);

static inline struct span
buf_span(const struct buf *b)
{
	return span_of(b->p, b->n);
}

#endif
