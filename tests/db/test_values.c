/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of values in use are what plain SQL under row-level security says,
 * whichever way they are found. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/query.h"

#include "pgtest.h"

#include "base/banned.h"

#define LOG "values"
#define ENTRIES 20000

static struct pgtest db;
static char api[1200];
static struct store *s;

/*
 * An event an entry. own has every fourth and with it values of its own behind
 * all others', so that leaping and hopping give up; mixed and public share
 * theirs with others, side by side; late has thousands at the end, some a few
 * hundred far apart; first and end one entry each, none nothing. Entries of
 * nobody have values between all of these. Of edge mixed sees nothing below
 * 15003, but in the same block.
 */
static const char fill[] =
    "CREATE TEMP TABLE g AS SELECT l.log_id, i::bigint i, i % 4 = 0 AS own "
    "FROM log l, generate_series(0, 19999) i WHERE l.name = '" LOG "';"
    "INSERT INTO event (log_id, pos, declares, idx, event_ms, type, action, "
    "biz_step, disposition, read_point, biz_location, event_id) "
    "SELECT log_id, 0, 0, i, i, CASE WHEN i % 5000 = 5 THEN 'Rare' || i "
    "ELSE 'T' || (i % 4 = 1)::int END, 'ADD', "
    "CASE WHEN own THEN 'z' || i % 3 ELSE 'a' || i % 100 END, "
    "CASE WHEN i % 3 = 0 THEN '' ELSE 'd' || i % 7 END, "
    "CASE WHEN own THEN 'z' || i / 4 % 50 ELSE 'a' || i % 900 END, "
    "CASE WHEN i IN (15001, 15009) THEN 'edge' WHEN i % 8 = 3 THEN 'n' || i "
    "ELSE 'm' || i / 3000 END, '' FROM g;"
    "INSERT INTO event_epc SELECT log_id, 0, 1, i, CASE WHEN own THEN 'z' "
    "ELSE 'a' END || i FROM g;"
    "INSERT INTO event_epc SELECT log_id, 0, 2, i, 'crate' || i % 11 FROM g;"
    "INSERT INTO event_org SELECT log_id, i, 'did:web:' || w FROM g, "
    "unnest(ARRAY['own', 'mixed', 'late', 'some', 'first', 'end']) w "
    "WHERE CASE w WHEN 'own' THEN own WHEN 'mixed' THEN i % 3 = 0 "
    "WHEN 'late' THEN i >= 15000 WHEN 'some' THEN i % 60 = 20 "
    "WHEN 'first' THEN i = 5 ELSE i = 19999 END;"
    "INSERT INTO event_org SELECT log_id, i, 'public' FROM g "
    "WHERE i % 4001 = 2;" PGTEST_READERS "ANALYZE";

static const struct {
	const char *table, *column, *middle;
} lists[QUERY_LISTS] = {
	[QUERY_LIST_EVENT_TYPES] = { "event", "type", "Rare5005" },
	[QUERY_LIST_BIZ_STEPS] = { "event", "biz_step", "a40" },
	[QUERY_LIST_DISPOSITIONS] = { "event", "disposition", "d3" },
	[QUERY_LIST_READ_POINTS] = { "event", "read_point", "a5" },
	[QUERY_LIST_BIZ_LOCATIONS] = { "event", "biz_location", "m2" },
	[QUERY_LIST_EPCS] = { "event_epc", "epc", "a7" },
};

static int
make(void **state)
{
	(void)state;
	store_close(pgtest_log(&db, LOG, 0));
	assert_string_equal(pgtest_sql(db.uri, fill), "");
	s = pgtest_store(api, LOG, 0);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	store_close(s);
	return 0;
}

/* One page, its values added to what is there already. */
struct page {
	struct buf text;
	char last[80];
	size_t n;
	bool more;
};

static enum err
put_value(void *ctx, struct span value)
{
	struct page *p = ctx;

	assert_true(value.n < sizeof p->last);
	buf_printf(&p->text, "%s%.*s", p->text.n > 0 ? " " : "", (int)value.n,
	    (const char *)value.p);
	(void)snprintf(p->last, sizeof p->last, "%.*s", (int)value.n,
	    (const char *)value.p);
	p->n++;
	return ERR_OK;
}

static void
ask(struct page *p, enum query_list list, struct query_page page)
{
	struct diag d;

	p->n = 0;
	assert_int_equal(
	    query_values(s, list, &page, put_value, p, &p->more, &d), ERR_OK);
	assert_true(p->n <= page.limit);
}

/* What plain SQL gives whom the session names, as the API's role. */
static void
same_as_plain(struct page *p, enum query_list list, const char *scope,
    struct query_page page)
{
	struct buf sql = buf_heap((size_t)1 << 20);

	buf_printf(&sql,
	    "SELECT set_config('countermark.org', '%s', false);"
	    "SELECT (coalesce(string_agg(v, ' ' ORDER BY v), '') = '%s')::int "
	    "FROM (SELECT DISTINCT e.%s v FROM %s e JOIN log l USING (log_id) "
	    "WHERE l.name = '" LOG "' AND e.%s > '%.*s' AND e.idx < %" PRIu64,
	    scope, buf_text(&p->text), lists[list].column, lists[list].table,
	    lists[list].column, (int)page.after.n, (const char *)page.after.p,
	    page.below);
	/* who sees all can ask for what another sees */
	if (strcmp(scope, "*") == 0 && page.org.n > 0)
		buf_printf(&sql,
		    " AND EXISTS (SELECT FROM event_org o WHERE o.log_id = "
		    "e.log_id AND o.idx = e.idx AND o.org IN ('%.*s', "
		    "'public'))",
		    (int)page.org.n, (const char *)page.org.p);
	/* the event says who sees it */
	if (list == QUERY_LIST_EPCS)
		buf_str(&sql,
		    " AND e.idx = ANY (ARRAY(SELECT v.idx FROM event v JOIN "
		    "log w USING (log_id) WHERE w.name = '" LOG "'))");
	buf_str(&sql, ") x");
	assert_int_equal(pgtest_number(api, buf_text(&sql)), 1);
	buf_free(&sql);
}

/* All pages of a list; then one page that holds just all, and one less. */
static void
walk(enum query_list list, const char *scope, struct query_page page)
{
	struct page p = { .text = buf_heap((size_t)1 << 20), .more = true };
	struct query_page next = page;
	size_t all = 0;

	for (next.limit = 500; p.more; next.after = span_str(p.last)) {
		ask(&p, list, next);
		all += p.n;
	}
	same_as_plain(&p, list, scope, page);
	if (all >= 2 && all <= QUERY_LIMIT) {
		page.limit = all;
		ask(&p, list, page);
		assert_int_equal(p.n, all);
		assert_false(p.more);
		page.limit = all - 1;
		ask(&p, list, page);
		assert_int_equal(p.n, all - 1);
		assert_true(p.more);
	}
	buf_free(&p.text);
}

static void
all_lists(const char *scope, struct span org, uint64_t below)
{
	assert_int_equal(store_scope(s, scope, NULL), ERR_OK);
	for (int i = 0; i < QUERY_LISTS; i++) {
		struct query_page page = { .below = below, .org = org };

		walk((enum query_list)i, scope, page);
		page.after = span_str(lists[i].middle);
		walk((enum query_list)i, scope, page);
	}
}

static void
plain_sql_says_the_same(void **state)
{
	static const char *const orgs[] = { "own", "mixed", "late", "some",
		"first", "end", "none" };
	static const uint64_t below[] = { ENTRIES, 15003, 6, 5, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof orgs / sizeof orgs[0]; i++) {
		char did[40];

		(void)snprintf(did, sizeof did, "did:web:%s", orgs[i]);
		for (size_t k = 0; k < sizeof below / sizeof below[0]; k++)
			all_lists(did, span_str(did), below[k]);
	}
	all_lists("did:web:end", span_str("did:web:end"), 19999);
	all_lists("", span_str("public"), ENTRIES);
	all_lists("*", SPAN_NONE, ENTRIES);
	all_lists("*", SPAN_NONE, 15003);
	all_lists("*", span_str("did:web:own"), ENTRIES);
	all_lists("*", span_str("did:web:some"), ENTRIES);
}

/* An organisation that is named, but not by the session. */
static void
only_who_the_session_names(void **state)
{
	static const char *const scopes[] = { "", "did:web:none", "public" };
	static const char *const names[] = { "did:web:own", "did:web:late",
		"*" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 3; k++)
			all_lists(scopes[i], span_str(names[k]), ENTRIES);
	}
	/* nor does a session that says nothing at all see more */
	assert_int_equal(
	    pgtest_number(api,
		"SELECT count(*) FROM log l, event_epcs(l.log_id, "
		"'did:web:own', '', 0, 20000, 1000) WHERE l.name = '" LOG "'"),
	    pgtest_number(api,
		"SELECT count(DISTINCT epc) FROM event_epc JOIN event USING "
		"(log_id, idx) JOIN log USING (log_id) WHERE name = '" LOG
		"'"));
}

/* Values found one by one and those gathered behind them make one page. */
static void
no_more_than_asked_for(void **state)
{
	(void)state;
	assert_int_equal(
	    pgtest_number(api,
		"SELECT set_config('countermark.org', 'did:web:own', false);"
		"SELECT count(*) FROM log l, event_values_read_point(l.log_id, "
		"NULL, 'a300', 20000, 23) WHERE l.name = '" LOG "'"),
	    23);
	assert_int_equal(
	    pgtest_number(api,
		"SELECT set_config('countermark.org', 'did:web:own', false);"
		"SELECT count(*) FROM log l, event_epcs(l.log_id, NULL, "
		"'a12000', 0, "
		"20000, 23) WHERE l.name = '" LOG "'"),
	    23);
}

/* No other role may ask, and the API's role knows no other way. */
static void
rights(void **state)
{
	(void)state;
	assert_int_equal(
	    pgtest_number(db.uri,
		"SELECT count(*) FROM pg_proc p, pg_roles r WHERE p.proname ~ "
		"'^event_(values_|epcs)' AND NOT r.rolsuper AND r.oid <> "
		"p.proowner AND has_function_privilege(r.oid, p.oid, "
		"'EXECUTE') <> (r.rolname = 'countermark_api')"),
	    0);
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT count(*) FROM pg_proc WHERE proname ~ "
			     "'^event_(values_|epcs)' AND prosecdef AND "
			     "'search_path=public, pg_temp' = ANY (proconfig)"),
	    6);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_sql_says_the_same),
		cmocka_unit_test(only_who_the_session_names),
		cmocka_unit_test(no_more_than_asked_for),
		cmocka_unit_test(rights),
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
