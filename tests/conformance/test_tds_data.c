/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gs1/epc.h"
#include "gs1/urn.h"
#include "tsv.h"

#include "base/banned.h"

/*
 * The published tag encodings against lib/gs1, each in both directions: hex to
 * identifier, and back to hex, tag URI, URN and Digital Link.
 */
struct tally {
	unsigned agree, failed;
};

static void
judge(struct tally *t, const struct tsv_row *row, const char *what,
    struct span got, struct span want)
{
	if (span_equal(got, want)) {
		t->agree++;
		return;
	}
	t->failed++;
	print_error("line %u, %s: got %.*s, wanted %.*s\n", row->line, what,
	    SPAN_ARG(got), SPAN_ARG(want));
}

/* `(01)…(21)…` of a reading. */
static void
put_elements(struct buf *out, const struct gs1_code *code)
{
	for (unsigned i = 0; i < code->count; i++) {
		const struct gs1_ai *a = &code->ais[i];

		buf_byte(out, '(');
		buf_str(out, a->ai);
		buf_byte(out, ')');
		buf_put(
		    out, span_of(code->values + a->value_at, a->value_length));
	}
}

/* What is written from the tag read. */
static void
judge_written(struct tally *t, const struct tsv_row *row, const struct epc *tag,
    const struct gs1_code *code)
{
	char space[1024];
	struct buf out = buf_fixed(space, sizeof(space));

	assert_int_equal(epc_print(&out, tag, code, NULL), ERR_OK);
	judge(t, row, "hex", buf_span(&out), row->column[1]);
	buf_reset(&out);
	assert_int_equal(epc_tag_uri(&out, tag, code, NULL), ERR_OK);
	judge(t, row, "tag URI", buf_span(&out), row->column[2]);
	buf_reset(&out);
	assert_int_equal(
	    urn_print(&out, code, tag->prefix_digits, NULL), ERR_OK);
	judge(t, row, "URN", buf_span(&out), row->column[3]);
	buf_reset(&out);
	put_elements(&out, code);
	judge(t, row, "elements", buf_span(&out), row->column[4]);
	buf_reset(&out);
	assert_int_equal(gs1_canonical(&out, code), ERR_OK);
	judge(t, row, "link", buf_span(&out), row->column[5]);
}

static void
binary_row(void *ctx, const struct tsv_row *row)
{
	static struct gs1_code code, again;
	char space[GS1_CANONICAL];
	struct buf out = buf_fixed(space, sizeof(space));
	struct tally *t = ctx;
	struct diag d = { 0 };
	struct epc tag;

	if (epc_parse(&tag, &code, row->column[1], &d) != ERR_OK) {
		t->failed++;
		print_error("line %u: %s\n", row->line, d.text);
		return;
	}
	judge(t, row, "scheme", span_str(epc_scheme_name(tag.scheme)),
	    row->column[0]);
	judge_written(t, row, &tag, &code);
	/* The URN and the bare scan say the same item. */
	assert_int_equal(gs1_read(&again, row->column[3], NULL), ERR_OK);
	assert_int_equal(gs1_canonical(&out, &again), ERR_OK);
	judge(t, row, "URN read", buf_span(&out), row->column[5]);
	buf_reset(&out);
	assert_int_equal(gs1_read(&again, row->column[1], NULL), ERR_OK);
	assert_int_equal(again.form, GS1_FORM_BINARY);
	assert_int_equal(gs1_canonical(&out, &again), ERR_OK);
	judge(t, row, "scan", buf_span(&out), row->column[5]);
}

static void
finish(const char *name, const struct tally *t, unsigned rows)
{
	print_message("%s: %u rows, %u comparisons agree, %u differ\n", name,
	    rows, t->agree, t->failed);
	assert_int_not_equal(rows, 0);
	assert_int_equal(t->failed, 0);
}

static void
test_binary(void **state)
{
	struct tally t = { 0 };

	(void)state;
	finish("epc-binary", &t,
	    tsv_each("gs1/tds/epc-binary.tsv", binary_row, &t));
}

/* hex, gcp, itemref, serial, filter */
static void
long_row(void *ctx, const struct tsv_row *row)
{
	static struct gs1_code code;
	char space[256];
	struct buf out = buf_fixed(space, sizeof(space));
	struct tally *t = ctx;
	struct diag d = { 0 };
	struct epc tag;
	struct span urn;

	if (epc_parse(&tag, &code, row->column[0], &d) != ERR_OK) {
		t->failed++;
		print_error("line %u: %s\n", row->line, d.text);
		return;
	}
	assert_int_equal(tag.scheme, EPC_SGTIN_198);
	buf_printf(&out, "%u", tag.filter);
	judge(t, row, "filter", buf_span(&out), row->column[4]);
	judge(t, row, "serial", gs1_value(&code, "21"), row->column[3]);
	buf_reset(&out);
	assert_int_equal(epc_print(&out, &tag, &code, NULL), ERR_OK);
	judge(t, row, "hex", buf_span(&out), row->column[0]);
	buf_reset(&out);
	assert_int_equal(
	    urn_print(&out, &code, tag.prefix_digits, NULL), ERR_OK);
	urn = span_skip(buf_span(&out), strlen("urn:epc:id:sgtin:"));
	judge(t, row, "gcp", span_of(urn.p, row->column[1].n), row->column[1]);
	urn = span_skip(urn, row->column[1].n + 1);
	judge(t, row, "item", span_of(urn.p, row->column[2].n), row->column[2]);
}

static void
test_long(void **state)
{
	struct tally t = { 0 };

	(void)state;
	finish(
	    "sgtin-198", &t, tsv_each("gs1/tds/sgtin-198.tsv", long_row, &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
