/* SPDX-License-Identifier: Apache-2.0 */
#include "tsv.h"

#include <stdlib.h>

#include "base/file.h"

#include "base/banned.h"

enum err
tsv_file(struct buf *out, const char *path)
{
	const char *folder = getenv("CM_CONFORMANCE_DIR");
	char space[1024];
	struct buf name = buf_fixed(space, sizeof(space));

	buf_str(&name, folder == NULL ? "" : folder);
	buf_byte(&name, '/');
	buf_str(&name, path);
	buf_byte(&name, 0);
	if (buf_error(&name) != ERR_OK)
		return ERR_IO;
	return file_read(out, space, 1 << 22, NULL);
}

static struct span
cut(struct span *rest, uint8_t end)
{
	const uint8_t *p = rest->n == 0 ? NULL : memchr(rest->p, end, rest->n);
	struct span piece = *rest;

	if (p == NULL) {
		*rest = SPAN_NONE;
		return piece;
	}
	piece.n = (size_t)(p - piece.p);
	*rest = span_skip(*rest, piece.n + 1);
	return piece;
}

unsigned
tsv_each(const char *path, tsv_fn fn, void *ctx)
{
	struct buf file = buf_heap(1 << 22);
	struct span rest;
	unsigned rows = 0, line = 0;
	bool head = true;

	if (tsv_file(&file, path) != ERR_OK) {
		buf_free(&file);
		return 0;
	}
	rest = buf_span(&file);
	while (rest.n > 0) {
		struct span text = cut(&rest, '\n');
		struct tsv_row row = { .line = ++line };

		if (text.n == 0 || text.p[0] == '#')
			continue;
		while (text.p != NULL && row.count < TSV_COLUMNS)
			row.column[row.count++] = cut(&text, '\t');
		if (!head) {
			fn(ctx, &row);
			rows++;
		}
		head = false;
	}
	buf_free(&file);
	return rows;
}

void
tsv_unescape(struct buf *out, struct span s, int fnc1)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.n - i >= 4 && memcmp(s.p + i, "\\x1D", 4) == 0) {
			buf_byte(out, 0x1d);
			i += 3;
		} else if (s.n - i >= 2 && memcmp(s.p + i, "\\\\", 2) == 0) {
			buf_byte(out, '\\');
			i++;
		} else if (s.p[i] == '^' && fnc1 != 0) {
			buf_byte(out, (uint8_t)fnc1);
		} else {
			buf_byte(out, s.p[i]);
		}
	}
}
