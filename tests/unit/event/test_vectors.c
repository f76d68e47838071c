/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of tests/vectors/event, read from the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include "event/did.h"
#include "event/receipt.h"

#include "vectors_print.h"

#include "base/banned.h"

#define MESSAGE_MAX 65536

struct file {
	struct buf text;
	struct json *tree;
	uint8_t key[KEY_BYTES];
};

static void
file_open(struct file *f, const char *path)
{
	struct diag d = { 0 };
	const char *key = NULL;

	f->text = buf_heap(VECTORS_MAX);
	if (file_read(&f->text, path, VECTORS_MAX, &d) != ERR_OK ||
	    json_parse(&f->tree, buf_span(&f->text), &d) != ERR_OK)
		fail_msg("%s: %s", path, d.text);
	assert_int_equal(json_get_text(&key, f->tree, "key", NULL), ERR_OK);
	assert_int_equal(did_key_parse(f->key, span_str(key)), ERR_OK);
}

static void
file_close(struct file *f)
{
	json_free(f->tree);
	buf_free(&f->text);
}

/* Fails with the case's name unless code and clause are as written. */
static void
compare(const struct json *c, enum err got, const struct diag *d)
{
	const char *name = json_text(json_get(c, "name"));
	const char *code = json_text(json_get(c, "code"));
	const char *clause = json_text(json_get(c, "clause"));

	if (strcmp(code, err_name(got)) != 0)
		fail_msg("%s: got %s (%s: %s), wanted %s", name, err_name(got),
		    d->clause, d->text, code);
	if (clause != NULL && strcmp(clause, d->clause) != 0)
		fail_msg("%s: got clause %s (%s), wanted %s", name, d->clause,
		    d->text, clause);
	if (got != ERR_OK) {
		assert_int_equal(d->code, got);
		assert_true(d->text[0] != '\0');
	}
}

static struct span
message(const struct json *c, uint8_t *space)
{
	size_t n = 0;
	const char *hex = json_text(json_get(c, "message"));

	assert_non_null(hex);
	assert_int_equal(
	    hex_parse(space, MESSAGE_MAX, &n, span_str(hex)), ERR_OK);
	return span_of(space, n);
}

static void
test_statements(void **state)
{
	static uint8_t space[MESSAGE_MAX];
	struct file f;
	const struct json *cases;
	size_t i;

	(void)state;
	file_open(&f, "tests/vectors/event/statements.json");
	cases = json_get(f.tree, "cases");
	assert_true(json_count(cases) > 100);
	for (i = 0; i < json_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		struct diag d = { 0 };
		struct statement s;
		enum err e = statement_parse(&s, message(c, space), &d);

		if (e == ERR_OK)
			e = statement_verify(&s, &d);
		compare(c, e, &d);
	}
	file_close(&f);
}

static void
test_receipts(void **state)
{
	static uint8_t space[MESSAGE_MAX];
	struct file f;
	const struct json *cases;
	size_t i;

	(void)state;
	file_open(&f, "tests/vectors/event/receipts.json");
	cases = json_get(f.tree, "cases");
	assert_true(json_count(cases) > 40);
	for (i = 0; i < json_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		struct diag d = { 0 };
		struct receipt r;
		enum err e =
		    receipt_open(&r, NULL, message(c, space), f.key, &d);

		compare(c, e, &d);
	}
	file_close(&f);
}

static void
same_as(const char *path, void (*print)(struct buf *))
{
	struct buf want = buf_heap(VECTORS_MAX), got = buf_heap(VECTORS_MAX);

	print(&want);
	assert_int_equal(buf_error(&want), ERR_OK);
	assert_int_equal(file_read(&got, path, VECTORS_MAX, NULL), ERR_OK);
	if (!span_equal(buf_span(&want), buf_span(&got)))
		fail_msg("%s differs from what vectors_make prints", path);
	buf_free(&want);
	buf_free(&got);
}

static void
test_files_are_current(void **state)
{
	(void)state;
	same_as("tests/vectors/event/statements.json", vectors_statements);
	same_as("tests/vectors/event/receipts.json", vectors_receipts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_receipts),
		cmocka_unit_test(test_files_are_current),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
