/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle changed anywhere is refused: thousands of changed bytes, members
 * taken away, doubled and swapped. Only what JSON itself calls the same text
 * may pass, and no change makes another answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_scan.h"

#include "bundle_faults.h"

#include "base/banned.h"

#define DEPTH 8

struct subject_of_test {
	struct bworld *w;
	struct buf b;
	struct policy *p;
	unsigned tried;
};

static int
prepare(void **state)
{
	struct subject_of_test *t = calloc(1, sizeof(*t));

	t->w = bw_new();
	bw_registry(t->w, "before");
	for (unsigned i = 0; i < 260; i++)
		(void)bw_heartbeat(t->w, BW_LINE);
	bw_story(t->w);
	bw_seal(t->w);
	t->b = bf_with_subject(bw_bundle(t->w, BW_ITEM), t->w,
	    "registry/heartbeat/line-1", BW_LINE);
	t->p = bw_policy(t->w, "both");
	*state = t;
	return 0;
}

static int
cleanup(void **state)
{
	struct subject_of_test *t = *state;

	buf_free(&t->b);
	policy_free(t->p);
	bw_free(t->w);
	free(t);
	return 0;
}

static void
refused(struct subject_of_test *t, struct span changed, size_t at)
{
	struct bundle_result r;

	t->tried++;
	assert_int_equal(bundle_verify(&r, changed, t->p), ERR_OK);
	/* Bytes that went with a subject are withheld from the next. */
	if (r.outcome != BUNDLE_NOT_PROVEN || (!r.failed && !r.withheld))
		fail_msg("accepted, changed at byte %zu: %.*s", at, 60,
		    (const char *)changed.p + (at < 30 ? 0 : at - 30));
}

static void
test_unchanged(void **state)
{
	struct subject_of_test *t = *state;
	struct bundle_result r;

	assert_int_equal(bundle_verify(&r, buf_span(&t->b), t->p), ERR_OK);
	assert_int_equal(r.outcome, BUNDLE_GENUINE);
}

/* at, sightings, country and code of the question are the asker's own words:
 * another question may have the same answer, but it is another question. */
static bool
asked(const struct subject_of_test *t, size_t at)
{
	const char *from = strstr((const char *)t->b.p, "\"question\":{");
	const char *to;

	assert_non_null(from);
	to = strchr(from, '}');
	return at > (size_t)(from - (const char *)t->b.p) &&
	       at < (size_t)(to - (const char *)t->b.p);
}

/* Each 83rd letter or digit, and all other bytes, become another one. */
static void
test_bytes(void **state)
{
	static const char others[] = { 'A', '0', '"' };
	struct subject_of_test *t = *state;

	assert_non_null(buf_text(&t->b));
	for (size_t i = 0; i < t->b.n; i++) {
		uint8_t was = t->b.p[i];
		bool wordy = (was >= 'a' && was <= 'z') ||
			     (was >= 'A' && was <= 'Z') ||
			     (was >= '0' && was <= '9');

		if (asked(t, i) || (wordy && i % 83 != 0))
			continue;
		for (size_t k = 0; k < sizeof(others); k++) {
			/* A space for a space's like. */
			if (was == (uint8_t)others[k])
				continue;
			t->b.p[i] = (uint8_t)others[k];
			refused(t, buf_span(&t->b), i);
		}
		t->b.p[i] = was ^ 1;
		refused(t, buf_span(&t->b), i);
		t->b.p[i] = was;
	}
	test_unchanged(state);
}

/* Bit by bit through a stretch of each kind of text. */
static void
test_bits(void **state)
{
	static const char *const kinds[] = { "\"checkpoint\":\"",
		"\"genesis\":{\"entry\":\"", "\"epoch\":{\"index\":",
		"\"entries\":[{\"index\":", "\"entry\":\"0oRYu", "\"leaf\":\"",
		"\"left\":[\"", "\"other\":{\"key\":\"", "\"map\":[[",
		"\"verdict\":\"", "\"n\":" };
	struct subject_of_test *t = *state;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		const char *at = strstr((const char *)t->b.p, kinds[k]);
		size_t from;

		if (at == NULL)
			continue; /* the statement's first bytes may change */
		from = (size_t)(at - (const char *)t->b.p);
		for (size_t i = from; i < from + 80 && i < t->b.n; i++)
			for (unsigned bit = 0; bit < 8; bit++) {
				if (asked(t, i))
					continue;
				t->b.p[i] ^= (uint8_t)(1u << bit);
				refused(t, buf_span(&t->b), i);
				t->b.p[i] ^= (uint8_t)(1u << bit);
			}
	}
	test_unchanged(state);
}

static void
test_cut(void **state)
{
	struct subject_of_test *t = *state;

	for (size_t n = 0; n < t->b.n; n += 97)
		refused(t, span_of(t->b.p, n), n);
	refused(t, span_of(t->b.p, t->b.n - 1), t->b.n - 1);
}

/* The text of a value with its quotes and, in an object, its name. */
static void
whole(const struct json_doc *doc, uint32_t node, size_t *from, size_t *to)
{
	const struct json_node *n = &doc->nodes[node];
	bool quoted = json_type(doc, node) == JSON_STRING;

	*from = n->start - (quoted ? 1 : 0);
	*to = (size_t)n->start + n->length + (quoted ? 1 : 0);
	if (json_type(doc, n->parent) == JSON_OBJECT)
		*from = n->key_start - 1;
}

/* The three subjects in front are more than the answer rests on: without them
 * the bundle is as good. */
static bool
surplus(const struct json_doc *doc, uint32_t node)
{
	uint32_t subjects = json_member(doc, JSON_ROOT, "subjects");
	uint32_t at = json_first(doc, subjects);

	for (unsigned i = 0; i < 3; i++, at = doc->nodes[at].next)
		if (at == node)
			return true;
	return false;
}

static void
splice(struct subject_of_test *t, size_t from, size_t to, struct span with)
{
	struct buf out = buf_heap(2 * BUNDLE_MAX);

	buf_put(&out, span_of(t->b.p, from));
	buf_put(&out, with);
	buf_put(&out, span_skip(buf_span(&t->b), to));
	assert_int_equal(buf_error(&out), ERR_OK);
	refused(t, buf_span(&out), from);
	buf_free(&out);
}

/* Each value goes, comes twice, or becomes something else. */
static void
change_value(
    struct subject_of_test *t, const struct json_doc *doc, uint32_t node)
{
	static const char *const others[] = { "null", "true", "[]", "{}",
		"\"\"", "0", "-1", "1.0" };
	const struct json_node *n = &doc->nodes[node];
	bool quoted = json_type(doc, node) == JSON_STRING;
	struct buf twice = buf_heap(BUNDLE_MAX);
	size_t from, to, start = n->start - (quoted ? 1 : 0);

	whole(doc, node, &from, &to);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!span_equal(span_of(t->b.p + start, to - start),
			span_str(others[i])))
			splice(t, start, to, span_str(others[i]));
	buf_put(&twice, span_of(t->b.p + from, to - from));
	buf_byte(&twice, ',');
	splice(t, from, from, buf_span(&twice));
	buf_free(&twice);
	if (surplus(doc, node))
		return;
	if (t->b.p[to] == ',')
		splice(t, from, to + 1, SPAN_NONE);
	else if (t->b.p[from - 1] == ',')
		splice(t, from - 1, to, SPAN_NONE);
	else
		splice(t, from, to, SPAN_NONE);
}

static void
test_values(void **state)
{
	struct subject_of_test *t = *state;
	struct json_doc doc = { .capacity = 100000 };
	unsigned big = 0;

	doc.nodes = calloc(doc.capacity, sizeof(*doc.nodes));
	assert_non_null(doc.nodes);
	assert_int_equal(json_scan(&doc, buf_span(&t->b), DEPTH, NULL), ERR_OK);
	for (uint32_t i = 1; i < doc.count; i++) {
		if (asked(t, doc.nodes[i].start))
			continue;
		/* Of the many hashes each eleventh. */
		if (doc.nodes[i].length == 44 && big++ % 11 != 0)
			continue;
		change_value(t, &doc, i);
	}
	free(doc.nodes);
}

static void
test_enough(void **state)
{
	struct subject_of_test *t = *state;

	(void)printf("mutations: %u\n", t->tried);
	assert_true(t->tried > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_enough),
	};

	return cmocka_run_group_tests(tests, prepare, cleanup);
}
