/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/link.h"

#include "base/clock.h"

#include "store_internal.h"

#include "base/banned.h"

static enum err
each(const struct pg_result *r, store_link_fn fn, void *ctx)
{
	enum err e = ERR_OK;

	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		struct link l = { .number = pg_int(r, i, 0),
			.key = pg_span(r, i, 1),
			.type = pg_span(r, i, 2),
			.href = pg_span(r, i, 3),
			.title = pg_span(r, i, 4),
			.media = pg_span(r, i, 5),
			.languages = pg_span(r, i, 6),
			.contexts = pg_span(r, i, 7),
			.is_default = pg_bool(r, i, 8) };

		e = fn(ctx, &l);
	}
	return e;
}

enum err
store_links(struct store *s, const struct link_levels *levels, store_link_fn fn,
    void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	for (unsigned i = 0; i < LINK_LEVELS; i++)
		pg_arg_text(&a, i < levels->count ? levels->key[i] : "");
	if ((e = store_call(s->pg, Q_LINKS, &a, &r, d)) != ERR_OK)
		return e;
	e = each(r, fn, ctx);
	pg_free(r);
	return e;
}

enum err
store_link_list(struct store *s, store_link_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if ((e = store_call(s->pg, Q_LINK_LIST, &a, &r, d)) != ERR_OK)
		return e;
	e = each(r, fn, ctx);
	pg_free(r);
	return e;
}

enum err
store_link_add(
    struct store *s, const struct link *l, int64_t *number, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	*number = 0;
	pg_arg_bytes(&a, l->key);
	pg_arg_bytes(&a, l->type);
	pg_arg_bytes(&a, l->href);
	pg_arg_bytes(&a, l->title);
	pg_arg_bytes(&a, l->media);
	pg_arg_bytes(&a, l->languages);
	pg_arg_bytes(&a, l->contexts);
	pg_arg_i32(&a, l->is_default ? 1 : 0);
	pg_arg_i64(&a, clock_wall_ms());
	pg_arg_i32(&a, LINK_MOST);
	e = store_call(s->pg, Q_LINK_ADD, &a, &r, d);
	if (e == ERR_NOT_FOUND)
		return diag_fail(d, ERR_LIMIT, "gs1 12",
		    "%.*s has %d links already", SPAN_ARG(l->key), LINK_MOST);
	if (e != ERR_OK)
		return e;
	*number = pg_int(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}

enum err
store_link_remove(struct store *s, int64_t number, struct diag *d)
{
	struct pg_args a = store_args(s);

	pg_arg_i64(&a, number);
	return store_call(s->pg, Q_LINK_REMOVE, &a, NULL, d);
}
