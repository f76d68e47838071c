/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "ledger/highwater.h"

#include "base/banned.h"

#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static char folder[64];
static char path[96];

static int
make_folder(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/cm-highwater-XXXXXX", 25);
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/high", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void
test_absent(void **state)
{
	struct highwater h = { .size = 9 };

	(void)state;
	assert_int_equal(highwater_load(&h, path, NULL), ERR_OK);
	assert_int_equal(h.size, 0);
}

static void
test_raise(void **state)
{
	struct highwater h, again;
	struct hash a = hash_bytes(SPAN_NONE), b = hash_bytes(hash_span(&a));
	struct buf text = buf_heap(200);

	(void)state;
	assert_int_equal(highwater_load(&h, path, NULL), ERR_OK);
	assert_int_equal(highwater_raise(&h, path, 0, &a, NULL), ERR_USAGE);
	assert_int_equal(highwater_raise(&h, path, 7, &a, NULL), ERR_OK);
	assert_int_equal(highwater_load(&again, path, NULL), ERR_OK);
	assert_int_equal(again.size, 7);
	assert_true(hash_equal(&again.root, &a));
	assert_int_equal(highwater_raise(&h, path, 7, &a, NULL), ERR_OK);
	assert_int_equal(highwater_raise(&h, path, 7, &b, NULL), ERR_REWIND);
	assert_int_equal(highwater_raise(&h, path, 6, &a, NULL), ERR_REWIND);
	assert_int_equal(
	    highwater_raise(&h, path, UINT64_MAX, &b, NULL), ERR_OK);
	assert_int_equal(highwater_load(&again, path, NULL), ERR_OK);
	assert_int_equal(again.size, UINT64_MAX);
	assert_true(hash_equal(&again.root, &b));
	assert_int_equal(highwater_raise(&h, path, 7, &a, NULL), ERR_REWIND);
	assert_int_equal(unlink(path), 0);
	h.size = 0;
	assert_int_equal(highwater_raise(&h, path, 12, &a, NULL), ERR_OK);
	assert_int_equal(file_read(&text, path, 200, NULL), ERR_OK);
	assert_string_equal(buf_text(&text), "12\n" EMPTY "\n");
	buf_free(&text);
}

/* A holder that slept while its successor signed. */
static void
test_raised_by_another(void **state)
{
	struct highwater old = { 0 }, new, again;
	struct hash a = hash_bytes(SPAN_NONE), b = hash_bytes(hash_span(&a));

	(void)state;
	(void)unlink(path);
	assert_int_equal(highwater_raise(&old, path, 5, &a, NULL), ERR_OK);
	assert_int_equal(highwater_load(&new, path, NULL), ERR_OK);
	assert_int_equal(highwater_raise(&new, path, 9, &b, NULL), ERR_OK);
	assert_int_equal(highwater_raise(&old, path, 7, &a, NULL), ERR_REWIND);
	assert_int_equal(highwater_raise(&old, path, 9, &a, NULL), ERR_REWIND);
	assert_int_equal(highwater_load(&again, path, NULL), ERR_OK);
	assert_int_equal(again.size, 9);
	assert_true(hash_equal(&again.root, &b));
	assert_int_equal(highwater_raise(&old, path, 12, &a, NULL), ERR_OK);
}

static void
test_not_on_disk(void **state)
{
	struct highwater h = { 0 };
	struct hash a = hash_bytes(SPAN_NONE);

	(void)state;
	assert_int_equal(
	    highwater_raise(&h, "/nonexistent/folder/high", 1, &a, NULL),
	    ERR_IO);
	/* What was not stored was not raised. */
	assert_int_equal(h.size, 0);
}

static void
test_damaged(void **state)
{
	static const char *const bad[] = { "", "\n", "12\n", "12\n" EMPTY,
		"0\n" EMPTY "\n", "012\n" EMPTY "\n", "x\n" EMPTY "\n",
		"18446744073709551616\n" EMPTY "\n", "12\n" EMPTY "\n\n",
		"12\n" EMPTY "\nand much more text than such a file may have",
		"12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		"12\r\n" EMPTY "\n" };
	struct highwater h;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    file_replace(path, span_str(bad[i]), 0600, NULL), ERR_OK);
		assert_int_equal(highwater_load(&h, path, NULL), ERR_CONFIG);
		assert_int_equal(h.size, 0);
	}
}

static void
test_unreadable(void **state)
{
	struct highwater h;

	(void)state;
	/* a folder in its place, and a path through a file */
	assert_int_equal(highwater_load(&h, folder, NULL), ERR_IO);
	assert_int_equal(highwater_load(&h, "/etc/passwd/high", NULL), ERR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_raised_by_another),
		cmocka_unit_test(test_not_on_disk),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
