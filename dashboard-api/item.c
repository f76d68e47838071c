/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "base/banned.h"

/* A path such as `01/09506000134352/21/ABC`: a Digital Link without its
 * host. */
static bool
is_path(struct span text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return n >= 2 && n <= 4 && n < text.n && text.p[n] == '/';
}

enum err
item_read(struct item *it, struct span text, enum err *fault, struct diag *d)
{
	struct buf link = buf_heap(GS1_TEXT + 32);
	enum err e = ERR_OK;

	it->story = NULL;
	it->subject = buf_heap(GS1_CANONICAL);
	if (is_path(text)) {
		buf_str(&link, "https://id.gs1.org/");
		buf_put(&link, text);
		if (buf_error(&link) == ERR_OK)
			text = buf_span(&link);
	}
	*fault = gs1_read(&it->code, text, d);
	if (*fault == ERR_OK)
		*fault = gs1_canonical(&it->subject, &it->code);
	if (*fault == ERR_NOMEM)
		e = ERR_NOMEM;
	else if (*fault == ERR_SYNTAX && (d->code == ERR_OK))
		*fault = diag_fail(d, ERR_SYNTAX, "gs1 7.3",
		    "the code holds no key of an item");
	if (*fault == ERR_OK && buf_text(&it->subject) == NULL)
		e = ERR_NOMEM;
	buf_free(&link);
	return e;
}

struct source {
	struct store *store;
	uint64_t below;
};

static enum err
entries(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct source *s = ctx;

	return store_subject(
	    s->store, subject, 0, s->below, CUSTODY_STEPS + 1, fn, fn_ctx, d);
}

enum err
item_trace(struct call *c, struct roster *roster, struct item *it)
{
	struct source from = { c->store, c->snap->size };
	struct custody_source source = { &from, entries };

	return custody_trace(&it->story, buf_span(&it->subject), roster,
	    view_host(c->api->view), &source, &c->d);
}

void
item_clear(struct item *it)
{
	custody_free(it->story);
	buf_free(&it->subject);
}
