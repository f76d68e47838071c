/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_scan.h"

#include <stdio.h>

#include "json_internal.h"
#include "utf8_internal.h"

#include "base/banned.h"

/* What the grammar allows next. */
enum want {
	WANT_VALUE,
	WANT_VALUE_OR_END, /* right after [ */
	WANT_KEY,          /* after , in an object */
	WANT_KEY_OR_END,   /* right after { */
	WANT_COMMA_OR_END,
	WANT_NOTHING, /* the root is complete */
};

/* The body of a string: offsets between its quotes. */
struct body {
	uint32_t start, length;
	bool escaped, has_nul;
};

struct scan {
	struct json_doc *doc;
	const uint8_t *p;
	uint32_t n, i;
	uint32_t open;  /* the container being read, when depth > 0 */
	uint32_t last;  /* its newest child, JSON_NONE if none */
	unsigned depth; /* open containers */
	unsigned max_depth;
	enum want want;
	struct body key; /* of the value to come */
	struct diag *d;
};

static enum err
refuse(struct scan *s, enum err code, const char *clause, const char *wanted)
{
	char got[16] = "end of text";

	s->doc->error_at = s->i;
	if (s->i < s->n) {
		uint8_t c = s->p[s->i];
		(void)snprintf(got, sizeof got,
		    c > 0x20 && c < 0x7F ? "'%c'" : "byte %02x", c);
	}
	return diag_fail(s->d, code, clause,
	    "json at byte %u: got %s, wanted %s", s->i, got, wanted);
}

static enum err
syntax(struct scan *s, const char *wanted)
{
	return refuse(s, ERR_JSON, "RFC 8259 2", wanted);
}

static void
skip_blanks(struct scan *s)
{
	while (s->i < s->n) {
		uint8_t c = s->p[s->i];
		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return;
		s->i++;
	}
}

/* Eight bytes at once: true when none is a control character, a quote, a
 * backslash or above ASCII. */
static bool
plain8(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t v;

	memcpy(&v, p, sizeof v);
	uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
	uint64_t hit = (v - ones * 0x20) | (quote - ones) | (slash - ones) | v;
	return (hit & ones * 0x80) == 0;
}

static bool
plain1(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* \uXXXX with s->i at the u; a pair of surrogates is one character. */
static enum err
read_unicode(struct scan *s, struct body *b)
{
	const char *lone = "a pair of surrogates";

	if (s->n - s->i < 5)
		return syntax(s, "four hex digits");
	uint32_t c = json_hex4(s->p + s->i + 1);
	if (c > 0xFFFF)
		return syntax(s, "four hex digits");
	if (c == 0)
		b->has_nul = true;
	if (c >= 0xDC00 && c <= 0xDFFF)
		return refuse(s, ERR_JSON, "RFC 7493 2.1", lone);
	if (c < 0xD800 || c > 0xDFFF) {
		s->i += 5;
		return ERR_OK;
	}
	const uint8_t *next = s->p + s->i + 5;
	if (s->n - s->i < 11 || next[0] != '\\' || next[1] != 'u')
		return refuse(s, ERR_JSON, "RFC 7493 2.1", lone);
	uint32_t low = json_hex4(next + 2);
	if (low < 0xDC00 || low > 0xDFFF)
		return refuse(s, ERR_JSON, "RFC 7493 2.1", lone);
	s->i += 11;
	return ERR_OK;
}

static enum err
read_escape(struct scan *s, struct body *b)
{
	b->escaped = true;
	s->i++;
	if (s->i == s->n)
		return syntax(s, "an escape");
	uint8_t c = s->p[s->i];
	if (c == 'u')
		return read_unicode(s, b);
	if (c == 0 || strchr("\"\\/bfnrt", c) == NULL)
		return syntax(s, "one of \"\\/bfnrtu");
	s->i++;
	return ERR_OK;
}

/* One byte or character that is not plain; a quote is not for here. */
static enum err
read_special(struct scan *s, struct body *b)
{
	uint8_t c = s->p[s->i];

	if (c == '\\')
		return read_escape(s, b);
	if (c < 0x20)
		return syntax(s, "no control character in a string");
	size_t step = utf8_step(s->p + s->i, s->n - s->i);
	if (step == 0)
		return refuse(s, ERR_UTF8, "RFC 7493 2.1", "UTF-8");
	s->i += (uint32_t)step;
	return ERR_OK;
}

/* s->i stands on the opening quote and ends behind the closing one. */
static enum err
read_string(struct scan *s, struct body *b)
{
	*b = (struct body){ .start = ++s->i };
	for (;;) {
		while (s->n - s->i >= 8 && plain8(s->p + s->i))
			s->i += 8;
		while (s->i < s->n && plain1(s->p[s->i]))
			s->i++;
		if (s->i == s->n)
			return syntax(s, "the end of a string");
		if (s->p[s->i] == '"')
			break;
		enum err e = read_special(s, b);
		if (e != ERR_OK)
			return e;
	}
	b->length = s->i - b->start;
	s->i++;
	return ERR_OK;
}

static bool
skip_digits(struct scan *s)
{
	uint32_t from = s->i;

	while (s->i < s->n && s->p[s->i] >= '0' && s->p[s->i] <= '9')
		s->i++;
	return s->i > from;
}

static bool
skip_one(struct scan *s, uint8_t a, uint8_t b)
{
	if (s->i == s->n || (s->p[s->i] != a && s->p[s->i] != b))
		return false;
	s->i++;
	return true;
}

static enum err
read_number(struct scan *s)
{
	(void)skip_one(s, '-', '-');
	if (!skip_one(s, '0', '0') && !skip_digits(s))
		return syntax(s, "a digit");
	if (skip_one(s, '.', '.') && !skip_digits(s))
		return syntax(s, "a digit");
	if (skip_one(s, 'e', 'E')) {
		(void)skip_one(s, '+', '-');
		if (!skip_digits(s))
			return syntax(s, "a digit");
	}
	return ERR_OK;
}

static enum err
read_word(struct scan *s, const char *word)
{
	for (; *word != '\0'; word++) {
		if (!skip_one(s, (uint8_t)*word, (uint8_t)*word))
			return syntax(s, "a JSON value");
	}
	return ERR_OK;
}

/* Appends a node for the value at `start` and links it behind its sibling. */
static enum err
add_node(struct scan *s, enum json_type type, uint32_t start)
{
	struct json_doc *doc = s->doc;
	uint32_t id = doc->count;

	if (id == doc->capacity)
		return diag_fail(s->d, ERR_LIMIT, "",
		    "json at byte %u: wanted at most %u values", start,
		    doc->capacity);
	struct json_node *node = &doc->nodes[id];
	*node = (struct json_node){
		.type = (uint8_t)type,
		.key_escaped = s->key.escaped,
		.has_nul = s->key.has_nul,
		.start = start,
		.key_start = s->key.start,
		.key_length = s->key.length,
		.parent = s->depth > 0 ? s->open : id,
	};
	if (s->depth > 0) {
		doc->nodes[s->open].children++;
		if (s->last != JSON_NONE)
			doc->nodes[s->last].next = id;
	}
	s->last = id;
	s->key = (struct body){ 0 };
	doc->count++;
	return ERR_OK;
}

static void
after_value(struct scan *s)
{
	s->want = s->depth > 0 ? WANT_COMMA_OR_END : WANT_NOTHING;
}

static enum err
open_container(struct scan *s, enum json_type type)
{
	if (s->depth == s->max_depth)
		return diag_fail(s->d, ERR_LIMIT, "",
		    "json at byte %u: wanted at most %u levels", s->i,
		    s->max_depth);
	enum err e = add_node(s, type, s->i);
	if (e != ERR_OK)
		return e;
	s->open = s->last;
	s->last = JSON_NONE;
	s->depth++;
	s->i++;
	s->want = type == JSON_OBJECT ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	return ERR_OK;
}

static enum err
close_container(struct scan *s)
{
	struct json_node *node = &s->doc->nodes[s->open];

	s->i++;
	node->length = s->i - node->start;
	if (node->type == JSON_OBJECT) {
		uint32_t at = 0;
		enum err e = json_names_unique(s->doc, s->open, &at);
		if (e == ERR_NOMEM)
			return diag_fail(s->d, e, "", "json: no memory");
		if (e != ERR_OK) {
			s->doc->error_at = at;
			return diag_fail(s->d, e, "RFC 7493 2.3",
			    "json at byte %u: got a member name twice, wanted "
			    "each once",
			    at);
		}
	}
	s->last = s->open;
	s->open = node->parent;
	s->depth--;
	after_value(s);
	return ERR_OK;
}

static enum err
string_value(struct scan *s)
{
	struct body b;
	enum err e = add_node(s, JSON_STRING, s->i);

	if (e == ERR_OK)
		e = read_string(s, &b);
	if (e != ERR_OK)
		return e;
	struct json_node *node = &s->doc->nodes[s->last];
	node->start = b.start;
	node->length = b.length;
	node->escaped = b.escaped;
	node->has_nul = node->has_nul || b.has_nul;
	after_value(s);
	return ERR_OK;
}

/* Numbers and the three words. */
static enum err
plain_value(struct scan *s, uint8_t c)
{
	enum json_type type = c == 'n'   ? JSON_NULL
			      : c == 'f' ? JSON_FALSE
			      : c == 't' ? JSON_TRUE
					 : JSON_NUMBER;
	uint32_t start = s->i;
	enum err e = type == JSON_NULL    ? read_word(s, "null")
		     : type == JSON_FALSE ? read_word(s, "false")
		     : type == JSON_TRUE  ? read_word(s, "true")
					  : read_number(s);

	if (e == ERR_OK)
		e = add_node(s, type, start);
	if (e != ERR_OK)
		return e;
	s->doc->nodes[s->last].length = s->i - start;
	after_value(s);
	return ERR_OK;
}

static enum err
step_value(struct scan *s, uint8_t c)
{
	if (c == ']' && s->want == WANT_VALUE_OR_END)
		return close_container(s);
	if (c == '"')
		return string_value(s);
	if (c == '{')
		return open_container(s, JSON_OBJECT);
	if (c == '[')
		return open_container(s, JSON_ARRAY);
	if (c == '-' || (c >= '0' && c <= '9') || c == 'n' || c == 't' ||
	    c == 'f')
		return plain_value(s, c);
	return syntax(s, "a JSON value");
}

static enum err
step_key(struct scan *s, uint8_t c)
{
	if (c == '}' && s->want == WANT_KEY_OR_END)
		return close_container(s);
	if (c != '"')
		return syntax(s, "a member name in quotes");
	enum err e = read_string(s, &s->key);
	if (e != ERR_OK)
		return e;
	skip_blanks(s);
	if (!skip_one(s, ':', ':'))
		return syntax(s, "':'");
	s->want = WANT_VALUE;
	return ERR_OK;
}

static enum err
step_comma(struct scan *s, uint8_t c)
{
	bool object = s->doc->nodes[s->open].type == JSON_OBJECT;

	if (c == (object ? '}' : ']'))
		return close_container(s);
	if (c != ',')
		return syntax(s, object ? "',' or '}'" : "',' or ']'");
	s->i++;
	s->want = object ? WANT_KEY : WANT_VALUE;
	return ERR_OK;
}

static enum err
step(struct scan *s)
{
	uint8_t c = s->p[s->i];

	switch (s->want) {
	case WANT_KEY:
	case WANT_KEY_OR_END:
		return step_key(s, c);
	case WANT_COMMA_OR_END:
		return step_comma(s, c);
	case WANT_VALUE:
	case WANT_VALUE_OR_END:
		return step_value(s, c);
	case WANT_NOTHING:
		break;
	}
	return syntax(s, "the end of the text");
}

enum err
json_scan(
    struct json_doc *doc, struct span text, unsigned max_depth, struct diag *d)
{
	struct scan s = {
		.doc = doc, .p = text.p, .max_depth = max_depth, .d = d
	};

	doc->text = text;
	doc->count = 0;
	doc->error_at = 0;
	if (text.n >= UINT32_MAX)
		return diag_fail(d, ERR_LIMIT, "", "json: wanted below 4 GB");
	s.n = (uint32_t)text.n;
	for (skip_blanks(&s); s.i < s.n; skip_blanks(&s)) {
		enum err e = step(&s);
		if (e != ERR_OK)
			return e;
	}
	if (s.want != WANT_NOTHING)
		return syntax(&s, "more text");
	return ERR_OK;
}
