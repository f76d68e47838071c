/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/err.h"

/*
 * What went wrong, told once by the place that saw it: code, clause of the
 * text that was broken, and what / got / wanted. 256 bytes, on the caller's
 * stack. Every function that takes a struct diag * accepts NULL.
 */
struct diag {
	enum err code;
	char clause[40]; /* "formats 1.2", "epcis 3.2", "" */
	char text[212];  /* lower case, no full stop; cut, never overrun */
};

/* Forgets what was told. */
void diag_clear(struct diag *d);

/*
 * Fills d (the first failure is kept by the caller returning at once) and
 * returns code, so that a check reads `return diag_fail(d, ERR_X, "…", …)`.
 * clause: borrowed for the call, may be "".
 */
enum err diag_fail(struct diag *d, enum err code, const char *clause,
    const char *fmt, ...) CM_PRINTF(4, 5);

#endif
