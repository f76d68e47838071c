/* SPDX-License-Identifier: Apache-2.0 */
#include "input_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#include "base/banned.h"

#define INPUT_SHOWN 64 /* bytes of a dropped record that are told */

void
input_lines_from(struct input_lines *in, int fd)
{
	*in = (struct input_lines){
		.fd = fd,
		.b = buf_heap(INPUT_CHUNK + INPUT_LINE_MAX + 1),
	};
}

enum err
input_lines_open(struct input_lines *in, const char *path, struct diag *d)
{
	int fd = STDIN_FILENO;

	if (path != NULL)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return diag_fail(
		    d, ERR_IO, "", "%s: cannot be read, errno %d", path, errno);
	input_lines_from(in, fd);
	in->ours = path != NULL;
	return ERR_OK;
}

static int
input_lines_pipe(const char *path)
{
	/* Without waiting for a writer: the loop polls for one. */
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

enum err
input_lines_fifo(struct input_lines *in, const char *path, struct diag *d)
{
	struct stat st;
	int fd;

	if (mkfifo(path, 0600) != 0 && errno != EEXIST)
		return diag_fail(
		    d, ERR_IO, "", "%s: cannot be made, errno %d", path, errno);
	if ((fd = input_lines_pipe(path)) < 0)
		return diag_fail(
		    d, ERR_IO, "", "%s: cannot be read, errno %d", path, errno);
	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode)) {
		(void)close(fd);
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "%s: not a named pipe", path);
	}
	input_lines_from(in, fd);
	in->ours = true;
	in->fifo = path;
	return ERR_OK;
}

void
input_lines_close(struct input_lines *in)
{
	if (in->ours && in->fd >= 0)
		(void)close(in->fd);
	in->fd = -1;
	buf_free(&in->b);
}

/* The last record may lack its end: it counts as ended. */
static void
input_lines_end(struct input_lines *in)
{
	in->ended = true;
	buf_byte(&in->b, '\n');
	if (in->ours)
		(void)close(in->fd);
	in->fd = -1;
}

/* The last writer has gone. The new descriptor comes before the old one goes:
 * a writer that arrives in between always finds a reader. */
static void
input_lines_reopen(struct input_lines *in)
{
	int fd = input_lines_pipe(in->fifo);

	if (fd < 0) {
		log_line(LOG_ERROR, "input",
		    "fifo=%s errno=%d hint=\"cannot "
		    "be opened again; this input has ended\"",
		    in->fifo, errno);
		input_lines_end(in);
		return;
	}
	buf_byte(&in->b, '\n');
	(void)close(in->fd);
	in->fd = fd;
}

void
input_lines_fill(struct input_lines *in)
{
	size_t rest = in->b.n - in->at;
	uint8_t *space;
	ssize_t n;

	if (in->ended)
		return;
	if (in->at > 0 && rest > 0)
		memmove(in->b.p, in->b.p + in->at, rest);
	in->b.n = rest;
	in->at = 0;
	space = buf_reserve(&in->b, INPUT_CHUNK);
	in->b.n = rest;
	if (space == NULL)
		return;
	n = read(in->fd, space, INPUT_CHUNK - 1);
	if (n > 0)
		in->b.n += (size_t)n;
	else if (n == 0 && in->fifo != NULL)
		input_lines_reopen(in);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		input_lines_end(in);
}

static bool
input_lines_mark(uint8_t c)
{
	return c == '\n' || c == '\r';
}

/* The length of the record at `at`, or what there is of it. */
static size_t
input_lines_length(const struct input_lines *in, bool *whole)
{
	size_t n = 0;

	while (in->at + n < in->b.n && !input_lines_mark(in->b.p[in->at + n]))
		n++;
	*whole = in->at + n < in->b.n;
	return n;
}

enum err
input_lines_next(struct input_lines *in, struct span *line)
{
	bool whole;

	for (;;) {
		size_t n = input_lines_length(in, &whole);
		size_t start = in->at;
		bool over = n > INPUT_LINE_MAX;

		if (!whole && !over && !in->dropping)
			return ERR_NOT_FOUND;
		in->at += n + (whole ? 1 : 0);
		if (in->dropping) {
			in->dropping = !whole;
			if (!whole)
				return ERR_NOT_FOUND;
			continue;
		}
		if (over) {
			in->dropping = !whole;
			*line = span_of(in->b.p + start, INPUT_SHOWN);
			return ERR_TOO_LARGE;
		}
		if (n > 0) {
			*line = span_of(in->b.p + start, n);
			return ERR_OK;
		}
	}
}
