/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_QUERY_INTERNAL_H
#define LEDGER_QUERY_INTERNAL_H

#include "ledger/query.h"
#include "ledger/search.h"

#include "store_internal.h"

/* A statement joined from pieces of ledger/sql/query (query_piece.c): query.c
 * builds, query_run.c asks. */
#define QUERY_SLOTS 32
#define QUERY_KEYS (3 * QUERY_CONDITIONS + 1) /* texts as parameters */
#define QUERY_ARRAYS (3 * QUERY_CONDITIONS)
#define QUERY_READERS 2

/* What @word in a piece becomes. */
struct query_slot {
	const char *word;
	const char *text; /* as it is, or NULL: */
	int arg;          /* number of a parameter */
	bool any;         /* an array of which one element is meant */
};

struct query_build {
	struct buf sql;
	struct pg_args args;
	struct query_slot slots[QUERY_SLOTS];
	size_t slot_count;
	struct pg_array arrays[QUERY_ARRAYS];
	size_t array_count;
	char keys[QUERY_KEYS][STORE_SUBJECT_KEY];
	size_t key_count;
	uint8_t readers[QUERY_READERS][SEARCH_READER];
	size_t reader_count;
	char among[100];      /* these bounds, of a condition's table */
	int64_t first, below; /* bounds of idx */
	int64_t edge;         /* of eventTime, where partly */
	bool partly;          /* it looks at a part of the log only */
	bool dense; /* the organisation sees one entry in QUERY_DENSE */
	enum err failed;
};

/* The part of the log that a question is about, found once. */
struct query_reach {
	int64_t first, below;  /* bounds of idx */
	struct pg_result *few; /* all entries an organisation may read there, if
				* few (column 3 of its row), or NULL */
	int64_t likely;        /* how many, if they lie as the first do */
};

/* How a question is put. A condition's events may be frequent or rare, and lie
 * anywhere: the planner knows shares, not places. So a stretch of the log is
 * looked through first, which fills the page of what is frequent there; then
 * one as wide as the first one's share of hits lets hope; and else all that
 * match are gathered by their indexes and sorted. Of an organisation with few
 * entries these are looked through, however frequent others' are; of one with
 * some thousand each is, by what the condition's index has of it. */
enum query_plan {
	QUERY_PLAIN,
	QUERY_FEW,
	QUERY_WINDOW,
	QUERY_WIDE,
	QUERY_EACH,
	QUERY_GATHER
};
#define QUERY_FEW_ENTRIES 128
#define QUERY_EACH_ENTRIES 4096
#define QUERY_EACH_HITS 100
#define QUERY_WINDOW_ENTRIES 1024
#define QUERY_WINDOW_OF_ORG 128  /* an organisation's */
#define QUERY_WIDE_OF_ORG 1024   /* the second stretch, at least … */
#define QUERY_MOST_OF_ORG 8192   /* … and at most */
#define QUERY_WINDOW_EVENTS 2048 /* in the order of eventTime */
#define QUERY_WIDE_EVENTS 16384  /* the same, for a value's index */
#define QUERY_MOST_EVENTS 131072 /* the same, of an organisation's */
#define QUERY_NEAR 5000          /* entries of which a list is made */
#define QUERY_DENSE 64           /* of its next 1,024 entries */
#define QUERY_READS_MUCH 8       /* of those in reach */
#define QUERY_BLOCK_SHIFT 10     /* event.block: 1,024 entries */

struct query_try {
	enum query_plan plan;
	int64_t window; /* entries or events of the stretch */
	const struct query_reach *reach;
	bool explain;
};

/* Ready to run, or a failure; query_clear() in either case. */
enum err query_build(struct query_build *b, struct store *s,
    const struct query *q, const struct query_try *t,
    struct diag *d) CM_MUST_USE;
/* One index gives its page, in the order of the key. */
bool query_is_lone(const struct query *q);
/* Each condition has an index whose entries for a stretch of the log are found
 * without reading the others. */
bool query_can_wide(const struct query *q);
/* A condition that names a range of identifiers: no index gives those of a
 * stretch of the log alone, so all of a short stretch are looked at. */
bool query_has_range(const struct query *q);
void query_clear(struct query_build *b);
void query_set_text(struct query_build *b, const char *word, const char *text);
void query_put(struct query_build *b, enum store_query piece);

/* Narrows the bounds to the next `window` of the log; partly
 * and edge when there is more: in the order of eventTime all events before the
 * edge lie within the bounds. */
enum err query_stretch(struct query_build *b, struct store *s,
    const struct query *q, int64_t window, struct diag *d) CM_MUST_USE;
/* Finds out whether an organisation's entries lie so dense that events in the
 * order of a value's index are looked up one by one until the page is full. */
enum err query_dense(struct query_build *b, struct store *s,
    const struct query *q, struct diag *d) CM_MUST_USE;
/* An organisation's question whose one condition has a table with the value and
 * the entry side by side. */
bool query_has_each(const struct query *q);
/* That, and the organisation has fewer than QUERY_EACH_ENTRIES. */
enum err query_can_each(bool *can, struct store *s, const struct query *q,
    const struct query_reach *reach, struct diag *d) CM_MUST_USE;
/* Runs what was built and clears it. */
enum err query_fetch(struct pg_result **out, struct query_build *b,
    struct store *s, struct diag *d) CM_MUST_USE;
/* Sets @first, @below, and @among and @entries by them and `few`. */
void query_set_among(struct query_build *b, int64_t first, int64_t below,
    const struct query_reach *reach);
/* Starts a statement. */
void query_begin(struct query_build *b, struct store *s);
void query_set_i64(struct query_build *b, const char *word, int64_t v);
void query_set_key(struct query_build *b, const char *word, struct span text);
/* What event.readers has of whoever event_org names so. */
void query_set_reader(struct query_build *b, const char *word, struct span org);
void query_set_null(struct query_build *b, const char *word);
void query_set_i16(struct query_build *b, const char *word, int v);
/* The parameter set last; any: one element of it. */
void query_set_last(struct query_build *b, const char *word, bool any);
/* An empty array of the build's, and it as a parameter once it is full. */
struct pg_array *query_new_array(struct query_build *b, enum pg_type element);
void query_set_array(struct query_build *b, const char *word,
    const struct pg_array *a, bool any);

/* By the conditions of recordTime, the place where the page begins, and what
 * the organisation may read. Limits of the question are checked here.
 * query_reach_clear() in either case. */
enum err query_reach_find(struct query_reach *r, struct store *s,
    const struct query *q, struct diag *d) CM_MUST_USE;
/* To what the organisation may read. */
enum err query_reach_narrow(struct query_reach *r, struct store *s,
    struct span org, struct diag *d) CM_MUST_USE;
void query_reach_clear(struct query_reach *r);

#endif
