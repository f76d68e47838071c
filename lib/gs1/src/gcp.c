/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1/gcp.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json_scan.h"

#include "gs1_internal.h"

#include "base/banned.h"

#define CLAUSE "gs1 10.1"
#define DEPTH 8
#define NODES_MAX ((size_t)GCP_ENTRIES_MAX * 3 + 100)

/*
 * Rows sorted by number of digits, then prefix: digits from bit 52, the prefix
 * as a number from bit 4, the length below it. A lookup asks for each number
 * of digits that occurs, from the longest down.
 */
struct gcp {
	size_t count;
	size_t first[GCP_PREFIX_MAX + 2]; /* row where so many digits begin */
	uint64_t row[];
};

static uint64_t
row_of(unsigned digits, uint64_t prefix, unsigned length)
{
	return (uint64_t)digits << 52 | prefix << 4 | length;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A bound of the nodes in a text: each value but the root stands behind a
 * comma or the start of its container. */
static size_t
count_nodes(struct span text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',' || text.p[i] == '{' || text.p[i] == '[';
	return n;
}

static enum err
wrong(struct diag *d, size_t entry, const char *what)
{
	return diag_fail(d, ERR_SCHEMA, CLAUSE, "entry %zu: %s", entry, what);
}

static enum err
read_entry(uint64_t *row, const struct json_doc *doc, uint32_t node, size_t i,
    struct diag *d)
{
	uint32_t prefix = json_member(doc, node, "prefix");
	uint32_t length = json_member(doc, node, "gcpLength");
	uint64_t number = 0;
	struct span text;
	int64_t n;

	if (prefix == JSON_NONE || json_type(doc, prefix) != JSON_STRING)
		return wrong(d, i, "no text prefix");
	text = json_raw(doc, prefix);
	if (text.n == 0 || text.n > GCP_PREFIX_MAX || !gs1_in_set(text, GS1_N))
		return wrong(d, i, "prefix: wanted 1 to 13 digits");
	if (length == JSON_NONE || json_int(&n, doc, length) != ERR_OK)
		return wrong(d, i, "no number gcpLength");
	if (n != 0 && (n < 4 || n > 12))
		return wrong(d, i, "gcpLength: wanted 0 or 4 to 12");
	for (size_t k = 0; k < text.n; k++)
		number = number * 10 + (uint64_t)(text.p[k] - '0');
	*row = row_of((unsigned)text.n, number, (unsigned)n);
	return ERR_OK;
}

/* Order, no prefix twice, and where each number of digits begins. */
static enum err
finish(struct gcp *g, struct diag *d)
{
	unsigned digits = 0;

	qsort(g->row, g->count, sizeof(g->row[0]), compare);
	for (size_t i = 0; i < g->count; i++) {
		if (i > 0 && g->row[i] >> 4 == g->row[i - 1] >> 4)
			return diag_fail(d, ERR_SCHEMA, CLAUSE,
			    "prefix %0*llu stands twice",
			    (int)(g->row[i] >> 52),
			    (unsigned long long)(g->row[i] >> 4 &
						 ((UINT64_C(1) << 48) - 1)));
		while (digits < g->row[i] >> 52)
			g->first[++digits] = i;
	}
	while (digits <= GCP_PREFIX_MAX)
		g->first[++digits] = g->count;
	return ERR_OK;
}

static enum err
read_entries(struct gcp **out, const struct json_doc *doc, struct diag *d)
{
	uint32_t list = JSON_NONE, entries = JSON_NONE, node;
	size_t count;
	struct gcp *g;
	enum err e = ERR_OK;

	if (json_type(doc, JSON_ROOT) == JSON_OBJECT)
		list = json_member(doc, JSON_ROOT, "GCPPrefixFormatList");
	if (list != JSON_NONE && json_type(doc, list) == JSON_OBJECT)
		entries = json_member(doc, list, "entry");
	if (entries == JSON_NONE || json_type(doc, entries) != JSON_ARRAY)
		return diag_fail(d, ERR_SCHEMA, CLAUSE,
		    "wanted an array GCPPrefixFormatList.entry");
	count = doc->nodes[entries].children;
	if (count > GCP_ENTRIES_MAX)
		return diag_fail(d, ERR_LIMIT, CLAUSE,
		    "got %zu entries, wanted at most %d", count,
		    GCP_ENTRIES_MAX);
	g = calloc(1, sizeof(*g) + count * sizeof(g->row[0]));
	if (g == NULL)
		return ERR_NOMEM;
	node = json_first(doc, entries);
	for (; e == ERR_OK && g->count < count; node = doc->nodes[node].next) {
		if (json_type(doc, node) != JSON_OBJECT)
			e = wrong(d, g->count, "no object");
		else
			e = read_entry(
			    &g->row[g->count], doc, node, g->count, d);
		g->count++;
	}
	if (e == ERR_OK)
		e = finish(g, d);
	if (e != ERR_OK) {
		free(g);
		return e;
	}
	*out = g;
	return ERR_OK;
}

enum err
gcp_parse(struct gcp **out, struct span json, struct diag *d)
{
	struct json_doc doc = { 0 };
	size_t nodes;
	enum err e;

	*out = NULL;
	if (json.n > GCP_FILE_MAX)
		return diag_fail(d, ERR_TOO_LARGE, CLAUSE,
		    "got %zu bytes, wanted at most %zu", json.n, GCP_FILE_MAX);
	if (json.n > 0 && json.p[0] == '<')
		return diag_fail(d, ERR_UNSUPPORTED, CLAUSE,
		    "XML is not read, wanted the list as JSON");
	nodes = count_nodes(json);
	if (nodes > NODES_MAX)
		return diag_fail(d, ERR_LIMIT, CLAUSE,
		    "got up to %zu values, wanted at most %zu", nodes,
		    NODES_MAX);
	doc.nodes = calloc(nodes, sizeof(*doc.nodes));
	if (doc.nodes == NULL)
		return ERR_NOMEM;
	doc.capacity = (uint32_t)nodes;
	e = json_scan(&doc, json, DEPTH, d);
	if (e == ERR_OK)
		e = read_entries(out, &doc, d);
	free(doc.nodes);
	return e;
}

enum err
gcp_load(struct gcp **out, const char *path, struct diag *d)
{
	struct buf text = buf_heap(GCP_FILE_MAX);
	enum err e = file_read(&text, path, GCP_FILE_MAX, d);

	*out = NULL;
	if (e == ERR_OK)
		e = gcp_parse(out, buf_span(&text), d);
	buf_free(&text);
	return e;
}

void
gcp_free(struct gcp *list)
{
	free(list);
}

size_t
gcp_entries(const struct gcp *list)
{
	return list->count;
}

/* The row of exactly that prefix; NULL none. */
static const uint64_t *
find(const struct gcp *g, unsigned digits, uint64_t prefix)
{
	uint64_t want = row_of(digits, prefix, 0) >> 4;
	size_t low = g->first[digits], high = g->first[digits + 1];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->row[middle] >> 4 == want)
			return &g->row[middle];
		if (g->row[middle] >> 4 < want)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The longest prefix of text that the list has. */
static const uint64_t *
longest(const struct gcp *g, struct span text)
{
	uint64_t number[GCP_PREFIX_MAX + 1] = { 0 };
	unsigned n = 0;

	while (n < GCP_PREFIX_MAX && n < text.n && text.p[n] >= '0' &&
	       text.p[n] <= '9') {
		number[n + 1] = number[n] * 10 + (uint64_t)(text.p[n] - '0');
		n++;
	}
	for (; n > 0; n--) {
		const uint64_t *row = find(g, n, number[n]);

		if (row != NULL)
			return row;
	}
	return NULL;
}

/* 10.1: where the company prefix begins in a key's value. */
static struct span
behind_lead(const char *key, struct span value)
{
	static const char *const led[] = { "00", "01", "8006", "8003" };

	for (size_t i = 0; i < sizeof(led) / sizeof(led[0]); i++) {
		if (strcmp(key, led[i]) == 0 && value.n > 0)
			return span_skip(value, 1);
	}
	return value;
}

static enum err
unknown(struct diag *d, const char *key, struct span value, const char *why)
{
	return diag_fail(d, ERR_GCP_UNKNOWN, "gs1 10.2",
	    "company prefix of (%s)%.*s: %s", key,
	    value.n > 40 ? 40 : (int)value.n, (const char *)value.p, why);
}

/* 10.2: GTIN-8 and restricted numbers belong to no company. */
static bool
has_no_prefix(const char *key, struct span digits)
{
	if (strcmp(key, "01") != 0 && strcmp(key, "8006") != 0)
		return false;
	return span_starts(digits, "00000") || span_starts(digits, "02") ||
	       span_starts(digits, "04") || span_starts(digits, "2");
}

enum err
gcp_length(unsigned *digits, const struct gcp *list,
    const struct gs1_code *code, struct diag *d)
{
	const char *fine, *key = gs1_identity_of(code, &fine);
	const uint64_t *row;
	struct span value, text;
	unsigned n;

	*digits = 0;
	if (key == NULL)
		return diag_fail(d, ERR_SYNTAX, CLAUSE, "no key of an EPC");
	value = gs1_value(code, key);
	text = behind_lead(key, value);
	if (has_no_prefix(key, text))
		return unknown(
		    d, key, value, "a GTIN-8 or restricted number has none");
	row = list == NULL ? NULL : longest(list, text);
	if (row == NULL)
		return unknown(d, key, value,
		    list == NULL ? "no list of lengths is given"
				 : "it is not in the list of lengths");
	n = (unsigned)(*row & 15);
	if (n == 0)
		return unknown(d, key, value, "the list says there is none");
	if (n < 6)
		return unknown(
		    d, key, value, "an EPC has no prefix of 4 or 5 digits");
	if (text.n < n || !gs1_in_set(span_of(text.p, n), GS1_N))
		return unknown(d, key, value, "the key has too few digits");
	*digits = n;
	return ERR_OK;
}
