/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_MOVE_FILE_H
#define EDGE_AGENT_MOVE_FILE_H

#include <stdio.h>

#include "base/crypto.h"
#include "event/did.h"
#include "event/statement.h"

#include "outbox.h"

/*
 * The file that carries outboxes to another machine (docs/outbox-file.md 2),
 * written and read as a stream: memory does not grow with it. Both directions
 * refuse a statement that does not continue its chain. No private keys.
 */
#define MOVE_FILE_MAGIC "countermark/outbox/v1\n"
#define MOVE_FILE_IDENTITIES 256
#define MOVE_FILE_RECEIPT_MAX 65536
#define MOVE_FILE_MOVES 1000000000 /* of one chain */

/* One identity's chain. Of chain, head is not in the file: reading, it is the
 * hash of the newest statement read so far. */
struct move_file_section {
	uint8_t kid[KEY_BYTES];      /* the key that signs the chain */
	char did[DID_WEB_CHARS + 1]; /* of the device */
	uint64_t moves;              /* exports so far, this one counted */
	struct outbox_chain chain;
	struct span receipt; /* the newest held, n 0: none; borrowed */
};

/* What both directions know of the chain that passes. */
struct move_file_link {
	struct move_file_section section;
	uint64_t at; /* seq of the newest statement that passed */
};

struct move_file_out {
	FILE *f; /* borrowed */
	struct sha256 sha;
	unsigned sections; /* still to come */
	struct move_file_link link;
};

/* f: at its beginning. sections: how many follow, 1 to MOVE_FILE_IDENTITIES.
 * All four: ERR_IO; ERR_USAGE for what reading would refuse. */
enum err move_file_start(struct move_file_out *o, FILE *f, const char *log,
    unsigned sections, struct diag *d) CM_MUST_USE;
enum err move_file_section(struct move_file_out *o,
    const struct move_file_section *s, struct diag *d) CM_MUST_USE;
/* Statement acked + 1 of the section, then the next. Errors of reading it:
 * see move_file_next(). */
enum err move_file_statement(
    struct move_file_out *o, struct span bytes, struct diag *d) CM_MUST_USE;
/* Leaves room for the seal, flushes, and returns the seal. The file is not
 * valid before move_file_seal(). */
enum err move_file_end(
    struct move_file_out *o, struct hash *seal, struct diag *d) CM_MUST_USE;
/* Writes the seal into its room and flushes. f: as move_file_end() left it. */
enum err move_file_seal(
    FILE *f, const struct hash *seal, struct diag *d) CM_MUST_USE;

struct move_file_in {
	FILE *f; /* borrowed */
	struct sha256 sha;
	uint8_t *frame; /* the newest frame; spans handed out point here */
	char log[NAME_CHARS + 1];
	unsigned sections; /* still to come */
	struct move_file_link link;
};

enum move_file_kind {
	MOVE_FILE_SECTION,   /* in->link.section */
	MOVE_FILE_STATEMENT, /* seq, hash, bytes */
	MOVE_FILE_END,       /* all of it was read, and the seal is right */
};

struct move_file_item {
	enum move_file_kind kind;
	uint64_t seq;
	struct hash hash;  /* formats 1.8 */
	struct span bytes; /* until the next call */
};

/*
 * Checks the seal over the whole file, then reads its head: in->log. f must
 * be seekable. ERR_IO; ERR_NOMEM; ERR_BAD_ENCODING; ERR_UNSUPPORTED (another
 * version); ERR_TRUNCATED (the export did not end); ERR_PROOF (the seal: cut
 * or damaged). Always release with move_file_close().
 */
enum err move_file_open(
    struct move_file_in *in, FILE *f, struct diag *d) CM_MUST_USE;
/*
 * The next item. A statement is one that parses, is signed by its section's
 * key and names its section's device and epoch, the seq and the hash that it
 * must. ERR_IO, ERR_TRUNCATED, ERR_TOO_LARGE, ERR_BAD_ENCODING,
 * ERR_UNKNOWN_DEVICE, ERR_EPOCH, ERR_BAD_SIGNATURE, ERR_GAP, ERR_PROOF.
 */
enum err move_file_next(struct move_file_in *in, struct move_file_item *out,
    struct diag *d) CM_MUST_USE;
void move_file_close(struct move_file_in *in);

#endif
