/* SPDX-License-Identifier: Apache-2.0 */
#include "lane.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#include "base/banned.h"

#define LANE_PATH 4096
/* The link took nothing though it has room: no event may follow. */
#define LANE_RETRY_MS 500

enum err
lane_open(struct lane *l, const struct edge_conf *c, size_t i, int wake,
    struct diag *d)
{
	struct identity_options o = {
		.name = edge_conf_identity(c, i),
		.authority = c->authority,
		.log = c->log,
		.key_path = edge_conf_key(c, i),
		.state = c->state,
		.receipt_key = c->receipt_key,
		.limits = { c->outbox_bytes, c->outbox_rows },
	};
	const struct outbox_chain *chain;
	uint32_t seed;
	enum err e;

	*l = (struct lane){ .link = NULL };
	link_box_init(&l->box, wake);
	e = identity_open(&l->id, &o, d);
	if (e != ERR_OK) {
		link_box_clear(&l->box);
		return e;
	}
	topic_print(l->topic_up, c->log, o.name, TOPIC_EVENT);
	chain = outbox_chain(l->id.outbox);
	random_bytes(&seed, sizeof(seed));
	sender_init(
	    &l->sender, chain->acked, chain->seq, l->id.has_receipt, seed);
	return ERR_OK;
}

enum err
lane_connect(
    struct lane *l, const struct edge_conf *c, size_t i, struct diag *d)
{
	char down[TOPIC_CHARS + 1], client[TOPIC_CHARS + 1];
	const char *name = edge_conf_identity(c, i);
	struct buf ca = buf_heap(LANE_PATH), cert = buf_heap(LANE_PATH),
		   key = buf_heap(LANE_PATH);
	struct mqtt_link_options o = {
		.host = c->mqtt_host,
		.port = c->mqtt_port,
		.client_id = client,
		.user_name = name,
		.subscribe = down,
		.cb = link_box_callbacks(&l->box),
	};
	enum err e = edge_conf_path(&ca, c->mqtt_ca, name);

	/* Logs may share a broker, and each has a device `authority`. */
	(void)snprintf(client, sizeof client, "%.63s.%.63s", c->log, name);
	topic_print(down, c->log, name, TOPIC_RECEIPT);
	if (e == ERR_OK)
		e = edge_conf_path(&cert, c->mqtt_cert, name);
	if (e == ERR_OK)
		e = edge_conf_path(&key, c->mqtt_key, name);
	if (e == ERR_OK) {
		o.ca = c->mqtt_ca != NULL ? buf_text(&ca) : NULL;
		o.cert = c->mqtt_cert != NULL ? buf_text(&cert) : NULL;
		o.key = c->mqtt_key != NULL ? buf_text(&key) : NULL;
		e = mqtt_link_new(&l->link, &o, d);
	}
	buf_free(&ca);
	buf_free(&cert);
	buf_free(&key);
	return e;
}

void
lane_close(struct lane *l)
{
	/* The link first: no callback may find the box gone. */
	mqtt_link_free(l->link);
	l->link = NULL;
	link_box_clear(&l->box);
	identity_close(&l->id);
}

static enum err
lane_begin(struct lane *l, struct diag *d)
{
	enum err e = ERR_OK;

	if (!l->batch)
		e = outbox_begin(l->id.outbox, d);
	if (e == ERR_OK)
		l->batch = true;
	return e;
}

enum err
lane_put(struct lane *l, struct payload *p, enum content content,
    struct span bytes, uint64_t *seq, struct diag *d)
{
	struct buf sub = buf_heap(STATEMENT_MAX);
	enum err e;

	if (l->closed)
		return diag_fail(d, l->stopped, "formats 3.3",
		    "%s has stopped: its chain ended", l->id.name);
	e = payload_check(p, &sub, content, bytes, l->id.did, d);
	if (e == ERR_OK)
		e = lane_begin(l, d);
	if (e == ERR_OK)
		e = identity_sign(
		    &l->id, content, buf_span(&sub), bytes, seq, d);
	buf_free(&sub);
	return e;
}

enum err
lane_put_marked(struct lane *l, struct payload *p, struct span bytes,
    const struct hash *mark, uint64_t *seq, struct diag *d)
{
	enum err e = lane_put(l, p, CONTENT_IS_PRODUCT, bytes, seq, d);

	return e != ERR_OK ? e : outbox_mark(l->id.outbox, mark, *seq, d);
}

enum err
lane_unmark(struct lane *l, const struct hash *mark, struct diag *d)
{
	enum err e = lane_begin(l, d);

	return e != ERR_OK ? e : outbox_unmark(l->id.outbox, mark, d);
}

void
lane_commit(struct lane *l)
{
	if (!l->batch)
		return;
	l->batch = false;
	diag_clear(&l->diag);
	l->result = outbox_commit(l->id.outbox, &l->diag);
	if (l->result != ERR_OK)
		log_diag(LOG_ERROR, "outbox", &l->diag);
	sender_stored(&l->sender, outbox_chain(l->id.outbox)->seq);
}

static void
lane_stop(struct lane *l, struct report *out, enum err code, bool closed,
    const char *reason, const char *hint)
{
	if (l->stopped != ERR_OK)
		return;
	l->stopped = code;
	l->closed = closed;
	sender_stop(&l->sender);
	report_stopped(out, l->id.name, reason, hint);
	log_line(
	    LOG_ERROR, "stopped", "identity=%s reason=%s", l->id.name, reason);
}

static void
lane_nacks(struct lane *l, struct report *out, const struct identity_news *n)
{
	for (unsigned i = 0; i < n->fresh_count; i++)
		report_nacked(out, l->id.name, n->fresh[i]->seq,
		    err_name(n->fresh[i]->code), n->fresh[i]->detail);
	if (n->stop != ERR_OK)
		lane_stop(l, out, n->stop, true, err_name(n->stop),
		    n->stop_nack->detail);
}

static void
lane_fits(struct lane *l, struct report *out, const struct receipt *r,
    const struct identity_news *n, int64_t now)
{
	sender_stored(&l->sender, outbox_chain(l->id.outbox)->seq);
	sender_receipt(&l->sender, r->upto_seq, now);
	if (n->advanced)
		report_receipted(out, l->id.name, r->upto_seq, r->index);
	lane_nacks(l, out, n);
	if (n->gap_seq != 0 && sender_gap(&l->sender, n->gap_seq, now))
		log_line(LOG_WARN, "gap", "identity=%s seq=%llu", l->id.name,
		    (unsigned long long)n->gap_seq);
}

static bool
lane_receipt(struct lane *l, struct report *out, struct span bytes, int64_t now)
{
	struct receipt r;
	struct identity_news news;
	struct diag d;
	enum err e;

	diag_clear(&d);
	e = identity_receipt(&l->id, &r, &news, bytes, &d);
	if (e != ERR_OK) {
		log_diag(LOG_ERROR, "receipt", &d);
		return false;
	}
	switch (news.fit) {
	case IDENTITY_FITS:
		lane_fits(l, out, &r, &news, now);
		return true;
	case IDENTITY_OLD:
		return false;
	case IDENTITY_LOST:
		lane_stop(l, out, ERR_REWIND, true, "lost_outbox",
		    "the ledger holds statements of this identity that the "
		    "outbox does not; the authority must open a new epoch");
		break;
	case IDENTITY_CLOSED:
		lane_stop(l, out, ERR_EPOCH, true, "epoch",
		    "the ledger has opened a later epoch for this identity");
		break;
	case IDENTITY_UNFIT:
		break;
	}
	log_diag(LOG_WARN, "receipt-unfit", &d);
	return news.fit != IDENTITY_UNFIT;
}

static void
lane_ack(struct lane *l, struct report *out, const struct link_box_ack *a,
    int64_t now)
{
	sender_puback(&l->sender, a->id, a->reason, now);
	if (l->sender.stop == SENDER_REFUSED)
		lane_stop(l, out, ERR_FORBIDDEN, false, "forbidden",
		    "the broker refuses this identity's topic; its enrolment "
		    "may have ended");
	else if (l->sender.stop == SENDER_DEFECT)
		lane_stop(l, out, ERR_TOO_LARGE, false, "too_large",
		    "the broker refuses a statement's size; its limit should "
		    "be 60000 bytes");
}

bool
lane_events(struct lane *l, struct report *out, int64_t now)
{
	struct link_box_news n;
	bool told = false;

	link_box_take(&l->box, &n);
	if (n.dropped)
		sender_disconnected(&l->sender);
	if (n.changed && n.connected)
		sender_connected(&l->sender, now);
	if (n.changed) {
		char quoted[200];
		log_line(LOG_INFO, "link", "identity=%s connected=%s text=%s",
		    l->id.name, n.connected ? "yes" : "no",
		    log_quote(quoted, sizeof(quoted), n.text));
	}
	for (unsigned i = 0; i < n.ack_count; i++) {
		lane_ack(l, out, &n.acks[i], now);
		told |= l->stopped != ERR_OK;
	}
	for (unsigned i = 0; i < n.receipt_count; i++) {
		told |= lane_receipt(
		    l, out, span_of(n.receipts[i].p, n.receipts[i].n), now);
		free(n.receipts[i].p);
	}
	return told;
}

/* Hands one statement to the link; false when it takes no more. */
static bool
lane_publish(struct lane *l, uint64_t seq, int64_t now)
{
	struct diag d;
	enum err e;

	diag_clear(&d);
	buf_reset(&l->id.scratch);
	e = outbox_read(l->id.outbox, seq, &l->id.scratch, &d);
	if (e != ERR_OK) {
		/* A disk in trouble is tried again later, like a broker in
		 * trouble: order must hold. */
		log_diag(LOG_ERROR, "outbox", &d);
		sender_puback(&l->sender, seq, 0x97, now);
		return false;
	}
	if (mqtt_link_publish(l->link, l->topic_up, buf_span(&l->id.scratch),
		false, seq) != ERR_OK)
		return false;
	sender_sent(&l->sender, now);
	return true;
}

int64_t
lane_pump(struct lane *l, int64_t now)
{
	uint64_t resends = l->sender.resends;
	int64_t wait = sender_tick(&l->sender, now);
	uint64_t seq;

	if (l->sender.resends != resends)
		log_line(LOG_WARN, "resend",
		    "identity=%s from=%llu upto=%llu window=%u", l->id.name,
		    (unsigned long long)(l->sender.acked + 1),
		    (unsigned long long)l->sender.last, l->sender.window);
	while (l->link != NULL && mqtt_link_room(l->link) > 0 &&
	       (seq = sender_next(&l->sender, now)) != 0)
		if (!lane_publish(l, seq, now))
			return wait < 0 || wait > LANE_RETRY_MS ? LANE_RETRY_MS
								: wait;
	return wait < 0 ? sender_tick(&l->sender, now) : wait;
}

/* The payload of the newest receipt, as the ledger signed it. */
static enum err
lane_receipt_payload(struct lane *l, struct buf *out, struct diag *d)
{
	struct buf bytes = buf_heap(65536);
	struct receipt r;
	struct span payload;
	enum err e =
	    outbox_kept(l->id.outbox, OUTBOX_RECEIPT_NEWEST, &bytes, d);

	if (e == ERR_OK)
		e = receipt_open(
		    &r, &payload, buf_span(&bytes), l->id.receipt_key, d);
	if (e == ERR_OK && memchr(payload.p, '\n', payload.n) != NULL)
		e = receipt_print(out, &r); /* one line, whatever was sent */
	else if (e == ERR_OK)
		buf_put(out, payload);
	buf_free(&bytes);
	return e != ERR_OK ? e : buf_error(out);
}

enum err
lane_wait(struct lane *l, uint64_t seq, struct buf *out, struct diag *d)
{
	const struct outbox_chain *c = outbox_chain(l->id.outbox);

	if (seq <= c->acked)
		return lane_receipt_payload(l, out, d);
	if (seq > c->seq)
		return diag_fail(d, ERR_NOT_FOUND, "formats 1.4",
		    "%s has stored up to seq %llu", l->id.name,
		    (unsigned long long)c->seq);
	if (l->stopped != ERR_OK)
		return diag_fail(d, l->stopped, "formats 3.3",
		    "%s has stopped sending", l->id.name);
	return ERR_TIMEOUT;
}

uint64_t
lane_waiting(const struct lane *l)
{
	const struct outbox_chain *c = outbox_chain(l->id.outbox);

	return c->seq - c->acked;
}
