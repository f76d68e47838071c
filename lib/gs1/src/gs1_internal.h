/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_INTERNAL_H
#define GS1_INTERNAL_H

#include "gs1/gs1.h"

/* The parts of lib/gs1 share these; nobody else includes this file. */

#define GS1_GS 0x1d
#define GS1_PARTS 5
#define GS1_VALUE 90 /* longest value of any AI */

/* Character sets of gs1.md 5.3, one bit each. */
enum gs1_set {
	GS1_N = 1, /* digits */
	GS1_X = 2, /* CSET 82 */
	GS1_Y = 4, /* CSET 39 */
	GS1_Z = 8, /* base64url */
	/* RFC 3986 section 2: unreserved, gen-delims, sub-delims, percent */
	GS1_URI = 16,
	GS1_HOST = 32, /* 6.1: letters, digits, . - : and brackets */
};

/* Content checks of gs1.md 5 under the names of the Syntax Dictionary. */
enum gs1_content {
	GS1_ANY, /* none */
	GS1_CSUM,
	GS1_CSUMALPHA,
	GS1_GCP,
	GS1_YYMMDD,
	GS1_YYMMD0,
	GS1_YYYYMMDD,
	GS1_YYYYMMD0,
	GS1_HHMI,
	GS1_HH,
	GS1_MI,
	GS1_SS,
	GS1_ZERO,
	GS1_NONZERO,
	GS1_NOZEROPREFIX,
	GS1_PIECEOFTOTAL,
	GS1_IMPORTERIDX,
	GS1_ISO3166,
	GS1_ISO3166999,
	GS1_ISO3166ALPHA2,
	GS1_ISO4217,
	GS1_ISO5218,
	GS1_PCENC,
	GS1_LATITUDE,
	GS1_LONGITUDE,
	GS1_YESNO,
	GS1_HYPHEN,
	GS1_PACKAGETYPE,
	GS1_MEDIATYPE,
	GS1_POSINSEQSLASH,
	GS1_WINDING,
	GS1_IBAN,
	GS1_HASNONDIGIT,
	GS1_COUPONCODE,
	GS1_COUPONPOSOFFER,
};

#define GS1_CHECKS 3

/* One component of a value; optional ones stand last. */
struct gs1_part {
	uint8_t set;
	uint8_t min; /* characters */
	uint8_t max;
	bool optional;
	uint8_t checks[GS1_CHECKS]; /* enum gs1_content, GS1_ANY ends */
};

/* One row of the AI table, or neighbouring AIs with the same rules. */
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

/* The AIs that begin with the same two digits. */
struct gs1_block {
	const struct gs1_row *rows; /* ascending */
	uint8_t count;
	uint8_t digits; /* of each AI (3.1), 0: not assigned */
	uint8_t fixed;  /* predefined value length (3.2), 0: none */
};

/* gs1_ai_rows.c */
extern const struct gs1_block gs1_blocks[100];

/* gs1_ai.c */
const struct gs1_row *gs1_row(const char *ai, size_t digits);
/* The row of an AI that was read. */
const struct gs1_row *gs1_row_of(const struct gs1_ai *ai);
/* AI as four digits, zeros on the right. */
uint16_t gs1_number(const char *ai);
/* Digits of an AI that starts with these two; 0 unknown (3.1). */
unsigned gs1_ai_digits(const uint8_t *two);
/* Predefined value length of that prefix, 0 for none (3.2). */
unsigned gs1_fixed(const uint8_t *two);
/* Length, characters and content of a value. at: its offset in the text. */
enum err gs1_value_check(struct gs1_code *out, const struct gs1_row *row,
    const char *ai, struct span value, size_t at, struct diag *d) CM_MUST_USE;

/* The lists of a row. One item ("01", "310n") and what ends it. */
struct gs1_item {
	uint16_t low;
	uint16_t high;
	char end; /* ',', '|', '+' or 0 */
};
/* Takes the first item off a list that is not empty. */
struct gs1_item gs1_next_item(const char **list);
/* Place of an AI in the alternative that starts at seq, 0 when not in it. */
unsigned gs1_place_in(const char *seq, uint16_t number);
/* The alternative after this one, NULL at the end. */
const char *gs1_next_alternative(const char *seq);
/* 6.3: do these AIs stand in the order of that alternative? */
bool gs1_sequence_fits(
    const struct gs1_ai *qualifiers, unsigned count, const char *seq);
/* 6.4: could that AI stand in the path, given the qualifiers there? */
bool gs1_belongs_in_path(const struct gs1_row *key,
    const struct gs1_ai *qualifiers, unsigned count, uint16_t number);

/* gs1_check.c: offset of the first byte that is not in set, s.n for none. */
size_t gs1_outside(struct span s, unsigned set);
bool gs1_in_set(struct span s, unsigned set);

/* gs1_content.c: offset of the fault in s, GS1_FITS for none. */
#define GS1_FITS SIZE_MAX
size_t gs1_fault(enum gs1_content check, struct span s);
size_t gs1_check_digit_fault(struct span s);
size_t gs1_check_pair_fault(struct span s);
size_t gs1_coupon_fault(struct span s);
size_t gs1_coupon_offer_fault(struct span s);
/* Tells of a failed check of AI ai at byte at of the text. */
enum err gs1_content_fail(struct gs1_code *out, enum gs1_content check,
    const char *ai, struct span got, size_t at, struct diag *d) CM_MUST_USE;

/* gs1_lists.c */
enum gs1_list {
	GS1_LIST_COUNTRY,         /* "276" */
	GS1_LIST_COUNTRY_LETTERS, /* "DE" */
	GS1_LIST_CURRENCY,        /* "978" */
	GS1_LIST_PACKAGE,         /* "PX" */
};
bool gs1_in_list(enum gs1_list list, struct span code);

/* gs1_rules.c: pairs (3.5) of the AIs read so far. */
enum err gs1_pairs(struct gs1_code *out, struct diag *d) CM_MUST_USE;

/* gs1.c */
/* Appends (ai, value). A repeat with the same value is dropped; with another
 * it is ERR_SYNTAX. */
enum err gs1_add(struct gs1_code *out, const char *ai, struct span value,
    size_t at, struct diag *d) CM_MUST_USE;
/* Remembers where a reading failed and passes the code on. */
enum err gs1_at(struct gs1_code *out, size_t at, enum err e);
/* The same with a rule that the code alone does not tell. */
enum err gs1_broke(
    struct gs1_code *out, enum gs1_rule rule, size_t at, enum err e);
/* gs1_rule.c: the rule that a code stands for when none is named. */
enum gs1_rule gs1_rule_of(enum err e);
void gs1_start(struct gs1_code *out, enum gs1_form form);
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
/* Index of the AI that gs1_canonical() takes as key, count when none. */
unsigned gs1_canonical_key(const struct gs1_code *code);

#endif
