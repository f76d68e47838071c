/* SPDX-License-Identifier: Apache-2.0 */
#include "edge_status.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "event/receipt.h"
#include "event/statement.h"

#include "identity.h"

#include "base/banned.h"

struct edge_status {
	const char *name;
	const char *organisation;
	struct outbox_chain chain;
	uint64_t bytes;
	bool has_receipt;
	struct receipt receipt;
	int64_t oldest_s;    /* age of the oldest one waiting, -1 unknown */
	int64_t hours_left;  /* until the outbox is full, -1 unknown */
	const char *stopped; /* why nothing more is sent, or NULL */
};

enum err
edge_status_wall(
    struct outbox *o, uint64_t seq, int64_t *wall_ms, struct diag *d)
{
	struct buf bytes = buf_heap(STATEMENT_MAX);
	struct statement st;
	enum err e = outbox_read(o, seq, &bytes, d);

	if (e == ERR_OK)
		e = statement_parse(&st, buf_span(&bytes), d);
	if (e == ERR_OK)
		*wall_ms = (int64_t)st.claims.wall;
	buf_free(&bytes);
	return e;
}

/* edge 7: how many hours can still be buffered at the rate at which those
 * that wait were made. */
static void
edge_status_hours(struct edge_status *s, const struct edge_conf *c,
    uint64_t waiting, int64_t span_ms)
{
	uint64_t rows = c->outbox_rows - waiting, by_bytes;

	if (waiting > c->outbox_rows || s->bytes >= c->outbox_bytes)
		rows = 0;
	by_bytes =
	    rows == 0 ? 0 : (c->outbox_bytes - s->bytes) / (s->bytes / waiting);
	if (by_bytes < rows)
		rows = by_bytes;
	s->hours_left = (int64_t)((double)rows * (double)span_ms /
				  (double)(waiting - 1) / 3600000.0);
}

static enum err
edge_status_buffer(struct edge_status *s, const struct edge_conf *c,
    struct outbox *o, struct diag *d)
{
	uint64_t waiting = s->chain.seq - s->chain.acked;
	int64_t first = 0, last = 0, now = clock_wall_ms();
	enum err e;

	if (waiting == 0)
		return ERR_OK;
	e = edge_status_wall(o, s->chain.acked + 1, &first, d);
	if (e == ERR_OK)
		e = edge_status_wall(o, s->chain.seq, &last, d);
	/* A running agent has just settled it: as if nothing waited. */
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e != ERR_OK)
		return e;
	if (first > 0 && now >= first)
		s->oldest_s = (now - first) / 1000;
	if (first > 0 && last > first && waiting > 1 && s->bytes > waiting)
		edge_status_hours(s, c, waiting, last - first);
	return ERR_OK;
}

/* formats 3.3: what the receipts held say about sending on. */
static enum err
edge_status_stopped(struct edge_status *s, const struct edge_conf *c,
    struct outbox *o, struct diag *d)
{
	struct buf bytes = buf_heap(65536);
	struct receipt r;
	enum err e = outbox_kept(o, OUTBOX_RECEIPT_UNFIT, &bytes, d);

	if (e == ERR_OK && receipt_open(&r, NULL, buf_span(&bytes),
			       c->receipt_key, d) == ERR_OK) {
		if (r.epoch > s->chain.epoch)
			s->stopped = err_name(ERR_EPOCH);
		else if (r.epoch == s->chain.epoch && r.upto_seq > s->chain.seq)
			s->stopped = "lost_outbox";
	}
	buf_free(&bytes);
	for (unsigned i = 0; s->has_receipt && i < s->receipt.nack_count; i++) {
		const struct nack *n = &s->receipt.nacks[i];

		if (n->seq > s->receipt.upto_seq && n->seq <= s->chain.seq &&
		    identity_ends(n->code))
			s->stopped = err_name(n->code);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
edge_status_home(struct edge_status *s, struct outbox *o, struct diag *d)
{
	struct outbox_home home;
	enum err e = outbox_home_read(o, &home, d);

	if (e == ERR_OK && home.place == OUTBOX_AWAY)
		s->stopped = "moved";
	else if (e == ERR_OK && home.place == OUTBOX_ARRIVING)
		s->stopped = "arriving";
	return e;
}

static enum err
edge_status_read(
    struct edge_status *s, const struct edge_conf *c, size_t i, struct diag *d)
{
	struct outbox *o;
	struct buf bytes = buf_heap(65536);
	enum err e;

	s->name = edge_conf_identity(c, i);
	s->organisation = edge_conf_organisation(c, i);
	s->chain = (struct outbox_chain){ .epoch = 1 };
	s->bytes = 0;
	s->has_receipt = false;
	s->oldest_s = s->hours_left = -1;
	s->stopped = NULL;
	e = outbox_open_readonly(&o, c->state, s->name, d);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e != ERR_OK)
		return e;
	s->chain = *outbox_chain(o);
	s->bytes = outbox_bytes(o);
	e = outbox_kept(o, OUTBOX_RECEIPT_NEWEST, &bytes, d);
	if (e == ERR_OK)
		e = receipt_open(
		    &s->receipt, NULL, buf_span(&bytes), c->receipt_key, d);
	s->has_receipt = e == ERR_OK;
	buf_free(&bytes);
	if (e == ERR_OK || e == ERR_NOT_FOUND)
		e = edge_status_buffer(s, c, o, d);
	if (e == ERR_OK)
		e = edge_status_stopped(s, c, o, d);
	if (e == ERR_OK)
		e = edge_status_home(s, o, d);
	outbox_close(o);
	return e;
}

static void
edge_status_number(struct json_out *o, const char *key, int64_t v)
{
	if (v < 0)
		json_out_null(o, key);
	else
		json_out_int(o, key, v);
}

static void
edge_status_json(struct json_out *o, const struct edge_status *s)
{
	json_out_object(o, NULL);
	json_out_str(o, "name", s->name);
	if (s->organisation != NULL)
		json_out_str(o, "organisation", s->organisation);
	json_out_int(o, "epoch", (int64_t)s->chain.epoch);
	json_out_int(o, "next", (int64_t)s->chain.seq + 1);
	json_out_int(o, "waiting", (int64_t)(s->chain.seq - s->chain.acked));
	json_out_int(o, "bytes", (int64_t)s->bytes);
	json_out_int(o, "receipted", (int64_t)s->chain.acked);
	edge_status_number(o, "oldest_s", s->oldest_s);
	edge_status_number(o, "hours_left", s->hours_left);
	if (s->stopped != NULL)
		json_out_str(o, "stopped", s->stopped);
	else
		json_out_null(o, "stopped");
	if (!s->has_receipt) {
		json_out_null(o, "receipt");
	} else {
		json_out_object(o, "receipt");
		json_out_int(o, "upto_seq", (int64_t)s->receipt.upto_seq);
		json_out_int(o, "index", (int64_t)s->receipt.index);
		json_out_int(o, "at", s->receipt.at_ms);
		json_out_int(
		    o, "log_epoch", (int64_t)s->receipt.log_epoch_index);
		json_out_end_object(o);
	}
	json_out_end_object(o);
}

static void
edge_status_line(struct buf *out, const struct edge_status *s)
{
	buf_printf(out,
	    "identity=%s epoch=%llu next=%llu waiting=%llu bytes=%llu "
	    "receipted=%llu",
	    s->name, (unsigned long long)s->chain.epoch,
	    (unsigned long long)(s->chain.seq + 1),
	    (unsigned long long)(s->chain.seq - s->chain.acked),
	    (unsigned long long)s->bytes, (unsigned long long)s->chain.acked);
	if (s->has_receipt)
		buf_printf(out, " index=%llu at=%lld",
		    (unsigned long long)s->receipt.index,
		    (long long)s->receipt.at_ms);
	if (s->oldest_s >= 0)
		buf_printf(out, " oldest_s=%lld", (long long)s->oldest_s);
	if (s->hours_left >= 0)
		buf_printf(out, " hours_left=%lld", (long long)s->hours_left);
	if (s->stopped != NULL)
		buf_printf(out, " stopped=%s", s->stopped);
	buf_byte(out, '\n');
}

enum err
edge_status_print(
    struct buf *out, const struct edge_conf *c, bool json, struct diag *d)
{
	struct edge_status s;
	struct json_out o;

	json_out_init(&o, out);
	if (json) {
		json_out_object(&o, NULL);
		json_out_array(&o, "identities");
	}
	for (size_t i = 0; i < c->identity_count; i++) {
		enum err e = edge_status_read(&s, c, i, d);

		if (e != ERR_OK)
			return e;
		if (json)
			edge_status_json(&o, &s);
		else
			edge_status_line(out, &s);
	}
	if (json) {
		json_out_end_array(&o);
		json_out_end_object(&o);
		buf_byte(out, '\n');
	}
	return buf_error(out);
}
