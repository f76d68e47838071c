/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/epc.h"

#include "base/banned.h"

/*
 * The first row of SGTIN-96 and of SGTIN-198 are the worked examples of TDS;
 * the others follow from its partition tables and were held against epc-tds
 * (docs/conformance.md) where that has no fault of its own.
 */
struct vector {
	const char *hex;
	enum epc_scheme scheme;
	unsigned filter, prefix_digits;
	const char *tag;  /* behind urn:epc:tag: */
	const char *link; /* behind https://id.gs1.org/ */
};

static const struct vector vectors[] = {
	{ "3074257BF7194E4000001A85", EPC_SGTIN_96, 3, 7,
	    "sgtin-96:3.0614141.812345.6789", "01/80614141123458/21/6789" },
	{ "3004C873CC41C6FFFFFFFFFF", EPC_SGTIN_96, 0, 11,
	    "sgtin-96:0.26904257038.27.274877906943",
	    "01/22690425703871/21/274877906943" },
	{ "30C11CEE8B371E0000000000", EPC_SGTIN_96, 6, 12,
	    "sgtin-96:6.305943203271.8.0", "01/83059432032717/21/0" },
	{ "3178E61C883950F59A000000", EPC_SSCC_96, 3, 6,
	    "sscc-96:3.235634.35321345434", "00/323563453213454346" },
	{ "3174257BF4499602D2000000", EPC_SSCC_96, 3, 7,
	    "sscc-96:3.0614141.1234567890", "00/106141412345678908" },
	{ "3274257BF46072000000162E", EPC_SGLN_96, 3, 7,
	    "sgln-96:3.0614141.12345.5678", "414/0614141123452/254/5678" },
	{ "3274257BF460720000000000", EPC_SGLN_96, 3, 7,
	    "sgln-96:3.0614141.12345.0", "414/0614141123452" },
	{ "32A372366739B40000000000", EPC_SGLN_96, 5, 12,
	    "sgln-96:5.947268472429..0", "414/9472684724298" },
	{ "3354257BF40C0E4000000190", EPC_GRAI_96, 2, 7,
	    "grai-96:2.0614141.12345.400", "8003/00614141123452400" },
	{ "3300393243F1640000000000", EPC_GRAI_96, 0, 12,
	    "grai-96:0.061414112345..0", "8003/006141411234520" },
	{ "3434257BF400000000BC6038", EPC_GIAI_96, 1, 7,
	    "giai-96:1.0614141.12345400", "8004/061414112345400" },
	{ "34183BF9BFFFFFFFFFFFFFFF", EPC_GIAI_96, 0, 6,
	    "giai-96:0.061414.4611686018427387903",
	    "8004/0614144611686018427387903" },
	{ "3400393243F1640000000000", EPC_GIAI_96, 0, 12,
	    "giai-96:0.061414112345.0", "8004/0614141123450" },
	{ "3674257BF6B7A659B2C2BF1000000000000000000000000000", EPC_SGTIN_198,
	    3, 7, "sgtin-198:3.0614141.712345.32a%2Fb",
	    "01/70614141123451/21/32a%2Fb" },
	{ "3600393243F165D8B266D1AB66EE1CB062C99B46AD9BB872C0", EPC_SGTIN_198,
	    0, 12, "sgtin-198:0.061414112345.7.12345678901234567890",
	    "01/70614141123451/21/12345678901234567890" },
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct gs1_code code;

static void
expect_link(const char *want)
{
	char space[GS1_CANONICAL];
	struct buf out = buf_fixed(space, sizeof(space));

	assert_int_equal(gs1_canonical(&out, &code), ERR_OK);
	assert_string_equal(
	    buf_text(&out) + strlen("https://id.gs1.org/"), want);
}

static void
test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		struct diag d = { 0 };
		struct epc tag;

		if (epc_parse(&tag, &code, span_str(v->hex), &d) != ERR_OK)
			fail_msg("%s: %s", v->hex, d.text);
		assert_int_equal(tag.scheme, v->scheme);
		assert_int_equal(tag.filter, v->filter);
		assert_int_equal(tag.prefix_digits, v->prefix_digits);
		assert_int_equal(epc_partition(&tag), 12 - v->prefix_digits);
		expect_link(v->link);
		assert_int_equal(
		    gs1_read(&code, span_str(v->hex), NULL), ERR_OK);
		assert_int_equal(code.form, GS1_FORM_BINARY);
		assert_true(gs1_is_instance(&code));
		expect_link(v->link);
	}
}

static void
test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		struct epc tag = { v->scheme, v->filter, v->prefix_digits };
		char space[EPC_TAG_URI], link[128];
		struct buf out = buf_fixed(space, sizeof(space));
		struct buf uri = buf_fixed(link, sizeof(link));

		buf_str(&uri, "https://id.gs1.org/");
		buf_str(&uri, v->link);
		assert_int_equal(gs1_read(&code, buf_span(&uri), NULL), ERR_OK);
		assert_int_equal(epc_print(&out, &tag, &code, NULL), ERR_OK);
		assert_string_equal(buf_text(&out), v->hex);
		buf_reset(&out);
		assert_int_equal(epc_tag_uri(&out, &tag, &code, NULL), ERR_OK);
		assert_string_equal(
		    buf_text(&out) + strlen("urn:epc:tag:"), v->tag);
	}
}

/* Both cases; whole words of 16 bits; the filter does not identify. */
static void
test_spellings(void **state)
{
	struct epc tag;

	(void)state;
	assert_int_equal(
	    epc_parse(&tag, &code, span_str("3014257bf7194e4000001a85"), NULL),
	    ERR_OK);
	assert_int_equal(tag.filter, 0);
	expect_link("01/80614141123458/21/6789");
	assert_int_equal(gs1_read(&code,
			     span_str("3674257BF6B7A659B2C2BF100000000000000000"
				      "000000000000"),
			     NULL),
	    ERR_OK);
	expect_link("01/70614141123451/21/32a%2Fb");
}

static void
refused(const char *hex, enum err want, const char *says)
{
	struct diag d = { 0 };
	struct epc tag;
	enum err e = epc_parse(&tag, &code, span_str(hex), &d);

	if (e != want || strstr(d.text, says) == NULL)
		fail_msg("%s: %s %s", hex, err_name(e), d.text);
	assert_int_equal(d.code, e);
}

static void
test_read_refused(void **state)
{
	(void)state;
	refused("", ERR_LENGTH, "got 0");
	refused("3074257BF7194E4000001A8", ERR_LENGTH, "got 23");
	refused("3674257BF7194E4000001A85", ERR_LENGTH, "sgtin-198: got 24");
	refused("3074257BF6B7A659B2C2BF1000000000000000000000000000",
	    ERR_LENGTH, "sgtin-96: got 50");
	refused("3074257BF7194E4000001A8G", ERR_CHARSET, "hex");
	refused("3574257BF7194E4000001A85", ERR_UNSUPPORTED, "35 (GID-96)");
	refused("FF74257BF7194E4000001A85", ERR_UNSUPPORTED, "FF (unknown)");
	refused("307C257BF7194E4000001A85", ERR_SYNTAX, "partition 7");
	refused("301BFFFFC000000000000001", ERR_SYNTAX, "company prefix");
	refused("30000000000003C000000001", ERR_SYNTAX, "reference");
	/* A location of no digits has one bit, zero. */
	refused("320000000000020000000000", ERR_SYNTAX, "reference");
	refused("3174257BF4499602D2000001", ERR_SYNTAX, "behind the EPC");
	refused("3674257BF6B7A640000000000000000000000000000000000"
		"0",
	    ERR_SYNTAX, "empty serial");
	refused("3674257BF6B7A650000000000000000000000000000000000"
		"0",
	    ERR_CHARSET, "AI 21");
	refused("3674257BF6B7A6400000000000000000000000000000000004",
	    ERR_SYNTAX, "behind the serial");
	refused("3674257BF6B7A659B2C2BF1000000000000000000000000001",
	    ERR_SYNTAX, "behind the EPC");
	refused("3674257BF6B7A659B2C2BF100000000000000000000000000001",
	    ERR_SYNTAX, "behind the EPC");
}

static void
not_written(
    const struct epc *tag, const char *text, enum err want, const char *says)
{
	char space[EPC_HEX + 1];
	struct buf out = buf_fixed(space, sizeof(space));
	struct diag d = { 0 };
	enum err e;

	assert_int_equal(gs1_read(&code, span_str(text), NULL), ERR_OK);
	e = epc_print(&out, tag, &code, &d);
	if (e != want || strstr(d.text, says) == NULL)
		fail_msg("%s: %s %s", text, err_name(e), d.text);
	assert_int_equal(out.n, 0);
	assert_int_equal(epc_tag_uri(&out, tag, &code, NULL), want);
}

static void
test_write_refused(void **state)
{
	struct epc sgtin = { EPC_SGTIN_96, 1, 7 };
	struct epc sgln = { EPC_SGLN_96, 0, 7 };
	struct epc giai = { EPC_GIAI_96, 0, 12 };
	struct epc wide = { EPC_SGTIN_198, 0, 7 };
	struct epc none = { EPC_SGTIN_96, 1, 0 };
	struct epc filter = { EPC_SGTIN_96, 8, 7 };

	(void)state;
	not_written(&sgtin, "(01)09506000134352(21)A1", ERR_UNSUPPORTED,
	    "wanted a number");
	not_written(&sgtin, "(01)09506000134352(21)01", ERR_UNSUPPORTED,
	    "leading zero");
	not_written(&sgtin, "(01)09506000134352(21)274877906944",
	    ERR_UNSUPPORTED, "274877906943");
	not_written(&sgtin, "(01)09506000134352", ERR_UNSUPPORTED, "a class");
	not_written(
	    &wide, "(01)09506000134352(10)L", ERR_UNSUPPORTED, "as lgtin");
	not_written(
	    &sgtin, "(00)106141412345678908", ERR_UNSUPPORTED, "AI 00 as sscc");
	not_written(&sgtin, "https://id.gs1.org/01/09506000134352/235/1",
	    ERR_UNSUPPORTED, "as upui");
	not_written(&none, "(01)09506000134352(21)1", ERR_GCP_UNKNOWN, "got 0");
	not_written(&filter, "(01)09506000134352(21)1", ERR_USAGE, "got 8");
	not_written(&sgln, "(414)9506000134352(254)A", ERR_UNSUPPORTED,
	    "wanted a number");
	not_written(&sgln, "(414)9506000134352(254)2199023255552",
	    ERR_UNSUPPORTED, "2199023255551");
	not_written(
	    &sgln, "(414)9506000134352(254)0", ERR_UNSUPPORTED, "extension 0");
	not_written(&giai, "(8004)0614141123454398046511104", ERR_UNSUPPORTED,
	    "4398046511103");
	not_written(
	    &giai, "(8004)06141411234501", ERR_UNSUPPORTED, "leading zero");
	not_written(&giai, "(8004)061414112345", ERR_GCP_UNKNOWN, "nothing");
	not_written(&giai, "(8004)06141411234A1", ERR_GCP_UNKNOWN, "letters");
	not_written(&sgtin, "(10)L1", ERR_SYNTAX, "no key");
}

/* Room that is too small. */
static void
test_space(void **state)
{
	struct epc tag = { EPC_SGTIN_96, 1, 7 };
	char space[23];
	struct buf out = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(
	    gs1_read(&code, span_str("(01)09506000134352(21)1"), NULL), ERR_OK);
	assert_int_equal(epc_print(&out, &tag, &code, NULL), ERR_SPACE);
	out = buf_fixed(space, sizeof(space));
	assert_int_equal(epc_tag_uri(&out, &tag, &code, NULL), ERR_SPACE);
}

/* What an element string may be stays one: header 35 is AI 350n. */
static void
test_element_string(void **state)
{
	(void)state;
	assert_int_equal(
	    gs1_read(&code, span_str("350001234521ABCDEF123456"), NULL),
	    ERR_OK);
	assert_int_equal(code.form, GS1_FORM_ELEMENT);
	assert_int_equal(
	    gs1_read(&code, span_str("010950600013435221ABCDEF"), NULL),
	    ERR_OK);
	assert_int_equal(code.form, GS1_FORM_ELEMENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_read_refused),
		cmocka_unit_test(test_write_refused),
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_element_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
