/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INGEST_H
#define INGEST_H

#include "base/conf.h"

/* Reads keys and values without starting anything: 0, or 78 with the reason on
 * stderr. */
int ingest_check(const struct conf *c);

/* The whole service until SIGTERM: 0 drained, 1 failed, 78 configuration. */
int ingest_run(const struct conf *c);

#endif
