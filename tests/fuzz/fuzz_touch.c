/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/crypto.h"
#include "event/epcis.h"
#include "event/registry.h"
#include "event/statement.h"
#include "event/touch.h"

#include "base/banned.h"

/*
 * An entry as it is, and the same bytes as payload of a good statement (the
 * first byte chooses its content type): subjects come once, and neither call
 * fails but for want of memory.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MOST 64

struct told {
	struct buf bytes;
	size_t ends[MOST];
	size_t count;
};

static void
tell(void *ctx, struct span subject)
{
	struct told *t = ctx;
	size_t start = 0;

	for (size_t i = 0; i < t->count && i < MOST; i++) {
		if (span_equal(span_of(t->bytes.p + start, t->ends[i] - start),
			subject))
			abort();
		start = t->ends[i];
	}
	if (t->count >= MOST)
		return;
	buf_put(&t->bytes, subject);
	t->ends[t->count++] = t->bytes.n;
}

static void
run(struct touch *touch, struct span entry, size_t least)
{
	struct told t = { .bytes = buf_heap(1 << 24) };

	if (touch_entry(touch, entry, tell, &t) != ERR_OK || t.count < least)
		abort();
	buf_free(&t.bytes);
}

static void
run_payload(struct touch *touch, enum content content, struct span payload)
{
	struct claims c = { .iss = span_str("did:web:h:device:d"),
		.epoch = 1,
		.seq = 1,
		.wall = 1000,
		.clock = 2 };
	struct buf entry = buf_heap(1 << 17);
	uint8_t seed[KEY_BYTES] = { 1 };
	struct sign_key key;

	c.sub = c.iss;
	key_from_seed(&key, seed);
	if (statement_make(&entry, &c, content, payload, &key, NULL) == ERR_OK)
		run(touch, buf_span(&entry), 1);
	buf_free(&entry);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct touch touch;
	struct span text = span_of(data, n);

	if (touch.nodes == NULL &&
	    (crypto_start() != ERR_OK || touch_init(&touch) != ERR_OK))
		abort();
	run(&touch, text, 0);
	if (n > 0)
		run_payload(&touch,
		    data[0] == 'R' ? CONTENT_IS_REGISTRY : CONTENT_IS_PRODUCT,
		    span_skip(text, 1));
	return 0;
}
