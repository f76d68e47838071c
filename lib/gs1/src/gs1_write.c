/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "gs1_internal.h"

#include "base/banned.h"

static struct span
value_of(const struct gs1_code *code, unsigned i)
{
	return span_of(
	    code->values + code->ais[i].value_at, code->ais[i].value_length);
}

/* The AIs but one; GS between them where a value has no predefined length. */
static void
put_elements(struct buf *out, const struct gs1_code *code, unsigned without)
{
	bool separate = false;

	for (unsigned i = 0; i < code->count; i++) {
		if (i == without)
			continue;
		if (separate)
			buf_byte(out, GS1_GS);
		buf_str(out, code->ais[i].ai);
		buf_put(out, value_of(code, i));
		separate = gs1_blocks[code->ais[i].number / 100].fixed == 0;
	}
}

/* Bare digits of a linear code, a composite behind it for the rest (2). */
static enum err
put_linear(
    struct buf *out, const struct gs1_code *code, size_t digits, struct diag *d)
{
	static const char zeros[] = "000000";
	struct span gtin = gs1_value(code, "01");
	unsigned at = 0;

	if (gtin.p == NULL || memcmp(gtin.p, zeros, 14 - digits) != 0)
		return diag_fail(d, ERR_SYNTAX, "gs1 2",
		    "no AI 01 that has %zu digits", digits);
	buf_put(out, span_skip(gtin, 14 - digits));
	if (code->count == 1)
		return buf_error(out);
	if (digits == 14)
		return diag_fail(
		    d, ERR_SYNTAX, "gs1 2", "]I1 holds AI 01 and nothing else");
	while (code->ais[at].number != gs1_number("01"))
		at++;
	buf_str(out, "|]e0");
	put_elements(out, code, at);
	return buf_error(out);
}

enum err
gs1_write_elements(struct buf *out, const struct gs1_code *code,
    const char *carrier, struct diag *d)
{
	static const struct {
		char id[4];
		uint8_t digits; /* of a linear code, 0: AI data */
	} carriers[] = { { "", 0 }, { "]C1", 0 }, { "]e0", 0 }, { "]d2", 0 },
		{ "]Q3", 0 }, { "]J1", 0 }, { "]E0", 13 }, { "]E4", 8 },
		{ "]I1", 14 } };
	size_t i = 0, n = sizeof(carriers) / sizeof(carriers[0]);

	while (i < n && strcmp(carriers[i].id, carrier) != 0)
		i++;
	if (i == n)
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 2",
		    "%s carries no element string", carrier);
	if (code->count == 0)
		return diag_fail(d, ERR_SYNTAX, "gs1 2.1", "no AI to write");
	buf_str(out, carriers[i].id);
	if (carriers[i].digits != 0)
		return put_linear(out, code, carriers[i].digits, d);
	put_elements(out, code, code->count);
	return buf_error(out);
}

enum err
gs1_write_bracketed(struct buf *out, const struct gs1_code *code)
{
	for (unsigned i = 0; i < code->count; i++) {
		struct span value = value_of(code, i);

		buf_byte(out, '(');
		buf_str(out, code->ais[i].ai);
		buf_byte(out, ')');
		for (size_t k = 0; k < value.n; k++) {
			if (value.p[k] == '(')
				buf_byte(out, '\\');
			buf_byte(out, value.p[k]);
		}
	}
	return buf_error(out);
}

#define PATH 4 /* key and most qualifiers of any key */

/* Which AI goes where in a Digital Link, as indices into the code. */
struct layout {
	const struct gs1_row *key;
	uint8_t path[PATH]; /* key, its qualifiers in order */
	unsigned path_count;
	uint8_t attributes[GS1_AIS];
	unsigned attribute_count;
};

/* The path of one alternative: the key, then what the code holds of seq.
 * taken: a mark at each of them. */
static void
lay_path(struct layout *l, bool taken[GS1_AIS], struct gs1_ai *qualifiers,
    const struct gs1_code *code, unsigned key, const char *seq)
{
	struct gs1_item item = { .end = seq[0] == '\0' ? '\0' : ',' };

	memset(taken, 0, GS1_AIS * sizeof(taken[0]));
	taken[key] = true;
	l->path[0] = (uint8_t)key;
	l->path_count = 1;
	while (item.end == ',' && l->path_count < PATH) {
		item = gs1_next_item(&seq);
		for (unsigned i = 0; i < code->count; i++) {
			if (code->ais[i].number != item.low || taken[i])
				continue;
			taken[i] = true;
			qualifiers[l->path_count - 1] = code->ais[i];
			l->path[l->path_count++] = (uint8_t)i;
			break;
		}
	}
}

/* Everything in its place by one alternative; *bad: an AI that has none. */
static bool
lay_out(struct layout *l, const struct gs1_code *code, unsigned key,
    const char *seq, unsigned *bad)
{
	struct gs1_ai qualifiers[PATH];
	bool taken[GS1_AIS];

	lay_path(l, taken, qualifiers, code, key, seq);
	l->attribute_count = 0;
	for (unsigned i = 0; i < code->count; i++) {
		if (taken[i])
			continue;
		/* 6.4: what may stand in the query */
		if (gs1_row_of(&code->ais[i])->no_attribute ||
		    gs1_belongs_in_path(l->key, qualifiers, l->path_count - 1,
			code->ais[i].number)) {
			*bad = i;
			return false;
		}
		l->attributes[l->attribute_count++] = (uint8_t)i;
	}
	return true;
}

/* The first primary key in the order read, count when there is none. */
static unsigned
first_key(const struct gs1_code *code)
{
	unsigned i = 0;

	while (i < code->count && gs1_row_of(&code->ais[i])->key == NULL)
		i++;
	return i;
}

static void
ascend(struct layout *l, const struct gs1_code *code)
{
	for (unsigned i = 1; i < l->attribute_count; i++) {
		uint8_t moved = l->attributes[i];
		unsigned k = i;

		for (; k > 0 && code->ais[l->attributes[k - 1]].number >
				    code->ais[moved].number;
		     k--)
			l->attributes[k] = l->attributes[k - 1];
		l->attributes[k] = moved;
	}
}

static enum err
find_layout(
    struct layout *l, const struct gs1_code *code, unsigned key, struct diag *d)
{
	unsigned bad = key;
	const char *s;

	for (s = l->key->key; s != NULL; s = gs1_next_alternative(s)) {
		if (lay_out(l, code, key, s, &bad))
			return ERR_OK;
	}
	return diag_fail(d, ERR_SYNTAX, "gs1 6.4",
	    "AI %s has no place in a Digital Link of AI %s", code->ais[bad].ai,
	    code->ais[key].ai);
}

static void
put_pair(struct buf *out, const struct gs1_code *code, unsigned i, char before,
    char between)
{
	buf_byte(out, (uint8_t)before);
	buf_str(out, code->ais[i].ai);
	buf_byte(out, (uint8_t)between);
	percent_put(out, value_of(code, i));
}

enum err
gs1_write_link(struct buf *out, const struct gs1_code *code, struct span stem,
    enum gs1_order order, struct diag *d)
{
	unsigned key = code->count;
	struct layout l;
	enum err e;

	if (order == GS1_ORDER_CANON)
		key = gs1_canonical_key(code);
	if (key == code->count)
		key = first_key(code);
	if (key == code->count)
		return diag_fail(
		    d, ERR_SYNTAX, "gs1 6.2", "no primary key for a link");
	l.key = gs1_row_of(&code->ais[key]);
	e = find_layout(&l, code, key, d);
	if (e != ERR_OK)
		return e;
	if (order == GS1_ORDER_CANON)
		ascend(&l, code);
	if (stem.n == 0)
		stem = span_str("https://id.gs1.org");
	if (stem.p[stem.n - 1] == '/')
		stem.n--;
	buf_put(out, stem);
	for (unsigned i = 0; i < l.path_count; i++)
		put_pair(out, code, l.path[i], '/', '/');
	for (unsigned i = 0; i < l.attribute_count; i++)
		put_pair(out, code, l.attributes[i], i == 0 ? '?' : '&', '=');
	return buf_error(out);
}
