/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts (formats 3.2): one place per device in a list, the latest state
 * wins, so that the broker is never asked for more than it takes.
 */
#include "event/topic.h"

#include "base/clock.h"
#include "base/log.h"

#include "sequencer_internal.h"

#include "base/banned.h"

#define FEW 64              /* so many devices get theirs at once */
#define RECEIPT_BYTES 59000 /* the broker takes 60,000 */
#define REPEAT_MS 100

static void
mark(struct sequencer *s, struct chain *c, int64_t at_ms)
{
	if (c->dirty) {
		if (at_ms < c->dirty_ms)
			c->dirty_ms = at_ms;
		return;
	}
	c->dirty = true;
	c->dirty_ms = at_ms;
	c->next_dirty = NULL;
	*s->dirty_last = c;
	s->dirty_last = &c->next_dirty;
	s->dirty_count++;
}

void
receipts_mark(struct sequencer *s, struct chain *c)
{
	mark(s, c, clock_mono_ms());
}

void
receipts_repeat(struct sequencer *s, struct chain *c)
{
	int64_t now = clock_mono_ms(), at = c->published_ms + REPEAT_MS;

	mark(s, c, at > now ? at : now);
}

void
receipts_mark_all(struct sequencer *s)
{
	for (size_t i = 0; i < roster_device_count(s->roster); i++) {
		struct chain *c =
		    judge_chain(s, roster_device_at(s->roster, i));
		if (c != NULL)
			receipts_mark(s, c);
	}
}

static void
fill(struct sequencer *s, const struct chain *c)
{
	struct receipt *r = &s->receipt;

	memcpy(r->device, c->device->name, sizeof r->device);
	memcpy(r->log, s->o.log, strlen(s->o.log) + 1);
	chain_receipt(r, c, c->device->epoch);
	r->at_ms = clock_wall_ms();
	r->log_epoch_index = s->head.last_epoch;
	r->log_epoch_leaf = s->head.last_epoch_leaf;
}

/* Details full of escapes may be too much for one message: the oldest nacks
 * give way, the receipt itself never fails for them. */
static enum err
sign(struct buf *b, struct receipt *r, const struct sign_key *key)
{
	enum err e = receipt_sign(b, r, key);

	while (e == ERR_SPACE && r->nack_count > 0) {
		unsigned kept = r->nack_count / 2;
		memmove(r->nacks, r->nacks + r->nack_count - kept,
		    kept * sizeof r->nacks[0]);
		r->nack_count = kept;
		buf_reset(b);
		e = receipt_sign(b, r, key);
	}
	return e;
}

static enum err
publish(struct sequencer *s, struct chain *c)
{
	uint8_t space[RECEIPT_BYTES];
	struct buf b = buf_fixed(space, sizeof space);
	char topic[TOPIC_CHARS + 1];

	fill(s, c);
	enum err e = sign(&b, &s->receipt, s->o.receipt_key);
	if (e != ERR_OK)
		return e;
	topic_print(topic, s->o.log, c->device->name, TOPIC_RECEIPT);
	return mqtt_link_publish(s->link, topic, buf_span(&b), true, 0);
}

/* When a device's receipt leaves: at once with few of them; else it may wait
 * to cover more. The same device not twice within the wait. */
static int64_t
due_ms(const struct sequencer *s, const struct chain *c)
{
	if (s->dirty_count <= FEW)
		return c->dirty_ms;
	return c->dirty_ms + s->o.receipt_wait_ms;
}

int64_t
receipts_wait(const struct sequencer *s)
{
	int64_t now = clock_mono_ms(), wait = -1;

	if (s->link_full || !atomic_load(&s->linked))
		return -1;
	for (struct chain *c = s->dirty_first; c != NULL && wait != 0;
	     c = c->next_dirty) {
		int64_t left = due_ms(s, c) > now ? due_ms(s, c) - now : 0;
		if (wait < 0 || left < wait)
			wait = left;
	}
	return wait;
}

/* false when the link takes no more: until an answer or a new connection. */
static bool
publish_one(struct sequencer *s, struct chain *c, int64_t now)
{
	enum err e = publish(s, c);

	if (e == ERR_FULL || e == ERR_NET) {
		s->link_full = true;
		return false;
	}
	if (e != ERR_OK)
		log_line(LOG_ERROR, "receipt.failed", "device=%s reason=%s",
		    c->device->name, err_name(e));
	c->dirty = false;
	c->published_ms = now;
	metric_add(&s->o.metrics->receipts, 1);
	return true;
}

void
receipts_publish(struct sequencer *s)
{
	int64_t now = clock_mono_ms();
	struct chain **at = &s->dirty_first;

	/* before the first epoch there is nothing a receipt could name */
	if (s->head.last_epoch == 0 || !atomic_load(&s->linked) || s->link_full)
		return;
	while (*at != NULL) {
		struct chain *c = *at;
		if (due_ms(s, c) > now) {
			at = &c->next_dirty;
			continue;
		}
		if (!publish_one(s, c, now))
			return;
		*at = c->next_dirty;
		if (*at == NULL)
			s->dirty_last = at;
		s->dirty_count--;
	}
}
