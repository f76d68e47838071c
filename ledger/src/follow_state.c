/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/follow.h"

#include <inttypes.h>

#include "base/text.h"

#include "base/banned.h"

#define MAGIC "countermark/follow/v1"

void
follow_state_init(struct follow_state *s)
{
	memset(s, 0, sizeof(*s));
	frontier_init(&s->frontier);
}

static void
put_hash(struct buf *out, const struct hash *h)
{
	base64_put(out, hash_span(h));
	buf_byte(out, '\n');
}

enum err
follow_state_print(struct buf *out, const struct follow_state *s)
{
	buf_printf(
	    out, MAGIC "\n%s\n%" PRIu64 "\n", s->origin, s->frontier.size);
	put_hash(out, &s->chain);
	for (unsigned k = 64; k-- > 0;) {
		if ((s->frontier.size >> k & 1) != 0)
			put_hash(out, &s->frontier.at[k]);
	}
	return buf_error(out);
}

/* The bytes before the next LF; false at the end. */
static bool
take_line(struct span *rest, struct span *line)
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
take_hash(struct span *rest, struct hash *h)
{
	struct span line;
	size_t n;

	return take_line(rest, &line) &&
	       base64_parse(h->b, HASH_BYTES, &n, line) == ERR_OK &&
	       n == HASH_BYTES;
}

static bool
take_head(struct follow_state *s, struct span *rest)
{
	struct span line;

	if (!take_line(rest, &line) || !span_is(line, MAGIC) ||
	    !take_line(rest, &line) || line.n > ORIGIN_CHARS ||
	    (line.n > 0 && memchr(line.p, '\0', line.n) != NULL))
		return false;
	memcpy(s->origin, line.p, line.n);
	return take_line(rest, &line) &&
	       u64_parse(&s->frontier.size, line, INT64_MAX) == ERR_OK &&
	       (s->origin[0] != '\0' || s->frontier.size == 0) &&
	       take_hash(rest, &s->chain);
}

enum err
follow_state_parse(struct follow_state *out, struct span text, struct diag *d)
{
	struct span rest = text;
	bool good;

	follow_state_init(out);
	good = take_head(out, &rest);
	for (unsigned k = 64; good && k-- > 0;) {
		if ((out->frontier.size >> k & 1) != 0)
			good = take_hash(&rest, &out->frontier.at[k]);
	}
	if (good && rest.n == 0)
		return ERR_OK;
	follow_state_init(out);
	return diag_fail(d, ERR_BAD_ENCODING, "",
	    "state: got %zu bytes that do not read as " MAGIC, text.n);
}
