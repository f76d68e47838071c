/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFORMANCE_TSV_H
#define CONFORMANCE_TSV_H

#include "base/buf.h"

/*
 * The tables of the conformance data: comment lines with #, one header line,
 * columns between tabs. A row is given to the function with its columns, cut
 * out of a buffer that lives for the call.
 */
#define TSV_COLUMNS 8

struct tsv_row {
	struct span column[TSV_COLUMNS];
	unsigned count;
	unsigned line; /* of the file, from 1 */
};

typedef void (*tsv_fn)(void *ctx, const struct tsv_row *row);

/* Rows read, 0 when there is no such file below the data folder. */
unsigned tsv_each(const char *path, tsv_fn fn, void *ctx);

/* \x1D, \\ and, when fnc1 is given, ^ as that byte. */
void tsv_unescape(struct buf *out, struct span text, int fnc1);

/* A file below the data folder; ERR_IO. */
enum err tsv_file(struct buf *out, const char *path);

#endif
