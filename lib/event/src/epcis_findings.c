/* SPDX-License-Identifier: Apache-2.0 */
#include "event/epcis_findings.h"

#include <stdio.h>

#include "base/text.h"

#include "epcis_internal.h"

#include "base/banned.h"

/* A statement's payload is smaller (formats 1.1). */
#define LARGE 60000
/* Levels that a document puts around a bare event. */
#define AROUND 3

/* ---- keeping ---- */
/* As much of the text as fits, cut at a character's border. */
static void
put_text(char *out, size_t cap, struct span s)
{
	size_t n = s.n;

	if (n >= cap) {
		n = cap - 1;
		while (n > 0 && (s.p[n] & 0xc0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

bool
epcis_findings_room(const struct epcis_findings *f)
{
	return f->count < EPCIS_FINDINGS;
}

/* The place for one more, or NULL. */
static struct epcis_finding *
new_finding(struct epcis_findings *f, enum epcis_rule rule, int32_t event)
{
	struct epcis_finding *to;
	bool warning = epcis_rule_warns(rule);

	if (f->count == EPCIS_FINDINGS ||
	    (warning && f->warnings == EPCIS_WARNINGS)) {
		f->more = true;
		return NULL;
	}
	to = &f->list[f->count++];
	*to = (struct epcis_finding){
		.rule = rule, .warning = warning, .event = event
	};
	f->warnings += warning;
	f->errors += !warning;
	return to;
}

static void
mark_bad(struct epcis_findings *f, int32_t pos)
{
	uint64_t bit = UINT64_C(1) << ((uint32_t)pos % 64);

	if (pos < 0) {
		f->document_bad = true;
		return;
	}
	if (pos >= EPCIS_CAPTURE_EVENTS ||
	    (f->bad[(uint32_t)pos / 64] & bit) != 0)
		return;
	f->bad[(uint32_t)pos / 64] |= bit;
	f->bad_count++;
}

static void
put_finding(struct check *c, uint32_t node, enum epcis_rule rule,
    const char *got, const char *wanted)
{
	struct epcis_finding *to = new_finding(c->f, rule, c->pos);

	if (to == NULL)
		return;
	json_pointer(to->pointer, sizeof(to->pointer), c->json, node);
	put_text(to->got, sizeof(to->got),
	    got != NULL ? span_str(got) : epcis_got(c->json, node));
	put_text(to->wanted, sizeof(to->wanted), span_str(wanted));
}

enum err
epcis_findings_add(struct check *c, uint32_t node, enum epcis_rule rule,
    const char *got, const char *wanted)
{
	mark_bad(c->f, c->pos);
	put_finding(c, node, rule, got, wanted);
	c->errors++;
	/* An event that is known to be bad costs no more than that. */
	if (!epcis_findings_room(c->f) ||
	    c->errors ==
		(c->pos < 0 ? EPCIS_DOCUMENT_FINDINGS : EPCIS_EVENT_FINDINGS)) {
		c->f->more = true;
		return ERR_FULL;
	}
	return ERR_SCHEMA;
}

void
epcis_warn(
    struct check *c, uint32_t node, enum epcis_rule rule, const char *wanted)
{
	if (c->f != NULL)
		put_finding(c, node, rule, NULL, wanted);
}

/* ---- texts that cannot be read ---- */
/* A finding without a document to point into. */
static void
put_plain(struct epcis_findings *f, enum epcis_rule rule, const char *got,
    const char *wanted)
{
	struct epcis_finding *to = new_finding(f, rule, -1);

	f->document_bad = true;
	if (to == NULL)
		return;
	put_text(to->got, sizeof(to->got), span_str(got));
	put_text(to->wanted, sizeof(to->wanted), span_str(wanted));
}

/* Was the reading of that value begun and not ended? */
static bool
is_open(const struct json_doc *json, uint32_t node)
{
	const struct json_node *n = &json->nodes[node];

	if (n->length != 0)
		return false;
	if (n->type == JSON_ARRAY || n->type == JSON_OBJECT)
		return true;
	/* Until its end is found a string starts at its quote, not behind. */
	return n->type == JSON_STRING && node == json->count - 1 &&
	       (n->start == 0 || json->text.p[n->start - 1] != '"');
}

/* The value in which the scanner stopped: the innermost that was not ended,
 * or the member whose name stood before. */
static uint32_t
stopped_in(const struct json_doc *json, enum epcis_rule rule)
{
	uint32_t i = json->count;

	if (rule == EPCIS_RULE_NAME_TWICE) {
		while (i > 1 && json->nodes[i - 1].key_start != json->error_at)
			i--;
		return i > 1 ? i - 1 : JSON_ROOT;
	}
	while (i > 1 && !is_open(json, i - 1))
		i--;
	return i > 1 ? i - 1 : JSON_ROOT;
}

static enum epcis_rule
rule_of_scan(enum err e, const struct diag *d)
{
	if (e == ERR_UTF8)
		return EPCIS_RULE_UTF8;
	if (e == ERR_LIMIT)
		return strstr(d->text, "levels") != NULL ? EPCIS_RULE_DEPTH
							 : EPCIS_RULE_VALUES;
	if (strcmp(d->clause, "RFC 7493 2.3") == 0)
		return EPCIS_RULE_NAME_TWICE;
	if (strcmp(d->clause, "RFC 7493 2.1") == 0)
		return EPCIS_RULE_SURROGATE;
	return EPCIS_RULE_JSON;
}

/* The scanner's words behind "json at byte N: got X, wanted Y". */
static void
put_scan(struct epcis_findings *f, const struct json_doc *json, enum err e,
    const struct diag *d)
{
	enum epcis_rule rule = rule_of_scan(e, d);
	struct epcis_finding *to = new_finding(f, rule, -1);
	const char *got = strstr(d->text, "json at "),
		   *wanted = strstr(d->text, "wanted ");
	size_t n;

	f->document_bad = true;
	if (to == NULL)
		return;
	got = got == NULL ? d->text : got + strlen("json at ");
	n = wanted == NULL ? strlen(got) : (size_t)(wanted - got);
	while (n > 0 &&
	       (got[n - 1] == ' ' || got[n - 1] == ',' || got[n - 1] == ':'))
		n--;
	put_text(to->got, sizeof(to->got), span_of(got, n));
	put_text(to->wanted, sizeof(to->wanted),
	    span_str(wanted == NULL ? "JSON" : wanted + strlen("wanted ")));
	if (json->count > 0)
		json_pointer(to->pointer, sizeof(to->pointer), json,
		    stopped_in(json, rule));
}

static bool
starts_otherwise(struct epcis_findings *f, struct span text)
{
	if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0) {
		put_plain(
		    f, EPCIS_RULE_BOM, "a byte order mark", "UTF-8 without it");
		return true;
	}
	/* A text of UTF-16 or UTF-32 begins with its mark or an ASCII letter,
	 * thus with FE, FF or a zero among the first two bytes. */
	if (text.n >= 2 &&
	    (text.p[0] >= 0xFE || text.p[0] == 0 || text.p[1] == 0)) {
		put_plain(
		    f, EPCIS_RULE_UTF8, "UTF-16, UTF-32 or no text", "UTF-8");
		return true;
	}
	return false;
}

/* ---- opening ---- */
static enum err
scan(struct epcis_findings *f, struct epcis_doc *doc, struct span text,
    unsigned depth)
{
	struct diag d = { .code = ERR_OK };
	enum err e = json_scan(&doc->json, text, depth, &d);

	if (e != ERR_OK && e != ERR_NOMEM)
		put_scan(f, &doc->json, e, &d);
	return e;
}

/* A fault of the shape as a finding. */
static enum err
put_shape(struct epcis_findings *f, const struct epcis_doc *doc,
    enum epcis_rule rule, const struct shape_fault *s)
{
	struct check c = { .json = &doc->json, .f = f, .pos = -1 };

	(void)epcis_findings_add(&c, s->node, rule, NULL, s->wanted);
	return ERR_SCHEMA;
}

static enum err
open_kind(struct epcis_findings *f, struct epcis_doc *doc)
{
	struct check c = { .json = &doc->json,
		.f = f,
		.pos = -1,
		.large = doc->json.text.n > LARGE };
	struct shape_fault s = { .wanted = NULL };
	struct diag d = { .code = ERR_OK };
	const char *wanted;

	if (epcis_kind_of(&doc->kind, &doc->json, &d) != ERR_OK) {
		wanted = strstr(d.text, "wanted ");
		s.wanted = wanted == NULL ? d.text : wanted + strlen("wanted ");
		if (json_type(&doc->json, JSON_ROOT) == JSON_OBJECT)
			s.node = json_member(&doc->json, JSON_ROOT, "type");
		return put_shape(f, doc, EPCIS_RULE_DOCUMENT_TYPE, &s);
	}
	if (doc->kind == EPCIS_KIND_EVENT) {
		doc->events = JSON_NONE;
		doc->event_count = 1;
		return ERR_OK;
	}
	epcis_shape_events(&s, doc);
	if (s.wanted == NULL &&
	    (doc->event_count < 1 || doc->event_count > EPCIS_CAPTURE_EVENTS)) {
		s.node = doc->events;
		s.wanted = "1 to 10000 events";
		return put_shape(f, doc, EPCIS_RULE_EVENT_COUNT, &s);
	}
	if (s.wanted == NULL)
		return ERR_OK;
	/* What is missing may be among what the rules ask for. */
	(void)epcis_check_around(&c, doc->kind);
	if (f->errors > 0)
		return ERR_SCHEMA;
	return put_shape(f, doc,
	    doc->kind == EPCIS_KIND_QUERY ? EPCIS_RULE_QUERY_MEMBER
					  : EPCIS_RULE_DOCUMENT_MEMBER,
	    &s);
}

enum err
epcis_findings_open(struct epcis_findings *f, struct epcis_doc *out,
    struct span text, struct json_node *nodes, uint32_t capacity)
{
	struct shape_fault s = { .wanted = NULL };
	enum err e;

	memset(f, 0, sizeof(*f));
	memset(out, 0, sizeof(*out));
	out->json.nodes = nodes;
	out->json.capacity = capacity;
	if (text.n > EPCIS_CAPTURE_BYTES) {
		put_plain(f, EPCIS_RULE_TOO_LARGE, "a larger text",
		    "at most 16777216 bytes");
		return ERR_TOO_LARGE;
	}
	if (starts_otherwise(f, text))
		return f->list[0].rule == EPCIS_RULE_BOM ? ERR_JSON : ERR_UTF8;
	if ((e = scan(f, out, text, EPCIS_DEPTH)) != ERR_OK)
		return e;
	epcis_shape_nul(&s, &out->json);
	if (s.wanted != NULL)
		return put_shape(f, out, EPCIS_RULE_NUL, &s);
	if ((e = open_kind(f, out)) != ERR_OK)
		return e;
	/* formats 1.3: the depth counts in the document to be. */
	if (out->kind == EPCIS_KIND_EVENT)
		e = scan(f, out, text, EPCIS_DEPTH - AROUND);
	return e;
}

/* ---- checking ---- */
static void
check_event(struct check *c, uint32_t event, int32_t pos)
{
	struct shape_fault s = { .wanted = NULL };

	c->pos = pos;
	c->errors = 0;
	c->event = event;
	if (json_type(c->json, event) != JSON_OBJECT) {
		(void)epcis_findings_add(
		    c, event, EPCIS_RULE_VALUE_TYPE, NULL, "an object");
		return;
	}
	(void)epcis_check_event(c, event);
	/* An extension type keeps what it likes, within the shape. */
	if (c->errors == 0)
		epcis_shape_event(&s, c->json, event);
	if (s.wanted != NULL)
		(void)epcis_findings_add(
		    c, s.node, EPCIS_RULE_SHAPE, NULL, s.wanted);
}

void
epcis_findings_check(struct epcis_findings *f, const struct epcis_doc *doc)
{
	struct check c = { .json = &doc->json,
		.f = f,
		.pos = -1,
		.large = doc->json.text.n > LARGE };
	int32_t pos = 0;

	(void)epcis_check_around(&c, doc->kind);
	if (doc->kind == EPCIS_KIND_EVENT) {
		check_event(&c, JSON_ROOT, 0);
		return;
	}
	for (uint32_t i = epcis_first(doc); i != JSON_NONE;
	     i = doc->json.nodes[i].next)
		check_event(&c, i, pos++);
}

bool
epcis_findings_good(const struct epcis_findings *f, unsigned pos)
{
	return pos < EPCIS_CAPTURE_EVENTS &&
	       (f->bad[pos / 64] & UINT64_C(1) << (pos % 64)) == 0;
}

bool
epcis_findings_first(struct epcis_finding *out, const struct epcis_doc *doc,
    uint32_t node, unsigned pos)
{
	struct epcis_findings f;
	struct check c = {
		.json = &doc->json, .f = &f, .large = doc->json.text.n > LARGE
	};

	memset(&f, 0, sizeof(f));
	if (doc->kind != EPCIS_KIND_EVENT)
		c.doc_context = json_member(c.json, JSON_ROOT, "@context");
	check_event(&c, node, (int32_t)pos);
	for (unsigned i = 0; i < f.count; i++) {
		if (f.list[i].warning)
			continue;
		*out = f.list[i];
		return true;
	}
	return false;
}
