/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_ROSTER_INTERNAL_H
#define PROVENANCE_ROSTER_INTERNAL_H

#include "event/did.h"
#include "provenance/rights.h"

/*
 * A set of heap items whose first member is their key, a NUL-terminated text
 * in place. Items keep their address; they are never taken out.
 */
struct roster_map {
	void **items; /* in order of arrival; owned */
	size_t count;
	size_t cap;
	uint32_t *slots; /* item number + 1, 0 empty; a power of two of them */
	size_t slot_count;
};

/* The item of that key or NULL. */
void *roster_map_get(const struct roster_map *m, struct span key);
/* Adds an item (given away) whose key is not there yet. ERR_NOMEM. */
enum err roster_map_add(struct roster_map *m, void *item) CM_MUST_USE;
/* Frees the table, not the items. */
void roster_map_clear(struct roster_map *m);

enum standing {
	STANDING_DEVICE,
	STANDING_AUTHORITY, /* a key of the genesis: signs everything */
	STANDING_SERVICE,   /* ingest's key of the genesis */
};

struct device_item {
	struct roster_device device; /* first: its name is the key */
	enum standing standing;
	unsigned key_cap;
};

struct org_item {
	struct roster_org org; /* first */
	struct org_grant *grants;
	size_t grant_count;
};

/* organisation.keys[] and delegation: which types a key may sign. */
struct org_grant {
	uint8_t key[KEY_BYTES];
	uint32_t may; /* bit 1 << enum registry_type */
};

struct goods_item {
	struct roster_goods goods; /* first */
	bool ended;
};

/* What delegation and service statements say about one key. */
struct key_item {
	char did[DID_KEY_CHARS + 1]; /* first */
	uint32_t delegated;
	bool ingest; /* service, use ingest */
};

struct right_item {
	struct roster_right right; /* first */
};
struct licence_item {
	struct roster_licence licence; /* first */
};
struct recall_item {
	struct roster_recall recall; /* first */
};
struct place_item {
	struct roster_place place; /* first */
};
struct usage_item {
	struct roster_usage usage; /* first */
};
struct policy_item {
	char id[REGISTRY_ID + 1]; /* first */
	enum visibility visibility;
	char goods[15]; /* GTIN-14 or prefix, "" all */
	struct word_list steps;
	uint64_t index;
	bool force; /* it has not ended */
};
/* Items of another map under a key of theirs, in order of arrival. */
struct group_item {
	char key[REGISTRY_ID + 1]; /* first */
	void **members;
	size_t n;
	size_t cap;
};

struct roster {
	char *host;
	struct roster_map devices;
	struct roster_map orgs;
	struct roster_map goods;
	struct roster_map keys;
	struct roster_map rights;
	struct roster_map licences;
	struct roster_map licences_of; /* by right */
	struct roster_map recalls;
	struct roster_map recalls_of; /* by GTIN-14 */
	struct roster_map places;
	struct roster_map usages;
	struct roster_map policies;
	struct roster_map policies_of; /* by organisation */
	size_t policies_in_force;
	void (*ask)(void *ctx, struct span subject); /* NULL: off */
	void *ask_ctx;
};

#define SUBJECT_BYTES (32 + REGISTRY_ID)
/* Tells the watcher that an answer rests on the entries of kind and id. */
void roster_ask(const struct roster *r, const char *kind, struct span id);
/* Each look-up goes through one of these, which tell the watcher. */
struct org_item *roster_org_item(const struct roster *r, struct span name);
struct goods_item *roster_goods_item(const struct roster *r, struct span key);

/* One registry statement on its way through. */
struct step {
	struct roster *r;
	uint64_t index;
	const struct statement *s;
	const struct registry *reg;
	struct device_item *signer;
	bool opens; /* the statement of 2.3 */
	struct diag *d;
};

/* Text of a member that fits its place, "" absent. ERR_SCHEMA. */
enum err roster_short_text(
    const struct step *t, char *out, size_t cap, const char *name) CM_MUST_USE;
/* The effect of a statement whose signer is entitled. */
enum err roster_apply_right(const struct step *t) CM_MUST_USE;
enum err roster_apply_licence(const struct step *t) CM_MUST_USE;
enum err roster_apply_recall(const struct step *t) CM_MUST_USE;
enum err roster_apply_place(const struct step *t) CM_MUST_USE;
enum err roster_apply_usage(const struct step *t) CM_MUST_USE;
enum err roster_apply_policy(const struct step *t) CM_MUST_USE;
/* false: a policy of another organisation than the signer's. */
bool roster_policy_own(const struct step *t);
void roster_policy_free(void *item);
void roster_rights_clear(struct roster *r);

/* Shared by those. An array of texts, none when it is absent. */
enum err roster_read_words(struct word_list *out, const struct step *t,
    const char *member) CM_MUST_USE;
void roster_words_clear(struct word_list *list);
void roster_terms_clear(struct licence_terms *v);
/* ERR_FORBIDDEN unless the organisation is registered. */
enum err roster_org_wanted(const struct step *t, const char *name) CM_MUST_USE;
/* ERR_FORBIDDEN unless the op is end and there is what it ends. */
enum err roster_no_suspension(const struct step *t, bool known) CM_MUST_USE;
/* The item of that key, made of size zero bytes and key when it is not there;
 * key_cap: room of the key. */
enum err roster_item_make(struct roster_map *m, const char *key, size_t key_cap,
    size_t size, void **out) CM_MUST_USE;
enum err roster_group_add(
    struct roster_map *m, const char *key, void *member) CM_MUST_USE;
void *roster_group_at(const struct roster_map *m, struct span key, size_t i);

/* Copies a text that is known to fit. */
void roster_put(char *out, size_t cap, const char *text);

/* The enrolled device that iss names, NULL if none. */
struct device_item *roster_signer(const struct roster *r, struct span iss);
struct device_item *roster_device_item(
    const struct roster *r, struct span name);

/* A new device with its first key. */
enum err roster_enrol(struct roster *r, const char *name,
    const uint8_t key[KEY_BYTES], uint64_t index,
    struct device_item **out) CM_MUST_USE;
/* Closes the open epoch at index and opens the next. Revocation and suspension
 * stay. */
enum err roster_open_epoch(struct device_item *item,
    const uint8_t key[KEY_BYTES], uint64_t index) CM_MUST_USE;
/* What a new epoch by the authority means for the device: a fresh start. */
void roster_reinstate(struct roster_device *d);
/* The key of the open epoch. */
const uint8_t *roster_open_key(const struct roster_device *d);

/*
 * Whether s is by its place the statement of formats 2.3: a device sets itself
 * in seq 1 of the epoch after the open one.
 */
bool roster_looks_opening(const struct roster_device *d,
    const struct statement *s, const struct registry *reg);
/* Did, epoch, key and possession of a device payload. */
struct device_claim {
	const char *did;
	uint64_t epoch;
	uint8_t key[KEY_BYTES];
};
/* ERR_SCHEMA for members, ERR_FORBIDDEN for another did. */
enum err roster_device_claim(struct device_claim *out, const struct roster *r,
    const struct registry *reg, struct diag *d) CM_MUST_USE;
/* ERR_FORBIDDEN: possession is wrong, or wanted and absent. */
enum err roster_check_possession(const struct device_claim *c,
    const struct registry *reg, bool wanted, struct diag *d) CM_MUST_USE;

#endif
