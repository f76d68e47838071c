/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_SEARCH_H
#define LEDGER_SEARCH_H

#include "ledger/store.h"

/*
 * The search tables (event, event_epc, event_ref, event_org, event_quantity,
 * event_declaration, event_ilmd, master): which rows an entry gives, and how
 * they get into the database. Rows are a pure function of
 * the entries up to and with their own, so that a rebuild gives the same.
 *
 * Values as they stand in the tables: what is absent is "". Identifiers are
 * constrained canonical Digital Links (gs1.md 7.3), other URIs their own bytes.
 * Standard words are bare (epcis.md 6.1). Texts that an index cannot hold,
 * above 1,000 bytes, stand as `~` and the hex SHA-256 of them.
 */

/* ---- rows of an entry ---- */
/* Beside the DIDs in event_org: anybody may read the entry. No DID. */
#define SEARCH_PUBLIC "public"

/* What stands in event.readers for one of event_org: the beginning of its
 * SHA-256. */
#define SEARCH_READER 16
void search_reader(uint8_t out[SEARCH_READER], struct span org);

/* Numbers are stored: never renumbered. */
enum search_role {
	SEARCH_EPC = 1, /* epcList */
	SEARCH_CHILD = 2,
	SEARCH_PARENT = 3,
	SEARCH_INPUT = 4,
	SEARCH_OUTPUT = 5,
	SEARCH_CLASS = 6, /* epcClass of quantityList */
	SEARCH_CHILD_CLASS = 7,
	SEARCH_INPUT_CLASS = 8,
	SEARCH_OUTPUT_CLASS = 9,
};

enum search_kind {
	SEARCH_TRANSACTION = 1, /* type: bare word or URI, "" none */
	SEARCH_SOURCE = 2,      /* type likewise */
	SEARCH_DESTINATION = 3, /* type likewise */
	/* without a type: */
	SEARCH_TRANSFORMATION = 4,   /* transformationID */
	SEARCH_PERSISTENT_SET = 5,   /* disposition */
	SEARCH_PERSISTENT_UNSET = 6, /* disposition */
	SEARCH_CORRECTIVE = 7,       /* correctiveEventIDs */
	SEARCH_REASON = 8,           /* of an error declaration */
};

struct search_event {
	unsigned pos;     /* in the document, from 0 */
	bool declares;    /* an error declaration (epcis.md 8.4) */
	int64_t event_ms; /* eventTime */
	struct span type, action, biz_step, disposition, read_point,
	    biz_location;
	struct span event_id; /* given, or derived (search_event_id()) */
};

struct search_epc {
	unsigned pos;
	enum search_role role;
	struct span epc;
};

struct search_ref {
	unsigned pos;
	enum search_kind kind;
	struct span value, type;
};

struct search_quantity {
	unsigned pos;
	enum search_role role;
	struct span quantity; /* as query_decimal() says it */
	struct span uom;
};

struct search_declaration {
	unsigned pos;
	int64_t time_ms; /* declarationTime */
};

enum search_ilmd_kind {
	SEARCH_TEXT = 1,
	SEARCH_DECIMAL = 2,
	SEARCH_TIME = 3, /* a date is its first moment in UTC */
};

/* A member of ilmd, or one below it; an object has the value "". */
struct search_ilmd {
	unsigned pos;
	bool below;
	enum search_ilmd_kind kind;
	struct span name; /* IRI */
	struct span value;
	struct span number; /* of a text "0", of a time its ms */
};

/* An attribute of the header's master data, or a child ("children"). */
struct search_master {
	unsigned nr; /* in the entry, from 0 */
	struct span type, id, name;
	struct span value; /* in full; of an object its JSON */
};

/* Each list without repetition; epcs, refs and orgs sorted by their text. */
struct search_rows {
	uint64_t index;
	const struct search_event *events;
	size_t event_count;
	const struct search_epc *epcs;
	size_t epc_count;
	const struct search_ref *refs;
	size_t ref_count;
	const struct span *orgs; /* who may read it: DIDs, SEARCH_PUBLIC */
	size_t org_count;
	struct span readers; /* SEARCH_READER bytes of each of orgs */
	const struct search_quantity *quantities;
	size_t quantity_count;
	const struct search_declaration *declarations;
	size_t declaration_count;
	const struct search_ilmd *ilmds;
	size_t ilmd_count;
	const struct search_master *masters;
	size_t master_count;
	struct span signer; /* DID that the masters are of, or SPAN_NONE */
	bool refused;       /* a product statement that gives no event (formats
			     * 3.3: without the shape, or against epcis.md) */
};

/* Who is who up to an entry, and working memory. One thread at a time. */
struct search;
/* genesis: entry 0. ERR_BAD_ENCODING or what genesis_parse() says, ERR_NOMEM;
 * crypto_start() first. */
enum err search_new(
    struct search **out, struct span genesis, struct diag *d) CM_MUST_USE;
void search_free(struct search *s);
/* The rows of an entry; entries come in log order, though those that are no
 * registry statement or fork evidence may be left out. out is valid until the
 * next call and as long as the entry's bytes. ERR_NOMEM, nothing else. */
enum err search_entry(struct search_rows *out, struct search *s, uint64_t index,
    struct span entry) CM_MUST_USE;

/* epcis.md 8.3: `urn:uuid:` and a UUID of version 5, the namespace of URLs
 * over `https://<origin>/<index>/<pos>`. */
#define SEARCH_EVENT_ID 45
void search_event_id(char out[SEARCH_EVENT_ID + 1], const char *origin,
    uint64_t index, unsigned pos);
/* What stands in the tables for an identifier; appended to out. */
enum err search_identifier(struct buf *out, struct span uri) CM_MUST_USE;

/* ---- the tables ---- */
/* Entries below *size are in the search tables; 0 where none ever was. */
enum err search_watermark(
    struct store *s, uint64_t *size, struct diag *d) CM_MUST_USE;
/* Makes the log's watermark, at 0, if it has none. */
enum err search_begin(struct store *s, struct diag *d) CM_MUST_USE;
/* Who is who below an index, from the registry entries. */
enum err search_load(struct search **out, struct store *s, uint64_t below,
    struct diag *d) CM_MUST_USE;

struct search_batch;
enum err search_batch_new(
    struct search_batch **out, const struct store *s) CM_MUST_USE;
void search_batch_free(struct search_batch *b);
struct search_count {
	uint64_t entries, events, refused;
};

/*
 * The step of a projector: reads entries from `from` on, at most max and all
 * below `below`, fewer when their rows are many; adds the rows and moves the
 * watermark from `from` to *done, in one transaction. f must stand at `from`.
 * ERR_FENCED: the watermark is not `from`, another projector or a rebuild
 * moved it; nothing is written. After any failure f is ahead of the tables:
 * free it, and after ERR_DB and ERR_TIMEOUT reopen the store too.
 * ERR_EXISTS: rows above the watermark; only a rebuild helps.
 */
enum err search_project(struct store *s, struct search *f,
    struct search_batch *b, uint64_t from, uint64_t below, size_t max,
    uint64_t *done, struct search_count *count, struct diag *d) CM_MUST_USE;

#endif
