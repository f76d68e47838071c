/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_TOPIC_H
#define EVENT_TOPIC_H

#include "base/err.h"
#include "base/span.h"

#define TOPIC_CHARS 160

/* `cm/1/<log>/<device>/ev` and `…/rc` (formats.md 3.1); out holds
 * TOPIC_CHARS + 1. device NULL gives the + wildcard. */
enum topic_kind { TOPIC_EVENT, TOPIC_RECEIPT };

void topic_print(
    char *out, const char *log, const char *device, enum topic_kind kind);

/* ERR_SYNTAX unless topic is of this log and kind; device is a view. */
enum err topic_device(struct span *device, struct span topic, const char *log,
    enum topic_kind kind) CM_MUST_USE;

#endif
