/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "audit_internal.h"

#include "base/banned.h"

/* Entries compared at once; at most 64 MB of them, and as many ahead. */
#define BATCH 1024
/* Entries whose derived rows one cursor gives. The keys of most tables do not
 * begin with the index: what their BRIN index has not summarised yet is read
 * each time, so not once a batch, and not so much that the server's sorts
 * leave its memory. */
#define WINDOW ((uint64_t)1 << 16)

/* ---- faults ---- */
/* Values stand between blanks: none inside, and nothing unprintable. */
static void
plain(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < cap; text++)
		out[n++] = *text > ' ' && *text < 0x7f ? *text : '_';
	out[n] = '\0';
}

void
audit_say(struct audit *a, const char *table, const char *row,
    const char *field, const char *got, const char *want, bool affected)
{
	struct audit_fault f = {
		.table = table, .row = row, .field = field, .affected = affected
	};

	plain(f.got, sizeof f.got, got);
	plain(f.want, sizeof f.want, want);
	a->out->faults++;
	a->o->fault(a->o->ctx, &f);
}

void
audit_say_hash(struct audit *a, const char *table, const char *row,
    const char *field, struct span got, struct span want, bool affected)
{
	char g[2 * HASH_BYTES + 1], w[2 * HASH_BYTES + 1];

	hex_print(g, span_of(got.p, got.n < HASH_BYTES ? got.n : HASH_BYTES));
	hex_print(w, want);
	audit_say(a, table, row, field, g, w, affected);
}

void
audit_index_text(char out[24], uint64_t index)
{
	(void)snprintf(out, 24, "%" PRIu64, index);
}

/* ---- one row of entry ---- */
static void
say_leaf(struct audit *a, uint64_t index, const char *field, struct span got,
    struct span want)
{
	char row[24];

	audit_index_text(row, index);
	audit_say_hash(a, "entry", row, field, got, want, true);
}

/* Which of the two hashes of a row that contradicts itself is the wrong one:
 * the chain knows. Returns the leaf to go on with. */
static struct hash
judge_leaf(struct audit *a, uint64_t index, struct span stored,
    const struct hash *own, struct span chain)
{
	struct hash leaf = *own, next;

	if (span_equal(stored, hash_span(own)))
		return leaf;
	if (stored.n == HASH_BYTES) {
		memcpy(leaf.b, stored.p, HASH_BYTES);
		next = chain_next(&a->chain, &leaf);
		if (span_equal(chain, hash_span(&next))) {
			say_leaf(a, index, "entry", hash_span(own), stored);
			return leaf;
		}
	}
	say_leaf(a, index, "leaf", stored, hash_span(own));
	return *own;
}

/* After a row whose chain value does not fit, the next one tells whether the
 * value was changed or the rows before it are others. */
static void
judge_chain(struct audit *a, uint64_t index, struct span stored,
    const struct hash *leaf)
{
	struct hash next = chain_next(&a->chain, leaf), other;
	char row[24];

	if (span_equal(stored, hash_span(&next))) {
		a->chain = next;
		a->chain_split = false;
		return;
	}
	if (a->chain_split) {
		other = chain_next(&a->stored_chain, leaf);
		if (span_equal(stored, hash_span(&other))) {
			a->chain = other;
			a->chain_split = false;
			a->tree_lost = true;
			return;
		}
	}
	audit_index_text(row, index);
	audit_say_hash(
	    a, "entry", row, "chain", stored, hash_span(&next), false);
	a->chain_split = stored.n == HASH_BYTES;
	if (a->chain_split)
		memcpy(a->stored_chain.b, stored.p, HASH_BYTES);
	a->chain = next;
}

static void
grow(struct audit *a, const struct hash *leaf)
{
	tiles_add(&a->tiles, &a->frontier, leaf);
}

static enum err
say_missing(struct audit *a, uint64_t index)
{
	static const struct hash none;
	char row[24];

	audit_index_text(row, index);
	audit_say(a, "entry", row, "idx", "missing", row, true);
	a->tree_lost = true;
	grow(a, &none);
	audit_checkpoint_at(a, index + 1, false, 0);
	a->out->entries++;
	buf_reset(&a->map.keys);
	return audit_map_entry(a, index, &none, true);
}

static enum err
take_row(struct audit *a, struct audit_batch *b, size_t i)
{
	const struct pg_result *r = b->rows;
	const struct audit_look *l = audit_sigs_look(a->sigs, &b->set, i);
	uint64_t index = (uint64_t)pg_int(r, i, 0), epoch = a->text.last_epoch;
	struct hash own = merkle_leaf(l->entry), leaf, before = a->chain;
	enum err e;

	leaf = judge_leaf(a, index, pg_span(r, i, 1), &own, pg_span(r, i, 2));
	judge_chain(a, index, pg_span(r, i, 2), &leaf);
	if ((e = audit_entry_text(a, index, l, &before)) != ERR_OK ||
	    (e = audit_search_entry(a, index, l)) != ERR_OK)
		return diag_fail(
		    a->d, e, "", "entry %" PRIu64 ": %s", index, err_name(e));
	e = audit_map_entry(a, index, &leaf, !hash_equal(&own, &leaf));
	if (e != ERR_OK)
		return e;
	grow(a, &leaf);
	audit_checkpoint_at(
	    a, index + 1, a->text.last_epoch != epoch, a->text.last_epoch_ms);
	a->out->entries++;
	return a->tile_failed;
}

static enum err
walk(struct audit *a, struct audit_batch *b)
{
	const struct pg_result *r = b->rows;
	uint64_t next = b->from, below = b->below;
	enum err e = ERR_OK;

	for (size_t i = 0, n = pg_rows(r); i < n && e == ERR_OK; i++) {
		uint64_t index = (uint64_t)pg_int(r, i, 0);
		char row[24];

		if (index >= below) {
			audit_index_text(row, index);
			audit_say(
			    a, "entry", row, "idx", row, "nothing", false);
			continue;
		}
		while (e == ERR_OK && next < index)
			e = say_missing(a, next++);
		if (e == ERR_OK)
			e = take_row(a, b, i);
		next++;
	}
	while (e == ERR_OK && next < below)
		e = say_missing(a, next++);
	return e;
}

/* ---- batches ---- */
static enum err
fetch(struct audit *a, enum store_query q, int64_t from, int64_t below,
    struct pg_result **out)
{
	struct pg_args args = store_args(a->s);

	pg_arg_i64(&args, from);
	pg_arg_i64(&args, below);
	return store_call(a->s->pg, q, &args, out, a->d);
}

#define AUDIT_TABLES 11

static void
tables_of(struct audit_rows *out[AUDIT_TABLES], struct audit *a)
{
	out[0] = &a->item;
	out[1] = &a->device;
	out[2] = &a->epoch;
	out[3] = &a->event;
	out[4] = &a->epc;
	out[5] = &a->ref;
	out[6] = &a->org;
	out[7] = &a->quantity;
	out[8] = &a->declaration;
	out[9] = &a->ilmd;
	out[10] = &a->master;
}

/* The first and last batch reach to the ends, so that no row lies outside. */
static int64_t
lower(uint64_t from)
{
	return from == 0 ? INT64_MIN : (int64_t)from;
}

static int64_t
upper(const struct audit *a, uint64_t below)
{
	return below >= a->head.size ? INT64_MAX : (int64_t)below;
}

static enum err
open_window(struct audit *a, uint64_t from)
{
	struct audit_rows *all[AUDIT_TABLES];
	enum err e = store_call(a->s->pg, Q_AUDIT_CLOSE, NULL, NULL, a->d);

	a->window = from - from % WINDOW + WINDOW;
	tables_of(all, a);
	for (size_t i = 0; i < AUDIT_TABLES && e == ERR_OK; i++)
		e = audit_rows_open(a, all[i],
		    lower(all[i] == &a->epoch && from == a->o->since
			      ? a->epochs_from
			      : from),
		    upper(a, a->window));
	return e;
}

static enum err
compare_derived(struct audit *a, const struct audit_batch *b)
{
	struct audit_rows *all[AUDIT_TABLES];
	enum err e = b->from >= a->window ? open_window(a, b->from) : ERR_OK;

	tables_of(all, a);
	for (size_t i = 0; i < AUDIT_TABLES && e == ERR_OK; i++)
		e = audit_compare(a, all[i], upper(a, b->below));
	return e;
}

/* ---- entries, one batch ahead ---- */
static enum err
load_batch(struct audit *a, struct audit_batch *b, uint64_t from)
{
	size_t n;
	enum err e;

	b->from = from;
	b->below = from - from % BATCH + BATCH;
	if (b->below > a->head.size)
		b->below = a->head.size;
	e = fetch(a, Q_AUDIT_ENTRY, lower(from), upper(a, b->below), &b->rows);
	if (e != ERR_OK)
		return e;
	n = pg_rows(b->rows);
	b->set.looks = calloc(n + 1, sizeof *b->set.looks);
	b->set.judged = calloc(audit_sigs_chunks(n) + 1, sizeof *b->set.judged);
	if (b->set.looks == NULL || b->set.judged == NULL)
		return diag_fail(a->d, ERR_NOMEM, "", "audit: out of memory");
	for (size_t i = 0; i < n; i++)
		b->set.looks[i].entry = pg_span(b->rows, i, 3);
	b->set.n = n;
	audit_sigs_give(a->sigs, &b->set);
	return ERR_OK;
}

static void
drop_batch(struct audit *a, struct audit_batch *b)
{
	if (a->sigs != NULL)
		audit_sigs_end(a->sigs, &b->set);
	if (b->rows != NULL)
		pg_free(b->rows);
	free(b->set.looks);
	free(b->set.judged);
	*b = (struct audit_batch){ .rows = NULL };
}

static enum err
run_batch(struct audit *a, struct audit_batch *b)
{
	bool first = b->from == 0, last = b->below == a->head.size;
	struct pg_result *notes = NULL;
	enum err e;

	e = fetch(a, Q_AUDIT_CHECKPOINT,
	    first ? INT64_MIN : (int64_t)b->from + 1,
	    last ? INT64_MAX : (int64_t)b->below + 1, &notes);
	if (e != ERR_OK)
		return e;
	a->checkpoints = notes;
	a->checkpoint = 0;
	e = walk(a, b);
	if (e == ERR_OK && last)
		audit_checkpoints_past(a, INT64_MAX);
	pg_free(notes);
	return e == ERR_OK ? compare_derived(a, b) : e;
}

/* The threads check the next batch while this one is looked at. */
static enum err
run_all(struct audit *a)
{
	uint64_t at = a->o->since;
	struct audit_batch *now = &a->batch[0], *ahead = &a->batch[1], *done;
	enum err e = at < a->head.size ? load_batch(a, now, at) : ERR_OK;

	while (e == ERR_OK && at < a->head.size) {
		at = now->below;
		if (at < a->head.size)
			e = load_batch(a, ahead, at);
		if (e == ERR_OK)
			e = run_batch(a, now);
		if (e == ERR_OK)
			a->o->progress(a->o->ctx, at, a->head.size);
		drop_batch(a, now);
		done = now;
		now = ahead;
		ahead = done;
	}
	return e;
}

/* ---- start and end ---- */
const char *
audit_origin(const struct store *s)
{
	return s->origin;
}

enum err
store_bare_head(struct store *s, struct store_head *out, struct diag *d)
{
	struct pg_args args = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	memset(out, 0, sizeof *out);
	if ((e = store_call(s->pg, Q_AUDIT_HEAD, &args, &r, d)) != ERR_OK)
		return e;
	out->size = (uint64_t)pg_int(r, 0, 0);
	out->last_epoch = (uint64_t)pg_int(r, 0, 2);
	if (!pg_hash(&out->chain, r, 0, 1))
		e = store_damaged("log_head", d);
	memcpy(out->origin, s->origin, sizeof out->origin);
	pg_free(r);
	return e;
}

static void
check_head(struct audit *a)
{
	char g[24], w[24];

	if (!a->tree_lost && !hash_equal(&a->head.chain, &a->chain))
		audit_say_hash(a, "log_head", a->s->name, "chain",
		    hash_span(&a->head.chain), hash_span(&a->chain), false);
	if (a->head.last_epoch == a->text.last_epoch)
		return;
	audit_index_text(g, a->head.last_epoch);
	audit_index_text(w, a->text.last_epoch);
	audit_say(a, "log_head", a->s->name, "last_epoch", g, w, false);
}

static enum err
begin(struct audit *a)
{
	const struct pg_step steps[] = {
		{ &store_statements[Q_AUDIT_BEGIN], NULL, NULL },
		{ &store_statements[Q_AUDIT_SETTINGS], NULL, NULL },
	};
	enum err e;

	pg_deadline(a->s->pg);
	if ((e = pg_run(a->s->pg, steps, 2, a->d)) != ERR_OK ||
	    (e = store_bare_head(a->s, &a->head, a->d)) != ERR_OK)
		return e;
	frontier_init(&a->frontier);
	tiles_init(&a->tiles);
	a->chain = chain_start(a->head.origin);
	a->tiles.ctx = a;
	a->tiles.done = audit_tile_done;
	audit_rows_init(&a->item, &audit_item);
	audit_rows_init(&a->device, &audit_device);
	audit_rows_init(&a->epoch, &audit_epoch);
	if ((e = touch_init(&a->touch)) != ERR_OK ||
	    (e = audit_search_begin(a)) != ERR_OK ||
	    (e = audit_map_begin(a)) != ERR_OK)
		return e;
	if ((e = audit_sigs_new(&a->sigs, 0)) != ERR_OK)
		return diag_fail(a->d, e, "", "audit: no thread");
	return a->o->since > 0 ? audit_since(a, a->o->since) : ERR_OK;
}

static void
end(struct audit *a)
{
	pg_abandon(a->s->pg);
	drop_batch(a, &a->batch[0]);
	drop_batch(a, &a->batch[1]);
	audit_sigs_free(a->sigs);
	audit_text_clear(&a->text);
	touch_clear(&a->touch);
	audit_rows_free(&a->item);
	audit_rows_free(&a->device);
	audit_rows_free(&a->epoch);
	audit_search_end(a);
	audit_map_end(a);
	free(a);
}

enum err
audit_run(struct audit_result *out, struct store *s,
    const struct audit_options *o, struct diag *d)
{
	struct audit *a = calloc(1, sizeof *a);
	enum err e;

	*out = (struct audit_result){ .entries = 0 };
	if (a == NULL)
		return diag_fail(d, ERR_NOMEM, "", "audit: out of memory");
	a->s = s;
	a->o = o;
	a->out = out;
	a->text = (struct audit_text){ .ops = &audit_text_store,
		.ctx = a,
		.origin = a->head.origin,
		.policy = o->policy };
	a->d = d;
	e = begin(a);
	if (e == ERR_OK)
		e = run_all(a);
	if (e == ERR_OK)
		e = audit_tiles_extra(a);
	if (e == ERR_OK)
		e = audit_map_finish(a);
	if (e == ERR_OK)
		check_head(a);
	end(a);
	return e;
}
