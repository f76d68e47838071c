/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/epcis_findings.h"
#include "tsv.h"

#include "base/banned.h"

/*
 * The official example documents and those of OpenEPCIS, documents, query
 * documents and bare events, as capture reads them; the answer wanted is that
 * of the schema with formats asserted. What is answered otherwise is listed
 * with its reason, as in docs/conformance.md. What is valid must go into a
 * statement after it, and ingest must say of a document what capture says.
 */
#define DOC_MAX (1 << 22)
#define NODES 400000

struct difference {
	const char *file;
	enum epcis_rule rule; /* that it breaks */
	const char *why;
};

static const struct difference differences[] = {
	{ "official-examples/AssociationEvent/"
	  "AssociationEvent-h.jsonld",
	    EPCIS_RULE_NAME_TWICE,
	    "a member name twice, RFC 7493 2.3 (formats 1.3)" },
	{ NULL, EPCIS_RULE_NONE, NULL },
};

struct tally {
	struct json_node *nodes, *more;
	unsigned agree, explained, failed;
	unsigned documents, queries, events; /* valid ones by kind */
	unsigned warned[EPCIS_RULES];        /* documents with that warning */
};

static struct epcis_findings found;

static enum epcis_rule
expected(struct span file)
{
	for (const struct difference *k = differences; k->file != NULL; k++) {
		if (span_is(file, k->file))
			return k->rule;
	}
	return EPCIS_RULE_NONE;
}

static void
count_kind(struct tally *t, enum epcis_kind kind)
{
	t->documents += kind == EPCIS_KIND_DOCUMENT;
	t->queries += kind == EPCIS_KIND_QUERY;
	t->events += kind == EPCIS_KIND_EVENT;
}

static void
count_warnings(struct tally *t)
{
	bool seen[EPCIS_RULES] = { false };

	for (unsigned i = 0; i < found.count; i++) {
		enum epcis_rule rule = found.list[i].rule;

		if (found.list[i].warning && !seen[rule])
			t->warned[rule]++;
		seen[rule] = true;
	}
}

/* The document that a statement would hold. */
static bool
goes_into_statement(struct tally *t, const struct epcis_doc *doc)
{
	struct buf b = buf_heap(DOC_MAX);
	struct diag d = { .code = ERR_OK };
	struct epcis_doc made;
	bool passes =
	    epcis_wrap(&b, doc, 0, NULL, NULL) == ERR_OK &&
	    epcis_open(&made, buf_span(&b), t->more, NODES, &d) == ERR_OK &&
	    epcis_check(&made, &d) == ERR_OK &&
	    made.event_count == doc->event_count;

	if (!passes)
		print_error("%s [%s]\n", d.text, d.clause);
	buf_free(&b);
	return passes;
}

/* Ingest sees the first of what capture sees. */
static bool
same_as_ingest(struct tally *t, const struct epcis_doc *doc)
{
	struct epcis_doc again;
	bool good;

	if (doc->kind != EPCIS_KIND_DOCUMENT)
		return true;
	good = epcis_open(&again, doc->json.text, t->more, NODES, NULL) ==
		   ERR_OK &&
	       epcis_check(&again, NULL) == ERR_OK;
	return good == (found.errors == 0);
}

static void
print_findings(struct span file)
{
	print_error("%.*s: %u errors\n", SPAN_ARG(file), found.errors);
	for (unsigned i = 0; i < found.count; i++)
		print_error("  %s %s: got %s, wanted %s\n",
		    epcis_rule_code(found.list[i].rule), found.list[i].pointer,
		    found.list[i].got, found.list[i].wanted);
}

static void
verdict_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	struct span file = row->column[0];
	enum epcis_rule rule = expected(file);
	struct buf text = buf_heap(DOC_MAX);
	struct epcis_doc doc;
	char path[512];
	bool valid, want = span_is(row->column[2], "valid"), good = true;

	(void)snprintf(path, sizeof(path), "epcis/%.*s", SPAN_ARG(file));
	assert_int_equal(tsv_file(&text, path), ERR_OK);
	if (epcis_findings_open(
		&found, &doc, buf_span(&text), t->nodes, NODES) == ERR_OK) {
		epcis_findings_check(&found, &doc);
		good = same_as_ingest(t, &doc);
	}
	valid = found.errors == 0;
	count_warnings(t);
	if (valid) {
		count_kind(t, doc.kind);
		good = good && goes_into_statement(t, &doc);
	}
	if (!good)
		t->failed++;
	else if (valid == want && rule == EPCIS_RULE_NONE)
		t->agree++;
	else if (valid != want && found.errors == 1 &&
		 found.list[0].rule == rule)
		t->explained++;
	else
		t->failed++;
	if (!good || (valid != want && rule == EPCIS_RULE_NONE))
		print_findings(file);
	buf_free(&text);
}

static void
test_verdicts(void **state)
{
	struct tally t = { .agree = 0 };
	unsigned rows;

	(void)state;
	t.nodes = malloc(NODES * sizeof(*t.nodes));
	t.more = malloc(NODES * sizeof(*t.more));
	assert_non_null(t.nodes);
	assert_non_null(t.more);
	rows = tsv_each("epcis/verdicts.tsv", verdict_row, &t);
	free(t.nodes);
	free(t.more);
	print_message("verdicts: %u rows, %u agree, %u explained; valid: %u "
		      "documents, %u query documents, %u events\n",
	    rows, t.agree, t.explained, t.documents, t.queries, t.events);
	for (int r = 0; r < EPCIS_RULES; r++) {
		if (t.warned[r] > 0)
			print_message("  %s: told of %u\n",
			    epcis_rule_code((enum epcis_rule)r), t.warned[r]);
	}
	assert_int_not_equal(rows, 0);
	assert_int_equal(t.failed, 0);
	assert_int_not_equal(t.queries, 0);
	assert_int_not_equal(t.events, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
