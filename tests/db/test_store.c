/* SPDX-License-Identifier: Apache-2.0 */
/* Migration, appending, the right to write, operational tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/store.h"

#include "pgtest.h"

#include "base/banned.h"

static struct pgtest db;

/* ---- schema ---- */
static void
migrating_again_runs_nothing(void **state)
{
	struct diag d;
	unsigned ran = 9;

	(void)state;
	assert_int_equal(
	    store_migrate(db.uri, pgtest_schema(), false, &ran, &d), ERR_OK);
	assert_int_equal(ran, 0);
	/* and each has run once, without a hole */
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT count(*) - max(number) FROM migration"),
	    0);
}

static void
distributed_is_refused_without_citus(void **state)
{
	struct diag d;
	unsigned ran;

	(void)state;
	assert_int_equal(store_migrate(db.uri, pgtest_schema(), true, &ran, &d),
	    ERR_UNSUPPORTED);
	assert_non_null(strstr(d.text, "citus"));
}

static void
a_folder_without_files_is_refused(void **state)
{
	struct diag d;
	unsigned ran;

	(void)state;
	assert_int_equal(
	    store_migrate(db.uri, "/nonexistent", false, &ran, &d), ERR_IO);
	assert_int_equal(
	    store_migrate(db.uri, "/proc/self/task", false, &ran, &d),
	    ERR_CONFIG);
}

static void
a_log_is_made_once(void **state)
{
	struct store *s = pgtest_log(&db, "once", 0);
	struct store_head h;
	struct diag d;

	(void)state;
	assert_int_equal(store_create_log(db.uri, "once", "example.com/once",
			     span_str("genesis\n"), &d),
	    ERR_EXISTS);
	assert_int_equal(store_read_head(s, &h, &d), ERR_OK);
	assert_int_equal(h.size, 1);
	assert_int_equal(h.last_epoch, 0);
	assert_string_equal(h.origin, "example.com/once");
	store_close(s);
}

static void
an_unknown_log_is_not_found(void **state)
{
	const struct store_options o = {
		.conninfo = db.uri, .log = "nothing", .program = "test"
	};
	struct store *s;
	struct diag d;

	(void)state;
	assert_int_equal(store_open(&s, &o, &d), ERR_NOT_FOUND);
	assert_null(s);
}

static void
an_unreachable_server_is_a_database_failure(void **state)
{
	const struct store_options o = { .conninfo =
					     "host=/nonexistent dbname=x",
		.log = "x",
		.program = "test" };
	struct store *s;
	struct diag d;

	(void)state;
	assert_int_equal(store_open(&s, &o, &d), ERR_DB);
}

/* ---- append ---- */
struct seen {
	uint64_t first, n;
	char text[8][40];
};

static enum err
see(void *ctx, uint64_t index, struct span entry)
{
	struct seen *v = ctx;

	if (v->n == 0)
		v->first = index;
	if (v->n < 8)
		(void)snprintf(
		    v->text[v->n], sizeof v->text[0], "%.*s", SPAN_ARG(entry));
	v->n++;
	return ERR_OK;
}

static void
what_is_appended_reads_back(void **state)
{
	struct pglog l;
	struct seen v = { .n = 0 };
	struct store_head h;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "append", 0));
	pglog_fill(&l, 700);
	pglog_begin(&l);
	pglog_row(&l, span_str("epoch text"), NULL, 0, 0);
	assert_int_equal(
	    store_batch_epoch(l.b, 700, 1234, &l.chain, 5, 0), ERR_OK);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(store_read_head(l.s, &h, &d), ERR_OK);
	assert_int_equal(h.size, 702);
	assert_int_equal(h.last_epoch, 701);
	assert_int_equal(h.last_epoch_ms, 1234);
	assert_true(hash_equal(&h.last_epoch_leaf, &l.leaves[701]));
	assert_true(hash_equal(&h.chain, &l.chain));
	assert_int_equal(store_entries(l.s, 0, 702, see, &v, &d), ERR_OK);
	assert_int_equal(v.n, 702);
	assert_string_equal(v.text[0], "genesis\n");
	assert_string_equal(v.text[5], "entry 5");
	assert_int_equal(
	    store_entries(l.s, 700, 3, see, &v, &d), ERR_NOT_FOUND);
	pglog_close(&l);
}

static void
a_batch_of_one_row_or_of_none_is_taken(void **state)
{
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "small", 0));
	pglog_fill(&l, 1);
	pglog_fill(&l, 0);
	pglog_begin(&l);
	pglog_row(&l, SPAN_NONE, NULL, 0, 0);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(l.size, 3);
	pglog_close(&l);
}

static void
limits_of_a_row_are_kept(void **state)
{
	struct store_batch *b;
	struct diag d;
	struct store_row row = {
		.device = span_str("a"), .epoch = (uint64_t)1 << 31, .seq = 1
	};

	(void)state;
	assert_int_equal(store_batch_new(&b, &d), ERR_OK);
	store_batch_reset(b, 0);
	assert_int_equal(store_batch_subject(b, span_str("x")), ERR_STATE);
	assert_int_equal(
	    store_batch_epoch(b, 0, 0, &row.leaf, 0, 0), ERR_STATE);
	assert_int_equal(store_batch_row(b, &row), ERR_LIMIT);
	row.epoch = 1;
	row.seq = UINT64_MAX;
	assert_int_equal(store_batch_row(b, &row), ERR_LIMIT);
	assert_int_equal(store_batch_rows(b), 0);
	assert_int_equal(store_batch_bytes(b), 0);
	store_batch_free(b);
	store_batch_free(NULL);
}

/* ---- the right to write ---- */
static void
the_lock_is_held_once(void **state)
{
	struct store *a = pgtest_log(&db, "lock", 0);
	struct store *b = pgtest_store(db.uri, "lock", 0);
	struct store *other = pgtest_log(&db, "lock-other", 0);
	struct store_head h;
	struct diag d;

	(void)state;
	assert_int_equal(store_take_over(a, &h, &d), ERR_STATE);
	assert_int_equal(store_lock(a, &d), ERR_OK);
	assert_int_equal(store_lock(a, &d), ERR_OK);
	assert_int_equal(store_lock(b, &d), ERR_EXISTS);
	assert_int_equal(store_lock(other, &d), ERR_OK);
	assert_true(store_fd(a) >= 0);
	store_close(a);
	/* the server ends the session a moment after */
	for (int i = 0; i < 100 && store_lock(b, &d) != ERR_OK; i++)
		(void)pgtest_sql(db.uri, "SELECT pg_sleep(0.05)");
	assert_int_equal(store_lock(b, &d), ERR_OK);
	store_close(b);
	store_close(other);
}

static void
a_stale_term_is_fenced_and_writes_nothing(void **state)
{
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "fence", 0));
	pglog_fill(&l, 3);
	assert_int_equal(store_held(l.s, l.term, &d), ERR_OK);
	assert_string_equal(
	    pgtest_sql(db.uri, "UPDATE log_head SET term = term + 1 WHERE "
			       "log_id = (SELECT log_id FROM log WHERE name = "
			       "'fence')"),
	    "");
	assert_int_equal(store_held(l.s, l.term, &d), ERR_FENCED);
	pglog_begin(&l);
	pglog_row(&l, span_str("late"), "dev", 1, 1);
	assert_int_equal(store_batch_subject(l.b, span_str("x:y")), ERR_OK);
	assert_int_equal(pglog_commit(&l, &d), ERR_FENCED);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(*) FROM entry WHERE entry = "
				  "'late'"),
	    0);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(*) FROM item WHERE subject = "
				  "'x:y'"),
	    0);
	/* the connection is still good for reading */
	assert_int_equal(
	    store_put_checkpoint(l.s, l.term,
		&(struct store_checkpoint){ .size = 4 }, span_str("n"), &d),
	    ERR_FENCED);
	pglog_close(&l);
}

static void
a_wrong_size_is_fenced(void **state)
{
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "size", 0));
	store_batch_reset(l.b, 7);
	pglog_row(&l, span_str("beside"), NULL, 0, 0);
	assert_int_equal(pglog_commit(&l, &d), ERR_FENCED);
	pglog_close(&l);
}

static void
a_held_row_ends_in_a_timeout(void **state)
{
	struct pglog l;
	struct diag d;
	struct store_head h;
	void *held;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "slow", 300));
	held = pgtest_hold(db.uri,
	    "BEGIN; SELECT * FROM log_head WHERE log_id = (SELECT log_id FROM "
	    "log WHERE name = 'slow') FOR UPDATE");
	pglog_begin(&l);
	pglog_row(&l, span_str("slow"), NULL, 0, 0);
	assert_int_equal(pglog_commit(&l, &d), ERR_TIMEOUT);
	pgtest_release(held);
	assert_int_equal(store_read_head(l.s, &h, &d), ERR_OK);
	assert_int_equal(h.size, 1);
	pglog_close(&l);
}

/* ---- checkpoints ---- */
static void
checkpoints_are_kept_and_never_replaced(void **state)
{
	struct store_checkpoint c = { .size = 2, .at_ms = 77 }, got;
	struct buf note = buf_heap(1000);
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "note", 0));
	pglog_fill(&l, 4);
	assert_int_equal(store_checkpoint(l.s, &got, &note, &d), ERR_NOT_FOUND);
	c.root = l.chain;
	assert_int_equal(
	    store_put_checkpoint(l.s, l.term, &c, span_str("one"), &d), ERR_OK);
	assert_int_equal(
	    store_put_checkpoint(l.s, l.term, &c, span_str("one"), &d), ERR_OK);
	c.root.b[0] ^= 1;
	assert_int_equal(
	    store_put_checkpoint(l.s, l.term, &c, span_str("two"), &d),
	    ERR_REWIND);
	c.size = 5;
	assert_int_equal(
	    store_put_checkpoint(l.s, l.term, &c, span_str("five"), &d),
	    ERR_OK);
	assert_int_equal(store_checkpoint(l.s, &got, &note, &d), ERR_OK);
	assert_int_equal(got.size, 5);
	assert_int_equal(got.at_ms, 77);
	assert_true(hash_equal(&got.root, &c.root));
	assert_true(span_is(buf_span(&note), "five"));
	buf_free(&note);
	pglog_close(&l);
}

/* ---- operational rows ---- */
struct nacks {
	size_t n;
	uint64_t first, last;
	char detail[NACK_DETAIL];
};

static enum err
see_nack(void *ctx, const char *device, uint64_t epoch, uint64_t number,
    const struct nack *n)
{
	struct nacks *v = ctx;

	assert_string_equal(device, "dev");
	assert_int_equal(epoch, 2);
	assert_int_equal(n->code, ERR_SCHEMA);
	if (v->n++ == 0)
		v->first = number;
	v->last = number;
	memcpy(v->detail, n->detail, sizeof v->detail);
	return ERR_OK;
}

static void
put_nacks(struct pglog *l, uint64_t from, uint64_t to, const char *detail)
{
	struct nack n = { .code = ERR_SCHEMA };
	struct diag d;

	(void)snprintf(n.detail, sizeof n.detail, "%s", detail);
	pglog_begin(l);
	for (uint64_t i = from; i < to; i++) {
		n.seq = i;
		assert_int_equal(store_batch_nack(l->b, span_str("dev"), 2,
				     (unsigned)(i % RECEIPT_NACKS), i, &n),
		    ERR_OK);
	}
	assert_int_equal(pglog_commit(l, &d), ERR_OK);
}

static void
nacks_are_a_ring_of_64(void **state)
{
	struct nacks v = { .n = 0 };
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "nacks", 0));
	put_nacks(&l, 1, 11, "first");
	/* more than a ring in one batch, and bytes that are no UTF-8 */
	put_nacks(&l, 11, 151, "bad \xff byte");
	assert_int_equal(store_nacks(l.s, see_nack, &v, &d), ERR_OK);
	assert_int_equal(v.n, RECEIPT_NACKS);
	assert_int_equal(v.first, 150 - RECEIPT_NACKS + 1);
	assert_int_equal(v.last, 150);
	assert_string_equal(v.detail, "bad ? byte");
	pglog_close(&l);
}

static void
quarantine_keeps_the_newest_hundred(void **state)
{
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "bad", 0));
	for (int batch = 0; batch < 3; batch++) {
		pglog_begin(&l);
		for (int i = 0; i < 70; i++)
			assert_int_equal(
			    store_batch_quarantine(l.b, span_str("dev"),
				ERR_BAD_ENCODING, "trailing bytes",
				span_str("\x01\x02"), batch * 100 + i),
			    ERR_OK);
		assert_int_equal(store_batch_quarantine(l.b, span_str("other"),
				     ERR_FORK, "", SPAN_NONE, 1),
		    ERR_OK);
		assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	}
	assert_int_equal(store_batch_quarantine(l.b, span_str("No Name"),
			     ERR_FORK, "", SPAN_NONE, 1),
	    ERR_LIMIT);
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT count(*) FROM quarantine WHERE device = "
			     "'dev'"),
	    100);
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT min(at_ms) FROM quarantine WHERE device "
			     "= 'dev'"),
	    140);
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT count(*) FROM quarantine WHERE device = "
			     "'other'"),
	    3);
	pglog_close(&l);
}

static void
tokens_are_found_by_their_hash(void **state)
{
	struct store *s = pgtest_log(&db, "tokens", 0);
	struct hash h = hash_bytes(span_str("cm_x")), other = { { 1 } };
	struct store_token t = { .role = "partner",
		.organisation = "acme",
		.scopes = "read capture" },
			   got;
	struct diag d;

	(void)state;
	assert_int_equal(store_token_add(s, &h, &t, &d), ERR_OK);
	assert_int_equal(store_token_add(s, &h, &t, &d), ERR_EXISTS);
	assert_int_equal(store_token_find(s, &h, &got, &d), ERR_OK);
	assert_string_equal(got.role, "partner");
	assert_string_equal(got.organisation, "acme");
	assert_int_equal(got.expires_ms, 0);
	assert_int_equal(store_token_find(s, &other, &got, &d), ERR_NOT_FOUND);
	store_close(s);
}

static void
partitions_are_made_ahead(void **state)
{
	struct store *s = pgtest_log(&db, "parts", 0);
	unsigned spare = 0;
	struct diag d;

	(void)state;
	assert_int_equal(store_partitions(s, 1, &spare, &d), ERR_OK);
	assert_int_equal(spare, 3);
	assert_int_equal(store_partitions(s, 4194304, &spare, &d), ERR_OK);
	assert_int_equal(spare, 3);
	assert_int_equal(store_partitions(s, 4194303, &spare, &d), ERR_OK);
	assert_int_equal(spare, 4);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(*) FROM pg_inherits WHERE "
				  "inhparent = 'entry'::regclass"),
	    5);
	/* a size from nowhere does not fill the catalogue */
	assert_int_equal(
	    store_partitions(s, (uint64_t)1 << 50, &spare, &d), ERR_DB);
	store_close(s);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(migrating_again_runs_nothing),
		cmocka_unit_test(distributed_is_refused_without_citus),
		cmocka_unit_test(a_folder_without_files_is_refused),
		cmocka_unit_test(a_log_is_made_once),
		cmocka_unit_test(an_unknown_log_is_not_found),
		cmocka_unit_test(an_unreachable_server_is_a_database_failure),
		cmocka_unit_test(what_is_appended_reads_back),
		cmocka_unit_test(a_batch_of_one_row_or_of_none_is_taken),
		cmocka_unit_test(limits_of_a_row_are_kept),
		cmocka_unit_test(the_lock_is_held_once),
		cmocka_unit_test(a_stale_term_is_fenced_and_writes_nothing),
		cmocka_unit_test(a_wrong_size_is_fenced),
		cmocka_unit_test(a_held_row_ends_in_a_timeout),
		cmocka_unit_test(checkpoints_are_kept_and_never_replaced),
		cmocka_unit_test(nacks_are_a_ring_of_64),
		cmocka_unit_test(quarantine_keeps_the_newest_hundred),
		cmocka_unit_test(tokens_are_found_by_their_hash),
		cmocka_unit_test(partitions_are_made_ahead),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgtest_close(&db);
	return failed;
}
