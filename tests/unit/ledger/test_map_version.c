/* SPDX-License-Identifier: Apache-2.0 */
/* Versions stay as they are, in whatever order they go; readers on other
 * threads prove from one while the writer goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <pthread.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "naivemap.h"

#include "base/banned.h"

static struct map *
fresh(void)
{
	struct map *m;

	assert_int_equal(map_new(&m), ERR_OK);
	return m;
}

static void
touch_some(struct map *m, uint64_t *index, unsigned keys, unsigned touches)
{
	static unsigned pick = 1;

	for (unsigned i = 0; i < touches; i++) {
		struct hash key, leaf = naive_leaf(*index);

		pick = pick * 1103515245 + 12345;
		key = naive_key((pick >> 8) % keys);
		assert_int_equal(map_add(m, &key, (*index)++, &leaf), ERR_OK);
	}
}

static void
check_found(const struct map_version *v, const struct hash *key,
    const struct map_proof *p)
{
	struct map_found f;

	map_version_find(&f, v, key);
	assert_int_equal(f.count > 0, p->present);
	if (p->present)
		assert_true(hash_equal(&f.value, &p->value));
}

/* All keys' proofs hold under the version's root; how many are present. */
static uint64_t
count_present(const struct map_version *v, unsigned keys)
{
	struct hash root = map_version_root(v);
	uint64_t n = 0;

	for (unsigned i = 0; i < keys; i++) {
		struct hash key = naive_key(i);
		struct map_proof p;

		map_prove(&p, v, &key);
		assert_int_equal(map_verify(&p, &key, &root, NULL), ERR_OK);
		check_found(v, &key, &p);
		n += p.present;
	}
	return n;
}

struct kept {
	struct map_version *v;
	struct hash root; /* as it was */
	uint64_t keys;
};

static void
freeze(struct kept *k, struct map *m)
{
	k->root = map_root(m);
	k->keys = map_keys(m);
	assert_int_equal(map_freeze(m, &k->v), ERR_OK);
}

static void
check(const struct kept *k, unsigned keys)
{
	struct hash root = map_version_root(k->v);

	assert_true(hash_equal(&root, &k->root));
	assert_int_equal(map_version_keys(k->v), k->keys);
	assert_int_equal(count_present(k->v, keys), k->keys);
}

static void
test_find(void **state)
{
	struct map *m = fresh();
	struct map_version *v;
	struct hash key = naive_key(1), other = naive_key(2), leaf;
	struct map_found f;

	(void)state;
	assert_int_equal(map_freeze(m, &v), ERR_OK);
	map_version_find(&f, v, &key);
	assert_int_equal(f.count, 0);
	map_thaw(m, v);
	for (uint64_t i = 1; i <= 70; i++) {
		leaf = naive_leaf(3 * i);
		assert_int_equal(map_add(m, &key, 3 * i, &leaf), ERR_OK);
		assert_int_equal(map_freeze(m, &v), ERR_OK);
		/* as it was, not as it goes on */
		leaf = naive_leaf(3 * i + 1);
		assert_int_equal(map_add(m, &other, 3 * i + 1, &leaf), ERR_OK);
		map_version_find(&f, v, &key);
		assert_int_equal(f.count, i);
		assert_int_equal(f.newest, 3 * i);
		map_version_find(&f, v, &other);
		assert_int_equal(f.count, i - 1);
		map_thaw(m, v);
	}
	map_free(m);
}

/* Eight versions at most, thawed in an order of chance. */
static void
test_any_order(void **state)
{
	struct kept kept[8] = { 0 };
	struct map *m = fresh();
	uint64_t index = 1;
	unsigned pick = 7;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct kept *k;

		pick = pick * 1103515245 + 12345;
		k = &kept[(pick >> 8) % 8];
		if (k->v != NULL) {
			check(k, 330);
			map_thaw(m, k->v);
			k->v = NULL;
		} else {
			freeze(k, m);
		}
		touch_some(m, &index, 300, round % 40);
	}
	for (unsigned i = 0; i < 8; i++) {
		if (kept[i].v != NULL)
			check(&kept[i], 330);
	}
	map_free(m); /* with versions alive */
}

static void
test_same_as_never_frozen(void **state)
{
	struct map *m = fresh(), *plain = fresh();
	struct map_version *v[3] = { 0 };
	struct hash a, b;

	(void)state;
	for (uint64_t index = 1; index < 3000; index++) {
		struct hash key = naive_key((unsigned)(index * 7919 % 500));
		struct hash leaf = naive_leaf(index);

		assert_int_equal(map_add(m, &key, index, &leaf), ERR_OK);
		assert_int_equal(map_add(plain, &key, index, &leaf), ERR_OK);
		if (index % 50 == 0) {
			map_thaw(m, v[index / 50 % 3]);
			assert_int_equal(
			    map_freeze(m, &v[index / 50 % 3]), ERR_OK);
		}
	}
	a = map_root(m);
	b = map_root(plain);
	assert_true(hash_equal(&a, &b));
	assert_int_equal(map_keys(m), map_keys(plain));
	map_free(plain);
	map_free(m);
}

static void
test_limit(void **state)
{
	struct map_version *v[9];
	struct map *m = fresh();

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(map_freeze(m, &v[i]), ERR_OK);
	assert_int_equal(map_freeze(m, &v[8]), ERR_LIMIT);
	assert_null(v[8]);
	map_thaw(m, v[3]);
	assert_int_equal(map_freeze(m, &v[8]), ERR_OK);
	map_thaw(m, NULL);
	map_free(m);
}

#define CHUNK 3000000

/* What versions held is used again: beside an old version ever newer ones
 * cost nothing more. */
static void
test_memory_comes_back(void **state)
{
	struct map *m = fresh();
	struct map_version *v = NULL, *next;
	struct kept old;
	uint64_t index = 1;
	size_t bytes = 0;

	(void)state;
	touch_some(m, &index, 1000, 4000);
	freeze(&old, m);
	for (unsigned i = 0; i < 1200; i++) {
		if (i == 600)
			bytes = map_bytes(m);
		touch_some(m, &index, 1000, 100);
		assert_int_equal(map_freeze(m, &next), ERR_OK);
		map_thaw(m, v);
		v = next;
	}
	/* 600 rounds of 100 paths would fill a dozen of chunks; the lists
	 * grow a little and may need one of a pool */
	assert_true(map_bytes(m) < bytes + CHUNK);
	check(&old, 1000);
	map_thaw(m, old.v);
	map_thaw(m, v);
	assert_true(map_bytes(m) < bytes + CHUNK);
	map_free(m);
}

/* Period numbers run out and begin again, under an old version. */
static void
test_periods_run_out(void **state)
{
	struct map *m = fresh();
	struct map_version *v = NULL, *next;
	uint64_t index = 1;
	struct kept old;

	(void)state;
	touch_some(m, &index, 200, 500);
	freeze(&old, m);
	for (unsigned i = 0; i < 70000; i++) {
		if (i % 197 == 0)
			touch_some(m, &index, 250, 3);
		assert_int_equal(map_freeze(m, &next), ERR_OK);
		map_thaw(m, v);
		v = next;
	}
	check(&old, 250);
	map_thaw(m, old.v);
	assert_int_equal(count_present(v, 250), map_keys(m));
	map_free(m);
}

/* ---- readers beside the writer ---- */
#define READERS 3
#define READ_KEYS 400

struct board {
	pthread_mutex_t lock;
	struct map_version *current;
	unsigned reading[8]; /* by slot */
	struct map_version *slot[8];
	bool stop;
	atomic_uint proofs;
};

/* The place of a version on the board. */
static unsigned
slot_of(struct board *b, struct map_version *v)
{
	for (unsigned i = 0; i < 8; i++) {
		if (b->slot[i] == v)
			return i;
	}
	return 8;
}

static void *
read_on(void *ctx)
{
	struct board *b = ctx;
	bool stop = false;

	while (!stop) {
		struct map_version *v;
		unsigned at;

		pthread_mutex_lock(&b->lock);
		v = b->current;
		stop = b->stop;
		at = slot_of(b, v);
		b->reading[at]++;
		pthread_mutex_unlock(&b->lock);
		if (count_present(v, READ_KEYS) != map_version_keys(v))
			abort();
		atomic_fetch_add(&b->proofs, READ_KEYS);
		pthread_mutex_lock(&b->lock);
		b->reading[at]--;
		pthread_mutex_unlock(&b->lock);
	}
	return NULL;
}

/* Makes a new version current; drops old ones nobody reads. */
static void
turn(struct board *b, struct map *m)
{
	struct map_version *next, *drop[8];
	unsigned n = 0;

	pthread_mutex_lock(&b->lock);
	for (unsigned i = 0; i < 8; i++) {
		if (b->slot[i] == NULL || b->reading[i] != 0 ||
		    b->slot[i] == b->current)
			continue;
		drop[n++] = b->slot[i];
		b->slot[i] = NULL;
	}
	pthread_mutex_unlock(&b->lock);
	while (n > 0)
		map_thaw(m, drop[--n]);
	if (map_freeze(m, &next) != ERR_OK)
		return; /* eight are being read */
	pthread_mutex_lock(&b->lock);
	b->slot[slot_of(b, NULL)] = next;
	b->current = next;
	pthread_mutex_unlock(&b->lock);
}

static void
test_readers(void **state)
{
	static struct board b = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[READERS];
	struct map *m = fresh();
	uint64_t index = 1;

	(void)state;
	turn(&b, m);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, read_on, &b), 0);
	for (unsigned i = 0; i < 200 || atomic_load(&b.proofs) < 8000; i++) {
		touch_some(m, &index, READ_KEYS, 50);
		turn(&b, m);
	}
	pthread_mutex_lock(&b.lock);
	b.stop = true;
	pthread_mutex_unlock(&b.lock);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	map_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_same_as_never_frozen),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_memory_comes_back),
		cmocka_unit_test(test_periods_run_out),
		cmocka_unit_test(test_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
