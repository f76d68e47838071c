/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "move_site.h"

#include "base/banned.h"

/*
 * Export and import are killed at their system calls, one after the other:
 * what is on the disk then must be one of the states of docs/outbox-file.md 3,
 * and doing it again must complete it.
 */
static struct site a, b;
static struct buf kept[2]; /* A's outboxes before the export */
static char stick[128], stick_tmp[128];

static const char *
outbox_of(const struct site *s, unsigned i)
{
	return site_path(
	    s, i == 0 ? "state/dock-1.outbox" : "state/dock-2.outbox");
}

static int
setup(void **state)
{
	(void)state;
	site_keys_make();
	site_make(&a, 2, "");
	site_make(&b, 2, "");
	(void)snprintf(stick, sizeof(stick), "%s", site_path(&a, "stick"));
	(void)snprintf(
	    stick_tmp, sizeof(stick_tmp), "%s", site_path(&a, "stick.tmp"));
	site_sign(&a, 0, 3);
	site_settle(&a, 0, 1);
	site_sign(&a, 1, 2);
	for (unsigned i = 0; i < 2; i++)
		site_file_read(&kept[i], outbox_of(&a, i));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	site_remove(&a);
	site_remove(&b);
	buf_free(&kept[0]);
	buf_free(&kept[1]);
	return 0;
}

/* Both outboxes of s as kept, or none. */
static void
put_back(const struct site *s, bool none)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char path[160];

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned t = 0; t < 3; t++) {
			(void)snprintf(path, sizeof(path), "%s%s",
			    outbox_of(s, i), tails[t]);
			(void)unlink(path);
		}
		if (!none)
			site_file_write(outbox_of(s, i), buf_span(&kept[i]));
	}
}

/* Runs the move in a child that is killed when it begins its n-th system
 * call. Returns false when it ended before that. */
static bool
killed_at(enum err (*move)(const struct site *, const char *),
    const struct site *s, unsigned n)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		_exit(move(s, stick) == ERR_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSTOPPED(status));
	/* Entry and exit of a call are a stop each. */
	for (unsigned stops = 0; stops < 2 * n - 1; stops++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
		assert_true(WIFSTOPPED(status));
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	return true;
}

static bool
runs(const struct site *s)
{
	enum err one = site_starts(s, 0, NULL), two = site_starts(s, 1, NULL);

	assert_true(one == ERR_OK || one == ERR_MOVED);
	assert_true(two == ERR_OK || two == ERR_MOVED);
	return one == ERR_OK && two == ERR_OK;
}

static void
chains(const struct site *s)
{
	struct outbox_chain one = site_chain(s, 0), two = site_chain(s, 1);

	assert_int_equal(one.acked, 1);
	assert_int_equal(one.seq, 3);
	assert_int_equal(two.acked, 0);
	assert_int_equal(two.seq, 2);
}

/*
 * Which call to kill at next: every STRIDE-th while the outcome stays what it
 * was, each of them around and between the changes.
 */
#define STRIDE 16

struct tour {
	unsigned at;
	int outcome;   /* of the newest kill, -1 none yet */
	unsigned fine; /* calls up to here are all killed at */
};

static void
tour_next(struct tour *t, int outcome, bool settled)
{
	if (outcome != t->outcome && t->outcome >= 0 && t->at > t->fine) {
		t->fine = t->at; /* look again at what was passed over */
		t->at -= STRIDE - 1;
		return;
	}
	t->outcome = outcome;
	t->at += t->at < t->fine || !settled ? 1 : STRIDE;
}

static void
test_export(void **state)
{
	struct tour tour = { .at = 1, .outcome = -1 };
	unsigned running = 0, refusing = 0, named = 0;

	(void)state;
	while (killed_at(site_export, &a, tour.at)) {
		bool may_run = runs(&a), has_name = site_there(stick);
		bool whole;

		chains(&a);
		put_back(&b, true);
		whole = has_name || site_there(stick_tmp);
		if (whole)
			whole = site_import(&b, has_name ? stick : stick_tmp) ==
				ERR_OK;
		assert_true(whole || !has_name);
		/* outbox-file 1.1 */
		assert_false(may_run && whole);
		running += may_run;
		refusing += !may_run && !has_name;
		named += has_name;
		assert_int_equal(site_export(&a, stick), ERR_OK);
		assert_false(runs(&a));
		chains(&a);
		assert_false(site_there(stick_tmp));
		put_back(&b, true);
		assert_int_equal(site_import(&b, stick), ERR_OK);
		chains(&b);
		assert_int_equal(unlink(stick), 0);
		put_back(&a, false);
		tour_next(&tour, may_run + 2 * has_name, may_run || has_name);
	}
	print_message("export: %u kills before the first mark, %u after it, "
		      "%u after the rename\n",
	    running, refusing, named);
	assert_true(running > 5 && refusing > 5 && named > 0);
}

static void
test_import(void **state)
{
	struct tour tour = { .at = 1, .outcome = -1 };
	unsigned fresh = 0, arriving = 0, arrived = 0;

	(void)state;
	assert_int_equal(site_export(&a, stick), ERR_OK);
	(void)mkdir(b.conf.state, 0700);
	put_back(&b, true);
	while (killed_at(site_import, &b, tour.at)) {
		bool may_run = runs(&b);
		uint64_t one = site_chain(&b, 0).seq;
		uint64_t two = site_chain(&b, 1).seq;

		/* outbox-file 3.4: all, or nothing, or no agent */
		if (may_run)
			assert_true(
			    (one == 0 && two == 0) || (one == 3 && two == 2));
		else
			assert_true(one == 3 || two == 2);
		fresh += may_run && one == 0;
		arrived += may_run && one == 3;
		arriving += !may_run;
		assert_int_equal(site_import(&b, stick), ERR_OK);
		assert_true(runs(&b));
		chains(&b);
		put_back(&b, true);
		tour_next(&tour, may_run + (one == 3) * 2, may_run);
	}
	print_message("import: %u kills before a commit, %u between, %u "
		      "after the last mark\n",
	    fresh, arriving, arrived);
	assert_true(fresh > 5 && arriving > 5 && arrived > 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_export, setup, teardown),
		cmocka_unit_test_setup_teardown(test_import, setup, teardown),
	};
	pid_t child = fork();
	int status;

	/* Where nobody may be traced, this cannot be shown. */
	if (child == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 77);
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return 77;
	if (crypto_start() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
