/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#include "event/did.h"
#include "event/registry.h"
#include "event/statement.h"

#include "base/banned.h"

#define ENROL_CHUNK 64

/* A serial as ours are (formats 5.5): 64 bits that tell nothing of its
 * neighbours, no two the same (the finalizer of splitmix64 is a bijection). */
static uint64_t
serial(unsigned device, unsigned n, unsigned event, unsigned epc)
{
	uint64_t z = (uint64_t)device << 44 ^ (uint64_t)n << 24 ^
		     (uint64_t)event << 12 ^ epc;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void
put_event(struct buf *b, const struct load_options *o, unsigned device,
    unsigned n, unsigned event)
{
	char now[RFC3339_CHARS + 1];

	rfc3339_print(now, clock_wall_ms());
	buf_printf(b,
	    "%s{\"type\":\"ObjectEvent\",\"eventTime\":\"%s\","
	    "\"eventTimeZoneOffset\":\"+00:00\",\"epcList\":[",
	    event > 0 ? "," : "", now);
	for (unsigned e = 0; e < o->epcs; e++)
		buf_printf(b,
		    "%s\"https://id.gs1.org/01/09506000134352/21/%016llXLOAD\"",
		    e > 0 ? "," : "",
		    (unsigned long long)serial(device, n, event, e));
	buf_str(b, "],\"action\":\"ADD\",\"bizStep\":\"commissioning\","
		   "\"disposition\":\"active\"}");
}

/* What a device signs with, from one statement to the next. */
struct maker {
	char iss[DID_WEB_CHARS + 1];
	struct claims c;
	struct buf all; /* its statements, one behind the other */
	size_t *end;    /* where each ends in it */
};

static enum err
make_one(struct maker *m, struct buf *payload, const struct load_device *v,
    const struct load_options *o, unsigned device, unsigned n, struct diag *d)
{
	struct claims *c = &m->c;
	size_t before = m->all.n;
	enum err e;

	buf_reset(payload);
	buf_str(payload, "{\"@context\":\"https://ref.gs1.org/standards/epcis/"
			 "2.0.0/epcis-context.jsonld\","
			 "\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","
			 "\"creationDate\":\"2026-01-01T00:00:00Z\","
			 "\"epcisBody\":{\"eventList\":[");
	for (unsigned i = 0; i < o->events; i++)
		put_event(payload, o, device, n, i);
	buf_str(payload, "]}}");
	if (buf_error(payload) != ERR_OK)
		return diag_fail(d, buf_error(payload), "", "payload");

	c->seq = n + 1;
	c->wall = (uint64_t)clock_wall_ms();
	c->mono = (uint64_t)clock_mono_ms();
	e = statement_make(
	    &m->all, c, CONTENT_IS_PRODUCT, buf_span(payload), &v->key, d);
	if (e != ERR_OK)
		return e;
	c->prev = hash_bytes(span_of(m->all.p + before, m->all.n - before));
	m->end[n] = m->all.n;
	return ERR_OK;
}

static enum err
maker_init(struct maker *m, struct load_device *v, const struct load_options *o,
    struct diag *d)
{
	struct buf did = buf_fixed(m->iss, sizeof m->iss);
	enum err e = did_web_device(&did, o->authority, span_str(v->name));

	m->all = buf_heap(SIZE_MAX / 2);
	m->end = calloc(o->each, sizeof *m->end);
	v->statements = calloc(o->each, sizeof *v->statements);
	v->sent_us = calloc(o->each, sizeof *v->sent_us);
	if (m->end == NULL || v->statements == NULL || v->sent_us == NULL)
		e = diag_fail(d, ERR_NOMEM, "", "statements");
	m->c.epoch = 1;
	m->c.clock = 1;
	m->c.iss = buf_span(&did);
	m->c.sub = buf_span(&did);
	clock_boot_id(m->c.boot);
	return e;
}

/* all has stopped moving: the spans may point into it now. */
static void
maker_point(struct maker *m, struct load_device *v, unsigned each)
{
	for (unsigned n = 0; n < each; n++) {
		size_t start = n > 0 ? m->end[n - 1] : 0;

		v->statements[n] = span_of(m->all.p + start, m->end[n] - start);
	}
}

/* Round by round, so that event times rise as the statements are sent: of
 * devices that work beside each other, not one after the other. */
enum err
load_make(
    struct load_device *devices, const struct load_options *o, struct diag *d)
{
	struct buf payload = buf_heap(1 << 20);
	struct maker *m = calloc(o->devices, sizeof *m);
	enum err e = m == NULL ? diag_fail(d, ERR_NOMEM, "", "makers") : ERR_OK;

	for (unsigned i = 0; e == ERR_OK && i < o->devices; i++)
		e = maker_init(&m[i], &devices[i], o, d);
	for (unsigned n = 0; e == ERR_OK && n < o->each; n++)
		for (unsigned i = 0; e == ERR_OK && i < o->devices; i++)
			e = make_one(&m[i], &payload, &devices[i], o,
			    o->first + i, n, d);
	for (unsigned i = 0; m != NULL && i < o->devices; i++) {
		if (e == ERR_OK)
			maker_point(&m[i], &devices[i], o->each);
		free(m[i].end);
	}
	free(m);
	buf_free(&payload);
	return e;
}

/* ---- enrolment ---- */
static enum err
gateway_open(int *fd, const char *path, struct diag *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof a.sun_path)
		return diag_fail(d, ERR_USAGE, "", "socket path too long");
	memcpy(a.sun_path, path, strlen(path));
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&a, sizeof a) != 0)
		return diag_fail(
		    d, ERR_NET, "", "gateway %s: %s", path, strerror(errno));
	return ERR_OK;
}

static enum err
say(FILE *f, const char *command, struct span body, struct diag *d)
{
	if (fputs(command, f) == EOF ||
	    (body.n > 0 && fwrite(body.p, 1, body.n, f) != body.n))
		return diag_fail(
		    d, ERR_NET, "", "gateway: %s", strerror(errno));
	return ERR_OK;
}

/* The answers to n commands; the last one stays in line. */
static enum err
hear(FILE *out, FILE *in, unsigned n, char *line, size_t cap, struct diag *d)
{
	if (fflush(out) != 0)
		return diag_fail(
		    d, ERR_NET, "", "gateway: %s", strerror(errno));
	for (; n > 0; n--) {
		if (fgets(line, (int)cap, in) == NULL)
			return diag_fail(d, ERR_NET, "", "gateway: it ended");
		if (strstr(line, "\"error\"") != NULL)
			return diag_fail(
			    d, ERR_FORBIDDEN, "", "gateway: %s", line);
	}
	return ERR_OK;
}

static enum err
enrol_one(FILE *f, const struct load_device *v, const struct load_options *o,
    struct diag *d)
{
	char did[DID_WEB_CHARS + 1], command[128];
	uint8_t space[2048];
	struct buf b = buf_fixed(did, sizeof did);
	struct buf body = buf_fixed(space, sizeof space);
	enum err e = did_web_device(&b, o->authority, span_str(v->name));

	if (e != ERR_OK)
		return e;
	struct registry_device r = { .name = v->name,
		.organisation = o->organisation,
		.did = buf_text(&b),
		.epoch = 1,
		.key = v->key.pub,
		.role = "device" };
	e = registry_put_device(&body, &r, REGISTRY_SET, clock_wall_ms());
	if (e != ERR_OK)
		return e;
	snprintf(command, sizeof command, "put authority %s %zu\n",
	    CONTENT_REGISTRY, body.n);
	return say(f, command, buf_span(&body), d);
}

/* One outbox transaction a chunk instead of one a device. */
static enum err
enrol_all(FILE *out, FILE *in, const struct load_device *devices,
    const struct load_options *o, char *line, size_t cap, struct diag *d)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; e == ERR_OK && i < o->devices;) {
		unsigned n = 0;
		for (; e == ERR_OK && n < ENROL_CHUNK && i < o->devices; n++)
			e = enrol_one(out, &devices[i++], o, d);
		if (e == ERR_OK)
			e = hear(out, in, n, line, cap, d);
	}
	return e;
}

enum err
load_enrol(const struct load_device *devices, const struct load_options *o,
    struct diag *d)
{
	static char line[65536];
	char command[128];
	int fd = -1;
	enum err e = gateway_open(&fd, o->gateway, d);

	if (e != ERR_OK)
		return e;
	/* two streams: one for both would need a seek between directions */
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	if (in == NULL || out == NULL)
		return diag_fail(d, ERR_IO, "", "fdopen");
	e = enrol_all(out, in, devices, o, line, sizeof line, d);
	const char *seq = e == ERR_OK ? strstr(line, "\"seq\":") : NULL;
	if (seq != NULL) {
		snprintf(command, sizeof command, "wait authority %llu\n",
		    strtoull(seq + 6, NULL, 10));
		e = say(out, command, SPAN_NONE, d);
	}
	if (seq != NULL && e == ERR_OK)
		e = hear(out, in, 1, line, sizeof line, d);
	fclose(in);
	fclose(out);
	return e;
}

double
load_verify_rate(
    const struct load_device *devices, const struct load_options *o)
{
	int64_t start = clock_mono_us(), now = start;
	uint64_t n = 0;

	while (now - start < 1000000) {
		const struct load_device *v = &devices[n % o->devices];
		struct span raw = v->statements[n / o->devices % o->each];
		/* the cost of one signature over that many bytes */
		uint8_t sig[SIG_BYTES];
		memcpy(sig, raw.p + raw.n - SIG_BYTES, SIG_BYTES);
		if (ed25519_verify(sig, v->key.pub, raw))
			return 0; /* cannot be: the message is another */
		n++;
		now = clock_mono_us();
	}
	return (double)n * 1e6 / (double)(now - start);
}
