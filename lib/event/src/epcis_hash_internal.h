/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPCIS_HASH_INTERNAL_H
#define EPCIS_HASH_INTERNAL_H

#include "event/epcis_hash.h"

#include "epcis_internal.h"

/* The parts of epcis_hash*.c share these; nobody else includes this file. */

struct epcis_hash_piece {
	uint32_t start; /* offset in pre */
	uint32_t n;
};

/* One event being written. A failure sticks in e or in the buffers. */
struct hashing {
	struct epcis_hash *h;
	const struct json_doc *json;
	uint32_t doc_context, event_context; /* node or JSON_NONE */
	uint32_t ignored; /* node of an array of names or JSON_NONE */
	enum epcis_hash_order order;
	enum err e;
	const char *limit; /* with ERR_LIMIT: what was wanted */
};

void epcis_hash_fail(struct hashing *x, enum err e, const char *limit);
/* This event's hash is not comparable; the first reason stays. */
void epcis_hash_odd(struct hashing *x, const char *why);

/* ---- epcis_hash_sort.c: siblings in bytewise order ---- */
struct group {
	size_t first; /* pieces before it */
	size_t start; /* of its bytes in pre */
};
struct group epcis_hash_group(struct hashing *x);
/* What was written to pre since start is one piece of the open group. */
void epcis_hash_piece(struct hashing *x, size_t start);
void epcis_hash_sort(struct hashing *x, struct group g);

/* ---- epcis_hash_context.c ---- */
/* Counts the terms and finds the names to leave out. */
void epcis_hash_start(struct hashing *x, uint32_t event);
/* The namespace of a prefix; a view of the document, of x->h->iri or of the
 * program. false: not declared. */
bool epcis_hash_prefix(struct span *out, struct hashing *x, struct span prefix);
/* A member's unescaped name, a view of the document or of x->h->text. */
struct span epcis_hash_key(struct hashing *x, uint32_t node);
/* Members that are never hashed, at any level (10.1). */
bool epcis_hash_left_out(struct hashing *x, uint32_t member);

/* ---- epcis_hash_value.c: values into pre (10.4) ---- */
enum hash_word {
	HASH_BIZ_STEP,
	HASH_DISPOSITION,
	HASH_BIZ_TRANSACTION,
	HASH_SOURCE,
	HASH_COMPONENT,
	HASH_SENSOR,
	HASH_EXCEPTION,
};
void epcis_hash_word(struct hashing *x, uint32_t node, enum hash_word kind);
void epcis_hash_time(struct hashing *x, uint32_t node);
/* A string, number or boolean; null is nothing. */
void epcis_hash_scalar(struct hashing *x, uint32_t node);

/* ---- epcis_hash_extension.c ---- */
/* Is a member outside the standard's names: written as pieces of the open
 * group (10.3). */
void epcis_hash_extension(struct hashing *x, uint32_t member);

#endif
