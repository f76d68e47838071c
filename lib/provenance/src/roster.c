/* SPDX-License-Identifier: Apache-2.0 */
#include "provenance/roster.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/did.h"
#include "event/touch.h"

#include "roster_internal.h"

#include "base/banned.h"

#define GTIN_DIGITS 14
#define PREFIX_MIN 4
#define PREFIX_MAX 12

void
roster_put(char *out, size_t cap, const char *text)
{
	size_t n = strlen(text);

	assert(n < cap);
	memcpy(out, text, n);
	memset(out + n, 0, cap - n);
}

void
roster_watch(
    struct roster *r, void (*ask)(void *ctx, struct span subject), void *ctx)
{
	r->ask = ask;
	r->ask_ctx = ctx;
}

void
roster_ask(const struct roster *r, const char *kind, struct span id)
{
	char space[SUBJECT_BYTES];
	size_t n;

	if (r->ask == NULL)
		return;
	n = strlen(kind);
	/* No registry id is longer (formats 1.7): nothing can be there. */
	if (n + id.n > sizeof(space))
		return;
	memcpy(space, kind, n);
	if (id.n > 0)
		memcpy(space + n, id.p, id.n);
	r->ask(r->ask_ctx, span_of(space, n + id.n));
}

struct org_item *
roster_org_item(const struct roster *r, struct span name)
{
	roster_ask(r, "registry/organisation/", name);
	return roster_map_get(&r->orgs, name);
}

struct goods_item *
roster_goods_item(const struct roster *r, struct span key)
{
	roster_ask(r, "goods/", key);
	return roster_map_get(&r->goods, key);
}

struct device_item *
roster_device_item(const struct roster *r, struct span name)
{
	roster_ask(r, "registry/device/", name);
	return roster_map_get(&r->devices, name);
}

struct roster_device *
roster_device(struct roster *r, struct span name)
{
	struct device_item *item = roster_device_item(r, name);

	return item == NULL ? NULL : &item->device;
}

size_t
roster_device_count(const struct roster *r)
{
	return r->devices.count;
}

struct roster_device *
roster_device_at(struct roster *r, size_t i)
{
	struct device_item *item;

	if (i >= r->devices.count)
		return NULL;
	item = r->devices.items[i];
	return &item->device;
}

const struct roster_key *
roster_key(const struct roster_device *d, uint64_t epoch)
{
	for (unsigned i = d->key_count; i-- > 0;)
		if (d->keys[i].epoch == epoch)
			return &d->keys[i];
	return NULL;
}

const uint8_t *
roster_open_key(const struct roster_device *d)
{
	return d->keys[d->key_count - 1].key;
}

const struct roster_org *
roster_org(const struct roster *r, struct span name)
{
	const struct org_item *item = roster_org_item(r, name);

	return item == NULL ? NULL : &item->org;
}

static const struct roster_goods *
goods_get(const struct roster *r, struct span key)
{
	const struct goods_item *item = roster_goods_item(r, key);

	return item == NULL || item->ended ? NULL : &item->goods;
}

const struct roster_goods *
roster_goods(const struct roster *r, const char gtin14[15])
{
	const struct roster_goods *best =
	    goods_get(r, span_of(gtin14, GTIN_DIGITS));

	/* All of them even when one is found: formats 7.3 names them all. */
	for (size_t n = PREFIX_MAX; n >= PREFIX_MIN; n--) {
		const struct roster_goods *g =
		    goods_get(r, span_of(gtin14 + 1, n));

		if (best == NULL)
			best = g;
	}
	return best;
}

/* Room for one more key; the oldest gives way above ROSTER_KEYS. */
static enum err
key_room(struct device_item *item)
{
	struct roster_device *d = &item->device;
	unsigned cap = item->key_cap == 0 ? 1 : 2 * item->key_cap;
	struct roster_key *keys;

	if (d->key_count < item->key_cap)
		return ERR_OK;
	if (d->key_count == ROSTER_KEYS) {
		memmove(d->keys, d->keys + 1,
		    (ROSTER_KEYS - 1) * sizeof(d->keys[0]));
		d->key_count--;
		return ERR_OK;
	}
	keys = reallocarray(d->keys, cap, sizeof(*keys));
	if (keys == NULL)
		return ERR_NOMEM;
	d->keys = keys;
	item->key_cap = cap;
	return ERR_OK;
}

enum err
roster_open_epoch(
    struct device_item *item, const uint8_t key[KEY_BYTES], uint64_t index)
{
	struct roster_device *d = &item->device;
	struct roster_key *k;
	enum err e = key_room(item);

	if (e != ERR_OK)
		return e;
	if (d->key_count != 0)
		d->keys[d->key_count - 1].until_index = index;
	k = &d->keys[d->key_count++];
	memset(k, 0, sizeof(*k));
	k->epoch = ++d->epoch;
	k->from_index = index;
	memcpy(k->key, key, KEY_BYTES);
	return ERR_OK;
}

void
roster_reinstate(struct roster_device *d)
{
	d->revoked = false;
	d->revoked_from_ms = 0;
	d->revoked_index = 0;
	d->suspended = false;
	d->suspended_index = 0;
	d->suspension_registered = false;
	d->registered_index = 0;
}

static void
device_free(struct device_item *item)
{
	if (item != NULL)
		free(item->device.keys);
	free(item);
}

enum err
roster_enrol(struct roster *r, const char *name, const uint8_t key[KEY_BYTES],
    uint64_t index, struct device_item **out)
{
	struct device_item *item = calloc(1, sizeof(*item));
	enum err e = ERR_NOMEM;

	if (item == NULL)
		return e;
	(void)snprintf(
	    item->device.name, sizeof(item->device.name), "%s", name);
	e = roster_open_epoch(item, key, index);
	if (e == ERR_OK)
		e = roster_map_add(&r->devices, item);
	if (e != ERR_OK) {
		device_free(item);
		return e;
	}
	*out = item;
	return ERR_OK;
}

/* formats 2.4: enrolled by the genesis itself, epoch 1, index 0. */
static enum err
enrol_genesis(struct roster *r, const char *name, const char *role,
    enum standing standing, const uint8_t key[KEY_BYTES])
{
	struct device_item *item;
	enum err e = roster_enrol(r, name, key, 0, &item);

	if (e != ERR_OK)
		return e;
	item->standing = standing;
	(void)snprintf(
	    item->device.role, sizeof(item->device.role), "%s", role);
	return ERR_OK;
}

static enum err
enrol_all(struct roster *r, const struct roster_genesis *g)
{
	char name[64];
	enum err e = ERR_OK;

	for (unsigned i = 0; e == ERR_OK && i < g->authority_count; i++) {
		if (i == 0)
			(void)snprintf(name, sizeof(name), "authority");
		else
			(void)snprintf(
			    name, sizeof(name), "authority-%u", i + 1);
		e = enrol_genesis(
		    r, name, "authority", STANDING_AUTHORITY, g->authority[i]);
	}
	if (e == ERR_OK)
		e = enrol_genesis(
		    r, "service", "service", STANDING_SERVICE, g->service);
	return e;
}

enum err
roster_new(struct roster **out, const struct roster_genesis *g)
{
	struct roster *r = calloc(1, sizeof(*r));
	enum err e = ERR_NOMEM;

	*out = NULL;
	if (r == NULL)
		return e;
	r->host = strdup(g->host);
	if (r->host == NULL)
		goto err1;
	e = enrol_all(r, g);
	if (e != ERR_OK)
		goto err1;
	*out = r;
	return ERR_OK;
err1:
	roster_free(r);
	return e;
}

static void
free_items(struct roster_map *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->items[i]);
	roster_map_clear(m);
}

void
roster_free(struct roster *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->devices.count; i++)
		device_free(r->devices.items[i]);
	roster_map_clear(&r->devices);
	for (size_t i = 0; i < r->orgs.count; i++) {
		struct org_item *org = r->orgs.items[i];

		free(org->grants);
	}
	free_items(&r->orgs);
	free_items(&r->goods);
	free_items(&r->keys);
	roster_rights_clear(r);
	free(r->host);
	free(r);
}

struct device_item *
roster_signer(const struct roster *r, struct span iss)
{
	struct span name;

	if (did_web_device_name(&name, r->host, iss) != ERR_OK)
		return NULL;
	return roster_device_item(r, name);
}

void
roster_evidence(struct roster *r, uint64_t index, const struct statement *s)
{
	struct device_item *item = roster_signer(r, s->claims.iss);

	if (item == NULL || item->device.suspended)
		return;
	item->device.suspended = true;
	item->device.suspended_index = index;
}

static enum err
replay_statement(struct roster *r, uint64_t index, const struct statement *s)
{
	struct registry reg;
	enum err e;

	if (s->content != CONTENT_IS_REGISTRY)
		return ERR_OK;
	e = registry_parse(&reg, s->payload, NULL);
	if (e != ERR_OK)
		return e == ERR_NOMEM ? e : ERR_OK;
	e = roster_apply(r, index, s, &reg, NULL);
	registry_clear(&reg);
	return e == ERR_NOMEM || e == ERR_LIMIT ? e : ERR_OK;
}

enum err
roster_replay(struct roster *r, uint64_t index, struct span entry)
{
	enum entry_kind kind = entry_kind(entry);
	struct statement s;

	if (kind == ENTRY_FORK) {
		entry = entry_fork_statement(entry);
	} else if (kind != ENTRY_STATEMENT) {
		return ERR_OK;
	}
	if (statement_parse(&s, entry, NULL) != ERR_OK)
		return ERR_OK;
	if (kind == ENTRY_STATEMENT)
		return replay_statement(r, index, &s);
	roster_evidence(r, index, &s);
	return ERR_OK;
}
