/* SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

#include <stdlib.h>

#include "accept.h"

#include "base/banned.h"

#define VOC "https://ref.gs1.org/voc/"
#define WORD_MAX 64

void
links_init(struct links *l, const struct link_levels *levels)
{
	l->levels = *levels;
	l->count = 0;
}

void
links_clear(struct links *l)
{
	while (l->count > 0)
		free(l->at[--l->count]);
}

static struct span
keep(uint8_t **to, struct span s)
{
	struct span kept = span_of(*to, s.n);

	if (s.n > 0)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return kept;
}

enum err
links_add(struct links *l, const struct link *link)
{
	size_t n = link->type.n + link->href.n + link->title.n + link->media.n +
		   link->languages.n + link->contexts.n;
	struct links_item *item;
	unsigned level = 0;
	uint8_t *to;

	while (level < l->levels.count &&
	       !span_is(link->key, l->levels.key[level]))
		level++;
	if (level == l->levels.count || l->count == LINKS_MAX)
		return ERR_OK;
	item = malloc(sizeof(*item) + n);
	if (item == NULL)
		return ERR_NOMEM;
	to = item->bytes;
	item->level = level;
	item->link = *link;
	item->link.key = span_str(l->levels.key[level]);
	item->link.type = keep(&to, link->type);
	item->link.href = keep(&to, link->href);
	item->link.title = keep(&to, link->title);
	item->link.media = keep(&to, link->media);
	item->link.languages = keep(&to, link->languages);
	item->link.contexts = keep(&to, link->contexts);
	l->at[l->count++] = item;
	return ERR_OK;
}

/* Splits off the next word between blanks. */
static bool
next_word(struct span *word, struct span *rest)
{
	const uint8_t *blank;
	size_t n;

	if (rest->n == 0)
		return false;
	blank = memchr(rest->p, ' ', rest->n);
	n = blank == NULL ? rest->n : (size_t)(blank - rest->p);
	*word = span_of(rest->p, n);
	*rest = span_skip(*rest, blank == NULL ? n : n + 1);
	return true;
}

/* A word as text; what is longer matches nothing. */
static const char *
text_of(char out[WORD_MAX], struct span s)
{
	size_t n = s.n < WORD_MAX ? s.n : 0;

	memcpy(out, s.p, n);
	out[n] = '\0';
	return out;
}

/*
 * How well one attribute fits, 0 to 1000: a link without it serves anybody,
 * but less well than one that is what was asked for; where nothing was asked
 * for, the link without it comes first.
 */
#define FIT_PLAIN 1U
#define FIT_UNASKED 500U
#define FIT_BEST 1000U

static unsigned
language_fit(const struct link *l, struct span wish)
{
	struct span word, rest = l->languages;
	char text[WORD_MAX];
	unsigned best = 0;

	if (wish.p == NULL)
		return rest.n == 0 ? FIT_BEST : FIT_UNASKED;
	if (rest.n == 0)
		return FIT_PLAIN;
	while (next_word(&word, &rest)) {
		unsigned w = accept_language(wish, text_of(text, word));

		best = w > best ? w : best;
	}
	return best;
}

static unsigned
media_fit(const struct link *l, struct span wish)
{
	char text[WORD_MAX];

	if (wish.p == NULL)
		return l->media.n == 0 ? FIT_BEST : FIT_UNASKED;
	if (l->media.n == 0)
		return FIT_PLAIN;
	return accept_type(wish, text_of(text, l->media));
}

static unsigned
context_fit(const struct link *l, struct span wish)
{
	struct span word, rest = l->contexts;

	if (wish.p == NULL)
		return rest.n == 0 ? FIT_BEST : FIT_UNASKED;
	if (rest.n == 0)
		return FIT_PLAIN;
	while (next_word(&word, &rest)) {
		if (span_equal(word, wish))
			return FIT_BEST;
	}
	return 0;
}

/* Context counts before language, language before media type. */
static unsigned long
fit(const struct link *l, const struct links_wish *w)
{
	unsigned long context = context_fit(l, w->context);
	unsigned long language = language_fit(l, w->language);

	return (context * 1024 + language) * 1024 + media_fit(l, w->accept);
}

static bool
is_candidate(const struct link *l, const struct links_wish *w)
{
	return w->type.p == NULL ? l->is_default : span_equal(l->type, w->type);
}

bool
links_is_chosen(
    const struct links *l, const struct links_wish *w, size_t best, size_t i)
{
	return l->at[i]->level == l->at[best]->level &&
	       is_candidate(&l->at[i]->link, w) &&
	       fit(&l->at[i]->link, w) == fit(&l->at[best]->link, w);
}

unsigned
links_choose(const struct links *l, const struct links_wish *w, size_t *best)
{
	bool found = false;
	unsigned n = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (!is_candidate(&l->at[i]->link, w))
			continue;
		if (!found || l->at[i]->level < l->at[*best]->level ||
		    (l->at[i]->level == l->at[*best]->level &&
			fit(&l->at[i]->link, w) > fit(&l->at[*best]->link, w)))
			*best = i;
		found = true;
	}
	if (!found)
		return 0;
	if (w->type.p == NULL)
		return 1;
	for (size_t i = 0; i < l->count; i++) {
		if (links_is_chosen(l, w, *best, i) &&
		    (i == *best || !span_equal(l->at[i]->link.href,
				       l->at[*best]->link.href)))
			n++;
	}
	return n;
}

/* ---- RFC 9264 ---- */
static bool
has_attributes(const struct link *l)
{
	return l->media.n + l->languages.n + l->contexts.n > 0;
}

static void
put_words(struct json_out *o, const char *key, struct span rest)
{
	struct span word;

	if (rest.n == 0)
		return;
	json_out_array(o, key);
	while (next_word(&word, &rest))
		json_out_string(o, NULL, word);
	json_out_end_array(o);
}

static void
put_link(struct json_out *o, const struct link *l, bool bare)
{
	json_out_object(o, NULL);
	json_out_string(o, "href", l->href);
	json_out_string(o, "title", l->title);
	if (!bare) {
		if (l->media.n > 0)
			json_out_string(o, "type", l->media);
		put_words(o, "hreflang", l->languages);
		put_words(o, "context", l->contexts);
	}
	json_out_end_object(o);
}

/* The links at a level under one name; first: where the name was met. */
static void
put_relation(
    struct json_out *o, const struct links *l, size_t first, const bool *only)
{
	const struct links_item *a = l->at[first];
	char name[LINK_TYPE + 64];

	for (size_t i = 0; i < first; i++) {
		if (l->at[i]->level == a->level && (only == NULL || only[i]) &&
		    span_equal(l->at[i]->link.type, a->link.type))
			return; /* printed already */
	}
	if (a->link.type.n >= sizeof(name))
		return;
	memcpy(name, a->link.type.p, a->link.type.n);
	name[a->link.type.n] = '\0';
	json_out_array(o, name);
	for (size_t i = first; i < l->count; i++) {
		if (l->at[i]->level == a->level && (only == NULL || only[i]) &&
		    span_equal(l->at[i]->link.type, a->link.type))
			put_link(o, &l->at[i]->link, false);
	}
	json_out_end_array(o);
}

/* A default link stands a second time, under its descriptive type. */
static void
put_defaults(struct json_out *o, const struct links *l, unsigned level,
    bool multi, const bool *only)
{
	bool open = false;

	for (size_t i = 0; i < l->count; i++) {
		const struct link *link = &l->at[i]->link;

		if (l->at[i]->level != level || !link->is_default ||
		    has_attributes(link) != multi || (only != NULL && !only[i]))
			continue;
		if (!open)
			json_out_array(o,
			    multi ? VOC "defaultLinkMulti" : VOC "defaultLink");
		open = true;
		put_link(o, link, !multi);
		if (!multi)
			break;
	}
	if (open)
		json_out_end_array(o);
}

void
links_print(struct json_out *o, const struct links *l, const char *root,
    const bool *only)
{
	uint8_t space[LINK_KEY + 512];

	json_out_object(o, NULL);
	json_out_array(o, "linkset");
	for (unsigned level = 0; level < l->levels.count; level++) {
		struct buf anchor = buf_fixed(space, sizeof(space));
		bool any = false;

		for (size_t i = 0; i < l->count; i++)
			any |= l->at[i]->level == level &&
			       (only == NULL || only[i]);
		if (!any)
			continue;
		buf_printf(&anchor, "%s/%s", root, l->levels.key[level]);
		json_out_object(o, NULL);
		json_out_string(o, "anchor", buf_span(&anchor));
		put_defaults(o, l, level, false, only);
		put_defaults(o, l, level, true, only);
		for (size_t i = 0; i < l->count; i++) {
			if (l->at[i]->level == level &&
			    (only == NULL || only[i]))
				put_relation(o, l, i, only);
		}
		json_out_end_object(o);
	}
	json_out_end_array(o);
	json_out_end_object(o);
}

void
links_target(struct buf *out, struct span href, struct span query)
{
	const uint8_t *hash = href.n == 0 ? NULL : memchr(href.p, '#', href.n);
	size_t n = hash == NULL ? href.n : (size_t)(hash - href.p);
	struct span front = span_of(href.p, n);

	buf_put(out, front);
	if (query.n > 0) {
		bool has = n > 0 && memchr(front.p, '?', n) != NULL;

		buf_byte(out, has ? '&' : '?');
		buf_put(out, query);
	}
	buf_put(out, span_skip(href, n));
}
