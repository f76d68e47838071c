/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_GCP_H
#define GS1_GCP_H

#include "gs1/gs1.h"

/*
 * How many digits of a key are the GS1 company prefix: a list that the
 * operator supplies, as GS1 publishes it (gcpprefixformatlist.json):
 *   {"GCPPrefixFormatList":{"date":"…","entry":[
 *     {"prefix":"952","gcpLength":7},…]}}
 * prefix: 1 to 13 digits; gcpLength: 4 to 12, or 0 for numbers without a
 * company prefix. Other members are left unread, a prefix twice is refused.
 * The longest prefix decides; nothing is guessed. The same list as XML is not
 * read. Spec: gs1.md 10.
 */
#define GCP_FILE_MAX ((size_t)32 << 20) /* bytes */
#define GCP_ENTRIES_MAX 500000
#define GCP_PREFIX_MAX 13 /* digits */

struct gcp; /* opaque; constant once made, for any number of threads */

/*
 * Makes the list; release with gcp_free(). ERR_IO (file), ERR_TOO_LARGE
 * (bytes), ERR_LIMIT (entries), ERR_JSON, ERR_UTF8, ERR_SCHEMA (d names the
 * entry), ERR_UNSUPPORTED (XML), ERR_NOMEM.
 */
enum err gcp_load(
    struct gcp **out, const char *path, struct diag *d) CM_MUST_USE;
enum err gcp_parse(
    struct gcp **out, struct span json, struct diag *d) CM_MUST_USE;
void gcp_free(struct gcp *list);

size_t gcp_entries(const struct gcp *list);

/*
 * Digits (6 to 12) of the company prefix in the key of code. Does not
 * allocate: a binary search a length of prefix that the list has. list NULL is
 * an empty one.
 * Returns ERR_OK; ERR_GCP_UNKNOWN (not in the list; GTIN-8 and restricted
 * numbers; a length of 4 or 5, which EPC has no partition for); ERR_SYNTAX (no
 * key).
 */
enum err gcp_length(unsigned *digits, const struct gcp *list,
    const struct gs1_code *code, struct diag *d) CM_MUST_USE;

#endif
