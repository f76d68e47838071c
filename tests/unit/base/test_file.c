/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#include "base/banned.h"

static char folder[] = "/tmp/cm-file-XXXXXX";
static char path[64];

static void
replace_then_read(void **state)
{
	struct buf b = buf_heap(100000);
	struct diag d;
	struct stat st;

	(void)state;
	assert_int_equal(file_replace(path, span_str("one"), 0640, &d), ERR_OK);
	assert_int_equal(
	    file_replace(path, span_str("second"), 0600, &d), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0600);
	assert_int_equal(file_read(&b, path, 6, &d), ERR_OK);
	assert_string_equal(buf_text(&b), "second");
	/* Appended behind what is there. */
	assert_int_equal(file_read(&b, path, 6, &d), ERR_OK);
	assert_string_equal(buf_text(&b), "secondsecond");
	assert_int_equal(file_read(&b, path, 5, &d), ERR_TOO_LARGE);
	buf_reset(&b);
	/* From where an open file stands. */
	int fd = open(path, O_RDONLY);
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	assert_int_equal(file_read_fd(&b, fd, "it", 3, &d), ERR_OK);
	assert_string_equal(buf_text(&b), "ond");
	assert_int_equal(close(fd), 0);
	assert_int_equal(file_read_fd(&b, fd, "it", 3, &d), ERR_IO);
	assert_non_null(strstr(d.text, "it"));
	buf_free(&b);
	uint8_t space[4];
	struct buf tiny = buf_fixed(space, sizeof space);
	assert_int_equal(file_read(&tiny, path, 100, &d), ERR_TOO_LARGE);
}

static void
large_file(void **state)
{
	struct buf b = buf_heap(SIZE_MAX), big = buf_heap(SIZE_MAX);
	struct diag d;

	(void)state;
	memset(buf_reserve(&big, 100001), 'x', 100001);
	assert_int_equal(file_replace(path, buf_span(&big), 0600, &d), ERR_OK);
	assert_int_equal(file_read(&b, path, 100001, &d), ERR_OK);
	assert_true(span_equal(buf_span(&b), buf_span(&big)));
	buf_free(&b);
	buf_free(&big);
}

static int
names_in_folder(void)
{
	DIR *dir = opendir(folder);
	int entries = 0;

	while (readdir(dir) != NULL)
		entries++;
	(void)closedir(dir);
	return entries - 2;
}

static void
pieces_come_at_once_or_not_at_all(void **state)
{
	struct file_writer w;
	struct buf b = buf_heap(100);
	struct diag d;
	struct stat st;

	(void)state;
	assert_int_equal(file_replace(path, span_str("old"), 0640, &d), ERR_OK);
	assert_int_equal(file_writer_open(&w, path, 0600, &d), ERR_OK);
	assert_int_equal(file_writer_put(&w, span_str("ne"), &d), ERR_OK);
	assert_int_equal(file_read(&b, path, 100, &d), ERR_OK);
	assert_string_equal(buf_text(&b), "old");
	file_writer_abandon(&w);
	assert_int_equal(names_in_folder(), 1);

	assert_int_equal(file_writer_open(&w, path, 0600, &d), ERR_OK);
	assert_int_equal(file_writer_put(&w, span_str("ne"), &d), ERR_OK);
	assert_int_equal(file_writer_put(&w, span_str("w"), &d), ERR_OK);
	assert_int_equal(file_writer_commit(&w, &d), ERR_OK);
	buf_reset(&b);
	assert_int_equal(file_read(&b, path, 100, &d), ERR_OK);
	assert_string_equal(buf_text(&b), "new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0600);
	assert_int_equal(names_in_folder(), 1);

	/* a descriptor that cannot be written */
	assert_int_equal(file_writer_open(&w, path, 0600, &d), ERR_OK);
	(void)close(w.fd);
	w.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(file_writer_put(&w, span_str("x"), &d), ERR_IO);
	assert_non_null(strstr(d.text, w.temporary));
	file_writer_abandon(&w);
	assert_int_equal(names_in_folder(), 1);
	buf_free(&b);
}

static void
what_a_kill_left_is_swept(void **state)
{
	struct file_writer w;
	char other[80];
	struct diag d;

	(void)state;
	(void)snprintf(other, sizeof other, "%s.tmp.longer7", path);
	assert_int_equal(file_replace(path, span_str("x"), 0600, &d), ERR_OK);
	assert_int_equal(file_replace(other, span_str("x"), 0600, &d), ERR_OK);
	assert_int_equal(file_writer_open(&w, path, 0600, &d), ERR_OK);
	(void)close(w.fd);
	assert_int_equal(names_in_folder(), 3);
	file_writer_sweep(path);
	assert_int_equal(names_in_folder(), 2);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(unlink(other), 0);
}

static void
create_never_overwrites(void **state)
{
	struct diag d;
	struct stat st;

	(void)state;
	(void)unlink(path);
	assert_int_equal(file_create(path, span_str("a"), 0600, &d), ERR_OK);
	assert_int_equal(
	    file_create(path, span_str("b"), 0600, &d), ERR_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1);
}

static void
faults_are_told(void **state)
{
	struct buf b = buf_heap(100);
	struct diag d;
	char bad[128];

	(void)state;
	(void)snprintf(bad, sizeof bad, "%s/none/file", folder);
	assert_int_equal(file_read(&b, bad, 10, &d), ERR_IO);
	assert_non_null(strstr(d.text, bad));
	assert_int_equal(file_read(&b, folder, 10, &d), ERR_IO);
	assert_int_equal(file_replace(bad, span_str("x"), 0600, &d), ERR_IO);
	assert_int_equal(file_create(bad, span_str("x"), 0600, &d), ERR_IO);
	/* A folder cannot be replaced and no temporary file stays. */
	(void)snprintf(bad, sizeof bad, "%s/sub", folder);
	assert_int_equal(mkdir(bad, 0700), 0);
	assert_int_equal(file_replace(bad, span_str("x"), 0600, &d), ERR_IO);
	assert_int_equal(rmdir(bad), 0);
	(void)unlink(path);
	assert_int_equal(names_in_folder(), 0);
	buf_free(&b);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace_then_read),
		cmocka_unit_test(large_file),
		cmocka_unit_test(pieces_come_at_once_or_not_at_all),
		cmocka_unit_test(what_a_kill_left_is_swept),
		cmocka_unit_test(create_never_overwrites),
		cmocka_unit_test(faults_are_told),
	};
	return cmocka_run_group_tests_name(
	    "base.file", tests, set_up, tear_down);
}
