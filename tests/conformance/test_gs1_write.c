/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "gs1/gs1.h"
#include "tally.h"
#include "tsv.h"

#include "base/banned.h"

/*
 * The published cases of the GS1 Syntax Engine and of the Syntax Dictionary
 * against the writers and the content checks of lib/gs1.
 */
#define ROOM 4096

/* dl_generate: bracketed AI data to a Digital Link, attributes as given. */
static void
link_row(void *ctx, const struct tsv_row *row)
{
	uint8_t space[ROOM], written[ROOM];
	struct buf text = buf_fixed(space, sizeof(space));
	struct buf uri = buf_fixed(written, sizeof(written));
	struct span stem = row->column[3];
	struct gs1_code code;
	bool ok, want = span_is(row->column[2], "ok");

	if (span_is(stem, "\\N"))
		stem = SPAN_NONE;
	tsv_unescape(&text, row->column[4], 0);
	ok = gs1_read(&code, buf_span(&text), NULL) == ERR_OK &&
	     gs1_write_link(&uri, &code, stem, GS1_ORDER_READ, NULL) == ERR_OK;
	if (ok && want)
		ok = span_equal(buf_span(&uri), row->column[5]);
	tally_count(ctx, row->column[0], ok == want);
}

static const struct difference links[] = {
	{ "2178", "attributes stay in the order read; the engine moves those "
		  "of predefined length to the front" },
	{ "2215", "the reader takes 01/.../235/...?10=... (gs1.md 6.4), so "
		  "the writer writes it" },
	{ NULL, NULL },
};

static void
test_links(void **state)
{
	struct tally t = { .name = "dl_generate", .known = links };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/syntax-engine/dl_generate.tsv", link_row, &t));
}

/* uri_escape: a row agrees when path and query do. */
static void
escape_row(void *ctx, const struct tsv_row *row)
{
	uint8_t space[ROOM];
	struct buf out = buf_fixed(space, sizeof(space));

	percent_put(&out, row->column[2]);
	tally_count(ctx, row->column[0],
	    span_equal(buf_span(&out), row->column[3]) &&
		span_equal(buf_span(&out), row->column[4]));
}

static const char blank[] = "a blank is %20 in the query too (gs1.md 7.1)";

static const struct difference escapes[] = {
	{ "1974", blank },
	{ "1975", blank },
	{ "1976", blank },
	{ NULL, NULL },
};

static void
test_escape(void **state)
{
	struct tally t = { .name = "uri_escape", .known = escapes };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/syntax-engine/uri_escape.tsv", escape_row, &t));
}

/* \xHH of the tables as bytes. */
static void
put_bytes(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t byte;
		size_t n;

		if (s.n - i >= 4 && memcmp(s.p + i, "\\x", 2) == 0 &&
		    hex_parse(&byte, 1, &n, span_of(s.p + i + 2, 2)) ==
			ERR_OK) {
			buf_byte(out, byte);
			i += 3;
		} else {
			buf_byte(out, s.p[i]);
		}
	}
}

static bool
unescapes(struct span in, struct span wanted, bool query)
{
	uint8_t space[ROOM], want[ROOM];
	struct buf out = buf_fixed(space, sizeof(space));
	struct buf w = buf_fixed(want, sizeof(want));

	put_bytes(&w, wanted);
	(void)gs1_unescape(&out, in, query);
	return span_equal(buf_span(&out), buf_span(&w));
}

static void
unescape_row(void *ctx, const struct tsv_row *row)
{
	tally_count(ctx, row->column[0],
	    unescapes(row->column[2], row->column[3], false) &&
		unescapes(row->column[2], row->column[4], true));
}

static void
test_unescape(void **state)
{
	struct tally t = { .name = "uri_unescape", .known = tally_none };

	(void)state;
	tally_finish(&t,
	    tsv_each("gs1/syntax-engine/uri_unescape.tsv", unescape_row, &t));
}

/* scandata_generate: symbologies of the table by their identifier. */
static const struct {
	const char *name;
	char ai[4];   /* with AI data */
	char text[4]; /* without */
	char both[4]; /* with a composite component */
} symbologies[] = {
	{ "NONE", "", "", "" },
	{ "QR", "]Q3", "]Q1", "]Q3" },
	{ "DM", "]d2", "]d1", "]d2" },
	{ "DotCode", "]J1", "]J0", "]J1" },
	{ "DataBarExpanded", "]e0", "", "]e0" },
	{ "DataBarLimited", "]e0", "]e0", "]e0" },
	{ "GS1_128_CCA", "]C1", "", "]e0" },
	{ "GS1_128_CCC", "]C1", "", "]e0" },
	{ "UPCA", "]E0", "]E0", "]E0" },
	{ "UPCE", "]E0", "]E0", "]E0" },
	{ "EAN13", "]E0", "]E0", "]E0" },
};

/* The AI data of a row as an element string: a linear code without FNC1 is
 * AI 01, and the second message follows the first. */
static bool
put_message(struct buf *out, struct span s)
{
	char gtin[15];
	size_t bar = 0;

	while (bar < s.n && s.p[bar] != '|')
		bar++;
	buf_str(out, "]e0");
	if (s.n > 0 && s.p[0] == '^') {
		tsv_unescape(out, span_of(s.p + 1, bar - 1), 0x1d);
	} else if (bar == 14 ||
		   gs1_gtin14(gtin, span_of(s.p, bar), NULL) == ERR_OK) {
		buf_str(out, "01");
		buf_put(out, bar == 14 ? span_of(s.p, 14) : span_str(gtin));
	} else {
		return false;
	}
	if (bar < s.n)
		tsv_unescape(out, span_skip(s, bar + 1), 0x1d);
	return true;
}

static bool
generates(struct buf *out, struct span symbology, struct span data)
{
	uint8_t space[ROOM];
	struct buf text = buf_fixed(space, sizeof(space));
	bool composite = data.n > 0 && memchr(data.p, '|', data.n) != NULL;
	struct gs1_code code;

	for (size_t i = 0; i < sizeof(symbologies) / sizeof(symbologies[0]);
	     i++) {
		if (!span_is(symbology, symbologies[i].name))
			continue;
		return put_message(&text, data) &&
		       gs1_read(&code, buf_span(&text), NULL) == ERR_OK &&
		       gs1_write_elements(out, &code,
			   composite ? symbologies[i].both : symbologies[i].ai,
			   NULL) == ERR_OK;
	}
	return false;
}

static void
scan_row(void *ctx, const struct tsv_row *row)
{
	uint8_t space[ROOM], wanted[ROOM];
	struct buf out = buf_fixed(space, sizeof(space));
	struct buf want = buf_fixed(wanted, sizeof(wanted));
	bool ok = generates(&out, row->column[2], row->column[3]);
	bool expected = !span_is(row->column[4], "\\N");

	tsv_unescape(&want, row->column[4], 0);
	if (ok && expected)
		ok = span_equal(buf_span(&out), buf_span(&want));
	tally_count(ctx, row->column[0], ok == expected);
}

static const char plain_text[] =
    "plain text: the writer writes identifiers only (gs1.md 2)";
static const char last_gs[] =
    "no GS behind the last value; a reader tolerates one (gs1.md 3.4)";

static const struct difference scans[] = {
	{ "646", plain_text },
	{ "655", plain_text },
	{ "664", plain_text },
	{ "755", plain_text },
	{ "651", last_gs },
	{ "660", last_gs },
	{ "669", last_gs },
	{ NULL, NULL },
};

static void
test_scans(void **state)
{
	struct tally t = { .name = "scandata_generate", .known = scans };

	(void)state;
	tally_finish(&t,
	    tsv_each("gs1/syntax-engine/scandata_generate.tsv", scan_row, &t));
}

/* ai_linters: one element string a content check. */
static void
element_row(void *ctx, const struct tsv_row *row)
{
	uint8_t space[ROOM];
	struct buf text = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	bool want = span_is(row->column[1], "GS1_LINTER_OK");

	tsv_unescape(&text, row->column[0], 0);
	tally_count(ctx, row->column[0],
	    (gs1_read(&code, buf_span(&text), NULL) == ERR_OK) == want);
}

static void
test_elements(void **state)
{
	struct tally t = { .name = "ai_linters", .known = tally_none };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/syntax-engine/ai_linters.tsv", element_row, &t));
}

/* linters: a check by its name. Where the table marks a part of the data as
 * faulty, our place must lie in it. */
static bool
place_fits(size_t at, struct span data, struct span markup)
{
	size_t start = 0, end;

	while (start < markup.n && markup.p[start] != '*')
		start++;
	end = start + 1;
	while (end < markup.n && markup.p[end] != '*')
		end++;
	end--; /* the offset without the first mark */
	if (end - start == data.n || memchr(data.p, '*', data.n) != NULL)
		return true;
	return at >= start && at <= end;
}

static void
linter_row(void *ctx, const struct tsv_row *row)
{
	uint8_t space[ROOM], marks[ROOM];
	struct buf data = buf_fixed(space, sizeof(space));
	struct buf markup = buf_fixed(marks, sizeof(marks));
	char name[64] = { 0 };
	bool ok, want = span_is(row->column[2], "GS1_LINTER_OK");
	struct span check = span_skip(row->column[0], strlen("gs1_lint_"));
	size_t at = 0;
	enum err e;

	put_bytes(&data, row->column[1]);
	put_bytes(&markup, row->column[3]);
	assert_true(check.n < sizeof(name));
	memcpy(name, check.p, check.n);
	e = gs1_content_check(&at, name, buf_span(&data));
	ok = e != ERR_NOT_FOUND && (e == ERR_OK) == want;
	if (ok && !want && data.n > 0)
		ok = place_fits(at, buf_span(&data), buf_span(&markup));
	if (!ok)
		print_error("line %u: %s at %zu\n", row->line, err_name(e), at);
	tally_count(ctx, row->column[1], ok);
}

static void
test_linters(void **state)
{
	struct tally t = { .name = "linters", .known = tally_none };

	(void)state;
	tally_finish(
	    &t, tsv_each("gs1/syntax-dictionary/linters.tsv", linter_row, &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_scans),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_linters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
