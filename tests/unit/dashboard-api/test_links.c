/* SPDX-License-Identifier: Apache-2.0 */
/* Levels, types and the choice between links (gs1.md 12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

#include "gs1/gs1.h"
#include "links.h"

#include "base/banned.h"

#define GTIN "01/09506000134352"
#define VOC "https://ref.gs1.org/voc/"

static void
test_levels(void **state)
{
	struct link_levels l;

	(void)state;
	assert_int_equal(
	    link_levels(&l, span_str("/" GTIN "/10/L%2f1/21/a%21B/"), NULL),
	    ERR_OK);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.key[0], GTIN "/10/L%2F1/21/a%21B");
	assert_string_equal(l.key[1], GTIN "/10/L%2F1");
	assert_string_equal(l.key[2], GTIN);
	/* one spelling for each value */
	assert_int_equal(
	    link_levels(&l, span_str(GTIN "/21/a!B"), NULL), ERR_OK);
	assert_string_equal(l.key[0], GTIN "/21/a%21B");
	assert_int_equal(
	    link_levels(&l, span_str("00/095060001343520003"), NULL) == ERR_OK,
	    gs1_check_digit_ok(span_str("095060001343520003")));
}

static void
test_levels_refused(void **state)
{
	static const char *const rows[] = { "", "/", "01", "01/", "/01",
		"01/09506000134353", GTIN "/", "x/" GTIN, "10/L/" GTIN,
		"00/1/" GTIN, GTIN "/21", GTIN "/21/", GTIN "//21/A",
		GTIN "/10/L/22/V", GTIN "/21/%zz", GTIN "/21/%00", "99/x",
		GTIN "//", GTIN "/21/A#b", GTIN "/21/A?b" };
	struct link_levels l;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* one slash at the end is no fault */
		bool slash = i == 6;

		if ((link_levels(&l, span_str(rows[i]), &d) == ERR_OK) != slash)
			fail_msg("%s", rows[i]);
	}
}

static void
test_types(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
		{ "gs1:pip", VOC "pip" },
		{ "pip", VOC "pip" },
		{ "https://gs1.org/voc/pip", VOC "pip" },
		{ "http://www.gs1.org/voc/pip", VOC "pip" },
		{ VOC "pip", VOC "pip" },
		{ "https://schema.org/review", "https://schema.org/review" },
		{ "schema:review", NULL },
		{ "gs1:", NULL },
		{ "", NULL },
		{ "gs1:p ip", NULL },
		{ "https://x.example/a b", NULL },
		{ "javascript:alert(1)", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = buf_heap(1000);
		enum err e = link_type(&out, span_str(rows[i].in));

		if (rows[i].out == NULL)
			assert_int_not_equal(e, ERR_OK);
		else {
			assert_int_equal(e, ERR_OK);
			assert_string_equal(buf_text(&out), rows[i].out);
		}
		buf_free(&out);
	}
}

static struct link
good(void)
{
	struct link l = { .number = 0 };

	l.key = span_str(GTIN);
	l.type = span_str(VOC "pip");
	l.href = span_str("https://brand.example/p?a=1#top");
	l.title = span_str("Product");
	return l;
}

static void
test_check(void **state)
{
	static const char *const hrefs[] = { "", "/p", "ftp://x.example/",
		"https://", "https:///x", "https://u@x.example/",
		"https://x.example/a b", "https://x.example/\"",
		"javascript:alert(1)", "//x.example/" };
	struct link l = good();
	struct diag d;

	(void)state;
	assert_int_equal(link_check(&l, &d), ERR_OK);
	for (size_t i = 0; i < sizeof(hrefs) / sizeof(hrefs[0]); i++) {
		l.href = span_str(hrefs[i]);
		assert_int_equal(link_check(&l, &d), ERR_SYNTAX);
	}
	l = good();
	l.title = SPAN_NONE;
	assert_int_equal(link_check(&l, &d), ERR_LENGTH);
	l.title = span_str("\xff");
	assert_int_equal(link_check(&l, &d), ERR_UTF8);
	l = good();
	l.media = span_str("html");
	assert_int_equal(link_check(&l, &d), ERR_SYNTAX);
	l.media = span_str("text/html");
	l.languages = span_str("pt-BR en");
	l.contexts = span_str("LK b2b");
	assert_int_equal(link_check(&l, &d), ERR_OK);
	l.languages = span_str("pt  en");
	assert_int_equal(link_check(&l, &d), ERR_SYNTAX);
	l.languages = span_str("pt\"");
	assert_int_equal(link_check(&l, &d), ERR_SYNTAX);
}

/* ---- choice ---- */
struct row {
	const char *key, *type, *href, *media, *languages, *contexts;
	bool is_default;
};
static const struct row table[] = {
	{ GTIN, VOC "pip", "https://b.example/en", "text/html", "en", "",
	    true },
	{ GTIN, VOC "pip", "https://b.example/pt", "text/html", "pt", "",
	    true },
	{ GTIN, VOC "pip", "https://b.example/any", "", "", "", true },
	{ GTIN, VOC "certificationInfo", "https://b.example/c1", "", "", "",
	    false },
	{ GTIN, VOC "certificationInfo", "https://b.example/c2", "", "", "",
	    false },
	{ GTIN, VOC "certificationInfo", "https://b.example/c3.pdf",
	    "application/pdf", "", "", false },
	{ GTIN, VOC "pip", "https://b.example/lk", "", "", "LK", false },
	{ GTIN "/21/A", VOC "epil", "https://b.example/serial", "", "", "",
	    false },
	{ GTIN, VOC "epil", "https://b.example/leaflet", "", "", "", false },
};

static void
fill(struct links *l, const char *path)
{
	struct link_levels levels;

	assert_int_equal(link_levels(&levels, span_str(path), NULL), ERR_OK);
	links_init(l, &levels);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct link k = { .is_default = table[i].is_default };

		k.key = span_str(table[i].key);
		k.type = span_str(table[i].type);
		k.href = span_str(table[i].href);
		k.title = span_str("t");
		k.media = span_str(table[i].media);
		k.languages = span_str(table[i].languages);
		k.contexts = span_str(table[i].contexts);
		assert_int_equal(links_add(l, &k), ERR_OK);
	}
}

static struct span
maybe(const char *text)
{
	return text == NULL ? SPAN_NONE : span_str(text);
}

static void
test_choice(void **state)
{
	static const struct {
		const char *path, *type, *accept, *language, *context;
		unsigned count;
		const char *href;
	} rows[] = {
		/* nothing asked for: the default without attributes */
		{ GTIN, NULL, NULL, NULL, NULL, 1, "any" },
		{ GTIN, NULL, "*/*", NULL, NULL, 1, "any" },
		{ GTIN, NULL, NULL, "pt-BR,pt;q=0.9,en;q=0.5", NULL, 1, "pt" },
		{ GTIN, NULL, NULL, "en", NULL, 1, "en" },
		{ GTIN, NULL, "text/html", "ja", NULL, 1, "any" },
		{ GTIN "/21/A", NULL, NULL, "en", NULL, 1, "en" },
		/* a context that is not there changes nothing */
		{ GTIN, VOC "pip", NULL, "en", "XX", 1, "en" },
		{ GTIN, VOC "pip", NULL, "en", "LK", 1, "lk" },
		/* several equally good ones */
		{ GTIN, VOC "certificationInfo", NULL, NULL, NULL, 2, "c1" },
		{ GTIN, VOC "certificationInfo", "application/pdf", NULL, NULL,
		    1, "c3.pdf" },
		/* the finest level first */
		{ GTIN "/21/A", VOC "epil", NULL, NULL, NULL, 1, "serial" },
		{ GTIN "/21/B", VOC "epil", NULL, NULL, NULL, 1, "leaflet" },
		{ GTIN, VOC "nothing", NULL, NULL, NULL, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct links_wish w;
		struct links *l = malloc(sizeof(*l));
		size_t best = 0;

		assert_non_null(l);
		fill(l, rows[i].path);
		w.type = maybe(rows[i].type);
		w.accept = maybe(rows[i].accept);
		w.language = maybe(rows[i].language);
		w.context = maybe(rows[i].context);
		assert_int_equal(links_choose(l, &w, &best), rows[i].count);
		if (rows[i].count > 0) {
			struct span href = span_skip(l->at[best]->link.href,
			    strlen("https://b.example/"));

			if (!span_is(href, rows[i].href))
				fail_msg(
				    "row %zu: got %.*s", i, SPAN_ARG(href));
		}
		links_clear(l);
		free(l);
	}
}

static void
test_linkset(void **state)
{
	struct links *l = malloc(sizeof(*l));
	struct buf out = buf_heap(65536);
	const struct json *set, *first, *last;
	struct json_out o;
	struct json *j;

	(void)state;
	assert_non_null(l);
	fill(l, GTIN "/21/A");
	json_out_init(&o, &out);
	links_print(&o, l, "https://r.example", NULL);
	assert_int_equal(json_parse(&j, buf_span(&out), NULL), ERR_OK);
	set = json_get(j, "linkset");
	assert_int_equal(json_count(set), 2);
	first = json_at(set, 0);
	assert_string_equal(json_text(json_get(first, "anchor")),
	    "https://r.example/" GTIN "/21/A");
	assert_int_equal(json_count(json_get(first, VOC "epil")), 1);
	last = json_at(set, 1);
	assert_string_equal(
	    json_text(json_get(last, "anchor")), "https://r.example/" GTIN);
	/* one default link without attributes, the others in defaultLinkMulti,
	 * each again under its own type */
	assert_int_equal(json_count(json_get(last, VOC "defaultLink")), 1);
	assert_int_equal(json_count(json_get(last, VOC "defaultLinkMulti")), 2);
	assert_int_equal(json_count(json_get(last, VOC "pip")), 4);
	assert_int_equal(
	    json_count(json_at(json_get(last, VOC "defaultLink"), 0)), 2);
	json_free(j);
	buf_free(&out);
	links_clear(l);
	free(l);
}

static void
test_target(void **state)
{
	static const char *const rows[][3] = {
		{ "https://b.example/x", "", "https://b.example/x" },
		{ "https://b.example/x", "a=1", "https://b.example/x?a=1" },
		{ "https://b.example/x?b=2", "a=1",
		    "https://b.example/x?b=2&a=1" },
		{ "https://b.example/x#top", "a=1",
		    "https://b.example/x?a=1#top" },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct buf out = buf_heap(1000);

		links_target(&out, span_str(rows[i][0]), span_str(rows[i][1]));
		assert_string_equal(buf_text(&out), rows[i][2]);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_levels_refused),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_linkset),
		cmocka_unit_test(test_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
