/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log_path.h"

#include "base/banned.h"

static struct tile_path t;

/* Segments of a path without percent-encoding. */
static enum err
parse(const char *path)
{
	struct span parts[16];
	unsigned n = 0;

	while (n < 16) {
		size_t len = strcspn(path, "/");

		parts[n++] = span_of(path, len);
		if (path[len] == '\0')
			break;
		path += len + 1;
	}
	return tile_path_parse(&t, parts, n);
}

static void
test_good(void **state)
{
	(void)state;
	assert_int_equal(parse("000"), ERR_OK);
	assert_int_equal(t.n, 0);
	assert_int_equal(t.width, 256);
	assert_int_equal(parse("x001/x234/067"), ERR_OK);
	assert_int_equal(t.n, 1234067);
	assert_int_equal(parse("x001/x234/067.p/1"), ERR_OK);
	assert_int_equal(t.n, 1234067);
	assert_int_equal(t.width, 1);
	assert_int_equal(parse("999.p/255"), ERR_OK);
	assert_int_equal(t.n, 999);
	assert_int_equal(t.width, 255);
	assert_int_equal(parse("x999/x999/x999/x999/x999/999"), ERR_OK);
	assert_int_equal(t.n, 999999999999999999);
}

static void
test_bad(void **state)
{
	static const char *const bad[] = { "", "0", "00", "0000", "x001",
		"x001/", "001/002", "x000/001", "x1/001", "x001/x02", "00a",
		"000.p", "000.p/0", "000.p/256", "000.p/01", "000.p/",
		"000.p/1/1", "000.q/1", "x001.p/1", "X001/001", "-01",
		"x001/x001/x001/x001/x001/x001/001" };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i]), ERR_SYNTAX);
	assert_int_equal(tile_path_parse(&t, NULL, 0), ERR_SYNTAX);
}

static void
test_proof(void **state)
{
	struct buf out = buf_heap(4096);
	struct hash path[2] = { { { 0 } }, { { 0xff } } };

	(void)state;
	tlog_proof_print(&out, 7, path, 2, span_str("note\n"));
	assert_string_equal(buf_text(&out),
	    "c2sp.org/tlog-proof@v1\n"
	    "index 7\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	    "/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	    "\n"
	    "note\n");
	buf_reset(&out);
	tlog_proof_print(&out, 0, path, 0, span_str("note\n"));
	assert_string_equal(
	    buf_text(&out), "c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n");
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
