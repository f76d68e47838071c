/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_CBOR_H
#define EVENT_CBOR_H

#include "base/buf.h"

/*
 * A strict cursor over deterministic CBOR (RFC 8949 section 4.2.1): definite
 * lengths, shortest form, no allocation. The first failure sticks and every
 * later read returns zero or an empty span; ask cbor_done() once.
 */
struct cbor {
	struct span in;
	size_t at;
	size_t item_at;  /* first byte of the item read last */
	enum err failed; /* ERR_OK or ERR_BAD_ENCODING */
	size_t failed_at;
	const char *why; /* constant text of the first failure */
};

void cbor_init(struct cbor *c, struct span in);
uint64_t cbor_uint(struct cbor *c);
int64_t cbor_int(struct cbor *c); /* major types 0 and 1, within int64_t */
struct span cbor_bytes(struct cbor *c);
struct span cbor_text(struct cbor *c); /* valid UTF-8 */
/* Elements, pairs. The order and uniqueness of keys are the caller's: it reads
 * the keys it wants in their one order (RFC 8949 4.2.1). */
size_t cbor_array(struct cbor *c);
size_t cbor_map(struct cbor *c);
uint64_t cbor_tag(struct cbor *c);
/* Major type of the next item, 8 at the end or after a failure. */
unsigned cbor_peek(const struct cbor *c);
/* Records a failure found by the caller in the item read last (a wrong label,
 * a wrong length). why: constant text. */
void cbor_fail(struct cbor *c, const char *why);
/* ERR_OK when nothing failed and no byte is left. */
enum err cbor_done(const struct cbor *c) CM_MUST_USE;
/* Records trailing bytes as a failure, for the caller that reports why. */
void cbor_end(struct cbor *c);
/* Constant word for what stands at the failure ("text", "end of input"). */
const char *cbor_got(const struct cbor *c);

void cbor_put_uint(struct buf *b, uint64_t v);
void cbor_put_int(struct buf *b, int64_t v);
void cbor_put_bytes(struct buf *b, struct span s);
void cbor_put_text(struct buf *b, struct span s);
void cbor_put_array(struct buf *b, size_t n);
void cbor_put_map(struct buf *b, size_t n);
void cbor_put_tag(struct buf *b, uint64_t tag);
/* Bytes of an item's head with this argument: 1, 2, 3, 5 or 9. */
size_t cbor_head_size(uint64_t argument);

#endif
