/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ledger/note.h"

#include "base/banned.h"

/* The example of the C2SP signed-note text. */
#define VKEY                                                                   \
	"example.com/foo+530d903a+"                                            \
	"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct note_key example;

static void
same(struct buf *printed, struct span in)
{
	if (!span_equal(buf_span(printed), in))
		abort();
	buf_free(printed);
}

/* What is read is read in one way only: printing it gives the same bytes. An
 * opened note's text is its beginning. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n), text;
	struct note_key key;
	struct checkpoint c;
	struct buf b;
	struct diag d;

	if (example.type == 0 &&
	    (crypto_start() != ERR_OK ||
		note_vkey_parse(&example, span_str(VKEY), &d) != ERR_OK))
		abort();
	b = buf_heap(NOTE_MAX);
	if (note_vkey_parse(&key, in, &d) == ERR_OK) {
		if (note_vkey_print(&b, key.name, key.type, key.pub) != ERR_OK)
			abort();
		same(&b, in);
	}
	if (checkpoint_parse(&c, in, &d) == ERR_OK) {
		if (checkpoint_print(&b, &c) != ERR_OK)
			abort();
		same(&b, in);
	}
	if (note_open(&text, NULL, in, &example, &d) == ERR_OK &&
	    (text.p != in.p || text.n + 2 > in.n || text.p[text.n - 1] != '\n'))
		abort();
	buf_free(&b);
	return 0;
}
