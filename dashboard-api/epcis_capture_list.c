/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

#include "base/banned.h"

/* Jobs as they are told, and their list in pages (epcis.md 9.4, 9.5). */
#define PER_PAGE 30
#define PER_PAGE_MAX 1000
#define TOKEN_MS (INT64_C(3600) * 1000)
#define MAC_BYTES 32
/* `1.<created>.<id>.<expiry>.` and the MAC over it in hex. */
#define TOKEN_MAX 200

/* ---- who sees which ---- */
/* The organisation whose jobs this caller sees, "" all; NULL none: then the
 * answer is written. */
static const char *
scope(struct call *c)
{
	if (!access_scope(c, SCOPE_READ))
		return NULL;
	switch (c->caller.role) {
	case ROLE_AUTHORITY:
	case ROLE_AUDITOR:
	case ROLE_OPERATOR:
		return "";
	case ROLE_BRAND:
	case ROLE_PARTNER:
		if (c->caller.organisation[0] != '\0')
			return c->caller.organisation;
		break;
	default:
		break;
	}
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

/* ---- page tokens ---- */
/* HMAC-SHA-256 (RFC 2104) under a key made from that of the answers. */
static struct hash
mac_of(const struct call *c, const char *scope_name, struct span text)
{
	static const char label[] = "countermark/page/v1/capture";
	uint8_t inner[64] = { 0 }, outer[64];
	struct sha256 h;
	struct hash out;

	sha256_init(&h);
	sha256_add(&h, span_str(label));
	sha256_add(&h, span_of(c->api->answer.secret, 32));
	sha256_done(&h, &out);
	memcpy(inner, out.b, sizeof(out.b));
	for (size_t i = 0; i < sizeof(inner); i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	sha256_init(&h);
	sha256_add(&h, span_of(inner, sizeof(inner)));
	sha256_add(
	    &h, span_of((const uint8_t *)scope_name, strlen(scope_name) + 1));
	sha256_add(&h, text);
	sha256_done(&h, &out);
	sha256_init(&h);
	sha256_add(&h, span_of(outer, sizeof(outer)));
	sha256_add(&h, hash_span(&out));
	sha256_done(&h, &out);
	secret_wipe(inner, sizeof(inner));
	secret_wipe(outer, sizeof(outer));
	return out;
}

static void
token_print(char out[TOKEN_MAX], const struct call *c, const char *scope_name,
    const struct capture_job *last, int64_t expires_ms)
{
	struct hash mac;
	size_t n;

	(void)snprintf(out, TOKEN_MAX, "1.%" PRId64 ".%s.%" PRId64 ".",
	    last->created_ms, last->id, expires_ms);
	n = strlen(out);
	mac = mac_of(c, scope_name, span_of((const uint8_t *)out, n));
	hex_print(out + n, hash_span(&mac));
}

static bool
next_part(struct span *part, struct span *rest)
{
	const uint8_t *dot =
	    rest->n == 0 ? NULL : memchr(rest->p, '.', rest->n);

	if (dot == NULL)
		return false;
	*part = span_of(rest->p, (size_t)(dot - rest->p));
	*rest = span_skip(*rest, part->n + 1);
	return true;
}

/* NULL, or what is wrong with it. */
static const char *
token_parse(struct capture_job *after, const struct call *c,
    const char *scope_name, struct span token)
{
	struct span rest = token, version, created, id, expires;
	uint64_t at, until;
	size_t n;
	struct hash mac, given;

	if (token.n >= TOKEN_MAX || !next_part(&version, &rest) ||
	    !span_is(version, "1") || !next_part(&created, &rest) ||
	    !next_part(&id, &rest) || id.n != CAPTURE_ID_CHARS ||
	    !next_part(&expires, &rest) ||
	    u64_parse(&at, created, INT64_MAX) != ERR_OK ||
	    u64_parse(&until, expires, INT64_MAX) != ERR_OK ||
	    rest.n != 2 * (size_t)MAC_BYTES ||
	    hex_parse(given.b, sizeof(given.b), &n, rest) != ERR_OK)
		return "no token of this list";
	mac = mac_of(c, scope_name, span_of(token.p, token.n - rest.n));
	if (!secret_equal(mac.b, given.b, sizeof(mac.b)))
		return "changed, or another caller's";
	if ((int64_t)until <= clock_wall_ms())
		return "expired";
	after->created_ms = (int64_t)at;
	(void)snprintf(after->id, sizeof(after->id), "%.*s", (int)id.n,
	    (const char *)id.p);
	return NULL;
}

/* ---- the list ---- */
struct page {
	struct json_out o;
	size_t wanted, count;
	struct capture_job last; /* that stands on this page */
	bool more;
};

static enum err
on_job(void *ctx, const struct capture_job *j, struct span errors)
{
	struct page *p = ctx;

	if (p->count == p->wanted) {
		p->more = true;
		return ERR_OK;
	}
	p->count++;
	p->last = *j;
	epcis_job_print(&p->o, j, errors);
	return ERR_OK;
}

/* false when a problem was written. */
static bool
page_params(struct page *p, struct call *c, const char *organisation)
{
	const struct span *size = target_value(&c->target, "perPage");
	const struct span *token = target_value(&c->target, "nextPageToken");
	const char *why = NULL;
	uint64_t n = PER_PAGE;

	if (size != NULL &&
	    (u64_parse(&n, *size, PER_PAGE_MAX) != ERR_OK || n == 0)) {
		answer_problem(c->res, 400, "bad_parameter", "perPage",
		    "a number from 1 to 1000", "perPage: got %.*s",
		    size->n > 40 ? 40 : (int)size->n, (const char *)size->p);
		return false;
	}
	p->wanted = (size_t)n;
	p->last.created_ms = INT64_MAX;
	p->last.id[0] = '\0';
	if (token != NULL)
		why = token_parse(&p->last, c, organisation, *token);
	if (why != NULL)
		answer_problem(c->res, 400, "bad_page_token", "nextPageToken",
		    "the token of a Link header, within the hour",
		    "nextPageToken: %s", why);
	return why == NULL;
}

static void
link_next(const struct page *p, struct call *c, const char *organisation)
{
	int64_t expires_ms = clock_wall_ms() + TOKEN_MS;
	char token[TOKEN_MAX], text[RFC3339_CHARS + 1];

	token_print(token, c, organisation, &p->last, expires_ms);
	http_header(c->res, "Link",
	    "</epcis/capture?perPage=%zu&nextPageToken=%s>; rel=\"next\"",
	    p->wanted, token);
	rfc3339_print(text, expires_ms);
	http_header(c->res, "GS1-Next-Page-Token-Expires", "%s", text);
}

enum err
epcis_jobs(struct call *c)
{
	struct page p = { .count = 0 };
	const char *organisation = scope(c);
	struct capture_job after;
	struct store *s;
	enum err e;

	if (organisation == NULL || !page_params(&p, c, organisation))
		return ERR_OK;
	if ((e = call_store(c, &s)) != ERR_OK)
		return e;
	after = p.last;
	answer_json(c->res, &p.o);
	json_out_array(&p.o, NULL);
	e = capture_list(s, organisation, after.created_ms, after.id,
	    p.wanted + 1, on_job, &p, &c->d);
	if (e != ERR_OK)
		return e;
	json_out_end_array(&p.o);
	if (p.more)
		link_next(&p, c, organisation);
	e = answer_done(c->res, 200, epcis_media(c));
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return e;
}
