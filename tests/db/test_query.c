/* SPDX-License-Identifier: Apache-2.0 */
/* Each condition of a question finds its events, in pages, for whom they are
 * visible. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/epcis.h"
#include "event/statement.h"
#include "ledger/logtext.h"
#include "ledger/query.h"
#include "ledger/search.h"

#include "pgtest.h"

#include "base/banned.h"

#define LOG "query"
#define STATEMENTS 6
#define BELOW 8 /* genesis, three statements, an epoch, three statements */
#define EPOCH_MS 5000
#define DAY_MS INT64_C(86400000)
#define JANUARY_MS INT64_C(1767225600000)  /* 2026-01-01 */
#define FEBRUARY_MS INT64_C(1769904000000) /* 2026-02-01 */

static struct pgtest db;
static char api[1200];
static struct store *s;

/* ---- the log ---- */
/* Event 0 of statement i. */
static void
put_object(struct buf *b, unsigned i)
{
	bool odd = i % 2 == 1;

	buf_printf(b,
	    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-%02uT00:00:"
	    "00Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"%s\","
	    "\"eventID\":\"https://a.example/e%u\",\"bizStep\":\"%s\","
	    "\"disposition\":\"%s\",\"readPoint\":{\"id\":"
	    "\"https://a.example/r%u\"},\"bizLocation\":{\"id\":"
	    "\"https://a.example/b%u\"},\"epcList\":[\"https://id.gs1.org/01/"
	    "09506000134352/21/A%u\"],\"quantityList\":[{\"epcClass\":"
	    "\"https://a.example/c%u\",\"quantity\":%u.5%s}],",
	    i, odd ? "ADD" : "OBSERVE", i, i <= 3 ? "shipping" : "receiving",
	    odd ? "in_transit" : "active", i % 2, i % 3, i, i % 2, i,
	    odd ? ",\"uom\":\"KGM\"" : "");
	buf_printf(b,
	    "\"bizTransactionList\":[{%s\"bizTransaction\":"
	    "\"https://a.example/po%u\"}],\"sourceList\":[{\"type\":"
	    "\"owning_party\",\"source\":\"did:web:o%u.example\"}],"
	    "\"destinationList\":[{\"type\":\"location\",\"destination\":"
	    "\"https://a.example/to%u\"}]",
	    i == 6 ? "" : "\"type\":\"po\",", i % 2, i % 2, i % 3);
	if (odd)
		buf_printf(b,
		    ",\"ilmd\":{\"cbvmda:lotNumber\":\"L%u\",\"cbvmda:n\":%u,"
		    "\"cbvmda:d\":\"2027-01-%02u\",\"cbvmda:o\":{\"cbvmda:n\":"
		    "%u}}",
		    i, i * 10, i, i * 100);
	buf_str(b, "}");
}

/* Event 1 of statement i. */
static void
put_transformation(struct buf *b, unsigned i)
{
	buf_printf(b,
	    ",{\"type\":\"TransformationEvent\",\"eventTime\":"
	    "\"2026-02-%02uT00:00:00Z\",\"eventTimeZoneOffset\":\"+00:00\","
	    "\"inputEPCList\":[\"https://a.example/in%u\"],"
	    "\"outputEPCList\":[\"https://a.example/out%u\"],"
	    "\"inputQuantityList\":[{\"epcClass\":\"https://a.example/ci\","
	    "\"quantity\":%u00}],\"outputQuantityList\":[{\"epcClass\":"
	    "\"https://a.example/co%u\"}],\"transformationID\":"
	    "\"https://a.example/t%u\"",
	    20 - i, i, i, i, i % 2, i);
	if (i == 2)
		buf_str(b,
		    ",\"persistentDisposition\":{\"set\":"
		    "[\"completeness_verified\"],\"unset\":"
		    "[\"completeness_inferred\"]},\"errorDeclaration\":{"
		    "\"declarationTime\":\"2026-02-01T00:00:00Z\","
		    "\"reason\":\"did_not_occur\",\"correctiveEventIDs\":["
		    "\"https://a.example/e9\"]}");
	buf_str(b, "}");
}

static void
put_aggregation(struct buf *b, unsigned i)
{
	buf_printf(b,
	    ",{\"type\":\"AggregationEvent\",\"eventTime\":"
	    "\"2026-03-01T00:00:00Z\",\"eventTimeZoneOffset\":\"+00:00\","
	    "\"action\":\"ADD\",\"parentID\":\"https://a.example/p\","
	    "\"childEPCs\":[\"https://id.gs1.org/01/09506000134352/21/A%u\"]}",
	    i);
}

static void
put_statement(struct pglog *l, unsigned i, const struct sign_key *key)
{
	struct claims c = { .epoch = 1,
		.seq = i,
		.iss = span_str("did:web:x"),
		.sub = span_str("did:web:x") };
	struct buf text = buf_heap(STATEMENT_MAX);
	struct buf entry = buf_heap(STATEMENT_MAX);
	struct diag d;

	buf_str(&text,
	    "{\"@context\":\"https://ref.gs1.org/standards/epcis/"
	    "2.0.0/epcis-context.jsonld\",\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\",\"creationDate\":"
	    "\"2026-01-01T00:00:00Z\",\"epcisBody\":{\"eventList\":[");
	put_object(&text, i);
	put_transformation(&text, i);
	if (i == 3)
		put_aggregation(&text, 1);
	buf_str(&text, "]}}");
	assert_int_equal(statement_make(&entry, &c, CONTENT_IS_PRODUCT,
			     buf_span(&text), key, &d),
	    ERR_OK);
	pglog_row(l, buf_span(&entry), NULL, 0, 0);
	buf_free(&text);
	buf_free(&entry);
}

static void
fill(const struct sign_key *key)
{
	const struct hash zero = { { 0 } };
	struct pglog l;
	struct diag d;

	pglog_open(&l, pgtest_store(db.uri, LOG, 0));
	pglog_begin(&l);
	for (unsigned i = 1; i <= STATEMENTS; i++) {
		if (i == 4) {
			pglog_row(&l, span_str("epoch"), NULL, 0, 0);
			assert_int_equal(
			    store_batch_epoch(l.b, 4, EPOCH_MS, &zero, 0, 0),
			    ERR_OK);
		}
		put_statement(&l, i, key);
	}
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(l.size, BELOW);
	pglog_close(&l);
}

static void
project(const char *log, uint64_t below)
{
	struct store *p = pgtest_store(db.uri, log, 0);
	struct search_count count;
	struct search_batch *b;
	struct search *f;
	uint64_t at;
	struct diag d;

	assert_int_equal(search_begin(p, &d), ERR_OK);
	assert_int_equal(search_load(&f, p, 0, &d), ERR_OK);
	assert_int_equal(search_batch_new(&b, p), ERR_OK);
	assert_int_equal(
	    search_project(p, f, b, 0, below, below, &at, &count, &d), ERR_OK);
	assert_int_equal(at, below);
	assert_int_equal(count.refused, 0);
	search_batch_free(b);
	search_free(f);
	store_close(p);
}

static void
create(const char *log, const struct sign_key *key)
{
	struct genesis g = { .authority_count = 1, .origin = "example.com/q" };
	struct buf text = buf_heap(4096);
	struct diag d;

	memcpy(g.authority[0], key->pub, KEY_BYTES);
	assert_int_equal(genesis_print(&text, &g), ERR_OK);
	assert_int_equal(
	    store_create_log(db.uri, log, g.origin, buf_span(&text), &d),
	    ERR_OK);
	buf_free(&text);
}

static int
make(void **state)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };
	struct sign_key key;

	(void)state;
	key_from_seed(&key, seed);
	create(LOG, &key);
	fill(&key);
	project(LOG, BELOW);
	s = pgtest_store(api, LOG, 0);
	assert_int_equal(store_scope(s, "*", NULL), ERR_OK);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	store_close(s);
	return 0;
}

/* ---- asking ---- */
static enum err
put_key(void *ctx, const struct query_key *key)
{
	struct buf *b = ctx;

	buf_printf(
	    b, "%s%" PRIu64 ".%u", b->n > 0 ? " " : "", key->index, key->pos);
	return ERR_OK;
}

/* The events of a question are these, `index.pos` with blanks. */
static void
gives(const struct query *q, const char *want)
{
	struct buf got = buf_heap(4096);
	struct diag d = { .code = ERR_OK };
	bool more;

	assert_int_equal(query_events(s, q, put_key, &got, &more, &d), ERR_OK);
	assert_string_equal(buf_text(&got), want);
	assert_false(more);
	buf_free(&got);
}

static struct query
question(const struct query_condition *c)
{
	struct query q = { .below = BELOW, .limit = 100 };

	if (c != NULL)
		q.conditions[q.count++] = *c;
	return q;
}

static void
one(enum query_field field, const char *value, const char *want)
{
	const struct span v = span_str(value);
	const struct query_condition c = {
		.field = field, .values = &v, .value_count = 1
	};
	const struct query q = question(&c);

	gives(&q, want);
}

static void
two(enum query_field field, const char *a, const char *b, const char *want)
{
	const struct span v[] = { span_str(a), span_str(b) };
	const struct query_condition c = {
		.field = field, .values = v, .value_count = 2
	};
	const struct query q = question(&c);

	gives(&q, want);
}

static void
typed(enum query_field field, const char *value, const char *type,
    const char *want)
{
	const struct span v = span_str(value);
	const struct query_condition c = { .field = field,
		.values = &v,
		.value_count = 1,
		.type = span_str(type) };
	const struct query q = question(&c);

	gives(&q, want);
}

static void
at(enum query_field field, enum query_op op, int64_t ms, const char *want)
{
	const struct query_condition c = { .field = field, .op = op, .ms = ms };
	const struct query q = question(&c);

	gives(&q, want);
}

static void
number(enum query_op op, const char *value, const char *unit, const char *want)
{
	const struct span v = span_str(value);
	const struct query_condition c = { .field = QUERY_QUANTITY,
		.op = op,
		.values = &v,
		.value_count = 1,
		.type = unit == NULL ? SPAN_NONE : span_str(unit) };
	const struct query q = question(&c);

	gives(&q, want);
}

#define ALL "1.0 1.1 2.0 2.1 3.0 3.1 3.2 5.0 5.1 6.0 6.1 7.0 7.1"
#define OBJECTS "1.0 2.0 3.0 5.0 6.0 7.0"
#define TRANSFORMATIONS "1.1 2.1 3.1 5.1 6.1 7.1"

/* ---- cases ---- */
static void
words_and_places(void **state)
{
	struct query q = question(NULL);

	(void)state;
	gives(&q, ALL);
	one(QUERY_EVENT_TYPE, "ObjectEvent", OBJECTS);
	two(QUERY_EVENT_TYPE, "AggregationEvent", "TransformationEvent",
	    "1.1 2.1 3.1 3.2 5.1 6.1 7.1");
	one(QUERY_EVENT_TYPE, "TransactionEvent", "");
	one(QUERY_ACTION, "ADD", "1.0 3.0 3.2 6.0");
	one(QUERY_BIZ_STEP, "shipping", "1.0 2.0 3.0");
	two(QUERY_BIZ_STEP, "shipping", "receiving", OBJECTS);
	one(QUERY_DISPOSITION, "active", "2.0 5.0 7.0");
	one(QUERY_READ_POINT, "https://a.example/r1", "1.0 3.0 6.0");
	one(QUERY_BIZ_LOCATION, "https://a.example/b2", "2.0 6.0");
	one(QUERY_EVENT_ID, "https://a.example/e5", "6.0");
}

static void
identifiers(void **state)
{
	static const char a1[] = "https://id.gs1.org/01/09506000134352/21/A1";

	(void)state;
	one(QUERY_EPC, a1, "1.0 3.2");
	two(QUERY_EPC, a1, "https://id.gs1.org/01/09506000134352/21/A6",
	    "1.0 3.2 7.0");
	one(QUERY_PARENT, "https://a.example/p", "3.2");
	one(QUERY_EPC, "https://a.example/p", "");
	one(QUERY_INPUT, "https://a.example/in5", "6.1");
	one(QUERY_OUTPUT, "https://a.example/in5", "");
	one(QUERY_OUTPUT, "https://a.example/out5", "6.1");
	two(QUERY_ANY_EPC, "https://a.example/in5", "https://a.example/p",
	    "3.2 6.1");
	one(QUERY_CLASS, "https://a.example/c1", "1.0 3.0 6.0");
	one(QUERY_INPUT_CLASS, "https://a.example/ci", TRANSFORMATIONS);
	one(QUERY_OUTPUT_CLASS, "https://a.example/co0", "2.1 5.1 7.1");
	one(QUERY_CLASS, "https://a.example/ci", "");
	two(QUERY_ANY_CLASS, "https://a.example/c1", "https://a.example/co0",
	    "1.0 2.1 3.0 5.1 6.0 7.1");
}

static void
patterns(void **state)
{
	const struct query_range r[] = {
		{ span_str("https://id.gs1.org/01/09506000134352/21/A4"),
		    span_str("https://id.gs1.org/01/09506000134352/21/A6") },
		{ span_str("https://b"), span_str("https://c") },
	};
	const struct span v =
	    span_str("https://id.gs1.org/01/09506000134352/21/A1");
	const struct query_condition c = {
		.field = QUERY_EPC, .ranges = r, .range_count = 2
	};
	struct query q = question(&c);

	(void)state;
	gives(&q, "5.0 6.0");
	q.conditions[0].values = &v;
	q.conditions[0].value_count = 1;
	gives(&q, "1.0 3.2 5.0 6.0");
	q.order = QUERY_BY_EVENT_TIME;
	gives(&q, "1.0 5.0 6.0 3.2");
}

static void
links(void **state)
{
	(void)state;
	typed(QUERY_TRANSACTION, "https://a.example/po0", "po", "2.0 5.0");
	typed(QUERY_TRANSACTION, "https://a.example/po0", "", "7.0");
	typed(QUERY_TRANSACTION, "https://a.example/po0", "inv", "");
	typed(
	    QUERY_SOURCE, "did:web:o1.example", "owning_party", "1.0 3.0 6.0");
	typed(QUERY_DESTINATION, "did:web:o1.example", "owning_party", "");
	typed(
	    QUERY_DESTINATION, "https://a.example/to2", "location", "2.0 6.0");
	one(QUERY_TRANSFORMATION, "https://a.example/t4", "5.1");
	one(QUERY_PERSISTENT_SET, "completeness_verified", "2.1");
	one(QUERY_PERSISTENT_UNSET, "completeness_verified", "");
	one(QUERY_PERSISTENT_UNSET, "completeness_inferred", "2.1");
	one(QUERY_CORRECTIVE, "https://a.example/e9", "2.1");
	one(QUERY_REASON, "did_not_occur", "2.1");
}

static void
times(void **state)
{
	const struct query_condition declared = { .field = QUERY_DECLARATION,
		.op = QUERY_EXISTS };
	struct query q = question(&declared);

	(void)state;
	gives(&q, "2.1");
	at(QUERY_EVENT_TIME, QUERY_GE, FEBRUARY_MS + 17 * DAY_MS,
	    "1.1 2.1 3.2");
	at(QUERY_EVENT_TIME, QUERY_GT, FEBRUARY_MS + 17 * DAY_MS, "1.1 3.2");
	at(QUERY_EVENT_TIME, QUERY_LT, JANUARY_MS + 2 * DAY_MS, "1.0 2.0");
	at(QUERY_EVENT_TIME, QUERY_LE, JANUARY_MS + 2 * DAY_MS, "1.0 2.0 3.0");
	/* entries 1 to 3 were recorded at EPOCH_MS, the others not yet */
	at(QUERY_RECORD_TIME, QUERY_GE, EPOCH_MS, ALL);
	at(QUERY_RECORD_TIME, QUERY_GE, EPOCH_MS + 1,
	    "5.0 5.1 6.0 6.1 7.0 7.1");
	at(QUERY_RECORD_TIME, QUERY_LT, EPOCH_MS, "");
	at(QUERY_RECORD_TIME, QUERY_LT, EPOCH_MS + 1,
	    "1.0 1.1 2.0 2.1 3.0 3.1 3.2");
	at(QUERY_DECLARATION_TIME, QUERY_GE, FEBRUARY_MS, "2.1");
	at(QUERY_DECLARATION_TIME, QUERY_LT, FEBRUARY_MS, "");
}

static void
quantities(void **state)
{
	(void)state;
	number(QUERY_EQ, "3.50", NULL, "3.0");
	number(QUERY_EQ, "0.35e1", "KGM", "3.0");
	number(QUERY_EQ, "3.5", "GRM", "");
	number(QUERY_EQ, "4.5", "", "5.0");
	number(QUERY_GT, "5.5", NULL, "1.1 2.1 3.1 5.1 6.1 7.0 7.1");
	number(QUERY_GE, "5.5", "KGM", "6.0");
	number(QUERY_LT, "2.5", NULL, "1.0");
	number(QUERY_LE, "2.5", NULL, "1.0 2.0");
	number(QUERY_GE, "-1", NULL,
	    "1.0 1.1 2.0 2.1 3.0 3.1 5.0 5.1 6.0 6.1 7.0 7.1");
	two(QUERY_QUANTITY, "1.5", "200", "1.0 2.1");
}

static void
ilmd(void **state)
{
	static const char mda[] = "urn:epcglobal:cbv:mda:";
	const struct span lots[] = { span_str("L1"), span_str("L5") };
	const struct span twenty = span_str("20");
	char name[40];
	struct query_condition c = { .field = QUERY_ILMD,
		.op = QUERY_EXISTS,
		.name = span_str("urn:epcglobal:cbv:mda:lotNumber") };
	struct query q = question(&c);

	(void)state;
	gives(&q, "1.0 3.0 6.0");
	q.conditions[0].op = QUERY_EQ;
	q.conditions[0].values = lots;
	q.conditions[0].value_count = 2;
	gives(&q, "1.0 6.0");
	q.conditions[0].field = QUERY_INNER_ILMD;
	gives(&q, "");
	(void)snprintf(name, sizeof name, "%sn", mda);
	c = (struct query_condition){ .field = QUERY_ILMD_NUMBER,
		.op = QUERY_GT,
		.values = &twenty,
		.value_count = 1,
		.name = span_str(name) };
	q = question(&c);
	gives(&q, "3.0 6.0");
	q.conditions[0].field = QUERY_INNER_ILMD_NUMBER;
	gives(&q, "1.0 3.0 6.0");
	(void)snprintf(name, sizeof name, "%sd", mda);
	c = (struct query_condition){ .field = QUERY_ILMD_TIME,
		.op = QUERY_LE,
		.ms = JANUARY_MS + 365 * DAY_MS + 2 * DAY_MS,
		.name = span_str(name) };
	q = question(&c);
	gives(&q, "1.0 3.0");
}

static void
conditions_all_hold(void **state)
{
	const struct span step = span_str("shipping");
	const struct span class = span_str("https://a.example/c1");
	struct query q = question(NULL);

	(void)state;
	q.conditions[q.count++] = (struct query_condition){
		.field = QUERY_BIZ_STEP, .values = &step, .value_count = 1
	};
	q.conditions[q.count++] = (struct query_condition){
		.field = QUERY_CLASS, .values = &class, .value_count = 1
	};
	gives(&q, "1.0 3.0");
	q.conditions[q.count++] =
	    (struct query_condition){ .field = QUERY_EVENT_TIME,
		    .op = QUERY_GE,
		    .ms = JANUARY_MS + DAY_MS };
	gives(&q, "3.0");
	/* one of no value */
	q.conditions[0].value_count = 0;
	gives(&q, "");
}

static void
only_what_is_visible(void **state)
{
	const struct span step = span_str("shipping");
	struct query q = question(NULL);

	(void)state;
	/* an organisation sees the entries that concern it */
	q.org = span_str("did:web:o1.example");
	gives(&q, "1.0 1.1 3.0 3.1 3.2 6.0 6.1");
	q.conditions[q.count++] = (struct query_condition){
		.field = QUERY_BIZ_STEP, .values = &step, .value_count = 1
	};
	gives(&q, "1.0 3.0");
	q.org = span_str("did:web:nobody.example");
	gives(&q, "");
	q = question(NULL);
	q.below = 3;
	gives(&q, "1.0 1.1 2.0 2.1");
}

static void public_is_seen(void);

/* Entries that a policy opens: beside its own for an organisation, alone for
 * who has no token. */
static void
what_anybody_may_read(void **state)
{
	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri,
		"INSERT INTO event_org SELECT log_id, i, 'public' FROM log, "
		"generate_series(2, 3) i WHERE name = '" LOG
		"';" PGTEST_READERS),
	    "");
	public_is_seen();
	assert_string_equal(
	    pgtest_sql(db.uri,
		"DELETE FROM event_org WHERE org = 'public';" PGTEST_READERS),
	    "");
	assert_int_equal(store_scope(s, "*", NULL), ERR_OK);
}

/* Pages of `limit` put together. */
static void
pages(struct query q, const char *want)
{
	struct buf got = buf_heap(4096);
	struct diag d;
	bool more = true;

	while (more) {
		const char *last;
		uint64_t index;
		size_t before = got.n;

		assert_int_equal(
		    query_events(s, &q, put_key, &got, &more, &d), ERR_OK);
		assert_true(got.n > before);
		last = strrchr(buf_text(&got), '.');
		q.after.pos = (unsigned)(last[1] - '0');
		index = (uint64_t)(last[-1] - '0');
		q.after.index = index;
		/* as put_object() and its neighbours say */
		unsigned i = (unsigned)(index > 4 ? index - 1 : index);

		q.after.event_ms =
		    q.after.pos == 0   ? JANUARY_MS + (i - 1) * DAY_MS
		    : q.after.pos == 1 ? FEBRUARY_MS + (19 - i) * DAY_MS
				       : FEBRUARY_MS + 28 * DAY_MS;
		q.follows = true;
	}
	assert_string_equal(buf_text(&got), want);
	buf_free(&got);
}

static void
orders_and_pages(void **state)
{
	struct query q = question(NULL);

	(void)state;
	for (q.limit = 1; q.limit < 15; q.limit++) {
		q.order = QUERY_BY_KEY;
		q.descending = false;
		pages(q, ALL);
		q.order = QUERY_BY_RECORD_TIME;
		q.descending = true;
		pages(q, "7.1 7.0 6.1 6.0 5.1 5.0 3.2 3.1 3.0 2.1 2.0 1.1 "
			 "1.0");
		q.order = QUERY_BY_EVENT_TIME;
		pages(q, "3.2 1.1 2.1 3.1 5.1 6.1 7.1 7.0 6.0 5.0 3.0 2.0 "
			 "1.0");
		q.descending = false;
		pages(q, "1.0 2.0 3.0 5.0 6.0 7.0 7.1 6.1 5.1 3.1 2.1 1.1 "
			 "3.2");
	}
}

static void
public_is_seen(void)
{
	static const char *const org[] = { "did:web:o1.example", "public",
		"did:web:nobody.example" };
	static const char *const scope[] = { "did:web:o1.example", "",
		"did:web:nobody.example" };
	static const char *const up[] = { "1.0 1.1 2.0 2.1 3.0 3.1 3.2 6.0 6.1",
		"2.0 2.1 3.0 3.1 3.2", "2.0 2.1 3.0 3.1 3.2" };
	static const char *const newest[] = {
		"3.2 1.1 2.1 3.1 6.1 6.0 3.0 2.0 1.0", "3.2 2.1 3.1 3.0 2.0",
		"3.2 2.1 3.1 3.0 2.0"
	};
	static const char *const down[] = {
		"6.1 6.0 3.2 3.1 3.0 2.1 2.0 1.1 1.0", "3.2 3.1 3.0 2.1 2.0",
		"3.2 3.1 3.0 2.1 2.0"
	};
	static const char *const shipped[] = { "1.0 2.0 3.0", "2.0 3.0",
		"2.0 3.0" };
	const struct span step = span_str("shipping");
	const struct query_condition c = {
		.field = QUERY_BIZ_STEP, .values = &step, .value_count = 1
	};

	for (int i = 0; i < 3; i++) {
		struct query q = question(NULL), one = question(&c);

		assert_int_equal(store_scope(s, scope[i], NULL), ERR_OK);
		q.org = one.org = span_str(org[i]);
		gives(&one, shipped[i]);
		one.order = QUERY_BY_EVENT_TIME;
		gives(&one, shipped[i]);
		for (q.limit = 1; q.limit < 9; q.limit++) {
			q.order = QUERY_BY_KEY;
			q.descending = false;
			pages(q, up[i]);
			q.descending = true;
			pages(q, down[i]);
			q.order = QUERY_BY_EVENT_TIME;
			pages(q, newest[i]);
		}
	}
}

/* One condition whose index gives the order, in pages both ways. */
static void
pages_of_one_index(void **state)
{
	const struct span class = span_str("https://a.example/ci");
	const struct query_condition c = {
		.field = QUERY_ANY_CLASS, .values = &class, .value_count = 1
	};
	struct query q = question(&c), org = question(NULL);

	(void)state;
	org.org = span_str("did:web:o1.example");
	for (q.limit = 1; q.limit < 8; q.limit++) {
		q.descending = false;
		pages(q, TRANSFORMATIONS);
		q.descending = true;
		pages(q, "7.1 6.1 5.1 3.1 2.1 1.1");
		org.limit = q.limit;
		org.descending = false;
		pages(org, "1.0 1.1 3.0 3.1 3.2 6.0 6.1");
		org.descending = true;
		pages(org, "6.1 6.0 3.2 3.1 3.0 1.1 1.0");
	}
}

/* What lies far apart in a long log is found as well. */
static void
far_apart(void **state)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };
	const struct span step = span_str("shipping");
	const struct query_condition c = {
		.field = QUERY_BIZ_STEP, .values = &step, .value_count = 1
	};
	struct query q = question(&c);
	struct buf got = buf_heap(4096);
	struct store *kept = s;
	struct sign_key key;
	struct pglog l;
	struct diag d;
	bool more;

	(void)state;
	key_from_seed(&key, seed);
	create("wide", &key);
	pglog_open(&l, pgtest_store(db.uri, "wide", 0));
	pglog_begin(&l);
	put_statement(&l, 1, &key);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	pglog_fill(&l, 5000);
	pglog_begin(&l);
	put_statement(&l, 2, &key);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	pglog_close(&l);
	project("wide", 5003);
	s = pgtest_store(api, "wide", 0);
	assert_int_equal(store_scope(s, "*", NULL), ERR_OK);
	q.below = 5003;
	gives(&q, "1.0 5002.0");
	q.descending = true;
	gives(&q, "5002.0 1.0");
	q.org = span_str("did:web:o1.example");
	gives(&q, "1.0");
	q.org = SPAN_NONE;
	q.limit = 1;
	assert_int_equal(query_events(s, &q, put_key, &got, &more, &d), ERR_OK);
	assert_true(more);
	q.follows = true;
	q.after.index = 5002;
	q.limit = 5;
	gives(&q, "1.0");
	q.descending = false;
	q.after.index = 1;
	gives(&q, "5002.0");
	q.below = 5002;
	gives(&q, "");
	buf_free(&got);
	store_close(s);
	s = kept;
}

static void
faults_are_named(void **state)
{
	static const char *const bad[] = { "", "1.", "01", "+1", "1e", "x",
		"1 ", "--1", "0x1", ".5", "NaN" };
	struct buf got = buf_heap(4096);
	struct query_condition c = { .field = QUERY_QUANTITY };
	struct span v = span_str("1");
	struct query q;
	struct diag d;
	bool more;

	(void)state;
	c.values = &v;
	c.value_count = 1;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		v = span_str(bad[i]);
		q = question(&c);
		assert_int_equal(
		    query_events(s, &q, put_key, &got, &more, &d), ERR_SYNTAX);
	}
	v = span_str("1e500");
	assert_int_equal(
	    query_events(s, &q, put_key, &got, &more, &d), ERR_LIMIT);
	v = span_str("1");
	q.conditions[0].op = QUERY_EXISTS;
	assert_int_equal(
	    query_events(s, &q, put_key, &got, &more, &d), ERR_SYNTAX);
	assert_non_null(strstr(d.text, "condition 0"));
	q.conditions[0].op = QUERY_EQ;
	q.conditions[0].value_count = QUERY_VALUES + 1;
	assert_int_equal(
	    query_events(s, &q, put_key, &got, &more, &d), ERR_LIMIT);
	q = question(NULL);
	q.limit = QUERY_LIMIT + 1;
	assert_int_equal(
	    query_events(s, &q, put_key, &got, &more, &d), ERR_LIMIT);
	q.limit = 1;
	q.count = QUERY_CONDITIONS + 1;
	assert_int_equal(
	    query_events(s, &q, put_key, &got, &more, &d), ERR_LIMIT);
	/* nothing of it hurt the connection */
	q = question(NULL);
	gives(&q, ALL);
	buf_free(&got);
}

/* As many conditions as there may be, each with several values. */
static void
many_conditions(void **state)
{
	const struct span steps[] = { span_str("shipping"), span_str("x") };
	struct query q = question(NULL);

	(void)state;
	while (q.count < QUERY_CONDITIONS)
		q.conditions[q.count++] = (struct query_condition){
			.field = q.count % 2 == 0 ? QUERY_BIZ_STEP : QUERY_ILMD,
			.op = q.count % 2 == 0 ? QUERY_EQ : QUERY_EXISTS,
			.values = steps,
			.value_count = 2,
			.name = span_str("urn:epcglobal:cbv:mda:lotNumber"),
		};
	q.org = span_str("did:web:o1.example");
	q.follows = true;
	q.order = QUERY_BY_EVENT_TIME;
	gives(&q, "1.0 3.0");
}

static enum err
put_value(void *ctx, struct span value)
{
	struct buf *b = ctx;

	if (b->n > 0)
		buf_byte(b, ' ');
	buf_put(b, value);
	return ERR_OK;
}

static void
lists(enum query_list list, struct query_page page, const char *want)
{
	struct buf got = buf_heap(4096);
	struct diag d;
	bool more;

	assert_int_equal(
	    query_values(s, list, &page, put_value, &got, &more, &d), ERR_OK);
	assert_string_equal(buf_text(&got), want);
	assert_false(more);
	buf_free(&got);
}

static void
values_in_use(void **state)
{
	struct query_page page = { .below = BELOW, .limit = 100 };
	struct buf got = buf_heap(4096);
	struct diag d;
	bool more;

	(void)state;
	lists(QUERY_LIST_EVENT_TYPES, page,
	    "AggregationEvent ObjectEvent TransformationEvent");
	lists(QUERY_LIST_BIZ_STEPS, page, "receiving shipping");
	lists(QUERY_LIST_DISPOSITIONS, page, "active in_transit");
	lists(QUERY_LIST_READ_POINTS, page,
	    "https://a.example/r0 https://a.example/r1");
	page.after = span_str("https://a.example/b0");
	lists(QUERY_LIST_BIZ_LOCATIONS, page,
	    "https://a.example/b1 https://a.example/b2");
	page.after = span_str("https://a.example/out5");
	lists(QUERY_LIST_EPCS, page,
	    "https://a.example/out6 https://a.example/p "
	    "https://id.gs1.org/01/09506000134352/21/A1 "
	    "https://id.gs1.org/01/09506000134352/21/A2 "
	    "https://id.gs1.org/01/09506000134352/21/A3 "
	    "https://id.gs1.org/01/09506000134352/21/A4 "
	    "https://id.gs1.org/01/09506000134352/21/A5 "
	    "https://id.gs1.org/01/09506000134352/21/A6");
	page.org = span_str("did:web:o1.example");
	lists(QUERY_LIST_EPCS, page,
	    "https://a.example/p https://id.gs1.org/01/09506000134352/21/A1 "
	    "https://id.gs1.org/01/09506000134352/21/A3 "
	    "https://id.gs1.org/01/09506000134352/21/A5");
	page = (struct query_page){ .below = 5, .limit = 100 };
	lists(QUERY_LIST_BIZ_STEPS, page, "shipping");
	page.below = BELOW;
	page.limit = 1;
	assert_int_equal(query_values(s, QUERY_LIST_BIZ_STEPS, &page, put_value,
			     &got, &more, &d),
	    ERR_OK);
	assert_true(more);
	assert_string_equal(buf_text(&got), "receiving");
	buf_free(&got);
}

static enum err
put_event(void *ctx, const struct query_event *e)
{
	struct json_node *nodes = calloc(EPCIS_NODES, sizeof *nodes);
	struct epcis_doc doc;

	assert_non_null(nodes);
	assert_int_equal(
	    epcis_open(&doc, e->payload, nodes, EPCIS_NODES, NULL), ERR_OK);
	assert_true(e->pos < doc.event_count);
	buf_printf(ctx, "%" PRIu64 ".%u@%" PRId64 " ", e->index, e->pos,
	    e->recorded_ms);
	free(nodes);
	return ERR_OK;
}

static void
events_by_key(void **state)
{
	const struct query_key keys[] = { { 0, 7, 1 }, { 0, 1, 0 }, { 0, 3, 2 },
		{ 0, 7, 0 } };
	const struct query_key missing = { 0, 99, 0 }, epoch = { 0, 4, 0 };
	struct query_key many[200];
	struct buf got = buf_heap(8192);
	struct diag d;

	(void)state;
	assert_int_equal(query_read(s, keys, 4, put_event, &got, &d), ERR_OK);
	assert_string_equal(buf_text(&got), "7.1@0 1.0@5000 3.2@5000 7.0@0 ");
	assert_int_equal(
	    query_read(s, &missing, 1, put_event, &got, &d), ERR_NOT_FOUND);
	assert_int_equal(
	    query_read(s, &epoch, 1, put_event, &got, &d), ERR_BAD_ENCODING);
	for (size_t i = 0; i < 200; i++)
		many[i] = (struct query_key){ 0, i % 2 == 0 ? 2 : 6, 1 };
	buf_reset(&got);
	assert_int_equal(query_read(s, many, 200, put_event, &got, &d), ERR_OK);
	assert_int_equal(got.n, 100 * (9 + 6));
	buf_free(&got);
}

static enum err
find_plan(void *ctx, struct span line)
{
	*(bool *)ctx |= span_starts(line, "Execution Time");
	return ERR_OK;
}

static void
a_plan(void **state)
{
	const struct query q = question(NULL);
	bool found = false;
	struct diag d;

	(void)state;
	assert_int_equal(query_explain(s, &q, find_plan, &found, &d), ERR_OK);
	assert_true(found);
}

/* ---- indexes ---- */
#define MANY 20000

static enum err
no_walk(void *ctx, struct span line)
{
	char text[400];

	(void)snprintf(text, sizeof text, "%.*s", SPAN_ARG(line));
	/* partitions above the log are empty, and cheapest walked */
	if (strstr(text, "Seq Scan on event") != NULL &&
	    strstr(text, "_p00000 ") != NULL)
		fail_msg("%s: %s", (const char *)ctx, text);
	return ERR_OK;
}

static void
walks_no_table(const char *name, struct query_condition c)
{
	struct span one = span_str("v77");
	struct query q = { .below = MANY, .limit = 30 };
	struct diag d = { .code = ERR_OK };
	char text[80];

	if (c.op == QUERY_EQ && c.range_count == 0) {
		c.values = &one;
		c.value_count = 1;
	}
	q.conditions[q.count++] = c;
	for (int by_time = 0; by_time < 2; by_time++) {
		(void)snprintf(text, sizeof text, "%s%s", name,
		    by_time ? " by eventTime" : "");
		q.order = by_time ? QUERY_BY_EVENT_TIME : QUERY_BY_KEY;
		q.descending = by_time;
		assert_int_equal(
		    query_explain(s, &q, no_walk, text, &d), ERR_OK);
	}
}

/* epcis 9.6: each parameter of tier 1 is answered by an index, on tables that
 * the planner would rather walk if it could not. */
static void
parameters_use_indexes(void **state)
{
	static const char fill_tables[] =
	    "INSERT INTO event (log_id, pos, declares, idx, event_ms, type, "
	    "action, biz_step, disposition, read_point, biz_location, "
	    "event_id) "
	    "SELECT l.log_id, 0, (i % 500 = 0)::int, i, i * 1000, v, v, v, v, "
	    "v, v, 'e' || i FROM log l, generate_series(100, 19999) i, "
	    "LATERAL (SELECT 'v' || i % 200 AS v) x WHERE l.name = 'query';"
	    "INSERT INTO event_epc SELECT l.log_id, 0, r, i, 'v' || i % 200 "
	    "FROM log l, generate_series(100, 19999) i, generate_series(1, 9) "
	    "r WHERE l.name = 'query';"
	    "INSERT INTO event_ref SELECT l.log_id, 0, k, i, 'v' || i % 200, "
	    "'po' FROM log l, generate_series(100, 19999) i, "
	    "generate_series(1, 3) k WHERE l.name = 'query';"
	    "INSERT INTO event_org SELECT l.log_id, i, 'did:web:o1.example' "
	    "FROM log l, generate_series(100, 19999, 2) i WHERE l.name = "
	    "'query';"
	    "INSERT INTO event_org SELECT l.log_id, i, 'public' FROM log l, "
	    "generate_series(278, 19999, 400) i WHERE l.name = 'query';"
	    "INSERT INTO event_org SELECT l.log_id, i, 'did:web:o3.example' "
	    "FROM log l, generate_series(10000, 11999) i WHERE l.name = "
	    "'query';"
	    "INSERT INTO event_org SELECT l.log_id, i, 'did:web:o4.example' "
	    "FROM log l, generate_series(478, 19999, 1000) i WHERE l.name = "
	    "'query';" PGTEST_READERS "ANALYZE";
	static const struct query_range range = { { (const uint8_t *)"v77", 3 },
		{ (const uint8_t *)"v78", 3 } };
	static const struct {
		const char *name;
		struct query_condition c;
	} rows[] = {
		{ "eventType", { .field = QUERY_EVENT_TYPE } },
		{ "EQ_action", { .field = QUERY_ACTION } },
		{ "EQ_bizStep", { .field = QUERY_BIZ_STEP } },
		{ "EQ_disposition", { .field = QUERY_DISPOSITION } },
		{ "EQ_readPoint", { .field = QUERY_READ_POINT } },
		{ "EQ_bizLocation", { .field = QUERY_BIZ_LOCATION } },
		{ "EQ_eventID", { .field = QUERY_EVENT_ID } },
		{ "MATCH_epc", { .field = QUERY_EPC } },
		{ "MATCH_parentID", { .field = QUERY_PARENT } },
		{ "MATCH_anyEPC", { .field = QUERY_ANY_EPC } },
		{ "MATCH_epcClass", { .field = QUERY_CLASS } },
		{ "MATCH_anyEPCClass", { .field = QUERY_ANY_CLASS } },
		{ "MATCH_epc of a pattern", { .field = QUERY_EPC,
						.ranges = &range,
						.range_count = 1 } },
		{ "EQ_bizTransaction",
		    { .field = QUERY_TRANSACTION,
			.type = { (const uint8_t *)"po", 2 } } },
		{ "EQ_source", { .field = QUERY_SOURCE,
				   .type = { (const uint8_t *)"po", 2 } } },
		{ "EQ_destination",
		    { .field = QUERY_DESTINATION,
			.type = { (const uint8_t *)"po", 2 } } },
		{ "GE_eventTime", { .field = QUERY_EVENT_TIME,
				      .op = QUERY_GE,
				      .ms = 19900000 } },
		{ "LT_eventTime", { .field = QUERY_EVENT_TIME,
				      .op = QUERY_LT,
				      .ms = 200000 } },
		{ "GE_recordTime",
		    { .field = QUERY_RECORD_TIME, .op = QUERY_GE, .ms = 1 } },
		{ "LT_recordTime", { .field = QUERY_RECORD_TIME,
				       .op = QUERY_LT,
				       .ms = EPOCH_MS + 1 } },
		{ "EXISTS_errorDeclaration",
		    { .field = QUERY_DECLARATION, .op = QUERY_EXISTS } },
	};

	(void)state;
	assert_string_equal(pgtest_sql(db.uri, fill_tables), "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		walks_no_table(rows[i].name, rows[i].c);
}

/* Who sees which events of v78 of that log. */
static bool
all_see(uint64_t i)
{
	return i % 200 == 78;
}

static bool
public_sees(uint64_t i)
{
	return i % 400 == 278;
}

/* Thousands, side by side. */
static bool
o3_sees(uint64_t i)
{
	return public_sees(i) || (all_see(i) && i >= 10000 && i < 12000);
}

/* A few, far apart. */
static bool
o4_sees(uint64_t i)
{
	return public_sees(i) || i % 1000 == 478;
}

/* Pages over the whole of that log give each event once, in order. */
struct walk {
	bool (*sees)(uint64_t i);
	uint64_t next; /* what comes is there, or behind */
	bool descending;
	unsigned n;
	struct query_key last;
};

static enum err
check_key(void *ctx, const struct query_key *key)
{
	struct walk *w = ctx;

	while (!w->sees(w->next))
		w->next += w->descending ? -UINT64_C(1) : 1;
	assert_int_equal(key->index, w->next);
	assert_int_equal(key->pos, 0);
	w->next += w->descending ? -UINT64_C(1) : 1;
	w->last = *key;
	w->n++;
	return ERR_OK;
}

static void
walk_pages(struct query_condition c, struct span org, bool (*sees)(uint64_t i),
    bool by_time, bool descending)
{
	struct walk w = { .sees = sees,
		.descending = descending,
		.next = descending ? MANY - 1 : 100 };
	struct query q = { .below = MANY,
		.limit = 30,
		.count = 1,
		.org = org,
		.order = by_time ? QUERY_BY_EVENT_TIME : QUERY_BY_KEY,
		.descending = descending };
	unsigned count = 0;
	bool more = true;
	struct diag d;

	for (uint64_t i = 100; i < MANY; i++)
		count += sees(i) ? 1 : 0;
	q.conditions[0] = c;
	while (more) {
		assert_int_equal(
		    query_events(s, &q, check_key, &w, &more, &d), ERR_OK);
		q.follows = true;
		q.after = w.last;
	}
	assert_int_equal(w.n, count);
}

static void
pages_of_a_long_log(void **state)
{
	static const struct span value = { (const uint8_t *)"v78", 3 };
	static const struct query_range range = { { (const uint8_t *)"v78", 3 },
		{ (const uint8_t *)"v79", 3 } };
	const struct query_condition word = {
		.field = QUERY_BIZ_STEP, .values = &value, .value_count = 1
	};
	const struct query_condition epc = {
		.field = QUERY_EPC, .values = &value, .value_count = 1
	};
	const struct query_condition pattern = {
		.field = QUERY_EPC, .ranges = &range, .range_count = 1
	};

	(void)state;
	for (int i = 0; i < 20; i++) {
		static const struct {
			const char *org, *scope;
			bool (*sees)(uint64_t i);
		} who[] = { { "", "*", all_see },
			{ "did:web:o1.example", "did:web:o1.example", all_see },
			{ "public", "", public_sees },
			{ "did:web:o3.example", "did:web:o3.example", o3_sees },
			{ "did:web:o4.example", "did:web:o4.example",
			    o4_sees } };
		bool by_time = (i & 1) != 0, descending = (i & 2) != 0;
		struct span org = span_str(who[i / 4].org);

		assert_int_equal(
		    store_scope(s, who[i / 4].scope, NULL), ERR_OK);
		walk_pages(word, org, who[i / 4].sees, by_time, descending);
		walk_pages(epc, org, who[i / 4].sees, by_time, descending);
		walk_pages(pattern, org, who[i / 4].sees, by_time, descending);
	}
	assert_int_equal(store_scope(s, "*", NULL), ERR_OK);
}

/* All pages of a list, against what the tables say without any of it. */
static void
walk_values(enum query_list list, const char *table, const char *column,
    const char *org, uint64_t below)
{
	struct query_page page = {
		.org = span_str(org), .below = below, .limit = 30
	};
	struct buf got = buf_heap((size_t)1 << 20);
	struct buf sql = buf_heap((size_t)1 << 20);
	char last[80];
	struct diag d;
	bool more = true;

	while (more) {
		const char *at;

		assert_int_equal(
		    query_values(s, list, &page, put_value, &got, &more, &d),
		    ERR_OK);
		if (!more)
			break;
		at = strrchr(buf_text(&got), ' ');
		(void)snprintf(last, sizeof last, "%s", at + 1);
		page.after = span_str(last);
	}
	buf_printf(&sql,
	    "SELECT (coalesce(string_agg(v, ' ' ORDER BY v), '') = '%s')::int "
	    "FROM (SELECT DISTINCT e.%s v FROM %s e JOIN event_org o USING "
	    "(log_id, idx) JOIN log l USING (log_id) WHERE l.name = '" LOG
	    "' AND o.org IN ('%s', 'public') AND e.%s > '' AND e.idx < %" PRIu64
	    ") x",
	    buf_text(&got), column, table, org, column, below);
	assert_int_equal(pgtest_number(db.uri, buf_text(&sql)), 1);
	buf_free(&sql);
	buf_free(&got);
}

static void
values_of_a_long_log(void **state)
{
	static const char *const orgs[] = { "did:web:o1.example",
		"did:web:o3.example", "did:web:o4.example",
		"did:web:nobody.example", "public" };

	(void)state;
	for (size_t i = 0; i < sizeof orgs / sizeof orgs[0]; i++) {
		/* a word of no token is public to itself */
		const char *scope =
		    strcmp(orgs[i], "public") == 0 ? "" : orgs[i];

		assert_int_equal(store_scope(s, scope, NULL), ERR_OK);
		for (unsigned k = 0; k < 3; k++) {
			static const uint64_t below[] = { MANY, 10500, 277 };

			walk_values(QUERY_LIST_EVENT_TYPES, "event", "type",
			    orgs[i], below[k]);
			walk_values(QUERY_LIST_BIZ_STEPS, "event", "biz_step",
			    orgs[i], below[k]);
			walk_values(QUERY_LIST_DISPOSITIONS, "event",
			    "disposition", orgs[i], below[k]);
			walk_values(QUERY_LIST_READ_POINTS, "event",
			    "read_point", orgs[i], below[k]);
			walk_values(QUERY_LIST_BIZ_LOCATIONS, "event",
			    "biz_location", orgs[i], below[k]);
			walk_values(QUERY_LIST_EPCS, "event_epc", "epc",
			    orgs[i], below[k]);
		}
	}
	assert_int_equal(store_scope(s, "*", NULL), ERR_OK);
	/* who may see all can ask for one; nobody else for another */
	walk_values(QUERY_LIST_BIZ_STEPS, "event", "biz_step",
	    "did:web:o1.example", MANY);
	assert_int_equal(
	    pgtest_number(api,
		"SELECT count(*) FROM event_values_biz_step((SELECT log_id "
		"FROM log WHERE name = '" LOG
		"'), 'did:web:o1.example', '', 20000, 1000)"),
	    1);
	assert_int_equal(
	    pgtest_number(api,
		"SELECT set_config('countermark.org', 'did:web:x', false); "
		"SELECT count(*) FROM event_values_biz_step((SELECT log_id "
		"FROM log WHERE name = '" LOG
		"'), 'did:web:o1.example', '', 20000, 1000)"),
	    1);
}

static void
decimals(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "0.000", "0" },
		{ "0e9", "0" },
		{ "10", "10" },
		{ "1.50e2", "150" },
		{ "1.5E+1", "15" },
		{ "15e-1", "1.5" },
		{ "100e-5", "0.001" },
		{ "-12.340", "-12.34" },
		{ "0.00012", "0.00012" },
		{ "1e-3", "0.001" },
		{ "120e-1", "12" },
		{ "1e30", "1000000000000000000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t space[QUERY_DECIMAL + 1];
		struct buf b = buf_fixed(space, sizeof space);

		assert_int_equal(
		    query_decimal(&b, span_str(rows[i].text)), ERR_OK);
		assert_string_equal(buf_text(&b), rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_places),
		cmocka_unit_test(identifiers),
		cmocka_unit_test(patterns),
		cmocka_unit_test(links),
		cmocka_unit_test(times),
		cmocka_unit_test(quantities),
		cmocka_unit_test(ilmd),
		cmocka_unit_test(conditions_all_hold),
		cmocka_unit_test(only_what_is_visible),
		cmocka_unit_test(what_anybody_may_read),
		cmocka_unit_test(orders_and_pages),
		cmocka_unit_test(pages_of_one_index),
		cmocka_unit_test(far_apart),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(many_conditions),
		cmocka_unit_test(values_in_use),
		cmocka_unit_test(events_by_key),
		cmocka_unit_test(a_plan),
		cmocka_unit_test(decimals),
		/* last: it fills the tables with rows of no entry */
		cmocka_unit_test(parameters_use_indexes),
		cmocka_unit_test(pages_of_a_long_log),
		cmocka_unit_test(values_of_a_long_log),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	pgtest_as(api, sizeof api, &db, "countermark_api");
	failed = cmocka_run_group_tests(tests, make, end);
	pgtest_close(&db);
	return failed;
}
