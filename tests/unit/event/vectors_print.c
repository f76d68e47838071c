/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_out.h"
#include "base/text.h"

#include "event/did.h"
#include "event/receipt.h"

#include "statement_parts.h"

#include "base/banned.h"

#define CASE_MAX 65536

static void
put_hex(struct json_out *o, const char *member, struct span bytes)
{
	char *text = malloc(2 * bytes.n + 1);

	if (text == NULL)
		abort();
	hex_print(text, bytes);
	json_out_str(o, member, text);
	free(text);
}

/* As text: a reader's JSON may hold 53 bits only. */
static void
put_u64(struct json_out *o, const char *member, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	json_out_str(o, member, text);
}

void
vectors_statement(struct json_out *o, const struct statement *s)
{
	const struct claims *c = &s->claims;
	struct hash h = statement_hash(s);

	json_out_str(o, "content",
	    s->content == CONTENT_IS_PRODUCT ? CONTENT_PRODUCT
					     : CONTENT_REGISTRY);
	json_out_string(o, "iss", c->iss);
	json_out_string(o, "sub", c->sub);
	put_u64(o, "iat", (uint64_t)c->iat);
	put_u64(o, "epoch", c->epoch);
	put_u64(o, "seq", c->seq);
	put_hex(o, "prev", hash_span(&c->prev));
	put_hex(o, "boot", span_of(c->boot, BOOT_BYTES));
	put_u64(o, "mono", c->mono);
	put_u64(o, "wall", c->wall);
	put_u64(o, "clock", c->clock);
	if (c->has_seen) {
		put_u64(o, "seen_index", c->seen_index);
		put_hex(o, "seen_leaf", hash_span(&c->seen_leaf));
	}
	put_hex(o, "kid", span_of(s->kid, KEY_BYTES));
	put_hex(o, "payload", s->payload);
	put_hex(o, "hash", hash_span(&h));
}

static void
put_case(struct buf *out, const struct part_case *c, struct span message,
    bool receipt)
{
	struct json_out o;
	struct statement s;

	json_out_init(&o, out);
	json_out_object(&o, NULL);
	json_out_str(&o, "name", c->name);
	json_out_str(&o, "code", err_name(c->code));
	if (c->clause != NULL)
		json_out_str(&o, "clause", c->clause);
	put_hex(&o, "message", message);
	if (c->code == ERR_OK && !receipt &&
	    statement_parse(&s, message, NULL) == ERR_OK)
		vectors_statement(&o, &s);
	json_out_end_object(&o);
}

static void
put_file(struct buf *out, const char *about, const struct part_case *cases,
    size_t n, bool receipt)
{
	static uint8_t space[CASE_MAX];
	char did[DID_KEY_CHARS + 1];
	struct sign_key k;
	size_t i;

	parts_key(&k);
	did_key_print(did, k.pub);
	buf_printf(out, "{\"about\":\"%s\",\n\"key\":\"%s\",\n\"cases\":[\n",
	    about, did);
	for (i = 0; i < n; i++) {
		struct buf message = buf_fixed(space, sizeof(space));

		if (receipt)
			parts_receipt(&message, &cases[i]);
		else
			parts_statement(&message, &cases[i]);
		put_case(out, &cases[i], buf_span(&message), receipt);
		buf_str(out, i + 1 < n ? ",\n" : "\n");
	}
	buf_str(out, "]}\n");
}

void
vectors_statements(struct buf *out)
{
	put_file(out,
	    "statements of formats.md 1; key of the seed 01 x 32; code ok, or "
	    "what a verifier answers",
	    statement_cases, statement_case_count, false);
}

void
vectors_receipts(struct buf *out)
{
	put_file(out,
	    "receipts of formats.md 3.2; key of the seed 01 x 32; code ok, or "
	    "what a reader answers",
	    receipt_cases, receipt_case_count, true);
}
