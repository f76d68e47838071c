/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MQTT_LINK_MQTT_LINK_H
#define MQTT_LINK_MQTT_LINK_H

#include <stdbool.h>

#include "base/diag.h"
#include "base/span.h"

/*
 * One MQTT 5 session: connects, reconnects with back-off and jitter (1 s
 * doubling to 5 min), subscribes again at each connect, keeps a window of at
 * most min(16, Receive Maximum - 1) unacknowledged publishes (edge.md 6.1).
 * Clean start, session expiry 0, QoS 1 unless asked otherwise. An
 * acknowledgement frees a place in the window and promises nothing.
 *
 * Callbacks run on the link's own thread, one at a time; they copy, signal
 * and return at once, and may call nothing here.
 */
struct mqtt_link;

struct mqtt_link_callbacks {
	void *ctx;
	/* A message of a subscribed topic; borrowed for the call. */
	void (*on_message)(
	    void *ctx, struct span topic, struct span payload, bool retained);
	/* Connected (and subscribed) or not; text says why, never NULL. */
	void (*on_state)(void *ctx, bool connected, const char *text);
	/* A publish ended: reason is the MQTT 5 PUBACK reason code (0x00,
	 * 0x10, 0x87, 0x95, 0x97 …), -1 when the connection was lost. A place
	 * in the window is free again. With at_most_once there is no PUBACK:
	 * 0x00 says that it was sent. 0x95 may be said without asking a broker
	 * that told its largest packet. */
	void (*on_ack)(void *ctx, uint64_t id, int reason);
};

struct mqtt_link_options {
	const char *host;
	int port;
	const char *client_id;
	const char *user_name;       /* NULL none */
	const char *ca, *cert, *key; /* PEM paths; ca NULL: no TLS */
	const char *subscribe;       /* topic filter or NULL */
	/* Subscribe and publish with QoS 0: for who gets or says again what was
	 * not confirmed in its own way; spares the broker two packets a message
	 * and leg. */
	bool at_most_once;
	unsigned
	    window; /* 0: the default 16; ingest uses more (its receipts) */
	int backoff_max_ms; /* longest pause between two attempts; 0: 300,000 */
	struct mqtt_link_callbacks cb;
};

/* Starts connecting in the background. All texts are copied. ERR_USAGE,
 * ERR_NOMEM. */
enum err mqtt_link_new(struct mqtt_link **out,
    const struct mqtt_link_options *options, struct diag *d) CM_MUST_USE;

/* Publishes QoS 1, or 0 with at_most_once; topic and payload are copied.
 * ERR_FULL: the window is full, wait for on_ack. ERR_NET: not connected.
 * ERR_NOMEM.
 * Thread-safe. id comes back in on_ack. */
enum err mqtt_link_publish(struct mqtt_link *l, const char *topic,
    struct span payload, bool retain, uint64_t id) CM_MUST_USE;

/* Places free in the window now, 0 when not connected. Thread-safe. */
unsigned mqtt_link_room(struct mqtt_link *l);

/* Ends the session; no callback runs after it returns. NULL does nothing. */
void mqtt_link_free(struct mqtt_link *l);

#endif
