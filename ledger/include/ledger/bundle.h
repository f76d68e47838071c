/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_BUNDLE_H
#define LEDGER_BUNDLE_H

#include "ledger/map.h"
#include "ledger/merkle.h"
#include "ledger/policy.h"
#include "provenance/custody.h"
#include "provenance/verdict.h"

/*
 * Proof bundles (formats.md 7): made by who has the ledger, checked by a
 * stranger. Pure: no database, no network. Maker and verifier compute the
 * verdict by the same function from the subjects in the bundle alone, so that
 * what the maker put in is what the verifier needs.
 */
#define BUNDLE_MAX ((size_t)16 << 20) /* bytes */
#define BUNDLE_SUBJECTS 4096

enum bundle_outcome {
	BUNDLE_GENUINE,    /* exit 0 */
	BUNDLE_OTHERWISE,  /* exit 1 */
	BUNDLE_NOT_PROVEN, /* exit 2 */
};

/* The checks of 7.4 in their order. */
enum bundle_check {
	BUNDLE_FORM,             /* the JSON and its members */
	BUNDLE_NOTE,             /* checkpoint and its signatures */
	BUNDLE_QUORUM,           /* of witnesses */
	BUNDLE_GENESIS,          /* at index 0 */
	BUNDLE_EPOCH,            /* at size - 1 */
	BUNDLE_MAP,              /* a subject's proof */
	BUNDLE_LIST,             /* an entry's hash in its list */
	BUNDLE_SIGNATURE,        /* of a statement */
	BUNDLE_AUTHORITY,        /* of a device at that point of the log */
	BUNDLE_SUBJECTS_MISSING, /* the verdict rests on one that is not there
				  */
	BUNDLE_VERDICT,          /* computed is not stated */
	BUNDLE_CHECKS,
};
/* "form", "note", "quorum", "genesis", "epoch", "map", "list", "signature",
 * "authority", "subjects", "verdict". */
const char *bundle_check_word(enum bundle_check c);

struct bundle_result {
	enum bundle_outcome outcome;
	char verdict[32];   /* stated, once it was read; "" */
	uint64_t as_of;     /* covered size n (4.5), 0 unknown */
	bool map_witnessed; /* formats 6.2; false where a check failed */
	bool withheld;      /* some entries are hashes only */
	bool failed;        /* what follows is set */
	enum bundle_check check;
	char where[200]; /* "subjects[3].entries[0]" */
	char clause[32];
	char detail[240];
	/* for people; set as far as the checks came: */
	char origin[ORIGIN_CHARS + 1];
	char code[320];    /* asked for, cut; control characters as ? */
	int64_t at_ms;     /* of the question */
	int64_t epoch_ms;  /* time of the epoch entry */
	unsigned cosigned; /* witnesses of the policy */
	bool judged;       /* answer is set */
	struct answer answer;
};
/* The one entry point. ERR_NOMEM only; all else is in the result. */
enum err bundle_verify(struct bundle_result *out, struct span bundle,
    const struct policy *policy) CM_MUST_USE;
/* The object of 7.4, `--json`. ERR_SPACE, ERR_NOMEM. */
enum err bundle_result_json(
    struct buf *out, const struct bundle_result *r) CM_MUST_USE;

/* ---- making one ---- */
struct bundle_head {
	struct span note; /* published checkpoint */
	uint64_t size;
	struct span genesis, epoch; /* entries 0 and size - 1 */
	const struct hash *genesis_path, *epoch_path;
	size_t genesis_steps, epoch_steps;
	uint64_t covered;
};
struct bundle_source {
	void *ctx;
	/* entries that touch subject with index below covered, in log order */
	enum err (*entries)(void *ctx, struct span subject, custody_entry_fn fn,
	    void *fn_ctx, struct diag *d);
	/* the subject's proof in the epoch's map */
	enum err (*prove)(void *ctx, const struct hash *key,
	    struct map_proof *out, struct diag *d);
	/* may the reader see the entry? NULL: all. Asked for each entry once,
	 * after all subjects are known */
	enum err (*visible)(void *ctx, const uint64_t *indices,
	    const struct span *entries, bool *seen, size_t n, struct diag *d);
};
struct bundle_question {
	struct span code; /* as scanned */
	int64_t at_ms;
	char country[3]; /* "" none */
	uint64_t sightings;
};
/* Appends the bundle. ERR_LIMIT (too many subjects, BUNDLE_MAX), ERR_PROOF (map
 * and list do not agree), ERR_BAD_ENCODING (genesis), ERR_NOMEM, or the
 * source's failure. */
enum err bundle_make(struct buf *out, const struct bundle_question *q,
    const struct bundle_head *head, const struct bundle_source *source,
    struct diag *d) CM_MUST_USE;
/* One subject alone, as in 7.2 (`/log/absence`); of a list above 256 the newest
 * entries as a range. Errors as for bundle_make(). */
enum err bundle_subject(struct buf *out, struct span subject,
    const struct bundle_source *source, struct diag *d) CM_MUST_USE;

#endif
