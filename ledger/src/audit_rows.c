/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "base/banned.h"

#define ROWS_MAX ((size_t)1 << 30)
#define ROW_TEXT 400
#define SIGN (UINT64_C(1) << 63)

const struct audit_table audit_item = { "item", Q_AUDIT_ITEM,
	Q_AUDIT_FETCH_ITEM, 2, 2, { "idx", "subject" }, { 'i', 't' } };
const struct audit_table audit_device = { "device_entry", Q_AUDIT_DEVICE_ENTRY,
	Q_AUDIT_FETCH_DEVICE_ENTRY, 5, 1,
	{ "idx", "device", "epoch", "seq", "hash" },
	{ 'i', 't', 'i', 'i', 'h' } };
const struct audit_table audit_epoch = { "epoch", Q_AUDIT_EPOCH,
	Q_AUDIT_FETCH_EPOCH, 6, 1,
	{ "idx", "covered", "time_ms", "map_root", "keys", "previous" },
	{ 'i', 'i', 'i', 'h', 'i', 'i' } };

const struct audit_table audit_event = { "event", Q_AUDIT_EVENT,
	Q_AUDIT_FETCH_EVENT, 12, 2,
	{ "idx", "pos", "event_ms", "declares", "type", "action", "biz_step",
	    "disposition", "read_point", "biz_location", "event_id",
	    "readers" },
	{ 'i', 'i', 'i', 'i', 't', 't', 't', 't', 't', 't', 't', 'h' } };
const struct audit_table audit_event_epc = { "event_epc", Q_AUDIT_EVENT_EPC,
	Q_AUDIT_FETCH_EVENT_EPC, 4, 4, { "idx", "epc", "pos", "role" },
	{ 'i', 't', 'i', 'i' } };
const struct audit_table audit_event_ref = { "event_ref", Q_AUDIT_EVENT_REF,
	Q_AUDIT_FETCH_EVENT_REF, 5, 5,
	{ "idx", "value", "type", "pos", "kind" },
	{ 'i', 't', 't', 'i', 'i' } };
const struct audit_table audit_event_org = { "event_org", Q_AUDIT_EVENT_ORG,
	Q_AUDIT_FETCH_EVENT_ORG, 2, 2, { "idx", "org" }, { 'i', 't' } };
const struct audit_table audit_event_quantity = { "event_quantity",
	Q_AUDIT_EVENT_QUANTITY, Q_AUDIT_FETCH_EVENT_QUANTITY, 5, 5,
	{ "idx", "pos", "role", "quantity", "uom" },
	{ 'i', 'i', 'i', 't', 't' } };
const struct audit_table audit_event_declaration = { "event_declaration",
	Q_AUDIT_EVENT_DECLARATION, Q_AUDIT_FETCH_EVENT_DECLARATION, 3, 2,
	{ "idx", "pos", "time_ms" }, { 'i', 'i', 'i' } };
const struct audit_table audit_event_ilmd = { "event_ilmd", Q_AUDIT_EVENT_ILMD,
	Q_AUDIT_FETCH_EVENT_ILMD, 7, 5,
	{ "idx", "name", "value", "pos", "depth", "kind", "number" },
	{ 'i', 't', 't', 'i', 'i', 'i', 't' } };
const struct audit_table audit_master = { "master", Q_AUDIT_MASTER,
	Q_AUDIT_FETCH_MASTER, 7, 2,
	{ "idx", "nr", "org", "type", "id", "name", "value" },
	{ 'i', 'i', 't', 't', 't', 't', 't' } };

void
audit_rows_init(struct audit_rows *r, const struct audit_table *t)
{
	*r = (struct audit_rows){ .table = t, .b = buf_heap(ROWS_MAX) };
}

void
audit_rows_free(struct audit_rows *r)
{
	buf_free(&r->b);
	free(r->at);
	r->at = NULL;
	r->n = 0;
	if (r->page != NULL)
		pg_free(r->page);
	r->page = NULL;
}

static void
rows_reset(struct audit_rows *r)
{
	buf_reset(&r->b);
	r->n = 0;
}

void
audit_put_row(struct audit_rows *r)
{
	r->n++;
}

static void
put_length(uint8_t out[4], size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(n >> (24 - 8 * i));
}

void
audit_put_int(struct audit_rows *r, int64_t v)
{
	uint64_t sorts = (uint64_t)v ^ SIGN;
	uint8_t *p = buf_reserve(&r->b, 4 + 8);

	if (p == NULL)
		return;
	put_length(p, 8);
	for (unsigned i = 0; i < 8; i++)
		p[4 + i] = (uint8_t)(sorts >> (56 - 8 * i));
}

void
audit_put_bytes(struct audit_rows *r, struct span s)
{
	uint8_t *p = buf_reserve(&r->b, 4 + s.n);

	if (p == NULL)
		return;
	put_length(p, s.n);
	if (s.n > 0)
		memcpy(p + 4, s.p, s.n);
}

/* ---- order ---- */
static struct span
next_column(struct span *row)
{
	size_t n = (size_t)row->p[0] << 24 | (size_t)row->p[1] << 16 |
		   (size_t)row->p[2] << 8 | row->p[3];
	struct span v = span_of(row->p + 4, n);

	*row = span_skip(*row, 4 + n);
	return v;
}

static int
compare_columns(struct span a, struct span b, unsigned n)
{
	int c = 0;

	for (unsigned i = 0; i < n && c == 0; i++)
		c = span_compare(next_column(&a), next_column(&b));
	return c;
}

/* By all columns: the key stands first. */
static int
compare_rows(const void *a, const void *b)
{
	struct span x = *(const struct span *)a, y = *(const struct span *)b;
	int c = 0;

	while (c == 0 && x.n > 0 && y.n > 0)
		c = span_compare(next_column(&x), next_column(&y));
	return c;
}

/* Nearly always: entries give them in the order of their keys. */
static bool
in_order(const struct audit_rows *r)
{
	for (size_t i = 1; i < r->n; i++)
		if (compare_rows(&r->at[i - 1], &r->at[i]) > 0)
			return false;
	return true;
}

static enum err
rows_sort(struct audit_rows *r)
{
	struct span rest = buf_span(&r->b);

	if (buf_error(&r->b) != ERR_OK)
		return buf_error(&r->b);
	free(r->at);
	r->at = calloc(r->n + 1, sizeof *r->at);
	if (r->at == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < r->n; i++) {
		struct span row = rest;

		for (unsigned k = 0; k < r->table->columns; k++)
			(void)next_column(&rest);
		r->at[i] = span_of(row.p, row.n - rest.n);
	}
	if (!in_order(r))
		qsort(r->at, r->n, sizeof *r->at, compare_rows);
	return ERR_OK;
}

static void
take_row(struct audit_rows *out, const struct audit_table *t,
    const struct pg_result *r, size_t i)
{
	audit_put_row(out);
	for (unsigned k = 0; k < t->columns; k++) {
		if (t->type[k] == 'i')
			audit_put_int(out, pg_int(r, i, (int)k));
		else
			audit_put_bytes(out, pg_span(r, i, (int)k));
	}
}

/* ---- what is there ---- */
enum err
audit_rows_open(
    struct audit *a, struct audit_rows *r, int64_t from, int64_t below)
{
	struct pg_args args = store_args(a->s);

	if (r->page != NULL)
		pg_free(r->page);
	r->page = NULL;
	r->ended = false;
	pg_arg_i64(&args, from);
	pg_arg_i64(&args, below);
	return store_call(a->s->pg, r->table->open, &args, NULL, a->d);
}

/* The next page of the cursor; none follows an empty one. */
static enum err
turn_page(struct audit *a, struct audit_rows *r)
{
	enum err e;

	if (r->page != NULL)
		pg_free(r->page);
	r->page = NULL;
	r->page_at = 0;
	e = store_call(a->s->pg, r->table->fetch, NULL, &r->page, a->d);
	if (e == ERR_OK)
		r->ended = pg_rows(r->page) == 0;
	return e;
}

/* Has the cursor another row below that index? It stands at page_at. */
static enum err
next_below(bool *there, struct audit *a, struct audit_rows *from, int64_t below)
{
	enum err e = ERR_OK;

	*there = false;
	while (e == ERR_OK && !from->ended &&
	       (from->page == NULL || from->page_at == pg_rows(from->page)))
		e = turn_page(a, from);
	if (e != ERR_OK || from->ended)
		return e;
	/* INT64_MAX: there is no batch after it */
	*there =
	    below == INT64_MAX || pg_int(from->page, from->page_at, 0) < below;
	return ERR_OK;
}

static enum err
take_below(struct audit_rows *out, struct audit *a, struct audit_rows *from,
    int64_t below)
{
	bool there = true;
	enum err e = ERR_OK;

	while (e == ERR_OK && there) {
		e = next_below(&there, a, from, below);
		if (e == ERR_OK && there)
			take_row(out, from->table, from->page, from->page_at++);
	}
	return e;
}

/* ---- words ---- */
static int64_t
int_of(struct span v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = n << 8 | v.p[i];
	return (int64_t)(n ^ SIGN);
}

static void
column_text(struct buf *out, char type, struct span v)
{
	char hex[2 * HASH_BYTES + 1];

	if (type == 'i')
		buf_printf(out, "%" PRId64, int_of(v));
	else if (type == 't' && v.n == 0)
		buf_str(out, "''"); /* a value takes the place between blanks */
	else if (type == 't')
		percent_put(out, v);
	else {
		hex_print(
		    hex, span_of(v.p, v.n < HASH_BYTES ? v.n : HASH_BYTES));
		buf_str(out, hex);
	}
}

static void
say_row(struct audit *a, const struct audit_table *t, struct span row,
    unsigned field, struct span got, struct span want)
{
	char name[4 * ROW_TEXT], g[4 * ROW_TEXT] = "", w[4 * ROW_TEXT] = "";
	struct buf b = buf_fixed(name, sizeof name - 1);
	struct buf bg = buf_fixed(g, sizeof g - 1);
	struct buf bw = buf_fixed(w, sizeof w - 1);

	for (unsigned k = 0; k < t->keys; k++) {
		if (k > 0)
			buf_byte(&b, '/');
		column_text(&b, t->type[k], next_column(&row));
	}
	name[b.n] = '\0';
	if (got.p != NULL)
		column_text(&bg, t->type[field], got);
	if (want.p != NULL)
		column_text(&bw, t->type[field], want);
	g[bg.n] = w[bw.n] = '\0';
	audit_say(a, t->name, name, t->field[field],
	    got.p != NULL ? g : "missing", want.p != NULL ? w : "nothing",
	    false);
}

static void
say_whole(
    struct audit *a, const struct audit_table *t, struct span row, bool missing)
{
	unsigned field = t->keys - 1;
	struct span rest = row, v = SPAN_NONE;

	for (unsigned k = 0; k <= field; k++)
		v = next_column(&rest);
	say_row(
	    a, t, row, field, missing ? SPAN_NONE : v, missing ? v : SPAN_NONE);
}

static void
compare_row(struct audit *a, const struct audit_table *t, struct span got,
    struct span want)
{
	struct span row = want;

	for (unsigned k = 0; k < t->columns; k++) {
		struct span g = next_column(&got), w = next_column(&want);

		if (!span_equal(g, w))
			say_row(a, t, row, k, g, w);
	}
}

/* want from its row j on. */
static void
merge(struct audit *a, const struct audit_rows *got,
    const struct audit_rows *want, size_t j)
{
	const struct audit_table *t = want->table;
	size_t i = 0;

	while (i < got->n || j < want->n) {
		int c = i == got->n ? 1
			: j == want->n
			    ? -1
			    : compare_columns(got->at[i], want->at[j], t->keys);

		if (c == 0)
			compare_row(a, t, got->at[i++], want->at[j++]);
		else if (c < 0)
			say_whole(a, t, got->at[i++], false);
		else
			say_whole(a, t, want->at[j++], true);
	}
}

static enum err
sorted(struct audit *a, struct audit_rows *r)
{
	enum err e = rows_sort(r);

	return e == ERR_OK ? e : diag_fail(a->d, e, "", "audit: out of memory");
}

/* Is a row there the packed one? */
static bool
same_row(const struct audit_table *t, const struct pg_result *r, size_t i,
    struct span want)
{
	bool same = true;

	for (unsigned k = 0; same && k < t->columns; k++) {
		struct span w = next_column(&want);

		same = t->type[k] == 'i' ? int_of(w) == pg_int(r, i, (int)k)
					 : span_equal(w, pg_span(r, i, (int)k));
	}
	return same;
}

/* Passes over rows as long as they are those wanted, in the same order. */
static enum err
pass_same(
    size_t *passed, struct audit *a, struct audit_rows *want, int64_t below)
{
	bool there = true;
	enum err e = ERR_OK;

	for (*passed = 0; there && *passed < want->n; ++*passed) {
		e = next_below(&there, a, want, below);
		if (e != ERR_OK || !there ||
		    !same_row(want->table, want->page, want->page_at,
			want->at[*passed]))
			break;
		want->page_at++;
	}
	return e;
}

/* Where the rows part, those left on both sides are sorted and merged. */
enum err
audit_compare(struct audit *a, struct audit_rows *want, int64_t below)
{
	struct audit_rows got;
	size_t passed = 0;
	enum err e = sorted(a, want);

	audit_rows_init(&got, want->table);
	if (e == ERR_OK)
		e = pass_same(&passed, a, want, below);
	if (e == ERR_OK)
		e = take_below(&got, a, want, below);
	if (e == ERR_OK)
		e = sorted(a, &got);
	if (e == ERR_OK)
		merge(a, &got, want, passed);
	rows_reset(want);
	audit_rows_free(&got);
	return e;
}
