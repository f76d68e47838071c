/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/urn.h"

#include "base/banned.h"

#define LINK "https://id.gs1.org/"

static struct gs1_code code;

static void
read_ok(const char *text)
{
	struct diag d = { 0 };

	if (gs1_read(&code, span_str(text), &d) != ERR_OK)
		fail_msg("%s: %s", text, d.text);
}

/* gs1.md 9.1, written from the link and equal to what is read. */
struct form {
	const char *link;
	unsigned prefix_digits;
	const char *urn;
};

static const struct form forms[] = {
	{ "01/09506000134352/21/A.1", 7, "id:sgtin:9506000.013435.A.1" },
	{ "01/09506000134352/21/A.1", 12, "id:sgtin:950600013435.0.A.1" },
	{ "01/89506000134358/21/1", 6, "id:sgtin:950600.8013435.1" },
	{ "01/09506000134352/21/%22%25%26%2F%3C%3E%3F", 7,
	    "id:sgtin:9506000.013435.%22%25%26%2F%3C%3E%3F" },
	{ "01/09506000134352/21/%21%27%28%29%2A%2B%2C-.%3A%3B%3D_", 7,
	    "id:sgtin:9506000.013435.!'()*+,-.:;=_" },
	{ "01/09506000134352/10/L1/21/S", 7, "id:sgtin:9506000.013435.S" },
	{ "01/09506000134352/235/T", 7, "id:upui:9506000.013435.T" },
	{ "01/09506000134352/10/L1", 7, "class:lgtin:9506000.013435.L1" },
	{ "01/09506000134352", 7, "idpat:sgtin:9506000.013435.*" },
	{ "00/106141412345678908", 7, "id:sscc:0614141.1234567890" },
	{ "414/9506000134352", 7, "id:sgln:9506000.13435.0" },
	{ "414/9506000134352", 12, "id:sgln:950600013435..0" },
	{ "414/9506000134352/254/7", 7, "id:sgln:9506000.13435.7" },
	{ "417/9506000134352", 7, "id:pgln:9506000.13435" },
	{ "8003/09506000134352S", 7, "id:grai:9506000.13435.S" },
	{ "8003/09506000134352", 12, "idpat:grai:950600013435..*" },
	{ "253/9506000134352S", 7, "id:gdti:9506000.13435.S" },
	{ "253/9506000134352", 7, "idpat:gdti:9506000.13435.*" },
	{ "255/95060001343527", 7, "id:sgcn:9506000.13435.7" },
	{ "255/9506000134352", 7, "idpat:sgcn:9506000.13435.*" },
	{ "8004/9506000A.B", 7, "id:giai:9506000.A.B" },
	{ "401/9506000AB", 7, "id:ginc:9506000.AB" },
	{ "8018/401234598765400000", 7, "id:gsrn:4012345.9876540000" },
	{ "8017/401234598765400000", 7, "id:gsrnp:4012345.9876540000" },
	{ "402/40123459876540008", 7, "id:gsin:4012345.987654000" },
	{ "8010/9506000A%2F%23B/8011/12", 7, "id:cpi:9506000.A%2F%23B.12" },
	{ "8010/9506000A", 7, "idpat:cpi:9506000.A.*" },
	{ "8006/095060001343520102/21/S", 7, "id:itip:9506000.013435.01.02.S" },
	{ "8006/095060001343520102", 7, "idpat:itip:9506000.013435.01.02.*" },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		char link[GS1_CANONICAL], space[URN_TEXT];
		char one[GS1_CANONICAL], two[GS1_CANONICAL];
		struct buf uri = buf_fixed(link, sizeof(link));
		struct buf urn = buf_fixed(space, sizeof(space));
		struct buf a = buf_fixed(one, sizeof(one));
		struct buf b = buf_fixed(two, sizeof(two));

		buf_str(&uri, LINK);
		buf_str(&uri, forms[i].link);
		read_ok(buf_text(&uri));
		assert_int_equal(gs1_canonical(&a, &code), ERR_OK);
		assert_int_equal(
		    urn_print(&urn, &code, forms[i].prefix_digits, NULL),
		    ERR_OK);
		assert_string_equal(
		    buf_text(&urn) + strlen("urn:epc:"), forms[i].urn);
		read_ok(buf_text(&urn));
		assert_int_equal(gs1_canonical(&b, &code), ERR_OK);
		assert_string_equal(buf_text(&a), buf_text(&b));
	}
}

static void
refused(const char *text, unsigned digits, enum err want, const char *says)
{
	char space[URN_TEXT];
	struct buf out = buf_fixed(space, sizeof(space));
	struct diag d = { 0 };
	enum err e;

	read_ok(text);
	e = urn_print(&out, &code, digits, &d);
	if (e != want || strstr(d.text, says) == NULL)
		fail_msg("%s: %s %s", text, err_name(e), d.text);
	assert_int_equal(d.code, e);
	assert_int_equal(out.n, 0);
}

static void
test_refused(void **state)
{
	char space[20];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	refused("(01)09506000134352(21)A", 5, ERR_GCP_UNKNOWN, "got 5");
	refused("(01)09506000134352(21)A", 13, ERR_GCP_UNKNOWN, "got 13");
	refused("(8004)9506A001", 7, ERR_GCP_UNKNOWN, "letters");
	refused("(8004)9506000", 7, ERR_GCP_UNKNOWN, "nothing");
	refused("(414)9506000134352(254)0", 7, ERR_UNSUPPORTED, "extension 0");
	refused("(8006)095060001343520102(10)L", 7, ERR_UNSUPPORTED,
	    "AI 8006 with 10");
	refused("(10)L", 7, ERR_SYNTAX, "no key");
	read_ok("(01)09506000134352(21)A");
	assert_int_equal(urn_print(&out, &code, 7, NULL), ERR_SPACE);
}

/* Identities that patterns are tried on. */
static const char *const items[] = {
	"00/106141412345678908",
	"00/206141412345678905",
	"01/00614141123452",
	"01/00614141123452/10/L",
	"01/00614141123452/21/A",
	"01/00614141123452/235/A",
	"01/80614141123458/21/1",
	"01/80614141123458/21/12",
	"01/80614141123458/21/%2F",
	"01/80614142123457/21/1",
	"253/0614141123452",
	"253/0614141123452A",
	"414/0614141123452",
	"414/0614141123452/254/1",
	"414/0614141123469",
	"417/0614141123452",
	"8003/00614141123452",
	"8003/00614141123452A",
	"8004/0614141A",
	"8004/0614142A",
	"8006/006141411234520102",
	"8006/006141411234520102/10/L",
	"8006/006141411234520102/21/A",
	"8006/006141411234520202/21/A",
	"8010/0614141A",
	"8010/0614141A/8011/1",
	"8010/0614141AB/8011/1",
	"8018/061414112345678902",
};
#define ITEMS (sizeof(items) / sizeof(items[0]))

/* Numbers of the items that match, ends with -1. */
struct query {
	const char *pattern; /* behind urn:epc:idpat: */
	bool exact;
	int match[8];
};

static const struct query queries[] = {
	{ "sscc:0614141.1234567890", true, { 0, -1 } },
	{ "sscc:0614141.*", true, { 0, 1, -1 } },
	{ "sscc:061414.*", true, { 0, 1, -1 } },
	{ "sscc:*.*", true, { 0, 1, -1 } },
	{ "sgtin:0614141.812345.1", true, { 6, -1 } },
	{ "sgtin:0614141.812345.%2F", true, { 8, -1 } },
	{ "sgtin:0614141.812345.*", true, { 6, 7, 8, -1 } },
	{ "sgtin:0614141.012345.*", true, { 2, 4, -1 } },
	{ "sgtin:0614141.*.*", false, { 2, 4, 6, 7, 8, -1 } },
	{ "sgtin:*.*.*", false, { 2, 4, 6, 7, 8, 9, -1 } },
	{ "upui:0614141.012345.*", true, { 2, 5, -1 } },
	{ "upui:0614141.*.*", false, { 2, 5, -1 } },
	{ "sgln:0614141.12345.0", true, { 12, -1 } },
	{ "sgln:0614141.12345.1", true, { 13, -1 } },
	{ "sgln:0614141.12345.*", true, { 12, 13, -1 } },
	{ "sgln:0614141.*.*", true, { 12, 13, 14, -1 } },
	{ "pgln:0614141.*", true, { 15, -1 } },
	{ "gdti:0614141.12345.*", true, { 10, 11, -1 } },
	{ "grai:0614141.12345.A", true, { 17, -1 } },
	{ "grai:0614141.12345.*", true, { 16, 17, -1 } },
	{ "grai:0614141.*.*", true, { 16, 17, -1 } },
	{ "grai:*.*.*", true, { 16, 17, -1 } },
	{ "giai:0614141.*", true, { 18, -1 } },
	{ "giai:*.*", true, { 18, 19, -1 } },
	{ "itip:0614141.012345.01.02.A", true, { 22, -1 } },
	{ "itip:0614141.012345.01.02.*", true, { 20, 22, -1 } },
	{ "itip:0614141.012345.01.*.*", false, { 20, 22, -1 } },
	{ "itip:0614141.012345.*.*.*", false, { 20, 22, 23, -1 } },
	{ "itip:0614141.*.*.*.*", false, { 20, 22, 23, -1 } },
	{ "itip:*.*.*.*.*", false, { 20, 22, 23, -1 } },
	{ "cpi:0614141.A.*", true, { 24, 25, -1 } },
	{ "cpi:0614141.*.*", true, { 24, 25, 26, -1 } },
	{ "gsrn:0614141.*", true, { 27, -1 } },
	{ "gsrnp:0614141.*", true, { -1 } },
	{ "sgcn:*.*.*", true, { -1 } },
};
#define QUERIES (sizeof(queries) / sizeof(queries[0]))

static bool
wanted(const struct query *q, int item)
{
	for (unsigned i = 0; q->match[i] >= 0; i++) {
		if (q->match[i] == item)
			return true;
	}
	return false;
}

/* In how many ranges? They rise and do not overlap, so one at most. */
static unsigned
in_ranges(const struct urn_pattern *p, const char *text)
{
	struct urn_range r;
	char before[GS1_CANONICAL] = "";
	unsigned hits = 0, i;

	for (i = 0; urn_pattern_range(&r, p, i); i++) {
		assert_true(strcmp(before, r.low) <= 0);
		if (r.high[0] == '\0') {
			hits += strcmp(text, r.low) == 0;
			memcpy(before, r.low, sizeof(before));
			continue;
		}
		assert_true(strcmp(r.low, r.high) < 0);
		hits += strcmp(text, r.low) >= 0 && strcmp(text, r.high) < 0;
		memcpy(before, r.high, sizeof(before));
	}
	assert_in_range(i, 1, URN_RANGES);
	return hits;
}

static void
try_items(const struct urn_pattern *p, const struct query *q)
{
	for (size_t k = 0; k < ITEMS; k++) {
		char space[GS1_CANONICAL];
		struct buf uri = buf_fixed(space, sizeof(space));
		bool want = wanted(q, (int)k);
		unsigned hits;

		buf_str(&uri, LINK);
		buf_str(&uri, items[k]);
		read_ok(buf_text(&uri));
		if (urn_pattern_match(p, &code) != want)
			fail_msg("%s: %s", q->pattern, items[k]);
		hits = in_ranges(p, space);
		if (want ? hits != 1 : (p->exact && hits != 0))
			fail_msg(
			    "%s: %s in %u ranges", q->pattern, items[k], hits);
	}
}

static void
test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < QUERIES; i++) {
		char space[URN_TEXT];
		struct buf text = buf_fixed(space, sizeof(space));
		struct urn_pattern p;
		struct diag d = { 0 };

		buf_str(&text, "urn:epc:idpat:");
		buf_str(&text, queries[i].pattern);
		if (urn_pattern_parse(&p, buf_span(&text), &d) != ERR_OK)
			fail_msg("%s: %s", queries[i].pattern, d.text);
		assert_int_equal(p.exact, queries[i].exact);
		try_items(&p, &queries[i]);
	}
}

/* The texts of the bounds, one of each kind. */
static void
test_bounds(void **state)
{
	struct urn_pattern p;
	struct urn_range r;

	(void)state;
	assert_int_equal(
	    urn_pattern_parse(
		&p, span_str("urn:epc:idpat:sgtin:0614141.812345.*"), NULL),
	    ERR_OK);
	assert_true(urn_pattern_range(&r, &p, 0));
	assert_string_equal(r.low, LINK "01/80614141123458");
	assert_string_equal(r.high, "");
	assert_true(urn_pattern_range(&r, &p, 1));
	assert_string_equal(r.low, LINK "01/80614141123458/21/");
	assert_string_equal(r.high, LINK "01/80614141123458/210");
	assert_false(urn_pattern_range(&r, &p, 2));
	assert_int_equal(urn_pattern_parse(&p,
			     span_str("urn:epc:idpat:sscc:0614149.*"), NULL),
	    ERR_OK);
	assert_true(urn_pattern_range(&r, &p, 9));
	assert_string_equal(r.low, LINK "00/90614149");
	assert_string_equal(r.high, LINK "00/9061414:");
	assert_false(urn_pattern_range(&r, &p, 10));
	assert_int_equal(
	    urn_pattern_parse(&p, span_str("urn:epc:idpat:giai:*.*"), NULL),
	    ERR_OK);
	assert_true(urn_pattern_range(&r, &p, 0));
	assert_string_equal(r.low, LINK "8004/");
	assert_string_equal(r.high, LINK "80040");
}

static void
bad_pattern(const char *text, enum err want)
{
	struct urn_pattern p;
	struct diag d = { 0 };
	enum err e = urn_pattern_parse(&p, span_str(text), &d);

	if (e != want)
		fail_msg("%s: %s %s", text, err_name(e), d.text);
	assert_int_equal(d.code, e);
}

static void
test_bad_patterns(void **state)
{
	static char long_text[GS1_TEXT + 2];

	(void)state;
	memset(long_text, 'a', GS1_TEXT + 1);
	bad_pattern(long_text, ERR_TOO_LARGE);
	bad_pattern("urn:epc:id:sgtin:0614141.812345.1", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:gid:1.2.*", ERR_UNSUPPORTED);
	bad_pattern("urn:epc:idpat:lgtin:0614141.812345.*", ERR_UNSUPPORTED);
	bad_pattern("urn:epc:idpat:sgtin:0614141.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:0614141.*.1", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:*.812345.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:06141.*.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:061414a.*.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:0614141.81234.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:0614141.8123*.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:sgtin:0614141.812345.a^b", ERR_CHARSET);
	bad_pattern("urn:epc:idpat:sgtin:0614141.812345.123456789012345678901",
	    ERR_LENGTH);
	bad_pattern("urn:epc:idpat:cpi:0614141.a.*", ERR_CHARSET);
	bad_pattern("urn:epc:idpat:cpi:0614141.%2G.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:cpi:0614141.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."
		    "*",
	    ERR_LENGTH);
	bad_pattern("urn:epc:idpat:itip:0614141.812345.1.*.*", ERR_SYNTAX);
	bad_pattern("urn:epc:idpat:itip:0614141.812345.03.02.*", ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bad_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
