/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_peer.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/banned.h"

#define CONNECT 0x10
#define CONNACK 0x20
#define PUBLISH 0x30
#define PUBACK 0x40
#define SUBSCRIBE 0x80
#define SUBACK 0x90

void
mqtt_peer_open(struct mqtt_peer *p, int backlog)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	p->client = -1;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(p->listener >= 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(p->listener, backlog), 0);
	assert_int_equal(
	    getsockname(p->listener, (struct sockaddr *)&a, &n), 0);
	p->port = ntohs(a.sin_port);
}

void
mqtt_peer_close(struct mqtt_peer *p)
{
	mqtt_peer_hang_up(p);
	if (p->listener >= 0)
		(void)close(p->listener);
	p->listener = -1;
}

void
mqtt_peer_hang_up(struct mqtt_peer *p)
{
	if (p->client >= 0)
		(void)close(p->client);
	p->client = -1;
}

static bool
take(struct mqtt_peer *p, void *out, size_t n)
{
	uint8_t *at = out;

	while (n > 0) {
		ssize_t got = read(p->client, at, n);
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

bool
mqtt_peer_read(struct mqtt_peer *p)
{
	uint8_t byte = 0x80;

	p->size = 0;
	if (!take(p, &p->type, 1))
		return false;
	for (unsigned shift = 0; (byte & 0x80) != 0; shift += 7) {
		if (!take(p, &byte, 1))
			return false;
		p->size |= (size_t)(byte & 0x7f) << shift;
	}
	assert_true(p->size <= sizeof p->body);
	return take(p, p->body, p->size);
}

void
mqtt_peer_accept(struct mqtt_peer *p)
{
	mqtt_peer_hang_up(p);
	p->client = accept(p->listener, NULL, NULL);
	assert_true(p->client >= 0);
	assert_true(mqtt_peer_read(p));
	assert_int_equal(p->type, CONNECT);
}

void
mqtt_peer_send(struct mqtt_peer *p, const void *bytes, size_t n)
{
	assert_int_equal(send(p->client, bytes, n, MSG_NOSIGNAL), n);
}

void
mqtt_peer_welcome(struct mqtt_peer *p, const void *properties, size_t n)
{
	uint8_t packet[64] = { CONNACK, (uint8_t)(3 + n), 0, 0, (uint8_t)n };

	assert_true(n <= sizeof packet - 5);
	if (n > 0)
		memcpy(packet + 5, properties, n);
	mqtt_peer_send(p, packet, 5 + n);
}

uint16_t
mqtt_peer_id(const struct mqtt_peer *p)
{
	size_t at = 0;

	if ((p->type & 0xf0) == PUBLISH) /* after the topic */
		at = 2 + (size_t)(p->body[0] << 8 | p->body[1]);
	assert_true(at + 2 <= p->size);
	return (uint16_t)(p->body[at] << 8 | p->body[at + 1]);
}

void
mqtt_peer_answer(struct mqtt_peer *p, uint8_t reason)
{
	uint16_t id = mqtt_peer_id(p);
	bool publish = (p->type & 0xf0) == PUBLISH;
	uint8_t packet[] = { publish ? PUBACK : SUBACK, 4, (uint8_t)(id >> 8),
		(uint8_t)id, publish ? reason : 0, publish ? 0 : reason };

	mqtt_peer_send(p, packet, sizeof packet);
}
