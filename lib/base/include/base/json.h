/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/diag.h"
#include "base/span.h"

/*
 * A JSON tree for configuration-like bodies: registry payloads, receipts, API
 * requests. The text passes json_scan() before the library behind sees it, so
 * all refusals there hold here, plus U+0000. Getters know their path: d names
 * the member, what was found and what was wanted.
 */
struct json; /* opaque; a child is borrowed from the tree it stands in */

#define JSON_TREE_BYTES 262144
#define JSON_TREE_DEPTH 32

/* ERR_JSON, ERR_UTF8, ERR_LIMIT, ERR_TOO_LARGE, ERR_NOMEM. Release with
 * json_free(). */
enum err json_parse(
    struct json **out, struct span text, struct diag *d) CM_MUST_USE;
void json_free(struct json *tree);

bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_true(const struct json *v); /* false for NULL too */
/* Child or NULL. */
const struct json *json_get(const struct json *object, const char *name);
size_t json_count(const struct json *v);
const struct json *json_at(const struct json *array, size_t i);
/* Member name of an object's i-th child. */
const char *json_name_at(const struct json *object, size_t i);

/* Text of a string value or NULL when v is NULL or no string. */
const char *json_text(const struct json *v);

/* Typed getters: ERR_SCHEMA when the member lacks or has another type. */
enum err json_get_text(const char **out, const struct json *object,
    const char *name, struct diag *d) CM_MUST_USE;
enum err json_get_int(int64_t *out, const struct json *object, const char *name,
    struct diag *d) CM_MUST_USE;
/* Absent is not an error: *out keeps its value. */
enum err json_opt_text(const char **out, const struct json *object,
    const char *name, struct diag *d) CM_MUST_USE;
enum err json_opt_int(int64_t *out, const struct json *object, const char *name,
    struct diag *d) CM_MUST_USE;

#endif
