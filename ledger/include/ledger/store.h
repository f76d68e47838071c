/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/hash.h"
#include "event/receipt.h"
#include "ledger/merkle.h"

/*
 * The ledger in PostgreSQL: all SQL of the servers stands behind this header
 * (ledger/sql/). One store is one connection and belongs to one thread.
 * Every call has a deadline; ERR_DB means the connection is to be reopened
 * (store_close, store_open), ERR_TIMEOUT likewise.
 */
struct store;

struct store_options {
	const char *conninfo; /* libpq connection string or URI */
	const char *log;      /* name of the log */
	const char *program;  /* application_name */
	int timeout_ms;       /* per call; 0: 30,000 */
};

enum err store_open(struct store **out, const struct store_options *o,
    struct diag *d) CM_MUST_USE;
void store_close(struct store *s);
/* Socket of the connection, for poll(). */
int store_fd(const struct store *s);

/* ---- the log's head and the right to write ---- */
struct store_head {
	uint64_t size;
	uint64_t term;
	struct hash chain;   /* c(size) */
	uint64_t last_epoch; /* index of the newest epoch entry, 0 none */
	struct hash last_epoch_leaf;
	int64_t last_epoch_ms;
	char origin[321];
};

/* Tries the log's advisory lock on this connection: ERR_OK, ERR_EXISTS while
 * another holds it. */
enum err store_lock(struct store *s, struct diag *d) CM_MUST_USE;
/* Raises the term and reads the head; only under the lock. */
enum err store_take_over(
    struct store *s, struct store_head *out, struct diag *d) CM_MUST_USE;
enum err store_read_head(
    struct store *s, struct store_head *out, struct diag *d) CM_MUST_USE;
/* Is the log still ours? ERR_FENCED when its term is another. */
enum err store_held(struct store *s, uint64_t term, struct diag *d) CM_MUST_USE;
/* The partial tiles of a tree of that size, to go on appending. */
enum err store_load_tiles(struct store *s, struct tiles *t, struct frontier *f,
    uint64_t size, struct diag *d) CM_MUST_USE;

/* ---- append: one transaction a batch ---- */
struct store_row {
	struct span entry;
	struct hash leaf;
	struct hash chain; /* after this entry */
	/* a statement that is a device's head; device.n 0 for genesis, epoch
	 * and evidence entries */
	struct span device;
	uint64_t epoch, seq;
	struct hash hash; /* formats 1.8 */
};

/* Rows are encoded into the batch as they are added, so the caller's memory is
 * free again at once. */
struct store_batch;
enum err store_batch_new(struct store_batch **out, struct diag *d) CM_MUST_USE;
void store_batch_free(struct store_batch *b);
/* Starts an empty batch whose first entry has that index. */
void store_batch_reset(struct store_batch *b, uint64_t first_index);
enum err store_batch_row(
    struct store_batch *b, const struct store_row *row) CM_MUST_USE;
/* A subject of the row added last (not device/…, which has its own table). */
enum err store_batch_subject(
    struct store_batch *b, struct span subject) CM_MUST_USE;
enum err store_batch_tile(struct store_batch *b, unsigned level, uint64_t n,
    const struct hash hashes[TILE_WIDTH], const struct hash *root) CM_MUST_USE;
/* Row n of map_journal: comes in the batch that fills tile n of level 0
 * (ledger/map_block.h). */
enum err store_batch_journal(
    struct store_batch *b, uint64_t n, struct span keys) CM_MUST_USE;
/* Marks the row added last as the epoch entry. */
enum err store_batch_epoch(struct store_batch *b, uint64_t covered,
    int64_t time_ms, const struct hash *map_root, uint64_t keys,
    uint64_t previous) CM_MUST_USE;
/* Operational rows of the same transaction. slot = running number of the nack
 * in its device epoch mod RECEIPT_NACKS. */
enum err store_batch_nack(struct store_batch *b, struct span device,
    uint64_t epoch, unsigned slot, uint64_t number,
    const struct nack *n) CM_MUST_USE;
/* Bytes that were refused; the store keeps at most 100 a device. */
enum err store_batch_quarantine(struct store_batch *b, struct span device,
    enum err code, const char *detail, struct span bytes,
    int64_t at_ms) CM_MUST_USE;
size_t store_batch_rows(const struct store_batch *b);
size_t store_batch_bytes(const struct store_batch *b);

/*
 * BEGIN; log_head compare-and-set (size, term); COPYs; COMMIT. ERR_FENCED when
 * the head is not ours any more: stop at once, sign nothing. After ERR_DB the
 * outcome is unknown: reopen, take over, read the head.
 */
enum err store_append(struct store *s, const struct store_batch *b,
    uint64_t term, const struct hash *chain, struct diag *d) CM_MUST_USE;

/* ---- checkpoints ---- */
struct store_checkpoint {
	uint64_t size;
	struct hash root;
	int64_t at_ms;
};
enum err store_put_checkpoint(struct store *s, uint64_t term,
    const struct store_checkpoint *c, struct span note,
    struct diag *d) CM_MUST_USE;
/* Newest published one; note is appended to out. ERR_NOT_FOUND. */
enum err store_checkpoint(struct store *s, struct store_checkpoint *c,
    struct buf *note, struct diag *d) CM_MUST_USE;

/* The newest signed one where witnesses are asked first (formats 6.2): put
 * before they are, by whom the log belongs to. ERR_FENCED, ERR_REWIND. */
enum err store_put_pending(struct store *s, uint64_t term,
    const struct store_checkpoint *c, struct span note,
    struct diag *d) CM_MUST_USE;
/* Published since or not. ERR_NOT_FOUND. */
enum err store_pending(struct store *s, struct store_checkpoint *c,
    struct buf *note, struct diag *d) CM_MUST_USE;

/* ---- reading; callers stay below a checkpoint's size ---- */
typedef enum err (*store_entry_fn)(
    void *ctx, uint64_t index, struct span entry);
typedef enum err (*store_index_fn)(void *ctx, uint64_t index);

/* Entries first … first + n - 1, in order. A failure of fn ends it. */
enum err store_entries(struct store *s, uint64_t first, size_t n,
    store_entry_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* Entries that touch subject with index in [from, below), in order, at most
 * limit; of device/… none, it has its own table. */
enum err store_subject(struct store *s, struct span subject, uint64_t from,
    uint64_t below, size_t limit, store_entry_fn fn, void *ctx,
    struct diag *d) CM_MUST_USE;
/* What the map says of a subject (map_version_find()): that many entries below
 * `covered` touch it, the newest of them at `newest`, and these make `value`.
 */
struct store_reach {
	uint64_t covered, count, newest;
	struct hash value;
};
/* The same from 0 on, not of device/…, for who knows that: without it each
 * partition is looked into. ERR_PROOF, after fn had some, unless those below
 * `covered` are the map's (not looked at where there are more of them than
 * limit); ERR_DB where the database lags behind the map. known->covered <=
 * below. */
enum err store_subject_known(struct store *s, struct span subject,
    const struct store_reach *known, uint64_t below, size_t limit,
    store_entry_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* Registry entries that may change the roster (organisation, device,
 * delegation, service, goods, place) or who holds a right, and fork evidence,
 * in [from, below), in order. */
enum err store_registry(struct store *s, uint64_t from, uint64_t below,
    store_entry_fn fn, void *ctx, struct diag *d) CM_MUST_USE;

/* Epochs around an entry: times of the one before and the one that recorded
 * it. ERR_NOT_FOUND while none after it is there. before is 0 for none. */
enum err store_recorded(struct store *s, uint64_t index, int64_t *before_ms,
    int64_t *after_ms, struct diag *d) CM_MUST_USE;

/* merkle_read_fn over the tile and entry tables; ctx is the struct store. */
enum err store_read_hashes(void *ctx, unsigned tile_level, uint64_t first,
    size_t n, struct hash *out, struct diag *d);

/* ---- devices ---- */
struct store_device_head {
	char device[64];
	uint64_t epoch, seq;
	struct hash hash;
	uint64_t index;
};
typedef enum err (*store_head_fn)(void *ctx, const struct store_device_head *h);
/* The newest statement of each device and epoch's last, for start-up. */
enum err store_device_heads(
    struct store *s, store_head_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* A statement of the chain; ERR_NOT_FOUND. */
enum err store_device_statement(struct store *s, struct span device,
    uint64_t epoch, uint64_t seq, struct store_device_head *out,
    struct diag *d) CM_MUST_USE;
/* true in *found when a statement of that epoch has that hash (2.3). */
enum err store_device_hash(struct store *s, struct span device, uint64_t epoch,
    const struct hash *hash, bool *found, struct diag *d) CM_MUST_USE;
typedef enum err (*store_nack_fn)(void *ctx, const char *device, uint64_t epoch,
    uint64_t number, const struct nack *n);
enum err store_nacks(
    struct store *s, store_nack_fn fn, void *ctx, struct diag *d) CM_MUST_USE;

/* ---- partitions ---- */
/* Makes partitions ahead of size; *spare is how many lie wholly above it. */
enum err store_partitions(struct store *s, uint64_t size, unsigned *spare,
    struct diag *d) CM_MUST_USE;

/* ---- tokens (operational) ---- */
struct store_token {
	char role[16];
	char organisation[64]; /* "" none */
	char scopes[64];       /* words between blanks */
	int64_t expires_ms;    /* 0 never */
};
struct store_token_row {
	struct hash hash;
	struct store_token token;
	int64_t created_ms, revoked_ms; /* 0: not revoked */
};
#define STORE_TOKEN_ID 8 /* a token is named by the start of its hash */
/* hash: SHA-256 of the token text. ERR_NOT_FOUND, also when it is revoked. */
enum err store_token_find(struct store *s, const struct hash *hash,
    struct store_token *out, struct diag *d) CM_MUST_USE;
enum err store_token_add(struct store *s, const struct hash *hash,
    const struct store_token *t, struct diag *d) CM_MUST_USE;
typedef enum err (*store_token_fn)(
    void *ctx, const struct store_token_row *row);
/* All, oldest first (owner's connection). */
enum err store_token_list(
    struct store *s, store_token_fn fn, void *ctx, struct diag *d) CM_MUST_USE;
/* ERR_NOT_FOUND: none that is not revoked (owner's connection). */
enum err store_token_revoke(struct store *s, const uint8_t id[STORE_TOKEN_ID],
    struct diag *d) CM_MUST_USE;

/* ---- what a connection may see of the search tables (api.md, Access) ---- */
#define STORE_SCOPE 400
/*
 * For whom it looks from now on, by row-level security: an organisation's DID,
 * "*" for those who see all, "" for what anybody may read. No round
 * trip while it stays the same. ERR_LIMIT.
 */
enum err store_scope(
    struct store *s, const char *scope, struct diag *d) CM_MUST_USE;
const char *store_origin(const struct store *s);
/* seen[i] says whether the entry at indices[i] (ascending, repeats allowed)
 * holds events that concern whom the connection looks for. An entry that is not
 * in the search tables yet concerns nobody. */
enum err store_visible(struct store *s, const uint64_t *indices, bool *seen,
    size_t n, struct diag *d) CM_MUST_USE;

/* A look of an authority, for the record. */
struct store_access {
	struct hash token; /* hash of the token */
	const char *organisation;
	struct span target;  /* of the request; valid UTF-8 */
	struct span purpose; /* as stated, may be empty; valid UTF-8 */
};
enum err store_access_put(
    struct store *s, const struct store_access *a, struct diag *d) CM_MUST_USE;

/* ---- administration (owner's connection) ---- */
struct store_migration {
	unsigned number;
	const char *path;
};
/* Runs the files of folder `dir` (NNNN_what.sql) that have not run yet, each
 * in its own transaction; *ran is how many. distributed: then hands every table
 * that Citus does not have yet to it, by log_id (docs/citus.md);
 * ERR_UNSUPPORTED before anything is made where the database lacks the
 * extension. A database once distributed stays so without being asked. */
enum err store_migrate(const char *conninfo, const char *dir, bool distributed,
    unsigned *ran, struct diag *d) CM_MUST_USE;
/* Creates the log with its genesis entry at index 0. ERR_EXISTS. */
enum err store_create_log(const char *conninfo, const char *log,
    const char *origin, struct span genesis, struct diag *d) CM_MUST_USE;

#endif
