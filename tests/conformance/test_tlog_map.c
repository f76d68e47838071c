/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public vectors of a Merkle-Patricia map, those with the hashes of formats
 * 5.2. They have values without lists, so the tree they are held against is
 * the reference that the map's own tests use. The file is the first argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include "naivemap.h"

#include "base/banned.h"

#define FILE_MAX 262144

static const char *path;

static struct hash
hash_of(const struct json *text)
{
	struct hash h;
	size_t n;

	assert_non_null(json_text(text));
	assert_int_equal(
	    hex_parse(h.b, sizeof h.b, &n, span_str(json_text(text))), ERR_OK);
	assert_int_equal(n, HASH_BYTES);
	return h;
}

static uint32_t
number_of(const struct json *object, const char *name)
{
	int64_t v;

	assert_int_equal(json_get_int(&v, object, name, NULL), ERR_OK);
	return (uint32_t)v;
}

/* SHA-256(prefix u32be(i)) */
static struct hash
hash_number(const char *prefix, uint32_t i)
{
	uint8_t space[16];
	struct buf b = buf_fixed(space, sizeof space);

	buf_str(&b, prefix);
	buf_u32be(&b, i);
	return hash_bytes(buf_span(&b));
}

/* [[bit, sibling] …]: of the bits, which our reader of JSON has no getter for
 * in an array, the reference's are taken; another one gives another root. */
static void
read_path(struct map_proof *p, const struct json *c,
    const struct map_proof *reference)
{
	const struct json *steps = json_get(c, "path");

	p->steps = (unsigned)json_count(steps);
	assert_int_equal(p->steps, reference->steps);
	for (unsigned i = 0; i < p->steps; i++) {
		const struct json *step = json_at(steps, i);

		assert_int_equal(json_count(step), 2);
		p->step[i].bit = reference->step[i].bit;
		p->step[i].sibling = hash_of(json_at(step, 1));
	}
}

static void
same_proof(const struct map_proof *a, const struct map_proof *b)
{
	assert_int_equal(a->present, b->present);
	assert_int_equal(a->empty, b->empty);
	assert_int_equal(a->steps, b->steps);
	for (unsigned i = 0; i < a->steps; i++) {
		assert_int_equal(a->step[i].bit, b->step[i].bit);
		assert_true(
		    hash_equal(&a->step[i].sibling, &b->step[i].sibling));
	}
	if (a->empty)
		return;
	assert_true(hash_equal(&a->key, &b->key));
	assert_true(hash_equal(&a->value, &b->value));
}

struct tree {
	struct naive_pair *pairs;
	size_t n;
	struct hash root;
};

static void
run_proof(const struct tree *t, const struct json *c, bool present)
{
	uint32_t i = number_of(c, "i");
	struct hash key = hash_number("", i), wrong = hash_number("w", i);
	struct map_proof p = { .present = present }, made;

	naive_prove(&made, t->pairs, t->n, &key);
	read_path(&p, c, &made);
	if (present) {
		p.key = key;
		p.value = hash_number("v", i);
	} else if (json_text(json_get(c, "other_key")) == NULL) {
		p.empty = true;
	} else {
		p.key = hash_of(json_get(c, "other_key"));
		p.value = hash_of(json_get(c, "other_value"));
	}
	assert_int_equal(map_verify(&p, &key, &t->root, NULL), ERR_OK);
	assert_int_equal(map_verify(&p, &key, &wrong, NULL), ERR_PROOF);
	same_proof(&p, &made);
}

static void
run_case(const struct json *c)
{
	const struct json *present = json_get(c, "present");
	const struct json *absent = json_get(c, "absent");
	struct tree t = { .n = number_of(c, "n"),
		.root = hash_of(json_get(c, "root")) };
	struct hash got;

	t.pairs = calloc(t.n + 1, sizeof *t.pairs);
	assert_non_null(t.pairs);
	for (uint32_t i = 0; i < t.n; i++) {
		t.pairs[i].key = hash_number("", i);
		t.pairs[i].value = hash_number("v", i);
	}
	naive_sort(t.pairs, t.n);
	got = naive_root(t.pairs, t.n);
	assert_true(hash_equal(&got, &t.root));
	for (size_t i = 0; i < json_count(present); i++)
		run_proof(&t, json_at(present, i), true);
	for (size_t i = 0; i < json_count(absent); i++)
		run_proof(&t, json_at(absent, i), false);
	free(t.pairs);
}

static void
test_vectors(void **state)
{
	struct buf text = buf_heap(FILE_MAX);
	const struct json *cases;
	struct json *tree;
	unsigned run = 0;

	(void)state;
	assert_int_equal(file_read(&text, path, FILE_MAX, NULL), ERR_OK);
	assert_int_equal(json_parse(&tree, buf_span(&text), NULL), ERR_OK);
	buf_free(&text);
	cases = json_get(tree, "cases");
	for (size_t i = 0; i < json_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		const char *mode = json_text(json_get(c, "mode"));

		assert_non_null(mode);
		if (!span_is(span_str(mode), "tagged"))
			continue;
		run_case(c);
		run++;
	}
	assert_true(run >= 4);
	json_free(tree);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
	};

	if (argc != 2 || crypto_start() != ERR_OK)
		return 77;
	path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
