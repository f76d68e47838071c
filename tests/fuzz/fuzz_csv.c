/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "csv.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* A header and a line: every cell stays inside the row's space, and what was
 * read as a row has a code. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const uint8_t *lf = n > 0 ? memchr(p, '\n', n) : NULL;
	struct span first = span_of(p, lf != NULL ? (size_t)(lf - p) : n);
	struct span rest = span_skip(span_of(p, n), first.n + (lf != NULL));
	const char *values[CSV_COLUMNS];
	struct csv_head head;
	struct csv_row row;
	struct diag d;

	if (csv_split(&row, first, &d) == ERR_OK)
		for (unsigned i = 0; i < row.count; i++)
			if (row.cells[i] < row.space ||
			    row.cells[i] + strlen(row.cells[i]) >=
				row.space + sizeof(row.space))
				abort();
	if (csv_head_read(&head, first, &d) != ERR_OK)
		return 0;
	if (!csv_is_head(first))
		abort();
	if (csv_read(&row, values, &head, rest, &d) == ERR_OK &&
	    values[CSV_CODE][0] == '\0')
		abort();
	return 0;
}
