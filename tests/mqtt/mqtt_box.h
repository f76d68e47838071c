/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MQTT_BOX_H
#define MQTT_BOX_H

#include <pthread.h>

#include "mqtt_link/mqtt_link.h"

/*
 * What a link told, counted under a lock, with waits for a number. Ids and
 * payloads are numbers below BOX_IDS.
 */
#define BOX_IDS 16384

struct mqtt_box {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned connected, disconnected; /* calls of on_state */
	bool online;
	unsigned messages, retained, damaged;
	unsigned acks, lost; /* lost: reason -1 */
	int last_reason;
	unsigned char got[BOX_IDS];   /* messages with this number */
	unsigned char acked[BOX_IDS]; /* answers with this id */
	char topic[200];              /* of the newest message */
	size_t size;                  /* of its payload */
	char text[200];               /* of the newest on_state */
};

void mqtt_box_init(struct mqtt_box *b);
struct mqtt_link_callbacks mqtt_box_callbacks(struct mqtt_box *b);
void mqtt_box_clear(struct mqtt_box *b);

/* A field's value now. */
unsigned mqtt_box_read(struct mqtt_box *b, const unsigned *field);
/* Waits until a field is at least n; false after 20 s. */
bool mqtt_box_wait(struct mqtt_box *b, const unsigned *field, unsigned n);
/* Waits until the link is connected, or is not. */
bool mqtt_box_wait_online(struct mqtt_box *b, bool online);

/* A payload of n bytes (4 or more) that says number; what on_message checks. */
void mqtt_box_payload(uint8_t *out, size_t n, uint32_t number);

/* Runs the broker's harness: verb start, stop or kill. Returns its exit code;
 * port (may be NULL) gets what start printed. */
int mqtt_box_broker(
    const char *script, const char *verb, const char *folder, int *port);

#endif
