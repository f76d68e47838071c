/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_INPUT_LINES_H
#define EDGE_AGENT_INPUT_LINES_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * Scanned records from a byte stream: a record ends at CR or LF, an empty one
 * is passed over. A record above INPUT_LINE_MAX is dropped as a whole, never
 * cut. edge.md 2.1
 */
#define INPUT_LINE_MAX 2048
#define INPUT_CHUNK 65536

struct input_lines {
	int fd;           /* -1 ended */
	bool ours;        /* fd is closed by input_lines_close() */
	bool dropping;    /* inside an over-long record */
	bool ended;       /* nothing more will be read */
	const char *fifo; /* the named pipe to open again, borrowed */
	struct buf b;     /* bytes not yet taken */
	size_t at;
};

/* path NULL: standard input. ERR_IO. */
enum err input_lines_open(
    struct input_lines *in, const char *path, struct diag *d) CM_MUST_USE;
/* A named pipe, made with mode 0600 when it is missing. Its end is no end: a
 * record that the last writer left unfinished counts as ended, and the next
 * writer is waited for. path is borrowed. ERR_IO, ERR_CONFIG (no pipe). */
enum err input_lines_fifo(
    struct input_lines *in, const char *path, struct diag *d) CM_MUST_USE;
/* Over an open descriptor, which stays the caller's. */
void input_lines_from(struct input_lines *in, int fd);
void input_lines_close(struct input_lines *in);

/* Reads what is there, without waiting beyond poll's promise. */
void input_lines_fill(struct input_lines *in);

/*
 * The next whole record; ERR_NOT_FOUND when there is none now,
 * ERR_TOO_LARGE for a dropped one (line is then its beginning). Valid until
 * input_lines_fill().
 */
enum err input_lines_next(
    struct input_lines *in, struct span *line) CM_MUST_USE;

#endif
