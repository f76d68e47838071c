/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_body.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

#define DEPTH 8

static const char query_code[] = "bad_query";
static const char subscription_code[] = "bad_subscription";

static CM_PRINTF(5, 6) enum err fault(struct epcis_fault *f, const char *code,
    const char *parameter, const char *wanted, const char *fmt, ...)
{
	va_list ap;

	f->status = 400;
	f->code = code;
	f->wanted = wanted;
	(void)snprintf(f->parameter, sizeof(f->parameter), "%s", parameter);
	va_start(ap, fmt);
	(void)vsnprintf(f->detail, sizeof(f->detail), fmt, ap);
	va_end(ap);
	return ERR_SYNTAX;
}

bool
epcis_name_ok(struct span name)
{
	if (name.n == 0 || name.n > EPCIS_NAME || span_is(name, ".") ||
	    span_is(name, ".."))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if ((c < '0' || c > '9') &&
		    ((c | 32) < 'a' || (c | 32) > 'z') &&
		    strchr("-._~", c) == NULL)
			return false;
	}
	return true;
}

/* A JSON object whose members are all among names (each behind a blank). */
static enum err
open_body(struct json_doc *doc, struct span body, const char *code,
    const char *wanted, struct epcis_fault *f)
{
	struct diag d;

	diag_clear(&d);
	if (body.n > EPCIS_BODY) {
		(void)fault(f, "query_too_large", "body", NULL,
		    "the body is above %d bytes", EPCIS_BODY);
		f->status = 413;
		return ERR_SYNTAX;
	}
	if (json_scan(doc, body, DEPTH, &d) != ERR_OK)
		return fault(f, code, "body", wanted, "%s", d.text);
	if (json_type(doc, JSON_ROOT) != JSON_OBJECT)
		return fault(f, code, "body", wanted, "the body is no object");
	return ERR_OK;
}

static bool
known(struct span name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (span_is(name, *names))
			return true;
	}
	return false;
}

static enum err
check_members(const struct json_doc *doc, const char *const *names,
    const char *code, const char *wanted, struct epcis_fault *f)
{
	for (uint32_t m = json_first(doc, JSON_ROOT); m != JSON_NONE;
	     m = doc->nodes[m].next) {
		uint8_t space[48];
		struct span key;

		if (json_key(&key, doc, m, space, sizeof(space)) != ERR_OK ||
		    key.n > sizeof(space))
			return fault(f, code, "body", wanted,
			    "the body has a member that is not known");
		if (known(key, names))
			continue;
		(void)fault(f, code, "", wanted,
		    "the body has a member that is not known");
		(void)snprintf(
		    f->parameter, sizeof(f->parameter), "%.*s", SPAN_ARG(key));
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

/* A string without U+0000 that fits into the space. */
static bool
text_of(struct span *out, const struct json_doc *doc, uint32_t node,
    uint8_t *space, size_t cap)
{
	return node != JSON_NONE && json_type(doc, node) == JSON_STRING &&
	       !doc->nodes[node].has_nul &&
	       json_string(out, doc, node, space, cap) == ERR_OK &&
	       out->n > 0 && out->n <= cap;
}

/* ---- queries ---- */
enum err
epcis_body_query(struct epcis_named *out, struct json_doc *doc,
    struct epcis_query *q, struct span body, struct epcis_fault *f)
{
	static const char *const names[] = { "name", "query", NULL };
	static const char wanted[] = "{\"name\":text,\"query\":object}";
	static const char name_wanted[] = "1 to 64 of A-Z a-z 0-9 - . _ ~";
	enum err e = open_body(doc, body, query_code, wanted, f);

	if (e == ERR_OK)
		e = check_members(doc, names, query_code, wanted, f);
	if (e != ERR_OK)
		return e;
	if (!text_of(&out->name, doc, json_member(doc, JSON_ROOT, "name"),
		out->space, sizeof(out->space)) ||
	    !epcis_name_ok(out->name))
		return fault(f, query_code, "name", name_wanted,
		    "the query has no name that can stand in a URL");
	out->query = json_member(doc, JSON_ROOT, "query");
	if (out->query == JSON_NONE ||
	    json_type(doc, out->query) != JSON_OBJECT)
		return fault(f, query_code, "query", wanted,
		    "the query is missing or no object");
	epcis_query_init(q);
	e = epcis_query_json(q, doc, out->query, f);
	/* 9.3: what is wrong in a query is QueryValidationException */
	if (e != ERR_OK && f->status == 400)
		f->code = query_code;
	return e;
}

/* ---- subscriptions ---- */
static enum err
take_flag(bool *out, const struct json_doc *doc, const char *name,
    struct epcis_fault *f)
{
	uint32_t node = json_member(doc, JSON_ROOT, name);
	enum json_type type =
	    node == JSON_NONE ? JSON_FALSE : json_type(doc, node);

	*out = type == JSON_TRUE;
	if (type == JSON_TRUE || type == JSON_FALSE)
		return ERR_OK;
	return fault(f, subscription_code, name, "true or false",
	    "the value is neither true nor false");
}

static enum err
take_dest(struct epcis_subscribe *out, const struct json_doc *doc, bool inside,
    struct epcis_fault *f)
{
	uint32_t dest = json_member(doc, JSON_ROOT, "dest");
	uint32_t token = json_member(doc, JSON_ROOT, "signatureToken");
	const char *why;

	if (!text_of(&out->dest, doc, dest, out->dest_space,
		sizeof(out->dest_space)))
		return fault(f, subscription_code, "dest",
		    "an https URL of at most 1000 bytes",
		    "dest is missing, too long or no text");
	if ((why = webhook_dest_fault(out->dest, inside)) != NULL)
		return fault(f, subscription_code, "dest",
		    inside ? "a URL of http or https"
			   : "an https URL on the public internet",
		    "%s", why);
	out->secret = SPAN_NONE;
	if (token != JSON_NONE &&
	    !text_of(&out->secret, doc, token, out->secret_space,
		sizeof(out->secret_space)))
		return fault(f, subscription_code, "signatureToken",
		    "a text of 1 to 256 bytes",
		    "the signatureToken is empty, too long or no text");
	return ERR_OK;
}

static enum err
take_schedule(struct epcis_subscribe *out, const struct json_doc *doc,
    struct epcis_fault *f)
{
	uint32_t node = json_member(doc, JSON_ROOT, "schedule");
	struct schedule_fault why;

	out->schedule = SPAN_NONE;
	if (out->stream == (node != JSON_NONE))
		return fault(f, subscription_code,
		    out->stream ? "stream" : "schedule",
		    "\"stream\":true or a schedule",
		    out->stream ? "stream and schedule exclude each other"
				: "neither stream nor schedule is given");
	if (node == JSON_NONE)
		return out->report_if_empty
			   ? fault(f, subscription_code, "reportIfEmpty", NULL,
				 "reportIfEmpty needs a schedule")
			   : ERR_OK;
	if (schedule_parse(&out->when, doc, node, &why) == ERR_OK) {
		out->schedule = json_raw(doc, node);
		return ERR_OK;
	}
	(void)fault(
	    f, subscription_code, "schedule", why.wanted, "%s", why.detail);
	if (why.member[0] != '\0')
		(void)snprintf(f->parameter, sizeof(f->parameter),
		    "schedule.%s", why.member);
	return ERR_SYNTAX;
}

enum err
epcis_body_subscription(struct epcis_subscribe *out, struct json_doc *doc,
    struct span body, bool inside, struct epcis_fault *f)
{
	static const char *const names[] = { "dest", "signatureToken", "stream",
		"schedule", "reportIfEmpty", NULL };
	static const char wanted[] =
	    "dest, signatureToken, stream, schedule, reportIfEmpty";
	enum err e = open_body(doc, body, subscription_code, wanted, f);

	if (e != ERR_OK)
		return e;
	/* 11: the official schema has both names */
	if (json_member(doc, JSON_ROOT, "secret") != JSON_NONE)
		return fault(f, subscription_code, "secret", "signatureToken",
		    "secret is not taken: the key of the signature is the "
		    "member signatureToken");
	e = check_members(doc, names, subscription_code, wanted, f);
	if (e == ERR_OK)
		e = take_flag(&out->stream, doc, "stream", f);
	if (e == ERR_OK)
		e = take_flag(&out->report_if_empty, doc, "reportIfEmpty", f);
	if (e == ERR_OK)
		e = take_dest(out, doc, inside, f);
	return e == ERR_OK ? take_schedule(out, doc, f) : e;
}
