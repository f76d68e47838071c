/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_WITNESS_H
#define LEDGER_WITNESS_H

#include "ledger/merkle.h"
#include "ledger/note.h"

/*
 * C2SP tlog-witness (formats.md 6.2): the add-checkpoint request and its
 * answers, a witness's judgement, and what it remembers of each log. Requests,
 * answers and judgement are pure; the memory is files.
 */
#define WITNESS_PROOF_LINES 63
#define WITNESS_LOGS 32
#define WITNESS_ANSWER_MAX 65536
/* `old N`, the proof, an empty line, the note */
#define WITNESS_REQUEST_MAX                                                    \
	(25 + WITNESS_PROOF_LINES * 45 + 1 + (size_t)NOTE_MAX)
#define WITNESS_SIZE_TYPE "text/x.tlog.size"
/* A witness whose name ends so has replayed every entry (formats 6.2). */
#define WITNESS_MAP_ENDING "/map"

struct witness_request {
	uint64_t old; /* size of the checkpoint before */
	size_t count;
	struct hash proof[WITNESS_PROOF_LINES]; /* from old, RFC 6962 2.1.2 */
	struct span note; /* signed checkpoint; view of the body */
};

/* ERR_TOO_LARGE (WITNESS_REQUEST_MAX), ERR_BAD_ENCODING. The note is not
 * looked into. */
enum err witness_request_parse(
    struct witness_request *out, struct span body, struct diag *d) CM_MUST_USE;
/* ERR_USAGE for more lines than there may be. */
enum err witness_request_print(
    struct buf *out, const struct witness_request *r) CM_MUST_USE;

/* The body of 409: decimal and LF. ERR_BAD_ENCODING. */
enum err witness_size_parse(
    uint64_t *out, struct span body, struct diag *d) CM_MUST_USE;
/*
 * The body of 200: the signature line by key over text (the checkpoint's three
 * lines), with its LF, as a view of body. Lines by others are passed over.
 * ERR_TOO_LARGE, ERR_BAD_ENCODING, ERR_BAD_SIGNATURE (none by key, or wrong).
 */
enum err witness_answer_parse(struct span *line, struct span body,
    struct span text, const struct note_key *key, struct diag *d) CM_MUST_USE;

/* What a witness last cosigned of a log; size 0 and the empty root: nothing. */
struct witness_seen {
	uint64_t size;
	struct hash root;
};
/*
 * The judgement, as the HTTP status of tlog-witness: 200 when c may be
 * cosigned, 400, 403 (signature), 404 (origin), 409 (old size, or the same
 * size with another root), 422 (consistency proof). d says why not.
 */
unsigned witness_judge(struct checkpoint *c, const struct witness_request *r,
    const struct note_key *log, const struct witness_seen *seen,
    struct diag *d) CM_MUST_USE;
/* The key whose name is the request's origin among n; NULL none. */
const struct note_key *witness_log(
    const struct witness_request *r, const struct note_key *logs, size_t n);

/* ---- a witness with its memory ---- */
struct witness_options {
	const char *dir;  /* folder of its own; there already */
	const char *name; /* of the key that cosigns */
	const struct sign_key *key;
	const struct note_key *logs; /* names are unique */
	size_t log_count;
	/* What else must hold before c is cosigned (a map witness's replay):
	 * 200, or the status to refuse with. NULL: nothing. */
	unsigned (*more)(void *ctx, struct span note,
	    const struct checkpoint *c, struct diag *d);
	void *ctx;
};
struct witness_answer {
	unsigned status;
	uint64_t size;                 /* 409 and 200: what is remembered now */
	struct buf body;               /* the caller's; what goes out */
	char origin[ORIGIN_CHARS + 1]; /* "" where it is not known */
};

/*
 * Judges the request and answers it. What it cosigns is on disk, file and
 * folder, before this returns 200; two processes on one folder never cosign
 * two roots at one size nor go back (a lock file a log). ERR_IO; ERR_CONFIG
 * for a damaged memory, which is never taken for none; ERR_NOMEM. Any thread.
 */
enum err witness_add(struct witness_answer *a, const struct witness_options *o,
    struct span body, struct diag *d) CM_MUST_USE;
/* What is remembered of a log. ERR_IO, ERR_CONFIG, ERR_NOMEM. */
enum err witness_remembered(struct witness_seen *out,
    const struct witness_options *o, const struct note_key *log,
    struct diag *d) CM_MUST_USE;

#endif
