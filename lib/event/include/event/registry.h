/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_REGISTRY_H
#define EVENT_REGISTRY_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/json.h"

/*
 * Registry payloads (formats.md 1.7): who may sign, who holds what.
 */
enum registry_type {
	REGISTRY_ORGANISATION,
	REGISTRY_DEVICE,
	REGISTRY_RIGHT,
	REGISTRY_LICENCE,
	REGISTRY_GOODS,
	REGISTRY_PLACE,
	REGISTRY_RECALL,
	REGISTRY_DELEGATION,
	REGISTRY_SERVICE,
	REGISTRY_USAGE,
	REGISTRY_HEARTBEAT,
	REGISTRY_TAGREAD,
	REGISTRY_INSPECTION,
	REGISTRY_PACK,
	REGISTRY_POLICY,
	REGISTRY_ERASURE,
	REGISTRY_UNLISTED, /* keeps its word in type_word */
};

enum registry_op { REGISTRY_SET, REGISTRY_END, REGISTRY_SUSPEND };

#define REGISTRY_ID 200

struct registry {
	enum registry_type type;
	char type_word[33];
	char id[REGISTRY_ID + 1];
	enum registry_op op;
	int64_t from_ms;
	struct json *body; /* the whole payload; owned, registry_clear() */
};

/*
 * The shape of formats 1.7: I-JSON object, type, id, op, from, and the members
 * that 5.4 reads. ERR_SCHEMA (d names the member). An unlisted type has the
 * shape and comes back as REGISTRY_UNLISTED.
 */
enum err registry_parse(
    struct registry *out, struct span payload, struct diag *d) CM_MUST_USE;
void registry_clear(struct registry *r);

/*
 * Beyond the shape: the members a type needs to have its effect (organisation
 * and key of a device, organisation of goods, id equal to name, …).
 * ERR_SCHEMA naming the member. Unknown members are kept.
 */
enum err registry_check(const struct registry *r, struct diag *d) CM_MUST_USE;

/* Who may read an event (1.7, policy), the narrowest first. */
enum visibility {
	VISIBILITY_AUTHORITY, /* who captured it, and who sees all events */
	VISIBILITY_BRAND,     /* and who has the goods or holds their right */
	VISIBILITY_PARTIES,   /* and sources and destinations; the default */
	VISIBILITY_PUBLIC,    /* and everybody else */
	VISIBILITIES
};
/* false: none of those words. */
bool registry_visibility(enum visibility *out, const char *word);
/* The organisation that a policy is of: what stands before the first slash of
 * its id. */
struct span registry_policy_of(const struct registry *r);

/* Word of a type ("device"). */
const char *registry_word(enum registry_type t);

/*
 * Payload bytes of the commands of interface.md; members in a fixed order.
 */
struct registry_device {
	const char *name;
	const char *organisation;
	const char *did;
	uint64_t epoch;
	const uint8_t *key;        /* KEY_BYTES */
	const char *role;          /* "device", "gateway" */
	const char *reason;        /* NULL none */
	const uint8_t *possession; /* SIG_BYTES, NULL none (2.3) */
};
enum err registry_put_device(struct buf *out, const struct registry_device *v,
    enum registry_op op, int64_t from_ms) CM_MUST_USE;
enum err registry_put_organisation(struct buf *out, const char *name,
    const char *did, const char *const *glns, size_t n,
    int64_t from_ms) CM_MUST_USE;
/* key: GTIN-14 or company prefix. right, issuance may be NULL. */
enum err registry_put_goods(struct buf *out, const char *key,
    const char *organisation, const char *right, const char *issuance,
    int64_t from_ms) CM_MUST_USE;
/* A place of that GLN; lat7, lon7 in 1e-7 degree (formats 1.7). */
enum err registry_put_place(struct buf *out, const char *gln,
    const char *country, int64_t lat7, int64_t lon7, const char *kind,
    int64_t from_ms) CM_MUST_USE;
enum err registry_put_service(struct buf *out, const uint8_t key[KEY_BYTES],
    const char *use, int64_t from_ms) CM_MUST_USE;

/* Bytes a new key signs to show possession (formats 2.3). */
enum err registry_possession(
    struct buf *out, const char *did, uint64_t epoch) CM_MUST_USE;

#endif
