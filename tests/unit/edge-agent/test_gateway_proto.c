/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway_proto.h"

#include "base/banned.h"

static struct gateway_request r;
static struct diag d;
static uint64_t used;

static enum err
parse(const char *text)
{
	diag_clear(&d);
	return gateway_parse(&r, &used, span_str(text), &d);
}

static void
test_put(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("put dock-1 application/ld+json 3\nabcput"), ERR_OK);
	assert_int_equal(r.verb, GATEWAY_PUT);
	assert_true(span_is(r.identity, "dock-1"));
	assert_int_equal(r.content, CONTENT_IS_PRODUCT);
	assert_true(span_is(r.body, "abc"));
	assert_int_equal(used, 36);
}

static void
test_put_registry(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("put authority " CONTENT_REGISTRY " 0\n"), ERR_OK);
	assert_int_equal(r.content, CONTENT_IS_REGISTRY);
	assert_int_equal(r.body.n, 0);
}

static void
test_wait(void **state)
{
	(void)state;
	assert_int_equal(parse("wait dock-1 42\nwait"), ERR_OK);
	assert_int_equal(r.verb, GATEWAY_WAIT);
	assert_int_equal(r.seq, 42);
	assert_int_equal(used, 15);
}

static void
test_every_prefix_waits_for_more(void **state)
{
	static const char text[] = "put dock-1 application/ld+json 3\nabc";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		assert_int_equal(gateway_parse(&r, &used, span_of(text, n), &d),
		    ERR_TRUNCATED);
		assert_int_equal(used, 0);
	}
}

static void
test_unknown_command(void **state)
{
	(void)state;
	assert_int_equal(parse("get x\n"), ERR_SYNTAX);
	assert_int_equal(used, 0);
	assert_string_equal(d.clause, "interface Signing");
}

static void
test_blanks(void **state)
{
	static const char *const bad[] = { "\n", " wait a 1\n", "wait  a 1\n",
		"wait a 1 \n", "wait a 1 2\n", "put a b\n", "wait a\n",
		"put a " CONTENT_PRODUCT " 1 1\nx" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i]), ERR_SYNTAX);
		assert_int_equal(used, 0);
	}
}

static void
test_long_line(void **state)
{
	uint8_t line[GATEWAY_LINE_MAX];

	(void)state;
	memset(line, 'a', sizeof(line));
	assert_int_equal(
	    gateway_parse(&r, &used, span_of(line, sizeof(line) - 1), &d),
	    ERR_TRUNCATED);
	assert_int_equal(
	    gateway_parse(&r, &used, span_of(line, sizeof(line)), &d),
	    ERR_LIMIT);
	assert_int_equal(used, 0);
}

static void
test_length_is_no_number(void **state)
{
	static const char *const bad[] = { "put a t -1\n", "put a t 01\n",
		"put a t x\n", "put a t 99999999999999999999\n",
		"put a t 67108865\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i]), ERR_LIMIT);
		assert_int_equal(used, 0);
	}
}

static void
test_too_large_is_skipped(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("put a " CONTENT_PRODUCT " 60001\n"), ERR_TOO_LARGE);
	assert_int_equal(used, 32 + 60001);
	assert_string_equal(d.clause, "formats 1.1");
}

static void
test_content_type(void **state)
{
	(void)state;
	assert_int_equal(parse("put a text/plain 2\nxx"), ERR_UNSUPPORTED);
	assert_int_equal(used, 21);
}

static void
test_identity_is_no_name(void **state)
{
	(void)state;
	assert_int_equal(parse("put A " CONTENT_PRODUCT " 2\nxx"), ERR_SYNTAX);
	assert_int_equal(used, 30);
	assert_int_equal(parse("wait ../x 2\n"), ERR_SYNTAX);
	assert_int_equal(used, 12);
}

static void
test_seq(void **state)
{
	(void)state;
	assert_int_equal(parse("wait a 0\n"), ERR_SYNTAX);
	assert_int_equal(parse("wait a 9223372036854775808\n"), ERR_SYNTAX);
	assert_int_equal(parse("wait a 1x\n"), ERR_SYNTAX);
}

static void
test_print(void **state)
{
	struct buf b = buf_heap(1000);

	(void)state;
	gateway_print_put(&b, "dock-1", 1, 7);
	assert_string_equal(
	    buf_text(&b), "{\"device\":\"dock-1\",\"epoch\":1,\"seq\":7}\n");
	buf_reset(&b);
	diag_clear(&d);
	(void)diag_fail(&d, ERR_SCHEMA, "epcis 3.2", "eventTime: \"x\"");
	gateway_print_error(&b, ERR_SCHEMA, &d);
	assert_string_equal(buf_text(&b),
	    "{\"error\":{\"code\":\"schema\",\"clause\":\"epcis 3.2\","
	    "\"detail\":\"eventTime: \\\"x\\\"\"}}\n");
	buf_free(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_registry),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_every_prefix_waits_for_more),
		cmocka_unit_test(test_unknown_command),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_length_is_no_number),
		cmocka_unit_test(test_too_large_is_skipped),
		cmocka_unit_test(test_content_type),
		cmocka_unit_test(test_identity_is_no_name),
		cmocka_unit_test(test_seq),
		cmocka_unit_test(test_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
