/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/subscription.h"

#include "base/clock.h"

#include "store_internal.h"

#include "base/banned.h"

/* log, owner, name */
static struct pg_args
args_of(const struct store *s, const char *owner, struct span name)
{
	struct pg_args a = store_args(s);

	pg_arg_text(&a, owner);
	pg_arg_bytes(&a, name);
	return a;
}

/* ---- queries ---- */
enum err
store_query_add(struct store *s, const char *owner, struct span name,
    struct span query, struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);
	enum err e;

	pg_arg_bytes(&a, query);
	pg_arg_i64(&a, clock_wall_ms());
	pg_arg_i64(&a, QUERY_MOST);
	pg_arg_i64(&a, (int64_t)QUERY_TEXT_MOST);
	e = store_call(s->pg, Q_EPCIS_QUERY_ADD, &a, NULL, d);
	if (e == ERR_NOT_FOUND)
		return diag_fail(d, ERR_LIMIT, "epcis 9.1",
		    "there are %d queries, or %zu bytes of them, already",
		    QUERY_MOST, QUERY_TEXT_MOST);
	return e;
}

enum err
store_query_get(struct store *s, const char *owner, struct span name,
    struct buf *out, struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);
	struct pg_result *r = NULL;
	enum err e = store_call(s->pg, Q_EPCIS_QUERY_GET, &a, &r, d);

	if (e != ERR_OK)
		return e;
	buf_put(out, pg_span(r, 0, 0));
	pg_free(r);
	return buf_error(out);
}

enum err
store_query_list(struct store *s, const char *owner, struct span after,
    size_t limit, store_query_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = args_of(s, owner, after);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&a, (int64_t)limit);
	e = store_call(s->pg, Q_EPCIS_QUERY_LIST, &a, &r, d);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++)
		e = fn(ctx, pg_span(r, i, 0), pg_span(r, i, 1));
	pg_free(r);
	return e;
}

/* The query first: its lock holds off new subscriptions, and the second
 * statement sees those that came before. */
enum err
store_query_remove(
    struct store *s, const char *owner, struct span name, struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_EPCIS_QUERY_REMOVE], &a, NULL },
	};
	const struct pg_step rest[] = {
		{ &store_statements[Q_SUBSCRIPTION_REMOVE_ALL], &a, NULL },
		{ &pg_commit, NULL, NULL },
	};
	enum err e;

	pg_deadline(s->pg);
	e = pg_run(s->pg, steps, 2, d);
	if (e == ERR_OK)
		e = pg_run(s->pg, rest, 2, d);
	if (e != ERR_OK)
		pg_abandon(s->pg);
	return e;
}

/* ---- subscriptions ---- */
enum err
store_subscription_add(struct store *s, const char *owner, struct span name,
    const struct subscription *n, struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);

	pg_arg_bytes(&a, n->id);
	pg_arg_bytes(&a, n->dest);
	pg_arg_bytes(&a, n->secret);
	pg_arg_bytes(&a, n->schedule);
	pg_arg_i32(&a, n->report_if_empty ? 1 : 0);
	pg_arg_i32(&a, n->format);
	pg_arg_bytes(&a, hash_span(&n->token));
	pg_arg_i64(&a, n->created_ms);
	pg_arg_i64(&a, (int64_t)n->place.index);
	pg_arg_i32(&a, (int32_t)n->place.pos);
	pg_arg_i32(&a, QUERY_LIMIT);
	pg_arg_i64(&a, n->next_ms);
	pg_arg_i64(&a, SUBSCRIPTION_MOST);
	return store_call(s->pg, Q_SUBSCRIPTION_ADD, &a, NULL, d);
}

static enum err
each(const struct pg_result *r, store_subscription_fn fn, void *ctx)
{
	enum err e = ERR_OK;

	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		struct subscription n = { .id = pg_span(r, i, 0),
			.dest = pg_span(r, i, 1),
			.schedule = pg_span(r, i, 2),
			.report_if_empty = pg_bool(r, i, 3),
			.format = (int)pg_int(r, i, 4),
			.created_ms = pg_int(r, i, 5),
			.notified_ms = pg_int(r, i, 6),
			.run_ms = pg_int(r, i, 7),
			.delivered = pg_int(r, i, 8),
			.failures = pg_int(r, i, 9),
			.failing_ms = pg_int(r, i, 10),
			.next_ms = pg_int(r, i, 11),
			.suspended = pg_bool(r, i, 12),
			.error = pg_span(r, i, 13) };

		e = fn(ctx, &n);
	}
	return e;
}

enum err
store_subscription_list(struct store *s, const char *owner, struct span name,
    struct span after, size_t limit, store_subscription_fn fn, void *ctx,
    struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_bytes(&a, after);
	pg_arg_i64(&a, (int64_t)limit);
	e = store_call(s->pg, Q_SUBSCRIPTION_LIST, &a, &r, d);
	if (e != ERR_OK)
		return e;
	e = each(r, fn, ctx);
	pg_free(r);
	return e;
}

enum err
store_subscription_get(struct store *s, const char *owner, struct span name,
    struct span id, store_subscription_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_bytes(&a, id);
	e = store_call(s->pg, Q_SUBSCRIPTION_GET, &a, &r, d);
	if (e != ERR_OK)
		return e;
	e = each(r, fn, ctx);
	pg_free(r);
	return e;
}

enum err
store_subscription_remove(struct store *s, const char *owner, struct span name,
    struct span id, struct diag *d)
{
	struct pg_args a = args_of(s, owner, name);

	pg_arg_bytes(&a, id);
	return store_call(s->pg, Q_SUBSCRIPTION_REMOVE, &a, NULL, d);
}

/* ---- delivery ---- */
enum err
store_subscription_lock(struct store *s, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e = store_call(s->pg, Q_SUBSCRIPTION_LOCK, &a, &r, d);

	if (e != ERR_OK)
		return e;
	if (!pg_bool(r, 0, 0))
		e = diag_fail(d, ERR_EXISTS, "",
		    "log %s: another server delivers", s->name);
	pg_free(r);
	return e;
}

static enum err
due_of(const struct pg_result *r, size_t i, store_due_fn fn, void *ctx,
    struct diag *d)
{
	char owner[QUERY_OWNER], role[16];
	struct subscription_due due = {
		.owner = owner,
		.name = pg_span(r, i, 1),
		.id = pg_span(r, i, 2),
		.dest = pg_span(r, i, 3),
		.secret = pg_span(r, i, 4),
		.schedule = pg_span(r, i, 5),
		.report_if_empty = pg_bool(r, i, 6),
		.format = (int)pg_int(r, i, 7),
		.place = { (uint64_t)pg_int(r, i, 9),
		    (unsigned)pg_int(r, i, 10) },
		.batch = (unsigned)pg_int(r, i, 11),
		.run_ms = pg_int(r, i, 12),
		.failures = pg_int(r, i, 13),
		.failing_ms = pg_int(r, i, 14),
		.query = pg_span(r, i, 15),
		.role = role,
	};

	if (!pg_text(owner, sizeof owner, r, i, 0) ||
	    !pg_hash(&due.token, r, i, 8) ||
	    !pg_text(role, sizeof role, r, i, 16))
		return store_damaged("epcis_subscription", d);
	return fn(ctx, &due);
}

enum err
store_subscriptions_due(struct store *s, int64_t now_ms, uint64_t below,
    size_t limit, store_due_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&a, now_ms);
	pg_arg_i64(&a, (int64_t)below - 1);
	pg_arg_i64(&a, (int64_t)limit);
	e = store_call(s->pg, Q_SUBSCRIPTION_DUE, &a, &r, d);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++)
		e = due_of(r, i, fn, ctx, d);
	pg_free(r);
	return e;
}

static struct pg_args
ref_args(const struct store *s, const struct subscription_ref *ref)
{
	struct pg_args a = args_of(s, ref->owner, ref->name);

	pg_arg_bytes(&a, ref->id);
	pg_arg_i64(&a, (int64_t)ref->from.index);
	pg_arg_i32(&a, (int32_t)ref->from.pos);
	return a;
}

enum err
store_subscription_advance(struct store *s, const struct subscription_ref *ref,
    const struct subscription_step *step, struct diag *d)
{
	struct pg_args a = ref_args(s, ref);

	pg_arg_i64(&a, (int64_t)step->to.index);
	pg_arg_i32(&a, (int32_t)step->to.pos);
	pg_arg_i64(&a, step->next_ms);
	pg_arg_i64(&a, step->now_ms);
	pg_arg_i64(&a, (int64_t)step->events);
	pg_arg_i32(&a, step->notified ? 1 : 0);
	return store_call(s->pg, Q_SUBSCRIPTION_ADVANCE, &a, NULL, d);
}

enum err
store_subscription_fail(struct store *s, const struct subscription_ref *ref,
    const struct subscription_fault *f, struct diag *d)
{
	struct pg_args a = ref_args(s, ref);

	pg_arg_i32(&a, (int32_t)f->failures);
	pg_arg_i64(&a, f->failing_ms);
	pg_arg_i64(&a, f->next_ms);
	pg_arg_i32(&a, (int32_t)f->batch);
	pg_arg_i32(&a, f->suspended ? 1 : 0);
	pg_arg_bytes(&a, f->error);
	return store_call(s->pg, Q_SUBSCRIPTION_FAIL, &a, NULL, d);
}

enum err
store_subscription_lag(
    struct store *s, uint64_t last, uint64_t *lag, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	*lag = 0;
	pg_arg_i64(&a, (int64_t)last);
	e = store_call(s->pg, Q_SUBSCRIPTION_LAG, &a, &r, d);
	if (e != ERR_OK)
		return e;
	*lag = (uint64_t)pg_int(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}
