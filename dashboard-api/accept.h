/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_ACCEPT_H
#define API_ACCEPT_H

#include "base/span.h"

/*
 * Content negotiation, RFC 9110 section 12.5. Weights are thousandths:
 * 1000 wanted, 0 refused. An element that cannot be read is passed over.
 */

/* Accept: weight of a media type such as "application/json"; the most specific
 * range decides. 1000 for SPAN_NONE (no header). */
unsigned accept_type(struct span header, const char *type);

/* Accept-Language: weight of a tag such as "pt" or "pt-BR" by basic filtering
 * (RFC 4647 3.3.1), the longest matching range decides; 1000 for SPAN_NONE. */
unsigned accept_language(struct span header, const char *tag);

#endif
