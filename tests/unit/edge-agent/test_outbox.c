/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "outbox.h"

#include "base/banned.h"

#define LIMITS                                                                 \
	&(struct outbox_limits)                                                \
	{                                                                      \
		1u << 30, 1000000                                              \
	}

static char folder[64];

static int
make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/cm-outbox-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "d.outbox", "d.outbox-wal",
		"d.outbox-shm", "quarantine/d.outbox",
		"quarantine/d.outbox-wal", "quarantine/d.outbox-shm" };
	char path[128];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/quarantine", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

static struct outbox *
reopen(struct outbox *o, const struct outbox_limits *limits)
{
	struct diag d;

	outbox_close(o);
	assert_int_equal(outbox_open(&o, folder, "d", limits, &d), ERR_OK);
	return o;
}

static struct hash
hash_of(uint8_t v)
{
	struct hash h;

	memset(h.b, v, sizeof(h.b));
	return h;
}

static enum err
add(struct outbox *o, uint8_t v, size_t n)
{
	static uint8_t bytes[60000];
	struct hash h = hash_of(v);

	memset(bytes, v, n);
	return outbox_add(o, &h, span_of(bytes, n), NULL);
}

static void
store(struct outbox *o, uint8_t first, uint8_t last)
{
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	for (unsigned v = first; v <= last; v++)
		assert_int_equal(add(o, (uint8_t)v, 100), ERR_OK);
	assert_int_equal(outbox_commit(o, NULL), ERR_OK);
}

static void
test_new_chain(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	const struct outbox_chain *c = outbox_chain(o);
	struct hash zero = hash_of(0);

	(void)state;
	assert_int_equal(c->epoch, 1);
	assert_int_equal(c->seq, 0);
	assert_int_equal(c->acked, 0);
	assert_true(hash_equal(&c->head, &zero));
	outbox_close(o);
}

static void
test_commit_survives(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	struct hash three = hash_of(3);
	struct buf b = buf_heap(1000);

	(void)state;
	store(o, 1, 3);
	o = reopen(o, LIMITS);
	assert_int_equal(outbox_chain(o)->seq, 3);
	assert_true(hash_equal(&outbox_chain(o)->head, &three));
	assert_int_equal(outbox_read(o, 2, &b, NULL), ERR_OK);
	assert_int_equal(b.n, 100);
	assert_int_equal(b.p[0], 2);
	assert_int_equal(outbox_read(o, 4, &b, NULL), ERR_NOT_FOUND);
	buf_free(&b);
	outbox_close(o);
}

static void
test_uncommitted_is_not_there(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);

	(void)state;
	store(o, 1, 1);
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(add(o, 2, 100), ERR_OK);
	assert_int_equal(outbox_chain(o)->seq, 2);
	outbox_rollback(o);
	assert_int_equal(outbox_chain(o)->seq, 1);
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(add(o, 2, 100), ERR_OK);
	o = reopen(o, LIMITS); /* closed before the commit */
	assert_int_equal(outbox_chain(o)->seq, 1);
	outbox_close(o);
}

static void
test_marks(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	struct hash m = hash_of(7), other = hash_of(8);
	uint64_t seq = 0;

	(void)state;
	/* Stored with its statement or not at all. */
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(add(o, 1, 100), ERR_OK);
	assert_int_equal(outbox_mark(o, &m, 1, NULL), ERR_OK);
	o = reopen(o, LIMITS);
	assert_int_equal(outbox_marked(o, &m, &seq, NULL), ERR_NOT_FOUND);
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(add(o, 1, 100), ERR_OK);
	assert_int_equal(outbox_mark(o, &m, 1, NULL), ERR_OK);
	assert_int_equal(outbox_commit(o, NULL), ERR_OK);
	o = reopen(o, LIMITS);
	assert_int_equal(outbox_marked(o, &m, &seq, NULL), ERR_OK);
	assert_int_equal(seq, 1);
	assert_int_equal(outbox_marked(o, &other, &seq, NULL), ERR_NOT_FOUND);
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(outbox_unmark(o, &m, NULL), ERR_OK);
	assert_int_equal(outbox_commit(o, NULL), ERR_OK);
	o = reopen(o, LIMITS);
	assert_int_equal(outbox_marked(o, &m, &seq, NULL), ERR_NOT_FOUND);
	outbox_close(o);
}

/* The same mark twice: the whole batch goes, not one of its statements. */
static void
test_a_mark_that_fails_dooms_the_batch(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	struct hash m = hash_of(7);
	uint64_t seq = 0;

	(void)state;
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(add(o, 1, 100), ERR_OK);
	assert_int_equal(outbox_mark(o, &m, 1, NULL), ERR_OK);
	assert_int_equal(add(o, 2, 100), ERR_OK);
	assert_int_equal(outbox_mark(o, &m, 2, NULL), ERR_IO);
	assert_int_equal(outbox_unmark(o, &m, NULL), ERR_IO);
	assert_int_equal(outbox_commit(o, NULL), ERR_IO);
	assert_int_equal(outbox_chain(o)->seq, 0);
	assert_int_equal(outbox_marked(o, &m, &seq, NULL), ERR_NOT_FOUND);
	outbox_close(o);
}

static void
test_settle(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	struct buf b = buf_heap(1000);
	struct hash h, two = hash_of(2);

	(void)state;
	store(o, 1, 3);
	assert_int_equal(
	    outbox_settle(o, 2, span_str("receipt"), NULL), ERR_OK);
	o = reopen(o, LIMITS);
	assert_int_equal(outbox_chain(o)->acked, 2);
	assert_int_equal(outbox_chain(o)->seq, 3);
	assert_int_equal(outbox_read(o, 2, &b, NULL), ERR_NOT_FOUND);
	assert_int_equal(outbox_read(o, 3, &b, NULL), ERR_OK);
	assert_int_equal(outbox_hash(o, 2, &h, NULL), ERR_OK);
	assert_true(hash_equal(&h, &two));
	buf_reset(&b);
	assert_int_equal(
	    outbox_kept(o, OUTBOX_RECEIPT_NEWEST, &b, NULL), ERR_OK);
	assert_true(span_is(buf_span(&b), "receipt"));
	buf_free(&b);
	outbox_close(o);
}

static void
test_settle_unknown(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);

	(void)state;
	store(o, 1, 2);
	assert_int_equal(
	    outbox_settle(o, 3, span_str("r"), NULL), ERR_NOT_FOUND);
	assert_int_equal(outbox_chain(o)->acked, 0);
	outbox_close(o);
}

static void
test_full_rows(void **state)
{
	struct outbox_limits limits = { 1u << 30, 3 };
	struct outbox *o = reopen(NULL, &limits);
	struct diag d;
	struct hash h = hash_of(9);

	(void)state;
	store(o, 1, 2);
	assert_int_equal(outbox_begin(o, NULL), ERR_OK);
	assert_int_equal(add(o, 3, 100), ERR_OK);
	assert_int_equal(outbox_add(o, &h, span_str("x"), &d), ERR_FULL);
	assert_string_equal(d.clause, "edge 7");
	assert_int_equal(outbox_commit(o, NULL), ERR_OK);
	assert_int_equal(outbox_chain(o)->seq, 3);
	assert_int_equal(outbox_settle(o, 1, span_str("r"), NULL), ERR_OK);
	store(o, 4, 4); /* a receipt makes room */
	outbox_close(o);
}

static void
test_full_bytes(void **state)
{
	struct outbox_limits limits = { 400000, 1000000 };
	struct outbox *o = reopen(NULL, &limits);
	enum err e = ERR_OK;
	uint64_t stored;

	(void)state;
	for (unsigned i = 0; e == ERR_OK && i < 100; i++) {
		assert_int_equal(outbox_begin(o, NULL), ERR_OK);
		e = add(o, (uint8_t)i, 20000);
		assert_int_equal(outbox_commit(o, NULL), ERR_OK);
	}
	assert_int_equal(e, ERR_FULL);
	stored = outbox_chain(o)->seq;
	assert_in_range(stored, 14, 20);
	assert_true(outbox_bytes(o) <= 400000);
	assert_int_equal(outbox_settle(o, stored, span_str("r"), NULL), ERR_OK);
	store(o, 1, 1);
	outbox_close(o);
}

static void
test_empty_receipt_kinds(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	struct buf b = buf_heap(1000);

	(void)state;
	assert_int_equal(
	    outbox_kept(o, OUTBOX_RECEIPT_NEWEST, &b, NULL), ERR_NOT_FOUND);
	assert_int_equal(
	    outbox_keep(o, OUTBOX_RECEIPT_UNFIT, span_str("u"), NULL), ERR_OK);
	assert_int_equal(
	    outbox_kept(o, OUTBOX_RECEIPT_NEWEST, &b, NULL), ERR_NOT_FOUND);
	assert_int_equal(
	    outbox_kept(o, OUTBOX_RECEIPT_UNFIT, &b, NULL), ERR_OK);
	buf_free(&b);
	outbox_close(o);
}

static void
test_adopt(void **state)
{
	struct outbox *o = reopen(NULL, LIMITS);
	struct hash h = hash_of(7);

	(void)state;
	assert_int_equal(outbox_adopt(o, 3, &h, NULL), ERR_OK);
	o = reopen(o, LIMITS);
	assert_int_equal(outbox_chain(o)->epoch, 3);
	assert_true(hash_equal(&outbox_chain(o)->head, &h));
	store(o, 1, 1);
	assert_int_equal(outbox_adopt(o, 4, &h, NULL), ERR_STATE);
	outbox_close(o);
}

static void
test_corrupt(void **state)
{
	char path[128];
	struct outbox *o = reopen(NULL, LIMITS);
	struct diag d;
	FILE *f;

	(void)state;
	store(o, 1, 3);
	outbox_close(o);
	(void)snprintf(path, sizeof(path), "%s/d.outbox", folder);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_SET), 0);
	for (unsigned i = 0; i < 3000; i++)
		(void)fputc(0x5a, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(outbox_open(&o, folder, "d", LIMITS, &d), ERR_DB);
	assert_int_equal(access(path, F_OK), -1);
	/* Never a new chain at seq 1 in its place. */
	assert_int_equal(outbox_open(&o, folder, "d", LIMITS, &d), ERR_STATE);
	assert_string_equal(d.clause, "formats 2.3");
}

static void
test_readonly(void **state)
{
	struct outbox *o = NULL, *beside;
	struct diag d;

	(void)state;
	assert_int_equal(
	    outbox_open_readonly(&beside, folder, "d", &d), ERR_NOT_FOUND);
	o = reopen(NULL, LIMITS);
	store(o, 1, 2);
	assert_int_equal(
	    outbox_open_readonly(&beside, folder, "d", &d), ERR_OK);
	assert_int_equal(outbox_chain(beside)->seq, 2);
	outbox_close(beside);
	outbox_close(o);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_new_chain),
		CASE(test_commit_survives),
		CASE(test_uncommitted_is_not_there),
		CASE(test_marks),
		CASE(test_a_mark_that_fails_dooms_the_batch),
		CASE(test_settle),
		CASE(test_settle_unknown),
		CASE(test_full_rows),
		CASE(test_full_bytes),
		CASE(test_empty_receipt_kinds),
		CASE(test_adopt),
		CASE(test_corrupt),
		CASE(test_readonly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
