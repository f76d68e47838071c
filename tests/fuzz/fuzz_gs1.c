/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gs1/gs1.h"

#include "base/banned.h"

/*
 * Whatever reads as an identifier is printed in a form that is a subject equal
 * to itself, and in each of the other forms as a text that reads as the same
 * AIs; whatever is a GS1 subject stays one.
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

#define ROOM (3 * GS1_TEXT + 6 * GS1_AIS + 64)

static void
check_same(const struct gs1_code *a, const struct gs1_code *b)
{
	if (a->count != b->count)
		abort();
	for (unsigned i = 0; i < a->count; i++) {
		struct span v = span_of(
		    a->values + a->ais[i].value_at, a->ais[i].value_length);

		if (!span_equal(v, gs1_value(b, a->ais[i].ai)))
			abort();
	}
}

/* The text in out reads as code; unless it is too long now, or is one that
 * looks as if a GS were missing. */
static void
check_reads(const struct gs1_code *code, struct buf *out)
{
	struct gs1_code again;
	enum err e = gs1_read(&again, buf_span(out), NULL);

	if (e == ERR_OK)
		check_same(code, &again);
	else if (out->n <= GS1_TEXT && e != ERR_GS_MISSING)
		abort();
	buf_reset(out);
}

static void
check_written(const struct gs1_code *code)
{
	static const char *const carriers[] = { "]d2", "]E0", "]E4", "]I1" };
	uint8_t space[ROOM];
	struct buf out = buf_fixed(space, sizeof(space));

	for (unsigned i = 0; i < 4; i++) {
		enum err e = gs1_write_elements(&out, code, carriers[i], NULL);

		if (e == ERR_OK)
			check_reads(code, &out);
		else if (i == 0)
			abort();
		buf_reset(&out);
	}
	if (gs1_write_bracketed(&out, code) != ERR_OK)
		abort();
	check_reads(code, &out);
	for (unsigned order = 0; order < 2; order++) {
		enum err e = gs1_write_link(
		    &out, code, SPAN_NONE, (enum gs1_order)order, NULL);

		if (e == ERR_OK)
			check_reads(code, &out);
		else if (code->form == GS1_FORM_LINK)
			abort();
		buf_reset(&out);
	}
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

	if (e != ERR_OK && (d.code != e || code.cls == GS1_CLASS_NONE ||
			       code.rule == GS1_RULE_NONE || code.error_at > n))
		abort();
	if (e == ERR_OK)
		check_written(&code);
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
