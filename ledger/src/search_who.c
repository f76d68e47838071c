/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an event concerns: the roster, and beside it which organisation has a
 * GLN and who holds a right. */
#include "search_internal.h"

#include <stdlib.h>

#include "event/did.h"
#include "event/touch.h"

#include "base/banned.h"

/* ---- maps ---- */
/* Place of key, or where it would stand. */
static size_t
place_of(const struct who_map *m, struct span key, bool *found)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = span_compare(span_str(m->at[mid].key), key);

		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = false;
	return low;
}

static const char *
map_get(const struct who_map *m, struct span key)
{
	bool found;
	size_t i = place_of(m, key, &found);

	return found ? m->at[i].org : NULL;
}

static void
remove_at(struct who_map *m, size_t i)
{
	memmove(m->at + i, m->at + i + 1, (m->n - i - 1) * sizeof *m->at);
	m->n--;
}

static void
map_drop(struct who_map *m, const char *key)
{
	bool found;
	size_t i = place_of(m, span_str(key), &found);

	if (found)
		remove_at(m, i);
}

static void
map_drop_org(struct who_map *m, const char *org)
{
	for (size_t i = m->n; i-- > 0;)
		if (strcmp(m->at[i].org, org) == 0)
			remove_at(m, i);
}

static bool
copy_text(char *out, size_t cap, const char *text)
{
	size_t n = strlen(text);

	if (n >= cap)
		return false;
	memcpy(out, text, n + 1);
	return true;
}

/* The newest statement counts. Names that are none of ours are passed over. */
static enum err
map_put(struct who_map *m, const char *key, const char *org)
{
	struct who_pair pair;
	bool found;
	size_t i = place_of(m, span_str(key), &found);

	if (!copy_text(pair.key, sizeof pair.key, key) ||
	    !copy_text(pair.org, sizeof pair.org, org))
		return ERR_OK;
	if (!found && m->n == m->cap) {
		size_t cap = m->cap == 0 ? 64 : 2 * m->cap;
		struct who_pair *at = reallocarray(m->at, cap, sizeof *at);

		if (at == NULL)
			return ERR_NOMEM;
		m->at = at;
		m->cap = cap;
	}
	if (!found) {
		memmove(m->at + i + 1, m->at + i, (m->n - i) * sizeof *m->at);
		m->n++;
	}
	m->at[i] = pair;
	return ERR_OK;
}

/* ---- the fold ---- */
enum err
who_init(struct who *w, struct span genesis, struct diag *d)
{
	struct roster_genesis g;
	char log[321];
	enum err e;

	*w = (struct who){ .did = buf_heap(DID_WEB_CHARS + 1) };
	if ((e = genesis_parse(&w->genesis, genesis, d)) != ERR_OK)
		return e;
	genesis_names(&w->genesis, w->host, log);
	g = (struct roster_genesis){ .host = w->host,
		.authority = (const uint8_t(*)[KEY_BYTES])w->genesis.authority,
		.authority_count = w->genesis.authority_count,
		.service = w->genesis.service };
	return roster_new(&w->roster, &g);
}

void
who_clear(struct who *w)
{
	roster_free(w->roster);
	free(w->glns.at);
	free(w->holders.at);
	buf_free(&w->did);
	*w = (struct who){ .roster = NULL };
}

static enum err
take_organisation(struct who *w, const struct registry *reg)
{
	const struct json *glns = json_get(reg->body, "glns");
	enum err e = ERR_OK;

	map_drop_org(&w->glns, reg->id);
	if (reg->op == REGISTRY_END)
		return ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < json_count(glns); i++) {
		const char *gln = json_text(json_at(glns, i));

		if (gln != NULL)
			e = map_put(&w->glns, gln, reg->id);
	}
	return e;
}

static enum err
take_right(struct who *w, const struct registry *reg)
{
	const char *holder = json_text(json_get(reg->body, "holder"));

	if (reg->op != REGISTRY_END && holder != NULL)
		return map_put(&w->holders, reg->id, holder);
	map_drop(&w->holders, reg->id);
	return ERR_OK;
}

static enum err
take_effect(struct who *w, uint64_t index, const struct statement *st,
    const struct registry *reg)
{
	enum err e = roster_apply(w->roster, index, st, reg, NULL);

	if (e == ERR_NOMEM)
		return e;
	/* without effect: the log holds it all the same */
	if (e != ERR_OK || reg->op == REGISTRY_SUSPEND)
		return ERR_OK;
	if (reg->type == REGISTRY_ORGANISATION)
		return take_organisation(w, reg);
	return reg->type == REGISTRY_RIGHT ? take_right(w, reg) : ERR_OK;
}

enum err
who_take(struct who *w, uint64_t index, struct span entry)
{
	struct registry reg;
	struct statement st;
	enum err e;

	if (entry_kind(entry) != ENTRY_STATEMENT)
		return roster_replay(w->roster, index, entry);
	if (statement_parse(&st, entry, NULL) != ERR_OK ||
	    st.content != CONTENT_IS_REGISTRY)
		return ERR_OK;
	if ((e = registry_parse(&reg, st.payload, NULL)) != ERR_OK)
		return e == ERR_NOMEM ? e : ERR_OK;
	e = take_effect(w, index, &st, &reg);
	registry_clear(&reg);
	return e;
}

/* ---- answers ---- */
static struct span
did_of(struct who *w, const char *name)
{
	const struct roster_org *org;

	if (name == NULL || name[0] == '\0')
		return SPAN_NONE;
	org = roster_org(w->roster, span_str(name));
	if (org != NULL && org->did[0] != '\0')
		return span_str(org->did);
	buf_reset(&w->did);
	if (did_web_org(&w->did, w->host, span_str(name)) != ERR_OK)
		return SPAN_NONE;
	return buf_span(&w->did);
}

struct span
who_signer(struct who *w, struct span iss)
{
	const struct roster_device *dev;
	struct span name;

	if (did_web_device_name(&name, w->host, iss) != ERR_OK)
		return SPAN_NONE;
	dev = roster_device(w->roster, name);
	return dev == NULL ? SPAN_NONE : did_of(w, dev->organisation);
}

struct span
who_goods(struct who *w, const char gtin14[15])
{
	const struct roster_goods *g = roster_goods(w->roster, gtin14);

	return g == NULL ? SPAN_NONE : did_of(w, g->organisation);
}

struct span
who_holder(struct who *w, const char gtin14[15])
{
	const struct roster_goods *g = roster_goods(w->roster, gtin14);

	if (g == NULL || g->right[0] == '\0')
		return SPAN_NONE;
	return did_of(w, map_get(&w->holders, span_str(g->right)));
}

/* NULL where nobody is named. */
static const char *
named(const char *name)
{
	return name == NULL || name[0] == '\0' ? NULL : name;
}

enum visibility
who_visibility(const struct who *w, struct span iss, const char *gtin14,
    struct span biz_step)
{
	const char *voice[3] = { NULL, NULL, NULL };
	enum visibility least = VISIBILITIES;
	const struct roster_device *dev;
	struct span name;

	if (did_web_device_name(&name, w->host, iss) == ERR_OK &&
	    (dev = roster_device(w->roster, name)) != NULL)
		voice[0] = named(dev->organisation);
	if (gtin14[0] != '\0') {
		const struct roster_goods *g = roster_goods(w->roster, gtin14);

		voice[1] = g == NULL ? NULL : named(g->organisation);
		voice[2] =
		    g == NULL ? NULL
			      : named(map_get(&w->holders, span_str(g->right)));
	}
	for (size_t i = 0; i < 3; i++) {
		enum visibility v;

		if (voice[i] == NULL)
			continue;
		v = roster_visibility(w->roster, voice[i], gtin14, biz_step);
		least = v < least ? v : least;
	}
	return least == VISIBILITIES ? VISIBILITY_PARTIES : least;
}

struct span
who_party(struct who *w, struct span uri)
{
	static const char *const front[] = { "https://id.gs1.org/417/",
		"https://id.gs1.org/414/" };
	const size_t gln = 13;

	if (span_starts(uri, "did:"))
		return uri;
	for (size_t i = 0; i < sizeof front / sizeof front[0]; i++) {
		size_t n = strlen(front[i]);

		if (span_starts(uri, front[i]) && uri.n >= n + gln &&
		    (uri.n == n + gln || uri.p[n + gln] == '/'))
			return did_of(
			    w, map_get(&w->glns, span_of(uri.p + n, gln)));
	}
	return SPAN_NONE;
}
