/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ledger/logtext.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* print(parse(x)) is x, for whatever is taken. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	struct buf b = buf_heap(ENTRY_MAX);
	char host[321], log[321];
	struct genesis g;
	struct epoch e;
	struct diag d;

	if (genesis_parse(&g, in, &d) == ERR_OK) {
		genesis_names(&g, host, log);
		if (genesis_print(&b, &g) != ERR_OK ||
		    !span_equal(buf_span(&b), in) ||
		    strlen(host) + 1 + strlen(log) != strlen(g.origin))
			abort();
	}
	buf_reset(&b);
	if (epoch_parse(&e, in, &d) == ERR_OK &&
	    (epoch_print(&b, &e) != ERR_OK || !span_equal(buf_span(&b), in)))
		abort();
	buf_free(&b);
	return 0;
}
