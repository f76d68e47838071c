/* SPDX-License-Identifier: Apache-2.0 */
/* The link against a real mosquitto: edge.md 6.1 and 6.2. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/crypto.h"

#include "mqtt_box.h"

#include "base/banned.h"

#define EVENTS_ALL "cm/1/demo/+/ev"
#define EVENTS_ONE "cm/1/demo/dev-1/ev"
#define EVENTS_OTHER "cm/1/demo/dev-2/ev"
#define RECEIPTS_ONE "cm/1/demo/dev-1/rc"
#define MANY 10000
#define BIG 60000 /* formats 1.1: the broker's limit is the statement's */

struct end {
	struct mqtt_box box;
	struct mqtt_link *link;
};

/* The broker, and the two ends of a test: closed after it, passed or failed. */
struct place {
	const char *script;
	const char *folder;
	int port;
	bool at_most_once; /* both ends; until the test is over */
	struct end in, out;
};

/* A link that backs off for a second at most. */
static void
open_end(struct end *e, const struct place *p, const char *user,
    const char *subscribe, unsigned window)
{
	struct mqtt_link_options o = { .host = "127.0.0.1",
		.port = p->port,
		.client_id = user,
		.user_name = user,
		.subscribe = subscribe,
		.window = window,
		.at_most_once = p->at_most_once,
		.backoff_max_ms = 1000 };
	struct diag d = { 0 };

	mqtt_box_init(&e->box);
	o.cb = mqtt_box_callbacks(&e->box);
	assert_int_equal(mqtt_link_new(&e->link, &o, &d), ERR_OK);
}

static void
open_online(struct end *e, const struct place *p, const char *user,
    const char *subscribe, unsigned window)
{
	open_end(e, p, user, subscribe, window);
	assert_true(mqtt_box_wait_online(&e->box, true));
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

static void
open_both(struct place *p, unsigned window)
{
	open_end(&p->in, p, "ingest", EVENTS_ALL, 0);
	open_end(&p->out, p, "dev-1", NULL, window);
	assert_true(mqtt_box_wait_online(&p->in.box, true));
	assert_true(mqtt_box_wait_online(&p->out.box, true));
}

static int
close_both(void **state)
{
	struct place *p = *state;

	close_end(&p->out);
	close_end(&p->in);
	p->at_most_once = false;
	return 0;
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void
signal_broker(const struct place *p, int number)
{
	char path[600];
	long pid = 0;

	(void)snprintf(path, sizeof path, "%s/pid", p->folder);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	(void)fclose(f);
	assert_true(pid > 1);
	assert_int_equal(kill((pid_t)pid, number), 0);
}

static void
start_broker(struct place *p)
{
	int port;

	assert_int_equal(
	    mqtt_box_broker(p->script, "start", p->folder, &port), 0);
	assert_int_equal(port, p->port);
}

static enum err
publish(struct end *e, const char *topic, size_t size, uint32_t number)
{
	static uint8_t space[BIG + 1];

	mqtt_box_payload(space, size, number);
	return mqtt_link_publish(
	    e->link, topic, span_of(space, size), false, number);
}

/* Publishes, waiting for a place in the window; never more than the window. */
static void
publish_patiently(struct end *e, const char *topic, uint32_t number)
{
	while (mqtt_link_room(e->link) == 0) {
		unsigned acks = mqtt_box_read(&e->box, &e->box.acks);
		if (mqtt_link_room(e->link) == 0)
			assert_true(
			    mqtt_box_wait(&e->box, &e->box.acks, acks + 1));
	}
	assert_int_equal(publish(e, topic, 100 + number % 500, number), ERR_OK);
}

static void
test_many_arrive_intact(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	open_both(p, 0);
	assert_int_equal(mqtt_link_room(out->link), 16);
	for (uint32_t i = 0; i < MANY; i++)
		publish_patiently(out, EVENTS_ONE, i);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, MANY));
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, MANY));
	assert_int_equal(in->box.damaged, 0);
	assert_int_equal(in->box.retained, 0);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(in->box.got[i], 1);
		assert_int_equal(out->box.acked[i], 1);
	}
	assert_int_equal(out->box.lost, 0);
	assert_int_equal(out->box.last_reason, 0);
	assert_string_equal(in->box.topic, EVENTS_ONE);
	assert_int_equal(mqtt_link_room(out->link), 16);
}

/* Ingest's receipts go out under a larger window. */
static void
test_wide_window(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	open_both(p, 5000);
	/* the broker's Receive Maximum of 1000, less one */
	assert_int_equal(mqtt_link_room(out->link), 999);
	for (uint32_t i = 0; i < MANY; i++)
		publish_patiently(out, EVENTS_ONE, i);
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, MANY));
	assert_int_equal(in->box.damaged, 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(in->box.got[i], 1);
}

/* The same with QoS 0 both ways: a place is free once the packet has left. */
static void
test_at_most_once(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	p->at_most_once = true;
	open_both(p, 500);
	for (uint32_t i = 0; i < MANY; i++)
		publish_patiently(out, EVENTS_ONE, i);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, MANY));
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, MANY));
	assert_int_equal(in->box.damaged, 0);
	assert_int_equal(out->box.lost, 0);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(in->box.got[i], 1);
		assert_int_equal(out->box.acked[i], 1);
	}
	assert_int_equal(mqtt_link_room(out->link), 500);
}

/* A receipt sent so is kept by the broker as any other, the newest of them. */
static void
test_at_most_once_retained(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *device = &p->out;
	uint8_t space[40];

	p->at_most_once = true;
	open_online(in, p, "ingest", NULL, 0);
	for (uint32_t i = 1; i <= 2; i++) {
		mqtt_box_payload(space, sizeof space, i);
		assert_int_equal(mqtt_link_publish(in->link, RECEIPTS_ONE,
				     span_of(space, sizeof space), true, i),
		    ERR_OK);
		assert_true(mqtt_box_wait(&in->box, &in->box.acks, i));
	}
	p->at_most_once = false; /* as a device subscribes */
	open_online(device, p, "dev-1", RECEIPTS_ONE, 0);
	assert_true(mqtt_box_wait(&device->box, &device->box.messages, 1));
	assert_int_equal(device->box.retained, 1);
	assert_int_equal(device->box.got[1], 0);
	assert_int_equal(device->box.got[2], 1);
}

static void
test_retained_flag(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *device = &p->out;
	uint8_t space[40];

	open_online(in, p, "ingest", NULL, 0);
	mqtt_box_payload(space, sizeof space, 7);
	assert_int_equal(mqtt_link_publish(in->link, RECEIPTS_ONE,
			     span_of(space, sizeof space), true, 7),
	    ERR_OK);
	/* nobody subscribed, and stored all the same */
	assert_true(mqtt_box_wait(&in->box, &in->box.acks, 1));
	open_online(device, p, "dev-1", RECEIPTS_ONE, 0);
	assert_true(mqtt_box_wait(&device->box, &device->box.messages, 1));
	assert_int_equal(device->box.retained, 1);
	assert_int_equal(device->box.got[7], 1);
	mqtt_box_payload(space, sizeof space, 8);
	assert_int_equal(mqtt_link_publish(in->link, RECEIPTS_ONE,
			     span_of(space, sizeof space), true, 8),
	    ERR_OK);
	assert_true(mqtt_box_wait(&device->box, &device->box.messages, 2));
	assert_int_equal(device->box.retained, 1);
	assert_int_equal(device->box.got[8], 1);
}

/* The broker says so; the place is free again all the same. */
static void
test_nobody_subscribed(void **state)
{
	struct place *p = *state;
	struct end *out = &p->out;

	open_online(out, p, "dev-1", NULL, 0);
	assert_int_equal(publish(out, EVENTS_ONE, 100, 1), ERR_OK);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, 1));
	assert_int_equal(out->box.last_reason, 0x10);
	assert_int_equal(mqtt_link_room(out->link), 16);
}

static void
test_refused_by_access_list(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	open_both(p, 0);
	assert_int_equal(publish(out, EVENTS_OTHER, 100, 1), ERR_OK);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, 1));
	assert_int_equal(out->box.last_reason, 0x87);
	/* the connection lives on */
	assert_int_equal(publish(out, EVENTS_ONE, 100, 2), ERR_OK);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, 2));
	assert_int_equal(out->box.last_reason, 0);
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, 1));
	assert_int_equal(in->box.got[1], 0);
	assert_int_equal(in->box.got[2], 1);
}

static void
test_largest_and_too_large(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	open_both(p, 0);
	assert_int_equal(publish(out, EVENTS_ONE, BIG, 1), ERR_OK);
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, 1));
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, 1));
	assert_int_equal(in->box.size, BIG);
	assert_int_equal(in->box.damaged, 0);
	assert_int_equal(out->box.last_reason, 0);
	assert_int_equal(publish(out, EVENTS_ONE, BIG + 1, 2), ERR_OK);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, 2));
	assert_int_equal(out->box.last_reason, 0x95);
	/* a broker may then close the connection; the link comes back */
	pause_ms(300);
	publish_patiently(out, EVENTS_ONE, 3);
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, 2));
	assert_int_equal(out->box.acked[2], 1);
}

/* A broker that stands still: the window fills, then the connection dies. */
static void
test_broker_killed(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	open_both(p, 0);
	signal_broker(p, SIGSTOP);
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(publish(out, EVENTS_ONE, 100, i), ERR_OK);
	assert_int_equal(publish(out, EVENTS_ONE, 100, 99), ERR_FULL);
	assert_int_equal(mqtt_link_room(out->link), 0);
	assert_int_equal(
	    mqtt_box_broker(p->script, "kill", p->folder, NULL), 0);
	assert_true(mqtt_box_wait_online(&out->box, false));
	assert_true(mqtt_box_wait(&out->box, &out->box.lost, 16));
	assert_int_equal(out->box.acks, 16);
	assert_int_equal(out->box.acked[99], 0);
	assert_int_equal(publish(out, EVENTS_ONE, 100, 99), ERR_NET);

	pause_ms(700); /* some attempts fail */
	start_broker(p);
	assert_true(mqtt_box_wait(&in->box, &in->box.connected, 2));
	assert_true(mqtt_box_wait(&out->box, &out->box.connected, 2));
	unsigned before = mqtt_box_read(&in->box, &in->box.messages);
	for (uint32_t i = 100; i < 200; i++)
		publish_patiently(out, EVENTS_ONE, i);
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, 116));
	assert_true(mqtt_box_wait(&in->box, &in->box.messages, before + 100));
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(out->box.acked[i], 1);
	for (unsigned i = 100; i < 200; i++) {
		assert_int_equal(out->box.acked[i], 1);
		assert_int_equal(in->box.got[i], 1);
	}
	assert_int_equal(out->box.lost, 16);
}

/* Killed again and again under load: each publish is answered exactly once. */
static void
kill_under_load(struct place *p)
{
	struct end *out = &p->out;
	uint32_t sent = 0;

	open_both(p, 200);
	for (int round = 0; round < 4; round++) {
		assert_true(mqtt_box_wait_online(&out->box, true));
		for (int i = 0; i < 1500; i++)
			if (publish(out, EVENTS_ONE, 300, sent) == ERR_OK)
				sent++;
		assert_int_equal(
		    mqtt_box_broker(p->script, "kill", p->folder, NULL), 0);
		assert_true(mqtt_box_wait_online(&out->box, false));
		start_broker(p);
	}
	assert_true(mqtt_box_wait(&out->box, &out->box.acks, sent));
	assert_int_equal(out->box.acks, sent);
	for (uint32_t i = 0; i < sent; i++)
		assert_int_equal(out->box.acked[i], 1);
	assert_true(mqtt_box_wait_online(&out->box, true));
	assert_int_equal(mqtt_link_room(out->link), 200);
}

static void
test_killed_under_load(void **state)
{
	kill_under_load(*state);
}

static void
test_at_most_once_killed_under_load(void **state)
{
	struct place *p = *state;

	p->at_most_once = true;
	kill_under_load(p);
}

/* Two links of one name displace each other, and neither gives up. */
static void
test_displaced(void **state)
{
	struct place *p = *state;
	struct end *one = &p->in, *two = &p->out;

	open_online(one, p, "dev-1", NULL, 0);
	open_online(two, p, "dev-1", NULL, 0);
	assert_true(mqtt_box_wait(&one->box, &one->box.disconnected, 1));
	assert_true(mqtt_box_wait(&one->box, &one->box.connected, 2));
	close_end(two);
	assert_true(mqtt_box_wait_online(&one->box, true));
}

static void
test_ends_with_messages_in_flight(void **state)
{
	struct place *p = *state;
	struct end *in = &p->in, *out = &p->out;

	for (int round = 0; round < 10; round++) {
		open_both(p, 500);
		for (uint32_t i = 0; i < 400; i++)
			assert_int_equal(
			    publish(out, EVENTS_ONE, 2000, i), ERR_OK);
		close_end(in);
		close_end(out);
	}
}

#define CASE(f)                                                                \
	cmocka_unit_test_prestate_setup_teardown(f, NULL, close_both, &p)

int
main(int argc, char **argv)
{
	static struct place p;
	const struct CMUnitTest tests[] = {
		CASE(test_many_arrive_intact),
		CASE(test_wide_window),
		CASE(test_at_most_once),
		CASE(test_at_most_once_retained),
		CASE(test_nobody_subscribed),
		CASE(test_retained_flag),
		CASE(test_refused_by_access_list),
		CASE(test_largest_and_too_large),
		CASE(test_broker_killed),
		CASE(test_killed_under_load),
		CASE(test_at_most_once_killed_under_load),
		CASE(test_displaced),
		CASE(test_ends_with_messages_in_flight),
	};

	if (argc != 3 || crypto_start() != ERR_OK)
		return 1;
	p.script = argv[1];
	p.folder = argv[2];
	int code = mqtt_box_broker(p.script, "start", p.folder, &p.port);
	if (code != 0)
		return code;
	code = cmocka_run_group_tests(tests, NULL, NULL);
	(void)mqtt_box_broker(p.script, "stop", p.folder, NULL);
	return code;
}
