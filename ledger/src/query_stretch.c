/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a log that is looked through first. */
#include "query_internal.h"

#include "ledger/search.h"

#include "base/banned.h"

static enum err
run(struct pg_result **out, struct query_build *b, struct store *s,
    struct diag *d)
{
	enum err e;

	*out = NULL;
	if (buf_text(&b->sql) == NULL) {
		e = diag_fail(d, ERR_NOMEM, "", "query: out of memory");
	} else {
		const struct pg_statement statement = { NULL, buf_text(&b->sql),
			PG_ROWS };
		const struct pg_step step = { &statement, &b->args, out };

		pg_deadline(s->pg);
		e = pg_run(s->pg, &step, 1, d);
	}
	query_clear(b);
	return e;
}

struct bounds {
	int64_t first, below; /* of idx */
};

static void
set_common(struct query_build *b, struct bounds of, const struct query *q,
    int64_t window)
{
	query_set_text(b, "way", q->descending ? "DESC" : "ASC");
	query_set_i64(b, "first", of.first);
	query_set_i64(b, "below", of.below);
	query_set_i64(b, "window", window);
}

/* The n-th entry in there that the organisation may read; *more is false where
 * there are fewer. */
static enum err
of_org(bool *more, int64_t *at, struct store *s, const struct query *q,
    struct bounds in, int64_t n, struct diag *d)
{
	struct query_build org;
	struct pg_result *r;
	enum err e;

	query_begin(&org, s);
	set_common(&org, in, q, n - 1);
	query_set_key(&org, "value", q->org);
	query_put(&org, Q_ORG_STRETCH);
	if ((e = run(&r, &org, s, d)) != ERR_OK)
		return e;
	*more = pg_rows(r) > 0;
	if (*more)
		*at = pg_int(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}

enum err
query_of_few(bool *few, struct store *s, const struct query *q, struct diag *d)
{
	const struct bounds all = { 0, (int64_t)q->below };
	const int64_t most = span_is(q->org, SEARCH_PUBLIC) ? QUERY_FEW_PUBLIC
							    : QUERY_FEW_ENTRIES;
	int64_t n = all.below / QUERY_FEW_SHARE, at;
	bool more = true;
	enum err e = ERR_OK;

	if (n > most)
		n = most;
	if (q->org.n > 0 && n > 0)
		e = of_org(&more, &at, s, q, all, n, d);
	*few = !more;
	return e;
}

/* ---- in the order of the key ---- */
/* So many entries of the log, or of those an organisation may see. */
static enum err
by_key(struct query_build *b, struct store *s, const struct query *q,
    int64_t window, struct diag *d)
{
	int64_t last = q->descending ? b->below - QUERY_WINDOW_ENTRIES
				     : b->first + QUERY_WINDOW_ENTRIES - 1;
	enum err e = ERR_OK;

	b->partly = b->below - b->first >
		    (q->org.n > 0 ? window : QUERY_WINDOW_ENTRIES);
	if (b->partly && q->org.n > 0)
		e = of_org(&b->partly, &last, s, q,
		    (struct bounds){ b->first, b->below }, window, d);
	if (e != ERR_OK)
		return e;
	if (b->partly && q->descending)
		b->first = last;
	else if (b->partly)
		b->below = last + 1;
	return e;
}

/* ---- in the order of eventTime ---- */
/* No event of the page stands before this time. */
static int64_t
start_of(const struct query *q)
{
	int64_t at = q->descending ? INT64_MAX : INT64_MIN;

	if (q->follows)
		at = q->after.event_ms;
	for (size_t i = 0; i < q->count; i++) {
		const struct query_condition *c = &q->conditions[i];

		if (c->field != QUERY_EVENT_TIME)
			continue;
		if (q->descending && c->ms < at &&
		    (c->op == QUERY_LT || c->op == QUERY_LE))
			at = c->ms;
		if (!q->descending && c->ms > at &&
		    (c->op == QUERY_GT || c->op == QUERY_GE))
			at = c->ms;
	}
	return at;
}

static enum err
by_time(struct query_build *b, struct store *s, const struct query *q,
    int64_t window, struct diag *d)
{
	struct pg_result *r = NULL;
	struct query_build next;
	enum err e;

	query_begin(&next, s);
	set_common(&next, (struct bounds){ b->first, b->below }, q, window);
	query_set_text(&next, "bound", q->descending ? "<=" : ">=");
	query_set_i64(&next, "ms", start_of(q));
	query_put(&next, Q_STRETCH);
	if ((e = run(&r, &next, s, d)) != ERR_OK)
		return e;
	if (pg_int(r, 0, 0) > 0) {
		b->first = pg_int(r, 0, 1);
		b->below = pg_int(r, 0, 2);
		b->edge = pg_int(r, 0, q->descending ? 3 : 4);
	} else {
		b->below = b->first;
	}
	b->partly = pg_int(r, 0, 0) == window;
	pg_free(r);
	return e;
}

enum err
query_stretch(struct query_build *b, struct store *s, const struct query *q,
    bool wide, struct diag *d)
{
	if (q->order != QUERY_BY_EVENT_TIME)
		return by_key(b, s, q,
		    wide ? QUERY_WINDOW_ENTRIES : QUERY_WINDOW_OF_ORG, d);
	return by_time(
	    b, s, q, wide ? QUERY_WIDE_EVENTS : QUERY_WINDOW_EVENTS, d);
}
