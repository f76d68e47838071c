/* SPDX-License-Identifier: Apache-2.0 */
/* A statement under way: pieces of ledger/sql/query, and what stands for the
 * words in them that begin with @. */
#include "query_internal.h"

#include <assert.h>
#include <stdio.h>

#include "base/banned.h"

#define SQL_MAX ((size_t)1 << 16)
#define ARRAY_MAX ((size_t)4 << 20) /* of one condition's values */

void
query_begin(struct query_build *b, struct store *s)
{
	*b = (struct query_build){ .sql = buf_heap(SQL_MAX),
		.args = store_args(s) };
}

static struct query_slot *
slot_of(struct query_build *b, struct span word)
{
	for (size_t i = 0; i < b->slot_count; i++) {
		if (span_is(word, b->slots[i].word))
			return &b->slots[i];
	}
	return NULL;
}

/* What @word stands for from now on. */
static struct query_slot *
set_slot(struct query_build *b, const char *word)
{
	struct query_slot *at = slot_of(b, span_str(word));

	if (at == NULL) {
		assert(b->slot_count < QUERY_SLOTS);
		at = &b->slots[b->slot_count++];
	}
	*at = (struct query_slot){ .word = word };
	return at;
}

void
query_set_text(struct query_build *b, const char *word, const char *text)
{
	set_slot(b, word)->text = text;
}

void
query_set_last(struct query_build *b, const char *word, bool any)
{
	struct query_slot *at = set_slot(b, word);

	at->arg = b->args.n;
	at->any = any;
}

void
query_set_i64(struct query_build *b, const char *word, int64_t v)
{
	pg_arg_i64(&b->args, v);
	query_set_last(b, word, false);
}

void
query_set_i16(struct query_build *b, const char *word, int v)
{
	pg_arg_i16(&b->args, (int16_t)v);
	query_set_last(b, word, false);
}

/* A text as the tables have it; borrowed until the statement has run. */
void
query_set_key(struct query_build *b, const char *word, struct span text)
{
	assert(b->key_count < QUERY_KEYS);
	pg_arg_bytes(
	    &b->args, store_subject_key(text, b->keys[b->key_count++]));
	query_set_last(b, word, false);
}

void
query_set_reader(struct query_build *b, const char *word, struct span org)
{
	assert(b->reader_count < QUERY_READERS);
	search_reader(b->readers[b->reader_count], org);
	pg_arg_bytes(
	    &b->args, span_of(b->readers[b->reader_count++], SEARCH_READER));
	query_set_last(b, word, false);
}

void
query_set_null(struct query_build *b, const char *word)
{
	pg_arg_null(&b->args);
	query_set_last(b, word, false);
}

void
query_set_among(struct query_build *b, int64_t first, int64_t below,
    const struct query_reach *reach)
{
	query_set_i64(b, "first", first);
	query_set_i64(b, "below", below);
	query_set_text(b, "among", b->among);
	if (reach->few == NULL) {
		(void)snprintf(b->among, sizeof b->among,
		    "x.idx >= $%d AND x.idx < $%d", b->args.n - 1, b->args.n);
		return;
	}
	pg_arg_bytes(&b->args, pg_span(reach->few, 0, 3));
	query_set_last(b, "entries", false);
	(void)snprintf(
	    b->among, sizeof b->among, "x.idx = ANY ($%d)", b->args.n);
}

struct pg_array *
query_new_array(struct query_build *b, enum pg_type element)
{
	struct pg_array *a = &b->arrays[b->array_count++];

	assert(b->array_count <= QUERY_ARRAYS);
	pg_array_init(a, element, ARRAY_MAX);
	return a;
}

void
query_set_array(
    struct query_build *b, const char *word, const struct pg_array *a, bool any)
{
	if (b->failed == ERR_OK)
		b->failed = buf_error(&a->b);
	pg_arg_bytes(&b->args, pg_array_value(a));
	query_set_last(b, word, any);
}

void
query_put(struct query_build *b, enum store_query piece)
{
	const char *at = store_statements[piece].sql, *mark;

	while ((mark = strchr(at, '@')) != NULL) {
		size_t n = strspn(mark + 1, "abcdefghijklmnopqrstuvwxyz");
		const struct query_slot *slot =
		    slot_of(b, span_of(mark + 1, n));

		assert(slot != NULL);
		buf_put(&b->sql, span_of(at, (size_t)(mark - at)));
		if (slot->text != NULL)
			buf_str(&b->sql, slot->text);
		else
			buf_printf(&b->sql, slot->any ? "ANY ($%d)" : "$%d",
			    slot->arg);
		at = mark + 1 + n;
	}
	buf_str(&b->sql, at);
	buf_byte(&b->sql, '\n');
}

void
query_clear(struct query_build *b)
{
	for (size_t i = 0; i < b->array_count; i++)
		buf_free(&b->arrays[i].b);
	buf_free(&b->sql);
}
