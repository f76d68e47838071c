/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_EPCIS_HASH_H
#define EVENT_EPCIS_HASH_H

#include "base/buf.h"
#include "event/epcis.h"

/*
 * The event hash of CBV 2.0 section 8.9 (epcis.md 10): a name for an event
 * that two parties can derive from its content. For talking with peers only:
 * it leaves the error declaration out, peers differ in detail, and nothing in
 * the ledger rests on it.
 *
 * No number passes through a double: numbers are exact decimal texts.
 *
 * Memory: one struct epcis_hash is used for many events and holds
 *   - the string before hashing and the space to sort its parts, each at most
 *     max_bytes,
 *   - 8 bytes for each sibling that waits for its order, at most one for each
 *     value of the event,
 *   - three strings in hand, each at most max_bytes.
 * An event of 60,000 bytes with namespaces of usual length stays below a
 * megabyte in all; EPCIS_HASH_BYTES bounds what long namespaces, repeated by
 * each short name, could ask for.
 */
#define EPCIS_HASH_BYTES ((size_t)1 << 20)
#define EPCIS_HASH_CHARS 89      /* ni:///sha-256;<64>?ver=CBV2.0 */
#define EPCIS_HASH_PREFIXES 1024 /* terms of all contexts of one event */
#define EPCIS_HASH_IGNORED 64    /* names a document lists as left out */
#define EPCIS_HASH_DIGITS 1100   /* of a number written without exponent */

enum epcis_hash_order {
	EPCIS_HASH_REFERENCE, /* epcis.md 10.1, what the test vectors follow */
	EPCIS_HASH_TEXT,      /* as the rules are printed, 10.5 */
};

struct epcis_hash_piece;

/* Fields without a comment are private. */
struct epcis_hash {
	struct buf pre;  /* the string that was hashed last */
	const char *why; /* NULL: comparable; else what of the event has no
			  * place in the order, a text of the program */
	struct buf sorted, text, iri, link;
	struct epcis_hash_piece *pieces;
	size_t piece_count, piece_room;
};

/* max_bytes: longest string before hashing, EPCIS_HASH_BYTES unless there is
 * a reason. Allocates nothing. */
void epcis_hash_init(struct epcis_hash *h, size_t max_bytes);
void epcis_hash_clear(struct epcis_hash *h);

/*
 * Opens a document for hashing: an EPCISDocument as epcis_open() takes it, or
 * an EPCISQueryDocument (epcis.md 2.3), with any number of events, none too.
 * ERR_JSON, ERR_UTF8, ERR_LIMIT, ERR_SCHEMA as epcis_open().
 */
enum err epcis_hash_open(struct epcis_doc *out, struct span text,
    struct json_node *nodes, uint32_t capacity, struct diag *d) CM_MUST_USE;

/*
 * Writes the string before hashing of one event into h->pre and sets h->why.
 * event: a node of doc's list, or of any JSON object that has a type. Members
 * that the document names under `<prefix>:ignoreFields`, one list, are left
 * out.
 * ERR_TOO_LARGE: above max_bytes; ERR_LIMIT: more than EPCIS_HASH_PREFIXES
 * terms, EPCIS_HASH_IGNORED names, EPCIS_HASH_DIGITS digits or EPCIS_DEPTH
 * levels; ERR_NOMEM.
 */
enum err epcis_hash_pre(struct epcis_hash *h, const struct epcis_doc *doc,
    uint32_t event, enum epcis_hash_order order, struct diag *d) CM_MUST_USE;

/* The same and its name: EPCIS_HASH_CHARS characters and NUL. */
enum err epcis_hash_name(char out[EPCIS_HASH_CHARS + 1], struct epcis_hash *h,
    const struct epcis_doc *doc, uint32_t event, enum epcis_hash_order order,
    struct diag *d) CM_MUST_USE;

/* What an event's eventID is. */
enum epcis_hash_fit {
	EPCIS_HASH_NO_ID,     /* none, or no `ni:` URI */
	EPCIS_HASH_FITS,      /* the event's hash */
	EPCIS_HASH_FITS_TEXT, /* the same in the order of the text */
	EPCIS_HASH_OPAQUE,    /* neither: a name like any other */
};
/* Errors as epcis_hash_pre(); h->why is that of the last order tried. */
enum err epcis_hash_fit(enum epcis_hash_fit *out, struct epcis_hash *h,
    const struct epcis_doc *doc, uint32_t event, struct diag *d) CM_MUST_USE;

#endif
