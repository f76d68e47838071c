/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_WEBHOOK_DEST_H
#define API_WEBHOOK_DEST_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Where a server may be told to POST to. What is inside the operator's network
 * must not be reachable through it, so names are looked at here and every
 * address once more when the connection is made. No I/O. Spec: epcis.md 9.7.
 */
#define WEBHOOK_DEST 1000 /* bytes of a URL */

/* NULL, or what is wrong with the URL (constant). inside: http and addresses
 * that are not public are allowed. */
const char *webhook_dest_fault(struct span url, bool inside);

/* Is the address one of the public internet? family: AF_INET with 4 bytes,
 * AF_INET6 with 16; any other is none. */
bool webhook_address_public(int family, const uint8_t *address);

#endif
