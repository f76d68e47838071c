/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "epcis_extensions.h"

#include "base/banned.h"

static void
says(const char *header, const char *want)
{
	struct epcis_extensions x;
	struct buf out = buf_heap(4096);
	struct diag d;

	diag_clear(&d);
	assert_int_equal(
	    epcis_extensions_read(&x, span_str(header), &d), ERR_OK);
	epcis_extensions_print(&out, &x);
	assert_string_equal(buf_text(&out), want);
	buf_free(&out);
}

static void
test_read(void **state)
{
	struct epcis_extensions x;

	(void)state;
	assert_int_equal(epcis_extensions_read(&x, SPAN_NONE, NULL), ERR_OK);
	assert_int_equal(x.count, 0);
	says("", "");
	says("ex=https://a.example/ns/", "ex=https://a.example/ns/");
	says(" ex = https://a.example/ns/ ,\t,a.b-c_1=urn:x:,",
	    "ex=https://a.example/ns/,a.b-c_1=urn:x:");
	says("ex=https://a.example/?a=b", "ex=https://a.example/?a=b");
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "ex", "=https://a.example/",
		"ex=", "ex=a.example", "1x=https://a.example/",
		"e x=https://a.example/", "ex=https://a.example/ b",
		"ex=https:", "ex=https://a.example/<", "ex=:x",
		"cbv=https://a.example/", "gs1=https://a.example/",
		"epcis=https://a.example/", "https=https://a.example/",
		"ex=https://a.example/,ex=https://b.example/",
		"ex=https://\xc3\xa4.example/" };
	struct epcis_extensions x;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag_clear(&d);
		assert_int_equal(
		    epcis_extensions_read(&x, span_str(bad[i]), &d),
		    ERR_SYNTAX);
		assert_true(d.text[0] != '\0');
	}
}

static void
test_limits(void **state)
{
	struct buf out = buf_heap(65536);
	struct epcis_extensions x;
	struct diag d;

	(void)state;
	for (int i = 0; i < EPCIS_EXTENSIONS; i++)
		buf_printf(&out, "p%d=urn:x:%d,", i, i);
	assert_int_equal(epcis_extensions_read(&x, buf_span(&out), &d), ERR_OK);
	assert_int_equal(x.count, EPCIS_EXTENSIONS);
	buf_str(&out, "one=urn:x:more");
	assert_int_equal(
	    epcis_extensions_read(&x, buf_span(&out), &d), ERR_LIMIT);
	buf_reset(&out);
	buf_str(&out, "p=urn:");
	for (int i = 0; i < 500; i++)
		buf_byte(&out, 'a');
	assert_int_equal(
	    epcis_extensions_read(&x, buf_span(&out), &d), ERR_SYNTAX);
	buf_free(&out);
}

static void
both_ways(
    const struct epcis_extensions *x, const char *whole, const char *brief)
{
	struct buf out = buf_heap(4096);

	epcis_extensions_shorten(&out, x, span_str(whole));
	assert_string_equal(buf_text(&out), brief);
	buf_reset(&out);
	epcis_extensions_expand(&out, x, span_str(brief));
	assert_string_equal(buf_text(&out), whole);
	buf_free(&out);
}

static void
test_values(void **state)
{
	static const char header[] =
	    "ex=https://a.example/,deep=https://a.example/b/,u=urn:x:";
	struct epcis_extensions x;

	(void)state;
	assert_int_equal(
	    epcis_extensions_read(&x, span_str(header), NULL), ERR_OK);
	both_ways(&x, "https://a.example/size", "ex:size");
	both_ways(&x, "https://a.example/b/size", "deep:size");
	both_ways(&x, "urn:x:1", "u:1");
	both_ways(&x, "https://c.example/size", "https://c.example/size");
	both_ways(&x, "https://a.example", "https://a.example");
	both_ways(&x, "shipping", "shipping");
	both_ways(&x, "", "");
	both_ways(&x, "urn:x:", "urn:x:"); /* nothing would be left */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
