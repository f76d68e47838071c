/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VECTORS_PRINT_H
#define TESTS_VECTORS_PRINT_H

#include "event/statement.h"

#define VECTORS_MAX 262144

/* The JSON of tests/vectors/event/: made from the tables of
 * statement_cases.c, a case a line. */
void vectors_statements(struct buf *out);
void vectors_receipts(struct buf *out);

/* A parsed statement as the vectors and the oracle's tool print it: members
 * of an object that is open; integers as text, bytes in hexadecimal. */
struct json_out;
void vectors_statement(struct json_out *o, const struct statement *s);

#endif
