/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

#include "pack.h"

#include "base/banned.h"

#define PARENT "https://id.gs1.org/00/095060001343520000"
#define CHILD "https://id.gs1.org/01/09506000134352/21/"

static struct pack p;
static struct diag d;

static int
setup(void **state)
{
	(void)state;
	pack_init(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pack_free(&p);
	return 0;
}

static enum err
add(const char *code)
{
	diag_clear(&d);
	return pack_add(&p, span_str(code), &d);
}

static void
test_parent(void **state)
{
	(void)state;
	assert_true(pack_is_parent(span_str(PARENT)));
	assert_false(pack_is_parent(span_str(CHILD "A")));
}

static void
test_items(void **state)
{
	(void)state;
	assert_int_equal(add(CHILD "A"), ERR_STATE);
	assert_int_equal(
	    pack_open(&p, span_str(PARENT), span_str("said"), &d), ERR_OK);
	assert_int_equal(add(CHILD "A"), ERR_OK);
	assert_int_equal(add(CHILD "B"), ERR_OK);
	assert_int_equal(add(CHILD "A"), ERR_EXISTS);
	assert_int_equal(p.count, 2);
	assert_true(span_is(pack_child(&p, 0), CHILD "A"));
	assert_true(span_is(pack_child(&p, 1), CHILD "B"));
	pack_undo(&p);
	assert_int_equal(p.count, 1);
	assert_int_equal(add(CHILD "B"), ERR_OK);
	assert_true(span_is(pack_child(&p, 1), CHILD "B"));
	pack_undo(&p);
	pack_undo(&p);
	pack_undo(&p);
	assert_int_equal(p.count, 0);
	assert_int_equal(add(CHILD "A"), ERR_OK);
	pack_close(&p);
	assert_int_equal(add(CHILD "A"), ERR_STATE);
}

static void
fill(int width, size_t wanted)
{
	char code[400];
	size_t n = 0;

	assert_int_equal(
	    pack_open(&p, span_str(PARENT), span_str("said"), &d), ERR_OK);
	for (;; n++) {
		(void)snprintf(code, sizeof(code), CHILD "%0*d", width, (int)n);
		if (add(code) != ERR_OK)
			break;
	}
	assert_int_equal(d.code, ERR_LIMIT);
	assert_int_equal(n, wanted);
	assert_int_equal(p.count, wanted);
}

static void
test_limits(void **state)
{
	(void)state;
	fill(1, PACK_CHILDREN);
	/* 240 bytes and three of JSON each */
	fill(200, PACK_BYTES / 243);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_parent),
		CASE(test_items),
		CASE(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
