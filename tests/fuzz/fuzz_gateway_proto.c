/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gateway_proto.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Whatever a client sends: views stay inside, progress is made, and a request
 * that was cut asks for more. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct gateway_request r;
	struct span in = span_of(p, n);
	struct diag d;
	uint64_t used = 0, cut;

	for (;;) {
		enum err e = gateway_parse(&r, &used, in, &d);

		if (e == ERR_TRUNCATED || used == 0 || used > in.n)
			break;
		if (e == ERR_OK && r.verb == GATEWAY_PUT &&
		    (r.body.p + r.body.n != in.p + used ||
			r.body.n > STATEMENT_MAX))
			abort();
		if (e == ERR_OK && used > 1 &&
		    gateway_parse(&r, &cut, span_of(in.p, (size_t)used - 1),
			&d) != ERR_TRUNCATED)
			abort();
		in = span_skip(in, (size_t)used);
	}
	return 0;
}
