/* SPDX-License-Identifier: Apache-2.0 */
/* What a proof may not be, one case each; parts of lists; the vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/merkle.h"

#include "naivemap.h"

#include "base/banned.h"

#define KEYS 200

static struct naive_pair pairs[KEYS];
static struct hash root;
static const char *vectors;

static void
fill(void)
{
	for (unsigned i = 0; i < KEYS; i++) {
		pairs[i].key = naive_key(i);
		pairs[i].value = naive_leaf(i);
	}
	naive_sort(pairs, KEYS);
	root = naive_root(pairs, KEYS);
}

/* A proof that holds, of key number i. */
static struct map_proof
proof_of(struct hash *key, unsigned i)
{
	struct map_proof p;

	*key = naive_key(i);
	naive_prove(&p, pairs, KEYS, key);
	assert_int_equal(map_verify(&p, key, &root, NULL), ERR_OK);
	assert_int_equal(p.present, i < KEYS);
	assert_true(p.steps > 3);
	return p;
}

static void
refused(const struct map_proof *p, const struct hash *key, const char *why)
{
	struct diag d = { 0 };

	assert_int_equal(map_verify(p, key, &root, &d), ERR_PROOF);
	assert_string_equal(d.clause, "formats 5.3");
	if (strstr(d.text, why) == NULL)
		fail_msg("got \"%s\", wanted \"%s\"", d.text, why);
}

static void
test_bits_must_fall(void **state)
{
	struct hash key;
	struct map_proof p = proof_of(&key, 4);

	(void)state;
	p.step[1].bit = p.step[0].bit;
	refused(&p, &key, "wanted less");
	p = proof_of(&key, 4);
	p.step[p.steps - 1].bit = 255;
	refused(&p, &key, "wanted less");
	p = proof_of(&key, 4);
	p.steps = MAP_PATH_MAX + 1;
	refused(&p, &key, "at most 256");
}

static void
test_presence_of_another(void **state)
{
	struct hash key, other = naive_key(5), absent = naive_key(KEYS + 8);
	struct map_proof p = proof_of(&key, 4);

	(void)state;
	refused(&p, &other, "of another key");
	refused(&p, &absent, "of another key");
}

static void
test_absence_of_the_present(void **state)
{
	struct hash key, far;
	struct map_proof p = proof_of(&key, 4);

	(void)state;
	p.present = false;
	refused(&p, &key, "the other key is the key");
	/* a wrong neighbour: the path turns where the key does not */
	far = key;
	far.b[0] ^= 0x80;
	refused(&p, &far, "part at bit 0");
	for (unsigned i = 0; i < p.steps; i++) {
		far = key;
		far.b[p.step[i].bit / 8] ^=
		    (uint8_t)(0x80 >> p.step[i].bit % 8);
		refused(&p, &far, "part at bit");
	}
	/* each present key, hidden behind each other leaf */
	for (unsigned i = 0; i < KEYS; i++) {
		p = proof_of(&key, i);
		p.present = false;
		for (unsigned k = 0; k < KEYS; k++) {
			far = naive_key(k);
			assert_int_equal(
			    map_verify(&p, &far, &root, NULL), ERR_PROOF);
		}
	}
}

static void
test_changed_hashes(void **state)
{
	static const unsigned both[] = { 4, KEYS + 4 };
	struct hash key;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct map_proof p = proof_of(&key, both[i]);

		p.value.b[31] ^= 1;
		refused(&p, &key, "does not lead");
		for (unsigned k = 0; k < proof_of(&key, both[i]).steps; k++) {
			p = proof_of(&key, both[i]);
			p.step[k].sibling.b[0] ^= 0x80;
			refused(&p, &key, "does not lead");
		}
		p = proof_of(&key, both[i]);
		p.steps--;
		refused(&p, &key, "does not lead");
		p = proof_of(&key, both[i]);
		p.step[0].bit++;
		assert_int_equal(map_verify(&p, &key, &root, NULL), ERR_PROOF);
	}
}

static void
test_another_root(void **state)
{
	struct hash key, other = naive_leaf(9);
	struct map_proof p = proof_of(&key, 4);

	(void)state;
	assert_int_equal(map_verify(&p, &key, &other, NULL), ERR_PROOF);
}

static void
test_empty(void **state)
{
	struct hash key = naive_key(1), empty = naive_root(NULL, 0);
	struct map_proof p = { .empty = true };

	(void)state;
	assert_int_equal(map_verify(&p, &key, &empty, NULL), ERR_OK);
	refused(&p, &key, "does not lead");
	p.present = true;
	assert_int_equal(map_verify(&p, &key, &empty, NULL), ERR_PROOF);
	refused(&p, &key, "no path");
	p.present = false;
	p.steps = 1;
	assert_int_equal(map_verify(&p, &key, &empty, NULL), ERR_PROOF);
	refused(&p, &key, "no path");
}

#define ITEMS 40

static void
one_range(const struct hash *items, uint64_t n, uint64_t first, size_t count)
{
	struct hash left[MERKLE_PATH_MAX], right[MERKLE_PATH_MAX], got;
	struct hash want = naive_list_root(items, n);
	size_t nl, nr;

	map_range_sides(items, n, first, count, left, &nl, right, &nr);
	assert_int_equal(map_range_root(&got, n, first, items + first, count,
			     left, nl, right, nr, NULL),
	    ERR_OK);
	assert_true(hash_equal(&got, &want));
	assert_int_equal(map_range_root(&got, n, first, items + first, count,
			     left, nl + 1, right, nr, NULL),
	    ERR_PROOF);
	assert_int_equal(map_range_root(&got, n, first, items + first, count,
			     left, nl, right, nr + 1, NULL),
	    ERR_PROOF);
	if (nl > 0) {
		assert_int_equal(map_range_root(&got, n, first, items + first,
				     count, left, nl - 1, right, nr, NULL),
		    ERR_PROOF);
		left[nl - 1].b[7] ^= 1;
		assert_int_equal(map_range_root(&got, n, first, items + first,
				     count, left, nl, right, nr, NULL),
		    ERR_OK);
		assert_false(hash_equal(&got, &want));
	}
	if (nr > 0)
		assert_int_equal(map_range_root(&got, n, first, items + first,
				     count, left, nl, right, nr - 1, NULL),
		    ERR_PROOF);
}

static void
test_ranges(void **state)
{
	struct hash items[ITEMS];

	(void)state;
	for (unsigned i = 0; i < ITEMS; i++)
		items[i] = naive_leaf(i);
	for (uint64_t n = 1; n <= ITEMS; n++) {
		for (uint64_t first = 0; first < n; first++) {
			for (uint64_t count = 1; count <= n - first; count++)
				one_range(items, n, first, count);
		}
	}
}

/* An inclusion proof of RFC 6962 is a range of one. */
static void
test_range_of_one(void **state)
{
	struct hash items[13], left[MERKLE_PATH_MAX], right[MERKLE_PATH_MAX];
	struct hash path[MERKLE_PATH_MAX], want;
	size_t nl, nr;

	(void)state;
	for (unsigned i = 0; i < 13; i++)
		items[i] = naive_leaf(i);
	want = naive_list_root(items, 13);
	map_range_sides(items, 13, 9, 1, left, &nl, right, &nr);
	/* 9 of 13: [8,9) [10,12) [12,13) [0,8) */
	assert_int_equal(nl, 2);
	assert_int_equal(nr, 2);
	path[0] = left[1];
	path[1] = right[0];
	path[2] = right[1];
	path[3] = left[0];
	assert_int_equal(
	    merkle_verify_inclusion(&items[9], 9, 13, path, 4, &want, NULL),
	    ERR_OK);
}

static void
test_ranges_refused(void **state)
{
	static struct hash h[64];
	struct hash got;

	(void)state;
	assert_int_equal(
	    map_range_root(&got, 5, 2, h, 0, h, 1, h, 2, NULL), ERR_PROOF);
	assert_int_equal(
	    map_range_root(&got, 0, 0, h, 0, h, 0, h, 0, NULL), ERR_PROOF);
	assert_int_equal(
	    map_range_root(&got, 0, 0, h, 1, h, 0, h, 0, NULL), ERR_PROOF);
	assert_int_equal(
	    map_range_root(&got, 5, 5, h, 1, h, 2, h, 0, NULL), ERR_PROOF);
	assert_int_equal(
	    map_range_root(&got, 5, 3, h, 3, h, 2, h, 0, NULL), ERR_PROOF);
	assert_int_equal(
	    map_range_root(&got, 5, UINT64_MAX, h, 2, h, 64, h, 0, NULL),
	    ERR_PROOF);
	/* the largest list there could be */
	assert_int_equal(map_range_root(&got, UINT64_MAX, UINT64_MAX - 1, h, 1,
			     h, 63, h, 0, NULL),
	    ERR_OK);
	assert_int_equal(
	    map_range_root(&got, UINT64_MAX, 0, h, 1, h, 0, h, 64, NULL),
	    ERR_OK);
}

static struct hash
hash_in(const struct json *object, const char *name)
{
	const char *text;
	struct hash h;
	size_t n;

	assert_int_equal(json_get_text(&text, object, name, NULL), ERR_OK);
	assert_int_equal(
	    hex_parse(h.b, sizeof h.b, &n, span_str(text)), ERR_OK);
	assert_int_equal(n, HASH_BYTES);
	return h;
}

static uint64_t
number_in(const struct json *object, const char *name)
{
	int64_t v;

	assert_int_equal(json_get_int(&v, object, name, NULL), ERR_OK);
	return (uint64_t)v;
}

static struct map *
vector_entries(const struct json *tree)
{
	const struct json *entries = json_get(tree, "entries");
	struct map *m;

	assert_int_equal(map_new(&m), ERR_OK);
	assert_true(json_count(entries) > 20);
	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *e = json_at(entries, i);
		const struct json *subjects = json_get(e, "subjects");
		struct hash leaf = hash_in(e, "leaf"), want, got;

		for (size_t k = 0; k < json_count(subjects); k++) {
			struct hash key =
			    map_key(span_str(json_text(json_at(subjects, k))));

			assert_int_equal(
			    map_add(m, &key, number_in(e, "index"), &leaf),
			    ERR_OK);
		}
		want = hash_in(e, "root");
		got = map_root(m);
		assert_true(hash_equal(&got, &want));
		assert_int_equal(map_keys(m), number_in(e, "keys"));
	}
	return m;
}

static void
vector_proof(const struct map_version *v, const struct json *c)
{
	struct hash key = hash_in(c, "key");
	const struct json *path = json_get(c, "map");
	struct hash other = hash_in(c, "leaf_key"), value = hash_in(c, "value");
	struct hash want = map_version_root(v);
	struct map_proof p;

	map_prove(&p, v, &key);
	assert_int_equal(p.present, number_in(c, "present"));
	assert_true(hash_equal(&p.key, &other));
	assert_true(hash_equal(&p.value, &value));
	assert_int_equal(p.steps, json_count(path));
	for (unsigned i = 0; i < p.steps; i++) {
		struct hash h = hash_in(json_at(path, i), "sibling");

		assert_int_equal(
		    p.step[i].bit, number_in(json_at(path, i), "bit"));
		assert_true(hash_equal(&p.step[i].sibling, &h));
	}
	assert_int_equal(map_verify(&p, &key, &want, NULL), ERR_OK);
}

static enum err
compare_dump(void *ctx, struct span bytes)
{
	char *hex = malloc(2 * bytes.n + 1);

	assert_non_null(hex);
	hex_print(hex, bytes);
	assert_string_equal(hex, ctx);
	free(hex);
	return ERR_OK;
}

static void
test_vectors(void **state)
{
	struct buf text = buf_heap(1 << 20);
	const struct json *proofs;
	struct map_version *v;
	const char *dump;
	struct json *tree;
	struct map *m;
	char copy[16384];

	(void)state;
	assert_int_equal(file_read(&text, vectors, 1 << 20, NULL), ERR_OK);
	assert_int_equal(json_parse(&tree, buf_span(&text), NULL), ERR_OK);
	m = vector_entries(tree);
	assert_int_equal(map_freeze(m, &v), ERR_OK);
	proofs = json_get(tree, "proofs");
	assert_true(json_count(proofs) > 10);
	for (size_t i = 0; i < json_count(proofs); i++)
		vector_proof(v, json_at(proofs, i));
	assert_int_equal(json_get_text(&dump, tree, "dump", NULL), ERR_OK);
	assert_true(strlen(dump) < sizeof copy);
	memcpy(copy, dump, strlen(dump) + 1);
	assert_int_equal(map_dump(m, compare_dump, copy), ERR_OK);
	map_thaw(m, v);
	map_free(m);
	json_free(tree);
	buf_free(&text);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits_must_fall),
		cmocka_unit_test(test_presence_of_another),
		cmocka_unit_test(test_absence_of_the_present),
		cmocka_unit_test(test_changed_hashes),
		cmocka_unit_test(test_another_root),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_range_of_one),
		cmocka_unit_test(test_ranges_refused),
		cmocka_unit_test(test_vectors),
	};

	if (argc != 2)
		return 77;
	vectors = argv[1];
	fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
