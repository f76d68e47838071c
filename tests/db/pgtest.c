/* SPDX-License-Identifier: Apache-2.0 */
#include "pgtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/crypto.h"

#include "base/banned.h"

#define DUPLICATE_DATABASE "42P04"

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "pgtest: %s: %s\n", what, why);
	exit(1);
}

static void
must(enum err e, const char *what, const struct diag *d)
{
	if (e != ERR_OK)
		die(what, d->text[0] != '\0' ? d->text : err_name(e));
}

/* ---- server ---- */
/* Runs the script; its standard output goes to out (may be NULL). */
static int
script(const char *verb, const char *folder, char *out, size_t cap)
{
	int ends[2], status = 0;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		die("script", "no process");
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execl(
		    PGTEST_SCRIPT, PGTEST_SCRIPT, verb, folder, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	while (out != NULL && n + 1 < cap &&
	       (got = read(ends[0], out + n, cap - n - 1)) > 0)
		n += (size_t)got;
	if (out != NULL)
		out[n] = '\0';
	(void)waitpid(pid, &status, 0);
	(void)close(ends[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
pgtest_script(const char *verb, const char *folder)
{
	char out[1024];

	return script(verb, folder, out, sizeof out);
}

const char *
pgtest_schema(void)
{
	return PGTEST_SCHEMA;
}

static PGconn *
connect_to(const char *uri)
{
	PGconn *c = PQconnectdb(uri);

	if (PQstatus(c) != CONNECTION_OK)
		die("connect", PQerrorMessage(c));
	return c;
}

const char *
pgtest_sql(const char *uri, const char *sql)
{
	static char state[6];
	PGconn *c = connect_to(uri);
	PGresult *r = PQexec(c, sql);
	const char *got = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	(void)snprintf(state, sizeof state, "%s", got != NULL ? got : "");
	PQclear(r);
	PQfinish(c);
	return state;
}

int64_t
pgtest_number(const char *uri, const char *sql)
{
	PGconn *c = connect_to(uri);
	PGresult *r = PQexec(c, sql);
	int64_t v = -1;

	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) > 0)
		v = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	PQfinish(c);
	return v;
}

int64_t
pgtest_bytes(const struct pgtest *t)
{
	return pgtest_number(
	    t->uri, "SELECT pg_database_size(current_database())");
}

void
pgtest_settle(const struct pgtest *t)
{
	if (pgtest_sql(t->uri, "VACUUM ANALYZE")[0] != '\0')
		die("vacuum", t->name);
}

void *
pgtest_hold(const char *uri, const char *sql)
{
	PGconn *c = connect_to(uri);

	PQclear(PQexec(c, sql));
	return c;
}

void
pgtest_release(void *held)
{
	PQfinish(held);
}

/* The database is made unless it is there; false: it was. */
static bool
open_as(struct pgtest *t, const char *folder, const char *name)
{
	char base[512], sql[128];
	struct diag d = { .code = ERR_OK };
	const char *state;
	bool made;
	unsigned ran;
	int code;

	(void)snprintf(t->folder, sizeof t->folder, "%s", folder);
	code = script("start", folder, base, sizeof base);
	if (code == 77)
		exit(77);
	if (code != 0)
		die("postgres.sh", "does not start");
	base[strcspn(base, "\n")] = '\0';
	(void)snprintf(t->name, sizeof t->name, "%s", name);
	(void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", t->name);
	/* the last value of a repeated keyword counts */
	(void)snprintf(t->uri, sizeof t->uri, "%s dbname=%s", base, t->name);
	state = pgtest_sql(base, sql);
	if (state[0] != '\0' && strcmp(state, DUPLICATE_DATABASE) != 0)
		die("create database", t->name);
	made = state[0] == '\0';
	must(crypto_start(), "crypto", &d);
	must(store_migrate(t->uri, PGTEST_SCHEMA, false, &ran, &d), "migrate",
	    &d);
	/* Tests may leave out who reads a row of theirs, and then say it. */
	if (pgtest_sql(t->uri,
		"ALTER TABLE event ALTER COLUMN readers SET DEFAULT ''")[0] !=
	    '\0')
		die("default", t->name);
	return made;
}

void
pgtest_open(struct pgtest *t, const char *folder)
{
	char name[64];

	(void)snprintf(name, sizeof name, "test_%d", (int)getpid());
	if (!open_as(t, folder, name))
		die("database there already", name);
}

bool
pgtest_reopen(struct pgtest *t, const char *folder, const char *name)
{
	return !open_as(t, folder, name);
}

void
pgtest_close(struct pgtest *t)
{
	char sql[160], uri[1100];

	(void)snprintf(uri, sizeof uri, "%s dbname=postgres", t->uri);
	(void)snprintf(
	    sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", t->name);
	(void)pgtest_sql(uri, sql);
}

void
pgtest_as(char *out, size_t cap, const struct pgtest *t, const char *role)
{
	(void)snprintf(out, cap, "%s user=%s", t->uri, role);
}

/* ---- logs ---- */
struct store *
pgtest_store(const char *uri, const char *log, int timeout_ms)
{
	const struct store_options o = { .conninfo = uri,
		.log = log,
		.program = "test",
		.timeout_ms = timeout_ms };
	struct diag d = { .code = ERR_OK };
	struct store *s = NULL;

	must(store_open(&s, &o, &d), "store_open", &d);
	return s;
}

struct store *
pgtest_log(const struct pgtest *t, const char *log, int timeout_ms)
{
	struct diag d = { .code = ERR_OK };
	char origin[128];

	(void)snprintf(origin, sizeof origin, "example.com/%s", log);
	must(store_create_log(t->uri, log, origin, span_str("genesis\n"), &d),
	    "store_create_log", &d);
	return pgtest_store(t->uri, log, timeout_ms);
}

static void
remember(struct pglog *l, const struct hash *leaf)
{
	if (l->size == l->cap) {
		l->cap = l->cap == 0 ? 1024 : l->cap * 2;
		l->leaves = realloc(l->leaves, l->cap * sizeof *l->leaves);
		if (l->leaves == NULL)
			die("leaves", "out of memory");
	}
	l->leaves[l->size++] = *leaf;
}

static void
tile_done(void *ctx, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root)
{
	struct pglog *l = ctx;
	struct diag d = { .code = ERR_OK };

	must(store_batch_tile(l->b, level, n, hashes, root), "tile", &d);
	if (level > 0)
		return;
	if (!l->no_journal)
		must(store_batch_journal(l->b, n, buf_span(&l->block.b)),
		    "journal", &d);
	map_block_reset(&l->block);
}

void
pglog_open(struct pglog *l, struct store *s)
{
	struct diag d = { .code = ERR_OK };
	struct store_head h;

	memset(l, 0, sizeof *l);
	l->s = s;
	must(store_batch_new(&l->b, &d), "batch", &d);
	must(store_lock(s, &d), "lock", &d);
	must(store_take_over(s, &h, &d), "take over", &d);
	l->term = h.term;
	l->chain = h.chain;
	tiles_init(&l->tiles);
	must(store_load_tiles(s, &l->tiles, &l->frontier, h.size, &d), "tiles",
	    &d);
	l->tiles.ctx = l;
	l->tiles.done = tile_done;
	l->leaves = calloc(h.size + 1, sizeof *l->leaves);
	l->cap = l->leaves == NULL ? 0 : h.size + 1;
	must(store_read_hashes(s, 0, 0, h.size, l->leaves, &d), "leaves", &d);
	l->size = h.size;
	must(touch_init(&l->touch), "touch", &d);
	map_block_init(&l->block);
	must(map_block_load(&l->block, s, h.size, &d), "block", &d);
}

void
pglog_close(struct pglog *l)
{
	touch_clear(&l->touch);
	map_block_clear(&l->block);
	store_batch_free(l->b);
	store_close(l->s);
	free(l->leaves);
}

void
pglog_begin(struct pglog *l)
{
	store_batch_reset(l->b, l->size);
}

void
pglog_row(struct pglog *l, struct span entry, const char *device,
    uint64_t epoch, uint64_t seq)
{
	struct diag d = { .code = ERR_OK };
	struct buf keys = buf_heap(MAP_BLOCK_BYTES);
	struct store_row row = { .entry = entry,
		.leaf = merkle_leaf(entry),
		.device = device == NULL ? SPAN_NONE : span_str(device),
		.epoch = epoch,
		.seq = seq,
		.hash = hash_bytes(entry) };

	l->chain = chain_next(&l->chain, &row.leaf);
	row.chain = l->chain;
	must(store_batch_row(l->b, &row), "row", &d);
	remember(l, &row.leaf);
	must(map_block_keys(&keys, &l->touch, entry), "keys", &d);
	map_block_add(&l->block, buf_span(&keys));
	buf_free(&keys);
	tiles_add(&l->tiles, &l->frontier, &row.leaf);
}

enum err
pglog_commit(struct pglog *l, struct diag *d)
{
	return store_append(l->s, l->b, l->term, &l->chain, d);
}

void
pglog_fill(struct pglog *l, size_t n)
{
	struct diag d = { .code = ERR_OK };
	char text[32];

	pglog_begin(l);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof text, "entry %llu",
		    (unsigned long long)l->size);
		pglog_row(l, span_str(text), NULL, 0, 0);
	}
	must(pglog_commit(l, &d), "append", &d);
}
