/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a log that is looked through first. */
#include "query_internal.h"

#include "base/banned.h"

static void
set_common(struct query_build *b, const struct query_build *of,
    const struct query *q, int64_t window)
{
	query_set_text(b, "way", q->descending ? "DESC" : "ASC");
	query_set_i64(b, "first", of->first);
	query_set_i64(b, "below", of->below);
	query_set_i64(b, "window", window);
}

/* ---- in the order of the key ---- */
/* Where the organisation's next n entries end; *there: it has so many. */
static enum err
org_stretch(int64_t *last, bool *there, const struct query_build *b,
    struct store *s, const struct query *q, int64_t n, struct diag *d)
{
	struct pg_result *r = NULL;
	struct query_build org;
	enum err e;

	query_begin(&org, s);
	set_common(&org, b, q, n - 1);
	query_set_key(&org, "value", q->org);
	query_put(&org, Q_ORG_STRETCH);
	if ((e = query_fetch(&r, &org, s, d)) != ERR_OK)
		return e;
	*there = pg_rows(r) > 0;
	if (*there)
		*last = pg_int(r, 0, 0);
	pg_free(r);
	return e;
}

/* So many entries of the log, or of those an organisation may read; but where
 * all of a stretch are looked at, entries far apart are no short one. */
static enum err
by_key(struct query_build *b, struct store *s, const struct query *q, int64_t n,
    struct diag *d)
{
	int64_t last = q->descending ? b->below - n : b->first + n - 1;
	enum err e = ERR_OK;

	b->partly = b->below - b->first > n;
	if (b->partly && q->org.n > 0 && !query_has_range(q))
		e = org_stretch(&last, &b->partly, b, s, q, n, d);
	if (e == ERR_OK && b->partly && q->descending)
		b->first = last;
	else if (e == ERR_OK && b->partly)
		b->below = last + 1;
	return e;
}

enum err
query_dense(struct query_build *b, struct store *s, const struct query *q,
    struct diag *d)
{
	int64_t last = 0;
	enum err e;

	e = org_stretch(&last, &b->dense, b, s, q, QUERY_WINDOW_ENTRIES, d);
	if (e == ERR_OK && b->dense)
		b->dense = (q->descending ? b->below - last : last - b->first) <
			   QUERY_WINDOW_ENTRIES * QUERY_DENSE;
	return e;
}

enum err
query_can_each(bool *can, struct store *s, const struct query *q,
    const struct query_reach *reach, struct diag *d)
{
	struct pg_result *r = NULL;
	struct query_build b;
	enum err e;

	*can = false;
	/* not worth the counting */
	if (!query_has_each(q) || reach->likely > 4 * QUERY_EACH_ENTRIES)
		return ERR_OK;
	query_begin(&b, s);
	query_set_i64(&b, "first", reach->first);
	query_set_i64(&b, "below", reach->below);
	query_set_i64(&b, "window", QUERY_EACH_ENTRIES);
	query_set_key(&b, "value", q->org);
	query_put(&b, Q_ORG_MANY);
	if ((e = query_fetch(&r, &b, s, d)) != ERR_OK)
		return e;
	*can = pg_rows(r) == 0;
	pg_free(r);
	return ERR_OK;
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
	set_common(&next, b, q, window);
	query_set_text(&next, "down", q->descending ? "true" : "false");
	query_set_i64(&next, "ms", start_of(q));
	query_put(&next, Q_STRETCH);
	if ((e = query_fetch(&r, &next, s, d)) != ERR_OK)
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
    int64_t window, struct diag *d)
{
	return q->order == QUERY_BY_EVENT_TIME ? by_time(b, s, q, window, d)
					       : by_key(b, s, q, window, d);
}
