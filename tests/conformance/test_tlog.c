/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public vectors of transparency logs: Merkle proofs (transparency-dev), roots
 * of RFC 6962, a golden log remade byte for byte, tiles of 300 entries, signed
 * notes. The folder is the first argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ftw.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/witness.h"

#include "base/banned.h"

#define FILE_MAX 262144

static const char *folder;

static struct buf
slurp(const char *path)
{
	struct buf b = buf_heap(FILE_MAX);

	assert_int_equal(file_read(&b, path, FILE_MAX, NULL), ERR_OK);
	return b;
}

static struct buf CM_PRINTF(1, 2) data(const char *fmt, ...)
{
	char name[256], path[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return slurp(path);
}

static struct json *
tree_of(struct buf *text)
{
	struct json *tree;

	assert_int_equal(json_parse(&tree, buf_span(text), NULL), ERR_OK);
	buf_free(text);
	return tree;
}

static const char *
text_of(const struct json *object, const char *name)
{
	const char *text = json_text(json_get(object, name));

	assert_non_null(text);
	return text;
}

/* Some cases hold hashes of a wrong length, which our type cannot: filled up
 * with zero bytes they are just as wrong; none at all is like no other. */
static struct hash
hash_of(const char *text)
{
	static uint8_t absent;
	struct hash h = { { 0 } };
	uint8_t bytes[256];
	size_t n;

	assert_int_equal(
	    base64_parse(bytes, sizeof(bytes), &n, span_str(text)), ERR_OK);
	memcpy(h.b, bytes, n < HASH_BYTES ? n : HASH_BYTES);
	if (n == 0)
		h.b[0] = ++absent;
	return h;
}

/* Numbers beyond int64 stand for the largest. */
static uint64_t
number_of(const struct json *object, const char *name)
{
	int64_t v;

	if (json_get_int(&v, object, name, NULL) != ERR_OK)
		return UINT64_MAX;
	return (uint64_t)v;
}

static size_t
path_of(struct hash *out, size_t cap, const struct json *tree)
{
	const struct json *proof = json_get(tree, "proof");
	size_t n =
	    proof == NULL || !json_is_array(proof) ? 0 : json_count(proof);

	assert_true(n <= cap);
	for (size_t i = 0; i < n; i++)
		out[i] = hash_of(json_text(json_at(proof, i)));
	return n;
}

static unsigned merkle_cases;

static enum err
run_case(const struct json *tree)
{
	struct hash path[MERKLE_PATH_MAX], leaf, a, b;
	size_t n = path_of(path, MERKLE_PATH_MAX, tree);

	if (json_get(tree, "leafIdx") != NULL) {
		leaf = hash_of(text_of(tree, "leafHash"));
		a = hash_of(text_of(tree, "root"));
		return merkle_verify_inclusion(&leaf,
		    number_of(tree, "leafIdx"), number_of(tree, "treeSize"),
		    path, n, &a, NULL);
	}
	a = hash_of(text_of(tree, "root1"));
	b = hash_of(text_of(tree, "root2"));
	return merkle_verify_consistency(number_of(tree, "size1"), &a,
	    number_of(tree, "size2"), &b, path, n, NULL);
}

static int
merkle_file(
    const char *path, const struct stat *st, int flag, struct FTW *where)
{
	char want[300];
	struct buf text;
	struct json *tree;
	bool refused;

	(void)st;
	(void)where;
	if (flag != FTW_F || strstr(path, ".json") == NULL)
		return 0;
	text = slurp(path);
	refused = strstr(buf_text(&text), "\"wantErr\": true") != NULL;
	tree = tree_of(&text);
	(void)snprintf(want, sizeof(want), "%.250s %s", path,
	    refused ? "refused" : "proven");
	if ((run_case(tree) != ERR_OK) != refused)
		fail_msg("wanted: %s", want);
	json_free(tree);
	merkle_cases++;
	return 0;
}

static void
test_merkle(void **state)
{
	char path[600];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/merkle", folder);
	assert_int_equal(nftw(path, merkle_file, 8, FTW_PHYS), 0);
	assert_true(merkle_cases > 100);
}

static void
test_rfc6962_roots(void **state)
{
	struct buf text = data("rfc6962-small.json");
	struct json *tree = tree_of(&text);
	const struct json *inputs = json_get(tree, "inputs_hex");
	const struct json *roots = json_get(tree, "roots_hex");
	struct frontier f;
	uint8_t bytes[64];
	size_t n;

	(void)state;
	frontier_init(&f);
	for (size_t i = 0; i < json_count(roots); i++) {
		struct hash root = frontier_root(&f), leaf;
		char hex[2 * HASH_BYTES + 1];

		hex_print(hex, hash_span(&root));
		assert_string_equal(hex, json_text(json_at(roots, i)));
		if (i == json_count(inputs))
			break;
		assert_int_equal(hex_parse(bytes, sizeof(bytes), &n,
				     span_str(json_text(json_at(inputs, i)))),
		    ERR_OK);
		leaf = merkle_leaf(span_of(bytes, n));
		frontier_add(&f, &leaf);
	}
	assert_int_equal(f.size, 8);
	json_free(tree);
}

/* Go's form of a signing key: PRIVATE+KEY+name+id+base64(type seed). */
static void
golden_key(struct sign_key *out, const char *skey)
{
	const char *at = strrchr(skey, '+');
	uint8_t bytes[1 + KEY_BYTES];
	size_t n;

	/* base64 may hold a plus itself: take what has the right length */
	while (strlen(at + 1) < BASE64_CHARS(sizeof(bytes)))
		for (at--; *at != '+'; at--)
			;
	assert_int_equal(
	    base64_parse(bytes, sizeof(bytes), &n, span_str(at + 1)), ERR_OK);
	assert_int_equal(n, sizeof(bytes));
	key_from_seed(out, bytes + 1);
}

struct golden {
	struct tiles tiles;
	struct frontier frontier;
	struct sign_key key;
	struct note_key vkey;
	struct buf bundle;
};

static void
golden_checkpoint(struct golden *g, unsigned size)
{
	struct buf want = data("golden-log/checkpoint.%u", size);
	struct buf got = buf_heap(FILE_MAX);
	struct checkpoint c, opened;
	struct frontier f;

	assert_int_equal(
	    checkpoint_open(&opened, buf_span(&want), &g->vkey, NULL), ERR_OK);
	frontier_init(&f);
	for (unsigned i = 0; i < size; i++)
		frontier_add(&f, &g->tiles.part[0][i]);
	memcpy(c.origin, g->vkey.name, sizeof(c.origin));
	c.size = size;
	c.root = frontier_root(&f);
	assert_int_equal(opened.size, size);
	assert_true(hash_equal(&opened.root, &c.root));
	assert_int_equal(checkpoint_sign(&got, &c, &g->key), ERR_OK);
	assert_string_equal(buf_text(&got), buf_text(&want));
	buf_free(&got);
	buf_free(&want);
}

static void
golden_tiles(struct golden *g, unsigned size)
{
	struct buf want = data("golden-log/tile/0/000.p/%u", size);
	struct buf bundle = data("golden-log/tile/entries/000.p/%u", size);

	assert_true(span_equal(buf_span(&want),
	    span_of(g->tiles.part[0], size * (size_t)HASH_BYTES)));
	assert_true(span_equal(buf_span(&bundle), buf_span(&g->bundle)));
	buf_free(&want);
	buf_free(&bundle);
}

static void
test_golden_log(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 5, 6, 7, 10, 11, 12, 15 };
	static struct golden g;
	struct buf text = data("golden-log/key.json");
	struct json *tree = tree_of(&text);
	const struct json *entries = json_get(tree, "entries");
	unsigned at = 0;

	(void)state;
	tiles_init(&g.tiles);
	frontier_init(&g.frontier);
	g.bundle = buf_heap(FILE_MAX);
	assert_int_equal(
	    note_vkey_parse(&g.vkey, span_str(text_of(tree, "vkey")), NULL),
	    ERR_OK);
	golden_key(&g.key, text_of(tree, "skey_test_only"));
	for (unsigned n = 0; n <= json_count(entries); n++) {
		struct span entry;
		struct hash leaf;

		if (n == sizes[at]) {
			golden_checkpoint(&g, n);
			if (n != 0)
				golden_tiles(&g, n);
			at++;
		}
		if (n == json_count(entries))
			break;
		entry = span_str(json_text(json_at(entries, n)));
		leaf = merkle_leaf(entry);
		tiles_add(&g.tiles, &g.frontier, &leaf);
		buf_u16be(&g.bundle, (uint16_t)entry.n);
		buf_put(&g.bundle, entry);
	}
	assert_int_equal(at, sizeof(sizes) / sizeof(sizes[0]));
	buf_free(&g.bundle);
	json_free(tree);
}

static enum err
read_300(void *ctx, unsigned level, uint64_t first, size_t n, struct hash *out,
    struct diag *d)
{
	static const char *const names[2][2] = { { "0/000", "0/001.p/44" },
		{ "1/000.p/1", NULL } };
	struct buf b = data("tiles300/tile/%s", names[level][first >> 8]);

	(void)ctx;
	(void)d;
	memcpy(out, b.p + first % TILE_WIDTH * HASH_BYTES, n * sizeof(*out));
	buf_free(&b);
	return ERR_OK;
}

static void
test_tiles_300(void **state)
{
	struct buf text = data("tiles300/checkpoint");
	struct hash root, leaf, path[MERKLE_PATH_MAX];
	struct checkpoint c;
	size_t body, n;

	(void)state;
	body = (size_t)(strstr(buf_text(&text), "\n\n") - buf_text(&text)) + 1;
	assert_int_equal(
	    checkpoint_parse(&c, span_of(text.p, body), NULL), ERR_OK);
	assert_int_equal(c.size, 300);
	assert_int_equal(
	    merkle_root_at(&root, 300, read_300, NULL, NULL), ERR_OK);
	assert_true(hash_equal(&root, &c.root));
	for (uint64_t i = 0; i < 300; i += 23) {
		assert_int_equal(read_300(NULL, 0, i, 1, &leaf, NULL), ERR_OK);
		assert_int_equal(
		    merkle_inclusion(path, &n, i, 300, read_300, NULL, NULL),
		    ERR_OK);
		assert_int_equal(merkle_verify_inclusion(
				     &leaf, i, 300, path, n, &c.root, NULL),
		    ERR_OK);
	}
	buf_free(&text);
}

/* ok, unknown, bad or malformed for one note and the listed keys. */
static const char *
judge(struct span note, const struct json *vkeys)
{
	const char *result = "unknown";

	for (size_t i = 0; i < json_count(vkeys); i++) {
		const char *text = json_text(json_at(vkeys, i));
		struct note_key key;
		struct span body;
		struct diag d;
		enum err e;

		assert_int_equal(
		    note_vkey_parse(&key, span_str(text), NULL), ERR_OK);
		e = note_open(&body, NULL, note, &key, &d);
		if (e == ERR_BAD_ENCODING)
			return "malformed";
		if (e == ERR_OK)
			result = "ok";
		else if (strstr(d.text, "no signature by") == NULL)
			return "bad";
	}
	return result;
}

static void
test_notes(void **state)
{
	struct buf text = data("notes.json");
	struct json *tree = tree_of(&text);
	const struct json *cases = json_get(tree, "cases");

	(void)state;
	assert_true(json_count(cases) > 10);
	for (size_t i = 0; i < json_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		const char *got =
		    judge(span_str(text_of(c, "note")), json_get(c, "vkeys"));

		if (strcmp(got, text_of(c, "expect")) != 0)
			fail_msg("%s: got %s, wanted %s", text_of(c, "id"), got,
			    text_of(c, "expect"));
	}
	json_free(tree);
}

/* ---- witness-cases.json: requests in order, refused ones change nothing ----
 */
static void
test_witness(void **state)
{
	struct buf text = data("witness-cases.json");
	struct json *tree = tree_of(&text);
	const struct json *cases = json_get(tree, "cases");
	struct witness_seen seen = { 0, merkle_empty_root() };
	struct note_key log;
	struct diag d;

	(void)state;
	assert_int_equal(
	    note_vkey_parse(&log, span_str(text_of(tree, "log_vkey")), &d),
	    ERR_OK);
	assert_true(json_count(cases) > 0);
	for (size_t i = 0; i < json_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		struct witness_request r;
		struct checkpoint got;
		unsigned status;

		assert_int_equal(witness_request_parse(&r,
				     span_str(text_of(c, "request_body")), &d),
		    ERR_OK);
		status = witness_judge(
		    &got, &r, witness_log(&r, &log, 1), &seen, &d);
		assert_int_equal(status, number_of(c, "status"));
		if (status == 200)
			seen = (struct witness_seen){ got.size, got.root };
		assert_int_equal(seen.size, number_of(c, "stored_size_after"));
	}
	json_free(tree);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merkle),
		cmocka_unit_test(test_rfc6962_roots),
		cmocka_unit_test(test_golden_log),
		cmocka_unit_test(test_tiles_300),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_witness),
	};

	if (argc != 2 || crypto_start() != ERR_OK)
		return 77;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
