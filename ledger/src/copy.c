/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_internal.h"

#include "base/banned.h"

void
copy_begin(struct buf *b, uint16_t fields, int32_t log_id)
{
	static const char head[COPY_HEAD] = "PGCOPY\n\377\r\n\0"
					    "\0\0\0\0"
					    "\0\0\0";

	if (b->n == 0)
		buf_put(b, span_of(head, sizeof head));
	buf_u16be(b, fields);
	buf_u32be(b, 4);
	buf_u32be(b, (uint32_t)log_id);
}

void
copy_i16(struct buf *b, unsigned v)
{
	buf_u32be(b, 2);
	buf_u16be(b, (uint16_t)v);
}

void
copy_i32(struct buf *b, uint64_t v)
{
	buf_u32be(b, 4);
	buf_u32be(b, (uint32_t)v);
}

void
copy_i64(struct buf *b, uint64_t v)
{
	buf_u32be(b, 8);
	buf_u64be(b, v);
}

void
copy_bytes(struct buf *b, struct span s)
{
	buf_u32be(b, (uint32_t)s.n);
	buf_put(b, s);
}

enum err
copy_send(
    struct store *s, enum store_query q, const struct buf *rows, struct diag *d)
{
	static const uint8_t end[2] = { 0xff, 0xff };
	const struct span pieces[2] = { buf_span(rows), span_of(end, 2) };

	if (rows->n == 0)
		return ERR_OK;
	return pg_copy(s->pg, &store_statements[q], pieces, 2, d);
}
