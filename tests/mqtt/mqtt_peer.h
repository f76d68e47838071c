/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MQTT_PEER_H
#define MQTT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The broker's side of a connection, written by hand: a test says each packet
 * and reads each that comes. Calls wait as long as it takes; what fails ends
 * the test.
 */
#define PEER_BODY 4096

struct mqtt_peer {
	int listener, port;
	int client; /* -1 none */
	/* the newest packet read */
	uint8_t type; /* its first byte */
	uint8_t body[PEER_BODY];
	size_t size;
};

/* Listens on a loopback port of its own; backlog as in listen(). */
void mqtt_peer_open(struct mqtt_peer *p, int backlog);
void mqtt_peer_close(struct mqtt_peer *p);

/* Takes the next connection and reads its CONNECT. */
void mqtt_peer_accept(struct mqtt_peer *p);
/* Ends the connection. */
void mqtt_peer_hang_up(struct mqtt_peer *p);
/* CONNACK with properties as they stand on the wire. */
void mqtt_peer_welcome(struct mqtt_peer *p, const void *properties, size_t n);
void mqtt_peer_send(struct mqtt_peer *p, const void *bytes, size_t n);
/* Reads a packet; false when the connection has ended. */
bool mqtt_peer_read(struct mqtt_peer *p);
/* The packet identifier of the PUBLISH or SUBSCRIBE just read. */
uint16_t mqtt_peer_id(const struct mqtt_peer *p);
/* Answers that with PUBACK or SUBACK. */
void mqtt_peer_answer(struct mqtt_peer *p, uint8_t reason);

#endif
