/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/epcis.h"
#include "tsv.h"

#include "base/banned.h"

/*
 * The official example documents and those of OpenEPCIS against
 * epcis_open() and epcis_check(); the answer wanted is that of the schema with
 * formats asserted. What is answered otherwise is listed with its reason, as
 * in docs/conformance.md.
 */
#define DOC_MAX (1 << 22)
#define NODES 400000

struct difference {
	const char *file;
	const char *why;
};

static const char query[] = "later: EPCISQueryDocument, epcis 2.3 (capture "
			    "takes its events out)";
static const char bare[] = "later: a bare event, epcis 3.6 (POST /events "
			   "wraps it)";
static const char twice[] = "a member name twice, RFC 7493 2.3 (formats 1.3)";

static const struct difference differences[] = {
	{ "official-examples/AssociationEvent/"
	  "AssociationEvent-h.jsonld",
	    twice },
	{ "openepcis/Capture/Events/ObjectEvent.json", bare },
	{ "openepcis/Capture/Events/TransactionEvent.json", bare },
	{ "openepcis/Capture/Events/TransformationEvent.json", bare },
	{ "openepcis/Query/JumbledFieldsOrder.json", query },
	{ "openepcis/Query/QueryDocumentWithMultipleEvents.json", query },
	{ "openepcis/Query/TransformationEvent_with_error_declaration.json",
	    query },
	{ "openepcis/Query/queryDocument.json", query },
	{ NULL, NULL },
};

struct tally {
	struct json_node *nodes;
	unsigned agree, explained, failed;
};

static const char *
reason(struct span file)
{
	for (const struct difference *k = differences; k->file != NULL; k++) {
		if (span_is(file, k->file))
			return k->why;
	}
	return NULL;
}

static void
verdict_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	struct span file = row->column[0];
	const char *why = reason(file);
	struct diag d = { 0 };
	struct buf text = buf_heap(DOC_MAX);
	struct epcis_doc doc;
	char path[512];
	bool valid, want = span_is(row->column[2], "valid");

	(void)snprintf(path, sizeof(path), "epcis/%.*s", SPAN_ARG(file));
	assert_int_equal(tsv_file(&text, path), ERR_OK);
	valid =
	    epcis_open(&doc, buf_span(&text), t->nodes, NODES, &d) == ERR_OK &&
	    epcis_check(&doc, &d) == ERR_OK;
	if (valid == want && why == NULL) {
		t->agree++;
	} else if (valid != want && why != NULL) {
		t->explained++;
	} else {
		t->failed++;
		print_error("%.*s: %s: %s [%s]\n", SPAN_ARG(file),
		    valid ? "valid" : "invalid", d.text, d.clause);
	}
	buf_free(&text);
}

static void
test_verdicts(void **state)
{
	struct tally t = { 0 };
	unsigned rows;

	(void)state;
	t.nodes = malloc(NODES * sizeof(*t.nodes));
	assert_non_null(t.nodes);
	rows = tsv_each("epcis/verdicts.tsv", verdict_row, &t);
	free(t.nodes);
	print_message("verdicts: %u documents, %u agree, %u explained\n", rows,
	    t.agree, t.explained);
	assert_int_not_equal(rows, 0);
	assert_int_equal(t.failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
