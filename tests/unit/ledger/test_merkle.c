/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "ledger/merkle.h"

#include "tilestore.h"

#include "base/banned.h"

#define LEAVES 1100

static struct hash leaves[LEAVES];

static struct hash
unhex(const char *text)
{
	struct hash h;
	size_t n;

	assert_int_equal(
	    hex_parse(h.b, HASH_BYTES, &n, span_str(text)), ERR_OK);
	return h;
}

static void
assert_hash(const struct hash *got, const struct hash *want)
{
	assert_memory_equal(got->b, want->b, HASH_BYTES);
}

/* RFC 6962 2.1 word for word: the definition that the rest is held against. */
static struct hash
mth(uint64_t from, uint64_t n)
{
	struct hash a, b;
	uint64_t k = 1;

	if (n == 0)
		return merkle_empty_root();
	if (n == 1)
		return leaves[from];
	while (2 * k < n)
		k *= 2;
	a = mth(from, k);
	b = mth(from + k, n - k);
	return merkle_node(&a, &b);
}

static size_t
path_of(struct hash *out, uint64_t m, uint64_t from, uint64_t n)
{
	uint64_t k = 1;
	size_t at;

	if (n == 1)
		return 0;
	while (2 * k < n)
		k *= 2;
	if (m < k) {
		at = path_of(out, m, from, k);
		out[at] = mth(from + k, n - k);
	} else {
		at = path_of(out, m - k, from + k, n - k);
		out[at] = mth(from, k);
	}
	return at + 1;
}

static size_t
subproof(struct hash *out, uint64_t m, uint64_t from, uint64_t n, bool whole)
{
	uint64_t k = 1;
	size_t at;

	if (m == n) {
		if (whole)
			return 0;
		out[0] = mth(from, n);
		return 1;
	}
	while (2 * k < n)
		k *= 2;
	if (m <= k) {
		at = subproof(out, m, from, k, whole);
		out[at] = mth(from + k, n - k);
	} else {
		at = subproof(out, m - k, from + k, n - k, false);
		out[at] = mth(from, k);
	}
	return at + 1;
}

static int
make_leaves(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LEAVES; i++) {
		uint8_t entry[4] = { (uint8_t)i, (uint8_t)(i >> 8), 7, 9 };

		leaves[i] = merkle_leaf(span_of(entry, sizeof(entry)));
	}
	return 0;
}

/* Inputs and roots as in Certificate Transparency's reference tests. */
static const char *const ct_inputs[] = { "", "00", "10", "2021", "3031",
	"40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" };
static const char *const ct_roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
};

static void
test_reference_roots(void **state)
{
	struct frontier f;
	uint8_t entry[16];
	size_t n;

	(void)state;
	frontier_init(&f);
	for (unsigned i = 0; i < 9; i++) {
		struct hash want = unhex(ct_roots[i]);
		struct hash got = frontier_root(&f), leaf;

		assert_hash(&got, &want);
		if (i == 8)
			break;
		assert_int_equal(
		    hex_parse(entry, sizeof(entry), &n, span_str(ct_inputs[i])),
		    ERR_OK);
		leaf = merkle_leaf(span_of(entry, n));
		frontier_add(&f, &leaf);
	}
	assert_int_equal(f.size, 8);
}

static void
test_frontier_is_the_definition(void **state)
{
	struct frontier f;

	(void)state;
	frontier_init(&f);
	for (unsigned n = 0; n < 300; n++) {
		struct hash got = frontier_root(&f), want = mth(0, n);

		assert_hash(&got, &want);
		frontier_add(&f, &leaves[n]);
	}
}

static void
fill(struct tilestore *s, unsigned n)
{
	tilestore_init(s);
	for (unsigned i = 0; i < n; i++)
		tiles_add(&s->tiles, &s->frontier, &leaves[i]);
}

static void
test_root_at_every_size(void **state)
{
	struct tilestore s;
	struct hash got, want;

	(void)state;
	fill(&s, LEAVES);
	for (unsigned n = 0; n <= LEAVES; n += n < 20 ? 1 : 27) {
		assert_int_equal(
		    merkle_root_at(&got, n, tilestore_read, &s, NULL), ERR_OK);
		want = mth(0, n);
		assert_hash(&got, &want);
	}
	tilestore_clear(&s);
}

static void
check_inclusion(struct tilestore *s, uint64_t index, uint64_t size)
{
	struct hash path[MERKLE_PATH_MAX], want[MERKLE_PATH_MAX];
	struct hash root = mth(0, size);
	size_t n, w = path_of(want, index, 0, size);

	assert_int_equal(
	    merkle_inclusion(path, &n, index, size, tilestore_read, s, NULL),
	    ERR_OK);
	assert_int_equal(n, w);
	assert_memory_equal(path, want, n * sizeof(path[0]));
	assert_int_equal(merkle_verify_inclusion(
			     &leaves[index], index, size, path, n, &root, NULL),
	    ERR_OK);
	for (size_t i = 0; i < n; i++) {
		path[i].b[i % 32] ^= 1;
		assert_int_equal(merkle_verify_inclusion(&leaves[index], index,
				     size, path, n, &root, NULL),
		    ERR_PROOF);
		path[i].b[i % 32] ^= 1;
	}
	if (n != 0)
		assert_int_equal(merkle_verify_inclusion(&leaves[index], index,
				     size, path, n - 1, &root, NULL),
		    ERR_PROOF);
	path[n] = root;
	assert_int_equal(merkle_verify_inclusion(&leaves[index], index, size,
			     path, n + 1, &root, NULL),
	    ERR_PROOF);
}

static void
test_inclusion_is_the_definition(void **state)
{
	static const unsigned sizes[] = { 1, 2, 3, 7, 8, 255, 256, 257, 300,
		511, 513, 1025, 1100 };
	struct tilestore s;

	(void)state;
	fill(&s, LEAVES);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned m = 0; m < sizes[i]; m += 1 + sizes[i] / 13)
			check_inclusion(&s, m, sizes[i]);
	check_inclusion(&s, 1099, 1100);
	check_inclusion(&s, 255, 256);
	check_inclusion(&s, 256, 257);
	tilestore_clear(&s);
}

static void
check_consistency(struct tilestore *s, uint64_t from, uint64_t to)
{
	struct hash path[MERKLE_PATH_MAX], want[MERKLE_PATH_MAX];
	struct hash a = mth(0, from), b = mth(0, to), c = b;
	size_t n, w = subproof(want, from, 0, to, true);

	assert_int_equal(
	    merkle_consistency(path, &n, from, to, tilestore_read, s, NULL),
	    ERR_OK);
	assert_int_equal(n, w);
	assert_memory_equal(path, want, n * sizeof(path[0]));
	assert_int_equal(
	    merkle_verify_consistency(from, &a, to, &b, path, n, NULL), ERR_OK);
	c.b[0] ^= 1;
	assert_int_equal(
	    merkle_verify_consistency(from, &a, to, &c, path, n, NULL),
	    ERR_PROOF);
	assert_int_equal(
	    merkle_verify_consistency(from, &c, to, &b, path, n, NULL),
	    ERR_PROOF);
	path[n] = a;
	assert_int_equal(
	    merkle_verify_consistency(from, &a, to, &b, path, n + 1, NULL),
	    ERR_PROOF);
	if (n != 0)
		assert_int_equal(merkle_verify_consistency(
				     from, &a, to, &b, path, n - 1, NULL),
		    ERR_PROOF);
}

static void
test_consistency_is_the_definition(void **state)
{
	static const unsigned sizes[] = { 1, 2, 3, 4, 5, 8, 13, 255, 256, 257,
		258, 511, 512, 768, 1024, 1027, 1100 };
	unsigned n = sizeof(sizes) / sizeof(sizes[0]);
	struct tilestore s;

	(void)state;
	fill(&s, LEAVES);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i; j < n; j++)
			check_consistency(&s, sizes[i], sizes[j]);
	tilestore_clear(&s);
}

/* A proof reads each tile at most once. */
static void
test_few_reads(void **state)
{
	struct hash path[MERKLE_PATH_MAX], leaf = leaves[0], root;
	struct tilestore s;
	size_t n;

	(void)state;
	tilestore_init(&s);
	for (unsigned i = 0; i < 70000; i++) {
		leaf.b[0] = (uint8_t)i;
		leaf.b[1] = (uint8_t)(i >> 8);
		leaf.b[2] = (uint8_t)(i >> 16);
		tiles_add(&s.tiles, &s.frontier, &leaf);
	}
	assert_int_equal(s.full_count[0], 273);
	assert_int_equal(s.full_count[1], 1);
	assert_int_equal(s.tiles.count[2], 1);
	assert_int_equal(
	    merkle_inclusion(path, &n, 1234, 70000, tilestore_read, &s, NULL),
	    ERR_OK);
	/* leaf tile, its parent; right edge: level 1 and level 0 */
	assert_int_equal(s.reads, 4);
	assert_int_equal(
	    merkle_root_at(&root, 70000, tilestore_read, &s, NULL), ERR_OK);
	leaf.b[0] = (uint8_t)1234;
	leaf.b[1] = 1234 >> 8;
	leaf.b[2] = 0;
	assert_int_equal(
	    merkle_verify_inclusion(&leaf, 1234, 70000, path, n, &root, NULL),
	    ERR_OK);
	tilestore_clear(&s);
}

static enum err
read_fails(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	(void)ctx;
	(void)level;
	(void)first;
	(void)n;
	(void)out;
	return diag_fail(d, ERR_DB, "", "gone");
}

static void
test_source_fails(void **state)
{
	struct hash path[MERKLE_PATH_MAX];
	size_t n;

	(void)state;
	assert_int_equal(
	    merkle_inclusion(path, &n, 3, 9, read_fails, NULL, NULL), ERR_DB);
	assert_int_equal(
	    merkle_consistency(path, &n, 3, 9, read_fails, NULL, NULL), ERR_DB);
	assert_int_equal(
	    merkle_root_at(path, 9, read_fails, NULL, NULL), ERR_DB);
	assert_int_equal(
	    merkle_root_at(path, 0, read_fails, NULL, NULL), ERR_OK);
}

static void
test_usage(void **state)
{
	struct hash path[MERKLE_PATH_MAX], h = leaves[0];
	struct diag d = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(
	    merkle_inclusion(path, &n, 9, 9, read_fails, NULL, &d), ERR_USAGE);
	assert_string_equal(d.clause, "RFC 6962 2.1.1");
	assert_int_equal(
	    merkle_consistency(path, &n, 0, 9, read_fails, NULL, NULL),
	    ERR_USAGE);
	assert_int_equal(
	    merkle_consistency(path, &n, 10, 9, read_fails, NULL, NULL),
	    ERR_USAGE);
	assert_int_equal(
	    merkle_verify_inclusion(&h, 0, 0, NULL, 0, &h, NULL), ERR_PROOF);
	assert_int_equal(
	    merkle_verify_inclusion(&h, 1, 1, NULL, 0, &h, NULL), ERR_PROOF);
	assert_int_equal(
	    merkle_verify_inclusion(&h, 0, 1, NULL, 0, &h, NULL), ERR_OK);
	assert_int_equal(
	    merkle_verify_consistency(0, &h, 0, &h, NULL, 0, NULL), ERR_PROOF);
	assert_int_equal(
	    merkle_verify_consistency(2, &h, 1, &h, NULL, 0, NULL), ERR_PROOF);
	assert_int_equal(
	    merkle_verify_consistency(1, &h, 2, &h, NULL, 0, NULL), ERR_PROOF);
}

/* An index near 2^64 must not run over. */
static void
test_largest_sizes(void **state)
{
	struct hash path[MERKLE_PATH_MAX] = { 0 }, h = leaves[0];

	(void)state;
	assert_int_equal(merkle_verify_inclusion(&h, UINT64_MAX - 1, UINT64_MAX,
			     path, 64, &h, NULL),
	    ERR_PROOF);
	assert_int_equal(merkle_verify_consistency((uint64_t)1 << 63, &h,
			     UINT64_MAX, &h, path, 64, NULL),
	    ERR_PROOF);
}

static void
test_chain(void **state)
{
	static const uint8_t start[] = "\x10"
				       "log.example/a";
	uint8_t next[1 + 2 * HASH_BYTES] = { 0x10 };
	struct hash c = chain_start("log.example/a");
	struct hash want = hash_bytes(span_of(start, sizeof(start) - 1));

	(void)state;
	assert_hash(&c, &want);
	memcpy(next + 1, c.b, HASH_BYTES);
	memcpy(next + 33, leaves[0].b, HASH_BYTES);
	want = hash_bytes(span_of(next, sizeof(next)));
	c = chain_next(&c, &leaves[0]);
	assert_hash(&c, &want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_roots),
		cmocka_unit_test(test_frontier_is_the_definition),
		cmocka_unit_test(test_root_at_every_size),
		cmocka_unit_test(test_inclusion_is_the_definition),
		cmocka_unit_test(test_consistency_is_the_definition),
		cmocka_unit_test(test_few_reads),
		cmocka_unit_test(test_source_fails),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_largest_sizes),
		cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests(tests, make_leaves, NULL);
}
