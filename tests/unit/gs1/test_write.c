/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

#define GS "\x1d"
#define G "09506000134352"

static struct gs1_code code;
static char space[1024];

static void
reading(const char *text)
{
	struct diag d = { 0 };

	if (gs1_read(&code, span_str(text), &d) != ERR_OK)
		fail_msg("%s: %s", text, d.text);
}

struct elements {
	const char *bracketed;
	const char *carrier;
	const char *written;
};

static void
test_elements(void **state)
{
	static const struct elements good[] = {
		{ "(01)" G "(10)A(21)B", "", "01" G "10A" GS "21B" },
		{ "(01)" G "(10)A(21)B", "]d2", "]d201" G "10A" GS "21B" },
		{ "(10)A(17)280200", "]C1", "]C110A" GS "17280200" },
		{ "(3103)000123(37)7", "]e0", "]e03103000123377" },
		{ "(414)9506000134352(254)X", "]Q3",
		    "]Q34149506000134352254X" },
		{ "(235)X(91)Y", "]J1", "]J1235X" GS "91Y" },
		{ "(01)" G, "]E0", "]E09506000134352" },
		{ "(01)" G, "]I1", "]I1" G },
		{ "(01)00000002345673", "]E4", "]E402345673" },
		{ "(10)A(01)" G "(21)B", "]E0",
		    "]E09506000134352|]e010A" GS "21B" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct buf out = buf_fixed(space, sizeof(space));

		reading(good[i].bracketed);
		assert_int_equal(
		    gs1_write_elements(&out, &code, good[i].carrier, NULL),
		    ERR_OK);
		if (!span_is(buf_span(&out), good[i].written))
			fail_msg("got %.*s", SPAN_ARG(buf_span(&out)));
	}
}

static void
refused(const char *text, const char *carrier, enum err want)
{
	struct buf out = buf_fixed(space, sizeof(space));
	struct diag d = { 0 };

	reading(text);
	assert_int_equal(gs1_write_elements(&out, &code, carrier, &d), want);
	assert_int_equal(d.code, want);
}

static void
test_elements_refused(void **state)
{
	struct buf out = buf_fixed(space, 4);

	(void)state;
	refused("(01)" G, "]Q1", ERR_UNSUPPORTED);
	refused("(01)" G, "]", ERR_UNSUPPORTED);
	refused("(10)A", "]E0", ERR_SYNTAX);
	refused("(01)" G, "]E4", ERR_SYNTAX);
	refused("(01)19506000134359", "]E0", ERR_SYNTAX);
	refused("(01)" G "(10)A", "]I1", ERR_SYNTAX);
	reading("(01)" G);
	assert_int_equal(gs1_write_elements(&out, &code, "", NULL), ERR_SPACE);
	code.count = 0;
	out = buf_fixed(space, sizeof(space));
	assert_int_equal(gs1_write_elements(&out, &code, "", NULL), ERR_SYNTAX);
}

static void
test_bracketed(void **state)
{
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	reading("]d201" G "10A(B)" GS "21C");
	assert_int_equal(gs1_write_bracketed(&out, &code), ERR_OK);
	assert_true(span_is(buf_span(&out), "(01)" G "(10)A\\(B)(21)C"));
	out = buf_fixed(space, 5);
	assert_int_equal(gs1_write_bracketed(&out, &code), ERR_SPACE);
}

struct link {
	const char *text;
	const char *stem; /* NULL: none */
	const char *read;
	const char *canon; /* NULL: the same */
};

static void
written(struct span stem, enum gs1_order order, const char *want)
{
	struct buf out = buf_fixed(space, sizeof(space));
	struct diag d = { 0 };

	if (gs1_write_link(&out, &code, stem, order, &d) != ERR_OK)
		fail_msg("%s: %s", want, d.text);
	if (!span_is(buf_span(&out), want))
		fail_msg("got %.*s", SPAN_ARG(buf_span(&out)));
}

static void
test_links(void **state)
{
	static const struct link good[] = {
		{ "(01)" G "(21)A", NULL, "https://id.gs1.org/01/" G "/21/A",
		    NULL },
		{ "(01)" G "(21)A", "https://a/b/", "https://a/b/01/" G "/21/A",
		    NULL },
		{ "(21)A(10)B(01)" G "(22)C", "https://a",
		    "https://a/01/" G "/22/C/10/B/21/A", NULL },
		/* attributes: as read, or ascending by their digits */
		{ "(01)" G "(30)7(17)280200(240)X", "https://a",
		    "https://a/01/" G "?30=7&17=280200&240=X",
		    "https://a/01/" G "?17=280200&240=X&30=7" },
		/* two keys: the first, or the one that names the item */
		{ "(253)9506000134352A(01)" G, "https://a",
		    "https://a/253/9506000134352A?01=" G,
		    "https://a/01/" G "?253=9506000134352A" },
		{ "(01)" G "(235)T(10)L", "https://a",
		    "https://a/01/" G "/235/T?10=L", NULL },
		{ "(415)9506000134352(8020)R/1", "https://a",
		    "https://a/415/9506000134352/8020/R%2F1", NULL },
		{ "(417)9506000134352(7040)1AB0", "https://a",
		    "https://a/417/9506000134352/7040/1AB0", NULL },
		{ "(01)" G "(10)!\"%&'\\()*+,-./:;<=>?(98)+&", "https://a",
		    "https://a/01/" G "/10/%21%22%25%26%27%28%29%2A%2B%2C-.%2F"
		    "%3A%3B%3C%3D%3E%3F?98=%2B%26",
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct link *l = &good[i];
		struct span stem =
		    l->stem == NULL ? SPAN_NONE : span_str(l->stem);

		reading(l->text);
		written(stem, GS1_ORDER_READ, l->read);
		written(stem, GS1_ORDER_CANON,
		    l->canon == NULL ? l->read : l->canon);
	}
}

static void
no_link(const char *text, const char *says)
{
	struct buf out = buf_fixed(space, sizeof(space));
	struct diag d = { 0 };

	reading(text);
	assert_int_equal(
	    gs1_write_link(&out, &code, SPAN_NONE, GS1_ORDER_READ, &d),
	    ERR_SYNTAX);
	assert_int_equal(out.n, 0);
	if (strstr(d.text, says) == NULL)
		fail_msg("%s: %s", text, d.text);
}

static void
test_links_refused(void **state)
{
	struct buf out = buf_fixed(space, 8);

	(void)state;
	no_link("(10)A", "no primary key");
	no_link("(01)" G "(8200)http://a", "AI 8200");
	no_link("(01)" G "(22)A(235)B", "AI 22");
	no_link("(00)106141412345678908(7041)PX", "AI 7041");
	no_link("(00)106141412345678908(21)A", "AI 21");
	no_link("(414)9506000134352(254)A(7040)1AB0", "AI 254");
	reading("(01)" G);
	assert_int_equal(
	    gs1_write_link(&out, &code, SPAN_NONE, GS1_ORDER_READ, NULL),
	    ERR_SPACE);
}

static void
test_unescape(void **state)
{
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(gs1_unescape(&out, span_str("a%2Fb+c"), false), 7);
	assert_true(span_is(buf_span(&out), "a/b+c"));
	out = buf_fixed(space, sizeof(space));
	assert_int_equal(gs1_unescape(&out, span_str("a+b%2x%00%"), true), 3);
	assert_true(span_is(buf_span(&out), "a b%2x%00%"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_elements_refused),
		cmocka_unit_test(test_bracketed),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_links_refused),
		cmocka_unit_test(test_unescape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
