/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the cursor takes is written again byte for byte: there is one
 * encoding of a value (RFC 8949 4.2.1). */
#include <stdlib.h>

#include "event/cbor.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
copy_item(struct cbor *c, struct buf *out)
{
	switch (cbor_peek(c)) {
	case 0:
		cbor_put_uint(out, cbor_uint(c));
		break;
	case 1:
		cbor_put_int(out, cbor_int(c));
		break;
	case 2:
		cbor_put_bytes(out, cbor_bytes(c));
		break;
	case 3:
		cbor_put_text(out, cbor_text(c));
		break;
	case 4:
		cbor_put_array(out, cbor_array(c));
		break;
	case 5:
		cbor_put_map(out, cbor_map(c));
		break;
	case 6:
		cbor_put_tag(out, cbor_tag(c));
		break;
	default:
		cbor_fail(c, "no type of ours");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf out = buf_heap(n + 16);
	struct cbor c;

	cbor_init(&c, span_of(data, n));
	while (c.failed == ERR_OK && c.at < n)
		copy_item(&c, &out);
	cbor_end(&c);
	if (c.failed == ERR_OK && !span_equal(buf_span(&out), span_of(data, n)))
		abort();
	if (c.failed != ERR_OK && (c.why == NULL || c.failed_at > n))
		abort();
	buf_free(&out);
	return 0;
}
