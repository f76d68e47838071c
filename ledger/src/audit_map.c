/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map made again along the walk, held against what epochs, journal and
 * snapshot say. An epoch speaks of the map some entries back (formats 4.5): so
 * entries wait in a feed until one tells how far to go.
 */
#include <inttypes.h>
#include <stdio.h>

#include "audit_internal.h"
#include "search_internal.h"

#include "base/banned.h"

/* The feed of a log whose epochs do not cover what is in it: the oldest kind
 * covers nothing at all. */
#define FEED_MAX ((size_t)64 << 20)
#define FEED_HARD (4 * FEED_MAX)

static void
say_number(struct audit *a, const char *table, const char *row,
    const char *field, uint64_t got, uint64_t want, bool affected)
{
	char g[24], w[24];

	audit_index_text(g, got);
	audit_index_text(w, want);
	audit_say(a, table, row, field, g, w, affected);
}

/* The first 32 bytes around the place where they differ. */
static void
say_bytes(struct audit *a, const char *table, const char *row,
    const char *field, struct span got, struct span want)
{
	size_t i = 0;

	if (got.n != want.n) {
		say_number(a, table, row, field, got.n, want.n, true);
		return;
	}
	while (i < got.n && got.p[i] == want.p[i])
		i++;
	i -= i % HASH_BYTES;
	got = span_skip(got, i);
	want = span_skip(want, i);
	if (want.n > HASH_BYTES)
		want.n = HASH_BYTES;
	audit_say_hash(a, table, row, field, got, want, true);
}

/* A row of a table that must be there with those bytes. */
static enum err
compare_bytes(struct audit *a, enum store_query q, const struct pg_args *args,
    const char *table, const char *row, const char *key, const char *field,
    struct span want)
{
	struct pg_result *r = NULL;
	enum err e = store_call(a->s->pg, q, args, &r, a->d);

	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 0)
		audit_say(a, table, row, key, "missing", row, true);
	else if (!span_equal(pg_span(r, 0, 0), want))
		say_bytes(a, table, row, field, pg_span(r, 0, 0), want);
	pg_free(r);
	return ERR_OK;
}

/* ---- snapshot ---- */
static enum err
compare_part(void *ctx, uint32_t part, struct span bytes)
{
	struct audit *a = ctx;
	struct pg_args args = store_args(a->s);
	char row[48];

	(void)snprintf(
	    row, sizeof row, "%" PRIu64 "/%" PRIu32, a->map.snapshot, part);
	pg_arg_i64(&args, (int64_t)a->map.snapshot);
	pg_arg_i32(&args, (int32_t)part);
	a->map.parts = part + 1;
	return compare_bytes(a, Q_AUDIT_MAP_SNAPSHOT, &args, "map_snapshot",
	    row, "part", "bytes", bytes);
}

static enum err
compare_snapshot(struct audit *a)
{
	a->map.compared = true;
	return a->map.lost ? ERR_OK
			   : map_store_parts(a->map.m, compare_part, a);
}

/* ---- the map ---- */
static enum err
take_feed(struct audit *a, uint64_t to)
{
	struct audit_map *v = &a->map;
	struct span rest = span_skip(buf_span(&v->feed), v->feed_at);
	enum err e = map_feed_take(v->m, &rest, to);

	v->feed_at = v->feed.n - rest.n;
	v->at = to;
	if (v->feed_at >= rest.n) {
		if (rest.n > 0)
			memmove(v->feed.p, rest.p, rest.n);
		v->feed.n = rest.n;
		v->feed_at = 0;
	}
	/* an index twice for one key: entries stand where they did not */
	if (e == ERR_USAGE) {
		v->lost = true;
		e = ERR_OK;
	}
	return e == ERR_OK ? e : diag_fail(a->d, e, "", "audit: map");
}

/* Lets the map hold the entries below `to`. */
static enum err
advance(struct audit *a, uint64_t to)
{
	struct audit_map *v = &a->map;
	enum err e = ERR_OK;

	if (v->at < v->snapshot && v->snapshot <= to && !v->compared) {
		e = take_feed(a, v->snapshot);
		if (e == ERR_OK)
			e = compare_snapshot(a);
	}
	return e == ERR_OK && v->at < to ? take_feed(a, to) : e;
}

static enum err
put_feed(struct audit *a, uint64_t index, const struct hash *leaf)
{
	struct audit_map *v = &a->map;
	enum err e;

	map_feed_put(&v->feed, index, leaf, buf_span(&v->keys));
	if ((e = buf_error(&v->feed)) != ERR_OK)
		return e;
	return v->feed.n - v->feed_at > FEED_MAX ? advance(a, index + 1)
						 : ERR_OK;
}

static void
compare_epoch(struct audit *a, uint64_t index, const struct epoch *e,
    const struct hash *root, uint64_t keys)
{
	char row[24];

	audit_index_text(row, index);
	if (!hash_equal(&e->map_root, root))
		audit_say_hash(a, "entry", row, "map_root",
		    hash_span(&e->map_root), hash_span(root), true);
	if (e->keys != keys)
		say_number(a, "entry", row, "keys", e->keys, keys, true);
}

enum err
audit_map_epoch(struct audit *a, uint64_t index, const struct epoch *e)
{
	struct audit_map *v = &a->map;
	struct hash root = map_empty_root();
	char row[24];
	enum err failed;

	/* said already: it fell, or is above its own index */
	if (e->covered > index || e->covered < a->text.last_covered)
		return ERR_OK;
	if (e->covered == 0) {
		compare_epoch(a, index, e, &root, 0);
		return ERR_OK;
	}
	if (e->covered < v->at) {
		audit_index_text(row, index);
		say_number(a, "entry", row, "covered", e->covered, v->at, true);
		return ERR_OK;
	}
	failed = advance(a, e->covered);
	if (failed != ERR_OK || v->lost)
		return failed;
	root = map_root(v->m);
	compare_epoch(a, index, e, &root, map_keys(v->m));
	return ERR_OK;
}

/* ---- journal ---- */
static enum err
compare_block(struct audit *a, uint64_t n)
{
	struct audit_map *v = &a->map;
	struct pg_args args = store_args(a->s);
	char row[24];
	enum err e = buf_error(&v->block.b);

	audit_index_text(row, n);
	pg_arg_i64(&args, (int64_t)n);
	if (e == ERR_OK && !v->block_lost)
		e = compare_bytes(a, Q_AUDIT_MAP_JOURNAL, &args, "map_journal",
		    row, "n", "keys", buf_span(&v->block.b));
	map_block_reset(&v->block);
	v->block_lost = false;
	return e;
}

enum err
audit_map_entry(
    struct audit *a, uint64_t index, const struct hash *leaf, bool lost)
{
	struct audit_map *v = &a->map;
	enum err e = buf_error(&v->keys);

	v->lost = v->lost || lost;
	v->block_lost = v->block_lost || lost;
	map_block_add(&v->block, buf_span(&v->keys));
	if (e == ERR_OK)
		e = put_feed(a, index, leaf);
	if (e == ERR_OK && index % MAP_BLOCK == MAP_BLOCK - 1)
		e = compare_block(a, index / MAP_BLOCK);
	return e;
}

/* ---- start and end ---- */
enum err
audit_map_begin(struct audit *a)
{
	struct audit_map *v = &a->map;
	enum err e;

	v->feed = buf_heap(FEED_HARD);
	v->keys = buf_heap(MAP_BLOCK_BYTES);
	map_block_init(&v->block);
	if (map_new(&v->m) != ERR_OK)
		return diag_fail(a->d, ERR_NOMEM, "", "audit: out of memory");
	e = search_snapshot(a->s, &v->snapshot, a->d);
	if (e != ERR_OK)
		return e;
	if (v->snapshot <= a->head.size && v->snapshot % MAP_BLOCK == 0)
		return ERR_OK;
	say_number(a, "projection", a->s->name, "snapshot", v->snapshot,
	    a->head.size - a->head.size % MAP_BLOCK, false);
	v->snapshot = 0;
	return ERR_OK;
}

/* What the tables gave is not what the epoch says; no later root can fit. */
static void
say_loaded(struct audit *a, const struct epoch *e, const struct hash *root)
{
	struct audit_map *v = &a->map;
	bool snapshot = v->snapshot > 0 && v->snapshot <= e->covered;
	const char *table = snapshot ? "map_snapshot" : "map_journal";
	char row[24];

	audit_index_text(
	    row, snapshot ? v->snapshot : (e->covered - 1) / MAP_BLOCK);
	if (!hash_equal(&e->map_root, root))
		audit_say_hash(a, table, row, "map_root", hash_span(root),
		    hash_span(&e->map_root), true);
	if (e->keys != map_keys(v->m))
		say_number(
		    a, table, row, "keys", map_keys(v->m), e->keys, true);
	v->lost = true;
}

enum err
audit_map_before(struct audit *a, const struct epoch *e)
{
	struct audit_map *v = &a->map;
	struct hash root;
	enum err failed;

	/* it comes from this snapshot, and so says nothing about it */
	v->compared = v->snapshot <= e->covered;
	failed = map_store_follow_inside(v->m, &v->at, a->s, e->covered, a->d);
	a->out->map_from = e->covered;
	if (failed != ERR_OK || e->covered == 0)
		return failed;
	root = map_root(v->m);
	if (!hash_equal(&e->map_root, &root) || e->keys != map_keys(v->m))
		say_loaded(a, e, &root);
	return ERR_OK;
}

enum err
audit_map_behind(struct audit *a, struct touch *t, uint64_t index,
    struct span entry, const struct hash *leaf)
{
	struct audit_map *v = &a->map;
	enum err e;

	if (index < v->at)
		return ERR_OK;
	buf_reset(&v->keys);
	e = map_block_keys(&v->keys, t, entry);
	return e == ERR_OK ? put_feed(a, index, leaf) : e;
}

static enum err
journal_extra(struct audit *a)
{
	struct pg_args args = store_args(a->s);
	struct pg_result *r = NULL;
	enum err e;

	pg_arg_i64(&args, (int64_t)a->head.size);
	e = store_call(a->s->pg, Q_AUDIT_MAP_JOURNAL_EXTRA, &args, &r, a->d);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r); i++) {
		char row[24];

		(void)snprintf(row, sizeof row, "%" PRId64, pg_int(r, i, 0));
		audit_say(a, "map_journal", row, "n", row, "nothing", false);
	}
	pg_free(r);
	return ERR_OK;
}

/* Rows that are no part of the snapshot; where its parts were not made again
 * their number is not known. */
static enum err
snapshot_extra(struct audit *a)
{
	struct audit_map *v = &a->map;
	struct pg_args args = store_args(a->s);
	struct pg_result *r = NULL;
	bool known = v->snapshot == 0 || v->parts > 0;
	enum err e;

	pg_arg_i64(&args, (int64_t)v->snapshot);
	pg_arg_i32(&args, known ? (int32_t)v->parts : INT32_MAX);
	e = store_call(a->s->pg, Q_AUDIT_MAP_SNAPSHOT_EXTRA, &args, &r, a->d);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r); i++) {
		char row[48];

		(void)snprintf(row, sizeof row, "%" PRId64 "/%" PRId64,
		    pg_int(r, i, 0), pg_int(r, i, 1));
		audit_say(
		    a, "map_snapshot", row, "covered", row, "nothing", false);
	}
	pg_free(r);
	return ERR_OK;
}

enum err
audit_map_finish(struct audit *a)
{
	enum err e = advance(a, a->head.size);

	if (e == ERR_OK)
		e = journal_extra(a);
	return e == ERR_OK ? snapshot_extra(a) : e;
}

void
audit_map_end(struct audit *a)
{
	map_free(a->map.m);
	map_block_clear(&a->map.block);
	buf_free(&a->map.feed);
	buf_free(&a->map.keys);
}
