/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_CSV_H
#define EDGE_AGENT_CSV_H

#include "base/diag.h"
#include "base/span.h"

#include "input_lines.h"

/*
 * CSV with a header (RFC 4180, but a cell never spans lines). A file is CSV
 * when a cell of its first line is `code`; else each line is a code.
 */
#define CSV_CELLS 16

enum csv_column {
	CSV_CODE,
	CSV_EVENT_TIME,
	CSV_READ_POINT,
	CSV_BIZ_LOCATION,
	CSV_COLUMNS,
};

struct csv_row {
	unsigned count;
	const char *cells[CSV_CELLS]; /* NUL-terminated, inside space */
	char space[INPUT_LINE_MAX + CSV_CELLS + 1];
};

/* Where each column stands, -1 absent. */
struct csv_head {
	unsigned count;
	int at[CSV_COLUMNS];
};

/* ERR_SYNTAX (quotes), ERR_CHARSET (a NUL), ERR_LIMIT (too many cells),
 * ERR_TOO_LARGE. */
enum err csv_split(
    struct csv_row *out, struct span line, struct diag *d) CM_MUST_USE;

/* Is this first line a header? A byte order mark before it is passed over. */
bool csv_is_head(struct span line);

/* ERR_SCHEMA: a column unknown or named twice; and the errors of csv_split().
 */
enum err csv_head_read(
    struct csv_head *out, struct span line, struct diag *d) CM_MUST_USE;

/* Splits a line into row: cells of the header's columns; "" counts as absent.
 * ERR_LENGTH: another number of cells than the header has; ERR_SYNTAX: no
 * code. */
enum err csv_read(struct csv_row *row, const char *values[CSV_COLUMNS],
    const struct csv_head *head, struct span line, struct diag *d) CM_MUST_USE;

#endif
