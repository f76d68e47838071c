/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

/* formats 5.4, sentence by sentence. */
#define G "09506000134352"
#define ID "https://id.gs1.org/"
#define NONE GS1_SUBJECT_NONE
#define INSTANCE GS1_SUBJECT_INSTANCE
#define CLASS GS1_SUBJECT_CLASS
#define OTHER GS1_SUBJECT_OTHER

struct subject {
	const char *uri;
	enum gs1_subject_kind kind;
	const char *subject; /* NULL: the uri's own bytes */
};

static void
check(const struct subject *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t space[4096];
		struct buf out = buf_fixed(space, sizeof(space));
		enum gs1_subject_kind kind =
		    gs1_subject(&out, span_str(s[i].uri));
		const char *want =
		    s[i].subject != NULL ? s[i].subject : s[i].uri;

		if (kind != s[i].kind)
			fail_msg("%s: kind %d", s[i].uri, kind);
		if (kind == NONE)
			want = "";
		if (!span_is(buf_span(&out), want))
			fail_msg(
			    "%s: %.*s", s[i].uri, SPAN_ARG(buf_span(&out)));
	}
}

#define CHECK(a) check(a, sizeof(a) / sizeof((a)[0]))

static void
test_links(void **state)
{
	static const struct subject s[] = {
		{ "https://brand.example/x/01/" G "/21/A", INSTANCE,
		    ID "01/" G "/21/A" },
		{ "HTTP://A:8/01/" G "/21/A", INSTANCE, ID "01/" G "/21/A" },
		/* padded; other qualifiers, query and fragment ignored */
		{ "https://a/01/9506000134352/21/A", INSTANCE,
		    ID "01/" G "/21/A" },
		{ "https://a/01/02345673/21/A", INSTANCE,
		    ID "01/00000002345673/21/A" },
		{ "https://a/01/" G "/22/ /10/%zz/21/A?17=xx&10=^#/21/B",
		    INSTANCE, ID "01/" G "/21/A" },
		/* the spelling of the escapes is one */
		{ "https://a/01/" G "/21/a%2fb%41", INSTANCE,
		    ID "01/" G "/21/a%2FbA" },
		{ "https://a/01/" G "/21/a(b)", INSTANCE,
		    ID "01/" G "/21/a%28b%29" },
		{ "https://a/01/" G "/235/T", INSTANCE, ID "01/" G "/235/T" },
		{ "https://a/414/9506000134352", INSTANCE, NULL },
		{ "https://a/00/x/00/106141412345678908", INSTANCE,
		    ID "00/106141412345678908" },
		{ "https://a/417/9506000134352/7040/1AB0", INSTANCE,
		    ID "417/9506000134352" },
		{ "https://a/8010/9506000A/8011/1", INSTANCE,
		    ID "8010/9506000A/8011/1" },
	};
	struct subject gln = s[8];

	(void)state;
	gln.subject = ID "414/9506000134352";
	check(s, 8);
	check(&gln, 1);
	check(s + 9, sizeof(s) / sizeof(s[0]) - 9);
}

static void
test_classes(void **state)
{
	static const struct subject s[] = {
		{ "https://a/01/" G, CLASS, ID "01/" G },
		{ "https://a/01/" G "/22/V", CLASS, ID "01/" G },
		{ "https://a/01/" G "/10/L%2f", CLASS, ID "01/" G "/10/L%2F" },
		{ "https://a/8006/" G "0102", CLASS, ID "8006/" G "0102" },
		{ "https://a/8003/0"
		  "9506000134352",
		    CLASS, ID "8003/09506000134352" },
		{ "https://a/253/9506000134352", CLASS,
		    ID "253/9506000134352" },
		{ "https://a/8010/9506000A", CLASS, ID "8010/9506000A" },
		{ "urn:epc:class:lgtin:9506000.013435.L1", CLASS,
		    ID "01/" G "/10/L1" },
		{ "urn:epc:idpat:sgtin:9506000.013435.*", CLASS, ID "01/" G },
	};

	(void)state;
	CHECK(s);
}

static void
test_others(void **state)
{
	static const struct subject s[] = {
		/* alpha names, 415 and 8013 */
		{ "https://a/gtin/" G "/ser/A", OTHER, NULL },
		{ "https://a/01/" G "/ser/A", OTHER, NULL },
		{ "https://a/415/9506000134352/8020/A", OTHER, NULL },
		{ "https://a/8013/1987654Ad4X4bL5ttr2310c2K", OTHER, NULL },
		/* key or finest qualifier wrong */
		{ "https://a/01/09506000134353/21/A", OTHER, NULL },
		{ "https://a/01/950600013435/21/A", OTHER, NULL },
		{ "https://a/01/" G "/21/123456789012345678901", OTHER, NULL },
		{ "https://a/01/" G "/21/a%20b", OTHER, NULL },
		{ "https://a/01/" G "/21/%00", OTHER, NULL },
		{ "https://a/01/" G "/21/%", OTHER, NULL },
		{ "https://a/01/" G "/21/", OTHER, NULL },
		{ "https://a/01/" G "/", OTHER, NULL },
		{ "https://a/01/" G "/99/A", OTHER, NULL },
		{ "https://a/01/" G "/21/A/10/B", OTHER, NULL },
		{ "https://a/01/" G "/235/A/21/B", OTHER, NULL },
		{ "https://01/" G, OTHER, NULL },
		{ "https://a?/01/" G, OTHER, NULL },
		{ "HtTp://a/01/" G, OTHER, NULL },
		{ "urn:epc:id:sgtin:9506000.01343.A", OTHER, NULL },
		{ "urn:epc:id:sgtin:9506000.013435.", OTHER, NULL },
		{ "urn:epc:idpat:sgtin:9506000.*.*", OTHER, NULL },
		{ "urn:uuid:8d9c", OTHER, NULL },
		{ "x+y-1.z:", OTHER, NULL },
	};

	(void)state;
	CHECK(s);
}

static void
test_none(void **state)
{
	static const struct subject s[] = {
		{ "", NONE, NULL },
		{ ":x", NONE, NULL },
		{ "1a:x", NONE, NULL },
		{ "goods/09506000134352", NONE, NULL },
		{ "device/did:web:a", NONE, NULL },
		{ "plain", NONE, NULL },
	};

	(void)state;
	CHECK(s);
}

static void
test_space(void **state)
{
	uint8_t space[4];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(gs1_subject(&out, span_str("urn:x:y")), OTHER);
	assert_int_equal(buf_error(&out), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
