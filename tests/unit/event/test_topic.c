/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/topic.h"

#include "base/banned.h"

static void
test_print(void **state)
{
	char out[TOPIC_CHARS + 1];

	(void)state;
	topic_print(out, "demo", "line-1", TOPIC_EVENT);
	assert_string_equal(out, "cm/1/demo/line-1/ev");
	topic_print(out, "demo", "line-1", TOPIC_RECEIPT);
	assert_string_equal(out, "cm/1/demo/line-1/rc");
	topic_print(out, "demo", NULL, TOPIC_EVENT);
	assert_string_equal(out, "cm/1/demo/+/ev");
}

static void
test_device(void **state)
{
	struct span device = SPAN_NONE;

	(void)state;
	assert_int_equal(topic_device(&device, span_str("cm/1/demo/line-1/ev"),
			     "demo", TOPIC_EVENT),
	    ERR_OK);
	assert_true(span_is(device, "line-1"));
	assert_int_equal(topic_device(&device, span_str("cm/1/demo/x/rc"),
			     "demo", TOPIC_RECEIPT),
	    ERR_OK);
	assert_true(span_is(device, "x"));
}

static void
test_refused(void **state)
{
	static const char *const rows[] = { "", "cm/1/", "cm/1/demo",
		"cm/1/demo/", "cm/1/demo/ev", "cm/1/demo//ev", "cm/1/demo/x",
		"cm/1/demo/x/rc", "cm/1/demo/x/ev/", "cm/1/demo/x/y/ev",
		"cm/1/demo/+/ev", "cm/1/demo/X/ev", "cm/1/demos/x/ev",
		"cm/1/dem/x/ev", "cm/2/demo/x/ev", "/cm/1/demo/x/ev",
		"cm/1/demo/"
		"0123456789012345678901234567890123456789012345678901234567890"
		"123/ev" };
	struct span device = SPAN_NONE;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(topic_device(&device, span_str(rows[i]),
				     "demo", TOPIC_EVENT),
		    ERR_SYNTAX);
	assert_int_equal(device.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
