/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_QUERY_H
#define LEDGER_QUERY_H

#include "ledger/store.h"

/*
 * Questions to the search tables (ledger/search.h): which events meet the
 * conditions of an EPCIS query, which values are in use, and the events
 * themselves. Whoever asks has parsed the parameters; here they become SQL
 * whose values are parameters all. Answers hold only what is below `below`, so
 * that pages of one result do not move.
 *
 * A text that is compared is given as the tables have it: an identifier as
 * search_identifier() says it, a word bare (epcis_bare()), anything else as
 * itself; above 1,000 bytes it is shortened here as search.h says.
 * Spec: epcis.md 9.5, 9.6.
 */

/* ---- conditions ---- */
/* What a condition speaks of, and which members of it count. values: one of
 * them is enough. */
enum query_field {
	/* values; EQ */
	QUERY_EVENT_TYPE,
	QUERY_ACTION,
	QUERY_BIZ_STEP,
	QUERY_DISPOSITION,
	QUERY_READ_POINT,
	QUERY_BIZ_LOCATION,
	QUERY_EVENT_ID,
	/* ms; GE GT LE LT */
	QUERY_EVENT_TIME,
	QUERY_RECORD_TIME, /* GE, LT only; events not yet recorded count as of
			    * the time after all others */
	/* values and ranges; EQ */
	QUERY_EPC, /* epcList or childEPCs */
	QUERY_PARENT,
	QUERY_INPUT,
	QUERY_OUTPUT,
	QUERY_ANY_EPC, /* those four */
	QUERY_CLASS,   /* quantityList or childQuantityList */
	QUERY_INPUT_CLASS,
	QUERY_OUTPUT_CLASS,
	QUERY_ANY_CLASS, /* those three */
	/* values, type ("" matches those without one); EQ */
	QUERY_TRANSACTION,
	QUERY_SOURCE,
	QUERY_DESTINATION,
	/* values; EQ */
	QUERY_TRANSFORMATION,
	QUERY_PERSISTENT_SET,
	QUERY_PERSISTENT_UNSET,
	QUERY_CORRECTIVE, /* correctiveEventIDs */
	QUERY_REASON,     /* of an error declaration */
	/* nothing; EXISTS */
	QUERY_DECLARATION, /* the event is an error declaration */
	/* ms; GE GT LE LT */
	QUERY_DECLARATION_TIME,
	/* decimal values, for all but EQ the first; type: the unit, SPAN_NONE
	 * where a quantity of any unit or none counts; EQ GT GE LT LE. The
	 * quantity of any list of the event. */
	QUERY_QUANTITY,
	/* name; a member of ilmd (ILMD), or below one (INNER): EQ of values,
	 * EQ GT GE LT LE of a decimal or a time, EXISTS */
	QUERY_ILMD,
	QUERY_ILMD_NUMBER, /* decimal values */
	QUERY_ILMD_TIME,   /* ms */
	QUERY_INNER_ILMD,
	QUERY_INNER_ILMD_NUMBER,
	QUERY_INNER_ILMD_TIME,
	QUERY_FIELDS
};

enum query_op {
	QUERY_EQ,
	QUERY_GT,
	QUERY_GE,
	QUERY_LT,
	QUERY_LE,
	QUERY_EXISTS,
};

/* lower <= text < upper in byte order: a pattern's identifiers. */
struct query_range {
	struct span lower, upper;
};

struct query_condition {
	enum query_field field;
	enum query_op op;
	const struct span *values;
	size_t value_count;
	const struct query_range *ranges;
	size_t range_count;
	struct span type; /* of a transaction, source, destination; unit */
	struct span name; /* IRI of an ilmd member: namespace and local name */
	int64_t ms;
};

#define QUERY_CONDITIONS 24
#define QUERY_VALUES 1000 /* values and ranges of one condition */
#define QUERY_LIMIT 1000
#define QUERY_DECIMAL 200 /* characters of a decimal without exponent */

/* ---- order and pages ---- */
enum query_order {
	QUERY_BY_KEY, /* index, position */
	QUERY_BY_EVENT_TIME,
	QUERY_BY_RECORD_TIME, /* which rises with the index: same as by key */
};

/* Where an event stands in the order. The key breaks ties in the direction of
 * the order. */
struct query_key {
	int64_t event_ms; /* eventTime, in each order */
	uint64_t index;
	unsigned pos;
};

struct query {
	struct query_condition conditions[QUERY_CONDITIONS];
	size_t count;
	struct span org; /* DID whose events are visible; SPAN_NONE: all */
	uint64_t below;  /* entries up to here, without it */
	enum query_order order;
	bool descending;
	bool follows; /* only what stands behind `after` in the order */
	struct query_key after;
	size_t limit; /* 1 … QUERY_LIMIT */
};

typedef enum err (*query_key_fn)(void *ctx, const struct query_key *key);

/*
 * Events that meet all conditions, in order, at most limit; *more: others
 * follow. The last key handed out is `after` of the next page.
 * ERR_LIMIT (too many conditions or values), ERR_SYNTAX (no decimal, operator
 * that the field lacks): d names the condition by its number; ERR_DB,
 * ERR_TIMEOUT; what fn returns. d may be NULL.
 */
enum err query_events(struct store *s, const struct query *q, query_key_fn fn,
    void *ctx, bool *more, struct diag *d) CM_MUST_USE;

/* How the server would answer: the lines of EXPLAIN (ANALYZE, BUFFERS), for
 * measurements. */
typedef enum err (*query_line_fn)(void *ctx, struct span line);
enum err query_explain(struct store *s, const struct query *q, query_line_fn fn,
    void *ctx, struct diag *d) CM_MUST_USE;

/* A decimal without exponent, plus sign or idle zeros, as the tables have it
 * and as QUERY_QUANTITY wants it: `1.50e2` is `150`. Appended to out.
 * ERR_SYNTAX: no JSON number; ERR_LIMIT: longer than QUERY_DECIMAL. */
enum err query_decimal(struct buf *out, struct span text) CM_MUST_USE;

/* ---- values in use ---- */
enum query_list {
	QUERY_LIST_EVENT_TYPES,
	QUERY_LIST_BIZ_STEPS,
	QUERY_LIST_DISPOSITIONS,
	QUERY_LIST_READ_POINTS,
	QUERY_LIST_BIZ_LOCATIONS,
	QUERY_LIST_EPCS, /* instances and classes, any list */
	QUERY_LISTS
};

struct query_page {
	struct span org;   /* as in struct query */
	uint64_t below;    /* likewise */
	struct span after; /* last value of the page before; SPAN_NONE */
	size_t limit;      /* 1 … QUERY_LIMIT */
};

typedef enum err (*query_value_fn)(void *ctx, struct span value);

/* Distinct values that visible events have, in byte order. */
enum err query_values(struct store *s, enum query_list list,
    const struct query_page *page, query_value_fn fn, void *ctx, bool *more,
    struct diag *d) CM_MUST_USE;

/* ---- the events ---- */
struct query_event {
	uint64_t index;
	unsigned pos;        /* in the payload's eventList */
	struct span entry;   /* the statement as signed */
	struct span payload; /* its EPCIS document; both until fn returns */
	int64_t recorded_ms; /* recordTime (epcis.md 8.2); 0: no epoch yet */
};
typedef enum err (*query_event_fn)(void *ctx, const struct query_event *e);

/* The events of these keys (event_ms is not looked at), in their order.
 * ERR_NOT_FOUND: an entry is not there; ERR_BAD_ENCODING: it is no statement.
 */
enum err query_read(struct store *s, const struct query_key *keys, size_t n,
    query_event_fn fn, void *ctx, struct diag *d) CM_MUST_USE;

#endif
