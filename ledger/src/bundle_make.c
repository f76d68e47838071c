/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "bundle_internal.h"

#include "base/banned.h"

#define ROUNDS 64

/* ---- filling the shelf from the source ---- */
struct fetch {
	struct bundle_shelf *shelf;
	struct hash *items;
	uint64_t n, cap;
	uint32_t *at;
	uint32_t count;
	bool newest_only;
	struct held { /* newest heartbeats of a long list */
		uint64_t index;
		struct buf bytes;
	} held[BUNDLE_RANGE_SHOWN];
	struct diag *d;
};

static enum err
keep(struct fetch *f, uint64_t index, struct span bytes)
{
	uint32_t number;
	bool fresh;
	enum err e = bundle_shelf_entry(f->shelf, index, &number, &fresh);

	if (e == ERR_OK && fresh)
		e = bundle_shelf_fill(f->shelf, number, bytes);
	if (e == ERR_LIMIT)
		return diag_fail(f->d, e, "formats 7",
		    "the entries of the bundle are more than %zu bytes",
		    BUNDLE_MAX);
	if (e == ERR_OK)
		f->at[f->count++] = number;
	return e;
}

static enum err
room(struct fetch *f)
{
	uint64_t cap = f->cap == 0 ? 16 : 2 * f->cap;
	struct hash *items;
	uint32_t *at;

	if (f->n < f->cap)
		return ERR_OK;
	items = reallocarray(f->items, cap, sizeof(*items));
	if (items == NULL)
		return ERR_NOMEM;
	f->items = items;
	at = reallocarray(f->at, cap, sizeof(*at));
	if (at == NULL)
		return ERR_NOMEM;
	f->at = at;
	f->cap = cap;
	return ERR_OK;
}

static enum err
hold(struct fetch *f, uint64_t index, struct span bytes)
{
	struct held *h = &f->held[f->n % BUNDLE_RANGE_SHOWN];

	if (h->bytes.max == 0)
		h->bytes = buf_heap(ENTRY_MAX);
	buf_reset(&h->bytes);
	buf_put(&h->bytes, bytes);
	h->index = index;
	return buf_error(&h->bytes);
}

static enum err
take(void *ctx, uint64_t index, struct span entry)
{
	struct fetch *f = ctx;
	struct hash leaf = merkle_leaf(entry);
	enum err e = room(f);

	if (e != ERR_OK)
		return e;
	f->items[f->n] = map_item(index, &leaf);
	e = f->newest_only ? hold(f, index, entry) : keep(f, index, entry);
	if (e == ERR_OK)
		f->n++;
	return e;
}

/* The held ones, oldest first. */
static enum err
keep_held(struct fetch *f)
{
	uint64_t from =
	    f->n > BUNDLE_RANGE_SHOWN ? f->n - BUNDLE_RANGE_SHOWN : 0;
	enum err e = ERR_OK;

	for (uint64_t i = from; e == ERR_OK && i < f->n; i++) {
		const struct held *h = &f->held[i % BUNDLE_RANGE_SHOWN];

		e = keep(f, h->index, buf_span(&h->bytes));
	}
	return e;
}

static enum err
run(struct fetch *f, struct span subject, const struct bundle_source *source)
{
	enum err e = source->entries(source->ctx, subject, take, f, f->d);

	if (e == ERR_OK && f->newest_only)
		e = keep_held(f);
	return e;
}

/* formats 7.2: a list up to 256 stands whole, so a first pass counts. */
static enum err
fill(struct bundle_shelf *s, size_t number, const struct bundle_source *source,
    bool newest, struct diag *d)
{
	struct fetch f = { .shelf = s, .newest_only = newest, .d = d };
	struct bundle_topic *t = &s->topics[number];
	enum err e = run(&f, t->subject, source);

	if (e == ERR_OK && newest && f.n <= BUNDLE_LIST_WHOLE) {
		f.n = 0;
		f.count = 0;
		f.newest_only = false;
		e = run(&f, t->subject, source);
	}
	for (unsigned i = 0; i < BUNDLE_RANGE_SHOWN; i++)
		if (f.held[i].bytes.max != 0)
			buf_free(&f.held[i].bytes);
	t->known = true;
	t->present = f.n != 0;
	t->n = f.n;
	t->count = f.count;
	t->first = f.n - f.count;
	t->at = f.at;
	t->items = f.items;
	return e;
}

/* ---- writing ---- */
static void
put_hash(struct json_out *o, const char *key, const struct hash *h)
{
	json_out_base64(o, key, hash_span(h));
}

static void
put_hashes(struct json_out *o, const char *key, const struct hash *h, size_t n)
{
	json_out_array(o, key);
	for (size_t i = 0; i < n; i++)
		put_hash(o, NULL, &h[i]);
	json_out_end_array(o);
}

static void
put_entry(struct json_out *o, struct bundle_entry *e)
{
	json_out_object(o, NULL);
	json_out_int(o, "index", (int64_t)e->index);
	if (e->mentioned || e->hidden)
		put_hash(o, "leaf", &e->leaf);
	else
		json_out_base64(o, "entry", e->bytes);
	e->mentioned = true;
	json_out_end_object(o);
}

static void
put_list(
    struct json_out *o, struct bundle_shelf *s, const struct bundle_topic *t)
{
	struct hash left[MERKLE_PATH_MAX], right[MERKLE_PATH_MAX];
	size_t left_n = 0, right_n = 0;
	bool range = t->count < t->n;

	if (range) {
		map_range_sides(t->items, t->n, t->first, t->count, left,
		    &left_n, right, &right_n);
		json_out_int(o, "n", (int64_t)t->n);
		json_out_int(o, "first", (int64_t)t->first);
	}
	json_out_array(o, "entries");
	for (uint32_t i = 0; i < t->count; i++)
		put_entry(o, &s->entries[t->at[i]]);
	json_out_end_array(o);
	if (range) {
		put_hashes(o, "left", left, left_n);
		put_hashes(o, "right", right, right_n);
	}
}

static void
put_other(struct json_out *o, const struct map_proof *p)
{
	if (p->empty) {
		json_out_null(o, "other");
		return;
	}
	json_out_object(o, "other");
	put_hash(o, "key", &p->key);
	put_hash(o, "value", &p->value);
	json_out_end_object(o);
}

static void
put_map(struct json_out *o, const struct map_proof *p)
{
	json_out_array(o, "map");
	for (unsigned i = 0; i < p->steps; i++) {
		json_out_array(o, NULL);
		json_out_int(o, NULL, p->step[i].bit);
		put_hash(o, NULL, &p->step[i].sibling);
		json_out_end_array(o);
	}
	json_out_end_array(o);
}

/* The map must say what the list says, or the source is torn. */
static enum err
put_topic(struct json_out *o, struct bundle_shelf *s,
    const struct bundle_topic *t, const struct bundle_source *source,
    struct map_proof *p, struct diag *d)
{
	struct hash root, value;
	enum err e = source->prove(source->ctx, &t->key, p, d);

	if (e == ERR_OK && t->present) {
		e = map_range_root(
		    &root, t->n, 0, t->items, t->n, NULL, 0, NULL, 0, d);
		value = map_value(t->n, &root);
	}
	if (e != ERR_OK)
		return e;
	if (p->present != t->present ||
	    (t->present && !hash_equal(&p->value, &value)))
		return diag_fail(d, ERR_PROOF, "formats 5.2",
		    "map and list of %.*s do not agree",
		    (int)(t->subject.n < 120 ? t->subject.n : 120),
		    (const char *)t->subject.p);
	json_out_object(o, NULL);
	json_out_string(o, "subject", t->subject);
	json_out_bool(o, "present", t->present);
	if (t->present)
		put_list(o, s, t);
	else
		put_other(o, p);
	put_map(o, p);
	json_out_end_object(o);
	return buf_error(o->b);
}

static enum err
ask_visible(
    struct bundle_shelf *s, const struct bundle_source *source, struct diag *d)
{
	size_t n = s->entry_count;
	uint64_t *indices = calloc(n + 1, sizeof(*indices));
	struct span *entries = calloc(n + 1, sizeof(*entries));
	bool *seen = calloc(n + 1, sizeof(*seen));
	enum err e = ERR_NOMEM;

	if (indices == NULL || entries == NULL || seen == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		indices[i] = s->entries[i].index;
		entries[i] = s->entries[i].bytes;
	}
	e = source->visible(source->ctx, indices, entries, seen, n, d);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		s->entries[i].hidden = !seen[i];
out:
	free(indices);
	free(entries);
	free(seen);
	return e;
}

static enum err
fill_unknown(struct bundle_shelf *s, const struct bundle_source *source,
    bool *any, struct diag *d)
{
	enum err e = ERR_OK;

	*any = false;
	for (size_t i = 0; e == ERR_OK && i < s->topic_count; i++) {
		if (s->topics[i].known)
			continue;
		*any = true;
		e = fill(
		    s, i, source, bundle_newest_only(s->topics[i].subject), d);
	}
	return e;
}

/* Judges and fetches what was asked, until nothing more is asked. An entry
 * that nobody was entitled to is the verifier's to tell. */
static enum err
gather(
    struct bundle_kernel *k, const struct bundle_source *source, struct diag *d)
{
	bool more = true;
	enum err e = ERR_OK;

	for (unsigned round = 0; e == ERR_OK && more; round++) {
		if (round == ROUNDS)
			return diag_fail(d, ERR_LIMIT, "formats 7.3",
			    "the answer rests on ever more subjects");
		e = bundle_kernel_run(k, d);
		if (e == ERR_OK)
			e = fill_unknown(k->shelf, source, &more, d);
	}
	if (e == ERR_OK && source->visible != NULL)
		e = ask_visible(k->shelf, source, d);
	return e;
}

static void
put_head(struct json_out *o, const struct bundle_head *head,
    const struct genesis *genesis)
{
	json_out_str(o, "countermark", "bundle/v1");
	json_out_str(o, "origin", genesis->origin);
	json_out_string(o, "checkpoint", head->note);
	json_out_object(o, "genesis");
	json_out_base64(o, "entry", head->genesis);
	put_hashes(o, "path", head->genesis_path, head->genesis_steps);
	json_out_end_object(o);
	json_out_object(o, "epoch");
	json_out_int(o, "index", (int64_t)(head->size - 1));
	json_out_base64(o, "entry", head->epoch);
	put_hashes(o, "path", head->epoch_path, head->epoch_steps);
	json_out_end_object(o);
}

static void
put_question(struct json_out *o, const struct bundle_question *q)
{
	json_out_object(o, "question");
	json_out_string(o, "code", q->code);
	json_out_int(o, "at", q->at_ms);
	json_out_str(o, "country", q->country);
	json_out_int(o, "sightings", (int64_t)q->sightings);
	json_out_end_object(o);
}

static enum err
put_bundle(struct buf *out, struct bundle_kernel *k,
    const struct bundle_head *head, const struct bundle_source *source,
    struct diag *d)
{
	struct map_proof *p = malloc(sizeof(*p));
	struct json_out o;
	enum err e = ERR_OK;

	if (p == NULL)
		return ERR_NOMEM;
	json_out_init(&o, out);
	json_out_object(&o, NULL);
	put_head(&o, head, k->genesis);
	json_out_array(&o, "subjects");
	for (size_t i = 0; e == ERR_OK && i < k->shelf->topic_count; i++)
		e = put_topic(&o, k->shelf, &k->shelf->topics[i], source, p, d);
	json_out_end_array(&o);
	put_question(&o, k->question);
	json_out_str(&o, "verdict", verdict_word(k->answer.verdict));
	bundle_put_findings(&o, &k->answer);
	json_out_end_object(&o);
	free(p);
	return e == ERR_OK ? buf_error(out) : e;
}

enum err
bundle_make(struct buf *out, const struct bundle_question *q,
    const struct bundle_head *head, const struct bundle_source *source,
    struct diag *d)
{
	struct bundle_kernel *k = calloc(1, sizeof(*k));
	struct bundle_shelf shelf = { 0 };
	struct genesis genesis;
	size_t start = out->n;
	enum err e = ERR_NOMEM;

	if (k == NULL)
		return e;
	k->shelf = &shelf;
	k->genesis = &genesis;
	k->question = q;
	e = genesis_parse(&genesis, head->genesis, d);
	if (e == ERR_OK)
		e = gather(k, source, d);
	if (e == ERR_OK)
		e = put_bundle(out, k, head, source, d);
	if (e == ERR_SPACE || (e == ERR_OK && out->n - start > BUNDLE_MAX))
		e = diag_fail(d, ERR_LIMIT, "formats 7",
		    "a bundle of more than %zu bytes", BUNDLE_MAX);
	bundle_shelf_clear(&shelf);
	free(k);
	return e;
}

enum err
bundle_subject(struct buf *out, struct span subject,
    const struct bundle_source *source, struct diag *d)
{
	struct bundle_shelf shelf = { 0 };
	struct bundle_topic *t;
	struct map_proof *p = malloc(sizeof(*p));
	struct json_out o;
	enum err e =
	    p == NULL ? ERR_NOMEM : bundle_shelf_topic(&shelf, subject, &t);

	/* Whoever asks for one subject gets the newest of a long list. */
	if (e == ERR_OK)
		e = fill(&shelf, 0, source, true, d);
	if (e == ERR_OK && source->visible != NULL)
		e = ask_visible(&shelf, source, d);
	json_out_init(&o, out);
	if (e == ERR_OK)
		e = put_topic(&o, &shelf, &shelf.topics[0], source, p, d);
	bundle_shelf_clear(&shelf);
	free(p);
	return e;
}
