/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

/* Two clocks that are both right differ by less than this. */
#define IDENTITY_SKEW_MS 60000
#define IDENTITY_RECEIPT_MAX 65536

/* What later judgements need of the newest receipt. */
static void
identity_remember(struct identity *id, const struct receipt *r)
{
	id->has_receipt = true;
	id->receipt_at_ms = r->at_ms;
	id->receipt_index = r->index;
	id->has_seen = true;
	id->seen_index = r->log_epoch_index;
	id->seen_leaf = r->log_epoch_leaf;
	id->nack_count = r->nack_count;
	for (unsigned i = 0; i < r->nack_count; i++) {
		id->nacks[i].seq = r->nacks[i].seq;
		id->nacks[i].code = r->nacks[i].code;
	}
}

static enum err
identity_recall(struct identity *id, struct diag *d)
{
	struct buf bytes = buf_heap(IDENTITY_RECEIPT_MAX);
	struct receipt r;
	enum err e = outbox_kept(id->outbox, OUTBOX_RECEIPT_NEWEST, &bytes, d);

	if (e == ERR_OK) {
		e = receipt_open(
		    &r, NULL, buf_span(&bytes), id->receipt_key, d);
		if (e == ERR_OK)
			identity_remember(id, &r);
	} else if (e == ERR_NOT_FOUND) {
		e = ERR_OK;
	}
	buf_free(&bytes);
	return e;
}

/* A chain that was exported goes on elsewhere: signing here would fork it. */
static enum err
identity_home(const struct identity *id, struct diag *d)
{
	struct outbox_home home;
	enum err e = outbox_home_read(id->outbox, &home, d);

	if (e != ERR_OK || home.place == OUTBOX_HERE)
		return e;
	if (home.place == OUTBOX_AWAY)
		return diag_fail(d, ERR_MOVED, "outbox-file 3.2",
		    "the outbox of %s was exported (move %llu): its chain "
		    "goes on where that file was imported",
		    id->name, (unsigned long long)home.moves);
	return diag_fail(d, ERR_MOVED, "outbox-file 3.4",
	    "an import into the outbox of %s has not ended: import the file "
	    "again",
	    id->name);
}

enum err
identity_open(
    struct identity *id, const struct identity_options *o, struct diag *d)
{
	struct buf did;
	enum err e;

	*id = (struct identity){ .scratch = buf_heap(STATEMENT_MAX) };
	(void)snprintf(id->name, sizeof(id->name), "%s", o->name);
	(void)snprintf(id->log, sizeof(id->log), "%s", o->log);
	memcpy(id->receipt_key, o->receipt_key, KEY_BYTES);
	did = buf_fixed(id->did, sizeof(id->did));
	e = did_web_device(&did, o->authority, span_str(o->name));
	if (e != ERR_OK || buf_text(&did) == NULL)
		return diag_fail(d, ERR_CONFIG, "formats 2.1",
		    "identity %s: no DID under authority %s", o->name,
		    o->authority);
	clock_boot_id(id->boot);
	id->started_ms = clock_wall_ms();
	e = key_load(&id->key, o->key_path, d);
	if (e == ERR_OK)
		e = outbox_open(&id->outbox, o->state, o->name, &o->limits, d);
	if (e == ERR_OK)
		e = identity_home(id, d);
	if (e == ERR_OK)
		e = identity_recall(id, d);
	if (e != ERR_OK)
		identity_close(id);
	return e;
}

void
identity_close(struct identity *id)
{
	outbox_close(id->outbox);
	id->outbox = NULL;
	key_clear(&id->key);
	buf_free(&id->scratch);
}

struct identity_time
identity_time(const struct identity *id, int64_t wall_ms, unsigned quality)
{
	struct identity_time t = { wall_ms, quality, wall_ms };
	int64_t floor_ms = CM_BUILD_MS;

	if (id->has_receipt && id->receipt_at_ms - IDENTITY_SKEW_MS > floor_ms)
		floor_ms = id->receipt_at_ms - IDENTITY_SKEW_MS;
	if (wall_ms < floor_ms || quality == 0) {
		t.clock = 0;
		t.wall_ms = 0;
		if (wall_ms < floor_ms)
			t.event_ms = floor_ms;
	}
	return t;
}

enum err
identity_sign(struct identity *id, enum content content, struct span sub,
    struct span payload, uint64_t *seq, struct diag *d)
{
	const struct outbox_chain *chain = outbox_chain(id->outbox);
	struct identity_time t =
	    identity_time(id, clock_wall_ms(), clock_quality());
	struct claims c = {
		.iss = span_str(id->did),
		.sub = sub,
		.iat = t.wall_ms / 1000,
		.epoch = chain->epoch,
		.seq = chain->seq + 1,
		.prev = chain->head,
		.mono = (uint64_t)clock_mono_ms(),
		.wall = (uint64_t)t.wall_ms,
		.clock = t.clock,
		.has_seen = id->has_seen,
		.seen_index = id->seen_index,
		.seen_leaf = id->seen_leaf,
	};
	struct statement s;
	struct hash hash;
	enum err e;

	memcpy(c.boot, id->boot, BOOT_BYTES);
	buf_reset(&id->scratch);
	/* formats 3.3: limits are enforced before a seq is given. */
	e = statement_make(&id->scratch, &c, content, payload, &id->key, d);
	if (e == ERR_OK)
		e = statement_parse(&s, buf_span(&id->scratch), d);
	if (e != ERR_OK)
		return e;
	hash = statement_hash(&s);
	e = outbox_add(id->outbox, &hash, buf_span(&id->scratch), d);
	if (e == ERR_OK)
		*seq = c.seq;
	return e;
}

static bool
identity_told(const struct identity *id, const struct nack *n)
{
	for (unsigned i = 0; i < id->nack_count; i++)
		if (id->nacks[i].seq == n->seq && id->nacks[i].code == n->code)
			return true;
	return false;
}

bool
identity_ends(enum err code)
{
	return code == ERR_REVOKED || code == ERR_EPOCH || code == ERR_FORK ||
	       code == ERR_SUSPENDED || code == ERR_TOO_LARGE;
}

/* A receipt repeats old nacks: only those that speak of what we still hold
 * count. seq 0 is an unauthenticated sender's (formats 3.3), so it ends
 * nothing, but for a suspension signed since we started. */
static bool
identity_stops(
    const struct identity *id, const struct receipt *r, const struct nack *n)
{
	if (!identity_ends(n->code))
		return false;
	if (n->seq == 0)
		return n->code == ERR_SUSPENDED && r->at_ms > id->started_ms &&
		       !identity_told(id, n);
	return n->seq > r->upto_seq && n->seq <= outbox_chain(id->outbox)->seq;
}

static void
identity_nacks(const struct identity *id, const struct receipt *r,
    struct identity_news *news)
{
	for (unsigned i = 0; i < r->nack_count; i++) {
		const struct nack *n = &r->nacks[i];

		if (n->code == ERR_GAP) {
			if (n->seq == r->upto_seq + 1)
				news->gap_seq = n->seq;
			continue;
		}
		if (identity_stops(id, r, n) && news->stop == ERR_OK) {
			news->stop = n->code;
			news->stop_nack = n;
		}
		if (!identity_told(id, n))
			news->fresh[news->fresh_count++] = n;
	}
}

static enum err
identity_unfit(struct identity *id, struct identity_news *news, enum err why,
    struct span bytes)
{
	if (why == ERR_REWIND)
		news->fit = IDENTITY_LOST;
	else if (why == ERR_EPOCH)
		news->fit = IDENTITY_CLOSED;
	return outbox_keep(id->outbox, OUTBOX_RECEIPT_UNFIT, bytes, NULL);
}

/* A chain that never held a receipt: takes over the epoch it is told, or finds
 * out that another outbox wrote here before. */
static bool
identity_first(struct identity *id, const struct receipt *r, struct diag *d)
{
	const struct outbox_chain *c = outbox_chain(id->outbox);

	if (r->upto_seq == 0 && r->epoch > c->epoch && c->seq == 0)
		return outbox_adopt(id->outbox, r->epoch, &r->head, d) ==
		       ERR_OK;
	return true;
}

/* Does the receipt speak of our chain, and truly? ERR_OK, or why not. */
static enum err
identity_fits(struct identity *id, const struct receipt *r, struct diag *d)
{
	const struct outbox_chain *c = outbox_chain(id->outbox);
	struct hash ours;

	if (strcmp(r->log, id->log) != 0)
		return diag_fail(d, ERR_FORBIDDEN, "formats 3.2",
		    "receipt: log %s, wanted %s", r->log, id->log);
	if (strcmp(r->device, id->name) != 0)
		return diag_fail(d, ERR_FORBIDDEN, "formats 3.2",
		    "receipt: device %s, wanted %s", r->device, id->name);
	if (!id->has_receipt && !identity_first(id, r, d))
		return ERR_IO;
	if (r->epoch != c->epoch)
		return diag_fail(d,
		    r->epoch > c->epoch ? ERR_EPOCH : ERR_FORBIDDEN,
		    "formats 3.2", "receipt: epoch %llu, wanted %llu",
		    (unsigned long long)r->epoch, (unsigned long long)c->epoch);
	if (r->upto_seq > c->seq)
		return diag_fail(d, ERR_REWIND, "formats 3.2",
		    "the ledger holds our chain up to %llu, the outbox only "
		    "up to %llu",
		    (unsigned long long)r->upto_seq,
		    (unsigned long long)c->seq);
	if (r->upto_seq < c->acked)
		return ERR_EXISTS;
	if (outbox_hash(id->outbox, r->upto_seq, &ours, d) != ERR_OK)
		return ERR_IO;
	if (!hash_equal(&ours, &r->head))
		return diag_fail(d, id->has_receipt ? ERR_PROOF : ERR_REWIND,
		    "formats 3.2", "receipt: head at %llu is not our hash",
		    (unsigned long long)r->upto_seq);
	return ERR_OK;
}

enum err
identity_receipt(struct identity *id, struct receipt *r,
    struct identity_news *news, struct span bytes, struct diag *d)
{
	enum err e;

	*news = (struct identity_news){ .fit = IDENTITY_UNFIT };
	if (bytes.n > IDENTITY_RECEIPT_MAX) {
		(void)diag_fail(d, ERR_TOO_LARGE, "formats 3.2",
		    "receipt: %zu bytes", bytes.n);
		return ERR_OK;
	}
	e = receipt_open(r, NULL, bytes, id->receipt_key, d);
	if (e == ERR_OK)
		e = identity_fits(id, r, d);
	/* by what never falls: the ledger's clock may be set back */
	if (e == ERR_EXISTS ||
	    (e == ERR_OK && id->has_seen &&
		r->upto_seq == outbox_chain(id->outbox)->acked &&
		r->log_epoch_index < id->seen_index)) {
		news->fit = IDENTITY_OLD;
		return ERR_OK;
	}
	if (e == ERR_IO)
		return e;
	if (e != ERR_OK)
		return identity_unfit(id, news, e, bytes);
	identity_nacks(id, r, news);
	news->advanced = r->upto_seq > outbox_chain(id->outbox)->acked;
	e = outbox_settle(id->outbox, r->upto_seq, bytes, d);
	if (e != ERR_OK)
		return e;
	identity_remember(id, r);
	news->fit = IDENTITY_FITS;
	return ERR_OK;
}
