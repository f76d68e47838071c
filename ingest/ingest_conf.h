/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INGEST_CONF_H
#define INGEST_CONF_H

#include "base/conf.h"

/* Every key of countermark-ingest's configuration. */
extern const struct conf_key ingest_keys[];
extern const size_t ingest_key_count;

#endif
