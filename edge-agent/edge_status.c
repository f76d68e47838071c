/* SPDX-License-Identifier: Apache-2.0 */
#include "edge_status.h"

#include "base/json_out.h"
#include "event/receipt.h"

#include "outbox.h"

#include "base/banned.h"

struct edge_status {
	const char *name;
	const char *organisation;
	struct outbox_chain chain;
	uint64_t bytes;
	bool has_receipt;
	struct receipt receipt;
};

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
	outbox_close(o);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
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
