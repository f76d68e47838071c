/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/epcis_hash.h"
#include "tsv.h"

#include "base/banned.h"

/*
 * The event hash against the published cases: strings before hashing and
 * hashes of every event, events that must share one hash, and identifiers in
 * the forms the reference implementation reads. JSON only; cases that exist as
 * XML alone are counted as not run.
 */
#define DOC_MAX (1 << 22)
#define NODES 200000
#define NAME_MAX_BYTES 256

struct tally {
	unsigned cases, events, not_run, explained, failed;
};

static struct json_node *nodes;
static struct epcis_hash hash;

struct difference {
	const char *name;
	const char *why;
};

static const struct difference differences[] = {
	{ "AssociationEvent__AssociationEvent-h",
	    "a member name twice, RFC 7493 2.3 (formats 1.3)" },
	{ "http://example.de/01/040123451234/cpv/344/lot/ABD",
	    "the check digit is wrong: no GS1 identifier (gs1.md 5.1)" },
	{ NULL, NULL },
};

static const char *
reason(const char *name)
{
	for (const struct difference *k = differences; k->name != NULL; k++) {
		if (strcmp(name, k->name) == 0)
			return k->why;
	}
	return NULL;
}

static struct span
next_line(struct span *rest)
{
	size_t n = 0;
	struct span line;

	while (n < rest->n && rest->p[n] != '\n')
		n++;
	line = span_of(rest->p, n);
	*rest = span_skip(*rest, n < rest->n ? n + 1 : n);
	return line;
}

static bool
read_text(
    struct buf *out, const char *folder, const char *name, const char *suffix)
{
	char path[2 * NAME_MAX_BYTES];
	int n = snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);

	assert_true(n > 0 && (size_t)n < sizeof(path));
	*out = buf_heap(DOC_MAX);
	return tsv_file(out, path) == ERR_OK;
}

/* One event against its two lines. */
static bool
event_ok(const char *name, const struct epcis_doc *doc, uint32_t event,
    struct span pre, struct span want)
{
	char got[EPCIS_HASH_CHARS + 1];
	struct diag d = { 0 };

	if (epcis_hash_name(got, &hash, doc, event, EPCIS_HASH_REFERENCE, &d) !=
	    ERR_OK) {
		print_error("%s: %s\n", name, d.text);
		return false;
	}
	if (!span_equal(buf_span(&hash.pre), pre))
		print_error("%s: got\n%.*s\nwanted\n%.*s\n", name,
		    SPAN_ARG(buf_span(&hash.pre)), SPAN_ARG(pre));
	if (hash.why != NULL)
		print_error("%s: not comparable: %s\n", name, hash.why);
	return hash.why == NULL && span_is(want, got) &&
	       span_equal(buf_span(&hash.pre), pre);
}

static bool
case_ok(struct tally *t, const char *name, struct span text, struct span pre,
    struct span hashes)
{
	struct epcis_doc doc;
	struct diag d = { 0 };
	bool ok = true;

	if (epcis_hash_open(&doc, text, nodes, NODES, &d) != ERR_OK) {
		if (reason(name) == NULL)
			print_error("%s: %s\n", name, d.text);
		return false;
	}
	for (uint32_t i = epcis_first(&doc); i != JSON_NONE;
	     i = nodes[i].next) {
		t->events++;
		ok &= event_ok(
		    name, &doc, i, next_line(&pre), next_line(&hashes));
	}
	/* As many lines as events. */
	return ok && pre.n == 0 && hashes.n == 0;
}

static void
run_case(struct tally *t, const char *results, const char *name,
    const char *documents, const char *document)
{
	struct buf text, pre, hashes;
	bool ok;

	t->cases++;
	if (!read_text(&text, documents, document, ".jsonld")) {
		t->not_run++;
		buf_free(&text);
		return;
	}
	assert_true(read_text(&pre, results, name, ".prehashes"));
	assert_true(read_text(&hashes, results, name, ".hashes"));
	ok = case_ok(
	    t, name, buf_span(&text), buf_span(&pre), buf_span(&hashes));
	if (ok != (reason(name) == NULL)) {
		t->failed++;
		print_error("%s: %s\n", name, ok ? "agrees" : "differs");
	}
	t->explained += !ok && reason(name) != NULL;
	buf_free(&text);
	buf_free(&pre);
	buf_free(&hashes);
}

static bool
stem(char *out, size_t cap, const char *file, const char *suffix)
{
	size_t n = strlen(file), m = strlen(suffix);

	if (n <= m || n - m >= cap || strcmp(file + n - m, suffix) != 0)
		return false;
	memcpy(out, file, n - m);
	out[n - m] = '\0';
	return true;
}

static DIR *
open_folder(const char *folder)
{
	char path[2048];
	int n = snprintf(
	    path, sizeof(path), "%s/%s", getenv("CM_CONFORMANCE_DIR"), folder);

	assert_true(n > 0 && (size_t)n < sizeof(path));
	return opendir(path);
}

static void
check_tally(const char *what, const struct tally *t, unsigned at_least)
{
	print_message("%s: %u cases, %u events, %u not run (XML), "
		      "%u explained\n",
	    what, t->cases, t->events, t->not_run, t->explained);
	assert_int_equal(t->failed, 0);
	assert_true(t->cases >= at_least);
	assert_true(t->events >= at_least);
}

static void
test_reference(void **state)
{
	static const char folder[] = "epcis/event-hash/reference";
	DIR *d = open_folder(folder);
	struct tally t = { 0 };
	char name[NAME_MAX_BYTES];

	(void)state;
	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		if (stem(name, sizeof(name), f->d_name, ".hashes"))
			run_case(&t, folder, name, folder, name);
	}
	(void)closedir(d);
	check_tally("reference", &t, 15);
}

/* `<folder>__<name>` is a document in that folder. */
static void
test_official(void **state)
{
	static const char folder[] = "epcis/event-hash/official-examples";
	DIR *d = open_folder(folder);
	struct tally t = { 0 };
	char name[NAME_MAX_BYTES];

	(void)state;
	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		char document[NAME_MAX_BYTES];
		char *mark;

		if (!stem(name, sizeof(name), f->d_name, ".hashes"))
			continue;
		memcpy(document, name, sizeof(document));
		mark = strstr(document, "__");
		if (mark != NULL) {
			*mark = '/';
			memmove(mark + 1, mark + 2, strlen(mark + 2) + 1);
		}
		run_case(&t, folder, name, "epcis/official-examples", document);
	}
	(void)closedir(d);
	check_tally("official-examples", &t, 20);
}

static void
equal_document(struct tally *t, const char *name)
{
	char first[EPCIS_HASH_CHARS + 1], got[EPCIS_HASH_CHARS + 1];
	struct epcis_doc doc;
	struct buf text;
	unsigned n = 0;

	assert_true(read_text(&text, "epcis/event-hash/equal", name, ".json"));
	assert_int_equal(
	    epcis_hash_open(&doc, buf_span(&text), nodes, NODES, NULL), ERR_OK);
	for (uint32_t i = epcis_first(&doc); i != JSON_NONE;
	     i = nodes[i].next, n++) {
		assert_int_equal(epcis_hash_name(n == 0 ? first : got, &hash,
				     &doc, i, EPCIS_HASH_REFERENCE, NULL),
		    ERR_OK);
		t->failed += n > 0 && strcmp(first, got) != 0;
	}
	t->events += n;
	buf_free(&text);
}

static void
test_equal(void **state)
{
	DIR *d = open_folder("epcis/event-hash/equal");
	struct tally t = { 0 };
	char name[NAME_MAX_BYTES];

	(void)state;
	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		if (stem(name, sizeof(name), f->d_name, ".json")) {
			t.cases++;
			equal_document(&t, name);
		} else if (stem(name, sizeof(name), f->d_name, ".xml")) {
			t.cases++;
			t.not_run++;
		}
	}
	(void)closedir(d);
	check_tally("equal", &t, 1);
}

/* The identifier as the one EPC of an event. */
static void
normalise_row(void *ctx, const struct tsv_row *row)
{
	static const char lead[] = "eventType=ObjectEventepcListepc=";
	struct tally *t = ctx;
	struct span want = row->column[1], got;
	struct buf text = buf_heap(DOC_MAX);
	struct epcis_doc doc;
	char input[NAME_MAX_BYTES];
	bool explained, agrees;

	(void)snprintf(input, sizeof(input), "%.*s", SPAN_ARG(row->column[0]));
	explained = reason(input) != NULL;

	if (span_is(want, "\\N"))
		want = row->column[0];
	buf_str(&text, "{\"type\":\"EPCISDocument\",\"epcisBody\":{"
		       "\"eventList\":[{\"type\":\"ObjectEvent\","
		       "\"epcList\":[\"");
	buf_put(&text, row->column[0]);
	buf_str(&text, "\"]}]}}");
	assert_int_equal(
	    epcis_hash_open(&doc, buf_span(&text), nodes, NODES, NULL), ERR_OK);
	assert_int_equal(epcis_hash_pre(&hash, &doc, epcis_first(&doc),
			     EPCIS_HASH_REFERENCE, NULL),
	    ERR_OK);
	got = buf_span(&hash.pre);
	agrees = span_starts(got, lead) &&
		 span_equal(span_skip(got, sizeof(lead) - 1), want);
	t->cases++;
	t->events++;
	t->explained += !agrees && explained;
	if (agrees == explained) {
		t->failed++;
		print_error("%.*s: got %.*s\n", SPAN_ARG(row->column[0]),
		    SPAN_ARG(got));
	}
	buf_free(&text);
}

static void
test_normalise(void **state)
{
	struct tally t = { 0 };

	(void)state;
	assert_int_not_equal(
	    tsv_each("gs1/digital-link/normalise.tsv", normalise_row, &t), 0);
	check_tally("normalise", &t, 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_official),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_normalise),
	};
	int failed;

	nodes = malloc(NODES * sizeof(*nodes));
	if (nodes == NULL)
		return 1;
	epcis_hash_init(&hash, EPCIS_HASH_BYTES);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	epcis_hash_clear(&hash);
	free(nodes);
	return failed;
}
