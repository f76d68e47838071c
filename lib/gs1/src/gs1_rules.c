/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

static bool
present(const struct gs1_code *code, struct gs1_item item)
{
	for (unsigned i = 0; i < code->count; i++) {
		if (code->ais[i].number >= item.low &&
		    code->ais[i].number <= item.high)
			return true;
	}
	return false;
}

/* Does a list of alternatives ("01+21,8006") have one that is complete? */
static bool
one_complete(const struct gs1_code *code, const char *list)
{
	while (*list != '\0') {
		bool all = true;
		struct gs1_item item;

		do {
			item = gs1_next_item(&list);
			all &= present(code, item);
		} while (item.end == '+');
		if (all)
			return true;
	}
	return false;
}

/* The first AI but i that the list of i names, count when there is none. */
static unsigned
excluded(const struct gs1_code *code, unsigned i, const char *list)
{
	while (*list != '\0') {
		struct gs1_item item = gs1_next_item(&list);

		for (unsigned j = 0; j < code->count; j++) {
			uint16_t number = code->ais[j].number;

			if (j != i && number >= item.low && number <= item.high)
				return j;
		}
	}
	return code->count;
}

enum err
gs1_pairs(struct gs1_code *out, struct diag *d)
{
	for (unsigned i = 0; out->count > 1 && i < out->count; i++) {
		const struct gs1_row *row = gs1_row_of(&out->ais[i]);
		unsigned j = out->count;

		if (row->ex != NULL)
			j = excluded(out, i, row->ex);
		if (j < out->count)
			return gs1_broke(out, GS1_RULE_PAIR,
			    out->ais[j].text_at,
			    diag_fail(d, ERR_SYNTAX, "gs1 3.5",
				"pair: AI %s must not stand beside AI %s",
				out->ais[j].ai, out->ais[i].ai));
	}
	return ERR_OK;
}

/* gs1.md 4, 8030: the key that is signed must have its serial part. */
static bool
signed_serial_missing(const struct gs1_code *code)
{
	struct span gdti = gs1_value(code, "253");
	struct span gcn = gs1_value(code, "255");
	struct span grai = gs1_value(code, "8003");

	return gdti.n == 13 || gcn.n == 13 || grai.n == 14;
}

enum err
gs1_companions(const struct gs1_code *code, struct diag *d)
{
	for (unsigned i = 0; i < code->count; i++) {
		const struct gs1_row *row = gs1_row_of(&code->ais[i]);

		if (row->req != NULL && !one_complete(code, row->req))
			return diag_fail(d, ERR_SYNTAX, "gs1 3.5",
			    "AI %s needs one of %s", code->ais[i].ai, row->req);
	}
	if (gs1_value(code, "8030").p != NULL && signed_serial_missing(code))
		return diag_fail(d, ERR_SYNTAX, "gs1 4",
		    "AI 8030 needs a key with its serial part");
	return ERR_OK;
}
