/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_EXTENSIONS_H
#define API_EPCIS_EXTENSIONS_H

#include "base/buf.h"
#include "base/diag.h"

/* The header GS1-Extensions: what the client's prefixes stand for, as
 * `ex=https://a.example/ns/,ex2=…` (epcis.md 9.2). */
#define EPCIS_EXTENSIONS 16

struct epcis_extension {
	struct span prefix, iri; /* views of the header */
};
struct epcis_extensions {
	size_t count;
	struct epcis_extension at[EPCIS_EXTENSIONS];
};

/* An absent header gives none. ERR_SYNTAX (form, a prefix twice, one that has
 * a meaning of its own), ERR_LIMIT. */
enum err epcis_extensions_read(struct epcis_extensions *out, struct span header,
    struct diag *d) CM_MUST_USE;
/* Appends the value with the longest IRI it begins with as a prefix, or as it
 * is. */
void epcis_extensions_shorten(
    struct buf *out, const struct epcis_extensions *x, struct span value);
/* The way back: `ex:name` to the whole address, all else as it is. */
void epcis_extensions_expand(
    struct buf *out, const struct epcis_extensions *x, struct span value);
/* Appends the header's value again, without what it had around. */
void epcis_extensions_print(struct buf *out, const struct epcis_extensions *x);

#endif
