/* SPDX-License-Identifier: Apache-2.0 */
#include "provenance/custody.h"

#include <stdlib.h>

#include "custody_internal.h"

#include "base/banned.h"

/*
 * The item's own events, then a list of visits still to be made: a container
 * and the stretch of the log in which the item was inside it. A visit adds the
 * container's events of that stretch, and visits to what it was inside itself.
 */
#define VISITS 1024 /* stretches in one story */
#define FOREVER UINT64_MAX

struct place_in_log {
	uint64_t index;
	unsigned pos;
};

struct visit {
	const char *subject;
	struct place_in_log from; /* not included */
	struct place_in_log to;   /* included */
	unsigned depth;
};

struct item {
	struct custody_step step;
	unsigned depth; /* containers between the item and the event */
};

struct custody {
	struct texts texts;
	struct item *steps;
	size_t n;
	size_t cap;
	const char *container;
};

struct trace {
	struct custody *c;
	struct reader reader;
	const struct custody_source *source;
	struct visit *visits;
	size_t visit_count;
	struct diag *d;
};

static int
compare_places(struct place_in_log a, struct place_in_log b)
{
	if (a.index != b.index)
		return a.index < b.index ? -1 : 1;
	return (a.pos > b.pos) - (a.pos < b.pos);
}

static struct place_in_log
place_of(const struct record *rec)
{
	return (struct place_in_log){ rec->step.index, rec->step.pos };
}

static struct place_in_log
earlier(struct place_in_log a, struct place_in_log b)
{
	return compare_places(a, b) < 0 ? a : b;
}

static struct place_in_log
later(struct place_in_log a, struct place_in_log b)
{
	return compare_places(a, b) > 0 ? a : b;
}

static enum err
add_step(struct trace *t, const struct record *rec, const struct visit *v)
{
	struct custody *c = t->c;
	size_t cap = c->cap == 0 ? 32 : c->cap * 2;
	struct item *more;

	if (c->n >= CUSTODY_STEPS)
		return diag_fail(t->d, ERR_LIMIT, "verdict 4",
		    "a story of more than %u steps", CUSTODY_STEPS);
	if (c->n == c->cap) {
		more = realloc(c->steps, cap * sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		c->steps = more;
		c->cap = cap;
	}
	c->steps[c->n].step = rec->step;
	c->steps[c->n].depth = v->depth;
	if (v->depth > 0) {
		c->steps[c->n].step.via = v->subject;
		c->steps[c->n].step.commissions = false;
	}
	c->n++;
	return ERR_OK;
}

static enum err
add_visit(struct trace *t, const struct visit *v)
{
	if (v->depth > CUSTODY_DEPTH || compare_places(v->from, v->to) >= 0)
		return ERR_OK;
	if (t->visit_count >= VISITS)
		return diag_fail(t->d, ERR_LIMIT, "verdict 4",
		    "packed into more than %u containers", VISITS);
	t->visits[t->visit_count++] = *v;
	return ERR_OK;
}

/* Where the stretch that starts with record i ends: the DELETE from the same
 * parent. */
static struct place_in_log
leaves_at(const struct records *all, size_t i)
{
	for (size_t k = i + 1; k < all->n; k++) {
		const struct record *rec = &all->at[k];

		if (rec->deletes && !rec->declaration && !rec->step.withdrawn &&
		    strcmp(rec->parent, all->at[i].parent) == 0)
			return place_of(rec);
	}
	return (struct place_in_log){ FOREVER, 0 };
}

/* Visits to everything the subject of all was put into, within v. A second
 * ADD to the same parent makes a visit of its own (the container may have been
 * emptied between them without naming anybody); tidy() drops the doubles. */
static enum err
follow_parents(
    struct trace *t, const struct records *all, const struct visit *v)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < all->n; i++) {
		const struct record *rec = &all->at[i];
		struct visit next;

		if (!rec->adds || rec->declaration || rec->step.withdrawn)
			continue;
		next.subject = rec->parent;
		next.from = later(place_of(rec), v->from);
		next.to = earlier(leaves_at(all, i), v->to);
		next.depth = v->depth + 1;
		e = add_visit(t, &next);
	}
	return e;
}

/* A DELETE without children empties the container: nobody stays longer. */
static void
cut_at_emptying(struct visit *v, const struct records *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct record *rec = &all->at[i];

		if (rec->empties && !rec->declaration && !rec->step.withdrawn &&
		    compare_places(place_of(rec), v->from) > 0) {
			v->to = earlier(v->to, place_of(rec));
			return;
		}
	}
}

static enum err
make_visit(struct trace *t, struct visit v)
{
	struct records all = { NULL, 0, 0 };
	enum err e =
	    reader_run(&t->reader, span_str(v.subject), t->source, &all, t->d);

	if (e == ERR_OK && v.depth > 0)
		cut_at_emptying(&v, &all);
	if (v.depth == 1 && v.to.index == FOREVER)
		t->c->container = v.subject;
	for (size_t i = 0; e == ERR_OK && i < all.n; i++) {
		struct place_in_log at = place_of(&all.at[i]);

		/* The event that took the item out has named it, or names
		 * nobody; either way it stands in the story. */
		if (all.at[i].declaration ||
		    (v.depth > 0 && compare_places(at, v.from) <= 0) ||
		    compare_places(at, v.to) > 0)
			continue;
		e = add_step(t, &all.at[i], &v);
	}
	if (e == ERR_OK)
		e = follow_parents(t, &all, &v);
	free(all.at);
	return e;
}

/* By place in the log; the nearest mention first. */
static int
compare_steps(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c =
	    compare_places((struct place_in_log){ x->step.index, x->step.pos },
		(struct place_in_log){ y->step.index, y->step.pos });

	if (c != 0)
		return c;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return strcmp(x->step.via, y->step.via);
}

/* One event is one step, however many of its containers it names. */
static void
tidy(struct custody *c)
{
	size_t kept = 0;

	if (c->n == 0)
		return;
	qsort(c->steps, c->n, sizeof(*c->steps), compare_steps);
	for (size_t i = 1; i < c->n; i++) {
		const struct custody_step *a = &c->steps[i].step;
		const struct custody_step *b = &c->steps[kept].step;

		if (a->index == b->index && a->pos == b->pos)
			continue;
		c->steps[++kept] = c->steps[i];
	}
	c->n = kept + 1;
}

static enum err
run(struct trace *t, struct span subject)
{
	struct visit root = { .to = { FOREVER, 0 } };
	enum err e;

	root.subject = texts_add(&t->c->texts, subject);
	if (root.subject == NULL)
		return ERR_NOMEM;
	e = add_visit(t, &root);
	for (size_t i = 0; e == ERR_OK && i < t->visit_count; i++)
		e = make_visit(t, t->visits[i]);
	if (e == ERR_OK)
		tidy(t->c);
	return e;
}

enum err
custody_trace(struct custody **out, struct span subject, struct roster *roster,
    const char *host, const struct custody_source *source, struct diag *d)
{
	struct trace t = { .source = source, .d = d };
	enum err e = ERR_NOMEM;

	*out = NULL;
	t.c = calloc(1, sizeof(*t.c));
	t.visits = calloc(VISITS, sizeof(*t.visits));
	if (t.c == NULL || t.visits == NULL)
		goto err1;
	e = reader_init(&t.reader, &t.c->texts, roster, host);
	if (e != ERR_OK)
		goto err1;
	e = run(&t, subject);
	reader_clear(&t.reader);
	if (e != ERR_OK)
		goto err1;
	free(t.visits);
	*out = t.c;
	return ERR_OK;
err1:
	free(t.visits);
	custody_free(t.c);
	return e;
}

void
custody_free(struct custody *c)
{
	if (c == NULL)
		return;
	texts_clear(&c->texts);
	free(c->steps);
	free(c);
}

size_t
custody_count(const struct custody *c)
{
	return c->n;
}

const struct custody_step *
custody_at(const struct custody *c, size_t i)
{
	return &c->steps[i].step;
}

const char *
custody_container(const struct custody *c)
{
	return c->container;
}
