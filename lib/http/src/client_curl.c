/* SPDX-License-Identifier: Apache-2.0 */
#include "http/client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/banned.h"

#define CONNECT_MS 5000L
#define TOTAL_MS 30000L
#define ANSWER_MAX ((size_t)1 << 20)
#define BASE_MAX 2000
#define TARGET_MAX 6000
#define TOKEN_MAX 4096

/* A handle that is kept, and what it does in the present call. */
struct slot {
	struct http_client *c;
	CURL *easy;
	struct curl_slist *headers;
	struct http_answer *answer; /* NULL: free */
	char error[CURL_ERROR_SIZE];
};

struct http_client {
	CURLM *multi;
	char *base, *authorization, *ca, *agent;
	bool tls;
	long connect_ms, total_ms;
	size_t answer_max;
	atomic_bool stop;
	struct slot slots[HTTP_CLIENT_MOST];
};

/* ---- options ---- */

static bool
part_absent(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool absent = curl_url_get(u, part, &text, 0) != CURLUE_OK;

	curl_free(text);
	return absent;
}

static enum err
check_base(struct http_client *c, const char *base, struct diag *d)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	bool good;

	if (u == NULL)
		return ERR_NOMEM;
	good = strlen(base) <= BASE_MAX &&
	       curl_url_set(u, CURLUPART_URL, base, CURLU_PATH_AS_IS) ==
		   CURLUE_OK &&
	       curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	       (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
	       part_absent(u, CURLUPART_USER) &&
	       part_absent(u, CURLUPART_PASSWORD) &&
	       part_absent(u, CURLUPART_QUERY) &&
	       part_absent(u, CURLUPART_FRAGMENT);
	c->tls = good && strcmp(scheme, "https") == 0;
	curl_free(scheme);
	curl_url_cleanup(u);
	if (!good)
		return diag_fail(d, ERR_CONFIG, "",
		    "got \"%.120s\", wanted http(s)://host[:port][/path]",
		    base);
	return ERR_OK;
}

/* Only what cannot end a header or a request line. */
static bool
visible(const char *text, size_t most)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return n > 0 && n <= most;
}

static enum err
check_options(
    struct http_client *c, const struct http_client_options *o, struct diag *d)
{
	enum err e = check_base(c, o->base, d);

	if (e != ERR_OK)
		return e;
	if (o->token != NULL && !visible(o->token, TOKEN_MAX))
		return diag_fail(d, ERR_CONFIG, "",
		    "the token is not one word of visible characters");
	if (o->ca != NULL && access(o->ca, R_OK) != 0)
		return diag_fail(d, ERR_CONFIG, "",
		    "certificates %.120s cannot be read", o->ca);
	return ERR_OK;
}

static enum err
take_options(struct http_client *c, const struct http_client_options *o)
{
	size_t n = strlen(o->base);
	size_t room = o->token == NULL ? 0 : strlen(o->token) + 32;

	while (n > 0 && o->base[n - 1] == '/')
		n--;
	c->base = strndup(o->base, n);
	c->agent = strdup(o->agent == NULL ? "countermark" : o->agent);
	if (o->token != NULL) {
		c->authorization = malloc(room);
		if (c->authorization != NULL)
			(void)snprintf(c->authorization, room,
			    "Authorization: Bearer %s", o->token);
	}
	if (o->ca != NULL)
		c->ca = strdup(o->ca);
	c->connect_ms = o->connect_ms == 0 ? CONNECT_MS : o->connect_ms;
	c->total_ms = o->total_ms == 0 ? TOTAL_MS : o->total_ms;
	c->answer_max = o->answer_max == 0 ? ANSWER_MAX : o->answer_max;
	if (c->base == NULL || c->agent == NULL ||
	    (o->token != NULL && c->authorization == NULL) ||
	    (o->ca != NULL && c->ca == NULL))
		return ERR_NOMEM;
	return ERR_OK;
}

enum err
http_client_new(struct http_client **out, const struct http_client_options *o,
    struct diag *d)
{
	struct http_client *c = calloc(1, sizeof(*c));
	enum err e;

	*out = NULL;
	if (c == NULL)
		return ERR_NOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(c);
		return ERR_NOMEM;
	}
	atomic_init(&c->stop, false);
	e = check_options(c, o, d);
	if (e == ERR_OK)
		e = take_options(c, o);
	if (e == ERR_OK && (c->multi = curl_multi_init()) == NULL)
		e = ERR_NOMEM;
	if (e != ERR_OK) {
		http_client_free(c);
		return e;
	}
	*out = c;
	return ERR_OK;
}

void
http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < HTTP_CLIENT_MOST; i++) {
		curl_easy_cleanup(c->slots[i].easy);
		curl_slist_free_all(c->slots[i].headers);
	}
	(void)curl_multi_cleanup(c->multi);
	curl_global_cleanup();
	free(c->base);
	free(c->authorization);
	free(c->ca);
	free(c->agent);
	free(c);
}

const char *
http_client_base(const struct http_client *c)
{
	return c->base;
}

/* ---- answers ---- */

static void
answer_init(struct http_answer *a, size_t max)
{
	memset(a, 0, sizeof(*a));
	a->body = buf_heap(max);
}

void
http_answer_clear(struct http_answer *a)
{
	buf_free(&a->body);
}

static void
fail_answer(struct http_answer *a, enum err e, const char *why)
{
	a->failed = e;
	(void)snprintf(a->why, sizeof(a->why), "%s", why);
}

static size_t
on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct http_answer *a = ctx;

	(void)size; /* 1 by the library's word */
	buf_put(&a->body, span_of(bytes, n));
	return buf_error(&a->body) == ERR_OK ? n : 0;
}

/* Keeps a header's value where line is `name: value`. */
static void
keep(char *out, const char *line, size_t n, const char *name)
{
	size_t at = strlen(name);

	if (n <= at || line[at] != ':' || strncasecmp(line, name, at) != 0)
		return;
	at++;
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (n > at && (line[n - 1] == ' ' || line[n - 1] == '\t' ||
			     line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	out[0] = '\0';
	if (n - at < HTTP_CLIENT_WORD)
		(void)snprintf(
		    out, HTTP_CLIENT_WORD, "%.*s", (int)(n - at), line + at);
}

static size_t
on_header(char *bytes, size_t size, size_t n, void *ctx)
{
	struct http_answer *a = ctx;

	(void)size;
	keep(a->type, bytes, n, "Content-Type");
	keep(a->etag, bytes, n, "ETag");
	keep(a->retry_after, bytes, n, "Retry-After");
	return n;
}

static enum err
err_of_curl(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return ERR_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
		return ERR_TOO_LARGE;
	case CURLE_OUT_OF_MEMORY:
		return ERR_NOMEM;
	default:
		return ERR_NET;
	}
}

/* ---- calls ---- */

static bool
add_header(struct slot *s, const char *line)
{
	struct curl_slist *list = curl_slist_append(s->headers, line);

	if (list == NULL)
		return false;
	s->headers = list;
	return true;
}

static bool
set_headers(struct slot *s, const struct http_call *call)
{
	char line[HTTP_CLIENT_WORD + 32];

	curl_slist_free_all(s->headers);
	s->headers = NULL;
	/* an empty value takes the library's own header away */
	if (!add_header(s, "Expect:") ||
	    (s->c->authorization != NULL &&
		!add_header(s, s->c->authorization)))
		return false;
	if (call->type != NULL) {
		(void)snprintf(
		    line, sizeof(line), "Content-Type: %s", call->type);
		if (!add_header(s, line))
			return false;
	}
	if (call->if_none != NULL && call->if_none[0] != '\0') {
		(void)snprintf(
		    line, sizeof(line), "If-None-Match: %s", call->if_none);
		if (!add_header(s, line))
			return false;
	}
	return curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers) ==
	       CURLE_OK;
}

static bool
set_limits(struct slot *s)
{
	const struct http_client *c = s->c;
	CURL *h = s->easy;

	return curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR,
		   c->tls ? "https" : "http") == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       (c->ca == NULL ||
		   curl_easy_setopt(h, CURLOPT_CAINFO, c->ca) == CURLE_OK) &&
	       curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, c->connect_ms) ==
		   CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, c->total_ms) ==
		   CURLE_OK &&
	       /* refused by its Content-Length, before a byte is read */
	       curl_easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE,
		   (curl_off_t)c->answer_max) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

static bool
set_callbacks(struct slot *s)
{
	CURL *h = s->easy;

	return curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body) ==
		   CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_WRITEDATA, s->answer) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header) ==
		   CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_HEADERDATA, s->answer) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_ERRORBUFFER, s->error) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_PRIVATE, s) == CURLE_OK;
}

static bool
set_request(struct slot *s, const struct http_call *call)
{
	char url[BASE_MAX + TARGET_MAX + 1];
	CURL *h = s->easy;

	(void)snprintf(url, sizeof(url), "%s%s", s->c->base, call->target);
	if (curl_easy_setopt(h, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L) != CURLE_OK ||
	    curl_easy_setopt(h, CURLOPT_USERAGENT, s->c->agent) != CURLE_OK)
		return false;
	if (call->type == NULL)
		return curl_easy_setopt(h, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	return curl_easy_setopt(h, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
		   (curl_off_t)call->body.n) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_POSTFIELDS,
		   call->body.n == 0 ? (const void *)"" : call->body.p) ==
		   CURLE_OK;
}

/* Begins call in a free slot; what cannot begin has its failure already. */
static bool
begin(struct slot *s, const struct http_call *call, struct http_answer *a)
{
	if (call->target[0] != '/' || !visible(call->target, TARGET_MAX)) {
		fail_answer(a, ERR_USAGE, "the target is no path");
		return false;
	}
	if (s->easy == NULL)
		s->easy = curl_easy_init();
	else
		curl_easy_reset(s->easy); /* keeps its connection */
	s->answer = a;
	s->error[0] = '\0';
	if (s->easy != NULL && set_limits(s) && set_callbacks(s) &&
	    set_request(s, call) && set_headers(s, call) &&
	    curl_multi_add_handle(s->c->multi, s->easy) == CURLM_OK)
		return true;
	s->answer = NULL;
	fail_answer(a, ERR_NOMEM, "out of memory");
	return false;
}

static void
end(struct slot *s, CURLcode code)
{
	struct http_answer *a = s->answer;
	long status = 0;

	if (code == CURLE_OK) {
		(void)curl_easy_getinfo(
		    s->easy, CURLINFO_RESPONSE_CODE, &status);
		a->status = (unsigned)status;
	} else if (buf_error(&a->body) == ERR_NOMEM)
		fail_answer(a, ERR_NOMEM, "out of memory");
	else if (buf_error(&a->body) != ERR_OK ||
		 err_of_curl(code) == ERR_TOO_LARGE)
		fail_answer(a, ERR_TOO_LARGE, "the answer is too long");
	else
		fail_answer(a, err_of_curl(code),
		    s->error[0] != '\0' ? s->error : curl_easy_strerror(code));
	(void)curl_multi_remove_handle(s->c->multi, s->easy);
	s->answer = NULL;
}

static void
abandon(struct slot *s)
{
	if (s->answer == NULL)
		return;
	(void)curl_multi_remove_handle(s->c->multi, s->easy);
	fail_answer(s->answer, ERR_STATE, "stopped");
	s->answer = NULL;
}

/* Starts waiting calls where there are free slots; the number that began. */
static size_t
refill(struct http_client *c, struct http_answer *answers,
    const struct http_call *calls, size_t n, size_t *next)
{
	size_t began = 0;

	for (unsigned i = 0; i < HTTP_CLIENT_MOST && *next < n; i++) {
		struct slot *s = &c->slots[i];

		s->c = c;
		while (s->answer == NULL && *next < n) {
			size_t at = (*next)++;

			if (begin(s, &calls[at], &answers[at]))
				began++;
		}
	}
	return began;
}

/* Lets the library work and takes what has ended; their number. */
static size_t
carry_on(struct http_client *c)
{
	size_t ended = 0;
	int running, left;
	CURLMsg *m;

	(void)curl_multi_perform(c->multi, &running);
	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		struct slot *s = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(
		    m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
		end(s, code);
		ended++;
	}
	if (ended == 0 && running > 0)
		(void)curl_multi_poll(c->multi, NULL, 0, 1000, NULL);
	return ended;
}

static enum err
first_failure(const struct http_client *c, const struct http_answer *answers,
    const struct http_call *calls, size_t n, struct diag *d)
{
	for (size_t i = 0; i < n; i++) {
		const struct http_answer *a = &answers[i];

		if (a->failed != ERR_OK)
			return diag_fail(d, a->failed, "", "%.80s%.40s: %s",
			    c->base, calls[i].target, a->why);
	}
	return ERR_OK;
}

enum err
http_client_run(struct http_client *c, struct http_answer *answers,
    const struct http_call *calls, size_t n, struct diag *d)
{
	size_t next = 0, running = 0;

	for (size_t i = 0; i < n; i++)
		answer_init(&answers[i], c->answer_max);
	do {
		if (atomic_load(&c->stop))
			break;
		running += refill(c, answers, calls, n, &next);
		if (running > 0)
			running -= carry_on(c);
	} while (running > 0 || next < n);
	for (unsigned i = 0; i < HTTP_CLIENT_MOST; i++)
		abandon(&c->slots[i]);
	for (; next < n; next++)
		fail_answer(&answers[next], ERR_STATE, "stopped");
	return first_failure(c, answers, calls, n, d);
}

enum err
http_client_get(struct http_client *c, struct http_answer *out,
    const char *target, struct diag *d)
{
	struct http_call call = { .target = target };

	return http_client_run(c, out, &call, 1, d);
}

enum err
http_client_post(struct http_client *c, struct http_answer *out,
    const char *target, const char *type, struct span body, struct diag *d)
{
	struct http_call call = {
		.target = target, .type = type, .body = body
	};

	return http_client_run(c, out, &call, 1, d);
}

void
http_client_stop(struct http_client *c)
{
	atomic_store(&c->stop, true);
	(void)curl_multi_wakeup(c->multi);
}
