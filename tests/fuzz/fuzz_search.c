/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "event/statement.h"
#include "ledger/logtext.h"
#include "ledger/query.h"
#include "ledger/search.h"

#include "base/banned.h"

/* Any bytes as the document of a signed statement: its rows hold texts that an
 * index takes and decimals in their one spelling. And as a decimal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sign_key key;

static struct search *
make(void)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };
	struct genesis g = { .authority_count = 1, .origin = "example.com/f" };
	struct buf text = buf_heap(4096);
	struct search *s;

	if (crypto_start() != ERR_OK)
		abort();
	key_from_seed(&key, seed);
	memcpy(g.authority[0], key.pub, KEY_BYTES);
	if (genesis_print(&text, &g) != ERR_OK ||
	    search_new(&s, buf_span(&text), NULL) != ERR_OK)
		abort();
	buf_free(&text);
	return s;
}

static void
is_decimal(struct span text)
{
	struct buf again = buf_heap(QUERY_DECIMAL);

	if (query_decimal(&again, text) != ERR_OK ||
	    !span_equal(text, buf_span(&again)))
		abort();
	buf_free(&again);
}

static void
is_text(struct span text)
{
	if (text.n > 1000 || (text.n > 0 && memchr(text.p, 0, text.n) != NULL))
		abort();
}

static void
look(const struct search_rows *r)
{
	for (size_t i = 0; i < r->quantity_count; i++)
		is_decimal(r->quantities[i].quantity);
	for (size_t i = 0; i < r->ilmd_count; i++) {
		is_decimal(r->ilmds[i].number);
		is_text(r->ilmds[i].name);
		is_text(r->ilmds[i].value);
	}
	for (size_t i = 0; i < r->master_count; i++) {
		is_text(r->masters[i].id);
		is_text(r->masters[i].name);
		is_text(r->masters[i].type);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct search *s;
	const struct claims c = { .epoch = 1,
		.seq = 1,
		.iss = span_str("did:web:x"),
		.sub = span_str("did:web:x") };
	struct buf entry = buf_heap(STATEMENT_MAX);
	struct buf decimal = buf_heap(QUERY_DECIMAL);
	struct search_rows rows;

	if (s == NULL)
		s = make();
	if (query_decimal(&decimal, span_of(data, n)) == ERR_OK)
		is_decimal(buf_span(&decimal));
	if (statement_make(&entry, &c, CONTENT_IS_PRODUCT, span_of(data, n),
		&key, NULL) == ERR_OK) {
		if (search_entry(&rows, s, 1, buf_span(&entry)) != ERR_OK)
			abort();
		look(&rows);
	}
	buf_free(&decimal);
	buf_free(&entry);
	return 0;
}
