/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_INTERNAL_H
#define BASE_JSON_INTERNAL_H

#include "base/json_scan.h"

/* Four hex digits at p, or a value above 0xFFFF. */
uint32_t json_hex4(const uint8_t *p);

/* Bytewise order of two string bodies after unescaping; both have passed the
 * scanner. */
int json_body_compare(
    struct span a, bool a_escaped, struct span b, bool b_escaped);

/* ERR_OK, ERR_JSON when two members of the object share a name (*at is the
 * offset of one of them), ERR_NOMEM. Not quadratic. */
enum err json_names_unique(
    const struct json_doc *doc, uint32_t object, uint32_t *at) CM_MUST_USE;

#endif
