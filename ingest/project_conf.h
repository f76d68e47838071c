/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROJECT_CONF_H
#define PROJECT_CONF_H

#include "base/conf.h"

/* Every key of the configuration of countermark-ingest --project: no signing
 * keys and no broker, for it needs none. */
extern const struct conf_key project_keys[];
extern const size_t project_key_count;

#endif
