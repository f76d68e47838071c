/* SPDX-License-Identifier: Apache-2.0 */
/* Page tokens of a request: in by the query, out by the Link header. */
#include "base/clock.h"
#include "ledger/search.h"

#include "epcis_ask.h"

#include "base/banned.h"

#define PARAMETER "nextPageToken"
#define LINK_MAX (4 * TARGET_MAX)

/* Who holds a token: its role and organisation. */
static struct hash
caller_hash(const struct call *c)
{
	uint8_t space[sizeof(c->caller.organisation) + 1];
	struct buf b = buf_fixed(space, sizeof(space));

	buf_byte(&b, (uint8_t)c->caller.role);
	buf_str(&b, c->caller.organisation);
	return hash_bytes(buf_span(&b));
}

static void
bad_token(struct call *c, enum err e)
{
	const char *why = e == ERR_FORBIDDEN ? "it was given to another caller"
			  : e == ERR_FORK    ? "it belongs to another query"
			  : e == ERR_TIMEOUT ? "it has expired; ask again from "
					       "the first page"
					     : "it is not one of this server, "
					       "or was changed";

	answer_problem(c->res, 400, "bad_page_token", PARAMETER,
	    "the token of a Link header, used within an hour by whom it was "
	    "given to, with the same query",
	    "the page token cannot be used: %s", why);
}

enum err
epcis_searchable(struct call *c, uint64_t *size)
{
	struct store *s;
	enum err e = call_store(c, &s);

	if (e == ERR_OK)
		e = search_watermark(s, size, &c->d);
	if (e == ERR_OK && *size > c->snap->size)
		*size = c->snap->size;
	return e;
}

enum err
epcis_page_begin(struct call *c, struct epcis_page *p, struct span token,
    const struct hash *query, struct span *org, bool *go)
{
	struct hash key = epcis_page_key(&c->api->answer);
	int64_t now_ms = clock_wall_ms();
	bool refused = false;
	uint64_t size;
	enum err e;

	*go = false;
	if ((e = call_snapshot(c)) == ERR_OK)
		e = epcis_scope(c, org, &refused);
	if (e != ERR_OK || refused)
		return e;
	memset(p, 0, sizeof(*p));
	p->query = *query;
	p->caller = caller_hash(c);
	if (token.p != NULL &&
	    (e = epcis_page_parse(p, token, &key, now_ms)) != ERR_OK) {
		bad_token(c, e);
		return ERR_OK;
	}
	if ((e = epcis_searchable(c, &size)) != ERR_OK)
		return e;
	if (token.p == NULL)
		p->below = size;
	if (p->below > size) {
		answer_problem(c->res, 503, "unavailable", NULL, NULL,
		    "the search tables are being made anew");
		http_header(c->res, "Retry-After", "5");
		return ERR_OK;
	}
	p->expires_ms = now_ms + EPCIS_PAGE_TTL_MS;
	*go = true;
	return ERR_OK;
}

/* A byte of the target as it may stand between < and >. */
static void
put_target_byte(struct buf *b, uint8_t byte)
{
	if (byte == '<' || byte == '>' || byte == '"')
		buf_printf(b, "%%%02X", byte);
	else
		buf_byte(b, byte);
}

/* The target without its page token, up to where a new one goes. */
static void
put_target(struct buf *b, struct span target)
{
	static const char name[] = PARAMETER "=";
	const uint8_t *at = memchr(target.p, '?', target.n);
	size_t path = at == NULL ? target.n : (size_t)(at - target.p);
	uint8_t before = '?';

	for (size_t i = 0; i < path; i++)
		put_target_byte(b, target.p[i]);
	while (path < target.n) {
		struct span part = span_skip(target, path + 1);
		const uint8_t *end =
		    part.n == 0 ? NULL : memchr(part.p, '&', part.n);

		part.n = end == NULL ? part.n : (size_t)(end - part.p);
		path += 1 + part.n;
		if (part.n == 0 || span_starts(part, name))
			continue;
		buf_byte(b, before);
		before = '&';
		for (size_t i = 0; i < part.n; i++)
			put_target_byte(b, part.p[i]);
	}
	buf_byte(b, before);
	buf_str(b, name);
}

enum err
epcis_page_next(struct call *c, struct epcis_page *p)
{
	struct hash key = epcis_page_key(&c->api->answer);
	struct buf link = buf_heap(LINK_MAX);
	char time[RFC3339_CHARS + 1];
	enum err e;

	buf_byte(&link, '<');
	put_target(&link, c->req->target);
	epcis_page_print(&link, p, &key);
	buf_str(&link, ">; rel=\"next\"");
	e = buf_error(&link);
	if (e == ERR_OK)
		e = http_header_long(c->res, "Link", buf_span(&link));
	buf_free(&link);
	rfc3339_print(time, p->expires_ms);
	http_header(c->res, "GS1-Next-Page-Token-Expires", "%s", time);
	return e;
}
