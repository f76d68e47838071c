/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MAP_H
#define LEDGER_MAP_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"
#include "event/touch.h"

/*
 * The map of formats.md 5 in memory: for each subject the list of the entries
 * that touch it, as a Merkle-Patricia tree over SHA-256. One writer; readers
 * of a frozen version run beside it. No I/O.
 */
#define MAP_PATH_MAX 256

/* key(s) of 5.1. */
struct hash map_key(struct span subject);
/* item_j of 5.2 as a leaf of the subject's list: RFC 6962 leaf hash over
 * u64be(index) and the entry's leaf hash. */
struct hash map_item(uint64_t index, const struct hash *leaf);
/* value of 5.2 over a list of n items with that RFC 6962 root. */
struct hash map_value(uint64_t n, const struct hash *list_root);

/* Root of the empty map, SHA-256(02) (5.2). */
struct hash map_empty_root(void);

/* ---- proofs (5.3): pure ---- */
struct map_step {
	uint8_t bit;
	struct hash sibling;
};
struct map_proof {
	bool present;
	bool empty;        /* absent in a map without any key */
	struct hash key;   /* present: the key asked for; absent: the other */
	struct hash value; /* of that key */
	unsigned steps;
	struct map_step step[MAP_PATH_MAX]; /* leaf to root */
};
/* ERR_PROOF: key is not in the map of that root with that value, or not
 * absent from it as the proof says. */
enum err map_verify(const struct map_proof *p, const struct hash *key,
    const struct hash *root, struct diag *d) CM_MUST_USE;

/* Part first … first + count - 1 of a list of n items (7.2): the subtrees of
 * the RFC 6962 split left and right of it, from left to right. ERR_PROOF. */
enum err map_range_root(struct hash *root, uint64_t n, uint64_t first,
    const struct hash *items, size_t count, const struct hash *left,
    size_t left_count, const struct hash *right, size_t right_count,
    struct diag *d) CM_MUST_USE;
/* The same from all n items: fills left and right (MERKLE_PATH_MAX each). */
void map_range_sides(const struct hash *items, uint64_t n, uint64_t first,
    size_t count, struct hash *left, size_t *left_count, struct hash *right,
    size_t *right_count);

/* ---- the map ---- */
struct map;
enum err map_new(struct map **out) CM_MUST_USE;
void map_free(struct map *m);

/* The entry at index, with that leaf hash, touches the key. ERR_USAGE unless
 * the indices of one key strictly rise below 2^48; ERR_NOMEM, after which the
 * map is good for nothing but map_free(). */
enum err map_add(struct map *m, const struct hash *key, uint64_t index,
    const struct hash *leaf) CM_MUST_USE;
/* A hint, which changes nothing: map_add() of these keys, MAP_EXPECT at most,
 * comes next. Walking to all of them at once takes little more time than to
 * one, for the memory answers side by side. */
#define MAP_EXPECT 32
void map_expect(const struct map *m, const struct hash *keys, size_t n);
/* All subjects of an entry (5.4), from its bytes. t: the caller's. */
enum err map_add_entry(struct map *m, struct touch *t, uint64_t index,
    struct span entry) CM_MUST_USE;

/* Hashes what changed since; the empty map has its root too. */
struct hash map_root(struct map *m);
uint64_t map_keys(const struct map *m);
size_t map_bytes(const struct map *m); /* of memory */

/* A version for readers: stays as it is while the map goes on. Writer's thread
 * only for make and drop; at most 8 at a time (ERR_LIMIT). */
struct map_version;
enum err map_freeze(struct map *m, struct map_version **out) CM_MUST_USE;
void map_thaw(struct map *m, struct map_version *v);
struct hash map_version_root(const struct map_version *v);
uint64_t map_version_keys(const struct map_version *v);
/* Any thread, until map_thaw(). What the version has of a key; count 0: it is
 * absent. The root speaks for count and value; newest is the map's own note. */
struct map_found {
	uint64_t count, newest; /* entries that touch it; the newest's index */
	struct hash value;      /* of 5.2 */
};
void map_version_find(
    struct map_found *out, const struct map_version *v, const struct hash *key);
void map_prove(
    struct map_proof *out, const struct map_version *v, const struct hash *key);

/* ---- sorted dump: u8[32] key, n, newest index (LEB128, as short as they go),
 * then the hashes of the list's frontier (as many as n has bits set), largest
 * subtree first; record after record in order of the keys ---- */
typedef enum err (*map_write_fn)(void *ctx, struct span bytes);
/* Hands out whole records in pieces of about 1 MB. */
enum err map_dump(
    const struct map *m, map_write_fn write, void *ctx) CM_MUST_USE;
/* The same of a version, on any thread until map_thaw(). */
enum err map_version_dump(
    const struct map_version *v, map_write_fn write, void *ctx) CM_MUST_USE;
/* Length of the record at the front, 0 if there is none. */
size_t map_record_bytes(struct span records);
/* Into an empty map, piece after piece, each of whole records.
 * ERR_BAD_ENCODING (order, form), ERR_NOMEM; ERR_STATE with a version. */
enum err map_load(
    struct map *m, struct span records, struct diag *d) CM_MUST_USE;

#endif
