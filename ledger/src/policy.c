/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/policy.h"

#include <stdlib.h>

#include "base/text.h"

#include "base/banned.h"

#define NODES (POLICY_WITNESSES + POLICY_GROUPS)
#define NONE SIZE_MAX /* no node */
#define MAP_SUFFIX "/map"

static const char clause[] = "C2SP tlog-policy";

/*
 * A witness or a group. A name is a member of one group at most, so a node
 * knows its group and a group need not list its members; members stand before
 * their group, so one pass in order decides them all.
 */
struct node {
	struct span name; /* in text */
	bool is_group;
	size_t witness;   /* number of the witness */
	size_t threshold; /* of a group */
	size_t group;     /* the group it is a member of, or NONE */
};

struct witness {
	struct note_key key;
	char *url; /* "" none; owned */
};

struct policy {
	uint8_t *text; /* a copy, for the names */
	size_t log_count;
	struct note_key logs[POLICY_LOGS];
	size_t witness_count;
	struct witness witnesses[POLICY_WITNESSES];
	size_t group_count;
	size_t node_count;
	struct node nodes[NODES];
	bool has_quorum;
	size_t quorum; /* node, NONE for `none` */
};

/* One line on its way through here. */
struct line {
	struct policy *p;
	struct span rest;
	unsigned number;
	struct diag *d;
};

static enum err
refuse(const struct line *l, const char *what, struct span got)
{
	size_t n = got.n < 60 ? got.n : 60;

	return diag_fail(l->d, ERR_SYNTAX, clause, "line %u: %s: got %.*s",
	    l->number, what, (int)n, n == 0 ? "nothing" : (const char *)got.p);
}

/* The next word; empty at the line's end. */
static struct span
word(struct line *l)
{
	struct span w;

	while (l->rest.n > 0 && (l->rest.p[0] == ' ' || l->rest.p[0] == '\t'))
		l->rest = span_skip(l->rest, 1);
	w = span_of(l->rest.p, 0);
	while (
	    w.n < l->rest.n && l->rest.p[w.n] != ' ' && l->rest.p[w.n] != '\t')
		w.n++;
	l->rest = span_skip(l->rest, w.n);
	return w;
}

static enum err
line_end(struct line *l)
{
	struct span w = word(l);

	return w.n == 0 ? ERR_OK : refuse(l, "wanted the end of the line", w);
}

static enum err
read_key(struct line *l, struct note_key *out, uint8_t type)
{
	struct span w = word(l);
	struct diag why = { 0 };

	if (w.n == 0)
		return refuse(l, "wanted a vkey", w);
	if (note_vkey_parse(out, w, &why) != ERR_OK)
		return diag_fail(l->d, ERR_SYNTAX, clause, "line %u: %s",
		    l->number, why.text);
	if (out->type != type)
		return diag_fail(l->d, ERR_SYNTAX, clause,
		    "line %u: vkey: type: got %u, wanted %u", l->number,
		    (unsigned)out->type, (unsigned)type);
	return ERR_OK;
}

static bool
same_key(const struct note_key *a, const struct note_key *b)
{
	return memcmp(a->pub, b->pub, KEY_BYTES) == 0;
}

static enum err
limit(const struct line *l, const char *what, size_t most)
{
	return diag_fail(l->d, ERR_LIMIT, clause, "line %u: more than %zu %s",
	    l->number, most, what);
}

static enum err
read_log(struct line *l)
{
	struct policy *p = l->p;
	struct note_key key;
	enum err e = read_key(l, &key, NOTE_ED25519);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < p->log_count; i++)
		if (same_key(&key, &p->logs[i]))
			return refuse(l, "a key that stands above already",
			    span_str(key.name));
	(void)word(l); /* a URL, for those who talk to the log */
	e = line_end(l);
	if (e != ERR_OK)
		return e;
	if (p->log_count == POLICY_LOGS)
		return limit(l, "logs", POLICY_LOGS);
	p->logs[p->log_count++] = key;
	return ERR_OK;
}

static size_t
find_node(const struct policy *p, struct span name)
{
	for (size_t i = 0; i < p->node_count; i++)
		if (span_equal(p->nodes[i].name, name))
			return i;
	return NONE;
}

/* A name that is new. */
static enum err
read_name(struct line *l, struct span *out)
{
	*out = word(l);
	if (out->n == 0)
		return refuse(l, "wanted a name", *out);
	if (span_is(*out, "none"))
		return refuse(l, "a name that is predefined", *out);
	if (find_node(l->p, *out) != NONE)
		return refuse(l, "a name that stands above already", *out);
	return ERR_OK;
}

static enum err
read_witness(struct line *l)
{
	struct policy *p = l->p;
	struct node node = { .group = NONE };
	struct witness w = { .url = NULL };
	struct span url;
	enum err e = read_name(l, &node.name);

	if (e == ERR_OK)
		e = read_key(l, &w.key, NOTE_COSIGNATURE);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < p->witness_count; i++)
		if (same_key(&w.key, &p->witnesses[i].key))
			return refuse(l, "a key that stands above already",
			    span_str(w.key.name));
	url = word(l);
	e = line_end(l);
	if (e != ERR_OK)
		return e;
	if (p->witness_count == POLICY_WITNESSES)
		return limit(l, "witnesses", POLICY_WITNESSES);
	w.url = strndup((const char *)url.p, url.n);
	if (w.url == NULL)
		return ERR_NOMEM;
	node.witness = p->witness_count;
	p->witnesses[p->witness_count++] = w;
	p->nodes[p->node_count++] = node;
	return ERR_OK;
}

/* Members up to the line's end; each joins the group that comes next. */
static enum err
read_members(struct line *l, size_t *n)
{
	struct policy *p = l->p;
	struct span name;

	*n = 0;
	for (name = word(l); name.n != 0; name = word(l)) {
		size_t at = find_node(p, name);

		if (at == NONE)
			return refuse(
			    l, "member: wanted a name defined above", name);
		if (p->nodes[at].group != NONE)
			return refuse(
			    l, "member: a name that is a member already", name);
		p->nodes[at].group = p->node_count;
		++*n;
	}
	return *n == 0 ? refuse(l, "wanted a member", name) : ERR_OK;
}

static enum err
read_group(struct line *l)
{
	struct policy *p = l->p;
	struct node node = { .is_group = true, .group = NONE };
	struct span how;
	uint64_t k = 0;
	size_t n;
	enum err e = read_name(l, &node.name);

	if (e != ERR_OK)
		return e;
	if (p->group_count == POLICY_GROUPS)
		return limit(l, "groups", POLICY_GROUPS);
	how = word(l);
	if (!span_is(how, "all") && !span_is(how, "any") &&
	    u64_parse(&k, how, NODES) != ERR_OK)
		return refuse(l, "wanted all, any or a number", how);
	e = read_members(l, &n);
	if (e != ERR_OK)
		return e;
	if (span_is(how, "all"))
		k = n;
	else if (span_is(how, "any"))
		k = 1;
	if (k < 1 || k > n)
		return refuse(l, "threshold: wanted 1 to the members", how);
	node.threshold = (size_t)k;
	p->group_count++;
	p->nodes[p->node_count++] = node;
	return ERR_OK;
}

static enum err
read_quorum(struct line *l)
{
	struct policy *p = l->p;
	struct span name = word(l);

	if (p->has_quorum)
		return refuse(l, "a second quorum", name);
	p->has_quorum = true;
	p->quorum = find_node(p, name);
	if (p->quorum == NONE && !span_is(name, "none"))
		return refuse(l, "quorum: wanted a name defined above", name);
	return line_end(l);
}

static enum err
read_line(struct line *l)
{
	struct span w;

	for (size_t i = 0; i < l->rest.n; i++) {
		uint8_t c = l->rest.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7F)
			return diag_fail(l->d, ERR_SYNTAX, clause,
			    "line %u: control character %02x", l->number,
			    (unsigned)c);
	}
	w = word(l);
	if (w.n == 0 || w.p[0] == '#')
		return ERR_OK;
	if (span_is(w, "log"))
		return read_log(l);
	if (span_is(w, "witness"))
		return read_witness(l);
	if (span_is(w, "group"))
		return read_group(l);
	if (span_is(w, "quorum"))
		return read_quorum(l);
	return refuse(l, "wanted log, witness, group or quorum", w);
}

static enum err
read_lines(struct policy *p, struct span text, struct diag *d)
{
	struct line l = { .p = p, .d = d };
	enum err e = ERR_OK;

	while (e == ERR_OK && text.n != 0) {
		const uint8_t *lf = memchr(text.p, '\n', text.n);

		l.number++;
		if (lf == NULL)
			return diag_fail(d, ERR_SYNTAX, clause,
			    "line %u: without its line feed", l.number);
		l.rest = span_of(text.p, (size_t)(lf - text.p));
		text = span_skip(text, l.rest.n + 1);
		e = read_line(&l);
	}
	if (e == ERR_OK && !p->has_quorum)
		e = diag_fail(d, ERR_SYNTAX, clause, "no quorum line");
	return e;
}

enum err
policy_parse(struct policy **out, struct span text, struct diag *d)
{
	struct policy *p;
	enum err e;

	*out = NULL;
	if (text.n > POLICY_BYTES)
		return diag_fail(d, ERR_TOO_LARGE, clause,
		    "policy: got %zu bytes, wanted at most %d", text.n,
		    POLICY_BYTES);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ERR_NOMEM;
	e = ERR_NOMEM;
	p->text = malloc(text.n + 1);
	if (p->text == NULL)
		goto err1;
	if (text.n != 0)
		memcpy(p->text, text.p, text.n);
	e = read_lines(p, span_of(p->text, text.n), d);
	if (e != ERR_OK)
		goto err1;
	*out = p;
	return ERR_OK;
err1:
	policy_free(p);
	return e;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->witness_count; i++)
		free(p->witnesses[i].url);
	free(p->text);
	free(p);
}

size_t
policy_log_count(const struct policy *p)
{
	return p->log_count;
}

const struct note_key *
policy_log(const struct policy *p, struct span origin)
{
	for (size_t i = 0; i < p->log_count; i++)
		if (span_is(origin, p->logs[i].name))
			return &p->logs[i];
	return NULL;
}

size_t
policy_witness_count(const struct policy *p)
{
	return p->witness_count;
}

const struct note_key *
policy_witness(const struct policy *p, size_t i)
{
	return i < p->witness_count ? &p->witnesses[i].key : NULL;
}

const char *
policy_witness_url(const struct policy *p, size_t i)
{
	return i < p->witness_count ? p->witnesses[i].url : "";
}

bool
policy_quorum(const struct policy *p, const bool *got)
{
	size_t count[NODES] = { 0 };

	if (p->quorum == NONE)
		return true;
	for (size_t i = 0; i < p->node_count; i++) {
		const struct node *n = &p->nodes[i];
		bool holds =
		    n->is_group ? count[i] >= n->threshold : got[n->witness];

		if (i == p->quorum)
			return holds;
		if (holds && n->group != NONE)
			count[n->group]++;
	}
	return false;
}

/* formats 6.2: a map witness is known by its key's name. */
static bool
is_map_witness(const struct note_key *key)
{
	size_t n = strlen(key->name), suffix = strlen(MAP_SUFFIX);

	return n > suffix && strcmp(key->name + n - suffix, MAP_SUFFIX) == 0;
}

bool
policy_map_witnessed(const struct policy *p)
{
	bool got[POLICY_WITNESSES];

	for (size_t i = 0; i < p->witness_count; i++)
		got[i] = !is_map_witness(&p->witnesses[i].key);
	return !policy_quorum(p, got);
}

/* The note's first line, which names the log. */
static struct span
first_line(struct span note)
{
	const uint8_t *lf = note.n == 0 ? NULL : memchr(note.p, '\n', note.n);

	return lf == NULL ? note : span_of(note.p, (size_t)(lf - note.p));
}

enum err
policy_open(struct policy_opened *out, const struct policy *p, struct span note,
    struct diag *d)
{
	const struct note_key *keys[POLICY_WITNESSES + POLICY_LOGS];
	bool got[POLICY_WITNESSES + POLICY_LOGS];
	size_t n = p->witness_count;
	struct span text, origin = first_line(note);
	bool by_log = false;
	enum err e;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < p->witness_count; i++)
		keys[i] = &p->witnesses[i].key;
	for (size_t i = 0; i < p->log_count; i++)
		if (span_is(origin, p->logs[i].name))
			keys[n++] = &p->logs[i];
	e = note_open_all(&text, got, note, keys, n, d);
	if (e == ERR_OK)
		e = checkpoint_parse(&out->checkpoint, text, d);
	if (e != ERR_OK)
		return e;
	if (n == p->witness_count)
		return diag_fail(d, ERR_NOT_FOUND, clause,
		    "no log line for %.150s", out->checkpoint.origin);
	for (size_t i = p->witness_count; i < n; i++)
		by_log = by_log || got[i];
	if (!by_log)
		return diag_fail(d, ERR_BAD_SIGNATURE, clause,
		    "note: no signature by %.150s", out->checkpoint.origin);
	for (size_t i = 0; i < p->witness_count; i++) {
		out->cosigned += got[i];
		out->map_witnessed =
		    out->map_witnessed || (got[i] && is_map_witness(keys[i]));
	}
	out->quorum = policy_quorum(p, got);
	return ERR_OK;
}
