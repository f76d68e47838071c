/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "follow_internal.h"

#include "base/banned.h"

#define BUNDLE_MAX (TILE_WIDTH * (2 + (size_t)ENTRY_MAX))

const char *
follow_fault_name(enum follow_fault f)
{
	static const char *const names[] = {
		[FOLLOW_NONE] = "none",
		[FOLLOW_BAD_NOTE] = "bad_checkpoint",
		[FOLLOW_REWIND] = "rewind",
		[FOLLOW_SPLIT_VIEW] = "split_view",
		[FOLLOW_BAD_TILE] = "bad_tile",
		[FOLLOW_REFUSED] = "refused",
		[FOLLOW_UNREACHABLE] = "unreachable",
		[FOLLOW_STOPPED] = "stopped",
	};

	return names[f];
}

static enum err
open_source(struct follow *f, const struct follow_options *o, struct diag *d)
{
	const struct http_client_options h = {
		.base = o->url,
		.token = o->token,
		.ca = o->ca,
		.agent = o->agent,
		.answer_max = BUNDLE_MAX,
	};

	if (strncmp(o->url, "file://", 7) != 0)
		return http_client_new(&f->http, &h, d);
	if (o->url[7] != '/')
		return diag_fail(d, ERR_CONFIG, "",
		    "got \"%.120s\", wanted file:///folder", o->url);
	f->folder = strdup(o->url + 7);
	return f->folder == NULL ? ERR_NOMEM : ERR_OK;
}

enum err
follow_new(struct follow **out, const struct follow_options *o, struct diag *d)
{
	struct follow *f = calloc(1, sizeof(*f));
	enum err e;

	*out = NULL;
	if (f == NULL)
		return ERR_NOMEM;
	f->policy = o->policy;
	f->quorum = o->quorum;
	f->note = buf_heap(NOTE_MAX);
	follow_state_init(&f->state);
	if (o->from != NULL)
		f->state = *o->from;
	if ((e = open_source(f, o, d)) != ERR_OK) {
		follow_free(f);
		return e;
	}
	*out = f;
	return ERR_OK;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	http_client_free(f->http);
	free(f->folder);
	buf_free(&f->note);
	free(f);
}

void
follow_stop(struct follow *f)
{
	if (f->http != NULL)
		http_client_stop(f->http);
}

const struct policy_opened *
follow_newest(const struct follow *f)
{
	return &f->newest;
}

struct span
follow_note(const struct follow *f)
{
	return buf_span(&f->note);
}

const struct follow_state *
follow_state(const struct follow *f)
{
	return &f->state;
}

void
follow_restart(struct follow *f)
{
	follow_state_init(&f->state);
}

enum follow_fault
follow_faulted(const struct follow *f)
{
	return f->fault;
}

const char *
follow_where(const struct follow *f)
{
	return f->where;
}

/* ---- checkpoint ---- */
/* Against what is known: the entries taken, and the newest seen before. */
static enum err
compare(struct follow *f, const struct checkpoint *c, struct diag *d)
{
	const struct checkpoint *seen = &f->newest.checkpoint;
	struct hash root = frontier_root(&f->state.frontier);

	const char *known =
	    f->state.origin[0] != '\0' ? f->state.origin : seen->origin;

	if (known[0] != '\0' && strcmp(known, c->origin) != 0)
		return follow_fail(f, d, FOLLOW_BAD_NOTE, ERR_NOT_FOUND,
		    "checkpoint", "got log %.60s, wanted %.60s", c->origin,
		    known);
	if (c->size < f->state.frontier.size || c->size < seen->size)
		return follow_fail(f, d, FOLLOW_REWIND, ERR_REWIND,
		    "checkpoint", "got size %" PRIu64 ", seen before %" PRIu64,
		    c->size,
		    seen->size > f->state.frontier.size
			? seen->size
			: f->state.frontier.size);
	if ((c->size == seen->size && seen->origin[0] != '\0' &&
		!hash_equal(&c->root, &seen->root)) ||
	    (c->size == f->state.frontier.size && c->size > 0 &&
		!hash_equal(&c->root, &root)))
		return follow_fail(f, d, FOLLOW_SPLIT_VIEW, ERR_FORK,
		    "checkpoint", "two roots at size %" PRIu64, c->size);
	return ERR_OK;
}

static enum err
take_note(struct follow *f, struct span note, struct diag *d)
{
	struct policy_opened opened;
	struct diag why = { .code = ERR_OK };
	enum err e = policy_open(&opened, f->policy, note, &why);

	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK)
		return follow_fail(
		    f, d, FOLLOW_BAD_NOTE, e, "checkpoint", "%s", why.text);
	if (f->quorum && !opened.quorum)
		return follow_fail(f, d, FOLLOW_BAD_NOTE, ERR_PROOF,
		    "checkpoint", "size %" PRIu64 " has no quorum",
		    opened.checkpoint.size);
	if ((e = compare(f, &opened.checkpoint, d)) != ERR_OK)
		return e;
	buf_reset(&f->note);
	buf_put(&f->note, note);
	f->newest = opened;
	return buf_error(&f->note);
}

enum err
follow_checkpoint(struct follow *f, struct diag *d)
{
	char target[1][FOLLOW_PATH] = { "checkpoint" };
	struct http_answer a = { .failed = ERR_OK };
	enum err e = follow_get(f, &a, target, 1, d);

	f->fault = e == ERR_OK ? FOLLOW_NONE : f->fault;
	if (e == ERR_OK && (a.status == 404 || a.status == 410))
		e = follow_fail(f, d, FOLLOW_UNREACHABLE, ERR_NET, "checkpoint",
		    "status %u", a.status);
	if (e == ERR_OK)
		e = follow_status(f, target[0], &a, d);
	if (e == ERR_OK)
		e = take_note(f, buf_span(&a.body), d);
	http_answer_clear(&a);
	return e;
}

enum err
follow_given(struct follow *f, struct span note, struct diag *d)
{
	f->fault = FOLLOW_NONE;
	return take_note(f, note, d);
}

/* ---- entries ---- */
/* A few bundles on their way. */
struct trip {
	uint64_t bundle[FOLLOW_AHEAD];
	unsigned width[FOLLOW_AHEAD];
	char target[FOLLOW_AHEAD][FOLLOW_PATH];
	struct http_answer answer[FOLLOW_AHEAD];
	size_t n;
};

static void
plan(struct trip *t, uint64_t next, uint64_t size)
{
	t->n = 0;
	for (uint64_t b = next / TILE_WIDTH;
	     t->n < FOLLOW_AHEAD && b * TILE_WIDTH < size; b++) {
		uint64_t left = size - b * TILE_WIDTH;
		size_t i = t->n++;

		t->bundle[i] = b;
		t->width[i] = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
		follow_tile_path(t->target[i], "entries", b, t->width[i]);
		t->answer[i] = (struct http_answer){ .failed = ERR_OK };
	}
}

/* A partial bundle may be gone once the full one is there. */
static enum err
full_instead(
    struct follow *f, struct trip *t, size_t i, unsigned *count, struct diag *d)
{
	*count = t->width[i];
	if (t->answer[i].status != 404 || t->width[i] == TILE_WIDTH)
		return ERR_OK;
	*count = TILE_WIDTH;
	follow_tile_path(t->target[i], "entries", t->bundle[i], TILE_WIDTH);
	http_answer_clear(&t->answer[i]);
	return follow_get(f, &t->answer[i], &t->target[i], 1, d);
}

static enum err
hand_out(struct follow *f, struct follow_state *s, const struct span *entries,
    unsigned width, uint64_t start, const struct follow_taker *t,
    struct diag *d)
{
	size_t skip = (size_t)(s->frontier.size - start);
	enum err e = ERR_OK;

	if (t->bundle != NULL)
		e = t->bundle(
		    t->ctx, s->frontier.size, entries + skip, width - skip);
	for (size_t i = skip; i < width && e == ERR_OK; i++) {
		struct hash leaf = merkle_leaf(entries[i]);

		e = t->entry(t->ctx, s->frontier.size, entries[i], &leaf, d);
		frontier_add(&s->frontier, &leaf);
		s->chain = chain_next(&s->chain, &leaf);
	}
	if (e != ERR_OK)
		f->fault = FOLLOW_STOPPED;
	return e;
}

static enum err
take_bundle(struct follow *f, struct follow_state *s, struct trip *trip,
    size_t i, const struct follow_taker *t, struct diag *d)
{
	struct span entries[TILE_WIDTH];
	struct diag why = { .code = ERR_OK };
	unsigned count;
	enum err e = full_instead(f, trip, i, &count, d);

	if (e == ERR_OK)
		e = follow_status(f, trip->target[i], &trip->answer[i], d);
	if (e != ERR_OK)
		return e;
	e = follow_bundle_parse(
	    entries, count, buf_span(&trip->answer[i].body), &why);
	if (e != ERR_OK)
		return follow_fail(
		    f, d, FOLLOW_BAD_TILE, e, trip->target[i], "%s", why.text);
	return hand_out(
	    f, s, entries, trip->width[i], trip->bundle[i] * TILE_WIDTH, t, d);
}

static enum err
travel(struct follow *f, struct follow_state *s, const struct follow_taker *t,
    struct diag *d)
{
	struct trip trip;
	enum err e;

	plan(&trip, s->frontier.size, f->newest.checkpoint.size);
	e = follow_get(f, trip.answer, trip.target, trip.n, d);
	for (size_t i = 0; i < trip.n; i++) {
		if (e == ERR_OK)
			e = take_bundle(f, s, &trip, i, t, d);
		http_answer_clear(&trip.answer[i]);
	}
	return e;
}

enum err
follow_entries(struct follow *f, const struct follow_taker *t, struct diag *d)
{
	const struct checkpoint *c = &f->newest.checkpoint;
	struct follow_state s = f->state;
	struct hash root;
	enum err e = ERR_OK;

	f->fault = FOLLOW_NONE;
	if (s.origin[0] == '\0') {
		memcpy(s.origin, c->origin, sizeof(s.origin));
		s.chain = chain_start(c->origin);
	}
	while (e == ERR_OK && s.frontier.size < c->size)
		e = travel(f, &s, t, d);
	if (e != ERR_OK)
		return e;
	root = frontier_root(&s.frontier);
	if (!hash_equal(&root, &c->root))
		return follow_fail(f, d, FOLLOW_SPLIT_VIEW, ERR_FORK,
		    "checkpoint",
		    "the entries do not make its root at size %" PRIu64,
		    c->size);
	f->state = s;
	return ERR_OK;
}
