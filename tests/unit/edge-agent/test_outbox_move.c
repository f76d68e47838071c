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

#include "agent.h"
#include "edge_status.h"
#include "move_file.h"

#include "move_site.h"

#include "base/banned.h"

/* Two machines, A and B, and the stick between them. */
static struct site a, b;
static char stick[128], stick_tmp[128], second[128];

static int
setup_with(unsigned identities, const char *extra_b)
{
	site_keys_make();
	site_make(&a, identities, "");
	site_make(&b, identities, extra_b);
	(void)snprintf(stick, sizeof(stick), "%s", site_path(&a, "stick"));
	(void)snprintf(
	    stick_tmp, sizeof(stick_tmp), "%s", site_path(&a, "stick.tmp"));
	(void)snprintf(second, sizeof(second), "%s", site_path(&a, "second"));
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return setup_with(1, "");
}

static int
setup_small(void **state)
{
	(void)state;
	return setup_with(1, "outbox_rows = 3\n");
}

static int
setup_pair(void **state)
{
	(void)state;
	return setup_with(2, "");
}

static int
setup_pair_small(void **state)
{
	(void)state;
	return setup_with(2, "outbox_rows = 3\n");
}

static int
teardown(void **state)
{
	(void)state;
	site_remove(&a);
	site_remove(&b);
	return 0;
}

static void
stands(const struct site *s, uint64_t acked, uint64_t seq)
{
	struct outbox_chain c = site_chain(s, 0);

	assert_int_equal(c.acked, acked);
	assert_int_equal(c.seq, seq);
}

static void
refused(enum err got, enum err wanted, const char *clause)
{
	if (got != wanted)
		fail_msg("got %s (%s), wanted %s", err_name(got),
		    site_diag.text, err_name(wanted));
	assert_string_equal(site_diag.clause, clause);
	assert_string_equal(site_text, "");
}

static void
stopped(const struct site *s, const char *word)
{
	struct buf out = buf_heap(65536);

	assert_int_equal(
	    edge_status_print(&out, &s->conf, false, NULL), ERR_OK);
	if (word == NULL)
		assert_null(strstr(buf_text(&out), "stopped="));
	else
		assert_non_null(strstr(buf_text(&out), word));
	buf_free(&out);
}

static void
test_moves(void **state)
{
	struct stat st;

	(void)state;
	site_sign(&a, 0, 5);
	site_settle(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_string_equal(
	    site_text, "exported identity=dock-1 statements=3 from=3 upto=5\n");
	assert_int_equal(stat(stick, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(site_there(stick_tmp));
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_string_equal(
	    site_text, "imported identity=dock-1 statements=3 from=3 upto=5\n");
	stands(&b, 2, 5);
	site_sign(&b, 0, 1); /* its receipt came along too */
	site_settle(&b, 0, 6);
	stands(&b, 6, 6);
}

static void
test_the_old_machine_signs_no_more(void **state)
{
	struct agent *agent;
	struct diag d;

	(void)state;
	site_sign(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	diag_clear(&d);
	assert_int_equal(site_starts(&a, 0, &d), ERR_MOVED);
	assert_string_equal(d.clause, "outbox-file 3.2");
	assert_non_null(strstr(d.text, "dock-1 was exported (move 1)"));
	assert_int_equal(
	    agent_new(&agent, &a.conf, STDOUT_FILENO, &d), ERR_MOVED);
	stopped(&a, "waiting=2 ");
	stopped(&a, " stopped=moved\n");
}

static void
test_nothing_waits(void **state)
{
	(void)state;
	site_sign(&a, 0, 2);
	site_settle(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_string_equal(
	    site_text, "exported identity=dock-1 statements=0 from=3 upto=2\n");
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_string_equal(
	    site_text, "imported identity=dock-1 statements=0 from=3 upto=2\n");
	stands(&b, 2, 2);
	site_sign(&b, 0, 1);
	stands(&b, 2, 3);
}

static void
test_export_again(void **state)
{
	struct buf one, two;

	(void)state;
	site_sign(&a, 0, 3);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_export(&a, second), ERR_OK);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	site_file_read(&one, stick);
	site_file_read(&two, second);
	assert_true(span_equal(buf_span(&one), buf_span(&two)));
	buf_free(&one);
	buf_free(&two);
}

static void
test_another_file_is_not_replaced(void **state)
{
	struct buf got;

	(void)state;
	site_sign(&a, 0, 1);
	site_file_write(stick, span_str("somebody's only copy, and longer "
					"than a seal is"));
	refused(site_export(&a, stick), ERR_EXISTS, "outbox-file 3.1");
	site_file_read(&got, stick);
	assert_true(span_starts(buf_span(&got), "somebody's"));
	buf_free(&got);
	assert_false(site_there(stick_tmp));
	assert_int_equal(site_starts(&a, 0, NULL), ERR_OK);
}

static void
test_nothing_to_export(void **state)
{
	(void)state;
	refused(site_export(&a, stick), ERR_NOT_FOUND, "");
	assert_false(site_there(a.conf.state));
	site_sign(&a, 0, 1);
	refused(site_export(&a, "/nowhere/file"), ERR_IO, "");
	assert_int_equal(site_starts(&a, 0, NULL), ERR_OK);
}

static void
test_not_beside_an_agent(void **state)
{
	int lock;

	(void)state;
	site_sign(&a, 0, 1);
	assert_int_equal(agent_lock(&lock, a.conf.state, NULL), ERR_OK);
	refused(site_export(&a, stick), ERR_EXISTS, "formats 3.4");
	(void)close(lock);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(agent_lock(&lock, b.conf.state, NULL), ERR_OK);
	refused(site_import(&b, stick), ERR_EXISTS, "formats 3.4");
	(void)close(lock);
}

static void
test_import_again(void **state)
{
	(void)state;
	site_sign(&a, 0, 4);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_string_equal(
	    site_text, "imported identity=dock-1 statements=0 from=5 upto=4\n");
	site_sign(&b, 0, 2);
	site_settle(&b, 0, 2);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	stands(&b, 2, 6);
	site_settle(&b, 0, 6);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	stands(&b, 6, 6);
	stopped(&b, NULL);
}

/* There and back again, though the ledger signed for all of it meanwhile. */
static void
test_comes_home(void **state)
{
	(void)state;
	site_sign(&a, 0, 5);
	site_settle(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	site_sign(&b, 0, 5);
	site_settle(&b, 0, 8);
	assert_int_equal(site_export(&b, second), ERR_OK);
	assert_int_equal(site_import(&a, second), ERR_OK);
	assert_string_equal(site_text,
	    "imported identity=dock-1 statements=2 from=9 upto=10\n");
	stands(&a, 8, 10);
	stopped(&a, NULL);
	site_sign(&a, 0, 1);
	assert_int_equal(site_starts(&b, 0, NULL), ERR_MOVED);
	/* Neither file brings B or A back to life. */
	refused(site_import(&b, second), ERR_MOVED, "outbox-file 4.2");
	refused(site_import(&b, stick), ERR_MOVED, "outbox-file 4.2");
	refused(site_import(&a, stick), ERR_MOVED, "outbox-file 4.2");
	assert_int_equal(site_starts(&b, 0, NULL), ERR_MOVED);
	stands(&a, 8, 11);
}

static void
test_what_left_is_not_taken_back(void **state)
{
	(void)state;
	site_sign(&a, 0, 1);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	refused(site_import(&a, stick), ERR_MOVED, "outbox-file 4.2");
	assert_int_equal(site_starts(&a, 0, NULL), ERR_MOVED);
}

/* A copy of A's state folder was put on B earlier: same chain, shorter. */
static void
copy_outbox(void)
{
	struct buf file;

	site_file_read(&file, site_path(&a, "state/dock-1.outbox"));
	(void)mkdir(b.conf.state, 0700);
	site_file_write(site_path(&b, "state/dock-1.outbox"), buf_span(&file));
	buf_free(&file);
}

static void
test_into_an_older_copy(void **state)
{
	(void)state;
	site_sign(&a, 0, 3);
	copy_outbox();
	site_sign(&a, 0, 3);
	site_settle(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_string_equal(
	    site_text, "imported identity=dock-1 statements=3 from=4 upto=6\n");
	stands(&b, 2, 6);
}

static void
test_receipts_here_are_newer(void **state)
{
	(void)state;
	site_sign(&a, 0, 4);
	copy_outbox();
	site_settle(&b, 0, 3);
	site_sign(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	stands(&b, 3, 6);
}

static void
test_fork_in_the_rows(void **state)
{
	(void)state;
	site_sign(&a, 0, 3);
	copy_outbox();
	site_sign(&a, 0, 2);
	site_sign(&b, 0, 1);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	refused(site_import(&b, stick), ERR_FORK, "outbox-file 4.3");
	assert_non_null(strstr(site_diag.text, "statement 4 here"));
	stands(&b, 0, 4);
	assert_int_equal(site_starts(&b, 0, NULL), ERR_OK);
}

static void
test_fork_at_the_head(void **state)
{
	(void)state;
	site_sign(&a, 0, 4);
	site_settle(&a, 0, 3);
	site_sign(&b, 0, 5);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	refused(site_import(&b, stick), ERR_FORK, "outbox-file 4.3");
	assert_non_null(strstr(site_diag.text, "statement 3 here"));
}

static void
test_fork_that_cannot_be_compared(void **state)
{
	(void)state;
	site_sign(&a, 0, 4);
	site_settle(&a, 0, 4);
	site_sign(&b, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	refused(site_import(&b, stick), ERR_FORK, "outbox-file 4.3");
	assert_non_null(strstr(site_diag.text, "statements 1 to 2 wait here"));
	stands(&b, 0, 2);
}

static void
test_epochs(void **state)
{
	struct outbox_limits limits = { 1u << 30, 1000 };
	struct hash head = { { 7 } };
	struct outbox *o;

	(void)state;
	(void)mkdir(a.conf.state, 0700);
	(void)mkdir(b.conf.state, 0700);
	assert_int_equal(
	    outbox_open(&o, a.conf.state, "dock-1", &limits, NULL), ERR_OK);
	assert_int_equal(outbox_adopt(o, 2, &head, NULL), ERR_OK);
	outbox_close(o);
	site_sign(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	stands(&b, 0, 2);
	assert_int_equal(site_chain(&b, 0).epoch, 2);
	/* An epoch that has begun is not left for another. */
	assert_int_equal(unlink(site_path(&b, "state/dock-1.outbox")), 0);
	site_sign(&b, 0, 1);
	refused(site_import(&b, stick), ERR_EPOCH, "outbox-file 4.3");
	assert_int_equal(unlink(site_path(&b, "state/dock-1.outbox")), 0);
	assert_int_equal(
	    outbox_open(&o, b.conf.state, "dock-1", &limits, NULL), ERR_OK);
	assert_int_equal(outbox_adopt(o, 3, &head, NULL), ERR_OK);
	outbox_close(o);
	refused(site_import(&b, stick), ERR_EPOCH, "outbox-file 4.3");
}

static void
test_full_changes_nothing(void **state)
{
	(void)state;
	site_sign(&a, 0, 4);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	refused(site_import(&b, stick), ERR_FULL, "edge 7");
	stands(&b, 0, 0);
	stopped(&b, NULL);
	assert_int_equal(site_starts(&b, 0, NULL), ERR_OK);
}

static void
test_other_identity(void **state)
{
	struct site c;
	struct sign_key own = site_keys[0];

	(void)state;
	site_sign(&a, 0, 1);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	key_generate(&site_keys[0]);
	site_make(&c, 1, "");
	refused(site_import(&c, stick), ERR_UNKNOWN_DEVICE, "outbox-file 4.1");
	assert_non_null(strstr(site_diag.text, "another key"));
	site_remove(&c);
	site_keys[0] = own;
	site_make(&c, 1, "");
	c.conf.authority = "other.example";
	refused(site_import(&c, stick), ERR_UNKNOWN_DEVICE, "outbox-file 4.1");
	assert_non_null(strstr(
	    site_diag.text, "did:web:countermark.example:device:dock-1"));
	c.conf.authority = "countermark.example";
	c.conf.log = "second";
	refused(site_import(&c, stick), ERR_FORBIDDEN, "outbox-file 4.1");
	site_remove(&c);
}

static void
test_receipt_of_another_ledger(void **state)
{
	(void)state;
	site_sign(&a, 0, 2);
	site_settle(&a, 0, 1);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	memcpy(b.conf.receipt_key, site_keys[1].pub, KEY_BYTES);
	assert_int_equal(site_import(&b, stick), ERR_BAD_SIGNATURE);
	assert_false(site_there(site_path(&b, "state/dock-1.outbox")));
}

/* The receipt is true but the section claims less. */
static void
test_receipt_of_another_head(void **state)
{
	struct move_file_section s;
	struct move_file_out out;
	struct move_file_in in;
	struct move_file_item item;
	struct hash seal;
	FILE *from, *to;

	(void)state;
	site_sign(&a, 0, 2);
	site_settle(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	from = fopen(stick, "r");
	to = fopen(second, "w+");
	assert_non_null(from);
	assert_non_null(to);
	assert_int_equal(move_file_open(&in, from, NULL), ERR_OK);
	assert_int_equal(move_file_next(&in, &item, NULL), ERR_OK);
	s = in.link.section;
	s.chain.acked = s.chain.seq = 1;
	assert_int_equal(move_file_start(&out, to, "main", 1, NULL), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, NULL), ERR_OK);
	assert_int_equal(move_file_end(&out, &seal, NULL), ERR_OK);
	assert_int_equal(move_file_seal(to, &seal, NULL), ERR_OK);
	move_file_close(&in);
	(void)fclose(from);
	(void)fclose(to);
	refused(site_import(&b, second), ERR_PROOF, "outbox-file 2.3");
}

static void
test_damaged_file(void **state)
{
	struct buf file;

	(void)state;
	site_sign(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	site_file_read(&file, stick);
	file.p[file.n / 2] ^= 1;
	site_file_write(second, buf_span(&file));
	refused(site_import(&b, second), ERR_PROOF, "outbox-file 2.5");
	refused(site_import(&b, site_path(&b, "absent")), ERR_IO, "");
	/* Somebody made a new seal: the signature is what counts. */
	site_file_seal(&file);
	site_file_write(second, buf_span(&file));
	assert_int_not_equal(site_import(&b, second), ERR_OK);
	assert_false(site_there(site_path(&b, "state/dock-1.outbox")) &&
		     site_chain(&b, 0).seq != 0);
	buf_free(&file);
}

static void
test_several_identities(void **state)
{
	(void)state;
	site_sign(&a, 0, 2);
	site_sign(&a, 1, 3);
	site_settle(&a, 1, 1);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_string_equal(site_text,
	    "imported identity=dock-1 statements=2 from=1 upto=2\n"
	    "imported identity=dock-2 statements=2 from=2 upto=3\n");
	assert_int_equal(site_chain(&b, 1).seq, 3);
	site_sign(&b, 0, 1);
	site_sign(&b, 1, 1);
	assert_int_equal(site_starts(&a, 0, NULL), ERR_MOVED);
	assert_int_equal(site_starts(&a, 1, NULL), ERR_MOVED);
}

static void
test_all_identities_or_none(void **state)
{
	(void)state;
	site_sign(&a, 0, 2);
	refused(site_export(&a, stick), ERR_NOT_FOUND, "");
	site_sign(&a, 1, 4);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	refused(site_import(&b, stick), ERR_FULL, "edge 7");
	assert_int_equal(site_chain(&b, 0).seq, 0);
	assert_int_equal(site_chain(&b, 1).seq, 0);
	assert_int_equal(site_starts(&b, 0, NULL), ERR_OK);
}

static void
test_identity_twice(void **state)
{
	struct move_file_section s;
	struct move_file_out out;
	struct move_file_in in;
	struct move_file_item item;
	struct hash seal;
	FILE *from, *to;

	(void)state;
	site_sign(&a, 0, 0);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	from = fopen(stick, "r");
	to = fopen(second, "w+");
	assert_non_null(from);
	assert_non_null(to);
	assert_int_equal(move_file_open(&in, from, NULL), ERR_OK);
	assert_int_equal(move_file_next(&in, &item, NULL), ERR_OK);
	s = in.link.section;
	assert_int_equal(move_file_start(&out, to, "main", 2, NULL), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, NULL), ERR_OK);
	assert_int_equal(move_file_section(&out, &s, NULL), ERR_OK);
	assert_int_equal(move_file_end(&out, &seal, NULL), ERR_OK);
	assert_int_equal(move_file_seal(to, &seal, NULL), ERR_OK);
	move_file_close(&in);
	(void)fclose(from);
	(void)fclose(to);
	refused(site_import(&b, second), ERR_BAD_ENCODING, "outbox-file 2.2");
}

/* An import was killed between its commits and its last marks. */
static void
test_arriving(void **state)
{
	struct outbox_limits limits = { 1u << 30, 1000 };
	struct outbox_home home = { OUTBOX_ARRIVING, 1 };
	struct outbox *o;
	struct diag d;

	(void)state;
	site_sign(&a, 0, 2);
	assert_int_equal(site_export(&a, stick), ERR_OK);
	assert_int_equal(site_import(&b, stick), ERR_OK);
	assert_int_equal(
	    outbox_open(&o, b.conf.state, "dock-1", &limits, NULL), ERR_OK);
	assert_int_equal(outbox_home_write(o, &home, NULL), ERR_OK);
	outbox_close(o);
	diag_clear(&d);
	assert_int_equal(site_starts(&b, 0, &d), ERR_MOVED);
	assert_string_equal(d.clause, "outbox-file 3.4");
	stopped(&b, " stopped=arriving\n");
	refused(site_export(&b, second), ERR_MOVED, "outbox-file 3.4");
	assert_int_equal(site_import(&b, stick), ERR_OK);
	site_sign(&b, 0, 1);
	stands(&b, 0, 3);
}

/* status must not need the table that older releases did not make. */
static void
test_status_of_an_older_outbox(void **state)
{
	struct outbox_home home = { OUTBOX_AWAY, 9 };
	struct buf file;
	struct outbox *o;

	(void)state;
	site_sign(&a, 0, 1);
	site_file_read(&file, site_path(&a, "state/dock-1.outbox"));
	for (size_t i = 0; i + 4 <= file.n; i++)
		if (memcmp(file.p + i, "home", 4) == 0)
			memcpy(file.p + i, "hers", 4);
	site_file_write(site_path(&a, "state/dock-1.outbox"), buf_span(&file));
	buf_free(&file);
	stopped(&a, NULL);
	assert_int_equal(
	    outbox_open_readonly(&o, a.conf.state, "dock-1", NULL), ERR_OK);
	assert_int_equal(outbox_home_read(o, &home, NULL), ERR_OK);
	assert_int_equal(home.place, OUTBOX_HERE);
	assert_int_equal(home.moves, 0);
	outbox_close(o);
	assert_int_equal(site_export(&a, stick), ERR_OK);
}

#define CASE(f, s) cmocka_unit_test_setup_teardown(f, s, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_moves, setup),
		CASE(test_the_old_machine_signs_no_more, setup),
		CASE(test_nothing_waits, setup),
		CASE(test_export_again, setup),
		CASE(test_another_file_is_not_replaced, setup),
		CASE(test_nothing_to_export, setup),
		CASE(test_not_beside_an_agent, setup),
		CASE(test_import_again, setup),
		CASE(test_comes_home, setup),
		CASE(test_what_left_is_not_taken_back, setup),
		CASE(test_into_an_older_copy, setup),
		CASE(test_receipts_here_are_newer, setup),
		CASE(test_fork_in_the_rows, setup),
		CASE(test_fork_at_the_head, setup),
		CASE(test_fork_that_cannot_be_compared, setup),
		CASE(test_epochs, setup),
		CASE(test_full_changes_nothing, setup_small),
		CASE(test_other_identity, setup),
		CASE(test_receipt_of_another_ledger, setup),
		CASE(test_receipt_of_another_head, setup),
		CASE(test_damaged_file, setup),
		CASE(test_several_identities, setup_pair),
		CASE(test_all_identities_or_none, setup_pair_small),
		CASE(test_identity_twice, setup),
		CASE(test_arriving, setup),
		CASE(test_status_of_an_older_outbox, setup),
	};

	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
