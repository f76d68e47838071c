/* SPDX-License-Identifier: Apache-2.0 */
/* Values on their way to the server, in its binary form. */
#include "pg_internal.h"

#include <assert.h>
#include <limits.h>

#include "base/banned.h"

static void
put_be(uint8_t *out, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static void
arg_int(struct pg_args *a, uint64_t v, int bytes)
{
	assert(a->n < PG_ARGS);
	put_be(a->space[a->n], v, bytes);
	a->values[a->n] = NULL;
	a->number[a->n] = true;
	a->lengths[a->n++] = bytes;
}

void
pg_arg_i16(struct pg_args *a, int16_t v)
{
	arg_int(a, (uint64_t)(int64_t)v, 2);
}

void
pg_arg_i32(struct pg_args *a, int32_t v)
{
	arg_int(a, (uint64_t)(int64_t)v, 4);
}

void
pg_arg_i64(struct pg_args *a, int64_t v)
{
	arg_int(a, (uint64_t)v, 8);
}

void
pg_arg_bytes(struct pg_args *a, struct span s)
{
	assert(a->n < PG_ARGS && s.n <= INT_MAX);
	/* NULL would be SQL's null */
	a->values[a->n] = s.n == 0 ? "" : (const char *)s.p;
	a->number[a->n] = false;
	a->lengths[a->n++] = (int)s.n;
}

void
pg_arg_text(struct pg_args *a, const char *text)
{
	pg_arg_bytes(a, span_str(text));
}

void
pg_arg_null(struct pg_args *a)
{
	assert(a->n < PG_ARGS);
	a->values[a->n] = NULL;
	a->number[a->n] = false;
	a->lengths[a->n++] = 0;
}

/* Array head: dimensions, nulls, type, count (at 12), lower bound. */
void
pg_array_init(struct pg_array *a, enum pg_type element, size_t max)
{
	a->b = buf_heap(max);
	pg_array_reset(a, element);
}

void
pg_array_reset(struct pg_array *a, enum pg_type element)
{
	buf_reset(&a->b);
	a->count = 0;
	buf_u32be(&a->b, 1);
	buf_u32be(&a->b, 0);
	buf_u32be(&a->b, (uint32_t)element);
	buf_u32be(&a->b, 0);
	buf_u32be(&a->b, 1);
}

void
pg_array_put(struct pg_array *a, struct span element)
{
	buf_u32be(&a->b, (uint32_t)element.n);
	buf_put(&a->b, element);
	a->count++;
	if (buf_error(&a->b) == ERR_OK)
		put_be(a->b.p + 12, a->count, 4);
}

static void
array_int(struct pg_array *a, uint64_t v, int bytes)
{
	uint8_t be[8];

	put_be(be, v, bytes);
	pg_array_put(a, span_of(be, (size_t)bytes));
}

void
pg_array_i16(struct pg_array *a, int16_t v)
{
	array_int(a, (uint64_t)(int64_t)v, 2);
}

void
pg_array_i32(struct pg_array *a, int32_t v)
{
	array_int(a, (uint64_t)(int64_t)v, 4);
}

void
pg_array_i64(struct pg_array *a, int64_t v)
{
	array_int(a, (uint64_t)v, 8);
}

struct span
pg_array_value(const struct pg_array *a)
{
	return buf_span(&a->b);
}
