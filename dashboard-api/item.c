/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "api.h"
#include "proofs.h"

#include "base/banned.h"

bool
item_is_path(struct span text)
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
	it->whole = NULL;
	it->subject = buf_heap(GS1_CANONICAL);
	if (item_is_path(text)) {
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

enum err
item_open(struct call *c, struct item *it, bool *go)
{
	struct diag why;
	enum err fault, e;

	*go = false;
	diag_clear(&why);
	e = item_read(it, c->wild[0], &fault, &why);
	if (e != ERR_OK)
		return e;
	if (fault != ERR_OK) {
		answer_problem(c->res, 400, "unreadable_code", "code",
		    err_advice(fault), "%s", why.text);
		return ERR_OK;
	}
	*go = gs1_is_instance(&it->code);
	if (!*go)
		answer_problem(c->res, 400, "not_an_item", "code",
		    "a code with a serial",
		    "the code names a kind of product, not one item");
	return ERR_OK;
}

static bool
upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

bool
item_country_ok(struct call *c)
{
	const struct span *country = target_value(&c->target, "country");

	if (country == NULL ||
	    (country->n == 2 && upper(country->p[0]) && upper(country->p[1])))
		return true;
	answer_problem(c->res, 400, "bad_parameter", "country",
	    "two capital letters of ISO 3166-1",
	    "the country is no country code");
	return false;
}

struct source {
	struct store *store;
	uint64_t below;
	const struct proof_head *head; /* NULL: no map up to below is here */
};

static enum err
entries(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct source *s = ctx;
	struct store_reach known;

	if (s->head == NULL)
		return store_subject(s->store, subject, 0, s->below,
		    CUSTODY_STEPS + 1, fn, fn_ctx, d);
	known = proofs_reach(s->head, subject);
	return store_subject_known(s->store, subject, &known, s->below,
	    CUSTODY_STEPS + 1, fn, fn_ctx, d);
}

enum err
item_trace(struct call *c, struct roster *roster, struct item *it)
{
	struct proof_head *head = NULL;
	/* formats 4.5: the last entry is an epoch, which touches nothing */
	struct source from = { .store = c->store, .below = c->snap->size - 1 };
	struct custody_source source = { &from, entries };
	enum err e;

	if (c->api->proofs != NULL)
		(void)proofs_take(c->api->proofs, &head);
	/* it may be of a newer checkpoint than the snapshot */
	if (head != NULL && head->head.covered <= from.below)
		from.head = head;
	e = custody_trace(&it->story, buf_span(&it->subject), roster,
	    view_host(c->api->view), &source, &c->d);
	if (head != NULL)
		proofs_give(c->api->proofs, head);
	return e;
}

/*
 * Which steps the caller may see whole (api.md, Access): an authority, auditor
 * or operator all of them, an organisation those that it may read, anybody
 * those that a policy opens to all. Of the other steps one learns what happened
 * and when, but not by whom, where and in which container.
 */
static enum err
whole_steps(struct call *c, const struct custody *story, bool *whole)
{
	size_t n = custody_count(story);
	bool refused = false;
	uint64_t *indices;
	enum err e = ERR_OK;

	memset(whole, 0, n * sizeof(*whole));
	if ((c->caller.scopes & SCOPE_READ) != 0)
		e = access_see(c, &refused);
	if (e != ERR_OK || refused)
		return e;
	if (strcmp(c->caller.sees, "*") == 0) {
		memset(whole, 1, n * sizeof(*whole));
		return ERR_OK;
	}
	indices = calloc(n, sizeof(*indices));
	if (indices == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		indices[i] = custody_at(story, i)->index;
	e = store_visible(c->store, indices, whole, n, &c->d);
	free(indices);
	return e;
}

enum err
item_whole(struct call *c, struct item *it)
{
	size_t n = custody_count(it->story);

	if (n == 0)
		return ERR_OK;
	it->whole = calloc(n, sizeof(*it->whole));
	return it->whole == NULL ? ERR_NOMEM
				 : whole_steps(c, it->story, it->whole);
}

void
item_clear(struct item *it)
{
	free(it->whole);
	custody_free(it->story);
	buf_free(&it->subject);
}
