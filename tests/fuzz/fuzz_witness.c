/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ledger/witness.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What is read is read in one way only: printing it gives the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct note_key nobody = { .name = "a.example/w",
		.type = NOTE_COSIGNATURE };
	struct span in = span_of(p, n), line;
	struct buf b = buf_heap(WITNESS_REQUEST_MAX);
	struct witness_request r;
	struct diag d;
	uint64_t size;

	if (witness_request_parse(&r, in, &d) == ERR_OK &&
	    (witness_request_print(&b, &r) != ERR_OK ||
		!span_equal(buf_span(&b), in)))
		abort();
	buf_reset(&b);
	if (witness_size_parse(&size, in, &d) == ERR_OK) {
		buf_printf(&b, "%llu\n", (unsigned long long)size);
		if (!span_equal(buf_span(&b), in))
			abort();
	}
	/* nobody signs with a key of zero bytes */
	if (witness_answer_parse(&line, in, span_str("a\n0\n"), &nobody, &d) ==
	    ERR_OK)
		abort();
	buf_free(&b);
	return 0;
}
