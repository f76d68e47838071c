/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_FOLLOW_H
#define LEDGER_FOLLOW_H

#include "ledger/logtext.h"
#include "ledger/merkle.h"
#include "ledger/policy.h"

/*
 * Follows a log from outside by C2SP tlog-tiles (formats.md 6.3): the newest
 * checkpoint, verified, and every entry up to it, whose hashes must make the
 * checkpoint's root. Needs no database. One thread, but for follow_stop().
 */
#define FOLLOW_STATE_MAX 8192
#define FOLLOW_WHERE 48

/* What a log can do wrong, and what can go wrong on the way. */
enum follow_fault {
	FOLLOW_NONE,
	FOLLOW_BAD_NOTE,    /* the checkpoint: form, origin, signature */
	FOLLOW_REWIND,      /* smaller than one seen before */
	FOLLOW_SPLIT_VIEW,  /* same size or beginning, other content */
	FOLLOW_BAD_TILE,    /* a tile or bundle: missing, form, length */
	FOLLOW_REFUSED,     /* 401 or 403: it wants another token */
	FOLLOW_UNREACHABLE, /* network, server, status of no use */
	FOLLOW_STOPPED,     /* follow_stop(), or the callback gave up */
};
/* "split_view", "rewind", …; "none". */
const char *follow_fault_name(enum follow_fault f);

/* How far one has come; kept by the caller between runs. */
struct follow_state {
	char origin[ORIGIN_CHARS + 1]; /* "" before the first checkpoint */
	struct frontier frontier;      /* of the entries taken */
	struct hash chain;             /* c(size), formats 4.4 */
};
void follow_state_init(struct follow_state *s);
/* Text: `countermark/follow/v1`, origin, size, chain, and the frontier's
 * hashes, largest subtree first, a line each. */
enum err follow_state_print(
    struct buf *out, const struct follow_state *s) CM_MUST_USE;
/* ERR_BAD_ENCODING. */
enum err follow_state_parse(
    struct follow_state *out, struct span text, struct diag *d) CM_MUST_USE;

struct follow_options {
	/* `http(s)://…/log`, or `file:///folder` of a copy; borrowed for the
	 * call as all texts are */
	const char *url;
	const char *token; /* bearer token; NULL none */
	const char *ca;    /* PEM file; NULL the system's */
	const char *agent; /* User-Agent */
	/* Whose signatures count; stays in use. */
	const struct policy *policy;
	bool quorum; /* a checkpoint without its quorum is no checkpoint */
	const struct follow_state *from; /* NULL: from the beginning */
};

struct follow;
/* ERR_CONFIG (url, token, ca), ERR_NOMEM. */
enum err follow_new(struct follow **out, const struct follow_options *o,
    struct diag *d) CM_MUST_USE;
void follow_free(struct follow *f);
/* From any thread: what is under way ends with FOLLOW_STOPPED. */
void follow_stop(struct follow *f);

/*
 * Reads the newest checkpoint. Returns ERR_OK or ERR_BAD_SIGNATURE and other
 * refusals of policy_open(), ERR_REWIND, ERR_FORK, ERR_NET, ERR_TIMEOUT,
 * ERR_FORBIDDEN, ERR_NOMEM, ERR_STATE; follow_faulted() tells them apart.
 */
enum err follow_checkpoint(struct follow *f, struct diag *d) CM_MUST_USE;
/* The same with a note that was handed in: one that waits for its quorum is
 * not what the log serves as its checkpoint. */
enum err follow_given(
    struct follow *f, struct span note, struct diag *d) CM_MUST_USE;
/* The newest one that was right, and its note's bytes. */
const struct policy_opened *follow_newest(const struct follow *f);
struct span follow_note(const struct follow *f);

/*
 * Each entry in order. chain: c(index + 1). The bytes are not proven yet: they
 * are when follow_entries() returns ERR_OK, and only then may what was made of
 * them be believed. A failure ends the run and is returned.
 */
typedef enum err (*follow_entry_fn)(void *ctx, uint64_t index,
    struct span entry, const struct hash *leaf, struct diag *d);
/* All at once of one bundle, before fn gets them one by one: to begin work
 * beside. NULL: none. The spans live until fn has had the last. */
typedef enum err (*follow_bundle_fn)(
    void *ctx, uint64_t first, const struct span *entries, size_t n);
struct follow_taker {
	follow_entry_fn entry;
	follow_bundle_fn bundle;
	void *ctx;
};
/* From where the state stands to the newest checkpoint. After a failure the
 * state is as before. */
enum err follow_entries(
    struct follow *f, const struct follow_taker *t, struct diag *d) CM_MUST_USE;
const struct follow_state *follow_state(const struct follow *f);
/* Forgets the entries taken: the next follow_entries() begins at entry 0. */
void follow_restart(struct follow *f);

/* The last failure's kind, and the place: "tile/0/000", "checkpoint". */
enum follow_fault follow_faulted(const struct follow *f);
const char *follow_where(const struct follow *f);

/* A merkle_read_fn over the log's hash tiles below the newest checkpoint; ctx
 * is the follow. What it gives is not proven. */
enum err follow_read(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d) CM_MUST_USE;

/*
 * One entry bundle: u16be length and bytes, exactly count entries.
 * ERR_TRUNCATED, ERR_LENGTH (bytes behind the last).
 */
enum err follow_bundle_parse(struct span *entries, size_t count,
    struct span bundle, struct diag *d) CM_MUST_USE;
/* `tile/<level>/<N>[.p/<W>]`, level "entries" for bundles; width 1 to 256. */
#define FOLLOW_PATH 80
void follow_tile_path(
    char out[FOLLOW_PATH], const char *level, uint64_t n, unsigned width);

#endif
