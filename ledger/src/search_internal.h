/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_SEARCH_INTERNAL_H
#define LEDGER_SEARCH_INTERNAL_H

#include "ledger/logtext.h"
#include "ledger/search.h"
#include "provenance/rights.h"

#include "store_internal.h"

struct epcis_doc;
struct statement;

/* ---- search_who.c: organisations up to an entry ---- */
struct who_pair {
	char key[REGISTRY_ID + 1];
	char org[64];
};
/* Sorted by key. */
struct who_map {
	struct who_pair *at;
	size_t n, cap;
};

struct who {
	struct genesis genesis;
	char host[321];
	struct roster *roster;
	struct who_map glns;    /* GLN -> organisation that has it */
	struct who_map holders; /* right -> its holder */
	struct buf did;         /* of the last answer */
};
enum err who_init(
    struct who *w, struct span genesis, struct diag *d) CM_MUST_USE;
void who_clear(struct who *w);
/* Registry statement or evidence; others do nothing. ERR_NOMEM. */
enum err who_take(struct who *w, uint64_t index, struct span entry) CM_MUST_USE;
/* DIDs, SPAN_NONE when nobody; valid until the next call. */
struct span who_signer(struct who *w, struct span iss);
struct span who_goods(struct who *w, const char gtin14[15]);
struct span who_holder(struct who *w, const char gtin14[15]);
/* A party or place in canonical form. */
struct span who_party(struct who *w, struct span uri);
/* Who may read an event of that signer and step as far as it is about those
 * goods ("" none): the narrowest that a policy of its organisation, or of
 * those whom the goods and their right belong to, says (formats 1.7). */
enum visibility who_visibility(const struct who *w, struct span iss,
    const char *gtin14, struct span biz_step);

/* ---- search_rows.c ---- */
/* search_entry() for a product statement, parsed already; doc: its payload,
 * NULL where that lacks the shape. Both stay as long as out. */
enum err search_statement(struct search_rows *out, struct search *s,
    uint64_t index, const struct statement *st,
    const struct epcis_doc *doc) CM_MUST_USE;

/* ---- search.c: the same rows for a rebuild, in the caller's transaction ----
 */
void search_batch_reset(struct search_batch *b);
enum err search_batch_add(
    struct search_batch *b, const struct search_rows *rows) CM_MUST_USE;
/* Its rows are so many that they should be sent before another entry. */
bool search_batch_full(const struct search_batch *b);
enum err search_batch_send(
    struct store *s, const struct search_batch *b, struct diag *d) CM_MUST_USE;
/* covered of the map's snapshot that the tables have, 0 none. */
enum err search_snapshot(
    struct store *s, uint64_t *covered, struct diag *d) CM_MUST_USE;
/* Moves the watermark; ERR_FENCED unless it was `from`. begin: opens the
 * transaction too. */
enum err search_advance(struct store *s, bool begin, uint64_t from, uint64_t to,
    struct diag *d) CM_MUST_USE;

#endif
