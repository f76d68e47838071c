/* SPDX-License-Identifier: Apache-2.0 */
/* Questions asked: events, values in use, the events' bytes. */
#include "query_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "event/statement.h"

#include "base/banned.h"

/* Entries fetched at once: at most 4 MB. */
#define CHUNK 64

enum err
query_fetch(struct pg_result **out, struct query_build *b, struct store *s,
    struct diag *d)
{
	enum err e;

	*out = NULL;
	if (buf_text(&b->sql) == NULL) {
		e = diag_fail(d, ERR_NOMEM, "", "query: out of memory");
	} else {
		/* unnamed: planned for the values at hand */
		const struct pg_statement statement = { NULL, buf_text(&b->sql),
			PG_ROWS };
		const struct pg_step step = { &statement, &b->args, out };

		pg_deadline(s->pg);
		e = pg_run(s->pg, &step, 1, d);
	}
	query_clear(b);
	return e;
}

/* ---- events ---- */
static enum err
ask(struct pg_result **out, struct store *s, const struct query *q,
    const struct query_try *t, bool *partly, struct diag *d)
{
	struct query_build b;
	enum err e = query_build(&b, s, q, t, d);

	*out = NULL;
	*partly = b.partly;
	if (e == ERR_OK)
		return query_fetch(out, &b, s, d);
	query_clear(&b);
	return e;
}

static struct query_try
first_try(const struct query *q, const struct query_reach *reach)
{
	bool by_time = q->order == QUERY_BY_EVENT_TIME;
	struct query_try t = { .plan = QUERY_WINDOW, .reach = reach };

	if (by_time)
		t.window = QUERY_WINDOW_EVENTS;
	else
		t.window =
		    q->org.n > 0 ? QUERY_WINDOW_OF_ORG : QUERY_WINDOW_ENTRIES;
	if (reach->few != NULL)
		t.plan = QUERY_FEW;
	else if (by_time ? q->count == 0 && q->org.n == 0 : query_is_lone(q))
		t.plan = QUERY_PLAIN;
	return t;
}

/* One that fills the page if hits lie as they did, and a quarter more; or else
 * everything. */
static void
widen(struct query_try *t, const struct query *q, size_t rows)
{
	bool by_time = q->order == QUERY_BY_EVENT_TIME;
	int64_t least = by_time ? QUERY_WIDE_EVENTS : QUERY_WIDE_OF_ORG;
	int64_t most = by_time ? QUERY_MOST_EVENTS : QUERY_MOST_OF_ORG;
	bool wide = by_time ? query_can_wide(q) : q->org.n > 0;
	int64_t hoped = 0;

	if (q->org.n > 0 && rows > 0)
		hoped =
		    t->window * (int64_t)(q->limit + 1) / (int64_t)rows * 5 / 4;
	if (hoped > most)
		hoped = 0;
	if (t->plan != QUERY_WINDOW || (!wide && hoped == 0)) {
		t->plan = QUERY_GATHER;
		return;
	}
	t->plan = QUERY_WIDE;
	t->window = wide && hoped < least ? least : hoped;
}

/* By eventTime every hit is looked up before the first is known. As many as
 * they are in the stretch, there would be so many in all, or some times more.
 */
static bool
hits_many(const struct query_try *t, const struct query *q, size_t rows)
{
	int64_t entries = t->reach->below - t->reach->first;

	return q->order == QUERY_BY_EVENT_TIME &&
	       (int64_t)rows * entries / t->window > QUERY_EACH_HITS;
}

/* What is tried after a stretch that did not fill the page. */
static enum err
next_try(struct query_try *t, struct store *s, const struct query *q,
    size_t rows, struct diag *d)
{
	bool each = false;
	enum err e = ERR_OK;

	if (t->plan == QUERY_WIDE || !hits_many(t, q, rows))
		e = query_can_each(&each, s, q, t->reach, d);
	if (each)
		t->plan = QUERY_EACH;
	else
		widen(t, q, rows);
	return e;
}

/* The page, and by which plan it came. */
static enum err
page(struct pg_result **out, struct query_try *t, struct store *s,
    const struct query *q, struct diag *d)
{
	size_t rows;
	bool partly;
	enum err e;

	for (;;) {
		e = ask(out, s, q, t, &partly, d);
		if (e != ERR_OK || !partly || pg_rows(*out) > q->limit)
			return e;
		rows = pg_rows(*out);
		pg_free(*out);
		*out = NULL;
		if ((e = next_try(t, s, q, rows, d)) != ERR_OK)
			return e;
	}
}

enum err
query_events(struct store *s, const struct query *q, query_key_fn fn, void *ctx,
    bool *more, struct diag *d)
{
	struct pg_result *r = NULL;
	struct query_reach reach;
	struct query_try t;
	enum err e;
	size_t n;

	*more = false;
	if ((e = query_reach_find(&reach, s, q, d)) == ERR_OK) {
		t = first_try(q, &reach);
		e = page(&r, &t, s, q, d);
	}
	query_reach_clear(&reach);
	if (e != ERR_OK)
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
	struct pg_result *r = NULL;
	struct query_reach reach;
	struct query_try t;
	bool partly;
	enum err e;

	if ((e = query_reach_find(&reach, s, q, d)) == ERR_OK) {
		t = first_try(q, &reach);
		e = page(&r, &t, s, q, d);
	}
	if (e == ERR_OK) {
		pg_free(r);
		t.explain = true;
		e = ask(&r, s, q, &t, &partly, d);
	}
	query_reach_clear(&reach);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0, n = pg_rows(r); i < n && e == ERR_OK; i++)
		e = fn(ctx, pg_span(r, i, 0));
	pg_free(r);
	return e;
}

/* ---- values in use ---- */
static const char *const columns[QUERY_LISTS] = {
	[QUERY_LIST_EVENT_TYPES] = "type",
	[QUERY_LIST_BIZ_STEPS] = "biz_step",
	[QUERY_LIST_DISPOSITIONS] = "disposition",
	[QUERY_LIST_READ_POINTS] = "read_point",
	[QUERY_LIST_BIZ_LOCATIONS] = "biz_location",
};

static void
set_page(struct query_build *b, const struct query_page *page)
{
	query_set_key(b, "after", page->after);
	query_set_i64(b, "limit", (int64_t)page->limit + 1);
}

static void
set_org(struct query_build *b, const struct query_page *page)
{
	if (page->org.n > 0)
		query_set_key(b, "org", page->org);
	else
		query_set_null(b, "org");
}

static enum err
ask_epcs(struct pg_result **out, struct store *s, const struct query_page *page,
    struct diag *d)
{
	struct query_reach reach = { .below = (int64_t)page->below };
	struct query_build b;
	enum err e = ERR_OK;

	if (page->org.n > 0)
		e = query_reach_narrow(&reach, s, page->org, d);
	if (e != ERR_OK)
		return e;
	query_begin(&b, s);
	set_page(&b, page);
	query_set_among(&b, reach.first, reach.below, &reach);
	if (reach.few == NULL)
		set_org(&b, page);
	query_put(&b, reach.few != NULL ? Q_EPCS_FEW : Q_EPCS);
	e = query_fetch(out, &b, s, d);
	query_reach_clear(&reach);
	return e;
}

static enum err
ask_values(struct pg_result **out, struct store *s, enum query_list list,
    const struct query_page *page, struct diag *d)
{
	struct query_build b;

	if (list == QUERY_LIST_EPCS)
		return ask_epcs(out, s, page, d);
	query_begin(&b, s);
	query_set_text(&b, "column", columns[list]);
	set_page(&b, page);
	set_org(&b, page);
	query_set_i64(&b, "below", (int64_t)page->below);
	query_put(&b, Q_VALUES);
	return query_fetch(out, &b, s, d);
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
