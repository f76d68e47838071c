/* SPDX-License-Identifier: Apache-2.0 */
/* The map out of its tables: the same as from the entries, wherever it begins
 * and whatever rows there are; snapshots, a rebuild, damaged rows. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "event/statement.h"
#include "ledger/audit.h"
#include "ledger/map_store.h"

#include "pgtest.h"

#include "base/banned.h"

#define HOST "example.com"
#define ENTRIES 3000
#define COVERED 2900 /* by the epoch, the last entry */
#define SNAPSHOT (COVERED / MAP_BLOCK * MAP_BLOCK)

static struct pgtest db;
static char projector[1200], ingest[1200], api[1200];
static struct sign_key key;

/* One item new, one of 37, one of the device's; each seventh twice as many. */
static void
document(struct buf *out, uint64_t index)
{
	buf_reset(out);
	buf_printf(out,
	    "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\",\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\",\"creationDate\":"
	    "\"2026-01-01T00:00:00Z\",\"epcisBody\":{\"eventList\":["
	    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-02T03:04:05Z\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","
	    "\"epcList\":[\"https://a.example/%" PRIu64 "\","
	    "\"https://b.example/%" PRIu64 "\"%s]}]}}",
	    index, index % 37,
	    index % 7 == 0 ? ",\"https://c.example/\",\"https://d.example/\""
			   : "");
}

static void
add_epoch(struct pglog *l, struct map *m)
{
	struct epoch e = { .covered = COVERED,
		.time_ms = 1000,
		.map_root = map_root(m),
		.keys = map_keys(m),
		.chain = l->chain };
	struct buf b = buf_heap(4096);

	assert_int_equal(epoch_print(&b, &e), ERR_OK);
	pglog_row(l, buf_span(&b), NULL, 0, 0);
	assert_int_equal(store_batch_epoch(l->b, e.covered, e.time_ms,
			     &e.map_root, e.keys, e.previous),
	    ERR_OK);
	buf_free(&b);
}

static void
fill(struct pglog *l)
{
	struct claims c = { .epoch = 1, .iss = span_str("did:web:x") };
	struct store_checkpoint cp = { .size = ENTRIES };
	struct buf entry = buf_heap(STATEMENT_MAX), text = buf_heap(8192);
	struct map *m;
	struct diag d;

	c.sub = c.iss;
	assert_int_equal(map_new(&m), ERR_OK);
	pglog_begin(l);
	while (l->size < ENTRIES - 1) {
		uint64_t index = l->size;

		buf_reset(&entry);
		document(&text, index);
		c.seq = index;
		assert_int_equal(statement_make(&entry, &c, CONTENT_IS_PRODUCT,
				     buf_span(&text), &key, &d),
		    ERR_OK);
		if (index % 101 == 5) {
			buf_reset(&entry);
			buf_str(&entry, "no statement");
		}
		pglog_row(l, buf_span(&entry), NULL, 0, 0);
		if (index < COVERED)
			assert_int_equal(map_add_entry(m, &l->touch, index,
					     buf_span(&entry)),
			    ERR_OK);
	}
	add_epoch(l, m);
	assert_int_equal(pglog_commit(l, &d), ERR_OK);
	assert_int_equal(
	    store_put_checkpoint(l->s, l->term, &cp, span_str("n"), &d),
	    ERR_OK);
	map_free(m);
	buf_free(&entry);
	buf_free(&text);
}

static void
make_log(const char *name, bool no_journal)
{
	struct genesis g = { .authority_count = 1 };
	struct buf text = buf_heap(4096);
	struct pglog l;
	char sql[200];
	struct diag d;

	(void)snprintf(g.origin, sizeof g.origin, HOST "/%s", name);
	memcpy(g.authority[0], key.pub, KEY_BYTES);
	assert_int_equal(genesis_print(&text, &g), ERR_OK);
	assert_int_equal(
	    store_create_log(db.uri, name, g.origin, buf_span(&text), &d),
	    ERR_OK);
	buf_free(&text);
	pglog_open(&l, pgtest_store(db.uri, name, 0));
	l.no_journal = no_journal;
	fill(&l);
	pglog_close(&l);
	(void)snprintf(sql, sizeof sql,
	    "INSERT INTO projection SELECT log_id, 0 FROM log WHERE "
	    "name = '%s'",
	    name);
	assert_string_equal(pgtest_sql(db.uri, sql), "");
}

/* ---- what the map must be ---- */
struct wanted {
	struct map *m;
	struct touch t;
};

static enum err
want_entry(void *ctx, uint64_t index, struct span entry)
{
	struct wanted *w = ctx;

	return map_add_entry(w->m, &w->t, index, entry);
}

static struct hash
wanted_root(struct store *s, uint64_t below, uint64_t *keys)
{
	struct wanted w;
	struct hash root;
	struct diag d;

	assert_int_equal(map_new(&w.m), ERR_OK);
	assert_int_equal(touch_init(&w.t), ERR_OK);
	assert_int_equal(
	    store_entries(s, 0, (size_t)below, want_entry, &w, &d), ERR_OK);
	root = map_root(w.m);
	*keys = map_keys(w.m);
	map_free(w.m);
	touch_clear(&w.t);
	return root;
}

/* In steps that end at the given sizes, 0 ends the list. */
static void
follow_in_steps(const char *uri, const char *log, const uint64_t *to)
{
	struct store *s = pgtest_store(uri, log, 0);
	struct map *m;
	uint64_t at = 0, keys;
	struct diag d = { 0 };

	assert_int_equal(map_new(&m), ERR_OK);
	for (; *to != 0; to++) {
		struct hash want = wanted_root(s, *to, &keys), got;
		enum err e = map_store_follow(m, &at, s, *to, &d);

		if (e != ERR_OK)
			fail_msg("follow to %" PRIu64 ": %s", *to, d.text);
		got = map_root(m);
		assert_int_equal(at, *to);
		assert_int_equal(map_keys(m), keys);
		assert_true(hash_equal(&got, &want));
	}
	map_free(m);
	store_close(s);
}

static const uint64_t at_once[] = { ENTRIES, 0 };
static const uint64_t steps[] = { 1, 2, 255, 256, 257, 511, 513, 1024, 1025,
	1500, 2816, 2817, 2999, 3000, 0 };

static void
from_the_journal_it_is_the_same(void **state)
{
	(void)state;
	follow_in_steps(api, "one", at_once);
	follow_in_steps(ingest, "one", steps);
}

static void
without_a_journal_entries_do(void **state)
{
	(void)state;
	follow_in_steps(ingest, "old", at_once);
	follow_in_steps(ingest, "old", steps);
}

static void
where_rows_are_lacking_entries_do(void **state)
{
	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri,
		"DELETE FROM map_journal WHERE n IN (0, 1, 4, 10) AND log_id "
		"= (SELECT log_id FROM log WHERE name = 'holes')"),
	    "");
	follow_in_steps(ingest, "holes", at_once);
	follow_in_steps(ingest, "holes", steps);
}

static enum err
follow_after(const char *change, struct diag *d)
{
	struct store *s;
	struct map *m;
	uint64_t at = 0;
	enum err e;

	assert_string_equal(pgtest_sql(db.uri, change), "");
	s = pgtest_store(db.uri, "damaged", 0);
	assert_int_equal(map_new(&m), ERR_OK);
	e = map_store_follow(m, &at, s, ENTRIES, d);
	map_free(m);
	store_close(s);
	return e;
}

static void
a_damaged_row_is_named(void **state)
{
	static const char *const changes[] = {
		/* cut, longer, a count too high, a key twice in an entry */
		"SET keys = substring(keys FOR length(keys) - 1)",
		"SET keys = keys || '\\x0000'",
		"SET keys = set_byte(keys, 0, 1)",
		("SET keys = overlay(keys PLACING substring(keys FROM 3 FOR "
		 "32) "
		 "FROM 35 FOR 32)"),
		"SET keys = ''",
	};
	static const char where[] =
	    " WHERE n = 3 AND log_id = (SELECT log_id FROM log WHERE name = "
	    "'damaged')";
	char sql[400];
	struct diag d;

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		(void)snprintf(sql, sizeof sql,
		    "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * "
		    "FROM map_journal; UPDATE map_journal %s%s",
		    changes[i], where);
		assert_int_equal(follow_after(sql, &d), ERR_PROOF);
		assert_non_null(strstr(d.text, "map_journal 3"));
		assert_non_null(strstr(d.text, "countermark rebuild"));
		(void)snprintf(sql, sizeof sql,
		    "UPDATE map_journal m SET keys = k.keys FROM kept k WHERE "
		    "k.log_id = m.log_id AND k.n = m.n");
		assert_int_equal(follow_after(sql, &d), ERR_OK);
	}
}

/* ---- snapshots ---- */
static enum err
snapshot(const char *log, uint64_t few, uint64_t *covered, bool *made)
{
	struct store *s = pgtest_store(projector, log, 0);
	struct diag d;
	enum err e = map_store_snapshot(s, ENTRIES, few, covered, made, &d);

	store_close(s);
	return e;
}

static int64_t
digest(const char *log)
{
	char sql[600];

	(void)snprintf(sql, sizeof sql,
	    "SELECT ('x' || left(md5(string_agg(r, '' ORDER BY r COLLATE "
	    "\"C\")), 15))::bit(60)::bigint FROM (SELECT t::text AS r FROM "
	    "map_journal t NATURAL JOIN log WHERE name = '%s' UNION ALL SELECT "
	    "t::text FROM map_snapshot t NATURAL JOIN log WHERE name = '%s') d",
	    log, log);
	return pgtest_number(db.uri, sql);
}

static void
a_snapshot_is_made_when_worth_it(void **state)
{
	uint64_t covered;
	bool made;

	(void)state;
	assert_int_equal(snapshot("one", UINT64_MAX, &covered, &made), ERR_OK);
	assert_false(made);
	assert_int_equal(covered, 0);
	assert_int_equal(snapshot("one", 1, &covered, &made), ERR_OK);
	assert_true(made);
	assert_int_equal(covered, SNAPSHOT);
	assert_int_equal(snapshot("one", 0, &covered, &made), ERR_OK);
	assert_false(made);
	assert_int_equal(covered, SNAPSHOT);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT sum(snapshot) FROM projection"),
	    SNAPSHOT);
	/* behind it, below it, and far behind */
	follow_in_steps(api, "one", at_once);
	follow_in_steps(api, "one", steps);
}

static void
the_old_one_goes(void **state)
{
	uint64_t covered;
	bool made;

	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE map_snapshot SET covered = 512; UPDATE projection SET "
		"snapshot = 512 WHERE snapshot > 0"),
	    "");
	/* it is no snapshot of 512 entries: whoever starts from it, sees it */
	assert_int_equal(snapshot("one", 0, &covered, &made), ERR_PROOF);
	assert_string_equal(
	    pgtest_sql(db.uri,
		"DELETE FROM map_snapshot; UPDATE projection SET snapshot = 0"),
	    "");
	assert_int_equal(snapshot("one", 0, &covered, &made), ERR_OK);
	assert_true(made);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(DISTINCT covered) FROM "
				  "map_snapshot"),
	    1);
}

/* The rows are gone, but not the word that there is one: who starts reads the
 * journal, and the next one is made when that has grown. */
static void
a_lost_one_is_gone_round(void **state)
{
	struct store *s = pgtest_store(ingest, "one", 0);
	uint64_t covered, at = 7;
	struct map *m;
	struct diag d;
	bool made;

	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri, "CREATE TABLE lost AS SELECT * FROM "
			       "map_snapshot; DELETE FROM map_snapshot"),
	    "");
	assert_int_equal(map_new(&m), ERR_OK);
	assert_int_equal(map_store_load(m, &at, s, ENTRIES, &d), ERR_OK);
	assert_int_equal(at, 0);
	map_free(m);
	store_close(s);
	follow_in_steps(ingest, "one", at_once);
	assert_int_equal(snapshot("one", 0, &covered, &made), ERR_OK);
	assert_false(made);
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE projection SET snapshot = 512 WHERE snapshot > 0"),
	    "");
	assert_int_equal(snapshot("one", 0, &covered, &made), ERR_OK);
	assert_true(made);
	assert_int_equal(covered, SNAPSHOT);
	assert_int_equal(
	    pgtest_number(
		db.uri, "SELECT count(*) FROM lost NATURAL JOIN map_snapshot"),
	    pgtest_number(db.uri, "SELECT count(*) FROM lost"));
	follow_in_steps(ingest, "one", at_once);
}

/* A part is gone: not what passes by itself (ERR_DB), or a start would try for
 * ever. */
static void
one_without_a_part_is_damaged(void **state)
{
	struct store *s = pgtest_store(ingest, "one", 0);
	uint64_t at = 0;
	struct map *m;
	struct diag d;

	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri, "UPDATE map_snapshot SET part = part + 1"), "");
	assert_int_equal(map_new(&m), ERR_OK);
	assert_int_equal(map_store_load(m, &at, s, ENTRIES, &d), ERR_PROOF);
	assert_non_null(strstr(d.text, "map_snapshot 2816"));
	assert_int_equal(at, 0);
	map_free(m);
	assert_string_equal(
	    pgtest_sql(db.uri, "UPDATE map_snapshot SET part = part - 1"), "");
	assert_int_equal(map_new(&m), ERR_OK);
	assert_int_equal(map_store_load(m, &at, s, ENTRIES, &d), ERR_OK);
	assert_int_equal(at, SNAPSHOT);
	map_free(m);
	store_close(s);
}

static void
of_two_one_is_given_up(void **state)
{
	uint64_t covered;
	bool made;

	(void)state;
	/* rows of one that is being made there already */
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE projection SET snapshot = 0 WHERE snapshot > 0"),
	    "");
	assert_int_equal(snapshot("one", 0, &covered, &made), ERR_FENCED);
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE projection SET snapshot = (SELECT max(covered) FROM "
		"map_snapshot) WHERE log_id = (SELECT log_id FROM map_snapshot "
		"LIMIT 1)"),
	    "");
}

static void
a_rebuild_gives_the_same(void **state)
{
	int64_t before = digest("one");
	struct store *s;
	uint64_t n;
	struct diag d;

	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE map_journal SET keys = keys || '\\x00' WHERE n % 2 = "
		"0; DELETE FROM map_journal WHERE n = 7; INSERT INTO "
		"map_journal SELECT log_id, 999, keys FROM map_journal WHERE n "
		"= 1; DELETE FROM map_snapshot"),
	    "");
	assert_int_not_equal(digest("one"), before);
	s = pgtest_store(db.uri, "one", 0);
	if (store_rebuild(s, &n, &d) != ERR_OK)
		fail_msg("%s", d.text);
	store_close(s);
	assert_int_equal(digest("one"), before);
	follow_in_steps(api, "one", at_once);
}

static void
a_rebuild_makes_what_an_old_log_lacks(void **state)
{
	struct store *s = pgtest_store(db.uri, "old", 0);
	uint64_t n;
	struct diag d;

	(void)state;
	assert_int_equal(store_rebuild(s, &n, &d), ERR_OK);
	store_close(s);
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT count(*) FROM map_journal NATURAL JOIN "
			     "log WHERE name = 'old'"),
	    ENTRIES / MAP_BLOCK);
	follow_in_steps(ingest, "old", at_once);
}

static void
an_epoch_that_says_otherwise_is_told(void **state)
{
	struct store *s = pgtest_store(api, "one", 0);
	struct map *m;
	struct epoch e;
	uint64_t at = 0;
	struct diag d;

	(void)state;
	assert_int_equal(map_store_epoch(&e, s, ENTRIES - 1, &d), ERR_OK);
	assert_int_equal(map_store_epoch(&e, s, 17, &d), ERR_PROOF);
	assert_int_equal(map_store_epoch(&e, s, ENTRIES - 1, &d), ERR_OK);
	assert_int_equal(map_new(&m), ERR_OK);
	assert_int_equal(map_store_follow(m, &at, s, e.covered, &d), ERR_OK);
	assert_int_equal(map_store_compare(m, &e, &d), ERR_OK);
	e.keys++;
	assert_int_equal(map_store_compare(m, &e, &d), ERR_PROOF);
	e.keys--;
	e.map_root.b[31] ^= 1;
	assert_int_equal(map_store_compare(m, &e, &d), ERR_PROOF);
	assert_non_null(strstr(d.text, "countermark rebuild"));
	map_free(m);
	store_close(s);
}

int
main(int argc, char **argv)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_journal_it_is_the_same),
		cmocka_unit_test(without_a_journal_entries_do),
		cmocka_unit_test(where_rows_are_lacking_entries_do),
		cmocka_unit_test(a_damaged_row_is_named),
		cmocka_unit_test(a_snapshot_is_made_when_worth_it),
		cmocka_unit_test(the_old_one_goes),
		cmocka_unit_test(a_lost_one_is_gone_round),
		cmocka_unit_test(one_without_a_part_is_damaged),
		cmocka_unit_test(of_two_one_is_given_up),
		cmocka_unit_test(a_rebuild_gives_the_same),
		cmocka_unit_test(a_rebuild_makes_what_an_old_log_lacks),
		cmocka_unit_test(an_epoch_that_says_otherwise_is_told),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	pgtest_as(projector, sizeof projector, &db, "countermark_projector");
	pgtest_as(ingest, sizeof ingest, &db, "countermark_ingest");
	pgtest_as(api, sizeof api, &db, "countermark_api");
	key_from_seed(&key, seed);
	make_log("one", false);
	make_log("old", true);
	make_log("holes", false);
	make_log("damaged", false);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgtest_close(&db);
	return failed;
}
