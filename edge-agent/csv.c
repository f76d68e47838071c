/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include "base/banned.h"

static const char *const csv_names[CSV_COLUMNS] = {
	[CSV_CODE] = "code",
	[CSV_EVENT_TIME] = "eventTime",
	[CSV_READ_POINT] = "readPoint",
	[CSV_BIZ_LOCATION] = "bizLocation",
};

static enum err
csv_fail(struct diag *d, unsigned cell, const char *what)
{
	return diag_fail(d, ERR_SYNTAX, "interface Edge", "CSV: cell %u: %s",
	    cell + 1, what);
}

/* A quoted cell from *at on, which stands behind its opening quote. */
static enum err
csv_quoted(struct csv_row *r, size_t *used, struct span line, size_t *at,
    struct diag *d)
{
	for (;;) {
		if (*at == line.n)
			return csv_fail(d, r->count, "the quote is not closed");
		char c = (char)line.p[(*at)++];
		if (c != '"') {
			r->space[(*used)++] = c;
			continue;
		}
		if (*at == line.n || line.p[*at] == ',')
			return ERR_OK;
		if (line.p[*at] != '"')
			return csv_fail(
			    d, r->count, "text behind the closing quote");
		r->space[(*used)++] = '"';
		(*at)++;
	}
}

static enum err
csv_plain(struct csv_row *r, size_t *used, struct span line, size_t *at,
    struct diag *d)
{
	for (; *at < line.n && line.p[*at] != ','; (*at)++) {
		if (line.p[*at] == '"')
			return csv_fail(
			    d, r->count, "a quote inside an unquoted cell");
		r->space[(*used)++] = (char)line.p[*at];
	}
	return ERR_OK;
}

enum err
csv_split(struct csv_row *out, struct span line, struct diag *d)
{
	size_t at = 0, used = 0;
	enum err e = ERR_OK;

	out->count = 0;
	if (line.n > INPUT_LINE_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "edge 2.1",
		    "CSV: a line of %zu bytes, wanted at most %d", line.n,
		    INPUT_LINE_MAX);
	if (line.n > 0 && memchr(line.p, '\0', line.n) != NULL)
		return diag_fail(
		    d, ERR_CHARSET, "interface Edge", "CSV: a NUL byte");
	for (;;) {
		if (out->count == CSV_CELLS)
			return diag_fail(d, ERR_LIMIT, "interface Edge",
			    "CSV: more than %d cells", CSV_CELLS);
		out->cells[out->count] = out->space + used;
		if (at < line.n && line.p[at] == '"') {
			at++;
			e = csv_quoted(out, &used, line, &at, d);
		} else {
			e = csv_plain(out, &used, line, &at, d);
		}
		if (e != ERR_OK)
			return e;
		out->space[used++] = '\0';
		out->count++;
		if (at == line.n)
			return ERR_OK;
		at++; /* the comma */
	}
}

static struct span
csv_unmarked(struct span line)
{
	return span_starts(line, "\xEF\xBB\xBF") ? span_skip(line, 3) : line;
}

bool
csv_is_head(struct span line)
{
	struct csv_row r;

	if (csv_split(&r, csv_unmarked(line), NULL) != ERR_OK)
		return false;
	for (unsigned i = 0; i < r.count; i++)
		if (strcmp(r.cells[i], csv_names[CSV_CODE]) == 0)
			return true;
	return false;
}

static enum err
csv_column(struct csv_head *h, const char *name, int at, struct diag *d)
{
	for (unsigned c = 0; c < CSV_COLUMNS; c++) {
		if (strcmp(name, csv_names[c]) != 0)
			continue;
		if (h->at[c] >= 0)
			return diag_fail(d, ERR_SCHEMA, "interface Edge",
			    "CSV: column %s stands twice", name);
		h->at[c] = at;
		return ERR_OK;
	}
	return diag_fail(d, ERR_SCHEMA, "interface Edge",
	    "CSV: column %.60s is unknown, wanted code, eventTime, readPoint, "
	    "bizLocation",
	    name);
}

enum err
csv_head_read(struct csv_head *out, struct span line, struct diag *d)
{
	struct csv_row r;
	enum err e = csv_split(&r, csv_unmarked(line), d);

	for (unsigned c = 0; c < CSV_COLUMNS; c++)
		out->at[c] = -1;
	for (unsigned i = 0; e == ERR_OK && i < r.count; i++)
		e = csv_column(out, r.cells[i], (int)i, d);
	if (e == ERR_OK && out->at[CSV_CODE] < 0)
		e = diag_fail(d, ERR_SCHEMA, "interface Edge",
		    "CSV: column code is missing");
	out->count = r.count;
	return e;
}

enum err
csv_read(struct csv_row *row, const char *values[CSV_COLUMNS],
    const struct csv_head *head, struct span line, struct diag *d)
{
	enum err e = csv_split(row, line, d);

	if (e != ERR_OK)
		return e;
	if (row->count != head->count)
		return diag_fail(d, ERR_LENGTH, "interface Edge",
		    "CSV: got %u cells, wanted %u", row->count, head->count);
	for (unsigned c = 0; c < CSV_COLUMNS; c++) {
		values[c] = head->at[c] < 0 ? NULL : row->cells[head->at[c]];
		if (values[c] != NULL && values[c][0] == '\0')
			values[c] = NULL;
	}
	if (values[CSV_CODE] == NULL)
		return csv_fail(d, (unsigned)head->at[CSV_CODE], "no code");
	return ERR_OK;
}
