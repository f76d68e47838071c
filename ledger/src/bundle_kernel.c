/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json_out.h"
#include "base/text.h"
#include "event/did.h"
#include "event/touch.h"

#include "bundle_internal.h"

#include "base/banned.h"

/*
 * One run: the statements shown are admitted and applied in log order, the
 * item is traced and judged; each subject that any of this rests on is looked
 * for on the shelf.
 */
struct run {
	struct bundle_kernel *k;
	struct roster *roster;
	char host[sizeof(((struct genesis *)0)->origin)];
	int64_t authority_ms; /* newest wall of an authority so far */
};

static struct bundle_topic *
want(struct bundle_kernel *k, struct span subject)
{
	struct bundle_topic *t = bundle_shelf_find(k->shelf, subject);
	enum err e;

	if (t != NULL || k->failed != ERR_OK)
		return t;
	e = bundle_shelf_topic(k->shelf, subject, &t);
	if (e != ERR_OK)
		k->failed = e;
	return t;
}

static void
asked(void *ctx, struct span subject)
{
	struct run *r = ctx;

	(void)want(r->k, subject);
}

static void
want_text(struct run *r, const char *kind, struct span id)
{
	char space[GS1_CANONICAL];
	struct buf b = buf_fixed(space, sizeof(space));

	buf_str(&b, kind);
	buf_put(&b, id);
	if (buf_error(&b) == ERR_OK)
		(void)want(r->k, buf_span(&b));
}

/* formats 7.3: of each key that signed a registry statement shown. */
static void
want_signer_key(struct run *r, const uint8_t key[KEY_BYTES])
{
	char did[DID_KEY_CHARS + 1];

	did_key_print(did, key);
	want_text(r, "registry/delegation/", span_str(did));
	want_text(r, "registry/service/", span_str(did));
}

/* A revocation counts from the moment it names; how late it is at an entry,
 * only the clock of an authority can tell that signed at that point or
 * before. */
static void
advance(
    struct run *r, const struct roster_device *dev, const struct statement *s)
{
	if (strcmp(dev->role, "authority") == 0 &&
	    dev->organisation[0] == '\0' && s->claims.wall <= INT64_MAX &&
	    (int64_t)s->claims.wall > r->authority_ms)
		r->authority_ms = (int64_t)s->claims.wall;
}

static enum err
admit(struct run *r, const struct bundle_entry *entry,
    const struct statement *s, const struct registry *reg)
{
	struct roster_device *dev;
	struct span name = SPAN_NONE;
	struct diag d = { 0 };
	bool opens;
	enum err e;

	if (did_web_device_name(&name, r->host, s->claims.iss) != ERR_OK)
		name = SPAN_NONE; /* no device of this log: refused below */
	/* The signature is checked apart. */
	e = roster_admit(
	    r->roster, s, name, reg, true, r->authority_ms, &dev, &opens, &d);
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK && !r->k->refused) {
		r->k->refused = true;
		r->k->refused_index = entry->index;
		r->k->refusal = d;
	}
	if (e != ERR_OK)
		return ERR_OK;
	advance(r, dev, s);
	if (dev->organisation[0] != '\0')
		(void)roster_org(r->roster, span_str(dev->organisation));
	return ERR_OK;
}

static enum err
apply(struct run *r, const struct bundle_entry *entry)
{
	struct registry reg, *known = NULL;
	struct statement s;
	enum err e;

	if (entry_kind(entry->bytes) != ENTRY_STATEMENT ||
	    statement_parse(&s, entry->bytes, NULL) != ERR_OK)
		return ERR_OK;
	if (s.content == CONTENT_IS_REGISTRY) {
		want_signer_key(r, s.kid);
		e = registry_parse(&reg, s.payload, NULL);
		if (e == ERR_NOMEM)
			return e;
		known = e == ERR_OK ? &reg : NULL;
	}
	e = admit(r, entry, &s, known);
	if (known != NULL)
		registry_clear(known);
	return e == ERR_OK
		   ? roster_replay(r->roster, entry->index, entry->bytes)
		   : e;
}

static enum err
apply_all(struct run *r)
{
	uint32_t *order;
	size_t n;
	enum err e = bundle_shelf_order(r->k->shelf, &order, &n);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = apply(r, &r->k->shelf->entries[order[i]]);
	free(order);
	return e;
}

static enum err
entries_of(void *ctx, struct span subject, custody_entry_fn fn, void *fn_ctx,
    struct diag *d)
{
	struct run *r = ctx;
	const struct bundle_topic *t = want(r->k, subject);
	/* Topics move when fn asks for more; the list stays. */
	const uint32_t *at = t == NULL ? NULL : t->at;
	uint32_t count = t == NULL ? 0 : t->count;
	enum err e = ERR_OK;

	(void)d;
	for (uint32_t i = 0; e == ERR_OK && i < count; i++) {
		const struct bundle_entry *entry = &r->k->shelf->entries[at[i]];

		if (entry->bytes.n != 0)
			e = fn(fn_ctx, entry->index, entry->bytes);
	}
	return e;
}

/* formats 7.3: goods by GTIN and lot; the prefixes are asked by the roster. */
static void
want_goods(struct run *r, const struct gs1_code *code)
{
	char space[GS1_CANONICAL];
	struct buf b = buf_fixed(space, sizeof(space));
	struct span gtin = gs1_value(code, "01"), lot = gs1_value(code, "10");

	if (gtin.n != 14)
		return;
	want_text(r, "goods/", gtin);
	if (lot.n == 0)
		return;
	buf_put(&b, gtin);
	buf_byte(&b, '/');
	percent_put(&b, lot);
	if (buf_error(&b) == ERR_OK)
		want_text(r, "goods/", buf_span(&b));
}

static enum err
judge(struct run *r, struct diag *d)
{
	struct custody_source source = { r, entries_of };
	struct gs1_code *code = malloc(sizeof(*code));
	struct buf subject = buf_heap(GS1_CANONICAL);
	const struct bundle_question *q = r->k->question;
	struct verdict_question vq = { .at_ms = q->at_ms,
		.sightings = q->sightings };
	struct custody *story = NULL;
	struct diag fault = { 0 };
	enum err e = ERR_NOMEM;

	if (code == NULL)
		goto out;
	memcpy(vq.country, q->country, sizeof(vq.country));
	e = gs1_read(code, q->code, &fault);
	if (e == ERR_OK) {
		e = gs1_canonical(&subject, code);
		if (e != ERR_OK && e != ERR_NOMEM)
			(void)diag_fail(&fault, e, "gs1 7.3",
			    "the code holds no key of an item");
	}
	if (e == ERR_NOMEM)
		goto out;
	if (e != ERR_OK) {
		verdict_unreadable(&r->k->answer, &fault);
		e = ERR_OK;
		goto out;
	}
	e = ERR_OK;
	if (gs1_is_instance(code)) {
		(void)want(r->k, buf_span(&subject));
		want_goods(r, code);
		e = custody_trace(
		    &story, buf_span(&subject), r->roster, r->host, &source, d);
	}
	if (e == ERR_OK)
		verdict_judge(&r->k->answer, code, r->roster, story, &vq);
out:
	custody_free(story);
	buf_free(&subject);
	free(code);
	return e;
}

enum err
bundle_kernel_run(struct bundle_kernel *k, struct diag *d)
{
	struct run r = { .k = k };
	struct roster_genesis g = { r.host, k->genesis->authority,
		k->genesis->authority_count, k->genesis->service };
	char log[sizeof(r.host)];
	enum err e;

	k->failed = ERR_OK;
	k->refused = false;
	memset(&k->answer, 0, sizeof(k->answer));
	genesis_names(k->genesis, r.host, log);
	e = roster_new(&r.roster, &g);
	if (e != ERR_OK)
		return e;
	roster_watch(r.roster, asked, &r);
	e = apply_all(&r);
	if (e == ERR_OK)
		e = judge(&r, d);
	roster_free(r.roster);
	if (e == ERR_OK && k->failed != ERR_OK)
		e = diag_fail(d, k->failed, "formats 7.3",
		    "the answer rests on more than %d subjects",
		    BUNDLE_SUBJECTS);
	return e;
}

void
bundle_put_findings(struct json_out *o, const struct answer *a)
{
	json_out_array(o, "findings");
	for (unsigned i = 0; i < a->finding_count; i++) {
		const struct finding *f = &a->findings[i];

		json_out_object(o, NULL);
		json_out_str(o, "code", f->code);
		json_out_str(o, "group", f->group);
		json_out_str(o, "severity", f->hard ? "hard" : "soft");
		json_out_array(o, "evidence");
		for (unsigned k = 0; k < f->evidence_count; k++)
			json_out_int(o, NULL, (int64_t)f->evidence[k]);
		json_out_end_array(o);
		json_out_end_object(o);
	}
	json_out_end_array(o);
}
