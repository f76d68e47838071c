/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/buf.h"

/*
 * Streaming JSON writer into a buf: open and close scopes, commas and escapes
 * are its business, order is the caller's. Failures stick in the buf.
 * key NULL inside arrays and at the top.
 */
#define JSON_OUT_DEPTH 32

struct json_out {
	struct buf *b;
	unsigned depth;
	bool comma[JSON_OUT_DEPTH + 1];
};

void json_out_init(struct json_out *o, struct buf *b);
void json_out_object(struct json_out *o, const char *key);
void json_out_array(struct json_out *o, const char *key);
void json_out_end_object(struct json_out *o);
void json_out_end_array(struct json_out *o);
/* text must be valid UTF-8; invalid bytes are written as U+FFFD. */
void json_out_string(struct json_out *o, const char *key, struct span text);
void json_out_str(struct json_out *o, const char *key, const char *text);
void json_out_int(struct json_out *o, const char *key, int64_t v);
void json_out_bool(struct json_out *o, const char *key, bool v);
void json_out_null(struct json_out *o, const char *key);
void json_out_base64(struct json_out *o, const char *key, struct span bytes);
/* Bytes that are JSON already, copied as they are. */
void json_out_raw(struct json_out *o, const char *key, struct span json);

#endif
