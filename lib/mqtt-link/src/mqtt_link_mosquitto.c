/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_link/mqtt_link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/wait.h"

#include "window.h"

#include "base/banned.h"

/*
 * One thread of ours does all with the library: connects, waits with poll(),
 * reads, publishes. So the library's locks never meet ours, callbacks come one
 * at a time, and no lock of ours is held across them.
 *
 * Each connection has a library client of its own: nothing of the one before,
 * neither its unanswered publishes nor its Receive Maximum, reaches the next.
 * Each packet it sends costs a write() to a pair of sockets, which wakes
 * mosquitto_loop(); we have no use for it, and it is soon full.
 */
#define DEFAULT_WINDOW 16 /* edge.md 6.1 rule 1 */
#define WINDOW_MAX 65534  /* a packet identifier has 16 bits */
#define RECEIVE_MAX 65535 /* MQTT 5, 3.2.2.3.3: where the broker says none */
#define KEEPALIVE_S 20
#define CONNECT_TIMEOUT_MS 10000
#define GREETING_MS 100 /* so long poll() is trusted before CONNACK */
#define FAREWELL_MS 500 /* so long the end waits for answers */
#define LOOKUP_MS 1000  /* so long the end waits for a name server */
#define BACKOFF_FIRST_MS 250
#define BACKOFF_MAX_MS 300000
#define BURST 64 /* packets one way before there is a look the other way */
#define TEXT 160

struct mqtt_link {
	struct mqtt_link_callbacks cb;
	bool at_most_once;
	char *host, *client_id, *user_name, *ca, *cert, *key, *subscribe;
	int port;
	int backoff_max_ms;

	struct window window;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* of the next three */
	pthread_cond_t looked_up;
	bool stop, orphan, looking_up;

	/* the thread's own */
	struct mosquitto *client;
	bool ready, over;
	char text[TEXT]; /* why it ended; the first word is kept */
	int tick_ms;     /* longest without a look at the clock */
	unsigned attempts;
	int backoff_ms;
	unsigned receive_max; /* the broker's */
};

static void __attribute__((format(printf, 2, 3)))
say(struct mqtt_link *l, const char *format, ...)
{
	va_list args;

	if (l->text[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(l->text, sizeof l->text, format, args);
	va_end(args);
}

static void
set_state(struct mqtt_link *l, bool connected, const char *text)
{
	if (l->cb.on_state != NULL)
		l->cb.on_state(l->cb.ctx, connected, text);
}

/* ---- the library's callbacks: on our thread, inside a call of ours ---- */
static void
answer(struct mqtt_link *l, int mid, int reason)
{
	uint64_t id;

	if (window_answer(&l->window, mid, &id) && l->cb.on_ack != NULL)
		l->cb.on_ack(l->cb.ctx, id, reason);
}

static void
on_publish(struct mosquitto *client, void *context, int mid, int reason,
    const mosquitto_property *properties)
{
	(void)client;
	(void)properties;
	answer(context, mid, reason);
}

static void
on_message(struct mosquitto *client, void *context,
    const struct mosquitto_message *m, const mosquitto_property *properties)
{
	struct mqtt_link *l = context;

	(void)client;
	(void)properties;
	if (l->cb.on_message != NULL)
		l->cb.on_message(l->cb.ctx, span_str(m->topic),
		    span_of(m->payload, (size_t)m->payloadlen), m->retain);
}

static void
take_limits(struct mqtt_link *l, const mosquitto_property *properties)
{
	uint16_t max = RECEIVE_MAX, keepalive = KEEPALIVE_S;

	(void)mosquitto_property_read_int16(
	    properties, MQTT_PROP_RECEIVE_MAXIMUM, &max, false);
	(void)mosquitto_property_read_int16(
	    properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive, false);
	/* the library looks at its clock when it is told to */
	l->tick_ms = keepalive >= 4 ? keepalive * 1000 / 4 : 1000;
	l->receive_max = max;
}

static void
online(struct mqtt_link *l)
{
	mosquitto_log_callback_set(l->client, NULL); /* each packet calls it */
	l->ready = true;
	l->backoff_ms = 0;
	/* one below the broker's, above which the library queues */
	window_open(&l->window, l->receive_max > 1 ? l->receive_max - 1 : 1);
	set_state(l, true, "connected");
}

/* The library has no words for one of its errors. */
static const char *
error_text(int rc)
{
	return rc == MOSQ_ERR_KEEPALIVE ? "no answer to a ping"
					: mosquitto_strerror(rc);
}

/* Ends the connection unless all is well. */
static void
check(struct mqtt_link *l, int rc)
{
	if (rc == MOSQ_ERR_SUCCESS)
		return;
	say(l, "%s", error_text(rc));
	l->over = true;
}

static void
on_connect(struct mosquitto *client, void *context, int reason, int flags,
    const mosquitto_property *properties)
{
	struct mqtt_link *l = context;

	(void)flags;
	if (reason != MQTT_RC_SUCCESS) {
		say(l, "%s (0x%02x)", mosquitto_reason_string(reason),
		    (unsigned)reason);
		return;
	}
	take_limits(l, properties);
	if (l->subscribe == NULL)
		online(l);
	else
		check(l, mosquitto_subscribe_v5(client, NULL, l->subscribe,
			     l->at_most_once ? 0 : 1, 0, NULL));
}

/* A session without its subscription is of no use. */
static void
on_subscribe(struct mosquitto *client, void *context, int mid, int count,
    const int *granted, const mosquitto_property *properties)
{
	struct mqtt_link *l = context;

	(void)client;
	(void)mid;
	(void)count; /* one filter, one answer */
	(void)properties;
	if (granted[0] < MQTT_RC_UNSPECIFIED) {
		online(l);
		return;
	}
	say(l, "subscription refused: 0x%02x", (unsigned)granted[0]);
	l->over = true;
}

/* The broker's DISCONNECT comes with its reason, all else with an error. */
static void
on_disconnect(struct mosquitto *client, void *context, int reason,
    const mosquitto_property *properties)
{
	(void)client;
	(void)properties;
	if (reason != 0 && reason < MQTT_RC_UNSPECIFIED)
		say(context, "%s", error_text(reason));
	else
		say(context, "broker disconnected: 0x%02x %s", (unsigned)reason,
		    mosquitto_reason_string(reason));
}

/* TLS says here what is wrong, and nowhere else. */
static void
on_log(struct mosquitto *client, void *context, int level, const char *text)
{
	(void)client;
	if (level == MOSQ_LOG_ERR)
		say(context, "%s", text);
}

/* ---- a connection ---- */
static bool
alive(const struct mqtt_link *l)
{
	return !l->over && mosquitto_socket(l->client) >= 0;
}

static bool
stopping(struct mqtt_link *l)
{
	pthread_mutex_lock(&l->lock);
	bool stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	return stop;
}

/* Waits for the socket or a wake-up; returns what poll() says of the socket. */
static short
wait_for(struct mqtt_link *l, short events, int ms)
{
	int fd = l->client != NULL ? mosquitto_socket(l->client) : -1;
	struct pollfd fds[] = { { .fd = l->window.wake, .events = POLLIN },
		{ .fd = fd, .events = events } };
	uint64_t calls;

	if (poll(fds, 2, ms) <= 0)
		return 0;
	if (fds[0].revents != 0 &&
	    read(l->window.wake, &calls, sizeof calls) < 0)
		return 0; /* somebody was faster */
	return fds[1].revents;
}

/* One call reads one packet and leaves the errno of its last read(). */
static void
pull(struct mqtt_link *l)
{
	for (unsigned i = 0; i < BURST && alive(l); i++) {
		errno = 0;
		int rc = mosquitto_loop_read(l->client, 1);
		bool more = errno != EAGAIN;
		check(l, rc);
		if (!more)
			return;
	}
}

/* The library's refusals to publish, in MQTT's words; -1: it is no refusal. */
static int
refusal(int rc)
{
	switch (rc) {
	case MOSQ_ERR_OVERSIZE_PACKET:
	case MOSQ_ERR_PAYLOAD_SIZE:
		return MQTT_RC_PACKET_TOO_LARGE;
	case MOSQ_ERR_QOS_NOT_SUPPORTED:
		return MQTT_RC_QOS_NOT_SUPPORTED;
	case MOSQ_ERR_INVAL:
	case MOSQ_ERR_MALFORMED_UTF8:
		return MQTT_RC_TOPIC_NAME_INVALID;
	default:
		return -1;
	}
}

static void
push_one(struct mqtt_link *l, const struct sending *s)
{
	struct span payload = window_payload(s);
	int *mid = window_fly(&l->window, s->id);

	/* with QoS 0 the answer comes inside the call, after the name */
	int rc = mosquitto_publish_v5(l->client, mid, s->topic, (int)payload.n,
	    payload.p, l->at_most_once ? 0 : 1, s->retain, NULL);
	if (refusal(rc) >= 0)
		answer(l, *mid, refusal(rc));
	else
		check(l, rc);
}

/* Hands the library what waits; false when nothing did. */
static bool
push(struct mqtt_link *l)
{
	struct sending *s = window_take(&l->window);
	bool some = s != NULL;

	for (unsigned i = 1; s != NULL; i++) {
		push_one(l, s);
		free(s);
		s = i < BURST ? window_take(&l->window) : NULL;
	}
	return some;
}

static void
set_options(struct mqtt_link *l)
{
	struct mosquitto *c = l->client;

	mosquitto_connect_v5_callback_set(c, on_connect);
	mosquitto_subscribe_v5_callback_set(c, on_subscribe);
	mosquitto_publish_v5_callback_set(c, on_publish);
	mosquitto_message_v5_callback_set(c, on_message);
	mosquitto_disconnect_v5_callback_set(c, on_disconnect);
	mosquitto_log_callback_set(c, on_log);
	check(l, mosquitto_int_option(
		     c, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5));
	/* its own 20 hold where the broker says nothing */
	check(l, mosquitto_int_option(c, MOSQ_OPT_SEND_MAXIMUM, RECEIVE_MAX));
	check(l, mosquitto_int_option(c, MOSQ_OPT_TCP_NODELAY, 1));
	if (l->user_name != NULL)
		check(l, mosquitto_username_pw_set(c, l->user_name, NULL));
	if (l->ca == NULL)
		return;
	/* one PEM may hold both */
	const char *key = l->key != NULL ? l->key : l->cert;
	int rc = mosquitto_tls_set(
	    c, l->ca, NULL, l->cert, l->cert != NULL ? key : NULL, NULL);
	if (rc == MOSQ_ERR_INVAL)
		say(l, "a file of certificates or the key cannot be read");
	check(l, rc);
}

/* The library readies OpenSSL at the first connection with TLS, and two at once
 * would undo each other's: the first one goes alone. */
static int
connect_from(struct mqtt_link *l, const char *from)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool ready;

	pthread_mutex_lock(&lock);
	bool alone = l->ca != NULL && !ready;
	if (!alone)
		pthread_mutex_unlock(&lock);
	int rc = mosquitto_connect_bind_async(
	    l->client, l->host, l->port, KEEPALIVE_S, from);
	if (alone) {
		ready = rc <= MOSQ_ERR_SUCCESS; /* pending is below it */
		pthread_mutex_unlock(&lock);
	}
	return rc;
}

/* Of a name's addresses the library tries the first that it can bind for, and
 * only that: so IPv4 and IPv6 take turns. */
static int
start_connect(struct mqtt_link *l)
{
	static const char *const any[] = { "0.0.0.0", "::" };
	unsigned turn = l->attempts++;
	int rc = MOSQ_ERR_SUCCESS;

	for (unsigned i = 0; i < 2; i++, turn++) {
		rc = connect_from(l, any[turn % 2]);
		if (rc <= MOSQ_ERR_SUCCESS) {
			l->text[0] = '\0';
			return MOSQ_ERR_SUCCESS;
		}
		if (errno != EINVAL && errno != EAFNOSUPPORT)
			say(l, "%s", error_text(rc));
	}
	return rc;
}

/* Clean start and no session expiry, which is none: the outbox and the
 * retained receipt make a kept session needless (edge.md 6.1 rule 6). */
static void
open_client(struct mqtt_link *l)
{
	l->ready = l->over = false;
	l->text[0] = '\0';
	l->client = mosquitto_new(l->client_id, true, l);
	if (l->client == NULL) {
		say(l, "no client");
		return;
	}
	set_options(l);
	pthread_mutex_lock(&l->lock);
	bool go = l->looking_up = !l->stop && !l->over;
	pthread_mutex_unlock(&l->lock);
	if (go)
		check(l, start_connect(l));
	pthread_mutex_lock(&l->lock);
	l->looking_up = false;
	pthread_cond_signal(&l->looked_up);
	pthread_mutex_unlock(&l->lock);
}

/* The socket is a connection, or is not. */
static void
check_connected(struct mqtt_link *l)
{
	int e = 0;
	socklen_t n = sizeof e;

	if (getsockopt(
		mosquitto_socket(l->client), SOL_SOCKET, SO_ERROR, &e, &n) != 0)
		e = errno;
	if (e == 0)
		return;
	errno = e;
	check(l, MOSQ_ERR_ERRNO);
}

/* Until CONNACK and SUBACK. mosquitto_want_write() says yes for as long as a
 * TLS handshake lasts, whatever that waits for, and one that was cut off goes
 * on: so each round tries both ways, and a hang-up ends it. */
static void
establish(struct mqtt_link *l)
{
	int64_t end = clock_mono_ms() + CONNECT_TIMEOUT_MS;
	short events = POLLOUT;

	while (!l->ready && alive(l) && !stopping(l)) {
		short got = wait_for(l, events, GREETING_MS);
		if (clock_mono_ms() >= end) {
			say(l, "no answer in time");
			l->over = true;
		}
		if (events == POLLOUT && got == 0)
			continue;
		if (events == POLLOUT)
			check_connected(l);
		events = POLLIN;
		pull(l);
		if (alive(l))
			check(l, mosquitto_loop_write(l->client, 1));
		if (!l->ready && (got & (POLLHUP | POLLERR)) != 0)
			check(l, MOSQ_ERR_CONN_LOST);
	}
}

/* At the end there is a wait for what is under way, not a long one. */
static bool
finished(struct mqtt_link *l, int64_t *end)
{
	bool stop = stopping(l);

	if (stop && *end == 0)
		*end = clock_mono_ms() + FAREWELL_MS;
	return stop && (window_empty(&l->window) || clock_mono_ms() >= *end);
}

static void
serve(struct mqtt_link *l)
{
	int64_t end = 0;

	while (alive(l) && !finished(l, &end)) {
		bool busy = push(l);
		short events = POLLIN;
		if (mosquitto_want_write(l->client))
			events |= POLLOUT;
		int ms = end != 0 ? GREETING_MS : l->tick_ms;
		short got = wait_for(l, events, busy ? 0 : ms);
		if (got & POLLOUT)
			check(l, mosquitto_loop_write(l->client, 1));
		/* TLS may hold what poll() does not see */
		if ((got & ~POLLOUT) != 0 || (l->ca != NULL && !busy))
			pull(l);
		if (alive(l))
			check(l, mosquitto_loop_misc(l->client));
	}
	if (alive(l))
		(void)mosquitto_disconnect_v5(l->client, 0, NULL);
}

static void
connection(struct mqtt_link *l)
{
	char text[TEXT + 20];
	uint64_t id;

	open_client(l);
	if (l->client != NULL)
		establish(l);
	bool was = l->ready;
	if (was)
		serve(l);
	mosquitto_destroy(l->client);
	l->client = NULL;
	if (stopping(l))
		return;
	window_close(&l->window);
	while (window_lost(&l->window, &id))
		if (l->cb.on_ack != NULL)
			l->cb.on_ack(l->cb.ctx, id, -1);
	say(l, "connection lost");
	(void)snprintf(
	    text, sizeof text, "%s%s", was ? "" : "not connected: ", l->text);
	set_state(l, false, text);
}

/* Waits until it is time to try again, with jitter so that a fleet spreads. */
static void
rest(struct mqtt_link *l)
{
	uint16_t random;

	random_bytes(&random, sizeof random);
	if (l->backoff_ms == 0)
		l->backoff_ms = BACKOFF_FIRST_MS;
	int64_t end = clock_mono_ms() + l->backoff_ms / 2 +
		      (int64_t)l->backoff_ms * random / UINT16_MAX / 2;
	l->backoff_ms = l->backoff_ms > l->backoff_max_ms / 2
			    ? l->backoff_max_ms
			    : l->backoff_ms * 2;
	for (int64_t now = clock_mono_ms(); now < end && !stopping(l);
	     now = clock_mono_ms())
		(void)wait_for(l, 0, (int)(end - now));
}

static void
destroy(struct mqtt_link *l)
{
	window_clear(&l->window);
	pthread_cond_destroy(&l->looked_up);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l->client_id);
	free(l->user_name);
	free(l->ca);
	free(l->cert);
	free(l->key);
	free(l->subscribe);
	free(l);
}

static void *
run(void *context)
{
	struct mqtt_link *l = context;

	for (;;) {
		connection(l);
		if (stopping(l))
			break;
		rest(l);
	}
	pthread_mutex_lock(&l->lock);
	bool orphan = l->orphan;
	pthread_mutex_unlock(&l->lock);
	if (orphan)
		destroy(l);
	return NULL;
}

/* ---- the caller's side ---- */
static enum err
copy_text(char **out, const char *text)
{
	*out = text != NULL ? strdup(text) : NULL;
	return text != NULL && *out == NULL ? ERR_NOMEM : ERR_OK;
}

static enum err
copy_options(struct mqtt_link *l, const struct mqtt_link_options *o)
{
	l->cb = o->cb;
	l->at_most_once = o->at_most_once;
	l->port = o->port;
	l->backoff_max_ms =
	    o->backoff_max_ms > 0 ? o->backoff_max_ms : BACKOFF_MAX_MS;
	if (copy_text(&l->host, o->host) != ERR_OK ||
	    copy_text(&l->client_id, o->client_id) != ERR_OK ||
	    copy_text(&l->user_name, o->user_name) != ERR_OK ||
	    copy_text(&l->ca, o->ca) != ERR_OK ||
	    copy_text(&l->cert, o->cert) != ERR_OK ||
	    copy_text(&l->key, o->key) != ERR_OK ||
	    copy_text(&l->subscribe, o->subscribe) != ERR_OK)
		return ERR_NOMEM;
	return ERR_OK;
}

static void
init_library(void)
{
	/* never undone: that would unload OpenSSL's modules under others */
	(void)mosquitto_lib_init();
}

static enum err
start(struct mqtt_link *l, struct diag *d)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init_library);
	if (pthread_create(&l->thread, NULL, run, l) != 0)
		return diag_fail(d, ERR_NOMEM, "", "no thread");
	l->started = true;
	return ERR_OK;
}

enum err
mqtt_link_new(
    struct mqtt_link **out, const struct mqtt_link_options *o, struct diag *d)
{
	struct mqtt_link *l;
	enum err e;

	if (o->host == NULL || o->client_id == NULL || o->client_id[0] == 0 ||
	    o->port <= 0 || o->port > UINT16_MAX)
		return diag_fail(
		    d, ERR_USAGE, "", "host, port and client id are needed");
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return diag_fail(d, ERR_NOMEM, "", "link");
	pthread_mutex_init(&l->lock, NULL);
	wait_init(&l->looked_up);
	unsigned limit = o->window > 0 ? o->window : DEFAULT_WINDOW;
	e = window_init(&l->window, limit < WINDOW_MAX ? limit : WINDOW_MAX);
	if (e == ERR_OK)
		e = copy_options(l, o);
	if (e != ERR_OK)
		diag_fail(d, e, "", "link");
	else
		e = start(l, d);
	if (e != ERR_OK) {
		mqtt_link_free(l);
		return e;
	}
	*out = l;
	return ERR_OK;
}

enum err
mqtt_link_publish(struct mqtt_link *l, const char *topic, struct span payload,
    bool retain, uint64_t id)
{
	return window_put(&l->window, topic, payload, retain, id);
}

unsigned
mqtt_link_room(struct mqtt_link *l)
{
	return window_room(&l->window);
}

/* Stops the thread. A name server may keep it longer than we wait: then it is
 * left alone with the link. Returns whether it has ended. */
static bool
stop_thread(struct mqtt_link *l)
{
	struct timespec t = wait_end(INT64_C(1000) * LOOKUP_MS);
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	l->stop = true;
	window_wake(&l->window);
	while (l->looking_up && rc == 0)
		rc = pthread_cond_timedwait(&l->looked_up, &l->lock, &t);
	bool orphan = l->orphan = l->looking_up;
	pthread_t thread = l->thread;
	pthread_mutex_unlock(&l->lock);
	if (orphan)
		(void)pthread_detach(thread);
	else
		(void)pthread_join(thread, NULL);
	return !orphan;
}

void
mqtt_link_free(struct mqtt_link *l)
{
	if (l == NULL)
		return;
	if (!l->started || stop_thread(l))
		destroy(l);
}
