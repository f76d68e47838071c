/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/cbor.h"

#include "move_file.h"

#include "base/banned.h"

/*
 * Files are put together here byte by byte, so that each may be wrong in one
 * place; what the product writes is held against them.
 */
#define DID "did:web:countermark.example:device:dock-1"
#define MAX (1u << 20)

static struct sign_key key, other_key;
static struct buf file;
static struct diag d;

/* A section with two statements after seq 3, to be spoiled by the case. */
static struct {
	unsigned members;
	size_t kid_bytes;
	const char *did;
	uint64_t moves, epoch, acked, seq;
	struct hash acked_head;
	struct span receipt;
	struct claims claims[2];
	const struct sign_key *signer;
	unsigned statements;
	unsigned flip; /* in the second statement's signature */
} spec;

static int
setup(void **state)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };

	(void)state;
	key_from_seed(&key, seed);
	key_generate(&other_key);
	buf_free(&file); /* of the case before in the same test */
	file = buf_heap(MAX);
	memset(&spec, 0, sizeof(spec));
	spec.members = 8;
	spec.kid_bytes = KEY_BYTES;
	spec.did = DID;
	spec.moves = spec.epoch = 1;
	spec.acked = 3;
	spec.seq = 5;
	memset(spec.acked_head.b, 9, HASH_BYTES);
	spec.receipt = span_str("receipt");
	spec.signer = &key;
	spec.statements = 2;
	for (unsigned i = 0; i < 2; i++) {
		spec.claims[i].iss = span_str(DID);
		spec.claims[i].sub = span_str("x");
		spec.claims[i].epoch = 1;
		spec.claims[i].seq = 4 + i;
	}
	spec.claims[0].prev = spec.acked_head;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&file);
	return 0;
}

static void
frame(struct span s)
{
	buf_u32be(&file, (uint32_t)s.n);
	buf_put(&file, s);
}

static void
put_head(const char *log, uint64_t sections)
{
	struct buf b = buf_heap(1000);

	buf_str(&file, MOVE_FILE_MAGIC);
	cbor_put_array(&b, 2);
	cbor_put_text(&b, span_str(log));
	cbor_put_uint(&b, sections);
	frame(buf_span(&b));
	buf_free(&b);
}

static void
put_section(void)
{
	struct buf b = buf_heap(MAX);

	cbor_put_array(&b, spec.members);
	cbor_put_bytes(&b, span_of(key.pub, spec.kid_bytes));
	cbor_put_text(&b, span_str(spec.did));
	cbor_put_uint(&b, spec.moves);
	cbor_put_uint(&b, spec.epoch);
	cbor_put_uint(&b, spec.acked);
	cbor_put_bytes(&b, hash_span(&spec.acked_head));
	cbor_put_uint(&b, spec.seq);
	cbor_put_bytes(&b, spec.receipt);
	frame(buf_span(&b));
	buf_free(&b);
}

static void
make(unsigned i, struct buf *out, struct hash *hash)
{
	struct statement s;

	assert_int_equal(
	    statement_make(out, &spec.claims[i], CONTENT_IS_REGISTRY,
		span_str("{}"), spec.signer, NULL),
	    ERR_OK);
	assert_int_equal(statement_parse(&s, buf_span(out), NULL), ERR_OK);
	*hash = statement_hash(&s);
}

static void
put_statements(void)
{
	for (unsigned i = 0; i < spec.statements; i++) {
		struct buf b = buf_heap(STATEMENT_MAX);
		struct hash hash, none = { 0 };

		make(i, &b, &hash);
		if (i == 0 && hash_equal(&spec.claims[1].prev, &none))
			spec.claims[1].prev = hash;
		if (i == 1 && spec.flip != 0)
			b.p[b.n - 1] ^= 1;
		frame(buf_span(&b));
		buf_free(&b);
	}
}

static void
put_seal(void)
{
	struct hash seal = hash_bytes(buf_span(&file));

	buf_put(&file, hash_span(&seal));
}

static void
put_all(void)
{
	put_head("main", 1);
	put_section();
	put_statements();
	put_seal();
}

/* Reads file to its end; the number of items before it in *n. */
static enum err
read_file(unsigned *n)
{
	FILE *f = fmemopen(file.p, file.n, "r");
	struct move_file_in in;
	struct move_file_item item = { .kind = MOVE_FILE_SECTION };
	enum err e;

	assert_non_null(f);
	diag_clear(&d);
	*n = 0;
	e = move_file_open(&in, f, &d);
	while (e == ERR_OK && item.kind != MOVE_FILE_END) {
		e = move_file_next(&in, &item, &d);
		*n += e == ERR_OK;
	}
	move_file_close(&in);
	(void)fclose(f);
	return e;
}

static void
refused(enum err wanted, const char *clause, unsigned after)
{
	unsigned n;
	enum err e = read_file(&n);

	if (e != wanted)
		fail_msg("got %s (%s), wanted %s", err_name(e), d.text,
		    err_name(wanted));
	assert_int_equal(d.code, wanted);
	assert_string_equal(d.clause, clause);
	assert_int_equal(n, after);
}

static void
test_reads(void **state)
{
	unsigned n;

	(void)state;
	put_all();
	assert_int_equal(read_file(&n), ERR_OK);
	assert_int_equal(n, 4);
}

/* What the product writes is the same, and not valid before its seal. */
static void
test_writes(void **state)
{
	struct move_file_section s = { .moves = 1 };
	struct move_file_out out;
	struct hash seal;
	struct buf want;
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);

	(void)state;
	put_all();
	want = file;
	file = buf_heap(MAX);
	assert_non_null(f);
	memcpy(s.kid, key.pub, KEY_BYTES);
	(void)snprintf(s.did, sizeof(s.did), "%s", DID);
	s.chain = (struct outbox_chain){
		.epoch = 1, .seq = 5, .acked = 3, .acked_head = spec.acked_head
	};
	s.receipt = spec.receipt;
	assert_int_equal(move_file_start(&out, f, "main", 1, &d), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, &d), ERR_OK);
	for (unsigned i = 0; i < 2; i++) {
		struct buf b = buf_heap(STATEMENT_MAX);
		struct hash hash;

		make(i, &b, &hash);
		assert_int_equal(move_file_end(&out, &seal, &d), ERR_USAGE);
		assert_int_equal(
		    move_file_statement(&out, buf_span(&b), &d), ERR_OK);
		buf_free(&b);
	}
	assert_int_equal(move_file_statement(&out, SPAN_NONE, &d), ERR_USAGE);
	assert_int_equal(move_file_section(&out, &s, &d), ERR_USAGE);
	assert_int_equal(move_file_end(&out, &seal, &d), ERR_OK);
	buf_put(&file, span_of(p, n));
	refused(ERR_TRUNCATED, "outbox-file 2.5", 0);
	assert_int_equal(file.n, want.n);
	memcpy(file.p + file.n - HASH_BYTES, seal.b, HASH_BYTES);
	assert_true(span_equal(buf_span(&file), buf_span(&want)));
	(void)fclose(f);
	free(p);
	buf_free(&want);
}

/* The bytes of docs/outbox-file.md 2, a section without statements. */
static void
test_golden(void **state)
{
	struct move_file_section s = { .moves = 1, .chain = { .epoch = 1 } };
	struct move_file_out out;
	struct hash seal;
	struct buf want = buf_heap(1000);
	uint8_t space[1000];
	FILE *f = fmemopen(space, sizeof(space), "w+");

	(void)state;
	assert_non_null(f);
	(void)snprintf(s.did, sizeof(s.did), "%s", DID);
	memcpy(s.kid, key.pub, KEY_BYTES);
	assert_int_equal(move_file_start(&out, f, "main", 1, &d), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, &d), ERR_OK);
	assert_int_equal(move_file_end(&out, &seal, &d), ERR_OK);
	buf_str(&want, "countermark/outbox/v1\n");
	buf_put(&want, span_of("\0\0\0\x07\x82\x64main\x01", 11));
	buf_put(&want, span_of("\0\0\0\x75\x88\x58\x20", 7));
	buf_put(&want, span_of(key.pub, KEY_BYTES));
	buf_put(&want, span_of("\x78\x29" DID, 2 + 41));
	buf_put(&want, span_of("\x01\x01\x00\x58\x20", 5));
	buf_put(&want, hash_span(&s.chain.acked_head));
	buf_put(&want, span_of("\x00\x40", 2));
	buf_put(&want, hash_span(&s.chain.acked_head)); /* no seal yet */
	assert_int_equal(ftell(f), want.n);
	assert_memory_equal(space, want.p, want.n);
	(void)fclose(f);
	buf_free(&want);
}

static void
test_writer_refuses(void **state)
{
	struct move_file_section s = { .moves = 0, .chain = { .epoch = 1 } };
	struct move_file_out out;
	struct buf b = buf_heap(STATEMENT_MAX);
	struct hash hash;
	uint8_t space[1000];
	FILE *f = fmemopen(space, sizeof(space), "w+");

	(void)state;
	assert_int_equal(move_file_start(&out, f, "main", 0, &d), ERR_USAGE);
	assert_int_equal(move_file_start(&out, f, "main", 257, &d), ERR_USAGE);
	assert_int_equal(move_file_start(&out, f, "M", 1, &d), ERR_USAGE);
	assert_int_equal(move_file_start(&out, f, "main", 1, &d), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, &d), ERR_BAD_ENCODING);
	s.moves = 1;
	s.chain.seq = 1;
	(void)snprintf(s.did, sizeof(s.did), "%s", DID);
	memcpy(s.kid, other_key.pub, KEY_BYTES);
	assert_int_equal(move_file_section(&out, &s, &d), ERR_OK);
	make(0, &b, &hash);
	assert_int_equal(
	    move_file_statement(&out, buf_span(&b), &d), ERR_BAD_SIGNATURE);
	(void)fclose(f);
	f = fmemopen(space, 40, "w+"); /* a full disk */
	(void)setvbuf(f, NULL, _IONBF, 0);
	assert_int_equal(move_file_start(&out, f, "main", 1, &d), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, &d), ERR_IO);
	(void)fclose(f);
	buf_free(&b);
}

static void
test_not_an_outbox(void **state)
{
	(void)state;
	buf_str(&file, "countermark/genesis/v1\nand what follows, of any size");
	refused(ERR_BAD_ENCODING, "outbox-file 2.1", 0);
	buf_reset(&file);
	buf_str(&file, "countermark/outbox/v1"); /* no LF */
	refused(ERR_BAD_ENCODING, "outbox-file 2.1", 0);
	buf_reset(&file);
	buf_str(&file, "countermark/outbox/v2\n");
	refused(ERR_UNSUPPORTED, "outbox-file 2.1", 0);
}

static void
test_cut(void **state)
{
	size_t whole;
	unsigned n;

	(void)state;
	put_all();
	whole = file.n;
	for (size_t i = 1; i < whole; i++) {
		file.n = i;
		assert_int_not_equal(read_file(&n), ERR_OK);
		assert_int_equal(n, 0);
	}
	file.n = sizeof(MOVE_FILE_MAGIC) - 1 + HASH_BYTES - 1;
	refused(ERR_TRUNCATED, "outbox-file 2.1", 0);
	file.n = whole - 1;
	refused(ERR_PROOF, "outbox-file 2.5", 0);
}

static void
test_damaged(void **state)
{
	(void)state;
	put_all();
	file.p[file.n / 2] ^= 0x10;
	refused(ERR_PROOF, "outbox-file 2.5", 0);
}

static void
test_fewer_than_said(void **state)
{
	(void)state;
	spec.statements = 0;
	put_head("main", 1);
	put_section();
	put_seal();
	/* The seal's first bytes stand where a length is read. */
	assert_int_not_equal(file.p[file.n - HASH_BYTES], 0);
	refused(ERR_TOO_LARGE, "outbox-file 2.1", 1);
	buf_reset(&file);
	put_head("main", 1);
	put_section();
	buf_u32be(&file, STATEMENT_MAX);
	put_seal();
	refused(ERR_TRUNCATED, "outbox-file 2.1", 1);
}

static void
test_more_than_said(void **state)
{
	(void)state;
	spec.seq = 4;
	put_all();
	refused(ERR_PROOF, "outbox-file 2.5", 2);
}

static void
test_bytes_behind(void **state)
{
	(void)state;
	put_head("main", 1);
	put_section();
	put_statements();
	buf_byte(&file, 0);
	put_seal();
	refused(ERR_PROOF, "outbox-file 2.5", 3);
}

static void
test_too_large(void **state)
{
	(void)state;
	put_head("main", 1);
	put_section();
	buf_u32be(&file, STATEMENT_MAX + 1);
	put_seal();
	refused(ERR_TOO_LARGE, "outbox-file 2.1", 1);
	buf_reset(&file);
	buf_str(&file, MOVE_FILE_MAGIC);
	buf_u32be(&file, 129);
	put_seal();
	refused(ERR_TOO_LARGE, "outbox-file 2.1", 0);
	buf_reset(&file);
	put_head("main", 1);
	buf_u32be(&file, UINT32_MAX);
	put_seal();
	refused(ERR_TOO_LARGE, "outbox-file 2.1", 0);
}

static void
test_head(void **state)
{
	static const struct {
		const char *log;
		uint64_t sections;
	} bad[] = { { "main", 0 }, { "main", 257 }, { "Main", 1 }, { "", 1 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&file);
		put_head(bad[i].log, bad[i].sections);
		put_section();
		put_statements();
		put_seal();
		refused(ERR_BAD_ENCODING, "outbox-file 2.2", 0);
	}
	buf_reset(&file);
	buf_str(&file, MOVE_FILE_MAGIC);
	frame(span_of("\x82\x64main\x18\x01", 8)); /* 1 in two bytes */
	put_seal();
	refused(ERR_BAD_ENCODING, "outbox-file 2.2", 0);
	assert_non_null(strstr(d.text, "shortest"));
}

static void
bad_section(const char *clause)
{
	buf_reset(&file);
	put_all();
	refused(ERR_BAD_ENCODING, clause, 0);
	(void)setup(NULL);
}

static void
test_section(void **state)
{
	static uint8_t large[MOVE_FILE_RECEIPT_MAX + 1];
	static char did[DID_WEB_CHARS + 2];

	(void)state;
	memset(did, 'x', sizeof(did) - 1);
	spec.members = 9;
	bad_section("outbox-file 2.2");
	spec.kid_bytes = 31;
	bad_section("outbox-file 2.2");
	spec.did = did;
	bad_section("outbox-file 2.2");
	spec.did = "";
	bad_section("outbox-file 2.2");
	spec.receipt = span_of(large, sizeof(large));
	bad_section("outbox-file 2.2");
	spec.seq = (uint64_t)INT64_MAX + 1;
	bad_section("outbox-file 2.2");
	spec.moves = 0;
	bad_section("outbox-file 2.3");
	spec.moves = MOVE_FILE_MOVES + 1;
	bad_section("outbox-file 2.3");
	spec.epoch = 0;
	bad_section("outbox-file 2.3");
	spec.seq = 2;
	bad_section("outbox-file 2.3");
	spec.receipt = SPAN_NONE;
	bad_section("outbox-file 2.3");
	spec.acked = 0; /* and something before seq 1 */
	bad_section("formats 1.4");
}

static void
test_statements(void **state)
{
	(void)state;
	spec.claims[1].iss = span_str("did:web:countermark.example:device:x");
	put_all();
	refused(ERR_UNKNOWN_DEVICE, "formats 1.5", 2);
	assert_non_null(strstr(d.text, DID ": statement 5: iss"));
	(void)setup(NULL);
	spec.claims[0].epoch = 2;
	put_all();
	refused(ERR_EPOCH, "formats 1.5", 1);
	(void)setup(NULL);
	spec.signer = &other_key;
	put_all();
	refused(ERR_BAD_SIGNATURE, "formats 1.5", 1);
	(void)setup(NULL);
	spec.flip = 1;
	put_all();
	refused(ERR_BAD_SIGNATURE, "formats 1.5", 2);
	(void)setup(NULL);
	spec.claims[1].seq = 6;
	put_all();
	refused(ERR_GAP, "formats 1.4", 2);
	(void)setup(NULL);
	memset(spec.claims[1].prev.b, 3, HASH_BYTES);
	put_all();
	refused(ERR_PROOF, "formats 1.4", 2);
	(void)setup(NULL);
	put_head("main", 1);
	put_section();
	frame(span_str("no statement"));
	put_seal();
	refused(ERR_BAD_ENCODING, "formats 1.1", 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_reads),
		CASE(test_writes),
		CASE(test_golden),
		CASE(test_writer_refuses),
		CASE(test_not_an_outbox),
		CASE(test_cut),
		CASE(test_damaged),
		CASE(test_fewer_than_said),
		CASE(test_more_than_said),
		CASE(test_bytes_behind),
		CASE(test_too_large),
		CASE(test_head),
		CASE(test_section),
		CASE(test_statements),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
