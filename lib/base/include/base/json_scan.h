/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/diag.h"
#include "base/span.h"

/*
 * A strict reader of I-JSON (RFC 7493, RFC 8259) that builds no tree of its
 * own on the heap: it fills the caller's array of nodes in document order.
 * Refused: invalid UTF-8, BOM, lone surrogates, duplicate member names (after
 * unescaping), numbers outside the grammar, control characters in strings,
 * trailing bytes, nesting above max_depth. Values are byte ranges of the
 * input; numbers stay text.
 */
enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_node {
	uint8_t type; /* enum json_type */
	bool escaped; /* string: raw text holds backslashes */
	bool key_escaped;
	bool has_nul;       /* the string or the member name holds U+0000 */
	uint32_t start;     /* offset of the value's first byte; of a string its
			     * first byte after the quote */
	uint32_t length;    /* bytes of the value; of a string without quotes */
	uint32_t key_start; /* member name without quotes; 0 in arrays */
	uint32_t key_length;
	uint32_t parent;   /* node number; the root is its own */
	uint32_t next;     /* next sibling, 0 if none */
	uint32_t children; /* members or elements */
};

#define JSON_ROOT 0
#define JSON_NONE 0 /* no such child: no child has number 0 */

struct json_doc {
	struct span text;
	struct json_node *nodes; /* the caller's */
	uint32_t capacity;
	uint32_t count;
	uint32_t error_at; /* byte offset of a syntax error */
};

/*
 * Reads text into doc->nodes (caller sets nodes and capacity first).
 * Returns ERR_OK; ERR_JSON (diag names offset and what was wanted); ERR_UTF8;
 * ERR_LIMIT (nodes or depth). max_depth: the root container is 1.
 */
enum err json_scan(struct json_doc *doc, struct span text, unsigned max_depth,
    struct diag *d) CM_MUST_USE;

/* First child of an array or object, JSON_NONE when empty; node.next goes on.
 */
uint32_t json_first(const struct json_doc *doc, uint32_t node);

/* The member of that name (unescaped compare, case matters) or JSON_NONE. */
uint32_t json_member(
    const struct json_doc *doc, uint32_t object, const char *name);

enum json_type json_type(const struct json_doc *doc, uint32_t node);

/* Raw bytes of the value as received; a string without its quotes, a
 * container with its brackets. */
struct span json_raw(const struct json_doc *doc, uint32_t node);
struct span json_key_raw(const struct json_doc *doc, uint32_t node);

/* true when node is a string equal to text after unescaping. */
bool json_string_is(
    const struct json_doc *doc, uint32_t node, const char *text);

/*
 * The unescaped string: a view of the input when nothing is escaped, else a
 * copy in space. ERR_SPACE; ERR_STATE when node is no string.
 */
enum err json_string(struct span *out, const struct json_doc *doc,
    uint32_t node, uint8_t *space, size_t cap) CM_MUST_USE;
enum err json_key(struct span *out, const struct json_doc *doc, uint32_t node,
    uint8_t *space, size_t cap) CM_MUST_USE;

/* Integers written without fraction or exponent within ±(2^53-1); ERR_SCHEMA
 * otherwise. */
enum err json_int(
    int64_t *out, const struct json_doc *doc, uint32_t node) CM_MUST_USE;

/* RFC 6901 pointer of a node, NUL-terminated, cut with "…" when too long. */
void json_pointer(
    char *out, size_t cap, const struct json_doc *doc, uint32_t node);

#endif
