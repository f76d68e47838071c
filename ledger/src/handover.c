/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "event/statement.h"

#include "base/banned.h"

#define CLAUSE "interface Signing"
#define LINE_MAX_BYTES ((size_t)1 << 18) /* a receipt with 64 nacks */
/* A gateway that is just starting gets this long to open its socket. */
#define CONNECT_MS 5000
#define RETRY_MS 100
/* A receipt repeats the last 64 nacks: asked for this often, none is missed
 * while receipts come as statements do. */
#define RECEIPT_STRIDE 48

struct line {
	int fd;
	int64_t deadline_ms;
	struct buf in;
	size_t taken; /* bytes of in that were read as lines */
};

/* ---- bytes ---- */
static enum err
wait_for(struct line *l, short events, struct diag *d)
{
	struct pollfd f = { .fd = l->fd, .events = events };
	int64_t left = l->deadline_ms - clock_mono_ms();
	int n;

	if (left <= 0)
		left = 0;
	do
		n = poll(&f, 1, left > INT_MAX ? INT_MAX : (int)left);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return ERR_OK;
	return diag_fail(d, ERR_TIMEOUT, CLAUSE,
	    "gateway: not confirmed in time; the statement may be receipted "
	    "later");
}

static enum err
send_all(struct line *l, struct span s, struct diag *d)
{
	enum err e;

	while (s.n > 0) {
		ssize_t n = send(l->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n >= 0) {
			s = span_skip(s, (size_t)n);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return diag_fail(
			    d, ERR_NET, CLAUSE, "gateway: %s", strerror(errno));
		if ((e = wait_for(l, POLLOUT, d)) != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err
receive(struct line *l, struct diag *d)
{
	for (;;) {
		uint8_t bytes[4096];
		ssize_t n = recv(l->fd, bytes, sizeof bytes, 0);
		enum err e;

		if (n == 0)
			return diag_fail(
			    d, ERR_NET, CLAUSE, "gateway: hung up");
		if (n > 0) {
			buf_put(&l->in, span_of(bytes, (size_t)n));
			if (buf_error(&l->in) != ERR_OK)
				return diag_fail(d, ERR_TOO_LARGE, CLAUSE,
				    "gateway: answer line too long");
			return ERR_OK;
		}
		if (errno != EAGAIN && errno != EINTR)
			return diag_fail(
			    d, ERR_NET, CLAUSE, "gateway: %s", strerror(errno));
		if ((e = wait_for(l, POLLIN, d)) != ERR_OK)
			return e;
	}
}

/* The next line without its LF; it stays until the next call. */
static enum err
read_line(struct span *out, struct line *l, struct diag *d)
{
	size_t looked = 0;

	if (l->taken > 0)
		memmove(l->in.p, l->in.p + l->taken, l->in.n - l->taken);
	l->in.n -= l->taken;
	l->taken = 0;
	for (;;) {
		const uint8_t *lf =
		    looked == l->in.n
			? NULL
			: memchr(l->in.p + looked, '\n', l->in.n - looked);
		enum err e;

		if (lf != NULL) {
			*out = span_of(l->in.p, (size_t)(lf - l->in.p));
			l->taken = out->n + 1;
			return ERR_OK;
		}
		looked = l->in.n;
		if ((e = receive(l, d)) != ERR_OK)
			return e;
	}
}

static enum err
try_connect(struct line *l, const struct sockaddr_un *to, int *why)
{
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0) {
		*why = errno;
		return ERR_NET;
	}
	if (connect(l->fd, (const struct sockaddr *)to, sizeof *to) == 0 &&
	    fcntl(l->fd, F_SETFL, O_NONBLOCK) == 0)
		return ERR_OK;
	*why = errno;
	(void)close(l->fd);
	l->fd = -1;
	return ERR_NET;
}

static enum err
open_line(struct line *l, const char *path, struct diag *d)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int64_t until = clock_mono_ms() + CONNECT_MS;
	int why = 0;

	if (strlen(path) >= sizeof to.sun_path)
		return diag_fail(d, ERR_CONFIG, "",
		    "[gateway] socket: got %zu bytes, wanted at most %zu",
		    strlen(path), sizeof to.sun_path - 1);
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (l->deadline_ms < until)
		until = l->deadline_ms;
	while (try_connect(l, &to, &why) != ERR_OK) {
		if ((why != ENOENT && why != ECONNREFUSED && why != EAGAIN) ||
		    clock_mono_ms() >= until)
			return diag_fail(d, ERR_NET, CLAUSE,
			    "gateway %.120s: %s", path, strerror(why));
		(void)poll(NULL, 0, RETRY_MS);
	}
	return ERR_OK;
}

/* ---- answers ---- */
/* {"error":{"code","clause","detail"}} becomes our failure. */
static enum err
refusal(const struct json *v, struct diag *d)
{
	const struct json *error = json_get(v, "error");
	const char *code = json_text(json_get(error, "code"));
	const char *clause = json_text(json_get(error, "clause"));
	const char *detail = json_text(json_get(error, "detail"));

	return diag_fail(d, ERR_FORBIDDEN, clause != NULL ? clause : "",
	    "gateway refused: %s: %.150s", code != NULL ? code : "unknown",
	    detail != NULL ? detail : "");
}

/* The next answer, a refusal too. */
static enum err
next_answer(struct json **out, struct line *l, struct diag *d)
{
	struct span line;
	enum err e;

	*out = NULL;
	if ((e = read_line(&line, l, d)) != ERR_OK)
		return e;
	return json_parse(out, line, d);
}

static enum err
answer(struct json **out, struct line *l, struct diag *d)
{
	enum err e = next_answer(out, l, d);

	if (e != ERR_OK)
		return e;
	if (json_get(*out, "error") == NULL)
		return ERR_OK;
	e = refusal(*out, d);
	json_free(*out);
	*out = NULL;
	return e;
}

static enum err
read_put(struct handover_put *out, const struct json *v, struct diag *d)
{
	int64_t epoch, seq;
	const char *device;
	enum err e;

	if ((e = json_get_text(&device, v, "device", d)) != ERR_OK ||
	    (e = json_get_int(&epoch, v, "epoch", d)) != ERR_OK ||
	    (e = json_get_int(&seq, v, "seq", d)) != ERR_OK)
		return e;
	if (!name_valid(span_str(device)) || epoch < 1 || seq < 1)
		return diag_fail(
		    d, ERR_SCHEMA, CLAUSE, "gateway: answer out of range");
	(void)snprintf(out->device, sizeof out->device, "%s", device);
	out->epoch = (uint64_t)epoch;
	out->seq = (uint64_t)seq;
	return ERR_OK;
}

/* formats 3.3: the statement is in the chain; a nack says it has no effect. */
static enum err
read_nacks(
    const struct json *receipt, const struct handover_put *put, struct diag *d)
{
	const struct json *nacks = json_get(receipt, "nacks");

	for (size_t i = 0, n = json_count(nacks); i < n; i++) {
		const struct json *nack = json_at(nacks, i);
		const char *code = "", *detail = "";
		int64_t seq = 0;
		enum err e;

		if ((e = json_get_int(&seq, nack, "seq", d)) != ERR_OK)
			return e;
		if ((uint64_t)seq != put->seq)
			continue;
		if ((e = json_opt_text(&code, nack, "code", d)) != ERR_OK ||
		    (e = json_opt_text(&detail, nack, "detail", d)) != ERR_OK)
			return e;
		return diag_fail(d,
		    nack_code(span_str(code)) == ERR_SCHEMA ? ERR_SCHEMA
							    : ERR_FORBIDDEN,
		    "formats 3.3", "the ledger refused: %s: %.160s", code,
		    detail);
	}
	return ERR_OK;
}

static enum err
read_receipt(
    const struct json *v, const struct handover_put *put, struct diag *d)
{
	int64_t epoch, upto;
	enum err e;

	if ((e = json_get_int(&epoch, v, "epoch", d)) != ERR_OK ||
	    (e = json_get_int(&upto, v, "upto_seq", d)) != ERR_OK)
		return e;
	if ((uint64_t)epoch != put->epoch || upto < 0 ||
	    (uint64_t)upto < put->seq)
		return diag_fail(d, ERR_STATE, "formats 3.2",
		    "gateway: got a receipt up to %" PRId64 " of epoch %" PRId64
		    ", wanted %" PRIu64 " of %" PRIu64,
		    upto, epoch, put->seq, put->epoch);
	return read_nacks(v, put, d);
}

/* ---- the two requests ---- */
static enum err
do_put(struct handover_put *out, struct line *l, const char *identity,
    struct span payload, struct diag *d)
{
	char head[256];
	struct json *v;
	enum err e;

	(void)snprintf(head, sizeof head, "put %s %s %zu\n", identity,
	    CONTENT_REGISTRY, payload.n);
	if ((e = send_all(l, span_str(head), d)) != ERR_OK ||
	    (e = send_all(l, payload, d)) != ERR_OK ||
	    (e = answer(&v, l, d)) != ERR_OK)
		return e;
	e = read_put(out, v, d);
	json_free(v);
	return e;
}

static enum err
do_wait(const struct handover_put *put, struct line *l, const char *identity,
    struct diag *d)
{
	char head[128];
	struct json *v;
	enum err e;

	(void)snprintf(
	    head, sizeof head, "wait %s %" PRIu64 "\n", identity, put->seq);
	if ((e = send_all(l, span_str(head), d)) != ERR_OK ||
	    (e = answer(&v, l, d)) != ERR_OK)
		return e;
	e = read_receipt(v, put, d);
	json_free(v);
	return e;
}

enum err
handover_register(struct handover_put *out, const char *socket_path,
    const char *identity, struct span payload, int64_t deadline_ms,
    struct diag *d)
{
	struct line l = { .fd = -1, .deadline_ms = deadline_ms };
	enum err e;

	l.in = buf_heap(LINE_MAX_BYTES);
	if ((e = open_line(&l, socket_path, d)) != ERR_OK)
		goto out;
	if ((e = do_put(out, &l, identity, payload, d)) != ERR_OK)
		goto out;
	e = do_wait(out, &l, identity, d);
out:
	if (l.fd >= 0)
		(void)close(l.fd);
	buf_free(&l.in);
	return e;
}

/* ---- many at once ---- */
static enum err
send_put(struct handover_batch *b, struct line *l, struct buf *space, size_t i,
    struct diag *d)
{
	char head[256];
	enum err e;

	buf_reset(space);
	if ((e = b->payload(b->ctx, i, space)) != ERR_OK)
		return diag_fail(d, e, "", "payload: %s", err_name(e));
	(void)snprintf(head, sizeof head, "put %s %s %zu\n", b->identity,
	    b->content_type, space->n);
	b->sent++;
	if ((e = send_all(l, span_str(head), d)) != ERR_OK)
		return e;
	return send_all(l, buf_span(space), d);
}

static enum err
take_place(
    struct handover_batch *b, const struct handover_put *put, struct diag *d)
{
	if (b->epoch == 0) {
		memcpy(b->device, put->device, sizeof b->device);
		b->epoch = put->epoch;
	}
	if (put->epoch != b->epoch || strcmp(put->device, b->device) != 0)
		return diag_fail(d, ERR_STATE, "formats 1.4",
		    "gateway: got %s, epoch %" PRIu64 ", wanted %s, epoch "
		    "%" PRIu64 " as for those before",
		    put->device, put->epoch, b->device, b->epoch);
	b->places[b->answered].seq = put->seq;
	return ERR_OK;
}

/* The answer to the oldest payload under way; *stop: it was a refusal. */
static enum err
take_answer(
    struct handover_batch *b, struct line *l, bool *stop, struct diag *d)
{
	const char *code;
	struct handover_put put;
	struct diag why;
	struct json *v;
	enum err e;

	if ((e = next_answer(&v, l, d)) != ERR_OK)
		return e;
	if (json_get(v, "error") != NULL) {
		code = json_text(json_get(json_get(v, "error"), "code"));
		(void)refusal(v, &why);
		b->refused(
		    b->ctx, b->answered, code != NULL ? code : "unknown", &why);
		*stop = true;
	} else if ((e = read_put(&put, v, d)) == ERR_OK) {
		e = take_place(b, &put, d);
	}
	json_free(v);
	if (e == ERR_OK)
		b->answered++;
	return e;
}

static enum err
put_all(struct handover_batch *b, struct line *l, struct diag *d)
{
	struct buf space = buf_heap(STATEMENT_MAX);
	bool stop = false;
	enum err e = ERR_OK;

	while (e == ERR_OK && b->sent < b->count && !stop) {
		if (b->sent - b->answered == HANDOVER_WINDOW)
			e = take_answer(b, l, &stop, d);
		else
			e = send_put(b, l, &space, b->sent, d);
	}
	buf_free(&space);
	while (e == ERR_OK && b->answered < b->sent)
		e = take_answer(b, l, &stop, d);
	/* It took no more, but may have answered before. */
	if (e == ERR_NET) {
		struct diag ignored;

		while (b->answered < b->sent &&
		       take_answer(b, l, &stop, &ignored) == ERR_OK)
			continue;
	}
	return e;
}

/* The payload that has that seq; count: none. Seqs rise. */
static size_t
place_of(const struct handover_batch *b, uint64_t seq)
{
	size_t i = 0;

	if (b->places[0].seq > seq)
		return b->count; /* of before: receipts repeat old nacks */
	while (i < b->count && b->places[i].seq != seq)
		i++;
	return i;
}

static enum err
tell_nacks(struct handover_batch *b, const struct json *receipt, struct diag *d)
{
	const struct json *nacks = json_get(receipt, "nacks");

	for (size_t k = 0, n = json_count(nacks); k < n; k++) {
		const struct json *nack = json_at(nacks, k);
		const char *code = "", *detail = "";
		int64_t seq = 0;
		size_t i;
		enum err e;

		if ((e = json_get_int(&seq, nack, "seq", d)) != ERR_OK ||
		    (e = json_opt_text(&code, nack, "code", d)) != ERR_OK ||
		    (e = json_opt_text(&detail, nack, "detail", d)) != ERR_OK)
			return e;
		/* a gap is sent again: no verdict on a payload */
		if (seq <= 0 || (uint64_t)seq <= b->nacked_upto ||
		    nack_code(span_str(code)) == ERR_GAP ||
		    (i = place_of(b, (uint64_t)seq)) == b->count)
			continue;
		b->nacked_upto = (uint64_t)seq;
		b->nacked(b->ctx, i, code, detail);
	}
	return ERR_OK;
}

static enum err
wait_receipt(
    struct handover_batch *b, struct line *l, uint64_t seq, struct diag *d)
{
	char head[128];
	struct json *v;
	int64_t epoch, upto;
	enum err e;

	(void)snprintf(
	    head, sizeof head, "wait %s %" PRIu64 "\n", b->identity, seq);
	if ((e = send_all(l, span_str(head), d)) != ERR_OK ||
	    (e = answer(&v, l, d)) != ERR_OK)
		return e;
	if ((e = json_get_int(&epoch, v, "epoch", d)) == ERR_OK &&
	    (e = json_get_int(&upto, v, "upto_seq", d)) == ERR_OK) {
		if ((uint64_t)epoch != b->epoch || upto < 0 ||
		    (uint64_t)upto < seq)
			e = diag_fail(d, ERR_STATE, "formats 3.2",
			    "gateway: got a receipt up to %" PRId64
			    " of epoch %" PRId64 ", wanted %" PRIu64
			    " of %" PRIu64,
			    upto, epoch, seq, b->epoch);
		else
			b->receipted = (uint64_t)upto;
	}
	if (e == ERR_OK)
		e = tell_nacks(b, v, d);
	json_free(v);
	return e;
}

static enum err
wait_all(struct handover_batch *b, struct line *l, struct diag *d)
{
	uint64_t last = 0;
	size_t since = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; i < b->count; i++) {
		if (b->places[i].seq > last)
			last = b->places[i].seq;
	}
	for (size_t i = 0; e == ERR_OK && i < b->count; i++) {
		uint64_t seq = b->places[i].seq;

		if (seq <= b->receipted)
			continue;
		if (++since < RECEIPT_STRIDE && seq != last)
			continue;
		since = 0;
		e = wait_receipt(b, l, seq, d);
	}
	return e;
}

enum err
handover_batch(struct handover_batch *b, struct diag *d)
{
	struct line l = { .fd = -1, .deadline_ms = b->deadline_ms };
	enum err e;

	l.in = buf_heap(LINE_MAX_BYTES);
	if ((e = open_line(&l, b->socket_path, d)) == ERR_OK &&
	    (e = put_all(b, &l, d)) == ERR_OK && !b->no_wait)
		e = wait_all(b, &l, d);
	if (l.fd >= 0)
		(void)close(l.fd);
	buf_free(&l.in);
	return e;
}

/* ---- all that was stored ---- */
/* One `wait`; *none: nothing is stored under seq. */
static enum err
ask_wait(struct handover_head *h, bool *none, struct line *l,
    const char *identity, uint64_t seq, struct diag *d)
{
	int64_t epoch, upto;
	const char *code;
	char head[128];
	struct json *v;
	enum err e;

	*none = false;
	(void)snprintf(
	    head, sizeof head, "wait %s %" PRIu64 "\n", identity, seq);
	if ((e = send_all(l, span_str(head), d)) != ERR_OK ||
	    (e = next_answer(&v, l, d)) != ERR_OK)
		return e;
	code = json_text(json_get(json_get(v, "error"), "code"));
	if (code != NULL && strcmp(code, err_name(ERR_NOT_FOUND)) == 0) {
		*none = true;
	} else if (json_get(v, "error") != NULL) {
		e = refusal(v, d);
	} else if ((e = json_get_int(&epoch, v, "epoch", d)) == ERR_OK &&
		   (e = json_get_int(&upto, v, "upto_seq", d)) == ERR_OK) {
		if (epoch < 1 || upto < 0 || (uint64_t)upto < seq)
			e = diag_fail(d, ERR_STATE, "formats 3.2",
			    "gateway: got a receipt up to %" PRId64
			    ", wanted %" PRIu64,
			    upto, seq);
		h->epoch = (uint64_t)epoch;
		h->upto = (uint64_t)upto;
	}
	json_free(v);
	return e;
}

/* The gateway takes a piece of each client's bytes in a turn, and a question
 * takes a turn: so often with nothing new, and a socket full is worked off. */
#define DRAIN_TURNS 16

static enum err
drain(struct handover_head *h, struct line *l, const char *identity,
    struct diag *d)
{
	unsigned quiet = 0;
	bool none;
	enum err e = ERR_OK;

	while (e == ERR_OK && quiet < DRAIN_TURNS) {
		e = ask_wait(h, &none, l, identity, h->upto + 1, d);
		quiet = none ? quiet + 1 : 0;
	}
	return e;
}

enum err
handover_drain(struct handover_head *out, const char *socket_path,
    const char *identity, int64_t deadline_ms, struct diag *d)
{
	struct line l = { .fd = -1, .deadline_ms = deadline_ms };
	enum err e;

	*out = (struct handover_head){ 0, 0 };
	l.in = buf_heap(LINE_MAX_BYTES);
	if ((e = open_line(&l, socket_path, d)) == ERR_OK)
		e = drain(out, &l, identity, d);
	if (l.fd >= 0)
		(void)close(l.fd);
	buf_free(&l.in);
	return e;
}
