/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/search.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

#include "store_internal.h"

#include "base/banned.h"

/* ---- tokens ---- */
static enum err
token_of(struct store_token *t, const struct pg_result *r, size_t row,
    int column, struct diag *d)
{
	if (!pg_text(t->role, sizeof t->role, r, row, column) ||
	    !pg_text(
		t->organisation, sizeof t->organisation, r, row, column + 1) ||
	    !pg_text(t->scopes, sizeof t->scopes, r, row, column + 3))
		return store_damaged("token", d);
	t->expires_ms = pg_int(r, row, column + 2);
	return ERR_OK;
}

enum err
store_token_find(struct store *s, const struct hash *hash,
    struct store_token *out, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	memset(out, 0, sizeof(*out));
	pg_arg_bytes(&a, hash_span(hash));
	if ((e = store_call(s->pg, Q_TOKEN_FIND, &a, &r, d)) != ERR_OK)
		return e;
	e = token_of(out, r, 0, 0, d);
	pg_free(r);
	return e;
}

enum err
store_token_add(struct store *s, const struct hash *hash,
    const struct store_token *t, struct diag *d)
{
	struct pg_args a = store_args(s);

	pg_arg_bytes(&a, hash_span(hash));
	pg_arg_text(&a, t->role);
	pg_arg_text(&a, t->organisation);
	pg_arg_i64(&a, clock_wall_ms());
	pg_arg_i64(&a, t->expires_ms);
	pg_arg_text(&a, t->scopes);
	return store_call(s->pg, Q_TOKEN_ADD, &a, NULL, d);
}

enum err
store_token_list(struct store *s, store_token_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if ((e = store_call(s->pg, Q_TOKEN_LIST, &a, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		struct store_token_row row = { .created_ms = pg_int(r, i, 5),
			.revoked_ms = pg_int(r, i, 6) };

		if (!pg_hash(&row.hash, r, i, 0))
			e = store_damaged("token", d);
		if (e == ERR_OK)
			e = token_of(&row.token, r, i, 1, d);
		if (e == ERR_OK)
			e = fn(ctx, &row);
	}
	pg_free(r);
	return e;
}

enum err
store_token_revoke(
    struct store *s, const uint8_t id[STORE_TOKEN_ID], struct diag *d)
{
	struct pg_args a = store_args(s);

	pg_arg_bytes(&a, span_of(id, STORE_TOKEN_ID));
	pg_arg_i64(&a, clock_wall_ms());
	return store_call(s->pg, Q_TOKEN_REVOKE, &a, NULL, d);
}

/* ---- what a connection may see ---- */
const char *
store_origin(const struct store *s)
{
	return s->origin;
}

/* What is sought in event.readers for that scope, in hex. Who says nothing
 * reads what is public; * needs none. */
static void
reader_of(char out[2 * SEARCH_READER + 1], const char *scope)
{
	uint8_t reader[SEARCH_READER];

	search_reader(
	    reader, span_str(scope[0] == '\0' ? SEARCH_PUBLIC : scope));
	hex_print(out, span_of(reader, sizeof reader));
}

/* SET has no parameters: the value stands in its text, quotes doubled. */
static void
set_local(char *out, size_t cap, enum store_query q, const char *value)
{
	struct buf b = buf_fixed(out, cap - 1);

	buf_str(&b, store_statements[q].sql);
	buf_str(&b, " '");
	for (const char *at = value; *at != '\0'; at++) {
		if (*at == '\'')
			buf_byte(&b, '\'');
		buf_byte(&b, (uint8_t)*at);
	}
	buf_byte(&b, '\'');
	out[b.n] = '\0';
}

/* Citus tells the nodes that have the rows what was SET LOCAL, where it is
 * bidden to (docs/citus.md), and nothing of set_config(). */
static void
scope_each(struct store *s, const char *scope, const char *reader)
{
	s->each[0] = store_statements[Q_CITUS_SETTINGS].sql;
	set_local(s->scope_text, sizeof s->scope_text, Q_SCOPE_LOCAL, scope);
	s->each[1] = s->scope_text;
	set_local(
	    s->reader_text, sizeof s->reader_text, Q_READER_LOCAL, reader);
	s->each[2] = s->reader_text;
	pg_enclose(s->pg, s->each, 3);
}

enum err
store_scope(struct store *s, const char *scope, struct diag *d)
{
	char reader[2 * SEARCH_READER + 1];
	struct pg_args a = { .n = 0 };
	enum err e = ERR_OK;

	if (s->scoped && strcmp(s->scope, scope) == 0)
		return ERR_OK;
	if (strlen(scope) >= sizeof s->scope)
		return diag_fail(
		    d, ERR_LIMIT, "", "scope: got %zu bytes", strlen(scope));
	reader_of(reader, scope);
	pg_arg_text(&a, scope);
	pg_arg_text(&a, reader);
	if (s->citus)
		scope_each(s, scope, reader);
	else
		e = store_call(s->pg, Q_SCOPE, &a, NULL, d);
	if (e == ERR_OK) {
		(void)snprintf(s->scope, sizeof s->scope, "%s", scope);
		s->scoped = true;
	}
	return e;
}

enum err
store_access_put(struct store *s, const struct store_access *a, struct diag *d)
{
	struct pg_args p = store_args(s);

	pg_arg_i64(&p, clock_wall_ms());
	pg_arg_bytes(&p, span_of(a->token.b, STORE_TOKEN_ID));
	pg_arg_text(&p, a->organisation);
	pg_arg_bytes(&p, a->target);
	pg_arg_bytes(&p, a->purpose);
	return store_call(s->pg, Q_ACCESS_PUT, &p, NULL, d);
}

/* At most so many in one question. */
#define CHUNK 1000

static enum err
visible_chunk(struct store *s, const uint64_t *indices, bool *seen, size_t n,
    struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct pg_array idx;
	size_t row = 0;
	enum err e;

	pg_array_init(&idx, PG_INT8, 32 + 12 * CHUNK);
	for (size_t i = 0; i < n; i++)
		pg_array_i64(&idx, (int64_t)indices[i]);
	if ((e = buf_error(&idx.b)) != ERR_OK)
		goto out;
	pg_arg_bytes(&a, pg_array_value(&idx));
	if ((e = store_call(s->pg, Q_VISIBLE, &a, &r, d)) != ERR_OK)
		goto out;
	for (size_t i = 0; i < n; i++) {
		while (row < pg_rows(r) &&
		       (uint64_t)pg_int(r, row, 0) < indices[i])
			row++;
		seen[i] = row < pg_rows(r) &&
			  (uint64_t)pg_int(r, row, 0) == indices[i];
	}
	pg_free(r);
out:
	buf_free(&idx.b);
	return e;
}

enum err
store_visible(struct store *s, const uint64_t *indices, bool *seen, size_t n,
    struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && e == ERR_OK; i += CHUNK)
		e = visible_chunk(
		    s, indices + i, seen + i, n - i < CHUNK ? n - i : CHUNK, d);
	return e;
}
