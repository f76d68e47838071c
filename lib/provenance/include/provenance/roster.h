/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_ROSTER_H
#define PROVENANCE_ROSTER_H

#include "base/crypto.h"
#include "base/diag.h"
#include "event/registry.h"
#include "event/statement.h"

/*
 * Who is who at one point of the log: organisations, devices with their key
 * epochs, delegated and service keys, goods, places. A pure fold over the
 * genesis and the registry entries in log order, the same in ingest, the API
 * and the offline verifier. One thread at a time.
 */
struct roster;

struct roster_genesis {
	const char *host; /* of the origin */
	const uint8_t (*authority)[KEY_BYTES];
	unsigned authority_count;
	const uint8_t *service; /* KEY_BYTES */
};

/* Enrols authority, authority-2, …, service (formats 2.4). */
enum err roster_new(
    struct roster **out, const struct roster_genesis *g) CM_MUST_USE;
void roster_free(struct roster *r);

/*
 * Calls ask, for each look-up that a call from outside or roster_apply(),
 * roster_replay() or roster_admit() makes from now on, with the subject
 * (formats 5.4) on whose complete list of entries it rests, as
 * `registry/device/<name>` or `goods/<gtin14>`; the same one may come many
 * times. The subject is borrowed for the call. A roster fed, in log order,
 * with the entries of the subjects asked while it was fed and then answered
 * (the fixpoint) gives the same answers as the roster of the whole log. Not
 * so roster_device_count(), roster_device_at(), roster_visibility() and what
 * evidence alone does (suspended, suspended_index), which rest on the whole
 * log. NULL: off.
 */
void roster_watch(
    struct roster *r, void (*ask)(void *ctx, struct span subject), void *ctx);

#define ROSTER_KEYS 32 /* key epochs kept a device */

struct roster_key {
	uint64_t epoch;
	uint8_t key[KEY_BYTES];
	uint64_t from_index;  /* entry that opened it */
	uint64_t until_index; /* entry that opened the next, 0 open */
};

struct roster_device {
	char name[64];
	char organisation[64]; /* "" for the genesis keys */
	char role[16];
	uint64_t epoch; /* the open one */
	unsigned key_count;
	struct roster_key *keys; /* newest ROSTER_KEYS, ascending; moves with
				  * the next statement about the device */
	bool revoked;
	int64_t revoked_from_ms;
	uint64_t revoked_index;
	bool suspended;
	uint64_t suspended_index;
	bool suspension_registered; /* by a statement, not only by evidence */
	uint64_t registered_index;  /* that statement */
	void *user;                 /* the caller's; NULL at first */
};

/* NULL when no such device is enrolled. The pointer stays valid as long as
 * the roster. */
struct roster_device *roster_device(struct roster *r, struct span name);
size_t roster_device_count(const struct roster *r);
struct roster_device *roster_device_at(struct roster *r, size_t i);
/* The key of an epoch, NULL if it never was; valid until the next statement
 * about the device is applied. */
const struct roster_key *roster_key(
    const struct roster_device *d, uint64_t epoch);

struct roster_org {
	char name[64];
	char did[400];
	uint64_t index; /* newest statement about it */
	bool ended;
};
const struct roster_org *roster_org(const struct roster *r, struct span name);

struct roster_goods {
	char key[15]; /* GTIN-14, or company prefix */
	char organisation[64];
	char right[64]; /* "" none */
	bool during;    /* issuance */
	uint64_t index;
};
/* Goods by GTIN-14: the exact statement, else the longest prefix (4 to 12
 * digits after the first); NULL when nothing connects the GTIN. */
const struct roster_goods *roster_goods(
    const struct roster *r, const char gtin14[15]);

/*
 * Formats 1.5 from iss to the signature's key, for a parsed statement whose
 * topic names topic_device: ERR_OK (*out is the device), ERR_UNKNOWN_DEVICE,
 * ERR_EPOCH, ERR_BAD_SIGNATURE (kid), then ERR_REVOKED, ERR_SUSPENDED.
 * *opens is true for the statement of 2.3 (seq 1 of epoch n+1 signed with key
 * n, a valid device statement with possession); reg is its parsed payload or
 * NULL. signature_ok is what statement_verify() said. *out is the device that
 * iss names also where a later check fails: who it is, not that it spoke.
 */
enum err roster_admit(struct roster *r, const struct statement *s,
    struct span topic_device, const struct registry *reg, bool signature_ok,
    int64_t now_ms, struct roster_device **out, bool *opens,
    struct diag *d) CM_MUST_USE;

/*
 * Applies a registry statement that stands in the log at index. ERR_OK; else
 * it had no effect: ERR_SCHEMA (unlisted type, members), ERR_FORBIDDEN (signer
 * not entitled, or a step that is not allowed, such as a key epoch that does
 * not follow).
 */
enum err roster_apply(struct roster *r, uint64_t index,
    const struct statement *s, const struct registry *reg,
    struct diag *d) CM_MUST_USE;

/* Fork evidence in the log (3.4): suspends the device named by the statement.
 */
void roster_evidence(
    struct roster *r, uint64_t index, const struct statement *s);

/* Replays one entry of any kind from its bytes; entries that are no registry
 * statement or evidence do nothing. A payload without effect is ERR_OK too:
 * the log holds it all the same. */
enum err roster_replay(
    struct roster *r, uint64_t index, struct span entry) CM_MUST_USE;

#endif
