/* SPDX-License-Identifier: Apache-2.0 */
/* Capture jobs in the database, and as which role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ledger/capture.h"

#include "pgtest.h"

#include "base/banned.h"

#define BODY "{\"a document\":1}"
#define ROOM 1000

static struct pgtest db;
static char api[1200];
static struct store *s;
static struct diag why;

static struct capture_job
job(char last, int64_t created_ms)
{
	struct capture_job j = { .organisation = "mill",
		.identity = "line-1",
		.created_ms = created_ms,
		.form = CAPTURE_DOCUMENT,
		.proceed = true,
		.success = true,
		.events = 10,
		.duplicates = 2,
		.refused = 1,
		.last_index = -1 };

	(void)snprintf(
	    j.id, sizeof j.id, "00000000-0000-4000-8000-00000000000%c", last);
	return j;
}

static enum err
put(const struct capture_job *j, const char *claim, uint64_t room)
{
	struct capture_claim c = { { { 0 } }, { { 7 } } };

	if (claim != NULL)
		c.key = hash_bytes(span_str(claim));
	return capture_put(s, j, "[]", span_of((const uint8_t *)"\x81", 1),
	    span_str(BODY), &c, claim != NULL, room, &why);
}

static void
finish(struct capture_job *j, int64_t index)
{
	j->last_index = index;
	assert_int_equal(capture_finish(s, j, 5000, "[]", &why), ERR_OK);
}

static void
a_job_comes_back_as_it_was_put(void **state)
{
	struct capture_job j = job('1', 1000), got;
	struct buf errors = buf_heap(100), out = buf_heap(100),
		   body = buf_heap(100);

	(void)state;
	assert_int_equal(put(&j, "a", ROOM), ERR_OK);
	assert_int_equal(
	    capture_next(s, 1, &got, &errors, &out, &body, &why), ERR_OK);
	assert_string_equal(got.id, j.id);
	assert_string_equal(got.organisation, "mill");
	assert_string_equal(got.identity, "line-1");
	assert_int_equal(got.created_ms, 1000);
	assert_int_equal(got.finished_ms, 0);
	assert_int_equal(got.state, CAPTURE_NEW);
	assert_int_equal(got.form, CAPTURE_DOCUMENT);
	assert_true(got.proceed && got.success && !got.broken);
	assert_int_equal(got.events, 10);
	assert_int_equal(got.duplicates, 2);
	assert_int_equal(got.refused, 1);
	assert_true(span_is(buf_span(&errors), "[]"));
	assert_true(span_is(buf_span(&out), "\x81"));
	assert_true(span_is(buf_span(&body), BODY));
	finish(&j, -1);
	assert_int_equal(capture_find(s, j.id, &got, &errors, &why), ERR_OK);
	assert_int_equal(got.finished_ms, 5000);
	assert_int_equal(got.state, CAPTURE_FINISHED);
	assert_int_equal(pgtest_number(db.uri,
			     "SELECT sum(octet_length(body)) FROM capture_job"),
	    0);
	assert_int_equal(capture_next(s, 1, &got, &errors, &out, &body, &why),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    capture_find(s, "nobody", &got, NULL, &why), ERR_NOT_FOUND);
	buf_free(&errors);
	buf_free(&out);
	buf_free(&body);
}

static void
open_jobs_have_room_and_claims(void **state)
{
	struct capture_job a = job('2', 2000), b = job('3', 3000);

	(void)state;
	assert_int_equal(put(&a, "b", ROOM), ERR_OK);
	/* no room: neither job nor claim */
	assert_int_equal(put(&b, "c", sizeof BODY), ERR_FULL);
	assert_int_equal(capture_find(s, b.id, &b, NULL, &why), ERR_NOT_FOUND);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(*) FROM capture_event"), 2);
	/* a claim that is taken: no job */
	b = job('3', 3000);
	assert_int_equal(put(&b, "b", ROOM), ERR_EXISTS);
	assert_int_equal(capture_find(s, b.id, &b, NULL, &why), ERR_NOT_FOUND);
	b = job('3', 3000);
	assert_int_equal(put(&b, NULL, ROOM), ERR_OK);
	assert_int_equal(put(&b, NULL, ROOM), ERR_EXISTS);
	finish(&b, -1);
	/* what a broken job claimed may be sent again */
	a.broken = true;
	finish(&a, 3);
	b = job('4', 4000);
	assert_int_equal(put(&b, "b", ROOM), ERR_OK);
	finish(&b, 7);
}

struct claims {
	size_t count, running;
	char job[CAPTURE_ID_CHARS + 1];
};

static enum err
on_claim(
    void *ctx, const struct capture_claim *c, const char *job_id, bool running)
{
	struct claims *seen = ctx;

	seen->count++;
	seen->running += running;
	assert_int_equal(c->digest.b[0], 7);
	(void)snprintf(seen->job, sizeof seen->job, "%s", job_id);
	return ERR_OK;
}

static void
claims_are_found_until_the_tables_know(void **state)
{
	struct hash keys[] = { hash_bytes(span_str("a")),
		hash_bytes(span_str("b")), hash_bytes(span_str("none")) };
	struct claims seen = { .count = 0 };

	(void)state;
	assert_int_equal(
	    capture_claims(s, keys, 3, on_claim, &seen, &why), ERR_OK);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.running, 0);
	/* "b" is of a job whose last entry is 7 */
	assert_string_equal(
	    pgtest_sql(db.uri, "INSERT INTO projection SELECT log_id, 7 "
			       "FROM log WHERE name = 'demo'"),
	    "");
	assert_int_equal(capture_settle(s, &why), ERR_OK);
	seen.count = 0;
	assert_int_equal(
	    capture_claims(s, keys, 3, on_claim, &seen, &why), ERR_OK);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.job, job('4', 0).id);
	assert_string_equal(
	    pgtest_sql(db.uri, "UPDATE projection SET size = 8"), "");
	assert_int_equal(capture_settle(s, &why), ERR_OK);
	seen.count = 0;
	assert_int_equal(
	    capture_claims(s, keys, 3, on_claim, &seen, &why), ERR_OK);
	assert_int_equal(seen.count, 0);
}

/* ---- the chain ---- */
struct seen {
	size_t count;
	int64_t index;
	bool passed;
	uint64_t seqs[8];
};

static enum err
on_waiting(void *ctx, const char *id, int64_t index, bool passed)
{
	struct seen *w = ctx;

	(void)id;
	w->count++;
	w->index = index;
	w->passed = passed;
	return ERR_OK;
}

static enum err
on_scan(
    void *ctx, uint64_t epoch, uint64_t seq, uint64_t index, struct span entry)
{
	struct seen *w = ctx;

	(void)epoch;
	(void)index;
	assert_true(entry.n > 0);
	w->seqs[w->count++] = seq;
	return ERR_OK;
}

static enum err
on_nack(void *ctx, uint64_t number, const char *code, const char *detail)
{
	struct seen *w = ctx;

	w->count++;
	w->index = (int64_t)number;
	assert_string_equal(code, "forbidden");
	assert_string_equal(detail, "no");
	return ERR_OK;
}

static void
append(const char *entry, uint64_t epoch, uint64_t seq)
{
	struct nack n = { .seq = seq, .code = ERR_FORBIDDEN, .detail = "no" };
	struct store *own = pgtest_store(db.uri, "demo", 0);
	struct pglog l;

	pglog_open(&l, own);
	pglog_begin(&l);
	pglog_row(&l, span_str(entry), "line-1", epoch, seq);
	if (entry[0] == '!')
		assert_int_equal(
		    store_batch_nack(l.b, span_str("line-1"), epoch, 0, 0, &n),
		    ERR_OK);
	assert_int_equal(pglog_commit(&l, &why), ERR_OK);
	pglog_close(&l);
}

static struct seen
waiting(void)
{
	struct seen w = { .count = 0 };

	assert_int_equal(capture_waiting(s, on_waiting, &w, &why), ERR_OK);
	return w;
}

static void
a_job_is_followed_into_the_chain(void **state)
{
	static const uint64_t seqs[] = { 3, 4 };
	struct capture_job j = job('5', 6000), k = job('6', 7000);
	struct seen w = { .count = 0 };

	(void)state;
	append("one", 1, 1);
	append("two", 1, 2);
	assert_int_equal(put(&j, NULL, ROOM), ERR_OK);
	assert_int_equal(capture_begin(s, &j, &why), ERR_OK);
	assert_int_equal(j.anchor_epoch, 1);
	assert_int_equal(j.anchor_seq, 2);
	j.state = CAPTURE_HANDED;
	j.epoch = 1;
	j.last_seq = 4;
	assert_int_equal(
	    capture_progress(s, &j, seqs, 2, 0, "[]", &why), ERR_OK);
	w = waiting();
	assert_int_equal(w.count, 1);
	assert_int_equal(w.index, -1);
	assert_false(w.passed);
	/* the next one comes behind what this one has in the gateway */
	assert_int_equal(put(&k, NULL, ROOM), ERR_OK);
	assert_int_equal(capture_begin(s, &k, &why), ERR_OK);
	assert_int_equal(k.anchor_seq, 4);
	append("three", 1, 3);
	append("!four", 1, 4);
	w = waiting();
	assert_int_equal(w.count, 1);
	assert_true(w.index > 0);
	w.count = 0;
	assert_int_equal(
	    capture_scan(s, "line-1", 1, 2, on_scan, &w, &why), ERR_OK);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.seqs[0], 3);
	assert_int_equal(w.seqs[1], 4);
	w.count = 0;
	assert_int_equal(capture_nacks(s, j.id, on_nack, &w, &why), ERR_OK);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.index, 1); /* its second statement */
	finish(&j, 4);
	/* a chain that goes on in another epoch without it */
	k.state = CAPTURE_HANDED;
	k.epoch = 1;
	k.last_seq = 5;
	assert_int_equal(
	    capture_progress(s, &k, seqs, 0, 0, "[]", &why), ERR_OK);
	assert_false(waiting().passed);
	append("five", 2, 1);
	assert_true(waiting().passed);
	finish(&k, -1);
	assert_int_equal(waiting().count, 0);
}

static void
one_identity_ends_what_was_cut_off_first(void **state)
{
	struct capture_job a = job('7', 8000), b = job('8', 9000),
			   c = job('9', 9500), got;

	(void)state;
	(void)snprintf(c.identity, sizeof c.identity, "line-2");
	assert_int_equal(put(&a, NULL, ROOM), ERR_OK);
	assert_int_equal(capture_begin(s, &a, &why), ERR_OK);
	assert_int_equal(
	    capture_progress(s, &a, NULL, 0, 100, "[]", &why), ERR_OK);
	assert_int_equal(put(&b, NULL, ROOM), ERR_OK);
	assert_int_equal(
	    capture_next(s, 50, &got, NULL, NULL, NULL, &why), ERR_NOT_FOUND);
	assert_int_equal(put(&c, NULL, ROOM), ERR_OK);
	assert_int_equal(
	    capture_next(s, 50, &got, NULL, NULL, NULL, &why), ERR_OK);
	assert_string_equal(got.id, c.id);
	finish(&c, -1);
	assert_int_equal(
	    capture_next(s, 100, &got, NULL, NULL, NULL, &why), ERR_OK);
	assert_string_equal(got.id, a.id);
	assert_int_equal(got.state, CAPTURE_SENDING);
	finish(&a, -1);
	assert_int_equal(
	    capture_next(s, 100, &got, NULL, NULL, NULL, &why), ERR_OK);
	assert_string_equal(got.id, b.id);
	finish(&b, -1);
}

/* ---- lists ---- */
static enum err
on_listed(void *ctx, const struct capture_job *j, struct span errors)
{
	struct seen *w = ctx;

	assert_true(span_is(errors, "[]"));
	w->seqs[w->count++] = (uint64_t)j->created_ms;
	return ERR_OK;
}

static void
the_newest_are_listed_first(void **state)
{
	struct seen w = { .count = 0 };

	(void)state;
	assert_int_equal(
	    capture_list(s, "mill", INT64_MAX, "", 2, on_listed, &w, &why),
	    ERR_OK);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.seqs[0], 9500);
	assert_int_equal(w.seqs[1], 9000);
	w.count = 0;
	assert_int_equal(
	    capture_list(s, "", 9000, job('8', 0).id, 2, on_listed, &w, &why),
	    ERR_OK);
	assert_int_equal(w.seqs[0], 8000);
	w.count = 0;
	assert_int_equal(
	    capture_list(s, "other", INT64_MAX, "", 2, on_listed, &w, &why),
	    ERR_OK);
	assert_int_equal(w.count, 0);
	assert_int_equal(capture_trim(s, 5000, &why), ERR_OK);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(*) FROM capture_job"), 9);
	assert_int_equal(capture_trim(s, 5001, &why), ERR_OK);
	assert_int_equal(
	    pgtest_number(db.uri, "SELECT count(*) FROM capture_job"), 0);
}

static void
one_connection_works_them_off(void **state)
{
	struct store *other = pgtest_store(api, "demo", 0);

	(void)state;
	assert_int_equal(capture_lock(s, &why), ERR_OK);
	assert_int_equal(capture_lock(other, &why), ERR_EXISTS);
	store_close(other);
}

static void
only_the_api_has_them(void **state)
{
	char uri[1200];

	(void)state;
	pgtest_as(uri, sizeof uri, &db, "countermark_ingest");
	assert_string_equal(
	    pgtest_sql(uri, "SELECT * FROM capture_job"), "42501");
	assert_string_equal(
	    pgtest_sql(uri, "DELETE FROM capture_event"), "42501");
	pgtest_as(uri, sizeof uri, &db, "countermark_projector");
	assert_string_equal(
	    pgtest_sql(uri, "SELECT * FROM capture_job"), "42501");
	assert_string_equal(pgtest_sql(api, "TRUNCATE capture_job"), "42501");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_comes_back_as_it_was_put),
		cmocka_unit_test(open_jobs_have_room_and_claims),
		cmocka_unit_test(claims_are_found_until_the_tables_know),
		cmocka_unit_test(a_job_is_followed_into_the_chain),
		cmocka_unit_test(one_identity_ends_what_was_cut_off_first),
		cmocka_unit_test(the_newest_are_listed_first),
		cmocka_unit_test(one_connection_works_them_off),
		cmocka_unit_test(only_the_api_has_them),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	pgtest_as(api, sizeof api, &db, "countermark_api");
	store_close(pgtest_log(&db, "demo", 0));
	s = pgtest_store(api, "demo", 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	store_close(s);
	pgtest_close(&db);
	return failed;
}
