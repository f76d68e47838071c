/* SPDX-License-Identifier: Apache-2.0 */
/* A dump read again is the same map; what is no dump is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#include "naivemap.h"

#include "base/banned.h"

#define DUMP_MAX ((size_t)64 << 20)

static enum err
keep(void *ctx, struct span bytes)
{
	struct buf *b = ctx;

	buf_put(b, bytes);
	return buf_error(b);
}

static struct map *
fresh(void)
{
	struct map *m;

	assert_int_equal(map_new(&m), ERR_OK);
	return m;
}

static struct map *
filled(unsigned keys, unsigned touches)
{
	struct map *m = fresh();
	unsigned pick = 1;

	for (uint64_t index = 1; index <= touches; index++) {
		struct hash key, leaf = naive_leaf(index);

		pick = pick * 1103515245 + 12345;
		key = naive_key((pick >> 8) % keys);
		assert_int_equal(map_add(m, &key, index, &leaf), ERR_OK);
	}
	return m;
}

static void
same(struct map *a, struct map *b)
{
	struct hash x = map_root(a), y = map_root(b);

	assert_true(hash_equal(&x, &y));
	assert_int_equal(map_keys(a), map_keys(b));
}

static struct buf
dumped(const struct map *m)
{
	struct buf b = buf_heap(DUMP_MAX);

	assert_int_equal(map_dump(m, keep, &b), ERR_OK);
	return b;
}

static void
test_round_trip(void **state)
{
	struct map *m = filled(700, 5000), *again = fresh();
	struct buf a = dumped(m), b;
	struct hash leaf = naive_leaf(5001), key;

	(void)state;
	assert_int_equal(map_load(again, buf_span(&a), NULL), ERR_OK);
	same(m, again);
	b = dumped(again);
	assert_true(span_equal(buf_span(&a), buf_span(&b)));
	/* and it goes on where the other one does */
	for (unsigned i = 0; i < 800; i++) {
		key = naive_key(i);
		assert_int_equal(map_add(m, &key, 5001 + i, &leaf), ERR_OK);
		assert_int_equal(map_add(again, &key, 5001 + i, &leaf), ERR_OK);
	}
	same(m, again);
	key = naive_key(0);
	assert_int_equal(map_add(again, &key, 5001, &leaf), ERR_USAGE);
	buf_free(&a);
	buf_free(&b);
	map_free(m);
	map_free(again);
}

/* Cut anywhere between records, hashed in between or not. */
static void
test_pieces(void **state)
{
	struct map *m = filled(90, 400);
	struct buf a = dumped(m);

	(void)state;
	for (unsigned every = 1; every < 12; every++) {
		struct span rest = buf_span(&a);
		struct map *again = fresh();

		while (rest.n > 0) {
			size_t n = 0;

			for (unsigned i = 0; i < every && n < rest.n; i++)
				n += map_record_bytes(span_skip(rest, n));
			assert_int_equal(
			    map_load(again, span_of(rest.p, n), NULL), ERR_OK);
			rest = span_skip(rest, n);
			if (every % 2 == 0)
				(void)map_root(again);
		}
		same(m, again);
		map_free(again);
	}
	buf_free(&a);
	map_free(m);
}

static void
test_empty(void **state)
{
	struct map *m = fresh(), *again = fresh();
	struct buf a = dumped(m);

	(void)state;
	assert_int_equal(a.n, 0);
	assert_int_equal(map_load(again, SPAN_NONE, NULL), ERR_OK);
	same(m, again);
	buf_free(&a);
	map_free(m);
	map_free(again);
}

/* Above a megabyte it comes in several pieces, each of whole records. */
struct loading {
	struct map *map;
	unsigned pieces;
};

static enum err
load_piece(void *ctx, struct span bytes)
{
	struct loading *l = ctx;

	l->pieces++;
	assert_true(bytes.n < (1 << 20) + 3000);
	return map_load(l->map, bytes, NULL);
}

static void
test_large(void **state)
{
	struct map *m = filled(40000, 60000);
	struct loading l = { .map = fresh() };

	(void)state;
	assert_int_equal(map_dump(m, load_piece, &l), ERR_OK);
	assert_true(l.pieces >= 3);
	same(m, l.map);
	map_free(l.map);
	map_free(m);
}

static enum err
no_room(void *ctx, struct span bytes)
{
	(void)bytes;
	++*(unsigned *)ctx;
	return ERR_IO;
}

static void
test_writer_fails(void **state)
{
	struct map *m = filled(40000, 60000);
	unsigned calls = 0;

	(void)state;
	assert_int_equal(map_dump(m, no_room, &calls), ERR_IO);
	assert_int_equal(calls, 1);
	map_free(m);
}

static void
test_version(void **state)
{
	struct map *m = filled(100, 300), *again = fresh();
	struct buf before = dumped(m), b = buf_heap(DUMP_MAX);
	struct hash leaf = naive_leaf(1);
	struct map_version *v;
	struct diag d;

	(void)state;
	assert_int_equal(map_freeze(m, &v), ERR_OK);
	for (unsigned i = 0; i < 200; i++) {
		struct hash key = naive_key(i);

		assert_int_equal(map_add(m, &key, 301 + i, &leaf), ERR_OK);
	}
	assert_int_equal(map_version_dump(v, keep, &b), ERR_OK);
	assert_true(span_equal(buf_span(&before), buf_span(&b)));
	assert_int_equal(map_load(m, buf_span(&b), &d), ERR_STATE);
	map_thaw(m, v);
	buf_free(&before);
	buf_free(&b);
	map_free(m);
	map_free(again);
}

static void
put_number(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		buf_byte(b, (uint8_t)(v | 0x80));
	buf_byte(b, (uint8_t)v);
}

/* One record: key byte, n, index, as many hashes as given. */
static void
put(struct buf *b, uint8_t key, uint64_t n, uint64_t index, unsigned hashes)
{
	struct hash h = { { key } };

	buf_put(b, hash_span(&h));
	put_number(b, n);
	put_number(b, index);
	for (unsigned i = 0; i < hashes; i++)
		buf_put(b, hash_span(&h));
}

static void
refused(struct buf *b, size_t n, const char *why)
{
	struct map *m = fresh();
	struct diag d;

	assert_int_equal(map_load(m, span_of(b->p, n), &d), ERR_BAD_ENCODING);
	if (strstr(d.text, why) == NULL)
		fail_msg("got \"%s\", wanted \"%s\"", d.text, why);
	map_free(m);
	buf_reset(b);
}

static void
test_refused(void **state)
{
	struct buf b = buf_heap(4096);

	(void)state;
	put(&b, 1, 1, 5, 1);
	refused(&b, 65, "got 31 bytes, wanted 1 hashes");
	put(&b, 1, 1, 5, 1);
	refused(&b, 33, "got 33 bytes, wanted a key and two numbers");
	put(&b, 1, 1, 5, 1);
	refused(&b, 31, "got 31 bytes, wanted a key and two numbers");
	put(&b, 1, 1, 300, 1);
	refused(&b, 34, "wanted a key and two numbers");
	put(&b, 1, 1, 5, 1);
	put(&b, 2, 3, 5, 1);
	refused(&b, b.n, "wanted 2 hashes");
	put(&b, 1, 0, 5, 0);
	refused(&b, b.n, "0 items");
	put(&b, 1, 7, 5, 3);
	refused(&b, b.n, "7 items up to index 5");
	put(&b, 1, 1, (uint64_t)1 << 48, 1);
	refused(&b, b.n, "below 2^48");
	put(&b, 1, UINT64_MAX, 5, 64);
	refused(&b, b.n, "below 2^48");
	put(&b, 1, 1, ((uint64_t)1 << 48) - 1, 0);
	refused(&b, b.n, "wanted 1 hashes");
	/* 1 in two bytes */
	put(&b, 1, 1, 5, 1);
	b.p[32] = 0x81;
	b.p[33] = 0;
	refused(&b, b.n, "as short as they go");
	put(&b, 1, 1, 5, 1);
	put(&b, 1, 1, 5, 1);
	refused(&b, b.n, "not above");
	put(&b, 2, 1, 5, 1);
	put(&b, 1, 1, 5, 1);
	refused(&b, b.n, "not above");
	buf_free(&b);
}

/* The order holds from piece to piece. */
static void
test_refused_later(void **state)
{
	struct buf b = buf_heap(4096);
	struct map *m = fresh();

	(void)state;
	put(&b, 1, 1, 5, 1);
	put(&b, 9, 6, 5, 2);
	assert_int_equal(map_load(m, buf_span(&b), NULL), ERR_OK);
	buf_reset(&b);
	put(&b, 9, 1, 5, 1);
	assert_int_equal(map_load(m, buf_span(&b), NULL), ERR_BAD_ENCODING);
	buf_free(&b);
	map_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_writer_fails),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
