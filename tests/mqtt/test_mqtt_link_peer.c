/* SPDX-License-Identifier: Apache-2.0 */
/* The link against a broker's side written by hand: what a real one seldom
 * says, and one that says nothing. Clauses are of MQTT 5. */
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/crypto.h"

#include "mqtt_box.h"
#include "mqtt_peer.h"

#include "base/banned.h"

#define TOPIC "cm/1/demo/dev-1/ev"
#define FILTER "cm/1/demo/dev-1/rc"
#define SILENT "silent.example"

struct end {
	struct mqtt_box box;
	struct mqtt_link *link;
};

struct place {
	struct mqtt_peer peer;
	struct end one, two;
};

/* A name server that lets SILENT wait until the test says otherwise. */
static sem_t asked, answered;

int __attribute__((visibility("default"))) getaddrinfo(const char *name,
    const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	static int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	if (strcmp(name, SILENT) == 0) {
		(void)sem_post(&asked);
		(void)sem_wait(&answered);
		return EAI_AGAIN;
	}
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, out);
}

static void
open_end(struct end *e, const struct place *p, const char *host,
    const char *subscribe, unsigned window)
{
	struct mqtt_link_options o = { .host = host,
		.port = p->peer.port,
		.client_id = "dev-1",
		.subscribe = subscribe,
		.window = window,
		.backoff_max_ms = 100 };

	mqtt_box_init(&e->box);
	o.cb = mqtt_box_callbacks(&e->box);
	assert_int_equal(mqtt_link_new(&e->link, &o, NULL), ERR_OK);
}

static void
close_end(struct end *e)
{
	if (e->link == NULL)
		return;
	mqtt_link_free(e->link);
	mqtt_box_clear(&e->box);
	e->link = NULL;
}

/* One end, greeted with these properties. */
static void
greet(struct place *p, unsigned window, const void *properties, size_t n)
{
	mqtt_peer_open(&p->peer, 8);
	open_end(&p->one, p, "127.0.0.1", NULL, window);
	mqtt_peer_accept(&p->peer);
	mqtt_peer_welcome(&p->peer, properties, n);
	assert_true(mqtt_box_wait_online(&p->one.box, true));
}

static int
close_all(void **state)
{
	struct place *p = *state;

	mqtt_peer_hang_up(&p->peer);
	close_end(&p->one);
	close_end(&p->two);
	mqtt_peer_close(&p->peer);
	return 0;
}

static enum err
publish(struct end *e, size_t size, uint32_t number)
{
	uint8_t space[PEER_BODY];

	mqtt_box_payload(space, size, number);
	return mqtt_link_publish(
	    e->link, TOPIC, span_of(space, size), false, number);
}

/* The number in the PUBLISH just read: after topic, identifier, properties. */
static uint32_t
number_of(const struct mqtt_peer *p)
{
	uint32_t number;
	size_t at = 2 + strlen(TOPIC) + 2 + 1;

	assert_int_equal(p->type & 0xf0, 0x30);
	assert_true(at + sizeof number <= p->size);
	memcpy(&number, p->body + at, sizeof number);
	return number;
}

/* 3.1: version 5, clean start, no session expiry, user name only if given. */
static void
test_connect(void **state)
{
	struct place *p = *state;
	static const uint8_t head[] = { 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 20 };

	greet(p, 0, NULL, 0);
	assert_memory_equal(p->peer.body, head, sizeof head);
	size_t properties = p->peer.body[sizeof head];
	for (size_t at = 0; at < properties; at += 3) /* only 0x21, 2 bytes */
		assert_int_equal(p->peer.body[sizeof head + 1 + at], 0x21);
	assert_int_equal(
	    p->peer.size, sizeof head + 1 + properties + 2 + strlen("dev-1"));
	assert_string_equal(p->one.box.text, "connected");
}

/* 3.2.2.3.3: without Receive Maximum it is 65,535; the library's own default
 * must not hold back what the window lets through. */
static void
test_no_receive_maximum(void **state)
{
	struct place *p = *state;

	greet(p, 100, NULL, 0);
	assert_int_equal(mqtt_link_room(p->one.link), 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(publish(&p->one, 50, i), ERR_OK);
	assert_int_equal(publish(&p->one, 50, 100), ERR_FULL);
	for (uint32_t i = 0; i < 100; i++) {
		assert_true(mqtt_peer_read(&p->peer));
		assert_int_equal(number_of(&p->peer), i);
	}
}

static void
test_small_receive_maximum(void **state)
{
	struct place *p = *state;
	static const uint8_t five[] = { 0x21, 0, 5 };

	greet(p, 0, five, sizeof five);
	assert_int_equal(mqtt_link_room(p->one.link), 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(publish(&p->one, 50, i), ERR_OK);
	assert_int_equal(publish(&p->one, 50, 4), ERR_FULL);
	assert_true(mqtt_peer_read(&p->peer));
	mqtt_peer_answer(&p->peer, 0);
	assert_true(mqtt_box_wait(&p->one.box, &p->one.box.acks, 1));
	assert_int_equal(publish(&p->one, 50, 4), ERR_OK);
}

static void
test_receive_maximum_of_one(void **state)
{
	struct place *p = *state;
	static const uint8_t one[] = { 0x21, 0, 1 };

	greet(p, 0, one, sizeof one);
	assert_int_equal(mqtt_link_room(p->one.link), 1);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(publish(&p->one, 50, i), ERR_OK);
		assert_true(mqtt_peer_read(&p->peer));
		assert_int_equal(number_of(&p->peer), i);
		mqtt_peer_answer(&p->peer, 0);
		assert_true(
		    mqtt_box_wait(&p->one.box, &p->one.box.acks, i + 1));
	}
}

/* edge.md 6.2: what a PUBACK says arrives as it was said, in any order. */
static void
test_reasons(void **state)
{
	struct place *p = *state;
	static const uint8_t reasons[] = { 0x00, 0x10, 0x87, 0x97 };
	struct mqtt_peer kept[4];

	greet(p, 0, NULL, 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(publish(&p->one, 50, i), ERR_OK);
		assert_true(mqtt_peer_read(&p->peer));
		kept[i] = p->peer;
	}
	for (unsigned i = 4; i-- > 0;) {
		mqtt_peer_answer(&kept[i], reasons[i]);
		assert_true(
		    mqtt_box_wait(&p->one.box, &p->one.box.acks, 4 - i));
		assert_int_equal(p->one.box.last_reason, reasons[i]);
		assert_int_equal(p->one.box.acked[i], 1);
	}
	assert_int_equal(mqtt_link_room(p->one.link), 16);
}

/* 3.2.2.3.6: what the broker would not take is not sent to it. */
static void
test_maximum_packet_size(void **state)
{
	struct place *p = *state;
	static const uint8_t thousand[] = { 0x27, 0, 0, 3, 0xe8 };

	greet(p, 0, thousand, sizeof thousand);
	assert_int_equal(publish(&p->one, 2000, 1), ERR_OK);
	assert_true(mqtt_box_wait(&p->one.box, &p->one.box.acks, 1));
	assert_int_equal(p->one.box.last_reason, 0x95);
	assert_int_equal(publish(&p->one, 50, 2), ERR_OK);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(number_of(&p->peer), 2);
	assert_int_equal(mqtt_link_room(p->one.link), 15);
}

static void
test_subscription_refused(void **state)
{
	struct place *p = *state;
	struct mqtt_box *box = &p->one.box;

	mqtt_peer_open(&p->peer, 8);
	open_end(&p->one, p, "127.0.0.1", FILTER, 0);
	mqtt_peer_accept(&p->peer);
	mqtt_peer_welcome(&p->peer, NULL, 0);
	assert_true(mqtt_peer_read(&p->peer));
	mqtt_peer_answer(&p->peer, 0x87);
	assert_true(mqtt_box_wait(box, &box->disconnected, 1));
	assert_non_null(strstr(box->text, "subscription refused: 0x87"));
	assert_int_equal(box->connected, 0);
	/* and again, with better luck */
	mqtt_peer_accept(&p->peer);
	mqtt_peer_welcome(&p->peer, NULL, 0);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(mqtt_box_read(box, &box->connected), 0);
	mqtt_peer_answer(&p->peer, 1);
	assert_true(mqtt_box_wait_online(box, true));
}

static void
test_connect_refused(void **state)
{
	struct place *p = *state;
	struct mqtt_box *box = &p->one.box;
	static const uint8_t no[] = { 0x20, 3, 0, 0x87, 0 };

	mqtt_peer_open(&p->peer, 8);
	open_end(&p->one, p, "127.0.0.1", NULL, 0);
	mqtt_peer_accept(&p->peer);
	mqtt_peer_send(&p->peer, no, sizeof no);
	assert_true(mqtt_box_wait(box, &box->disconnected, 1));
	assert_non_null(strstr(box->text, "0x87"));
	mqtt_peer_accept(&p->peer);
	mqtt_peer_welcome(&p->peer, NULL, 0);
	assert_true(mqtt_box_wait_online(box, true));
}

/* 3.14.2.1: displaced with two publishes unanswered, one of them not even
 * read; each is told once, and nothing of them reaches the next connection. */
static void
test_taken_over(void **state)
{
	struct place *p = *state;
	struct mqtt_box *box = &p->one.box;
	static const uint8_t taken[] = { 0xe0, 2, 0x8e, 0 };

	greet(p, 0, NULL, 0);
	assert_int_equal(publish(&p->one, 50, 1), ERR_OK);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(publish(&p->one, 50, 2), ERR_OK);
	mqtt_peer_send(&p->peer, taken, sizeof taken);
	assert_true(mqtt_box_wait(box, &box->disconnected, 1));
	assert_non_null(strstr(box->text, "0x8e"));
	assert_int_equal(box->lost, 2);
	assert_int_equal(box->acked[1], 1);
	assert_int_equal(box->acked[2], 1);
	mqtt_peer_accept(&p->peer);
	mqtt_peer_welcome(&p->peer, NULL, 0);
	assert_true(mqtt_box_wait_online(box, true));
	assert_int_equal(publish(&p->one, 50, 3), ERR_OK);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(number_of(&p->peer), 3);
	assert_int_equal(p->peer.type & 0x08, 0); /* no repetition */
	mqtt_peer_answer(&p->peer, 0);
	assert_true(mqtt_box_wait(box, &box->acks, 3));
	assert_int_equal(box->lost, 2);
}

/* 3.1.2.10: the broker's keepalive of a second holds; a PINGREQ without an
 * answer is the end. */
static void
test_keepalive(void **state)
{
	struct place *p = *state;
	static const uint8_t second[] = { 0x13, 0, 1 }, pong[] = { 0xd0, 0 };

	greet(p, 0, second, sizeof second);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(p->peer.type, 0xc0);
	mqtt_peer_send(&p->peer, pong, sizeof pong);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(p->peer.type, 0xc0);
	assert_false(mqtt_peer_read(&p->peer));
	assert_true(mqtt_box_wait(&p->one.box, &p->one.box.disconnected, 1));
	assert_string_equal(p->one.box.text, "no answer to a ping");
}

/* The end of a link is the end of its session: DISCONNECT, not a hang-up. */
static void
test_farewell(void **state)
{
	struct place *p = *state;

	greet(p, 0, NULL, 0);
	assert_int_equal(publish(&p->one, 50, 1), ERR_OK);
	assert_true(mqtt_peer_read(&p->peer));
	close_end(&p->one);
	assert_true(mqtt_peer_read(&p->peer));
	assert_int_equal(p->peer.type, 0xe0);
	assert_false(mqtt_peer_read(&p->peer));
}

/* Two links wait for one that says nothing; the first of them ends before the
 * second has given up. */
static void
end_while_waiting(struct place *p)
{
	close_end(&p->one);
	assert_int_equal(
	    mqtt_box_read(&p->two.box, &p->two.box.disconnected), 0);
	close_end(&p->two);
}

/* Taken by the kernel, never greeted. */
static void
test_ends_before_greeting(void **state)
{
	struct place *p = *state;

	mqtt_peer_open(&p->peer, 8);
	open_end(&p->two, p, "127.0.0.1", NULL, 0);
	open_end(&p->one, p, "127.0.0.1", NULL, 0);
	mqtt_peer_accept(&p->peer);
	end_while_waiting(p);
}

/* Not even taken: a full backlog lets a SYN fall. */
static void
test_ends_before_connection(void **state)
{
	struct place *p = *state;
	struct mqtt_peer fillers[2];

	mqtt_peer_open(&p->peer, 0);
	for (unsigned i = 0; i < 2; i++) {
		struct sockaddr_storage a;
		socklen_t n = sizeof a;
		assert_int_equal(
		    getsockname(p->peer.listener, (struct sockaddr *)&a, &n),
		    0);
		fillers[i].client = socket(
		    AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(
		    fillers[i].client, (const struct sockaddr *)&a, n);
	}
	open_end(&p->two, p, "127.0.0.1", NULL, 0);
	open_end(&p->one, p, "127.0.0.1", NULL, 0);
	end_while_waiting(p);
	for (unsigned i = 0; i < 2; i++)
		mqtt_peer_hang_up(&fillers[i]);
}

/* The name server answers only after the link's end, which takes what is left
 * of it along. */
static void
test_ends_before_name(void **state)
{
	struct place *p = *state;

	mqtt_peer_open(&p->peer, 8);
	open_end(&p->one, p, SILENT, NULL, 0);
	(void)sem_wait(&asked);
	close_end(&p->one);
	/* twice: for IPv4 and for IPv6 */
	(void)sem_post(&answered);
	(void)sem_wait(&asked);
	(void)sem_post(&answered);
}

#define CASE(f) cmocka_unit_test_prestate_setup_teardown(f, NULL, close_all, &p)

int
main(void)
{
	static struct place p = { .peer = { .listener = -1, .client = -1 } };
	const struct CMUnitTest tests[] = {
		CASE(test_connect),
		CASE(test_no_receive_maximum),
		CASE(test_small_receive_maximum),
		CASE(test_receive_maximum_of_one),
		CASE(test_reasons),
		CASE(test_maximum_packet_size),
		CASE(test_subscription_refused),
		CASE(test_connect_refused),
		CASE(test_taken_over),
		CASE(test_keepalive),
		CASE(test_farewell),
		CASE(test_ends_before_greeting),
		CASE(test_ends_before_connection),
		CASE(test_ends_before_name),
	};

	if (crypto_start() != ERR_OK || sem_init(&asked, 0, 0) != 0 ||
	    sem_init(&answered, 0, 0) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
