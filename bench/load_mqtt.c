/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#include "event/topic.h"

#include "base/banned.h"

/* MQTT 5 control packets (OASIS MQTT 5.0, section 2.1.2). */
enum {
	CONNACK = 2,
	PUBLISH = 3,
	PUBACK = 4,
	SUBACK = 9,
};

#define OUT_SOFT 262144 /* bytes waiting for the socket before we pause */
#define RESEND_US 5000000
#define GAP_US 1000000 /* one resend for a gap in this time, as an agent */
#define SWEEP_US 20000 /* everybody gets a turn */
#define PACE_US 1000   /* with a rate: those that are due */

struct run {
	const struct load_options *o;
	struct load_device *devices;
	struct load_result *result;
	int epoll;
	int64_t first_us, last_us; /* first: all are subscribed */
	uint64_t ready, done, total;
	uint64_t paced; /* statements that had their turn to be due */
};

static void
put_length(struct buf *b, size_t n)
{
	do {
		uint8_t byte = n & 0x7f;
		n >>= 7;
		buf_byte(b, n > 0 ? byte | 0x80 : byte);
	} while (n > 0);
}

static void
put_text(struct buf *b, const char *text)
{
	buf_u16be(b, (uint16_t)strlen(text));
	buf_str(b, text);
}

static void
put_connect(struct load_device *v)
{
	/* protocol name and version, flags, keep-alive, properties (Receive
	 * Maximum), client id, user name */
	size_t n =
	    2 + 4 + 1 + 1 + 2 + 4 + 2 + strlen(v->name) + 2 + strlen(v->name);

	buf_byte(v->out, 0x10);
	put_length(v->out, n);
	put_text(v->out, "MQTT");
	buf_byte(v->out, 5);
	buf_byte(v->out, 0x82); /* user name, clean start */
	buf_u16be(v->out, 0);
	buf_byte(v->out, 3);
	buf_byte(v->out, 0x21);
	buf_u16be(v->out, 1000);
	put_text(v->out, v->name);
	put_text(v->out, v->name);
}

static void
put_subscribe(struct load_device *v, const struct load_options *o)
{
	char topic[TOPIC_CHARS + 1];

	topic_print(topic, o->log, v->name, TOPIC_RECEIPT);
	buf_byte(v->out, 0x82);
	put_length(v->out, 2 + 1 + 2 + strlen(topic) + 1);
	buf_u16be(v->out, 1);
	buf_byte(v->out, 0);
	put_text(v->out, topic);
	buf_byte(v->out, 1);
}

static void
put_publish(struct load_device *v, const struct load_options *o, uint32_t n)
{
	char topic[TOPIC_CHARS + 1];
	struct span s = v->statements[n];

	topic_print(topic, o->log, v->name, TOPIC_EVENT);
	buf_byte(v->out, 0x32);
	put_length(v->out, 2 + strlen(topic) + 2 + 1 + s.n);
	put_text(v->out, topic);
	if (++v->packet_id == 0)
		v->packet_id = 1;
	buf_u16be(v->out, v->packet_id);
	buf_byte(v->out, 0);
	buf_put(v->out, s);
}

static void
flush(struct load_device *v)
{
	while (v->out_at < v->out->n) {
		ssize_t n = send(v->fd, v->out->p + v->out_at,
		    v->out->n - v->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			return;
		v->out_at += (size_t)n;
	}
	buf_reset(v->out);
	v->out_at = 0;
}

/* With a rate the devices take turns: the n-th statement of all is due n / rate
 * seconds after the first, and each device has one in each round. */
static uint64_t
place_of(const struct run *r, const struct load_device *v)
{
	return (uint64_t)v->next * r->o->devices + (uint64_t)(v - r->devices);
}

static uint64_t
offered(const struct run *r, int64_t now_us)
{
	if (r->o->rate <= 0)
		return UINT64_MAX;
	return (uint64_t)(r->o->rate * (double)(now_us - r->first_us) / 1e6) +
	       1;
}

static bool
may_send(const struct run *r, const struct load_device *v, int64_t now_us)
{
	if (r->first_us == 0 || now_us < r->first_us || v->next >= r->o->each ||
	    v->next - v->done >= v->window || v->out->n - v->out_at > OUT_SOFT)
		return false;
	return place_of(r, v) < offered(r, now_us);
}

static void
pump(struct run *r, struct load_device *v, int64_t now)
{
	while (may_send(r, v, now)) {
		if (v->sent_us[v->next] == 0)
			v->sent_us[v->next] = now;
		if (v->next == v->done) /* nothing waits for a receipt yet */
			v->progress_us = now;
		put_publish(v, r->o, v->next++);
	}
	flush(v);
}

/* All without a receipt, in half the window, as an agent does it. */
static void
send_again(struct run *r, struct load_device *v, int64_t now)
{
	r->result->resends += v->next - v->done;
	v->next = v->done;
	v->progress_us = now;
	if (v->window > 1)
		v->window /= 2;
}

/* A gap nack (formats 3.3) for the statement that is next. */
static void
on_gap(struct run *r, struct load_device *v, struct span message, int64_t now)
{
	char mark[64];

	(void)snprintf(mark, sizeof mark, "{\"seq\":%lu,\"code\":\"gap\"",
	    (unsigned long)v->done + 1);
	if (v->next <= v->done || now - v->gap_us < GAP_US ||
	    memmem(message.p, message.n, mark, strlen(mark)) == NULL)
		return;
	v->gap_us = now;
	send_again(r, v, now);
}

/* The generator trusts the ledger: it reads upto_seq and checks nothing. */
static void
on_receipt(struct run *r, struct load_device *v, struct span message)
{
	static const char mark[] = "\"upto_seq\":";
	const uint8_t *at = memmem(message.p, message.n, mark, strlen(mark));
	uint64_t upto = 0;
	int64_t now = clock_mono_us();

	if (at == NULL)
		return;
	for (at += strlen(mark); *at >= '0' && *at <= '9'; at++)
		upto = upto * 10 + (uint64_t)(*at - '0');
	if (upto > r->o->each || upto < v->done)
		return;
	if (upto > v->done) {
		v->progress_us = r->last_us = now;
		if (v->window < r->o->window)
			v->window++;
	}
	while (v->done < upto) {
		r->result->latency_us[r->result->latency_count++] =
		    now - v->sent_us[v->done];
		v->done++;
		r->done++;
	}
	if (v->next < v->done)
		v->next = v->done;
	on_gap(r, v, message, now);
}

static void
on_publish(
    struct run *r, struct load_device *v, uint8_t flags, struct span body)
{
	size_t topic = (size_t)body.p[0] << 8 | body.p[1];
	unsigned qos = flags >> 1 & 3;

	if (topic + 5 > body.n)
		return;
	if (qos > 0) {
		buf_byte(v->out, 0x40);
		buf_byte(v->out, 2);
		buf_put(v->out, span_of(body.p + 2 + topic, 2));
	}
	on_receipt(r, v, span_skip(body, 2 + topic));
}

static void
on_packet(struct run *r, struct load_device *v, uint8_t head, struct span body)
{
	switch (head >> 4) {
	case CONNACK:
		put_subscribe(v, r->o);
		break;
	case SUBACK:
		r->last_us = clock_mono_us();
		if (++r->ready == r->o->devices)
			r->first_us = r->last_us;
		break;
	case PUBLISH:
		on_publish(r, v, head & 0x0f, body);
		break;
	default: /* PUBACK promises nothing */
		break;
	}
}

static void
take_packets(struct run *r, struct load_device *v)
{
	size_t at = 0;

	while (v->in->n - at >= 2) {
		size_t n = 0, i = at + 1;
		unsigned shift = 0;
		while (i < v->in->n && (v->in->p[i] & 0x80) != 0) {
			n |= (size_t)(v->in->p[i++] & 0x7f) << shift;
			shift += 7;
		}
		if (i >= v->in->n)
			break;
		n |= (size_t)v->in->p[i++] << shift;
		if (v->in->n - i < n)
			break;
		on_packet(r, v, v->in->p[at], span_of(v->in->p + i, n));
		at = i + n;
	}
	memmove(v->in->p, v->in->p + at, v->in->n - at);
	v->in->n -= at;
}

static enum err
on_readable(struct run *r, struct load_device *v, struct diag *d)
{
	uint8_t *place = buf_reserve(v->in, 65536);
	if (place == NULL)
		return diag_fail(d, ERR_NOMEM, "", "input");
	v->in->n -= 65536;
	ssize_t n = recv(v->fd, place, 65536, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return diag_fail(d, ERR_NET, "", "%s: broker closed: %s",
		    v->name, n == 0 ? "end" : strerror(errno));
	if (n > 0) {
		v->in->n += (size_t)n;
		take_packets(r, v);
	}
	return ERR_OK;
}

static enum err
connect_device(struct run *r, struct load_device *v, struct diag *d)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)r->o->port) };
	int one = 1;

	v->window = r->o->window;
	inet_pton(AF_INET, r->o->host, &a.sin_addr);
	v->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (v->fd < 0 || connect(v->fd, (struct sockaddr *)&a, sizeof a) != 0)
		return diag_fail(
		    d, ERR_NET, "", "connect %s: %s", v->name, strerror(errno));
	setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	v->in = malloc(sizeof *v->in);
	v->out = malloc(sizeof *v->out);
	if (v->in == NULL || v->out == NULL)
		return diag_fail(d, ERR_NOMEM, "", "buffers");
	*v->in = buf_heap(1 << 24);
	*v->out = buf_heap(1 << 24);
	put_connect(v);
	flush(v);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = v };
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, v->fd, &ev) != 0)
		return diag_fail(d, ERR_IO, "", "epoll: %s", strerror(errno));
	return ERR_OK;
}

static void
resend(struct run *r, struct load_device *v, int64_t now)
{
	if (v->next > v->done && now - v->progress_us > RESEND_US)
		send_again(r, v, now);
}

static enum err
turn(struct run *r, struct diag *d)
{
	struct epoll_event ev[256];
	int n = epoll_wait(r->epoll, ev, 256, r->o->rate > 0 ? 1 : 20);
	int64_t now = clock_mono_us();

	for (int i = 0; i < n; i++) {
		enum err e = on_readable(r, ev[i].data.ptr, d);
		if (e != ERR_OK)
			return e;
		pump(r, ev[i].data.ptr, now);
	}
	return ERR_OK;
}

static void
sweep(struct run *r, int64_t now)
{
	for (unsigned i = 0; i < r->o->devices; i++) {
		resend(r, &r->devices[i], now);
		pump(r, &r->devices[i], now);
	}
}

/* Those whose turn has come since the last time. */
static void
pace(struct run *r, int64_t now)
{
	uint64_t due = offered(r, now);

	for (; r->paced < due && r->paced < r->total; r->paced++)
		pump(r, &r->devices[r->paced % r->o->devices], now);
}

enum err
load_run(struct load_result *out, struct load_device *devices,
    const struct load_options *o, struct diag *d)
{
	struct run r = { .o = o, .devices = devices, .result = out };
	enum err e = ERR_OK;
	int64_t swept = 0, paced = 0;

	r.total = (uint64_t)o->devices * o->each;
	out->latency_us = calloc(r.total, sizeof *out->latency_us);
	r.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (out->latency_us == NULL || r.epoll < 0)
		return diag_fail(d, ERR_NOMEM, "", "run");
	for (unsigned i = 0; e == ERR_OK && i < o->devices; i++)
		e = connect_device(&r, &devices[i], d);
	r.last_us = clock_mono_us();
	while (e == ERR_OK && r.done < r.total) {
		e = turn(&r, d);
		int64_t now = clock_mono_us();
		if (e == ERR_OK && now - swept > SWEEP_US) {
			sweep(&r, now);
			swept = now;
		}
		if (e == ERR_OK && o->rate > 0 && r.first_us != 0 &&
		    now - paced > PACE_US) {
			pace(&r, now);
			paced = now;
		}
		if (now - r.last_us > (int64_t)o->patience * 1000000)
			e = diag_fail(d, ERR_TIMEOUT, "",
			    "no receipt for %u s: %llu of %llu done",
			    o->patience, (unsigned long long)r.done,
			    (unsigned long long)r.total);
	}
	out->seconds = (double)(r.last_us - r.first_us) / 1e6;
	close(r.epoll);
	return e;
}
