/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/service.h"

#include "sequencer.h"
#include "verify.h"

#include "base/banned.h"

#define WORKERS_MAX 256

/* The parts of a running service, in the order they are built. */
struct ingest {
	struct sign_key log_key, receipt_key;
	struct ingest_metrics metrics;
	struct queue *queue;
	struct service_link *service;
	struct witness_link *witnesses;
	char policy[4096]; /* path */
	struct sequencer *sequencer;
	unsigned workers;
	pthread_t threads[WORKERS_MAX];
	pthread_t sequencer_thread;
	int done_fd[2]; /* the sequencer ended */
	enum err result;
	struct diag why;
};

static int
bad_config(const struct diag *d)
{
	log_diag(LOG_ERROR, "config", d);
	return EXIT_BAD_CONFIG;
}

static enum err
load_keys(struct ingest *g, const struct conf *c, struct diag *d)
{
	enum err e = key_load(&g->log_key, conf_text(c, "log", NULL, "key"), d);

	if (e == ERR_OK)
		e = key_load(&g->receipt_key,
		    conf_text(c, "log", NULL, "receipt_key"), d);
	return e;
}

static void
clear_keys(struct ingest *g)
{
	key_clear(&g->log_key);
	key_clear(&g->receipt_key);
}

int
ingest_check(const struct conf *c)
{
	struct ingest g = { 0 };
	struct diag d = { 0 };
	enum err e = load_keys(&g, c, &d);

	clear_keys(&g);
	return e == ERR_OK ? 0 : bad_config(&d);
}

static void *
work(void *ctx)
{
	struct verifier v;
	struct queue *q = ctx;

	if (verifier_init(&v) != ERR_OK) {
		log_line(LOG_ERROR, "worker", "reason=nomem");
		return NULL;
	}
	queue_work(q, verify_slot, &v);
	verifier_clear(&v);
	return NULL;
}

static void *
sequence(void *ctx)
{
	struct ingest *g = ctx;

	g->result = sequencer_run(g->sequencer, &g->why);
	if (write(g->done_fd[1], "x", 1) != 1)
		log_line(LOG_ERROR, "sequencer", "reason=pipe");
	return NULL;
}

static struct sequencer_options
sequencer_options(struct ingest *g, const struct conf *c)
{
	return (struct sequencer_options){
		.log = conf_text(c, "log", NULL, "name"),
		.database = conf_text(c, "database", NULL, "uri"),
		.highwater = conf_text(c, "log", NULL, "highwater"),
		.log_key = &g->log_key,
		.receipt_key = &g->receipt_key,
		.mqtt = { .host = conf_text(c, "mqtt", NULL, "host"),
		    .port = (int)conf_int(c, "mqtt", NULL, "port"),
		    .client_id = conf_text(c, "mqtt", NULL, "user"),
		    .user_name = conf_text(c, "mqtt", NULL, "user"),
		    .ca = conf_text(c, "mqtt", NULL, "ca"),
		    .cert = conf_text(c, "mqtt", NULL, "cert"),
		    .key = conf_text(c, "mqtt", NULL, "key") },
		.queue = g->queue,
		.service = g->service,
		.witnesses = g->witnesses,
		.metrics = &g->metrics,
		.metrics_file = conf_text(c, "ingest", NULL, "metrics_file"),
		.batch = (size_t)conf_int(c, "ingest", NULL, "batch"),
		.idle_ms = (int)conf_int(c, "ingest", NULL, "idle_ms"),
		.receipt_wait_ms =
		    (int)conf_int(c, "ingest", NULL, "receipt_wait_ms"),
	};
}

static unsigned
worker_count(const struct conf *c)
{
	long n = (long)conf_int(c, "ingest", NULL, "workers");

	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	if (n < 1)
		n = 1;
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static enum err
start_threads(struct ingest *g, unsigned wanted, struct diag *d)
{
	for (; g->workers < wanted; g->workers++)
		if (pthread_create(
			&g->threads[g->workers], NULL, work, g->queue) != 0)
			return diag_fail(d, ERR_NOMEM, "", "no thread");
	if (pipe(g->done_fd) != 0 ||
	    pthread_create(&g->sequencer_thread, NULL, sequence, g) != 0)
		return diag_fail(d, ERR_NOMEM, "", "no thread");
	return ERR_OK;
}

/* Until a signal asks for the end or the sequencer ended by itself. */
static void
wait_end(struct ingest *g, int signals)
{
	struct pollfd p[2] = { { .fd = signals, .events = POLLIN },
		{ .fd = g->done_fd[0], .events = POLLIN } };

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0)
			return;
		int n = service_signal_take(signals);
		if (n != SIGTERM && n != SIGINT)
			continue;
		service_notify("STOPPING=1");
		log_line(LOG_INFO, "stopping", "signal=%d", n);
		sequencer_stop(g->sequencer);
		queue_close(g->queue);
	}
}

/* `policy` beside the log's key, where init put it. */
static enum err
policy_path(struct ingest *g, const struct conf *c, struct diag *d)
{
	const char *given = conf_text(c, "witness", NULL, "policy");
	const char *key = conf_text(c, "log", NULL, "key");
	const char *slash = strrchr(key, '/');
	int folder = slash == NULL ? 0 : (int)(slash - key) + 1;
	int n = given != NULL
		    ? snprintf(g->policy, sizeof g->policy, "%s", given)
		    : snprintf(g->policy, sizeof g->policy, "%.*spolicy",
			  folder, key);

	return n > 0 && (size_t)n < sizeof g->policy
		   ? ERR_OK
		   : diag_fail(d, ERR_CONFIG, "",
			 "[witness] policy: wanted a shorter path");
}

static enum err
open_witnesses(struct ingest *g, const struct conf *c, struct diag *d)
{
	const struct witness_link_options o = {
		.log = conf_text(c, "log", NULL, "name"),
		.database = conf_text(c, "database", NULL, "uri"),
		.policy = g->policy,
		.ca = conf_text(c, "witness", NULL, "ca"),
		.open = strcmp(conf_text(c, "witness", NULL, "on_failure"),
			    "open") == 0,
		.timeout_ms = (int)conf_int(c, "witness", NULL, "timeout_ms"),
		.metrics = &g->metrics,
	};
	enum err e = policy_path(g, c, d);

	if (e != ERR_OK)
		return e;
	/* logs made before policies were read may stand without the file */
	if (conf_text(c, "witness", NULL, "policy") == NULL &&
	    access(g->policy, F_OK) != 0)
		return ERR_OK;
	return witness_link_new(&g->witnesses, &o, d);
}

static enum err
build(struct ingest *g, const struct conf *c, struct diag *d)
{
	enum err e = queue_new(&g->queue,
	    (size_t)conf_int(c, "ingest", NULL, "queue_count"),
	    (size_t)conf_int(c, "ingest", NULL, "queue_bytes"));

	if (e != ERR_OK)
		return diag_fail(d, e, "", "queue");
	e = service_link_new(
	    &g->service, conf_text(c, "gateway", NULL, "socket"), d);
	if (e != ERR_OK)
		return e;
	ingest_metrics_init(&g->metrics);
	if ((e = open_witnesses(g, c, d)) != ERR_OK)
		return e;
	struct sequencer_options o = sequencer_options(g, c);
	return sequencer_new(&g->sequencer, &o, d);
}

static int
outcome(const struct ingest *g)
{
	if (g->result == ERR_OK)
		return 0;
	log_diag(LOG_ERROR, "ended", &g->why);
	return g->result == ERR_CONFIG ? EXIT_BAD_CONFIG : 1;
}

int
ingest_run(const struct conf *c)
{
	struct ingest *g = calloc(1, sizeof *g);
	struct diag d = { 0 };
	int signals = -1, code = 1;

	if (g == NULL)
		return 1;
	if (load_keys(g, c, &d) != ERR_OK) {
		code = bad_config(&d);
		goto out;
	}
	if (service_signals(&signals, &d) != ERR_OK ||
	    build(g, c, &d) != ERR_OK ||
	    start_threads(g, worker_count(c), &d) != ERR_OK) {
		log_diag(LOG_ERROR, "start", &d);
		code = d.code == ERR_CONFIG ? EXIT_BAD_CONFIG : 1;
		goto out;
	}
	service_notify("READY=1");
	wait_end(g, signals);
	pthread_join(g->sequencer_thread, NULL);
	code = outcome(g);
out:
	if (g->queue != NULL)
		queue_close(g->queue);
	for (unsigned i = 0; i < g->workers; i++)
		pthread_join(g->threads[i], NULL);
	sequencer_free(g->sequencer);
	witness_link_free(g->witnesses);
	service_link_free(g->service);
	queue_free(g->queue);
	clear_keys(g);
	free(g);
	return code;
}
