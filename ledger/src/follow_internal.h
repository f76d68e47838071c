/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_FOLLOW_INTERNAL_H
#define LEDGER_FOLLOW_INTERNAL_H

#include "http/client.h"
#include "ledger/follow.h"

#define FOLLOW_AHEAD 8 /* bundles under way at once */

struct follow {
	struct http_client *http; /* NULL: a folder */
	char *folder;
	const struct policy *policy;
	bool quorum;
	struct follow_state state;
	struct policy_opened newest; /* size 0 and origin "": none yet */
	struct buf note;
	enum follow_fault fault;
	char where[FOLLOW_WHERE];
};

/* Notes the kind and the place, fills d. */
enum err follow_fail(struct follow *f, struct diag *d, enum follow_fault kind,
    enum err code, const char *where, const char *fmt, ...) CM_PRINTF(6, 7);

/* Gets targets without their first slash. A status other than 200 stands in
 * the answer; an answer that did not come at all is a failure. */
enum err follow_get(struct follow *f, struct http_answer *answers,
    char (*targets)[FOLLOW_PATH], size_t n, struct diag *d) CM_MUST_USE;
/* What a status other than 200 means. ERR_OK for 200. */
enum err follow_status(struct follow *f, const char *target,
    const struct http_answer *a, struct diag *d) CM_MUST_USE;

#endif
