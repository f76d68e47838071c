/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/hash.h"

/*
 * C2SP signed-note and tlog-checkpoint (formats.md 6.1), Ed25519 (type 01)
 * and cosignature/v1 (type 04).
 */
#define NOTE_MAX 65536
#define NOTE_SIGNATURES 16
#define ORIGIN_CHARS 320

struct checkpoint {
	char origin[ORIGIN_CHARS + 1];
	uint64_t size;
	struct hash root;
};

/* Key id: first four bytes of SHA-256(name LF type key). */
#define NOTE_ED25519 1
#define NOTE_COSIGNATURE 4
void note_key_id(uint8_t id[4], const char *name, uint8_t type,
    const uint8_t pub[KEY_BYTES]);

/* `name+hash+base64` (C2SP vkey). type 1 or 4. ERR_USAGE for another type or
 * a name that is empty, too long, or holds a blank, a control or a plus. */
enum err note_vkey_print(struct buf *out, const char *name, uint8_t type,
    const uint8_t pub[KEY_BYTES]) CM_MUST_USE;
struct note_key {
	char name[ORIGIN_CHARS + 1];
	uint8_t type;
	uint8_t id[4];
	uint8_t pub[KEY_BYTES];
};
/* ERR_BAD_ENCODING (form, name, key id), ERR_UNSUPPORTED (type). */
enum err note_vkey_parse(
    struct note_key *out, struct span text, struct diag *d) CM_MUST_USE;

/* Checkpoint body (three lines) and the signed note, whose key name is the
 * origin. ERR_USAGE for an origin that is no key name. */
enum err checkpoint_print(
    struct buf *out, const struct checkpoint *c) CM_MUST_USE;
enum err checkpoint_sign(struct buf *out, const struct checkpoint *c,
    const struct sign_key *key) CM_MUST_USE;
/* Appends a cosignature/v1 line (type 04) over the checkpoint's body to out,
 * which holds a signed note. */
enum err checkpoint_cosign(struct buf *out, const struct checkpoint *c,
    const char *name, uint64_t time_s, const struct sign_key *key) CM_MUST_USE;

/*
 * Splits a note strictly, checks that one signature by key is there and right;
 * text (with its last LF) is a view of the note. key type 4: *time_s, where
 * not NULL, gets the cosignature's time. ERR_TOO_LARGE (NOTE_MAX),
 * ERR_BAD_ENCODING (form), ERR_BAD_SIGNATURE (wrong or none by that key).
 * Unknown signatures are passed over; more than NOTE_SIGNATURES, or two by
 * that key, is an error.
 */
enum err note_open(struct span *text, uint64_t *time_s, struct span note,
    const struct note_key *key, struct diag *d) CM_MUST_USE;

/*
 * The same for n keys at once: got[i] tells whether a signature by key[i] is
 * there; one that is there and wrong is ERR_BAD_SIGNATURE.
 */
enum err note_open_all(struct span *text, bool *got, struct span note,
    const struct note_key *const *keys, size_t n, struct diag *d) CM_MUST_USE;

/* note_open() and checkpoint_parse(). The caller compares origin with the one
 * it wants. */
enum err checkpoint_open(struct checkpoint *out, struct span note,
    const struct note_key *key, struct diag *d) CM_MUST_USE;
/* The body alone; extension lines are refused. ERR_BAD_ENCODING. */
enum err checkpoint_parse(
    struct checkpoint *out, struct span body, struct diag *d) CM_MUST_USE;

#endif
