/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "event/epcis.h"
#include "event/statement.h"

#include "ledger/import.h"

#include "base/banned.h"

/* Any bytes as a file to import: refused with faults, or made into payloads
 * that each pass the ledger's checks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(const struct import *m, size_t i)
{
	static struct json_node nodes[EPCIS_NODES];
	struct buf b = buf_heap(STATEMENT_MAX);
	char pointer[IMPORT_POINTER];
	struct epcis_doc doc;
	struct diag d;

	if (import_payload(&b, m, i) != ERR_OK ||
	    epcis_open(&doc, buf_span(&b), nodes, EPCIS_NODES, &d) != ERR_OK ||
	    epcis_check(&doc, &d) != ERR_OK || import_where(pointer, m, i) == 0)
		abort();
	buf_free(&b);
}

/* What is left without the faulty events passes too, all and all but one. */
static void
proceed(struct span text, struct import_options *o)
{
	struct import *m;
	struct diag d;

	o->proceed = true;
	if (import_new(&m, text, o, &d) != ERR_OK)
		abort();
	for (size_t i = 0; !import_unusable(m) && i < import_count(m); i++)
		check(m, i);
	if (!import_unusable(m) && import_event_count(m) > 0) {
		import_leave_out(m, 0);
		if (import_repack(m) != ERR_OK || import_unusable(m))
			abort();
		for (size_t i = 0; i < import_count(m); i++)
			check(m, i);
	}
	import_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct span text = span_of(data, n);
	struct import_options o = { .iss = "did:web:h:device:d",
		.lines = import_is_lines(text) };
	struct import *m;
	struct diag d;

	if (import_new(&m, text, &o, &d) != ERR_OK)
		abort();
	/* Silence would be the worst answer: a file with nothing in it. */
	if (import_fault_count(m) == 0 && import_count(m) == 0)
		abort();
	for (size_t i = 0; import_fault_count(m) == 0 && i < import_count(m);
	     i++)
		check(m, i);
	import_free(m);
	proceed(text, &o);
	return 0;
}
