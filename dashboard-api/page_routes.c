/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/text.h"

#include "api.h"
#include "page_html.h"

#include "base/banned.h"

/*
 * The page at / and what its script has to know of the log. The page is one
 * file: its style and script are the only ones its policy lets run.
 */
#define POLICY_MAX ((size_t)65536)
#define ELEMENT_HASH 64

/* CSP source `sha256-…` of what stands between two tags; ERR_STATE when the
 * page has no such element. */
static enum err
element_hash(char out[ELEMENT_HASH], struct span page, const char *open,
    const char *close)
{
	const uint8_t *at = memmem(page.p, page.n, open, strlen(open)), *end;
	struct hash h;

	if (at == NULL)
		return ERR_STATE;
	at += strlen(open);
	end = memmem(at, page.n - (size_t)(at - page.p), close, strlen(close));
	if (end == NULL)
		return ERR_STATE;
	h = hash_bytes(span_of(at, (size_t)(end - at)));
	memcpy(out, "sha256-", 7);
	base64_print(out + 7, hash_span(&h));
	return ERR_OK;
}

enum err
page_index(struct call *c)
{
	struct span page = span_of(page_html, sizeof(page_html));
	char style[ELEMENT_HASH], script[ELEMENT_HASH];
	enum err e = element_hash(style, page, "<style>", "</style>");

	if (e == ERR_OK)
		e = element_hash(
		    script, page, "<script type=\"module\">", "</script>");
	if (e != ERR_OK)
		return e;
	buf_put(&c->res->body, page);
	answer_cache(c->res, CACHE_CHECK);
	http_header(c->res, "Content-Security-Policy",
	    "default-src 'self'; script-src '%s'; style-src '%s'; "
	    "img-src data:; object-src 'none'; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'",
	    script, style);
	http_header(c->res, "Referrer-Policy", "no-referrer");
	return answer_done(c->res, 200, "text/html; charset=utf-8");
}

/* The vkey on the policy's line `log <vkey>…` of this origin (C2SP
 * tlog-policy); SPAN_NONE without one. */
static struct span
policy_vkey(struct span policy, const char *origin)
{
	while (policy.n > 0) {
		const uint8_t *end = memchr(policy.p, '\n', policy.n);
		size_t n = end == NULL ? policy.n : (size_t)(end - policy.p);
		struct span line = span_of(policy.p, n);

		policy = span_skip(policy, end == NULL ? n : n + 1);
		if (!span_starts(line, "log "))
			continue;
		line = span_skip(line, 4);
		for (n = 0; n < line.n && line.p[n] > ' ';)
			n++;
		line.n = n;
		if (span_starts(line, origin) && line.n > strlen(origin) &&
		    line.p[strlen(origin)] == '+')
			return line;
	}
	return SPAN_NONE;
}

static void
put_log(
    struct json_out *o, struct call *c, struct span policy, struct span genesis)
{
	const struct genesis *g = view_genesis(c->api->view);
	struct span vkey = policy_vkey(policy, g->origin);
	char did[DID_KEY_CHARS + 1];

	json_out_object(o, NULL);
	json_out_str(o, "origin", g->origin);
	if (vkey.p == NULL)
		json_out_null(o, "vkey");
	else
		json_out_string(o, "vkey", vkey);
	json_out_array(o, "authority");
	for (unsigned i = 0; i < g->authority_count; i++) {
		did_key_print(did, g->authority[i]);
		json_out_str(o, NULL, did);
	}
	json_out_end_array(o);
	json_out_base64(o, "genesis", genesis);
	if (policy.n == 0)
		json_out_null(o, "policy");
	else
		json_out_base64(o, "policy", policy);
	json_out_str(o, "answer", c->api->answer_did);
	json_out_end_object(o);
}

enum err
page_log(struct call *c)
{
	struct buf policy = buf_heap(POLICY_MAX),
		   genesis = buf_heap(POLICY_MAX);
	const char *path = c->api->conf->policy;
	struct json_out o;
	enum err e = call_snapshot(c);

	if (e == ERR_OK && path != NULL)
		e = file_read(&policy, path, POLICY_MAX, &c->d);
	if (e == ERR_OK)
		e = genesis_print(&genesis, view_genesis(c->api->view));
	if (e == ERR_OK) {
		answer_json(c->res, &o);
		put_log(&o, c, buf_span(&policy), buf_span(&genesis));
		answer_cache(c->res, CACHE_CHECK);
		e = answer_done(c->res, 200, "application/json");
	}
	buf_free(&policy);
	buf_free(&genesis);
	return e;
}
