/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

/* One URN of each row of gs1.md 9.1; check digits by hand. */
struct pair {
	const char *urn;
	const char *link; /* behind https://id.gs1.org/ */
	bool instance;
};

static const struct pair pairs[] = {
	{ "urn:epc:id:sgtin:9506000.013435.A.1", "01/09506000134352/21/A.1",
	    true },
	{ "urn:epc:id:sgtin:9506000.013435.%2F%25",
	    "01/09506000134352/21/"
	    "%2F%25",
	    true },
	{ "urn:epc:id:upui:9506000.013435.T", "01/09506000134352/235/T", true },
	{ "urn:epc:id:sscc:0614141.1234567890", "00/106141412345678908", true },
	{ "urn:epc:id:sgln:9506000.13435.0", "414/9506000134352", true },
	{ "urn:epc:id:sgln:9506000.13435.7", "414/9506000134352/254/7", true },
	{ "urn:epc:id:sgln:950600013435..0", "414/9506000134352", true },
	{ "urn:epc:id:pgln:9506000.13435", "417/9506000134352", true },
	{ "urn:epc:id:grai:9506000.13435.S", "8003/09506000134352S", true },
	{ "urn:epc:id:gdti:9506000.13435.S", "253/9506000134352S", true },
	{ "urn:epc:id:sgcn:9506000.13435.7", "255/95060001343527", true },
	{ "urn:epc:id:giai:9506000.A.B", "8004/9506000A.B", true },
	{ "urn:epc:id:ginc:9506000.AB", "401/9506000AB", true },
	{ "urn:epc:id:gsrn:4012345.9876540000", "8018/401234598765400000",
	    true },
	{ "urn:epc:id:gsrnp:4012345.9876540000", "8017/401234598765400000",
	    true },
	{ "urn:epc:id:gsin:4012345.987654000", "402/40123459876540008", true },
	{ "urn:epc:id:cpi:9506000.A%2FB.12", "8010/9506000A%2FB/8011/12",
	    true },
	{ "urn:epc:id:itip:9506000.013435.01.02.S",
	    "8006/095060001343520102/21/S", true },
	{ "urn:epc:class:lgtin:9506000.013435.L1", "01/09506000134352/10/L1",
	    false },
	{ "urn:epc:idpat:sgtin:9506000.013435.*", "01/09506000134352", false },
	{ "urn:epc:idpat:grai:9506000.13435.*", "8003/09506000134352", false },
	{ "urn:epc:idpat:cpi:9506000.A.*", "8010/9506000A", false },
	{ "urn:epc:idpat:itip:9506000.013435.01.02.*",
	    "8006/095060001343520102", false },
};

static struct gs1_code code;

static void
test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char space[GS1_CANONICAL];
		struct buf out = buf_fixed(space, sizeof(space));
		struct diag d = { 0 };
		struct span got;

		if (gs1_read(&code, span_str(pairs[i].urn), &d) != ERR_OK)
			fail_msg("%s: %s", pairs[i].urn, d.text);
		assert_int_equal(code.form, GS1_FORM_URN);
		assert_int_equal(gs1_canonical(&out, &code), ERR_OK);
		got = span_skip(buf_span(&out), strlen("https://id.gs1.org/"));
		if (!span_is(got, pairs[i].link))
			fail_msg("%s: %.*s", pairs[i].urn, SPAN_ARG(got));
		assert_int_equal(gs1_is_instance(&code), pairs[i].instance);
	}
}

static void
refused(const char *urn, enum err want)
{
	struct diag d = { 0 };
	enum err e = gs1_read(&code, span_str(urn), &d);

	if (e != want)
		fail_msg("%s: %s %s", urn, err_name(e), d.text);
	assert_int_equal(d.code, e);
}

static void
test_refused(void **state)
{
	(void)state;
	refused("urn:epc:id:none:1.2.3", ERR_UNSUPPORTED);
	refused("urn:epc:tag:sgtin-96:3.1.2.3", ERR_UNSUPPORTED);
	refused("urn:epc:id:lgtin:9506000.013435.L", ERR_UNSUPPORTED);
	refused("urn:epc:class:sgtin:9506000.013435.L", ERR_UNSUPPORTED);
	refused("urn:epc:id:sgtin:9506000.013435", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:95060.00013435.A", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000123456..A", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000.01343.A", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000.01343A.A", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000.013435.", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000.013435.a&b", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000.013435.%2", ERR_SYNTAX);
	refused("urn:epc:id:sgtin:9506000.013435.a^b", ERR_CHARSET);
	refused("urn:epc:id:sgtin:9506000.013435.%00", ERR_CHARSET);
	refused("urn:epc:id:sgtin:9506000.013435.123456789012345678901",
	    ERR_LENGTH);
	refused("urn:epc:idpat:sgtin:9506000.*.*", ERR_SYNTAX);
	refused("urn:epc:idpat:sgtin:9506000.013435.A", ERR_SYNTAX);
	refused("urn:epc:idpat:sscc:0614141.1234567890", ERR_SYNTAX);
	refused("urn:epc:id:itip:9506000.013435.1.02.S", ERR_SYNTAX);
	refused("urn:epc:id:itip:9506000.013435.03.02.S", ERR_SYNTAX);
	refused("urn:epc:id:sgcn:9506000.13435.A", ERR_CHARSET);
	refused("urn:epc:id:cpi:9506000.a.1", ERR_CHARSET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
