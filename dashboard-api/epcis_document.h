/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_DOCUMENT_H
#define API_EPCIS_DOCUMENT_H

#include "base/json_out.h"

/* The frame of an EPCISQueryDocument: events stand between the two. name: of
 * the query. */
void epcis_document_open(struct json_out *o, struct span name);
void epcis_document_close(struct json_out *o);

#endif
