/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_POLICY_H
#define LEDGER_POLICY_H

#include "ledger/note.h"

/*
 * C2SP tlog-policy: which logs and witnesses are believed, and how many of
 * them make a quorum (formats.md 6.2). A text file.
 */
#define POLICY_BYTES 65536
#define POLICY_LOGS 32
#define POLICY_WITNESSES 64
#define POLICY_GROUPS 32

struct policy;

/* Every line ends with LF. ERR_TOO_LARGE, ERR_SYNTAX (d names line and word),
 * ERR_LIMIT, ERR_NOMEM. text is borrowed for the call. */
enum err policy_parse(
    struct policy **out, struct span text, struct diag *d) CM_MUST_USE;
void policy_free(struct policy *p);

size_t policy_log_count(const struct policy *p);
/* vkey of the first log with that origin (its key name); NULL none. */
const struct note_key *policy_log(const struct policy *p, struct span origin);
size_t policy_witness_count(const struct policy *p);
const struct note_key *policy_witness(const struct policy *p, size_t i);
/* "" where the line has none. */
const char *policy_witness_url(const struct policy *p, size_t i);
/* Does a quorum hold when the witnesses with got[i] true have cosigned?
 * `quorum none` always holds. got: policy_witness_count() of them. */
bool policy_quorum(const struct policy *p, const bool *got);
/* Does a quorum need a map witness: would it hold if every witness whose name
 * ends in `/map` stayed away? */
bool policy_map_witnessed(const struct policy *p);

struct policy_opened {
	struct checkpoint checkpoint;
	unsigned cosigned;  /* known witnesses with a right cosignature */
	bool map_witnessed; /* one of them is a map witness */
	bool quorum;
};
/*
 * The whole of check 1 (7.4) but for the quorum's verdict, which the caller
 * reads from out: the note's form, the log's signature by a key of the policy
 * whose name is the origin, no extension lines, each known cosignature right
 * (a wrong one is ERR_BAD_SIGNATURE), unknown ones passed over. Returns ERR_OK
 * or ERR_TOO_LARGE, ERR_BAD_ENCODING (form), ERR_NOT_FOUND (no such log in the
 * policy), ERR_BAD_SIGNATURE, ERR_NOMEM.
 */
enum err policy_open(struct policy_opened *out, const struct policy *p,
    struct span note, struct diag *d) CM_MUST_USE;

#endif
