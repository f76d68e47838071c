/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <stdlib.h>

#include "event/epcis.h"

#include "base/banned.h"

/*
 * A digest a node, from the last to the first: children stand behind their
 * parent, so theirs are there when it is made, and nothing recurses.
 */
#define TEXT_MAX ((size_t)1 << 17) /* a key with its namespace */
#define LARGEST_EXPONENT 1000000

struct member {
	uint32_t node;
	size_t at, n; /* of its name in names */
};

struct epcis_same {
	struct json_node *nodes, *context_nodes;
	struct hash *digests; /* a node each */
	struct member *members;
	struct buf names, text, id;
};

/* What an event is read with. */
struct reading {
	struct epcis_same *s;
	struct json_doc event, context;
	uint32_t own, around; /* @context nodes, JSON_NONE none */
	bool has_around;
};

enum err
epcis_same_new(struct epcis_same **out)
{
	struct epcis_same *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return ERR_NOMEM;
	s->nodes = malloc(EPCIS_NODES * sizeof(*s->nodes));
	s->context_nodes = malloc(EPCIS_NODES * sizeof(*s->context_nodes));
	s->digests = malloc(EPCIS_NODES * sizeof(*s->digests));
	s->members = malloc(EPCIS_NODES * sizeof(*s->members));
	s->names = buf_heap(TEXT_MAX * 4);
	s->text = buf_heap(TEXT_MAX);
	s->id = buf_heap(TEXT_MAX);
	/* the names of an object may all be empty: an address even so */
	if (buf_reserve(&s->names, 1) == NULL || s->nodes == NULL ||
	    s->context_nodes == NULL || s->digests == NULL ||
	    s->members == NULL) {
		epcis_same_free(s);
		return ERR_NOMEM;
	}
	*out = s;
	return ERR_OK;
}

void
epcis_same_free(struct epcis_same *s)
{
	if (s == NULL)
		return;
	free(s->nodes);
	free(s->context_nodes);
	free(s->digests);
	free(s->members);
	buf_free(&s->names);
	buf_free(&s->text);
	buf_free(&s->id);
	free(s);
}

/* Room for n bytes at the end of b, as a fixed place for the unescaping. */
static enum err
put_string(struct buf *b, const struct json_doc *doc, uint32_t node, bool key)
{
	size_t n = key ? doc->nodes[node].key_length : doc->nodes[node].length;
	struct span text = SPAN_NONE;
	uint8_t *space = buf_reserve(b, n + 1);
	enum err e;

	if (space == NULL)
		return buf_error(b);
	b->n -= n + 1;
	e = key ? json_key(&text, doc, node, space, n + 1)
		: json_string(&text, doc, node, space, n + 1);
	if (e != ERR_OK)
		return e;
	if (text.p == space)
		b->n += text.n;
	else
		buf_put(b, text);
	return buf_error(b);
}

/* ---- names ---- */
/* The IRI that a prefix stands for in one object of a context. */
static uint32_t
meaning(const struct json_doc *doc, uint32_t object, struct span prefix)
{
	uint8_t space[128];

	if (json_type(doc, object) != JSON_OBJECT)
		return JSON_NONE;
	for (uint32_t m = json_first(doc, object); m != JSON_NONE;
	     m = doc->nodes[m].next) {
		struct span key;

		if (json_key(&key, doc, m, space, sizeof(space)) != ERR_OK ||
		    !span_equal(key, prefix))
			continue;
		if (json_type(doc, m) == JSON_OBJECT)
			m = json_member(doc, m, "@id");
		return m != JSON_NONE && json_type(doc, m) == JSON_STRING
			   ? m
			   : JSON_NONE;
	}
	return JSON_NONE;
}

/* The last object of a context that knows the prefix counts. */
static uint32_t
meaning_in(const struct json_doc *doc, uint32_t context, struct span prefix)
{
	uint32_t found = JSON_NONE, m;

	if (json_type(doc, context) != JSON_ARRAY)
		return meaning(doc, context, prefix);
	for (uint32_t i = json_first(doc, context); i != JSON_NONE;
	     i = doc->nodes[i].next) {
		if ((m = meaning(doc, i, prefix)) != JSON_NONE)
			found = m;
	}
	return found;
}

/* `{IRI}local` for an extension whose prefix is declared, else the name. */
static enum err
put_name(struct buf *out, struct reading *r, uint32_t member)
{
	struct buf *text = &r->s->text;
	const uint8_t *colon;
	struct span name, prefix;
	uint32_t iri = JSON_NONE;
	bool own = false;
	enum err e;

	buf_reset(text);
	if ((e = put_string(text, &r->event, member, true)) != ERR_OK)
		return e;
	name = buf_span(text);
	colon = name.n == 0 ? NULL : memchr(name.p, ':', name.n);
	if (colon != NULL) {
		prefix = span_of(name.p, (size_t)(colon - name.p));
		if (r->own != JSON_NONE)
			iri = meaning_in(&r->event, r->own, prefix);
		own = iri != JSON_NONE;
		if (!own && r->has_around)
			iri = meaning_in(&r->context, r->around, prefix);
		/* the root itself is no string */
		if (iri != JSON_NONE) {
			buf_byte(out, '{');
			e = put_string(
			    out, own ? &r->event : &r->context, iri, false);
			buf_byte(out, '}');
			name = span_skip(name, prefix.n + 1);
		}
	}
	if (e != ERR_OK)
		return e;
	buf_put(out, name);
	return buf_error(out);
}

/* ---- values ---- */
/* Digits without the zeros at both ends and the power of ten behind them, so
 * that 1.50, 15e-1 and 1.5 are one. */
static void
put_number(struct buf *out, struct span text)
{
	int64_t power = 0, written = 0;
	size_t i = text.n > 0 && text.p[0] == '-', begin = out->n, last;
	bool point = false, minus = i == 1, less = false;

	buf_byte(out, 'n');
	buf_byte(out, minus ? '-' : '+');
	for (; i < text.n && text.p[i] != 'e' && text.p[i] != 'E'; i++) {
		if (text.p[i] == '.') {
			point = true;
			continue;
		}
		power -= point;
		if (text.p[i] != '0' || out->n > begin + 2)
			buf_byte(out, text.p[i]);
	}
	for (i++; i < text.n; i++) {
		if (text.p[i] == '-')
			less = true;
		else if (text.p[i] != '+' && written < LARGEST_EXPONENT)
			written = written * 10 + (text.p[i] - '0');
	}
	last = out->n;
	while (buf_error(out) == ERR_OK && last > begin + 2 &&
	       out->p[last - 1] == '0') {
		last--;
		power++;
	}
	if (buf_error(out) != ERR_OK)
		return;
	out->n = last;
	if (last == begin + 2) /* zero has no sign and no power */
		out->p[begin + 1] = '+';
	else
		buf_printf(out, "e%lld",
		    (long long)(power + (less ? -written : written)));
	/* an exponent that was not read to its end */
	if (written >= LARGEST_EXPONENT)
		buf_put(out, text);
}

static enum err
scalar(struct hash *out, struct reading *r, uint32_t node)
{
	struct buf *text = &r->s->text;
	enum err e = ERR_OK;

	buf_reset(text);
	switch (json_type(&r->event, node)) {
	case JSON_STRING:
		buf_byte(text, 's');
		e = put_string(text, &r->event, node, false);
		break;
	case JSON_NUMBER:
		put_number(text, json_raw(&r->event, node));
		break;
	case JSON_NULL:
		buf_byte(text, '0');
		break;
	case JSON_TRUE:
		buf_byte(text, 't');
		break;
	default:
		buf_byte(text, 'f');
	}
	if (e == ERR_OK)
		e = buf_error(text);
	*out = hash_bytes(buf_span(text));
	return e;
}

static void
array(struct hash *out, const struct reading *r, uint32_t node)
{
	struct sha256 h;

	sha256_init(&h);
	sha256_add(&h, span_str("a"));
	for (uint32_t i = json_first(&r->event, node); i != JSON_NONE;
	     i = r->event.nodes[i].next)
		sha256_add(&h, hash_span(&r->s->digests[i]));
	sha256_done(&h, out);
}

/* Members of the event that say nothing of it. */
static bool
left_out(const struct reading *r, uint32_t object, uint32_t member)
{
	uint8_t space[32];
	struct span key;

	if (object != JSON_ROOT ||
	    json_key(&key, &r->event, member, space, sizeof(space)) != ERR_OK)
		return false;
	return span_is(key, "@context") || span_is(key, "recordTime");
}

static int
compare(const void *a, const void *b, void *names)
{
	const struct member *x = a, *y = b;
	const uint8_t *p = ((const struct buf *)names)->p;

	return span_compare(span_of(p + x->at, x->n), span_of(p + y->at, y->n));
}

static enum err
object(struct hash *out, struct reading *r, uint32_t node)
{
	struct epcis_same *s = r->s;
	uint8_t length[8];
	struct sha256 h;
	size_t n = 0;
	enum err e;

	buf_reset(&s->names);
	for (uint32_t i = json_first(&r->event, node); i != JSON_NONE;
	     i = r->event.nodes[i].next) {
		if (left_out(r, node, i))
			continue;
		s->members[n] = (struct member){ i, s->names.n, 0 };
		if ((e = put_name(&s->names, r, i)) != ERR_OK)
			return e;
		s->members[n].n = s->names.n - s->members[n].at;
		n++;
	}
	qsort_r(s->members, n, sizeof(*s->members), compare, &s->names);
	sha256_init(&h);
	sha256_add(&h, span_str("o"));
	for (size_t i = 0; i < n; i++) {
		const struct member *m = &s->members[i];
		struct buf b = buf_fixed(length, sizeof(length));

		buf_u64be(&b, m->n);
		sha256_add(&h, buf_span(&b));
		sha256_add(&h, span_of(s->names.p + m->at, m->n));
		sha256_add(&h, hash_span(&s->digests[m->node]));
	}
	sha256_done(&h, out);
	return ERR_OK;
}

static enum err
digest(struct hash *out, struct reading *r)
{
	enum err e = ERR_OK;

	for (uint32_t i = r->event.count; e == ERR_OK && i-- > 0;) {
		struct hash *to = &r->s->digests[i];

		switch (json_type(&r->event, i)) {
		case JSON_OBJECT:
			e = object(to, r, i);
			break;
		case JSON_ARRAY:
			array(to, r, i);
			break;
		default:
			e = scalar(to, r, i);
		}
	}
	*out = r->s->digests[JSON_ROOT];
	return e;
}

enum err
epcis_same_read(struct epcis_content *out, struct epcis_same *s,
    struct span event, struct span context, struct diag *d)
{
	struct reading r = { .s = s };
	uint32_t id;
	enum err e;

	*out = (struct epcis_content){ .id = SPAN_NONE };
	r.event.nodes = s->nodes;
	r.event.capacity = EPCIS_NODES;
	r.context.nodes = s->context_nodes;
	r.context.capacity = EPCIS_NODES;
	if ((e = json_scan(&r.event, event, EPCIS_DEPTH, d)) != ERR_OK)
		return e;
	r.has_around = context.n > 0;
	if (r.has_around &&
	    (e = json_scan(&r.context, context, EPCIS_DEPTH, d)) != ERR_OK)
		return e;
	r.around = JSON_ROOT;
	if (json_type(&r.event, JSON_ROOT) != JSON_OBJECT)
		return diag_fail(
		    d, ERR_JSON, "formats 1.3", "wanted an event, an object");
	r.own = json_member(&r.event, JSON_ROOT, "@context");
	out->declares =
	    json_member(&r.event, JSON_ROOT, "errorDeclaration") != JSON_NONE;
	id = json_member(&r.event, JSON_ROOT, "eventID");
	buf_reset(&s->id);
	if (id != JSON_NONE && json_type(&r.event, id) == JSON_STRING) {
		if ((e = put_string(&s->id, &r.event, id, false)) != ERR_OK)
			return e;
		out->id = buf_span(&s->id);
	}
	return digest(&out->digest, &r);
}
