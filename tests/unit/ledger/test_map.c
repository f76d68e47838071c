/* SPDX-License-Identifier: Apache-2.0 */
/* The map's tree against its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "event/statement.h"
#include "ledger/merkle.h"

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
add_both(struct map *m, struct naive_map *ref, const struct hash *key,
    uint64_t index)
{
	struct hash leaf = naive_leaf(index);

	assert_int_equal(map_add(m, key, index, &leaf), ERR_OK);
	naive_map_add(ref, key, index, &leaf);
}

static void
same_root(struct map *m, const struct naive_map *ref)
{
	struct naive_pair *pairs = naive_map_pairs(ref);
	struct hash want = naive_root(pairs, ref->n), got = map_root(m);

	assert_memory_equal(got.b, want.b, HASH_BYTES);
	assert_int_equal(map_keys(m), ref->n);
	free(pairs);
}

/* Present and absent keys, each proof as the definition has it. */
static void
same_proofs(struct map *m, const struct naive_map *ref, unsigned keys)
{
	struct naive_pair *pairs = naive_map_pairs(ref);
	struct hash root = naive_root(pairs, ref->n);
	struct map_version *v;

	assert_int_equal(map_freeze(m, &v), ERR_OK);
	for (unsigned i = 0; i < keys; i++) {
		struct hash key = naive_key(i);
		struct map_proof got, want;

		map_prove(&got, v, &key);
		naive_prove(&want, pairs, ref->n, &key);
		assert_int_equal(map_verify(&got, &key, &root, NULL), ERR_OK);
		assert_int_equal(got.present, want.present);
		assert_int_equal(got.empty, want.empty);
		assert_int_equal(got.steps, want.steps);
		if (!got.empty) {
			assert_true(hash_equal(&got.key, &want.key));
			assert_true(hash_equal(&got.value, &want.value));
		}
		for (unsigned k = 0; k < got.steps; k++) {
			assert_int_equal(got.step[k].bit, want.step[k].bit);
			assert_true(hash_equal(
			    &got.step[k].sibling, &want.step[k].sibling));
		}
	}
	map_thaw(m, v);
	free(pairs);
}

static void
test_empty(void **state)
{
	static const uint8_t tag = 2;
	struct hash want = hash_bytes(span_of(&tag, 1)), got;
	struct naive_map ref = { 0 };
	struct map *m = fresh();

	(void)state;
	got = map_root(m);
	assert_true(hash_equal(&got, &want));
	assert_int_equal(map_keys(m), 0);
	same_proofs(m, &ref, 3);
	map_free(m);
	map_free(NULL);
}

static void
test_each_key_in_turn(void **state)
{
	struct naive_map ref = { 0 };
	struct map *m = fresh();

	(void)state;
	for (unsigned i = 0; i < 120; i++) {
		struct hash key = naive_key(i);

		add_both(m, &ref, &key, i + 2);
		same_root(m, &ref);
		same_proofs(m, &ref, 130);
	}
	map_free(m);
	naive_map_clear(&ref);
}

/* Every length of a list up to some, so that slots grow and shrink. */
static void
test_lists(void **state)
{
	struct naive_map ref = { 0 };
	struct map *m = fresh();
	uint64_t index = 2;

	(void)state;
	for (unsigned n = 0; n < 140; n++) {
		for (unsigned i = 0; i < 3; i++) {
			struct hash key = naive_key(i);

			add_both(m, &ref, &key, index++);
		}
		same_root(m, &ref);
	}
	same_proofs(m, &ref, 6);
	map_free(m);
	naive_map_clear(&ref);
}

/* Many changes between two roots; the root does not depend on where the
 * batches end. */
static void
test_batches(void **state)
{
	struct naive_map ref = { 0 };
	struct map *m = fresh(), *other = fresh();
	struct hash a, b;
	unsigned pick = 1;

	(void)state;
	for (uint64_t index = 1; index < 6000; index++) {
		struct hash key, leaf = naive_leaf(index);

		pick = pick * 1103515245 + 12345;
		key = naive_key((pick >> 8) % 900);
		add_both(m, &ref, &key, index);
		assert_int_equal(map_add(other, &key, index, &leaf), ERR_OK);
		if (index % 777 == 0)
			same_root(m, &ref);
	}
	a = map_root(m);
	b = map_root(other);
	assert_true(hash_equal(&a, &b));
	same_proofs(m, &ref, 1000);
	assert_true(map_bytes(m) > 0);
	map_free(m);
	map_free(other);
	naive_map_clear(&ref);
}

/* Keys that part at each of the 256 bits: the deepest tree there is. */
static void
test_deepest(void **state)
{
	struct naive_map ref = { 0 };
	struct map *m = fresh();
	struct map_version *v;
	struct map_proof p;
	struct hash key = { { 0 } }, root;

	(void)state;
	add_both(m, &ref, &key, 1);
	for (unsigned bit = 0; bit < 256; bit++) {
		struct hash other = key;

		other.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		add_both(m, &ref, &other, bit + 2);
	}
	same_root(m, &ref);
	root = map_root(m);
	assert_int_equal(map_freeze(m, &v), ERR_OK);
	map_prove(&p, v, &key);
	assert_int_equal(p.steps, 256);
	assert_int_equal(map_verify(&p, &key, &root, NULL), ERR_OK);
	map_thaw(m, v);
	map_free(m);
	naive_map_clear(&ref);
}

static void
test_indices(void **state)
{
	struct map *m = fresh();
	struct hash key = naive_key(1), other = naive_key(2);
	struct hash leaf = naive_leaf(1);
	uint64_t most = ((uint64_t)1 << 48) - 1;

	(void)state;
	assert_int_equal(map_add(m, &key, 7, &leaf), ERR_OK);
	assert_int_equal(map_add(m, &key, 7, &leaf), ERR_USAGE);
	assert_int_equal(map_add(m, &key, 6, &leaf), ERR_USAGE);
	assert_int_equal(map_add(m, &other, 6, &leaf), ERR_OK);
	assert_int_equal(map_add(m, &key, most + 1, &leaf), ERR_USAGE);
	assert_int_equal(map_add(m, &key, most, &leaf), ERR_OK);
	assert_int_equal(map_add(m, &key, most, &leaf), ERR_USAGE);
	map_free(m);
}

/* The hint changes nothing, whatever keys it names and however many. */
static void
test_expect(void **state)
{
	struct map *m = fresh(), *plain = fresh();
	struct hash keys[MAP_EXPECT + 8], a, b;

	(void)state;
	for (unsigned i = 0; i < MAP_EXPECT + 8; i++)
		keys[i] = naive_key(i);
	map_expect(m, keys, 3);
	for (uint64_t index = 1; index < 200; index++) {
		const struct hash *key = &keys[index * 7 % MAP_EXPECT];
		struct hash leaf = naive_leaf(index);

		map_expect(m, keys, index % (MAP_EXPECT + 8));
		assert_int_equal(map_add(m, key, index, &leaf), ERR_OK);
		assert_int_equal(map_add(plain, key, index, &leaf), ERR_OK);
	}
	a = map_root(m);
	b = map_root(plain);
	assert_true(hash_equal(&a, &b));
	map_free(m);
	map_free(plain);
}

static void
keep_key(void *ctx, struct span subject)
{
	struct hash key = map_key(subject);

	(void)buf_put(ctx, hash_span(&key));
}

/* An entry's subjects are what the map function says. */
static void
test_entry(void **state)
{
	static const char payload[] =
	    "{\"@context\":[],\"type\":\"EPCISDocument\",\"schemaVersion\":"
	    "\"2.0\",\"creationDate\":\"2026-01-01T00:00:00Z\","
	    "\"epcisBody\":{\"eventList\":[{\"type\":\"ObjectEvent\","
	    "\"epcList\":[\"https://id.gs1.org/01/09506000134352/21/A\","
	    "\"https://id.gs1.org/01/09506000134352/21/B\"]}]}}";
	struct claims c = { .iss = span_str("did:web:x.example:device:a"),
		.sub = span_str("x"),
		.epoch = 1,
		.seq = 1 };
	struct buf entry = buf_heap(65536), keys = buf_heap(65536);
	struct map *got = fresh(), *want = fresh();
	struct hash a, b, leaf;
	struct sign_key key;
	struct touch t;

	(void)state;
	key_from_seed(&key, (const uint8_t[KEY_BYTES]){ 1 });
	assert_int_equal(statement_make(&entry, &c, CONTENT_IS_PRODUCT,
			     span_str(payload), &key, NULL),
	    ERR_OK);
	assert_int_equal(touch_init(&t), ERR_OK);
	assert_int_equal(map_add_entry(got, &t, 5, buf_span(&entry)), ERR_OK);
	assert_int_equal(
	    touch_entry(&t, buf_span(&entry), keep_key, &keys), ERR_OK);
	assert_int_equal(keys.n, 3 * HASH_BYTES);
	leaf = merkle_leaf(buf_span(&entry));
	for (unsigned i = 0; i < 3; i++) {
		memcpy(a.b, keys.p + i * sizeof a, HASH_BYTES);
		assert_int_equal(map_add(want, &a, 5, &leaf), ERR_OK);
	}
	a = map_root(got);
	b = map_root(want);
	assert_true(hash_equal(&a, &b));
	/* the same entry again: its index does not rise */
	assert_int_equal(
	    map_add_entry(got, &t, 5, buf_span(&entry)), ERR_USAGE);
	touch_clear(&t);
	buf_free(&entry);
	buf_free(&keys);
	map_free(got);
	map_free(want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_each_key_in_turn),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_indices),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_entry),
	};

	if (crypto_start() != ERR_OK)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
