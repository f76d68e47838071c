/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what map_witness_save.c wrote. */
#include "map_witness_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

static bool
take_line(struct span *line, struct span *rest)
{
	const uint8_t *lf =
	    rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);

	if (lf == NULL)
		return false;
	*line = span_of(rest->p, (size_t)(lf - rest->p));
	*rest = span_skip(*rest, line->n + 1);
	return true;
}

static bool
take_number(uint64_t *out, struct span *rest)
{
	struct span line;

	return take_line(&line, rest) &&
	       u64_parse(out, line, UINT64_MAX) == ERR_OK;
}

static bool
take_part(struct span *part, struct span *rest, uint64_t n)
{
	if (n > rest->n)
		return false;
	*part = span_of(rest->p, (size_t)n);
	*rest = span_skip(*rest, (size_t)n);
	return true;
}

/* Everything is held against what it says of itself. */
static bool
take_all(struct map_witness *m, struct follow_state *state, struct span file)
{
	uint64_t state_n, feed_n, keys;
	struct span line, text, feed, rest;
	struct hash sum, root, made;
	size_t n = 0;

	if (file.n < HASH_BYTES)
		return false;
	rest = span_of(file.p, file.n - HASH_BYTES);
	sum = hash_bytes(rest);
	if (memcmp(sum.b, rest.p + rest.n, HASH_BYTES) != 0 ||
	    !take_line(&line, &rest) || !span_is(line, MAP_WITNESS_MAGIC) ||
	    !take_number(&state_n, &rest) || !take_number(&feed_n, &rest) ||
	    !take_number(&m->covered, &rest) || !take_number(&keys, &rest) ||
	    !take_line(&line, &rest) || line.n != HASH64_CHARS ||
	    base64_parse(root.b, HASH_BYTES, &n, line) != ERR_OK ||
	    n != HASH_BYTES || !take_part(&text, &rest, state_n) ||
	    !take_part(&feed, &rest, feed_n))
		return false;
	if (follow_state_parse(state, text, NULL) != ERR_OK ||
	    map_load(m->map, rest, NULL) != ERR_OK)
		return false;
	made = map_root(m->map);
	if (!hash_equal(&made, &root) || map_keys(m->map) != keys)
		return false;
	buf_put(&m->feed, feed);
	return buf_error(&m->feed) == ERR_OK;
}

enum err
map_witness_load(
    struct map_witness *m, struct follow_state *state, struct diag *d)
{
	struct buf file = buf_heap(MAP_WITNESS_FILE);
	struct hash root;
	struct stat st;
	enum err e;

	file_writer_sweep(m->state);
	if (stat(m->state, &st) != 0 && errno == ENOENT)
		return ERR_NOT_FOUND;
	e = file_read(&file, m->state, MAP_WITNESS_FILE, d);
	if (e == ERR_OK && !take_all(m, state, buf_span(&file)))
		e = diag_fail(d, ERR_CONFIG, "formats 6.2",
		    "%.120s: damaged, all entries are read again", m->state);
	buf_free(&file);
	if (e != ERR_OK)
		return e;
	m->tree = state->frontier;
	root = frontier_root(&m->tree);
	map_witness_right(m, m->tree.size, &root);
	return ERR_OK;
}
