/* SPDX-License-Identifier: Apache-2.0 */
/* Proof bundles and absence (formats 7). */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger/bundle.h"

#include "proof_visible.h"
#include "proofs.h"

#include "base/banned.h"

/* So many entries of one subject are read for an answer at most. */
#define ENTRIES_MAX 10000
#define BUNDLE_TYPE "application/vnd.countermark.bundle+json"
/* The verdict may change with the hour alone: an expiry, the end of a
 * licence. A minute is what an unchanged tag vouches for. */
#define TAG_MS 60000

/* One answer under way. */
struct proving {
	struct call *c;
	struct proof_head *head;
	struct bundle_source source;
	size_t left; /* entries of the subject at work */
	custody_entry_fn fn;
	void *fn_ctx;
};

/* ---- the source ---- */
static enum err
count_entry(void *ctx, uint64_t index, struct span entry)
{
	struct proving *p = ctx;

	if (p->left-- == 0)
		return diag_fail(&p->c->d, ERR_LIMIT, "",
		    "a subject has more than %d entries", ENTRIES_MAX);
	return p->fn(p->fn_ctx, index, entry);
}

static enum err
entries(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct proving *p = ctx;
	struct store_reach known = proofs_reach(p->head, subject);

	/* Most subjects of a bundle are absent: the map knows without asking
	 * the database. */
	if (known.count == 0)
		return ERR_OK;
	p->left = ENTRIES_MAX;
	p->fn = fn;
	p->fn_ctx = fn_ctx;
	return store_subject_known(p->c->store, subject, &known, known.covered,
	    ENTRIES_MAX + 1, count_entry, p, d);
}

static enum err
prove(void *ctx, const struct hash *key, struct map_proof *out, struct diag *d)
{
	struct proving *p = ctx;

	(void)d;
	map_prove(out, p->head->version, key);
	return ERR_OK;
}

static enum err
visible(void *ctx, const uint64_t *indices, const struct span *bytes,
    bool *seen, size_t n, struct diag *d)
{
	struct proving *p = ctx;

	return proof_visible(p->c, indices, bytes, seen, n, d);
}

/* ---- what comes before ---- */
static void
unavailable(struct call *c, enum proofs_state state)
{
	if (c->api->proofs == NULL) {
		answer_problem(c->res, 501, "no_map", NULL, NULL,
		    "this server keeps no map, another one gives proofs");
		return;
	}
	if (state == PROOFS_DIFFERS)
		answer_problem(c->res, 503, "map_differs", NULL, NULL,
		    "the map is not the one that the newest epoch states; the "
		    "operator is told");
	else
		answer_problem(c->res, 503, "map_behind", NULL, NULL,
		    "the map has not been followed to a published epoch yet");
	http_header(
	    c->res, "Retry-After", "%d", state == PROOFS_DIFFERS ? 60 : 2);
}

/* Whose events the caller sees, as for the history: everybody may ask. */
static enum err
look_as(struct call *c)
{
	bool refused = false;

	if (c->caller.role == ROLE_PUBLIC ||
	    (c->caller.scopes & SCOPE_READ) == 0)
		return ERR_OK;
	return access_see(c, &refused);
}

/* *go false: a problem has been written. Give the head back in any case. */
static enum err
begin(struct proving *p, struct call *c, bool *go)
{
	enum proofs_state state = PROOFS_BEHIND;
	struct store *s;
	enum err e;

	memset(p, 0, sizeof(*p));
	p->c = c;
	*go = false;
	e = call_snapshot(c); /* the roster, for who signed what */
	if (e == ERR_OK)
		e = look_as(c);
	if (e == ERR_OK)
		e = call_store(c, &s);
	if (e != ERR_OK)
		return e;
	if (c->api->proofs != NULL)
		state = proofs_take(c->api->proofs, &p->head);
	if (p->head == NULL) {
		unavailable(c, state);
		return ERR_OK;
	}
	p->source.ctx = p;
	p->source.entries = entries;
	p->source.prove = prove;
	p->source.visible = visible;
	*go = true;
	return ERR_OK;
}

static void
end(struct proving *p)
{
	if (p->head != NULL)
		proofs_give(p->c->api->proofs, p->head);
}

/* Weak: of the same published moment, for the same eyes, within a minute. */
static void
tag(struct proving *p, const char *what, int64_t at_ms)
{
	struct call *c = p->c;
	struct buf text = buf_heap(65536);
	struct hash h;
	char hex[33];

	buf_put(&text, c->req->target);
	buf_printf(&text, " %s %" PRId64 " %d %s %s ", what, at_ms / TAG_MS,
	    c->api->conf->entries_public, c->caller.sees,
	    c->caller.organisation);
	buf_put(&text, p->head->head.note);
	h = hash_bytes(buf_span(&text));
	buf_free(&text);
	hex_print(hex, span_of(h.b, 16));
	http_header(c->res, "ETag", "W/\"%s\"", hex);
	http_header(c->res, "Cache-Control", "%s",
	    c->caller.role == ROLE_PUBLIC ? "no-cache" : "private, no-cache");
	http_header(c->res, "Vary", "Authorization");
}

/* ---- /v1/items/{code}/proof ---- */
/* A name that file systems take. */
static void
put_filename(struct call *c, const struct item *it)
{
	struct span s = buf_span(&it->subject);
	char name[120];
	size_t n = 0;

	if (span_starts(s, "https://id.gs1.org/"))
		s = span_skip(s, strlen("https://id.gs1.org/"));
	for (size_t i = 0; i < s.n && n < sizeof(name) - 1; i++) {
		uint8_t ch = s.p[i];
		bool plain = (ch >= '0' && ch <= '9') ||
			     (ch >= 'A' && ch <= 'Z') ||
			     (ch >= 'a' && ch <= 'z') || ch == '.';

		name[n++] = plain ? (char)ch : '-';
	}
	name[n] = '\0';
	http_header(c->res, "Content-Disposition",
	    "attachment; filename=\"%s.cmproof\"", name);
}

static enum err
make(struct proving *p, const struct item *it, int64_t at_ms)
{
	struct call *c = p->c;
	const struct span *country = target_value(&c->target, "country");
	struct bundle_question q = { .at_ms = at_ms };
	int64_t started_us = clock_mono_us();
	enum err e;

	q.code = item_is_path(c->wild[0]) ? buf_span(&it->subject) : c->wild[0];
	if (country != NULL)
		memcpy(q.country, country->p, 2);
	e = bundle_make(&c->res->body, &q, &p->head->head, &p->source, &c->d);
	if (e != ERR_OK)
		return e;
	metric_observe(&c->api->metrics.proof_seconds,
	    (double)(clock_mono_us() - started_us) / 1e6);
	put_filename(c, it);
	tag(p, "bundle", at_ms);
	return answer_done(c->res, 200, BUNDLE_TYPE);
}

enum err
items_proof(struct call *c)
{
	struct proving p = { .c = c };
	struct item it;
	bool go = false;
	enum err e = item_open(c, &it, &go);

	if (e == ERR_OK && go && !item_country_ok(c))
		go = false;
	if (e == ERR_OK && go)
		e = begin(&p, c, &go);
	if (e == ERR_OK && go)
		e = make(&p, &it, clock_wall_ms());
	end(&p);
	item_clear(&it);
	return e;
}

/* ---- /log/absence ---- */
static void
put_at(struct json_out *o, const char *key, bool indexed, uint64_t index,
    struct span entry, const struct hash *path, size_t steps)
{
	json_out_object(o, key);
	if (indexed)
		json_out_int(o, "index", (int64_t)index);
	json_out_base64(o, "entry", entry);
	json_out_array(o, "path");
	for (size_t i = 0; i < steps; i++)
		json_out_base64(o, NULL, hash_span(&path[i]));
	json_out_end_array(o);
	json_out_end_object(o);
}

/* interface.md, HTTP answers; members as in formats 7.1, 7.2. */
static enum err
put_absence(struct proving *p, struct span subject)
{
	const struct bundle_head *h = &p->head->head;
	struct call *c = p->c;
	struct buf one = buf_heap(BUNDLE_MAX);
	struct json_out o;
	enum err e = bundle_subject(&one, subject, &p->source, &c->d);

	if (e == ERR_OK)
		e = buf_error(&one);
	if (e != ERR_OK)
		goto out;
	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_string(&o, "checkpoint", h->note);
	put_at(&o, "genesis", false, 0, h->genesis, h->genesis_path,
	    h->genesis_steps);
	put_at(&o, "epoch", true, h->size - 1, h->epoch, h->epoch_path,
	    h->epoch_steps);
	json_out_raw(&o, "subject", buf_span(&one));
	json_out_end_object(&o);
	tag(p, "absence", 0);
	e = answer_done(c->res, 200, "application/json");
out:
	buf_free(&one);
	return e;
}

/* That a device has written nothing is proven. Of one that has the list would
 * have an entry a statement, and evidence: formats 7.3. */
static bool
is_chain(struct proving *p, struct span subject)
{
	bool present;

	if (!span_starts(subject, "device/"))
		return false;
	present = proofs_reach(p->head, subject).count > 0;
	if (present)
		answer_problem(p->c->res, 400, "bad_parameter", "subject",
		    "a subject whose entries are listed",
		    "a device's chain is read from the log's entries");
	return present;
}

enum err
log_absence(struct call *c)
{
	const struct span *subject = target_value(&c->target, "subject");
	struct proving p = { .c = c };
	bool go = false;
	enum err e;

	if (subject == NULL || subject->n == 0 || !utf8_valid(*subject)) {
		answer_problem(c->res, 400,
		    subject == NULL ? "missing_parameter" : "bad_parameter",
		    "subject", "a subject of the map, UTF-8",
		    "no subject to be looked up");
		return ERR_OK;
	}
	e = begin(&p, c, &go);
	if (e == ERR_OK && go)
		go = !is_chain(&p, *subject);
	if (e == ERR_OK && go)
		e = put_absence(&p, *subject);
	end(&p);
	return e;
}
