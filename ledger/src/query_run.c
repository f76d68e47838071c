/* SPDX-License-Identifier: Apache-2.0 */
/* Questions asked: events, values in use, the events' bytes. */
#include "query_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "event/statement.h"

#include "base/banned.h"

/* Entries fetched at once: at most 4 MB. */
#define CHUNK 64

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

enum err
query_recorded(int64_t *first, int64_t *below, struct store *s,
    const struct query *q, struct diag *d)
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
		if (c->op == QUERY_GE && *first < last + 1)
			*first = last + 1;
		if (c->op == QUERY_LT && *below > last)
			*below = last < 0 ? 0 : last;
	}
	return ERR_OK;
}

/* ---- events ---- */
static enum err
ask(struct pg_result **out, struct store *s, const struct query *q,
    enum query_plan plan, bool explain, bool *partly, struct diag *d)
{
	struct query_build b;
	enum err e = query_build(&b, s, q, plan, explain, d);

	*out = NULL;
	*partly = b.partly;
	if (e == ERR_OK) {
		/* unnamed: planned for the values at hand */
		const struct pg_statement statement = { NULL, buf_text(&b.sql),
			PG_ROWS };
		const struct pg_step step = { &statement, &b.args, out };

		pg_deadline(s->pg);
		e = pg_run(s->pg, &step, 1, d);
	}
	query_clear(&b);
	return e;
}

/* What is tried after a plan that did not fill the page. */
static enum query_plan
next_plan(enum query_plan plan, const struct query *q)
{
	bool wide =
	    q->order == QUERY_BY_EVENT_TIME ? query_can_wide(q) : q->org.n > 0;

	return plan == QUERY_WINDOW && wide ? QUERY_WIDE : QUERY_GATHER;
}

/* The page, and by which plan it came. */
static enum err
page(struct pg_result **out, enum query_plan *plan, struct store *s,
    const struct query *q, struct diag *d)
{
	bool by_time = q->order == QUERY_BY_EVENT_TIME;
	bool partly;
	enum err e;

	*plan = QUERY_WINDOW;
	if (by_time ? q->count == 0 && q->org.n == 0 : query_is_lone(q))
		*plan = QUERY_PLAIN;
	for (;;) {
		e = ask(out, s, q, *plan, false, &partly, d);
		if (e != ERR_OK || !partly || pg_rows(*out) > q->limit)
			return e;
		pg_free(*out);
		*plan = next_plan(*plan, q);
	}
}

enum err
query_events(struct store *s, const struct query *q, query_key_fn fn, void *ctx,
    bool *more, struct diag *d)
{
	struct pg_result *r;
	enum err e;
	size_t n;

	enum query_plan plan;

	*more = false;
	if ((e = page(&r, &plan, s, q, d)) != ERR_OK)
		return e;
	n = pg_rows(r);
	*more = n > q->limit;
	for (size_t i = 0; i < n && i < q->limit && e == ERR_OK; i++) {
		const struct query_key k = { .event_ms = pg_int(r, i, 0),
			.index = (uint64_t)pg_int(r, i, 1),
			.pos = (unsigned)pg_int(r, i, 2) };

		e = fn(ctx, &k);
	}
	pg_free(r);
	return e;
}

enum err
query_explain(struct store *s, const struct query *q, query_line_fn fn,
    void *ctx, struct diag *d)
{
	enum query_plan plan;
	struct pg_result *r;
	bool partly;
	enum err e;

	if ((e = page(&r, &plan, s, q, d)) != ERR_OK)
		return e;
	pg_free(r);
	if ((e = ask(&r, s, q, plan, true, &partly, d)) != ERR_OK)
		return e;
	for (size_t i = 0, n = pg_rows(r); i < n && e == ERR_OK; i++)
		e = fn(ctx, pg_span(r, i, 0));
	pg_free(r);
	return e;
}

/* ---- values in use ---- */
static const struct {
	const char *table, *column;
} lists[QUERY_LISTS] = {
	[QUERY_LIST_EVENT_TYPES] = { "event", "type" },
	[QUERY_LIST_BIZ_STEPS] = { "event", "biz_step" },
	[QUERY_LIST_DISPOSITIONS] = { "event", "disposition" },
	[QUERY_LIST_READ_POINTS] = { "event", "read_point" },
	[QUERY_LIST_BIZ_LOCATIONS] = { "event", "biz_location" },
	[QUERY_LIST_EPCS] = { "event_epc", "epc" },
};

static enum err
ask_values(struct pg_result **out, struct store *s, enum query_list list,
    const struct query_page *page, struct diag *d)
{
	struct query_build b = { .sql = buf_heap((size_t)1 << 12),
		.args = store_args(s) };
	char after[STORE_SUBJECT_KEY], org[STORE_SUBJECT_KEY];
	enum err e;

	query_set_text(&b, "table", lists[list].table);
	query_set_text(&b, "column", lists[list].column);
	query_put(&b, Q_VALUES);
	pg_arg_bytes(&b.args, store_subject_key(page->after, after));
	pg_arg_i64(&b.args, (int64_t)page->below);
	if (page->org.n > 0)
		pg_arg_bytes(&b.args, store_subject_key(page->org, org));
	else
		pg_arg_null(&b.args);
	pg_arg_i64(&b.args, (int64_t)page->limit + 1);
	if (buf_text(&b.sql) == NULL) {
		e = diag_fail(d, ERR_NOMEM, "", "query: out of memory");
	} else {
		const struct pg_statement statement = { NULL, buf_text(&b.sql),
			PG_ROWS };
		const struct pg_step step = { &statement, &b.args, out };

		pg_deadline(s->pg);
		e = pg_run(s->pg, &step, 1, d);
	}
	query_clear(&b);
	return e;
}

enum err
query_values(struct store *s, enum query_list list,
    const struct query_page *page, query_value_fn fn, void *ctx, bool *more,
    struct diag *d)
{
	struct pg_result *r = NULL;
	enum err e;
	size_t n;

	*more = false;
	if (page->limit == 0 || page->limit > QUERY_LIMIT ||
	    page->below > INT64_MAX)
		return diag_fail(d, ERR_LIMIT, "epcis 9.5",
		    "%zu values, at most %d", page->limit, QUERY_LIMIT);
	if ((e = ask_values(&r, s, list, page, d)) != ERR_OK)
		return e;
	n = pg_rows(r);
	*more = n > page->limit;
	for (size_t i = 0; i < n && i < page->limit && e == ERR_OK; i++)
		e = fn(ctx, pg_span(r, i, 0));
	pg_free(r);
	return e;
}

/* ---- the events ---- */
static enum err
fetch(struct pg_result **out, struct store *s, const struct query_key *keys,
    size_t n, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_array idx;
	enum err e;

	pg_array_init(&idx, PG_INT8, 32 + 12 * CHUNK);
	for (size_t i = 0; i < n; i++)
		pg_array_i64(&idx, (int64_t)keys[i].index);
	pg_arg_bytes(&a, pg_array_value(&idx));
	e = buf_error(&idx.b);
	if (e == ERR_OK)
		e = store_call(s->pg, Q_QUERY_READ, &a, out, d);
	buf_free(&idx.b);
	return e;
}

/* Row of an entry; rows come by index. pg_rows() when there is none. */
static size_t
row_of(const struct pg_result *r, uint64_t index)
{
	size_t low = 0, high = pg_rows(r);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t at = (uint64_t)pg_int(r, mid, 0);

		if (at == index)
			return mid;
		if (at < index)
			low = mid + 1;
		else
			high = mid;
	}
	return pg_rows(r);
}

static enum err
hand_out(const struct pg_result *r, const struct query_key *key,
    query_event_fn fn, void *ctx, struct diag *d)
{
	struct query_event ev = { .index = key->index, .pos = key->pos };
	size_t row = row_of(r, key->index);
	struct statement st;

	if (row == pg_rows(r))
		return diag_fail(d, ERR_NOT_FOUND, "",
		    "entry %" PRIu64 ": the search tables name it, it is not "
		    "there",
		    key->index);
	ev.entry = pg_span(r, row, 1);
	if (statement_parse(&st, ev.entry, NULL) != ERR_OK)
		return diag_fail(d, ERR_BAD_ENCODING, "",
		    "entry %" PRIu64 ": no statement", key->index);
	ev.payload = st.payload;
	ev.recorded_ms = pg_null(r, row, 2) ? 0 : pg_int(r, row, 2);
	return fn(ctx, &ev);
}

enum err
query_read(struct store *s, const struct query_key *keys, size_t n,
    query_event_fn fn, void *ctx, struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && e == ERR_OK; at += CHUNK) {
		size_t piece = n - at < CHUNK ? n - at : CHUNK;
		struct pg_result *r = NULL;

		if ((e = fetch(&r, s, keys + at, piece, d)) != ERR_OK)
			return e;
		for (size_t i = 0; i < piece && e == ERR_OK; i++)
			e = hand_out(r, &keys[at + i], fn, ctx, d);
		pg_free(r);
	}
	return e;
}
