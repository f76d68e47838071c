/* SPDX-License-Identifier: Apache-2.0 */
/* What a check said, and how it is told. */
#include <stdarg.h>
#include <stdio.h>

#include "bundle_internal.h"

#include "base/banned.h"

#define PATH_NODES 16

static const char *const words[BUNDLE_CHECKS] = {
	[BUNDLE_FORM] = "form",
	[BUNDLE_NOTE] = "note",
	[BUNDLE_QUORUM] = "quorum",
	[BUNDLE_GENESIS] = "genesis",
	[BUNDLE_EPOCH] = "epoch",
	[BUNDLE_MAP] = "map",
	[BUNDLE_LIST] = "list",
	[BUNDLE_SIGNATURE] = "signature",
	[BUNDLE_AUTHORITY] = "authority",
	[BUNDLE_SUBJECTS_MISSING] = "subjects",
	[BUNDLE_VERDICT] = "verdict",
};

const char *
bundle_check_word(enum bundle_check c)
{
	return words[c];
}

/* ---- where and why ---- */
/* "subjects[3].entries[0]" */
static void
put_where(char *out, size_t cap, const struct json_doc *doc, uint32_t node)
{
	uint32_t chain[PATH_NODES];
	unsigned n = 0;
	struct buf b = buf_fixed(out, cap - 1);

	out[0] = '\0';
	if (doc->count == 0)
		return;
	for (; node != JSON_ROOT && n < PATH_NODES;
	     node = doc->nodes[node].parent)
		chain[n++] = node;
	while (n-- > 0) {
		uint32_t at = chain[n], parent = doc->nodes[at].parent;
		unsigned place = 0;

		if (json_type(doc, parent) == JSON_OBJECT) {
			/* Names of members are foreign bytes until the form
			 * is right; those that are looked at are known. */
			if (b.n != 0)
				buf_byte(&b, '.');
			buf_put(&b, json_key_raw(doc, at));
			continue;
		}
		for (uint32_t i = json_first(doc, parent); i != at;
		     i = doc->nodes[i].next)
			place++;
		buf_printf(&b, "[%u]", place);
	}
	out[b.n] = '\0';
}

enum err
bundle_no(struct bundle_result *r, const struct json_doc *doc,
    enum bundle_check check, uint32_t node, const char *why_clause,
    const char *fmt, ...)
{
	va_list ap;

	r->outcome = BUNDLE_NOT_PROVEN;
	r->failed = true;
	r->check = check;
	put_where(r->where, sizeof(r->where), doc, node);
	(void)snprintf(r->clause, sizeof(r->clause), "%s", why_clause);
	va_start(ap, fmt);
	(void)vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
	return ERR_PROOF;
}

enum err
bundle_result_json(struct buf *out, const struct bundle_result *r)
{
	static const char *const outcomes[] = {
		[BUNDLE_GENUINE] = "genuine",
		[BUNDLE_OTHERWISE] = "otherwise",
		[BUNDLE_NOT_PROVEN] = "not_proven",
	};
	struct json_out o;

	json_out_init(&o, out);
	json_out_object(&o, NULL);
	json_out_str(&o, "result", outcomes[r->outcome]);
	json_out_str(&o, "verdict", r->verdict);
	json_out_int(&o, "asOf", (int64_t)r->as_of);
	json_out_bool(&o, "map_witnessed", r->map_witnessed);
	json_out_bool(&o, "withheld", r->withheld);
	if (r->failed) {
		json_out_object(&o, "failed");
		json_out_str(&o, "check", bundle_check_word(r->check));
		json_out_str(&o, "where", r->where);
		json_out_str(&o, "clause", r->clause);
		json_out_str(&o, "detail", r->detail);
		json_out_end_object(&o);
	} else {
		json_out_null(&o, "failed");
	}
	json_out_end_object(&o);
	return buf_error(out);
}
