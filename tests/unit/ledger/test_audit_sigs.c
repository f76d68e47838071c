/* SPDX-License-Identifier: Apache-2.0 */
/* Answers belong to their entries, however many threads check them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/statement.h"

#include "audit_sigs.h"

#include "base/banned.h"

#define ISS "did:web:example.com:device:line-1"
#define MANY 333
#define FORK "countermark/fork/v1\n"

static struct sign_key key;

/* A statement; a broken one has another signature, of the right length. */
static void
make(struct buf *out, const char *before, uint64_t seq, bool broken)
{
	struct claims c = { .iss = span_str(ISS),
		.sub = span_str(ISS),
		.epoch = 1,
		.seq = seq };

	*out = buf_heap(4096);
	buf_str(out, before);
	assert_int_equal(statement_make(out, &c, CONTENT_IS_PRODUCT,
			     span_str("{}"), &key, NULL),
	    ERR_OK);
	if (broken)
		out->p[out->n - 1] ^= 1;
}

struct log {
	struct buf bytes[MANY];
	struct audit_look looks[MANY];
	bool judged[MANY];
	struct audit_sig_set set;
};

/* Every seventh is broken. */
static struct log *
log_new(size_t n)
{
	struct log *l = calloc(1, sizeof *l);

	assert_non_null(l);
	for (size_t i = 0; i < n; i++) {
		make(&l->bytes[i], "", i + 1, i % 7 == 3);
		l->looks[i].entry = buf_span(&l->bytes[i]);
	}
	assert_true(audit_sigs_chunks(n) <= MANY);
	l->set = (struct audit_sig_set){
		.looks = l->looks, .judged = l->judged, .n = n
	};
	return l;
}

static void
log_free(struct log *l)
{
	for (size_t i = 0; i < MANY; i++)
		buf_free(&l->bytes[i]);
	free(l);
}

static void
read_all(struct audit_sigs *p, struct log *l)
{
	for (size_t i = 0; i < l->set.n; i++) {
		const struct audit_look *k = audit_sigs_look(p, &l->set, i);
		struct hash hash = hash_bytes(buf_span(&l->bytes[i]));

		assert_true(k->formed);
		assert_int_equal(k->valid, i % 7 != 3);
		assert_int_equal(k->s.claims.seq, i + 1);
		assert_true(hash_equal(&k->hash, &hash));
	}
}

static void
test_two_sets_under_way(void **state)
{
	struct log *a = log_new(MANY), *b = log_new(17), *none = log_new(0);
	struct audit_sigs *p;

	(void)state;
	assert_int_equal(audit_sigs_new(&p, 3), ERR_OK);
	audit_sigs_give(p, &a->set);
	audit_sigs_give(p, &none->set);
	audit_sigs_give(p, &b->set);
	read_all(p, b);
	read_all(p, a);
	audit_sigs_end(p, &none->set);
	audit_sigs_end(p, &a->set);
	audit_sigs_end(p, &b->set);
	/* the place of a set may be used again */
	memset(a->judged, 0, sizeof a->judged);
	for (size_t i = 0; i < MANY; i++)
		a->looks[i].valid = a->looks[i].formed = false;
	audit_sigs_give(p, &a->set);
	read_all(p, a);
	audit_sigs_end(p, &a->set);
	audit_sigs_free(p);
	log_free(a);
	log_free(b);
	log_free(none);
}

/* An audit that fails leaves sets behind that nobody has read. */
static void
test_end_before_the_answers(void **state)
{
	struct log *a = log_new(MANY), *b = log_new(MANY);
	struct audit_sigs *p;

	(void)state;
	assert_int_equal(audit_sigs_new(&p, 0), ERR_OK);
	audit_sigs_give(p, &a->set);
	audit_sigs_give(p, &b->set);
	assert_true(audit_sigs_look(p, &a->set, 0)->valid);
	audit_sigs_end(p, &a->set);
	log_free(a); /* the sanitizers tell who still looks at it */
	audit_sigs_end(p, &b->set);
	audit_sigs_end(p, &b->set); /* not there any more: nothing happens */
	log_free(b);
	audit_sigs_free(p);
	audit_sigs_free(NULL);
}

static void
look(const char *before, bool broken, enum entry_kind kind)
{
	struct audit_look l;
	struct buf b;

	make(&b, before, 1, broken);
	audit_look(&l, buf_span(&b));
	assert_int_equal(l.kind, kind);
	assert_true(l.formed);
	assert_int_equal(l.valid, !broken);
	/* in evidence of a fork the statement stands behind a line */
	assert_int_equal(l.s.bytes.n, b.n - strlen(before));
	buf_free(&b);
}

static void
look_text(const char *entry, enum entry_kind kind, bool valid)
{
	struct audit_look l;

	audit_look(&l, span_str(entry));
	assert_int_equal(l.kind, kind);
	assert_false(l.formed);
	assert_int_equal(l.valid, valid);
}

static void
test_kinds(void **state)
{
	(void)state;
	look("", false, ENTRY_STATEMENT);
	look("", true, ENTRY_STATEMENT);
	look(FORK, false, ENTRY_FORK);
	look(FORK, true, ENTRY_FORK);
	/* no signature of a device in them */
	look_text("countermark/genesis/v1\nx\n", ENTRY_GENESIS, true);
	look_text("countermark/epoch/v1\n1\n", ENTRY_EPOCH, true);
	look_text(FORK "x", ENTRY_FORK, false);
	look_text("anything else", ENTRY_STATEMENT, false);
	look_text("", ENTRY_STATEMENT, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_sets_under_way),
		cmocka_unit_test(test_end_before_the_answers),
		cmocka_unit_test(test_kinds),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	key_generate(&key);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
