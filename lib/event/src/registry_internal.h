/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_REGISTRY_INTERNAL_H
#define EVENT_REGISTRY_INTERNAL_H

#include "base/span.h"

/* Digits with the right GS1 check digit. */
bool registry_gtin_ok(const char *text); /* 14 */
bool registry_gln_ok(const char *text);  /* 13 */

#endif
