/* SPDX-License-Identifier: Apache-2.0 */
/* The search tables: rows and watermark move as one, once. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "event/statement.h"
#include "ledger/audit.h"
#include "ledger/logtext.h"
#include "ledger/search.h"

#include "pgtest.h"

#include "base/banned.h"

#define HOST "example.com"
#define ENTRIES 40 /* of a log here, with its genesis */

static struct pgtest db;
static char projector[1200];
static struct sign_key key;

static const char plain[] =
    "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/"
    "epcis-context.jsonld\",\"type\":\"EPCISDocument\","
    "\"schemaVersion\":\"2.0\",\"creationDate\":"
    "\"2026-01-01T00:00:00Z\",\"epcisBody\":{\"eventList\":["
    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-02T03:04:05Z\","
    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","
    "\"epcList\":[\"https://a.example/#\"],\"sourceList\":["
    "{\"type\":\"location\",\"source\":\"https://a.example/s\"}]},"
    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-02T03:04:06Z\","
    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","
    "\"epcList\":[]}]}}";

/* What the tables of 0006 are made of; # is the index. */
static const char rich[] =
    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"
    "epcis-context.jsonld\",{\"ext\":\"https://wrong.example/\"},"
    "{\"ext\":\"https://ext.example/\"}],\"type\":\"EPCISDocument\","
    "\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-01-01T00:00:00Z\","
    "\"epcisHeader\":{\"epcisMasterData\":{\"vocabularyList\":[{"
    "\"type\":\"urn:epcglobal:epcis:vtype:EPCClass\","
    "\"vocabularyElementList\":[{\"id\":"
    "\"urn:epc:idpat:sgtin:9506000.013435.*\",\"attributes\":["
    "{\"id\":\"cbvmda:descriptionShort\",\"attribute\":\"Soap #\"},"
    "{\"id\":\"cbvmda:netContent\",\"attribute\":1.50},"
    "{\"id\":\"ext:o\",\"attribute\":{\"a\": 1}}],"
    "\"children\":[\"urn:epc:id:sgln:9506000.11111.0\"]}]}]}},"
    "\"epcisBody\":{\"eventList\":["
    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-02T03:04:05Z\","
    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"ADD\","
    "\"@context\":{\"ev\":\"urn:ev:\"},"
    "\"epcList\":[\"https://a.example/1\"],\"quantityList\":["
    "{\"epcClass\":\"https://a.example/c\",\"quantity\":12.50,"
    "\"uom\":\"KGM\"},"
    "{\"epcClass\":\"https://a.example/d\",\"quantity\":1.25e1,"
    "\"uom\":\"KGM\"},"
    "{\"epcClass\":\"https://a.example/e\",\"quantity\":0.00012},"
    "{\"epcClass\":\"https://a.example/f\"},"
    "{\"epcClass\":\"https://a.example/g\",\"quantity\":1e300}],"
    "\"ilmd\":{\"cbvmda:lotNumber\":\"L1\","
    "\"cbvmda:itemExpirationDate\":\"2027-01-31\","
    "\"ext:best\":\"2027-01-31T12:00:00+01:00\",\"ext:n\":-7.50,"
    "\"ev:flag\":true,\"ext:list\":[\"a\",\"b\",\"a\"],"
    "\"ext:deep\":{\"ext:in\":{\"ext:n\":8},"
    "\"ext:typed\":{\"@type\":\"xsd:string\",\"@value\":\"v\"}}}},"
    "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-02T03:04:05Z\","
    "\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","
    "\"epcList\":[],\"errorDeclaration\":{\"declarationTime\":"
    "\"2026-02-01T00:00:00.250Z\",\"reason\":\"incorrect_data\"}}]}}";

/* Entries 1 … ENTRIES - 1: each third one is no statement, the others have two
 * events. The newest checkpoint holds all of them. */
static void
put_form(char out[4000], const char *form, uint64_t index)
{
	struct buf b = buf_fixed(out, 3999);
	const char *mark = strchr(form, '#');

	/* # once: the entry's index */
	assert_non_null(mark);
	buf_put(&b, span_of(form, (size_t)(mark - form)));
	buf_printf(&b, "%" PRIu64, index);
	buf_str(&b, mark + 1);
	assert_non_null(buf_text(&b));
}

static void
fill(struct pglog *l, const char *form)
{
	struct claims c = { .epoch = 1, .iss = span_str("did:web:x") };
	struct store_checkpoint cp = { .size = ENTRIES };
	struct buf entry = buf_heap(STATEMENT_MAX);
	char text[4000];
	struct diag d;

	c.sub = c.iss;
	pglog_begin(l);
	while (l->size < ENTRIES) {
		buf_reset(&entry);
		c.seq = l->size;
		put_form(text, form, l->size);
		assert_int_equal(statement_make(&entry, &c, CONTENT_IS_PRODUCT,
				     span_str(text), &key, &d),
		    ERR_OK);
		pglog_row(l,
		    l->size % 3 == 0 ? span_str("text") : buf_span(&entry),
		    NULL, 0, 0);
	}
	assert_int_equal(pglog_commit(l, &d), ERR_OK);
	assert_int_equal(
	    store_put_checkpoint(l->s, l->term, &cp, span_str("n"), &d),
	    ERR_OK);
	buf_free(&entry);
}

/* A new log, filled, without a holder. */
static void
make_log_of(const char *name, const char *form)
{
	struct genesis g = { .authority_count = 1 };
	struct buf text = buf_heap(4096);
	struct pglog l;
	struct diag d;

	(void)snprintf(g.origin, sizeof g.origin, HOST "/%s", name);
	memcpy(g.authority[0], key.pub, KEY_BYTES);
	assert_int_equal(genesis_print(&text, &g), ERR_OK);
	assert_int_equal(
	    store_create_log(db.uri, name, g.origin, buf_span(&text), &d),
	    ERR_OK);
	buf_free(&text);
	pglog_open(&l, pgtest_store(db.uri, name, 0));
	fill(&l, form);
	pglog_close(&l);
}

static void
make_log(const char *name)
{
	make_log_of(name, plain);
}

/* One projector at the watermark it finds. */
struct one {
	struct store *s;
	struct search *f;
	struct search_batch *b;
	uint64_t at;
	struct search_count count;
	struct diag d;
};

static void
open_one(struct one *p, const char *log, int timeout_ms)
{
	memset(p, 0, sizeof *p);
	p->s = pgtest_store(projector, log, timeout_ms);
	assert_int_equal(search_begin(p->s, &p->d), ERR_OK);
	assert_int_equal(search_watermark(p->s, &p->at, &p->d), ERR_OK);
	assert_int_equal(search_load(&p->f, p->s, p->at, &p->d), ERR_OK);
	assert_int_equal(search_batch_new(&p->b, p->s), ERR_OK);
}

static void
close_one(struct one *p)
{
	search_free(p->f);
	search_batch_free(p->b);
	store_close(p->s);
}

static enum err
step(struct one *p, uint64_t below, size_t max)
{
	return search_project(
	    p->s, p->f, p->b, p->at, below, max, &p->at, &p->count, &p->d);
}

/* A number over all rows of a log's search tables. */
static int64_t
digest(const char *log)
{
	char sql[1200];

	(void)snprintf(sql, sizeof sql,
	    "WITH l AS (SELECT log_id FROM log WHERE name = '%s'), r AS ("
	    "SELECT to_jsonb(t) - 'log_id' AS t FROM event t NATURAL JOIN l "
	    "UNION ALL SELECT to_jsonb(t) - 'log_id' FROM event_epc t NATURAL "
	    "JOIN l UNION ALL SELECT to_jsonb(t) - 'log_id' FROM event_ref t "
	    "NATURAL JOIN l UNION ALL SELECT to_jsonb(t) - 'log_id' FROM "
	    "event_org t NATURAL JOIN l UNION ALL SELECT to_jsonb(t) - "
	    "'log_id' FROM event_quantity t NATURAL JOIN l UNION ALL SELECT "
	    "to_jsonb(t) - 'log_id' FROM event_declaration t NATURAL JOIN l "
	    "UNION ALL SELECT to_jsonb(t) - 'log_id' FROM event_ilmd t "
	    "NATURAL JOIN l UNION ALL SELECT to_jsonb(t) - 'log_id' FROM "
	    "master t NATURAL JOIN l) SELECT ('x' || substr(md5(string_agg("
	    "t::text, '' ORDER BY t)), 1, 15))::bit(60)::bigint FROM r",
	    log);
	return pgtest_number(db.uri, sql);
}

static int64_t
rows(const char *log, const char *table)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
	    "SELECT count(*) FROM %s JOIN log l USING (log_id) WHERE l.name = "
	    "'%s'",
	    table, log);
	return pgtest_number(db.uri, sql);
}

static int64_t
watermark(const char *log)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
	    "SELECT size FROM projection NATURAL JOIN log WHERE name = '%s'",
	    log);
	return pgtest_number(db.uri, sql);
}

/* ---- cases ---- */
static void
rows_and_watermark_move_together(void **state)
{
	struct one p;

	(void)state;
	make_log("together");
	open_one(&p, "together", 0);
	assert_int_equal(p.at, 0);
	assert_int_equal(step(&p, ENTRIES, 1000), ERR_OK);
	assert_int_equal(p.at, ENTRIES);
	assert_int_equal(watermark("together"), ENTRIES);
	assert_int_equal(p.count.entries, ENTRIES);
	assert_int_equal(p.count.events, 52);
	assert_int_equal(p.count.refused, 0);
	assert_int_equal(rows("together", "event"), 52);
	assert_int_equal(rows("together", "event_epc"), 26);
	assert_int_equal(rows("together", "event_ref"), 26);
	close_one(&p);
}

static void
small_steps_give_the_same(void **state)
{
	struct one p;

	(void)state;
	make_log("steps");
	open_one(&p, "steps", 0);
	while (p.at < 30)
		assert_int_equal(step(&p, 30, 7), ERR_OK);
	assert_int_equal(p.at, 30);
	assert_int_equal(step(&p, 30, 7), ERR_OK);
	assert_int_equal(p.count.entries, 0);
	close_one(&p);
	open_one(&p, "steps", 0);
	assert_int_equal(p.at, 30);
	assert_int_equal(step(&p, ENTRIES, 1), ERR_OK);
	assert_int_equal(p.at, 31);
	assert_int_equal(step(&p, ENTRIES, 1000), ERR_OK);
	assert_int_equal(rows("steps", "event"), 52);
	close_one(&p);
	/* event ids name the origin, the rest is the same */
	assert_int_equal(
	    pgtest_number(db.uri,
		"SELECT count(*) FROM (SELECT idx, pos, event_ms FROM event "
		"NATURAL JOIN log WHERE name = 'steps' EXCEPT SELECT idx, pos, "
		"event_ms FROM event NATURAL JOIN log WHERE name = 'together')"
		" d"),
	    0);
}

static void
the_second_of_two_writes_nothing(void **state)
{
	struct one a, b;
	int64_t before;

	(void)state;
	make_log("two");
	open_one(&a, "two", 0);
	open_one(&b, "two", 0);
	assert_int_equal(step(&a, ENTRIES, 20), ERR_OK);
	before = digest("two");
	assert_int_equal(step(&b, ENTRIES, 10), ERR_FENCED);
	assert_int_equal(b.at, 0);
	assert_int_equal(digest("two"), before);
	assert_int_equal(watermark("two"), 20);
	/* the connection is usable, and the first goes on */
	assert_int_equal(search_watermark(b.s, &b.at, &b.d), ERR_OK);
	assert_int_equal(b.at, 20);
	assert_int_equal(step(&a, ENTRIES, 20), ERR_OK);
	assert_int_equal(rows("two", "event"), 52);
	close_one(&a);
	close_one(&b);
}

static void
who_waits_for_a_watermark_gives_up(void **state)
{
	struct one p;
	void *held;

	(void)state;
	make_log("held");
	open_one(&p, "held", 300);
	held = pgtest_hold(db.uri,
	    "BEGIN; UPDATE projection SET size = 1 WHERE log_id = (SELECT "
	    "log_id FROM log WHERE name = 'held')");
	assert_int_equal(step(&p, ENTRIES, 1000), ERR_TIMEOUT);
	pgtest_release(held);
	assert_int_equal(rows("held", "event"), 0);
	assert_int_equal(watermark("held"), 0);
	close_one(&p);
}

static void
rows_above_the_watermark_stop_it(void **state)
{
	struct one p;

	(void)state;
	make_log("above");
	open_one(&p, "above", 0);
	assert_string_equal(
	    pgtest_sql(db.uri,
		"INSERT INTO event SELECT log_id, 0, 0, 4, 0, '', '', '', '', "
		"'', '', '' FROM log WHERE name = 'above'"),
	    "");
	assert_int_equal(step(&p, ENTRIES, 1000), ERR_EXISTS);
	assert_non_null(strstr(p.d.text, "rebuild"));
	assert_int_equal(watermark("above"), 0);
	assert_int_equal(rows("above", "event"), 1);
	assert_int_equal(rows("above", "event_epc"), 0);
	close_one(&p);
}

static void
a_missing_entry_stops_it(void **state)
{
	struct one p;

	(void)state;
	open_one(&p, "together", 0);
	assert_int_equal(step(&p, ENTRIES + 5, 1000), ERR_NOT_FOUND);
	assert_int_equal(watermark("together"), ENTRIES);
	close_one(&p);
}

static void
a_rebuild_gives_the_same(void **state)
{
	struct one p;
	struct store *s;
	uint64_t n;
	int64_t before;
	struct diag d;

	(void)state;
	before = digest("together");
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE event SET action = 'x' WHERE idx % 2 = 0; DELETE FROM "
		"event_epc WHERE idx > 20; INSERT INTO event_org SELECT "
		"log_id, 7, 'x' FROM log"),
	    "");
	assert_int_not_equal(digest("together"), before);
	/* one that runs meanwhile knows the old watermark */
	open_one(&p, "together", 0);
	s = pgtest_store(db.uri, "together", 0);
	assert_int_equal(store_rebuild(s, &n, &d), ERR_OK);
	store_close(s);
	assert_int_equal(n, ENTRIES);
	assert_int_equal(digest("together"), before);
	assert_int_equal(watermark("together"), ENTRIES);
	assert_int_equal(search_watermark(p.s, &p.at, &p.d), ERR_OK);
	assert_int_equal(p.at, ENTRIES);
	close_one(&p);
	/* another log's rows stay as they are */
	assert_int_equal(rows("two", "event_org"), 1);
}

/* Is there one row of log rich, entry 1, in a table with these columns? */
static void
has(const char *table, const char *columns, const char *row)
{
	char sql[700];

	(void)snprintf(sql, sizeof sql,
	    "SELECT count(*) FROM %s t JOIN log l USING (log_id) WHERE l.name "
	    "= "
	    "'rich' AND t.idx = 1 AND (%s) = (%s)",
	    table, columns, row);
	if (pgtest_number(db.uri, sql) != 1)
		fail_msg("%s: no row %s", table, row);
}

static void
each_member_has_its_row(void **state)
{
	static const char ilmd[] = "pos, depth, kind, t.name, value, number";
	static const char master[] = "nr, type, id, t.name, value";
	struct one p;
	struct diag d;
	uint64_t n;
	int64_t before;
	struct store *s;

	(void)state;
	make_log_of("rich", rich);
	open_one(&p, "rich", 0);
	assert_int_equal(step(&p, ENTRIES, 1000), ERR_OK);
	assert_int_equal(p.count.refused, 0);
	close_one(&p);
	/* two spellings of one quantity are one; too long has none */
	assert_int_equal(rows("rich", "event_quantity"), 2 * 26);
	has("event_quantity", "pos, role, quantity, uom", "0, 6, 12.5, 'KGM'");
	has("event_quantity", "pos, role, quantity, uom", "0, 6, 0.00012, ''");
	assert_int_equal(rows("rich", "event_declaration"), 26);
	has("event_declaration", "pos, time_ms", "1, 1769904000250");
	has(("event_ilmd"), ilmd,
	    "0, 0, 1, 'urn:epcglobal:cbv:mda:lotNumber', 'L1', 0");
	has("event_ilmd", ilmd,
	    "0, 0, 3, 'urn:epcglobal:cbv:mda:itemExpirationDate', "
	    "'2027-01-31', 1801353600000");
	has("event_ilmd", ilmd,
	    "0, 0, 3, 'https://ext.example/best', "
	    "'2027-01-31T12:00:00+01:00', 1801393200000");
	has("event_ilmd", ilmd,
	    "0, 0, 2, 'https://ext.example/n', '-7.5', -7.5");
	has("event_ilmd", ilmd, "0, 0, 1, 'urn:ev:flag', 'true', 0");
	has("event_ilmd", ilmd, "0, 0, 1, 'https://ext.example/list', 'a', 0");
	has("event_ilmd", ilmd, "0, 0, 1, 'https://ext.example/list', 'b', 0");
	has("event_ilmd", ilmd, "0, 0, 1, 'https://ext.example/deep', '', 0");
	has("event_ilmd", ilmd, "0, 1, 1, 'https://ext.example/in', '', 0");
	has("event_ilmd", ilmd, "0, 1, 2, 'https://ext.example/n', '8', 8");
	has("event_ilmd", ilmd, "0, 1, 1, 'https://ext.example/typed', 'v', 0");
	assert_int_equal(rows("rich", "event_ilmd"), 11 * 26);
	has("master", master,
	    "0, 'urn:epcglobal:epcis:vtype:EPCClass', "
	    "'https://id.gs1.org/01/09506000134352', "
	    "'urn:epcglobal:cbv:mda:descriptionShort', 'Soap 1'");
	has("master", "nr, t.name, value",
	    "1, 'urn:epcglobal:cbv:mda:netContent', '1.5'");
	has("master", "nr, t.name, value",
	    "2, 'https://ext.example/o', '{\"a\": 1}'");
	has("master", "nr, t.name, value, org",
	    "3, 'children', 'https://id.gs1.org/414/9506000111117', ''");
	assert_int_equal(rows("rich", "master"), 4 * 26);
	before = digest("rich");
	assert_string_equal(
	    pgtest_sql(db.uri,
		"UPDATE event_quantity SET quantity = quantity + 1; DELETE "
		"FROM master WHERE nr = 1; UPDATE event_declaration SET "
		"time_ms = 0; UPDATE event_ilmd SET number = number + 1"),
	    "");
	s = pgtest_store(db.uri, "rich", 0);
	assert_int_equal(store_rebuild(s, &n, &d), ERR_OK);
	store_close(s);
	assert_int_equal(digest("rich"), before);
}

/* Only what a checkpoint holds: a log without one has no events yet. */
static void
a_rebuild_keeps_below_the_checkpoint(void **state)
{
	struct store *s;
	uint64_t n;
	struct diag d;

	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri,
		"SET session_replication_role = replica; UPDATE checkpoint "
		"SET size = 10 WHERE log_id = (SELECT log_id FROM log WHERE "
		"name = 'steps')"),
	    "");
	s = pgtest_store(db.uri, "steps", 0);
	assert_int_equal(store_rebuild(s, &n, &d), ERR_OK);
	store_close(s);
	assert_int_equal(watermark("steps"), 10);
	assert_int_equal(rows("steps", "event"), 12);
}

int
main(int argc, char **argv)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_watermark_move_together),
		cmocka_unit_test(small_steps_give_the_same),
		cmocka_unit_test(the_second_of_two_writes_nothing),
		cmocka_unit_test(who_waits_for_a_watermark_gives_up),
		cmocka_unit_test(rows_above_the_watermark_stop_it),
		cmocka_unit_test(a_missing_entry_stops_it),
		cmocka_unit_test(a_rebuild_gives_the_same),
		cmocka_unit_test(each_member_has_its_row),
		cmocka_unit_test(a_rebuild_keeps_below_the_checkpoint),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	pgtest_as(projector, sizeof projector, &db, "countermark_projector");
	key_from_seed(&key, seed);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgtest_close(&db);
	return failed;
}
