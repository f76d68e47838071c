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
	struct span entries[MANY];
	bool valid[MANY], judged[MANY];
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
		l->entries[i] = buf_span(&l->bytes[i]);
	}
	assert_true(audit_sigs_chunks(n) <= MANY);
	l->set = (struct audit_sig_set){ .entries = l->entries,
		.valid = l->valid,
		.judged = l->judged,
		.n = n };
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
read_all(struct audit_sigs *p, const struct log *l)
{
	for (size_t i = 0; i < l->set.n; i++)
		assert_int_equal(audit_sigs_valid(p, &l->set, i), i % 7 != 3);
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
	memset(a->valid, 0, sizeof a->valid);
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
	assert_true(audit_sigs_valid(p, &a->set, 0));
	audit_sigs_end(p, &a->set);
	log_free(a); /* the sanitizers tell who still looks at it */
	audit_sigs_end(p, &b->set);
	audit_sigs_end(p, &b->set); /* not there any more: nothing happens */
	log_free(b);
	audit_sigs_free(p);
	audit_sigs_free(NULL);
}

static bool
one(const char *before, bool broken)
{
	struct buf b;
	bool valid;

	make(&b, before, 1, broken);
	valid = audit_signature(buf_span(&b));
	buf_free(&b);
	return valid;
}

static void
test_kinds(void **state)
{
	(void)state;
	assert_true(one("", false));
	assert_false(one("", true));
	assert_true(one(FORK, false));
	assert_false(one(FORK, true));
	/* no signature of a device in them */
	assert_true(audit_signature(span_str("countermark/genesis/v1\nx\n")));
	assert_true(audit_signature(span_str("countermark/epoch/v1\n1\n")));
	assert_false(audit_signature(span_str("anything else")));
	assert_false(audit_signature(span_str("")));
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
