/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_COPY_INTERNAL_H
#define LEDGER_COPY_INTERNAL_H

#include "store_internal.h"

/*
 * One table's rows in PostgreSQL's binary COPY form: a head of COPY_HEAD
 * bytes, then rows that each begin with the log's number. Failures stay in
 * the buffer (buf_error()).
 */
#define COPY_HEAD 19

/* fields: columns with log_id, which it writes. */
void copy_begin(struct buf *b, uint16_t fields, int32_t log_id);
void copy_i16(struct buf *b, unsigned v);
void copy_i32(struct buf *b, uint64_t v);
void copy_i64(struct buf *b, uint64_t v);
void copy_bytes(struct buf *b, struct span s);
/* A numeric; text: a decimal as query_decimal() writes it. */
void copy_numeric(struct buf *b, struct span text);

/* Sends the rows with the end mark; nothing when there are none. */
enum err copy_send(struct store *s, enum store_query q, const struct buf *rows,
    struct diag *d) CM_MUST_USE;

#endif
