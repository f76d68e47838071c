/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFORMANCE_TALLY_H
#define CONFORMANCE_TALLY_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Counts the rows of one file of published cases. A row that is answered
 * otherwise must be listed with its reason; a row that differs without being
 * listed, or is listed and agrees, fails. docs/conformance.md repeats the
 * lists in prose.
 */
struct difference {
	const char *row; /* src_line of the file, or the input */
	const char *why;
};

struct tally {
	const char *name;
	const struct difference *known; /* ends with a NULL row */
	unsigned agree, lenient, explained, failed;
};

void tally_count(struct tally *t, struct span row, bool agrees);

/* Prints the sums and fails the test unless there were rows and all agree or
 * are explained. */
void tally_finish(const struct tally *t, unsigned rows);

extern const struct difference tally_none[1];

#endif
