/* SPDX-License-Identifier: Apache-2.0 */
#include "link_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

#define LINK_BOX_PAYLOAD 65536

static void
link_box_wake(const struct link_box *b)
{
	uint64_t one = 1;

	/* A full counter wakes all the same. */
	if (write(b->wake, &one, sizeof(one)) < 0)
		return;
}

void
link_box_init(struct link_box *b, int wake)
{
	*b = (struct link_box){ .wake = wake };
	(void)pthread_mutex_init(&b->lock, NULL);
}

void
link_box_clear(struct link_box *b)
{
	for (unsigned i = 0; i < b->receipt_count; i++)
		free(b->receipts[i].p);
	b->receipt_count = 0;
	(void)pthread_mutex_destroy(&b->lock);
}

static void
link_box_message(
    void *ctx, struct span topic, struct span payload, bool retained)
{
	struct link_box *b = ctx;
	uint8_t *copy;

	(void)topic; /* the subscription has no wildcard */
	(void)retained;
	/* An empty retained message only says that there is none. */
	if (payload.n == 0 || payload.n > LINK_BOX_PAYLOAD)
		return;
	if ((copy = malloc(payload.n)) == NULL)
		return;
	memcpy(copy, payload.p, payload.n);
	(void)pthread_mutex_lock(&b->lock);
	if (b->receipt_count == LINK_BOX_RECEIPTS) {
		free(b->receipts[0].p);
		b->receipt_count--;
		memmove(&b->receipts[0], &b->receipts[1],
		    b->receipt_count * sizeof(b->receipts[0]));
	}
	b->receipts[b->receipt_count++] =
	    (struct link_box_bytes){ copy, payload.n };
	(void)pthread_mutex_unlock(&b->lock);
	link_box_wake(b);
}

static void
link_box_state(void *ctx, bool connected, const char *text)
{
	struct link_box *b = ctx;

	(void)pthread_mutex_lock(&b->lock);
	b->changed = true;
	b->connected = connected;
	if (!connected) {
		b->dropped = true;
		b->ack_count = 0;
	}
	(void)snprintf(b->text, sizeof(b->text), "%s", text);
	(void)pthread_mutex_unlock(&b->lock);
	link_box_wake(b);
}

static void
link_box_ack(void *ctx, uint64_t id, int reason)
{
	struct link_box *b = ctx;

	(void)pthread_mutex_lock(&b->lock);
	/* One too many would only cost a resend. */
	if (b->ack_count < LINK_BOX_ACKS)
		b->acks[b->ack_count++] = (struct link_box_ack){ id, reason };
	(void)pthread_mutex_unlock(&b->lock);
	link_box_wake(b);
}

struct mqtt_link_callbacks
link_box_callbacks(struct link_box *b)
{
	return (struct mqtt_link_callbacks){
		.ctx = b,
		.on_message = link_box_message,
		.on_state = link_box_state,
		.on_ack = link_box_ack,
	};
}

void
link_box_take(struct link_box *b, struct link_box_news *out)
{
	(void)pthread_mutex_lock(&b->lock);
	out->changed = b->changed;
	out->dropped = b->dropped;
	out->connected = b->connected;
	memcpy(out->text, b->text, sizeof(out->text));
	out->ack_count = b->ack_count;
	memcpy(out->acks, b->acks, b->ack_count * sizeof(b->acks[0]));
	out->receipt_count = b->receipt_count;
	memcpy(out->receipts, b->receipts,
	    b->receipt_count * sizeof(b->receipts[0]));
	b->changed = false;
	b->dropped = false;
	b->ack_count = 0;
	b->receipt_count = 0;
	(void)pthread_mutex_unlock(&b->lock);
}
