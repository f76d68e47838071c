/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry statement changes, and who may make the change
 * (formats 1.7).
 */
#include "provenance/roster.h"

#include <stdlib.h>

#include "base/text.h"
#include "event/did.h"

#include "roster_internal.h"

#include "base/banned.h"

static const char clause[] = "formats 1.7";

static uint32_t
bit(enum registry_type t)
{
	return (uint32_t)1 << t;
}

static struct key_item *
key_find(const struct roster *r, const uint8_t key[KEY_BYTES])
{
	char did[DID_KEY_CHARS + 1];

	did_key_print(did, key);
	roster_ask(r, "registry/delegation/", span_str(did));
	roster_ask(r, "registry/service/", span_str(did));
	return roster_map_get(&r->keys, span_str(did));
}

static enum err
key_make(struct roster *r, const uint8_t key[KEY_BYTES], struct key_item **out)
{
	struct key_item *item = key_find(r, key);
	enum err e;

	*out = item;
	if (item != NULL)
		return ERR_OK;
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return ERR_NOMEM;
	did_key_print(item->did, key);
	e = roster_map_add(&r->keys, item);
	if (e != ERR_OK) {
		free(item);
		return e;
	}
	*out = item;
	return ERR_OK;
}

/* The types that ingest's key signs. */
static bool
service_may(const struct registry *reg)
{
	return reg->type == REGISTRY_USAGE || reg->type == REGISTRY_TAGREAD ||
	       (reg->type == REGISTRY_DEVICE && reg->op == REGISTRY_SUSPEND);
}

static bool
key_may(const struct key_item *key, const struct registry *reg)
{
	if (key->ingest && service_may(reg))
		return true;
	return (key->delegated & bit(reg->type)) != 0;
}

/* organisation.keys[] speaks for devices of that organisation only: whoever
 * replays a part of the log finds the organisation from the signer, and could
 * not look through all of them. */
static bool
org_lets(const struct step *t)
{
	const char *name = t->signer->device.organisation;
	const struct org_item *org;

	if (name[0] == '\0' || !roster_policy_own(t))
		return false;
	org = roster_org_item(t->r, span_str(name));
	for (size_t i = 0; org != NULL && i < org->grant_count; i++) {
		const struct org_grant *g = &org->grants[i];

		if (memcmp(g->key, t->s->kid, KEY_BYTES) == 0 &&
		    (g->may & bit(t->reg->type)) != 0)
			return true;
	}
	return false;
}

/* The keys of the genesis are the authority's own affair: whoever could give
 * them an epoch would hold every right. Suspending one is ingest's duty. */
static bool
reserved(const struct step *t)
{
	const struct device_item *about;

	if (t->reg->type != REGISTRY_DEVICE || t->reg->op == REGISTRY_SUSPEND)
		return false;
	about = roster_device_item(t->r, span_str(t->reg->id));
	return about != NULL && about->standing != STANDING_DEVICE;
}

static bool
entitled(const struct step *t)
{
	const struct registry *reg = t->reg;
	const struct key_item *key;

	if (t->signer->standing == STANDING_AUTHORITY || t->opens)
		return true;
	if (reg->type == REGISTRY_HEARTBEAT)
		return strcmp(reg->id, t->signer->device.name) == 0;
	if (reserved(t))
		return false;
	if (t->signer->standing == STANDING_SERVICE && service_may(reg))
		return true;
	key = key_find(t->r, t->s->kid);
	return (key != NULL && key_may(key, reg)) || org_lets(t);
}

/* ERR_FORBIDDEN unless the signer is enrolled and signed with its key of that
 * epoch: holds for all that ingest admits, and is asked again because a
 * verifier replays what it did not admit. */
static enum err
find_signer(struct step *t)
{
	const struct roster_device *dev;

	t->signer = roster_signer(t->r, t->s->claims.iss);
	if (t->signer == NULL)
		return diag_fail(t->d, ERR_FORBIDDEN, clause,
		    "%s %s: signer is not enrolled", t->reg->type_word,
		    t->reg->id);
	dev = &t->signer->device;
	/* Not what evidence alone says: it touches no subject of the registry
	 * (5.4), and ingest admits nothing after it anyway. */
	t->opens = roster_looks_opening(dev, t->s, t->reg) &&
		   !dev->suspension_registered;
	if ((!t->opens && t->s->claims.epoch != dev->epoch) ||
	    memcmp(t->s->kid, roster_open_key(dev), KEY_BYTES) != 0)
		return diag_fail(t->d, ERR_FORBIDDEN, clause,
		    "%s %s: not signed with the open key of %s",
		    t->reg->type_word, t->reg->id, dev->name);
	return ERR_OK;
}

enum err
roster_org_wanted(const struct step *t, const char *name)
{
	const struct roster_org *org = roster_org(t->r, span_str(name));

	if (org == NULL || org->ended)
		return diag_fail(t->d, ERR_FORBIDDEN, clause,
		    "organisation not registered: %s", name);
	return ERR_OK;
}

enum err
roster_short_text(const struct step *t, char *out, size_t cap, const char *name)
{
	const char *text = "";
	enum err e = json_opt_text(&text, t->reg->body, name, t->d);

	if (e != ERR_OK)
		return e;
	if (strlen(text) >= cap)
		return diag_fail(t->d, ERR_SCHEMA, clause,
		    "%s: got %zu bytes, wanted at most %zu", name, strlen(text),
		    cap - 1);
	roster_put(out, cap, text);
	return ERR_OK;
}

/* The epoch and key that a set names, held against what is enrolled. */
static enum err
check_succession(const struct step *t, const struct device_item *about,
    const struct device_claim *c)
{
	uint64_t open = about == NULL ? 0 : about->device.epoch;
	bool same = about != NULL && !t->opens && c->epoch == open;

	if (!same && c->epoch != open + 1)
		return diag_fail(t->d, ERR_FORBIDDEN, "formats 2.3",
		    "epoch of %s: got %llu, wanted %llu", t->reg->id,
		    (unsigned long long)c->epoch, (unsigned long long)open + 1);
	if (same &&
	    memcmp(c->key, roster_open_key(&about->device), KEY_BYTES) != 0)
		return diag_fail(t->d, ERR_FORBIDDEN, "formats 2.3",
		    "epoch %llu of %s is enrolled with another key",
		    (unsigned long long)open, t->reg->id);
	return ERR_OK;
}

/* What a device statement says beside epoch and key. */
struct membership {
	char organisation[64];
	char role[16];
};

static enum err
read_membership(struct membership *out, const struct step *t,
    const struct device_item *about)
{
	enum err e = roster_short_text(
	    t, out->organisation, sizeof(out->organisation), "organisation");

	if (e == ERR_OK)
		e = roster_short_text(t, out->role, sizeof(out->role), "role");
	if (e != ERR_OK)
		return e;
	/* formats 2.4: the genesis keys belong to no organisation. */
	if (about != NULL && about->standing != STANDING_DEVICE)
		return ERR_OK;
	/* A new key is no new employer. */
	if (t->opens &&
	    strcmp(out->organisation, about->device.organisation) != 0)
		return diag_fail(t->d, ERR_FORBIDDEN, "formats 2.3",
		    "organisation of %s: got %s, wanted %s", t->reg->id,
		    out->organisation, about->device.organisation);
	return t->opens ? ERR_OK : roster_org_wanted(t, out->organisation);
}

/* A revocation or suspension is never lifted by the device itself, not even
 * before it begins. */
static enum err
enrol_or_open(const struct step *t, struct device_item **about,
    const struct device_claim *c)
{
	enum err e;

	if (*about == NULL)
		return roster_enrol(t->r, t->reg->id, c->key, t->index, about);
	if (c->epoch == (*about)->device.epoch)
		return ERR_OK;
	e = roster_open_epoch(*about, c->key, t->index);
	if (e == ERR_OK && *about != t->signer)
		roster_reinstate(&(*about)->device);
	return e;
}

static enum err
set_device(const struct step *t, struct device_item *about)
{
	struct device_claim c;
	struct membership m;
	enum err e = roster_device_claim(&c, t->r, t->reg, t->d);

	if (e == ERR_OK)
		e = check_succession(t, about, &c);
	if (e == ERR_OK)
		e = roster_check_possession(
		    &c, t->reg, about == t->signer, t->d);
	if (e == ERR_OK)
		e = read_membership(&m, t, about);
	if (e == ERR_OK)
		e = enrol_or_open(t, &about, &c);
	if (e != ERR_OK)
		return e;
	if (about->standing != STANDING_DEVICE || t->opens)
		return ERR_OK;
	memcpy(
	    about->device.organisation, m.organisation, sizeof(m.organisation));
	memcpy(about->device.role, m.role, sizeof(m.role));
	return ERR_OK;
}

static enum err
apply_device(const struct step *t)
{
	struct device_item *about =
	    roster_device_item(t->r, span_str(t->reg->id));
	struct roster_device *dev;

	if (!name_valid(span_str(t->reg->id)))
		return diag_fail(
		    t->d, ERR_SCHEMA, clause, "device: id is no name");
	if (t->reg->op == REGISTRY_SET)
		return set_device(t, about);
	if (about == NULL)
		return diag_fail(t->d, ERR_FORBIDDEN, clause,
		    "device not enrolled: %s", t->reg->id);
	dev = &about->device;
	if (t->reg->op == REGISTRY_END) {
		dev->revoked = true;
		dev->revoked_from_ms = t->reg->from_ms;
		dev->revoked_index = t->index;
		return ERR_OK;
	}
	if (!dev->suspended)
		dev->suspended_index = t->index;
	if (!dev->suspension_registered)
		dev->registered_index = t->index;
	dev->suspended = true;
	dev->suspension_registered = true;
	return ERR_OK;
}

/* The types of a may list; words that are no type of ours give nothing. */
static enum err
read_may(uint32_t *out, const struct json *object, struct diag *d)
{
	const struct json *may = json_get(object, "may");

	*out = 0;
	if (!json_is_array(may))
		return diag_fail(
		    d, ERR_SCHEMA, clause, "may: wanted an array of types");
	for (size_t i = 0; i < json_count(may); i++) {
		const char *word = json_text(json_at(may, i));

		if (word == NULL)
			return diag_fail(
			    d, ERR_SCHEMA, clause, "may: wanted strings");
		for (int k = 0; k < REGISTRY_UNLISTED; k++)
			if (strcmp(word,
				registry_word((enum registry_type)k)) == 0)
				*out |= bit((enum registry_type)k);
	}
	return ERR_OK;
}

static enum err
read_key(uint8_t key[KEY_BYTES], const struct json *object, struct diag *d)
{
	const char *text;
	enum err e = json_get_text(&text, object, "key", d);

	if (e == ERR_OK && did_key_parse(key, span_str(text)) != ERR_OK)
		e = diag_fail(d, ERR_SCHEMA, "formats 2.1",
		    "key: wanted a did:key of Ed25519");
	return e;
}

static void
drop_grants(struct org_item *org)
{
	free(org->grants);
	org->grants = NULL;
	org->grant_count = 0;
}

/* keys[] of an organisation statement, on the heap. */
static enum err
read_grants(const struct step *t, struct org_grant **out, size_t *n)
{
	const struct json *keys = json_get(t->reg->body, "keys");
	struct org_grant *grants;
	enum err e = ERR_OK;

	*out = NULL;
	*n = 0;
	if (keys == NULL || json_count(keys) == 0)
		return ERR_OK;
	grants = calloc(json_count(keys), sizeof(*grants));
	if (grants == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; e == ERR_OK && i < json_count(keys); i++) {
		const struct json *key = json_at(keys, i);

		e = read_key(grants[i].key, key, t->d);
		if (e == ERR_OK)
			e = read_may(&grants[i].may, key, t->d);
	}
	if (e != ERR_OK) {
		free(grants);
		return e;
	}
	*out = grants;
	*n = json_count(keys);
	return ERR_OK;
}

static enum err
org_make(struct roster *r, const char *name, struct org_item **out)
{
	struct org_item *org = roster_org_item(r, span_str(name));
	enum err e;

	*out = org;
	if (org != NULL)
		return ERR_OK;
	org = calloc(1, sizeof(*org));
	if (org == NULL)
		return ERR_NOMEM;
	roster_put(org->org.name, sizeof(org->org.name), name);
	e = roster_map_add(&r->orgs, org);
	if (e != ERR_OK) {
		free(org);
		return e;
	}
	*out = org;
	return ERR_OK;
}

static enum err
set_org(const struct step *t)
{
	char did[sizeof(((struct roster_org *)0)->did)];
	struct org_grant *grants = NULL;
	struct org_item *org;
	size_t n;
	enum err e = roster_short_text(t, did, sizeof(did), "did");

	if (e == ERR_OK)
		e = read_grants(t, &grants, &n);
	if (e == ERR_OK)
		e = org_make(t->r, t->reg->id, &org);
	if (e != ERR_OK) {
		free(grants);
		return e;
	}
	drop_grants(org);
	org->grants = grants;
	org->grant_count = n;
	memcpy(org->org.did, did, sizeof(did));
	org->org.index = t->index;
	org->org.ended = false;
	return ERR_OK;
}

static enum err
apply_org(const struct step *t)
{
	struct org_item *org;

	if (!name_valid(span_str(t->reg->id)))
		return diag_fail(
		    t->d, ERR_SCHEMA, clause, "organisation: id is no name");
	if (t->reg->op == REGISTRY_SET)
		return set_org(t);
	org = roster_org_item(t->r, span_str(t->reg->id));
	if (t->reg->op != REGISTRY_END || org == NULL)
		return diag_fail(t->d, ERR_FORBIDDEN, clause,
		    "organisation %s: %s", t->reg->id,
		    org == NULL ? "not registered" : "cannot be suspended");
	drop_grants(org);
	org->org.index = t->index;
	org->org.ended = true;
	return ERR_OK;
}

static enum err
goods_make(struct roster *r, const char *key, struct goods_item **out)
{
	struct goods_item *item = roster_goods_item(r, span_str(key));
	enum err e;

	*out = item;
	if (item != NULL)
		return ERR_OK;
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return ERR_NOMEM;
	roster_put(item->goods.key, sizeof(item->goods.key), key);
	e = roster_map_add(&r->goods, item);
	if (e != ERR_OK) {
		free(item);
		return e;
	}
	*out = item;
	return ERR_OK;
}

static enum err
set_goods(const struct step *t)
{
	struct roster_goods g = { .index = t->index };
	char issuance[8];
	struct goods_item *item;
	enum err e = roster_short_text(
	    t, g.organisation, sizeof(g.organisation), "organisation");

	if (e == ERR_OK)
		e = roster_org_wanted(t, g.organisation);
	if (e == ERR_OK)
		e = roster_short_text(t, g.right, sizeof(g.right), "right");
	if (e == ERR_OK)
		e = roster_short_text(
		    t, issuance, sizeof(issuance), "issuance");
	if (e == ERR_OK)
		e = goods_make(t->r, t->reg->id, &item);
	if (e != ERR_OK)
		return e;
	g.during = strcmp(issuance, "during") == 0;
	memcpy(g.key, item->goods.key, sizeof(g.key));
	item->goods = g;
	item->ended = false;
	return ERR_OK;
}

static enum err
apply_goods(const struct step *t)
{
	struct goods_item *item;

	if (strlen(t->reg->id) >= sizeof(item->goods.key))
		return diag_fail(t->d, ERR_SCHEMA, clause,
		    "goods: id: wanted a GTIN-14 or a prefix");
	if (t->reg->op == REGISTRY_SET)
		return set_goods(t);
	item = roster_goods_item(t->r, span_str(t->reg->id));
	if (t->reg->op != REGISTRY_END || item == NULL)
		return diag_fail(t->d, ERR_FORBIDDEN, clause, "goods %s: %s",
		    t->reg->id,
		    item == NULL ? "not registered" : "cannot be suspended");
	item->ended = true;
	return ERR_OK;
}

/* delegation and service: id is the key (1.7). */
static enum err
apply_key(const struct step *t)
{
	uint8_t key[KEY_BYTES];
	struct key_item *item;
	const char *use = "";
	uint32_t may = 0;
	bool set = t->reg->op == REGISTRY_SET;
	bool delegation = t->reg->type == REGISTRY_DELEGATION;
	enum err e = ERR_OK;

	if (did_key_parse(key, span_str(t->reg->id)) != ERR_OK)
		return diag_fail(t->d, ERR_SCHEMA, clause,
		    "%s: id: wanted a did:key", t->reg->type_word);
	if (set && delegation)
		e = read_may(&may, t->reg->body, t->d);
	else if (set)
		e = json_get_text(&use, t->reg->body, "use", t->d);
	if (e == ERR_OK)
		e = key_make(t->r, key, &item);
	if (e != ERR_OK)
		return e;
	if (delegation)
		item->delegated = may;
	else
		item->ingest = strcmp(use, "ingest") == 0;
	return ERR_OK;
}

static enum err
take_effect(const struct step *t)
{
	switch (t->reg->type) {
	case REGISTRY_DEVICE:
		return apply_device(t);
	case REGISTRY_ORGANISATION:
		return apply_org(t);
	case REGISTRY_GOODS:
		return apply_goods(t);
	case REGISTRY_DELEGATION:
	case REGISTRY_SERVICE:
		return apply_key(t);
	case REGISTRY_RIGHT:
		return roster_apply_right(t);
	case REGISTRY_LICENCE:
		return roster_apply_licence(t);
	case REGISTRY_RECALL:
		return roster_apply_recall(t);
	case REGISTRY_PLACE:
		return roster_apply_place(t);
	case REGISTRY_USAGE:
		return roster_apply_usage(t);
	case REGISTRY_POLICY:
		return roster_apply_policy(t);
	default:
		/* Others have their effect where verdicts are made. */
		return ERR_OK;
	}
}

enum err
roster_apply(struct roster *r, uint64_t index, const struct statement *s,
    const struct registry *reg, struct diag *d)
{
	struct step t = { r, index, s, reg, NULL, false, d };
	enum err e;

	if (reg->type == REGISTRY_UNLISTED)
		return diag_fail(d, ERR_SCHEMA, clause,
		    "type: %s is not a registry type", reg->type_word);
	e = registry_check(reg, d);
	if (e == ERR_OK)
		e = find_signer(&t);
	if (e != ERR_OK)
		return e;
	if (!entitled(&t))
		return diag_fail(d, ERR_FORBIDDEN, clause,
		    "%s may not sign %s statements (id %s)",
		    t.signer->device.name, reg->type_word, reg->id);
	return take_effect(&t);
}
