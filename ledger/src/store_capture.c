/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/capture.h"

#include "store_internal.h"

#include "base/banned.h"

#define SCAN_CHUNK 256
#define ARRAY_MAX ((size_t)64 << 20)
/* The columns of capture_find.sql and its like. */
enum column {
	C_ID,
	C_ORGANISATION,
	C_IDENTITY,
	C_CREATED,
	C_FINISHED,
	C_STATE,
	C_FORM,
	C_PROCEED,
	C_SUCCESS,
	C_EVENTS,
	C_DUPLICATES,
	C_REFUSED,
	C_ANCHOR_EPOCH,
	C_ANCHOR_SEQ,
	C_EPOCH,
	C_LAST_SEQ,
	C_LAST_INDEX,
	C_HANDED,
	C_BROKEN,
	C_ERRORS,
	C_LEFT_OUT,
	C_BODY,
};

/* ---- rows ---- */
static enum err
read_job(struct capture_job *j, const struct pg_result *r, size_t row,
    struct diag *d)
{
	if (!pg_text(j->id, sizeof j->id, r, row, C_ID) ||
	    !pg_text(j->organisation, sizeof j->organisation, r, row,
		C_ORGANISATION) ||
	    !pg_text(j->identity, sizeof j->identity, r, row, C_IDENTITY))
		return store_damaged("capture_job", d);
	j->created_ms = pg_int(r, row, C_CREATED);
	j->finished_ms = pg_int(r, row, C_FINISHED);
	j->state = (enum capture_state)pg_int(r, row, C_STATE);
	j->form = (enum capture_form)pg_int(r, row, C_FORM);
	j->proceed = pg_bool(r, row, C_PROCEED);
	j->success = pg_bool(r, row, C_SUCCESS);
	j->events = (uint32_t)pg_int(r, row, C_EVENTS);
	j->duplicates = (uint32_t)pg_int(r, row, C_DUPLICATES);
	j->refused = (uint32_t)pg_int(r, row, C_REFUSED);
	j->anchor_epoch = (uint64_t)pg_int(r, row, C_ANCHOR_EPOCH);
	j->anchor_seq = (uint64_t)pg_int(r, row, C_ANCHOR_SEQ);
	j->epoch = (uint64_t)pg_int(r, row, C_EPOCH);
	j->last_seq = (uint64_t)pg_int(r, row, C_LAST_SEQ);
	j->last_index = pg_int(r, row, C_LAST_INDEX);
	j->handed = (uint64_t)pg_int(r, row, C_HANDED);
	j->broken = pg_bool(r, row, C_BROKEN);
	return ERR_OK;
}

static enum err
copy_out(struct buf *out, const struct pg_result *r, size_t row, int column)
{
	if (out == NULL)
		return ERR_OK;
	buf_reset(out);
	buf_put(out, pg_span(r, row, column));
	return buf_error(out);
}

static struct pg_args
args_of(const struct store *s, const char *id)
{
	struct pg_args a = store_args(s);

	pg_arg_text(&a, id);
	return a;
}

/* ---- making one ---- */
static enum err
claim_arrays(struct pg_array *keys, struct pg_array *digests,
    const struct capture_claim *claims, size_t n)
{
	pg_array_init(keys, PG_BYTEA, ARRAY_MAX);
	pg_array_init(digests, PG_BYTEA, ARRAY_MAX);
	for (size_t i = 0; i < n; i++) {
		pg_array_put(keys, hash_span(&claims[i].key));
		pg_array_put(digests, hash_span(&claims[i].digest));
	}
	if (buf_error(&keys->b) != ERR_OK || buf_error(&digests->b) != ERR_OK)
		return ERR_NOMEM;
	return ERR_OK;
}

static struct pg_args
put_args(const struct store *s, const struct capture_job *j, const char *errors,
    struct span left_out, struct span body, uint64_t bytes_max)
{
	struct pg_args a = args_of(s, j->id);

	pg_arg_text(&a, j->organisation);
	pg_arg_text(&a, j->identity);
	pg_arg_i64(&a, j->created_ms);
	pg_arg_i16(&a, (int16_t)j->form);
	pg_arg_i32(&a, j->proceed);
	pg_arg_i32(&a, j->success);
	pg_arg_i32(&a, (int32_t)j->events);
	pg_arg_i32(&a, (int32_t)j->duplicates);
	pg_arg_i32(&a, (int32_t)j->refused);
	pg_arg_text(&a, errors);
	pg_arg_i64(&a, (int64_t)bytes_max);
	pg_arg_bytes(&a, left_out);
	pg_arg_bytes(&a, body);
	return a;
}

enum err
capture_put(struct store *s, const struct capture_job *j, const char *errors,
    struct span left_out, struct span body, const struct capture_claim *claims,
    size_t claim_count, uint64_t bytes_max, struct diag *d)
{
	struct pg_args put = put_args(s, j, errors, left_out, body, bytes_max);
	struct pg_args claim = args_of(s, j->id);
	struct pg_array keys, digests;
	struct pg_result *r = NULL;
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_CAPTURE_PUT], &put, &r },
		{ &store_statements[Q_CAPTURE_CLAIM], &claim, NULL },
		{ &pg_commit, NULL, NULL },
	};
	enum err e = claim_arrays(&keys, &digests, claims, claim_count);

	if (e == ERR_OK) {
		pg_arg_bytes(&claim, pg_array_value(&keys));
		pg_arg_bytes(&claim, pg_array_value(&digests));
		pg_deadline(s->pg);
		e = pg_run(s->pg, steps, sizeof steps / sizeof steps[0], d);
	}
	if (e == ERR_OK && pg_rows(r) == 0)
		e = diag_fail(d, ERR_FULL, "",
		    "open capture jobs hold all of %llu bytes",
		    (unsigned long long)bytes_max);
	else if (e != ERR_OK)
		pg_abandon(s->pg);
	pg_free(r);
	buf_free(&keys.b);
	buf_free(&digests.b);
	return e;
}

/* ---- what is stored already ---- */
enum err
capture_claims(struct store *s, const struct hash *keys, size_t n,
    capture_claim_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct capture_claim c;
	struct pg_array list;
	char job[CAPTURE_ID_CHARS + 1];
	enum err e;

	pg_array_init(&list, PG_BYTEA, ARRAY_MAX);
	for (size_t i = 0; i < n; i++)
		pg_array_put(&list, hash_span(&keys[i]));
	if ((e = buf_error(&list.b)) == ERR_OK) {
		pg_arg_bytes(&a, pg_array_value(&list));
		e = store_call(s->pg, Q_CAPTURE_CLAIMS, &a, &r, d);
	}
	for (size_t i = 0, rows = e == ERR_OK ? pg_rows(r) : 0;
	     i < rows && e == ERR_OK; i++) {
		if (!pg_hash(&c.key, r, i, 0) || !pg_hash(&c.digest, r, i, 1) ||
		    !pg_text(job, sizeof job, r, i, 2))
			e = store_damaged("capture_event", d);
		else
			e = fn(ctx, &c, job, pg_bool(r, i, 3));
	}
	pg_free(r);
	buf_free(&list.b);
	return e;
}

struct span
capture_event_key(struct span event_id, char space[CAPTURE_EVENT_KEY])
{
	return store_subject_key(event_id, space);
}

enum err
capture_known(struct store *s, const struct span *ids, size_t n,
    const char *org_did, capture_event_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct pg_array list;
	size_t rows = 0;
	enum err e;

	pg_array_init(&list, PG_TEXT, ARRAY_MAX);
	for (size_t i = 0; i < n; i++)
		pg_array_put(&list, ids[i]);
	if ((e = buf_error(&list.b)) == ERR_OK) {
		pg_arg_bytes(&a, pg_array_value(&list));
		pg_arg_text(&a, org_did);
		pg_arg_i64(&a, CAPTURE_KNOWN_MAX + 1);
		e = store_call(s->pg, Q_CAPTURE_KNOWN, &a, &r, d);
	}
	if (e == ERR_OK && (rows = pg_rows(r)) > CAPTURE_KNOWN_MAX)
		e = diag_fail(d, ERR_LIMIT, "epcis 8.5",
		    "more than %d events have these eventIDs already",
		    CAPTURE_KNOWN_MAX);
	for (size_t i = 0; i < rows && e == ERR_OK; i++)
		e = fn(ctx, pg_span(r, i, 0), (uint64_t)pg_int(r, i, 1),
		    (unsigned)pg_int(r, i, 2));
	pg_free(r);
	buf_free(&list.b);
	return e;
}

static enum err
entries_piece(struct store *s, const uint64_t *indices, size_t n,
    store_entry_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct pg_array list;
	enum err e;

	pg_array_init(&list, PG_INT8, ARRAY_MAX);
	for (size_t i = 0; i < n; i++)
		pg_array_i64(&list, (int64_t)indices[i]);
	if ((e = buf_error(&list.b)) == ERR_OK) {
		pg_arg_bytes(&a, pg_array_value(&list));
		e = store_call(s->pg, Q_ENTRIES_OF, &a, &r, d);
	}
	for (size_t i = 0, rows = e == ERR_OK ? pg_rows(r) : 0;
	     i < rows && e == ERR_OK; i++)
		e = fn(ctx, (uint64_t)pg_int(r, i, 0), pg_span(r, i, 1));
	pg_free(r);
	buf_free(&list.b);
	return e;
}

enum err
capture_entries(struct store *s, const uint64_t *indices, size_t n,
    store_entry_fn fn, void *ctx, struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && e == ERR_OK; i += SCAN_CHUNK)
		e = entries_piece(s, indices + i,
		    n - i < SCAN_CHUNK ? n - i : SCAN_CHUNK, fn, ctx, d);
	return e;
}

/* ---- looking ---- */
enum err
capture_find(struct store *s, const char *id, struct capture_job *j,
    struct buf *errors, struct diag *d)
{
	struct pg_args a = args_of(s, id);
	struct pg_result *r = NULL;
	enum err e;

	if ((e = store_call(s->pg, Q_CAPTURE_FIND, &a, &r, d)) != ERR_OK)
		return e;
	if ((e = read_job(j, r, 0, d)) == ERR_OK)
		e = copy_out(errors, r, 0, C_ERRORS);
	pg_free(r);
	return e;
}

enum err
capture_list(struct store *s, const char *organisation, int64_t created_ms,
    const char *id, size_t limit, capture_job_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = args_of(s, organisation);
	struct pg_result *r = NULL;
	struct capture_job j;
	enum err e;

	pg_arg_i64(&a, created_ms);
	pg_arg_text(&a, id);
	pg_arg_i64(&a, (int64_t)limit);
	if ((e = store_call(s->pg, Q_CAPTURE_LIST, &a, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		if ((e = read_job(&j, r, i, d)) == ERR_OK)
			e = fn(ctx, &j, pg_span(r, i, C_ERRORS));
	}
	pg_free(r);
	return e;
}

/* ---- working off ---- */
enum err
capture_lock(struct store *s, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	bool ours;
	enum err e;

	if ((e = store_call(s->pg, Q_CAPTURE_LOCK, &a, &r, d)) != ERR_OK)
		return e;
	ours = pg_bool(r, 0, 0);
	pg_free(r);
	return ours
		   ? ERR_OK
		   : diag_fail(d, ERR_EXISTS, "",
			 "log %.63s: another server works its capture jobs off",
			 s->name);
}

enum err
capture_next(struct store *s, int64_t now_ms, struct capture_job *j,
    struct buf *errors, struct buf *left_out, struct buf *body, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&a, now_ms);
	if ((e = store_call(s->pg, Q_CAPTURE_NEXT, &a, &r, d)) != ERR_OK)
		return e;
	if (pg_rows(r) == 0)
		e = ERR_NOT_FOUND;
	else if ((e = read_job(j, r, 0, d)) == ERR_OK &&
		 (e = copy_out(errors, r, 0, C_ERRORS)) == ERR_OK &&
		 (e = copy_out(left_out, r, 0, C_LEFT_OUT)) == ERR_OK)
		e = copy_out(body, r, 0, C_BODY);
	pg_free(r);
	return e;
}

enum err
capture_body(struct store *s, const char *id, struct buf *left_out,
    struct buf *body, struct diag *d)
{
	struct pg_args a = args_of(s, id);
	struct pg_result *r = NULL;
	enum err e;

	if ((e = store_call(s->pg, Q_CAPTURE_BODY, &a, &r, d)) != ERR_OK)
		return e;
	if ((e = copy_out(left_out, r, 0, 0)) == ERR_OK)
		e = copy_out(body, r, 0, 1);
	pg_free(r);
	return e;
}

enum err
capture_begin(struct store *s, struct capture_job *j, struct diag *d)
{
	struct pg_args a = args_of(s, j->id);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_text(&a, j->identity);
	if ((e = store_call(s->pg, Q_CAPTURE_BEGIN, &a, &r, d)) != ERR_OK)
		return e;
	j->anchor_epoch = (uint64_t)pg_int(r, 0, 0);
	j->anchor_seq = (uint64_t)pg_int(r, 0, 1);
	j->state = CAPTURE_SENDING;
	pg_free(r);
	return ERR_OK;
}

enum err
capture_progress(struct store *s, const struct capture_job *j,
    const uint64_t *seqs, size_t n, int64_t retry_ms, const char *errors,
    struct diag *d)
{
	struct pg_args a = args_of(s, j->id);
	struct pg_array list;
	enum err e;

	pg_array_init(&list, PG_INT8, ARRAY_MAX);
	for (size_t i = 0; i < n; i++)
		pg_array_i64(&list, (int64_t)seqs[i]);
	pg_arg_i16(&a, (int16_t)j->state);
	pg_arg_i64(&a, retry_ms);
	if ((e = buf_error(&list.b)) == ERR_OK) {
		pg_arg_bytes(&a, pg_array_value(&list));
		pg_arg_i32(&a, (int32_t)j->epoch);
		pg_arg_i64(&a, (int64_t)j->last_seq);
		pg_arg_i32(&a, j->success);
		pg_arg_text(&a, errors);
		pg_arg_i32(&a, j->broken);
		e = store_call(s->pg, Q_CAPTURE_PROGRESS, &a, NULL, d);
	}
	buf_free(&list.b);
	return e;
}

enum err
capture_waiting(
    struct store *s, capture_waiting_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	char id[CAPTURE_ID_CHARS + 1];
	enum err e;

	if ((e = store_call(s->pg, Q_CAPTURE_WAITING, &a, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		if (!pg_text(id, sizeof id, r, i, 0))
			e = store_damaged("capture_job", d);
		else
			e = fn(ctx, id, pg_null(r, i, 1) ? -1 : pg_int(r, i, 1),
			    pg_bool(r, i, 2));
	}
	pg_free(r);
	return e;
}

enum err
capture_nacks(struct store *s, const char *id, capture_nack_fn fn, void *ctx,
    struct diag *d)
{
	struct pg_args a = args_of(s, id);
	struct pg_result *r = NULL;
	char code[40], detail[NACK_DETAIL];
	enum err e;

	if ((e = store_call(s->pg, Q_CAPTURE_NACKS, &a, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		if (!pg_text(code, sizeof code, r, i, 1) ||
		    !pg_text(detail, sizeof detail, r, i, 2))
			e = store_damaged("nack", d);
		else
			e = fn(ctx, (uint64_t)pg_int(r, i, 0), code, detail);
	}
	pg_free(r);
	return e;
}

enum err
capture_finish(struct store *s, const struct capture_job *j, int64_t now_ms,
    const char *errors, struct diag *d)
{
	struct pg_args a = args_of(s, j->id), b = a;
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_CAPTURE_FINISH], &a, NULL },
		{ &pg_commit, NULL, NULL },
	};
	const struct pg_step releasing[] = {
		steps[0],
		steps[1],
		{ &store_statements[Q_CAPTURE_RELEASE], &b, NULL },
		steps[2],
	};
	enum err e;

	pg_arg_i64(&a, now_ms);
	pg_arg_i32(&a, j->success);
	pg_arg_i64(&a, j->last_index);
	pg_arg_text(&a, errors);
	pg_arg_i32(&a, j->broken);
	pg_deadline(s->pg);
	e = j->broken ? pg_run(s->pg, releasing, 4, d)
		      : pg_run(s->pg, steps, 3, d);
	if (e != ERR_OK)
		pg_abandon(s->pg);
	return e;
}

/* ---- the ledger's side ---- */
static enum err
scan_piece(struct store *s, const char *device, uint64_t *epoch, uint64_t *seq,
    bool *more, capture_scan_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = args_of(s, device);
	struct pg_result *r = NULL;
	size_t rows;
	enum err e;

	pg_arg_i32(&a, (int32_t)*epoch);
	pg_arg_i64(&a, (int64_t)*seq);
	pg_arg_i64(&a, SCAN_CHUNK);
	if ((e = store_call(s->pg, Q_CAPTURE_SCAN, &a, &r, d)) != ERR_OK)
		return e;
	rows = pg_rows(r);
	for (size_t i = 0; i < rows && e == ERR_OK; i++) {
		*epoch = (uint64_t)pg_int(r, i, 0);
		*seq = (uint64_t)pg_int(r, i, 1);
		e = fn(ctx, *epoch, *seq, (uint64_t)pg_int(r, i, 2),
		    pg_span(r, i, 3));
	}
	*more = rows == SCAN_CHUNK;
	pg_free(r);
	return e;
}

enum err
capture_scan(struct store *s, const char *device, uint64_t epoch, uint64_t seq,
    capture_scan_fn fn, void *ctx, struct diag *d)
{
	bool more = true;
	enum err e = ERR_OK;

	while (e == ERR_OK && more)
		e = scan_piece(s, device, &epoch, &seq, &more, fn, ctx, d);
	return e;
}

enum err
capture_open(struct store *s, uint64_t *count, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e = store_call(s->pg, Q_CAPTURE_OPEN, &a, &r, d);

	if (e == ERR_OK)
		*count = (uint64_t)pg_int(r, 0, 0);
	pg_free(r);
	return e;
}

enum err
capture_settle(struct store *s, struct diag *d)
{
	struct pg_args a = store_args(s);

	return store_call(s->pg, Q_CAPTURE_SETTLE, &a, NULL, d);
}

enum err
capture_trim(struct store *s, int64_t before_ms, struct diag *d)
{
	struct pg_args a = store_args(s);

	pg_arg_i64(&a, before_ms);
	return store_call(s->pg, Q_CAPTURE_TRIM, &a, NULL, d);
}
