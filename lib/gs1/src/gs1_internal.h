/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_INTERNAL_H
#define GS1_INTERNAL_H

#include "gs1/gs1.h"

/* The parts of lib/gs1 share these; nobody else includes this file. */

#define GS1_GS 0x1d
#define GS1_PARTS 3
#define GS1_VALUE 90 /* longest value of any AI */

/* Character sets of gs1.md 5.3, one bit each. */
enum gs1_set {
	GS1_N = 1, /* digits */
	GS1_X = 2, /* CSET 82 */
	GS1_Y = 4, /* CSET 39 */
	GS1_Z = 8, /* base64url */
};

/* Content checks of gs1.md 5, one bit each. */
enum gs1_lint {
	GS1_CSUM = 1,      /* 5.1 check digit */
	GS1_CPAIR = 2,     /* 5.2 check pair */
	GS1_DATE = 4,      /* 5.4 YYMMDD */
	GS1_DAY0 = 8,      /* 5.4 YYMMDD, day 00 allowed */
	GS1_HHMM = 16,     /* 5.4 */
	GS1_PREFIX = 32,   /* 5.5 starts with four digits */
	GS1_PIECES = 64,   /* 5.6 piece and total */
	GS1_ZERO = 128,    /* the digit 0 */
	GS1_NOZERO = 256,  /* no leading 0 */
	GS1_FACILITY = 512 /* 5.6 last character of 7040 */
};

/* One component of a value; an optional one stands last. */
struct gs1_part {
	uint8_t set;
	uint8_t min; /* characters */
	uint8_t max;
	uint16_t lint; /* bits of enum gs1_lint */
	bool optional;
};

/* One row of the AI table, or a family of AIs that differ in the last digit.
 */
struct gs1_row {
	uint16_t low; /* AI as four digits, filled with zeros on the right */
	uint16_t high;
	uint8_t digits;    /* of the AI */
	bool no_attribute; /* not in the query of a Digital Link (6.4) */
	struct gs1_part parts[GS1_PARTS];
	const char *key; /* qualifier sequences "22,10,21|235"; NULL: no key */
	const char *ex;  /* forbidden companions "255,37,310n" or NULL */
	const char *req; /* needs one of "01+21,8006+21" or NULL */
};

/* gs1_ai.c */
const struct gs1_row *gs1_row(const char *ai, size_t digits);
/* Digits of an AI that starts with these two; 0 unknown (3.1). */
unsigned gs1_ai_digits(const uint8_t *two);
/* Predefined value length of that prefix, 0 for none (3.2). */
unsigned gs1_fixed(const uint8_t *two);
/* Length, characters and content of a value. at: its offset in the text. */
enum err gs1_value_check(struct gs1_code *out, const struct gs1_row *row,
    const char *ai, struct span value, size_t at, struct diag *d) CM_MUST_USE;
/* Does list ("22,10,21", "310n") name that AI? */
bool gs1_listed(const char *list, const char *ai);

/* gs1_check.c */
bool gs1_in_set(struct span s, unsigned set);
/* First check that fails (its bit), 0 when all pass. */
unsigned gs1_lint(struct span s, unsigned lints);

/* gs1_rules.c: pairs (3.5) of the AIs read so far. */
enum err gs1_pairs(struct gs1_code *out, struct diag *d) CM_MUST_USE;

/* gs1.c */
/* Appends (ai, value). A repeat with the same value is dropped; with another
 * it is ERR_SYNTAX. */
enum err gs1_add(struct gs1_code *out, const char *ai, struct span value,
    size_t at, struct diag *d) CM_MUST_USE;
/* Remembers where a reading failed and passes the code on. */
enum err gs1_at(struct gs1_code *out, size_t at, enum err e);
void gs1_start(struct gs1_code *out, enum gs1_form form);
bool gs1_is_uri_byte(uint8_t c);
int gs1_hex(uint8_t c);

/* The forms; at: offset of data in the text the caller was given. */
enum err gs1_read_elements(struct gs1_code *out, struct span data, size_t at,
    struct diag *d) CM_MUST_USE;
enum err gs1_read_bracketed(
    struct gs1_code *out, struct span text, struct diag *d) CM_MUST_USE;
enum err gs1_read_link(struct gs1_code *out, struct span uri, size_t at,
    struct diag *d) CM_MUST_USE;
enum err gs1_read_urn(
    struct gs1_code *out, struct span urn, struct diag *d) CM_MUST_USE;
/* Text with an AIM identifier in front (section 2). */
enum err gs1_read_carrier(
    struct gs1_code *out, struct span text, struct diag *d) CM_MUST_USE;
/* AI data whose separators may be lost: 11 `gs_missing`. */
enum err gs1_read_ai_data(struct gs1_code *out, struct span data, size_t at,
    struct diag *d) CM_MUST_USE;
/* Looks like an AIM identifier typed under another layout or case (11). */
enum err gs1_mistyped(
    struct gs1_code *out, struct span text, struct diag *d) CM_MUST_USE;

bool gs1_is_link(struct span text);

/*
 * The identity inside a URI: key and its qualifiers as (AI, segment); decoded
 * bytes in the caller's space. Used by gs1_subject().
 */
struct gs1_identity {
	const struct gs1_row *key_row;
	char key[5];
	uint8_t key_value[GS1_VALUE];
	size_t key_length;
	char fine[5]; /* finest qualifier, "" none */
	uint8_t fine_value[GS1_VALUE];
	size_t fine_length;
};

/*
 * gs1.md 9.1: one row a URN scheme. Fields before the serial are digits, split
 * at dots; the first two are company prefix and reference.
 */
struct gs1_scheme {
	const char *name;
	const char *key;
	const char *fine; /* AI of the last field; "" it goes into the key */
	uint8_t digits;   /* of prefix and reference; 0: no fixed number */
	uint8_t fields;   /* in all */
	bool item_first;  /* first digit of the reference leads (GTIN, SSCC) */
	bool check;       /* a check digit follows the reference */
	bool zero;        /* a 0 in front (GRAI) */
	bool pattern;     /* has a class pattern `….*` */
	bool lot;         /* stands behind urn:epc:class: */
};
#define GS1_SCHEMES 16
extern const struct gs1_scheme gs1_schemes[GS1_SCHEMES];

enum gs1_urn_kind { GS1_URN_ID, GS1_URN_CLASS, GS1_URN_PATTERN };
#define GS1_URN_FIELDS 5

/* The fields of a URN as they stand in it. */
struct gs1_urn {
	struct span field[GS1_URN_FIELDS];
	enum gs1_urn_kind kind;
	const struct gs1_scheme *scheme;
};

/* Kind, scheme and fields, nothing judged but their number. ERR_SYNTAX,
 * ERR_UNSUPPORTED. */
enum err gs1_urn_split(
    struct gs1_urn *u, struct span urn, struct diag *d) CM_MUST_USE;
/* Key up to and with its check digit from the first two fields; false when
 * they do not fit each other. */
bool gs1_urn_front(struct buf *key, const struct gs1_urn *u);
enum err gs1_urn_fill(struct gs1_identity *out, const struct gs1_urn *u,
    struct diag *d) CM_MUST_USE;
/* Checks the value as its AI demands and appends it. */
enum err gs1_add_checked(struct gs1_code *out, const char *ai,
    struct span value, size_t at, struct diag *d) CM_MUST_USE;

/* A URN's identity, unchecked beyond its own grammar (9.1, 9.2). */
enum err gs1_urn_identity(struct gs1_identity *out, size_t *at, struct span urn,
    struct diag *d) CM_MUST_USE;

/* Rank of a qualifier in the constrained form (7.3): 0 is dropped, the
 * highest is the finest. */
unsigned gs1_rank(const char *key, const char *qualifier);
bool gs1_key_is_canonical(const char *key);
/* AI of key and finest qualifier ("" none) of a reading; NULL without a key. */
const char *gs1_identity_of(const struct gs1_code *code, const char **fine);

/*
 * The fields of a URN of that scheme, cut out of a key with a company prefix
 * of so many digits. Spans stand in the key's value, but for the reference.
 */
struct gs1_fields {
	const struct gs1_scheme *scheme;
	struct span gcp;
	uint8_t ref[GS1_VALUE];
	size_t ref_length;
	struct span pieces; /* piece and total of an ITIP, four digits */
	struct span last;   /* serial, extension, lot; SPAN_NONE: a class */
};

/* urn.c */
/* ERR_GCP_UNKNOWN: no prefix of so many digits; ERR_UNSUPPORTED: no scheme for
 * that identity; ERR_SYNTAX: no key. */
enum err gs1_fields_of(struct gs1_fields *out, const struct gs1_code *code,
    unsigned prefix_digits, struct diag *d) CM_MUST_USE;
/* `gcp.ref.serial` */
void gs1_fields_put(struct buf *out, const struct gs1_fields *f);

/* epc.c: 24, 50 or 52 hex digits with a header of TDS (gs1.md 2.3). */
bool epc_is_binary(struct span text);

#endif
