/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_log FOLDER SIZE: writes a small signed log as C2SP tlog-tiles, an older
 * checkpoint, the vkey and a list of proofs, for foreign programs to check.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/merkle.h"
#include "ledger/note.h"

#include "tilestore.h"

#include "base/banned.h"

#define ORIGIN "log.example/oracle"
#define WITNESS "witness.example/map"
#define PROOFS 60

static const char *folder;

static void
die(const char *what)
{
	(void)fprintf(stderr, "make_log: %s\n", what);
	exit(1);
}

/* Opens FOLDER/name for writing, with the folders above it. */
static FILE *
create(const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *p = path + strlen(folder) + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			die("mkdir");
		*p = '/';
	}
	f = fopen(path, "wb");
	if (f == NULL)
		die(path);
	return f;
}

static void
finish(FILE *f)
{
	if (fclose(f) != 0)
		die("write");
}

/* C2SP tlog-tiles: groups of three digits, all but the last with an x. */
static void
tile_name(char *out, size_t cap, const char *level, uint64_t n, size_t width)
{
	char number[48], part[24] = "";

	if (width != TILE_WIDTH)
		(void)snprintf(part, sizeof(part), ".p/%zu", width);
	if (n >= 1000)
		(void)snprintf(number, sizeof(number), "x%03u/%03u",
		    (unsigned)(n / 1000), (unsigned)(n % 1000));
	else
		(void)snprintf(number, sizeof(number), "%03u", (unsigned)n);
	(void)snprintf(out, cap, "tile/%s/%s%s", level, number, part);
}

static size_t
entry_of(uint64_t i, uint8_t out[200])
{
	size_t n = (size_t)(i * 7 % 151);

	for (size_t k = 0; k < n; k++)
		out[k] = (uint8_t)(i >> k % 5 * 8 ^ k);
	return n;
}

static void
write_entries(uint64_t size)
{
	uint8_t entry[200], length[2];
	char name[128];

	for (uint64_t n = 0; n * TILE_WIDTH < size; n++) {
		uint64_t first = n * TILE_WIDTH;
		size_t w = size - first < TILE_WIDTH ? (size_t)(size - first)
						     : TILE_WIDTH;
		FILE *f;

		tile_name(name, sizeof(name), "entries", n, w);
		f = create(name);
		for (size_t i = 0; i < w; i++) {
			size_t bytes = entry_of(first + i, entry);

			length[0] = (uint8_t)(bytes >> 8);
			length[1] = (uint8_t)bytes;
			(void)fwrite(length, 1, 2, f);
			(void)fwrite(entry, 1, bytes, f);
		}
		finish(f);
	}
}

static void
write_tile(unsigned level, uint64_t n, const struct hash *hashes, size_t w)
{
	char name[128], number[8];
	FILE *f;

	(void)snprintf(number, sizeof(number), "%u", level);
	tile_name(name, sizeof(name), number, n, w);
	f = create(name);
	(void)fwrite(hashes, HASH_BYTES, w, f);
	finish(f);
}

static void
write_tiles(const struct tilestore *s)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		for (uint64_t n = 0; n < s->full_count[level]; n++)
			write_tile(level, n, s->full[level] + n * TILE_WIDTH,
			    TILE_WIDTH);
		if (s->tiles.count[level] != 0)
			write_tile(level, s->full_count[level],
			    s->tiles.part[level], s->tiles.count[level]);
	}
}

static void
write_checkpoint(const char *name, struct tilestore *s, uint64_t size,
    const struct sign_key *key, const struct sign_key *witness)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size };
	struct buf b = buf_heap(NOTE_MAX);
	FILE *f = create(name);

	if (merkle_root_at(&c.root, size, tilestore_read, s, NULL) != ERR_OK ||
	    checkpoint_sign(&b, &c, key) != ERR_OK ||
	    checkpoint_cosign(&b, &c, WITNESS, 1700000000, witness) != ERR_OK)
		die("checkpoint");
	(void)fwrite(b.p, 1, b.n, f);
	finish(f);
	buf_free(&b);
}

static void
put_path(FILE *f, const char *kind, uint64_t a, uint64_t b,
    const struct hash *path, size_t n)
{
	(void)fprintf(f, "%s %llu %llu", kind, (unsigned long long)a,
	    (unsigned long long)b);
	for (size_t i = 0; i < n; i++) {
		char hex[2 * HASH_BYTES + 1];

		hex_print(hex, hash_span(&path[i]));
		(void)fprintf(f, " %s", hex);
	}
	(void)fputc('\n', f);
}

/* Proofs spread over the log, with and without the last partial tile. */
static void
write_proofs(struct tilestore *s, uint64_t size)
{
	struct hash path[MERKLE_PATH_MAX];
	FILE *f = create("proofs");
	size_t n;

	for (unsigned i = 0; i < PROOFS; i++) {
		uint64_t to = size - size * (i % 7) / 9;
		uint64_t at = (to - 1) * i / (PROOFS - 1);

		if (merkle_inclusion(
			path, &n, at, to, tilestore_read, s, NULL) != ERR_OK)
			die("inclusion");
		put_path(f, "inclusion", at, to, path, n);
		if (merkle_consistency(path, &n, at + 1, to, tilestore_read, s,
			NULL) != ERR_OK)
			die("consistency");
		put_path(f, "consistency", at + 1, to, path, n);
	}
	finish(f);
}

static void
write_vkey(const char *file, const char *name, uint8_t type,
    const struct sign_key *key)
{
	struct buf b = buf_heap(1024);
	FILE *f = create(file);

	if (note_vkey_print(&b, name, type, key->pub) != ERR_OK)
		die("vkey");
	(void)fprintf(f, "%s\n", buf_text(&b));
	finish(f);
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	static struct tilestore s;
	struct sign_key key, witness;
	uint64_t size = 0;
	uint8_t entry[200];

	if (argc != 3 ||
	    u64_parse(&size, span_str(argv[2]), 999999) != ERR_OK || size == 0)
		die("usage: make_log FOLDER SIZE");
	folder = argv[1];
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		die("mkdir");
	if (crypto_start() != ERR_OK)
		die("no randomness");
	key_generate(&key);
	key_generate(&witness);
	tilestore_init(&s);
	for (uint64_t i = 0; i < size; i++) {
		size_t n = entry_of(i, entry);
		struct hash leaf = merkle_leaf(span_of(entry, n));

		tiles_add(&s.tiles, &s.frontier, &leaf);
	}
	write_entries(size);
	write_tiles(&s);
	write_checkpoint("checkpoint", &s, size, &key, &witness);
	write_checkpoint("checkpoint.old", &s, (size + 1) / 2, &key, &witness);
	write_proofs(&s, size);
	write_vkey("vkey", ORIGIN, NOTE_ED25519, &key);
	write_vkey("witness", WITNESS, NOTE_COSIGNATURE, &witness);
	tilestore_clear(&s);
	key_clear(&key);
	key_clear(&witness);
	return 0;
}
