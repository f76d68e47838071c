/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_document.h"

#include "base/clock.h"

#include "epcis.h"

#include "base/banned.h"

void
epcis_document_open(struct json_out *o, struct span name)
{
	char now[RFC3339_CHARS + 1];

	rfc3339_print(now, clock_wall_ms());
	json_out_object(o, NULL);
	json_out_str(o, "@context", EPCIS_CONTEXT);
	json_out_str(o, "type", "EPCISQueryDocument");
	json_out_str(o, "schemaVersion", "2.0");
	json_out_str(o, "creationDate", now);
	json_out_object(o, "epcisBody");
	json_out_object(o, "queryResults");
	json_out_string(o, "queryName", name);
	json_out_object(o, "resultsBody");
	json_out_array(o, "eventList");
}

void
epcis_document_close(struct json_out *o)
{
	json_out_end_array(o);
	for (int i = 0; i < 4; i++)
		json_out_end_object(o);
}
