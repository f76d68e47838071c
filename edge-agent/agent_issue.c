/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#include "serial.h"

#include "base/banned.h"

/*
 * Mode batch: new items of one GTIN with serials made here, commissioned in
 * groups. A code is told after its group's commit, so that no label is printed
 * for an item that the ledger may never know.
 */
#define ISSUE_LINK "https://id.gs1.org/01/%s/21/%s"
#define ISSUE_LINK_CHARS                                                       \
	(sizeof("https://id.gs1.org/01//21/") + 14 + SERIAL_CHARS)
#define ISSUE_CODE_CHARS (sizeof("(01)(21)") + 14 + SERIAL_CHARS)

struct issue_group {
	size_t count;
	char serials[ISSUE_GROUP][SERIAL_CHARS + 1];
	char links[ISSUE_GROUP][ISSUE_LINK_CHARS];
	struct span items[ISSUE_GROUP];
};

static void
issue_fill(struct issue_group *g, const char *gtin, size_t count)
{
	g->count = count;
	for (size_t i = 0; i < count; i++) {
		serial_make(g->serials[i]);
		(void)snprintf(g->links[i], sizeof(g->links[i]), ISSUE_LINK,
		    gtin, g->serials[i]);
		g->items[i] = span_str(g->links[i]);
	}
}

/* What a group is: always a birth, whatever the action of scans. */
static enum err
issue_document(struct buf *doc, const struct edge_conf *conf,
    const struct issue_group *g, int64_t now_ms)
{
	struct station s = conf->station;
	const struct station_event event = {
		.time_ms = now_ms, .items = g->items, .count = g->count
	};

	s.action = "ADD";
	if (s.biz_step == NULL)
		s.biz_step = "commissioning";
	return station_print(doc, &s, &event, now_ms);
}

static enum err
issue_store(
    struct agent *a, struct lane *l, struct issue_group *g, struct diag *d)
{
	struct buf doc = buf_heap(STATEMENT_MAX);
	struct identity_time t =
	    identity_time(&l->id, clock_wall_ms(), clock_quality());
	uint64_t seq;
	enum err e = issue_document(&doc, a->conf, g, t.event_ms);

	if (e == ERR_OK)
		e = lane_put(
		    l, a->payload, CONTENT_IS_PRODUCT, buf_span(&doc), &seq, d);
	buf_free(&doc);
	/* Also after a failure: a batch left open would keep receipts out. */
	lane_commit(l);
	if (e != ERR_OK)
		return e;
	*d = l->diag;
	return l->result;
}

static void
issue_told(struct agent *a, const struct lane *l, const struct issue_group *g)
{
	char code[ISSUE_CODE_CHARS];

	for (size_t i = 0; i < g->count; i++) {
		(void)snprintf(code, sizeof(code), "(01)%s(21)%s",
		    a->conf->batch_gtin, g->serials[i]);
		report_issued(&a->out, l->id.name, span_str(code));
	}
}

bool
agent_issue(struct agent *a)
{
	struct lane *l = &a->lanes[0];
	struct issue_group *g;
	struct diag d;
	enum err e = ERR_NOMEM;

	if (a->issue_left == 0)
		return false;
	diag_clear(&d);
	g = malloc(sizeof(*g));
	if (g != NULL) {
		issue_fill(g, a->conf->batch_gtin,
		    a->issue_left < ISSUE_GROUP ? (size_t)a->issue_left
						: ISSUE_GROUP);
		e = issue_store(a, l, g, &d);
	}
	if (e == ERR_OK) {
		a->issue_left -= g->count;
		issue_told(a, l, g);
	} else if (e == ERR_FULL && lane_waiting(l) > 0 &&
		   l->stopped == ERR_OK) {
		free(g);
		return false; /* receipts make room */
	} else {
		log_line(LOG_ERROR, "issue", "left=%llu code=%s hint=\"%s\"",
		    (unsigned long long)a->issue_left, err_name(e), d.text);
		a->issue_failed = e;
		a->issue_left = 0;
	}
	free(g);
	return e == ERR_OK; /* it is to be published */
}

enum err
agent_issue_check(const struct edge_conf *conf, struct buf *doc)
{
	struct issue_group *g = malloc(sizeof(*g));
	enum err e;

	if (g == NULL)
		return ERR_NOMEM;
	issue_fill(g, conf->batch_gtin, ISSUE_GROUP);
	e = issue_document(doc, conf, g, clock_wall_ms());
	free(g);
	/* formats 1.1: the envelope comes on top */
	return e == ERR_OK && doc->n > STATEMENT_MAX - ISSUE_ENVELOPE
		   ? ERR_TOO_LARGE
		   : e;
}
