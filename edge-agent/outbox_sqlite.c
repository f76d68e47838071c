/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"

#include "edge_sql.h"

#include "base/banned.h"

enum query {
	Q_CHAIN_READ,
	Q_CHAIN_WRITE,
	Q_ADD,
	Q_READ,
	Q_HASH,
	Q_DELETE,
	Q_MARK,
	Q_UNMARK,
	Q_MARKED,
	Q_RECEIPT_WRITE,
	Q_RECEIPT_READ,
	Q_PAGES_USED,
	Q_PAGES_FREE,
	Q_SHRINK,
	Q_BEGIN,
	Q_COMMIT,
	Q_ROLLBACK,
	QUERIES,
};

static const char *const query_text[QUERIES] = {
	[Q_CHAIN_READ] = sql_chain_read,
	[Q_CHAIN_WRITE] = sql_chain_write,
	[Q_ADD] = sql_statement_add,
	[Q_READ] = sql_statement_read,
	[Q_HASH] = sql_statement_hash,
	[Q_DELETE] = sql_statement_delete,
	[Q_MARK] = sql_mark_add,
	[Q_UNMARK] = sql_mark_delete,
	[Q_MARKED] = sql_mark_read,
	[Q_RECEIPT_WRITE] = sql_receipt_write,
	[Q_RECEIPT_READ] = sql_receipt_read,
	[Q_PAGES_USED] = sql_pages_used,
	[Q_PAGES_FREE] = sql_pages_free,
	[Q_SHRINK] = sql_shrink,
	[Q_BEGIN] = sql_begin,
	[Q_COMMIT] = sql_commit,
	[Q_ROLLBACK] = sql_rollback,
};

#define PAGE_BYTES 4096
#define SHRINK_PAGES 1024 /* give this many free pages back to the disk */

struct outbox {
	sqlite3 *db;
	sqlite3_stmt *query[QUERIES];
	struct outbox_limits limits;
	struct outbox_chain committed;
	struct outbox_chain chain;
	uint64_t pages;  /* in use, counted up within a batch */
	enum err doomed; /* the open batch cannot be committed */
};

/* What a result of SQLite means for us. */
static enum err
outbox_code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return ERR_OK;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_DB;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

static enum err
outbox_fail(const struct outbox *o, int rc, struct diag *d)
{
	return diag_fail(d, outbox_code(rc), "edge 7", "outbox: %s",
	    o->db != NULL ? sqlite3_errmsg(o->db) : sqlite3_errstr(rc));
}

static void
outbox_reset(struct outbox *o, enum query q)
{
	(void)sqlite3_reset(o->query[q]);
	(void)sqlite3_clear_bindings(o->query[q]);
}

/* Runs a query to its end, rows ignored. */
static int
outbox_run(struct outbox *o, enum query q)
{
	int rc;

	do
		rc = sqlite3_step(o->query[q]);
	while (rc == SQLITE_ROW);
	outbox_reset(o, q);
	return rc;
}

static uint64_t
outbox_number(struct outbox *o, enum query q)
{
	uint64_t v = 0;

	if (sqlite3_step(o->query[q]) == SQLITE_ROW)
		v = (uint64_t)sqlite3_column_int64(o->query[q], 0);
	outbox_reset(o, q);
	return v;
}

static bool
outbox_column_hash(sqlite3_stmt *q, int column, struct hash *out)
{
	const void *p = sqlite3_column_blob(q, column);

	if (p == NULL || sqlite3_column_bytes(q, column) != HASH_BYTES)
		return false;
	memcpy(out->b, p, HASH_BYTES);
	return true;
}

static enum err
outbox_load_chain(struct outbox *o, struct diag *d)
{
	sqlite3_stmt *q = o->query[Q_CHAIN_READ];
	struct outbox_chain *c = &o->committed;
	int rc = sqlite3_step(q);
	bool ok = false;

	if (rc == SQLITE_ROW) {
		c->epoch = (uint64_t)sqlite3_column_int64(q, 0);
		c->seq = (uint64_t)sqlite3_column_int64(q, 1);
		c->acked = (uint64_t)sqlite3_column_int64(q, 3);
		ok = outbox_column_hash(q, 2, &c->head) &&
		     outbox_column_hash(q, 4, &c->acked_head) &&
		     c->acked <= c->seq && c->epoch > 0;
	}
	outbox_reset(o, Q_CHAIN_READ);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return outbox_fail(o, rc, d);
	if (!ok)
		return diag_fail(d, ERR_DB, "edge 7",
		    "outbox: the chain's row is missing or damaged");
	o->chain = *c;
	return ERR_OK;
}

static enum err
outbox_prepare(struct outbox *o, struct diag *d)
{
	for (unsigned i = 0; i < QUERIES; i++) {
		int rc = sqlite3_prepare_v3(o->db, query_text[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &o->query[i], NULL);
		if (rc != SQLITE_OK)
			return outbox_fail(o, rc, d);
	}
	return ERR_OK;
}

/* One query asked once, at open: its first row's columns. */
static enum err
outbox_ask(struct outbox *o, const char *sql, int64_t *numbers, unsigned n,
    bool *ok, struct diag *d)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(o->db, sql, -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc != SQLITE_ROW) {
		enum err e = outbox_fail(o, rc, d);
		(void)sqlite3_finalize(q);
		return e == ERR_OK ? ERR_DB : e;
	}
	for (unsigned i = 0; i < n; i++)
		numbers[i] = sqlite3_column_int64(q, (int)i);
	if (ok != NULL) {
		const unsigned char *t = sqlite3_column_text(q, 0);
		*ok = t != NULL && t[0] == 'o' && t[1] == 'k' && t[2] == '\0';
		if (!*ok)
			(void)diag_fail(d, ERR_DB, "edge 7", "outbox: %s",
			    t != NULL ? (const char *)t : "no answer");
	}
	(void)sqlite3_finalize(q);
	return ERR_OK;
}

/* Pages are whole, and the rows are exactly acked + 1 … seq. */
static enum err
outbox_check(struct outbox *o, struct diag *d)
{
	int64_t range[3] = { 0, 0, 0 };
	const struct outbox_chain *c = &o->committed;
	uint64_t rows = c->seq - c->acked;
	bool ok = false;
	enum err e = outbox_ask(o, sql_quick_check, NULL, 0, &ok, d);

	if (e == ERR_OK && !ok)
		return ERR_DB;
	if (e == ERR_OK)
		e = outbox_ask(o, sql_statement_range, range, 3, NULL, d);
	if (e != ERR_OK)
		return e;
	if ((uint64_t)range[0] != rows ||
	    (rows > 0 && ((uint64_t)range[1] != c->acked + 1 ||
			     (uint64_t)range[2] != c->seq)))
		return diag_fail(d, ERR_DB, "edge 7",
		    "outbox: got %lld rows %lld to %lld, wanted %llu to %llu",
		    (long long)range[0], (long long)range[1],
		    (long long)range[2], (unsigned long long)(c->acked + 1),
		    (unsigned long long)c->seq);
	return ERR_OK;
}

static enum err
outbox_path(char out[PATH_MAX], const char *folder, const char *sub,
    const char *name, const char *suffix, struct diag *d)
{
	int n = snprintf(
	    out, PATH_MAX, "%s%s/%s.outbox%s", folder, sub, name, suffix);

	if (n < 0 || n >= PATH_MAX)
		return diag_fail(d, ERR_CONFIG, "", "state: path is too long");
	return ERR_OK;
}

/* Moves the file and its write-ahead log away, so that an operator can look
 * at them; what cannot be moved stays and is refused again. */
static void
outbox_quarantine(const char *folder, const char *name)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char from[PATH_MAX], to[PATH_MAX];

	if (snprintf(to, sizeof(to), "%s/quarantine", folder) < (int)sizeof(to))
		(void)mkdir(to, 0700);
	for (unsigned i = 0; i < 3; i++) {
		if (outbox_path(from, folder, "", name, suffixes[i], NULL) ==
			ERR_OK &&
		    outbox_path(to, folder, "/quarantine", name, suffixes[i],
			NULL) == ERR_OK)
			(void)rename(from, to);
	}
}

static enum err
outbox_connect(struct outbox *o, const char *path, int flags, const char *sql,
    struct diag *d)
{
	int rc =
	    sqlite3_open_v2(path, &o->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	/* The default lookaside takes 120 KB a connection; our few queries
	 * are prepared once. */
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(
		    o->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 128, 64);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(o->db, 2000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(o->db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return outbox_fail(o, rc, d);
	enum err e = outbox_prepare(o, d);
	return e != ERR_OK ? e : outbox_load_chain(o, d);
}

enum err
outbox_open(struct outbox **out, const char *folder, const char *name,
    const struct outbox_limits *limits, struct diag *d)
{
	char path[PATH_MAX], away[PATH_MAX];
	struct outbox *o;
	enum err e = outbox_path(path, folder, "", name, "", d);

	if (e == ERR_OK)
		e = outbox_path(away, folder, "/quarantine", name, "", d);
	if (e != ERR_OK)
		return e;
	if (access(away, F_OK) == 0)
		return diag_fail(d, ERR_STATE, "formats 2.3",
		    "outbox of %s lies in quarantine; its chain goes on in a "
		    "new epoch only",
		    name);
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return diag_fail(d, ERR_NOMEM, "", "outbox: no memory");
	o->limits = *limits;
	e = outbox_connect(
	    o, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, sql_open, d);
	if (e == ERR_OK)
		e = outbox_check(o, d);
	if (e != ERR_OK) {
		outbox_close(o);
		if (e == ERR_DB)
			outbox_quarantine(folder, name);
		return e;
	}
	*out = o;
	return ERR_OK;
}

enum err
outbox_open_readonly(
    struct outbox **out, const char *folder, const char *name, struct diag *d)
{
	char path[PATH_MAX];
	struct outbox *o;
	enum err e = outbox_path(path, folder, "", name, "", d);

	if (e != ERR_OK)
		return e;
	if (access(path, F_OK) != 0)
		return diag_fail(
		    d, ERR_NOT_FOUND, "", "outbox of %s: none", name);
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return diag_fail(d, ERR_NOMEM, "", "outbox: no memory");
	e = outbox_connect(
	    o, path, SQLITE_OPEN_READWRITE, sql_open_readonly, d);
	if (e != ERR_OK) {
		outbox_close(o);
		return e;
	}
	*out = o;
	return ERR_OK;
}

void
outbox_close(struct outbox *o)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < QUERIES; i++)
		(void)sqlite3_finalize(o->query[i]);
	(void)sqlite3_close(o->db);
	free(o);
}

const struct outbox_chain *
outbox_chain(const struct outbox *o)
{
	return &o->chain;
}

enum err
outbox_begin(struct outbox *o, struct diag *d)
{
	int rc = outbox_run(o, Q_BEGIN);

	if (rc != SQLITE_DONE)
		return outbox_fail(o, rc, d);
	o->doomed = ERR_OK;
	o->pages = outbox_number(o, Q_PAGES_USED);
	return ERR_OK;
}

enum err
outbox_add(struct outbox *o, const struct hash *hash, struct span bytes,
    struct diag *d)
{
	/* Never fewer pages than it will take; begin counts anew. */
	uint64_t pages = bytes.n / (PAGE_BYTES - 100) + 1;
	sqlite3_stmt *q = o->query[Q_ADD];
	int rc;

	if (o->doomed != ERR_OK)
		return diag_fail(
		    d, o->doomed, "edge 7", "outbox: an earlier write failed");
	if (o->chain.seq - o->chain.acked >= o->limits.rows)
		return diag_fail(d, ERR_FULL, "edge 7",
		    "outbox holds %llu statements, its limit",
		    (unsigned long long)o->limits.rows);
	if ((o->pages + pages) * PAGE_BYTES > o->limits.bytes)
		return diag_fail(d, ERR_FULL, "edge 7",
		    "outbox takes %llu bytes, its limit",
		    (unsigned long long)o->limits.bytes);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)(o->chain.seq + 1));
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)o->chain.epoch);
	(void)sqlite3_bind_blob(q, 3, hash->b, HASH_BYTES, SQLITE_STATIC);
	(void)sqlite3_bind_blob64(q, 4, bytes.p, bytes.n, SQLITE_STATIC);
	rc = outbox_run(o, Q_ADD);
	if (rc != SQLITE_DONE) {
		/* SQLite may have rolled back by itself: never go on. */
		o->doomed = outbox_fail(o, rc, d);
		return o->doomed;
	}
	o->pages += pages;
	o->chain.seq++;
	o->chain.head = *hash;
	return ERR_OK;
}

/* Runs a query of the open batch that takes a mark first. */
static enum err
outbox_with_mark(
    struct outbox *o, enum query q, const struct hash *mark, struct diag *d)
{
	int rc;

	if (o->doomed != ERR_OK) {
		outbox_reset(o, q);
		return diag_fail(
		    d, o->doomed, "edge 7", "outbox: an earlier write failed");
	}
	(void)sqlite3_bind_blob(
	    o->query[q], 1, mark->b, HASH_BYTES, SQLITE_STATIC);
	rc = outbox_run(o, q);
	if (rc != SQLITE_DONE)
		o->doomed = outbox_fail(o, rc, d);
	return o->doomed;
}

enum err
outbox_mark(
    struct outbox *o, const struct hash *mark, uint64_t seq, struct diag *d)
{
	(void)sqlite3_bind_int64(o->query[Q_MARK], 2, (sqlite3_int64)seq);
	return outbox_with_mark(o, Q_MARK, mark, d);
}

enum err
outbox_unmark(struct outbox *o, const struct hash *mark, struct diag *d)
{
	return outbox_with_mark(o, Q_UNMARK, mark, d);
}

enum err
outbox_marked(
    struct outbox *o, const struct hash *mark, uint64_t *seq, struct diag *d)
{
	sqlite3_stmt *q = o->query[Q_MARKED];
	enum err e = ERR_OK;
	int rc;

	(void)sqlite3_bind_blob(q, 1, mark->b, HASH_BYTES, SQLITE_STATIC);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*seq = (uint64_t)sqlite3_column_int64(q, 0);
	else if (rc == SQLITE_DONE)
		e = diag_fail(d, ERR_NOT_FOUND, "", "outbox: no such mark");
	else
		e = outbox_fail(o, rc, d);
	outbox_reset(o, Q_MARKED);
	return e;
}

static int
outbox_write_chain(struct outbox *o)
{
	sqlite3_stmt *q = o->query[Q_CHAIN_WRITE];
	const struct outbox_chain *c = &o->chain;

	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)c->epoch);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)c->seq);
	(void)sqlite3_bind_blob(q, 3, c->head.b, HASH_BYTES, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 4, (sqlite3_int64)c->acked);
	(void)sqlite3_bind_blob(
	    q, 5, c->acked_head.b, HASH_BYTES, SQLITE_STATIC);
	return outbox_run(o, Q_CHAIN_WRITE);
}

void
outbox_rollback(struct outbox *o)
{
	if (sqlite3_get_autocommit(o->db) == 0)
		(void)outbox_run(o, Q_ROLLBACK);
	o->doomed = ERR_OK;
	o->chain = o->committed;
}

/* Ends the open transaction; rc so far decides which way. */
static enum err
outbox_end(struct outbox *o, int rc, struct diag *d)
{
	if (rc == SQLITE_DONE)
		rc = outbox_run(o, Q_COMMIT);
	if (rc != SQLITE_DONE) {
		enum err e = outbox_fail(o, rc, d);
		outbox_rollback(o);
		return e;
	}
	o->committed = o->chain;
	return ERR_OK;
}

enum err
outbox_commit(struct outbox *o, struct diag *d)
{
	if (o->doomed != ERR_OK) {
		enum err e = diag_fail(d, o->doomed, "edge 7",
		    "outbox: the batch could not be written");
		outbox_rollback(o);
		return e;
	}
	return outbox_end(o, outbox_write_chain(o), d);
}

static enum err
outbox_copy(struct outbox *o, enum query q, struct buf *out, const char *what,
    struct diag *d)
{
	int rc = sqlite3_step(o->query[q]);
	enum err e = ERR_OK;

	if (rc == SQLITE_ROW) {
		buf_put(out, span_of(sqlite3_column_blob(o->query[q], 0),
				 (size_t)sqlite3_column_bytes(o->query[q], 0)));
		e = buf_error(out);
	} else if (rc == SQLITE_DONE) {
		e = diag_fail(d, ERR_NOT_FOUND, "", "outbox: no such %s", what);
	} else {
		e = outbox_fail(o, rc, d);
	}
	outbox_reset(o, q);
	return e;
}

enum err
outbox_read(struct outbox *o, uint64_t seq, struct buf *out, struct diag *d)
{
	(void)sqlite3_bind_int64(o->query[Q_READ], 1, (sqlite3_int64)seq);
	return outbox_copy(o, Q_READ, out, "statement", d);
}

enum err
outbox_hash(struct outbox *o, uint64_t seq, struct hash *out, struct diag *d)
{
	sqlite3_stmt *q = o->query[Q_HASH];
	bool found;

	if (seq == o->committed.acked) {
		*out = o->committed.acked_head;
		return ERR_OK;
	}
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)seq);
	found = sqlite3_step(q) == SQLITE_ROW && outbox_column_hash(q, 0, out);
	outbox_reset(o, Q_HASH);
	if (!found)
		return diag_fail(d, ERR_NOT_FOUND, "",
		    "outbox: no statement %llu", (unsigned long long)seq);
	return ERR_OK;
}

static int
outbox_write_receipt(
    struct outbox *o, enum outbox_receipt kind, struct span receipt)
{
	sqlite3_stmt *q = o->query[Q_RECEIPT_WRITE];

	(void)sqlite3_bind_int64(q, 1, kind);
	(void)sqlite3_bind_blob64(q, 2, receipt.p, receipt.n, SQLITE_STATIC);
	return outbox_run(o, Q_RECEIPT_WRITE);
}

enum err
outbox_settle(
    struct outbox *o, uint64_t upto, struct span receipt, struct diag *d)
{
	struct hash head;
	enum err e = outbox_hash(o, upto, &head, d);
	int rc;

	if (e != ERR_OK)
		return e;
	if ((rc = outbox_run(o, Q_BEGIN)) != SQLITE_DONE)
		return outbox_fail(o, rc, d);
	o->chain.acked = upto;
	o->chain.acked_head = head;
	(void)sqlite3_bind_int64(o->query[Q_DELETE], 1, (sqlite3_int64)upto);
	rc = outbox_run(o, Q_DELETE);
	if (rc == SQLITE_DONE)
		rc = outbox_write_chain(o);
	if (rc == SQLITE_DONE)
		rc = outbox_write_receipt(o, OUTBOX_RECEIPT_NEWEST, receipt);
	e = outbox_end(o, rc, d);
	/* A disk that was filled by a long outage is given back. */
	if (e == ERR_OK && o->chain.acked == o->chain.seq &&
	    outbox_number(o, Q_PAGES_FREE) > SHRINK_PAGES)
		(void)outbox_run(o, Q_SHRINK);
	return e;
}

enum err
outbox_keep(struct outbox *o, enum outbox_receipt kind, struct span receipt,
    struct diag *d)
{
	int rc = outbox_write_receipt(o, kind, receipt);

	return rc == SQLITE_DONE ? ERR_OK : outbox_fail(o, rc, d);
}

enum err
outbox_kept(
    struct outbox *o, enum outbox_receipt kind, struct buf *out, struct diag *d)
{
	(void)sqlite3_bind_int64(o->query[Q_RECEIPT_READ], 1, kind);
	return outbox_copy(o, Q_RECEIPT_READ, out, "receipt", d);
}

enum err
outbox_adopt(
    struct outbox *o, uint64_t epoch, const struct hash *head, struct diag *d)
{
	int rc;

	if (o->chain.seq != 0)
		return diag_fail(d, ERR_STATE, "formats 2.3",
		    "outbox: %llu statements of epoch %llu are stored",
		    (unsigned long long)o->chain.seq,
		    (unsigned long long)o->chain.epoch);
	if ((rc = outbox_run(o, Q_BEGIN)) != SQLITE_DONE)
		return outbox_fail(o, rc, d);
	o->chain.epoch = epoch;
	o->chain.head = *head;
	o->chain.acked_head = *head;
	return outbox_end(o, outbox_write_chain(o), d);
}

enum err
outbox_home_read(struct outbox *o, struct outbox_home *out, struct diag *d)
{
	int64_t row[2] = { OUTBOX_HERE, 0 };

	/* A look beside a running agent of an older release finds no table. */
	if (sqlite3_table_column_metadata(o->db, NULL, "home", NULL, NULL, NULL,
		NULL, NULL, NULL) == SQLITE_OK) {
		enum err e = outbox_ask(o, sql_home_read, row, 2, NULL, d);
		if (e != ERR_OK)
			return e;
	}
	if (row[0] < OUTBOX_HERE || row[0] > OUTBOX_ARRIVING || row[1] < 0)
		return diag_fail(d, ERR_DB, "edge 7",
		    "outbox: place %lld after %lld moves is none",
		    (long long)row[0], (long long)row[1]);
	out->place = (enum outbox_place)row[0];
	out->moves = (uint64_t)row[1];
	return ERR_OK;
}

enum err
outbox_home_write(
    struct outbox *o, const struct outbox_home *home, struct diag *d)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(o->db, sql_home_write, -1, &q, NULL);
	enum err e = ERR_OK;

	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_int64(q, 1, home->place);
		(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)home->moves);
		rc = sqlite3_step(q);
	}
	if (rc != SQLITE_DONE)
		e = o->doomed = outbox_fail(o, rc, d);
	(void)sqlite3_finalize(q);
	return e;
}

enum err
outbox_rebase(struct outbox *o, uint64_t epoch, uint64_t acked,
    const struct hash *acked_head, struct span receipt, struct diag *d)
{
	struct outbox_chain *c = &o->chain;
	int rc;

	(void)sqlite3_bind_int64(o->query[Q_DELETE], 1, (sqlite3_int64)acked);
	rc = outbox_run(o, Q_DELETE);
	if (rc == SQLITE_DONE && receipt.n > 0)
		rc = outbox_write_receipt(o, OUTBOX_RECEIPT_NEWEST, receipt);
	if (rc != SQLITE_DONE) {
		o->doomed = outbox_fail(o, rc, d);
		return o->doomed;
	}
	o->pages = outbox_number(o, Q_PAGES_USED);
	c->epoch = epoch;
	c->acked = acked;
	c->acked_head = *acked_head;
	if (c->seq <= acked) {
		c->seq = acked;
		c->head = *acked_head;
	}
	return ERR_OK;
}

uint64_t
outbox_bytes(struct outbox *o)
{
	return outbox_number(o, Q_PAGES_USED) * PAGE_BYTES;
}
