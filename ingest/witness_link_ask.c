/* SPDX-License-Identifier: Apache-2.0 */
/* One witness: what it is asked, and what its answers mean. */
#include "witness_link_internal.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include "base/banned.h"

#define BACKOFF_MAX_MS 30000
#define BEHIND_MS 10000 /* so long a witness may read the log first */

/* ---- the question ---- */
static enum err
put_request(struct witness_link *w, struct asked *a, uint64_t old,
    struct buf *body, struct diag *d)
{
	struct witness_request r = { .old = old, .note = buf_span(&w->note) };
	struct hash path[MERKLE_PATH_MAX];
	enum err e = ERR_OK;

	if (old > 0 && old < w->at.size)
		e = merkle_consistency(path, &r.count, old, w->at.size,
		    store_read_hashes, w->store, d);
	if (e == ERR_OK && r.count > WITNESS_PROOF_LINES)
		e = diag_fail(d, ERR_LIMIT, "C2SP tlog-witness", "proof");
	if (e != ERR_OK)
		return e;
	if (r.count > 0)
		memcpy(r.proof, path, r.count * sizeof path[0]);
	buf_reset(&a->note);
	buf_put(&a->note, buf_span(&w->note));
	e = witness_request_print(body, &r);
	if (e == ERR_OK)
		e = buf_error(&a->note);
	if (e == ERR_OK)
		e = asker_put(a->asker, buf_span(body));
	return e == ERR_OK ? e : diag_fail(d, e, "", "witness request");
}

enum err
witness_link_ask(
    struct witness_link *w, struct asked *a, uint64_t old, struct diag *d)
{
	struct buf body = buf_heap(WITNESS_REQUEST_MAX);
	enum err e = put_request(w, a, old, &body, d);

	buf_free(&body);
	a->under_way = e == ERR_OK;
	a->old = old;
	a->about = w->at.size;
	return e;
}

bool
witness_link_answer(struct asked *a, struct http_answer *out)
{
	if (!a->under_way || !asker_take(a->asker, out))
		return false;
	a->under_way = false;
	return true;
}

/* ---- the answer ---- */
static void
fail(struct asked *a, struct witness_link *w, const char *what, unsigned status,
    const char *text)
{
	int64_t wait = WITNESS_LINK_RETRY_MS;
	char quoted[200];

	for (unsigned i = 0; i < a->failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	a->failures++;
	a->corrected = false;
	a->behind_ms = 0;
	a->not_before_ms =
	    clock_mono_ms() + (wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS);
	metric_add(&w->o.metrics->witness_failures, 1);
	if (a->failures == 1 || a->failures % 20 == 0)
		log_line(LOG_WARN, what,
		    "witness=%s status=%u failures=%u why=%s", a->key->name,
		    status, a->failures,
		    log_quote(quoted, sizeof quoted, text));
}

/* The body's first line at most, for the log line. */
static const char *
first_line(struct buf *body)
{
	uint8_t *lf = body->n == 0 ? NULL : memchr(body->p, '\n', body->n);
	const char *text;

	if (lf != NULL)
		body->n = (size_t)(lf - body->p);
	if (body->n > 150)
		body->n = 150;
	text = buf_text(body);
	return text == NULL || !utf8_valid(span_str(text)) ? "" : text;
}

/* The three lines that are signed. */
static struct span
text_of(const struct buf *note)
{
	struct span s = buf_span(note);
	size_t i;

	for (i = 2; i < s.n; i++)
		if (s.p[i - 1] == '\n' && s.p[i] == '\n')
			break;
	return span_of(s.p, i);
}

static void
take_line(struct witness_link *w, struct asked *a, struct http_answer *answer)
{
	struct diag d = { .code = ERR_OK };
	struct span line;

	/* never believed unseen: what is wrong would spoil the note */
	if (witness_answer_parse(&line, buf_span(&answer->body),
		text_of(&a->note), a->key, &d) != ERR_OK) {
		fail(a, w, "witness.wrong", answer->status, d.text);
		return;
	}
	if (a->about == w->at.size) {
		buf_reset(&a->line);
		buf_put(&a->line, line);
	}
	a->known = true;
	a->size = a->about;
	a->failures = 0;
	a->corrected = false;
	a->behind_ms = 0;
	a->not_before_ms = 0;
}

/* 409: asked again at once with what it knows, unless that is more than there
 * is, or another number each time. */
static void
take_size(struct witness_link *w, struct asked *a, struct http_answer *answer)
{
	struct diag d = { .code = ERR_OK };
	bool again = a->corrected;
	uint64_t size;

	if (witness_size_parse(&size, buf_span(&answer->body), &d) != ERR_OK) {
		fail(a, w, "witness.wrong", answer->status, d.text);
		return;
	}
	a->known = true;
	a->size = size;
	a->corrected = true;
	if (size > w->at.size || size == a->old) {
		log_line(LOG_ERROR, "witness.disagrees",
		    "witness=%s knows=%" PRIu64 " ours=%" PRIu64, a->key->name,
		    size, w->at.size);
		fail(a, w, "witness.refused", answer->status,
		    "it knows another tree, or a larger one");
	} else if (again) {
		fail(a, w, "witness.refused", answer->status,
		    "it names one size after the other");
	}
}

/* 503: it reads the log first. Soon again about the same checkpoint, also when
 * that lasts: it reads when it is asked, and with the pauses of other failures
 * the log would grow by more than it reads. But a failure in the end: a witness
 * that cannot read the log would else be missed by nobody. */
static void
take_behind(struct witness_link *w, struct asked *a, struct buf *body)
{
	int64_t now = clock_mono_ms();
	int64_t since = a->behind_ms != 0 ? a->behind_ms : now;

	if (now - since >= BEHIND_MS)
		fail(a, w, "witness.behind", 503, first_line(body));
	a->behind_ms = since;
	a->not_before_ms = now + WITNESS_LINK_RETRY_MS;
}

void
witness_link_take(
    struct witness_link *w, struct asked *a, struct http_answer *answer)
{
	if (answer->failed != ERR_OK)
		fail(a, w, "witness.silent", 0, answer->why);
	else if (answer->status == 200)
		take_line(w, a, answer);
	else if (answer->status == 409)
		take_size(w, a, answer);
	else if (answer->status == 503)
		take_behind(w, a, &answer->body);
	else
		fail(a, w, "witness.refused", answer->status,
		    first_line(&answer->body));
}

enum err
witness_link_take_check(struct witness_link *w, struct asked *a,
    struct http_answer *answer, uint64_t size, struct diag *d)
{
	if (answer->failed != ERR_OK || answer->status >= 500) {
		log_line(LOG_WARN, "witness.unasked",
		    "witness=%s status=%u hint=\"starts without its word on "
		    "how far the log had come\"",
		    a->key->name, answer->status);
	} else if (answer->status == 200) {
		take_line(w, a, answer);
	} else if (answer->status == 409 &&
		   witness_size_parse(
		       &a->size, buf_span(&answer->body), NULL) == ERR_OK) {
		a->known = true;
		if (a->size > size)
			return diag_fail(d, ERR_REWIND, "formats 6.1",
			    "the log has %" PRIu64 " entries, witness %.80s "
			    "knows %" PRIu64,
			    size, a->key->name, a->size);
	}
	return ERR_OK;
}
