/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/buf.h"
#include "event/epcis.h"

#include "base/banned.h"

/* Any bytes as a document: opened, walked, checked, named. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct json_node nodes[EPCIS_NODES];
	struct buf sub = buf_heap(1 << 20);
	struct epcis_event event;
	struct epcis_doc doc;
	struct diag d = { 0 };
	unsigned pos = 0;

	if (epcis_open(&doc, span_of(data, n), nodes, EPCIS_NODES, &d) !=
	    ERR_OK)
		return 0;
	for (uint32_t i = epcis_first(&doc); i != JSON_NONE; i = nodes[i].next)
		epcis_event(&event, &doc, i, pos++);
	if (pos != doc.event_count)
		abort();
	if (epcis_check(&doc, &d) != ERR_OK && d.code != ERR_SCHEMA)
		abort();
	if (epcis_sub(&sub, &doc, span_str("did:web:h:device:d")) != ERR_OK)
		abort();
	buf_free(&sub);
	return 0;
}
