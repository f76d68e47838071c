/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_AUDIT_INTERNAL_H
#define LEDGER_AUDIT_INTERNAL_H

#include "event/touch.h"
#include "ledger/audit.h"
#include "ledger/logtext.h"
#include "ledger/search.h"
#include "provenance/roster.h"

#include "audit_sigs.h"
#include "audit_text.h"
#include "map_store_internal.h"

#define AUDIT_COLUMNS 12

/* ---- rows of a derived table: what is there against what must be ---- */
struct audit_table {
	const char *name;
	enum store_query open, fetch; /* a cursor in order of idx */
	unsigned columns;
	unsigned keys; /* the first columns: which row it is */
	const char *field[AUDIT_COLUMNS];
	char type[AUDIT_COLUMNS]; /* i number, t text, h bytes */
};
extern const struct audit_table audit_item, audit_device, audit_epoch,
    audit_event, audit_event_epc, audit_event_ref, audit_event_org,
    audit_event_quantity, audit_event_declaration, audit_event_ilmd,
    audit_master;

/* Rows packed one after the other: each column is its length and bytes,
 * numbers as eight bytes that sort as they do. */
struct audit_rows {
	const struct audit_table *table;
	struct buf b;
	struct span *at; /* made by audit_rows_sort() */
	size_t n;
	/* what the cursor has given and no batch has taken */
	struct pg_result *page;
	size_t page_at;
	bool ended;
};
void audit_rows_init(struct audit_rows *r, const struct audit_table *t);
void audit_rows_free(struct audit_rows *r);
void audit_put_row(struct audit_rows *r);
void audit_put_int(struct audit_rows *r, int64_t v);
void audit_put_bytes(struct audit_rows *r, struct span s);

/* ---- the map and its tables, audit_map.c ---- */
struct audit_map {
	struct map *m;
	uint64_t at;     /* it holds the entries below */
	struct buf feed; /* those behind, until an epoch says where it stood */
	size_t feed_at;
	struct buf keys; /* of the entry looked at */
	struct map_block block;
	bool block_lost;   /* an entry of the block is not what it was */
	bool lost;         /* an entry before is not: no root can fit */
	uint64_t snapshot; /* covered of the snapshot that must be there */
	uint32_t parts;    /* of it, seen */
	bool compared;     /* the snapshot was */
};

/* ---- the run ---- */
/* Entries of one batch, and what the threads found in them. */
struct audit_batch {
	uint64_t from, below;
	struct pg_result *rows;
	struct audit_sig_set set;
};

struct audit {
	struct store *s;
	const struct audit_options *o;
	struct audit_result *out;
	struct store_head head;
	struct diag *d;
	/* tree and chain, recomputed */
	struct frontier frontier;
	struct tiles tiles;
	struct hash chain;
	struct hash stored_chain; /* of the row before, where it differs */
	bool chain_split;
	bool tree_lost; /* a row was missing or moved: roots cannot fit */
	enum err tile_failed;
	struct audit_text text; /* people, chains, epochs */
	/* the batch looked at and the one whose signatures are checked
	 * meanwhile */
	struct audit_sigs *sigs;
	struct audit_batch batch[2];
	uint64_t window;      /* the cursors' rows end below it */
	uint64_t epochs_from; /* rows of epoch are compared from there on */
	/* of this batch */
	struct touch touch;
	const struct epcis_doc *doc; /* of the entry looked at, or NULL */
	struct audit_rows item, device, epoch;
	/* search tables: rows of entries below the watermark */
	struct search *search; /* NULL without a genesis that can be read */
	uint64_t watermark;
	struct audit_rows event, epc, ref, org, quantity, declaration, ilmd,
	    master;
	const struct pg_result *checkpoints;
	size_t checkpoint;
	struct audit_map map;
};

/* One fault; got and want may be NULL: nothing there. */
void audit_say(struct audit *a, const char *table, const char *row,
    const char *field, const char *got, const char *want, bool affected);
void audit_say_hash(struct audit *a, const char *table, const char *row,
    const char *field, struct span got, struct span want, bool affected);
void audit_index_text(char out[24], uint64_t index);

/* The rows there with index in [from, below) are read next, in order. */
enum err audit_rows_open(struct audit *a, struct audit_rows *r, int64_t from,
    int64_t below) CM_MUST_USE;
/* Compares those below an index that no call took before; want is empty then.
 */
enum err audit_compare(
    struct audit *a, struct audit_rows *want, int64_t below) CM_MUST_USE;

/* audit_entry.c */
extern const struct audit_text_ops audit_text_store;
/* What an entry's bytes say. */
enum err audit_entry_text(struct audit *a, uint64_t index,
    const struct audit_look *l, const struct hash *before);

/* What must stand in table epoch. */
void audit_epoch_row(struct audit *a, uint64_t index, const struct epoch *e);

/* audit_since.c: makes the state before an entry. */
enum err audit_since(struct audit *a, uint64_t since) CM_MUST_USE;

/* audit_search.c: rows of the search tables; audit_entry_text() first. */
enum err audit_search_begin(struct audit *a) CM_MUST_USE;
enum err audit_search_entry(
    struct audit *a, uint64_t index, const struct audit_look *l) CM_MUST_USE;
void audit_search_end(struct audit *a);

/* audit_map.c */
enum err audit_map_begin(struct audit *a) CM_MUST_USE;
/* --since: the map begins in its tables, as far as an epoch covers, and is held
 * against it. The entries behind follow, one after the other. */
enum err audit_map_before(struct audit *a, const struct epoch *e) CM_MUST_USE;
enum err audit_map_behind(struct audit *a, struct touch *t, uint64_t index,
    struct span entry, const struct hash *leaf) CM_MUST_USE;
/* An entry whose keys stand in a->map.keys; lost: they may be others. */
enum err audit_map_entry(struct audit *a, uint64_t index,
    const struct hash *leaf, bool lost) CM_MUST_USE;
/* An epoch entry; all before it were given. */
enum err audit_map_epoch(
    struct audit *a, uint64_t index, const struct epoch *e) CM_MUST_USE;
enum err audit_map_finish(struct audit *a) CM_MUST_USE;
void audit_map_end(struct audit *a);

/* audit_tree.c */
void audit_tile_done(void *ctx, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root);
enum err audit_tiles_extra(struct audit *a);
void audit_checkpoint_at(
    struct audit *a, uint64_t size, bool is_epoch, int64_t time_ms);
void audit_checkpoints_past(struct audit *a, int64_t size);
/* --since: the checkpoint of the epoch before, against the tree loaded. */
enum err audit_checkpoint_before(
    struct audit *a, uint64_t size, int64_t time_ms) CM_MUST_USE;

#endif
