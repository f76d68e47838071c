/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

#include "epcis_named.h"

#include "base/banned.h"

/* Jobs as they are told, and their list in pages (epcis.md 9.4, 9.5). */
/* ---- who sees which ---- */
/* The organisation whose jobs this caller sees, "" all; NULL none: then the
 * answer is written. */
static const char *
scope(struct call *c)
{
	if (!access_scope(c, SCOPE_READ))
		return NULL;
	if (access_sees_all(c))
		return "";
	if (c->caller.organisation[0] != '\0')
		return c->caller.organisation;
	answer_problem(c->res, 403, "forbidden", "Authorization",
	    "a token of an organisation",
	    "the token's role sees jobs of its organisation alone");
	return NULL;
}

/* ---- one job ---- */
void
epcis_job_print(
    struct json_out *o, const struct capture_job *j, struct span errors)
{
	char text[RFC3339_CHARS + 1];

	json_out_object(o, NULL);
	json_out_str(o, "captureID", j->id);
	rfc3339_print(text, j->created_ms);
	json_out_str(o, "createdAt", text);
	if (j->finished_ms != 0) {
		rfc3339_print(text, j->finished_ms);
		json_out_str(o, "finishedAt", text);
	}
	json_out_bool(o, "running", j->finished_ms == 0);
	json_out_bool(o, "success", j->success);
	json_out_str(
	    o, "captureErrorBehaviour", j->proceed ? "proceed" : "rollback");
	json_out_raw(o, "errors", errors);
	json_out_end_object(o);
}

static void
answer_no_job(struct call *c)
{
	answer_problem(c->res, 404, "not_found", "captureID", NULL,
	    "no capture job of that id, or none of yours");
}

enum err
epcis_capture_job(struct call *c)
{
	const char *organisation = scope(c);
	struct buf errors = buf_heap(CAPTURE_ERRORS_MAX);
	char id[CAPTURE_ID_CHARS + 1];
	struct span name = c->wild[0];
	struct capture_job j;
	struct json_out o;
	struct store *s;
	enum err e;

	if (organisation == NULL)
		return ERR_OK;
	if (name.n != CAPTURE_ID_CHARS) {
		answer_no_job(c);
		return ERR_OK;
	}
	(void)snprintf(
	    id, sizeof(id), "%.*s", (int)name.n, (const char *)name.p);
	if ((e = call_store(c, &s)) == ERR_OK)
		e = utf8_valid(name) ? capture_find(s, id, &j, &errors, &c->d)
				     : ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND ||
	    (e == ERR_OK && organisation[0] != '\0' &&
		strcmp(organisation, j.organisation) != 0)) {
		answer_no_job(c);
		e = ERR_OK;
	} else if (e == ERR_OK) {
		answer_json(c->res, &o);
		epcis_job_print(&o, &j, buf_span(&errors));
		e = answer_done(c->res, 200, epcis_media(c));
		http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	}
	buf_free(&errors);
	return e;
}

/* ---- the list ---- */
/* A place in it: `<created, 19 digits>.<id>`. */
#define PLACE_TIME 19
#define PLACE (PLACE_TIME + 1 + CAPTURE_ID_CHARS)

struct listing {
	struct call *c;
	struct epcis_list l;
};

static enum err
on_job(void *ctx, const struct capture_job *j, struct span errors)
{
	struct listing *l = ctx;
	char place[PLACE + 1];
	int n = snprintf(place, sizeof(place), "%0*" PRId64 ".%s", PLACE_TIME,
	    j->created_ms, j->id);

	if (n == PLACE && epcis_list_room(l->c, &l->l, span_str(place)))
		epcis_job_print(&l->l.o, j, errors);
	return ERR_OK;
}

/* The place the page begins behind; the newest without one. It comes out of a
 * token of ours. */
static void
place_of(struct capture_job *after, struct span place)
{
	after->created_ms = INT64_MAX;
	after->id[0] = '\0';
	if (place.n != PLACE)
		return;
	after->created_ms = 0;
	for (size_t i = 0; i < PLACE_TIME; i++)
		after->created_ms = after->created_ms * 10 + (place.p[i] - '0');
	memcpy(after->id, place.p + PLACE_TIME + 1, CAPTURE_ID_CHARS);
	after->id[CAPTURE_ID_CHARS] = '\0';
}

enum err
epcis_jobs(struct call *c)
{
	const char *organisation = scope(c);
	struct listing l = { .c = c };
	struct capture_job after;
	bool go;
	enum err e;

	if (organisation == NULL)
		return ERR_OK;
	e = epcis_list_begin(c, &l.l, span_str("capture"), &go);
	if (e != ERR_OK || !go)
		return e;
	place_of(&after, l.l.after);
	e = capture_list(c->store, organisation, after.created_ms, after.id,
	    (size_t)l.l.per_page + 1, on_job, &l, &c->d);
	return e == ERR_OK ? epcis_list_end(c, &l.l) : e;
}
