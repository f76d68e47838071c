/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_link/mqtt_link.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <MQTTAsync.h>

#include "base/clock.h"
#include "base/crypto.h"

#include "base/banned.h"

/*
 * Paho holds one process-wide lock while it calls back, so our own lock is
 * never held across a call into it: order is always Paho's, then ours.
 *
 * A publish in flight has a slot; Paho's answer names the slot by its address.
 * At a lost connection all slots are answered with -1 and the other array of
 * slots serves the next connection: an answer that comes late meets a slot of
 * another generation and is passed over.
 */
#define DEFAULT_WINDOW 16 /* edge.md 6.1 rule 1 */
#define KEEPALIVE_S 20
#define CONNECT_TIMEOUT_S 10
#define BACKOFF_FIRST_MS 250
#define BACKOFF_MAX_MS 300000

struct slot {
	struct mqtt_link *link;
	uint64_t generation;
	uint64_t id;
	bool used;
};

struct mqtt_link {
	MQTTAsync client;
	struct mqtt_link_callbacks cb;
	bool at_most_once;
	unsigned next_slot; /* where a free one is likely */
	char *user_name, *ca, *cert, *key, *subscribe;
	int backoff_max_ms;
	unsigned limit; /* window asked for */

	pthread_t thread; /* reconnects */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool started, stop, connected, connecting;
	bool finished; /* the disconnect at the end was answered */
	int64_t connect_at_ms;
	int backoff_ms;

	unsigned window; /* of this connection */
	unsigned in_flight;
	uint64_t generation; /* of this connection */
	struct slot *slots[2];
};

static void
set_state(struct mqtt_link *l, bool connected, const char *text)
{
	if (l->cb.on_state != NULL)
		l->cb.on_state(l->cb.ctx, connected, text);
}

static struct slot *
current_slots(struct mqtt_link *l)
{
	return l->slots[l->generation & 1];
}

/* Under the lock: when to try again, with jitter so that a fleet spreads. */
static void
schedule(struct mqtt_link *l)
{
	uint16_t random;

	random_bytes(&random, sizeof random);
	if (l->backoff_ms == 0)
		l->backoff_ms = BACKOFF_FIRST_MS;
	int wait = l->backoff_ms / 2 +
		   (int)((int64_t)l->backoff_ms * random / UINT16_MAX / 2);
	l->connect_at_ms = clock_mono_ms() + wait;
	l->backoff_ms = l->backoff_ms > l->backoff_max_ms / 2
			    ? l->backoff_max_ms
			    : l->backoff_ms * 2;
	l->connecting = false;
	pthread_cond_signal(&l->wake);
}

/* Answers everything in flight with -1 and opens a new generation. */
static void
drop_connection(struct mqtt_link *l, const char *text)
{
	pthread_mutex_lock(&l->lock);
	struct slot *slots = current_slots(l);
	bool was = l->connected;
	l->connected = false;
	l->in_flight = 0;
	l->generation++;
	schedule(l);
	pthread_mutex_unlock(&l->lock);

	for (unsigned i = 0; i < l->limit; i++) {
		pthread_mutex_lock(&l->lock);
		bool used = slots[i].used;
		slots[i].used = false;
		pthread_mutex_unlock(&l->lock);
		if (used && l->cb.on_ack != NULL)
			l->cb.on_ack(l->cb.ctx, slots[i].id, -1);
	}
	if (was)
		set_state(l, false, text);
}

static void
answer(struct slot *s, int reason)
{
	struct mqtt_link *l = s->link;

	pthread_mutex_lock(&l->lock);
	bool ours = s->used && s->generation == l->generation;
	uint64_t id = s->id;
	if (ours) {
		s->used = false;
		l->in_flight--;
	}
	pthread_mutex_unlock(&l->lock);
	if (ours && l->cb.on_ack != NULL)
		l->cb.on_ack(l->cb.ctx, id, reason);
}

static void
on_published(void *context, MQTTAsync_successData5 *data)
{
	answer(context, data != NULL ? (int)data->reasonCode : 0);
}

static void
on_refused(void *context, MQTTAsync_failureData5 *data)
{
	int reason = data != NULL ? (int)data->reasonCode : -1;

	answer(context, reason > 0 ? reason : -1);
}

static void
on_lost(void *context, char *cause)
{
	drop_connection(context, cause != NULL ? cause : "connection lost");
}

static void
on_disconnected(
    void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
	char text[80];

	(void)properties;
	snprintf(text, sizeof text, "broker disconnected: 0x%02x %s",
	    (unsigned)reason, MQTTReasonCode_toString(reason));
	drop_connection(context, text);
}

static int
on_arrived(
    void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
	struct mqtt_link *l = context;
	size_t n = topic_length > 0 ? (size_t)topic_length : strlen(topic);

	if (l->cb.on_message != NULL)
		l->cb.on_message(l->cb.ctx, span_of(topic, n),
		    span_of(message->payload, (size_t)message->payloadlen),
		    message->retained != 0);
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1; /* anything else keeps it in memory, acknowledged already */
}

static void
online(struct mqtt_link *l)
{
	pthread_mutex_lock(&l->lock);
	l->connected = true;
	l->connecting = false;
	l->backoff_ms = 0;
	pthread_mutex_unlock(&l->lock);
	set_state(l, true, "connected");
}

static void
on_subscribed(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	online(context);
}

static void
on_left(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	drop_connection(context, "subscription refused");
}

static void
on_not_left(void *context, MQTTAsync_failureData5 *data)
{
	(void)data;
	drop_connection(context, "subscription refused");
}

/* A session without its subscription is of no use, and while it stands Paho
 * answers no other connect: it is ended before the next attempt. */
static void
on_not_subscribed(void *context, MQTTAsync_failureData5 *data)
{
	struct mqtt_link *l = context;
	MQTTAsync_disconnectOptions o =
	    MQTTAsync_disconnectOptions_initializer5;
	char text[80];

	snprintf(text, sizeof text, "subscription refused: 0x%02x",
	    data != NULL ? (unsigned)data->reasonCode : 0);
	set_state(l, false, text);
	o.context = l;
	o.onSuccess5 = on_left;
	o.onFailure5 = on_not_left;
	if (MQTTAsync_disconnect(l->client, &o) != MQTTASYNC_SUCCESS)
		drop_connection(l, text);
}

static void
take_window(struct mqtt_link *l, MQTTProperties *properties)
{
	unsigned window = l->limit;

	if (MQTTProperties_hasProperty(
		properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)) {
		int max = MQTTProperties_getNumericValue(
		    properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
		/* one below: at the maximum Paho queues, and drains its queue
		 * at one window a second */
		if (max > 1 && (unsigned)max - 1 < window)
			window = (unsigned)max - 1;
		else if (max == 1)
			window = 1;
	}
	pthread_mutex_lock(&l->lock);
	l->window = window;
	pthread_mutex_unlock(&l->lock);
}

static void
on_connected(void *context, MQTTAsync_successData5 *data)
{
	struct mqtt_link *l = context;
	MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;

	take_window(l, &data->properties);
	if (l->subscribe == NULL) {
		online(l);
		return;
	}
	o.context = l;
	o.onSuccess5 = on_subscribed;
	o.onFailure5 = on_not_subscribed;
	if (MQTTAsync_subscribe(l->client, l->subscribe,
		l->at_most_once ? 0 : 1, &o) != MQTTASYNC_SUCCESS)
		on_not_subscribed(l, NULL);
}

static void
on_not_connected(void *context, MQTTAsync_failureData5 *data)
{
	struct mqtt_link *l = context;
	char text[120];

	snprintf(text, sizeof text, "not connected: %s (0x%02x)",
	    data != NULL && data->message != NULL ? data->message : "refused",
	    data != NULL ? (unsigned)data->reasonCode : 0);
	pthread_mutex_lock(&l->lock);
	schedule(l);
	pthread_mutex_unlock(&l->lock);
	set_state(l, false, text);
}

static void
start_connect(struct mqtt_link *l)
{
	MQTTAsync_connectOptions o = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;

	/* clean start, session expiry 0: the outbox and the retained receipt
	 * make a kept session needless (edge.md 6.1 rule 6) */
	o.keepAliveInterval = KEEPALIVE_S;
	o.connectTimeout = CONNECT_TIMEOUT_S;
	o.cleanstart = 1;
	o.maxInflight = 65535;
	o.username = l->user_name;
	o.context = l;
	o.onSuccess5 = on_connected;
	o.onFailure5 = on_not_connected;
	if (l->ca != NULL) {
		tls.trustStore = l->ca;
		tls.keyStore = l->cert;
		tls.privateKey = l->key;
		tls.enableServerCertAuth = 1;
		tls.verify = 1;
		o.ssl = &tls;
	}
	int rc = MQTTAsync_connect(l->client, &o);
	if (rc != MQTTASYNC_SUCCESS)
		on_not_connected(l, NULL);
}

static void *
reconnect(void *context)
{
	struct mqtt_link *l = context;

	pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		int64_t wait = l->connect_at_ms - clock_mono_ms();
		if (l->connected || l->connecting) {
			pthread_cond_wait(&l->wake, &l->lock);
		} else if (wait > 0) {
			struct timespec t;
			clock_gettime(CLOCK_MONOTONIC, &t);
			t.tv_sec += wait / 1000;
			t.tv_nsec += wait % 1000 * 1000000;
			if (t.tv_nsec >= 1000000000) {
				t.tv_sec++;
				t.tv_nsec -= 1000000000;
			}
			pthread_cond_timedwait(&l->wake, &l->lock, &t);
		} else {
			l->connecting = true;
			pthread_mutex_unlock(&l->lock);
			start_connect(l);
			pthread_mutex_lock(&l->lock);
		}
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

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
	l->limit = o->window > 0 ? o->window : DEFAULT_WINDOW;
	l->backoff_max_ms =
	    o->backoff_max_ms > 0 ? o->backoff_max_ms : BACKOFF_MAX_MS;
	if (copy_text(&l->user_name, o->user_name) != ERR_OK ||
	    copy_text(&l->ca, o->ca) != ERR_OK ||
	    copy_text(&l->cert, o->cert) != ERR_OK ||
	    copy_text(&l->key, o->key) != ERR_OK ||
	    copy_text(&l->subscribe, o->subscribe) != ERR_OK)
		return ERR_NOMEM;
	for (unsigned k = 0; k < 2; k++) {
		l->slots[k] = calloc(l->limit, sizeof *l->slots[k]);
		if (l->slots[k] == NULL)
			return ERR_NOMEM;
		for (unsigned i = 0; i < l->limit; i++)
			l->slots[k][i].link = l;
	}
	return ERR_OK;
}

static enum err
make_client(
    struct mqtt_link *l, const struct mqtt_link_options *o, struct diag *d)
{
	MQTTAsync_createOptions c = MQTTAsync_createOptions_initializer5;
	char uri[300];

	c.sendWhileDisconnected = 0;
	c.restoreMessages = 0;
	c.persistQoS0 = 0;
	/* counts what waits for Paho's thread, connected or not; default 100 */
	c.maxBufferedMessages = (int)l->limit + 1;
	int n = snprintf(uri, sizeof uri, "%s://%s:%d",
	    o->ca != NULL ? "ssl" : "tcp", o->host, o->port);
	if (n < 0 || (size_t)n >= sizeof uri)
		return diag_fail(d, ERR_USAGE, "", "broker name too long");
	int rc = MQTTAsync_createWithOptions(&l->client, uri, o->client_id,
	    MQTTCLIENT_PERSISTENCE_NONE, NULL, &c);
	if (rc == MQTTASYNC_SUCCESS)
		rc = MQTTAsync_setCallbacks(
		    l->client, l, on_lost, on_arrived, NULL);
	if (rc == MQTTASYNC_SUCCESS)
		rc = MQTTAsync_setDisconnected(l->client, l, on_disconnected);
	if (rc != MQTTASYNC_SUCCESS)
		return diag_fail(
		    d, ERR_MQTT, "", "%s: %s", uri, MQTTAsync_strerror(rc));
	return ERR_OK;
}

static enum err
start_thread(struct mqtt_link *l, struct diag *d)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&l->thread, NULL, reconnect, l) != 0)
		return diag_fail(d, ERR_NOMEM, "", "no thread");
	l->started = true;
	return ERR_OK;
}

enum err
mqtt_link_new(
    struct mqtt_link **out, const struct mqtt_link_options *o, struct diag *d)
{
	struct mqtt_link *l = NULL;
	enum err e;

	if (o->host == NULL || o->client_id == NULL || o->port <= 0)
		return diag_fail(
		    d, ERR_USAGE, "", "host, port and client id are needed");
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return diag_fail(d, ERR_NOMEM, "", "link");
	e = copy_options(l, o);
	if (e != ERR_OK) {
		diag_fail(d, e, "", "link");
		goto err1;
	}
	e = make_client(l, o, d);
	if (e != ERR_OK)
		goto err1;
	e = start_thread(l, d);
	if (e != ERR_OK)
		goto err1;
	*out = l;
	return ERR_OK;
err1:
	mqtt_link_free(l);
	return e;
}

/* Under the lock: a free slot of this connection. */
static struct slot *
take_slot(struct mqtt_link *l, uint64_t id)
{
	struct slot *slots = current_slots(l);

	for (unsigned k = 0; k < l->limit; k++) {
		struct slot *s = &slots[l->next_slot++ % l->limit];
		if (s->used)
			continue;
		s->used = true;
		s->id = id;
		s->generation = l->generation;
		l->in_flight++;
		return s;
	}
	return NULL;
}

/* The library did not take it: ERR_OK when on_ack has told so already. */
static enum err
give_back(struct slot *s, int rc)
{
	struct mqtt_link *l = s->link;
	enum err e = ERR_OK;

	pthread_mutex_lock(&l->lock);
	if (s->used && s->generation == l->generation) {
		s->used = false;
		l->in_flight--;
		e = rc == MQTTASYNC_MAX_BUFFERED_MESSAGES ||
			    rc == MQTTASYNC_NO_MORE_MSGIDS
			? ERR_FULL
			: ERR_NET;
	}
	pthread_mutex_unlock(&l->lock);
	return e;
}

enum err
mqtt_link_publish(struct mqtt_link *l, const char *topic, struct span payload,
    bool retain, uint64_t id)
{
	MQTTAsync_message m = MQTTAsync_message_initializer;
	MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;
	struct slot *s = NULL;

	pthread_mutex_lock(&l->lock);
	enum err e = l->connected ? ERR_OK : ERR_NET;
	if (e == ERR_OK && l->in_flight < l->window)
		s = take_slot(l, id);
	pthread_mutex_unlock(&l->lock);
	if (e != ERR_OK)
		return e;
	if (s == NULL)
		return ERR_FULL;
	/* the library copies; its field is not const */
	m.payload = (void *)(uintptr_t)payload.p;
	m.payloadlen = (int)payload.n;
	m.qos = l->at_most_once ? 0 : 1;
	m.retained = retain;
	o.context = s;
	o.onSuccess5 = on_published;
	o.onFailure5 = on_refused;
	int rc = MQTTAsync_sendMessage(l->client, topic, &m, &o);
	return rc == MQTTASYNC_SUCCESS ? ERR_OK : give_back(s, rc);
}

unsigned
mqtt_link_room(struct mqtt_link *l)
{
	pthread_mutex_lock(&l->lock);
	unsigned room = l->connected && l->window > l->in_flight
			    ? l->window - l->in_flight
			    : 0;
	pthread_mutex_unlock(&l->lock);
	return room;
}

static void
finished(struct mqtt_link *l)
{
	pthread_mutex_lock(&l->lock);
	l->finished = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

static void
on_farewell(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	finished(context);
}

static void
on_no_farewell(void *context, MQTTAsync_failureData5 *data)
{
	(void)data;
	finished(context);
}

/* Says goodbye to the broker, for a second at most. */
static void
disconnect(struct mqtt_link *l)
{
	MQTTAsync_disconnectOptions o =
	    MQTTAsync_disconnectOptions_initializer5;
	struct timespec t;

	o.timeout = 500;
	o.context = l;
	o.onSuccess5 = on_farewell;
	o.onFailure5 = on_no_farewell;
	if (MQTTAsync_disconnect(l->client, &o) != MQTTASYNC_SUCCESS)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec++;
	pthread_mutex_lock(&l->lock);
	while (
	    !l->finished && pthread_cond_timedwait(&l->wake, &l->lock, &t) == 0)
		continue;
	pthread_mutex_unlock(&l->lock);
}

void
mqtt_link_free(struct mqtt_link *l)
{
	if (l == NULL)
		return;
	if (l->started) {
		pthread_mutex_lock(&l->lock);
		l->stop = true;
		pthread_cond_signal(&l->wake);
		pthread_mutex_unlock(&l->lock);
		pthread_join(l->thread, NULL);
		disconnect(l);
	}
	if (l->client != NULL)
		MQTTAsync_destroy(&l->client);
	if (l->started) {
		pthread_cond_destroy(&l->wake);
		pthread_mutex_destroy(&l->lock);
	}
	free(l->slots[0]);
	free(l->slots[1]);
	free(l->user_name);
	free(l->ca);
	free(l->cert);
	free(l->key);
	free(l->subscribe);
	free(l);
}
