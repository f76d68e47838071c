/* SPDX-License-Identifier: Apache-2.0 */
/* From the conditions of a question to one statement: pieces of SQL from
 * ledger/sql/query, joined, whose values are parameters. */
#include "query_internal.h"

#include <stdio.h>

#include "ledger/search.h"

#include "base/banned.h"

#define OP(o) (1u << (o))
#define OPS_ORDER (OP(QUERY_GT) | OP(QUERY_GE) | OP(QUERY_LT) | OP(QUERY_LE))
#define ROLE(r) (1u << (r))

static void put_words(struct query_build *b, const struct query_condition *c);
static void put_link(struct query_build *b, const struct query_condition *c);
static void put_epcs(struct query_build *b, const struct query_condition *c);
static void put_time(struct query_build *b, const struct query_condition *c);
static void put_recorded(
    struct query_build *b, const struct query_condition *c);
static void put_quantity(
    struct query_build *b, const struct query_condition *c);
static void put_nothing(struct query_build *b, const struct query_condition *c);
static void put_ilmd(struct query_build *b, const struct query_condition *c);
static void put_ilmd_number(
    struct query_build *b, const struct query_condition *c);
static void put_ilmd_time(
    struct query_build *b, const struct query_condition *c);

static const struct field {
	void (*put)(struct query_build *b, const struct query_condition *c);
	enum store_query piece;
	unsigned ops;  /* bits of enum query_op */
	unsigned kind; /* bits of enum search_role, or enum search_kind, or how
			* deep */
} fields[QUERY_FIELDS] = {
	[QUERY_EVENT_TYPE] = { put_words, Q_IF_TYPE, OP(QUERY_EQ), 0 },
	[QUERY_ACTION] = { put_words, Q_IF_ACTION, OP(QUERY_EQ), 0 },
	[QUERY_BIZ_STEP] = { put_words, Q_IF_BIZ_STEP, OP(QUERY_EQ), 0 },
	[QUERY_DISPOSITION] = { put_words, Q_IF_DISPOSITION, OP(QUERY_EQ), 0 },
	[QUERY_READ_POINT] = { put_words, Q_IF_READ_POINT, OP(QUERY_EQ), 0 },
	[QUERY_BIZ_LOCATION] = { put_words, Q_IF_BIZ_LOCATION, OP(QUERY_EQ),
	    0 },
	[QUERY_EVENT_ID] = { put_words, Q_IF_EVENT_ID, OP(QUERY_EQ), 0 },
	[QUERY_EVENT_TIME] = { put_time, Q_IF_EVENT_TIME, OPS_ORDER, 0 },
	[QUERY_RECORD_TIME] = { put_recorded, Q_COUNT,
	    OP(QUERY_GE) | OP(QUERY_LT), 0 },
	[QUERY_EPC] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_EPC) | ROLE(SEARCH_CHILD) },
	[QUERY_PARENT] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_PARENT) },
	[QUERY_INPUT] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_INPUT) },
	[QUERY_OUTPUT] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_OUTPUT) },
	[QUERY_ANY_EPC] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_EPC) | ROLE(SEARCH_CHILD) | ROLE(SEARCH_PARENT) |
		ROLE(SEARCH_INPUT) | ROLE(SEARCH_OUTPUT) },
	[QUERY_CLASS] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_CLASS) | ROLE(SEARCH_CHILD_CLASS) },
	[QUERY_INPUT_CLASS] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_INPUT_CLASS) },
	[QUERY_OUTPUT_CLASS] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_OUTPUT_CLASS) },
	[QUERY_ANY_CLASS] = { put_epcs, Q_IF_EPC, OP(QUERY_EQ),
	    ROLE(SEARCH_CLASS) | ROLE(SEARCH_CHILD_CLASS) |
		ROLE(SEARCH_INPUT_CLASS) | ROLE(SEARCH_OUTPUT_CLASS) },
	[QUERY_TRANSACTION] = { put_link, Q_IF_LINK, OP(QUERY_EQ),
	    SEARCH_TRANSACTION },
	[QUERY_SOURCE] = { put_link, Q_IF_LINK, OP(QUERY_EQ), SEARCH_SOURCE },
	[QUERY_DESTINATION] = { put_link, Q_IF_LINK, OP(QUERY_EQ),
	    SEARCH_DESTINATION },
	[QUERY_TRANSFORMATION] = { put_link, Q_IF_LINK, OP(QUERY_EQ),
	    SEARCH_TRANSFORMATION },
	[QUERY_PERSISTENT_SET] = { put_link, Q_IF_LINK, OP(QUERY_EQ),
	    SEARCH_PERSISTENT_SET },
	[QUERY_PERSISTENT_UNSET] = { put_link, Q_IF_LINK, OP(QUERY_EQ),
	    SEARCH_PERSISTENT_UNSET },
	[QUERY_CORRECTIVE] = { put_link, Q_IF_LINK, OP(QUERY_EQ),
	    SEARCH_CORRECTIVE },
	[QUERY_REASON] = { put_link, Q_IF_LINK, OP(QUERY_EQ), SEARCH_REASON },
	[QUERY_DECLARATION] = { put_nothing, Q_IF_DECLARATION, OP(QUERY_EXISTS),
	    0 },
	[QUERY_DECLARATION_TIME] = { put_time, Q_IF_DECLARATION_TIME, OPS_ORDER,
	    0 },
	[QUERY_QUANTITY] = { put_quantity, Q_IF_QUANTITY,
	    OP(QUERY_EQ) | OPS_ORDER, 0 },
	[QUERY_ILMD] = { put_ilmd, Q_IF_ILMD, OP(QUERY_EQ) | OP(QUERY_EXISTS),
	    0 },
	[QUERY_ILMD_NUMBER] = { put_ilmd_number, Q_IF_ILMD_NUMBER,
	    OP(QUERY_EQ) | OPS_ORDER, 0 },
	[QUERY_ILMD_TIME] = { put_ilmd_time, Q_IF_ILMD_TIME,
	    OP(QUERY_EQ) | OPS_ORDER, 0 },
	[QUERY_INNER_ILMD] = { put_ilmd, Q_IF_ILMD,
	    OP(QUERY_EQ) | OP(QUERY_EXISTS), 1 },
	[QUERY_INNER_ILMD_NUMBER] = { put_ilmd_number, Q_IF_ILMD_NUMBER,
	    OP(QUERY_EQ) | OPS_ORDER, 1 },
	[QUERY_INNER_ILMD_TIME] = { put_ilmd_time, Q_IF_ILMD_TIME,
	    OP(QUERY_EQ) | OPS_ORDER, 1 },
};

static const char *
op_text(enum query_op op)
{
	static const char *const text[] = { [QUERY_EQ] = "=",
		[QUERY_GT] = ">",
		[QUERY_GE] = ">=",
		[QUERY_LT] = "<",
		[QUERY_LE] = "<=",
		[QUERY_EXISTS] = "=" };

	return text[op];
}

/* ---- conditions ---- */
static void
set_values(struct query_build *b, const struct query_condition *c)
{
	char space[STORE_SUBJECT_KEY];
	struct pg_array *a;

	/* one value is said as such: then the index's order is the answer's */
	if (c->value_count == 1) {
		query_set_key(b, "value", c->values[0]);
		return;
	}
	a = query_new_array(b, PG_TEXT);
	for (size_t i = 0; i < c->value_count; i++)
		pg_array_put(a, store_subject_key(c->values[i], space));
	query_set_array(b, "value", a, true);
}

static void
put_words(struct query_build *b, const struct query_condition *c)
{
	set_values(b, c);
	query_put(b, fields[c->field].piece);
}

static void
put_link(struct query_build *b, const struct query_condition *c)
{
	set_values(b, c);
	query_set_i16(b, "kind", (int)fields[c->field].kind);
	query_set_key(b, "type", c->type);
	query_put(b, Q_IF_LINK);
}

static void
put_nothing(struct query_build *b, const struct query_condition *c)
{
	query_put(b, fields[c->field].piece);
}

static void
put_time(struct query_build *b, const struct query_condition *c)
{
	query_set_text(b, "op", op_text(c->op));
	query_set_i64(b, "value", c->ms);
	query_put(b, fields[c->field].piece);
}

/* Bounds of the index, found before. */
static void
put_recorded(struct query_build *b, const struct query_condition *c)
{
	(void)b;
	(void)c;
}

/* Ranges of text; a value is the range up to its first successor: no text
 * holds U+0000. */
static void
set_ranges(struct query_build *b, const struct query_condition *c)
{
	struct pg_array *lower = query_new_array(b, PG_TEXT);
	struct pg_array *upper = query_new_array(b, PG_TEXT);
	uint8_t next[STORE_SUBJECT_MAX + 1];
	char space[STORE_SUBJECT_KEY];

	for (size_t i = 0; i < c->range_count; i++) {
		pg_array_put(lower, c->ranges[i].lower);
		pg_array_put(upper, c->ranges[i].upper);
	}
	for (size_t i = 0; i < c->value_count; i++) {
		struct span key = store_subject_key(c->values[i], space);

		pg_array_put(lower, key);
		if (key.n > 0)
			memcpy(next, key.p, key.n);
		next[key.n] = 1;
		pg_array_put(upper, span_of(next, key.n + 1));
	}
	query_set_array(b, "lower", lower, false);
	query_set_array(b, "upper", upper, false);
}

static void
set_roles(struct query_build *b, const struct query_condition *c)
{
	struct pg_array *roles = query_new_array(b, PG_INT2);

	for (int r = SEARCH_EPC; r <= SEARCH_OUTPUT_CLASS; r++) {
		if ((fields[c->field].kind & ROLE(r)) != 0)
			pg_array_i16(roles, (int16_t)r);
	}
	query_set_array(b, "roles", roles, false);
}

static void
put_epcs(struct query_build *b, const struct query_condition *c)
{
	enum store_query piece = Q_IF_EPC;

	set_roles(b, c);
	if (c->range_count == 1 && c->value_count == 0) {
		/* said as such: the planner knows how many lie between */
		pg_arg_bytes(&b->args, c->ranges[0].lower);
		query_set_last(b, "lower", false);
		pg_arg_bytes(&b->args, c->ranges[0].upper);
		query_set_last(b, "upper", false);
		piece = b->partly ? Q_IF_EPC_NEAR : Q_IF_EPC_BETWEEN;
	} else if (c->range_count > 0) {
		set_ranges(b, c);
		piece = Q_IF_EPC_RANGE;
	} else {
		set_values(b, c);
	}
	query_put(b, piece);
}

/* Decimals in one spelling, as texts; the piece for one or several follows
 * each other in enum store_query. */
static void
put_decimals(struct query_build *b, const struct query_condition *c,
    enum store_query piece)
{
	struct pg_array *a = query_new_array(b, PG_TEXT);
	uint8_t space[QUERY_DECIMAL + 1];
	struct buf text = buf_fixed(space, sizeof space);

	for (size_t i = 0; i < c->value_count && b->failed == ERR_OK; i++) {
		buf_reset(&text);
		b->failed = query_decimal(&text, c->values[i]);
		pg_array_put(a, buf_span(&text));
	}
	if (b->failed == ERR_OK)
		b->failed = buf_error(&a->b);
	if (b->failed == ERR_OK && c->op != QUERY_EQ && c->value_count != 1)
		b->failed = ERR_SYNTAX;
	if (b->failed != ERR_OK)
		return;
	query_set_text(b, "op", op_text(c->op));
	if (c->value_count == 1) {
		/* it stands at the end of the array's bytes */
		pg_arg_bytes(
		    &b->args, span_of(a->b.p + a->b.n - text.n, text.n));
		query_set_last(b, "number", false);
		query_put(b, piece);
		return;
	}
	query_set_array(b, "numbers", a, false);
	query_put(b, (enum store_query)(piece + 1));
}

static void
put_quantity(struct query_build *b, const struct query_condition *c)
{
	if (c->type.p != NULL)
		query_set_key(b, "type", c->type);
	put_decimals(
	    b, c, c->type.p != NULL ? Q_IF_QUANTITY_UNIT : Q_IF_QUANTITY);
}

static void
set_ilmd(struct query_build *b, const struct query_condition *c)
{
	query_set_key(b, "name", c->name);
	query_set_i16(b, "kind", (int)fields[c->field].kind);
}

static void
put_ilmd(struct query_build *b, const struct query_condition *c)
{
	set_ilmd(b, c);
	if (c->op == QUERY_EXISTS) {
		query_put(b, Q_IF_ILMD_EXISTS);
		return;
	}
	set_values(b, c);
	query_put(b, Q_IF_ILMD);
}

static void
put_ilmd_number(struct query_build *b, const struct query_condition *c)
{
	set_ilmd(b, c);
	put_decimals(b, c, Q_IF_ILMD_NUMBER);
}

static void
put_ilmd_time(struct query_build *b, const struct query_condition *c)
{
	set_ilmd(b, c);
	query_set_text(b, "op", op_text(c->op));
	query_set_i64(b, "value", c->ms);
	query_put(b, Q_IF_ILMD_TIME);
}

static enum err
put_condition(struct query_build *b, const struct query_condition *c,
    size_t number, struct diag *d)
{
	enum err e = ERR_OK;

	if (c->value_count + c->range_count > QUERY_VALUES)
		e = ERR_LIMIT;
	else if ((unsigned)c->field >= QUERY_FIELDS ||
		 (fields[c->field].ops & OP(c->op)) == 0)
		e = ERR_SYNTAX;
	if (e == ERR_OK) {
		fields[c->field].put(b, c);
		e = b->failed;
	}
	if (e == ERR_OK)
		return e;
	return diag_fail(d, e, "epcis 9.6",
	    "condition %zu: got an operator, number of values or decimal that "
	    "field %d does not have",
	    number, (int)c->field);
}

/* ---- the whole ---- */
static void
set_way(struct query_build *b, const struct query *q)
{
	query_set_text(b, "op", q->descending ? "<" : ">");
	query_set_text(b, "way", q->descending ? "DESC" : "ASC");
	/* one more tells whether others follow */
	query_set_i64(b, "limit", (int64_t)q->limit + 1);
}

/* Where the page begins; a first page lies behind a key that none has. */
static void
set_after(struct query_build *b, const struct query *q)
{
	int64_t index = (int64_t)q->after.index;
	int pos = (int)q->after.pos;

	if (!q->follows) {
		index = q->descending ? INT64_MAX : -1;
		pos = 0;
	}
	query_set_i64(b, "index", index);
	query_set_i16(b, "pos", pos);
}

/* The condition is met in a table of its own. */
static bool
has_table(const struct query_condition *c)
{
	return (unsigned)c->field < QUERY_FIELDS && c->field >= QUERY_EPC &&
	       c->field != QUERY_DECLARATION;
}

/* One condition whose table has its events in the order of the key. */
static bool
in_order(const struct query *q)
{
	const struct query_condition *c = &q->conditions[0];

	return q->count == 1 && has_table(c) && c->op == QUERY_EQ &&
	       c->value_count == 1 && c->range_count == 0 &&
	       (fields[c->field].put == put_epcs ||
		   fields[c->field].put == put_link ||
		   fields[c->field].put == put_ilmd);
}

bool
query_has_each(const struct query *q)
{
	return q->org.n > 0 && in_order(q);
}

bool
query_is_lone(const struct query *q)
{
	return q->count == 0 || (q->org.n == 0 && in_order(q));
}

bool
query_has_range(const struct query *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (q->conditions[i].range_count > 0)
			return true;
	}
	return false;
}

/* A number's index has no order of the log. */
static bool
is_number(const struct query_condition *c)
{
	return c->field == QUERY_QUANTITY ||
	       fields[c->field].put == put_ilmd_number ||
	       fields[c->field].put == put_ilmd_time;
}

/* No index of the condition's table has its events by entry. */
static bool
has_no_entry(const struct query_condition *c)
{
	return c->range_count > 0 || is_number(c) ||
	       c->field == QUERY_DECLARATION_TIME;
}

bool
query_can_wide(const struct query *q)
{
	if (q->order != QUERY_BY_EVENT_TIME ||
	    (q->org.n == 0 && query_has_range(q)))
		return false;
	for (size_t i = 0; i < q->count; i++) {
		if (is_number(&q->conditions[i]))
			return false;
	}
	return true;
}

/* Nothing but who asks. */
static bool
put_lone_org(struct query_build *b, const struct query *q)
{
	if (q->count > 0 || q->org.n == 0)
		return false;
	set_way(b, q);
	set_after(b, q);
	query_set_key(b, "value", q->org);
	query_put(b, Q_LONE_ORG);
	return true;
}

/* Of one row at a time whether the organisation sees its entry. */
static void
put_seen(struct query_build *b, const struct query *q)
{
	if (q->org.n == 0)
		return;
	query_set_key(b, "value", q->org);
	query_put(b, Q_IF_SEEN);
	query_put(b, Q_OF_ORG);
}

/* The same by the event's own word. */
static void
put_reader(struct query_build *b, const struct query *q)
{
	char space[STORE_SUBJECT_KEY];

	if (q->org.n == 0)
		return;
	query_set_reader(b, "reader", store_subject_key(q->org, space));
	query_set_reader(b, "public", span_str(SEARCH_PUBLIC));
	query_put(b, Q_IF_READER);
}

/* The page from the table of the one condition alone. */
static enum err
put_lone(
    struct query_build *b, const struct query *q, bool *put, struct diag *d)
{
	enum err e;

	*put = q->org.n > 0 ? b->dense && in_order(q)
			    : q->count == 1 && has_table(&q->conditions[0]);
	if (!*put)
		return ERR_OK;
	query_put(b, Q_LONE);
	e = put_condition(b, &q->conditions[0], 0, d);
	set_way(b, q);
	set_after(b, q);
	query_put(b, Q_LONE_AFTER);
	put_seen(b, q);
	query_put(b, Q_LONED);
	return e;
}

static void
set_blocks(struct query_build *b)
{
	query_set_i64(b, "start", b->first >> QUERY_BLOCK_SHIFT);
	query_set_i64(b, "end", b->below >> QUERY_BLOCK_SHIFT);
}

/* Column of event that has an index by blocks; NULL: none. */
static const char *
column_of(enum query_field field)
{
	switch (field) {
	case QUERY_EVENT_TYPE:
		return "type";
	case QUERY_ACTION:
		return "action";
	case QUERY_BIZ_STEP:
		return "biz_step";
	case QUERY_DISPOSITION:
		return "disposition";
	case QUERY_READ_POINT:
		return "read_point";
	case QUERY_BIZ_LOCATION:
		return "biz_location";
	default:
		return NULL;
	}
}

/* Then blocks bound an index; else they would only mislead the planner. */
static bool
asks_word(const struct query *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (column_of(q->conditions[i].field) != NULL)
			return true;
	}
	return false;
}

/* The page of events with one word or place, from its first block on. */
static bool
put_lone_word(struct query_build *b, const struct query *q)
{
	const struct query_condition *c = &q->conditions[0];
	const char *column = column_of(c->field);

	if (q->count != 1 || (q->org.n > 0 && !b->dense) || column == NULL ||
	    c->op != QUERY_EQ || c->value_count != 1)
		return false;
	query_set_text(b, "column", column);
	set_values(b, c);
	set_way(b, q);
	set_after(b, q);
	set_blocks(b);
	query_put(b, Q_LONE_WORD);
	put_reader(b, q);
	query_put(b, Q_BY_BLOCK);
	return true;
}

/* Bounds that each part of a plan can use. */
static enum err
set_bounds(struct query_build *b, struct store *s, const struct query *q,
    const struct query_try *t, struct diag *d)
{
	enum err e = ERR_OK;

	b->first = t->reach->first;
	b->below = t->reach->below;
	if (t->plan == QUERY_WINDOW || t->plan == QUERY_WIDE)
		e = query_stretch(b, s, q, t->window, d);
	else if (t->plan == QUERY_GATHER && q->org.n > 0 &&
		 q->order != QUERY_BY_EVENT_TIME)
		e = query_dense(b, s, q, d);
	query_set_among(b, b->first, b->below, t->reach);
	return e;
}

/* Of the entries in reach it may read more than one in QUERY_READS_MUCH. */
static bool
reads_much(const struct query_reach *r)
{
	return r->likely * QUERY_READS_MUCH > r->below - r->first;
}

/* Only what the organisation may read. */
static void
put_org(struct query_build *b, const struct query *q, const struct query_try *t)
{
	if (t->reach->few != NULL) {
		query_put(b, Q_OF_FEW);
	} else if (q->org.n > 0 && t->plan != QUERY_GATHER &&
		   reads_much(t->reach)) {
		put_reader(b, q);
	} else if (q->org.n > 0) {
		query_set_key(b, "value", q->org);
		query_put(b, Q_IF_ORG);
		query_put(b, Q_OF_ORG);
	}
}

/* Where the page begins, and its order. */
static void
put_page(struct query_build *b, const struct query *q)
{
	if (!q->follows)
		return;
	set_after(b, q);
	if (q->order == QUERY_BY_EVENT_TIME) {
		query_set_i64(b, "ms", q->after.event_ms);
		query_put(b, Q_AFTER_TIME);
	} else {
		query_put(b, Q_AFTER_KEY);
	}
}

/* One entry after another: the condition is about those of o. Bounds beside it
 * leave out partitions when it is planned. */
static enum err
put_each(struct query_build *b, const struct query *q, struct diag *d)
{
	size_t n = strlen(b->among);
	enum err e;

	(void)snprintf(b->among + n, sizeof b->among - n, " AND x.idx = o.idx");
	query_set_text(b, "way", q->descending ? "DESC" : "ASC");
	query_set_key(b, "value", q->org);
	query_put(b, Q_EACH);
	if ((e = put_condition(b, &q->conditions[0], 0, d)) != ERR_OK)
		return e;
	query_put(b, Q_EACHED);
	set_way(b, q);
	put_page(b, q);
	query_put(b, q->order == QUERY_BY_EVENT_TIME ? Q_BY_TIME : Q_BY_EACH);
	return ERR_OK;
}

static enum err
put_all(struct query_build *b, const struct query *q, const struct query_try *t,
    struct diag *d)
{
	bool by_time = q->order == QUERY_BY_EVENT_TIME;
	bool wide = t->plan == QUERY_WIDE && query_can_wide(q);
	bool listed = by_time && !wide &&
		      (t->plan == QUERY_WINDOW || t->plan == QUERY_WIDE);

	/* an organisation's became a nested loop over a BRIN index; of a long
	 * stretch the list is too long to be hashed */
	bool near = q->org.n > 0 && t->plan != QUERY_GATHER &&
		    (b->below - b->first <= QUERY_NEAR || t->plan == QUERY_FEW);

	if (t->plan == QUERY_GATHER)
		query_put(b, Q_GATHER);
	query_put(b, Q_EVENTS);
	for (size_t i = 0; i < q->count; i++) {
		const struct query_condition *c = &q->conditions[i];
		bool list = listed || (near && has_no_entry(c));
		enum err e;

		if (has_table(c))
			query_put(b, list ? Q_IN_LIST : Q_IN);
		e = put_condition(b, c, i, d);
		if (e != ERR_OK)
			return e;
	}
	put_org(b, q, t);
	set_way(b, q);
	put_page(b, q);
	if (b->partly && asks_word(q)) {
		set_blocks(b);
		query_put(b, Q_IN_BLOCKS);
	}
	if (by_time && b->partly) {
		query_set_text(b, "within", q->descending ? ">" : "<");
		query_set_i64(b, "edge", b->edge);
		query_put(b, wide ? Q_IN_WIDE : Q_IN_STRETCH);
	}
	if (t->plan == QUERY_GATHER)
		query_put(b, Q_GATHERED);
	query_put(b, by_time ? Q_BY_TIME : Q_BY_KEY);
	return ERR_OK;
}

enum err
query_build(struct query_build *b, struct store *s, const struct query *q,
    const struct query_try *t, struct diag *d)
{
	bool by_time = q->order == QUERY_BY_EVENT_TIME;
	bool put = by_time || t->plan == QUERY_FEW;
	enum err e;

	query_begin(b, s);
	if ((e = set_bounds(b, s, q, t, d)) != ERR_OK)
		return e;
	if (t->explain)
		query_put(b, Q_EXPLAIN);
	if (t->plan == QUERY_EACH)
		return put_each(b, q, d);
	if (put)
		return put_all(b, q, t, d);
	if (!(put = put_lone_org(b, q)))
		e = put_lone(b, q, &put, d);
	if (!put && t->plan == QUERY_GATHER)
		put = put_lone_word(b, q);
	return put ? e : put_all(b, q, t, d);
}
