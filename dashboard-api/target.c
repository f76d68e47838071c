/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include "base/text.h"

#include "base/banned.h"

/* Takes the part before the next `stop` off in; false at the end. */
static bool
take(struct span *part, struct span *in, uint8_t stop)
{
	const uint8_t *at;

	if (in->p == NULL)
		return false;
	at = in->n == 0 ? NULL : memchr(in->p, stop, in->n);
	if (at == NULL) {
		*part = *in;
		*in = SPAN_NONE;
	} else {
		*part = span_of(in->p, (size_t)(at - in->p));
		*in = span_skip(*in, part->n + 1);
	}
	return true;
}

static enum err
decode(struct span *out, struct buf *space, struct span raw, bool query,
    struct diag *d)
{
	size_t before = space->n;
	enum err e = percent_parse(space, raw);

	if (e != ERR_OK)
		return diag_fail(d, ERR_SYNTAX, "RFC 3986 2.1",
		    "request target: a %% without two hex digits, or %%00");
	*out = span_of(space->p + before, space->n - before);
	if (!query)
		return ERR_OK;
	/* Only a plus that was sent as such: %2B has been decoded already, so
	 * go by the raw text. */
	for (size_t i = 0, k = before; i < raw.n; k++) {
		if (raw.p[i] == '+')
			space->p[k] = ' ';
		i += raw.p[i] == '%' ? 3 : 1;
	}
	return ERR_OK;
}

static enum err
add_param(struct target *t, struct buf *space, struct span text, struct diag *d)
{
	struct target_param *p = &t->param[t->param_count];
	struct span name, value = text;
	enum err e;

	if (t->param_count == TARGET_PARAMS)
		return diag_fail(d, ERR_TOO_LARGE, "",
		    "more than %d query parameters", TARGET_PARAMS);
	(void)take(&name, &value, '=');
	e = decode(&p->name, space, name, true, d);
	if (e == ERR_OK)
		e = decode(&p->value, space,
		    value.p == NULL ? SPAN_NONE : value, true, d);
	if (e != ERR_OK)
		return e;
	if (p->name.n == 0)
		return diag_fail(
		    d, ERR_SYNTAX, "", "a query parameter without a name");
	for (unsigned i = 0; i < t->param_count; i++) {
		if (span_equal(t->param[i].name, p->name))
			return diag_fail(d, ERR_SYNTAX, "",
			    "a query parameter is given twice");
	}
	t->param_count++;
	return ERR_OK;
}

static enum err
check_bytes(struct span raw, struct diag *d)
{
	if (raw.n > TARGET_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "",
		    "request target: got %zu bytes, wanted at most %d", raw.n,
		    TARGET_MAX);
	if (raw.n == 0 || raw.p[0] != '/')
		return diag_fail(d, ERR_SYNTAX, "RFC 9112 3.2.1",
		    "request target: wanted a path that starts with a slash");
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] <= 0x20 || raw.p[i] >= 0x7f || raw.p[i] == '#')
			return diag_fail(d, ERR_SYNTAX, "RFC 3986 2",
			    "request target: byte %02x at %zu is to be "
			    "percent-encoded",
			    raw.p[i], i);
	}
	return ERR_OK;
}

static enum err
split_path(
    struct target *t, struct buf *space, struct span path, struct diag *d)
{
	struct span part;
	enum err e = ERR_OK;

	while (e == ERR_OK && take(&part, &path, '/')) {
		if (t->segment_count == TARGET_SEGMENTS)
			return diag_fail(d, ERR_TOO_LARGE, "",
			    "more than %d path segments", TARGET_SEGMENTS);
		e = decode(
		    &t->segment[t->segment_count++], space, part, false, d);
	}
	return e;
}

enum err
target_parse(struct target *out, struct span raw, struct diag *d)
{
	struct buf space = buf_fixed(out->space, sizeof(out->space));
	struct span path, query = raw, part;
	enum err e = check_bytes(raw, d);

	out->segment_count = 0;
	out->param_count = 0;
	if (e != ERR_OK)
		return e;
	(void)take(&path, &query, '?');
	e = split_path(out, &space, span_skip(path, 1), d);
	if (query.p == NULL || query.n == 0)
		return e;
	while (e == ERR_OK && take(&part, &query, '&'))
		e = add_param(out, &space, part, d);
	return e;
}

const struct span *
target_value(const struct target *t, const char *name)
{
	for (unsigned i = 0; i < t->param_count; i++) {
		if (span_is(t->param[i].name, name))
			return &t->param[i].value;
	}
	return NULL;
}
