/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/witness.h"

#include <inttypes.h>

#include "base/text.h"

#include "base/banned.h"

static const char clause[] = "C2SP tlog-witness";

/* The next line of *rest without its LF; false when there is none. */
static bool
take_line(struct span *line, struct span *rest)
{
	const uint8_t *lf =
	    rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);

	if (lf == NULL)
		return false;
	*line = span_of(rest->p, (size_t)(lf - rest->p));
	*rest = span_skip(*rest, line->n + 1);
	return true;
}

static enum err
parse_proof(struct witness_request *out, struct span line, struct diag *d)
{
	size_t n = 0;

	if (out->count == WITNESS_PROOF_LINES)
		return diag_fail(d, ERR_BAD_ENCODING, clause,
		    "proof: more than %d lines", WITNESS_PROOF_LINES);
	if (line.n != HASH64_CHARS ||
	    base64_parse(out->proof[out->count].b, HASH_BYTES, &n, line) !=
		ERR_OK ||
	    n != HASH_BYTES)
		return diag_fail(d, ERR_BAD_ENCODING, clause,
		    "proof line %zu: wanted the base64 of 32 bytes",
		    out->count + 1);
	out->count++;
	return ERR_OK;
}

enum err
witness_request_parse(
    struct witness_request *out, struct span body, struct diag *d)
{
	struct span line, rest = body;

	memset(out, 0, sizeof *out);
	if (body.n > WITNESS_REQUEST_MAX)
		return diag_fail(d, ERR_TOO_LARGE, clause,
		    "request: got %zu bytes, wanted at most %zu", body.n,
		    WITNESS_REQUEST_MAX);
	if (!take_line(&line, &rest) || !span_starts(line, "old ") ||
	    u64_parse(&out->old, span_skip(line, 4), UINT64_MAX) != ERR_OK)
		return diag_fail(d, ERR_BAD_ENCODING, clause,
		    "first line: wanted old and a size");
	for (;;) {
		enum err e;

		if (!take_line(&line, &rest))
			return diag_fail(d, ERR_BAD_ENCODING, clause,
			    "request: no empty line after the proof");
		if (line.n == 0)
			break;
		if ((e = parse_proof(out, line, d)) != ERR_OK)
			return e;
	}
	if (rest.n == 0)
		return diag_fail(
		    d, ERR_BAD_ENCODING, clause, "request: no checkpoint");
	out->note = rest;
	return ERR_OK;
}

enum err
witness_request_print(struct buf *out, const struct witness_request *r)
{
	if (r->count > WITNESS_PROOF_LINES)
		return ERR_USAGE;
	buf_printf(out, "old %" PRIu64 "\n", r->old);
	for (size_t i = 0; i < r->count; i++) {
		base64_put(out, hash_span(&r->proof[i]));
		buf_byte(out, '\n');
	}
	buf_byte(out, '\n');
	buf_put(out, r->note);
	return buf_error(out);
}

enum err
witness_size_parse(uint64_t *out, struct span body, struct diag *d)
{
	if (body.n < 2 || body.p[body.n - 1] != '\n' ||
	    u64_parse(out, span_of(body.p, body.n - 1), UINT64_MAX) != ERR_OK)
		return diag_fail(d, ERR_BAD_ENCODING, clause,
		    "answer 409: wanted a size and a line feed");
	return ERR_OK;
}

/* One line as the only signature of the checkpoint. */
static enum err
line_by(struct span line, struct span text, const struct note_key *key,
    struct diag *d)
{
	struct buf note = buf_heap(NOTE_MAX);
	struct span opened;
	enum err e;

	buf_put(&note, text);
	buf_byte(&note, '\n');
	buf_put(&note, line);
	e = buf_error(&note);
	if (e == ERR_OK)
		e = note_open(&opened, NULL, buf_span(&note), key, d);
	else
		e = diag_fail(d, e, clause, "answer: %s", err_name(e));
	/* a line that holds an empty line would split the note elsewhere */
	if (e == ERR_OK && !span_equal(opened, text))
		e = diag_fail(d, ERR_BAD_ENCODING, clause,
		    "answer: the line changes the checkpoint");
	buf_free(&note);
	return e;
}

enum err
witness_answer_parse(struct span *out, struct span body, struct span text,
    const struct note_key *key, struct diag *d)
{
	struct span line, rest = body;
	enum err worst = diag_fail(d, ERR_BAD_SIGNATURE, clause,
	    "answer: no signature by %.150s", key->name);
	unsigned lines = 0;

	if (body.n > WITNESS_ANSWER_MAX)
		return diag_fail(d, ERR_TOO_LARGE, clause,
		    "answer: got %zu bytes, wanted at most %d", body.n,
		    WITNESS_ANSWER_MAX);
	while (rest.n > 0) {
		const uint8_t *start = rest.p;
		enum err e;

		if (!take_line(&line, &rest) || ++lines > NOTE_SIGNATURES)
			return diag_fail(d, ERR_BAD_ENCODING, clause,
			    "answer: wanted up to %d lines", NOTE_SIGNATURES);
		e = line_by(span_of(start, line.n + 1), text, key, d);
		if (e == ERR_OK) {
			*out = span_of(start, line.n + 1);
			return ERR_OK;
		}
		if (e != ERR_BAD_SIGNATURE)
			return e;
	}
	return worst;
}

const struct note_key *
witness_log(
    const struct witness_request *r, const struct note_key *logs, size_t n)
{
	struct span origin, rest = r->note;

	if (!take_line(&origin, &rest))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (span_is(origin, logs[i].name))
			return &logs[i];
	}
	return NULL;
}

static unsigned
refuse(struct diag *d, unsigned status, enum err e, const char *why)
{
	(void)diag_fail(d, e, clause, "%s", why);
	return status;
}

/* The proof from what was seen, when it is seen that the client knows it. */
static unsigned
judge_growth(const struct checkpoint *c, const struct witness_request *r,
    const struct witness_seen *seen, struct diag *d)
{
	if (r->old == c->size && !hash_equal(&c->root, &seen->root)) {
		(void)diag_fail(d, ERR_PROOF, "formats 6.1",
		    "size %" PRIu64 " was cosigned with another root", c->size);
		return 409;
	}
	if (r->old == 0 || r->old == c->size)
		return r->count == 0
			   ? 200
			   : refuse(d, 422, ERR_PROOF, "proof: wanted none");
	if (merkle_verify_consistency(r->old, &seen->root, c->size, &c->root,
		r->proof, r->count, d) != ERR_OK)
		return 422;
	return 200;
}

/* Is all before the signatures as it should be? Then what is wrong is that none
 * of them verifies. */
static bool
body_right(struct span note)
{
	struct span line, rest = note;
	struct checkpoint c;

	for (int i = 0; i < 3; i++)
		if (!take_line(&line, &rest))
			return false;
	return checkpoint_parse(&c, span_of(note.p, note.n - rest.n), NULL) ==
		   ERR_OK &&
	       rest.n > 1 && rest.p[0] == '\n';
}

unsigned
witness_judge(struct checkpoint *c, const struct witness_request *r,
    const struct note_key *log, const struct witness_seen *seen, struct diag *d)
{
	enum err e;

	if (log == NULL)
		return refuse(d, 404, ERR_NOT_FOUND, "origin: not known");
	e = checkpoint_open(c, r->note, log, d);
	if (e != ERR_OK)
		return e == ERR_BAD_SIGNATURE || body_right(r->note) ? 403
								     : 400;
	if (strcmp(c->origin, log->name) != 0)
		return refuse(d, 404, ERR_NOT_FOUND, "origin: not known");
	if (r->old > c->size)
		return refuse(d, 400, ERR_BAD_ENCODING,
		    "old size: larger than the checkpoint's");
	if (r->old != seen->size) {
		(void)diag_fail(d, ERR_EXISTS, clause,
		    "old size: got %" PRIu64 ", wanted %" PRIu64, r->old,
		    seen->size);
		return 409;
	}
	return judge_growth(c, r, seen, d);
}
