/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/witness.h"

#include "base/banned.h"

#define ORIGIN "countermark.example/demo"
#define NAME "other.example/w"

static char folder[64];
static struct sign_key log_key, witness_key;
static struct note_key logs[1];
static struct witness_options o;

static struct hash
leaf_of(uint64_t i)
{
	return merkle_leaf(span_of(&i, sizeof i));
}

static struct hash
root_of(uint64_t size)
{
	struct frontier f;

	frontier_init(&f);
	for (uint64_t i = 0; i < size; i++) {
		struct hash leaf = leaf_of(i);

		frontier_add(&f, &leaf);
	}
	return frontier_root(&f);
}

static struct buf
note_with(uint64_t size, const struct hash *root, const struct sign_key *key)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size, .root = *root };
	struct buf b = buf_heap(NOTE_MAX);

	assert_int_equal(checkpoint_sign(&b, &c, key), ERR_OK);
	return b;
}

/* Level 0 of a tree of small leaves; deeper levels are not asked below 256. */
static enum err
read_leaves(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	(void)ctx;
	(void)d;
	assert_int_equal(level, 0);
	for (size_t i = 0; i < n; i++)
		out[i] = leaf_of(first + i);
	return ERR_OK;
}

static struct buf
request(uint64_t old, uint64_t to, const struct buf *note)
{
	struct witness_request r = { .old = old, .note = buf_span(note) };
	struct buf b = buf_heap(WITNESS_REQUEST_MAX);
	struct hash path[MERKLE_PATH_MAX];

	if (old > 0 && old < to)
		assert_int_equal(merkle_consistency(path, &r.count, old, to,
				     read_leaves, NULL, NULL),
		    ERR_OK);
	memcpy(r.proof, path, r.count * sizeof path[0]);
	assert_int_equal(witness_request_print(&b, &r), ERR_OK);
	return b;
}

static unsigned
add(struct span body, uint64_t *size)
{
	struct witness_answer a = { .body = buf_heap(WITNESS_ANSWER_MAX) };
	struct diag d;

	assert_int_equal(witness_add(&a, &o, body, &d), ERR_OK);
	if (a.status == 409)
		assert_int_equal(
		    witness_size_parse(size, buf_span(&a.body), NULL), ERR_OK);
	buf_free(&a.body);
	return a.status;
}

static unsigned
submit(uint64_t old, uint64_t to, uint64_t *size)
{
	struct hash root = root_of(to);
	struct buf note = note_with(to, &root, &log_key);
	struct buf body = request(old, to, &note);
	unsigned status = add(buf_span(&body), size);

	buf_free(&body);
	buf_free(&note);
	return status;
}

static int
make_folder(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/cm-witness-XXXXXX", 23);
	if (mkdtemp(folder) == NULL || crypto_start() != ERR_OK)
		return 1;
	key_generate(&log_key);
	key_generate(&witness_key);
	logs[0] = (struct note_key){ .name = ORIGIN, .type = NOTE_ED25519 };
	memcpy(logs[0].pub, log_key.pub, KEY_BYTES);
	note_key_id(logs[0].id, ORIGIN, NOTE_ED25519, log_key.pub);
	o = (struct witness_options){ .dir = folder,
		.name = NAME,
		.key = &witness_key,
		.logs = logs,
		.log_count = 1 };
	return 0;
}

static void
file_of(char path[160], const char *ending)
{
	struct hash h = hash_bytes(span_str(ORIGIN));
	char hex[65];

	hex_print(hex, hash_span(&h));
	(void)snprintf(path, 160, "%s/%s%s", folder, hex, ending);
}

static int
remove_folder(void **state)
{
	char path[160];

	(void)state;
	file_of(path, ".note");
	(void)unlink(path);
	file_of(path, ".lock");
	(void)unlink(path);
	return rmdir(folder);
}

static void
refuse(const char *body, enum err want)
{
	struct witness_request r;
	struct diag d;

	assert_int_equal(witness_request_parse(&r, span_str(body), &d), want);
}

#define HASH64 "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
test_request_form(void **state)
{
	struct buf b = buf_heap(1 << 20);
	struct witness_request r;

	(void)state;
	refuse("", ERR_BAD_ENCODING);
	refuse("old 1", ERR_BAD_ENCODING);
	refuse("old 01\n\nx\n", ERR_BAD_ENCODING);
	refuse("old -1\n\nx\n", ERR_BAD_ENCODING);
	refuse("new 1\n\nx\n", ERR_BAD_ENCODING);
	refuse("old 1\n" HASH64 "\n", ERR_BAD_ENCODING);
	refuse("old 1\nKgAA\n\nx\n", ERR_BAD_ENCODING);
	refuse("old 1\n" HASH64 " \n\nx\n", ERR_BAD_ENCODING);
	refuse("old 1\n" HASH64 "\n\n", ERR_BAD_ENCODING);
	refuse("old 1\n" HASH64 "\n\nx\n", ERR_OK);
	buf_str(&b, "old 1\n");
	for (int i = 0; i < WITNESS_PROOF_LINES; i++)
		buf_str(&b, HASH64 "\n");
	buf_str(&b, "\nx\n");
	assert_int_equal(witness_request_parse(&r, buf_span(&b), NULL), ERR_OK);
	assert_int_equal(r.count, WITNESS_PROOF_LINES);
	buf_reset(&b);
	buf_str(&b, "old 1\n");
	for (int i = 0; i <= WITNESS_PROOF_LINES; i++)
		buf_str(&b, HASH64 "\n");
	buf_str(&b, "\nx\n");
	refuse(buf_text(&b), ERR_BAD_ENCODING);
	while (b.n <= WITNESS_REQUEST_MAX)
		buf_str(&b, HASH64 "\n");
	refuse(buf_text(&b), ERR_TOO_LARGE);
	buf_free(&b);
}

static void
test_size(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(
	    witness_size_parse(&v, span_str("20\n"), NULL), ERR_OK);
	assert_int_equal(v, 20);
	assert_int_equal(
	    witness_size_parse(&v, span_str("20"), NULL), ERR_BAD_ENCODING);
	assert_int_equal(
	    witness_size_parse(&v, span_str("020\n"), NULL), ERR_BAD_ENCODING);
	assert_int_equal(
	    witness_size_parse(&v, span_str("\n"), NULL), ERR_BAD_ENCODING);
}

static void
test_growth(void **state)
{
	uint64_t size = 0;

	(void)state;
	assert_int_equal(submit(3, 5, &size), 409);
	assert_int_equal(size, 0);
	assert_int_equal(submit(0, 5, &size), 200);
	assert_int_equal(submit(5, 5, &size), 200); /* once more */
	assert_int_equal(submit(0, 9, &size), 409);
	assert_int_equal(size, 5);
	assert_int_equal(submit(5, 200, &size), 200);
	assert_int_equal(submit(5, 9, &size), 409); /* behind */
	assert_int_equal(size, 200);
	assert_int_equal(submit(9, 5, &size), 400); /* old above new */
}

/* Each refusal leaves the memory as it was. */
static void
test_refusals(void **state)
{
	struct hash root = root_of(9), other = root_of(8);
	struct sign_key stranger;
	struct buf note, body;
	uint64_t size = 0;

	(void)state;
	assert_int_equal(submit(0, 5, &size), 200);
	key_generate(&stranger);
	note = note_with(9, &root, &stranger);
	body = request(5, 9, &note);
	assert_int_equal(add(buf_span(&body), &size), 403);
	buf_free(&body);
	buf_free(&note);
	note = note_with(9, &other, &log_key);
	body = request(5, 9, &note);
	assert_int_equal(add(buf_span(&body), &size), 422);
	buf_free(&body);
	buf_free(&note);
	note = note_with(5, &other, &log_key);
	body = request(5, 5, &note);
	assert_int_equal(add(buf_span(&body), &size), 409);
	assert_int_equal(size, 5);
	buf_free(&body);
	buf_free(&note);
	assert_int_equal(add(span_str("old 5\n\nwho.example\n"), &size), 404);
	assert_int_equal(add(span_str("old 5\n\n" ORIGIN "\n"), &size), 400);
	assert_int_equal(add(span_str("nonsense"), &size), 400);
	assert_int_equal(submit(5, 9, &size), 200);
}

static void
test_damaged(void **state)
{
	struct witness_answer a = { .body = buf_heap(WITNESS_ANSWER_MAX) };
	struct hash root = root_of(9);
	struct buf note = note_with(9, &root, &log_key);
	struct buf body = request(0, 9, &note);
	struct witness_seen seen;
	char path[160];

	(void)state;
	file_of(path, ".note");
	assert_int_equal(file_replace(path, SPAN_NONE, 0600, NULL), ERR_OK);
	assert_int_equal(
	    witness_add(&a, &o, buf_span(&body), NULL), ERR_CONFIG);
	assert_int_equal(a.body.n, 0);
	assert_int_equal(
	    witness_remembered(&seen, &o, &logs[0], NULL), ERR_CONFIG);
	buf_free(&body);
	buf_free(&note);
	buf_free(&a.body);
}

static unsigned
wait_for_it(
    void *ctx, struct span note, const struct checkpoint *c, struct diag *d)
{
	(void)note;
	(void)c;
	(void)d;
	return *(unsigned *)ctx;
}

static void
test_more(void **state)
{
	struct witness_seen seen;
	unsigned status = 503;
	uint64_t size;

	(void)state;
	o.more = wait_for_it;
	o.ctx = &status;
	assert_int_equal(submit(0, 5, &size), 503);
	status = 422;
	assert_int_equal(submit(0, 5, &size), 422);
	assert_int_equal(witness_remembered(&seen, &o, &logs[0], NULL), ERR_OK);
	assert_int_equal(seen.size, 0);
	status = 200;
	assert_int_equal(submit(0, 5, &size), 200);
}

/* Of two processes with two roots for one size one alone is served. */
static void
test_processes(void **state)
{
	struct hash roots[2] = { root_of(9), root_of(8) };
	int cosigned = 0, status;

	(void)state;
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			struct buf note = note_with(9, &roots[i % 2], &log_key);
			struct buf body = request(0, 9, &note);
			struct witness_answer a = { .body = buf_heap(
							WITNESS_ANSWER_MAX) };
			enum err e = witness_add(&a, &o, buf_span(&body), NULL);

			_exit(e != ERR_OK ? 9 : a.status == 200);
		}
	}
	for (int i = 0; i < 8; i++) {
		assert_true(wait(&status) > 0 && WIFEXITED(status));
		assert_int_not_equal(WEXITSTATUS(status), 9);
		cosigned += WEXITSTATUS(status);
	}
	/* the others ask from size 0, which is no longer what it remembers */
	assert_int_equal(cosigned, 1);
}

static void
test_answer(void **state)
{
	struct checkpoint c = {
		.origin = ORIGIN, .size = 9, .root = root_of(9)
	};
	struct buf text = buf_heap(4096), body = buf_heap(4096);
	struct note_key key = { .name = NAME, .type = NOTE_COSIGNATURE };
	struct span line;
	size_t first;

	(void)state;
	memcpy(key.pub, witness_key.pub, KEY_BYTES);
	note_key_id(key.id, NAME, NOTE_COSIGNATURE, key.pub);
	assert_int_equal(checkpoint_print(&text, &c), ERR_OK);
	assert_int_equal(
	    witness_answer_parse(&line, SPAN_NONE, buf_span(&text), &key, NULL),
	    ERR_BAD_SIGNATURE);
	assert_int_equal(
	    checkpoint_cosign(&body, &c, "x.example", 7, &log_key), ERR_OK);
	first = body.n;
	assert_int_equal(
	    checkpoint_cosign(&body, &c, NAME, 7, &witness_key), ERR_OK);
	assert_int_equal(witness_answer_parse(&line, buf_span(&body),
			     buf_span(&text), &key, NULL),
	    ERR_OK);
	assert_ptr_equal(line.p, body.p + first);
	assert_int_equal(line.n, body.n - first);
	/* of another checkpoint */
	text.p[text.n - 3] ^= 1;
	assert_int_not_equal(witness_answer_parse(&line, buf_span(&body),
				 buf_span(&text), &key, NULL),
	    ERR_OK);
	assert_int_equal(witness_answer_parse(&line, span_str("no line feed"),
			     buf_span(&text), &key, NULL),
	    ERR_BAD_ENCODING);
	buf_free(&body);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_form),
		cmocka_unit_test(test_size),
		cmocka_unit_test_setup_teardown(
		    test_growth, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_refusals, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_damaged, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_more, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_processes, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_answer, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
