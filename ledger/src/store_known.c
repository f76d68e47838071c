/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a subject for who has the map: found by it, and held against
 * what it says of them. */
#include <inttypes.h>

#include "ledger/map.h"

#include "store_internal.h"

#include "base/banned.h"

/* Rows fetched at once, those that are known and as many behind. */
#define CHUNK 128

struct reading {
	const struct store_reach *known;
	uint64_t next; /* index after the last one */
	size_t n;
	struct frontier list; /* formats 5.2, of those below known->covered */
	store_entry_fn fn;
	void *fn_ctx;
};

static enum err
take(void *ctx, uint64_t index, struct span entry)
{
	struct reading *r = ctx;
	struct hash leaf, item;

	if (index < r->known->covered) {
		leaf = merkle_leaf(entry);
		item = map_item(index, &leaf);
		frontier_add(&r->list, &item);
	}
	r->n++;
	r->next = index + 1;
	return r->fn(r->fn_ctx, index, entry);
}

/* No more than one, and nothing behind: without a look into table item. */
static enum err
fetch_one(struct store *s, struct reading *r, struct diag *d)
{
	enum err e;

	if (r->known->count == 0)
		return ERR_OK;
	e = store_entries(s, r->known->newest, 1, take, r, d);
	/* then the list is not the map's */
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
fetch(struct store *s, struct reading *r, struct span subject, uint64_t below,
    size_t more, struct diag *d)
{
	const struct store_reach *known = r->known;
	char space[STORE_SUBJECT_KEY];
	struct pg_args a = store_args(s);
	struct pg_result *rows = NULL;
	bool any = known->count > 0;
	enum err e;

	pg_arg_bytes(&a, store_subject_key(subject, space));
	pg_arg_i64(&a, any ? (int64_t)known->newest : -1);
	pg_arg_i64(&a, known->count > 1 ? 0 : (int64_t)known->covered);
	pg_arg_i64(&a, any ? (int64_t)known->count - 1 : 0);
	pg_arg_i64(&a, (int64_t)known->covered);
	pg_arg_i64(&a, (int64_t)below);
	pg_arg_i64(&a, (int64_t)more);
	if ((e = store_call(s->pg, Q_SUBJECT_KNOWN, &a, &rows, d)) != ERR_OK)
		return e;
	for (size_t i = 0, n = pg_rows(rows); i < n && e == ERR_OK; i++)
		e = take(r, (uint64_t)pg_int(rows, i, 0), pg_span(rows, i, 1));
	pg_free(rows);
	return e;
}

/* The tables have another list than the map: a replica that is behind it, or
 * they are damaged. */
static enum err
differs(struct store *s, const struct reading *r, struct span subject,
    struct diag *d)
{
	struct store_head head;
	enum err e = store_read_head(s, &head, d);

	if (e != ERR_OK)
		return e;
	if (head.size < r->known->covered)
		return diag_fail(d, ERR_DB, "",
		    "the database has %" PRIu64
		    " entries, the map is of %" PRIu64,
		    head.size, r->known->covered);
	return diag_fail(d, ERR_PROOF, "formats 5.2",
	    "subject %.*s: its entries below %" PRIu64 " are not the %" PRIu64
	    " of the map: run countermark audit",
	    (int)(subject.n < 120 ? subject.n : 120), (const char *)subject.p,
	    r->known->covered, r->known->count);
}

static bool
is_list(const struct reading *r)
{
	struct hash root, value;

	if (r->list.size != r->known->count)
		return false;
	if (r->known->count == 0)
		return true;
	root = frontier_root(&r->list);
	value = map_value(r->list.size, &root);
	return hash_equal(&value, &r->known->value);
}

enum err
store_subject_known(struct store *s, struct span subject,
    const struct store_reach *known, uint64_t below, size_t limit,
    store_entry_fn fn, void *ctx, struct diag *d)
{
	struct reading r = { .known = known, .fn = fn, .fn_ctx = ctx };
	bool direct = known->count <= CHUNK && known->count <= limit;
	size_t more = 0;
	enum err e = ERR_OK;

	frontier_init(&r.list);
	if (direct) {
		more = limit - (size_t)known->count;
		if (more > CHUNK)
			more = CHUNK;
		if (known->covered == below)
			more = 0;
		e = more == 0 && known->count <= 1
			? fetch_one(s, &r, d)
			: fetch(s, &r, subject, below, more, d);
	}
	if (e == ERR_OK &&
	    (!direct || (more > 0 && r.n == known->count + more)))
		e = store_subject(
		    s, subject, r.next, below, limit - r.n, take, &r, d);
	if (e != ERR_OK || known->count > limit || is_list(&r))
		return e;
	return differs(s, &r, subject, d);
}
