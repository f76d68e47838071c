/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include "api.h"

#include "base/banned.h"

#define ITEMS_MAX 1000

static void
put_findings(struct json_out *o, const struct answer *a, const struct item *it)
{
	json_out_array(o, "findings");
	for (unsigned i = 0; i < a->finding_count; i++) {
		const struct finding *f = &a->findings[i];

		json_out_object(o, NULL);
		json_out_str(o, "code", f->code);
		json_out_str(o, "group", f->group);
		json_out_str(o, "severity", f->hard ? "hard" : "soft");
		json_out_str(o, "text", finding_text(f, it));
		json_out_array(o, "evidence");
		for (unsigned k = 0; k < f->evidence_count; k++)
			json_out_int(o, NULL, (int64_t)f->evidence[k]);
		json_out_end_array(o);
		json_out_end_object(o);
	}
	json_out_end_array(o);
}

static void
put_rights(struct json_out *o, const struct answer *a)
{
	const struct answer_right *r = &a->right;

	json_out_array(o, "rights");
	if (a->right_count > 0) {
		json_out_object(o, NULL);
		json_out_str(o, "right", r->right);
		json_out_str(o, "mark", r->mark);
		if (r->holder[0] == '\0')
			json_out_null(o, "holder");
		else
			json_out_str(o, "holder", r->holder);
		json_out_array(o, "licences");
		for (unsigned i = 0; i < r->licence_count; i++)
			json_out_str(o, NULL, r->licences[i]);
		json_out_end_array(o);
		json_out_end_object(o);
	}
	json_out_end_array(o);
}

/* interface.md, HTTP answers. */
static void
put_answer(struct json_out *o, const struct call *c, const struct answer *a,
    const struct item *it)
{
	json_out_object(o, NULL);
	if (a->verdict == VERDICT_UNREADABLE)
		json_out_null(o, "item");
	else
		json_out_string(o, "item", buf_span(&it->subject));
	json_out_str(o, "verdict", verdict_word(a->verdict));
	json_out_str(o, "colour", verdict_colour(a->verdict));
	json_out_str(o, "sentence", answer_sentence(a, it));
	json_out_str(o, "next", a->next);
	put_findings(o, a, it);
	put_rights(o, a);
	answer_log(o, c);
	json_out_end_object(o);
}

static struct verdict_question
question_of(const struct call *c)
{
	const struct span *country = target_value(&c->target, "country");
	struct verdict_question q = { .at_ms = clock_wall_ms() };

	if (country != NULL && country->n == 2)
		memcpy(q.country, country->p, 2);
	return q;
}

/* Judges one scanned text and writes its answer. */
static enum err
judge(struct call *c, struct span text, struct json_out *o)
{
	struct verdict_question q = question_of(c);
	struct item it;
	struct answer a;
	struct diag why;
	enum err fault, e;

	diag_clear(&why);
	e = item_read(&it, text, &fault, &why);
	if (e != ERR_OK)
		goto out;
	if (fault != ERR_OK) {
		verdict_unreadable(&a, &why);
	} else {
		struct roster *roster = view_roster(c->api->view);

		if (gs1_is_instance(&it.code))
			e = item_trace(c, roster, &it);
		if (e == ERR_OK)
			verdict_judge(&a, &it.code, roster, it.story, &q);
		view_unlock(c->api->view);
	}
	if (e == ERR_OK && findings_name_steps(&a, &it))
		e = item_whole(c, &it);
	if (e != ERR_OK)
		goto out;
	metric_add(&c->api->metrics.verdicts[a.verdict], 1);
	put_answer(o, c, &a, &it);
out:
	item_clear(&it);
	return e;
}

/* interface.md: over `countermark/answer/v1` LF request-target LF body. */
static enum err
sign(struct call *c)
{
	struct buf m = buf_heap(HTTP_ANSWER_MAX);
	char text[BASE64_CHARS(SIG_BYTES) + 1];
	uint8_t sig[SIG_BYTES];
	enum err e;

	buf_str(&m, "countermark/answer/v1\n");
	buf_put(&m, c->req->target);
	buf_byte(&m, '\n');
	buf_put(&m, buf_span(&c->res->body));
	e = buf_error(&m);
	if (e == ERR_OK) {
		ed25519_sign(sig, &c->api->answer, buf_span(&m));
		base64_print(text, span_of(sig, sizeof(sig)));
		http_header(c->res, "Countermark-Signature",
		    "keyid=\"%s\", sig=\"%s\"", c->api->answer_did, text);
	}
	buf_free(&m);
	return e;
}

static enum err
finish(struct call *c)
{
	enum err e = answer_done(c->res, 200, "application/json");

	if (e == ERR_OK)
		e = sign(c);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return e;
}

static bool
upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* lang and country; false when a problem has been written. */
static bool
params_ok(struct call *c)
{
	const struct span *lang = target_value(&c->target, "lang");

	if (lang != NULL && !span_is(*lang, "en")) {
		answer_problem(c->res, 400, "bad_parameter", "lang", "en",
		    "answers are given in English only");
		return false;
	}
	if (!item_country_ok(c))
		return false;
	if (target_value(&c->target, "asOf") != NULL) {
		answer_problem(c->res, 501, "not_supported", "asOf",
		    "no asOf: the newest checkpoint answers",
		    "answers as of an earlier moment are not supported");
		return false;
	}
	return true;
}

enum err
verify_answer(struct call *c, struct span text)
{
	struct json_out o;
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	answer_json(c->res, &o);
	e = judge(c, text, &o);
	return e == ERR_OK ? finish(c) : e;
}

enum err
verify_get(struct call *c)
{
	const struct span *code = target_value(&c->target, "code");

	if (code == NULL) {
		answer_problem(c->res, 400, "missing_parameter", "code",
		    "the scanned text, percent-encoded",
		    "no code to be verified");
		return ERR_OK;
	}
	return params_ok(c) ? verify_answer(c, *code) : ERR_OK;
}

/* A code of the body: a string, or an object with the one member code. */
static const char *
code_of(const struct json *v)
{
	const char *text = json_text(v);

	if (text == NULL && json_is_object(v) && json_count(v) == 1)
		text = json_text(json_get(v, "code"));
	return text;
}

static enum err
judge_items(struct call *c, const struct json *items, struct json_out *o)
{
	enum err e = ERR_OK;

	json_out_object(o, NULL);
	json_out_array(o, "items");
	for (size_t i = 0; e == ERR_OK && i < json_count(items); i++)
		e = judge(c, span_str(code_of(json_at(items, i))), o);
	json_out_end_array(o);
	json_out_end_object(o);
	return e;
}

/* Why a body cannot be used; NULL when it can. */
static const char *
body_fault(const struct json *body)
{
	const struct json *code, *items;

	if (!json_is_object(body))
		return "the body is no object";
	code = json_get(body, "code");
	items = json_get(body, "items");
	if (json_count(body) != 1 || (code == NULL) == (items == NULL))
		return "wanted the one member code or items";
	if (code != NULL)
		return json_text(code) == NULL ? "code is no string" : NULL;
	if (!json_is_array(items) || json_count(items) == 0 ||
	    json_count(items) > ITEMS_MAX)
		return "items is no array of 1 to 1000 codes";
	for (size_t i = 0; i < json_count(items); i++) {
		if (code_of(json_at(items, i)) == NULL)
			return "items holds something that is no code";
	}
	return NULL;
}

/* RFC 9110 8.3.1: the media type's case does not matter, parameters follow
 * behind a semicolon. */
static bool
is_json(struct span type)
{
	static const char want[] = "application/json";
	size_t n = sizeof(want) - 1;

	if (type.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t lower =
		    upper(type.p[i]) ? (uint8_t)(type.p[i] + 32) : type.p[i];

		if (lower != (uint8_t)want[i])
			return false;
	}
	return type.n == n || strchr("; \t", type.p[n]) != NULL;
}

enum err
verify_post(struct call *c)
{
	static const char wanted[] = "{\"code\":text} or {\"items\":[text…]}";
	struct json *body = NULL;
	struct json_out o;
	const char *why;
	enum err e;

	if (!params_ok(c))
		return ERR_OK;
	if (!is_json(c->req->content_type)) {
		answer_problem(c->res, 415, "media_type", "Content-Type",
		    "application/json", "the body is not declared as JSON");
		return ERR_OK;
	}
	e = json_parse(&body, c->req->body, &c->d);
	if (e == ERR_NOMEM)
		return e;
	why = e != ERR_OK ? c->d.text : body_fault(body);
	if (why != NULL) {
		answer_problem(
		    c->res, 400, "bad_body", "body", wanted, "%s", why);
		json_free(body);
		return ERR_OK;
	}
	e = call_snapshot(c);
	answer_json(c->res, &o);
	if (e == ERR_OK && json_get(body, "code") != NULL)
		e = judge(c, span_str(json_text(json_get(body, "code"))), &o);
	else if (e == ERR_OK)
		e = judge_items(c, json_get(body, "items"), &o);
	json_free(body);
	return e == ERR_OK ? finish(c) : e;
}
