/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "input_lines.h"

#include "base/banned.h"

static int fds[2];
static struct input_lines in;
static struct span line;

static int
setup(void **state)
{
	(void)state;
	if (pipe(fds) != 0)
		return -1;
	input_lines_from(&in, fds[0]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	input_lines_close(&in);
	(void)close(fds[0]);
	if (fds[1] >= 0)
		(void)close(fds[1]);
	return 0;
}

static void
feed(const void *p, size_t n)
{
	assert_int_equal(write(fds[1], p, n), n);
	input_lines_fill(&in);
}

static void
expect(const char *text)
{
	assert_int_equal(input_lines_next(&in, &line), ERR_OK);
	assert_true(span_is(line, text));
}

static void
test_lines(void **state)
{
	(void)state;
	feed("a\r\nb\n\nc", 7);
	expect("a");
	expect("b");
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
	feed("d\x1d"
	     "e\r",
	    4);
	expect("cd\x1d"
	       "e");
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
}

static void
test_end_ends_the_last(void **state)
{
	(void)state;
	feed("last", 4);
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
	(void)close(fds[1]);
	fds[1] = -1;
	input_lines_fill(&in);
	assert_true(in.ended);
	expect("last");
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
}

static void
test_over_long_is_dropped_whole(void **state)
{
	char big[INPUT_LINE_MAX + 100];

	(void)state;
	memset(big, 'x', sizeof(big));
	feed(big, sizeof(big));
	assert_int_equal(input_lines_next(&in, &line), ERR_TOO_LARGE);
	assert_int_equal(line.n, 64);
	feed(big, sizeof(big));
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
	feed("tail\nnext\n", 10);
	expect("next");
}

static void
test_longest(void **state)
{
	char big[INPUT_LINE_MAX + 2];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[INPUT_LINE_MAX] = '\n';
	feed(big, INPUT_LINE_MAX + 1);
	assert_int_equal(input_lines_next(&in, &line), ERR_OK);
	assert_int_equal(line.n, INPUT_LINE_MAX);
	big[INPUT_LINE_MAX] = 'x';
	big[INPUT_LINE_MAX + 1] = '\n';
	feed(big, INPUT_LINE_MAX + 2);
	assert_int_equal(input_lines_next(&in, &line), ERR_TOO_LARGE);
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
}

static void
test_missing_file(void **state)
{
	struct input_lines other;
	struct diag d;

	(void)state;
	assert_int_equal(
	    input_lines_open(&other, "/nonexistent/codes", &d), ERR_IO);
}

static void
write_pipe(const char *path, const char *bytes)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	(void)close(fd);
}

static void
test_pipe_outlives_its_writers(void **state)
{
	char folder[] = "/tmp/cm-fifo-XXXXXX", path[64];
	struct diag d;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/scans", folder);
	input_lines_close(&in);
	assert_int_equal(input_lines_fifo(&in, path, &d), ERR_OK);
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
	write_pipe(path, "one\ntw");
	input_lines_fill(&in);
	expect("one");
	assert_int_equal(input_lines_next(&in, &line), ERR_NOT_FOUND);
	input_lines_fill(&in); /* the writer has gone: a record ends */
	expect("tw");
	assert_false(in.ended);
	write_pipe(path, "three\n");
	input_lines_fill(&in);
	expect("three");
	input_lines_fill(&in);
	(void)unlink(path);
	input_lines_fill(&in); /* nothing to open again */
	assert_true(in.ended);
	(void)rmdir(folder);
}

static void
test_pipe_is_refused(void **state)
{
	struct input_lines other;
	struct diag d;

	(void)state;
	assert_int_equal(
	    input_lines_fifo(&other, "/nonexistent/pipe", &d), ERR_IO);
	assert_int_equal(input_lines_fifo(&other, "/tmp", &d), ERR_CONFIG);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_lines),
		CASE(test_end_ends_the_last),
		CASE(test_over_long_is_dropped_whole),
		CASE(test_longest),
		CASE(test_missing_file),
		CASE(test_pipe_outlives_its_writers),
		CASE(test_pipe_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
