/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/highwater.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

/* 20 digits, LF, base64 of a hash, LF */
#define FILE_MAX (20 + 1 + HASH64_CHARS + 1)

static const char clause[] = "formats 6.1";

static bool
highwater_parse(struct highwater *out, struct span text)
{
	const uint8_t *lf = text.n == 0 ? NULL : memchr(text.p, '\n', text.n);
	struct span root;
	size_t digits, n = 0;

	if (lf == NULL)
		return false;
	digits = (size_t)(lf - text.p);
	root = span_skip(text, digits + 1);
	return u64_parse(&out->size, span_of(text.p, digits), UINT64_MAX) ==
		   ERR_OK &&
	       out->size != 0 && root.n == HASH64_CHARS + 1 &&
	       root.p[HASH64_CHARS] == '\n' &&
	       base64_parse(out->root.b, HASH_BYTES, &n,
		   span_of(root.p, HASH64_CHARS)) == ERR_OK &&
	       n == HASH_BYTES;
}

enum err
highwater_load(struct highwater *out, const char *path, struct diag *d)
{
	uint8_t space[FILE_MAX];
	struct buf text = buf_fixed(space, sizeof(space));
	struct highwater got;
	struct stat st;
	enum err e;

	memset(out, 0, sizeof(*out));
	if (stat(path, &st) != 0) {
		/* Whatever else hides the file must not look like a start. */
		if (errno == ENOENT)
			return ERR_OK;
		return diag_fail(
		    d, ERR_IO, clause, "%s: %s", path, strerror(errno));
	}
	e = file_read(&text, path, FILE_MAX, d);
	if (e == ERR_IO)
		return e;
	if (e != ERR_OK || !highwater_parse(&got, buf_span(&text)))
		return diag_fail(d, ERR_CONFIG, clause,
		    "%s: damaged high-water file, wanted size and root", path);
	*out = got;
	return ERR_OK;
}

enum err
highwater_raise(struct highwater *h, const char *path, uint64_t size,
    const struct hash *root, struct diag *d)
{
	uint8_t space[FILE_MAX];
	struct buf text = buf_fixed(space, sizeof(space));
	struct highwater there;
	enum err e;

	if (size == 0)
		return diag_fail(d, ERR_USAGE, clause,
		    "size: got 0, wanted a log with its genesis");
	if ((e = highwater_load(&there, path, d)) != ERR_OK)
		return e;
	if (there.size > h->size)
		*h = there;
	if (size < h->size)
		return diag_fail(d, ERR_REWIND, clause,
		    "size: got %llu, wanted at least %llu as signed before",
		    (unsigned long long)size, (unsigned long long)h->size);
	if (size == h->size) {
		/* On disk already: h came from there. */
		if (hash_equal(root, &h->root))
			return ERR_OK;
		return diag_fail(d, ERR_REWIND, clause,
		    "size %llu was signed with another root",
		    (unsigned long long)size);
	}
	buf_printf(&text, "%llu\n", (unsigned long long)size);
	base64_put(&text, hash_span(root));
	buf_byte(&text, '\n');
	e = buf_error(&text);
	if (e == ERR_OK)
		e = file_replace(path, buf_span(&text), 0600, d);
	if (e != ERR_OK)
		return e;
	h->size = size;
	h->root = *root;
	return ERR_OK;
}
