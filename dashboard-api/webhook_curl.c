/* SPDX-License-Identifier: Apache-2.0 */
#include "webhook.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "webhook_dest.h"

#include "base/banned.h"

#define CONNECT_MS 5000L
#define WHOLE_MS 20000L
#define ANSWER_MAX ((size_t)65536)

struct transfer {
	struct webhook *w;
	CURL *easy; /* NULL: free */
	struct curl_slist *headers;
	void *ctx;
	size_t answered; /* bytes */
	bool guarded;    /* an address was refused */
	char error[CURL_ERROR_SIZE];
};

struct webhook {
	CURLM *multi;
	struct webhook_options options;
	struct transfer transfers[WEBHOOK_MOST];
	unsigned running;
};

enum err
webhook_new(
    struct webhook **out, const struct webhook_options *o, struct diag *d)
{
	struct webhook *w = calloc(1, sizeof(*w));

	*out = NULL;
	if (w == NULL)
		return ERR_NOMEM;
	w->options = *o;
	if (o->ca != NULL && access(o->ca, R_OK) != 0) {
		free(w);
		return diag_fail(d, ERR_CONFIG, "",
		    "[subscriptions] ca: %.120s cannot be read", o->ca);
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (w->multi = curl_multi_init()) == NULL) {
		free(w);
		return ERR_NOMEM;
	}
	*out = w;
	return ERR_OK;
}

static void
end(struct transfer *t)
{
	if (t->easy == NULL)
		return;
	(void)curl_multi_remove_handle(t->w->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	t->w->running--;
	memset(t, 0, sizeof(*t));
}

void
webhook_free(struct webhook *w)
{
	if (w == NULL)
		return;
	for (unsigned i = 0; i < WEBHOOK_MOST; i++)
		end(&w->transfers[i]);
	(void)curl_multi_cleanup(w->multi);
	curl_global_cleanup();
	free(w);
}

/* The address that a name has led to, whatever it led to when the subscription
 * was made. */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *t = ctx;
	const struct sockaddr_in *v4 = (const void *)&a->addr;
	const struct sockaddr_in6 *v6 = (const void *)&a->addr;
	const uint8_t *bytes = a->family == AF_INET6
				   ? v6->sin6_addr.s6_addr
				   : (const uint8_t *)&v4->sin_addr;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!t->w->options.inside &&
		!webhook_address_public(a->family, bytes))) {
		t->guarded = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t
take_answer(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	(void)bytes;
	t->answered += size * n;
	return t->answered > ANSWER_MAX ? 0 : size * n;
}

static bool
add_header(struct transfer *t, const char *name, const char *value)
{
	char line[256];
	struct curl_slist *list;

	(void)snprintf(line, sizeof(line), "%s:%s%s", name,
	    value[0] == '\0' ? "" : " ", value);
	list = curl_slist_append(t->headers, line);
	if (list == NULL)
		return false;
	t->headers = list;
	return true;
}

static bool
set_headers(struct transfer *t, const struct webhook_post *p)
{
	/* an empty value takes the library's own header away */
	return add_header(t, "Content-Type", p->type) &&
	       add_header(t, "Expect", "") &&
	       add_header(t, "GS1-EPCIS-Version", "2.0.0") &&
	       add_header(t, "GS1-CBV-Version", "2.0.0") &&
	       add_header(t, "GS1-Query-Min-Record-Time", p->min_record) &&
	       (p->signature == NULL ||
		   add_header(t, "GS1-Signature", p->signature)) &&
	       curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) ==
		   CURLE_OK;
}

static bool
set_limits(struct transfer *t)
{
	const struct webhook_options *o = &t->w->options;
	CURL *c = t->easy;

	return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
		   o->inside ? "https,http" : "https") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       /* a proxy of the environment would go around the guard */
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       (o->ca == NULL ||
		   curl_easy_setopt(c, CURLOPT_CAINFO, o->ca) == CURLE_OK) &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, WHOLE_MS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

static bool
set_callbacks(struct transfer *t)
{
	CURL *c = t->easy;

	return curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PRIVATE, t) == CURLE_OK;
}

static bool
set_request(struct transfer *t, const struct webhook_post *p)
{
	CURL *c = t->easy;

	return curl_easy_setopt(c, CURLOPT_URL, p->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USERAGENT,
		   "countermark-api/" CM_VERSION) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		   (curl_off_t)p->body.n) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_POSTFIELDS, p->body.p) == CURLE_OK;
}

enum err
webhook_start(struct webhook *w, const struct webhook_post *p)
{
	struct transfer *t = w->transfers;

	while (t < w->transfers + WEBHOOK_MOST && t->easy != NULL)
		t++;
	if (t == w->transfers + WEBHOOK_MOST)
		return ERR_FULL;
	memset(t, 0, sizeof(*t));
	t->easy = curl_easy_init();
	if (t->easy == NULL)
		return ERR_NOMEM;
	t->w = w;
	t->ctx = p->ctx;
	w->running++;
	if (set_limits(t) && set_callbacks(t) && set_request(t, p) &&
	    set_headers(t, p) &&
	    curl_multi_add_handle(w->multi, t->easy) == CURLM_OK)
		return ERR_OK;
	end(t);
	return ERR_NOMEM;
}

unsigned
webhook_running(const struct webhook *w)
{
	return w->running;
}

static void
report(struct transfer *t, CURLcode code, webhook_done done, void *handler)
{
	char text[CURL_ERROR_SIZE + 40];
	void *ctx = t->ctx;
	long status = 0;

	text[0] = '\0';
	if (code == CURLE_OK)
		(void)curl_easy_getinfo(
		    t->easy, CURLINFO_RESPONSE_CODE, &status);
	else if (t->guarded)
		(void)snprintf(text, sizeof(text),
		    "the host leads to an address that is not public");
	else if (t->answered > ANSWER_MAX)
		(void)snprintf(text, sizeof(text), "the answer is too long");
	else
		(void)snprintf(text, sizeof(text), "%s",
		    t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
	end(t);
	done(handler, ctx, (unsigned)status, text);
}

void
webhook_run(struct webhook *w, int wait_ms, webhook_done done, void *handler)
{
	CURLMsg *m;
	int running, left;

	(void)curl_multi_perform(w->multi, &running);
	if ((unsigned)running == w->running)
		(void)curl_multi_poll(w->multi, NULL, 0, wait_ms, NULL);
	(void)curl_multi_perform(w->multi, &running);
	while ((m = curl_multi_info_read(w->multi, &left)) != NULL) {
		struct transfer *t = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(
		    m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		report(t, code, done, handler);
	}
}

void
webhook_wake(struct webhook *w)
{
	(void)curl_multi_wakeup(w->multi);
}
