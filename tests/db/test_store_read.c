/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: hashes and tiles, subjects, registry, devices, record times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/map.h"

#include "pgtest.h"

#include "base/banned.h"

static struct pgtest db;

/* ---- tiles ---- */
static void
same_tiles(const struct pglog *l)
{
	struct tiles *t = calloc(1, sizeof *t);
	struct frontier f;
	struct hash a, b;
	struct diag d;

	assert_non_null(t);
	assert_int_equal(store_load_tiles(l->s, t, &f, l->size, &d), ERR_OK);
	assert_int_equal(t->size, l->tiles.size);
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		assert_int_equal(t->count[level], l->tiles.count[level]);
		assert_memory_equal(t->part[level], l->tiles.part[level],
		    t->count[level] * sizeof(struct hash));
	}
	a = frontier_root(&f);
	b = frontier_root(&l->frontier);
	assert_int_equal(f.size, l->size);
	assert_true(hash_equal(&a, &b));
	free(t);
}

static void
tiles_reload_as_if_never_left(void **state)
{
	static const uint64_t sizes[] = { 2, 255, 256, 257, 511, 513, 65535,
		65536, 65537, 66000 };
	struct pglog l;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "tiles", 0));
	same_tiles(&l);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		pglog_fill(&l, sizes[i] - l.size);
		same_tiles(&l);
	}
	pglog_close(&l);
}

static void
hashes_read_from_full_and_partial_tiles(void **state)
{
	static const struct {
		uint64_t first;
		size_t n;
	} pieces[] = { { 0, 256 }, { 0, 1 }, { 250, 20 }, { 255, 2 },
		{ 512, 88 }, { 100, 500 }, { 599, 1 } };
	struct hash *got = calloc(600, sizeof *got), root;
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "hashes", 0));
	pglog_fill(&l, 599);
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		assert_int_equal(store_read_hashes(l.s, 0, pieces[i].first,
				     pieces[i].n, got, &d),
		    ERR_OK);
		assert_memory_equal(
		    got, l.leaves + pieces[i].first, pieces[i].n * sizeof *got);
	}
	assert_int_equal(store_read_hashes(l.s, 1, 0, 2, got, &d), ERR_OK);
	root = merkle_root_of(l.leaves + 256, 256);
	assert_true(hash_equal(&root, &got[1]));
	assert_int_equal(
	    store_read_hashes(l.s, 0, 599, 2, got, &d), ERR_NOT_FOUND);
	assert_int_equal(
	    store_read_hashes(l.s, 1, 0, 3, got, &d), ERR_NOT_FOUND);
	free(got);
	pglog_close(&l);
}

static void
proofs_come_out_of_the_tables(void **state)
{
	struct hash path[MERKLE_PATH_MAX], root;
	struct pglog l;
	struct diag d;
	size_t n;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "proofs", 0));
	pglog_fill(&l, 70000);
	root = frontier_root(&l.frontier);
	for (uint64_t i = 0; i < l.size; i += 9973) {
		assert_int_equal(merkle_inclusion(path, &n, i, l.size,
				     store_read_hashes, l.s, &d),
		    ERR_OK);
		assert_int_equal(merkle_verify_inclusion(&l.leaves[i], i,
				     l.size, path, n, &root, &d),
		    ERR_OK);
	}
	pglog_close(&l);
}

/* ---- subjects ---- */
struct list {
	size_t n;
	uint64_t index[1200];
	enum err end_with;
};

static enum err
collect(void *ctx, uint64_t index, struct span entry)
{
	struct list *v = ctx;

	(void)entry;
	if (v->n < 1200)
		v->index[v->n] = index;
	v->n++;
	return v->end_with;
}

static void
add(struct pglog *l, const char *entry, const char *device, uint64_t epoch,
    uint64_t seq, const char *subject, const char *second)
{
	pglog_row(l, span_str(entry), device, epoch, seq);
	if (subject != NULL)
		assert_int_equal(
		    store_batch_subject(l->b, span_str(subject)), ERR_OK);
	if (second != NULL)
		assert_int_equal(
		    store_batch_subject(l->b, span_str(second)), ERR_OK);
}

static void
a_subject_lists_its_entries_in_order(void **state)
{
	static const char item[] = "https://id.gs1.org/01/09506000134352";
	struct list v = { .n = 0 };
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "subject", 0));
	pglog_begin(&l);
	for (uint64_t i = 1; i <= 1000; i++)
		add(&l, "x", "dev", 1, i, item, i % 10 == 0 ? "a:b" : NULL);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(
	    store_subject(l.s, span_str(item), 0, 5000, 1200, collect, &v, &d),
	    ERR_OK);
	assert_int_equal(v.n, 1000);
	assert_int_equal(v.index[999], 1000);
	v.n = 0;
	assert_int_equal(
	    store_subject(l.s, span_str(item), 10, 700, 600, collect, &v, &d),
	    ERR_OK);
	assert_int_equal(v.n, 600);
	assert_int_equal(v.index[0], 10);
	v.n = 0;
	assert_int_equal(
	    store_subject(l.s, span_str("a:b"), 0, 51, 600, collect, &v, &d),
	    ERR_OK);
	assert_int_equal(v.n, 5);
	v.n = 0;
	assert_int_equal(store_subject(l.s, span_str("device/dev"), 0, 300, 600,
			     collect, &v, &d),
	    ERR_OK);
	assert_int_equal(v.n, 0);
	v = (struct list){ .end_with = ERR_FULL };
	assert_int_equal(
	    store_subject(l.s, span_str(item), 0, 300, 600, collect, &v, &d),
	    ERR_FULL);
	assert_int_equal(v.n, 1);
	pglog_close(&l);
}

/* `a:b` is touched by every tenth entry; what a map says of it. */
static struct store_reach
reach_of(uint64_t covered)
{
	struct store_reach r = { .covered = covered };
	struct hash leaf = merkle_leaf(span_str("x")), root;
	struct frontier list;

	frontier_init(&list);
	for (uint64_t i = 10; i < covered; i += 10) {
		struct hash item = map_item(i, &leaf);

		frontier_add(&list, &item);
		r.count++;
		r.newest = i;
	}
	if (r.count == 0)
		return r;
	root = frontier_root(&list);
	r.value = map_value(r.count, &root);
	return r;
}

static enum err
ask_known(struct pglog *l, struct list *v, const struct store_reach *known,
    uint64_t below, size_t limit, struct diag *d)
{
	*v = (struct list){ .n = 0 };
	return store_subject_known(
	    l->s, span_str("a:b"), known, below, limit, collect, v, d);
}

static void
reads(struct pglog *l, uint64_t covered, uint64_t below, size_t limit, size_t n)
{
	const struct store_reach known = reach_of(covered);
	struct list v;
	struct diag d = { .text = "" };

	if (ask_known(l, &v, &known, below, limit, &d) != ERR_OK)
		fail_msg("%s", d.text);
	assert_int_equal(v.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(v.index[i], 10 * (i + 1));
}

static void
every_tenth(struct pglog *l, const char *log, uint64_t n)
{
	struct diag d;

	pglog_open(l, pgtest_log(&db, log, 0));
	pglog_begin(l);
	for (uint64_t i = 1; i <= n; i++)
		add(l, "x", "dev", 1, i, i % 10 == 0 ? "a:b" : NULL, NULL);
	assert_int_equal(pglog_commit(l, &d), ERR_OK);
}

static void
a_subject_the_map_knows_is_read_from_its_newest_on(void **state)
{
	struct pglog l;

	(void)state;
	every_tenth(&l, "known", 4999);
	reads(&l, 501, 501, 60, 50);
	/* what came after the map's entries is looked for */
	reads(&l, 501, 601, 600, 60);
	/* more than one question brings */
	reads(&l, 501, 5000, 600, 499);
	reads(&l, 501, 5000, 400, 400);
	reads(&l, 501, 5000, 50, 50);
	reads(&l, 501, 5000, 20, 20);
	/* more are known than one question brings */
	reads(&l, 4001, 5000, 600, 499);
	reads(&l, 5000, 5000, 600, 499);
	/* one, and none */
	reads(&l, 11, 11, 9, 1);
	reads(&l, 11, 21, 9, 2);
	reads(&l, 9, 9, 9, 0);
	reads(&l, 9, 11, 9, 1);
	pglog_close(&l);
}

static void
differs(struct pglog *l, const struct store_reach *known, uint64_t below)
{
	struct list v;
	struct diag d;

	assert_int_equal(ask_known(l, &v, known, below, 600, &d), ERR_PROOF);
	assert_non_null(strstr(d.text, "subject a:b"));
	assert_non_null(strstr(d.text, "countermark audit"));
}

static void
a_list_that_is_not_the_maps_is_no_history(void **state)
{
	const char damage[] =
	    "SET session_replication_role = replica;"
	    "INSERT INTO item SELECT * FROM item i WHERE i.idx = 30 AND "
	    "i.log_id = (SELECT log_id FROM log WHERE name = 'other');"
	    "DELETE FROM item i WHERE i.idx = 1500 AND "
	    "i.log_id = (SELECT log_id FROM log WHERE name = 'other');";
	struct store_reach known;
	struct pglog l;
	struct list v;
	struct diag d;

	(void)state;
	every_tenth(&l, "other", 1999);
	/* one more or less, another newest, another value */
	known = reach_of(101);
	known.count++;
	differs(&l, &known, 200);
	known = reach_of(101);
	known.count = 0;
	known.covered = 9;
	known.value.b[0] ^= 1;
	assert_int_equal(ask_known(&l, &v, &known, 20, 9, &d), ERR_OK);
	known = reach_of(11);
	known.newest = 5;
	differs(&l, &known, 20);
	differs(&l, &known, 11);
	known.newest = 4000; /* no such entry */
	differs(&l, &known, 11);
	known = reach_of(101);
	known.value.b[0] ^= 1;
	differs(&l, &known, 200);
	/* a row twice, one that is gone */
	assert_string_equal(pgtest_sql(db.uri, damage), "");
	known = reach_of(101);
	differs(&l, &known, 200);
	known = reach_of(1601);
	differs(&l, &known, 1700);
	/* as a replica that is behind */
	known = reach_of(3001);
	assert_int_equal(ask_known(&l, &v, &known, 3001, 600, &d), ERR_DB);
	assert_non_null(strstr(d.text, "the map is of 3001"));
	pglog_close(&l);
}

static void
subjects_no_index_can_hold_are_kept_by_hash(void **state)
{
	struct buf longer = buf_heap(70000);
	const struct span odd = span_str("x:\xff\xfe");
	struct list v = { .n = 0 };
	struct pglog l;
	struct diag d;

	(void)state;
	buf_str(&longer, "x:");
	for (int i = 0; i < 60000; i++)
		buf_byte(&longer, (uint8_t)('a' + i % 26));
	pglog_open(&l, pgtest_log(&db, "long", 0));
	pglog_begin(&l);
	pglog_row(&l, span_str("y"), NULL, 0, 0);
	assert_int_equal(store_batch_subject(l.b, buf_span(&longer)), ERR_OK);
	assert_int_equal(store_batch_subject(l.b, odd), ERR_OK);
	assert_int_equal(store_batch_subject(l.b, span_of("x:\0y", 4)), ERR_OK);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(
	    store_subject(l.s, buf_span(&longer), 0, 10, 10, collect, &v, &d),
	    ERR_OK);
	assert_int_equal(
	    store_subject(l.s, odd, 0, 10, 10, collect, &v, &d), ERR_OK);
	assert_int_equal(
	    store_subject(l.s, span_of("x:\0y", 4), 0, 10, 10, collect, &v, &d),
	    ERR_OK);
	assert_int_equal(v.n, 3);
	buf_free(&longer);
	pglog_close(&l);
}

static void
the_registry_comes_once_and_in_order(void **state)
{
	static const uint64_t want[] = { 1, 2, 3, 5, 7, 8, 9, 10 };
	struct list v = { .n = 0 };
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "registry", 0));
	pglog_begin(&l);
	add(&l, "1", "a", 1, 1, "registry/organisation/acme", NULL);
	add(&l, "2", "a", 1, 2, "registry/goods/09506000134352",
	    "goods/09506000134352");
	add(&l, "3", "a", 1, 3, "registry/device/x", "registry/place/y");
	add(&l, "4", "a", 1, 4, "registry/heartbeat/x", NULL);
	add(&l, "countermark/fork/v1\nbytes", NULL, 0, 0, "reject/", NULL);
	add(&l, "rejected", "a", 1, 5, "reject/", NULL);
	add(&l, "7", "a", 1, 6, "registry/service/did:key:z", NULL);
	add(&l, "8", "a", 1, 7, "registry/delegation/did:key:z", NULL);
	add(&l, "9", "a", 1, 8, "registry/place/z", NULL);
	add(&l, "10", "a", 1, 9, "registry/right/z", NULL);
	add(&l, "11", "a", 1, 10, "registry/rightx/z", "registry/devicex/z");
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(
	    store_registry(l.s, 0, l.size, collect, &v, &d), ERR_OK);
	assert_int_equal(v.n, sizeof want / sizeof want[0]);
	assert_memory_equal(v.index, want, sizeof want);
	v.n = 0;
	assert_int_equal(store_registry(l.s, 3, 8, collect, &v, &d), ERR_OK);
	assert_int_equal(v.n, 3);
	pglog_close(&l);
}

static void
a_long_registry_comes_in_pieces(void **state)
{
	struct list v = { .n = 0 };
	struct pglog l;
	struct diag d;
	char subject[64];

	(void)state;
	pglog_open(&l, pgtest_log(&db, "registry-long", 0));
	pglog_begin(&l);
	for (uint64_t i = 1; i <= 1000; i++) {
		(void)snprintf(subject, sizeof subject, "registry/device/d%d",
		    (int)(i * 7919 % 1000));
		add(&l, "d", "authority", 1, i, subject, NULL);
	}
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(
	    store_registry(l.s, 0, l.size, collect, &v, &d), ERR_OK);
	assert_int_equal(v.n, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(v.index[i], i + 1);
	pglog_close(&l);
}

/* ---- devices ---- */
struct heads {
	size_t n;
	struct store_device_head h[8];
};

static enum err
see_head(void *ctx, const struct store_device_head *h)
{
	struct heads *v = ctx;

	if (v->n < 8)
		v->h[v->n] = *h;
	v->n++;
	return ERR_OK;
}

static void
heads_are_the_last_of_each_epoch(void **state)
{
	struct heads v = { .n = 0 };
	struct store_device_head one;
	struct hash wanted = hash_bytes(span_str("b-1-2"));
	bool found = false;
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "heads", 0));
	assert_int_equal(store_device_heads(l.s, see_head, &v, &d), ERR_OK);
	assert_int_equal(v.n, 0);
	pglog_begin(&l);
	add(&l, "b-1-1", "b", 1, 1, NULL, NULL);
	add(&l, "a-1-1", "a", 1, 1, NULL, NULL);
	add(&l, "b-1-2", "b", 1, 2, NULL, NULL);
	add(&l, "b-2-1", "b", 2, 1, NULL, NULL);
	add(&l, "c-1-1", "c", 1, 1, NULL, NULL);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(store_device_heads(l.s, see_head, &v, &d), ERR_OK);
	assert_int_equal(v.n, 4);
	assert_string_equal(v.h[0].device, "a");
	assert_string_equal(v.h[1].device, "b");
	assert_int_equal(v.h[1].seq, 2);
	assert_int_equal(v.h[1].index, 3);
	assert_true(hash_equal(&v.h[1].hash, &wanted));
	assert_int_equal(v.h[2].epoch, 2);
	assert_int_equal(
	    store_device_statement(l.s, span_str("b"), 1, 2, &one, &d), ERR_OK);
	assert_int_equal(one.index, 3);
	assert_int_equal(
	    store_device_statement(l.s, span_str("b"), 1, 3, &one, &d),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    store_device_statement(l.s, span_str("b"), UINT64_MAX, 3, &one, &d),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    store_device_hash(l.s, span_str("b"), 1, &wanted, &found, &d),
	    ERR_OK);
	assert_true(found);
	assert_int_equal(
	    store_device_hash(l.s, span_str("b"), 2, &wanted, &found, &d),
	    ERR_OK);
	assert_false(found);
	pglog_close(&l);
}

static void
record_times_lie_between_epochs(void **state)
{
	int64_t before, after;
	struct pglog l;
	struct diag d;

	(void)state;
	pglog_open(&l, pgtest_log(&db, "recorded", 0));
	pglog_begin(&l);
	pglog_row(&l, span_str("epoch 1"), NULL, 0, 0);
	assert_int_equal(
	    store_batch_epoch(l.b, 1, 100, &l.chain, 0, 0), ERR_OK);
	add(&l, "2", "a", 1, 1, NULL, NULL);
	pglog_row(&l, span_str("epoch 2"), NULL, 0, 0);
	assert_int_equal(
	    store_batch_epoch(l.b, 3, 200, &l.chain, 1, 1), ERR_OK);
	add(&l, "4", "a", 1, 2, NULL, NULL);
	assert_int_equal(pglog_commit(&l, &d), ERR_OK);
	assert_int_equal(store_recorded(l.s, 0, &before, &after, &d), ERR_OK);
	assert_int_equal(before, 0);
	assert_int_equal(after, 100);
	assert_int_equal(store_recorded(l.s, 2, &before, &after, &d), ERR_OK);
	assert_int_equal(before, 100);
	assert_int_equal(after, 200);
	assert_int_equal(
	    store_recorded(l.s, 4, &before, &after, &d), ERR_NOT_FOUND);
	pglog_close(&l);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiles_reload_as_if_never_left),
		cmocka_unit_test(hashes_read_from_full_and_partial_tiles),
		cmocka_unit_test(proofs_come_out_of_the_tables),
		cmocka_unit_test(a_subject_lists_its_entries_in_order),
		cmocka_unit_test(
		    a_subject_the_map_knows_is_read_from_its_newest_on),
		cmocka_unit_test(a_list_that_is_not_the_maps_is_no_history),
		cmocka_unit_test(subjects_no_index_can_hold_are_kept_by_hash),
		cmocka_unit_test(the_registry_comes_once_and_in_order),
		cmocka_unit_test(a_long_registry_comes_in_pieces),
		cmocka_unit_test(heads_are_the_last_of_each_epoch),
		cmocka_unit_test(record_times_lie_between_epochs),
	};
	int failed;

	if (argc != 2)
		return 77;
	pgtest_open(&db, argv[1]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgtest_close(&db);
	return failed;
}
