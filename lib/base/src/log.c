/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

#define LINE_BYTES 2048
#define VALUE_BYTES 512

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static atomic_int threshold = LOG_INFO;

void
log_set_level(enum log_level level)
{
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

/* A line is a line: foreign control characters must not begin another. */
static void
flatten(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			text[i] = ' ';
	}
}

static size_t
printed(int n, size_t cap)
{
	if (n < 0)
		return 0;
	return (size_t)n < cap ? (size_t)n : cap - 1;
}

void
log_line(enum log_level level, const char *evt, const char *fmt, ...)
{
	char line[LINE_BYTES], ts[RFC3339_CHARS + 1];
	size_t room = sizeof line - 1; /* the LF's place */
	va_list ap;

	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	int kept = errno;
	rfc3339_print(ts, clock_wall_ms());
	size_t n = printed(snprintf(line, room, "ts=%s level=%s evt=%s ", ts,
			       level_names[level], evt),
	    room);
	va_start(ap, fmt);
	n += printed(vsnprintf(line + n, room - n, fmt, ap), room - n);
	va_end(ap);
	flatten(line, n);
	while (n > 0 && line[n - 1] == ' ')
		n--;
	line[n++] = '\n';
	/* Nobody is left to tell when stderr is gone. */
	ssize_t done = write(STDERR_FILENO, line, n);
	(void)done;
	errno = kept;
}

void
log_diag(enum log_level level, const char *evt, const struct diag *d)
{
	char text[VALUE_BYTES], clause[VALUE_BYTES], hint[VALUE_BYTES];

	log_line(level, evt, "code=%s clause=%s text=%s hint=%s",
	    err_name(d->code), log_quote(clause, sizeof clause, d->clause),
	    log_quote(text, sizeof text, d->text),
	    log_quote(hint, sizeof hint, err_advice(d->code)));
}

/* The letter after the backslash, 0 when c stands for itself. */
static char
escape_of(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

const char *
log_quote(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	if (cap == 0)
		return "";
	if (cap < 3) {
		out[0] = '\0';
		return out;
	}
	out[n++] = '"';
	/* Room is left for an escape, the quote and the NUL. */
	for (; *text != '\0' && n + 4 <= cap; text++) {
		char e = escape_of(*text);
		if (e != 0)
			out[n++] = '\\';
		out[n++] = e != 0 ? e : *text;
	}
	/* No half character at a cut. */
	while (
	    *text != '\0' && n > 1 && ((unsigned char)*text & 0xC0) == 0x80) {
		n--;
		text--;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
