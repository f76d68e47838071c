/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_LINK_BOX_H
#define EDGE_AGENT_LINK_BOX_H

#include <pthread.h>

#include "mqtt_link/mqtt_link.h"

/*
 * Where the link's threads put what happened and the agent's loop takes it:
 * the callbacks copy, write to the loop's eventfd and return. Bounded: of
 * receipts the newest four count (they are cumulative), of acknowledgements
 * there are never more than publishes.
 */
#define LINK_BOX_ACKS 64
#define LINK_BOX_RECEIPTS 4

struct link_box_ack {
	uint64_t id;
	int reason;
};

struct link_box_bytes {
	uint8_t *p; /* heap */
	size_t n;
};

struct link_box {
	pthread_mutex_t lock;
	int wake; /* eventfd, borrowed */
	bool changed;
	bool dropped; /* the connection was lost since the last take */
	bool connected;
	char text[128];
	unsigned ack_count;
	struct link_box_ack acks[LINK_BOX_ACKS];
	unsigned receipt_count;
	struct link_box_bytes receipts[LINK_BOX_RECEIPTS];
};

void link_box_init(struct link_box *b, int wake);
void link_box_clear(struct link_box *b);
struct mqtt_link_callbacks link_box_callbacks(struct link_box *b);

/* What was in the box; the taker frees receipts[i].p. */
struct link_box_news {
	bool changed, dropped, connected;
	char text[128];
	unsigned ack_count;
	struct link_box_ack acks[LINK_BOX_ACKS];
	unsigned receipt_count;
	struct link_box_bytes receipts[LINK_BOX_RECEIPTS];
};
void link_box_take(struct link_box *b, struct link_box_news *out);

#endif
