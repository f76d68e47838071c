/* SPDX-License-Identifier: Apache-2.0 */
/* Where a log's files come from, and how their names and bundles read. */
#include "follow_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

#include "base/banned.h"

enum err
follow_fail(struct follow *f, struct diag *d, enum follow_fault kind,
    enum err code, const char *where, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->fault = kind;
	(void)snprintf(f->where, sizeof(f->where), "%s", where);
	return diag_fail(d, code, "formats 6.3", "%s: %s", f->where, text);
}

void
follow_tile_path(
    char out[FOLLOW_PATH], const char *level, uint64_t n, unsigned width)
{
	char number[40];
	size_t at = sizeof(number) - 1;
	bool last = true;

	/* three digits a segment, x before all but the last */
	number[at] = '\0';
	do {
		unsigned part = (unsigned)(n % 1000);

		n /= 1000;
		if (!last)
			number[--at] = '/';
		for (unsigned i = 0; i < 3; i++, part /= 10)
			number[--at] = (char)('0' + part % 10);
		if (!last)
			number[--at] = 'x';
		last = false;
	} while (n > 0);
	if (width == TILE_WIDTH)
		(void)snprintf(
		    out, FOLLOW_PATH, "tile/%.8s/%s", level, number + at);
	else
		(void)snprintf(out, FOLLOW_PATH, "tile/%.8s/%s.p/%u", level,
		    number + at, width);
}

enum err
follow_bundle_parse(
    struct span *entries, size_t count, struct span bundle, struct diag *d)
{
	for (size_t i = 0; i < count; i++) {
		size_t n;

		if (bundle.n < 2)
			return diag_fail(d, ERR_TRUNCATED, "formats 6.3",
			    "bundle: got %zu entries, wanted %zu", i, count);
		n = (size_t)(bundle.p[0] << 8 | bundle.p[1]);
		bundle = span_skip(bundle, 2);
		if (bundle.n < n)
			return diag_fail(d, ERR_TRUNCATED, "formats 6.3",
			    "bundle: entry %zu has %zu bytes of %zu", i,
			    bundle.n, n);
		entries[i] = span_of(bundle.p, n);
		bundle = span_skip(bundle, n);
	}
	if (bundle.n != 0)
		return diag_fail(d, ERR_LENGTH, "formats 6.3",
		    "bundle: %zu bytes behind entry %zu", bundle.n, count);
	return ERR_OK;
}

/* ---- transport ---- */
/* A file of a copy, in the words of HTTP. */
static enum err
get_file(
    struct follow *f, struct http_answer *a, const char *target, struct diag *d)
{
	char path[4096];

	memset(a, 0, sizeof(*a));
	a->body = buf_heap(TILE_WIDTH * (2 + (size_t)ENTRY_MAX));
	if (snprintf(path, sizeof(path), "%s/%s", f->folder, target) >=
	    (int)sizeof(path))
		return follow_fail(f, d, FOLLOW_UNREACHABLE, ERR_IO, target,
		    "the path is too long");
	a->status = access(path, F_OK) == 0 ? 200 : 404;
	if (a->status == 404)
		return ERR_OK;
	a->failed = file_read(&a->body, path, a->body.max, d);
	if (a->failed == ERR_TOO_LARGE)
		return follow_fail(f, d, FOLLOW_BAD_TILE, ERR_TOO_LARGE, target,
		    "the file is too long");
	if (a->failed != ERR_OK)
		return follow_fail(f, d, FOLLOW_UNREACHABLE, ERR_IO, target,
		    "the file cannot be read");
	return ERR_OK;
}

static enum err
failed_answer(struct follow *f, const char *target, const struct http_answer *a,
    struct diag *d)
{
	switch (a->failed) {
	case ERR_OK:
		return ERR_OK;
	case ERR_STATE:
		return follow_fail(
		    f, d, FOLLOW_STOPPED, ERR_STATE, target, "stopped");
	case ERR_TOO_LARGE:
		return follow_fail(
		    f, d, FOLLOW_BAD_TILE, ERR_TOO_LARGE, target, "%s", a->why);
	default:
		return follow_fail(
		    f, d, FOLLOW_UNREACHABLE, a->failed, target, "%s", a->why);
	}
}

enum err
follow_get(struct follow *f, struct http_answer *answers,
    char (*targets)[FOLLOW_PATH], size_t n, struct diag *d)
{
	struct http_call calls[FOLLOW_AHEAD];
	char slashed[FOLLOW_AHEAD][FOLLOW_PATH + 1];
	enum err e = ERR_OK;

	for (size_t i = 0; i < n; i++) {
		if (f->http == NULL) {
			enum err one = get_file(f, &answers[i], targets[i], d);

			e = e == ERR_OK ? one : e;
			continue;
		}
		(void)snprintf(
		    slashed[i], sizeof(slashed[i]), "/%s", targets[i]);
		calls[i] = (struct http_call){ .target = slashed[i] };
	}
	if (f->http == NULL ||
	    http_client_run(f->http, answers, calls, n, NULL) == ERR_OK)
		return e;
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = failed_answer(f, targets[i], &answers[i], d);
	return e;
}

enum err
follow_status(struct follow *f, const char *target, const struct http_answer *a,
    struct diag *d)
{
	switch (a->status) {
	case 200:
		return ERR_OK;
	case 401:
	case 403:
		return follow_fail(f, d, FOLLOW_REFUSED, ERR_FORBIDDEN, target,
		    "status %u: entries need a token with the right to read "
		    "them",
		    a->status);
	case 404:
	case 410:
		return follow_fail(f, d, FOLLOW_BAD_TILE, ERR_NOT_FOUND, target,
		    "status %u", a->status);
	default:
		return follow_fail(f, d, FOLLOW_UNREACHABLE, ERR_NET, target,
		    "status %u", a->status);
	}
}

/* ---- hash tiles ---- */
enum err
follow_read(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	struct follow *f = ctx;
	uint64_t there = f->newest.checkpoint.size >> (8 * level);
	uint64_t tile = first / TILE_WIDTH, start = tile * TILE_WIDTH;
	unsigned width =
	    there - start < TILE_WIDTH ? (unsigned)(there - start) : TILE_WIDTH;
	char target[1][FOLLOW_PATH], word[8];
	struct http_answer a = { .failed = ERR_OK };
	enum err e;

	(void)snprintf(word, sizeof(word), "%u", level);
	follow_tile_path(target[0], word, tile, width);
	e = follow_get(f, &a, target, 1, d);
	if (e == ERR_OK && a.status == 404 && width < TILE_WIDTH) {
		/* a full tile may have taken the place of partial ones */
		http_answer_clear(&a);
		follow_tile_path(target[0], word, tile, TILE_WIDTH);
		e = follow_get(f, &a, target, 1, d);
		width = TILE_WIDTH;
	}
	if (e == ERR_OK)
		e = follow_status(f, target[0], &a, d);
	if (e == ERR_OK &&
	    (a.body.n != width * HASH_BYTES || first - start + n > width))
		e = follow_fail(f, d, FOLLOW_BAD_TILE, ERR_LENGTH, target[0],
		    "got %zu bytes, wanted %u", a.body.n, width * HASH_BYTES);
	if (e == ERR_OK)
		memcpy(out, a.body.p + (first - start) * HASH_BYTES,
		    n * HASH_BYTES);
	http_answer_clear(&a);
	return e;
}
