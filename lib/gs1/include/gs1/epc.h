/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_EPC_H
#define GS1_EPC_H

#include "gs1/gs1.h"

/*
 * The EPC of an RFID tag as hex digits, read into (AI, value) pairs and
 * written from them. Reading needs no list of company prefixes, the partition
 * tells the length; writing takes it from the caller (gs1/gcp.h knows it).
 * Spec: TDS 2.x chapter 14, gs1.md 8.
 */
#define EPC_HEX 50       /* most hex digits that are written, + no NUL */
#define EPC_TAG_URI 128  /* room for any tag URI + NUL */
#define EPC_FILTER_MAX 7 /* three bits; TDS chapter 10 has their meaning */

enum epc_scheme {
	EPC_SGTIN_96,  /* header 30: serial a number below 2^38 */
	EPC_SSCC_96,   /* header 31 */
	EPC_SGLN_96,   /* header 32: extension a number below 2^41, 0 none */
	EPC_GRAI_96,   /* header 33: serial a number below 2^38 */
	EPC_GIAI_96,   /* header 34: reference a number of 42 to 62 bits */
	EPC_SGTIN_198, /* header 36: serial of up to 20 characters */
};

/* What a tag says beside the identifier. */
struct epc {
	enum epc_scheme scheme;
	unsigned filter;        /* 0 to 7 */
	unsigned prefix_digits; /* of the company prefix, 6 to 12 */
};

/* Partition value of TDS, 0 to 6. */
static inline unsigned
epc_partition(const struct epc *tag)
{
	return 12 - tag->prefix_digits;
}

/* "sgtin-96", as it stands in a tag URI. */
const char *epc_scheme_name(enum epc_scheme scheme);

/*
 * Reads 24 hex digits, for header 36 50 or 52 (whole words of 16 bits), both
 * cases. Bits behind the EPC must be zero. code is filled as gs1_read() does.
 * Returns ERR_OK; ERR_LENGTH, ERR_CHARSET (no hex, or a serial's character);
 * ERR_UNSUPPORTED (d names the header); ERR_SYNTAX (partition 7, a field above
 * its digits, bits that must be zero).
 */
enum err epc_parse(struct epc *tag, struct gs1_code *code, struct span hex,
    struct diag *d) CM_MUST_USE;

/*
 * Appends the hex digits, upper case, 24 or 50, of the identity in code (its
 * key and finest qualifier; lot, dates and the like are left out).
 * Returns ERR_OK; ERR_GCP_UNKNOWN (prefix_digits is not 6 to 12, or the key
 * has no company prefix); ERR_UNSUPPORTED (this scheme does not hold that key
 * or serial); ERR_SYNTAX (no key); ERR_USAGE (filter); ERR_SPACE.
 */
enum err epc_print(struct buf *out, const struct epc *tag,
    const struct gs1_code *code, struct diag *d) CM_MUST_USE;

/* Appends `urn:epc:tag:sgtin-96:3.0614141.812345.6789`; errors as
 * epc_print(). */
enum err epc_tag_uri(struct buf *out, const struct epc *tag,
    const struct gs1_code *code, struct diag *d) CM_MUST_USE;

#endif
