/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_PG_INTERNAL_H
#define LEDGER_PG_INTERNAL_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"

/*
 * The one place that speaks to libpq: a connection that never blocks past its
 * deadline, statements with their expected shape, COPY. Values and results are
 * binary. Foreign codes end here: ERR_DB (connection or server), ERR_TIMEOUT
 * (ours or the server's), ERR_EXISTS (unique key), ERR_NOT_FOUND (one row
 * wanted, none came).
 */
#define PG_ARGS 96

enum pg_shape {
	PG_NONE, /* a command */
	PG_ONE,  /* exactly one row */
	PG_ROWS, /* any number */
};

struct pg_statement {
	const char *name; /* prepared under this name; NULL: sent as text */
	const char *sql;
	enum pg_shape shape;
};

extern const struct pg_statement pg_begin, pg_commit, pg_rollback;

/* Values $1 …; they borrow the caller's bytes until the call. May be copied:
 * numbers stand inside, and no pointer leads to them. */
struct pg_args {
	int n;
	const char *values[PG_ARGS]; /* NULL: null, or the number in space */
	int lengths[PG_ARGS];
	bool number[PG_ARGS];
	uint8_t space[PG_ARGS][8];
};

void pg_arg_i16(struct pg_args *a, int16_t v);
void pg_arg_i32(struct pg_args *a, int32_t v);
void pg_arg_i64(struct pg_args *a, int64_t v);
void pg_arg_bytes(struct pg_args *a, struct span s); /* bytea, text, array */
void pg_arg_text(struct pg_args *a, const char *text);
void pg_arg_null(struct pg_args *a);

/* A one-dimensional array value in the making. */
struct pg_array {
	struct buf b;
	uint32_t count;
};
enum pg_type {
	PG_INT2 = 21,
	PG_INT4 = 23,
	PG_INT8 = 20,
	PG_TEXT = 25,
	PG_BYTEA = 17
};
void pg_array_init(struct pg_array *a, enum pg_type element, size_t max);
void pg_array_reset(struct pg_array *a, enum pg_type element);
void pg_array_put(struct pg_array *a, struct span element);
void pg_array_i16(struct pg_array *a, int16_t v);
void pg_array_i32(struct pg_array *a, int32_t v);
void pg_array_i64(struct pg_array *a, int64_t v);
/* The finished value; valid until the next put. */
struct span pg_array_value(const struct pg_array *a);

struct pg; /* a connection */
struct pg_result;

enum err pg_open(struct pg **out, const char *conninfo, const char *program,
    int timeout_ms, struct diag *d) CM_MUST_USE;
void pg_close(struct pg *p);
int pg_fd(const struct pg *p);
/* Starts the time of an operation: everything up to the next call shares it. */
void pg_deadline(struct pg *p);

enum err pg_prepare(struct pg *p, const struct pg_statement *s, size_t n,
    struct diag *d) CM_MUST_USE;

/* Statements sent in one message; the first failure counts. args, out may be
 * NULL. */
struct pg_step {
	const struct pg_statement *statement;
	const struct pg_args *args;
	struct pg_result **out;
};
enum err pg_run(struct pg *p, const struct pg_step *steps, size_t n,
    struct diag *d) CM_MUST_USE;
/* Runs each message from now on in a transaction that begins with these
 * commands, at most three; one of several messages has them behind its BEGIN.
 * For SET LOCAL. The texts are borrowed. No round trip more but after a
 * failure. */
void pg_enclose(struct pg *p, const char *const *settings, size_t n);
/* COPY … FROM STDIN with all its bytes, which stand in n pieces. */
enum err pg_copy(struct pg *p, const struct pg_statement *s,
    const struct span *pieces, size_t n, struct diag *d) CM_MUST_USE;
/* Several statements as one text (schema files). */
enum err pg_script(struct pg *p, const char *sql, struct diag *d) CM_MUST_USE;
/* Leaves a transaction that failed; does nothing outside one or on a
 * connection that is gone. */
void pg_abandon(struct pg *p);

void pg_free(struct pg_result *r);
size_t pg_rows(const struct pg_result *r);
bool pg_null(const struct pg_result *r, size_t row, int column);
/* int2, int4, int8. */
int64_t pg_int(const struct pg_result *r, size_t row, int column);
bool pg_bool(const struct pg_result *r, size_t row, int column);
struct span pg_span(const struct pg_result *r, size_t row, int column);
/* false unless the value has HASH_BYTES bytes. */
bool pg_hash(struct hash *out, const struct pg_result *r, size_t row,
    int column) CM_MUST_USE;
/* false unless it fits with its NUL. */
bool pg_text(char *out, size_t cap, const struct pg_result *r, size_t row,
    int column) CM_MUST_USE;

#endif
