/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_internal.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

/*
 * Mode pack: an SSCC opens a container, items go into it, and the next SSCC,
 * the end code or packSize closes it. Nothing counts as stored before the
 * aggregation is on the disk; what a crash forgets was never reported stored.
 */

static enum err
pack_document(struct agent *a, struct buf *doc, const struct pack *p,
    int64_t now_ms, struct diag *d)
{
	struct span children[PACK_CHILDREN];
	struct station_event event = {
		.time_ms = now_ms,
		.parent = buf_span(&p->parent),
		.items = children,
		.count = p->count,
	};

	for (size_t i = 0; i < p->count; i++)
		children[i] = pack_child(p, i);
	if (station_print(doc, &a->conf->station, &event, now_ms) != ERR_OK)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "the aggregation of %zu items is above %d bytes", p->count,
		    STATEMENT_MAX);
	return ERR_OK;
}

/* Signs and commits the open container. On failure it stays open. */
static enum err
pack_store(
    struct agent *a, struct agent_input *in, uint64_t *seq, struct diag *d)
{
	struct lane *l = in->lane;
	struct identity_time t =
	    identity_time(&l->id, clock_wall_ms(), clock_quality());
	struct buf doc = buf_heap(STATEMENT_MAX);
	enum err e = pack_document(a, &doc, &in->pack, t.event_ms, d);

	if (e == ERR_OK)
		e = lane_put(
		    l, a->payload, CONTENT_IS_PRODUCT, buf_span(&doc), seq, d);
	buf_free(&doc);
	/* Also after a failure: a batch left open would keep receipts out. */
	lane_commit(l);
	if (e != ERR_OK)
		return e;
	*d = l->diag;
	return l->result;
}

static void
pack_told(struct agent *a, struct agent_input *in, uint64_t seq)
{
	report_stored(
	    &a->out, in->lane->id.name, seq, buf_span(&in->pack.said));
	pack_close(&in->pack);
}

static enum err
pack_end(struct agent *a, struct agent_input *in, struct diag *d)
{
	uint64_t seq;
	enum err e;

	if (in->pack.count == 0)
		return diag_fail(d, ERR_STATE, "interface Edge",
		    "there is nothing to close");
	e = pack_store(a, in, &seq, d);
	if (e == ERR_OK)
		pack_told(a, in, seq);
	return e;
}

static enum err
pack_parent(struct agent *a, struct agent_input *in, struct span code,
    struct span line, struct diag *d)
{
	enum err e = ERR_OK;

	if (span_equal(code, buf_span(&in->pack.parent)))
		return diag_fail(d, ERR_EXISTS, "interface Edge",
		    "this container is open already");
	if (in->pack.count > 0)
		e = pack_end(a, in, d);
	if (e == ERR_OK)
		e = pack_open(&in->pack, code, line, d);
	if (e == ERR_OK)
		report_packed(&a->out, in->lane->id.name, line, SPAN_NONE, 0);
	return e;
}

static enum err
pack_item(struct agent *a, struct agent_input *in, struct span code,
    struct span line, struct diag *d)
{
	struct pack *p = &in->pack;
	uint64_t seq = 0;
	enum err e = pack_add(p, code, d);

	if (e != ERR_OK)
		return e;
	if (p->count == a->conf->pack_size) {
		e = pack_store(a, in, &seq, d);
		/* Scanning the same item once more tries again. */
		if (e != ERR_OK) {
			pack_undo(p);
			return e;
		}
	}
	report_packed(
	    &a->out, in->lane->id.name, buf_span(&p->said), line, p->count);
	if (seq != 0)
		pack_told(a, in, seq);
	return ERR_OK;
}

static enum err
pack_scan(
    struct agent *a, struct agent_input *in, struct span line, struct diag *d)
{
	uint8_t space[512];
	struct buf item = buf_fixed(space, sizeof(space));
	enum err e;

	if (in->form == AGENT_FORM_UNKNOWN)
		in->form =
		    csv_is_head(line) ? AGENT_FORM_REFUSED : AGENT_FORM_LINES;
	if (in->form == AGENT_FORM_REFUSED)
		return diag_fail(d, ERR_UNSUPPORTED, "interface Edge",
		    "CSV is for [station] mode = single");
	if (a->conf->pack_end != NULL && span_is(line, a->conf->pack_end))
		return pack_end(a, in, d);
	e = station_item(&item, line, d);
	if (e != ERR_OK)
		return e;
	if (pack_is_parent(buf_span(&item)))
		return pack_parent(a, in, buf_span(&item), line, d);
	return pack_item(a, in, buf_span(&item), line, d);
}

void
agent_pack(struct agent *a, struct agent_input *in)
{
	struct span line;
	struct diag d;
	enum err e = ERR_OK;
	size_t n;

	for (n = 0; n < AGENT_BATCH; n++) {
		diag_clear(&d);
		e = input_lines_next(&in->lines, &line);
		if (e == ERR_NOT_FOUND)
			break;
		if (e == ERR_OK)
			e = pack_scan(a, in, line, &d);
		else
			(void)diag_fail(&d, e, "edge 2.1",
			    "a record above %d bytes", INPUT_LINE_MAX);
		if (e != ERR_OK)
			report_refused(&a->out, in->lane->id.name, line,
			    err_name(e), d.text);
	}
	in->backlog = n == AGENT_BATCH;
	if (!in->backlog && in->lines.ended)
		agent_pack_left(a, in);
}

void
agent_pack_left(struct agent *a, struct agent_input *in)
{
	char hint[100];

	if (in->pack.count > 0) {
		(void)snprintf(hint, sizeof(hint),
		    "the container was not closed: its %zu items are not "
		    "stored",
		    in->pack.count);
		report_refused(&a->out, in->lane->id.name,
		    buf_span(&in->pack.said), err_name(ERR_TRUNCATED), hint);
	}
	pack_close(&in->pack);
}
