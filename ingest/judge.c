/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement's fate, in the order of formats 1.5 and by the rules of 3.3
 * and 3.4. Everything here only adds to the batch and to memory; nothing is
 * told to anybody before the batch is committed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#include "sequencer_internal.h"

#include "base/banned.h"

#define EPOCHS_ASKED 8
#define REFUSED_EVERY_MS 20 /* the table is looked at */
#define REFUSED_ONCE 64     /* devices asked at once: their windows fit in */
#define ASK_AGAIN_MS 1000
#define ASK_TIMES 3 /* who is gone by then is no longer waited for */
#define SEQ_NAMED ((UINT64_C(1) << 53) - 1)

struct chain *
judge_chain(struct sequencer *s, struct roster_device *d)
{
	struct chain *c = d->user;

	(void)s;
	if (c == NULL) {
		c = calloc(1, sizeof *c);
		if (c == NULL)
			return NULL;
		c->device = d;
		d->user = c;
	}
	return c;
}

/* UTF-8 is cut between characters, never inside one. */
static void
set_detail(struct nack *n, const struct diag *why)
{
	snprintf(n->detail, sizeof n->detail, "%.39s%s%.116s", why->clause,
	    why->clause[0] != '\0' ? ": " : "", why->text);
	size_t end = strlen(n->detail);
	while (end > 0 && end >= sizeof n->detail - 4 &&
	       (n->detail[end - 1] & 0x80) != 0)
		n->detail[--end] = '\0';
}

static void
nack(struct sequencer *s, struct roster_device *dev, uint64_t seq,
    enum err code, const struct diag *why)
{
	struct nack n = { .seq = seq, .code = code };
	struct chain *c = judge_chain(s, dev);

	if (c == NULL)
		return;
	set_detail(&n, why);
	uint64_t number = chain_nack(c, dev->epoch, &n);
	if (number == UINT64_MAX) {
		receipts_repeat(s, c);
		return;
	}
	append_nack(s, dev->name, dev->epoch, number, &n);
	receipts_mark(s, c);
}

/* Names nobody enrolled share one bounded place of the quarantine. */
#define NOBODY "-"

/* Head and seq stay as they are; the bytes go to the quarantine. */
static void
refuse(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    uint64_t seq, enum err code, const struct diag *why)
{
	append_quarantine(s, dev != NULL ? dev->name : NOBODY, code, why->text,
	    buf_span(&slot->bytes));
	if (dev != NULL)
		nack(s, dev, seq, code, why);
}

static void
fork_seen(struct sequencer *s, struct slot *slot, struct roster_device *dev)
{
	struct diag why = { 0 };
	uint64_t seq = slot->s.claims.seq;
	uint64_t index = append_evidence(s, slot);

	roster_evidence(s->roster, index, &slot->s);
	log_line(LOG_ERROR, "fork", "device=%s epoch=%llu seq=%llu index=%llu",
	    dev->name, (unsigned long long)slot->s.claims.epoch,
	    (unsigned long long)seq, (unsigned long long)index);
	metric_add(&s->o.metrics->forks, 1);
	diag_fail(&why, ERR_FORK, "formats 3.4",
	    "another statement took this place in the chain; evidence is "
	    "entry %llu",
	    (unsigned long long)index);
	nack(s, dev, seq, ERR_FORK, &why);
	s->batch_has_fork = true; /* asked for suspension once committed */
}

/* A registry statement in the log may change who is who, and whose receipt
 * says what. */
static enum err
apply_registry(
    struct sequencer *s, struct slot *slot, uint64_t index, struct diag *why)
{
	enum err e =
	    roster_apply(s->roster, index, &slot->s, &slot->registry, why);

	if (e == ERR_OK && slot->registry.type == REGISTRY_DEVICE) {
		struct roster_device *d =
		    roster_device(s->roster, span_str(slot->registry.id));
		struct chain *c = d != NULL ? judge_chain(s, d) : NULL;
		if (c != NULL && !d->suspended)
			c->suspend_asked = false;
		if (c != NULL)
			receipts_mark(s, c);
	}
	return e;
}

/* Appends and says what the payload earned. applied: what roster_apply() said,
 * where it was asked before. */
static void
take(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    struct chain *c, bool applied)
{
	const struct claims *claims = &slot->s.claims;
	uint64_t index = append_index(s);
	struct diag why = slot->why;
	enum err e = slot->payload;

	append_statement(s, slot);
	chain_advance(c, claims->epoch, claims->seq, &slot->hash, index);
	if (e == ERR_OK && slot->has_registry && !applied)
		e = apply_registry(s, slot, index, &why);
	if (e == ERR_NOMEM) /* no judgement of the payload */
		s->batch_failed = e;
	receipts_mark(s, c);
	/* formats 3.3: whatever is wrong with a payload is `schema`, unless
	 * the signer may not say it */
	if (e == ERR_FORBIDDEN)
		nack(s, dev, claims->seq, ERR_FORBIDDEN, &why);
	else if (e != ERR_OK)
		nack(s, dev, claims->seq, ERR_SCHEMA, &why);
}

/* formats 2.3: the statement that opens an epoch goes in only if it opens it;
 * otherwise its epoch is not enrolled. */
static bool
take_opening(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    struct chain *c)
{
	struct diag why = { 0 };

	if (apply_registry(s, slot, append_index(s), &why) != ERR_OK) {
		refuse(s, slot, dev, 0, ERR_EPOCH, &why);
		return false;
	}
	take(s, slot, dev, c, true);
	return true;
}

/* Older than memory: the store knows all committed ones. */
static enum chain_place
ask_seq(struct sequencer *s, struct slot *slot, struct roster_device *dev)
{
	struct store_device_head h;
	struct diag d = { 0 };
	enum err e = append_commit(s, &d);

	if (e == ERR_OK)
		e = store_device_statement(s->store, span_str(dev->name),
		    slot->s.claims.epoch, slot->s.claims.seq, &h, &d);
	if (e != ERR_OK && s->batch_failed == ERR_OK)
		s->batch_failed = e; /* the loop sees it and loads again */
	return e == ERR_OK && hash_equal(&h.hash, &slot->hash) ? CHAIN_KNOWN
							       : CHAIN_CONFLICT;
}

/* formats 2.3: any stored statement of an earlier epoch will do; a device that
 * was away may hold an older receipt, and an epoch may be without one. */
static enum chain_place
ask_prev(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    const struct chain *c)
{
	bool found = false;
	struct diag d = { 0 };
	enum err e = append_commit(s, &d);
	uint64_t last = c->epoch > EPOCHS_ASKED ? c->epoch - EPOCHS_ASKED : 0;

	for (uint64_t k = c->epoch; e == ERR_OK && !found && k > last; k--)
		e = store_device_hash(s->store, span_str(dev->name), k,
		    &slot->s.claims.prev, &found, &d);
	if (e != ERR_OK && s->batch_failed == ERR_OK)
		s->batch_failed = e;
	return found ? CHAIN_NEXT : CHAIN_CONFLICT;
}

static void
early(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    struct chain *c)
{
	struct diag why = { 0 };
	uint64_t expected = chain_expected(c, slot->s.claims.epoch);

	diag_fail(&why, ERR_GAP, "formats 3.3", "seq: got %llu, wanted %llu",
	    (unsigned long long)slot->s.claims.seq,
	    (unsigned long long)expected);
	(void)chain_park(c, slot->s.claims.epoch, slot);
	nack(s, dev, expected, ERR_GAP, &why);
}

static enum chain_place
place(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    struct chain *c)
{
	const struct claims *claims = &slot->s.claims;
	enum chain_place p = chain_place(
	    c, claims->epoch, claims->seq, &claims->prev, &slot->hash);

	if (p == CHAIN_ASK_SEQ)
		p = ask_seq(s, slot, dev);
	else if (p == CHAIN_ASK_PREV)
		p = ask_prev(s, slot, dev, c);
	return p;
}

/* An admitted statement: true when it went in, so that a parked one may
 * follow. */
static bool
judge_place(struct sequencer *s, struct slot *slot, struct roster_device *dev,
    bool opens)
{
	struct chain *c = judge_chain(s, dev);

	if (c == NULL)
		return false;
	enum chain_place p = place(s, slot, dev, c);
	if (s->batch_failed != ERR_OK)
		return false; /* nothing of this batch will be kept */
	switch (p) {
	case CHAIN_NEXT:
		if (opens)
			return take_opening(s, slot, dev, c);
		take(s, slot, dev, c, false);
		return true;
	case CHAIN_KNOWN:
		metric_add(&s->o.metrics->duplicates, 1);
		receipts_repeat(s, c);
		return false;
	case CHAIN_EARLY:
		early(s, slot, dev, c);
		return false;
	default:
		fork_seen(s, slot, dev);
		return false;
	}
}

static bool
judge_one(struct sequencer *s, struct slot *slot)
{
	struct roster_device *dev = NULL;
	struct diag why = { 0 };
	bool opens = false;

	if (slot->parsed != ERR_OK) {
		dev = roster_device(s->roster, span_str(slot->device));
		refuse(s, slot, dev, 0, slot->parsed, &slot->why);
		return false;
	}
	enum err e = roster_admit(s->roster, &slot->s, span_str(slot->device),
	    slot->has_registry ? &slot->registry : NULL, slot->signature_ok,
	    clock_wall_ms(), &dev, &opens, &why);
	if (e == ERR_OK)
		return judge_place(s, slot, dev, opens);
	if (dev == NULL)
		dev = roster_device(s->roster, span_str(slot->device));
	/* formats 3.3: seq is named only where the sender is authenticated */
	/* and only one that any reader of JSON can hold */
	bool known = (e == ERR_REVOKED || e == ERR_SUSPENDED) &&
		     slot->s.claims.seq <= SEQ_NAMED;
	refuse(s, slot, dev, known ? slot->s.claims.seq : 0, e, &why);
	return false;
}

void
judge_slot(struct sequencer *s, struct slot *slot)
{
	s->batch_taken++;
	bool went_in = judge_one(s, slot);

	while (went_in && s->batch_failed == ERR_OK) {
		struct roster_device *dev =
		    roster_device(s->roster, span_str(slot->device));
		struct slot *next = dev != NULL && dev->user != NULL
					? chain_unpark(dev->user)
					: NULL;
		if (next == NULL)
			break;
		/* same device, so the name in slot stays the right one */
		went_in = judge_one(s, next);
		slot_clear(next);
		free(next);
	}
}

/* ---- devices that found the queue full ---- */
/* CHAIN_FORGIVE once it was asked often enough. */
static enum chain_refused
ask_again(struct sequencer *s, struct chain *c, uint64_t seq)
{
	struct diag why = { 0 };
	int64_t now = clock_mono_ms();

	if (c->asked_seq != seq)
		c->asked = 0;
	if (c->asked > 0 && now - c->asked_ms < ASK_AGAIN_MS)
		return CHAIN_WAIT;
	if (c->asked == ASK_TIMES) {
		c->asked = 0;
		return CHAIN_FORGIVE;
	}
	c->asked++;
	c->asked_seq = seq;
	c->asked_ms = now;
	diag_fail(&why, ERR_GAP, "formats 3.3",
	    "seq: %llu found the queue full", (unsigned long long)seq);
	nack(s, c->device, seq, ERR_GAP, &why);
	return CHAIN_ASK;
}

static void
ask_for(struct sequencer *s, const struct refusal *f)
{
	struct roster_device *dev =
	    roster_device(s->roster, span_str(f->device));
	struct chain *c = dev != NULL ? judge_chain(s, dev) : NULL;
	enum chain_refused what =
	    c == NULL || dev->suspended || dev->revoked
		? CHAIN_FORGIVE
		: chain_refused(c, dev->epoch, f->epoch, f->seq);

	if (what == CHAIN_ASK)
		what = ask_again(s, c, f->seq);
	if (what == CHAIN_FORGIVE)
		queue_forgive(s->o.queue, f->device);
}

void
judge_refused(struct sequencer *s)
{
	struct refusal f[REFUSED_ONCE];
	int64_t now = clock_mono_ms();

	if (now - s->refused_ms < REFUSED_EVERY_MS)
		return;
	s->refused_ms = now;
	for (size_t i = 0, n = queue_refused(s->o.queue, f, REFUSED_ONCE);
	     i < n; i++)
		ask_for(s, &f[i]);
}
