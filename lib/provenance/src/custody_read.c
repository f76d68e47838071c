/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "event/did.h"
#include "event/epcis_fields.h"
#include "event/touch.h"
#include "gs1/gs1.h"

#include "custody_internal.h"

#include "base/banned.h"

/*
 * From the entries of one subject to what their events say about it.
 */

enum err
reader_init(struct reader *r, struct texts *texts, struct roster *roster,
    const char *host)
{
	memset(r, 0, sizeof(*r));
	r->texts = texts;
	r->roster = roster;
	r->host = host;
	r->space_cap = STATEMENT_MAX;
	r->name = buf_heap((size_t)3 * STATEMENT_MAX);
	r->space = malloc(r->space_cap);
	r->nodes = malloc(EPCIS_NODES * sizeof(*r->nodes));
	if (r->space == NULL || r->nodes == NULL) {
		reader_clear(r);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
reader_clear(struct reader *r)
{
	free(r->space);
	free(r->nodes);
	r->space = NULL;
	r->nodes = NULL;
	buf_free(&r->name);
}

/* The subject of a string of an EPC list, in r->name. */
static bool
read_name(struct reader *r, const struct json_doc *json, uint32_t node)
{
	struct span raw;

	buf_reset(&r->name);
	if (node == JSON_NONE || json_type(json, node) != JSON_STRING)
		return false;
	if (json_string(&raw, json, node, r->space, r->space_cap) != ERR_OK)
		return false;
	return gs1_subject(&r->name, raw) != GS1_SUBJECT_NONE &&
	       buf_error(&r->name) == ERR_OK;
}

static bool
names_subject(struct reader *r, const struct json_doc *json, uint32_t node)
{
	return read_name(r, json, node) &&
	       span_equal(buf_span(&r->name), r->subject);
}

static bool
list_names(struct reader *r, const struct json_doc *json, uint32_t list)
{
	if (list == JSON_NONE)
		return false;
	for (uint32_t i = json_first(json, list); i != JSON_NONE;
	     i = json->nodes[i].next) {
		if (names_subject(r, json, i))
			return true;
	}
	return false;
}

static const char *
keep(struct reader *r, const struct json_doc *json, uint32_t node)
{
	struct span raw;

	if (node == JSON_NONE || json_type(json, node) != JSON_STRING)
		return "";
	if (json_string(&raw, json, node, r->space, r->space_cap) != ERR_OK)
		return "";
	return texts_add(r->texts, raw);
}

/* kind: "BizStep-" or "Disp-". */
static const char *
keep_word(struct reader *r, const struct json_doc *json, uint32_t node,
    const char *kind)
{
	struct span raw;

	if (node == JSON_NONE || json_type(json, node) != JSON_STRING)
		return "";
	if (json_string(&raw, json, node, r->space, r->space_cap) != ERR_OK)
		return "";
	return texts_add(r->texts, epcis_bare(raw, kind));
}

/* interface.md: places are Digital Links. An sgln URN is turned into one; a
 * private URI stays as it is. */
static const char *
keep_place(
    struct reader *r, const struct json_doc *json, const struct epcis_event *e)
{
	uint32_t node = e->biz_location;
	uint32_t id = JSON_NONE;

	if (node == JSON_NONE)
		node = e->read_point;
	if (node != JSON_NONE)
		id = json_member(json, node, "id");
	if (id == JSON_NONE)
		return "";
	if (!read_name(r, json, id))
		return keep(r, json, id);
	return texts_add(r->texts, buf_span(&r->name));
}

/* docs/verdict.md 2.3: the lot and expiry that were given at the making. */
static void
put_ilmd(struct reader *r, const struct epcis_doc *doc, uint32_t event,
    struct custody_step *step)
{
	struct epcis_ilmd *f = &r->ilmd;

	for (bool more = epcis_ilmd_first(f, doc, event); more;
	     more = epcis_ilmd_next(f, doc)) {
		if (f->value.type != JSON_STRING ||
		    (!span_is(f->name.ns, "urn:epcglobal:cbv:mda:") &&
			!span_is(f->name.ns, "https://ref.gs1.org/cbv/mda/")))
			continue;
		if (span_is(f->name.local, "lotNumber"))
			step->lot = texts_add(r->texts, f->value.text);
		else if (span_is(f->name.local, "itemExpirationDate"))
			step->expiry = texts_add(r->texts, f->value.text);
	}
}

static void
put_times(struct record *rec, const struct statement *s)
{
	struct custody_step *step = &rec->step;

	if (rfc3339_parse(&step->event_ms, span_str(step->event_time)) !=
	    ERR_OK)
		step->event_ms = INT64_MIN;
	if (s->claims.clock != 0 && s->claims.wall <= INT64_MAX)
		step->signed_ms = (int64_t)s->claims.wall;
}

static bool
is_action(
    const struct json_doc *json, const struct epcis_event *e, const char *word)
{
	return e->action != JSON_NONE && json_string_is(json, e->action, word);
}

/* The subject's place in the event; false when it is not named. */
static bool
look_at_lists(struct reader *r, const struct json_doc *json,
    const struct epcis_event *e, struct record *rec)
{
	bool made = list_names(r, json, e->output_epcs);
	bool listed = list_names(r, json, e->epc_list);
	bool child = list_names(r, json, e->child_epcs);
	bool parent = names_subject(r, json, e->parent_id);
	bool add = is_action(json, e, "ADD");
	bool delete = is_action(json, e, "DELETE");
	const char *step = rec->step.biz_step;
	bool says_made = strcmp(step, "commissioning") == 0 ||
			 strcmp(step, "creating_class_instance") == 0;

	rec->step.commissions =
	    made || (listed && !delete &&(says_made ||
					  (e->type == EPCIS_OBJECT && add)));
	rec->empties = e->type == EPCIS_AGGREGATION && parent &&
		       delete &&(e->child_epcs == JSON_NONE ||
				 json_first(json, e->child_epcs) == JSON_NONE);
	if (e->type == EPCIS_AGGREGATION && child && !parent &&
	    (add || delete) && read_name(r, json, e->parent_id)) {
		rec->parent = texts_add(r->texts, buf_span(&r->name));
		rec->adds = add;
		rec->deletes = delete;
	}
	return made || listed || child || parent ||
	       list_names(r, json, e->input_epcs);
}

static struct record *
new_record(struct records *out, enum err *e, struct diag *d)
{
	struct record *more;
	size_t cap = out->cap == 0 ? 16 : out->cap * 2;

	if (out->n >= CUSTODY_STEPS) {
		*e = diag_fail(d, ERR_LIMIT, "verdict 4",
		    "a history of more than %u events", CUSTODY_STEPS);
		return NULL;
	}
	if (out->n == out->cap) {
		more = realloc(out->at, cap * sizeof(*more));
		if (more == NULL) {
			*e = ERR_NOMEM;
			return NULL;
		}
		out->at = more;
		out->cap = cap;
	}
	memset(&out->at[out->n], 0, sizeof(*out->at));
	return &out->at[out->n];
}

static void
put_signer(struct reader *r, const struct statement *s, struct record *rec)
{
	struct buf did = buf_heap(DID_WEB_CHARS + 1);
	const struct roster_device *dev = NULL;
	const struct roster_org *org = NULL;
	struct span name;

	rec->step.device = texts_add(r->texts, s->claims.iss);
	rec->step.organisation = "";
	rec->signer_org = "";
	if (did_web_device_name(&name, r->host, s->claims.iss) == ERR_OK)
		dev = roster_device(r->roster, name);
	if (dev == NULL)
		goto out;
	rec->by_authority = strcmp(dev->role, "authority") == 0;
	if (dev->organisation[0] == '\0')
		goto out;
	rec->signer_org = texts_add(r->texts, span_str(dev->organisation));
	org = roster_org(r->roster, span_str(dev->organisation));
	if (org != NULL)
		rec->step.organisation =
		    texts_add(r->texts, span_str(org->did));
	else if (did_web_org(&did, r->host, span_str(dev->organisation)) ==
		 ERR_OK)
		rec->step.organisation = texts_add(r->texts, buf_span(&did));
out:
	buf_free(&did);
}

static bool
complete(const struct record *rec)
{
	const struct custody_step *s = &rec->step;

	return s->biz_step != NULL && s->action != NULL &&
	       s->disposition != NULL && s->event_time != NULL &&
	       s->place != NULL && s->organisation != NULL &&
	       s->device != NULL && s->lot != NULL && s->expiry != NULL &&
	       rec->event_id != NULL && rec->signer_org != NULL &&
	       ((!rec->adds && !rec->deletes) || rec->parent != NULL);
}

static enum err
read_event(struct reader *r, uint64_t index, const struct statement *s,
    const struct epcis_doc *doc, const struct epcis_event *e, struct diag *d)
{
	const struct json_doc *json = &doc->json;
	enum err err = ERR_OK;
	struct record *rec = new_record(r->out, &err, d);

	if (rec == NULL)
		return err;
	rec->step.index = index;
	rec->step.pos = e->pos;
	rec->step.via = "";
	rec->step.biz_step = keep_word(r, json, e->biz_step, "BizStep-");
	if (rec->step.biz_step == NULL)
		return ERR_NOMEM;
	if (!look_at_lists(r, json, e, rec))
		return ERR_OK;
	rec->step.action = keep(r, json, e->action);
	rec->step.disposition = keep_word(r, json, e->disposition, "Disp-");
	rec->step.event_time = keep(r, json, e->event_time);
	rec->step.place = keep_place(r, json, e);
	rec->event_id = keep(r, json, e->event_id);
	rec->declaration = e->error_declaration != JSON_NONE;
	rec->step.lot = "";
	rec->step.expiry = "";
	if (rec->step.commissions)
		put_ilmd(r, doc, e->node, &rec->step);
	put_signer(r, s, rec);
	if (rec->step.event_time != NULL)
		put_times(rec, s);
	if (!complete(rec))
		return ERR_NOMEM;
	r->out->n++;
	return ERR_OK;
}

struct call {
	struct reader *r;
	struct diag *d;
};

/* formats 3.3: a payload without the shape or against epcis.md feeds no event
 * table; here it gives no step. */
static enum err
read_entry(void *ctx, uint64_t index, struct span entry)
{
	struct call *call = ctx;
	struct epcis_doc doc;
	struct statement s;
	enum err e = ERR_OK;
	unsigned pos = 0;

	if (entry_kind(entry) != ENTRY_STATEMENT ||
	    statement_parse(&s, entry, NULL) != ERR_OK ||
	    s.content != CONTENT_IS_PRODUCT)
		return ERR_OK;
	if (epcis_open(&doc, s.payload, call->r->nodes, EPCIS_NODES, NULL) !=
		ERR_OK ||
	    epcis_check(&doc, NULL) != ERR_OK)
		return ERR_OK;
	for (uint32_t i = epcis_first(&doc); e == ERR_OK && i != JSON_NONE;
	     i = doc.json.nodes[i].next) {
		struct epcis_event ev;

		epcis_event(&ev, &doc, i, pos++);
		e = read_event(call->r, index, &s, &doc, &ev, call->d);
	}
	return e;
}

static bool
entitled(const struct record *declaration, const struct record *event)
{
	/* verdict.md 4: only the organisation that made the event, or an
	 * authority. */
	return declaration->by_authority ||
	       (declaration->signer_org[0] != '\0' &&
		   strcmp(declaration->signer_org, event->signer_org) == 0);
}

/* epcis 8.4: the declaration repeats the event with its eventID. */
static void
withdraw(struct records *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct record *decl = &all->at[i];

		if (!decl->declaration || decl->event_id[0] == '\0')
			continue;
		for (size_t k = 0; k < i; k++) {
			struct record *ev = &all->at[k];

			if (!ev->declaration && entitled(decl, ev) &&
			    strcmp(ev->event_id, decl->event_id) == 0)
				ev->step.withdrawn = true;
		}
	}
}

enum err
reader_run(struct reader *r, struct span subject,
    const struct custody_source *source, struct records *out, struct diag *d)
{
	struct call call = { r, d };
	enum err e;

	r->subject = subject;
	r->out = out;
	e = source->entries(source->ctx, subject, read_entry, &call, d);
	if (e == ERR_OK)
		withdraw(out);
	return e;
}
