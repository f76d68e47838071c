/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "base/clock.h"

#include "base/banned.h"

#define COPY_CHUNK 65536
/* The server ends a statement at the timeout itself; we wait a little longer
 * for its word before the connection counts as lost. */
#define GRACE_MS 1000
#define ENCLOSING 3 /* settings of a transaction … */
#define ENCLOSED 12 /* … and steps that it encloses */

struct pg {
	PGconn *conn;
	int timeout_ms;
	int64_t deadline_ms; /* monotonic */
	bool broken;         /* out of step or gone: only pg_close() is left */
	struct pg_statement settings[ENCLOSING]; /* pg_enclose() */
	size_t setting_count;
};

struct pg_result {
	PGresult *res;
};

const struct pg_statement pg_begin = { NULL, "BEGIN", PG_NONE };
const struct pg_statement pg_commit = { NULL, "COMMIT", PG_NONE };
const struct pg_statement pg_rollback = { NULL, "ROLLBACK", PG_NONE };

/* ---- failures ---- */
static enum err
lost(struct pg *p, const char *what, struct diag *d)
{
	const char *text = PQerrorMessage(p->conn);
	size_t n = strcspn(text, "\n");

	p->broken = true;
	return diag_fail(d, ERR_DB, "", "%s: %.*s", what,
	    (int)(n > 150 ? 150 : n), n == 0 ? "connection lost" : text);
}

static enum err
late(struct pg *p, const char *what, struct diag *d)
{
	p->broken = true;
	return diag_fail(d, ERR_TIMEOUT, "",
	    "%s: no answer from the database within %d ms", what,
	    p->timeout_ms);
}

/* The one place where the server's codes become ours. */
static enum err
code_of(const char *sqlstate)
{
	static const struct {
		const char *state;
		enum err code;
	} rows[] = {
		{ "57014", ERR_TIMEOUT }, /* query_canceled */
		{ "55P03", ERR_TIMEOUT }, /* lock_not_available */
		{ "25P03", ERR_TIMEOUT }, /* idle_in_transaction timeout */
		{ "23505", ERR_EXISTS },  /* unique_violation */
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].state, sqlstate) == 0)
			return rows[i].code;
	}
	return ERR_DB;
}

static enum err
refused(struct pg *p, const char *what, const PGresult *res, struct diag *d)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	if (PQstatus(p->conn) == CONNECTION_BAD || state == NULL)
		return lost(p, what, d);
	/* the start of an unnamed statement's text leaves room for the reason
	 */
	return diag_fail(d, code_of(state), "", "%.32s: %s (SQLSTATE %s)", what,
	    text != NULL ? text : "refused", state);
}

static const char *
name_of(const struct pg_statement *s)
{
	return s->name != NULL ? s->name : s->sql;
}

/* ---- waiting ---- */
void
pg_deadline(struct pg *p)
{
	p->deadline_ms = clock_mono_ms() + p->timeout_ms + GRACE_MS;
}

/* false when the deadline has passed. */
static bool
wait_for(struct pg *p, short events)
{
	struct pollfd f = { .fd = PQsocket(p->conn), .events = events };
	int64_t left = p->deadline_ms - clock_mono_ms();
	int n;

	if (left <= 0)
		return false;
	do
		n = poll(&f, 1, left > INT_MAX ? INT_MAX : (int)left);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Sends what waits until at most `rest` goes on unsent, reading meanwhile. */
static enum err
send_all(struct pg *p, const char *what, struct diag *d)
{
	int pending;

	while ((pending = PQflush(p->conn)) == 1) {
		if (!wait_for(p, POLLIN | POLLOUT))
			return late(p, what, d);
		if (PQconsumeInput(p->conn) == 0)
			return lost(p, what, d);
	}
	return pending == 0 ? ERR_OK : lost(p, what, d);
}

/* The next result, NULL where libpq says a statement's results are over. */
static enum err
take(struct pg *p, PGresult **res, const char *what, struct diag *d)
{
	*res = NULL;
	while (PQisBusy(p->conn)) {
		int pending = PQflush(p->conn);

		if (pending < 0)
			return lost(p, what, d);
		if (!wait_for(p, pending ? POLLIN | POLLOUT : POLLIN))
			return late(p, what, d);
		if (PQconsumeInput(p->conn) == 0)
			return lost(p, what, d);
	}
	*res = PQgetResult(p->conn);
	return ERR_OK;
}

/* ---- connection ---- */
static void
quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static enum err
connect_poll(struct pg *p, struct diag *d)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	while (state != PGRES_POLLING_OK) {
		if (state == PGRES_POLLING_FAILED)
			return lost(p, "connect", d);
		if (!wait_for(
			p, state == PGRES_POLLING_READING ? POLLIN : POLLOUT))
			return late(p, "connect", d);
		state = PQconnectPoll(p->conn);
	}
	return ERR_OK;
}

enum err
pg_open(struct pg **out, const char *conninfo, const char *program,
    int timeout_ms, struct diag *d)
{
	const char *const keys[] = { "dbname", "fallback_application_name",
		"client_encoding", NULL };
	const char *const values[] = { conninfo, program, "UTF8", NULL };
	struct pg *p = calloc(1, sizeof(*p));
	enum err e;

	*out = NULL;
	if (p == NULL)
		return diag_fail(d, ERR_NOMEM, "", "connect: out of memory");
	p->timeout_ms = timeout_ms;
	pg_deadline(p);
	p->conn = PQconnectStartParams(keys, values, 1);
	if (p->conn == NULL) {
		e = diag_fail(d, ERR_NOMEM, "", "connect: out of memory");
		goto err;
	}
	PQsetNoticeProcessor(p->conn, quiet, NULL);
	if (PQstatus(p->conn) == CONNECTION_BAD) {
		e = lost(p, "connect", d);
		goto err;
	}
	if ((e = connect_poll(p, d)) != ERR_OK)
		goto err;
	if (PQsetnonblocking(p->conn, 1) != 0) {
		e = lost(p, "connect", d);
		goto err;
	}
	*out = p;
	return ERR_OK;
err:
	pg_close(p);
	return e;
}

void
pg_close(struct pg *p)
{
	if (p == NULL)
		return;
	if (p->conn != NULL)
		PQfinish(p->conn);
	free(p);
}

int
pg_fd(const struct pg *p)
{
	return PQsocket(p->conn);
}

/* ---- statements ---- */
static enum err
usable(const struct pg *p, const char *what, struct diag *d)
{
	if (p->broken)
		return diag_fail(d, ERR_DB, "",
		    "%s: the connection is gone, reopen it", what);
	return ERR_OK;
}

static int
send_step(struct pg *p, const struct pg_step *s)
{
	static const struct pg_args none = { .n = 0 };
	int binary[PG_ARGS];
	const struct pg_args *a = s->args != NULL ? s->args : &none;
	const char *values[PG_ARGS];

	for (int i = 0; i < a->n; i++) {
		binary[i] = 1;
		values[i] =
		    a->number[i] ? (const char *)a->space[i] : a->values[i];
	}

	if (s->statement->name != NULL)
		return PQsendQueryPrepared(p->conn, s->statement->name, a->n,
		    values, a->lengths, binary, 1);
	return PQsendQueryParams(p->conn, s->statement->sql, a->n, NULL, values,
	    a->lengths, binary, 1);
}

static enum err
check_shape(struct pg *p, const struct pg_statement *s, const PGresult *res,
    struct diag *d)
{
	ExecStatusType status = PQresultStatus(res);
	int rows = PQntuples(res);

	if (status == PGRES_PIPELINE_ABORTED)
		return diag_fail(d, ERR_DB, "", "%s: not run", name_of(s));
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		return refused(p, name_of(s), res, d);
	if ((status == PGRES_TUPLES_OK) != (s->shape != PG_NONE))
		return diag_fail(d, ERR_DB, "",
		    "%s: got another shape of "
		    "answer than wanted",
		    name_of(s));
	if (s->shape == PG_ONE && rows == 0)
		return diag_fail(
		    d, ERR_NOT_FOUND, "", "%s: no such row", name_of(s));
	if (s->shape == PG_ONE && rows > 1)
		return diag_fail(d, ERR_DB, "", "%s: got %d rows, wanted one",
		    name_of(s), rows);
	return ERR_OK;
}

static enum err
keep(struct pg_result **out, PGresult *res, struct diag *d)
{
	struct pg_result *r = malloc(sizeof(*r));

	if (r == NULL)
		return diag_fail(d, ERR_NOMEM, "", "result: out of memory");
	r->res = res;
	*out = r;
	return ERR_OK;
}

/*
 * Results of one step of a pipeline: one result and then NULL. *first keeps
 * the first failure, later ones are only read; the return value is for a
 * connection that is out of step.
 */
static enum err
read_step(
    struct pg *p, const struct pg_step *s, enum err *first, struct diag *d)
{
	struct diag *told = *first == ERR_OK ? d : NULL;
	PGresult *res, *end;
	enum err e, shape;

	if ((e = take(p, &res, name_of(s->statement), told)) != ERR_OK)
		return e;
	if (res == NULL)
		return lost(p, name_of(s->statement), told);
	shape = check_shape(p, s->statement, res, told);
	if (shape == ERR_OK && s->out != NULL)
		shape = keep(s->out, res, told);
	if (shape != ERR_OK || s->out == NULL)
		PQclear(res);
	if (*first == ERR_OK)
		*first = shape;
	if (p->broken)
		return shape;
	if ((e = take(p, &end, name_of(s->statement), told)) != ERR_OK)
		return e;
	if (end == NULL)
		return ERR_OK;
	PQclear(end);
	return lost(p, name_of(s->statement), told);
}

static enum err
read_sync(struct pg *p, struct diag *d)
{
	PGresult *res;
	bool right;
	enum err e = take(p, &res, "sync", d);

	if (e != ERR_OK)
		return e;
	right = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
	PQclear(res);
	if (!right || PQexitPipelineMode(p->conn) == 0)
		return lost(p, "sync", d);
	return ERR_OK;
}

static enum err
run(struct pg *p, const struct pg_step *steps, size_t n, struct diag *d)
{
	const char *what = name_of(steps[0].statement);
	enum err first = ERR_OK, e;

	if ((e = usable(p, what, d)) != ERR_OK)
		return e;
	if (PQenterPipelineMode(p->conn) == 0)
		return lost(p, what, d);
	for (size_t i = 0; i < n; i++) {
		if (send_step(p, &steps[i]) == 0)
			return lost(p, what, d);
	}
	if (PQpipelineSync(p->conn) == 0)
		return lost(p, what, d);
	for (size_t i = 0; i < n; i++) {
		e = read_step(p, &steps[i], &first, d);
		if (e != ERR_OK)
			return first != ERR_OK ? first : e;
	}
	e = read_sync(p, first == ERR_OK ? d : NULL);
	return first != ERR_OK ? first : e;
}

void
pg_enclose(struct pg *p, const char *const *settings, size_t n)
{
	assert(n <= ENCLOSING);
	for (size_t i = 0; i < n; i++)
		p->settings[i] =
		    (struct pg_statement){ NULL, settings[i], PG_NONE };
	p->setting_count = n;
}

static enum err
run_enclosed(
    struct pg *p, const struct pg_step *steps, size_t n, struct diag *d)
{
	struct pg_step all[ENCLOSED + ENCLOSING + 2];
	bool own = strncmp(steps[0].statement->sql, "BEGIN", 5) != 0;
	size_t k = 0;
	enum err e;

	if (n > ENCLOSED)
		return diag_fail(d, ERR_LIMIT, "", "%zu statements, at most %d",
		    n, ENCLOSED);
	all[k++] = own ? (struct pg_step){ &pg_begin, NULL, NULL } : steps[0];
	for (size_t i = 0; i < p->setting_count; i++)
		all[k++] = (struct pg_step){ &p->settings[i], NULL, NULL };
	for (size_t i = own ? 0 : 1; i < n; i++)
		all[k++] = steps[i];
	if (own)
		all[k++] = (struct pg_step){ &pg_commit, NULL, NULL };
	e = run(p, all, k, d);
	if (e != ERR_OK && own)
		pg_abandon(p);
	return p->broken ? ERR_DB : e;
}

enum err
pg_run(struct pg *p, const struct pg_step *steps, size_t n, struct diag *d)
{
	bool alone = PQtransactionStatus(p->conn) == PQTRANS_IDLE;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		if (steps[i].out != NULL)
			*steps[i].out = NULL;
	}
	if (p->setting_count > 0 && alone)
		e = run_enclosed(p, steps, n, d);
	else
		e = run(p, steps, n, d);
	if (e == ERR_OK)
		return ERR_OK;
	for (size_t i = 0; i < n; i++) {
		if (steps[i].out != NULL) {
			pg_free(*steps[i].out);
			*steps[i].out = NULL;
		}
	}
	return e;
}

/* Reads results to their end; the first that is not `wanted` fails. */
static enum err
drain(struct pg *p, ExecStatusType wanted, const char *what, struct diag *d)
{
	enum err first = ERR_OK, e;
	PGresult *res;

	while (
	    (e = take(p, &res, what, first == ERR_OK ? d : NULL)) == ERR_OK &&
	    res != NULL) {
		ExecStatusType got = PQresultStatus(res);

		if (first == ERR_OK && got != wanted && got != PGRES_TUPLES_OK)
			first = refused(p, what, res, d);
		PQclear(res);
		if (p->broken)
			break;
	}
	return first != ERR_OK ? first : e;
}

enum err
pg_prepare(struct pg *p, const struct pg_statement *s, size_t n, struct diag *d)
{
	static const struct pg_statement prepare = { "prepare", "", PG_NONE };
	enum err first = ERR_OK, e;

	if ((e = usable(p, "prepare", d)) != ERR_OK)
		return e;
	pg_deadline(p);
	if (PQenterPipelineMode(p->conn) == 0)
		return lost(p, "prepare", d);
	for (size_t i = 0; i < n; i++) {
		if (PQsendPrepare(p->conn, s[i].name, s[i].sql, 0, NULL) == 0)
			return lost(p, s[i].name, d);
	}
	if (PQpipelineSync(p->conn) == 0)
		return lost(p, "prepare", d);
	for (size_t i = 0; i < n; i++) {
		struct pg_step step = { &prepare, NULL, NULL };

		e = read_step(p, &step, &first, d);
		if (e != ERR_OK)
			return first != ERR_OK ? first : e;
	}
	e = read_sync(p, first == ERR_OK ? d : NULL);
	return first != ERR_OK ? first : e;
}

static enum err
copy_data(struct pg *p, const char *what, struct span data, struct diag *d)
{
	while (data.n > 0) {
		size_t n = data.n < COPY_CHUNK ? data.n : COPY_CHUNK;
		enum err e;

		if (PQputCopyData(p->conn, (const char *)data.p, (int)n) != 1)
			return lost(p, what, d);
		/* Keeps libpq's own buffer at one piece. */
		if ((e = send_all(p, what, d)) != ERR_OK)
			return e;
		data = span_skip(data, n);
	}
	return ERR_OK;
}

enum err
pg_copy(struct pg *p, const struct pg_statement *s, const struct span *pieces,
    size_t n, struct diag *d)
{
	const char *what = name_of(s);
	PGresult *res;
	ExecStatusType got;
	enum err e;

	if ((e = usable(p, what, d)) != ERR_OK)
		return e;
	if (PQsendQuery(p->conn, s->sql) == 0)
		return lost(p, what, d);
	if ((e = take(p, &res, what, d)) != ERR_OK)
		return e;
	got = PQresultStatus(res);
	if (got != PGRES_COPY_IN) {
		e = refused(p, what, res, d);
		PQclear(res);
		if (!p->broken)
			(void)drain(p, PGRES_COMMAND_OK, what, NULL);
		return e;
	}
	PQclear(res);
	for (size_t i = 0; i < n; i++) {
		if ((e = copy_data(p, what, pieces[i], d)) != ERR_OK)
			return e;
	}
	if (PQputCopyEnd(p->conn, NULL) != 1)
		return lost(p, what, d);
	return drain(p, PGRES_COMMAND_OK, what, d);
}

enum err
pg_script(struct pg *p, const char *sql, struct diag *d)
{
	enum err e = usable(p, "script", d);

	if (e != ERR_OK)
		return e;
	if (PQsendQuery(p->conn, sql) == 0)
		return lost(p, "script", d);
	return drain(p, PGRES_COMMAND_OK, "script", d);
}

void
pg_abandon(struct pg *p)
{
	const struct pg_step step = { &pg_rollback, NULL, NULL };
	PGTransactionStatusType state = PQtransactionStatus(p->conn);

	if (p->broken)
		return;
	if (state == PQTRANS_INTRANS || state == PQTRANS_INERROR) {
		pg_deadline(p);
		if (pg_run(p, &step, 1, NULL) != ERR_OK)
			p->broken = true;
	} else if (state != PQTRANS_IDLE) {
		p->broken = true;
	}
}

/* ---- results ---- */
void
pg_free(struct pg_result *r)
{
	if (r == NULL)
		return;
	PQclear(r->res);
	free(r);
}

size_t
pg_rows(const struct pg_result *r)
{
	return (size_t)PQntuples(r->res);
}

bool
pg_null(const struct pg_result *r, size_t row, int column)
{
	return PQgetisnull(r->res, (int)row, column) != 0;
}

struct span
pg_span(const struct pg_result *r, size_t row, int column)
{
	return span_of(PQgetvalue(r->res, (int)row, column),
	    (size_t)PQgetlength(r->res, (int)row, column));
}

int64_t
pg_int(const struct pg_result *r, size_t row, int column)
{
	struct span s = pg_span(r, row, column);
	uint64_t v = s.n > 0 && (s.p[0] & 0x80) != 0 ? UINT64_MAX : 0;

	assert(s.n <= 8);
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return (int64_t)v;
}

bool
pg_bool(const struct pg_result *r, size_t row, int column)
{
	struct span s = pg_span(r, row, column);

	return s.n == 1 && s.p[0] == 1;
}

bool
pg_hash(struct hash *out, const struct pg_result *r, size_t row, int column)
{
	struct span s = pg_span(r, row, column);

	if (s.n != HASH_BYTES)
		return false;
	memcpy(out->b, s.p, HASH_BYTES);
	return true;
}

bool
pg_text(
    char *out, size_t cap, const struct pg_result *r, size_t row, int column)
{
	struct span s = pg_span(r, row, column);

	if (s.n >= cap || (s.n > 0 && memchr(s.p, 0, s.n) != NULL))
		return false;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}
