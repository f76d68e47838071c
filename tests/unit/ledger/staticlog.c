/* SPDX-License-Identifier: Apache-2.0 */
#include "staticlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#include "base/banned.h"

#define ENTRIES_MAX ((size_t)64 << 20)

void
staticlog_init(struct staticlog *s, const char *origin)
{
	uint8_t seed[KEY_BYTES] = { 7 };
	struct buf vkey = buf_heap(1024), text = buf_heap(2048);

	memset(s, 0, sizeof(*s));
	s->origin = origin;
	s->entries = buf_heap(ENTRIES_MAX);
	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/staticlog.XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	(void)snprintf(s->url, sizeof(s->url), "file://%s", s->folder);
	assert_int_equal(crypto_start(), ERR_OK);
	key_from_seed(&s->key, seed);
	assert_int_equal(
	    note_vkey_print(&vkey, origin, NOTE_ED25519, s->key.pub), ERR_OK);
	buf_printf(&text, "log %s\nquorum none\n", buf_text(&vkey));
	assert_int_equal(
	    policy_parse(&s->policy, buf_span(&text), NULL), ERR_OK);
	buf_free(&text);
	buf_free(&vkey);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

void
staticlog_clear(struct staticlog *s)
{
	assert_int_equal(nftw(s->folder, drop, 16, FTW_DEPTH | FTW_PHYS), 0);
	policy_free(s->policy);
	buf_free(&s->entries);
}

void
staticlog_add(struct staticlog *s, struct span entry)
{
	buf_u16be(&s->entries, (uint16_t)entry.n);
	buf_put(&s->entries, entry);
	assert_int_equal(buf_error(&s->entries), ERR_OK);
	s->size++;
}

void
staticlog_file(
    struct staticlog *s, const char *path, const struct span *content)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", s->folder, path);
	for (char *p = full + strlen(s->folder) + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(full, 0777) != 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
	if (content == NULL)
		assert_int_equal(unlink(full), 0);
	else
		assert_int_equal(
		    file_replace(full, *content, 0644, NULL), ERR_OK);
}

void
staticlog_checkpoint(
    struct staticlog *s, uint64_t size, const struct hash *root)
{
	struct buf note = buf_heap(NOTE_MAX);
	struct checkpoint c = { .size = size, .root = *root };
	struct span bytes;

	(void)snprintf(c.origin, sizeof(c.origin), "%s", s->origin);
	assert_int_equal(checkpoint_sign(&note, &c, &s->key), ERR_OK);
	bytes = buf_span(&note);
	staticlog_file(s, "checkpoint", &bytes);
	buf_free(&note);
}

/* A tile level's files; the roots of its full tiles take the hashes' place. */
static size_t
write_level(struct staticlog *s, unsigned level, struct hash *hashes, size_t n)
{
	char path[FOLLOW_PATH], word[8];

	(void)snprintf(word, sizeof(word), "%u", level);
	for (size_t at = 0; at < n; at += TILE_WIDTH) {
		size_t width = n - at < TILE_WIDTH ? n - at : TILE_WIDTH;
		struct span bytes =
		    span_of(hashes + at, width * sizeof(hashes[0]));

		follow_tile_path(path, word, at / TILE_WIDTH, (unsigned)width);
		staticlog_file(s, path, &bytes);
		if (width == TILE_WIDTH)
			hashes[at / TILE_WIDTH] =
			    merkle_root_of(hashes + at, TILE_WIDTH);
	}
	return n / TILE_WIDTH;
}

void
staticlog_write(struct staticlog *s)
{
	struct hash *hashes = calloc(s->size + 1, sizeof(*hashes));
	struct frontier f;
	struct hash root;
	struct span rest = buf_span(&s->entries), bundle = rest;
	char path[FOLLOW_PATH];

	assert_non_null(hashes);
	frontier_init(&f);
	for (uint64_t i = 0; i < s->size; i++) {
		size_t n = (size_t)(rest.p[0] << 8 | rest.p[1]);

		hashes[i] = merkle_leaf(span_of(rest.p + 2, n));
		frontier_add(&f, &hashes[i]);
		rest = span_skip(rest, n + 2);
		if ((i + 1) % TILE_WIDTH != 0 && i + 1 != s->size)
			continue;
		bundle.n -= rest.n;
		follow_tile_path(path, "entries", i / TILE_WIDTH,
		    (unsigned)(i % TILE_WIDTH) + 1);
		staticlog_file(s, path, &bundle);
		bundle = rest;
	}
	root = frontier_root(&f);
	for (size_t n = s->size, level = 0; n > 0; level++)
		n = write_level(s, (unsigned)level, hashes, n);
	staticlog_checkpoint(s, s->size, &root);
	free(hashes);
}
