/* SPDX-License-Identifier: Apache-2.0 */
/* What the resolver reads: the path of a Digital Link, a link type, Accept and
 * Accept-Language. The first byte chooses. */
#include <stdlib.h>

#include "accept.h"
#include "ledger/link.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

/* A level read again is itself, and the levels above it are those below. */
static void
levels(struct span path)
{
	static struct link_levels l, again;

	if (link_levels(&l, path, NULL) != ERR_OK)
		return;
	check(l.count >= 1 && l.count <= LINK_LEVELS);
	for (unsigned i = 0; i < l.count; i++) {
		check(link_levels(&again, span_str(l.key[i]), NULL) == ERR_OK);
		check(again.count == l.count - i);
		for (unsigned k = 0; k < again.count; k++)
			check(strcmp(again.key[k], l.key[i + k]) == 0);
	}
}

static void
type(struct span text)
{
	struct buf out = buf_heap(1000), again = buf_heap(1000);

	if (link_type(&out, text) == ERR_OK) {
		check(link_type(&again, buf_span(&out)) == ERR_OK);
		check(span_equal(buf_span(&out), buf_span(&again)));
	}
	buf_free(&out);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest;

	if (size == 0)
		return 0;
	rest = span_of(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		levels(rest);
		break;
	case 1:
		type(rest);
		break;
	default:
		check(accept_type(rest, "application/json") <= 1000);
		check(accept_language(rest, "pt-BR") <= 1000);
	}
	return 0;
}
