/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A statement that is taken has one encoding: made again from its claims it
 * differs in kid and signature alone. And "cm:sealed" is found exactly where
 * the JSON scanner finds it.
 */
#include <stdlib.h>

#include "base/json_scan.h"

#include "event/statement.h"

#include "base/banned.h"

#define NODES 65536
#define DEPTH 32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return crypto_start() == ERR_OK ? 0 : 1;
}

static void
fixed_key(struct sign_key *k)
{
	static const uint8_t seed[KEY_BYTES] = { 1 };

	key_from_seed(k, seed);
}

static void
made_again(const struct statement *s)
{
	struct buf out = buf_heap(STATEMENT_MAX);
	struct sign_key k;
	size_t kid = (size_t)(s->kid - s->bytes.p);
	size_t sig = s->bytes.n - SIG_BYTES;

	fixed_key(&k);
	if (statement_make(
		&out, &s->claims, s->content, s->payload, &k, NULL) != ERR_OK)
		abort();
	if (out.n != s->bytes.n || s->sig != s->bytes.p + sig)
		abort();
	memcpy(out.p + kid, s->kid, KEY_BYTES);
	memcpy(out.p + sig, s->sig, SIG_BYTES);
	if (!span_equal(buf_span(&out), s->bytes))
		abort();
	buf_free(&out);
}

static void
sealed_alike(struct span payload)
{
	static struct json_node nodes[NODES];
	struct json_doc doc = { .nodes = nodes, .capacity = NODES };
	struct claims c = { .epoch = 1, .seq = 1 };
	struct buf out = buf_heap(STATEMENT_MAX);
	struct sign_key k;
	bool refused, there;

	fixed_key(&k);
	refused = statement_make(&out, &c, CONTENT_IS_PRODUCT, payload, &k,
		      NULL) == ERR_USAGE;
	buf_free(&out);
	if (json_scan(&doc, payload, DEPTH, NULL) != ERR_OK)
		return;
	there = json_type(&doc, JSON_ROOT) == JSON_OBJECT &&
		json_member(&doc, JSON_ROOT, "cm:sealed") != JSON_NONE;
	if (there != refused)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct statement s;
	struct diag d = { 0 };
	enum err e = statement_parse(&s, span_of(data, n), &d);

	if (e == ERR_OK) {
		made_again(&s);
		if (statement_verify(&s, &d) != ERR_OK &&
		    d.code != ERR_BAD_SIGNATURE)
			abort();
	} else if (e != d.code || (e != ERR_BAD_ENCODING && e != ERR_TOO_LARGE))
		abort();
	if (n <= STATEMENT_MAX)
		sealed_alike(span_of(data, n));
	return 0;
}
