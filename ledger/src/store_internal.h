/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_STORE_INTERNAL_H
#define LEDGER_STORE_INTERNAL_H

#include "ledger/store.h"

#include "pg_internal.h"

/* Every statement of ledger/sql/query, in the order of store_sql.c. */
enum store_query {
	Q_SESSION,
	Q_LOG_FIND,
	Q_LOCK,
	Q_TAKE_OVER,
	Q_HEAD,
	Q_HEAD_ADVANCE,
	Q_NACK_PUT,
	Q_QUARANTINE_PUT,
	Q_QUARANTINE_TRIM,
	Q_CHECKPOINT_PUT,
	Q_CHECKPOINT_LAST,
	Q_CHECKPOINT_WAIT,
	Q_CHECKPOINT_PENDING,
	Q_ENTRIES,
	Q_ENTRIES_OF,
	Q_SUBJECT,
	Q_SUBJECT_KNOWN,
	Q_REGISTRY,
	Q_RECORDED,
	Q_LEAVES,
	Q_TILE_ROOTS,
	Q_TILE_HASHES,
	Q_DEVICE_HEADS,
	Q_DEVICE_STATEMENT,
	Q_DEVICE_HASH,
	Q_NACKS,
	Q_PARTITIONS,
	Q_TOKEN_FIND,
	Q_TOKEN_ADD,
	Q_TOKEN_LIST,
	Q_TOKEN_REVOKE,
	Q_SCOPE,
	Q_ACCESS_PUT,
	Q_VISIBLE,
	Q_LINKS,
	Q_LINK_LIST,
	Q_LINK_ADD,
	Q_LINK_REMOVE,
	Q_AUDIT_SETTINGS,
	Q_AUDIT_HEAD,
	Q_AUDIT_ENTRY,
	Q_AUDIT_EPOCH_BEFORE,
	Q_AUDIT_CHECKPOINT,
	Q_AUDIT_TILE,
	Q_AUDIT_TILE_EXTRA,
	Q_AUDIT_MAP_JOURNAL,
	Q_AUDIT_MAP_JOURNAL_EXTRA,
	Q_AUDIT_MAP_SNAPSHOT,
	Q_AUDIT_MAP_SNAPSHOT_EXTRA,
	Q_MAP_NEWEST,
	Q_MAP_PARTS,
	Q_MAP_BLOCKS,
	Q_MAP_BEHIND,
	Q_MAP_ADVANCE,
	Q_MAP_DROP,
	Q_PROJECTION,
	Q_PROJECTION_OPEN,
	Q_PROJECTION_ADVANCE,
	Q_QUERY_RECORDED,
	Q_QUERY_READ,
	Q_CAPTURE_LOCK,
	Q_CAPTURE_PUT,
	Q_CAPTURE_CLAIM,
	Q_CAPTURE_CLAIMS,
	Q_CAPTURE_KNOWN,
	Q_CAPTURE_FIND,
	Q_CAPTURE_LIST,
	Q_CAPTURE_NEXT,
	Q_CAPTURE_OPEN,
	Q_CAPTURE_BODY,
	Q_CAPTURE_BEGIN,
	Q_CAPTURE_PROGRESS,
	Q_CAPTURE_WAITING,
	Q_CAPTURE_NACKS,
	Q_CAPTURE_FINISH,
	Q_CAPTURE_RELEASE,
	Q_CAPTURE_SCAN,
	Q_CAPTURE_SETTLE,
	Q_CAPTURE_TRIM,
	Q_EPCIS_QUERY_ADD,
	Q_EPCIS_QUERY_GET,
	Q_EPCIS_QUERY_LIST,
	Q_EPCIS_QUERY_REMOVE,
	Q_SUBSCRIPTION_ADD,
	Q_SUBSCRIPTION_LIST,
	Q_SUBSCRIPTION_GET,
	Q_SUBSCRIPTION_REMOVE,
	Q_SUBSCRIPTION_REMOVE_ALL,
	Q_SUBSCRIPTION_LOCK,
	Q_SUBSCRIPTION_DUE,
	Q_SUBSCRIPTION_LAG,
	Q_SUBSCRIPTION_ADVANCE,
	Q_SUBSCRIPTION_FAIL,
	Q_PREPARED, /* those above are prepared at connect */
	/* administration: sent as text */
	Q_MIGRATION_LOCK = Q_PREPARED,
	Q_MIGRATION_READY,
	Q_MIGRATION_LIST,
	Q_MIGRATION_PUT,
	Q_CITUS,
	Q_CITUS_DONE,
	Q_CITUS_NEXT,
	Q_CITUS_BARE,
	Q_CITUS_SETTINGS,
	Q_SCOPE_LOCAL,
	Q_READER_LOCAL,
	Q_CITUS_SPREAD,
	Q_CITUS_WHOLE,
	Q_LOG_CREATE,
	Q_AUDIT_BEGIN,
	Q_AUDIT_CLOSE,
	Q_AUDIT_ITEM,
	Q_AUDIT_DEVICE_ENTRY,
	Q_AUDIT_EPOCH,
	Q_AUDIT_EVENT,
	Q_AUDIT_EVENT_EPC,
	Q_AUDIT_EVENT_REF,
	Q_AUDIT_EVENT_ORG,
	Q_AUDIT_EVENT_QUANTITY,
	Q_AUDIT_EVENT_DECLARATION,
	Q_AUDIT_EVENT_ILMD,
	Q_AUDIT_MASTER,
	Q_AUDIT_FETCH_ITEM,
	Q_AUDIT_FETCH_DEVICE_ENTRY,
	Q_AUDIT_FETCH_EPOCH,
	Q_AUDIT_FETCH_EVENT,
	Q_AUDIT_FETCH_EVENT_EPC,
	Q_AUDIT_FETCH_EVENT_REF,
	Q_AUDIT_FETCH_EVENT_ORG,
	Q_AUDIT_FETCH_EVENT_QUANTITY,
	Q_AUDIT_FETCH_EVENT_DECLARATION,
	Q_AUDIT_FETCH_EVENT_ILMD,
	Q_AUDIT_FETCH_MASTER,
	Q_REBUILD_ITEM,
	Q_REBUILD_DEVICE_ENTRY,
	Q_REBUILD_EPOCH,
	Q_REBUILD_EVENT,
	Q_REBUILD_EVENT_EPC,
	Q_REBUILD_EVENT_REF,
	Q_REBUILD_EVENT_ORG,
	Q_REBUILD_EVENT_QUANTITY,
	Q_REBUILD_EVENT_DECLARATION,
	Q_REBUILD_EVENT_ILMD,
	Q_REBUILD_MASTER,
	Q_REBUILD_PROJECTION,
	Q_REBUILD_MAP_JOURNAL,
	Q_REBUILD_MAP_SNAPSHOT,
	/* COPY … FROM STDIN */
	Q_COPY_ENTRY,
	Q_COPY_ITEM,
	Q_COPY_DEVICE_ENTRY,
	Q_COPY_TILE,
	Q_COPY_EPOCH,
	Q_COPY_MAP_JOURNAL,
	Q_COPY_MAP_SNAPSHOT,
	Q_COPY_EVENT,
	Q_COPY_EVENT_EPC,
	Q_COPY_EVENT_REF,
	Q_COPY_EVENT_ORG,
	Q_COPY_EVENT_QUANTITY,
	Q_COPY_EVENT_DECLARATION,
	Q_COPY_EVENT_ILMD,
	Q_COPY_MASTER,
	/* pieces that query.c joins; X_IN stands behind X */
	Q_EVENTS,
	Q_EXPLAIN,
	Q_IF_TYPE,
	Q_IF_ACTION,
	Q_IF_BIZ_STEP,
	Q_IF_DISPOSITION,
	Q_IF_READ_POINT,
	Q_IF_BIZ_LOCATION,
	Q_IF_EVENT_ID,
	Q_IF_EVENT_TIME,
	Q_IF_EPC,
	Q_IF_EPC_RANGE,
	Q_IF_EPC_BETWEEN,
	Q_IF_EPC_NEAR,
	Q_IF_LINK,
	Q_IF_DECLARATION,
	Q_IF_DECLARATION_TIME,
	Q_IF_ORG,
	Q_IF_QUANTITY,
	Q_IF_QUANTITY_IN,
	Q_IF_QUANTITY_UNIT,
	Q_IF_QUANTITY_UNIT_IN,
	Q_IF_ILMD,
	Q_IF_ILMD_EXISTS,
	Q_IF_ILMD_NUMBER,
	Q_IF_ILMD_NUMBER_IN,
	Q_IF_ILMD_TIME,
	Q_AFTER_KEY,
	Q_AFTER_TIME,
	Q_BY_KEY,
	Q_BY_TIME,
	Q_LONE,
	Q_LONE_AFTER,
	Q_LONED,
	Q_LONE_ORG,
	Q_LONE_WORD,
	Q_BY_BLOCK,
	Q_IF_SEEN,
	Q_IF_READER,
	Q_OF_ORG,
	Q_STRETCH,
	Q_ORG_STRETCH,
	Q_ORG_REACH,
	Q_ORG_MANY,
	Q_OF_FEW,
	Q_IN_STRETCH,
	Q_IN_BLOCKS,
	Q_IN_WIDE,
	Q_IN_LIST,
	Q_IN,
	Q_GATHER,
	Q_GATHERED,
	Q_EACH,
	Q_EACHED,
	Q_BY_EACH,
	Q_VALUES,
	Q_EPCS,
	Q_EPCS_FEW,
	Q_COUNT,
};

extern const struct pg_statement store_statements[Q_COUNT];

#define STORE_TIMEOUT_MS 30000

struct store {
	struct pg *pg;
	int32_t log_id;
	bool locked;
	char name[64];
	char origin[321];
	char scope[STORE_SCOPE + 1]; /* as the session has it, once scoped */
	bool scoped;
	bool citus; /* settings reach other nodes by SET LOCAL alone: these */
	const char *each[3];
	char scope_text[2 * STORE_SCOPE + 80], reader_text[120];
};

/* Connects and sets the session's bounds; timeout_ms as given. */
enum err store_connect(struct pg **out, const char *conninfo,
    const char *program, int timeout_ms, bool prepare,
    struct diag *d) CM_MUST_USE;

/* One statement under a deadline of its own; out may be NULL. */
enum err store_call(struct pg *pg, enum store_query q,
    const struct pg_args *args, struct pg_result **out,
    struct diag *d) CM_MUST_USE;

/* Arguments that begin with the log's number. */
struct pg_args store_args(const struct store *s);

/* What stands in item.subject for a subject: itself, or for one that a B-tree
 * or a text column cannot hold `~` and the hex SHA-256 of it (no URI and no
 * subject of ours begins with ~). space: STORE_SUBJECT_KEY bytes. */
#define STORE_SUBJECT_MAX 1000
#define STORE_SUBJECT_KEY 66
struct span store_subject_key(
    struct span subject, char space[STORE_SUBJECT_KEY]);

/* Size, chain and last epoch of the head, from log_head alone; origin. */
enum err store_bare_head(
    struct store *s, struct store_head *out, struct diag *d) CM_MUST_USE;

/* Only the derived rows of a batch, inside the caller's transaction. */
enum err store_copy_derived(
    struct store *s, const struct store_batch *b, struct diag *d) CM_MUST_USE;

/* Whether extension citus is in the database. ERR_UNSUPPORTED, saying what to
 * install, where it is wanted and not there. */
enum err store_citus_there(
    struct pg *pg, bool wanted, bool *there, struct diag *d) CM_MUST_USE;
/* Whether the logs are distributed; only where the extension is. */
enum err store_citus_done(
    struct pg *pg, bool *done, struct diag *d) CM_MUST_USE;
/* Hands the next table to Citus inside the caller's transaction; *more is
 * false when none was left. */
enum err store_citus_next(
    struct pg *pg, bool *more, struct diag *d) CM_MUST_USE;

/* Fails for a row that cannot be what we wrote. */
enum err store_damaged(const char *what, struct diag *d) CM_MUST_USE;

#endif
