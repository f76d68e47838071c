/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_PRINT_INTERNAL_H
#define API_EPCIS_PRINT_INTERNAL_H

#include "epcis_print.h"

/* epcis_print*.c share these; nobody else includes this file. */

/* Appends `"@context":…,` with what the event needs of its document's contexts
 * and its own beside that of EPCIS 2.0; nothing where it needs none. */
void epcis_print_context(
    struct buf *out, const struct json_doc *json, uint32_t event);

#endif
