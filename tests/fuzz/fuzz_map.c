/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ledger/map.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What has been dumped so far is the input's beginning. */
static enum err
same(void *ctx, struct span bytes)
{
	struct span *rest = ctx;

	if (bytes.n > rest->n || !span_equal(bytes, span_of(rest->p, bytes.n)))
		abort();
	*rest = span_skip(*rest, bytes.n);
	return ERR_OK;
}

/* A dump that is read is dumped again as the same bytes; each of its keys is
 * present under its root, another one absent. */
static void
check(struct map *m, struct span in)
{
	struct span rest = in;
	struct hash root, key;
	struct map_version *v;
	struct map_proof proof;

	if (map_dump(m, same, &rest) != ERR_OK || rest.n != 0)
		abort();
	if (map_freeze(m, &v) != ERR_OK)
		abort();
	root = map_root(m);
	memset(&key, 0, sizeof key);
	if (in.n != 0)
		memcpy(key.b, in.p, HASH_BYTES);
	map_prove(&proof, v, &key);
	if (proof.present != (in.n != 0) ||
	    map_verify(&proof, &key, &root, NULL) != ERR_OK)
		abort();
	key.b[5] ^= 1;
	map_prove(&proof, v, &key);
	if (map_verify(&proof, &key, &root, NULL) != ERR_OK)
		abort();
	map_thaw(m, v);
}

/* The first byte says where the rest is cut in two. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = n == 0 ? span_str("") : span_of(p + 1, n - 1);
	size_t cut = n == 0 ? 0 : p[0] * (size_t)16;
	struct map *m;
	struct diag d;

	if (map_new(&m) != ERR_OK)
		abort();
	if (cut > in.n)
		cut = in.n;
	if (map_load(m, span_of(in.p, cut), &d) == ERR_OK &&
	    map_load(m, span_skip(in, cut), &d) == ERR_OK)
		check(m, in);
	map_free(m);
	return 0;
}
