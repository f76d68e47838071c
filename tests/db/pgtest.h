/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DB_PGTEST_H
#define TESTS_DB_PGTEST_H

#include "ledger/map_block.h"
#include "ledger/store.h"

/*
 * A database of its own on the private server in `folder`, with the schema and
 * helpers to fill a log. Everything here ends the program with a message when
 * it fails: a test cannot go on without it.
 */
struct pgtest {
	char folder[512];
	char uri[1024]; /* of the test's database, as superuser */
	char name[64];  /* of the database */
};

/* Starts the server (or finds it running) and makes the database. Exits with
 * 77 where there is no PostgreSQL. */
void pgtest_open(struct pgtest *t, const char *folder);
/* The same with a database that outlives the process; true: it was there. */
bool pgtest_reopen(struct pgtest *t, const char *folder, const char *name);
void pgtest_close(struct pgtest *t);
/* Runs the harness script: start, stop, kill. */
int pgtest_script(const char *verb, const char *folder);
const char *pgtest_schema(void);

/* Conninfo of the same database as another role. */
void pgtest_as(char *out, size_t cap, const struct pgtest *t, const char *role);

/* Runs SQL; returns "" or the SQLSTATE of its failure (static memory). */
const char *pgtest_sql(const char *uri, const char *sql);
/* First value of the first row as a number; -1 without one. */
int64_t pgtest_number(const char *uri, const char *sql);

/* Who may read each event, as its entry's rows of event_org say. */
#define PGTEST_READERS                                                         \
	"UPDATE event e SET readers = coalesce((SELECT string_agg(substr("     \
	"sha256(convert_to(o.org, 'UTF8')), 1, 16), '' ORDER BY o.org) FROM "  \
	"event_org o WHERE o.log_id = e.log_id AND o.idx = e.idx), '');"

/* Size of the database. */
int64_t pgtest_bytes(const struct pgtest *t);
/* Dead rows gone and statistics fresh, as autovacuum leaves tables. */
void pgtest_settle(const struct pgtest *t);

/* A second connection that holds something until pgtest_release(). */
void *pgtest_hold(const char *uri, const char *sql);
void pgtest_release(void *held);

/* A new log with a genesis text; opened as superuser. */
struct store *pgtest_log(
    const struct pgtest *t, const char *log, int timeout_ms);
struct store *pgtest_store(const char *uri, const char *log, int timeout_ms);

/* A log in memory beside the one in the database. */
struct pglog {
	struct store *s;
	struct store_batch *b;
	struct tiles tiles;
	struct frontier frontier;
	struct hash chain;
	uint64_t size, term;
	struct hash *leaves; /* all of them, from index 0 */
	size_t cap;
	struct touch touch;
	struct map_block block;
	bool no_journal; /* as before the map had tables */
};
/* Locks, takes over, loads. */
void pglog_open(struct pglog *l, struct store *s);
void pglog_close(struct pglog *l);
/* Starts a batch; rows and tiles go into it; commit returns what
 * store_append() says. */
void pglog_begin(struct pglog *l);
void pglog_row(struct pglog *l, struct span entry, const char *device,
    uint64_t epoch, uint64_t seq);
enum err pglog_commit(struct pglog *l, struct diag *d);
/* n entries "entry <index>", without subjects, in one batch. */
void pglog_fill(struct pglog *l, size_t n);

#endif
