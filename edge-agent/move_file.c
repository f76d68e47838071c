/* SPDX-License-Identifier: Apache-2.0 */
#include "move_file.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "event/cbor.h"

#include "base/banned.h"

#define MAGIC_BYTES (sizeof(MOVE_FILE_MAGIC) - 1)
#define MAGIC_FAMILY "countermark/outbox/"
#define LENGTH_BYTES 4
#define HEAD_MAX 128 /* the file's own frame */
/* a section's: its receipt, its DID and a few numbers */
#define SECTION_MAX (MOVE_FILE_RECEIPT_MAX + DID_WEB_CHARS + 256)
#define SECTION_MEMBERS 8

/* ---- what both directions hold of a chain ---- */

static enum err
move_file_section_check(const struct move_file_section *s, struct diag *d)
{
	static const struct hash none;
	const struct outbox_chain *c = &s->chain;

	if (s->moves < 1 || s->moves > MOVE_FILE_MOVES || c->epoch < 1 ||
	    c->acked > c->seq)
		return diag_fail(d, ERR_BAD_ENCODING, "outbox-file 2.3",
		    "section: move %llu, epoch %llu, receipted %llu of %llu",
		    (unsigned long long)s->moves, (unsigned long long)c->epoch,
		    (unsigned long long)c->acked, (unsigned long long)c->seq);
	if (s->receipt.n == 0 && c->acked > 0)
		return diag_fail(d, ERR_BAD_ENCODING, "outbox-file 2.3",
		    "section: receipted up to %llu without a receipt",
		    (unsigned long long)c->acked);
	if (c->epoch == 1 && c->acked == 0 &&
	    !hash_equal(&c->acked_head, &none))
		return diag_fail(d, ERR_BAD_ENCODING, "formats 1.4",
		    "section: seq 1 of epoch 1 has a statement before it");
	return ERR_OK;
}

static void
move_file_link_start(
    struct move_file_link *l, const struct move_file_section *s)
{
	l->section = *s;
	l->section.chain.head = s->chain.acked_head;
	l->at = s->chain.acked;
}

/* formats 1.5, its order; the section stands for the enrolment. */
static enum err
move_file_judge(const struct move_file_link *l, struct statement *st,
    struct span bytes, struct diag *d)
{
	const struct move_file_section *s = &l->section;
	enum err e = statement_parse(st, bytes, d);

	if (e != ERR_OK)
		return e;
	if (!span_is(st->claims.iss, s->did))
		return diag_fail(d, ERR_UNKNOWN_DEVICE, "formats 1.5",
		    "iss is not %s", s->did);
	if (st->claims.epoch != s->chain.epoch)
		return diag_fail(d, ERR_EPOCH, "formats 1.5",
		    "epoch %llu, wanted %llu",
		    (unsigned long long)st->claims.epoch,
		    (unsigned long long)s->chain.epoch);
	if (memcmp(st->kid, s->kid, KEY_BYTES) != 0)
		return diag_fail(d, ERR_BAD_SIGNATURE, "formats 1.5",
		    "kid is not the section's key");
	e = statement_verify(st, d);
	if (e != ERR_OK)
		return e;
	if (st->claims.seq != l->at + 1)
		return diag_fail(d, ERR_GAP, "formats 1.4", "seq %llu",
		    (unsigned long long)st->claims.seq);
	if (!hash_equal(&st->claims.prev, &s->chain.head))
		return diag_fail(d, ERR_PROOF, "formats 1.4",
		    "prev is not the hash of the one before");
	return ERR_OK;
}

/* Lets the next statement pass; *hash is its hash. */
static enum err
move_file_link_pass(struct move_file_link *l, struct hash *hash,
    struct span bytes, struct diag *d)
{
	struct statement st;
	struct diag why;
	enum err e;

	diag_clear(&why);
	e = move_file_judge(l, &st, bytes, &why);
	if (e != ERR_OK)
		return diag_fail(d, e, why.clause, "%s: statement %llu: %s",
		    l->section.did, (unsigned long long)(l->at + 1), why.text);
	*hash = statement_hash(&st);
	l->section.chain.head = *hash;
	l->at++;
	return ERR_OK;
}

/* ---- writing ---- */

static enum err
move_file_put(struct move_file_out *o, struct span s, struct diag *d)
{
	sha256_add(&o->sha, s);
	if (s.n > 0 && fwrite(s.p, 1, s.n, o->f) != s.n)
		return diag_fail(d, ERR_IO, "", "write: %s", strerror(errno));
	return ERR_OK;
}

static enum err
move_file_put_frame(struct move_file_out *o, struct span s, struct diag *d)
{
	uint8_t space[LENGTH_BYTES];
	struct buf length = buf_fixed(space, sizeof(space));
	enum err e;

	buf_u32be(&length, (uint32_t)s.n);
	e = move_file_put(o, buf_span(&length), d);
	return e == ERR_OK ? move_file_put(o, s, d) : e;
}

enum err
move_file_start(struct move_file_out *o, FILE *f, const char *log,
    unsigned sections, struct diag *d)
{
	uint8_t space[HEAD_MAX];
	struct buf frame = buf_fixed(space, sizeof(space));
	enum err e;

	if (!name_valid(span_str(log)) || sections < 1 ||
	    sections > MOVE_FILE_IDENTITIES)
		return diag_fail(d, ERR_USAGE, "outbox-file 2.2",
		    "log %s, %u sections", log, sections);
	*o = (struct move_file_out){ .f = f, .sections = sections };
	sha256_init(&o->sha);
	cbor_put_array(&frame, 2);
	cbor_put_text(&frame, span_str(log));
	cbor_put_uint(&frame, sections);
	e = move_file_put(o, span_str(MOVE_FILE_MAGIC), d);
	return e == ERR_OK ? move_file_put_frame(o, buf_span(&frame), d) : e;
}

enum err
move_file_section(
    struct move_file_out *o, const struct move_file_section *s, struct diag *d)
{
	struct buf frame = buf_heap(SECTION_MAX);
	const struct outbox_chain *c = &s->chain;
	enum err e = move_file_section_check(s, d);

	if (e != ERR_OK || o->link.at != o->link.section.chain.seq ||
	    o->sections == 0 || s->receipt.n > MOVE_FILE_RECEIPT_MAX)
		return e != ERR_OK ? e
				   : diag_fail(d, ERR_USAGE, "outbox-file 2.3",
					 "section: not now, or too large");
	cbor_put_array(&frame, SECTION_MEMBERS);
	cbor_put_bytes(&frame, span_of(s->kid, KEY_BYTES));
	cbor_put_text(&frame, span_str(s->did));
	cbor_put_uint(&frame, s->moves);
	cbor_put_uint(&frame, c->epoch);
	cbor_put_uint(&frame, c->acked);
	cbor_put_bytes(&frame, hash_span(&c->acked_head));
	cbor_put_uint(&frame, c->seq);
	cbor_put_bytes(&frame, s->receipt);
	e = buf_error(&frame);
	if (e != ERR_OK)
		(void)diag_fail(d, e, "outbox-file 2.3", "section: no space");
	else
		e = move_file_put_frame(o, buf_span(&frame), d);
	buf_free(&frame);
	o->sections--;
	move_file_link_start(&o->link, s);
	return e;
}

enum err
move_file_statement(struct move_file_out *o, struct span bytes, struct diag *d)
{
	struct hash hash;
	enum err e;

	if (o->link.at >= o->link.section.chain.seq)
		return diag_fail(d, ERR_USAGE, "outbox-file 2.4",
		    "more statements than the section says");
	e = move_file_link_pass(&o->link, &hash, bytes, d);
	return e == ERR_OK ? move_file_put_frame(o, bytes, d) : e;
}

static enum err
move_file_flush(FILE *f, const struct hash *last, struct diag *d)
{
	if (fwrite(last->b, 1, HASH_BYTES, f) != HASH_BYTES || fflush(f) != 0)
		return diag_fail(d, ERR_IO, "", "write: %s", strerror(errno));
	return ERR_OK;
}

enum err
move_file_end(struct move_file_out *o, struct hash *seal, struct diag *d)
{
	static const struct hash room;

	if (o->sections > 0 || o->link.at != o->link.section.chain.seq)
		return diag_fail(d, ERR_USAGE, "outbox-file 2.4",
		    "fewer statements than the section says");
	sha256_done(&o->sha, seal);
	return move_file_flush(o->f, &room, d);
}

enum err
move_file_seal(FILE *f, const struct hash *seal, struct diag *d)
{
	if (fseeko(f, -HASH_BYTES, SEEK_END) != 0)
		return diag_fail(d, ERR_IO, "", "seek: %s", strerror(errno));
	return move_file_flush(f, seal, d);
}

/* ---- reading ---- */

/* Exactly n bytes, past the running hash. */
static enum err
move_file_raw(FILE *f, void *p, size_t n, struct diag *d)
{
	if (fread(p, 1, n, f) == n)
		return ERR_OK;
	if (ferror(f))
		return diag_fail(d, ERR_IO, "", "read: %s", strerror(errno));
	return diag_fail(d, ERR_TRUNCATED, "outbox-file 2.1",
	    "the file ends before its end: it was cut");
}

static enum err
move_file_get(struct move_file_in *in, void *p, size_t n, struct diag *d)
{
	enum err e = move_file_raw(in->f, p, n, d);

	if (e == ERR_OK)
		sha256_add(&in->sha, span_of(p, n));
	return e;
}

/* The next frame, at most max bytes of it, in in->frame. */
static enum err
move_file_get_frame(struct move_file_in *in, struct span *out, size_t max,
    const char *what, struct diag *d)
{
	uint8_t b[LENGTH_BYTES];
	size_t n;
	enum err e = move_file_get(in, b, sizeof(b), d);

	if (e != ERR_OK)
		return e;
	n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
	if (n > max)
		return diag_fail(d, ERR_TOO_LARGE, "outbox-file 2.1",
		    "%s: %zu bytes, wanted at most %zu", what, n, max);
	*out = span_of(in->frame, n);
	return move_file_get(in, in->frame, n, d);
}

static enum err
move_file_cbor(const struct cbor *c, const char *what, struct diag *d)
{
	if (cbor_done(c) == ERR_OK)
		return ERR_OK;
	return diag_fail(d, ERR_BAD_ENCODING, "outbox-file 2.2",
	    "%s, byte %zu: %s, got %s", what, c->failed_at,
	    c->why != NULL ? c->why : "wanted its end", cbor_got(c));
}

/* What an outbox can hold. */
static uint64_t
move_file_number(struct cbor *c)
{
	uint64_t v = cbor_uint(c);

	if (v > INT64_MAX)
		cbor_fail(c, "wanted a number of 63 bits");
	return v;
}

static void
move_file_fixed(struct cbor *c, uint8_t *out, size_t n)
{
	struct span s = cbor_bytes(c);

	if (s.n == n)
		memcpy(out, s.p, n);
	else
		cbor_fail(c, "wanted 32 bytes");
}

static void
move_file_text(struct cbor *c, char *out, size_t max)
{
	struct span s = cbor_text(c);

	if (s.n == 0 || s.n > max || memchr(s.p, '\0', s.n) != NULL) {
		cbor_fail(c, "wanted a text of the right length");
		return;
	}
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

static enum err
move_file_read_head(struct move_file_in *in, struct diag *d)
{
	uint8_t magic[MAGIC_BYTES];
	struct span frame;
	struct cbor c;
	uint64_t sections;
	enum err e = move_file_get(in, magic, sizeof(magic), d);

	if (e == ERR_OK)
		e = move_file_get_frame(in, &frame, HEAD_MAX, "head", d);
	if (e != ERR_OK)
		return e;
	cbor_init(&c, frame);
	if (cbor_array(&c) != 2)
		cbor_fail(&c, "wanted an array of 2");
	move_file_text(&c, in->log, NAME_CHARS);
	if (!name_valid(span_str(in->log)))
		cbor_fail(&c, "wanted a log's name");
	sections = cbor_uint(&c);
	if (sections < 1 || sections > MOVE_FILE_IDENTITIES)
		cbor_fail(&c, "wanted 1 to 256 sections");
	cbor_end(&c);
	in->sections = (unsigned)sections;
	return move_file_cbor(&c, "head", d);
}

static enum err
move_file_read_section(struct move_file_in *in, struct diag *d)
{
	struct move_file_section s;
	struct span frame;
	struct cbor c;
	enum err e = move_file_get_frame(in, &frame, SECTION_MAX, "section", d);

	if (e != ERR_OK)
		return e;
	memset(&s, 0, sizeof(s));
	cbor_init(&c, frame);
	if (cbor_array(&c) != SECTION_MEMBERS)
		cbor_fail(&c, "wanted an array of 8");
	move_file_fixed(&c, s.kid, KEY_BYTES);
	move_file_text(&c, s.did, DID_WEB_CHARS);
	s.moves = move_file_number(&c);
	s.chain.epoch = move_file_number(&c);
	s.chain.acked = move_file_number(&c);
	move_file_fixed(&c, s.chain.acked_head.b, HASH_BYTES);
	s.chain.seq = move_file_number(&c);
	s.receipt = cbor_bytes(&c);
	if (s.receipt.n > MOVE_FILE_RECEIPT_MAX)
		cbor_fail(&c, "wanted a receipt of at most 65536 bytes");
	cbor_end(&c);
	e = move_file_cbor(&c, "section", d);
	if (e == ERR_OK)
		e = move_file_section_check(&s, d);
	if (e != ERR_OK)
		return e;
	move_file_link_start(&in->link, &s);
	in->sections--;
	return ERR_OK;
}

static enum err
move_file_read_statement(
    struct move_file_in *in, struct move_file_item *out, struct diag *d)
{
	enum err e =
	    move_file_get_frame(in, &out->bytes, STATEMENT_MAX, "statement", d);

	if (e == ERR_OK)
		e = move_file_link_pass(&in->link, &out->hash, out->bytes, d);
	out->seq = in->link.at;
	return e;
}

static enum err
move_file_read_end(struct move_file_in *in, struct diag *d)
{
	struct hash seal, got;
	enum err e;

	sha256_done(&in->sha, &seal);
	e = move_file_raw(in->f, got.b, HASH_BYTES, d);
	if (e != ERR_OK)
		return e;
	/* Bytes behind the last section, or a file that changes. */
	if (!hash_equal(&seal, &got) || fgetc(in->f) != EOF)
		return diag_fail(d, ERR_PROOF, "outbox-file 2.5",
		    "the seal is not where the last section ends");
	return ERR_OK;
}

enum err
move_file_next(
    struct move_file_in *in, struct move_file_item *out, struct diag *d)
{
	if (in->link.at < in->link.section.chain.seq) {
		out->kind = MOVE_FILE_STATEMENT;
		return move_file_read_statement(in, out, d);
	}
	if (in->sections > 0) {
		out->kind = MOVE_FILE_SECTION;
		return move_file_read_section(in, d);
	}
	out->kind = MOVE_FILE_END;
	return move_file_read_end(in, d);
}

/* Says so of a file of another kind before its seal is looked at. */
static enum err
move_file_magic(FILE *f, struct diag *d)
{
	uint8_t space[MAGIC_BYTES] = { 0 };
	struct span magic = span_of(space, sizeof(space));

	if (fread(space, 1, sizeof(space), f) != sizeof(space) && ferror(f))
		return diag_fail(d, ERR_IO, "", "read: %s", strerror(errno));
	if (feof(f) || !span_starts(magic, MAGIC_FAMILY))
		return diag_fail(d, ERR_BAD_ENCODING, "outbox-file 2.1",
		    "this is no exported outbox");
	if (!span_is(magic, MOVE_FILE_MAGIC))
		return diag_fail(d, ERR_UNSUPPORTED, "outbox-file 2.1",
		    "an exported outbox of another version than v1");
	return ERR_OK;
}

/* The seal over the whole file: damage is told from a forged statement, and
 * nothing else is looked at in a file that an export did not end. */
static enum err
move_file_check_seal(struct move_file_in *in, off_t bytes, struct diag *d)
{
	static const struct hash room;
	struct hash seal, got;
	off_t left = bytes - HASH_BYTES;
	enum err e = ERR_OK;

	rewind(in->f);
	sha256_init(&in->sha);
	while (e == ERR_OK && left > 0) {
		size_t n = left < SECTION_MAX ? (size_t)left : SECTION_MAX;
		e = move_file_get(in, in->frame, n, d);
		left -= (off_t)n;
	}
	if (e == ERR_OK)
		e = move_file_raw(in->f, got.b, HASH_BYTES, d);
	if (e != ERR_OK)
		return e;
	sha256_done(&in->sha, &seal);
	if (hash_equal(&got, &room))
		return diag_fail(d, ERR_TRUNCATED, "outbox-file 2.5",
		    "the export did not end: repeat it where it was begun");
	if (!hash_equal(&got, &seal))
		return diag_fail(d, ERR_PROOF, "outbox-file 2.5",
		    "the seal does not fit: the file is cut or damaged");
	return ERR_OK;
}

enum err
move_file_open(struct move_file_in *in, FILE *f, struct diag *d)
{
	off_t bytes;
	enum err e;

	*in = (struct move_file_in){ .f = f, .frame = malloc(SECTION_MAX) };
	if (in->frame == NULL)
		return diag_fail(d, ERR_NOMEM, "", "outbox file: no memory");
	e = move_file_magic(f, d);
	if (e != ERR_OK)
		return e;
	if (fseeko(f, 0, SEEK_END) != 0 || (bytes = ftello(f)) < 0)
		return diag_fail(d, ERR_IO, "", "seek: %s", strerror(errno));
	if (bytes < (off_t)MAGIC_BYTES + HASH_BYTES)
		return diag_fail(d, ERR_TRUNCATED, "outbox-file 2.1",
		    "the file ends before its end: it was cut");
	e = move_file_check_seal(in, bytes, d);
	if (e != ERR_OK)
		return e;
	rewind(f);
	sha256_init(&in->sha);
	return move_file_read_head(in, d);
}

void
move_file_close(struct move_file_in *in)
{
	free(in->frame);
	in->frame = NULL;
}
