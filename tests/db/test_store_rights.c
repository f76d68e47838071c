/* SPDX-License-Identifier: Apache-2.0 */
/* What each role may do to the tables, and what nobody may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ledger/query.h"
#include "ledger/subscription.h"

#include "pgtest.h"

#include "base/banned.h"

#define REFUSED "42501" /* insufficient_privilege */
#define STRETCH "SELECT event_stretch(1, 0, 9, 0, 9, false) --"

static struct pgtest db;
static char ingest[1200], api[1200], projector[1200];

static void
refuses(const char *uri, const char *form, const char *table)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql, "%s %s", form, table);
	if (strcmp(pgtest_sql(uri, sql), REFUSED) != 0)
		fail_msg("not refused: %s", sql);
}

static const char *const ledger[] = { "log", "entry", "tile", "checkpoint",
	"entry_p00000" };
static const char *const derived[] = { "item", "device_entry", "epoch" };
static const char *const search[] = { "event", "event_epc", "event_ref",
	"event_org", "event_quantity", "event_declaration", "event_ilmd",
	"master" };
#define SEARCH (sizeof search / sizeof search[0])

static void
nobody_changes_a_ledger_table(void **state)
{
	const char *uris[] = { ingest, api, projector, db.uri };

	(void)state;
	for (size_t u = 0; u < sizeof uris / sizeof uris[0]; u++) {
		for (size_t i = 0; i < sizeof ledger / sizeof ledger[0]; i++) {
			char update[100];

			(void)snprintf(update, sizeof update,
			    "UPDATE %s SET log_id = 9 --", ledger[i]);
			refuses(uris[u], update, "");
			refuses(uris[u], "DELETE FROM", ledger[i]);
			refuses(uris[u], "TRUNCATE", ledger[i]);
		}
	}
}

static void
ingest_only_adds_to_derived_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
		refuses(ingest, "DELETE FROM", derived[i]);
		refuses(ingest, "TRUNCATE", derived[i]);
	}
	refuses(ingest, "UPDATE item SET idx = 1 --", "");
	refuses(ingest, "DELETE FROM", "log_head");
	refuses(ingest, "INSERT INTO log VALUES (7, 'x', 'x', 0) --", "");
	refuses(ingest, "SELECT * FROM", "token");
}

/* It adds to the search tables and reads what it makes them of: no more. */
static void
the_projector_only_adds_to_search_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < SEARCH; i++) {
		refuses(projector, "DELETE FROM", search[i]);
		refuses(projector, "TRUNCATE", search[i]);
		refuses(ingest, "DELETE FROM", search[i]);
		refuses(api, "DELETE FROM", search[i]);
	}
	refuses(projector, "UPDATE event SET idx = 1 --", "");
	refuses(
	    projector, "INSERT INTO entry VALUES (1, 1, '', '', '') --", "");
	refuses(projector, "INSERT INTO item VALUES (1, '', 1) --", "");
	refuses(projector, "INSERT INTO checkpoint VALUES (1, 1) --", "");
	refuses(projector, "UPDATE log_head SET term = 0 --", "");
	refuses(projector, "DELETE FROM", "projection");
	refuses(projector, "SELECT * FROM", "token");
	refuses(projector, "SELECT * FROM", "quarantine");
	refuses(projector, "SELECT ledger_partitions(1) --", "");
	refuses(projector, STRETCH, "");
	refuses(ingest, STRETCH, "");
	refuses(ingest, "INSERT INTO event_org VALUES (1, 1, '') --", "");
	refuses(api, "UPDATE projection SET size = 0 --", "");
	assert_string_equal(pgtest_sql(projector, "SELECT * FROM entry"), "");
	assert_string_equal(pgtest_sql(api, "SELECT * FROM event"), "");
}

static void
no_role_makes_objects(void **state)
{
	(void)state;
	refuses(ingest, "CREATE TABLE", "mine (a int)");
	refuses(ingest, "CREATE TABLE", "entry_x PARTITION OF entry DEFAULT");
	refuses(ingest, "DROP TABLE", "entry");
	refuses(ingest, "ALTER TABLE", "entry ADD COLUMN x int");
	refuses(api, "CREATE TABLE", "mine (a int)");
	refuses(projector, "CREATE TABLE", "mine (a int)");
	refuses(api, "SELECT ledger_partitions(1) --", "");
	refuses(ingest, "SELECT ledger_partition('entry', 77) --", "");
}

static void
the_api_only_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++)
		refuses(api, "DELETE FROM", derived[i]);
	refuses(api, "UPDATE log_head SET term = 0 --", "");
	refuses(api, "INSERT INTO token VALUES (1, '', 'x', '', 0, 0) --", "");
	refuses(api, "SELECT * FROM", "quarantine");
	assert_string_equal(pgtest_sql(api, STRETCH), "");
	assert_string_equal(pgtest_sql(api, "SELECT * FROM token"), "");
	assert_string_equal(pgtest_sql(api, "SELECT * FROM entry"), "");
}

static void
ingest_can_do_its_work(void **state)
{
	struct store *s;
	struct pglog l;
	struct nack n = { .seq = 1, .code = ERR_SCHEMA, .detail = "x" };
	struct store_checkpoint c = { .size = 2 };
	unsigned spare;
	struct diag d;

	(void)state;
	store_close(pgtest_log(&db, "work", 0));
	s = pgtest_store(ingest, "work", 0);
	pglog_open(&l, s);
	pglog_begin(&l);
	pglog_row(&l, span_str("statement"), "dev", 1, 1);
	assert_int_equal(store_batch_subject(l.b, span_str("a:b")), ERR_OK);
	assert_int_equal(
	    store_batch_nack(l.b, span_str("dev"), 1, 0, 0, &n), ERR_OK);
	assert_int_equal(store_batch_quarantine(l.b, span_str("dev"),
			     ERR_BAD_ENCODING, "x", span_str("y"), 1),
	    ERR_OK);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(
	    store_put_checkpoint(s, l.term, &c, span_str("n"), &d), ERR_OK);
	assert_int_equal(store_partitions(s, 4194304, &spare, &d), ERR_OK);
	assert_int_equal(spare, 3);
	pglog_fill(&l, 600);
	pglog_close(&l);
}

/* Row-level security: "" when the query finds rows, 22012 when it finds none.
 */
static const char *
finds(const char *uri, const char *scope, const char *from)
{
	char sql[300];

	(void)snprintf(sql, sizeof sql,
	    "SET countermark.org = '%s'; SELECT 1 / count(*) FROM %s", scope,
	    from);
	return pgtest_sql(uri, sql);
}
#define NOTHING "22012"

static void
an_organisation_sees_its_own_rows(void **state)
{
	static const char rows[] =
	    "INSERT INTO event_org VALUES (91, 5, 'did:a'), (91, 6, 'did:b'), "
	    "(91, 6, 'did:d');"
	    "INSERT INTO event (log_id, pos, declares, idx, event_ms, type,"
	    " action, biz_step, disposition, read_point, biz_location,"
	    " event_id) VALUES (91, 0, 0, 5, 0, '', '', '', '', '', '', 'x'),"
	    " (91, 0, 0, 6, 0, '', '', '', '', '', '', 'y');"
	    "INSERT INTO master VALUES (91, 0, 5, 'did:a', '', '', '', 'x'),"
	    " (91, 0, 6, 'did:b', '', '', '', 'y')";
	/* table, column, value of the row of did:a, of did:b */
	static const char *const limited[][4] = {
		{ "event", "event_id", "x", "y" },
		{ "event_org", "org", "did:a", "did:b" },
		{ "master", "value", "x", "y" },
	};

	(void)state;
	assert_string_equal(pgtest_sql(projector, rows), "");
	assert_string_equal(pgtest_sql(db.uri, PGTEST_READERS), "");
	for (size_t i = 0; i < sizeof limited / sizeof limited[0]; i++) {
		const char *table = limited[i][0], *column = limited[i][1];
		char own[120], other[120], bare[120];

		(void)snprintf(own, sizeof own, "%s WHERE %s = '%s'", table,
		    column, limited[i][2]);
		(void)snprintf(other, sizeof other, "%s WHERE %s = '%s'", table,
		    column, limited[i][3]);
		(void)snprintf(
		    bare, sizeof bare, "SELECT 1 / count(*) FROM %s", table);
		assert_string_equal(finds(api, "did:a", own), "");
		assert_string_equal(finds(api, "did:a", other), NOTHING);
		assert_string_equal(finds(api, "*", own), "");
		assert_string_equal(finds(api, "*", other), "");
		assert_string_equal(finds(api, "", own), NOTHING);
		assert_string_equal(finds(api, "did:c", own), NOTHING);
		/* A session that says nothing. */
		assert_string_equal(pgtest_sql(api, bare), NOTHING);
	}
	/* Round the parent there is no way. */
	refuses(api, "SELECT * FROM", "event_p00000");
	refuses(api, "SELECT * FROM", "event_org_p00000");
}

/* formats 1.7: an entry that a policy opens, also to who says nothing; what is
 * none is in no view but those it concerns. */
static void
anybody_sees_what_is_public(void **state)
{
	static const char rows[] =
	    "INSERT INTO event_org VALUES (92, 7, 'did:a'), (92, 7, 'public'),"
	    " (92, 8, 'did:a');"
	    "INSERT INTO event (log_id, pos, declares, idx, event_ms, type,"
	    " action, biz_step, disposition, read_point, biz_location,"
	    " event_id) VALUES (92, 0, 0, 7, 0, '', '', '', '', '', '', 'z'),"
	    " (92, 0, 0, 8, 0, '', '', '', '', '', '', 'w')";
	static const char *const tables[] = { "event", "event_org" };
	static const char *const all[] = { "did:a", "did:b", "", "public",
		"*" };

	(void)state;
	assert_string_equal(pgtest_sql(projector, rows), "");
	assert_string_equal(pgtest_sql(db.uri, PGTEST_READERS), "");
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		char open[100], kept[100], bare[140];

		(void)snprintf(open, sizeof open,
		    "%s WHERE log_id = 92 AND idx = 7", tables[i]);
		(void)snprintf(kept, sizeof kept,
		    "%s WHERE log_id = 92 AND idx = 8", tables[i]);
		(void)snprintf(
		    bare, sizeof bare, "SELECT 1 / count(*) FROM %s", open);
		for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
			assert_string_equal(finds(api, all[k], open), "");
		assert_string_equal(pgtest_sql(api, bare), "");
		(void)snprintf(
		    bare, sizeof bare, "SELECT 1 / count(*) FROM %s", kept);
		assert_string_equal(pgtest_sql(api, bare), NOTHING);
		assert_string_equal(finds(api, "did:a", kept), "");
		assert_string_equal(finds(api, "*", kept), "");
		assert_string_equal(finds(api, "did:b", kept), NOTHING);
		assert_string_equal(finds(api, "", kept), NOTHING);
		assert_string_equal(finds(api, "public", kept), NOTHING);
	}
}

static void
a_store_says_for_whom_it_looks(void **state)
{
	struct store *s = pgtest_store(api, "work", 0);
	char scope[STORE_SCOPE + 2];
	struct diag d;

	(void)state;
	assert_int_equal(store_scope(s, "", &d), ERR_OK);
	assert_int_equal(store_scope(s, "did:a", &d), ERR_OK);
	assert_int_equal(store_scope(s, "did:a", &d), ERR_OK);
	assert_int_equal(store_scope(s, "*", &d), ERR_OK);
	memset(scope, 'x', sizeof scope - 1);
	scope[sizeof scope - 1] = '\0';
	assert_int_equal(store_scope(s, scope, &d), ERR_LIMIT);
	store_close(s);
}

static enum err
note_entry(void *ctx, const struct query_key *key)
{
	bool *seen = ctx;

	assert_in_range(key->index, 5, 7);
	seen[key->index - 4] = true;
	return ERR_OK;
}

/* Which of a few entries concern whom it looks for, by entry and by event: by
 * the store and by the database alike. */
static void
each_scope_sees_its_own(struct store *s)
{
	static const struct {
		const char *scope;
		bool seen[6];
	} rows[] = {
		{ "did:a", { false, true, true, false, true, false } },
		{ "did:b", { false, false, false, true, true, false } },
		{ "did:c", { false } },
		{ "did:'a\\", { false } },
		{ "*", { false, true, true, true, true, false } },
		{ "", { false } },
	};
	static const uint64_t asked[6] = { 4, 5, 5, 6, 7, 8 };
	/* nobody named: the policy alone decides */
	const struct query all = { .below = 9, .limit = 10 };
	struct diag d;
	bool seen[6], more;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(seen, 2, sizeof seen);
		assert_int_equal(store_scope(s, rows[i].scope, &d), ERR_OK);
		assert_int_equal(store_visible(s, asked, seen, 6, &d), ERR_OK);
		assert_memory_equal(seen, rows[i].seen, sizeof seen);
		memset(seen, 0, sizeof seen);
		assert_int_equal(
		    query_events(s, &all, note_entry, seen, &more, &d), ERR_OK);
		for (size_t k = 0; k < 6; k++)
			assert_int_equal(seen[asked[k] - 4], rows[i].seen[k]);
	}
}

static void
what_may_be_seen_is_told_by_entry(void **state)
{
	struct store *s = pgtest_store(api, "work", 0);

	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri,
		"INSERT INTO event_org SELECT log_id, v.* FROM log, (VALUES "
		"(5, 'did:a'), (6, 'did:b'), (7, 'did:a'), (7, 'did:b')) v "
		"WHERE name = 'work';"
		"INSERT INTO event (log_id, pos, declares, idx, event_ms, "
		"type, action, biz_step, disposition, read_point, "
		"biz_location, event_id) SELECT log_id, 0, 0, i, 0, '', '', "
		"'', '', '', '', '' FROM log, generate_series(5, 7) i "
		"WHERE name = 'work';" PGTEST_READERS),
	    "");
	each_scope_sees_its_own(s);
	store_close(s);
}

/* docs/citus.md: only what is SET LOCAL reaches the nodes that have the rows.
 */
static void
on_citus_each_transaction_says_it(void **state)
{
	static const char alone[] =
	    "SELECT count(*) FROM pg_stat_activity WHERE usename = "
	    "'countermark_api' AND state = 'idle' AND query = 'COMMIT'";
	static const char there[] =
	    "SET allow_system_table_mods = on; INSERT INTO pg_extension (oid, "
	    "extname, extowner, extnamespace, extrelocatable, extversion) "
	    "VALUES (99999, 'citus', 10, 11, false, 'none')";
	struct store_token t = { .role = "brand", .scopes = "read" };
	struct hash h = { { 0x77 } };
	struct store *s;
	struct diag d;

	(void)state;
	assert_string_equal(pgtest_sql(db.uri, there), "");
	s = pgtest_store(api, "work", 0);
	each_scope_sees_its_own(s);
	assert_int_equal(pgtest_number(db.uri, alone), 1);
	/* what fails leaves no transaction open, and the scope */
	assert_int_equal(store_token_find(s, &h, &t, &d), ERR_NOT_FOUND);
	assert_int_equal(store_token_add(s, &h, &t, &d), ERR_DB);
	assert_non_null(strstr(d.text, "42501"));
	each_scope_sees_its_own(s);
	/* a transaction of several messages */
	assert_int_equal(
	    store_query_add(s, "did:a", span_str("q"), span_str("{}"), &d),
	    ERR_OK);
	assert_int_equal(
	    store_query_remove(s, "did:a", span_str("q"), &d), ERR_OK);
	assert_int_equal(
	    store_query_remove(s, "did:a", span_str("q"), &d), ERR_NOT_FOUND);
	each_scope_sees_its_own(s);
	assert_int_equal(pgtest_number(db.uri, alone), 1);
	store_close(s);
	assert_string_equal(
	    pgtest_sql(db.uri, "SET allow_system_table_mods = on; DELETE FROM "
			       "pg_extension WHERE extname = 'citus'"),
	    "");
}

static enum err
keep_row(void *ctx, const struct store_token_row *row)
{
	struct store_token_row *kept = ctx;

	if (row->hash.b[0] == 0x5a)
		*kept = *row;
	return ERR_OK;
}

static void
a_token_ends_when_it_is_revoked(void **state)
{
	struct store *owner = pgtest_store(db.uri, "work", 0);
	struct store_token t = {
		.role = "brand", .organisation = "acme", .scopes = "read"
	};
	struct store_token_row row = { .created_ms = 0 };
	struct store_token got;
	struct hash h = { { 0x5a } };
	struct diag d;

	(void)state;
	assert_int_equal(store_token_add(owner, &h, &t, &d), ERR_OK);
	assert_int_equal(store_token_find(owner, &h, &got, &d), ERR_OK);
	assert_string_equal(got.scopes, "read");
	assert_int_equal(store_token_list(owner, keep_row, &row, &d), ERR_OK);
	assert_string_equal(row.token.organisation, "acme");
	assert_true(row.created_ms > 0);
	assert_int_equal(row.revoked_ms, 0);
	assert_int_equal(store_token_revoke(owner, h.b, &d), ERR_OK);
	assert_int_equal(store_token_find(owner, &h, &got, &d), ERR_NOT_FOUND);
	assert_int_equal(store_token_revoke(owner, h.b, &d), ERR_NOT_FOUND);
	assert_int_equal(store_token_list(owner, keep_row, &row, &d), ERR_OK);
	assert_true(row.revoked_ms > 0);
	store_close(owner);
}

static void
an_authority_leaves_its_trace(void **state)
{
	struct store *s = pgtest_store(api, "work", 0);
	struct store_access a = { .organisation = "customs" };
	struct diag d;

	(void)state;
	a.target = span_str("/epcis/events");
	a.purpose = span_str("case 7");
	assert_int_equal(store_access_put(s, &a, &d), ERR_OK);
	store_close(s);
	assert_string_equal(
	    pgtest_sql(db.uri, "SELECT 1 / count(*) FROM access_log "
			       "WHERE purpose = 'case 7' "
			       "AND organisation = 'customs'"),
	    "");
	refuses(api, "SELECT * FROM", "access_log");
	refuses(api, "DELETE FROM", "access_log");
}

static void
the_api_can_do_its_work(void **state)
{
	struct store *s = pgtest_store(api, "work", 0);
	struct hash h[400], none = { { 0 } };
	struct store_token t;
	struct diag d;

	(void)state;
	assert_int_equal(store_read_hashes(s, 0, 0, 400, h, &d), ERR_OK);
	assert_int_equal(store_token_find(s, &none, &t, &d), ERR_NOT_FOUND);
	store_close(s);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_changes_a_ledger_table),
		cmocka_unit_test(ingest_only_adds_to_derived_tables),
		cmocka_unit_test(the_projector_only_adds_to_search_tables),
		cmocka_unit_test(no_role_makes_objects),
		cmocka_unit_test(the_api_only_reads),
		cmocka_unit_test(ingest_can_do_its_work),
		cmocka_unit_test(the_api_can_do_its_work),
		cmocka_unit_test(an_organisation_sees_its_own_rows),
		cmocka_unit_test(anybody_sees_what_is_public),
		cmocka_unit_test(a_store_says_for_whom_it_looks),
		cmocka_unit_test(what_may_be_seen_is_told_by_entry),
		cmocka_unit_test(on_citus_each_transaction_says_it),
		cmocka_unit_test(a_token_ends_when_it_is_revoked),
		cmocka_unit_test(an_authority_leaves_its_trace),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	pgtest_as(ingest, sizeof ingest, &db, "countermark_ingest");
	pgtest_as(projector, sizeof projector, &db, "countermark_projector");
	pgtest_as(api, sizeof api, &db, "countermark_api");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgtest_close(&db);
	return failed;
}
