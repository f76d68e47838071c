/* SPDX-License-Identifier: Apache-2.0 */
/* witness: a small C2SP witness, so that two parties can watch each other. */
#include "cli.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/service.h"
#include "base/text.h"
#include "http/server.h"
#include "ledger/map_witness.h"
#include "ledger/policy.h"
#include "ledger/witness.h"

#include "base/banned.h"

#define THREADS 4
#define CONNECTIONS 256
#define IDLE_S 60
#define STOP_MS 3000
#define REPLAY_WAIT_MS 2000
#define HOST_CHARS 63
#define PATH_BYTES 4096

enum { COSIGNED, REFUSED, CONFLICTS, WAITING, FAILED, COUNTERS };

struct cli_witness {
	struct witness_options o;
	struct sign_key key;
	struct note_key logs[WITNESS_LOGS];
	char vkey[WITNESS_LOGS][ORIGIN_CHARS + 64];
	struct map_witness *map;
	struct policy *policy; /* of the log that is replayed */
	struct http *http;
	struct metric counters[COUNTERS], entries;
	char listen[HOST_CHARS + 1];
	unsigned port;
};

/* ---- requests ---- */
static void
count(struct cli_witness *w, const struct witness_answer *a, enum err e,
    const struct diag *d)
{
	int which = e != ERR_OK        ? FAILED
		    : a->status == 200 ? COSIGNED
		    : a->status == 409 ? CONFLICTS
		    : a->status == 503 ? WAITING
				       : REFUSED;
	char origin[200], why[260];

	metric_add(&w->counters[which], 1);
	if (which == COSIGNED)
		log_line(LOG_DEBUG, "cosigned", "origin=%s size=%llu",
		    log_quote(origin, sizeof origin, a->origin),
		    (unsigned long long)a->size);
	else if (which != CONFLICTS && which != WAITING)
		log_line(which == FAILED ? LOG_ERROR : LOG_WARN, "not_cosigned",
		    "status=%u origin=%s why=%s", a->status,
		    log_quote(origin, sizeof origin, a->origin),
		    log_quote(why, sizeof why, d->text));
}

static void
add_checkpoint(struct cli_witness *w, const struct http_request *req,
    struct http_response *res)
{
	struct witness_answer a = { .body = buf_heap(WITNESS_ANSWER_MAX) };
	struct diag d = { .code = ERR_OK };
	enum err e = ERR_OK;

	if (req->body_too_large)
		a.status = 400;
	else
		e = witness_add(&a, &w->o, req->body, &d);
	count(w, &a, e, &d);
	res->status = e == ERR_OK ? a.status : 500;
	if (e == ERR_OK && (a.status == 200 || a.status == 409)) {
		buf_put(&res->body, buf_span(&a.body));
		res->type = a.status == 409 ? WITNESS_SIZE_TYPE
					    : "text/plain; charset=utf-8";
	} else {
		buf_printf(&res->body, "%s\n",
		    e == ERR_OK ? d.text : "the witness cannot keep state");
		res->type = "text/plain; charset=utf-8";
	}
	if (a.status == 503)
		http_header(res, "Retry-After", "1");
	buf_free(&a.body);
}

static void
put_metrics(struct cli_witness *w, struct http_response *res)
{
	struct metric *all[COUNTERS + 1];
	size_t n = 0;

	for (; n < COUNTERS; n++)
		all[n] = &w->counters[n];
	if (w->map != NULL) {
		metric_set(&w->entries, (long long)map_witness_size(w->map));
		all[n++] = &w->entries;
	}
	metrics_print(&res->body, all, n);
	res->status = 200;
	res->type =
	    "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

static void
handle(void *ctx, const struct http_request *req, struct http_response *res)
{
	struct cli_witness *w = ctx;
	bool get = req->method == HTTP_GET || req->method == HTTP_HEAD;

	if (span_is(req->target, "/add-checkpoint") &&
	    req->method == HTTP_POST) {
		add_checkpoint(w, req, res);
	} else if (span_is(req->target, "/add-checkpoint")) {
		res->status = 405;
		http_header(res, "Allow", "POST");
	} else if (get && span_is(req->target, "/metrics")) {
		put_metrics(w, res);
	} else if (get && span_is(req->target, "/healthz")) {
		res->status = 200;
		res->type = "text/plain; charset=utf-8";
		buf_str(&res->body, "ok\n");
	} else {
		res->status = 404;
	}
}

static size_t
body_max(struct span target)
{
	return span_is(target, "/add-checkpoint") ? WITNESS_REQUEST_MAX : 0;
}

static void
make_metrics(struct cli_witness *w)
{
	static const char *const names[COUNTERS][2] = {
		[COSIGNED] = { "countermark_witness_cosigned",
		    "checkpoints cosigned" },
		[REFUSED] = { "countermark_witness_refused",
		    "checkpoints refused: form, signature, proof, map" },
		[CONFLICTS] = { "countermark_witness_conflicts",
		    "requests from another size than the one remembered" },
		[WAITING] = { "countermark_witness_waiting",
		    "requests before the replay had come so far" },
		[FAILED] = { "countermark_witness_failed",
		    "requests that the witness could not keep state for" },
	};

	for (int i = 0; i < COUNTERS; i++)
		w->counters[i] = (struct metric){ .name = names[i][0],
			.help = names[i][1],
			.kind = METRIC_COUNTER };
	w->entries = (struct metric){ .name = "countermark_witness_entries",
		.help = "entries replayed",
		.kind = METRIC_GAUGE };
}

/* ---- options ---- */
static enum err
need(const char **out, struct cli *c, const char *name)
{
	*out = cli_option(&c->args, name);
	return *out != NULL ? ERR_OK
			    : diag_fail(&c->d, ERR_USAGE, "interface",
				  "--%s is missing", name);
}

static bool
ends(const char *text, const char *ending)
{
	size_t n = strlen(text), m = strlen(ending);

	return n > m && strcmp(text + n - m, ending) == 0;
}

static enum err
take_listen(struct cli_witness *w, struct cli *c)
{
	const char *text, *colon;
	uint64_t port;
	size_t n;
	enum err e = need(&text, c, "listen");

	if (e != ERR_OK)
		return e;
	colon = strrchr(text, ':');
	n = colon == NULL ? 0 : (size_t)(colon - text);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++; /* IPv6 */
		n -= 2;
	}
	if (n == 0 || n > HOST_CHARS ||
	    u64_parse(&port, span_str(colon + 1), 65535) != ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--listen: wanted ADDRESS:PORT");
	memcpy(w->listen, text, n);
	w->listen[n] = '\0';
	w->port = (unsigned)port;
	return ERR_OK;
}

static enum err
take_logs(struct cli_witness *w, struct cli *c)
{
	for (size_t i = 0; i < c->args.count; i++) {
		struct note_key *k = &w->logs[w->o.log_count];
		const char *value = c->args.given[i].value;
		enum err e;

		if (strcmp(c->args.given[i].option->name, "log") != 0)
			continue;
		if (w->o.log_count == WITNESS_LOGS)
			return diag_fail(&c->d, ERR_USAGE, "interface",
			    "--log: more than %d", WITNESS_LOGS);
		e = note_vkey_parse(k, span_str(value), &c->d);
		if (e != ERR_OK || k->type != NOTE_ED25519)
			return diag_fail(&c->d, ERR_USAGE, "C2SP signed-note",
			    "--log: wanted the vkey of a log (type 1)");
		for (size_t j = 0; j < w->o.log_count; j++)
			if (strcmp(w->logs[j].name, k->name) == 0)
				return diag_fail(&c->d, ERR_USAGE, "interface",
				    "--log %.150s is there twice", k->name);
		(void)snprintf(
		    w->vkey[w->o.log_count++], sizeof w->vkey[0], "%s", value);
	}
	return w->o.log_count > 0 ? ERR_OK
				  : diag_fail(&c->d, ERR_USAGE, "interface",
					"--log is missing");
}

static enum err
take_state(struct cli_witness *w, struct cli *c)
{
	struct stat st;
	enum err e = need(&w->o.dir, c, "state");

	if (e != ERR_OK)
		return e;
	if (stat(w->o.dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return diag_fail(&c->d, ERR_CONFIG, "interface",
		    "--state %.150s: wanted a folder", w->o.dir);
	return ERR_OK;
}

static enum err
take_key(struct cli_witness *w, struct cli *c)
{
	const char *file;
	enum err e;

	if ((e = need(&file, c, "key")) != ERR_OK ||
	    (e = need(&w->o.name, c, "name")) != ERR_OK)
		return e;
	/* formats 6.2: who replays says so in its name, and nobody else */
	if (cli_option(&c->args, "show") == NULL &&
	    ends(w->o.name, WITNESS_MAP_ENDING) !=
		(cli_option(&c->args, "replay") != NULL))
		return diag_fail(&c->d, ERR_USAGE, "formats 6.2",
		    "--name: it ends in " WITNESS_MAP_ENDING
		    " exactly with --replay");
	if ((e = key_load(&w->key, file, &c->d)) != ERR_OK)
		return e;
	w->o.key = &w->key;
	return ERR_OK;
}

static enum err
show(struct cli_witness *w, struct cli *c)
{
	struct buf vkey = buf_heap(ORIGIN_CHARS + 128);
	enum err e =
	    note_vkey_print(&vkey, w->o.name, NOTE_COSIGNATURE, w->key.pub);

	if (e != ERR_OK)
		e = diag_fail(&c->d, ERR_USAGE, "C2SP signed-note",
		    "--name: wanted a key name without blank and plus");
	else
		json_out_string(&c->json, "vkey", buf_span(&vkey));
	buf_free(&vkey);
	return e;
}

/* ---- running ---- */
static enum err
start_replay(struct cli_witness *w, struct cli *c)
{
	struct buf token = buf_heap(CLI_TOKEN_MAX), text = buf_heap(4096);
	char state[PATH_BYTES];
	struct map_witness_options o = {
		.url = cli_option(&c->args, "replay"),
		.ca = cli_option(&c->args, "ca"),
		.agent = "countermark-witness/" CM_VERSION,
		.state = state,
		.wait_ms = REPLAY_WAIT_MS,
	};
	bool fresh = false;
	enum err e;

	if (w->o.log_count != 1)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--replay: wanted one --log");
	(void)snprintf(state, sizeof state, "%s/replay", w->o.dir);
	buf_printf(&text, "log %s\nquorum none\n", w->vkey[0]);
	e = policy_parse(&w->policy, buf_span(&text), &c->d);
	if (e == ERR_OK)
		e = cli_token_read(&token, c);
	if (e == ERR_OK) {
		o.policy = w->policy;
		o.token = token.n == 0 ? NULL : buf_text(&token);
		e = map_witness_new(&w->map, &fresh, &o, &c->d);
	}
	if (e == ERR_OK) {
		w->o.more = map_witness_judge;
		w->o.ctx = w->map;
		log_line(LOG_INFO, "replay", "from=%llu fresh=%d",
		    (unsigned long long)map_witness_size(w->map), fresh);
	}
	if (token.p != NULL)
		secret_wipe(token.p, token.n);
	buf_free(&token);
	buf_free(&text);
	return e;
}

static void
wait_end(int signals)
{
	for (;;) {
		struct pollfd p = { .fd = signals, .events = POLLIN };
		int n;

		if (poll(&p, 1, -1) <= 0)
			continue;
		n = service_signal_take(signals);
		if (n == SIGTERM || n == SIGINT)
			return;
	}
}

static enum err
serve(struct cli_witness *w, struct cli *c)
{
	struct http_options o = { .listen = w->listen,
		.port = w->port,
		.threads = THREADS,
		.connections = CONNECTIONS,
		.timeout_s = IDLE_S,
		.body_max = body_max,
		.handler = handle,
		.ctx = w };
	int signals;
	enum err e = service_signals(&signals, &c->d);

	if (e == ERR_OK && cli_option(&c->args, "replay") != NULL)
		e = start_replay(w, c);
	if (e == ERR_OK)
		e = http_start(&w->http, &o, &c->d);
	if (e != ERR_OK)
		return e;
	service_notify("READY=1");
	log_line(LOG_INFO, "listening", "port=%u logs=%zu", http_port(w->http),
	    w->o.log_count);
	wait_end(signals);
	service_notify("STOPPING=1");
	http_stop(w->http, STOP_MS);
	return ERR_OK;
}

static enum err
witness(struct cli_witness *w, struct cli *c)
{
	enum err e = take_key(w, c);

	if (e != ERR_OK)
		return e;
	if (cli_option(&c->args, "show") != NULL)
		return show(w, c);
	w->o.logs = w->logs;
	if ((e = take_listen(w, c)) != ERR_OK ||
	    (e = take_logs(w, c)) != ERR_OK || (e = take_state(w, c)) != ERR_OK)
		return e;
	for (size_t i = 0; i < w->o.log_count; i++) {
		struct witness_seen seen;

		/* a damaged memory is told at once */
		e = witness_remembered(&seen, &w->o, &w->logs[i], &c->d);
		if (e != ERR_OK)
			return e;
	}
	if (cli_option(&c->args, "check") != NULL)
		return ERR_OK;
	c->lines = true;
	make_metrics(w);
	return serve(w, c);
}

enum err
cli_witness(struct cli *c)
{
	struct cli_witness *w;
	enum err e;

	if (cli_option(&c->args, "monitor") != NULL ||
	    cli_option(&c->args, "key") == NULL)
		return cli_monitor(c);
	if ((w = calloc(1, sizeof *w)) == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "witness");
	e = witness(w, c);
	map_witness_free(w->map);
	policy_free(w->policy);
	key_clear(&w->key);
	free(w);
	return e;
}
