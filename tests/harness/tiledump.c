/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads C2SP entry bundles (uint16 big-endian length, bytes) one after another
 * from standard input and prints a line an entry:
 *   <index> <kind> <device> <epoch> <seq> <sub>
 * and last `root <size> <base64>`, computed from the entries alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "event/statement.h"
#include "event/touch.h"

#include "ledger/logtext.h"
#include "ledger/merkle.h"

#include "base/banned.h"

static void
print_entry(uint64_t index, struct span entry)
{
	static const char *const kinds[] = { "statement", "genesis", "epoch",
		"fork" };
	enum entry_kind kind = entry_kind(entry);
	struct statement s;
	struct diag d = { 0 };

	if (kind != ENTRY_STATEMENT) {
		printf("%llu %s - 0 0 -\n", (unsigned long long)index,
		    kinds[kind]);
		return;
	}
	if (statement_parse(&s, entry, &d) != ERR_OK) {
		printf("%llu broken - 0 0 %s\n", (unsigned long long)index,
		    d.text);
		return;
	}
	const char *colon = NULL;
	for (size_t i = 0; i < s.claims.iss.n; i++)
		if (s.claims.iss.p[i] == ':')
			colon = (const char *)s.claims.iss.p + i + 1;
	size_t skip = (size_t)((const uint8_t *)colon - s.claims.iss.p);
	struct span device = span_skip(s.claims.iss, skip);
	printf("%llu statement %.*s %llu %llu %.*s\n",
	    (unsigned long long)index, SPAN_ARG(device),
	    (unsigned long long)s.claims.epoch,
	    (unsigned long long)s.claims.seq, SPAN_ARG(s.claims.sub));
}

int
main(void)
{
	static uint8_t entry[ENTRY_MAX];
	struct frontier f;
	uint64_t index = 0;
	int high;

	frontier_init(&f);
	while ((high = getchar()) != EOF) {
		int low = getchar();
		size_t n = (size_t)high << 8 | (size_t)(low & 0xff);
		if (low == EOF || fread(entry, 1, n, stdin) != n) {
			fprintf(stderr, "tiledump: bundle ends inside %llu\n",
			    (unsigned long long)index);
			return 1;
		}
		struct hash leaf = merkle_leaf(span_of(entry, n));
		frontier_add(&f, &leaf);
		print_entry(index++, span_of(entry, n));
	}
	char root[HASH64_CHARS + 1];
	struct hash r = frontier_root(&f);
	base64_print(root, hash_span(&r));
	printf("root %llu %s\n", (unsigned long long)index, root);
	return 0;
}
