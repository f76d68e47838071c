/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a log that a question is about. */
#include "query_internal.h"

#include "base/banned.h"

/* ---- recordTime ---- */
static enum err
recorded_before(int64_t *index, struct store *s, int64_t ms, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	*index = -1;
	pg_arg_i64(&a, ms);
	if ((e = store_call(s->pg, Q_QUERY_RECORDED, &a, &r, d)) != ERR_OK)
		return e;
	if (pg_rows(r) > 0)
		*index = pg_int(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}

static enum err
recorded(struct query_reach *r, struct store *s, const struct query *q,
    struct diag *d)
{
	for (size_t i = 0; i < q->count; i++) {
		const struct query_condition *c = &q->conditions[i];
		int64_t last;
		enum err e;

		if (c->field != QUERY_RECORD_TIME)
			continue;
		/* formats 4.6: an entry's time is that of the next epoch; all
		 * below the last one earlier than T were recorded before T */
		if ((e = recorded_before(&last, s, c->ms, d)) != ERR_OK)
			return e;
		if (c->op == QUERY_GE && r->first < last + 1)
			r->first = last + 1;
		if (c->op == QUERY_LT && r->below > last)
			r->below = last < 0 ? 0 : last;
	}
	return ERR_OK;
}

/* ---- where the page begins ---- */
static void
after(struct query_reach *r, const struct query *q)
{
	int64_t at = (int64_t)q->after.index;

	if (!q->follows || q->order == QUERY_BY_EVENT_TIME)
		return;
	if (q->descending && r->below > at + 1)
		r->below = at + 1;
	if (!q->descending && r->first < at)
		r->first = at;
}

/* ---- what an organisation may read ---- */
enum err
query_reach_narrow(
    struct query_reach *r, struct store *s, struct span org, struct diag *d)
{
	struct pg_result *rows = NULL;
	struct query_build b;
	enum err e;
	int64_t n;

	query_begin(&b, s);
	query_set_i64(&b, "first", r->first);
	query_set_i64(&b, "below", r->below);
	query_set_i64(&b, "window", QUERY_FEW_ENTRIES + 1);
	query_set_key(&b, "value", org);
	query_put(&b, Q_ORG_REACH);
	if ((e = query_fetch(&rows, &b, s, d)) != ERR_OK)
		return e;
	n = pg_int(rows, 0, 2);
	if (n > 0) {
		r->first = pg_int(rows, 0, 0);
		r->below = pg_int(rows, 0, 1) + 1;
		r->likely = n * (r->below - r->first) /
			    (pg_int(rows, 0, 4) - r->first + 1);
	} else {
		r->below = r->first;
	}
	if (n > 0 && n <= QUERY_FEW_ENTRIES)
		r->few = rows;
	else
		pg_free(rows);
	return ERR_OK;
}

enum err
query_reach_find(struct query_reach *r, struct store *s, const struct query *q,
    struct diag *d)
{
	enum err e;

	*r = (struct query_reach){ .below = (int64_t)q->below };
	if (q->count > QUERY_CONDITIONS || q->limit == 0 ||
	    q->limit > QUERY_LIMIT || q->below > INT64_MAX)
		return diag_fail(d, ERR_LIMIT, "epcis 9.6",
		    "%zu conditions and %zu events, at most %d and %d",
		    q->count, q->limit, QUERY_CONDITIONS, QUERY_LIMIT);
	if ((e = recorded(r, s, q, d)) != ERR_OK)
		return e;
	after(r, q);
	/* nothing but who asks: its index gives the page as it is */
	if (q->org.n > 0 && (q->count > 0 || q->order == QUERY_BY_EVENT_TIME))
		e = query_reach_narrow(r, s, q->org, d);
	return e;
}

void
query_reach_clear(struct query_reach *r)
{
	pg_free(r->few);
	r->few = NULL;
}
