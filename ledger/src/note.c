/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#include "base/text.h"

#include "base/banned.h"

#define ID_BYTES 4
#define COSIGN_TIME_BYTES 8
/* id, time stamp, signature */
#define COSIGN_BYTES (ID_BYTES + COSIGN_TIME_BYTES + SIG_BYTES)
/* Signatures of types yet to come may be long (ML-DSA-44: 2,420 bytes). */
#define SIGNATURE_MAX 8192
#define DASH "\xE2\x80\x94 " /* U+2014 and a blank */

static const char note_clause[] = "C2SP signed-note";
static const char checkpoint_clause[] = "C2SP tlog-checkpoint";

/* Code points that are blank (Unicode White_Space) beyond ASCII. */
static bool
wide_blank(struct span s)
{
	static const char *const blanks[] = { "\xC2\x85", "\xC2\xA0",
		"\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
		"\xE2\x81\x9F", "\xE3\x80\x80" };

	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (span_starts(s, blanks[i]))
			return true;
	/* U+2000 to U+200A */
	return s.n >= 3 && s.p[0] == 0xE2 && s.p[1] == 0x80 && s.p[2] >= 0x80 &&
	       s.p[2] <= 0x8A;
}

static bool
key_name_valid(struct span name)
{
	if (name.n == 0 || name.n > ORIGIN_CHARS || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c <= ' ' || c == 0x7F || c == '+' ||
		    wide_blank(span_skip(name, i)))
			return false;
	}
	return true;
}

/* C2SP tlog-checkpoint: the origin is a line of text; blanks are allowed. */
static bool
origin_valid(struct span origin)
{
	if (origin.n == 0 || origin.n > ORIGIN_CHARS || !utf8_valid(origin))
		return false;
	for (size_t i = 0; i < origin.n; i++)
		if (origin.p[i] < ' ' || origin.p[i] == 0x7F)
			return false;
	return true;
}

static void
copy_text(char *out, struct span s)
{
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

void
note_key_id(
    uint8_t id[4], const char *name, uint8_t type, const uint8_t pub[KEY_BYTES])
{
	const uint8_t tail[2] = { '\n', type };
	struct sha256 sha;
	struct hash h;

	sha256_init(&sha);
	sha256_add(&sha, span_str(name));
	sha256_add(&sha, span_of(tail, sizeof(tail)));
	sha256_add(&sha, span_of(pub, KEY_BYTES));
	sha256_done(&sha, &h);
	memcpy(id, h.b, ID_BYTES);
}

enum err
note_vkey_print(struct buf *out, const char *name, uint8_t type,
    const uint8_t pub[KEY_BYTES])
{
	uint8_t id[ID_BYTES], typed[1 + KEY_BYTES];
	char hex[2 * ID_BYTES + 1];

	if (!key_name_valid(span_str(name)) ||
	    (type != NOTE_ED25519 && type != NOTE_COSIGNATURE))
		return ERR_USAGE;
	note_key_id(id, name, type, pub);
	hex_print(hex, span_of(id, sizeof(id)));
	typed[0] = type;
	memcpy(typed + 1, pub, KEY_BYTES);
	buf_printf(out, "%s+%s+", name, hex);
	base64_put(out, span_of(typed, sizeof(typed)));
	return buf_error(out);
}

/* The bytes before the first `c` of *rest; *rest goes on after it. */
static bool
take_until(struct span *out, struct span *rest, char c)
{
	const uint8_t *at = rest->n == 0 ? NULL : memchr(rest->p, c, rest->n);

	if (at == NULL)
		return false;
	*out = span_of(rest->p, (size_t)(at - rest->p));
	*rest = span_skip(*rest, out->n + 1);
	return true;
}

static bool
hex_lower(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'F')
			return false;
	return true;
}

enum err
note_vkey_parse(struct note_key *out, struct span text, struct diag *d)
{
	struct span name, hex, rest = text;
	uint8_t id[ID_BYTES], key[1 + KEY_BYTES];
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!take_until(&name, &rest, '+') || !take_until(&hex, &rest, '+'))
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "vkey: wanted name+id+key");
	if (!key_name_valid(name))
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "vkey: name is empty, too long or holds a blank");
	if (hex.n != 2 * ID_BYTES || !hex_lower(hex) ||
	    hex_parse(id, sizeof(id), &n, hex) != ERR_OK)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "vkey: wanted a key id of 8 lower-case hex digits");
	if (base64_parse(key, sizeof(key), &n, rest) != ERR_OK || n == 0)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "vkey: wanted base64 of a type and a key of 32 bytes");
	if (key[0] != NOTE_ED25519 && key[0] != NOTE_COSIGNATURE)
		return diag_fail(d, ERR_UNSUPPORTED, note_clause,
		    "vkey: type: got %u, wanted 1 or 4", (unsigned)key[0]);
	if (n != sizeof(key))
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "vkey: key: got %zu bytes, wanted 32", n - 1);
	copy_text(out->name, name);
	out->type = key[0];
	memcpy(out->pub, key + 1, KEY_BYTES);
	note_key_id(out->id, out->name, out->type, out->pub);
	if (memcmp(out->id, id, ID_BYTES) != 0)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "vkey: key id does not fit name and key");
	return ERR_OK;
}

enum err
checkpoint_print(struct buf *out, const struct checkpoint *c)
{
	if (!origin_valid(span_str(c->origin)))
		return ERR_USAGE;
	buf_printf(out, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
	base64_put(out, hash_span(&c->root));
	buf_byte(out, '\n');
	return buf_error(out);
}

static void
put_signature(struct buf *out, const char *name, struct span signature)
{
	buf_printf(out, DASH "%s ", name);
	base64_put(out, signature);
	buf_byte(out, '\n');
}

enum err
checkpoint_sign(
    struct buf *out, const struct checkpoint *c, const struct sign_key *key)
{
	uint8_t sig[ID_BYTES + SIG_BYTES];
	size_t start = out->n;
	enum err e;

	if (!key_name_valid(span_str(c->origin)))
		return ERR_USAGE;
	e = checkpoint_print(out, c);
	if (e != ERR_OK)
		return e;
	note_key_id(sig, c->origin, NOTE_ED25519, key->pub);
	ed25519_sign(
	    sig + ID_BYTES, key, span_of(out->p + start, out->n - start));
	buf_byte(out, '\n');
	put_signature(out, c->origin, span_of(sig, sizeof(sig)));
	return buf_error(out);
}

/* C2SP tlog-cosignature: what a witness signs. */
static enum err
cosigned_text(struct buf *out, uint64_t time_s, struct span body)
{
	buf_printf(
	    out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
	buf_put(out, body);
	return buf_error(out);
}

enum err
checkpoint_cosign(struct buf *out, const struct checkpoint *c, const char *name,
    uint64_t time_s, const struct sign_key *key)
{
	uint8_t space[COSIGN_BYTES];
	struct buf sig = buf_fixed(space, sizeof(space));
	struct buf body = buf_heap(2 * NOTE_MAX);
	struct buf text = buf_heap(2 * NOTE_MAX);
	uint8_t id[ID_BYTES];
	enum err e = ERR_USAGE;

	if (!key_name_valid(span_str(name)))
		goto out;
	e = checkpoint_print(&body, c);
	if (e == ERR_OK)
		e = cosigned_text(&text, time_s, buf_span(&body));
	if (e != ERR_OK)
		goto out;
	note_key_id(id, name, NOTE_COSIGNATURE, key->pub);
	buf_put(&sig, span_of(id, sizeof(id)));
	buf_u64be(&sig, time_s);
	ed25519_sign(
	    space + ID_BYTES + COSIGN_TIME_BYTES, key, buf_span(&text));
	put_signature(out, name, span_of(space, sizeof(space)));
	e = buf_error(out);
out:
	buf_free(&text);
	buf_free(&body);
	return e;
}

/* The split: text with its last LF, signature lines after the empty line. */
static enum err
note_split(
    struct span *text, struct span *lines, struct span note, struct diag *d)
{
	size_t i;

	if (note.n > NOTE_MAX)
		return diag_fail(d, ERR_TOO_LARGE, note_clause,
		    "note: got %zu bytes, wanted at most %d", note.n, NOTE_MAX);
	if (!utf8_valid(note))
		return diag_fail(
		    d, ERR_BAD_ENCODING, note_clause, "note: no valid UTF-8");
	for (i = 0; i < note.n; i++)
		if ((note.p[i] < ' ' && note.p[i] != '\n') || note.p[i] == 0x7F)
			return diag_fail(d, ERR_BAD_ENCODING, note_clause,
			    "note: control character %02x at byte %zu",
			    (unsigned)note.p[i], i);
	/* The last empty line splits: the text may hold others. */
	for (i = note.n; i >= 2; i--)
		if (note.p[i - 1] == '\n' && note.p[i - 2] == '\n')
			break;
	if (i < 3)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "note: wanted text, an empty line and signatures");
	*text = span_of(note.p, i - 1);
	*lines = span_skip(note, i);
	if (lines->n == 0)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "note: no signature line");
	return ERR_OK;
}

struct signature {
	struct span name;
	size_t n;
	uint8_t bytes[SIGNATURE_MAX]; /* key id and signature */
};

/* One line without its LF. */
static enum err
signature_parse(struct signature *out, struct span line, struct diag *d)
{
	struct span rest = line;

	if (!span_starts(line, DASH))
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "signature line: wanted U+2014 and a blank first");
	rest = span_skip(line, strlen(DASH));
	if (!take_until(&out->name, &rest, ' ') || !key_name_valid(out->name))
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "signature line: wanted a key name and a blank");
	if (base64_parse(out->bytes, sizeof(out->bytes), &out->n, rest) !=
	    ERR_OK)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "signature line: wanted base64 up to the line's end");
	if (out->n <= ID_BYTES)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "signature: got %zu bytes, wanted an id and a signature",
		    out->n);
	return ERR_OK;
}

static enum err
check_cosignature(uint64_t *time_s, struct span text,
    const struct signature *sig, const struct note_key *key, struct diag *d)
{
	struct buf signed_ = buf_heap(2 * NOTE_MAX);
	const uint8_t *p = sig->bytes + ID_BYTES;
	uint64_t t = 0;
	enum err e;

	for (int i = 0; i < COSIGN_TIME_BYTES; i++)
		t = t << 8 | p[i];
	e = cosigned_text(&signed_, t, text);
	if (e == ERR_OK && !ed25519_verify(p + COSIGN_TIME_BYTES, key->pub,
			       buf_span(&signed_)))
		e = diag_fail(d, ERR_BAD_SIGNATURE, "C2SP tlog-cosignature",
		    "cosignature of %s is wrong", key->name);
	buf_free(&signed_);
	if (e == ERR_OK && time_s != NULL)
		*time_s = t;
	return e;
}

static enum err
check_signature(uint64_t *time_s, struct span text, const struct signature *sig,
    const struct note_key *key, struct diag *d)
{
	bool cosigned = key->type == NOTE_COSIGNATURE;
	size_t want = cosigned ? COSIGN_BYTES : ID_BYTES + SIG_BYTES;

	if (sig->n != want)
		return diag_fail(d, ERR_BAD_SIGNATURE, note_clause,
		    "signature of %s: got %zu bytes, wanted %zu", key->name,
		    sig->n, want);
	if (cosigned)
		return check_cosignature(time_s, text, sig, key, d);
	if (!ed25519_verify(sig->bytes + ID_BYTES, key->pub, text))
		return diag_fail(d, ERR_BAD_SIGNATURE, note_clause,
		    "signature of %s is wrong", key->name);
	return ERR_OK;
}

static bool
signature_by(const struct signature *sig, const struct note_key *key)
{
	return span_is(sig->name, key->name) &&
	       memcmp(sig->bytes, key->id, ID_BYTES) == 0;
}

/* The next signature line; *count is how many were before. */
static enum err
next_signature(
    struct signature *out, struct span *lines, unsigned *count, struct diag *d)
{
	struct span line;

	if (!take_until(&line, lines, '\n'))
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "signature line without its line feed");
	if (++*count > NOTE_SIGNATURES)
		return diag_fail(d, ERR_BAD_ENCODING, note_clause,
		    "note: more than %d signatures", NOTE_SIGNATURES);
	return signature_parse(out, line, d);
}

/* Every line is read before any is believed. */
static enum err
find_signatures(bool *got, struct span lines,
    const struct note_key *const *keys, size_t n, struct diag *d)
{
	struct signature sig;
	unsigned count = 0;

	memset(got, 0, n * sizeof(*got));
	while (lines.n != 0) {
		enum err e = next_signature(&sig, &lines, &count, d);

		if (e != ERR_OK)
			return e;
		for (size_t i = 0; i < n; i++) {
			if (!signature_by(&sig, keys[i]))
				continue;
			if (got[i])
				return diag_fail(d, ERR_BAD_ENCODING,
				    note_clause, "two signatures by %s",
				    keys[i]->name);
			got[i] = true;
		}
	}
	return ERR_OK;
}

static enum err
check_signatures(uint64_t *time_s, struct span text, struct span lines,
    const struct note_key *const *keys, size_t n, struct diag *d)
{
	struct signature sig;
	unsigned count = 0;
	enum err e = ERR_OK;

	while (e == ERR_OK && lines.n != 0) {
		e = next_signature(&sig, &lines, &count, d);
		for (size_t i = 0; e == ERR_OK && i < n; i++)
			if (signature_by(&sig, keys[i]))
				e = check_signature(
				    time_s, text, &sig, keys[i], d);
	}
	return e;
}

static enum err
open_all(struct span *text, uint64_t *time_s, bool *got, struct span note,
    const struct note_key *const *keys, size_t n, struct diag *d)
{
	struct span body, lines;
	enum err e = note_split(&body, &lines, note, d);

	if (e == ERR_OK)
		e = find_signatures(got, lines, keys, n, d);
	if (e == ERR_OK)
		e = check_signatures(time_s, body, lines, keys, n, d);
	if (e == ERR_OK)
		*text = body;
	return e;
}

enum err
note_open_all(struct span *text, bool *got, struct span note,
    const struct note_key *const *keys, size_t n, struct diag *d)
{
	return open_all(text, NULL, got, note, keys, n, d);
}

enum err
note_open(struct span *text, uint64_t *time_s, struct span note,
    const struct note_key *key, struct diag *d)
{
	struct span body;
	bool got;
	enum err e = open_all(&body, time_s, &got, note, &key, 1, d);

	if (e != ERR_OK)
		return e;
	if (!got)
		return diag_fail(d, ERR_BAD_SIGNATURE, note_clause,
		    "note: no signature by %s", key->name);
	*text = body;
	return ERR_OK;
}

enum err
checkpoint_parse(struct checkpoint *out, struct span body, struct diag *d)
{
	struct span origin, size, root, rest = body;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!take_until(&origin, &rest, '\n') ||
	    !take_until(&size, &rest, '\n') || !take_until(&root, &rest, '\n'))
		return diag_fail(d, ERR_BAD_ENCODING, checkpoint_clause,
		    "checkpoint: wanted three lines");
	/* formats 6.1: no extension lines. */
	if (rest.n != 0)
		return diag_fail(d, ERR_BAD_ENCODING, "formats 6.1",
		    "checkpoint: got more than three lines");
	if (!origin_valid(origin))
		return diag_fail(d, ERR_BAD_ENCODING, checkpoint_clause,
		    "origin: empty, longer than %d bytes or not printable",
		    ORIGIN_CHARS);
	if (u64_parse(&out->size, size, UINT64_MAX) != ERR_OK)
		return diag_fail(d, ERR_BAD_ENCODING, checkpoint_clause,
		    "size: wanted decimal digits without a leading zero");
	if (root.n != HASH64_CHARS ||
	    base64_parse(out->root.b, HASH_BYTES, &n, root) != ERR_OK ||
	    n != HASH_BYTES)
		return diag_fail(d, ERR_BAD_ENCODING, checkpoint_clause,
		    "root: wanted the base64 of 32 bytes");
	copy_text(out->origin, origin);
	return ERR_OK;
}

enum err
checkpoint_open(struct checkpoint *out, struct span note,
    const struct note_key *key, struct diag *d)
{
	struct span text;
	enum err e;

	memset(out, 0, sizeof(*out));
	e = note_open(&text, NULL, note, key, d);
	return e == ERR_OK ? checkpoint_parse(out, text, d) : e;
}
