/* SPDX-License-Identifier: Apache-2.0 */
/* A server that dies under an appending sequencer: a failure that says the
 * outcome is unknown, and tables that fit the head afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "pgtest.h"

#include "base/banned.h"

static struct pgtest db;

static void *
kill_soon(void *arg)
{
	const struct timespec wait = { .tv_nsec = 250000000 };

	(void)arg;
	(void)nanosleep(&wait, NULL);
	(void)pgtest_script("kill", db.folder);
	return NULL;
}

/* Appends until it fails; *committed: entries that were acknowledged. */
static enum err
append_until_failure(struct pglog *l, uint64_t *committed, struct diag *d)
{
	char entry[700] = "entry", subject[40];
	enum err e = ERR_OK;

	while (e == ERR_OK) {
		*committed = l->size;
		pglog_begin(l);
		for (uint64_t i = 0; i < 1000; i++) {
			(void)snprintf(subject, sizeof subject, "x:%llu",
			    (unsigned long long)l->size);
			pglog_row(
			    l, span_of(entry, sizeof entry), "dev", 1, l->size);
			if (store_batch_subject(l->b, span_str(subject)) !=
			    ERR_OK)
				return ERR_NOMEM;
		}
		e = pglog_commit(l, d);
	}
	return e;
}

static int64_t
rows(const char *table, const char *condition)
{
	char sql[200];

	(void)snprintf(
	    sql, sizeof sql, "SELECT count(*) FROM %s %s", table, condition);
	return pgtest_number(db.uri, sql);
}

static void
a_killed_server_leaves_all_or_nothing(void **state)
{
	struct store_head h;
	uint64_t committed = 0;
	struct pglog l;
	pthread_t killer;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "kill", 0));
	assert_int_equal(pthread_create(&killer, NULL, kill_soon, NULL), 0);
	assert_int_equal(append_until_failure(&l, &committed, &d), ERR_DB);
	(void)pthread_join(killer, NULL);
	/* the connection says so again, without waiting */
	assert_int_equal(store_read_head(l.s, &h, &d), ERR_DB);
	pglog_close(&l);

	assert_int_equal(pgtest_script("start", db.folder), 0);
	pglog_open(&l, pgtest_store(db.uri, "kill", 0));
	assert_int_equal(store_read_head(l.s, &h, &d), ERR_OK);
	/* acknowledged rows are there; the last batch is whole or absent */
	assert_true(h.size == committed || h.size == committed + 1000);
	assert_int_equal(rows("entry", ""), h.size);
	assert_int_equal(rows("item", ""), h.size - 1);
	assert_int_equal(rows("device_entry", ""), h.size - 1);
	assert_int_equal(rows("tile", "WHERE level = 0"), h.size / 256);
	pglog_fill(&l, 10);
	pglog_close(&l);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_server_leaves_all_or_nothing),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgtest_close(&db);
	(void)pgtest_script("stop", argv[1]);
	return failed;
}
