/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped example is what --example prints, and is a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"

#include "project_conf.h"

#include "base/banned.h"

static void
test_example_is_the_shipped_file(void **state)
{
	struct buf want = buf_heap(1 << 16), got = buf_heap(1 << 16);
	struct diag d = { 0 };

	(void)state;
	conf_example(&want, project_keys, project_key_count);
	assert_int_equal(file_read(&got, EXAMPLE, 1 << 16, &d), ERR_OK);
	assert_string_equal(buf_text(&got), buf_text(&want));
	buf_free(&want);
	buf_free(&got);
}

static void
test_missing_file(void **state)
{
	struct conf *c = NULL;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(
	    conf_load(&c, EXAMPLE ".none", project_keys, project_key_count, &d),
	    ERR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example_is_the_shipped_file),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
