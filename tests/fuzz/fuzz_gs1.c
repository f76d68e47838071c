/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gs1/gs1.h"

#include "base/banned.h"

/*
 * Whatever reads as an identifier is printed in a form that is a subject equal
 * to itself; whatever is a GS1 subject stays one.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_stable(struct span subject, enum gs1_subject_kind kind)
{
	uint8_t space[GS1_CANONICAL];
	struct buf again = buf_fixed(space, sizeof(space));

	if (gs1_subject(&again, subject) != kind ||
	    !span_equal(buf_span(&again), subject))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span text = span_of(data, n);
	struct buf out = buf_heap(1 << 20);
	struct gs1_code code;
	struct diag d = { 0 };
	enum err e = gs1_read(&code, text, &d);
	enum gs1_subject_kind kind;

	if (e != ERR_OK &&
	    (d.code != e || code.cls == GS1_CLASS_NONE || code.error_at > n))
		abort();
	if (e == ERR_OK && gs1_canonical(&out, &code) == ERR_OK)
		check_stable(buf_span(&out), gs1_is_instance(&code)
						 ? GS1_SUBJECT_INSTANCE
						 : GS1_SUBJECT_CLASS);
	if (e == ERR_OK)
		(void)!gs1_companions(&code, &d);
	buf_reset(&out);
	kind = gs1_subject(&out, text);
	if (kind == GS1_SUBJECT_INSTANCE || kind == GS1_SUBJECT_CLASS)
		check_stable(buf_span(&out), kind);
	buf_free(&out);
	return 0;
}
