/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_GS1_H
#define GS1_GS1_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * GS1 identifiers: read from what a scanner sends (element strings, Digital
 * Link, URN, EPC binary, bare GTIN or SSCC digits) into decoded (AI, value)
 * pairs, and written as constrained canonical Digital Link, the key of an item,
 * as any other Digital Link, as element string and as bracketed text.
 * Identity is compared on decoded bytes, never on the text of a URI.
 * Spec: GS1 General Specifications, GS1 Digital Link URI Syntax 1.6.0, TDS 2.x.
 */
#define GS1_AIS 64        /* most AIs in one identifier */
#define GS1_TEXT 2048     /* longest text that is looked at */
#define GS1_CANONICAL 320 /* room for any constrained canonical form + NUL */

enum gs1_form {
	GS1_FORM_ELEMENT, /* element string, with or without AIM identifier */
	GS1_FORM_BRACKETED,
	GS1_FORM_LINK, /* Digital Link URI */
	GS1_FORM_URN,
	GS1_FORM_DIGITS, /* bare GTIN-8/12/13/14 or SSCC-18 */
	GS1_FORM_BINARY, /* EPC binary as hex (gs1/epc.h tells its filter) */
};

/* What went wrong with a failed reading (gs1.md 11). */
enum gs1_class { GS1_CLASS_NONE, GS1_CLASS_SCAN, GS1_CLASS_DATA };

/*
 * The rule that a failed reading broke. Numbers and names are stable: callers
 * count, print and store them.
 */
enum gs1_rule {
	GS1_RULE_NONE = 0,
	GS1_RULE_EMPTY = 1,     /* no text, no AI data */
	GS1_RULE_TOO_LARGE = 2, /* 6.8 */
	GS1_RULE_SYNTAX = 3,    /* not the grammar of its form */
	GS1_RULE_UNKNOWN_AI = 4,
	GS1_RULE_LENGTH = 5,
	GS1_RULE_CHARSET = 6,
	GS1_RULE_CHECK_DIGIT = 7, /* also check pair and IBAN checksum */
	GS1_RULE_DATE = 8,        /* date or time */
	GS1_RULE_CONTENT = 9,     /* another content check, see .check */
	GS1_RULE_PAIR = 10,       /* AIs that exclude each other */
	GS1_RULE_GS_MISSING = 11,
	GS1_RULE_GS_EXTRA = 12,
	GS1_RULE_TRUNCATED = 13,
	GS1_RULE_MERGED = 14,
	GS1_RULE_CASE_SWAPPED = 15,
	GS1_RULE_KEYBOARD_LAYOUT = 16,
	GS1_RULE_NO_FNC1 = 17,
	GS1_RULE_WRONG_SYMBOLOGY = 18,
	GS1_RULE_NOT_GS1 = 19,     /* no GS1 carrier, or plain text in one */
	GS1_RULE_DL_SYNTAX = 20,   /* section 6 */
	GS1_RULE_DL_FOREIGN = 21,  /* a URI without a GS1 key */
	GS1_RULE_UNSUPPORTED = 22, /* a form that is not read here */
};

struct gs1_ai {
	char ai[5];           /* "01", "8006", NUL-terminated */
	uint8_t value_length; /* decoded bytes */
	uint16_t value_at;    /* offset in gs1_code.values */
	uint16_t number;      /* AI as four digits, zeros on the right */
	uint16_t text_at;     /* offset of the value in the text read */
};

struct gs1_code {
	enum gs1_form form;
	char carrier[4]; /* AIM identifier "]d2", "" unknown */
	unsigned count;
	struct gs1_ai ais[GS1_AIS];
	uint8_t values[GS1_TEXT]; /* decoded values one after another */
	/* after a failure: */
	enum gs1_class cls;
	enum gs1_rule rule;
	const char *check; /* name of the content check ("iso4217") or NULL */
	size_t error_at;   /* byte offset in the text */
};

/*
 * Reads any scanned text. No allocation. Returns ERR_OK or the rule that
 * failed (ERR_SYNTAX, ERR_LENGTH, ERR_CHECK_DIGIT, ERR_CHARSET, ERR_DATE,
 * ERR_UNKNOWN_AI, ERR_SYMBOLOGY, ERR_TRUNCATED, ERR_GS_MISSING,
 * ERR_UNSUPPORTED, ERR_TOO_LARGE); d says AI, place, got, wanted and the
 * clause of gs1.md. out->cls, rule, check and error_at are set then.
 */
enum err gs1_read(
    struct gs1_code *out, struct span text, struct diag *d) CM_MUST_USE;

/* Stable lower-case word of a rule ("gs_missing"); "none" otherwise. */
const char *gs1_rule_name(enum gs1_rule rule);

/*
 * Class of a failed reading once a second reader gave the same text: what one
 * scanner may have garbled, two do not garble alike (gs1.md 11).
 */
enum gs1_class gs1_class_of_two(const struct gs1_code *code);

/* The value of an AI, SPAN_NONE when absent. Borrowed from code. */
struct span gs1_value(const struct gs1_code *code, const char *ai);

/*
 * Required companions (gs1.md 3.5): judged over all carriers of one item, so
 * gs1_read() passes a single scan without them. ERR_SYNTAX names the AI.
 */
enum err gs1_companions(
    const struct gs1_code *code, struct diag *d) CM_MUST_USE;

/*
 * Constrained canonical Digital Link (gs1.md 7.3): key and finest qualifier,
 * `https://id.gs1.org/01/09506000134352/21/ABC`. ERR_SYNTAX when code holds no
 * primary key.
 */
enum err gs1_canonical(
    struct buf *out, const struct gs1_code *code) CM_MUST_USE;

/*
 * Element string: the AIs in their order, GS (0x1D) behind each value without
 * a predefined length but the last. carrier: "" for none in front, or the AIM
 * identifier of section 2. `]C1 ]e0 ]d2 ]Q3 ]J1` carry AI data; `]E0 ]E4 ]I1`
 * the bare digits of AI 01 and, behind `]E0 ]E4`, the other AIs as composite.
 * ERR_UNSUPPORTED: not a carrier of AIs. ERR_SYNTAX: nothing to write, no AI 01
 * of that size, AIs that the carrier has no place for. ERR_SPACE, ERR_NOMEM.
 */
enum err gs1_write_elements(struct buf *out, const struct gs1_code *code,
    const char *carrier, struct diag *d) CM_MUST_USE;

/* Bracketed text (gs1.md 3.6). ERR_SPACE, ERR_NOMEM. */
enum err gs1_write_bracketed(
    struct buf *out, const struct gs1_code *code) CM_MUST_USE;

enum gs1_order {
	GS1_ORDER_READ,  /* first primary key leads, attributes as they came */
	GS1_ORDER_CANON, /* key of gs1_canonical(), attributes ascending */
};

/*
 * Digital Link: stem, primary key, its qualifiers in order, everything else as
 * attribute (gs1.md 7.1, 7.2). stem: "https://host/path" with or without a last
 * slash; SPAN_NONE is `https://id.gs1.org`, with GS1_ORDER_CANON the canonical
 * form. Ascending is the order of the AIs' digits, as in the dictionary: 240
 * stands before 30.
 * ERR_SYNTAX: no primary key, or an AI that has no place in its Digital Link;
 * d names it. ERR_SPACE, ERR_NOMEM.
 */
enum err gs1_write_link(struct buf *out, const struct gs1_code *code,
    struct span stem, enum gs1_order order, struct diag *d) CM_MUST_USE;

/*
 * Percent-decoding of a path segment or, with query, of a query value, where
 * + is a blank. A % without two hex digits and %00 stay as they are. Returns
 * the offset of the first of these, text.n when there is none.
 */
size_t gs1_unescape(struct buf *out, struct span text, bool query);

/*
 * A content check of the Syntax Dictionary by its name: "csum", "iso4217",
 * "yymmd0", "cset82" … *at: offset of the fault, untouched when it fits.
 * ERR_NOT_FOUND: no check of that name; else what gs1_read() returns for it.
 */
enum err gs1_content_check(
    size_t *at, const char *name, struct span value) CM_MUST_USE;

/* true for an instance, false for a class (gs1.md 7.4). */
bool gs1_is_instance(const struct gs1_code *code);

enum gs1_subject_kind {
	GS1_SUBJECT_NONE,     /* no scheme, or GS1 syntax that is broken */
	GS1_SUBJECT_INSTANCE, /* GS1 instance: out is the canonical form */
	GS1_SUBJECT_CLASS,    /* GS1 class: out is the canonical form */
	GS1_SUBJECT_OTHER,    /* any other URI: out is its own bytes */
};

/*
 * How formats.md 5.4 sees one string of an EPC list: lenient about everything
 * but key and finest qualifier (length, characters, check digit), GTIN-8, -12,
 * -13 in a Digital Link padded; alpha names, 415 and 8013 are other URIs.
 * A string that looks like a GS1 identifier but whose key or finest qualifier
 * is wrong is an other URI (its own bytes). Pure function, never fails;
 * out gets the subject for all kinds but NONE.
 */
enum gs1_subject_kind gs1_subject(struct buf *out, struct span uri);

/* GTIN helpers. digits: decimal text. */
bool gs1_check_digit_ok(struct span digits);
char gs1_check_digit(struct span digits_without_it);
/* Pads 8, 12, 13 or 14 digits with a right check digit to 14 digits + NUL.
 * ERR_LENGTH, ERR_CHARSET, ERR_CHECK_DIGIT. */
enum err gs1_gtin14(
    char out[15], struct span digits, struct diag *d) CM_MUST_USE;

#endif
