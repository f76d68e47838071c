/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BUNDLE_INTERNAL_H
#define BUNDLE_INTERNAL_H

#include "base/json_out.h"
#include "base/json_scan.h"
#include "ledger/bundle.h"
#include "ledger/logtext.h"

/*
 * The shelf: subjects with their lists, and each entry once. Maker and
 * verifier fill it, one from its source, the other from a bundle; the kernel
 * reads it.
 */
#define BUNDLE_LIST_WHOLE 256 /* formats 7.2: above it may be a range */
#define BUNDLE_RANGE_SHOWN 16 /* newest heartbeats that stand in a range */
#define BUNDLE_EXACT INT64_C(9007199254740991) /* 2^53 - 1 */

struct bundle_entry {
	uint64_t index;
	struct hash leaf;
	struct span bytes; /* of the shelf; n 0: withheld */
	bool hidden;       /* maker: the reader may not see it */
	bool mentioned;    /* maker: its bytes stand above */
	uint32_t node;     /* verifier: JSON node of the first mention */
};

struct bundle_topic {
	struct span subject; /* of the shelf */
	struct hash key;
	bool known; /* false: asked for, and not there */
	bool present;
	uint64_t n;         /* length of the list */
	uint64_t first;     /* place of the first one here */
	uint32_t count;     /* entries here, in log order */
	uint32_t *at;       /* their numbers on the shelf; owned */
	struct hash *items; /* maker: all n of the list; owned */
	uint32_t node;      /* verifier: JSON node */
};

struct bundle_shelf {
	struct bundle_topic *topics;
	size_t topic_count, topic_cap;
	struct bundle_entry *entries;
	size_t entry_count, entry_cap;
	uint32_t *slots; /* entry number + 1 by index, 0 empty */
	size_t slot_count;
	size_t bytes; /* of all entries */
};

void bundle_shelf_clear(struct bundle_shelf *s);
struct bundle_topic *bundle_shelf_find(
    const struct bundle_shelf *s, struct span subject);
/* A new one, neither known nor filled. ERR_LIMIT (BUNDLE_SUBJECTS),
 * ERR_NOMEM. Moves the topics. */
enum err bundle_shelf_topic(struct bundle_shelf *s, struct span subject,
    struct bundle_topic **out) CM_MUST_USE;
/* The entry of that index or a new one (*fresh) without leaf and bytes.
 * ERR_NOMEM. Moves the entries. */
enum err bundle_shelf_entry(struct bundle_shelf *s, uint64_t index,
    uint32_t *number, bool *fresh) CM_MUST_USE;
/* Copies the bytes to the entry and sets its leaf. ERR_LIMIT above BUNDLE_MAX
 * in all. */
enum err bundle_shelf_fill(
    struct bundle_shelf *s, uint32_t number, struct span bytes) CM_MUST_USE;
/* Numbers of the entries with bytes, by index; the caller frees. */
enum err bundle_shelf_order(
    const struct bundle_shelf *s, uint32_t **out, size_t *n) CM_MUST_USE;

/* Of a list above 256 only the newest ones matter: heartbeats. */
bool bundle_newest_only(struct span subject);

/*
 * The kernel: question and shelf -> verdict. What it asks for and is not on
 * the shelf is put there unknown. Pure; the same for maker and verifier.
 */
struct bundle_kernel {
	struct bundle_shelf *shelf;
	const struct genesis *genesis;
	const struct bundle_question *question;
	enum err failed; /* ERR_LIMIT or ERR_NOMEM of an ask */
	/* results: */
	struct answer answer;
	bool refused; /* an entry whose signer had no authority for it */
	uint64_t refused_index;
	struct diag refusal;
};
/* ERR_LIMIT, ERR_NOMEM. */
enum err bundle_kernel_run(struct bundle_kernel *k, struct diag *d) CM_MUST_USE;

/* The member of formats 7.1: findings without their texts, which may be worded
 * anew by the next version. */
void bundle_put_findings(struct json_out *o, const struct answer *a);

/* The bundle's or a subject's members as JSON (bundle_read.c). */
struct bundle_text {
	struct json_doc doc;
	struct json_node *nodes; /* owned */
	struct buf code, note;   /* unescaped */
	struct span origin;
	uint32_t checkpoint, genesis, epoch, subjects, verdict,
	    findings;                         /* nodes */
	uint8_t *genesis_bytes, *epoch_bytes; /* owned */
	size_t genesis_length, epoch_length;
	uint64_t epoch_index;
	struct bundle_question q;
};

/* How a check says no: fills the result once and returns ERR_PROOF. node:
 * where. */
enum err bundle_no(struct bundle_result *r, const struct json_doc *doc,
    enum bundle_check check, uint32_t node, const char *clause, const char *fmt,
    ...) CM_PRINTF(6, 7);

/* Strict reading of the whole form; ERR_PROOF with r filled, ERR_NOMEM. */
enum err bundle_read(struct bundle_text *t, struct bundle_shelf *s,
    struct bundle_result *r, struct span bundle) CM_MUST_USE;
void bundle_text_clear(struct bundle_text *t);
/* Parts read again when they are needed; the form is right by then. */
enum err bundle_read_path(struct hash *out, size_t *n, size_t max,
    const struct json_doc *doc, uint32_t array) CM_MUST_USE;
enum err bundle_read_proof(struct map_proof *out, const struct json_doc *doc,
    const struct bundle_topic *t) CM_MUST_USE;

#endif
