/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "epcis_capture.h"

#include "base/banned.h"

/* An event, LF, the context around it: the same bytes say the same, and blanks
 * in front change nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct epcis_same *same;

static enum err
read_one(struct epcis_content *c, struct span event, struct span context)
{
	struct diag d;

	return epcis_same_read(c, same, event, context, &d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *lf = n == 0 ? NULL : memchr(data, '\n', n);
	struct span event = span_of(data, lf == NULL ? n : (size_t)(lf - data));
	struct span context = SPAN_NONE;
	struct epcis_content a, b;
	struct buf padded;
	enum err e;

	if (lf != NULL)
		context = span_skip(span_of(data, n), event.n + 1);
	if (same == NULL && epcis_same_new(&same) != ERR_OK)
		abort();
	if ((e = read_one(&a, event, context)) != ERR_OK)
		return 0;
	padded = buf_heap(n + 8);
	buf_str(&padded, " \n\t");
	buf_put(&padded, event);
	if (buf_error(&padded) != ERR_OK ||
	    read_one(&b, buf_span(&padded), context) != e ||
	    !hash_equal(&a.digest, &b.digest) || a.declares != b.declares ||
	    a.id.n != b.id.n)
		abort();
	buf_free(&padded);
	return 0;
}
