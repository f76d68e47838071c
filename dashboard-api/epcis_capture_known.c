/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <stdlib.h>

#include "event/epcis.h"
#include "event/statement.h"

#include "base/banned.h"

#define IDS_MAX ((size_t)64 << 20)

/* ---- what the document brings ---- */
/* One original an organisation and eventID; error declarations repeat it, so
 * theirs is by content (epcis.md 8.4). */
static struct hash
key_of(const char *organisation, const struct epcis_content *content)
{
	struct sha256 h;
	struct hash out;

	sha256_init(&h);
	/* with its NUL, which no name holds */
	sha256_add(&h,
	    span_of((const uint8_t *)organisation, strlen(organisation) + 1));
	sha256_add(&h, content->id);
	if (content->declares) {
		sha256_add(&h, span_of((const uint8_t *)"", 1));
		sha256_add(&h, hash_span(&content->digest));
	}
	sha256_done(&h, &out);
	return out;
}

static int
by_key(const void *a, const void *b)
{
	const struct epcis_known_event *x = a, *y = b;
	int c = memcmp(x->claim.key.b, y->claim.key.b, HASH_BYTES);

	return c != 0 ? c : (x->event > y->event) - (x->event < y->event);
}

enum err
epcis_known_read(struct epcis_known *k, const struct import *m,
    const char *organisation, struct diag *d)
{
	const size_t n = import_event_count(m);
	struct epcis_content content;
	char space[CAPTURE_EVENT_KEY];
	struct epcis_same *same;
	struct span id;
	enum err e = epcis_same_new(&same);

	k->count = 0;
	k->under_way = false;
	k->ids = buf_heap(IDS_MAX);
	k->events = calloc(n + 1, sizeof(*k->events));
	if (k->events == NULL)
		e = ERR_NOMEM;
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		struct epcis_known_event *to = &k->events[k->count];

		if (import_is_out(m, i))
			continue;
		e = epcis_same_read(&content, same, import_event_bytes(m, i),
		    import_event_context(m, i), d);
		if (e != ERR_OK || content.id.n == 0)
			continue;
		id = capture_event_key(content.id, space);
		*to = (struct epcis_known_event){ .event = i,
			.declares = content.declares,
			.id_at = k->ids.n,
			.id_n = id.n };
		to->claim.key = key_of(organisation, &content);
		to->claim.digest = content.digest;
		buf_put(&k->ids, id);
		e = buf_error(&k->ids);
		k->count++;
	}
	epcis_same_free(same);
	if (e == ERR_OK)
		qsort(k->events, k->count, sizeof(*k->events), by_key);
	return e;
}

void
epcis_known_clear(struct epcis_known *k)
{
	free(k->events);
	k->events = NULL;
	buf_free(&k->ids);
}

/* ---- within the document ---- */
static void
judge_repeats(struct epcis_known *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct epcis_known_event *e = &k->events[i];
		const struct epcis_known_event *first = e;

		e->verdict = EPCIS_NEW;
		/* the first of those with the same key, already judged */
		while (first > k->events &&
		       hash_equal(&first[-1].claim.key, &e->claim.key))
			first--;
		if (first == e)
			continue;
		e->verdict = hash_equal(&first->claim.digest, &e->claim.digest)
				 ? EPCIS_DUPLICATE
				 : EPCIS_CONFLICT;
	}
}

/* ---- in jobs whose events the search tables may not have yet ---- */
static struct epcis_known_event *
first_of(const struct epcis_known *k, const struct hash *key)
{
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(k->events[mid].claim.key.b, key->b, HASH_BYTES) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return &k->events[low];
}

static enum err
on_claim(
    void *ctx, const struct capture_claim *c, const char *job, bool running)
{
	struct epcis_known *k = ctx;
	struct epcis_known_event *at = first_of(k, &c->key);

	(void)job;
	for (; at < k->events + k->count && hash_equal(&at->claim.key, &c->key);
	     at++) {
		if (at->verdict != EPCIS_NEW)
			continue;
		if (!hash_equal(&at->claim.digest, &c->digest))
			at->verdict = EPCIS_CONFLICT;
		else
			at->verdict =
			    running ? EPCIS_UNDER_WAY : EPCIS_DUPLICATE;
		k->under_way |= at->verdict == EPCIS_UNDER_WAY;
	}
	return ERR_OK;
}

/* ---- in the search tables ---- */
struct hit {
	uint64_t index;
	unsigned pos;
	size_t id; /* of the sorted ids */
};

struct id {
	struct span key; /* as in the tables */
	struct epcis_known_event *event;
};

struct search {
	struct epcis_known *k;
	struct call *c;
	struct id *ids; /* by key */
	struct span *keys;
	size_t id_count;
	struct hit *hits;
	uint64_t *indices;
	size_t hit_count, index_count, hit_at;
	struct epcis_same *same;
	struct json_node *nodes;
};

static int
by_text(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	return span_compare(x->key, y->key);
}

static enum err
on_known(void *ctx, struct span event_id, uint64_t index, unsigned pos)
{
	struct search *s = ctx;
	struct id want = { .key = event_id }, *found;

	found = bsearch(&want, s->ids, s->id_count, sizeof(want), by_text);
	if (found == NULL)
		return ERR_OK;
	/* the first of its like */
	while (found > s->ids && span_equal(found[-1].key, event_id))
		found--;
	s->hits[s->hit_count++] =
	    (struct hit){ index, pos, (size_t)(found - s->ids) };
	if (s->index_count == 0 || s->indices[s->index_count - 1] != index)
		s->indices[s->index_count++] = index;
	return ERR_OK;
}

/* A stored event against all of ours that have its eventID. */
static void
compare(struct search *s, size_t id, const struct epcis_content *stored)
{
	const struct span key = s->ids[id].key;

	for (; id < s->id_count && span_equal(s->ids[id].key, key); id++) {
		struct epcis_known_event *e = s->ids[id].event;

		if (hash_equal(&e->claim.digest, &stored->digest))
			e->verdict = EPCIS_DUPLICATE;
		else if (e->verdict == EPCIS_NEW && !e->declares &&
			 !stored->declares)
			e->verdict = EPCIS_CONFLICT;
	}
}

/* epcis.md 8.5: the same organisation captured it. */
static bool
is_ours(struct search *s, const struct statement *statement)
{
	struct api *a = s->c->api;
	struct roster *roster = view_roster(a->view);
	const struct roster_device *device = NULL;
	struct span name;
	bool ours;

	if (did_web_device_name(
		&name, view_host(a->view), statement->claims.iss) == ERR_OK)
		device = roster_device(roster, name);
	ours = device != NULL &&
	       strcmp(device->organisation, s->c->caller.organisation) == 0;
	view_unlock(a->view);
	return ours;
}

static enum err
compare_events(
    struct search *s, const struct epcis_doc *doc, size_t from, struct diag *d)
{
	uint32_t context = json_member(&doc->json, JSON_ROOT, "@context");
	struct span around =
	    context == JSON_NONE ? SPAN_NONE : json_raw(&doc->json, context);
	struct epcis_content stored;
	uint32_t node = epcis_first(doc);
	unsigned pos = 0;
	enum err e = ERR_OK;

	if (context != JSON_NONE &&
	    json_type(&doc->json, context) == JSON_STRING)
		around = SPAN_NONE; /* it declares nothing */
	for (size_t i = from; i < s->hit_at && e == ERR_OK; i++) {
		for (; node != JSON_NONE && pos < s->hits[i].pos; pos++)
			node = doc->json.nodes[node].next;
		if (node == JSON_NONE)
			break;
		e = epcis_same_read(
		    &stored, s->same, json_raw(&doc->json, node), around, d);
		if (e == ERR_OK)
			compare(s, s->hits[i].id, &stored);
	}
	return e;
}

static enum err
on_entry(void *ctx, uint64_t index, struct span entry)
{
	struct search *s = ctx;
	size_t from;
	struct statement statement;
	struct epcis_doc doc;

	while (s->hit_at < s->hit_count && s->hits[s->hit_at].index < index)
		s->hit_at++;
	from = s->hit_at;
	while (s->hit_at < s->hit_count && s->hits[s->hit_at].index == index)
		s->hit_at++;
	if (statement_parse(&statement, entry, NULL) != ERR_OK ||
	    !is_ours(s, &statement) ||
	    epcis_open(&doc, statement.payload, s->nodes, EPCIS_NODES, NULL) !=
		ERR_OK)
		return ERR_OK;
	return compare_events(s, &doc, from, &s->c->d);
}

static enum err
search_space(struct search *s)
{
	const size_t n = s->k->count;

	s->ids = calloc(n + 1, sizeof(*s->ids));
	s->keys = calloc(n + 1, sizeof(*s->keys));
	s->hits = calloc(CAPTURE_KNOWN_MAX, sizeof(*s->hits));
	s->indices = calloc(CAPTURE_KNOWN_MAX, sizeof(*s->indices));
	s->nodes = malloc(EPCIS_NODES * sizeof(*s->nodes));
	if (s->ids == NULL || s->keys == NULL || s->hits == NULL ||
	    s->indices == NULL || s->nodes == NULL)
		return ERR_NOMEM;
	return epcis_same_new(&s->same);
}

static void
search_ids(struct search *s)
{
	s->id_count = s->k->count;
	for (size_t i = 0; i < s->id_count; i++) {
		struct epcis_known_event *e = &s->k->events[i];

		s->ids[i].event = e;
		s->ids[i].key = span_of(s->k->ids.p + e->id_at, e->id_n);
	}
	qsort(s->ids, s->id_count, sizeof(*s->ids), by_text);
	for (size_t i = 0; i < s->id_count; i++)
		s->keys[i] = s->ids[i].key;
}

static enum err
search_all(struct search *s, struct store *store, struct diag *d)
{
	/* The tables show this connection what concerns the organisation. */
	enum err e = access_own(s->c);

	if (e != ERR_OK)
		return e;
	search_ids(s);
	e = capture_known(
	    store, s->keys, s->id_count, s->c->caller.sees, on_known, s, d);
	if (e == ERR_OK && s->index_count > 0)
		e = capture_entries(
		    store, s->indices, s->index_count, on_entry, s, d);
	return e;
}

static void
search_clear(struct search *s)
{
	free(s->ids);
	free(s->keys);
	free(s->hits);
	free(s->indices);
	free(s->nodes);
	epcis_same_free(s->same);
}

/* ---- all three ---- */
/* What repeats an event that is refused is refused with it. */
static void
judge_followers(struct epcis_known *k)
{
	for (size_t i = 1; i < k->count; i++) {
		const struct epcis_known_event *before = &k->events[i - 1];
		struct epcis_known_event *e = &k->events[i];

		if (hash_equal(&before->claim.key, &e->claim.key) &&
		    hash_equal(&before->claim.digest, &e->claim.digest) &&
		    before->verdict == EPCIS_CONFLICT)
			e->verdict = EPCIS_CONFLICT;
	}
}

static enum err
judge_claims(struct epcis_known *k, struct store *store, struct diag *d)
{
	struct hash *keys = calloc(k->count, sizeof(*keys));
	enum err e;

	if (keys == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < k->count; i++)
		keys[i] = k->events[i].claim.key;
	e = capture_claims(store, keys, k->count, on_claim, k, d);
	free(keys);
	return e;
}

enum err
epcis_known_judge(struct epcis_known *k, struct call *c, struct diag *d)
{
	struct search s = { .k = k, .c = c };
	struct store *store;
	enum err e;

	k->under_way = false;
	judge_repeats(k);
	if (k->count == 0)
		return ERR_OK;
	if ((e = call_store(c, &store)) != ERR_OK)
		return e;
	/* Claims first: one goes when the tables have the event, so that there
	 * is no moment in which neither tells of it. */
	if ((e = judge_claims(k, store, d)) == ERR_OK &&
	    (e = search_space(&s)) == ERR_OK)
		e = search_all(&s, store, d);
	judge_followers(k);
	search_clear(&s);
	return e;
}
