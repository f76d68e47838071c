/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/bundle.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/touch.h"

#include "bundle_internal.h"

#include "base/banned.h"

static const char clause[] = "formats 7.4";

/* All of one check of a bundle. */
struct check {
	struct bundle_result *r;
	const struct policy *policy;
	struct bundle_text text;
	struct bundle_shelf shelf;
	struct genesis genesis;
	struct epoch epoch;
	struct checkpoint checkpoint;
	struct map_proof proof;
	struct bundle_kernel kernel;
};

#define NO(c, check, node, ...)                                                \
	bundle_no((c)->r, &(c)->text.doc, check, node, clause, __VA_ARGS__)

/* A verdict of another module becomes this check's no. */
static enum err
no_diag(struct check *c, enum bundle_check check, uint32_t node, enum err e,
    const struct diag *d)
{
	if (e == ERR_NOMEM)
		return e;
	return bundle_no(c->r, &c->text.doc, check, node,
	    d->clause[0] == '\0' ? clause : d->clause, "%s",
	    d->text[0] == '\0' ? err_name(e) : d->text);
}

/* ---- checks 1 to 3 ---- */
static enum err
check_note(struct check *c)
{
	struct policy_opened o;
	struct diag d = { 0 };
	enum err e = policy_open(&o, c->policy, buf_span(&c->text.note), &d);

	if (e != ERR_OK)
		return no_diag(c, BUNDLE_NOTE, c->text.checkpoint, e, &d);
	c->checkpoint = o.checkpoint;
	c->r->cosigned = o.cosigned;
	(void)snprintf(
	    c->r->origin, sizeof(c->r->origin), "%s", o.checkpoint.origin);
	if (!span_is(c->text.origin, o.checkpoint.origin))
		return NO(c, BUNDLE_NOTE, c->text.checkpoint,
		    "the note is of %.150s", o.checkpoint.origin);
	if (!o.quorum)
		return bundle_no(c->r, &c->text.doc, BUNDLE_QUORUM,
		    c->text.checkpoint, "formats 6.2",
		    "no quorum: %u witnesses of the policy have cosigned",
		    o.cosigned);
	c->r->map_witnessed = o.map_witnessed;
	return ERR_OK;
}

static enum err
included(struct check *c, enum bundle_check check, uint32_t node,
    struct span entry, uint64_t index)
{
	struct hash path[MERKLE_PATH_MAX], leaf = merkle_leaf(entry);
	struct diag d = { 0 };
	size_t n;
	enum err e = bundle_read_path(path, &n, MERKLE_PATH_MAX, &c->text.doc,
	    json_member(&c->text.doc, node, "path"));

	if (e == ERR_OK)
		e = merkle_verify_inclusion(&leaf, index, c->checkpoint.size,
		    path, n, &c->checkpoint.root, &d);
	return e == ERR_OK ? e : no_diag(c, check, node, e, &d);
}

static enum err
check_genesis(struct check *c)
{
	struct span entry =
	    span_of(c->text.genesis_bytes, c->text.genesis_length);
	struct diag d = { 0 };
	enum err e = included(c, BUNDLE_GENESIS, c->text.genesis, entry, 0);

	if (e != ERR_OK)
		return e;
	e = genesis_parse(&c->genesis, entry, &d);
	if (e != ERR_OK)
		return no_diag(c, BUNDLE_GENESIS, c->text.genesis, e, &d);
	if (strcmp(c->genesis.origin, c->checkpoint.origin) != 0)
		return bundle_no(c->r, &c->text.doc, BUNDLE_GENESIS,
		    c->text.genesis, "formats 4.3", "origin: got %.150s",
		    c->genesis.origin);
	return ERR_OK;
}

static enum err
check_epoch(struct check *c)
{
	struct span entry = span_of(c->text.epoch_bytes, c->text.epoch_length);
	struct diag d = { 0 };
	enum err e;

	/* formats 4.5: every published size is an epoch's index + 1. */
	if (c->text.epoch_index + 1 != c->checkpoint.size)
		return bundle_no(c->r, &c->text.doc, BUNDLE_EPOCH,
		    c->text.epoch, "formats 4.5",
		    "index: got %llu, wanted %llu, the last one",
		    (unsigned long long)c->text.epoch_index,
		    (unsigned long long)c->checkpoint.size - 1);
	e = included(
	    c, BUNDLE_EPOCH, c->text.epoch, entry, c->text.epoch_index);
	if (e != ERR_OK)
		return e;
	e = epoch_parse(&c->epoch, entry, &d);
	if (e != ERR_OK)
		return no_diag(c, BUNDLE_EPOCH, c->text.epoch, e, &d);
	if (c->epoch.covered > c->text.epoch_index)
		return bundle_no(c->r, &c->text.doc, BUNDLE_EPOCH,
		    c->text.epoch, "formats 4.5",
		    "covers %llu entries before %llu",
		    (unsigned long long)c->epoch.covered,
		    (unsigned long long)c->text.epoch_index);
	if (c->epoch.previous >= c->text.epoch_index)
		return bundle_no(c->r, &c->text.doc, BUNDLE_EPOCH,
		    c->text.epoch, "formats 4.5",
		    "previous epoch: got %llu, wanted an index before %llu",
		    (unsigned long long)c->epoch.previous,
		    (unsigned long long)c->text.epoch_index);
	c->r->as_of = c->epoch.covered;
	c->r->epoch_ms = c->epoch.time_ms;
	return ERR_OK;
}

/* ---- map and lists ---- */
static enum err
list_value(struct check *c, struct hash *value, const struct bundle_topic *t)
{
	const struct json_doc *doc = &c->text.doc;
	struct hash left[MERKLE_PATH_MAX], right[MERKLE_PATH_MAX], root;
	struct hash *items = calloc(t->count + 1, sizeof(*items));
	size_t left_n = 0, right_n = 0;
	struct diag d = { 0 };
	enum err e = ERR_OK;

	if (items == NULL)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < t->count; i++) {
		const struct bundle_entry *entry = &c->shelf.entries[t->at[i]];

		items[i] = map_item(entry->index, &entry->leaf);
	}
	if (t->count != t->n) {
		e = bundle_read_path(left, &left_n, MERKLE_PATH_MAX, doc,
		    json_member(doc, t->node, "left"));
		if (e == ERR_OK)
			e = bundle_read_path(right, &right_n, MERKLE_PATH_MAX,
			    doc, json_member(doc, t->node, "right"));
	}
	if (e == ERR_OK)
		e = map_range_root(&root, t->n, t->first, items, t->count, left,
		    left_n, right, right_n, &d);
	free(items);
	if (e != ERR_OK)
		return no_diag(c, BUNDLE_MAP, t->node, e, &d);
	*value = map_value(t->n, &root);
	return ERR_OK;
}

static enum err
check_map(struct check *c, const struct bundle_topic *t)
{
	struct diag d = { 0 };
	enum err e = bundle_read_proof(&c->proof, &c->text.doc, t);

	if (e == ERR_OK && t->present)
		e = list_value(c, &c->proof.value, t);
	if (e != ERR_OK)
		return e;
	e = map_verify(&c->proof, &t->key, &c->epoch.map_root, &d);
	return e == ERR_OK ? e : no_diag(c, BUNDLE_MAP, t->node, e, &d);
}

/* Does the list of t name the entry, or may it in the part not shown? */
static bool
lists(const struct check *c, const struct bundle_topic *t, uint64_t index)
{
	const struct bundle_entry *entries = c->shelf.entries;
	uint32_t low = 0, high = t->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (entries[t->at[mid]].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < t->count && entries[t->at[low]].index == index)
		return true;
	return (low == 0 && t->first > 0) ||
	       (low == t->count && t->first + t->count < t->n);
}

struct touched {
	struct check *c;
	const struct bundle_entry *entry;
	uint32_t found; /* subjects of the bundle that list it */
	enum err failed;
};

static void
touches(void *ctx, struct span subject)
{
	struct touched *w = ctx;
	const struct bundle_topic *t = bundle_shelf_find(&w->c->shelf, subject);

	if (t == NULL || w->failed != ERR_OK)
		return;
	if (!t->present || !lists(w->c, t, w->entry->index))
		w->failed = NO(w->c, BUNDLE_LIST, t->node,
		    "entry %llu touches this subject and is not in its list",
		    (unsigned long long)w->entry->index);
	else
		w->found++;
}

/* An entry stands in the lists of the subjects it touches and in no others: a
 * map that says otherwise was not made by map function 1 (formats 5.4). */
static enum err
check_touches(struct check *c, const uint32_t *mentions)
{
	struct touch t;
	enum err e = touch_init(&t);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; e == ERR_OK && i < c->shelf.entry_count; i++) {
		struct touched w = { c, &c->shelf.entries[i], 0, ERR_OK };

		if (w.entry->index >= c->epoch.covered)
			e = NO(c, BUNDLE_LIST, w.entry->node,
			    "index: got %llu, wanted less than %llu, the "
			    "covered size",
			    (unsigned long long)w.entry->index,
			    (unsigned long long)c->epoch.covered);
		if (e != ERR_OK || w.entry->bytes.n == 0)
			continue;
		e = touch_entry(&t, w.entry->bytes, touches, &w);
		if (e == ERR_OK)
			e = w.failed;
		/* Those in the part not shown are counted as found too. */
		if (e == ERR_OK && w.found < mentions[i])
			e = NO(c, BUNDLE_LIST, w.entry->node,
			    "entry %llu does not touch each subject that "
			    "lists it",
			    (unsigned long long)w.entry->index);
	}
	touch_clear(&t);
	return e;
}

static enum err
check_lists(struct check *c)
{
	uint32_t *mentions =
	    calloc(c->shelf.entry_count + 1, sizeof(*mentions));
	enum err e = ERR_OK;

	if (mentions == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; e == ERR_OK && i < c->shelf.topic_count; i++)
		e = check_map(c, &c->shelf.topics[i]);
	for (size_t i = 0; e == ERR_OK && i < c->shelf.topic_count; i++) {
		const struct bundle_topic *t = &c->shelf.topics[i];

		for (uint32_t k = 0; k < t->count; k++)
			mentions[t->at[k]]++;
	}
	if (e == ERR_OK)
		e = check_touches(c, mentions);
	free(mentions);
	return e;
}

/* ---- statements ---- */
static enum err
check_signatures(struct check *c)
{
	struct statement s;

	for (size_t i = 0; i < c->shelf.entry_count; i++) {
		const struct bundle_entry *entry = &c->shelf.entries[i];
		struct diag d = { 0 };
		enum err e;

		if (entry->bytes.n == 0)
			continue;
		e = statement_parse(&s, entry->bytes, &d);
		if (e == ERR_OK)
			e = statement_verify(&s, &d);
		if (e != ERR_OK)
			return no_diag(c, BUNDLE_SIGNATURE, entry->node, e, &d);
	}
	return ERR_OK;
}

/* Content that the verdict needs is not there: hashes alone, or a part of a
 * list whose newest entries do not decide. */
static bool
content_missing(struct check *c)
{
	for (size_t i = 0; i < c->shelf.entry_count; i++)
		if (c->shelf.entries[i].bytes.n == 0)
			return true;
	return false;
}

static enum err
check_ranges(struct check *c)
{
	for (size_t i = 0; i < c->shelf.topic_count; i++) {
		const struct bundle_topic *t = &c->shelf.topics[i];

		if (t->count == t->n || !t->present)
			continue;
		if (!bundle_newest_only(t->subject) ||
		    t->first + t->count != t->n)
			return NO(c, BUNDLE_SUBJECTS_MISSING, t->node,
			    "the answer rests on all of this list");
	}
	return ERR_OK;
}

static enum err
check_subjects(struct check *c)
{
	for (size_t i = 0; i < c->shelf.topic_count; i++) {
		const struct bundle_topic *t = &c->shelf.topics[i];

		if (!t->known)
			return bundle_no(c->r, &c->text.doc,
			    BUNDLE_SUBJECTS_MISSING, c->text.subjects,
			    "formats 7.3", "the answer rests on %.*s",
			    (int)(t->subject.n < 150 ? t->subject.n : 150),
			    (const char *)t->subject.p);
	}
	return ERR_OK;
}

static enum err
check_authority(struct check *c)
{
	uint32_t number;
	bool fresh;
	enum err e;

	if (!c->kernel.refused)
		return ERR_OK;
	/* Who is not in the bundle cannot be judged. */
	e = check_subjects(c);
	if (e != ERR_OK)
		return e;
	e = bundle_shelf_entry(
	    &c->shelf, c->kernel.refused_index, &number, &fresh);
	if (e != ERR_OK)
		return e;
	return bundle_no(c->r, &c->text.doc, BUNDLE_AUTHORITY,
	    c->shelf.entries[number].node, c->kernel.refusal.clause, "%s",
	    c->kernel.refusal.text);
}

/* ---- verdict ---- */
static bool
text_is(const struct json_doc *doc, uint32_t object, const char *name,
    const char *text)
{
	uint32_t node = json_member(doc, object, name);

	return node != JSON_NONE && json_string_is(doc, node, text);
}

static bool
evidence_is(const struct json_doc *doc, uint32_t array, const struct finding *f)
{
	unsigned n = 0;

	if (array == JSON_NONE || json_type(doc, array) != JSON_ARRAY ||
	    doc->nodes[array].children != f->evidence_count)
		return false;
	for (uint32_t i = json_first(doc, array); i != JSON_NONE;
	     i = doc->nodes[i].next) {
		int64_t v;

		if (json_int(&v, doc, i) != ERR_OK || v < 0 ||
		    json_raw(doc, i).p[0] == '-' ||
		    (uint64_t)v != f->evidence[n++])
			return false;
	}
	return true;
}

static bool
finding_is(const struct json_doc *doc, uint32_t node, const struct finding *f)
{
	return json_type(doc, node) == JSON_OBJECT &&
	       doc->nodes[node].children == 4 &&
	       text_is(doc, node, "code", f->code) &&
	       text_is(doc, node, "group", f->group) &&
	       text_is(doc, node, "severity", f->hard ? "hard" : "soft") &&
	       evidence_is(doc, json_member(doc, node, "evidence"), f);
}

static enum err
check_findings(struct check *c)
{
	const struct json_doc *doc = &c->text.doc;
	const struct answer *a = &c->kernel.answer;
	uint32_t node = json_first(doc, c->text.findings);

	if (doc->nodes[c->text.findings].children != a->finding_count)
		return NO(c, BUNDLE_VERDICT, c->text.findings,
		    "got %u findings, computed %u",
		    (unsigned)doc->nodes[c->text.findings].children,
		    a->finding_count);
	for (unsigned i = 0; i < a->finding_count; i++) {
		if (!finding_is(doc, node, &a->findings[i]))
			return NO(c, BUNDLE_VERDICT, node,
			    "computed another finding: %s",
			    a->findings[i].code);
		node = doc->nodes[node].next;
	}
	return ERR_OK;
}

static enum err
check_verdict(struct check *c)
{
	enum verdict v = c->kernel.answer.verdict;
	enum err e;

	if (strcmp(c->r->verdict, verdict_word(v)) != 0)
		return NO(c, BUNDLE_VERDICT, c->text.verdict,
		    "stated %s, computed %s", c->r->verdict, verdict_word(v));
	e = check_findings(c);
	if (e == ERR_OK)
		c->r->outcome = strcmp(verdict_colour(v), "green") == 0
				    ? BUNDLE_GENUINE
				    : BUNDLE_OTHERWISE;
	return e;
}

static enum err
check_answer(struct check *c)
{
	struct diag d = { 0 };
	enum err e;

	/* What is not shown cannot be judged: not proven, without a fault. */
	if (content_missing(c)) {
		c->r->withheld = true;
		return ERR_OK;
	}
	e = check_ranges(c);
	if (e != ERR_OK)
		return e;
	c->kernel.shelf = &c->shelf;
	c->kernel.genesis = &c->genesis;
	c->kernel.question = &c->text.q;
	e = bundle_kernel_run(&c->kernel, &d);
	if (e != ERR_OK)
		return no_diag(
		    c, BUNDLE_SUBJECTS_MISSING, c->text.subjects, e, &d);
	e = check_authority(c);
	if (e == ERR_OK)
		e = check_subjects(c);
	if (e != ERR_OK)
		return e;
	c->r->judged = true;
	c->r->answer = c->kernel.answer;
	return check_verdict(c);
}

/* What was asked, fit for a terminal. */
static void
tell_question(struct check *c)
{
	const struct bundle_question *q = &c->text.q;
	size_t n =
	    q->code.n < sizeof(c->r->code) ? q->code.n : sizeof(c->r->code) - 1;

	for (size_t i = 0; i < n; i++)
		c->r->code[i] = q->code.p[i] < ' ' || q->code.p[i] >= 0x7F
				    ? '?'
				    : (char)q->code.p[i];
	c->r->at_ms = q->at_ms;
}

static enum err
check_all(struct check *c, struct span bundle)
{
	enum err e = bundle_read(&c->text, &c->shelf, c->r, bundle);

	if (e != ERR_OK)
		return e;
	tell_question(c);
	e = check_note(c);
	if (e == ERR_OK)
		e = check_genesis(c);
	if (e == ERR_OK)
		e = check_epoch(c);
	if (e == ERR_OK)
		e = check_lists(c);
	if (e == ERR_OK)
		e = check_signatures(c);
	return e == ERR_OK ? check_answer(c) : e;
}

enum err
bundle_verify(
    struct bundle_result *out, struct span bundle, const struct policy *policy)
{
	struct check *c = calloc(1, sizeof(*c));
	enum err e;

	memset(out, 0, sizeof(*out));
	out->outcome = BUNDLE_NOT_PROVEN;
	if (c == NULL)
		return ERR_NOMEM;
	c->r = out;
	c->policy = policy;
	e = check_all(c, bundle);
	/* formats 6.2: nothing is witnessed where nothing is proven. */
	if (e != ERR_OK)
		out->map_witnessed = false;
	bundle_shelf_clear(&c->shelf);
	bundle_text_clear(&c->text);
	free(c);
	return e == ERR_PROOF ? ERR_OK : e;
}
