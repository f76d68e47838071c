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

void
receipts_mark(struct sequencer *s, struct chain *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	c->dirty_ms = clock_mono_ms();
	c->next_dirty = NULL;
	*s->dirty_last = c;
	s->dirty_last = &c->next_dirty;
	s->dirty_count++;
}

void
receipts_repeat(struct sequencer *s, struct chain *c)
{
	/* what was published since covers it: a later commit marks it anyway */
	if (clock_mono_ms() - c->published_ms >= REPEAT_MS)
		receipts_mark(s, c);
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
	if (s->dirty_first == NULL || s->link_full || !atomic_load(&s->linked))
		return -1;
	int64_t wait = due_ms(s, s->dirty_first) - clock_mono_ms();
	return wait > 0 ? wait : 0;
}

void
receipts_publish(struct sequencer *s)
{
	int64_t now = clock_mono_ms();

	/* before the first epoch there is nothing a receipt could name */
	if (s->head.last_epoch == 0 || !atomic_load(&s->linked))
		return;
	while (!s->link_full && s->dirty_first != NULL &&
	       due_ms(s, s->dirty_first) <= now) {
		struct chain *c = s->dirty_first;
		enum err e = publish(s, c);
		if (e == ERR_FULL || e == ERR_NET) {
			/* until an answer or a new connection */
			s->link_full = true;
			return;
		}
		if (e != ERR_OK)
			log_line(LOG_ERROR, "receipt.failed",
			    "device=%s reason=%s", c->device->name,
			    err_name(e));
		c->dirty = false;
		c->published_ms = now;
		s->dirty_first = c->next_dirty;
		if (s->dirty_first == NULL)
			s->dirty_last = &s->dirty_first;
		s->dirty_count--;
		metric_add(&s->o.metrics->receipts, 1);
	}
}
