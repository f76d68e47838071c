/* SPDX-License-Identifier: Apache-2.0 */
#include "proof_visible.h"

#include <stdlib.h>

#include "base/json.h"
#include "event/registry.h"
#include "event/statement.h"
#include "event/touch.h"

#include "base/banned.h"

/* What of an entry the rules look at. */
struct seen_entry {
	uint64_t index;
	size_t at; /* place in the caller's arrays */
	bool product;
	struct span signer; /* device of a product statement */
	struct registry registry;
	bool registered; /* registry is filled */
};

struct looker {
	struct call *c;
	size_t n;
	struct seen_entry *e;
};

static void
read_entry(struct looker *l, struct seen_entry *out, struct span entry)
{
	struct statement s;

	if (entry_kind(entry) != ENTRY_STATEMENT ||
	    statement_parse(&s, entry, NULL) != ERR_OK)
		return;
	out->product = s.content == CONTENT_IS_PRODUCT;
	if (out->product) {
		if (did_web_device_name(&out->signer,
			view_host(l->c->api->view), s.claims.iss) != ERR_OK)
			out->signer = SPAN_NONE;
	} else {
		out->registered =
		    registry_parse(&out->registry, s.payload, NULL) == ERR_OK;
	}
}

/* What is registered for all to know: rules, not who works where. */
static bool
is_common(enum registry_type t)
{
	switch (t) {
	case REGISTRY_GOODS:
	case REGISTRY_RIGHT:
	case REGISTRY_LICENCE:
	case REGISTRY_RECALL:
	case REGISTRY_PLACE:
	case REGISTRY_DELEGATION:
	case REGISTRY_SERVICE:
		return true;
	default:
		return false;
	}
}

static const char *
organisation_of(const struct registry *r)
{
	const char *name = json_text(json_get(r->body, "organisation"));

	return name == NULL ? "" : name;
}

/* The organisation itself and its devices. */
static bool
is_about(const struct registry *r, const char *organisation)
{
	if (organisation[0] == '\0')
		return false;
	return (r->type == REGISTRY_ORGANISATION &&
		   strcmp(r->id, organisation) == 0) ||
	       (r->type == REGISTRY_DEVICE &&
		   strcmp(organisation_of(r), organisation) == 0);
}

/* Does it introduce who signed an entry that the caller sees? */
static bool
introduces(const struct looker *l, const struct registry *r, const bool *seen)
{
	struct roster *roster = view_roster(l->c->api->view);
	bool found = false;

	for (size_t i = 0; i < l->n && !found; i++) {
		const struct roster_device *d;

		if (!l->e[i].product || !seen[l->e[i].at])
			continue;
		if (r->type == REGISTRY_DEVICE) {
			found = span_is(l->e[i].signer, r->id);
			continue;
		}
		d = roster_device(roster, l->e[i].signer);
		found = d != NULL && strcmp(d->organisation, r->id) == 0;
	}
	view_unlock(l->c->api->view);
	return found;
}

static bool
may_read(const struct looker *l, const struct registry *r, const bool *seen)
{
	/* To the public what goods are registered is told by /v1/items too. */
	if (l->c->caller.sees[0] == '\0'
		? r->type == REGISTRY_GOODS
		: is_common(r->type) || is_about(r, l->c->caller.organisation))
		return true;
	return (r->type == REGISTRY_DEVICE ||
		   r->type == REGISTRY_ORGANISATION) &&
	       introduces(l, r, seen);
}

static int
by_index(const void *a, const void *b)
{
	const struct seen_entry *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* Product entries as row-level security has them; l->e is in order. */
static enum err
see_products(struct looker *l, bool *seen, struct diag *d)
{
	uint64_t *indices = calloc(l->n, sizeof(*indices));
	bool *found = calloc(l->n, sizeof(*found));
	size_t n = 0;
	enum err e = indices == NULL || found == NULL ? ERR_NOMEM : ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < l->n; i++) {
		if (l->e[i].product)
			indices[n++] = l->e[i].index;
	}
	if (e == ERR_OK && n > 0)
		e = store_visible(l->c->store, indices, found, n, d);
	n = 0;
	for (size_t i = 0; e == ERR_OK && i < l->n; i++) {
		if (l->e[i].product)
			seen[l->e[i].at] = found[n++];
	}
	free(indices);
	free(found);
	return e;
}

enum err
proof_visible(void *ctx, const uint64_t *indices, const struct span *entries,
    bool *seen, size_t n, struct diag *d)
{
	struct looker l = { .c = ctx, .n = n };
	bool all = l.c->api->conf->entries_public ||
		   strcmp(l.c->caller.sees, "*") == 0;
	enum err e = ERR_OK;

	for (size_t i = 0; i < n; i++)
		seen[i] = all;
	if (all || n == 0)
		return ERR_OK;
	l.e = calloc(n, sizeof(*l.e));
	if (l.e == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		l.e[i].index = indices[i];
		l.e[i].at = i;
		read_entry(&l, &l.e[i], entries[i]);
	}
	qsort(l.e, n, sizeof(*l.e), by_index);
	e = see_products(&l, seen, d);
	for (size_t i = 0; i < n; i++) {
		if (e == ERR_OK && l.e[i].registered)
			seen[l.e[i].at] = may_read(&l, &l.e[i].registry, seen);
		if (l.e[i].registered)
			registry_clear(&l.e[i].registry);
	}
	free(l.e);
	return e;
}
