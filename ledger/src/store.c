/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

#include "store_internal.h"

#include "base/banned.h"

enum err
store_damaged(const char *what, struct diag *d)
{
	return diag_fail(
	    d, ERR_DB, "", "%s: the row is not what was written", what);
}

enum err
store_call(struct pg *pg, enum store_query q, const struct pg_args *args,
    struct pg_result **out, struct diag *d)
{
	const struct pg_step step = { &store_statements[q], args, out };

	pg_deadline(pg);
	return pg_run(pg, &step, 1, d);
}

struct pg_args
store_args(const struct store *s)
{
	struct pg_args a = { .n = 0 };

	pg_arg_i32(&a, s->log_id);
	return a;
}

struct span
store_subject_key(struct span subject, char space[STORE_SUBJECT_KEY])
{
	struct hash h;

	if (subject.n <= STORE_SUBJECT_MAX && utf8_valid(subject) &&
	    (subject.n == 0 || memchr(subject.p, 0, subject.n) == NULL))
		return subject;
	h = hash_bytes(subject);
	space[0] = '~';
	hex_print(space + 1, hash_span(&h));
	return span_of(space, 1 + 2 * HASH_BYTES);
}

/* ---- connection ---- */
enum err
store_connect(struct pg **out, const char *conninfo, const char *program,
    int timeout_ms, bool prepare, struct diag *d)
{
	struct pg_statement session = store_statements[Q_SESSION];
	struct pg_args args = { .n = 0 };
	struct pg_step step = { &session, &args, NULL };
	char text[16];
	enum err e;

	session.name = NULL;
	if ((e = pg_open(out, conninfo, program, timeout_ms, d)) != ERR_OK)
		return e;
	(void)snprintf(text, sizeof text, "%d", timeout_ms);
	pg_arg_text(&args, text);
	if ((e = pg_run(*out, &step, 1, d)) != ERR_OK)
		goto err;
	if (prepare &&
	    (e = pg_prepare(*out, store_statements, Q_PREPARED, d)) != ERR_OK)
		goto err;
	return ERR_OK;
err:
	pg_close(*out);
	*out = NULL;
	return e;
}

static enum err
find_log(struct store *s, const char *log, struct diag *d)
{
	struct pg_args a = { .n = 0 };
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_text(&a, log);
	e = store_call(s->pg, Q_LOG_FIND, &a, &r, d);
	if (e == ERR_NOT_FOUND)
		return diag_fail(d, e, "",
		    "log %.63s: not in this database, wanted one made by "
		    "`countermark init`",
		    log);
	if (e != ERR_OK)
		return e;
	s->log_id = (int32_t)pg_int(r, 0, 0);
	s->citus = pg_bool(r, 0, 2);
	if (!pg_text(s->origin, sizeof s->origin, r, 0, 1))
		e = store_damaged("log", d);
	pg_free(r);
	return e;
}

enum err
store_open(struct store **out, const struct store_options *o, struct diag *d)
{
	int timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : STORE_TIMEOUT_MS;
	struct store *s = calloc(1, sizeof(*s));
	enum err e;

	*out = NULL;
	if (s == NULL)
		return diag_fail(d, ERR_NOMEM, "", "store: out of memory");
	e = store_connect(&s->pg, o->conninfo, o->program, timeout_ms, true, d);
	if (e != ERR_OK)
		goto err;
	if ((e = find_log(s, o->log, d)) != ERR_OK)
		goto err;
	(void)snprintf(s->name, sizeof s->name, "%s", o->log);
	*out = s;
	return ERR_OK;
err:
	store_close(s);
	return e;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	pg_close(s->pg);
	free(s);
}

int
store_fd(const struct store *s)
{
	return pg_fd(s->pg);
}

/* ---- head ---- */
enum err
store_lock(struct store *s, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if (s->locked)
		return ERR_OK;
	if ((e = store_call(s->pg, Q_LOCK, &a, &r, d)) != ERR_OK)
		return e;
	s->locked = pg_bool(r, 0, 0);
	pg_free(r);
	if (s->locked)
		return ERR_OK;
	return diag_fail(
	    d, ERR_EXISTS, "", "log %s: another sequencer holds it", s->name);
}

enum err
store_take_over(struct store *s, struct store_head *out, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if (!s->locked)
		return diag_fail(d, ERR_STATE, "",
		    "log %s: wanted store_lock() first", s->name);
	if ((e = store_call(s->pg, Q_TAKE_OVER, &a, &r, d)) != ERR_OK)
		return e;
	pg_free(r);
	return store_read_head(s, out, d);
}

static enum err
head_of(struct store_head *out, const struct pg_result *r, struct diag *d)
{
	out->size = (uint64_t)pg_int(r, 0, 0);
	out->term = (uint64_t)pg_int(r, 0, 1);
	if (!pg_hash(&out->chain, r, 0, 2))
		return store_damaged("log_head", d);
	out->last_epoch = (uint64_t)pg_int(r, 0, 3);
	if (out->last_epoch == 0)
		return ERR_OK;
	if (pg_null(r, 0, 4) || !pg_hash(&out->last_epoch_leaf, r, 0, 4))
		return store_damaged("log_head.last_epoch", d);
	out->last_epoch_ms = pg_int(r, 0, 5);
	return ERR_OK;
}

enum err
store_read_head(struct store *s, struct store_head *out, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	memset(out, 0, sizeof(*out));
	if ((e = store_call(s->pg, Q_HEAD, &a, &r, d)) != ERR_OK)
		return e;
	e = head_of(out, r, d);
	pg_free(r);
	memcpy(out->origin, s->origin, sizeof out->origin);
	return e;
}

static enum err
term_over(const struct store *s, uint64_t term, struct diag *d)
{
	return diag_fail(d, ERR_FENCED, "", "log %s: term %" PRIu64 " is over",
	    s->name, term);
}

enum err
store_held(struct store *s, uint64_t term, struct diag *d)
{
	struct store_head h;
	enum err e = store_read_head(s, &h, d);

	if (e == ERR_OK && h.term != term)
		e = term_over(s, term, d);
	return e;
}

/* ---- checkpoints ---- */
/* Fenced by the term; what of the row is there already is told by its query. */
static enum err
put_checkpoint(struct store *s, enum store_query q, uint64_t term,
    const struct store_checkpoint *c, struct span note, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	bool held, other;
	enum err e;

	pg_arg_i64(&a, (int64_t)term);
	pg_arg_i64(&a, (int64_t)c->size);
	pg_arg_bytes(&a, hash_span(&c->root));
	pg_arg_i64(&a, c->at_ms);
	pg_arg_bytes(&a, note);
	if ((e = store_call(s->pg, q, &a, &r, d)) != ERR_OK)
		return e;
	held = pg_bool(r, 0, 0);
	other = pg_bool(r, 0, 1);
	pg_free(r);
	if (!held)
		return term_over(s, term, d);
	if (other)
		return diag_fail(d, ERR_REWIND, "formats 6.1",
		    "checkpoint of size %" PRIu64 ": another root is %s",
		    c->size,
		    q == Q_CHECKPOINT_PUT ? "published"
					  : "signed, or a larger size");
	return ERR_OK;
}

enum err
store_put_checkpoint(struct store *s, uint64_t term,
    const struct store_checkpoint *c, struct span note, struct diag *d)
{
	return put_checkpoint(s, Q_CHECKPOINT_PUT, term, c, note, d);
}

enum err
store_put_pending(struct store *s, uint64_t term,
    const struct store_checkpoint *c, struct span note, struct diag *d)
{
	return put_checkpoint(s, Q_CHECKPOINT_WAIT, term, c, note, d);
}

static enum err
read_checkpoint(struct store *s, enum store_query q, struct store_checkpoint *c,
    struct buf *note, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if ((e = store_call(s->pg, q, &a, &r, d)) != ERR_OK)
		return e;
	c->size = (uint64_t)pg_int(r, 0, 0);
	c->at_ms = pg_int(r, 0, 2);
	if (!pg_hash(&c->root, r, 0, 1)) {
		e = store_damaged("checkpoint", d);
	} else {
		buf_put(note, pg_span(r, 0, 3));
		e = buf_error(note);
	}
	pg_free(r);
	return e;
}

enum err
store_checkpoint(struct store *s, struct store_checkpoint *c, struct buf *note,
    struct diag *d)
{
	return read_checkpoint(s, Q_CHECKPOINT_LAST, c, note, d);
}

enum err
store_pending(struct store *s, struct store_checkpoint *c, struct buf *note,
    struct diag *d)
{
	return read_checkpoint(s, Q_CHECKPOINT_PENDING, c, note, d);
}

/* ---- partitions ---- */
enum err
store_partitions(
    struct store *s, uint64_t size, unsigned *spare, struct diag *d)
{
	struct pg_args a = { .n = 0 };
	struct pg_result *r = NULL;
	enum err e;

	*spare = 0;
	pg_arg_i64(&a, (int64_t)size);
	if ((e = store_call(s->pg, Q_PARTITIONS, &a, &r, d)) != ERR_OK)
		return e;
	*spare = (unsigned)pg_int(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}
