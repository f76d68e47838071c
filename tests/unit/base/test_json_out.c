/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/json_out.h"

#include "base/banned.h"

static void
writes_everything(void **state)
{
	struct buf b = buf_heap(1000);
	struct json_out o;

	(void)state;
	json_out_init(&o, &b);
	json_out_object(&o, NULL);
	json_out_str(&o, "s", "x");
	json_out_int(&o, "max", INT64_C(9007199254740991));
	json_out_int(&o, "min", INT64_MIN);
	json_out_bool(&o, "t", true);
	json_out_bool(&o, "f", false);
	json_out_null(&o, "n");
	json_out_base64(&o, "b", span_str("fo"));
	json_out_raw(&o, "r", span_str("{\"q\": 1.50}"));
	json_out_array(&o, "a");
	json_out_int(&o, NULL, 1);
	json_out_array(&o, NULL);
	json_out_end_array(&o);
	json_out_object(&o, NULL);
	json_out_end_object(&o);
	json_out_end_array(&o);
	json_out_int(&o, "z", 0);
	json_out_end_object(&o);
	assert_string_equal(buf_text(&b),
	    "{\"s\":\"x\",\"max\":9007199254740991,"
	    "\"min\":-9223372036854775808,\"t\":true,\"f\":false,\"n\":null,"
	    "\"b\":\"Zm8=\",\"r\":{\"q\": 1.50},\"a\":[1,[],{}],\"z\":0}");
	buf_free(&b);
}

static void
escapes(void **state)
{
	struct buf b = buf_heap(1000);
	struct json_out o;

	(void)state;
	json_out_init(&o, &b);
	json_out_string(
	    &o, NULL, span_of("\"\\/\b\f\n\r\t\x01\x1f\x7f\xC3\xA9\0.", 15));
	assert_string_equal(buf_text(&b),
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xC3\xA9\\u0000.\"");
	buf_reset(&b);
	json_out_init(&o, &b);
	json_out_string(&o, NULL, span_str("a\xFFz\xE2\x82"));
	assert_string_equal(
	    buf_text(&b), "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
	buf_reset(&b);
	json_out_init(&o, &b);
	json_out_object(&o, NULL);
	json_out_null(&o, "k\"");
	json_out_end_object(&o);
	assert_string_equal(buf_text(&b), "{\"k\\\"\":null}");
	buf_free(&b);
}

static void
failures_stick(void **state)
{
	uint8_t space[4];
	struct buf tiny = buf_fixed(space, sizeof space);
	struct buf b = buf_heap(1000);
	struct json_out o;

	(void)state;
	json_out_init(&o, &tiny);
	json_out_str(&o, NULL, "too long");
	assert_int_equal(buf_error(&tiny), ERR_SPACE);
	json_out_init(&o, &b);
	json_out_end_array(&o);
	assert_int_equal(buf_error(&b), ERR_STATE);
	buf_reset(&b);
	json_out_init(&o, &b);
	for (int i = 0; i < JSON_OUT_DEPTH; i++)
		json_out_array(&o, NULL);
	assert_int_equal(buf_error(&b), ERR_OK);
	json_out_array(&o, NULL);
	assert_int_equal(buf_error(&b), ERR_STATE);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_everything),
		cmocka_unit_test(escapes),
		cmocka_unit_test(failures_stick),
	};
	return cmocka_run_group_tests_name("base.json_out", tests, NULL, NULL);
}
