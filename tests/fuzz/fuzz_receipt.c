/* SPDX-License-Identifier: Apache-2.0 */
/* The input as a message, and as the payload of a well-signed one: what is
 * read prints to what is read again. */
#include <stdlib.h>

#include "event/receipt.h"
#include "event/statement.h"

#include "base/banned.h"

#define MESSAGE_MAX 262144

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
prints_alike(const struct receipt *r, const struct sign_key *k)
{
	static struct receipt back;
	struct buf out = buf_heap(MESSAGE_MAX);
	struct buf a = buf_heap(MESSAGE_MAX), b = buf_heap(MESSAGE_MAX);

	if (receipt_sign(&out, r, k) != ERR_OK ||
	    receipt_open(&back, NULL, buf_span(&out), k->pub, NULL) != ERR_OK)
		abort();
	if (receipt_print(&a, r) != ERR_OK ||
	    receipt_print(&b, &back) != ERR_OK ||
	    !span_equal(buf_span(&a), buf_span(&b)))
		abort();
	buf_free(&out);
	buf_free(&a);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t seed[KEY_BYTES] = { 1 };
	static struct receipt r;
	struct buf out = buf_heap(MESSAGE_MAX);
	struct sign_key k;
	struct span payload = SPAN_NONE;

	key_from_seed(&k, seed);
	if (receipt_open(&r, &payload, span_of(data, n), k.pub, NULL) == ERR_OK)
		prints_alike(&r, &k);
	if (cose_sign(&out, CONTENT_RECEIPT, span_of(data, n), &k) != ERR_OK)
		abort();
	if (receipt_open(&r, &payload, buf_span(&out), k.pub, NULL) == ERR_OK)
		prints_alike(&r, &k);
	buf_free(&out);
	return 0;
}
