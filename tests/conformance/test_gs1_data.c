/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gs1/gs1.h"
#include "tally.h"
#include "tsv.h"

#include "base/banned.h"

/*
 * The published cases of the GS1 Syntax Engine and of the event-hash
 * normaliser against the readers of lib/gs1; test_gs1_write.c has the writers
 * and the content checks.
 */

/* `^01…^10…`: AIs and values behind FNC1, as the engine prints them. */
static void
print_elements(struct buf *out, const struct gs1_code *code)
{
	static const char *const fixed[] = { "00", "01", "02", "03", "11", "12",
		"13", "15", "16", "17", "20", "31", "32", "33", "34", "35",
		"36", "41" };
	bool separate = true;

	for (unsigned i = 0; i < code->count; i++) {
		const struct gs1_ai *a = &code->ais[i];

		if (separate)
			buf_byte(out, '^');
		buf_str(out, a->ai);
		buf_put(
		    out, span_of(code->values + a->value_at, a->value_length));
		separate = true;
		for (size_t k = 0; k < sizeof(fixed) / sizeof(fixed[0]); k++)
			separate &= memcmp(a->ai, fixed[k], 2) != 0;
	}
}

/* Same AIs in the same order: the text without its separators, which the
 * engine sets by the order of its own output. */
static bool
same_elements(const struct gs1_code *code, struct span expected)
{
	uint8_t space[4096], want[4096];
	struct buf b = buf_fixed(space, sizeof(space));
	struct buf w = buf_fixed(want, sizeof(want));

	print_elements(&b, code);
	tsv_unescape(&w, expected, 0);
	return span_equal(buf_span(&b), buf_span(&w));
}

static void
link_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	uint8_t space[4096];
	struct buf uri = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	bool ok;

	if (!span_is(row->column[1], "-")) {
		t->lenient++;
		return;
	}
	tsv_unescape(&uri, row->column[3], 0);
	ok = gs1_read(&code, buf_span(&uri), NULL) == ERR_OK &&
	     code.form == GS1_FORM_LINK;
	if (ok && span_is(row->column[2], "ok"))
		ok = same_elements(&code, row->column[4]);
	else if (span_is(row->column[2], "ok"))
		ok = false;
	else
		ok = !ok;
	tally_count(t, row->column[0], ok);
}

static void
test_links(void **state)
{
	struct tally t = { .name = "dl_parse", .known = tally_none };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/syntax-engine/dl_parse.tsv", link_row, &t));
}

static void
scan_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	uint8_t space[4096];
	struct buf text = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	bool ok, want = span_is(row->column[2], "ok");

	tsv_unescape(&text, row->column[3], 0);
	ok = gs1_read(&code, buf_span(&text), NULL) == ERR_OK;
	if (ok && want && span_starts(row->column[5], "^"))
		ok = same_elements(&code, row->column[5]);
	tally_count(t, row->column[0], ok == want);
}

static const char plain_text[] =
    "plain text behind the identifier: the engine hands any text on, "
    "gs1_read() reads identifiers only (gs1.md 2)";

static const struct difference scans[] = {
	{ "852", plain_text },
	{ "853", plain_text },
	{ "879", plain_text },
	{ "880", plain_text },
	{ "881", plain_text },
	{ "894", plain_text },
	{ "897", plain_text },
	{ NULL, NULL },
};

static void
test_scans(void **state)
{
	struct tally t = { .name = "scandata_process", .known = scans };

	(void)state;
	tally_finish(&t,
	    tsv_each("gs1/syntax-engine/scandata_process.tsv", scan_row, &t));
}

/* The leading ^ is the FNC1 that a symbology identifier stands for. */
static bool
element_text(struct buf *out, struct span raw)
{
	if (raw.n == 0 || raw.p[0] != '^')
		return false;
	buf_str(out, "]C1");
	tsv_unescape(out, span_skip(raw, 1), 0x1d);
	return true;
}

static void
element_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	uint8_t space[4096];
	struct buf text = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	bool ok = element_text(&text, row->column[3]) &&
		  gs1_read(&code, buf_span(&text), NULL) == ERR_OK;

	tally_count(t, row->column[0], ok == span_is(row->column[2], "ok"));
}

static void
test_elements(void **state)
{
	struct tally t = { .name = "ai_unbracketed_process",
		.known = tally_none };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/syntax-engine/ai_unbracketed_process.tsv",
		    element_row, &t));
}

static void
bracketed_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	uint8_t space[4096];
	struct buf text = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	bool ok, want = span_is(row->column[2], "ok");

	tsv_unescape(&text, row->column[3], 0);
	ok = gs1_read(&code, buf_span(&text), NULL) == ERR_OK &&
	     code.form == GS1_FORM_BRACKETED;
	if (ok && want)
		ok = same_elements(&code, row->column[4]);
	tally_count(t, row->column[0], ok == want);
}

static void
test_bracketed(void **state)
{
	struct tally t = { .name = "ai_bracketed_parse", .known = tally_none };

	(void)state;
	tally_finish(&t, tsv_each("gs1/syntax-engine/ai_bracketed_parse.tsv",
			     bracketed_row, &t));
}

static void
association_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	uint8_t space[4096];
	struct buf text = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	bool ok, want = span_is(row->column[2], "ok");

	tsv_unescape(&text, row->column[4], 0);
	ok = gs1_read(&code, buf_span(&text), NULL) == ERR_OK;
	if (ok && (span_is(row->column[3], "validateAIrequisites") ||
		      !span_is(row->column[3], "validateAIrepeats")))
		ok = gs1_companions(&code, NULL) == ERR_OK;
	tally_count(t, row->column[0], ok == want);
}

static const char unknown_ai[] =
    "AI 89 is not assigned; unknown AIs are refused (gs1.md 3.1)";

static const struct difference associations[] = {
	{ "2059", unknown_ai },
	{ NULL, NULL },
};

static void
test_associations(void **state)
{
	struct tally t = { .name = "ai_associations", .known = associations };

	(void)state;
	tally_finish(&t, tsv_each("gs1/syntax-engine/ai_associations.tsv",
			     association_row, &t));
}

static void
normal_row(void *ctx, const struct tsv_row *row)
{
	struct tally *t = ctx;
	uint8_t space[4096];
	struct buf out = buf_fixed(space, sizeof(space));
	enum gs1_subject_kind kind = gs1_subject(&out, row->column[0]);
	bool gs1 = kind == GS1_SUBJECT_INSTANCE || kind == GS1_SUBJECT_CLASS;
	bool ok = !gs1;

	if (!span_is(row->column[1], "\\N"))
		ok = gs1 && span_equal(buf_span(&out), row->column[1]);
	tally_count(t, row->column[0], ok);
}

static const char alpha[] = "alpha names are other URIs (formats 5.4)";

static const struct difference normals[] = {
	{ "https://id.gs1.org/gtin/09780345418913", alpha },
	{ "http://us-company-with-UPC.com/01/001122334455/ser/GHB", alpha },
	{ "https://ean-13.de/gtin/4012345123456/ser/ABC524", alpha },
	{ "https://id.gs1.org/gtin/9780345418913/cpv/344", alpha },
	{ "https://example.de/gtin/04012345123456/cpv/344/ser/987654", alpha },
	{ "http://example.de/01/040123451234/cpv/344/lot/ABD", alpha },
	{ "http://fashion.com/itip/040123451234560102/ser/ABC145", alpha },
	{ NULL, NULL },
};

static void
test_normalise(void **state)
{
	struct tally t = { .name = "normalise", .known = normals };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/digital-link/normalise.tsv", normal_row, &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_scans),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_bracketed),
		cmocka_unit_test(test_associations),
		cmocka_unit_test(test_normalise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
