/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"

#include "agent_internal.h"

#include "base/banned.h"

#define AGENT_TURN_MS 10000 /* the watchdog hears of us at least so often */
#define AGENT_SAMPLE "https://id.gs1.org/01/09506000134352/21/CHECK"
#define AGENT_SAMPLE_PARENT "https://id.gs1.org/00/095060001343520000"

/* ---- what a gateway asks for ---- */

static struct lane *
agent_lane(struct agent *a, struct span name, size_t *who, struct diag *d)
{
	for (size_t i = 0; i < a->lane_count; i++) {
		if (span_is(name, a->lanes[i].id.name)) {
			*who = i;
			return &a->lanes[i];
		}
	}
	(void)diag_fail(
	    d, ERR_NOT_FOUND, "interface Signing", "no identity of that name");
	return NULL;
}

static enum err
agent_put(void *ctx, struct span identity, enum content content,
    struct span body, size_t *who, uint64_t *seq, struct diag *d)
{
	struct agent *a = ctx;
	struct lane *l = agent_lane(a, identity, who, d);
	enum err e;

	if (l == NULL)
		return ERR_NOT_FOUND;
	e = lane_put(l, a->payload, content, body, seq, d);
	if (e != ERR_OK)
		edge_metrics_count(
		    &a->metrics, EDGE_REFUSED, l->id.name, err_name(e));
	return e;
}

static void
agent_commit(void *ctx)
{
	struct agent *a = ctx;

	for (size_t i = 0; i < a->lane_count; i++)
		lane_commit(&a->lanes[i]);
}

static enum err
agent_settled(
    void *ctx, size_t who, const char **device, uint64_t *epoch, struct diag *d)
{
	const struct agent *a = ctx;
	const struct lane *l = &a->lanes[who];

	*device = l->id.name;
	*epoch = outbox_chain(l->id.outbox)->epoch;
	*d = l->diag;
	return l->result;
}

static enum err
agent_wait(void *ctx, struct span identity, uint64_t seq, struct buf *out,
    struct diag *d)
{
	struct agent *a = ctx;
	size_t who;
	struct lane *l = agent_lane(a, identity, &who, d);

	return l == NULL ? ERR_NOT_FOUND : lane_wait(l, seq, out, d);
}

/* ---- building the parts ---- */

enum err
agent_lock(int *fd, const char *state, struct diag *d)
{
	char path[PATH_MAX];
	struct stat st;

	*fd = -1;
	if (mkdir(state, 0700) != 0 && errno != EEXIST)
		return diag_fail(d, ERR_IO, "", "%s: cannot be made, errno %d",
		    state, errno);
	if (stat(state, &st) != 0 || !S_ISDIR(st.st_mode))
		return diag_fail(d, ERR_IO, "", "%s: not a folder", state);
	if (chmod(state, 0700) != 0)
		return diag_fail(
		    d, ERR_IO, "", "%s: chmod, errno %d", state, errno);
	if (snprintf(path, sizeof(path), "%s/lock", state) >= (int)sizeof(path))
		return diag_fail(d, ERR_CONFIG, "", "state: path too long");
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return diag_fail(d, ERR_IO, "", "%s: errno %d", path, errno);
	/* Two agents on one chain would fork it. */
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(*fd);
		*fd = -1;
		return diag_fail(d, ERR_EXISTS, "formats 3.4",
		    "another agent runs on %s: end that one first", state);
	}
	return ERR_OK;
}

static enum err
agent_lanes(struct agent *a, struct diag *d)
{
	enum err e = ERR_OK;

	a->lanes = calloc(a->conf->identity_count, sizeof(*a->lanes));
	if (a->lanes == NULL)
		return diag_fail(d, ERR_NOMEM, "", "agent: no memory");
	for (size_t i = 0; e == ERR_OK && i < a->conf->identity_count; i++) {
		e = lane_open(&a->lanes[i], a->conf, i, a->wake, d);
		if (e == ERR_OK)
			a->lane_count++;
	}
	return e;
}

static enum err
agent_input(struct agent *a, const struct edge_input *c, struct diag *d)
{
	struct gateway_port port = {
		.ctx = a,
		.put = agent_put,
		.commit = agent_commit,
		.settled = agent_settled,
		.wait = agent_wait,
	};
	struct agent_input *in = &a->inputs[a->input_count];
	enum err e;

	if (c->kind == EDGE_SOCKET) {
		e = gateway_new(
		    &a->gateways[a->gateway_count], c->path, &port, d);
		if (e == ERR_OK)
			a->gateway_count++;
		return e;
	}
	if (c->kind == EDGE_DOCUMENT) {
		e = input_documents_new(&a->documents[a->document_count],
		    c->path, &a->lanes[c->identity], d);
		if (e == ERR_OK)
			a->document_count++;
		return e;
	}
	if (c->kind == EDGE_FIFO)
		e = input_lines_fifo(&in->lines, c->path, d);
	else
		e = input_lines_open(
		    &in->lines, c->kind == EDGE_STDIN ? NULL : c->path, d);
	if (e != ERR_OK)
		return e;
	in->form = c->kind == EDGE_FILE ? AGENT_FORM_UNKNOWN : AGENT_FORM_LINES;
	pack_init(&in->pack);
	in->lane = &a->lanes[c->identity];
	a->input_count++;
	return ERR_OK;
}

static enum err
agent_open(struct agent *a, struct diag *d)
{
	enum err e = service_signals(&a->signals, d);

	a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e == ERR_OK && a->wake < 0)
		e = diag_fail(d, ERR_IO, "", "eventfd: errno %d", errno);
	if (e == ERR_OK)
		e = agent_lock(&a->lock, a->conf->state, d);
	if (e == ERR_OK && (e = payload_new(&a->payload)) != ERR_OK)
		e = diag_fail(d, e, "", "agent: no memory");
	if (e == ERR_OK)
		e = agent_lanes(a, d);
	for (size_t i = 0; e == ERR_OK && i < a->conf->input_count; i++)
		e = agent_input(a, &a->conf->inputs[i], d);
	if (e != ERR_OK)
		return e;
	a->fds =
	    calloc(2 + EDGE_INPUTS + a->gateway_count * (GATEWAY_CLIENTS + 1),
		sizeof(*a->fds));
	return a->fds != NULL ? ERR_OK
			      : diag_fail(d, ERR_NOMEM, "", "agent: no memory");
}

enum err
agent_new(struct agent **out, const struct edge_conf *conf, int out_fd,
    struct diag *d)
{
	struct agent *a = calloc(1, sizeof(*a));
	enum err e;

	if (a == NULL)
		return diag_fail(d, ERR_NOMEM, "", "agent: no memory");
	a->conf = conf;
	a->lock = a->wake = a->signals = -1;
	a->issue_left = conf->batch_count;
	report_init(&a->out, out_fd, conf->identity_count > 1);
	edge_metrics_init(&a->metrics, conf->metrics_file);
	a->out.metrics = &a->metrics;
	if ((e = agent_open(a, d)) != ERR_OK) {
		agent_free(a);
		return e;
	}
	*out = a;
	return ERR_OK;
}

static void
agent_close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void
agent_free(struct agent *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->gateway_count; i++)
		gateway_free(a->gateways[i]);
	for (size_t i = 0; i < a->document_count; i++)
		input_documents_free(a->documents[i]);
	for (size_t i = 0; i < a->input_count; i++) {
		input_lines_close(&a->inputs[i].lines);
		pack_free(&a->inputs[i].pack);
	}
	for (size_t i = 0; i < a->lane_count; i++)
		lane_close(&a->lanes[i]);
	free(a->lanes);
	payload_free(a->payload);
	report_clear(&a->out);
	edge_metrics_clear(&a->metrics);
	free(a->fds);
	agent_close_fd(a->wake);
	agent_close_fd(a->signals);
	agent_close_fd(a->lock);
	free(a);
}

enum err
agent_check(const struct edge_conf *conf, struct diag *d)
{
	struct buf doc = buf_heap(STATEMENT_MAX);
	struct buf sub = buf_heap(STATEMENT_MAX);
	struct span item = span_str(AGENT_SAMPLE);
	struct station_event event = {
		.time_ms = clock_wall_ms(), .items = &item, .count = 1
	};
	struct payload *p;
	struct diag why;
	enum err e = payload_new(&p);

	diag_clear(&why);
	if (conf->mode == EDGE_PACK)
		event.parent = span_str(AGENT_SAMPLE_PARENT);
	if (e == ERR_OK && conf->mode == EDGE_BATCH)
		e = agent_issue_check(conf, &doc);
	else if (e == ERR_OK)
		e = station_print(&doc, &conf->station, &event, event.time_ms);
	if (e == ERR_TOO_LARGE)
		(void)diag_fail(&why, e, "formats 1.1",
		    "%d items with these values do not fit", ISSUE_GROUP);
	if (e == ERR_OK)
		e = payload_check(p, &sub, CONTENT_IS_PRODUCT, buf_span(&doc),
		    "did:web:localhost", &why);
	payload_free(p);
	buf_free(&doc);
	buf_free(&sub);
	if (e != ERR_OK)
		return diag_fail(d, ERR_CONFIG, why.clause,
		    "[station] makes no valid event: %s", why.text);
	return ERR_OK;
}

/* ---- the loop ---- */

static int64_t
agent_sooner(int64_t a, int64_t b)
{
	return b >= 0 && b < a ? b : a;
}

/* Fills fds; counts[i] entries belong to gateway i. Returns their number. */
static size_t
agent_fds(struct agent *a, size_t counts[EDGE_INPUTS])
{
	size_t n = 2;

	a->fds[0] = (struct pollfd){ .fd = a->signals, .events = POLLIN };
	a->fds[1] = (struct pollfd){ .fd = a->wake, .events = POLLIN };
	for (size_t i = 0; i < a->input_count; i++) {
		const struct agent_input *in = &a->inputs[i];
		bool idle = in->backlog || in->lines.ended;

		a->fds[n++] = (struct pollfd){ .fd = idle ? -1 : in->lines.fd,
			.events = POLLIN };
	}
	for (size_t i = 0; i < a->document_count; i++)
		a->fds[n++] = (struct pollfd){
			.fd = input_documents_fd(a->documents[i]),
			.events = POLLIN,
		};
	for (size_t i = 0; i < a->gateway_count; i++) {
		counts[i] = gateway_poll(a->gateways[i], &a->fds[n]);
		n += counts[i];
	}
	return n;
}

static void
agent_records(struct agent *a, struct agent_input *in)
{
	if (a->conf->mode == EDGE_PACK)
		agent_pack(a, in);
	else
		agent_scan(a, in);
}

static void
agent_inputs(struct agent *a, const struct pollfd *fds)
{
	for (size_t i = 0; i < a->input_count; i++) {
		struct agent_input *in = &a->inputs[i];

		if (!in->backlog && fds[i].revents == 0)
			continue;
		if (!in->backlog)
			input_lines_fill(&in->lines);
		agent_records(a, in);
	}
}

/* Folders of documents; ms to the next turn. */
static int64_t
agent_documents(struct agent *a, int64_t now)
{
	int64_t wait = AGENT_TURN_MS;

	for (size_t i = 0; i < a->document_count; i++)
		wait = agent_sooner(wait, input_documents_turn(a->documents[i],
					      a->payload, &a->out, now));
	return wait;
}

/* What the links brought; then everything that may go out. Returns ms to the
 * next timer. */
static int64_t
agent_lanes_turn(struct agent *a, int64_t now)
{
	int64_t wait = AGENT_TURN_MS;
	bool told = false;

	for (size_t i = 0; i < a->lane_count; i++) {
		told |= lane_events(&a->lanes[i], &a->out, now);
		wait = agent_sooner(wait, lane_pump(&a->lanes[i], now));
	}
	for (size_t i = 0; told && i < a->gateway_count; i++)
		gateway_wake(a->gateways[i], now);
	return wait;
}

/* Files wait that may still be taken. *stuck: some never will be, as nothing
 * leaves their identity any more. */
static bool
agent_documents_wait(const struct agent *a, bool *stuck)
{
	for (size_t i = 0; i < a->document_count; i++) {
		const struct input_documents *in = a->documents[i];

		if (!input_documents_waiting(in))
			continue;
		if (!input_documents_stuck(in))
			return true;
		*stuck = true;
	}
	return false;
}

static bool
agent_drained(const struct agent *a, bool *stuck)
{
	bool waiting = false;

	*stuck = false;
	if (!a->conf->exit_when_drained || a->gateway_count > 0 ||
	    a->issue_left > 0)
		return false;
	for (size_t i = 0; i < a->input_count; i++)
		if (!a->inputs[i].lines.ended || a->inputs[i].backlog)
			return false;
	if (agent_documents_wait(a, stuck))
		return false;
	for (size_t i = 0; i < a->lane_count; i++) {
		if (lane_waiting(&a->lanes[i]) == 0)
			continue;
		if (a->lanes[i].stopped != ERR_OK)
			*stuck = true;
		else
			waiting = true;
	}
	return !waiting;
}

/* One poll and what follows from it; *wait in and out: ms to the next timer.
 * Returns false when a signal ends the run. */
static bool
agent_turn(struct agent *a, int64_t *wait)
{
	size_t counts[EDGE_INPUTS];
	size_t n = agent_fds(a, counts);
	size_t at = 2 + a->input_count + a->document_count;
	uint64_t woken;
	int64_t now, look;
	bool more;

	if (poll(a->fds, n, (int)*wait) < 0 && errno != EINTR) {
		log_line(LOG_ERROR, "poll", "errno=%d", errno);
		return false;
	}
	now = clock_mono_ms();
	if (a->fds[1].revents != 0 &&
	    read(a->wake, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		return false;
	agent_inputs(a, &a->fds[2]);
	for (size_t i = 0; i < a->gateway_count; at += counts[i++])
		gateway_turn(a->gateways[i], &a->fds[at], counts[i], now);
	look = agent_documents(a, now);
	*wait = agent_sooner(agent_lanes_turn(a, now), look);
	/* After the receipts, which make room for it. */
	more = agent_issue(a);
	for (size_t i = 0; i < a->gateway_count; i++)
		*wait =
		    agent_sooner(*wait, gateway_timeout(a->gateways[i], now));
	for (size_t i = 0; i < a->input_count; i++)
		more |= a->inputs[i].backlog;
	*wait = agent_sooner(*wait,
	    edge_metrics_turn(&a->metrics, a->lanes, a->lane_count, now));
	if (more)
		*wait = 0;
	report_flush(&a->out);
	if (a->fds[0].revents != 0) {
		int sig = service_signal_take(a->signals);
		return sig != SIGTERM && sig != SIGINT;
	}
	return true;
}

enum err
agent_run(struct agent *a, struct diag *d)
{
	int64_t wait = 0, told_ms = clock_mono_ms();
	bool stuck = false;

	for (size_t i = 0; i < a->lane_count; i++) {
		enum err e = lane_connect(&a->lanes[i], a->conf, i, d);
		if (e != ERR_OK)
			return e;
	}
	/* What only the start needed goes back (performance: 8 MB idle). */
	(void)malloc_trim(0);
	service_notify("READY=1");
	log_line(LOG_INFO, "start", "identities=%zu inputs=%zu log=%s",
	    a->lane_count, a->conf->input_count, a->conf->log);
	while (agent_turn(a, &wait)) {
		if (agent_drained(a, &stuck))
			break;
		if (clock_mono_ms() - told_ms >= AGENT_TURN_MS / 2) {
			told_ms = clock_mono_ms();
			service_notify("WATCHDOG=1");
		}
	}
	for (size_t i = 0; i < a->input_count; i++) {
		/* read already, so nobody else will tell of it */
		while (a->inputs[i].backlog)
			agent_records(a, &a->inputs[i]);
		agent_pack_left(a, &a->inputs[i]);
	}
	report_flush(&a->out);
	edge_metrics_write(&a->metrics, a->lanes, a->lane_count);
	service_notify("STOPPING=1");
	log_line(LOG_INFO, "stop", "drained=%s", stuck ? "no" : "yes");
	if (a->issue_failed != ERR_OK)
		return diag_fail(d, a->issue_failed, "interface Edge",
		    "not all items were issued");
	if (stuck)
		return diag_fail(d, ERR_STATE, "formats 3.3",
		    "a stopped identity keeps statements");
	return ERR_OK;
}
