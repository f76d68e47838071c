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

/* Digits of base 10,000 of the part of a number on one side of the point, in
 * groups that begin or end there. */
static void
put_groups(struct buf *b, struct span digits, size_t before)
{
	size_t groups = (before + digits.n + 3) / 4;

	for (size_t g = 0; g < groups; g++) {
		unsigned v = 0;

		for (size_t k = 4 * g; k < 4 * g + 4; k++) {
			bool inside = k >= before && k - before < digits.n;

			v *= 10;
			if (inside)
				v += digits.p[k - before] - (unsigned)'0';
		}
		buf_u16be(b, (uint16_t)v);
	}
}

void
copy_numeric(struct buf *b, struct span text)
{
	bool negative = span_starts(text, "-");
	struct span all = span_skip(text, negative ? 1 : 0), whole = all;
	const uint8_t *point = all.n == 0 ? NULL : memchr(all.p, '.', all.n);
	struct span fraction = SPAN_NONE;
	size_t groups, fraction_groups;

	if (point != NULL) {
		whole.n = (size_t)(point - all.p);
		fraction = span_skip(all, whole.n + 1);
	}
	if (span_is(whole, "0"))
		whole.n = 0;
	groups = (whole.n + 3) / 4;
	fraction_groups = (fraction.n + 3) / 4;
	/* idle zeros at either end are legal in the binary form */
	buf_u32be(b, (uint32_t)(8 + 2 * (groups + fraction_groups)));
	buf_u16be(b, (uint16_t)(groups + fraction_groups));
	buf_u16be(b, (uint16_t)(groups - 1));
	buf_u16be(b, negative ? 0x4000 : 0);
	buf_u16be(b, (uint16_t)fraction.n);
	put_groups(b, whole, (4 - whole.n % 4) % 4);
	put_groups(b, fraction, 0);
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
