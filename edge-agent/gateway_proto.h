/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_GATEWAY_PROTO_H
#define EDGE_AGENT_GATEWAY_PROTO_H

#include "base/buf.h"
#include "base/diag.h"
#include "event/statement.h"

/*
 * The gateway's requests (interface.md, Signing):
 *   put <identity> <content-type> <length> LF <length bytes>
 *   wait <identity> <seq> LF
 * One blank between words, nothing else; a line has at most
 * GATEWAY_LINE_MAX bytes with its LF.
 */
#define GATEWAY_LINE_MAX 256
#define GATEWAY_SKIP_MAX                                                       \
	(64u << 20) /* a refused body up to this is skipped                    \
		     */

enum gateway_verb { GATEWAY_PUT, GATEWAY_WAIT };

struct gateway_request {
	enum gateway_verb verb;
	struct span identity; /* a name; views of the input */
	enum content content; /* put */
	struct span body;     /* put */
	uint64_t seq;         /* wait, from 1 */
};

/*
 * Reads the request at the front of in.
 * ERR_OK: *used bytes of in are its. ERR_TRUNCATED: more bytes are needed,
 * *used is 0. Any other error refuses the request: with *used above 0 the next
 * request begins there (it may lie beyond in.n: a body to be skipped), with
 * *used 0 the stream cannot be followed any more.
 * ERR_SYNTAX, ERR_TOO_LARGE, ERR_UNSUPPORTED (content type), ERR_LIMIT.
 */
enum err gateway_parse(struct gateway_request *out, uint64_t *used,
    struct span in, struct diag *d) CM_MUST_USE;

/* Answer lines, with their LF. */
void gateway_print_put(
    struct buf *out, const char *device, uint64_t epoch, uint64_t seq);
void gateway_print_error(struct buf *out, enum err code, const struct diag *d);

#endif
