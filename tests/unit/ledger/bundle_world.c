/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/did.h"
#include "event/registry.h"

#include "base/banned.h"

#define START_MS INT64_C(1795521600000) /* 2026-11-24T12:00:00Z */
#define STEP_MS 60000
#define FACTORY "https://id.gs1.org/414/9506000111117"

struct bw_list {
	struct hash key;
	uint64_t n, cap;
	uint64_t *index; /* NULL: an empty slot */
};

static const char *const names[BW_WHO] = { [BW_AUTHORITY] = "authority",
	[BW_SERVICE] = "service",
	[BW_LINE] = "line-1",
	[BW_DOCK] = "dock-1",
	[BW_HARBOUR] = "hall-1",
	[BW_SHOP] = "till-1" };
static const char *const orgs[BW_WHO] = { [BW_LINE] = "lumen",
	[BW_DOCK] = "lumen",
	[BW_HARBOUR] = "harbour",
	[BW_SHOP] = "shop" };

static void
must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "bundle_world: %s\n", what);
	abort();
}

#define MUST(x) must((x), #x)

/* ---- lists by subject ---- */
static struct bw_list *
slot(const struct bworld *w, const struct hash *key)
{
	uint64_t h;
	size_t at;

	memcpy(&h, key->b, sizeof(h));
	at = (size_t)h & (w->list_slots - 1);
	while (
	    w->lists[at].index != NULL && !hash_equal(&w->lists[at].key, key))
		at = (at + 1) & (w->list_slots - 1);
	return &w->lists[at];
}

static void
grow_lists(struct bworld *w)
{
	struct bw_list *old = w->lists;
	size_t n = w->list_slots;

	w->list_slots = n == 0 ? 1024 : 2 * n;
	w->lists = calloc(w->list_slots, sizeof(*w->lists));
	MUST(w->lists != NULL);
	for (size_t i = 0; i < n; i++)
		if (old[i].index != NULL)
			*slot(w, &old[i].key) = old[i];
	free(old);
}

static void
list_add(struct bworld *w, struct span subject, uint64_t index)
{
	struct hash key = map_key(subject);
	struct bw_list *l;

	if (2 * w->list_count >= w->list_slots)
		grow_lists(w);
	l = slot(w, &key);
	if (l->n == l->cap) {
		w->list_count += l->cap == 0;
		l->cap = l->cap == 0 ? 2 : 2 * l->cap;
		l->index = reallocarray(l->index, l->cap, sizeof(*l->index));
		MUST(l->index != NULL);
		l->key = key;
	}
	l->index[l->n++] = index;
	MUST(map_add(w->map, &key, index, &w->leaves[index]) == ERR_OK);
}

struct adding {
	struct bworld *w;
	uint64_t index;
};

static void
touched(void *ctx, struct span subject)
{
	struct adding *a = ctx;

	if (a->w->omit != NULL && span_is(subject, a->w->omit) &&
	    a->index == a->w->lie_index)
		return;
	list_add(a->w, subject, a->index);
}

uint64_t
bw_raw(struct bworld *w, struct span entry)
{
	static struct touch t;
	uint64_t i = w->count++;
	struct adding a = { w, i };

	if (i == w->cap) {
		w->cap = w->cap == 0 ? 256 : 2 * w->cap;
		w->entries =
		    reallocarray(w->entries, w->cap, sizeof(*w->entries));
		w->leaves = reallocarray(w->leaves, w->cap, sizeof(*w->leaves));
		MUST(w->entries != NULL && w->leaves != NULL);
	}
	w->entries[i] = buf_heap(ENTRY_MAX);
	buf_put(&w->entries[i], entry);
	w->leaves[i] = merkle_leaf(entry);
	if (t.nodes == NULL)
		MUST(touch_init(&t) == ERR_OK);
	MUST(touch_entry(&t, entry, touched, &a) == ERR_OK);
	if (w->extra != NULL && i == w->lie_index)
		list_add(w, span_str(w->extra), i);
	return i;
}

/* ---- the log ---- */
struct bworld *
bw_new(void)
{
	struct bworld *w = calloc(1, sizeof(*w));
	struct genesis g = { .origin = BW_ORIGIN, .authority_count = 1 };
	struct buf b = buf_heap(ENTRY_MAX), policy;

	MUST(w != NULL && crypto_start() == ERR_OK);
	for (unsigned i = 0; i < BW_WHO; i++) {
		uint8_t seed[KEY_BYTES] = { (uint8_t)(i + 1) };

		key_from_seed(&w->keys[i], seed);
		w->seq[i] = 1;
		w->epoch[i] = 1;
	}
	MUST(map_new(&w->map) == ERR_OK);
	memcpy(g.authority[0], w->keys[BW_AUTHORITY].pub, KEY_BYTES);
	memcpy(g.receipt, w->keys[BW_RECEIPT].pub, KEY_BYTES);
	memcpy(g.service, w->keys[BW_SERVICE].pub, KEY_BYTES);
	policy = bw_policy_text(w, "both");
	g.policy = hash_bytes(buf_span(&policy));
	buf_free(&policy);
	MUST(genesis_print(&b, &g) == ERR_OK);
	w->now_ms = START_MS;
	w->hide = UINT64_MAX;
	(void)bw_raw(w, buf_span(&b));
	buf_free(&b);
	return w;
}

void
bw_free(struct bworld *w)
{
	for (uint64_t i = 0; i < w->count; i++)
		buf_free(&w->entries[i]);
	for (size_t i = 0; i < w->list_slots; i++)
		free(w->lists[i].index);
	if (w->version != NULL)
		map_thaw(w->map, w->version);
	map_free(w->map);
	buf_free(&w->note);
	free(w->lists);
	free(w->entries);
	free(w->leaves);
	free(w);
}

uint64_t
bw_put_with(struct bworld *w, enum bw_who who, enum bw_who key,
    enum content content, const char *payload)
{
	struct buf did = buf_heap(DID_WEB_CHARS), b = buf_heap(STATEMENT_MAX);
	struct claims c = { .epoch = w->epoch[who],
		.seq = w->seq[who]++,
		.prev = w->prev[who],
		.clock = 2,
		.mono = (uint64_t)(w->now_ms - START_MS),
		.wall = (uint64_t)w->now_ms };
	struct statement s;
	uint64_t index;

	MUST(did_web_device(&did, BW_HOST, span_str(names[who])) == ERR_OK);
	c.iss = buf_span(&did);
	c.sub = c.iss;
	c.boot[0] = (uint8_t)who;
	w->now_ms += STEP_MS;
	MUST(statement_make(&b, &c, content, span_str(payload), &w->keys[key],
		 NULL) == ERR_OK);
	MUST(statement_parse(&s, buf_span(&b), NULL) == ERR_OK);
	w->prev[who] = statement_hash(&s);
	index = bw_raw(w, buf_span(&b));
	buf_free(&b);
	buf_free(&did);
	return index;
}

uint64_t
bw_put(struct bworld *w, enum bw_who who, enum content content,
    const char *payload)
{
	return bw_put_with(w, who, who, content, payload);
}

static void
put_registry(struct bworld *w, struct buf *payload)
{
	MUST(buf_text(payload) != NULL);
	(void)bw_put(w, BW_AUTHORITY, CONTENT_IS_REGISTRY, buf_text(payload));
	buf_reset(payload);
}

static void
put_org(struct bworld *w, struct buf *b, const char *name)
{
	struct buf did = buf_heap(DID_WEB_CHARS);

	MUST(did_web_org(&did, BW_HOST, span_str(name)) == ERR_OK);
	MUST(registry_put_organisation(
		 b, name, buf_text(&did), NULL, 0, START_MS) == ERR_OK);
	put_registry(w, b);
	buf_free(&did);
}

static void
put_device(struct bworld *w, struct buf *b, enum bw_who who)
{
	struct buf did = buf_heap(DID_WEB_CHARS);
	struct registry_device v = { .name = names[who],
		.organisation = orgs[who],
		.epoch = 1,
		.key = w->keys[who].pub,
		.role = "device" };

	MUST(did_web_device(&did, BW_HOST, span_str(names[who])) == ERR_OK);
	v.did = buf_text(&did);
	MUST(registry_put_device(b, &v, REGISTRY_SET, START_MS) == ERR_OK);
	put_registry(w, b);
	buf_free(&did);
}

void
bw_registry(struct bworld *w, const char *issuance)
{
	struct buf b = buf_heap(STATEMENT_MAX);

	put_org(w, &b, "lumen");
	put_org(w, &b, "harbour");
	put_org(w, &b, "shop");
	for (unsigned who = BW_LINE; who <= BW_SHOP; who++)
		put_device(w, &b, (enum bw_who)who);
	MUST(registry_put_goods(
		 &b, BW_GTIN, "lumen", NULL, issuance, START_MS) == ERR_OK);
	put_registry(w, &b);
	MUST(registry_put_place(&b, "9506000111117", "DE", 525200000, 134050000,
		 "factory", START_MS) == ERR_OK);
	put_registry(w, &b);
	buf_free(&b);
}

static CM_PRINTF(3, 4) uint64_t
    put_event(struct bworld *w, enum bw_who who, const char *fmt, ...)
{
	struct buf b = buf_heap(STATEMENT_MAX);
	char event[4096], time[RFC3339_CHARS + 1];
	uint64_t index;
	va_list ap;

	rfc3339_print(time, w->now_ms);
	va_start(ap, fmt);
	(void)vsnprintf(event, sizeof(event), fmt, ap);
	va_end(ap);
	buf_printf(&b,
	    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\"],\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\",\"creationDate\":\"%s\","
	    "\"epcisBody\":{\"eventList\":[{\"eventTime\":\"%s\","
	    "\"eventTimeZoneOffset\":\"+00:00\",%s}]}}",
	    time, time, event);
	MUST(buf_text(&b) != NULL);
	index = bw_put(w, who, CONTENT_IS_PRODUCT, buf_text(&b));
	buf_free(&b);
	return index;
}

uint64_t
bw_object(struct bworld *w, enum bw_who who, const char *epc,
    const char *action, const char *step, const char *place)
{
	return put_event(w, who,
	    "\"type\":\"ObjectEvent\",\"epcList\":[\"%s\"],"
	    "\"action\":\"%s\",\"bizStep\":\"%s\",\"disposition\":\"%s\","
	    "\"readPoint\":{\"id\":\"%s\"},\"bizLocation\":{\"id\":\"%s\"}",
	    epc, action, step,
	    strcmp(step, "shipping") == 0 ? "in_transit" : "active", place,
	    place);
}

uint64_t
bw_pack(struct bworld *w, enum bw_who who, const char *action,
    const char *parent, const char *child)
{
	return put_event(w, who,
	    "\"type\":\"AggregationEvent\",\"parentID\":\"%s\","
	    "\"childEPCs\":[\"%s\"],\"action\":\"%s\",\"bizStep\":\"%s\","
	    "\"readPoint\":{\"id\":\"" FACTORY "\"}",
	    parent, child, action,
	    strcmp(action, "ADD") == 0 ? "packing" : "unpacking");
}

uint64_t
bw_heartbeat(struct bworld *w, enum bw_who who)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"heartbeat\",\"id\":\"%s\",\"op\":\"set\","
	    "\"from\":%lld}",
	    names[who], (long long)w->now_ms);
	return bw_put(w, who, CONTENT_IS_REGISTRY, text);
}

void
bw_story(struct bworld *w)
{
	(void)bw_object(w, BW_LINE, BW_ITEM, "ADD", "commissioning", FACTORY);
	(void)bw_pack(w, BW_LINE, "ADD", BW_CASE, BW_ITEM);
	(void)bw_pack(w, BW_DOCK, "ADD", BW_PALLET, BW_CASE);
	(void)bw_object(w, BW_DOCK, BW_PALLET, "OBSERVE", "shipping", FACTORY);
	(void)bw_object(
	    w, BW_HARBOUR, BW_PALLET, "OBSERVE", "receiving", FACTORY);
	(void)bw_pack(w, BW_HARBOUR, "DELETE", BW_PALLET, BW_CASE);
	(void)bw_object(w, BW_HARBOUR, BW_CASE, "OBSERVE", "shipping", FACTORY);
	(void)bw_object(w, BW_SHOP, BW_CASE, "OBSERVE", "receiving", FACTORY);
	(void)bw_pack(w, BW_SHOP, "DELETE", BW_CASE, BW_ITEM);
	(void)bw_object(
	    w, BW_SHOP, BW_ITEM, "OBSERVE", "retail_selling", FACTORY);
}

/* ---- source and head ---- */
static enum err
entries_of(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct bworld *w = ctx;
	struct hash key = map_key(subject);
	const struct bw_list *l = w->list_slots == 0 ? NULL : slot(w, &key);
	enum err e = w->fails;

	(void)d;
	for (uint64_t i = 0; l != NULL && e == ERR_OK && i < l->n; i++)
		e = fn(fn_ctx, l->index[i], buf_span(&w->entries[l->index[i]]));
	return e;
}

static enum err
prove(void *ctx, const struct hash *key, struct map_proof *out, struct diag *d)
{
	struct bworld *w = ctx;

	(void)d;
	map_prove(out, w->version, key);
	return ERR_OK;
}

static enum err
visible(void *ctx, const uint64_t *indices, const struct span *entries,
    bool *seen, size_t n, struct diag *d)
{
	struct bworld *w = ctx;

	(void)d;
	(void)entries;
	for (size_t i = 0; i < n; i++)
		seen[i] = indices[i] != w->hide;
	return ERR_OK;
}

static enum err
read_tree(void *ctx, unsigned level, uint64_t first, size_t n, struct hash *out,
    struct diag *d)
{
	const struct bworld *w = ctx;
	size_t width = (size_t)1 << (8 * level);

	(void)d;
	for (size_t i = 0; i < n; i++)
		out[i] = merkle_root_of(&w->leaves[(first + i) * width], width);
	return ERR_OK;
}

static void
put_epoch(struct bworld *w, uint64_t covered)
{
	struct epoch e = { .covered = covered,
		.time_ms = w->now_ms,
		.map_root = map_root(w->map),
		.keys = map_keys(w->map),
		.previous = w->previous };
	struct buf b = buf_heap(ENTRY_MAX);

	e.chain = chain_start(BW_ORIGIN);
	for (uint64_t i = 0; i < w->count; i++)
		e.chain = chain_next(&e.chain, &w->leaves[i]);
	MUST(map_freeze(w->map, &w->version) == ERR_OK);
	MUST(epoch_print(&b, &e) == ERR_OK);
	(void)bw_raw(w, buf_span(&b));
	buf_free(&b);
	w->head.covered = e.covered;
}

static void
put_note(struct bworld *w)
{
	struct checkpoint c = { .origin = BW_ORIGIN, .size = w->count };

	MUST(merkle_root_at(&c.root, c.size, read_tree, w, NULL) == ERR_OK);
	buf_free(&w->note); /* of the seal before */
	w->note = buf_heap(NOTE_MAX);
	MUST(checkpoint_sign(&w->note, &c, &w->keys[BW_LOG]) == ERR_OK);
	MUST(checkpoint_cosign(&w->note, &c, "witness.example/a",
		 (uint64_t)(w->now_ms / 1000), &w->keys[BW_WITNESS]) == ERR_OK);
	MUST(checkpoint_cosign(&w->note, &c, "witness.example/map",
		 (uint64_t)(w->now_ms / 1000),
		 &w->keys[BW_MAP_WITNESS]) == ERR_OK);
}

void
bw_seal(struct bworld *w)
{
	bw_seal_covering(w, w->count);
}

void
bw_seal_covering(struct bworld *w, uint64_t covered)
{
	struct bundle_head *h = &w->head;

	put_epoch(w, covered);
	put_note(w);
	h->note = buf_span(&w->note);
	h->size = w->count;
	h->genesis = buf_span(&w->entries[0]);
	h->epoch = buf_span(&w->entries[w->count - 1]);
	MUST(merkle_inclusion(w->genesis_path, &h->genesis_steps, 0, w->count,
		 read_tree, w, NULL) == ERR_OK);
	MUST(merkle_inclusion(w->epoch_path, &h->epoch_steps, w->count - 1,
		 w->count, read_tree, w, NULL) == ERR_OK);
	h->genesis_path = w->genesis_path;
	h->epoch_path = w->epoch_path;
	w->source = (struct bundle_source){ w, entries_of, prove, visible };
}

static void
put_vkey(
    struct buf *b, const char *name, uint8_t type, const struct sign_key *key)
{
	MUST(note_vkey_print(b, name, type, key->pub) == ERR_OK);
	buf_byte(b, '\n');
}

struct buf
bw_policy_text(const struct bworld *w, const char *quorum)
{
	struct buf b = buf_heap(POLICY_BYTES);

	buf_str(&b, "log ");
	put_vkey(&b, BW_ORIGIN, NOTE_ED25519, &w->keys[BW_LOG]);
	buf_str(&b, "witness plain ");
	put_vkey(
	    &b, "witness.example/a", NOTE_COSIGNATURE, &w->keys[BW_WITNESS]);
	buf_str(&b, "witness map ");
	put_vkey(&b, "witness.example/map", NOTE_COSIGNATURE,
	    &w->keys[BW_MAP_WITNESS]);
	/* One that has not cosigned. */
	buf_str(&b, "witness late ");
	put_vkey(&b, "late.example", NOTE_COSIGNATURE, &w->keys[BW_SPARE]);
	buf_printf(&b, "group both all plain map\nquorum %s\n", quorum);
	MUST(buf_error(&b) == ERR_OK);
	return b;
}

struct policy *
bw_policy(const struct bworld *w, const char *quorum)
{
	struct buf b = bw_policy_text(w, quorum);
	struct policy *p;

	MUST(policy_parse(&p, buf_span(&b), NULL) == ERR_OK);
	buf_free(&b);
	return p;
}

enum err
bw_bundle_try(
    struct buf *out, struct bworld *w, const char *code, struct diag *d)
{
	struct bundle_question q = { .code = span_str(code), .at_ms = BW_AT };

	*out = buf_heap(BUNDLE_MAX);
	return bundle_make(out, &q, &w->head, &w->source, d);
}

struct buf
bw_bundle(struct bworld *w, const char *code)
{
	struct diag d = { 0 };
	struct buf b;
	enum err e = bw_bundle_try(&b, w, code, &d);

	must(e == ERR_OK, d.text);
	return b;
}
