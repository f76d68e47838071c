/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/text.h"

#include "bundle_internal.h"

#include "base/banned.h"

/*
 * The form of formats 7.1 and 7.2, strictly: all members, no others, integers
 * as digits, canonical base64 without escapes. Limits come before allocation.
 */
#define NODES_MAX ((size_t)1 << 20)
#define DEPTH 8
#define MEMBERS 9

struct in {
	struct bundle_text *t;
	struct bundle_shelf *s;
	struct bundle_result *r;
};

static const char form_clause[] = "formats 7.1";
static const char subject_clause[] = "formats 7.2";

#define NO(in, node, clause, ...)                                              \
	bundle_no(                                                             \
	    (in)->r, &(in)->t->doc, BUNDLE_FORM, node, clause, __VA_ARGS__)

/* An object with exactly these members, in any order; their nodes. */
static enum err
members(struct in *in, uint32_t object, const char *clause,
    const char *const *names, uint32_t *nodes)
{
	const struct json_doc *doc = &in->t->doc;
	uint32_t n = 0;

	if (json_type(doc, object) != JSON_OBJECT)
		return NO(in, object, clause, "wanted an object");
	for (; names[n] != NULL; n++) {
		nodes[n] = json_member(doc, object, names[n]);
		if (nodes[n] == JSON_NONE)
			return NO(
			    in, object, clause, "wanted member %s", names[n]);
	}
	if (doc->nodes[object].children != n)
		return NO(in, object, clause, "got %u members, wanted %u",
		    (unsigned)doc->nodes[object].children, (unsigned)n);
	return ERR_OK;
}

static enum err
read_u64(struct in *in, uint64_t *out, uint32_t node, uint64_t max)
{
	if (json_type(&in->t->doc, node) != JSON_NUMBER ||
	    u64_parse(out, json_raw(&in->t->doc, node), max) != ERR_OK)
		return NO(in, node, form_clause,
		    "wanted digits of a number up to %llu",
		    (unsigned long long)max);
	return ERR_OK;
}

static enum err
parse_hash(struct hash *out, const struct json_doc *doc, uint32_t node)
{
	size_t n = 0;

	if (json_type(doc, node) != JSON_STRING ||
	    json_raw(doc, node).n != HASH64_CHARS ||
	    base64_parse(out->b, HASH_BYTES, &n, json_raw(doc, node)) !=
		ERR_OK ||
	    n != HASH_BYTES)
		return ERR_BAD_ENCODING;
	return ERR_OK;
}

static enum err
read_hash(struct in *in, struct hash *out, uint32_t node)
{
	if (parse_hash(out, &in->t->doc, node) != ERR_OK)
		return NO(
		    in, node, form_clause, "wanted the base64 of 32 bytes");
	return ERR_OK;
}

enum err
bundle_read_path(struct hash *out, size_t *n, size_t max,
    const struct json_doc *doc, uint32_t array)
{
	*n = 0;
	if (json_type(doc, array) != JSON_ARRAY ||
	    doc->nodes[array].children > max)
		return ERR_BAD_ENCODING;
	for (uint32_t i = json_first(doc, array); i != JSON_NONE;
	     i = doc->nodes[i].next)
		if (parse_hash(&out[(*n)++], doc, i) != ERR_OK)
			return ERR_BAD_ENCODING;
	return ERR_OK;
}

static enum err
check_path(struct in *in, uint32_t array)
{
	struct hash path[MERKLE_PATH_MAX];
	size_t n;

	if (bundle_read_path(path, &n, MERKLE_PATH_MAX, &in->t->doc, array) !=
	    ERR_OK)
		return NO(in, array, form_clause,
		    "wanted an array of at most %d hashes", MERKLE_PATH_MAX);
	return ERR_OK;
}

/* Bytes in base64 on the heap, 1 to ENTRY_MAX of them. */
static enum err
read_bytes(struct in *in, uint8_t **out, size_t *n, uint32_t node)
{
	struct span text = json_raw(&in->t->doc, node);

	*n = 0;
	if (json_type(&in->t->doc, node) != JSON_STRING || text.n == 0 ||
	    text.n > BASE64_CHARS(ENTRY_MAX))
		return NO(in, node, form_clause,
		    "wanted the base64 of 1 to %d bytes", ENTRY_MAX);
	*out = malloc(BASE64_CHARS(ENTRY_MAX));
	if (*out == NULL)
		return ERR_NOMEM;
	if (base64_parse(*out, ENTRY_MAX, n, text) != ERR_OK)
		return NO(in, node, form_clause, "not canonical base64");
	return ERR_OK;
}

/* A string of at most max bytes, unescaped, on the heap. */
static enum err
read_text(struct in *in, struct buf *out, uint32_t node, size_t max)
{
	const struct json_doc *doc = &in->t->doc;
	struct span s;
	uint8_t *space;
	enum err e;

	if (json_type(doc, node) != JSON_STRING || doc->nodes[node].has_nul ||
	    json_raw(doc, node).n > 6 * max)
		return NO(in, node, form_clause,
		    "wanted a string of at most %zu bytes", max);
	space = malloc(json_raw(doc, node).n + 1);
	if (space == NULL)
		return ERR_NOMEM;
	e = json_string(&s, doc, node, space, json_raw(doc, node).n + 1);
	*out = buf_heap(max);
	if (e == ERR_OK) {
		buf_put(out, s);
		e = buf_error(out);
	}
	free(space);
	if (e == ERR_SPACE)
		return NO(in, node, form_clause,
		    "wanted a string of at most %zu bytes", max);
	return e;
}

/* ---- subjects ---- */
enum err
bundle_read_proof(struct map_proof *out, const struct json_doc *doc,
    const struct bundle_topic *t)
{
	uint32_t other = json_member(doc, t->node, "other");
	uint32_t map = json_member(doc, t->node, "map");

	memset(out, 0, sizeof(*out));
	out->present = t->present;
	out->key = t->key;
	out->empty = other != JSON_NONE && json_type(doc, other) == JSON_NULL;
	if (other != JSON_NONE && !out->empty &&
	    (parse_hash(&out->key, doc, json_member(doc, other, "key")) !=
		    ERR_OK ||
		parse_hash(&out->value, doc,
		    json_member(doc, other, "value")) != ERR_OK))
		return ERR_BAD_ENCODING;
	if (json_type(doc, map) != JSON_ARRAY ||
	    doc->nodes[map].children > MAP_PATH_MAX)
		return ERR_BAD_ENCODING;
	for (uint32_t i = json_first(doc, map); i != JSON_NONE;
	     i = doc->nodes[i].next) {
		struct map_step *step = &out->step[out->steps++];
		uint32_t bit = json_first(doc, i);
		uint64_t v = 0;

		if (json_type(doc, i) != JSON_ARRAY ||
		    doc->nodes[i].children != 2 ||
		    json_type(doc, bit) != JSON_NUMBER ||
		    u64_parse(&v, json_raw(doc, bit), MAP_PATH_MAX - 1) !=
			ERR_OK ||
		    parse_hash(&step->sibling, doc, doc->nodes[bit].next) !=
			ERR_OK)
			return ERR_BAD_ENCODING;
		step->bit = (uint8_t)v;
	}
	return ERR_OK;
}

/* The leaf of an entry that stood above must be that entry's. */
static enum err
read_mention(struct in *in, uint32_t node, uint32_t number, bool fresh)
{
	static const char *const names[] = { "index", "leaf", NULL };
	struct bundle_entry *e = &in->s->entries[number];
	uint32_t nodes[MEMBERS];
	struct hash leaf;
	enum err err = members(in, node, subject_clause, names, nodes);

	if (err == ERR_OK)
		err = read_hash(in, &leaf, nodes[1]);
	if (err != ERR_OK)
		return err;
	if (!fresh && !hash_equal(&leaf, &e->leaf))
		return NO(in, node, subject_clause,
		    "another leaf for an entry that stands above");
	e->leaf = leaf;
	return ERR_OK;
}

static enum err
read_shown(struct in *in, uint32_t node, uint32_t number, bool fresh)
{
	static const char *const names[] = { "index", "entry", NULL };
	uint32_t nodes[MEMBERS];
	uint8_t *bytes = NULL;
	size_t n;
	enum err e = members(in, node, subject_clause, names, nodes);

	if (e == ERR_OK && !fresh)
		e = NO(in, node, subject_clause,
		    "bytes of an entry that stands above");
	if (e == ERR_OK)
		e = read_bytes(in, &bytes, &n, nodes[1]);
	if (e == ERR_OK)
		e = bundle_shelf_fill(in->s, number, span_of(bytes, n));
	free(bytes);
	return e;
}

static enum err
read_entry(struct in *in, uint32_t node, uint32_t *number)
{
	const struct json_doc *doc = &in->t->doc;
	uint32_t at = JSON_NONE;
	uint64_t index = 0;
	bool fresh;
	enum err e;

	if (json_type(doc, node) == JSON_OBJECT)
		at = json_member(doc, node, "index");
	if (at == JSON_NONE)
		return NO(in, node, subject_clause, "wanted member index");
	e = read_u64(in, &index, at, BUNDLE_EXACT);
	if (e == ERR_OK)
		e = bundle_shelf_entry(in->s, index, number, &fresh);
	if (e != ERR_OK)
		return e;
	if (fresh)
		in->s->entries[*number].node = node;
	return json_member(doc, node, "entry") != JSON_NONE
		   ? read_shown(in, node, *number, fresh)
		   : read_mention(in, node, *number, fresh);
}

static enum err
read_entries(struct in *in, struct bundle_topic *t, uint32_t array)
{
	const struct json_doc *doc = &in->t->doc;
	enum err e = ERR_OK;

	if (json_type(doc, array) != JSON_ARRAY ||
	    doc->nodes[array].children == 0)
		return NO(
		    in, array, subject_clause, "wanted an array of entries");
	t->at = calloc(doc->nodes[array].children, sizeof(*t->at));
	if (t->at == NULL)
		return ERR_NOMEM;
	for (uint32_t i = json_first(doc, array); i != JSON_NONE;
	     i = doc->nodes[i].next) {
		e = read_entry(in, i, &t->at[t->count]);
		if (e != ERR_OK)
			return e;
		if (t->count > 0 &&
		    in->s->entries[t->at[t->count]].index <=
			in->s->entries[t->at[t->count - 1]].index)
			return NO(in, i, subject_clause,
			    "entries are not in log order");
		t->count++;
	}
	return ERR_OK;
}

static enum err
read_range(struct in *in, struct bundle_topic *t, uint32_t node)
{
	static const char *const names[] = { "subject", "present", "n", "first",
		"entries", "left", "right", "map", NULL };
	uint32_t nodes[MEMBERS];
	enum err e = members(in, node, subject_clause, names, nodes);

	if (e == ERR_OK)
		e = read_u64(in, &t->n, nodes[2], BUNDLE_EXACT);
	if (e == ERR_OK)
		e = read_u64(in, &t->first, nodes[3], BUNDLE_EXACT);
	if (e == ERR_OK)
		e = read_entries(in, t, nodes[4]);
	if (e == ERR_OK)
		e = check_path(in, nodes[5]);
	if (e == ERR_OK)
		e = check_path(in, nodes[6]);
	if (e != ERR_OK)
		return e;
	if (t->n <= BUNDLE_LIST_WHOLE)
		return NO(in, nodes[2], subject_clause,
		    "a range of a list of at most %d", BUNDLE_LIST_WHOLE);
	if (t->first > t->n || t->count > t->n - t->first || t->count == t->n)
		return NO(in, nodes[3], subject_clause,
		    "not a part of a list of %llu", (unsigned long long)t->n);
	return ERR_OK;
}

static enum err
read_present(struct in *in, struct bundle_topic *t, uint32_t node)
{
	static const char *const names[] = { "subject", "present", "entries",
		"map", NULL };
	uint32_t nodes[MEMBERS];
	enum err e;

	t->present = true;
	if (json_member(&in->t->doc, node, "n") != JSON_NONE)
		return read_range(in, t, node);
	e = members(in, node, subject_clause, names, nodes);
	if (e == ERR_OK)
		e = read_entries(in, t, nodes[2]);
	t->n = t->count;
	return e;
}

static enum err
read_absent(struct in *in, uint32_t node)
{
	static const char *const names[] = { "subject", "present", "other",
		"map", NULL };
	static const char *const other[] = { "key", "value", NULL };
	uint32_t nodes[MEMBERS], inner[MEMBERS];
	struct hash h;
	enum err e = members(in, node, subject_clause, names, nodes);

	if (e != ERR_OK || json_type(&in->t->doc, nodes[2]) == JSON_NULL)
		return e;
	e = members(in, nodes[2], subject_clause, other, inner);
	if (e == ERR_OK)
		e = read_hash(in, &h, inner[0]);
	if (e == ERR_OK)
		e = read_hash(in, &h, inner[1]);
	return e;
}

static enum err
add_topic(struct in *in, struct bundle_topic **out, uint32_t node)
{
	struct buf text = { 0 };
	enum err e = read_text(in, &text, node, ENTRY_MAX);

	if (e == ERR_OK && bundle_shelf_find(in->s, buf_span(&text)) != NULL)
		e = NO(in, node, subject_clause, "a subject that stands above");
	if (e == ERR_OK)
		e = bundle_shelf_topic(in->s, buf_span(&text), out);
	buf_free(&text);
	return e;
}

static enum err
read_subject(struct in *in, uint32_t node, struct map_proof *scratch)
{
	const struct json_doc *doc = &in->t->doc;
	struct bundle_topic *t = NULL;
	uint32_t text = JSON_NONE, present = JSON_NONE;
	enum err e;

	if (json_type(doc, node) == JSON_OBJECT) {
		text = json_member(doc, node, "subject");
		present = json_member(doc, node, "present");
	}
	if (text == JSON_NONE || present == JSON_NONE ||
	    (json_type(doc, present) != JSON_TRUE &&
		json_type(doc, present) != JSON_FALSE))
		return NO(in, node, subject_clause,
		    "wanted members subject and present");
	e = add_topic(in, &t, text);
	if (e != ERR_OK)
		return e;
	t->known = true;
	t->node = node;
	if (json_type(doc, present) == JSON_TRUE)
		e = read_present(in, t, node);
	else
		e = read_absent(in, node);
	if (e == ERR_OK && bundle_read_proof(scratch, doc, t) != ERR_OK)
		e = NO(in, json_member(doc, node, "map"), subject_clause,
		    "wanted at most %d pairs of a bit and a hash",
		    MAP_PATH_MAX);
	return e;
}

static enum err
read_subjects(struct in *in)
{
	const struct json_doc *doc = &in->t->doc;
	uint32_t array = in->t->subjects;
	struct map_proof *scratch;
	enum err e = ERR_OK;

	if (json_type(doc, array) != JSON_ARRAY ||
	    doc->nodes[array].children > BUNDLE_SUBJECTS)
		return NO(in, array, form_clause,
		    "wanted an array of at most %d subjects", BUNDLE_SUBJECTS);
	scratch = malloc(sizeof(*scratch));
	if (scratch == NULL)
		return ERR_NOMEM;
	for (uint32_t i = json_first(doc, array); e == ERR_OK && i != JSON_NONE;
	     i = doc->nodes[i].next)
		e = read_subject(in, i, scratch);
	free(scratch);
	return e;
}

/* ---- the rest ---- */
static enum err
read_question(struct in *in, uint32_t node)
{
	static const char *const names[] = { "code", "at", "country",
		"sightings", NULL };
	struct bundle_question *q = &in->t->q;
	uint32_t nodes[MEMBERS];
	struct span country;
	uint64_t at = 0;
	enum err e = members(in, node, "formats 7.3", names, nodes);

	if (e == ERR_OK)
		e = read_text(in, &in->t->code, nodes[0], GS1_TEXT);
	if (e == ERR_OK)
		e = read_u64(in, &at, nodes[1], BUNDLE_EXACT);
	if (e == ERR_OK)
		e = read_u64(in, &q->sightings, nodes[3], BUNDLE_EXACT);
	if (e != ERR_OK)
		return e;
	country = json_raw(&in->t->doc, nodes[2]);
	if (json_type(&in->t->doc, nodes[2]) != JSON_STRING ||
	    (country.n != 0 && country.n != 2))
		return NO(
		    in, nodes[2], "formats 7.3", "wanted two letters or none");
	for (size_t i = 0; i < country.n; i++) {
		if (country.p[i] < 'A' || country.p[i] > 'Z')
			return NO(in, nodes[2], "formats 7.3",
			    "wanted two letters or none");
		q->country[i] = (char)country.p[i];
	}
	q->at_ms = (int64_t)at;
	q->code = buf_span(&in->t->code);
	return ERR_OK;
}

static enum err
read_genesis(struct in *in, uint32_t node)
{
	static const char *const names[] = { "entry", "path", NULL };
	uint32_t nodes[MEMBERS];
	enum err e = members(in, node, form_clause, names, nodes);

	if (e == ERR_OK)
		e = read_bytes(in, &in->t->genesis_bytes,
		    &in->t->genesis_length, nodes[0]);
	return e == ERR_OK ? check_path(in, nodes[1]) : e;
}

static enum err
read_epoch(struct in *in, uint32_t node)
{
	static const char *const names[] = { "index", "entry", "path", NULL };
	uint32_t nodes[MEMBERS];
	enum err e = members(in, node, form_clause, names, nodes);

	if (e == ERR_OK)
		e = read_u64(in, &in->t->epoch_index, nodes[0], BUNDLE_EXACT);
	if (e == ERR_OK)
		e = read_bytes(
		    in, &in->t->epoch_bytes, &in->t->epoch_length, nodes[1]);
	return e == ERR_OK ? check_path(in, nodes[2]) : e;
}

static enum err
read_verdict(struct in *in)
{
	struct span word = json_raw(&in->t->doc, in->t->verdict);

	if (json_type(&in->t->doc, in->t->verdict) != JSON_STRING ||
	    word.n == 0 || word.n >= sizeof(in->r->verdict))
		return NO(in, in->t->verdict, form_clause,
		    "wanted a word of at most %zu letters",
		    sizeof(in->r->verdict) - 1);
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] != '_' && (word.p[i] < 'a' || word.p[i] > 'z'))
			return NO(in, in->t->verdict, form_clause,
			    "wanted small letters and underscores");
	memcpy(in->r->verdict, word.p, word.n);
	in->r->verdict[word.n] = '\0';
	return ERR_OK;
}

static enum err
read_top(struct in *in)
{
	static const char *const names[] = { "countermark", "origin",
		"checkpoint", "genesis", "epoch", "subjects", "question",
		"verdict", "findings", NULL };
	struct bundle_text *t = in->t;
	uint32_t nodes[MEMBERS];
	enum err e = members(in, JSON_ROOT, form_clause, names, nodes);

	if (e != ERR_OK)
		return e;
	if (!json_string_is(&t->doc, nodes[0], "bundle/v1"))
		return NO(in, nodes[0], form_clause, "wanted bundle/v1");
	if (json_type(&t->doc, nodes[1]) != JSON_STRING)
		return NO(in, nodes[1], form_clause, "wanted a string");
	t->origin = json_raw(&t->doc, nodes[1]);
	t->checkpoint = nodes[2];
	t->genesis = nodes[3];
	t->epoch = nodes[4];
	t->subjects = nodes[5];
	t->verdict = nodes[7];
	t->findings = nodes[8];
	if (json_type(&t->doc, t->findings) != JSON_ARRAY)
		return NO(in, t->findings, form_clause, "wanted an array");
	e = read_text(in, &t->note, t->checkpoint, NOTE_MAX);
	if (e == ERR_OK)
		e = read_genesis(in, t->genesis);
	if (e == ERR_OK)
		e = read_epoch(in, t->epoch);
	if (e == ERR_OK)
		e = read_question(in, nodes[6]);
	if (e == ERR_OK)
		e = read_verdict(in);
	return e == ERR_OK ? read_subjects(in) : e;
}

/* Each value but the root stands behind a comma or an opening bracket. */
static size_t
count_nodes(struct span text)
{
	size_t n = 2;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',' || text.p[i] == '[' || text.p[i] == '{';
	return n;
}

enum err
bundle_read(struct bundle_text *t, struct bundle_shelf *s,
    struct bundle_result *r, struct span bundle)
{
	struct in in = { t, s, r };
	struct diag d = { 0 };
	size_t nodes = 0;
	enum err e;

	memset(t, 0, sizeof(*t));
	if (bundle.n <= BUNDLE_MAX)
		nodes = count_nodes(bundle);
	if (nodes == 0 || nodes > NODES_MAX)
		return NO(&in, JSON_ROOT, form_clause,
		    "bundle: got %zu bytes, wanted at most %zu, and fewer "
		    "than %zu values",
		    bundle.n, BUNDLE_MAX, NODES_MAX);
	t->nodes = malloc(nodes * sizeof(*t->nodes));
	if (t->nodes == NULL)
		return ERR_NOMEM;
	t->doc.nodes = t->nodes;
	t->doc.capacity = (uint32_t)nodes;
	e = json_scan(&t->doc, bundle, DEPTH, &d);
	if (e != ERR_OK) {
		t->doc.count = 0;
		return NO(&in, JSON_ROOT, "RFC 7493", "%s", d.text);
	}
	e = read_top(&in);
	if (e == ERR_LIMIT)
		e = NO(&in, JSON_ROOT, form_clause,
		    "entries of more than %zu bytes", BUNDLE_MAX);
	return e;
}

void
bundle_text_clear(struct bundle_text *t)
{
	buf_free(&t->code);
	buf_free(&t->note);
	free(t->genesis_bytes);
	free(t->epoch_bytes);
	free(t->nodes);
	memset(t, 0, sizeof(*t));
}
