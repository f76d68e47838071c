/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_GS1_H
#define GS1_GS1_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * GS1 identifiers: read from what a scanner sends (element strings, Digital
 * Link, URN, EPC binary, bare GTIN or SSCC digits) into decoded (AI, value)
 * pairs, and written as constrained canonical Digital Link, the key of an item.
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

struct gs1_ai {
	char ai[5];           /* "01", "8006", NUL-terminated */
	uint8_t value_length; /* decoded bytes */
	uint16_t value_at;    /* offset in gs1_code.values */
};

struct gs1_code {
	enum gs1_form form;
	char carrier[4]; /* AIM identifier "]d2", "" unknown */
	unsigned count;
	struct gs1_ai ais[GS1_AIS];
	uint8_t values[GS1_TEXT]; /* decoded values one after another */
	/* after a failure: */
	enum gs1_class cls;
	size_t error_at; /* byte offset in the text */
};

/*
 * Reads any scanned text. No allocation. Returns ERR_OK or the rule that
 * failed (ERR_SYNTAX, ERR_LENGTH, ERR_CHECK_DIGIT, ERR_CHARSET, ERR_DATE,
 * ERR_UNKNOWN_AI, ERR_SYMBOLOGY, ERR_TRUNCATED, ERR_GS_MISSING,
 * ERR_UNSUPPORTED, ERR_TOO_LARGE); d says AI, place, got, wanted and the
 * clause of gs1.md. out->cls and out->error_at are set then.
 */
enum err gs1_read(
    struct gs1_code *out, struct span text, struct diag *d) CM_MUST_USE;

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
