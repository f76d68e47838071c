/* SPDX-License-Identifier: Apache-2.0 */
#include "input_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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
