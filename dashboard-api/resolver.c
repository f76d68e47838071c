/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "gs1/gs1.h"

#include "accept.h"
#include "api.h"
#include "links.h"

#include "base/banned.h"

/*
 * The Digital Link resolver: /01/…, /00/… and the other primary keys lead to
 * what the brand has set, or to the page that verifies. Nothing is redirected
 * to that does not stand in the link table or is ours; asking leaves no trace
 * on the item. Spec: GS1-Conformant Resolver 1.2 (gs1.md 12).
 */
#define LINKSET "application/linkset+json"
#define ROOT_MAX 300
#define VOC "https://ref.gs1.org/voc/"

/* Where this server is reached: as configured, else as the client says. */
static bool
root_of(struct call *c, char root[ROOT_MAX])
{
	const char *set = c->api->conf->public_url;
	struct span host;

	if (set != NULL) {
		(void)snprintf(root, ROOT_MAX, "%s", set);
		return true;
	}
	host = http_request_header(c->req, "Host");
	if (host.n == 0 || host.n > 255)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		uint8_t b = host.p[i];

		if (b <= ' ' || b >= 0x7f || strchr("/?#@\\\"<>", b) != NULL)
			return false;
	}
	(void)snprintf(root, ROOT_MAX, "%s://%.*s",
	    c->api->conf->tls_cert == NULL ? "http" : "https", SPAN_ARG(host));
	return true;
}

/* Path and query of the raw target; the query is SPAN_NONE without one. */
static void
cut(struct span target, struct span *path, struct span *query)
{
	const uint8_t *q = memchr(target.p, '?', target.n);

	*query = SPAN_NONE;
	*path = target;
	if (q == NULL)
		return;
	path->n = (size_t)(q - target.p);
	*query = span_skip(target, path->n + 1);
}

/* The whole URI, so that AIs in the query are judged too; a trailing slash is
 * taken off first (gs1.md 6.6). */
static enum err
read_target(struct call *c, struct link_levels *levels, struct span *query)
{
	uint8_t space[GS1_TEXT + 64];
	struct buf uri = buf_fixed(space, sizeof(space));
	struct gs1_code code;
	struct span path;
	struct diag d;
	enum err e;

	diag_clear(&d);
	cut(c->req->target, &path, query);
	e = link_levels(levels, path, &d);
	if (e == ERR_OK && query->n > 0) {
		if (path.n > 1 && path.p[path.n - 1] == '/')
			path.n--;
		buf_str(&uri, "https://id.gs1.org");
		buf_put(&uri, path);
		buf_byte(&uri, '?');
		buf_put(&uri, *query);
		e = buf_error(&uri) != ERR_OK
			? ERR_TOO_LARGE
			: gs1_read(&code, buf_span(&uri), &d);
	}
	if (e != ERR_OK)
		answer_problem(c->res, 400, "bad_link", NULL,
		    "a GS1 Digital Link URI", "%s", d.text);
	return e;
}

static enum err
add_own(struct links *l, const char *type, const char *href, const char *title,
    const char *media, bool is_default)
{
	struct link own = { .is_default = is_default };

	own.key = span_str(l->levels.key[0]);
	own.type = span_str(type);
	own.href = span_str(href);
	own.title = span_str(title);
	own.media = span_str(media);
	return links_add(l, &own);
}

/* Where the events of an instance are asked for; false for a class. */
static bool
events_of(struct buf *out, const char *root, const char *key)
{
	uint8_t space[GS1_CANONICAL + LINK_KEY];
	struct buf uri = buf_fixed(space, sizeof(space));
	struct gs1_code code;

	buf_printf(&uri, "https://id.gs1.org/%s", key);
	if (gs1_read(&code, buf_span(&uri), NULL) != ERR_OK ||
	    !gs1_is_instance(&code))
		return false;
	buf_reset(&uri);
	if (gs1_canonical(&uri, &code) != ERR_OK)
		return false;
	buf_printf(out, "%s/epcis/epcs/", root);
	for (size_t i = 0; i < uri.n; i++) {
		if (strchr(":/%", space[i]) != NULL)
			buf_printf(out, "%%%02X", space[i]);
		else
			buf_byte(out, space[i]);
	}
	buf_str(out, "/events");
	return buf_text(out) != NULL;
}

/* What this server itself offers for any identifier. */
static enum err
add_ours(struct links *l, const char *root)
{
	struct buf events = buf_heap(ROOT_MAX + 3 * GS1_CANONICAL + 64);
	char page[ROOT_MAX + LINK_KEY];
	bool has_default = false;
	enum err e;

	for (size_t i = 0; i < l->count; i++)
		has_default |= l->at[i]->link.is_default;
	(void)snprintf(page, sizeof(page), "%s/p/%s", root, l->levels.key[0]);
	e = add_own(l, VOC "verificationService", page,
	    "Is it genuine? The record of this product", "", !has_default);
	if (e == ERR_OK)
		e = add_own(l, VOC "verificationService", page,
		    "The same for programs: a signed verdict",
		    "application/json", false);
	if (e == ERR_OK)
		e = add_own(l, VOC "traceability", page,
		    "Where this product has been", "text/html", false);
	if (e == ERR_OK && events_of(&events, root, l->levels.key[0]))
		e = add_own(l, VOC "epcis", buf_text(&events),
		    "EPCIS events of this product", "application/ld+json",
		    false);
	buf_free(&events);
	return e;
}

static enum err
take_link(void *ctx, const struct link *link)
{
	return links_add(ctx, link);
}

static void
put_headers(struct call *c, const struct links *l, const char *root)
{
	char value[ROOT_MAX + LINK_KEY + 128];
	int n = snprintf(value, sizeof(value),
	    "<%s/%s?linkType=linkset>; rel=\"linkset\"; type=\"" LINKSET "\"",
	    root, l->levels.key[0]);

	/* A header holds less than the longest identifier needs; SHOULD. */
	if (n > 0 && n < HTTP_VALUE)
		http_header(c->res, "Link", "%s", value);
	http_header(c->res, "Vary", "Accept, Accept-Language");
}

static enum err
answer_linkset(struct call *c, const struct links *l, const char *root,
    const bool *only, unsigned status)
{
	struct json_out o;

	answer_json(c->res, &o);
	links_print(&o, l, root, only);
	put_headers(c, l, root);
	if (status == 200)
		http_header(c->res, "Link",
		    "<%.200s/linkset-context.jsonld>; "
		    "rel=\"http://www.w3.org/ns/json-ld#context\"; "
		    "type=\"application/ld+json\"",
		    root);
	http_header(c->res, "Cache-Control", "%s", CACHE_CHECK);
	return answer_done(c->res, status, LINKSET);
}

static enum err
redirect(struct call *c, const struct links *l, const char *root, size_t best,
    struct span query)
{
	struct buf to = buf_heap(LINK_HREF + TARGET_MAX + ROOT_MAX + LINK_KEY);
	enum err e;

	links_target(&to, l->at[best]->link.href, query);
	e = buf_error(&to);
	if (e == ERR_OK && to.n >= HTTP_VALUE)
		answer_problem(c->res, 414, "target_too_long", NULL, NULL,
		    "the link and the request's query together are too long");
	else if (e == ERR_OK) {
		c->res->status = 307;
		put_headers(c, l, root);
		http_header(
		    c->res, "Location", "%.*s", SPAN_ARG(buf_span(&to)));
		http_header(c->res, "Cache-Control", "%s", CACHE_CHECK);
	}
	buf_free(&to);
	return e;
}

/* linkType as it is stored; *all: the linkset is wanted. false: a problem has
 * been written. */
static bool
wanted_type(struct call *c, struct buf *type, bool *all, bool *given)
{
	const struct span *asked = target_value(&c->target, "linkType");
	struct span accept = http_request_header(c->req, "Accept");

	*given = false;
	*all = accept.p != NULL && accept_type(accept, "text/html") == 0 &&
	       accept_type(accept, LINKSET) > 0 &&
	       accept_type(accept, "application/json") <
		   accept_type(accept, LINKSET);
	if (asked == NULL)
		return true;
	*all = span_is(*asked, "linkset") || span_is(*asked, "all");
	if (*all)
		return true;
	if (link_type(type, *asked) != ERR_OK) {
		answer_problem(c->res, 400, "bad_parameter", "linkType",
		    "linkset, gs1:NAME or a URI", "linkType: got %.*s",
		    asked->n > 80 ? 80 : (int)asked->n, (const char *)asked->p);
		return false;
	}
	*given = !span_is(buf_span(type), VOC "defaultLink") &&
		 !span_is(buf_span(type), VOC "defaultLinkMulti");
	return true;
}

/* A program asks for the verdict, not for a page. */
static bool
wants_json(struct span accept)
{
	return accept.p != NULL && accept_type(accept, "text/html") == 0 &&
	       accept_type(accept, "application/json") > 0;
}

static enum err
choose(struct call *c, const struct links *l, const char *root,
    struct links_wish *w, struct span query)
{
	bool *only;
	size_t best = 0;
	unsigned n;
	enum err e;

	if (w->type.p == NULL && wants_json(w->accept))
		w->type = span_str(VOC "verificationService");
	n = links_choose(l, w, &best);
	if (n == 0) {
		answer_problem(c->res, 404, "no_link", "linkType", NULL,
		    "there is no link of that type");
		return ERR_OK;
	}
	if (n == 1)
		return redirect(c, l, root, best, query);
	only = calloc(l->count, sizeof(*only));
	if (only == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < l->count; i++)
		only[i] = links_is_chosen(l, w, best, i);
	e = answer_linkset(c, l, root, only, 300);
	free(only);
	return e;
}

enum err
resolver_link(struct call *c)
{
	const struct span *context = target_value(&c->target, "context");
	uint8_t space[LINK_TYPE + 64];
	struct buf type = buf_fixed(space, sizeof(space));
	struct links_wish w = { .type = SPAN_NONE };
	struct link_levels levels;
	char root[ROOT_MAX];
	struct links *l;
	struct span query;
	bool all, given;
	struct store *s;
	enum err e;

	if (read_target(c, &levels, &query) != ERR_OK ||
	    !wanted_type(c, &type, &all, &given))
		return ERR_OK;
	if (!root_of(c, root)) {
		answer_problem(c->res, 400, "bad_host", "Host", NULL,
		    "the request names no host");
		return ERR_OK;
	}
	e = call_store(c, &s);
	l = malloc(sizeof(*l));
	if (l == NULL)
		return ERR_NOMEM;
	links_init(l, &levels);
	if (e == ERR_OK)
		e = store_links(s, &levels, take_link, l, &c->d);
	if (e == ERR_OK)
		e = add_ours(l, root);
	w.accept = http_request_header(c->req, "Accept");
	w.language = http_request_header(c->req, "Accept-Language");
	w.context = context == NULL ? SPAN_NONE : *context;
	if (given)
		w.type = buf_span(&type);
	if (e == ERR_OK)
		e = all ? answer_linkset(c, l, root, NULL, 200)
			: choose(c, l, root, &w, query);
	links_clear(l);
	free(l);
	return e;
}

/* /p/…: the page for people, the signed verdict for programs. */
enum err
resolver_page(struct call *c)
{
	struct link_levels levels;
	struct span path, query, accept;
	uint8_t space[LINK_KEY + 32];
	struct buf uri = buf_fixed(space, sizeof(space));
	struct diag d;

	diag_clear(&d);
	cut(c->req->target, &path, &query);
	if (link_levels(&levels, span_skip(path, 2), &d) != ERR_OK) {
		answer_problem(c->res, 400, "bad_link", NULL,
		    "/p/ and the path of a GS1 Digital Link URI", "%s", d.text);
		return ERR_OK;
	}
	accept = http_request_header(c->req, "Accept");
	http_header(c->res, "Vary", "Accept");
	if (!wants_json(accept))
		return page_index(c);
	buf_printf(&uri, "https://id.gs1.org/%s", levels.key[0]);
	return verify_answer(c, buf_span(&uri));
}

enum err
resolver_well_known(struct call *c)
{
	static const char *const keys[] = { "00", "01", "253", "255", "401",
		"402", "414", "415", "417", "8003", "8004", "8006", "8010",
		"8013", "8017", "8018" };
	char root[ROOT_MAX];
	struct json_out o;

	if (!root_of(c, root)) {
		answer_problem(c->res, 400, "bad_host", "Host", NULL,
		    "the request names no host");
		return ERR_OK;
	}
	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_str(&o, "name", "Countermark");
	json_out_str(&o, "resolverRoot", root);
	json_out_array(&o, "supportedPrimaryKeys");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_out_str(&o, NULL, keys[i]);
	json_out_end_array(&o);
	json_out_array(&o, "supportedLinkType");
	json_out_object(&o, NULL);
	json_out_str(&o, "namespace", VOC);
	json_out_str(&o, "prefix", "gs1:");
	json_out_end_object(&o);
	json_out_end_array(&o);
	json_out_object(&o, "contact");
	json_out_str(&o, "fn", c->api->conf->contact);
	json_out_end_object(&o);
	json_out_bool(&o, "linkTypeDefaultCanBeLinkset", false);
	json_out_bool(&o, "supportsLanguageVariants", true);
	json_out_bool(&o, "validatesAIcombinations", true);
	json_out_bool(&o, "supportsSemanticInterpretation", false);
	json_out_end_object(&o);
	http_header(c->res, "Cache-Control", "%s", CACHE_CHECK);
	return answer_done(c->res, 200, "application/json");
}

/* Reads a linkset as JSON-LD. */
enum err
resolver_context(struct call *c)
{
	static const char text[] =
	    "{\"@context\":{\"@version\":1.1,"
	    "\"linkset\":\"@graph\",\"anchor\":\"@id\","
	    "\"href\":\"@id\",\"title\":{\"@id\":\"http://purl.org/dc/terms/"
	    "title\"},\"type\":{\"@id\":\"http://purl.org/dc/terms/format\"},"
	    "\"hreflang\":{\"@id\":\"http://purl.org/dc/terms/language\","
	    "\"@container\":\"@set\"},"
	    "\"context\":{\"@id\":\"https://ref.gs1.org/voc/linkContext\","
	    "\"@container\":\"@set\"}}}";

	buf_str(&c->res->body, text);
	answer_cache(c->res, CACHE_CHECK);
	return answer_done(c->res, 200, "application/ld+json");
}
