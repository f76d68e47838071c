/* SPDX-License-Identifier: Apache-2.0 */
/* The golden bundles, as another program reads them too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "ledger/bundle.h"

#include "base/banned.h"

#define NODES 2000

static void
read_file(struct buf *out, struct span name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), CM_VECTORS "/%.*s", SPAN_ARG(name));
	*out = buf_heap(BUNDLE_MAX);
	assert_int_equal(file_read(out, path, BUNDLE_MAX, NULL), ERR_OK);
}

static void
check_case(const struct json_doc *doc, uint32_t at)
{
	struct span name = json_raw(doc, json_member(doc, at, "bundle"));
	struct span want = json_raw(doc, json_member(doc, at, "expect"));
	struct buf bundle, text, got = buf_heap(4096);
	struct bundle_result r;
	struct policy *p;

	read_file(&bundle, name);
	read_file(&text, json_raw(doc, json_member(doc, at, "policy")));
	assert_int_equal(policy_parse(&p, buf_span(&text), NULL), ERR_OK);
	assert_int_equal(bundle_verify(&r, buf_span(&bundle), p), ERR_OK);
	assert_int_equal(bundle_result_json(&got, &r), ERR_OK);
	if (!span_equal(buf_span(&got), want))
		fail_msg("%.*s: got %s", SPAN_ARG(name), buf_text(&got));
	policy_free(p);
	buf_free(&got);
	buf_free(&text);
	buf_free(&bundle);
}

static void
test_all(void **state)
{
	static struct json_node nodes[NODES];
	struct json_doc doc = { .nodes = nodes, .capacity = NODES };
	struct buf cases;
	unsigned n = 0;

	(void)state;
	assert_int_equal(crypto_start(), ERR_OK);
	read_file(&cases, span_str("cases.json"));
	assert_int_equal(json_scan(&doc, buf_span(&cases), 8, NULL), ERR_OK);
	for (uint32_t i = json_first(&doc, JSON_ROOT); i != JSON_NONE;
	     i = doc.nodes[i].next, n++)
		check_case(&doc, i);
	assert_true(n >= 20);
	buf_free(&cases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
