/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

#include "epcis.h"

#include "base/banned.h"

const char *
answer_title(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad request";
	case 401:
		return "Not authorised";
	case 403:
		return "Forbidden";
	case 404:
		return "Not found";
	case 405:
		return "Method not allowed";
	case 406:
		return "Not acceptable";
	case 409:
		return "Exists already";
	case 413:
		return "Content too large";
	case 414:
		return "URI too long";
	case 415:
		return "Unsupported media type";
	case 422:
		return "Cannot be answered";
	case 429:
		return "Too many requests";
	case 501:
		return "Not supported";
	case 503:
		return "Not available now";
	default:
		return "Internal error";
	}
}

void
answer_problem(struct http_response *r, unsigned status, const char *code,
    const char *parameter, const char *wanted, const char *fmt, ...)
{
	struct json_out o;
	char detail[400], type[128];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (r->epcis)
		(void)snprintf(type, sizeof(type), "%s",
		    epcis_exception_name(epcis_exception_of(status, code)));
	else
		(void)snprintf(type, sizeof(type), API_PROBLEM "%s", code);
	http_response_reset(r);
	json_out_init(&o, &r->body);
	json_out_object(&o, NULL);
	json_out_str(&o, "type", type);
	json_out_str(&o, "title", answer_title(status));
	json_out_int(&o, "status", (int64_t)status);
	json_out_str(&o, "detail", detail);
	if (r->epcis)
		json_out_str(&o, "code", code);
	if (parameter != NULL)
		json_out_str(&o, "parameter", parameter);
	if (wanted != NULL)
		json_out_str(&o, "wanted", wanted);
	json_out_end_object(&o);
	r->status = status;
	r->type = "application/problem+json";
	http_header(r, "Cache-Control", "%s", CACHE_NEVER);
}

/* The object in the body, open again at its end. */
static void
reopen(struct http_response *r, const char *name)
{
	if (r->body.n > 0)
		r->body.n--;
	buf_printf(&r->body, ",\"%s\":", name);
}

void
answer_member(struct http_response *r, const char *name, struct span json)
{
	reopen(r, name);
	buf_put(&r->body, json);
	buf_byte(&r->body, '}');
}

void
answer_member_str(struct http_response *r, const char *name, const char *text)
{
	struct json_out o;

	reopen(r, name);
	json_out_init(&o, &r->body);
	json_out_str(&o, NULL, text);
	buf_byte(&r->body, '}');
}

void
answer_json(struct http_response *r, struct json_out *o)
{
	buf_reset(&r->body);
	json_out_init(o, &r->body);
}

enum err
answer_done(struct http_response *r, unsigned status, const char *type)
{
	r->status = status;
	r->type = type;
	return buf_error(&r->body);
}

void
answer_cache(struct http_response *r, const char *cache)
{
	struct hash h = hash_bytes(buf_span(&r->body));
	char hex[33];

	hex_print(hex, span_of(h.b, 16));
	http_header(r, "ETag", "\"%s\"", hex);
	http_header(r, "Cache-Control", "%s", cache);
}

void
answer_log(struct json_out *o, const struct call *c)
{
	json_out_int(o, "asOf", c->snap->epoch_ms);
	json_out_object(o, "log");
	json_out_str(o, "origin", view_origin(c->api->view));
	json_out_int(o, "size", (int64_t)c->snap->size);
	json_out_int(o, "covered", (int64_t)c->snap->covered);
	json_out_base64(o, "root", hash_span(&c->snap->root));
	json_out_int(o, "time", c->snap->epoch_ms);
	json_out_end_object(o);
}
