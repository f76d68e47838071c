/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/span.h"
#include "base/text.h"

#include "base/banned.h"

static char caught[8192];

/* Runs with stderr in a pipe; what was written stands in caught. */
static int pipe_fds[2], kept_stderr;

static void
catch_begin(void)
{
	assert_int_equal(pipe(pipe_fds), 0);
	kept_stderr = dup(STDERR_FILENO);
	assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
	(void)close(pipe_fds[1]);
}

static void
catch_end(void)
{
	assert_true(dup2(kept_stderr, STDERR_FILENO) >= 0);
	(void)close(kept_stderr);
	ssize_t n = read(pipe_fds[0], caught, sizeof caught - 1);
	caught[n > 0 ? n : 0] = '\0';
	(void)close(pipe_fds[0]);
}

static void
one_line(void **state)
{
	(void)state;
	catch_begin();
	log_line(LOG_INFO, "start", "port=%d name=%s", 80, "x");
	catch_end();
	assert_true(strncmp(caught, "ts=20", 5) == 0);
	assert_non_null(
	    strstr(caught, "Z level=info evt=start port=80 name=x\n"));
	assert_int_equal(caught[strlen(caught) - 1], '\n');
}

static void
levels_are_dropped(void **state)
{
	(void)state;
	catch_begin();
	log_line(LOG_DEBUG, "no", "%s", "");
	log_set_level(LOG_DEBUG);
	log_line(LOG_DEBUG, "yes", "%s", "");
	log_set_level(LOG_ERROR);
	log_line(LOG_WARN, "no", "%s", "");
	log_line(LOG_ERROR, "bad", "%s", "");
	log_set_level(LOG_INFO);
	catch_end();
	assert_null(strstr(caught, "evt=no"));
	assert_non_null(strstr(caught, "level=debug evt=yes\n"));
	assert_non_null(strstr(caught, "level=error evt=bad\n"));
}

static void
a_line_stays_one_line(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	text[10] = '\n';
	catch_begin();
	errno = ENOENT;
	log_line(LOG_INFO, "long", "text=%s", text);
	assert_int_equal(errno, ENOENT);
	catch_end();
	assert_ptr_equal(strchr(caught, '\n'), caught + strlen(caught) - 1);
	assert_true(strlen(caught) <= 2048);
}

static void
diag_tells_all(void **state)
{
	struct diag d;

	(void)state;
	diag_fail(&d, ERR_GAP, "formats 1.5", "seq: got \"%s\"", "7");
	catch_begin();
	log_diag(LOG_WARN, "refused", &d);
	catch_end();
	assert_non_null(strstr(caught, "evt=refused code=gap "
				       "clause=\"formats 1.5\" "
				       "text=\"seq: got \\\"7\\\"\" hint=\""));
}

static void
quote_fits(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(log_quote(out, sizeof out, "a b"), "\"a b\"");
	assert_string_equal(
	    log_quote(out, sizeof out, "\"\\\n\r\t"), "\"\\\"\\\\\\n\\r\\t\"");
	for (size_t cap = 0; cap < 12; cap++) {
		memset(out, '#', sizeof out);
		const char *q =
		    log_quote(out, cap, "a\xE2\x82\xAC\n\xE2\x82\xAC");
		assert_true(strlen(q) < cap || cap == 0);
		assert_true(utf8_valid(span_str(q)));
		assert_int_equal(out[cap], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(levels_are_dropped),
		cmocka_unit_test(a_line_stays_one_line),
		cmocka_unit_test(diag_tells_all),
		cmocka_unit_test(quote_fits),
	};
	return cmocka_run_group_tests_name("base.log", tests, NULL, NULL);
}
