/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/service.h"

#include "api.h"
#include "deliver.h"
#include "epcis_capture.h"
#include "proofs.h"

#include "base/banned.h"

#define PROGRAM "countermark-api"
#define DRAIN_MS 10000
#define WATCHDOG_MS 10000

static int
print_example(void)
{
	struct buf out = buf_heap(65536);
	const char *text;

	conf_example(&out, api_conf_keys, api_conf_key_count);
	text = buf_text(&out);
	if (text != NULL)
		(void)fputs(text, stdout);
	buf_free(&out);
	return text == NULL ? 1 : 0;
}

/* A list that cannot be used is a fault of the configuration. */
static enum err
load_gcp(struct api *a, struct diag *d)
{
	struct diag why = { 0 };
	enum err e;

	if (a->conf->gcp_lengths == NULL)
		return ERR_OK;
	e = gcp_load(&a->gcp, a->conf->gcp_lengths, &why);
	if (e == ERR_OK || e == ERR_NOMEM)
		return e;
	return diag_fail(
	    d, ERR_CONFIG, why.clause, "[gs1] gcp_lengths: %s", why.text);
}

static enum err
open_api(struct api *a, const struct api_conf *conf, struct diag *d)
{
	struct store_options o = { conf->uri, conf->log, PROGRAM, 0 };
	enum err e;

	a->conf = conf;
	api_metrics_init(&a->metrics);
	e = key_load(&a->answer, conf->answer_key, d);
	if (e != ERR_OK)
		return e;
	did_key_print(a->answer_did, a->answer.pub);
	e = load_gcp(a, d);
	if (e == ERR_OK)
		e = pool_new(&a->pool, &o, conf->pool);
	if (e == ERR_OK)
		e = view_new(&a->view);
	if (e == ERR_OK)
		e = limit_new(&a->limit, conf->rate_per_s, conf->burst);
	return e;
}

static void
close_api(struct api *a)
{
	limit_free(a->limit);
	view_free(a->view);
	pool_free(a->pool);
	gcp_free(a->gcp);
	key_clear(&a->answer);
}

/* Jobs of before go on, also while no organisation captures any more. */
static enum err
start_capture(struct api *a, struct diag *d)
{
	struct store_options o = { a->conf->uri, a->conf->log, PROGRAM, 0 };

	return a->conf->gateway == NULL ? ERR_OK
					: epcis_jobs_start(&a->jobs, &o,
					      a->conf->gateway, &a->metrics, d);
}

static enum err
start_proofs(struct api *a, struct diag *d)
{
	struct store_options o = { a->conf->uri, a->conf->log, PROGRAM, 0 };

	return a->conf->follow ? proofs_start(&a->proofs, &o, &a->metrics, d)
			       : ERR_OK;
}

static enum err
start_http(struct http **out, struct api *a, struct diag *d)
{
	const struct api_conf *c = a->conf;
	struct http_options o = {
		.listen = c->listen,
		.port = c->port,
		.threads = c->threads,
		.connections = c->connections,
		.timeout_s = c->timeout_s,
		.body_max = api_body_max,
		.tls_cert = c->tls_cert,
		.tls_key = c->tls_key,
		.handler = api_handle,
		.ctx = a,
	};

	return http_start(out, &o, d);
}

/* Until a signal to end; SIGHUP is none. */
static void
wait_for_end(int signals)
{
	struct pollfd p = { .fd = signals, .events = POLLIN };

	for (;;) {
		int n = poll(&p, 1, WATCHDOG_MS);
		int sig = n > 0 ? service_signal_take(signals) : 0;

		if (sig == SIGTERM || sig == SIGINT)
			return;
		service_notify("WATCHDOG=1");
	}
}

static enum err
serve(struct api *a, struct diag *d)
{
	struct http *http;
	struct deliver *deliver = NULL;
	int signals;
	enum err e = service_signals(&signals, d);

	if (e != ERR_OK)
		return e;
	e = start_capture(a, d);
	if (e == ERR_OK && a->conf->deliver)
		e = deliver_start(&deliver, a, d);
	if (e == ERR_OK)
		e = start_proofs(a, d);
	if (e == ERR_OK)
		e = start_http(&http, a, d);
	if (e == ERR_OK) {
		log_line(LOG_INFO, "listening", "address=%s port=%u tls=%s",
		    a->conf->listen, http_port(http),
		    a->conf->tls_cert == NULL ? "no" : "yes");
		service_notify("READY=1");
		wait_for_end(signals);
		service_notify("STOPPING=1");
		http_stop(http, DRAIN_MS);
		log_line(LOG_INFO, "stopped", "reason=signal");
	}
	deliver_stop(deliver);
	proofs_stop(a->proofs);
	a->proofs = NULL;
	epcis_jobs_stop(a->jobs);
	a->jobs = NULL;
	(void)close(signals);
	return e;
}

static int
run(const struct service_options *o)
{
	struct api a = { 0 };
	struct api_conf conf;
	struct diag d;
	enum err e;

	diag_clear(&d);
	e = api_conf_load(&conf, o->config, &d);
	if (e != ERR_OK) {
		log_diag(LOG_ERROR, "config", &d);
		return EXIT_BAD_CONFIG;
	}
	e = open_api(&a, &conf, &d);
	if (e == ERR_OK && !o->check)
		e = serve(&a, &d);
	if (e != ERR_OK) {
		d.code = e;
		log_diag(LOG_ERROR, "start", &d);
	}
	close_api(&a);
	api_conf_clear(&conf);
	if (e == ERR_CONFIG)
		return EXIT_BAD_CONFIG;
	return e == ERR_OK ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct service_options o;
	int code = service_options(&o, argc, argv, PROGRAM, "");

	if (code >= 0)
		return code;
	if (o.example)
		return print_example();
	if (o.verbose)
		log_set_level(LOG_DEBUG);
	if (crypto_start() != ERR_OK) {
		log_line(LOG_ERROR, "start", "text=\"no randomness\"");
		return 1;
	}
	return run(&o);
}
