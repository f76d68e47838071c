/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sys/resource.h>

#include "base/text.h"
#include "ledger/map.h"

#include "base/banned.h"

/*
 * The map at one size, as one line of JSON: updates in batches with their root,
 * a dump into a file and its reload, memory, proofs. Times are of one core, so
 * that what else runs on the machine takes little from them.
 * Usage: countermark-map-bench KEYS FILE (for the dump; it is removed)
 */
#define BATCH 10000
#define BATCHES 50
#define PROOFS 10000

struct bench {
	struct map *map;
	uint64_t keys;  /* distinct ones so far: numbers 0 … keys - 1 */
	uint64_t index; /* next entry */
	FILE *file;
	double seconds; /* of what was timed last */
	struct hash key[BATCH], leaf[BATCH];
};

static struct bench bench;

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
expect_ok(enum err e, const char *what)
{
	if (e == ERR_OK)
		return;
	(void)fprintf(stderr, "map bench: %s: %s\n", what, err_name(e));
	exit(1);
}

/* A repeatable source of numbers (xorshift64). */
static uint64_t
next_number(void)
{
	static uint64_t state = 0x2545f4914f6cdd1d;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static struct hash
key_number(uint64_t i)
{
	return hash_bytes(span_of(&i, sizeof i));
}

/* One batch and its root; made ready before the clock runs. */
static void
touch(struct bench *b, bool fresh)
{
	struct hash root;
	double start;

	for (unsigned i = 0; i < BATCH; i++) {
		b->key[i] =
		    key_number(fresh ? b->keys++ : next_number() % b->keys);
		b->leaf[i] = key_number(~(b->index + i));
	}
	start = now_s();
	for (unsigned i = 0; i < BATCH; i++) {
		if (i % MAP_EXPECT == 0)
			map_expect(b->map, &b->key[i], BATCH - i);
		expect_ok(
		    map_add(b->map, &b->key[i], b->index + i, &b->leaf[i]),
		    "add");
	}
	root = map_root(b->map);
	b->seconds += now_s() - start;
	b->index += BATCH;
	(void)root;
}

/* Keys in no order, each with one entry; few roots in between. */
static void
fill(struct bench *b, uint64_t keys)
{
	while (b->keys < keys) {
		for (unsigned i = 0; i < MAP_EXPECT; i++)
			b->key[i] = key_number(b->keys + i);
		map_expect(b->map, b->key, MAP_EXPECT);
		for (unsigned i = 0; i < MAP_EXPECT; i++)
			expect_ok(
			    map_add(b->map, &b->key[i], b->index++, &b->key[i]),
			    "add");
		b->keys += MAP_EXPECT;
		if (b->keys % (MAP_EXPECT * (uint64_t)32768) == 0)
			(void)map_root(b->map);
	}
	(void)map_root(b->map);
}

static double
touches_per_s(struct bench *b, unsigned batches, bool fresh)
{
	b->seconds = 0;
	for (unsigned i = 0; i < batches; i++)
		touch(b, fresh);
	return (double)batches * BATCH / b->seconds;
}

/* Each batch under a version of its own, as with readers beside it. */
static double
frozen_per_s(struct bench *b)
{
	struct map_version *v = NULL, *next;
	double start, extra = 0;

	b->seconds = 0;
	for (unsigned i = 0; i < BATCHES; i++) {
		start = now_s();
		expect_ok(map_freeze(b->map, &next), "freeze");
		map_thaw(b->map, v);
		v = next;
		extra += now_s() - start;
		touch(b, false);
	}
	map_thaw(b->map, v);
	return (double)BATCHES * BATCH / (b->seconds + extra);
}

static enum err
write_piece(void *ctx, struct span bytes)
{
	FILE *f = ctx;

	if (fwrite(&bytes.n, sizeof bytes.n, 1, f) != 1 ||
	    fwrite(bytes.p, 1, bytes.n, f) != bytes.n)
		return ERR_IO;
	return ERR_OK;
}

static void
read_pieces(struct map *m, FILE *f)
{
	static uint8_t piece[2 << 20];
	struct diag d;
	size_t n;

	while (fread(&n, sizeof n, 1, f) == 1) {
		if (n > sizeof piece || fread(piece, 1, n, f) != n)
			expect_ok(ERR_IO, "reading the dump");
		expect_ok(map_load(m, span_of(piece, n), &d), "load");
	}
}

static size_t
rss_bytes(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (size_t)u.ru_maxrss * 1024;
}

/* Out and in again; the same root, a map that lies in order. */
static void
reload(struct bench *b)
{
	struct hash before = map_root(b->map), after;
	double start = now_s(), loaded;

	expect_ok(map_dump(b->map, write_piece, b->file), "dump");
	if (fflush(b->file) != 0)
		expect_ok(ERR_IO, "dump");
	(void)printf("\"dump_s\":%.2f,\"dump_bytes\":%ld,", now_s() - start,
	    ftell(b->file));
	map_free(b->map);
	rewind(b->file);
	expect_ok(map_new(&b->map), "new");
	start = now_s();
	read_pieces(b->map, b->file);
	loaded = now_s();
	after = map_root(b->map);
	(void)printf("\"load_s\":%.2f,\"hash_s\":%.2f,", loaded - start,
	    now_s() - loaded);
	if (!hash_equal(&before, &after))
		expect_ok(ERR_PROOF, "root after the reload");
}

/* Bytes of the "map" member of a bundle's subject (formats 7.2). */
static size_t
bundle_bytes(const struct map_proof *p)
{
	char text[HASH64_CHARS + 1];
	struct buf b = buf_heap(1 << 16);
	size_t n;

	for (unsigned i = 0; i < p->steps; i++) {
		base64_print(text, hash_span(&p->step[i].sibling));
		buf_printf(&b, "%c[%u,\"%s\"]", i == 0 ? '[' : ',',
		    p->step[i].bit, text);
	}
	buf_byte(&b, ']');
	n = b.n;
	buf_free(&b);
	return n;
}

static void
proofs(struct bench *b)
{
	double start, prove_s = 0, verify_s = 0;
	size_t steps = 0, most = 0, bytes = 0;
	struct map_version *v;
	struct hash root;

	expect_ok(map_freeze(b->map, &v), "freeze");
	root = map_version_root(v);
	for (unsigned i = 0; i < PROOFS; i++) {
		/* every other one of a key that is not there */
		struct hash key =
		    key_number(i % 2 == 0 ? next_number() % b->keys
					  : b->keys + next_number());
		struct map_proof p;

		start = now_s();
		map_prove(&p, v, &key);
		prove_s += now_s() - start;
		start = now_s();
		expect_ok(map_verify(&p, &key, &root, NULL), "verify");
		verify_s += now_s() - start;
		steps += p.steps;
		most = p.steps > most ? p.steps : most;
		bytes += bundle_bytes(&p);
	}
	map_thaw(b->map, v);
	(void)printf("\"proof_steps\":%.1f,\"proof_steps_max\":%zu,"
		     "\"proof_bytes\":%.0f,\"prove_us\":%.2f,"
		     "\"check_us\":%.2f,",
	    (double)steps / PROOFS, most, (double)bytes / PROOFS,
	    prove_s * 1e6 / PROOFS, verify_s * 1e6 / PROOFS);
}

int
main(int argc, char **argv)
{
	struct bench *b = &bench;
	unsigned long keys = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	double start;

	if (keys < BATCH) {
		(void)fputs("usage: countermark-map-bench KEYS FILE\n", stderr);
		return 64;
	}
	b->file = fopen(argv[2], "w+b");
	if (b->file == NULL || remove(argv[2]) != 0)
		expect_ok(ERR_IO, argv[2]);
	expect_ok(map_new(&b->map), "new");
	fill(b, keys);
	(void)printf("{\"keys\":%lu,", keys);
	(void)printf("\"map_bytes_per_key\":%.1f,\"rss_per_key\":%.1f,",
	    (double)map_bytes(b->map) / (double)b->keys,
	    (double)rss_bytes() / (double)b->keys);
	start = touches_per_s(b, BATCHES, false);
	(void)printf("\"updates_per_s\":%.0f,", start);
	(void)printf(
	    "\"inserts_per_s\":%.0f,", touches_per_s(b, BATCHES, true));
	(void)printf("\"frozen_updates_per_s\":%.0f,", frozen_per_s(b));
	proofs(b);
	(void)printf("\"rss_bytes\":%zu,", rss_bytes());
	reload(b);
	(void)printf("\"reloaded_updates_per_s\":%.0f}\n",
	    touches_per_s(b, BATCHES, false));
	map_free(b->map);
	(void)fclose(b->file);
	return fflush(stdout) == 0 ? 0 : 1;
}
